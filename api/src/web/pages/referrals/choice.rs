//! The choice of who keeps a door: at which of the places behind it the people are taken.

use actix_web::web::Data;
use maud::{Markup, html};

use super::super::line::needful::{self, Clocks};
use super::super::session::Fields;
use super::super::{Page, Viewer, answer, see, words};
use super::PATH;
use crate::clock::Instant;
use crate::commands::{Service, referrals as commands};
use crate::db::{Conn, Reading, Turn, organisations, referrals};
use crate::domain::ids::{ReferralId, UnitId, VacancyId};
use crate::domain::referral::{Acceptance, OtherPlace};
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::http::rankings::{PlaceBehindDoor, behind_door};
use crate::web::http::referrals::ReferralRecord;
use crate::web::operations::{AcceptReferral, MoveReferral, ShowOtherPlaces};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::places::GroupAsked;

/// Shows where the people of a referral can be taken: at the place that is asked, or at others behind the door.
pub async fn other_places(viewer: Viewer, actor: Actor<ShowOtherPlaces>, service: Data<Service>, id: Id) -> Page {
    let others = behind_door(&actor, &service, id).await?;
    let (reach, own, policy) = (actor.reach(), actor.organisation(), service.live().policy().clone());
    let ids: Vec<UnitId> = others.iter().map(|place| place.unit_id).collect();
    let find = move |reading: &mut Reading<'_>| {
        let view = referrals::view(reading.conn, reach, reading.now, ReferralId(id.0))?;
        let record = ReferralRecord::show(reading, view, reach)?;
        let asked: Vec<UnitId> = ids.iter().copied().chain([record.unit_id]).collect();
        let groups = views::places::of_addressee(reading, reach, &asked)?;
        let here = organisations::department(reading.conn, own)?;
        let places = views::places::departments_of(reading.conn, &asked)?;
        Ok((record, groups, here, places, reading.now))
    };
    let (record, groups, here, places, now) = service.read(actor.access(), actor.pulse(), find).await?;
    let clocks = |unit: UnitId| Clocks { now, place: places.get(&unit).copied().unwrap_or(here), here };
    let choice = |unit: UnitId, vacancy: VacancyId, said: Markup| {
        html! {
            article.card {
                form method="post" action=(format!("{PATH}/{}/place", record.id)) {
                    (viewer.hidden())
                    input type="hidden" name="vacancy" value=(vacancy);
                    p { (named(groups.get(&unit))) (said) }
                    button.strong type="submit" { (words::orientations::YES_THERE) }
                }
            }
        }
    };
    let free = |place: &PlaceBehindDoor| {
        let at = clocks(place.unit_id).when(place.confirmed_at);
        html! {
            @if let Some(until) = place.until { " · " (words::orientations::FREE_UNTIL) " " (words::day(until)) }
            " · " (words::orientations::CONFIRMED_AT) " " (at)
        }
    };
    let content = html! {
        p.needful { (needful::line(&record, &policy, clocks(record.unit_id))) }
        h2 { (words::orientations::ASKED_PLACE) }
        (choice(record.unit_id, record.vacancy_id, html! {}))
        h2 { (words::orientations::OTHERS_FIT) }
        @if others.is_empty() { p { (words::orientations::NO_OTHERS) } }
        @for place in &others { (choice(place.unit_id, VacancyId(place.vacancy_id), free(place))) }
        p { a.button href=(PATH) { (words::REFERRALS_TITLE) } }
    };
    answer(&viewer, words::orientations::OTHER_PLACES.text(), &content)
}

fn named(group: Option<&GroupAsked>) -> Markup {
    let text = group.map(|group| {
        words::orientations::group(group.home.as_str(), words::label(group.kind), words::label(group.setting), group.places)
    });
    html! { strong { (text.unwrap_or_default()) } }
}

/// Yes at the place that was chosen: where it is another than was asked, the referral is put to it first.
pub async fn move_and_accept(
    moves: Actor<MoveReferral>,
    accepts: Actor<AcceptReferral>,
    service: Data<Service>,
    id: Id,
    fields: Fields,
) -> Page {
    let (reach, about) = (moves.reach(), ReferralId(id.0));
    let chosen = fields.text("vacancy").and_then(|id| id.parse().ok()).map(VacancyId);
    let vacancy = chosen.ok_or_else(|| Problem::field(Code::InvalidBody, "vacancy", "is none of the choices"))?;
    let now: Instant = moves.pulse().now;
    let asked = move |reading: &mut Reading<'_>| Ok(referrals::find(reading.conn, reach, about)?.vacancy);
    let find = move |conn: &mut Conn, id| referrals::view(conn, reach, now, ReferralId(id));
    let is_elsewhere = service.read(moves.access(), moves.pulse(), asked).await? != vacancy;
    let place = OtherPlace { vacancy_id: vacancy, override_reason: None };
    // Where one may move one's referrals one may answer them.
    let run = move |turn: &mut Turn<'_>, live: &Live| {
        if is_elsewhere {
            return commands::accept_elsewhere(turn, live.policy(), reach, about, &place);
        }
        commands::accept(turn, live.policy(), reach, about, &Acceptance::default())
    };
    let order = order(&accepts, Some(id.0), fields.said(), fields.key()?);
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see(PATH))
}
