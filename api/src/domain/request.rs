//! What is declared of a request: the household, its wishes, needs and dangers. No name, no nationality, no papers.

use chrono::TimeDelta;
use matcher::{
    Age, DangerZone, Day, Department, Distance, Language, Minority, Moment, Nights, Offer, Person, Place, Setting, Stage, Urgency,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ids::{AccountId, OrganisationId};
use super::information::{Information, InformationGiven, Shared};
use super::reference::Reference;
use super::text::{ContactName, Instructions, NoteText, Reason};
use super::{Faults, List, RequestState, Text, days};
use crate::clock::{Instant, civil};
use crate::limits;
use crate::limits::{CODES_MAX, DANGER_ZONES_MAX, HOUSEHOLD_MAX, IDS_MAX};
use crate::schemas;

matcher::codes! {
    /// What the minority of a lone minor rests on.
    pub enum MinorityGround: "ground of minority" {
        /// Papers of civil status.
        Documents = "documents",
        /// An assessment by child protection.
        Assessed = "assessed",
        /// A court's decision.
        CourtDecision = "court_decision",
        /// An appeal is pending.
        AppealPending = "appeal_pending",
        /// Age in doubt is presumed minority (directive 2011/36/EU art. 13 (2)).
        Presumption = "presumption",
    }

    /// The view of a child about what is planned for it (Convention on the Rights of the Child art. 12).
    pub enum ChildView: "view of a child" {
        /// Agrees.
        Agrees = "agrees",
        /// Agrees in part, or hesitates.
        Hesitates = "hesitates",
        /// Disagrees.
        Disagrees = "disagrees",
        /// Was asked and does not want to say.
        NotExpressed = "not_expressed",
    }

    /// Who answers for a minor who is without a parent.
    pub enum MinorsAuthority: "authority for minors" {
        /// Child protection: the ASE, the CRIP, 119.
        ChildProtection = "child_protection",
        /// The public prosecutor's office.
        PublicProsecutor = "public_prosecutor",
    }

    /// Why a request is closed (design §4).
    pub enum ClosingReason: "reason for closing" {
        /// The people have a place that was not found here.
        PlacedElsewhere = "placed_elsewhere",
        /// They have housing of their own.
        FoundHousing = "found_housing",
        /// Nobody reaches them.
        Unreachable = "unreachable",
        /// They want no more of it.
        WithdrawnByPerson = "withdrawn_by_person",
        /// To their country, or home.
        ReturnedHome = "returned_home",
        /// The same request twice.
        Duplicate = "duplicate",
        /// It should never have been written.
        Mistake = "mistake",
        /// Another reason.
        Other = "other",
    }

    /// Among which ages someone's is, as an addressee is shown it before beds are held or a yes is given.
    pub enum AgeBand: "age band" {
        /// Under 6.
        Under6 = "under_6",
        /// 6 to 12.
        From6To12 = "6_12",
        /// 13 to 15.
        From13To15 = "13_15",
        /// 16 or 17.
        From16To17 = "16_17",
        /// 18 to 25.
        From18To25 = "18_25",
        /// Over 25.
        Over25 = "over_25",
    }

    /// Something to know about a request that stops nothing.
    pub enum RequestWarning: "warning about a request" {
        /// A lone minor has no guardian: have one appointed (ad hoc administrator).
        GuardianMissing = "guardian_missing",
        /// A couple, or a minor with an adult, and nobody has seen each of them apart.
        NotSeenApart = "not_seen_apart",
        /// The day on which a minor comes of age has come.
        Turned18 = "turned_18",
    }
}

impl AgeBand {
    /// The one in which an age lies.
    pub fn of(age: u8) -> Self {
        match age {
            0..=5 => Self::Under6,
            6..=12 => Self::From6To12,
            13..=15 => Self::From13To15,
            16..=17 => Self::From16To17,
            18..=25 => Self::From18To25,
            26.. => Self::Over25,
        }
    }
}

/// Who was told of a lone minor, or that somebody tried to tell them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityTold {
    /// Which authority.
    pub authority: MinorsAuthority,
    /// Whom there, by function, such as `CRIP du Rhône`.
    #[schema(value_type = ContactName)]
    pub whom: Text<100>,
    /// When.
    #[schema(value_type = schemas::Moment)]
    pub at: Moment,
    /// Whether they were reached; `false`: somebody tried.
    pub reached: bool,
}

