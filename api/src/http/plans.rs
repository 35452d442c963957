//! Plans: beds for many requests at once, as advice. Each line is confirmed by people (`plan_confirmations.rs`).

use std::collections::{HashMap, HashSet};

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::rt;
use actix_web::web::Data;
use matcher::Rule;
use serde::Serialize;
use tracing::Instrument as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, MakePlans, RequestSight};
use crate::db::access_log::Access;
use crate::db::plans::{self, StoredPlan};
use crate::db::types::{Guid, Instant};
use crate::db::{Conn, referrals, requests};
use crate::domain::plan::{Because, NewPlan, PlanAnswer, PlanState, Unassigned};
use crate::domain::{RecordKind, RequestState};
use crate::error::{Code, Problem};
use crate::extract::{Id, IdempotencyKey, OptionalBody};
use crate::matching::{self, Told};
use crate::{limits, planning, schemas};

/// A plan: who would be placed where, so that what the placements are worth together is greatest. It holds nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// The organisation that asked for it.
    organisation_id: Uuid,
    /// Where it stands; all that follows is there once it is `done`.
    #[schema(value_type = schemas::PlanState)]
    state: PlanState,
    /// When it was asked for.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was there, or failed; null while it runs.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
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
    /// The unit.
    unit_id: Uuid,
    /// Its vacancy.
    vacancy_id: Uuid,
    /// People × weight of the urgency × (1 + score + seniority), what stands behind the weight rounded to 0.1 so that it locates nothing.
    #[schema(minimum = 0, example = 170.0)]
    value: f64,
    /// The referral this line has become; null while it is not confirmed.
    #[schema(required)]
    confirmed_referral_id: Option<Uuid>,
}

/// Plan requests
///
/// Places many open requests for which no bed is held at once, so that what the placements are worth together is greatest: a household takes one vacancy of a unit
/// that is eligible for it, and those to be kept apart share neither a structure nor an area. A plan is advice and holds nothing until
/// its lines are confirmed. One that takes longer than about a second is answered with 202 and read under `Location` until it is
/// `done`; after 30 seconds, or sooner where so many compete that no search could prove it, the best found so far is the answer, and `gap`
/// says how good it is.
#[utoipa::path(post, path = "/api/v1/plans", operation_id = "createPlan", tag = "plans",
    params(schemas::CommandKey), request_body = Option<NewPlan>,
    responses((status = 201, description = "The plan, done or failed.", body = PlanRecord),
        (status = 202, description = "The plan is being searched for.", body = PlanRecord)))]
pub async fn create(
    actor: Actor<MakePlans>,
    app: Data<App>,
    key: IdempotencyKey,
    body: OptionalBody<NewPlan>,
) -> Result<HttpResponse, Problem> {
    let (new, organisation, sight) = (Guid::new(), actor.organisation(), actor.request_sight());
    let command = Command::new(&actor, "createPlan", RecordKind::Plan, None, &body.sent).under(key);
    let work = move |tx: &mut crate::db::Tx<'_>| {
        let requests = to_plan(tx.conn, sight, &body.value)?;
        plans::insert(tx, new, organisation, &requests)?;
        Ok(new)
    };
    let asked = app.clone();
    // Whoever asks may be gone before the command is done: the two stay together, or a plan would be stored that nobody searches for.
    let begin = async move {
        let id = asked.command(command, work, |_, id| Ok(id)).await?;
        // A repeat finds the plan of the first time, which somebody computes already.
        if id == new {
            planning::begin(&asked, id).await;
        }
        Ok::<_, Problem>(id)
    };
    let id = rt::spawn(begin.in_current_span()).await.map_err(Problem::internal)??;
    let record = read(&app, &actor, "createPlan", id).await?;
    let location = format!("/api/v1/plans/{id}");
    match record.state {
        PlanState::Running => answers::accepted(&record, location),
        PlanState::Done | PlanState::Failed => answers::created(&record, &record, location),
    }
}

/// Read a plan
///
/// Its own organisation reads all of it; one whose requests the coordination has planned reads their lines. The read of each request
/// that it shows is noted in the log of reads.
#[utoipa::path(get, path = "/api/v1/plans/{plan_id}", operation_id = "getPlan", tag = "plans",
    params(("plan_id" = Uuid, Path, description = "Id of the plan.")),
    responses((status = 200, description = "The plan as it stands now.", body = PlanRecord)))]
pub async fn get(actor: Actor<MakePlans>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let record = read(&app, &actor, "getPlan", Guid(id.0)).await?;
    let mut answer = answers::record(&record, &record)?;
    if record.state == PlanState::Running {
        answer.headers_mut().insert(RETRY_AFTER, limits::PLAN_RETRY_AFTER_S.into());
    }
    Ok(answer)
}

async fn read(app: &App, actor: &Actor<MakePlans>, operation: &'static str, id: Guid) -> Result<PlanRecord, Problem> {
    let (by, sight, db) = (actor.identity(), actor.request_sight(), app.db().clone());
    let access = Access { client: Some(by.client), organisation: by.organisation, operation, kind: RecordKind::Request };
    app.read_logged(access, move |conn| {
        let now = db.now(conn)?;
        let record = record(plans::find(conn, sight, id, now)?, sight);
        let placed = record.assignments.iter().map(|line| line.request_id);
        let read = placed.chain(record.unassigned.iter().map(|left| left.request_id)).map(Guid).collect();
        Ok((record, read))
    })
    .await
}

