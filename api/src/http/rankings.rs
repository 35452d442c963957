//! Rankings: the places that can take a household, in order, each with its reasons. Asking changes nothing.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{
    Condition, Criterion, DistanceBand, Door, Query, RelaxedWish, Rule, RuleCounts, Step, Tier, UnlawfulCondition, Warning, Wished,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, HandleRequests};
use crate::db::types::Guid;
use crate::db::{Conn, requests};
use crate::domain::{AdHocRequest, RequestState};
use crate::error::{Code, Problem};
use crate::extract::{Body, Id, Params};
use crate::limits::{TOP_DEFAULT, TOP_MAX};
use crate::{matching, schemas};

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

/// Of one that may be shown ([`matcher::Snapshot::shown`]).
impl From<matcher::Ranking> for Ranking {
    fn from(ranking: matcher::Ranking) -> Self {
        Self {
            request_id: ranking.request_id,
            policy_version: ranking.policy_version,
            evaluated: ranking.evaluated,
            eligible: ranking.eligible,
            to_verify: ranking.to_verify,
            proposals: ranking.proposals.into_iter().map(Proposal::from).collect(),
            failed: ranking.failed,
            failed_alone: ranking.failed_alone,
            relaxations: ranking.relaxations.into_iter().map(Relaxation::from).collect(),
        }
    }
}

impl From<matcher::Proposal> for Proposal {
    fn from(proposal: matcher::Proposal) -> Self {
        let shares = proposal.criteria.iter();
        Self {
            unit_id: proposal.unit_id,
            vacancy_id: proposal.vacancy_id,
            tier: proposal.tier,
            score: proposal.score,
            criteria: shares
                .map(|share| CriterionShare {
                    name: share.name,
                    weight: share.weight,
                    value: share.value,
                    contribution: share.contribution,
                })
                .collect(),
            to_verify: proposal.to_verify.iter().collect(),
            conditions: proposal.conditions.iter().collect(),
            unlawful_conditions: proposal.unlawful_conditions.iter().collect(),
            steps: proposal.steps.iter().collect(),
            doors: proposal.doors.iter().collect(),
            distance_band: proposal.distance_band,
            warnings: proposal.warnings.iter().collect(),
        }
    }
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
/// Judges every unit as the registry stands now and explains the best. Nothing is stored but that it was asked.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/rank", operation_id = "rankForRequest", tag = "rankings",
    params(("request_id" = Uuid, Path, description = "Id of the request."), RankQuery),
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn for_request(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    params: Params<RankQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, organisation, top) = (Guid(id.0), actor.organisation(), params.0.top);
    let ranker = app.clone();
    let ranking = app
        .read(move |conn| {
            let stored = requests::find(conn, organisation, id)?;
            if stored.state == RequestState::Closed {
                return Err(Problem::new(Code::RequestClosed, "A closed request is not ranked."));
            }
            let now = ranker.db().now(conn)?;
            let query = matching::query(conn, ranker.engine().policy(), &stored, now)?;
            rank(&ranker, conn, &query, top)
        })
        .await?;
    Ok(HttpResponse::Ok().json(ranking))
}

/// Rank units for a request that is not stored
///
/// The same for a household that stays on the caller's side: nothing of it is kept.
#[utoipa::path(post, path = "/api/v1/rank", operation_id = "rankAdHoc", tag = "rankings", params(RankQuery),
    request_body = AdHocRequest,
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn ad_hoc(
    _actor: Actor<HandleRequests>,
    app: Data<App>,
    params: Params<RankQuery>,
    body: Body<AdHocRequest>,
) -> Result<HttpResponse, Problem> {
    let top = params.0.top;
    let ranker = app.clone();
    let ranking = app
        .read(move |conn| {
            let declared = body.value;
            let at = match declared.at {
                Some(at) => at,
                None => matching::moment(ranker.db().now(conn)?, declared.department())?,
            };
            let id = declared.id.unwrap_or_else(Uuid::now_v7);
            let request = declared.as_matched(id, at, declared.created_at.unwrap_or(at));
            rank(&ranker, conn, &matching::ask(request, ranker.engine().policy())?, top)
        })
        .await?;
    Ok(HttpResponse::Ok().json(ranking))
}

fn rank(app: &App, conn: &mut Conn, query: &Query, Top(top): Top) -> Result<Ranking, Problem> {
    Ok(app.engine().snapshot(conn)?.shown(query, top).into())
}
