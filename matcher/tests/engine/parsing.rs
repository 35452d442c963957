//! What is refused at the door, and with which words: bad JSON, contradictions, wrong policies.

use matcher::{Fault, Policy, Request, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generated;

const UNIT: &str = include_str!("worked_example/units.jsonl");
const REQUESTS: &str = include_str!("worked_example/requests.jsonl");

/// A unit with every field.
fn unit() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-00000000000a", "structure_id": "00000000-0000-7000-8000-00000000005a", "kind": "chrs",
        "department": "69", "location": {"cell": "861f90257ffffff"}, "stages": ["emergency", "stabilisation"], "genders": ["female"],
        "adult_ages": {"min": 18, "max": 60}, "max_household": 3, "couples": false, "setting": "mixed",
        "children": {"max_age": 12, "boys_max_age": 8},
        "unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["female", "male"], "accreditation": "ASE 69-2024-11"},
        "specialised": false, "removal_only": false, "admission_days": 0, "doors": ["siao"], "offers": ["legal_support"],
        "languages": ["fr", "en"], "conditions": ["abstinence"], "unlawful_conditions": ["regular_stay"], "steps": ["interview"],
        "vacancies": [{"id": "00000000-0000-7000-8000-000000000001", "beds": 2, "from": "2026-11-23", "until": "2026-12-23",
                       "confirmed_at": "2026-11-22T10:00:00+01:00"}],
        "houses": ["00000000-0000-7000-8000-000000000009"]
    })
}

/// A request with every field.
fn request() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-000000000009", "at": "2026-11-23T10:00:00+01:00", "created_at": "2026-11-20T09:00:00+01:00",
        "household": [{"gender": "female", "minority": "adult", "age": 24, "with_parent": false, "turns_18_on": null},
                      {"gender": "male", "minority": "minor", "age": 6, "with_parent": true, "turns_18_on": "2038-05-01"}],
        "couple": false, "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 30,
        "place": {"lat": 48.85, "lon": 2.35, "department": "75"}, "distance": {"wish": "stay_near", "max_km": 50},
        "accepts_removal": false, "accepts_crossing": false, "living_with": ["women"],
        "danger_zones": [{"level": "forbidden", "department": "93"},
                         {"level": "avoid", "centre": {"lat": 45.76, "lon": 4.84}, "radius_km": 20}],
        "required": ["cot"], "wished": ["legal_support"], "required_languages": ["fr"], "wished_languages": ["en"],
        "keep_apart": ["00000000-0000-7000-8000-000000000008"], "refused_units": [], "refused_structures": []
    })
}

/// The JSON with one place changed: a field is set, or, when `to` is left out, taken away.
fn with(mut json: Value, pointer: &str, to: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match (parent, to) {
        (Value::Object(map), Some(to)) => _ = map.insert(key.to_owned(), to),
        (Value::Object(map), None) => _ = map.remove(key).unwrap_or_else(|| panic!("nothing at {pointer}")),
        (Value::Array(list), Some(to)) => list[key.parse::<usize>().unwrap()] = to,
        (parent, _) => panic!("no field in {parent}"),
    }
    json
}

fn refusal<T: serde::de::DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
    match serde_json::from_str::<T>(json) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("taken: {json}"),
    }
}

/// Each is refused with that part of a message. From text, so that a number is read as it stands.
fn all_refused<T: serde::de::DeserializeOwned + std::fmt::Debug>(good: &Value, bad: &[(&str, &str, &str)]) {
    serde_json::from_value::<T>(good.clone()).unwrap();
    for (pointer, to, message) in bad {
        let json = with(good.clone(), pointer, Some(serde_json::from_str(to).unwrap())).to_string();
        let said = refusal::<T>(&json);
        assert!(said.contains(message), "{pointer} = {to}: expected `{message}`, came `{said}`");
    }
}

/// Each is required, and the message names it.
fn all_required<T: serde::de::DeserializeOwned + std::fmt::Debug>(good: &Value, pointers: &[&str]) {
    for pointer in pointers {
        let said = refusal::<T>(&with(good.clone(), pointer, None).to_string());
        let field = pointer.rsplit_once('/').unwrap().1;
        assert!(said.contains(&format!("missing field `{field}`")), "{pointer}: {said}");
    }
}

