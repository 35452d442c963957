//! The best of many units, without working out in full those that cannot be among them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::SLOTS;
use super::bits::{Bits, Slot};
use super::block::Block;
use super::promise::Promise;
use crate::policy::Policy;
use crate::rank::{Candidate, Proposal, Standing, proposal, unrounded};
use crate::rules::{Query, RuleSet};
use crate::score::Scorer;

/// The best candidates so far, and what tells whether another may be one of them.
pub(super) struct Best<'a> {
    query: &'a Query,
    policy: &'a Policy,
    scorer: &'a Scorer<'a>,
    promise: &'a Promise<'a>,
    /// Candidates that are not worked out yet.
    pending: Vec<Pending>,
    heres: Vec<Here<'a>>,
    kept: Kept<'a>,
}

/// So many candidates are worked out together.
const PENDING: usize = 96;

/// A candidate that is not worked out yet, with what its score is at most.
struct Pending {
    score: f32,
    far: bool,
    slot: Slot,
    here: usize,
}

/// Where candidates are, and what is the same for all there.
struct Here<'a> {
    block: &'a Block,
    avoided: Bits,
    to_verify: bool,
}

/// As many candidates as are wanted.
struct Kept<'a> {
    top: usize,
    /// All that were kept at some time.
    candidates: Vec<Candidate<'a>>,
    /// The worst of those that still are first, with their numbers.
    standings: BinaryHeap<(Standing, usize)>,
    /// What one must be to be kept, once there are as many as are wanted.
    bar: Option<Bar>,
}

/// The standing of the worst candidate that is kept.
#[derive(Clone, Copy)]
struct Bar {
    /// Whether it is to verify, and whether it is far for today: what comes before the score.
    class: (bool, bool),
    score: f32,
}

impl<'a> Best<'a> {
    pub(super) fn new(query: &'a Query, policy: &'a Policy, scorer: &'a Scorer<'a>, promise: &'a Promise<'a>, top: usize) -> Self {
        // Most often no more than these are needed.
        let room = top.min(SLOTS / 4);
        let (candidates, standings) = (Vec::with_capacity(room + room / 2), BinaryHeap::with_capacity(room));
        let (pending, heres) = (Vec::with_capacity(PENDING.min(room * 4)), Vec::with_capacity(SLOTS / 16));
        Self { query, policy, scorer, promise, pending, heres, kept: Kept { top, candidates, standings, bar: None } }
    }

    /// Whether no unit whose score is at most so much is among the best.
    pub(super) fn excludes(&self, score: f32, to_verify: bool) -> bool {
        self.kept.bar.is_some_and(|bar| bar.excludes((to_verify, false), score))
    }

    /// Takes those units of a block that are among the best. `avoided` tells those in zones to avoid.
    pub(super) fn consider(&mut self, block: &'a Block, slots: Bits, avoided: impl FnOnce() -> Bits, to_verify: bool) {
        if self.kept.top == 0 || slots.is_empty() {
            return;
        }
        let (avoided, here) = (avoided(), self.heres.len());
        self.heres.push(Here { block, avoided, to_verify });
        let known = self.pending.len() + self.kept.standings.len();
        if known + usize::try_from(slots.count()).unwrap_or(SLOTS) <= self.kept.top {
            self.pending.extend(slots.slots().map(|slot| Pending { score: f32::INFINITY, far: false, slot, here }));
            return;
        }
        let (promised, bar) = (self.promise.of(block, avoided), self.kept.bar);
        let may_reach = match bar {
            Some(bar) if bar.class == (to_verify, false) => self.promise.may_reach(bar.score, block, slots, avoided),
            _ => slots,
        };
        for slot in may_reach.slots() {
            let (score, far) = promised.at_most(slot);
            if bar.is_none_or(|bar| !bar.excludes((to_verify, far), score)) {
                self.pending.push(Pending { score, far, slot, here });
            }
        }
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Works out those that are promising, the most promising first, until none of the others can be among the best.
    fn settle(&mut self) {
        let (mut pending, heres) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.heres));
        let verify = |one: &Pending| heres.get(one.here).is_some_and(|here| here.to_verify);
        // Scores are positive: their bits are in their order.
        let key = |one: &Pending| (verify(one), one.far, Reverse(one.score.to_bits()));
        // As many as are wanted and a few more are most often all that is worked out: the others need no order.
        let at_once = self.kept.top.saturating_add(self.kept.top / 2).saturating_add(8);
        let mut rest = pending.as_mut_slice();
        while !rest.is_empty() {
            let count = at_once.min(rest.len());
            if count < rest.len() {
                rest.select_nth_unstable_by_key(count, key);
            }
            let (most, others) = rest.split_at_mut(count);
            most.sort_unstable_by_key(key);
            for one in most {
                let Some(here) = heres.get(one.here) else { continue };
                if self.kept.bar.is_some_and(|bar| bar.excludes((here.to_verify, one.far), one.score)) {
                    return;
                }
                self.work_out(here, one.slot);
            }
            rest = others;
        }
    }

    fn work_out(&mut self, here: &Here<'a>, slot: Slot) {
        let Some(view) = here.block.view(slot) else { return };
        let km = self.query.distance_km(view.facts);
        let failed = if here.to_verify { self.query.failed(view, km) } else { RuleSet::default() };
        let avoided = here.avoided.contains(slot);
        if let Some(candidate) = Candidate::new(self.query, self.policy, self.scorer, view, km, avoided, failed) {
            self.kept.take(candidate);
        }
    }

    /// The best, in order.
    pub(super) fn proposals(mut self) -> Vec<Proposal> {
        self.settle();
        let (query, policy, scorer) = (self.query, self.policy, self.scorer);
        let candidates = self.kept.candidates;
        let standings = self.kept.standings.into_sorted_vec();
        let best = standings.iter().filter_map(|(_, nth)| candidates.get(*nth));
        best.map(|candidate| proposal(query, policy, scorer, candidate)).collect()
    }
}

impl Bar {
    /// Whether nobody of a class whose score is at most so much gets past it.
    fn excludes(self, class: (bool, bool), score_at_most: f32) -> bool {
        class > self.class || (class == self.class && score_at_most < self.score)
    }
}

impl<'a> Kept<'a> {
    fn take(&mut self, candidate: Candidate<'a>) {
        let entry = (candidate.standing(), self.candidates.len());
        if self.standings.len() < self.top {
            self.standings.push(entry);
        } else if let Some(mut worst) = self.standings.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        } else {
            return;
        }
        self.candidates.push(candidate);
        if self.standings.len() == self.top {
            self.bar = self
                .standings
                .peek()
                .map(|(worst, _)| Bar { class: (worst.to_verify, worst.far), score: unrounded(worst.score.0) });
        }
    }
}
