//! Who makes themselves coordinator, or an organisation a coordination: each role, with every operation that gives roles, kinds and doors.

use actix_web::http::Method;
use api::domain::Role;
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::{Value, json};

use super::came;
use crate::harness::bodies::{organisation, with};
use crate::harness::people::Person;
use crate::harness::{Caller, TestApp, on_both};

/// What gives roles, kinds and doors: method, path, body.
fn ways(by: &Caller, own: &str, number: usize) -> Vec<(Method, String, Value)> {
    let account = by.identity().account;
    let invitation = |role: &str| json!({"email": format!("soi-{role}-{number}-{account}@example.org"), "label": "Personne fictive", "roles": [role]});
    let coordination =
        with(organisation(), json!({"name": format!("Coordination inventée {number}"), "kind": "coordination", "contact": {}}));
    let keeper =
        json!({"name": format!("115 inventé {number}"), "kind": "regulator", "doors": ["115", "acse"], "departments": ["69"]});
    let own_kind = json!({"name": "Organisation fictive", "kind": "coordination"});
    let mut ways = vec![
        (Method::PUT, format!("accounts/{account}/roles"), json!({"roles": ["coordinator"]})),
        (
            Method::PUT,
            format!("accounts/{account}/roles"),
            json!({"roles": ["coordinator", by.identity().roles.iter().next().unwrap().as_str()]}),
        ),
        (Method::POST, "organisations".to_owned(), coordination),
        (Method::POST, "organisations".to_owned(), keeper),
        (Method::PUT, format!("organisations/{own}"), own_kind),
        (
            Method::POST,
            format!("organisations/{own}/api-clients"),
            json!({"label": "Outil fictif", "scopes": ["registry", "vacancies", "requests", "referrals", "events"]}),
        ),
    ];
    for role in ["coordinator", "regulator", "administrator", "auditor", "partner"] {
        ways.push((Method::POST, format!("organisations/{own}/accounts"), invitation(role)));
        let other = invitation(&format!("{role}-remplacement"));
        ways.push((Method::POST, "replacements".to_owned(), with(other, json!({"roles": [role]}))));
    }
    ways
}

/// How many accounts have a role that nobody of the own organisation gives; and how many organisations are or keep what.
fn powers(app: &TestApp) -> i64 {
    let roles = "SELECT count(*) AS n FROM accounts WHERE ended_at IS NULL AND (roles LIKE '% coordinator %' OR roles LIKE '% regulator %' \
                 OR roles LIKE '% administrator %' OR roles LIKE '% auditor %')";
    let organisations = "SELECT count(*) AS n FROM organisations WHERE kind IN ('coordination', 'regulator')";
    app.count(roles) + app.count(organisations)
}

on_both! {
    async fn nobody_makes_themselves_coordinator(app: TestApp) {
        let app = app.two_people();
        for role in Role::ALL {
            let by = app.own(*role);
            let own = by.identity().organisation.to_string();
            let before = powers(&app);
            // Nobody is a tool to themselves: as a person they may be given roles.
            drop(Person::of(&app, &by));
            let mut tried = 0;
            for (method, path, body) in ways(&by, &own, tried) {
                tried += 1;
                let key = uuid::Uuid::now_v7().to_string();
                let mut headers = vec![("idempotency-key", key.as_str())];
                if method == Method::PUT {
                    headers = vec![("if-match", "*")];
                }
                by.send(method, &path, &headers, Some(body.to_string().into_bytes())).await;
            }
            let waits = by.get("pending-changes?limit=200").await;
            for change in waits.body["items"].as_array().into_iter().flatten() {
                tried += 1;
                let path = format!("pending-changes/{}/approve", change["id"].as_str().unwrap());
                assert!(!by.command(&path).await.status.is_success(), "{path}");
            }
            app.clock().advance(TimeDelta::hours(49));
            app.app().service.pulse().await.unwrap();
            let gained = usize::try_from(powers(&app) - before).unwrap();
            came("roles and kinds gained that one's service does not give", role.as_str(), tried, gained, 0);
            // What an administrator has asked for waits for somebody else; the next role begins with nothing of it.
            for change in waits.body["items"].as_array().into_iter().flatten() {
                app.other(Role::Administrator).command(&format!("pending-changes/{}/reject", change["id"].as_str().unwrap())).await;
            }
        }
        app.ignore_mails();
    }
}
