//! The document's examples: every body is sent, with today's days, and does what is documented; every answer, schema and problem that is shown fits
//! its schema. What is served is what is tried: nobody writes an example twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use actix_web::http::Method;
use api::domain::{Role, Scope};
use chrono::{DateTime, NaiveDate, TimeDelta};
use serde_json::{Value, json};

use crate::harness::bodies::with;
use crate::harness::{Answer, Caller, TestApp, documented, on_both};

/// The document, and which of its bodies were sent.
struct Story {
    document: Value,
    sent: BTreeSet<String>,
}

/// An operation of the document: its method, its path without what stands before every path, and what is said of it.
fn operations(document: &Value) -> BTreeMap<&str, (Method, &str, &Value)> {
    let mut operations = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations
                .insert(operation["operationId"].as_str().unwrap(), (method, path.strip_prefix("/api/v1/").unwrap(), operation));
        }
    }
    operations
}

/// The status that is documented for what succeeds.
fn documented_success(operation: &Value) -> Vec<u16> {
    let statuses = operation["responses"].as_object().unwrap().keys();
    statuses.map(|status| status.parse().unwrap()).filter(|status| (200..300).contains(status)).collect()
}

impl Story {
    async fn begin(app: &TestApp) -> Self {
        Self { document: app.nobody().get("openapi.json").await.expect(200).body, sent: BTreeSet::new() }
    }

