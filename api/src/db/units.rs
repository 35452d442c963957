//! Units, alone and with the site of their structure.

use std::collections::HashMap;

use diesel::prelude::*;
use matcher::{Accreditation, Code as _, Day, Department, Door, Gender, Kind, Stage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::schema::units::{self, dsl};
use super::schema::{structures, vacancies};
use super::sealed::{Place, Sealed};
use super::structures::StoredStructure;
use super::types::{Coded, CodedSet, Document};
use super::vacancies::{Row as VacancyRow, StoredVacancy};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, StructureId, UnitId, VacancyId};
use crate::domain::vouching::{Vouched, VouchingState, Waiting};
use crate::domain::{About, Noted, OpeningHours, Reach, Site, Unit};
use crate::limits;
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
struct Row {
    id: UnitId,
    _structure_id: StructureId,
    _kind: String,
    _stages: String,
    _genders: String,
    _doors: String,
    _takes_minors: bool,
    profile: Document<Unit>,
    hidden: Option<Sealed<Hidden>>,
    created_at: Instant,
    updated_at: Instant,
    ended_at: Option<Instant>,
    first_vouched_at: Option<Instant>,
    vouched_at: Option<Instant>,
    vouched_by_id: Option<OrganisationId>,
    vouched_kind: Option<Coded<Kind>>,
    vouched_places: Option<i32>,
    pending: Option<Sealed<Unit>>,
}

impl Row {
    /// How somebody vouches for it.
    fn vouched(&self) -> Result<Option<Vouched>, DbError> {
        let Some(first_at) = self.first_vouched_at else { return Ok(None) };
        let looked_at = self.vouched_kind.zip(self.vouched_places);
        let (kind, places) =
            looked_at.ok_or_else(|| DbError::damaged("who vouches for a unit has looked at its kind and places"))?;
        let places = u32::try_from(places).map_err(DbError::damaged)?;
        Ok(Some(Vouched { first_at, at: self.vouched_at, by: self.vouched_by_id, kind: kind.0, places }))
    }
}

/// What of a profile leads to an address, and is sealed with the deployment's key.
#[derive(Debug, Serialize, Deserialize)]
struct Hidden {
    answering_hours: Option<OpeningHours>,
    accreditation: Option<Accreditation>,
}

fn hidden_of(id: UnitId) -> Place {
    Place { table: "units", column: "hidden", row: id.0 }
}

fn pending_of(id: UnitId) -> Place {
    Place { table: "units", column: "pending", row: id.0 }
}

/// How somebody vouches for a unit, and what waits.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = units, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct VouchedColumns {
    first_vouched_at: Option<Instant>,
    vouched_at: Option<Instant>,
    vouched_by_id: Option<OrganisationId>,
    vouched_kind: Option<Coded<Kind>>,
    vouched_places: Option<i32>,
    pending: Option<Sealed<Unit>>,
}

impl VouchedColumns {
    fn new(id: UnitId, vouched: Option<Vouched>, pending: Option<&Unit>) -> Result<Self, DbError> {
        let pending = pending.map(|pending| Sealed::with_deployment_key(pending_of(id), pending)).transpose()?;
        Ok(Self {
            first_vouched_at: vouched.map(|vouched| vouched.first_at),
            vouched_at: vouched.and_then(|vouched| vouched.at),
            vouched_by_id: vouched.and_then(|vouched| vouched.by),
            vouched_kind: vouched.map(|vouched| Coded(vouched.kind)),
            vouched_places: vouched.map(|vouched| i32::try_from(vouched.places)).transpose().map_err(DbError::damaged)?,
            pending,
        })
    }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = units, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    kind: Coded<Kind>,
    stages: CodedSet<Stage>,
    genders: CodedSet<Gender>,
    doors: CodedSet<Door>,
    takes_minors: bool,
    profile: Document<Unit>,
    hidden: Option<Sealed<Hidden>>,
    updated_at: Instant,
}

impl Columns {
    fn new(id: UnitId, declared: &Unit, now: Instant) -> Result<Self, DbError> {
        let mut profile = declared.clone();
        let hidden = Hidden {
            answering_hours: profile.answering_hours.take(),
            accreditation: profile.unaccompanied_minors.as_mut().and_then(|minors| minors.accreditation.take()),
        };
        let is_any = hidden.answering_hours.is_some() || hidden.accreditation.is_some();
        Ok(Self {
            kind: Coded(declared.kind),
            stages: CodedSet(declared.stages.0.clone()),
            genders: CodedSet(declared.genders.0.clone()),
            doors: CodedSet(declared.doors.0.clone()),
            takes_minors: declared.takes_minors(),
            profile: Document(profile),
            hidden: if is_any { Some(Sealed::with_deployment_key(hidden_of(id), &hidden)?) } else { None },
            updated_at: now,
        })
    }
}

