//! Telephones that organisations remember. Of each the hash of its cookie's secret is kept, and which account gave it its code.

use diesel::prelude::*;
use serde_json::json;

use super::schema::accounts;
use super::schema::remembered_phones::{self, dsl};
use super::{Conn, DbError, Turn, keys};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, RememberedPhoneId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::{About, Noted};
use crate::limits;

/// A telephone that an organisation remembers.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct RememberedPhone {
    /// Its id.
    pub id: RememberedPhoneId,
    /// The organisation that remembers it.
    pub organisation: OrganisationId,
    /// The account that gave the code.
    pub account: AccountId,
    /// What it is called by whoever typed the code.
    pub label: String,
    /// When it was last used, to five minutes.
    pub last_used_at: Instant,
    /// Until when.
    pub expires_at: Instant,
    /// Since when.
    pub created_at: Instant,
}

impl Noted for RememberedPhone {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({"account_id": self.account, "expires_at": self.expires_at}))
    }
}

/// What is kept of a code: sixty bits could be guessed from a plain hash by whoever copies the database, not from one under a key that is not
/// in it.
pub fn code_hash(code: &OneTimeCode) -> Result<[u8; 32], DbError> {
    let hash = keys::current()?.hash("phone_code", &code.hash())?;
    <[u8; 32]>::try_from(hash.as_slice()).map_err(DbError::damaged)
}

type Columns = (dsl::id, dsl::organisation_id, dsl::account_id, dsl::label, dsl::last_used_at, dsl::expires_at, dsl::created_at);

const COLUMNS: Columns =
    (dsl::id, dsl::organisation_id, dsl::account_id, dsl::label, dsl::last_used_at, dsl::expires_at, dsl::created_at);

/// Which are meant, of those that stand.
#[derive(Clone, Copy, Debug)]
pub enum Which<'w> {
    /// That of a secret.
    Secret(&'w [u8; 32]),
    /// That of an id.
    Id(RememberedPhoneId),
    /// Those to which an account gave their code.
    GivenBy(AccountId),
    /// Those of an organisation.
    Of(OrganisationId),
}

/// Remembers a telephone: until its time is over, or until then where the account that gave the code ends earlier.
pub fn insert(
    turn: &mut Turn<'_>,
    organisation: OrganisationId,
    (account, until): (AccountId, Option<Instant>),
    secret_hash: &[u8; 32],
    label: &str,
) -> Result<RememberedPhone, DbError> {
    let now = turn.now;
    let expires_at = turn.from_now(limits::PHONE_REMEMBERED);
    let phone = RememberedPhone {
        id: RememberedPhoneId::new(),
        organisation,
        account,
        label: label.to_owned(),
        last_used_at: now,
        expires_at: until.map_or(expires_at, |until| until.min(expires_at)),
        created_at: now,
    };
    diesel::insert_into(remembered_phones::table)
        .values((
            dsl::id.eq(phone.id),
            dsl::organisation_id.eq(phone.organisation),
            dsl::account_id.eq(phone.account),
            dsl::secret_hash.eq(secret_hash.as_slice()),
            dsl::label.eq(&phone.label),
            dsl::last_used_at.eq(phone.last_used_at),
            dsl::expires_at.eq(phone.expires_at),
            dsl::created_at.eq(phone.created_at),
        ))
        .execute(turn.conn)?;
    Ok(phone)
}

/// Those that are remembered, with the name of the account that gave the code, the newest first.
pub fn standing(conn: &mut Conn, now: Instant, which: Which<'_>) -> Result<Vec<(RememberedPhone, String)>, DbError> {
    let mut query = dsl::remembered_phones
        .inner_join(accounts::table)
        .filter(dsl::ended_at.is_null())
        .filter(dsl::expires_at.gt(now))
        .order(dsl::id.desc())
        .select((COLUMNS, accounts::label))
        .into_boxed();
    query = match which {
        Which::Secret(hash) => query.filter(dsl::secret_hash.eq(hash.as_slice())),
        Which::Id(id) => query.filter(dsl::id.eq(id)),
        Which::GivenBy(account) => query.filter(dsl::account_id.eq(account)),
        Which::Of(organisation) => query.filter(dsl::organisation_id.eq(organisation)),
    };
    Ok(query.load(conn)?)
}

/// Remembers one no more.
pub fn end(turn: &mut Turn<'_>, id: RememberedPhoneId) -> Result<(), DbError> {
    diesel::update(dsl::remembered_phones.find(id)).set(dsl::ended_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(())
}

/// Writes down that one is used.
pub fn used(conn: &mut Conn, now: Instant, id: RememberedPhoneId) -> Result<(), DbError> {
    diesel::update(dsl::remembered_phones.find(id)).set(dsl::last_used_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Forgets those whose time is over. That they were there stands in the log of commands.
pub fn forget_old(conn: &mut Conn, now: Instant) -> Result<(), DbError> {
    diesel::delete(dsl::remembered_phones.filter(dsl::expires_at.le(now))).execute(conn)?;
    Ok(())
}
