//! Structures: everything to their own association; name and contact to the regulator of a door, and to who declares on their word.

use matcher::{Department, Location, Point};
use serde::Serialize;
use utoipa::{PartialSchema, ToSchema};

use super::places::CardNumber;
use super::{OfContact, OfHome, by_rung};
use crate::clock::Instant;
use crate::db::structures::{self, StoredStructure, StructureFilter};
use crate::db::{Failure, Reading, units};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::ladder::{Asker, Rung, Way};
use crate::domain::structure::{Home, SiteWarning, site_warnings};
use crate::domain::text::{MeetingPoint, Name, Town};
use crate::domain::{CommuneCode, Contact, Denied, Finess, Reach, Siret, Text};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A structure as its own association has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureRecord {
    // Without a doc comment, which the document would keep beside the word and take for an object.
    #[schema(inline)]
    rung: OfHome,
    /// Its id (UUIDv7).
    pub id: StructureId,
    /// The organisation that runs it.
    organisation_id: OrganisationId,
    /// Its name.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The commune it stands in (INSEE code).
    commune: CommuneCode,
    /// Where a public site is.
    #[schema(required, value_type = Option<schemas::Point>)]
    point: Option<Point>,
    /// The town as the structure words it.
    #[schema(required, value_type = Option<Town>)]
    pub town: Option<Text<100>>,
    /// The department it stands in (INSEE code), which follows from its commune.
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// Where it is to rankings: a public site by its point, a confidential one by the cell that follows from its commune.
    #[schema(value_type = schemas::Location)]
    location: Location,
    /// Whether its site is confidential.
    pub confidential: bool,
    /// What to know about its site.
    pub site_warnings: Vec<SiteWarning>,
    /// Its FINESS number.
    #[schema(required)]
    finess: Option<Finess>,
    /// Its SIRET number.
    #[schema(required)]
    siret: Option<Siret>,
    /// How to reach it about trafficking.
    pub trafficking_contact: Contact,
    /// Whether its mail address is proved: nothing is sent there before (`proveContact`).
    pub contact_proved: bool,
    /// Where people are met who are expected.
    #[schema(required, value_type = Option<MeetingPoint>)]
    meeting_point: Option<Text<300>>,
    /// Whether those who bring people may be shown its address once they are confirmed.
    gives_address: bool,
    /// When it was created.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<Instant>,
}

impl StructureRecord {
    /// To its own association, the reading noted.
    pub fn show(reading: &mut Reading<'_>, stored: StoredStructure) -> Self {
        let home = stored.home.clone().show(reading);
        Self::new(stored, home)
    }

    fn new(stored: StoredStructure, home: Home) -> Self {
        let point = match stored.location {
            Location::Point(point) => Some(point),
            Location::Cell(_) => None,
        };
        Self {
            rung: OfHome,
            id: stored.id,
            organisation_id: stored.organisation,
            site_warnings: site_warnings(&home.commune, stored.location),
            name: home.name,
            commune: home.commune,
            point,
            town: home.town,
            department: stored.department,
            location: stored.location,
            confidential: point.is_none(),
            finess: home.finess,
            siret: home.siret,
            trafficking_contact: home.contact,
            contact_proved: stored.contact_proved,
            meeting_point: home.meeting_point,
            gives_address: home.gives_address,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            ended_at: stored.ended_at,
        }
    }

    /// What its tag is made of: the declared fields.
    pub fn declared(&self) -> impl Serialize + use<> {
        let site = (self.commune.clone(), self.point, self.town.clone(), self.department);
        let numbers = (self.finess.clone(), self.siret.clone());
        let arrival = (self.meeting_point.clone(), self.gives_address);
        (self.name.clone(), site, numbers, self.trafficking_contact.clone(), arrival)
    }
}

/// What the tag of a stored structure is made of, to compare it with what an edit saw. Nobody is shown anything.
pub fn declared(stored: &StoredStructure) -> impl Serialize + use<> {
    StructureRecord::new(stored.clone(), stored.home.unshown().clone()).declared()
}

