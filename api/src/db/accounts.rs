//! Tokens: which client holds one, for which organisation, in which role.

use diesel::prelude::*;

use super::schema::accounts::{self, dsl};
use super::types::Coded;
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{About, Caller, Noted, Role};

#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
struct NewAccount<'a> {
    id: AccountId,
    organisation_id: OrganisationId,
    role: Coded<Role>,
    token_hash: &'a [u8],
    created_at: Instant,
}

/// A client as `havre client list` shows it.
#[derive(Debug, Queryable)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// The name of its organisation.
    pub organisation: String,
    /// What it may do.
    pub role: Coded<Role>,
    /// Since when.
    pub created_at: Instant,
    /// Until when, if it was revoked.
    pub revoked_at: Option<Instant>,
}

impl Noted for Caller {
    fn about(&self) -> About {
        About::of(self.account, self.organisation)
    }
}

/// Who holds a token that is good, with the hash of the token: all, or those of these ids.
pub fn holders(conn: &mut Conn, ids: Option<&[AccountId]>) -> Result<Vec<(Vec<u8>, Caller)>, DbError> {
    let mut query = dsl::accounts
        .filter(dsl::revoked_at.is_null())
        .select((dsl::token_hash, dsl::id, dsl::organisation_id, dsl::role))
        .into_boxed();
    if let Some(ids) = ids {
        query = query.filter(dsl::id.eq_any(ids.to_vec()));
    }
    let rows: Vec<(Vec<u8>, AccountId, OrganisationId, Coded<Role>)> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(hash, client, organisation, Coded(role))| (hash, Caller { account: client, organisation, role }))
        .collect())
}

/// A client that was not revoked.
pub fn find(conn: &mut Conn, id: AccountId) -> Result<Caller, DbError> {
    let (organisation, role): (OrganisationId, Coded<Role>) =
        dsl::accounts.find(id).filter(dsl::revoked_at.is_null()).select((dsl::organisation_id, dsl::role)).first(conn)?;
    Ok(Caller { account: id, organisation, role: role.0 })
}

/// The account of a mail address, as [`crate::commands::sign_in::address_key`] has it, that was not revoked.
pub fn of_email(conn: &mut Conn, key: &str) -> Result<Option<AccountId>, DbError> {
    Ok(dsl::accounts.filter(dsl::email.eq(key)).filter(dsl::revoked_at.is_null()).select(dsl::id).first(conn).optional()?)
}

/// The mail address of an account that was not revoked, if it has one.
pub fn email(conn: &mut Conn, id: AccountId) -> Result<Option<String>, DbError> {
    let found = dsl::accounts.find(id).filter(dsl::revoked_at.is_null()).select(dsl::email);
    Ok(found.first::<Option<String>>(conn).optional()?.flatten())
}

/// Adds a client.
pub fn insert(turn: &mut Turn<'_>, organisation: OrganisationId, role: Role, token_hash: &[u8; 32]) -> Result<Caller, DbError> {
    let client = AccountId::new();
    diesel::insert_into(accounts::table)
        .values(NewAccount { id: client, organisation_id: organisation, role: Coded(role), token_hash, created_at: turn.now })
        .execute(turn.conn)?;
    Ok(Caller { account: client, organisation, role })
}

/// All clients, revoked ones included, oldest first.
pub fn list(conn: &mut Conn) -> Result<Vec<AccountRow>, DbError> {
    use super::schema::organisations;
    Ok(dsl::accounts
        .inner_join(organisations::table)
        .select((dsl::id, organisations::name, dsl::role, dsl::created_at, dsl::revoked_at))
        .order(dsl::id)
        .load(conn)?)
}

/// Revokes a client's token; [`DbError::NotFound`] when there is no such client or it was revoked before.
pub fn revoke(turn: &mut Turn<'_>, id: AccountId) -> Result<(), DbError> {
    let revoked = diesel::update(dsl::accounts.filter(dsl::id.eq(id)).filter(dsl::revoked_at.is_null()))
        .set(dsl::revoked_at.eq(Some(turn.now)))
        .execute(turn.conn)?;
    if revoked == 0 { Err(DbError::NotFound) } else { Ok(()) }
}
