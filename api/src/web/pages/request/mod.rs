//! *La demande*: one page for one request, for those in whose hands it is. What there is to do, what was asked of whom, what is known, each part
//! of it to be edited in place, notes and history.

mod acts;
mod asked;
mod effect;
mod forms;
mod history;
mod list;
mod parts;
mod read;
mod sections;

pub use acts::*;
pub use list::list;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use maud::{Markup, html};
use serde::Deserialize;

use super::ask::{self, Clock, Form, Wrong};
use super::keeping_up::{self, AsOf, Has};
use super::session::Fields;
use super::{Page, Viewer, answer, answer_with, see, words};
use crate::commands::{Service, matching, requests as commands};
use crate::db::{Conn, Reading, Turn, requests};
use crate::domain::ids::RequestId;
use crate::domain::{Request, RequestState, Seen, Tag};
use crate::live::Live;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::{Operation, ShowRequest, UpdateRequest};
use crate::web::problem::{Code, Problem};
use effect::Effect;
use parts::Part;
use read::Shown;

/// Which part is being edited.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditQuery {
    #[serde(rename = "modifier")]
    edits: Option<Part>,
}

/// What is open on the page beside what is always shown.
#[derive(Default)]
struct Open<'f> {
    /// The part that is being edited, or the note or code that did not go through.
    editing: Option<Editing>,
    /// What was typed, where it did not go through.
    typed: Option<&'f Fields>,
    /// What is wrong with it.
    wrong: Wrong,
    /// What is said on top.
    notice: Option<Markup>,
}

/// What of the page is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Editing {
    Part(Part),
    Note,
    Code,
    Lending,
    Splitting,
}

/// Shows it; or says that nothing has changed since the browser looked.
pub async fn show(
    viewer: Viewer,
    actor: Actor<ShowRequest>,
    service: Data<Service>,
    id: Id,
    query: Params<EditQuery>,
    has: Has,
) -> Page {
    let (reach, own, account) = (actor.reach(), actor.organisation(), actor.caller().account);
    let (id, live) = (RequestId(id.0), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        if has.stands(reading, reach, account)? {
            return Ok(None);
        }
        let shown = Shown::read(reading, live.policy(), reach, own, id)?;
        let as_of = AsOf::read(reading, account, shown.changes_at())?;
        Ok(Some((shown, as_of)))
    };
    let Some((shown, as_of)) = service.read(actor.access(), actor.pulse(), find).await? else {
        return Ok(keeping_up::unchanged());
    };
    let part = query.0.edits.filter(|_| shown.state != RequestState::Closed);
    let content = whole(&viewer, &shown, &Open { editing: part.map(Editing::Part), ..Open::default() });
    let from = match part {
        Some(part) => format!("/demandes/{id}?modifier={}", part.as_str()),
        None => format!("/demandes/{id}"),
    };
    let count = sections::waits(&shown);
    let summary = words::request::so_much_to_do(shown.line.alias.as_str(), count);
    let content = keeping_up::region(&as_of.tag(), &from, count, &summary, &content);
    keeping_up::tagged(answer(&viewer, words::request::TITLE.text(), &content)?, &as_of.tag())
}

