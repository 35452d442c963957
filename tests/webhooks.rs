//! Webhooks: what a tool may follow comes to its receiver, signed, at least once, those of one record in their order; nothing comes to where nobody
//! may send; and nothing more when access is lost.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use api::db::{DbError, webhooks};
use api::domain::ids::{AccountId, WebhookId};
use api::domain::{Role, Scope};
use api::limits;
use api::outward::{Lookups, Loopback, may_reach};
use api::work::webhooks::send_what_is_due;
use chrono::{DateTime, TimeDelta};
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::receiver::{Received, Receiver, status};
use crate::harness::{Caller, TestApp, on_both, tools};
use crate::http::pages::Browser;
use api::web::pages::words::webhooks as said;

/// A tool with a webhook that its manager gave it.
struct Hook {
    app: TestApp,
    receiver: Receiver,
    tool: Caller,
    path: String,
    secret: String,
}

/// What a tool may be given all of.
const ALL: &[Scope] = &[Scope::Registry, Scope::Vacancies, Scope::Requests, Scope::Referrals, Scope::Events];

/// A tool of the own organisation with these scopes, and its id.
pub async fn tool(app: &TestApp, scopes: &[Scope]) -> (Caller, String) {
    let tool = app.tool(app.own(Role::Manager).identity().organisation, scopes);
    let id = tool.get("me").await.expect(200).body["account_id"].as_str().unwrap().to_owned();
    (tool, id)
}

impl Hook {
    /// One of a tool that follows all that the organisation does.
    async fn new(app: &TestApp) -> Self {
        Self::with(app, json!({})).await
    }

    async fn with(app: &TestApp, more: Value) -> Self {
        let (app, receiver) = (app.with_loopback().await, Receiver::start());
        let (tool, id) = tool(&app, ALL).await;
        let body = crate::harness::bodies::with(json!({"url": receiver.url()}), more);
        let made = app.own(Role::Manager).post(&format!("api-clients/{id}/webhooks"), &body).await.expect(201);
        let secret = made.body["secret"].as_str().unwrap().to_owned();
        Self { receiver, tool, path: format!("webhooks/{}", made.id()), secret, app }
    }

    fn manager(&self) -> Caller {
        self.app.own(Role::Manager)
    }

    async fn stands(&self) -> Value {
        self.manager().get(&self.path).await.expect(200).body
    }

