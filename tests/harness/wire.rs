//! A client as a real one must be: HTTP/1.1 over a connection kept open to each instance; what was not answered, or answered with the
//! documented 503, is sent again, the same command under the same key, to whichever instance is there, until it is answered.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::servers::Servers;

/// How long one answer may take: longer than any wait of the service.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A connection that was idle for longer may be closed by the other side at the moment it is used again; a new one may not.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// How long a call is sent again before the test fails.
pub const LONGEST: Duration = Duration::from_secs(90);

/// `Retry-After` counts seconds; a test waits no longer than this.
const PAUSE_MS_MAX: u64 = 150;

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }
}

/// One request, as it is sent each time.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    pub method: &'c str,
    /// Behind `/api/v1/`.
    pub path: &'c str,
    pub token: &'c str,
    /// Sent as `Idempotency-Key`.
    pub key: Option<&'c str>,
    /// Sent as `If-Match`.
    pub etag: Option<&'c str>,
    pub body: Option<&'c Value>,
}

/// How one try of a call ended.
#[derive(Debug)]
pub enum Try {
    Answered(Reply),
    /// Nothing was sent: nobody listens there.
    NotSent,
    /// Sent, and no whole answer came.
    Broken,
}

/// What came of a call in the end.
#[derive(Debug)]
pub enum Outcome {
    Answered(Reply),
    /// The client went away without an answer to its last try.
    LeftOpen,
    /// The client went away after each of its tries was answered with a 503 that says that nothing was changed.
    NothingChanged(Reply),
}

/// How likely it is, each time it would have to send again, that a client goes away instead.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Without having been told.
    pub leaves: f64,
    /// Having been told that nothing was changed, which it believes.
    pub believes: f64,
}

impl Patience {
    /// Stays until it is answered.
    pub const ENDLESS: Self = Self { leaves: 0.0, believes: 0.0 };
}

/// How often what happened, to be told at the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bumps {
    pub broken: u32,
    pub unavailable: u32,
    pub outcome_unknown: u32,
}

impl std::ops::AddAssign for Bumps {
    fn add_assign(&mut self, other: Self) {
        self.broken += other.broken;
        self.unavailable += other.unavailable;
        self.outcome_unknown += other.outcome_unknown;
    }
}

/// A connection to an instance, and when it was last used.
struct Open {
    to: SocketAddr,
    used: Instant,
    connection: BufReader<TcpStream>,
}

/// A client of all instances.
pub struct Wire<'s> {
    servers: &'s Servers,
    open: Vec<Option<Open>>,
    pub chance: ChaCha8Rng,
    pub patience: Patience,
    pub bumps: Bumps,
    /// Answers that no service may give, whatever happens to it: 5xx that are not the documented 503.
    pub faults: Vec<String>,
}

impl<'s> Wire<'s> {
    pub fn new(servers: &'s Servers, seed: u64) -> Self {
        let open = (0..servers.instances()).map(|_| None).collect();
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Self { servers, open, chance, patience: Patience::ENDLESS, bumps: Bumps::default(), faults: Vec::new() }
    }

    /// The answer of any instance.
    #[track_caller]
    pub fn ask(&mut self, call: Call<'_>) -> Reply {
        let first = self.chance.random_range(0..self.open.len());
        self.ask_of(first, call)
    }

    /// The answer of this instance, or of the others in turn where it gives none. The client stays until it has one.
    #[track_caller]
    pub fn ask_of(&mut self, first: usize, call: Call<'_>) -> Reply {
        match self.insist(first, Patience::ENDLESS, call) {
            Outcome::Answered(reply) => reply,
            other => panic!("{} {}: {other:?}", call.method, call.path),
        }
    }

    /// Sends a command until it is answered, or the client goes away.
    #[track_caller]
    pub fn command(&mut self, call: Call<'_>) -> Outcome {
        let first = self.chance.random_range(0..self.open.len());
        self.insist(first, self.patience, call)
    }