/// A structure to its own association, the reading noted.
pub fn home(reading: &mut Reading<'_>, stored: StoredStructure) -> Result<StructureRecord, Failure> {
    Ok(StructureRecord::show(reading, stored))
}

/// A page of one's own, the reading noted.
pub fn own(
    reading: &mut Reading<'_>,
    (reach, filter): (Reach, StructureFilter),
    (cursor, limit): (Option<Cursor>, PageLimit),
) -> Result<Page<StructureRecord>, Failure> {
    let found = structures::list(reading.conn, reach, filter, cursor, limit)?;
    Ok(Page::cut(found, limit, |stored: &StoredStructure| stored.id.0).map(|stored| StructureRecord::show(reading, stored)))
}

/// A structure by its name and contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureContact {
    // Without a doc comment, which the document would keep beside the word and take for an object.
    #[schema(inline)]
    rung: OfContact,
    /// Its id (UUIDv7).
    id: StructureId,
    /// The organisation that runs it.
    organisation_id: OrganisationId,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Its name.
    #[schema(value_type = Name)]
    name: Text<200>,
    /// The town as the structure words it.
    #[schema(required, value_type = Option<Town>)]
    town: Option<Text<100>>,
    /// How it is called about trafficking.
    numbers: Vec<CardNumber>,
}

/// A structure as far as the caller sees it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum StructureView {
    /// One's own.
    Home(Box<StructureRecord>),
    /// Name and contact.
    Contact(Box<StructureContact>),
}

/// What a tag is made of.
#[derive(Serialize)]
#[serde(untagged)]
enum Tagged<H, C> {
    Home(H),
    Contact(C),
}

impl StructureView {
    /// What its tag is made of: the declared fields that this view shows.
    pub fn tagged(&self) -> impl Serialize + use<'_> {
        match self {
            Self::Home(structure) => Tagged::Home(structure.declared()),
            Self::Contact(structure) => Tagged::Contact((&structure.name, &structure.town, &structure.numbers)),
        }
    }
}

/// A structure, as the caller sees it through the best of its units, the reading noted.
pub fn find(reading: &mut Reading<'_>, asker: &Asker, id: StructureId) -> Result<StructureView, Failure> {
    let stored = structures::of_id(reading.conn, id)?.ok_or(Denied::NotFound(What::Record))?;
    if asker.runs(stored.organisation) {
        return Ok(StructureView::Home(Box::new(StructureRecord::show(reading, stored))));
    }
    let mut best = None;
    for unit in units::of_structure(reading.conn, id)? {
        best = best.max(super::rung(reading.conn, asker, &unit, Way::Registry)?);
    }
    if best.is_none_or(|rung| rung < Rung::Proposal) {
        return Err(Denied::NotFound(What::Record).into());
    }
    let (organisation, department, now) = (stored.organisation, stored.department, reading.now);
    let home = stored.home.show(reading);
    Ok(StructureView::Contact(Box::new(StructureContact {
        rung: OfContact,
        id,
        organisation_id: organisation,
        department,
        name: home.name,
        town: home.town,
        numbers: CardNumber::all(&home.contact, department, now),
    })))
}

impl PartialSchema for StructureView {
    fn schema() -> schemas::AnySchema {
        by_rung(
            &["StructureRecord", "StructureContact"],
            "A structure, as far as the caller sees it: `home` to its own association, `contact` to the regulator of a door and to who declares on its word.",
        )
    }
}

impl ToSchema for StructureView {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("VisibleStructureRecord")
    }

    fn schemas(known: &mut Vec<(String, schemas::AnySchema)>) {
        known.push((Self::name().into_owned(), Self::schema()));
        known.push((StructureRecord::name().into_owned(), StructureRecord::schema()));
        known.push((StructureContact::name().into_owned(), StructureContact::schema()));
        StructureRecord::schemas(known);
        StructureContact::schemas(known);
    }
}
