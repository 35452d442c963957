//! Changes that count with a second person's word only (design §5, "Where cases go is guarded like cases"): what an organisation is, the doors and
//! departments it answers for, the address at which it is written to; the roles administrator and auditor; and whoever an administrator would have manage
//! the people of an organisation that works already. Pure.

use matcher::{Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::one_time_code::OneTimeCode;
use super::{AccountKind, Email, Faults, List, Organisation, OrganisationKind, Role, Roles};
use crate::schemas;

/// A change that waits for a second person's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// What an organisation is, and what it answers for.
    Rights(Rights),
    /// The mail address of an organisation.
    Address {
        /// The address as it would be.
        email: Email,
    },
    /// Roles that nobody gives alone.
    Roles {
        /// Those that would be added.
        roles: Vec<Role>,
    },
}

/// What an organisation is, and what it answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// What it is.
    pub kind: OrganisationKind,
    /// Whether an association also orients people.
    pub orients: bool,
    /// The doors it answers for.
    pub doors: Vec<Door>,
    /// The departments it answers for.
    pub departments: Vec<Department>,
    /// Whether the organisation is new: one with doors then waits as long as an address does.
    pub is_new: bool,
}

matcher::codes! {
    /// What sort of change waits.
    pub enum ChangeKind: "sort of change" {
        /// Kind, doors, departments.
        Rights = "rights",
        /// The mail address.
        Address = "address",
        /// The roles administrator and auditor, and manager where an administrator gives it.
        Roles = "roles",
    }
}

matcher::codes! {
    /// What became of a change.
    pub enum ChangeOutcome: "outcome of a change" {
        /// It counts.
        Counted = "counted",
        /// An administrator said no, or who asked took it back.
        Rejected = "rejected",
        /// Another was asked for in its stead, or something was taken away that it would have brought back.
        Replaced = "replaced",
    }
}

impl Change {
    /// What sort it is.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Rights(_) => ChangeKind::Rights,
            Self::Address { .. } => ChangeKind::Address,
            Self::Roles { .. } => ChangeKind::Roles,
        }
    }

    /// Whether it counts only some time after all that it needs is there, so that whoever is told can still say no: another address, a new
    /// organisation with doors, and somebody who would manage people from elsewhere.
    pub fn gives_notice(&self) -> bool {
        match self {
            Self::Rights(rights) => rights.is_new && !rights.doors.is_empty(),
            Self::Address { .. } => true,
            Self::Roles { roles } => roles.contains(&Role::Manager),
        }
    }
}

/// The roles that nobody gives alone: administrator and auditor; and manager where `from_elsewhere`. A manager gives the roles by which cases are
/// read, so that who could make one alone would read cases by that detour.
pub fn guarded(roles: Roles, from_elsewhere: bool) -> Vec<Role> {
    let is_guarded = |role: Role| Role::by_administrators().contains(role) || (from_elsewhere && role == Role::Manager);
    roles.iter().filter(|role| is_guarded(*role)).collect()
}

/// Whether an account shows that its organisation works already: it is a tool, or somebody made it theirs, or is invited, in a role that is not an
/// administrator's to give alone. Who was deprived of all roles, or has left, worked there.
pub fn shows_work(kind: AccountKind, granted: Roles, was_accepted: bool, has_ended: bool) -> bool {
    let oversees_alone = granted.iter().all(|role| Role::by_administrators().contains(role));
    let has_none = granted.iter().next().is_none();
    kind == AccountKind::Tool || (was_accepted && (has_none || !oversees_alone)) || (!has_ended && !oversees_alone)
}

/// Roles but for some.
pub fn without(roles: Roles, others: &[Role]) -> Roles {
    roles.iter().filter(|role| !others.contains(role)).collect()
}

/// An edit of an organisation, taken apart: what counts at once, and what waits.
#[derive(Clone, Debug)]
pub struct Split {
    /// The organisation as it stands from now on.
    pub now: Organisation,
    /// What waits.
    pub waits: Vec<Change>,
    /// Whether a door, a department or that it orients is taken away at once.
    pub narrows: bool,
}

impl Split {
    /// Of a new organisation everything waits but its name and its numbers: until then it is a partner, which answers for nothing.
    pub fn of_new(wanted: &Organisation) -> Self {
        let mut waits = Vec::new();
        if wanted.kind != OrganisationKind::Partner || !wanted.departments.0.is_empty() {
            waits.push(Change::Rights(rights(wanted, true)));
        }
        waits.extend(wanted.contact.email.clone().map(|email| Change::Address { email }));
        let now = Organisation {
            kind: OrganisationKind::Partner,
            orients: false,
            doors: List(Vec::new()),
            departments: List(Vec::new()),
            contact: super::Contact { email: None, ..wanted.contact.clone() },
            ..wanted.clone()
        };
        Self { now, waits, narrows: false }
    }

    /// Of an edit what takes away counts at once: a door, a department, an address. Another kind, that it orients, a door or a department more,
    /// another address wait. None is all of France to a regulator, so that the last department is not taken away alone.
    pub fn of_edit(before: &Organisation, wanted: &Organisation) -> Self {
        let mut waits = Vec::new();
        let mut now = wanted.clone();
        if widens(before, wanted) {
            waits.push(Change::Rights(rights(wanted, false)));
            now.kind = before.kind;
            now.orients = before.orients && wanted.orients;
            now.doors.0.retain(|door| before.doors.0.contains(door));
            now.departments.0.retain(|department| before.departments.0.contains(department));
            if now.departments.0.is_empty() {
                now.departments = before.departments.clone();
            }
        }
        if let Some(email) = wanted.contact.email.clone().filter(|_| wanted.contact.email != before.contact.email) {
            waits.push(Change::Address { email });
            now.contact.email.clone_from(&before.contact.email);
        }
        let narrows = widens(&now, before);
        Self { now, waits, narrows }
    }
}

fn widens(before: &Organisation, wanted: &Organisation) -> bool {
    let within = |wanted: &[Department], before: &[Department]| {
        before.is_empty() || (!wanted.is_empty() && wanted.iter().all(|department| before.contains(department)))
    };
    // An association that orients gives referent, by which cases are read and lent.
    let orients = wanted.orients && !before.orients;
    wanted.kind != before.kind
        || orients
        || wanted.doors.0.iter().any(|door| !before.doors.0.contains(door))
        || !within(&wanted.departments.0, &before.departments.0)
}

fn rights(wanted: &Organisation, is_new: bool) -> Rights {
    Rights {
        kind: wanted.kind,
        orients: wanted.orients,
        doors: wanted.doors.0.clone(),
        departments: wanted.departments.0.clone(),
        is_new,
    }
}

/// The code that came to an address.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressProof {
    /// The code, as it stands in the mail.
    pub code: OneTimeCode,
}

impl Faults for AddressProof {}

crate::schemas::own! {
    ChangeKind as "ChangeKind" => schemas::codes::<ChangeKind>("What sort of change waits: `rights` of an organisation (kind, doors, departments), its mail `address`, or the `roles` administrator and auditor, or manager of an organisation that works already.");
    ChangeOutcome as "ChangeOutcome" => schemas::codes::<ChangeOutcome>("What became of a change.");
}
