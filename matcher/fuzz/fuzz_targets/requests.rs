//! Any bytes as a request: refused or read, and what is read is answered alike by the index and by the plain engine.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use matcher::{Policy, Query, Request, Snapshot};

/// A unit that takes almost anyone.
static REGISTRY: LazyLock<Snapshot> = LazyLock::new(|| {
    let unit = serde_json::json!({"id": "0192f0c1-0000-7000-8000-000000000001", "structure_id": "0192f0c1-0000-7000-8000-000000000002",
        "kind": "chrs", "department": "69", "location": {"cell": "861f90257ffffff"}, "stages": ["emergency", "integration"],
        "genders": ["female", "male"], "adult_ages": {"min": 18, "max": null}, "max_household": 9, "couples": true,
        "children": {"max_age": 17}, "vacancies": [{"id": "0192f0c1-0000-7000-8000-000000000003", "beds": 9, "from": "2026-11-23",
            "confirmed_at": "2026-11-23T08:00:00+01:00"}]});
    Snapshot::of(Policy::embedded(), [serde_json::from_value(unit).unwrap()]).0
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(request) = serde_json::from_slice::<Request>(bytes) else { return };
    let Ok(query) = Query::new(request, REGISTRY.policy()) else { return };
    assert_eq!(REGISTRY.answer(&query, 20), REGISTRY.answer_plainly(&query, 20));
});
