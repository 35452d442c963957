//! Organisations.

use diesel::prelude::*;
use matcher::{Department, Door};

use super::schema::organisations::{self, dsl};
use super::types::{Coded, Document};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::OrganisationId;
use crate::domain::{About, Email, List, Noted, Organisation, OrganisationKind, Phone, Text};
use crate::paging::{Cursor, PageLimit};

#[derive(Queryable)]
struct Row {
    id: OrganisationId,
    name: String,
    kind: Coded<OrganisationKind>,
    doors: Document<Vec<Door>>,
    departments: Document<Vec<Department>>,
    phone: Option<String>,
    email: Option<String>,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = organisations, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Form {
    name: String,
    kind: Coded<OrganisationKind>,
    doors: Document<Vec<Door>>,
    departments: Document<Vec<Department>>,
    phone: Option<String>,
    email: Option<String>,
    updated_at: Instant,
}

impl Form {
    fn new(declared: &Organisation, now: Instant) -> Self {
        Self {
            name: declared.name.as_str().to_owned(),
            kind: Coded(declared.kind),
            doors: Document(declared.doors.0.clone()),
            departments: Document(declared.departments.0.clone()),
            phone: declared.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: declared.email.as_ref().map(|email| email.as_str().to_owned()),
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
                doors: List(row.doors.0),
                departments: List(row.departments.0),
                phone: row.phone.map(Phone::try_from).transpose().map_err(DbError::damaged)?,
                email: row.email.map(Email::try_from).transpose().map_err(DbError::damaged)?,
            },
        })
    }
}

impl Noted for StoredOrganisation {
    fn about(&self) -> About {
        About::of(self.id, self.id)
    }
}

/// What a list of organisations is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrganisationFilter {
    /// Only of this kind.
    pub kind: Option<OrganisationKind>,
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

/// The regulator that answers for a door in a department, if there is one: one that names the department before one for all of
/// France, then the oldest.
pub fn regulator(conn: &mut Conn, door: Door, department: Department) -> Result<Option<OrganisationId>, DbError> {
    let mut regulators: Vec<Row> =
        dsl::organisations.filter(dsl::kind.eq(Coded(OrganisationKind::Regulator))).order(dsl::id).load(conn)?;
    regulators
        .retain(|row| row.doors.0.contains(&door) && (row.departments.0.is_empty() || row.departments.0.contains(&department)));
    let named = regulators.iter().find(|row| !row.departments.0.is_empty());
    Ok(named.or(regulators.first()).map(|row| row.id))
}

/// The SIAO that names a department, the oldest where more than one does.
pub fn siao(conn: &mut Conn, department: Department) -> Result<Option<OrganisationId>, DbError> {
    let siaos: Vec<Row> = dsl::organisations.filter(dsl::kind.eq(Coded(OrganisationKind::Siao))).order(dsl::id).load(conn)?;
    Ok(siaos.into_iter().find(|row| row.departments.0.contains(&department)).map(|row| row.id))
}

/// The id of the organisation of this name.
pub fn id_by_name(conn: &mut Conn, name: &str) -> Result<Option<OrganisationId>, DbError> {
    Ok(dsl::organisations.filter(dsl::name.eq(name)).select(dsl::id).first(conn).optional()?)
}

/// A page of organisations, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    filter: OrganisationFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredOrganisation>, DbError> {
    let mut query = dsl::organisations.order(dsl::id).limit(limit.one_more()).into_boxed();
    if let Some(Cursor(after)) = after {
        query = query.filter(dsl::id.gt(OrganisationId(after)));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(dsl::kind.eq(Coded(kind)));
    }
    query.load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}