    #[track_caller]
    fn insist(&mut self, first: usize, patience: Patience, call: Call<'_>) -> Outcome {
        let (since, mut instance, mut told_nothing_changed) = (Instant::now(), first, true);
        loop {
            let tried = self.once(instance, call);
            let mut pause_ms = 10;
            let open = match tried {
                Try::Answered(reply) if reply.status == 503 => {
                    let after: u64 = reply.header("retry-after").and_then(|after| after.parse().ok()).unwrap_or_else(|| {
                        self.faults.push(format!("503 without Retry-After: {}", reply.text));
                        0
                    });
                    pause_ms = (after * 1_000).min(PAUSE_MS_MAX);
                    match reply.code() {
                        "unavailable" => self.bumps.unavailable += 1,
                        "outcome_unknown" => {
                            self.bumps.outcome_unknown += 1;
                            told_nothing_changed = false;
                        }
                        _ => self.faults.push(reply.text.clone()),
                    }
                    if told_nothing_changed { Outcome::NothingChanged(reply) } else { Outcome::LeftOpen }
                }
                // It waited so long that nobody read it (RFC 9110, 15.5.9).
                Try::Answered(reply) if reply.status == 408 && reply.text.is_empty() => {
                    self.bumps.unavailable += 1;
                    if told_nothing_changed { Outcome::NothingChanged(reply) } else { Outcome::LeftOpen }
                }
                Try::Answered(reply) if reply.status >= 500 => {
                    self.faults.push(reply.text);
                    told_nothing_changed = false;
                    Outcome::LeftOpen
                }
                Try::Answered(reply) => return Outcome::Answered(reply),
                Try::NotSent if told_nothing_changed => {
                    self.pause(pause_ms);
                    instance = (instance + 1) % self.open.len();
                    self.must_be_patient(since, call);
                    continue;
                }
                Try::NotSent => Outcome::LeftOpen,
                Try::Broken => {
                    self.bumps.broken += 1;
                    told_nothing_changed = false;
                    Outcome::LeftOpen
                }
            };
            let goes = if matches!(open, Outcome::NothingChanged(_)) { patience.believes } else { patience.leaves };
            if self.chance.random_bool(goes) {
                return open;
            }
            self.must_be_patient(since, call);
            self.pause(pause_ms);
            instance = (instance + 1) % self.open.len();
        }
    }

    #[track_caller]
    fn must_be_patient(&self, since: Instant, call: Call<'_>) {
        let waited = since.elapsed();
        assert!(
            waited < LONGEST,
            "{} {} has no answer after {waited:?}: {:?} {:?}",
            call.method,
            call.path,
            self.bumps,
            self.faults
        );
    }

    /// Not all at the same moment: who was sent away together must not come back together.
    fn pause(&mut self, ms: u64) {
        let ms = self.chance.random_range(ms / 2..=ms);
        std::thread::sleep(Duration::from_millis(ms));
    }

    /// Sends a call once, to this instance.
    pub fn once(&mut self, instance: usize, call: Call<'_>) -> Try {
        let Some(address) = self.servers.address(instance) else { return Try::NotSent };
        let known = self.open[instance].take().filter(|open| open.to == address && open.used.elapsed() < IDLE_MAX);
        let mut connection = match known {
            Some(open) => open.connection,
            None => match connect(address) {
                Ok(connection) => connection,
                Err(_) => return Try::NotSent,
            },
        };
        match exchange(&mut connection, call) {
            Ok((reply, stays)) => {
                self.open[instance] = stays.then(|| Open { to: address, used: Instant::now(), connection });
                Try::Answered(reply)
            }
            Err(_) => Try::Broken,
        }
    }
}

fn connect(address: SocketAddr) -> std::io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    Ok(BufReader::new(stream))
}

/// Sends a call and reads the answer to its end; says too whether the connection may be used again.
fn exchange(connection: &mut BufReader<TcpStream>, call: Call<'_>) -> std::io::Result<(Reply, bool)> {
    let body = call.body.map(Value::to_string).unwrap_or_default();
    let mut head = format!(
        "{} /api/v1/{} HTTP/1.1\r\nHost: havre\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n",
        call.method,
        call.path,
        call.token,
        body.len()
    );
    if call.body.is_some() {
        head.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in [("Idempotency-Key", call.key), ("If-Match", call.etag)] {
        if let Some(value) = value {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    connection.get_mut().write_all(format!("{head}\r\n{body}").as_bytes())?;
    let status = line(connection)?;
    let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(ErrorKind::InvalidData)?;
    let mut headers = Vec::new();
    loop {
        let header = line(connection)?;
        match header.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None if header.is_empty() => break,
            None => return Err(ErrorKind::InvalidData.into()),
        }
    }
    let mut reply = Reply { status, headers, body: Value::Null, text: String::new() };
    let bytes = match reply.header("content-length").map(str::parse) {
        Some(Ok(length)) => exactly(connection, length)?,
        Some(Err(_)) => return Err(ErrorKind::InvalidData.into()),
        None if reply.header("transfer-encoding") == Some("chunked") => chunks(connection)?,
        None => Vec::new(),
    };
    reply.text = String::from_utf8(bytes).map_err(Error::other)?;
    reply.body = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
    let stays = reply.header("connection") != Some("close");
    Ok((reply, stays))
}

fn line(connection: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    // An end in the middle is no answer.
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

fn exactly(connection: &mut BufReader<TcpStream>, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(connection: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(connection)?, 16).map_err(Error::other)?;
        bytes.extend(exactly(connection, length)?);
        line(connection)?;
        if length == 0 {
            return Ok(bytes);
        }
    }
}
