//! The keys of what is stored sealed (design §6, "Key store"): of each request its own, of the deployment two. They stand in a database of their
//! own, wrapped by a master key that stands in none.
//!
//! A request's key is written before its row and removed after it. A row whose key is gone is erased, wherever a copy of it lies: that is how
//! a person is forgotten in every backup at once. Without the store no sealed value is opened, not even one whose key is still in memory.
//!
//! A query opens what it reads with the keys in force on its thread (`current`): those of the database it was asked of, which every
//! transaction of [`super::Db`] puts there.

mod master;
mod store;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hmac::{Hmac, Mac as _};
use parking_lot::{Mutex, RwLock};
use rand::TryRngCore as _;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::chain::{ChainKey, Log};
use super::sealed;
use super::{DatabaseUrl, DbError, with_ending};
use crate::clock::{Clock, Instant};
use crate::domain::ids::RequestId;
use crate::limits;
pub use master::MasterKeys;
use store::{Store, Wrapped};

/// 32 bytes that open what they sealed; wiped when they go.
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    fn draw() -> Result<Self, DbError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rand::rngs::OsRng.try_fill_bytes(bytes.as_mut_slice()).map_err(DbError::keys_unavailable)?;
        Ok(Self(bytes))
    }

    fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, for a cipher.
    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Where keys are kept and what wraps them, as a deployment chooses.
#[derive(Clone, Debug, Default)]
pub struct KeySettings {
    /// The database of the key store; none: beside the SQLite file of the registry.
    pub url: Option<DatabaseUrl>,
    /// The master keys; none: those of a file beside the key store, which is made at the first start.
    pub master: Option<MasterKeys>,
}

impl KeySettings {
    pub(super) fn store_of(&self, registry: &DatabaseUrl) -> Result<DatabaseUrl, DbError> {
        match (&self.url, registry) {
            (Some(url), registry) if url.is(registry) => {
                Err(DbError::keys_unavailable("HAVRE_KEYS_URL is wrong: keys stand in another database than what they open"))
            }
            (Some(url), _) => Ok(url.clone()),
            (None, DatabaseUrl::Sqlite(path)) => Ok(DatabaseUrl::Sqlite(with_ending(path, ".keys"))),
            (None, DatabaseUrl::Postgres(_)) => Err(DbError::keys_unavailable(
                "HAVRE_KEYS_URL is missing: with PostgreSQL keys stand in a second database, which has backups of its own",
            )),
        }
    }

    pub(super) fn master_of(&self, store: &DatabaseUrl, is_empty: bool) -> Result<MasterKeys, DbError> {
        if let Some(master) = &self.master {
            return Ok(master.clone());
        }
        let DatabaseUrl::Sqlite(path) = store else {
            return Err(DbError::keys_unavailable("HAVRE_MASTER_KEY_FILE or HAVRE_MASTER_KEY is missing: it wraps the keys"));
        };
        let file = with_ending(path, ".master");
        let found = if is_empty && !file.exists() { MasterKeys::make(&file) } else { MasterKeys::read(&file) };
        found.map_err(|why| DbError::keys_unavailable(format!("the master key: {why}")))
    }
}

/// The keys of an instance. Cloning them shares them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    store: Store,
    master: MasterKeys,
    clock: Clock,
    of_requests: Mutex<Remembered>,
    of_deployment: RwLock<BTreeMap<i32, Arc<Key>>>,
    hash: Key,
    chains: [ChainKey; 2],
}

/// The name of the key that seals what the deployment keeps, and of the one that its keyed hashes are made with.
const DATA: &str = "deployment/data";
const HASH: &str = "deployment/hash";
const OF_REQUESTS: &str = "request/";

fn name_of(request: RequestId) -> String {
    format!("{OF_REQUESTS}{request}")
}

