//! Rankings: the places that can take a household, in order, each with its reasons. Asking changes nothing.
//!
//! The types here say what an answer looks like; what is sent is the engine's own answer, written once. A test compares the two.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{
    Condition, Criterion, DistanceBand, Door, Query, RelaxedWish, Rule, RuleCounts, Snapshot, Step, Tier, UnlawfulCondition,
    Warning, Wished,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::commands::requests::not_closed;
use crate::commands::{Service, matching};
use crate::db::{Reading, requests};
use crate::domain::ids::RequestId;
use crate::domain::request::{RequestWarning, coming_of_age_faults};
use crate::domain::{AdHocRequest, Denied};
use crate::limits::{TOP_DEFAULT, TOP_MAX};
use crate::schemas;
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, Params};
use crate::web::operations::{RankAdHoc, RankForRequest};
use crate::web::problem::Problem;

/// The units that can take a household, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranking {
    /// The request.
    request_id: Uuid,
    /// The version of the policy that weighed the criteria.
    #[schema(example = "2026-11-01")]
    policy_version: String,
    /// How many units were judged: all of the registry.
    #[schema(minimum = 0)]
    evaluated: u64,
    /// How many are eligible: no rule fails.
    #[schema(minimum = 0)]
    eligible: u64,
    /// How many fail only rules that a phone call can settle.
    #[schema(minimum = 0)]
    to_verify: u64,
    /// The best of them, in order: eligible ones first.
    proposals: Vec<Proposal>,
    /// For each rule, how many units fail it; rules no unit fails are left out.
    #[schema(value_type = RuleCountsSchema)]
    failed: RuleCounts,
    /// For each rule, how many units fail it and no other.
    #[schema(value_type = RuleCountsSchema)]
    failed_alone: RuleCounts,
    /// For each wish, the nearest change of it that makes at least one more unit eligible, and how many; where nothing is eligible and
    /// no such change opens anything, what all of them at once would open.
    relaxations: Vec<Relaxation>,
    /// What to know about the request.
    warnings: Vec<RequestWarning>,
}

/// The engine's answer, with what there is to know about the request.
#[derive(Serialize)]
struct Warned<'r> {
    #[serde(flatten)]
    ranking: &'r matcher::Ranking,
    warnings: Vec<RequestWarning>,
}

/// A number of units for each rule.
#[derive(ToSchema)]
#[schema(as = RuleCounts, value_type = std::collections::BTreeMap<String, u64>)]
#[expect(dead_code, reason = "it is read by the macro, for the document")]
pub struct RuleCountsSchema(std::collections::BTreeMap<String, u64>);

/// A wish, changed, and how many units that would open.
#[derive(Debug, Serialize, ToSchema)]
pub struct Relaxation {
    /// The field of the request, where `max_km` and `min_km` are those of `distance`.
    #[schema(value_type = schemas::RelaxedWish)]
    wish: RelaxedWish,
    /// Its whole value as asked: km, nights, yes or no, a day, or a list; null is no limit, and with `everything` no one value.
    #[schema(required, value_type = schemas::Wished)]
    from: Wished,
    /// Its whole value as changed.
    #[schema(required, value_type = schemas::Wished)]
    to: Wished,
    /// How many units become eligible.
    #[schema(minimum = 1)]
    opens: u64,
}

impl From<matcher::Relaxation> for Relaxation {
    fn from(relaxation: matcher::Relaxation) -> Self {
        let matcher::Relaxation { wish, from, to, opens } = relaxation;
        Self { wish, from, to, opens }
    }
}

/// A unit for the household.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// The unit.
    unit_id: Uuid,
    /// The vacancy that is offered.
    vacancy_id: Uuid,
    /// Whether it stands or wants a call first.
    #[schema(value_type = schemas::Tier)]
    tier: Tier,
    /// The sum of the contributions, from 0 to 1.
    #[schema(value_type = schemas::UnitInterval)]
    score: f64,
    /// What counts for it.
    criteria: Vec<CriterionShare>,
    /// The rules a phone call has to settle.
    #[schema(value_type = Vec<schemas::Rule>)]
    to_verify: Vec<Rule>,
    /// Its lawful conditions.
    #[schema(value_type = Vec<schemas::Condition>)]
    conditions: Vec<Condition>,
    /// Its conditions that no law allows: to be contested, not met.
    #[schema(value_type = Vec<schemas::UnlawfulCondition>)]
    unlawful_conditions: Vec<UnlawfulCondition>,
    /// The steps before admission.
    #[schema(value_type = Vec<schemas::Step>)]
    steps: Vec<Step>,
    /// Who can open it.
    #[schema(value_type = Vec<schemas::Door>)]
    doors: Vec<Door>,
    /// How far it is.
    #[schema(value_type = schemas::DistanceBand)]
    distance_band: DistanceBand,
    /// What to know about it.
    #[schema(value_type = Vec<schemas::Warning>)]
    warnings: Vec<Warning>,
}

