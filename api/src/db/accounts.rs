//! Accounts: people of organisations, and tools; and what tools prove themselves with.

use diesel::prelude::*;
use serde_json::json;

use super::schema::account_secrets::dsl as secret;
use super::schema::accounts::{self, dsl};
use super::schema::organisations;
use super::types::{Coded, CodedSet, Document};
use super::{Conn, DbError, Turn, keys};
use crate::clock::Instant;
use crate::domain::four_eyes::shows_work;
use crate::domain::ids::{AccountId, OrganisationId, SecretId};
use crate::domain::{About, AccountKind, Caller, Email, Noted, OrganisationKind, Reach, Role, Roles, Scope, Scopes};
use crate::paging::{Cursor, Order, PageLimit, behind};
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
    let mut query = secret::account_secrets
        .inner_join(accounts::table.inner_join(organisations::table))
        .filter(secret::ended_at.is_null())
        .filter(dsl::ended_at.is_null())
        .select((secret::secret_hash, secret::id, secret::expires_at, secret::last_used_at, dsl::until, CALLER))
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

/// By what name somebody is signed in, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInAs {
    /// The person's name as its organisation writes it; of a tool that the operator made its role.
    pub label: String,
    /// The name of the organisation.
    pub organisation: String,
}

/// The names of these accounts.
pub fn names(conn: &mut Conn, ids: &[AccountId]) -> Result<Vec<(AccountId, SignedInAs)>, DbError> {
    let named = dsl::accounts.inner_join(organisations::table).filter(dsl::id.eq_any(ids.to_vec()));
    let rows: Vec<(AccountId, String, String)> = named.select((dsl::id, dsl::label, organisations::name)).load(conn)?;
    Ok(rows.into_iter().map(|(id, label, organisation)| (id, SignedInAs { label, organisation })).collect())
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
    diesel::insert_into(secret::account_secrets)
        .values((
            secret::id.eq(id),
            secret::account_id.eq(account),
            secret::secret_hash.eq(secret_hash.as_slice()),
            secret::created_by_id.eq(shown_to),
            secret::created_at.eq(turn.now),
            secret::expires_at.eq(expires_at),
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

/// An account as those see it who keep it; one that has ended too.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// Who it is, in the roles that its organisation gives today.
    pub caller: Caller,
    /// The roles that it was given, whatever its organisation gives today.
    pub granted: Roles,
    /// A person or a tool.
    pub kind: AccountKind,
    /// The person's name as its organisation writes it, or the tool's.
    pub label: String,
    /// Where the person is written to.
    pub email: Option<String>,
    /// Who made it; none where the operator did.
    pub created_by: Option<AccountId>,
    /// Since when there is one.
    pub created_at: Instant,
    /// When whoever was invited made it theirs.
    pub accepted_at: Option<Instant>,
    /// Until when, of somebody who stands in.
    pub until: Option<Instant>,
    /// When it was ended.
    pub ended_at: Option<Instant>,
}

impl Noted for StoredAccount {
    fn about(&self) -> About {
        let Caller { account, organisation, roles, scopes } = self.caller;
        About::of(account, organisation).standing(json!({
            "kind": self.kind,
            "roles": roles,
            // What is written down of the account itself: nobody gives it more than this without a command.
            "granted": self.granted,
            "scopes": scopes,
            "until": self.until,
            "ended": self.ended_at.is_some(),
            // Where its mails go, by which a new password is chosen: that it is the same, and nothing else, shows.
            "email_mark": self.email.as_deref().and_then(|email| keys::mark("email", email)),
        }))
    }
}

type StoredRow =
    (CallerRow, (String, Option<String>, Option<AccountId>), (Instant, Option<Instant>, Option<Instant>, Option<Instant>));

fn stored_of((row, (label, email, created_by), (created_at, accepted_at, until, ended_at)): StoredRow) -> StoredAccount {
    let (kind, granted) = (row.2.0, row.3.0.iter().copied().collect());
    StoredAccount { caller: caller(row), granted, kind, label, email, created_by, created_at, accepted_at, until, ended_at }
}

/// The columns of a stored account.
macro_rules! stored_columns {
    () => {
        (CALLER, (dsl::label, dsl::email, dsl::created_by_id), (dsl::created_at, dsl::accepted_at, dsl::until, dsl::ended_at))
    };
}

/// An account by its id, whosever it is.
pub fn stored(conn: &mut Conn, id: AccountId) -> Result<StoredAccount, DbError> {
    let found = dsl::accounts.inner_join(organisations::table).filter(dsl::id.eq(id)).select(stored_columns!());
    Ok(stored_of(found.first(conn)?))
}

/// All accounts, those that have ended too: what is held against the log.
pub(super) fn all(conn: &mut Conn) -> Result<Vec<StoredAccount>, DbError> {
    let all = dsl::accounts.inner_join(organisations::table).order(dsl::id).select(stored_columns!());
    Ok(all.load::<StoredRow>(conn)?.into_iter().map(stored_of).collect())
}

/// One that the caller keeps, and of this kind; [`DbError::NotFound`] for all others.
pub fn kept(conn: &mut Conn, reach: Reach, kind: AccountKind, id: AccountId) -> Result<StoredAccount, DbError> {
    let found = stored(conn, id)?;
    let is_meant = found.kind == kind && reach.keeps_accounts_of(found.caller.organisation);
    if is_meant { Ok(found) } else { Err(DbError::NotFound) }
}

/// A page of the accounts of a kind of an organisation that were not ended, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    kind: AccountKind,
    order: Order,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredAccount>, DbError> {
    let query = dsl::accounts
        .inner_join(organisations::table)
        .filter(dsl::organisation_id.eq(organisation))
        .filter(dsl::kind.eq(Coded(kind)))
        .filter(dsl::ended_at.is_null())
        .select(stored_columns!())
        .limit(limit.one_more())
        .into_boxed();
    let query = behind!(query, dsl::id, AccountId, after, order);
    Ok(query.load::<StoredRow>(conn)?.into_iter().map(stored_of).collect())
}

/// The people who have one of these roles and have not left, of an organisation or of all: whom something is told.
pub fn people_with(conn: &mut Conn, of: Option<OrganisationId>, roles: &[Role]) -> Result<Vec<AccountId>, DbError> {
    let mut found = Vec::new();
    for role in roles {
        let mut query = dsl::accounts
            .filter(dsl::kind.eq(Coded(AccountKind::Person)))
            .filter(dsl::ended_at.is_null())
            .filter(dsl::roles.like(CodedSet::holding(*role)))
            .select(dsl::id)
            .into_boxed();
        if let Some(organisation) = of {
            query = query.filter(dsl::organisation_id.eq(organisation));
        }
        found.extend(query.load::<AccountId>(conn)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Whether an organisation works already: somebody who does more than oversee has, or had, an account of it that was theirs.
pub fn works(conn: &mut Conn, organisation: OrganisationId) -> Result<bool, DbError> {
    type Row = (Coded<AccountKind>, CodedSet<Role>, Option<Instant>, Option<Instant>);
    let of = dsl::accounts.filter(dsl::organisation_id.eq(organisation));
    let rows: Vec<Row> = of.select((dsl::kind, dsl::roles, dsl::accepted_at, dsl::ended_at)).load(conn)?;
    let shows = |(kind, roles, accepted, ended): Row| {
        shows_work(kind.0, roles.0.into_iter().collect(), accepted.is_some(), ended.is_some())
    };
    Ok(rows.into_iter().any(shows))
}

/// Puts other roles in the place of those of a person.
pub fn set_roles(turn: &mut Turn<'_>, id: AccountId, roles: Roles) -> Result<(), DbError> {
    let roles = CodedSet(roles.iter().collect::<Vec<_>>());
    diesel::update(dsl::accounts.find(id)).set(dsl::roles.eq(roles)).execute(turn.conn)?;
    Ok(())
}

/// A secret of a tool, as far as it can be shown.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    /// Its id.
    pub id: SecretId,
    /// The tool.
    pub account: AccountId,
    /// Who was shown it.
    pub shown_to: Option<AccountId>,
    /// Whether whoever was shown it has left.
    pub shown_to_departed: bool,
    /// Since when it is good.
    pub created_at: Instant,
    /// Until when.
    pub expires_at: Option<Instant>,
    /// When it was last used, to five minutes.
    pub last_used_at: Option<Instant>,
}

/// The secrets of these tools that were not ended, oldest first; those that have run out too.
pub fn secrets(conn: &mut Conn, of: &[AccountId]) -> Result<Vec<StoredSecret>, DbError> {
    type Row = (SecretId, AccountId, Option<AccountId>, Instant, Option<Instant>, Option<Instant>);
    let rows: Vec<Row> = secret::account_secrets
        .filter(secret::account_id.eq_any(of.to_vec()))
        .filter(secret::ended_at.is_null())
        .order(secret::id)
        .select((
            secret::id,
            secret::account_id,
            secret::created_by_id,
            secret::created_at,
            secret::expires_at,
            secret::last_used_at,
        ))
        .load(conn)?;
    let shown: Vec<AccountId> = rows.iter().filter_map(|row| row.2).collect();
    let departed: Vec<AccountId> =
        dsl::accounts.filter(dsl::id.eq_any(shown)).filter(dsl::ended_at.is_not_null()).select(dsl::id).load(conn)?;
    let row = |(id, account, shown_to, created_at, expires_at, last_used_at): Row| StoredSecret {
        id,
        account,
        shown_to,
        shown_to_departed: shown_to.is_some_and(|by| departed.contains(&by)),
        created_at,
        expires_at,
        last_used_at,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The tools that go on by a secret which somebody was shown.
pub fn tools_shown_to(conn: &mut Conn, id: AccountId) -> Result<Vec<StoredAccount>, DbError> {
    let shown =
        secret::account_secrets.filter(secret::created_by_id.eq(id)).filter(secret::ended_at.is_null()).select(secret::account_id);
    let found = dsl::accounts.inner_join(organisations::table).filter(dsl::id.eq_any(shown)).filter(dsl::ended_at.is_null());
    Ok(found.order(dsl::id).select(stored_columns!()).load::<StoredRow>(conn)?.into_iter().map(stored_of).collect())
}

/// Ends a secret of a tool: whoever comes with it is a stranger.
pub fn end_secret(turn: &mut Turn<'_>, id: SecretId) -> Result<(), DbError> {
    diesel::update(secret::account_secrets.find(id)).set(secret::ended_at.eq(Some(turn.now))).execute(turn.conn)?;
    Ok(())
}

/// Writes down that a secret is used.
pub fn used(conn: &mut Conn, now: Instant, id: SecretId) -> Result<(), DbError> {
    diesel::update(secret::account_secrets.find(id)).set(secret::last_used_at.eq(Some(now))).execute(conn)?;
    Ok(())
}
