//! The plan (design §3.5): many requests at once, the assignment of greatest total value, with an upper bound that says how good it is.
//!
//! This room owns the solver. It never names a technique's answer the best without a bound that proves it, and knows housing only in
//! `edges.rs`, which turns a registry and requests into numbers (`problem.rs`). `solve.rs` solves these by a flow (`flow.rs`), prices
//! (`bargain.rs`, `kernel.rs`) and a search (`branch.rs`, `simplex.rs`), and keeps the best draft (`draft.rs`); here numbers become an
//! answer.

mod bargain;
mod branch;
mod draft;
mod edges;
mod effort;
mod flow;
mod kernel;
mod problem;
mod simplex;
mod solve;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::codes::{Code as _, Rule, Tier};
use crate::rank::RuleCounts;
use crate::rules::Query;
use crate::snapshot::Snapshot;

pub use effort::{Effort, Progress};
pub use problem::{Edge, Problem, Slot};
pub use solve::Solution;

use edges::Supply;

/// What [`Snapshot::plan`] answers.
///
/// A plan is advice: people confirm each line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The version of the policy.
    pub policy_version: String,
    /// What all assignments are worth together.
    pub objective: f64,
    /// No plan that the rules allow is worth more; never below the objective.
    pub bound: f64,
    /// (bound − objective)/bound, in [0, 1]; 0 when the bound is 0.
    pub gap: f64,
    /// Whether the gap is 0, within 1e-9: this plan is proved to be a best one.
    pub optimal: bool,
    /// Who is assigned to what, in the order of request ids.
    pub assignments: Vec<Assignment>,
    /// Who has no vacancy, in the order of request ids.
    pub unassigned: Vec<Unassigned>,
}

/// A household with the vacancy it is assigned to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assignment {
    /// The id of the request.
    pub request_id: Uuid,
    /// The id of the unit.
    pub unit_id: Uuid,
    /// The id of the vacancy.
    pub vacancy_id: Uuid,
    /// People × weight of the urgency × (1 + score with this vacancy + seniority); above 0.
    pub value: f64,
}

/// A household without an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unassigned {
    /// The id of the request.
    pub request_id: Uuid,
    /// Why the household has no vacancy, in the order of the rules. Empty only where there is no unit at all.
    pub because: Vec<Because>,
    /// The unit to call first, where a call may open one: the first of those to verify in the order of the ranking.
    pub call: Option<Uuid>,
}

/// Why a household has no assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Some unit is eligible, and the plan leaves no fitting vacancy of one with beds enough.
    Beds,
    /// [`Rule::KeepApart`] alone, where some unit is eligible: a fitting vacancy has beds enough left, and only the assignment of
    /// someone to be kept apart from stands in the way. Any rule where no unit is eligible: the rules that a unit fails alone, or where
    /// there is no such unit all rules that some unit fails.
    Rule(Rule),
}

impl Because {
    /// The code: `beds`, or that of the rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beds => "beds",
            Self::Rule(rule) => rule.as_str(),
        }
    }
}

