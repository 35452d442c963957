//! What is declared of a request: the household, its wishes, needs and dangers. No name, no nationality, no papers.

use matcher::{DangerZone, Day, Department, Distance, Language, Moment, Nights, Offer, Person, Place, Setting, Stage, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Faults, List};
use crate::limits::{CODES_MAX, DANGER_ZONES_MAX, HOUSEHOLD_MAX, IDS_MAX};
use crate::schemas;

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
            /// The languages that must be spoken there (ISO 639-1).
            #[serde(default)]
            #[schema(value_type = Vec<schemas::Language>, max_items = 200)]
            pub required_languages: List<Language, 0, CODES_MAX>,
            /// The languages that had better be spoken there (ISO 639-1).
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
                request.faults().into_iter().map(|fault| (fault.field, fault.why)).collect()
            }
        }
    };
}

request! {
    /// A request as a referent writes it.
    Request {}
}

impl Request {
    /// What is declared in a request that came in the engine's form.
    pub fn from_matched(request: matcher::Request) -> Self {
        Self {
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
