//! Beds under contention: promised once, whatever happens at once; and the log alone tells how they stand.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::db::{Conn, DbError};
use api::domain::Role;
use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl as _};
use futures_util::future::join_all;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::harness::bodies::{unit, vacancy, with};
use crate::harness::{TestApp, on_both};

const CLIENTS: u64 = 200;
const STEPS: u32 = 20;
const VACANCIES: usize = 20;

/// Whoever looks without a pause takes a core from those whom it watches.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The promise, asked of one moment: vacancies that hold less than nothing or more than they have, or not what their referrals hold.
const BROKEN: &str = "SELECT count(*) AS n FROM vacancies v WHERE v.held < 0 OR v.held > v.beds OR v.held <>
    (SELECT coalesce(sum(r.beds), 0) FROM referrals r WHERE r.vacancy_id = v.id AND r.held)";

/// Asks the database again and again, beside the clients, whether the promise holds; says how often it asked.
struct Watch {
    done: Arc<AtomicBool>,
    looks: std::thread::JoinHandle<u32>,
}

impl Watch {
    fn begin(app: &TestApp) -> Self {
        let (done, db) = (Arc::new(AtomicBool::new(false)), app.db().clone());
        let until = Arc::clone(&done);
        let looks = std::thread::spawn(move || {
            #[derive(QueryableByName)]
            struct N {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                n: i64,
            }
            let mut looks = 0;
            while !until.load(Ordering::Relaxed) {
                let broken = db.read(|conn| -> Result<i64, DbError> {
                    let row: N = match conn {
                        Conn::Pg(pg) => diesel::sql_query(BROKEN).get_result(pg)?,
                        Conn::Sqlite(sqlite) => diesel::sql_query(BROKEN).get_result(sqlite)?,
                    };
                    Ok(row.n)
                });
                match broken {
                    Ok(broken) => assert_eq!(broken, 0, "the promise was broken at look {looks}"),
                    Err(DbError::Busy(_) | DbError::Unavailable(_)) => continue,
                    Err(error) => panic!("{error}"),
                }
                looks += 1;
                std::thread::sleep(BETWEEN_LOOKS);
            }
            looks
        });
        Self { done, looks }
    }

    fn end(self) -> u32 {
        self.done.store(true, Ordering::Relaxed);
        self.looks.join().unwrap()
    }
}

/// How all stands: beds and held of vacancies, states of referrals and requests.
struct Told {
    vacancies: BTreeMap<String, (i64, i64)>,
    referrals: BTreeMap<String, String>,
    requests: BTreeMap<String, String>,
}

/// How all stands, told by the log alone: beds of a vacancy as its last declaration has it, less those moved into since;
/// held what its open referrals hold.
fn rebuilt(events: &[Value]) -> Told {
    let mut beds: BTreeMap<String, i64> = BTreeMap::new();
    let mut referrals: BTreeMap<String, Value> = BTreeMap::new();
    let mut requests: BTreeMap<String, String> = BTreeMap::new();
    for event in events {
        let (id, detail) = (event["record_id"].as_str().unwrap().to_owned(), &event["detail"]);
        match event["record_kind"].as_str().unwrap() {
            "vacancy" => drop(beds.insert(id, detail["beds"].as_i64().unwrap())),
            "request" => drop(requests.insert(id, detail["state"].as_str().unwrap().to_owned())),
            "referral" => {
                if event["command"] == "recordArrival" {
                    *beds.get_mut(detail["vacancy_id"].as_str().unwrap()).unwrap() -= detail["beds"].as_i64().unwrap();
                }
                referrals.insert(id, detail.clone());
            }
            _ => {}
        }
    }
    let mut vacancies: BTreeMap<String, (i64, i64)> = beds.into_iter().map(|(id, beds)| (id, (beds, 0))).collect();
    for referral in referrals.values().filter(|referral| referral["held"] == true) {
        vacancies.get_mut(referral["vacancy_id"].as_str().unwrap()).unwrap().1 += referral["beds"].as_i64().unwrap();
    }
    let states = referrals.into_iter().map(|(id, referral)| (id, referral["state"].as_str().unwrap().to_owned())).collect();
    Told { vacancies, referrals: states, requests }
}

async fn all(app: &TestApp, role: Role, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.own(role).get(&format!("{path}?limit=200{cursor}")).await.expect(200).body;
        let found = page["items"].as_array().unwrap();
        items.extend(found.clone());
        match page["next_cursor"].as_str() {
            Some(next) if found.len() == 200 => cursor = format!("&cursor={next}"),
            _ => return items,
        }
    }
}

async fn the_log_tells_how_all_stands(app: &TestApp, vacancies: &[String]) {
    let told = rebuilt(&all(app, Role::Auditor, "events").await);
    assert_eq!(told.vacancies.len(), vacancies.len());
    for vacancy in vacancies {
        let (beds, held) = app.beds(vacancy).await;
        assert_eq!((i64::try_from(beds).unwrap(), i64::try_from(held).unwrap()), told.vacancies[vacancy], "{vacancy}");
    }
    let by_id = |records: Vec<Value>| -> BTreeMap<_, _> {
        records
            .iter()
            .map(|record| (record["id"].as_str().unwrap().to_owned(), record["state"].as_str().unwrap().to_owned()))
            .collect()
    };
    assert_eq!(by_id(all(app, Role::Referent, "referrals").await), told.referrals);
    assert_eq!(by_id(all(app, Role::Referent, "requests").await), told.requests);
}

