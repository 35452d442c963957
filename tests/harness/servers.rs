//! Real `havre serve` processes on one database: started, killed and started again by a test, and gone when the test is, however it
//! ends. Knows the service by its command line, its environment and its address alone.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::RwLock;
use std::time::{Duration, Instant};

use api::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;

use super::postgres::Cluster;
use super::scissors::Scissors;
use super::{bodies, busy, canaries, keys, quotas, vouching};

/// How long a server may take to listen, on a machine that is busy with other things.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Where the servers keep what they know.
pub enum Database {
    Sqlite(TempDir),
    Postgres {
        /// The test's own, which it may stop.
        cluster: Box<Cluster>,
        /// Of a database in it.
        url: String,
        /// What stands between the database and those who serve.
        scissors: Option<Scissors>,
    },
}

impl Database {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// None where PostgreSQL is not installed.
    pub fn postgres() -> Option<Self> {
        let cluster = Cluster::own()?;
        let url = cluster.create_empty_database();
        Some(Self::Postgres { cluster: Box::new(cluster), url, scissors: None })
    }

    /// The same, with scissors on the way to it.
    pub fn postgres_with_scissors() -> Option<Self> {
        let cluster = Cluster::own()?;
        let url = cluster.create_empty_database();
        let scissors = Some(Scissors::before(&cluster.socket()));
        Some(Self::Postgres { cluster: Box::new(cluster), url, scissors })
    }

    /// As `HAVRE_DATABASE_URL` says it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("havre.sqlite").display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// The same for those who serve.
    fn url_to_serve(&self) -> String {
        match self {
            Self::Postgres { cluster, url, scissors: Some(scissors) } => cluster.url_through(url, scissors.folder()),
            Self::Sqlite(_) | Self::Postgres { .. } => self.url(),
        }
    }

    /// The scissors, for a test that takes them out.
    pub fn scissors(&self) -> &Scissors {
        match self {
            Self::Postgres { scissors: Some(scissors), .. } => scissors,
            Self::Sqlite(_) | Self::Postgres { .. } => panic!("there are no scissors"),
        }
    }

    /// The cluster, for a test that stops it.
    pub fn cluster(&self) -> &Cluster {
        match self {
            Self::Sqlite(_) => panic!("SQLite has no server to stop"),
            Self::Postgres { cluster, .. } => cluster,
        }
    }
}

/// Kills a process when this value or the test process is gone, whichever comes first.
struct Leash(Child);

impl Leash {
    fn on(process: &Child) -> Self {
        // A stopped process dies of SIGKILL too; one that has ended is not reaped before its leash is off, so its id is nobody else's.
        let script = format!("cat >/dev/null; kill -9 {}", process.id());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.spawn().unwrap())
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

/// A process that is killed (SIGKILL: nothing is cleaned up, nothing is flushed) when it is dropped.
struct Leashed {
    process: Child,
    leash: Option<Leash>,
}

impl Leashed {
    fn spawn(command: &mut Command) -> Self {
        let process = command.spawn().unwrap();
        let leash = Some(Leash::on(&process));
        Self { process, leash }
    }

    fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.leash.take());
        drop(self.process.wait());
    }
}

struct Running {
    server: Leashed,
    address: SocketAddr,
}

/// *n* instances of the service on one database.
pub struct Servers {
    database: Database,
    redis_url: Option<String>,
    /// What the test sets beside what all tests set.
    settings: Vec<(&'static str, String)>,
    /// Where they write their logs.
    folder: TempDir,
    running: Vec<RwLock<Option<Running>>>,
}

impl Servers {
    /// Starts so many, and waits until each listens.
    pub fn start(instances: usize, database: Database, redis_url: Option<String>) -> Self {
        Self::start_with(instances, database, redis_url, &[])
    }

