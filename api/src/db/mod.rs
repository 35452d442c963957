//! The databases: one connection type over SQLite and PostgreSQL, and the only ways to use it: [`Db::read`], [`Db::write`] and
//! [`Db::write_beside`].
//!
//! Owns pools, transactions, turns, retries and migrations. Query functions live in one file a resource; those that show people, contacts or
//! addresses take a [`Reading`]. Never decides who may do what, and knows no HTTP.

pub mod access_log;
pub mod accounts;
pub mod alerts;
pub mod anchors;
mod append;
pub mod backup;
mod chain;
pub mod credentials;
pub mod door_contacts;
pub mod error;
pub mod events;
pub mod evidence;
pub mod idempotency;
pub mod identities;
pub mod jobs;
pub mod keep_apart;
pub mod keys;
pub mod links;
mod migrations;
pub mod organisations;
pub mod pending_changes;
pub mod plans;
pub mod pulse;
pub mod quotas;
mod reading;
pub mod referrals;
pub mod refusals;
pub mod remembered_phones;
pub mod requests;
pub mod schema;
mod sealed;
pub mod sessions;
pub mod structures;
pub mod tries;
mod turn;
pub mod types;
pub mod units;
pub mod vacancies;
pub mod webhooks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
use diesel::{Connection, PgConnection, SqliteConnection};
use parking_lot::{FairMutex, FairMutexGuard, Mutex};
use rand::Rng as _;

use crate::clock::Clock;
use crate::limits;
pub use chain::{Log, Verdict, Wrong};
pub use error::{DbError, Failure};
pub use keys::{KeySettings, Keys};
pub use migrations::SchemaFit;
pub use pulse::Pulse;
pub use reading::{Private, Reading, Shown};
pub use turn::{Author, Turn, Written};

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

/// Where the registry is kept, as `HAVRE_DATABASE_URL` says it.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://…`, kept whole because libpq reads it; it may hold a password and is never printed.
    Postgres(secrecy::SecretString),
}

impl DatabaseUrl {
    /// The other machine that it leads to; none for a file, a socket and this machine. libpq may be given several, by name and by address.
    pub fn distant_host(&self) -> Option<String> {
        use secrecy::ExposeSecret as _;
        let Self::Postgres(url) = self else { return None };
        let rest = url.expose_secret().split_once("://").map(|(_, rest)| rest)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = rest.split('/').next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
        let (mut named, mut addresses) = (authority.to_owned(), String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "host" => named = value.into_owned(),
                "hostaddr" => addresses = value.into_owned(),
                _ => {}
            }
        }
        let hosts: Vec<&str> = named.split(',').chain(addresses.split(',')).collect();
        hosts.into_iter().map(without_port).find(|host| is_distant(host)).map(ToOwned::to_owned)
    }

    /// Whether both say the same.
    pub fn is(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret as _;
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => one == other,
            (Self::Postgres(one), Self::Postgres(other)) => one.expose_secret() == other.expose_secret(),
            (Self::Sqlite(_), Self::Postgres(_)) | (Self::Postgres(_), Self::Sqlite(_)) => false,
        }
    }
}

/// A host as libpq is given it, without what follows it.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        // An address of IPv6 that stands alone has no port.
        None if host.matches(':').count() > 1 => host,
        None => host.split(':').next().unwrap_or(host),
    }
}

fn is_distant(host: &str) -> bool {
    let is_socket = host.is_empty() || host.starts_with(['/', '@']) || host.to_ascii_lowercase().starts_with("%2f");
    !is_socket && host != "localhost" && !host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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

/// The pool, and the clock its transactions are stamped by.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    clock: Clock,
    url: DatabaseUrl,
    /// What opens what is sealed in it.
    keys: Keys,
    /// Where writers of this instance queue, in order, and keep no connection from those who read. SQLite's own way of waiting is to look
    /// again now and then, which lets some wait for ever: there the head of the queue stays until it has committed. PostgreSQL has a queue
    /// of its own, at the row that [`pulse::locked`] locks: there the next may go and wait as soon as the head has its turn, so that of each
    /// instance one waits, over connections that are warm.
    queue: Arc<FairMutex<()>>,
    waiting: Arc<Waiting>,
    /// How the schema fitted when that was last looked at.
    fit: Arc<Mutex<Option<(Instant, SchemaFit)>>>,
}

