//! Groups of places, written by the association that runs them.

use matcher::Policy;

use super::reevaluation;
use crate::db::units::{self, StoredUnit};
use crate::db::{Failure, Turn, structures};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::{Reach, Seen, Unit};

/// Adds a unit to a structure.
pub fn create(turn: &mut Turn<'_>, reach: Reach, structure: StructureId, declared: &Unit) -> Result<StoredUnit, Failure> {
    let structure = structures::find(turn.conn, reach, structure)?;
    let stored = units::insert(turn, UnitId::new(), structure, declared)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces the profile of a unit; whoever is on their way there or housed is judged again.
pub fn update(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: UnitId,
    seen: &Seen,
    declared: &Unit,
) -> Result<StoredUnit, Failure> {
    let before = units::find(turn.conn, reach, id)?;
    seen.check(&before.declared)?;
    let stored = units::update(turn, before, declared)?;
    turn.note(&stored);
    reevaluation::of_unit(turn, policy, id)?;
    Ok(stored)
}
