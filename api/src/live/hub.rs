//! This instance's one connection to Redis, and whether Redis is there. Everything that is said to Redis is said here, on a thread of its
//! own, so that no request ever waits for longer than [`limits::REDIS_PATIENCE`], and no transaction at all.
//!
//! Redis may be absent, slow, full, flushed or killed at any moment. Whoever waits in vain is the last who waits: then nobody asks but the
//! thread that looks for it, one line of the log says that it is away, and one that it is back. It never decides what has to be right, and lets
//! nobody in: of quotas (design §5) it carries what instances have counted and not stored yet ([`super::elsewhere`]), which can only refuse, and keeps
//! nothing of it. Nor is a server asked that takes any password where ours has one.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo as _, ProtocolVersion, PushInfo, PushKind, RedisError, Script, Value};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use uuid::Uuid;

use super::bus::Heard;
use super::elsewhere::{self, Elsewhere};
use crate::clock::Instant;
use crate::domain::By;
use crate::domain::quota::{Batch, Used};
use crate::limits;
use crate::metrics::{Fallbacks, Purpose};

/// Where Redis is. It may hold a password and is never shown.
#[derive(Clone, Debug)]
pub struct RedisUrl(SecretString);

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let url = Self(url.into());
        client(&url).map(|_client| url).map_err(|error| wrong_url(&error))
    }
}

/// The connection. Cloning it shares it; with the last clone its thread ends.
#[derive(Clone)]
pub struct Hub(Arc<Owner>);

