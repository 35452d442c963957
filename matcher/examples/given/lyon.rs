// What the examples of the documentation share: a room for one woman in Lyon, and a woman of 24 who needs a bed there tonight.

pub fn unit() -> matcher::Unit {
    serde_json::from_str(
        r#"{"id": "0192f0c1-0000-7000-8000-000000000001", "structure_id": "0192f0c1-0000-7000-8000-000000000002",
            "kind": "chrs", "department": "69", "location": {"point": {"lat": 45.76, "lon": 4.84}},
            "stages": ["emergency"], "genders": ["female"], "adult_ages": {"min": 18, "max": null}, "max_household": 2,
            "vacancies": [{"id": "0192f0c1-0000-7000-8000-000000000003", "beds": 1, "from": "2026-11-23", "until": null,
                           "confirmed_at": "2026-11-23T08:00:00+01:00"}]}"#,
    )
    .unwrap()
}

pub fn request() -> matcher::Request {
    serde_json::from_str(
        r#"{"id": "0192f0c1-0000-7000-8000-000000000004", "at": "2026-11-23T10:00:00+01:00",
            "household": [{"gender": "female", "minority": "adult", "age": 24}],
            "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
            "place": {"lat": 45.75, "lon": 4.85, "department": "69"}, "distance": {"wish": "stay_near", "max_km": 50}}"#,
    )
    .unwrap()
}

pub fn query() -> matcher::Query {
    matcher::Query::new(request(), &matcher::Policy::embedded()).unwrap()
}

pub fn registry() -> matcher::Snapshot {
    matcher::Snapshot::of(matcher::Policy::embedded(), [unit()]).0
}
