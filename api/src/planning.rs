//! How a plan comes about: one at a time an instance, away from the database and from whoever asked, in limited time; and what of its
//! numbers may be shown.
//!
//! Nothing takes a plan up again when its server dies over it: it reads as failed once it should long be there, and is asked for anew.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix_web::{rt, web};
use futures_util::lock::{Mutex, MutexGuard};
use matcher::{Effort, Query, Snapshot};
use uuid::Uuid;

use crate::app::App;
use crate::db::events::{self, Event};
use crate::db::types::Guid;
use crate::db::{DbError, plans, requests};
use crate::domain::RecordKind;
use crate::domain::plan::{Assignment, Because, PlanAnswer, Unassigned};
use crate::error::{Code, Problem};
use crate::{limits, matching};

/// What the plans of an instance share.
pub struct Planner {
    /// Held while a plan is searched for: each takes a core for as long as it lasts.
    turn: Mutex<()>,
    /// How long whoever asks waits for its plan before it is told to come back.
    patience: Duration,
}

impl Planner {
    /// A planner at rest, whose callers wait so long.
    pub fn new(patience: Duration) -> Self {
        Self { turn: Mutex::new(()), patience }
    }

    /// Waits for the turn to search; as long as it is held, no other plan is searched for.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

/// Begins to search for a plan that was asked for just now, and waits a little for it. It goes on when nobody waits any more.
pub async fn begin(app: &App, id: Guid) {
    let search = rt::spawn(run(app.clone(), id, Instant::now() + limits::PLAN_TIME));
    match rt::time::timeout(app.planner().patience, search).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::error!(plan = %id, %error, "the search for a plan stumbled"),
    }
}

/// Searches for a plan and writes down what was found, with its event.
async fn run(app: App, id: Guid, until: Instant) {
    let answer = match search(&app, id, until).await {
        Ok(answer) => Some(answer),
        Err(problem) => {
            tracing::error!(plan = %id, %problem, "a plan came to nothing");
            None
        }
    };
    let db = app.db().clone();
    let written = web::block(move || {
        db.write(|tx| {
            let waited_for = plans::finish(tx, id, answer.clone())?;
            if waited_for {
                events::record(tx, Event { by: None, command: "finishPlan", kind: RecordKind::Plan, record: id })?;
            }
            Ok::<_, DbError>(waited_for)
        })
    });
    match written.await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => tracing::warn!(plan = %id, "a plan came too late"),
        Ok(Err(error)) => tracing::error!(plan = %id, %error, "a plan could not be stored"),
        Err(error) => tracing::error!(plan = %id, %error, "a plan could not be stored"),
    }
}

async fn search(app: &App, id: Guid, until: Instant) -> Result<PlanAnswer, Problem> {
    let left = until.saturating_duration_since(Instant::now());
    let _turn = rt::time::timeout(left, app.planner().turn())
        .await
        .map_err(|_elapsed| Problem::new(Code::Unavailable, "Other plans took all of its time."))?;
    let reader = app.clone();
    let (snapshot, queries) = app
        .read(move |conn| {
            let now = reader.db().now(conn)?;
            let asked = requests::of_plan(conn, id)?;
            let policy = reader.engine().policy();
            let queries = asked.iter().map(|request| matching::query(conn, policy, request, now)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, Problem>((reader.engine().snapshot(conn)?, queries))
        })
        .await?;
    let found = web::block(move || {
        let mut stop = |_progress| until <= Instant::now();
        let plan = snapshot.plan(&queries, &mut Effort::new(u64::MAX, &mut stop));
        shown(plan, &snapshot, &queries)
    });
    found.await.map_err(Problem::internal)
}

/// A plan as an API shows it (design §3.6): values in tenths of what a person is worth at that urgency, so that they tell no distance;
/// what they add up to; and a bound as far above it as the engine's.
fn shown(plan: matcher::Plan, snapshot: &Snapshot, queries: &[Query]) -> PlanAnswer {
    let by_id: HashMap<Uuid, &Query> = queries.iter().map(|query| (query.request().id, query)).collect();
    let value = |id: Uuid, value: f64| {
        by_id.get(&id).map_or(0.0, |query| {
            let request = query.request();
            let people = u32::try_from(request.household.len()).map_or(0.0, f64::from);
            let weight = people * snapshot.policy().plan_weight(request.urgency);
            ((value * 10.0 / weight).round() * weight * 1e5).round() / 1e6
        })
    };
    let assignments: Vec<_> = plan
        .assignments
        .into_iter()
        .map(|line| Assignment {
            request_id: line.request_id,
            unit_id: line.unit_id,
            vacancy_id: line.vacancy_id,
            value: value(line.request_id, line.value),
        })
        .collect();
    // Without the dust that adding up leaves. Not `sum`, whose nothing is -0.
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    let objective = rounded(assignments.iter().fold(0.0, |sum, line| sum + line.value));
    let gap = if plan.optimal { 0.0 } else { plan.gap };
    let bound = if gap < 1.0 { rounded(objective / (1.0 - gap)) } else { plan.bound.ceil() };
    let unassigned = plan.unassigned.into_iter().map(|left| {
        let because = left.because.into_iter().map(Because::from).collect();
        let because = by_id.get(&left.request_id).map_or_else(Vec::new, |query| without_whereabouts(because, snapshot, query));
        Unassigned { request_id: left.request_id, because, call: left.call }
    });
    PlanAnswer {
        policy_version: plan.policy_version,
        objective,
        bound,
        gap,
        optimal: plan.optimal,
        unassigned: unassigned.collect(),
        assignments,
    }
}

/// No answer tells whether some unit fails `keep_apart` (design §4): asked again and again it would tell where someone is housed. That
/// others of the same plan stand in the way tells nothing of the kind.
fn without_whereabouts(because: Vec<Because>, snapshot: &Snapshot, query: &Query) -> Vec<Because> {
    if query.request().keep_apart.is_empty() || because == [Because::Beds] || snapshot.rank(query, 0).eligible > 0 {
        return because;
    }
    let ranking = snapshot.rank(&query.with_nobody_apart(), 0);
    let alone: Vec<_> = ranking.failed_alone.iter().collect();
    let rules = if alone.is_empty() { ranking.failed.iter().collect() } else { alone };
    rules.into_iter().map(|(rule, _count)| Because::Rule(rule)).collect()
}
