//! Households that need a place, written by those who look for one for them: the life of a request (design §4).

use matcher::Policy;

use crate::clock::Instant;
use crate::db::requests::{self, StoredRequest};
use crate::db::{Conn, DbError, Failure, Turn, organisations, referrals as stored_referrals, refusals};
use crate::domain::ids::{OrganisationId, ReferralId, RequestId};
use crate::domain::request::{Closing, ClosingReason, Lending, NewNote, Note};
use crate::domain::separation::{Separated, Splitting};
use crate::domain::{About, Denied, Faults as _, Move, Noted, Reach, ReferralState, Request, RequestState, Seen, days};
use crate::limits;

use super::{keep_apart, quotas, reevaluation, referrals};

/// Stores a request of an organisation.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Request) -> Result<StoredRequest, Failure> {
    fits_today(declared, None, turn.now)?;
    let spent = quotas::may_store(turn, declared.urgency, declared.department(), 1)?;
    let stored = requests::insert(turn, RequestId::new(), organisation, declared, turn.now)?;
    turn.note(&stored);
    quotas::count(turn, spent);
    Ok(stored)
}

/// Replaces what is declared of a request; its open referrals hold as many beds as the household now needs, as far as there are, and are
/// judged again.
pub fn update(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: RequestId,
    seen: &Seen,
    declared: &Request,
) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    seen.check(&before.seen_by(reach, before.declared.unshown().clone()))?;
    let known = before.declared.unshown();
    fits_today(declared, Some(known), turn.now)?;
    // Who is not shown the number in the files of another organisation does not take it away.
    let is_own = reach.organisation() == Some(before.organisation);
    let reference = if is_own { declared.reference.clone() } else { known.reference.clone() };
    let stored = requests::update(turn, before, &Request { reference, ..declared.clone() })?;
    turn.note(&stored);
    referrals::resize_open(turn, &stored)?;
    reevaluation::of_request(turn, policy, &stored)?;
    Ok(stored)
}

/// Refuses what contradicts today.
fn fits_today(declared: &Request, before: Option<&Request>, now: Instant) -> Result<(), Failure> {
    let mut faults = declared.faults_when_given(before, requests::today(declared, now)?);
    faults.extend(declared.told_ahead(before, now));
    if faults.is_empty() { Ok(()) } else { Err(Denied::Contradiction(faults).into()) }
}

/// The household looks no more: its open referrals are withdrawn.
pub fn close(turn: &mut Turn<'_>, reach: Reach, id: RequestId, said: &Closing) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    let stored = requests::close(turn, before, Some(said.reason))?;
    turn.note(&stored);
    referrals::withdraw_open(turn, id)?;
    Ok(stored)
}

