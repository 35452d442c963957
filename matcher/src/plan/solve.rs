//! The solver: a flow that bounds, a plan made from it, and the search that closes the gap between them.
#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "places in lists are u32 to be compact, and made here within range"
)]

use std::collections::BTreeSet;

use super::bargain::{Prices, bargain, may_use};
use super::branch::{ROWS_MAX, Search};
use super::effort::Effort;
use super::flow::Flow;
use super::kernel::Kernel;
use super::placing::Placing;
use super::problem::{Edge, Problem};

/// Up to this relative gap a plan counts as optimal: rounding of sums is far below, what tells two plans apart above.
pub(crate) const OPTIMAL_GAP: f64 = 1e-9;

/// Rounds of bargaining and leaving out, at most.
const ROUNDS: u32 = 4;

/// What solving a [`Problem`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The slot of each household.
    pub slots: Vec<Option<u32>>,
    /// What they are worth together.
    pub objective: f64,
    /// Nothing the problem allows is worth more.
    pub bound: f64,
}

impl Solution {
    /// (bound − objective)/bound, 0 when the bound is 0.
    pub fn gap(&self) -> f64 {
        if self.bound > 0.0 { (self.bound - self.objective) / self.bound } else { 0.0 }
    }

    /// Whether the gap is 0, within 1e-9.
    pub fn is_optimal(&self) -> bool {
        self.gap() <= OPTIMAL_GAP
    }
}

impl Problem {
    /// Solves it as well as the effort allows. What comes back is always allowed and its bound always holds.
    pub fn solve(&self, effort: &mut Effort<'_>) -> Solution {
        let mut flow = Flow::new(self);
        flow.solve(effort);
        let bound = flow.bound();
        let mut best = self.rounded(&flow, effort);
        effort.tell(best.worth(), bound);
        let bound = if proven(best.worth(), bound) { bound } else { self.refine(&flow, bound, &mut best, effort) };
        let objective = best.worth();
        // Where both are the same sums may differ in the last bits.
        Solution { slots: best.slots(), objective, bound: bound.max(objective) }
    }

    /// The households that the flow does not split, as far as they may live where it puts them, and then the others.
    fn rounded(&self, flow: &Flow, effort: &mut Effort<'_>) -> Placing<'_> {
        let mut placing = Placing::new(self);
        let mut torn = BTreeSet::new();
        for (household, slot, people) in flow.stays() {
            let value = self.value(household as usize, slot).filter(|_| people == self.people[household as usize]);
            placing.put(household, value.map(|value| Edge { slot, value }));
            if placing.is_out(household) {
                torn.insert(household);
            }
        }
        placing.fill();
        placing.improve(&torn.into_iter().collect::<Vec<_>>(), effort);
        placing.fill();
        placing
    }

    /// Bargains for a better bound, leaves out what no better plan uses, and branches over what is left. Says the bound it reaches.
    fn refine<'a>(&'a self, flow: &Flow, bound: f64, best: &mut Placing<'a>, effort: &mut Effort<'_>) -> f64 {
        let rents = flow.rents();
        let of = rents.iter().zip(&self.people).map(|(rent, people)| rent * f64::from(*people)).collect();
        let mut prices = Prices { of, bound };
        let mut objective = best.worth();
        let mut kernel = Kernel::new(self, |household, edge| {
            let people = f64::from(self.people[household]);
            bound - (rents[household] + flow.price[edge.slot as usize]) * people + edge.value >= objective
        });
        for _ in 0..ROUNDS {
            let shares = bargain(&kernel, &mut prices, objective, effort);
            let rounded = Placing::rounded(self, &kernel, &shares, effort);
            if rounded.worth() > objective {
                (objective, *best) = (rounded.worth(), rounded);
            }
            effort.tell(objective, prices.bound);
            let may = may_use(&kernel, &prices, objective);
            let smaller = kernel.filtered(self, |at| may[at]);
            let shrinks = smaller.places.len() * 10 < kernel.places.len() * 9;
            kernel = smaller;
            if !shrinks {
                break;
            }
        }
        loop {
            if effort.is_spent() || Search::rows(self, &kernel) > ROWS_MAX {
                return prices.bound;
            }
            let places = kernel.places.len();
            let mut search = Search::new(self, kernel, &prices, best.clone());
            let (bound, smaller) = search.root(prices.bound, effort);
            (prices.bound, prices.of) = (bound, search.prices());
            best.clone_from(&search.best);
            let Some(smaller) = smaller else { return bound };
            if smaller.places.len() * 10 > places * 8 {
                let bound = search.run(bound, effort);
                *best = search.best;
                return bound;
            }
            kernel = smaller;
        }
    }
}

fn proven(objective: f64, bound: f64) -> bool {
    bound - objective <= OPTIMAL_GAP * bound
}
