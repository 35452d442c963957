//! The log of reads: who was shown which requests, contacts or entries of a log. Written before the answer leaves; it only grows, chained as
//! the events are.

use diesel::prelude::*;
use matcher::Code as _;
use uuid::Uuid;

use super::append::append;
use super::chain::{self, Verdict};
use super::schema::{access_log, access_log_head};
use super::types::{Coded, Document};
use super::{Conn, DbError, Shown};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{By, RecordKind};
use crate::paging::{Cursor, Order, PageLimit, behind};

/// A row of the log: one for each kind of record that an answer shows, with the ids beside it.
#[derive(Debug, Insertable, Queryable)]
#[diesel(table_name = access_log, treat_none_as_default_value = false)]
pub(super) struct Row {
    position: i64,
    at: Instant,
    account_id: Option<AccountId>,
    organisation_id: OrganisationId,
    operation: String,
    record_kind: Coded<RecordKind>,
    record_ids: Document<Vec<Uuid>>,
    hash: Vec<u8>,
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
pub(super) fn chained(conn: &mut Conn, now: Instant, access: Access, shown: Shown) -> Result<Vec<Row>, DbError> {
    let head = access_log_head::table.select((access_log_head::position, access_log_head::hash));
    let (mut position, mut before): (i64, Option<Vec<u8>>) = match conn {
        Conn::Pg(pg) => head.for_update().get_result(pg)?,
        Conn::Sqlite(sqlite) => head.get_result(sqlite)?,
    };
    let rows = shown.by_kind().map(|(kind, records)| {
        position = position.saturating_add(1);
        let mut row = Row {
            position,
            at: now,
            account_id: access.by.account,
            organisation_id: access.by.organisation,
            operation: access.operation.to_owned(),
            record_kind: Coded(kind),
            record_ids: Document(records),
            hash: Vec::new(),
        };
        row.hash = row.chained(before.as_deref());
        before = Some(row.hash.clone());
        row
    });
    Ok(rows.collect())
}

impl Row {
    fn chained(&self, before: Option<&[u8]>) -> Vec<u8> {
        let ids: Vec<u8> = self.record_ids.0.iter().flat_map(|id| id.as_bytes()).copied().collect();
        chain::hash(
            before,
            &[
                &self.position.to_be_bytes(),
                self.at.to_string().as_bytes(),
                &self.account_id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
                self.organisation_id.0.as_bytes(),
                self.operation.as_bytes(),
                self.record_kind.0.as_str().as_bytes(),
                &ids,
            ],
        )
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
    let query = access_log::table.limit(limit.one_more()).into_boxed();
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
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| StoredAccess {
            position: row.position,
            at: row.at,
            by: By { account: row.account_id, organisation: row.organisation_id },
            operation: row.operation,
            kind: row.record_kind.0,
            records: row.record_ids.0,
        })
        .collect())
}

/// Walks the log from its beginning and checks every hash and that none is missing.
pub fn verify(conn: &mut Conn) -> Result<Verdict, DbError> {
    const AT_ONCE: i64 = 1_000;
    let (head, head_hash): (i64, Option<Vec<u8>>) =
        access_log_head::table.select((access_log_head::position, access_log_head::hash)).get_result(conn)?;
    let (mut last, mut before): (i64, Option<Vec<u8>>) = (0, None);
    loop {
        let rows: Vec<Row> =
            access_log::table.filter(access_log::position.gt(last)).order(access_log::position).limit(AT_ONCE).load(conn)?;
        if rows.is_empty() {
            let sound = last == head && before == head_hash;
            return Ok(if sound { Verdict::Sound(last) } else { Verdict::Broken(last.saturating_add(1)) });
        }
        for row in rows {
            let expected = last.saturating_add(1);
            if row.position != expected || row.hash != row.chained(before.as_deref()) {
                return Ok(Verdict::Broken(expected));
            }
            (last, before) = (row.position, Some(row.hash));
        }
    }
}
