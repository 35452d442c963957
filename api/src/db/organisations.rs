//! Organisations.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matcher::{Department, Door};
use serde_json::json;

use super::schema::organisations::{self, dsl};
use super::types::{Coded, Document};
use super::{Conn, DbError, Turn, keys};
use crate::clock::{Instant, civil};
use crate::domain::ids::OrganisationId;
use crate::domain::organisation::keeper;
use crate::domain::{About, Contact, List, Noted, Organisation, OrganisationKind, Text};
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
struct Row {
    id: OrganisationId,
    name: String,
    _name_key: String,
    kind: Coded<OrganisationKind>,
    orients: bool,
    doors: Document<Vec<Door>>,
    departments: Document<Vec<Department>>,
    contact: Document<Contact>,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = organisations, treat_none_as_default_value = false)]
struct Form {
    name: String,
    name_key: String,
    kind: Coded<OrganisationKind>,
    orients: bool,
    doors: Document<Vec<Door>>,
    departments: Document<Vec<Department>>,
    contact: Document<Contact>,
    updated_at: Instant,
}

impl Form {
    fn new(declared: &Organisation, now: Instant) -> Self {
        Self {
            name: declared.name.as_str().to_owned(),
            name_key: declared.name.folded(),
            kind: Coded(declared.kind),
            orients: declared.orients,
            doors: Document(declared.doors.0.clone()),
            departments: Document(declared.departments.0.clone()),
            contact: Document(declared.contact.clone()),
            updated_at: now,
        }
    }
}

/// An organisation as it is stored.
#[derive(Clone, Debug)]
pub struct StoredOrganisation {
    /// Its id.
    pub id: OrganisationId,
    /// When it was created.
    pub created_at: Instant,
    /// When it was last edited.
    pub updated_at: Instant,
    /// What is declared of it.
    pub declared: Organisation,
}

impl TryFrom<Row> for StoredOrganisation {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            declared: Organisation {
                name: Text::try_from(row.name).map_err(DbError::damaged)?,
                kind: row.kind.0,
                orients: row.orients,
                doors: List(row.doors.0),
                departments: List(row.departments.0),
                contact: row.contact.0,
            },
        })
    }
}

impl Noted for StoredOrganisation {
    fn about(&self) -> About {
        let Organisation { kind, orients, doors, departments, contact, .. } = &self.declared;
        // Where its mails go shows by a mark that only the deployment can make.
        let contact = serde_json::to_string(contact).ok().and_then(|contact| keys::mark("contact", &contact));
        let standing = json!({
            "kind": kind, "orients": orients, "doors": doors.0, "departments": departments.0, "contact_mark": contact,
        });
        About::of(self.id, self.id).standing(standing)
    }
}

/// What a list of organisations is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrganisationFilter {
    /// Only of this kind.
    pub kind: Option<OrganisationKind>,
    /// In which order.
    pub order: Order,
}

/// Adds an organisation under an id of the caller's choice.
pub fn insert(turn: &mut Turn<'_>, id: OrganisationId, declared: &Organisation) -> Result<StoredOrganisation, DbError> {
    let now = turn.now;
    diesel::insert_into(organisations::table)
        .values((dsl::id.eq(id), dsl::created_at.eq(now), Form::new(declared, now)))
        .execute(turn.conn)?;
    Ok(StoredOrganisation { id, created_at: now, updated_at: now, declared: declared.clone() })
}

/// Replaces what is declared of an organisation.
pub fn update(turn: &mut Turn<'_>, stored: StoredOrganisation, declared: &Organisation) -> Result<StoredOrganisation, DbError> {
    diesel::update(dsl::organisations.find(stored.id)).set(Form::new(declared, turn.now)).execute(turn.conn)?;
    Ok(StoredOrganisation { updated_at: turn.now, declared: declared.clone(), ..stored })
}

/// One organisation.
pub fn find(conn: &mut Conn, id: OrganisationId) -> Result<StoredOrganisation, DbError> {
    dsl::organisations.find(id).first::<Row>(conn)?.try_into()
}

