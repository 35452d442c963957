//! The engine's snapshot of the registry in memory, kept equal to the database by the log of events; and beside it one of the units for which
//! nobody has ever vouched, which are ranked apart by the same engine (design §5).

use std::collections::HashMap;
use std::sync::Arc;

use matcher::{Fault, Policy, Snapshot, Unit};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::clock::Instant;
use crate::db::events::{self, Touches};
use crate::db::units::Matched;
use crate::db::{Conn, Db, DbError, door_contacts, units};
use crate::domain::doors::Doors;
use crate::domain::ids::UnitId;
use crate::limits;

/// The registry as the engine sees it at one moment.
#[derive(Clone)]
pub struct Registry {
    /// What somebody vouches for: what is matched.
    pub vouched: Arc<Snapshot>,
    /// What nobody has ever vouched for: ranked apart, after all others.
    pub apart: Arc<Snapshot>,
    /// Of what is matched, until when each is marked as new.
    new_until: Arc<HashMap<Uuid, Instant>>,
    /// The public numbers of the doors, which rankings give beside it.
    pub doors: Arc<Doors>,
}

impl Registry {
    /// Whether a unit is a home that nobody vouched for until lately.
    pub fn is_new(&self, unit: Uuid, now: Instant) -> bool {
        self.new_until.get(&unit).is_some_and(|until| now < *until)
    }

    /// The whole of it, as it is read now. What is new no more is not kept: of a registry that has stood for a while that is nearly all of it.
    fn of(policy: &Policy, read: Vec<Matched>, doors: Arc<Doors>, now: Instant) -> Self {
        let mut new_until = HashMap::new();
        let (mut vouched, mut apart) = (Vec::new(), Vec::new());
        for Matched { unit, vouched: by } in read {
            match by {
                Some(by) => {
                    if now < by.is_new_until() {
                        new_until.insert(unit.id, by.is_new_until());
                    }
                    vouched.push(unit);
                }
                None => apart.push(unit),
            }
        }
        let snapshot = |units: Vec<Unit>| {
            let (snapshot, refused) = Snapshot::of(policy.clone(), units);
            refused.iter().for_each(|(unit, faults)| leave_out(*unit, faults));
            Arc::new(snapshot)
        };
        Self { vouched: snapshot(vouched), apart: snapshot(apart), new_until: Arc::new(new_until), doors }
    }

    /// The same with some units as they are read now: those of `changed` that are not among them are matched no more.
    fn with(&self, changed: &[UnitId], read: Vec<Matched>, now: Instant) -> Self {
        let (mut vouched, mut apart) = (Snapshot::clone(&self.vouched), Snapshot::clone(&self.apart));
        let mut new_until = HashMap::clone(&self.new_until);
        let mut is_in: HashMap<Uuid, bool> = HashMap::new();
        for Matched { unit, vouched: by } in read {
            let id = unit.id;
            is_in.insert(id, by.is_some());
            let into = if let Some(by) = by {
                if now < by.is_new_until() {
                    new_until.insert(id, by.is_new_until());
                }
                &mut vouched
            } else {
                &mut apart
            };
            if let Err(faults) = into.insert(unit) {
                leave_out(id, &faults);
            }
        }
        for UnitId(id) in changed {
            if is_in.get(id) != Some(&true) {
                vouched.remove(*id);
                new_until.remove(id);
            }
            if is_in.get(id) != Some(&false) {
                apart.remove(*id);
            }
        }
        Self { vouched: Arc::new(vouched), apart: Arc::new(apart), new_until: Arc::new(new_until), doors: Arc::clone(&self.doors) }
    }
}

/// The registry and the event it is as new as.
struct Kept {
    position: i64,
    registry: Registry,
}

/// The policy, and the registry it ranks by.
pub struct Engine {
    policy: Policy,
    kept: RwLock<Option<Kept>>,
    /// Held while the snapshot is brought up to date, so that one thread does it and the others wait for its result.
    catching_up: Mutex<()>,
}

/// What has to be read again.
struct Changed {
    /// These units, each once; none: any, since a site has moved.
    units: Option<Vec<UnitId>>,
    /// The public numbers of the doors.
    doors: bool,
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
    pub fn at_least(&self, position: i64) -> Option<Registry> {
        let kept = self.kept.read();
        kept.as_ref().filter(|kept| kept.position >= position).map(|kept| kept.registry.clone())
    }

    /// What is at hand with its position, however old it is.
    pub fn at_hand(&self) -> Option<(i64, Registry)> {
        self.kept.read().as_ref().map(|kept| (kept.position, kept.registry.clone()))
    }

    /// The position of what is at hand; 0 for nothing.
    pub fn position(&self) -> i64 {
        self.kept.read().as_ref().map_or(0, |kept| kept.position)
    }

    /// The registry at this position or later; reads what changed, in one transaction together with its position, where it is behind.
    pub fn catch_up(&self, db: &Db, position: i64) -> Result<Registry, DbError> {
        if let Some(registry) = self.at_least(position) {
            return Ok(registry);
        }
        let _one_at_a_time = self.catching_up.lock();
        if let Some(registry) = self.at_least(position) {
            return Ok(registry);
        }
        let (position, registry) = db.read(|conn| -> Result<_, DbError> {
            let head = events::head(conn)?;
            Ok((head, self.caught_up(conn, head, db.clock().now())?))
        })?;
        *self.kept.write() = Some(Kept { position, registry: registry.clone() });
        Ok(registry)
    }

    fn caught_up(&self, conn: &mut Conn, head: i64, now: Instant) -> Result<Registry, DbError> {
        let behind = self.kept.read().as_ref().map(|kept| (kept.position, kept.registry.clone()));
        let Some((position, mut registry)) = behind.filter(|(position, _)| head.saturating_sub(*position) <= limits::CATCH_UP_MAX)
        else {
            return self.whole(conn, now);
        };
        let changed = changed_since(conn, position)?;
        if changed.doors {
            registry.doors = Arc::new(Doors::new(door_contacts::all(conn)?));
        }
        match changed.units {
            Some(units) if units.is_empty() => Ok(registry),
            Some(units) => Ok(registry.with(&units, units::as_matched(conn, Some(&units))?, now)),
            None => self.whole(conn, now),
        }
    }

    fn whole(&self, conn: &mut Conn, now: Instant) -> Result<Registry, DbError> {
        let doors = Arc::new(Doors::new(door_contacts::all(conn)?));
        Ok(Registry::of(&self.policy, units::as_matched(conn, None)?, doors, now))
    }
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
    Ok(Changed { units: (!anything).then_some(changed), doors })
}

/// A unit of an older release that today's rules refuse must not stop everyone's ranking.
fn leave_out(unit: Uuid, faults: &[Fault]) {
    tracing::error!(%unit, ?faults, "a stored unit is left out of rankings");
}