    /// The log of deliveries.
    async fn log(&self) -> Vec<Value> {
        self.manager().get(&format!("{}/deliveries?limit=200", self.path)).await.expect(200).body["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    async fn send(&self) -> Vec<Received> {
        send_what_is_due(&self.app.app().desk()).await;
        self.receiver.took()
    }

    /// Begins to send, and goes on while something else is done.
    fn sending(&self) -> actix_web::rt::task::JoinHandle<()> {
        let desk = self.app.app().desk();
        actix_web::rt::spawn(async move { send_what_is_due(&desk).await })
    }

    async fn moves_to(&self, receiver: &Receiver) {
        let seen = self.manager().get(&self.path).await.expect(200).etag();
        self.manager().put(&self.path, &seen, &json!({"url": receiver.url()})).await.expect(200);
    }

    /// A request with something done to it: its id.
    async fn two_events(&self) -> String {
        let request = self.app.request().await;
        self.app.own(Role::Referent).command(&format!("requests/{request}/alias")).await.expect(200);
        request
    }

    fn id(&self) -> WebhookId {
        WebhookId(self.path.rsplit('/').next().unwrap().parse().unwrap())
    }
}

fn positions(messages: &[Received]) -> Vec<i64> {
    let mut positions: Vec<i64> = messages.iter().map(Received::position).collect();
    positions.sort_unstable();
    positions
}

fn instant(value: &Value) -> DateTime<chrono::FixedOffset> {
    DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap()
}

on_both! {
    async fn what_a_tool_may_follow_is_delivered_signed_and_nothing_else(app: TestApp) {
        let before = app.request().await;
        let hook = Hook::new(&app).await;
        let vacancy = app.vacancy(2).await;
        let referral = app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        app.other(Role::Referent).post("requests", &crate::harness::bodies::request()).await.expect(201);
        let messages = hook.send().await;
        let listed = hook.tool.get("events?limit=200").await.expect(200).body["items"].as_array().unwrap().clone();
        let made = hook.stands().await["created_at"].clone();
        let expected: Vec<&Value> = listed.iter().filter(|event| instant(&event["at"]) >= instant(&made)).collect();
        assert!(expected.len() >= 5 && expected.iter().all(|event| event["record_id"] != before.as_str()), "{expected:#?}");
        assert_eq!(positions(&messages), expected.iter().map(|event| event["position"].as_i64().unwrap()).collect::<Vec<_>>());
        for (message, event) in messages.iter().map(|message| (message, expected.iter().find(|event| event["position"] == message.position()).unwrap())) {
            assert!(message.is_signed_with(&hook.secret), "{message:#?}");
            let kind = event["record_kind"].as_str().unwrap();
            let thin = json!({
                "type": format!("{kind}.{}", event["command"].as_str().unwrap()), "timestamp": event["at"],
                "data": {"position": event["position"], "record_kind": kind, "record_id": event["record_id"], "command": event["command"]},
            });
            assert_eq!(message.body, thin, "ids, and no more");
        }
        assert_eq!(hook.send().await.len(), 0, "once, where nothing fails");
        let log = hook.log().await;
        assert_eq!(log.len(), messages.len());
        assert!(log.iter().all(|entry| entry["state"] == "delivered" && entry["attempts"] == 1 && entry["status"] == 204), "{log:#?}");
        assert_eq!(log[0]["message_id"], messages.iter().min_by_key(|message| message.position()).unwrap().id);
        app.ignore_mails();
    }

    async fn only_what_is_wanted_is_sent(app: TestApp) {
        let hook = Hook::with(&app, json!({"record_kinds": ["request"]})).await;
        app.vacancy(1).await;
        let request = hook.two_events().await;
        let messages = hook.send().await;
        assert_eq!(messages.iter().map(|message| message.record().to_owned()).collect::<Vec<_>>(), [request.clone(), request]);
        // What waits and is not wanted any more is not sent; what is wanted goes to the new address.
        hook.receiver.answers(|_| status(500, ""));
        hook.two_events().await;
        assert_eq!(hook.send().await.len(), 1);
        let seen = hook.manager().get(&hook.path).await.expect(200).etag();
        let elsewhere = Receiver::start();
        hook.manager().put(&hook.path, &seen, &json!({"url": elsewhere.url(), "record_kinds": ["unit"]})).await.expect(200);
        app.clock().advance(TimeDelta::seconds(10));
        app.vacancy(1).await;
        hook.send().await;
        let came = elsewhere.took();
        assert!(!came.is_empty() && came.iter().all(|message| message.body["data"]["record_kind"] == "unit"), "{came:#?}");
        assert_eq!(hook.log().await.iter().filter(|entry| entry["state"] == "withheld").count(), 2);
    }

    async fn those_of_one_record_come_in_order_and_no_other_waits(app: TestApp) {
        let hook = Hook::new(&app).await;
        let stuck = hook.two_events().await;
        let wrong = stuck.clone();
        hook.receiver.answers(move |message| status(if message.record() == wrong { 500 } else { 200 }, ""));
        let other = hook.two_events().await;
        let messages = hook.send().await;
        let of = |messages: &[Received], record: &str| messages.iter().filter(|message| message.record() == record).cloned().collect::<Vec<_>>();
        assert_eq!(of(&messages, &stuck).len(), 1, "what is behind it waits");
        let sent = of(&messages, &other);
        assert_eq!(sent.len(), 2);
        assert!(sent[0].position() < sent[1].position());
        let first = of(&messages, &stuck)[0].clone();
        assert_eq!(hook.send().await.len(), 0, "not before its time");
        app.clock().advance(TimeDelta::seconds(10));
        hook.receiver.answers(|_| status(200, ""));
        let again = of(&hook.send().await, &stuck);
        assert_eq!((again.len(), &again[0].id), (2, &first.id), "under the same id");
        assert!(again[0].position() < again[1].position());
        assert_eq!(again[0].body, first.body);
        assert!(again[0].timestamp > first.timestamp, "the time of the try");
    }

    async fn it_is_tried_ten_times_over_three_days_then_disabled_with_a_mail_and_goes_on(app: TestApp) {
        let hook = Hook::new(&app).await;
        let body = json!({"email": "gestion@example.org", "label": "Camille Fictive", "roles": ["manager"]});
        let own = hook.manager().identity().organisation;
        hook.manager().post(&format!("organisations/{own}/accounts"), &body).await.expect(201);
        app.ignore_mails();
        hook.receiver.answers(|_| status(503, ""));
        let request = app.request().await;
        for number in 1..=10_usize {
            assert_eq!(hook.send().await.len(), 1, "try {number}");
            let entry = hook.log().await.pop().unwrap();
            assert_eq!((entry["attempts"].as_u64(), &entry["status"], &entry["failure"]), (u64::try_from(number).ok(), &json!(503), &json!("status")));
            if number == 10 {
                assert_eq!((&entry["state"], &entry["next_attempt_at"]), (&json!("given_up"), &Value::Null));
                break;
            }
            let (tried, next) = (instant(&entry["attempted_at"]), instant(&entry["next_attempt_at"]));
            let (pause, wanted) = (next - tried, limits::WEBHOOK_PAUSES[number - 1]);
            assert!(pause >= wanted && pause <= wanted + wanted / 10 + TimeDelta::seconds(1), "{number}: {pause}");
            app.clock().advance(pause.max(limits::WEBHOOK_SLOWED) + TimeDelta::seconds(1));
        }
        let stands = hook.stands().await;
        assert_eq!(stands["disabled_because"], "failing");
        let mails: Vec<_> = app.mails().into_iter().filter(|mail| mail.to == "gestion@example.org").collect();
        let about = mails.iter().filter(|mail| mail.subject == "Havre : des événements n’arrivent plus à un outil").count();
        assert_eq!(about, 1, "{mails:#?}");
        // Nothing is sent, and nothing is lost.
        hook.receiver.answers(|_| status(200, ""));
        app.own(Role::Referent).command(&format!("requests/{request}/alias")).await.expect(200);
        assert_eq!(hook.send().await.len(), 0);
        hook.manager().command(&format!("{}/replay", hook.path)).await.refused(409, "webhook_disabled");
        let enabled = hook.manager().command(&format!("{}/enable", hook.path)).await.expect(200).body;
        assert_eq!((&enabled["disabled_at"], &enabled["failing_since"]), (&Value::Null, &Value::Null));
        hook.manager().command(&format!("{}/enable", hook.path)).await.refused(409, "webhook_not_disabled");
        let messages = hook.send().await;
        assert!(messages.len() >= 2 && messages.windows(2).all(|two| two[0].position() < two[1].position()), "{messages:#?}");
        app.ignore_mails();
    }

    async fn who_is_gone_is_not_tried_again(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(410, ""));
        app.request().await;
        assert_eq!(hook.send().await.len(), 1);
        let stands = hook.stands().await;
        assert_eq!((&stands["disabled_because"], stands["disabled_at"].is_string()), (&json!("gone"), true));
        app.clock().advance(TimeDelta::days(1));
        assert_eq!(hook.send().await.len(), 0);
        app.ignore_mails();
        // Its manager reads so on the page, and goes on with it there.
        let mut browser = Browser::signed_in(&hook.app, &hook.manager()).await;
        let page = browser.get("/comptes").await.expect(200);
        assert!(page.text.contains(said::BECAUSE_GONE.text()) && page.text.contains(&hook.receiver.url()), "{}", page.text);
        hook.receiver.answers(|_| status(200, ""));
        browser.post(&format!("/comptes/{}/reprendre", hook.path), &page, &[]).await.expect(303);
        assert_eq!(hook.send().await.len(), 1);
        assert!(!browser.get("/comptes").await.expect(200).text.contains(said::ENABLE.text()));
    }

