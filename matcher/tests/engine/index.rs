//! The index answers what the plain engine answers: on registries of many blocks, with every field varied, and after any changes.

use matcher::{Policy, Query, Ranking, Snapshot, Unit};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::generated::{request, unit};

fn parse<T: serde::de::DeserializeOwned>(json: &Value) -> T {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn query(request: &Value, policy: &Policy) -> Query {
    Query::new(parse(request), policy).unwrap_or_else(|faults| panic!("{faults:?}: {request}"))
}

/// Other cases in each run of a loop, the same in each run of the test.
fn runner(seed: u8) -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

fn sample<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).unwrap().current()
}

/// A unit of this number.
fn numbered(mut unit: Value, number: usize) -> Unit {
    unit["id"] = json!(Uuid::from_u128(u128::try_from(number).unwrap()));
    parse(&unit)
}

/// The index and the plain engine say the same, whatever is asked for.
fn agree(registry: &Snapshot, query: &Query, top: usize) -> Ranking {
    let plain = registry.answer_plainly(query, top);
    let mut answer = registry.answer(query, top);
    assert_eq!(answer, plain, "{:#?}", query.request());
    assert_eq!(registry.best(query, top), plain.proposals, "{:#?}", query.request());
    answer.relaxations.clear();
    assert_eq!(registry.rank(query, top), answer, "{:#?}", query.request());
    plain
}

#[test]
fn an_index_of_many_blocks_answers_as_the_plain_engine() {
    let policy = Policy::embedded();
    let (mut eligible, mut relaxed) = (0, std::collections::BTreeSet::new());
    for (seed, size) in [(1, 300), (2, 700), (3, 1), (4, 0), (5, 257), (6, 1500), (7, 6000)] {
        let mut runner = runner(seed);
        let units: Vec<Unit> = (0..size).map(|number| numbered(sample(&unit(), &mut runner), number)).collect();
        let (registry, refused) = Snapshot::of(policy.clone(), units.clone());
        assert!(refused.is_empty() && registry.len() == size);
        for top in [0, 1, 5, 20, 20, 20, usize::MAX].into_iter().cycle().take(60) {
            let ranking = agree(&registry, &query(&sample(&request(), &mut runner), &policy), top);
            eligible += ranking.eligible;
            relaxed.extend(ranking.relaxations.into_iter().map(|relaxation| relaxation.wish));
        }
    }
    assert!(eligible > 1_000, "{eligible} eligible are too few to say anything");
    assert_eq!(relaxed.len(), 10, "some wish was never relaxed: {relaxed:?}");
}

#[test]
fn any_changes_leave_the_index_right_and_older_snapshots_untouched() {
    let policy = Policy::embedded();
    for seed in 10..14 {
        let mut runner = runner(seed);
        let queries: Vec<_> = (0..6).map(|_| query(&sample(&request(), &mut runner), &policy)).collect();
        let mut registry = Snapshot::new(policy.clone());
        let mut kept = std::collections::BTreeMap::new();
        let mut older = Vec::new();
        for step in 0..900 {
            let number = sample(&(0_usize..600), &mut runner);
            if sample(&(0..10), &mut runner) < 3 {
                assert_eq!(registry.remove(Uuid::from_u128(u128::try_from(number).unwrap())), kept.remove(&number).is_some());
            } else {
                let unit = numbered(sample(&unit(), &mut runner), number);
                registry.insert(unit.clone()).unwrap();
                kept.insert(number, unit);
            }
            if step % 300 == 150 {
                older.push((registry.clone(), kept.clone()));
            }
        }
        older.push((registry, kept));
        for (registry, kept) in older {
            assert_eq!(registry.len(), kept.len());
            let (anew, _) = Snapshot::of(policy.clone(), kept.into_values());
            for query in &queries {
                assert_eq!(agree(&registry, query, 20), anew.answer_plainly(query, 20));
            }
        }
    }
}

