//! Requests kept apart: linked by a code that two referents exchange. Nothing those who ask do or read differs because of it; who answers for a
//! place and the coordination are told.

use api::cli::client;
use api::domain::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{self, public_structure, request, structure, unit, vacancy, with};
use crate::harness::{Answer, Caller, TestApp, on_both};
use crate::http::pages::{Browser, maud_escaped};
use api::web::pages::words;

/// Links a request of the own organisation with one of the other, and gives both.
pub async fn linked(app: &TestApp) -> (String, String) {
    let own = app.request().await;
    let other = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
    let code = app.own(Role::Referent).command(&format!("requests/{own}/keep-apart-codes")).await.expect(201).body["code"].clone();
    app.other(Role::Referent).post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
    (own, other)
}

async fn vacancy_in(app: &TestApp, structure: &Value) -> String {
    let site = app.site_with(structure, &unit()).await;
    app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id()
}

/// A referral of the other organisation's request to a vacancy.
async fn ask_other(app: &TestApp, request: &str, vacancy: &str, more: Value) -> String {
    let body = with(json!({"vacancy_id": vacancy}), more);
    app.other(Role::Referent).post(&format!("requests/{request}/referrals"), &body).await.expect(201).id()
}

/// Lets a request of the own organisation move into a place.
async fn house(app: &TestApp, request: &str, vacancy: &str) -> String {
    let path = format!("referrals/{}", app.ask(request, vacancy, json!({})).await.expect(201).id());
    let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
    provider.command(&format!("{path}/accept")).await.expect(200);
    referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
    provider.command(&format!("{path}/arrival")).await.expect(200);
    path
}

/// A place where somebody lives, two more in its area and one some 30 km away, each with beds.
struct Places {
    here: String,
    near: String,
    far: String,
}

impl Places {
    async fn new(app: &TestApp) -> Self {
        let here = vacancy_in(app, &structure()).await;
        // Another structure in the same cell of resolution 5 (Sathonay-Village).
        let near = vacancy_in(app, &with(structure(), json!({"commune": "69293"}))).await;
        let far = vacancy_in(app, &public_structure("69123", 45.50, 4.85)).await;
        Self { here, near, far }
    }
}

fn no(code: &str) -> Value {
    json!({"refusal": {"party": "structure", "code": code}})
}

/// An answer with ids in the order in which they come, and without times and aliases: what is left is the same of two that say the same.
#[derive(Default)]
struct Plain {
    ids: Vec<String>,
}

impl Plain {
    fn of(&mut self, value: &Value, name: &str) -> Value {
        match value {
            // Where the feed stands tells how much was written, by whomever.
            Value::String(_) if name == "next_cursor" => value.clone(),
            Value::String(_) if name == "alias" => json!("alias"),
            Value::String(text) if uuid::Uuid::try_parse(text).is_ok() => {
                let at = self.ids.iter().position(|known| known == text).unwrap_or_else(|| {
                    self.ids.push(text.clone());
                    self.ids.len() - 1
                });
                json!(format!("id {at}"))
            }
            Value::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => json!("time"),
            Value::Array(items) => items.iter().map(|item| self.of(item, name)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), self.of(field, name))).collect(),
            other => other.clone(),
        }
    }
}

