//! What can be done: one function an operation, called alike by API, pages and command line, and the one skeleton they run in.
//!
//! A command finds, decides, stores and notes, inside one turn to write. It knows no HTTP, opens no transaction of its own and sends nothing:
//! what follows from it is written with it.

pub mod accounts;
pub mod door_contacts;
pub mod ends;
pub mod feed;
pub mod four_eyes;
pub mod keep_apart;
pub mod mailed_links;
pub mod matching;
pub mod organisations;
pub mod own_account;
pub mod people;
pub mod plans;
pub mod quotas;
pub mod reevaluation;
pub mod referrals;
pub mod remembered_phones;
pub mod requests;
pub mod retention;
pub mod sign_in;
pub mod standing;
pub mod structures;
pub mod taking_note;
pub mod time;
pub mod tools;
pub mod undo;
pub mod units;
pub mod vacancies;
pub mod vouching;
pub mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::clock::Instant;
use crate::db::access_log::Access;
use crate::db::accounts::{self as secrets, Holder};
use crate::db::idempotency::{self, Claim, Earlier};
use crate::db::sessions::{self, Session};
use crate::db::{Author, Conn, Db, DbError, Failure, Keys, Pulse, Reading, Shown, Turn};
use crate::domain::{By, Denied, Noted};
use crate::language::Language;
use crate::limits;
use crate::live::Live;

/// What commands and readings are run with: the database and what is kept of it in memory. Cloning it shares it.
#[derive(Clone)]
pub struct Service {
    db: Db,
    live: Live,
    plan_patience: Duration,
    /// Who may have a password hashed now.
    hashing: Arc<Semaphore>,
    /// Who may wait for the database now.
    waiting: Arc<Semaphore>,
}

/// A command as it was given.
pub struct Order {
    /// Who gives it.
    pub by: By,
    /// Its operationId.
    pub command: &'static str,
    /// Under which key it has one effect however often it is given; none where it says the same however often.
    pub key: Option<String>,
    /// What tells it from another command under the same key, beside its name: the record it is about.
    pub about: Option<Uuid>,
    /// And what it says.
    pub said: Said,
}

/// What was said with a command, so that a repeat is known and another command under the same key is too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(Vec<u8>);

impl Said {
    /// The same values are the same, however they are written.
    pub fn values<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let mut hash = Sha256::new();
        for value in values {
            hash.update(u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(value);
        }
        Self(hash.finalize().to_vec())
    }
}

impl Order {
    /// Only a client has keys: the holder of a link has none to call its own. What was said is kept as a keyed hash: who has the database
    /// cannot try what it may have been.
    fn claim(&self, keys: &Keys) -> Result<Option<Claim>, DbError> {
        let Some((key, account)) = self.key.clone().zip(self.by.account) else { return Ok(None) };
        let about = self.about.unwrap_or_default();
        let said = Sha256::new().chain_update(self.command).chain_update(about.as_bytes()).chain_update(&self.said.0);
        Ok(Some(Claim { account, key, request_hash: keys.hash("idempotency", &said.finalize())? }))
    }
}

impl Service {
    /// A service on a database and its memory.
    pub fn new(db: Db, live: Live) -> Self {
        let hashing = Arc::new(Semaphore::new(limits::HASHED_AT_ONCE));
        let waiting = Arc::new(Semaphore::new(limits::DATABASE_WAITERS));
        Self { db, live, plan_patience: limits::PLAN_PATIENCE, hashing, waiting }
    }

    /// The same service, in which whoever asks for a plan waits so long for it before it is told to come back.
    pub fn with_plan_patience(self, plan_patience: Duration) -> Self {
        Self { plan_patience, ..self }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What is kept of it in memory.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// How long whoever asks for a plan waits for it.
    pub fn plan_patience(&self) -> Duration {
        self.plan_patience
    }

    /// Runs what hashes a password, on a thread that may wait; so many at once, and the others wait a while for their turn.
    pub(crate) async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, DbError> {
        let turn = tokio::time::timeout(limits::HASHING_WAIT, Arc::clone(&self.hashing).acquire_owned()).await;
        let busy = |_late| DbError::Busy("too many sign in at once".to_owned());
        let permit = turn.map_err(busy)?.map_err(DbError::unavailable)?;
        let hash = move || {
            let _permit = permit;
            work()
        };
        spawn_blocking(hash).await.map_err(DbError::unavailable)
    }

    /// Runs what waits for the database, on a thread that may: so many at once. Whoever finds no room in a moment is told that the service is busy, and
    /// stands in no queue.
    pub(crate) async fn waiting<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let turn = tokio::time::timeout(limits::DATABASE_WAITERS_WAIT, Arc::clone(&self.waiting).acquire_owned()).await;
        let busy = |_late| DbError::Busy("too many wait for the database".to_owned());
        let permit = turn.map_err(busy)?.map_err(DbError::unavailable)?;
        let (span, language) = (tracing::Span::current(), Language::current());
        let work = move || {
            let _permit = permit;
            span.in_scope(|| language.while_on_thread(work))
        };
        spawn_blocking(work).await.map_err(DbError::unavailable)?
    }

    /// Whether a session is good, without using it: a page that looks again by itself keeps nobody signed in.
    pub async fn is_in_use(&self, session: Session, now: Instant) -> Result<bool, DbError> {
        if now < session.last_used_at.plus(limits::SESSION_IDLE) {
            return Ok(true);
        }
        // Another instance may have seen its last use.
        let db = self.db.clone();
        let read = move || db.read(|conn| sessions::is_in_use(conn, now, session.id));
        spawn_blocking(read).await.map_err(DbError::unavailable)?
    }