/// A unit as it is stored, with the structure it is of.
#[derive(Clone, Debug)]
pub struct StoredUnit {
    /// Its id.
    pub id: UnitId,
    /// Its structure.
    pub structure: StoredStructure,
    /// When it was created.
    pub created_at: Instant,
    /// When it was last edited.
    pub updated_at: Instant,
    /// When it ended, if it did.
    pub ended_at: Option<Instant>,
    /// Its profile: what stands.
    pub declared: Unit,
    /// How somebody vouches for it; none: nobody ever has.
    pub vouched: Option<Vouched>,
    /// An edit of its profile that waits for whoever vouches.
    pub pending: Option<Unit>,
}

impl Noted for StoredUnit {
    fn about(&self) -> About {
        let vouching = Vouched::state(self.vouched).as_str();
        let waits = self.pending.is_some();
        let standing =
            json!({"structure_id": self.structure.id, "ended": self.ended_at.is_some(), "vouching": vouching, "waits": waits});
        About::of(self.id, self.structure.organisation).standing(standing)
    }
}

impl StoredUnit {
    /// As the engine sees it with these vacancies: while nobody has ever vouched for it, for adults only (design §5).
    pub fn as_matched(&self, vacancies: Vec<matcher::Vacancy>) -> matcher::Unit {
        let site = Site { department: self.structure.department, location: self.structure.location };
        let mut matched = self.declared.as_matched(self.id.0, self.structure.id.0, site, vacancies);
        if self.vouched.is_none() {
            (matched.children, matched.unaccompanied_minors) = (None, None);
        }
        matched
    }

    /// Where it stands before whoever vouches.
    pub fn vouching(&self) -> VouchingState {
        Vouched::state(self.vouched)
    }

    /// What of it waits for whoever vouches.
    pub fn waits_for(&self) -> Vec<Waiting> {
        let mut waits = Vec::new();
        match self.vouched {
            None => waits.push(Waiting::New),
            Some(vouched) if vouched.at.is_none() => {
                waits.push(if vouched.kind == self.declared.kind { Waiting::Site } else { Waiting::Kind });
            }
            Some(_) => {}
        }
        if self.pending.is_some() {
            waits.push(Waiting::Edit);
        }
        if self.structure.contested && !self.structure.contest_decided {
            waits.push(Waiting::Number);
        }
        waits
    }

    fn join((unit, structure): (Row, super::structures::Row)) -> Result<Self, DbError> {
        let vouched = unit.vouched()?;
        let pending = unit.pending.as_ref().map(|pending| pending.clone().opened(pending_of(unit.id))).transpose()?;
        let mut declared = unit.profile.0;
        if let Some(hidden) = unit.hidden {
            let hidden = hidden.opened(hidden_of(unit.id))?;
            declared.answering_hours = hidden.answering_hours;
            if let Some(minors) = &mut declared.unaccompanied_minors {
                minors.accreditation = hidden.accreditation;
            }
        }
        Ok(Self {
            id: unit.id,
            structure: structure.try_into()?,
            created_at: unit.created_at,
            updated_at: unit.updated_at,
            ended_at: unit.ended_at,
            declared,
            vouched,
            pending,
        })
    }
}

/// A rectangle on the map, in degrees; `west` above `east` crosses the 180th meridian.
#[derive(Clone, Copy, Debug)]
pub struct BoundingBox {
    /// The least longitude.
    pub west: f64,
    /// The least latitude.
    pub south: f64,
    /// The greatest longitude.
    pub east: f64,
    /// The greatest latitude.
    pub north: f64,
}

/// What a list of units is narrowed by; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnitFilter {
    /// Only of this structure.
    pub structure: Option<StructureId>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only those that serve this stage.
    pub stage: Option<Stage>,
    /// Only in this department.
    pub department: Option<Department>,
    /// Only those that take adults of this gender.
    pub gender: Option<Gender>,
    /// Only those that take minors, or only those that do not.
    pub minors: Option<bool>,
    /// Only those this door opens.
    pub door: Option<Door>,
    /// Only in this rectangle.
    pub bbox: Option<BoundingBox>,
    /// Only with a bed free on this day.
    pub free_on: Option<Day>,
    /// Only those that changed then or since.
    pub updated_since: Option<Instant>,
    /// Only those whose site is public: who is shown a region alone narrows nothing to a department, a home or a door.
    pub public_only: bool,
    /// In which order.
    pub order: Order,
}

