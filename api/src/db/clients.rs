//! Tokens: which client holds one, for which organisation, in which role.

use diesel::prelude::*;

use super::schema::api_clients::{self, dsl};
use super::types::{Coded, Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::auth::Identity;
use crate::domain::Role;

#[derive(Insertable)]
#[diesel(table_name = api_clients)]
struct NewClient<'a> {
    id: Guid,
    organisation_id: Guid,
    role: Coded<Role>,
    token_hash: &'a [u8],
    created_at: Instant,
}

/// A client as `havre client list` shows it.
#[derive(Debug, Queryable)]
pub struct ClientRow {
    /// Its id.
    pub id: Guid,
    /// The name of its organisation.
    pub organisation: String,
    /// What it may do.
    pub role: Coded<Role>,
    /// Since when.
    pub created_at: Instant,
    /// Until when, if it was revoked.
    pub revoked_at: Option<Instant>,
}

/// Who holds the token of this hash, unless it was revoked.
pub fn by_token_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<Identity>, DbError> {
    let found: Option<(Guid, Guid, Coded<Role>)> = dsl::api_clients
        .filter(dsl::token_hash.eq(hash.as_slice()))
        .filter(dsl::revoked_at.is_null())
        .select((dsl::id, dsl::organisation_id, dsl::role))
        .first(conn)
        .optional()?;
    Ok(found.map(|(client, organisation, Coded(role))| Identity { client, organisation, role }))
}

/// [`DbError::NotFound`] when there is no such client or it was revoked.
pub fn must_be_good(conn: &mut Conn, id: Guid) -> Result<(), DbError> {
    let found: Option<Guid> = dsl::api_clients.find(id).filter(dsl::revoked_at.is_null()).select(dsl::id).first(conn).optional()?;
    found.map(drop).ok_or(DbError::NotFound)
}

/// Adds a client.
pub fn insert(tx: &mut Tx<'_>, organisation: Guid, role: Role, token_hash: &[u8; 32]) -> Result<Guid, DbError> {
    let id = Guid::new();
    diesel::insert_into(api_clients::table)
        .values(NewClient { id, organisation_id: organisation, role: Coded(role), token_hash, created_at: tx.now })
        .execute(tx.conn)?;
    Ok(id)
}

/// All clients, revoked ones included, oldest first.
pub fn list(conn: &mut Conn) -> Result<Vec<ClientRow>, DbError> {
    use super::schema::organisations;
    Ok(dsl::api_clients
        .inner_join(organisations::table)
        .select((dsl::id, organisations::name, dsl::role, dsl::created_at, dsl::revoked_at))
        .order(dsl::id)
        .load(conn)?)
}

/// Revokes a client's token; [`DbError::NotFound`] when there is no such client or it was revoked before.
pub fn revoke(tx: &mut Tx<'_>, id: Guid) -> Result<(), DbError> {
    let revoked = diesel::update(dsl::api_clients.filter(dsl::id.eq(id)).filter(dsl::revoked_at.is_null()))
        .set(dsl::revoked_at.eq(Some(tx.now)))
        .execute(tx.conn)?;
    if revoked == 0 { Err(DbError::NotFound) } else { Ok(()) }
}
