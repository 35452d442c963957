//! Who calls, and whose records that reaches. Pure: how a caller proves who it is stands elsewhere.

use super::ids::{AccountId, OrganisationId};
use super::organisation::Given;
use super::{RecordKind, Role, Roles, Scope, Scopes};

/// Who holds a secret or is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The organisation it acts for.
    pub organisation: OrganisationId,
    /// In which roles it may act; a tool with scopes in those that its organisation gives its tools.
    pub roles: Roles,
    /// To what a tool is bound. None: a person, or a tool that the operator made, which may all that its roles may.
    pub scopes: Option<Scopes>,
}

impl Caller {
    /// Whether it has a role.
    pub fn is(self, role: Role) -> bool {
        self.roles.contains(role)
    }

    /// The roles in which it may use what asks for one of these scopes; none where its own do not open it. A tool is a partner to the registry,
    /// and a referent or a provider to it only where it may act as one.
    pub fn roles_for(self, asked: &[Scope]) -> Option<Roles> {
        let Some(scopes) = self.scopes else { return Some(self.roles) };
        if !asked.iter().any(|scope| scopes.contains(*scope)) {
            return None;
        }
        let mut opened = Roles::default();
        for scope in asked.iter().copied().filter(|scope| scopes.contains(*scope)) {
            opened = opened.with(acts_as(scope, scopes));
        }
        Some(opened.shared(self.roles))
    }
}

/// In which roles a scope lets a tool act, where its organisation gives them. What is read with `registry` and followed with `events` goes as
/// far as the tool's other scopes.
fn acts_as(scope: Scope, scopes: Scopes) -> Roles {
    let asks = scopes.contains(Scope::Requests).then_some(Role::Referent);
    let declares = scopes.contains(Scope::Vacancies).then_some(Role::Provider);
    match scope {
        Scope::Registry => [Role::Partner].into_iter().chain(asks).chain(declares).collect(),
        Scope::Vacancies => [Role::Provider].into_iter().collect(),
        Scope::Requests => [Role::Referent].into_iter().collect(),
        Scope::Referrals => [Role::Referent, Role::Provider, Role::Regulator].into_iter().collect(),
        Scope::Events => {
            let steps = if scopes.contains(Scope::Referrals) { acts_as(Scope::Referrals, scopes) } else { Roles::default() };
            let others: Roles = asks.into_iter().chain(declares).chain([Role::Partner]).collect();
            steps.with(others)
        }
    }
}

/// The kinds of record of whose events a scope lets a tool read, beside what its roles do.
fn follows(scope: Scope) -> &'static [RecordKind] {
    use RecordKind::{KeepApart, Notice, Plan, PlanConfirmation, Referral, Request, Structure, Unit, Vacancy};
    match scope {
        Scope::Registry | Scope::Events => &[],
        Scope::Vacancies => &[Structure, Unit, Vacancy],
        Scope::Requests => &[Request, KeepApart, Plan, PlanConfirmation],
        Scope::Referrals => &[Referral, Notice],
    }
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
/// not see is as one that is not there. Who has several roles reaches what each of them reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Somebody of an organisation.
    Of(Standing),
    /// No restriction: what the service does by itself, of which nobody is shown more than a caller's own reach gives. A test lists who
    /// uses it.
    Everything,
}

/// For which organisation somebody acts, in which roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    organisation: OrganisationId,
    roles: Roles,
    scopes: Option<Scopes>,
}

/// Whose events of which kinds somebody reads: a part of a reach, for one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The kinds; none: all.
    pub kinds: Option<Vec<RecordKind>>,
    /// Only of this organisation, as its own or addressed to it; none: of all.
    pub of: Option<OrganisationId>,
    /// On which sides of a referral somebody stands by this role: of no other is its event read.
    pub sides: Sides,
    /// Also of who comes to the places of `of`.
    pub comes: bool,
    /// Also of the referrals of requests that are lent to `of`.
    pub borrows: bool,
    /// Only what is addressed to `of`, and not what is its own.
    pub addressed_only: bool,
}

