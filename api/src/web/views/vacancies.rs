//! Vacancies: exact beds, for those who run the place and for whoever declares on its word. Nobody else reads one.

use matcher::{Day, Department, Policy};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::db::units;
use crate::db::vacancies::{self, StoredVacancy, VacancyFilter};
use crate::db::{DbError, Failure, Reading};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, UnitId, VacancyId};
use crate::domain::ladder::{Asker, Rung, Way};
use crate::domain::night::Tonight;
use crate::domain::unit::Span;
use crate::domain::{Denied, Reach, Text, Unit};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A vacancy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VacancyRecord {
    /// Its id (UUIDv7).
    pub id: VacancyId,
    /// Its unit.
    unit_id: UnitId,
    /// Beds declared free, those held included; 0 once all are taken.
    #[schema(minimum = 0, maximum = 100_000, example = 2)]
    pub beds: u32,
    /// The day from which they are free.
    #[schema(value_type = schemas::Day)]
    pub from: Day,
    /// The day they must be empty again; null: open-ended.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub until: Option<Day>,
    /// Beds held for referrals, among `beds`.
    #[schema(minimum = 0, maximum = 100_000, example = 0)]
    pub held: u32,
    /// When somebody last said that it is so.
    pub confirmed_at: Instant,
    /// Which organisation said so: its own, or on its word a SIAO or a 115 that names the department.
    pub declared_by_id: OrganisationId,
    /// When it was withdrawn or its last bed was taken; null while it stands.
    #[schema(required)]
    pub withdrawn_at: Option<Instant>,
    /// When it was declared.
    created_at: Instant,
    /// When it last changed; a bed that is held or freed changes it, too.
    updated_at: Instant,
}

impl From<StoredVacancy> for VacancyRecord {
    fn from(stored: StoredVacancy) -> Self {
        Self {
            id: stored.id,
            unit_id: stored.unit,
            beds: stored.beds,
            from: stored.from,
            until: stored.until,
            held: stored.held,
            confirmed_at: stored.confirmed_at,
            declared_by_id: stored.declared_by,
            withdrawn_at: stored.withdrawn_at,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

impl VacancyRecord {
    /// What is declared of it: what its tag is made of.
    pub fn declared(&self) -> Span {
        (self.beds, self.from, self.until)
    }
}

/// A vacancy as a command leaves it, for a page that goes on elsewhere and shows nothing of it.
pub type Written = StoredVacancy;

/// A vacancy to those who have just declared it.
pub fn whole(_: &mut Reading<'_>, stored: StoredVacancy) -> Result<VacancyRecord, Failure> {
    Ok(stored.into())
}

/// One vacancy, for whoever sees its beds. Where that is not its own home, the reading is noted.
pub fn find(reading: &mut Reading<'_>, asker: &Asker, id: VacancyId) -> Result<VacancyRecord, Failure> {
    let (unit, vacancy) = match units::of_vacancy(reading.conn, id) {
        Err(DbError::NotFound) => return Err(Denied::NotFound(What::Record).into()),
        found => found?,
    };
    let structure = unit.structure.id;
    match super::rung(reading.conn, asker, &unit, Way::Registry)? {
        Some(Rung::Home) => {}
        Some(Rung::Referral) => reading.shows(structure),
        _ => return Err(Denied::NotFound(What::Record).into()),
    }
    Ok(vacancy.into())
}

/// The standing vacancies of a unit, for whoever sees its beds.
pub fn of_unit(
    reading: &mut Reading<'_>,
    asker: &Asker,
    unit: UnitId,
    (filter, tonight): (&VacancyFilter, &Tonight),
    (cursor, limit): (Option<Cursor>, PageLimit),
) -> Result<Vec<VacancyRecord>, Failure> {
    let found = units::of_ids(reading.conn, &[unit])?.pop().ok_or(Denied::NotFound(What::Record))?;
    let (structure, organisation) = (found.structure.id, found.structure.organisation);
    match super::rung(reading.conn, asker, &found, Way::Registry)? {
        Some(Rung::Home) => {}
        Some(Rung::Referral) => reading.shows(structure),
        _ => return Err(Denied::NotFound(What::Record).into()),
    }
    // Who declares on the word of a home sees its beds as the home does.
    let listed = vacancies::list(reading.conn, Reach::running(organisation), filter, tonight, cursor, limit)?;
    Ok(listed.into_iter().map(VacancyRecord::from).collect())
}

/// A page of one's own.
pub fn own(
    reading: &mut Reading<'_>,
    reach: Reach,
    (filter, tonight): (&VacancyFilter, &Tonight),
    (cursor, limit): (Option<Cursor>, PageLimit),
) -> Result<Vec<VacancyRecord>, Failure> {
    let listed = vacancies::list(reading.conn, reach, filter, tonight, cursor, limit)?;
    Ok(listed.into_iter().map(VacancyRecord::from).collect())
}

/// A vacancy of one's own that counts no more, with the home that it was of.
pub struct OverVacancy {
    /// The name of the home.
    pub home: Text<200>,
    /// Where it is.
    pub department: Department,
    /// The profile of the unit.
    pub unit: Unit,
    /// The vacancy.
    pub vacancy: VacancyRecord,
}

/// A page of one's own that were withdrawn, are over or have no bed left, the newest first; the reading of their homes noted.
pub fn own_over(
    reading: &mut Reading<'_>,
    reach: Reach,
    policy: &Policy,
    before: Option<Cursor>,
) -> Result<Page<OverVacancy>, Failure> {
    let tonight = Tonight::of(reading.now, policy);
    let listed = vacancies::list_over(reading.conn, reach, &tonight, before, PageLimit::most())?;
    let Page { items, next_cursor } = Page::cut(listed, PageLimit::most(), |stored: &StoredVacancy| stored.id.0);
    let ids: Vec<UnitId> = items.iter().map(|stored| stored.unit).collect();
    let known = units::of_ids(reading.conn, &ids)?;
    let mut over = Vec::with_capacity(items.len());
    for stored in items {
        if let Some(unit) = known.iter().find(|unit| unit.id == stored.unit) {
            let home = unit.structure.home.clone().show(reading).name;
            let (department, unit) = (unit.structure.department, unit.declared.clone());
            over.push(OverVacancy { home, department, unit, vacancy: stored.into() });
        }
    }
    Ok(Page { items: over, next_cursor })
}
