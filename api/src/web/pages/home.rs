//! The first page: each role is taken to its first screen.

use maud::html;

use super::{Page, Viewer, answer, see, words};
use crate::domain::Role;

/// Takes each role to its first screen.
pub async fn show(viewer: Viewer) -> Page {
    let Some(caller) = viewer.caller else { return Ok(see("/connexion")) };
    let first = [
        (Role::Referent, "/demande"),
        (Role::Partner, "/demande"),
        (Role::Provider, "/places"),
        (Role::Regulator, "/orientations"),
        (Role::Auditor, "/journaux"),
        (Role::Administrator, "/comptes"),
        (Role::Manager, "/comptes"),
    ];
    match first.into_iter().find(|(role, _)| caller.is(*role)) {
        Some((_, path)) => Ok(see(path)),
        None => {
            let content = html! { p { (words::ROLE_HOME_TEXT) } p { a.button href="/docs/" { (words::API_DOCS) } } };
            answer(&viewer, words::ROLE_HOME, &content)
        }
    }
}
