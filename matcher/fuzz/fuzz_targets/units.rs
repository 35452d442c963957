//! Any bytes as a unit: refused or read, and what is read is ranked like any other.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use matcher::{Policy, Query, Snapshot, Unit};

/// A request that most units can be asked about.
static QUERY: LazyLock<Query> = LazyLock::new(|| {
    let request = serde_json::json!({"id": "0192f0c1-0000-7000-8000-000000000004", "at": "2026-11-23T10:00:00+01:00",
        "household": [{"gender": "female", "minority": "adult"}], "stage": "emergency", "urgency": "immediate",
        "first_day": "2026-11-23", "nights": 30, "place": {"lat": 45.75, "lon": 4.85, "department": "69"},
        "distance": {"wish": "stay_near", "max_km": 50}});
    Query::new(serde_json::from_value(request).unwrap(), &Policy::embedded()).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(unit) = serde_json::from_slice::<Unit>(bytes) else { return };
    let (registry, _) = Snapshot::of(Policy::embedded(), [unit]);
    assert_eq!(registry.answer(&QUERY, 20), registry.answer_plainly(&QUERY, 20));
});
