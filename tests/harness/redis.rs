//! A Redis of the test's own: on a socket in a temporary folder, stopped and removed when the test ends or its process does, however.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use api::live::hub::RedisUrl;
use redis::FromRedisValue;
use tempfile::TempDir;

use super::tools;

/// A server that can be killed, paused, filled and started again at the same place.
pub struct Redis {
    program: PathBuf,
    /// Holds the folder of the socket, which comes and goes with the server.
    place: TempDir,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// A shell that waits for the end of its input, which comes when this process is gone, then kills the server and removes its folder.
    shell: Child,
    server: String,
}

impl Redis {
    /// A running server; none where Redis is not installed, which is said once, and is a failure under `make test`.
    pub fn start() -> Option<Self> {
        let redis = Self::stopped()?;
        redis.restart();
        Some(redis)
    }

    /// One that is not there yet.
    pub fn stopped() -> Option<Self> {
        let program = tools::find("redis-server", "redis-server")?;
        let place = tempfile::Builder::new().prefix("havre-redis-").tempdir().unwrap();
        Some(Self { program, place, running: Mutex::new(None) })
    }

    /// Where it is, as `HAVRE_REDIS_URL` says it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The same as it is read.
    pub fn redis_url(&self) -> RedisUrl {
        self.url().parse().unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.place.path().join("run/socket")
    }

    /// Where one is that wants this password.
    pub fn url_with(&self, password: &str) -> String {
        format!("{}?pass={password}", self.url())
    }

    /// Starts it at the same place, with nothing in it.
    pub fn restart(&self) {
        self.restart_with(None);
    }

    /// The same, which wants a password of whoever comes.
    pub fn restart_with(&self, password: Option<&str>) {
        let mut running = self.running.lock().unwrap();
        assert!(running.is_none(), "it runs already");
        *running = Some(Running::start(&self.program, &self.place.path().join("run"), password));
        // One that wants a password says so as soon as it listens.
        while self.try_ask::<String>(&["PING"]).is_err_and(|error| error.is_io_error()) {
            std::thread::yield_now();
        }
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.running.lock().unwrap().take().unwrap().kill();
    }

    /// It keeps its connections and answers nothing (SIGSTOP).
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// It goes on where it was.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let running = self.running.lock().unwrap();
        let server = &running.as_ref().unwrap().server;
        assert!(Command::new("kill").args([&format!("-{name}"), server.as_str()]).status().unwrap().success());
    }

    /// It forgets everything.
    pub fn flush(&self) {
        self.ask::<()>(&["FLUSHALL"]);
    }

    /// It has no memory left to write into.
    pub fn fill(&self) {
        self.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    }

    /// It has memory again.
    pub fn drain(&self) {
        self.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    }

    /// A connection of the test's own, to listen with.
    pub fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Its answer to a command.
    pub fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_ask(command).unwrap()
    }

    fn try_ask<T: FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.url())?;
        let mut words = redis::cmd(command[0]);
        words.arg(&command[1..]);
        words.query(&mut client.get_connection()?)
    }
}

impl Running {
    fn start(program: &Path, folder: &Path, password: Option<&str>) -> Self {
        let script = "mkdir -p \"$2\"; cd \"$2\"; \
             \"$1\" --port 0 --unixsocket socket --save '' --appendonly no --requirepass \"$3\" --daemonize no >log 2>&1 & \
             echo $!; cat >/dev/null; kill -KILL $!; wait 2>/dev/null; cd /; rm -rf \"$2\"; \
             rmdir \"${2%/*}\" 2>/dev/null";
        let mut shell = Command::new("sh")
            .args(["-c", script, "sh"])
            .args([program, folder])
            .arg(password.unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut server).unwrap();
        Self { shell, server: server.trim().to_owned() }
    }

    fn kill(mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(running) = self.running.lock().unwrap().take() {
            running.kill();
        }
    }
}
