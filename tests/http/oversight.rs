//! What others hear of powers, of tools that end, of refusals; and what cannot have been done yet.

use actix_web::http::Method;
use api::domain::Role;
use api::domain::ids::AccountId;
use api::work::mail::Mail;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{organisation, request, with};
use crate::harness::listening::Log;
use crate::harness::people::Person;
use crate::harness::{Caller, TestApp, on_both};
use crate::http::pages::Browser;

const POWERS: &str = "pouvoirs d’un compte changés";

fn invitation(email: &str, roles: &[&str]) -> Value {
    json!({"email": email, "label": "Camille Fictive", "roles": roles})
}

/// Who is told of powers.
fn told(mails: &[Mail]) -> Vec<&str> {
    let mut told: Vec<_> = mails.iter().filter(|mail| mail.subject.contains(POWERS)).map(|mail| mail.to.as_str()).collect();
    told.sort_unstable();
    told
}

/// An administrator and an auditor of the coordination, who have a mailbox; and those of another organisation.
async fn overseers(app: &TestApp) {
    for (caller, address, role) in [
        (app.own(Role::Administrator), "administration@example.org", "administrator"),
        (app.own(Role::Administrator), "audit@example.org", "auditor"),
    ] {
        let there = format!("organisations/{}/accounts", app.other(Role::Manager).identity().organisation);
        let made = caller.post(&there, &invitation(address, &[role])).await.expect(201);
        Person { app: app.clone(), account: AccountId(made.id().parse().unwrap()), address: address.to_owned() }.set_up();
    }
    app.ignore_mails();
}

const BOTH: [&str; 2] = ["administration@example.org", "audit@example.org"];

/// A coordination, and somebody who manages it.
async fn coordination(app: &TestApp) -> (String, Caller) {
    let body = with(
        organisation(),
        json!({"name": "Coordination fictive de plus", "kind": "coordination", "orients": false, "doors": [], "departments": []}),
    );
    let id = app.own(Role::Administrator).post("organisations", &body).await.expect(201).id();
    let manager = app.in_roles(api::domain::ids::OrganisationId(id.parse().unwrap()), &[Role::Manager]);
    (format!("organisations/{id}/accounts"), manager)
}

