//! What holds for every registry and every request.

use std::sync::LazyLock;

use chrono::Datelike as _;
use matcher::{
    Cell, Code as _, DangerZone, Department, Gender, Kind, Location, Minority, Offer, Person, Point, Policy, Query, Ranking,
    Request, Rule, Setting, Snapshot, Stage, Tier, Unit, Urgency, Vacancy, Wish, ZoneLevel, distance_km,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::generated::{CELLS, request, unit, units, zones};

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::embedded);

/// A failing case is shown whole and made a golden case by hand; no file remembers it.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }
}

fn parse<T: serde::de::DeserializeOwned>(json: &Value) -> T {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn query(request: &Value) -> Query {
    Query::new(parse(request), &POLICY).unwrap_or_else(|faults| panic!("{faults:?}: {request}"))
}

fn registry<'a>(units: impl IntoIterator<Item = &'a Value>) -> Snapshot {
    let mut registry = Snapshot::new(POLICY.clone());
    for unit in units {
        registry.insert(parse(unit)).unwrap_or_else(|faults| panic!("{faults:?}: {unit}"));
    }
    registry
}

fn rank<'a>(units: impl IntoIterator<Item = &'a Value>, request: &Value) -> Ranking {
    registry(units).answer(&query(request), usize::MAX)
}

/// A ranking whose relaxations have their lists in order: they give them back as they were asked.
fn in_order(ranking: &Ranking) -> Value {
    let mut ranking = serde_json::to_value(ranking).unwrap();
    for relaxation in ranking["relaxations"].as_array_mut().unwrap() {
        for side in ["from", "to"] {
            if let Some(list) = relaxation[side].as_array_mut() {
                list.sort_by_key(Value::to_string);
            }
        }
    }
    ranking
}

/// The ids of the eligible units.
fn eligible(ranking: &Ranking) -> Vec<uuid::Uuid> {
    let eligible = ranking.proposals.iter().filter(|proposal| proposal.tier == Tier::Eligible);
    let mut ids: Vec<_> = eligible.map(|proposal| proposal.unit_id).collect();
    ids.sort();
    ids
}

/// The rules read once more from the page, slowly, one sentence after the other, sharing no line with the engine.
mod slowly {
    use super::*;

    /// A day as a number, so that no calendar ends.
    fn number(day: chrono::NaiveDate) -> i64 {
        i64::from(day.num_days_from_ce())
    }

    /// The haversine distance in km, in the form with arctangents.
    fn km(from: Point, to: Point) -> f64 {
        let radians = |point: Point| (point.lat.get().to_radians(), point.lon.get().to_radians());
        let ((lat, lon), (to_lat, to_lon)) = (radians(from), radians(to));
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let chord = half(to_lat - lat) + lat.cos() * to_lat.cos() * half(to_lon - lon);
        2.0 * 6371.0088 * chord.sqrt().atan2((1.0 - chord).max(0.0).sqrt())
    }

    fn centre_and_reach(unit: &Unit) -> (Point, f64) {
        match unit.location {
            Location::Point(point) => (point, 0.0),
            Location::Cell(cell) => (cell.centre(), cell.reach_km()),
        }
    }

    fn vacancy_fits(unit: &Unit, vacancy: &Vacancy, request: &Request) -> bool {
        let today = number(request.at.day());
        let asked = number(request.first_day.get()).max(today);
        let start = asked.max(number(vacancy.from.get())).max(today + i64::from(unit.admission_days.get()));
        let tolerance = match request.urgency {
            Urgency::Immediate => 0,
            Urgency::Urgent => 3,
            Urgency::Planned => 14,
        };
        let nights = if request.stage == Stage::Emergency { 1 } else { i64::from(request.nights.get()) };
        let enough_beds = usize::try_from(vacancy.beds.get()).unwrap() >= request.household.len();
        let soon_enough = start - asked <= tolerance;
        let long_enough = match vacancy.until {
            None => true,
            Some(until) => number(until.get()) >= start + nights,
        };
        enough_beds && soon_enough && long_enough
    }

    fn taken(gender: Gender, list: &[Gender]) -> bool {
        match gender {
            Gender::Other => list.contains(&Gender::Other) || (list.contains(&Gender::Female) && list.contains(&Gender::Male)),
            one => list.contains(&one),
        }
    }

    fn adult(person: &Person) -> bool {
        person.minority == Minority::Adult
    }

    fn lone_minor(person: &Person) -> bool {
        matches!(person.minority, Minority::Minor | Minority::PresumedMinor) && !person.with_parent
    }

    fn child(person: &Person) -> bool {
        matches!(person.minority, Minority::Minor | Minority::PresumedMinor) && person.with_parent
    }

    /// The age of a minor or presumed minor: at most 17.
    fn young_age(person: &Person) -> Option<u8> {
        person.age.map(|age| if age.get() > 17 { 17 } else { age.get() })
    }

