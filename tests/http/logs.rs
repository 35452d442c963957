//! The two logs: complete, in order, each reads its own, and nobody changes a row unseen.

use std::collections::BTreeSet;

use api::db::anchors::Anchors;
use api::db::{Verdict, Wrong, evidence};
use api::domain::Role;
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::{TestApp, on_both};

async fn all(app: &TestApp, role: Role, own: bool, path: &str) -> Vec<Value> {
    let caller = if own { app.own(role) } else { app.other(role) };
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}?limit=7{cursor}")).await.expect(200).body;
        let items = page["items"].as_array().unwrap();
        entries.extend(items.clone());
        match page["next_cursor"].as_str() {
            // The cursor of the log of events is always there: a page that is not full is the last for now.
            Some(next) if items.len() == 7 => cursor = format!("&cursor={next}"),
            _ => return entries,
        }
    }
}

fn kinds(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["record_kind"].as_str().unwrap()).collect()
}

on_both! {
    async fn each_command_leaves_one_event_that_its_own_read(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let request = app.request().await;
        let referral = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        app.own(Role::Provider).command(&format!("referrals/{referral}/confirm")).await.refused(403, "role_not_allowed");
        app.ignore_mails();

        let everything = all(&app, Role::Auditor, true, "events").await;
        let of_accounts = |event: &&Value| ["createOrganisation", "addClient"].contains(&event["command"].as_str().unwrap());
        let commands: Vec<_> = everything.iter().skip_while(of_accounts).map(|event| event["command"].as_str().unwrap()).collect();
        assert_eq!(commands, ["createStructure", "createUnit", "declareVacancy", "createRequest", "createReferral", "acceptReferral"]);
        let positions: Vec<_> = everything.iter().map(|event| event["position"].as_i64().unwrap()).collect();
        assert_eq!(positions, (1..=i64::try_from(positions.len()).unwrap()).collect::<Vec<_>>());
        let last = everything.last().unwrap();
        assert_eq!(last["record_id"], referral.as_str());
        assert_eq!((&last["detail"]["state"], &last["detail"]["held"]), (&json!("accepted"), &json!(true)));
        assert_eq!(all(&app, Role::Auditor, false, "events").await, everything, "an auditor reads all");

        for (role, own, expected) in [
            (Role::Referent, true, vec!["referral", "request"]),
            (Role::Partner, true, vec!["referral", "request"]),
            (Role::Provider, true, vec!["referral", "structure", "unit", "vacancy"]),
            (Role::Regulator, true, vec!["referral"]),
            (Role::Coordinator, true, vec!["organisation", "structure", "unit"]),
            (Role::Coordinator, false, vec!["organisation", "structure", "unit"]),
            (Role::Administrator, true, vec!["account", "organisation"]),
            (Role::Manager, true, vec!["account"]),
            (Role::Referent, false, vec![]),
            (Role::Provider, false, vec![]),
            (Role::Regulator, false, vec![]),
        ] {
            let seen = all(&app, role, own, "events").await;
            assert_eq!(kinds(&seen), expected.into_iter().collect(), "{role} own: {own}");
            assert!(seen.iter().all(|event| everything.iter().any(|one| one["position"] == event["position"])));
            if role == Role::Coordinator && !own {
                assert!(seen.iter().all(|event| event["by_account_id"].is_null()), "whose token it was is for its organisation");
                let of_homes = seen.iter().filter(|event| event["record_kind"] != "organisation");
                assert!(of_homes.clone().count() > 0 && of_homes.clone().all(|event| event["by_organisation_id"].is_null()), "whose home it is");
            }
        }
    }

    async fn every_read_of_a_request_is_noted(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let request = app.request().await;
        let referral = app.ask(&request, &vacancy, json!({})).await.expect(201).id();
        app.ignore_mails();
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        referent.get(&format!("requests/{request}")).await.expect(200);
        referent.get("requests").await.expect(200);
        provider.get(&format!("referrals/{referral}")).await.expect(200);
        provider.get("referrals").await.expect(200);
        app.other(Role::Referent).get(&format!("requests/{request}")).await.refused(404, "not_found");
        app.other(Role::Referent).get("requests").await.expect(200);
        let noted = all(&app, Role::Auditor, true, "access-log").await;
        let operations: Vec<_> = noted.iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
        assert_eq!(operations, ["createStructure", "createRequest", "createReferral", "getRequest", "listRequests", "getReferral", "listReferrals"]);
        assert!(noted[1..].iter().all(|entry| entry["record_ids"] == json!([request])));
        assert_eq!(noted[3]["account_id"], referent.identity().account.to_string());
        assert_eq!(noted[5]["account_id"], provider.identity().account.to_string());
        for role in Role::ALL.iter().filter(|role| **role != Role::Auditor) {
            app.own(*role).get("access-log").await.refused(403, "role_not_allowed");
        }
    }

    async fn nobody_changes_a_row_unseen(app: TestApp) {
        app.vacancy(2).await;
        let request = app.request().await;
        app.own(Role::Referent).get(&format!("requests/{request}")).await.expect(200);
        app.own(Role::Referent).get(&format!("requests/{request}")).await.expect(200);
        let verdicts = || {
            let report = app.db().read(|conn| evidence::verify(conn, &Anchors::default(), app.clock().now())).unwrap();
            (report.events, report.reads)
        };
        assert_eq!(verdicts(), (Verdict::Sound(22), Verdict::Sound(4)));
        for table in ["events", "access_log"] {
            for change in ["UPDATE {} SET hash = hash", "DELETE FROM {}"] {
                assert!(app.try_sql(&change.replace("{}", table)).is_err(), "{table}: {change}");
            }
        }
        // Who owns the database can drop what refuses, but not repair the chain.
        for trigger in ["events_only_grow", "events_only_grow_update", "events_only_grow_delete", "access_log_only_grows", "access_log_only_grows_update", "access_log_only_grows_delete"] {
            drop(app.try_sql(&format!("DROP TRIGGER {trigger}")));
            for table in ["events", "access_log"] {
                drop(app.try_sql(&format!("DROP TRIGGER {trigger} ON {table}")));
            }
        }
        app.sql("UPDATE events SET command = 'withdrawVacancy' WHERE position = 3");
        app.sql("DELETE FROM access_log WHERE position = 2");
        assert_eq!(verdicts(), (Verdict::Broken(3, Wrong::Changed), Verdict::Broken(2, Wrong::Removed)));
    }

    async fn a_read_is_noted_for_the_organisation_that_read(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let (own, theirs) = (app.request().await, app.other(Role::Referent).post("requests", &crate::harness::bodies::request()).await.expect(201).id());
        app.ask(&own, &vacancy, json!({})).await.expect(201);
        let link = crate::mails::link(&app.mails()[0]);
        app.own(Role::Referent).get(&format!("requests/{own}")).await.expect(200);
        app.other(Role::Referent).get(&format!("requests/{theirs}")).await.expect(200);
        app.nobody().get(&link).await.expect(200);
        let organisation = |caller: &crate::harness::Caller| json!(caller.identity().organisation.to_string());
        let noted = all(&app, Role::Auditor, true, "access-log").await;
        let (mine, other) = (organisation(&app.own(Role::Referent)), organisation(&app.other(Role::Referent)));
        let commands = ["createStructure", "createRequest", "createReferral"];
        let reads = noted.iter().filter(|entry| !commands.contains(&entry["operation"].as_str().unwrap()));
        let reads = reads.filter(|entry| entry["operation"] != "listAccessLog");
        let mut told: Vec<_> = reads.map(|entry| (&entry["operation"], &entry["organisation_id"], entry["account_id"].is_null())).collect();
        // A link shows the request and whose home is asked.
        told.dedup();
        assert_eq!(told, [(&json!("getRequest"), &mine, false), (&json!("getRequest"), &other, false), (&json!("openLink"), &mine, true)]);
    }

    async fn what_cannot_be_noted_is_neither_read_nor_done(app: TestApp) {
        let request = app.request().await;
        let referent = app.own(Role::Referent);
        let requests = "SELECT count(*) AS n FROM requests";
        referent.get(&format!("requests/{request}")).await.expect(200);
        app.sql("ALTER TABLE access_log RENAME TO lost_log");
        for path in [format!("requests/{request}"), "requests".to_owned()] {
            let failed = referent.get(&path).await;
            assert!(failed.status.is_server_error() && !failed.text.contains("household"), "{path}: {}", failed.text);
        }
        app.sql("ALTER TABLE lost_log RENAME TO access_log");
        referent.get(&format!("requests/{request}")).await.expect(200);

        app.sql("ALTER TABLE events RENAME TO lost_events");
        let failed = referent.post("requests", &crate::harness::bodies::request()).await;
        assert!(failed.status.is_server_error(), "{}", failed.text);
        assert_eq!(app.count(requests), 1);
        app.sql("ALTER TABLE lost_events RENAME TO events");
        referent.post("requests", &crate::harness::bodies::request()).await.expect(201);
        assert_eq!(app.count(requests), 2);
    }

    async fn what_a_link_confirms_was_confirmed_by_its_addressee_and_none_of_its_clients(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let theirs = app.other(Role::Referent).post("requests", &crate::harness::bodies::request()).await.expect(201).id();
        app.other(Role::Referent).post(&format!("requests/{theirs}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201);
        let link = crate::mails::link(&app.mails()[0]);
        app.nobody().send(actix_web::http::Method::POST, &format!("{link}/confirm-vacancy"), &[], None).await.expect(200);
        let event = all(&app, Role::Auditor, true, "events").await.pop().unwrap();
        assert_eq!((&event["command"], &event["record_id"]), (&json!("confirmVacancyByLink"), &json!(vacancy)));
        let provider = app.own(Role::Provider).identity().organisation.to_string();
        assert_eq!((&event["by_organisation_id"], &event["by_account_id"]), (&json!(provider), &json!(null)));
    }

    async fn the_feed_always_says_where_to_come_back(app: TestApp) {
        let referent = app.own(Role::Referent);
        let page = async |query: &str| referent.get(&format!("events{query}")).await.expect(200).body;
        let cursor = |page: &Value| page["next_cursor"].as_str().unwrap().to_owned();
        // Nothing yet of its own: the cursor leads behind what it does not see.
        let empty = page("").await;
        assert_eq!(empty["items"], json!([]));
        let same = page(&format!("?cursor={}", cursor(&empty))).await;
        assert_eq!(same, empty, "asked again with it, it stands where it stood");
        let first = app.request().await;
        let news = page(&format!("?cursor={}", cursor(&empty))).await;
        assert_eq!(news["items"].as_array().unwrap().len(), 1);
        assert_eq!(news["items"][0]["record_id"], first.as_str());
        // Others write in between: the cursor moves on, and nothing is shown twice.
        app.site().await;
        let quiet = page(&format!("?cursor={}", cursor(&news))).await;
        assert_eq!(quiet["items"], json!([]));
        let second = app.request().await;
        let third = app.request().await;
        let one = page(&format!("?limit=1&cursor={}", cursor(&quiet))).await;
        assert_eq!(one["items"][0]["record_id"], second.as_str());
        let two = page(&format!("?limit=1&cursor={}", cursor(&one))).await;
        assert_eq!(two["items"][0]["record_id"], third.as_str());
        let end = page(&format!("?limit=1&cursor={}", cursor(&two))).await;
        assert_eq!(end["items"], json!([]));
        assert_eq!(page(&format!("?cursor={}", cursor(&end))).await["items"], json!([]));
    }

    async fn the_feed_is_narrowed_by_position_kind_and_record(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let request = app.request().await;
        let referral = app.ask(&request, &vacancy, json!({})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{referral}/acknowledge")).await.expect(200);
        app.ignore_mails();
        let auditor = app.own(Role::Auditor);
        let commands = async |query: String| -> Vec<String> {
            let page = auditor.get(&format!("events?limit=200&{query}")).await.expect(200).body;
            page["items"].as_array().unwrap().iter().map(|event| event["command"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(commands("record_kind=vacancy".to_owned()).await, ["declareVacancy"]);
        assert_eq!(commands(format!("record_id={referral}")).await, ["createReferral", "acknowledgeReferral"]);
        assert_eq!(commands(format!("record_id={referral}&record_kind=vacancy")).await, Vec::<String>::new());
        let all = auditor.get("events?limit=200").await.expect(200).body;
        let asked = all["items"].as_array().unwrap().iter().find(|event| event["command"] == "createReferral").unwrap();
        assert_eq!(commands(format!("after={}", asked["position"])).await, ["acknowledgeReferral"]);
        let last = all["items"].as_array().unwrap().last().unwrap()["position"].as_i64().unwrap();
        assert_eq!(commands(format!("after={last}")).await, Vec::<String>::new());
        // Whichever is farther counts, and the cursor of an empty page never leads back.
        let far = auditor.get(&format!("events?after={}", last + 100)).await.expect(200).body;
        let next = far["next_cursor"].as_str().unwrap();
        assert_eq!(commands(format!("cursor={next}&after=1")).await, Vec::<String>::new(), "the later of the two");
        for wrong in ["after=-1", "after=x", "after=1.5", "record_kind=bed", "record_id=1", "order=newest"] {
            let refused = auditor.get(&format!("events?{wrong}")).await.refused(400, "invalid_parameter");
            let named = wrong.split('=').next().unwrap();
            assert!(named == "order" || refused.body["errors"][0]["parameter"] == named, "{}", refused.text);
        }
    }

    async fn an_association_learns_who_comes_through_a_regulator_s_door(app: TestApp) {
        let (provider, referent, regulator) = (app.own(Role::Provider), app.own(Role::Referent), app.other(Role::Regulator));
        let organisation = format!("organisations/{}", regulator.identity().organisation);
        let body = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": [], "contact": crate::harness::bodies::reached_at("regulateur@example.org")});
        app.own(Role::Administrator).put(&organisation, "*", &body).await.expect(200);
        let site = app.site_with(&crate::harness::bodies::structure(), &crate::harness::bodies::with(crate::harness::bodies::unit(), json!({"doors": ["115"]}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &crate::harness::bodies::vacancy()).await.expect(201).id();
        // Asked by another organisation, so that only the door and the place concern this one.
        let stranger = app.other(Role::Referent);
        let request = stranger.post("requests", &crate::harness::bodies::request()).await.expect(201).id();
        let asked = |vacancy: &str| json!({"vacancy_id": vacancy});
        let path = format!("referrals/{}", stranger.post(&format!("requests/{request}/referrals"), &asked(&vacancy)).await.expect(201).id());
        let learns = async || -> Vec<String> {
            let page = provider.get("events?record_kind=referral").await.expect(200).body;
            page["items"].as_array().unwrap().iter().map(|event| event["command"].as_str().unwrap().to_owned()).collect()
        };
        regulator.command(&format!("{path}/accept")).await.expect(200);
        assert_eq!(learns().await, Vec::<String>::new(), "who only asks is the regulator's to know");
        stranger.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        regulator.command(&format!("{path}/arrival")).await.expect(200);
        regulator.post(&format!("{path}/end"), &json!({"reason": "left", "request": "open"})).await.expect(200);
        assert_eq!(learns().await, ["confirmReferral", "recordArrival", "endStay"]);

        // That they do not come after all is told, too.
        let again = format!("referrals/{}", stranger.post(&format!("requests/{request}/referrals"), &asked(&vacancy)).await.expect(201).id());
        regulator.command(&format!("{again}/accept")).await.expect(200);
        stranger.post(&format!("{again}/confirm"), &app.arrival_in(1)).await.expect(200);
        stranger.command(&format!("{again}/withdraw")).await.expect(200);
        assert_eq!(learns().await[3..], ["confirmReferral", "withdrawReferral"]);
        assert_eq!(app.other(Role::Provider).get("events?record_kind=referral").await.expect(200).body["items"].as_array().unwrap().iter().filter(|event| event["command"] == "recordArrival").count(), 1, "the regulator's own organisation reads it as addressee");
        assert!(referent.get("events").await.expect(200).body["items"].as_array().unwrap().is_empty());
        app.ignore_mails();
    }
}