on_both! {
    async fn all_administrators_and_auditors_hear_of_each_power(app: TestApp) {
        overseers(&app).await;
        let (people, manager) = coordination(&app).await;
        let administrator = app.own(Role::Administrator);
        // Whoever gives it, an administrator or a manager of their own people.
        for (giver, role, address, counts_by) in [
            // With a second person's word, which the database of the test gives.
            (&administrator, "manager", "m1@example.org", "countChange"),
            (&manager, "manager", "m2@example.org", "inviteAccount"),
            (&manager, "coordinator", "c@example.org", "inviteAccount"),
        ] {
            let made = giver.post(&people, &invitation(address, &[role])).await.expect(201);
            assert_eq!(told(&app.mails()), BOTH, "{role} of {address}");
            let events = app.own(Role::Auditor).get(&format!("events?record_id={}", made.id())).await.expect(200).body["items"].clone();
            let event = events.as_array().unwrap().last().unwrap();
            assert_eq!((&event["command"], &event["detail"]["roles"]), (&json!(counts_by), &json!([role])));
        }
        for (role, address) in [("administrator", "a2@example.org"), ("auditor", "b2@example.org")] {
            administrator.post(&people, &invitation(address, &[role])).await.expect(201);
            let mails = app.mails();
            assert!(BOTH.iter().all(|to| told(&mails).contains(to)), "{role}: {mails:#?}");
        }
        app.ignore_mails();
    }

    async fn who_is_given_no_power_is_nobody_else_s_business(app: TestApp) {
        overseers(&app).await;
        let own = format!("organisations/{}/accounts", app.own(Role::Manager).identity().organisation);
        let made = app.own(Role::Manager).post(&own, &invitation("r@example.org", &["referent"])).await.expect(201);
        assert_eq!(told(&app.mails()), [""; 0]);
        // And a power that is added to a role, or taken, is told.
        let path = format!("accounts/{}", made.id());
        for roles in [json!(["referent", "manager"]), json!(["referent"])] {
            let etag = app.own(Role::Manager).get(&path).await.expect(200).etag();
            app.own(Role::Manager).put(&format!("{path}/roles"), &etag, &json!({"roles": roles})).await.expect(200);
            assert_eq!(told(&app.mails()), BOTH, "{roles}");
        }
    }

    async fn an_administrator_hears_that_a_tool_of_the_operator_was_revoked(app: TestApp) {
        overseers(&app).await;
        let manager = app.own(Role::Manager);
        let own = manager.identity().organisation;
        let told = |mails: &[Mail]| mails.iter().filter(|mail| mail.subject.contains("outil de l’exploitant")).map(|mail| mail.to.clone()).collect::<Vec<_>>();
        let made = manager.post(&format!("organisations/{own}/api-clients"), &json!({"label": "Logiciel fictif", "scopes": ["registry"]})).await.expect(201);
        manager.command(&format!("api-clients/{}/revoke", made.id())).await.expect(200);
        assert_eq!(told(&app.mails()), [""; 0], "a tool of the organisation's own");
        let tool = app.in_roles(own, &[Role::Provider]).get("me").await.expect(200).body["account_id"].as_str().unwrap().to_owned();
        manager.command(&format!("api-clients/{tool}/revoke")).await.expect(200);
        assert_eq!(told(&app.mails()), ["administration@example.org"], "administrators, and not auditors");
    }

    async fn a_refusal_of_somebody_who_is_known_stands_in_the_log(app: TestApp) {
        let provider = app.own(Role::Provider);
        let mut browser = Browser::signed_in(&app, &provider).await;
        browser.get("/compte").await.expect(200);
        let body = with(request(), json!({"message": "elle arrive par le train"})).to_string().into_bytes();
        let log = Log::default();
        {
            let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(log.clone()).finish();
            let _listening = tracing::subscriber::set_default(subscriber);
            provider.send(Method::POST, "requests", &[("idempotency-key", "k")], Some(body)).await.refused(403, "role_not_allowed");
            browser.get("/journaux").await.expect(403);
            app.nobody().get("requests").await.refused(401, "unauthenticated");
        }
        let lines: Vec<_> = log.lines().into_iter().filter(|line| line["fields"]["account"].is_string()).collect();
        let said: Vec<_> = lines.iter().map(|line| (&line["level"], line["fields"]["operation"].as_str().unwrap(), line["fields"]["account"].as_str().unwrap().to_owned())).collect();
        let account = provider.identity().account.to_string();
        assert_eq!(said, [(&json!("INFO"), "createRequest", account.clone()), (&json!("INFO"), "journaux", account)], "{lines:#?}");
        assert!(!format!("{:?}", log.lines()).contains("elle arrive"), "and nothing of what was sent");
    }

    async fn nobody_was_told_tomorrow(app: TestApp) {
        let referent = app.own(Role::Referent);
        let girl = json!({"gender": "female", "minority": "presumed_minor", "age": null});
        let body = |known: Value| with(request(), json!({"household": [girl], "lone_minors": [with(json!({"person": 0}), known)]}));
        let at = |minutes: i64| app.clock().now().plus(TimeDelta::minutes(minutes)).to_string();
        let told = |at: String| json!({"told": {"authority": "child_protection", "whom": "CRIP du Rhône", "at": at, "reached": true}});
        let assessed = |at: String| json!({"assessment_recorded_at": at, "assessment_decided_by": "juge des enfants", "child_view": "agrees"});
        for (known, pointer) in [(told(at(6)), "/lone_minors/0/told/at"), (assessed(at(6)), "/lone_minors/0/assessment_recorded_at")] {
            let refused = referent.post("requests", &body(known)).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        // A clock that is a little fast contradicts nobody; and by whichever offset it is written.
        let now = app.clock().now().utc();
        let far = now.with_timezone(&chrono::FixedOffset::east_opt(11 * 3600).unwrap()).to_rfc3339();
        for good in [at(0), at(4), far] {
            let stored = referent.post("requests", &body(told(good))).await.expect(201);
            // An edit of a stored one is judged by what it changes.
            let path = format!("requests/{}", stored.id());
            referent.put(&path, "*", &body(told(at(60)))).await.refused(409, "contradiction");
        }
        app.ignore_mails();
    }
}