/// What is known of a minor who is without a parent. No name: the place in the household tells who it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoneMinor {
    /// Place in `household`, from 0.
    #[serde(deserialize_with = "place_in_household")]
    #[schema(minimum = 0, maximum = 19)]
    pub person: u8,
    /// Whether a guardian or ad hoc administrator is appointed. A missing one is a warning and stops nothing.
    #[serde(default)]
    pub guardian_appointed: bool,
    /// What the minority rests on.
    #[serde(default)]
    pub minority_ground: Option<MinorityGround>,
    /// Whom in child protection or the prosecutor's office somebody told of the minor, or tried to. Nobody is sent anywhere before.
    #[serde(default)]
    pub told: Option<AuthorityTold>,
    /// When the first best-interest assessment was recorded; it goes with the two fields below.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Moment>)]
    pub assessment_recorded_at: Option<Moment>,
    /// Who decided, by function, such as `juge des enfants`.
    #[serde(default)]
    #[schema(value_type = Option<ContactName>)]
    pub assessment_decided_by: Option<Text<100>>,
    /// What the child thinks of it.
    #[serde(default)]
    pub child_view: Option<ChildView>,
}

/// A whole number as JSON writes it, which is also `12.0`.
pub(super) fn place_in_household<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let written = f64::deserialize(deserializer)?;
    let most = u8::try_from(HOUSEHOLD_MAX).unwrap_or(u8::MAX);
    let place = (0..most).find(|place| f64::from(*place).total_cmp(&written).is_eq());
    place.ok_or_else(|| serde::de::Error::custom(format!("must be a whole number from 0 to {}", most.saturating_sub(1))))
}

