//! Local accounts: the password's hash, the second factor, and the codes on paper.

use diesel::prelude::*;
use uuid::Uuid;

use super::schema::credentials::{self, dsl};
use super::schema::recovery_codes::{self, dsl as codes};
use super::sealed::{Place, Sealed};
use super::types::Guid;
use super::{Conn, DbError, Turn, on_backend};
use crate::domain::ids::AccountId;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::second_factor::TotpSecret;
use crate::limits;

/// A local account as it is stored.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whose.
    pub account: AccountId,
    /// The password's hash.
    pub password_hash: String,
    /// What the telephone has.
    pub totp: TotpSecret,
    /// The last time step of which a code was taken.
    pub totp_step: i64,
}

/// The credential of an account, if it has one.
pub fn find(conn: &mut Conn, account: AccountId) -> Result<Option<Credential>, DbError> {
    let row: Option<(String, Sealed<String>, i64)> =
        dsl::credentials.find(account).select((dsl::password_hash, dsl::totp_secret, dsl::totp_step)).first(conn).optional()?;
    let Some((password_hash, sealed, totp_step)) = row else { return Ok(None) };
    let totp = open(account, &sealed)?;
    Ok(Some(Credential { account, password_hash, totp, totp_step }))
}

/// Gives an account its first credential.
pub fn insert(turn: &mut Turn<'_>, credential: &Credential) -> Result<(), DbError> {
    diesel::insert_into(credentials::table)
        .values((
            dsl::account_id.eq(credential.account),
            dsl::password_hash.eq(&credential.password_hash),
            dsl::totp_secret.eq(seal(credential.account, &credential.totp)?),
            dsl::totp_step.eq(credential.totp_step),
            dsl::created_at.eq(turn.now),
            dsl::updated_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// Puts another password in the place of the one there is.
pub fn set_password(turn: &mut Turn<'_>, account: AccountId, password_hash: &str) -> Result<(), DbError> {
    diesel::update(dsl::credentials.find(account))
        .set((dsl::password_hash.eq(password_hash), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(())
}

/// Puts another telephone in the place of the one there is; `step` is that of the code it was shown by.
pub fn set_totp(turn: &mut Turn<'_>, account: AccountId, totp: &TotpSecret, step: i64) -> Result<(), DbError> {
    diesel::update(dsl::credentials.find(account))
        .set((dsl::totp_secret.eq(seal(account, totp)?), dsl::totp_step.eq(step), dsl::updated_at.eq(turn.now)))
        .execute(turn.conn)?;
    Ok(())
}

/// Takes a time step: none before it and not this one is taken again. False where it was taken already.
pub fn take_step(turn: &mut Turn<'_>, account: AccountId, step: i64) -> Result<bool, DbError> {
    let behind = dsl::credentials.filter(dsl::account_id.eq(account)).filter(dsl::totp_step.lt(step));
    Ok(diesel::update(behind).set(dsl::totp_step.eq(step)).execute(turn.conn)? > 0)
}

/// Uses up a code from paper. False where it is none of this account, or was used.
pub fn use_recovery_code(turn: &mut Turn<'_>, account: AccountId, code: &OneTimeCode) -> Result<bool, DbError> {
    let good = codes::recovery_codes
        .filter(codes::account_id.eq(account))
        .filter(codes::code_hash.eq(code.hash().to_vec()))
        .filter(codes::used_at.is_null());
    Ok(diesel::update(good).set(codes::used_at.eq(Some(turn.now))).execute(turn.conn)? > 0)
}

/// Puts these codes in the place of all there are.
pub fn set_recovery_codes(turn: &mut Turn<'_>, account: AccountId, made: &[OneTimeCode]) -> Result<(), DbError> {
    diesel::delete(codes::recovery_codes.filter(codes::account_id.eq(account))).execute(turn.conn)?;
    let rows: Vec<_> = made
        .iter()
        .map(|code| {
            (
                codes::id.eq(Guid(Uuid::now_v7())),
                codes::account_id.eq(account),
                codes::code_hash.eq(code.hash().to_vec()),
                codes::created_at.eq(turn.now),
            )
        })
        .collect();
    on_backend!(&mut *turn.conn, |c| diesel::insert_into(recovery_codes::table).values(&rows).execute(c))?;
    Ok(())
}

/// How many codes on paper are left.
pub fn recovery_codes_left(conn: &mut Conn, account: AccountId) -> Result<i64, DbError> {
    let left = codes::recovery_codes.filter(codes::account_id.eq(account)).filter(codes::used_at.is_null());
    Ok(left.count().get_result(conn)?)
}

fn totp_of(account: AccountId) -> Place {
    Place { table: "credentials", column: "totp_secret", row: account.0 }
}

/// What is stored of a second factor: whoever copies the database has none of it.
fn seal(account: AccountId, totp: &TotpSecret) -> Result<Sealed<String>, DbError> {
    Sealed::with_deployment_key(totp_of(account), &totp.base32())
}

fn open(account: AccountId, sealed: &Sealed<String>) -> Result<TotpSecret, DbError> {
    TotpSecret::from_base32(&sealed.opened(totp_of(account))?).ok_or_else(|| DbError::damaged("a second factor"))
}

/// The generations of the deployment's key with which something of a credential is sealed.
pub(super) fn generations(conn: &mut Conn) -> Result<Vec<i32>, DbError> {
    let sealed: Vec<Sealed<String>> = dsl::credentials.select(dsl::totp_secret).load(conn)?;
    sealed.iter().map(Sealed::generation).collect()
}

/// Seals some second factors behind one with a newer key of the deployment. Gives the last that was looked at, and how many were sealed.
pub fn seal_again(conn: &mut Conn, generation: i32, after: Option<AccountId>) -> Result<(Option<AccountId>, usize), DbError> {
    let all = dsl::credentials.select((dsl::account_id, dsl::totp_secret)).order(dsl::account_id);
    let mut query = all.limit(limits::SEALED_AT_ONCE).into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::account_id.gt(after));
    }
    let some: Vec<(AccountId, Sealed<String>)> = query.load(conn)?;
    let mut count = 0;
    for (account, sealed) in &some {
        if let Some(again) = sealed.sealed_again(totp_of(*account), generation)? {
            let as_it_was = dsl::credentials.find(*account).filter(dsl::totp_secret.eq(sealed.clone()));
            count += diesel::update(as_it_was).set(dsl::totp_secret.eq(again)).execute(conn)?;
        }
    }
    Ok((some.last().map(|(account, _)| *account), count))
}
