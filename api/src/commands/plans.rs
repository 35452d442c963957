//! Plans: beds for many requests at once, as advice, and its lines as people confirm them.

use std::collections::{HashMap, HashSet};

use matcher::Policy;
use uuid::Uuid;

use crate::db::plans::{self, StoredConfirmation, StoredPlan};
use crate::db::{Conn, Failure, Turn, referrals, requests};
use crate::domain::denied::{PlanDenied, PlanPart, WhyNotPlanned};
use crate::domain::ids::{OrganisationId, PlanConfirmationId, PlanId, RequestId, VacancyId};
use crate::domain::plan::{Assignment, ChosenLines, ConfirmedLine, NewPlan, PlanAnswer, PlanState};
use crate::domain::quota::Watched;
use crate::domain::referral::NewReferral;
use crate::domain::{Denied, Reach, Referral, RequestState};
use crate::limits;

use super::referrals::ask;
use super::{keep_apart, quotas};

/// Stores a plan that is to be searched for: once it is committed, this instance does.
pub fn create(turn: &mut Turn<'_>, reach: Reach, organisation: OrganisationId, asked: &NewPlan) -> Result<StoredPlan, Failure> {
    let requests = to_plan(turn.conn, reach, asked)?;
    let spent = quotas::may(turn, Watched::Plans, 1)?;
    let plan = plans::insert(turn, PlanId::new(), organisation, &requests)?;
    turn.note(&plan);
    quotas::count(turn, spent);
    Ok(plan)
}

/// Writes down what was found, or that nothing was; says whether the plan was still waited for.
pub fn finish(turn: &mut Turn<'_>, id: PlanId, answer: Option<PlanAnswer>) -> Result<bool, Failure> {
    let waited_for = plans::finish(turn, id, answer)?;
    if waited_for {
        let plan = plans::find(turn.conn, Reach::Everything, id, turn.now)?;
        turn.note(&plan);
    }
    Ok(waited_for)
}

/// The requests of a new plan, each with its organisation.
fn to_plan(conn: &mut Conn, reach: Reach, asked: &NewPlan) -> Result<Vec<(RequestId, OrganisationId)>, Failure> {
    match (&asked.request_ids, reach.asks()) {
        (Some(ids), _) => named(conn, reach, &ids.0),
        (None, Some(organisation)) => {
            let most = limits::PLAN_REQUESTS_MAX;
            let open = requests::without_bed(conn, organisation, i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))?;
            if open.len() > most {
                return Err(Denied::from(PlanDenied::TooLarge(PlanPart::Requests)).into());
            }
            Ok(open.into_iter().map(|id| (id, organisation)).collect())
        }
        (None, None) => {
            Err(Denied::contradiction("request_ids", "the coordination has no requests of its own: name those to plan").into())
        }
    }
}

/// The requests of these ids, all of them open and without a bed; refuses with the entries that are not.
fn named(conn: &mut Conn, reach: Reach, ids: &[Uuid]) -> Result<Vec<(RequestId, OrganisationId)>, Failure> {
    let mut wanted: Vec<RequestId> = ids.iter().copied().map(RequestId).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = requests::states(conn, reach, &wanted)?;
    let states: HashMap<Uuid, RequestState> = found.iter().map(|(id, _, state)| (id.0, *state)).collect();
    let holding: HashSet<Uuid> = referrals::holding(conn, &wanted)?.into_iter().map(|id| id.0).collect();
    let standing = |id: &Uuid| match states.get(id) {
        None => Some(WhyNotPlanned::NotThere),
        Some(RequestState::Closed) => Some(WhyNotPlanned::Closed),
        Some(RequestState::Placed) => Some(WhyNotPlanned::Placed),
        Some(RequestState::Open) => holding.contains(id).then_some(WhyNotPlanned::Held),
    };
    for why in [WhyNotPlanned::NotThere, WhyNotPlanned::Closed, WhyNotPlanned::Placed, WhyNotPlanned::Held] {
        let wrong: Vec<usize> = ids.iter().enumerate().filter(|(_, id)| standing(id) == Some(why)).map(|(at, _)| at).collect();
        if !wrong.is_empty() {
            return Err(Denied::from(PlanDenied::CannotPlan(why, wrong)).into());
        }
    }
    Ok(found.into_iter().map(|(id, organisation, _)| (id, organisation)).collect())
}