/// What a criterion adds to the score.
#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionShare {
    /// Which criterion.
    #[schema(value_type = schemas::Criterion)]
    name: Criterion,
    /// Its weight.
    #[schema(minimum = 0, example = 25)]
    weight: f64,
    /// Its value from 0 to 1, rounded to 0.1 so that it locates nothing.
    #[schema(value_type = schemas::UnitInterval)]
    value: f64,
    /// Its weight times its value, over the sum of weights.
    #[schema(value_type = schemas::UnitInterval)]
    contribution: f64,
}

/// How many proposals are explained.
#[derive(Clone, Copy, Debug)]
pub struct Top(usize);

impl Default for Top {
    fn default() -> Self {
        Self(TOP_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || serde::de::Error::custom(format!("must be a whole number from 1 to {TOP_MAX}"));
        let top = String::deserialize(deserializer)?.parse().map_err(|_error| wanted())?;
        if (1..=TOP_MAX).contains(&top) { Ok(Self(top)) } else { Err(wanted()) }
    }
}

/// How much is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RankQuery {
    /// How many proposals are explained; all units are judged and counted.
    #[serde(default)]
    #[param(value_type = Option<schemas::Top>, required = false, nullable = false)]
    top: Top,
}

/// Rank units for a stored request
///
/// Judges every unit as the registry stands now and explains the best. Nothing is stored but that it was asked, in the log of reads.
#[utoipa::path(post, path = "", tag = "rankings", params(("request_id" = Uuid, Path, description = "Id of the request."), RankQuery),
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn for_request(
    actor: Actor<RankForRequest>,
    service: Data<Service>,
    id: Id,
    params: Params<RankQuery>,
) -> Result<HttpResponse, Problem> {
    let (reach, live) = (actor.reach(), service.live().clone());
    let question = move |reading: &mut Reading<'_>| {
        let stored = not_closed(requests::find(reading.conn, reach, RequestId(id.0))?)?;
        reading.shows(stored.id);
        let warnings = matching::warnings(&stored, reading.now)?;
        Ok((matching::query(reading.conn, live.policy(), &stored, reading.now)?, warnings))
    };
    let (query, warnings) = service.read(actor.access(), actor.pulse(), question).await?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    answer(&snapshot, &query, params.0.top, warnings)
}

/// Rank units for a request that is not stored
///
/// The same for a household that stays on the caller's side: nothing of it is kept.
#[utoipa::path(post, path = "", tag = "rankings", params(RankQuery), request_body = AdHocRequest,
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn ad_hoc(
    actor: Actor<RankAdHoc>,
    service: Data<Service>,
    params: Params<RankQuery>,
    body: Body<AdHocRequest>,
) -> Result<HttpResponse, Problem> {
    let declared = body.value;
    let at = match declared.at {
        Some(at) => at,
        None => matching::moment(actor.pulse().now, declared.department())?,
    };
    let faults = coming_of_age_faults(&declared.household.0, &[], at.civil_day());
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    let id = declared.id.unwrap_or_else(Uuid::now_v7);
    let request = declared.as_matched(id, at, declared.created_at.unwrap_or(at));
    let query = matching::ask(request, service.live().policy())?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    // Nobody has come of age since this was written, and whether anyone was seen apart is not said in it.
    answer(&snapshot, &query, params.0.top, Vec::new())
}

/// Ranks and writes, on this thread: that is done sooner than another could be told of it.
fn answer(snapshot: &Snapshot, query: &Query, Top(top): Top, warnings: Vec<RequestWarning>) -> Result<HttpResponse, Problem> {
    answers::json(&Warned { ranking: &snapshot.shown(query, top), warnings })
}