/// The requests of a new plan, each with its organisation.
fn to_plan(conn: &mut Conn, sight: RequestSight, asked: &NewPlan) -> Result<Vec<(Guid, Guid)>, Problem> {
    match (&asked.request_ids, sight) {
        (Some(ids), _) => named(conn, sight, &ids.0),
        (None, RequestSight::Own(organisation)) => {
            let most = limits::PLAN_REQUESTS_MAX;
            let open = requests::without_bed(conn, organisation, i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))?;
            if open.len() > most {
                let detail = format!("More than {most} are open, which is as many as a plan takes; name those to plan.");
                return Err(Problem::new(Code::PlanTooLarge, detail));
            }
            Ok(open.into_iter().map(|id| (id, organisation)).collect())
        }
        (None, RequestSight::Ids(_)) => Err(Problem::field(
            Code::Contradiction,
            "request_ids",
            "the coordination has no requests of its own: name those to plan",
        )),
    }
}

/// The requests of these ids, all of them open and without a bed; refuses with the entries that are not.
fn named(conn: &mut Conn, sight: RequestSight, ids: &[Uuid]) -> Result<Vec<(Guid, Guid)>, Problem> {
    let mut wanted: Vec<Guid> = ids.iter().copied().map(Guid).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = requests::states(conn, sight, &wanted)?;
    let states: HashMap<Uuid, RequestState> = found.iter().map(|(id, _, state)| (id.0, *state)).collect();
    let holding: HashSet<Uuid> = referrals::holding(conn, &wanted)?.into_iter().map(|id| id.0).collect();
    let standing = |id: &Uuid| match states.get(id) {
        None => Some(Code::NoSuchRequest),
        Some(RequestState::Closed) => Some(Code::RequestClosed),
        Some(RequestState::Placed) => Some(Code::RequestPlaced),
        Some(RequestState::Open) => holding.contains(id).then_some(Code::RequestHeld),
    };
    for (code, why) in [
        (Code::NoSuchRequest, "no request has this id, or it is not yours to plan"),
        (Code::RequestClosed, "is closed"),
        (Code::RequestPlaced, "has a place"),
        (Code::RequestHeld, "has a bed held for it"),
    ] {
        let entries = ids.iter().enumerate().filter(|(_, id)| standing(id) == Some(code));
        let entries = entries.map(|(at, _)| (format!("request_ids[{at}]"), why.to_owned()));
        let wrong: Vec<_> = entries.take(limits::WRONG_ENTRIES_NAMED).collect();
        if !wrong.is_empty() {
            return Err(Problem::fields(code, wrong));
        }
    }
    Ok(found.into_iter().map(|(id, organisation, _)| (id, organisation)).collect())
}

/// A plan as a caller sees it: a referent the lines of its own requests, the coordination all lines of its plan and nothing of dangers.
fn record(plan: StoredPlan, sight: RequestSight) -> PlanRecord {
    let owner = |request: &Uuid| plan.requests.get(request).map(|planned| planned.organisation);
    let is_seen = |request: &Uuid| match sight {
        RequestSight::Own(organisation) => owner(request) == Some(organisation),
        RequestSight::Ids(_) => true,
    };
    let whole = plan.requests.keys().all(&is_seen);
    let is_told = |because: &Because| match (because, sight) {
        (Because::Beds, _) => true,
        (Because::Rule(rule), RequestSight::Ids(_)) => matching::may_be_told(*rule, Told::Coordination),
        // Whom they must not meet may be in another's part of the plan.
        (Because::Rule(rule), RequestSight::Own(_)) => whole || *rule != Rule::KeepApart,
    };
    let (mut assignments, mut unassigned) = (Vec::new(), Vec::new());
    let answer = plan.answer.as_ref();
    for line in answer.iter().flat_map(|answer| &answer.assignments).filter(|line| is_seen(&line.request_id)) {
        let referral = plan.requests.get(&line.request_id).and_then(|planned| planned.referral);
        assignments.push(PlanLine {
            request_id: line.request_id,
            unit_id: line.unit_id,
            vacancy_id: line.vacancy_id,
            value: line.value,
            confirmed_referral_id: referral.map(|id| id.0),
        });
    }
    for left in answer.iter().flat_map(|answer| &answer.unassigned).filter(|left| is_seen(&left.request_id)) {
        let because: Vec<_> = left.because.iter().copied().filter(is_told).collect();
        // What a call can settle may be what is not told.
        let all_told = because.len() == left.because.len() || matches!(sight, RequestSight::Own(_));
        unassigned.push(Unassigned { request_id: left.request_id, because, call: left.call.filter(|_| all_told) });
    }
    let total = |of: fn(&PlanAnswer) -> f64| answer.filter(|_| whole).map(of);
    PlanRecord {
        id: plan.id.0,
        organisation_id: plan.organisation.0,
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
