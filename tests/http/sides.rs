//! Who stands on a side of something reads it as that side, and as no other: events of referrals, encounters, requests that are lent, and who is
//! shown and asked of a place with several doors.

use api::cli::client;
use api::domain::Role;
use serde_json::{Value, json};

use super::keep_apart::linked;
use crate::harness::bodies::{self, request, structure, unit, vacancy, with};
use crate::harness::{Caller, TestApp, on_both};

/// The commands of the events of referrals that somebody reads.
async fn of_referrals(caller: &Caller) -> Vec<String> {
    let page = caller.get("events?record_kind=referral").await.expect(200).body;
    page["items"].as_array().unwrap().iter().map(|event| event["command"].as_str().unwrap().to_owned()).collect()
}

/// How many events tell somebody of an encounter.
async fn encounters(caller: &Caller) -> usize {
    let page = caller.get("events?limit=200").await.expect(200).body;
    page["items"].as_array().unwrap().iter().filter(|event| event["detail"].get("encounter").is_some()).count()
}

/// Somebody who keeps doors.
async fn keeper(app: &TestApp, name: &str, doors: Value, email: &str) -> Caller {
    let keeps =
        json!({"name": name, "kind": "regulator", "doors": doors, "departments": ["69"], "contact": bodies::reached_at(email)});
    app.own(Role::Administrator).post("organisations", &keeps).await.expect(201);
    app.with_token(&client::make(app.db(), name, Role::Regulator).unwrap().0)
}

/// The organisation of a caller that was made for this test.
async fn organisation_of(caller: &Caller) -> String {
    caller.get("me").await.expect(200).body["organisation_id"].as_str().unwrap().to_owned()
}

/// A vacancy of a unit in Lyon.
async fn place(app: &TestApp, changes: Value) -> (String, String) {
    let site = app.site_with(&structure(), &with(unit(), changes)).await;
    let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
    (site.unit, vacancy)
}