    /// Sends the body that the document shows for an operation about these records, with what no example can know.
    async fn tell(&mut self, caller: Caller, operation: &str, ids: &[(&str, &str)], change: Value) -> Answer {
        let (method, path, described) = operations(&self.document).remove(operation).unwrap();
        let path = ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        let body = with(described["requestBody"]["content"]["application/json"]["example"].clone(), change);
        let takes =
            |name: &str| described["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name);
        let answer = if method == Method::PUT {
            // The contact of an organisation and the roles of an account are edited by themselves, and read with the whole.
            let seen = caller.get(path.trim_end_matches("/contact").trim_end_matches("/roles")).await.expect(200).etag();
            caller.put(&path, &seen, &body).await
        } else if takes("Idempotency-Key") {
            caller.post(&path, &body).await
        } else {
            caller.rank(&path, Some(&body)).await
        };
        let succeeds = documented_success(described);
        assert!(succeeds.contains(&answer.status.as_u16()), "{operation} is to answer {succeeds:?}: {}", answer.text);
        self.sent.insert(operation.to_owned());
        answer
    }

    /// A new request, put to a vacancy: both ids.
    async fn asked(&mut self, app: &TestApp, vacancy: &str) -> (String, String) {
        let request = self.tell(app.own(Role::Referent), "createRequest", &[], json!({})).await.id();
        let change = json!({"vacancy_id": vacancy});
        let referral = self.tell(app.own(Role::Referent), "createReferral", &[("request_id", &request)], change).await.id();
        (request, referral)
    }

    /// The same, accepted and confirmed.
    async fn coming(&mut self, app: &TestApp, vacancy: &str) -> String {
        let (_, referral) = self.asked(app, vacancy).await;
        self.tell(app.own(Role::Provider), "acceptReferral", &[("referral_id", &referral)], json!({})).await;
        self.tell(app.own(Role::Referent), "confirmReferral", &[("referral_id", &referral)], json!({})).await;
        referral
    }

    async fn of_the_registry(&mut self, app: &TestApp) -> String {
        let (administrator, provider) = (app.own(Role::Administrator), app.own(Role::Provider));
        let organisation = self.tell(administrator.clone(), "createOrganisation", &[], json!({})).await.id();
        self.tell(administrator, "updateOrganisation", &[("organisation_id", &organisation)], json!({})).await;
        let own = provider.identity().organisation.to_string();
        self.tell(provider.clone(), "updateOrganisationContact", &[("organisation_id", &own)], json!({})).await;
        let structure = self.tell(provider.clone(), "createStructure", &[], json!({})).await.id();
        self.tell(provider.clone(), "updateStructure", &[("structure_id", &structure)], json!({})).await;
        let unit = self.tell(provider.clone(), "createUnit", &[("structure_id", &structure)], json!({})).await.id();
        self.tell(provider.clone(), "updateUnit", &[("unit_id", &unit)], json!({})).await;
        let vacancy = self.tell(provider.clone(), "declareVacancy", &[("unit_id", &unit)], json!({})).await.id();
        self.tell(provider.clone(), "recordTakenElsewhere", &[("vacancy_id", &vacancy)], json!({})).await;
        self.tell(provider, "updateVacancy", &[("vacancy_id", &vacancy)], json!({})).await;
        vacancy
    }

    async fn of_accounts(&mut self, app: &TestApp) {
        let manager = app.own(Role::Manager);
        let own = manager.identity().organisation.to_string();
        let invited = self.tell(manager.clone(), "inviteAccount", &[("organisation_id", &own)], json!({})).await.id();
        self.tell(manager.clone(), "changeAccountRoles", &[("account_id", &invited)], json!({})).await;
        let tool = self.tell(manager.clone(), "createApiClient", &[("organisation_id", &own)], json!({})).await.id();
        self.tell(manager.clone(), "rotateApiClient", &[("account_id", &tool)], json!({})).await;
        manager.command(&format!("accounts/{invited}/end")).await.expect(200);
        let (_, follower) = crate::webhooks::tool(app, &[Scope::Events, Scope::Requests, Scope::Referrals]).await;
        // The example's name is nobody's.
        let change = json!({"url": crate::webhooks::PUBLIC});
        let webhook = self.tell(manager.clone(), "createWebhook", &[("account_id", &follower)], change.clone()).await.id();
        self.tell(manager.clone(), "updateWebhook", &[("webhook_id", &webhook)], change).await;
        self.tell(manager.clone(), "replayWebhook", &[("webhook_id", &webhook)], json!({})).await;
        self.tell(app.own(Role::Referent), "inviteReplacement", &[], json!({})).await;
        let (change, code) = app.change_that_waits(&crate::access::address());
        self.tell(app.own(Role::Administrator), "proveAddress", &[("change_id", &change)], json!({"code": code})).await;
        let (home, code) = app.contact_to_prove().await;
        self.tell(app.own(Role::Provider), "proveContact", &[("structure_id", &home)], json!({"code": code})).await;
    }

    async fn of_referrals(&mut self, app: &TestApp, vacancy: &str) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (_, referral) = self.asked(app, vacancy).await;
        self.tell(provider.clone(), "declineReferral", &[("referral_id", &referral)], json!({})).await;
        app.ignore_mails();
        let (_, referral) = self.asked(app, vacancy).await;
        let link = crate::mails::link(&app.mails()[0]);
        self.tell(provider.clone(), "acknowledgeReferral", &[("referral_id", &referral)], json!({})).await;
        self.tell(provider.clone(), "undoReferral", &[("referral_id", &referral)], json!({})).await;
        app.nobody().get(&link).await.refused(410, "link_expired");
        let link = crate::mails::link(app.mails().last().unwrap());
        let token = link.rsplit('/').next().unwrap();
        self.tell(app.nobody(), "acknowledgeReferralByLink", &[("token", token)], json!({})).await;
        let seen = app.nobody().get(&link).await.expect(200).body["vacancy"]["beds"].as_u64().unwrap();
        self.tell(app.nobody(), "countVacancyByLink", &[("token", token)], json!({"from": seen, "to": seen + 1})).await;
        self.tell(app.nobody(), "recordTakenElsewhereByLink", &[("token", token)], json!({"from": seen + 1})).await;
        self.tell(app.nobody(), "declineReferralByLink", &[("token", token)], json!({})).await;
        self.tell(app.nobody(), "undoReferralByLink", &[("token", token)], json!({})).await;
        self.tell(referent.clone(), "withdrawReferral", &[("referral_id", &referral)], json!({})).await;
        let referral = self.coming(app, vacancy).await;
        self.tell(referent.clone(), "recordNoShow", &[("referral_id", &referral)], json!({})).await;
        let referral = self.coming(app, vacancy).await;
        self.tell(referent, "recordArrival", &[("referral_id", &referral)], json!({})).await;
        self.tell(provider, "endStay", &[("referral_id", &referral)], json!({})).await;
    }

    async fn of_a_regulator(&mut self, app: &TestApp) {
        let (referral, other) = crate::access::behind_a_door(app).await;
        let change = json!({"vacancy_id": other});
        self.tell(app.own(Role::Regulator), "moveReferral", &[("referral_id", &referral)], change).await;
        let contested = crate::access::contested(app).await;
        self.tell(app.own(Role::Coordinator), "resolveRegistration", &[("structure_id", &contested)], json!({})).await;
        let keeper = app.own(Role::Coordinator);
        let door = keeper.get("door-contacts?limit=1").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        self.tell(keeper, "updateDoorContact", &[("door_contact_id", &door)], json!({})).await;
    }

