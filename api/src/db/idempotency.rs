//! Which commands ran under which key, so that a repeat has one effect and the same answer.

use diesel::prelude::*;

use super::schema::idempotency_keys::{self as keys, dsl};
use super::types::{Coded, Guid};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::AccountId;
use crate::domain::{Record, RecordKind};
use crate::limits;

/// A client's key for one command, and the hash of what the command says.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Keys are each client's own.
    pub account: AccountId,
    /// The key.
    pub key: String,
    /// Hash over the operation, the record it is about and what the body says.
    pub request_hash: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: the command runs now.
    None,
    /// The same command ran and made or changed this record.
    Same(Record),
    /// Another command ran under this key.
    Other,
}

/// A key as it is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = keys, treat_none_as_default_value = false)]
pub(super) struct NewKey {
    account_id: AccountId,
    key: String,
    request_hash: Vec<u8>,
    record_kind: Coded<RecordKind>,
    record_id: Guid,
    created_at: Instant,
}

impl Claim {
    /// The claim with what the command did.
    pub(super) fn remembered(self, record: Record, now: Instant) -> NewKey {
        NewKey {
            account_id: self.account,
            key: self.key,
            request_hash: self.request_hash,
            record_kind: Coded(record.kind),
            record_id: Guid(record.id),
            created_at: now,
        }
    }
}

/// What is known of a key. One row orders all writers: a duplicate sent at once waits for its turn, and finds here what the first has done.
pub fn earlier(turn: &mut Turn<'_>, claim: &Claim) -> Result<Earlier, DbError> {
    let found: Option<(Vec<u8>, Coded<RecordKind>, Guid, Instant)> = dsl::idempotency_keys
        .filter(dsl::account_id.eq(claim.account))
        .filter(dsl::key.eq(&claim.key))
        .select((dsl::request_hash, dsl::record_kind, dsl::record_id, dsl::created_at))
        .first(turn.conn)
        .optional()?;
    Ok(match found {
        None => Earlier::None,
        // Whether or not the background has been: a key is free after its time.
        Some((.., created_at)) if created_at < turn.from_now(-limits::IDEMPOTENCY_KEPT) => {
            diesel::delete(dsl::idempotency_keys.find((claim.account, &claim.key))).execute(turn.conn)?;
            Earlier::None
        }
        Some((hash, kind, id, _)) if hash == claim.request_hash => Earlier::Same(Record { kind: kind.0, id: id.0 }),
        Some(_) => Earlier::Other,
    })
}

/// Forgets keys that are free again.
pub fn forget_old(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    let oldest = now.plus(-limits::IDEMPOTENCY_KEPT);
    diesel::delete(dsl::idempotency_keys.filter(dsl::created_at.lt(oldest))).execute(conn)?;
    Ok(())
}