/// What a referent of the other organisation does and reads, from ranking to undoing: each step with the answer. `linked` with somebody who lives
/// where they ask, else with somebody who lives nowhere.
async fn story(app: &TestApp, linked: bool) -> Vec<String> {
    let places = Places::new(app).await;
    let (housed, nowhere) = (app.request().await, app.request().await);
    house(app, &housed, &places.here).await;
    let (referent, provider) = (app.other(Role::Referent), app.own(Role::Provider));
    let own = referent.post("requests", &request()).await.expect(201).id();
    let whom = if linked { &housed } else { &nowhere };
    let code = app.own(Role::Referent).command(&format!("requests/{whom}/keep-apart-codes")).await.expect(201).body["code"].clone();
    referent.post(&format!("requests/{own}/keep-apart-links"), &json!({"code": code})).await.expect(201);

    let (mut plain, mut told) = (Plain::default(), Vec::new());
    let mut tell = |what: &str, answer: &Answer| {
        told.push(format!("{what}: {} {}", answer.status, plain.of(&answer.body, "")));
    };
    let requests = format!("requests/{own}");
    let asked = async |vacancy: &str, more: Value| {
        referent.post(&format!("{requests}/referrals"), &with(json!({"vacancy_id": vacancy}), more)).await
    };
    tell("rank", &referent.rank(&format!("{requests}/rank"), None).await);
    let plan = json!({"request_ids": [own]});
    let planned = format!("plans/{}", referent.post("plans", &plan).await.id());
    let mut found = referent.get(&planned).await;
    while found.body["state"] == "running" {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        found = referent.get(&planned).await;
    }
    tell("plan", &found);
    let confirmed = referent.post(&format!("{planned}/confirm"), &json!({})).await;
    tell("confirm plan", &confirmed);
    let line = confirmed.body["lines"][0]["referral_id"].as_str().unwrap().to_owned();
    tell("withdraw the line", &referent.command(&format!("referrals/{line}/withdraw")).await);
    let hold = asked(&places.here, json!({"hold": true})).await;
    tell("hold", &hold);
    let path = format!("referrals/{}", hold.id());
    let by_phone = |body: Value| with(body, json!({"by_phone": true}));
    tell("read", &referent.get(&path).await);
    tell("rank while it is held", &referent.rank(&format!("{requests}/rank"), None).await);
    tell("decline by phone", &referent.post(&format!("{path}/decline"), &by_phone(no("full"))).await);
    tell("rank after it", &referent.rank(&format!("{requests}/rank"), None).await);
    tell("undo", &referent.command(&format!("{path}/undo")).await);
    tell("accept by phone", &referent.post(&format!("{path}/accept"), &by_phone(json!({}))).await);
    tell("undo", &referent.command(&format!("{path}/undo")).await);
    tell("accept by phone again", &referent.post(&format!("{path}/accept"), &by_phone(json!({}))).await);
    let elsewhere = asked(&places.near, json!({})).await;
    tell("ask next door", &elsewhere);
    tell("edit", &referent.put(&requests, "*", &with(request(), json!({"nights": 40, "required": ["cot"]}))).await);
    tell("read that it no longer fits", &referent.get(&path).await);
    tell("edit back", &referent.put(&requests, "*", &request()).await);
    tell("confirm", &referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await);
    tell("turned away", &referent.command(&format!("{path}/turned-away")).await);
    tell("undo", &referent.command(&format!("{path}/undo")).await);
    tell("arrival by phone", &referent.post(&format!("{path}/arrival"), &by_phone(json!({}))).await);
    tell("undo", &referent.command(&format!("{path}/undo")).await);
    tell("withdraw", &referent.command(&format!("{path}/withdraw")).await);
    tell("revive", &referent.command(&format!("referrals/{}/revive", elsewhere.id())).await);
    // What the addressee answers for safety reads as what it says, and so does what the coordination stops.
    let declined = elsewhere.id();
    provider.post(&format!("referrals/{declined}/decline"), &no("group_balance")).await.expect(200);
    tell("declined", &referent.get(&format!("referrals/{declined}")).await);
    tell("rank after the refusal", &referent.rank(&format!("{requests}/rank"), None).await);
    tell("take back what another did", &referent.command(&format!("referrals/{declined}/undo")).await);
    let stopped = asked(
        &places.here,
        json!({"hold": true, "confirms_on_acceptance": true, "expected_arrival": app.arrival_in(2)["expected_arrival"]}),
    )
    .await;
    tell("ask to confirm on acceptance", &stopped);
    let stopped = format!("referrals/{}", stopped.id());
    if linked {
        app.own(Role::Coordinator).post(&format!("{stopped}/stop"), &no("not_secure_enough")).await.expect(200);
    } else {
        provider.post(&format!("{stopped}/decline"), &no("not_secure_enough")).await.expect(200);
    }
    tell("stopped", &referent.get(&stopped).await);
    tell("take back what another did", &referent.command(&format!("{stopped}/undo")).await);
    tell("far away", &asked(&places.far, json!({"hold": true})).await);
    tell("all referrals", &referent.get("referrals?limit=200").await);
    tell("the request", &referent.get(&requests).await);
    tell("the feed", &referent.get("events?limit=200").await);
    let mails: Vec<_> =
        app.mails().into_iter().filter(|mail| mail.to == "other@example.org").map(|mail| mail.subject.into_owned()).collect();
    tell("mails", &Answer { body: json!(mails), ..referent.get("communes?q=lyon").await });
    told
}

