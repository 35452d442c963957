//! A home is what it says it is (design §5): it is matched once somebody who is not its organisation has vouched for it; what opens waits, what
//! closes counts at once.

use api::cli::seed::load_records;
use api::domain::Role;
use api::domain::Unit;
use api::domain::vouching::{Widened, widened};
use api::seed::demo;
use api::web::pages::words::vouching as words;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{ad_hoc_request, structure, unit, vacancy, with, without};
use crate::harness::{Caller, Side, Site, TestApp, on_both};

/// Makes an organisation one of a kind, with doors, over departments.
async fn names(app: &TestApp, side: Side, kind: &str, doors: Value, departments: Value) {
    let organisation = app.caller(Role::Provider, side).identity().organisation;
    let name = if side == Side::Own { "Organisation fictive" } else { "Autre organisation fictive" };
    let body = json!({"name": name, "kind": kind, "doors": doors, "departments": departments, "contact": {"numbers": [{"phone": "01 99 00 55 66"}]}});
    app.own(Role::Administrator).put(&format!("organisations/{organisation}"), "*", &body).await.expect(200);
}

/// A home of the own organisation with two free beds, for which nobody vouches yet.
async fn bare(app: &TestApp, more: Value) -> (Site, String) {
    let site = app.site_with(&structure(), &with(unit(), more)).await;
    let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
    (site, vacancy)
}

