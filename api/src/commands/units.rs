//! Groups of places, written by the association that runs them.

use chrono::NaiveDate;
use matcher::Policy;

use super::reevaluation;
use crate::db::units::{self, StoredUnit};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Failure, Turn, structures};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::night::tonight;
use crate::domain::unit::most_beds;
use crate::domain::vouching::{Edit, Vouched, own_revision};
use crate::domain::{Denied, Reach, Seen, Unit};

/// Adds a unit to a structure. It is ranked apart until somebody has vouched for it.
pub fn create(turn: &mut Turn<'_>, reach: Reach, structure: StructureId, declared: &Unit) -> Result<StoredUnit, Failure> {
    let structure = super::structures::standing(structures::find(turn.conn, reach, structure)?)?;
    let made = units::insert(turn, UnitId::new(), structure, declared, None)?;
    let stored = units::find(turn.conn, reach, made.id)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces the profile of a unit, or lets the edit wait as a whole where it opens what nobody has vouched for (design §5); whoever is on their
/// way there or housed is judged again.
pub fn update(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: UnitId,
    seen: &Seen,
    declared: &Unit,
) -> Result<StoredUnit, Failure> {
    let before = standing(units::find(turn.conn, reach, id)?)?;
    seen.check(&own_revision(&before.declared, before.pending.as_ref()))?;
    if declared.places < before.declared.places {
        must_hold_what_is_free(turn, policy, &before, declared)?;
    }
    let edited = match Edit::of(before.vouched, &before.declared, declared) {
        Edit::Waits => StoredUnit { pending: Some(declared.clone()), ..before },
        Edit::Counts => StoredUnit { declared: declared.clone(), pending: None, ..before },
        Edit::Leaves => {
            let vouched = before.vouched.map(|vouched| Vouched { at: None, ..vouched });
            StoredUnit { declared: declared.clone(), pending: None, vouched, ..before }
        }
    };
    let stored = units::update(turn, edited)?;
    turn.note(&stored);
    reevaluation::of_unit(turn, policy, id)?;
    Ok(stored)
}

/// A unit that has not ended.
pub(super) fn standing(unit: StoredUnit) -> Result<StoredUnit, Denied> {
    if unit.ended_at.is_none() { Ok(unit) } else { Err(Denied::UnitEnded) }
}

/// The day on which most beds of a unit are declared free, and how many.
pub(super) fn most_free(turn: &mut Turn<'_>, policy: &Policy, unit: &StoredUnit) -> Result<Option<(NaiveDate, u32)>, Failure> {
    let tonight = tonight(turn.now, unit.structure.department, policy);
    let standing: Vec<_> = vacancies::standing(turn.conn, unit.id, Some(tonight))?.iter().map(StoredVacancy::declared).collect();
    Ok(most_beds(&standing, tonight, None))
}

/// Refuses fewer places than there are beds declared free on some day.
fn must_hold_what_is_free(turn: &mut Turn<'_>, policy: &Policy, unit: &StoredUnit, declared: &Unit) -> Result<(), Failure> {
    match most_free(turn, policy, unit)?.filter(|(_, beds)| *beds > declared.places.get()) {
        Some((day, beds)) => {
            let why = format!("is fewer than the {beds} beds declared free on {day}: change or withdraw vacancies first");
            Err(Denied::contradiction("places", why).into())
        }
        None => Ok(()),
    }
}
