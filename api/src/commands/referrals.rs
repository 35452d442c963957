//! The life of a referral (design §4), in the order in which it is lived; then what follows from its steps: beds freed, siblings ended.
//!
//! The table of states is [`Move::states`]. Each command finds, decides, stores and notes every record it changes.

use matcher::{Department, Door, Moment, Policy, Query, Urgency};

use super::{matching, reevaluation};
use crate::clock::Instant;
use crate::db::jobs::{Job, MailAbout};
use crate::db::referrals::{self, ReferralView};
use crate::db::requests::{self, StoredRequest};
use crate::db::units::{self, StoredUnit};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Conn, DbError, Failure, Turn, organisations, refusals};
use crate::domain::deadline::{self, Deadline, UnitClock};
use crate::domain::denied::What;
use crate::domain::ids::{OrganisationId, ReferralId, RequestId, VacancyId};
use crate::domain::referral::{
    Acceptance, AfterStay, Confirmation, Course, Declination, EndOfStay, NewReferral, ReferralWarning, Report, Withdrawal,
};
use crate::domain::{
    Denied, LoneMinor, Move, Reach, Referral, ReferralState, Refusal, RefusalCode, RefusalParty, RequestState, Side, Text,
};
use crate::limits;

/// Puts an open request to a vacancy.
pub fn create(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    request: RequestId,
    asked: &NewReferral,
) -> Result<ReferralView, Failure> {
    let request = requests::find(turn.conn, reach, request)?;
    let referral = ask(turn, policy, &request, asked, reach)?;
    turn.note(&referral);
    Ok(ReferralView { referral, request, refusal: None, offered: None })
}

/// Puts a request to a vacancy, within a command that notes it. A refusal has changed nothing: the hold comes last of all that can be refused.
pub(super) fn ask(
    turn: &mut Turn<'_>,
    policy: &Policy,
    request: &StoredRequest,
    asked: &NewReferral,
    reach: Reach,
) -> Result<Referral, Failure> {
    must_be_open(request)?;
    let open = referrals::open_of_request(turn.conn, request.id)?;
    if open.len() >= limits::OPEN_REFERRALS_MAX {
        return Err(Denied::TooManyReferrals.into());
    }
    let site = Site::find(turn.conn, asked.vacancy_id)?;
    let mut referral = site.ask(turn.conn, turn.now, request, asked, policy)?;
    let query = matching::query(turn.conn, policy, request, turn.now)?;
    site.must_take(turn.conn, &query, &mut referral, asked.override_reason.as_ref(), reach)?;
    if asked.hold {
        must_have_holds_left(request, &open)?;
        hold(turn, &mut referral)?;
    }
    referrals::insert(turn, &referral)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Asked });
    Ok(referral)
}

/// The addressee has seen it. No deadline moves.
pub fn acknowledge(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = addressed(turn.conn, reach, id)?;
    referral.advance(Move::Acknowledge, turn.now)?;
    referrals::update(turn, &referral)?;
    answered(turn, reach, referral, request)
}

/// The addressee agrees in principle: the beds are held from now if they were not, and the rules are asked again.
pub fn accept(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: ReferralId,
    said: &Acceptance,
) -> Result<ReferralView, Failure> {
    let (mut referral, request) = to_answer(turn.conn, reach, id, said.by_phone)?;
    referral.advance(Move::Accept, turn.now)?;
    let site = Site::find(turn.conn, referral.vacancy)?;
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(turn.conn, &query, &mut referral, said.override_reason.as_ref(), reach)?;
    hold(turn, &mut referral)?;
    set_deadline(&mut referral, site.clock().to_confirm(policy, request.declared.unshown().urgency, turn.now));
    (referral.course.interview_on, referral.course.travel_on) = (said.interview_on, said.travel_on);
    referrals::update(turn, &referral)?;
    tell_who_asked(turn, &referral);
    answered(turn, reach, referral, request)
}