/// Declares a request with some fields of its own before those that every request has.
macro_rules! request {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Everyone who needs a bed.
            #[schema(value_type = Vec<schemas::Person>, min_items = 1, max_items = 20)]
            pub household: List<Person, 1, HOUSEHOLD_MAX>,
            /// Whether two adults of the household are a couple.
            #[serde(default)]
            pub couple: bool,
            /// The stage looked for.
            #[schema(value_type = schemas::Stage)]
            pub stage: Stage,
            /// How soon: `immediate` today, `urgent` within 72 hours, `planned` later.
            #[schema(value_type = schemas::Urgency)]
            pub urgency: Urgency,
            /// The first day a bed is needed; it may have passed.
            #[schema(value_type = schemas::Day)]
            pub first_day: Day,
            /// How many nights are wished for.
            #[schema(value_type = schemas::Nights)]
            pub nights: Nights,
            /// Where distances are counted from: where the people are now, to the precision the referent chooses.
            #[schema(value_type = schemas::Place)]
            pub place: Place,
            /// The wish about distance.
            #[schema(value_type = schemas::Distance)]
            pub distance: Distance,
            /// Whether the people agree to leave their region.
            #[serde(default)]
            pub accepts_removal: bool,
            /// Whether the people agree to cross the sea.
            #[serde(default)]
            pub accepts_crossing: bool,
            /// With whom they can live; empty: with anyone.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Setting>, max_items = 200)]
            pub living_with: List<Setting, 0, CODES_MAX>,
            /// Where they are in danger.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::DangerZone>, max_items = 50)]
            pub danger_zones: List<DangerZone, 0, DANGER_ZONES_MAX>,
            /// What the place must offer.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Offer>, max_items = 200)]
            pub required: List<Offer, 0, CODES_MAX>,
            /// What the place had better offer.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Offer>, max_items = 200)]
            pub wished: List<Offer, 0, CODES_MAX>,
            /// The languages that must be spoken there.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Language>, max_items = 200)]
            pub required_languages: List<Language, 0, CODES_MAX>,
            /// The languages that had better be spoken there.
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Language>, max_items = 200)]
            pub wished_languages: List<Language, 0, CODES_MAX>,
            /// Units that said no, or to which the people did.
            #[serde(default)]
            #[schema(value_type = Vec<Uuid>, max_items = 200)]
            pub refused_units: List<Uuid, 0, IDS_MAX>,
            /// Structures that said no, or to which the people did.
            #[serde(default)]
            #[schema(value_type = Vec<Uuid>, max_items = 200)]
            pub refused_structures: List<Uuid, 0, IDS_MAX>,
        }

        impl $name {
            /// The request as the engine sees it at an instant: who was a minor until the day they came of age is an adult of 18 from then on.
            pub fn as_matched(&self, id: Uuid, at: Moment, created_at: Moment) -> matcher::Request {
                matcher::Request {
                    id,
                    at,
                    created_at: Some(created_at),
                    household: people_on(&self.household.0, at.civil_day()),
                    couple: self.couple,
                    stage: self.stage,
                    urgency: self.urgency,
                    first_day: self.first_day,
                    nights: self.nights,
                    place: self.place,
                    distance: self.distance,
                    accepts_removal: self.accepts_removal,
                    accepts_crossing: self.accepts_crossing,
                    living_with: self.living_with.0.iter().copied().collect(),
                    danger_zones: self.danger_zones.0.clone(),
                    required: self.required.0.iter().copied().collect(),
                    wished: self.wished.0.iter().copied().collect(),
                    required_languages: self.required_languages.0.iter().copied().collect(),
                    wished_languages: self.wished_languages.0.iter().copied().collect(),
                    keep_apart: Vec::new(),
                    refused_units: self.refused_units.0.clone(),
                    refused_structures: self.refused_structures.0.clone(),
                }
            }

            /// The department of the place.
            pub fn department(&self) -> Department {
                self.place.department
            }

            /// The people as they are on a day.
            pub fn people_on(&self, today: Day) -> Vec<Person> {
                people_on(&self.household.0, today)
            }
        }

        impl Faults for $name {
            fn faults(&self) -> Vec<(String, String)> {
                // Neither the id nor the instant plays a part in what contradicts what.
                let any_time = Moment::unix_epoch();
                let request = self.as_matched(Uuid::nil(), any_time, any_time);
                let faults = request.faults().into_iter().map(|fault| (fault.field, fault.why));
                let ground = super::ground::faults(&self.place, &self.danger_zones.0);
                faults.chain(ground).chain(self.own_faults()).collect()
            }

            fn days(&self) -> Vec<(String, Day)> {
                std::iter::once(("first_day".to_owned(), self.first_day)).chain(self.own_days()).collect()
            }

            fn faults_at(&self, now: Instant) -> Vec<(String, String)> {
                let mut faults = self.faults();
                faults.extend(days::faults(self.days(), now));
                faults.extend(self.own_faults_at(now));
                faults
            }
        }
    };
}

request! {
    /// A request as a referent writes it.
    Request {
        /// How the person was informed of what is kept and agrees to it, or why not yet.
        pub information: Information,
        /// What is known of the minors who are without a parent.
        #[serde(default)]
        #[schema(value_type = Vec<LoneMinor>, max_items = 20)]
        pub lone_minors: List<LoneMinor, 0, HOUSEHOLD_MAX>,
        /// Of a couple, or of minors with an adult: whether a professional has seen each of them apart; null: nobody has said.
        #[serde(default)]
        pub seen_apart: Option<bool>,
        /// The number under which the organisation keeps the case in its own files.
        #[serde(default)]
        pub reference: Option<Reference>,
        /// Who is in charge of it, by a label such as `C. M.`.
        #[serde(default)]
        #[schema(value_type = Option<ContactName>)]
        pub in_charge: Option<Text<100>>,
        /// A few words that the addressees of its referrals read. They name nobody.
        #[serde(default)]
        #[schema(value_type = Option<Reason>)]
        pub message: Option<Text<500>>,
        /// What the accepting structure has to know for their safety: it reads it once the people are coming.
        #[serde(default)]
        #[schema(value_type = Option<Instructions>)]
        pub safety_instructions: Option<Text<1000>>,
    }
}

/// The people as they are on a day: who was written down as a minor is an adult of 18 from the day they come of age. A presumed minor
/// never becomes one by the clock.
fn people_on(household: &[Person], today: Day) -> Vec<Person> {
    let grown = |person: &Person| {
        if has_come_of_age(person, today) {
            Person { minority: Minority::Adult, age: Age::new(18).ok(), with_parent: false, ..person.clone() }
        } else {
            person.clone()
        }
    };
    household.iter().map(grown).collect()
}

