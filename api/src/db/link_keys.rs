//! The key that signs the links in mails: made once, by the first instance that needs it, and shared by all through the database.

use diesel::prelude::*;
use rand::TryRngCore as _;

use super::schema::link_keys::{self, dsl};
use super::{Conn, DbError, Tx};

/// The key, if one was made.
pub fn find(conn: &mut Conn) -> Result<Option<Vec<u8>>, DbError> {
    Ok(dsl::link_keys.find(1).select(dsl::secret).first(conn).optional()?)
}

/// The key; made if there is none.
pub fn find_or_make(tx: &mut Tx<'_>) -> Result<Vec<u8>, DbError> {
    if let Some(secret) = find(tx.conn)? {
        return Ok(secret);
    }
    let mut secret = vec![0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(DbError::unavailable)?;
    diesel::insert_into(link_keys::table)
        .values((dsl::id.eq(1), dsl::secret.eq(&secret), dsl::created_at.eq(tx.now)))
        .execute(tx.conn)?;
    Ok(secret)
}
