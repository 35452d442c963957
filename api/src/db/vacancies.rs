//! Vacancies: beds declared free, and how many of them are held.

use diesel::prelude::*;
use matcher::{Beds, Day, Moment};
use serde_json::json;

use super::schema::vacancies::{self, dsl};
use super::schema::{structures, units as unit_table};
use super::{Conn, DbError, Turn, units};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, UnitId, VacancyId};
use crate::domain::night::Tonight;
use crate::domain::unit::Span;
use crate::domain::{About, Noted, Reach, Vacancy};
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
pub(super) struct Row {
    id: VacancyId,
    unit_id: UnitId,
    beds: i32,
    held: i32,
    from_day: chrono::NaiveDate,
    until_day: Option<chrono::NaiveDate>,
    confirmed_at: Instant,
    withdrawn_at: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
    declared_by_id: Option<OrganisationId>,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = vacancies, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    beds: i32,
    from_day: chrono::NaiveDate,
    until_day: Option<chrono::NaiveDate>,
    confirmed_at: Instant,
    updated_at: Instant,
    declared_by_id: Option<OrganisationId>,
}

/// The organisation whose account says now how a vacancy stands.
fn who_says(turn: &Turn<'_>) -> Option<OrganisationId> {
    turn.author().by.map(|by| by.organisation)
}

impl Columns {
    fn new(declared: &Vacancy, confirmed_at: Instant, turn: &Turn<'_>) -> Result<Self, DbError> {
        Ok(Self {
            beds: i32::try_from(declared.beds.get()).map_err(DbError::damaged)?,
            from_day: declared.from.get(),
            until_day: declared.until.map(Day::get),
            confirmed_at,
            updated_at: turn.now,
            declared_by_id: who_says(turn),
        })
    }
}

/// A vacancy as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredVacancy {
    /// Its id.
    pub id: VacancyId,
    /// Its unit.
    pub unit: UnitId,
    /// The organisation that runs it.
    pub organisation: OrganisationId,
    /// Beds declared free, those held included; none once all are taken.
    pub beds: u32,
    /// Beds held for referrals.
    pub held: u32,
    /// The day from which they are free.
    pub from: Day,
    /// The day they must be empty again.
    pub until: Option<Day>,
    /// When its association, or another on its word, last said that it is so.
    pub confirmed_at: Instant,
    /// The organisation that said so: its own, or a SIAO or 115 of the department on its word.
    pub declared_by: OrganisationId,
    /// When it was withdrawn or its last bed was taken, if it was.
    pub withdrawn_at: Option<Instant>,
    /// When it was declared.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl StoredVacancy {
    /// What is declared of it: what its tag is made of.
    pub fn declared(&self) -> Span {
        (self.beds, self.from, self.until)
    }

    /// As the engine sees it with this many beds; none when there is no bed.
    pub fn as_matched(&self, beds: u32) -> Result<Option<matcher::Vacancy>, DbError> {
        let Ok(beds) = Beds::new(beds) else { return Ok(None) };
        Ok(Some(matcher::Vacancy {
            id: self.id.0,
            beds,
            from: self.from,
            until: self.until,
            confirmed_at: Moment::new(self.confirmed_at.utc().fixed_offset()).map_err(DbError::damaged)?,
        }))
    }
}

impl StoredVacancy {
    /// As it is since it was withdrawn.
    pub fn withdrawn(self, now: Instant) -> Self {
        Self { withdrawn_at: Some(now), updated_at: now, ..self }
    }
}

impl Noted for StoredVacancy {
    fn about(&self) -> About {
        let standing =
            json!({"unit_id": self.unit, "beds": self.beds, "held": self.held, "withdrawn": self.withdrawn_at.is_some()});
        About::of(self.id, self.organisation).standing(standing)
    }
}

impl TryFrom<(Row, OrganisationId)> for StoredVacancy {
    type Error = DbError;

