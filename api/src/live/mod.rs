//! What an instance keeps in memory of the database, as new as the answer to the shared question: who calls, and the engine's snapshot.
//!
//! It is fed from the log of events: by this instance's own commits, by announcements of others, and by whoever finds it behind. It writes
//! nothing, and nothing has to be announced to be seen.
//!
//! Instances speak to each other over Redis, in [`hub`] alone: that something has changed ([`bus`]), what callers may still ask for
//! ([`allowance`]), and what they have counted that is not stored yet ([`tallies`]). Without it each goes by itself.

pub mod allowance;
pub mod bus;
pub mod callers;
pub mod elsewhere;
pub mod engine;
pub mod hub;
pub mod plans;
pub mod question;
pub mod streams;
pub mod tallies;

use std::sync::Arc;

use matcher::{Policy, Snapshot};
use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;

use crate::clock::Instant;
use crate::db::accounts::{Holder, SignedInAs};
use crate::db::sessions::Session;
use crate::db::{Db, DbError, Pulse, Written};
use crate::domain::ids::AccountId;
use crate::limits;
use crate::metrics::{Metrics, Purpose};
use bus::Bus;
use callers::Callers;
use engine::{Engine, Registry};
use plans::Plans;
use question::Question;
use streams::Streams;
use tallies::Tallies;

/// What an instance keeps in memory. Cloning it shares it.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    db: Db,
    question: Question,
    callers: Callers,
    engine: Engine,
    plans: Plans,
    tallies: Tallies,
    bus: Bus,
    /// Somebody has committed: the memory is behind.
    changed: Notify,
    /// The same for those whose answers go on.
    moved: watch::Sender<()>,
    streams: Streams,
    metrics: Metrics,
    /// Whether this instance has been told to stop.
    stopping: watch::Sender<bool>,
}

impl Live {
    /// The memory of an instance on a database; it reads what it needs when it is first asked.
    pub fn new(db: Db, policy: Policy, bus: Bus) -> Result<Self, DbError> {
        Ok(Self(Arc::new(Inner {
            question: Question::new(&db)?,
            callers: Callers::default(),
            engine: Engine::new(policy),
            plans: Plans::default(),
            tallies: Tallies::new(bus.hub()),
            bus,
            changed: Notify::new(),
            moved: watch::Sender::new(()),
            streams: Streams::default(),
            metrics: Metrics::default(),
            stopping: watch::Sender::new(false),
            db,
        })))
    }

    /// How things stand, begun to be asked after this was called; what is known of callers is at least as new.
    pub async fn pulse(&self) -> Result<Pulse, DbError> {
        let pulse = self.0.question.ask(&self.0.db).await?;
        if self.0.callers.position() < pulse.position {
            let live = self.clone();
            spawn_blocking(move || live.0.callers.catch_up(&live.0.db, pulse.position)).await.map_err(DbError::unavailable)??;
        }
        Ok(pulse)
    }

    /// Who holds the secret of this hash.
    pub fn holder(&self, secret_hash: &[u8; 32], now: Instant) -> Option<Holder> {
        self.0.callers.holder(secret_hash, now)
    }

    /// The secret of this hash was used, and that is written.
    pub fn secret_used(&self, secret_hash: &[u8; 32], now: Instant) {
        self.0.callers.secret_used(secret_hash, now);
    }

    /// The session with the secret of this hash.
    pub fn signed_in(&self, secret_hash: &[u8; 32], now: Instant) -> Option<Session> {
        self.0.callers.signed_in(secret_hash, now)
    }

    /// By what name an account that is signed in is known.
    pub fn name(&self, account: AccountId) -> Option<Arc<SignedInAs>> {
        self.0.callers.name(account)
    }

    /// The session of this secret was used, and that was written.
    pub fn session_used(&self, secret_hash: &[u8; 32], now: Instant) {
        self.0.callers.used(secret_hash, now);
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        self.0.engine.policy()
    }

    /// What is matched as it stood at this position, or later. Waits on a thread of its own where it has to be read.
    pub async fn snapshot(&self, position: i64) -> Result<Arc<Snapshot>, DbError> {
        Ok(self.registry(position).await?.vouched)
    }