    /// Whether an adult is a young adult of the unit: of a known age that the beds of its minors take, be it a hotel or not.
    fn young_adult(unit: &Unit, person: &Person) -> bool {
        let (Some(beds), Some(age)) = (&unit.unaccompanied_minors, person.age) else { return false };
        adult(person) && beds.min_age <= age && age <= beds.max_age
    }

    fn adult_gender_fits(unit: &Unit, person: &Person) -> bool {
        let as_young_adult = match &unit.unaccompanied_minors {
            Some(beds) if young_adult(unit, person) => taken(person.gender, beds.genders.as_slice()),
            _ => false,
        };
        as_young_adult || taken(person.gender, unit.genders.as_slice())
    }

    fn adult_age_fits(unit: &Unit, person: &Person) -> bool {
        match (unit.adult_ages, person.age) {
            _ if young_adult(unit, person) => true,
            (None, _) => false,
            (Some(_), None) => true,
            (Some(ages), Some(age)) => ages.min <= age && ages.max.is_none_or(|max| age <= max),
        }
    }

    fn child_fits(unit: &Unit, person: &Person) -> bool {
        let Some(children) = unit.children else { return false };
        let limit =
            if person.gender == Gender::Male { children.boys_max_age.unwrap_or(children.max_age) } else { children.max_age };
        match young_age(person) {
            Some(age) => age <= limit.get(),
            None => limit.get() >= 17,
        }
    }

    fn lone_minor_fits(unit: &Unit, person: &Person) -> bool {
        let Some(minors) = &unit.unaccompanied_minors else { return false };
        let known_age_fits = young_age(person).is_none_or(|age| (minors.min_age.get()..=minors.max_age.get()).contains(&age));
        known_age_fits && unit.kind != Kind::Hotel && unit.kind != Kind::Acse
    }

    fn land(department: Department) -> String {
        match department.as_str() {
            "2A" | "2B" => "Corsica".to_owned(),
            overseas if overseas.starts_with("97") => overseas.to_owned(),
            _ => "mainland".to_owned(),
        }
    }

    fn certainly_in(unit: &Unit, zone: &DangerZone) -> bool {
        match (zone.department, zone.centre, zone.radius_km) {
            (Some(department), ..) => department == unit.department,
            (None, Some(centre), Some(radius)) => {
                let (at, reach) = centre_and_reach(unit);
                km(centre, at) + reach <= radius.get()
            }
            _ => unreachable!("a zone is one or the other"),
        }
    }

    fn maybe_in(unit: &Unit, zone: &DangerZone) -> bool {
        let (Location::Cell(_), Some(centre), Some(radius)) = (unit.location, zone.centre, zone.radius_km) else { return false };
        let (at, reach) = centre_and_reach(unit);
        km(centre, at) <= radius.get() + reach
    }

    fn fails(rule: Rule, unit: &Unit, request: &Request) -> bool {
        let place = Point { lat: request.place.lat, lon: request.place.lon };
        let distance = km(place, centre_and_reach(unit).0);
        let people = &request.household;
        let mut forbidden = request.danger_zones.iter().filter(|zone| zone.level == ZoneLevel::Forbidden);
        match rule {
            Rule::Capacity => !unit.vacancies.iter().any(|vacancy| vacancy_fits(unit, vacancy, request)),
            Rule::Gender => people.iter().any(|person| match &unit.unaccompanied_minors {
                _ if adult(person) => !adult_gender_fits(unit, person),
                Some(minors) if lone_minor(person) => !taken(person.gender, minors.genders.as_slice()),
                _ => false,
            }),
            Rule::Age => people.iter().any(|person| adult(person) && !adult_age_fits(unit, person)),
            Rule::UnaccompaniedMinor => people.iter().any(|person| lone_minor(person) && !lone_minor_fits(unit, person)),
            Rule::Children => people.iter().any(|person| child(person) && !child_fits(unit, person)),
            Rule::Household => {
                people.len() > usize::try_from(unit.max_household.get()).unwrap() || (request.couple && !unit.couples)
            }
            Rule::Setting => {
                let named = request.living_with.as_slice();
                !named.is_empty() && !named.contains(&unit.setting) && unit.setting != Setting::Alone
            }
            Rule::Stage => !unit.stages.as_slice().contains(&request.stage),
            Rule::RemovalConsent => {
                let consent = request.accepts_removal || request.distance.wish == Wish::MoveAway;
                !consent && (unit.removal_only || unit.kind == Kind::Acse || distance > 150.0)
            }
            Rule::Crossing => !request.accepts_crossing && land(unit.department) != land(request.place.department),
            Rule::DangerZone => forbidden.any(|zone| certainly_in(unit, zone)),
            Rule::DangerZoneUnsure => !fails(Rule::DangerZone, unit, request) && forbidden.any(|zone| maybe_in(unit, zone)),
            Rule::Distance => match request.distance.wish {
                Wish::StayNear => request.distance.max_km.is_some_and(|max| distance > max.get()),
                Wish::MoveAway => request.distance.min_km.is_some_and(|min| distance < min.get()),
                Wish::Indifferent => false,
            },
            Rule::RequiredOffer => request.required.iter().any(|offer| !unit.offers.as_slice().contains(&offer)),
            Rule::RequiredLanguage => {
                let all_spoken = request.required_languages.iter().all(|language| unit.languages.as_slice().contains(&language));
                !all_spoken && !unit.offers.as_slice().contains(&Offer::Interpreting)
            }
            Rule::KeepApart => request.keep_apart.iter().any(|apart| unit.houses.contains(apart)),
            Rule::AlreadyRefused => {
                request.refused_units.contains(&unit.id) || request.refused_structures.contains(&unit.structure_id)
            }
        }
    }

