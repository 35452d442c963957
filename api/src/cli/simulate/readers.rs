//! Those who follow events as they happen, and come back where the connection breaks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::accounts::Account;
use super::calls::Calls;

/// Between two connections.
const PAUSE: Duration = Duration::from_millis(200);

/// A stream says something more often than this, if only that it is there.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// How long what happened last may be on its way.
const CATCHES_UP_IN: Duration = Duration::from_secs(30);

/// Somebody who follows, and the positions read so far.
pub(super) struct Reader {
    pub(super) account: Account,
    pub(super) read: RefCell<Vec<i64>>,
    pub(super) connections: Cell<u64>,
    begins_after: i64,
}

impl Reader {
    pub(super) fn of(account: Account, begins_after: i64) -> Rc<Self> {
        Rc::new(Self { account, read: RefCell::default(), connections: Cell::default(), begins_after })
    }

    /// The last position read.
    pub(super) fn last(&self) -> i64 {
        self.read.borrow().last().copied().unwrap_or(self.begins_after)
    }

    /// Follows until the task is dropped.
    pub(super) async fn follow(self: Rc<Self>, calls: Rc<Calls>) {
        loop {
            match calls.follow(&self.account, self.last()).await {
                Ok(answer) => {
                    self.connections.set(self.connections.get() + 1);
                    self.read(answer).await;
                }
                Err(_broken) => calls.broken.set(calls.broken.get() + 1),
            }
            sleep(PAUSE).await;
        }
    }

    /// Reads one answer to its end.
    async fn read(&self, mut answer: Response) {
        let mut text = String::new();
        while let Ok(Ok(Some(bytes))) = timeout(SILENCE_MAX, answer.chunk()).await {
            text.push_str(&String::from_utf8_lossy(&bytes));
            while let Some((message, rest)) = text.split_once("\n\n") {
                if let Some(position) = position_of(message) {
                    self.read.borrow_mut().push(position);
                }
                text = rest.to_owned();
            }
        }
    }

    /// What is wrong with what was read up to a position, held against the list of the same account. Waits for what is on its way. Where there is
    /// nothing to hold it against, that is what is wrong.
    pub(super) async fn faults(&self, calls: &Calls, until: i64) -> Option<String> {
        let role = matcher::Code::as_str(self.account.role);
        let Some(listed) = positions(calls, &self.account, self.begins_after, until).await else {
            return Some(format!("who follows as {role} could not be held against the list: it was not shown to them"));
        };
        let since = Instant::now();
        while self.last() < listed.last().copied().unwrap_or_default() && since.elapsed() < CATCHES_UP_IN {
            sleep(PAUSE).await;
        }
        let read: Vec<i64> = self.read.borrow().iter().copied().filter(|position| *position <= until).collect();
        match read.iter().zip(&listed).find(|(read, listed)| read != listed) {
            Some((read, listed)) => Some(format!("who follows as {role} read event {read} where the list has {listed}")),
            None if read.len() == listed.len() => None,
            None => Some(format!("who follows as {role} read {} events where the list has {}", read.len(), listed.len())),
        }
    }
}

fn position_of(message: &str) -> Option<i64> {
    let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
    field("data: ").and(field("id: "))?.parse().ok()
}

/// The positions that the list has for an account, from behind one up to another.
async fn positions(calls: &Calls, account: &Account, after: i64, until: i64) -> Option<Vec<i64>> {
    let mut listed = Vec::new();
    let mut after = after;
    loop {
        let page = calls.read(account, "listEvents", &format!("events?limit=200&after={after}")).await?;
        let found: Vec<i64> = items(&page).filter_map(|event| event.get("position").and_then(Value::as_i64)).collect();
        listed.extend(found.iter().copied().filter(|position| *position <= until));
        match found.last() {
            Some(last) if *last < until => after = *last,
            _ => return Some(listed),
        }
    }
}

/// What a page of a list holds.
pub(super) fn items(page: &Value) -> impl Iterator<Item = &Value> {
    page.get("items").and_then(Value::as_array).into_iter().flatten()
}
