//! What is held about one person, as a page that her referent reads with her, on the screen or on paper.

use actix_web::web::Data;
use maud::{Markup, html};
use uuid::Uuid;

use super::{Page, Viewer, answer, recap, words};
use crate::commands::{Service, matching};
use crate::domain::Information;
use crate::domain::ids::RequestId;
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::http::dossiers::Dossier;
use crate::web::operations::ShowDossier;

/// Shows it.
pub async fn show(viewer: Viewer, actor: Actor<ShowDossier>, service: Data<Service>, id: Id) -> Page {
    let (reach, id) = (actor.reach(), RequestId(id.0));
    let read = move |reading: &mut crate::db::Reading<'_>| {
        let dossier = Dossier::read(reading, reach, id)?;
        let department = dossier.declared.department();
        let at = matching::moment(reading.now, department)?;
        let request = dossier.declared.as_matched(Uuid::nil(), at, at);
        Ok((dossier, request))
    };
    let (dossier, request) = service.read(actor.access(), actor.pulse(), read).await?;
    answer(&viewer, words::DOSSIER_TITLE, &content(&viewer, &dossier, &request))
}

fn content(viewer: &Viewer, dossier: &Dossier, request: &matcher::Request) -> Markup {
    let here = dossier.declared.department();
    html! {
        p { (words::DOSSIER_OF) " " strong { (dossier.alias.as_str()) } " · " (words::moment(dossier.created_at, here)) }
        p.hint { (words::DOSSIER_HOW) }
        @if dossier.with_child_protection { p.warning { (words::DOSSIER_OF_MINOR) } }
        (recap::whole(viewer, request, None))
        section.card aria-labelledby="information" {
            h2 #information { (words::DOSSIER_INFORMATION) }
            p { (information(&dossier.declared.information)) }
            @if let Some(reference) = &dossier.declared.reference { p { (words::DOSSIER_REFERENCE) " " (reference.as_str()) } }
            @if let Some(message) = &dossier.declared.message { p { (words::DOSSIER_MESSAGE) " " q { (message.as_str()) } } }
            @if let Some(said) = &dossier.declared.safety_instructions { p { (words::DOSSIER_INSTRUCTIONS) " " q { (said.as_str()) } } }
        }
        section.card aria-labelledby="notes" {
            h2 #notes { (words::DOSSIER_NOTES) }
            @if dossier.notes.is_empty() { p { (words::DOSSIER_NONE) } }
            ul.plain { @for note in &dossier.notes { li { (words::moment(note.at, here)) " · " (note.text.as_str()) } } }
        }
        section.card aria-labelledby="places" {
            h2 #places { (words::DOSSIER_PLACES) }
            @if dossier.asked.is_empty() { p { (words::DOSSIER_NONE) } }
            ul.plain {
                @for asked in &dossier.asked {
                    li {
                        (words::moment(asked.at, here)) " · " (words::label(asked.kind)) " · " (words::department(asked.department))
                        " · " (words::label(asked.state))
                    }
                }
            }
        }
        p { (words::DOSSIER_KEPT_UNTIL) " " (words::moment(dossier.kept_until, here)) ". " (words::DOSSIER_RIGHTS) }
    }
}

fn information(information: &Information) -> String {
    match information {
        Information::Given(given) => format!("{} {}.", words::DOSSIER_INFORMED, words::day(given.day)),
        Information::NotYet(_) => words::DOSSIER_NOT_INFORMED.to_owned(),
    }
}
