//! The one small question: the last position, the database's time, and the earliest instant at which time itself changes something.
//!
//! Readers share it, writers ask it as they take their turn. What is due by the time it tells is done before anything else.

use diesel::prelude::*;

use super::schema::{event_head, pending_changes, referrals, requests};
use super::types::sql;
use super::{Conn, DbError};
use crate::clock::{Clock, Instant};

/// How things stand at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// The position of the last event.
    pub position: i64,
    /// Now: by the database's clock on PostgreSQL, so that all instances agree; by this machine's on SQLite, which serves one.
    pub now: Instant,
    /// When the next thing is due; none where nothing waits.
    pub due_at: Option<Instant>,
}

impl Pulse {
    /// Whether something is due.
    pub fn is_due(self) -> bool {
        self.due_at.is_some_and(|due| due <= self.now)
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The time at which it is asked, not that of the transaction's beginning.
    fn clock_timestamp() -> sql::Instant;
}

/// The earliest of what is due. By an expression the index answers: a comparison with the clock inside the statement would read the table.
macro_rules! next_due {
    () => {
        referrals::table.filter(referrals::due_at.is_not_null()).order(referrals::due_at).select(referrals::due_at).single_value()
    };
}

/// The earliest hour at which a request comes back to its organisation, asked in the same way.
macro_rules! next_return {
    () => {
        requests::table
            .filter(requests::lent_until.is_not_null())
            .order(requests::lent_until)
            .select(requests::lent_until)
            .single_value()
    };
}

/// The earliest instant at which a change that a second person gave their word on counts, asked in the same way.
macro_rules! next_change {
    () => {
        pending_changes::table
            .filter(pending_changes::due_at.is_not_null())
            .order(pending_changes::due_at)
            .select(pending_changes::due_at)
            .single_value()
    };
}

fn earliest(all: [Option<Instant>; 3]) -> Option<Instant> {
    all.into_iter().flatten().min()
}

/// Asks, outside of any turn.
pub(super) fn ask(conn: &mut Conn, clock: &Clock) -> Result<Pulse, DbError> {
    match conn {
        Conn::Pg(pg) => {
            let columns = (event_head::position, clock_timestamp(), next_due!(), next_return!(), next_change!());
            let (position, now, due_at, return_at, change_at): (i64, Instant, Option<Instant>, Option<Instant>, Option<Instant>) =
                event_head::table.select(columns).get_result(pg)?;
            Ok(Pulse { position, now: clock.moved(now), due_at: earliest([due_at, return_at, change_at]) })
        }
        Conn::Sqlite(sqlite) => {
            // Before the database is asked: what is due then is due by what was committed until now.
            let now = clock.now();
            let (position, due_at, return_at, change_at): (i64, Option<Instant>, Option<Instant>, Option<Instant>) =
                event_head::table.select((event_head::position, next_due!(), next_return!(), next_change!())).get_result(sqlite)?;
            Ok(Pulse { position, now, due_at: earliest([due_at, return_at, change_at]) })
        }
    }
}

/// The hash of the last event; none before there is one.
type Hash = Option<Vec<u8>>;

/// When something is due; none where nothing is.
type Due = Option<Instant>;

/// Takes the turn to write, and asks: on PostgreSQL by the lock on the row that every event moves on, on SQLite by the transaction, which
/// has waited already. Gives the hash of the last event too.
pub(super) fn locked(conn: &mut Conn, clock: &Clock) -> Result<(Pulse, Option<Vec<u8>>), DbError> {
    match conn {
        Conn::Pg(pg) => {
            let columns = (event_head::position, event_head::hash, clock_timestamp(), next_due!(), next_return!(), next_change!());
            let (position, hash, now, due_at, return_at, change_at): (i64, Hash, Instant, Due, Due, Due) =
                event_head::table.select(columns).for_update().get_result(pg)?;
            Ok((Pulse { position, now: clock.moved(now), due_at: earliest([due_at, return_at, change_at]) }, hash))
        }
        Conn::Sqlite(sqlite) => {
            let columns = (event_head::position, event_head::hash, next_due!(), next_return!(), next_change!());
            let (position, hash, due_at, return_at, change_at): (i64, Hash, Due, Due, Due) =
                event_head::table.select(columns).get_result(sqlite)?;
            Ok((Pulse { position, now: clock.now(), due_at: earliest([due_at, return_at, change_at]) }, hash))
        }
    }
}