/// The units that are ranked for a household, and those that are shown apart.
async fn ranked(app: &TestApp, request: &Value) -> (Vec<String>, Vec<String>) {
    let body = app.own(Role::Referent).rank("rank?top=50", Some(request)).await.expect(200).body;
    let units = |list: &str| {
        let proposals = body[list].as_array().unwrap().iter();
        proposals.map(|proposal| proposal["unit_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    (units("proposals"), units("not_vouched_for"))
}

fn none() -> Vec<String> {
    Vec::new()
}

fn person(age: u8) -> Value {
    json!({"gender": "female", "minority": if age < 18 { "minor" } else { "adult" }, "age": age})
}

/// An edit of the own organisation's unit.
async fn edit(app: &TestApp, unit: &str, body: &Value) -> Value {
    let provider = app.own(Role::Provider);
    let seen = provider.get(&format!("units/{unit}")).await.expect(200).etag();
    provider.put(&format!("units/{unit}"), &seen, body).await.expect(200).body
}

on_both! {
    async fn a_home_stands_apart_until_somebody_else_vouches_for_it(app: TestApp) {
        let app = app.bare();
        names(&app, Side::Other, "siao", json!([]), json!(["69"])).await;
        let (site, vacancy) = bare(&app, json!({})).await;
        assert_eq!(ranked(&app, &ad_hoc_request()).await, (none(), vec![site.unit.clone()]));
        let own = app.own(Role::Provider).get(&format!("units/{}", site.unit)).await.expect(200).body;
        assert_eq!((own["vouching"].as_str(), &own["vouched_at"], &own["pending"]), (Some("never"), &Value::Null, &Value::Null));

        // No bed of it is held; asked it is.
        let request = app.request().await;
        app.ask(&request, &vacancy, json!({"hold": true})).await.refused(409, "not_vouched_for");
        assert_eq!(app.beds(&vacancy).await, (2, 0));
        app.ask(&request, &vacancy, json!({})).await.expect(201);
        // Whoever ranks is shown nothing of the home, and the SIAO in its stead.
        let stored = app.request().await;
        let ranking = app.own(Role::Referent).rank(&format!("requests/{stored}/rank"), None).await.expect(200);
        let apart = &ranking.body["not_vouched_for"][0];
        assert_eq!((apart["contact"]["by"].as_str(), apart["contact"]["name"].as_str()), (Some("siao"), Some("Autre organisation fictive")));
        assert!(!ranking.text.contains("Tilleuls"), "{}", ranking.text);
        assert_eq!(ranking.body["evaluated"], 0, "counted among none of the others");

        // Never by its own organisation, whatever its office.
        let waits = app.waiting(&app.other(Role::Provider), &site.unit).await.unwrap();
        let revision = waits["revision"].as_str().unwrap();
        names(&app, Side::Own, "siao", json!([]), json!(["69"])).await;
        for role in [Role::Coordinator, Role::Provider, Role::Referent] {
            app.own(role).vouch(&site.unit, revision).await.refused(404, "not_found");
            assert_eq!(app.waiting(&app.own(role), &site.unit).await, None, "{role}");
        }
        let answer = app.other(Role::Provider).vouch(&site.unit, revision).await.expect(200);
        assert_eq!(answer.body["vouching"], "vouched");
        assert_eq!(ranked(&app, &ad_hoc_request()).await, (vec![site.unit.clone()], none()));
        let elsewhere = app.another_instance().await;
        assert_eq!(ranked(&elsewhere, &ad_hoc_request()).await.0, std::slice::from_ref(&site.unit), "every instance follows");
        let own = app.own(Role::Provider).get(&format!("units/{}", site.unit)).await.expect(200).body;
        assert_eq!(own["vouched_by_id"], json!(app.other(Role::Provider).identity().organisation));
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        app.other(Role::Provider).vouch(&site.unit, revision).await.refused(409, "nothing_to_vouch_for");
        app.ignore_mails();
    }

    async fn those_who_may_are_a_siao_and_a_115_of_the_department_the_regulator_of_its_door_and_the_coordination(app: TestApp) {
        let app = app.bare();
        let (direct, _) = bare(&app, json!({"doors": ["direct"]})).await;
        let (asylum, _) = bare(&app, json!({"doors": ["asylum"]})).await;
        let may = async |role: Role| {
            let by = app.other(role);
            (app.waiting(&by, &direct.unit).await.is_some(), app.waiting(&by, &asylum.unit).await.is_some())
        };
        for (kind, doors, departments, role, expected) in [
            ("association", json!([]), json!(["69"]), Role::Provider, (false, false)),
            ("siao", json!([]), json!(["42"]), Role::Provider, (false, false)),
            ("siao", json!([]), json!(["69"]), Role::Provider, (true, true)),
            ("siao", json!([]), json!(["69"]), Role::Referent, (true, true)),
            ("regulator", json!(["115"]), json!(["42"]), Role::Regulator, (false, false)),
            // All of France names no department.
            ("regulator", json!(["115"]), json!([]), Role::Regulator, (false, false)),
            ("regulator", json!(["115"]), json!(["69"]), Role::Regulator, (true, true)),
            ("regulator", json!(["asylum"]), json!([]), Role::Regulator, (false, true)),
            ("regulator", json!(["acse"]), json!([]), Role::Regulator, (false, false)),
            ("coordination", json!([]), json!([]), Role::Coordinator, (true, true)),
        ] {
            names(&app, Side::Other, kind, doors.clone(), departments.clone()).await;
            assert_eq!(may(role).await, expected, "{kind} {doors} {departments} {role}");
            for (unit, may) in [(&direct.unit, expected.0), (&asylum.unit, expected.1)] {
                // A wrong revision: whoever may is told so, whoever may not finds nothing.
                let answer = app.other(role).vouch(unit, "nothing").await;
                assert_eq!(answer.status.as_u16(), if may { 412 } else { 404 }, "{kind} {doors} {departments} {role}: {}", answer.text);
            }
        }
        names(&app, Side::Other, "regulator", json!(["asylum"]), json!([])).await;
        app.vouch_by(&app.other(Role::Regulator), &asylum.unit).await.expect(200);
    }

    async fn what_waits_is_shown_with_its_numbers_noted_and_not_any_more_once_it_is_decided(app: TestApp) {
        let app = app.bare();
        let site = app.site_with(&with(structure(), json!({"finess": "690000005"})), &unit()).await;
        let coordinator = app.other(Role::Coordinator);
        let waits = app.waiting(&coordinator, &site.unit).await.unwrap();
        for (field, expected) in [("name", json!("Structure fictive des Tilleuls")), ("commune", json!("69123")), ("finess", json!("690000005")),
            ("department", json!("69")), ("organisation", json!("Organisation fictive")), ("waits", json!(["new"]))] {
            assert_eq!(waits[field], expected, "{field}");
        }
        assert_eq!(waits["numbers"][0]["phone"], "+33199001234");
        assert_eq!(app.noted("listUnitsToVouchFor").await.into_iter().map(|(_, record)| record).collect::<Vec<_>>(), std::slice::from_ref(&site.structure));
        app.vouch_by(&coordinator, &site.unit).await.expect(200);
        let after = coordinator.get("units/to-vouch-for").await.expect(200);
        assert_eq!(after.body["items"], json!([]), "{}", after.text);
        let log = coordinator.get("events?record_kind=unit&limit=200").await.expect(200).body;
        assert!(log["items"].as_array().unwrap().iter().any(|event| event["command"] == "vouchForUnit"), "{log}");
    }

    async fn who_vouches_names_the_revision_that_was_looked_at(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({"max_household": 2})).await;
        let coordinator = app.other(Role::Coordinator);
        let revision = app.waiting(&coordinator, &site.unit).await.unwrap()["revision"].as_str().unwrap().to_owned();
        coordinator.command(&format!("units/{}/vouch", site.unit)).await.refused(428, "if_match_missing");
        edit(&app, &site.unit, &with(unit(), json!({"specialised": true}))).await;
        coordinator.vouch(&site.unit, &revision).await.refused(412, "etag_mismatch");
        // Another contact is another revision too.
        let revision = app.waiting(&coordinator, &site.unit).await.unwrap()["revision"].as_str().unwrap().to_owned();
        let (provider, path) = (app.own(Role::Provider), format!("structures/{}", site.structure));
        let seen = provider.get(&path).await.expect(200).etag();
        provider.put(&path, &seen, &with(structure(), json!({"trafficking_contact": {"numbers": [{"phone": "01 99 00 77 77"}]}}))).await.expect(200);
        coordinator.vouch(&site.unit, &revision).await.refused(412, "etag_mismatch");
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, none());
        app.vouch(&site.unit).await;
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, [site.unit]);
    }

    async fn all_that_is_looked_at_of_a_home_is_of_its_revision(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({})).await;
        let (coordinator, provider, path) = (app.other(Role::Coordinator), app.own(Role::Provider), format!("structures/{}", site.structure));
        let looked_at = async || app.waiting(&coordinator, &site.unit).await.unwrap()["revision"].as_str().unwrap().to_owned();
        let mut stands = structure();
        for change in [
            json!({"name": "Structure fictive des Érables"}),
            json!({"town": "Lyon 3e"}),
            json!({"commune": "69266", "town": "Villeurbanne"}),
            json!({"finess": "690000005"}),
            json!({"siret": "73282932000074"}),
        ] {
            let revision = looked_at().await;
            stands = with(stands, change.clone());
            provider.put(&path, "*", &stands).await.expect(200);
            coordinator.vouch(&site.unit, &revision).await.refused(412, "etag_mismatch");
            assert_ne!(looked_at().await, revision, "{change}");
        }
        // So is that somebody else has come with one of its numbers.
        let revision = looked_at().await;
        app.third_party().await.post("structures", &with(structure(), json!({"siret": "73282932000074"}))).await.expect(201);
        coordinator.vouch(&site.unit, &revision).await.refused(412, "etag_mismatch");
        coordinator.vouch(&site.unit, &looked_at().await).await.expect(200);
        app.ignore_mails();
    }

    async fn a_home_that_nobody_vouched_for_is_for_adults_only(app: TestApp) {
        let app = app.bare();
        let (site, vacancy) = bare(&app, json!({"doors": ["siao"], "unaccompanied_minors": {"min_age": 12, "max_age": 17, "genders": ["female"]}})).await;
        let alone = with(ad_hoc_request(), json!({"household": [person(16)]}));
        let child = with(ad_hoc_request(), json!({"household": [person(30), {"gender": "male", "minority": "minor", "age": 4, "with_parent": true}]}));
        for minors in [&alone, &child] {
            assert_eq!(ranked(&app, minors).await, (none(), none()));
        }
        let mother = with(crate::harness::bodies::request(), json!({"household": child["household"]}));
        let request = app.own(Role::Referent).post("requests", &mother).await.expect(201).id();
        app.ask(&request, &vacancy, json!({})).await.refused(409, "not_eligible");
        app.vouch(&site.unit).await;
        for minors in [&alone, &child] {
            assert_eq!(ranked(&app, minors).await, (vec![site.unit.clone()], none()));
        }
        app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        app.ignore_mails();
    }

    async fn what_opens_waits_as_a_whole_and_what_closes_counts_at_once(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({"genders": ["female"], "max_household": 2, "places": 10, "children": null})).await;
        app.vouch(&site.unit).await;
        let stands = with(unit(), json!({"genders": ["female"], "max_household": 2, "places": 10, "children": null}));
        let man = with(ad_hoc_request(), json!({"household": [{"gender": "male", "minority": "adult", "age": 30}]}));

        // Men, and another language: all of it waits.
        let wider = with(stands.clone(), json!({"genders": ["female", "male"], "languages": ["ro"]}));
        let answer = edit(&app, &site.unit, &wider).await;
        assert_eq!(answer["genders"], json!(["female"]));
        assert_eq!(answer["languages"], json!(["fr", "en"]));
        assert_eq!((&answer["pending"]["genders"], &answer["pending"]["languages"]), (&json!(["female", "male"]), &json!(["ro"])));
        assert_eq!(ranked(&app, &man).await, (none(), none()));
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, std::slice::from_ref(&site.unit), "what was vouched for is matched");
        let profile = app.other(Role::Referent).get(&format!("units/{}", site.unit)).await.expect(200).body;
        assert_eq!(profile.get("pending"), None, "shown to its organisation and to who may vouch");
        let waits = app.waiting(&app.other(Role::Coordinator), &site.unit).await.unwrap();
        assert_eq!((&waits["waits"], &waits["widened"], &waits["pending"]["genders"]), (&json!(["edit"]), &json!(["genders"]), &json!(["female", "male"])));

        // Written anew, the edit that waited is gone.
        let answer = edit(&app, &site.unit, &with(stands.clone(), json!({"languages": ["ro"]}))).await;
        assert_eq!((&answer["pending"], &answer["languages"]), (&Value::Null, &json!(["ro"])));
        assert_eq!(app.waiting(&app.other(Role::Coordinator), &site.unit).await, None);

        edit(&app, &site.unit, &wider).await;
        app.vouch(&site.unit).await;
        assert_eq!(ranked(&app, &man).await.0, std::slice::from_ref(&site.unit));
        // Taken away it counts at once, and given again it waits.
        assert_eq!(edit(&app, &site.unit, &stands).await["pending"], Value::Null);
        assert_eq!(ranked(&app, &man).await.0, none());
        assert_ne!(edit(&app, &site.unit, &wider).await["pending"], Value::Null);

        // Twice the places that were vouched for count, however many steps it takes; more wait.
        assert_eq!(edit(&app, &site.unit, &with(stands.clone(), json!({"places": 20}))).await["pending"], Value::Null);
        let more = edit(&app, &site.unit, &with(stands.clone(), json!({"places": 21}))).await;
        assert_eq!((&more["places"], &more["pending"]["places"]), (&json!(20), &json!(21)));
        let provider = app.own(Role::Provider);
        provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 19}))).await.refused(409, "contradiction");
    }

    async fn another_kind_or_site_leaves_the_rankings_until_somebody_vouches_again(app: TestApp) {
        let app = app.bare();
        let (site, vacancy) = bare(&app, json!({})).await;
        app.vouch(&site.unit).await;
        let answer = edit(&app, &site.unit, &with(unit(), json!({"kind": "specialised_home", "specialised": true}))).await;
        assert_eq!((answer["kind"].as_str(), answer["vouching"].as_str()), (Some("specialised_home"), Some("again")));
        assert_eq!(ranked(&app, &ad_hoc_request()).await, (none(), none()), "not even apart");
        app.ask(&app.request().await, &vacancy, json!({})).await.refused(409, "vacancy_withdrawn");
        let waits = app.waiting(&app.other(Role::Coordinator), &site.unit).await.unwrap();
        assert_eq!((&waits["waits"], &waits["vouched_kind"]), (&json!(["kind"]), &json!("chrs")));
        app.vouch(&site.unit).await;
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, std::slice::from_ref(&site.unit));

        let (provider, path) = (app.own(Role::Provider), format!("structures/{}", site.structure));
        let seen = provider.get(&path).await.expect(200).etag();
        provider.put(&path, &seen, &with(structure(), json!({"town": "près de Lyon"}))).await.expect(200);
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, std::slice::from_ref(&site.unit), "its words are no site");
        let seen = provider.get(&path).await.expect(200).etag();
        provider.put(&path, &seen, &with(structure(), json!({"commune": "69266"}))).await.expect(200);
        assert_eq!(ranked(&app, &ad_hoc_request()).await, (none(), none()));
        let waits = app.waiting(&app.other(Role::Coordinator), &site.unit).await.unwrap();
        assert_eq!((&waits["waits"], &waits["commune_name"]), (&json!(["site"]), &json!("Villeurbanne")));
        let told = provider.get("events?record_kind=unit&limit=200").await.expect(200).body;
        assert_eq!(told["items"].as_array().unwrap().last().unwrap()["command"], "leaveRankings");
        app.vouch(&site.unit).await;
        assert_eq!(ranked(&app, &ad_hoc_request()).await.0, [site.unit]);
    }

    async fn a_home_is_marked_as_new_for_ninety_days(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({})).await;
        app.vouch(&site.unit).await;
        let is_new = async || app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body["proposals"][0]["new_home"].clone();
        assert_eq!(is_new().await, true);
        app.clock().advance(TimeDelta::days(89));
        assert_eq!(is_new().await, true);
        app.clock().advance(TimeDelta::days(1));
        assert_eq!(is_new().await, false);
        // Vouched for again it is no newer.
        edit(&app, &site.unit, &with(unit(), json!({"kind": "specialised_home"}))).await;
        app.vouch(&site.unit).await;
        assert_eq!(is_new().await, false);
    }

    async fn a_number_that_two_give_is_shown_to_who_vouches_until_one_of_them_decides(app: TestApp) {
        let app = app.bare();
        names(&app, Side::Other, "siao", json!([]), json!(["69"])).await;
        let numbered = with(structure(), json!({"finess": "690000005"}));
        let site = app.site_with(&numbered, &unit()).await;
        app.vouch(&site.unit).await;
        let third = app.third_party().await;
        let elsewhere = with(numbered, json!({"commune": "33063"}));
        let copy = third.post("structures", &elsewhere).await.expect(201).id();
        let siao = app.other(Role::Provider);
        let waits = app.waiting(&siao, &site.unit).await.unwrap();
        assert_eq!((&waits["waits"], &waits["same_number"][0]["department"]), (&json!(["number"]), &json!("33")));
        siao.vouch(&site.unit, waits["revision"].as_str().unwrap()).await.refused(409, "nothing_to_vouch_for");
        // Each decides where its office reaches.
        let decide = async |by: &Caller, structure: &str, right: bool| by.post(&format!("structures/{structure}/registration"), &json!({"right": right})).await;
        decide(&siao, &copy, false).await.refused(404, "not_found");
        decide(&app.own(Role::Coordinator), &site.structure, true).await.refused(404, "not_found");
        decide(&siao, &site.structure, true).await.expect(200);
        assert_eq!(app.waiting(&siao, &site.unit).await, None);
        let unit = third.post(&format!("structures/{copy}/units"), &unit()).await.expect(201).id();
        let coordinator = app.other(Role::Coordinator);
        assert_eq!(app.waiting(&coordinator, &unit).await.unwrap()["waits"], json!(["new", "number"]));
        decide(&coordinator, &copy, false).await.expect(200);
        assert_eq!(app.waiting(&coordinator, &unit).await.unwrap()["waits"], json!(["new"]), "decided, it is asked no more");
        app.vouch(&unit).await;
        assert_eq!(app.waiting(&coordinator, &unit).await, None);
    }

    async fn the_registry_has_the_one_tap_with_what_changed_in_words(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({"genders": ["female"]})).await;
        app.vouch(&site.unit).await;
        edit(&app, &site.unit, &unit()).await;
        let (site, unit) = (&site.unit, bare(&app, json!({})).await.0.unit);
        let mut association = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        assert!(!association.get("/registre").await.expect(200).text.contains(&*maud_escaped(words::TITLE.text())), "nothing waits for it");
        let mut browser = Browser::signed_in(&app, &app.other(Role::Coordinator)).await;
        let page = browser.get("/registre").await.expect(200);
        for said in [words::TITLE.text(), words::WAITS_EDIT.text(), words::WAITS_NEW.text(), "Structure fictive des Tilleuls", "<td>femme</td><td>femme, homme</td>", "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34"] {
            let said = if said.contains('<') { said.into() } else { maud_escaped(said) };
            assert!(page.text.contains(&*said), "{said}: {}", page.text);
        }
        // The first that waits is the oldest.
        assert_eq!(browser.press(&page, words::VOUCH.text(), &[]).await.expect(303).header("location"), "/registre#a-verifier");
        assert_eq!(app.waiting(&app.other(Role::Coordinator), site).await, None);
        // Sent again from the page that was left open it has no second effect; by somebody else it comes too late.
        let mut other = Browser::signed_in(&app, &app.third_party_coordinator()).await;
        let late = other.get("/registre").await.expect(200);
        app.vouch(&unit).await;
        let said = other.press(&late, words::VOUCH.text(), &[]).await.expect(409);
        assert!(said.text.contains(&*maud_escaped(words::CHANGED_SINCE.text())), "{}", said.text);
        let page = browser.get("/registre").await.expect(200);
        assert!(!page.text.contains(&*maud_escaped(words::VOUCH.text())), "{}", page.text);
    }

    async fn places_that_nobody_vouched_for_stand_last_and_say_to_call_the_siao(app: TestApp) {
        let app = app.bare();
        bare(&app, json!({"kind": "specialised_home"})).await;
        let request = app.request().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{request}/places")).await.expect(200).text;
        let apart = page.find(&*maud_escaped(words::APART.text())).unwrap_or_else(|| panic!("{page}"));
        assert!(page[apart..].contains("Foyer spécialisé") && !page[..apart].contains("Foyer spécialisé"), "after all others: {page}");
        assert!(!page.contains("Tilleuls") && !page.contains("name=\"vacancy\""), "no home is named and none asked: {page}");
        let mut provider = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let page = provider.get("/structures").await.expect(200).text;
        assert!(page.contains(&*maud_escaped(words::NOT_YET.text())), "its organisation is told: {page}");
    }

    async fn a_false_home_ranks_first_for_nobody(app: TestApp) {
        let app = app.bare();
        let registry = demo::registry(app.clock().now()).unwrap();
        load_records(app.db(), &registry).unwrap();
        let perfect = json!({"kind": "specialised_home", "specialised": true, "stages": ["emergency", "stabilisation", "integration"], "genders": ["female", "male", "other"],
            "children": {"max_age": 17}, "unaccompanied_minors": {"min_age": 0, "max_age": 20, "genders": ["female", "male", "other"]}, "setting": "alone", "couples": true,
            "max_household": 20, "languages": ["fr", "en", "ro", "it"], "offers": ["legal_support", "interpreting", "psychological_care", "secret_address"], "conditions": [], "steps": [], "doors": ["siao"]});
        let paris = with(structure(), json!({"commune": "75111", "town": "Paris"}));
        let false_home = app.site_with(&paris, &with(unit(), perfect)).await.unit;
        app.own(Role::Provider).post(&format!("units/{false_home}/vacancies"), &with(vacancy(), json!({"beds": 50}))).await.expect(201);
        let (referent, mut apart) = (app.own(Role::Referent), 0);
        assert_eq!(registry.requests.len(), 40);
        let bodies: Vec<_> = registry.requests.iter().map(|(_, _, request, _)| {
            let stored_only = ["information", "lone_minors", "seen_apart", "reference", "in_charge", "message", "safety_instructions"];
            stored_only.iter().fold(serde_json::to_value(request).unwrap(), |body, field| without(body, field))
        }).collect();
        for body in &bodies {
            let ranking = referent.rank("rank?top=100", Some(body)).await.expect(200).body;
            assert!(ranking["proposals"].as_array().unwrap().iter().all(|proposal| proposal["unit_id"] != false_home), "{body}");
            apart += usize::from(ranking["not_vouched_for"][0]["unit_id"] == false_home);
        }
        assert!(apart > 0, "shown apart to some");
        // It would have been first for many: that is what vouching is for.
        app.vouch(&false_home).await;
        let mut first = 0;
        for body in &bodies {
            first += usize::from(referent.rank("rank", Some(body)).await.expect(200).body["proposals"][0]["unit_id"] == false_home);
        }
        assert!(first >= 5, "{first}");
        assert_eq!(app.count("SELECT count(*) AS n FROM units WHERE vouched_by_id IS NULL"), 0, "seeds come vouched for, by name");
    }

    async fn what_waits_is_sealed_anew_with_the_rest(app: TestApp) {
        let app = app.bare();
        let (site, _) = bare(&app, json!({"max_household": 2})).await;
        app.vouch(&site.unit).await;
        let minors = json!({"min_age": 12, "max_age": 17, "genders": ["female"], "accreditation": "Habilitation fictive 7741"});
        edit(&app, &site.unit, &with(unit(), json!({"unaccompanied_minors": minors}))).await;
        let generation = app.db().keys().begin_generation().unwrap();
        app.db().write_beside(|conn| api::db::units::seal_again(conn, generation, None)).unwrap();
        let generations = app.db().read(api::db::structures::generations).unwrap();
        assert!(generations.contains(&generation), "{generations:?}");
        let waits = app.waiting(&app.other(Role::Coordinator), &site.unit).await.unwrap();
        assert_eq!(waits["pending"]["unaccompanied_minors"]["accreditation"], "Habilitation fictive 7741");
    }
}

