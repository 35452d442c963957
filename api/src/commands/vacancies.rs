//! What is free, declared and kept true by the association that runs it.

use matcher::Beds;

use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Failure, Turn, units};
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::{Denied, Reach, Seen, Vacancy};
use crate::limits;

/// Declares a vacancy of a unit, which confirms it.
pub fn declare(turn: &mut Turn<'_>, reach: Reach, unit: UnitId, declared: &Vacancy) -> Result<StoredVacancy, Failure> {
    let unit = super::units::standing(units::find(turn.conn, reach, unit)?)?;
    if vacancies::count(turn.conn, unit.id)? >= limits::VACANCIES_PER_UNIT_MAX {
        return Err(Denied::TooManyVacancies.into());
    }
    let id = VacancyId::new();
    vacancies::insert(turn, id, unit.id, declared, turn.now)?;
    noted(turn, reach, id)
}

/// Replaces what is declared of a vacancy, which confirms it.
pub fn update(turn: &mut Turn<'_>, reach: Reach, id: VacancyId, seen: &Seen, declared: &Vacancy) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    seen.check(&before.declared())?;
    vacancies::update(turn, id, declared)?;
    noted(turn, reach, id)
}

/// Counts beds of a vacancy up or down from what it has now, whatever was seen of it, and so confirms it: of two taps none is lost.
pub fn count(turn: &mut Turn<'_>, reach: Reach, id: VacancyId, more: i32) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    let beds = before.beds.saturating_add_signed(more);
    let beds = Beds::new(beds).map_err(|why| Denied::contradiction("beds", why))?;
    vacancies::update(turn, id, &Vacancy { beds, from: before.from, until: before.until })?;
    noted(turn, reach, id)
}

/// Says that a vacancy is still as declared.
pub fn confirm(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    standing(turn, reach, id)?;
    vacancies::confirm(turn, id)?;
    noted(turn, reach, id)
}

/// Takes a vacancy back of which no bed is held.
pub fn withdraw(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    standing(turn, reach, id)?;
    if !vacancies::withdraw(turn, id)? {
        return Err(Denied::BedsHeld.into());
    }
    noted(turn, reach, id)
}

/// Someone who did not come through Havre has beds: so many, or all that are not held.
pub fn record_taken_elsewhere(
    turn: &mut Turn<'_>,
    reach: Reach,
    id: VacancyId,
    beds: Option<Beds>,
) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    let free = before.beds.saturating_sub(before.held);
    let beds = beds.map_or(free, Beds::get);
    if beds == 0 || !vacancies::take_free(turn, id, beds)? {
        return Err(Denied::FewerFree(free).into());
    }
    noted(turn, reach, id)
}

/// A vacancy that is no more is not changed.
fn standing(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    let vacancy = vacancies::find(turn.conn, reach, id)?;
    if vacancy.withdrawn_at.is_none() { Ok(vacancy) } else { Err(Denied::VacancyWithdrawn.into()) }
}

/// The vacancy as the database has it now, since it is the database that counts its beds.
fn noted(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    let stored = vacancies::find(turn.conn, reach, id)?;
    turn.note(&stored);
    Ok(stored)
}