fn has_come_of_age(person: &Person, today: Day) -> bool {
    person.minority == Minority::Minor && person.turns_18_on.is_some_and(|day| day <= today)
}

/// Days of coming of age that contradict the minority, when they are first given: one that was stored before may have come meanwhile.
pub fn coming_of_age_faults(household: &[Person], before: &[Person], today: Day) -> Vec<(String, String)> {
    let is_stored =
        |person: &Person| before.iter().any(|known| known.minority == person.minority && known.turns_18_on == person.turns_18_on);
    let wrong = |person: &Person| {
        let day = person.turns_18_on.filter(|_| !is_stored(person))?;
        match person.minority {
            Minority::Minor if day <= today => Some("has passed, and the person is a minor: one of the two is wrong"),
            Minority::Adult if day > today => Some("is to come, and the person is an adult: one of the two is wrong"),
            Minority::Minor | Minority::Adult | Minority::PresumedMinor => None,
        }
    };
    let people = household.iter().enumerate();
    people.filter_map(|(at, person)| Some((format!("household[{at}].turns_18_on"), wrong(person)?.to_owned()))).collect()
}

impl Request {
    /// How many beds it needs: one a person.
    pub fn people(&self) -> u32 {
        u32::try_from(self.household.0.len()).unwrap_or(u32::MAX)
    }

    /// What is known of each lone minor on a day: nothing where nothing was written.
    pub fn lone_minors_known(&self, today: Day) -> Vec<Option<&LoneMinor>> {
        let people = self.people_on(today);
        let lone = people.iter().enumerate().filter(|(_, person)| person.is_lone_minor());
        lone.map(|(at, _)| self.lone_minors.0.iter().find(|known| usize::from(known.person) == at)).collect()
    }

    /// What to know about it on a day.
    pub fn warnings(&self, today: Day) -> Vec<RequestWarning> {
        let lone = self.lone_minors_known(today);
        let has_no_guardian = |known: &Option<&LoneMinor>| !known.is_some_and(|known| known.guardian_appointed);
        let has_turned_18 = self.household.0.iter().any(|person| has_come_of_age(person, today));
        let warned = [
            (lone.iter().any(has_no_guardian), RequestWarning::GuardianMissing),
            (self.wants_seeing_apart(today) && self.seen_apart != Some(true), RequestWarning::NotSeenApart),
            (has_turned_18, RequestWarning::Turned18),
        ];
        warned.into_iter().filter_map(|(holds, warning)| holds.then_some(warning)).collect()
    }

    /// Whether one of them might speak for another: a couple, or a minor with an adult.
    fn wants_seeing_apart(&self, today: Day) -> bool {
        let people = self.people_on(today);
        let (some_adult, some_minor) = (people.iter().any(Person::is_adult), people.iter().any(|person| !person.is_adult()));
        self.couple || (some_adult && some_minor)
    }

    /// What contradicts today when it is first given, beside what contradicts itself on any day. `before` is what was stored.
    pub fn faults_when_given(&self, before: Option<&Self>, today: Day) -> Vec<(String, String)> {
        let known = before.map(|before| before.household.0.as_slice()).unwrap_or_default();
        let mut faults = coming_of_age_faults(&self.household.0, known, today);
        let is_new = before.is_none_or(|before| before.information != self.information);
        if is_new && self.information.day() > today {
            faults
                .push(("information.day".to_owned(), "lies ahead: it is the day on which somebody told her, or tried".to_owned()));
        }
        // A first day that has grown old on the record hinders no edit of the rest.
        if before.is_none_or(|before| before.first_day != self.first_day) {
            faults.extend(days::long_past(self.first_day, today.get()).map(|why| ("first_day".to_owned(), why)));
        }
        faults
    }

