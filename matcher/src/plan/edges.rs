//! From a registry and requests to numbers: which vacancy of which eligible unit each household may take, and what that is worth.
//!
//! This file owns the value of an assignment. It never decides a rule: each edge is judged by [`Query`], behind a sieve that only
//! spares work.
#![expect(clippy::indexing_slicing, reason = "indexes are made here, from the same lists")]

use std::collections::BTreeMap;

use crate::codes::Wish;
use crate::facts::{Facts, VacancyFacts, View};
use crate::geo::{Direction, EARTH_RADIUS_KM, direction};
use crate::policy::Policy;
use crate::request::Request;
use crate::rules::Query;
use crate::score::Scorer;
use crate::sieve::{Sought, Traits};
use crate::values::Moment;

use super::problem::{Edge, Problem, Slot};

/// Seniority counts up to this many days…
const SENIORITY_DAYS_MAX: i32 = 180;
/// …each this share of one.
const SENIORITY_DAYS_OF_ONE: f64 = 360.0;

/// The beds of a registry as the plan sees them: every vacancy a slot, and of each unit what the sieve needs.
pub(crate) struct Supply<'a> {
    policy: &'a Policy,
    units: Vec<View<'a>>,
    sieve: Vec<Profile>,
    /// The first slot of each unit; its vacancies follow in their own order.
    first_slot: Vec<u32>,
    pub(crate) slots: Vec<Slot>,
}

impl<'a> Supply<'a> {
    pub(crate) fn new(policy: &'a Policy, units: impl Iterator<Item = View<'a>>) -> Self {
        let mut units: Vec<_> = units.collect();
        units.sort_unstable_by_key(|unit| unit.facts.id);
        let (mut structures, mut cells) = (BTreeMap::new(), BTreeMap::new());
        let (mut first_slot, mut slots, mut next) = (Vec::with_capacity(units.len()), Vec::new(), 0);
        for unit in &units {
            let structure = index_of(&mut structures, unit.facts.structure_id);
            let cell = index_of(&mut cells, unit.facts.area());
            first_slot.push(next);
            slots.extend(unit.vacancies.iter().map(|vacancy| Slot { beds: vacancy.beds, structure, cell }));
            next = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        }
        Self { policy, sieve: units.iter().map(|unit| Profile::of(*unit)).collect(), units, first_slot, slots }
    }

    /// The unit and the vacancy that a slot stands for.
    pub(crate) fn vacancy(&self, slot: u32) -> Option<(&'a Facts, &'a VacancyFacts)> {
        let unit = self.first_slot.partition_point(|first| *first <= slot).checked_sub(1)?;
        let nth = usize::try_from(slot - self.first_slot[unit]).ok()?;
        let unit = self.units[unit];
        unit.vacancies.get(nth).map(|vacancy| (unit.facts, vacancy))
    }
}

fn index_of<K: Ord>(indexes: &mut BTreeMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(indexes.len()).unwrap_or(u32::MAX);
    *indexes.entry(key).or_insert(next)
}

/// The problem of assigning these households, in this order; each with its best edges, at most so many. Gives of each household what the best
/// of those is worth that are left out, or 0.
pub(crate) fn problem(supply: &Supply<'_>, queries: &[&Query], share: usize) -> (Problem, Vec<f64>) {
    let mut problem = Problem::new(supply.slots.clone());
    let mut households = BTreeMap::new();
    let (mut edges, mut left_out) = (Vec::new(), Vec::with_capacity(queries.len()));
    for query in queries {
        edges.clear();
        edges_of(supply, query, &mut edges);
        left_out.push(keep_best(&mut edges, share));
        let people = u32::try_from(query.request.household.len()).unwrap_or(u32::MAX);
        households.insert(query.request.id, problem.add_household(people, edges.iter().copied()));
    }
    for query in queries {
        for other in query.request.keep_apart.iter().filter_map(|id| households.get(id)) {
            problem.keep_apart(households[&query.request.id], *other);
        }
    }
    (problem, left_out)
}

