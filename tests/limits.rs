//! Limits of requests, and what instances tell each other: over a real Redis, while it is killed, paused, flushed and full, and without.
//!
//! What a limit gives back while a test runs is reckoned with, never slept for: `Clock` is moved.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use api::clock::Clock;
use api::domain::Role;
use api::limits::{
    BODY_BYTES_MAX, DATABASE_WAITERS, RATE_ACCOUNT, RATE_ADDRESS, RATE_LINK, RATE_ORGANISATION, RATE_SUBJECTS_KEPT, REDIS_PATIENCE,
    Rate,
};
use api::live::allowance::{Allowance, Subject, Verdict};
use api::live::bus::Bus;
use api::live::hub::Hub;
use api::web::throttle::Throttle;
use chrono::TimeDelta;
use futures_util::future::{Either, join_all, select};
use serde_json::json;
use sfv::{BareItem, List, ListEntry, Parser};

use crate::harness::bodies::{ad_hoc_request, structure};
use crate::harness::redis::Redis;
use crate::harness::{Answer, Caller, TestApp, keys};
use crate::mails::link;

/// One instance's connection to Redis, once it has found it. It is patient: these tests count to the last request, and a machine that is
/// busy must not send an instance its own way.
pub async fn hub(redis: &Redis, deployment: &str) -> Hub {
    hub_with(redis, deployment, Duration::from_secs(10)).await
}

async fn hub_with(redis: &Redis, deployment: &str, patience: Duration) -> Hub {
    let hub = Hub::open(&redis.redis_url(), deployment.as_bytes(), patience).unwrap();
    found(&hub, 1).await;
    hub
}

/// Waits until Redis was found so often.
pub async fn found(hub: &Hub, times: u64) {
    Bus::over(Some(hub)).subscribe().unwrap().wait_for(|heard| heard.breaks >= times).await.unwrap();
}

/// An instance with limits.
async fn instance(app: &TestApp, hub: Option<Hub>) -> TestApp {
    behind(app, hub, "").await
}

/// The same behind proxies.
async fn behind(app: &TestApp, hub: Option<Hub>, proxies: &str) -> TestApp {
    let allowance = Allowance::new(hub, app.clock().clone());
    app.throttled(Throttle { allowance, trusted: proxies.parse().unwrap() }).await
}

/// Sends by turns until one is refused: that answer, and how many were not. What came back meanwhile is taken off.
async fn spend(rate: &Rate, callers: &[Caller], path: &str) -> (Answer, u32) {
    let start = Instant::now();
    for sent in 0..10 * rate.burst.get() {
        let caller = &callers[usize::try_from(sent).unwrap() % callers.len()];
        let answer = caller.get(path).await;
        if answer.status == 429 {
            let given_back = u32::try_from(start.elapsed().as_millis() * u128::from(rate.per_second.get()) / 1_000).unwrap() + 1;
            assert!(sent >= rate.burst.get(), "{sent} of {rate:?}");
            assert!(sent <= rate.burst.get() + given_back, "{sent} of {rate:?}, {given_back} given back");
            return (answer.refused(429, "rate_limited"), sent);
        }
    }
    panic!("nothing was refused");
}

/// The names of a structured list of strings, with their integer parameters.
fn parsed(field: &str) -> Vec<(String, Vec<(String, i64)>)> {
    let list: List = Parser::new(field).parse().unwrap();
    let items = list.into_iter().map(|entry| {
        let ListEntry::Item(item) = entry else { panic!("{field}") };
        let BareItem::String(name) = item.bare_item else { panic!("{field}") };
        let parameters = item.params.into_iter().map(|(key, value)| {
            let BareItem::Integer(number) = value else { panic!("{field}") };
            (key.to_string(), i64::from(number))
        });
        (name.to_string(), parameters.collect())
    });
    items.collect()
}

/// What an answer says is left, of which limit, and for how many seconds.
fn left(answer: &Answer) -> (String, i64, i64) {
    let [(name, parameters)] = parsed(&answer.header("ratelimit")).try_into().unwrap();
    let [(r, remaining), (t, seconds)] = parameters.try_into().unwrap();
    assert_eq!((r.as_str(), t.as_str()), ("r", "t"));
    (name, remaining, seconds)
}

