//! The order of the solver's stages: a flow that bounds, a draft made from it, a bargain for a better bound, and the search that
//! closes the gap.
//!
//! This file owns that order. It never trusts a stage for more than its bound and its draft, which each hold by themselves.
#![expect(clippy::indexing_slicing, clippy::as_conversions, reason = "indexes are u32 to be compact, and made here within range")]

use std::collections::BTreeSet;

use super::bargain::{Prices, bargain, worth_with_each};
use super::branch::Search;
use super::draft::Draft;
use super::effort::Effort;
use super::flow::Flow;
use super::kernel::Kernel;
use super::problem::{Edge, Problem};

/// Up to this relative gap a plan counts as optimal: rounding of sums is far below, what tells two plans apart above.
pub(crate) const OPTIMAL_GAP: f64 = 1e-9;

/// The first guess of the true gap, as a share of the gap known.
const FIRST_GUESS: f64 = 0.25;

/// The first guess once the linear program has bettered the bound, as a share of that.
const FIRST_INNER_GUESS: f64 = 2e-6;

/// How much bolder each guess is than the one before.
const BOLDER: f64 = 4.0;

/// What solving a [`Problem`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The slot of each household.
    pub slots: Vec<Option<u32>>,
    /// What these assignments are worth together.
    pub objective: f64,
    /// No assignment that the problem allows is worth more.
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
    /// Solves the problem as well as the effort allows. The assignments that come back are always allowed, and the bound always holds.
    ///
    /// ```
    /// use matcher::{Edge, Effort, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 3, structure: 0, cell: 0 }]);
    /// for (people, value) in [(2, 2.5), (1, 2.0), (2, 2.2)] {
    ///     problem.add_household(people, [Edge { slot: 0, value }]);
    /// }
    /// let mut never = |_| false;
    /// let solution = problem.solve(&mut Effort::new(u64::MAX, &mut never));
    /// assert_eq!(solution.slots, [Some(0), Some(0), None]);
    /// assert_eq!(solution.gap(), 0.0);
    /// ```
    pub fn solve(&self, effort: &mut Effort<'_>) -> Solution {
        let mut flow = Flow::new(self);
        flow.solve(effort);
        let bound = flow.bound(self);
        let mut best = self.rounded(&flow, effort);
        effort.tell(best.worth());
        effort.tell_bound(bound);
        let bound = if proven(best.worth(), bound) { bound } else { self.refine(&flow, bound, &mut best, effort) };
        best.fill();
        let objective = best.worth();
        // Where objective and bound are equal, sums in another order may differ in their last bits.
        Solution { slots: best.slots(), objective, bound: bound.max(objective) }
    }

    /// A draft made of the flow: the households that the flow does not split, as far as they may live where it seats them, then the
    /// others.
    fn rounded(&self, flow: &Flow, effort: &mut Effort<'_>) -> Draft<'_> {
        let mut draft = Draft::new(self);
        let mut torn = BTreeSet::new();
        for (household, slot, people) in flow.stays() {
            let value = self.value(household as usize, slot).filter(|_| people == self.people[household as usize]);
            draft.put(household, value.map(|value| Edge { slot, value }));
            if draft.is_out(household) {
                torn.insert(household);
            }
        }
        draft.fill();
        draft.improve(&torn.into_iter().collect::<Vec<_>>(), effort);
        draft.fill();
        draft
    }

    /// Bargains for a better bound, leaves out what no better plan uses, and searches the rest. Says the bound that is reached.
    fn refine<'a>(&'a self, flow: &Flow, bound: f64, best: &mut Draft<'a>, effort: &mut Effort<'_>) -> f64 {
        let (rents, prices_of_beds) = (flow.rents(self), flow.prices());
        let of = rents.iter().zip(&self.people).map(|(rent, people)| rent * f64::from(*people)).collect();
        let mut prices = Prices { of, bound };
        let objective = best.worth();
        let kernel = Kernel::new(self, |household, edge| {
            let people = f64::from(self.people[household]);
            bound - (rents[household] + prices_of_beds[edge.slot as usize]) * people + edge.value >= objective
        });
        let shares = bargain(&kernel, &mut prices, objective, effort);
        let rounded = Draft::rounded(self, &kernel, &shares, effort);
        if rounded.worth() > objective {
            *best = rounded;
        }
        effort.tell(best.worth());
        effort.tell_bound(prices.bound);
        let whole = Frame { with_each: worth_with_each(&kernel, &prices), kernel, prices, floor: 0.0 };
        let first = (whole.prices.bound - best.worth()) * FIRST_GUESS;
        self.close(whole, first, best, effort)
    }

    /// Closes the gap of a frame by guessing how small the gap is: what a plan above the guess may use is little and soon searched. If
    /// there is such a plan, the best of them is the best of all; if not, the guess is a bound, and the next guess is bolder.
    fn close<'a>(&'a self, frame: Frame, first: f64, best: &mut Draft<'a>, effort: &mut Effort<'_>) -> f64 {
        let mut bound = frame.prices.bound;
        let mut guess = first;
        loop {
            let least = best.worth().max(frame.floor);
            let floor = (frame.prices.bound - guess).max(least);
            let kernel = frame.kernel.filtered(self, |at| frame.with_each[at] >= floor);
            if effort.is_spent() {
                return bound;
            }
            let search = Search::new(self, kernel, &frame.prices.of, best.clone(), floor, effort.rows());
            let Some(mut search) = search else { return bound };
            let (mut reached, with_each) = search.root(bound, effort);
            best.clone_from(&search.best);
            match with_each {
                Some(with_each) if frame.floor == 0.0 => {
                    let prices = Prices { of: search.prices(), bound: reached };
                    let inner = Frame { with_each, kernel: search.kernel, prices, floor };
                    reached = self.close(inner, reached * FIRST_INNER_GUESS, best, effort);
                }
                Some(_) => {
                    reached = search.run(reached, effort);
                    *best = search.best;
                }
                None => {}
            }
            bound = bound.min(reached.max(floor));
            effort.tell(best.worth());
            if floor <= least || proven(best.worth(), bound) {
                return bound;
            }
            guess *= BOLDER;
        }
    }
}

/// What is left to search, and what is known of that.
struct Frame {
    kernel: Kernel,
    prices: Prices,
    /// For each pairing the most that a plan which uses it may be worth.
    with_each: Vec<f64>,
    /// Plans worth no more are of no interest.
    floor: f64,
}

/// Whether a plan of this worth is as good as the bound.
fn proven(objective: f64, bound: f64) -> bool {
    bound - objective <= OPTIMAL_GAP * bound
}