fn profile(more: &Value) -> Unit {
    let mut body = json!({"kind": "chrs", "stages": ["emergency"], "genders": ["female", "male"], "adult_ages": {"min": 18, "max": 60},
        "max_household": 3, "setting": "mixed", "children": {"max_age": 12, "boys_max_age": null},
        "unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE"},
        "doors": ["siao", "115"], "places": 10});
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    serde_json::from_value(body).unwrap()
}

#[test]
fn what_only_takes_away_opens_nothing_and_all_else_does() {
    let before = profile(&json!({}));
    let less = [
        json!({"genders": ["male"]}),
        json!({"children": null}),
        json!({"children": {"max_age": 11, "boys_max_age": 3}}),
        json!({"unaccompanied_minors": null}),
        json!({"unaccompanied_minors": {"min_age": 15, "max_age": 16, "genders": ["female"], "accreditation": "ASE"}}),
        json!({"adult_ages": null}),
        json!({"adult_ages": {"min": 20, "max": 59}}),
        json!({"doors": ["115"]}),
        json!({"max_household": 1}),
        json!({"places": 20}),
        json!({"places": 1, "stages": ["integration"], "specialised": true}),
    ];
    for edit in less {
        assert_eq!(widened(10, &before, &profile(&edit)), [], "{edit}");
    }
    let more = [
        (Widened::Genders, json!({"genders": ["female", "other"]})),
        (Widened::Children, json!({"children": {"max_age": 13, "boys_max_age": null}})),
        (
            Widened::UnaccompaniedMinors,
            json!({"unaccompanied_minors": {"min_age": 12, "max_age": 17, "genders": ["female"], "accreditation": "ASE"}}),
        ),
        (
            Widened::UnaccompaniedMinors,
            json!({"unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["male"], "accreditation": "ASE"}}),
        ),
        (
            Widened::UnaccompaniedMinors,
            json!({"unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "other"}}),
        ),
        (Widened::AdultAges, json!({"adult_ages": {"min": 18, "max": null}})),
        (Widened::Setting, json!({"setting": "women"})),
        (Widened::Doors, json!({"doors": ["siao", "direct"]})),
        (Widened::MaxHousehold, json!({"max_household": 4})),
        (Widened::Places, json!({"places": 21})),
    ];
    for (part, edit) in more {
        assert_eq!(widened(10, &before, &profile(&edit)), [part], "{edit}");
    }
    let closed = profile(&json!({"children": null, "unaccompanied_minors": null, "adult_ages": null}));
    assert_eq!(widened(10, &closed, &before), [Widened::Children, Widened::UnaccompaniedMinors, Widened::AdultAges]);
    let with_limit = profile(&json!({"children": {"max_age": 12, "boys_max_age": 3}}));
    assert_eq!(widened(10, &with_limit, &before), [Widened::Children], "boys of more ages");
}
