//! Units: in broad values, by their whole public profile, and as their own association has them.

use std::collections::HashMap;

use chrono::NaiveDate;
use matcher::{Department, Gender, Kind, Location, Policy, Stage};
use serde::Serialize;
use utoipa::{PartialSchema, ToSchema};

use super::vacancies::VacancyRecord;
use super::{OfHome, OfProfile, OfRegistry, by_rung};
use crate::clock::Instant;
use crate::communes::region_of;
use crate::db::units::{self, CountedUnits, StoredUnit, UnitFilter};
use crate::db::{Conn, DbError, Failure, Reading, organisations, vacancies};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, StructureId, UnitId};
use crate::domain::ladder::{Asker, Rung, Way};
use crate::domain::night::tonight;
use crate::domain::vouching::{VouchingState, own_revision};
use crate::domain::{Denied, List, Reach, Text, Unit};
use crate::limits::CODES_MAX;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;

/// A unit as its own association has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitRecord {
    // Without a doc comment, which the document would keep beside the word and take for an object.
    #[schema(inline)]
    rung: OfHome,
    /// Its id (UUIDv7).
    pub id: UnitId,
    /// Its structure.
    structure_id: StructureId,
    /// The department of its structure (INSEE code).
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// Where its structure is.
    #[schema(value_type = schemas::Location)]
    location: Location,
    #[serde(flatten)]
    pub declared: Unit,
    /// Whether somebody vouches for it.
    pub vouching: VouchingState,
    /// Which organisation vouched for it last; null: none, or one that is not known any more.
    #[schema(required)]
    vouched_by_id: Option<OrganisationId>,
    /// When; null while nobody vouches for what stands.
    #[schema(required)]
    vouched_at: Option<Instant>,
    /// An edit that waits as a whole for somebody to vouch for it: the profile as it will be. Null: none waits.
    #[schema(required)]
    pub pending: Option<Unit>,
    /// When it was created.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<Instant>,
}

impl UnitRecord {
    /// What its tag is made of: what is declared and what waits.
    pub fn revision(&self) -> impl Serialize + use<'_> {
        own_revision(&self.declared, self.pending.as_ref())
    }
}

impl From<StoredUnit> for UnitRecord {
    fn from(stored: StoredUnit) -> Self {
        Self {
            rung: OfHome,
            id: stored.id,
            structure_id: stored.structure.id,
            department: stored.structure.department,
            location: stored.structure.location,
            vouching: stored.vouching(),
            vouched_by_id: stored.vouched.and_then(|vouched| vouched.by),
            vouched_at: stored.vouched.and_then(|vouched| vouched.at),
            pending: stored.pending,
            declared: stored.declared,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            ended_at: stored.ended_at,
        }
    }
}

/// A unit by its whole public profile. Of a confidential site what leads to an address (the accreditation, the hours) is left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitProfile {
    // Without a doc comment, which the document would keep beside the word and take for an object.
    #[schema(inline)]
    rung: OfProfile,
    /// Its id (UUIDv7).
    id: UnitId,
    /// Its structure.
    structure_id: StructureId,
    /// The department of its structure (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Where its structure is; null for a confidential site.
    #[schema(required, value_type = Option<schemas::Location>)]
    location: Option<Location>,
    #[serde(flatten)]
    declared: Unit,
    /// Whether somebody vouches for it.
    vouching: VouchingState,
    /// Which organisation vouched for it last; null: none, or one that is not known any more.
    #[schema(required)]
    vouched_by_id: Option<OrganisationId>,
    /// When; null while nobody vouches for what stands.
    #[schema(required)]
    vouched_at: Option<Instant>,
    /// When it was created.
    created_at: Instant,
    /// When its profile was last edited.
    updated_at: Instant,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<Instant>,
}

impl UnitProfile {
    fn of(stored: StoredUnit) -> Self {
        let public = match stored.structure.location {
            Location::Point(_) => Some(stored.structure.location),
            Location::Cell(_) => None,
        };
        let declared = profile(&stored);
        Self {
            rung: OfProfile,
            id: stored.id,
            structure_id: stored.structure.id,
            department: stored.structure.department,
            location: public,
            declared,
            vouching: stored.vouching(),
            vouched_by_id: stored.vouched.and_then(|vouched| vouched.by),
            vouched_at: stored.vouched.and_then(|vouched| vouched.at),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            ended_at: stored.ended_at,
        }
    }
}

/// What is declared of a unit, of a confidential site without what leads to an address.
pub(super) fn profile(stored: &StoredUnit) -> Unit {
    let mut declared = stored.declared.clone();
    if matches!(stored.structure.location, Location::Cell(_)) {
        declared.answering_hours = None;
        if let Some(minors) = &mut declared.unaccompanied_minors {
            minors.accreditation = None;
        }
    }
    declared
}

