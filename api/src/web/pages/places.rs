//! *Mes places*: how many beds tonight, more or fewer with a tap, still true with one, taken elsewhere with one; other days, and what is over.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{NaiveDate, TimeDelta};
use matcher::{Beds, Day, Department, Policy};
use maud::{Markup, html};
use serde::Deserialize;

use super::keeping_up::{self, AsOf, Has};
use super::session::Fields;
use super::words::places as places_words;
use super::{Page, Viewer, answer, answer_with, homes, local_time, see, words};
use crate::clock::Instant;
use crate::commands::{Said, Service, vacancies as commands};
use crate::db::{Conn, Failure, Reading, Turn, organisations, vacancies};
use crate::domain::denied::What;
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::{Denied, Faults as _, Reach, Seen, Tag, Vacancy};
use crate::live::Live;
use crate::paging::{self, Cursor};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::{
    ConfirmVacancy, DeclareVacancy, Operation, RecordTakenElsewhere, ShowPlaces, ShowPlacesOver, UpdateVacancy, WithdrawVacancy,
};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::registry::EntryBeds;
use crate::web::views::units::OwnUnit;
use crate::web::views::vacancies::{VacancyRecord, Written};

const PATH: &str = "/places";

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

/// Shows the units of the organisation with their vacancies, the newest units first; or says that nothing has changed since the browser looked.
pub async fn show(viewer: Viewer, actor: Actor<ShowPlaces>, service: Data<Service>, query: Params<PlacesQuery>, has: Has) -> Page {
    let (reach, own, account) = (actor.reach(), actor.organisation(), actor.caller().account);
    let (now, live) = (actor.pulse().now, service.live().clone());
    let stale = Clock::new(now, Department::PARIS, &service).stale;
    let find = move |reading: &mut Reading<'_>| {
        if has.stands(reading, reach, account)? {
            return Ok(None);
        }
        let paging::Page { items: mut groups, next_cursor } = views::units::own(reading, reach, live.policy(), query.0.avant)?;
        // Those with something to confirm come first.
        groups.sort_by_key(|group| group.vacancies.is_empty());
        let grow_old = groups.iter().flat_map(|group| &group.vacancies).map(|vacancy| vacancy.confirmed_at.plus(stale));
        let as_of = AsOf::read(reading, account, grow_old)?;
        Ok(Some((groups, next_cursor, organisations::department(reading.conn, own)?, as_of)))
    };
    let Some((groups, older, here, as_of)) = service.read(actor.access(), actor.pulse(), find).await? else {
        return Ok(keeping_up::unchanged());
    };
    let clock = Clock::new(now, here, &service);
    let from = query.0.avant.map(|cursor| cursor.text());
    let content = html! {
        p { (words::MY_PLACES_LEAD) }
        (all_still_true(&viewer, &groups, from.as_deref()))
        @if groups.is_empty() { div.notice { p { (words::NO_UNIT) } p { a.button.strong href="/structures" { (words::homes::TITLE) } } } }
        @for group in &groups { (one(&viewer, group, &clock, from.as_deref(), None)) }
        @if let Some(older) = older { p { a.button href=(format!("{PATH}?avant={older}")) { (words::OLDER_UNITS) } } }
        p { a href=(format!("{PATH}/passees")) { (places_words::OVER_TITLE) } }
    };
    let vacancies = || groups.iter().flat_map(|group| &group.vacancies);
    let to_confirm = vacancies().filter(|vacancy| vacancy.confirmed_at.plus(clock.stale) < clock.now).count();
    let summary = places_words::summary(vacancies().filter(|vacancy| vacancy.held > 0).count(), to_confirm);
    let path = from.as_deref().map_or_else(|| PATH.to_owned(), |from| format!("{PATH}?avant={from}"));
    let content = keeping_up::region(&as_of.tag(), &path, to_confirm, &summary, &content);
    keeping_up::tagged(answer(&viewer, words::MY_PLACES.text(), &content)?, &as_of.tag())
}