/// How many wait at this moment.
#[derive(Default)]
struct Waiting {
    for_connection: AtomicUsize,
    for_turn: AtomicUsize,
}

/// One who waits, until this goes.
struct OneMore<'c>(&'c AtomicUsize);

impl<'c> OneMore<'c> {
    fn of(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for OneMore<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How busy this instance's connections are.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// That are open.
    pub connections: u32,
    /// Of these, that nobody uses.
    pub idle: u32,
    /// Who waits for one.
    pub waiting_for_connection: usize,
    /// Who waits in this instance for a turn to write.
    pub waiting_for_turn: usize,
}

impl Db {
    /// Opens the database, applies the migrations it lacks, and opens its key store: without that nobody has any use for it.
    pub fn open(url: &DatabaseUrl, clock: Clock, keys: &KeySettings) -> Result<Self, DbError> {
        if let DatabaseUrl::Sqlite(path) = url {
            guard_file(path).map_err(DbError::unavailable)?;
        }
        let manager = Manager::of(url);
        let mut pooled = manager.open()?;
        migrate(&mut pooled.conn, &clock)?;
        let keys = Keys::open(keys, url, holds_nothing(&mut pooled.conn)?, &clock)?;
        drop(pooled);
        let pool = Pool::builder()
            .max_size(limits::DATABASE_CONNECTIONS)
            .min_idle(Some(1))
            // A ping costs each transaction a round trip; a connection that has gone is seen when it begins one ([`Db::begin`]).
            .test_on_check_out(false)
            .connection_timeout(limits::DATABASE_WAIT)
            // A file that was taken away is no new one: a connection that takes the place of a broken one makes none.
            .build(manager.of_what_is_there())
            .map_err(DbError::unavailable)?;
        let db = Self { pool, clock, url: url.clone(), keys, queue: Arc::default(), waiting: Arc::default(), fit: Arc::default() };
        db.read(structures::must_open)?;
        Ok(db)
    }

    /// The clock that stamps what this database is told.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What opens what is sealed in it.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether the key store answers, and how the schema fits: looked at again now and then, however often anybody asks.
    pub fn fitness(&self) -> Result<SchemaFit, DbError> {
        self.keys.must_answer()?;
        let mut known = self.fit.lock();
        if let Some((_, fit)) = known.as_ref().filter(|(at, _)| at.elapsed() < limits::SCHEMA_LOOKED_AT) {
            return Ok(fit.clone());
        }
        let fit = self.read(migrations::fit)?;
        *known = Some((Instant::now(), fit.clone()));
        Ok(fit)
    }

    /// How busy its connections are.
    pub fn load(&self) -> Load {
        let state = self.pool.state();
        Load {
            connections: state.connections,
            idle: state.idle_connections,
            waiting_for_connection: self.waiting.for_connection.load(Ordering::Relaxed),
            waiting_for_turn: self.waiting.for_turn.load(Ordering::Relaxed),
        }
    }

    /// A connection of its own, beside the pool: for who asks one small question again and again.
    pub fn connect(&self) -> Result<Conn, DbError> {
        Ok(Manager::of(&self.url).open()?.conn)
    }

    /// Whether asking costs so little that it needs no thread of its own: a file in the memory of this machine.
    pub fn is_local(&self) -> bool {
        matches!(self.url, DatabaseUrl::Sqlite(_))
    }

    /// The last position, now, and what is due next, asked outside of any transaction.
    pub fn pulse(&self, conn: &mut Conn) -> Result<Pulse, DbError> {
        pulse::ask(conn, &self.clock)
    }

