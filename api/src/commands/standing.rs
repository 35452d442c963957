//! How an instance stands, for whoever watches it: numbers, and of nobody.

use tokio::task::spawn_blocking;

use super::Service;
use crate::clock::Instant;
use crate::db::jobs::{self, Queue};
use crate::db::webhooks::Sending;
use crate::db::{Conn, DbError, Load, Pulse, SchemaFit, events, referrals, webhooks};
use crate::limits;

/// How it stands with what is matched.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotStanding {
    /// The position that it has reached; 0 before it was first read.
    pub position: i64,
    /// How many positions of the log it does not know yet.
    pub lag: i64,
    /// For how long the oldest of these has been there, in seconds; 0 where it knows all.
    pub age_s: f64,
    /// How many units are matched.
    pub units: usize,
    /// How many nobody has vouched for.
    pub units_apart: usize,
}

/// What the database says.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The last position of the log of events.
    pub head: i64,
    /// Referrals that hold beds.
    pub holds: i64,
    /// Beds that they hold.
    pub beds_held: i64,
    /// Jobs, kind by kind.
    pub queues: Vec<Queue>,
    /// What webhooks send.
    pub sending: Sending,
    /// By its clock.
    pub now: Instant,
}

/// How an instance stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What is matched.
    pub snapshot: SnapshotStanding,
    /// What the database says; none where it does not answer.
    pub stored: Option<Stored>,
    /// How busy its connections are.
    pub load: Load,
    /// How many requests have, or wait for, a thread that waits for the database.
    pub database_work: usize,
    /// Plans that wait, and that are searched for.
    pub plans: (usize, usize),
    /// Answers that go on.
    pub streams: usize,
}

impl Service {
    /// How this instance stands. Whoever asks waits for the database as long as anybody, and is told the rest where it does not answer.
    pub async fn standing(&self) -> Standing {
        let service = self.clone();
        let looked = spawn_blocking(move || service.look()).await;
        let (snapshot, stored) = match looked {
            Ok(Ok((snapshot, stored))) => (snapshot, Some(stored)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the database does not say how it stands");
                (self.snapshot_standing(0, 0.0), None)
            }
            Err(error) => {
                tracing::error!(%error, "looking how things stand stumbled");
                (self.snapshot_standing(0, 0.0), None)
            }
        };
        Standing {
            snapshot,
            stored,
            load: self.db.load(),
            database_work: limits::DATABASE_WAITERS.saturating_sub(self.waiting.available_permits()),
            plans: self.live.plans().standing(),
            streams: self.live.streams().count(),
        }
    }

    /// How the schema fits, where the key store answers.
    pub async fn fitness(&self) -> Result<SchemaFit, DbError> {
        let db = self.db.clone();
        spawn_blocking(move || db.fitness()).await.map_err(DbError::unavailable)?
    }

    /// How far the snapshot is behind what the shared question has answered.
    pub async fn behind(&self, pulse: Pulse) -> Result<SnapshotStanding, DbError> {
        let reached = self.live.reached();
        if reached >= pulse.position {
            return Ok(self.snapshot_standing(0, 0.0));
        }
        let db = self.db.clone();
        let age = move || db.read(|conn| age_s(conn, reached, pulse.now));
        let age_s = spawn_blocking(age).await.map_err(DbError::unavailable)??;
        Ok(self.snapshot_standing(pulse.position.saturating_sub(self.live.reached()).max(0), age_s))
    }

    fn look(&self) -> Result<(SnapshotStanding, Stored), DbError> {
        let (stored, reached, age_s) = self.db.read(|conn| -> Result<_, DbError> {
            let pulse = self.db.pulse(conn)?;
            let reached = self.live.reached();
            let age_s = if reached < pulse.position { age_s(conn, reached, pulse.now)? } else { 0.0 };
            let (holds, beds_held) = referrals::all_held(conn)?;
            let (queues, sending) = (jobs::queues(conn, pulse.now)?, webhooks::sending(conn, pulse.now)?);
            Ok((Stored { head: pulse.position, holds, beds_held, queues, sending, now: pulse.now }, reached, age_s))
        })?;
        Ok((self.snapshot_standing(stored.head.saturating_sub(reached).max(0), age_s), stored))
    }

    fn snapshot_standing(&self, lag: i64, age_s: f64) -> SnapshotStanding {
        let at_hand = self.live.at_hand();
        let (position, units, units_apart) =
            at_hand.map_or((0, 0, 0), |(position, registry)| (position, registry.vouched.len(), registry.apart.len()));
        SnapshotStanding { position, lag, age_s, units, units_apart }
    }
}

/// For how long the first event behind a position has been there.
fn age_s(conn: &mut Conn, reached: i64, now: Instant) -> Result<f64, DbError> {
    let first = events::at_behind(conn, reached)?;
    Ok(first.map_or(0.0, |at| (now.utc() - at.utc()).as_seconds_f64().max(0.0)))
}