/// One tap for all that the page shows.
fn all_still_true(viewer: &Viewer, groups: &[OwnUnit], from: Option<&str>) -> Markup {
    let shown: Vec<&VacancyRecord> = groups.iter().flat_map(|group| &group.vacancies).collect();
    let [first, _, ..] = shown.as_slice() else { return html! {} };
    html! {
        form.actions.main method="post" action=(format!("{PATH}/{}/exactes", first.id)) {
            (viewer.hidden())
            @if let Some(from) = from { input type="hidden" name="avant" value=(from); }
            @for vacancy in &shown { input type="hidden" name="seen" value=(format!("{} {}", vacancy.id, Tag::of(&vacancy.declared()).as_str())); }
            button.strong type="submit" { (places_words::ALL_STILL_TRUE) }
        }
    }
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

fn one(viewer: &Viewer, group: &OwnUnit, clock: &Clock, from: Option<&str>, refused: Option<&Refused<'_>>) -> Markup {
    let next = group.vacancies.iter().find(|vacancy| vacancy.from.get() > group.tonight);
    let of_declaration = refused.filter(|refused| refused.vacancy.is_none());
    html! {
        section.card id=(format!("groupe-{}", group.unit.id)) {
            h2 { (group.home.as_str()) @if let Some(town) = &group.town { ", " (town.as_str()) } }
            p.name { (homes::profile(&group.unit.declared)) }
            @if group.vacancies.is_empty() { p { (words::NO_VACANCY) } }
            @for vacancy in &group.vacancies { (one_vacancy(viewer, group, vacancy, clock, from, refused.filter(|refused| refused.vacancy == Some(vacancy.id)))) }
            @if let Some(next) = next { p.hint { (words::NEXT_VACANCY) (words::COLON) (words::day(next.from)) } }
            details open[of_declaration.is_some()] {
                summary { (words::DECLARE) }
                form method="post" action=(format!("/groupes/{}/places", group.unit.id)) {
                    (viewer.hidden())
                    (span_fields(("1", &group.tonight.to_string(), ""), of_declaration))
                    button type="submit" { (words::DECLARE) }
                }
            }
        }
    }
}

/// Beds and days, with what was typed and what is wrong with it.
fn span_fields((beds, from, until): (&str, &str, &str), refused: Option<&Refused<'_>>) -> Markup {
    let typed = |name: &str, default: &str| match refused {
        Some(refused) => refused.fields.text(name).unwrap_or_default().to_owned(),
        None => default.to_owned(),
    };
    let error = |name: &str| refused.map(|refused| refused.error(name)).unwrap_or_default();
    let invalid = |name: &str| refused.is_some_and(|refused| refused.is_wrong(name));
    let described = |name: &str| invalid(name).then(|| format!("{name}-error"));
    let mark = |name: &str| invalid(name).then_some("true");
    html! {
        div.row {
            label { (words::BEDS) " " input type="number" name="beds" min="1" max="200" value=(typed("beds", beds)) inputmode="numeric" required aria-invalid=[mark("beds")] aria-describedby=[described("beds")]; (error("beds")) }
            label { (words::FROM_DAY) " " input type="date" name="from" value=(typed("from", from)) required aria-invalid=[mark("from")] aria-describedby=[described("from")]; (error("from")) }
            label { (words::UNTIL_DAY) " " input type="date" name="until" value=(typed("until", until)) aria-invalid=[mark("until")] aria-describedby=[described("until")]; (error("until")) }
        }
    }
}

fn one_vacancy(
    viewer: &Viewer,
    group: &OwnUnit,
    vacancy: &VacancyRecord,
    clock: &Clock,
    from: Option<&str>,
    refused: Option<&Refused<'_>>,
) -> Markup {
    let place = group.unit.department;
    let is_stale = vacancy.confirmed_at.plus(clock.stale) < clock.now;
    let path = |act: &str| format!("{PATH}/{}/{act}", vacancy.id);
    let tied = html! {
        (viewer.hidden())
        @if let Some(from) = from { input type="hidden" name="avant" value=(from); }
        input type="hidden" name="seen" value=(Tag::of(&vacancy.declared()).as_str());
    };
    html! {
        div.vacancy.stale[is_stale] id=(format!("place-{}", vacancy.id)) {
            form method="post" action=(path("exact")) {
                (tied)
                (counter(vacancy, group.tonight))
                (said_of(group, vacancy, place, clock))
                @if is_stale { p.warning { (words::STALE) } }
                div.actions {
                    button.strong type="submit" { (words::STILL_TRUE) }
                    button type="submit" formaction=(path("ailleurs")) disabled[vacancy.beds <= vacancy.held] { (words::TAKEN_ELSEWHERE) }
                    button type="submit" formaction=(path("retirer")) disabled[vacancy.held > 0] { (places_words::WITHDRAW) }
                }
            }
            details open[refused.is_some()] {
                summary { (places_words::CHANGE) }
                form method="post" action=(path("modifier")) {
                    (tied)
                    (span_fields((&vacancy.beds.to_string(), &vacancy.from.to_string(), &vacancy.until.map(|until| until.to_string()).unwrap_or_default()), refused))
                    button type="submit" { (places_words::SAVE) }
                }
            }
        }
    }
}

/// What is free in a unit, to whoever says so on its word: the same forms, which lead back to where they were.
pub fn beds_form(viewer: &Viewer, unit: UnitId, beds: &EntryBeds, back: &str) -> Markup {
    let tied = html! { (viewer.hidden()) input type="hidden" name="registre" value=(back); };
    html! {
        @for vacancy in &beds.vacancies {
            form.vacancy method="post" action=(format!("{PATH}/{}/exact", vacancy.id)) {
                (tied)
                input type="hidden" name="seen" value=(Tag::of(&vacancy.declared()).as_str());
                (counter(vacancy, beds.tonight))
                p.hint { (words::FROM_DAY) " " (words::day(vacancy.from)) @if let Some(until) = vacancy.until { " " (words::UNTIL_DAY) " " (words::day(until)) } }
                div.actions {
                    button.strong type="submit" { (words::STILL_TRUE) }
                    button type="submit" formaction=(format!("{PATH}/{}/ailleurs", vacancy.id)) disabled[vacancy.beds <= vacancy.held] { (words::TAKEN_ELSEWHERE) }
                }
            }
        }
        details {
            summary { (words::DECLARE) }
            form method="post" action=(format!("/groupes/{unit}/places")) {
                (tied)
                (span_fields(("1", &beds.tonight.to_string(), ""), None))
                button type="submit" { (words::DECLARE) }
            }
        }
    }
}

/// How many beds, with one more and one less.
fn counter(vacancy: &VacancyRecord, tonight: NaiveDate) -> Markup {
    let path = format!("{PATH}/{}/nombre", vacancy.id);
    html! {
        p {
            span.beds { (if vacancy.from.get() > tonight { places_words::BEDS_THEN.text() } else { words::BEDS_TONIGHT.text() }) " " }
            button.step type="submit" formaction=(path) name="tap" value="less" aria-label=(words::ONE_LESS) disabled[vacancy.beds <= 1 || vacancy.beds <= vacancy.held] { "−" }
            strong.count { (vacancy.beds) }
            button.step type="submit" formaction=(path) name="tap" value="more" aria-label=(words::ONE_MORE) { "+" }
            @if vacancy.held > 0 { " " span.hint { (words::HELD) " " (vacancy.held) } }
        }
    }
}

/// From when until when, and who said so when.
fn said_of(group: &OwnUnit, vacancy: &VacancyRecord, place: Department, clock: &Clock) -> Markup {
    html! {
        p.hint {
            (words::FROM_DAY) " " (words::day(vacancy.from))
            @if let Some(until) = vacancy.until { " " (words::UNTIL_DAY) " " (words::day(until)) }
            " · " (words::CONFIRMED) " " (local_time::moment(vacancy.confirmed_at, place, clock.here))
            @if let Some(by) = group.on_its_word.get(&vacancy.declared_by_id) { " " (words::ON_YOUR_WORD) " " (by) }
        }
    }
}

/// What is over, was withdrawn or has no bed left, the newest first.
pub async fn show_over(viewer: Viewer, actor: Actor<ShowPlacesOver>, service: Data<Service>, query: Params<PlacesQuery>) -> Page {
    let (reach, own, live) = (actor.reach(), actor.organisation(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let page = views::vacancies::own_over(reading, reach, live.policy(), query.0.avant)?;
        Ok((page, organisations::department(reading.conn, own)?))
    };
    let (page, here) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        @if page.items.is_empty() { div.notice { p { (places_words::OVER_NONE) } } }
        ul.plain {
            @for over in &page.items {
                li.card {
                    strong { (over.home.as_str()) } " · " (homes::profile(&over.unit)) br;
                    (places_words::beds(over.vacancy.beds)) ", " (words::FROM_DAY) " " (words::day(over.vacancy.from))
                    @if let Some(until) = over.vacancy.until { " " (words::UNTIL_DAY) " " (words::day(until)) }
                    @if let Some(at) = over.vacancy.withdrawn_at { " · " (places_words::ENDED_AT) " " (local_time::moment(at, over.department, here)) }
                }
            }
        }
        @if let Some(older) = page.next_cursor { p { a.button href=(format!("{PATH}/passees?avant={older}")) { (words::OLDER) } } }
        p { a.button href=(PATH) { (words::MY_PLACES) } }
    };
    answer(&viewer, places_words::OVER_TITLE.text(), &content)
}

/// It is still as the page shows it; if it is not any more, nothing is said of it.
pub async fn confirm(actor: Actor<ConfirmVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let seen = Seen::Tags(fields.all("seen").map(ToOwned::to_owned).collect());
    tap(&actor, &service, id, &fields, move |turn, _, reach, id| commands::confirm_seen(turn, reach, id, &seen)).await
}

/// All that the page showed is still so: the vacancy of the path is the first of them. What is not any more is left as it is, and said.
pub async fn confirm_all(viewer: Viewer, actor: Actor<ConfirmVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let reach = actor.reach();
    if !fields.all("seen").any(|said| said.starts_with(&id.0.to_string())) {
        return Err(Denied::NotFound(What::Vacancy).into());
    }
    let mut changed = 0_usize;
    for said in fields.all("seen") {
        let parted = said.split_once(' ').and_then(|(id, tag)| Some((VacancyId(id.parse().ok()?), tag.to_owned())));
        let (vacancy, tag) = parted.ok_or_else(|| Problem::new(Code::InvalidBody, "There is no such vacancy."))?;
        let order = order(&actor, Some(vacancy.0), Said::values([said.as_bytes()]), fields.key_of(&vacancy.to_string())?);
        let run = move |turn: &mut Turn<'_>, _: &Live| commands::confirm_seen(turn, reach, vacancy, &Seen::Tags(vec![tag.clone()]));
        let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
        match service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from) {
            Ok(()) => {}
            Err(problem) if matches!(problem.code(), Code::EtagMismatch | Code::VacancyWithdrawn) => changed += 1,
            Err(problem) => return Err(problem),
        }
    }
    if changed == 0 {
        return Ok(see(&back(&fields)));
    }
    let content = html! {
        div.notice role="alert" { p { (places_words::some_changed(changed)) } }
        p { a.button.strong href=(back(&fields)) { (words::MY_PLACES) } }
    };
    Ok(answer_with(StatusCode::CONFLICT, &viewer, words::MY_PLACES.text(), &content))
}

