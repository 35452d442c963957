//! The best of many units, without working out in full those that cannot be among them.

use std::collections::BinaryHeap;

use super::SLOTS;
use super::bits::{Bits, Slot};
use super::block::Block;
use super::promise::Promise;
use crate::geo::arc_km;
use crate::policy::Policy;
use crate::rank::{Candidate, Proposal, Proposer, Rank, Standing, in_billionths};
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

/// A candidate that is not worked out yet.
#[derive(Clone, Copy)]
struct Pending {
    at_best: Rank,
    here: usize,
    slot: Slot,
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
    /// As good one must be to be kept: as the worst of those that are, once there are as many as are wanted.
    bar: Rank,
}

impl<'a> Best<'a> {
    pub(super) fn new(query: &'a Query, policy: &'a Policy, scorer: &'a Scorer<'a>, promise: &'a Promise<'a>, top: usize) -> Self {
        // Most often no more than these are needed.
        let room = top.min(SLOTS / 4);
        let (candidates, standings) = (Vec::with_capacity(room + room / 2), BinaryHeap::with_capacity(room));
        let (pending, heres) = (Vec::with_capacity(PENDING.min(room * 4)), Vec::with_capacity(SLOTS / 16));
        Self { query, policy, scorer, promise, pending, heres, kept: Kept { top, candidates, standings, bar: Rank::WORST } }
    }

    /// Whether no unit whose score is at most so much is among the best.
    pub(super) fn excludes(&self, score: f32, to_verify: bool) -> bool {
        at_best(to_verify, false, score) > self.kept.bar
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
            let at_best = at_best(to_verify, false, SCORE_MAX);
            slots.for_each(|slot| self.pending.push(Pending { at_best, here, slot }));
            return;
        }
        let (promised, bar) = (self.promise.of(block, avoided), self.kept.bar);
        let may_reach = match bar.score_of_near(to_verify) {
            Some(score) => self.promise.may_reach(score, block, slots, avoided),
            None => slots,
        };
        may_reach.for_each(|slot| {
            let (score, far) = promised.at_most(slot);
            let at_best = at_best(to_verify, far, score);
            if at_best <= bar {
                self.pending.push(Pending { at_best, here, slot });
            }
        });
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Works out those that are promising, the most promising first, until none of the others can be among the best.
    fn settle(&mut self) {
        let (mut pending, heres) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.heres));
        // As many as are wanted and a few more are most often all that is worked out: the others need no order.
        let at_once = self.kept.top.saturating_add(self.kept.top / 2).saturating_add(8);
        let mut rest = pending.as_mut_slice();
        while !rest.is_empty() {
            let count = at_once.min(rest.len());
            if count < rest.len() {
                rest.select_nth_unstable_by_key(count, |one| one.at_best);
            }
            let (most, others) = rest.split_at_mut(count);
            most.sort_unstable_by_key(|one| one.at_best);
            for one in most {
                if one.at_best > self.kept.bar {
                    return;
                }
                if let Some(here) = heres.get(one.here) {
                    self.work_out(here, one.slot);
                }
            }
            rest = others;
        }
    }

    fn work_out(&mut self, here: &Here<'a>, slot: Slot) {
        let Some(view) = here.block.view(slot) else { return };
        let failed = if here.to_verify { self.query.failed(view, self.query.distance_km(view.facts)) } else { RuleSet::default() };
        let arc_km = arc_km(self.query.from, here.block.directions.in_parts(slot));
        let avoided = here.avoided.contains(slot);
        if let Some(candidate) = Candidate::new(self.query, self.scorer, view, arc_km, avoided, failed) {
            self.kept.take(candidate);
        }
    }

    /// The best, in order.
    pub(super) fn proposals(mut self) -> Vec<Proposal> {
        self.settle();
        let proposer = Proposer::new(self.query, self.policy, self.scorer);
        let mut standings = self.kept.standings.into_vec();
        standings.sort_unstable();
        let mut proposals = Vec::with_capacity(standings.len());
        let best = standings.into_iter().filter_map(|(_, nth)| self.kept.candidates.get(nth));
        proposals.extend(best.map(|candidate| proposer.proposal(candidate)));
        proposals
    }
}

/// How good someone can be whose score is at most so much.
fn at_best(to_verify: bool, far: bool, score: f32) -> Rank {
    Rank::new(to_verify, far, in_billionths(score.into()))
}

/// More than any score.
const SCORE_MAX: f32 = 2.0;

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
            self.bar = self.standings.peek().map_or(Rank::WORST, |(worst, _)| worst.rank);
        }
    }
}
