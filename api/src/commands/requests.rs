//! Households that need a place, written by those who look for one for them.

use crate::clock::{Instant, civil};
use crate::db::requests::{self, StoredRequest};
use crate::db::{Failure, Turn};
use crate::domain::ids::{OrganisationId, RequestId};
use crate::domain::{Denied, Reach, Request, RequestState, Seen, days};

use super::referrals;

/// Stores a request of an organisation.
pub fn create(turn: &mut Turn<'_>, organisation: OrganisationId, declared: &Request) -> Result<StoredRequest, Failure> {
    must_begin_lately(declared, turn.now)?;
    let stored = requests::insert(turn, RequestId::new(), organisation, declared, turn.now)?;
    turn.note(&stored);
    Ok(stored)
}

/// Replaces what is declared of a request; its open referrals hold as many beds as the household now needs.
pub fn update(turn: &mut Turn<'_>, reach: Reach, id: RequestId, seen: &Seen, declared: &Request) -> Result<StoredRequest, Failure> {
    let before = not_closed(requests::find(turn.conn, reach, id)?)?;
    seen.check(before.declared.unshown())?;
    // A first day that has grown old on the record hinders no edit of the rest.
    if declared.first_day != before.declared.unshown().first_day {
        must_begin_lately(declared, turn.now)?;
    }
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

/// Refuses a first day that is so long past that it must be mistyped.
fn must_begin_lately(declared: &Request, now: Instant) -> Result<(), Denied> {
    let today = civil(now, declared.department()).date_naive();
    days::long_past(declared.first_day, today).map_or(Ok(()), |why| Err(Denied::contradiction("first_day", why)))
}

/// A request that is not closed.
pub fn not_closed(request: StoredRequest) -> Result<StoredRequest, Denied> {
    match request.state {
        RequestState::Open | RequestState::Placed => Ok(request),
        RequestState::Closed => Err(Denied::RequestClosed),
    }
}
