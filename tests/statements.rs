//! How many statements a command sends while all others wait for their turn, and how many what is asked again and again.

use std::collections::HashMap;
use std::sync::{Mutex, Once, PoisonError};

use api::domain::{ReferralState, Role, Scope};
use api::work::webhooks::send_what_is_due;
use chrono::TimeDelta;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use serde_json::json;

use crate::harness::bodies::reached_at;
use crate::harness::receiver::{Receiver, status};
use crate::harness::{TestApp, on_both, tools};
use crate::webhooks;

/// What was sent to the databases that are watched, transaction by transaction, in the order in which these ended.
static SENT: Mutex<Option<HashMap<String, Vec<Vec<String>>>>> = Mutex::new(None);

fn sent<T>(work: impl FnOnce(&mut HashMap<String, Vec<Vec<String>>>) -> T) -> T {
    work(SENT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// Listens to one connection: collects what stands between a `BEGIN` and its `COMMIT`.
///
/// The lock on the turn counts, which is the first statement on PostgreSQL and a reading of the same row on SQLite; `BEGIN` and `COMMIT`
/// themselves do not. What a connection asks once for itself (the numbers of PostgreSQL's types) does.
#[derive(Default)]
struct Listener {
    url: String,
    open: Option<Vec<String>>,
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => url.clone_into(&mut self.url),
            InstrumentationEvent::StartQuery { query, .. } if sent(|sent| sent.contains_key(&self.url)) => {
                self.said(&query.to_string())
            }
            _ => {}
        }
    }
}

impl Listener {
    fn said(&mut self, statement: &str) {
        let is = |word: &str| statement.starts_with(word);
        if is("BEGIN") {
            self.open = Some(Vec::new());
        } else if is("COMMIT") || is("ROLLBACK") {
            let whole = self.open.take().unwrap_or_default();
            sent(|sent| sent.entry(self.url.clone()).or_default().push(whole));
        } else if let Some(open) = &mut self.open {
            open.push(statement.split(" -- binds").next().unwrap_or_default().to_owned());
        }
    }
}

/// Another instance on the same database, whose connections are listened to.
async fn watched(app: &TestApp) -> TestApp {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_default_instrumentation(|| Some(Box::new(Listener::default()))).unwrap());
    sent(|sent| drop(sent.insert(address(app), Vec::new())));
    app.another_instance().await
}

/// How diesel is told of the database.
fn address(app: &TestApp) -> String {
    app.url().strip_prefix("sqlite:").unwrap_or_else(|| app.url()).to_owned()
}

/// What was sent since this was last asked, transaction by transaction.
fn transactions(app: &TestApp) -> Vec<Vec<String>> {
    sent(|sent| std::mem::take(sent.get_mut(&address(app)).unwrap()))
}

/// The turns in which referrals were written since this was last asked.
fn turns(app: &TestApp) -> Vec<Vec<String>> {
    let writes = |statement: &String| {
        let plain = statement.replace(['"', '`'], "");
        plain.starts_with("INSERT INTO referrals") || plain.starts_with("UPDATE referrals")
    };
    transactions(app).into_iter().filter(|turn| turn.iter().any(writes)).collect()
}

/// The statements in which some words stand that were sent since this was last asked.
fn saying(app: &TestApp, words: &str) -> Vec<String> {
    let plain = transactions(app).into_iter().flatten().map(|statement| statement.replace(['"', '`'], ""));
    plain.filter(|statement| statement.contains(words)).collect()
}

/// The shortest of some turns of one kind: a connection that is new asks some things for itself.
#[track_caller]
fn at_most(most: usize, what: &str, turns: &[Vec<String>]) {
    let shortest = turns.iter().min_by_key(|turn| turn.len()).unwrap_or_else(|| panic!("no {what} was heard"));
    tools::show(&format!("{what}: {} statements", shortest.len()));
    assert!(shortest.len() <= most, "{what} sends {} statements, not {most}:\n{}", shortest.len(), shortest.join("\n"));
}