    /// What is said to have been done for a lone minor at a time that lies ahead, when it is first given: nobody was told then, and
    /// `confirmReferral` rests on it. A clock that is some minutes fast contradicts nobody.
    pub fn told_ahead(&self, before: Option<&Self>, now: Instant) -> Vec<(String, String)> {
        let known = before.map(|before| before.lone_minors.0.as_slice()).unwrap_or_default();
        let is_stored = |minor: &LoneMinor, at: Moment| {
            known.iter().any(|known| {
                known.person == minor.person
                    && (known.told.as_ref().map(|told| told.at) == Some(at) || known.assessment_recorded_at == Some(at))
            })
        };
        let latest = now.plus(limits::CLOCKS_APART).utc();
        let mut faults = Vec::new();
        for (place, minor) in self.lone_minors.0.iter().enumerate() {
            let told = minor.told.as_ref().map(|told| ("told.at", told.at));
            for (field, at) in told.into_iter().chain(minor.assessment_recorded_at.map(|at| ("assessment_recorded_at", at))) {
                if at.get() > latest && !is_stored(minor, at) {
                    faults.push((format!("lone_minors[{place}].{field}"), "lies ahead: say when it was done".to_owned()));
                }
            }
        }
        faults
    }

    /// The same as another organisation is shown it, in whose hands it may be: the number in the files of its own is for itself.
    pub fn for_another(self) -> Self {
        Self { reference: None, ..self }
    }

    /// What is left of one once its content is erased: for how many people it was, and what lists are narrowed by.
    pub fn left(department: Department, stage: Stage, urgency: Urgency, people: usize, day: Day) -> Option<Self> {
        let nobody =
            Person { gender: matcher::Gender::Other, minority: Minority::Adult, age: None, with_parent: false, turns_18_on: None };
        let place = Place { lat: matcher::Latitude::new(0.0).ok()?, lon: matcher::Longitude::new(0.0).ok()?, department };
        let distance = Distance { wish: matcher::Wish::Indifferent, max_km: None, min_km: None };
        let given = InformationGiven { day, language: Language::FRENCH, interpreter: false, shared: List::default() };
        Some(Self {
            information: Information::Given(given),
            lone_minors: List::default(),
            seen_apart: None,
            reference: None,
            in_charge: None,
            message: None,
            safety_instructions: None,
            household: List(vec![nobody; people]),
            couple: false,
            stage,
            urgency,
            first_day: day,
            nights: Nights::new(1).ok()?,
            place,
            distance,
            accepts_removal: false,
            accepts_crossing: false,
            living_with: List::default(),
            danger_zones: List::default(),
            required: List::default(),
            wished: List::default(),
            required_languages: List::default(),
            wished_languages: List::default(),
            refused_units: List::default(),
            refused_structures: List::default(),
        })
    }

    /// The same without what tells of others than its people: who is in charge, and which homes are excluded.
    pub fn without_third_persons(self) -> Self {
        Self { in_charge: None, refused_units: List::default(), refused_structures: List::default(), ..self }
    }

    /// What is declared in a request that came in the engine's form, which says nothing of how anyone was informed: it is noted as told on
    /// the day of the request, in French. Only invented requests come in that form.
    pub fn from_matched(request: matcher::Request) -> Self {
        let given = InformationGiven {
            day: request.at.civil_day(),
            language: Language::FRENCH,
            interpreter: false,
            shared: List(vec![Shared::Wishes, Shared::Languages]),
        };
        Self {
            information: Information::Given(given),
            lone_minors: List(Vec::new()),
            seen_apart: None,
            reference: None,
            in_charge: None,
            message: None,
            safety_instructions: None,
            household: List(request.household),
            couple: request.couple,
            stage: request.stage,
            urgency: request.urgency,
            first_day: request.first_day,
            nights: request.nights,
            place: request.place,
            distance: request.distance,
            accepts_removal: request.accepts_removal,
            accepts_crossing: request.accepts_crossing,
            living_with: List(request.living_with.iter().collect()),
            danger_zones: List(request.danger_zones),
            required: List(request.required.iter().collect()),
            wished: List(request.wished.iter().collect()),
            required_languages: List(request.required_languages.iter().collect()),
            wished_languages: List(request.wished_languages.iter().collect()),
            refused_units: List(request.refused_units),
            refused_structures: List(request.refused_structures),
        }
    }
}

impl Request {
    fn own_days(&self) -> Option<(String, Day)> {
        Some(("information.day".to_owned(), self.information.day()))
    }

