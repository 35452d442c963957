//! The engine's snapshot of the registry in memory, kept equal to the database by the log of events.

use std::sync::Arc;

use matcher::{Fault, Policy, Snapshot};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::db::events::{self, Touches};
use crate::db::{Conn, Db, DbError, door_contacts, units};
use crate::domain::doors::Doors;
use crate::domain::ids::UnitId;
use crate::limits;

/// A snapshot, the public numbers that rankings give beside it, and the event that both are as new as.
#[derive(Clone)]
struct Kept {
    position: i64,
    snapshot: Arc<Snapshot>,
    doors: Arc<Doors>,
}

/// The policy, and the snapshot it ranks by.
pub struct Engine {
    policy: Policy,
    kept: RwLock<Option<Kept>>,
    /// Held while the snapshot is brought up to date, so that one thread does it and the others wait for its result.
    catching_up: Mutex<()>,
}

/// What has to be read again.
struct Changed {
    units: ChangedUnits,
    doors: bool,
}

/// Which units have to be read again.
enum ChangedUnits {
    /// These, each once.
    These(Vec<UnitId>),
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
        self.kept_at_least(position).map(|kept| kept.snapshot)
    }

    fn kept_at_least(&self, position: i64) -> Option<Kept> {
        self.kept.read().as_ref().filter(|kept| kept.position >= position).cloned()
    }

    /// The position of what is at hand; 0 for nothing.
    pub fn position(&self) -> i64 {
        self.kept.read().as_ref().map_or(0, |kept| kept.position)
    }

    /// The public numbers that go with what is at hand: whoever has a snapshot finds those of its position or later.
    pub fn doors(&self) -> Arc<Doors> {
        self.kept.read().as_ref().map(|kept| Arc::clone(&kept.doors)).unwrap_or_default()
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
        let kept = db.read(|conn| -> Result<_, DbError> {
            let head = events::head(conn)?;
            self.caught_up(conn, head)
        })?;
        let snapshot = Arc::clone(&kept.snapshot);
        *self.kept.write() = Some(kept);
        Ok(snapshot)
    }

    fn caught_up(&self, conn: &mut Conn, head: i64) -> Result<Kept, DbError> {
        let behind = self.kept.read().clone();
        let changed = match &behind {
            Some(kept) if head.saturating_sub(kept.position) <= limits::CATCH_UP_MAX => changed_since(conn, kept.position)?,
            _ => Changed { units: ChangedUnits::Anything, doors: true },
        };
        let doors = match &behind {
            Some(kept) if !changed.doors => Arc::clone(&kept.doors),
            _ => Arc::new(Doors::new(door_contacts::all(conn)?)),
        };
        let snapshot = match (behind, changed.units) {
            (Some(kept), ChangedUnits::These(units)) if units.is_empty() => kept.snapshot,
            (Some(kept), ChangedUnits::These(units)) => Arc::new(followed(conn, &kept.snapshot, &units)?),
            _ => {
                let (snapshot, refused) = Snapshot::of(self.policy.clone(), units::as_matched(conn, None)?);
                refused.iter().for_each(|(unit, faults)| leave_out(*unit, faults));
                Arc::new(snapshot)
            }
        };
        Ok(Kept { position: head, snapshot, doors })
    }
}

/// A snapshot with these units as they stand now.
fn followed(conn: &mut Conn, before: &Snapshot, changed: &[UnitId]) -> Result<Snapshot, DbError> {
    let mut snapshot = Snapshot::clone(before);
    let found = units::as_matched(conn, Some(changed))?;
    for id in changed {
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
    Ok(snapshot)
}

/// What the events behind a position may have changed.
fn changed_since(conn: &mut Conn, position: i64) -> Result<Changed, DbError> {
    let (mut changed, mut anything, mut doors) = (Vec::new(), false, false);
    for change in events::changes_since(conn, position)? {
        match change.touches() {
            Touches::Everything => anything = true,
            Touches::Unit(unit) => changed.push(unit),
            Touches::Doors => doors = true,
            Touches::Nothing | Touches::Organisation(_) | Touches::Account(_) | Touches::Session(_) => {}
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Ok(Changed { units: if anything { ChangedUnits::Anything } else { ChangedUnits::These(changed) }, doors })
}

/// A unit of an older release that today's rules refuse must not stop everyone's ranking.
fn leave_out(unit: Uuid, faults: &[Fault]) {
    tracing::error!(%unit, ?faults, "a stored unit is left out of rankings");
}
