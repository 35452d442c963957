//! A FINESS or SIRET names one structure; who gives one that another organisation gave learns nothing of it, and neither home is matched until
//! the coordination has decided.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, structure, unit, vacancy, with};
use crate::harness::{Side, TestApp, on_both};

const FINESS: &str = "690000005";
const SIRET: &str = "73282932000074";

/// How many units are ranked.
async fn ranked(app: &TestApp) -> u64 {
    app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body["evaluated"].as_u64().unwrap()
}

/// A home of an organisation, with a place, under these numbers.
async fn home(app: &TestApp, side: Side, numbers: Value) -> Value {
    let provider = app.caller(Role::Provider, side);
    let made = provider.post("structures", &with(structure(), numbers)).await.expect(201).body;
    let unit = provider.post(&format!("structures/{}/units", made["id"].as_str().unwrap()), &unit()).await.expect(201).id();
    provider.post(&format!("units/{unit}/vacancies"), &vacancy()).await.expect(201);
    made
}

on_both! {
    async fn names_one_structure_of_an_organisation(app: TestApp) {
        let provider = app.own(Role::Provider);
        let first = home(&app, Side::Own, json!({"finess": FINESS, "siret": SIRET})).await;
        for twice in [json!({"finess": FINESS}), json!({"siret": SIRET})] {
            provider.post("structures", &with(structure(), twice)).await.refused(409, "number_taken");
        }
        let second = provider.post("structures", &structure()).await.expect(201);
        let path = format!("structures/{}", second.id());
        provider.put(&path, &second.etag(), &with(structure(), json!({"finess": FINESS}))).await.refused(409, "number_taken");
        // One that has ended has no number any more.
        provider.command(&format!("structures/{}/end", first["id"].as_str().unwrap())).await.expect(200);
        provider.put(&path, &second.etag(), &with(structure(), json!({"finess": FINESS}))).await.expect(200);
    }

    async fn of_two_organisations_is_answered_as_if_nobody_had_it_and_matches_neither(app: TestApp) {
        let alone = home(&app, Side::Own, json!({"finess": "690000013"})).await;
        let one = home(&app, Side::Own, json!({"finess": FINESS})).await;
        assert_eq!(ranked(&app).await, 2);
        let other = home(&app, Side::Other, json!({"finess": FINESS})).await;
        let shape = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(shape(&other), shape(&alone), "as without");
        assert_eq!(ranked(&app).await, 1, "neither is matched");
        assert_eq!(app.another_instance().await.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body["evaluated"], 1);

        let heard = |events: Value| events["items"].as_array().unwrap().iter().filter(|event| event["command"] == "contestRegistration").count();
        for side in [Side::Own, Side::Other] {
            for role in [Role::Provider, Role::Referent, Role::Regulator] {
                assert_eq!(heard(app.caller(role, side).get("events?limit=200").await.expect(200).body), 0, "{role}");
            }
        }
        let coordinator = app.own(Role::Coordinator);
        let told = coordinator.get("events?limit=200&record_kind=notice").await.expect(200);
        assert_eq!(heard(told.body.clone()), 2);
        assert!(!told.text.contains(FINESS), "{}", told.text);

        let decide = async |of: &Value, right: bool| {
            let path = format!("structures/{}/registration", of["id"].as_str().unwrap());
            // Nobody decides about the homes of their own organisation.
            let of_own = of["organisation_id"] == one["organisation_id"];
            let by = app.caller(Role::Coordinator, if of_own { Side::Other } else { Side::Own });
            by.post(&path, &json!({"right": right})).await
        };
        decide(&alone, true).await.refused(409, "not_contested");
        assert_eq!(decide(&other, false).await.expect(200).body["contested"], true);
        assert_eq!(ranked(&app).await, 1);
        assert_eq!(decide(&one, true).await.expect(200).body["contested"], false);
        assert_eq!(ranked(&app).await, 2, "the one whose number it is");
        decide(&one, true).await.refused(409, "not_contested");
    }

    async fn taken_away_again_it_stays_contested_until_someone_decides(app: TestApp) {
        home(&app, Side::Own, json!({"siret": SIRET})).await;
        let other = home(&app, Side::Other, json!({"siret": SIRET})).await;
        let (path, provider) = (format!("structures/{}", other["id"].as_str().unwrap()), app.other(Role::Provider));
        let read = provider.get(&path).await.expect(200);
        provider.put(&path, &read.etag(), &structure()).await.expect(200);
        assert_eq!(ranked(&app).await, 0);
    }

    async fn a_contested_home_is_asked_by_nobody(app: TestApp) {
        let one = home(&app, Side::Own, json!({"siret": SIRET})).await;
        let unit = app.own(Role::Provider).get(&format!("units?structure_id={}", one["id"].as_str().unwrap())).await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        let vacancy = app.own(Role::Provider).get(&format!("units/{unit}/vacancies")).await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        home(&app, Side::Other, json!({"siret": SIRET})).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.refused(409, "vacancy_withdrawn");
    }
}