on_both! {
    async fn an_event_of_a_referral_is_read_by_the_role_that_stands_on_its_side(app: TestApp) {
        let (_, vacancy) = place(&app, json!({})).await;
        let asks = app.other(Role::Referent);
        let request = asks.post("requests", &request()).await.expect(201).id();
        let path = format!("referrals/{}", asks.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).id());
        app.own(Role::Provider).command(&format!("{path}/accept")).await.expect(200);
        let both = ["createReferral", "acceptReferral"];
        assert_eq!(of_referrals(&asks).await, both);
        assert_eq!(of_referrals(&app.own(Role::Provider)).await, both);
        // Of the same organisations, and on neither side: the record does not exist for them, and neither do its events.
        for nobody in [app.own(Role::Referent), app.other(Role::Provider), app.other(Role::Regulator)] {
            nobody.get(&path).await.expect(404);
            assert_eq!(of_referrals(&nobody).await, Vec::<String>::new());
        }
        // Who has both roles reads both.
        let whole = app.in_roles(app.own(Role::Referent).identity().organisation, &[Role::Referent, Role::Provider]);
        assert_eq!(of_referrals(&whole).await, both);
        app.ignore_mails();
    }

    async fn a_115_that_stands_in_is_told_of_no_encounter_in_which_it_asks(app: TestApp) {
        let contact = json!({"numbers": [{"label": "coordination", "phone": "01 99 00 00 10", "hours": "Jan 01 00:00-00:01"}], "email": "coordination@example.org"});
        let coordination = json!({"name": "Coordination fictive", "kind": "coordination", "contact": contact});
        app.own(Role::Administrator).post("organisations", &coordination).await.expect(201);
        let regulator = app.other(Role::Regulator);
        let keeps = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": bodies::reached_at("other@example.org")});
        app.own(Role::Administrator).put(&format!("organisations/{}", regulator.identity().organisation), "*", &keeps).await.expect(200);
        let (own, other) = linked(&app).await;
        let (_, vacancy) = place(&app, json!({})).await;
        app.ask(&own, &vacancy, json!({"hold": true})).await.expect(201);
        app.ignore_mails();
        let asked = app.other(Role::Referent).post(&format!("requests/{other}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).id();
        assert_eq!(encounters(&app.own(Role::Coordinator)).await, 1);
        assert_eq!(encounters(&regulator).await, 0, "it asks itself");
        let told: Vec<_> = app.mails().into_iter().filter(|mail| mail.subject.contains("sécurité")).map(|mail| mail.to).collect();
        assert_eq!(told, ["coordination@example.org"]);
        let called = app.own(Role::Provider).get(&format!("referrals/{asked}")).await.expect(200).body["safety_call"].clone();
        assert_eq!(called["name"], "Coordination fictive");

        // Nor one that has a request of either side for the night.
        let asks = app.in_roles(app.own(Role::Referent).identity().organisation, &[Role::Referent]);
        let (one, two) = (app.request().await, app.request().await);
        let code = asks.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
        asks.post(&format!("requests/{two}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        asks.post(&format!("requests/{one}/lend"), &app.lending_for(9)).await.expect(200);
        let (_, elsewhere) = place(&app, json!({})).await;
        app.other(Role::Referent).post(&format!("requests/{one}/referrals"), &json!({"vacancy_id": elsewhere, "hold": true})).await.expect(201);
        app.ask(&two, &elsewhere, json!({})).await.expect(201);
        assert!(encounters(&app.own(Role::Coordinator)).await > 1);
        assert_eq!(encounters(&regulator).await, 0, "it has one of them in its hands");
        app.ignore_mails();
    }

    async fn a_115_that_stands_in_reads_what_is_lent_to_it_as_its_own(app: TestApp) {
        let contact = json!({"numbers": [{"label": "coordination", "phone": "01 99 00 00 10", "hours": "Jan 01 00:00-00:01"}], "email": "coordination@example.org"});
        let coordination = json!({"name": "Coordination fictive", "kind": "coordination", "contact": contact});
        app.own(Role::Administrator).post("organisations", &coordination).await.expect(201);
        let organisation = app.other(Role::Regulator).identity().organisation;
        let keeps = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": bodies::reached_at("other@example.org")});
        app.own(Role::Administrator).put(&format!("organisations/{organisation}"), "*", &keeps).await.expect(200);
        let (owner, at_night) = (app.own(Role::Referent), app.in_roles(organisation, &[Role::Regulator, Role::Referent]));
        let (one, two) = (app.request().await, app.request().await);
        let code = owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
        owner.post(&format!("requests/{two}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        let (_, vacancy) = place(&app, json!({})).await;
        app.ask(&one, &vacancy, json!({"hold": true})).await.expect(201);
        let asked = app.ask(&two, &vacancy, json!({})).await.expect(201).id();
        let told = async || {
            let page = at_night.get("events?record_kind=referral").await.expect(200).body;
            page["items"].as_array().unwrap().iter().find(|event| event["record_id"] == asked.as_str()).unwrap()["detail"].clone()
        };
        let heard = told().await;
        assert!(heard["encounter"].is_object() && heard["state"].is_null(), "that they would meet, and no more: {heard}");
        owner.post(&format!("requests/{two}/lend"), &app.lending_for(9)).await.expect(200);
        let read = told().await;
        assert!(read["encounter"].is_object() && read["state"] == "asked", "it has the request in its hands: {read}");
        app.ignore_mails();
    }

    async fn a_code_of_a_borrower_is_good_while_it_has_the_request(app: TestApp) {
        let (owner, borrower) = (app.own(Role::Referent), app.other(Role::Referent));
        let (lent, another) = (app.request().await, borrower.post("requests", &request()).await.expect(201).id());
        let (lend, links) = (format!("requests/{lent}/lend"), format!("requests/{another}/keep-apart-links"));
        let code = async || borrower.command(&format!("requests/{lent}/keep-apart-codes")).await.expect(201).body["code"].clone();
        owner.post(&lend, &app.lending_for(9)).await.expect(200);
        let made = code().await;
        owner.command(&format!("requests/{lent}/end-lending")).await.expect(200);
        borrower.post(&links, &json!({"code": made})).await.refused(409, "code_not_valid");
        owner.post(&lend, &app.lending_for(9)).await.expect(200);
        let made = code().await;
        borrower.post(&links, &json!({"code": made})).await.expect(201);
        app.ignore_mails();
    }

    async fn a_borrower_agrees_to_no_end_of_a_link(app: TestApp) {
        let (owner, borrower) = (app.own(Role::Referent), app.other(Role::Referent));
        let (lent, another) = linked(&app).await;
        let links = format!("requests/{lent}/keep-apart-links");
        let link = owner.get(&links).await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        owner.post(&format!("requests/{lent}/lend"), &app.lending_for(9)).await.expect(200);
        let agreed = borrower.command(&format!("requests/{another}/keep-apart-links/{link}/end")).await.expect(200).body;
        assert_eq!(agreed["ended_at"], Value::Null, "its own side alone");
        borrower.command(&format!("{links}/{link}/end")).await.refused(403, "role_not_allowed");
        assert_eq!(owner.get(&links).await.expect(200).body["items"][0]["ended_at"], Value::Null);
        assert!(owner.command(&format!("{links}/{link}/end")).await.expect(200).body["ended_at"].is_string());
        app.ignore_mails();
    }

    async fn who_is_shown_of_a_place_with_several_doors_is_who_is_asked(app: TestApp) {
        let emergency = keeper(&app, "115 du Rhône (fictif)", json!(["115"]), "115@example.org").await;
        let emergency = organisation_of(&emergency).await;
        let protection = keeper(&app, "Protection de l’enfance (fictive)", json!(["child_protection"]), "crip@example.org").await;
        let protection = organisation_of(&protection).await;
        let home = app.own(Role::Provider).identity().organisation.to_string();
        let minors = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE 69-2024-11"});
        let lone = json!([{"gender": "female", "minority": "minor", "age": 16}]);
        for (doors, is_minor, asked) in [
            (["115", "siao"], false, &emergency), (["siao", "115"], false, &emergency), (["direct", "115"], false, &emergency), (["siao", "direct"], false, &home),
            (["child_protection", "siao"], false, &home), (["siao", "child_protection"], false, &home),
            (["child_protection", "115"], false, &emergency),
            (["child_protection", "siao"], true, &protection), (["siao", "child_protection"], true, &protection), (["115", "child_protection"], true, &protection),
        ] {
            let takes = if is_minor { minors.clone() } else { Value::Null };
            let (unit, vacancy) = place(&app, json!({"doors": doors, "unaccompanied_minors": takes})).await;
            let household = if is_minor { with(request(), json!({"household": lone})) } else { request() };
            let request = app.own(Role::Referent).post("requests", &household).await.expect(201).id();
            let ranking = app.own(Role::Referent).rank(&format!("requests/{request}/rank"), None).await.expect(200).body;
            let card = ranking["proposals"].as_array().unwrap().iter().find(|one| one["unit_id"] == unit.as_str()).unwrap()["contact"].clone();
            assert_eq!(card["organisation_id"], asked.as_str(), "{doors:?}, {is_minor}: shown");
            assert_eq!(card["by"], if *asked == home { "home" } else { "regulator" }, "{doors:?}, {is_minor}");
            let referral = app.own(Role::Referent).post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).body;
            assert_eq!(referral["addressee_id"], asked.as_str(), "{doors:?}, {is_minor}: asked");
        }
        app.ignore_mails();
    }
}
