//! What time does: it ends what nobody acts on, and reminds those who must act.

use crate::db::jobs::{Job, MailAbout};
use crate::db::{Author, DbError, Failure, Turn, referrals};
use crate::domain::referral::ReferralState;
use crate::domain::{Move, Referral, Refusal, RefusalCode};
use crate::limits;

use super::Service;
use super::referrals::end;

/// The verb under which time ends what is overdue.
pub(super) const EXPIRE: &str = "expireReferral";

/// Ends what is overdue, all of it or some, and says how many. Overdue *is* expired: every command and every reading comes after this.
pub fn expire(turn: &mut Turn<'_>, at_most: Option<i64>) -> Result<usize, Failure> {
    let overdue = referrals::overdue(turn.conn, turn.now, at_most)?;
    let count = overdue.len();
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

/// Does what time asks for: ends what is overdue and reminds, in transactions of a bounded size.
pub fn keep(service: &Service) -> Result<(), Failure> {
    let db = service.db();
    let (overdue, to_remind) = db.read(|conn| -> Result<_, DbError> {
        let now = db.pulse(conn)?.now;
        Ok((referrals::any_overdue(conn, now)?, referrals::any_to_remind(conn, now)?))
    })?;
    if overdue {
        while service.do_what_is_due(Some(limits::OVERDUE_BATCH))? > 0 {}
    }
    if to_remind {
        while service.write(Author::service("remindReferral"), remind)? > 0 {}
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
