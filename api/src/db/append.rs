//! What only grows, written together: on PostgreSQL one statement and so one round trip, on SQLite one statement a row.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, RunQueryDsl, SqliteConnection};

use super::access_log::NewEntry;
use super::events::NewEvent;
use super::idempotency::NewKey;
use super::jobs::NewJob;
use super::quotas::NewUse;
use super::schema::{access_log, events, idempotency_keys, jobs, quota_uses};
use super::{Conn, DbError};

/// A statement that both databases understand.
trait Statement: QueryFragment<Pg> + QueryFragment<Sqlite> {}

impl<T: QueryFragment<Pg> + QueryFragment<Sqlite>> Statement for T {}

/// Statements that change different tables, as one (`WITH … AS (INSERT …)`). Each has the same text for the same number of rows, so it is
/// prepared once.
struct Together<'s>(&'s [Box<dyn Statement + 's>]);

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, first)) = self.0.split_last() else { return Ok(()) };
        for (number, statement) in first.iter().enumerate() {
            out.push_sql(if number == 0 { "WITH s" } else { ", s" });
            out.push_sql(&number.to_string());
            out.push_sql(" AS (");
            QueryFragment::<Pg>::walk_ast(&**statement, out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ");
        QueryFragment::<Pg>::walk_ast(&**last, out)
    }
}

impl QueryId for Together<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for Together<'_> {}

/// One of them.
struct Alone<'s>(&'s dyn Statement);

impl QueryFragment<Sqlite> for Alone<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        QueryFragment::<Sqlite>::walk_ast(self.0, out)
    }
}

impl QueryId for Alone<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Alone<'_> {}

/// Writes rows of the five tables to which rows are only added. Triggers move the heads of the two logs on.
pub(super) fn append(
    conn: &mut Conn,
    events: Vec<NewEvent>,
    jobs: Vec<NewJob>,
    key: Option<NewKey>,
    reads: Vec<NewEntry>,
    uses: Vec<NewUse>,
) -> Result<(), DbError> {
    let mut statements: Vec<Box<dyn Statement>> = Vec::new();
    for event in events {
        statements.push(Box::new(diesel::insert_into(events::table).values(event)));
    }
    for job in jobs {
        statements.push(Box::new(diesel::insert_into(jobs::table).values(job)));
    }
    if let Some(key) = key {
        statements.push(Box::new(diesel::insert_into(idempotency_keys::table).values(key)));
    }
    for read in reads {
        statements.push(Box::new(diesel::insert_into(access_log::table).values(read)));
    }
    for used in uses {
        statements.push(Box::new(diesel::insert_into(quota_uses::table).values(used)));
    }
    if statements.is_empty() {
        return Ok(());
    }
    match conn {
        // A batch keeps one statement from growing without end.
        Conn::Pg(pg) => {
            for some in statements.chunks(AT_ONCE) {
                Together(some).execute(pg)?;
            }
        }
        Conn::Sqlite(sqlite) => {
            for statement in &statements {
                Alone(&**statement).execute(sqlite)?;
            }
        }
    }
    Ok(())
}

/// Statements that are put together at most.
const AT_ONCE: usize = 50;
