//! The best of many units, without working out in full those that cannot be among them.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::SLOTS;
use super::bits::{Bits, Slot};
use super::block::Block;
use super::promise::Promise;
use crate::geo::Direction;
use crate::policy::Policy;
use crate::rank::{Candidate, Proposal, proposal, unrounded};
use crate::rules::{Query, RuleSet};
use crate::score::Scorer;

/// The best candidates so far, and what tells whether another may be one of them.
pub(super) struct Best<'a> {
    query: &'a Query,
    policy: &'a Policy,
    scorer: &'a Scorer<'a>,
    from: Direction,
    freshness: &'a [f32],
    /// Made when there are more candidates than are wanted.
    promise: OnceCell<Promise<'a>>,
    /// Candidates that are not worked out yet.
    pending: Vec<Pending<'a>>,
    kept: Kept<'a>,
}

/// So many candidates are worked out together.
const PENDING: usize = 256;

/// A candidate that is not worked out yet, with what its score is at most.
#[derive(Clone, Copy)]
struct Pending<'a> {
    score: f32,
    far: bool,
    slot: Slot,
    here: Here<'a>,
}

/// Where a candidate is, and what is the same for all there.
#[derive(Clone, Copy)]
struct Here<'a> {
    block: &'a Block,
    avoided: Bits,
    to_verify: bool,
}

impl Pending<'_> {
    fn class(&self) -> (bool, bool) {
        (self.here.to_verify, self.far)
    }
}

/// As many candidates as are wanted.
struct Kept<'a> {
    top: usize,
    /// The worst of them first.
    candidates: BinaryHeap<Candidate<'a>>,
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
    /// `from` is the direction of the query's place, `freshness` the values of freshness by the hour.
    pub(super) fn new(
        query: &'a Query,
        policy: &'a Policy,
        scorer: &'a Scorer<'a>,
        from: Direction,
        freshness: &'a [f32],
        top: usize,
    ) -> Self {
        // One more than wanted is kept for a moment.
        let candidates = BinaryHeap::with_capacity(top.saturating_add(1).min(SLOTS));
        let kept = Kept { top, candidates, bar: None };
        Self { query, policy, scorer, from, freshness, promise: OnceCell::new(), pending: Vec::new(), kept }
    }

    /// Whether no unit of a block, whatever it is but for where, is among the best.
    pub(super) fn excludes(&self, block: &Block, to_verify: bool) -> bool {
        self.kept.bar.is_some_and(|bar| bar.excludes((to_verify, false), || self.promise().anywhere_in(block.ball)))
    }

    /// Takes those units of a block that are among the best. `avoided` tells those in zones to avoid.
    pub(super) fn consider(&mut self, block: &'a Block, slots: Bits, avoided: impl FnOnce() -> Bits, to_verify: bool) {
        if self.kept.top == 0 || slots.is_empty() || self.excludes(block, to_verify) {
            return;
        }
        let avoided = avoided();
        let here = Here { block, avoided, to_verify };
        let count = usize::try_from(slots.count()).unwrap_or(SLOTS);
        if self.pending.len() + self.kept.candidates.len() + count <= self.kept.top {
            self.pending.extend(slots.slots().map(|slot| Pending { score: f32::INFINITY, far: false, slot, here }));
            return;
        }
        let promised = self.promise().of(block, avoided);
        let bar = self.kept.bar;
        let promising = slots.slots().map(|slot| {
            let (score, far) = promised.at_most(slot);
            Pending { score, far, slot, here }
        });
        let promising = promising.filter(|one| bar.is_none_or(|bar| !bar.excludes((to_verify, one.far), || one.score)));
        let promising: Vec<_> = promising.collect();
        self.pending.extend(promising);
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Works out those that are promising, the most promising first, until none of the others can be among the best.
    fn settle(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_unstable_by(|one, other| one.class().cmp(&other.class()).then(other.score.total_cmp(&one.score)));
        for Pending { score, far, slot, here } in pending.drain(..) {
            if self.kept.bar.is_some_and(|bar| bar.excludes((here.to_verify, far), || score)) {
                break;
            }
            let Some(view) = here.block.view(slot) else { continue };
            let (query, policy, scorer) = (self.query, self.policy, self.scorer);
            let km = query.distance_km(view.facts);
            let failed = if here.to_verify { query.failed(view, km) } else { RuleSet::default() };
            if let Some(candidate) = Candidate::new(query, policy, scorer, view, km, here.avoided.contains(slot), failed) {
                self.kept.take(candidate);
            }
        }
        self.pending = pending;
    }

    fn promise(&self) -> &Promise<'a> {
        self.promise.get_or_init(|| Promise::new(self.query, self.policy, self.scorer, self.from, self.freshness))
    }

    /// The best, in order.
    pub(super) fn proposals(mut self) -> Vec<Proposal> {
        self.settle();
        let (query, policy, scorer) = (self.query, self.policy, self.scorer);
        let candidates = self.kept.candidates.into_sorted_vec();
        candidates.iter().map(|candidate| proposal(query, policy, scorer, candidate)).collect()
    }
}

impl Bar {
    /// Whether nobody of a class whose score is at most so much gets past it.
    fn excludes(self, class: (bool, bool), score_at_most: impl FnOnce() -> f32) -> bool {
        class > self.class || (class == self.class && score_at_most() < self.score)
    }
}

impl<'a> Kept<'a> {
    fn take(&mut self, candidate: Candidate<'a>) {
        if self.candidates.len() < self.top {
            self.candidates.push(candidate);
        } else if let Some(mut worst) = self.candidates.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
        if self.candidates.len() == self.top {
            self.bar = self.candidates.peek().map(|worst| {
                let (to_verify, far, Reverse(score)) = worst.standing();
                Bar { class: (to_verify, far), score: unrounded(score) }
            });
        }
    }
}
