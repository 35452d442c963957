//! What follows from a referral's steps: beds freed, siblings ended, mails to send, and what time does to those nobody answers.
//!
//! Each function works inside the transaction of the command that causes it and writes the event of every record it changes.

use crate::db::events::{self, By, Event};
use crate::db::jobs::{self, Job, MailAbout};
use crate::db::types::Guid;
use crate::db::{Db, DbError, Tx, referrals, refusals, vacancies};
use crate::domain::{Move, RecordKind, Referral, ReferralState, Refusal, RefusalCode};
use crate::error::{Code, Problem, WriteError};
use crate::limits;

/// Takes a referral to a state in which it holds no beds, and frees those it held.
pub fn end(tx: &mut Tx<'_>, referral: &mut Referral, step: Move, refusal: Option<&Refusal>) -> Result<(), WriteError> {
    referral.advance(step, tx.now).map_err(Problem::in_state)?;
    if referral.held {
        vacancies::release(tx, referral.vacancy, referral.beds)?;
        referral.held = false;
    }
    referrals::update(tx, referral)?;
    if let Some(refusal) = refusal {
        refusals::insert(tx, referral, refusal)?;
    }
    Ok(())
}

/// Holds the beds of a referral that holds none yet.
pub fn hold(tx: &mut Tx<'_>, referral: &mut Referral) -> Result<(), WriteError> {
    if referral.held {
        return Ok(());
    }
    if !vacancies::hold(tx, referral.vacancy, referral.beds)? {
        return Err(no_bed_left().into());
    }
    referral.held = true;
    Ok(())
}

/// Someone else has the beds.
pub fn no_bed_left() -> Problem {
    Problem::new(Code::NoBedLeft, "Others hold them or have them. Rank again: the next proposal may still be free.")
}

/// The people of a request go to the place of one referral: its other open ones end.
pub fn supersede_others(tx: &mut Tx<'_>, by: By, chosen: &Referral) -> Result<(), WriteError> {
    let refusal = Refusal::by_system(RefusalCode::Superseded);
    end_open(tx, by, chosen.request, Some(chosen.id), Move::Supersede, "supersedeReferral", Some(&refusal))
}

/// A request looks no more: its open referrals are taken back.
pub fn withdraw_open(tx: &mut Tx<'_>, by: By, request: Guid) -> Result<(), WriteError> {
    end_open(tx, by, request, None, Move::Withdraw, "withdrawReferral", None)
}

fn end_open(
    tx: &mut Tx<'_>,
    by: By,
    request: Guid,
    but: Option<Guid>,
    step: Move,
    command: &'static str,
    refusal: Option<&Refusal>,
) -> Result<(), WriteError> {
    for mut referral in referrals::open_of_request(tx.conn, request)? {
        if Some(referral.id) != but {
            end(tx, &mut referral, step, refusal)?;
            events::follow(tx, Event { by: Some(by), command, kind: RecordKind::Referral, record: referral.id });
        }
    }
    Ok(())
}

/// A household has grown or shrunk: its open referrals need as many beds, and those that hold some hold as many.
pub fn resize(tx: &mut Tx<'_>, by: By, request: Guid, people: u32) -> Result<(), WriteError> {
    for mut referral in referrals::open_of_request(tx.conn, request)? {
        if referral.beds == people {
            continue;
        }
        if referral.held {
            vacancies::release(tx, referral.vacancy, referral.beds)?;
            if !vacancies::hold(tx, referral.vacancy, people)? {
                let detail =
                    format!("Referral {} holds beds of a vacancy that has not as many left; withdraw it first.", referral.id);
                return Err(Problem::new(Code::NoBedLeft, detail).into());
            }
        }
        referral.beds = people;
        referral.updated_at = tx.now;
        referrals::update(tx, &referral)?;
        events::follow(tx, Event { by: Some(by), command: "resizeReferral", kind: RecordKind::Referral, record: referral.id });
    }
    Ok(())
}

/// Ends what is overdue, all of it or some, and says how many. Overdue *is* expired: every command and every reading comes after this.
pub fn expire_overdue(tx: &mut Tx<'_>, at_most: Option<i64>) -> Result<usize, DbError> {
    let overdue = referrals::overdue(tx.conn, tx.now, at_most)?;
    for referral in &overdue {
        let mut referral = referral.clone();
        match end(tx, &mut referral, Move::Expire, Some(&Refusal::by_system(RefusalCode::Expired))) {
            Ok(()) => {}
            Err(WriteError::Db(error)) => return Err(error),
            Err(WriteError::Refused(problem)) => return Err(DbError::damaged(problem)),
        }
        events::record(tx, Event { by: None, command: "expireReferral", kind: RecordKind::Referral, record: referral.id })?;
        jobs::enqueue(tx, Job::Mail { referral: referral.id, about: MailAbout::Expired })?;
    }
    Ok(overdue.len())
}

/// Sends the reminders that are due, some at a time, and says how many.
pub fn remind(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    let due = referrals::to_remind(tx.conn, tx.now, limits::OVERDUE_BATCH)?;
    for referral in &due {
        let reminded = Referral { remind_at: None, ..referral.clone() };
        referrals::update(tx, &reminded)?;
        events::record(tx, Event { by: None, command: "remindReferral", kind: RecordKind::Referral, record: referral.id })?;
        jobs::enqueue(tx, Job::Mail { referral: referral.id, about: MailAbout::Reminder })?;
    }
    Ok(due.len())
}

/// Does what time asks for: ends what is overdue and reminds, in transactions of a bounded size.
pub fn keep_time(db: &Db) -> Result<(), DbError> {
    let anything = db.read(|conn| {
        let now = db.now(conn)?;
        Ok::<_, DbError>((referrals::any_overdue(conn, now)?, referrals::any_to_remind(conn, now)?))
    })?;
    if anything.0 {
        while db.write(|tx| expire_overdue(tx, Some(limits::OVERDUE_BATCH)))? > 0 {}
    }
    if anything.1 {
        while db.write(remind)? > 0 {}
    }
    Ok(())
}

/// Who must act next on a referral that is open.
pub fn addressee_acts(state: ReferralState) -> bool {
    match state {
        ReferralState::Asked | ReferralState::Acknowledged | ReferralState::Confirmed => true,
        ReferralState::Accepted
        | ReferralState::Arrived
        | ReferralState::Ended
        | ReferralState::Declined
        | ReferralState::Superseded
        | ReferralState::NoShow
        | ReferralState::Withdrawn
        | ReferralState::Expired => false,
    }
}
