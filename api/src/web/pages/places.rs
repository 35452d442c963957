//! *Mes places*: how many beds tonight, more or fewer with a tap, still true with one, taken elsewhere with one.

use actix_web::web::Data;
use chrono::TimeDelta;
use matcher::{Beds, Day, Department, Policy};
use maud::{Markup, html};
use serde::Deserialize;

use super::session::Fields;
use super::{Page, Viewer, answer, local_time, see, words};
use crate::clock::Instant;
use crate::commands::{Service, vacancies as commands};
use crate::db::{Conn, Failure, Reading, Turn, organisations, vacancies};
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::{Denied, Faults as _, Reach, Seen, Tag, Vacancy};
use crate::live::Live;
use crate::paging::{self, Cursor};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::{ConfirmVacancy, DeclareVacancy, Operation, RecordTakenElsewhere, ShowPlaces, UpdateVacancy};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::units::OwnUnit;
use crate::web::views::vacancies::{VacancyRecord, Written};

/// Where the page begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesQuery {
    avant: Option<Cursor>,
}

/// By what times are shown and judged.
struct Clock {
    now: Instant,
    here: Department,
    stale: TimeDelta,
}

/// Shows the units of the organisation with their vacancies, the newest units first.
pub async fn show(viewer: Viewer, actor: Actor<ShowPlaces>, service: Data<Service>, query: Params<PlacesQuery>) -> Page {
    let (reach, own, now, live) = (actor.reach(), actor.organisation(), actor.pulse().now, service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let paging::Page { items: mut groups, next_cursor } = views::units::own(reading, reach, live.policy(), query.0.avant)?;
        // Those with something to confirm come first.
        groups.sort_by_key(|group| group.vacancies.is_empty());
        Ok((groups, next_cursor, organisations::department(reading.conn, own)?))
    };
    let (groups, older, here) = service.read(actor.access(), actor.pulse(), find).await?;
    let clock = Clock { now, here, stale: TimeDelta::seconds(seconds(service.live().policy().stale_hours())) };
    let content = html! {
        p { (words::MY_PLACES_LEAD) }
        @if groups.is_empty() { div.notice { p { (words::NO_UNIT) } } }
        @for group in &groups { (one(&viewer, group, &clock)) }
        @if let Some(older) = older { p { a.button href=(format!("/places?avant={older}")) { (words::OLDER_UNITS) } } }
    };
    answer(&viewer, words::MY_PLACES, &content)
}

#[expect(clippy::as_conversions, reason = "a policy's hours are few; there is no other way from f64 to a whole number")]
fn seconds(hours: f64) -> i64 {
    (hours * 3600.0) as i64
}

fn one(viewer: &Viewer, group: &OwnUnit, clock: &Clock) -> Markup {
    let (department, unit) = (group.unit.department, &group.unit.declared);
    let next = group.vacancies.iter().find(|vacancy| vacancy.from.get() > group.tonight);
    html! {
        section.card {
            h2 { (group.home.as_str()) }
            p.name { (words::label(unit.kind)) }
            @if group.vacancies.is_empty() { p { (words::NO_VACANCY) } }
            @for vacancy in &group.vacancies { (one_vacancy(viewer, vacancy, department, clock)) }
            @if let Some(next) = next { p.hint { (words::NEXT_VACANCY) "\u{a0}: " (words::day(next.from)) } }
            details {
                summary { (words::DECLARE) }
                form method="post" action=(format!("/groupes/{}/places", group.unit.id)) {
                    (viewer.hidden())
                    div.row {
                        label { (words::BEDS) " " input type="number" name="beds" min="1" max="200" value="1" inputmode="numeric" required; }
                        label { (words::FROM_DAY) " " input type="date" name="from" value=(group.tonight) required; }
                        label { (words::UNTIL_DAY) " " input type="date" name="until"; }
                    }
                    button type="submit" { (words::DECLARE) }
                }
            }
        }
    }
}

