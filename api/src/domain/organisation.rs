//! What is declared of an organisation.

use matcher::{Code, Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::ids::OrganisationId;
use super::text::Name;
use super::{Contact, OrganisationKind, Role, Roles, Text};
use super::{Faults, List};
use crate::clock::Instant;
use crate::limits::CODES_MAX;
use crate::schemas;

/// A SIAO, an association, another orienting service, a regulator, the coordination or a partner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, which no other organisation has.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// What it is.
    pub kind: OrganisationKind,
    /// For an association: whether it also orients people, so that its people may ask for places.
    #[serde(default)]
    pub orients: bool,
    /// For a regulator: the doors it answers for.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Door>, max_items = 200)]
    pub doors: List<Door, 0, CODES_MAX>,
    /// For a SIAO or a regulator: the departments it answers for; none means all of France.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::Department>, max_items = 200)]
    pub departments: List<Department, 0, CODES_MAX>,
    /// How to reach it.
    #[serde(default)]
    pub contact: Contact,
}

impl Organisation {
    /// The roles that it gives.
    pub fn gives(&self) -> Given {
        self.kind.gives(self.orients, &self.doors.0)
    }

    /// Whether people of it may ask for places, and so be lent a request.
    pub fn may_ask_for_places(&self) -> bool {
        self.gives().of_people().contains(Role::Referent)
    }
}

/// The roles that an organisation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given(Roles);

impl Given {
    /// To people, whoever manages them.
    pub fn of_people(self) -> Roles {
        self.0
    }

    /// To tools, as far as their scopes open them: those of who asks and of who answers, and partner.
    pub fn of_tools(self) -> Roles {
        let acting: Roles = [Role::Referent, Role::Provider, Role::Regulator].into_iter().collect();
        self.0.shared(acting).with([Role::Partner].into_iter().collect())
    }
}

impl OrganisationKind {
    /// The roles that an organisation of this kind gives (design §5): a SIAO or another orienting service referent and provider; an
    /// association provider, and referent where it `orients`; a regulator regulator, a 115 referent too; the coordination coordinator; each
    /// manager. Administrator and auditor are given by an administrator alone.
    pub fn gives(self, orients: bool, doors: &[Door]) -> Given {
        let cases: &[Role] = match self {
            Self::Siao | Self::OrientingService => &[Role::Referent, Role::Provider],
            Self::Association if orients => &[Role::Referent, Role::Provider],
            Self::Association => &[Role::Provider],
            Self::Regulator if doors.contains(&Door::Samu115) => &[Role::Regulator, Role::Referent],
            Self::Regulator => &[Role::Regulator],
            Self::Coordination => &[Role::Coordinator],
            Self::Partner => &[],
        };
        Given(cases.iter().copied().chain([Role::Manager]).collect())
    }
}

impl Role {
    /// What an administrator alone gives, to whomever of any organisation: no organisation gives it.
    pub fn by_administrators() -> Roles {
        [Self::Administrator, Self::Auditor].into_iter().collect()
    }
}

/// Whether a regulator, where one is registered, answers for places behind a door (design §4).
pub fn is_kept(door: Door) -> bool {
    match door {
        Door::Acse | Door::ChildProtection | Door::Asylum | Door::Samu115 => true,
        Door::Siao | Door::Direct | Door::Health => false,
    }
}

/// The regulator that answers for a door in a department, if there is one: one that names the department before one for all of France, then the
/// first, which is the oldest.
pub fn keeper<'o>(
    regulators: impl Iterator<Item = (OrganisationId, &'o Organisation)>,
    door: Door,
    department: Department,
) -> Option<OrganisationId> {
    let answers = |declared: &Organisation| declared.departments.0.is_empty() || declared.departments.0.contains(&department);
    let able = regulators.filter(|(_, declared)| is_kept(door) && declared.doors.0.contains(&door) && answers(declared));
    let mut everywhere = None;
    for (id, declared) in able {
        if !declared.departments.0.is_empty() {
            return Some(id);
        }
        everywhere = everywhere.or(Some(id));
    }
    everywhere
}

/// The regulators that answer for some doors in a department.
pub fn keepers<'o>(
    regulators: impl Iterator<Item = (OrganisationId, &'o Organisation)> + Clone,
    doors: &[Door],
    department: Department,
) -> Vec<OrganisationId> {
    doors.iter().filter_map(|door| keeper(regulators.clone(), *door, department)).collect()
}

/// Through which of its doors a unit is asked where nobody says which, and the regulator that keeps that door; none: the home answers. Who is
/// shown of a place that is proposed and who is asked is the same, in whatever order the doors were written.
///
/// For a lone minor child protection goes first, and for nobody else. Then a door that a regulator keeps goes before the home's own, since who
/// keeps a door is not passed over (design §5).
pub fn entrance<'o>(
    regulators: impl Iterator<Item = (OrganisationId, &'o Organisation)> + Clone,
    doors: &[Door],
    department: Department,
    of_lone_minor: bool,
) -> (Door, Option<OrganisationId>) {
    let kept = doors.iter().map(|door| (*door, keeper(regulators.clone(), *door, department)));
    let order = |(door, keeper): &(Door, Option<OrganisationId>)| {
        let turn = match (door, keeper) {
            (Door::ChildProtection, _) if of_lone_minor => 0,
            (Door::ChildProtection, _) => 3,
            (_, Some(_)) => 1,
            (_, None) => 2,
        };
        (turn, <Door as Code>::ALL.iter().position(|known| known == door))
    };
    kept.min_by_key(order).unwrap_or((Door::Direct, None))
}

impl Faults for Organisation {
    fn faults(&self) -> Vec<WrongField> {
        let mut faults = Vec::new();
        if !self.doors.0.is_empty() && self.kind != OrganisationKind::Regulator {
            let why = "only a regulator answers for doors: leave them out, or set `kind` to `regulator`";
            faults.push(("doors".to_owned(), why.to_owned()));
        }
        if self.orients && self.kind != OrganisationKind::Association {
            let why = "is said of an association: of the other kinds their kind says whether they orient";
            faults.push(("orients".to_owned(), why.to_owned()));
        }
        faults.extend(self.contact.faults_below("contact"));
        faults
    }

    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        faults.extend(self.contact.hours_faults_below("contact", now));
        faults
    }
}
