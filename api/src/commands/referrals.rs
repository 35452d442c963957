//! The life of a referral (design §4), in the order in which it is lived; then what follows from its steps: beds freed, siblings ended.
//!
//! The table of states is [`Move::states`]. Each command finds, decides, stores and notes every record it changes.

use chrono::NaiveDate;
use matcher::{Department, Door, Moment, Policy, Query, Urgency};

use super::{keep_apart, matching, quotas, reevaluation};
use crate::clock::{Instant, civil};
use crate::db::jobs::{Job, MailAbout, Reader};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::referrals::{self, ReferralView};
use crate::db::refusals::Recorded;
use crate::db::requests::{self, StoredRequest};
use crate::db::units::{self, StoredUnit};
use crate::db::vacancies::{self, StoredVacancy};
use crate::db::{Conn, DbError, Failure, Private, Turn, refusals, structures};
use crate::domain::deadline::{Deadline, UnitClock, minutes};
use crate::domain::denied::What;
use crate::domain::ids::{AccountId, OrganisationId, ReferralId, RequestId, UnitId, VacancyId};
use crate::domain::organisation::{entrance, is_kept};
use crate::domain::referral::{
    Acceptance, Acknowledgement, AfterStay, ArrivalCode, CallBackKind, Confirmation, Course, Declination, EndOfStay, LastStep,
    NewReferral, Notice, OtherPlace, ReferralWarning, Report, Withdrawal,
};
use crate::domain::vouching::VouchingState;
use crate::domain::{
    Address, Denied, LoneMinor, Move, OpeningHours, Reach, Referral, ReferralState, Refusal, RefusalCode, RefusalParty,
    RequestState, Side, Text,
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
    let referral = ask(turn, policy, &request, asked)?;
    keep_apart::note_brought(turn, &referral)?;
    Ok(ReferralView::asked(referral, request))
}

/// Puts a request to a vacancy, within a command that notes it. A refusal has changed nothing: the hold comes last of all that can be refused.
pub(super) fn ask(turn: &mut Turn<'_>, policy: &Policy, request: &StoredRequest, asked: &NewReferral) -> Result<Referral, Failure> {
    must_be_open(request)?;
    let open = referrals::open_of_request(turn.conn, request.id)?;
    must_not_be_asked(&open, asked.vacancy_id)?;
    if open.len() >= limits::OPEN_REFERRALS_MAX {
        return Err(Denied::TooManyReferrals.into());
    }
    let site = Site::find(turn.conn, asked.vacancy_id)?;
    site.must_be_matched(asked.hold)?;
    let mut referral = site.ask(turn.conn, turn.now, request, asked, policy)?;
    if let Some(expected) = referral.expected_arrival {
        late_at(policy, request, expected, turn.now)?;
    }
    let query = matching::query(turn.conn, policy, request, turn.now)?;
    site.must_take(&query, &mut referral, asked.override_reason.as_ref(), Side::Asking)?;
    let spent = quotas::may_ask(turn, request, asked.hold.then_some(referral.beds))?;
    if asked.hold {
        if !site.unit.declared.holds_before_answer {
            return Err(Denied::NoHoldBeforeAnswer.into());
        }
        must_have_holds_left(request, &open)?;
        hold_for_now(turn, policy, &mut referral)?;
    }
    referrals::insert(turn, &referral)?;
    quotas::count(turn, spent);
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Asked });
    Ok(referral)
}

/// The addressee has seen it, and may wish to be called or say when it will call. No deadline moves.
pub fn acknowledge(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Acknowledgement) -> Result<ReferralView, Failure> {
    let (mut referral, request) = addressed(turn.conn, reach, id)?;
    take(turn, &mut referral, Move::Acknowledge, &request)?;
    referral.course.call_back.clone_from(&said.call_back);
    referral.course.called_at = None;
    referrals::update(turn, &referral)?;
    if said.call_back.as_ref().is_some_and(|call| call.kind == CallBackKind::CallUs) {
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::CallBack });
    }
    answered(turn, reach, referral, request)
}

