//! *Orientations*: for an addressee, who asks, with yes, no and its reason, call me back; for a referent, who has no roof tonight, the
//! answers just in, what is about to lapse.

use actix_web::web::{Bytes, Data};
use matcher::{Code as _, Department};
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::session::Fields;
use super::{Page, Viewer, answer, see, words};
use crate::app::App;
use crate::auth::{Actor, HandleRequests, Party, ReadReferrals};
use crate::clock::zone;
use crate::db::access_log::Access;
use crate::db::referrals::{self, ReferralFilter};
use crate::db::requests::{self, RequestFilter, StoredRequest};
use crate::db::types::{Guid, Instant};
use crate::domain::referral::{AfterStay, StayEnd};
use crate::domain::{Faults, RecordKind, ReferralState, RefusalParty, RequestState};
use crate::error::{Code, Problem};
use crate::extract::{Body, Id, IdempotencyKey, OptionalBody};
use crate::http::referrals::{ReferralRecord, record};
use crate::http::{referral_commands as commands, requests as request_commands};
use crate::json::{self, JsonFault};
use crate::paging::PageLimit;

/// What the page shows.
struct Shown {
    now: Instant,
    party: Party,
    referrals: Vec<ReferralRecord>,
    requests: Vec<StoredRequest>,
}

/// Shows what there is to do.
pub async fn show(viewer: Viewer, actor: Actor<ReadReferrals>, app: Data<App>) -> Page {
    let (party, clock, by) = (actor.party(), app.db().clone(), actor.identity());
    let access =
        Access { client: Some(by.client), organisation: by.organisation, operation: "orientations", kind: RecordKind::Request };
    let shown = app
        .read_logged(access, move |conn| {
            let now = clock.now(conn)?;
            let mut found =
                referrals::list(conn, party, ReferralFilter { open: Some(true), ..Default::default() }, None, PageLimit::most())?;
            for state in [ReferralState::Arrived, ReferralState::Declined, ReferralState::Expired] {
                let filter = ReferralFilter { state: Some(state), ..Default::default() };
                found.extend(referrals::list(conn, party, filter, None, PageLimit::most())?);
            }
            let requests = match party {
                Party::Asking(organisation) => {
                    let open = RequestFilter { state: Some(RequestState::Open), ..Default::default() };
                    requests::list(conn, organisation, open, None, PageLimit::most())?
                }
                Party::Addressed(_) => Vec::new(),
            };
            let read = found.iter().map(|referral| referral.request).chain(requests.iter().map(|request| request.id)).collect();
            let referrals = found.into_iter().map(|referral| record(conn, party, now, referral)).collect::<Result<_, _>>()?;
            Ok((Shown { now, party, referrals, requests }, read))
        })
        .await?;
    let content = match shown.party {
        Party::Asking(_) => for_referent(&viewer, &shown),
        Party::Addressed(_) => for_addressee(&viewer, &shown),
    };
    answer(&viewer, words::REFERRALS_TITLE, &content)
}

impl Shown {
    fn section(&self, title: &str, states: &[ReferralState], each: impl Fn(&ReferralRecord) -> Markup) -> Markup {
        let mut found: Vec<_> = self.referrals.iter().filter(|referral| states.contains(&referral.state)).collect();
        found.sort_by_key(|referral| (referral.deadline, referral.id));
        html! {
            @if !found.is_empty() {
                section { h2 { (title) } @for referral in found { article.card { (each(referral)) } } }
            }
        }
    }
}

