//! What one insider learns: with one valid account, whatever it sends in a day, of how many confidential homes it learns the name, the
//! contact, the cell or the number in a register. Printed as a table (`cargo test -p api --test havre_tests insider:: -- --nocapture`).

use std::collections::{BTreeMap, BTreeSet};

use api::cli::seed::load_records;
use api::domain::{Finess, Role};
use api::seed::demo;
use matcher::{Code as _, Location};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, with};
use crate::harness::{Caller, TestApp, on_both, tools};

/// What gives a home away, and by what it is recognised in an answer.
struct Home {
    place: Value,
    marks: BTreeMap<&'static str, Vec<String>>,
}

/// A number of the register of establishments, with its check digit.
fn finess(place: usize) -> Finess {
    let body = format!("69{place:06}");
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    Finess::try_from(format!("{body}{}", (10 - sum % 10) % 10)).unwrap()
}

/// The demonstration registry, each of whose confidential homes has a number in the register; and those homes.
fn load(app: &TestApp) -> Vec<Home> {
    let mut registry = demo::registry(app.clock().now()).unwrap();
    let mut homes = Vec::new();
    for (place, (_, _, structure, site)) in registry.structures.iter_mut().enumerate() {
        let Location::Cell(cell) = site.location else { continue };
        structure.finess = Some(finess(place));
        let told = serde_json::to_value(&*structure).unwrap();
        let contact = &told["trafficking_contact"];
        let numbers = contact["numbers"].as_array().unwrap().iter().map(|number| number["phone"].as_str().unwrap().to_owned());
        let (lat, lon) = (cell.centre().lat.get(), cell.centre().lon.get());
        homes.push(Home {
            place: json!({"lat": lat, "lon": lon, "department": site.department.as_str()}),
            marks: BTreeMap::from([
                ("name", vec![told["name"].as_str().unwrap().to_owned()]),
                ("contact", numbers.chain(contact["email"].as_str().map(ToOwned::to_owned)).collect()),
                ("cell", vec![cell.to_string()]),
                ("number", vec![told["finess"].as_str().unwrap().to_owned()]),
            ]),
        });
    }
    load_records(app.db(), &registry).unwrap();
    homes
}

/// All that an answer says is kept.
struct Insider<'i> {
    caller: &'i Caller,
    heard: String,
    ids: BTreeSet<String>,
}

impl Insider<'_> {
    async fn read(&mut self, path: &str) -> Value {
        let answer = self.caller.get(path).await;
        self.hear(&answer.text);
        answer.body
    }

    fn hear(&mut self, text: &str) {
        self.heard.push_str(text);
    }

    /// Every page of a list.
    async fn leaf_through(&mut self, list: &str) {
        let mut cursor = String::new();
        loop {
            let page = self.read(&format!("{list}?limit=200{cursor}")).await;
            for item in page["items"].as_array().into_iter().flatten() {
                self.ids.extend(
                    ["id", "structure_id", "unit_id"].iter().filter_map(|field| item[field].as_str().map(ToOwned::to_owned)),
                );
            }
            match page["next_cursor"].as_str().filter(|_| list != "events" || !page["items"].as_array().unwrap().is_empty()) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return,
            }
        }
    }

    /// A day of it: every list, every record by its id, a ranking from beside every home, and sixty requests that are stored.
    async fn a_day(&mut self, homes: &[Home]) {
        for list in ["units", "structures", "organisations", "vacancies", "requests", "referrals", "events", "access-log"] {
            self.leaf_through(list).await;
        }
        for id in self.ids.clone() {
            for path in ["units", "structures", "organisations", "vacancies"] {
                self.read(&format!("{path}/{id}")).await;
            }
            self.read(&format!("units/{id}/vacancies")).await;
        }
        for home in homes {
            let beside = with(ad_hoc_request(), json!({"place": home.place}));
            let answer = self.caller.rank("rank?top=100", Some(&beside)).await;
            self.hear(&answer.text);
        }
        for home in homes.iter().take(60) {
            let stored = self.caller.post("requests", &with(request(), json!({"place": home.place}))).await;
            self.hear(&stored.text);
            if let Some(id) = stored.body["id"].as_str() {
                let ranking = self.caller.rank(&format!("requests/{id}/rank?top=100"), None).await;
                self.hear(&ranking.text);
            }
        }
    }
}

on_both! {
    async fn one_account_learns_no_more_than_the_ladder_gives(app: TestApp) {
        let homes = load(&app);
        assert!(homes.len() >= 140, "{}", homes.len());
        tools::show(&format!("{:>14} {:>8} {:>8} {:>8} {:>8}   of {}", "account", "name", "contact", "cell", "number", homes.len()));
        for role in [Role::Partner, Role::Administrator, Role::Auditor, Role::Coordinator, Role::Regulator, Role::Provider, Role::Referent] {
            let caller = app.own(role);
            let mut insider = Insider { caller: &caller, heard: String::new(), ids: BTreeSet::new() };
            insider.a_day(&homes).await;
            let learnt = |what: &str| homes.iter().filter(|home| home.marks[what].iter().any(|mark| insider.heard.contains(mark.as_str()))).count();
            let (name, contact, cell, number) = (learnt("name"), learnt("contact"), learnt("cell"), learnt("number"));
            tools::show(&format!("{:>14} {name:>8} {contact:>8} {cell:>8} {number:>8}", role.as_str()));
            assert_eq!((cell, number), (0, 0), "{role}: where a home is, and its number, is for those who run it");
            // Who asks for places sees those that were proposed for its stored requests, and nobody else a name or a telephone.
            if role != Role::Referent {
                assert_eq!((name, contact), (0, 0), "{role}");
            }
        }
        app.ignore_mails();
    }
}
