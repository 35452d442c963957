//! The databases: one connection type over SQLite and PostgreSQL, and the only two ways to use it, [`Db::read`] and [`Db::write`].
//!
//! Owns pools, transactions, retries and migrations. Query functions live in one file a resource and take `&mut Conn`.
//! Never decides who may do what, and knows no HTTP.

pub mod access_log;
mod chain;
pub mod clients;
pub mod error;
pub mod events;
pub mod idempotency;
pub mod jobs;
pub mod keep_apart;
pub mod link_keys;
pub mod organisations;
pub mod plans;
pub mod referrals;
pub mod refusals;
pub mod requests;
pub mod schema;
pub mod sessions;
pub mod structures;
pub mod types;
pub mod units;
pub mod vacancies;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use parking_lot::{Mutex, MutexGuard};
use rand::Rng as _;

use crate::clock::Clock;
use crate::limits;
pub use chain::Verdict;
pub use error::DbError;
use types::Instant;

/// A connection to whichever database the deployment chose.
// The derive writes the dispatch code into this module.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs the same diesel source once a backend, for the statements `MultiConnection` cannot carry (batch inserts, `on_conflict`).
macro_rules! on_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($c) => $body,
            $crate::db::Conn::Sqlite($c) => $body,
        }
    };
}

use on_backend;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Where the registry is kept, as `HAVRE_DATABASE_URL` says it.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://…`, kept whole because libpq reads it; it may hold a password and is never printed.
    Postgres(secrecy::SecretString),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            if path.is_empty() {
                return Err("`sqlite:` wants a file path behind it, such as sqlite:havre.sqlite".to_owned());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.into()));
        }
        // The value itself is not repeated: a mistyped URL may hold a password.
        Err("a database URL starts with `sqlite:` or `postgres://`".to_owned())
    }
}

/// One transaction that may write, and the instant at which it happens.
pub struct Tx<'c> {
    /// The connection, inside the transaction.
    pub conn: &'c mut Conn,
    /// Now, read once: every row this transaction writes carries the same instant.
    pub now: Instant,
    /// Events that come behind the one of the command ([`events::follow`]).
    following: Vec<events::Event>,
}

/// The pool, and the clock its transactions are stamped by.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    clock: Clock,
    /// Where SQLite's writers queue. Its own way of waiting is to look again now and then, which lets some wait for ever; and who queues
    /// here keeps no connection from those who read. PostgreSQL has a queue of its own, at the row that [`events::take_turn`] locks.
    queue: Option<Arc<Mutex<()>>>,
}

impl Db {
    /// Opens the database and applies the migrations it lacks.
    pub fn open(url: &DatabaseUrl, clock: Clock) -> Result<Self, DbError> {
        let manager = Manager { url: url.clone() };
        let mut first = manager.connect()?;
        migrate(&mut first)?;
        structures::fill_areas(&mut first)?;
        let pool = Pool::builder()
            .max_size(limits::DATABASE_CONNECTIONS)
            .min_idle(Some(1))
            // A ping costs SQLite a tenth of a read and can tell nothing of a file.
            .test_on_check_out(matches!(url, DatabaseUrl::Postgres(_)))
            .connection_timeout(limits::DATABASE_WAIT)
            .build(manager)
            .map_err(DbError::unavailable)?;
        let queue = matches!(url, DatabaseUrl::Sqlite(_)).then(Arc::default);
        Ok(Self { pool, clock, queue })
    }

    /// The clock that stamps what this database is told.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Now, as a transaction of this database reads it.
    pub fn now(&self, conn: &mut Conn) -> Result<Instant, DbError> {
        now(conn, &self.clock)
    }

    /// Runs `work` in one read-only transaction: everything it sees is of one moment.
    pub fn read<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.pool.get().map_err(DbError::unavailable)?;
        let conn = &mut *conn;
        begin(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN")?;
        finish(conn, work)
    }

    /// Runs `work` in one transaction that may write; from the start again, a bounded number of times, when the database asks for it.
    ///
    /// Writers take turns on both databases: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by the lock on the row of `event_head` that
    /// [`events::record`] moves on. So a transaction sees all that was committed before its turn, and positions commit in order.
    /// `work` does no I/O but SQL: it may run more than once.
    pub fn write<T, E: From<DbError> + MayRetry>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.write_after(|_| Ok(()), work)
    }

    /// [`Db::write`], with something to wait for before the turn to write is taken.
    pub fn write_after<T, E: From<DbError> + MayRetry>(
        &self,
        wait: impl Fn(&mut Conn) -> Result<(), DbError>,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            match self.write_once(&wait, &work) {
                Err(error) if error.may_retry() && tries < limits::WRITE_TRIES => {
                    let pause_ms = rand::rng().random_range(1..=limits::WRITE_PAUSE_MS_MAX);
                    tracing::debug!(tries, pause_ms, "a write is tried again");
                    std::thread::sleep(Duration::from_millis(pause_ms));
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    /// Runs `work` in a transaction that reads and adds to the log of reads. It takes no turn among the writers.
    pub fn write_log<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn, Instant) -> Result<T, E>) -> Result<T, E> {
        let _turn = self.queue_up()?;
        let mut conn = self.pool.get().map_err(DbError::unavailable)?;
        let conn = &mut *conn;
        begin(conn, "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN IMMEDIATE")?;
        finish(conn, |conn| {
            let now = now(conn, &self.clock)?;
            work(conn, now)
        })
    }

    fn queue_up(&self) -> Result<Option<MutexGuard<'_, ()>>, DbError> {
        let Some(queue) = &self.queue else { return Ok(None) };
        let turn = queue.try_lock_for(limits::DATABASE_WAIT);
        turn.map(Some).ok_or_else(|| DbError::Busy("too many wait to write".to_owned()))
    }

    fn write_once<T, E: From<DbError>>(
        &self,
        wait: impl Fn(&mut Conn) -> Result<(), DbError>,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.queue_up()?;
        let mut conn = self.pool.get().map_err(DbError::unavailable)?;
        let conn = &mut *conn;
        begin(conn, "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN IMMEDIATE")?;
        finish(conn, |conn| {
            wait(conn)?;
            events::take_turn(conn)?;
            let now = now(conn, &self.clock)?;
            work(&mut Tx { conn, now, following: Vec::new() })
        })
    }
}

