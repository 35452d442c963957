//! The ladder (design §5): how much of a home someone sees, by who asks, whose it is and what leads there. One function decides; one type of
//! view for each rung shows (`web/views`). Pure.

use chrono::TimeDelta;
use matcher::{Department, Door};

use super::ids::OrganisationId;
use super::{Organisation, OrganisationKind, Reach, Referral, ReferralState, Role, Roles, Side};
use crate::clock::Instant;
use crate::limits;

/// How high someone stands, from the foot up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Kind, region, the profile in broad values.
    Registry,
    /// Department, the whole public profile, doors.
    Profile,
    /// Name, town and numbers of whoever answers: the home, or the regulator of its door.
    Proposal,
    /// Both sides of a referral; and who declares on the word of a home: name, contact, vacancies.
    Referral,
    /// Meeting point, time and code of an arrival.
    Arrival,
    /// Everything.
    Home,
}

/// Who asks, with what its organisation answers for.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The organisation it acts for.
    pub organisation: OrganisationId,
    /// What it may do.
    pub roles: Roles,
    /// What its organisation answers for.
    pub territory: Territory,
}

/// What an organisation answers for: whose doors, and which departments it names.
#[derive(Clone, Debug, Default)]
pub struct Territory {
    is_siao: bool,
    is_115: bool,
    departments: Vec<Department>,
}

impl From<&Organisation> for Territory {
    fn from(organisation: &Organisation) -> Self {
        Self {
            is_siao: organisation.kind == OrganisationKind::Siao,
            is_115: organisation.kind == OrganisationKind::Regulator && organisation.doors.0.contains(&Door::Samu115),
            departments: organisation.departments.0.clone(),
        }
    }
}

/// What of a place the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// Who runs it.
    pub organisation: OrganisationId,
    /// Where it stands.
    pub department: Department,
    /// Who can open it.
    pub doors: &'p [Door],
    /// Whether its site is public.
    pub is_public: bool,
    /// The regulators that are registered for its doors.
    pub keepers: &'p [OrganisationId],
}

/// What leads to a place.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// The registry: a list, a record by its id, a ranking that is not stored.
    Registry,
    /// A proposal for a stored request.
    Proposal,
    /// A referral on one of whose sides somebody stands.
    Referral(Side, Standing),
}

/// What a referral opens, by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is open: each other's contact.
    Open,
    /// The people come or are there, by the word of who answers: the arrival too.
    Coming,
    /// It ended less than thirty days ago: who the other was, without contacts.
    Over,
    /// It ended before that.
    Past,
}

impl Standing {
    /// Where a referral stands. A yes that was written down after a phone call opens no arrival before who answers has said it.
    pub fn of(referral: &Referral, now: Instant) -> Self {
        let course = &referral.course;
        match referral.state {
            ReferralState::Confirmed | ReferralState::Arrived if !course.accepted_by_phone => Self::Coming,
            ReferralState::Asked
            | ReferralState::Acknowledged
            | ReferralState::Accepted
            | ReferralState::Confirmed
            | ReferralState::Arrived => Self::Open,
            ReferralState::Ended
            | ReferralState::Declined
            | ReferralState::Superseded
            | ReferralState::NoShow
            | ReferralState::TurnedAway
            | ReferralState::Withdrawn
            | ReferralState::Expired => {
                let since = course.ended_at.unwrap_or(referral.updated_at);
                if now < since.plus(TimeDelta::days(limits::OTHER_SIDE_DAYS)) { Self::Over } else { Self::Past }
            }
        }
    }

    /// Whether contacts are shown.
    pub fn shows_contacts(self) -> bool {
        matches!(self, Self::Open | Self::Coming)
    }
}

/// The doors behind which a SIAO or a 115 may declare on the word of a home.
const DECLARED_FOR: [Door; 4] = [Door::Siao, Door::Direct, Door::Health, Door::Samu115];

impl Asker {
    /// Who calls, in the roles in which it does; none: nobody calls.
    pub fn new(reach: Reach, territory: Territory) -> Option<Self> {
        Some(Self { organisation: reach.organisation()?, roles: reach.roles(), territory })
    }

