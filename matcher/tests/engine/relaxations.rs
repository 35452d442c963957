//! What a wish would open (design §3.4), case by case: a unit that stands but for one wish, and the change that opens it.

use matcher::{Policy, Query, Snapshot};
use serde_json::{Value, json};

/// A unit in Lyon that takes a woman at once, for ever.
fn unit() -> Value {
    json!({"structure_id": "00000000-0000-7000-8000-0000000000f0", "kind": "chrs", "department": "69",
        "location": {"point": {"lat": 45.76, "lon": 4.84}}, "stages": ["emergency", "stabilisation"], "genders": ["female"],
        "adult_ages": {"min": 18, "max": null}, "max_household": 2,
        "vacancies": [{"id": "00000000-0000-7000-8000-000000000001", "beds": 1, "from": "2026-11-01",
            "confirmed_at": "2026-11-23T08:00:00+01:00"}]})
}

/// A woman in Lyon who needs a roof for 60 nights, to settle down.
fn request() -> Value {
    json!({"id": "00000000-0000-7000-8000-000000000009", "at": "2026-11-23T10:00:00+01:00",
        "household": [{"gender": "female", "minority": "adult", "age": 30}], "stage": "stabilisation", "urgency": "urgent",
        "first_day": "2026-11-20", "nights": 60, "place": {"lat": 45.76, "lon": 4.84, "department": "69"},
        "distance": {"wish": "stay_near"}})
}

fn with(mut base: Value, change: &Value) -> Value {
    for (field, value) in change.as_object().unwrap() {
        base[field] = value.clone();
    }
    base
}

/// Each unit as the base with a change, a request as the base with a change, and what is answered.
fn relaxations(units: &[Value], request_change: &Value) -> Value {
    let policy = Policy::embedded();
    let numbered = units.iter().zip(1_u128..).map(|(change, number)| {
        let id = json!({"id": uuid::Uuid::from_u128(number)});
        serde_json::from_value(with(with(unit(), change), &id)).unwrap()
    });
    let (registry, refused) = Snapshot::of(policy.clone(), numbered.collect::<Vec<_>>());
    assert!(refused.is_empty(), "{refused:?}");
    let query = Query::new(serde_json::from_value(with(request(), request_change)).unwrap(), &policy).unwrap();
    let answer = registry.answer(&query, 20);
    assert_eq!(answer, registry.answer_plainly(&query, 20));
    serde_json::to_value(answer.relaxations).unwrap()
}

/// So many km north of Lyon.
fn north(km: f64) -> Value {
    json!({"location": {"point": {"lat": 45.76 + km / 111.195, "lon": 4.84}}})
}

fn vacancy(from: &str, until: Value) -> Value {
    json!({"vacancies": [{"id": "00000000-0000-7000-8000-000000000001", "beds": 1, "from": from, "until": until,
        "confirmed_at": "2026-11-23T08:00:00+01:00"}]})
}

#[test]
fn where_all_stand_nothing_is_to_be_opened() {
    assert_eq!(relaxations(&[json!({})], &json!({})), json!([]));
    assert_eq!(relaxations(&[], &json!({})), json!([]), "no wish builds a home");
}

#[test]
fn the_nearest_greater_limit_of_distance_that_opens_one() {
    let ask = |max_km: f64| json!({"distance": {"wish": "stay_near", "max_km": max_km}, "accepts_removal": true});
    let opens = |from: f64, to: Value, opens: u64| json!([{"wish": "max_km", "from": from, "to": to, "opens": opens}]);
    let units = [north(60.0), north(70.0), north(90.0), north(600.0)];
    assert_eq!(relaxations(&units, &ask(12.5)), opens(12.5, json!(80.0), 2));
    assert_eq!(relaxations(&units, &ask(65.0)), opens(65.0, json!(80.0), 1));
    assert_eq!(relaxations(&units, &ask(80.0)), opens(80.0, json!(100.0), 1));
    assert_eq!(relaxations(&units, &ask(100.0)), opens(100.0, json!(null), 1));
    assert_eq!(relaxations(&units, &ask(700.0)), json!([]));
    // A limit one may go beyond only with consent to removal is none to widen.
    let near = json!({"distance": {"wish": "stay_near", "max_km": 30.0}});
    let everything = json!([{"wish": "everything", "from": null, "to": null, "opens": 1}]);
    assert_eq!(relaxations(&[north(200.0)], &near), everything);
}

#[test]
fn the_nearest_lesser_limit_with_the_wish_to_move_away() {
    let ask = |min_km: f64| json!({"distance": {"wish": "move_away", "min_km": min_km}});
    let units = [north(2.0), north(60.0), north(70.0)];
    let opened = |to: f64, opens: u64| json!({"wish": "min_km", "from": 100.0, "to": to, "opens": opens});
    assert_eq!(relaxations(&units, &ask(100.0)), json!([opened(50.0, 2)]));
    assert_eq!(relaxations(&units[..1], &ask(100.0)), json!([opened(0.0, 1)]));
}

