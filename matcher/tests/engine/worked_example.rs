//! The worked example that came with the contract: 40 requests against 80 units, with the answers two other programs agree on.

use matcher::{Policy, Query, Snapshot};
use serde_json::Value;

fn lines<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The same JSON, numbers within 1e-9.
fn same(path: &str, ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9, "{path}: {a}, expected {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}: {ours}, expected {theirs}");
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                same(&format!("{path}[{at}]"), a, b);
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(a), keys(b), "{path}");
            for (key, b) in b {
                same(&format!("{path}.{key}"), &a[key], b);
            }
        }
        _ => assert_eq!(ours, theirs, "{path}"),
    }
}

#[test]
fn every_answer_is_the_expected_one() {
    let policy = Policy::embedded();
    let mut registry = Snapshot::new(policy.clone());
    for unit in lines(include_str!("worked_example/units.jsonl")) {
        registry.insert(unit).unwrap();
    }
    let mut answers: Vec<Value> = lines(include_str!("worked_example/answers.jsonl"));
    answers.sort_by_key(|answer| answer["request_id"].as_str().unwrap().to_owned());
    let mut requests: Vec<matcher::Request> = lines(include_str!("worked_example/requests.jsonl"));
    requests.sort_by_key(|request| request.id);
    assert_eq!(requests.len(), answers.len());
    for (request, expected) in requests.into_iter().zip(answers) {
        let query = Query::new(request, &policy).unwrap();
        let mut ours = serde_json::to_value(registry.answer(&query, 20)).unwrap();
        ours.as_object_mut().unwrap().remove("policy_version").unwrap();
        same(expected["request_id"].as_str().unwrap(), &ours, &expected);
    }
}
