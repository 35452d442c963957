//! The people of an organisation: who is invited, to what, until when; and how they leave.
//!
//! A manager keeps those of its organisation. An administrator keeps those of any, but gives no role by which a case is read. Whoever is
//! given the role administrator, auditor, coordinator or manager, all administrators and auditors are told; administrator and auditor, and manager from
//! elsewhere, count with a second person's word only. Whoever is on duty invites a replacement for a day.

use super::{four_eyes, remembered_phones};
use crate::clock::Instant;
use crate::db::accounts::{self, NewAccount, StoredAccount};
use crate::db::jobs::{AccountMail, Job};
use crate::db::organisations::{self, StoredOrganisation};
use crate::db::pending_changes::Subject;
use crate::db::sessions::{self, Which};
use crate::db::{Conn, DbError, Failure, Turn, links};
use crate::domain::denied::What;
use crate::domain::four_eyes::{Change, guarded, without};
use crate::domain::ids::{AccountId, OrganisationId, SessionId};
use crate::domain::{AccountKind, AccountRoles, Caller, Denied, Email, Invitation, LinkPurpose, Reach, Role, Roles, Seen};
use crate::limits;

/// Those who are told of powers: wherever somebody is given one.
const OVERSEERS: &[Role] = &[Role::Administrator, Role::Auditor];

/// The roles by which others let people in, read logs or read what no single organisation does.
const POWERS: &[Role] = &[Role::Administrator, Role::Auditor, Role::Coordinator, Role::Manager];

/// An organisation whose accounts the caller keeps.
pub fn organisation(conn: &mut Conn, reach: Reach, id: OrganisationId) -> Result<StoredOrganisation, DbError> {
    if reach.keeps_accounts_of(id) { organisations::find(conn, id) } else { Err(DbError::NotFound) }
}

/// Invites somebody to an account of an organisation. Until it is accepted nobody can use it.
pub fn invite(turn: &mut Turn<'_>, reach: Reach, id: OrganisationId, invitation: &Invitation) -> Result<StoredAccount, Failure> {
    let of = organisation(turn.conn, reach, id)?;
    let roles = invitation.roles();
    check_given(roles, reach.may_give(id, of.declared.gives()))?;
    let waits = guarded(roles, is_from_elsewhere(turn, reach, id, None)?);
    let made = add(turn, (id, without(roles, &waits)), invitation, None)?;
    tell_of_roles(turn, reach, &made, made.caller.roles)?;
    wait_for(turn, &made, waits)?;
    Ok(made)
}

/// Whether whoever would make somebody a manager of an organisation comes from elsewhere: an administrator, where the organisation works already
/// or the account is their own. The first manager of a new organisation has nobody but an administrator to be invited by, and no case to read.
fn is_from_elsewhere(turn: &mut Turn<'_>, reach: Reach, of: OrganisationId, account: Option<AccountId>) -> Result<bool, DbError> {
    let own = turn.author().by.and_then(|by| by.account);
    let is_own = account.is_some() && account == own;
    Ok(reach.manages() != Some(of) && (is_own || accounts::works(turn.conn, of)?))
}

/// What nobody gives alone waits for a second person's word. The managers of an organisation hear at once of whoever would be one beside them: they
/// may end that account before it counts.
fn wait_for(turn: &mut Turn<'_>, account: &StoredAccount, roles: Vec<Role>) -> Result<(), Failure> {
    if roles.is_empty() {
        return Ok(());
    }
    let (organisation, makes_manager) = (account.caller.organisation, roles.contains(&Role::Manager));
    let subject = Subject::Account(organisation, account.caller.account);
    four_eyes::wait(turn, subject, &Change::Roles { roles })?;
    if makes_manager {
        tell_managers(turn, organisation)?;
    }
    Ok(())
}

/// Tells the managers of an organisation that somebody would be one beside them.
pub(super) fn tell_managers(turn: &mut Turn<'_>, of: OrganisationId) -> Result<(), Failure> {
    tell(turn, Some(of), &[Role::Manager], AccountMail::ManagerWaits)
}