    fn own_faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if self.reference.as_ref().is_some_and(Reference::holds_a_date) {
            let why = "holds a date, which may be one of birth: take the number of the file";
            faults.push(("reference".to_owned(), why.to_owned()));
        }
        let mut seen = Vec::new();
        for (at, known) in self.lone_minors.0.iter().enumerate() {
            let mut fault = |field: &str, why: &str| faults.push((format!("lone_minors[{at}].{field}"), why.to_owned()));
            let person = self.household.0.get(usize::from(known.person));
            if !person.is_some_and(matcher::Person::is_lone_minor) {
                fault("person", "is the place of a minor without a parent in `household`, from 0");
            }
            if seen.contains(&known.person) {
                fault("person", "stands there twice");
            }
            seen.push(known.person);
            let parts = [known.assessment_recorded_at.is_some(), known.assessment_decided_by.is_some(), known.child_view.is_some()];
            if parts.contains(&true) && parts.contains(&false) {
                fault("assessment_recorded_at", "goes with `assessment_decided_by` and `child_view`: all three or none");
            }
        }
        faults
    }
}

impl Request {
    /// What contradicts today depends on what was stored before: it is said when that is at hand, of a new request by [`NewRequest`].
    fn own_faults_at(&self, _now: Instant) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A request that is stored for the first time: what contradicts today is named together with what contradicts itself.
pub struct NewRequest(pub Request);

impl<'de> Deserialize<'de> for NewRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Request::deserialize(deserializer).map(Self)
    }
}

impl utoipa::PartialSchema for NewRequest {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Request::schema()
    }
}

impl ToSchema for NewRequest {
    fn name() -> std::borrow::Cow<'static, str> {
        Request::name()
    }
}

impl Faults for NewRequest {
    fn faults(&self) -> Vec<(String, String)> {
        self.0.faults()
    }

    fn days(&self) -> Vec<(String, Day)> {
        self.0.days()
    }

    fn faults_at(&self, now: Instant) -> Vec<(String, String)> {
        let mut faults = self.0.faults_at(now);
        // A day that alone stands in the way is the command's to refuse: a repeat of what was stored yesterday is none.
        if faults.is_empty() {
            return faults;
        }
        let today = Day::new(civil(now, self.0.department()).date_naive()).ok();
        for (field, why) in today.map(|today| self.0.faults_when_given(None, today)).unwrap_or_default() {
            if faults.iter().all(|(known, _)| *known != field) {
                faults.push((field, why));
            }
        }
        faults
    }
}

impl AdHocRequest {
    /// What contradicts the day it is asked for on.
    fn own_faults_at(&self, now: Instant) -> Vec<(String, String)> {
        let today = self.at.map(|at| at.civil_day()).or_else(|| Day::new(civil(now, self.department()).date_naive()).ok());
        today.map(|today| coming_of_age_faults(&self.household.0, &[], today)).unwrap_or_default()
    }

    /// The same as a request to store, whose person was informed so.
    pub fn informed(self, information: Information) -> Request {
        Request {
            information,
            lone_minors: List::default(),
            seen_apart: None,
            reference: None,
            in_charge: None,
            message: None,
            safety_instructions: None,
            household: self.household,
            couple: self.couple,
            stage: self.stage,
            urgency: self.urgency,
            first_day: self.first_day,
            nights: self.nights,
            place: self.place,
            distance: self.distance,
            accepts_removal: self.accepts_removal,
            accepts_crossing: self.accepts_crossing,
            living_with: self.living_with,
            danger_zones: self.danger_zones,
            required: self.required,
            wished: self.wished,
            required_languages: self.required_languages,
            wished_languages: self.wished_languages,
            refused_units: self.refused_units,
            refused_structures: self.refused_structures,
        }
    }

