//! The first page: each role is taken to its first screen.

use super::{Page, Viewer, see};
use crate::domain::Role;

/// Takes each role to its first screen.
pub async fn show(viewer: Viewer) -> Page {
    let Some(caller) = viewer.caller else { return Ok(see("/connexion")) };
    let first = [
        (Role::Referent, "/demande"),
        (Role::Partner, "/demande"),
        (Role::Provider, "/places"),
        (Role::Regulator, "/orientations"),
        (Role::Coordinator, "/registre"),
        (Role::Auditor, "/journaux"),
        (Role::Administrator, "/comptes"),
        (Role::Manager, "/comptes"),
    ];
    Ok(see(first.into_iter().find(|(role, _)| caller.is(*role)).map_or("/compte", |(_, path)| path)))
}
