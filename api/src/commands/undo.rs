//! Taking back: the last command on a referral, by the organisation that gave it; and what was written down for an addressee after a phone
//! call, by the addressee.
//!
//! What can be refused comes before anything is written, so that a contradiction which cannot take back may still be marked.

use matcher::{Code as _, Policy};
use serde_json::Value;

use super::referrals::{Home, Site, addressed, answered, brought, hold_beds, note_vacancy, notice, people, resize, tell_both};
use super::vacancies::give_back;
use super::{keep_apart, quotas};
use crate::clock::Instant;
use crate::db::jobs::{Job, MailAbout, Reader};
use crate::db::referrals::{self, ReferralView};
use crate::db::requests::{self, StoredRequest};
use crate::db::{Failure, Turn, events, refusals, vacancies};
use crate::domain::deadline::minutes;
use crate::domain::denied::WhyTooLate;
use crate::domain::ids::ReferralId;
use crate::domain::referral::{ArrivalCode, Before, LastStep, Undo, Undone};
use crate::domain::{Denied, Move, Reach, RecordKind, Referral};

/// Takes back the last command on a referral, once: at once without a reason, then with one until the end of the next day.
pub fn undo(turn: &mut Turn<'_>, policy: &Policy, reach: Reach, id: ReferralId, said: &Undo) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    let last = referral.last.clone().filter(|last| last.step.may_be_undone());
    let last = last.ok_or(Denied::UndoTooLate(WhyTooLate::NothingThere))?;
    if last.by.is_none() || last.by != reach.organisation() {
        return Err(Denied::NotTheirCommand.into());
    }
    let until = Site::find(turn.conn, referral.vacancy)?.clock().to_undo(policy, last.at);
    if until <= turn.now {
        return Err(Denied::UndoTooLate(WhyTooLate::Over).into());
    }
    if last.at.plus(minutes(policy.undo_minutes())) <= turn.now && said.reason.is_none() {
        return Err(Denied::UndoTooLate(WhyTooLate::ReasonNeeded).into());
    }
    if is_followed(turn, &referral, &request, &last)? {
        return Err(Denied::UndoTooLate(WhyTooLate::Followed).into());
    }
    let (home, left) = (Home::of(&referral), referral.vacancy);
    take_back(turn, policy, &mut referral, people(&request), &last)?;
    referral.course.undone = Some(Undone { command: last.step, at: turn.now, reason: said.reason.clone() });
    tell_both(turn, &referral, MailAbout::Undone);
    let view = stands_again(turn, policy, reach, referral, request, &last)?;
    home.tell_if_left(turn, &view.referral, left)?;
    Ok(view)
}

