//! The best of many units, without working out in full those that cannot be among them.

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

/// Places with what each promises at most, given the most promising first.
pub(super) struct MostFirst(LeastFirst<u64>);

impl MostFirst {
    pub(super) fn of(promised: impl IntoIterator<Item = (f32, usize)>) -> Self {
        // Numbers that are not negative are in the order of their bits. Of the same promise the lowest number comes first.
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

/// What is given the least first. Most is never asked for and not put in order: a portion is, once the one before it is used up. Which way a
/// heap goes on is hard for a processor to foretell; this is a little faster.
struct LeastFirst<T> {
    all: Vec<T>,
    given: usize,
    in_order: usize,
}

/// So many are put in order first, and then as many as were given.
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

/// The best candidates so far, and what tells whether another may be one of them.
pub(super) struct Best<'a> {
    filter: &'a Filter<'a>,
    policy: &'a Policy,
    scorer: &'a Scorer<'a>,
    promise: &'a Promise<'a>,
    /// Candidates that are not worked out yet…
    pending: Vec<Pending>,
    /// …and where they are.
    heres: ArrayVec<Here<'a>, { PENDING + 1 }>,
    kept: Kept<'a>,
}

/// So many candidates are worked out together.
const PENDING: usize = 64;

/// A candidate that is not worked out yet, in one number, since many are put in order: how good it can be at most, then where it is.
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

    /// Whether it cannot be as good as this.
    fn is_worse_than(self, bar: Rank) -> bool {
        self.0 >> Self::WHERE_BITS > bar.coarse()
    }

    fn index(self) -> (usize, Slot) {
        let [slot, ..] = self.0.to_le_bytes();
        let here = (self.0 & ((1 << Self::WHERE_BITS) - 1)) >> Self::SLOT_BITS;
        (usize::try_from(here).unwrap_or(usize::MAX), slot)
    }
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
    candidates: Vec<Candidate<'a>>,
    /// Where they stand, and which is which, the worst first.
    standings: BinaryHeap<(Standing, usize)>,
    /// As good one must be to be kept: as the worst of those that are, once there are as many as are wanted.
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

    /// Whether no unit whose score is at most so much is among the best.
    pub(super) fn excludes(&self, score: f32, to_verify: bool) -> bool {
        Rank::at_best(to_verify, false, score) > self.kept.bar
    }

    /// Of some slots of a block those that may be among the best, as far as columns tell.
    pub(super) fn may_hold(&self, bay: Bay<'_>, span: Span, slots: Bits, to_verify: bool) -> Bits {
        match self.kept.bar.least_score(to_verify) {
            None => Bits::NONE,
            // Of the first there is nothing to reach yet.
            Some(least) if least <= 0.0 => slots,
            Some(least) => self.promise.may_reach(least, bay, span, slots),
        }
    }

    /// Takes those units of a block that are among the best.
    pub(super) fn consider(&mut self, bay: Bay<'a>, slots: Bits, to_verify: bool) {
        if self.kept.top == 0 || slots.is_empty() {
            return;
        }
        let Some(least) = self.kept.bar.least_score(to_verify) else { return };
        let (avoided, here, before) = (self.filter.ground.avoided_of(bay.block, slots), self.heres.len(), self.pending.len());
        if before + self.kept.standings.len() + usize::try_from(slots.count()).unwrap_or(SLOTS) <= self.kept.top {
            let at_best = Rank::at_best(to_verify, false, SCORE_MAX);
            slots.for_each(|slot| self.pending.push(Pending::new(at_best, here, slot)));
        } else {
            let promised = self.promise.of(bay, avoided);
            slots.for_eights(|slots, count| {
                let at_most = promised.at_most(slots);
                let those = at_most.reaching(least) & ((1 << count) - 1);
                at_most.for_each(those, slots, |slot, score, far| {
                    self.pending.push(Pending::new(Rank::at_best(to_verify, far, score), here, slot));
                });
            });
        }
        if self.pending.len() > before {
            self.heres.push(Here { block: bay.block, avoided, to_verify });
        }
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Works out those that are promising, the most promising first, until none of the others can be among the best.
    fn settle(&mut self) {
        let Self { filter, scorer, heres, kept, .. } = self;
        let lacking = self.pending.len().min(kept.top - kept.candidates.len());
        kept.candidates.reserve(lacking);
        kept.standings.reserve(lacking);
        let mut pending = LeastFirst::of(std::mem::take(&mut self.pending));
        while let Some(one) = pending.next().filter(|one| !one.is_worse_than(kept.bar)) {
            let (here, slot) = one.index();
            if let Some(candidate) = heres.get(here).and_then(|here| here.candidate(filter.query, scorer, slot)) {
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
    fn candidate(&self, query: &Query, scorer: &Scorer<'_>, slot: Slot) -> Option<Candidate<'a>> {
        let (unit, vacancies) = self.block.offered(slot)?;
        let failed = if self.to_verify { query.to_verify(unit) } else { RuleSet::default() };
        let arc_km = arc_km(query.from, self.block.directions.in_parts(slot));
        Candidate::new(query, scorer, (unit, vacancies), arc_km, self.avoided.contains(slot), failed)
    }
}

impl<'a> Kept<'a> {
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

    /// The best first.
    fn in_order(&self) -> impl ExactSizeIterator<Item = &Candidate<'a>> {
        let mut kept: Vec<_> = self.candidates.iter().map(|candidate| (candidate.standing(), candidate)).collect();
        kept.sort_unstable_by_key(|(standing, _)| *standing);
        kept.into_iter().map(|(_, candidate)| candidate)
    }
}
