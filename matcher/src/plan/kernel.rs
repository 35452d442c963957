//! What is left of a problem once it is clear which pairings no better plan can use: by slot, with the knapsack that each slot is.
//!
//! Given a price for each household, every slot picks its best set by itself; prices and picks together are worth at least as much as any
//! plan (Lagrange). That bound holds for any prices.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use std::ops::Range;

use super::problem::{Index, Problem};

/// The largest table of a knapsack; a larger one is bounded by its fractional value instead.
const TABLE_MAX: usize = 1 << 16;

/// A household in a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairing {
    pub(crate) household: Index,
    pub(crate) slot: Index,
    pub(crate) people: u32,
    pub(crate) value: f64,
}

/// The pairings still open, by slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) pairings: Vec<Pairing>,
    /// For each slot that has pairings: its beds, and where its pairings stand.
    pub(crate) groups: Vec<(u32, Range<usize>)>,
}

/// The best set of one slot at given profits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pick {
    pub(crate) worth: f64,
    /// Indexes of pairings.
    pub(crate) pairings: Vec<usize>,
    /// Whether `less` is wanted.
    forced: bool,
    /// What the pick would be worth at most with 0, 1, 2, … beds fewer; empty where that is not known.
    less: Vec<f64>,
}

impl Pick {
    /// A pick that also tells what it is worth with a pairing taken for certain.
    pub(crate) fn forced() -> Self {
        Self { forced: true, ..Self::default() }
    }

    /// An upper bound of the worth with one pairing taken for certain: its profit, and the best of the beds it leaves.
    pub(crate) fn with(&self, people: u32, profit: f64) -> f64 {
        profit + self.less.get(people as usize).copied().unwrap_or(self.worth)
    }
}

impl Kernel {
    /// The pairings of a problem that are kept.
    pub(crate) fn new(problem: &Problem, mut keep: impl FnMut(usize, &super::problem::Edge) -> bool) -> Self {
        let mut pairings = Vec::new();
        for household in 0..problem.households() {
            for edge in problem.edges(household) {
                if keep(household, edge) {
                    let people = problem.people[household];
                    pairings.push(Pairing { household: household as Index, slot: edge.slot, people, value: edge.value });
                }
            }
        }
        pairings.sort_by_key(|pairing| (pairing.slot, pairing.household));
        Self::of(problem, pairings)
    }

    fn of(problem: &Problem, pairings: Vec<Pairing>) -> Self {
        let mut groups: Vec<(u32, Range<usize>)> = Vec::new();
        for (at, pairing) in pairings.iter().enumerate() {
            match groups.last_mut() {
                Some((_, range)) if pairings[range.start].slot == pairing.slot => range.end = at + 1,
                _ => groups.push((problem.slots[pairing.slot as usize].beds, at..at + 1)),
            }
        }
        Self { pairings, groups }
    }

    /// The kernel with only the pairings whose index is kept.
    pub(crate) fn filtered(&self, problem: &Problem, keep: impl Fn(usize) -> bool) -> Self {
        let kept = (0..self.pairings.len()).filter(|at| keep(*at)).map(|at| self.pairings[at]);
        Self::of(problem, kept.collect())
    }

    /// Whether all households that might come fit together.
    pub(crate) fn is_roomy(&self, group: usize) -> bool {
        let (beds, range) = &self.groups[group];
        let people: u64 = self.pairings[range.clone()].iter().map(|pairing| u64::from(pairing.people)).sum();
        people <= u64::from(*beds)
    }

    /// The best set of a slot for these profits of all pairings.
    pub(crate) fn pick(&self, group: usize, profits: &[f64], pick: &mut Pick) {
        let (beds, range) = self.groups[group].clone();
        let gaining = range.filter(|at| profits[*at] > 0.0);
        pick.pairings.clear();
        pick.pairings.extend(gaining);
        pick.less.clear();
        self.knapsack(beds, profits, pick);
    }

    /// The best set of a slot that holds this pairing, for these profits.
    pub(crate) fn pick_with(&self, group: usize, pairing: usize, profits: &[f64], pick: &mut Pick) {
        let (beds, range) = self.groups[group].clone();
        pick.pairings.clear();
        pick.pairings.extend(range.filter(|at| profits[*at] > 0.0 && *at != pairing));
        pick.less.clear();
        self.knapsack(beds - self.pairings[pairing].people, profits, pick);
        pick.pairings.push(pairing);
        pick.pairings.sort_unstable();
        pick.worth += profits[pairing];
    }