impl Serialize for Because {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Snapshot {
    /// Assigns vacancies to all these households at once so that the sum of what the assignments are worth is greatest (design §3.5).
    ///
    /// A household takes one vacancy of a unit that is eligible for it, one bed a person. Two of which either names the other in
    /// `keep_apart` share neither a structure nor an H3 cell at resolution 5. Of several requests of one id the first counts. The same
    /// requests in another order give the same plan; so does a repetition, unless `effort` stopped one of them, which `gap` then tells.
    ///
    /// ```
    /// use matcher::{Effort, Policy, Query, Request, Snapshot, Unit};
    ///
    /// let policy = Policy::embedded();
    /// let unit: Unit = serde_json::from_str(r#"{
    ///     "id": "0192f0c1-0000-7000-8000-000000000001", "structure_id": "0192f0c1-0000-7000-8000-000000000002",
    ///     "kind": "chrs", "department": "69", "location": {"point": {"lat": 45.76, "lon": 4.84}},
    ///     "stages": ["emergency"], "genders": ["female"], "adult_ages": {"min": 18, "max": null}, "max_household": 2,
    ///     "vacancies": [{"id": "0192f0c1-0000-7000-8000-000000000003", "beds": 1, "from": "2026-11-23", "until": null,
    ///                    "confirmed_at": "2026-11-23T08:00:00+01:00"}]}"#)?;
    /// let mut registry = Snapshot::new(policy.clone());
    /// registry.insert(unit).expect("nothing in it contradicts itself");
    ///
    /// // Two women ask for the one bed; the second is farther away.
    /// let mut queries = Vec::new();
    /// for (id, lat) in [("0192f0c1-0000-7000-8000-000000000004", 45.75), ("0192f0c1-0000-7000-8000-000000000005", 45.5)] {
    ///     let request: Request = serde_json::from_value(serde_json::json!({
    ///         "id": id, "at": "2026-11-23T10:00:00+01:00", "household": [{"gender": "female", "minority": "adult", "age": 24}],
    ///         "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
    ///         "place": {"lat": lat, "lon": 4.85, "department": "69"}, "distance": {"wish": "stay_near"}}))?;
    ///     queries.push(Query::new(request, &policy).expect("nothing in it contradicts itself"));
    /// }
    ///
    /// let mut never = |_| false;
    /// let plan = registry.plan(&queries, &mut Effort::new(u64::MAX, &mut never));
    /// assert!(plan.optimal);
    /// assert_eq!(plan.assignments[0].request_id, queries[0].request().id);
    /// assert_eq!(plan.unassigned[0].because[0].as_str(), "beds");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn plan(&self, queries: &[Query], effort: &mut Effort<'_>) -> Plan {
        let queries = in_order(queries);
        let supply = self.supply();
        let (problem, left_out) = edges::problem(&supply, &queries, effort.share(queries.len()));
        let mut solution = problem.solve(effort);
        let mut free = free_beds(&problem, &solution.slots);
        let late = late_comers(&supply, &queries, &problem, &left_out, &mut solution, &mut free);
        let mut plan = Plan {
            policy_version: self.policy().version().to_owned(),
            objective: solution.objective,
            bound: solution.bound,
            gap: solution.gap(),
            optimal: solution.is_optimal(),
            assignments: Vec::new(),
            unassigned: Vec::new(),
        };
        for (household, (query, slot)) in queries.iter().zip(&solution.slots).enumerate() {
            let value = |slot| late.get(&household).copied().or_else(|| problem.value(household, slot));
            let assigned = slot.and_then(|slot| Some((supply.vacancy(slot)?, value(slot)?)));
            match assigned {
                Some(((unit, vacancy), value)) => plan.assignments.push(Assignment {
                    request_id: query.request.id,
                    unit_id: unit.id,
                    vacancy_id: vacancy.id,
                    value,
                }),
                None => {
                    let edges = if left_out.get(household).is_some_and(|value| *value > 0.0) {
                        all_edges(&supply, query)
                    } else {
                        problem.edges(household).to_vec()
                    };
                    let people = problem.people(household);
                    plan.unassigned.push(self.unassigned(query, &supply, (&edges, people), &free, effort));
                }
            }
        }
        plan
    }

    /// The numbers behind [`Snapshot::plan`]: households in the order of ids, slots in the order of units and of their vacancies.
    ///
    /// ```
    /// # mod given { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/given/lyon.rs")); }
    /// let problem = given::registry().plan_problem(&[given::query()]);
    /// assert_eq!((problem.households(), problem.edges(0)[0].slot, problem.slots()[0].beds), (1, 0, 1));
    /// ```
    pub fn plan_problem(&self, queries: &[Query]) -> Problem {
        edges::problem(&self.supply(), &in_order(queries), usize::MAX).0
    }

    /// The beds of the snapshot.
    fn supply(&self) -> Supply<'_> {
        Supply::new(self.policy(), self.views())
    }

    /// Why a household of so many people, with these edges, has no assignment. Whom to call is looked for while there is time.
    fn unassigned(
        &self,
        query: &Query,
        supply: &Supply<'_>,
        (edges, people): (&[Edge], u32),
        free: &[u32],
        effort: &mut Effort<'_>,
    ) -> Unassigned {
        let eligible: BTreeSet<Uuid> = edges.iter().filter_map(|edge| supply.vacancy(edge.slot)).map(|(unit, _)| unit.id).collect();
        // Units to verify come after all that are eligible.
        let ranking = self.rank(query, if effort.step() { eligible.len() + 1 } else { 1 });
        let call = ranking.proposals.iter().find(|proposal| proposal.tier == Tier::ToVerify).map(|proposal| proposal.unit_id);
        let has_beds = |edge: &Edge| {
            let beds = usize::try_from(edge.slot).ok().and_then(|slot| free.get(slot));
            beds.is_some_and(|beds| *beds >= people)
        };
        let because = if edges.is_empty() {
            let counted = |counts: RuleCounts| counts.iter().collect::<Vec<_>>();
            let alone = counted(ranking.failed_alone);
            let rules = if alone.is_empty() { counted(ranking.failed) } else { alone };
            rules.into_iter().map(|(rule, _)| Because::Rule(rule)).collect()
        } else if edges.iter().any(has_beds) {
            // A plan leaves nobody out to whom a bed is open: someone must be too near.
            vec![Because::Rule(Rule::KeepApart)]
        } else {
            vec![Because::Beds]
        };
        Unassigned { request_id: query.request.id, because, call }
    }
}

