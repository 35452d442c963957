//! Those who follow events while others write: each over one connection after another, to whichever instance is there, from where it was.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Scene, get};
use crate::harness::wire::Wire;

/// How long what was done last may be on its way: an instance that hears of nothing looks by itself every few seconds.
const CATCHES_UP_IN: Duration = Duration::from_secs(60);

/// Somebody who follows.
pub(super) struct Follower<'s> {
    scene: &'s Scene,
    token: &'s str,
    role: &'static str,
    /// Positions, as they came.
    read: Vec<i64>,
    begins_after: i64,
    connections: usize,
}

impl<'s> Follower<'s> {
    /// One each of those who read different things.
    pub(super) fn some(scene: &'s Scene) -> Vec<Self> {
        let begins_after = scene.books().positions().1;
        [("auditor", &scene.auditor), ("referent", &scene.referent), ("provider", &scene.provider)]
            .map(|(role, token)| Self { scene, token, role, read: Vec::new(), begins_after, connections: 0 })
            .into()
    }

    /// Follows until all is over and what was done before has come.
    pub(super) fn follow(mut self, done: &AtomicBool) -> Self {
        let (mut instance, mut since) = (self.role.len(), None::<Instant>);
        loop {
            if done.load(Ordering::Relaxed) {
                let since = since.get_or_insert_with(Instant::now);
                if self.has_all() || since.elapsed() > CATCHES_UP_IN {
                    return self;
                }
            }
            instance = (instance + 1) % self.scene.servers.instances();
            match self.scene.servers.address(instance) {
                Some(address) => drop(self.read(address, done)),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn last(&self) -> i64 {
        self.read.last().copied().unwrap_or(self.begins_after)
    }

    /// Reads from one instance until the connection ends, or all is over.
    fn read(&mut self, address: SocketAddr, done: &AtomicBool) -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        let (token, last) = (self.token, self.last());
        let head = format!(
            "GET /api/v1/events/stream HTTP/1.1\r\nHost: havre\r\nAuthorization: Bearer {token}\r\nLast-Event-ID: {last}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        let (mut stream, mut line, mut announced) = (BufReader::new(stream), String::new(), None::<i64>);
        self.connections += 1;
        loop {
            match stream.read_line(&mut line) {
                Ok(0) => return Ok(()),
                Ok(_) if line.ends_with('\n') => {}
                Ok(_) => continue,
                Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                    // Between two looks of its own an instance that hears of nothing is silent: who knows that all has come goes.
                    if done.load(Ordering::Relaxed) && self.has_all() {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => return Err(error),
            }
            // A message has come when its data has: what breaks before that is sent again.
            if let Some(id) = line.strip_prefix("id: ") {
                announced = id.trim().parse().ok();
            } else if line.starts_with("data: ") {
                self.read.extend(announced.take());
            }
            line.clear();
        }
    }

    /// The positions that the list has for the same account.
    fn listed(&self) -> Vec<i64> {
        let (mut wire, mut listed) = (Wire::new(&self.scene.servers, 0), Vec::new());
        loop {
            let after = listed.last().copied().unwrap_or(self.begins_after);
            let page = wire.ask(get(self.token, &format!("events?limit=200&after={after}"))).expect(200).body;
            let found = page["items"].as_array().unwrap().iter().map(|event| event["position"].as_i64().unwrap());
            let before = listed.len();
            listed.extend(found);
            if listed.len() == before {
                return listed;
            }
        }
    }

    fn has_all(&self) -> bool {
        self.last() >= self.listed().last().copied().unwrap_or(self.begins_after)
    }

    /// Every event that it may read came once, in order.
    pub(super) fn must_have_seen_all(&self) {
        let (role, connections, listed) = (self.role, self.connections, self.listed());
        eprintln!("who followed as {role} read {} events over {connections} connections", self.read.len());
        assert!(connections > 0 && !listed.is_empty(), "{role}: {connections} connections, {} events", listed.len());
        // What was done since by nobody but time came behind.
        let seen: Vec<i64> = self.read.iter().copied().filter(|position| Some(position) <= listed.last()).collect();
        assert_eq!(seen, listed, "what who followed as {role} read, and what the list has");
    }
}
