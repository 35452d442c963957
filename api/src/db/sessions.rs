//! Sessions of the pages, and the links that begin one.

use diesel::prelude::*;

use super::schema::api_clients;
use super::schema::sessions::{self, dsl};
use super::schema::sign_in_links::{self, dsl as links};
use super::types::{Coded, Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::auth::Identity;
use crate::domain::Role;

/// Begins a session of a client, and forgets those that are over.
pub fn begin(tx: &mut Tx<'_>, client: Guid, secret_hash: &[u8; 32], expires_at: Instant) -> Result<(), DbError> {
    diesel::delete(dsl::sessions.filter(dsl::expires_at.le(tx.now))).execute(tx.conn)?;
    diesel::insert_into(sessions::table)
        .values((
            dsl::id.eq(Guid::new()),
            dsl::client_id.eq(client),
            dsl::secret_hash.eq(secret_hash.as_slice()),
            dsl::expires_at.eq(expires_at),
            dsl::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a session.
pub fn end(tx: &mut Tx<'_>, secret_hash: &[u8; 32]) -> Result<(), DbError> {
    diesel::delete(dsl::sessions.filter(dsl::secret_hash.eq(secret_hash.as_slice()))).execute(tx.conn)?;
    Ok(())
}

/// Who is signed in with the secret of this hash: nobody once the session is over or the client revoked.
pub fn identity(conn: &mut Conn, secret_hash: &[u8; 32], now: Instant) -> Result<Option<Identity>, DbError> {
    let found: Option<(Guid, Guid, Coded<Role>)> = dsl::sessions
        .inner_join(api_clients::table)
        .filter(dsl::secret_hash.eq(secret_hash.as_slice()))
        .filter(dsl::expires_at.gt(now))
        .filter(api_clients::revoked_at.is_null())
        .select((api_clients::id, api_clients::organisation_id, api_clients::role))
        .first(conn)
        .optional()?;
    Ok(found.map(|(client, organisation, Coded(role))| Identity { client, organisation, role }))
}

/// Keeps the hash of a new sign-in link.
pub fn insert_link(tx: &mut Tx<'_>, client: Guid, code_hash: &[u8; 32], expires_at: Instant) -> Result<(), DbError> {
    diesel::insert_into(sign_in_links::table)
        .values((
            links::id.eq(Guid::new()),
            links::client_id.eq(client),
            links::code_hash.eq(code_hash.as_slice()),
            links::expires_at.eq(expires_at),
            links::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Uses a sign-in link up and says whom it signs in; nobody when it was used or has run out.
pub fn use_link(tx: &mut Tx<'_>, code_hash: &[u8; 32]) -> Result<Option<Guid>, DbError> {
    let good = links::sign_in_links
        .filter(links::code_hash.eq(code_hash.as_slice()))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(tx.now));
    let found: Option<(Guid, Guid)> = good.select((links::id, links::client_id)).first(tx.conn).optional()?;
    let Some((id, client)) = found else { return Ok(None) };
    diesel::update(links::sign_in_links.find(id)).set(links::used_at.eq(Some(tx.now))).execute(tx.conn)?;
    Ok(Some(client))
}
