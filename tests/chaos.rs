//! Real instances of the service on one database, and everything that may happen to them: many clients at once, `kill -9` in the middle
//! of writes, PostgreSQL stopped `immediate`, Redis killed, flushed and paused. What clients were told is true afterwards; nothing is
//! lost, nothing is doubled, no command is there in part, no bed is promised twice.
//!
//! Run alone: `cargo test -p api --test havre_tests chaos:: -- --nocapture` (each test then says what its clients went through). With
//! `HAVRE_TEST_BUSY=2` before it, two busy loops turn beside it in the test process from the first service to the end. The tests know
//! the service by its command line, its HTTP and (in `harness::books` alone) its tables.

mod followers;
mod truth;
mod writers;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use self::writers::under_writers;
use crate::harness::bodies::{ad_hoc_request, request, structure, unit, vacancy, with, without};
use crate::harness::books::{Books, plain};
use crate::harness::redis::Redis;
use crate::harness::servers::{Database, Servers};
use crate::harness::wire::{Call, Reply, Wire};

/// How long writers write while something happens to the service: with `HAVRE_SOAK=long` (`make soak`) ten times as long as in a run of all tests.
fn a_while() -> Duration {
    Duration::from_secs(if is_long() { 60 } else { 6 })
}

/// How many write: in the long form 200, whatever happens.
fn writers(short: u64) -> u64 {
    if is_long() { 200 } else { short }
}

/// How many vacancies they compete for, of how many beds each: in the long form 20, of some.
fn contested(short: (usize, usize)) -> (usize, usize) {
    if is_long() { (20, 4) } else { short }
}

fn is_long() -> bool {
    std::env::var("HAVRE_SOAK").is_ok_and(|form| form == "long")
}

/// The commands of writers: what they are called in the log, and what kind of record they are about.
const COMMANDS: [(&str, &str); 7] = [
    ("createRequest", "request"),
    ("createReferral", "referral"),
    ("acceptReferral", "referral"),
    ("declineReferral", "referral"),
    ("confirmReferral", "referral"),
    ("recordArrival", "referral"),
    ("withdrawReferral", "referral"),
];

/// Instances on a database, the Redis they share, and what there is to write about.
struct Scene {
    servers: Servers,
    redis: Option<Redis>,
    referent: String,
    provider: String,
    auditor: String,
    /// The vacancies that writers compete for, each of a unit of its own.
    vacancies: Vec<String>,
    /// Where the log ended, and which keys there were, before the writers came.
    begins_after: i64,
    keys_before: BTreeSet<String>,
}

impl Scene {
    /// One instance on a SQLite file.
    fn on_sqlite() -> Self {
        Self::set(Servers::start(1, Database::sqlite(), None), None)
    }

    /// Three instances on a PostgreSQL of their own, with Redis; none where PostgreSQL is not installed.
    fn on_postgres() -> Option<Self> {
        let database = Database::postgres()?;
        let redis = Redis::start();
        let url = redis.as_ref().map(Redis::url);
        Some(Self::set(Servers::start(3, database, url), redis))
    }

    fn set(servers: Servers, redis: Option<Redis>) -> Self {
        let [referent, provider, auditor] =
            ["referent", "provider", "auditor"].map(|role| servers.token("Organisation fictive", role));
        let (vacancies, keys_before) = (Vec::new(), BTreeSet::new());
        Self { servers, redis, referent, provider, auditor, vacancies, begins_after: 0, keys_before }
    }

    /// Declares so many vacancies with so many beds each; what comes behind is the writers'.
    fn with_vacancies(mut self, vacancies: usize, beds: impl Fn(usize) -> usize) -> Self {
        let mut wire = Wire::new(&self.servers, 0);
        let declared = (0..vacancies)
            .map(|number| {
                let unit = self.new_unit(&mut wire);
                self.declare(&mut wire, &unit, beds(number))
            })
            .collect();
        drop(wire);
        self.vacancies = declared;
        let mut books = self.books();
        self.begins_after = books.positions().1;
        self.keys_before = books.keys().into_keys().collect();
        self
    }

    fn books(&self) -> Books {
        Books::open(self.servers.database()).unwrap()
    }