matcher::codes! {
    /// How many people a household may have, broadly.
    pub enum HouseholdBand: "size of households" {
        /// Single people.
        One = "1",
        /// Small households.
        TwoToFour = "2-4",
        /// Large ones too.
        FiveOrMore = "5+",
    }
}

/// A unit in broad values: what sort of place there is, in which region, for whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitInRegistry {
    // Without a doc comment, which the document would keep beside the word and take for an object.
    #[schema(inline)]
    rung: OfRegistry,
    /// Its id (UUIDv7).
    id: UnitId,
    /// What sort of place it is.
    #[schema(value_type = schemas::Kind)]
    kind: Kind,
    /// The region it stands in.
    #[schema(example = "Auvergne-Rhône-Alpes")]
    region: &'static str,
    /// The stages it serves.
    #[schema(value_type = Vec<schemas::Stage>)]
    stages: List<Stage, 1, CODES_MAX>,
    /// The genders of the adults it takes.
    #[schema(value_type = Vec<schemas::Gender>)]
    genders: List<Gender, 1, CODES_MAX>,
    /// Whether it takes adults.
    takes_adults: bool,
    /// Whether it takes children with a parent.
    takes_children: bool,
    /// Whether it takes minors without a parent.
    takes_lone_minors: bool,
    /// Up to how many people.
    households: HouseholdBand,
    /// Whether it is made for victims of trafficking.
    specialised: bool,
}

impl UnitInRegistry {
    fn of(stored: StoredUnit) -> Self {
        let declared = stored.declared;
        Self {
            rung: OfRegistry,
            id: stored.id,
            kind: declared.kind,
            region: region_of(stored.structure.department),
            stages: declared.stages,
            genders: declared.genders,
            takes_adults: declared.adult_ages.is_some(),
            takes_children: declared.children.is_some(),
            takes_lone_minors: declared.unaccompanied_minors.is_some(),
            households: match declared.max_household.get() {
                0 | 1 => HouseholdBand::One,
                2..=4 => HouseholdBand::TwoToFour,
                _ => HouseholdBand::FiveOrMore,
            },
            specialised: declared.specialised,
        }
    }
}

/// A unit as far as the caller sees it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum UnitView {
    /// One's own.
    Home(Box<UnitRecord>),
    /// The public profile.
    Profile(Box<UnitProfile>),
    /// Broad values.
    Registry(UnitInRegistry),
}

impl UnitView {
    /// As the caller sees it; none where it does not exist for the caller.
    fn of(conn: &mut Conn, asker: &Asker, stored: StoredUnit) -> Result<Option<Self>, DbError> {
        let rung = super::rung(conn, asker, &stored, Way::Registry)?;
        Ok(rung.map(|rung| match rung {
            Rung::Home => Self::Home(Box::new(stored.into())),
            Rung::Registry => Self::Registry(UnitInRegistry::of(stored)),
            Rung::Profile | Rung::Proposal | Rung::Referral | Rung::Arrival => Self::Profile(Box::new(UnitProfile::of(stored))),
        }))
    }

    /// What its tag is made of: the declared fields that this view shows.
    pub fn tagged(&self) -> Tagged<'_> {
        match self {
            Self::Home(unit) => Tagged::Own(&unit.declared, unit.pending.as_ref()),
            Self::Profile(unit) => Tagged::Declared(&unit.declared),
            Self::Registry(unit) => Tagged::Broad(unit),
        }
    }
}

