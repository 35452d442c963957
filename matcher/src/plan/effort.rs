//! How much work a plan may cost: a number of steps, and a callback that may say stop.
//!
//! The engine has no clock; the callback of its caller may have one.

/// How far a plan is, as the stop callback is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps taken.
    pub steps: u64,
    /// The value of the best plan so far.
    pub objective: f64,
    /// No plan is worth more, as far as is proved.
    pub bound: f64,
}

/// A budget of steps and a callback that may say stop.
///
/// A step is a small piece of work of no fixed length, microseconds to a few
/// milliseconds: one household seated in the flow, one chain of moves tried, one pivot of a linear program.
pub struct Effort<'a> {
    budget: u64,
    stop: &'a mut dyn FnMut(Progress) -> bool,
    progress: Progress,
    spent: bool,
    edges: usize,
    rows: usize,
}

/// The most rows of a linear program whose inverse is held, where nobody wants fewer: 128 MB.
const ROWS_MAX: usize = 4_000;

impl<'a> Effort<'a> {
    /// An effort of at most so many steps, and of no step after the callback has answered true.
    ///
    /// ```
    /// use matcher::{Edge, Effort, Problem, Slot};
    ///
    /// let mut problem = Problem::new(vec![Slot { beds: 1, structure: 0, cell: 0 }]);
    /// problem.add_household(1, [Edge { slot: 0, value: 1.0 }]);
    /// let mut at_once = |_| true;
    /// let solution = problem.solve(&mut Effort::new(u64::MAX, &mut at_once));
    /// assert!(solution.bound >= 1.0, "a bound holds even where nothing was searched");
    /// ```
    pub fn new(budget: u64, stop: &'a mut dyn FnMut(Progress) -> bool) -> Self {
        let progress = Progress { steps: 0, objective: 0.0, bound: f64::INFINITY };
        Self { budget, stop, progress, spent: false, edges: usize::MAX, rows: ROWS_MAX }
    }

    /// The same, holding at most so many pairings of a household and a vacancy (sixteen bytes each, and some forty more while they are searched),
    /// and the inverse of a linear program of at most so many rows (eight bytes for each two of them).
    ///
    /// Where there are more pairings each household keeps the best of its share, and whoever is left without finds a bed among the others in the
    /// end; the bound counts all of them. Where there are more rows nothing is proved by such a program.
    ///
    /// ```
    /// use matcher::Effort;
    ///
    /// let mut never = |_| false;
    /// let small = Effort::new(u64::MAX, &mut never).within(1_000_000, 1_500);
    /// # drop(small);
    /// ```
    #[must_use]
    pub fn within(self, edges: usize, rows: usize) -> Self {
        Self { edges, rows: rows.min(ROWS_MAX), ..self }
    }

    /// How many pairings each of so many households may keep.
    pub(crate) fn share(&self, households: usize) -> usize {
        self.edges.checked_div(households).unwrap_or(usize::MAX).max(1)
    }

    /// How many rows a linear program may have.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether one more step may be taken, which is counted.
    pub(crate) fn step(&mut self) -> bool {
        self.spent = self.spent || self.progress.steps >= self.budget || (self.stop)(self.progress);
        if !self.spent {
            self.progress.steps += 1;
        }
        !self.spent
    }

    /// Whether no further step may be taken: what is left to do is done at once.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    /// A plan of this value is known.
    pub(crate) fn tell(&mut self, objective: f64) {
        self.progress.objective = self.progress.objective.max(objective);
    }

    /// No plan is worth more than this.
    pub(crate) fn tell_bound(&mut self, bound: f64) {
        self.progress.bound = self.progress.bound.min(bound);
    }
}