struct Owner {
    shared: Arc<Shared>,
    runtime: Handle,
    stop: Arc<Notify>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

/// What the thread and its users share.
struct Shared {
    /// Opens a connection anew, with pauses that grow, whenever one is lost.
    connection: ConnectionManager,
    /// The limits' script. Redis is told its hash, and the whole of it when it does not know it, as after a restart.
    script: Script,
    names: Names,
    /// Who signs in there with a password; none where there is none.
    user: Option<String>,
    state: Arc<State>,
    /// The newest position that this instance has to announce; 0: none yet.
    announced: AtomicI64,
    /// Something is to be announced.
    news: Notify,
    /// What this instance has counted and the others were not told of yet, by the shadows of whom it counts for.
    counted: Mutex<HashMap<Batch, HashMap<String, u32>>>,
    /// They are to be told.
    counts: Notify,
    /// How long anyone waits for an answer.
    patience: Duration,
}

/// Whether Redis is there, and what it has said.
struct State {
    /// Whether it is asked: not from the first answer that is late, or none, until one is in time.
    there: AtomicBool,
    /// What the log said of it last, nothing at the start.
    told: Mutex<Option<Told>>,
    /// Somebody has waited in vain.
    doubt: Notify,
    subscribed: AtomicBool,
    heard: watch::Sender<Heard>,
    /// What the other instances have counted.
    elsewhere: Mutex<Elsewhere>,
    /// Which announcements are this instance's own.
    instance: String,
    fallbacks: Fallbacks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    There,
    Away,
    Imposter,
}

/// What this deployment's things are called in Redis.
struct Names {
    prefix: String,
    secret: [u8; 32],
}

/// Units of a limit.
pub(super) struct Unit {
    /// What its key begins with.
    pub(super) name: &'static str,
    /// Whose it is. Redis is shown a keyed hash of it and never an account, an address or a link.
    pub(super) whose: Vec<u8>,
    /// Microseconds until one unit is given back.
    pub(super) unit_us: u64,
    /// How many units there are.
    pub(super) burst: u32,
    /// How many are taken.
    pub(super) cost: u32,
}

/// How it stands with one limit, in microseconds.
pub(super) struct Level {
    /// Until the limit would give a unit; 0: it has one.
    pub(super) wait_us: u64,
    /// Until the limit is whole again.
    pub(super) behind_us: u64,
}

impl Hub {
    /// Begins to look for Redis, and does not wait for it. `deployment` is what instances share that use one database, and nobody else
    /// knows: several deployments may use one Redis. `patience` is [`limits::REDIS_PATIENCE`] but in tests.
    ///
    /// Fails where there can be no thread for it.
    pub fn open(url: &RedisUrl, deployment: &[u8], patience: Duration) -> Result<Self, String> {
        let client = client(url).map_err(|error| wrong_url(&error))?;
        let settings = client.get_connection_info().redis_settings();
        let user = settings.password().map(|_| settings.username().unwrap_or("default").to_owned());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let state = Arc::new(State::new());
        let ears = Arc::clone(&state);
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(usize::MAX)
            .set_max_delay(limits::REDIS_PAUSE_MAX)
            .set_connection_timeout(Some(limits::REDIS_CONNECT))
            // Each question brings its own deadline.
            .set_response_timeout(None)
            .set_pipeline_buffer_size(limits::REDIS_AT_ONCE)
            .set_push_sender(move |push| -> Result<(), redis::aio::SendError> {
                ears.hear(&push);
                Ok(())
            });
        let connection = {
            let _inside = runtime.enter();
            ConnectionManager::new_lazy_with_config(client, config).map_err(|error| wrong_url(&error))?
        };
        let shared = Arc::new(Shared {
            connection,
            script: Script::new(include_str!("gcra.lua")),
            names: Names::of(deployment),
            user,
            state,
            announced: AtomicI64::new(0),
            news: Notify::new(),
            counted: Mutex::default(),
            counts: Notify::new(),
            patience,
        });
        let (stop, handle) = (Arc::new(Notify::new()), runtime.handle().clone());
        let (ours, ended) = (Arc::clone(&shared), Arc::clone(&stop));
        std::thread::Builder::new()
            .name("redis".to_owned())
            .spawn(move || {
                runtime.spawn(connect(Arc::clone(&ours)));
                runtime.spawn(announce(Arc::clone(&ours)));
                runtime.spawn(tell_counts(Arc::clone(&ours)));
                runtime.spawn(look(ours));
                runtime.block_on(ended.notified());
            })
            .map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(Owner { shared, runtime: handle, stop })))
    }

    /// Whether Redis answered when it was last asked.
    pub fn is_there(&self) -> bool {
        self.0.shared.state.there.load(Ordering::Relaxed)
    }

    /// How often it went without.
    pub fn fallbacks(&self) -> &Fallbacks {
        &self.0.shared.state.fallbacks
    }

    /// Tells the other instances that the log of events has reached a position. Never waits and never fails; of several positions only the
    /// newest is sent.
    pub(super) fn announce(&self, position: i64) {
        if !self.is_there() {
            self.fallbacks().count(Purpose::Announcements);
        }
        self.0.shared.announced.fetch_max(position, Ordering::Relaxed);
        self.0.shared.news.notify_one();
    }

    /// What the other instances announce.
    pub(super) fn heard(&self) -> watch::Receiver<Heard> {
        self.0.shared.state.heard.subscribe()
    }

    /// Tells the other instances how much was counted of somebody in a batch so far. Never waits and never fails; what is counted while something is
    /// on its way is told together.
    pub(super) fn tell_counted(&self, batch: Batch, by: By, so_far: Used) {
        if !self.is_there() {
            self.fallbacks().count(Purpose::Quotas);
            return;
        }
        let shared = &self.0.shared;
        let (account, organisation) = shared.names.counted(by);
        let mut counted = shared.counted.lock();
        let counts = counted.entry(batch).or_default();
        for (shadow, count) in
            account.map(|account| (account, so_far.account)).into_iter().chain([(organisation, so_far.organisation)])
        {
            let known = counts.entry(shadow).or_default();
            *known = count.max(*known);
        }
        drop(counted);
        shared.counts.notify_one();
    }

    /// How much the other instances have counted of somebody that is in no sum that this one has read.
    pub(super) fn counted_elsewhere(&self, by: By, now: Instant) -> Used {
        let shared = &self.0.shared;
        let mut elsewhere = shared.state.elsewhere.lock();
        if !elsewhere.look(now) {
            return Used::default();
        }
        let (account, organisation) = shared.names.counted(by);
        elsewhere.used(account.as_deref(), &organisation)
    }

    /// This instance has read sums with these batches.
    pub(super) fn has_read(&self, batches: HashSet<Batch>, now: Instant) {
        self.0.shared.state.elsewhere.lock().has_read(batches, now);
    }

    /// Takes units of each limit, or none of any, in one round trip; nothing where Redis does not answer in time.
    pub(super) async fn take(&self, moved_us: i64, units: Vec<Unit>) -> Option<Vec<Level>> {
        if !self.is_there() {
            self.fallbacks().count(Purpose::Limits);
            return None;
        }
        let shared = Arc::clone(&self.0.shared);
        // On the thread of the connection: a new one that is opened on the way must not live on a request's thread.
        let asked = self.0.runtime.spawn(async move {
            match timeout(shared.patience, shared.take(moved_us, &units)).await {
                Ok(Ok(levels)) => return Some(levels),
                Ok(Err(error)) => shared.state.lost(&error),
                Err(_late) => shared.state.doubted(),
            }
            None
        });
        let levels = asked.await.ok().flatten();
        if levels.is_none() {
            self.fallbacks().count(Purpose::Limits);
        }
        levels
    }
}