/// The addressee agrees in principle: the beds are held from now if they were not, and the rules are asked again. Where a yes was to confirm it
/// does, unless a confirmation would be refused.
pub fn accept(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: ReferralId,
    said: &Acceptance,
) -> Result<ReferralView, Failure> {
    let (mut referral, request, side) = to_answer(turn.conn, reach, id, said.by_phone)?;
    take_answer(turn, &mut referral, Move::Accept, &request, said.by_phone)?;
    let site = Site::find(turn.conn, referral.vacancy)?;
    must_be_to_come(said, civil(turn.now, site.department()).date_naive())?;
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(&query, &mut referral, said.override_reason.as_ref(), side)?;
    // What came by phone passes: a refusal would tell those who asked.
    if side == Side::Addressed {
        keep_apart::must_not_meet(turn.conn, &referral)?;
    }
    // The word of who answers holds; what is written down in its stead counts as held by whoever writes it.
    let spent = if side == Side::Asking { quotas::may_hold(turn, &request, &referral)? } else { None };
    hold(turn, &mut referral)?;
    quotas::count(turn, spent);
    (referral.course.interview_on, referral.course.travel_on) = (said.interview_on, said.travel_on);
    referral.course.meeting_point.clone_from(&said.meeting_point);
    let urgency = request.declared.unshown().urgency;
    let days = [said.interview_on, said.travel_on];
    let deadline = site.clock().to_confirm(policy, urgency, turn.now, days);
    set_deadline(&mut referral, deadline);
    let coming = if referral.course.confirms_on_acceptance { may_come(policy, &referral, &request, turn.now)? } else { None };
    if let Some(late_at) = coming {
        referral.advance(Move::Confirm, turn.now)?;
        expect(policy, &mut referral, late_at);
    }
    referrals::update(turn, &referral)?;
    if referral.course.confirms_on_acceptance && coming.is_none() && !said.by_phone {
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::NotConfirmed });
    } else {
        tell_the_other(turn, &referral);
    }
    let view = brought(turn, reach, referral, request)?;
    if coming.is_some() {
        supersede_others(turn, &view.referral)?;
    }
    Ok(view)
}

/// Nobody is invited to an interview, or sets out, on a day that has passed at the place.
fn must_be_to_come(said: &Acceptance, today: NaiveDate) -> Result<(), Denied> {
    let past = said.given_days().into_iter().filter(|(_, day)| day.get() < today);
    let faults: Vec<_> = past.map(|(field, _)| (field, format!("has passed: it is {today} at the place"))).collect();
    if faults.is_empty() { Ok(()) } else { Err(Denied::Contradiction(faults)) }
}

/// "This is so": the addressee says itself what was written down for it after a phone call. From here on the arrival is open to those who come.
pub fn affirm(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = addressed(turn.conn, reach, id)?;
    if !referral.by_phone && !referral.course.accepted_by_phone {
        return Err(Denied::NothingToContradict.into());
    }
    (referral.by_phone, referral.course.accepted_by_phone, referral.course.contradicted_at) = (false, false, None);
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    answered(turn, reach, referral, request)
}

/// Marks that an account of those who asked is shown the exact address of the place, once; gives the address and until when it may be used.
/// Only where the structure has chosen it, and where the people are expected by the word of who answers.
pub fn show_address(
    turn: &mut Turn<'_>,
    reach: Reach,
    account: AccountId,
    id: ReferralId,
) -> Result<(Referral, Private<Address>, Instant), Failure> {
    let referral = referrals::find(turn.conn, reach, id)?;
    let expires_at = address_until(&referral).filter(|until| turn.now < *until).ok_or(Denied::AddressNotGiven)?;
    let structure = Site::find(turn.conn, referral.vacancy)?.unit.structure;
    if !structure.home.unshown().gives_address {
        return Err(Denied::AddressNotGiven.into());
    }
    let address = structures::address(turn.conn, structure.id)?.ok_or(Denied::AddressNotGiven)?;
    if !referrals::mark_address_shown(turn, id, account)? {
        return Err(Denied::AddressShown.into());
    }
    turn.note(&referral);
    Ok((referral, address, expires_at))
}

/// Until when an address may be shown and used: some hours after the people are expected, and no longer than until they are there.
pub fn address_until(referral: &Referral) -> Option<Instant> {
    let is_open = referral.state == ReferralState::Confirmed && !referral.course.accepted_by_phone;
    let expected = referral.expected_arrival.filter(|_| is_open)?;
    Some(expected.plus(chrono::TimeDelta::hours(limits::ADDRESS_HOURS)))
}

/// A no, with who says it and why. Of an addressee that declines people whom somebody there or near must not meet, the record says `safety`,
/// and those who asked read what it says here.
pub fn decline(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Declination) -> Result<ReferralView, Failure> {
    let refusal = &said.refusal;
    if refusal.party == RefusalParty::System {
        return Err(Denied::contradiction("refusal.party", "an addressee declines, or the person does").into());
    }
    let (mut referral, request, is_linked) = referrals::with_request_and_links(turn.conn, reach, id)?;
    let side = answers_from(reach, &referral, &request, said.by_phone)?;
    refusal.fits_door(referral.door)?;
    let by_place = side == Side::Addressed && refusal.party == RefusalParty::Structure && referral.state.is_open();
    let recorded = if is_linked && by_place && keep_apart::is_anyone_there(turn.conn, &referral)? {
        refusal.hides_safety()?;
        Recorded::AsSafety
    } else {
        Recorded::AsSaid
    };
    take_answer(turn, &mut referral, Move::Decline, &request, said.by_phone)?;
    refused(turn, &mut referral, refusal, recorded)?;
    tell_the_other(turn, &referral);
    turn.note(&referral);
    let said = refusal.in_force();
    let (refusal, told) = match recorded {
        Recorded::AsSaid => (said, None),
        Recorded::AsSafety => (Refusal::by_system(RefusalCode::Safety), Some(said)),
    };
    Ok(ReferralView { refusal: Some(refusal), told, ..ReferralView::asked(referral, request) })
}

