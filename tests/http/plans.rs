//! Plans: many requests placed at once, as advice; and what becomes of the lines that people confirm.

use std::collections::BTreeMap;

use api::commands::matching;
use api::db::{Author, DbError, Failure, Turn, plans, requests};
use api::domain::Role;
use api::domain::ids::{PlanId, RequestId};
use chrono::TimeDelta;
use futures_util::future::join;
use matcher::{Effort, Plan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::bodies::{public_structure, request, unit, vacancy, with};
use crate::harness::{Answer, Caller, TestApp, on_both};

/// Away from Lyon, near enough to be asked for.
const NEARBY: (f64, f64) = (45.50, 4.85);

/// A unit at a point, with so many beds free: the vacancy and the unit.
async fn place(app: &TestApp, (lat, lon): (f64, f64), beds: u32, more: Value) -> (String, String) {
    let site = app.site_with(&public_structure("69123", lat, lon), &with(unit(), more)).await;
    let body = with(vacancy(), json!({"beds": beds}));
    let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &body).await.expect(201).id();
    (vacancy, site.unit)
}

async fn ask(app: &TestApp, change: Value) -> String {
    app.own(Role::Referent).post("requests", &with(request(), change)).await.expect(201).id()
}

async fn plan(app: &TestApp, body: Value) -> Value {
    let made = app.own(Role::Referent).post("plans", &body).await.expect(201);
    assert_eq!(made.header("location"), format!("/api/v1/plans/{}", made.id()));
    assert_eq!(made.body["state"], "done", "{}", made.text);
    made.body
}

