//! Who calls, and whose records that reaches. Pure: how a caller proves who it is stands elsewhere.

use super::ids::{AccountId, OrganisationId};
use super::{RecordKind, Role};

/// Who holds a token or is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account whose token it is.
    pub account: AccountId,
    /// The organisation it acts for.
    pub organisation: OrganisationId,
    /// What it may do.
    pub role: Role,
}

/// Who gives a command or reads, as both logs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// The account; none for the holder of a link in a mail.
    pub account: Option<AccountId>,
    /// The organisation it acts for, or the link was sent to.
    pub organisation: OrganisationId,
}

impl From<Caller> for By {
    fn from(caller: Caller) -> Self {
        Self { account: Some(caller.account), organisation: caller.organisation }
    }
}

/// Whose records a query reaches. A query made for a caller takes one and leaves out what it does not reach, so that a record one may
/// not see is as one that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Who asks for an organisation: its requests and those that are lent to it, the referrals they are put to; of the registry all, confidential sites by their department.
    Asking(OrganisationId),
    /// Who runs the homes of an organisation: those, and the referrals addressed to it or of people who come to it.
    Running(OrganisationId),
    /// Who keeps doors for an organisation: the referrals addressed to it; of the registry all, confidential sites by their department.
    Keeping(OrganisationId),
    /// The coordination: of the registry all, confidential sites by their department; of requests their ids, for plans of its own.
    Coordinating(OrganisationId),
    /// Who keeps accounts: organisations and accounts.
    Administering(OrganisationId),
    /// Who audits: both logs.
    Auditing(OrganisationId),
    /// No restriction: what the service does by itself, of which nobody is shown more than a caller's own reach gives. A test lists who
    /// uses it.
    Everything,
}

impl From<Caller> for Reach {
    fn from(caller: Caller) -> Self {
        let of = match caller.role {
            Role::Referent | Role::Partner => Self::Asking,
            Role::Provider => Self::Running,
            Role::Regulator => Self::Keeping,
            Role::Coordinator => Self::Coordinating,
            Role::Administrator => Self::Administering,
            Role::Auditor => Self::Auditing,
        };
        of(caller.organisation)
    }
}

impl Reach {
    /// The organisation it is of; none without restriction.
    pub fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Asking(organisation)
            | Self::Running(organisation)
            | Self::Keeping(organisation)
            | Self::Coordinating(organisation)
            | Self::Administering(organisation)
            | Self::Auditing(organisation) => Some(organisation),
            Self::Everything => None,
        }
    }

    /// Of which organisation alone registry records are reached; none: of all.
    pub fn runs(self) -> Option<OrganisationId> {
        match self {
            Self::Running(organisation) => Some(organisation),
            Self::Asking(_)
            | Self::Keeping(_)
            | Self::Coordinating(_)
            | Self::Administering(_)
            | Self::Auditing(_)
            | Self::Everything => None,
        }
    }

    /// Whether the cell of a confidential site is shown.
    pub fn shows_cells(self) -> bool {
        match self {
            Self::Running(_) => true,
            Self::Asking(_)
            | Self::Keeping(_)
            | Self::Coordinating(_)
            | Self::Administering(_)
            | Self::Auditing(_)
            | Self::Everything => false,
        }
    }

    /// On which side of a referral it stands.
    pub fn side(self) -> Side {
        match self {
            Self::Running(_) | Self::Keeping(_) => Side::Addressed,
            Self::Asking(_) | Self::Coordinating(_) | Self::Administering(_) | Self::Auditing(_) | Self::Everything => Side::Asking,
        }
    }

    /// The kinds of record whose events it reads; none: of all kinds.
    pub fn event_kinds(self) -> Option<&'static [RecordKind]> {
        use RecordKind::{
            Account, KeepApart, Notice, Organisation, Plan, PlanConfirmation, Referral, Request, Session, Structure, Unit, Vacancy,
        };
        match self {
            Self::Asking(_) => Some(&[Request, Referral, KeepApart, Plan, PlanConfirmation, Notice]),
            Self::Running(_) => Some(&[Structure, Unit, Vacancy, Referral, Notice]),
            Self::Keeping(_) => Some(&[Referral]),
            // Nothing of beds: what is free is no business of a feed below the fourth rung.
            Self::Coordinating(_) => Some(&[Organisation, Structure, Unit, Notice]),
            Self::Administering(_) => Some(&[Organisation, Account, Session]),
            Self::Auditing(_) | Self::Everything => None,
        }
    }

    /// Of which organisation alone events are read, as its own or addressed to it; none: of all.
    pub fn events_of(self) -> Option<OrganisationId> {
        match self {
            Self::Asking(organisation) | Self::Running(organisation) | Self::Keeping(organisation) => Some(organisation),
            Self::Coordinating(_) | Self::Administering(_) | Self::Auditing(_) | Self::Everything => None,
        }
    }
}

/// On which side of a referral someone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Of those who ask.
    Asking,
    /// Of those who answer.
    Addressed,
}