impl Reach {
    /// That of a caller who acts in these roles.
    pub fn of(caller: Caller, roles: Roles) -> Self {
        Self::Of(Standing { organisation: caller.organisation, roles, scopes: caller.scopes })
    }

    /// Who asks for an organisation: its requests and those that are lent to it, the referrals they are put to; of the registry all,
    /// confidential sites by their department.
    pub fn asking(organisation: OrganisationId) -> Self {
        Self::as_role(organisation, Role::Referent)
    }

    /// Who runs the homes of an organisation: those, and the referrals addressed to it or of people who come to it.
    pub fn running(organisation: OrganisationId) -> Self {
        Self::as_role(organisation, Role::Provider)
    }

    fn as_role(organisation: OrganisationId, role: Role) -> Self {
        Self::Of(Standing { organisation, roles: [role].into_iter().collect(), scopes: None })
    }

    /// The organisation where one of these roles is had.
    fn in_one_of(self, roles: &[Role]) -> Option<OrganisationId> {
        match self {
            Self::Of(standing) => roles.iter().any(|role| standing.roles.contains(*role)).then_some(standing.organisation),
            Self::Everything => None,
        }
    }

    /// In which roles somebody acts; in none without restriction.
    pub fn roles(self) -> Roles {
        match self {
            Self::Of(standing) => standing.roles,
            Self::Everything => Roles::default(),
        }
    }

    /// The organisation it is of; none without restriction.
    pub fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Of(standing) => Some(standing.organisation),
            Self::Everything => None,
        }
    }

    /// For which organisation it asks for places, if it does.
    pub fn asks(self) -> Option<OrganisationId> {
        self.in_one_of(&[Role::Referent, Role::Partner])
    }

    /// Whose homes it runs, if it does.
    pub fn provides(self) -> Option<OrganisationId> {
        self.in_one_of(&[Role::Provider])
    }

    /// For which organisation it keeps doors, if it does.
    pub fn keeps(self) -> Option<OrganisationId> {
        self.in_one_of(&[Role::Regulator])
    }

    /// Of which organisation it is the coordination, if it is.
    pub fn coordinates(self) -> Option<OrganisationId> {
        self.in_one_of(&[Role::Coordinator])
    }

    /// Whose people and tools it keeps as their manager, if it does.
    pub fn manages(self) -> Option<OrganisationId> {
        self.in_one_of(&[Role::Manager])
    }

    /// Whether it keeps the accounts of all organisations.
    pub fn administers(self) -> bool {
        self.in_one_of(&[Role::Administrator]).is_some()
    }

    /// Whether it keeps the accounts of an organisation.
    pub fn keeps_accounts_of(self, organisation: OrganisationId) -> bool {
        self.administers() || self.manages() == Some(organisation)
    }

    /// The roles that it may give and take in an organisation that gives these: a manager of it all that it gives; an administrator, in any,
    /// those by which no case is read. Whoever is both may both. No organisation makes administrators or auditors of its people.
    pub fn may_give(self, organisation: OrganisationId, given: Given) -> Roles {
        let as_manager = if self.manages() == Some(organisation) { given.of_people() } else { Roles::default() };
        let caseless = Role::by_administrators().with([Role::Manager].into_iter().collect());
        let as_administrator = if self.administers() { caseless } else { Roles::default() };
        as_manager.with(as_administrator)
    }

    /// Whether it audits: both logs.
    pub fn audits(self) -> bool {
        self.in_one_of(&[Role::Auditor]).is_some()
    }

    /// Whether it keeps the public numbers of the doors right: the coordination and administrators.
    pub fn keeps_door_contacts(self) -> bool {
        self.in_one_of(&[Role::Coordinator, Role::Administrator]).is_some()
    }

    /// Of which organisation alone registry records are reached; none: of all. Who does more than run homes reaches all.
    pub fn runs(self) -> Option<OrganisationId> {
        let wider = self.asks().or(self.keeps()).or(self.coordinates());
        self.provides().filter(|_| wider.is_none() && !self.audits() && self.in_one_of(&[Role::Administrator]).is_none())
    }

    /// On which sides of a referral of these parties it stands. Who reaches one that it does not ask answers for the place, or runs the home
    /// for which a door's regulator answers.
    pub fn sides(self, parties: Parties) -> Sides {
        let asking = match self {
            Self::Everything => true,
            Self::Of(_) => self.asks().is_some_and(|own| own == parties.asking || Some(own) == parties.lent_to),
        };
        let addressed = self.provides().or(self.keeps()).is_some_and(|own| own == parties.addressee || !asking);
        Sides { asking, addressed }
    }

    /// What it reads of the log of commands, role by role; none of it where there is nothing.
    pub fn follows(self) -> Vec<Followed> {
        let Self::Of(standing) = self else {
            return vec![Followed {
                kinds: None,
                of: None,
                sides: Sides { asking: true, addressed: true },
                comes: false,
                borrows: false,
                addressed_only: false,
            }];
        };
        let bound: Option<Vec<RecordKind>> =
            standing.scopes.map(|scopes| scopes.iter().flat_map(|scope| follows(scope).iter().copied()).collect());
        let followed = |role: Role| {
            let kinds = kinds_followed(role).map(|kinds| {
                kinds.iter().copied().filter(|kind| bound.as_ref().is_none_or(|bound| bound.contains(kind))).collect()
            });
            let of = match role {
                Role::Coordinator | Role::Administrator | Role::Auditor => None,
                Role::Referent | Role::Partner | Role::Provider | Role::Regulator | Role::Manager => Some(standing.organisation),
            };
            let asking = matches!(role, Role::Referent | Role::Partner);
            let sides = Sides { asking, addressed: matches!(role, Role::Provider | Role::Regulator) };
            Followed { kinds, of, sides, comes: role == Role::Provider, borrows: asking, addressed_only: false }
        };
        // Of alerts the coordination reads those that it is told.
        let told = standing.roles.contains(Role::Coordinator).then(|| Followed {
            kinds: Some(if bound.is_none() { vec![RecordKind::Alert] } else { Vec::new() }),
            of: Some(standing.organisation),
            sides: Sides { asking: false, addressed: false },
            comes: false,
            borrows: false,
            addressed_only: true,
        });
        standing.roles.iter().map(followed).chain(told).collect()
    }
}

