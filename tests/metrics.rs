//! What an instance shows of itself to whoever watches it: numbers that are right, in a text that Prometheus reads, and nothing of anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use actix_web::test as http;
use actix_web::web::Data;
use api::domain::{ReferralState, Role, Scope};
use api::web::operations;
use api::work::webhooks::send_what_is_due;
use chrono::TimeDelta;
use serde_json::json;

use crate::harness::bodies::{ad_hoc_request, structure};
use crate::harness::canaries;
use crate::harness::receiver::{Receiver, status};
use crate::harness::redis::Redis;
use crate::harness::servers::{Database, Servers, get};
use crate::harness::wire::{Call, Wire};
use crate::harness::{TestApp, on_both, tools};
use crate::webhooks;

/// What this instance shows.
pub async fn shown(app: &TestApp) -> String {
    let service = Data::new(app.app().service.clone());
    let router = actix_web::App::new().app_data(service).configure(api::web::metrics::configure);
    let router = http::init_service(router).await;
    let answer = http::call_service(&router, http::TestRequest::with_uri("/metrics").to_request()).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    String::from_utf8(http::read_body(answer).await.to_vec()).unwrap()
}

/// Each series with its value.
fn read(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap()).map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect()
}

/// The value of a series; 0 where it is not there.
pub fn value(text: &str, series: &str) -> f64 {
    read(text).get(series).copied().unwrap_or(0.0)
}

/// The values of labels, with the names of their labels.
fn labels(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for series in read(text).into_keys() {
        let Some((_, labels)) = series.split_once('{') else { continue };
        for label in labels.trim_end_matches('}').split(',') {
            let (name, value) = label.split_once('=').unwrap();
            found.insert((name.to_owned(), value.trim_matches('"').to_owned()));
        }
    }
    found
}

