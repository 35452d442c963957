//! Homes, written by the association that runs them.

use matcher::Policy;
use serde::Serialize;

use super::{keep_apart, reevaluation};
use crate::db::structures::{self, StoredStructure};
use crate::db::{Failure, Turn};
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::{Denied, Reach, Seen, Site, Structure};

/// Adds a structure of an organisation, where its commune says.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Structure) -> Result<StoredStructure, Failure> {
    let site = site(declared)?;
    let stored = structures::insert(turn, StructureId::new(), organisation, declared, site)?;
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
    let before = standing(structures::find(turn.conn, reach, id)?)?;
    seen.check(&declared_before(&before))?;
    let site = site(declared)?;
    let stored = structures::update(turn, before, declared, site)?;
    let met = if stored.has_moved() { keep_apart::moved(turn, id)? } else { None };
    keep_apart::note(turn, &stored, met);
    reevaluation::of_structure(turn, policy, id)?;
    Ok(stored)
}

/// A structure that has not ended.
pub(super) fn standing(structure: StoredStructure) -> Result<StoredStructure, Denied> {
    if structure.ended_at.is_none() { Ok(structure) } else { Err(Denied::StructureEnded) }
}

fn site(declared: &Structure) -> Result<Site, Denied> {
    declared.site().map_err(|wrong| Denied::Contradiction(vec![wrong]))
}
