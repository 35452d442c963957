//! Calls of a deployment as a client makes them: a command that was not answered, or was answered with the documented 503, is sent again
//! under its key, to whichever instance is there. Counts what came back, and how long it took.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use tokio::time::sleep;
use uuid::Uuid;

use super::accounts::Account;

/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A connection that was idle for longer may be closed by the other side at the moment it is used again; a new one may not.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// How long something is sent again before it counts as not answered.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(150);

/// Violations that are named.
const NAMED_MAX: usize = 20;

/// What came of a call in the end.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Done, with its answer.
    Done(Value),
    /// Refused, most often because of how things stand.
    Refused,
    /// Nobody knows: no answer came, or none that a service may give.
    Unknown,
}

impl Outcome {
    pub(super) fn done(self) -> Option<Value> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Refused | Self::Unknown => None,
        }
    }
}

/// A command, as it is sent each time.
pub(super) struct Command<'c> {
    /// Its operationId.
    pub(super) operation: &'static str,
    pub(super) path: &'c str,
    pub(super) body: Option<&'c Value>,
}

/// What the clients know of a command that they gave.
pub(super) struct Given {
    pub(super) operation: &'static str,
    /// The record that the answer spoke of; none where no answer came.
    pub(super) record: Option<String>,
}

/// What was seen of one operation.
#[derive(Default)]
pub(super) struct Seen {
    /// Microseconds from sending to the whole answer, of all that were answered.
    pub(super) took_us: Vec<u64>,
    /// Refusals, by code.
    pub(super) refused: BTreeMap<String, u64>,
}

/// All instances of a deployment, and what its clients saw of them.
pub(super) struct Calls {
    client: Client,
    urls: Vec<String>,
    next: Cell<usize>,
    pub(super) seen: RefCell<BTreeMap<&'static str, Seen>>,
    pub(super) given: RefCell<Vec<Given>>,
    /// What no service may do.
    violations: RefCell<(u64, Vec<String>)>,
    /// Answers of 503 that say what to do, and of 408 to what waited too long; connections that broke, and clients sent away for asking too often.
    pub(super) unavailable: Cell<u64>,
    pub(super) broken: Cell<u64>,
    pub(super) limited: Cell<u64>,
}

impl Calls {
    pub(super) fn of(urls: &[String]) -> Result<Self> {
        let urls: Vec<String> = urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        if let Some(wrong) = urls.iter().find(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            bail!("--url {wrong}: it begins with http:// or https://");
        }
        let client = Client::builder().timeout(ANSWER_LIMIT).pool_idle_timeout(IDLE_MAX).no_proxy().build()?;
        Ok(Self {
            client,
            urls,
            next: Cell::default(),
            seen: RefCell::default(),
            given: RefCell::default(),
            violations: RefCell::default(),
            unavailable: Cell::default(),
            broken: Cell::default(),
            limited: Cell::default(),
        })
    }

    /// Notes what no service may do.
    pub(super) fn violation(&self, what: String) {
        let (count, named) = &mut *self.violations.borrow_mut();
        *count += 1;
        if named.len() < NAMED_MAX {
            named.push(what);
        }
    }

    /// How many there were, and the first of them.
    pub(super) fn violations(&self) -> (u64, Vec<String>) {
        self.violations.borrow().clone()
    }

    /// The address of the next instance, in turn.
    pub(super) fn url(&self) -> &str {
        let next = self.next.get();
        self.next.set(next.wrapping_add(1));
        let at = next.checked_rem(self.urls.len()).unwrap_or_default();
        self.urls.get(at).map_or("", String::as_str)
    }

    /// Gives a command under a key of its own, until it is answered.
    pub(super) async fn give(&self, by: &Account, command: Command<'_>) -> Outcome {
        let key = Uuid::now_v7().to_string();
        let outcome = self.insist(by, Method::POST, &command, &[("idempotency-key", &key)]).await;
        let given = match &outcome {
            Outcome::Refused => None,
            // An answer that speaks of no one record, as that of a plan, is not looked for.
            Outcome::Done(answer) => answer.get("id").and_then(Value::as_str).map(|id| Some(id.to_owned())),
            Outcome::Unknown => Some(None),
        };
        self.given.borrow_mut().extend(given.map(|record| Given { operation: command.operation, record }));
        outcome
    }

    /// Asks for something that changes nothing.
    pub(super) async fn read(&self, by: &Account, operation: &'static str, path: &str) -> Option<Value> {
        self.insist(by, Method::GET, &Command { operation, path, body: None }, &[]).await.done()
    }

    /// Asks for a ranking.
    pub(super) async fn rank(&self, by: &Account, operation: &'static str, path: &str, body: Option<&Value>) -> Option<Value> {
        self.insist(by, Method::POST, &Command { operation, path, body }, &[]).await.done()
    }

    async fn insist(&self, by: &Account, method: Method, command: &Command<'_>, headers: &[(&str, &str)]) -> Outcome {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let sent = Instant::now();
            match self.once(by, &method, command, headers).await {
                // It waited for too long to be read at all: whoever sent it may send it again (RFC 9110, 15.5.9).
                Ok((408, answer)) if answer.is_null() => self.unavailable.set(self.unavailable.get() + 1),
                Ok((503, answer)) => {
                    self.unavailable.set(self.unavailable.get() + 1);
                    if !matches!(code_of(&answer), "unavailable" | "outcome_unknown") {
                        self.violation(format!("{} was answered 503 with {answer}", command.operation));
                    }
                }
                Ok((status, answer)) => return self.answered(command, status, answer, sent.elapsed()),
                Err(_broken) => self.broken.set(self.broken.get() + 1),
            }
            sleep(PAUSE).await;
        }
        self.violation(format!("{} {} had no answer in {PATIENCE:?}", command.operation, command.path));
        Outcome::Unknown
    }

    async fn once(
        &self,
        by: &Account,
        method: &Method,
        command: &Command<'_>,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}/api/v1/{}", self.url(), command.path);
        let mut request = self.client.request(method.clone(), url).bearer_auth(&by.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = command.body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or_default()))
    }

    /// What an answer means, which is noted.
    fn answered(&self, command: &Command<'_>, status: u16, answer: Value, took: Duration) -> Outcome {
        let mut all = self.seen.borrow_mut();
        let seen = all.entry(command.operation).or_default();
        seen.took_us.push(took.as_micros().try_into().unwrap_or(u64::MAX));
        if (200..300).contains(&status) {
            return Outcome::Done(answer);
        }
        let code = code_of(&answer).to_owned();
        *seen.refused.entry(code).or_default() += 1;
        match status {
            // Others were faster, or the record is no longer there for this one.
            404 | 409 | 412 => Outcome::Refused,
            429 => {
                self.limited.set(self.limited.get() + 1);
                Outcome::Refused
            }
            _ => {
                self.violation(format!("{} {} was answered {status} with {answer}", command.operation, command.path));
                if status >= 500 { Outcome::Unknown } else { Outcome::Refused }
            }
        }
    }

    /// Begins to follow events behind a position, on the next instance.
    pub(super) async fn follow(&self, by: &Account, after: i64) -> reqwest::Result<Response> {
        let url = format!("{}/api/v1/events/stream?after={after}", self.url());
        let answer = self.client.get(url).bearer_auth(&by.token).timeout(Duration::MAX).send().await?;
        answer.error_for_status()
    }
}

fn code_of(answer: &Value) -> &str {
    answer.get("code").and_then(Value::as_str).unwrap_or_default()
}
