//! Changes that count with a second person's word only (design §5): asked for, given, refused, proved, and what time then does.

use chrono::TimeDelta;
use matcher::Policy;

use super::people;
use crate::db::jobs::{AccountMail, Job};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::pending_changes::{self, PendingChange, Subject};
use crate::db::{Conn, DbError, Failure, Turn, accounts};
use crate::domain::denied::What;
use crate::domain::four_eyes::{Change, ChangeKind, ChangeOutcome, Rights, Split};
use crate::domain::ids::{AccountId, OrganisationId, PendingChangeId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::{Caller, Contact, Denied, List, Organisation, Role, Roles};

/// The verbs of what follows from other commands.
const ASK: &str = "askChange";
const REPLACE: &str = "replaceChange";
const COUNT: &str = "countChange";

/// Lets a change wait: in the stead of one of its kind that waits already. The other administrators are told; of an address the old one is told
/// and the new one is sent a code.
pub(super) fn wait(turn: &mut Turn<'_>, subject: Subject, change: &Change) -> Result<PendingChange, Failure> {
    for mut before in pending_changes::waiting_of(turn.conn, subject, change.kind())? {
        end(turn, &mut before, ChangeOutcome::Replaced, REPLACE)?;
    }
    let asked = pending_changes::insert(turn, subject, change)?;
    turn.note_as(ASK, &asked);
    for account in accounts::people_with(turn.conn, None, &[Role::Administrator])? {
        if Some(account) != asked.asked_by {
            turn.enqueue(Job::TellAccount { account: Some(account), about: AccountMail::ChangeWaits });
        }
    }
    if matches!(change, Change::Address { .. }) {
        turn.enqueue(Job::ProveAddress { change: asked.id });
        turn.enqueue(Job::TellOldAddress { change: asked.id });
    }
    Ok(asked)
}

/// Lets all of an edit of an organisation wait that has to. Where something was taken away, what was asked for before ends: it says all that would
/// stand, and so would bring back what is gone.
pub(super) fn wait_for_all(turn: &mut Turn<'_>, organisation: OrganisationId, split: &Split) -> Result<(), Failure> {
    if split.narrows {
        for mut before in pending_changes::waiting_of(turn.conn, Subject::Organisation(organisation), ChangeKind::Rights)? {
            end(turn, &mut before, ChangeOutcome::Replaced, REPLACE)?;
        }
    }
    for change in &split.waits {
        wait(turn, Subject::Organisation(organisation), change)?;
    }
    Ok(())
}

/// One that waits still.
fn open(conn: &mut Conn, id: PendingChangeId) -> Result<PendingChange, Failure> {
    let found = match pending_changes::find(conn, id) {
        Err(DbError::NotFound) => return Err(Denied::NotFound(What::Record).into()),
        found => found?,
    };
    if found.ended_at.is_some() { Err(Denied::ChangeDecided.into()) } else { Ok(found) }
}

/// A second administrator gives their word: never whoever asked.
pub fn approve(turn: &mut Turn<'_>, policy: &Policy, caller: Caller, id: PendingChangeId) -> Result<PendingChange, Failure> {
    let mut change = open(turn.conn, id)?;
    // Whoever is given a role gives no word on it either.
    if change.asked_by == Some(caller.account) || change.account == Some(caller.account) {
        return Err(Denied::OwnChange.into());
    }
    if change.approved_at.is_some() {
        return Err(Denied::ChangeDecided.into());
    }
    (change.approved_by, change.approved_at) = (Some(caller.account), Some(turn.now));
    tell_who_asked(turn, &change, AccountMail::ChangeApproved);
    settle(turn, policy, change)
}

/// The same by the operator's shell, which is the second person where there is one administrator alone.
pub fn approve_by_operator(turn: &mut Turn<'_>, policy: &Policy, id: PendingChangeId) -> Result<PendingChange, Failure> {
    let mut change = open(turn.conn, id)?;
    if change.approved_at.is_some() {
        return Err(Denied::ChangeDecided.into());
    }
    change.approved_at = Some(turn.now);
    tell_who_asked(turn, &change, AccountMail::ChangeApproved);
    settle(turn, policy, change)
}

/// An administrator says no, or whoever asked takes it back: also while it waits for its time.
pub fn reject(turn: &mut Turn<'_>, caller: Caller, id: PendingChangeId) -> Result<PendingChange, Failure> {
    let mut change = open(turn.conn, id)?;
    (change.due_at, change.ended_at, change.outcome) = (None, Some(turn.now), Some(ChangeOutcome::Rejected));
    pending_changes::update(turn, &change)?;
    if change.asked_by != Some(caller.account) {
        tell_who_asked(turn, &change, AccountMail::ChangeRejected);
    }
    turn.note(&change);
    Ok(change)
}

/// Somebody gives the code that came to the new address.
pub fn prove(turn: &mut Turn<'_>, policy: &Policy, id: PendingChangeId, code: &OneTimeCode) -> Result<PendingChange, Failure> {
    let mut change = open(turn.conn, id)?;
    if change.proved_at.is_some() || !matches!(change.change, Change::Address { .. }) {
        return Err(Denied::ChangeDecided.into());
    }
    if !change.is_proved_by(code)? {
        return Err(Denied::CodeNotValid.into());
    }
    change.proved_at = Some(turn.now);
    settle(turn, policy, change)
}

/// Counts what has all that it needs: at once, or once its notice is over.
fn settle(turn: &mut Turn<'_>, policy: &Policy, mut change: PendingChange) -> Result<PendingChange, Failure> {
    let is_proved = change.proved_at.is_some() || !matches!(change.change, Change::Address { .. });
    if change.approved_at.is_none() || !is_proved {
        pending_changes::update(turn, &change)?;
        turn.note(&change);
        return Ok(change);
    }
    let notice = if change.change.gives_notice() { policy.notice_hours() } else { 0 };
    if notice > 0 {
        change.due_at = Some(turn.from_now(TimeDelta::hours(i64::from(notice))));
        if matches!(change.change, Change::Roles { .. }) {
            people::tell_managers(turn, change.organisation)?;
        }
        pending_changes::update(turn, &change)?;
        turn.note(&change);
        return Ok(change);
    }
    let command = turn.author().command;
    count(turn, &mut change, command)?;
    Ok(change)
}

/// What time does: counts all whose time has come, or some, and says how many.
pub(super) fn count_due(turn: &mut Turn<'_>, at_most: Option<i64>) -> Result<usize, Failure> {
    let due = pending_changes::due(turn.conn, turn.now, at_most)?;
    let number = due.len();
    for mut change in due {
        count(turn, &mut change, COUNT)?;
    }
    Ok(number)
}

/// A change counts: with it the organisation or the account is another, and so is who may do what from the next request on.
fn count(turn: &mut Turn<'_>, change: &mut PendingChange, command: &'static str) -> Result<(), Failure> {
    match (&change.change, change.account) {
        (Change::Roles { roles }, Some(account)) => give_roles(turn, account, roles)?,
        (Change::Rights(rights), _) => {
            let before = organisations::find(turn.conn, change.organisation)?;
            let declared = with_rights(&before.declared, rights);
            write(turn, before, &declared)?;
        }
        (Change::Address { email }, _) => {
            let before = organisations::find(turn.conn, change.organisation)?;
            let contact = Contact { email: Some(email.clone()), ..before.declared.contact.clone() };
            let declared = Organisation { contact, ..before.declared.clone() };
            write(turn, before, &declared)?;
        }
        (Change::Roles { .. }, None) => return Err(DbError::damaged("roles are an account's").into()),
    }
    end(turn, change, ChangeOutcome::Counted, command)
}

fn with_rights(before: &Organisation, rights: &Rights) -> Organisation {
    Organisation {
        kind: rights.kind,
        orients: rights.orients,
        doors: List(rights.doors.clone()),
        departments: List(rights.departments.clone()),
        ..before.clone()
    }
}

fn write(turn: &mut Turn<'_>, before: StoredOrganisation, declared: &Organisation) -> Result<(), Failure> {
    let stored = organisations::update(turn, before, declared)?;
    turn.note_as(COUNT, &stored);
    Ok(())
}

/// Who has left meanwhile is given nothing. What they were given before stays, be it in a role that their organisation does not give today.
fn give_roles(turn: &mut Turn<'_>, account: AccountId, roles: &[Role]) -> Result<(), Failure> {
    let before = accounts::stored(turn.conn, account)?;
    if before.ended_at.is_some() {
        return Ok(());
    }
    let given: Roles = roles.iter().copied().collect();
    accounts::set_roles(turn, account, before.granted.with(given))?;
    let stored = accounts::stored(turn.conn, account)?;
    turn.note_as(COUNT, &stored);
    people::tell_of_powers(turn)
}

fn end(turn: &mut Turn<'_>, change: &mut PendingChange, outcome: ChangeOutcome, command: &'static str) -> Result<(), Failure> {
    (change.due_at, change.ended_at, change.outcome) = (None, Some(turn.now), Some(outcome));
    pending_changes::update(turn, change)?;
    turn.note_as(command, change);
    Ok(())
}

fn tell_who_asked(turn: &mut Turn<'_>, change: &PendingChange, about: AccountMail) {
    if let Some(account) = change.asked_by {
        turn.enqueue(Job::TellAccount { account: Some(account), about });
    }
}