    pub(super) fn failed(unit: &Unit, request: &Request) -> Vec<Rule> {
        Rule::ALL.iter().copied().filter(|rule| fails(*rule, unit, request)).collect()
    }

    pub(super) fn tier(failed: &[Rule], urgency: Urgency) -> Option<Tier> {
        let soft: &[Rule] = match urgency {
            Urgency::Planned => &[Rule::DangerZoneUnsure],
            _ => &[Rule::DangerZoneUnsure, Rule::Stage, Rule::Household, Rule::RequiredOffer, Rule::RequiredLanguage],
        };
        match failed {
            [] => Some(Tier::Eligible),
            _ if failed.iter().all(|rule| soft.contains(rule)) => Some(Tier::ToVerify),
            _ => None,
        }
    }
}

/// A list of an object, if it has it, in another order.
fn reorder(object: &mut Value, field: &str, by: usize) {
    let Some(list) = object.get_mut(field).and_then(Value::as_array_mut).filter(|list| !list.is_empty()) else { return };
    let by = by % list.len();
    list.rotate_left(by);
    if by % 2 == 1 {
        list.reverse();
    }
}

/// A set of an object, if it has it, in another order and with an entry twice.
fn reorder_set(object: &mut Value, field: &str, by: usize) {
    reorder(object, field, by);
    if let Some([first, ..]) = object.get(field).and_then(Value::as_array).map(Vec::as_slice) {
        let again = first.clone();
        object[field].as_array_mut().unwrap().push(again);
    }
}

/// The household as if presumed minors whose age allows it were minors, or the other way round.
fn household_with(request: &Value, minority: &str) -> Value {
    let mut request = request.clone();
    for person in request["household"].as_array_mut().unwrap() {
        if person["minority"] != "adult" && person["age"].as_u64().unwrap_or(0) <= 17 {
            person["minority"] = json!(minority);
        }
    }
    request
}

