//! Which commands ran under which key, so that a repeat has one effect and the same answer.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sha2::{Digest as _, Sha256};

use super::schema::idempotency_keys::{self as keys, dsl};
use super::types::{Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::limits;

/// A client's key for one command, and the hash of what the command says.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Keys are each client's own.
    pub client: Guid,
    /// The key.
    pub key: String,
    /// Hash over the operation, the path and the body.
    pub request_hash: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: the command runs now.
    None,
    /// The same command ran and made or changed this record.
    Same(Guid),
    /// Another command ran under this key.
    Other,
}

#[derive(Insertable)]
#[diesel(table_name = keys)]
struct NewKey<'a> {
    client_id: Guid,
    key: &'a str,
    request_hash: &'a [u8],
    record_id: Guid,
    created_at: Instant,
}

/// Waits until no other transaction runs under this key. On PostgreSQL a lock that ends with the transaction; on SQLite nothing:
/// its one writer has finished when the next begins.
pub fn wait_for_key(conn: &mut Conn, claim: &Claim) -> Result<(), DbError> {
    let Conn::Pg(pg) = conn else { return Ok(()) };
    let hash = Sha256::new().chain_update(claim.client.0.as_bytes()).chain_update(claim.key.as_bytes()).finalize();
    let lock = hash.first_chunk().copied().map_or(0, i64::from_be_bytes);
    let set_wait = |ms: u128| diesel::sql_query(format!("SET LOCAL lock_timeout = {ms}"));
    set_wait(limits::IDEMPOTENCY_WAIT.as_millis()).execute(pg)?;
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(lock).execute(pg).map_err(
        |error| match DbError::from(error) {
            DbError::Busy(_) => DbError::CommandInProgress,
            other => other,
        },
    )?;
    set_wait(limits::DATABASE_WAIT.as_millis()).execute(pg)?;
    Ok(())
}

/// What ran under this key in the time that keys are kept. Forgets what is older, of every client.
pub fn earlier(tx: &mut Tx<'_>, claim: &Claim) -> Result<Earlier, DbError> {
    let oldest = tx.now.plus(-limits::IDEMPOTENCY_KEPT);
    diesel::delete(dsl::idempotency_keys.filter(dsl::created_at.lt(oldest))).execute(tx.conn)?;
    let found: Option<(Vec<u8>, Guid)> = dsl::idempotency_keys
        .filter(dsl::client_id.eq(claim.client))
        .filter(dsl::key.eq(&claim.key))
        .select((dsl::request_hash, dsl::record_id))
        .first(tx.conn)
        .optional()?;
    Ok(match found {
        None => Earlier::None,
        Some((hash, record)) if hash == claim.request_hash => Earlier::Same(record),
        Some(_) => Earlier::Other,
    })
}

/// Remembers what the command did, in its own transaction.
pub fn remember(tx: &mut Tx<'_>, claim: &Claim, record: Guid) -> Result<(), DbError> {
    diesel::insert_into(keys::table)
        .values(NewKey {
            client_id: claim.client,
            key: &claim.key,
            request_hash: &claim.request_hash,
            record_id: record,
            created_at: tx.now,
        })
        .execute(tx.conn)?;
    Ok(())
}
