//! Branch and price: a linear program over sets of households by slot, grown by column generation, and branching until a plan is proved.
//!
//! This file owns the search over a kernel. It never takes the program's word for a bound: a bound is computed anew from its prices.
#![expect(clippy::as_conversions, clippy::indexing_slicing, reason = "indexes are u32 to be compact, and made here within range")]

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, WHOLE};
use super::effort::Effort;
use super::kernel::{Kernel, Pick};
use super::problem::{Index, Problem};
use super::simplex::Simplex;
use super::solve::OPTIMAL_GAP;

/// By how much the worth of a set must exceed the price of its row to gain, as a share of the largest value.
const GAIN: f64 = 1e-12;

/// How many pairings of a slot get a set at first.
const FIRST_SETS: usize = 12;

/// The price above which beds are sought after.
const SOUGHT: f64 = 1e-9;

/// What breaking a row costs at first, as a share of the big value, how many times more when that was too little, and when to stop.
const PAID_FIRST: f64 = 0.002;
const PAID_MORE: f64 = 8.0;
const PAID_MOST: f64 = 3.0;

/// What is decided of pairings: each is taken for certain (true) or never.
type Decisions = Vec<(usize, bool)>;

struct Node {
    decisions: Decisions,
    bound: f64,
}

/// A search for the best plan over a kernel.
pub(crate) struct Search<'a> {
    problem: &'a Problem,
    pub(crate) kernel: Kernel,
    /// The value of each pairing under the decisions made.
    values: Vec<f64>,
    forced: f64,
    group_of: Vec<usize>,
    by_household: BTreeMap<Index, Vec<usize>>,
    household_row: Vec<Option<u32>>,
    group_row: Vec<Option<u32>>,
    /// Whether all households that might come fit, for each slot.
    roomy: Vec<bool>,
    simplex: Simplex,
    /// The pairings of each column; none for slacks.
    sets: Vec<Vec<usize>>,
    known: BTreeSet<Vec<usize>>,
    /// The row of each area where two households must not both be: at most one of their pairings there is taken.
    conflicts: Vec<u32>,
    conflicts_of: Vec<Vec<usize>>,
    conflict_keys: BTreeSet<(Index, Index, bool, u32)>,
    /// The columns that pay for broken rows, and how much.
    payers: Vec<(u32, f64)>,
    /// More than any plan is worth by one assignment.
    big: f64,
    pub(crate) best: Draft<'a>,
    objective: f64,
    /// Plans worth no more than this are of no interest, whether or not there is one that is worth as much.
    floor: f64,
}

