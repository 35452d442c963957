//! The key store as a database: one table of wrapped keys. Nothing here knows what a key is for, or opens one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant as Ticks;

use diesel::prelude::*;
use diesel::r2d2::{Pool, PooledConnection};
use diesel_migrations::embed_migrations;
use parking_lot::Mutex;

use crate::clock::Instant;
use crate::db::migrations::{self, Tree};
use crate::db::{Conn, DatabaseUrl, DbError, Manager, guard_file, on_backend};
use crate::limits;

const TREE: Tree = Tree {
    sqlite: embed_migrations!("../migrations/keys/sqlite"),
    postgres: embed_migrations!("../migrations/keys/postgres"),
    lock: 4_841_565_246,
};

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::sql::Instant;

    keys (id, generation) {
        id -> Text,
        generation -> Integer,
        wrapped -> Binary,
        master -> Text,
        created_at -> Instant,
    }
}

/// A key as it is kept.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = keys)]
pub(super) struct Wrapped {
    pub(super) id: String,
    pub(super) generation: i32,
    pub(super) wrapped: Vec<u8>,
    pub(super) master: String,
    pub(super) created_at: Instant,
}

/// The database of keys, and when it last answered.
pub(super) struct Store {
    pool: Pool<Manager>,
    file: Option<File>,
    answered: Mutex<Option<Answered>>,
}

/// An SQLite file, and which: another of the same name is another store.
struct File {
    path: PathBuf,
    which: (u64, u64),
}

impl File {
    fn at(path: &Path) -> Result<Self, DbError> {
        Ok(Self { path: path.to_owned(), which: which(path)? })
    }
}

fn which(path: &Path) -> Result<(u64, u64), DbError> {
    let found = std::fs::metadata(path).map_err(|why| gone(format!("{}: {why}", path.display())))?;
    Ok((found.dev(), found.ino()))
}

/// What the store last said of itself, or that it said nothing.
#[derive(Clone)]
struct Answered {
    at: Ticks,
    newest: Result<i32, String>,
}

fn gone(why: impl std::fmt::Display) -> DbError {
    DbError::keys_unavailable(why)
}