/// Takes a vacancy back of which no bed is held.
pub async fn withdraw(actor: Actor<WithdrawVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    tap(&actor, &service, id, &fields, |turn, _, reach, id| commands::withdraw(turn, reach, id)).await
}

/// The page that a form came from.
fn back(fields: &Fields) -> String {
    if let Some(query) = fields.text("registre") {
        // Read and written anew: what comes from a form leads nowhere but to the registry.
        let pairs = form_urlencoded::parse(query.as_bytes());
        return format!("/registre?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    }
    match fields.text("avant").and_then(Cursor::parse) {
        Some(from) => format!("{PATH}?avant={}", from.text()),
        None => PATH.to_owned(),
    }
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
    let unit = service.command(order, run, find, |_: &mut Reading<'_>, stored| Ok(stored.unit)).await?;
    Ok(see(&format!("{}#groupe-{unit}", back(fields))))
}

/// What of a declaration was refused: what was typed, and what is wrong beside which field.
struct Refused<'f> {
    fields: &'f Fields,
    /// Of which vacancy; none where a new one was declared.
    vacancy: Option<VacancyId>,
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
            let Err(problem) = done else { return Ok(see(&format!("{}#groupe-{unit}", back(&fields)))) };
            refused(problem)?
        }
    };
    to_correct(&viewer, &actor, &service, unit, &Refused { fields: &fields, vacancy: None, wrong }, status).await
}

