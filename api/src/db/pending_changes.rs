//! Changes that wait for a second person's word.

use diesel::prelude::*;
use matcher::Code as _;
use serde_json::json;

use super::schema::pending_changes::{self, dsl};
use super::types::{Coded, Document};
use super::{Conn, DbError, Turn, keys};
use crate::clock::Instant;
use crate::domain::four_eyes::{Change, ChangeKind, ChangeOutcome};
use crate::domain::ids::{AccountId, OrganisationId, PendingChangeId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::{About, Noted};
use crate::paging::{Cursor, Order, PageLimit, behind};

#[derive(Queryable)]
struct Row {
    id: PendingChangeId,
    organisation_id: OrganisationId,
    account_id: Option<AccountId>,
    _kind: String,
    change: Document<Change>,
    asked_by_id: Option<AccountId>,
    asked_at: Instant,
    code_hash: Option<Vec<u8>>,
    proved_at: Option<Instant>,
    approved_by_id: Option<AccountId>,
    approved_at: Option<Instant>,
    due_at: Option<Instant>,
    ended_at: Option<Instant>,
    outcome: Option<Coded<ChangeOutcome>>,
}

/// A change that waits, or what became of it.
#[derive(Clone, Debug)]
pub struct PendingChange {
    /// Its id.
    pub id: PendingChangeId,
    /// The organisation it is about.
    pub organisation: OrganisationId,
    /// The account it is about, where it is about roles.
    pub account: Option<AccountId>,
    /// What would change.
    pub change: Change,
    /// Who asked for it; none: the operator.
    pub asked_by: Option<AccountId>,
    /// When.
    pub asked_at: Instant,
    /// What is kept of the code that was sent to the address.
    code_hash: Option<Vec<u8>>,
    /// When somebody who reads the address proved it.
    pub proved_at: Option<Instant>,
    /// The second person; none: nobody yet, or the operator.
    pub approved_by: Option<AccountId>,
    /// When they gave their word.
    pub approved_at: Option<Instant>,
    /// When it counts, where all that it needs is there.
    pub due_at: Option<Instant>,
    /// When it was decided.
    pub ended_at: Option<Instant>,
    /// What became of it.
    pub outcome: Option<ChangeOutcome>,
}

impl From<Row> for PendingChange {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            organisation: row.organisation_id,
            account: row.account_id,
            change: row.change.0,
            asked_by: row.asked_by_id,
            asked_at: row.asked_at,
            code_hash: row.code_hash,
            proved_at: row.proved_at,
            approved_by: row.approved_by_id,
            approved_at: row.approved_at,
            due_at: row.due_at,
            ended_at: row.ended_at,
            outcome: row.outcome.map(|outcome| outcome.0),
        }
    }
}

impl Noted for PendingChange {
    fn about(&self) -> About {
        let outcome = self.outcome.map(ChangeOutcome::as_str);
        About::of(self.id, self.organisation).standing(json!({
            "change": self.change.kind().as_str(), "account_id": self.account, "approved": self.approved_at.is_some(),
            "proved": self.proved_at.is_some(), "due_at": self.due_at, "outcome": outcome,
        }))
    }
}

impl PendingChange {
    /// Whether a code is the one that was sent.
    pub fn is_proved_by(&self, code: &OneTimeCode) -> Result<bool, DbError> {
        Ok(self.code_hash.as_deref() == Some(code_hash(code)?.as_slice()))
    }
}

/// What is kept of a code: a hash under a key that is not in the database.
fn code_hash(code: &OneTimeCode) -> Result<Vec<u8>, DbError> {
    keys::current()?.hash("address_code", &code.hash())
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An organisation.
    Organisation(OrganisationId),
    /// An account of one.
    Account(OrganisationId, AccountId),
}

