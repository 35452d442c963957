//! Requests kept apart: two referents, each at a request of their own, exchange a one-time code by phone. Neither learns more of the other's
//! request than that it is there.

use crate::db::keep_apart::{self, Concerns, StoredCode, StoredLink};
use crate::db::{Conn, DbError, Failure, Turn, requests};
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, RequestId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::{About, Denied, Noted, Reach};
use crate::limits;

use super::requests::not_closed;

/// A code that was made; the code itself is shown once.
#[derive(Clone, Debug)]
pub struct MadeCode {
    /// What is kept of it.
    pub stored: StoredCode,
    concerns: Concerns<KeepApartCodeId>,
}

impl Noted for MadeCode {
    fn about(&self) -> About {
        self.concerns.about()
    }
}

/// Keeps the hash of a code by which another referent links their request to this one.
pub fn create_code(
    turn: &mut Turn<'_>,
    reach: Reach,
    request: RequestId,
    id: KeepApartCodeId,
    code: &OneTimeCode,
) -> Result<MadeCode, Failure> {
    let request = not_closed(requests::find(turn.conn, reach, request)?)?;
    let expires_at = turn.from_now(limits::KEEP_APART_CODE_VALID);
    let stored = keep_apart::insert_code(turn, id, request.id, &code.hash(), expires_at)?;
    let made = MadeCode { stored, concerns: Concerns { id, organisation: request.organisation, other: None } };
    turn.note(&made);
    Ok(made)
}

/// A code as it stands, of a request that the reach gives.
pub fn find_code(conn: &mut Conn, reach: Reach, id: KeepApartCodeId) -> Result<MadeCode, DbError> {
    let stored = keep_apart::find_code(conn, id)?;
    let organisation = requests::find(conn, reach, stored.request)?.organisation;
    Ok(MadeCode { stored, concerns: Concerns { id, organisation, other: None } })
}

/// A link, seen from one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct SeenLink {
    /// The link.
    pub stored: StoredLink,
    concerns: Concerns<KeepApartLinkId>,
}

impl Noted for SeenLink {
    fn about(&self) -> About {
        self.concerns.about()
    }
}

/// Uses a code up that another referent has read out: the two requests are kept apart. Those that are already stay so.
pub fn create_link(turn: &mut Turn<'_>, reach: Reach, request: RequestId, code: &OneTimeCode) -> Result<SeenLink, Failure> {
    let request = not_closed(requests::find(turn.conn, reach, request)?)?;
    let other = keep_apart::use_code(turn, &code.hash())?;
    let other = other.filter(|other| *other != request.id).ok_or(Denied::CodeNotValid)?;
    for side in [request.id, other] {
        let links = keep_apart::of_request(turn.conn, side)?;
        if let Some(link) = links.iter().find(|link| [request.id, other].contains(&link.other)) {
            return find_link(turn.conn, request.id, link.id).map_err(Failure::from).inspect(|link| turn.note(link));
        }
        if links.len() >= limits::KEEP_APART_LINKS_MAX {
            return Err(Denied::TooManyLinks.into());
        }
    }
    let stored = keep_apart::insert_link(turn, KeepApartLinkId::new(), request.id, other)?;
    let seen = seen_from(turn.conn, request.id, stored)?;
    turn.note(&seen);
    Ok(seen)
}

/// Ends a link, for both sides.
pub fn end_link(turn: &mut Turn<'_>, reach: Reach, request: RequestId, id: KeepApartLinkId) -> Result<SeenLink, Failure> {
    requests::find(turn.conn, reach, request)?;
    let link = keep_apart::find_link(turn.conn, request, id)?;
    if link.ended_at.is_some() {
        return Err(Denied::LinkEnded.into());
    }
    let stored = keep_apart::end_link(turn, link)?;
    let seen = seen_from(turn.conn, request, stored)?;
    turn.note(&seen);
    Ok(seen)
}

/// A link as it stands, seen from one of its requests, which the caller has found.
pub fn find_link(conn: &mut Conn, request: RequestId, id: KeepApartLinkId) -> Result<SeenLink, DbError> {
    let stored = keep_apart::find_link(conn, request, id)?;
    seen_from(conn, request, stored)
}

fn seen_from(conn: &mut Conn, request: RequestId, stored: StoredLink) -> Result<SeenLink, DbError> {
    let organisation = requests::find(conn, Reach::Everything, request)?.organisation;
    let other = requests::find(conn, Reach::Everything, stored.other)?.organisation;
    Ok(SeenLink { stored, concerns: Concerns { id: stored.id, organisation, other: Some(other) } })
}