    async fn who_asks_for_less_is_left_alone_for_as_long_as_it_says(app: TestApp) {
        let hook = Hook::new(&app).await;
        for (code, header, pause) in [(429, "retry-after: 120\r\n", 120), (502, "", 30), (504, "retry-after: 60\r\n", 60)] {
            hook.receiver.answers(move |_| status(code, header));
            app.request().await;
            assert_eq!(hook.send().await.len(), 1, "{code}");
            hook.receiver.answers(|_| status(200, ""));
            let other = app.request().await;
            app.clock().advance(TimeDelta::seconds(pause - 1));
            assert_eq!(hook.send().await.len(), 0, "{code}: nothing of any record");
            app.clock().advance(TimeDelta::seconds(2));
            assert!(hook.send().await.iter().any(|message| message.record() == other), "{code}");
            app.clock().advance(TimeDelta::minutes(6));
            hook.send().await;
        }
        assert!(hook.log().await.iter().all(|entry| entry["state"] == "delivered"));
        app.ignore_mails();
    }

    async fn the_pause_that_a_receiver_asks_for_begins_with_its_answer(app: TestApp) {
        let hook = Hook::new(&app).await;
        app.request().await;
        let held = hook.receiver.holds(|_| status(429, "retry-after: 120\r\n"));
        let sending = hook.sending();
        held.came().await;
        app.clock().advance(TimeDelta::seconds(15));
        drop(held);
        sending.await.unwrap();
        let entry = hook.log().await.pop().unwrap();
        let pause = instant(&entry["next_attempt_at"]) - instant(&entry["attempted_at"]);
        assert!(pause >= TimeDelta::seconds(120), "{entry:#}");
    }

