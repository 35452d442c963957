//! *La demande*: one page for one request, for those in whose hands it is.

use actix_web::web::Data;
use maud::html;

use super::line::Line;
use super::{Page, Viewer, answer, recap, words};
use crate::commands::{Service, matching};
use crate::db::{Reading, requests};
use crate::domain::ids::RequestId;
use crate::domain::{RequestState, Role};
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::ShowRequest;

/// Shows it.
pub async fn show(viewer: Viewer, actor: Actor<ShowRequest>, service: Data<Service>, id: Id) -> Page {
    let (reach, id, live) = (actor.reach(), RequestId(id.0), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, id)?;
        let at = matching::moment(reading.now, stored.department())?;
        let created_at = matching::moment(stored.created_at, stored.department())?;
        let line = Line::show(reading, live.policy(), &stored, reach)?;
        let declared = stored.declared.clone().show(reading);
        Ok((line, declared.as_matched(id.0, at, created_at)))
    };
    let (line, request) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        p.summary { (line.whole()) }
        div.actions {
            @if line.state != RequestState::Closed { a.button.strong href={ "/demandes/" (id) "/places" } { (words::SEE_PROPOSALS) } }
            @if viewer.caller.is_some_and(|caller| caller.is(Role::Referent)) { a.button href={ "/demandes/" (id) "/dossier" } { (words::DOSSIER_TITLE) } }
        }
        (recap::whole(&viewer, &request, None))
    };
    answer(&viewer, words::request::TITLE, &content)
}
