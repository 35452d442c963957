//! What is free, declared and kept true by the association that runs it, or on its word by a SIAO or a 115 of the department: nobody types
//! twice what was said on the phone.

use chrono::NaiveDate;
use matcher::{Beds, Policy};

use crate::db::units::{self, StoredUnit};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{DbError, Failure, Turn};
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::night::tonight;
use crate::domain::unit::most_beds;
use crate::domain::{Denied, Reach, Seen, Vacancy};
use crate::limits;

/// Declares a vacancy of a unit, which confirms it.
pub fn declare(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    unit: UnitId,
    declared: &Vacancy,
) -> Result<StoredVacancy, Failure> {
    let unit = super::units::standing(units::find_to_declare(turn.conn, reach, unit)?)?;
    let tonight = tonight(turn.now, unit.structure.department, policy);
    let others = vacancies::standing(turn.conn, unit.id, Some(tonight))?;
    if others.len() >= limits::VACANCIES_PER_UNIT_MAX {
        return Err(Denied::TooManyVacancies.into());
    }
    must_not_be_over(tonight, declared)?;
    must_fit(&unit, tonight, &others, declared)?;
    let id = VacancyId::new();
    vacancies::insert(turn, id, unit.id, declared, turn.now)?;
    noted(turn, reach, id)
}

/// Replaces what is declared of a vacancy, which confirms it.
pub fn update(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: VacancyId,
    seen: &Seen,
    declared: &Vacancy,
) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    seen.check(&before.declared())?;
    change(turn, policy, reach, &before, declared)
}

/// Counts beds of a vacancy up or down from what it has now, whatever was seen of it, and so confirms it: of two taps none is lost.
pub fn count(turn: &mut Turn<'_>, policy: &Policy, reach: Reach, id: VacancyId, more: i32) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    let beds = before.beds.saturating_add_signed(more);
    // The last bed, too, is another matter where it is held than a number that is no number of beds.
    if beds < before.held {
        return Err(Denied::FewerThanHeld.into());
    }
    let beds = Beds::new(beds).map_err(|why| Denied::contradiction("beds", why))?;
    change(turn, policy, reach, &before, &Vacancy { beds, from: before.from, until: before.until })
}

fn change(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    before: &StoredVacancy,
    declared: &Vacancy,
) -> Result<StoredVacancy, Failure> {
    let (unit, _) = units::of_vacancy(turn.conn, before.id)?;
    let tonight = tonight(turn.now, unit.structure.department, policy);
    must_not_be_over(tonight, declared)?;
    // Beds that are held are held for nights that were declared: moved to other days they would be lost to those who hold them.
    let begins_later = declared.from > before.from && declared.from.get() > tonight;
    let ends_sooner = declared.until.is_some_and(|until| before.until.is_none_or(|was| until < was));
    if before.held > 0 && (begins_later || ends_sooner) {
        return Err(Denied::BedsHeld.into());
    }
    if !declared.only_takes_away(before.declared()) {
        let mut others = vacancies::standing(turn.conn, unit.id, Some(tonight))?;
        others.retain(|other| other.id != before.id);
        must_fit(&unit, tonight, &others, declared)?;
    }
    vacancies::update(turn, before.id, declared)?;
    noted(turn, reach, before.id)
}

/// Refuses a vacancy that is over already.
fn must_not_be_over(tonight: NaiveDate, declared: &Vacancy) -> Result<(), Denied> {
    match declared.until {
        Some(until) if until.get() <= tonight => Err(Denied::contradiction(
            "until",
            format!("is over: it is the night of {tonight}, and beds are free until a later day"),
        )),
        _ => Ok(()),
    }
}

/// Refuses more beds free on some day than the unit has places.
fn must_fit(unit: &StoredUnit, tonight: NaiveDate, others: &[StoredVacancy], declared: &Vacancy) -> Result<(), Denied> {
    match too_many(unit, tonight, others, declared) {
        Some((day, beds)) => {
            let why = format!("would make {beds} beds free on {day}, of the {} places of the unit", unit.declared.places.get());
            Err(Denied::contradiction("beds", why))
        }
        None => Ok(()),
    }
}

/// The first day on which a vacancy would make more beds free than the unit has places, and how many; none where it does not.
fn too_many(unit: &StoredUnit, tonight: NaiveDate, others: &[StoredVacancy], declared: &Vacancy) -> Option<(NaiveDate, u32)> {
    let all = others.iter().map(StoredVacancy::declared).chain([(declared.beds.get(), declared.from, declared.until)]);
    let most = most_beds(&all.collect::<Vec<_>>(), declared.from.get().max(tonight), declared.until);
    most.filter(|(_, beds)| *beds > unit.declared.places.get())
}

/// Those who had moved in never did: the beds are held for them again. Says whether it could: not where the vacancy was withdrawn since, nor
/// where the unit has declared others in their stead and has no more places.
pub(super) fn give_back(turn: &mut Turn<'_>, policy: &Policy, id: VacancyId, beds: u32) -> Result<bool, Failure> {
    let (unit, vacancy) = units::of_vacancy(turn.conn, id)?;
    let tonight = tonight(turn.now, unit.structure.department, policy);
    let mut others = vacancies::standing(turn.conn, unit.id, Some(tonight))?;
    others.retain(|other| other.id != id);
    let beds_then = Beds::new(vacancy.beds.saturating_add(beds)).map_err(DbError::damaged)?;
    let declared = Vacancy { beds: beds_then, from: vacancy.from, until: vacancy.until };
    Ok(too_many(&unit, tonight, &others, &declared).is_none() && vacancies::give_back(turn, id, beds)?)
}

/// Says that a vacancy is still as declared.
pub fn confirm(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    standing(turn, reach, id)?;
    vacancies::confirm(turn, id)?;
    noted(turn, reach, id)
}

/// The same of what was seen: an old page confirms nothing that has changed since.
pub fn confirm_seen(turn: &mut Turn<'_>, reach: Reach, id: VacancyId, seen: &Seen) -> Result<StoredVacancy, Failure> {
    let before = standing(turn, reach, id)?;
    seen.check(&before.declared())?;
    confirm(turn, reach, id)
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
    let vacancy = vacancies::find_to_declare(turn.conn, reach, id)?;
    if vacancy.withdrawn_at.is_none() { Ok(vacancy) } else { Err(Denied::VacancyWithdrawn.into()) }
}

/// The vacancy as the database has it now, since it is the database that counts its beds.
fn noted(turn: &mut Turn<'_>, reach: Reach, id: VacancyId) -> Result<StoredVacancy, Failure> {
    let stored = vacancies::find(turn.conn, reach, id)?;
    turn.note(&stored);
    Ok(stored)
}