    /// Writes down that a session is used, where its last use as it is known here is so old that another instance may know of a later one.
    /// False where it is over.
    pub async fn keep_using(&self, secret_hash: [u8; 32], session: Session, now: Instant) -> Result<bool, DbError> {
        if now < session.last_used_at.plus(limits::SESSION_USE_UNWRITTEN) {
            return Ok(true);
        }
        let service = self.clone();
        let write = move || -> Result<bool, DbError> {
            let is_good = service.db.write_beside(|conn| sessions::used(conn, now, session.id))?;
            if is_good {
                service.live.session_used(&secret_hash, now);
            }
            Ok(is_good)
        };
        spawn_blocking(write).await.map_err(DbError::unavailable)?
    }

    /// Writes down that the secret of a tool is used, where its last use as it is known here is old. Nobody waits for it, and whether it can be
    /// written keeps nobody out.
    pub fn note_use(&self, secret_hash: &[u8; 32], holder: Holder, now: Instant) {
        if holder.last_used_at.is_some_and(|last| now < last.plus(limits::SECRET_USE_UNWRITTEN)) {
            return;
        }
        // Known before it is written: of many who call at once one writes.
        self.live.secret_used(secret_hash, now);
        let db = self.db.clone();
        drop(spawn_blocking(move || {
            let written: Result<(), DbError> = db.write_beside(|conn| secrets::used(conn, now, holder.secret));
            if let Err(error) = written {
                tracing::debug!(%error, "the use of a secret was not written");
            }
        }));
    }

    /// How things stand, with all done that was due by then: overdue *is* expired, whether or not the background has been.
    pub async fn pulse(&self) -> Result<Pulse, DbError> {
        loop {
            let pulse = self.live.pulse().await?;
            if !pulse.is_due() {
                return Ok(pulse);
            }
            let service = self.clone();
            spawn_blocking(move || service.do_what_is_due(None)).await.map_err(DbError::unavailable)??;
        }
    }

    /// Does what time asks for, all of it or some, and says how much that was.
    pub fn do_what_is_due(&self, at_most: Option<i64>) -> Result<usize, DbError> {
        self.write(Author::service(time::EXPIRE), |turn| time::expire(turn, at_most)).map_err(|failure| match failure {
            Failure::Db(error) => error,
            Failure::Denied(denied) => DbError::damaged(format!("{denied:?}")),
        })
    }

    /// Reads, as of one moment, and notes what was shown before anything of it leaves.
    pub async fn read<T: Send + 'static>(
        &self,
        access: Access,
        pulse: Pulse,
        work: impl FnOnce(&mut Reading<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.read_for(access.operation, pulse, move |reading| Ok((access.by, work(reading)?))).await
    }

    /// The same where only the reading tells for whom it is.
    pub async fn read_for<T: Send + 'static>(
        &self,
        operation: &'static str,
        pulse: Pulse,
        work: impl FnOnce(&mut Reading<'_>) -> Result<(By, T), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (db, live) = (self.db.clone(), self.live.clone());
        let read = move || {
            let mut shown = Shown::default();
            let (by, found) = db.read(|conn| work(&mut Reading::new(conn, pulse.now, live.policy(), &mut shown)))?;
            if !shown.is_empty() {
                let access = Access { by, operation };
                let noted = db.write_beside(|conn| quotas::note_reading(conn, pulse.now, access, live.policy(), shown));
                // Whether or not the row is there: nothing is shown, and to ask again changes nothing.
                noted.map_err(|error| match error {
                    DbError::OutcomeUnknown(why) => DbError::Unavailable(why),
                    other => other,
                })?;
            }
            Ok(found)
        };
        self.waiting(read).await
    }

    /// Runs a command in its turn, on this thread, which may wait: what was due first, then the work; and tells who follows.
    pub fn write<T>(&self, author: Author, work: impl Fn(&mut Turn<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let written = self.db.write(author, |turn| {
            if turn.pulse().is_due() && author.command != time::EXPIRE {
                time::expire(turn, None)?;
            }
            work(turn)
        })?;
        self.live.committed(&written);
        Ok(written.value)
    }

    /// The skeleton of every command: `run` does it and gives the record as it stands since; a repeat under the same key does nothing and
    /// finds that record as it stands now; `show` is what the caller is answered, the reading noted in the same transaction.
    pub async fn command<S: Noted, T: Send + 'static>(
        &self,
        order: Order,
        run: impl Fn(&mut Turn<'_>, &Live) -> Result<S, Failure> + Send + 'static,
        find: impl Fn(&mut Conn, Uuid) -> Result<S, DbError> + Send + 'static,
        show: impl Fn(&mut Reading<'_>, S) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let service = self.clone();
        let claim = order.claim(self.db.keys())?;
        let author = Author { by: Some(order.by), command: order.command };
        let command = move || {
            let done = service.write(author, |turn| {
                turn.bind(service.live.policy());
                if let Some(claim) = &claim {
                    match idempotency::earlier(turn, claim)? {
                        Earlier::None => {}
                        Earlier::Same(record) => {
                            let stored = find(turn.conn, record.id)?;
                            return show(&mut turn.reading(service.live.policy()), stored);
                        }
                        Earlier::Other => return Err(Denied::KeyReused.into()),
                    }
                }
                let stored = run(turn, &service.live)?;
                if let Some(claim) = &claim {
                    turn.remember(claim.clone(), stored.about().record);
                }
                show(&mut turn.reading(service.live.policy()), stored)
            });
            if let Err(Failure::Denied(Denied::QuotaExceeded(exceeded))) = &done {
                service.note_refused(order.by, exceeded)?;
            }
            done
        };
        self.waiting(command).await
    }
}
