//! Bodies to begin with: right ones, which tests then change.

use serde_json::{Value, json};

pub fn organisation() -> Value {
    json!({"name": "Association fictive Le Quai", "kind": "association", "contact": reached_at("quai@example.org")})
}

/// A contact with one number, and this address.
pub fn reached_at(email: &str) -> Value {
    json!({"numbers": [{"label": "référente traite", "phone": "01 99 00 12 34", "hours": "Mo-Fr 09:00-18:00"}], "email": email})
}

/// A confidential structure in Lyon: in the cell 861f90257ffffff.
pub fn structure() -> Value {
    json!({"name": "Structure fictive des Tilleuls", "commune": "69123", "town": "Lyon",
        "trafficking_contact": reached_at("tilleuls@example.org")})
}

/// A public one in a commune, at a point.
pub fn public_structure(commune: &str, lat: f64, lon: f64) -> Value {
    with(structure(), json!({"commune": commune, "point": {"lat": lat, "lon": lon}}))
}

/// A day so many days from today, by the calendar of Paris.
pub fn day(from_today: i64) -> String {
    let today = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Paris).date_naive();
    (today + chrono::TimeDelta::days(from_today)).to_string()
}

/// A unit that takes nearly everyone, and has more places than any test fills.
pub fn unit() -> Value {
    json!({"kind": "chrs", "stages": ["emergency", "stabilisation"], "genders": ["female", "male"],
        "adult_ages": {"min": 18, "max": null}, "max_household": 4, "places": 100_000, "couples": true, "children": {"max_age": 17},
        "offers": ["legal_support"], "languages": ["fr", "en"], "doors": ["siao"], "answering_hours": "Mo-Fr 09:00-18:00"})
}

pub fn vacancy() -> Value {
    json!({"beds": 2, "from": "2026-01-01", "until": null})
}

/// A woman in Lyon, tonight, who was told what is kept of her, and agrees.
pub fn request() -> Value {
    let given =
        json!({"state": "given", "day": "2026-01-01", "language": "en", "interpreter": true, "shared": ["wishes", "languages"]});
    with(ad_hoc_request(), json!({"information": given}))
}

/// The same, not to be stored.
pub fn ad_hoc_request() -> Value {
    json!({"household": [{"gender": "female", "minority": "adult", "age": 24}], "stage": "emergency", "urgency": "immediate",
        "first_day": day(-30), "nights": 30, "place": {"lat": 45.76, "lon": 4.84, "department": "69"},
        "distance": {"wish": "stay_near", "max_km": 50}})
}

/// The same body with some fields changed; null stays null, so that it can be sent.
pub fn with(mut body: Value, changes: Value) -> Value {
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// The same body without a field.
pub fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field).unwrap();
    body
}
