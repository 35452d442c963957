//! Accounts: people of organisations, and tools; and what tools prove themselves with.

use diesel::prelude::*;

use super::schema::account_secrets::dsl as kept;
use super::schema::accounts::{self, dsl};
use super::schema::organisations;
use super::types::{Coded, CodedSet, Document};
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, SecretId};
use crate::domain::{About, AccountKind, Caller, Email, Noted, OrganisationKind, Role, Roles, Scope, Scopes};
use matcher::Door;

/// What is known of an account before it is one.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// For whom it acts.
    pub organisation: OrganisationId,
    /// A person or a tool.
    pub kind: AccountKind,
    /// The person's name as its organisation writes it, or the tool's.
    pub label: &'a str,
    /// Where the person is written to.
    pub email: Option<&'a Email>,
    /// What it may do; of a tool only where the operator makes it.
    pub roles: Roles,
    /// To what a tool is bound; none where the operator makes it.
    pub scopes: Option<Scopes>,
    /// Who makes it; none where the operator does.
    pub created_by: Option<AccountId>,
    /// Until when, of somebody who stands in.
    pub until: Option<Instant>,
}

/// A client as `havre client list` shows it.
#[derive(Debug)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// The name of its organisation.
    pub organisation: String,
    /// What it may do.
    pub roles: Roles,
    /// To what it is bound, if it is.
    pub scopes: Option<Scopes>,
    /// Since when.
    pub created_at: Instant,
    /// Until when, if it was ended.
    pub ended_at: Option<Instant>,
}

impl Noted for Caller {
    fn about(&self) -> About {
        About::of(self.account, self.organisation)
    }
}

/// The columns of which a caller is made: those of the account, and what its organisation gives.
pub(super) type CallerColumns = (
    dsl::id,
    dsl::organisation_id,
    dsl::kind,
    dsl::roles,
    dsl::scopes,
    organisations::kind,
    organisations::orients,
    organisations::doors,
);

/// Those columns.
pub(super) const CALLER: CallerColumns = (
    dsl::id,
    dsl::organisation_id,
    dsl::kind,
    dsl::roles,
    dsl::scopes,
    organisations::kind,
    organisations::orients,
    organisations::doors,
);

/// A row of them.
pub(super) type CallerRow = (
    AccountId,
    OrganisationId,
    Coded<AccountKind>,
    CodedSet<Role>,
    Option<CodedSet<Scope>>,
    Coded<OrganisationKind>,
    bool,
    Document<Vec<Door>>,
);

/// Who it is, in the roles that its organisation gives today: what an organisation may no longer give, nobody of it has. What the operator
/// made acts as the operator said.
pub(super) fn caller(row: CallerRow) -> Caller {
    let (account, organisation, kind, roles, scopes, of, orients, doors) = row;
    let roles: Roles = roles.0.into_iter().collect();
    let scopes: Option<Scopes> = scopes.map(|scopes| scopes.0.into_iter().collect());
    let given = of.0.gives(orients, &doors.0);
    let roles = match (kind.0, scopes) {
        (AccountKind::Tool, None) => roles,
        (AccountKind::Tool, Some(_)) => given.of_tools(),
        (AccountKind::Person, _) => roles.shared(given.of_people().with(Role::by_administrators())),
    };
    Caller { account, organisation, roles, scopes }
}

/// Somebody who proves who it is with a secret.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    /// Who.
    pub caller: Caller,
    /// Which secret it is.
    pub secret: SecretId,
    /// Until when it is good, if it ends by itself.
    pub expires_at: Option<Instant>,
    /// When it was last used, as far as that is written down.
    pub last_used_at: Option<Instant>,
}

/// Who holds a secret that was not ended, with its hash: all, or those of these accounts. Whether it has run out is for the caller to say.
pub fn holders(conn: &mut Conn, ids: Option<&[AccountId]>) -> Result<Vec<(Vec<u8>, Holder)>, DbError> {
    let mut query = kept::account_secrets
        .inner_join(accounts::table.inner_join(organisations::table))
        .filter(kept::ended_at.is_null())
        .filter(dsl::ended_at.is_null())
        .select((kept::secret_hash, kept::id, kept::expires_at, kept::last_used_at, dsl::until, CALLER))
        .into_boxed();
    if let Some(ids) = ids {
        query = query.filter(dsl::id.eq_any(ids.to_vec()));
    }
    type Row = (Vec<u8>, SecretId, Option<Instant>, Option<Instant>, Option<Instant>, CallerRow);
    let rows: Vec<Row> = query.load(conn)?;
    let holder = |(hash, secret, expires_at, last_used_at, until, row): Row| {
        let expires_at = expires_at.into_iter().chain(until).min();
        (hash, Holder { caller: caller(row), secret, expires_at, last_used_at })
    };
    Ok(rows.into_iter().map(holder).collect())
}

