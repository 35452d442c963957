//! The best of many units: top-k by upper bounds, which works out in full only candidates that may be among the best.
//!
//! This file owns the candidates that are kept and the bar that others must reach. It never decides whether a unit is eligible, and works
//! a score out by the functions of the plain engine only.

use std::collections::BinaryHeap;

use arrayvec::ArrayVec;

use super::bits::{Bits, SLOTS, Slot};
use super::block::{Bay, Block};
use super::filter::Filter;
use super::promise::Promise;
use super::sphere::Span;
use crate::geo::arc_km;
use crate::policy::Policy;
use crate::rank::{Candidate, Proposal, Proposer, Rank, Standing};
use crate::rules::{Query, RuleSet};
use crate::score::Scorer;

/// Numbers with a promise each, given the greatest promise first.
pub(super) struct MostFirst(LeastFirst<u64>);

impl MostFirst {
    pub(super) fn of(promised: impl IntoIterator<Item = (f32, usize)>) -> Self {
        // Floats that are not negative compare like their bits. Of the same promise the lowest number comes first.
        let in_one = |(promised, number)| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            (u64::from(!f32::max(promised, 0.0).to_bits()) << u32::BITS) | u64::from(number)
        };
        Self(LeastFirst::of(promised.into_iter().map(in_one).collect()))
    }
}

impl Iterator for MostFirst {
    type Item = (f32, usize);

    fn next(&mut self) -> Option<(f32, usize)> {
        let [a, b, c, d, of_promise @ ..] = self.0.next()?.to_le_bytes();
        let number = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        Some((f32::from_bits(!u32::from_le_bytes(of_promise)), number))
    }
}

/// Entries given the least first, by incremental sorting: a portion is put in order once the portion before is used up, since most
/// entries are never asked for. A heap does the same, a little slower: its branches are hard to predict.
struct LeastFirst<T> {
    all: Vec<T>,
    /// How many entries are given.
    given: usize,
    /// How many entries are in order, from the first on.
    in_order: usize,
}

/// How many entries are put in order first; each later portion has as many as were given before.
const PORTION: usize = 32;

impl<T> LeastFirst<T> {
    fn of(all: Vec<T>) -> Self {
        Self { all, given: 0, in_order: 0 }
    }
}

impl<T: Ord + Copy> Iterator for LeastFirst<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.given == self.in_order {
            let rest = self.all.get_mut(self.given..)?;
            let portion = self.given.max(PORTION).min(rest.len());
            if portion < rest.len() {
                rest.select_nth_unstable(portion);
            }
            rest.get_mut(..portion)?.sort_unstable();
            self.in_order += portion;
        }
        let next = self.all.get(self.given).copied()?;
        self.given += 1;
        Some(next)
    }
}

/// The best candidates so far, and the bar that another must reach to be one of them.
pub(super) struct Best<'a> {
    filter: &'a Filter<'a>,
    policy: &'a Policy,
    scorer: &'a Scorer<'a>,
    promise: &'a Promise<'a>,
    /// Candidates that are not worked out yet…
    pending: Vec<Pending>,
    /// …and the blocks in which they lie.
    heres: ArrayVec<Here<'a>, { PENDING + 1 }>,
    kept: Kept<'a>,
}

/// How many candidates wait before they are worked out.
const PENDING: usize = 64;

/// A candidate that is not worked out yet, as one number, which sorts fast: how good the candidate can be at most, then where it lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending(u64);

impl Pending {
    const SLOT_BITS: u32 = Slot::BITS;
    const WHERE_BITS: u32 = u64::BITS - Rank::COARSE_BITS;

    /// `here` is an index into a short list.
    fn new(at_best: Rank, here: usize, slot: Slot) -> Self {
        let here = u64::try_from(here).unwrap_or(0) << Self::SLOT_BITS;
        Self(at_best.coarse() << Self::WHERE_BITS | here | u64::from(slot))
    }

    /// Whether the candidate cannot reach this rank.
    fn is_worse_than(self, bar: Rank) -> bool {
        self.0 >> Self::WHERE_BITS > bar.coarse()
    }

    /// Whether the rank of the candidate, once it is worked out, is better than what was promised: never.
    fn is_exceeded_by(self, rank: Rank) -> bool {
        rank.coarse() < self.0 >> Self::WHERE_BITS
    }

    /// The index of the block among `heres`, and the slot.
    fn position(self) -> (usize, Slot) {
        let [slot, ..] = self.0.to_le_bytes();
        let here = (self.0 & ((1 << Self::WHERE_BITS) - 1)) >> Self::SLOT_BITS;
        (usize::try_from(here).unwrap_or(usize::MAX), slot)
    }
}

/// A block in which candidates lie, and what is the same for all of them.
struct Here<'a> {
    block: &'a Block,
    avoided: Bits,
    /// What the score of any unit of the block is at most.
    promised: f32,
    to_verify: bool,
}

/// The best candidates so far: as many as are wanted.
struct Kept<'a> {
    top: usize,
    candidates: Vec<Candidate<'a>>,
    /// The standing of each candidate with its index, the worst first.
    standings: BinaryHeap<(Standing, usize)>,
    /// The rank that a candidate must reach to be kept: once there are as many as are wanted, that of the worst of them.
    bar: Rank,
}

