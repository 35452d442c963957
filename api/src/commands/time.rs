//! What time does: it ends what nobody acts on, and reminds those who must act.

use crate::db::jobs::{Job, MailAbout};
use crate::db::{Author, DbError, Failure, Turn, pending_changes, referrals, requests};
use crate::domain::referral::{Due, ReferralState};
use crate::domain::{Move, Referral, Refusal, RefusalCode};
use crate::limits;

use super::Service;
use super::four_eyes;
use super::referrals::{end, free, notice, tell_both};

/// The verb under which time ends what nobody acts on, and does all else that is due.
pub(super) const EXPIRE: &str = "expireReferral";

/// The verbs under which a request comes back to its organisation, and under which that is reminded of one.
const COME_BACK: &str = "endLending";
const REMIND_OF_REQUEST: &str = "remindOfRequest";

/// Does what is due by now, to all it is due to or to some, and says to how many: overdue *is* expired, a lent request *is* back, and every
/// command and every reading comes after this.
pub fn expire(turn: &mut Turn<'_>, at_most: Option<i64>) -> Result<usize, Failure> {
    let due = referrals::due(turn.conn, turn.now, at_most)?;
    let over = requests::lent_too_long(turn.conn, turn.now, at_most)?;
    let count = due.len().saturating_add(over.len()).saturating_add(four_eyes::count_due(turn, at_most)?);
    for request in over {
        // Whoever had it is told too.
        turn.note_time(COME_BACK, &request);
        requests::lend(turn, request, None)?;
    }
    for mut referral in due {
        while let Some(what) = referral.due_by(turn.now) {
            pass(turn, &mut referral, what)?;
        }
    }
    Ok(count)
}

/// One thing that time does to a referral.
fn pass(turn: &mut Turn<'_>, referral: &mut Referral, what: Due) -> Result<(), Failure> {
    match what {
        Due::Lapses => {
            end(turn, referral, Move::Expire, Some(&Refusal::by_system(RefusalCode::Expired)))?;
            turn.note_time(EXPIRE, referral);
            turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Expired });
        }
        Due::HoldEnds => {
            free(turn, referral)?;
            referral.course.hold_until = None;
            changed(turn, "endHold", referral)?;
            tell_both(turn, referral, MailAbout::HoldEnded);
        }
        Due::IsOverdue => {
            // Its beds stay held: somebody may sleep there.
            referral.course.overdue_since = referral.course.overdue_at.take();
            changed(turn, "markOverdue", referral)?;
            tell_both(turn, referral, MailAbout::Overdue);
        }
        Due::IsLongOverdue => {
            referral.course.overdue_told_at = None;
            referrals::update(turn, referral)?;
            let notice = notice(turn.conn, referral, None)?;
            turn.note_time("tellOverdue", &notice);
        }
    }
    Ok(())
}

fn changed(turn: &mut Turn<'_>, verb: &'static str, referral: &mut Referral) -> Result<(), Failure> {
    referral.updated_at = turn.now;
    referrals::update(turn, referral)?;
    turn.note_time(verb, referral);
    Ok(())
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

/// Does what time asks for: what is due, and reminders, in transactions of a bounded size.
pub fn keep(service: &Service) -> Result<(), Failure> {
    let db = service.db();
    let (due, to_remind, of_requests) = db.read(|conn| -> Result<_, DbError> {
        let now = db.pulse(conn)?.now;
        let due = referrals::any_due(conn, now)? || requests::any_lent_too_long(conn, now)? || pending_changes::any_due(conn, now)?;
        Ok((due, referrals::any_to_remind(conn, now)?, requests::any_to_remind(conn, now)?))
    })?;
    if due {
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
    matches!(state, ReferralState::Asked | ReferralState::Acknowledged)
}
