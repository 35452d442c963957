//! What waits for whoever vouches: of a home its name, commune, contact and numbers, what stands and what would. Shown to those who may vouch for
//! it, noted, and not any more once it is decided (design §5).

use matcher::Department;
use serde::Serialize;
use utoipa::ToSchema;

use super::places::CardNumber;
use crate::clock::Instant;
use crate::commands::vouching::{Voucher, revision};
use crate::db::units::{self, StoredUnit};
use crate::db::{Failure, Reading, organisations, structures};
use crate::domain::ids::{OrganisationId, StructureId, UnitId};
use crate::domain::text::{Name, Town};
use crate::domain::vouching::{VouchingState, Waiting, Widened, widened};
use crate::domain::{CommuneCode, Email, Finess, Reach, Siret, Text, Unit};
use crate::limits;
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A unit that waits for somebody to vouch for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitToVouchFor {
    /// The unit.
    pub unit_id: UnitId,
    /// Its structure.
    pub structure_id: StructureId,
    /// The organisation that runs it.
    organisation_id: OrganisationId,
    /// The name of that organisation.
    #[schema(value_type = Name)]
    pub organisation: Text<200>,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// The name of the structure.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// The commune it stands in (INSEE code).
    commune: CommuneCode,
    /// The name of that commune.
    #[schema(example = "Lyon")]
    pub commune_name: String,
    /// The town as the structure words it.
    #[schema(required, value_type = Option<Town>)]
    pub town: Option<Text<100>>,
    /// How it is called about trafficking.
    pub numbers: Vec<CardNumber>,
    /// Its mail address.
    #[schema(required)]
    pub email: Option<Email>,
    /// Its FINESS number.
    #[schema(required)]
    pub finess: Option<Finess>,
    /// Its SIRET number.
    #[schema(required)]
    pub siret: Option<Siret>,
    /// What of it waits.
    pub waits: Vec<Waiting>,
    /// Whether somebody vouches for what stands.
    pub vouching: VouchingState,
    /// What stands.
    pub declared: Unit,
    /// The edit that waits as a whole; null: none.
    #[schema(required)]
    pub pending: Option<Unit>,
    /// What that edit opens.
    pub widened: Vec<Widened>,
    /// The kind that was vouched for; null: nobody ever has.
    #[schema(required, value_type = Option<schemas::Kind>)]
    pub vouched_kind: Option<matcher::Kind>,
    /// The places that were vouched for; null: nobody ever has.
    #[schema(required, minimum = 1)]
    pub vouched_places: Option<u32>,
    /// Where another organisation gives its FINESS or SIRET: which.
    pub same_number: Vec<SameNumber>,
    /// What is looked at here: `If-Match` of `vouchForUnit` names it, in quotes.
    #[schema(example = "XkTz0a3yQ0m3q0V0w1n5yA")]
    pub revision: String,
    /// When it was created.
    created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// Another structure that has the same FINESS or SIRET.
#[derive(Debug, Serialize, ToSchema)]
pub struct SameNumber {
    /// The organisation that gave it too.
    organisation_id: OrganisationId,
    /// Its name.
    #[schema(value_type = Name)]
    pub organisation: Text<200>,
    /// The department in which that home stands (INSEE code).
    #[schema(value_type = schemas::Department)]
    pub department: Department,
}

impl UnitToVouchFor {
    /// To whoever may vouch for it, the reading noted.
    fn show(reading: &mut Reading<'_>, stored: StoredUnit) -> Result<Self, Failure> {
        let (revision, waits, vouching) = (revision(&stored).as_str().to_owned(), stored.waits_for(), stored.vouching());
        let StoredUnit { id, structure, declared, pending, vouched, created_at, updated_at, .. } = stored;
        let same_number = if waits.contains(&Waiting::Number) { same_number(reading, &structure)? } else { Vec::new() };
        let (department, now) = (structure.department, reading.now);
        let organisation = organisations::find(reading.conn, structure.organisation)?.declared.name;
        let vouched_places = vouched.map(|vouched| vouched.places);
        let widened = match (&pending, vouched_places) {
            (Some(pending), Some(places)) => widened(places, &declared, pending),
            _ => Vec::new(),
        };
        let home = structure.home.show(reading);
        Ok(Self {
            unit_id: id,
            structure_id: structure.id,
            organisation_id: structure.organisation,
            organisation,
            department,
            name: home.name,
            commune_name: home.commune.commune().map(|commune| commune.name.to_owned()).unwrap_or_default(),
            commune: home.commune,
            town: home.town,
            numbers: CardNumber::all(&home.contact, department, now),
            email: home.contact.email,
            finess: home.finess,
            siret: home.siret,
            waits,
            vouching,
            declared,
            pending,
            widened,
            vouched_kind: vouched.map(|vouched| vouched.kind),
            vouched_places,
            same_number,
            revision,
            created_at,
            updated_at,
        })
    }
}

/// Which organisations give the number of a structure too.
fn same_number(reading: &mut Reading<'_>, structure: &structures::StoredStructure) -> Result<Vec<SameNumber>, Failure> {
    let mut same = Vec::new();
    for other in structures::of_the_same_number(reading.conn, structure)? {
        let organisation = organisations::find(reading.conn, other.organisation)?.declared.name;
        same.push(SameNumber { organisation_id: other.organisation, organisation, department: other.department });
    }
    Ok(same)
}

/// A page of what waits for somebody, the oldest first; what each shows of a home is noted.
pub fn page(
    reading: &mut Reading<'_>,
    reach: Reach,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Page<UnitToVouchFor>, Failure> {
    let voucher = Voucher::of(reading.conn, reach)?;
    let departments = voucher.departments();
    let wanted = usize::try_from(limit.one_more()).unwrap_or(usize::MAX);
    let (mut found, mut after) = (Vec::new(), after.map(|Cursor(after)| UnitId(after)));
    while found.len() < wanted {
        let some = units::to_vouch_for(reading.conn, departments.as_deref(), after, limits::VOUCHING_LOOKED_AT)?;
        let Some(last) = some.last().map(|unit| unit.id) else { break };
        found.extend(some.into_iter().filter(|unit| voucher.may_vouch(unit)).take(wanted.saturating_sub(found.len())));
        after = Some(last);
    }
    let Page { items, next_cursor } = Page::cut(found, limit, |stored: &StoredUnit| stored.id.0);
    let shown = items.into_iter().map(|stored| UnitToVouchFor::show(reading, stored));
    Ok(Page { items: shown.collect::<Result<_, _>>()?, next_cursor })
}

/// What became of a unit for which somebody has vouched. Whoever did is shown no more of it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VouchedUnit {
    /// The unit.
    unit_id: UnitId,
    /// Whether somebody vouches for what stands.
    vouching: VouchingState,
    /// Which organisation vouched last; null: none.
    #[schema(required)]
    vouched_by_id: Option<OrganisationId>,
    /// When; null while nobody vouches for what stands.
    #[schema(required)]
    vouched_at: Option<Instant>,
}

/// What was decided of a unit.
pub fn decided(_: &mut Reading<'_>, stored: StoredUnit) -> Result<VouchedUnit, Failure> {
    Ok(VouchedUnit {
        unit_id: stored.id,
        vouching: stored.vouching(),
        vouched_by_id: stored.vouched.and_then(|vouched| vouched.by),
        vouched_at: stored.vouched.and_then(|vouched| vouched.at),
    })
}