    /// Runs `work` in one read-only transaction: everything it sees is of one moment.
    pub fn read<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let _span = tracing::debug_span!("read").entered();
        let mut pooled = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN", Instant::now())?;
        let _keys = self.keys.in_force();
        let done = work(&mut pooled.conn);
        // Nothing was written: whether the end is heard changes nothing, and a connection that is gone is not used again.
        pooled.is_broken = end(&mut pooled.conn, done.is_ok()).is_err();
        done
    }

    /// Runs `work` in one transaction that may write; from the start again, a bounded number of times, when the database asks for it.
    ///
    /// Writers take turns on both databases: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by the lock on the one row of `event_head`. So a
    /// transaction sees all that was committed before its turn, and positions commit in order. `work` does no I/O but SQL: it may run more
    /// than once. What only grows (events, the key, jobs, the log of reads) is collected in the turn and written together at its end.
    ///
    /// # Errors
    /// [`DbError::OutcomeUnknown`] where the commit was sent and no answer came; then nothing is run again.
    pub fn write<T, E: From<DbError> + MayRetry>(
        &self,
        author: Author,
        work: impl Fn(&mut Turn<'_>) -> Result<T, E>,
    ) -> Result<Written<T>, E> {
        let _span = tracing::debug_span!("turn", command = author.command).entered();
        let mut tries = 1;
        loop {
            match self.write_once(author, &work) {
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

    /// Runs `work` in a transaction that writes no event, and so takes no turn among those who do: jobs taken and finished, the log of reads.
    pub fn write_beside<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let since = Instant::now();
        let _queue = if self.is_local() { Some(self.queue_up()?) } else { None };
        let mut pooled = self.begin("BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN IMMEDIATE", since)?;
        let pooled = &mut *pooled;
        let _keys = self.keys.in_force();
        let done = work(&mut pooled.conn);
        commit(pooled, done)
    }

    fn write_once<T, E: From<DbError>>(
        &self,
        author: Author,
        work: impl Fn(&mut Turn<'_>) -> Result<T, E>,
    ) -> Result<Written<T>, E> {
        let since = Instant::now();
        let head = self.queue_up()?;
        let mut pooled = self.begin("BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN IMMEDIATE", since)?;
        let pooled = &mut *pooled;
        let turn = Turn::take(&mut pooled.conn, &self.clock, &self.keys, author);
        let _queue = self.is_local().then_some(head);
        let _keys = self.keys.in_force();
        let done = turn.map_err(E::from).and_then(|mut turn| {
            let value = work(&mut turn)?;
            Ok(turn.close(value)?)
        });
        commit(pooled, done)
    }

    fn queue_up(&self) -> Result<FairMutexGuard<'_, ()>, DbError> {
        let _waiting = OneMore::of(&self.waiting.for_turn);
        self.queue.try_lock_for(limits::DATABASE_WAIT).ok_or_else(|| DbError::Busy("too many wait to write".to_owned()))
    }

    /// A connection in a new transaction, for who has waited since then. One that has gone while nobody used it is given up for another: nothing was asked of it yet.
    fn begin(&self, postgres: &str, sqlite: &str, since: Instant) -> Result<PooledConnection<Manager>, DbError> {
        let mut gone = 0;
        loop {
            // Who has waited for their turn waits so much less for a connection; one that is at hand is had at once.
            let left = limits::DATABASE_WAIT.saturating_sub(since.elapsed()).max(limits::CONNECTION_WAIT_MIN);
            let mut pooled = {
                let _waiting = OneMore::of(&self.waiting.for_connection);
                self.pool.get_timeout(left).map_err(DbError::unavailable)?
            };
            let begun = on_backend!(&mut pooled.conn, |c| {
                let sql = if c.is_postgres() { postgres } else { sqlite };
                AnsiTransactionManager::begin_transaction_sql(c, sql)
            });
            match begun.map_err(DbError::from) {
                Ok(()) => return Ok(pooled),
                Err(error) => {
                    pooled.is_broken = true;
                    gone += 1;
                    if !matches!(error, DbError::Unavailable(_)) || gone > limits::DATABASE_CONNECTIONS {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Whether an error says that the same work may succeed when it is run again.
pub trait MayRetry {
    /// True for a deadlock, a serialization failure, a busy file.
    fn may_retry(&self) -> bool;
}

/// Commits where the work is done, else takes it back.
fn commit<T, E: From<DbError>>(pooled: &mut Pooled, done: Result<T, E>) -> Result<T, E> {
    let committed = end(&mut pooled.conn, done.is_ok());
    pooled.is_broken = committed.is_err();
    match (done, committed) {
        (Ok(value), Ok(())) => Ok(value),
        // The commit was sent; whether it was carried out nobody here knows.
        (Ok(_), Err(why)) => Err(DbError::OutcomeUnknown(why.to_string()).into()),
        (Err(error), _) => Err(error),
    }
}

fn end(conn: &mut Conn, well: bool) -> Result<(), diesel::result::Error> {
    if well {
        <Conn as Connection>::TransactionManager::commit_transaction(conn)
    } else {
        <Conn as Connection>::TransactionManager::rollback_transaction(conn)
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

/// Applies the migrations a database lacks, and fills the tables that begin with something; what is there already stays.
fn migrate(conn: &mut Conn, clock: &Clock) -> Result<(), DbError> {
    migrations::apply(conn, &migrations::REGISTRY, |conn| {
        let now = pulse::ask(conn, clock)?.now;
        door_contacts::fill(conn, now)
    })
}

/// Whether a registry holds nothing that is sealed or was written down under a key, and so needs no key that was there before.
fn holds_nothing(conn: &mut Conn) -> Result<bool, DbError> {
    use diesel::{BoolExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
    let any = diesel::dsl::exists(schema::structures::table.select(schema::structures::id));
    let any_request = diesel::dsl::exists(schema::requests::table.select(schema::requests::id));
    let any_event = diesel::dsl::exists(schema::events::table.select(schema::events::position));
    let held: bool = diesel::select(any.or(any_event)).get_result(conn)?;
    Ok(!held && !diesel::select(any_request).get_result::<bool>(conn)?)
}

/// The same path with more behind its name.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Sees to it that a file of a database is there and that nobody but its owner reads it. What SQLite puts beside it has the same mode.
fn guard_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = std::fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// A connection of the pool.
pub struct Pooled {
    conn: Conn,
    /// Its transaction could not be begun or ended: it is not used again.
    is_broken: bool,
}

impl Pooled {
    fn conn_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// It is not used again.
    fn give_up(&mut self) {
        self.is_broken = true;
    }
}

/// Opens connections: the variant by the URL's scheme, so that an unreachable server is an error and never a new empty file.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
    /// Whether a file that is not there is an error, and not a new one.
    must_be_there: bool,
}

impl Manager {
    fn of(url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), must_be_there: false }
    }

    fn of_what_is_there(self) -> Self {
        Self { must_be_there: true, ..self }
    }

    fn open(&self) -> Result<Pooled, DbError> {
        let conn = match &self.url {
            DatabaseUrl::Sqlite(path) => {
                if self.must_be_there && !path.exists() {
                    return Err(DbError::unavailable(format!("{} is gone", path.display())));
                }
                let path = path.to_str().ok_or_else(|| DbError::unavailable("the SQLite path is not UTF-8"))?;
                let mut sqlite = SqliteConnection::establish(path).map_err(DbError::unavailable)?;
                sqlite.batch_execute(&format!(
                    "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                     PRAGMA secure_delete = ON; PRAGMA cache_size = -{};",
                    limits::DATABASE_WAIT.as_millis(),
                    limits::SQLITE_CACHE_KIB
                ))?;
                Conn::Sqlite(sqlite)
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
                Conn::Pg(pg)
            }
        };
        Ok(Pooled { conn, is_broken: false })
    }
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = DbError;

    fn connect(&self) -> Result<Pooled, DbError> {
        self.open()
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), DbError> {
        Ok(pooled.conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        std::thread::panicking()
            || pooled.is_broken
            || <Conn as Connection>::TransactionManager::is_broken_transaction_manager(&mut pooled.conn)
    }
}