/// How a node ended.
enum End {
    /// Nothing better is in the node, which is worth so much at most.
    Closed(f64),
    /// The node has to be parted at this pairing.
    Open { bound: f64, at: usize, with_each: Vec<f64> },
    /// The effort is spent; the node is worth so much at most.
    Spent(f64),
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        problem: &'a Problem,
        kernel: Kernel,
        prices: &[f64],
        best: Draft<'a>,
        floor: f64,
        rows_max: usize,
    ) -> Option<Self> {
        let mut by_household: BTreeMap<Index, Vec<usize>> = BTreeMap::new();
        let mut group_of = vec![0; kernel.pairings.len()];
        for (group, (_, range)) in kernel.groups.iter().enumerate() {
            range.clone().for_each(|at| group_of[at] = group);
        }
        for (at, pairing) in kernel.pairings.iter().enumerate() {
            by_household.entry(pairing.household).or_default().push(at);
        }
        let sought = Self::sought(&kernel, prices);
        let mut rows = 0;
        let mut next = || {
            rows += 1;
            rows - 1
        };
        let mut household_row = vec![None; problem.households()];
        for (household, pairings) in &by_household {
            // As with slots, a household that pays nothing has no row until it is picked twice. A set needs at least one row.
            let is_priced = pairings.len() > 1 && prices[*household as usize] > SOUGHT;
            if is_priced || pairings.iter().any(|at| !sought[group_of[*at]]) {
                household_row[*household as usize] = Some(next());
            }
        }
        let group_row: Vec<Option<u32>> = sought.iter().map(|sought| sought.then(&mut next)).collect();
        if rows as usize > rows_max {
            return None;
        }
        let most = kernel.pairings.iter().fold(1.0, |most: f64, pairing| most.max(pairing.value));
        let objective = best.worth();
        let mut search = Self {
            problem,
            values: kernel.pairings.iter().map(|pairing| pairing.value).collect(),
            forced: 0.0,
            group_of,
            by_household,
            household_row,
            group_row,
            roomy: (0..kernel.groups.len()).map(|group| kernel.is_roomy(group)).collect(),
            simplex: Simplex::new(rows as usize),
            sets: vec![Vec::new(); rows as usize],
            known: BTreeSet::new(),
            conflicts: Vec::new(),
            conflicts_of: vec![Vec::new(); kernel.pairings.len()],
            conflict_keys: BTreeSet::new(),
            payers: Vec::new(),
            big: 4.0 * most,
            best,
            objective,
            floor,
            kernel,
        };
        search.first_sets(prices);
        Some(search)
    }

    /// Which slots have a row from the start: those whose beds are worth something at these prices. Most beds are not sought after, and
    /// the others get a row when too many come.
    fn sought(kernel: &Kernel, prices: &[f64]) -> Vec<bool> {
        let profits: Vec<f64> = kernel.pairings.iter().map(|pairing| pairing.value - prices[pairing.household as usize]).collect();
        let mut pick = Pick::default();
        let groups = 0..kernel.groups.len();
        let is_sought = |group: usize| {
            kernel.pick(group, &profits, &mut pick);
            pick.worth > SOUGHT && !kernel.is_roomy(group)
        };
        groups.map(is_sought).collect()
    }

    /// For each pairing the best set that holds it at these prices, and the sets of the best plan.
    fn first_sets(&mut self, prices: &[f64]) {
        let profits: Vec<f64> =
            self.kernel.pairings.iter().map(|pairing| pairing.value - prices[pairing.household as usize]).collect();
        let (mut pick, mut all) = (Pick::default(), Pick::forced());
        for group in 0..self.kernel.groups.len() {
            let range = self.kernel.groups[group].1.clone();
            let guests = self.best.guests(self.kernel.pairings[range.start].slot);
            let set: Vec<usize> = range.clone().filter(|at| guests.contains(&self.kernel.pairings[*at].household)).collect();
            if !self.roomy[group] && !set.is_empty() {
                self.add_set(group, set);
            }
            if self.roomy[group] {
                for at in range {
                    self.add_set(group, vec![at]);
                }
                continue;
            }
            self.kernel.pick(group, &profits, &mut all);
            let with = |at: usize| all.with(self.kernel.pairings[at].people, profits[at]);
            let mut order: Vec<usize> = range.collect();
            order.sort_by(|one, other| with(*other).total_cmp(&with(*one)).then(one.cmp(other)));
            for at in order.into_iter().take(FIRST_SETS) {
                self.kernel.pick_with(group, at, &profits, &mut pick);
                self.add_set(group, pick.pairings.clone());
            }
        }
        self.simplex.refresh();
    }

    fn add_set(&mut self, group: usize, set: Vec<usize>) -> bool {
        if !self.known.insert(set.clone()) {
            return false;
        }
        let mut entries: Vec<(u32, f64)> = self.group_row[group].map(|row| (row, 1.0)).into_iter().collect();
        let households = set.iter().filter_map(|at| self.household_row[self.kernel.pairings[*at].household as usize]);
        entries.extend(households.map(|row| (row, 1.0)));
        let mut broken: BTreeMap<u32, f64> = BTreeMap::new();
        for conflict in set.iter().flat_map(|at| &self.conflicts_of[*at]) {
            *broken.entry(self.conflicts[*conflict]).or_default() += 1.0;
        }
        entries.extend(broken);
        let cost = set.iter().map(|at| self.values[*at]).sum();
        self.simplex.add_column(cost, entries);
        self.sets.push(set);
        true
    }

    /// Solves the program without branching: the bound, and where that is above the best plan, for each pairing the most that a plan
    /// which uses it may be worth.
    pub(crate) fn root(&mut self, bound: f64, effort: &mut Effort<'_>) -> (f64, Option<Vec<f64>>) {
        match self.node(&Node { decisions: Vec::new(), bound }, effort) {
            End::Closed(bound) | End::Spent(bound) => (bound, None),
            End::Open { bound, with_each, .. } => (bound, Some(with_each)),
        }
    }

    /// The prices of the households by the duals of the program.
    pub(crate) fn prices(&self) -> Vec<f64> {
        self.household_row.iter().map(|row| row.map_or(0.0, |row| self.simplex.dual(row).max(0.0))).collect()
    }

    /// Searches until the best plan is proved or the effort is spent; says what no plan of this kernel is worth more than.
    pub(crate) fn run(&mut self, root_bound: f64, effort: &mut Effort<'_>) -> f64 {
        let mut open = vec![Node { decisions: Vec::new(), bound: root_bound }];
        let mut closed = 0.0_f64;
        while let Some(node) = open.pop() {
            let others = open.iter().fold(closed, |most, node| most.max(node.bound));
            effort.tell(self.objective);
            if self.is_closed(node.bound) {
                closed = closed.max(node.bound);
                continue;
            }
            match self.node(&node, effort) {
                End::Closed(bound) => closed = closed.max(bound),
                End::Spent(bound) => return others.max(bound).max(self.cutoff()),
                End::Open { bound, at, with_each } => {
                    let mut never = node.decisions;
                    self.ban(&with_each, &mut never);
                    let mut always = never.clone();
                    never.push((at, false));
                    always.push((at, true));
                    let household = self.kernel.pairings[at].household;
                    always.extend(self.by_household[&household].iter().filter(|other| **other != at).map(|other| (*other, false)));
                    open.push(Node { decisions: never, bound });
                    open.push(Node { decisions: always, bound });
                }
            }
        }
        closed.max(self.cutoff())
    }

    /// The worth that a plan has to exceed to be of interest.
    fn cutoff(&self) -> f64 {
        self.objective.max(self.floor)
    }

    fn is_closed(&self, bound: f64) -> bool {
        bound - self.cutoff() <= 0.5 * OPTIMAL_GAP * bound
    }

    /// Decides against all pairings that nothing of interest uses.
    fn ban(&self, with_each: &[f64], decisions: &mut Decisions) {
        let mut decided = vec![false; with_each.len()];
        decisions.iter().for_each(|(at, _)| decided[*at] = true);
        let bans = (0..with_each.len()).filter(|at| !decided[*at] && with_each[*at] < self.cutoff());
        decisions.extend(bans.map(|at| (at, false)));
    }

    /// Sets the values of all pairings as the decisions have it.
    fn decide(&mut self, decisions: &Decisions) {
        for (value, pairing) in self.values.iter_mut().zip(&self.kernel.pairings) {
            *value = pairing.value;
        }
        self.forced = 0.0;
        for (at, always) in decisions {
            if *always {
                self.values[*at] = self.kernel.pairings[*at].value + self.big;
                self.forced += self.big;
            } else {
                self.values[*at] = -self.big;
            }
        }
        for (column, set) in (0_u32..).zip(&self.sets) {
            if !set.is_empty() {
                self.simplex.set_cost(column, set.iter().map(|at| self.values[*at]).sum());
            }
        }
        self.simplex.refresh();
    }

    fn node(&mut self, node: &Node, effort: &mut Effort<'_>) -> End {
        self.decide(&node.decisions);
        let (mut bound, mut renewed) = (node.bound, false);
        loop {
            if !self.simplex.solve(effort) {
                return End::Spent(bound);
            }
            let (now, profits, grown) = self.price();
            bound = bound.min(now);
            if self.is_closed(bound) {
                return End::Closed(bound);
            }
            if grown {
                continue;
            }
            let shares = self.shares();
            if self.raise_penalties()
                || self.add_group_rows(&shares) | self.add_household_rows(&shares)
                || self.add_conflicts(&shares)
            {
                continue;
            }
            let rounded = Draft::rounded(self.problem, &self.kernel, &shares, effort);
            self.offer(rounded);
            if self.is_closed(bound) {
                return End::Closed(bound);
            }
            let fraction = |at: usize| shares[at].min(1.0 - shares[at]);
            let worst = (0..shares.len()).filter(|at| fraction(*at) > WHOLE).max_by(|one, other| {
                let weight = |at: usize| fraction(at) * self.kernel.pairings[at].value;
                weight(*one).total_cmp(&weight(*other)).then(other.cmp(one))
            });
            let Some(at) = worst else {
                // The shares are whole, and so a plan, which was kept if it is the best. What the bound has above is rounding.
                if !renewed && self.simplex.renew() {
                    renewed = true;
                    continue;
                }
                return End::Closed(bound);
            };
            return End::Open { bound, at, with_each: self.kernel.worth_with_each(now, &profits) };
        }
    }

    /// The bound by the program's prices, the profits they leave, and whether sets were added that gain.
    fn price(&mut self) -> (f64, Vec<f64>, bool) {
        let dual = |row: &Option<u32>| row.map_or(0.0, |row| self.simplex.dual(row).max(0.0));
        let prices: Vec<f64> = self.household_row.iter().map(dual).collect();
        let conflict_prices: Vec<f64> = self.conflicts.iter().map(|conflict| dual(&Some(*conflict))).collect();
        let mut profits = Vec::with_capacity(self.values.len());
        for (at, pairing) in self.kernel.pairings.iter().enumerate() {
            let apart: f64 = self.conflicts_of[at].iter().map(|conflict| conflict_prices[*conflict]).sum();
            profits.push(self.values[at] - prices[pairing.household as usize] - apart);
        }
        let mut bound = prices.iter().sum::<f64>() + conflict_prices.iter().sum::<f64>() - self.forced;
        let mut pick = Pick::forced();
        let mut single = Pick::default();
        let mut new = Vec::new();
        for group in 0..self.kernel.groups.len() {
            self.kernel.pick(group, &profits, &mut pick);
            bound += pick.worth;
            if self.roomy[group] {
                continue;
            }
            let enough = dual(&self.group_row[group]) + GAIN * self.big;
            if pick.worth <= enough {
                continue;
            }
            for at in self.kernel.groups[group].1.clone() {
                if pick.with(self.kernel.pairings[at].people, profits[at]) > enough {
                    self.kernel.pick_with(group, at, &profits, &mut single);
                    if single.worth > enough {
                        new.push((group, std::mem::take(&mut single.pairings)));
                    }
                }
            }
        }
        let mut grown = false;
        for (group, set) in new {
            grown |= self.add_set(group, set);
        }
        (bound, profits, grown)
    }

    /// How much of each pairing the program takes.
    fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.kernel.pairings.len()];
        for (column, value) in self.simplex.solution() {
            for at in self.sets.get(column as usize).into_iter().flatten() {
                shares[*at] += value;
            }
        }
        shares
    }

    /// Makes it dearer to break a row that is still broken. A penalty too high from the start would drive all prices far from where they
    /// were, and they come back slowly.
    fn raise_penalties(&mut self) -> bool {
        let broken: BTreeSet<u32> = self.simplex.solution().filter(|(_, value)| *value > WHOLE).map(|(column, _)| column).collect();
        let mut raised = false;
        for (payer, penalty) in &mut self.payers {
            if broken.contains(payer) && *penalty < PAID_MOST * self.big {
                *penalty *= PAID_MORE;
                self.simplex.set_cost(*payer, -*penalty);
                raised = true;
            }
        }
        if raised {
            self.simplex.refresh();
        }
        raised
    }

    /// Adds a row for each slot in which too many come.
    fn add_group_rows(&mut self, shares: &[f64]) -> bool {
        let mut sums = vec![0.0; self.kernel.groups.len()];
        for (column, value) in self.simplex.solution() {
            if let Some(at) = self.sets.get(column as usize).and_then(|set| set.first()) {
                sums[self.group_of[*at]] += value;
            }
        }
        let mut added = false;
        for (group, sum) in sums.into_iter().enumerate() {
            let (beds, range) = self.kernel.groups[group].clone();
            let come = range.filter(|at| shares[*at] > WHOLE).map(|at| u64::from(self.kernel.pairings[at].people)).sum::<u64>();
            if self.group_row[group].is_none() && !self.roomy[group] && sum > 1.0 + WHOLE && come > u64::from(beds) {
                let columns =
                    (0_u32..).zip(&self.sets).filter(|(_, set)| set.first().is_some_and(|at| self.group_of[*at] == group));
                let coefficients: Vec<(u32, f64)> = columns.map(|(column, _)| (column, 1.0)).collect();
                self.group_row[group] = Some(self.add_row(&coefficients));
                added = true;
            }
        }
        added
    }

    /// Adds a row for each household that is in several pairings at once.
    fn add_household_rows(&mut self, shares: &[f64]) -> bool {
        let mut sums = vec![0.0; self.household_row.len()];
        for (pairing, share) in self.kernel.pairings.iter().zip(shares) {
            sums[pairing.household as usize] += share;
        }
        let mut twice = vec![false; sums.len()];
        for household in 0..sums.len() {
            twice[household] = sums[household] > 1.0 + WHOLE && self.household_row[household].is_none();
        }
        let mut coefficients: BTreeMap<usize, Vec<(u32, f64)>> = BTreeMap::new();
        for (column, set) in (0_u32..).zip(&self.sets) {
            for household in set.iter().map(|at| self.kernel.pairings[*at].household as usize).filter(|household| twice[*household])
            {
                coefficients.entry(household).or_default().push((column, 1.0));
            }
        }
        let added = !coefficients.is_empty();
        for (household, coefficients) in coefficients {
            self.household_row[household] = Some(self.add_row(&coefficients));
        }
        added
    }

    fn add_row(&mut self, coefficients: &[(u32, f64)]) -> u32 {
        let (row, payer) = self.simplex.add_row(coefficients, self.big * PAID_FIRST);
        self.payers.extend(payer.map(|payer| (payer, self.big * PAID_FIRST)));
        // The row's slack, and where it was broken the column that pays for it.
        self.sets.resize_with(self.simplex.width(), Vec::new);
        row
    }

    /// Adds a row for each pair that these shares put too near.
    fn add_conflicts(&mut self, shares: &[f64]) -> bool {
        let mut broken = Vec::new();
        for (one, pairings) in &self.by_household {
            for other in self.problem.apart[*one as usize].iter().filter(|other| *other > one) {
                let Some(others) = self.by_household.get(other) else { continue };
                for by_cell in [false, true] {
                    let area = |at: usize| {
                        let slot = self.problem.slots[self.kernel.pairings[at].slot as usize];
                        if by_cell { slot.cell } else { slot.structure }
                    };
                    let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
                    for at in pairings.iter().chain(others).filter(|at| shares[**at] > WHOLE) {
                        *sums.entry(area(*at)).or_default() += shares[*at];
                    }
                    for (key, _) in sums.iter().filter(|(_, sum)| **sum > 1.0 + WHOLE) {
                        let inside = pairings.iter().chain(others).copied().filter(|at| area(*at) == *key);
                        broken.push(((*one, *other, by_cell, *key), inside.collect::<Vec<_>>()));
                    }
                }
            }
        }
        let mut added = false;
        for (key, pairings) in broken {
            if self.conflict_keys.insert(key) {
                self.add_conflict(pairings);
                added = true;
            }
        }
        added
    }

    fn add_conflict(&mut self, pairings: Vec<usize>) {
        let mut coefficients = Vec::new();
        for (column, set) in (0_u32..).zip(&self.sets) {
            let count = set.iter().filter(|at| pairings.contains(at)).count();
            if count > 0 {
                coefficients.push((column, count as f64));
            }
        }
        let row = self.add_row(&coefficients);
        for at in &pairings {
            self.conflicts_of[*at].push(self.conflicts.len());
        }
        self.conflicts.push(row);
    }

    fn offer(&mut self, draft: Draft<'a>) {
        let objective = draft.worth();
        if objective > self.objective {
            self.objective = objective;
            self.best = draft;
        }
    }
}
