//! Structures, and the exact addresses that stand in a table of their own.

use diesel::prelude::*;
use matcher::{Cell, Department, Location, Point};
use serde_json::json;

use super::schema::structure_addresses::dsl as addresses;
use super::schema::structures::{self, dsl};
use super::types::Document;
use super::{Conn, DbError, Private, Turn};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::{About, Address, CommuneCode, Contact, Finess, Noted, Reach, Siret, Site, Structure, Text};
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
pub(super) struct Row {
    id: StructureId,
    organisation_id: OrganisationId,
    name: String,
    commune: String,
    town: Option<String>,
    department: String,
    cell: Option<String>,
    latitude: f64,
    longitude: f64,
    finess: Option<String>,
    siret: Option<String>,
    contact: Document<Contact>,
    created_at: Instant,
    updated_at: Instant,
    area: String,
    ended_at: Option<Instant>,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = structures, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    name: String,
    commune: String,
    town: Option<String>,
    department: String,
    cell: Option<String>,
    latitude: f64,
    longitude: f64,
    finess: Option<String>,
    siret: Option<String>,
    contact: Document<Contact>,
    updated_at: Instant,
    area: String,
}

impl Columns {
    fn new(declared: &Structure, site: Site, now: Instant) -> Self {
        let (cell, at) = match site.location {
            Location::Cell(cell) => (Some(cell.to_string()), cell.centre()),
            Location::Point(point) => (None, point),
        };
        Self {
            name: declared.name.as_str().to_owned(),
            commune: declared.commune.as_str().to_owned(),
            town: declared.town.as_ref().map(|town| town.as_str().to_owned()),
            department: site.department.as_str().to_owned(),
            cell,
            latitude: at.lat.get(),
            longitude: at.lon.get(),
            finess: declared.finess.as_ref().map(|finess| finess.as_str().to_owned()),
            siret: declared.siret.as_ref().map(|siret| siret.as_str().to_owned()),
            contact: Document(declared.trafficking_contact.clone()),
            updated_at: now,
            area: site.location.area().to_string(),
        }
    }
}

/// A structure as it is stored, without its address.
#[derive(Clone, Debug)]
pub struct StoredStructure {
    /// Its id.
    pub id: StructureId,
    /// The organisation that runs it.
    pub organisation: OrganisationId,
    /// When it was created.
    pub created_at: Instant,
    /// When it was last edited.
    pub updated_at: Instant,
    /// When it ended, if it did.
    pub ended_at: Option<Instant>,
    /// The H3 cell of resolution 5 it lies in.
    pub area: String,
    /// Its name.
    pub name: Text<200>,
    /// Its commune.
    pub commune: CommuneCode,
    /// The town as it words it.
    pub town: Option<Text<100>>,
    /// The department it stands in.
    pub department: Department,
    /// Where it is.
    pub location: Location,
    /// Its FINESS number.
    pub finess: Option<Finess>,
    /// Its SIRET number.
    pub siret: Option<Siret>,
    /// How to reach it about trafficking: it leads to a home.
    pub contact: Private<Contact>,
    /// Whether it has moved with the edit that is being written.
    moved: bool,
}

impl StoredStructure {
    /// Whether it has moved with the edit that is being written.
    pub fn has_moved(&self) -> bool {
        self.moved
    }
}

impl Noted for StoredStructure {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({"site_moved": self.moved, "ended": self.ended_at.is_some()}))
    }
}

impl TryFrom<Row> for StoredStructure {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let location = match row.cell {
            Some(cell) => Location::Cell(cell.parse::<Cell>().map_err(DbError::damaged)?),
            None => Location::Point(Point::new(row.latitude, row.longitude).map_err(DbError::damaged)?),
        };
        Ok(Self {
            id: row.id,
            organisation: row.organisation_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            ended_at: row.ended_at,
            area: row.area,
            name: Text::try_from(row.name).map_err(DbError::damaged)?,
            commune: CommuneCode::try_from(row.commune).map_err(DbError::damaged)?,
            town: row.town.map(Text::try_from).transpose().map_err(DbError::damaged)?,
            department: row.department.parse::<Department>().map_err(DbError::damaged)?,
            location,
            finess: row.finess.map(Finess::try_from).transpose().map_err(DbError::damaged)?,
            siret: row.siret.map(Siret::try_from).transpose().map_err(DbError::damaged)?,
            contact: Private::new(row.id, row.contact.0),
            moved: false,
        })
    }
}

