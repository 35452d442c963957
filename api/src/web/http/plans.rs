//! Plans: beds for many requests at once, as advice; and their lines as people confirm them.

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use matcher::Rule;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Service, matching, plans as commands};
use crate::db::plans::{self, StoredPlan};
use crate::db::{Conn, Reading, Turn};
use crate::domain::Reach;
use crate::domain::ids::{OrganisationId, PlanConfirmationId, PlanId, ReferralId, RequestId};
use crate::domain::plan::{Because, ChosenLines, ConfirmedLine, LineOutcome, NewPlan, PlanAnswer, PlanState, Unassigned};
use crate::live::Live;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::{Id, IdempotencyKey, OptionalBody};
use crate::web::operations::{ConfirmPlan, CreatePlan, GetPlan, Operation};
use crate::web::problem::{Problem, ProblemCode};
use crate::{limits, schemas};

/// A plan: who would be placed where, so that what the placements are worth together is greatest. It holds nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanRecord {
    /// Its id (UUIDv7).
    id: PlanId,
    /// The organisation that asked for it.
    organisation_id: OrganisationId,
    /// Where it stands; all that follows is there once it is `done`.
    state: PlanState,
    /// When it was asked for.
    created_at: Instant,
    /// When it was there, or failed; null while it runs.
    #[schema(required)]
    finished_at: Option<Instant>,
    /// The version of the policy that weighed the placements.
    #[schema(required, example = "2026-11-01")]
    policy_version: Option<String>,
    /// What the placements are worth together; null where the reader sees a part of them.
    #[schema(required, minimum = 0)]
    objective: Option<f64>,
    /// No plan that the rules allow is worth more; null where the reader sees a part.
    #[schema(required, minimum = 0)]
    bound: Option<f64>,
    /// (bound − objective)/bound; 0 when the bound is 0.
    #[schema(required, value_type = Option<schemas::UnitInterval>)]
    gap: Option<f64>,
    /// Whether it is proved to be a best plan; false when the search ended before that.
    #[schema(required)]
    optimal: Option<bool>,
    /// Who is placed where, in the order of request ids.
    assignments: Vec<PlanLine>,
    /// Who is not placed, in the order of request ids.
    unassigned: Vec<Unassigned>,
}

/// A line of a plan: a household placed in a vacancy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanLine {
    /// The request.
    request_id: Uuid,
    /// The unit; null for the coordination, which is not told who goes where.
    #[schema(required)]
    unit_id: Option<Uuid>,
    /// Its vacancy; null with the unit.
    #[schema(required)]
    vacancy_id: Option<Uuid>,
    /// People × weight of the urgency × (1 + score + seniority), what stands behind the weight rounded to 0.1 so that it locates nothing.
    #[schema(minimum = 0, example = 170.0)]
    value: f64,
    /// The referral this line has become; null while it is not confirmed, and for the coordination.
    #[schema(required)]
    confirmed_referral_id: Option<ReferralId>,
}

/// Plan requests
///
/// Places many open requests for which no bed is held at once, so that what the placements are worth together is greatest: a household takes
/// one vacancy of a unit that is eligible for it, and those to be kept apart share neither a structure nor an area. A plan is advice and holds
/// nothing until its lines are confirmed. One that takes longer than about a second is answered with 202 and read under `Location` until it is
/// `done`; after 30 seconds, or sooner where so many compete that no search could prove it, the best found so far is the answer, and `gap`
/// says how good it is.
#[utoipa::path(post, path = "", tag = "plans", params(schemas::CommandKey), request_body = Option<NewPlan>,
    responses((status = 201, description = "The plan, done or failed.", body = PlanRecord),
        (status = 202, description = "The plan is being searched for.", body = PlanRecord)))]