impl Store {
    /// Opens the store and brings its schema up to date.
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        if let DatabaseUrl::Sqlite(path) = url {
            guard_file(path).map_err(gone)?;
        }
        let manager = Manager::of(url);
        let mut pooled = manager.open().map_err(gone)?;
        migrations::apply(pooled.conn_mut(), &TREE, |_conn| Ok(())).map_err(gone)?;
        let file = match url {
            DatabaseUrl::Sqlite(path) => Some(File::at(path)?),
            DatabaseUrl::Postgres(_) => None,
        };
        let pool = Pool::builder()
            .max_size(limits::KEYS_CONNECTIONS)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(limits::KEYS_WAIT)
            .build(manager.of_what_is_there())
            .map_err(gone)?;
        Ok(Self { pool, file, answered: Mutex::new(None) })
    }

    fn conn(&self) -> Result<PooledConnection<Manager>, DbError> {
        self.pool.get().map_err(gone)
    }

    /// Asks over one connection, and over a new one where that had gone while nobody used it.
    fn ask<T>(&self, question: impl Fn(&mut Conn) -> QueryResult<T>) -> Result<T, DbError> {
        let mut tries = 0;
        loop {
            let mut pooled = self.conn()?;
            match question(pooled.conn_mut()) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    pooled.give_up();
                    tries += 1;
                    if tries > limits::KEYS_CONNECTIONS {
                        return Err(gone(error));
                    }
                }
            }
        }
    }

    /// That the store is there, looked at again where that is some time ago; and the newest generation of the key of this name.
    pub(super) fn must_answer(&self, name: &str) -> Result<i32, DbError> {
        let mut answered = self.answered.lock();
        if let Some(known) = &*answered
            && known.at.elapsed() < limits::KEYS_LOOKED_AT
        {
            return known.newest.clone().map_err(DbError::KeysUnavailable);
        }
        let newest = self.look(name).map_err(|error| error.to_string());
        *answered = Some(Answered { at: Ticks::now(), newest: newest.clone() });
        newest.map_err(DbError::KeysUnavailable)
    }

    fn look(&self, name: &str) -> Result<i32, DbError> {
        if let Some(file) = &self.file
            && which(&file.path)? != file.which
        {
            return Err(gone("the file of the key store is another since"));
        }
        let newest: Option<i32> =
            self.ask(|conn| keys::table.filter(keys::id.eq(name)).select(diesel::dsl::max(keys::generation)).first(conn))?;
        newest.ok_or_else(|| gone(format!("the key store has no {name}")))
    }

    /// What was known of it is looked at anew.
    pub(super) fn look_again(&self) {
        *self.answered.lock() = None;
    }

    /// The keys of these names, in all generations.
    pub(super) fn of(&self, ids: &[String]) -> Result<Vec<Wrapped>, DbError> {
        self.ask(|conn| keys::table.filter(keys::id.eq_any(ids.to_vec())).order((keys::id, keys::generation)).load(conn))
    }

    /// Adds keys; where one of the same name and generation is there, that one stays.
    pub(super) fn add(&self, new: &[Wrapped]) -> Result<(), DbError> {
        for some in new.chunks(limits::KEYS_AT_ONCE) {
            self.ask(|conn| {
                conn.transaction(|conn| {
                    some.iter().try_for_each(|key| {
                        let added = on_backend!(&mut *conn, |c| {
                            diesel::insert_into(keys::table).values(key.clone()).on_conflict_do_nothing().execute(c)
                        });
                        added.map(drop)
                    })
                })
            })?;
        }
        Ok(())
    }

    /// Puts keys in another wrapping, where they still have the one they had.
    pub(super) fn wrap_again(&self, key: &Wrapped, wrapped: &[u8], master: &str) -> Result<(), DbError> {
        self.ask(|conn| {
            let before = keys::table.find((&key.id, key.generation)).filter(keys::master.eq(&key.master));
            diesel::update(before).set((keys::wrapped.eq(wrapped), keys::master.eq(master))).execute(conn)
        })
        .map(drop)
    }

    /// Some of those that another master key wraps.
    pub(super) fn wrapped_otherwise(&self, master: &str, at_most: i64) -> Result<Vec<Wrapped>, DbError> {
        self.ask(|conn| keys::table.filter(keys::master.ne(master)).order((keys::id, keys::generation)).limit(at_most).load(conn))
    }

    /// How many keys there are by the name of their master key.
    pub(super) fn by_master(&self) -> Result<Vec<(String, i64)>, DbError> {
        self.ask(|conn| {
            let counted = keys::table.group_by(keys::master).select((keys::master, diesel::dsl::count_star()));
            counted.order(keys::master).load(conn)
        })
    }

    /// Names behind one, of those with a beginning that were made before an instant.
    pub(super) fn names(&self, beginning: &str, after: &str, before: Instant, at_most: i64) -> Result<Vec<String>, DbError> {
        let like = format!("{beginning}%");
        self.ask(|conn| {
            let some = keys::table.filter(keys::id.gt(after)).filter(keys::id.like(&like)).filter(keys::created_at.lt(before));
            some.order(keys::id).limit(at_most).select(keys::id).load(conn)
        })
    }

    /// Takes the keys of these names away, in all generations.
    pub(super) fn remove(&self, ids: &[String]) -> Result<(), DbError> {
        self.ask(|conn| diesel::delete(keys::table.filter(keys::id.eq_any(ids.to_vec()))).execute(conn)).map(drop)
    }

    /// Takes one generation of a key away.
    pub(super) fn remove_generation(&self, id: &str, generation: i32) -> Result<(), DbError> {
        self.ask(|conn| diesel::delete(keys::table.find((id, generation))).execute(conn)).map(drop)
    }
}
