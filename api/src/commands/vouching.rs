//! Vouching for units (design §5): who may, what they have looked at, and what it does.

use matcher::{Department, Location, Policy};

use super::reevaluation;
use super::units::{most_free, standing};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::structures::StoredStructure;
use crate::db::units::{self, StoredUnit};
use crate::db::{Conn, Failure, Turn};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, StructureId, UnitId};
use crate::domain::ladder::{Asker, Place, Territory};
use crate::domain::organisation::keepers;
use crate::domain::vouching::{Vouched, VouchingState, Waiting};
use crate::domain::{Denied, Reach, Seen, Tag};

/// The verb under which a unit leaves the rankings because its site has changed.
const LEAVE: &str = "leaveRankings";

/// Somebody who may vouch for units: of a SIAO or a 115 that names their department, the regulator of their door, the coordination; never for
/// those of the own organisation.
pub struct Voucher {
    asker: Asker,
    regulators: Vec<StoredOrganisation>,
}

impl Voucher {
    /// Who calls, with what its organisation answers for.
    pub fn of(conn: &mut Conn, reach: Reach) -> Result<Self, Failure> {
        let own = reach.organisation().ok_or(Denied::NotFound(What::Record))?;
        let territory = Territory::from(&organisations::find(conn, own)?.declared);
        let asker = Asker::new(reach, territory).ok_or(Denied::NotFound(What::Record))?;
        Ok(Self { asker, regulators: organisations::regulators(conn)? })
    }

    /// Whether it may vouch for a unit, by the doors that it would have.
    pub fn may_vouch(&self, unit: &StoredUnit) -> bool {
        let doors = &unit.pending.as_ref().unwrap_or(&unit.declared).doors.0;
        let keepers = self.keepers(doors, unit.structure.department);
        self.asker.may_vouch(Place {
            organisation: unit.structure.organisation,
            department: unit.structure.department,
            doors,
            is_public: matches!(unit.structure.location, Location::Point(_)),
            keepers: &keepers,
        })
    }

    /// The only departments in which it may vouch for anything; none where a door or its office reaches farther.
    pub fn departments(&self) -> Option<Vec<String>> {
        self.asker.vouches_only_in().map(|named| named.iter().map(|department| department.as_str().to_owned()).collect())
    }

    fn keepers(&self, doors: &[matcher::Door], department: Department) -> Vec<OrganisationId> {
        let declared = self.regulators.iter().map(|regulator| (regulator.id, &regulator.declared));
        keepers(declared, doors, department)
    }

    /// A structure, where it may vouch for one of its units; or, of one that has none yet, where it could.
    pub(super) fn must_reach(&self, structure: StoredStructure, units: &[StoredUnit]) -> Result<StoredStructure, Denied> {
        let place = Place {
            organisation: structure.organisation,
            department: structure.department,
            doors: &[],
            is_public: matches!(structure.location, Location::Point(_)),
            keepers: &[],
        };
        let may = self.asker.may_vouch(place) || units.iter().any(|unit| self.may_vouch(unit));
        if may { Ok(structure) } else { Err(Denied::NotFound(What::Record)) }
    }
}

/// The tag of what whoever vouches looks at: profile, what waits, and of its structure the name, the site, the contact and the numbers. Nobody
/// is shown anything.
pub fn revision(unit: &StoredUnit) -> Tag {
    let home = unit.structure.home.unshown();
    let site = (&home.name, &home.commune, &home.town, unit.structure.department);
    let numbers = (&home.finess, &home.siret, unit.structure.contested);
    Tag::of(&(&unit.declared, &unit.pending, site, numbers, &home.contact))
}

/// Somebody vouches for a unit as it was looked at: what waits counts, and the unit is matched from now on.
pub fn vouch(turn: &mut Turn<'_>, policy: &Policy, reach: Reach, id: UnitId, seen: &Seen) -> Result<StoredUnit, Failure> {
    let found = units::find(turn.conn, Reach::Everything, id)?;
    if !Voucher::of(turn.conn, reach)?.may_vouch(&found) {
        return Err(Denied::NotFound(What::Record).into());
    }
    let before = standing(found)?;
    if before.waits_for().iter().all(|part| *part == Waiting::Number) {
        return Err(Denied::NothingToVouchFor.into());
    }
    seen.check_tag(&revision(&before))?;
    let mut declared = before.pending.clone().unwrap_or_else(|| before.declared.clone());
    // What was declared free while the edit waited stands: it was within the places that were matched.
    if let Some((_, free)) = most_free(turn, policy, &before)?.filter(|(_, free)| declared.places.get() < *free) {
        declared.places = matcher::Beds::new(free).map_err(crate::db::DbError::damaged)?;
    }
    let vouched = Vouched::now(turn.now, reach.organisation(), &declared, before.vouched);
    let stored = units::update(turn, StoredUnit { declared, pending: None, vouched: Some(vouched), ..before })?;
    turn.note(&stored);
    reevaluation::of_unit(turn, policy, id)?;
    Ok(stored)
}

/// The record of a repeat: as it stands now, whoever decided since.
pub fn decided(conn: &mut Conn, id: UnitId) -> Result<StoredUnit, crate::db::DbError> {
    units::find(conn, Reach::Everything, id)
}

/// The site of a structure has changed: those of its units that are matched leave the rankings until somebody vouches for them again.
pub(super) fn leave(turn: &mut Turn<'_>, structure: StructureId) -> Result<(), Failure> {
    for unit in units::of_structure(turn.conn, structure)? {
        if unit.vouching() == VouchingState::Vouched {
            let vouched = unit.vouched.map(|vouched| Vouched { at: None, ..vouched });
            let left = units::update(turn, StoredUnit { vouched, ..unit })?;
            turn.note_as(LEAVE, &left);
        }
    }
    Ok(())
}