proptest! {
    #![proptest_config(config())]

    /// The rules that fail, the tier and the vacancy are those of the page, for every unit; so no proposal breaks a hard rule.
    #[test]
    fn no_proposal_breaks_a_rule(unit in unit(), request in request()) {
        let ranking = rank([&unit], &request);
        let (unit, request): (Unit, Request) = (parse(&unit), parse(&request));
        let failed = slowly::failed(&unit, &request);
        let ours: Vec<_> = ranking.failed.iter().map(|(rule, _)| rule).collect();
        prop_assert_eq!(&ours, &failed);
        let tier = slowly::tier(&failed, request.urgency);
        prop_assert_eq!(ranking.proposals.first().map(|proposal| proposal.tier), tier);
        prop_assert_eq!(ranking.proposals.len(), usize::from(tier.is_some()));
        for proposal in &ranking.proposals {
            prop_assert_eq!(proposal.to_verify.iter().collect::<Vec<_>>(), failed.clone());
            let mut alone = unit.clone();
            alone.vacancies.retain(|vacancy| vacancy.id == proposal.vacancy_id);
            prop_assert!(!slowly::failed(&alone, &request).contains(&Rule::Capacity));
        }
    }

    /// A point on the very border of a forbidden circle is inside, however many beds it has.
    #[test]
    fn a_point_on_the_border_is_inside(unit in unit(), mut request in request(), lat in -89.0..89.0, lon in -179.0..179.0, level in zones()) {
        let Location::Point(at) = parse::<Unit>(&unit).location else { return Ok(()) };
        let centre = Point::new(lat, lon).unwrap();
        let border = distance_km(centre, at);
        prop_assume!(border > 0.0);
        let mut zones = level;
        zones.push(json!({"level": "forbidden", "centre": {"lat": lat, "lon": lon}, "radius_km": border}));
        request["danger_zones"] = json!(zones);
        let ranking = rank([&unit], &request);
        prop_assert_eq!(ranking.failed.get(Rule::DangerZone), 1);
        prop_assert!(ranking.proposals.is_empty());
    }

    /// A cell is inside when its farthest corner is, unsure while its nearest may be, and outside beyond.
    #[test]
    fn a_cell_is_inside_unsure_or_outside(mut unit in unit(), mut request in request(), cell in prop::sample::select(CELLS), lat in 44.0..47.0, lon in 3.0..6.0) {
        unit["location"] = json!({"cell": cell});
        let cell: Cell = cell.parse().unwrap();
        let (distance, reach) = (distance_km(Point::new(lat, lon).unwrap(), cell.centre()), cell.reach_km());
        let mut presence = |radius: f64| {
            request["danger_zones"] = json!([{"level": "forbidden", "centre": {"lat": lat, "lon": lon}, "radius_km": radius}]);
            let failed = rank([&unit], &request).failed;
            (failed.get(Rule::DangerZone), failed.get(Rule::DangerZoneUnsure))
        };
        prop_assert_eq!(presence(distance + reach), (1, 0));
        prop_assert_eq!(presence((distance + reach) * 0.999_999), (0, 1));
        if distance > reach * 1.01 {
            prop_assert_eq!(presence((distance - reach) * 1.000_001), (0, 1));
            prop_assert_eq!(presence((distance - reach) * 0.999_999), (0, 0));
        }
    }

    /// "Near" grows: what is eligible within some kilometres is eligible within more.
    #[test]
    fn a_larger_circle_loses_nobody(units in units(), mut request in request(), km in 0.0..1000.0, more in 0.0..500.0) {
        let mut within = |max_km: Value| {
            request["distance"] = json!({"wish": "stay_near", "max_km": max_km});
            eligible(&rank(&units, &request))
        };
        let (small, large, all) = (within(json!(km)), within(json!(km + more)), within(Value::Null));
        prop_assert!(small.iter().all(|id| large.contains(id)));
        prop_assert!(large.iter().all(|id| all.contains(id)));
    }

    /// "Away" shrinks: nobody eligible is nearer than asked.
    #[test]
    fn moving_away_stays_away(units in units(), mut request in request(), km in 0.0..200.0) {
        request["distance"] = json!({"wish": "move_away", "min_km": km});
        let place: Request = parse(&request);
        let place = Point { lat: place.place.lat, lon: place.place.lon };
        let registry = registry(&units);
        for proposal in registry.answer(&query(&request), usize::MAX).proposals {
            let unit = units.iter().map(parse::<Unit>).find(|unit| unit.id == proposal.unit_id).unwrap();
            let at = match unit.location {
                Location::Point(point) => point,
                Location::Cell(cell) => cell.centre(),
            };
            prop_assert!(distance_km(place, at) >= km);
        }
    }

    /// A unit that cannot take the people changes nothing but the counts, and taking it out undoes it.
    #[test]
    fn a_unit_out_of_the_question_changes_nothing(units in units(), mut other in unit(), request in request()) {
        other["id"] = json!(uuid::Uuid::from_u128(99));
        other["vacancies"] = json!([]);
        let before = rank(&units, &request);
        let mut registry = registry(units.iter().chain([&other]));
        let after = registry.answer(&query(&request), usize::MAX);
        prop_assert_eq!(&after.proposals, &before.proposals);
        prop_assert_eq!((after.eligible, after.to_verify), (before.eligible, before.to_verify));
        prop_assert_eq!(after.evaluated, before.evaluated + 1);
        prop_assert_eq!(after.failed.get(Rule::Capacity), before.failed.get(Rule::Capacity) + 1);
        prop_assert!(registry.remove(uuid::Uuid::from_u128(99)));
        prop_assert_eq!(registry.answer(&query(&request), usize::MAX), before);
    }

    /// The order of units, of the lists that are sets, of vacancies and of people is no matter, nor is an entry given twice.
    #[test]
    fn the_order_of_input_is_no_matter(units in units(), request in request(), by in 0_usize..24) {
        let before = in_order(&rank(&units, &request));
        let (mut units, mut request) = (json!({"units": units}), request);
        reorder(&mut units, "units", by);
        for unit in units["units"].as_array_mut().unwrap() {
            for field in ["stages", "genders", "offers", "languages", "houses"] {
                reorder_set(unit, field, by);
            }
            if let Some(minors) = unit.get_mut("unaccompanied_minors") {
                reorder_set(minors, "genders", by);
            }
            reorder(unit, "vacancies", by);
        }
        let sets = ["living_with", "danger_zones", "required", "wished", "required_languages", "wished_languages"];
        for field in sets.into_iter().chain(["keep_apart", "refused_units", "refused_structures"]) {
            reorder_set(&mut request, field, by);
        }
        reorder(&mut request, "household", by);
        prop_assert_eq!(in_order(&rank(units["units"].as_array().unwrap(), &request)), before);
    }

    /// A presumed minor is answered as a minor, by every rule, criterion and warning.
    #[test]
    fn a_presumed_minor_is_a_minor(units in units(), request in request()) {
        let (minors, presumed) = (household_with(&request, "minor"), household_with(&request, "presumed_minor"));
        prop_assert_eq!(rank(&units, &minors), rank(&units, &presumed));
    }

    /// Above 17 a presumed minor is answered as a minor of 17.
    #[test]
    fn a_presumed_minor_is_at_most_17(units in units(), request in request(), age in 18_u8..=150) {
        let aged = |age: u8| {
            let mut request = request.clone();
            for person in request["household"].as_array_mut().unwrap() {
                if person["minority"] == "presumed_minor" {
                    person["age"] = json!(age);
                }
            }
            rank(&units, &request)
        };
        prop_assert_eq!(aged(age), aged(17));
    }

    /// A list that is empty, or left out, constrains nothing: emptying one never loses anybody.
    #[test]
    fn an_empty_list_is_no_constraint(units in units(), request in request()) {
        let before = eligible(&rank(&units, &request));
        for field in ["required", "required_languages", "living_with", "danger_zones", "keep_apart", "refused_units", "refused_structures"] {
            let (mut empty, mut without) = (request.clone(), request.clone());
            empty[field] = json!([]);
            without.as_object_mut().unwrap().remove(field);
            let emptied = rank(&units, &empty);
            let after = eligible(&emptied);
            prop_assert!(before.iter().all(|id| after.contains(id)), "{}", field);
            prop_assert_eq!(emptied, rank(&units, &without), "{}", field);
        }
        for field in ["wished", "wished_languages"] {
            let mut empty = request.clone();
            empty[field] = json!([]);
            prop_assert_eq!(eligible(&rank(&units, &empty)), before.clone(), "{}", field);
        }
    }

    /// The counts of all units are those of each unit alone, added up.
    #[test]
    fn counts_are_of_each_unit_alone(units in units(), request in request()) {
        let all = rank(&units, &request);
        let alone: Vec<_> = units.iter().map(|unit| rank([unit], &request)).collect();
        let sum = |count: &dyn Fn(&Ranking) -> u64| alone.iter().map(count).sum::<u64>();
        prop_assert_eq!(all.evaluated, sum(&|one| one.evaluated));
        prop_assert_eq!(all.eligible, sum(&|one| one.eligible));
        prop_assert_eq!(all.to_verify, sum(&|one| one.to_verify));
        prop_assert_eq!(u64::try_from(all.proposals.len()).unwrap(), all.eligible + all.to_verify);
        for rule in Rule::ALL {
            prop_assert_eq!(all.failed.get(*rule), sum(&|one| one.failed.get(*rule)));
            prop_assert_eq!(all.failed_alone.get(*rule), sum(&|one| one.failed_alone.get(*rule)));
            let only_this = |one: &Ranking| u64::from(one.failed.get(*rule) == 1 && one.failed.iter().count() == 1);
            prop_assert_eq!(all.failed_alone.get(*rule), sum(&only_this));
        }
        for proposal in &all.proposals {
            prop_assert!(alone.iter().any(|one| one.proposals.first() == Some(proposal)));
        }
    }

    /// Every score is the sum of its parts, and every part is a share; as computed and as shown.
    #[test]
    fn a_score_is_the_sum_of_its_parts(units in units(), request in request()) {
        let exact = rank(&units, &request);
        let shown = registry(&units).shown(&query(&request), usize::MAX);
        prop_assert_eq!((&shown.failed, &shown.failed_alone, &shown.relaxations), (&exact.failed, &exact.failed_alone, &exact.relaxations));
        prop_assert_eq!((shown.evaluated, shown.eligible, shown.to_verify), (exact.evaluated, exact.eligible, exact.to_verify));
        for proposal in &shown.proposals {
            for share in proposal.criteria.iter() {
                prop_assert!((share.value * 10.0 - (share.value * 10.0).round()).abs() < 1e-9, "{:?}", share);
            }
        }
        for (exact, shown) in exact.proposals.iter().zip(&shown.proposals) {
            prop_assert_eq!((exact.unit_id, exact.vacancy_id, exact.criteria.iter().count()), (shown.unit_id, shown.vacancy_id, shown.criteria.iter().count()));
            for (exact, shown) in exact.criteria.iter().zip(shown.criteria.iter()) {
                prop_assert_eq!((exact.name, exact.weight), (shown.name, shown.weight));
                prop_assert!((exact.value - shown.value).abs() < 0.05 + 1e-9);
            }
        }
        for proposal in exact.proposals.iter().chain(&shown.proposals) {
            let total: f64 = proposal.criteria.iter().map(|share| share.weight).sum();
            let sum: f64 = proposal.criteria.iter().map(|share| share.contribution).sum();
            prop_assert!((proposal.score - sum).abs() < 1e-9);
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&proposal.score), "{}", proposal.score);
            for share in proposal.criteria.iter() {
                prop_assert!(share.weight > 0.0 && (0.0..=1.0).contains(&share.value), "{:?}", share);
                prop_assert!((share.contribution - share.weight * share.value / total).abs() < 1e-9, "{:?}", share);
            }
            prop_assert!(proposal.criteria.iter().is_sorted_by_key(|share| share.name));
            prop_assert!(proposal.warnings.iter().is_sorted() && proposal.to_verify.iter().is_sorted());
        }
    }

    /// Eligible units first, then far ones last for `immediate`, then by score, then by id; and the best few are the first few.
    #[test]
    fn the_order_is_total_and_the_best_come_first(units in units(), request in request(), top in 0_usize..6) {
        let (registry, query) = (registry(&units), query(&request));
        let all = registry.answer(&query, usize::MAX);
        let keys: Vec<_> = all
            .proposals
            .iter()
            .map(|proposal| {
                let far = proposal.warnings.contains(matcher::Warning::FarForToday);
                (proposal.tier, far, std::cmp::Reverse((proposal.score * 1e9).round().to_bits()), proposal.unit_id.to_string())
            })
            .collect();
        prop_assert!(keys.is_sorted(), "{:?}", keys);
        let mut first = registry.answer(&query, top);
        prop_assert_eq!(&first.proposals, &all.proposals[..top.min(all.proposals.len())]);
        first.proposals.clone_from(&all.proposals);
        prop_assert_eq!(first, all.clone());
        prop_assert_eq!(serde_json::to_string(&registry.answer(&query, usize::MAX)).unwrap(), serde_json::to_string(&all).unwrap());
    }
}

