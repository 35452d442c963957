//! What is held about one person, as a page that her referent reads with her, on the screen or on paper.

use actix_web::web::Data;
use matcher::Department;
use maud::{Markup, html};
use uuid::Uuid;

use super::{Page, Viewer, answer, recap, words};
use crate::commands::{Service, matching};
use crate::domain::ids::RequestId;
use crate::domain::{Information, LoneMinor};
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
    answer(&viewer, words::DOSSIER_TITLE.text(), &content(&viewer, &dossier, &request))
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
            @match dossier.declared.seen_apart {
                Some(true) => { p { (words::SEEN_APART_SAID) } },
                Some(false) => { p.warning { (words::SEEN_APART_WARNING) } },
                None => {},
            }
            @if let Some(reference) = &dossier.declared.reference { p { (words::DOSSIER_REFERENCE) " " (reference.as_str()) } }
            @if let Some(message) = &dossier.declared.message { p { (words::DOSSIER_MESSAGE) " " q { (message.as_str()) } } }
            @if let Some(said) = &dossier.declared.safety_instructions { p { (words::DOSSIER_INSTRUCTIONS) " " q { (said.as_str()) } } }
        }
        @for known in &dossier.declared.lone_minors.0 { (lone_minor(known, here)) }
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

/// What is known of a minor without a parent.
fn lone_minor(known: &LoneMinor, here: Department) -> Markup {
    let title = format!("mineur-{}", known.person);
    html! {
        section.card aria-labelledby=(title) {
            h2 id=(title) { (words::DOSSIER_MINOR) }
            @if let Some(ground) = known.minority_ground { p { (words::DOSSIER_GROUND) " " (words::label(ground)) } }
            p { (if known.guardian_appointed { words::DOSSIER_GUARDIAN.text() } else { words::DOSSIER_NO_GUARDIAN.text() }) }
            @if let Some(told) = &known.told {
                p {
                    (if told.reached { words::DOSSIER_TOLD.text() } else { words::DOSSIER_TRIED.text() }) " " (words::label(told.authority)) ", "
                    (told.whom.as_str()) ", " (words::moment(told.at.into(), here))
                }
            }
            @if let (Some(at), Some(by)) = (known.assessment_recorded_at, &known.assessment_decided_by) {
                p { (words::DOSSIER_ASSESSED) " " (by.as_str()) ", " (words::moment(at.into(), here)) }
            }
            @if let Some(view) = known.child_view { p { (words::DOSSIER_VIEW) " " (words::label(view)) } }
        }
    }
}

fn information(information: &Information) -> String {
    match information {
        Information::Given(given) => {
            let interpreter = if given.interpreter { format!(", {}", words::DOSSIER_INTERPRETER.text()) } else { String::new() };
            let (day, language) = (words::day(given.day), words::spoken(given.language.as_str()));
            format!("{} {day}. {} {language}{interpreter}.", words::DOSSIER_INFORMED.text(), words::DOSSIER_IN.text())
        }
        Information::NotYet(_) => words::DOSSIER_NOT_INFORMED.text().to_owned(),
    }
}