/// All organisations, the oldest first: what is held against the log.
pub fn all(conn: &mut Conn) -> Result<Vec<StoredOrganisation>, DbError> {
    let found: Vec<Row> = dsl::organisations.order(dsl::id).load(conn)?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// All regulators, the oldest first.
pub fn regulators(conn: &mut Conn) -> Result<Vec<StoredOrganisation>, DbError> {
    let found: Vec<Row> = dsl::organisations.filter(dsl::kind.eq(Coded(OrganisationKind::Regulator))).order(dsl::id).load(conn)?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// The regulator that answers for a door in a department, if there is one.
pub fn regulator(conn: &mut Conn, door: Door, department: Department) -> Result<Option<StoredOrganisation>, DbError> {
    let regulators = regulators(conn)?;
    let kept_by = keeper(regulators.iter().map(|regulator| (regulator.id, &regulator.declared)), door, department);
    Ok(kept_by.and_then(|id| regulators.into_iter().find(|regulator| regulator.id == id)))
}

/// The SIAO that names a department, the oldest where more than one does.
pub fn siao(conn: &mut Conn, department: Department) -> Result<Option<OrganisationId>, DbError> {
    let siaos: Vec<Row> = dsl::organisations.filter(dsl::kind.eq(Coded(OrganisationKind::Siao))).order(dsl::id).load(conn)?;
    Ok(siaos.into_iter().find(|row| row.departments.0.contains(&department)).map(|row| row.id))
}

/// Who is called about people who are kept apart.
#[derive(Clone, Debug)]
pub struct OnCall {
    /// The coordination, where there is one.
    pub coordination: Option<StoredOrganisation>,
    /// Out of its hours: the 115 of the department.
    pub stand_in: Option<StoredOrganisation>,
}

/// All of a kind, the oldest first.
pub fn of_kind(conn: &mut Conn, kind: OrganisationKind) -> Result<Vec<StoredOrganisation>, DbError> {
    let found: Vec<Row> = dsl::organisations.filter(dsl::kind.eq(Coded(kind))).order(dsl::id).load(conn)?;
    found.into_iter().map(StoredOrganisation::try_from).collect()
}

/// Who is called about people who are kept apart in a department: the coordination that names it, else the oldest; out of its hours the 115.
pub fn on_call(conn: &mut Conn, now: Instant, department: Department) -> Result<OnCall, DbError> {
    let found = of_kind(conn, OrganisationKind::Coordination)?;
    let names = |organisation: &&StoredOrganisation| organisation.declared.departments.0.contains(&department);
    let coordination = found.iter().find(names).or(found.first()).cloned();
    if let Some(known) = &coordination {
        let here = self::department(conn, known.id)?;
        if known.declared.contact.is_answered(here, civil(now, here).naive_local()) {
            return Ok(OnCall { coordination, stand_in: None });
        }
    }
    let stand_in = regulator(conn, Door::Samu115, department)?;
    Ok(OnCall { coordination, stand_in })
}

/// The departments whose homes an organisation speaks for on the phone: those that a SIAO or a 115 names.
pub fn speaks_for(conn: &mut Conn, id: OrganisationId) -> Result<Vec<Department>, DbError> {
    let Organisation { kind, doors, departments, .. } = find(conn, id)?.declared;
    let speaks = match kind {
        OrganisationKind::Siao => true,
        OrganisationKind::Regulator => doors.0.contains(&Door::Samu115),
        _ => false,
    };
    Ok(if speaks { departments.0 } else { Vec::new() })
}

/// The departments that a SIAO names; none for any other organisation.
pub fn departments_of_siao(conn: &mut Conn, id: OrganisationId) -> Result<Vec<String>, DbError> {
    let siao = dsl::organisations.filter(dsl::id.eq(id)).filter(dsl::kind.eq(Coded(OrganisationKind::Siao)));
    let named: Option<Document<Vec<Department>>> = siao.select(dsl::departments).first(conn).optional()?;
    Ok(named.map(|named| named.0.iter().map(|code| code.as_str().to_owned()).collect()).unwrap_or_default())
}

/// The department by whose clock an organisation lives: the first it answers for, else that of its first structure, else Paris.
pub fn department(conn: &mut Conn, id: OrganisationId) -> Result<Department, DbError> {
    use super::schema::structures;
    let answers_for: Document<Vec<Department>> = dsl::organisations.find(id).select(dsl::departments).first(conn)?;
    if let Some(first) = answers_for.0.first() {
        return Ok(*first);
    }
    let of_structure: Option<String> = structures::table
        .filter(structures::organisation_id.eq(id))
        .order(structures::id)
        .select(structures::department)
        .first(conn)
        .optional()?;
    of_structure.map_or(Ok(Department::PARIS), |code| code.parse().map_err(DbError::damaged))
}

/// The id of the organisation of this name, or of one that reads the same.
pub fn id_by_name(conn: &mut Conn, name: &Text<200>) -> Result<Option<OrganisationId>, DbError> {
    Ok(dsl::organisations.filter(dsl::name_key.eq(name.folded())).select(dsl::id).first(conn).optional()?)
}

/// The names of all, by id.
pub fn names(conn: &mut Conn) -> Result<BTreeMap<OrganisationId, String>, DbError> {
    let rows: Vec<(OrganisationId, String)> = dsl::organisations.select((dsl::id, dsl::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Those to which a request can be lent, by name.
pub fn lendable(conn: &mut Conn) -> Result<Vec<StoredOrganisation>, DbError> {
    let rows: Vec<Row> = dsl::organisations.order((dsl::name, dsl::id)).load(conn)?;
    let mut found = rows.into_iter().map(StoredOrganisation::try_from).collect::<Result<Vec<_>, _>>()?;
    found.retain(|organisation| organisation.declared.may_ask_for_places());
    Ok(found)
}

/// A page of organisations, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    filter: OrganisationFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredOrganisation>, DbError> {
    let query = dsl::organisations.limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, dsl::id, OrganisationId, after, filter.order);
    if let Some(kind) = filter.kind {
        query = query.filter(dsl::kind.eq(Coded(kind)));
    }
    query.load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}
