//! Lines of a plan become referrals with held beds: people confirm each, and one whose bed has gone does not keep the others.

use std::collections::HashSet;

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::Policy;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::referral_commands::ask;
use crate::app::{App, Command};
use crate::auth::{Actor, HandleRequests, RequestSight};
use crate::db::events::{self, Event};
use crate::db::plans::{self, StoredPlan};
use crate::db::types::Guid;
use crate::db::{Tx, requests};
use crate::domain::RecordKind;
use crate::domain::plan::{Assignment, ChosenLines, ConfirmedLine, LineOutcome, PlanState};
use crate::domain::referral::NewReferral;
use crate::error::{Code, Problem, WriteError};
use crate::extract::{Id, IdempotencyKey, OptionalBody};
use crate::{limits, schemas};

/// What became of the lines that were confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedLines {
    /// Line by line, in the order of request ids.
    lines: Vec<ConfirmedLine>,
}

/// Confirm lines of a plan
///
/// Each chosen line becomes a referral whose beds are held, as `createReferral` with `hold` makes it: the rules are asked again. A line
/// whose bed has gone, or whose place cannot take these people any more, is reported with the code that `createReferral` would answer,
/// and the others go through. A referent confirms the lines of its own requests.
#[utoipa::path(post, path = "/api/v1/plans/{plan_id}/confirm", operation_id = "confirmPlan", tag = "plans",
    params(("plan_id" = Uuid, Path, description = "Id of the plan."), schemas::CommandKey), request_body = Option<ChosenLines>,
    responses((status = 200, description = "What became of each line.", body = ConfirmedLines)))]
pub async fn confirm(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<ChosenLines>,
) -> Result<HttpResponse, Problem> {
    let (id, organisation, by, policy) = (Guid(id.0), actor.organisation(), actor.by(), app.engine().shared_policy());
    let command = Command::new(&actor, "confirmPlan", RecordKind::PlanConfirmation, Some(id), &body.sent).under(key);
    let confirmed = app
        .command(
            command,
            move |tx| {
                let plan = plans::find(tx.conn, RequestSight::Own(organisation), id, tx.now)?;
                let mut lines = Vec::new();
                for line in chosen(&plan, organisation, &body.value)? {
                    let held = hold(tx, &policy, &plan, organisation, line);
                    if let Ok(referral) = held {
                        events::follow(
                            tx,
                            Event { by: Some(by), command: "confirmPlan", kind: RecordKind::Referral, record: referral },
                        );
                    }
                    lines.push(outcome(line.request_id, held)?);
                }
                let confirmation = Guid::new();
                plans::insert_confirmation(tx, confirmation, id, organisation, lines)?;
                Ok(confirmation)
            },
            move |conn, confirmation| Ok(plans::find_confirmation(conn, organisation, confirmation)?),
        )
        .await?;
    Ok(HttpResponse::Ok().json(ConfirmedLines { lines: confirmed.lines }))
}

/// The lines that are to be confirmed: of requests of the organisation, and all those named.
fn chosen<'p>(plan: &'p StoredPlan, organisation: Guid, asked: &ChosenLines) -> Result<Vec<&'p Assignment>, Problem> {
    let answer = match (&plan.answer, plan.state) {
        (Some(answer), PlanState::Done) => answer,
        (_, PlanState::Done | PlanState::Failed) => {
            return Err(Problem::new(Code::PlanFailed, "There is nothing to confirm. Ask for a new plan."));
        }
        (_, PlanState::Running) => return Err(Problem::new(Code::PlanRunning, "Read it until it is `done`, then confirm.")),
    };
    let own = answer.assignments.iter().filter_map(|line| {
        plan.requests.get(&line.request_id).filter(|planned| planned.organisation == organisation).map(|planned| (line, planned))
    });
    let Some(ids) = &asked.request_ids else {
        let open: Vec<_> = own.filter(|(_, planned)| planned.referral.is_none()).map(|(line, _)| line).collect();
        let most = limits::PLAN_LINES_MAX;
        if open.len() > most {
            return Err(Problem::new(
                Code::PlanTooLarge,
                format!("At most {most} lines are confirmed at once; name those to confirm."),
            ));
        }
        return Ok(open);
    };
    let own: Vec<_> = own.map(|(line, _)| line).collect();
    let known: HashSet<Uuid> = own.iter().map(|line| line.request_id).collect();
    let unknown = ids.0.iter().enumerate().filter(|(_, id)| !known.contains(id)).take(limits::WRONG_ENTRIES_NAMED);
    let wrong: Vec<_> =
        unknown.map(|(at, _)| (format!("request_ids[{at}]"), "the plan places no such request of yours".to_owned())).collect();
    if !wrong.is_empty() {
        return Err(Problem::fields(Code::NoSuchLine, wrong));
    }
    let named: HashSet<&Uuid> = ids.0.iter().collect();
    Ok(own.into_iter().filter(|line| named.contains(&line.request_id)).collect())
}

/// Makes the referral of a line and holds its beds.
fn hold(tx: &mut Tx<'_>, policy: &Policy, plan: &StoredPlan, organisation: Guid, line: &Assignment) -> Result<Guid, WriteError> {
    if let Some(before) = plan.requests.get(&line.request_id).and_then(|planned| planned.referral) {
        return Err(Problem::new(Code::LineConfirmed, format!("It became the referral {before}.")).into());
    }
    let request = requests::find(tx.conn, organisation, Guid(line.request_id))?;
    let asked = NewReferral { vacancy_id: line.vacancy_id, door: None, hold: true, override_reason: None };
    let referral = ask(tx, policy, &request, &asked)?;
    plans::confirm(tx, plan.id, referral.request, referral.id)?;
    Ok(referral.id)
}

/// A refusal is the line's alone, as nothing was written before it; a failure is everyone's.
fn outcome(request_id: Uuid, held: Result<Guid, WriteError>) -> Result<ConfirmedLine, WriteError> {
    match held {
        Ok(referral) => Ok(ConfirmedLine {
            request_id,
            outcome: LineOutcome::Held,
            referral_id: Some(referral.0),
            code: None,
            detail: None,
            rules: Vec::new(),
        }),
        Err(WriteError::Refused(problem)) if problem.code().status().is_client_error() => Ok(ConfirmedLine {
            request_id,
            outcome: LineOutcome::Refused,
            referral_id: None,
            code: Some(problem.code().as_str().to_owned()),
            detail: Some(problem.detail().to_owned()),
            rules: problem.rules().to_vec(),
        }),
        Err(failure) => Err(failure),
    }
}