fn for_addressee(viewer: &Viewer, shown: &Shown) -> Markup {
    use ReferralState::{Accepted, Acknowledged, Arrived, Asked, Confirmed};
    html! {
        @if shown.referrals.is_empty() { div.notice { p { (words::REFERRALS_NONE) } } }
        (shown.section(words::TO_ANSWER, &[Asked, Acknowledged], |referral| html! {
            (who_asks(referral)) (deadline(words::BEFORE, referral)) (answers(viewer, referral))
        }))
        (shown.section(words::EXPECTED, &[Confirmed], |referral| html! {
            (who_asks(referral)) (deadline(words::ARRIVE_BEFORE, referral))
            @if let Some(at) = referral.expected_arrival { p { (words::ARRIVAL_AT) " " (time(at)) } }
            @if answers_for(shown.party, referral) {
                (button_form(viewer, referral, &[("arrival", words::ARRIVED, true), ("no-show", words::NOT_COME, false)]))
            }
        }))
        (shown.section(words::WAITING_CONFIRMATION, &[Accepted], |referral| html! {
            (who_asks(referral)) (deadline(words::CONFIRM_BEFORE, referral)) (refuse(viewer, referral))
        }))
        (shown.section(words::STAYS, &[Arrived], |referral| html! {
            (who_asks(referral)) @if answers_for(shown.party, referral) { (end_of_stay(viewer, referral)) }
        }))
    }
}

/// Whether it is the party that answers, and not a place that sees who comes to it through a regulator's door.
fn answers_for(party: Party, referral: &ReferralRecord) -> bool {
    matches!(party, Party::Addressed(organisation) if organisation.0 == referral.addressee_id)
}

fn for_referent(viewer: &Viewer, shown: &Shown) -> Markup {
    use ReferralState::{Accepted, Acknowledged, Asked, Confirmed, Declined, Expired};
    html! {
        section {
            h2 { (words::NO_ROOF) }
            @if shown.requests.is_empty() { p { (words::REQUESTS_NONE) } } @else { p.hint { (words::NO_ROOF_LEAD) } }
            @for request in &shown.requests {
                article.card {
                    p { strong { (people(request.declared.people())) } " · " (words::label(request.declared.urgency)) " · " (words::WAITING_SINCE) " " (hours(shown.now, request.created_at)) " " (words::HOURS) }
                    div.actions {
                        a.button.strong href=(format!("/demandes/{}", request.id)) { (words::SEE_PROPOSALS) }
                        form method="post" action=(format!("/demandes/{}/clore", request.id)) { (viewer.hidden()) button.plain type="submit" { (words::CLOSE_REQUEST) } }
                    }
                }
            }
        }
        (shown.section(words::ANSWERS_IN, &[Accepted], |referral| html! {
            (about(referral)) (deadline(words::CONFIRM_BEFORE, referral)) (confirm(viewer, referral, shown.now))
        }))
        (shown.section(words::WAITING_ANSWER, &[Asked, Acknowledged], |referral| html! {
            (about(referral)) (deadline(words::BEFORE, referral))
            (button_form(viewer, referral, &[("withdraw", words::WITHDRAW, false)]))
            details {
                summary { (words::BY_PHONE) }
                (button_form(viewer, referral, &[("accept", words::YES, true)]))
                (refuse(viewer, referral))
            }
        }))
        (shown.section(words::CONFIRMED_ONES, &[Confirmed], |referral| html! {
            (about(referral)) (deadline(words::ARRIVE_BEFORE, referral))
            (button_form(viewer, referral, &[("withdraw", words::WITHDRAW, false)]))
        }))
        (shown.section(words::RECENT, &[Declined, Expired], about))
    }
}

/// Who asks, as far as it is shared: how many, their ages, their needs, from when, for how long.
pub fn who_asks(referral: &ReferralRecord) -> Markup {
    let asks = &referral.asks_for;
    let not_shared = || html! { span.hint { (words::NOT_SHARED) } };
    html! {
        h3 { (people(asks.people)) ", " (words::label(asks.urgency)) }
        dl.facts {
            dt { (words::WHO) }
            dd { @if let Some(household) = &asks.household { ul.plain { @for person in household { li {
                (words::label(person.gender)) ", " (words::label(person.minority)) @if let Some(age) = person.age { ", " (words::years(age)) }
            } } } } @else { (not_shared()) } }
            dt { (words::FROM_WHEN) } dd { (words::day(asks.first_day)) ", " (asks.nights.get()) " " (words::NIGHTS_WORD) }
            dt { (words::NEEDS) }
            dd { @match (&asks.required, &asks.wished) {
                (Some(required), Some(wished)) => (required.iter().chain(wished).map(|offer| words::label(*offer)).collect::<Vec<_>>().join(", ")),
                _ => (not_shared()),
            } }
            dt { (words::LANGUAGES) }
            dd { @if let Some(languages) = &asks.languages { (languages.iter().map(|code| words::spoken(code.as_str())).collect::<Vec<_>>().join(", ")) } @else { (not_shared()) } }
        }
        @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
    }
}

