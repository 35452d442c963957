//! The schema of a database and this program: what the database lacks is applied at the start, by one instance while the others wait; what a later
//! program has applied is not started on; and an instance that runs already goes on beside it, since migrations only add.

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DbError, on_backend};
use crate::limits;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// The migrations of one schema, for both databases, and the lock that those who apply them take on PostgreSQL.
pub(super) struct Tree {
    pub(super) sqlite: EmbeddedMigrations,
    pub(super) postgres: EmbeddedMigrations,
    pub(super) lock: i64,
}

/// Those of the registry.
pub(super) const REGISTRY: Tree = Tree { sqlite: SQLITE, postgres: POSTGRES, lock: 4_841_565_245 };

/// How the schema of a database fits this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaFit {
    /// It has all migrations of this program and no others.
    AsKnown,
    /// It has these that this program does not know.
    Newer(Vec<String>),
    /// It lacks these.
    Older(Vec<String>),
}

impl SchemaFit {
    fn between(applied: &[String], known: &[String]) -> Self {
        let lacking = |of: &[String], among: &[String]| -> Vec<String> {
            of.iter().filter(|version| !among.contains(version)).cloned().collect()
        };
        let (unknown, missing) = (lacking(applied, known), lacking(known, applied));
        match (missing.is_empty(), unknown.is_empty()) {
            // What is missing stops this program, whatever else is there.
            (false, _) => Self::Older(missing),
            (true, false) => Self::Newer(unknown),
            (true, true) => Self::AsKnown,
        }
    }
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// How the registry's schema fits, asked of a database that has one.
pub(super) fn fit(conn: &mut Conn) -> Result<SchemaFit, DbError> {
    let sql = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    let applied: Vec<Applied> = on_backend!(&mut *conn, |c| diesel::sql_query(sql).load(c))?;
    let applied: Vec<String> = applied.into_iter().map(|row| row.version).collect();
    let known = match conn {
        Conn::Pg(_) => versions::<Pg>(&POSTGRES)?,
        Conn::Sqlite(_) => versions::<Sqlite>(&SQLITE)?,
    };
    Ok(SchemaFit::between(&applied, &known))
}

fn versions<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, DbError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let all = MigrationSource::<DB>::migrations(source).map_err(DbError::migration)?;
    Ok(all.iter().map(|migration| Migration::<DB>::name(migration.as_ref()).version().to_string()).collect())
}

/// Applies what a database lacks and then does what begins with it, one at a time; refuses a database that a later program has migrated.
pub(super) fn apply(conn: &mut Conn, tree: &Tree, then: impl FnOnce(&mut Conn) -> Result<(), DbError>) -> Result<(), DbError> {
    match conn {
        Conn::Pg(pg) => take_lock(pg, tree)?,
        Conn::Sqlite(sqlite) => {
            if lacks_nothing::<Sqlite, _>(sqlite, &tree.sqlite)? {
                return conn.transaction(then);
            }
            // Two programs that start together both find it lacking: the second waits here, and then finds it whole.
            sqlite.batch_execute(&format!("PRAGMA busy_timeout = {}", limits::MIGRATION_WAIT.as_millis()))?;
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
    }
    let applied = match conn {
        Conn::Pg(pg) => pending::<Pg, _>(pg, &tree.postgres),
        Conn::Sqlite(sqlite) => pending::<Sqlite, _>(sqlite, &tree.sqlite),
    };
    let done = applied.and_then(|()| conn.transaction(then));
    match conn {
        Conn::Pg(pg) => pg.batch_execute(&format!("SELECT pg_advisory_unlock({})", tree.lock))?,
        Conn::Sqlite(sqlite) if done.is_ok() => AnsiTransactionManager::commit_transaction(sqlite)?,
        Conn::Sqlite(sqlite) => AnsiTransactionManager::rollback_transaction(sqlite)?,
    }
    done
}

#[derive(QueryableByName)]
struct Lock {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Waits until nobody else migrates. This connection does nothing else: it may wait so long, and a migration may take as long as it takes.
fn take_lock(pg: &mut PgConnection, tree: &Tree) -> Result<(), DbError> {
    let wait_ms = limits::MIGRATION_WAIT.as_millis();
    pg.batch_execute(&format!("SET lock_timeout = {wait_ms}; SET statement_timeout = 0"))?;
    let tried = diesel::sql_query(format!("SELECT pg_try_advisory_lock({}) AS taken", tree.lock));
    if !tried.get_result::<Lock>(pg)?.taken {
        tracing::info!("another instance migrates the database: this one waits until that is done");
        let late = |error| DbError::migration(format!("another instance still migrates after {wait_ms} ms: {error}"));
        pg.batch_execute(&format!("SELECT pg_advisory_lock({})", tree.lock)).map_err(late)?;
    }
    Ok(())
}

/// Whether there is nothing to apply; an error where a later program has been there.
fn lacks_nothing<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    conn: &mut C,
    source: &EmbeddedMigrations,
) -> Result<bool, DbError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied = conn.applied_migrations().map_err(DbError::migration)?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    let known = versions::<DB>(source)?;
    let unknown: Vec<String> = applied.iter().filter(|version| !known.contains(version)).cloned().collect();
    if !unknown.is_empty() {
        return Err(DbError::SchemaTooNew(unknown.join(", ")));
    }
    Ok(known.iter().all(|version| applied.contains(version)))
}

fn pending<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(conn: &mut C, source: &EmbeddedMigrations) -> Result<(), DbError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    if lacks_nothing::<DB, C>(conn, source)? {
        return Ok(());
    }
    let lacking = conn.pending_migrations(EmbeddedOf(source)).map_err(DbError::migration)?;
    let applied = conn.run_migrations(&lacking).map_err(DbError::migration)?.len();
    tracing::info!(applied, "migrations applied");
    Ok(())
}

/// Lends the migrations, which are not copied.
struct EmbeddedOf<'m>(&'m EmbeddedMigrations);

impl<DB: diesel::backend::Backend> MigrationSource<DB> for EmbeddedOf<'_>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        MigrationSource::<DB>::migrations(self.0)
    }
}