fn everyone(app: &TestApp) -> Vec<Caller> {
    use matcher::Code as _;
    Role::ALL.iter().map(|role| app.own(*role)).collect()
}

/// A path of the API where nothing is: 404 for who has signed in, 401 for who has not, 429 for who comes too often.
const PATH: &str = "nothing";

#[actix_web::test]
async fn an_account_has_one_limit_over_all_instances() {
    let (Some(redis), app) = (Redis::start(), TestApp::on_sqlite().await) else { return };
    let one = instance(&app, Some(hub(&redis, "a").await)).await;
    let two = instance(&app, Some(hub(&redis, "a").await)).await;
    let callers = [one.own(Role::Referent), two.own(Role::Referent)];
    let (refused, _) = spend(&RATE_ACCOUNT, &callers, PATH).await;
    assert_eq!(left(&refused), ("account".to_owned(), 0, 1));
    assert_eq!(refused.header("retry-after"), "1");
    two.own(Role::Provider).get(PATH).await.expect(404);
    // Another deployment on the same Redis has limits of its own.
    let other = instance(&app, Some(hub(&redis, "b").await)).await;
    spend(&RATE_ACCOUNT, &[other.own(Role::Referent)], PATH).await;
    // After as long as was said it works, and not before.
    app.clock().advance(TimeDelta::seconds(1));
    callers[0].get(PATH).await.expect(404);
}

#[actix_web::test]
async fn without_redis_each_instance_has_its_own() {
    let app = TestApp::on_sqlite().await;
    let (one, two) = (instance(&app, None).await, instance(&app, None).await);
    let (refused, _) = spend(&RATE_ACCOUNT, &[one.own(Role::Referent)], PATH).await;
    assert_eq!((left(&refused), refused.header("retry-after").as_str()), (("account".to_owned(), 0, 1), "1"));
    spend(&RATE_ACCOUNT, &[two.own(Role::Referent)], PATH).await;
    app.clock().advance(TimeDelta::seconds(1));
    one.own(Role::Referent).get(PATH).await.expect(404);
}

#[actix_web::test]
async fn an_organisation_has_one_limit_over_all_accounts() {
    let app = TestApp::on_sqlite().await;
    let redis = Redis::start();
    for shared in [false, true] {
        let hub = match &redis {
            Some(redis) if shared => Some(hub(redis, "a").await),
            None if shared => return,
            _ => None,
        };
        let app = instance(&app, hub).await;
        let (refused, _) = spend(&RATE_ORGANISATION, &everyone(&app), PATH).await;
        assert_eq!(left(&refused).0, "organisation");
        app.other(Role::Referent).get(PATH).await.expect(404);
    }
}

#[actix_web::test]
async fn who_has_not_signed_in_counts_by_address() {
    let app = TestApp::on_sqlite().await;
    let redis = Redis::start();
    for shared in [false, true] {
        let hub = match &redis {
            Some(redis) if shared => Some(hub(redis, "a").await),
            None if shared => return,
            _ => None,
        };
        let app = instance(&app, hub).await;
        let nobody = app.nobody().at("192.0.2.1");
        // A wrong token is no account.
        let callers = [nobody.clone(), app.with_token("hvr_wrong").at("192.0.2.1"), app.nobody().at("::ffff:192.0.2.1")];
        let (refused, _) = spend(&RATE_ADDRESS, &callers, PATH).await;
        assert_eq!(left(&refused).0, "address");
        nobody.get("units").await.refused(429, "rate_limited");
        let page = nobody.get("/connexion").await.expect(429);
        assert!(page.header("content-type").starts_with("text/html") && page.header("retry-after") == "1", "people get a page");
        app.nobody().at("192.0.2.2").get("units").await.refused(401, "unauthenticated");
        app.own(Role::Referent).at("192.0.2.1").get(PATH).await.expect(404);
        // Of IPv6, one network is one address.
        let network = [app.nobody().at("2001:db8::1"), app.nobody().at("2001:db8::ffff:2")];
        spend(&RATE_ADDRESS, &network, PATH).await;
        app.nobody().at("2001:db8:0:1::1").get(PATH).await.expect(401);
    }
}

