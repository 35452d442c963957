//! A country full of places: the synthetic registry as of today, each home called by a name and reached by two telephones.

use api::cli::seed::load_records;
use api::db::Db;
use api::domain::{Contact, Vacancy};
use api::seed::{Registry, files, synthetic};
use chrono::TimeDelta;
use matcher::Day;
use serde_json::{Value, json};

use super::bodies;

/// Loads so many groups of places.
pub fn load(db: &Db, units: usize) {
    load_records(db, &registry(db, units)).unwrap();
}

fn registry(db: &Db, units: usize) -> Registry {
    let mut registry = files::registry(synthetic::units(units, 1).collect(), Vec::new()).unwrap();
    let today = api::clock::civil(db.clock().now(), matcher::Department::PARIS).date_naive();
    let since = today - synthetic::at().date_naive();
    let moved = |day: Day| Day::new(day.get() + since).unwrap();
    for (_, _, vacancy, confirmed_at) in &mut registry.vacancies {
        let Vacancy { beds, from, until } = vacancy.clone();
        *vacancy = Vacancy { beds, from: moved(from), until: until.map(moved) };
        *confirmed_at = confirmed_at.plus(since - TimeDelta::days(1));
    }
    for (at, (_, _, home, _)) in registry.structures.iter_mut().enumerate() {
        home.name = format!("Foyer fictif des Quatre-Chemins n° {at}").try_into().unwrap();
        home.town = Some("Ville-fictive-sur-Rivière".to_owned().try_into().unwrap());
        home.trafficking_contact = contact(at);
    }
    registry
}

fn contact(at: usize) -> Contact {
    let phone = |first: usize| format!("0{first} 99 {:02} {:02} {:02}", at / 10_000, at / 100 % 100, at % 100);
    let numbers = json!([
        {"label": "référente traite", "phone": phone(1), "hours": "Mo-Fr 09:00-18:00"},
        {"label": "astreinte de nuit", "phone": phone(2), "hours": "Mo-Su 18:00-24:00"},
    ]);
    serde_json::from_value(json!({"numbers": numbers, "email": format!("foyer{at}@example.org")})).unwrap()
}

/// A woman for whom everything counts by which places are ordered, and whom places in every department can take.
pub fn request() -> Value {
    let wishes = json!({
        "distance": {"wish": "indifferent"}, "accepts_removal": true, "urgency": "urgent", "nights": 10,
        "wished": ["legal_support", "psychological_care"], "wished_languages": ["en", "ar"],
        "danger_zones": [{"level": "forbidden", "department": "93"}, {"level": "avoid", "centre": {"lat": 43.6, "lon": 1.44}, "radius_km": 20}],
    });
    bodies::with(bodies::request(), wishes)
}