    /// The same with what nobody has vouched for, and what is new.
    pub async fn registry(&self, position: i64) -> Result<Registry, DbError> {
        if let Some(registry) = self.0.engine.at_least(position) {
            return Ok(registry);
        }
        let live = self.clone();
        spawn_blocking(move || live.0.engine.catch_up(&live.0.db, position)).await.map_err(DbError::unavailable)?
    }

    /// What is matched, on this thread, which may wait.
    pub fn snapshot_here(&self, position: i64) -> Result<Arc<Snapshot>, DbError> {
        Ok(self.0.engine.catch_up(&self.0.db, position)?.vouched)
    }

    /// The position that the snapshot at hand has reached; 0 before there is one.
    pub fn reached(&self) -> i64 {
        self.0.engine.position()
    }

    /// What is matched as it is at hand, however old; none before it was first read.
    pub fn at_hand(&self) -> Option<(i64, Registry)> {
        self.0.engine.at_hand()
    }

    /// Ranks, and counts how long that took.
    pub fn timed<T>(&self, rank: impl FnOnce() -> T) -> T {
        let began = std::time::Instant::now();
        let ranked = tracing::debug_span!("rank").in_scope(rank);
        self.0.metrics.ranked(began.elapsed());
        ranked
    }

    /// What this instance counts of itself.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// How instances tell each other that something changed.
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// Somebody who follows events has looked by itself, since nobody could have woken it.
    pub fn looked_by_itself(&self) {
        if let Some(hub) = self.0.bus.hub().filter(|hub| !hub.is_there()) {
            hub.fallbacks().count(Purpose::LiveUpdates);
        }
    }

    /// Plans that are searched for on this instance.
    pub fn plans(&self) -> &Plans {
        &self.0.plans
    }

    /// Rankings that this instance has counted.
    pub fn tallies(&self) -> &Tallies {
        &self.0.tallies
    }

    /// What this instance has just committed: itself and others follow.
    pub fn committed<T>(&self, written: &Written<T>) {
        if written.events.is_empty() {
            return;
        }
        self.0.callers.committed(written.after, &written.events);
        self.0.plans.asked(&written.events);
        written.events.iter().for_each(|event| self.0.metrics.done(&event.command));
        self.0.bus.announce(written.position());
        self.announced();
    }

    /// Somebody has said that there is something new.
    pub fn announced(&self) {
        self.0.changed.notify_one();
        self.0.moved.send_replace(());
    }

    /// Wakes when somebody has committed; of many who did meanwhile, once.
    pub fn moves(&self) -> watch::Receiver<()> {
        self.0.moved.subscribe()
    }

    /// Answers that go on.
    pub fn streams(&self) -> &Streams {
        &self.0.streams
    }

    /// This instance was told to stop: it takes up nothing more by itself, and is not ready.
    pub fn begin_stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Whether it was.
    pub fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Resolves when it is.
    pub async fn told_to_stop(&self) {
        // The sender lives as long as this.
        drop(self.0.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }

    /// Hears what other instances announce, until it is dropped. What was said before nobody listened, or while Redis was away, was missed:
    /// so each beginning counts as an announcement too.
    pub async fn hear(self) {
        let Some(mut heard) = self.0.bus.subscribe() else { return };
        loop {
            self.announced();
            if heard.changed().await.is_err() {
                return;
            }
        }
    }

    /// Follows the log until it is dropped, so that whoever asks seldom finds the memory behind. A flood of commits is caught up with in one go.
    pub async fn follow(self) {
        loop {
            self.0.changed.notified().await;
            tokio::time::sleep(limits::FOLLOW_PAUSE).await;
            let live = self.clone();
            let followed = spawn_blocking(move || {
                let position = live.0.db.read(crate::db::events::head)?;
                live.0.callers.catch_up(&live.0.db, position)?;
                live.snapshot_here(position).map(drop)
            });
            match followed.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "the log is followed later, by whoever asks"),
                Err(error) => tracing::error!(%error, "following the log stumbled"),
            }
        }
    }
}
