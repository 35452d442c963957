//! The sheet of a confirmed arrival, for whoever goes with the people: when, where they are met, whom to ask for, and how to get there around
//! the zones. It holds no address.

use actix_web::web::Data;
use matcher::ZoneLevel;
use maud::{Markup, html};

use super::{Coming, Tongue, back, on_paper, sheet};
use crate::commands::Service;
use crate::domain::ids::ReferralId;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::ShowArrivalSheet;
use crate::web::pages::words::sheets as words;
use crate::web::pages::{Page, local_time, recap, said};

/// Shows it.
pub async fn show(actor: Actor<ShowArrivalSheet>, service: Data<Service>, id: Id) -> Page {
    let (reach, own, id) = (actor.reach(), actor.organisation(), ReferralId(id.0));
    let coming = service.read(actor.access(), actor.pulse(), move |reading| Coming::read(reading, reach, own, id)).await?;
    let on_screen = html! { p { (words::ARRIVAL_LEAD) } };
    Ok(sheet(Tongue::of_screens(), words::ARRIVAL.text(), (&on_screen, &back()), &printed(&coming)))
}

fn printed(coming: &Coming) -> Markup {
    let referral = &coming.referral;
    let Some(arrival) = &referral.arrival else { return html! { h1 { (words::ARRIVAL) } p { (words::NOT_YET) } } };
    let other = referral.other_side.as_ref();
    html! {
        h1 { (words::ARRIVAL) " · " (referral.alias.as_str()) }
        dl {
            dt { (words::WHEN) }
            dd { @if let Some(at) = arrival.expected_at { strong { (local_time::moment(at, coming.place, coming.here)) } } @else { (words::WHERE_UNSAID) } }
            dt { (words::WHERE) }
            dd { @if let Some(point) = &arrival.meeting_point { strong { (point.as_str()) } } @else { (words::WHERE_UNSAID) } }
            @if let Some(code) = &arrival.code { dt { (words::CODE) } dd { strong { (code.as_str()) } p.hint { (words::CODE_LEAD) } } }
            dt { (words::WHO) }
            dd { ul.plain { @for person in &coming.request.household { li { (said::person(person)) } } } }
            @if let Some(other) = other {
                dt { (words::ASK_FOR) }
                dd { (other.home.as_ref().unwrap_or(&other.organisation).as_str()) (on_paper(&other.numbers)) }
            }
            dt { (words::AROUND) }
            dd {
                @if coming.request.danger_zones.is_empty() { (words::AROUND_NONE) }
                ul.plain {
                    @for zone in &coming.request.danger_zones {
                        li { (recap::zone(zone)) @if zone.level == ZoneLevel::Avoid { " (" (words::TO_AVOID) ")" } }
                    }
                }
            }
            dt { (words::IF_LATE) }
            dd { (words::OURS) (on_paper(&coming.ours)) p { (words::IN_DANGER) } }
        }
    }
}