    /// The same with settings of the test's own.
    pub fn start_with(instances: usize, database: Database, redis_url: Option<String>, settings: &[(&'static str, &str)]) -> Self {
        busy::neighbours();
        // What is sent to them comes from there.
        canaries::expect("structures", &bodies::structure());
        let running = (0..instances).map(|_| RwLock::new(None)).collect();
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let servers = Self { database, redis_url, settings, folder: tempfile::tempdir().unwrap(), running };
        servers.havre(&["migrate"]);
        vouching::let_vouch(&keys::open(&servers.database.url(), Clock::default()));
        for instance in 0..instances {
            servers.start_again(instance);
        }
        servers
    }

    pub fn instances(&self) -> usize {
        self.running.len()
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where an instance listens; none while it is down.
    pub fn address(&self, instance: usize) -> Option<SocketAddr> {
        self.running[instance].read().unwrap().as_ref().map(|running| running.address)
    }

    /// `kill -9`.
    pub fn kill(&self, instance: usize) {
        let killed = self.running[instance].write().unwrap().take();
        assert!(killed.is_some(), "instance {instance} was not running");
    }

    /// SIGTERM, as a supervisor sends it.
    pub fn tell_to_stop(&self, instance: usize) {
        let running = self.running[instance].read().unwrap();
        let id = running.as_ref().unwrap().server.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until an instance that was told to stop has; whether it ended well.
    pub fn ends_well(&self, instance: usize) -> bool {
        let mut running = self.running[instance].write().unwrap().take().unwrap();
        let since = Instant::now();
        while running.server.lives() {
            assert!(since.elapsed() < START_LIMIT, "instance {instance} does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
        running.server.process.wait().unwrap().success()
    }

    /// What an instance has logged.
    pub fn said(&self, instance: usize) -> String {
        std::fs::read_to_string(self.log(instance)).unwrap()
    }

    /// What an instance shows of itself to whoever watches it, where a test has it do so.
    pub fn metrics(&self, instance: usize) -> String {
        let said = self.said(instance);
        let line = said.lines().rfind(|line| line.contains("metrics are shown")).unwrap();
        get(address_in(line), "/metrics").1
    }

    /// Starts an instance that is down. It listens at another address than before.
    pub fn start_again(&self, instance: usize) {
        let log = self.log(instance);
        let begun = std::fs::metadata(&log).map_or(0, |log| log.len());
        let file = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = self.command();
        command.arg("serve").env("HAVRE_BIND", "127.0.0.1:0").env("HAVRE_DATABASE_URL", self.database.url_to_serve());
        let mut server = Leashed::spawn(command.stdout(Stdio::null()).stderr(file));
        let since = Instant::now();
        let address = loop {
            let said = std::fs::read_to_string(&log).unwrap();
            if let Some(address) = listening(&said[usize::try_from(begun).unwrap()..]) {
                break address;
            }
            assert!(server.lives() && since.elapsed() < START_LIMIT, "instance {instance} does not listen: {said}");
            std::thread::sleep(Duration::from_millis(5));
        };
        *self.running[instance].write().unwrap() = Some(Running { server, address });
    }

    /// Fails if one that was not killed has ended.
    pub fn must_all_live(&self) {
        for (instance, running) in self.running.iter().enumerate() {
            let mut running = running.write().unwrap();
            let lives = running.as_mut().is_some_and(|running| running.server.lives());
            assert!(lives, "instance {instance} has ended: {}", std::fs::read_to_string(self.log(instance)).unwrap());
        }
    }

    /// What the instances have logged as errors, each once: why one answered as it should not.
    pub fn errors(&self) -> BTreeSet<String> {
        let logs = (0..self.instances()).map(|instance| std::fs::read_to_string(self.log(instance)).unwrap());
        let lines: Vec<Value> =
            logs.flat_map(|log| log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<_>>()).collect();
        let errors = lines.iter().filter(|line| line["level"] == "ERROR");
        errors.map(|line| line["fields"].to_string()).collect()
    }

    fn log(&self, instance: usize) -> PathBuf {
        self.folder.path().join(format!("{instance}.log"))
    }

    /// The program on this database, with nothing else of the environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_havre"));
        command
            .env_clear()
            .current_dir(self.folder.path())
            .env("HAVRE_DATABASE_URL", self.database.url())
            .envs([keys::environment(&self.database.url())])
            .env("HAVRE_RATE_LIMITS", "off")
            .env("HAVRE_POLICY", quotas::file())
            .env("HAVRE_LOG", "info,actix_http=off");
        if let Some(url) = &self.redis_url {
            command.env("HAVRE_REDIS_URL", url);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the command line on the same database; what it prints, or the end of the test.
    pub fn havre(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "havre {}: {}{stderr}", arguments.join(" "), String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new token, made as an administrator makes one.
    pub fn token(&self, organisation: &str, role: &str) -> String {
        self.havre(&["client", "add", "--organisation", organisation, "--role", role]).trim().to_owned()
    }

    /// The ids of the clients, in the order in which they were made.
    pub fn clients(&self) -> Vec<String> {
        let list = self.havre(&["client", "list"]);
        list.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    }
}

/// Nothing that is sealed stands in the logs of servers, nor in the file they shared.
impl Drop for Servers {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for instance in 0..self.instances() {
            drop(self.running[instance].write().unwrap().take());
            let told = canaries::told_by(&std::fs::read_to_string(self.log(instance)).unwrap_or_default());
            assert!(told.is_empty(), "the log of instance {instance} holds {told:?}");
        }
        if let Database::Sqlite(folder) = &self.database {
            let told = canaries::told_by(&canaries::files(&folder.path().join("havre.sqlite")));
            assert!(told.is_empty(), "the database of servers holds {told:?}");
        }
    }
}

/// The address in the line that says where the service listens.
fn listening(log: &str) -> Option<SocketAddr> {
    // The line may not be written to its end yet.
    let mut lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines.find(|line| line.contains("listening") && line.contains("127.0.0.1:")).map(address_in)
}

/// The address that a line names.
fn address_in(line: &str) -> SocketAddr {
    let at = line.find("127.0.0.1:").unwrap();
    let address: String = line[at..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
    address.parse().unwrap()
}

/// The status and the body of what stands at a path, asked over a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: havre\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