/// The no of an addressee that the coordination says in its stead.
pub(super) fn stop_for_safety(
    turn: &mut Turn<'_>,
    mut referral: Referral,
    request: &StoredRequest,
    refusal: &Refusal,
) -> Result<Referral, Failure> {
    if refusal.party != RefusalParty::Structure {
        return Err(
            Denied::contradiction("refusal.party", "those who asked read it as a reason of the place: say `structure`").into()
        );
    }
    refusal.hides_safety()?;
    refusal.fits_door(referral.door)?;
    let was = referral.state;
    take_answer(turn, &mut referral, Move::Decline, request, false)?;
    refused(turn, &mut referral, refusal, Recorded::AsSafety)?;
    tell_the_other(turn, &referral);
    tell_who_waits(turn, &referral, was);
    turn.note(&referral);
    Ok(referral)
}

/// Writes a referral that was refused, with the reason.
fn refused(turn: &mut Turn<'_>, referral: &mut Referral, refusal: &Refusal, recorded: Recorded) -> Result<(), Failure> {
    leave(turn, referral, None)?;
    Ok(refusals::insert(turn, referral, refusal, recorded)?)
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
    take(turn, &mut referral, Move::Confirm, &request)?;
    referral.expected_arrival = Some(Instant::new(said.expected_arrival.get().to_utc()));
    must_be_protected(&request, turn.now)?;
    let site = Site::find(turn.conn, referral.vacancy)?;
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(&query, &mut referral, said.override_reason.as_ref(), Side::Asking)?;
    let late_at = coming(policy, &referral, &request, turn.now)?;
    expect(policy, &mut referral, late_at);
    if said.meeting_point.is_some() {
        referral.course.meeting_point.clone_from(&said.meeting_point);
    }
    referrals::update(turn, &referral)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Coming });
    let view = brought(turn, reach, referral, request)?;
    supersede_others(turn, &view.referral)?;
    Ok(view)
}

/// The people are there: the stay begins, the beds that were held are free no more, the request is placed and its other referrals end.
pub fn record_arrival(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Report) -> Result<ReferralView, Failure> {
    let (mut referral, request, _) = to_answer(turn.conn, reach, id, said.by_phone)?;
    take_answer(turn, &mut referral, Move::RecordArrival, &request, said.by_phone)?;
    let since = if request.state == RequestState::Open { RequestState::Placed } else { request.state };
    leads_to(&mut referral, since);
    // What is confirmed holds its beds: who moves in takes those and no others.
    referral.held = false;
    referrals::update(turn, &referral)?;
    vacancies::take_held(turn, referral.vacancy, referral.beds)?;
    if said.by_phone {
        tell_the_other(turn, &referral);
    }
    let mut view = brought(turn, reach, referral, request)?;
    if view.request.state != since {
        view.request = requests::set_state(turn, view.request, since)?;
        turn.note(&view.request);
    }
    supersede_others(turn, &view.referral)?;
    Ok(view)
}

/// Nobody came: the beds that were held are free again.
pub fn record_no_show(turn: &mut Turn<'_>, reach: Reach, id: ReferralId, said: &Report) -> Result<ReferralView, Failure> {
    let (mut referral, request, _) = to_answer(turn.conn, reach, id, said.by_phone)?;
    take_answer(turn, &mut referral, Move::RecordNoShow, &request, said.by_phone)?;
    leave(turn, &mut referral, None)?;
    tell_the_other(turn, &referral);
    answered(turn, reach, referral, request)
}

/// The people stood at the door and were not let in: the beds that were held are free again, the request looks on, and the SIAO of the unit's
/// department is told, without people.
pub fn record_turned_away(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    take(turn, &mut referral, Move::RecordTurnedAway, &request)?;
    leave(turn, &mut referral, None)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::NotComing });
    let department = Site::find(turn.conn, referral.vacancy)?.department();
    let siao = organisations::siao(turn.conn, department)?;
    let notice = notice(turn.conn, &referral, siao)?;
    let view = answered(turn, reach, referral, request)?;
    turn.note(&notice);
    Ok(view)
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
    let was = referral.state;
    take(turn, &mut referral, Move::Withdraw, &request)?;
    leave(turn, &mut referral, refusal)?;
    tell_who_waits(turn, &referral, was);
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
    let (mut referral, request, _) = to_answer(turn.conn, reach, id, said.by_phone)?;
    take_answer(turn, &mut referral, Move::EndStay, &request, said.by_phone)?;
    // A request that was closed during the stay stays closed.
    let since = match (request.state, said.request) {
        (RequestState::Placed, AfterStay::Open) => RequestState::Open,
        (RequestState::Placed, AfterStay::Closed) => RequestState::Closed,
        (state, _) => state,
    };
    leads_to(&mut referral, since);
    referral.course.end_reason = Some(said.reason);
    leave(turn, &mut referral, None)?;
    tell_the_other(turn, &referral);
    let mut view = answered(turn, reach, referral, request)?;
    if view.request.state != since {
        view.request = match since {
            RequestState::Closed => requests::close(turn, view.request, None)?,
            RequestState::Open | RequestState::Placed => requests::set_state(turn, view.request, since)?,
        };
        turn.note(&view.request);
    }
    Ok(view)
}