    fn new_unit(&self, wire: &mut Wire<'_>) -> String {
        let structure = wire.ask(post(&self.provider, "structures", &new_key(), Some(&structure()))).expect(201).id();
        wire.ask(post(&self.provider, &format!("structures/{structure}/units"), &new_key(), Some(&unit()))).expect(201).id()
    }

    fn declare(&self, wire: &mut Wire<'_>, unit: &str, beds: usize) -> String {
        let body = with(vacancy(), json!({"beds": beds}));
        wire.ask(post(&self.provider, &format!("units/{unit}/vacancies"), &new_key(), Some(&body))).expect(201).id()
    }

    fn new_request(&self, wire: &mut Wire<'_>) -> String {
        wire.ask(post(&self.referent, "requests", &new_key(), Some(&request()))).expect(201).id()
    }

    /// A ranking that is not stored, of all there is, as an instance gives it; without the id that it gives what nobody stored.
    fn ranking_by(&self, wire: &mut Wire<'_>, instance: usize, body: &Value) -> Value {
        let call = Call { method: "POST", path: "rank?top=100", token: &self.referent, key: None, etag: None, body: Some(body) };
        without(wire.ask_of(instance, call).expect(200).body, "request_id")
    }

    /// The vacancies that a ranking asked of this instance offers.
    fn ranked_by(&self, wire: &mut Wire<'_>, instance: usize, path: &str, body: Option<&Value>) -> Vec<String> {
        let path = format!("{path}?top=100");
        let call = Call { method: "POST", path: &path, token: &self.referent, key: None, etag: None, body };
        let ranking = wire.ask_of(instance, call).expect(200);
        let proposals = ranking.body["proposals"].as_array().unwrap();
        proposals.iter().map(|proposal| proposal["vacancy_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Puts a request to a vacancy and holds a bed of it, at this instance.
    fn hold(&self, wire: &mut Wire<'_>, instance: usize, request: &str, vacancy: &str, key: &str) -> Reply {
        let body = json!({"vacancy_id": vacancy, "hold": true});
        wire.ask_of(instance, post(&self.referent, &format!("requests/{request}/referrals"), key, Some(&body)))
    }

    fn havre_says_sound(&self) {
        let said = self.servers.havre(&["verify"]);
        assert!(
            said.lines().count() >= 2
                && said.lines().all(|line| {
                    let sound = ["each as it was written", "each has its key", "stand as the events say", "without --anchors"];
                    sound.iter().any(|words| line.contains(words))
                }),
            "{said}"
        );
    }

    /// All events, as an auditor reads them.
    fn events(&self) -> Vec<Value> {
        let mut wire = Wire::new(&self.servers, 0);
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = wire.ask(get(&self.auditor, &format!("events?limit=200{cursor}"))).expect(200).body;
            let found = page["items"].as_array().unwrap();
            events.extend(found.clone());
            match page["next_cursor"].as_str() {
                Some(next) if found.len() == 200 => cursor = format!("&cursor={next}"),
                _ => return events,
            }
        }
    }
}

fn new_key() -> String {
    Uuid::now_v7().to_string()
}

fn post<'c>(token: &'c str, path: &'c str, key: &'c str, body: Option<&'c Value>) -> Call<'c> {
    Call { method: "POST", path, token, key: Some(key), etag: None, body }
}

fn get<'c>(token: &'c str, path: &'c str) -> Call<'c> {
    Call { method: "GET", path, token, key: None, etag: None, body: None }
}

/// Runs one test body on one instance with SQLite and on three with PostgreSQL and Redis, as `name::sqlite` and `name::postgres`.
macro_rules! on_servers {
    ($($(#[$doc:meta])* fn $name:ident($scene:ident: Scene) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            fn body($scene: Scene) $body

            #[test]
            fn sqlite() {
                body(Scene::on_sqlite());
            }

            #[test]
            fn postgres() {
                if let Some(scene) = Scene::on_postgres() {
                    body(scene);
                }
            }
        }
    )*};
}

on_servers! {
    fn fifty_holds_at_once_on_one_bed_are_one(scene: Scene) {
        let scene = scene.with_vacancies(1, |_| 1);
        let requests: Vec<_> = (0..50).map(|_| scene.new_request(&mut Wire::new(&scene.servers, 0))).collect();
        let bed = &scene.vacancies[0];
        let holds: Vec<_> = requests.iter().map(|request| (request.as_str(), request.as_str())).collect();
        let answers = hold_at_once(&scene, &holds);
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((won.len(), lost.len()), (1, 49));
        assert!(lost.iter().all(|answer| answer.code() == "no_bed_left"), "{lost:?}");
        let mut books = scene.books();
        assert_eq!(books.vacancies()[&plain(bed)], (1, 1));
        let referrals = books.referrals();
        assert_eq!(referrals.keys().collect::<Vec<_>>(), [&plain(&won[0].id())], "who was refused has left nothing");
        let keys = books.keys();
        assert_eq!(requests.iter().filter(|request| keys.contains_key(*request)).count(), 1);
        let events = scene.events();
        assert_eq!(events.iter().filter(|event| event["command"] == "createReferral").count(), 1);
        scene.havre_says_sound();
    }

    fn one_command_sent_thirty_times_at_once_is_done_once(scene: Scene) {
        let scene = scene.with_vacancies(1, |_| 30);
        let request = scene.new_request(&mut Wire::new(&scene.servers, 0));
        let answers = hold_at_once(&scene, &[(request.as_str(), "at-once"); 30]);
        assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body), "{answers:#?}");
        assert_eq!(scene.books().vacancies()[&plain(&scene.vacancies[0])], (30, 1));
        assert_eq!(scene.books().referrals().len(), 1);
        assert_eq!(scene.events().iter().filter(|event| event["command"] == "createReferral").count(), 1);
    }