    fn try_from((row, organisation): (Row, OrganisationId)) -> Result<Self, DbError> {
        Ok(Self {
            organisation,
            id: row.id,
            unit: row.unit_id,
            beds: u32::try_from(row.beds).map_err(DbError::damaged)?,
            held: u32::try_from(row.held).map_err(DbError::damaged)?,
            from: Day::new(row.from_day).map_err(DbError::damaged)?,
            until: row.until_day.map(Day::new).transpose().map_err(DbError::damaged)?,
            confirmed_at: row.confirmed_at,
            // What the service loads by itself is its own organisation's.
            declared_by: row.declared_by_id.unwrap_or(organisation),
            withdrawn_at: row.withdrawn_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Declares a vacancy of a unit.
pub fn insert(turn: &mut Turn<'_>, id: VacancyId, unit: UnitId, declared: &Vacancy, confirmed_at: Instant) -> Result<(), DbError> {
    diesel::insert_into(vacancies::table)
        .values((
            dsl::id.eq(id),
            dsl::unit_id.eq(unit),
            dsl::held.eq(0),
            dsl::created_at.eq(turn.now),
            Columns::new(declared, confirmed_at, turn)?,
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// Changes what is declared, which confirms it too; the database refuses fewer beds than are held.
pub fn update(turn: &mut Turn<'_>, id: VacancyId, declared: &Vacancy) -> Result<(), DbError> {
    diesel::update(dsl::vacancies.find(id)).set(Columns::new(declared, turn.now, turn)?).execute(turn.conn)?;
    Ok(())
}

/// Notes that a vacancy is still as declared.
pub fn confirm(turn: &mut Turn<'_>, id: VacancyId) -> Result<(), DbError> {
    diesel::update(dsl::vacancies.find(id))
        .set((dsl::confirmed_at.eq(turn.now), dsl::updated_at.eq(turn.now), dsl::declared_by_id.eq(who_says(turn))))
        .execute(turn.conn)?;
    Ok(())
}

/// Withdraws a vacancy of which no bed is held, and says whether it could.
pub fn withdraw(turn: &mut Turn<'_>, id: VacancyId) -> Result<bool, DbError> {
    let withdrawn = diesel::update(dsl::vacancies.find(id).filter(dsl::held.eq(0)))
        .set((dsl::withdrawn_at.eq(Some(turn.now)), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(withdrawn > 0)
}

/// Holds beds, if as many are free: one conditional update, which the database's own check backs. Says whether it could.
pub fn hold(turn: &mut Turn<'_>, id: VacancyId, beds: u32) -> Result<bool, DbError> {
    let beds = i32::try_from(beds).map_err(DbError::damaged)?;
    let free = dsl::vacancies.find(id).filter(dsl::withdrawn_at.is_null()).filter((dsl::beds - dsl::held).ge(beds));
    Ok(diesel::update(free).set((dsl::held.eq(dsl::held + beds), dsl::updated_at.eq(turn.now))).execute(turn.conn)? > 0)
}

/// Frees beds that were held.
pub fn release(turn: &mut Turn<'_>, id: VacancyId, beds: u32) -> Result<(), DbError> {
    let beds = i32::try_from(beds).map_err(DbError::damaged)?;
    diesel::update(dsl::vacancies.find(id))
        .set((dsl::held.eq(dsl::held - beds), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(())
}

/// Someone has moved in: the beds that were held are free no more.
pub fn take_held(turn: &mut Turn<'_>, id: VacancyId, beds: u32) -> Result<(), DbError> {
    let count = i32::try_from(beds).map_err(DbError::damaged)?;
    diesel::update(dsl::vacancies.find(id))
        .set((dsl::held.eq(dsl::held - count), dsl::beds.eq(dsl::beds - count), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    end_if_empty(turn, id)
}

/// Those who had moved in never did: the beds are held for them again. Says whether it could: not where the vacancy was withdrawn since.
pub fn give_back(turn: &mut Turn<'_>, id: VacancyId, beds: u32) -> Result<bool, DbError> {
    let count = i32::try_from(beds).map_err(DbError::damaged)?;
    // One without beds has ended because they moved in.
    let standing = dsl::vacancies.find(id).filter(dsl::withdrawn_at.is_null().or(dsl::beds.eq(0)));
    let given = diesel::update(standing)
        .set((
            dsl::held.eq(dsl::held + count),
            dsl::beds.eq(dsl::beds + count),
            dsl::withdrawn_at.eq(None::<Instant>),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(given > 0)
}

/// The standing vacancies of a unit that were declared after an instant, oldest first.
pub fn declared_since(conn: &mut Conn, unit: UnitId, at: Instant) -> Result<Vec<StoredVacancy>, DbError> {
    let found = dsl::vacancies
        .inner_join(unit_table::table.inner_join(structures::table))
        .filter(dsl::unit_id.eq(unit))
        .filter(dsl::created_at.gt(at))
        .filter(dsl::withdrawn_at.is_null())
        .select((vacancies::all_columns, structures::organisation_id))
        .order(dsl::id);
    found.load::<(Row, OrganisationId)>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// Someone outside Havre has the beds, if as many are not held. Says whether it could.
pub fn take_free(turn: &mut Turn<'_>, id: VacancyId, beds: u32) -> Result<bool, DbError> {
    let beds = i32::try_from(beds).map_err(DbError::damaged)?;
    let free = dsl::vacancies.find(id).filter((dsl::beds - dsl::held).ge(beds));
    let taken = diesel::update(free)
        .set((
            dsl::beds.eq(dsl::beds - beds),
            dsl::confirmed_at.eq(turn.now),
            dsl::updated_at.eq(turn.now),
            dsl::declared_by_id.eq(who_says(turn)),
        ))
        .execute(turn.conn)?;
    end_if_empty(turn, id)?;
    Ok(taken > 0)
}

/// A vacancy without beds is none: it leaves the lists as one that was withdrawn does.
fn end_if_empty(turn: &mut Turn<'_>, id: VacancyId) -> Result<(), DbError> {
    diesel::update(dsl::vacancies.find(id).filter(dsl::beds.eq(0)).filter(dsl::withdrawn_at.is_null()))
        .set(dsl::withdrawn_at.eq(Some(turn.now)))
        .execute(turn.conn)?;
    Ok(())
}

/// One vacancy, withdrawn or not, if the reach gives it; to who runs homes also one that they may declare on another home's word.
pub fn find(conn: &mut Conn, reach: Reach, id: VacancyId) -> Result<StoredVacancy, DbError> {
    match reach.runs() {
        Some(_) => find_to_declare(conn, reach, id),
        None => Ok(units::of_vacancy(conn, id)?.1),
    }
}

/// The same for whoever says how it stands.
pub fn find_to_declare(conn: &mut Conn, reach: Reach, id: VacancyId) -> Result<StoredVacancy, DbError> {
    let (unit, vacancy) = units::of_vacancy(conn, id)?;
    if units::may_declare(conn, reach, &unit)? { Ok(vacancy) } else { Err(DbError::NotFound) }
}

/// What a list of vacancies is narrowed by; all that is given must hold.
#[derive(Clone, Debug)]
pub struct VacancyFilter {
    /// Only of this unit.
    pub unit: Option<UnitId>,
    /// Whether the unit was found within the reach already: all of it is shown.
    pub is_found: bool,
    /// Only those that changed then or since, and then also those that were withdrawn or are over: who follows learns of those.
    pub updated_since: Option<Instant>,
    /// In which order.
    pub order: Order,
}

/// A page of the vacancies that a reach gives and that stand: neither withdrawn nor over; and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &VacancyFilter,
    tonight: &Tonight,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredVacancy>, DbError> {
    let query = dsl::vacancies
        .inner_join(unit_table::table.inner_join(structures::table))
        .select((vacancies::all_columns, structures::organisation_id))
        .limit(limit.one_more())
        .into_boxed();
    let mut query = behind!(query, dsl::id, VacancyId, after, filter.order);
    if let Some(organisation) = reach.runs().filter(|_| !filter.is_found) {
        query = query.filter(structures::organisation_id.eq(organisation));
    }
    if let Some(unit) = filter.unit {
        query = query.filter(dsl::unit_id.eq(unit));
    }
    query = match filter.updated_since {
        Some(since) => query.filter(dsl::updated_at.ge(since)),
        None => {
            let behind = structures::department.eq_any(tonight.behind.clone());
            let still_there = dsl::until_day.gt(tonight.earliest).and(behind);
            let not_over = dsl::until_day.is_null().or(dsl::until_day.gt(tonight.latest)).or(still_there);
            query.filter(dsl::withdrawn_at.is_null()).filter(not_over)
        }
    };
    query.load::<(Row, OrganisationId)>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// A page of the vacancies of a reach that stand no more, the newest first; and one more if there is one.
pub fn list_over(
    conn: &mut Conn,
    reach: Reach,
    tonight: &Tonight,
    before: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredVacancy>, DbError> {
    let ahead = structures::department.ne_all(tonight.behind.clone());
    let is_over = dsl::until_day.le(tonight.earliest).or(dsl::until_day.le(tonight.latest).and(ahead));
    let query = dsl::vacancies
        .inner_join(unit_table::table.inner_join(structures::table))
        .select((vacancies::all_columns, structures::organisation_id))
        .filter(dsl::withdrawn_at.is_not_null().or(is_over.assume_not_null()))
        .limit(limit.one_more())
        .into_boxed();
    let mut query = behind!(query, dsl::id, VacancyId, before, Order::Newest);
    if let Some(organisation) = reach.runs() {
        query = query.filter(structures::organisation_id.eq(organisation));
    }
    query.load::<(Row, OrganisationId)>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// The vacancies of a unit that are not withdrawn, oldest first; of a night only those that are not over by then, for what is over counts
/// nowhere.
pub fn standing(conn: &mut Conn, unit: UnitId, tonight: Option<chrono::NaiveDate>) -> Result<Vec<StoredVacancy>, DbError> {
    let mut query = dsl::vacancies
        .inner_join(unit_table::table.inner_join(structures::table))
        .filter(dsl::unit_id.eq(unit))
        .filter(dsl::withdrawn_at.is_null())
        .select((vacancies::all_columns, structures::organisation_id))
        .order(dsl::id)
        .into_boxed();
    if let Some(tonight) = tonight {
        query = query.filter(dsl::until_day.is_null().or(dsl::until_day.gt(tonight)));
    }
    query.load::<(Row, OrganisationId)>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// What the engine may offer: vacancies not withdrawn, with the beds that are not held, of all units or of `units`.
pub(super) fn free(conn: &mut Conn, units: Option<&[UnitId]>) -> Result<Vec<(UnitId, matcher::Vacancy)>, DbError> {
    let mut query = dsl::vacancies
        .inner_join(unit_table::table.inner_join(structures::table))
        .filter(dsl::withdrawn_at.is_null())
        .filter(dsl::beds.gt(dsl::held))
        .select((vacancies::all_columns, structures::organisation_id))
        .order(dsl::id)
        .into_boxed();
    if let Some(units) = units {
        query = query.filter(dsl::unit_id.eq_any(units.to_vec()));
    }
    let rows: Vec<(Row, OrganisationId)> = query.load(conn)?;
    let offered = rows.into_iter().map(|row| {
        let vacancy = StoredVacancy::try_from(row)?;
        let free = vacancy.beds.saturating_sub(vacancy.held);
        Ok(vacancy.as_matched(free)?.map(|offered| (vacancy.unit, offered)))
    });
    offered.filter_map(Result::transpose).collect()
}