impl StoredStructure {
    /// As an edit leaves it.
    fn with(self, declared: &Structure, site: Site, now: Instant) -> Self {
        Self {
            name: declared.name.clone(),
            commune: declared.commune.clone(),
            town: declared.town.clone(),
            department: site.department,
            location: site.location,
            finess: declared.finess.clone(),
            siret: declared.siret.clone(),
            contact: Private::new(self.id, declared.trafficking_contact.clone()),
            area: site.location.area().to_string(),
            updated_at: now,
            moved: self.location != site.location || self.department != site.department,
            ..self
        }
    }
}

/// What a list of structures is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub struct StructureFilter {
    /// Only of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only in this department.
    pub department: Option<Department>,
    /// Only those that changed then or since.
    pub updated_since: Option<Instant>,
    /// In which order.
    pub order: Order,
}

/// Adds a structure of an organisation, at a site.
pub fn insert(
    turn: &mut Turn<'_>,
    id: StructureId,
    organisation: OrganisationId,
    declared: &Structure,
    site: Site,
) -> Result<StoredStructure, DbError> {
    let now = turn.now;
    diesel::insert_into(structures::table)
        .values((dsl::id.eq(id), dsl::organisation_id.eq(organisation), dsl::created_at.eq(now), Columns::new(declared, site, now)))
        .execute(turn.conn)?;
    write_address(turn, id, declared.address.as_ref())?;
    Ok(StoredStructure {
        id,
        organisation,
        created_at: now,
        updated_at: now,
        ended_at: None,
        area: site.location.area().to_string(),
        name: declared.name.clone(),
        commune: declared.commune.clone(),
        town: declared.town.clone(),
        department: site.department,
        location: site.location,
        finess: declared.finess.clone(),
        siret: declared.siret.clone(),
        contact: Private::new(id, declared.trafficking_contact.clone()),
        moved: false,
    })
}

/// Replaces what is declared of a structure; an address that is not given stays.
pub fn update(turn: &mut Turn<'_>, stored: StoredStructure, declared: &Structure, site: Site) -> Result<StoredStructure, DbError> {
    diesel::update(dsl::structures.find(stored.id)).set(Columns::new(declared, site, turn.now)).execute(turn.conn)?;
    write_address(turn, stored.id, declared.address.as_ref())?;
    Ok(stored.with(declared, site, turn.now))
}

/// Ends a structure: it stays for what happened there.
pub fn end(turn: &mut Turn<'_>, stored: StoredStructure) -> Result<StoredStructure, DbError> {
    diesel::update(dsl::structures.find(stored.id))
        .set((dsl::ended_at.eq(Some(turn.now)), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(StoredStructure { ended_at: Some(turn.now), updated_at: turn.now, ..stored })
}

fn write_address(turn: &mut Turn<'_>, id: StructureId, given: Option<&Option<Address>>) -> Result<(), DbError> {
    let Some(address) = given else { return Ok(()) };
    diesel::delete(addresses::structure_addresses.find(id)).execute(turn.conn)?;
    if let Some(address) = address {
        diesel::insert_into(addresses::structure_addresses)
            .values((addresses::structure_id.eq(id), addresses::address.eq(address.expose())))
            .execute(turn.conn)?;
    }
    Ok(())
}

/// One structure, if the reach gives it.
pub fn find(conn: &mut Conn, reach: Reach, id: StructureId) -> Result<StoredStructure, DbError> {
    let mut query = dsl::structures.filter(dsl::id.eq(id)).into_boxed();
    if let Some(organisation) = reach.runs() {
        query = query.filter(dsl::organisation_id.eq(organisation));
    }
    query.first::<Row>(conn)?.try_into()
}

/// A page of the structures that a reach gives and that have not ended, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: StructureFilter,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredStructure>, DbError> {
    let query = dsl::structures.filter(dsl::ended_at.is_null()).limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, dsl::id, StructureId, after, filter.order);
    if let Some(organisation) = reach.runs() {
        query = query.filter(dsl::organisation_id.eq(organisation));
    }
    if let Some(since) = filter.updated_since {
        query = query.filter(dsl::updated_at.ge(since));
    }
    if let Some(organisation) = filter.organisation {
        query = query.filter(dsl::organisation_id.eq(organisation));
    }
    if let Some(department) = filter.department {
        query = query.filter(dsl::department.eq(department.as_str().to_owned()));
    }
    query.load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}