fn about(referral: &ReferralRecord) -> Markup {
    html! {
        h3 { (people(referral.asks_for.people)) ", " (words::label(referral.state)) }
        @if let Some(refusal) = &referral.refusal { p { (words::label(refusal.code)) } }
        @for warning in &referral.warnings { p.warning { (words::label(*warning)) } }
    }
}

fn people(count: u32) -> String {
    format!("{count} {}", if count == 1 { words::PERSON } else { words::PEOPLE })
}

fn hours(now: Instant, since: Instant) -> i64 {
    now.utc().signed_duration_since(since.utc()).num_hours()
}

/// A time as people read it; the script keeps what is left of it fresh.
fn time(at: Instant) -> Markup {
    html! { time datetime=(at) { (words::moment(at, Department::PARIS)) } }
}

fn deadline(words: &str, referral: &ReferralRecord) -> Markup {
    html! { @if let Some(at) = referral.deadline { p.deadline { (words) " " (time(at)) span.left data-until=(at) {} } } }
}

/// Buttons that need no more than a tap.
fn button_form(viewer: &Viewer, referral: &ReferralRecord, buttons: &[(&str, &str, bool)]) -> Markup {
    html! {
        form.actions method="post" action=(format!("/orientations/{}", referral.id)) {
            (viewer.hidden())
            @for (action, name, strong) in buttons { button.strong[*strong] type="submit" name="action" value=(action) { (name) } }
        }
    }
}

/// Yes with one tap, no with two: the second is its reason.
fn answers(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    let buttons: &[_] = match referral.state {
        ReferralState::Asked => &[("accept", words::YES, true), ("acknowledge", words::CALL_ME, false)],
        _ => &[("accept", words::YES, true)],
    };
    html! { (button_form(viewer, referral, buttons)) (refuse(viewer, referral)) }
}

fn refuse(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    // Those that need more words than a tap are left to the API.
    let reasons = RefusalParty::Structure.codes().iter().filter(|code| !["other", "condition_not_met"].contains(&code.as_str()));
    html! {
        details.no {
            summary.button { (words::NO) }
            form.reasons method="post" action=(format!("/orientations/{}", referral.id)) {
                (viewer.hidden())
                input type="hidden" name="action" value="decline";
                p { (words::WHY_NO) }
                @for code in reasons { button type="submit" name="code" value=(code.as_str()) { (words::label(*code)) } }
            }
        }
    }
}

fn confirm(viewer: &Viewer, referral: &ReferralRecord, now: Instant) -> Markup {
    let soon = now.utc().with_timezone(&zone(Department::PARIS)).format("%Y-%m-%dT%H:%M").to_string();
    html! {
        form.actions method="post" action=(format!("/orientations/{}", referral.id)) {
            (viewer.hidden())
            label { (words::ARRIVAL_AT) " " input type="datetime-local" name="expected" value=(soon) required; }
            button.strong type="submit" name="action" value="confirm" { (words::CONFIRM) }
            button type="submit" name="action" value="withdraw" formnovalidate { (words::WITHDRAW) }
        }
    }
}

fn end_of_stay(viewer: &Viewer, referral: &ReferralRecord) -> Markup {
    html! {
        details {
            summary { (words::END_STAY) }
            form method="post" action=(format!("/orientations/{}", referral.id)) {
                (viewer.hidden())
                label { (words::END_STAY) " " select name="reason" { @for end in StayEnd::ALL { option value=(end.as_str()) { (words::label(*end)) } } } }
                label { (words::AFTER_STAY) " " select name="request" { @for after in AfterStay::ALL { option value=(after.as_str()) { (words::label(*after)) } } } }
                button type="submit" name="action" value="end" { (words::END_STAY) }
            }
        }
    }
}

