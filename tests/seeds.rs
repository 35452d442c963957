//! The demonstration registry: it loads, its figures are those of the 2017 assessment, and its requests meet every rule and warning.

use std::collections::BTreeSet;

use api::cli::seed::load_records;
use api::domain::unit::most_beds;
use api::seed::{demo, synthetic};
use matcher::{Code as _, Kind, Rule, Warning};
use serde_json::Value;

use crate::harness::bodies::without;
use crate::harness::on_both;

on_both! {
    async fn loads_whole_and_ranks(app: TestApp) {
        let registry = demo::registry(app.clock().now()).unwrap();
        let before = app.count("SELECT count(*) AS n FROM events");
        load_records(app.db(), &registry).unwrap();
        assert_eq!(app.count("SELECT count(*) AS n FROM events") - before, i64::try_from(registry.len()).unwrap());
        assert!(app.count("SELECT count(*) AS n FROM structures") >= 150);
        assert!(load_records(app.db(), &registry).is_err(), "loaded once");

        let (mut rules, mut warnings) = (BTreeSet::new(), BTreeSet::new());
        let mut collect = |ranking: &Value| {
            rules.extend(ranking["failed"].as_object().unwrap().keys().cloned());
            for proposal in ranking["proposals"].as_array().unwrap() {
                warnings.extend(proposal["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().to_owned()));
            }
        };
        let referent = app.own(api::domain::Role::Referent);
        for (_, _, request, _) in &registry.requests {
            let stored_only =
                ["information", "lone_minors", "seen_apart", "reference", "in_charge", "message", "safety_instructions"];
            let body = stored_only.iter().fold(serde_json::to_value(request).unwrap(), |body, field| without(body, field));
            collect(&referent.rank("rank?top=100", Some(&body)).await.expect(200).body);
        }
        let all: BTreeSet<_> = Rule::ALL.iter().filter(|rule| **rule != Rule::KeepApart).map(|rule| rule.as_str().to_owned()).collect();
        assert_eq!(rules, all);
        let all: BTreeSet<_> = Warning::ALL.iter().map(|warning| warning.as_str().to_owned()).collect();
        assert_eq!(warnings, all);
    }
}

#[test]
fn the_figures_are_those_of_the_assessment() {
    let registry = demo::registry(api::clock::Clock::default().now()).unwrap();
    let places = |kind: Kind| -> Vec<u32> {
        registry.units.iter().filter(|(_, _, unit)| unit.kind == kind).map(|(_, _, unit)| unit.places.get()).collect()
    };
    for (id, _, unit) in &registry.units {
        let free = registry.vacancies.iter().filter(|(_, of, ..)| of == id);
        let free: Vec<_> = free.map(|(_, _, vacancy, _)| (vacancy.beds.get(), vacancy.from, vacancy.until)).collect();
        let most = most_beds(&free, chrono::NaiveDate::MIN, None).map_or(0, |(_, beds)| beds);
        assert!(most <= unit.places.get(), "{id}: {most} beds of {} places", unit.places.get());
    }
    let acse = places(Kind::Acse);
    assert_eq!(acse.iter().sum::<u32>(), 90);
    assert!(acse.iter().all(|places| *places <= 2), "one or two in each");
    for (_, _, unit) in registry.units.iter().filter(|(_, _, unit)| unit.kind == Kind::Acse) {
        assert!(unit.removal_only && unit.unaccompanied_minors.is_none() && unit.adult_ages.is_some() && !unit.steps.0.is_empty());
    }
    assert!(places(Kind::SpecialisedFlat).contains(&6));
    assert_eq!(places(Kind::SecureMinorsCentre), [6]);
    assert!(registry.requests.len() >= 40);
    let hotels = registry.units.iter().filter(|(_, _, unit)| unit.kind == Kind::Hotel);
    assert!(hotels.clone().count() > 0 && hotels.into_iter().all(|(_, _, unit)| unit.unaccompanied_minors.is_none()));
}

#[test]
fn a_synthetic_registry_is_the_same_for_the_same_seed() {
    let bytes = |seed| -> Vec<String> {
        let units = synthetic::units(300, seed).map(|unit| serde_json::to_string(&unit).unwrap());
        units.chain(synthetic::requests(100, seed).map(|request| serde_json::to_string(&request).unwrap())).collect()
    };
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
    assert!(synthetic::units(3000, 1).all(|unit| unit.faults().is_empty()));
    assert!(synthetic::requests(3000, 1).all(|request| request.faults().is_empty()));
}

#[test]
fn no_alias_is_in_the_name_of_a_home() {
    let seeds = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../seeds"));
    let registry = std::fs::read_dir(seeds.join("registry")).unwrap().map(|entry| entry.unwrap().path());
    let mut named = BTreeSet::new();
    for path in registry.chain([seeds.join("organisations.toml")]) {
        let text = std::fs::read_to_string(path).unwrap();
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("name = "));
        named.extend(names.flat_map(|name| name.split(|letter: char| !letter.is_alphabetic())).map(str::to_lowercase));
    }
    let words = std::fs::read_to_string(seeds.join("aliases.txt")).unwrap();
    let words: Vec<_> = words.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(words.len() >= 400, "{}", words.len());
    let is_named = |word: &&&str| named.contains(&word.to_lowercase()) || named.contains(&format!("{}s", word.to_lowercase()));
    let wrong: Vec<_> = words.iter().filter(is_named).collect();
    assert!(named.len() > 100 && wrong.is_empty(), "{wrong:?}");
}
