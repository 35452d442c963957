//! A household whose people are looked after separately: each to a request of their own (design §4). No child goes from its parent but with child
//! protection named.

use std::collections::BTreeSet;

use matcher::Person;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::ids::RequestId;
use super::request::{AuthorityTold, LoneMinor, MinorsAuthority, place_in_household};
use super::{Faults, List, Request};
use crate::limits::{HOUSEHOLD_MAX, PARTS_MAX};
use crate::schemas;

matcher::codes! {
    /// What is to become of people who are looked after separately.
    pub enum Bond: "bond of separated people" {
        /// They must not meet.
        KeptApart = "kept_apart",
        /// They are to be together again once a place for all is found.
        ToReunite = "to_reunite",
    }
}

/// Another request of people who were of one household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Separated {
    /// Theirs.
    pub request_id: RequestId,
    /// What is to become of them.
    pub bond: Bond,
}

/// A place in `household`, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceInHousehold(pub u8);

impl<'de> Deserialize<'de> for PlaceInHousehold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        place_in_household(deserializer).map(Self)
    }
}

/// People who go together into a request of their own.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct HouseholdPart(pub List<PlaceInHousehold, 1, HOUSEHOLD_MAX>);

/// Who of a household goes into requests of their own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Splitting {
    /// Who leaves the request, each list together into one of their own; whoever is named in none stays.
    #[schema(value_type = Vec<HouseholdPart>, min_items = 1, max_items = 19)]
    pub parts: List<HouseholdPart, 1, PARTS_MAX>,
    /// What is to become of them.
    pub bond: Bond,
    /// Where those who may be the parents of a child do not stay together: that a professional says that each child is with its parent.
    #[serde(default)]
    pub with_parent: bool,
    /// Where a child goes without its parent: who in child protection was told, or that somebody tried.
    #[serde(default)]
    pub child_protection: Option<AuthorityTold>,
}

impl Faults for Splitting {
    fn faults(&self) -> Vec<WrongField> {
        let (mut seen, mut faults) = (BTreeSet::new(), Vec::new());
        for (part, people) in self.parts.0.iter().enumerate() {
            for (at, person) in people.0.0.iter().enumerate() {
                if !seen.insert(*person) {
                    faults.push((format!("parts[{part}][{at}]"), "is named twice".to_owned()));
                }
            }
        }
        let told = self.child_protection.as_ref().filter(|told| told.authority != MinorsAuthority::ChildProtection);
        faults.extend(told.map(|_| ("child_protection.authority".to_owned(), "must be `child_protection`".to_owned())));
        faults
    }
}

/// A household divided: the request of those who stay, and those of the others.
#[derive(Clone, Debug)]
pub struct Divided {
    /// Who stays.
    pub stays: Request,
    /// Who leaves.
    pub leave: Vec<Request>,
}

impl Splitting {
    /// The requests that a request is divided into, or what stands in the way.
    pub fn divide(&self, declared: &Request) -> Result<Divided, Vec<WrongField>> {
        let people = &declared.household.0;
        let parts: Vec<Vec<usize>> =
            self.parts.0.iter().map(|part| part.0.0.iter().map(|place| usize::from(place.0)).collect()).collect();
        let unknown = parts.iter().enumerate().flat_map(|(part, places)| {
            let beyond = places.iter().enumerate().filter(|(_, place)| people.len() <= **place);
            beyond.map(move |(at, _)| (format!("parts[{part}][{at}]"), "is no place in `household`".to_owned())).collect::<Vec<_>>()
        });
        let mut faults: Vec<WrongField> = unknown.collect();
        let stay: Vec<usize> = (0..people.len()).filter(|place| !parts.iter().any(|part| part.contains(place))).collect();
        if stay.is_empty() {
            faults.push(("parts".to_owned(), "leaves nobody in the request: somebody stays".to_owned()));
        }
        let all: Vec<&[usize]> = std::iter::once(stay.as_slice()).chain(parts.iter().map(Vec::as_slice)).collect();
        if self.child_protection.is_none() && self.takes_a_child_away(people, &all) {
            let why = "is needed where a child goes without its parent; where each is with its own, say so in `with_parent`";
            faults.push(("child_protection".to_owned(), why.to_owned()));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let divided = |places: &[usize]| self.of(declared, places);
        let stays = divided(&stay).ok_or_else(Vec::new)?;
        let leave = parts.iter().map(|part| divided(part)).collect::<Option<_>>().ok_or_else(Vec::new)?;
        Ok(Divided { stays, leave })
    }

    /// Whether a child may be without its parent: nobody with it can be, or who is cannot be told from the household alone and nobody says it.
    fn takes_a_child_away(&self, people: &[Person], parts: &[&[usize]]) -> bool {
        let any = |part: &[usize], is_meant: fn(&Person) -> bool| part.iter().filter_map(|place| people.get(*place)).any(is_meant);
        let may_be_parent = |person: &Person| !person.with_parent;
        let is_spread = parts.iter().filter(|part| any(part, may_be_parent)).count() > 1;
        let is_taken = |part: &&[usize]| {
            any(part, |person| person.with_parent) && (!any(part, may_be_parent) || (is_spread && !self.with_parent))
        };
        parts.iter().any(is_taken)
    }

    /// The request of some of the people: all that is known of them, and the same wishes, needs and dangers.
    fn of(&self, declared: &Request, places: &[usize]) -> Option<Request> {
        let is_anyone_a_parent =
            places.iter().filter_map(|place| declared.household.0.get(*place)).any(|person| !person.with_parent);
        let (mut people, mut known) = (Vec::new(), Vec::new());
        for (at, place) in places.iter().enumerate() {
            let person = declared.household.0.get(*place)?;
            let goes_alone = person.with_parent && !is_anyone_a_parent;
            let of_person = declared.lone_minors.0.iter().find(|known| usize::from(known.person) == *place).cloned();
            let at = u8::try_from(at).ok()?;
            if goes_alone {
                known.push(self.taken_from_parent(at));
            }
            known.extend(of_person.map(|of_person| LoneMinor { person: at, ..of_person }));
            people.push(Person { with_parent: person.with_parent && !goes_alone, ..person.clone() });
        }
        let adults = people.iter().filter(|person| person.is_adult()).count();
        Some(Request {
            couple: declared.couple && adults > 1,
            household: List::new(people).ok()?,
            lone_minors: List::new(known).ok()?,
            ..declared.clone()
        })
    }

    /// What is known of a child that goes without its parent.
    fn taken_from_parent(&self, person: u8) -> LoneMinor {
        LoneMinor {
            person,
            guardian_appointed: false,
            minority_ground: None,
            told: self.child_protection.clone(),
            assessment_recorded_at: None,
            assessment_decided_by: None,
            child_view: None,
        }
    }
}

schemas::own! {
    Bond as "Bond" => schemas::codes::<Bond>("What is to become of people who are looked after separately: they must not meet, or they are to be together again.");
    HouseholdPart as "HouseholdPart" => schemas::list(schemas::whole(0, 19, 1, "A place in `household`, from 0."), 1, HOUSEHOLD_MAX);
}