impl Keys {
    /// Opens the key store of a registry. A registry that holds nothing yet gets its keys; one that does must find them.
    pub(super) fn open(settings: &KeySettings, registry: &DatabaseUrl, is_new: bool, clock: &Clock) -> Result<Self, DbError> {
        let url = settings.store_of(registry)?;
        if let DatabaseUrl::Sqlite(path) = &url
            && !is_new
            && !path.exists()
        {
            let why = format!("HAVRE_KEYS_URL: the key store {} is gone: restore it", path.display());
            return Err(DbError::keys_unavailable(why));
        }
        let store = Store::open(&url).map_err(|error| DbError::keys_unavailable(format!("HAVRE_KEYS_URL: {error}")))?;
        let is_empty = store.by_master()?.is_empty();
        if is_empty && !is_new {
            return Err(DbError::keys_unavailable(
                "HAVRE_KEYS_URL: the key store is empty and the registry is not: this is not its key store, or it was lost. Restore it",
            ));
        }
        let master = settings.master_of(&url, is_empty)?;
        if is_empty {
            let now = clock.now();
            let new = [wrapped(&master, DATA, 1, &Key::draw()?, now)?, wrapped(&master, HASH, 1, &Key::draw()?, now)?];
            store.add(&new)?;
        }
        let missing = || DbError::keys_unavailable(format!("HAVRE_KEYS_URL: the key store has no {HASH}"));
        let hash = store.of(&[HASH.to_owned()])?.pop().ok_or_else(missing)?;
        let hash = unwrapped(&master, &hash)?;
        let chains = [chain_of(&hash, Log::Events)?, chain_of(&hash, Log::AccessLog)?];
        let (of_requests, of_deployment) = (Mutex::default(), RwLock::default());
        let inner = Inner { store, master, clock: clock.clone(), of_requests, of_deployment, hash, chains };
        let keys = Self(Arc::new(inner));
        keys.newest_of_deployment()?;
        Ok(keys)
    }

    /// The key of a request, if there is one.
    pub(super) fn of_request(&self, request: RequestId) -> Result<Option<Arc<Key>>, DbError> {
        self.remember(&[request])?;
        Ok(self.0.of_requests.lock().get(request))
    }

    /// Reads the keys of many requests at once, as far as they are not in memory.
    pub(super) fn remember(&self, requests: &[RequestId]) -> Result<(), DbError> {
        self.must_be_there()?;
        let unknown: Vec<RequestId> = {
            let mut known = self.0.of_requests.lock();
            requests.iter().copied().filter(|request| known.get(*request).is_none()).collect()
        };
        for some in unknown.chunks(limits::KEYS_AT_ONCE) {
            let names: Vec<String> = some.iter().map(|request| name_of(*request)).collect();
            for found in self.0.store.of(&names)? {
                let key = unwrapped(&self.0.master, &found)?;
                if let Some(request) = request_of(&found.id) {
                    self.0.of_requests.lock().put(request, Arc::new(key));
                }
            }
        }
        Ok(())
    }

    /// Makes the keys of requests that are about to be written, and keeps them: the key is there before the row.
    pub fn make_for(&self, requests: &[RequestId]) -> Result<(), DbError> {
        self.must_be_there()?;
        let now = self.0.clock.now();
        let mut new = Vec::with_capacity(requests.len());
        for request in requests {
            if self.0.of_requests.lock().get(*request).is_none() {
                new.push((*request, Arc::new(Key::draw()?)));
            }
        }
        let wrapped = new.iter().map(|(request, key)| wrapped(&self.0.master, &name_of(*request), 1, key, now));
        self.0.store.add(&wrapped.collect::<Result<Vec<_>, _>>()?)?;
        let mut known = self.0.of_requests.lock();
        new.into_iter().for_each(|(request, key)| known.put(request, key));
        Ok(())
    }

    /// Takes the keys of requests away: what was sealed with them is erased, wherever a copy of it lies.
    pub fn forget(&self, requests: &[RequestId]) -> Result<(), DbError> {
        for some in requests.chunks(limits::KEYS_AT_ONCE) {
            self.0.store.remove(&some.iter().map(|request| name_of(*request)).collect::<Vec<_>>())?;
        }
        let mut known = self.0.of_requests.lock();
        requests.iter().for_each(|request| known.forget(*request));
        Ok(())
    }

    /// Some of the requests that have a key which was made before an instant, behind one, in order.
    pub fn requests_with_key(&self, after: Option<RequestId>, before: Instant) -> Result<Vec<RequestId>, DbError> {
        let after = after.map_or_else(|| OF_REQUESTS.to_owned(), name_of);
        let most = i64::try_from(limits::KEYS_AT_ONCE).unwrap_or(i64::MAX);
        let names = self.0.store.names(OF_REQUESTS, &after, before, most)?;
        Ok(names.iter().filter_map(|name| request_of(name)).collect())
    }