/// A no, with who says it and why.
pub fn decline(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Declination) -> Result<ReferralView, Failure> {
    let refusal = &said.refusal;
    if refusal.party == RefusalParty::System {
        return Err(Denied::contradiction("refusal.party", "an addressee declines, or the person does").into());
    }
    let (mut referral, request) = to_answer(turn.conn, reach, id, said.by_phone)?;
    refusal.fits_door(referral.door)?;
    end(turn, &mut referral, Move::Decline, Some(refusal))?;
    tell_who_asked(turn, &referral);
    turn.note(&referral);
    Ok(ReferralView { referral, request, refusal: Some(refusal.in_force()), offered: None })
}

/// The people are coming: the rules are asked again, and the request's other open referrals end.
pub fn confirm(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: ReferralId,
    said: &Confirmation,
) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    referral.advance(Move::Confirm, turn.now)?;
    must_be_protected(&request, turn.now)?;
    let site = Site::find(turn.conn, referral.vacancy)?;
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(turn.conn, &query, &mut referral, said.override_reason.as_ref(), reach)?;
    let expected = Instant::new(said.expected_arrival.get().to_utc());
    set_deadline(&mut referral, arrival_deadline(policy, expected, turn.now)?);
    referral.expected_arrival = Some(expected);
    referrals::update(turn, &referral)?;
    let view = answered(turn, reach, referral, request)?;
    supersede_others(turn, &view.referral)?;
    Ok(view)
}

/// The people are there: the stay begins, the beds that were held are free no more, the request is placed and its other referrals end.
pub fn record_arrival(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Report) -> Result<ReferralView, Failure> {
    let (mut referral, request) = to_answer(turn.conn, reach, id, said.by_phone)?;
    referral.advance(Move::RecordArrival, turn.now)?;
    // What is confirmed holds its beds: who moves in takes those and no others.
    referral.held = false;
    referrals::update(turn, &referral)?;
    vacancies::take_held(turn, referral.vacancy, referral.beds)?;
    let mut view = answered(turn, reach, referral, request)?;
    if view.request.state == RequestState::Open {
        view.request = requests::set_state(turn, view.request, RequestState::Placed)?;
        turn.note(&view.request);
    }
    supersede_others(turn, &view.referral)?;
    Ok(view)
}

/// Nobody came: the beds that were held are free again.
pub fn record_no_show(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Report) -> Result<ReferralView, Failure> {
    let (mut referral, request) = to_answer(turn.conn, reach, id, said.by_phone)?;
    end(turn, &mut referral, Move::RecordNoShow, None)?;
    tell_who_asked(turn, &referral);
    answered(turn, reach, referral, request)
}

/// Those who asked take it back, with the reason if the people said no.
pub fn withdraw(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Withdrawal) -> Result<ReferralView, Failure> {
    let refusal = said.refusal.as_ref();
    if refusal.is_some_and(|refusal| refusal.party == RefusalParty::Structure) {
        let why = "what the structure refuses is declined, by phone if need be; a referral is withdrawn for `person` or `system`";
        return Err(Denied::contradiction("refusal.party", why).into());
    }
    if refusal.is_some_and(|refusal| matches!(refusal.code, RefusalCode::Expired | RefusalCode::Superseded | RefusalCode::Safety)) {
        let why = "is what the service itself says of what it ends; say `duplicate`";
        return Err(Denied::contradiction("refusal.code", why).into());
    }
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    end(turn, &mut referral, Move::Withdraw, refusal)?;
    answered(turn, reach, referral, request)
}

/// The person has changed her mind: the place that she refused is proposed to her again.
pub fn lift_refusal(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (referral, request) = referrals::with_request(turn.conn, reach, id)?;
    if !refusals::lift(turn, referral.id)? {
        return Err(Denied::NothingToLift.into());
    }
    answered(turn, reach, referral, request)
}

/// The people have left. Nothing becomes free by itself; the request looks again, with the seniority it has, or is closed.
pub fn end_stay(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &EndOfStay) -> Result<ReferralView, Failure> {
    let (mut referral, request) = to_answer(turn.conn, reach, id, said.by_phone)?;
    referral.course.end_reason = Some(said.reason);
    end(turn, &mut referral, Move::EndStay, None)?;
    tell_who_asked(turn, &referral);
    let mut view = answered(turn, reach, referral, request)?;
    // A request that was closed during the stay stays closed.
    if view.request.state == RequestState::Placed {
        view.request = match said.request {
            AfterStay::Open => requests::set_state(turn, view.request, RequestState::Open)?,
            AfterStay::Closed => requests::close(turn, view.request, None)?,
        };
        turn.note(&view.request);
    }
    Ok(view)
}

