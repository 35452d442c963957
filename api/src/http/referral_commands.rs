//! The commands of a referral, in the order of its life (design §4). Each handler: find, check, change, write down; the table of states
//! is [`Move::states`], what follows from a step is in [`flow`].

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Door, Policy, Query, Urgency};

use super::answers;
use super::referrals::{ReferralRecord, record};
use crate::app::{App, Command};
use crate::auth::{AcknowledgeReferrals, Actor, AnswerReferrals, HandleRequests, Party, Sight};
use crate::db::events::{self, By, Event};
use crate::db::jobs::{self, Job, MailAbout};
use crate::db::requests::{self, StoredRequest};
use crate::db::types::{Guid, Instant};
use crate::db::units::StoredUnit;
use crate::db::vacancies::StoredVacancy;
use crate::db::{Conn, DbError, Tx, organisations, referrals, units, vacancies};
use crate::domain::deadline::{self, Deadline, UnitClock};
use crate::domain::referral::{
    Acceptance, AfterStay, Confirmation, Course, Declination, EndOfStay, NewReferral, Report, Withdrawal,
};
use crate::domain::{Move, RecordKind, Referral, ReferralState, RefusalCode, RefusalParty, RequestState, Text};
use crate::error::{Code, Problem, WriteError};
use crate::extract::{Body, Id, IdempotencyKey, OptionalBody};
use crate::matching::{self, Told};
use crate::{flow, limits, schemas};

type Done = Result<HttpResponse, Problem>;

/// Ask for a place
///
/// Puts an open request to a vacancy. The rules are asked again: a place that cannot take these people is refused with the rules that it
/// fails. With `hold` the beds are held from now; a request has at most 15 open referrals, of which at most one was created with `hold`,
/// two when it is `immediate`.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/referrals", operation_id = "createReferral", tag = "referrals",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = NewReferral,
    responses((status = 201, description = "The place is asked for.", body = ReferralRecord)))]
pub async fn create(actor: Actor<HandleRequests>, app: Data<App>, id: Id, key: IdempotencyKey, body: Body<NewReferral>) -> Done {
    let (request, party, policy) = (Guid(id.0), actor.party(), app.engine().shared_policy());
    let command = Command::new(&actor, "createReferral", RecordKind::Referral, Some(request), &body.sent).under(key);
    let organisation = actor.organisation();
    let record = run(&app, command, party, move |tx| {
        let request = requests::find(tx.conn, organisation, request)?;
        let referral = ask(tx, &policy, &request, &body.value)?;
        Ok(referral.id)
    })
    .await?;
    answers::created(&record, &record, format!("/api/v1/referrals/{}", record.id))
}

/// Puts a request to a vacancy, within a command that writes the event. A refusal has changed nothing: the hold comes last of all that
/// can be refused.
pub fn ask(tx: &mut Tx<'_>, policy: &Policy, request: &StoredRequest, asked: &NewReferral) -> Result<Referral, WriteError> {
    must_be_open(request)?;
    let place = Place::find(tx.conn, Guid(asked.vacancy_id))?;
    let mut referral = place.ask(tx.conn, tx.now, request, asked, policy)?;
    let query = matching::query(tx.conn, policy, request, tx.now)?;
    place.must_take(tx.conn, &query, &mut referral, asked.override_reason.as_ref(), Told::Asking)?;
    if asked.hold {
        must_have_holds_left(tx.conn, request)?;
        flow::hold(tx, &mut referral)?;
    }
    referrals::insert(tx, &referral)?;
    jobs::enqueue(tx, Job::Mail { referral: referral.id, about: MailAbout::Asked })?;
    Ok(referral)
}