    async fn a_try_under_way_undoes_nothing_that_is_said_meanwhile(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(500, ""));
        app.request().await;
        hook.send().await;
        // The last try is under way.
        app.sql("UPDATE webhook_deliveries SET attempts = 9");
        app.clock().advance(TimeDelta::seconds(10));
        let held = hook.receiver.holds(|_| status(500, ""));
        let sending = hook.sending();
        held.came().await;
        hook.manager().command(&format!("{}/replay", hook.path)).await.expect(200);
        drop(held);
        sending.await.unwrap();
        let entry = hook.log().await.pop().unwrap();
        assert_eq!((&entry["state"], &entry["attempts"]), (&json!("pending"), &json!(1)), "it begins anew: {entry:#}");
        // That the address before is gone says nothing of the one it has now.
        app.clock().advance(TimeDelta::seconds(10));
        let (held, elsewhere) = (hook.receiver.holds(|_| status(410, "")), Receiver::start());
        let sending = hook.sending();
        held.came().await;
        hook.moves_to(&elsewhere).await;
        drop(held);
        sending.await.unwrap();
        let stands = hook.stands().await;
        assert_eq!((&stands["disabled_at"], &stands["failing_since"]), (&Value::Null, &Value::Null));
        assert_eq!((elsewhere.took().len(), &hook.log().await.pop().unwrap()["state"]), (1, &json!("delivered")));
    }

    async fn what_failed_at_one_address_is_not_held_against_the_next(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(500, ""));
        app.request().await;
        for pause in [TimeDelta::seconds(10), TimeDelta::minutes(6), TimeDelta::zero()] {
            assert_eq!(hook.send().await.len(), 1);
            app.clock().advance(pause);
        }
        assert!(hook.stands().await["failing_since"].is_string());
        let elsewhere = Receiver::start();
        elsewhere.answers(|_| status(500, ""));
        hook.moves_to(&elsewhere).await;
        assert_eq!(hook.stands().await["failing_since"], Value::Null);
        hook.send().await;
        let entry = hook.log().await.pop().unwrap();
        assert_eq!((elsewhere.took().len(), &entry["attempts"]), (1, &json!(1)), "at once, and with all its tries: {entry:#}");
        app.ignore_mails();
    }

    async fn who_asks_for_a_week_is_asked_again_tomorrow(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(429, "retry-after: 604800\r\n"));
        app.request().await;
        assert_eq!(hook.send().await.len(), 1);
        let entry = hook.log().await.pop().unwrap();
        let pause = instant(&entry["next_attempt_at"]) - instant(&entry["attempted_at"]);
        assert!(pause > TimeDelta::hours(23) && pause <= limits::WEBHOOK_PAUSE_MAX, "{entry:#}");
        hook.receiver.answers(|_| status(200, ""));
        app.clock().advance(limits::WEBHOOK_PAUSE_MAX + TimeDelta::seconds(1));
        assert_eq!(hook.send().await.len(), 1, "nor is anything else kept from it for longer");
        app.ignore_mails();
    }

    async fn two_secrets_sign_for_a_day_and_each_is_shown_once(app: TestApp) {
        let hook = Hook::new(&app).await;
        assert_eq!(hook.stands().await["secret"], Value::Null);
        let rotate = format!("{}/rotate", hook.path);
        let key = Uuid::now_v7().to_string();
        let rotated = hook.manager().send(actix_web::http::Method::POST, &rotate, &[("idempotency-key", key.as_str())], None).await.expect(200).body;
        let again = hook.manager().send(actix_web::http::Method::POST, &rotate, &[("idempotency-key", key.as_str())], None).await.expect(200).body;
        assert_eq!(again["secret"], Value::Null, "a repeat is shown none");
        let newer = rotated["secret"].as_str().unwrap().to_owned();
        assert!(rotated["older_secret_until"].is_string());
        app.request().await;
        let message = hook.send().await.remove(0);
        assert_eq!(message.signatures.len(), 2);
        assert!(message.is_signed_with(&hook.secret) && message.is_signed_with(&newer));
        app.clock().advance(TimeDelta::hours(24));
        app.request().await;
        let message = hook.send().await.remove(0);
        assert_eq!(message.signatures.len(), 1);
        assert!(!message.is_signed_with(&hook.secret) && message.is_signed_with(&newer));
        assert_eq!(hook.stands().await["older_secret_until"], Value::Null);
        // What is sealed stands nowhere in the clear.
        for secret in [&hook.secret, &newer] {
            let whole = crate::harness::canaries::database(app.app(), app.url()).unwrap_or_default();
            assert!(!whole.contains(secret.trim_start_matches("whsec_")) && !whole.contains(&hook.receiver.url()));
        }
        app.ignore_mails();
    }

    async fn what_was_sent_is_sent_again_under_the_same_ids(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.two_events().await;
        let after = app.count("SELECT CAST(max(position) AS bigint) AS n FROM events");
        hook.two_events().await;
        let first = hook.send().await;
        assert_eq!(first.len(), 4);
        let replay = format!("{}/replay", hook.path);
        hook.manager().post(&replay, &json!({"after": after})).await.expect(200);
        let again = hook.send().await;
        let ids = |messages: &[Received]| messages.iter().map(|message| message.id.clone()).collect::<std::collections::BTreeSet<_>>();
        let behind: Vec<_> = first.iter().filter(|message| message.position() > after).cloned().collect();
        assert_eq!((again.len(), ids(&again)), (2, ids(&behind)));
        hook.manager().command(&replay).await.expect(200);
        assert_eq!(hook.send().await.len(), 0, "nothing was given up");
        // What the log of deliveries has forgotten comes again too, under the id that it had.
        app.clock().advance(limits::WEBHOOK_LOG_KEPT + TimeDelta::days(1));
        app.ignore_mails();
        assert_eq!(hook.log().await.len(), 0);
        hook.manager().post(&replay, &json!({"after": 0})).await.expect(200);
        assert!(ids(&hook.send().await).is_superset(&ids(&first)));
        // And stays in the log for as long as what was sent for the first time.
        app.ignore_mails();
        let logged = hook.log().await.iter().map(|entry| entry["message_id"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>();
        assert!(logged.is_superset(&ids(&first)), "{logged:#?}");
    }

    async fn what_is_sent_again_comes_in_the_order_of_the_log_however_old_it_is(app: TestApp) {
        // More than a page of the log lies before the first event of a record, of which another was sent since.
        let (referent, stuck) = (app.own(Role::Referent), app.request().await);
        for _ in 0..limits::PAGE_MAX {
            referent.command(&format!("requests/{stuck}/alias")).await.expect(200);
        }
        let request = app.request().await;
        let hook = Hook::new(&app).await;
        referent.command(&format!("requests/{request}/alias")).await.expect(200);
        assert_eq!(hook.send().await.len(), 1);
        let wrong = stuck.clone();
        hook.receiver.answers(move |message| status(if message.record() == wrong { 500 } else { 200 }, ""));
        let replayed = hook.manager().post(&format!("{}/replay", hook.path), &json!({"after": 0})).await.expect(200).body;
        assert_eq!(replayed["position"], 0, "it is read anew from there");
        // Whoever takes nothing is left alone for a moment.
        let mut again = hook.send().await;
        app.clock().advance(TimeDelta::seconds(10));
        again.extend(hook.send().await);
        let commands = |record: &str| {
            let of = again.iter().filter(|message| message.record() == record);
            of.map(|message| message.body["data"]["command"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(commands(&request), ["createRequest", "changeAlias"]);
        assert_eq!(commands(&stuck), ["createRequest", "createRequest"], "what stands behind one that fails waits");
    }

    async fn access_lost_is_nothing_more_delivered(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(500, ""));
        hook.two_events().await;
        assert_eq!(hook.send().await.len(), 1);
        let tool = hook.stands().await["api_client_id"].as_str().unwrap().to_owned();
        hook.manager().command(&format!("api-clients/{tool}/revoke")).await.expect(200);
        hook.receiver.answers(|_| status(200, ""));
        app.request().await;
        app.clock().advance(TimeDelta::minutes(10));
        assert_eq!(hook.send().await.len(), 0);
        assert!(hook.log().await.iter().all(|entry| entry["state"] == "withheld"), "nor later");
        // It is nobody's any more: it is in no list, and in the way of no other.
        assert!(hook.stands().await["ended_at"].is_string());
        assert_eq!(hook.manager().get("webhooks").await.expect(200).body["items"], json!([]));
        let mut browser = Browser::signed_in(&hook.app, &hook.manager()).await;
        assert!(!browser.get("/comptes").await.expect(200).text.contains(&hook.receiver.url()));
        hook.manager().command(&format!("{}/enable", hook.path)).await.refused(409, "webhook_ended");
        let other = Hook::new(&app).await;
        let tool = other.stands().await["api_client_id"].as_str().unwrap().parse().unwrap();
        api::cli::client::revoke(app.db(), AccountId(tool)).unwrap();
        assert!(other.stands().await["ended_at"].is_string(), "whoever ends the tool");
        app.ignore_mails();
    }

    async fn a_tool_without_a_good_secret_is_sent_nothing(app: TestApp) {
        let hook = Hook::new(&app).await;
        let tool = format!("api-clients/{}", hook.stands().await["api_client_id"].as_str().unwrap());
        let secret = hook.manager().get(&tool).await.expect(200).body["secrets"][0]["id"].as_str().unwrap().to_owned();
        hook.receiver.answers(|_| status(500, ""));
        let first = app.request().await;
        assert_eq!(hook.send().await.len(), 1);
        hook.manager().command(&format!("{tool}/secrets/{secret}/end")).await.expect(200);
        hook.receiver.answers(|_| status(200, ""));
        app.clock().advance(TimeDelta::seconds(10));
        let second = app.request().await;
        assert_eq!(hook.send().await.len(), 0, "neither what waits nor what is new");
        app.clock().advance(limits::WEBHOOK_TOOL_AWAY);
        assert_eq!(hook.send().await.len(), 0);
        // With another it goes on where it stopped.
        hook.manager().post(&format!("{tool}/rotate"), &json!({"valid_days": 30})).await.expect(200);
        app.clock().advance(limits::WEBHOOK_TOOL_AWAY);
        let records = hook.send().await.iter().map(|message| message.record().to_owned()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(records, std::collections::BTreeSet::from([first, second]));
        app.clock().advance(TimeDelta::days(31));
        app.request().await;
        assert_eq!(hook.send().await.len(), 0, "it has run out");
        app.ignore_mails();
    }

    async fn what_its_tool_may_follow_no_more_is_not_sent_though_it_waits(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(500, ""));
        app.vacancy(1).await;
        hook.send().await;
        let waited = hook.log().await.len();
        assert!(waited >= 3, "the structure, the unit and the vacancy");
        // Its organisation runs homes no more. It is still told of requests, and so goes on.
        let own = app.own(Role::Provider).identity().organisation;
        let partner = json!({"name": "Organisation fictive", "kind": "partner", "contact": {"email": "own@example.org"}});
        app.own(Role::Administrator).put(&format!("organisations/{own}"), "*", &partner).await.expect(200);
        hook.receiver.answers(|_| status(200, ""));
        app.clock().advance(TimeDelta::minutes(10));
        let request = app.request().await;
        let came = hook.send().await;
        assert_eq!(came.iter().map(Received::record).collect::<Vec<_>>(), [request.as_str()], "what waited may not be read any more");
        let log = hook.log().await;
        assert_eq!(log.iter().filter(|entry| entry["state"] == "withheld").count(), waited, "{log:#?}");
        // Nor once it runs homes again: it was not for it then.
        let again = json!({"name": "Organisation fictive", "kind": "association", "orients": true, "contact": {"email": "own@example.org"}});
        app.own(Role::Administrator).put(&format!("organisations/{own}"), "*", &again).await.expect(200);
        app.clock().advance(TimeDelta::days(1));
        assert_eq!(hook.send().await.len(), 0);
        app.ignore_mails();
    }

    async fn a_tool_sends_no_more_than_it_may_follow(app: TestApp) {
        let (app, receiver) = (app.with_loopback().await, Receiver::start());
        let manager = app.own(Role::Manager);
        let body = json!({"url": receiver.url()});
        let (_, id) = tool(&app, &[Scope::Vacancies, Scope::Events]).await;
        manager.post(&format!("api-clients/{id}/webhooks"), &body).await.expect(201);
        app.request().await;
        app.vacancy(1).await;
        send_what_is_due(&app.app().desk()).await;
        let kinds: std::collections::BTreeSet<String> = receiver.took().iter().map(|message| message.body["data"]["record_kind"].as_str().unwrap().to_owned()).collect();
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["structure", "unit", "vacancy"], "nothing of requests");
        let (_, blind) = tool(&app, &[Scope::Requests]).await;
        manager.post(&format!("api-clients/{blind}/webhooks"), &body).await.refused(409, "nothing_to_follow");
        let operator_s = app.own(Role::Referent).identity().account;
        manager.post(&format!("api-clients/{operator_s}/webhooks"), &body).await.refused(409, "made_by_operator");
        app.other(Role::Manager).post(&format!("api-clients/{id}/webhooks"), &body).await.refused(404, "not_found");
        manager.command(&format!("api-clients/{blind}/revoke")).await.expect(200);
        manager.post(&format!("api-clients/{blind}/webhooks"), &body).await.refused(409, "account_ended");
        let most = usize::try_from(limits::WEBHOOKS_MAX).unwrap();
        for _ in 1..most {
            manager.post(&format!("api-clients/{id}/webhooks"), &body).await.expect(201);
        }
        manager.post(&format!("api-clients/{id}/webhooks"), &body).await.refused(409, "too_many_webhooks");
        let first = manager.get("webhooks?limit=1").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("webhooks/{first}");
        assert!(manager.command(&format!("{path}/delete")).await.expect(200).body["ended_at"].is_string());
        for act in ["delete", "rotate", "replay", "enable"] {
            manager.command(&format!("{path}/{act}")).await.refused(409, "webhook_ended");
        }
        manager.post(&format!("api-clients/{id}/webhooks"), &body).await.expect(201);
        app.ignore_mails();
    }

    async fn one_of_which_as_much_waits_as_may_is_left_alone_until_something_is_due(app: TestApp) {
        let hook = Hook::new(&app).await;
        hook.receiver.answers(|_| status(500, ""));
        app.request().await;
        for _ in 0..2 {
            assert_eq!(hook.send().await.len(), 1);
            app.clock().advance(TimeDelta::seconds(10));
        }
        app.sql(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {}) \
             INSERT INTO webhook_deliveries SELECT webhook_id, -n, at, command, record_kind, record_id, state, attempts, \
             attempted_at, status, failure, next_at FROM webhook_deliveries, numbers",
            limits::WEBHOOK_WAITING_MAX
        ));
        app.request().await;
        let sent = actix_web::rt::time::timeout(Duration::from_secs(60), hook.send()).await;
        assert!(sent.is_ok_and(|sent| sent.is_empty()), "it is not looked for again and again");
    }

    async fn what_a_dead_instance_had_begun_is_another_s_within_a_minute(app: TestApp) {
        let hook = Hook::new(&app).await;
        let (db, id) = (app.db(), hook.id());
        let claimed = db.write_beside(|conn| -> Result<bool, DbError> {
            let now = db.pulse(conn)?.now;
            webhooks::claim(conn, now, id, Uuid::now_v7())
        });
        assert!(claimed.unwrap());
        app.request().await;
        assert_eq!(hook.send().await.len(), 0, "it is served elsewhere");
        app.clock().advance(TimeDelta::seconds(59));
        assert_eq!(hook.send().await.len(), 1);
    }

    async fn an_address_inside_is_refused_when_it_is_given(app: TestApp) {
        let (_, id) = tool(&app, ALL).await;
        let (manager, path) = (app.own(Role::Manager), format!("api-clients/{id}/webhooks"));
        for url in INSIDE {
            let refused = manager.post(&path, &json!({"url": url})).await.refused(409, "url_not_allowed");
            assert_eq!(refused.body["errors"][0]["pointer"], "/url", "{url}");
        }
        for url in ["ftp://example.org/", "example.org", "https://", "", "https://exa mple.org/", "javascript:alert(1)"] {
            manager.post(&path, &json!({"url": url})).await.refused(422, "invalid_body");
        }
        let made = manager.post(&path, &json!({"url": PUBLIC})).await.expect(201);
        let seen = manager.get(&format!("webhooks/{}", made.id())).await.expect(200).etag();
        manager.put(&format!("webhooks/{}", made.id()), &seen, &json!({"url": INSIDE[0]})).await.refused(409, "url_not_allowed");
        // Where this machine may be reached, it alone may, and it without TLS.
        let app = app.with_loopback().await;
        let manager = app.own(Role::Manager);
        for url in ["http://127.0.0.1:8080/", "http://localhost:8080/", "https://[::1]:8443/x"] {
            manager.post(&path, &json!({"url": url})).await.expect(201);
        }
        for url in ["http://10.0.0.1:8080/", "https://10.0.0.1/", "http://93.184.215.14/", "https://169.254.169.254/"] {
            manager.post(&path, &json!({"url": url})).await.refused(409, "url_not_allowed");
        }
    }

    async fn what_was_allowed_once_is_not_asked_of_a_repeat_nor_where_it_stays(app: TestApp) {
        // Where this machine may not be reached, as if the name had meant something else before.
        let (inside, (_, id)) = (app.with_loopback().await, tool(&app, ALL).await);
        let (path, key) = (format!("api-clients/{id}/webhooks"), Uuid::now_v7().to_string());
        let body = json!({"url": "http://127.0.0.1:8080/havre"});
        let made = inside.own(Role::Manager).post_under(&path, &body, &key).await.expect(201);
        let manager = app.own(Role::Manager);
        let again = manager.post_under(&path, &body, &key).await.expect(201);
        assert_eq!((again.id(), &again.body["secret"]), (made.id(), &Value::Null));
        let path = format!("webhooks/{}", made.id());
        let fewer = crate::harness::bodies::with(body, json!({"record_kinds": ["request"]}));
        let seen = manager.get(&path).await.expect(200).etag();
        let edited = manager.put(&path, &seen, &fewer).await.expect(200);
        assert_eq!(edited.body["record_kinds"], json!(["request"]));
        let elsewhere = json!({"url": "http://127.0.0.1:8080/elsewhere"});
        let refused = manager.put(&path, &edited.etag(), &elsewhere).await.refused(409, "url_not_allowed");
        assert_eq!(refused.body["errors"][0]["pointer"], "/url");
    }

    async fn an_address_inside_is_refused_when_it_is_connected_to(app: TestApp) {
        // Given where this machine may be reached, sent from where it may not: as if the name had meant something else then.
        let hook = Hook::new(&app).await;
        for url in [format!("https://localhost:{}/", hook.receiver.port), hook.receiver.url()] {
            let seen = hook.manager().get(&hook.path).await.expect(200).etag();
            hook.manager().put(&hook.path, &seen, &json!({"url": url})).await.expect(200);
            app.request().await;
            send_what_is_due(&app.app().desk()).await;
            let last = hook.log().await.pop().unwrap();
            assert_eq!((&last["failure"], &last["status"], &last["attempts"]), (&json!("not_allowed"), &Value::Null, &json!(1)), "{url}: {last:#}");
            assert_eq!(hook.receiver.took().len(), 0);
            app.clock().advance(TimeDelta::seconds(6));
        }
        app.ignore_mails();
    }

    async fn no_redirect_is_followed_and_no_long_answer_read(app: TestApp) {
        let (hook, elsewhere) = (Hook::new(&app).await, Receiver::start());
        let location = format!("location: {}\r\n", elsewhere.url());
        for code in [301, 302, 303, 307, 308] {
            let location = location.clone();
            hook.receiver.answers(move |_| status(code, &location));
            app.request().await;
            hook.send().await;
            app.clock().advance(TimeDelta::seconds(6));
        }
        assert_eq!(elsewhere.took().len(), 0);
        let log = hook.log().await;
        let is_redirect = |entry: &Value| entry["status"].as_u64().is_some_and(|status| (301..=308).contains(&status));
        assert!(log.len() == 5 && log.iter().all(|entry| entry["state"] == "pending" && is_redirect(entry)), "{log:#?}");
        // A gigabyte is announced, and some of it comes.
        hook.receiver.answers(|_| format!("HTTP/1.1 200 Said\r\ncontent-length: 1000000000\r\n\r\n{}", "x".repeat(1 << 20)));
        app.clock().advance(TimeDelta::minutes(10));
        hook.send().await;
        app.clock().advance(TimeDelta::minutes(40));
        hook.send().await;
        assert!(hook.log().await.iter().any(|entry| entry["state"] == "delivered"));
        app.ignore_mails();
    }
}