    async fn of_requests(&mut self, app: &TestApp) {
        let referent = app.own(Role::Referent);
        self.tell(referent.clone(), "rankAdHoc", &[], json!({})).await;
        let [first, second] = [
            self.tell(referent.clone(), "createRequest", &[], json!({})).await.id(),
            self.tell(referent.clone(), "createRequest", &[], json!({})).await.id(),
        ];
        let wanted = json!({"unit_id": referent.rank(&format!("requests/{first}/rank"), None).await.expect(200).body["proposals"][0]["unit_id"]});
        self.tell(referent.clone(), "showContact", &[("request_id", &first)], wanted).await;
        self.tell(referent.clone(), "updateRequest", &[("request_id", &first)], json!({})).await;
        self.tell(referent.clone(), "addNote", &[("request_id", &first)], json!({})).await;
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let couple = self.tell(referent.clone(), "createRequest", &[], json!({"household": [woman, woman]})).await.id();
        self.tell(referent.clone(), "splitRequest", &[("request_id", &couple)], json!({})).await;
        let borrower = json!({"organisation_id": app.other(Role::Referent).identity().organisation});
        self.tell(referent.clone(), "lendRequest", &[("request_id", &first)], borrower).await;
        let found = self.tell(referent.clone(), "createRequest", &[], json!({})).await.id();
        self.tell(referent.clone(), "closeRequest", &[("request_id", &found)], json!({})).await;
        let mut plan = self.tell(referent.clone(), "createPlan", &[], json!({"request_ids": [&first, &second]})).await;
        while plan.body["state"] == "running" {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            plan = referent.get(&format!("plans/{}", plan.id())).await.expect(200);
        }
        let lines: Vec<_> = plan.body["assignments"].as_array().unwrap().iter().map(|line| line["request_id"].clone()).collect();
        assert!(!lines.is_empty(), "somebody is placed: {}", plan.text);
        self.tell(referent.clone(), "confirmPlan", &[("plan_id", &plan.id())], json!({"request_ids": lines})).await;
        let code = referent.command(&format!("requests/{first}/keep-apart-codes")).await.expect(201).body["code"].clone();
        let other = app.other(Role::Referent);
        let theirs = self.tell(other.clone(), "createRequest", &[], json!({})).await.id();
        self.tell(other, "createKeepApartLink", &[("request_id", &theirs)], json!({"code": code})).await;
        let vacancy = app.vacancy(5).await;
        app.ask(&first, &vacancy, json!({})).await.expect(201);
        let body = json!({"vacancy_id": vacancy, "hold": true});
        let near = app.other(Role::Referent).post(&format!("requests/{theirs}/referrals"), &body).await.expect(201).id();
        self.tell(app.own(Role::Coordinator), "stopReferral", &[("referral_id", &near)], json!({})).await;
    }
}

