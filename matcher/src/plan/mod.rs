//! The plan (design §3.5): many requests at once, the assignment of greatest total value, with an upper bound that says how good it is.

mod edges;
mod flow;
mod problem;

pub use problem::{Edge, Problem, Slot};

use crate::{Query, Snapshot};

#[doc(hidden)]
pub fn problem_of(snapshot: &Snapshot, queries: &[Query]) -> Problem {
    let mut queries: Vec<_> = queries.iter().collect();
    queries.sort_by_key(|q| q.request.id);
    let registry = edges::Registry::new(&snapshot.policy, snapshot.units.values().map(|u| &**u));
    edges::problem(&registry, &queries)
}

#[doc(hidden)]
pub fn flow_of(problem: &Problem) -> (f64, f64, usize) {
    let mut flow = flow::Flow::new(problem);
    flow.solve();
    let mut v = 0.0;
    let mut split = std::collections::BTreeMap::new();
    for (h, s, p) in flow.stays() {
        v += problem.value(h as usize, s).unwrap() / f64::from(problem.people(h as usize)) * f64::from(p);
        *split.entry(h).or_insert(0) += 1;
    }
    (v, flow.bound(), split.values().filter(|x| **x > 1).count())
}