/// A plan, once it is there.
async fn until_there(caller: &Caller, id: &str) -> Value {
    loop {
        let plan = caller.get(&format!("plans/{id}")).await.expect(200).body;
        if plan["state"] != "running" {
            return plan;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn confirm(app: &TestApp, plan: &Value, body: Value) -> Answer {
    app.own(Role::Referent).post(&format!("plans/{}/confirm", plan["id"].as_str().unwrap()), &body).await
}

/// `(request, vacancy)` of the lines.
fn lines(plan: &Value) -> BTreeMap<&str, &str> {
    let placed = plan["assignments"].as_array().unwrap().iter();
    placed.map(|line| (line["request_id"].as_str().unwrap(), line["vacancy_id"].as_str().unwrap())).collect()
}

/// Who is placed, also where it is not told where.
fn placed(plan: &Value) -> Vec<&str> {
    plan["assignments"].as_array().unwrap().iter().map(|line| line["request_id"].as_str().unwrap()).collect()
}

/// That a plan as the coordination reads it names no place and no referral.
#[track_caller]
fn told_nothing_of_where(plan: &Value) {
    for line in plan["assignments"].as_array().unwrap() {
        let where_to = [&line["unit_id"], &line["vacancy_id"], &line["confirmed_referral_id"]];
        assert_eq!(where_to, [&Value::Null; 3], "{line}");
    }
}

/// What the engine itself says of the requests of a plan.
fn by_the_engine(app: &TestApp, plan: &Value) -> Plan {
    let id = PlanId(plan["id"].as_str().unwrap().parse().unwrap());
    let live = app.app().service.live();
    let (position, queries) = app
        .db()
        .read(|conn| {
            let pulse = app.db().pulse(conn)?;
            let asked = requests::of_plan(conn, id)?;
            let queries: Vec<_> =
                asked.iter().map(|request| matching::query(conn, live.policy(), request, pulse.now)).collect::<Result<_, _>>()?;
            Ok::<_, Failure>((pulse.position, queries))
        })
        .unwrap();
    live.snapshot_here(position).unwrap().plan(&queries, &mut Effort::new(u64::MAX, &mut |_| false))
}

/// Reads a plan until it runs no more.
async fn polled(app: &TestApp, path: &str) -> Value {
    loop {
        let read = app.own(Role::Referent).get(path).await.expect(200);
        if read.body["state"] != "running" {
            assert_eq!(read.header("retry-after"), "");
            return read.body;
        }
        assert_eq!(read.header("retry-after"), "1");
        actix_web::rt::task::yield_now().await;
    }
}

fn id_in(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

on_both! {
    async fn all_open_requests_are_placed_as_the_engine_says(app: TestApp) {
        place(&app, (45.76, 4.84), 1, json!({})).await;
        place(&app, NEARBY, 2, json!({"specialised": true})).await;
        let two = json!([{"gender": "female", "minority": "adult", "age": 30}, {"gender": "female", "minority": "minor", "age": 8, "with_parent": true}]);
        let (first, family, late) = (ask(&app, json!({})).await, ask(&app, json!({"household": two})).await, ask(&app, json!({"urgency": "planned"})).await);
        let closed = ask(&app, json!({})).await;
        app.own(Role::Referent).post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        app.other(Role::Referent).post("requests", &request()).await.expect(201);

        let plan = plan(&app, json!({})).await;
        let engine = by_the_engine(&app, &plan);
        assert!(engine.optimal && plan["optimal"] == true);
        assert_eq!(plan["policy_version"], engine.policy_version);
        let told: Vec<_> = plan["assignments"].as_array().unwrap().iter().map(|line| (id_in(&line["request_id"]), id_in(&line["unit_id"]), id_in(&line["vacancy_id"]))).collect();
        let expected: Vec<_> = engine.assignments.iter().map(|line| (line.request_id.to_string(), line.unit_id.to_string(), line.vacancy_id.to_string())).collect();
        assert_eq!(told, expected);
        assert_eq!(lines(&plan).into_keys().collect::<Vec<_>>(), [first.as_str(), family.as_str()]);
        assert_eq!(plan["unassigned"], json!([{"request_id": late, "because": ["beds"], "call": null}]));

        let mut sum = 0.0;
        for (line, exact) in plan["assignments"].as_array().unwrap().iter().zip(&engine.assignments) {
            let (value, people) = (line["value"].as_f64().unwrap(), if line["request_id"] == family.as_str() { 2.0 } else { 1.0 });
            assert!((value - exact.value).abs() <= people * 100.0 / 20.0 + 1e-9, "{value} for {}", exact.value);
            assert!((value / (people * 10.0)).fract().abs() < 1e-9, "{value} tells more than a tenth");
            assert_eq!(line["confirmed_referral_id"], json!(null));
            sum += value;
        }
        assert_eq!((&plan["objective"], &plan["bound"], &plan["gap"]), (&json!(sum), &json!(sum), &json!(0.0)));
        let read = app.own(Role::Referent).get(&format!("plans/{}", id_in(&plan["id"]))).await.expect(200);
        assert_eq!(read.body, plan);
        assert_eq!(app.beds(lines(&plan)[first.as_str()]).await.1, 0, "a plan holds nothing");
    }

    async fn only_those_named_are_planned(app: TestApp) {
        place(&app, NEARBY, 5, json!({})).await;
        let (one, two) = (app.request().await, app.request().await);
        app.request().await;
        let named = plan(&app, json!({"request_ids": [two, one, two]})).await;
        assert_eq!(lines(&named).into_keys().collect::<Vec<_>>(), [one.as_str(), two.as_str()]);
        let partner = app.own(Role::Partner).post("plans", &json!({"request_ids": null})).await.expect(201).body;
        assert_eq!(lines(&partner).len(), 3, "null says all that are open");
    }

    async fn nothing_open_is_an_empty_plan(app: TestApp) {
        let empty = app.own(Role::Referent).command("plans").await.expect(201);
        let (body, text) = (&empty.body, &empty.text);
        assert_eq!((&body["assignments"], &body["unassigned"], &body["optimal"]), (&json!([]), &json!([]), &json!(true)));
        assert!(text.contains("\"objective\":0.0") && text.contains("\"bound\":0.0"), "{text}");
        assert_eq!(confirm(&app, body, json!({})).await.expect(200).body, json!({"lines": []}));
    }

    async fn an_entry_that_cannot_be_planned_is_named(app: TestApp) {
        let referent = app.own(Role::Referent);
        let vacancy = app.vacancy(1).await;
        let open = app.request().await;
        let foreign = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let closed = app.request().await;
        referent.post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        let placed = app.request().await;
        let path = format!("referrals/{}", app.ask(&placed, &vacancy, json!({"hold": true})).await.expect(201).id());
        app.own(Role::Provider).command(&format!("{path}/accept")).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.own(Role::Provider).command(&format!("{path}/arrival")).await.expect(200);
        app.ignore_mails();

        let nobody = Uuid::now_v7().to_string();
        let before = app.row_counts();
        for (ids, code, pointers) in [
            (json!([open, nobody, closed]), "no_such_request", vec!["/request_ids/1"]),
            (json!([foreign, open, nobody]), "no_such_request", vec!["/request_ids/0", "/request_ids/2"]),
            (json!([open, placed, closed]), "request_closed", vec!["/request_ids/2"]),
            (json!([placed]), "request_placed", vec!["/request_ids/0"]),
        ] {
            let refused = referent.post("plans", &json!({"request_ids": ids})).await.refused(409, code);
            let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
            assert_eq!(named, pointers, "{}", refused.text);
        }
        let refused = app.own(Role::Coordinator).post("plans", &json!({})).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/request_ids");
        assert_eq!(app.row_counts(), before);
    }

    async fn those_for_whom_a_bed_is_held_are_not_planned(app: TestApp) {
        let referent = app.own(Role::Referent);
        let (vacancy, _) = place(&app, NEARBY, 2, json!({})).await;
        let (safe, other) = (app.request().await, app.request().await);
        let asked = app.request().await;
        let held = app.ask(&safe, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.ask(&asked, &vacancy, json!({})).await.expect(201);
        // The last bed goes to one who has none; to ask holds nothing.
        let one = plan(&app, json!({})).await;
        let named: Vec<_> = lines(&one).into_keys().chain(one["unassigned"].as_array().unwrap().iter().map(|left| left["request_id"].as_str().unwrap())).collect();
        assert!(named.len() == 2 && named.contains(&other.as_str()) && named.contains(&asked.as_str()), "{one}");
        let refused = referent.post("plans", &json!({"request_ids": [other, safe]})).await.refused(409, "request_held");
        assert_eq!(refused.body["errors"][0]["pointer"], "/request_ids/1");
        // Once it is free again it is theirs to be planned.
        referent.command(&format!("referrals/{held}/withdraw")).await.expect(200);
        let all = plan(&app, json!({"request_ids": [other, safe]})).await;
        assert_eq!(lines(&all).len(), 2);
        app.ignore_mails();
    }

    async fn the_coordination_is_told_of_no_call_that_tells_of_a_danger(app: TestApp) {
        app.vacancy(1).await;
        // The zone ends within the cell of the only place.
        let zone = json!({"level": "forbidden", "centre": {"lat": 45.76, "lon": 4.84}, "radius_km": 0.1});
        let asked = ask(&app, json!({"danger_zones": [zone]})).await;
        let plan = app.other(Role::Coordinator).post("plans", &json!({"request_ids": [asked]})).await.expect(201).body;
        let own = app.own(Role::Referent).get(&format!("plans/{}", id_in(&plan["id"]))).await.expect(200).body;
        assert_eq!(own["unassigned"][0]["because"], json!(["danger_zone_unsure"]));
        assert!(own["unassigned"][0]["call"].is_string(), "{own}");
        assert_eq!(plan["unassigned"], json!([{"request_id": asked, "because": [], "call": null}]));
    }

    async fn one_that_takes_long_is_polled(app: TestApp) {
        place(&app, NEARBY, 1, json!({})).await;
        let request = app.request().await;
        let mut impatient = app.impatient().await;
        let referent = impatient.own(Role::Referent);
        let key = Uuid::now_v7().to_string();
        let begun = referent.post_under("plans", &json!({}), &key).await.expect(202);
        let path = begun.header("location");
        assert_eq!((path.as_str(), begun.header("retry-after").as_str()), (format!("/api/v1/plans/{}", begun.id()).as_str(), "1"));
        let record = &begun.body;
        assert_eq!((&record["state"], &record["finished_at"], &record["objective"]), (&json!("running"), &json!(null), &json!(null)));
        assert_eq!((&record["assignments"], &record["unassigned"]), (&json!([]), &json!([])));
        assert_eq!(referent.get(&path).await.expect(200).body, begun.body);
        assert_eq!(referent.post_under("plans", &json!({}), &key).await.expect(202).body, begun.body, "a repeat finds it running");
        impatient.begin_planning();
        let done = polled(&impatient, &path).await;
        assert_eq!((&done["state"], lines(&done).into_keys().collect::<Vec<_>>()), (&json!("done"), vec![request.as_str()]));
        assert_eq!(referent.post_under("plans", &json!({}), &key).await.expect(201).body, done, "a repeat finds it done");
        assert_eq!(app.count("SELECT count(*) AS n FROM plans"), 1);
        let commands = referent.get("events").await.expect(200).body;
        let last: Vec<_> = commands["items"].as_array().unwrap().iter().rev().take(2).map(|event| (event["command"].clone(), event["detail"]["state"].clone())).collect();
        assert_eq!(last, [(json!("finishPlan"), json!("done")), (json!("createPlan"), json!("running"))]);
    }

    async fn plans_wait_by_their_size_and_an_organisation_has_one_place_in_the_line(app: TestApp) {
        let mut impatient = app.impatient().await;
        let (own, other) = (impatient.own(Role::Referent), impatient.other(Role::Referent));
        let stored = async |by: &Caller| by.post("requests", &request()).await.expect(201).id();
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            mine.push(stored(&own).await);
        }
        for _ in 0..2 {
            theirs.push(stored(&other).await);
        }
        let asked = async |by: &Caller, requests: &[String]| by.post("plans", &json!({"request_ids": requests})).await.expect(202).id();
        // One's own short one waits for the long one that was asked for before it; the other organisation's, which is shorter than that, does not.
        let (long, short, shorter) = (asked(&own, &mine[..4]).await, asked(&own, &mine[4..]).await, asked(&other, &theirs).await);
        impatient.begin_planning();
        for (by, plan) in [(&own, &long), (&own, &short), (&other, &shorter)] {
            until_there(by, plan).await;
        }
        let told = app.own(Role::Auditor).get("events?record_kind=plan").await.expect(200).body;
        let finished: Vec<_> = told["items"].as_array().unwrap().iter().filter(|event| event["command"] == "finishPlan").map(|event| event["record_id"].clone()).collect();
        assert_eq!(finished, [json!(shorter), json!(long), json!(short)]);
    }

    async fn sent_twice_at_once_it_is_one_plan(app: TestApp) {
        let key = Uuid::now_v7().to_string();
        let referent = app.own(Role::Referent);
        let (one, two) = join(referent.post_under("plans", &json!({}), &key), referent.post_under("plans", &json!({}), &key)).await;
        assert_eq!(one.id(), two.id());
        assert_eq!(app.count("SELECT count(*) AS n FROM plans"), 1);
        polled(&app, &format!("plans/{}", one.id())).await;
        referent.post_under("plans", &json!({"request_ids": null}), &key).await.refused(422, "idempotency_key_reused");
    }

    async fn one_whose_caller_was_cut_off_is_searched_for_all_the_same(app: TestApp) {
        let (referent, key) = (app.own(Role::Referent), Uuid::now_v7().to_string());
        // Another writer has the turn while the caller asks, waits and is gone.
        let (release, held) = std::sync::mpsc::channel::<()>();
        let db = app.db().clone();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || db.write(Author::service("holdTurn"), |_| { begun.send(()).unwrap(); held.recv().unwrap(); Ok::<_, DbError>(()) }));
        has_begun.recv().unwrap();
        let asked = actix_web::rt::time::timeout(std::time::Duration::from_millis(300), referent.post_under("plans", &json!({}), &key)).await;
        assert!(asked.is_err(), "the turn was not held");
        release.send(()).unwrap();
        writer.join().unwrap().unwrap();
        let again = referent.post_under("plans", &json!({}), &key).await;
        let done = polled(&app, &format!("plans/{}", again.id())).await;
        assert_eq!(done["state"], "done");
        assert_eq!(app.count("SELECT count(*) AS n FROM plans"), 1);
    }

    async fn one_whose_server_died_has_failed(app: TestApp) {
        let plan = plan(&app, json!({})).await;
        let path = format!("plans/{}", id_in(&plan["id"]));
        // As a server leaves it that dies before it has written what it found.
        app.sql("UPDATE plans SET state = 'running', answer = NULL, finished_at = NULL");
        let read = app.own(Role::Referent).get(&path).await.expect(200);
        assert_eq!((&read.body["state"], read.header("retry-after").as_str()), (&json!("running"), "1"));
        confirm(&app, &plan, json!({})).await.refused(409, "plan_running");
        app.clock().advance(TimeDelta::minutes(5));
        let read = app.own(Role::Referent).get(&path).await.expect(200).body;
        assert_eq!((&read["state"], read["finished_at"].is_string()), (&json!("failed"), true));
        confirm(&app, &plan, json!({})).await.refused(409, "plan_failed");
        let id = PlanId(id_in(&plan["id"]).parse().unwrap());
        let late = app.db().write(Author::service("finishPlan"), |turn| plans::finish(turn, id, None)).map_err(|error: DbError| error).unwrap().value;
        assert!(!late, "what has failed stays so, whoever comes late");
    }

    async fn one_that_cannot_be_searched_for_has_failed(app: TestApp) {
        app.request().await;
        // What is sealed does not open any more; each database writes bytes its own way.
        for bytes in ["x'0001'", "'\\x0001'"] {
            drop(app.try_sql(&format!("UPDATE requests SET content = {bytes}")));
        }
        let referent = app.own(Role::Referent);
        let failed = referent.post("plans", &json!({})).await.expect(201).body;
        assert_eq!((&failed["state"], failed["finished_at"].is_string(), &failed["gap"]), (&json!("failed"), true, &json!(null)));
        confirm(&app, &failed, json!({})).await.refused(409, "plan_failed");
        let events = referent.get("events").await.expect(200).body;
        let last = events["items"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["command"], &last["detail"]), (&json!("finishPlan"), &json!({"state": "failed", "requests": 1})));
    }

    async fn lines_become_referrals_and_one_whose_bed_has_gone_is_reported(app: TestApp) {
        let referent = app.own(Role::Referent);
        let (lyon, _) = place(&app, (45.76, 4.84), 1, json!({})).await;
        let (nearby, _) = place(&app, NEARBY, 1, json!({})).await;
        let (one, two) = (app.request().await, app.request().await);
        let plan = plan(&app, json!({})).await;
        let placed: BTreeMap<String, String> = lines(&plan).into_iter().map(|(request, vacancy)| (request.to_owned(), vacancy.to_owned())).collect();
        assert_eq!(placed.len(), 2);
        // Somebody is quicker.
        let (gone, left) = if placed[&one] == nearby { (&one, &two) } else { (&two, &one) };
        app.ask(&app.request().await, &nearby, json!({"hold": true})).await.expect(201);
        app.ignore_mails();

        let (path, key) = (format!("plans/{}/confirm", id_in(&plan["id"])), Uuid::now_v7().to_string());
        let confirmed = referent.post_under(&path, &json!({}), &key).await.expect(200).body;
        let lines = confirmed["lines"].as_array().unwrap();
        let of = |request: &str| lines.iter().find(|line| line["request_id"] == request).unwrap();
        let (held, refused) = (of(left), of(gone));
        assert_eq!((lines.len(), &held["outcome"], &refused["outcome"]), (2, &json!("held"), &json!("refused")));
        assert_eq!((&refused["code"], refused["detail"].is_string(), refused.get("referral_id")), (&json!("no_bed_left"), true, None));
        let referral = referent.get(&format!("referrals/{}", id_in(&held["referral_id"]))).await.expect(200).body;
        assert_eq!((&referral["state"], &referral["held"], &referral["request_id"]), (&json!("asked"), &json!(true), &json!(left)));
        assert_eq!((app.beds(&lyon).await, app.beds(&nearby).await), ((1, 1), (1, 1)));
        assert_eq!(app.mails().len(), 1, "the addressee is asked");

        let before = app.row_counts();
        assert_eq!(referent.post_under(&path, &json!({}), &key).await.expect(200).body, confirmed, "the same answer");
        assert_eq!(app.row_counts(), before, "and no second effect");
        let read = referent.get(&format!("plans/{}", id_in(&plan["id"]))).await.expect(200).body;
        let confirmed_as: BTreeMap<_, _> = read["assignments"].as_array().unwrap().iter().map(|line| (id_in(&line["request_id"]), line["confirmed_referral_id"].clone())).collect();
        assert_eq!((&confirmed_as[left], &confirmed_as[gone]), (&held["referral_id"], &json!(null)));

        let again = confirm(&app, &plan, json!({})).await.expect(200).body;
        assert_eq!(again["lines"], json!([refused]), "what is confirmed is not confirmed again by itself");
        let again = confirm(&app, &plan, json!({"request_ids": [left]})).await.expect(200).body;
        assert_eq!((&again["lines"][0]["outcome"], &again["lines"][0]["code"]), (&json!("refused"), &json!("line_confirmed")));
        app.ignore_mails();
    }

    async fn a_quota_that_ends_among_the_lines_refuses_those_behind(app: TestApp) {
        place(&app, NEARBY, 3, json!({})).await;
        let app = app.with_quotas(&[("quotas.referrals_asked", &[2, 100])]).await;
        for _ in 0..3 {
            ask(&app, json!({"urgency": "planned"})).await;
        }
        let plan = plan(&app, json!({})).await;
        assert_eq!(lines(&plan).len(), 3, "{plan}");
        let confirmed = confirm(&app, &plan, json!({})).await.expect(200).body;
        let mut told: Vec<_> = confirmed["lines"].as_array().unwrap().iter().map(|line| (id_in(&line["outcome"]), line["code"].clone())).collect();
        told.sort_by_key(|(outcome, _)| outcome.clone());
        let held = ("held".to_owned(), Value::Null);
        assert_eq!(told, [held.clone(), held, ("refused".to_owned(), json!("quota_exceeded"))]);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 2);
        app.ignore_mails();
    }

    async fn so_many_lines_are_confirmed_at_once_and_more_are_to_be_named(app: TestApp) {
        let organisation = app.own(Role::Referent).identity().organisation;
        place(&app, NEARBY, 1_000, json!({})).await;
        let declared: api::domain::Request = serde_json::from_value(request()).unwrap();
        let most = api::limits::PLAN_LINES_MAX;
        app.db()
            .write(Author::service("createRequest"), |turn| -> Result<(), DbError> {
                for _ in 0..=most {
                    let stored = requests::insert(turn, RequestId::new(), organisation, &declared, turn.now)?;
                    turn.note(&stored);
                }
                Ok(())
            })
            .unwrap();
        let referent = app.own(Role::Referent);
        let plan = until_there(&referent, &referent.post("plans", &json!({})).await.id()).await;
        let all = placed(&plan);
        assert_eq!((&plan["state"], all.len()), (&json!("done"), most + 1));
        confirm(&app, &plan, json!({})).await.refused(409, "plan_too_large");
        confirm(&app, &plan, json!({"request_ids": all})).await.refused(422, "invalid_body");
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 0);
        let confirmed = confirm(&app, &plan, json!({"request_ids": [all[0]]})).await.expect(200).body;
        assert_eq!(confirmed["lines"][0]["outcome"], "held");
        app.ignore_mails();
    }

    async fn a_confirmation_leaves_its_event_and_those_of_its_referrals(app: TestApp) {
        place(&app, NEARBY, 2, json!({})).await;
        let (one, _two) = (app.request().await, app.request().await);
        let plan = plan(&app, json!({})).await;
        let confirmed = confirm(&app, &plan, json!({"request_ids": [one, one]})).await.expect(200).body;
        assert_eq!(confirmed["lines"].as_array().unwrap().len(), 1, "only those that were chosen, once");
        let events = app.own(Role::Referent).get("events").await.expect(200).body;
        let last: Vec<_> = events["items"].as_array().unwrap().iter().rev().take(2).cloned().collect();
        assert_eq!((&last[1]["command"], &last[1]["record_kind"], &last[1]["detail"]), (&json!("confirmPlan"), &json!("plan_confirmation"), &json!({"plan_id": plan["id"]})));
        assert_eq!((&last[0]["command"], &last[0]["record_kind"], &last[0]["record_id"]), (&json!("confirmPlan"), &json!("referral"), &confirmed["lines"][0]["referral_id"]));
        assert_eq!(last[0]["detail"]["held"], true);
        app.ignore_mails();
    }

    async fn what_has_changed_since_the_plan_is_asked_again(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (vacancy, unit_id) = place(&app, NEARBY, 5, json!({})).await;
        let (elsewhere, _) = place(&app, (45.70, 4.80), 5, json!({"stages": ["integration"]})).await;
        let (man, closed, holding) = (
            ask(&app, json!({"household": [{"gender": "male", "minority": "adult", "age": 30}]})).await,
            app.request().await,
            ask(&app, json!({"urgency": "urgent"})).await,
        );
        let plan = plan(&app, json!({})).await;
        assert!(lines(&plan).values().all(|placed| *placed == vacancy), "{plan}");
        provider.put(&format!("units/{unit_id}"), "*", &with(unit(), json!({"genders": ["female"]}))).await.expect(200);
        referent.post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        let asked = json!({"hold": true, "override_reason": "la directrice accepte"});
        app.ask(&holding, &elsewhere, asked).await.expect(201);
        let confirmed = confirm(&app, &plan, json!({})).await.expect(200).body;
        let told: BTreeMap<_, _> = confirmed["lines"].as_array().unwrap().iter().map(|line| (id_in(&line["request_id"]), (id_in(&line["code"]), line["rules"].clone()))).collect();
        assert_eq!(told[&man], ("not_eligible".to_owned(), json!(["gender"])));
        assert_eq!(told[&closed], ("request_closed".to_owned(), json!(null)));
        assert_eq!(told[&holding], ("too_many_holds".to_owned(), json!(null)));
        assert_eq!(app.beds(&vacancy).await, (5, 0));
        app.ignore_mails();
    }

    async fn the_coordination_plans_what_it_does_not_see(app: TestApp) {
        place(&app, NEARBY, 2, json!({})).await;
        let forbidden = json!({"danger_zones": [{"level": "forbidden", "department": "69"}]});
        let (own, hidden) = (app.request().await, ask(&app, forbidden).await);
        let other = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let (coordinator, referent, stranger) = (app.other(Role::Coordinator), app.own(Role::Referent), app.other(Role::Referent));
        let plan = coordinator.post("plans", &json!({"request_ids": [own, other, hidden]})).await.expect(201).body;
        assert_eq!(placed(&plan), [own.as_str(), other.as_str()]);
        assert_eq!(plan["unassigned"], json!([{"request_id": hidden, "because": [], "call": null}]), "nothing of dangers");
        told_nothing_of_where(&plan);
        let path = format!("plans/{}", id_in(&plan["id"]));
        assert_eq!(coordinator.get(&path).await.expect(200).body, plan);
        app.own(Role::Coordinator).get(&path).await.refused(404, "not_found");

        // Each reads the lines of its own requests, and confirms those.
        let mine = referent.get(&path).await.expect(200).body;
        assert_eq!(lines(&mine).into_keys().collect::<Vec<_>>(), [own.as_str()]);
        assert_eq!((&mine["unassigned"][0]["because"], &mine["objective"], &mine["bound"]), (&json!(["danger_zone"]), &json!(null), &json!(null)));
        let theirs = stranger.get(&path).await.expect(200).body;
        assert_eq!(lines(&theirs).into_keys().collect::<Vec<_>>(), [other.as_str()]);
        coordinator.post(&format!("{path}/confirm"), &json!({})).await.refused(403, "role_not_allowed");
        let refused = referent.post(&format!("{path}/confirm"), &json!({"request_ids": [own, other, hidden]})).await.refused(409, "no_such_line");
        let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert_eq!(named, ["/request_ids/1", "/request_ids/2"]);
        let confirmed = referent.post(&format!("{path}/confirm"), &json!({})).await.expect(200).body;
        assert_eq!((confirmed["lines"].as_array().unwrap().len(), &confirmed["lines"][0]["request_id"]), (1, &json!(own)));
        // Who was confirmed, and where, is between those two.
        let since = coordinator.get(&path).await.expect(200).body;
        assert_eq!(since, plan);
        told_nothing_of_where(&since);
        app.ignore_mails();
    }

    async fn a_plan_is_its_organisation_s(app: TestApp) {
        let made = plan(&app, json!({})).await;
        let path = format!("plans/{}", id_in(&made["id"]));
        app.own(Role::Partner).get(&path).await.expect(200);
        for role in [Role::Referent, Role::Partner] {
            app.other(role).get(&path).await.refused(404, "not_found");
            app.other(role).post(&format!("{path}/confirm"), &json!({})).await.refused(404, "not_found");
        }
        app.own(Role::Referent).get(&format!("plans/{}", Uuid::now_v7())).await.refused(404, "not_found");
    }

    async fn what_a_plan_shows_is_noted(app: TestApp) {
        place(&app, NEARBY, 1, json!({})).await;
        let (one, two) = (app.request().await, app.request().await);
        let path = format!("plans/{}", id_in(&plan(&app, json!({})).await["id"]));
        app.own(Role::Partner).get(&path).await.expect(200);
        let noted = app.own(Role::Auditor).get("access-log").await.expect(200).body;
        let mut noted: Vec<_> = noted["items"].as_array().unwrap().iter().map(|entry| (id_in(&entry["operation"]), entry["record_ids"].clone())).collect();
        noted.sort_by_key(|(operation, _)| operation.clone());
        let of = |operation: &str| (operation.to_owned(), json!([one, two]));
        noted.retain(|(operation, _)| operation.ends_with("Plan"));
        assert_eq!(noted, [of("createPlan"), of("getPlan")]);
    }

    async fn those_to_be_kept_apart_are(app: TestApp) {
        let referent = app.own(Role::Referent);
        let (near, _) = place(&app, (45.76, 4.84), 2, json!({})).await;
        let (one, two) = (app.request().await, app.request().await);
        assert_eq!(lines(&plan(&app, json!({})).await).len(), 2, "nothing stands in the way yet");
        let code = referent.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
        referent.post(&format!("requests/{two}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        let apart = plan(&app, json!({})).await;
        assert_eq!(lines(&apart).len(), 1);
        assert_eq!(apart["unassigned"][0]["because"], json!(["keep_apart"]), "both are in this plan");
        let seen = app.own(Role::Coordinator).post("plans", &json!({"request_ids": [one, two]})).await.expect(201).body;
        assert_eq!(seen["unassigned"][0]["because"], json!([]));

        let (far, _) = place(&app, NEARBY, 2, json!({})).await;
        let apart = plan(&app, json!({})).await;
        let mut placed: Vec<_> = lines(&apart).into_values().map(ToOwned::to_owned).collect();
        placed.sort();
        let mut both = [near.clone(), far.clone()];
        both.sort();
        assert_eq!(placed, both);

        // Where one is held counts for no plan that it is not in.
        app.ask(&one, &near, json!({"hold": true})).await.expect(201);
        let path = format!("requests/{two}");
        let only_near = with(request(), json!({"distance": {"wish": "stay_near", "max_km": 5}}));
        referent.put(&path, "*", &only_near).await.expect(200);
        let told = plan(&app, json!({"request_ids": [two]})).await;
        assert_eq!(lines(&told).into_values().collect::<Vec<_>>(), [near.as_str()]);
        app.ignore_mails();
    }

    async fn more_than_a_plan_takes_are_to_be_named(app: TestApp) {
        let organisation = app.own(Role::Referent).identity().organisation;
        let declared: api::domain::Request = serde_json::from_value(request()).unwrap();
        let insert = |turn: &mut Turn<'_>| (0..=5_000).try_for_each(|_| requests::insert(turn, RequestId::new(), organisation, &declared, turn.now).map(drop));
        app.is_rewritten();
        app.db().write(Author::service("createRequest"), insert).map_err(|error: DbError| error).unwrap();
        app.own(Role::Referent).post("plans", &json!({})).await.refused(409, "plan_too_large");
    }

    async fn small_plans_of_others_are_there_before_a_huge_one(app: TestApp) {
        let registry = api::seed::demo::registry(app.clock().now()).unwrap();
        api::cli::seed::load_records(app.db(), &registry).unwrap();
        let organisation = app.own(Role::Referent).identity().organisation;
        let woman = |age: u8| json!({"gender": "female", "minority": "adult", "age": age});
        let households: Vec<api::domain::Request> = (0..1_200_u16)
            .map(|number| {
                let people: Vec<_> = (0..=number % 3).map(|_| woman(20 + u8::try_from(number % 30).unwrap())).collect();
                let anywhere = json!({"household": people, "distance": {"wish": "indifferent"}, "accepts_removal": true, "urgency": "planned"});
                serde_json::from_value(with(request(), anywhere)).unwrap()
            })
            .collect();
        app.db()
            .write(Author::service("createRequest"), |turn| -> Result<(), DbError> {
                for declared in &households {
                    let stored = requests::insert(turn, RequestId::new(), organisation, declared, turn.now)?;
                    turn.note(&stored);
                }
                Ok(())
            })
            .unwrap();
        let mut small = Vec::new();
        for number in 0..4 {
            let name = format!("SIAO fictif {number}");
            let referent = app.with_token(&api::cli::client::make(app.db(), &name, Role::Referent).unwrap().0);
            for _ in 0..3 {
                referent.post("requests", &request()).await.expect(201);
            }
            small.push(referent);
        }
        // Nobody waits here for the answer to their own: all are asked for before the huge one is there.
        let mut app = app.impatient().await;
        app.begin_planning();
        let own = app.own(Role::Referent);
        let huge = own.post("plans", &json!({})).await.expect(202).id();
        // Small ones of its own organisation wait for it.
        let behind = own.post("plans", &json!({"request_ids": [app.request().await]})).await.expect(202).id();
        let mut finished = Vec::new();
        for referent in &small {
            let referent = &app.with_token(referent.token());
            let asked = referent.post("plans", &json!({})).await;
            assert!([201, 202].contains(&asked.status.as_u16()), "{}", asked.text);
            finished.push(until_there(referent, &asked.id()).await);
        }
        let last = until_there(&own, &huge).await;
        for one in &finished {
            assert_eq!(one["state"], "done", "{one}");
            assert!(one["finished_at"].as_str().unwrap() < last["finished_at"].as_str().unwrap(), "{one} waited for {last}");
        }
        assert_eq!(last["state"], "done", "{last}");
        let behind = until_there(&own, &behind).await;
        assert!(last["finished_at"].as_str().unwrap() <= behind["finished_at"].as_str().unwrap(), "{behind} was there before {last}");
    }

    async fn nobody_confirms_what_another_organisation_asked_for(app: TestApp) {
        place(&app, NEARBY, 2, json!({})).await;
        let own = app.request().await;
        let other = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let both = app.own(Role::Coordinator).post("plans", &json!({"request_ids": [own, other]})).await.expect(201).body;
        assert_eq!(placed(&both).len(), 2);
        let path = format!("plans/{}/confirm", id_in(&both["id"]));
        let key = Uuid::now_v7().to_string();
        let confirmed = app.own(Role::Referent).post_under(&path, &json!({}), &key).await.expect(200).body;
        assert_eq!(confirmed["lines"].as_array().unwrap().len(), 1);
        // The same key is another's own: it gets its own line and not the answer of the first.
        let theirs = app.other(Role::Referent).post_under(&path, &json!({}), &key).await.expect(200).body;
        assert_eq!((&theirs["lines"][0]["request_id"], theirs["lines"].as_array().unwrap().len()), (&json!(other), 1));
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 2);
        app.other(Role::Coordinator).get(&format!("plans/{}", id_in(&both["id"]))).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn who_is_left_out_is_noted_as_who_is_placed_is(app: TestApp) {
        place(&app, NEARBY, 1, json!({})).await;
        let (one, two) = (app.request().await, app.request().await);
        let made = plan(&app, json!({})).await;
        assert_eq!((lines(&made).len(), made["unassigned"].as_array().unwrap().len()), (1, 1));
        assert_eq!(app.noted("createPlan").await, app.own(Role::Referent).read([&one, &two]));
    }

    async fn nobody_is_told_that_one_of_another_organisation_is_kept_apart(app: TestApp) {
        place(&app, NEARBY, 2, json!({})).await;
        let (own, other) = (app.request().await, app.other(Role::Referent).post("requests", &request()).await.expect(201).id());
        let code = app.own(Role::Referent).command(&format!("requests/{own}/keep-apart-codes")).await.expect(201).body["code"].clone();
        app.other(Role::Referent).post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        let both = app.own(Role::Coordinator).post("plans", &json!({"request_ids": [own, other]})).await.expect(201).body;
        let placed = both["assignments"].as_array().unwrap().len();
        assert_eq!(placed, 2, "neither organisation knows of both, so nothing they read may differ: {both}");
        let path = format!("plans/{}", id_in(&both["id"]));
        for caller in [app.own(Role::Referent), app.other(Role::Referent), app.own(Role::Coordinator)] {
            let seen = caller.get(&path).await.expect(200);
            assert!(!seen.text.contains("keep_apart"), "{}", seen.text);
        }
    }
}