/// Another service on the same kind of database.
async fn twin(app: &TestApp) -> TestApp {
    if app.url().starts_with("sqlite") { TestApp::on_sqlite().await } else { TestApp::on_postgres().await.unwrap() }
}

/// The encounters that a caller hears of, each with its command and how many referrals it names.
async fn encounters(caller: &Caller) -> Vec<(String, usize)> {
    let events = caller.get("events?limit=200").await.expect(200).body;
    let met = events["items"].as_array().unwrap().iter().filter(|event| event["detail"]["encounter"].is_object());
    let told = |event: &Value| {
        let command = event["command"].as_str().unwrap().to_owned();
        (command, event["detail"]["encounter"]["referrals"].as_array().unwrap().len())
    };
    met.map(told).collect()
}

on_both! {
    async fn nothing_that_a_referent_does_or_reads_tells_of_whom_their_people_must_not_meet(app: TestApp) {
        let alone = twin(&app).await;
        let (linked, unlinked) = (story(&app, true).await, story(&alone, false).await);
        assert!(linked.len() > 30 && linked.iter().filter(|step| step.contains(": 20")).count() > 30, "{linked:#?}");
        for (linked, unlinked) in linked.iter().zip(&unlinked) {
            assert_eq!(linked, unlinked);
        }
        assert_eq!(linked.len(), unlinked.len());
        // There was something to tell, all the same.
        let told: std::collections::BTreeSet<_> = encounters(&app.own(Role::Coordinator)).await.into_iter().map(|(command, _)| command).collect();
        for command in ["createReferral", "confirmPlan", "acceptReferral", "confirmReferral", "recordArrival", "undoReferral", "reviveReferral"] {
            assert!(told.contains(command), "{command} of {told:?}");
        }
        assert_eq!(encounters(&alone.own(Role::Coordinator)).await, []);
        assert_eq!(encounters(&app.other(Role::Referent)).await, []);
        assert_eq!(encounters(&app.own(Role::Provider)).await, []);
    }

    async fn who_answers_for_a_place_sees_whom_to_call_and_accepts_nobody(app: TestApp) {
        let (own, other) = linked(&app).await;
        let places = Places::new(&app).await;
        let stay = house(&app, &own, &places.here).await;
        let (referent, provider) = (app.other(Role::Referent), app.own(Role::Provider));
        let far = format!("referrals/{}", ask_other(&app, &other, &places.far, json!({})).await);
        assert_eq!(provider.get(&far).await.expect(200).body["safety_call"], json!(null), "nobody is near there");
        assert_eq!(provider.get(&stay).await.expect(200).body["safety_call"], json!(null), "and nobody comes near here yet");
        for vacancy in [&places.here, &places.near] {
            let path = format!("referrals/{}", ask_other(&app, &other, vacancy, json!({})).await);
            let seen = provider.get(&path).await.expect(200).body;
            assert_eq!(seen["safety_call"]["name"], "115", "nobody else is registered: {seen}");
            assert_eq!(seen["safety_call"]["numbers"][0]["phone"], "115");
            assert_eq!(referent.get(&path).await.expect(200).body["safety_call"], json!(null));
            let before = app.row_counts();
            let refused = provider.command(&format!("{path}/accept")).await.refused(409, "kept_apart");
            assert!(!refused.text.contains(&own), "{}", refused.text);
            for belied in ["full", "filled_elsewhere", "unit_closed"] {
                let refused = provider.post(&format!("{path}/decline"), &no(belied)).await.refused(409, "contradiction");
                assert_eq!(refused.body["errors"][0]["pointer"], "/refusal/code", "{belied}");
            }
            assert_eq!(app.row_counts(), before);
            let declined = provider.post(&format!("{path}/decline"), &no("no_staff")).await.expect(200).body;
            for seen in [declined, provider.get(&path).await.expect(200).body] {
                assert_eq!((&seen["refusal"]["party"], &seen["refusal"]["code"]), (&json!("system"), &json!("safety")));
                assert_eq!(seen["refusal_told"]["code"], "no_staff");
                assert_eq!(seen["safety_call"], json!(null), "there is nothing to answer any more");
            }
            let read = referent.get(&path).await.expect(200).body;
            assert_eq!((&read["refusal"]["party"], &read["refusal"]["code"], &read["refusal_told"]), (&json!("structure"), &json!("no_staff"), &json!(null)));
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM refusals WHERE safety"), 2);
        // Beds that are held are somebody who is there, for those who live there too.
        let held = ask_other(&app, &other, &places.near, json!({"hold": true})).await;
        assert!(provider.get(&stay).await.expect(200).body["safety_call"].is_object());
        provider.post(&format!("{stay}/end"), &json!({"reason": "left", "request": "open"})).await.expect(200);
        assert_eq!(provider.get(&format!("referrals/{held}")).await.expect(200).body["safety_call"], json!(null), "they have left");
        provider.command(&format!("referrals/{held}/accept")).await.expect(200);
        app.ignore_mails();
    }

    async fn a_page_shows_an_addressee_whom_to_call_and_no_yes(app: TestApp) {
        let (own, other) = linked(&app).await;
        let places = Places::new(&app).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        ask_other(&app, &other, &places.here, json!({})).await;
        let page = browser.get("/orientations").await.expect(200).text;
        assert!(page.contains(words::YES.text()) && !page.contains(&maud_escaped(words::SAFETY_CALL.text())), "{page}");
        app.ask(&own, &places.near, json!({"hold": true})).await.expect(201);
        let page = browser.get("/orientations").await.expect(200).text;
        assert!(page.contains(&maud_escaped(words::SAFETY_CALL.text())) && page.contains("tel:115"), "{page}");
        app.ignore_mails();
    }

    async fn the_coordination_is_told_of_every_encounter_and_out_of_its_hours_the_115(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let coordination = |hours: &str| {
            let contact = json!({"numbers": [{"label": "coordination", "phone": "01 99 00 00 10", "hours": hours}], "email": "coordination@example.org"});
            json!({"name": "Coordination fictive", "kind": "coordination", "contact": contact})
        };
        let made = administrator.post("organisations", &coordination("24/7")).await.expect(201).id();
        let keeps = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": bodies::reached_at("115@example.org")});
        administrator.post("organisations", &keeps).await.expect(201);
        let regulator = app.with_token(&client::make(app.db(), "115 du Rhône (fictif)", Role::Regulator).unwrap().0);
        let (own, other) = (app.request().await, app.other(Role::Referent).post("requests", &request()).await.expect(201).id());
        let places = Places::new(&app).await;
        house(&app, &own, &places.here).await;
        let asked = format!("referrals/{}", ask_other(&app, &other, &places.near, json!({})).await);
        app.ignore_mails();
        let coordinator = app.own(Role::Coordinator);
        assert_eq!(encounters(&coordinator).await, []);
        // Made between two who are near each other already.
        let code = app.own(Role::Referent).command(&format!("requests/{own}/keep-apart-codes")).await.expect(201).body["code"].clone();
        app.other(Role::Referent).post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        assert_eq!(encounters(&coordinator).await, [("createKeepApartLink".to_owned(), 2)]);
        let to: Vec<_> = app.mails().into_iter().map(|mail| (mail.to, mail.text.contains("femme") || mail.text.contains("Lyon"))).collect();
        assert_eq!(to, [("coordination@example.org".to_owned(), false)]);
        assert_eq!(encounters(&regulator).await, [], "the coordination answers");

        administrator.put(&format!("organisations/{made}"), "*", &coordination("Jan 01 00:00-00:01")).await.expect(200);
        let called = app.own(Role::Provider).get(&asked).await.expect(200).body["safety_call"].clone();
        assert_eq!(called["name"], "115 du Rhône (fictif)");
        app.other(Role::Referent).post(&format!("{asked}/accept"), &json!({"by_phone": true})).await.expect(200);
        let mut to: Vec<_> = app.mails().into_iter().filter(|mail| mail.subject.contains("sécurité")).map(|mail| mail.to).collect();
        to.sort();
        assert_eq!(to, ["115@example.org", "coordination@example.org"]);
        assert_eq!(encounters(&regulator).await, [("acceptReferral".to_owned(), 2)]);
        assert_eq!(encounters(&app.other(Role::Referent)).await, [], "not those who ask");
        app.other(Role::Referent).post(&format!("{asked}/confirm"), &app.arrival_in(1)).await.expect(200);
        let told = encounters(&coordinator).await;
        assert_eq!(told.last().unwrap(), &("confirmReferral".to_owned(), 2));
        let events = coordinator.get("events?limit=200").await.expect(200).body;
        let last = events["items"].as_array().unwrap().iter().rfind(|event| event["command"] == "confirmReferral").unwrap().clone();
        assert_eq!(last["detail"].as_object().unwrap().len(), 1, "of a referral it reads the encounter and no more: {last}");
        assert_eq!(last["detail"]["encounter"]["department"], "69");
        app.ignore_mails();
    }

    async fn a_site_that_moves_takes_its_people_along_and_the_coordination_is_told(app: TestApp) {
        let (own, other) = linked(&app).await;
        let site = app.site().await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        app.ask(&own, &vacancy, json!({"hold": true})).await.expect(201);
        let far = vacancy_in(&app, &public_structure("69123", 45.50, 4.85)).await;
        ask_other(&app, &other, &far, json!({"hold": true})).await;
        let coordinator = app.own(Role::Coordinator);
        assert_eq!(encounters(&coordinator).await, []);
        app.own(Role::Provider).put(&format!("structures/{}", site.structure), "*", &public_structure("69123", 45.50, 4.85)).await.expect(200);
        assert_eq!(encounters(&coordinator).await, [("updateStructure".to_owned(), 2)]);
        app.ignore_mails();
    }

    async fn the_coordination_stops_what_is_part_of_an_encounter_and_nothing_else(app: TestApp) {
        let (own, other) = linked(&app).await;
        let places = Places::new(&app).await;
        house(&app, &own, &places.here).await;
        let (token, _) = api::cli::client::make(app.db(), "Coordination fictive", Role::Coordinator).unwrap();
        let coordinator = app.with_token(&token);
        let far = ask_other(&app, &other, &places.far, json!({})).await;
        coordinator.post(&format!("referrals/{far}/stop"), &no("no_staff")).await.refused(404, "not_found");
        let near = format!("referrals/{}", ask_other(&app, &other, &places.near, json!({"hold": true})).await);
        let as_person = json!({"refusal": {"party": "person", "code": "afraid"}});
        for wrong in [no("full"), as_person] {
            coordinator.post(&format!("{near}/stop"), &wrong).await.refused(409, "contradiction");
        }
        let stopped = coordinator.post(&format!("{near}/stop"), &no("no_staff")).await.expect(200);
        assert_eq!((&stopped.body["state"], stopped.text.contains("household")), (&json!("declined"), false));
        let seen = app.own(Role::Provider).get(&near).await.expect(200).body;
        assert_eq!((&seen["refusal"]["code"], &seen["refusal_told"]["code"]), (&json!("safety"), &json!("no_staff")));
        coordinator.post(&format!("{near}/stop"), &no("no_staff")).await.refused(404, "not_found");
        let commands = |events: Value| events["items"].as_array().unwrap().iter().map(|event| event["command"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let read = commands(app.other(Role::Referent).get("events?limit=200").await.expect(200).body);
        assert!(read.contains(&"declineReferral".to_owned()) && !read.contains(&"stopReferral".to_owned()), "{read:?}");
        for caller in [app.own(Role::Provider), app.own(Role::Auditor)] {
            assert!(commands(caller.get("events?limit=200").await.expect(200).body).contains(&"stopReferral".to_owned()));
        }
        // What the coordination has said, the addressee does not take back.
        app.own(Role::Provider).command(&format!("{near}/undo")).await.refused(403, "role_not_allowed");
        app.ignore_mails();
    }

    async fn a_regulator_moves_nobody_near_whom_they_must_not_meet(app: TestApp) {
        let (own, other) = linked(&app).await;
        let regulator = app.own(Role::Regulator);
        let keeps = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": bodies::reached_at("own@example.org")});
        app.own(Role::Administrator).put(&format!("organisations/{}", regulator.identity().organisation), "*", &keeps).await.expect(200);
        let behind = with(unit(), json!({"doors": ["115"]}));
        let vacancy = async |structure: &Value| {
            let site = app.site_with(structure, &behind).await;
            app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id()
        };
        let (here, far) = (vacancy(&structure()).await, vacancy(&public_structure("69123", 45.50, 4.85)).await);
        app.ask(&own, &here, json!({"hold": true})).await.expect(201);
        let path = format!("referrals/{}", ask_other(&app, &other, &far, json!({})).await);
        regulator.post(&format!("{path}/move"), &json!({"vacancy_id": here})).await.refused(409, "kept_apart");
        app.ignore_mails();
    }

    async fn a_link_is_ended_by_both_or_by_the_coordination(app: TestApp) {
        let (own, other) = linked(&app).await;
        let (mine, theirs) = (app.own(Role::Referent), app.other(Role::Referent));
        let list = async |caller: &Caller, request: &str| caller.get(&format!("requests/{request}/keep-apart-links")).await.expect(200).body["items"].clone();
        let link = list(&mine, &own).await[0]["id"].as_str().unwrap().to_owned();
        let end = |request: &str| format!("requests/{request}/keep-apart-links/{link}/end");
        let agreed = mine.command(&end(&own)).await.expect(200).body;
        assert_eq!((agreed["agreed_at"].is_string(), &agreed["other_agreed_at"], &agreed["ended_at"]), (true, &json!(null), &json!(null)));
        assert!(list(&theirs, &other).await[0]["other_agreed_at"].is_string(), "the other side sees that it is asked for");
        assert!(theirs.command(&end(&other)).await.expect(200).body["ended_at"].is_string());
        mine.command(&end(&own)).await.refused(409, "link_ended");
        assert_eq!(list(&mine, &own).await, json!([]));

        let (own, _) = linked(&app).await;
        let link = list(&mine, &own).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("keep-apart-links/{link}/end");
        mine.command(&path).await.refused(403, "role_not_allowed");
        assert!(app.own(Role::Coordinator).command(&path).await.expect(200).body["ended_at"].is_string());
        app.own(Role::Coordinator).command(&path).await.refused(409, "link_ended");
        assert_eq!(list(&mine, &own).await, json!([]));
    }

    async fn one_side_of_a_link_does_not_learn_which_organisation_is_on_the_other(app: TestApp) {
        let (own, _) = linked(&app).await;
        let link = app.own(Role::Referent).get(&format!("requests/{own}/keep-apart-links")).await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        app.own(Role::Referent).command(&format!("requests/{own}/keep-apart-links/{link}/end")).await.expect(200);
        for (caller, other) in [(app.own(Role::Referent), app.other(Role::Referent)), (app.other(Role::Referent), app.own(Role::Referent))] {
            let events = caller.get("events?record_kind=keep_apart").await.expect(200);
            assert!(events.body["items"].as_array().unwrap().len() >= 2, "{}", events.text);
            assert!(!events.text.contains(&other.identity().organisation.to_string()), "{}", events.text);
        }
        let audited = app.own(Role::Auditor).get("events?record_kind=keep_apart").await.expect(200).text;
        assert!(audited.contains(&app.other(Role::Referent).identity().organisation.to_string()));
    }

    async fn a_code_is_good_once_for_a_day_and_shown_once(app: TestApp) {
        let own = app.request().await;
        let codes = format!("requests/{own}/keep-apart-codes");
        let referent = app.own(Role::Referent);
        let (other_referent, other) = (app.other(Role::Referent), app.other(Role::Referent).post("requests", &request()).await.expect(201).id());
        let links = format!("requests/{other}/keep-apart-links");
        let made = referent.send(actix_web::http::Method::POST, &codes, &[("idempotency-key", "k")], None).await.expect(201).body;
        let again = referent.send(actix_web::http::Method::POST, &codes, &[("idempotency-key", "k")], None).await.expect(201).body;
        assert_eq!((&again["id"], &again["code"]), (&made["id"], &json!(null)));
        let code = made["code"].as_str().unwrap();

        for wrong in ["AAAA-AAAA-AAAA", "7Q4M-0XKD-2NVA"] {
            let refused = other_referent.post(&links, &json!({"code": wrong})).await.refused(409, "code_not_valid");
            assert_eq!(refused.body["errors"][0]["pointer"], "/code");
        }
        referent.post(&format!("requests/{own}/keep-apart-links"), &json!({"code": code})).await.refused(409, "code_not_valid");
        let typed = code.to_lowercase().replace('-', " ");
        let link = other_referent.post(&links, &json!({"code": typed})).await.expect(201);
        other_referent.post(&links, &json!({"code": code})).await.refused(409, "code_not_valid");
        for (caller, path) in [(&referent, format!("requests/{own}/keep-apart-links")), (&other_referent, links.clone())] {
            assert_eq!(caller.get(&path).await.expect(200).body["items"], json!([link.body]), "both sides see the link and no more");
        }
        referent.get(&links).await.refused(404, "not_found");

        let end = |request: &str| format!("requests/{request}/keep-apart-links/{}/end", link.id());
        assert!(referent.command(&end(&own)).await.expect(200).body["ended_at"].is_null());
        assert!(!other_referent.command(&end(&other)).await.expect(200).body["ended_at"].is_null());
        referent.command(&end(&own)).await.refused(409, "link_ended");
        assert_eq!(other_referent.get(&links).await.expect(200).body["items"], json!([]));

        let late = referent.command(&codes).await.expect(201).body["code"].clone();
        app.clock().advance(TimeDelta::hours(24));
        other_referent.post(&links, &json!({"code": late})).await.refused(409, "code_not_valid");
    }

    async fn no_other_organisation_makes_a_code_of_a_request(app: TestApp) {
        let (twin, request) = (app.request().await, app.request().await);
        let codes = |request: &str| format!("requests/{request}/keep-apart-codes");
        app.own(Role::Referent).command(&codes(&twin)).await.expect(201);
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).command(&codes(&request)).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        app.own(Role::Partner).command(&codes(&request)).await.expect(201);
    }

    async fn no_other_organisation_links_a_request(app: TestApp) {
        let (twin, request) = (app.request().await, app.request().await);
        let stranger = app.other(Role::Referent);
        let theirs = stranger.post("requests", &bodies::request()).await.expect(201).id();
        let code = async || json!({"code": stranger.command(&format!("requests/{theirs}/keep-apart-codes")).await.expect(201).body["code"]});
        let links = |request: &str| format!("requests/{request}/keep-apart-links");
        app.own(Role::Referent).post(&links(&twin), &code().await).await.expect(201);
        let good = code().await;
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).post(&links(&request), &good).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        app.own(Role::Referent).post(&links(&request), &good).await.expect(201);
    }

    async fn no_other_organisation_ends_or_sees_a_link(app: TestApp) {
        let (owner, stranger) = (app.own(Role::Referent), app.other(Role::Referent));
        let link = async || {
            let (one, other) = (app.request().await, app.request().await);
            let code = owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
            let made = owner.post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
            (format!("requests/{one}/keep-apart-links"), made.id())
        };
        let (twins, twin) = link().await;
        owner.command(&format!("{twins}/{twin}/end")).await.expect(200);
        let (links, id) = link().await;
        let theirs = stranger.post("requests", &bodies::request()).await.expect(201).id();
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).command(&format!("{links}/{id}/end")).await.refused(404, "not_found");
            app.other(role).command(&format!("requests/{theirs}/keep-apart-links/{id}/end")).await.refused(404, "not_found");
            app.other(role).get(&links).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        let kept = owner.get(&links).await.expect(200).body;
        assert_eq!((&kept["items"][0]["id"], &kept["items"][0]["ended_at"]), (&json!(id), &json!(null)));
        owner.command(&format!("{links}/{id}/end")).await.expect(200);
    }

    async fn a_link_is_no_other_request_s_of_the_same_organisation(app: TestApp) {
        let owner = app.own(Role::Referent);
        let (one, other, third) = (app.request().await, app.request().await, app.request().await);
        let code = owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
        let link = owner.post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201).id();
        owner.command(&format!("requests/{third}/keep-apart-links/{link}/end")).await.refused(404, "not_found");
        assert_eq!(owner.get(&format!("requests/{third}/keep-apart-links")).await.expect(200).body["items"], json!([]));
        assert_eq!(owner.get(&format!("requests/{one}/keep-apart-links")).await.expect(200).body["items"][0]["id"], link.as_str());
    }

    async fn two_requests_have_one_link_however_often_they_are_linked(app: TestApp) {
        let (one, other) = (app.request().await, app.request().await);
        let owner = app.own(Role::Referent);
        let link = async |from: &str, to: &str| {
            let code = owner.command(&format!("requests/{from}/keep-apart-codes")).await.expect(201).body["code"].clone();
            owner.post(&format!("requests/{to}/keep-apart-links"), &json!({"code": code})).await.expect(201).id()
        };
        let first = link(&one, &other).await;
        assert_eq!((link(&one, &other).await, link(&other, &one).await), (first.clone(), first));
        assert_eq!(app.count("SELECT count(*) AS n FROM keep_apart_links"), 1);
    }

    async fn a_closed_request_is_linked_no_more(app: TestApp) {
        let owner = app.own(Role::Referent);
        let (one, closed) = (app.request().await, app.request().await);
        let code = json!({"code": owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"]});
        owner.post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        let before = app.row_counts();
        owner.command(&format!("requests/{closed}/keep-apart-codes")).await.refused(409, "request_closed");
        owner.post(&format!("requests/{closed}/keep-apart-links"), &code).await.refused(409, "request_closed");
        assert_eq!(app.row_counts(), before);
        let open = app.request().await;
        owner.post(&format!("requests/{open}/keep-apart-links"), &code).await.expect(201);
    }

    async fn a_request_has_a_limit_of_links(app: TestApp) {
        let (owner, one) = (app.own(Role::Referent), app.request().await);
        let link = async || {
            let other = app.request().await;
            let code = owner.command(&format!("requests/{other}/keep-apart-codes")).await.expect(201).body["code"].clone();
            owner.post(&format!("requests/{one}/keep-apart-links"), &json!({"code": code})).await
        };
        let first = link().await.expect(201).id();
        for _ in 1..api::limits::KEEP_APART_LINKS_MAX {
            link().await.expect(201);
        }
        link().await.refused(409, "too_many_links");
        owner.command(&format!("requests/{one}/keep-apart-links/{first}/end")).await.expect(200);
        link().await.expect(201);
    }

    async fn both_sides_read_that_they_were_linked_and_no_third(app: TestApp) {
        let (_, other) = linked(&app).await;
        let links = app.other(Role::Referent).get(&format!("requests/{other}/keep-apart-links")).await.expect(200).body;
        for caller in [app.own(Role::Referent), app.other(Role::Referent), app.own(Role::Auditor)] {
            let events = caller.get("events").await.expect(200).body;
            let last = events["items"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&last["command"], &last["record_id"]), (&json!("createKeepApartLink"), &links["items"][0]["id"]));
            assert_eq!(last["detail"], json!({}), "it says nothing of the requests");
        }
        let seen = app.own(Role::Provider).get("events").await.expect(200);
        assert!(!seen.text.contains("KeepApart"), "{}", seen.text);
    }
}
