//! Units and requests at random: every field varies, extremes and empty lists included, and most are alike enough that some units are
//! eligible. All as JSON, so that leaving a field out is a value too.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A strategy whose type is of no interest.
type Any<T> = BoxedStrategy<T>;

/// Most often the first, else the second.
fn mostly<T: std::fmt::Debug + 'static>(
    common: impl Strategy<Value = T> + 'static,
    rare: impl Strategy<Value = T> + 'static,
) -> Any<T> {
    prop_oneof![6 => common, 1 => rare].boxed()
}

/// One of these.
fn one<T: Clone + std::fmt::Debug + 'static>(of: &'static [T]) -> Any<T> {
    select(of).boxed()
}

/// Some of these codes, in any order.
fn some(codes: &'static [&'static str], least: usize) -> Any<Vec<&'static str>> {
    subsequence(codes, least..=codes.len()).prop_shuffle().boxed()
}

/// No code, most often, else up to three of them.
fn few(codes: &'static [&'static str]) -> Any<Vec<&'static str>> {
    mostly(Just(Vec::new()), subsequence(codes, 0..=3.min(codes.len())).prop_shuffle())
}

fn id(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}

/// One of few ids, so that lists of them meet.
fn ids(from: u128) -> Any<Vec<String>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec((from..from + 8).prop_map(id), 1..4)].boxed()
}

const DEPARTMENTS: &[&str] = &["69", "69", "69", "69", "69", "69", "69", "69", "38", "75", "2A", "2B", "971", "978"];
const OFFERS: &[&str] = &["legal_support", "interpreting", "step_free", "cot", "animals"];
const LANGUAGES: &[&str] = &["fr", "en", "ro", "ti", "pcm", "zdj"];
const GENDERS: &[&str] = &["female", "male", "other"];
const STAGES: &[&str] = &["emergency", "stabilisation", "integration"];
const KINDS: &[&str] =
    &["chrs", "hotel", "acse", "specialised_flat", "minors_home", "secure_minors_centre", "diffuse_housing", "other"];

/// Millionths. `serde_json` reads a number of up to 15 digits exactly, and a longer one perhaps beside by the last bit.
fn millionths(range: std::ops::Range<i32>) -> Any<f64> {
    range.prop_map(|millionths| f64::from(millionths) / 1e6).boxed()
}

/// Around Lyon; or at the ends of the world.
fn point() -> Any<Value> {
    let near = (millionths(45_000_000..46_500_000), millionths(4_000_000..5_500_000))
        .prop_map(|(lat, lon)| json!({"lat": lat, "lon": lon}));
    let far = one(&[(90.0, 0.0), (-90.0, 180.0), (0.0, 180.0), (0.0, -180.0), (-45.76, -175.16), (48.85, 2.35), (0.0, 0.0)]);
    prop_oneof![12 => near, 1 => far.prop_map(|(lat, lon)| json!({"lat": lat, "lon": lon}))].boxed()
}

/// Cells around Lyon of both resolutions, one pentagon, and the cells of both poles and of the 180th meridian.
pub(crate) const CELLS: &[&str] = &[
    "861f90257ffffff",
    "861f9066fffffff",
    "861f91ca7ffffff",
    "861f93ab7ffffff",
    "851f9027fffffff",
    "851f906ffffffff",
    "85080003fffffff",
    "85032623fffffff",
    "86f29380fffffff",
    "869b43d2fffffff",
];

fn location() -> Any<Value> {
    prop_oneof![3 => one(CELLS).prop_map(|cell| json!({"cell": cell})), 2 => point().prop_map(|point| json!({"point": point}))]
        .boxed()
}

/// Around 23 November 2026; or at the ends of the calendar.
fn day() -> Any<String> {
    let near = (0_u64..20).prop_map(|days| (chrono_day(2026, 11, 15) + chrono::Days::new(days)).to_string());
    mostly(near, one(&["0001-01-01", "9999-12-31", "2024-02-29"]).prop_map(str::to_owned))
}

