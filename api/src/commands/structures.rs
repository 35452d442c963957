//! Homes, written by the association that runs them.

use matcher::Policy;
use serde::Serialize;

use super::reevaluation;
use crate::db::structures::{self, StoredStructure};
use crate::db::{Failure, Turn};
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::{Reach, Seen, Structure};

/// Adds a structure of an organisation.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Structure) -> Result<StoredStructure, Failure> {
    let stored = structures::insert(turn, StructureId::new(), organisation, declared)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces what is declared of a structure; whoever is on their way there or housed is judged again. `declared_before` is what of it the caller's view shows, and so what its tag is made of.
pub fn update<D: Serialize>(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: StructureId,
    seen: &Seen,
    declared_before: impl Fn(&StoredStructure) -> D,
    declared: &Structure,
) -> Result<StoredStructure, Failure> {
    let before = structures::find(turn.conn, reach, id)?;
    seen.check(&declared_before(&before))?;
    let stored = structures::update(turn, before, declared)?;
    turn.note(&stored);
    reevaluation::of_structure(turn, policy, id)?;
    Ok(stored)
}
