//! What asks: a household with its wishes, needs and dangers.
//!
//! This file owns the input of a request and what can contradict itself in it ([`Request::faults`]). It has no field for papers,
//! nationality, complaint or form of exploitation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codes::{Codes, Gender, Minority, Offer, Setting, Stage, Urgency, Wish, ZoneLevel};
use crate::unit::{Fault, MINOR_AGE_MAX, YOUNG_ADULT_AGE_MAX};
use crate::values::{Age, Day, Department, Km, Language, Latitude, Longitude, Moment, Nights, Point, RadiusKm};

/// One person of a household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The gender as the person says it.
    pub gender: Gender,
    /// Whether the person is of age.
    pub minority: Minority,
    /// The age in completed years at the instant of the request; null: unknown.
    #[serde(default)]
    pub age: Option<Age>,
    /// Whether a parent is in the household and the link is established.
    #[serde(default)]
    pub with_parent: bool,
    /// The day this person comes of age, if known.
    #[serde(default)]
    pub turns_18_on: Option<Day>,
}

impl Person {
    /// Whether the person is of age.
    pub fn is_adult(&self) -> bool {
        self.minority == Minority::Adult
    }

    /// Whether the person is a minor or presumed minor without a parent whose link is established.
    pub fn is_lone_minor(&self) -> bool {
        !self.is_adult() && !self.with_parent
    }

    /// Whether the person is a minor or presumed minor with a parent whose link is established.
    pub fn is_child(&self) -> bool {
        !self.is_adult() && self.with_parent
    }

    /// Whether the person is an adult whom some unit may keep in the beds of minors, as a young adult.
    pub(crate) fn may_be_young_adult(&self) -> bool {
        self.is_adult() && self.counted_age().is_some_and(|age| age <= YOUNG_ADULT_AGE_MAX)
    }

    /// The age that counts, in years: that of a presumed minor is at most 17.
    ///
    /// ```
    /// use matcher::{Age, Minority};
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    ///
    /// let mut person = given::request().household.remove(0);
    /// (person.minority, person.age) = (Minority::PresumedMinor, Some(Age::new(19)?));
    /// assert_eq!(person.counted_age(), Some(17));
    /// # Ok::<(), String>(())
    /// ```
    pub fn counted_age(&self) -> Option<u8> {
        let age = self.age?.get();
        Some(if self.is_adult() { age } else { age.min(MINOR_AGE_MAX) })
    }
}

/// The place of a request: the point from which its distances are counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Latitude in degrees.
    pub lat: Latitude,
    /// Longitude in degrees.
    pub lon: Longitude,
    /// The department.
    pub department: Department,
}

/// The wish about distance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distance {
    /// To stay near, to move away, or neither.
    pub wish: Wish,
    /// With `stay_near`: the farthest, in km; null: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_km: Option<Km>,
    /// With `move_away`: the nearest, in km; null: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_km: Option<Km>,
}

/// Where the people are in danger: a department, or a circle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DangerZone {
    /// How strictly the zone is to be kept out of.
    pub level: ZoneLevel,
    /// The whole of a department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Department>,
    /// The centre of a circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<Point>,
    /// The radius of the circle in km, the border included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_km: Option<RadiusKm>,
}

