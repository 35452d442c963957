//! Plans: many requests placed at once, as advice; what people ask of them and confirm. Pure: no SQL, no clock.

use matcher::Rule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ids::{ReferralId, RequestId};
use super::{Denied, Faults, List};
use crate::limits::{PLAN_LINES_MAX, PLAN_REQUESTS_MAX};
use crate::schemas;

matcher::codes! {
    /// Where a plan stands.
    pub enum PlanState: "state of a plan" {
        /// It is being searched for.
        Running = "running",
        /// It is there.
        Done = "done",
        /// It came to nothing: the service failed, or died over it.
        Failed = "failed",
    }

    /// What became of a line that was confirmed.
    pub enum LineOutcome: "outcome of a line" {
        /// The place is asked for and its beds are held.
        Held = "held",
        /// Nothing was done: `code` says why.
        Refused = "refused",
    }
}

/// What to plan.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// The requests; left out or null, all open ones of the caller's organisation. The coordination always names them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 5000)]
    pub request_ids: Option<List<Uuid, 1, PLAN_REQUESTS_MAX>>,
}

impl Faults for NewPlan {}

/// Which lines of a plan are confirmed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenLines {
    /// The requests whose lines; left out or null, all lines of the caller's organisation that are not confirmed yet.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 500)]
    pub request_ids: Option<List<Uuid, 1, PLAN_LINES_MAX>>,
}

impl Faults for ChosenLines {}

/// What was found: who is placed where, and who is not. As it is stored, and shown to whoever may see all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanAnswer {
    /// The version of the policy.
    pub policy_version: String,
    /// What the placements are worth together, as far as their values are shown.
    pub objective: f64,
    /// No plan is worth more, as far as values are shown.
    pub bound: f64,
    /// (bound − objective)/bound, from 0 to 1.
    pub gap: f64,
    /// Whether the plan is proved to be a best one.
    pub optimal: bool,
    /// Who is placed, in the order of request ids.
    pub assignments: Vec<Assignment>,
    /// Who is not, in the order of request ids.
    pub unassigned: Vec<Unassigned>,
}

/// A household placed in a vacancy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The request.
    pub request_id: Uuid,
    /// The unit.
    pub unit_id: Uuid,
    /// Its vacancy.
    pub vacancy_id: Uuid,
    /// What the placement is worth, rounded so that it tells no distance.
    pub value: f64,
}

/// A household that is not placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unassigned {
    /// The request.
    pub request_id: Uuid,
    /// Why: `beds` when a unit is eligible and has too few left; `keep_apart` when only other placements of this plan stand in the way;
    /// else the rules that a unit fails alone, or all that some unit fails. Without what the reader is not told: the coordination
    /// nothing of dangers. Empty when nothing can be told.
    pub because: Vec<Because>,
    /// The unit to call first, where a call may open one.
    #[schema(required)]
    pub call: Option<Uuid>,
}

/// Why a household is not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Because {
    /// Too few beds are left.
    Beds,
    /// A rule.
    Rule(Rule),
}

impl Because {
    const BEDS: &str = "beds";

    /// Every code.
    pub fn all() -> impl Iterator<Item = &'static str> {
        std::iter::once(Self::BEDS).chain(<Rule as matcher::Code>::ALL.iter().map(|rule| matcher::Code::as_str(*rule)))
    }
}

impl From<Because> for &'static str {
    fn from(because: Because) -> Self {
        match because {
            Because::Beds => Because::BEDS,
            Because::Rule(rule) => matcher::Code::as_str(rule),
        }
    }
}

impl TryFrom<String> for Because {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        if code == Self::BEDS {
            Ok(Self::Beds)
        } else {
            code.parse().map(Self::Rule).map_err(|_error| format!("`{code}` is no reason"))
        }
    }
}

impl From<matcher::Because> for Because {
    fn from(because: matcher::Because) -> Self {
        match because {
            matcher::Because::Beds => Self::Beds,
            matcher::Because::Rule(rule) => Self::Rule(rule),
        }
    }
}

/// A line of a plan that someone wanted to confirm, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedLine {
    /// The request.
    pub request: RequestId,
    /// The referral whose beds are held, or why there is none.
    pub outcome: Result<ReferralId, Denied>,
}

crate::schemas::own! {
    PlanState as "PlanState" => schemas::codes::<PlanState>("Where a plan stands.");
    LineOutcome as "LineOutcome" => schemas::codes::<LineOutcome>("What became of a line: `held`, its beds are held for a new referral; `refused`, nothing was done.");
    Because as "Because" => schemas::enumeration(Because::all(), "Why a household is not placed: `beds`, or a rule.");
}