/// Acknowledge a referral
///
/// The addressee has seen it. No deadline moves.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/acknowledge", operation_id = "acknowledgeReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn acknowledge(actor: Actor<AcknowledgeReferrals>, app: Data<App>, id: Id, key: IdempotencyKey) -> Done {
    let (id, party) = (Guid(id.0), actor.party());
    let command = Command::new(&actor, "acknowledgeReferral", RecordKind::Referral, Some(id), &[]).under(key);
    let record = run(&app, command, party, move |tx| {
        let mut referral = addressed(tx.conn, party, id)?;
        referral.advance(Move::Acknowledge, tx.now).map_err(Problem::in_state)?;
        referrals::update(tx, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Accept a referral
///
/// Agreement in principle. The beds are held from now if they were not; the rules are asked again. The referent has until the new
/// deadline to confirm. Those who asked may write down an agreement they got by phone.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/accept", operation_id = "acceptReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Acceptance>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn accept(
    actor: Actor<AnswerReferrals>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Acceptance>,
) -> Done {
    let (id, party, policy) = (Guid(id.0), actor.party(), app.engine().shared_policy());
    let command = Command::new(&actor, "acceptReferral", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let said = &body.value;
        let mut referral = answered(tx.conn, party, id, said.by_phone)?;
        referral.advance(Move::Accept, tx.now).map_err(Problem::in_state)?;
        let request = requests::find_any(tx.conn, referral.request)?;
        let place = Place::find(tx.conn, referral.vacancy)?;
        let query = matching::query(tx.conn, &policy, &request, tx.now)?;
        place.must_take(tx.conn, &query, &mut referral, said.override_reason.as_ref(), told(party))?;
        flow::hold(tx, &mut referral)?;
        set_deadline(&mut referral, place.clock().to_confirm(&policy, request.declared.urgency, tx.now));
        (referral.course.interview_on, referral.course.travel_on) = (said.interview_on, said.travel_on);
        write_answer(tx, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Decline a referral
///
/// A no, with who says it and why; beds that were held are free again. It never costs the request its seniority.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/decline", operation_id = "declineReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Declination,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn decline(actor: Actor<AnswerReferrals>, app: Data<App>, id: Id, key: IdempotencyKey, body: Body<Declination>) -> Done {
    let (id, party) = (Guid(id.0), actor.party());
    let command = Command::new(&actor, "declineReferral", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let refusal = &body.value.refusal;
        if refusal.party == RefusalParty::System {
            return Err(Problem::field(Code::Contradiction, "refusal.party", "an addressee declines, or the person does").into());
        }
        let mut referral = answered(tx.conn, party, id, body.value.by_phone)?;
        flow::end(tx, &mut referral, Move::Decline, Some(refusal))?;
        write_answer(tx, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Confirm a referral
///
/// The people are coming. The rules are asked again; the request's other open referrals end, and the beds they hold are free. A lone
/// minor needs a first best-interest assessment on the request; a missing guardian is a warning.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/confirm", operation_id = "confirmReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Confirmation,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn confirm(actor: Actor<HandleRequests>, app: Data<App>, id: Id, key: IdempotencyKey, body: Body<Confirmation>) -> Done {
    let (id, party, policy) = (Guid(id.0), actor.party(), app.engine().shared_policy());
    let command = Command::new(&actor, "confirmReferral", RecordKind::Referral, Some(id), &body.sent).under(key);
    let by = actor.by();
    let record = run(&app, command, party, move |tx| {
        let mut referral = referrals::find(tx.conn, party, id)?;
        referral.advance(Move::Confirm, tx.now).map_err(Problem::in_state)?;
        let request = requests::find_any(tx.conn, referral.request)?;
        must_be_assessed(&request, tx.now)?;
        let place = Place::find(tx.conn, referral.vacancy)?;
        let query = matching::query(tx.conn, &policy, &request, tx.now)?;
        place.must_take(tx.conn, &query, &mut referral, body.value.override_reason.as_ref(), Told::Asking)?;
        let expected = Instant::new(body.value.expected_arrival.get().to_utc());
        set_deadline(&mut referral, arrival_deadline(&policy, expected, tx.now)?);
        referral.expected_arrival = Some(expected);
        referrals::update(tx, &referral)?;
        flow::supersede_others(tx, by, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Record an arrival
///
/// The people are there: the stay begins, the beds that were held are free no more, and the request is placed.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/arrival", operation_id = "recordArrival", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Report>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_arrival(
    actor: Actor<AnswerReferrals>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Report>,
) -> Done {
    let (id, party, by) = (Guid(id.0), actor.party(), actor.by());
    let command = Command::new(&actor, "recordArrival", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let mut referral = answered(tx.conn, party, id, body.value.by_phone)?;
        referral.advance(Move::RecordArrival, tx.now).map_err(Problem::in_state)?;
        // What is confirmed holds its beds: who moves in takes those and no others.
        referral.held = false;
        referrals::update(tx, &referral)?;
        vacancies::take_held(tx, referral.vacancy, referral.beds)?;
        if requests::find_any(tx.conn, referral.request)?.state == RequestState::Open {
            requests::set_state(tx, referral.request, RequestState::Placed)?;
            events::follow(tx, request_event(by, "recordArrival", &referral));
        }
        flow::supersede_others(tx, by, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Record that nobody came
///
/// The beds that were held are free again.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/no-show", operation_id = "recordNoShow", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Report>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_no_show(
    actor: Actor<AnswerReferrals>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Report>,
) -> Done {
    let (id, party) = (Guid(id.0), actor.party());
    let command = Command::new(&actor, "recordNoShow", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let mut referral = answered(tx.conn, party, id, body.value.by_phone)?;
        flow::end(tx, &mut referral, Move::RecordNoShow, None)?;
        write_answer(tx, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// Withdraw a referral
///
/// Those who asked take it back, with the reason if the people said no. Beds that were held are free again.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/withdraw", operation_id = "withdrawReferral", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Option<Withdrawal>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn withdraw(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Withdrawal>,
) -> Done {
    let (id, party) = (Guid(id.0), actor.party());
    let command = Command::new(&actor, "withdrawReferral", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let refusal = body.value.refusal.as_ref();
        if refusal.is_some_and(|refusal| refusal.party == RefusalParty::Structure) {
            let why =
                "what the structure refuses is declined, by phone if need be; a referral is withdrawn for `person` or `system`";
            return Err(Problem::field(Code::Contradiction, "refusal.party", why).into());
        }
        if refusal.is_some_and(|refusal| matches!(refusal.code, RefusalCode::Expired | RefusalCode::Superseded)) {
            let why = "is what the service itself says of what it ends; say `duplicate`";
            return Err(Problem::field(Code::Contradiction, "refusal.code", why).into());
        }
        let mut referral = referrals::find(tx.conn, party, id)?;
        flow::end(tx, &mut referral, Move::Withdraw, refusal)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

/// End a stay
///
/// The people have left. Nothing becomes free by itself: the addressee's record offers the vacancy it may declare. The request looks
/// for a place again, with the seniority it has, or is closed.
#[utoipa::path(post, path = "/api/v1/referrals/{referral_id}/end", operation_id = "endStay", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = EndOfStay,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn end_stay(actor: Actor<AnswerReferrals>, app: Data<App>, id: Id, key: IdempotencyKey, body: Body<EndOfStay>) -> Done {
    let (id, party, by) = (Guid(id.0), actor.party(), actor.by());
    let command = Command::new(&actor, "endStay", RecordKind::Referral, Some(id), &body.sent).under(key);
    let record = run(&app, command, party, move |tx| {
        let mut referral = answered(tx.conn, party, id, body.value.by_phone)?;
        referral.course.end_reason = Some(body.value.reason);
        flow::end(tx, &mut referral, Move::EndStay, None)?;
        // A request that was closed during the stay stays closed.
        if requests::find_any(tx.conn, referral.request)?.state == RequestState::Placed {
            match body.value.request {
                AfterStay::Open => requests::set_state(tx, referral.request, RequestState::Open)?,
                AfterStay::Closed => drop(requests::close(tx, referral.request)?),
            }
            events::follow(tx, request_event(by, "endStay", &referral));
        }
        write_answer(tx, &referral)?;
        Ok(id)
    })
    .await?;
    answers::record(&record, &record)
}

async fn run(
    app: &App,
    command: Command,
    party: Party,
    work: impl Fn(&mut Tx<'_>) -> Result<Guid, WriteError> + Send + 'static,
) -> Result<ReferralRecord, Problem> {
    let clock = app.db().clone();
    let render = move |conn: &mut Conn, id| {
        let now = clock.now(conn)?;
        let referral = referrals::find(conn, party, id)?;
        Ok(record(conn, party, now, referral)?)
    };
    app.command(command, work, render).await
}

/// A request has changed its state with its referral; the event of the referral does not say to which.
fn request_event(by: By, command: &'static str, referral: &Referral) -> Event {
    Event { by: Some(by), command, kind: RecordKind::Request, record: referral.request }
}

/// What is asked for: a vacancy and the unit it is of.
struct Place {
    unit: StoredUnit,
    vacancy: StoredVacancy,
}

impl Place {
    fn find(conn: &mut Conn, vacancy: Guid) -> Result<Self, Problem> {
        let vacancy = vacancies::find(conn, Sight::Departments, vacancy).map_err(|error| match error {
            DbError::NotFound => Problem::not_found("vacancy"),
            other => other.into(),
        })?;
        Ok(Self { unit: units::find(conn, Sight::Departments, vacancy.unit)?, vacancy })
    }

    fn department(&self) -> Department {
        self.unit.structure.declared.department
    }

    fn clock(&self) -> UnitClock<'_> {
        UnitClock { department: self.department(), answering_hours: self.unit.declared.answering_hours.as_ref() }
    }

    /// A referral of a request to this place, not yet checked and holding nothing.
    fn ask(
        &self,
        conn: &mut Conn,
        now: Instant,
        request: &StoredRequest,
        asked: &NewReferral,
        policy: &Policy,
    ) -> Result<Referral, Problem> {
        if open_count(conn, request)? >= limits::OPEN_REFERRALS_MAX {
            let most = limits::OPEN_REFERRALS_MAX;
            return Err(Problem::new(Code::TooManyReferrals, format!("At most {most} are open at once; withdraw one.")));
        }
        let door = self.door(asked.door)?;
        let deadline = self.clock().to_answer(policy, request.declared.urgency, now);
        Ok(Referral {
            id: Guid::new(),
            request: request.id,
            organisation: request.organisation,
            unit: self.unit.id,
            vacancy: self.vacancy.id,
            addressee: self.addressee(conn, door)?,
            door,
            state: ReferralState::Asked,
            beds: request.declared.people(),
            held: false,
            held_when_asked: asked.hold,
            by_phone: false,
            deadline: Some(deadline.at),
            remind_at: Some(deadline.remind_at),
            expected_arrival: None,
            course: Course::default(),
            created_at: now,
            updated_at: now,
        })
    }

    fn door(&self, wanted: Option<Door>) -> Result<Door, Problem> {
        let doors = &self.unit.declared.doors.0;
        match wanted {
            Some(door) if !doors.contains(&door) => {
                let known: Vec<_> = doors.iter().map(|door| matcher::Code::as_str(*door)).collect();
                Err(Problem::field(
                    Code::Contradiction,
                    "door",
                    format!("is no door of this unit; those are: {}", known.join(", ")),
                ))
            }
            Some(door) => Ok(door),
            None => Ok(doors.first().copied().unwrap_or(Door::Direct)),
        }
    }

    /// The organisation of the structure, or the regulator that is registered for the door (design §4).
    fn addressee(&self, conn: &mut Conn, door: Door) -> Result<Guid, Problem> {
        let regulator = match door {
            Door::Acse | Door::ChildProtection | Door::Asylum | Door::Samu115 => {
                organisations::regulator(conn, door, self.department())?
            }
            Door::Siao | Door::Direct | Door::Health => None,
        };
        Ok(regulator.unwrap_or(self.unit.structure.organisation))
    }

    /// Refuses people this place cannot take. The beds that others hold count as free where the referral's own are held or about to
    /// be: the hold itself says when there are too few.
    fn must_take(
        &self,
        conn: &mut Conn,
        query: &Query,
        referral: &mut Referral,
        reason: Option<&Text<500>>,
        told: Told,
    ) -> Result<(), Problem> {
        let holds = referral.held || referral.held_when_asked || referral.state != ReferralState::Asked;
        if self.vacancy.withdrawn_at.is_some() && !referral.held {
            return Err(if self.vacancy.beds == 0 {
                flow::no_bed_left()
            } else {
                Problem::new(Code::VacancyWithdrawn, "Its association took it back. Rank again.")
            });
        }
        let beds = if holds { self.vacancy.beds } else { self.vacancy.beds.saturating_sub(self.vacancy.held) };
        let failed = matching::failed(conn, query, &self.vacancy, beds)?;
        matching::let_pass(query, failed, referral, reason, told)
    }
}

fn open_count(conn: &mut Conn, request: &StoredRequest) -> Result<i64, DbError> {
    let open = referrals::open_of_request(conn, request.id)?;
    Ok(i64::try_from(open.len()).unwrap_or(i64::MAX))
}

fn must_have_holds_left(conn: &mut Conn, request: &StoredRequest) -> Result<(), Problem> {
    let most = match request.declared.urgency {
        Urgency::Immediate => limits::HOLDS_IMMEDIATE_MAX,
        Urgency::Urgent | Urgency::Planned => limits::HOLDS_MAX,
    };
    let held = referrals::open_of_request(conn, request.id)?.iter().filter(|referral| referral.held_when_asked).count();
    if i64::try_from(held).unwrap_or(i64::MAX) < most {
        Ok(())
    } else {
        Err(Problem::new(Code::TooManyHolds, format!("At most {most} at this urgency; ask without `hold`, or withdraw one.")))
    }
}

fn must_be_open(request: &StoredRequest) -> Result<(), Problem> {
    match request.state {
        RequestState::Open => Ok(()),
        RequestState::Placed => Err(Problem::new(Code::RequestPlaced, "End the stay first, or write a new request.")),
        RequestState::Closed => Err(Problem::new(Code::RequestClosed, "It was closed. Create a new request.")),
    }
}

/// A lone minor goes nowhere before someone has asked what is best for them (design §4).
fn must_be_assessed(request: &StoredRequest, now: Instant) -> Result<(), Problem> {
    let assessed = request.declared.lone_minors_known().all(|known| {
        let recorded = known.and_then(|known| known.assessment_recorded_at);
        recorded.is_some_and(|at| Instant::new(at.get().to_utc()) <= now)
    });
    if assessed {
        Ok(())
    } else {
        let detail = "Record in `lone_minors` of the request who decided, when, and what the child thinks of it.";
        Err(Problem::new(Code::AssessmentMissing, detail))
    }
}

fn arrival_deadline(policy: &Policy, expected: Instant, now: Instant) -> Result<Deadline, Problem> {
    let deadline = deadline::to_arrive(policy, expected);
    let latest = now.plus(chrono::TimeDelta::days(limits::ARRIVAL_DAYS_MAX));
    if deadline.at <= now || latest < expected {
        let why = format!("must lie in the {} days to come", limits::ARRIVAL_DAYS_MAX);
        return Err(Problem::field(Code::Contradiction, "expected_arrival", why));
    }
    Ok(deadline)
}

fn set_deadline(referral: &mut Referral, deadline: Deadline) {
    (referral.deadline, referral.remind_at) = (Some(deadline.at), Some(deadline.remind_at));
}

fn told(party: Party) -> Told {
    match party {
        Party::Asking(_) => Told::Asking,
        Party::Addressed(_) => Told::Addressee,
    }
}

/// A referral of a party. A place that only sees who comes to it through a regulator's door does not answer for the regulator.
fn addressed(conn: &mut Conn, party: Party, id: Guid) -> Result<Referral, Problem> {
    let referral = referrals::find(conn, party, id)?;
    match party {
        Party::Addressed(organisation) if referral.addressee != organisation => {
            Err(Problem::new(Code::RoleNotAllowed, "The regulator of its door answers this one; tell it."))
        }
        Party::Asking(_) | Party::Addressed(_) => Ok(referral),
    }
}

/// A referral that its addressee answers, or those who asked after a phone call: then it is marked so.
fn answered(conn: &mut Conn, party: Party, id: Guid, by_phone: bool) -> Result<Referral, Problem> {
    let mut referral = addressed(conn, party, id)?;
    match (party, by_phone) {
        (Party::Asking(_), false) => Err(Problem::new(
            Code::RoleNotAllowed,
            "The addressee answers. What it said on the phone is written down with `by_phone`: true.",
        )),
        (Party::Addressed(_), true) => {
            Err(Problem::field(Code::Contradiction, "by_phone", "is for those who asked; who answers says so directly"))
        }
        (Party::Asking(_), true) | (Party::Addressed(_), false) => {
            referral.by_phone = by_phone;
            Ok(referral)
        }
    }
}

/// Writes an answer; those who asked are told, unless they wrote it down themselves.
fn write_answer(tx: &mut Tx<'_>, referral: &Referral) -> Result<(), WriteError> {
    referrals::update(tx, referral)?;
    if !referral.by_phone {
        jobs::enqueue(tx, Job::Mail { referral: referral.id, about: MailAbout::Answered })?;
    }
    Ok(())
}
