//! The log of commands: one event each, in the transaction that did it. It is the feed of the engine's snapshot.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use matcher::Code as _;

use super::schema::{event_head, events};
use super::types::{Guid, Instant};
use super::{Conn, DbError, Tx};
use crate::domain::RecordKind;

#[derive(Insertable)]
#[diesel(table_name = events)]
struct NewEvent<'a> {
    position: i64,
    at: Instant,
    client_id: Option<Guid>,
    command: &'a str,
    record_kind: &'a str,
    record_id: Guid,
}

/// Who did what to which record.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The client, none for the command line.
    pub client: Option<Guid>,
    /// The operationId, or the command line's verb.
    pub command: &'a str,
    /// What kind of record.
    pub kind: RecordKind,
    /// Which record.
    pub record: Guid,
}

/// Waits until it is this transaction's turn to write: on PostgreSQL the row every event moves on, on SQLite nothing, since
/// `BEGIN IMMEDIATE` has waited already.
pub(super) fn take_turn(conn: &mut Conn) -> Result<(), DbError> {
    if let Conn::Pg(pg) = conn {
        event_head::table.select(event_head::position).for_update().get_result::<i64>(pg)?;
    }
    Ok(())
}

/// Writes the event of this transaction's command.
pub fn record(tx: &mut Tx<'_>, event: Event<'_>) -> Result<(), DbError> {
    let position = diesel::update(event_head::table)
        .set(event_head::position.eq(event_head::position + 1))
        .returning(event_head::position)
        .get_result::<i64>(tx.conn)?;
    diesel::insert_into(events::table)
        .values(NewEvent {
            position,
            at: tx.now,
            client_id: event.client,
            command: event.command,
            record_kind: event.kind.as_str(),
            record_id: event.record,
        })
        .execute(tx.conn)?;
    Ok(())
}

/// The position of the last event.
pub fn head(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(event_head::table.select(event_head::position).get_result(conn)?)
}

/// The units that the events behind `position` may have changed, each once.
pub fn units_changed_since(conn: &mut Conn, position: i64) -> Result<Vec<Guid>, DbError> {
    use super::schema::{units, vacancies};
    let of_kind = |kind: RecordKind| {
        events::table
            .filter(events::position.gt(position.into_sql::<BigInt>()))
            .filter(events::record_kind.eq(kind.as_str()))
            .select(events::record_id)
    };
    let mut changed: Vec<Guid> = of_kind(RecordKind::Unit).load(conn)?;
    changed.extend(
        units::table.filter(units::structure_id.eq_any(of_kind(RecordKind::Structure))).select(units::id).load::<Guid>(conn)?,
    );
    changed.extend(
        vacancies::table
            .filter(vacancies::id.eq_any(of_kind(RecordKind::Vacancy)))
            .select(vacancies::unit_id)
            .load::<Guid>(conn)?,
    );
    changed.sort_unstable();
    changed.dedup();
    Ok(changed)
}