#[actix_web::test]
async fn only_a_trusted_proxy_says_for_whom() {
    let app = TestApp::on_sqlite().await;
    let app = behind(&app, None, "10.0.0.0/8, fd00::1").await;
    let mut forged = 0_u8;
    let mut from = async |peer: &str, forwarded: &str| {
        forged += 1;
        // What a caller wrote itself stands before what the proxy adds.
        let value = forwarded.replace("forged", &format!("198.51.100.{forged}"));
        app.nobody().at(peer).send(Method::GET, PATH, &[("x-forwarded-for", &value)], None).await
    };
    for (peer, forwarded) in [
        ("203.0.113.1", "forged"),                          // no proxy of ours
        ("10.0.0.1", "forged, 203.0.113.2"),                // the proxy adds who it was
        ("10.0.0.1", "forged, [2001:db8::1]:443, fd00::1"), // two proxies
        ("10.0.0.1", "forged, unknown, 10.1.2.3"),          // not said: the proxy
    ] {
        let mut allowed = 0;
        while from(peer, forwarded).await.status == 401 {
            allowed += 1;
        }
        assert!((15..25).contains(&allowed), "{allowed} from {peer} for {forwarded}");
        assert_eq!(from("10.0.0.1", "203.0.113.3").await.status, 401, "each client of a proxy has its own");
    }
}

#[actix_web::test]
async fn a_mailed_link_counts_by_link() {
    let app = TestApp::on_sqlite().await;
    let vacancy = app.vacancy(2).await;
    for _ in 0..2 {
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
    }
    let links: Vec<_> = app.mails().iter().map(link).collect();
    let app = instance(&app, None).await;
    let (refused, _) = spend(&RATE_LINK, &[app.nobody().at("192.0.2.1"), app.nobody().at("192.0.2.2")], &links[0]).await;
    assert_eq!(left(&refused).0, "link");
    app.nobody().at("192.0.2.3").get(&links[0].replace("/api/v1/links/", "/lien/")).await.expect(429);
    app.nobody().at("192.0.2.1").get(&links[1]).await.expect(200);
    // Whoever guesses has no new limit with each guess.
    let mut guesses = 0;
    let refused = loop {
        guesses += 1;
        let answer = app.nobody().at("192.0.2.1").get(&format!("links/guess-{guesses}")).await;
        if answer.status == 429 {
            break answer;
        }
        answer.refused(404, "not_found");
    };
    assert!((15..25).contains(&guesses) && left(&refused).0 == "address", "{guesses} {refused:?}");
    app.nobody().at("192.0.2.1").get(&links[1]).await.expect(200);
}

#[actix_web::test]
async fn health_and_files_are_never_limited() {
    let app = TestApp::on_sqlite().await;
    let app = instance(&app, None).await;
    for path in ["health", "readiness", api::web::pages::assets::STYLE.path(), "/docs/"] {
        for _ in 0..40 {
            let answer = app.nobody().at("192.0.2.1").get(path).await;
            assert!(answer.status.is_success() && answer.header("ratelimit").is_empty(), "{path}");
        }
    }
}

#[actix_web::test]
async fn every_answer_says_what_is_left() {
    let app = TestApp::on_sqlite().await;
    let redis = Redis::start();
    for shared in [false, true] {
        let hub = match &redis {
            Some(redis) if shared => Some(hub(redis, "a").await),
            None if shared => return,
            _ => None,
        };
        let app = instance(&app, hub).await;
        let (start, referent) = (Instant::now(), app.own(Role::Referent));
        for sent in 1..=40 {
            let answer = referent.get(PATH).await.expect(404);
            let (name, remaining, seconds) = left(&answer);
            let given_back = i64::try_from(start.elapsed().as_millis() / 50).unwrap() + 1;
            assert_eq!(name, "account");
            assert!((60 - sent..=60 - sent + given_back).contains(&remaining), "{remaining} after {sent}");
            assert_eq!(seconds, (60 - remaining + 19) / 20, "until all of it is back");
        }
        let answer = referent.get("units").await.expect(200);
        let policies = [("account", 60, 3), ("organisation", 180, 3)];
        let policies = policies.map(|(name, q, w)| (name.to_owned(), vec![("q".to_owned(), q), ("w".to_owned(), w)]));
        assert_eq!(parsed(&answer.header("ratelimit-policy")), policies);
        for (answer, name) in [
            (app.nobody().at("192.0.2.9").get("units").await.expect(401), "address"),
            (app.nobody().at("192.0.2.9").get("/connexion").await.expect(200), "address"),
            (app.own(Role::Auditor).get("units").await.expect(403), "account"),
            (app.own(Role::Provider).send(Method::DELETE, "units", &[], None).await.expect(405), "account"),
        ] {
            assert_eq!(left(&answer).0, name);
        }
        app.clock().advance(TimeDelta::seconds(10));
    }
}

