//! The log of reads: who read which request or referral. Written before the answer leaves; it only grows, chained as the events are.

use diesel::prelude::*;
use matcher::Code as _;

use super::chain::{self, Verdict};
use super::schema::{access_log, access_log_head};
use super::types::{Coded, Guid, Instant};
use super::{Conn, DbError};
use crate::domain::RecordKind;
use crate::paging::{Cursor, PageLimit};

#[derive(Insertable, Queryable)]
#[diesel(table_name = access_log)]
struct Row {
    position: i64,
    at: Instant,
    client_id: Option<Guid>,
    organisation_id: Option<Guid>,
    operation: String,
    record_kind: Coded<RecordKind>,
    record_id: Guid,
    hash: Vec<u8>,
}

/// Who reads what.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The client; none for the holder of a link.
    pub client: Option<Guid>,
    /// The organisation it acts for, or the link was sent to.
    pub organisation: Guid,
    /// The operationId.
    pub operation: &'static str,
    /// What kind of record.
    pub kind: RecordKind,
}

/// A read as it was written.
#[derive(Clone, Debug)]
pub struct StoredAccess {
    /// Its place in the log: from 1, without gaps.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// By which client.
    pub client: Option<Guid>,
    /// For which organisation.
    pub organisation: Option<Guid>,
    /// The operationId.
    pub operation: String,
    /// What kind of record.
    pub kind: RecordKind,
    /// Which record.
    pub record: Guid,
}

/// Notes that these records are read. On PostgreSQL readers take turns at the head of this log, and never wait for writers.
pub fn record(conn: &mut Conn, now: Instant, access: Access, records: &[Guid]) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let head = access_log_head::table.select((access_log_head::position, access_log_head::hash));
    let (mut position, mut before): (i64, Option<Vec<u8>>) = match conn {
        Conn::Pg(pg) => head.for_update().get_result(pg)?,
        Conn::Sqlite(sqlite) => head.get_result(sqlite)?,
    };
    for id in records {
        position = position.saturating_add(1);
        let mut row = Row {
            position,
            at: now,
            client_id: access.client,
            organisation_id: Some(access.organisation),
            operation: access.operation.to_owned(),
            record_kind: Coded(access.kind),
            record_id: *id,
            hash: Vec::new(),
        };
        row.hash = row.link(before.as_deref());
        before = Some(row.hash.clone());
        diesel::insert_into(access_log::table).values(row).execute(conn)?;
    }
    diesel::update(access_log_head::table)
        .set((access_log_head::position.eq(position), access_log_head::hash.eq(before)))
        .execute(conn)?;
    Ok(())
}

impl Row {
    fn link(&self, before: Option<&[u8]>) -> Vec<u8> {
        let id = |id: Option<Guid>| id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default();
        chain::link(
            before,
            &[
                &self.position.to_be_bytes(),
                self.at.to_string().as_bytes(),
                &id(self.client_id),
                &id(self.organisation_id),
                self.operation.as_bytes(),
                self.record_kind.0.as_str().as_bytes(),
                self.record_id.0.as_bytes(),
            ],
        )
    }
}

/// A page of the log, in order, and one more row if there is one.
pub fn list(conn: &mut Conn, after: Option<Cursor>, limit: PageLimit) -> Result<Vec<StoredAccess>, DbError> {
    let mut query = access_log::table.order(access_log::position).limit(limit.one_more()).into_boxed();
    if let Some(after) = after {
        query = query.filter(access_log::position.gt(after.position()));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| StoredAccess {
            position: row.position,
            at: row.at,
            client: row.client_id,
            organisation: row.organisation_id,
            operation: row.operation,
            kind: row.record_kind.0,
            record: row.record_id,
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
            if row.position != expected || row.hash != row.link(before.as_deref()) {
                return Ok(Verdict::Broken(expected));
            }
            (last, before) = (row.position, Some(row.hash));
        }
    }
}
