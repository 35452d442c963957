//! A turn to write: one transaction, one instant, and what only grows, collected and written together at the end.

use chrono::TimeDelta;
use matcher::{Policy, Quotas, Unusual};

use super::access_log::{self, Access};
use super::append::append;
use super::chain::{ChainKey, Log};
use super::events::{self, NewEvent};
use super::idempotency::Claim;
use super::jobs::{self, Job};
use super::quotas::NewUse;
use super::{Conn, DbError, Keys, Pulse, Reading, Shown, pulse};
use crate::clock::{Clock, Instant};
use crate::domain::quota::Watched;
use crate::domain::{By, Noted, Record};

/// Who gives a command, and which.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    /// Who; none for the command line and for what time does.
    pub by: Option<By>,
    /// The operationId, or the verb of the command line or of the service itself.
    pub command: &'static str,
}

impl Author {
    /// The service itself, or its command line.
    pub fn service(command: &'static str) -> Self {
        Self { by: None, command }
    }
}

/// One transaction that may write.
pub struct Turn<'t> {
    /// The connection, inside the transaction.
    pub conn: &'t mut Conn,
    /// Now, read once: every row this transaction writes carries the same instant.
    pub now: Instant,
    author: Author,
    pulse: Pulse,
    hash: Option<Vec<u8>>,
    chain: ChainKey,
    events: Vec<NewEvent>,
    jobs: Vec<jobs::NewJob>,
    key: Option<(Claim, Record)>,
    shown: Shown,
    quotas: Option<Quotas>,
    unusual: Option<Unusual>,
    uses: Vec<NewUse>,
}

/// What a turn came to.
#[derive(Debug)]
pub struct Written<T> {
    /// What the work gave.
    pub value: T,
    /// The position before its first event.
    pub after: i64,
    /// What its events are about, in their order.
    pub events: Vec<events::Change>,
}

impl<T> Written<T> {
    /// The position of its last event.
    pub fn position(&self) -> i64 {
        self.after.saturating_add(i64::try_from(self.events.len()).unwrap_or(0))
    }
}

impl<'t> Turn<'t> {
    /// Waits until it is this transaction's turn.
    pub(super) fn take(conn: &'t mut Conn, clock: &Clock, keys: &Keys, author: Author) -> Result<Self, DbError> {
        let (pulse, hash) = pulse::locked(conn, clock)?;
        let (events, jobs, key, shown) = (Vec::new(), Vec::new(), None, Shown::default());
        let (quotas, unusual, uses) = (None, None, Vec::new());
        let chain = keys.chain(Log::Events);
        Ok(Self { conn, now: pulse.now, author, pulse, hash, chain, events, jobs, key, shown, quotas, unusual, uses })
    }

    /// How things stood when the turn came.
    pub fn pulse(&self) -> Pulse {
        self.pulse
    }

    /// Who gives the command.
    pub fn author(&self) -> Author {
        self.author
    }

    /// Writes down that the command made or changed a record, as it stands now.
    pub fn note(&mut self, record: &impl Noted) {
        self.write_event(self.author, record);
    }

    /// Writes down that another record changed because of it, under a verb of the service's own.
    pub fn note_as(&mut self, command: &'static str, record: &impl Noted) {
        self.write_event(Author { command, ..self.author }, record);
    }

    /// Runs a part of a command that is a command by itself: its events say so.
    pub fn part<T>(&mut self, command: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let whole = std::mem::replace(&mut self.author.command, command);
        let done = work(self);
        self.author.command = whole;
        done
    }

    /// Writes down what time has done.
    pub fn note_time(&mut self, command: &'static str, record: &impl Noted) {
        self.write_event(Author::service(command), record);
    }

    fn write_event(&mut self, author: Author, record: &impl Noted) {
        let written = i64::try_from(self.events.len()).unwrap_or(i64::MAX);
        let position = self.pulse.position.saturating_add(written).saturating_add(1);
        let event = NewEvent::new(&self.chain, position, self.now, author, record.about(), self.hash.as_deref());
        self.hash = Some(event.hash.clone());
        self.events.push(event);
    }

    /// Adds work that follows, to be done at once.
    pub fn enqueue(&mut self, job: Job) {
        self.jobs.push(jobs::NewJob::new(job, self.now));
    }

    /// Remembers what the command did under a key.
    pub fn remember(&mut self, claim: Claim, record: Record) {
        self.key = Some((claim, record));
    }

    /// The turn as who reads its outcome sees it.
    pub fn reading<'r>(&'r mut self, policy: &'r Policy) -> Reading<'r> {
        Reading::new(self.conn, self.now, policy, &mut self.shown)
    }

    /// From here on its author is bound to quotas, and told of what is unusual.
    pub fn bind(&mut self, policy: &Policy) {
        (self.quotas, self.unusual) = (Some(*policy.quotas()), Some(*policy.unusual()));
    }

    /// The quotas to which its author is bound; none for the service itself and the command line.
    pub fn quotas(&self) -> Option<Quotas> {
        self.quotas
    }

    /// From which numbers on its author's doings are unusual.
    pub fn unusual(&self) -> Option<Unusual> {
        self.unusual
    }

    /// Counts uses of something.
    pub fn uses(&mut self, what: Watched, by: By, weight: u32) {
        self.uses.push(NewUse::new(what, by, weight, None, self.now));
    }

    /// How many it has counted so far, which the database does not know yet.
    pub fn used_so_far(&self, what: Watched) -> u32 {
        self.uses.iter().fold(0, |sum, used| sum.saturating_add(used.weight_of(what)))
    }

    /// An instant from now.
    pub fn from_now(&self, span: TimeDelta) -> Instant {
        self.now.plus(span)
    }

    /// Writes what was collected.
    pub(super) fn close<T>(self, value: T) -> Result<Written<T>, DbError> {
        let changes = self.events.iter().map(NewEvent::change).collect();
        let access = self.author.by.map(|by| Access { by, operation: self.author.command });
        let reads = match access {
            Some(access) if !self.shown.is_empty() => access_log::chained(self.conn, self.now, access, self.shown)?,
            _ => Vec::new(),
        };
        let key = self.key.map(|(claim, record)| claim.remembered(record, self.now));
        append(self.conn, self.events, self.jobs, key, reads, self.uses)?;
        Ok(Written { value, after: self.pulse.position, events: changes })
    }
}
