//! Rankings: what the engine says, rounded so that it locates nothing, over the registry as it stands.

use api::domain::Role;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, public_structure, request, structure, unit, vacancy, with};
use crate::harness::{TestApp, on_both};

/// The ids of the proposed units.
fn proposed(ranking: &Value) -> Vec<&str> {
    ranking["proposals"].as_array().unwrap().iter().map(|proposal| proposal["unit_id"].as_str().unwrap()).collect()
}

async fn rank(app: &TestApp, body: &Value) -> Value {
    app.own(Role::Referent).rank("rank", Some(body)).await.expect(200).body
}

on_both! {
    async fn contributions_add_up_and_locate_nothing(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let body = with(ad_hoc_request(), json!({"wished": ["legal_support", "cot"], "wished_languages": ["fr", "ro", "en"]}));
        let ranking = rank(&app, &body).await;
        assert_eq!(proposed(&ranking), [site.unit.as_str()]);
        let proposal = &ranking["proposals"][0];
        let shares = proposal["criteria"].as_array().unwrap();
        let sum: f64 = shares.iter().map(|share| share["contribution"].as_f64().unwrap()).sum();
        assert!((sum - proposal["score"].as_f64().unwrap()).abs() < 1e-9);
        for share in shares {
            let tenths = share["value"].as_f64().unwrap() * 10.0;
            assert!((tenths - tenths.round()).abs() < 1e-9, "{share}");
        }
        assert_eq!(proposal["distance_band"], "<10");
        assert_eq!(proposal["tier"], "eligible");
        let text = ranking.to_string();
        assert!(!text.contains("_km") && !text.contains("keep_apart") && !text.contains("861f90257ffffff"), "{text}");
        assert_eq!(ranking["relaxations"], json!([]));
    }

    async fn a_ranking_says_what_a_wish_would_open(app: TestApp) {
        let site = app.site().await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let north = json!({"lat": 46.3, "lon": 4.84, "department": "69"});
        let body = with(ad_hoc_request(), json!({"place": north, "distance": {"wish": "stay_near", "max_km": 20}}));
        let ranking = rank(&app, &body).await;
        assert_eq!((&ranking["eligible"], &ranking["failed_alone"]), (&json!(0), &json!({"distance": 1})));
        assert_eq!(ranking["relaxations"], json!([{"wish": "max_km", "from": 20.0, "to": 80.0, "opens": 1}]));
    }

    /// A home for minors up to 20 does not turn its own girl away on her 18th birthday.
    async fn a_home_for_minors_keeps_them_as_young_adults(app: TestApp) {
        let taken = json!({"min_age": 13, "max_age": 20, "genders": ["female"]});
        let home = json!({"kind": "minors_home", "genders": ["female"], "adult_ages": null, "children": null, "couples": false,
            "unaccompanied_minors": taken, "doors": ["child_protection"]});
        let site = app.site_with(&structure(), &with(unit(), home)).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let failed = async |minority: &str, age: Value| {
            let body = with(ad_hoc_request(), json!({"household": [{"gender": "female", "minority": minority, "age": age}]}));
            let ranking = rank(&app, &body).await;
            assert_eq!(ranking["eligible"], u64::from(ranking["failed"] == json!({})));
            ranking["failed"].clone()
        };
        for age in [17, 13] {
            assert_eq!(failed("minor", json!(age)).await, json!({}), "{age}");
        }
        for age in [18, 19, 20] {
            assert_eq!(failed("adult", json!(age)).await, json!({}), "{age}");
        }
        for age in [json!(21), json!(null)] {
            assert_eq!(failed("adult", age.clone()).await, json!({"age": 1}), "{age}");
        }
    }

    async fn a_stored_request_is_ranked_by_its_own_organisation(app: TestApp) {
        let site = app.site().await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let stored = app.own(Role::Referent).post("requests", &request()).await.expect(201);
        let path = format!("requests/{}/rank", stored.id());
        let ranking = app.own(Role::Referent).rank(&path, None).await.expect(200).body;
        assert_eq!((&ranking["request_id"], proposed(&ranking)), (&json!(stored.id()), vec![site.unit.as_str()]));
        // A partner tool is shown the same places, and whom to call at none.
        let to_tool = app.own(Role::Partner).rank(&path, None).await.expect(200).body;
        assert_eq!(proposed(&to_tool), proposed(&ranking));
        let card = |ranking: &Value| ranking["proposals"][0]["contact"].is_null();
        assert_eq!((card(&ranking), card(&to_tool)), (false, true), "{ranking}");
        app.other(Role::Referent).rank(&path, None).await.refused(404, "not_found");
        app.own(Role::Referent).post(&format!("requests/{}/close", stored.id()), &json!({"reason": "other"})).await.expect(200);
        app.own(Role::Referent).rank(&path, None).await.refused(409, "request_closed");
    }

    async fn ranking_ad_hoc_stores_nothing(app: TestApp) {
        let before = app.row_counts();
        let id = "0192F0C1-2D3E-7A4B-8C5D-6E7F80910213";
        let body = with(ad_hoc_request(), json!({"id": id, "at": "2026-11-23T10:00:00+01:00", "created_at": null, "keep_apart": []}));
        assert_eq!(rank(&app, &body).await["request_id"], id.to_lowercase());
        assert_eq!(app.row_counts(), before);
        let referent = app.own(Role::Referent);
        let refused = referent.rank("rank", Some(&with(body, json!({"keep_apart": [id]})))).await.refused(422, "invalid_body");
        assert_eq!(refused.body["errors"][0]["pointer"], "/keep_apart");
        referent.rank("rank", Some(&with(ad_hoc_request(), json!({"houses": []})))).await.refused(422, "invalid_body");
    }

    async fn the_snapshot_follows_every_change(app: TestApp) {
        let provider = app.own(Role::Provider);
        assert_eq!(rank(&app, &ad_hoc_request()).await["evaluated"], 0);
        let site = app.site().await;
        let ranking = rank(&app, &ad_hoc_request()).await;
        assert_eq!((&ranking["evaluated"], &ranking["failed_alone"]), (&json!(1), &json!({"capacity": 1})));

        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        assert_eq!(rank(&app, &ad_hoc_request()).await["eligible"], 1);
        app.clock().advance(TimeDelta::hours(100));
        assert_eq!(rank(&app, &ad_hoc_request()).await["proposals"][0]["warnings"], json!(["stale_vacancy"]));
        provider.command(&format!("vacancies/{}/confirm", vacancy.id())).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["proposals"][0]["warnings"], json!([]));

        let path = format!("units/{}", site.unit);
        provider.put(&path, "*", &with(unit(), json!({"genders": ["male"]}))).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["failed_alone"], json!({"gender": 1}));
        // What opens waits for somebody to vouch for it, and a home that has moved does.
        provider.put(&path, "*", &unit()).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["failed_alone"], json!({"gender": 1}));
        app.vouch(&site.unit).await;

        let far = public_structure("29019", 48.39, -4.49);
        provider.put(&format!("structures/{}", site.structure), "*", &far).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["evaluated"], 0);
        app.vouch(&site.unit).await;
        assert_eq!(rank(&app, &ad_hoc_request()).await["failed"], json!({"removal_consent": 1, "distance": 1}));
        provider.put(&format!("structures/{}", site.structure), "*", &structure()).await.expect(200);
        app.vouch(&site.unit).await;
        assert_eq!(rank(&app, &ad_hoc_request()).await["eligible"], 1);

        provider.command(&format!("vacancies/{}/withdraw", vacancy.id())).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["failed_alone"], json!({"capacity": 1}));
    }

    async fn beds_that_are_held_are_not_offered(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        app.sql("UPDATE vacancies SET held = 1");
        provider.command(&format!("vacancies/{}/confirm", vacancy.id())).await.expect(200);
        assert_eq!(rank(&app, &ad_hoc_request()).await["eligible"], 1);
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let two = with(ad_hoc_request(), json!({"household": [woman, woman]}));
        assert_eq!(rank(&app, &two).await["failed_alone"], json!({"capacity": 1}));
    }

    async fn top_bounds_the_proposals_and_not_the_counts(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        for _ in 0..3 {
            let unit = provider.post(&format!("structures/{}/units", site.structure), &unit()).await.expect(201).id();
            provider.post(&format!("units/{unit}/vacancies"), &vacancy()).await.expect(201);
        }
        let referent = app.own(Role::Referent);
        let all = referent.rank("rank?top=100", Some(&ad_hoc_request())).await.expect(200).body;
        let two = referent.rank("rank?top=2", Some(&ad_hoc_request())).await.expect(200).body;
        assert_eq!((all["eligible"].as_u64(), two["eligible"].as_u64()), (Some(3), Some(3)));
        assert_eq!(proposed(&two), proposed(&all)[..2]);
        for wrong in ["0", "101", "x", ""] {
            referent.rank(&format!("rank?top={wrong}"), Some(&ad_hoc_request())).await.refused(400, "invalid_parameter");
        }
    }

    async fn days_are_those_of_the_place(app: TestApp) {
        let provider = app.own(Role::Provider);
        // At 02:30 UTC it is 06:30 on Réunion, four hours ahead, all year round: a new day, while in Paris it is still the night before.
        let now = app.clock().now().utc();
        let morning = now.date_naive().and_hms_opt(2, 30, 0).unwrap().and_utc() + TimeDelta::days(1);
        app.clock().advance(morning - now);
        let (before, today) = ((morning - TimeDelta::days(1)).date_naive().to_string(), morning.date_naive().to_string());
        let reunion = public_structure("97411", -20.88, 55.45);
        let site = app.site_with(&reunion, &unit()).await;
        let from_today = json!({"beds": 2, "from": today});
        provider.post(&format!("units/{}/vacancies", site.unit), &from_today).await.expect(201);
        let body = with(ad_hoc_request(), json!({"first_day": before, "place": {"lat": -20.9, "lon": 55.5, "department": "974"}}));
        assert_eq!(rank(&app, &body).await["eligible"], 1, "asked this morning on Réunion, the vacancy's first day");
        let at: DateTime<Utc> = morning;
        let in_utc = with(body, json!({"at": at.to_rfc3339()}));
        assert_eq!(rank(&app, &in_utc).await["failed_alone"], json!({"capacity": 1}), "read in another offset it is the night before");
    }
}