/// A client among many: at each step it does something to the shared vacancies that its role might do at any moment.
async fn client(app: &TestApp, number: u64, vacancies: &[String], tally: &Tally) {
    let mut chance = ChaCha8Rng::seed_from_u64(number);
    let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
    let (mut request, mut mine) = (app.request().await, Vec::<String>::new());
    for _ in 0..STEPS {
        let vacancy = &vacancies[chance.random_range(0..vacancies.len())];
        let referral = if mine.is_empty() { String::new() } else { mine[chance.random_range(0..mine.len())].clone() };
        let path = format!("referrals/{referral}");
        let answer = match chance.random_range(0..if mine.is_empty() { 3 } else { 16 }) {
            0..=2 => app.ask(&request, vacancy, json!({"hold": chance.random_bool(0.7)})).await,
            3..=5 => provider.command(&format!("{path}/accept")).await,
            6 => provider.post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": "full"}})).await,
            7 => referent.command(&format!("{path}/withdraw")).await,
            8 => referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await,
            9 => provider.command(&format!("{path}/arrival")).await,
            10 if chance.random_bool(0.5) => provider.command(&format!("{path}/no-show")).await,
            10 => {
                provider
                    .post(
                        &format!("{path}/end"),
                        &json!({"reason": "left", "request": if chance.random_bool(0.5) { "open" } else { "closed" }}),
                    )
                    .await
            }
            11 => {
                let body = with(self::vacancy(), json!({"beds": chance.random_range(1..=6)}));
                provider.put(&format!("vacancies/{vacancy}"), "*", &body).await
            }
            13 => referent.command(&format!("{path}/undo")).await,
            14 => referent.command(&format!("{path}/turned-away")).await,
            12 => provider.post(&format!("vacancies/{vacancy}/taken-elsewhere"), &json!({"beds": 1})).await,
            _ => {
                if chance.random_bool(0.05) {
                    app.clock().advance(TimeDelta::minutes(61));
                }
                referent.post(&format!("requests/{request}/close"), &json!({"reason": "other"})).await
            }
        };
        tally.note(&answer.status.as_u16(), answer.body["code"].as_str());
        assert!([200, 201, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        if answer.status == 201 {
            mine.push(answer.id());
        }
        if answer.body["code"] == "request_placed" || answer.body["code"] == "request_closed" || answer.body["state"] == "closed" {
            request = app.request().await;
        }
    }
}

/// What the clients were answered, so that a run in which nothing happened cannot pass.
#[derive(Default)]
struct Tally {
    done: Cell<u32>,
    no_bed_left: Cell<u32>,
}

impl Tally {
    fn note(&self, status: &u16, code: Option<&str>) {
        if *status < 300 {
            self.done.set(self.done.get() + 1);
        }
        if code == Some("no_bed_left") {
            self.no_bed_left.set(self.no_bed_left.get() + 1);
        }
    }
}

on_both! {
    async fn fifty_holds_on_one_bed_are_one(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let mut requests = Vec::new();
        for _ in 0..50 {
            requests.push(app.request().await);
        }
        let answers = join_all(requests.iter().map(|request| app.ask(request, &vacancy, json!({"hold": true})))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((won.len(), lost.len()), (1, 49));
        for answer in lost {
            answer.refused(409, "no_bed_left");
        }
        assert_eq!(app.beds(&vacancy).await, (1, 1));
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 1, "who was refused has left nothing");
        app.ignore_mails();
    }

    async fn two_hundred_clients_never_break_the_promise(app: TestApp) {
        let provider = app.own(Role::Provider);
        let mut vacancies = Vec::new();
        for number in 0..VACANCIES {
            let site = app.site_with(&crate::harness::bodies::structure(), &with(unit(), json!({"max_household": 4}))).await;
            let body = with(vacancy(), json!({"beds": 1 + number % 4}));
            vacancies.push(provider.post(&format!("units/{}/vacancies", site.unit), &body).await.expect(201).id());
        }
        let (watch, tally) = (Watch::begin(&app), Tally::default());
        join_all((0..CLIENTS).map(|number| client(&app, number, &vacancies, &tally))).await;
        let looks = watch.end();
        app.ignore_mails();
        assert!(looks > 10, "the promise was looked at {looks} times");
        assert!(tally.done.get() > 1_000 && tally.no_bed_left.get() > 50, "{} done, {} without a bed", tally.done.get(), tally.no_bed_left.get());
        assert_eq!(app.count(BROKEN), 0);
        the_log_tells_how_all_stands(&app, &vacancies).await;
        app.ignore_mails();
    }
}