/// Each chosen line becomes a referral whose beds are held; a line whose bed has gone is reported, and the others go through.
pub fn confirm(
    turn: &mut Turn<'_>,
    policy: &Policy,
    organisation: OrganisationId,
    id: PlanId,
    asked: &ChosenLines,
) -> Result<StoredConfirmation, Failure> {
    let reach = Reach::asking(organisation);
    let plan = plans::find(turn.conn, reach, id, turn.now)?;
    let (mut lines, mut held) = (Vec::new(), Vec::new());
    for line in chosen(&plan, organisation, asked)? {
        let request = RequestId(line.request_id);
        // A refusal is the line's alone, as nothing was written before it; a failure is everyone's.
        let outcome = match hold(turn, policy, &plan, reach, line) {
            Ok(referral) => {
                let id = referral.id;
                held.push(referral);
                Ok(id)
            }
            Err(Failure::Denied(denied)) => Err(denied),
            // A record that cannot be read is found before anything is written, and is nobody else's.
            Err(Failure::Db(error)) if error.is_of_one_record() => {
                tracing::error!(request = %line.request_id, cause = %error, "a line of a plan cannot be confirmed");
                Err(PlanDenied::LineUnreadable.into())
            }
            Err(failure) => return Err(failure),
        };
        lines.push(ConfirmedLine { request, outcome });
    }
    let confirmation = plans::insert_confirmation(turn, PlanConfirmationId::new(), id, organisation, lines)?;
    turn.note(&confirmation);
    for referral in &held {
        keep_apart::note_brought(turn, referral)?;
    }
    Ok(confirmation)
}

/// The lines that are to be confirmed: of requests of the organisation, and all those named.
fn chosen<'p>(plan: &'p StoredPlan, organisation: OrganisationId, asked: &ChosenLines) -> Result<Vec<&'p Assignment>, Denied> {
    let answer = match (&plan.answer, plan.state) {
        (Some(answer), PlanState::Done) => answer,
        (_, PlanState::Done | PlanState::Failed) => return Err(PlanDenied::Failed.into()),
        (_, PlanState::Running) => return Err(PlanDenied::Running.into()),
    };
    let own = answer.assignments.iter().filter_map(|line| {
        let planned = plan.requests.get(&RequestId(line.request_id))?;
        (planned.organisation == organisation).then_some((line, planned))
    });
    let Some(ids) = &asked.request_ids else {
        let open: Vec<_> = own.filter(|(_, planned)| planned.referral.is_none()).map(|(line, _)| line).collect();
        if open.len() > limits::PLAN_LINES_MAX {
            return Err(PlanDenied::TooLarge(PlanPart::Lines).into());
        }
        return Ok(open);
    };
    let own: Vec<_> = own.map(|(line, _)| line).collect();
    let known: HashSet<Uuid> = own.iter().map(|line| line.request_id).collect();
    let unknown: Vec<usize> = ids.0.iter().enumerate().filter(|(_, id)| !known.contains(id)).map(|(at, _)| at).collect();
    if !unknown.is_empty() {
        return Err(PlanDenied::NoSuchLine(unknown).into());
    }
    let named: HashSet<&Uuid> = ids.0.iter().collect();
    Ok(own.into_iter().filter(|line| named.contains(&line.request_id)).collect())
}

/// Makes the referral of a line and holds its beds.
fn hold(turn: &mut Turn<'_>, policy: &Policy, plan: &StoredPlan, reach: Reach, line: &Assignment) -> Result<Referral, Failure> {
    let request = RequestId(line.request_id);
    if let Some(before) = plan.requests.get(&request).and_then(|planned| planned.referral) {
        return Err(Denied::from(PlanDenied::LineConfirmed(before)).into());
    }
    let request = requests::find(turn.conn, reach, request)?;
    let asked = NewReferral { hold: true, ..NewReferral::of(VacancyId(line.vacancy_id)) };
    let referral = ask(turn, policy, &request, &asked)?;
    plans::confirm(turn, plan.id, referral.request, referral.id)?;
    Ok(referral)
}
