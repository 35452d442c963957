//! Cases a person can read, in `golden/*.txt`: one file for each rule, criterion, warning and topic.
//!
//! A case is a paragraph; lines that begin with `#` are remarks. What a case does not say is as in `golden/base.json`: a woman of 30
//! who needs a bed tonight within 72 hours, and unit A, a free room at the very place, for adult women.
//!
//! ```text
//! case: what it shows, with the numbers worked out by hand
//! unit: {"max_household": 3}          fields of unit A that differ; `unit B:`, `unit C:` … add units over the same base
//! north: 30                           unit A stands 30 km due north of the place; `north B: 30`
//! request: {"household": [{}, {}]}    fields of the request that differ
//! expect: eligible                    one or more, see `Expect`
//! ```
//!
//! `{}` in `household` and `vacancies` is the base's person and vacancy, again with what differs. Ids are written `"@7"`: unit A is
//! `@a`, its structure `@5a`, and the vacancies of each unit are `@1`, `@2` … as they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use matcher::{Code, Criterion, Policy, Query, Ranking, Rule, RuleCounts, Snapshot, Warning};
use serde_json::{Map, Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/golden");

/// One degree of latitude on the sphere of the contract: 6371.0088 km · π / 180.
const KM_A_DEGREE: f64 = 111.195_080_233_532_9;

#[derive(Default)]
struct Case {
    file: String,
    name: String,
    /// What differs from the base, by the unit's letter; A is always there.
    units: BTreeMap<char, Map<String, Value>>,
    north_km: BTreeMap<char, f64>,
    request: Map<String, Value>,
    expects: Vec<Expect>,
}

/// What a case expects. Without a unit named, of unit A.
#[derive(Debug)]
enum Expect {
    /// `eligible`: no rule fails.
    Eligible,
    /// `verify stage,household`: to verify, because of exactly these rules.
    Verify(Vec<Rule>),
    /// `fails capacity,age`: not proposed, and exactly these rules fail.
    Fails(Vec<Rule>),
    /// `passes age`: whatever else fails, these do not.
    Passes(Vec<Rule>),
    /// `criterion distance 0.5` or `criterion fit 2/3`: its value.
    Value(Criterion, f64),
    /// `weight distance 5`: the weight with which it counts.
    Weight(Criterion, f64),
    /// `no criterion cover`: it does not count.
    NoValue(Criterion),
    /// `warning stale_vacancy`
    Warns(Warning),
    /// `no warning stale_vacancy`
    NoWarning(Warning),
    /// `score 0.75`
    Score(f64),
    /// `vacancy 2`: the one that is offered.
    Vacancy(String),
    /// `shows distance_band 10-30`, `shows doors siao,direct`: a field of the proposal.
    Shows(String, String),
    /// `order B A`: all proposals, in order.
    Order(String),
    /// `count eligible 2`: a number of the ranking.
    Count(String, u64),
    /// `failed capacity 2, age 1`: the units that fail each rule, or `nothing`.
    Failed(String),
    /// `failed_alone age 1`: likewise.
    FailedAlone(String),
}

/// What ranking answers, as it is and as JSON.
struct Answer {
    ranking: Ranking,
    json: Value,
}

fn codes<T: Code>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|code| T::from_code(code).ok_or_else(|| matcher::unknown_code::<T>(code))).collect()
}

fn code<T: Code>(text: &str) -> Result<T, String> {
    T::from_code(text).ok_or_else(|| matcher::unknown_code::<T>(text))
}

/// `0.5` or `2/3`
fn number(text: &str) -> Result<f64, String> {
    let parse = |text: &str| text.parse::<f64>().map_err(|error| format!("`{text}`: {error}"));
    match text.split_once('/') {
        Some((above, below)) => Ok(parse(above)? / parse(below)?),
        None => parse(text),
    }
}

