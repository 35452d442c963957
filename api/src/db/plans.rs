//! Plans: what was asked, what was found, and which lines people have confirmed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matcher::Code as _;
use serde_json::json;

use super::schema::{plan_confirmations, plan_requests, plans};
use super::types::{Coded, Document};
use super::{Conn, DbError, Turn, on_backend};
use crate::clock::Instant;
use crate::domain::ids::{OrganisationId, PlanConfirmationId, PlanId, ReferralId, RequestId};
use crate::domain::plan::{ConfirmedLine, PlanAnswer, PlanState};
use crate::domain::{About, Noted, Reach};
use crate::limits;

#[derive(Queryable)]
struct Row {
    id: PlanId,
    organisation_id: OrganisationId,
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
    pub organisation: OrganisationId,
    /// The referral its line has become, if it has.
    pub referral: Option<ReferralId>,
}

/// A plan as it is stored.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// Its id.
    pub id: PlanId,
    /// The organisation that asked for it.
    pub organisation: OrganisationId,
    /// Where it stands: one that should long be there has failed, whether or not anybody wrote so.
    pub state: PlanState,
    /// When it was asked for.
    pub created_at: Instant,
    /// When it was there, or failed.
    pub finished_at: Option<Instant>,
    /// What was found; none while it is not done.
    pub answer: Option<PlanAnswer>,
    /// Its requests, by id.
    pub requests: BTreeMap<RequestId, PlannedRequest>,
}

impl Noted for StoredPlan {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({"state": self.state.as_str(), "requests": self.requests.len()}))
    }
}

/// What a confirmation came to.
#[derive(Clone, Debug)]
pub struct StoredConfirmation {
    /// Its id.
    pub id: PlanConfirmationId,
    /// The plan.
    pub plan: PlanId,
    /// Who confirmed.
    pub organisation: OrganisationId,
    /// Line by line.
    pub lines: Vec<ConfirmedLine>,
}

impl Noted for StoredConfirmation {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({"plan_id": self.plan}))
    }
}

/// Adds a plan that runs, of an organisation, over requests with their organisations.
pub fn insert(
    turn: &mut Turn<'_>,
    id: PlanId,
    organisation: OrganisationId,
    requests: &[(RequestId, OrganisationId)],
) -> Result<StoredPlan, DbError> {
    diesel::insert_into(plans::table)
        .values((
            plans::id.eq(id),
            plans::organisation_id.eq(organisation),
            plans::state.eq(Coded(PlanState::Running)),
            plans::give_up_at.eq(turn.now.plus(limits::PLAN_GIVEN_UP)),
            plans::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    for batch in requests.chunks(limits::LOAD_BATCH) {
        let rows: Vec<_> = batch
            .iter()
            .map(|(request, owner)| {
                (plan_requests::plan_id.eq(id), plan_requests::request_id.eq(*request), plan_requests::organisation_id.eq(*owner))
            })
            .collect();
        on_backend!(turn.conn, |c| diesel::insert_into(plan_requests::table).values(&rows).execute(c))?;
    }
    let planned = |(request, organisation): &(RequestId, OrganisationId)| {
        (*request, PlannedRequest { organisation: *organisation, referral: None })
    };
    Ok(StoredPlan {
        id,
        organisation,
        state: PlanState::Running,
        created_at: turn.now,
        finished_at: None,
        answer: None,
        requests: requests.iter().map(planned).collect(),
    })
}

/// Writes down what was found, or that nothing was; says whether the plan was still waited for.
pub fn finish(turn: &mut Turn<'_>, id: PlanId, answer: Option<PlanAnswer>) -> Result<bool, DbError> {
    let state = if answer.is_some() { PlanState::Done } else { PlanState::Failed };
    let waited_for =
        plans::table.find(id).filter(plans::state.eq(Coded(PlanState::Running))).filter(plans::give_up_at.gt(turn.now));
    let written = diesel::update(waited_for)
        .set((plans::state.eq(Coded(state)), plans::answer.eq(answer.map(Document)), plans::finished_at.eq(Some(turn.now))))
        .execute(turn.conn)?;
    Ok(written > 0)
}

/// One plan, for the organisation that asked for it and for those whose requests are in it.
pub fn find(conn: &mut Conn, reach: Reach, id: PlanId, now: Instant) -> Result<StoredPlan, DbError> {
    let row: Row = plans::table.find(id).first(conn)?;
    let requests: Vec<(RequestId, OrganisationId, Option<ReferralId>)> = plan_requests::table
        .filter(plan_requests::plan_id.eq(id))
        .select((plan_requests::request_id, plan_requests::organisation_id, plan_requests::referral_id))
        .load(conn)?;
    let asked_for = |own| row.organisation_id == own || requests.iter().any(|(_, owner, _)| *owner == own);
    let is_reached = matches!(reach, Reach::Everything)
        || reach.asks().is_some_and(asked_for)
        || reach.coordinates() == Some(row.organisation_id);
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
            .map(|(request, organisation, referral)| (request, PlannedRequest { organisation, referral }))
            .collect(),
    })
}

/// Notes the referral that a line has become.
pub fn confirm(turn: &mut Turn<'_>, plan: PlanId, request: RequestId, referral: ReferralId) -> Result<(), DbError> {
    diesel::update(plan_requests::table.find((plan, request)))
        .set(plan_requests::referral_id.eq(Some(referral)))
        .execute(turn.conn)?;
    Ok(())
}

/// Adds what a confirmation by an organisation came to.
pub fn insert_confirmation(
    turn: &mut Turn<'_>,
    id: PlanConfirmationId,
    plan: PlanId,
    organisation: OrganisationId,
    lines: Vec<ConfirmedLine>,
) -> Result<StoredConfirmation, DbError> {
    diesel::insert_into(plan_confirmations::table)
        .values((
            plan_confirmations::id.eq(id),
            plan_confirmations::plan_id.eq(plan),
            plan_confirmations::organisation_id.eq(organisation),
            plan_confirmations::lines.eq(Document(lines.clone())),
            plan_confirmations::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredConfirmation { id, plan, organisation, lines })
}

/// What one confirmation by an organisation came to.
pub fn find_confirmation(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: PlanConfirmationId,
) -> Result<StoredConfirmation, DbError> {
    let (plan, lines): (PlanId, Document<Vec<ConfirmedLine>>) = plan_confirmations::table
        .filter(plan_confirmations::id.eq(id))
        .filter(plan_confirmations::organisation_id.eq(organisation))
        .select((plan_confirmations::plan_id, plan_confirmations::lines))
        .first(conn)?;
    Ok(StoredConfirmation { id, plan, organisation, lines: lines.0 })
}
