//! The solver: a flow that bounds, a plan made from it, and the search that closes the gap between them.
#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "places in lists are u32 to be compact, and made here within range"
)]

use super::effort::Effort;
use super::flow::Flow;
use super::placing::Placing;
use super::problem::{Edge, Problem};

/// Up to this relative gap a plan counts as optimal: rounding of sums is far below, what tells two plans apart above.
pub(crate) const OPTIMAL_GAP: f64 = 1e-9;

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
        let mut placing = rounded(self, &flow);
        placing.fill();
        let objective = placing.worth();
        effort.tell(objective, bound);
        if !self.proven(objective, bound) {
            placing.improve(effort);
            placing.fill();
        }
        let objective = placing.worth();
        // Where both are the same sums may differ in the last bits.
        Solution { slots: placing.slots(), objective, bound: bound.max(objective) }
    }

    fn proven(&self, objective: f64, bound: f64) -> bool {
        bound - objective <= OPTIMAL_GAP * bound
    }
}

/// The households that the flow does not split, as far as they may live where it puts them.
fn rounded<'a>(problem: &'a Problem, flow: &Flow) -> Placing<'a> {
    let mut placing = Placing::new(problem);
    for (household, slot, people) in flow.stays() {
        if people == problem.people[household as usize] {
            if let Some(value) = problem.value(household as usize, slot) {
                placing.put(household, Some(Edge { slot, value }));
            }
        }
    }
    placing
}