/// How many units there are of a kind in a department.
#[derive(Clone, Copy, Debug)]
pub struct CountedUnits {
    /// The department.
    pub department: Department,
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub units: i64,
}

/// How many units have not ended, by department and kind, in the order of both.
pub fn counted(conn: &mut Conn) -> Result<Vec<CountedUnits>, DbError> {
    let counts: Vec<(String, Coded<Kind>, i64)> = dsl::units
        .inner_join(structures::table)
        .filter(dsl::ended_at.is_null())
        .group_by((structures::department, dsl::kind))
        .select((structures::department, dsl::kind, diesel::dsl::count_star()))
        .load(conn)?;
    let mut counted = Vec::with_capacity(counts.len());
    for (department, kind, units) in counts {
        counted.push(CountedUnits { department: department.parse::<Department>().map_err(DbError::damaged)?, kind: kind.0, units });
    }
    counted.sort_unstable_by_key(|counted| (counted.department, counted.kind));
    Ok(counted)
}

/// Adds a unit to a structure; `vouched` where somebody vouches for it already.
pub fn insert(
    turn: &mut Turn<'_>,
    id: UnitId,
    structure: StoredStructure,
    declared: &Unit,
    vouched: Option<Vouched>,
) -> Result<StoredUnit, DbError> {
    let now = turn.now;
    let vouching = VouchedColumns::new(id, vouched, None)?;
    diesel::insert_into(units::table)
        .values((
            dsl::id.eq(id),
            dsl::structure_id.eq(structure.id),
            dsl::created_at.eq(now),
            Columns::new(id, declared, now)?,
            vouching,
        ))
        .execute(turn.conn)?;
    let declared = declared.clone();
    Ok(StoredUnit { id, structure, created_at: now, updated_at: now, ended_at: None, declared, vouched, pending: None })
}

/// Writes what of a unit was changed: its profile, how somebody vouches for it, what waits.
pub fn update(turn: &mut Turn<'_>, changed: StoredUnit) -> Result<StoredUnit, DbError> {
    let columns = Columns::new(changed.id, &changed.declared, turn.now)?;
    let vouching = VouchedColumns::new(changed.id, changed.vouched, changed.pending.as_ref())?;
    diesel::update(dsl::units.find(changed.id)).set((columns, vouching)).execute(turn.conn)?;
    Ok(StoredUnit { updated_at: turn.now, ..changed })
}

