//! Structures, and the exact addresses that stand in a table of their own.

use diesel::prelude::*;
use matcher::{Cell, Department, Location, Point};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::schema::structure_addresses::dsl as addresses;
use super::schema::structures::{self, dsl};
use super::sealed::{Place, Sealed};
use super::{Conn, DbError, Private, Turn, keys};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::structure::Home;
use crate::domain::{About, Address, CommuneCode, Contact, Finess, Noted, Reach, Siret, Site, Structure, Text};
use crate::limits;
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
pub(super) struct Row {
    id: StructureId,
    organisation_id: OrganisationId,
    department: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    content: Sealed<Content>,
    _area_hash: Vec<u8>,
    _finess_hash: Option<Vec<u8>>,
    _siret_hash: Option<Vec<u8>>,
    contested: bool,
    created_at: Instant,
    updated_at: Instant,
    ended_at: Option<Instant>,
    contest_decided: bool,
    contact_proved: bool,
    contact_code_hash: Option<Vec<u8>>,
}

/// What is sealed of a structure with the deployment's key: all but its department, and the point of a public one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    name: Text<200>,
    commune: CommuneCode,
    town: Option<Text<100>>,
    cell: Option<String>,
    finess: Option<Finess>,
    siret: Option<Siret>,
    contact: Contact,
    meeting_point: Option<Text<300>>,
    gives_address: bool,
}

impl Content {
    fn of(declared: &Structure, cell: Option<String>) -> Self {
        let Home { name, commune, town, finess, siret, contact, meeting_point, gives_address } = Home::of(declared);
        Self { name, commune, town, cell, finess, siret, contact, meeting_point, gives_address }
    }
}

impl From<Content> for Home {
    fn from(content: Content) -> Self {
        let Content { name, commune, town, cell: _, finess, siret, contact, meeting_point, gives_address } = content;
        Self { name, commune, town, finess, siret, contact, meeting_point, gives_address }
    }
}

fn content_of(id: StructureId) -> Place {
    Place { table: "structures", column: "content", row: id.0 }
}

