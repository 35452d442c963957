//! What one insider can do: scripted, each with one valid account, for a bounded number of requests, under the quotas that a deployment has by
//! default. Prints how far each came, and fails beyond what design §5 lets one have: `make attack`, whose numbers are ten times those here.

mod administrator;
mod coordinator;
mod floods;
mod logs;
mod watcher;

use std::collections::{BTreeMap, BTreeSet};

use api::cli::seed::load_records;
use api::domain::Role;
use api::seed::demo;
use matcher::{Code as _, Location};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, structure, unit, vacancy, with, without};
use crate::harness::{Answer, Caller, TestApp, on_both, tools};

/// How often each tries: ten times as often under `make attack`.
fn tries(usual: usize) -> usize {
    if std::env::var_os("HAVRE_ATTACK").is_some() { usual * 10 } else { usual }
}

/// One line of what is printed.
fn came(aim: &str, who: &str, tried: usize, got: usize, may: usize) {
    tools::show(&format!("{aim:<58} {who:<14} {tried:>6} tries  {got:>5} of {may:>5} that it may"));
    assert!(got <= may, "{aim}, as {who}: {got}, and {may} is the most");
}

/// The demonstration registry under the default policy, which tests are otherwise spared.
async fn country(app: &TestApp) -> (TestApp, demo_registry::Known) {
    let registry = demo::registry(app.clock().now()).unwrap();
    load_records(app.db(), &registry).unwrap();
    (app.with_the_default_quotas().await, demo_registry::Known::of(&registry))
}

mod demo_registry {
    use super::{Location, Value, json};
    use api::seed::Registry;

    /// What an attacker knows of the demonstration from elsewhere.
    pub struct Known {
        /// The requests, as one would rank them anew.
        pub requests: Vec<Value>,
        /// Of each confidential home its name, and a place beside it.
        pub homes: Vec<(String, Value)>,
    }

    impl Known {
        pub fn of(registry: &Registry) -> Self {
            let homes = registry.structures.iter().filter_map(|(_, _, structure, site)| {
                let Location::Cell(cell) = site.location else { return None };
                let centre = cell.centre();
                let place = json!({"lat": centre.lat.get(), "lon": centre.lon.get(), "department": site.department.as_str()});
                let told = serde_json::to_value(structure).unwrap();
                Some((told["name"].as_str().unwrap().to_owned(), place))
            });
            let requests = registry.requests.iter().map(|(_, _, request, _)| serde_json::to_value(request).unwrap());
            Self { requests: requests.collect(), homes: homes.collect() }
        }
    }
}

/// What a household of the demonstration asks for, without what only stored requests have.
fn ad_hoc(request: &Value) -> Value {
    ["information", "lone_minors", "seen_apart", "reference", "in_charge", "message", "safety_instructions"]
        .iter()
        .fold(request.clone(), |body, field| without(body, field))
}

/// A request stored as urgently as said, near a place; none where that was refused.
async fn stored(by: &Caller, urgency: &str, place: &Value) -> Option<String> {
    let body = with(request(), json!({"urgency": urgency, "place": place, "distance": {"wish": "indifferent"}}));
    let answer = by.post("requests", &body).await;
    match answer.status.as_u16() {
        201 => Some(answer.id()),
        429 => {
            must_say_whom_to_call(&answer);
            None
        }
        _ => panic!("{}", answer.text),
    }
}

/// Whoever is stopped is told by what, until when, and whom to call.
fn must_say_whom_to_call(answer: &Answer) {
    assert_eq!(answer.body["code"], "quota_exceeded", "{}", answer.text);
    assert!(!answer.header("retry-after").is_empty(), "{}", answer.text);
}

/// Places that a ranking of a stored request proposes.
async fn proposed(by: &Caller, request: &str) -> Vec<Value> {
    let answer = by.rank(&format!("requests/{request}/rank?top=20"), None).await;
    if answer.status == 429 {
        return Vec::new();
    }
    answer.expect(200).body["proposals"].as_array().unwrap().clone()
}