/// Nobody is there: an address of example.org of long ago, as a number, so that no name has to be asked.
pub const PUBLIC: &str = "https://93.184.215.14/havre";

/// What leads inside, however it is written.
const INSIDE: &[&str] = &[
    "https://localhost/",
    "https://localhost:8443/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.5/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::10.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:a00:1::1]/",
    "https://[2001:0:a00:1::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "http://93.184.215.14/",
    "http://169.254.169.254/",
    "https://user@93.184.215.14/",
    "https://user:password@93.184.215.14/",
    "https://93.184.215.14/#part",
    "https://93.184.215.14:22/",
    "https://93.184.215.14:25/",
    "https://93.184.215.14:80/",
    "https://no-such-name.invalid/",
];

#[test]
fn the_public_internet_and_nothing_else_may_be_reached() {
    let table = [
        ("93.184.215.14", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("100.63.255.255", true),
        ("100.128.0.0", true),
        ("223.255.255.255", true),
        ("2606:2800:21f:cb07::1", true),
        ("2a01:e0a::1", true),
        ("172.16.0.0", false),
        ("172.31.255.255", false),
        ("100.127.255.255", false),
        ("127.255.255.255", false),
        ("::ffff:93.184.215.14", false),
        ("::93.184.215.14", false),
        ("64:ff9b::5db8:d70e", false),
        ("4000::1", false),
        ("1fff::1", false),
    ];
    for (address, expected) in table {
        assert_eq!(may_reach(address.parse().unwrap(), Loopback::Refused), expected, "{address}");
        assert_eq!(may_reach(address.parse().unwrap(), Loopback::Allowed), expected || address.starts_with("127."), "{address}");
    }
    assert!(may_reach("::1".parse().unwrap(), Loopback::Allowed) && !may_reach("::1".parse().unwrap(), Loopback::Refused));
}

#[actix_web::test]
async fn a_replay_is_heard_by_an_instance_that_had_found_nothing() {
    let app = TestApp::on_sqlite().await;
    app.request().await;
    let hook = Hook::new(&app).await;
    let running = actix_web::rt::spawn(api::work::webhooks::run(hook.app.app().desk()));
    // It looks, and finds nothing behind where the webhook begins.
    actix_web::rt::time::sleep(Duration::from_secs(1)).await;
    hook.manager().post(&format!("{}/replay", hook.path), &json!({"after": 0})).await.expect(200);
    assert_eq!(hook.receiver.wait_for(1).await.len(), 1);
    running.abort();
}

#[actix_web::test]
async fn names_for_which_nobody_answers_keep_some_threads_and_no_more() {
    let lookups = Lookups::new(2, Duration::from_millis(500));
    let (answer, silent) = mpsc::channel::<()>();
    let silent = Arc::new(Mutex::new(silent));
    let asked = Arc::new(AtomicUsize::new(0));
    let ask = || {
        let (silent, asked) = (Arc::clone(&silent), Arc::clone(&asked));
        lookups.learned(move || {
            asked.fetch_add(1, Ordering::Relaxed);
            _ = silent.lock().unwrap().recv();
        })
    };
    // Nobody waits longer for the first, which go on all the same; the others find no room, and ask nothing.
    for _ in 0..2 {
        assert_eq!(join_all((0..3).map(|_| ask())).await, [None; 3]);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    drop(answer);
    for _ in 0..60 {
        if lookups.learned(|| ()).await.is_some() {
            return;
        }
    }
    panic!("there is room again when they have ended");
}

#[actix_web::test]
async fn who_does_not_answer_is_given_up_in_time_and_holds_up_no_other() {
    let app = TestApp::on_sqlite().await;
    let (silent, quick) = (Hook::new(&app).await, Hook::new(&app).await);
    silent.receiver.answers(|_| String::new());
    app.request().await;
    let running = actix_web::rt::spawn(api::work::webhooks::run(silent.app.app().desk()));
    assert_eq!(quick.receiver.wait_for(1).await.len(), 1);
    app.request().await;
    assert_eq!(quick.receiver.wait_for(1).await.len(), 1);
    let mut log = Vec::new();
    for _ in 0..600 {
        log = silent.log().await;
        if log[0]["attempts"] != 0 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(log[0]["failure"], "timeout");
    running.abort();
}

#[actix_web::test]
async fn of_what_is_answered_beside_the_status_little_is_read_and_not_for_long() {
    use futures_util::future::{Either, select};

    use crate::harness::receiver::{answering, ended, until_gone};

    let outward = api::outward::Outward::new(Loopback::Allowed).unwrap();
    // As much as the receiver likes: most of it stays where it is.
    let (url, endless) = answering(|mut stream| {
        let (mut written, some) = (0_usize, [b'x'; 64 * 1024]);
        let mut more = stream.write_all(b"HTTP/1.1 200 Said\r\ncontent-length: 100000000000\r\n\r\n");
        while more.is_ok() {
            written += some.len();
            more = stream.write_all(&some);
        }
        written
    });
    assert_eq!(outward.post(&url, &[], "{}".to_owned()).await.unwrap().status, 200);
    let (written, on_its_way) = (ended(endless).await, 32 << 20);
    assert!(written < on_its_way, "{written} bytes were taken, where {} are read", limits::WEBHOOK_ANSWER_BYTES);

    // What is announced and does not come is not waited for as long as an answer is: of one who says nothing at all that was asked before.
    let (tell, told) = mpsc::channel();
    let (silent, waiting) = answering(move |stream| {
        tell.send(()).unwrap();
        until_gone(stream);
    });
    let (url, begun) = answering(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 Said\r\ncontent-length: 10\r\n\r\n").unwrap();
        until_gone(stream);
    });
    let before = outward.clone();
    let before = actix_web::rt::spawn(async move { before.post(&silent, &[], "{}".to_owned()).await });
    while told.try_recv().is_err() {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    let answered = Box::pin(outward.post(&url, &[], "{}".to_owned()));
    let Either::Right((reply, before)) = select(before, answered).await else {
        panic!("what does not come of an answer is waited for as long as an answer");
    };
    assert_eq!(reply.unwrap().status, 200);
    before.abort();
    drop((before.await, outward));
    ended(begun).await;
    ended(waiting).await;
}

/// A receiver that others wrote the heart of.
struct Consumer {
    process: Child,
    secret: ChildStdin,
    url: String,
    said: mpsc::Receiver<String>,
}

impl Consumer {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (lines, said) = mpsc::channel();
        let printed = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || printed.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        let url = said.recv_timeout(Duration::from_secs(60)).unwrap().trim_start_matches("listening ").to_owned();
        let secret = process.stdin.take().unwrap();
        Self { process, secret, url, said }
    }

    fn python() -> Option<Self> {
        let python = installed("venv/bin/python")?;
        Some(Self::start(Command::new(python).arg(script("consumer.py"))))
    }

    fn node() -> Option<Self> {
        let node = tools::find("node", "npm")?;
        installed("node_modules/standardwebhooks")?;
        Some(Self::start(Command::new(node).arg(script("consumer.mjs")).arg(folder())))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/webhooks")).to_path_buf()
}

fn script(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/webhooks")).join(name)
}

fn installed(what: &str) -> Option<PathBuf> {
    let file = folder().join(what);
    if file.exists() {
        return Some(file);
    }
    tools::left_out("standardwebhooks", "npm and python3-venv, then `make deps`");
    None
}

async fn is_verified_by(consumer: Option<Consumer>) {
    let Some(mut consumer) = consumer else { return };
    let app = TestApp::on_sqlite().await.with_loopback().await;
    let (_, id) = tool(&app, ALL).await;
    let path = format!("api-clients/{id}/webhooks");
    let made = app.own(Role::Manager).post(&path, &json!({"url": consumer.url})).await.expect(201);
    writeln!(consumer.secret, "{}", made.body["secret"].as_str().unwrap()).unwrap();
    let vacancy = app.vacancy(1).await;
    app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
    send_what_is_due(&app.app().desk()).await;
    let log = async || {
        let path = format!("webhooks/{}/deliveries?limit=200", made.id());
        app.own(Role::Manager).get(&path).await.expect(200).body["items"].as_array().unwrap().clone()
    };
    let entries = log().await;
    assert!(entries.len() >= 4 && entries.iter().all(|entry| entry["state"] == "delivered"), "{entries:#?}");
    let mut expected: Vec<String> = entries
        .iter()
        .map(|entry| format!("verified {} {}", entry["type"].as_str().unwrap(), entry["message_id"].as_str().unwrap()))
        .collect();
    let mut said: Vec<String> = expected.iter().map(|_| consumer.said.recv_timeout(Duration::from_secs(60)).unwrap()).collect();
    expected.sort();
    said.sort();
    assert_eq!(said, expected);
    // With a new secret it verifies what two sign, and when the one it knows has ended, nothing.
    app.own(Role::Manager).command(&format!("webhooks/{}/rotate", made.id())).await.expect(200);
    app.request().await;
    send_what_is_due(&app.app().desk()).await;
    assert!(log().await.iter().all(|entry| entry["state"] == "delivered"));
    app.own(Role::Manager).command(&format!("webhooks/{}/delete", made.id())).await.expect(200);
    let other = app.own(Role::Manager).post(&path, &json!({"url": consumer.url})).await.expect(201);
    app.request().await;
    send_what_is_due(&app.app().desk()).await;
    let entries = app.own(Role::Manager).get(&format!("webhooks/{}/deliveries", other.id())).await.expect(200).body;
    assert_eq!(entries["items"][0]["status"], 400, "another's secret: {entries:#}");
    app.ignore_mails();
}

#[actix_web::test]
async fn a_consumer_in_python_verifies_every_delivery() {
    is_verified_by(Consumer::python()).await;
}

#[actix_web::test]
async fn a_consumer_of_npm_verifies_every_delivery() {
    is_verified_by(Consumer::node()).await;
}
