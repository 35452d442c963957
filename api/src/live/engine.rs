//! The engine's snapshot of the registry in memory, kept equal to the database by the log of events.

use std::sync::Arc;

use matcher::{Fault, Policy, Snapshot};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::db::events::{self, Touches};
use crate::db::{Conn, Db, DbError, units};
use crate::domain::ids::UnitId;
use crate::limits;

/// A snapshot and the event it is as new as.
struct Kept {
    position: i64,
    snapshot: Arc<Snapshot>,
}

/// The policy, and the snapshot it ranks by.
pub struct Engine {
    policy: Policy,
    kept: RwLock<Option<Kept>>,
    /// Held while the snapshot is brought up to date, so that one thread does it and the others wait for its result.
    catching_up: Mutex<()>,
}

/// Which units have to be read again.
enum Changed {
    /// These, each once.
    Units(Vec<UnitId>),
    /// Any: a site has moved.
    Anything,
}

impl Engine {
    /// An engine that reads the registry when it is first asked.
    pub fn new(policy: Policy) -> Self {
        Self { policy, kept: RwLock::new(None), catching_up: Mutex::new(()) }
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The registry at this position or later, if it is at hand.
    pub fn at_least(&self, position: i64) -> Option<Arc<Snapshot>> {
        let kept = self.kept.read();
        kept.as_ref().filter(|kept| kept.position >= position).map(|kept| Arc::clone(&kept.snapshot))
    }

    /// The position of what is at hand; 0 for nothing.
    pub fn position(&self) -> i64 {
        self.kept.read().as_ref().map_or(0, |kept| kept.position)
    }

    /// The registry at this position or later; reads what changed, in one transaction together with its position, where it is behind.
    pub fn catch_up(&self, db: &Db, position: i64) -> Result<Arc<Snapshot>, DbError> {
        if let Some(snapshot) = self.at_least(position) {
            return Ok(snapshot);
        }
        let _one_at_a_time = self.catching_up.lock();
        if let Some(snapshot) = self.at_least(position) {
            return Ok(snapshot);
        }
        let (position, snapshot) = db.read(|conn| -> Result<_, DbError> {
            let head = events::head(conn)?;
            Ok((head, Arc::new(self.caught_up(conn, head)?)))
        })?;
        *self.kept.write() = Some(Kept { position, snapshot: Arc::clone(&snapshot) });
        Ok(snapshot)
    }

    fn caught_up(&self, conn: &mut Conn, head: i64) -> Result<Snapshot, DbError> {
        let behind = self.kept.read().as_ref().map(|kept| (kept.position, Snapshot::clone(&kept.snapshot)));
        if let Some((position, mut snapshot)) = behind
            && head.saturating_sub(position) <= limits::CATCH_UP_MAX
            && let Changed::Units(changed) = changed_since(conn, position)?
        {
            if changed.is_empty() {
                return Ok(snapshot);
            }
            let found = units::as_matched(conn, Some(&changed))?;
            for id in &changed {
                if !found.iter().any(|unit| unit.id == id.0) {
                    snapshot.remove(id.0);
                }
            }
            for unit in found {
                let id = unit.id;
                if let Err(faults) = snapshot.insert(unit) {
                    leave_out(id, &faults);
                }
            }
            return Ok(snapshot);
        }
        let (snapshot, refused) = Snapshot::of(self.policy.clone(), units::as_matched(conn, None)?);
        refused.iter().for_each(|(unit, faults)| leave_out(*unit, faults));
        Ok(snapshot)
    }
}

/// What the events behind a position may have changed.
fn changed_since(conn: &mut Conn, position: i64) -> Result<Changed, DbError> {
    let mut changed: Vec<UnitId> = Vec::new();
    for change in events::changes_since(conn, position)? {
        match change.touches() {
            Touches::Everything => return Ok(Changed::Anything),
            Touches::Unit(unit) => changed.push(unit),
            Touches::Nothing | Touches::Organisation(_) | Touches::Account(_) | Touches::Session(_) => {}
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Ok(Changed::Units(changed))
}

/// A unit of an older release that today's rules refuse must not stop everyone's ranking.
fn leave_out(unit: Uuid, faults: &[Fault]) {
    tracing::error!(%unit, ?faults, "a stored unit is left out of rankings");
}
