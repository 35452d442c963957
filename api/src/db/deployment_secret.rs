//! What tells a deployment apart in Redis and hides there whom a limit is for: made once, by the first instance that needs it, and shared by
//! all through the database. It signs nothing and opens nothing.

use diesel::prelude::*;
use rand::TryRngCore as _;

use super::schema::deployment_secrets::{self, dsl};
use super::{Conn, DbError, on_backend};
use crate::clock::Instant;

/// The secret; made if there is none. Two who make one at once keep the one that was first.
pub fn find_or_make(conn: &mut Conn, now: Instant) -> Result<Vec<u8>, DbError> {
    if let Some(secret) = find(conn)? {
        return Ok(secret);
    }
    let mut secret = vec![0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(DbError::unavailable)?;
    let row = (dsl::id.eq(1), dsl::secret.eq(&secret), dsl::created_at.eq(now));
    on_backend!(&mut *conn, |c| diesel::insert_into(deployment_secrets::table).values(row).on_conflict_do_nothing().execute(c))?;
    find(conn)?.ok_or(DbError::NotFound)
}

fn find(conn: &mut Conn) -> Result<Option<Vec<u8>>, DbError> {
    Ok(dsl::deployment_secrets.find(1).select(dsl::secret).first(conn).optional()?)
}