/// Whether an error says that the same work may succeed when it is run again.
pub trait MayRetry {
    /// True for a deadlock, a serialization failure, a busy file.
    fn may_retry(&self) -> bool;
}

fn begin(conn: &mut Conn, postgres: &str, sqlite: &str) -> Result<(), DbError> {
    on_backend!(conn, |c| {
        let sql = if c.is_postgres() { postgres } else { sqlite };
        AnsiTransactionManager::begin_transaction_sql(c, sql)
    })
    .map_err(DbError::from)
}

fn finish<T, E: From<DbError>>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    match work(conn) {
        Ok(value) => {
            <Conn as Connection>::TransactionManager::commit_transaction(conn).map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = <Conn as Connection>::TransactionManager::rollback_transaction(conn) {
                tracing::debug!(%rollback, "a rollback failed: the connection is broken and will be dropped");
            }
            Err(error)
        }
    }
}

/// The clock is the database's on PostgreSQL, so that *n* instances agree; this machine's on SQLite, which serves one.
fn now(conn: &mut Conn, clock: &Clock) -> Result<Instant, DbError> {
    #[derive(QueryableByName)]
    struct Now {
        #[diesel(sql_type = types::sql::Instant)]
        now: Instant,
    }
    match conn {
        Conn::Sqlite(_) => Ok(clock.now()),
        Conn::Pg(pg) => {
            let row: Now = diesel::sql_query("SELECT clock_timestamp() AS now").get_result(pg)?;
            Ok(clock.moved(row.now))
        }
    }
}

/// Lets one `if` name the dialect inside [`on_backend!`].
trait Dialect {
    fn is_postgres(&self) -> bool;
}

impl Dialect for PgConnection {
    fn is_postgres(&self) -> bool {
        true
    }
}

impl Dialect for SqliteConnection {
    fn is_postgres(&self) -> bool {
        false
    }
}

/// Applies the migrations a database lacks; what is applied already stays.
pub fn migrate(conn: &mut Conn) -> Result<(), DbError> {
    let applied = match conn {
        Conn::Pg(pg) => {
            // Instances that start together wait for each other here instead of both creating tables.
            pg.batch_execute("SELECT pg_advisory_lock(4841565245)")?;
            let applied = pg.run_pending_migrations(POSTGRES_MIGRATIONS).map(|versions| versions.len());
            pg.batch_execute("SELECT pg_advisory_unlock(4841565245)")?;
            applied
        }
        Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE_MIGRATIONS).map(|versions| versions.len()),
    };
    let applied = applied.map_err(DbError::migration)?;
    if applied > 0 {
        tracing::info!(applied, "migrations applied");
    }
    Ok(())
}

/// Opens connections: the variant by the URL's scheme, so that an unreachable server is an error and never a new empty file.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
}

impl Manager {
    fn connect(&self) -> Result<Conn, DbError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.to_str().ok_or_else(|| DbError::unavailable("the SQLite path is not UTF-8"))?;
                let mut sqlite = SqliteConnection::establish(path).map_err(DbError::unavailable)?;
                sqlite.batch_execute(&format!(
                    "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
                    limits::DATABASE_WAIT.as_millis()
                ))?;
                Ok(Conn::Sqlite(sqlite))
            }
            DatabaseUrl::Postgres(url) => {
                use secrecy::ExposeSecret as _;
                let mut pg = PgConnection::establish(url.expose_secret()).map_err(DbError::unavailable)?;
                let (wait_ms, longest_ms) = (limits::DATABASE_WAIT.as_millis(), limits::STATEMENT_TIMEOUT.as_millis());
                // Between statements the engine may be reading a whole registry into memory; beyond that a client that hangs
                // must not hold the turn to write.
                pg.batch_execute(&format!(
                    "SET TIME ZONE 'UTC'; SET lock_timeout = {wait_ms}; SET statement_timeout = {longest_ms}; \
                     SET idle_in_transaction_session_timeout = {longest_ms};"
                ))?;
                Ok(Conn::Pg(pg))
            }
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = DbError;

    fn connect(&self) -> Result<Conn, DbError> {
        Self::connect(self)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), DbError> {
        Ok(conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || <Conn as Connection>::TransactionManager::is_broken_transaction_manager(conn)
    }
}