    /// For each pairing the most that a plan which uses it may be worth, given the bound that goes with these profits.
    pub(crate) fn worth_with_each(&self, bound: f64, profits: &[f64]) -> Vec<f64> {
        let mut pick = Pick::forced();
        let mut worth = Vec::with_capacity(self.pairings.len());
        for (group, (_, range)) in self.groups.iter().enumerate() {
            self.pick(group, profits, &mut pick);
            worth.extend(range.clone().map(|at| bound - pick.worth + pick.with(self.pairings[at].people, profits[at])));
        }
        worth
    }

    /// Chooses among the pairings of the pick.
    fn knapsack(&self, beds: u32, profits: &[f64], pick: &mut Pick) {
        let people = |at: &usize| self.pairings[*at].people;
        pick.pairings.retain(|at| people(at) <= beds);
        let all: u64 = pick.pairings.iter().map(|at| u64::from(people(at))).sum();
        if all <= u64::from(beds) {
            pick.worth = pick.pairings.iter().map(|at| profits[*at]).sum();
            return self.roomy_less(beds, all, profits, pick);
        }
        // Of the households of one size no more than fit can be chosen, and then the best of them.
        let order = |one: &usize, other: &usize| {
            people(one).cmp(&people(other)).then(profits[*other].total_cmp(&profits[*one])).then(one.cmp(other))
        };
        pick.pairings.sort_unstable_by(order);
        let (mut size, mut count) = (0, 0);
        pick.pairings.retain(|at| {
            count = if people(at) == size { count + 1 } else { 1 };
            size = people(at);
            count <= beds / size
        });
        if pick.pairings.len() * (beds as usize + 1) > TABLE_MAX {
            return self.fractional(beds, profits, pick);
        }
        self.table(beds as usize, profits, pick);
    }

    /// `less` where all fit: fewer beds are worth at most the same, and the same while they still suffice.
    fn roomy_less(&self, beds: u32, all: u64, profits: &[f64], pick: &mut Pick) {
        if !pick.forced || all == 0 || (beds as usize + 1) * pick.pairings.len() > TABLE_MAX {
            return;
        }
        let mut copy = Pick { pairings: pick.pairings.clone(), ..Pick::default() };
        self.table(beds as usize, profits, &mut copy);
        pick.less = copy.less;
    }

    fn table(&self, beds: usize, profits: &[f64], pick: &mut Pick) {
        let mut best = vec![0.0_f64; beds + 1];
        let mut taken = vec![false; pick.pairings.len() * (beds + 1)];
        for (nth, at) in pick.pairings.iter().enumerate() {
            let (people, profit) = (self.pairings[*at].people as usize, profits[*at]);
            for with in (people..=beds).rev() {
                if best[with - people] + profit > best[with] {
                    best[with] = best[with - people] + profit;
                    taken[nth * (beds + 1) + with] = true;
                }
            }
        }
        pick.worth = best[beds];
        let mut left = beds;
        let mut chosen = Vec::new();
        for (nth, at) in pick.pairings.iter().enumerate().rev() {
            if taken[nth * (beds + 1) + left] {
                chosen.push(*at);
                left -= self.pairings[*at].people as usize;
            }
        }
        chosen.sort_unstable();
        pick.pairings = chosen;
        best.reverse();
        pick.less = best;
    }

    /// A knapsack too large for a table: the best households a bed come first, and the worth is that with the last one cut to fit.
    fn fractional(&self, beds: u32, profits: &[f64], pick: &mut Pick) {
        let rate = |at: &usize| profits[*at] / f64::from(self.pairings[*at].people);
        pick.pairings.sort_unstable_by(|one, other| rate(other).total_cmp(&rate(one)).then(one.cmp(other)));
        let mut left = beds;
        pick.worth = 0.0;
        let mut chosen = Vec::new();
        let mut cut = false;
        for at in &pick.pairings {
            let people = self.pairings[*at].people;
            if people <= left {
                left -= people;
                pick.worth += if cut { 0.0 } else { profits[*at] };
                chosen.push(*at);
            } else if !cut {
                pick.worth += rate(at) * f64::from(left);
                cut = true;
            }
        }
        chosen.sort_unstable();
        pick.pairings = chosen;
        // What fewer beds are worth is not known, so it counts as the same.
        pick.less.clear();
    }
}