/// A request (design §3.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The id of the request.
    pub id: Uuid,
    /// The instant of the ranking, in the civil time where the request is made.
    pub at: Moment,
    /// When the request was first made: seniority counts from then; null or left out: `at`.
    #[serde(default)]
    pub created_at: Option<Moment>,
    /// Everyone who needs a bed; not empty.
    pub household: Vec<Person>,
    /// Whether two adults of the household are a couple.
    #[serde(default)]
    pub couple: bool,
    /// The stage looked for.
    pub stage: Stage,
    /// How soon a bed is needed.
    pub urgency: Urgency,
    /// The first day on which a bed is needed; the day may have passed.
    pub first_day: Day,
    /// How many nights are wished for.
    pub nights: Nights,
    /// Where distances are counted from.
    pub place: Place,
    /// The wish about distance.
    pub distance: Distance,
    /// Whether the people agree to leave their region.
    #[serde(default)]
    pub accepts_removal: bool,
    /// Whether the people agree to cross the sea.
    #[serde(default)]
    pub accepts_crossing: bool,
    /// With whom they can live; empty: with anyone.
    #[serde(default)]
    pub living_with: Codes<Setting>,
    /// Where they are in danger.
    #[serde(default)]
    pub danger_zones: Vec<DangerZone>,
    /// Offers that must be there.
    #[serde(default)]
    pub required: Codes<Offer>,
    /// Offers that had better be there.
    #[serde(default)]
    pub wished: Codes<Offer>,
    /// Languages that must be spoken.
    #[serde(default)]
    pub required_languages: Codes<Language>,
    /// Languages that had better be spoken.
    #[serde(default)]
    pub wished_languages: Codes<Language>,
    /// Requests whose people must not be met.
    #[serde(default)]
    pub keep_apart: Vec<Uuid>,
    /// Units that were refused, by either side.
    #[serde(default)]
    pub refused_units: Vec<Uuid>,
    /// Structures that were refused, by either side.
    #[serde(default)]
    pub refused_structures: Vec<Uuid>,
}

impl Request {
    /// What contradicts what in the request; a right request has no fault.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let mut request = given::request();
    /// assert!(request.faults().is_empty());
    /// request.couple = true;
    /// assert_eq!(request.faults()[0].field, "couple");
    /// ```
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.household.is_empty() {
            faults.push(Fault::new("household", "must hold at least one person"));
        }
        for (at, person) in self.household.iter().enumerate() {
            person_faults(person, at, &mut faults);
        }
        let nobody_left = self.household.iter().all(Person::is_child);
        for (at, _) in self.household.iter().enumerate().filter(|_| nobody_left) {
            let why = "nobody is left in the household to be the parent: at least one person must be without";
            faults.push(Fault::new(format!("household[{at}].with_parent"), why));
        }
        if self.couple && self.household.iter().filter(|person| person.is_adult()).count() < 2 {
            faults.push(Fault::new("couple", "needs two adults in the household"));
        }
        if self.distance.max_km.is_some() && self.distance.wish != Wish::StayNear {
            faults.push(Fault::new("distance.max_km", "goes with the wish `stay_near` only"));
        }
        if self.distance.min_km.is_some() && self.distance.wish != Wish::MoveAway {
            faults.push(Fault::new("distance.min_km", "goes with the wish `move_away` only"));
        }
        for (at, zone) in self.danger_zones.iter().enumerate() {
            zone_faults(zone, at, &mut faults);
        }
        faults
    }
}

fn person_faults(person: &Person, at: usize, faults: &mut Vec<Fault>) {
    let field = |name: &str| format!("household[{at}].{name}");
    let age = person.age.map(Age::get);
    match person.minority {
        Minority::Adult if age.is_some_and(|age| age <= MINOR_AGE_MAX) => {
            faults.push(Fault::new(field("age"), "an adult is 18 or more, or of unknown age (null)"));
        }
        Minority::Minor if age.is_some_and(|age| age > MINOR_AGE_MAX) => {
            faults.push(Fault::new(field("age"), "a minor is under 18, or of unknown age (null)"));
        }
        Minority::Adult | Minority::Minor | Minority::PresumedMinor => {}
    }
    if person.is_adult() && person.with_parent {
        faults.push(Fault::new(field("with_parent"), "an adult is not placed as a child: must be false"));
    }
}

fn zone_faults(zone: &DangerZone, at: usize, faults: &mut Vec<Fault>) {
    let field = |name: &str| format!("danger_zones[{at}].{name}");
    match (zone.department, zone.centre, zone.radius_km) {
        (Some(_), None, None) | (None, Some(_), Some(_)) => {}
        (Some(_), _, _) => faults.push(Fault::new(field("department"), "a zone is a department or a circle, not both")),
        (None, Some(_), None) => faults.push(Fault::new(field("radius_km"), "a circle needs its radius")),
        (None, None, Some(_)) => faults.push(Fault::new(field("centre"), "a circle needs its centre")),
        (None, None, None) => {
            faults.push(Fault::new(field("department"), "a zone needs a department, or a centre and a radius"));
        }
    }
}