/// Keeps a change that waits.
pub fn insert(turn: &mut Turn<'_>, subject: Subject, change: &Change) -> Result<PendingChange, DbError> {
    let (organisation, account) = match subject {
        Subject::Organisation(organisation) => (organisation, None),
        Subject::Account(organisation, account) => (organisation, Some(account)),
    };
    let (id, asked_by) = (PendingChangeId::new(), turn.author().by.and_then(|by| by.account));
    diesel::insert_into(pending_changes::table)
        .values((
            dsl::id.eq(id),
            dsl::organisation_id.eq(organisation),
            dsl::account_id.eq(account),
            dsl::kind.eq(Coded(change.kind())),
            dsl::change.eq(Document(change.clone())),
            dsl::asked_by_id.eq(asked_by),
            dsl::asked_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    find(turn.conn, id)
}

/// One of them, decided or not.
pub fn find(conn: &mut Conn, id: PendingChangeId) -> Result<PendingChange, DbError> {
    Ok(dsl::pending_changes.find(id).first::<Row>(conn)?.into())
}

/// What waits of a kind about somebody or something.
pub fn waiting_of(conn: &mut Conn, subject: Subject, kind: ChangeKind) -> Result<Vec<PendingChange>, DbError> {
    let open = dsl::pending_changes.filter(dsl::ended_at.is_null()).filter(dsl::kind.eq(Coded(kind))).into_boxed();
    let query = match subject {
        Subject::Organisation(organisation) => open.filter(dsl::organisation_id.eq(organisation)),
        Subject::Account(_, account) => open.filter(dsl::account_id.eq(account)),
    };
    Ok(query.order(dsl::id).load::<Row>(conn)?.into_iter().map(PendingChange::from).collect())
}

/// A page of what waits, the oldest first, and one more if there is one.
pub fn waiting(conn: &mut Conn, after: Option<Cursor>, limit: PageLimit) -> Result<Vec<PendingChange>, DbError> {
    let open = dsl::pending_changes.filter(dsl::ended_at.is_null()).limit(limit.one_more()).into_boxed();
    let query = behind!(open, dsl::id, PendingChangeId, after, Order::Oldest);
    Ok(query.load::<Row>(conn)?.into_iter().map(PendingChange::from).collect())
}

/// Those whose time to count has come, all of them or some.
pub fn due(conn: &mut Conn, now: Instant, at_most: Option<i64>) -> Result<Vec<PendingChange>, DbError> {
    let mut query = dsl::pending_changes.filter(dsl::due_at.le(now)).order((dsl::due_at, dsl::id)).into_boxed();
    if let Some(at_most) = at_most {
        query = query.limit(at_most);
    }
    Ok(query.load::<Row>(conn)?.into_iter().map(PendingChange::from).collect())
}

/// Whether there is any.
pub fn any_due(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    let first: Option<PendingChangeId> = dsl::pending_changes.filter(dsl::due_at.le(now)).select(dsl::id).first(conn).optional()?;
    Ok(first.is_some())
}

/// Writes how one stands.
pub fn update(turn: &mut Turn<'_>, changed: &PendingChange) -> Result<(), DbError> {
    diesel::update(dsl::pending_changes.find(changed.id))
        .set((
            dsl::proved_at.eq(changed.proved_at),
            dsl::approved_by_id.eq(changed.approved_by),
            dsl::approved_at.eq(changed.approved_at),
            dsl::due_at.eq(changed.due_at),
            dsl::ended_at.eq(changed.ended_at),
            dsl::outcome.eq(changed.outcome.map(Coded)),
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// Makes the code that is sent to an address, and keeps its hash: made when the mail is written, so that no job holds one.
pub fn make_code(conn: &mut Conn, id: PendingChangeId) -> Result<OneTimeCode, DbError> {
    let code = OneTimeCode::new().map_err(DbError::unavailable)?;
    diesel::update(dsl::pending_changes.find(id)).set(dsl::code_hash.eq(Some(code_hash(&code)?))).execute(conn)?;
    Ok(code)
}