#[test]
fn consents_days_and_nights() {
    let home = json!({"kind": "specialised_flat", "removal_only": true});
    let accepts = |wish: &str, opens: u64| json!([{"wish": wish, "from": false, "to": true, "opens": opens}]);
    assert_eq!(relaxations(&[home.clone(), json!({})], &json!({})), accepts("accepts_removal", 1));
    assert_eq!(relaxations(&[home], &json!({"accepts_removal": true})), json!([]));
    let island = json!({"department": "2A"});
    assert_eq!(relaxations(&[island], &json!({})), accepts("accepts_crossing", 1));

    // Three days after the asked day is the last for `urgent`: free on the 30th, it may start when the asked day is the 27th or later.
    let days = |to: &str, opens: u64| json!([{"wish": "first_day", "from": "2026-11-23", "to": to, "opens": opens}]);
    assert_eq!(relaxations(&[vacancy("2026-11-30", json!(null))], &json!({})), days("2026-11-30", 1));
    assert_eq!(relaxations(&[vacancy("2026-11-29", json!(null))], &json!({})), days("2026-11-26", 1));
    assert_eq!(relaxations(&[vacancy("2026-12-10", json!(null))], &json!({})), days("2026-12-07", 1));
    assert_eq!(relaxations(&[vacancy("2026-12-11", json!(null))], &json!({})), json!([]));

    let nights = |to: u32, opens: u64| json!([{"wish": "nights", "from": 60, "to": to, "opens": opens}]);
    let until = |day: &str| vacancy("2026-11-01", json!(day));
    assert_eq!(relaxations(&[until("2026-12-25"), until("2026-12-24")], &json!({})), nights(30, 2));
    assert_eq!(relaxations(&[until("2027-01-07")], &json!({})), nights(45, 1));
    assert_eq!(relaxations(&[until("2026-11-24")], &json!({})), nights(1, 1));
    let emergency = json!({"stage": "emergency", "nights": 60});
    assert_eq!(relaxations(&[until("2026-12-25")], &emergency), json!([]), "one night is enough there");
}

#[test]
fn company_and_what_must_be_there() {
    let company = json!({"living_with": ["women", "alone"]});
    let opened = json!([{"wish": "living_with", "from": ["women", "alone"], "to": [], "opens": 1}]);
    assert_eq!(relaxations(&[json!({})], &company), opened);

    let units = [json!({"offers": ["cot"]}), json!({"offers": ["animals"]}), json!({"offers": []})];
    let needs = json!({"required": ["cot", "animals"]});
    assert_eq!(
        relaxations(&units, &needs),
        json!([
            {"wish": "required", "from": ["cot", "animals"], "to": ["cot"], "opens": 1},
            {"wish": "required", "from": ["cot", "animals"], "to": ["animals"], "opens": 1},
        ]),
        "one for each entry dropped, by code"
    );
    let speaks = json!({"required_languages": ["ti", "ro"]});
    assert_eq!(
        relaxations(&[json!({"languages": ["ro"]})], &speaks),
        json!([{"wish": "required_languages", "from": ["ti", "ro"], "to": ["ro"], "opens": 1}])
    );
}

#[test]
fn several_wishes_stand_in_the_order_of_the_contract() {
    let units = [north(60.0), json!({"removal_only": true}), json!({"department": "2A"}), vacancy("2026-11-30", json!(null))];
    let ask = json!({"distance": {"wish": "stay_near", "max_km": 50.0}});
    let wishes: Vec<_> = relaxations(&units, &ask).as_array().unwrap().iter().map(|one| one["wish"].clone()).collect();
    assert_eq!(wishes, ["max_km", "accepts_removal", "accepts_crossing", "first_day"]);
}

#[test]
fn everything_at_once_only_where_nothing_else_opens() {
    let both = json!({"removal_only": true, "department": "2A"});
    let all = json!([{"wish": "everything", "from": null, "to": null, "opens": 2}]);
    assert_eq!(relaxations(&[both.clone(), both.clone()], &json!({})), all);
    // Not where a unit stands, and not where one change is enough.
    assert_eq!(relaxations(&[both.clone(), json!({})], &json!({})), json!([]));
    let one = relaxations(&[both, json!({"removal_only": true})], &json!({}));
    assert_eq!(one, json!([{"wish": "accepts_removal", "from": false, "to": true, "opens": 1}]));
    // What no wish changes stays shut: gender, danger, beds.
    assert_eq!(relaxations(&[json!({"genders": ["male"]})], &json!({})), json!([]));
}
