//! Groups of places, written by the association that runs them.

use crate::db::units::{self, StoredUnit};
use crate::db::{Failure, Turn, structures};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::{Denied, Reach, Seen, Unit};

/// Adds a unit to a structure.
pub fn create(turn: &mut Turn<'_>, reach: Reach, structure: StructureId, declared: &Unit) -> Result<StoredUnit, Failure> {
    let structure = super::structures::standing(structures::find(turn.conn, reach, structure)?)?;
    let stored = units::insert(turn, UnitId::new(), structure, declared)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces the profile of a unit.
pub fn update(turn: &mut Turn<'_>, reach: Reach, id: UnitId, seen: &Seen, declared: &Unit) -> Result<StoredUnit, Failure> {
    let before = standing(units::find(turn.conn, reach, id)?)?;
    seen.check(&before.declared)?;
    let stored = units::update(turn, before, declared)?;
    turn.note(&stored);
    Ok(stored)
}

/// A unit that has not ended.
pub(super) fn standing(unit: StoredUnit) -> Result<StoredUnit, Denied> {
    if unit.ended_at.is_none() { Ok(unit) } else { Err(Denied::UnitEnded) }
}