#[actix_web::test]
async fn what_is_long_or_worked_out_counts_as_several_requests() {
    let app = TestApp::on_sqlite().await;
    let app = instance(&app, None).await;
    let referent = app.own(Role::Referent);
    for (method, path, cost) in [
        (Method::GET, "nothing", 1),
        (Method::GET, "units?limit=49", 1),
        (Method::GET, "units", 2),
        (Method::GET, "units?limit=120", 3),
        (Method::GET, "requests?limit=200", 5),
        // A page that is not there is no shorter for it.
        (Method::GET, "units?limit=2000", 41),
        (Method::POST, "rank", 2),
        (Method::POST, "requests/0192f0c1-2d3e-7a4b-8c5d-6e7f80910213/rank", 2),
        (Method::POST, "plans", 10),
        (Method::POST, "plans/0192f0c1-2d3e-7a4b-8c5d-6e7f80910213/confirm", 10),
    ] {
        // All of it is back: what is left is told as of the very instant at which it is taken.
        app.clock().advance(TimeDelta::seconds(10));
        let body = (path == "rank").then(|| ad_hoc_request().to_string().into_bytes());
        let answer = referent.send(method, path, &[("idempotency-key", "k")], body).await;
        let (name, remaining, _) = left(&answer);
        assert_eq!((name.as_str(), remaining), ("account", i64::from(RATE_ACCOUNT.burst.get()) - cost), "{path}: {}", answer.text);
    }
}

#[actix_web::test]
async fn who_finds_no_room_to_wait_for_the_database_hears_so_and_stands_in_no_queue() {
    let app = TestApp::on_sqlite().await;
    let (provider, referent, body) = (app.own(Role::Provider), app.own(Role::Referent), structure());
    referent.get("requests").await.expect(200);
    provider.get("structures").await.expect(200);
    let turn = app.turn_of_another();
    let writes = pin!(join_all((0..DATABASE_WAITERS).map(|_| provider.post("structures", &body))));
    let read = pin!(async {
        loop {
            // A reading waits for nobody's turn, and needs room all the same. Whoever has waited too long meanwhile has made some, and comes again.
            app.until_so_many_wait(DATABASE_WAITERS).await;
            let answer = referent.send_once(Method::GET, "requests", &[], None).await;
            if answer.status == 503 || app.waiting_for_a_turn() >= DATABASE_WAITERS {
                return answer;
            }
        }
    });
    let Either::Right((answer, writes)) = select(writes, read).await else { panic!("nobody has kept the turn") };
    let refused = answer.refused(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());
    drop(turn);
    for answer in writes.await {
        answer.expect(201);
    }
    referent.get("requests").await.expect(200);
    app.ignore_mails();
}

#[actix_web::test]
async fn whatever_happens_to_redis_every_request_is_answered() {
    let (Some(redis), app) = (Redis::start(), TestApp::on_sqlite().await) else { return };
    let hub = hub(&redis, "a").await;
    let app = instance(&app, Some(hub.clone())).await;
    let referent = app.own(Role::Referent);
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;
    redis.flush();
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;
    redis.ask::<()>(&["SCRIPT", "FLUSH"]);
    app.clock().advance(TimeDelta::seconds(10));
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;
    assert!(hub.is_there(), "nothing of this is being away");

    redis.kill();
    app.clock().advance(TimeDelta::seconds(10));
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;
    assert!(!hub.is_there());
    redis.restart();
    found(&hub, 2).await;
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;

    redis.fill();
    app.clock().advance(TimeDelta::seconds(10));
    spend(&RATE_ACCOUNT, std::slice::from_ref(&referent), PATH).await;
    assert!(!hub.is_there(), "who cannot remember does not count");
    redis.drain();
    found(&hub, 3).await;
}

