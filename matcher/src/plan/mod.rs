//! The plan (design §3.5): many requests at once, the assignment of greatest total value, with an upper bound that says how good it is.

mod bargain;
mod branch;
mod edges;
mod effort;
mod flow;
mod kernel;
mod placing;
mod problem;
mod simplex;
mod solve;

pub use effort::{Effort, Progress};
pub use problem::{Edge, Problem, Slot};
pub use solve::Solution;

use crate::{Query, Snapshot};

#[doc(hidden)]
pub fn problem_of(snapshot: &Snapshot, queries: &[Query]) -> Problem {
    let mut queries: Vec<_> = queries.iter().collect();
    queries.sort_by_key(|q| q.request.id);
    let registry = edges::Registry::new(&snapshot.policy, snapshot.units.values().map(|u| &**u));
    edges::problem(&registry, &queries)
}
