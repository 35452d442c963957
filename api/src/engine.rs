//! The engine's snapshot of the registry in memory, kept equal to the database by the log of events.
//!
//! Every ranking first asks for the last event's position: one small read. Nothing has to be announced, so nothing can be missed.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use matcher::{Fault, Policy, Snapshot};
use uuid::Uuid;

use crate::db::events::{self, Changed};
use crate::db::{Conn, DbError, units};
use crate::limits;

/// A snapshot and the event it is as new as.
struct Kept {
    position: i64,
    snapshot: Arc<Snapshot>,
}

/// The policy, and the snapshot it ranks by.
pub struct Engine {
    policy: Arc<Policy>,
    kept: RwLock<Option<Kept>>,
    /// Held while the snapshot is brought up to date, so that one thread does it and the others wait for its result.
    catching_up: Mutex<()>,
}

impl Engine {
    /// An engine that reads the registry when it is first asked.
    pub fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy), kept: RwLock::new(None), catching_up: Mutex::new(()) }
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The policy in force, for a thread of its own.
    pub fn shared_policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy)
    }

    /// The registry as `conn`'s transaction sees it, or newer.
    pub fn snapshot(&self, conn: &mut Conn) -> Result<Arc<Snapshot>, DbError> {
        let head = events::head(conn)?;
        if let Some(snapshot) = self.at_least(head) {
            return Ok(snapshot);
        }
        let _turn = self.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = self.at_least(head) {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(self.caught_up(conn, head)?);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Kept { position: head, snapshot: Arc::clone(&snapshot) });
        Ok(snapshot)
    }

    fn at_least(&self, position: i64) -> Option<Arc<Snapshot>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|kept| kept.position >= position).map(|kept| Arc::clone(&kept.snapshot))
    }

    fn caught_up(&self, conn: &mut Conn, head: i64) -> Result<Snapshot, DbError> {
        let behind = {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            kept.as_ref().map(|kept| (kept.position, Snapshot::clone(&kept.snapshot)))
        };
        if let Some((position, mut snapshot)) = behind
            && head.saturating_sub(position) <= limits::SNAPSHOT_CATCH_UP_MAX
            && let Changed::Units(changed) = events::units_changed_since(conn, position)?
        {
            let mut found = units::as_matched(conn, Some(&changed))?;
            for id in &changed {
                if !found.iter().any(|unit| unit.id == id.0) {
                    snapshot.remove(id.0);
                }
            }
            for unit in found.drain(..) {
                let id = unit.id;
                if let Err(faults) = snapshot.insert(unit) {
                    leave_out(id, &faults);
                }
            }
            return Ok(snapshot);
        }
        let (snapshot, refused) = Snapshot::of(Policy::clone(&self.policy), units::as_matched(conn, None)?);
        refused.iter().for_each(|(unit, faults)| leave_out(*unit, faults));
        Ok(snapshot)
    }
}

/// A unit of an older release that today's rules refuse must not stop everyone's ranking.
fn leave_out(unit: Uuid, faults: &[Fault]) {
    tracing::error!(%unit, ?faults, "a stored unit is left out of rankings");
}