/// Notes the referral, and gives it with what belongs to it.
fn answered(turn: &mut Turn<'_>, reach: Reach, referral: Referral, request: StoredRequest) -> Result<ReferralView, Failure> {
    turn.note(&referral);
    let now = turn.now;
    Ok(referrals::view_of(turn.conn, reach, now, referral, request)?)
}

/// Those who asked are told of an answer, unless they wrote it down themselves.
fn tell_who_asked(turn: &mut Turn<'_>, referral: &Referral) {
    if !referral.by_phone {
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Answered });
    }
}

/// What became of the mail to the addressee: whoever asked sees where nobody was told.
pub fn mark_mail(turn: &mut Turn<'_>, mut referral: Referral, became: Option<ReferralWarning>) -> Result<(), Failure> {
    referral.course.mail = became;
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    turn.note(&referral);
    Ok(())
}

/// Takes a referral to a state in which it holds no beds, and frees those it held. Whoever calls notes it.
pub(super) fn end(turn: &mut Turn<'_>, referral: &mut Referral, step: Move, refusal: Option<&Refusal>) -> Result<(), Failure> {
    referral.advance(step, turn.now)?;
    if referral.held {
        vacancies::release(turn, referral.vacancy, referral.beds)?;
        referral.held = false;
    }
    referrals::update(turn, referral)?;
    if let Some(refusal) = refusal {
        refusals::insert(turn, referral, refusal)?;
    }
    Ok(())
}

/// Holds the beds of a referral that holds none yet.
fn hold(turn: &mut Turn<'_>, referral: &mut Referral) -> Result<(), Failure> {
    if referral.held {
        return Ok(());
    }
    if !vacancies::hold(turn, referral.vacancy, referral.beds)? {
        // Who was born since the question stops no yes: beds for those it was asked for will do.
        let people = referral.course.people_asked.filter(|people| *people < referral.beds).ok_or(Denied::NoBedLeft)?;
        if !vacancies::hold(turn, referral.vacancy, people)? {
            return Err(Denied::NoBedLeft.into());
        }
        (referral.beds, referral.course.over_occupied) = (people, true);
    }
    referral.held = true;
    Ok(())
}

/// The people of a request go to the place of one referral: its other open ones end.
fn supersede_others(turn: &mut Turn<'_>, chosen: &Referral) -> Result<(), Failure> {
    let refusal = Refusal::by_system(RefusalCode::Superseded);
    end_open(turn, chosen.request, Some(chosen.id), Move::Supersede, "supersedeReferral", Some(&refusal))
}

/// A request looks no more: its open referrals are taken back.
pub(super) fn withdraw_open(turn: &mut Turn<'_>, request: RequestId) -> Result<(), Failure> {
    end_open(turn, request, None, Move::Withdraw, "withdrawReferral", None)
}

fn end_open(
    turn: &mut Turn<'_>,
    request: RequestId,
    but: Option<ReferralId>,
    step: Move,
    command: &'static str,
    refusal: Option<&Refusal>,
) -> Result<(), Failure> {
    for mut referral in referrals::open_of_request(turn.conn, request)? {
        if Some(referral.id) != but {
            end(turn, &mut referral, step, refusal)?;
            turn.note_as(command, &referral);
        }
    }
    Ok(())
}

/// A household has grown or shrunk: its open referrals need as many beds, and those that hold some hold as many. Where beds are lacking a
/// referral keeps those it has and is over-occupied, as a stay is: a birth is never refused.
pub(super) fn resize_open(turn: &mut Turn<'_>, request: &StoredRequest) -> Result<(), Failure> {
    let people = request.declared.unshown().people();
    let mut touched = referrals::open_of_request(turn.conn, request.id)?;
    touched.extend(referrals::stays_of_request(turn.conn, request.id)?);
    for mut referral in touched {
        let before = (referral.beds, referral.course.over_occupied);
        resize(turn, &mut referral, people)?;
        if (referral.beds, referral.course.over_occupied) != before {
            referral.updated_at = turn.now;
            referrals::update(turn, &referral)?;
            turn.note_as("resizeReferral", &referral);
            if referral.course.over_occupied && !before.1 {
                reevaluation::tell_both(turn, &referral);
            }
        }
    }
    Ok(())
}

