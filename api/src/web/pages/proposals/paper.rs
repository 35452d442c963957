//! The list of places on paper, with every telephone that the ladder shows of those that stand on it: two pages at most. It names the repère of a
//! stored request and no person; what to keep away from stands on top, since whoever calls has to ask for it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Proposal, Tier};
use maud::{Markup, html};

use super::card::{answering, decided};
use super::group::{Entry, entries};
use super::view::View;
use super::{Of, Shown, asked};
use crate::commands::Service;
use crate::domain::doors::DoorService;
use crate::domain::ids::{RequestId, UnitId};
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::ShowPlacesSheet;
use crate::web::pages::line::{asked as asked_line, place_asked};
use crate::web::pages::sheets::{Tongue, on_paper, sheet, way_back};
use crate::web::pages::words::{self, sheets as said};
use crate::web::pages::{Page, Viewer, recap};

/// Shows that of a stored request, in the part of the list that was looked at.
pub async fn show(actor: Actor<ShowPlacesSheet>, service: Data<Service>, id: Id, view: Params<View>) -> Page {
    let (request, view) = (RequestId(id.0), View { voir: None, ..view.0 });
    let back = way_back(&view.address(&format!("/demandes/{request}/places"), None), said::PLACES_BACK.text());
    let shown = Shown::stored(&service, &actor, request, view).await?;
    Ok(whole(&shown, &back))
}

/// That of what was typed and is not stored. It has no address to come back to: what was typed goes back with a button.
pub fn not_stored(viewer: &Viewer, shown: &Shown) -> HttpResponse {
    let back = html! {
        @if let Of::Form(asked) = &shown.of {
            form method="post" action="/demande" {
                (viewer.hidden())
                (recap::typed(asked, ""))
                (super::kept(&shown.view))
                button type="submit" { (said::PLACES_BACK) }
            }
        }
    };
    whole(shown, &back)
}

fn whole(shown: &Shown, back: &Markup) -> HttpResponse {
    let on_screen = html! { p { (said::PLACES_LEAD) } };
    sheet(Tongue::of_screens(), said::PLACES.text(), (&on_screen, back), &printed(shown))
}

fn printed(shown: &Shown) -> Markup {
    let (eligible, to_verify) = shown.listed();
    let all = shown.fitting(Tier::Eligible).len();
    let stored = if let Of::Stored(stored) = &shown.of { Some(stored) } else { None };
    let asked = stored.into_iter().flat_map(|stored| &stored.referrals);
    let open: Vec<_> = asked.filter(|referral| referral.state.is_open()).collect();
    html! {
        div.dense {
            h1 { (said::PLACES) @if let Some(stored) = stored { " · " (stored.alias.as_str()) } }
            p { time datetime=(shown.now) { (words::moment(shown.now, shown.here)) } " · " (asked_line::text(&shown.request)) }
            @if !shown.request.danger_zones.is_empty() {
                p { @for (at, zone) in shown.request.danger_zones.iter().enumerate() { @if at > 0 { " · " } strong { (recap::zone(zone)) } @if zone.level == matcher::ZoneLevel::Avoid { " (" (said::AVOIDED) ")" } } }
            }
            @if let Some(stored) = stored.filter(|_| !open.is_empty()) {
                h2 { (said::ASKED) }
                ul.plain {
                    @for referral in open {
                        li {
                            strong { (place_asked::text(referral, &stored.kinds)) } " · " (asked::state(shown, referral))
                        }
                    }
                }
            }
            p { @if eligible.is_empty() { (said::NO_PLACE) } @else { (said::listed(eligible.len(), all)) } }
            (list(shown, &eligible, shown.view.de.saturating_add(1)))
            @if !to_verify.is_empty() {
                h2 { (said::TO_VERIFY) }
                (list(shown, &to_verify, shown.view.verifier.saturating_add(1)))
            }
            (if_nothing_suits(shown))
        }
    }
}

/// A card may have several numbers, which the marker of a list cannot say.
fn list(shown: &Shown, proposals: &[&Proposal], first: usize) -> Markup {
    html! { ol.ranked { @for entry in &entries(shown, proposals, first) { li { span.rank { (entry.ranks()) } " " (one(shown, entry)) } } } }
}

/// One place in a few lines: what it is, whether they can come and until when, whom to call.
fn one(shown: &Shown, entry: &Entry<'_>) -> Markup {
    let proposal = entry.proposal;
    let Some(place) = shown.places.get(&proposal.unit_id) else { return html! {} };
    let card = shown.cards.get(&UnitId(proposal.unit_id));
    let conditions: Vec<_> = proposal.conditions.iter().map(words::label).chain(proposal.steps.iter().map(words::label)).collect();
    html! {
        strong {
            @if let Some(card) = card { (card.name.as_str()) @if let Some(town) = &card.town { ", " (town.as_str()) } " · " }
            (words::proposals::place(place.kind, place.department))
        }
        " · " (words::label(proposal.distance_band)) " · " (words::label(place.setting))
        " · " (decided(shown, place))
        @if !conditions.is_empty() { " · " (conditions.join(", ")) }
        @if !entry.behind.is_empty() { " · + " (entry.behind.len()) " " (words::proposals::BEHIND_TOO) }
        @for rule in proposal.to_verify.iter() { " · " (words::question(rule)) }
        @if let Some(card) = card.filter(|card| !card.numbers.is_empty()) {
            (on_paper(&card.numbers))
        } @else {
            @let answered: Vec<_> = proposal.doors.iter().filter_map(DoorService::of).collect();
            @let public = shown.doors.of(&[place.department]).into_iter().filter(|number| answered.contains(&number.door));
            ul.plain { @for number in public { li { a href=(format!("tel:{}", number.phone.as_str())) { (number.phone.as_read()) } " · " (answering(number.door, number.label_beside_number())) } } }
        }
    }
}

fn if_nothing_suits(shown: &Shown) -> Markup {
    html! {
        h2 { (said::DOORS) }
        ul.plain {
            @for number in shown.doors.of(&[shown.request.place.department]) {
                li {
                    a href=(format!("tel:{}", number.phone.as_str())) { (number.phone.as_read()) } " · " (answering(number.door, number.label_beside_number()))
                    @if let Some(hours) = &number.hours { " · " (words::hours(hours.as_str())) }
                }
            }
        }
    }
}
