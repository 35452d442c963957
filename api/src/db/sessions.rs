//! Sessions of the pages.

use diesel::prelude::*;

use super::accounts::{CALLER, CallerRow, caller};
use super::schema::sessions::{self, dsl};
use super::schema::{accounts, organisations};
use super::sealed::{Place, Sealed};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::{About, Caller, Noted};
use crate::limits;

/// Someone signed in.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub caller: Caller,
    /// When it was last used, as far as that was written.
    pub last_used_at: Instant,
    /// Until when at most.
    pub expires_at: Instant,
}

impl Session {
    /// When nobody is signed in by it any more, if nobody uses it.
    pub fn over_at(&self) -> Instant {
        self.expires_at.min(self.last_used_at.plus(limits::SESSION_IDLE))
    }
}

impl Noted for Session {
    fn about(&self) -> About {
        About::of(self.id, self.caller.organisation)
    }
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The hash of its secret.
    pub secret_hash: [u8; 32],
    /// The kind of browser in words, such as `Firefox, Windows`; empty where it does not say.
    pub browser: String,
    /// What the provider needs to end its own session.
    pub id_token: Option<String>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct OwnSession {
    /// Its id.
    pub id: SessionId,
    /// The kind of browser; empty where it did not say.
    pub browser: String,
    /// Since when.
    pub created_at: Instant,
    /// When it was last used, to five minutes.
    pub last_used_at: Instant,
}

/// Begins a session, and forgets those that are over.
pub fn begin(turn: &mut Turn<'_>, caller: Caller, new: &NewSession) -> Result<Session, DbError> {
    let idle_since = turn.from_now(-limits::SESSION_IDLE);
    let over = dsl::expires_at.le(turn.now).or(dsl::last_used_at.le(idle_since));
    diesel::delete(dsl::sessions.filter(over)).execute(turn.conn)?;
    let (id, expires_at) = (SessionId::new(), turn.from_now(limits::SESSION_VALID));
    let id_token = new.id_token.as_ref().map(|token| Sealed::with_deployment_key(token_of(id), token)).transpose()?;
    diesel::insert_into(sessions::table)
        .values((
            dsl::id.eq(id),
            dsl::account_id.eq(caller.account),
            dsl::secret_hash.eq(new.secret_hash.as_slice()),
            dsl::browser.eq(&new.browser),
            dsl::id_token.eq(id_token),
            dsl::last_used_at.eq(turn.now),
            dsl::expires_at.eq(expires_at),
            dsl::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(Session { id, caller, last_used_at: turn.now, expires_at })
}

/// Writes down that a session is used. False where it is over, whichever instance saw its last use.
pub fn used(conn: &mut Conn, now: Instant, id: SessionId) -> Result<bool, DbError> {
    let standing = dsl::sessions
        .filter(dsl::id.eq(id))
        .filter(dsl::expires_at.gt(now))
        .filter(dsl::last_used_at.gt(now.plus(-limits::SESSION_IDLE)));
    Ok(diesel::update(standing).set(dsl::last_used_at.eq(now)).execute(conn)? > 0)
}

/// Whether a session is not over, without using it.
pub fn is_in_use(conn: &mut Conn, now: Instant, id: SessionId) -> Result<bool, DbError> {
    let standing = dsl::sessions
        .filter(dsl::id.eq(id))
        .filter(dsl::expires_at.gt(now))
        .filter(dsl::last_used_at.gt(now.plus(-limits::SESSION_IDLE)));
    Ok(diesel::select(diesel::dsl::exists(standing)).get_result(conn)?)
}

/// The sessions of an account that are not over, the last used first.
pub fn of_account(conn: &mut Conn, now: Instant, account: AccountId) -> Result<Vec<OwnSession>, DbError> {
    Ok(dsl::sessions
        .filter(dsl::account_id.eq(account))
        .filter(dsl::expires_at.gt(now))
        .filter(dsl::last_used_at.gt(now.plus(-limits::SESSION_IDLE)))
        .order((dsl::last_used_at.desc(), dsl::id.desc()))
        .select((dsl::id, dsl::browser, dsl::created_at, dsl::last_used_at))
        .load(conn)?)
}

/// A session as who keeps its account sees it: not in which browser.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct InUse {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// Since when.
    pub created_at: Instant,
    /// When it was last used, to five minutes.
    pub last_used_at: Instant,
}

/// Where these are signed in, the last used first.
pub fn in_use(conn: &mut Conn, now: Instant, of: &[AccountId]) -> Result<Vec<InUse>, DbError> {
    Ok(dsl::sessions
        .filter(dsl::account_id.eq_any(of.to_vec()))
        .filter(dsl::expires_at.gt(now))
        .filter(dsl::last_used_at.gt(now.plus(-limits::SESSION_IDLE)))
        .order((dsl::last_used_at.desc(), dsl::id.desc()))
        .select((dsl::id, dsl::account_id, dsl::created_at, dsl::last_used_at))
        .load(conn)?)
}

/// What the provider needs to end its own session, where this one was begun there. None too where its key is gone, which is changed within a
/// session's time at most: then the provider's session ends by itself.
pub fn id_token(conn: &mut Conn, id: SessionId) -> Result<Option<String>, DbError> {
    let sealed: Option<Option<Sealed<String>>> = dsl::sessions.find(id).select(dsl::id_token).first(conn).optional()?;
    let opened = |sealed: Sealed<String>| {
        sealed.opened(token_of(id)).inspect_err(|error| tracing::warn!(%error, "the provider's session goes on")).ok()
    };
    Ok(sealed.flatten().and_then(opened))
}

/// Ends sessions, and gives those that there were.
pub fn end(turn: &mut Turn<'_>, which: Which<'_>) -> Result<Vec<Session>, DbError> {
    let found: Vec<Session> = good(turn.conn, which)?.into_iter().map(|(_hash, session)| session).collect();
    let ids: Vec<SessionId> = found.iter().map(|session| session.id).collect();
    diesel::delete(dsl::sessions.filter(dsl::id.eq_any(ids))).execute(turn.conn)?;
    Ok(found)
}

/// Which sessions are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which<'w> {
    /// All.
    All,
    /// Those of these ids.
    Ids(&'w [SessionId]),
    /// That of a secret.
    Secret(&'w [u8; 32]),
    /// Those of these accounts.
    Accounts(&'w [AccountId]),
    /// One of an account.
    Own(AccountId, SessionId),
    /// Those of an account but one.
    Others(AccountId, SessionId),
}

/// Who is signed in, with the hash of the secret: not whose account was ended. Whether a session is over is for the caller to say.
pub fn good(conn: &mut Conn, which: Which<'_>) -> Result<Vec<(Vec<u8>, Session)>, DbError> {
    let mut query = dsl::sessions
        .inner_join(accounts::table.inner_join(organisations::table))
        .filter(accounts::ended_at.is_null())
        .select((dsl::secret_hash, dsl::id, dsl::last_used_at, dsl::expires_at, accounts::until, CALLER))
        .into_boxed();
    query = match which {
        Which::All => query,
        Which::Ids(ids) => query.filter(dsl::id.eq_any(ids.to_vec())),
        Which::Accounts(ids) => query.filter(dsl::account_id.eq_any(ids.to_vec())),
        Which::Secret(hash) => query.filter(dsl::secret_hash.eq(hash.as_slice())),
        Which::Own(account, id) => query.filter(dsl::account_id.eq(account)).filter(dsl::id.eq(id)),
        Which::Others(account, id) => query.filter(dsl::account_id.eq(account)).filter(dsl::id.ne(id)),
    };
    type Row = (Vec<u8>, SessionId, Instant, Instant, Option<Instant>, CallerRow);
    let rows: Vec<Row> = query.load(conn)?;
    let session = |(hash, id, last_used_at, expires_at, until, row): Row| {
        // Who stands in for a day is signed in no longer.
        let expires_at = until.map_or(expires_at, |until| until.min(expires_at));
        (hash, Session { id, caller: caller(row), last_used_at, expires_at })
    };
    Ok(rows.into_iter().map(session).collect())
}

fn token_of(session: SessionId) -> Place {
    Place { table: "sessions", column: "id_token", row: session.0 }
}
