//! Links that somebody was given, in a mail or at the shell. Of each the hash of its code is kept, and what it is bound to.

use diesel::prelude::*;
use uuid::Uuid;

use super::schema::links::{self, dsl};
use super::types::{Coded, Guid};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::LinkPurpose;
use crate::domain::ids::{AccountId, OrganisationId, ReferralId};
use crate::domain::mailed_link::Bound;

/// Keeps the hash of a new link for an account, which works once.
pub fn insert_for_account(
    turn: &mut Turn<'_>,
    purpose: LinkPurpose,
    organisation: OrganisationId,
    account: AccountId,
    code_hash: &[u8; 32],
    expires_at: Instant,
) -> Result<(), DbError> {
    let now = turn.now;
    insert_beside(turn.conn, now, purpose, organisation, account, code_hash, expires_at)
}

/// The same without a turn: of a link that is made to be mailed nothing is told.
pub fn insert_beside(
    conn: &mut Conn,
    now: Instant,
    purpose: LinkPurpose,
    organisation: OrganisationId,
    account: AccountId,
    code_hash: &[u8; 32],
    expires_at: Instant,
) -> Result<(), DbError> {
    diesel::insert_into(links::table)
        .values((
            dsl::id.eq(Guid(Uuid::now_v7())),
            dsl::purpose.eq(Coded(purpose)),
            dsl::code_hash.eq(code_hash.as_slice()),
            dsl::organisation_id.eq(organisation),
            dsl::account_id.eq(Some(account)),
            dsl::expires_at.eq(expires_at),
            dsl::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose link this is; nobody's when it was used, has run out or was ended.
pub fn holder(conn: &mut Conn, now: Instant, purpose: LinkPurpose, code_hash: &[u8; 32]) -> Result<Option<AccountId>, DbError> {
    let good = dsl::links
        .filter(dsl::code_hash.eq(code_hash.as_slice()))
        .filter(dsl::purpose.eq(Coded(purpose)))
        .filter(dsl::used_at.is_null())
        .filter(dsl::ended_at.is_null())
        .filter(dsl::expires_at.gt(now));
    Ok(good.select(dsl::account_id).first::<Option<AccountId>>(conn).optional()?.flatten())
}

/// Uses a link of an account up, and says whose it is; nobody's when it was used, has run out or was ended.
pub fn use_up(turn: &mut Turn<'_>, purpose: LinkPurpose, code_hash: &[u8; 32]) -> Result<Option<AccountId>, DbError> {
    let found = holder(turn.conn, turn.now, purpose, code_hash)?;
    let used = dsl::links.filter(dsl::code_hash.eq(code_hash.as_slice()));
    if found.is_some() {
        diesel::update(used).set(dsl::used_at.eq(Some(turn.now))).execute(turn.conn)?;
    }
    Ok(found)
}

/// Ends all links that an account was given and has not used.
pub fn end_all_of(turn: &mut Turn<'_>, account: AccountId) -> Result<(), DbError> {
    let standing = dsl::links.filter(dsl::account_id.eq(account)).filter(dsl::used_at.is_null()).filter(dsl::ended_at.is_null());
    diesel::update(standing).set(dsl::ended_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(())
}

/// Ends the links of a purpose that an account was given and has not used.
pub fn end_of(turn: &mut Turn<'_>, purpose: LinkPurpose, account: AccountId) -> Result<(), DbError> {
    let standing = dsl::links
        .filter(dsl::account_id.eq(account))
        .filter(dsl::purpose.eq(Coded(purpose)))
        .filter(dsl::used_at.is_null())
        .filter(dsl::ended_at.is_null());
    diesel::update(standing).set(dsl::ended_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(())
}

/// Keeps the hash of a new link for the addressee of a referral: work beside commands, since nothing of the referral changes.
pub fn insert_for_referral(conn: &mut Conn, now: Instant, code_hash: &[u8; 32], bound: &Bound) -> Result<(), DbError> {
    diesel::insert_into(links::table)
        .values((
            dsl::id.eq(Guid(Uuid::now_v7())),
            dsl::purpose.eq(Coded(LinkPurpose::Referral)),
            dsl::code_hash.eq(code_hash.as_slice()),
            dsl::organisation_id.eq(bound.organisation),
            dsl::record_id.eq(Some(Guid(bound.referral.0))),
            dsl::step.eq(Some(bound.step.to_string())),
            dsl::address.eq(Some(bound.address.as_str())),
            dsl::expires_at.eq(bound.expires_at),
            dsl::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// What the link of a code is bound to, unless there never was one or it was ended.
pub fn of_referral(conn: &mut Conn, code_hash: &[u8; 32]) -> Result<Option<Bound>, DbError> {
    type Found = (OrganisationId, Option<Guid>, Option<String>, Option<String>, Instant);
    let found: Option<Found> = dsl::links
        .filter(dsl::code_hash.eq(code_hash.as_slice()))
        .filter(dsl::purpose.eq(Coded(LinkPurpose::Referral)))
        .filter(dsl::ended_at.is_null())
        .select((dsl::organisation_id, dsl::record_id, dsl::step, dsl::address, dsl::expires_at))
        .first(conn)
        .optional()?;
    let Some((organisation, Some(Guid(referral)), Some(step), Some(address), expires_at)) = found else { return Ok(None) };
    let step = step.parse().map_err(DbError::damaged)?;
    Ok(Some(Bound { organisation, referral: ReferralId(referral), step, address, expires_at }))
}

/// Forgets the links in mails, and the codes for telephones, that have expired long ago.
pub fn forget_old(conn: &mut Conn, before: Instant) -> Result<(), DbError> {
    let forgotten = dsl::purpose.eq(Coded(LinkPurpose::Referral)).or(dsl::purpose.eq(Coded(LinkPurpose::Telephone)));
    let old = dsl::links.filter(forgotten).filter(dsl::expires_at.lt(before));
    diesel::delete(old).execute(conn)?;
    Ok(())
}