/// Every list of genders and every range of ages, for adults and for minors, in homes of three kinds, six of each: a registry so large that
/// heads and the census answer for many of its units, and parted so that all units of some blocks, and none of others, keep young adults.
fn homes_for_adults_and_minors() -> Vec<Value> {
    let genders = [json!(["female"]), json!(["male"]), json!(["other"]), json!(["female", "male"])];
    let ranges = [(13, 17), (13, 18), (0, 20), (19, 19), (20, 20)];
    let minors: Vec<Value> =
        std::iter::once(Value::Null)
            .chain(ranges.iter().flat_map(|(min, max)| {
                genders.iter().map(move |genders| json!({"min_age": min, "max_age": max, "genders": genders}))
            }))
            .collect();
    let ages = [Value::Null, json!({"min": 18}), json!({"min": 19, "max": 25}), json!({"min": 30})];
    let mut homes = Vec::new();
    for (kind, minors) in ["other", "hotel", "minors_home"].iter().flat_map(|kind| minors.iter().map(move |minors| (*kind, minors)))
    {
        for (genders, ages) in genders.iter().flat_map(|genders| ages.iter().map(move |ages| (genders, ages))) {
            if kind == "minors_home" && !ages.is_null() {
                continue;
            }
            homes.push(json!({
                "structure_id": uuid::Uuid::nil(), "kind": kind, "department": "69",
                "location": {"point": {"lat": 45.76, "lon": 4.84}}, "stages": ["emergency"], "genders": genders, "adult_ages": ages,
                "unaccompanied_minors": minors, "max_household": 3,
                "vacancies": [{"id": uuid::Uuid::nil(), "beds": 3, "from": "2026-11-23", "confirmed_at": "2026-11-23T08:00:00Z"}]
            }));
        }
    }
    let numbered = homes.iter().cycle().take(6 * homes.len()).zip(1_u128..).map(|(home, number)| {
        let mut home = home.clone();
        home["id"] = json!(uuid::Uuid::from_u128(number));
        home
    });
    numbered.collect()
}