    /// Which of these requests have no key.
    pub fn lacking(&self, requests: &[RequestId]) -> Result<Vec<RequestId>, DbError> {
        let mut lacking = requests.to_vec();
        for some in requests.chunks(limits::KEYS_AT_ONCE) {
            let found = self.0.store.of(&some.iter().map(|request| name_of(*request)).collect::<Vec<_>>())?;
            lacking.retain(|request| !found.iter().any(|key| request_of(&key.id) == Some(*request)));
        }
        Ok(lacking)
    }

    /// The newest key of the deployment, with its generation.
    pub(super) fn newest_of_deployment(&self) -> Result<(i32, Arc<Key>), DbError> {
        let newest = self.must_be_there()?;
        Ok((newest, self.of_deployment(newest)?))
    }

    /// The key of the deployment of a generation.
    pub(super) fn of_deployment(&self, generation: i32) -> Result<Arc<Key>, DbError> {
        self.must_be_there()?;
        if let Some(key) = self.0.of_deployment.read().get(&generation) {
            return Ok(Arc::clone(key));
        }
        let found = self.0.store.of(&[DATA.to_owned()])?.into_iter().find(|key| key.generation == generation);
        let found =
            found.ok_or_else(|| DbError::keys_unavailable(format!("the key store has no {DATA} of generation {generation}")))?;
        let key = Arc::new(unwrapped(&self.0.master, &found)?);
        self.0.of_deployment.write().insert(generation, Arc::clone(&key));
        Ok(key)
    }

    /// A hash of a value that only the deployment can make: equal values have equal hashes, and tell nothing else. `of` keeps those of one
    /// kind apart from those of another.
    pub fn hash(&self, of: &str, value: &[u8]) -> Result<Vec<u8>, DbError> {
        keyed_hash(&self.0.hash, of, value)
    }

    /// What the rows of a log are chained with.
    pub(super) fn chain(&self, log: Log) -> ChainKey {
        let [events, reads] = &self.0.chains;
        match log {
            Log::Events => events.clone(),
            Log::AccessLog => reads.clone(),
        }
    }

    /// Whether the key store answers.
    pub fn must_answer(&self) -> Result<(), DbError> {
        self.must_be_there().map(drop)
    }

    /// That the key store is there; looked at again at least every second.
    fn must_be_there(&self) -> Result<i32, DbError> {
        self.0.store.must_answer(DATA)
    }

    /// How the keys stand.
    pub fn status(&self) -> Result<Status, DbError> {
        let deployment = self.0.store.of(&[DATA.to_owned()])?;
        Ok(Status {
            master: self.0.master.name().to_owned(),
            by_master: self.0.store.by_master()?,
            generations: deployment.into_iter().map(|key| (key.generation, key.created_at)).collect(),
        })
    }

    /// Wraps some of the keys that another master key wraps with the one in force, and says how many.
    pub fn wrap_some_again(&self) -> Result<usize, DbError> {
        let most = i64::try_from(limits::KEYS_AT_ONCE).unwrap_or(i64::MAX);
        let some = self.0.store.wrapped_otherwise(self.0.master.name(), most)?;
        for key in &some {
            let again = wrapped(&self.0.master, &key.id, key.generation, &unwrapped(&self.0.master, key)?, key.created_at)?;
            self.0.store.wrap_again(key, &again.wrapped, &again.master)?;
        }
        Ok(some.len())
    }

    /// Makes a new key of the deployment, with which everything is sealed from now on; other instances know of it within a second or two.
    pub fn begin_generation(&self) -> Result<i32, DbError> {
        let next = self.must_be_there()?.saturating_add(1);
        let now = self.0.clock.now();
        self.0.store.add(&[wrapped(&self.0.master, DATA, next, &Key::draw()?, now)?])?;
        self.0.store.look_again();
        Ok(next)
    }

    /// Takes keys of the deployment away that are older than the newest, if that was made before an instant and nothing is sealed with
    /// them: until then an instance may not have known of it. Says which.
    pub fn end_generations(&self, before: Instant, in_use: &[i32]) -> Result<Vec<i32>, DbError> {
        let all = self.0.store.of(&[DATA.to_owned()])?;
        let Some((newest, older)) = all.split_last() else { return Ok(Vec::new()) };
        if newest.created_at >= before {
            return Ok(Vec::new());
        }
        let over: Vec<i32> = older.iter().map(|key| key.generation).filter(|generation| !in_use.contains(generation)).collect();
        for generation in &over {
            self.0.store.remove_generation(DATA, *generation)?;
            self.0.of_deployment.write().remove(generation);
        }
        Ok(over)
    }

