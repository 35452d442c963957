//! Counts by rule: how many units fail it, and how many fail it alone.

use arrayvec::ArrayVec;

use super::bits::{ROW, Row};
use super::filter::{Filter, Sift, Told};
use crate::codes::{Code as _, Rule};
use crate::rank::RuleCounts;

/// How many units fail each rule, and each alone.
pub(super) struct Tally {
    /// In the order in which the filter asks them, the hard ones first.
    rules: ArrayVec<Count, { Rule::ALL.len() }>,
    hard: usize,
}

/// How many units fail a rule.
struct Count {
    rule: Rule,
    failed: u64,
    alone: u64,
    /// Whether all that fail are counted already.
    known: bool,
}

impl Tally {
    pub(super) fn new(filter: &Filter<'_>, known: impl Fn(Rule) -> Option<u64>) -> Self {
        let count = |rule| {
            let failed = known(rule);
            Count { rule, failed: failed.unwrap_or(0), alone: 0, known: failed.is_some() }
        };
        Self { rules: filter.rules().map(count).collect(), hard: filter.hard.len() }
    }

    /// Counts what fails of these slots, none of which is to verify and all of which fail two rules or more.
    pub(super) fn add_all(&mut self, sift: &mut Sift<'_, ROW>, live: Row) {
        for count in self.rules.iter_mut().filter(|count| !count.known) {
            count.failed += u64::from(failing(sift, count.rule, live).map_or(0, Row::count));
        }
    }

    /// Counts what fails of these slots, and says which are eligible and which to verify.
    pub(super) fn sift(&mut self, sift: &mut Sift<'_, ROW>, live: Row) -> (Row, Row) {
        let mut failed: ArrayVec<(usize, Row), { Rule::ALL.len() }> = ArrayVec::new();
        let (mut once, mut twice, mut hard) = (Row::NONE, Row::NONE, None);
        for (nth, count) in self.rules.iter_mut().enumerate() {
            if nth == self.hard {
                hard = Some(once);
            }
            let Some(fails) = failing(sift, count.rule, live) else { continue };
            if !count.known {
                count.failed += u64::from(fails.count());
            }
            twice |= once & fails;
            once |= fails;
            failed.push((nth, fails));
        }
        let alone = once & !twice;
        if !alone.is_empty() {
            for (nth, fails) in failed {
                let of_rule = fails & alone;
                if let Some(count) = self.rules.get_mut(nth).filter(|_| !of_rule.is_empty()) {
                    count.alone += u64::from(of_rule.count());
                }
            }
        }
        (live & !once, once & !hard.unwrap_or(once))
    }

    /// The counts by rule: of those that fail it, and of those that fail it alone.
    pub(super) fn by_rule(&self) -> (RuleCounts, RuleCounts) {
        let (mut failed, mut alone) = (RuleCounts::default(), RuleCounts::default());
        for count in &self.rules {
            failed.add(count.rule, count.failed);
            alone.add(count.rule, count.alone);
        }
        (failed, alone)
    }
}

/// Of these slots those that fail a rule, if any does.
fn failing(sift: &mut Sift<'_, ROW>, rule: Rule, live: Row) -> Option<Row> {
    match sift.told(rule) {
        Told::None => None,
        Told::All => Some(live),
        Told::Nothing => Some(sift.fails(rule, live) & live).filter(|fails| !fails.is_empty()),
    }
}