fn resize(turn: &mut Turn<'_>, referral: &mut Referral, people: u32) -> Result<(), Failure> {
    let had = referral.beds;
    let has_room = if referral.state == ReferralState::Arrived || people == had {
        people <= had
    } else if referral.held {
        vacancies::release(turn, referral.vacancy, had)?;
        let has_room = vacancies::hold(turn, referral.vacancy, people)?;
        if !has_room && !vacancies::hold(turn, referral.vacancy, had)? {
            return Err(DbError::damaged("beds that were held a moment ago are gone").into());
        }
        has_room
    } else {
        let vacancy = Site::find(turn.conn, referral.vacancy)?.vacancy;
        people <= had || people <= vacancy.beds.saturating_sub(vacancy.held)
    };
    if has_room && referral.state != ReferralState::Arrived {
        referral.beds = people;
    }
    referral.course.over_occupied = !has_room;
    Ok(())
}

/// What is asked for: a vacancy, and the unit it is of.
struct Site {
    unit: StoredUnit,
    vacancy: StoredVacancy,
}

impl Site {
    fn find(conn: &mut Conn, vacancy: VacancyId) -> Result<Self, Failure> {
        match units::of_vacancy(conn, vacancy) {
            Ok((unit, vacancy)) => Ok(Self { unit, vacancy }),
            Err(DbError::NotFound) => Err(Denied::NotFound(What::Vacancy).into()),
            Err(error) => Err(error.into()),
        }
    }

    fn department(&self) -> Department {
        self.unit.structure.department
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
    ) -> Result<Referral, Failure> {
        let door = self.door(asked.door)?;
        let declared = request.declared.unshown();
        let deadline = self.clock().to_answer(policy, declared.urgency, now);
        Ok(Referral {
            id: ReferralId::new(),
            request: request.id,
            organisation: request.organisation,
            unit: self.unit.id,
            vacancy: self.vacancy.id,
            addressee: self.addressee(conn, door)?,
            place: self.unit.structure.organisation,
            door,
            state: ReferralState::Asked,
            beds: declared.people(),
            held: false,
            held_when_asked: asked.hold,
            by_phone: false,
            deadline: Some(deadline.at),
            remind_at: Some(deadline.remind_at),
            expected_arrival: None,
            course: Course { unit_kind: Some(self.unit.declared.kind), people_asked: Some(declared.people()), ..Course::default() },
            created_at: now,
            updated_at: now,
        })
    }

    fn door(&self, wanted: Option<Door>) -> Result<Door, Denied> {
        let doors = &self.unit.declared.doors.0;
        match wanted {
            Some(door) if !doors.contains(&door) => {
                let known: Vec<_> = doors.iter().map(|door| matcher::Code::as_str(*door)).collect();
                Err(Denied::contradiction("door", format!("is no door of this unit; those are: {}", known.join(", "))))
            }
            Some(door) => Ok(door),
            None => Ok(doors.first().copied().unwrap_or(Door::Direct)),
        }
    }

    /// The organisation of the structure, or the regulator that is registered for the door (design §4).
    fn addressee(&self, conn: &mut Conn, door: Door) -> Result<OrganisationId, DbError> {
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
        reach: Reach,
    ) -> Result<(), Failure> {
        let holds = referral.held || referral.held_when_asked || referral.state != ReferralState::Asked;
        if self.vacancy.withdrawn_at.is_some() && !referral.held {
            return Err(if self.vacancy.beds == 0 { Denied::NoBedLeft } else { Denied::VacancyWithdrawn }.into());
        }
        let beds = if holds { self.vacancy.beds } else { self.vacancy.beds.saturating_sub(self.vacancy.held) };
        // Who was born since the question stops no yes.
        let people = referral.course.people_asked.unwrap_or(referral.beds);
        let failed = matching::failed(conn, query, (&self.unit, &self.vacancy), (beds, people))?;
        Ok(matching::let_pass(query, failed, referral, reason, reach)?)
    }
}

