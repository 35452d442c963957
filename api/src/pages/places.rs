//! *Mes places*: how many beds tonight, more or fewer with a tap, still true with one, taken elsewhere with one.

use actix_web::web::{Bytes, Data};
use chrono::TimeDelta;
use matcher::{Beds, Day, Department};
use maud::{Markup, html};
use serde_json::json;

use super::session::Fields;
use super::{Page, Viewer, answer, see, words};
use crate::app::App;
use crate::auth::{Actor, DeclareVacancies};
use crate::clock::civil;
use crate::db::types::{Guid, Instant};
use crate::db::units::{StoredUnit, UnitFilter};
use crate::db::vacancies::StoredVacancy;
use crate::db::{DbError, units, vacancies};
use crate::domain::Vacancy;
use crate::error::{Code, Problem};
use crate::etag::IfMatch;
use crate::extract::{Body, Id, OptionalBody, OptionalIdempotencyKey};
use crate::http::vacancies as commands;
use crate::http::vacancies::TakenElsewhere;
use crate::paging::PageLimit;

/// A unit with its vacancies.
struct Group {
    unit: StoredUnit,
    vacancies: Vec<StoredVacancy>,
}

/// Shows the units of the organisation with their vacancies.
pub async fn show(viewer: Viewer, actor: Actor<DeclareVacancies>, app: Data<App>) -> Page {
    let (sight, clock) = (actor.sight(), app.db().clone());
    let (now, groups) = app
        .read(move |conn| -> Result<_, DbError> {
            let mut groups = Vec::new();
            for unit in units::list(conn, sight, UnitFilter::default(), None, PageLimit::most())? {
                let mut vacancies = vacancies::list(conn, unit.id, None, PageLimit::most())?;
                vacancies.sort_by_key(|vacancy| (vacancy.from, vacancy.id));
                groups.push(Group { unit, vacancies });
            }
            // Those with something to confirm come first.
            groups.sort_by_key(|group| group.vacancies.is_empty());
            Ok((clock.now(conn)?, groups))
        })
        .await?;
    let stale = TimeDelta::seconds(seconds(app.engine().policy().stale_hours()));
    let content = html! {
        p { (words::MY_PLACES_LEAD) }
        @if groups.is_empty() { div.notice { p { (words::NO_UNIT) } } }
        @for group in &groups { (one(&viewer, group, now, stale)) }
    };
    answer(&viewer, words::MY_PLACES, &content)
}

#[expect(clippy::as_conversions, reason = "a policy's hours are few; there is no other way from f64 to a whole number")]
fn seconds(hours: f64) -> i64 {
    (hours * 3600.0) as i64
}

fn one(viewer: &Viewer, group: &Group, now: Instant, stale: TimeDelta) -> Markup {
    let (structure, unit) = (&group.unit.structure.declared, &group.unit.declared);
    let today = civil(now, structure.department).date_naive();
    let next = group.vacancies.iter().find(|vacancy| vacancy.from.get() > today);
    html! {
        section.card {
            h2 { (structure.name.as_str()) }
            p.name { (words::label(unit.kind)) }
            @if group.vacancies.is_empty() { p { (words::NO_VACANCY) } }
            @for vacancy in &group.vacancies { (one_vacancy(viewer, vacancy, structure.department, now, stale)) }
            @if let Some(next) = next { p.hint { (words::NEXT_VACANCY) " : " (words::day(next.from)) } }
            details {
                summary { (words::DECLARE) }
                form method="post" action=(format!("/groupes/{}/places", group.unit.id)) {
                    (viewer.hidden())
                    div.row {
                        label { (words::BEDS) " " input type="number" name="beds" min="1" max="200" value="1" inputmode="numeric" required; }
                        label { (words::FROM_DAY) " " input type="date" name="from" value=(today) required; }
                        label { (words::UNTIL_DAY) " " input type="date" name="until"; }
                    }
                    button type="submit" { (words::DECLARE) }
                }
            }
        }
    }
}