#[test]
fn who_is_a_young_adult_of_which_unit_is_read_from_the_page() {
    let units: Vec<Unit> = homes_for_adults_and_minors().iter().map(parse).collect();
    let (registry, refused) = Snapshot::of(POLICY.clone(), units.clone());
    assert!(refused.is_empty() && registry.len() > 16 * 256, "{refused:?}");
    let adults = ["female", "male", "other"].into_iter().flat_map(|gender| {
        [None, Some(18), Some(19), Some(20), Some(21), Some(30)]
            .map(|age| json!({"gender": gender, "minority": "adult", "age": age}))
    });
    let adults: Vec<Value> = adults.collect();
    let alone = adults.iter().map(|adult| json!([adult]));
    let together = adults.iter().zip(adults.iter().cycle().skip(8)).map(|(one, other)| json!([one, other]));
    let with_minor =
        adults.iter().step_by(2).map(|adult| json!([adult, {"gender": "male", "minority": "presumed_minor", "age": 19}]));
    let mut stood = 0;
    for household in alone.chain(together).chain(with_minor) {
        let asked = json!({
            "id": uuid::Uuid::nil(), "at": "2026-11-23T10:00:00+01:00", "household": household, "stage": "emergency",
            "urgency": "planned", "first_day": "2026-11-23", "nights": 1,
            "place": {"lat": 45.76, "lon": 4.84, "department": "69"}, "distance": {"wish": "stay_near"}
        });
        let request: Request = parse(&asked);
        let (mut expected, mut failed) = (Vec::new(), std::collections::BTreeMap::new());
        for unit in &units {
            let rules = slowly::failed(unit, &request);
            if rules.is_empty() {
                expected.push(unit.id);
            }
            rules.iter().for_each(|rule| *failed.entry(*rule).or_insert(0) += 1);
        }
        let query = query(&asked);
        let ranking = registry.rank(&query, usize::MAX);
        assert_eq!(ranking.failed.iter().collect::<std::collections::BTreeMap<_, _>>(), failed, "{household}");
        assert_eq!(eligible(&ranking), expected, "{household}");
        let mut best: Vec<_> = registry.best(&query, usize::MAX).into_iter().map(|proposal| proposal.unit_id).collect();
        best.sort_unstable();
        assert_eq!(best, expected, "{household}");
        stood += expected.len();
    }
    assert!(stood > 1000, "{stood} of so many units are too few to say anything");
}

