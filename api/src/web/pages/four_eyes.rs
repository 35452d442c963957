//! *Comptes*, for administrators: what waits for a second person's word, from whom, since when, and the one tap.

use actix_web::web::Data;
use matcher::Department;
use maud::{Markup, html};
use serde_json::json;

use super::session::Fields;
use super::words::{self as all_words, four_eyes as words};
use super::{Page, Viewer, answer_with, form, see};
use crate::commands::{Service, four_eyes as commands};
use crate::db::pending_changes::PendingChange;
use crate::db::{Failure, Reading, Turn};
use crate::domain::four_eyes::{AddressProof, ChangeKind};
use crate::domain::ids::PendingChangeId;
use crate::live::Live;
use crate::paging;
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::http::pending_changes::{PendingChangeRecord, find};
use crate::web::operations::{ApproveChange, Operation, ProveAddress, RejectChange};
use crate::web::problem::{Code, Problem};

/// Where the part begins.
const PART: &str = "/comptes#second-regard";

/// What waits; nothing where nothing does.
pub fn part(viewer: &Viewer, page: &paging::Page<PendingChangeRecord>, here: Department) -> Markup {
    html! {
        @if !page.items.is_empty() {
            section #second-regard aria-labelledby="second-regard-titre" {
                h2 #second-regard-titre { (words::TITLE) }
                p.hint { (words::LEAD) }
                @for change in &page.items { (one(viewer, change, here)) }
                @if page.next_cursor.is_some() { p.hint { (words::MORE) } }
            }
        }
    }
}

fn one(viewer: &Viewer, change: &PendingChangeRecord, here: Department) -> Markup {
    let is_own =
        viewer.caller.is_some_and(|caller| change.asked_by_id == Some(caller.account) || change.account_id == Some(caller.account));
    let path = |act: &str| format!("/comptes/changements/{}/{act}", change.id);
    let asked_by = change.asked_by.as_deref().unwrap_or(words::OPERATOR.text());
    html! {
        section.card {
            h3 { (change.organisation.as_str()) }
            p { (words::kind(change.change)) (all_words::COLON) strong { (what(change)) } }
            p.hint { (words::ASKED_BY) " " (asked_by) " " (words::SINCE) " " (all_words::moment(change.asked_at, here)) }
            @if change.approved_at.is_some() { p.hint { (words::APPROVED) } }
            @if change.change == ChangeKind::Address {
                p.hint { (if change.proved_at.is_some() { words::PROVED } else { words::NOT_PROVED }) }
            }
            @if let Some(due_at) = change.due_at { p { (words::COUNTS_ON) " " (all_words::moment(due_at, here)) } }
            @if change.change == ChangeKind::Address && change.proved_at.is_none() {
                form method="post" action=(path("preuve")) {
                    (viewer.hidden())
                    label { (words::CODE) " " input name="code" autocomplete="off" required maxlength="20"; }
                    button type="submit" { (words::PROVE) }
                }
            }
            div.actions {
                @if change.approved_at.is_none() && !is_own {
                    form method="post" action=(path("confirmer")) { (viewer.hidden()) button.strong type="submit" { (words::APPROVE) } }
                }
                form method="post" action=(path("refuser")) {
                    (viewer.hidden())
                    button type="submit" { (if is_own { words::TAKE_BACK } else { words::REJECT }) }
                }
            }
            @if change.approved_at.is_none() && is_own { p.hint { (words::OWN) } }
        }
    }
}

/// What would be.
fn what(change: &PendingChangeRecord) -> String {
    let said = |codes: Vec<&str>, none: &str| if codes.is_empty() { none.to_owned() } else { codes.join(", ") };
    match change.change {
        ChangeKind::Rights => {
            let doors = change.doors.iter().map(|door| all_words::label(*door)).collect();
            let departments = change.departments.iter().map(|department| department.as_str()).collect();
            let kind = change.kind.map(all_words::label).unwrap_or_default();
            let mut all = vec![kind.to_owned(), said(doors, words::NO_DOOR.text()), said(departments, words::EVERYWHERE.text())];
            all.extend(change.orients.then(|| words::ORIENTS.text().to_owned()));
            all.join(" · ")
        }
        ChangeKind::Address => change.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        ChangeKind::Roles => {
            let roles = said(change.roles.iter().map(|role| all_words::label(*role)).collect(), "");
            format!("{}, {roles}", change.account.as_deref().unwrap_or_default())
        }
    }
}

/// A second person's word.
pub async fn approve(viewer: Viewer, actor: Actor<ApproveChange>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let caller = actor.caller();
    decide(&viewer, &actor, &service, id, &fields, move |turn, live, id| commands::approve(turn, live.policy(), caller, id)).await
}

/// No, or not any more.
pub async fn reject(viewer: Viewer, actor: Actor<RejectChange>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let caller = actor.caller();
    decide(&viewer, &actor, &service, id, &fields, move |turn, _, id| commands::reject(turn, caller, id)).await
}

/// The code that came to the address.
pub async fn prove(viewer: Viewer, actor: Actor<ProveAddress>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let typed = json!({"code": fields.text("code").unwrap_or_default().trim()});
    let code = match form::read::<AddressProof>(&typed, actor.pulse().now) {
        Ok(proof) => proof.code,
        Err(problem) => return Ok(not_done(&viewer, &problem)),
    };
    decide(&viewer, &actor, &service, id, &fields, move |turn, live, id| commands::prove(turn, live.policy(), id, &code)).await
}

async fn decide<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, &Live, PendingChangeId) -> Result<PendingChange, Failure> + Send + 'static,
) -> Page {
    let change = PendingChangeId(id.0);
    let order = order(actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live, change);
    match service.command(order, run, find, |_: &mut Reading<'_>, _| Ok(())).await.map_err(Problem::from) {
        Ok(()) => Ok(see(PART)),
        Err(problem) if matches!(problem.code(), Code::OwnChange | Code::ChangeDecided | Code::CodeNotValid) => {
            Ok(not_done(viewer, &problem))
        }
        Err(problem) => Err(problem),
    }
}

fn not_done(viewer: &Viewer, problem: &Problem) -> actix_web::HttpResponse {
    let content = html! {
        div.notice role="alert" { p { (words::NOT_DONE) } }
        p { a.button href=(PART) { (words::BACK) } }
    };
    answer_with(problem.code().status(), viewer, words::TITLE.text(), &content)
}