/// An account that was not ended.
pub fn find(conn: &mut Conn, id: AccountId) -> Result<Caller, DbError> {
    let found = dsl::accounts.inner_join(organisations::table).filter(dsl::id.eq(id)).filter(dsl::ended_at.is_null());
    Ok(caller(found.select(CALLER).first(conn)?))
}

/// The account of a person of this mail address, as [`Email::key`] has it, that was not ended.
pub fn of_email(conn: &mut Conn, key: &str) -> Result<Option<AccountId>, DbError> {
    Ok(dsl::accounts.filter(dsl::email_key.eq(key)).filter(dsl::ended_at.is_null()).select(dsl::id).first(conn).optional()?)
}

/// The mail address of an account that was not ended, if it has one.
pub fn email(conn: &mut Conn, id: AccountId) -> Result<Option<String>, DbError> {
    let found = dsl::accounts.find(id).filter(dsl::ended_at.is_null()).select(dsl::email);
    Ok(found.first::<Option<String>>(conn).optional()?.flatten())
}

/// Whoever was invited to an account has made it theirs.
pub fn accept(turn: &mut Turn<'_>, id: AccountId) -> Result<(), DbError> {
    let open = dsl::accounts.filter(dsl::id.eq(id)).filter(dsl::accepted_at.is_null());
    diesel::update(open).set(dsl::accepted_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(())
}

/// The accounts of an organisation that were not ended.
pub fn ids_of(conn: &mut Conn, organisation: OrganisationId) -> Result<Vec<AccountId>, DbError> {
    let standing = dsl::accounts.filter(dsl::organisation_id.eq(organisation)).filter(dsl::ended_at.is_null());
    Ok(standing.order(dsl::id).select(dsl::id).load(conn)?)
}

/// Whether there is any account, be it ended.
pub fn any(conn: &mut Conn) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(dsl::accounts.select(dsl::id))).get_result(conn)?)
}

/// Adds an account.
pub fn insert(turn: &mut Turn<'_>, new: &NewAccount<'_>) -> Result<Caller, DbError> {
    let id = AccountId::new();
    diesel::insert_into(accounts::table)
        .values((
            dsl::id.eq(id),
            dsl::organisation_id.eq(new.organisation),
            dsl::kind.eq(Coded(new.kind)),
            dsl::label.eq(new.label),
            dsl::email.eq(new.email.map(Email::as_str)),
            dsl::email_key.eq(new.email.map(Email::key)),
            dsl::roles.eq(CodedSet(new.roles.iter().collect::<Vec<_>>())),
            dsl::scopes.eq(new.scopes.map(|scopes| CodedSet(scopes.iter().collect::<Vec<_>>()))),
            dsl::created_by_id.eq(new.created_by),
            dsl::created_at.eq(turn.now),
            dsl::until.eq(new.until),
        ))
        .execute(turn.conn)?;
    find(turn.conn, id)
}

/// Keeps the hash of a new secret of a tool, and who is shown it.
pub fn add_secret(
    turn: &mut Turn<'_>,
    account: AccountId,
    secret_hash: &[u8; 32],
    shown_to: Option<AccountId>,
    expires_at: Option<Instant>,
) -> Result<SecretId, DbError> {
    let id = SecretId::new();
    diesel::insert_into(kept::account_secrets)
        .values((
            kept::id.eq(id),
            kept::account_id.eq(account),
            kept::secret_hash.eq(secret_hash.as_slice()),
            kept::created_by_id.eq(shown_to),
            kept::created_at.eq(turn.now),
            kept::expires_at.eq(expires_at),
        ))
        .execute(turn.conn)?;
    Ok(id)
}

/// All tools, ended ones included, oldest first.
pub fn list_tools(conn: &mut Conn) -> Result<Vec<AccountRow>, DbError> {
    type Row = (AccountId, String, CodedSet<Role>, Option<CodedSet<Scope>>, Instant, Option<Instant>);
    let rows: Vec<Row> = dsl::accounts
        .inner_join(organisations::table)
        .filter(dsl::kind.eq(Coded(AccountKind::Tool)))
        .select((dsl::id, organisations::name, dsl::roles, dsl::scopes, dsl::created_at, dsl::ended_at))
        .order(dsl::id)
        .load(conn)?;
    let row = |(id, organisation, roles, scopes, created_at, ended_at): Row| AccountRow {
        id,
        organisation,
        roles: roles.0.into_iter().collect(),
        scopes: scopes.map(|scopes| scopes.0.into_iter().collect()),
        created_at,
        ended_at,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Ends an account; [`DbError::NotFound`] when there is none or it was ended before.
pub fn end(turn: &mut Turn<'_>, id: AccountId) -> Result<(), DbError> {
    let ended = diesel::update(dsl::accounts.filter(dsl::id.eq(id)).filter(dsl::ended_at.is_null()))
        .set(dsl::ended_at.eq(Some(turn.now)))
        .execute(turn.conn)?;
    if ended == 0 { Err(DbError::NotFound) } else { Ok(()) }
}