/// Holds what it can, from everywhere, and gives how many beds it held at the end.
async fn hold_all(app: &TestApp, by: &Caller, urgency: &str, known: &demo_registry::Known, tried: usize) -> usize {
    let mut held = 0;
    for (_, place) in known.homes.iter().cycle().take(tried) {
        let Some(request) = stored(by, urgency, place).await else { break };
        for proposal in proposed(by, &request).await.iter().take(3) {
            let body = json!({"vacancy_id": proposal["vacancy_id"], "hold": true});
            let answer = by.post(&format!("requests/{request}/referrals"), &body).await;
            match answer.status.as_u16() {
                201 => held += usize::try_from(answer.body["beds"].as_u64().unwrap()).unwrap(),
                429 => must_say_whom_to_call(&answer),
                409 => {}
                _ => panic!("{}", answer.text),
            }
        }
    }
    app.ignore_mails();
    held
}

on_both! {
    async fn nobody_holds_all_beds(app: TestApp) {
        let (inside, known) = country(&app).await;
        let by = inside.own(Role::Referent);
        let tried = tries(80);
        // Nobody who needs a bed tonight is stopped by the account's own quota: the organisation's is where it ends.
        let held = hold_all(&inside, &by, "urgent", &known, tried).await;
        came("beds held, none of them for tonight", "referent", tried, held, 30);
        let more = hold_all(&inside, &by, "immediate", &known, tried).await;
        let all = held + more;
        came("beds held, some for tonight", "referent", tried, all, 60);
        let tool = inside.tool(inside.own(Role::Referent).identity().organisation, &[api::domain::Scope::Requests]);
        let more = hold_all(&inside, &tool, "immediate", &known, tries(10)).await;
        came("beds held with the tool of the same service", "tool", tries(10), all + more, 60);
        let free = inside.count("SELECT CAST(sum(beds - held) AS bigint) AS n FROM vacancies");
        assert!(free > 200, "{free} beds are left to the country");
    }

    async fn nobody_lures_people_into_a_false_home(app: TestApp) {
        // Nobody vouches for what is made here but who says so.
        let app = app.bare();
        let (inside, known) = country(&app).await;
        let by = inside.own(Role::Provider);
        // The best home there could be, in Paris, with room for everybody.
        let paris = with(structure(), json!({"name": "Maison fictive idéale", "commune": "75104", "town": "Paris"}));
        let home = by.post("structures", &paris).await.expect(201).id();
        let fits = json!({"kind": "specialised_home", "stages": ["emergency", "stabilisation", "integration"],
            "genders": ["female", "male", "other"], "max_household": 10, "accepts_animals": true});
        let fits = fits.as_object().unwrap().iter().filter(|(field, _)| unit().get(*field).is_some());
        let ideal = with(unit(), Value::Object(fits.map(|(field, value)| (field.clone(), value.clone())).collect()));
        let false_unit = by.post(&format!("structures/{home}/units"), &ideal).await.expect(201).id();
        by.post(&format!("units/{false_unit}/vacancies"), &with(vacancy(), json!({"beds": 50}))).await.expect(201);
        let referent = inside.own(Role::Referent);
        let (mut first, mut among) = (0, 0);
        for household in &known.requests {
            let ranking = referent.rank("rank?top=100", Some(&ad_hoc(household))).await.expect(200).body;
            let proposals = ranking["proposals"].as_array().unwrap();
            first += usize::from(proposals.first().is_some_and(|proposal| proposal["unit_id"] == json!(false_unit)));
            among += usize::from(proposals.iter().any(|proposal| proposal["unit_id"] == json!(false_unit)));
        }
        came("demonstration requests with the false home first", "provider", known.requests.len(), first, 0);
        came("demonstration requests with it among the places at all", "provider", known.requests.len(), among, 0);
        inside.ignore_mails();
        app.ignore_mails();
    }

    async fn nobody_finds_the_organisations_behind_the_homes(app: TestApp) {
        let (inside, known) = country(&app).await;
        for role in [Role::Partner, Role::Coordinator, Role::Regulator, Role::Provider, Role::Referent] {
            let by = inside.own(role);
            let mut heard = String::new();
            for (_, place) in &known.homes {
                let beside = with(ad_hoc_request(), json!({"place": place}));
                heard.push_str(&by.rank("rank?top=100", Some(&beside)).await.text);
                if role == Role::Referent
                    && let Some(request) = stored(&by, "planned", place).await
                {
                    heard.push_str(&by.rank(&format!("requests/{request}/rank?top=100"), None).await.text);
                }
            }
            let named: BTreeSet<_> = known.homes.iter().map(|(name, _)| name).filter(|name| heard.contains(name.as_str())).collect();
            let may = if role == Role::Referent { 100 } else { 0 };
            came("confidential homes named", role.as_str(), known.homes.len(), named.len(), may);
        }
        inside.ignore_mails();
        app.ignore_mails();
    }

    async fn nobody_tells_hidden_homes_by_a_register(app: TestApp) {
        let (inside, _) = country(&app).await;
        // An establishment that is a hidden home of somebody else, and one that is none.
        let (owner, by) = (inside.other(Role::Provider), inside.own(Role::Provider));
        let registered = |number: &str| with(structure(), json!({"finess": number}));
        owner.post("structures", &registered("690000013")).await.expect(201);
        let told = async |number: &str| {
            let answer = by.post("structures", &registered(number)).await;
            let read = by.get(&format!("structures/{}", answer.id())).await.expect(200).body;
            let fields: BTreeMap<String, Value> = serde_json::from_value(read).unwrap();
            let left_out = ["id", "finess", "created_at", "updated_at"];
            let same = fields.into_iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
            (answer.status, same.collect::<BTreeMap<_, _>>())
        };
        let (hidden, nobody_s) = (told("690000013").await, told("690000021").await);
        came("registered establishments told to be hidden homes", "provider", 2, usize::from(hidden != nobody_s), 0);
        inside.ignore_mails();
        app.ignore_mails();
    }

    async fn an_administrator_reads_no_case(app: TestApp) {
        let (inside, _) = country(&app).await;
        let (by, victim) = (inside.own(Role::Administrator), inside.other(Role::Referent));
        let case = victim.post("requests", &request()).await.expect(201).id();
        let mut read = 0;
        for path in [format!("requests/{case}"), format!("requests/{case}/notes"), format!("requests?id={case}"), "requests".to_owned()] {
            let answer = by.get(&path).await;
            read += usize::from(answer.text.contains(&case) && answer.status == 200);
        }
        // The detour: a colleague of the victim, whom the administrator makes.
        let organisation = victim.identity().organisation;
        let colleague = json!({"label": "Personne fictive", "email": "complice@example.org", "roles": ["referent"]});
        let made = by.post(&format!("organisations/{organisation}/accounts"), &colleague).await;
        assert!(!made.status.is_success(), "{}", made.text);
        came("cases read", "administrator", 5, read, 0);
        inside.ignore_mails();
        app.ignore_mails();
    }

    async fn a_copied_database_forges_no_link(app: TestApp) {
        let (inside, _) = country(&app).await;
        let vacancy = inside.vacancy(1).await;
        let asked = inside.ask(&inside.request().await, &vacancy, json!({})).await.expect(201).id();
        inside.ignore_mails();
        app.ignore_mails();
        let nobody = inside.nobody();
        let (mut tried, mut opened) = (0, 0);
        for (hash, address) in inside.links() {
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            for forged in [hex, base64(&hash), address, asked.clone()] {
                tried += 1;
                opened += usize::from(nobody.get(&format!("/lien/{forged}")).await.status.is_success());
            }
        }
        assert!(tried > 0);
        came("mailed links forged from a copied database", "nobody", tried, opened, 0);
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
