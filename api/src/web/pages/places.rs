//! *Mes places*: how many beds tonight, more or fewer with a tap, still true with one, taken elsewhere with one.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::TimeDelta;
use matcher::{Beds, Day, Department, Policy};
use maud::{Markup, html};
use serde::Deserialize;

use super::session::Fields;
use super::{Page, Viewer, answer, answer_with, local_time, see, words};
use crate::clock::Instant;
use crate::commands::{Service, vacancies as commands};
use crate::db::{Conn, Failure, Reading, Turn, organisations, vacancies};
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::{Faults as _, Reach, Seen, Tag, Vacancy};
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
    let clock = Clock::new(now, here, &service);
    let content = html! {
        p { (words::MY_PLACES_LEAD) }
        @if groups.is_empty() { div.notice { p { (words::NO_UNIT) } } }
        @for group in &groups { (one(&viewer, group, &clock, None)) }
        @if let Some(older) = older { p { a.button href=(format!("/places?avant={older}")) { (words::OLDER_UNITS) } } }
    };
    answer(&viewer, words::MY_PLACES, &content)
}

impl Clock {
    fn new(now: Instant, here: Department, service: &Service) -> Self {
        Self { now, here, stale: TimeDelta::seconds(seconds(service.live().policy().stale_hours())) }
    }
}

#[expect(clippy::as_conversions, reason = "a policy's hours are few; there is no other way from f64 to a whole number")]
fn seconds(hours: f64) -> i64 {
    (hours * 3600.0) as i64
}

fn one(viewer: &Viewer, group: &OwnUnit, clock: &Clock, refused: Option<&Refused<'_>>) -> Markup {
    let unit = &group.unit.declared;
    let next = group.vacancies.iter().find(|vacancy| vacancy.from.get() > group.tonight);
    html! {
        section.card {
            h2 { (group.home.as_str()) }
            p.name { (words::label(unit.kind)) }
            @if group.vacancies.is_empty() { p { (words::NO_VACANCY) } }
            @for vacancy in &group.vacancies { (one_vacancy(viewer, group, vacancy, clock)) }
            @if let Some(next) = next { p.hint { (words::NEXT_VACANCY) "\u{a0}: " (words::day(next.from)) } }
            (declaration(viewer, group, refused))
        }
    }
}

/// The form of a declaration, with what was typed and what is wrong with it.
fn declaration(viewer: &Viewer, group: &OwnUnit, refused: Option<&Refused<'_>>) -> Markup {
    let typed = |name: &str, default: &str| match refused {
        Some(refused) => refused.fields.text(name).unwrap_or_default().to_owned(),
        None => default.to_owned(),
    };
    let error = |name: &str| refused.map(|refused| refused.error(name)).unwrap_or_default();
    let invalid = |name: &str| refused.is_some_and(|refused| refused.is_wrong(name));
    let described = |name: &str| invalid(name).then(|| format!("{name}-error"));
    let mark = |name: &str| invalid(name).then_some("true");
    html! {
        details open[refused.is_some()] {
            summary { (words::DECLARE) }
            form method="post" action=(format!("/groupes/{}/places", group.unit.id)) {
                (viewer.hidden())
                div.row {
                    label { (words::BEDS) " " input type="number" name="beds" min="1" max="200" value=(typed("beds", "1")) inputmode="numeric" required aria-invalid=[mark("beds")] aria-describedby=[described("beds")]; (error("beds")) }
                    label { (words::FROM_DAY) " " input type="date" name="from" value=(typed("from", &group.tonight.to_string())) required aria-invalid=[mark("from")] aria-describedby=[described("from")]; (error("from")) }
                    label { (words::UNTIL_DAY) " " input type="date" name="until" value=(typed("until", "")) aria-invalid=[mark("until")] aria-describedby=[described("until")]; (error("until")) }
                }
                button type="submit" { (words::DECLARE) }
            }
        }
    }
}

