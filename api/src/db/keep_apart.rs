//! Requests that must be kept apart: the one-time codes by which two referents link them, and the links.

use diesel::prelude::*;

use super::schema::keep_apart_codes::{self, dsl as codes};
use super::schema::keep_apart_links::{self, dsl as links};
use super::types::{Guid, Instant};
use super::{Conn, DbError, Tx};

/// A code as it is stored: without the code.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct StoredCode {
    /// Its id.
    pub id: Guid,
    /// The request that it links to another.
    pub request: Guid,
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
    pub id: Guid,
    /// When it was made.
    pub created_at: Instant,
    /// When it was ended, if it was.
    pub ended_at: Option<Instant>,
    /// The other request.
    pub other: Guid,
}

/// Keeps the hash of a new code.
pub fn insert_code(tx: &mut Tx<'_>, id: Guid, request: Guid, hash: &[u8], expires_at: Instant) -> Result<(), DbError> {
    diesel::insert_into(keep_apart_codes::table)
        .values((
            codes::id.eq(id),
            codes::request_id.eq(request),
            codes::code_hash.eq(hash),
            codes::expires_at.eq(expires_at),
            codes::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// One code.
pub fn find_code(conn: &mut Conn, id: Guid) -> Result<StoredCode, DbError> {
    let columns = (codes::id, codes::request_id, codes::expires_at, codes::used_at, codes::created_at);
    Ok(codes::keep_apart_codes.find(id).select(columns).first(conn)?)
}

/// Uses the code of this hash up, and says which request it is of; none when there is no such code that is still good.
pub fn use_code(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<Guid>, DbError> {
    let good = codes::keep_apart_codes
        .filter(codes::code_hash.eq(hash))
        .filter(codes::used_at.is_null())
        .filter(codes::expires_at.gt(tx.now));
    let found: Option<(Guid, Guid)> = good.select((codes::id, codes::request_id)).first(tx.conn).optional()?;
    let Some((id, request)) = found else { return Ok(None) };
    diesel::update(codes::keep_apart_codes.find(id)).set(codes::used_at.eq(Some(tx.now))).execute(tx.conn)?;
    Ok(Some(request))
}

/// Links two requests.
pub fn insert_link(tx: &mut Tx<'_>, id: Guid, one: Guid, other: Guid) -> Result<(), DbError> {
    diesel::insert_into(keep_apart_links::table)
        .values((
            links::id.eq(id),
            links::low_request_id.eq(one.min(other)),
            links::high_request_id.eq(one.max(other)),
            links::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The links of a request that hold, oldest first.
pub fn of_request(conn: &mut Conn, request: Guid) -> Result<Vec<StoredLink>, DbError> {
    let rows: Vec<(Guid, Guid, Guid, Instant)> = links::keep_apart_links
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

/// One link of a request, ended or not.
pub fn find_link(conn: &mut Conn, request: Guid, id: Guid) -> Result<StoredLink, DbError> {
    let (low, high, created_at, ended_at): (Guid, Guid, Instant, Option<Instant>) = links::keep_apart_links
        .filter(links::id.eq(id))
        .filter(links::low_request_id.eq(request).or(links::high_request_id.eq(request)))
        .select((links::low_request_id, links::high_request_id, links::created_at, links::ended_at))
        .first(conn)?;
    Ok(StoredLink { id, created_at, ended_at, other: if low == request { high } else { low } })
}

/// Ends a link.
pub fn end_link(tx: &mut Tx<'_>, id: Guid) -> Result<(), DbError> {
    diesel::update(links::keep_apart_links.find(id)).set(links::ended_at.eq(Some(tx.now))).execute(tx.conn)?;
    Ok(())
}