#[test]
fn a_bad_unit_is_refused() {
    all_refused::<Unit>(
        &unit(),
        &[
            ("/bedrooms", "1", "unknown field `bedrooms`"),
            ("/address", r#""1 rue X""#, "unknown field `address`"),
            ("/adult_ages/least", "1", "unknown field `least`"),
            ("/children/age", "1", "unknown field `age`"),
            ("/unaccompanied_minors/age", "1", "unknown field `age`"),
            ("/vacancies/0/places", "1", "unknown field `places`"),
            ("/id", r#""a""#, "invalid length"),
            ("/id", "1", "invalid type: integer"),
            ("/kind", r#""castle""#, "`castle` is no kind of unit; known: acse, chrs"),
            ("/kind", "null", "invalid type: null"),
            ("/kind", "7", "invalid type: integer"),
            ("/kind", r#""CHRS""#, "`CHRS` is no kind of unit"),
            ("/department", r#""20""#, "must be the INSEE code of a department"),
            ("/department", r#""99""#, "must be the INSEE code"),
            ("/department", r#""2a""#, "must be the INSEE code"),
            ("/department", r#""1""#, "must be the INSEE code"),
            ("/department", r#""96""#, "must be the INSEE code"),
            ("/department", r#""970""#, "must be the INSEE code"),
            ("/department", r#""979""#, "must be the INSEE code"),
            ("/department", r#""""#, "must be the INSEE code"),
            ("/department", "69", "invalid type: integer"),
            ("/location", r#"{"cell": "871f90250ffffff"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": "841f903ffffffff"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": "861f90257fffff0"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": "+861f90257ffffff"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": "00861f90257ffffff"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": "861F90257FFFFFF"}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"cell": ""}"#, "must be an H3 cell of resolution 5 or 6"),
            ("/location", r#"{"point": {"lat": 91, "lon": 0}}"#, "must be from -90 to 90 degrees, is 91"),
            ("/location", r#"{"point": {"lat": 0, "lon": -180.5}}"#, "must be from -180 to 180 degrees, is -180.5"),
            ("/location", r#"{"point": {"lat": 0}}"#, "missing field `lon`"),
            ("/location", r#"{"point": {"lat": 0, "lon": 0, "alt": 0}}"#, "unknown field `alt`"),
            ("/location", r#"{"point": {"lat": "0", "lon": 0}}"#, "invalid type: string"),
            ("/location", r#"{"cell": "861f90257ffffff", "point": {"lat": 0, "lon": 0}}"#, "expected"),
            ("/location", r#"{"street": "1 rue X"}"#, "unknown variant `street`"),
            ("/location", "{}", "expected"),
            ("/location", "null", "expected"),
            ("/stages", "null", "invalid type: null"),
            ("/stages", r#""emergency""#, "invalid type: string"),
            ("/stages", r#"["shelter"]"#, "`shelter` is no stage; known: emergency, stabilisation, integration"),
            ("/genders", r#"["women"]"#, "`women` is no gender; known: female, male, other"),
            ("/adult_ages", r#"{"max": 30}"#, "missing field `min`"),
            ("/adult_ages/min", "-1", "must be a whole number from 0 to 150, is -1"),
            ("/adult_ages/min", "151", "must be a whole number from 0 to 150, is 151"),
            ("/adult_ages/min", "18.5", "expected a whole number from 0 to 150"),
            ("/adult_ages/min", r#""18""#, "expected a whole number from 0 to 150"),
            ("/adult_ages/max", "18446744073709551615", "must be a whole number from 0 to 150, is 18446744073709551615"),
            ("/max_household", "0", "must be a whole number from 1 to 100000, is 0"),
            ("/max_household", "100001", "must be a whole number from 1 to 100000, is 100001"),
            ("/couples", "null", "invalid type: null"),
            ("/couples", r#""yes""#, "invalid type: string"),
            ("/couples", "1", "invalid type: integer"),
            ("/setting", r#""family""#, "`family` is no setting; known: women, men, mixed, alone"),
            ("/setting", "null", "invalid type: null"),
            ("/unaccompanied_minors/accreditation", r#""""#, "must be 1 to 200 characters"),
            ("/unaccompanied_minors/accreditation", r#""a\nb""#, "without control characters"),
            ("/unaccompanied_minors/genders", "null", "invalid type: null"),
            ("/admission_days", "3651", "must be a whole number from 0 to 3650, is 3651"),
            ("/doors", r#"["119"]"#, "`119` is no door; known: siao, 115"),
            ("/doors", "null", "invalid type: null"),
            ("/offers", r#"["sauna"]"#, "`sauna` is no offer; known: psychological_care"),
            ("/offers", "null", "invalid type: null"),
            ("/languages", r#"["xx"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["FR"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["fra"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["sh"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["PCM"]"#, "or one of bin, pcm, rom, prs, snk, mnk, dyu, zdj"),
            ("/languages", r#"["bi n"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["wol"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"["é"]"#, "must be a language of ISO 639-1"),
            ("/languages", r#"[""]"#, "must be a language of ISO 639-1"),
            ("/conditions", r#"["regular_stay"]"#, "`regular_stay` is no condition"),
            ("/conditions", r#"["local_connection"]"#, "`local_connection` is no condition"),
            ("/unlawful_conditions", r#"["abstinence"]"#, "`abstinence` is no unlawful condition"),
            ("/steps", r#"["trial"]"#, "`trial` is no step; known: interview"),
            ("/vacancies", "null", "invalid type: null"),
            ("/vacancies/0/beds", "0", "must be a whole number from 1 to 100000, is 0"),
            ("/vacancies/0/beds", "100001", "must be a whole number from 1 to 100000, is 100001"),
            ("/vacancies/0/from", r#""2026-2-3""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""2026-02-30""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""2027-02-29""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""2026-13-01""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""23/11/2026""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""2026-11-23 ""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""2026-11-23T00:00:00Z""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""+026-11-23""#, "must be a day such as 2026-11-23"),
            ("/vacancies/0/from", r#""0000-01-01""#, "must be a day of the years 0001 to 9999"),
            ("/vacancies/0/from", "null", "invalid type: null"),
            ("/vacancies/0/confirmed_at", r#""2026-11-22T10:00:00""#, "must be an instant with its offset"),
            ("/vacancies/0/confirmed_at", r#""2026-11-22""#, "must be an instant with its offset"),
            ("/vacancies/0/confirmed_at", r#""2026-11-22T25:00:00Z""#, "must be an instant with its offset"),
            ("/vacancies/0/confirmed_at", "1795338000", "invalid type: integer"),
            ("/houses", "null", "invalid type: null"),
            ("/houses", r#"["nobody"]"#, "invalid"),
        ],
    );
    all_required::<Unit>(
        &unit(),
        &[
            "/id",
            "/structure_id",
            "/kind",
            "/department",
            "/location",
            "/stages",
            "/genders",
            "/adult_ages",
            "/max_household",
            "/children/max_age",
            "/unaccompanied_minors/min_age",
            "/unaccompanied_minors/max_age",
            "/unaccompanied_minors/genders",
            "/vacancies/0/id",
            "/vacancies/0/beds",
            "/vacancies/0/from",
            "/vacancies/0/confirmed_at",
        ],
    );
}

#[test]
fn a_bad_request_is_refused() {
    all_refused::<Request>(
        &request(),
        &[
            ("/nationality", r#""xx""#, "unknown field `nationality`"),
            ("/household/0/name", r#""X""#, "unknown field `name`"),
            ("/place/city", r#""Paris""#, "unknown field `city`"),
            ("/distance/km", "3", "unknown field `km`"),
            ("/danger_zones/0/city", r#""Paris""#, "unknown field `city`"),
            ("/danger_zones/1/centre/alt", "1", "unknown field `alt`"),
            ("/at", r#""2026-11-23T10:00:00""#, "must be an instant with its offset"),
            ("/at", r#""2026-11-23T10:00:00 01:00""#, "must be an instant with its offset"),
            ("/at", r#""0000-12-31T23:59:59Z""#, "must be an instant of the years 0001 to 9999"),
            ("/at", r#""2026-11-23 10:00:00Z""#, "must be an instant with its offset"),
            ("/at", r#""2026-11-23T10:00:00−01:00""#, "must be an instant with its offset"),
            ("/at", "null", "invalid type: null"),
            ("/created_at", r#""yesterday""#, "must be an instant with its offset"),
            ("/household", "null", "invalid type: null"),
            ("/household", "{}", "invalid type: map"),
            ("/household/0/gender", r#""woman""#, "`woman` is no gender"),
            ("/household/0/minority", r#""child""#, "`child` is no minority; known: adult, minor, presumed_minor"),
            ("/household/0/age", "-1", "must be a whole number from 0 to 150, is -1"),
            ("/household/0/age", "151", "must be a whole number from 0 to 150, is 151"),
            ("/household/0/age", "24.5", "expected a whole number from 0 to 150"),
            ("/household/0/age", "151.0", "must be a whole number from 0 to 150, is 151"),
            ("/household/0/age", "1e300", "expected a whole number from 0 to 150"),
            ("/household/0/with_parent", "null", "invalid type: null"),
            ("/household/0/turns_18_on", r#""2026-2-3""#, "must be a day such as"),
            ("/couple", "null", "invalid type: null"),
            ("/stage", r#"["emergency"]"#, "invalid type: sequence"),
            ("/urgency", r#""now""#, "`now` is no urgency; known: immediate, urgent, planned"),
            ("/first_day", r#""tomorrow""#, "must be a day such as"),
            ("/nights", "0", "must be a whole number from 1 to 730, is 0"),
            ("/nights", "731", "must be a whole number from 1 to 730, is 731"),
            ("/nights", "-5", "must be a whole number from 1 to 730, is -5"),
            ("/nights", "null", "invalid type: null"),
            ("/place/lat", "90.000001", "must be from -90 to 90 degrees, is 90.000001"),
            ("/place/lon", "181", "must be from -180 to 180 degrees, is 181"),
            ("/place/department", r#""20""#, "must be the INSEE code"),
            ("/distance", "null", "invalid type: null"),
            ("/distance/wish", r#""near""#, "`near` is no wish; known: stay_near, move_away, indifferent"),
            ("/distance/max_km", "-0.1", "must be from 0 to 1000000 km, is -0.1"),
            ("/distance/max_km", "1000001", "must be from 0 to 1000000 km, is 1000001"),
            ("/accepts_removal", r#""true""#, "invalid type: string"),
            ("/accepts_crossing", "0", "invalid type: integer"),
            ("/living_with", r#"["boys"]"#, "`boys` is no setting"),
            ("/living_with", "null", "invalid type: null"),
            ("/danger_zones", "null", "invalid type: null"),
            ("/danger_zones/0/level", r#""deadly""#, "`deadly` is no level of a danger zone; known: forbidden, avoid"),
            ("/danger_zones/0/department", r#""99""#, "must be the INSEE code"),
            ("/danger_zones/1/radius_km", "0", "must be more than 0 and at most 1000000 km, is 0"),
            ("/danger_zones/1/radius_km", "-5", "must be more than 0 and at most 1000000 km, is -5"),
            ("/danger_zones/1/radius_km", "1000000.1", "must be more than 0 and at most 1000000 km"),
            ("/danger_zones/1/centre/lat", "-91", "must be from -90 to 90 degrees, is -91"),
            ("/required", "null", "invalid type: null"),
            ("/required", r#"["sauna"]"#, "`sauna` is no offer"),
            ("/wished", "null", "invalid type: null"),
            ("/required_languages", r#"["xx"]"#, "must be a language of ISO 639-1"),
            ("/wished_languages", r#"["FR"]"#, "must be a language of ISO 639-1"),
            ("/keep_apart", "null", "invalid type: null"),
            ("/refused_units", r#"["unit"]"#, "invalid"),
            ("/refused_structures", r#"{"id": 1}"#, "invalid type: map"),
        ],
    );
    all_required::<Request>(
        &request(),
        &[
            "/id",
            "/at",
            "/household",
            "/stage",
            "/urgency",
            "/first_day",
            "/nights",
            "/place",
            "/distance",
            "/household/0/gender",
            "/household/0/minority",
            "/place/lat",
            "/place/lon",
            "/place/department",
            "/distance/wish",
            "/danger_zones/0/level",
            "/danger_zones/1/centre/lat",
        ],
    );
}

#[test]
fn a_field_given_twice_is_refused() {
    let twice = |json: Value, field: &str| json.to_string().replacen('{', &format!("{{\"{field}\":{},", json[field]), 1);
    for field in ["id", "adult_ages", "vacancies", "couples"] {
        let said = refusal::<Unit>(&twice(unit(), field));
        assert!(said.contains(&format!("duplicate field `{field}`")), "{said}");
    }
    for field in ["id", "nights", "danger_zones"] {
        let said = refusal::<Request>(&twice(request(), field));
        assert!(said.contains(&format!("duplicate field `{field}`")), "{said}");
    }
}

#[test]
fn a_number_that_is_none_is_refused() {
    for (field, number) in [("max_household", "1e400"), ("max_household", "NaN"), ("max_household", "01"), ("max_household", "--1")]
    {
        let text = with(unit(), &format!("/{field}"), Some(json!("here"))).to_string().replace("\"here\"", number);
        assert!(!refusal::<Unit>(&text).is_empty());
    }
}

#[test]
fn a_long_unknown_code_is_not_given_back_whole() {
    let said = refusal::<Unit>(&with(unit(), "/kind", Some(json!("é".repeat(10_000)))).to_string());
    assert!(said.contains(&format!("`{}` is no kind", "é".repeat(40))) && said.len() < 500, "{said}");
}

/// What may be null or left out, and what that means.
#[test]
fn null_and_left_out_mean_what_the_contract_says() {
    let whole = unit();
    let parsed = |pointer: &str, to: Option<Value>| -> Unit { serde_json::from_value(with(whole.clone(), pointer, to)).unwrap() };
    assert_eq!(parsed("/adult_ages", Some(Value::Null)).adult_ages, None);
    assert_eq!(parsed("/children", Some(Value::Null)), parsed("/children", None));
    assert_eq!(parsed("/unaccompanied_minors", Some(Value::Null)), parsed("/unaccompanied_minors", None));
    assert_eq!(parsed("/adult_ages/max", Some(Value::Null)), parsed("/adult_ages/max", None));
    assert_eq!(parsed("/children/boys_max_age", Some(Value::Null)), parsed("/children/boys_max_age", None));
    assert_eq!(parsed("/vacancies/0/until", Some(Value::Null)), parsed("/vacancies/0/until", None));
    let bare = json!({"id": whole["id"], "structure_id": whole["structure_id"], "kind": "other", "department": "69",
        "location": whole["location"], "stages": ["emergency"], "genders": ["female"], "adult_ages": null, "max_household": 1});
    let filled = json!({"couples": false, "setting": "mixed", "children": null, "unaccompanied_minors": null, "specialised": false,
        "removal_only": false, "admission_days": 0, "doors": ["direct"], "offers": [], "languages": [], "conditions": [],
        "unlawful_conditions": [], "steps": [], "vacancies": [], "houses": []});
    let mut expected = bare.clone();
    expected.as_object_mut().unwrap().extend(filled.as_object().unwrap().clone());
    assert_eq!(serde_json::to_value(serde_json::from_value::<Unit>(bare).unwrap()).unwrap(), expected);

    let whole = request();
    let required = ["id", "at", "household", "stage", "urgency", "first_day", "nights", "place", "distance"];
    let bare: Value =
        required.iter().map(|field| ((*field).to_owned(), whole[*field].clone())).collect::<serde_json::Map<_, _>>().into();
    let parsed: Request = serde_json::from_value(bare).unwrap();
    assert_eq!(parsed.created_at, None);
    assert!(!parsed.couple && !parsed.accepts_removal && !parsed.accepts_crossing);
    assert!(
        parsed.living_with.is_empty() && parsed.danger_zones.is_empty() && parsed.required.is_empty() && parsed.wished.is_empty()
    );
    assert!(parsed.required_languages.is_empty() && parsed.wished_languages.is_empty());
    assert!(parsed.keep_apart.is_empty() && parsed.refused_units.is_empty() && parsed.refused_structures.is_empty());
}

/// The ends of every range are within it.
#[test]
fn the_ends_of_ranges_are_taken() {
    for (pointer, to) in [
        ("/adult_ages/min", "0"),
        ("/adult_ages/max", "150"),
        ("/max_household", "100000"),
        ("/vacancies/0/beds", "100000"),
        ("/admission_days", "3650"),
        ("/vacancies/0/from", r#""0001-01-01""#),
        ("/vacancies/0/until", r#""9999-12-31""#),
        ("/vacancies/0/from", r#""2024-02-29""#),
        ("/location", r#"{"point": {"lat": -90, "lon": 180}}"#),
        ("/vacancies/0/confirmed_at", r#""2026-11-22T10:00:00.123456789Z""#),
        ("/department", r#""2A""#),
        ("/department", r#""978""#),
        ("/location", r#"{"cell": "851f9027fffffff"}"#),
    ] {
        serde_json::from_value::<Unit>(with(unit(), pointer, Some(serde_json::from_str(to).unwrap()))).unwrap();
    }
    for (pointer, to) in [
        ("/nights", "1"),
        ("/nights", "730"),
        ("/distance/max_km", "0"),
        ("/distance/max_km", "1000000"),
        ("/household/0/age", "150"),
        ("/danger_zones/1/radius_km", "0.001"),
        ("/danger_zones/1/radius_km", "1000000"),
        ("/household/0/age", "24.0"),
        ("/place/lat", "90"),
        ("/place/lon", "-180"),
    ] {
        serde_json::from_value::<Request>(with(request(), pointer, Some(serde_json::from_str(to).unwrap()))).unwrap();
    }
}

fn fields(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.field.as_str()).collect()
}

#[test]
fn a_unit_that_contradicts_itself_says_where() {
    let none: Unit = serde_json::from_value(unit()).unwrap();
    assert_eq!(none.faults(), []);
    let second = |until: &str| json!({"id": "00000000-0000-7000-8000-000000000002", "beds": 1, "from": "2026-11-23", "until": until, "confirmed_at": "2026-11-22T10:00:00Z"});
    let first = unit()["vacancies"][0].clone();
    for (pointer, to, expected) in [
        ("/stages", json!([]), "stages"),
        ("/genders", json!([]), "genders"),
        ("/kind", json!("minors_home"), "adult_ages"),
        ("/kind", json!("secure_minors_centre"), "adult_ages"),
        ("/adult_ages/min", json!(61), "adult_ages.min"),
        ("/children", json!({"max_age": 18}), "children.max_age"),
        ("/children/boys_max_age", json!(13), "children.boys_max_age"),
        ("/unaccompanied_minors/max_age", json!(21), "unaccompanied_minors.max_age"),
        ("/unaccompanied_minors/min_age", json!(18), "unaccompanied_minors.min_age"),
        ("/unaccompanied_minors", json!({"min_age": 20, "max_age": 19, "genders": ["female"]}), "unaccompanied_minors.min_age"),
        ("/vacancies/0/until", json!("2026-11-23"), "vacancies[0].until"),
        ("/vacancies/0/until", json!("2026-11-22"), "vacancies[0].until"),
        ("/vacancies", json!([first, second("2026-11-01")]), "vacancies[1].until"),
        ("/vacancies", json!([first, first]), "vacancies[1].id"),
    ] {
        let unit: Unit = serde_json::from_value(with(unit(), pointer, Some(to.clone()))).unwrap();
        assert_eq!(fields(&unit.faults()), [expected], "{pointer} = {to}");
        assert!(!unit.faults()[0].why.is_empty());
        assert_eq!(matcher::Snapshot::new(Policy::embedded()).insert(unit.clone()), Err(unit.faults()));
    }
    let unit: Unit = serde_json::from_value(with(unit(), "/children", Some(json!({"max_age": 18, "boys_max_age": 19})))).unwrap();
    assert_eq!(
        fields(&unit.faults()),
        ["children.max_age", "children.boys_max_age", "children.boys_max_age"],
        "all of it, not the first"
    );
}

#[test]
fn what_is_at_the_border_contradicts_nothing() {
    for (pointer, to) in [
        ("/adult_ages/min", json!(60)),
        ("/children", json!({"max_age": 17, "boys_max_age": 17})),
        ("/unaccompanied_minors/max_age", json!(20)),
        ("/unaccompanied_minors", json!({"min_age": 20, "max_age": 20, "genders": ["female"]})),
        ("/unaccompanied_minors/min_age", json!(17)),
        ("/vacancies/0/until", json!("2026-11-24")),
        ("/vacancies", json!([])),
        ("/adult_ages", Value::Null),
    ] {
        let unit: Unit = serde_json::from_value(with(unit(), pointer, Some(to))).unwrap();
        assert_eq!(unit.faults(), [], "{pointer}");
    }
}

#[test]
fn a_request_that_contradicts_itself_says_where() {
    let none: Request = serde_json::from_value(request()).unwrap();
    assert_eq!(none.faults(), []);
    let adult = json!({"gender": "female", "minority": "adult"});
    let centre = json!({"lat": 0, "lon": 0});
    for (pointer, to, expected) in [
        ("/household", json!([]), "household"),
        ("/household/0/age", json!(17), "household[0].age"),
        ("/household/1/age", json!(18), "household[1].age"),
        ("/household/0/with_parent", json!(true), "household[0].with_parent"),
        ("/couple", json!(true), "couple"),
        ("/distance", json!({"wish": "move_away", "max_km": 5}), "distance.max_km"),
        ("/distance", json!({"wish": "indifferent", "max_km": 5}), "distance.max_km"),
        ("/distance", json!({"wish": "stay_near", "min_km": 5}), "distance.min_km"),
        ("/distance", json!({"wish": "indifferent", "min_km": 5}), "distance.min_km"),
        ("/danger_zones/0", json!({"level": "avoid"}), "danger_zones[0].department"),
        (
            "/danger_zones/1",
            json!({"level": "avoid", "department": "93", "centre": centre, "radius_km": 1}),
            "danger_zones[1].department",
        ),
        ("/danger_zones/1", json!({"level": "avoid", "department": "93", "radius_km": 1}), "danger_zones[1].department"),
        ("/danger_zones/1", json!({"level": "avoid", "department": "93", "centre": centre}), "danger_zones[1].department"),
        ("/danger_zones/1", json!({"level": "avoid", "centre": centre}), "danger_zones[1].radius_km"),
        ("/danger_zones/1", json!({"level": "avoid", "radius_km": 1}), "danger_zones[1].centre"),
    ] {
        let request: Request = serde_json::from_value(with(request(), pointer, Some(to.clone()))).unwrap();
        assert_eq!(fields(&request.faults()), [expected], "{pointer} = {to}");
        assert!(!request.faults()[0].why.is_empty());
        let refused = matcher::Query::new(request.clone(), &Policy::embedded()).unwrap_err();
        assert_eq!(refused, request.faults());
    }
    for (pointer, to) in [
        ("/household/0/age", json!(18)),
        ("/household/1/age", json!(17)),
        ("/household/1", json!({"gender": "male", "minority": "presumed_minor", "age": 30, "with_parent": true})),
        // A mother of 16 is a parent too.
        ("/household/0", json!({"gender": "female", "minority": "minor", "age": 16})),
        ("/household", json!([{"gender": "male", "minority": "minor", "age": 15}])),
        ("/distance", json!({"wish": "move_away", "min_km": 5})),
        ("/distance", json!({"wish": "indifferent", "max_km": null, "min_km": null})),
        ("/first_day", json!("0001-01-01")),
    ] {
        let request: Request = serde_json::from_value(with(request(), pointer, Some(to))).unwrap();
        assert_eq!(request.faults(), [], "{pointer}");
    }
    let couple = with(with(request(), "/household", Some(json!([adult, adult]))), "/couple", Some(json!(true)));
    assert_eq!(serde_json::from_value::<Request>(couple).unwrap().faults(), []);
}

/// Somebody has to be the parent: a child of 4 alone is no child with its parent (design §3.1).
#[test]
fn a_household_of_children_only_says_who_has_no_parent_there() {
    let child = |minority: &str, age: Option<u8>| json!({"gender": "male", "minority": minority, "age": age, "with_parent": true});
    let told = |household: Vec<Value>| {
        let request: Request = serde_json::from_value(with(request(), "/household", Some(json!(household)))).unwrap();
        let faults = request.faults();
        assert_eq!(matcher::Query::new(request, &Policy::embedded()).err().unwrap_or_default(), faults);
        faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    assert_eq!(told(vec![child("minor", Some(4))]), ["household[0].with_parent"]);
    assert_eq!(told(vec![child("presumed_minor", Some(19))]), ["household[0].with_parent"]);
    let all = [child("minor", Some(4)), child("presumed_minor", None), child("minor", Some(17))];
    assert_eq!(told(all.to_vec()), ["household[0].with_parent", "household[1].with_parent", "household[2].with_parent"]);
    // Whoever is without one may be the parent, whatever they are; and an adult who is said to have one is the only mistake.
    for parent in [
        json!({"gender": "female", "minority": "adult", "age": 40}),
        json!({"gender": "female", "minority": "minor", "age": 15}),
        json!({"gender": "female", "minority": "presumed_minor"}),
    ] {
        assert!(told(vec![child("minor", Some(4)), parent]).is_empty());
    }
    let adult = json!({"gender": "female", "minority": "adult", "with_parent": true});
    assert_eq!(told(vec![adult, child("minor", Some(4))]), ["household[0].with_parent"]);
}

#[test]
fn every_language_of_the_contract_is_one() {
    let three: Vec<_> = matcher::Language::codes().filter(|code| code.len() == 3).collect();
    let mut expected = vec!["bin", "pcm", "rom", "prs", "snk", "mnk", "dyu", "zdj"];
    expected.sort_unstable();
    assert_eq!(three, expected);
    assert_eq!(matcher::Language::codes().count(), 184 + 8);
    assert!(matcher::Language::codes().is_sorted());
    assert_eq!(matcher::Language::FRENCH.as_str(), "fr");
    for code in matcher::Language::codes() {
        assert_eq!(code.parse::<matcher::Language>().unwrap().to_string(), code);
        let unit: Unit = serde_json::from_value(with(unit(), "/languages", Some(json!([code])))).unwrap();
        assert_eq!(unit.languages.iter().map(|language| language.as_str()).collect::<Vec<_>>(), [code]);
    }
}

/// Read, written and read again: nothing changes, and what is written once is written the same for ever.
fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(json: &Value) -> Value {
    let first: T = serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"));
    let text = serde_json::to_string(&first).unwrap();
    let second: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(first, second);
    assert_eq!(serde_json::to_string(&second).unwrap(), text);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_worked_example_survives_a_round_trip() {
    let lines = |text: &'static str| text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!((lines(UNIT).count(), lines(REQUESTS).count()), (80, 40));
    lines(UNIT).for_each(|unit| _ = round_trip::<Unit>(&unit));
    lines(REQUESTS).for_each(|request| _ = round_trip::<Request>(&request));
    assert_eq!(round_trip::<Unit>(&unit()), unit(), "a unit with every field is written as it was read");
    let written = round_trip::<Request>(&request());
    for (field, value) in request().as_object().unwrap() {
        let same = match field.as_str() {
            // 20 is read as a number of kilometres and written as 20.0.
            "distance" => written["distance"] == json!({"wish": "stay_near", "max_km": 50.0}),
            "danger_zones" => written["danger_zones"][1]["radius_km"] == json!(20.0) && written["danger_zones"][0] == value[0],
            _ => written[field] == *value,
        };
        assert!(same, "{field}: {}", written[field]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_and_requests_at_random_survive_a_round_trip(unit in generated::unit(), request in generated::request()) {
        let (unit, request) = (round_trip::<Unit>(&unit), round_trip::<Request>(&request));
        prop_assert_eq!(serde_json::from_value::<Unit>(unit).unwrap().faults(), []);
        prop_assert_eq!(serde_json::from_value::<Request>(request).unwrap().faults(), []);
    }

    /// Any text whatever is refused or read, and nothing worse.
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,12}|[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}(T[0-9:.]{5,9}(Z|[+-][0-9:]{2,5}))?|[0-9a-f]{15,16}") {
        if let Ok(day) = text.parse::<matcher::Day>() {
            prop_assert_eq!(day.to_string(), text.clone());
        }
        if let Ok(moment) = text.parse::<matcher::Moment>() {
            prop_assert_eq!(moment.to_string().parse::<matcher::Moment>().unwrap(), moment);
        }
        if let Ok(cell) = text.parse::<matcher::Cell>() {
            prop_assert_eq!(cell.to_string().parse::<matcher::Cell>().unwrap(), cell);
        }
        if let Ok(department) = text.parse::<matcher::Department>() {
            prop_assert_eq!(department.to_string(), text.clone());
        }
        if let Ok(language) = text.parse::<matcher::Language>() {
            prop_assert_eq!(language.to_string(), text);
        }
    }
}

#[test]
fn ids_are_written_in_lower_case() {
    let upper = "0192F0C1-ABCD-7EF0-8ABC-00000000000F";
    let unit = with(with(unit(), "/id", Some(json!(upper))), "/houses", Some(json!([upper])));
    let written = round_trip::<Unit>(&unit);
    assert_eq!((&written["id"], &written["houses"][0]), (&json!(upper.to_lowercase()), &json!(upper.to_lowercase())));
    let request = with(request(), "/keep_apart", Some(json!([upper])));
    assert_eq!(round_trip::<Request>(&request)["keep_apart"][0], upper.to_lowercase());
    // Compared as ids: the unit that houses the one is kept apart from the other spelling of it.
    let policy = Policy::embedded();
    let mut registry = matcher::Snapshot::new(policy.clone());
    registry.insert(serde_json::from_value(unit).unwrap()).unwrap();
    let request = with(request, "/keep_apart", Some(json!([upper.to_lowercase()])));
    let query = matcher::Query::new(serde_json::from_value(request).unwrap(), &policy).unwrap();
    assert_eq!(registry.answer(&query, 1).failed.get(matcher::Rule::KeepApart), 1);
}

#[test]
fn a_repeated_code_counts_once_and_keeps_its_first_place() {
    for (field, given, kept) in [
        ("stages", json!(["integration", "emergency", "integration"]), json!(["integration", "emergency"])),
        ("genders", json!(["male", "male", "female", "male"]), json!(["male", "female"])),
        ("doors", json!(["health", "115", "health"]), json!(["health", "115"])),
        ("offers", json!(["cot", "animals", "cot", "cot"]), json!(["cot", "animals"])),
        ("languages", json!(["ro", "fr", "ro", "en"]), json!(["ro", "fr", "en"])),
        ("conditions", json!(["local_danger", "abstinence", "abstinence"]), json!(["local_danger", "abstinence"])),
        ("unlawful_conditions", json!(["cooperation", "cooperation"]), json!(["cooperation"])),
        ("steps", json!(["visit", "interview", "visit"]), json!(["visit", "interview"])),
    ] {
        assert_eq!(round_trip::<Unit>(&with(unit(), &format!("/{field}"), Some(given)))[field], kept, "{field}");
    }
    for (field, given, kept) in [
        ("living_with", json!(["mixed", "women", "mixed"]), json!(["mixed", "women"])),
        ("required", json!(["cot", "animals", "cot"]), json!(["cot", "animals"])),
        ("wished_languages", json!(["ti", "ar", "ti"]), json!(["ti", "ar"])),
    ] {
        assert_eq!(round_trip::<Request>(&with(request(), &format!("/{field}"), Some(given)))[field], kept, "{field}");
    }
}

const POLICY: &str = include_str!("../../policy/default.toml");

#[test]
fn the_embedded_policy_is_the_file() {
    let policy = Policy::embedded();
    assert_eq!(Policy::parse(POLICY), Ok(policy.clone()));
    assert_eq!(policy.version(), "2026-11-01");
}

#[test]
fn a_wrong_policy_names_its_key() {
    for (from, to, message) in [
        ("removal_km = 150\n", "", "missing field `removal_km`"),
        ("version = \"2026-11-01\"\n", "", "missing field `version`"),
        ("[freshness]", "[freshnes]", "unknown field `freshnes`"),
        ("related = 0.5", "related = 0.5\nother = 1", "unknown field `other`"),
        ("immediate = 0", "immediate = -1", "immediate"),
        ("immediate = 0", "immediate = 0.5", "immediate"),
        ("immediate = 0", "immediate = \"0\"", "immediate"),
        ("version = \"2026-11-01\"", "version = \" \"", "`version` must not be empty"),
        ("removal_km = 150", "removal_km = 0", "`limits.removal_km` must be a number above 0, is 0"),
        ("far_km = 400", "far_km = inf", "`limits.far_km` must be a number above 0, is inf"),
        ("stay_near_half_km = 30", "stay_near_half_km = 0", "`distance.stay_near_half_km` must be a number above 0, is 0"),
        ("move_away_half_km = 150", "move_away_half_km = -1", "`distance.move_away_half_km` must be a number above 0, is -1"),
        (
            "indifferent_half_km = 150",
            "indifferent_half_km = nan",
            "`distance.indifferent_half_km` must be a number above 0, is NaN",
        ),
        ("move_away_enough_km = 300", "move_away_enough_km = 0", "`distance.move_away_enough_km` must be a number above 0"),
        ("indifferent_weight = 5", "indifferent_weight = -5", "`distance.indifferent_weight` must be a number from 0, is -5"),
        ("fresh_hours = 24", "fresh_hours = -1", "`freshness.fresh_hours` must be a number from 0, is -1"),
        ("half_life_hours = 72", "half_life_hours = 0", "`freshness.half_life_hours` must be a number above 0, is 0"),
        ("stale_hours = 72", "stale_hours = -1", "`freshness.stale_hours` must be a number from 0, is -1"),
        ("related = 0.5", "related = 2", "`specialisation.related` must be a number from 0 to 1, is 2"),
        ("offers = 10\n", "offers = -10\n", "`weights.immediate.offers` must be a number from 0, is -10"),
        ("readiness = 10\n", "readiness = nan\n", "`weights.urgent.readiness` must be a number from 0, is NaN"),
        ("continuity = 10", "continuity = -0.5", "`weights.planned.continuity` must be a number from 0, is -0.5"),
        ("continuity = 10", "", "missing field `continuity`"),
        ("[weights.planned]", "[weights.later]", "later"),
        ("ends_at_hour = 6", "ends_at_hour = 13", "`night.ends_at_hour` must be an hour from 0 to 12, is 13"),
        ("ends_at_hour = 6", "", "missing field `ends_at_hour`"),
        ("account = 30\n", "account = 0\n", "`quotas.beds_held.account` must be a number above 0, is 0"),
        ("organisation = 60\n", "organisation = 20\n", "`quotas.beds_held.organisation` must be no less than `account`, is 20"),
        ("[quotas.exports]", "[quotas.copies]", "unknown field `copies`"),
        (
            "night_begins_at_hour = 22",
            "night_begins_at_hour = 6",
            "`unusual.night_begins_at_hour` must be an hour from 13 to 23, is 6",
        ),
        ("rankings_alike = 60", "rankings_alike = 0", "`unusual.rankings_alike` must be a number above 0, is 0"),
        ("immediate = 100", "immediate = 0", "`plan.immediate` must be a number from 0.000001 to 1000000, is 0"),
        ("urgent = 10\nplanned = 1\n", "planned = 1\n", "missing field `urgent`"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        let refused = Policy::parse(&POLICY.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{to:?} is taken"));
        assert!(refused.to_string().contains(message), "{to:?}: expected `{message}`, came `{refused}`");
    }
    let nothing_counts = POLICY.replacen("specialisation = 15", "specialisation = 0", 1);
    let nothing_counts =
        nothing_counts.replacen("readiness = 15", "readiness = 0", 1).replacen("freshness = 20", "freshness = 0", 1);
    let refused = Policy::parse(&nothing_counts).unwrap_err().to_string();
    assert!(refused.contains("weights.immediate"), "{refused}");
    assert!(Policy::parse("").is_err() && Policy::parse("not toml").is_err());
}

#[test]
fn a_weight_of_zero_leaves_a_criterion_out() {
    let policy = Policy::parse(&POLICY.replace("readiness = 15", "readiness = 0")).unwrap();
    let mut registry = matcher::Snapshot::new(policy.clone());
    registry.insert(serde_json::from_value(unit()).unwrap()).unwrap();
    let request = with(with(request(), "/distance", Some(json!({"wish": "indifferent"}))), "/danger_zones", Some(json!([])));
    let request = with(with(request, "/accepts_removal", Some(json!(true))), "/living_with", Some(json!([])));
    let query =
        matcher::Query::new(serde_json::from_value(with(request, "/keep_apart", Some(json!([])))).unwrap(), &policy).unwrap();
    let ranking = registry.answer(&query, 1);
    let names: Vec<_> = ranking.proposals[0].criteria.iter().map(|share| share.name.to_string()).collect();
    assert_eq!(names, ["distance", "specialisation", "offers", "languages", "cover", "freshness", "conditions", "fit"]);
}