fn one_vacancy(viewer: &Viewer, group: &OwnUnit, vacancy: &VacancyRecord, clock: &Clock) -> Markup {
    let place = group.unit.department;
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
                @if let Some(by) = group.on_its_word.get(&vacancy.declared_by_id) { " " (words::ON_YOUR_WORD) " " (by) }
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

/// What of a declaration was refused: what was typed, and what is wrong beside which field.
struct Refused<'f> {
    fields: &'f Fields,
    wrong: Vec<(&'static str, &'static str)>,
}

impl Refused<'_> {
    fn error(&self, name: &str) -> Markup {
        let why: Vec<_> = self.wrong.iter().filter(|(field, _)| *field == name).map(|(_, why)| why).collect();
        html! { @if !why.is_empty() { span.error id=(format!("{name}-error")) { @for why in why { (why) " " } } } }
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.wrong.iter().any(|(field, _)| *field == name)
    }
}

/// Declares a vacancy. What is wrong is said beside its field, and what was typed stays.
pub async fn declare(viewer: Viewer, actor: Actor<DeclareVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (reach, unit) = (actor.reach(), UnitId(id.0));
    let (status, wrong) = match declared(&fields, actor.pulse().now) {
        Err(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, wrong),
        Ok(declared) => {
            let order = order(&actor, Some(id.0), fields.said(), fields.key_of(DeclareVacancy::SPEC.id)?);
            let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
            let run = move |turn: &mut Turn<'_>, live: &Live| commands::declare(turn, live.policy(), reach, unit, &declared);
            let done = service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from);
            let Err(problem) = done else { return Ok(see("/places")) };
            let wrong = beside_fields(&problem);
            if wrong.is_empty() {
                return Err(problem);
            }
            (problem.code().status(), wrong)
        }
    };
    let (own, now, live) = (actor.organisation(), actor.pulse().now, service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        Ok((views::units::one_of_own(reading, reach, live.policy(), unit)?, organisations::department(reading.conn, own)?))
    };
    let (group, here) = service.read(actor.access(), actor.pulse(), find).await?;
    let refused = Refused { fields: &fields, wrong };
    let content = html! {
        div.notice role="alert" { p { (words::FIX_FIELDS) } }
        (one(&viewer, &group, &Clock::new(now, here, &service), Some(&refused)))
        p { a.button href="/places" { (words::MY_PLACES) } }
    };
    Ok(answer_with(status, &viewer, words::MY_PLACES, &content))
}

/// What is wrong with a declaration, by the fields of the form; nothing where a refusal is about something else.
fn beside_fields(problem: &Problem) -> Vec<(&'static str, &'static str)> {
    if problem.code() == Code::TooManyVacancies {
        return vec![("beds", words::TOO_MANY_VACANCIES_TEXT)];
    }
    let known = [("beds", words::BEYOND_PLACES_TEXT), ("from", words::DATES_TEXT), ("until", words::DATES_TEXT)];
    known
        .into_iter()
        .filter(|(field, _)| problem.wrong_fields().any(|(pointer, _)| pointer.strip_prefix('/') == Some(field)))
        .collect()
}

/// What was typed, or all that is wrong with it.
fn declared(fields: &Fields, now: Instant) -> Result<Vacancy, Vec<(&'static str, &'static str)>> {
    let mut wrong = Vec::new();
    let beds = fields.text("beds").and_then(|beds| Beds::new(beds.parse().ok()?).ok());
    if beds.is_none() {
        wrong.push(("beds", words::WRONG_BEDS));
    }
    let from = fields.text("from").and_then(|day| day.parse::<Day>().ok());
    if from.is_none() {
        wrong.push(("from", words::WRONG_DAY));
    }
    let until = fields.text("until").map(|day| day.parse::<Day>().ok());
    if until == Some(None) {
        wrong.push(("until", words::WRONG_DAY));
    }
    let (Some(beds), Some(from), true) = (beds, from, wrong.is_empty()) else { return Err(wrong) };
    let declared = Vacancy { beds, from, until: until.flatten() };
    for (field, _) in declared.faults_at(now) {
        wrong.push(if field == "from" { ("from", words::DATES_TEXT) } else { ("until", words::DATES_TEXT) });
    }
    if wrong.is_empty() { Ok(declared) } else { Err(wrong) }
}
