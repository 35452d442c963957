//! What the other instances have counted and not written down yet: rankings of people who are not stored, as they tell of them over Redis.
//!
//! It is a first look, which may refuse and lets nobody in. Each message says how much of a batch was counted so far, so the next one makes good
//! what a lost one said, and one that comes twice changes nothing. Nothing counts twice: a batch is dropped in the same moment in which the sums are
//! taken over that hold it, and the database itself says which those are. Of an instance that died, what it told counts for
//! [`limits::COUNTED_ELSEWHERE_KEPT`] and no longer.

use std::collections::{HashMap, HashSet};

use crate::clock::Instant;
use crate::domain::quota::{Batch, Used};
use crate::limits;

/// What was heard.
#[derive(Default)]
pub(super) struct Elsewhere {
    batches: HashMap<Batch, Told>,
    /// Those that the sums hold which were read last: what comes late of them is no news.
    read: HashSet<Batch>,
    /// The last instant that was seen, by the clock that quotas go by. Whoever hears has no clock: what is heard counts as heard then.
    as_of: Option<Instant>,
}

/// What was told of a batch.
#[derive(Default)]
struct Told {
    /// When something was last; none: before this instance knew what time it is.
    heard: Option<Instant>,
    /// How much was counted, by the shadow of whoever it is counted for.
    counts: HashMap<String, u32>,
}

/// What an instance says of a batch.
pub(super) fn message(instance: &str, batch: Batch, counts: &HashMap<String, u32>) -> String {
    let mut said = format!("{instance} {:x}", batch.0);
    for (shadow, count) in counts {
        said.extend([" ", shadow, "=", &count.to_string()]);
    }
    said
}

/// What another instance says.
fn heard<'s>(said: &'s str, own: &str) -> Option<(Batch, impl Iterator<Item = (&'s str, u32)>)> {
    let mut words = said.split(' ');
    let instance = words.next()?;
    let batch = Batch(u128::from_str_radix(words.next()?, 16).ok()?);
    let counts = words.filter_map(|word| {
        let (shadow, count) = word.split_once('=')?;
        Some((shadow, count.parse().ok()?))
    });
    (instance != own).then_some((batch, counts))
}

impl Elsewhere {
    /// Keeps what another instance says, as far as there is room.
    pub(super) fn hear(&mut self, said: &str, own: &str) {
        let Some((batch, counts)) = heard(said, own) else { return };
        let kept: usize = self.batches.values().map(|told| told.counts.len().saturating_add(1)).sum();
        if self.read.contains(&batch) || kept > limits::COUNTED_ELSEWHERE_MAX {
            return;
        }
        let told = self.batches.entry(batch).or_default();
        told.heard = self.as_of;
        for (shadow, count) in counts.take(limits::COUNTED_ELSEWHERE_MAX) {
            // Of two messages the later one may come first: what was counted never grows less.
            let known = told.counts.entry(shadow.to_owned()).or_default();
            *known = count.max(*known);
        }
    }

    /// Forgets what nobody has confirmed for long; whether anything is left.
    pub(super) fn look(&mut self, now: Instant) -> bool {
        self.as_of = Some(now);
        self.batches.retain(|_, told| now < told.heard.get_or_insert(now).plus(limits::COUNTED_ELSEWHERE_KEPT));
        !self.batches.is_empty()
    }

    /// How much was counted for these.
    pub(super) fn used(&self, account: Option<&str>, organisation: &str) -> Used {
        let count = |shadow: &str| {
            let counts = self.batches.values().filter_map(|told| told.counts.get(shadow));
            counts.fold(0_u32, |sum, count| sum.saturating_add(*count))
        };
        Used { account: account.map_or(0, count), organisation: count(organisation) }
    }

    /// The sums are taken over that hold these batches: now they count there.
    pub(super) fn has_read(&mut self, batches: HashSet<Batch>, now: Instant) {
        self.batches.retain(|batch, _| !batches.contains(batch));
        self.read = batches;
        self.look(now);
    }
}
