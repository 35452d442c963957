//! Plans: what was asked, what was found, and which lines people have confirmed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::schema::{plan_confirmations, plan_requests, plans};
use super::types::{Coded, Document, Guid, Instant};
use super::{Conn, DbError, Tx, on_backend};
use crate::auth::RequestSight;
use crate::domain::plan::{ConfirmedLine, PlanAnswer, PlanState};
use crate::limits;

#[derive(Queryable)]
struct Row {
    id: Guid,
    organisation_id: Guid,
    state: Coded<PlanState>,
    give_up_at: Instant,
    answer: Option<Document<PlanAnswer>>,
    created_at: Instant,
    finished_at: Option<Instant>,
}

/// A request of a plan.
#[derive(Clone, Copy, Debug)]
pub struct PlannedRequest {
    /// Its organisation, which confirms its line.
    pub organisation: Guid,
    /// The referral its line has become, if it has.
    pub referral: Option<Guid>,
}

/// A plan as it is stored.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// Its id.
    pub id: Guid,
    /// The organisation that asked for it.
    pub organisation: Guid,
    /// Where it stands: one that should long be there has failed, whether or not anybody wrote so.
    pub state: PlanState,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it was there, or failed.
    pub finished_at: Option<Instant>,
    /// What was found; none while it is not done.
    pub answer: Option<PlanAnswer>,
    /// Its requests, by id.
    pub requests: BTreeMap<Uuid, PlannedRequest>,
}

/// What a confirmation came to.
#[derive(Clone, Debug)]
pub struct StoredConfirmation {
    /// Line by line.
    pub lines: Vec<ConfirmedLine>,
}

/// Adds a plan that runs, of an organisation, over requests with their organisations.
pub fn insert(tx: &mut Tx<'_>, id: Guid, organisation: Guid, requests: &[(Guid, Guid)]) -> Result<(), DbError> {
    diesel::insert_into(plans::table)
        .values((
            plans::id.eq(id),
            plans::organisation_id.eq(organisation),
            plans::state.eq(Coded(PlanState::Running)),
            plans::give_up_at.eq(tx.now.plus(limits::PLAN_GIVEN_UP)),
            plans::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    for batch in requests.chunks(limits::LOAD_BATCH) {
        let rows: Vec<_> = batch
            .iter()
            .map(|(request, owner)| {
                (plan_requests::plan_id.eq(id), plan_requests::request_id.eq(*request), plan_requests::organisation_id.eq(*owner))
            })
            .collect();
        on_backend!(tx.conn, |c| diesel::insert_into(plan_requests::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Writes down what was found, or that nothing was; says whether the plan was still waited for.
pub fn finish(tx: &mut Tx<'_>, id: Guid, answer: Option<PlanAnswer>) -> Result<bool, DbError> {
    let state = if answer.is_some() { PlanState::Done } else { PlanState::Failed };
    let waited_for = plans::table.find(id).filter(plans::state.eq(Coded(PlanState::Running))).filter(plans::give_up_at.gt(tx.now));
    let written = diesel::update(waited_for)
        .set((plans::state.eq(Coded(state)), plans::answer.eq(answer.map(Document)), plans::finished_at.eq(Some(tx.now))))
        .execute(tx.conn)?;
    Ok(written > 0)
}

/// One plan, for the organisation that asked for it and for those whose requests are in it.
pub fn find(conn: &mut Conn, sight: RequestSight, id: Guid, now: Instant) -> Result<StoredPlan, DbError> {
    let row: Row = plans::table.find(id).first(conn)?;
    let requests: Vec<(Guid, Guid, Option<Guid>)> = plan_requests::table
        .filter(plan_requests::plan_id.eq(id))
        .select((plan_requests::request_id, plan_requests::organisation_id, plan_requests::referral_id))
        .load(conn)?;
    let is_reached = match sight {
        RequestSight::Own(own) => row.organisation_id == own || requests.iter().any(|(_, owner, _)| *owner == own),
        RequestSight::Ids(own) => row.organisation_id == own,
    };
    if !is_reached {
        return Err(DbError::NotFound);
    }
    let given_up = row.state.0 == PlanState::Running && row.give_up_at <= now;
    Ok(StoredPlan {
        id: row.id,
        organisation: row.organisation_id,
        state: if given_up { PlanState::Failed } else { row.state.0 },
        created_at: row.created_at,
        finished_at: if given_up { Some(row.give_up_at) } else { row.finished_at },
        answer: row.answer.map(|answer| answer.0),
        requests: requests
            .into_iter()
            .map(|(request, organisation, referral)| (request.0, PlannedRequest { organisation, referral }))
            .collect(),
    })
}

/// Notes the referral that a line has become.
pub fn confirm(tx: &mut Tx<'_>, plan: Guid, request: Guid, referral: Guid) -> Result<(), DbError> {
    diesel::update(plan_requests::table.find((plan, request)))
        .set(plan_requests::referral_id.eq(Some(referral)))
        .execute(tx.conn)?;
    Ok(())
}

/// Adds what a confirmation by an organisation came to.
pub fn insert_confirmation(
    tx: &mut Tx<'_>,
    id: Guid,
    plan: Guid,
    organisation: Guid,
    lines: Vec<ConfirmedLine>,
) -> Result<(), DbError> {
    diesel::insert_into(plan_confirmations::table)
        .values((
            plan_confirmations::id.eq(id),
            plan_confirmations::plan_id.eq(plan),
            plan_confirmations::organisation_id.eq(organisation),
            plan_confirmations::lines.eq(Document(lines)),
            plan_confirmations::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What one confirmation by an organisation came to.
pub fn find_confirmation(conn: &mut Conn, organisation: Guid, id: Guid) -> Result<StoredConfirmation, DbError> {
    let lines: Document<Vec<ConfirmedLine>> = plan_confirmations::table
        .filter(plan_confirmations::id.eq(id))
        .filter(plan_confirmations::organisation_id.eq(organisation))
        .select(plan_confirmations::lines)
        .first(conn)?;
    Ok(StoredConfirmation { lines: lines.0 })
}
