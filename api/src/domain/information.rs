//! How a person was informed of what is kept of her and agreed to it, or why not yet.

use matcher::{Day, Language};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::OneOfBuilder;

use super::List;
use crate::limits::CODES_MAX;
use crate::schemas;

matcher::codes! {
    /// What of a request, beyond the needful, its addressees may be shown.
    pub enum Shared: "kind of information" {
        /// What they wish of the place.
        Wishes = "wishes",
        /// The languages they wish to be spoken.
        Languages = "languages",
    }

    /// Why a person was not informed yet.
    pub enum Uninformed: "reason why nobody was informed" {
        /// In no state to be told.
        Unable = "unable",
        /// Nobody can explain it yet.
        NoCommonLanguage = "no_common_language",
        /// There is no time.
        NoTime = "no_time",
        /// A minor whose legal representative is absent or part of the danger.
        MinorUnrepresented = "minor_unrepresented",
    }

    /// Which of the two it is.
    pub enum InformationState: "state of the information" {
        /// The person was told.
        Given = "given",
        /// Not yet.
        NotYet = "not_yet",
    }
}

/// How the person was informed and what she agrees to, or why not yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Information {
    /// She was told what is kept and who reads it.
    Given(InformationGiven),
    /// She was not told yet: she is asked again within a day.
    NotYet(InformationNotYet),
}

/// How she was told, and what she agrees to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InformationGiven {
    /// The day.
    pub day: Day,
    /// The language in which it was explained.
    pub language: Language,
    /// Whether an interpreter explained it.
    pub interpreter: bool,
    /// What beyond the needful the addressees of referrals may be shown.
    pub shared: List<Shared, 0, CODES_MAX>,
}

/// Why she was not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InformationNotYet {
    /// The day on which somebody last tried.
    pub day: Day,
    /// Why.
    pub reason: Uninformed,
}

impl Information {
    /// Whether the addressee of a referral may be shown this, which is beyond the needful.
    pub fn shares(&self, what: Shared) -> bool {
        match self {
            Self::Given(given) => given.shared.0.contains(&what),
            Self::NotYet(_) => false,
        }
    }

    /// The day it speaks of.
    pub fn day(&self) -> Day {
        match self {
            Self::Given(given) => given.day,
            Self::NotYet(not_yet) => not_yet.day,
        }
    }
}

/// Both forms as they are written: read field by field, so that a wrong one is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    state: InformationState,
    day: Day,
    #[serde(default, deserialize_with = "some")]
    language: Option<Language>,
    #[serde(default, deserialize_with = "some")]
    interpreter: Option<bool>,
    #[serde(default, deserialize_with = "some")]
    shared: Option<List<Shared, 0, CODES_MAX>>,
    #[serde(default, deserialize_with = "some")]
    reason: Option<Uninformed>,
}

/// A field that may be left out, but not be null.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Information {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { state, day, language, interpreter, shared, reason } = Written::deserialize(deserializer)?;
        match state {
            InformationState::Given if reason.is_some() => {
                Err(D::Error::unknown_field("reason", &["state", "day", "language", "interpreter", "shared"]))
            }
            InformationState::Given => Ok(Self::Given(InformationGiven {
                day,
                language: language.ok_or_else(|| D::Error::missing_field("language"))?,
                interpreter: interpreter.unwrap_or_default(),
                shared: shared.ok_or_else(|| D::Error::missing_field("shared"))?,
            })),
            InformationState::NotYet => {
                let other =
                    [(language.is_some(), "language"), (interpreter.is_some(), "interpreter"), (shared.is_some(), "shared")];
                if let Some((_, field)) = other.into_iter().find(|(is_there, _)| *is_there) {
                    return Err(D::Error::unknown_field(field, &["state", "day", "reason"]));
                }
                Ok(Self::NotYet(InformationNotYet { day, reason: reason.ok_or_else(|| D::Error::missing_field("reason"))? }))
            }
        }
    }
}

crate::schemas::own! {
    Shared as "Shared" => schemas::codes::<Shared>("What of a request, beyond the needful, the addressees of its referrals may be shown.");
    Uninformed as "Uninformed" => schemas::codes::<Uninformed>("Why the person was not informed yet.");
    InformationGiven as "InformationGiven" => schemas::object(
        vec![
            ("state", schemas::enumeration(["given"].into_iter(), "Which form it is."), true),
            ("day", schemas::refer("Day"), true),
            ("language", schemas::refer("Language"), true),
            ("interpreter", schemas::boolean("Whether an interpreter explained it."), false),
            ("shared", schemas::list(schemas::refer("Shared"), 0, CODES_MAX), true),
        ],
        serde_json::json!({"state": "given", "day": "2026-11-23", "language": "fr", "interpreter": false, "shared": ["wishes", "languages"]}),
        "The person was told what is kept and who reads it: on which day, in which language, and what beyond the needful she agrees that addressees are shown.",
    );
    InformationNotYet as "InformationNotYet" => schemas::object(
        vec![
            ("state", schemas::enumeration(["not_yet"].into_iter(), "Which form it is."), true),
            ("day", schemas::refer("Day"), true),
            ("reason", schemas::refer("Uninformed"), true),
        ],
        serde_json::json!({"state": "not_yet", "day": "2026-11-23", "reason": "no_time"}),
        "The person was not told yet, and why: her organisation is reminded to ask again within 24 hours.",
    );
    Information as "Information" => information();
}

/// Its two forms, told apart by `state`.
fn information() -> schemas::AnySchema {
    let mut schema = OneOfBuilder::new();
    for name in ["InformationGiven", "InformationNotYet"] {
        schema = schema.item(schemas::refer(name));
    }
    let schema = schema.description(Some("How the person was informed and what she agrees to, or why not yet."));
    Schema::from(schema.build()).into()
}
