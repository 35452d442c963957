//! Groups of places, written by the association that runs them.

use matcher::Policy;

use super::reevaluation;
use crate::db::units::{self, StoredUnit};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Failure, Turn, structures};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::night::tonight;
use crate::domain::unit::most_beds;
use crate::domain::{Denied, Reach, Seen, Unit};

/// Adds a unit to a structure.
pub fn create(turn: &mut Turn<'_>, reach: Reach, structure: StructureId, declared: &Unit) -> Result<StoredUnit, Failure> {
    let structure = super::structures::standing(structures::find(turn.conn, reach, structure)?)?;
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
    let before = standing(units::find(turn.conn, reach, id)?)?;
    seen.check(&before.declared)?;
    if declared.places < before.declared.places {
        must_hold_what_is_free(turn, policy, &before, declared)?;
    }
    let stored = units::update(turn, before, declared)?;
    turn.note(&stored);
    reevaluation::of_unit(turn, policy, id)?;
    Ok(stored)
}

/// A unit that has not ended.
pub(super) fn standing(unit: StoredUnit) -> Result<StoredUnit, Denied> {
    if unit.ended_at.is_none() { Ok(unit) } else { Err(Denied::UnitEnded) }
}

/// Refuses fewer places than there are beds declared free on some day.
fn must_hold_what_is_free(turn: &mut Turn<'_>, policy: &Policy, unit: &StoredUnit, declared: &Unit) -> Result<(), Failure> {
    let tonight = tonight(turn.now, unit.structure.department, policy);
    let standing: Vec<_> = vacancies::standing(turn.conn, unit.id, Some(tonight))?.iter().map(StoredVacancy::declared).collect();
    match most_beds(&standing, tonight, None).filter(|(_, beds)| *beds > declared.places.get()) {
        Some((day, beds)) => {
            let why = format!("is fewer than the {beds} beds declared free on {day}: change or withdraw vacancies first");
            Err(Denied::contradiction("places", why).into())
        }
        None => Ok(()),
    }
}
