//! Copies of an embedded registry and its key store, taken while the service writes, and put back.
//!
//! A copy is made by SQLite itself (`VACUUM INTO`): it is of one moment, waits for no writer and keeps none waiting, and holds nothing of what
//! was deleted. The registry is copied before its keys: a request's key is written before its row and removed after it, so that each row of the
//! copy finds its key, unless its people were forgotten in between, and then it should not.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _};

use super::{Conn, DatabaseUrl, Db, DbError, KeySettings, Manager, guard_file, with_ending};

/// A registry with its key store, each a file.
#[derive(Clone, Debug)]
pub struct Files {
    /// The registry.
    pub registry: PathBuf,
    /// Its keys.
    pub keys: PathBuf,
}

impl Files {
    /// Where a deployment keeps them; none where it keeps one of them on PostgreSQL.
    pub fn of(registry: &DatabaseUrl, settings: &KeySettings) -> Result<Option<Self>, DbError> {
        let (DatabaseUrl::Sqlite(registry), DatabaseUrl::Sqlite(keys)) = (registry, settings.store_of(registry)?) else {
            return Ok(None);
        };
        Ok(Some(Self { registry: registry.clone(), keys }))
    }

    /// Copies both, to files that are not there yet, for their owner alone.
    pub fn copy_to(&self, other: &Self) -> Result<(), DbError> {
        copy(&self.registry, &other.registry)?;
        // Half a copy is none.
        copy(&self.keys, &other.keys).inspect_err(|_why| remove(&other.registry))
    }

    /// Opens them as a database, and sees that SQLite finds each whole. The master key is that of a deployment that keeps its keys at `at_home`.
    pub fn open(&self, settings: &KeySettings, at_home: &Path, clock: crate::clock::Clock) -> Result<Db, DbError> {
        for file in [&self.registry, &self.keys] {
            must_be_whole(file)?;
        }
        let master = settings.master_of(&DatabaseUrl::Sqlite(at_home.to_owned()), false)?;
        let settings = KeySettings { url: Some(DatabaseUrl::Sqlite(self.keys.clone())), master: Some(master) };
        Db::open(&DatabaseUrl::Sqlite(self.registry.clone()), clock, &settings)
    }

    /// The same with an ending behind each name: what is not whole yet must not look as if it were.
    pub fn ending_in(&self, ending: &str) -> Self {
        Self { registry: with_ending(&self.registry, ending), keys: with_ending(&self.keys, ending) }
    }

    /// Gives both the names of the other, where nothing is of those names yet; what SQLite has put beside them goes.
    pub fn rename_to(&self, other: &Self) -> Result<(), DbError> {
        for file in [&self.registry, &self.keys] {
            gather(file)?;
            let beside = with_ending(file, "-wal");
            if std::fs::metadata(&beside).is_ok_and(|found| found.len() > 0) {
                return Err(DbError::Busy(format!("{} is still being written", file.display())));
            }
        }
        // The keys first: a registry without them would be taken for one that has lost them.
        for (from, to) in [(&self.keys, &other.keys), (&self.registry, &other.registry)] {
            // A link fails where the name is taken; a rename would take it away.
            std::fs::hard_link(from, to).map_err(|why| DbError::unavailable(format!("{}: {why}", to.display())))?;
        }
        self.remove();
        Ok(())
    }

    /// Removes both, as far as they are there.
    pub fn remove(&self) {
        [&self.registry, &self.keys].into_iter().for_each(|file| remove(file));
    }
}

/// Removes a file and what SQLite puts beside it.
fn remove(file: &Path) {
    for ending in ["", "-wal", "-shm"] {
        // What is not there need not go.
        drop(std::fs::remove_file(with_ending(file, ending)));
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), DbError> {
    let mut conn = connect(from)?;
    let name = to.to_str().ok_or_else(|| DbError::unavailable("the path of the copy is not UTF-8"))?;
    // `VACUUM INTO` writes into an empty file, and that one nobody else reads.
    if to.exists() {
        return Err(DbError::unavailable(format!("{} is there already", to.display())));
    }
    guard_file(to).map_err(DbError::unavailable)?;
    let Conn::Sqlite(sqlite) = &mut conn else { return Ok(()) };
    let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(sqlite).map_err(DbError::from);
    // It stays what it is when the machine goes down a moment later.
    let synced = copied.and_then(|_| std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(DbError::unavailable));
    // Where a page cannot be read that is copied, nothing of the copy stays.
    synced.inspect_err(|_why| remove(to))
}

fn connect(file: &Path) -> Result<Conn, DbError> {
    Ok(Manager::of(&DatabaseUrl::Sqlite(file.to_owned())).of_what_is_there().open()?.conn)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// SQLite's own check of every page and index.
fn must_be_whole(file: &Path) -> Result<(), DbError> {
    let mut conn = connect(file)?;
    let Conn::Sqlite(sqlite) = &mut conn else { return Ok(()) };
    let found: Vec<Found> = diesel::sql_query("PRAGMA integrity_check").load(sqlite)?;
    if found.iter().all(|line| line.integrity_check == "ok") {
        return Ok(());
    }
    let wrong: Vec<&str> = found.iter().take(3).map(|line| line.integrity_check.as_str()).collect();
    Err(DbError::damaged(format!("{}: {}", file.display(), wrong.join("; "))))
}

/// Brings what lies beside a file into it: the file alone is given its name.
fn gather(file: &Path) -> Result<(), DbError> {
    let mut conn = connect(file)?;
    let Conn::Sqlite(sqlite) = &mut conn else { return Ok(()) };
    Ok(sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
}