/// What the properties say is worth something only if the units and requests at random meet every rule, tier and warning.
#[test]
fn the_random_cases_are_worth_something() {
    let mut runner = TestRunner::deterministic();
    let (mut eligible, mut to_verify, mut judged) = (0, 0, 0);
    let (mut failing, mut alone) = (std::collections::BTreeMap::new(), std::collections::BTreeSet::new());
    let (mut warnings, mut criteria) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for _ in 0..1500 {
        let (units, request) = (units(), request()).new_tree(&mut runner).unwrap().current();
        let ranking = rank(&units, &request);
        judged += ranking.evaluated;
        eligible += ranking.eligible;
        to_verify += ranking.to_verify;
        for (rule, count) in ranking.failed.iter() {
            *failing.entry(rule).or_insert(0) += count;
        }
        alone.extend(ranking.failed_alone.iter().map(|(rule, _)| rule));
        for proposal in &ranking.proposals {
            warnings.extend(proposal.warnings.iter());
            criteria.extend(proposal.criteria.iter().map(|share| share.name));
        }
    }
    assert_eq!(alone.len(), Rule::ALL.len(), "{alone:?}");
    assert!(eligible * 25 > judged && to_verify * 40 > judged, "{eligible} and {to_verify} of {judged}");
    for rule in Rule::ALL {
        let failing: u64 = failing.get(rule).copied().unwrap_or(0);
        assert!(failing * 200 > judged && failing * 20 < judged * 19, "{rule} fails for {failing} of {judged}");
    }
    assert_eq!(warnings.len(), matcher::Warning::ALL.len(), "{warnings:?}");
    assert_eq!(criteria.len(), matcher::Criterion::ALL.len(), "{criteria:?}");
}

/// The ends of the calendar and of the earth, each against each: nothing overflows, and every answer can be written.
#[test]
fn nothing_panics_at_the_ends_of_the_world() {
    let days = ["0001-01-01", "2026-11-23", "9999-12-31"];
    let moments =
        ["0001-01-01T00:00:00+14:00", "2026-11-23T10:00:00+01:00", "9999-12-31T23:59:59.999999999-12:00", "9999-12-31T23:59:60Z"];
    let points = [(90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0), (45.76, 4.84), (-45.76, -175.16)];
    for moment in moments {
        for (day, from, turns_18_on) in days.iter().flat_map(|day| days.map(|from| (*day, from, from))) {
            for (lat, lon) in points {
                let unit = json!({
                    "id": uuid::Uuid::nil(), "structure_id": uuid::Uuid::max(), "kind": "other", "department": "69",
                    "location": {"point": {"lat": lat, "lon": lon}}, "stages": ["emergency"], "genders": ["female"],
                    "adult_ages": {"min": 0}, "max_household": 1000, "admission_days": 3650,
                    "vacancies": [{"id": uuid::Uuid::nil(), "beds": 100000, "from": from, "confirmed_at": moment}]
                });
                let stays = json!({
                    "id": uuid::Uuid::nil(), "at": moment, "stage": "emergency", "urgency": "planned", "first_day": day, "nights": 730,
                    "household": [{"gender": "female", "minority": "adult", "turns_18_on": turns_18_on}],
                    "place": {"lat": 45.76, "lon": 4.84, "department": "69"}, "distance": {"wish": "move_away", "min_km": 0},
                    "danger_zones": [{"level": "avoid", "centre": {"lat": lat, "lon": -lon}, "radius_km": 1000000}]
                });
                let ranking = rank([&unit], &stays);
                let text = serde_json::to_string(&ranking).unwrap();
                assert!(!text.contains("NaN") && !text.contains(":null"), "{text}");
            }
        }
    }
}