/// Ends a unit: it stays for what happened there.
pub fn end(turn: &mut Turn<'_>, stored: StoredUnit) -> Result<StoredUnit, DbError> {
    diesel::update(dsl::units.find(stored.id))
        .set((dsl::ended_at.eq(Some(turn.now)), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredUnit { ended_at: Some(turn.now), updated_at: turn.now, ..stored })
}

/// The units of a structure that have not ended, oldest first.
pub fn of_structure(conn: &mut Conn, structure: StructureId) -> Result<Vec<StoredUnit>, DbError> {
    let standing = dsl::units.inner_join(structures::table).filter(dsl::structure_id.eq(structure)).filter(dsl::ended_at.is_null());
    standing.order(dsl::id).load(conn)?.into_iter().map(StoredUnit::join).collect()
}

/// One unit, if the reach gives it.
pub fn find(conn: &mut Conn, reach: Reach, id: UnitId) -> Result<StoredUnit, DbError> {
    let mut query = dsl::units.inner_join(structures::table).filter(dsl::id.eq(id)).into_boxed();
    if let Some(organisation) = reach.runs() {
        query = query.filter(structures::organisation_id.eq(organisation));
    }
    StoredUnit::join(query.first(conn)?)
}

/// The doors of units whose beds a SIAO or a 115 of the department may declare on the home's word (design §5).
const DOORS_OF_A_WORD: [Door; 4] = [Door::Siao, Door::Direct, Door::Health, Door::Samu115];

/// Whether who reaches so far may say what is free in a unit: its own organisation, and on its word a SIAO or a 115 that names the
/// department, behind the doors that are theirs to ask at.
pub fn may_declare(conn: &mut Conn, reach: Reach, unit: &StoredUnit) -> Result<bool, DbError> {
    let Some(organisation) = reach.provides().or(reach.keeps()) else { return Ok(reach == Reach::Everything) };
    if reach.provides() == Some(unit.structure.organisation) {
        return Ok(true);
    }
    let is_behind = unit.declared.doors.0.iter().any(|door| DOORS_OF_A_WORD.contains(door));
    Ok(is_behind && super::organisations::speaks_for(conn, organisation)?.contains(&unit.structure.department))
}

/// One unit, for whoever says what is free in it.
pub fn find_to_declare(conn: &mut Conn, reach: Reach, id: UnitId) -> Result<StoredUnit, DbError> {
    let unit = find(conn, Reach::Everything, id)?;
    if may_declare(conn, reach, &unit)? { Ok(unit) } else { Err(DbError::NotFound) }
}

/// A vacancy with its unit and its structure, in one statement: the place that a referral asks for.
pub fn of_vacancy(conn: &mut Conn, vacancy: VacancyId) -> Result<(StoredUnit, StoredVacancy), DbError> {
    let query = vacancies::table.inner_join(units::table.inner_join(structures::table)).filter(vacancies::id.eq(vacancy));
    let columns = (vacancies::all_columns, units::all_columns, structures::all_columns);
    let (vacancy, unit, structure) = query.select(columns).first::<(VacancyRow, Row, super::structures::Row)>(conn)?;
    let unit = StoredUnit::join((unit, structure))?;
    let vacancy = StoredVacancy::try_from((vacancy, unit.structure.organisation))?;
    Ok((unit, vacancy))
}

/// The ids of the units of a structure.
pub fn ids_of_structure(conn: &mut Conn, structure: StructureId) -> Result<Vec<UnitId>, DbError> {
    Ok(dsl::units.filter(dsl::structure_id.eq(structure)).order(dsl::id).select(dsl::id).load(conn)?)
}

/// The units of these ids, with their structures, for those they are proposed to.
pub fn of_ids(conn: &mut Conn, ids: &[UnitId]) -> Result<Vec<StoredUnit>, DbError> {
    let found = dsl::units.inner_join(structures::table).filter(dsl::id.eq_any(ids.to_vec())).load(conn)?;
    found.into_iter().map(StoredUnit::join).collect()
}

/// A page of the units that a reach gives and that have not ended, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: UnitFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredUnit>, DbError> {
    let standing = dsl::units.inner_join(structures::table).filter(dsl::ended_at.is_null());
    let query = standing.limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, dsl::id, UnitId, after, filter.order);
    if let Some(organisation) = reach.runs() {
        query = query.filter(structures::organisation_id.eq(organisation));
    }
    if let Some(since) = filter.updated_since {
        query = query.filter(dsl::updated_at.ge(since));
    }
    if let Some(structure) = filter.structure {
        query = query.filter(dsl::structure_id.eq(structure));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(dsl::kind.eq(Coded(kind)));
    }
    if let Some(stage) = filter.stage {
        query = query.filter(dsl::stages.like(CodedSet::holding(stage)));
    }
    if let Some(gender) = filter.gender {
        query = query.filter(dsl::genders.like(CodedSet::holding(gender)));
    }
    if let Some(door) = filter.door {
        query = query.filter(dsl::doors.like(CodedSet::holding(door)));
    }
    if let Some(minors) = filter.minors {
        query = query.filter(dsl::takes_minors.eq(minors));
    }
    if let Some(department) = filter.department {
        query = query.filter(structures::department.eq(department.as_str().to_owned()));
    }
    if filter.public_only {
        query = query.filter(structures::latitude.is_not_null());
    }
    if let Some(bbox) = filter.bbox {
        // Of public sites alone there is anything to compare: a hidden one lies nowhere for whoever draws rectangles.
        let (lat, lon) = (structures::latitude.assume_not_null(), structures::longitude.assume_not_null());
        query = query.filter(structures::latitude.is_not_null()).filter(lat.between(bbox.south, bbox.north));
        query = if bbox.west <= bbox.east {
            query.filter(lon.between(bbox.west, bbox.east))
        } else {
            query.filter(lon.ge(bbox.west).or(lon.le(bbox.east)))
        };
    }
    if let Some(day) = filter.free_on {
        let day = day.get();
        query = query.filter(diesel::dsl::exists(
            vacancies::table
                .filter(vacancies::unit_id.eq(dsl::id))
                .filter(vacancies::withdrawn_at.is_null())
                .filter(vacancies::beds.gt(vacancies::held))
                .filter(vacancies::from_day.le(day))
                .filter(vacancies::until_day.is_null().or(vacancies::until_day.gt(day))),
        ));
    }
    query.load(conn)?.into_iter().map(StoredUnit::join).collect()
}

