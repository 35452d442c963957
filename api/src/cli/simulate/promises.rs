//! What must hold when all is over, looked for in the feed as an auditor reads it: no bed was promised twice, no hold outlives its referral, and
//! what was answered to be done was done once.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::accounts::Account;
use super::calls::{Calls, Given};
use super::readers::items;
use super::world::text;

/// States in which a referral may hold beds.
const OPEN: [&str; 4] = ["asked", "acknowledged", "accepted", "confirmed"];

/// Commands that make a record: of each there is one event about it and no more.
const MAKES: [&str; 3] = ["createRequest", "createReferral", "declareVacancy"];

/// A vacancy, by the feed alone.
#[derive(Default)]
struct Vacancy {
    beds: i64,
    held: i64,
}

/// A referral, by the feed alone.
struct Referral {
    vacancy: String,
    state: String,
    beds: i64,
    held: bool,
}

/// The feed, read so far.
#[derive(Default)]
pub(super) struct Feed {
    /// The position of the last event.
    pub(super) position: i64,
    vacancies: HashMap<String, Vacancy>,
    referrals: HashMap<String, Referral>,
    /// The instant of the command whose events are being read, and the vacancies that it touches: between two of its events nothing is promised.
    at: String,
    touched: Vec<String>,
    /// How often a command was done to a record itself, since [`Feed::begin`].
    done: HashMap<(String, String), u64>,
}

impl Feed {
    /// Forgets which commands were done, not how all stands.
    pub(super) fn begin(&mut self) {
        self.done.clear();
    }

    /// Reads on to the end.
    pub(super) async fn read(&mut self, calls: &Calls, auditor: &Account) -> Result<()> {
        loop {
            let path = format!("events?limit=200&after={}", self.position);
            let page = calls.read(auditor, "listEvents", &path).await.context("the feed cannot be read")?;
            let mut is_last = true;
            for event in items(&page) {
                is_last = false;
                self.hear(calls, event);
            }
            if is_last {
                self.no_bed_is_promised_twice(calls);
                return Ok(());
            }
        }
    }

    fn hear(&mut self, calls: &Calls, event: &Value) {
        let position = event.get("position").and_then(Value::as_i64).unwrap_or_default();
        if position != self.position + 1 {
            calls.violation(format!("event {position} comes after event {}", self.position));
        }
        if text(event, "at") != self.at {
            self.no_bed_is_promised_twice(calls);
            text(event, "at").clone_into(&mut self.at);
        }
        self.position = position;
        let (Some(detail), id) = (event.get("detail"), text(event, "record_id")) else { return };
        let number = |name: &str| detail.get(name).and_then(Value::as_i64);
        let state = text(detail, "state");
        let kind = text(event, "record_kind");
        // What others are told of the record is not the record, and what a confirmation does to other referrals was not asked of them.
        if ["request", "referral", "vacancy", "plan"].contains(&kind) && state != "superseded" {
            *self.done.entry((text(event, "command").to_owned(), id.to_owned())).or_default() += 1;
        }
        match (kind, number("beds")) {
            ("vacancy", Some(beds)) => {
                self.vacancies.entry(id.to_owned()).or_default().beds = beds;
                self.touched.push(id.to_owned());
            }
            ("referral", Some(beds)) => {
                let held = detail.get("held") == Some(&Value::Bool(true));
                let vacancy = text(detail, "vacancy_id").to_owned();
                self.put(id, Referral { vacancy, state: state.to_owned(), beds, held });
            }
            _ => {}
        }
    }

    /// What a referral does to the beds of its vacancy: it holds some or none, and an arrival takes them out.
    fn put(&mut self, id: &str, now: Referral) {
        let vacancy = self.vacancies.entry(now.vacancy.clone()).or_default();
        let before = self.referrals.get(id);
        if let Some(before) = before.filter(|before| before.held) {
            vacancy.held -= before.beds;
        }
        if now.held {
            vacancy.held += now.beds;
        }
        let was_there = before.is_some_and(|before| ["arrived", "ended"].contains(&before.state.as_str()));
        if now.state == "arrived" && !was_there {
            vacancy.beds -= now.beds;
        }
        self.touched.push(now.vacancy.clone());
        self.referrals.insert(id.to_owned(), now);
    }

    /// What a command has touched holds no more beds than it has.
    fn no_bed_is_promised_twice(&mut self, calls: &Calls) {
        for id in self.touched.drain(..) {
            let Some(Vacancy { beds, held }) = self.vacancies.get(&id) else { continue };
            if held > beds || *beds < 0 {
                calls.violation(format!("event {}: {held} of {beds} beds of {id} are held", self.position));
            }
        }
    }

    /// No referral that is over holds a bed.
    pub(super) fn holds_are_freed_or_used(&self, calls: &Calls) {
        for (id, referral) in self.referrals.iter().filter(|(_, referral)| referral.held) {
            if !OPEN.contains(&referral.state.as_str()) {
                calls.violation(format!("referral {id} is {} and holds beds", referral.state));
            }
        }
    }

    /// Each command that was answered to be done is in the feed so often, and no more often than somebody gave it.
    pub(super) fn each_command_is_there_once(&self, calls: &Calls, given: &[Given]) {
        let mut told = BTreeMap::<(&str, &str), u64>::new();
        let mut unknown = BTreeMap::<&str, u64>::new();
        for command in given {
            match &command.record {
                Some(record) => *told.entry((command.operation, record)).or_default() += 1,
                None => *unknown.entry(command.operation).or_default() += 1,
            }
        }
        for ((operation, record), told) in told {
            let key = (operation.to_owned(), record.to_owned());
            let done = self.done.get(&key).copied().unwrap_or_default();
            let may_be_more = unknown.get(operation).copied().unwrap_or_default();
            let most = if MAKES.contains(&operation) { 1 } else { told + may_be_more };
            if done < told || done > most {
                calls.violation(format!(
                    "{operation} of {record} was answered to be done {told} times and is in the feed {done} times"
                ));
            }
        }
    }

    /// How many referrals there are, and how many of them hold beds.
    pub(super) fn referrals(&self) -> (usize, usize) {
        (self.referrals.len(), self.referrals.values().filter(|referral| referral.held).count())
    }
}