/// Whether the strict reader of OpenMetrics of the Prometheus project takes a text; nothing where it is not installed.
fn python_takes(text: &str) -> Option<Result<(), String>> {
    use std::io::Write as _;
    let script = "import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                  families = list(read(sys.stdin.read()))\nassert len(families) > 20, len(families)";
    let has_it = Command::new("/usr/bin/python3").args(["-c", "import prometheus_client"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        tools::left_out("prometheus_client", "python3-prometheus-client");
        return None;
    }
    let mut python = Command::new("/usr/bin/python3");
    let mut python = python.args(["-c", script]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    Some(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
}

on_both! {
    async fn it_shows_what_was_done_and_what_is_held(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        app.ignore_mails();
        let (held, freed) = (app.request().await, app.request().await);
        app.ask(&held, &vacancy, json!({"hold": true})).await.expect(201);
        app.ask(&freed, &vacancy, json!({"hold": true})).await.expect(201);
        app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200);
        app.own(Role::Referent).get("nothing").await.expect(404);
        let text = shown(&app).await;
        let beds = app.beds(&vacancy).await.1;
        for (series, expected) in [
            ("havre_requests_total{operation=\"rankAdHoc\",surface=\"api\",status=\"2xx\"}", 1.0),
            ("havre_requests_total{operation=\"createReferral\",surface=\"api\",status=\"2xx\"}", 2.0),
            ("havre_requests_total{operation=\"none\",surface=\"none\",status=\"4xx\"}", 1.0),
            ("havre_request_duration_seconds_count{operation=\"rankAdHoc\",surface=\"api\"}", 1.0),
            ("havre_ranking_duration_seconds_count", 1.0),
            ("havre_events_total{command=\"createReferral\"}", 2.0),
            ("havre_holds", 2.0),
            ("havre_beds_held", f64::from(u32::try_from(beds).unwrap())),
            ("havre_jobs{kind=\"mail\",state=\"due\"}", 2.0),
            ("havre_snapshot_units", 1.0),
            ("havre_snapshot_units_apart", 0.0),
            ("havre_database_up", 1.0),
            ("havre_database_turn_waiting", 0.0),
            ("havre_streams_open", 0.0),
            ("havre_plans_waiting", 0.0),
        ] {
            assert_eq!(value(&text, series), expected, "{series} in {text}");
        }
        let series = read(&text);
        assert!(series["havre_snapshot_position"] <= series["havre_log_position"] && series["havre_log_position"] > 5.0, "{text}");
        assert!(series["havre_database_connections"] >= series["havre_database_connections_idle"], "{text}");
        assert!(series["process_resident_memory_bytes"] > 1_000_000.0, "{text}");
        assert!(!text.contains("redis"), "there is none: {text}");

        let following = app.own(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        assert_eq!(value(&shown(&app).await, "havre_streams_open"), 1.0);
        drop(following);
        assert!(!app.mails().is_empty());
        app.clock().advance(TimeDelta::days(3));
        app.ignore_mails();
        let text = shown(&app).await;
        assert_eq!((value(&text, "havre_holds"), value(&text, "havre_beds_held")), (0.0, 0.0), "{text}");
        assert_eq!(value(&text, "havre_events_total{command=\"expireReferral\"}"), 2.0, "{text}");
        assert_eq!(value(&text, "havre_jobs{kind=\"mail\",state=\"due\"}"), 0.0, "{text}");
        assert!(value(&text, "havre_mails_total{outcome=\"sent\"}") >= 4.0, "{text}");
    }

    async fn it_shows_what_webhooks_have_to_send(app: TestApp) {
        let (app, receiver) = (app.with_loopback().await, Receiver::start());
        receiver.answers(|_| status(500, ""));
        let (_, tool) = webhooks::tool(&app, &[Scope::Requests, Scope::Events]).await;
        app.own(Role::Manager).post(&format!("api-clients/{tool}/webhooks"), &json!({"url": receiver.url()})).await.expect(201);
        app.request().await;
        send_what_is_due(&app.app().desk()).await;
        let sending = async || {
            let text = shown(&app).await;
            let named = ["havre_webhook_deliveries{state=\"due\"}", "havre_webhook_deliveries{state=\"later\"}", "havre_webhooks_disabled"];
            named.map(|name| read(&text)[name])
        };
        assert_eq!(sending().await, [0.0, 1.0, 0.0]);
        app.clock().advance(TimeDelta::seconds(60));
        assert_eq!(sending().await, [1.0, 0.0, 0.0]);
        let oldest = value(&shown(&app).await, "havre_webhook_deliveries_oldest_due_seconds");
        assert!((50.0..60.0).contains(&oldest), "{oldest}");
        receiver.answers(|_| status(410, ""));
        send_what_is_due(&app.app().desk()).await;
        assert_eq!(sending().await, [0.0, 0.0, 1.0], "what waits of one that is disabled waits for its manager");
        app.ignore_mails();
    }

    async fn a_strict_reader_takes_it_and_no_label_is_of_anybody(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        app.referral_in(&vacancy, ReferralState::Confirmed).await;
        app.own(Role::Referent).get("requests").await.expect(200);
        app.own(Role::Referent).get("/orientations").await;
        app.nobody().get("/lien/forged-code").await;
        // Before any mail has left: there are jobs.
        let text = shown(&app).await;
        app.ignore_mails();
        if let Some(taken) = python_takes(&text) {
            taken.unwrap_or_else(|why| panic!("{why}{text}"));
            let broken = text.replace("# TYPE havre_holds gauge", "# TYPE havre_holds counter");
            assert!(python_takes(&broken).unwrap().is_err(), "the reader is strict");
        }
        let told = canaries::told_by(&text);
        assert!(told.is_empty(), "{told:?}");
        let known: BTreeSet<&str> = operations::ALL.iter().map(|row| row.id).chain(["none"]).collect();
        for (name, value) in labels(&text) {
            assert!(value.len() < 40 && !value.contains(['/', '@', ' ']), "{name} {value}");
            assert!(uuid::Uuid::try_parse(&value).is_err(), "{name} {value}");
            assert!(name != "operation" || known.contains(value.as_str()), "{name} {value}");
        }
        let names: BTreeSet<String> = labels(&text).into_iter().map(|(name, _)| name).collect();
        let expected = ["command", "kind", "le", "operation", "outcome", "state", "status", "surface", "version"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected, "another label: what may stand in it?");
    }
}

/// One instance that is watched, with a token of a referent.
fn watched(database: Database, redis_url: Option<String>) -> (Servers, String) {
    let servers =
        Servers::start_with(1, database, redis_url, &[("HAVRE_METRICS_BIND", "127.0.0.1:0"), ("HAVRE_RATE_LIMITS", "on")]);
    let token = servers.token("Organisation fictive", "referent");
    (servers, token)
}

fn list<'c>(token: &'c str) -> Call<'c> {
    Call { method: "GET", path: "requests", token, key: None, etag: None, body: None }
}

#[test]
fn it_is_shown_at_an_address_of_its_own_and_nowhere_else() {
    let (servers, token) = watched(Database::sqlite(), None);
    Wire::new(&servers, 0).ask(list(&token)).expect(200);
    let text = servers.metrics(0);
    assert_eq!(value(&text, "havre_requests_total{operation=\"listRequests\",surface=\"api\",status=\"2xx\"}"), 1.0, "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    for path in ["/metrics", "/api/v1/metrics"] {
        assert!([401, 404].contains(&get(servers.address(0).unwrap(), path).0), "{path} of the service");
    }
    let silent = Servers::start(1, Database::sqlite(), None);
    assert!(!silent.said(0).contains("metrics are shown"), "it is off where nobody asked for it");
}

#[test]
fn it_answers_while_the_database_is_away() {
    let Some(database) = Database::postgres() else { return };
    let (servers, token) = watched(database, None);
    Wire::new(&servers, 0).ask(list(&token)).expect(200);
    assert_eq!(value(&servers.metrics(0), "havre_database_up"), 1.0);
    servers.database().cluster().stop_immediately();
    let text = servers.metrics(0);
    assert_eq!(read(&text)["havre_database_up"], 0.0, "{text}");
    assert!(text.contains("havre_requests_total") && !text.contains("havre_beds_held"), "{text}");
    let (status, said) = get(servers.address(0).unwrap(), "/api/v1/readiness");
    assert!(status == 503 && said.contains("The database does not answer"), "{said}");
    servers.database().cluster().start();
    Wire::new(&servers, 0).ask(list(&token)).expect(200);
    assert_eq!(value(&servers.metrics(0), "havre_database_up"), 1.0);
}

#[test]
fn each_time_it_goes_without_redis_is_counted() {
    let Some(redis) = Redis::start() else { return };
    let (servers, token) = watched(Database::sqlite(), Some(redis.url()));
    let mut wire = Wire::new(&servers, 0);
    let counted = |purpose: &str| value(&servers.metrics(0), &format!("havre_redis_fallbacks_total{{purpose=\"{purpose}\"}}"));
    let until = |up: f64| {
        while value(&servers.metrics(0), "havre_redis_up") != up {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    until(1.0);
    let before = counted("limits");
    wire.ask(list(&token)).expect(200);
    redis.kill();
    until(0.0);
    wire.ask(list(&token)).expect(200);
    assert!(counted("limits") > before, "the instance's own limits have decided");
    let told = counted("announcements");
    let provider = servers.token("Organisation fictive", "provider");
    let declare =
        Call { method: "POST", path: "structures", token: &provider, key: Some("k"), etag: None, body: Some(&structure()) };
    wire.ask(declare).expect(201);
    assert!(counted("announcements") > told, "nobody was told of the commit");
    redis.restart();
    until(1.0);
    let before = counted("limits");
    wire.ask(list(&token)).expect(200);
    assert_eq!(counted("limits"), before, "Redis decides again");
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_of_a_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let words = text.split(|letter: char| !is_of_a_name(letter)).filter(|word| word.starts_with("havre_") && word.len() > 8);
    words.map(ToOwned::to_owned).collect()
}

#[test]
fn what_the_operators_pages_watch_is_shown() {
    let redis = Redis::start();
    let (servers, token) = watched(Database::sqlite(), redis.as_ref().map(Redis::url));
    let mut wire = Wire::new(&servers, 0);
    wire.ask(list(&token)).expect(200);
    // Of what has not happened yet nothing is shown.
    let provider = servers.token("Organisation fictive", "provider");
    let declare =
        Call { method: "POST", path: "structures", token: &provider, key: Some("k"), etag: None, body: Some(&structure()) };
    wire.ask(declare).expect(201);
    let shown = servers.metrics(0);
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for page in ["OPERATING.md", "api/deploy/alerts.yml"] {
        let names = named(&std::fs::read_to_string(root.join(page)).unwrap());
        assert!(names.len() > 8, "{page} watches {names:?}");
        for name in names.iter().filter(|name| redis.is_some() || !name.contains("redis")) {
            let is_shown = [" ", "{", "_bucket{"].iter().any(|next| shown.contains(&format!("\n{name}{next}")));
            assert!(is_shown, "{page} names {name}");
        }
    }
}
