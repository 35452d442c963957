//! Sessions of the pages.

use diesel::prelude::*;

use super::accounts::{CALLER, CallerRow, caller};
use super::schema::sessions::{self, dsl};
use super::schema::{accounts, organisations};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::{About, Caller, Noted};

/// Someone signed in.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub caller: Caller,
    /// Until when.
    pub expires_at: Instant,
}

impl Noted for Session {
    fn about(&self) -> About {
        About::of(self.id, self.caller.organisation)
    }
}

/// Begins a session, and forgets those that are over.
pub fn begin(turn: &mut Turn<'_>, caller: Caller, secret_hash: &[u8; 32], expires_at: Instant) -> Result<Session, DbError> {
    diesel::delete(dsl::sessions.filter(dsl::expires_at.le(turn.now))).execute(turn.conn)?;
    let id = SessionId::new();
    diesel::insert_into(sessions::table)
        .values((
            dsl::id.eq(id),
            dsl::account_id.eq(caller.account),
            dsl::secret_hash.eq(secret_hash.as_slice()),
            dsl::expires_at.eq(expires_at),
            dsl::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(Session { id, caller, expires_at })
}

/// Ends a session, and gives it if there was one.
pub fn end(turn: &mut Turn<'_>, secret_hash: &[u8; 32]) -> Result<Option<Session>, DbError> {
    let found = good(turn.conn, Which::Secret(secret_hash))?.pop().map(|(_hash, session)| session);
    diesel::delete(dsl::sessions.filter(dsl::secret_hash.eq(secret_hash.as_slice()))).execute(turn.conn)?;
    Ok(found)
}

/// Which sessions are meant.
pub enum Which<'w> {
    /// All.
    All,
    /// Those of these ids.
    Ids(&'w [SessionId]),
    /// Those of these accounts.
    Accounts(&'w [AccountId]),
    /// That of a secret.
    Secret(&'w [u8; 32]),
}

/// Who is signed in, with the hash of the secret: not whose account was ended. Whether a session is over is for the caller to say.
pub fn good(conn: &mut Conn, which: Which<'_>) -> Result<Vec<(Vec<u8>, Session)>, DbError> {
    let mut query = dsl::sessions
        .inner_join(accounts::table.inner_join(organisations::table))
        .filter(accounts::ended_at.is_null())
        .select((dsl::secret_hash, dsl::id, dsl::expires_at, accounts::until, CALLER))
        .into_boxed();
    query = match which {
        Which::All => query,
        Which::Ids(ids) => query.filter(dsl::id.eq_any(ids.to_vec())),
        Which::Accounts(ids) => query.filter(dsl::account_id.eq_any(ids.to_vec())),
        Which::Secret(hash) => query.filter(dsl::secret_hash.eq(hash.as_slice())),
    };
    type Row = (Vec<u8>, SessionId, Instant, Option<Instant>, CallerRow);
    let rows: Vec<Row> = query.load(conn)?;
    // Who stands in for a day is signed in no longer.
    let session = |(hash, id, expires_at, until, row): Row| {
        (hash, Session { id, caller: caller(row), expires_at: until.map_or(expires_at, |until| until.min(expires_at)) })
    };
    Ok(rows.into_iter().map(session).collect())
}