/// What a tag is made of.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Tagged<'u> {
    /// One's own profile, and what waits.
    Own(&'u Unit, Option<&'u Unit>),
    /// A profile.
    Declared(&'u Unit),
    /// Broad values.
    Broad(&'u UnitInRegistry),
}

/// A unit to its own association.
pub fn home(_: &mut Reading<'_>, stored: StoredUnit) -> Result<UnitRecord, Failure> {
    Ok(stored.into())
}

/// One unit, as the caller sees it.
pub fn find(reading: &mut Reading<'_>, asker: &Asker, id: UnitId) -> Result<UnitView, Failure> {
    let found = units::of_ids(reading.conn, &[id])?.pop().ok_or(Denied::NotFound(What::Record))?;
    Ok(UnitView::of(reading.conn, asker, found)?.ok_or(Denied::NotFound(What::Record))?)
}

/// A page of units as the caller sees them.
pub fn page(
    reading: &mut Reading<'_>,
    asker: &Asker,
    (reach, filter): (Reach, UnitFilter),
    (cursor, limit): (Option<Cursor>, PageLimit),
) -> Result<Page<UnitView>, Failure> {
    // Who is shown a region alone narrows nothing to a department, a home or a door: a filter never tells more than the record.
    let narrows = filter.structure.is_some() || filter.department.is_some() || filter.door.is_some();
    let public_only = narrows && !asker.sees_profiles() && reach.runs().is_none();
    let found = units::list(reading.conn, reach, UnitFilter { public_only, ..filter }, cursor, limit)?;
    let Page { items, next_cursor } = Page::cut(found, limit, |stored: &StoredUnit| stored.id.0);
    let mut seen = Vec::with_capacity(items.len());
    for stored in items {
        seen.extend(UnitView::of(reading.conn, asker, stored)?);
    }
    Ok(Page { items: seen, next_cursor })
}

/// A unit of one's own with what is free in it.
pub struct OwnUnit {
    /// The name of its home.
    pub home: Text<200>,
    /// The town as the home words it.
    pub town: Option<Text<100>>,
    /// The unit.
    pub unit: UnitRecord,
    /// Which night it is there.
    pub tonight: NaiveDate,
    /// The vacancies that stand, the first to begin first.
    pub vacancies: Vec<VacancyRecord>,
    /// Who said on its word how a vacancy stands, by name.
    pub on_its_word: HashMap<OrganisationId, String>,
}

impl OwnUnit {
    fn show(reading: &mut Reading<'_>, policy: &Policy, stored: StoredUnit) -> Result<Self, Failure> {
        let tonight = tonight(reading.now, stored.structure.department, policy);
        let mut standing = vacancies::standing(reading.conn, stored.id, Some(tonight))?;
        standing.sort_by_key(|vacancy| (vacancy.from, vacancy.id));
        let mut on_its_word = HashMap::new();
        for by in standing.iter().map(|vacancy| vacancy.declared_by).filter(|by| *by != stored.structure.organisation) {
            on_its_word.insert(by, organisations::find(reading.conn, by)?.declared.name.as_str().to_owned());
        }
        let vacancies = standing.into_iter().map(VacancyRecord::from).collect();
        let home = stored.structure.home.clone().show(reading);
        Ok(Self { home: home.name, town: home.town, unit: stored.into(), tonight, vacancies, on_its_word })
    }
}

/// One of the units that somebody declares for, as [`own`] shows it.
pub fn one_of_own(reading: &mut Reading<'_>, reach: Reach, policy: &Policy, id: UnitId) -> Result<OwnUnit, Failure> {
    let stored = units::find_to_declare(reading.conn, reach, id)?;
    OwnUnit::show(reading, policy, stored)
}

/// A page of one's own units, the newest first, each with what is free in it; the reading of their homes noted.
pub fn own(reading: &mut Reading<'_>, reach: Reach, policy: &Policy, before: Option<Cursor>) -> Result<Page<OwnUnit>, Failure> {
    let newest = UnitFilter { order: Order::Newest, ..UnitFilter::default() };
    let found = units::list(reading.conn, reach, newest, before, PageLimit::most())?;
    let Page { items, next_cursor } = Page::cut(found, PageLimit::most(), |stored: &StoredUnit| stored.id.0);
    let mut own = Vec::with_capacity(items.len());
    for stored in items {
        own.push(OwnUnit::show(reading, policy, stored)?);
    }
    Ok(Page { items: own, next_cursor })
}

/// How many units there are, by department and kind.
pub fn counted(reading: &mut Reading<'_>, of: Option<Department>) -> Result<Vec<UnitCount>, Failure> {
    let counted = units::counted(reading.conn)?.into_iter();
    Ok(counted.filter(|counted| of.is_none_or(|department| counted.department == department)).map(UnitCount::from).collect())
}

/// How many units there are of a kind in a department. One and two are not told apart: a single home would be known by its number.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitCount {
    /// The department (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// What sort of place.
    #[schema(value_type = schemas::Kind)]
    kind: Kind,
    /// At least so many.
    #[schema(minimum = 1)]
    at_least: i64,
    /// At most so many; the same from 3 on.
    #[schema(minimum = 2)]
    at_most: i64,
}

impl From<CountedUnits> for UnitCount {
    fn from(CountedUnits { department, kind, units }: CountedUnits) -> Self {
        let (at_least, at_most) = if units < 3 { (1, 2) } else { (units, units) };
        Self { department, kind, at_least, at_most }
    }
}

impl PartialSchema for UnitView {
    fn schema() -> schemas::AnySchema {
        by_rung(
            &["UnitRecord", "UnitProfile", "UnitInRegistry"],
            "A unit, as far as the caller sees it: `home` to its own association, `profile` to those who orient and regulate, `registry` to others.",
        )
    }
}

impl ToSchema for UnitView {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("VisibleUnitRecord")
    }

    fn schemas(known: &mut Vec<(String, schemas::AnySchema)>) {
        known.push((Self::name().into_owned(), Self::schema()));
        known.push((UnitRecord::name().into_owned(), UnitRecord::schema()));
        known.push((UnitProfile::name().into_owned(), UnitProfile::schema()));
        known.push((UnitInRegistry::name().into_owned(), UnitInRegistry::schema()));
        UnitRecord::schemas(known);
        UnitProfile::schemas(known);
        UnitInRegistry::schemas(known);
    }
}

schemas::own! {
    HouseholdBand as "HouseholdBand" => schemas::codes::<HouseholdBand>("Up to how many people a household may have, broadly.");
}