impl Shared {
    async fn take(&self, moved_us: i64, units: &[Unit]) -> Result<Vec<Level>, RedisError> {
        let mut call = self.script.prepare_invoke();
        call.arg(moved_us);
        for unit in units {
            call.key(self.names.key(unit.name, &unit.whose)).arg(unit.unit_us).arg(unit.burst).arg(unit.cost);
        }
        let numbers: Vec<u64> = call.invoke_async(&mut self.connection.clone()).await?;
        let levels = numbers.chunks_exact(2).filter_map(|pair| match pair {
            [wait_us, behind_us] => Some(Level { wait_us: *wait_us, behind_us: *behind_us }),
            _ => None,
        });
        Ok(levels.collect())
    }

    /// Does all that requests need, so that Redis is there when they could use it: listens, and takes a unit that nobody misses.
    async fn try_out(&self) -> Result<(), RedisError> {
        if !self.state.subscribed.load(Ordering::Relaxed) {
            self.must_know_the_password().await?;
            let channels = [CHANGED, COUNTED].map(|about| self.names.channel(about));
            self.connection.clone().subscribe(channels.to_vec()).await?;
            self.state.subscribed.store(true, Ordering::Relaxed);
        }
        self.take(0, &[Unit { name: "look", whose: self.state.instance.clone().into_bytes(), unit_us: 1, burst: 1, cost: 1 }])
            .await?;
        Ok(())
    }

    /// That the server has the password that it was told: one without any takes whatever is said (after a failover, whoever had the port first),
    /// and anybody may write there. Asked once a connection.
    async fn must_know_the_password(&self) -> Result<(), RedisError> {
        let Some(user) = &self.user else { return Ok(()) };
        let wrong = Uuid::now_v7().simple().to_string();
        match redis::cmd("AUTH").arg(user).arg(wrong).query_async::<Value>(&mut self.connection.clone()).await {
            Err(error) if error.code() == Some("WRONGPASS") => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                self.state.is_an_imposter();
                Err(RedisError::from((redis::ErrorKind::AuthenticationFailed, "it takes any password")))
            }
        }
    }

    async fn publish(&self, about: &str, said: &str) -> Result<(), RedisError> {
        redis::cmd("PUBLISH").arg(self.names.channel(about)).arg(said).query_async(&mut self.connection.clone()).await
    }

    /// Says something to the other instances; whether Redis took it. What could not be said is dropped.
    async fn say(&self, about: &str, said: &str) -> bool {
        match timeout(self.patience, self.publish(about, said)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) if !error.is_io_error() => tracing::debug!(%error, "an announcement was refused"),
            Ok(Err(error)) => self.state.lost(&error),
            Err(_late) => self.state.doubted(),
        }
        false
    }
}

