//! How a plan comes about: a small one and a large one at a time an instance, away from the database and from whoever asked, in time and memory
//! that are limited by its size; and what of its numbers may be shown.
//!
//! Nothing takes a plan up again when its server dies over it: it reads as failed once it should long be there, and is asked for anew.

use std::collections::HashMap;
use std::time::Instant;

use futures_util::future::join;
use matcher::{Effort, Policy, Query};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::commands::{Service, matching, plans};
use crate::db::{Author, Failure, plans as db_plans, requests};
use crate::domain::Reach;
use crate::domain::plan::{Assignment, Because, PlanAnswer, Unassigned};
use crate::limits;
use crate::live::plans::{Asked, Lane};

/// Searches for the plans this instance has stored, until it is dropped: in each lane one after the other, since each takes a core for as long
/// as it lasts.
pub async fn run(service: Service) {
    if service.live().plans().begin_search() {
        let [small, large] = Lane::ALL.map(|lane| search_all(service.clone(), lane));
        join(small, large).await;
    }
}

async fn search_all(service: Service, lane: Lane) {
    loop {
        let asked = service.live().plans().next(lane).await;
        let (searching, id) = (service.clone(), asked.id);
        let searched = spawn_blocking(move || {
            let answer = search(&searching, asked)
                .inspect_err(|failure| tracing::error!(plan = %id, ?failure, "a plan came to nothing"))
                .ok()
                .flatten();
            searching.write(Author::service("finishPlan"), |turn| plans::finish(turn, id, answer.clone()))
        })
        .await;
        // Whatever became of it, its organisation's next may come.
        service.live().plans().ended(asked);
        match searched {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => tracing::warn!(plan = %id, "a plan came too late"),
            Ok(Err(failure)) => tracing::error!(plan = %id, ?failure, "a plan could not be stored"),
            Err(error) => tracing::error!(plan = %id, %error, "the search for a plan stumbled"),
        }
    }
}

/// Reads requests and snapshot as of one moment, lets the database go, and searches for as long as a plan of this size is given. None where it
/// has waited so long that nobody waits for it any more.
fn search(service: &Service, asked: Asked) -> Result<Option<PlanAnswer>, Failure> {
    let (db, live, id) = (service.db(), service.live(), asked.id);
    let (queries, position, left) = db.read(|conn| -> Result<_, Failure> {
        let pulse = db.pulse(conn)?;
        let plan = db_plans::find(conn, Reach::Everything, id, pulse.now)?;
        let waited = pulse.now.utc().signed_duration_since(plan.created_at.utc()).to_std().unwrap_or_default();
        let apart = matching::apart_in(conn, &plan)?;
        let mut queries = Vec::new();
        for request in requests::of_plan(conn, id)? {
            let query = matching::query(conn, live.policy(), &request, pulse.now)?;
            queries.push(matching::kept_apart(query, live.policy(), &apart)?);
        }
        let given_up = limits::PLAN_GIVEN_UP.to_std().unwrap_or_default().saturating_sub(limits::PLAN_TIME);
        Ok((queries, pulse.position, given_up.saturating_sub(waited)))
    })?;
    if left.is_zero() {
        return Ok(None);
    }
    let (snapshot, until) = (live.snapshot_here(position)?, Instant::now() + limits::plan_time(queries.len()));
    let mut stop = |_progress| until <= Instant::now();
    let mut effort = Effort::new(u64::MAX, &mut stop).within(limits::PLAN_EDGES, limits::PLAN_ROWS);
    let plan = snapshot.plan(&queries, &mut effort);
    Ok(Some(shown(plan, live.policy(), &queries)))
}

/// A plan as an API shows it (design §3.6): values in tenths of what a person is worth at that urgency, so that they tell no distance;
/// what they add up to; and a bound as far above it as the engine's.
fn shown(plan: matcher::Plan, policy: &Policy, queries: &[Query]) -> PlanAnswer {
    let by_id: HashMap<Uuid, &Query> = queries.iter().map(|query| (query.request().id, query)).collect();
    let value = |id: Uuid, value: f64| {
        by_id.get(&id).map_or(0.0, |query| {
            let request = query.request();
            let people = u32::try_from(request.household.len()).map_or(0.0, f64::from);
            let weight = people * policy.plan_weight(request.urgency);
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