impl<'a> Best<'a> {
    pub(super) fn new(
        filter: &'a Filter<'a>,
        policy: &'a Policy,
        scorer: &'a Scorer<'a>,
        promise: &'a Promise<'a>,
        top: usize,
    ) -> Self {
        let kept = Kept { top, candidates: Vec::new(), standings: BinaryHeap::new(), bar: Rank::WORST };
        Self { filter, policy, scorer, promise, pending: Vec::with_capacity(2 * PENDING), heres: ArrayVec::new(), kept }
    }

    /// Whether no unit whose score is at most `score` can be among the best.
    pub(super) fn excludes(&self, score: f32, to_verify: bool) -> bool {
        Rank::at_best(to_verify, false, score) > self.kept.bar
    }

    /// The given slots of a block that may be among the best, as far as columns tell.
    pub(super) fn may_hold(&self, bay: Bay<'_>, span: Span, slots: Bits, to_verify: bool) -> Bits {
        match self.kept.bar.least_score(to_verify) {
            None => Bits::NONE,
            // As long as fewer are kept than wanted, there is nothing to reach.
            Some(least) if least <= 0.0 => slots,
            Some(least) => self.promise.may_reach(least, bay, span, slots),
        }
    }

    /// Takes the units of these slots that are among the best. `promised` is what the score of any unit of the block is at most.
    pub(super) fn consider(&mut self, bay: Bay<'a>, slots: Bits, promised: f32, to_verify: bool) {
        if self.kept.top == 0 || slots.is_empty() {
            return;
        }
        let Some(least) = self.kept.bar.least_score(to_verify) else { return };
        let (avoided, here, before) = (self.filter.ground.avoided_of(bay.block, slots), self.heres.len(), self.pending.len());
        if before + self.kept.standings.len() + usize::try_from(slots.count()).unwrap_or(SLOTS) <= self.kept.top {
            let at_best = Rank::at_best(to_verify, false, SCORE_MAX);
            slots.for_each(|slot| self.pending.push(Pending::new(at_best, here, slot)));
        } else {
            let of_each = self.promise.of(bay, avoided);
            slots.for_eights(|slots, count| {
                let at_most = of_each.at_most(slots);
                let those = at_most.reaching(least) & ((1 << count) - 1);
                at_most.for_each(those, slots, |slot, score, far| {
                    self.pending.push(Pending::new(Rank::at_best(to_verify, far, score), here, slot));
                });
            });
        }
        if self.pending.len() > before {
            self.heres.push(Here { block: bay.block, avoided, promised, to_verify });
        }
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Works out the pending candidates, the most promising first, until none of the others can be among the best.
    fn settle(&mut self) {
        let Self { filter, scorer, heres, kept, .. } = self;
        let lacking = self.pending.len().min(kept.top - kept.candidates.len());
        kept.candidates.reserve(lacking);
        kept.standings.reserve(lacking);
        let mut pending = LeastFirst::of(std::mem::take(&mut self.pending));
        while let Some(one) = pending.next().filter(|one| !one.is_worse_than(kept.bar)) {
            let (here, slot) = one.position();
            let Some(here) = heres.get(here) else { continue };
            if let Some(candidate) = here.candidate(filter.query, scorer, slot) {
                debug_assert!(candidate.score() <= f64::from(here.promised), "a score exceeds what its block promises");
                debug_assert!(!one.is_exceeded_by(candidate.standing().rank), "a score exceeds what its unit promises");
                kept.take(candidate);
            }
        }
        self.pending = pending.all;
        self.pending.clear();
        heres.clear();
    }

    /// The best, in order.
    pub(super) fn proposals(&mut self) -> Vec<Proposal> {
        self.settle();
        let proposer = Proposer::new(self.filter.query, self.policy, self.scorer);
        self.kept.in_order().map(|candidate| proposer.proposal(candidate)).collect()
    }
}

/// More than any score.
const SCORE_MAX: f32 = 2.0;

impl<'a> Here<'a> {
    /// Works out the candidate of a slot.
    fn candidate(&self, query: &Query, scorer: &Scorer<'_>, slot: Slot) -> Option<Candidate<'a>> {
        let (unit, vacancies) = self.block.offered(slot)?;
        let failed = if self.to_verify { query.to_verify(unit) } else { RuleSet::default() };
        let arc_km = arc_km(query.from, self.block.directions.in_parts(slot));
        Candidate::new(query, scorer, (unit, vacancies), arc_km, self.avoided.contains(slot), failed)
    }
}

impl<'a> Kept<'a> {
    /// Keeps a candidate if it is among the best.
    fn take(&mut self, candidate: Candidate<'a>) {
        let standing = candidate.standing();
        if self.candidates.len() < self.top {
            self.standings.push((standing, self.candidates.len()));
            self.candidates.push(candidate);
        } else if let Some(mut worst) = self.standings.peek_mut()
            && standing < worst.0
            && let Some(kept) = self.candidates.get_mut(worst.1)
        {
            worst.0 = standing;
            *kept = candidate;
        } else {
            return;
        }
        if self.candidates.len() == self.top {
            self.bar = self.standings.peek().map_or(Rank::WORST, |(worst, _)| worst.rank);
        }
    }

    /// The candidates, the best first.
    fn in_order(&self) -> impl ExactSizeIterator<Item = &Candidate<'a>> {
        let mut kept: Vec<_> = self.candidates.iter().map(|candidate| (candidate.standing(), candidate)).collect();
        kept.sort_unstable_by_key(|(standing, _)| *standing);
        kept.into_iter().map(|(_, candidate)| candidate)
    }
}