/// One that ended because another was chosen is put again, as it stood, while its beds last; who must act has time anew. One that was confirmed
/// is to be confirmed again, for a request goes to one place at a time.
pub fn revive(turn: &mut Turn<'_>, policy: &Policy, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    referral.advance(Move::Revive, turn.now)?;
    let before = referral.last.take().map(|last| last.before).ok_or(Denied::InState(referral.state))?;
    must_be_open(&request)?;
    let open = referrals::open_of_request(turn.conn, request.id)?;
    must_not_be_asked(&open, referral.vacancy)?;
    if open.len() >= limits::OPEN_REFERRALS_MAX {
        return Err(Denied::TooManyReferrals.into());
    }
    let was_held = before.held;
    let spent = quotas::may_ask(turn, &request, was_held.then(|| people(&request)))?;
    referral.restore(before, turn.now, turn.now);
    (referral.held, referral.beds, referral.course.over_occupied) = (false, people(&request), false);
    let site = Site::find(turn.conn, referral.vacancy)?;
    site.must_be_matched(was_held)?;
    let (urgency, course) = (request.declared.unshown().urgency, &referral.course);
    let deadline = if matches!(referral.state, ReferralState::Asked | ReferralState::Acknowledged) {
        let hours = site.hours(turn.conn, referral.addressee)?;
        UnitClock { answering_hours: &hours, ..site.clock() }.to_answer(policy, urgency, turn.now)
    } else {
        site.clock().to_confirm(policy, urgency, turn.now, [course.interview_on, course.travel_on])
    };
    if referral.state == ReferralState::Confirmed {
        referral.state = ReferralState::Accepted;
        let course = &mut referral.course;
        (course.overdue_at, course.overdue_told_at, course.overdue_since) = (None, None, None);
    }
    set_deadline(&mut referral, deadline);
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(&query, &mut referral, None, Side::Asking)?;
    referral.course.fails_since.clear();
    referral.course.hold_until = None;
    if was_held && referral.state == ReferralState::Accepted {
        hold(turn, &mut referral)?;
    } else if was_held {
        hold_for_now(turn, policy, &mut referral)?;
    }
    referrals::update(turn, &referral)?;
    quotas::count(turn, spent);
    refusals::remove(turn, referral.id)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Undone(Reader::Addressee) });
    brought(turn, reach, referral, request)
}

/// The regulator of a door puts it to another unit behind that door: the rules are asked again, and beds that were held are held there.
pub fn move_along(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: ReferralId,
    said: &OtherPlace,
) -> Result<ReferralView, Failure> {
    let (mut referral, request) = addressed(turn.conn, reach, id)?;
    take(turn, &mut referral, Move::MoveAlong, &request)?;
    let site = Site::find(turn.conn, said.vacancy_id)?;
    let keeper = site.regulator(turn.conn, referral.door)?.map(|keeper| keeper.id);
    if keeper != Some(referral.addressee) || !site.unit.declared.doors.0.contains(&referral.door) {
        return Err(Denied::contradiction("vacancy_id", "is not of a unit behind the door that this referral goes through").into());
    }
    must_not_be_asked(&referrals::open_of_request(turn.conn, request.id)?, said.vacancy_id)?;
    site.must_be_matched(referral.held)?;
    let query = matching::query(turn.conn, policy, &request, turn.now)?;
    site.must_take(&query, &mut referral, said.override_reason.as_ref(), Side::Addressed)?;
    let (left, had, home) = (referral.vacancy, referral.beds, Home::of(&referral));
    (referral.unit, referral.vacancy, referral.place) = (site.unit.id, site.vacancy.id, site.unit.structure.organisation);
    referral.course.unit_kind = Some(site.unit.declared.kind);
    referral.course.over_occupied = false;
    referral.course.fails_since.clear();
    keep_apart::must_not_meet(turn.conn, &referral)?;
    if referral.held {
        if !hold_beds(turn, &mut referral, said.vacancy_id, people(&request))? {
            return Err(Denied::NoBedLeft.into());
        }
        vacancies::release(turn, left, had)?;
    } else {
        referral.beds = people(&request);
    }
    referrals::update(turn, &referral)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Moved });
    let view = brought(turn, reach, referral, request)?;
    // Of the place that was left, the referral says nothing any more.
    note_vacancy(turn, left)?;
    home.tell_if_left(turn, &view.referral, left)?;
    Ok(view)
}

/// A yes at another place behind the same door: both or neither.
pub fn accept_elsewhere(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: ReferralId,
    place: &OtherPlace,
) -> Result<ReferralView, Failure> {
    turn.part("moveReferral", |turn| move_along(turn, policy, reach, id, place))?;
    accept(turn, policy, reach, id, &Acceptance::default())
}