fn must_have_holds_left(request: &StoredRequest, open: &[Referral]) -> Result<(), Denied> {
    let most = match request.declared.unshown().urgency {
        Urgency::Immediate => limits::HOLDS_IMMEDIATE_MAX,
        Urgency::Urgent | Urgency::Planned => limits::HOLDS_MAX,
    };
    let held = open.iter().filter(|referral| referral.held_when_asked).count();
    if u32::try_from(held).unwrap_or(u32::MAX) < most { Ok(()) } else { Err(Denied::TooManyHolds(most)) }
}

fn must_be_open(request: &StoredRequest) -> Result<(), Denied> {
    match request.state {
        RequestState::Open => Ok(()),
        RequestState::Placed => Err(Denied::RequestPlaced),
        RequestState::Closed => Err(Denied::RequestClosed),
    }
}

/// A lone minor goes nowhere before somebody in child protection or the prosecutor's office was told, or somebody tried; nor, unless it is for
/// tonight, before someone has asked what is best for them (design §4).
fn must_be_protected(request: &StoredRequest, now: Instant) -> Result<(), Failure> {
    let has_come = |at: Moment| Instant::new(at.get().to_utc()) <= now;
    let (declared, today) = (request.declared.unshown(), request.today(now)?);
    let lone = declared.lone_minors_known(today);
    let told = |known: &Option<&LoneMinor>| known.and_then(|known| known.told.as_ref()).is_some_and(|told| has_come(told.at));
    if !lone.iter().all(told) {
        return Err(Denied::AuthorityNotTold.into());
    }
    let assessed = |known: &Option<&LoneMinor>| known.and_then(|known| known.assessment_recorded_at).is_some_and(has_come);
    if declared.urgency != Urgency::Immediate && !lone.iter().all(assessed) {
        return Err(Denied::AssessmentMissing.into());
    }
    Ok(())
}

fn arrival_deadline(policy: &Policy, expected: Instant, now: Instant) -> Result<Deadline, Denied> {
    let deadline = deadline::to_arrive(policy, expected);
    let latest = now.plus(chrono::TimeDelta::days(limits::ARRIVAL_DAYS_MAX));
    if deadline.at <= now || latest < expected {
        let why = format!("must lie in the {} days to come", limits::ARRIVAL_DAYS_MAX);
        return Err(Denied::contradiction("expected_arrival", why));
    }
    Ok(deadline)
}

fn set_deadline(referral: &mut Referral, deadline: Deadline) {
    (referral.deadline, referral.remind_at) = (Some(deadline.at), Some(deadline.remind_at));
}

/// A referral that its addressee acts on. A place that only sees who comes to it through a regulator's door does not answer for the regulator.
fn addressed(conn: &mut Conn, reach: Reach, id: ReferralId) -> Result<(Referral, StoredRequest), Failure> {
    let (referral, request) = referrals::with_request(conn, reach, id)?;
    match reach.side() {
        Side::Addressed if Some(referral.addressee) != reach.organisation() => Err(Denied::RegulatorAnswers.into()),
        Side::Asking | Side::Addressed => Ok((referral, request)),
    }
}

/// A referral that its addressee answers, or those who asked after a phone call: then it is marked so.
fn to_answer(conn: &mut Conn, reach: Reach, id: ReferralId, by_phone: bool) -> Result<(Referral, StoredRequest), Failure> {
    let (mut referral, request) = addressed(conn, reach, id)?;
    match (reach.side(), by_phone) {
        (Side::Asking, false) => Err(Denied::AddresseeAnswers.into()),
        (Side::Addressed, true) => {
            Err(Denied::contradiction("by_phone", "is for those who asked; who answers says so directly").into())
        }
        (Side::Asking, true) | (Side::Addressed, false) => {
            referral.by_phone = by_phone;
            Ok((referral, request))
        }
    }
}
