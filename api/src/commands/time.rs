//! What time does: it ends what nobody acts on, and reminds those who must act.

use crate::db::jobs::{Job, MailAbout};
use crate::db::{Author, DbError, Failure, Turn, referrals, requests};
use crate::domain::referral::ReferralState;
use crate::domain::{Move, Referral, Refusal, RefusalCode};
use crate::limits;

use super::Service;
use super::referrals::end;

/// The verb under which time ends what is overdue.
pub(super) const EXPIRE: &str = "expireReferral";

/// The verbs under which a request comes back to its organisation, and under which that is reminded of one.
const COME_BACK: &str = "endLending";
const REMIND_OF_REQUEST: &str = "remindOfRequest";

/// Ends what is overdue, all of it or some, and says how many. Overdue *is* expired: every command and every reading comes after this.
pub fn expire(turn: &mut Turn<'_>, at_most: Option<i64>) -> Result<usize, Failure> {
    let overdue = referrals::overdue(turn.conn, turn.now, at_most)?;
    let over = requests::lent_too_long(turn.conn, turn.now, at_most)?;
    let count = overdue.len().saturating_add(over.len());
    for request in over {
        // Whoever had it is told too.
        turn.note_time(COME_BACK, &request);
        requests::lend(turn, request, None)?;
    }
    for mut referral in overdue {
        end(turn, &mut referral, Move::Expire, Some(&Refusal::by_system(RefusalCode::Expired)))?;
        turn.note_time(EXPIRE, &referral);
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Expired });
    }
    Ok(count)
}

/// Sends the reminders that are due, some at a time, and says how many.
pub fn remind(turn: &mut Turn<'_>) -> Result<usize, Failure> {
    let due = referrals::to_remind(turn.conn, turn.now, limits::OVERDUE_BATCH)?;
    let count = due.len();
    for referral in due {
        let reminded = Referral { remind_at: None, ..referral };
        referrals::update(turn, &reminded)?;
        turn.note_time("remindReferral", &reminded);
        turn.enqueue(Job::Mail { referral: reminded.id, about: MailAbout::Reminder });
    }
    Ok(count)
}

/// Reminds organisations of what they have still to do for the people of a request, some at a time, and says of how many.
pub fn remind_of_requests(turn: &mut Turn<'_>) -> Result<usize, Failure> {
    let due = requests::to_remind(turn.conn, turn.now, limits::OVERDUE_BATCH)?;
    let count = due.len();
    for request in due {
        let reminded = requests::set_reminded(turn, request)?;
        turn.note_time(REMIND_OF_REQUEST, &reminded);
        turn.enqueue(Job::RemindOfRequest { request: reminded.id });
    }
    Ok(count)
}

/// Does what time asks for: ends what is overdue and reminds, in transactions of a bounded size.
pub fn keep(service: &Service) -> Result<(), Failure> {
    let db = service.db();
    let (overdue, to_remind, of_requests) = db.read(|conn| -> Result<_, DbError> {
        let now = db.pulse(conn)?.now;
        let overdue = referrals::any_overdue(conn, now)? || requests::any_lent_too_long(conn, now)?;
        Ok((overdue, referrals::any_to_remind(conn, now)?, requests::any_to_remind(conn, now)?))
    })?;
    if overdue {
        while service.do_what_is_due(Some(limits::OVERDUE_BATCH))? > 0 {}
    }
    if to_remind {
        while service.write(Author::service("remindReferral"), remind)? > 0 {}
    }
    if of_requests {
        while service.write(Author::service(REMIND_OF_REQUEST), remind_of_requests)? > 0 {}
    }
    Ok(())
}

/// Whether the addressee of an open referral must act next, and not who asked.
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