/// Invites somebody who stands in for a day, in roles that whoever invites has: never in those that keep accounts or logs. Who stands in
/// themselves is replaced until the end of their own day.
pub fn invite_replacement(
    turn: &mut Turn<'_>,
    caller: Caller,
    reach: Reach,
    invitation: &Invitation,
) -> Result<StoredAccount, Failure> {
    check_given(invitation.roles(), reach.roles())?;
    let until = turn.from_now(limits::REPLACEMENT_VALID);
    let own = accounts::stored(turn.conn, caller.account)?.until;
    let of = (caller.organisation, invitation.roles());
    let made = add(turn, of, invitation, Some(own.map_or(until, |own| own.min(until))))?;
    tell(turn, Some(caller.organisation), &[Role::Manager], AccountMail::ReplacementInvited)?;
    Ok(made)
}

/// Refuses roles that are not the caller's to give.
fn check_given(roles: Roles, given: Roles) -> Result<(), Denied> {
    let others: Vec<Role> = roles.iter().filter(|role| !given.contains(*role)).collect();
    if others.is_empty() { Ok(()) } else { Err(Denied::RolesNotGiven(others)) }
}

fn add(
    turn: &mut Turn<'_>,
    (organisation, roles): (OrganisationId, Roles),
    invitation: &Invitation,
    until: Option<Instant>,
) -> Result<StoredAccount, Failure> {
    free_address(turn, &invitation.email)?;
    let new = NewAccount {
        organisation,
        kind: AccountKind::Person,
        label: invitation.label.as_str(),
        email: Some(&invitation.email),
        roles,
        scopes: None,
        created_by: turn.author().by.and_then(|by| by.account),
        until,
    };
    let made = accounts::insert(turn, &new)?.account;
    let made = accounts::stored(turn.conn, made)?;
    turn.note(&made);
    turn.enqueue(Job::TellAccount { account: Some(made.caller.account), about: AccountMail::Invitation });
    Ok(made)
}

/// One address signs one account in. Whoever stood in until an hour that has passed has left.
fn free_address(turn: &mut Turn<'_>, email: &Email) -> Result<(), Failure> {
    let Some(other) = accounts::of_email(turn.conn, &email.key())? else { return Ok(()) };
    let other = accounts::stored(turn.conn, other)?;
    if other.until.is_none_or(|until| turn.now < until) {
        return Err(Denied::EmailTaken.into());
    }
    leave(turn, other, "endAccount")?;
    Ok(())
}

/// Changes what somebody may do. What is given and what is taken must be the caller's to give; the rest stays. So does, of whoever comes from elsewhere,
/// what the organisation gave and does not give today: its own manager alone leaves nothing behind that they do not see.
pub fn change_roles(
    turn: &mut Turn<'_>,
    reach: Reach,
    id: AccountId,
    seen: &Seen,
    said: &AccountRoles,
) -> Result<StoredAccount, Failure> {
    let before = accounts::kept(turn.conn, reach, AccountKind::Person, id)?;
    if before.ended_at.is_some() {
        return Err(Denied::AccountEnded.into());
    }
    seen.check(&before.caller.roles)?;
    let of = organisations::find(turn.conn, before.caller.organisation)?;
    let (had, has) = (before.caller.roles, said.roles());
    let changed: Roles = had.with(has).iter().filter(|role| had.contains(*role) != has.contains(*role)).collect();
    check_given(changed, reach.may_give(before.caller.organisation, of.declared.gives()))?;
    let from_elsewhere = is_from_elsewhere(turn, reach, before.caller.organisation, Some(id))?;
    let added: Vec<Role> = guarded(has, from_elsewhere).into_iter().filter(|role| !had.contains(*role)).collect();
    let own = reach.manages() == Some(before.caller.organisation);
    let unseen: Roles = before.granted.iter().filter(|role| !own && !had.contains(*role)).collect();
    accounts::set_roles(turn, id, without(has, &added).with(unseen))?;
    let stored = accounts::stored(turn.conn, id)?;
    turn.note(&stored);
    tell_of_roles(turn, reach, &stored, without(changed, &added))?;
    wait_for(turn, &stored, added)?;
    Ok(stored)
}

/// Somebody leaves: sessions, links and what they could do end at once. Tools go on whose secrets they were shown; the managers are told, until
/// these are renewed.
pub fn end(turn: &mut Turn<'_>, reach: Reach, id: AccountId) -> Result<StoredAccount, Failure> {
    let before = accounts::kept(turn.conn, reach, AccountKind::Person, id)?;
    if before.ended_at.is_some() {
        return Err(Denied::AccountEnded.into());
    }
    let had = before.caller.roles;
    let command = turn.author().command;
    let ended = leave(turn, before, command)?;
    if POWERS.iter().any(|role| had.contains(*role)) {
        tell(turn, None, OVERSEERS, AccountMail::PowersChanged)?;
    }
    Ok(ended)
}