/// The household looks again, with the seniority it has; where a stay goes on it is placed.
pub fn reopen(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<StoredRequest, Failure> {
    let before = requests::find(turn.conn, reach, id)?;
    if before.state != RequestState::Closed {
        return Err(Denied::RequestNotClosed.into());
    }
    let stays = stored_referrals::stays_of_request(turn.conn, id)?;
    let state = if stays.is_empty() { RequestState::Open } else { RequestState::Placed };
    let stored = requests::reopen(turn, before, state)?;
    turn.note(&stored);
    Ok(stored)
}

/// The same people look again, by a request of their own that begins now: it stays with the organisation whose it was, and in whose hands it
/// is. Whom they must not meet they do not meet by it either.
pub fn copy(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<StoredRequest, Failure> {
    let before = requests::find(turn.conn, reach, id)?;
    let (known, today) = (before.declared.unshown(), before.today(turn.now)?);
    // A first day that has grown too old to be given begins today.
    let first_day = if days::long_past(known.first_day, today.get()).is_some() { today } else { known.first_day };
    let declared = Request { first_day, ..known.clone() };
    fits_today(&declared, Some(known), turn.now)?;
    let spent = quotas::may_store(turn, declared.urgency, declared.department(), 1)?;
    let mut copy = requests::insert(turn, RequestId::new(), before.organisation, &declared, turn.now)?;
    if before.lent.is_some() {
        copy = requests::lend(turn, copy, before.lent)?;
    }
    turn.note(&copy);
    keep_apart::inherit(turn, &before, &copy)?;
    quotas::count(turn, spent);
    Ok(copy)
}

/// The people of a household look each for a place of their own, as they are divided: with the seniority they have, in the hands they are in, and
/// either kept apart or to be together again. Who stays holds as many beds as it now needs.
pub fn split(
    turn: &mut Turn<'_>,
    policy: &Policy,
    reach: Reach,
    id: RequestId,
    said: &Splitting,
) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    let known = before.declared.unshown().clone();
    let divided = said.divide(&known).map_err(Denied::Contradiction)?;
    for declared in std::iter::once(&divided.stays).chain(&divided.leave) {
        let faults = declared.faults();
        if !faults.is_empty() {
            return Err(Denied::Contradiction(faults).into());
        }
        fits_today(declared, Some(&known), turn.now)?;
    }
    let more = u32::try_from(divided.leave.len()).unwrap_or(u32::MAX);
    let spent = quotas::may_store(turn, known.urgency, known.department(), more)?;
    let (organisation, created_at, lent) = (before.organisation, before.created_at, before.lent);
    let mut all = vec![requests::update(turn, before, &divided.stays)?];
    for declared in &divided.leave {
        let other = requests::insert(turn, RequestId::new(), organisation, declared, created_at)?;
        all.push(if lent.is_some() { requests::lend(turn, other, lent)? } else { other });
    }
    let ids: Vec<RequestId> = all.iter().map(|request| request.id).collect();
    let mut separated = Vec::new();
    for request in all {
        let others = ids.iter().filter(|other| **other != request.id);
        let from: Vec<_> = others.map(|other| Separated { request_id: *other, bond: said.bond }).collect();
        let request = requests::separate(turn, request, &from)?;
        turn.note(&request);
        separated.push(request);
    }
    keep_apart::of_separated(turn, &separated, said.bond)?;
    let stays = separated.into_iter().next().ok_or(DbError::NotFound)?;
    referrals::resize_open(turn, &stays)?;
    reevaluation::of_request(turn, policy, &stays)?;
    quotas::count(turn, spent);
    Ok(stays)
}

/// People speak of it by another word and number from now on.
pub fn change_alias(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    let stored = requests::change_alias(turn, before)?;
    turn.note(&stored);
    Ok(stored)
}

/// Adds a note, with the hour and who wrote it.
pub fn add_note(turn: &mut Turn<'_>, reach: Reach, id: RequestId, said: &NewNote) -> Result<StoredRequest, Failure> {
    let before = requests::find(turn.conn, reach, id)?;
    if before.notes.unshown().len() >= limits::NOTES_MAX {
        return Err(Denied::TooManyNotes.into());
    }
    let by = turn.author().by;
    let note = Note {
        at: turn.now,
        account_id: by.and_then(|by| by.account),
        organisation_id: by.map_or(before.organisation, |by| by.organisation),
        text: said.text.clone(),
    };
    let stored = requests::add_note(turn, before, note)?;
    turn.note(&stored);
    Ok(stored)
}

/// Puts a request into the hands of another organisation until an hour; it comes back by itself.
pub fn lend(turn: &mut Turn<'_>, reach: Reach, id: RequestId, said: &Lending) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    if reach.organisation() != Some(before.organisation) {
        return Err(Denied::NotTheirRequest.into());
    }
    let mut faults = Vec::new();
    let may_borrow = match organisations::find(turn.conn, said.organisation_id) {
        Ok(found) => found.declared.may_ask_for_places(),
        Err(DbError::NotFound) => false,
        Err(error) => return Err(error.into()),
    };
    if said.organisation_id == before.organisation {
        faults.push(("organisation_id".to_owned(), "has the request already: it is its own".to_owned()));
    } else if !may_borrow {
        let why = "is no organisation that asks for places: a SIAO, an association, another orienting service, or a 115";
        faults.push(("organisation_id".to_owned(), why.to_owned()));
    }
    let until = Instant::new(said.until.get().to_utc());
    if until <= turn.now || turn.from_now(limits::LENDING_MAX) < until {
        faults.push(("until".to_owned(), format!("must lie in the {} days to come", limits::LENDING_MAX.num_days())));
    }
    if !faults.is_empty() {
        return Err(Denied::Contradiction(faults).into());
    }
    if before.lent.is_some() {
        // Whoever had it until now is told.
        turn.note(&before);
    }
    let stored = requests::lend(turn, before, Some((said.organisation_id, until)))?;
    turn.note(&stored);
    Ok(stored)
}