/// The kinds of record whose events a role reads; none: of all kinds.
fn kinds_followed(role: Role) -> Option<&'static [RecordKind]> {
    use RecordKind::{
        Account, Alert, DoorContact, KeepApart, Notice, Organisation, PendingChange, Plan, PlanConfirmation, Referral,
        RememberedPhone, Request, Session, Structure, Unit, Vacancy, Webhook,
    };
    match role {
        Role::Referent | Role::Partner => Some(&[Request, Referral, KeepApart, Plan, PlanConfirmation, Notice]),
        Role::Provider => Some(&[Structure, Unit, Vacancy, Referral, Notice]),
        Role::Regulator => Some(&[Referral]),
        // Nothing of beds: what is free is no business of a feed below the fourth rung.
        Role::Coordinator => Some(&[Organisation, Structure, Unit, Notice, DoorContact]),
        Role::Administrator => Some(&[Organisation, Account, Session, RememberedPhone, PendingChange, DoorContact]),
        Role::Manager => Some(&[Account, Session, RememberedPhone, Alert, Webhook]),
        Role::Auditor => None,
    }
}

/// Who stands on the sides of a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Whose request it is.
    pub asking: OrganisationId,
    /// In whose hands the request is, if it is lent.
    pub lent_to: Option<OrganisationId>,
    /// Who answers.
    pub addressee: OrganisationId,
}

/// On which sides of a referral someone stands: on both, who asks its own organisation's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Of those who ask.
    pub asking: bool,
    /// Of those who answer.
    pub addressed: bool,
}

impl Sides {
    /// From which side a referral is shown: who asks sees all of it.
    pub fn seen_from(self) -> Side {
        if self.asking { Side::Asking } else { Side::Addressed }
    }

    /// From which side an answer comes: who stands on both answers for the place, unless it writes down what came by phone.
    pub fn answers_from(self, by_phone: bool) -> Side {
        if self.asking && (by_phone || !self.addressed) { Side::Asking } else { Side::Addressed }
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