/// Units that wait for whoever vouches, those of some departments where any are given, the oldest first, behind one: at most so many.
pub fn to_vouch_for(
    conn: &mut Conn,
    departments: Option<&[String]>,
    after: Option<UnitId>,
    limit: i64,
) -> Result<Vec<StoredUnit>, DbError> {
    let waits = dsl::vouched_at.is_null().or(dsl::pending.is_not_null());
    let contested = structures::contested.eq(true).and(structures::contest_decided.eq(false));
    let standing = dsl::units.inner_join(structures::table).filter(dsl::ended_at.is_null()).filter(waits.or(contested));
    let mut query = standing.order(dsl::id).limit(limit).into_boxed();
    if let Some(departments) = departments {
        query = query.filter(structures::department.eq_any(departments.to_vec()));
    }
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    query.load(conn)?.into_iter().map(StoredUnit::join).collect()
}

/// A unit as the engine sees it, and how somebody vouches for it.
#[derive(Clone, Debug)]
pub struct Matched {
    /// The unit.
    pub unit: matcher::Unit,
    /// How somebody vouches for it; none: nobody ever has.
    pub vouched: Option<Vouched>,
}

/// Units as the engine sees them, with their vacancies: all, or those of `ids`. Units that have ended are left out. Who is housed where the
/// engine is not told (design §4).
///
/// What was vouched for and has changed its site or kind since is left out too, until somebody vouches for it again; for what nobody ever vouched
/// for says `vouched`.
pub fn as_matched(conn: &mut Conn, ids: Option<&[UnitId]>) -> Result<Vec<Matched>, DbError> {
    // A number that two organisations give may be a home that is not what it says: neither is matched until someone has decided (design §5).
    let matched = dsl::units.inner_join(structures::table).filter(dsl::ended_at.is_null()).filter(structures::contested.eq(false));
    let mut query = matched.filter(dsl::vouched_at.is_not_null().or(dsl::first_vouched_at.is_null())).into_boxed();
    if let Some(ids) = ids {
        query = query.filter(dsl::id.eq_any(ids.to_vec()));
    }
    let joined: Vec<(Row, super::structures::Row)> = query.load(conn)?;
    let mut free: HashMap<UnitId, Vec<matcher::Vacancy>> = HashMap::new();
    for (unit, vacancy) in super::vacancies::free(conn, ids)? {
        free.entry(unit).or_default().push(vacancy);
    }
    joined
        .into_iter()
        .map(|row| {
            let unit = StoredUnit::join(row)?;
            let vacancies = free.remove(&unit.id).unwrap_or_default();
            Ok(Matched { unit: unit.as_matched(vacancies), vouched: unit.vouched })
        })
        .collect()
}

/// The generations of the deployment's key with which something of a unit is sealed.
pub(super) fn generations(conn: &mut Conn) -> Result<Vec<i32>, DbError> {
    let sealed: Vec<Option<Sealed<Hidden>>> = dsl::units.filter(dsl::hidden.is_not_null()).select(dsl::hidden).load(conn)?;
    let pending: Vec<Option<Sealed<Unit>>> = dsl::units.filter(dsl::pending.is_not_null()).select(dsl::pending).load(conn)?;
    let of_pending = pending.iter().flatten().map(Sealed::generation);
    sealed.iter().flatten().map(Sealed::generation).chain(of_pending).collect()
}

/// Seals what is hidden of some units behind one, and what waits of them, with a newer key of the deployment. Gives the last that was looked
/// at, and how many were sealed.
pub fn seal_again(conn: &mut Conn, generation: i32, after: Option<UnitId>) -> Result<(Option<UnitId>, usize), DbError> {
    let sealed = dsl::units.filter(dsl::hidden.is_not_null().or(dsl::pending.is_not_null()));
    let mut query = sealed.select((dsl::id, dsl::hidden, dsl::pending)).order(dsl::id).limit(limits::SEALED_AT_ONCE).into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    type Kept = (UnitId, Option<Sealed<Hidden>>, Option<Sealed<Unit>>);
    let some: Vec<Kept> = query.load(conn)?;
    let mut count = 0;
    for (id, hidden, pending) in &some {
        let mut sealed = 0;
        if let Some(before) = hidden
            && let Some(again) = before.sealed_again(hidden_of(*id), generation)?
        {
            let as_it_was = dsl::units.find(*id).filter(dsl::hidden.assume_not_null().eq(before.clone()));
            sealed = diesel::update(as_it_was).set(dsl::hidden.eq(Some(again))).execute(conn)?;
        }
        if let Some(before) = pending
            && let Some(again) = before.sealed_again(pending_of(*id), generation)?
        {
            let as_it_was = dsl::units.find(*id).filter(dsl::pending.assume_not_null().eq(before.clone()));
            sealed = sealed.max(diesel::update(as_it_was).set(dsl::pending.eq(Some(again))).execute(conn)?);
        }
        count += sealed;
    }
    Ok((some.last().map(|(id, ..)| *id), count))
}