on_both! {
    async fn every_body_can_be_sent_today(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let vacancy = story.of_the_registry(&app).await;
        story.of_referrals(&app, &vacancy).await;
        story.of_requests(&app).await;
        story.of_a_regulator(&app).await;
        story.of_accounts(&app).await;
        let with_body = operations(&story.document).into_iter().filter(|(_, (_, _, described))| described["requestBody"].is_object());
        let untold: Vec<_> = with_body.map(|(id, _)| id).filter(|id| !story.sent.contains(*id)).collect();
        assert!(untold.is_empty(), "nobody has tried the bodies of {untold:?}");
        app.ignore_mails();
    }

    async fn every_parameter_can_be_sent(app: TestApp) {
        let document = app.nobody().get("openapi.json").await.expect(200).body;
        let mut tried = 0;
        for (id, (_, path, described)) in operations(&document).into_iter().filter(|(_, (method, ..))| *method == Method::GET) {
            let role = *app.own_role(id);
            for parameter in described["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
                let example = parameter.get("example").cloned().unwrap_or_else(|| example_of(&document, &parameter["schema"]));
                let text = example.as_str().map_or_else(|| example.to_string(), ToOwned::to_owned);
                if path.contains('{') || example.is_null() {
                    continue;
                }
                // What is free on a day is for one's own units.
                let role = if parameter["name"] == "free_on" { Role::Provider } else { role };
                let (name, text) = (parameter["name"].as_str().unwrap(), form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
                app.own(role).get(&format!("{path}?{name}={text}")).await.expect(200);
                tried += 1;
            }
        }
        assert!(tried >= 10, "{tried} tried");
    }

    async fn the_days_of_examples_are_as_far_from_today_as_they_were_written(app: TestApp) {
        let days = |document: &Value| {
            let vacancy = &document["paths"]["/api/v1/units/{unit_id}/vacancies"]["post"]["requestBody"]["content"]["application/json"]["example"];
            let confirmation = &document["paths"]["/api/v1/referrals/{referral_id}/confirm"]["post"]["requestBody"]["content"]["application/json"]["example"];
            let day: NaiveDate = vacancy["from"].as_str().unwrap().parse().unwrap();
            let arrival = DateTime::parse_from_rfc3339(confirmation["expected_arrival"].as_str().unwrap()).unwrap();
            (day, arrival)
        };
        let (written, expected) = days(documented::document());
        for later in [0, 1, 400] {
            app.clock().advance(TimeDelta::days(later));
            let served = app.nobody().get("openapi.json").await.expect(200).body;
            let (day, arrival) = days(&served);
            assert_eq!(day, app.clock().now().utc().date_naive());
            assert_eq!((arrival - expected).num_days(), (day - written).num_days(), "{arrival}");
            assert_eq!((arrival.time(), arrival.offset()), (expected.time(), expected.offset()));
        }
    }
}

impl TestApp {
    /// A role that may call an operation.
    fn own_role(&self, operation: &str) -> &'static Role {
        let row = api::web::operations::ALL.iter().find(|spec| spec.id == operation).unwrap();
        match row.who {
            api::web::operations::Who::Roles(roles) => &roles[0],
            _ => &Role::Referent,
        }
    }
}

/// The example of a schema or of what it names.
fn example_of(document: &Value, schema: &Value) -> Value {
    let named = schema["$ref"].as_str().and_then(|link| document.pointer(link.trim_start_matches('#')));
    let own = |schema: &Value| schema.get("example").or_else(|| schema["examples"].get(0)).cloned();
    own(schema).or_else(|| own(named?)).unwrap_or(Value::Null)
}

#[test]
fn every_body_and_every_answer_has_an_example_that_fits() {
    let document = documented::document();
    for (id, (_, _, described)) in operations(document) {
        let mut contents = Vec::new();
        if let Some(body) = described.get("requestBody") {
            contents.push(("body".to_owned(), &body["content"]["application/json"]));
        }
        // Of an answer that goes on, some of its text.
        let goes_on = |status: u16| described["responses"][status.to_string()]["content"]["text/event-stream"].as_object();
        for status in documented_success(described) {
            if let Some(content) = goes_on(status) {
                assert!(content["example"].is_string(), "{id}, {status}: has no example");
                continue;
            }
            contents.push((status.to_string(), &described["responses"][status.to_string()]["content"]["application/json"]));
        }
        for (what, content) in contents {
            assert!(content["example"].is_object(), "{id}, {what}: has no example");
            let faults = documented::faults(&content["schema"], &content["example"]);
            assert!(faults.is_empty(), "{id}, {what}: {faults:#?} in {:#}", content["example"]);
        }
    }
}

#[test]
fn every_schema_and_every_problem_has_examples_that_fit() {
    let document = documented::document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        hold_to(name, schema);
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        let content = &response["content"]["application/problem+json"];
        for (code, example) in content["examples"].as_object().unwrap() {
            let faults = documented::faults(&content["schema"], &example["value"]);
            assert!(faults.is_empty(), "{name}, {code}: {faults:#?}");
        }
    }
}

/// Holds the examples of a schema and of all schemas inside of it to it.
fn hold_to(name: &str, schema: &Value) {
    for example in schema["examples"].as_array().into_iter().flatten().chain(schema.get("example")) {
        let faults = documented::faults(schema, example);
        assert!(faults.is_empty(), "{name}: {faults:#?} in {example}");
    }
    match schema {
        Value::Object(parts) => {
            for (part, inside) in parts.iter().filter(|(part, _)| !["examples", "example"].contains(&part.as_str())) {
                hold_to(&format!("{name}/{part}"), inside);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|inside| hold_to(name, inside)),
        _ => {}
    }
}
