//! What follows from an edit for those who are on their way or housed: every open referral and stay that it touches is judged again.
//!
//! One that no longer passes keeps its state and carries the rules, and both sides are told. It is judged as of the instant of its question: a
//! birthday makes none fail, nor do days that pass.

use matcher::{Policy, Rule};

use super::matching;
use crate::db::jobs::{Job, MailAbout};
use crate::db::referrals;
use crate::db::requests::StoredRequest;
use crate::db::{Failure, Turn, units};
use crate::domain::ids::{ReferralId, StructureId, UnitId};
use crate::domain::{Referral, ReferralState};
use crate::limits;

/// After an edit of a request: it has few referrals.
pub(super) fn of_request(turn: &mut Turn<'_>, policy: &Policy, request: &StoredRequest) -> Result<(), Failure> {
    let mut touched = referrals::open_of_request(turn.conn, request.id)?;
    touched.extend(referrals::stays_of_request(turn.conn, request.id)?);
    for referral in touched {
        judge(turn, policy, referral, request)?;
    }
    Ok(())
}

/// After an edit of a unit: the first of those it touches at once, the rest within a minute.
pub(super) fn of_unit(turn: &mut Turn<'_>, policy: &Policy, unit: UnitId) -> Result<(), Failure> {
    of_units(turn, policy, &[unit], None)
}

/// After an edit of a structure.
pub(super) fn of_structure(turn: &mut Turn<'_>, policy: &Policy, structure: StructureId) -> Result<(), Failure> {
    let units = units::ids_of_structure(turn.conn, structure)?;
    of_units(turn, policy, &units, None)
}

/// Those of some units, behind one that was judged before; the rest is left to a job.
fn of_units(turn: &mut Turn<'_>, policy: &Policy, units: &[UnitId], after: Option<ReferralId>) -> Result<(), Failure> {
    let touched = referrals::standing_at(turn.conn, units, after, limits::REEVALUATED_AT_ONCE.saturating_add(1))?;
    let most = usize::try_from(limits::REEVALUATED_AT_ONCE).unwrap_or(usize::MAX);
    let is_cut = touched.len() > most;
    let mut last = after;
    for (referral, request) in touched.into_iter().take(most) {
        last = Some(referral.id);
        judge(turn, policy, referral, &request)?;
    }
    if let Some(after) = last.filter(|_| is_cut) {
        units.iter().for_each(|unit| turn.enqueue(Job::Reevaluate { unit: *unit, after }));
    }
    Ok(())
}

fn judge(turn: &mut Turn<'_>, policy: &Policy, mut referral: Referral, request: &StoredRequest) -> Result<(), Failure> {
    // Nothing is known any more of people who took back what they had agreed to.
    if request.erased_at.is_some() {
        return Ok(());
    }
    let query = matching::query(turn.conn, policy, request, referral.created_at)?;
    let (unit, vacancy) = units::of_vacancy(turn.conn, referral.vacancy)?;
    // Its own beds count as free; and that others were sooner is no matter of an edit.
    let own = if referral.held || referral.state == ReferralState::Arrived { referral.beds } else { 0 };
    let free = vacancy.beds.saturating_sub(vacancy.held).saturating_add(own).max(referral.beds);
    let people = referral.course.people_asked.unwrap_or(referral.beds);
    let failed = matching::failed(&query, (&unit, &vacancy), (free, people))?;
    // What was refused meanwhile is told in other ways.
    let is_news = |rule: &Rule| *rule != Rule::AlreadyRefused && !referral.overrides(*rule);
    let rules: Vec<Rule> = failed.iter().filter(is_news).collect();
    if rules == referral.course.fails_since {
        return Ok(());
    }
    let is_worse = rules.iter().any(|rule| !referral.course.fails_since.contains(rule));
    referral.course.fails_since = rules;
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    turn.note_as("reevaluateReferral", &referral);
    if is_worse {
        tell_both(turn, &referral);
    }
    Ok(())
}

/// Both sides are told by mail that a place no longer suits the people: somebody is on the way, or there.
pub(super) fn tell_both(turn: &mut Turn<'_>, referral: &Referral) {
    for about in [MailAbout::NoLongerFits, MailAbout::NoLongerFitsForAsker] {
        turn.enqueue(Job::Mail { referral: referral.id, about });
    }
}

/// The rest of those that an edit of a unit touches: what a job does.
pub fn go_on(turn: &mut Turn<'_>, policy: &Policy, unit: UnitId, after: ReferralId) -> Result<(), Failure> {
    of_units(turn, policy, &[unit], Some(after))
}

/// The name under which the rest is done.
pub const REEVALUATE: &str = "reevaluateReferral";