/// Two latitudes on one meridian at exactly these kilometres, found by trying; none for a distance that f64 cannot come to,
/// since a step of the angle is a larger step in km: 30 km is such a one.
fn latitudes_at_exactly(km: f64) -> Option<(f64, f64)> {
    let apart = (km / 6371.0088).to_degrees();
    let exact = |(from, to): &(f64, f64)| {
        let km_between = distance_km(Point::new(*from, 0.0).unwrap(), Point::new(*to, 0.0).unwrap());
        km_between.to_bits() == km.to_bits()
    };
    let froms = (0_u8..100).map(|hundredths| f64::from(hundredths) / 100.0);
    let pairs = froms.flat_map(|from| {
        let least = (0..20).fold(from + apart, |lat, _| lat.next_down());
        std::iter::successors(Some(least), |lat| Some(lat.next_up())).take(40).map(move |to| (from, to))
    });
    pairs.into_iter().find(exact)
}

/// To the last bit: 150 km is no removal yet, 400 km not yet far, and each band begins at its lower bound.
#[test]
fn limits_hold_to_the_last_bit() {
    let unit = |lat: f64| {
        json!({
            "id": uuid::Uuid::nil(), "structure_id": uuid::Uuid::nil(), "kind": "other", "department": "69",
            "location": {"point": {"lat": lat, "lon": 0}}, "stages": ["emergency"], "genders": ["female"], "adult_ages": {"min": 18},
            "max_household": 1, "vacancies": [{"id": uuid::Uuid::nil(), "beds": 1, "from": "2026-11-23", "confirmed_at": "2026-11-23T10:00:00Z"}]
        })
    };
    let request = |removal: bool, lat: f64| {
        json!({
            "id": uuid::Uuid::nil(), "at": "2026-11-23T10:00:00Z", "household": [{"gender": "female", "minority": "adult", "age": 30}],
            "stage": "emergency", "urgency": "immediate", "first_day": "2026-11-23", "nights": 1, "accepts_removal": removal,
            "place": {"lat": lat, "lon": 0, "department": "69"}, "distance": {"wish": "stay_near"}
        })
    };
    let at_exactly = |km: f64, removal: bool| {
        let (from, to) = latitudes_at_exactly(km)?;
        Some(rank([&unit(to)], &request(removal, from)))
    };
    let beyond = |km: f64, removal: bool| rank([&unit((km * (1.0 + 1e-12) / 6371.0088).to_degrees())], &request(removal, 0.0));
    assert_eq!(at_exactly(150.0, false).unwrap().failed.get(Rule::RemovalConsent), 0);
    assert_eq!(beyond(150.0, false).failed.get(Rule::RemovalConsent), 1);
    assert!(at_exactly(400.0, true).unwrap().proposals[0].warnings.is_empty());
    assert_eq!(beyond(400.0, true).proposals[0].warnings.iter().collect::<Vec<_>>(), [matcher::Warning::FarForToday]);
    let bands = [(10.0, "10-30"), (30.0, "30-75"), (75.0, "75-150"), (150.0, "150-300"), (300.0, ">300")];
    let reached: Vec<_> = bands.iter().filter_map(|(km, band)| Some((at_exactly(*km, true)?, *band))).collect();
    assert!(reached.len() >= 3, "only {} of the bounds are distances", reached.len());
    for (ranking, band) in reached {
        assert_eq!(ranking.proposals[0].distance_band.as_str(), band);
    }
    // A wish is met at its very limit, by the index and by the plain rules.
    let (from, to) = latitudes_at_exactly(150.0).unwrap();
    for distance in [json!({"wish": "move_away", "min_km": 150.0}), json!({"wish": "stay_near", "max_km": 150.0})] {
        let mut request = request(true, from);
        request["distance"] = distance;
        assert_eq!(rank([&unit(to)], &request).failed.get(Rule::Distance), 0, "{request}");
        assert!(!query(&request).judge(parse(&unit(to))).unwrap().contains(Rule::Distance), "{request}");
    }
}

/// Between any two of these points, antipodes included, there is a distance, the same both ways, of at most half the earth.
#[test]
fn every_two_points_have_a_distance() {
    let mut runner = TestRunner::deterministic();
    let half = std::f64::consts::PI * 6371.0088;
    for _ in 0..2000 {
        let (lat, lon) = (-90.0..=90.0, -180.0..=180.0).new_tree(&mut runner).unwrap().current();
        let here = Point::new(lat, lon).unwrap();
        let antipode = Point::new(-lat, if lon > 0.0 { lon - 180.0 } else { lon + 180.0 }).unwrap();
        let km = distance_km(here, antipode);
        assert!((km - half).abs() < 1e-3, "{here:?}: {km}");
        let paris = Point::new(48.8566, 2.3522).unwrap();
        assert!((distance_km(here, paris) - distance_km(paris, here)).abs() < 1e-9);
        assert!(distance_km(here, here).abs() < 1e-9 && distance_km(here, paris) <= half);
    }
}
