//! Tries to sign in, counted by the generic cell rate algorithm in the database: unlike the limits of requests these guard something, so no
//! restart and no instance more gives anybody tries anew.

use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use super::schema::known_browsers::{self, dsl as known};
use super::schema::sign_in_tries::{self, dsl};
use super::{Conn, DbError, on_backend};
use crate::clock::Instant;
use crate::domain::ids::AccountId;
use crate::limits::{self, Tries};

/// Whom a try counts for: a hash, of one word and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tried([u8; 32]);

impl Tried {
    /// Of a kind of try and of whom it is about.
    pub fn of(kind: &str, whom: &[u8]) -> Self {
        Self(Sha256::new().chain_update(kind.as_bytes()).chain_update([0]).chain_update(whom).finalize().into())
    }
}

/// Takes one try for each, and gives none; or takes nothing, and gives when there will be one again for all.
pub fn take(conn: &mut Conn, now: Instant, of: &[(Tried, &Tries)]) -> Result<Option<Instant>, DbError> {
    // In one order, so that two who count the same wait for each other and not for ever.
    let mut of = of.to_vec();
    of.sort_by_key(|(tried, _)| *tried);
    let mut whole = Vec::new();
    let mut again = None;
    for (tried, tries) in of {
        let whole_at = locked(conn, now, tried)?.max(now).plus(tries.interval);
        let room = tries.interval.checked_mul(tries.burst).unwrap_or(tries.interval);
        let good_at = whole_at.plus(-room);
        if good_at > now {
            again = again.max(Some(good_at));
        }
        whole.push((tried, whole_at));
    }
    if again.is_none() {
        for (tried, whole_at) in whole {
            diesel::update(dsl::sign_in_tries.find(tried.0.to_vec())).set(dsl::whole_at.eq(whole_at)).execute(conn)?;
        }
    }
    Ok(again)
}

/// The row of somebody, which is there from now on; on PostgreSQL others wait for it, on SQLite they wait for the transaction.
fn locked(conn: &mut Conn, now: Instant, tried: Tried) -> Result<Instant, DbError> {
    let row = (dsl::subject.eq(tried.0.to_vec()), dsl::whole_at.eq(now));
    on_backend!(&mut *conn, |c| diesel::insert_into(sign_in_tries::table).values(row).on_conflict_do_nothing().execute(c))?;
    let found = dsl::sign_in_tries.find(tried.0.to_vec()).select(dsl::whole_at);
    Ok(match conn {
        Conn::Pg(pg) => found.for_update().first(pg)?,
        Conn::Sqlite(sqlite) => found.first(sqlite)?,
    })
}

/// Gives all tries back to these: who signed in was no guesser.
pub fn give_back(conn: &mut Conn, of: &[Tried]) -> Result<(), DbError> {
    let of: Vec<Vec<u8>> = of.iter().map(|tried| tried.0.to_vec()).collect();
    diesel::delete(dsl::sign_in_tries.filter(dsl::subject.eq_any(of))).execute(conn)?;
    Ok(())
}

/// Whether somebody has signed in to this account in the browser of this secret.
pub fn knows_browser(conn: &mut Conn, now: Instant, secret_hash: &[u8; 32], account: AccountId) -> Result<bool, DbError> {
    let found = known::known_browsers
        .filter(known::secret_hash.eq(secret_hash.as_slice()))
        .filter(known::account_id.eq(account))
        .filter(known::expires_at.gt(now));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// Remembers that somebody has signed in to this account in the browser of this secret.
pub fn know_browser(conn: &mut Conn, now: Instant, secret_hash: &[u8; 32], account: AccountId) -> Result<(), DbError> {
    diesel::insert_into(known_browsers::table)
        .values((
            known::secret_hash.eq(secret_hash.as_slice()),
            known::account_id.eq(account),
            known::expires_at.eq(now.plus(limits::BROWSER_KNOWN)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets the browsers of an account: its password was changed.
pub fn forget_browsers(conn: &mut Conn, account: AccountId) -> Result<(), DbError> {
    diesel::delete(known::known_browsers.filter(known::account_id.eq(account))).execute(conn)?;
    Ok(())
}

/// Forgets tries that are whole again, and browsers whose time is over.
pub fn forget_old(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    diesel::delete(dsl::sign_in_tries.filter(dsl::whole_at.le(now))).execute(conn)?;
    diesel::delete(known::known_browsers.filter(known::expires_at.le(now))).execute(conn)?;
    Ok(())
}