#[actix_web::test]
async fn a_redis_that_does_not_answer_costs_one_wait() {
    let (Some(redis), app) = (Redis::start(), TestApp::on_sqlite().await) else { return };
    let hub = hub_with(&redis, "a", REDIS_PATIENCE).await;
    let app = instance(&app, Some(hub.clone())).await;
    redis.pause();
    let start = Instant::now();
    app.own(Role::Provider).get(PATH).await.expect(404);
    let first = start.elapsed();
    assert!(!hub.is_there());
    spend(&RATE_ACCOUNT, &[app.own(Role::Referent)], PATH).await;
    let all = start.elapsed();
    eprintln!("paused: the first request {first:?}, that and some sixty more {all:?}");
    assert!(all < REDIS_PATIENCE * 40, "{first:?} {all:?}: only the first waits");
    redis.resume();
    while !hub.is_there() {
        actix_web::rt::task::yield_now().await;
    }
}

#[actix_web::test]
async fn redis_is_shown_nobody_and_keeps_nothing() {
    let (Some(redis), app) = (Redis::start(), TestApp::on_sqlite().await) else { return };
    let app = instance(&app, Some(hub(&redis, "a").await)).await;
    let referent = app.own(Role::Referent);
    referent.get(PATH).await.expect(404);
    app.nobody().at("192.0.2.1").get(PATH).await.expect(401);
    let keys: Vec<String> = redis.ask(&["KEYS", "*"]);
    let named = |name: &str| keys.iter().filter(|key| key.split(':').nth(2) == Some(name)).count();
    assert!(named("address") <= 1 && keys.iter().all(|key| key.starts_with("havre:")), "{keys:?}");
    for key in &keys {
        assert!(!key.contains("192.0.2.1") && !key.contains(&referent.identity().account.to_string()), "{key}");
        let ms: i64 = redis.ask(&["PTTL", key]);
        assert!(ms != -1 && ms <= 10_000, "{key} stays {ms} ms");
    }
}

#[actix_web::test]
async fn off_lifts_all_limits() {
    let app = TestApp::on_sqlite().await;
    for _ in 0..200 {
        let answer = app.own(Role::Referent).get(PATH).await.expect(404);
        assert!(answer.header("ratelimit").is_empty() && answer.header("ratelimit-policy").is_empty());
    }
}

#[actix_web::test]
async fn ever_new_addresses_do_not_fill_the_memory() {
    let clock = Clock::default();
    let allowance = Allowance::new(None, clock.clone());
    for network in 0..20_000_u128 {
        let subject = Subject::address(std::net::Ipv6Addr::from_bits(network << 64).into());
        assert!(matches!(allowance.take(&[subject], std::num::NonZeroU32::MIN).await, Verdict::Allowed(_)));
        clock.advance(TimeDelta::milliseconds(10));
        assert!(allowance.kept() <= RATE_SUBJECTS_KEPT + 1);
    }
}

#[actix_web::test]
async fn an_announcement_reaches_the_other_instances() {
    let Some(redis) = Redis::start() else { return };
    let (one, two, stranger) = (hub(&redis, "a").await, hub(&redis, "a").await, hub(&redis, "b").await);
    let [one_bus, two_bus, strange_bus] = [&one, &two, &stranger].map(|hub| Bus::over(Some(hub)));
    let (mut heard_by_one, mut heard_by_two) = (one_bus.subscribe().unwrap(), two_bus.subscribe().unwrap());
    strange_bus.announce(1_000);
    one_bus.announce(7);
    assert_eq!(heard_by_two.wait_for(|heard| heard.position > 0).await.unwrap().position, 7);
    // From a thread of its own, many at once: the newest arrives.
    let announcer = two_bus.clone();
    std::thread::spawn(move || (8..=5_000).for_each(|position| announcer.announce(position))).join().unwrap();
    assert_eq!(heard_by_one.wait_for(|heard| heard.position >= 5_000).await.unwrap().position, 5_000);
    assert_eq!(heard_by_two.borrow().position, 7, "nobody hears itself");

    redis.kill();
    while one.is_there() || two.is_there() {
        actix_web::rt::task::yield_now().await;
    }
    let start = Instant::now();
    one_bus.announce(5_001);
    assert!(start.elapsed() < REDIS_PATIENCE, "it does not wait");
    redis.restart();
    // What was dropped meanwhile is told when Redis is back, if the others are back to hear it; the next one is heard in any case.
    let both = futures_util::future::join(found(&one, 2), found(&two, 2));
    both.await;
    one_bus.announce(5_002);
    assert_eq!(heard_by_two.wait_for(|heard| heard.position >= 5_002).await.unwrap().position, 5_002);
    assert!(Bus::Alone.subscribe().is_none());
    Bus::Alone.announce(1);
}