/// Changes beds and days of a vacancy, from what the page showed of it. The same.
pub async fn change(viewer: Viewer, actor: Actor<UpdateVacancy>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (reach, vacancy) = (actor.reach(), VacancyId(id.0));
    let seen = Seen::Tags(fields.all("seen").map(ToOwned::to_owned).collect());
    let of = move |reading: &mut Reading<'_>| Ok(vacancies::find_to_declare(reading.conn, reach, vacancy)?.unit);
    let unit = service.read(actor.access(), actor.pulse(), of).await?;
    let (status, wrong) = match declared(&fields, actor.pulse().now) {
        Err(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, wrong),
        Ok(declared) => {
            let order = order(&actor, Some(id.0), fields.said(), fields.key_of(UpdateVacancy::SPEC.id)?);
            let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
            let run =
                move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, vacancy, &seen, &declared);
            let done = service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from);
            let Err(problem) = done else { return Ok(see(&format!("{}#groupe-{unit}", back(&fields)))) };
            refused(problem)?
        }
    };
    to_correct(&viewer, &actor, &service, unit, &Refused { fields: &fields, vacancy: Some(vacancy), wrong }, status).await
}

/// A field and what is wrong with it.
type Wrong = (&'static str, &'static str);

/// What of a refusal stands beside fields; where it is about none, the refusal itself.
fn refused(problem: Problem) -> Result<(StatusCode, Vec<Wrong>), Problem> {
    let wrong = beside_fields(&problem);
    if wrong.is_empty() { Err(problem) } else { Ok((problem.code().status(), wrong)) }
}