/// Ends an account with all that is signed in or can sign in by it, and notes it under a verb.
pub(super) fn leave(turn: &mut Turn<'_>, before: StoredAccount, command: &'static str) -> Result<StoredAccount, Failure> {
    let (id, organisation) = (before.caller.account, before.caller.organisation);
    end_sessions_of(turn, id)?;
    links::end_all_of(turn, id)?;
    remembered_phones::forget_all_of(turn, before.caller)?;
    let tools = accounts::tools_shown_to(turn.conn, id)?;
    accounts::end(turn, id)?;
    let ended = StoredAccount { ended_at: Some(turn.now), ..before };
    turn.note_as(command, &ended);
    for tool in &tools {
        turn.note_as("askForNewSecret", tool);
    }
    if !tools.is_empty() {
        tell(turn, Some(organisation), &[Role::Manager], AccountMail::ToolsLeft)?;
    }
    Ok(ended)
}

/// Ends the sessions of somebody who can sign in again: a telephone was lost.
pub fn end_sessions(turn: &mut Turn<'_>, reach: Reach, id: AccountId) -> Result<StoredAccount, Failure> {
    let stored = accounts::kept(turn.conn, reach, AccountKind::Person, id)?;
    if stored.ended_at.is_some() {
        return Err(Denied::AccountEnded.into());
    }
    end_sessions_of(turn, id)?;
    turn.note(&stored);
    Ok(stored)
}

/// Ends one session of somebody.
pub fn end_session(turn: &mut Turn<'_>, reach: Reach, id: AccountId, session: SessionId) -> Result<StoredAccount, Failure> {
    let stored = accounts::kept(turn.conn, reach, AccountKind::Person, id)?;
    let ended = sessions::end(turn, Which::Own(id, session))?;
    if ended.is_empty() {
        return Err(Denied::NotFound(What::Record).into());
    }
    ended.iter().for_each(|session| turn.note(session));
    Ok(stored)
}

fn end_sessions_of(turn: &mut Turn<'_>, id: AccountId) -> Result<(), Failure> {
    for session in sessions::end(turn, Which::Accounts(&[id]))? {
        turn.note_as("endSession", &session);
    }
    Ok(())
}

/// Mails the invitation again to whoever has not accepted it; the link of the earlier one ends.
pub fn invite_again(turn: &mut Turn<'_>, reach: Reach, id: AccountId) -> Result<StoredAccount, Failure> {
    let stored = accounts::kept(turn.conn, reach, AccountKind::Person, id)?;
    if stored.ended_at.is_some() {
        return Err(Denied::AccountEnded.into());
    }
    if stored.accepted_at.is_some() {
        return Err(Denied::InvitationAccepted.into());
    }
    links::end_of(turn, LinkPurpose::Invitation, id)?;
    turn.enqueue(Job::TellAccount { account: Some(id), about: AccountMail::Invitation });
    turn.note(&stored);
    Ok(stored)
}

/// Tells who must know of roles that were given or taken: all administrators and auditors of each power; the managers of an organisation of what
/// an administrator from elsewhere did there.
fn tell_of_roles(turn: &mut Turn<'_>, reach: Reach, account: &StoredAccount, changed: Roles) -> Result<(), Failure> {
    let organisation = account.caller.organisation;
    if POWERS.iter().any(|role| changed.contains(*role)) {
        tell(turn, None, OVERSEERS, AccountMail::PowersChanged)?;
    }
    if reach.manages() != Some(organisation) {
        tell(turn, Some(organisation), &[Role::Manager], AccountMail::ByAdministrator)?;
    }
    Ok(())
}

/// Tells all administrators and auditors that somebody was given a power.
pub(super) fn tell_of_powers(turn: &mut Turn<'_>) -> Result<(), Failure> {
    tell(turn, None, OVERSEERS, AccountMail::PowersChanged)
}

pub(super) fn tell(turn: &mut Turn<'_>, of: Option<OrganisationId>, roles: &[Role], about: AccountMail) -> Result<(), Failure> {
    for account in accounts::people_with(turn.conn, of, roles)? {
        turn.enqueue(Job::TellAccount { account: Some(account), about });
    }
    Ok(())
}
