//! The log of reads: who was shown which requests, contacts or entries of a log. Written before the answer leaves; it only grows, chained as
//! the events are.

use diesel::prelude::*;
use matcher::Code as _;
use uuid::Uuid;

use super::append::append;
use super::chain::{ChainKey, Link, Log};
use super::events::known_kinds;
use super::schema::{access_log, access_log_head};
use super::types::{Coded, Document};
use super::{Conn, DbError, Shown, keys};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{By, RecordKind};
use crate::paging::{Cursor, Order, PageLimit, behind};

/// What an entry says, one for each kind of record that an answer shows, with the ids beside it: all that its hash is over.
#[derive(Debug, Insertable, Queryable)]
#[diesel(table_name = access_log, treat_none_as_default_value = false)]
pub(super) struct Said {
    position: i64,
    at: Instant,
    account_id: Option<AccountId>,
    organisation_id: OrganisationId,
    operation: String,
    /// As text: while a release is rolled out a newer program writes kinds that this one does not know.
    record_kind: String,
    record_ids: Document<Vec<Uuid>>,
}

type SaidColumns = (
    access_log::position,
    access_log::at,
    access_log::account_id,
    access_log::organisation_id,
    access_log::operation,
    access_log::record_kind,
    access_log::record_ids,
);

const SAID: SaidColumns = (
    access_log::position,
    access_log::at,
    access_log::account_id,
    access_log::organisation_id,
    access_log::operation,
    access_log::record_kind,
    access_log::record_ids,
);

/// An entry as it is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = access_log, treat_none_as_default_value = false)]
pub(super) struct NewEntry {
    #[diesel(embed)]
    said: Said,
    hash: Vec<u8>,
}

/// An entry as it stands in the log, whoever put it there.
#[derive(Queryable)]
pub(super) struct Entry {
    said: Said,
    hash: Option<Vec<u8>>,
}

impl Entry {
    /// What was read with, by whom and when.
    pub(super) fn reading(&self) -> (&str, By, Instant) {
        let Said { operation, account_id, organisation_id, at, .. } = &self.said;
        (operation, By { account: *account_id, organisation: *organisation_id }, *at)
    }
}

/// Who reads, and by which operation.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Who; the holder of a link reads for the organisation it was sent to.
    pub by: By,
    /// The operationId.
    pub operation: &'static str,
}

/// A read as it was written.
#[derive(Clone, Debug)]
pub struct StoredAccess {
    /// Its place in the log: from 1, without gaps.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: By,
    /// The operationId.
    pub operation: String,
    /// What kind of record.
    pub kind: RecordKind,
    /// Which records.
    pub records: Vec<Uuid>,
}

/// What a reading of a log is narrowed by; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Only what was done for this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only what this account did.
    pub account: Option<AccountId>,
    /// Only of records of this kind.
    pub kind: Option<RecordKind>,
    /// Only of this record.
    pub record: Option<Uuid>,
    /// Only by this operation or command.
    pub operation: Option<String>,
    /// Only then or since.
    pub since: Option<Instant>,
    /// Only before that.
    pub until: Option<Instant>,
}

/// Notes what was shown, in a transaction that takes no turn among writers.
pub fn record(conn: &mut Conn, now: Instant, access: Access, shown: Shown) -> Result<(), DbError> {
    let rows = chained(conn, now, access, shown)?;
    append(conn, Vec::new(), Vec::new(), None, rows, Vec::new())
}

/// Waits for those who are just noting something: what is counted with it is counted by one after the other. On SQLite the transaction has waited.
pub fn queue_up(conn: &mut Conn) -> Result<(), DbError> {
    if let Conn::Pg(pg) = conn {
        access_log_head::table.select(access_log_head::position).for_update().get_result::<i64>(pg)?;
    }
    Ok(())
}