/// The position that an instance's snapshot has reached by itself: nothing is asked of it.
async fn follows(app: &TestApp, position: i64) -> Duration {
    let start = Instant::now();
    while app.app().service.live().reached() < position {
        assert!(start.elapsed() < Duration::from_secs(60), "the other instance has not followed");
        actix_web::rt::time::sleep(Duration::from_millis(2)).await;
    }
    start.elapsed()
}

/// The last position of the log of events.
fn head(app: &TestApp) -> i64 {
    app.db().read(api::db::events::head).unwrap()
}

/// How many beds a ranking of nobody's request finds, over one instance.
async fn beds_found(app: &TestApp) -> usize {
    let body = ad_hoc_request();
    app.own(Role::Referent).rank("rank", Some(&body)).await.expect(200).body["proposals"].as_array().unwrap().len()
}

#[actix_web::test]
async fn an_instance_follows_another_without_being_asked() {
    let (Some(redis), Some(app)) = (Redis::start(), TestApp::on_postgres().await) else { return };
    let (near, far) = (hub(&redis, "a").await, hub(&redis, "a").await);
    let one = app.another_instance_over(Bus::over(Some(&near))).await;
    let two = app.another_instance_over(Bus::over(Some(&far))).await;
    follows(&two, head(&app)).await;
    one.vacancy(1).await;
    let after = follows(&two, head(&app)).await;
    eprintln!("followed {after:?} after the commit");
    assert_eq!(beds_found(&two).await, 1);

    // Killed: nobody is told, and whoever asks still sees what was committed a moment ago.
    redis.kill();
    while near.is_there() || far.is_there() {
        actix_web::rt::task::yield_now().await;
    }
    for beds in 2..=4 {
        one.vacancy(1).await;
        assert!(two.app().service.live().reached() < head(&app), "nobody has told it");
        assert_eq!((beds_found(&two).await, beds_found(&one).await), (beds, beds));
    }
    one.vacancy(1).await;
    // Back: what was missed is caught up with, without being asked again.
    redis.restart();
    follows(&two, head(&app)).await;
    assert_eq!(beds_found(&two).await, 5);
}

/// `havre serve` with what it logs; killed when dropped.
struct Server {
    process: Child,
    address: String,
    log: mpsc::Receiver<String>,
    said: Vec<String>,
}