/// All edges of a household, those too that its share left out.
fn all_edges(supply: &Supply<'_>, query: &Query) -> Vec<Edge> {
    let mut edges = Vec::new();
    edges::edges_of(supply, query, &mut edges);
    edges
}

/// Whoever was left without a bed though some of its edges were left out takes the best of all that are free; and the bound counts what was left
/// out: no plan is worth more than one over the edges that were kept and, for each household, the best of its others beside it, nor more than the
/// best edge of each. Gives what the assignments made here are worth, by household.
fn late_comers(
    supply: &Supply<'_>,
    queries: &[&Query],
    problem: &Problem,
    left_out: &[f64],
    solution: &mut Solution,
    free: &mut [u32],
) -> BTreeMap<usize, f64> {
    let mut late = BTreeMap::new();
    if left_out.iter().all(|value| *value == 0.0) {
        return late;
    }
    for (household, query) in queries.iter().enumerate() {
        let is_out = solution.slots.get(household).is_some_and(Option::is_none);
        if !is_out || left_out.get(household).is_none_or(|value| *value == 0.0) {
            continue;
        }
        let people = problem.people(household);
        let is_free =
            |edge: &Edge| usize::try_from(edge.slot).ok().and_then(|slot| free.get(slot)).is_some_and(|beds| *beds >= people);
        let others: Vec<u32> = problem.apart(household).iter().filter_map(|other| slot_of(solution, *other)).collect();
        let is_apart = |edge: &Edge| others.iter().all(|theirs| !problem.near(edge.slot, *theirs));
        let best = all_edges(supply, query).into_iter().filter(|edge| is_free(edge) && is_apart(edge));
        let best = best.max_by(|one, other| one.value.total_cmp(&other.value).then(other.slot.cmp(&one.slot)));
        let Some(Edge { slot, value }) = best else { continue };
        if let (Some(taken), Some(beds)) =
            (solution.slots.get_mut(household), usize::try_from(slot).ok().and_then(|slot| free.get_mut(slot)))
        {
            *taken = Some(slot);
            *beds -= people;
            solution.objective += value;
            late.insert(household, value);
        }
    }
    let beside: f64 = solution.bound + left_out.iter().sum::<f64>();
    let best_of_each: f64 = (0..problem.households())
        .map(|household| problem.edges(household).iter().fold(0.0_f64, |most, edge| most.max(edge.value)))
        .sum();
    solution.bound = beside.min(best_of_each).max(solution.objective);
    late
}

/// The slot of a household.
fn slot_of(solution: &Solution, household: u32) -> Option<u32> {
    usize::try_from(household).ok().and_then(|household| solution.slots.get(household).copied()).flatten()
}

/// Each request once, in the order of ids.
fn in_order(queries: &[Query]) -> Vec<&Query> {
    let mut first: BTreeMap<Uuid, &Query> = BTreeMap::new();
    for query in queries {
        first.entry(query.request.id).or_insert(query);
    }
    first.into_values().collect()
}

/// The beds that a plan leaves in each slot.
fn free_beds(problem: &Problem, slots: &[Option<u32>]) -> Vec<u32> {
    let mut free: Vec<u32> = problem.slots().iter().map(|slot| slot.beds).collect();
    for (household, slot) in slots.iter().enumerate() {
        if let Some(beds) = slot.and_then(|slot| usize::try_from(slot).ok()).and_then(|slot| free.get_mut(slot)) {
            *beds -= problem.people(household);
        }
    }
    free
}