pub async fn create(
    actor: Actor<CreatePlan>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: OptionalBody<NewPlan>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach, now) = (actor.organisation(), actor.reach(), actor.pulse().now);
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, reach, organisation, &body.value);
    let find = move |conn: &mut Conn, id| plans::find(conn, reach, PlanId(id), now);
    let plan = service.command(order, run, find, |_: &mut Reading<'_>, plan: StoredPlan| Ok(plan)).await?;
    if plan.state == PlanState::Running {
        wait_for(&service, &actor, plan.id).await?;
    }
    let record = read(&service, &actor, plan.id).await?;
    let location = format!("/api/v1/plans/{}", plan.id);
    match record.state {
        PlanState::Running => answers::accepted(&record, &location),
        PlanState::Done | PlanState::Failed => answers::created(&record, &record, &location),
    }
}

/// Waits a little for a plan that is searched for on this instance; it goes on when nobody waits any more.
async fn wait_for<P: Operation>(service: &Service, actor: &Actor<P>, id: PlanId) -> Result<(), Problem> {
    let ended = service.live().plans().end_of(id);
    let reach = actor.reach();
    // It may have ended before anyone waited.
    let state = move |reading: &mut Reading<'_>| Ok(plans::find(reading.conn, reach, id, reading.now)?.state);
    if service.read(actor.access(), actor.pulse(), state).await? == PlanState::Running {
        // Too long, or no longer searched for here: it is read as it stands.
        drop(tokio::time::timeout(service.plan_patience(), ended).await);
    }
    Ok(())
}

/// Read a plan
///
/// Its own organisation reads all of it, but that the coordination reads who is placed and not where; one whose requests the coordination has
/// planned reads their lines. The read of each request
/// that it shows is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "plans", params(("plan_id" = Uuid, Path, description = "Id of the plan.")),
    responses((status = 200, description = "The plan as it stands now.", body = PlanRecord)))]
pub async fn get(actor: Actor<GetPlan>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let record = read(&service, &actor, PlanId(id.0)).await?;
    let mut answer = answers::record(&record, &record)?;
    if record.state == PlanState::Running {
        answer.headers_mut().insert(RETRY_AFTER, limits::PLAN_RETRY_AFTER_S.into());
    }
    Ok(answer)
}

async fn read<P: Operation>(service: &Service, actor: &Actor<P>, id: PlanId) -> Result<PlanRecord, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let plan = plans::find(reading.conn, reach, id, reading.now)?;
        Ok(show(reading, plan, reach))
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// A plan as a caller sees it, the reading of each request it shows noted: a referent the lines of its own requests, the coordination who is placed by its plan and who is not, nothing of where, and nothing of dangers.
fn show(reading: &mut Reading<'_>, plan: StoredPlan, reach: Reach) -> PlanRecord {
    let owner = |request: &Uuid| plan.requests.get(&RequestId(*request)).map(|planned| planned.organisation);
    let is_own_of_coordination = reach.coordinates() == Some(plan.organisation);
    let is_seen = |request: &Uuid| is_own_of_coordination || owner(request).is_some_and(|owner| reach.asks() == Some(owner));
    let whole = plan.requests.keys().all(|request| is_seen(&request.0));
    let asks = reach.asks().is_some() && !is_own_of_coordination;
    // Who reads of their own requests alone also wrote those that are kept apart in this plan.
    let is_told = |because: &Because| match because {
        Because::Beds => true,
        Because::Rule(rule) => asks || matching::tells_nothing_of_dangers(*rule),
    };
    let (mut assignments, mut unassigned) = (Vec::new(), Vec::new());
    let answer = plan.answer.as_ref();
    for line in answer.iter().flat_map(|answer| &answer.assignments).filter(|line| is_seen(&line.request_id)) {
        let referral = plan.requests.get(&RequestId(line.request_id)).and_then(|planned| planned.referral);
        assignments.push(PlanLine {
            request_id: line.request_id,
            unit_id: asks.then_some(line.unit_id),
            vacancy_id: asks.then_some(line.vacancy_id),
            value: line.value,
            confirmed_referral_id: referral.filter(|_| asks),
        });
    }
    for left in answer.iter().flat_map(|answer| &answer.unassigned).filter(|left| is_seen(&left.request_id)) {
        let because: Vec<_> = left.because.iter().copied().filter(is_told).collect();
        // What a call can settle may be what is not told.
        let all_told = because.len() == left.because.len() || asks;
        unassigned.push(Unassigned { request_id: left.request_id, because, call: left.call.filter(|_| all_told && asks) });
    }
    let placed = assignments.iter().map(|line| line.request_id);
    placed.chain(unassigned.iter().map(|left| left.request_id)).for_each(|id| reading.shows(RequestId(id)));
    let total = |of: fn(&PlanAnswer) -> f64| answer.filter(|_| whole).map(of);
    PlanRecord {
        id: plan.id,
        organisation_id: plan.organisation,
        state: plan.state,
        created_at: plan.created_at,
        finished_at: plan.finished_at,
        policy_version: answer.map(|answer| answer.policy_version.clone()),
        objective: total(|answer| answer.objective),
        bound: total(|answer| answer.bound),
        gap: answer.map(|answer| answer.gap),
        optimal: answer.map(|answer| answer.optimal),
        assignments,
        unassigned,
    }
}