/// One tap on a referral: the command of the API that the button names. What a referent taps in the addressee's stead came by phone.
pub async fn change(request: actix_web::HttpRequest, actor: Actor<ReadReferrals>, id: Id, fields: Fields) -> Page {
    let app = request.app_data::<Data<App>>().cloned().ok_or_else(|| Problem::internal("the service was built without its App"))?;
    let by_phone = matches!(actor.party(), Party::Asking(_));
    let key = fields.key()?;
    let action = fields.text("action").unwrap_or_default();
    let reported = json!({"by_phone": by_phone});
    match action {
        "acknowledge" => commands::acknowledge(allowed(&request)?, app, id, key).await?,
        "accept" => commands::accept(allowed(&request)?, app, id, key, optional(reported)?).await?,
        "arrival" => commands::record_arrival(allowed(&request)?, app, id, key, optional(reported)?).await?,
        "no-show" => commands::record_no_show(allowed(&request)?, app, id, key, optional(reported)?).await?,
        "withdraw" => commands::withdraw(allowed(&request)?, app, id, key, optional(json!({}))?).await?,
        "decline" => {
            let refusal = json!({"party": "structure", "code": fields.text("code")});
            commands::decline(allowed(&request)?, app, id, key, whole(json!({"by_phone": by_phone, "refusal": refusal}))?).await?
        }
        "confirm" => {
            let expected = expected(&fields)?;
            commands::confirm(allowed(&request)?, app, id, key, whole(json!({"expected_arrival": expected}))?).await?
        }
        "end" => {
            let body = json!({"by_phone": by_phone, "reason": fields.text("reason"), "request": fields.text("request")});
            commands::end_stay(allowed(&request)?, app, id, key, whole(body)?).await?
        }
        _ => return Err(Problem::new(Code::InvalidBody, "There is no such button.")),
    };
    Ok(see("/orientations"))
}

/// The caller, if its role may do what the button does.
fn allowed<P: crate::auth::Permission>(request: &actix_web::HttpRequest) -> Result<Actor<P>, Problem> {
    Actor::of(request)
}

/// The local time of a form as an instant.
fn expected(fields: &Fields) -> Result<Instant, Problem> {
    use chrono::{NaiveDateTime, TimeZone as _};
    let wrong = || Problem::new(Code::InvalidBody, "expected is no time");
    let wall =
        NaiveDateTime::parse_from_str(fields.text("expected").unwrap_or_default(), "%Y-%m-%dT%H:%M").map_err(|_error| wrong())?;
    let at = zone(Department::PARIS).from_local_datetime(&wall).earliest().ok_or_else(wrong)?;
    Ok(Instant::new(at.to_utc()))
}

fn parsed<T: DeserializeOwned + Faults>(value: &Value) -> Result<(T, Bytes), Problem> {
    let sent = Bytes::from(value.to_string());
    let parsed: T = json::parse(&sent).map_err(|fault| match fault {
        JsonFault::Unreadable(why) => Problem::new(Code::UnreadableBody, why),
        JsonFault::Field(field, why) => Problem::field(Code::InvalidBody, &field, why),
    })?;
    let faults = parsed.faults();
    if faults.is_empty() { Ok((parsed, sent)) } else { Err(Problem::fields(Code::Contradiction, faults)) }
}

fn whole<T: DeserializeOwned + Faults>(value: Value) -> Result<Body<T>, Problem> {
    parsed(&value).map(|(value, sent)| Body { value, sent })
}

fn optional<T: DeserializeOwned + Faults>(value: Value) -> Result<OptionalBody<T>, Problem> {
    parsed(&value).map(|(value, sent)| OptionalBody { value, sent })
}

/// Closes a request.
pub async fn close_request(actor: Actor<HandleRequests>, app: Data<App>, id: Id, fields: Fields) -> Page {
    let key: IdempotencyKey = fields.key()?;
    request_commands::close(actor, app, Id(Guid(id.0).0), key).await?;
    Ok(see("/orientations"))
}