    fn own_faults(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn own_days(&self) -> Option<(String, Day)> {
        None
    }
}

request! {
    /// A request that is ranked and not stored.
    AdHocRequest {
        /// An id of the caller's own, given back in the answer; left out, one is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub id: Option<Uuid>,
        /// The instant of the ranking; left out, now, in the civil time of the place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<schemas::Moment>)]
        pub at: Option<Moment>,
        /// When the request was first made; left out, `at`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<schemas::Moment>)]
        pub created_at: Option<Moment>,
        /// Always empty: only stored requests can be kept apart.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 0)]
        pub keep_apart: List<Uuid, 0, 0>,
    }
}

crate::schemas::own! {
    MinorityGround as "MinorityGround" => schemas::codes::<MinorityGround>("What the minority of a lone minor rests on.");
    ChildView as "ChildView" => schemas::codes::<ChildView>("What a child thinks of what is planned for it (Convention on the Rights of the Child art. 12).");
    MinorsAuthority as "MinorsAuthority" => schemas::codes::<MinorsAuthority>("Who answers for a minor who is without a parent.");
    ClosingReason as "ClosingReason" => schemas::codes::<ClosingReason>("Why a request is closed.");
    AgeBand as "AgeBand" => schemas::codes::<AgeBand>("Among which ages someone's is.");
    RequestWarning as "RequestWarning" => schemas::codes::<RequestWarning>("Something to know about a request that stops nothing. `guardian_missing`: a lone minor has no guardian. `not_seen_apart`: a couple or a minor with an adult, and nobody has seen each apart. `turned_18`: a minor has come of age and is matched as an adult of 18.");
}

/// Why a request is closed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The reason.
    pub reason: ClosingReason,
}

/// Into whose hands a request is given, and until when.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lending {
    /// The organisation: one that asks for places, or a 115.
    pub organisation_id: OrganisationId,
    /// Until when: the request comes back by itself.
    #[schema(value_type = schemas::Moment)]
    pub until: Moment,
}

/// A note as it is written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// What it says. It names nobody.
    #[schema(value_type = NoteText)]
    pub text: Text<2000>,
}

/// A note on a request: for those in whose hands it is, and for no addressee.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// When it was written.
    pub at: Instant,
    /// By which client; null for one whose account is not known.
    #[schema(required)]
    pub account_id: Option<AccountId>,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// What it says.
    #[schema(value_type = NoteText)]
    pub text: Text<2000>,
}

impl Faults for Closing {}
impl Faults for Lending {}
impl Faults for NewNote {}

/// What an organisation has still to do for the people of a request, each until an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Duties {
    /// To inform the person and ask what she agrees to.
    pub information: Option<Duty>,
    /// To assess what is best for a lone minor.
    pub assessment: Option<Duty>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Until when.
    pub due_at: Instant,
    /// When a reminder goes out; none once it has.
    pub remind_at: Option<Instant>,
}

impl Duty {
    fn within(span: TimeDelta, now: Instant) -> Self {
        // A reminder goes out at two thirds of the way.
        let remind_after = span.checked_div(3).and_then(|third| third.checked_mul(2)).unwrap_or(span);
        Self { due_at: now.plus(span), remind_at: Some(now.plus(remind_after)) }
    }
}

impl Duties {
    /// What there is to do after an edit: what was begun goes on, what is done is over.
    pub fn after(&self, before: Option<&Request>, declared: &Request, now: Instant, today: Day) -> Self {
        let information = match &declared.information {
            Information::Given(_) => None,
            Information::NotYet(_) => {
                let same = before.filter(|before| before.information == declared.information).and(self.information);
                same.or_else(|| Some(Duty::within(limits::INFORMATION_DUE, now)))
            }
        };
        let is_assessed = |known: &Option<&LoneMinor>| known.is_some_and(|known| known.assessment_recorded_at.is_some());
        let assessment = if declared.lone_minors_known(today).iter().all(is_assessed) {
            None
        } else {
            self.assessment.or_else(|| Some(Duty::within(limits::ASSESSMENT_DUE, now)))
        };
        Self { information, assessment }
    }

    /// When the next reminder goes out, while the request is not closed.
    pub fn remind_at(&self, state: RequestState) -> Option<Instant> {
        let reminders = [self.information, self.assessment].into_iter().flatten().filter_map(|duty| duty.remind_at);
        reminders.min().filter(|_| state != RequestState::Closed)
    }

    /// The same once the reminders of an instant have gone out.
    pub fn reminded(&self, now: Instant) -> Self {
        let after = |duty: Duty| Duty { remind_at: duty.remind_at.filter(|at| *at > now), ..duty };
        Self { information: self.information.map(after), assessment: self.assessment.map(after) }
    }
}