/// What became of the lines that were confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedLines {
    /// Line by line, in the order of request ids.
    lines: Vec<ConfirmedLineRecord>,
}

/// A line of a plan that someone wanted to confirm.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConfirmedLine)]
pub struct ConfirmedLineRecord {
    /// The request.
    request_id: RequestId,
    /// What became of it.
    outcome: LineOutcome,
    /// With `held`: the referral.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Uuid)]
    referral_id: Option<ReferralId>,
    /// With `refused`: the code of the problem that `createReferral` answers for the same reason, or `line_confirmed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = ProblemCode)]
    code: Option<&'static str>,
    /// With `refused`: what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String, example = "Others hold them or have them. Rank again: the next proposal may still be free.")]
    detail: Option<String>,
    /// With `not_eligible`: the rules that the place fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<schemas::Rule>)]
    rules: Vec<Rule>,
}

impl From<ConfirmedLine> for ConfirmedLineRecord {
    fn from(line: ConfirmedLine) -> Self {
        let request_id = line.request;
        match line.outcome {
            Ok(referral) => Self {
                request_id,
                outcome: LineOutcome::Held,
                referral_id: Some(referral),
                code: None,
                detail: None,
                rules: Vec::new(),
            },
            Err(denied) => {
                let problem = Problem::from(denied);
                Self {
                    request_id,
                    outcome: LineOutcome::Refused,
                    referral_id: None,
                    code: Some(problem.code().as_str()),
                    detail: Some(problem.detail().to_owned()),
                    rules: problem.rules().to_vec(),
                }
            }
        }
    }
}

/// Confirm lines of a plan
///
/// Each chosen line becomes a referral whose beds are held, as `createReferral` with `hold` makes it: the rules are asked again. A line
/// whose bed has gone, or whose place cannot take these people any more, is reported with the code that `createReferral` would answer,
/// and the others go through. A referent confirms the lines of its own requests.
#[utoipa::path(post, path = "", tag = "plans",
    params(("plan_id" = Uuid, Path, description = "Id of the plan."), schemas::CommandKey), request_body = Option<ChosenLines>,
    responses((status = 200, description = "What became of each line.", body = ConfirmedLines)))]
pub async fn confirm(
    actor: Actor<ConfirmPlan>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<ChosenLines>,
) -> Result<HttpResponse, Problem> {
    let (id, organisation) = (PlanId(id.0), actor.organisation());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::confirm(turn, live.policy(), organisation, id, &body.value);
    let find = move |conn: &mut Conn, id| plans::find_confirmation(conn, organisation, PlanConfirmationId(id));
    let lines = service.command(order, run, find, |_: &mut Reading<'_>, confirmed| Ok(confirmed.lines)).await?;
    answers::json(&ConfirmedLines { lines: lines.into_iter().map(ConfirmedLineRecord::from).collect() })
}