impl Server {
    fn start(app: &TestApp, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_havre"))
            .arg("serve")
            .env_clear()
            .env("HAVRE_DATABASE_URL", app.url())
            .envs([keys::environment(app.url())])
            .env("HAVRE_BIND", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (tell, log) = mpsc::channel();
        std::thread::spawn(move || lines.for_each(|line| drop(tell.send(line))));
        let mut server = Self { process, address: String::new(), log, said: Vec::new() };
        let line = server.hears("listening");
        let at = line.find("127.0.0.1:").unwrap();
        server.address = line[at..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        server
    }

    /// Waits for a line of the log.
    fn hears(&mut self, what: &str) -> String {
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("no `{what}` in {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(what) {
                return line;
            }
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Sends a head with what comes of its body, and no more: all that is answered, until the service closes the connection.
    fn begin(&self, path: &str, token: &str, framing: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
             Content-Type: application/json\r\n{framing}\r\n\r\n"
        );
        // What nobody reads any more is not sent to its end; what was answered before is read all the same.
        drop(stream.write_all(format!("{head}{body}").as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        String::from_utf8(answer).unwrap()
    }

    /// Stops it; how often the log said this.
    fn count(mut self, whats: &[&str]) -> Vec<usize> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.said.extend(self.log.iter());
        eprintln!("{:#?}", self.said);
        whats.iter().map(|what| self.said.iter().filter(|line| line.contains(what)).count()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[actix_web::test]
async fn one_line_says_that_redis_is_away_and_one_that_it_is_back() {
    let (Some(redis), app) = (Redis::stopped(), TestApp::on_sqlite().await) else { return };
    let url = redis.url();
    let mut server = Server::start(&app, &[("HAVRE_REDIS_URL", &url), ("HAVRE_TRUSTED_PROXIES", "127.0.0.1")]);
    let ask = |server: &Server| {
        for _ in 0..10 {
            let answer = server.get("/api/v1/units");
            assert!(answer.starts_with("HTTP/1.1 401") || answer.starts_with("HTTP/1.1 429"), "{answer}");
            assert!(answer.contains("ratelimit: \"address\";r="), "{answer}");
        }
    };
    server.hears("Redis is away");
    ask(&server);
    redis.restart();
    server.hears("Redis is there");
    ask(&server);
    redis.kill();
    server.hears("Redis is away");
    ask(&server);
    redis.restart();
    server.hears("Redis is there");
    redis.pause();
    server.hears("Redis is away");
    ask(&server);
    redis.resume();
    server.hears("Redis is there");
    ask(&server);
    assert_eq!(server.count(&["Redis is away", "Redis is there"]), [3, 3]);
}

#[actix_web::test]
async fn of_a_body_no_more_is_read_than_there_may_be_announced_or_not() {
    let app = TestApp::on_sqlite().await;
    let server = Server::start(&app, &[]);
    let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
    let whole = " ".repeat(BODY_BYTES_MAX);
    let chunked = format!("{BODY_BYTES_MAX:x}\r\n{whole}\r\n1\r\n \r\n0\r\n\r\n");
    let announced = format!("Content-Length: {}", BODY_BYTES_MAX + 1);
    // One that has to be there, and one that may be left out.
    for (path, caller) in [("structures", &provider), ("plans", &referent)] {
        for (framing, body) in [(announced.as_str(), ""), ("Transfer-Encoding: chunked", chunked.as_str())] {
            let answer = server.begin(path, caller.token(), framing, body);
            assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{path}, {framing}: {answer}");
        }
    }
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_waited_for_a_while() {
    let app = TestApp::on_sqlite().await;
    let server = Server::start(&app, &[]);
    let answer = server.begin("structures", app.own(Role::Provider).token(), "Content-Length: 100", "{");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"), "{answer}");
}

#[actix_web::test]
async fn a_connection_on_which_more_may_come_that_nobody_reads_is_closed() {
    let app = TestApp::on_sqlite().await;
    let server = Server::start(&app, &[]);
    // Whoever is refused before its body is read could go on with it for ever: of chunks nobody knows which is the last.
    let answer = server.begin("structures", "hvr_wrong", "Transfer-Encoding: chunked", "5\r\n{    \r\n");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
}

#[actix_web::test]
async fn off_is_said_loudly() {
    let app = TestApp::on_sqlite().await;
    let server = Server::start(&app, &[("HAVRE_RATE_LIMITS", "off")]);
    for _ in 0..40 {
        let answer = server.get("/api/v1/units");
        assert!(answer.starts_with("HTTP/1.1 401") && !answer.contains("ratelimit"), "{answer}");
    }
    assert_eq!(server.count(&["ANYONE MAY SEND AS MANY REQUESTS"]), [1]);
}

#[actix_web::test]
async fn a_redis_that_takes_any_password_is_not_asked() {
    let (Some(redis), app) = (Redis::stopped(), TestApp::on_sqlite().await) else { return };
    redis.restart_with(Some("the-password"));
    let url = redis.url_with("the-password");
    let mut server = Server::start(&app, &[("HAVRE_REDIS_URL", &url)]);
    if !server.said.iter().any(|line| line.contains("Redis is there")) {
        server.hears("Redis is there");
    }
    // A failover: whoever has its place now knows nothing of a password, and anybody may write there.
    redis.kill();
    server.hears("Redis is away");
    redis.restart();
    server.hears("takes any password");
    let answer = server.get("/api/v1/units");
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("ratelimit: \"address\";r="), "its own limits count: {answer}");
    let keys: Vec<String> = redis.ask(&["KEYS", "*"]);
    assert!(keys.is_empty(), "nothing was asked of it: {keys:?}");
    // The real one is back, at the same place.
    redis.kill();
    redis.restart_with(Some("the-password"));
    server.hears("Redis is there");
    assert_eq!(server.count(&["takes any password", "Redis is there"]), [1, 2]);
}
