//! Following events: nothing missed and nothing twice, over instances and breaks, for as long as one may, and no more than `listEvents` shows.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use api::domain::Role;
use futures_util::future::join;
use serde_json::{Value, json};

use crate::harness::bodies::{request, structure};
use crate::harness::following::Messages;
use crate::harness::redis::Redis;
use crate::harness::servers::{Database, Servers};
use crate::harness::wire::{Call, Wire};
use crate::harness::{Caller, on_both};

/// What `listEvents` has behind a position.
async fn listed(caller: &Caller, after: i64) -> Vec<Value> {
    caller.get(&format!("events?limit=200&after={after}")).await.expect(200).body["items"].as_array().unwrap().clone()
}

async fn some(messages: &mut Messages, count: usize) -> Vec<(i64, Value)> {
    let mut found = Vec::new();
    while found.len() < count {
        found.push(messages.next().await.unwrap());
    }
    found
}

on_both! {
    async fn who_follows_reads_what_the_list_shows(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut all = referent.follow("events/stream?after=0", &[]).await.ok().unwrap();
        let mut from_now = referent.follow("events/stream", &[]).await.ok().unwrap();
        let other = app.other(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        // Each begins before anything is done: an answer that goes on is read from its first word on.
        assert!(from_now.chunk().await.unwrap().starts_with("retry: "));
        let vacancy = app.vacancy(2).await;
        let first = app.request().await;
        app.ask(&first, &vacancy, json!({"hold": true})).await.expect(201);
        let expected = listed(&referent, 0).await;
        assert!(expected.len() >= 2, "{expected:#?}");
        let read = some(&mut all, expected.len()).await;
        assert_eq!(read.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), expected);
        assert!(read.iter().all(|(id, event)| event["position"] == *id));
        let (_, event) = from_now.next().await.unwrap();
        assert_eq!(event, expected[0], "from now on");
        drop(other);
        app.ignore_mails();
    }

    async fn who_lost_the_connection_goes_on_where_it_was_on_another_instance(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut messages = referent.follow("events/stream?after=0&record_kind=request", &[]).await.ok().unwrap();
        for _ in 0..3 {
            app.request().await;
        }
        let read = some(&mut messages, 2).await;
        drop(messages);
        app.request().await;
        let elsewhere = app.another_instance().await;
        let last = read.last().unwrap().0.to_string();
        let again = elsewhere.own(Role::Referent).follow("events/stream?after=0&record_kind=request", &[("last-event-id", &last)]).await;
        let mut again = again.ok().unwrap();
        let mut ids: Vec<i64> = read.iter().map(|(id, _)| *id).collect();
        ids.extend(some(&mut again, 2).await.iter().map(|(id, _)| *id));
        // What the first instance does reaches who follows on the second, though nobody announces it.
        app.request().await;
        ids.push(again.next().await.unwrap().0);
        let expected: Vec<i64> = listed(&referent, 0).await.iter().filter(|event| event["record_kind"] == "request")
            .map(|event| event["position"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "each once, and in order");
    }

    async fn what_many_do_at_once_is_read_together(app: TestApp) {
        const COMMANDS: usize = 30;
        let auditor = app.own(Role::Auditor);
        let mut messages = auditor.follow("events/stream", &[]).await.ok().unwrap();
        assert!(messages.chunk().await.unwrap().starts_with("retry: "));
        let since = Instant::now();
        let commands = async {
            for _ in 0..COMMANDS {
                app.request().await;
            }
        };
        let ((), read) = join(commands, some(&mut messages, COMMANDS)).await;
        assert_eq!(read.len(), COMMANDS, "each of them all the same");
        // What an auditor is shown leaves a row for each reading.
        let readings = app.count("SELECT count(*) AS n FROM access_log WHERE operation = 'streamEvents'");
        let at_most = 2 + since.elapsed().as_millis() / api::limits::STREAM_GATHER.as_millis();
        assert!(u128::try_from(readings).unwrap() <= at_most, "{readings} readings, where {at_most} would do");
    }

    async fn access_that_is_lost_ends_it(app: TestApp) {
        let tool = app.tool(app.own(Role::Referent).identity().organisation, &[api::domain::Scope::Events]);
        let mut messages = tool.follow("events/stream", &[]).await.ok().unwrap();
        assert!(messages.chunk().await.is_some());
        let account = app.app().service.live().holder(&api::domain::token::token_hash(tool.token()), app.clock().now()).unwrap();
        api::cli::client::revoke(app.db(), account.caller.account).unwrap();
        assert!(messages.next().await.is_none());
        tool.follow("events/stream", &[]).await.err().unwrap().refused(401, "unauthenticated");
        app.ignore_mails();
    }

    async fn an_account_follows_so_often_at_once(app: TestApp) {
        let (referent, mut open) = (app.own(Role::Referent), Vec::new());
        let refused = loop {
            match referent.follow("events/stream", &[]).await {
                Ok(messages) => open.push(messages),
                Err(answer) => break answer,
            }
        };
        assert_eq!(open.len(), api::limits::STREAMS_PER_ACCOUNT);
        assert!(!refused.header("retry-after").is_empty());
        refused.refused(429, "rate_limited");
        // Nobody else is kept out, and who ends one may begin another.
        app.other(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        open.pop();
        referent.follow("events/stream", &[]).await.ok().unwrap();
    }

    async fn so_many_follow_on_one_instance_at_once(app: TestApp) {
        use api::domain::ids::AccountId;
        use api::limits::{STREAMS_PER_ACCOUNT, STREAMS_PER_INSTANCE};
        let streams = app.app().service.live().streams();
        // So many others, each as often as one may.
        let somebody = |number: usize| AccountId(uuid::Uuid::from_u128(u128::try_from(number / STREAMS_PER_ACCOUNT).unwrap()));
        let mut open: Vec<_> = (0..STREAMS_PER_INSTANCE).map(|number| streams.open(somebody(number)).unwrap()).collect();
        let referent = app.own(Role::Referent);
        let refused = referent.follow("events/stream", &[]).await.err().unwrap();
        assert!(!refused.header("retry-after").is_empty());
        refused.refused(429, "rate_limited");
        app.another_instance().await.own(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        open.pop();
        referent.follow("events/stream", &[]).await.ok().unwrap();
    }

    async fn all_end_when_the_instance_stops(app: TestApp) {
        let mut messages = app.own(Role::Referent).follow("events/stream", &[]).await.ok().unwrap();
        assert!(messages.chunk().await.is_some());
        app.app().service.live().streams().stop();
        assert!(messages.next().await.is_none());
    }

    async fn a_last_event_that_is_none_is_refused(app: TestApp) {
        let referent = app.own(Role::Referent);
        for wrong in ["x", "-1", "1.5", "", "99999999999999999999"] {
            referent.follow("events/stream", &[("last-event-id", wrong)]).await.err().unwrap().refused(400, "invalid_parameter");
        }
        referent.post("requests", &request()).await.expect(201);
    }
}

/// Who follows events over a socket: when each came, by the record it is of.
fn followed(address: SocketAddr, token: &str, until: usize) -> std::thread::JoinHandle<HashMap<String, Instant>> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    // It has begun once it has said something.
    assert!(lines.any(|line| line.starts_with("retry: ")));
    std::thread::spawn(move || {
        let mut came = HashMap::new();
        while came.len() < until {
            let line = lines.next().unwrap();
            let Some(event) = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok()) else {
                continue;
            };
            let again = came.insert(event["record_id"].as_str().unwrap().to_owned(), Instant::now());
            assert!(again.is_none(), "an event came twice");
        }
        came
    })
}

/// How long what one instance answered took to reach who follows on another: half of them, and 99 of a hundred, sooner.
fn delays(servers: &Servers, [provider, auditor]: [&str; 2], count: usize, pause: Duration) -> (Duration, Duration) {
    let came = followed(servers.address(1).unwrap(), auditor, count);
    let mut wire = Wire::new(servers, 0);
    let mut told = Vec::new();
    for _ in 0..count {
        let key = uuid::Uuid::now_v7().to_string();
        let call =
            Call { method: "POST", path: "structures", token: provider, key: Some(&key), etag: None, body: Some(&structure()) };
        told.push((wire.ask_of(0, call).expect(201).id(), Instant::now()));
        std::thread::sleep(pause);
    }
    let came = came.join().unwrap();
    let mut delays: Vec<_> = told.iter().map(|(id, at)| came[id].saturating_duration_since(*at)).collect();
    delays.sort_unstable();
    (delays[count / 2], delays[count * 99 / 100])
}

#[test]
fn what_one_instance_does_wakes_who_follows_on_another() {
    let (Some(database), Some(redis)) = (Database::postgres(), Redis::start()) else { return };
    let servers = Servers::start(2, database, Some(redis.url()));
    let [provider, auditor] = ["provider", "auditor"].map(|role| servers.token("Organisation fictive", role));
    let with = delays(&servers, [&provider, &auditor], 100, Duration::from_millis(10));
    redis.kill();
    let without = delays(&servers, [&provider, &auditor], 100, Duration::from_millis(60));
    // Nothing is missed either way; how soon it comes is said, and is another matter on a machine that is busy.
    eprintln!("from the answer to another instance's reader, p50 and p99: with Redis {with:?}, without {without:?}");
}