/// A large registry counts some rules without looking at units: it must not miscount as it grows, shrinks and changes.
#[test]
fn a_registry_that_grows_large_counts_as_the_plain_engine() {
    let policy = Policy::embedded();
    let mut runner = runner(30);
    let units: Vec<Unit> = (0..4_000).map(|number| numbered(sample(&unit(), &mut runner), number)).collect();
    let (mut registry, _) = Snapshot::of(policy.clone(), units);
    let queries: Vec<_> = (0..8).map(|_| query(&sample(&request(), &mut runner), &policy)).collect();
    for round in 0..4 {
        for number in 0..250 {
            let added = 4_000 + 250 * round + number;
            registry.insert(numbered(sample(&unit(), &mut runner), added)).unwrap();
            let known = sample(&(0..added), &mut runner);
            if number % 5 == 0 {
                registry.remove(Uuid::from_u128(u128::try_from(known).unwrap()));
            } else {
                registry.insert(numbered(sample(&unit(), &mut runner), known)).unwrap();
            }
        }
        for query in &queries {
            agree(&registry, query, 20);
        }
    }
}

#[test]
fn it_holds_to_the_other_end_of_the_earth_and_under_policies_that_no_one_wants() {
    let text = include_str!("../../policy/default.toml");
    let policy = |from: &str, to: &str| Policy::parse(&text.replacen(from, to, 1)).unwrap();
    let policies = [policy("stay_near_half_km = 30", "stay_near_half_km = 1e-300"), policy("far_km = 400", "far_km = 20000")];
    // From the place, from a danger and towards the antipodes of both, in steps of some kilometres.
    let units = |step: u32| {
        let off = f64::from(step) * 0.04;
        [json!({"lat": 45.0 + off, "lon": 4.0}), json!({"lat": -45.0 + off, "lon": -176.0})].into_iter().zip(2 * step..)
    };
    let units = (0..40).flat_map(units).map(|(point, number)| {
        parse(&json!({"id": Uuid::from_u128(number.into()), "structure_id": Uuid::from_u128(number.into()), "kind": "chrs", "department": "69",
            "location": {"point": point}, "stages": ["emergency"], "genders": ["female"], "adult_ages": {"min": 18, "max": null},
            "max_household": 1, "vacancies": [{"id": Uuid::from_u128(1_000 + u128::from(number)), "beds": 1, "from": "2026-11-23",
                "confirmed_at": "2026-11-23T08:00:00+01:00"}]}))
    });
    let units: Vec<Unit> = units.collect();
    for policy in policies {
        let (registry, refused) = Snapshot::of(policy.clone(), units.clone());
        assert!(refused.is_empty());
        for radius in [5.0, 19_900.0, 19_990.0, 20_000.0, 20_010.0] {
            for level in ["forbidden", "avoid"] {
                let asked = json!({"id": Uuid::nil(), "at": "2026-11-23T10:00:00+01:00", "stage": "emergency", "urgency": "immediate",
                    "household": [{"gender": "female", "minority": "adult"}], "first_day": "2026-11-23", "nights": 3,
                    "place": {"lat": 45.0, "lon": 4.0, "department": "69"}, "distance": {"wish": "stay_near"}, "accepts_removal": true,
                    "danger_zones": [{"level": level, "centre": {"lat": 45.4, "lon": 4.0}, "radius_km": radius}]});
                for top in [1, 2, 20, 100] {
                    agree(&registry, &query(&asked, &policy), top);
                }
            }
        }
    }
}

#[test]
fn what_is_refused_is_left_out_and_said_and_the_last_of_an_id_counts() {
    let mut runner = runner(20);
    let mut one = numbered(sample(&unit(), &mut runner), 1);
    let mut other = one.clone();
    one.specialised = false;
    other.specialised = true;
    let mut wrong = numbered(sample(&unit(), &mut runner), 2);
    wrong.genders = std::iter::empty().collect();
    let (registry, refused) = Snapshot::of(Policy::embedded(), [one, wrong.clone(), other.clone()]);
    assert_eq!(registry.len(), 1);
    assert!(registry.contains(other.id) && !registry.contains(wrong.id));
    assert_eq!(refused, [(wrong.id, wrong.faults())]);
}