/// The group of places again, with what was typed and what is wrong with it.
async fn to_correct<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    unit: UnitId,
    refused: &Refused<'_>,
    status: StatusCode,
) -> Page {
    let (reach, own, now, live) = (actor.reach(), actor.organisation(), actor.pulse().now, service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        Ok((views::units::one_of_own(reading, reach, live.policy(), unit)?, organisations::department(reading.conn, own)?))
    };
    let (group, here) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        div.notice role="alert" { p { (words::form::FIX_FIELDS) } }
        (one(viewer, &group, &Clock::new(now, here, service), None, Some(refused)))
        p { a.button href=(PATH) { (words::MY_PLACES) } }
    };
    Ok(answer_with(status, viewer, words::MY_PLACES.text(), &content))
}

/// What is wrong with a declaration, by the fields of the form; nothing where a refusal is about something else.
fn beside_fields(problem: &Problem) -> Vec<(&'static str, &'static str)> {
    match problem.code() {
        Code::TooManyVacancies => return vec![("beds", words::TOO_MANY_VACANCIES_TEXT.text())],
        Code::BedsHeld => {
            return vec![
                ("beds", places_words::BEDS_HELD.text()),
                ("from", places_words::BEDS_HELD.text()),
                ("until", places_words::BEDS_HELD.text()),
            ];
        }
        _ => {}
    }
    let known =
        [("beds", words::BEYOND_PLACES_TEXT.text()), ("from", words::DATES_TEXT.text()), ("until", words::DATES_TEXT.text())];
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
        wrong.push(("beds", words::WRONG_BEDS.text()));
    }
    let from = fields.text("from").and_then(|day| day.parse::<Day>().ok());
    if from.is_none() {
        wrong.push(("from", words::WRONG_DAY.text()));
    }
    let until = fields.text("until").map(|day| day.parse::<Day>().ok());
    if until == Some(None) {
        wrong.push(("until", words::WRONG_DAY.text()));
    }
    let (Some(beds), Some(from), true) = (beds, from, wrong.is_empty()) else { return Err(wrong) };
    let declared = Vacancy { beds, from, until: until.flatten() };
    for (field, _) in declared.faults_at(now) {
        wrong.push(if field == "from" { ("from", words::DATES_TEXT.text()) } else { ("until", words::DATES_TEXT.text()) });
    }
    if wrong.is_empty() { Ok(declared) } else { Err(wrong) }
}