    fn two_hundred_clients_on_twenty_vacancies_are_told_the_truth(scene: Scene) {
        let scene = scene.with_vacancies(20, |number| 1 + number % 4);
        let account = under_writers(&scene, 200, a_while(), 300, |_| {});
        assert!(account.looks > 10, "the promise was looked at {} times", account.looks);
        assert!(account.refused("no_bed_left") + account.refused("not_eligible") > 5, "there was no lack of beds");
        scene.servers.must_all_live();
        truth::must_hold(&scene, &account);
    }

    fn what_was_told_stays_true_under_kill_9(scene: Scene) {
        let (vacancies, beds) = contested((6, 40));
        let scene = scene.with_vacancies(vacancies, |_| beds);
        let mut kills = 0;
        let account = under_writers(&scene, writers(12), a_while(), 60, |pace| {
            while pace.goes_on() {
                pace.sleep(rand::random_range(200..1_000));
                let victim = rand::random_range(0..scene.servers.instances());
                scene.servers.kill(victim);
                scene.servers.start_again(victim);
                pace.let_some_be_done();
                kills += 1;
            }
        });
        assert!(kills >= 3 && account.bumps.broken > 0, "{kills} kills, {:?}", account.bumps);
        truth::must_hold(&scene, &account);
    }

    /// And a new one is good at once.
    fn a_token_that_was_revoked_is_refused_by_the_next_request_on_every_instance(scene: Scene) {
        let look = |wire: &mut Wire<'_>, token: &str| -> Vec<u16> {
            (0..scene.servers.instances()).map(|instance| wire.ask_of(instance, get(token, "requests?limit=1")).status).collect()
        };
        let each = |status: u16| vec![status; scene.servers.instances()];
        let mut wire = Wire::new(&scene.servers, 0);
        for round in 0..8 {
            match &scene.redis {
                Some(redis) if round == 4 => redis.kill(),
                _ => {}
            }
            let token = scene.servers.token("Organisation fictive", "referent");
            assert_eq!(look(&mut wire, &token), each(200), "round {round}");
            scene.servers.havre(&["client", "revoke", scene.servers.clients().last().unwrap()]);
            assert_eq!(look(&mut wire, &token), each(401), "round {round}");
        }
        assert_eq!(look(&mut wire, &scene.referent), each(200));
    }

    fn a_ranking_misses_nothing_that_was_answered_before_it_was_asked(scene: Scene) {
        let scene = scene.with_vacancies(10, |_| 3);
        let mut wire = Wire::new(&scene.servers, 0);
        see_what_was_answered(&scene, &mut wire, 10);
        let Some(redis) = &scene.redis else { return };
        redis.kill();
        see_what_was_answered(&scene, &mut wire, 10);
        redis.restart();
        see_what_was_answered(&scene, &mut wire, 4);
        redis.flush();
        see_what_was_answered(&scene, &mut wire, 4);
        redis.pause();
        see_what_was_answered(&scene, &mut wire, 4);
        redis.resume();
        see_what_was_answered(&scene, &mut wire, 4);
    }
}