/// The rows that note what was shown. On PostgreSQL whoever notes something waits here for the others who do: readings, and
/// commands, which come here at their very end.
pub(super) fn chained(conn: &mut Conn, now: Instant, access: Access, shown: Shown) -> Result<Vec<NewEntry>, DbError> {
    let key = keys::current()?.chain(Log::AccessLog);
    let head = access_log_head::table.select((access_log_head::position, access_log_head::hash));
    let (mut position, mut before): (i64, Option<Vec<u8>>) = match conn {
        Conn::Pg(pg) => head.for_update().get_result(pg)?,
        Conn::Sqlite(sqlite) => head.get_result(sqlite)?,
    };
    let rows = shown.by_kind().map(|(kind, records)| {
        position = position.saturating_add(1);
        let said = Said {
            position,
            at: now,
            account_id: access.by.account,
            organisation_id: access.by.organisation,
            operation: access.operation.to_owned(),
            record_kind: kind.as_str().to_owned(),
            record_ids: Document(records),
        };
        let hash = said.chained(&key, position, before.as_deref());
        before = Some(hash.clone());
        NewEntry { said, hash }
    });
    Ok(rows.collect())
}

impl Said {
    fn chained(&self, key: &ChainKey, position: i64, before: Option<&[u8]>) -> Vec<u8> {
        let ids: Vec<u8> = self.record_ids.0.iter().flat_map(|id| id.as_bytes()).copied().collect();
        key.hash(
            before,
            &[
                &position.to_be_bytes(),
                self.at.to_string().as_bytes(),
                &self.account_id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
                self.organisation_id.0.as_bytes(),
                self.operation.as_bytes(),
                self.record_kind.as_bytes(),
                &ids,
            ],
        )
    }
}

impl Link for Entry {
    const LOG: Log = Log::AccessLog;

    fn position(&self) -> i64 {
        self.said.position
    }

    fn at(&self) -> Instant {
        self.said.at
    }

    fn hash(&self) -> Option<&[u8]> {
        self.hash.as_deref()
    }

    fn chained(&self, key: &ChainKey, position: i64, before: Option<&[u8]>) -> Vec<u8> {
        self.said.chained(key, position, before)
    }

    fn behind(conn: &mut Conn, position: i64, at_most: i64) -> Result<Vec<Self>, DbError> {
        let behind = access_log::table.filter(access_log::position.gt(position)).order(access_log::position).limit(at_most);
        Ok(behind.select((SAID, access_log::hash.nullable())).load(conn)?)
    }

    fn head(conn: &mut Conn) -> Result<(i64, Option<Vec<u8>>), DbError> {
        Ok(access_log_head::table.select((access_log_head::position, access_log_head::hash)).get_result(conn)?)
    }
}

/// The place in a log that an id of a cursor stands for.
pub(super) fn place(id: Uuid) -> i64 {
    Cursor(id).position()
}

/// A page of the log, in an order, and one more row if there is one.
pub fn list(
    conn: &mut Conn,
    filter: &LogFilter,
    order: Order,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredAccess>, DbError> {
    let known = access_log::table.filter(access_log::record_kind.eq_any(known_kinds()));
    let query = known.select(SAID).limit(limit.one_more()).into_boxed();
    let mut query = behind!(query, access_log::position, place, after, order);
    if let Some(organisation) = filter.organisation {
        query = query.filter(access_log::organisation_id.eq(organisation));
    }
    if let Some(account) = filter.account {
        query = query.filter(access_log::account_id.eq(account));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(access_log::record_kind.eq(Coded(kind)));
    }
    if let Some(record) = filter.record {
        // The ids of a row are one document, which both databases write as text; an id holds no wildcard.
        let ids = diesel::dsl::sql::<diesel::sql_types::Text>("CAST(record_ids AS text)");
        query = query.filter(ids.like(format!("%{record}%")));
    }
    if let Some(operation) = &filter.operation {
        query = query.filter(access_log::operation.eq(operation.clone()));
    }
    if let Some(since) = filter.since {
        query = query.filter(access_log::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(access_log::at.lt(until));
    }
    let rows: Vec<Said> = query.load(conn)?;
    let stored = |row: Said| {
        Ok(StoredAccess {
            position: row.position,
            at: row.at,
            by: By { account: row.account_id, organisation: row.organisation_id },
            operation: row.operation,
            kind: row.record_kind.parse().map_err(DbError::damaged)?,
            records: row.record_ids.0,
        })
    };
    rows.into_iter().map(stored).collect()
}