/// Takes a request back before its hour, or gives it back.
pub fn end_lending(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<StoredRequest, Failure> {
    let before = requests::find(turn.conn, reach, id)?;
    if before.lent.is_none() {
        return Err(Denied::NotLent.into());
    }
    // Whoever had it is told too.
    turn.note(&before);
    Ok(requests::lend(turn, before, None)?)
}

/// A request whose lending a caller has ended: whoever gave it back reaches it no more, and is answered a repeat as it was the first time.
pub fn find_given_back(conn: &mut Conn, reach: Reach, id: RequestId) -> Result<StoredRequest, DbError> {
    match requests::find(conn, reach, id) {
        Err(DbError::NotFound) => requests::find(conn, Reach::Everything, id),
        found => found,
    }
}

/// A request whose content was erased, and what stands on without it.
#[derive(Clone, Debug)]
pub struct Erased {
    /// What is left.
    pub stored: StoredRequest,
    /// Referrals that are confirmed, and stays.
    pub standing: Vec<ReferralId>,
}

impl Noted for Erased {
    fn about(&self) -> About {
        self.stored.about()
    }
}

/// The person takes back what she had agreed to: what is kept of her is erased. A confirmed referral or a running stay stands on, with the
/// number of people alone; what is merely asked is withdrawn.
pub fn withdraw_agreement(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<Erased, Failure> {
    let before = requests::find(turn.conn, reach, id)?;
    let stored = forget(turn, before, Some(ClosingReason::WithdrawnByPerson))?;
    let standing = standing(turn.conn, id)?;
    Ok(Erased { stored, standing })
}

/// Erases what is kept of the people of a request, and closes it for a reason, if it was not. What is merely asked of places is withdrawn.
pub(super) fn forget(turn: &mut Turn<'_>, before: StoredRequest, reason: Option<ClosingReason>) -> Result<StoredRequest, Failure> {
    let id = before.id;
    for mut referral in stored_referrals::open_of_request(turn.conn, id)? {
        if referral.state != ReferralState::Confirmed {
            referrals::end(turn, &mut referral, Move::Withdraw, None)?;
            turn.note_as("withdrawReferral", &referral);
        }
    }
    turn.note(&StoredRequest { state: RequestState::Closed, ..before.clone() });
    let stored = requests::erase(turn, before, reason)?;
    refusals::erase_texts(turn, id)?;
    stored_referrals::erase_texts(turn, id)?;
    Ok(stored)
}

/// One that was erased before, as it stands.
pub fn find_erased(conn: &mut Conn, reach: Reach, id: RequestId) -> Result<Erased, DbError> {
    let stored = requests::find_erased(conn, reach, id)?;
    let standing = standing(conn, id)?;
    Ok(Erased { stored, standing })
}

fn standing(conn: &mut Conn, id: RequestId) -> Result<Vec<ReferralId>, DbError> {
    let confirmed = stored_referrals::open_of_request(conn, id)?;
    let stays = stored_referrals::stays_of_request(conn, id)?;
    Ok(confirmed.into_iter().chain(stays).map(|referral| referral.id).collect())
}

/// A request that is not closed.
pub fn not_closed(request: StoredRequest) -> Result<StoredRequest, Denied> {
    match request.state {
        RequestState::Open | RequestState::Placed => Ok(request),
        RequestState::Closed => Err(Denied::RequestClosed),
    }
}