/// The home that a referral leads to: behind a regulator's door it knows of people once they are coming.
pub(super) struct Home {
    unit: UnitId,
    place: OrganisationId,
    is_expecting: bool,
}

impl Home {
    pub(super) fn of(referral: &Referral) -> Self {
        Self { unit: referral.unit, place: referral.place, is_expecting: referral.state == ReferralState::Confirmed }
    }

    /// It was left for another: whoever was expected there does not come, and is told so, and not where they go.
    pub(super) fn tell_if_left(self, turn: &mut Turn<'_>, referral: &Referral, vacancy: VacancyId) -> Result<(), Failure> {
        if self.is_expecting && self.unit != referral.unit {
            let department = Site::find(turn.conn, vacancy)?.department();
            turn.note(&Notice { referral: referral.id, unit: self.unit, department, state: referral.state, to: Some(self.place) });
            turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::ComingElsewhere(self.unit) });
        }
        Ok(())
    }
}

/// Notes the referral, and gives it with what belongs to it.
pub(super) fn answered(
    turn: &mut Turn<'_>,
    reach: Reach,
    referral: Referral,
    request: StoredRequest,
) -> Result<ReferralView, Failure> {
    turn.note(&referral);
    let now = turn.now;
    Ok(referrals::view_of(turn.conn, reach, now, referral, request)?)
}

/// The same of one that the command has brought where it stands: the coordination is told where somebody is near whom its people must not meet.
pub(super) fn brought(
    turn: &mut Turn<'_>,
    reach: Reach,
    referral: Referral,
    request: StoredRequest,
) -> Result<ReferralView, Failure> {
    keep_apart::note_brought(turn, &referral)?;
    let now = turn.now;
    Ok(referrals::view_of(turn.conn, reach, now, referral, request)?)
}

/// Notes a vacancy whose beds have changed in a way that no referral's event tells.
pub(super) fn note_vacancy(turn: &mut Turn<'_>, id: VacancyId) -> Result<(), Failure> {
    let (_, vacancy) = units::of_vacancy(turn.conn, id)?;
    turn.note(&vacancy);
    Ok(())
}

/// Those who asked are told of an answer; the addressee, of what they wrote down in its stead.
fn tell_the_other(turn: &mut Turn<'_>, referral: &Referral) {
    let about = if referral.by_phone { MailAbout::WrittenDown } else { MailAbout::Answered };
    turn.enqueue(Job::Mail { referral: referral.id, about });
}

/// The addressee is told when those it waits for do not come any more.
fn tell_who_waits(turn: &mut Turn<'_>, referral: &Referral, was: ReferralState) {
    if was == ReferralState::Confirmed {
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::NotComing });
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

/// Both sides are told.
pub(super) fn tell_both(turn: &mut Turn<'_>, referral: &Referral, about: fn(Reader) -> MailAbout) {
    for reader in Reader::BOTH {
        turn.enqueue(Job::Mail { referral: referral.id, about: about(reader) });
    }
}

/// What a SIAO or the coordination is told of a referral.
pub(super) fn notice(conn: &mut Conn, referral: &Referral, to: Option<OrganisationId>) -> Result<Notice, Failure> {
    let department = Site::find(conn, referral.vacancy)?.department();
    Ok(Notice { referral: referral.id, unit: referral.unit, department, state: referral.state, to })
}

/// Takes a step by a command, and keeps what taking it back needs.
fn take(turn: &Turn<'_>, referral: &mut Referral, step: Move, request: &StoredRequest) -> Result<(), Denied> {
    let last = last_step(turn, referral, step, request.state);
    referral.advance(step, turn.now)?;
    referral.last = Some(last);
    Ok(())
}

/// The same of an answer, which may have come by phone.
fn take_answer(
    turn: &Turn<'_>,
    referral: &mut Referral,
    step: Move,
    request: &StoredRequest,
    by_phone: bool,
) -> Result<(), Denied> {
    take(turn, referral, step, request)?;
    (referral.by_phone, referral.course.contradicted_at) = (by_phone, None);
    // What the addressee says itself stands; a yes that came by phone waits for its word.
    referral.course.accepted_by_phone = by_phone && (step == Move::Accept || referral.course.accepted_by_phone);
    if let Some(last) = &mut referral.last {
        last.by_phone = by_phone;
    }
    Ok(())
}

/// What taking a step back needs, before it is taken.
fn last_step(turn: &Turn<'_>, referral: &Referral, step: Move, request: RequestState) -> LastStep {
    LastStep {
        step,
        by: turn.author().by.map(|by| by.organisation),
        by_phone: false,
        at: turn.now,
        position: turn.pulse().position,
        request: (request, request),
        because_of: None,
        before: referral.before(),
    }
}

/// The step changes the request's state too.
fn leads_to(referral: &mut Referral, since: RequestState) {
    if let Some(last) = &mut referral.last {
        last.request.1 = since;
    }
}