fn one_vacancy(viewer: &Viewer, vacancy: &VacancyRecord, place: Department, clock: &Clock) -> Markup {
    let is_stale = vacancy.confirmed_at.plus(clock.stale) < clock.now;
    let path = |act: &str| format!("/places/{}/{act}", vacancy.id);
    html! {
        form.vacancy.stale[is_stale] method="post" action=(path("exact")) {
            (viewer.hidden())
            p {
                span.beds { (words::BEDS_TONIGHT) " " }
                button.step type="submit" formaction=(path("nombre")) name="tap" value="less" aria-label=(words::ONE_LESS) disabled[vacancy.beds <= 1 || vacancy.beds <= vacancy.held] { "−" }
                strong.count { (vacancy.beds) }
                button.step type="submit" formaction=(path("nombre")) name="tap" value="more" aria-label=(words::ONE_MORE) { "+" }
                @if vacancy.held > 0 { " " span.hint { (words::HELD) " " (vacancy.held) } }
            }
            p.hint {
                (words::FROM_DAY) " " (words::day(vacancy.from))
                @if let Some(until) = vacancy.until { " " (words::UNTIL_DAY) " " (words::day(until)) }
                " · " (words::CONFIRMED) " " (local_time::moment(vacancy.confirmed_at, place, clock.here))
            }
            @if is_stale { p.warning { (words::STALE) } }
            input type="hidden" name="seen" value=(Tag::of(&vacancy.declared()).as_str());
            div.actions {
                button.strong type="submit" { (words::STILL_TRUE) }
                button type="submit" formaction=(path("ailleurs")) disabled[vacancy.beds <= vacancy.held] { (words::TAKEN_ELSEWHERE) }
            }
        }
    }
}

/// It is still as the page shows it; if it is not any more, nothing is said of it.
pub async fn confirm(actor: Actor<ConfirmVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let seen = Seen::Tags(fields.all("seen").map(ToOwned::to_owned).collect());
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::confirm_seen(turn, reach, id, &seen)).await
}

/// Someone who did not come through Havre has a bed.
pub async fn taken_elsewhere(actor: Actor<RecordTakenElsewhere>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let one = Beds::new(1).ok();
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::record_taken_elsewhere(turn, reach, id, one)).await
}

/// One bed more or less than there are now, whatever the page showed.
pub async fn count(actor: Actor<UpdateVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let more = match fields.text("tap") {
        Some("less") => -1,
        Some("more") => 1,
        _ => return Err(Problem::new(Code::InvalidBody, "There is no such button.")),
    };
    tap(&actor, &service, id, &fields, move |turn, policy, reach, id| commands::count(turn, policy, reach, id, more)).await
}

/// One tap on a vacancy: the command that the button stands for, then the page again.
async fn tap<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, &Policy, Reach, VacancyId) -> Result<Written, Failure> + Send + 'static,
) -> Page {
    let (reach, vacancy) = (actor.reach(), VacancyId(id.0));
    let button = format!("{}.{}", P::SPEC.id, fields.text("tap").unwrap_or_default());
    let order = order(actor, Some(id.0), fields.said(), fields.key_of(&button)?);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live.policy(), reach, vacancy);
    service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?;
    Ok(see("/places"))
}

/// Declares a vacancy.
pub async fn declare(actor: Actor<DeclareVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let beds = fields.text("beds").and_then(|beds| beds.parse().ok()).unwrap_or(0);
    let declared = declared(&fields, beds)?;
    let faults = declared.faults_at(actor.pulse().now);
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    let (reach, unit) = (actor.reach(), UnitId(id.0));
    tap(&actor, &service, id, &fields, move |turn, policy, _, _| commands::declare(turn, policy, reach, unit, &declared)).await
}

fn declared(fields: &Fields, beds: u32) -> Result<Vacancy, Problem> {
    let day = |name: &str| fields.text(name).map(str::parse::<Day>).transpose();
    let wrong = |why: String| Problem::new(Code::InvalidBody, why);
    let beds = Beds::new(beds).map_err(wrong)?;
    let from = day("from").map_err(wrong)?.ok_or_else(|| wrong("from is missing".to_owned()))?;
    let until = day("until").map_err(wrong)?;
    Ok(Vacancy { beds, from, until })
}