    /// Whether it has one of these roles.
    fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(*role))
    }

    /// Whether it runs the homes of an organisation.
    pub fn runs(&self, organisation: OrganisationId) -> bool {
        self.has(&[Role::Provider]) && organisation == self.organisation
    }

    /// Whether it reads the whole public profile of every unit.
    pub fn sees_profiles(&self) -> bool {
        self.has(&[Role::Referent, Role::Regulator, Role::Coordinator])
    }

    /// The rung of the ladder on which it stands before a place; none: the place does not exist for it.
    pub fn rung(&self, place: Place<'_>, way: Way) -> Option<Rung> {
        [self.by_own(place), self.by_way(way), self.by_office(place), self.by_role(place)].into_iter().flatten().max()
    }

    /// Its own home.
    fn by_own(&self, place: Place<'_>) -> Option<Rung> {
        self.runs(place.organisation).then_some(Rung::Home)
    }

    /// The rung to which what leads there lifts somebody by itself; none: to none.
    pub fn by_way(&self, way: Way) -> Option<Rung> {
        match way {
            Way::Registry => None,
            Way::Proposal => self.has(&[Role::Referent]).then_some(Rung::Proposal),
            Way::Referral(side, standing) => {
                let takes_part = match side {
                    Side::Asking => self.has(&[Role::Referent, Role::Partner]),
                    Side::Addressed => self.has(&[Role::Provider, Role::Regulator]),
                };
                let rung = match standing {
                    Standing::Open | Standing::Over => Rung::Referral,
                    Standing::Coming => Rung::Arrival,
                    Standing::Past => return None,
                };
                takes_part.then_some(rung)
            }
        }
    }

    /// Whether it is one of those who declare on the word of homes.
    pub fn declares_for_others(&self) -> bool {
        (self.has(&[Role::Provider]) && self.territory.is_siao) || (self.has(&[Role::Regulator]) && self.territory.is_115)
    }

    /// Whether it may vouch for a place (design §5): never for one of its own organisation; the coordination for any, a SIAO or a 115 in the
    /// departments that it names, whoever is on duty there, a regulator behind its door.
    pub fn may_vouch(&self, place: Place<'_>) -> bool {
        if place.organisation == self.organisation {
            return false;
        }
        let keeps_its_door = self.has(&[Role::Regulator]) && place.keepers.contains(&self.organisation);
        let names_it = self.territory.departments.contains(&place.department);
        self.has(&[Role::Coordinator]) || keeps_its_door || (self.answers_for_departments() && names_it)
    }

    /// The departments outside which it may vouch for nothing; none where it is the coordination or may keep a door anywhere.
    pub fn vouches_only_in(&self) -> Option<&[Department]> {
        let may_elsewhere = self.has(&[Role::Coordinator, Role::Regulator]);
        (!may_elsewhere).then_some(if self.answers_for_departments() { &self.territory.departments } else { &[] })
    }

    /// Whether it is somebody on duty of a SIAO or a 115.
    fn answers_for_departments(&self) -> bool {
        let is_on_duty = self.has(&[Role::Referent, Role::Provider, Role::Regulator]);
        is_on_duty && (self.territory.is_siao || self.territory.is_115)
    }

    /// The door it keeps, or the department for which it declares on the word of homes.
    fn by_office(&self, place: Place<'_>) -> Option<Rung> {
        let declares = self.declares_for_others();
        let names_it = self.territory.departments.contains(&place.department);
        if declares && names_it && place.doors.iter().any(|door| DECLARED_FOR.contains(door)) {
            return Some(Rung::Referral);
        }
        (self.has(&[Role::Regulator]) && place.keepers.contains(&self.organisation)).then_some(Rung::Proposal)
    }

    /// What everybody of its roles sees.
    fn by_role(&self, place: Place<'_>) -> Option<Rung> {
        if self.sees_profiles() {
            return Some(Rung::Profile);
        }
        let is_known = self.has(&[Role::Partner, Role::Provider, Role::Auditor, Role::Administrator, Role::Manager]);
        is_known.then_some(if place.is_public { Rung::Profile } else { Rung::Registry })
    }
}