/// Takes a referral to a state in which it holds no beds, and frees those it held; nobody takes that back. Whoever calls notes it.
pub(super) fn end(turn: &mut Turn<'_>, referral: &mut Referral, step: Move, refusal: Option<&Refusal>) -> Result<(), Failure> {
    referral.advance(step, turn.now)?;
    referral.last = None;
    leave(turn, referral, refusal)
}

/// Writes a referral that holds no beds any more, and why it came to nothing.
fn leave(turn: &mut Turn<'_>, referral: &mut Referral, refusal: Option<&Refusal>) -> Result<(), Failure> {
    free(turn, referral)?;
    referrals::update(turn, referral)?;
    if let Some(refusal) = refusal {
        refusals::insert(turn, referral, refusal, Recorded::AsSaid)?;
    }
    Ok(())
}

/// Frees the beds of a referral that holds some.
pub(super) fn free(turn: &mut Turn<'_>, referral: &mut Referral) -> Result<(), Failure> {
    if referral.held {
        vacancies::release(turn, referral.vacancy, referral.beds)?;
        referral.held = false;
    }
    Ok(())
}

/// Holds the beds of a referral that holds none yet.
fn hold(turn: &mut Turn<'_>, referral: &mut Referral) -> Result<(), Failure> {
    if referral.held {
        return Ok(());
    }
    let (vacancy, people) = (referral.vacancy, referral.beds);
    if !hold_beds(turn, referral, vacancy, people)? {
        return Err(Denied::NoBedLeft.into());
    }
    referral.held = true;
    referral.held_by = turn.author().by.or(referral.held_by);
    Ok(())
}

