//! Who accounts are at an OpenID Connect provider, and sign-ins on their way through it.

use diesel::prelude::*;

use super::schema::identities::{self, dsl};
use super::schema::provider_sign_ins::{self, dsl as pending};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::AccountId;
use crate::limits;

/// The account of a subject of an issuer, if it was bound.
pub fn find(conn: &mut Conn, issuer: &str, subject: &str) -> Result<Option<AccountId>, DbError> {
    Ok(dsl::identities.find((issuer, subject)).select(dsl::account_id).first(conn).optional()?)
}

/// Lets go of a binding: its account has ended, and whoever it was may have another.
pub fn unbind(turn: &mut Turn<'_>, issuer: &str, subject: &str) -> Result<(), DbError> {
    diesel::delete(dsl::identities.find((issuer, subject))).execute(turn.conn)?;
    Ok(())
}

/// Whether an account is bound to somebody of this issuer.
pub fn is_bound(conn: &mut Conn, issuer: &str, account: AccountId) -> Result<bool, DbError> {
    let found = dsl::identities.filter(dsl::account_id.eq(account)).filter(dsl::issuer.eq(issuer));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// Binds an account to a subject of an issuer.
pub fn bind(turn: &mut Turn<'_>, issuer: &str, subject: &str, account: AccountId) -> Result<(), DbError> {
    diesel::insert_into(identities::table)
        .values((dsl::issuer.eq(issuer), dsl::subject.eq(subject), dsl::account_id.eq(account), dsl::created_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(())
}

/// A sign-in that was sent to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What the provider's answer has to repeat.
    pub nonce: String,
    /// What proves that who comes back is who went (PKCE).
    pub verifier: String,
}

/// Keeps a sign-in until its browser comes back.
pub fn keep(conn: &mut Conn, now: Instant, state_hash: &[u8; 32], browser_hash: &[u8; 32], sent: &Pending) -> Result<(), DbError> {
    diesel::insert_into(provider_sign_ins::table)
        .values((
            pending::state_hash.eq(state_hash.as_slice()),
            pending::browser_hash.eq(browser_hash.as_slice()),
            pending::nonce.eq(&sent.nonce),
            pending::verifier.eq(&sent.verifier),
            pending::expires_at.eq(now.plus(limits::PROVIDER_SIGN_IN_VALID)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes the sign-in of a state, which is there once, and for the browser that began it alone.
pub fn take(conn: &mut Conn, now: Instant, state_hash: &[u8; 32], browser_hash: &[u8; 32]) -> Result<Option<Pending>, DbError> {
    let of = pending::provider_sign_ins
        .filter(pending::state_hash.eq(state_hash.as_slice()))
        .filter(pending::browser_hash.eq(browser_hash.as_slice()));
    let found: Option<(String, String, Instant)> =
        of.select((pending::nonce, pending::verifier, pending::expires_at)).first(conn).optional()?;
    // Of two who come at once one takes it.
    let taken = diesel::delete(of).execute(conn)? > 0;
    let good = found.filter(|(.., expires_at)| taken && now < *expires_at);
    Ok(good.map(|(nonce, verifier, _)| Pending { nonce, verifier }))
}

/// Forgets sign-ins that never came back.
pub fn forget_old(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    diesel::delete(pending::provider_sign_ins.filter(pending::expires_at.le(now))).execute(conn)?;
    Ok(())
}