on_both! {
    async fn a_hold_and_a_decline_are_short_turns(app: TestApp) {
        let vacancy = app.vacancy(20).await;
        let watched = watched(&app).await;
        let (referent, provider) = (watched.own(Role::Referent), watched.own(Role::Provider));
        let mut held = Vec::new();
        turns(&app);
        for _ in 0..5 {
            let request = app.request().await;
            let path = format!("requests/{request}/referrals");
            held.push(referent.post(&path, &json!({"vacancy_id": vacancy, "hold": true})).await.expect(201).id());
        }
        let holds = turns(&app);
        assert_eq!(app.beds(&vacancy).await, (20, 5));
        for referral in &held {
            let body = json!({"refusal": {"party": "structure", "code": "full"}});
            provider.post(&format!("referrals/{referral}/decline"), &body).await.expect(200);
        }
        let declines = turns(&app);
        assert_eq!((holds.len(), declines.len()), (5, 5), "each is one turn");
        assert_eq!(app.beds(&vacancy).await, (20, 0));
        let declined = format!("SELECT count(*) AS n FROM referrals WHERE state = '{}'", matcher::Code::as_str(ReferralState::Declined));
        assert_eq!(app.count(&declined), 5);
        watched.ignore_mails();
        app.ignore_mails();
        at_most(16, "a hold", &holds);
        at_most(11, "a decline", &declines);
    }

    async fn a_page_of_notices_asks_once_where_they_are(app: TestApp) {
        let siao = json!({"name": "SIAO du Rhône (fictif)", "kind": "siao", "doors": [], "departments": ["69"], "contact": reached_at("siao@example.org")});
        app.own(Role::Administrator).post("organisations", &siao).await.expect(201);
        let token = api::cli::client::make(app.db(), "SIAO du Rhône (fictif)", Role::Provider).unwrap().0;
        for _ in 0..3 {
            app.ask(&app.request().await, &app.vacancy(1).await, json!({})).await.expect(201);
        }
        let watched = watched(&app).await;
        let theirs = watched.with_token(&token);
        let read = async || theirs.get("events?record_kind=notice").await.expect(200).body["items"].as_array().unwrap().len();
        // Whatever an instance asks when it is new, it has asked then.
        assert_eq!(read().await, 3);
        transactions(&app);
        assert_eq!(read().await, 3);
        let asked = saying(&app, "structures.department FROM (units");
        assert_eq!(asked.len(), 1, "{asked:#?}");
        app.ignore_mails();
    }

    async fn what_webhooks_send_is_looked_for_once_a_tool(app: TestApp) {
        let watched = watched(&app).await;
        let (_, tool) = webhooks::tool(&watched, &[Scope::Vacancies, Scope::Events]).await;
        for _ in 0..5 {
            let made = watched.own(Role::Manager).post(&format!("api-clients/{tool}/webhooks"), &json!({"url": webhooks::PUBLIC})).await;
            made.expect(201);
        }
        // Nothing that it may follow.
        watched.request().await;
        transactions(&app);
        send_what_is_due(&watched.app().desk()).await;
        let asked = saying(&app, "SELECT events.position");
        assert_eq!(asked.len(), 1, "{asked:#?}");
    }

    async fn what_waits_behind_one_that_failed_is_put_off_at_once(app: TestApp) {
        let (watched, receiver) = (watched(&app).await.with_loopback().await, Receiver::start());
        receiver.answers(|_| status(500, ""));
        let (_, tool) = webhooks::tool(&watched, &[Scope::Requests, Scope::Events]).await;
        watched.own(Role::Manager).post(&format!("api-clients/{tool}/webhooks"), &json!({"url": receiver.url()})).await.expect(201);
        let request = watched.request().await;
        for _ in 0..5 {
            watched.own(Role::Referent).command(&format!("requests/{request}/alias")).await.expect(200);
        }
        // The third try is in five minutes, and the others were to leave at once.
        for _ in 0..2 {
            send_what_is_due(&watched.app().desk()).await;
            app.clock().advance(TimeDelta::seconds(10));
        }
        transactions(&app);
        send_what_is_due(&watched.app().desk()).await;
        assert_eq!(receiver.took().len(), 2, "nothing is sent before its time");
        let put_off = saying(&app, "UPDATE webhook_deliveries SET next_at");
        assert_eq!(put_off.len(), 1, "{put_off:#?}");
    }
}
