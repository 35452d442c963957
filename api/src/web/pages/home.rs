//! The first page: each role is taken to its first screen.

use maud::html;

use super::{Page, Viewer, answer, see, words};
use crate::domain::Role;

/// Takes each role to its first screen.
pub async fn show(viewer: Viewer) -> Page {
    match viewer.caller.map(|caller| caller.role) {
        None => Ok(see("/connexion")),
        Some(Role::Referent | Role::Partner) => Ok(see("/demande")),
        Some(Role::Provider) => Ok(see("/places")),
        Some(Role::Regulator) => Ok(see("/orientations")),
        Some(Role::Auditor) => Ok(see("/journaux")),
        Some(Role::Coordinator | Role::Administrator) => {
            let content = html! { p { (words::ROLE_HOME_TEXT) } p { a.button href="/docs/" { (words::API_DOCS) } } };
            answer(&viewer, words::ROLE_HOME, &content)
        }
    }
}