fn address_of(id: StructureId) -> Place {
    Place { table: "structure_addresses", column: "address", row: id.0 }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = structures, treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
struct Columns {
    department: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    content: Sealed<Content>,
    area_hash: Vec<u8>,
    finess_hash: Option<Vec<u8>>,
    siret_hash: Option<Vec<u8>>,
    updated_at: Instant,
}

impl Columns {
    fn new(id: StructureId, declared: &Structure, site: Site, now: Instant) -> Result<Self, DbError> {
        let (cell, point) = match site.location {
            Location::Cell(cell) => (Some(cell.to_string()), None),
            Location::Point(point) => (None, Some(point)),
        };
        let content = Content::of(declared, cell);
        let keys = keys::current()?;
        Ok(Self {
            department: site.department.as_str().to_owned(),
            latitude: point.map(|point| point.lat.get()),
            longitude: point.map(|point| point.lon.get()),
            content: Sealed::with_deployment_key(content_of(id), &content)?,
            area_hash: keys.hash("area", site.location.area().to_string().as_bytes())?,
            finess_hash: declared.finess.as_ref().map(|finess| keys.hash("finess", finess.as_str().as_bytes())).transpose()?,
            siret_hash: declared.siret.as_ref().map(|siret| keys.hash("siret", siret.as_str().as_bytes())).transpose()?,
            updated_at: now,
        })
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
    /// The department it stands in.
    pub department: Department,
    /// Where it is to the engine.
    pub location: Location,
    /// Whether a structure of another organisation has its FINESS or SIRET: it is not matched until someone has decided.
    pub contested: bool,
    /// Whether somebody has decided of that: nobody is asked again.
    pub contest_decided: bool,
    /// Whether somebody who reads its contact address has proved it: nothing is sent there before.
    pub contact_proved: bool,
    /// What is kept of the code that was sent to that address.
    contact_code_hash: Option<Vec<u8>>,
    /// What leads to it: it opens on the rung where it may be seen.
    pub home: Private<Home>,
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
        let content = row.content.opened(content_of(row.id))?;
        let location = match (content.cell.as_ref(), row.latitude.zip(row.longitude)) {
            (Some(cell), None) => Location::Cell(cell.parse::<Cell>().map_err(DbError::damaged)?),
            (None, Some((lat, lon))) => Location::Point(Point::new(lat, lon).map_err(DbError::damaged)?),
            (Some(_), Some(_)) | (None, None) => return Err(DbError::damaged("a site is hidden by a cell or has a public point")),
        };
        Ok(Self {
            id: row.id,
            organisation: row.organisation_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            ended_at: row.ended_at,
            department: row.department.parse::<Department>().map_err(DbError::damaged)?,
            location,
            contested: row.contested,
            contest_decided: row.contest_decided,
            contact_proved: row.contact_proved,
            contact_code_hash: row.contact_code_hash,
            home: Private::new(row.id, content.into()),
            moved: false,
        })
    }
}

impl StoredStructure {
    /// As an edit leaves it.
    fn with(self, declared: &Structure, site: Site, now: Instant) -> Self {
        Self {
            department: site.department,
            location: site.location,
            home: Private::new(self.id, Home::of(declared)),
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
    let columns = Columns::new(id, declared, site, now)?;
    diesel::insert_into(structures::table)
        .values((dsl::id.eq(id), dsl::organisation_id.eq(organisation), dsl::created_at.eq(now), dsl::contested.eq(false), columns))
        .execute(turn.conn)?;
    write_address(turn, id, declared.address.as_ref())?;
    Ok(StoredStructure {
        id,
        organisation,
        created_at: now,
        updated_at: now,
        ended_at: None,
        department: site.department,
        location: site.location,
        contested: false,
        contest_decided: false,
        contact_proved: false,
        contact_code_hash: None,
        home: Private::new(id, Home::of(declared)),
        moved: false,
    })
}

/// Replaces what is declared of a structure; an address that is not given stays.
pub fn update(turn: &mut Turn<'_>, stored: StoredStructure, declared: &Structure, site: Site) -> Result<StoredStructure, DbError> {
    let columns = Columns::new(stored.id, declared, site, turn.now)?;
    diesel::update(dsl::structures.find(stored.id)).set(columns).execute(turn.conn)?;
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
        let sealed: Sealed<String> = Sealed::with_deployment_key(address_of(id), &address.expose().to_owned())?;
        diesel::insert_into(addresses::structure_addresses)
            .values((addresses::structure_id.eq(id), addresses::address.eq(sealed)))
            .execute(turn.conn)?;
    }
    Ok(())
}

/// The exact address of a structure, if it has given one: for the one operation that may show it.
pub fn address(conn: &mut Conn, id: StructureId) -> Result<Option<Private<Address>>, DbError> {
    let found: Option<Sealed<String>> =
        addresses::structure_addresses.find(id).select(addresses::address).first(conn).optional()?;
    let found = found.map(|sealed| sealed.opened(address_of(id))).transpose()?;
    let address = found.map(Address::try_from).transpose().map_err(DbError::damaged)?;
    Ok(address.map(|address| Private::new(id, address)))
}

/// One structure, if the reach gives it.
pub fn find(conn: &mut Conn, reach: Reach, id: StructureId) -> Result<StoredStructure, DbError> {
    let mut query = dsl::structures.filter(dsl::id.eq(id)).into_boxed();
    if let Some(organisation) = reach.runs() {
        query = query.filter(dsl::organisation_id.eq(organisation));
    }
    query.first::<Row>(conn)?.try_into()
}

/// One structure, for a view that decides what of it is shown.
pub fn of_id(conn: &mut Conn, id: StructureId) -> Result<Option<StoredStructure>, DbError> {
    dsl::structures.find(id).first::<Row>(conn).optional()?.map(TryInto::try_into).transpose()
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

/// The structures that stand and have the FINESS or the SIRET of one: with their organisations.
pub fn of_the_same_number(conn: &mut Conn, structure: &StoredStructure) -> Result<Vec<StoredStructure>, DbError> {
    let hashes = dsl::structures.find(structure.id).select((dsl::finess_hash, dsl::siret_hash));
    let (finess, siret): (Option<Vec<u8>>, Option<Vec<u8>>) = hashes.first(conn)?;
    if finess.is_none() && siret.is_none() {
        return Ok(Vec::new());
    }
    let others = dsl::structures.filter(dsl::ended_at.is_null()).filter(dsl::id.ne(structure.id));
    // Null is equal to nothing.
    let same = dsl::finess_hash.eq(finess).or(dsl::siret_hash.eq(siret)).assume_not_null();
    others.filter(same).order(dsl::id).load::<Row>(conn)?.into_iter().map(TryInto::try_into).collect()
}

/// Another contact address: nothing is sent there before it is proved.
pub fn unprove_contact(turn: &mut Turn<'_>, stored: StoredStructure) -> Result<StoredStructure, DbError> {
    set_contact(turn.conn, stored.id, false, None)?;
    Ok(StoredStructure { contact_proved: false, contact_code_hash: None, ..stored })
}

/// Somebody who reads the contact address has proved it.
pub fn prove_contact(turn: &mut Turn<'_>, stored: StoredStructure) -> Result<StoredStructure, DbError> {
    set_contact(turn.conn, stored.id, true, None)?;
    Ok(StoredStructure { contact_proved: true, contact_code_hash: None, ..stored })
}

/// Makes the code that is sent to a contact address, and keeps its hash: made when the mail is written, so that no job holds one.
pub fn make_contact_code(conn: &mut Conn, id: StructureId) -> Result<OneTimeCode, DbError> {
    let code = OneTimeCode::new().map_err(DbError::unavailable)?;
    set_contact(conn, id, false, Some(contact_code_hash(&code)?))?;
    Ok(code)
}

fn set_contact(conn: &mut Conn, id: StructureId, proved: bool, hash: Option<Vec<u8>>) -> Result<(), DbError> {
    let said = (dsl::contact_proved.eq(proved), dsl::contact_code_hash.eq(hash));
    diesel::update(dsl::structures.find(id)).set(said).execute(conn)?;
    Ok(())
}

fn contact_code_hash(code: &OneTimeCode) -> Result<Vec<u8>, DbError> {
    keys::current()?.hash("contact_code", &code.hash())
}

impl StoredStructure {
    /// Whether a code is the one that was sent to its contact address.
    pub fn is_proved_by(&self, code: &OneTimeCode) -> Result<bool, DbError> {
        Ok(self.contact_code_hash.as_deref() == Some(contact_code_hash(code)?.as_slice()))
    }
}

/// Leaves a structure out of rankings until someone has decided whose its number is, or lets it in again; `decided` where somebody has.
pub fn set_contested(
    turn: &mut Turn<'_>,
    stored: StoredStructure,
    contested: bool,
    decided: bool,
) -> Result<StoredStructure, DbError> {
    let said = (dsl::contested.eq(contested), dsl::contest_decided.eq(decided));
    diesel::update(dsl::structures.find(stored.id)).set(said).execute(turn.conn)?;
    Ok(StoredStructure { contested, contest_decided: decided, ..stored })
}

/// Fails where what is sealed of the registry does not open with these keys: then they are another registry's.
pub(super) fn must_open(conn: &mut Conn) -> Result<(), DbError> {
    let first: Option<Row> = dsl::structures.order(dsl::id).first(conn).optional()?;
    match first.map(StoredStructure::try_from) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(why)) => {
            Err(DbError::keys_unavailable(format!("HAVRE_KEYS_URL: this is not the key store of the registry: {why}")))
        }
    }
}

/// The generations of the deployment's key with which something is sealed.
pub fn generations(conn: &mut Conn) -> Result<Vec<i32>, DbError> {
    let structures: Vec<Sealed<Content>> = dsl::structures.select(dsl::content).load(conn)?;
    let addresses: Vec<Sealed<String>> = addresses::structure_addresses.select(addresses::address).load(conn)?;
    let mut found = super::units::generations(conn)?;
    found.extend(super::credentials::generations(conn)?);
    found.extend(super::webhooks::generations(conn)?);
    for generation in structures.iter().map(Sealed::generation).chain(addresses.iter().map(Sealed::generation)) {
        found.push(generation?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Seals some structures behind one with a newer key of the deployment. Gives the last that was looked at, and how many were sealed.
pub fn seal_again(conn: &mut Conn, generation: i32, after: Option<StructureId>) -> Result<(Option<StructureId>, usize), DbError> {
    let mut query = dsl::structures.select((dsl::id, dsl::content)).order(dsl::id).limit(limits::SEALED_AT_ONCE).into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    let some: Vec<(StructureId, Sealed<Content>)> = query.load(conn)?;
    let mut count = 0;
    for (id, sealed) in &some {
        if let Some(again) = sealed.sealed_again(content_of(*id), generation)? {
            // One that was edited meanwhile is sealed with the newest key already, or found by the next walk.
            let as_it_was = dsl::structures.find(*id).filter(dsl::content.eq(sealed.clone()));
            count += diesel::update(as_it_was).set(dsl::content.eq(again)).execute(conn)?;
        }
    }
    Ok((some.last().map(|(id, _)| *id), count))
}

/// The same of addresses.
pub fn seal_addresses_again(
    conn: &mut Conn,
    generation: i32,
    after: Option<StructureId>,
) -> Result<(Option<StructureId>, usize), DbError> {
    use addresses::{address, structure_addresses, structure_id};
    let mut query = structure_addresses.order(structure_id).limit(limits::SEALED_AT_ONCE).into_boxed();
    if let Some(after) = after {
        query = query.filter(structure_id.gt(after));
    }
    let some: Vec<(StructureId, Sealed<String>)> = query.load(conn)?;
    let mut count = 0;
    for (id, sealed) in &some {
        if let Some(again) = sealed.sealed_again(address_of(*id), generation)? {
            let as_it_was = structure_addresses.find(*id).filter(address.eq(sealed.clone()));
            count += diesel::update(as_it_was).set(address.eq(again)).execute(conn)?;
        }
    }
    Ok((some.last().map(|(id, _)| *id), count))
}