/// What instances tell each other of: that something has changed, and what they have counted.
const CHANGED: &str = "changed";
const COUNTED: &str = "counted";

/// Drives the first connection until there is one; later ones drive themselves.
async fn connect(shared: Arc<Shared>) {
    drop(redis::cmd("PING").query_async::<Value>(&mut shared.connection.clone()).await);
}

/// Sends the newest position whenever there is one. What could not be sent is sent again when Redis is back.
async fn announce(shared: Arc<Shared>) {
    loop {
        shared.news.notified().await;
        let position = shared.announced.load(Ordering::Relaxed);
        if position == 0 {
            continue;
        }
        let believed = shared.state.there.load(Ordering::Relaxed);
        let said = format!("{} {position}", shared.state.instance);
        if !shared.say(CHANGED, &said).await && believed {
            // Whoever announced it believed that Redis is there, and has not counted it.
            shared.state.fallbacks.count(Purpose::Announcements);
        }
    }
}

/// Sends what was counted whenever there is something: all that came while the last was on its way at once, a message a batch.
async fn tell_counts(shared: Arc<Shared>) {
    loop {
        shared.counts.notified().await;
        let counted = std::mem::take(&mut *shared.counted.lock());
        for (batch, counts) in counted {
            if !shared.say(COUNTED, &elsewhere::message(&shared.state.instance, batch, &counts)).await {
                shared.state.fallbacks.count(Purpose::Quotas);
            }
        }
    }
}

/// Looks whether Redis is there, again and again: for whether it has gone unnoticed, and whether it is back.
async fn look(shared: Arc<Shared>) {
    let mut late_in_a_row = 0;
    loop {
        let pause = match timeout(shared.patience, shared.try_out()).await {
            Ok(Ok(())) => {
                late_in_a_row = 0;
                if shared.state.found() {
                    shared.news.notify_one();
                }
                limits::REDIS_LOOK
            }
            Ok(Err(error)) => {
                shared.state.lost(&error);
                limits::REDIS_LOOK_AWAY
            }
            Err(_late) => {
                late_in_a_row += 1;
                shared.state.there.store(false, Ordering::Relaxed);
                // Once may be this machine, which had no time to listen; that is not worth a line.
                if late_in_a_row >= limits::REDIS_LATE_MAX {
                    shared.state.lost(&"it does not answer in time");
                }
                limits::REDIS_LOOK_AWAY
            }
        };
        drop(timeout(pause, shared.state.doubt.notified()).await);
    }
}

impl State {
    fn new() -> Self {
        Self {
            there: AtomicBool::new(false),
            told: Mutex::new(None),
            doubt: Notify::new(),
            subscribed: AtomicBool::new(false),
            heard: watch::Sender::new(Heard::default()),
            elsewhere: Mutex::default(),
            instance: Uuid::now_v7().simple().to_string(),
            fallbacks: Fallbacks::default(),
        }
    }

    /// Somebody waited in vain: nobody else does, until it was looked after.
    fn doubted(&self) {
        self.there.store(false, Ordering::Relaxed);
        self.doubt.notify_one();
    }

    /// Redis is away, for all that is asked of it. Says so once.
    fn lost(&self, why: &dyn std::fmt::Display) {
        self.there.store(false, Ordering::Relaxed);
        let mut told = self.told.lock();
        if !matches!(*told, Some(Told::Away | Told::Imposter)) {
            *told = Some(Told::Away);
            tracing::warn!(%why, "Redis is away: this instance goes by itself until it is back");
        }
    }

    /// What answers there is another Redis. Says so once.
    fn is_an_imposter(&self) {
        if self.told.lock().replace(Told::Imposter) != Some(Told::Imposter) {
            tracing::warn!(
                "what answers at HAVRE_REDIS_URL takes any password: it is not the Redis of this deployment, and is not asked. This instance goes \
                 by itself"
            );
        }
    }

