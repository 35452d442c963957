//! Encounters: referrals that bring people near each other who are kept apart (design §4). Whoever answers for the place and the coordination
//! hear of one; those who ask never do, and nothing they can do or read is answered otherwise because of it.

use matcher::Department;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::ids::{KeepApartLinkId, OrganisationId, ReferralId, RequestId, UnitId};
use super::text::Name;
use super::{About, ContactNumber, Noted, Phone, Referral, ReferralState, Text};

/// A referral of people whom some others must not meet, in the area of a referral of those.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    /// What keeps them apart.
    pub link: KeepApartLinkId,
    /// The referral.
    pub referral: ReferralId,
    /// Of which request it is.
    pub request: RequestId,
    /// Where.
    pub unit: UnitId,
    /// The organisation that asks.
    pub organisation: OrganisationId,
    /// The organisation that answers.
    pub addressee: OrganisationId,
    /// Where it stands.
    pub state: ReferralState,
    /// Whether beds are held for them.
    pub held: bool,
}

impl Near {
    /// Whether they are housed or held there: an open question alone is no place where somebody is.
    pub fn are_there(&self) -> bool {
        self.held || self.state == ReferralState::Arrived
    }

    /// What the coordination reads of it: whom to call on each side, and no people.
    fn told(&self) -> Value {
        told(self.referral, self.unit, self.organisation, self.addressee, self.state)
    }
}

fn told(
    referral: ReferralId,
    unit: UnitId,
    organisation: OrganisationId,
    addressee: OrganisationId,
    state: ReferralState,
) -> Value {
    json!({"referral_id": referral, "unit_id": unit, "organisation_id": organisation, "addressee_id": addressee, "state": state})
}

/// An encounter as the coordination is told of it.
#[derive(Clone, Debug)]
pub struct Encounter {
    links: Vec<KeepApartLinkId>,
    referrals: Vec<(ReferralId, Value)>,
    department: Department,
    /// Who is told beside the coordination, out of its hours.
    pub stand_in: Option<OrganisationId>,
}

impl Encounter {
    /// Those near a referral whom its people meet there: either is housed or held.
    pub fn met(referral: &Referral, near: &[Near]) -> Vec<Near> {
        let meets = |other: &&Near| referral.concerns_its_addressee() && (other.are_there() || referral.are_there());
        near.iter().filter(meets).copied().collect()
    }

    /// That of a referral in a department with those it meets, told to somebody out of the coordination's hours.
    pub fn new(referral: &Referral, met: &[Near], department: Department, stand_in: Option<OrganisationId>) -> Self {
        let Referral { id, unit, organisation, addressee, state, .. } = referral;
        let first = (*id, told(*id, *unit, *organisation, *addressee, *state));
        Self {
            links: met.iter().map(|other| other.link).collect(),
            referrals: std::iter::once(first).chain(met.iter().map(|other| (other.referral, other.told()))).collect(),
            department,
            stand_in,
        }
    }

    /// Several at once: a site has moved, or two were linked who have more than one referral.
    pub fn all(encounters: impl IntoIterator<Item = Self>) -> Option<Self> {
        encounters.into_iter().reduce(|mut one, other| {
            one.links.extend(other.links.into_iter().filter(|link| !one.links.contains(link)).collect::<Vec<_>>());
            let known: Vec<_> = one.referrals.iter().map(|(id, _)| *id).collect();
            one.referrals.extend(other.referrals.into_iter().filter(|(id, _)| !known.contains(id)));
            one
        })
    }

    /// One of its referrals, by which a mail names it.
    pub fn referral(&self) -> Option<ReferralId> {
        self.referrals.first().map(|(id, _)| *id)
    }

    /// As it stands in the log.
    pub fn detail(&self) -> Value {
        let referrals: Vec<_> = self.referrals.iter().map(|(_, told)| told).collect();
        json!({"department": self.department.as_str(), "link_ids": self.links, "referrals": referrals})
    }
}

/// A record whose change brings people together who are kept apart, if it does.
#[derive(Debug)]
pub struct Brought<'r, R> {
    /// The record.
    pub record: &'r R,
    /// Whom it brings together.
    pub encounter: Option<Encounter>,
}

impl<R: Noted> Noted for Brought<'_, R> {
    fn about(&self) -> About {
        About { encounter: self.encounter.clone(), ..self.record.about() }
    }
}

/// Whom an addressee calls before it answers for people whom others must not meet who are near.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SafetyCall {
    /// The coordination, or out of its hours the 115 of the department.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// Its numbers, in the order in which to try them.
    #[schema(max_items = 10)]
    pub numbers: Vec<ContactNumber>,
}

impl SafetyCall {
    /// The national number, where nobody is registered who could be called.
    pub fn national() -> Result<Self, String> {
        let number = |phone: &str| Phone::try_from(phone.to_owned());
        let numbers = vec![ContactNumber { label: None, phone: number("115")?, hours: None }];
        Ok(Self { name: Text::try_from("115".to_owned())?, numbers })
    }
}
