//! Households that need a place, written by those who look for one for them.

use crate::db::requests::{self, StoredRequest};
use crate::db::{Failure, Turn};
use crate::domain::ids::{OrganisationId, RequestId};
use crate::domain::{Denied, Reach, Request, RequestState, Seen};

use super::referrals;

/// Stores a request of an organisation.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Request) -> Result<StoredRequest, Failure> {
    let stored = requests::insert(turn, RequestId::new(), organisation, declared, turn.now)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces what is declared of a request; its open referrals hold as many beds as the household now needs.
pub fn update(turn: &mut Turn<'_>, reach: Reach, id: RequestId, seen: &Seen, declared: &Request) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    seen.check(before.declared.unshown())?;
    let stored = requests::update(turn, before, declared)?;
    turn.note(&stored);
    referrals::resize_open(turn, id, declared.people())?;
    Ok(stored)
}

/// The household looks no more: its open referrals are withdrawn.
pub fn close(turn: &mut Turn<'_>, reach: Reach, id: RequestId) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    let stored = requests::close(turn, before)?;
    turn.note(&stored);
    referrals::withdraw_open(turn, id)?;
    Ok(stored)
}

/// A request that is not closed.
pub fn not_closed(request: StoredRequest) -> Result<StoredRequest, Denied> {
    match request.state {
        RequestState::Open | RequestState::Placed => Ok(request),
        RequestState::Closed => Err(Denied::RequestClosed),
    }
}
