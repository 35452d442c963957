//! The public numbers of the doors.

use chrono::NaiveDate;
use diesel::prelude::*;
use matcher::Department;

use super::schema::door_contacts::{self, dsl};
use super::types::Coded;
use super::{Conn, DbError, Turn, on_backend};
use crate::clock::Instant;
use crate::domain::doors::{self, DoorContact, DoorService, KnownDoor, Verified};
use crate::domain::ids::DoorContactId;
use crate::domain::{About, Noted, OpeningHours, Phone, Text};
use crate::paging::{Cursor, PageLimit};

#[derive(Queryable)]
struct Row {
    id: DoorContactId,
    door: Coded<DoorService>,
    department: Option<String>,
    label: String,
    phone: Option<String>,
    hours: Option<String>,
    source: Option<String>,
    verified_on: Option<NaiveDate>,
    verified_by: Option<String>,
    updated_at: Instant,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = door_contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Form {
    id: DoorContactId,
    door: Coded<DoorService>,
    department: Option<String>,
    label: String,
    phone: Option<String>,
    hours: Option<String>,
    source: Option<String>,
    verified_on: Option<NaiveDate>,
    verified_by: Option<String>,
    updated_at: Instant,
}

impl From<&KnownDoor> for Form {
    fn from(known: &KnownDoor) -> Self {
        let DoorContact { label, phone, hours, source } = &known.declared;
        Self {
            id: known.id,
            door: Coded(known.door),
            department: known.department.map(|department| department.as_str().to_owned()),
            label: label.as_str().to_owned(),
            phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
            hours: hours.as_ref().map(|hours| hours.as_str().to_owned()),
            source: source.as_ref().map(|source| source.as_str().to_owned()),
            verified_on: known.verified.as_ref().map(|verified| verified.on),
            verified_by: known.verified.as_ref().map(|verified| verified.by.clone()),
            updated_at: known.updated_at,
        }
    }
}

impl TryFrom<Row> for KnownDoor {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let hours = row.hours.map(Text::try_from).transpose().map_err(DbError::damaged)?;
        Ok(Self {
            id: row.id,
            door: row.door.0,
            department: row.department.map(|code| code.parse()).transpose().map_err(DbError::damaged)?,
            declared: DoorContact {
                label: Text::try_from(row.label).map_err(DbError::damaged)?,
                phone: row.phone.map(Phone::try_from).transpose().map_err(DbError::damaged)?,
                hours: hours.map(OpeningHours::from),
                source: row.source.map(Text::try_from).transpose().map_err(DbError::damaged)?,
            },
            verified: row.verified_on.zip(row.verified_by).map(|(on, by)| Verified { on, by }),
            updated_at: row.updated_at,
        })
    }
}

impl Noted for KnownDoor {
    /// Nobody's record: those who keep numbers right read of it. The number is public, and still stands in no log.
    fn about(&self) -> About {
        let standing = serde_json::json!({"door": self.door, "department": self.department});
        About::of_nobody(self.id).standing(standing)
    }
}

/// What a list is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoorFilter {
    /// Only of this department, beside those for all of France.
    pub department: Option<Department>,
    /// Only of this door.
    pub door: Option<DoorService>,
    /// Only what has a number.
    pub with_number: bool,
}

/// Fills the table where it is new. Instances that start together wait for each other before this.
pub fn fill(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    let any: bool = diesel::select(diesel::dsl::exists(dsl::door_contacts.select(dsl::id))).get_result(conn)?;
    if any {
        return Ok(());
    }
    let rows: Vec<Form> = doors::to_begin_with(now).map_err(DbError::damaged)?.iter().map(Form::from).collect();
    on_backend!(conn, |c| diesel::insert_into(door_contacts::table).values(&rows).execute(c))?;
    Ok(())
}

/// One of them.
pub fn find(conn: &mut Conn, id: DoorContactId) -> Result<KnownDoor, DbError> {
    dsl::door_contacts.find(id).first::<Row>(conn)?.try_into()
}

/// All, in the order of the table.
pub fn all(conn: &mut Conn) -> Result<Vec<KnownDoor>, DbError> {
    dsl::door_contacts.order(dsl::id).load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// A page of them, and one more if there is one.
pub fn list(conn: &mut Conn, filter: DoorFilter, after: Option<Cursor>, limit: PageLimit) -> Result<Vec<KnownDoor>, DbError> {
    let mut query = dsl::door_contacts.order(dsl::id).limit(limit.one_more()).into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(DoorContactId(after.0)));
    }
    if let Some(department) = filter.department {
        query = query.filter(dsl::department.is_null().or(dsl::department.eq(department.as_str())));
    }
    if let Some(door) = filter.door {
        query = query.filter(dsl::door.eq(Coded(door)));
    }
    if filter.with_number {
        query = query.filter(dsl::phone.is_not_null());
    }
    query.load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// Replaces what is declared of one, and who has made sure of it.
pub fn update(turn: &mut Turn<'_>, known: KnownDoor) -> Result<KnownDoor, DbError> {
    let known = KnownDoor { updated_at: turn.now, ..known };
    diesel::update(dsl::door_contacts.find(known.id)).set(Form::from(&known)).execute(turn.conn)?;
    Ok(known)
}