/// "This is not so": what was written down after a phone call is taken back if nothing was built on it; else it stays, marked, and the
/// coordination is told.
pub fn contradict(turn: &mut Turn<'_>, policy: &Policy, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = addressed(turn.conn, reach, id)?;
    if !referral.by_phone || referral.course.contradicted_at.is_some() {
        return Err(Denied::NothingToContradict.into());
    }
    quotas::contradicted(turn, &referral)?;
    turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Contradicted });
    if let Some(last) = referral.last.clone().filter(|last| last.by_phone)
        && !is_followed(turn, &referral, &request, &last)?
    {
        match take_back(turn, policy, &mut referral, people(&request), &last) {
            Ok(()) => {
                referral.course.undone = Some(Undone { command: last.step, at: turn.now, reason: None });
                return stands_again(turn, policy, reach, referral, request, &last);
            }
            // Its beds are another's by now.
            Err(Failure::Denied(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    referral.course.contradicted_at = Some(turn.now);
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    let notice = notice(turn.conn, &referral, None)?;
    let view = answered(turn, reach, referral, request)?;
    turn.note(&notice);
    Ok(view)
}

/// Whether someone has since changed the request's state, or another of its referrals.
fn is_followed(turn: &mut Turn<'_>, referral: &Referral, request: &StoredRequest, last: &LastStep) -> Result<bool, Failure> {
    let (_, since) = last.request;
    if request.state != since {
        return Ok(true);
    }
    let others =
        referrals::of_request(turn.conn, request.id)?.into_iter().map(|other| other.id).filter(|other| *other != referral.id);
    let records: Vec<_> = others.map(|other| other.0).chain([request.id.0]).collect();
    let done = events::done_since(turn.conn, last.position, last.at, &records)?;
    Ok(done.iter().any(|(kind, standing)| {
        let state = standing.get("state").and_then(Value::as_str);
        *kind == RecordKind::Referral || (*kind == RecordKind::Request && state != Some(since.as_str()))
    }))
}

/// Puts a referral back to how it stood before a step, with its beds. Whoever calls writes and notes it.
fn take_back(turn: &mut Turn<'_>, policy: &Policy, referral: &mut Referral, people: u32, last: &LastStep) -> Result<(), Failure> {
    if Site::find(turn.conn, last.before.vacancy)?.has_ended() {
        return Err(Denied::UnitEnded.into());
    }
    match last.step {
        Move::RecordArrival => {
            if !give_back(turn, policy, referral.vacancy, referral.beds)? {
                return Err(Denied::NoBedLeft.into());
            }
        }
        Move::EndStay => take_out(turn, referral, last.at)?,
        Move::Decline | Move::Withdraw => {
            hold_as_before(turn, referral, &last.before, people)?;
            refusals::remove(turn, referral.id)?;
        }
        Move::Acknowledge
        | Move::Accept
        | Move::Confirm
        | Move::RecordNoShow
        | Move::RecordTurnedAway
        | Move::MoveAlong
        | Move::Revive
        | Move::Supersede
        | Move::Expire => hold_as_before(turn, referral, &last.before, people)?,
    }
    referral.restore(last.before.clone(), turn.now, soonest(turn, policy));
    if referral.course.arrival_code.is_some() {
        // Whoever was told the other one is not expected by it any more.
        referral.course.arrival_code = Some(ArrivalCode::draw());
    }
    Ok(())
}

/// A deadline that comes back leaves some time to act.
fn soonest(turn: &Turn<'_>, policy: &Policy) -> Instant {
    turn.from_now(minutes(policy.back_minutes()))
}

/// Holds what was held before, and frees what was not.
fn hold_as_before(turn: &mut Turn<'_>, referral: &mut Referral, before: &Before, people: u32) -> Result<(), Failure> {
    let (left, had) = (referral.vacancy, referral.beds);
    let has_moved = before.vacancy != left;
    if before.held && (!referral.held || has_moved) {
        if !hold_beds(turn, referral, before.vacancy, people)? {
            return Err(Denied::NoBedLeft.into());
        }
    } else if !referral.held {
        referral.beds = people;
    }
    if referral.held && (!before.held || has_moved) {
        vacancies::release(turn, left, had)?;
        // Its event will name the other one.
        if has_moved {
            note_vacancy(turn, left)?;
        }
    }
    Ok(())
}

/// A stay that goes on needs its beds: those that its unit has declared since its end are taken out again.
fn take_out(turn: &mut Turn<'_>, referral: &Referral, since: Instant) -> Result<(), Failure> {
    let declared = vacancies::declared_since(turn.conn, referral.unit, since)?;
    let (mut all, mut free) = (0_u32, 0_u32);
    for vacancy in &declared {
        all = all.saturating_add(vacancy.beds);
        free = free.saturating_add(vacancy.beds.saturating_sub(vacancy.held));
    }
    let mut left = referral.beds.min(all);
    if free < left {
        return Err(Denied::BedsHeld.into());
    }
    for vacancy in declared {
        let taken = left.min(vacancy.beds.saturating_sub(vacancy.held));
        if taken > 0 {
            vacancies::take_free(turn, vacancy.id, taken)?;
            note_vacancy(turn, vacancy.id)?;
            left = left.saturating_sub(taken);
        }
    }
    Ok(())
}

/// Writes a referral that stands as it did before, its request too; what ended because of it comes back.
fn stands_again(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    mut referral: Referral,
    mut request: StoredRequest,
    last: &LastStep,
) -> Result<ReferralView, Failure> {
    // The household may have grown or shrunk since.
    resize(turn, &mut referral, people(&request))?;
    referrals::update(turn, &referral)?;
    let (was, since) = last.request;
    if was != since {
        request = requests::put_back(turn, request, was)?;
        turn.note(&request);
    }
    revive(turn, policy, &referral, people(&request), last.at)?;
    let vacancy = referral.vacancy;
    let view = brought(turn, reach, referral, request)?;
    // Nobody moved into these beds after all, which the referral's event does not tell.
    if last.step == Move::RecordArrival {
        note_vacancy(turn, vacancy)?;
    }
    Ok(view)
}

/// Those that were superseded by it come back, each by itself, where their beds are free.
fn revive(turn: &mut Turn<'_>, policy: &Policy, chosen: &Referral, people: u32, at: Instant) -> Result<(), Failure> {
    for mut sibling in referrals::of_request(turn.conn, chosen.request)? {
        let last = sibling.last.take().filter(|last| last.because_of == Some(chosen.id) && last.at == at);
        let Some(LastStep { before, .. }) = last else { continue };
        if Site::find(turn.conn, before.vacancy)?.has_ended() {
            continue;
        }
        sibling.course.over_occupied = false;
        if !before.held {
            sibling.beds = people;
        } else if !hold_beds(turn, &mut sibling, before.vacancy, people)? {
            continue;
        }
        refusals::remove(turn, sibling.id)?;
        sibling.restore(before, turn.now, soonest(turn, policy));
        referrals::update(turn, &sibling)?;
        keep_apart::note_brought_as(turn, Move::Revive.as_str(), &sibling)?;
        turn.enqueue(Job::Mail { referral: sibling.id, about: MailAbout::Undone(Reader::Addressee) });
    }
    Ok(())
}
