//! Requests that must be kept apart: the one-time codes by which two referents link them, and the links.

use diesel::prelude::*;

use super::schema::keep_apart_codes::{self, dsl as codes};
use super::schema::keep_apart_links::{self, dsl as links};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, OrganisationId, RequestId};
use crate::domain::{About, Noted};

/// A code as it is stored: without the code.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct StoredCode {
    /// Its id.
    pub id: KeepApartCodeId,
    /// The request that it links to another.
    pub request: RequestId,
    /// Until when it is good.
    pub expires_at: Instant,
    /// When it was used, if it was.
    pub used_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

/// A link, seen from one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct StoredLink {
    /// Its id.
    pub id: KeepApartLinkId,
    /// When it was made.
    pub created_at: Instant,
    /// When it was ended, if it was.
    pub ended_at: Option<Instant>,
    /// The other request.
    pub other: RequestId,
}

/// An event of a code or a link: whose requests it concerns, and nothing more.
#[derive(Clone, Copy, Debug)]
pub struct Concerns<Id> {
    /// Of the code or the link.
    pub id: Id,
    /// The organisation whose request it is.
    pub organisation: OrganisationId,
    /// That of the other request, of a link.
    pub other: Option<OrganisationId>,
}

impl<Id: Copy + Into<crate::domain::Record>> Noted for Concerns<Id> {
    fn about(&self) -> About {
        let about = About::of(self.id, self.organisation);
        match self.other {
            // Who lives near whom may matter now, or matter no more.
            Some(other) => about.addressed_to(other),
            None => about,
        }
    }
}

/// Keeps the hash of a new code.
pub fn insert_code(
    turn: &mut Turn<'_>,
    id: KeepApartCodeId,
    request: RequestId,
    hash: &[u8],
    expires_at: Instant,
) -> Result<StoredCode, DbError> {
    diesel::insert_into(keep_apart_codes::table)
        .values((
            codes::id.eq(id),
            codes::request_id.eq(request),
            codes::code_hash.eq(hash),
            codes::expires_at.eq(expires_at),
            codes::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredCode { id, request, expires_at, used_at: None, created_at: turn.now })
}

/// One code.
pub fn find_code(conn: &mut Conn, id: KeepApartCodeId) -> Result<StoredCode, DbError> {
    let columns = (codes::id, codes::request_id, codes::expires_at, codes::used_at, codes::created_at);
    Ok(codes::keep_apart_codes.find(id).select(columns).first(conn)?)
}

/// Uses the code of this hash up, and says which request it is of; none when there is no such code that is still good.
pub fn use_code(turn: &mut Turn<'_>, hash: &[u8]) -> Result<Option<RequestId>, DbError> {
    let good = codes::keep_apart_codes
        .filter(codes::code_hash.eq(hash))
        .filter(codes::used_at.is_null())
        .filter(codes::expires_at.gt(turn.now));
    let found: Option<(KeepApartCodeId, RequestId)> = good.select((codes::id, codes::request_id)).first(turn.conn).optional()?;
    let Some((id, request)) = found else { return Ok(None) };
    diesel::update(codes::keep_apart_codes.find(id)).set(codes::used_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(Some(request))
}

/// Links two requests; the link as one of them sees it.
pub fn insert_link(turn: &mut Turn<'_>, id: KeepApartLinkId, one: RequestId, other: RequestId) -> Result<StoredLink, DbError> {
    diesel::insert_into(keep_apart_links::table)
        .values((
            links::id.eq(id),
            links::low_request_id.eq(one.min(other)),
            links::high_request_id.eq(one.max(other)),
            links::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(StoredLink { id, created_at: turn.now, ended_at: None, other })
}

/// The links of a request that hold, oldest first.
pub fn of_request(conn: &mut Conn, request: RequestId) -> Result<Vec<StoredLink>, DbError> {
    let rows: Vec<(KeepApartLinkId, RequestId, RequestId, Instant)> = links::keep_apart_links
        .filter(links::low_request_id.eq(request).or(links::high_request_id.eq(request)))
        .filter(links::ended_at.is_null())
        .order(links::id)
        .select((links::id, links::low_request_id, links::high_request_id, links::created_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, low, high, created_at)| StoredLink {
            id,
            created_at,
            ended_at: None,
            other: if low == request { high } else { low },
        })
        .collect())
}

/// Which of these requests are kept apart from another.
pub fn among(conn: &mut Conn, requests: &[RequestId]) -> Result<Vec<RequestId>, DbError> {
    let rows: Vec<(RequestId, RequestId)> = links::keep_apart_links
        .filter(links::low_request_id.eq_any(requests.to_vec()).or(links::high_request_id.eq_any(requests.to_vec())))
        .filter(links::ended_at.is_null())
        .select((links::low_request_id, links::high_request_id))
        .load(conn)?;
    Ok(rows.into_iter().flat_map(|(low, high)| [low, high]).filter(|id| requests.contains(id)).collect())
}

/// One link of a request, ended or not.
pub fn find_link(conn: &mut Conn, request: RequestId, id: KeepApartLinkId) -> Result<StoredLink, DbError> {
    let (low, high, created_at, ended_at): (RequestId, RequestId, Instant, Option<Instant>) = links::keep_apart_links
        .filter(links::id.eq(id))
        .filter(links::low_request_id.eq(request).or(links::high_request_id.eq(request)))
        .select((links::low_request_id, links::high_request_id, links::created_at, links::ended_at))
        .first(conn)?;
    Ok(StoredLink { id, created_at, ended_at, other: if low == request { high } else { low } })
}

/// Ends a link.
pub fn end_link(turn: &mut Turn<'_>, link: StoredLink) -> Result<StoredLink, DbError> {
    let ended_at = Some(turn.now);
    diesel::update(links::keep_apart_links.find(link.id)).set(links::ended_at.eq(ended_at)).execute(turn.conn)?;
    Ok(StoredLink { ended_at, ..link })
}