    /// Redis answers in time. Says so once; whether it had been away.
    fn found(&self) -> bool {
        self.there.store(true, Ordering::Relaxed);
        let was_away = self.told.lock().replace(Told::There) != Some(Told::There);
        if was_away {
            tracing::info!("Redis is there: limits are shared, and changes announced");
            self.heard.send_modify(|heard| heard.breaks = heard.breaks.saturating_add(1));
        }
        was_away
    }

    fn hear(&self, push: &PushInfo) {
        match &push.kind {
            PushKind::Disconnection => {
                self.subscribed.store(false, Ordering::Relaxed);
                self.lost(&"it closed the connection");
            }
            PushKind::Message => {
                let mut words = push.data.iter().map(text);
                if let (Some(Some(channel)), Some(Some(said))) = (words.next(), words.next()) {
                    self.hear_said(channel, said);
                }
            }
            _ => {}
        }
    }

    fn hear_said(&self, channel: &str, said: &str) {
        if channel.ends_with(COUNTED) {
            // What waited in a Redis that stood still may be of batches so old that nobody knows any more that they are written.
            if self.there.load(Ordering::Relaxed) {
                self.elsewhere.lock().hear(said, &self.instance);
            }
        } else if let Some(position) = position(said, &self.instance) {
            // Told again though it is no higher: whoever hears looks at the database, which alone says what there is.
            self.heard.send_modify(|heard| heard.position = heard.position.max(position));
        }
    }
}

fn text(word: &Value) -> Option<&str> {
    let Value::BulkString(bytes) = word else { return None };
    std::str::from_utf8(bytes).ok()
}

/// The position that another instance announces.
fn position(said: &str, own: &str) -> Option<i64> {
    let (instance, position) = said.split_once(' ')?;
    if instance == own { None } else { position.parse().ok() }
}

impl Names {
    fn of(deployment: &[u8]) -> Self {
        let secret: [u8; 32] = Sha256::new().chain_update(b"havre redis 1 ").chain_update(deployment).finalize().into();
        // Of the hash only a hash is shown: it is the key of the subjects' names.
        let shown = URL_SAFE_NO_PAD.encode(Sha256::digest(secret));
        Self { prefix: format!("havre:{}", shown.get(..12).unwrap_or_default()), secret }
    }

    /// Channels, unlike keys, are not of one of Redis's numbered databases: the prefix alone tells deployments apart.
    fn channel(&self, about: &str) -> String {
        format!("{}:{about}", self.prefix)
    }

    fn key(&self, name: &str, whose: &[u8]) -> String {
        format!("{}:{name}:{}", self.prefix, self.shadow(name, whose))
    }

    /// Those of an account and of its organisation, whose uses are told of.
    fn counted(&self, by: By) -> (Option<String>, String) {
        let shadow = |id: Uuid| self.shadow(COUNTED, id.as_bytes());
        (by.account.map(|account| shadow(account.0)), shadow(by.organisation.0))
    }

    /// What Redis is shown in somebody's stead.
    fn shadow(&self, name: &str, whose: &[u8]) -> String {
        let hash = Sha256::new().chain_update(self.secret).chain_update(name).chain_update([0]).chain_update(whose).finalize();
        let mut shadow = URL_SAFE_NO_PAD.encode(hash);
        shadow.truncate(22);
        shadow
    }
}

/// One connection does for questions and announcements alike in the third version of the protocol (Redis 6, Valkey).
fn client(url: &RedisUrl) -> Result<Client, RedisError> {
    let info = url.0.expose_secret().into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let tcp = TcpSettings::default().set_nodelay(true).set_user_timeout(limits::REDIS_SILENT_MAX);
    Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp))
}

fn wrong_url(error: &RedisError) -> String {
    format!("{:?}: it looks like redis://:password@host:6379/0 or redis+unix:///path", error.kind())
}