/// Keeps so many edges, those that are worth most and of equals those of the first slots, and says what the best of the others is worth.
fn keep_best(edges: &mut Vec<Edge>, share: usize) -> f64 {
    if edges.len() <= share {
        return 0.0;
    }
    let better = |one: &Edge, other: &Edge| other.value.total_cmp(&one.value).then(one.slot.cmp(&other.slot));
    let (_, next, _) = edges.select_nth_unstable_by(share, better);
    let left_out = next.value;
    edges.truncate(share);
    edges.sort_unstable_by_key(|edge| edge.slot);
    left_out
}

/// All fitting vacancies of eligible units with what they are worth to the household, by slot.
pub(crate) fn edges_of(supply: &Supply<'_>, query: &Query, edges: &mut Vec<Edge>) {
    let (sieve, scorer) = (Sieve::of(query), Scorer::new(query, supply.policy));
    let base = 1.0 + seniority(&query.request);
    let people = u32::try_from(query.request.household.len()).map_or(0.0, f64::from);
    let weight = people * supply.policy.plan_weight(query.request.urgency);
    for (at, profile) in supply.sieve.iter().enumerate() {
        if !sieve.lets_through(profile) {
            continue;
        }
        let unit = supply.units[at];
        if !unit.vacancies.iter().any(|vacancy| query.fits(unit.facts, vacancy)) {
            continue;
        }
        let distance_km = query.distance_km(unit.facts);
        if !query.failed(unit, distance_km).is_empty() {
            continue;
        }
        let of_unit = scorer.of_unit(unit.facts, distance_km, query.may_be_in_avoided(unit.facts));
        for (slot, vacancy) in (supply.first_slot[at]..).zip(unit.vacancies) {
            if let Some(start) = query.fitting_start(unit.facts, vacancy) {
                let score = scorer.score(&scorer.of_vacancy(&of_unit, vacancy, start)).min(1.0);
                edges.push(Edge { slot, value: weight * (base + score) });
            }
        }
    }
}

/// Whole periods of 24 hours since the request was made, up to half a year, in years of 360 days.
fn seniority(request: &Request) -> f64 {
    let since: Moment = request.created_at.unwrap_or(request.at);
    let days = request.at.get().signed_duration_since(since.get()).num_days();
    let days = i32::try_from(days).unwrap_or(if days < 0 { 0 } else { SENIORITY_DAYS_MAX });
    f64::from(days.clamp(0, SENIORITY_DAYS_MAX)) / SENIORITY_DAYS_OF_ONE
}

/// What the sieve knows of a unit.
#[derive(Clone, Copy, Debug)]
struct Profile {
    traits: Traits,
    at: Direction,
}

/// What the sieve knows of a request.
struct Sieve {
    sought: Sought,
    at: Direction,
    /// The least and the greatest product of the two vectors: the cosine of the distance.
    cosines: (f64, f64),
}

/// Rounding of a cosine is far below this; a unit on the edge passes the sieve and is judged by the rules.
const COSINE_MARGIN: f64 = 1e-9;

impl Profile {
    fn of(view: View<'_>) -> Self {
        Self { traits: Traits::of(view), at: direction(view.facts.at) }
    }
}

impl Sieve {
    fn of(query: &Query) -> Self {
        let request = &query.request;
        let (mut nearest, mut farthest) = (0.0_f64, f64::INFINITY);
        if !query.accepts_removal() {
            farthest = query.removal_km();
        }
        match request.distance.wish {
            Wish::StayNear => farthest = request.distance.max_km.map_or(farthest, |km| farthest.min(km.get())),
            Wish::MoveAway => nearest = request.distance.min_km.map_or(nearest, |km| km.get()),
            Wish::Indifferent => {}
        }
        let cosine = |km: f64| (km / EARTH_RADIUS_KM).min(std::f64::consts::PI).cos();
        let cosines = (cosine(farthest) - COSINE_MARGIN, cosine(nearest) + COSINE_MARGIN);
        Self { sought: Sought::of(query), at: direction(query.place), cosines }
    }

    fn lets_through(&self, profile: &Profile) -> bool {
        if !self.sought.may_find(profile.traits) {
            return false;
        }
        let cosine: f64 = self.at.iter().zip(&profile.at).map(|(one, other)| one * other).sum();
        self.cosines.0 <= cosine && cosine <= self.cosines.1
    }
}