impl Expect {
    fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        Ok(match (word, first) {
            ("eligible", "") => Self::Eligible,
            ("verify", _) => Self::Verify(codes(rest)?),
            ("fails", _) => Self::Fails(codes(rest)?),
            ("passes", _) => Self::Passes(codes(rest)?),
            ("criterion", _) => Self::Value(code(first)?, number(second)?),
            ("weight", _) => Self::Weight(code(first)?, number(second)?),
            ("no", "criterion") => Self::NoValue(code(second)?),
            ("warning", _) => Self::Warns(code(rest)?),
            ("no", "warning") => Self::NoWarning(code(second)?),
            ("score", _) => Self::Score(number(rest)?),
            ("vacancy", _) => Self::Vacancy(uuid(rest)),
            ("shows", _) => Self::Shows(first.to_owned(), second.to_owned()),
            ("order", _) => Self::Order(rest.to_owned()),
            ("count", _) => Self::Count(first.to_owned(), second.parse().map_err(|_error| format!("`{second}` is no count"))?),
            ("failed", _) => Self::Failed(rest.to_owned()),
            ("failed_alone", _) => Self::FailedAlone(rest.to_owned()),
            _ => return Err(format!("`{text}` is nothing to expect")),
        })
    }

    /// Why the answers are not as expected. `alone`: what ranking unit A by itself says.
    fn check(&self, alone: &Answer, all: &Answer) -> Result<(), String> {
        let proposal = &alone.json["proposals"][0];
        let failed: Vec<_> = alone.ranking.failed.iter().map(|(rule, _)| rule.as_str()).collect();
        let names = |rules: &[Rule]| rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>();
        let criterion = |name: Criterion| {
            let counted = proposal["criteria"].as_array().into_iter().flatten();
            counted.clone().find(|share| share["name"] == name.as_str())
        };
        let warns = |warning: Warning| {
            proposal["warnings"].as_array().is_some_and(|warnings| warnings.iter().any(|code| code == warning.as_str()))
        };
        let near = |ours: &Value, expected: f64| ours.as_f64().is_some_and(|ours| (ours - expected).abs() < 1e-6);
        let holds = match self {
            Self::Eligible => proposal["tier"] == "eligible" && failed.is_empty(),
            Self::Verify(rules) => {
                proposal["tier"] == "to_verify" && failed == names(rules) && proposal["to_verify"] == json!(names(rules))
            }
            Self::Fails(rules) => proposal.is_null() && failed == names(rules),
            Self::Passes(rules) => names(rules).iter().all(|rule| !failed.contains(rule)),
            Self::Value(name, value) => criterion(*name).is_some_and(|share| near(&share["value"], *value)),
            Self::Weight(name, weight) => criterion(*name).is_some_and(|share| near(&share["weight"], *weight)),
            Self::NoValue(name) => !proposal.is_null() && criterion(*name).is_none(),
            Self::Warns(warning) => warns(*warning),
            Self::NoWarning(warning) => !proposal.is_null() && !warns(*warning),
            Self::Score(score) => near(&proposal["score"], *score),
            Self::Vacancy(id) => proposal["vacancy_id"] == id.as_str(),
            Self::Shows(field, expected) => text(&proposal[field]) == *expected,
            Self::Order(order) => letters(&all.json) == *order,
            Self::Count(field, number) => all.json[field] == *number,
            Self::Failed(expected) => counts(&all.ranking.failed) == *expected,
            Self::FailedAlone(expected) => counts(&all.ranking.failed_alone) == *expected,
        };
        if holds { Ok(()) } else { Err(format!("expected {self:?}")) }
    }
}

/// The letters of the proposed units, in order.
fn letters(ranking: &Value) -> String {
    let ids = ranking["proposals"].as_array().unwrap().iter().map(|proposal| proposal["unit_id"].as_str().unwrap());
    ids.map(|id| id[id.len() - 1..].to_uppercase()).collect::<Vec<_>>().join(" ")
}

/// Counts as the files write them.
fn counts(counts: &RuleCounts) -> String {
    let all: Vec<_> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// Codes as the files write them.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn uuid(name: &str) -> String {
    format!("00000000-0000-7000-8000-{:0>12}", name.to_lowercase())
}

/// Writes every `"@x"` out as the id it stands for.
fn name_ids(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix('@') {
                *text = uuid(name);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(name_ids),
        Value::Object(map) => map.values_mut().for_each(name_ids),
        _ => {}
    }
}

fn merged(base: &Value, over: &Map<String, Value>) -> Map<String, Value> {
    let mut map = base.as_object().unwrap().clone();
    map.extend(over.clone());
    map
}

/// The list of that field with each entry over the base's.
fn complete_entries(map: &mut Map<String, Value>, field: &str, base: &Value) {
    for entry in map.get_mut(field).unwrap().as_array_mut().unwrap() {
        *entry = Value::Object(merged(base, entry.as_object().unwrap()));
    }
}

