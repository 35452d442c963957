//! The one context in which people, contacts and addresses are read: it has one clock, and notes what it has shown.
//!
//! What is [`Private`] opens only here, and what was opened leaves its row in the log of reads before the answer does.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use matcher::{Department, Policy};
use uuid::Uuid;

use super::Conn;
use crate::clock::Instant;
use crate::domain::ids::StructureId;
use crate::domain::night::tonight;
use crate::domain::{Record, RecordKind};

/// A transaction as who reads sees it.
pub struct Reading<'r> {
    /// The connection, inside the transaction.
    pub conn: &'r mut Conn,
    /// Now, read once.
    pub now: Instant,
    policy: &'r Policy,
    shown: &'r mut Shown,
}

impl<'r> Reading<'r> {
    /// A reading that notes in `shown` what it shows.
    pub fn new(conn: &'r mut Conn, now: Instant, policy: &'r Policy, shown: &'r mut Shown) -> Self {
        Self { conn, now, policy, shown }
    }

    /// The day whose night it is in a department, or comes next.
    pub fn tonight(&self, department: Department) -> NaiveDate {
        tonight(self.now, department, self.policy)
    }

    /// Counts that the contact of a home is shown.
    pub fn counts_contact(&mut self, of: StructureId) {
        self.shown.contacts.insert(of);
    }

    /// Notes that a record is shown which holds nothing private by itself: an entry of a log.
    pub fn shows(&mut self, record: impl Into<Record>) {
        self.shown.note(record.into());
    }
}

/// Which records were shown, by kind, each once and in order: one row of the log of reads for each kind; and of which homes the contact was, as
/// far as these are counted.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    records: BTreeMap<RecordKind, Vec<Uuid>>,
    contacts: BTreeSet<StructureId>,
}

impl Shown {
    fn note(&mut self, record: Record) {
        let ids = self.records.entry(record.kind).or_default();
        if !ids.contains(&record.id) {
            ids.push(record.id);
        }
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Those of a kind.
    pub fn of_kind(&self, kind: RecordKind) -> &[Uuid] {
        self.records.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The homes whose contact was shown and counts.
    pub fn contacts(&self) -> &BTreeSet<StructureId> {
        &self.contacts
    }

    /// Kind by kind.
    pub fn by_kind(self) -> impl Iterator<Item = (RecordKind, Vec<Uuid>)> {
        self.records.into_iter()
    }
}

/// Something of a record that tells of people or leads to them: a request's content, a home's contact.
#[derive(Clone, Debug)]
pub struct Private<T> {
    of: Record,
    content: T,
}

impl<T> Private<T> {
    /// What a record holds.
    pub(super) fn new(of: impl Into<Record>, content: T) -> Self {
        Self { of: of.into(), content }
    }

    /// Opens it for whoever reads: the record stands in the log of reads before the answer leaves.
    pub fn show(self, reading: &mut Reading<'_>) -> T {
        reading.shown.note(self.of);
        self.content
    }

    /// What the service itself works with and shows nobody. A test lists who uses it.
    pub fn unshown(&self) -> &T {
        &self.content
    }
}