/// Holds beds of a vacancy for people, and says whether it could. Who was born since the question stops no yes: where so many are not free,
/// as many as the referral had will do, or as it was asked for.
pub(super) fn hold_beds(turn: &mut Turn<'_>, referral: &mut Referral, vacancy: VacancyId, people: u32) -> Result<bool, Failure> {
    if vacancies::hold(turn, vacancy, people)? {
        referral.beds = people;
        return Ok(true);
    }
    let fewer = [Some(referral.beds), referral.course.people_asked];
    for beds in fewer.into_iter().flatten().filter(|beds| *beds < people) {
        if vacancies::hold(turn, vacancy, beds)? {
            (referral.beds, referral.course.over_occupied) = (beds, true);
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same without an answer: for some time.
fn hold_for_now(turn: &mut Turn<'_>, policy: &Policy, referral: &mut Referral) -> Result<(), Failure> {
    hold(turn, referral)?;
    // Said only where it ends before the question does.
    let ends = turn.from_now(minutes(policy.hold_minutes()));
    referral.course.hold_until = Some(ends).filter(|ends| referral.deadline.is_some_and(|deadline| *ends < deadline));
    Ok(())
}

/// The people of a request go to the place of one referral: its other open ones end, and come back if that is taken back.
fn supersede_others(turn: &mut Turn<'_>, chosen: &Referral) -> Result<(), Failure> {
    let refusal = Refusal::by_system(RefusalCode::Superseded);
    for mut referral in referrals::open_of_request(turn.conn, chosen.request)? {
        if referral.id == chosen.id {
            continue;
        }
        let was = referral.state;
        let last = last_step(turn, &referral, Move::Supersede, RequestState::Open);
        referral.advance(Move::Supersede, turn.now)?;
        referral.last = Some(LastStep { because_of: Some(chosen.id), ..last });
        leave(turn, &mut referral, Some(&refusal))?;
        tell_who_waits(turn, &referral, was);
        turn.note_as("supersedeReferral", &referral);
    }
    Ok(())
}

/// A request looks no more: its open referrals are taken back.
pub(super) fn withdraw_open(turn: &mut Turn<'_>, request: RequestId) -> Result<(), Failure> {
    for mut referral in referrals::open_of_request(turn.conn, request)? {
        let was = referral.state;
        end(turn, &mut referral, Move::Withdraw, None)?;
        tell_who_waits(turn, &referral, was);
        turn.note_as("withdrawReferral", &referral);
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

pub(super) fn resize(turn: &mut Turn<'_>, referral: &mut Referral, people: u32) -> Result<(), Failure> {
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

/// How many beds a request needs.
pub(super) fn people(request: &StoredRequest) -> u32 {
    request.declared.unshown().people()
}

/// What is asked for: a vacancy, and the unit it is of.
pub(super) struct Site {
    unit: StoredUnit,
    vacancy: StoredVacancy,
}

impl Site {
    pub(super) fn find(conn: &mut Conn, vacancy: VacancyId) -> Result<Self, Failure> {
        match units::of_vacancy(conn, vacancy) {
            Ok((unit, vacancy)) => Ok(Self { unit, vacancy }),
            Err(DbError::NotFound) => Err(Denied::NotFound(What::Vacancy).into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.unit.ended_at.is_some()
    }

    /// Refuses a place that is not matched, as one that was taken back: nobody is told why. Of a unit for which nobody has ever vouched no bed
    /// is held before it has answered (design §5).
    fn must_be_matched(&self, hold: bool) -> Result<(), Denied> {
        match self.unit.vouching() {
            _ if self.unit.structure.contested => Err(Denied::VacancyWithdrawn),
            VouchingState::Again => Err(Denied::VacancyWithdrawn),
            VouchingState::Never if hold => Err(Denied::NotVouchedFor),
            VouchingState::Never | VouchingState::Vouched => Ok(()),
        }
    }

    pub(super) fn department(&self) -> Department {
        self.unit.structure.department
    }

    /// The clock of the place; whoever answers, it is that of deadlines that do not wait for hours.
    pub(super) fn clock(&self) -> UnitClock<'static> {
        UnitClock { department: self.department(), answering_hours: &[] }
    }

    /// When the addressee answers: the hours of the unit, or those in which a regulator's numbers are answered.
    fn hours(&self, conn: &mut Conn, addressee: OrganisationId) -> Result<Vec<OpeningHours>, DbError> {
        if addressee == self.unit.structure.organisation {
            return Ok(self.unit.declared.answering_hours.iter().cloned().collect());
        }
        Ok(organisations::find(conn, addressee)?.declared.contact.answering_hours())
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
        let declared = request.declared.unshown();
        let of_lone_minor = !declared.lone_minors_known(request.today(now)?).is_empty();
        // The regulator that is registered for the door, or else the organisation of the structure (design §4).
        let (door, regulator) = self.door(conn, asked.door, of_lone_minor)?;
        let addressee = regulator.as_ref().map_or(self.unit.structure.organisation, |regulator| regulator.id);
        let hours = match regulator {
            Some(regulator) => regulator.declared.contact.answering_hours(),
            None => self.hours(conn, addressee)?,
        };
        let deadline = UnitClock { answering_hours: &hours, ..self.clock() }.to_answer(policy, declared.urgency, now);
        let course = Course {
            confirms_on_acceptance: asked.confirms_on_acceptance,
            unit_kind: Some(self.unit.declared.kind),
            people_asked: Some(declared.people()),
            ..Course::default()
        };
        Ok(Referral {
            id: ReferralId::new(),
            request: request.id,
            organisation: request.organisation,
            unit: self.unit.id,
            vacancy: self.vacancy.id,
            addressee,
            place: self.unit.structure.organisation,
            door,
            state: ReferralState::Asked,
            beds: declared.people(),
            held: false,
            held_by: None,
            held_when_asked: asked.hold,
            by_phone: false,
            deadline: Some(deadline.at),
            remind_at: Some(deadline.remind_at),
            expected_arrival: asked.expected_arrival.map(|at| Instant::new(at.get().to_utc())),
            course,
            last: None,
            created_at: now,
            updated_at: now,
        })
    }

    /// The door that is wanted, or else the one through which the place is shown; and the regulator that keeps it, if one does.
    fn door(
        &self,
        conn: &mut Conn,
        wanted: Option<Door>,
        of_lone_minor: bool,
    ) -> Result<(Door, Option<StoredOrganisation>), Failure> {
        let doors = &self.unit.declared.doors.0;
        if let Some(door) = wanted {
            if !doors.contains(&door) {
                let known: Vec<_> = doors.iter().map(|door| matcher::Code::as_str(*door)).collect();
                let why = format!("is no door of this unit; those are: {}", known.join(", "));
                return Err(Denied::contradiction("door", why).into());
            }
            return Ok((door, self.regulator(conn, door)?));
        }
        // Nobody is looked up where no regulator may keep a door.
        let regulators = if doors.iter().any(|door| is_kept(*door)) { organisations::regulators(conn)? } else { Vec::new() };
        let declared = regulators.iter().map(|regulator| (regulator.id, &regulator.declared));
        let (door, keeper) = entrance(declared, doors, self.department(), of_lone_minor);
        Ok((door, regulators.into_iter().find(|regulator| Some(regulator.id) == keeper)))
    }

    /// The regulator that is registered for a door of this department, if the door is one that regulators keep.
    fn regulator(&self, conn: &mut Conn, door: Door) -> Result<Option<StoredOrganisation>, DbError> {
        if is_kept(door) { organisations::regulator(conn, door, self.department()) } else { Ok(None) }
    }

    /// Refuses people this place cannot take. The beds that others hold count as free where the referral's own are held or about to
    /// be: the hold itself says when there are too few.
    fn must_take(&self, query: &Query, referral: &mut Referral, reason: Option<&Text<500>>, side: Side) -> Result<(), Failure> {
        let holds = referral.held || referral.held_when_asked || referral.state != ReferralState::Asked;
        if self.vacancy.withdrawn_at.is_some() && !referral.held {
            return Err(if self.vacancy.beds == 0 { Denied::NoBedLeft } else { Denied::VacancyWithdrawn }.into());
        }
        let beds = if holds { self.vacancy.beds } else { self.vacancy.beds.saturating_sub(self.vacancy.held) };
        // Who was born since the question stops no yes.
        let people = referral.course.people_asked.unwrap_or(referral.beds);
        let failed = matching::failed(query, (&self.unit, &self.vacancy), (beds, people))?;
        Ok(matching::let_pass(query, failed, referral, reason, side)?)
    }
}

fn must_have_holds_left(request: &StoredRequest, open: &[Referral]) -> Result<(), Denied> {
    let most = match request.declared.unshown().urgency {
        Urgency::Immediate => limits::HOLDS_IMMEDIATE_MAX,
        Urgency::Urgent | Urgency::Planned => limits::HOLDS_MAX,
    };
    // One whose hold has ended without an answer holds nothing.
    let held = open.iter().filter(|referral| referral.held_when_asked && referral.held).count();
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

/// A request is put to a vacancy once at a time.
fn must_not_be_asked(open: &[Referral], vacancy: VacancyId) -> Result<(), Denied> {
    if open.iter().any(|referral| referral.vacancy == vacancy) { Err(Denied::AlreadyAsked) } else { Ok(()) }
}

/// When people who are expected are late, if they may be expected then: a lone minor long before others.
fn late_at(policy: &Policy, request: &StoredRequest, expected: Instant, now: Instant) -> Result<Instant, Failure> {
    let lone_minor = !request.declared.unshown().lone_minors_known(request.today(now)?).is_empty();
    let late_at = expected.plus(minutes(policy.overdue_minutes(lone_minor)));
    let latest = now.plus(chrono::TimeDelta::days(limits::ARRIVAL_DAYS_MAX));
    if late_at <= now || latest < expected {
        let why = format!("must lie in the {} days to come", limits::ARRIVAL_DAYS_MAX);
        return Err(Denied::contradiction("expected_arrival", why).into());
    }
    Ok(late_at)
}

/// What a confirmation asks beside the rules; gives when those who come are late.
fn coming(policy: &Policy, referral: &Referral, request: &StoredRequest, now: Instant) -> Result<Instant, Failure> {
    must_be_protected(request, now)?;
    let expected = referral.expected_arrival.ok_or_else(|| Denied::contradiction("expected_arrival", "is needed"))?;
    late_at(policy, request, expected, now)
}

/// The same where a refusal is none of who says yes: then it confirms nothing.
fn may_come(policy: &Policy, referral: &Referral, request: &StoredRequest, now: Instant) -> Result<Option<Instant>, Failure> {
    match coming(policy, referral, request, now) {
        Ok(late_at) => Ok(Some(late_at)),
        Err(Failure::Denied(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// From now on people are expected: nothing lapses any more, and they have a word to say at the door.
fn expect(policy: &Policy, referral: &mut Referral, late_at: Instant) {
    referral.course.arrival_code = Some(ArrivalCode::draw());
    referral.course.overdue_at = Some(late_at);
    referral.course.overdue_told_at = Some(late_at.plus(minutes(policy.overdue_told_minutes())));
}

fn set_deadline(referral: &mut Referral, deadline: Deadline) {
    (referral.deadline, referral.remind_at) = (Some(deadline.at), Some(deadline.remind_at));
}

/// A referral that its addressee acts on.
pub(super) fn addressed(conn: &mut Conn, reach: Reach, id: ReferralId) -> Result<(Referral, StoredRequest), Failure> {
    let (referral, request) = referrals::with_request(conn, reach, id)?;
    must_be_addressed(reach, &referral, &request)?;
    Ok((referral, request))
}

/// A referral that its addressee answers, or those who asked after a phone call: then it is marked so.
fn to_answer(conn: &mut Conn, reach: Reach, id: ReferralId, by_phone: bool) -> Result<(Referral, StoredRequest, Side), Failure> {
    let (referral, request) = referrals::with_request(conn, reach, id)?;
    let side = answers_from(reach, &referral, &request, by_phone)?;
    Ok((referral, request, side))
}

/// A place that only sees who comes to it through a regulator's door does not answer for the regulator.
pub(super) fn must_be_addressed(reach: Reach, referral: &Referral, request: &StoredRequest) -> Result<(), Denied> {
    let sides = reach.sides(referrals::parties(referral, request));
    if !sides.asking && Some(referral.addressee) != reach.organisation() { Err(Denied::RegulatorAnswers) } else { Ok(()) }
}

/// From which side an answer comes. Who stands on both sides answers as what it says it is.
fn answers_from(reach: Reach, referral: &Referral, request: &StoredRequest, by_phone: bool) -> Result<Side, Denied> {
    must_be_addressed(reach, referral, request)?;
    let side = reach.sides(referrals::parties(referral, request)).answers_from(by_phone);
    match (side, by_phone) {
        (Side::Asking, false) => Err(Denied::AddresseeAnswers),
        (Side::Addressed, true) => Err(Denied::contradiction("by_phone", "is for those who asked; who answers says so directly")),
        (Side::Asking, true) | (Side::Addressed, false) => Ok(side),
    }
}