fn chrono_day(year: i32, month: u32, day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Mostly free already.
fn free_from() -> Any<String> {
    mostly((0_u64..25).prop_map(|days| (chrono_day(2026, 11, 1) + chrono::Days::new(days)).to_string()), day())
}

fn moment() -> Any<String> {
    let near = (15_u32..24, 0_u32..24, one(&["Z", "+01:00", "-03:00", "+14:00"]))
        .prop_map(|(day, hour, offset)| format!("2026-11-{day}T{hour:02}:30:00{offset}"));
    mostly(near, one(&["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-12:00"]).prop_map(str::to_owned))
}

/// The later of two days is one day or more after the earlier.
fn vacancy() -> Any<Value> {
    let stay = prop_oneof![3 => Just(None), 1 => (1_u64..60).prop_map(Some)];
    (one(&[1, 2, 3, 4, 10_000]), free_from(), stay, moment())
        .prop_map(|(beds, from, stay, confirmed_at)| {
            let from_day: chrono::NaiveDate = from.parse().unwrap();
            let last = chrono_day(9999, 12, 31);
            let until = stay.and_then(|days| from_day.checked_add_days(chrono::Days::new(days))).filter(|day| *day <= last);
            json!({"beds": beds, "from": from, "until": until.map(|day| day.to_string()), "confirmed_at": confirmed_at})
        })
        .boxed()
}

fn vacancies() -> Any<Value> {
    mostly(prop::collection::vec(vacancy(), 1..6), Just(Vec::new()))
        .prop_map(|mut vacancies| {
            for (at, vacancy) in vacancies.iter_mut().enumerate() {
                vacancy["id"] = json!(id(1000 + u128::try_from(at).unwrap()));
            }
            Value::Array(vacancies)
        })
        .boxed()
}

fn adult_ages() -> Any<Value> {
    let range = (one(&[0_u8, 18, 18, 18, 21]), one(&[None, None, Some(25), Some(150)]));
    mostly(range.prop_map(|(min, max)| json!({"min": min, "max": max})), Just(Value::Null))
}

fn children() -> Any<Value> {
    let taken = (one(&[0_u8, 3, 12, 16, 17, 17]), one(&[None, None, Some(0_u8), Some(8), Some(17)]))
        .prop_map(|(max_age, boys)| json!({"max_age": max_age, "boys_max_age": boys.map(|boys| boys.min(max_age))}));
    prop_oneof![2 => taken, 1 => Just(Value::Null)].boxed()
}

fn unaccompanied_minors() -> Any<Value> {
    let ages = prop_oneof![
        5 => (one(&[0_u8, 13, 16]), one(&[16_u8, 17, 17, 18, 20, 20])),
        1 => one(&[(18_u8, 18_u8), (17, 19), (19, 20), (20, 20)]),
    ];
    let taken = (ages, some(GENDERS, 1)).prop_map(|((min_age, max_age), genders)| {
        json!({"min_age": min_age, "max_age": max_age, "genders": genders, "accreditation": "ASE 69"})
    });
    prop_oneof![2 => taken, 1 => Just(Value::Null)].boxed()
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Leaves out some of the fields that may be left out.
fn thinned(value: Any<Value>, required: &'static [&'static str]) -> Any<Value> {
    (value, any::<u64>())
        .prop_map(|(value, kept)| {
            let Value::Object(map) = value else { return value };
            let optional = map.into_iter().enumerate();
            let thin = optional.filter(|(at, (key, _))| required.contains(&key.as_str()) || (kept >> at) & 3 != 0);
            Value::Object(thin.map(|(_, entry)| entry).collect::<Map<String, Value>>())
        })
        .boxed()
}

const UNIT_REQUIRED: &[&str] =
    &["id", "structure_id", "kind", "department", "location", "stages", "genders", "adult_ages", "max_household", "vacancies"];

/// A unit that contradicts nothing; its id is one of eight, so that lists of units need [`distinct`].
pub(crate) fn unit() -> Any<Value> {
    let genders = prop_oneof![1 => Just(vec!["female", "male"]), 1 => some(GENDERS, 1)];
    let who = (some(STAGES, 1), genders, adult_ages(), one(&[1, 2, 3, 4, 1000]), any::<bool>(), children(), unaccompanied_minors());
    let where_and_what =
        (mostly(one(&["chrs"]), one(KINDS)), one(DEPARTMENTS), location(), one(&["women", "men", "mixed", "alone"]));
    let how = (mostly(Just(false), Just(true)), mostly(Just(false), Just(true)), mostly(Just(0), one(&[1, 3, 3650])));
    let lists = (
        some(&["siao", "115", "direct", "health"], 0),
        some(OFFERS, 0),
        some(LANGUAGES, 0),
        few(&["income_share", "abstinence", "exit_pathway"]),
        few(&["regular_stay", "cooperation", "local_connection"]),
        few(&["interview", "visit"]),
    );
    let unit = (0_u128..8, 100_u128..108, who, where_and_what, how, lists, vacancies(), ids(500)).prop_map(
        |(
            unit_id,
            structure,
            who,
            (kind, department, location, setting),
            (specialised, removal_only, days),
            lists,
            vacancies,
            houses,
        )| {
            let (stages, genders, adult_ages, max_household, couples, children, minors) = who;
            let (doors, offers, languages, conditions, unlawful, steps) = lists;
            let adult_ages = if matches!(kind, "minors_home" | "secure_minors_centre") { Value::Null } else { adult_ages };
            object(vec![
                ("id", json!(id(unit_id))),
                ("structure_id", json!(id(structure))),
                ("kind", json!(kind)),
                ("department", json!(department)),
                ("location", location),
                ("stages", json!(stages)),
                ("genders", json!(genders)),
                ("adult_ages", adult_ages),
                ("max_household", json!(max_household)),
                ("couples", json!(couples)),
                ("setting", json!(setting)),
                ("children", children),
                ("unaccompanied_minors", minors),
                ("specialised", json!(specialised)),
                ("removal_only", json!(removal_only)),
                ("admission_days", json!(days)),
                ("doors", json!(doors)),
                ("offers", json!(offers)),
                ("languages", json!(languages)),
                ("conditions", json!(conditions)),
                ("unlawful_conditions", json!(unlawful)),
                ("steps", json!(steps)),
                ("vacancies", vacancies),
                ("houses", json!(houses)),
            ])
        },
    );
    thinned(unit.boxed(), UNIT_REQUIRED)
}

/// The same unit with ids of its own, by its place in a list.
fn numbered(units: Vec<Value>) -> Vec<Value> {
    let numbered = units.into_iter().enumerate().map(|(at, mut unit)| {
        unit["id"] = json!(id(u128::try_from(at).unwrap()));
        unit
    });
    numbered.collect()
}

/// A registry.
pub(crate) fn units() -> Any<Vec<Value>> {
    prop::collection::vec(unit(), 0..8).prop_map(numbered).boxed()
}

fn person() -> Any<Value> {
    let age = mostly(one(&[None, Some(18), Some(24), Some(25)]), one(&[Some(18), Some(19), Some(20), Some(21), Some(150)]));
    let adult = (mostly(Just("female"), one(GENDERS)), age)
        .prop_map(|(gender, age)| json!({"gender": gender, "minority": "adult", "age": age, "with_parent": false}));
    let minor = (one(GENDERS), one(&[None, Some(0), Some(12), Some(16), Some(17)]), any::<bool>()).prop_map(|(gender, age, with_parent)| {
        json!({"gender": gender, "minority": "minor", "age": age, "with_parent": with_parent, "turns_18_on": "2026-12-24"})
    });
    let presumed = (one(GENDERS), one(&[None, Some(15), Some(17), Some(20), Some(150)]), any::<bool>()).prop_map(
        |(gender, age, with_parent)| json!({"gender": gender, "minority": "presumed_minor", "age": age, "with_parent": with_parent}),
    );
    prop_oneof![6 => adult, 1 => minor, 1 => presumed].boxed()
}

/// The same people; where nobody is left to be a parent, the first is without one.
fn with_a_parent(mut household: Vec<Value>) -> Vec<Value> {
    if household.iter().all(|person| person["with_parent"] == true) {
        household[0]["with_parent"] = json!(false);
    }
    household
}

fn distance() -> Any<Value> {
    let km = || one(&[None, None, Some(0.0), Some(30.0), Some(100.0), Some(50_000.0)]);
    prop_oneof![
        km().prop_map(|km| json!({"wish": "stay_near", "max_km": km})),
        km().prop_map(|km| json!({"wish": "move_away", "min_km": km.filter(|km| *km < 1000.0)})),
        Just(json!({"wish": "indifferent"})),
    ]
    .boxed()
}

pub(crate) fn zones() -> Any<Vec<Value>> {
    let level = || one(&["forbidden", "avoid"]);
    let department = (level(), one(DEPARTMENTS)).prop_map(|(level, department)| json!({"level": level, "department": department}));
    let circle = (level(), point(), mostly(millionths(1_000_000..60_000_000), one(&[0.000_001, 50_000.0])))
        .prop_map(|(level, centre, radius_km)| json!({"level": level, "centre": centre, "radius_km": radius_km}));
    prop::collection::vec(prop_oneof![1 => department, 3 => circle], 0..4).boxed()
}

const REQUEST_REQUIRED: &[&str] =
    &["id", "at", "household", "stage", "urgency", "first_day", "nights", "place", "distance", "couple"];

/// A request that contradicts nothing.
pub(crate) fn request() -> Any<Value> {
    let household = mostly(prop::collection::vec(person(), 1..3), prop::collection::vec(person(), 3..6)).prop_map(with_a_parent);
    let when = (one(STAGES), one(&["immediate", "urgent", "planned"]), moment(), day(), one(&[1, 7, 30, 730]));
    let place = (point(), mostly(Just("69"), one(DEPARTMENTS)));
    let consents = (any::<bool>(), any::<bool>(), any::<bool>());
    let needs = (few(&["women", "men", "mixed", "alone"]), few(OFFERS), some(OFFERS, 0), few(LANGUAGES), some(LANGUAGES, 0));
    let apart = (ids(500), ids(0), ids(100));
    let request = (household, when, place, distance(), consents, zones(), needs, apart).prop_map(
        |(household, when, (point, department), distance, (couple, removal, crossing), zones, needs, apart)| {
            let (stage, urgency, at, first_day, nights) = when;
            let (living_with, required, wished, required_languages, wished_languages) = needs;
            let adults = household.iter().filter(|person| person["minority"] == "adult").count();
            object(vec![
                ("id", json!(id(900))),
                ("at", json!(at)),
                ("created_at", json!(at)),
                ("couple", json!(couple && adults >= 2)),
                ("household", json!(household)),
                ("stage", json!(stage)),
                ("urgency", json!(urgency)),
                ("first_day", json!(first_day)),
                ("nights", json!(nights)),
                ("place", json!({"lat": point["lat"], "lon": point["lon"], "department": department})),
                ("distance", distance),
                ("accepts_removal", json!(removal)),
                ("accepts_crossing", json!(crossing)),
                ("living_with", json!(living_with)),
                ("danger_zones", json!(zones)),
                ("required", json!(required)),
                ("wished", json!(wished)),
                ("required_languages", json!(required_languages)),
                ("wished_languages", json!(wished_languages)),
                ("keep_apart", json!(apart.0)),
                ("refused_units", json!(apart.1)),
                ("refused_structures", json!(apart.2)),
            ])
        },
    );
    thinned(request.boxed(), REQUEST_REQUIRED)
}