    /// Puts these keys in force on this thread until what it gives is dropped.
    pub(super) fn in_force(&self) -> InForce {
        IN_FORCE.with_borrow_mut(|all| all.push(self.clone()));
        InForce
    }
}

fn keyed_hash(key: &Key, of: &str, value: &[u8]) -> Result<Vec<u8>, DbError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(DbError::damaged)?;
    for part in [of.as_bytes(), value] {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// The key of a log's chain is made of that of keyed hashes, which stays as long as the deployment does: so do the logs.
fn chain_of(hash: &Key, log: Log) -> Result<ChainKey, DbError> {
    ChainKey::new(&keyed_hash(hash, "chain", log.name().as_bytes())?)
}

/// How the keys stand.
#[derive(Clone, Debug)]
pub struct Status {
    /// The name of the master key in force.
    pub master: String,
    /// How many keys each master key wraps, by its name.
    pub by_master: Vec<(String, i64)>,
    /// The generations of the deployment's key, and when each was made.
    pub generations: Vec<(i32, Instant)>,
}

thread_local! {
    static IN_FORCE: RefCell<Vec<Keys>> = const { RefCell::new(Vec::new()) };
}

/// Keys are in force on this thread while it lives.
pub(super) struct InForce;

impl Drop for InForce {
    fn drop(&mut self) {
        IN_FORCE.with_borrow_mut(|all| drop(all.pop()));
    }
}

/// The keys in force on this thread: those of the database whose transaction it is in.
pub(super) fn current() -> Result<Keys, DbError> {
    let keys = IN_FORCE.with_borrow(|all| all.last().cloned());
    keys.ok_or_else(|| DbError::keys_unavailable("what is sealed is read and written in a transaction"))
}

/// A short mark of a value, by which an event says that it is the same as before, and nothing else of it; none outside of a transaction.
pub(super) fn mark(of: &str, value: &str) -> Option<String> {
    let hash = current().ok()?.hash(of, value.as_bytes()).ok()?;
    Some(hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect())
}

fn request_of(name: &str) -> Option<RequestId> {
    Uuid::try_parse(name.strip_prefix(OF_REQUESTS)?).ok().map(RequestId)
}

fn wrapped(master: &MasterKeys, id: &str, generation: i32, key: &Key, created_at: Instant) -> Result<Wrapped, DbError> {
    let first = master.first()?;
    let wrapped = sealed::seal(&first.key, 1, &name(id, generation), key.expose())?;
    Ok(Wrapped { id: id.to_owned(), generation, wrapped, master: first.name.clone(), created_at })
}

fn unwrapped(master: &MasterKeys, key: &Wrapped) -> Result<Key, DbError> {
    let other = || {
        let (id, master) = (&key.id, &key.master);
        DbError::keys_unavailable(format!(
            "HAVRE_MASTER_KEY: {id} is wrapped by the master key {master}, which is not among those given"
        ))
    };
    let wrapping = master.named(&key.master).ok_or_else(other)?;
    let plain = sealed::open(&wrapping.key, &name(&key.id, key.generation), &key.wrapped).map_err(DbError::keys_unavailable)?;
    Key::from_slice(&plain).ok_or_else(|| DbError::keys_unavailable(format!("{} is no key", key.id)))
}

fn name(id: &str, generation: i32) -> Vec<u8> {
    [b"keys\0", id.as_bytes(), b"\0", &generation.to_be_bytes()].concat()
}

/// Keys in memory, at most so many: those of the last half that was asked for, and of the half before.
#[derive(Default)]
struct Remembered {
    young: HashMap<RequestId, Arc<Key>>,
    old: HashMap<RequestId, Arc<Key>>,
}

impl Remembered {
    fn get(&mut self, request: RequestId) -> Option<Arc<Key>> {
        if let Some(key) = self.young.get(&request) {
            return Some(Arc::clone(key));
        }
        let key = self.old.remove(&request)?;
        self.put(request, Arc::clone(&key));
        Some(key)
    }

    fn put(&mut self, request: RequestId, key: Arc<Key>) {
        if self.young.len() >= limits::KEYS_IN_MEMORY / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(request, key);
    }

    fn forget(&mut self, request: RequestId) {
        self.young.remove(&request);
        self.old.remove(&request);
    }
}