impl Case {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (key, rest) = line.split_once(':').ok_or("a line without a colon")?;
        let rest = rest.trim();
        let object = || serde_json::from_str::<Map<String, Value>>(rest).map_err(|error| error.to_string());
        let letter = |named: &str| match named.trim().chars().collect::<Vec<_>>()[..] {
            [] => Ok('A'),
            [letter @ 'A'..='F'] => Ok(letter),
            _ => Err(format!("`{named}` is no letter from A to F")),
        };
        match key {
            "request" => self.request.extend(object()?),
            "expect" => self.expects.push(Expect::parse(rest)?),
            _ => match (key.strip_prefix("unit"), key.strip_prefix("north")) {
                (Some(unit), _) => self.units.entry(letter(unit)?).or_default().extend(object()?),
                (_, Some(unit)) => {
                    self.units.entry(letter(unit)?).or_default();
                    self.north_km.insert(letter(unit)?, number(rest)?);
                }
                _ => return Err("an unknown line".to_owned()),
            },
        }
        Ok(())
    }

    fn request(&self, base: &Value) -> Value {
        let mut request = merged(&base["request"], &self.request);
        complete_entries(&mut request, "household", &base["person"]);
        let mut request = Value::Object(request);
        name_ids(&mut request);
        request
    }

    fn unit(&self, base: &Value, letter: char) -> Value {
        let mut unit = merged(&base["unit"], &self.units[&letter]);
        unit.entry("id").or_insert_with(|| json!(format!("@{letter}")));
        unit.entry("structure_id").or_insert_with(|| json!(format!("@5{letter}")));
        complete_entries(&mut unit, "vacancies", &base["vacancy"]);
        for (at, vacancy) in unit["vacancies"].as_array_mut().unwrap().iter_mut().enumerate() {
            vacancy.as_object_mut().unwrap().entry("id").or_insert_with(|| json!(format!("@{}", at + 1)));
        }
        if let Some(km) = self.north_km.get(&letter) {
            let place = &self.request(base)["place"];
            let lat = place["lat"].as_f64().unwrap() + km / KM_A_DEGREE;
            unit.insert("location".to_owned(), json!({"point": {"lat": lat, "lon": place["lon"]}}));
        }
        let mut unit = Value::Object(unit);
        name_ids(&mut unit);
        unit
    }

    /// Everything that is not as expected.
    fn run(&self, base: &Value) -> Result<(), String> {
        let policy = Policy::embedded();
        let request = serde_json::from_value(self.request(base)).map_err(|error| format!("the request: {error}"))?;
        let query = Query::new(request, &policy).map_err(|faults| format!("the request: {faults:?}"))?;
        let rank = |letters: &mut dyn Iterator<Item = char>| -> Result<Answer, String> {
            let mut registry = Snapshot::new(policy.clone());
            for letter in letters {
                let unit = serde_json::from_value(self.unit(base, letter)).map_err(|error| format!("unit {letter}: {error}"))?;
                registry.insert(unit).map_err(|faults| format!("unit {letter}: {faults:?}"))?;
            }
            let ranking = registry.answer(&query, 20);
            Ok(Answer { json: serde_json::to_value(&ranking).unwrap(), ranking })
        };
        let alone = rank(&mut ['A'].into_iter())?;
        let all = rank(&mut self.units.keys().copied())?;
        let mut wrong = String::new();
        for expect in &self.expects {
            if let Err(why) = expect.check(&alone, &all) {
                let (order, alone, all) = (letters(&all.json), &alone.json, &all.json);
                writeln!(wrong, "{why}\n  for A alone came {alone}\n  for all came the order {order}: {all}").unwrap();
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// The cases of a text, or why it is none.
fn parse(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let wrong = |why: String| format!("{file}:{}: {why}: {line}", at + 1);
        if line.trim().is_empty() {
            inside = false;
        } else if line.starts_with('#') {
        } else if let Some(name) = line.strip_prefix("case: ") {
            if inside {
                return Err(wrong("cases stand apart by a blank line".to_owned()));
            }
            inside = true;
            let units = BTreeMap::from([('A', Map::new())]);
            cases.push(Case { file: file.to_owned(), name: name.to_owned(), units, ..Case::default() });
        } else {
            let case = cases.last_mut().filter(|_| inside).ok_or_else(|| wrong("stands in no case".to_owned()))?;
            case.line(line).map_err(wrong)?;
        }
    }
    if cases.is_empty() {
        return Err(format!("{file}: holds no case"));
    }
    match cases.iter().find(|case| case.expects.is_empty()) {
        Some(case) => Err(format!("{file}: `{}` expects nothing", case.name)),
        None => Ok(cases),
    }
}

fn all_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let files: BTreeSet<_> = std::fs::read_dir(Path::new(FOLDER)).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in files {
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if file == "base.json" {
            continue;
        }
        assert!(file.ends_with(".txt"), "{file} is no golden file");
        cases.extend(parse(&file, &std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|why| panic!("{why}")));
    }
    cases
}

#[test]
fn every_case_comes_out_as_written() {
    let base: Value = serde_json::from_str(include_str!("golden/base.json")).unwrap();
    let mut wrong = String::new();
    for case in all_cases() {
        if let Err(why) = case.run(&base) {
            writeln!(wrong, "\n{}: {}\n{why}", case.file, case.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_criterion_and_warning_has_cases_both_ways() {
    let mut said: BTreeSet<(&str, &str)> = BTreeSet::new();
    for expect in all_cases().iter().flat_map(|case| &case.expects) {
        match expect {
            Expect::Fails(rules) | Expect::Verify(rules) => said.extend(rules.iter().map(|rule| ("fails", rule.as_str()))),
            Expect::Passes(rules) => said.extend(rules.iter().map(|rule| ("passes", rule.as_str()))),
            Expect::Value(criterion, _) => _ = said.insert(("criterion", criterion.as_str())),
            Expect::Warns(warning) => _ = said.insert(("warning", warning.as_str())),
            Expect::NoWarning(warning) => _ = said.insert(("no warning", warning.as_str())),
            _ => {}
        }
    }
    let rules = Rule::ALL.iter().flat_map(|rule| [("fails", rule.as_str()), ("passes", rule.as_str())]);
    let criteria = Criterion::ALL.iter().map(|criterion| ("criterion", criterion.as_str()));
    let warnings = Warning::ALL.iter().flat_map(|code| [("warning", code.as_str()), ("no warning", code.as_str())]);
    let missing: Vec<_> = rules.chain(criteria).chain(warnings).filter(|wanted| !said.contains(wanted)).collect();
    assert!(missing.is_empty(), "no golden case says: {missing:?}");
}

#[test]
fn a_file_that_proves_nothing_is_refused() {
    for (text, why) in [
        ("", "holds no case"),
        ("# only a remark\n", "holds no case"),
        ("case: no expect\nunit: {}\n", "`no expect` expects nothing"),
        ("case: one\nexpect: eligible\n\ncase: two\n", "`two` expects nothing"),
        ("expect: eligible\n", "f.txt:1: stands in no case"),
        ("case: one\nexpect: eligible\n\nunit: {}\n", "f.txt:4: stands in no case"),
        ("case: one\nexpect: eligible\ncase: two\n", "f.txt:3: cases stand apart"),
        ("case: one\nexpects: eligible\n", "f.txt:2: an unknown line"),
        ("case: one\nexpect: eligable\n", "`eligable` is nothing to expect"),
        ("case: one\nexpect: fails capacities\n", "is no rule"),
        ("case: one\nunit G: {}\n", "is no letter"),
        ("case: one\nunit: {\n", "f.txt:2: EOF"),
    ] {
        let refused = parse("f.txt", text).err().unwrap_or_else(|| panic!("{text:?} is taken"));
        assert!(refused.contains(why), "{text:?}: {refused}");
    }
    let base: Value = serde_json::from_str(include_str!("golden/base.json")).unwrap();
    let wrong = parse("f.txt", "case: no such field\nunit: {\"bedrooms\": 1}\nexpect: eligible\n").unwrap().remove(0).run(&base);
    assert!(wrong.unwrap_err().contains("unknown field `bedrooms`"));
    let wrong = parse("f.txt", "case: it is eligible\nexpect: fails age\n").unwrap().remove(0).run(&base);
    assert!(wrong.unwrap_err().contains("expected Fails([Age])"));
}

#[test]
fn an_answer_is_written_as_the_contract_writes_it() {
    let base: Value = serde_json::from_str(include_str!("golden/base.json")).unwrap();
    let text = r#"case: one unit to verify and one that fails two rules
unit: {"stages": ["stabilisation"], "steps": ["visit"], "doors": ["115"]}
unit B: {"stages": ["integration"], "vacancies": []}
expect: verify stage
"#;
    let case = parse("f.txt", text).unwrap().remove(0);
    let policy = Policy::embedded();
    let mut registry = Snapshot::new(policy.clone());
    for letter in ['A', 'B'] {
        registry.insert(serde_json::from_value(case.unit(&base, letter)).unwrap()).unwrap();
    }
    let query = Query::new(serde_json::from_value(case.request(&base)).unwrap(), &policy).unwrap();
    let share = |name: &str, weight: &str, value: &str, contribution: &str| {
        format!(r#"{{"name":"{name}","weight":{weight},"value":{value},"contribution":{contribution}}}"#)
    };
    let criteria = [
        share("distance", "30.0", "1.0", "0.3"),
        share("specialisation", "20.0", "0.0", "0.0"),
        share("readiness", "10.0", "1.0", "0.1"),
        share("cover", "10.0", "1.0", "0.1"),
        share("freshness", "10.0", "1.0", "0.1"),
        share("conditions", "10.0", "1.0", "0.1"),
        share("fit", "5.0", "1.0", "0.05"),
        share("continuity", "5.0", "1.0", "0.05"),
    ];
    let criteria = criteria.join(",");
    let mut ranking = registry.answer(&query, 20);
    // Seven tenths and two halves of a tenth, added up in binary: how many 9s or 0s that ends with is not the matter here.
    assert!((ranking.proposals[0].score - 0.8).abs() < 1e-12);
    ranking.proposals[0].score = 0.8;
    assert_eq!(
        serde_json::to_string(&ranking).unwrap(),
        format!(
            r#"{{"request_id":"00000000-0000-7000-8000-000000000009","policy_version":"2026-11-01","evaluated":2,"eligible":0,"to_verify":1,"proposals":[{{"unit_id":"00000000-0000-7000-8000-00000000000a","vacancy_id":"00000000-0000-7000-8000-000000000001","tier":"to_verify","score":0.8,"criteria":[{criteria}],"to_verify":["stage"],"conditions":[],"unlawful_conditions":[],"steps":["visit"],"doors":["115"],"distance_band":"<10","warnings":[]}}],"failed":{{"capacity":1,"stage":2}},"failed_alone":{{"stage":1}},"relaxations":[]}}"#
        )
    );
}

#[test]
fn what_an_api_shows_tells_no_distance() {
    let base: Value = serde_json::from_str(include_str!("golden/base.json")).unwrap();
    let text = r#"case: A is 17 km away, 1/(1+(17/30)²) = 0.757 and shown as 0.8; B houses a request to keep apart from, and no other rule fails
north: 17
unit B: {"houses": ["@71"]}
request: {"keep_apart": ["@71"]}
expect: eligible
"#;
    let case = parse("f.txt", text).unwrap().remove(0);
    let policy = Policy::embedded();
    let mut registry = Snapshot::new(policy.clone());
    for letter in ['A', 'B'] {
        registry.insert(serde_json::from_value(case.unit(&base, letter)).unwrap()).unwrap();
    }
    let query = Query::new(serde_json::from_value(case.request(&base)).unwrap(), &policy).unwrap();
    let exact = registry.answer(&query, 20);
    assert_eq!((exact.failed.get(Rule::KeepApart), exact.failed_alone.get(Rule::KeepApart)), (1, 1));
    assert!((exact.proposals[0].criteria.get(matcher::Criterion::Distance).unwrap().value - 900.0 / (900.0 + 289.0)).abs() < 1e-9);
    let shown = registry.shown(&query, 20);
    // The counts are those of the engine: the service gives it nobody who is housed (design §4), so there is nobody to hide in them.
    assert_eq!((counts(&shown.failed), counts(&shown.failed_alone)), ("keep_apart 1".to_owned(), "keep_apart 1".to_owned()));
    assert!((shown.proposals[0].criteria.get(matcher::Criterion::Distance).unwrap().value - 0.8).abs() < 1e-12);
    // 30·0.8 for the distance, 45 for all that is 1, of 100.
    assert!((shown.proposals[0].score - 0.69).abs() < 1e-12);
}