/// Reads the page.
async fn read<P: Operation>(actor: &Actor<P>, service: &Service, id: RequestId) -> Result<Shown, Problem> {
    let (reach, own, live) = (actor.reach(), actor.organisation(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| Shown::read(reading, live.policy(), reach, own, id);
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// The page again with what did not go through.
async fn again<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    id: RequestId,
    status: StatusCode,
    open: Open<'_>,
) -> Page {
    let shown = read(actor, service, id).await?;
    Ok(answer_with(status, viewer, words::request::TITLE.text(), &whole(viewer, &shown, &open)))
}

fn whole(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    html! {
        p.summary.oneline { (shown.line.whole()) }
        @if let Some(notice) = &open.notice { (notice) }
        (sections::in_charge(viewer, shown))
        (sections::to_do(viewer, shown))
        (asked::all(viewer, shown))
        div.parts {
            @for part in Part::ALL { (sections::part(viewer, shown, open, part)) }
        }
        (sections::notes(viewer, shown, open))
        (sections::apart(viewer, shown, open))
        (history::all(shown))
        (sections::rest(viewer, shown, open))
    }
}

/// What an edit finds before it: the request as its author is shown it, what else they know of it, and what the places are ranked for.
struct Before {
    declared: Request,
    query: matcher::Query,
}

/// Edits a part in place, and says what that changes: places gained and lost, and referrals that no longer fit.
pub async fn edit(viewer: Viewer, actor: Actor<UpdateRequest>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let id = RequestId(id.0);
    let part = fields.text("part").and_then(Part::of).ok_or_else(|| Problem::field(Code::InvalidBody, "part", "is none"))?;
    let before = before(&actor, &service, id).await?;
    let editing = Some(Editing::Part(part));
    // One more line: nothing is read yet, and all that was typed is kept.
    if fields.has("add") {
        let open = Open { editing, typed: Some(&fields), ..Open::default() };
        return again(&viewer, &actor, &service, id, StatusCode::OK, open).await;
    }
    let refused = |wrong: Wrong| Open { editing, typed: Some(&fields), notice: Some(to_correct(&wrong)), wrong };
    let clock = Clock::of(&actor, &service);
    let declared = match ask::read(&fields, clock, |typed| part.read(typed, &before.declared)) {
        Ok(declared) => declared,
        Err(wrong) => return again(&viewer, &actor, &service, id, StatusCode::UNPROCESSABLE_ENTITY, refused(wrong)).await,
    };
    let seen = Seen::Tags(vec![fields.text("seen").unwrap_or_default().to_owned()]);
    match store(&actor, &service, id, (&fields, seen), declared).await {
        Ok(()) => edited(&viewer, &actor, &service, id, before).await,
        Err(problem) if problem.code() == Code::EtagMismatch => {
            let shown = read(&actor, &service, id).await?;
            let notice = Some(sections::changed_since(&shown, fields.text("parts").unwrap_or_default()));
            let open = Open { editing, typed: Some(&fields), notice, wrong: Vec::new() };
            let content = whole(&viewer, &shown, &open);
            Ok(answer_with(StatusCode::PRECONDITION_FAILED, &viewer, words::request::TITLE.text(), &content))
        }
        Err(problem) if problem.wrong_fields().next().is_some() => {
            let wrong = problem.wrong_fields().map(|(pointer, _)| of_pointer(pointer)).collect();
            again(&viewer, &actor, &service, id, problem.code().status(), refused(wrong)).await
        }
        Err(problem) => Err(problem),
    }
}

/// The field of a form for one that a command refused.
fn of_pointer(pointer: &str) -> (String, String) {
    let field = pointer.trim_start_matches('/').replace('/', ".");
    match field.split('.').collect::<Vec<_>>().as_slice() {
        ["household", at, "turns_18_on"] => (format!("m{at}_birthday"), words::request::WRONG_BIRTHDAY.text().to_owned()),
        ["information", ..] => ("information".to_owned(), words::request::WRONG_INFORMATION_DAY.text().to_owned()),
        _ => ask::of_form(&field),
    }
}

/// What there is to correct, each leading to its field.
fn to_correct(wrong: &Wrong) -> Markup {
    html! {
        div.notice role="alert" {
            p { (words::FIX_FIELDS) }
            ul { @for (field, why) in wrong { li { a href=(format!("#{field}")) { (why) } } } }
        }
    }
}

async fn before(actor: &Actor<UpdateRequest>, service: &Service, id: RequestId) -> Result<Before, Problem> {
    let (reach, live) = (actor.reach(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, id)?;
        let query = matching::query(reading.conn, live.policy(), &stored, reading.now)?;
        let declared = stored.seen_by(reach, stored.declared.clone().show(reading));
        Ok(Before { declared, query })
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// Stores a request as it was edited.
async fn store(
    actor: &Actor<UpdateRequest>,
    service: &Service,
    id: RequestId,
    (fields, seen): (&Fields, Seen),
    declared: Request,
) -> Result<(), Problem> {
    let reach = actor.reach();
    let order = order(actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen, &declared);
    let find = move |conn: &mut Conn, id| requests::find(conn, reach, RequestId(id));
    Ok(service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await?)
}

/// The page after an edit, with what it changed.
async fn edited(viewer: &Viewer, actor: &Actor<UpdateRequest>, service: &Service, id: RequestId, before: Before) -> Page {
    let (reach, own, live) = (actor.reach(), actor.organisation(), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, id)?;
        let query = matching::query(reading.conn, live.policy(), &stored, reading.now)?;
        Ok((Shown::read(reading, live.policy(), reach, own, id)?, query))
    };
    let (shown, query) = service.read(actor.access(), actor.pulse(), find).await?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    let effect = Effect::between(&snapshot, &before.query, &query);
    let open = Open { notice: Some(effect.said(&shown)), ..Open::default() };
    answer(viewer, words::request::TITLE.text(), &whole(viewer, &shown, &open))
}

/// The tag of what is declared, as forms carry it.
fn tag(declared: &Request) -> String {
    Tag::of(declared).as_str().to_owned()
}

/// Back to the page.
fn back(id: RequestId, part: &str) -> actix_web::HttpResponse {
    see(&format!("/demandes/{id}#{part}"))
}

/// A form of a part as it is shown: as it was typed, or as it is stored.
fn form<'f>(open: &'f Open<'_>, begun: &'f Fields, today: &str) -> Form<'f> {
    Form { fields: Some(open.typed.unwrap_or(begun)), wrong: &open.wrong, today: today.to_owned() }
}