fn one_vacancy(viewer: &Viewer, vacancy: &StoredVacancy, department: Department, now: Instant, stale: TimeDelta) -> Markup {
    let is_stale = vacancy.confirmed_at.plus(stale) < now;
    let path = format!("/places/{}", vacancy.id);
    html! {
        form.vacancy.stale[is_stale] method="post" action=(path) {
            (viewer.hidden())
            p {
                span.beds { (words::BEDS_TONIGHT) " " }
                button.step type="submit" name="action" value="less" aria-label=(words::ONE_LESS) disabled[vacancy.beds <= 1 || vacancy.beds <= vacancy.held] { "−" }
                strong.count { (vacancy.beds) }
                button.step type="submit" name="action" value="more" aria-label=(words::ONE_MORE) { "+" }
                @if vacancy.held > 0 { " " span.hint { (words::HELD) " " (vacancy.held) } }
            }
            p.hint {
                (words::FROM_DAY) " " (words::day(vacancy.from))
                @if let Some(until) = vacancy.until { " " (words::UNTIL_DAY) " " (words::day(until)) }
                " · " (words::CONFIRMED) " " (words::moment(vacancy.confirmed_at, department))
            }
            @if is_stale { p.warning { (words::STALE) } }
            input type="hidden" name="beds" value=(vacancy.beds);
            input type="hidden" name="from" value=(vacancy.from);
            input type="hidden" name="until" value=[vacancy.until];
            div.actions {
                button.strong type="submit" name="action" value="confirm" { (words::STILL_TRUE) }
                button type="submit" name="action" value="elsewhere" disabled[vacancy.beds <= vacancy.held] { (words::TAKEN_ELSEWHERE) }
            }
        }
    }
}

/// One tap on a vacancy.
pub async fn change(actor: Actor<DeclareVacancies>, app: Data<App>, id: Id, fields: Fields) -> Page {
    let key = fields.key()?;
    match fields.text("action") {
        Some("confirm") => commands::confirm(actor, app, id, key).await?,
        Some("elsewhere") => {
            let body = OptionalBody { value: TakenElsewhere::one(), sent: Bytes::from_static(b"{\"beds\":1}") };
            commands::taken_elsewhere(actor, app, id, key, body).await?
        }
        Some(tap @ ("less" | "more")) => {
            let beds: u32 = fields.text("beds").and_then(|beds| beds.parse().ok()).unwrap_or(0);
            let beds = if tap == "less" { beds.saturating_sub(1) } else { beds.saturating_add(1) };
            let body = declared(&fields, beds)?;
            // The page shows what it changes: who taps has seen it.
            commands::update(actor, app, id, IfMatch::any(), OptionalIdempotencyKey(Some(key)), body).await?
        }
        _ => return Err(Problem::new(Code::InvalidBody, "There is no such button.")),
    };
    Ok(see("/places"))
}

/// Declares a vacancy.
pub async fn declare(actor: Actor<DeclareVacancies>, app: Data<App>, id: Id, fields: Fields) -> Page {
    let key = fields.key()?;
    let beds = fields.text("beds").and_then(|beds| beds.parse().ok()).unwrap_or(0);
    let body = declared(&fields, beds)?;
    commands::declare(actor, app, Id(Guid(id.0).0), key, body).await?;
    Ok(see("/places"))
}

fn declared(fields: &Fields, beds: u32) -> Result<Body<Vacancy>, Problem> {
    let day = |name: &str| fields.text(name).map(str::parse::<Day>).transpose();
    let wrong = |why: String| Problem::new(Code::InvalidBody, why);
    let beds = Beds::new(beds).map_err(wrong)?;
    let from = day("from").map_err(wrong)?.ok_or_else(|| wrong("from is missing".to_owned()))?;
    let until = day("until").map_err(wrong)?;
    if until.is_some_and(|until| until <= from) {
        return Err(Problem::field(Code::Contradiction, "until", "must be after `from`"));
    }
    let sent = json!({"beds": beds, "from": from, "until": until}).to_string().into();
    Ok(Body { value: Vacancy { beds, from, until }, sent })
}
