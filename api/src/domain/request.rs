//! What is declared of a request: the household, its wishes, needs and dangers. No name, no nationality, no papers.

use matcher::{DangerZone, Day, Department, Distance, Language, Moment, Nights, Offer, Person, Place, Setting, Stage, Urgency};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::text::ContactName;
use super::{Faults, List, Text};
use crate::limits;
use crate::limits::{CODES_MAX, DANGER_ZONES_MAX, HOUSEHOLD_MAX, IDS_MAX};
use crate::schemas;

matcher::codes! {
    /// What of a request its addressee may be shown.
    pub enum Shared: "kind of information" {
        /// Gender, minority and age of each; without it, only how many people there are.
        Household = "household",
        /// What they need or wish of the place.
        Needs = "needs",
        /// The languages they speak.
        Languages = "languages",
    }

    /// Why a request is stored without the person's consent (GDPR art. 6 (1) d, 9 (2) c).
    pub enum VitalUrgency: "vital urgency" {
        /// There is no time to ask.
        ImmediateDanger = "immediate_danger",
        /// The person is in no state to decide.
        UnableToConsent = "unable_to_consent",
        /// Nobody can explain it to them yet.
        NoCommonLanguage = "no_common_language",
        /// A minor whose legal representative is absent or part of the danger.
        MinorUnrepresented = "minor_unrepresented",
    }

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
}

/// What the storing of a request rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LegalBasis {
    /// The person agreed, knowing who will read what.
    Consent(Consent),
    /// The person's life is at stake and they cannot be asked.
    VitalUrgency(VitalUrgencyStated),
}

/// What the person agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The day.
    pub day: Day,
    /// The language in which it was explained.
    pub language: Language,
    /// Whether an interpreter explained it.
    #[serde(default)]
    pub interpreter: bool,
    /// What the addressees of referrals may be shown.
    pub shared: List<Shared, 0, CODES_MAX>,
}

/// Why nobody was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VitalUrgencyStated {
    /// The day.
    pub day: Day,
    /// Why.
    pub reason: VitalUrgency,
}

impl LegalBasis {
    /// Whether the addressee of a referral may be shown this. In vital urgency all that is needed to answer.
    pub fn shares(&self, what: Shared) -> bool {
        match self {
            Self::Consent(consent) => consent.shared.0.contains(&what),
            Self::VitalUrgency(_) => true,
        }
    }
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
fn place_in_household<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
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
            /// The request as the engine sees it at an instant.
            pub fn as_matched(&self, id: Uuid, at: Moment, created_at: Moment) -> matcher::Request {
                matcher::Request {
                    id,
                    at,
                    created_at: Some(created_at),
                    household: self.household.0.clone(),
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
        }
    };
}

request! {
    /// A request as a referent writes it.
    Request {
        /// What the storing of it rests on: the person's consent, or vital urgency.
        pub legal_basis: LegalBasis,
        /// What is known of the minors who are without a parent.
        #[serde(default)]
        #[schema(value_type = Vec<LoneMinor>, max_items = 20)]
        pub lone_minors: List<LoneMinor, 0, HOUSEHOLD_MAX>,
    }
}

impl Request {
    /// How many beds it needs: one a person.
    pub fn people(&self) -> u32 {
        u32::try_from(self.household.0.len()).unwrap_or(u32::MAX)
    }

    /// What is known of each lone minor: nothing where nothing was written.
    pub fn lone_minors_known(&self) -> impl Iterator<Item = Option<&LoneMinor>> {
        let lone = self.household.0.iter().enumerate().filter(|(_, person)| person.is_lone_minor());
        lone.map(|(at, _)| self.lone_minors.0.iter().find(|known| usize::from(known.person) == at))
    }

    /// What is declared in a request that came in the engine's form, which says nothing of consent: it is noted as given on the day
    /// of the request, in French. Only invented requests come in that form.
    pub fn from_matched(request: matcher::Request) -> Self {
        let consent = Consent {
            day: request.at.civil_day(),
            language: Language::FRENCH,
            interpreter: false,
            shared: List(vec![Shared::Household, Shared::Needs, Shared::Languages]),
        };
        Self {
            legal_basis: LegalBasis::Consent(consent),
            lone_minors: List(Vec::new()),
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
        match &self.legal_basis {
            LegalBasis::Consent(consent) => Some(("legal_basis.consent.day".to_owned(), consent.day)),
            LegalBasis::VitalUrgency(stated) => Some(("legal_basis.vital_urgency.day".to_owned(), stated.day)),
        }
    }

    fn own_faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
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

impl AdHocRequest {
    /// The same as a request to store, resting on this.
    pub fn on_basis(self, legal_basis: LegalBasis) -> Request {
        Request {
            legal_basis,
            lone_minors: List::default(),
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
    Shared as "Shared" => schemas::codes::<Shared>("What of a request the addressee of a referral may be shown.");
    MinorityGround as "MinorityGround" => schemas::codes::<MinorityGround>("What the minority of a lone minor rests on.");
    ChildView as "ChildView" => schemas::codes::<ChildView>("What a child thinks of what is planned for it (Convention on the Rights of the Child art. 12).");
    LegalBasis as "LegalBasis" => legal_basis();
}

/// Its two forms.
fn legal_basis() -> schemas::AnySchema {
    let consent = schemas::object(
        vec![
            ("day", schemas::refer("Day"), true),
            ("language", schemas::refer("Language"), true),
            ("interpreter", schemas::boolean("Whether an interpreter explained it."), false),
            ("shared", schemas::list(schemas::refer("Shared"), 0, limits::CODES_MAX), true),
        ],
        serde_json::json!({"day": "2026-11-23", "language": "fr", "interpreter": false, "shared": ["household", "needs", "languages"]}),
        "What the person agreed to: on which day, explained in which language, and what the addressees of referrals may be shown.",
    );
    let vital = schemas::object(
        vec![("day", schemas::refer("Day"), true), ("reason", schemas::codes::<VitalUrgency>("Why nobody was asked."), true)],
        serde_json::json!({"day": "2026-11-23", "reason": "immediate_danger"}),
        "Why the person's vital interests are served before they are asked.",
    );
    schemas::one_of_fields(
        vec![("consent", consent), ("vital_urgency", vital)],
        serde_json::json!({"vital_urgency": {"day": "2026-11-23", "reason": "immediate_danger"}}),
        "What the storing of a request rests on: the person's consent (GDPR art. 6 (1) a, 9 (2) a), or vital interests (art. 6 (1) d, 9 (2) c).",
    )
}