/// Holds a bed of the first vacancy for each of these requests, under these keys: all at the same moment, at all instances.
fn hold_at_once(scene: &Scene, holds: &[(&str, &str)]) -> Vec<Reply> {
    let together = &Barrier::new(holds.len());
    std::thread::scope(|scope| {
        let mut clients = Vec::new();
        for (number, (request, key)) in holds.iter().enumerate() {
            clients.push(scope.spawn(move || {
                let mut wire = Wire::new(&scene.servers, u64::try_from(number).unwrap());
                together.wait();
                scene.hold(&mut wire, number % scene.servers.instances(), request, &scene.vacancies[0], key)
            }));
        }
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

/// What one instance has answered is in the very next ranking of another, a step at a time, so many rounds.
fn see_what_was_answered(scene: &Scene, wire: &mut Wire<'_>, rounds: usize) {
    let unit = scene.new_unit(wire);
    let of_unit = |instance: usize| (instance % scene.servers.instances(), (instance + 1) % scene.servers.instances());
    for round in 0..rounds {
        let (there, elsewhere) = of_unit(round);
        let body = with(vacancy(), json!({"beds": 1}));
        let declare = post_all(&scene.provider, format!("units/{unit}/vacancies"));
        let declared = wire.ask_of(there, declare.call(Some(&body))).expect(201).id();
        let seen = scene.ranked_by(wire, elsewhere, "rank", Some(&ad_hoc_request()));
        assert!(seen.contains(&declared), "round {round}: what {there} was told of, {elsewhere} does not know");

        let request = scene.new_request(wire);
        let held = scene.hold(wire, elsewhere, &request, &declared, &new_key()).expect(201).id();
        let seen = scene.ranked_by(wire, there, "rank", Some(&ad_hoc_request()));
        assert!(!seen.contains(&declared), "round {round}: what {elsewhere} holds, {there} offers");

        let withdraw = post_all(&scene.referent, format!("referrals/{held}/withdraw"));
        wire.ask_of(there, withdraw.call(None)).expect(200);
        let seen = scene.ranked_by(wire, elsewhere, &format!("requests/{request}/rank"), None);
        assert!(seen.contains(&declared), "round {round}: what {there} has freed, {elsewhere} does not know");

        let take_back = post_all(&scene.provider, format!("vacancies/{declared}/withdraw"));
        wire.ask_of(elsewhere, take_back.call(None)).expect(200);
        let seen = scene.ranked_by(wire, there, "rank", Some(&ad_hoc_request()));
        assert!(!seen.contains(&declared), "round {round}: what {elsewhere} took back, {there} offers");
    }
}

#[test]
fn what_was_told_stays_true_when_postgresql_is_stopped_under_writers() {
    let Some(scene) = Scene::on_postgres() else { return };
    let (vacancies, beds) = contested((6, 40));
    let scene = scene.with_vacancies(vacancies, |_| beds);
    let cluster = scene.servers.database().cluster();
    let mut stops = 0;
    let account = under_writers(&scene, writers(12), a_while() * 2, 60, |pace| {
        while pace.goes_on() {
            pace.sleep(rand::random_range(200..1_500));
            cluster.stop_immediately();
            cluster.start();
            pace.let_some_be_done();
            stops += 1;
        }
    });
    assert!(stops >= 3, "{stops} stops");
    scene.servers.must_all_live();
    truth::must_hold(&scene, &account);
}

/// Nothing is lost while the database stands still, for a moment or for longer than anybody waits: whoever was sent away with a 503 comes back.
#[test]
fn what_was_told_stays_true_when_postgresql_stands_still_under_writers() {
    let Some(scene) = Scene::on_postgres() else { return };
    let (vacancies, beds) = contested((6, 40));
    let scene = scene.with_vacancies(vacancies, |_| beds);
    let cluster = scene.servers.database().cluster();
    let mut pauses = 0;
    let account = under_writers(&scene, writers(12), a_while() * 2, 60, |pace| {
        while pace.goes_on() {
            pace.sleep(rand::random_range(200..1_500));
            cluster.pause();
            pace.sleep(if pauses == 1 { 8_000 } else { rand::random_range(200..1_500) });
            cluster.resume();
            pace.let_some_be_done();
            pauses += 1;
        }
    });
    assert!(pauses >= 3, "{pauses} pauses");
    scene.servers.must_all_live();
    truth::must_hold(&scene, &account);
}

/// The service says `outcome_unknown` where it cannot know, and `unavailable` (nothing was changed) only where it does.
#[test]
fn who_cannot_know_the_outcome_of_a_commit_says_so() {
    let Some(database) = Database::postgres_with_scissors() else { return };
    let scene = Scene::set(Servers::start(2, database, None), None).with_vacancies(6, |_| 40);
    let scissors = scene.servers.database().scissors();
    let account = under_writers(&scene, 8, a_while(), 60, |pace| {
        scissors.take_out(true);
        pace.sleep(120_000);
        scissors.take_out(false);
    });
    let (before, after) = scissors.cuts();
    eprintln!("{before} commits never arrived, {after} were done and nobody was told");
    assert!(before > 3 && after > 3, "{before} cuts before, {after} after");
    scene.servers.must_all_live();
    truth::must_hold(&scene, &account);
    assert!(account.bumps.outcome_unknown > 0, "nobody was told that the outcome is not known: {:?}", account.bumps);
}

#[test]
fn whatever_happens_to_redis_nothing_is_wrong() {
    let Some(scene) = Scene::on_postgres() else { return };
    let (vacancies, beds) = contested((6, 40));
    let scene = scene.with_vacancies(vacancies, |_| beds);
    let Some(redis) = &scene.redis else { return };
    let account = under_writers(&scene, writers(8), a_while(), 60, |pace| {
        let mut wire = Wire::new(&scene.servers, 0);
        while pace.goes_on() {
            redis.flush();
            see_declarations(&scene, &mut wire, 3);
            redis.pause();
            see_declarations(&scene, &mut wire, 3);
            redis.resume();
            redis.fill();
            see_declarations(&scene, &mut wire, 2);
            redis.drain();
            see_declarations(&scene, &mut wire, 1);
            redis.kill();
            see_declarations(&scene, &mut wire, 3);
            redis.restart();
        }
    });
    scene.servers.must_all_live();
    assert_eq!(account.bumps.broken, 0, "Redis is nothing that a client notices");
    truth::must_hold(&scene, &account);
}

/// A declaration answered by one instance is in the next ranking of each, so many times.
fn see_declarations(scene: &Scene, wire: &mut Wire<'_>, rounds: usize) {
    let unit = scene.new_unit(wire);
    for round in 0..rounds {
        let declared = scene.declare(wire, &unit, 1);
        for instance in 0..scene.servers.instances() {
            let seen = scene.ranked_by(wire, instance, "rank", Some(&ad_hoc_request()));
            assert!(seen.contains(&declared), "round {round}: instance {instance} does not know what was declared");
        }
        let take_back = post_all(&scene.provider, format!("vacancies/{declared}/withdraw"));
        wire.ask(take_back.call(None)).expect(200);
    }
}

/// A command with a key of its own.
struct Keyed<'t> {
    token: &'t str,
    path: String,
    key: String,
}

fn post_all(token: &str, path: String) -> Keyed<'_> {
    Keyed { token, path, key: new_key() }
}

impl Keyed<'_> {
    fn call<'c>(&'c self, body: Option<&'c Value>) -> Call<'c> {
        post(self.token, &self.path, &self.key, body)
    }
}
