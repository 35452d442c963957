//! Structures: their association writes them; what leads to a confidential site is shown to nobody else.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{structure, unit, with, without};
use crate::harness::on_both;

/// Stands in the address of every structure here; no answer may hold it.
const CANARY: &str = "12 rue du Canari";

on_both! {
    async fn is_created_read_edited_and_listed(app: TestApp) {
        let provider = app.own(Role::Provider);
        let created = provider.post("structures", &structure()).await.expect(201);
        assert_eq!(created.header("location"), format!("/api/v1/structures/{}", created.id()));
        assert_eq!(created.body["confidential"], true);
        assert_eq!(created.body["location"], json!({"cell": "861f90257ffffff"}));
        assert_eq!(created.body["trafficking_contact"]["phone"], "0199001234");

        let path = format!("structures/{}", created.id());
        let read = provider.get(&path).await.expect(200);
        assert_eq!(read.body, created.body);
        let moved = with(structure(), json!({"location": {"point": {"lat": 45.75, "lon": 4.85}}, "finess": null}));
        let edited = provider.put(&path, &read.etag(), &moved).await.expect(200);
        assert_eq!(edited.body["confidential"], false);
        assert_eq!(edited.body["finess"], Value::Null);
        assert_eq!(provider.get("structures?department=69").await.expect(200).body["items"], json!([edited.body]));
        assert_eq!(provider.get("structures?department=75").await.expect(200).body["items"], json!([]));
    }

    async fn only_its_own_and_the_coordination_see_where_it_is(app: TestApp) {
        let provider = app.own(Role::Provider);
        let created = provider.post("structures", &structure()).await.expect(201);
        let path = format!("structures/{}", created.id());
        for role in [Role::Referent, Role::Regulator] {
            let seen = app.own(role).get(&path).await.expect(200);
            for hidden in ["location", "finess", "siret"] {
                assert_eq!(seen.body[hidden], Value::Null, "{role} sees {hidden}");
            }
            assert_eq!(seen.body["department"], "69");
            assert_ne!(seen.etag(), created.etag(), "a tag must not tell what the record hides");
        }
        assert_eq!(app.own(Role::Coordinator).get(&path).await.expect(200).body, created.body);
        app.other(Role::Provider).get(&path).await.refused(404, "not_found");

        let public = with(structure(), json!({"location": {"point": {"lat": 45.75, "lon": 4.85}}}));
        let public = provider.post("structures", &public).await.expect(201);
        let seen = app.other(Role::Referent).get(&format!("structures/{}", public.id())).await.expect(200);
        assert_eq!(seen.body, public.body);
    }

    async fn an_address_is_kept_and_shown_nowhere(app: TestApp) {
        let provider = app.own(Role::Provider);
        let body = with(structure(), json!({"address": CANARY}));
        let created = provider.post("structures", &body).await.expect(201);
        let path = format!("structures/{}", created.id());
        let addresses = "SELECT count(*) AS n FROM structure_addresses";
        assert_eq!(app.count(addresses), 1);

        let edited = provider.put(&path, &created.etag(), &structure()).await.expect(200);
        assert_eq!(app.count(addresses), 1, "left out of an edit, it stays");
        let mut answers = vec![created.text.clone(), edited.text.clone()];
        for role in [Role::Provider, Role::Referent, Role::Regulator, Role::Coordinator] {
            answers.push(app.own(role).get(&path).await.expect(200).text);
        }
        answers.push(provider.get("structures").await.expect(200).text);
        let refused = provider.put(&path, "\"stale\"", &body).await.refused(412, "etag_mismatch");
        answers.push(refused.text);
        answers.push(provider.post("structures", &with(body.clone(), json!({"siret": "1"}))).await.refused(422, "invalid_body").text);
        assert!(answers.iter().all(|text| !text.contains("Canari")), "an answer holds the address");

        provider.put(&path, &edited.etag(), &with(structure(), json!({"address": null}))).await.expect(200);
        assert_eq!(app.count(addresses), 0, "null removes it");
    }

    async fn numbers_with_a_wrong_check_digit_are_refused(app: TestApp) {
        let provider = app.own(Role::Provider);
        for (field, wrong) in [("finess", "690000006"), ("siret", "73282932000075")] {
            let refused = provider.post("structures", &with(structure(), json!({field: wrong}))).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], format!("/{field}"));
        }
        // La Poste's establishments check by another rule.
        provider.post("structures", &with(structure(), json!({"siret": "35600000049837"}))).await.expect(201);
        let far = with(structure(), json!({"location": {"cell": "862830807ffffff"}}));
        let refused = provider.post("structures", &far).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/location/cell");
        provider.post("structures", &without(structure(), "location")).await.refused(422, "invalid_body");
    }

    async fn lists_come_in_pages(app: TestApp) {
        let provider = app.own(Role::Provider);
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(provider.post("structures", &structure()).await.expect(201).id());
        }
        app.other(Role::Provider).post("structures", &structure()).await.expect(201);
        for page in [1, 2, 5, 200] {
            assert_eq!(app.walk(&provider, "structures", page).await, made, "pages of {page}");
        }
        assert_eq!(app.walk(&app.own(Role::Coordinator), "structures", 4).await.len(), 6);
        for wrong in ["limit=0", "limit=201", "limit=x", "limit=-1", "cursor=x", "cursor=", "nothing=1", "limit=1&limit=2"] {
            provider.get(&format!("structures?{wrong}")).await.refused(400, "invalid_parameter");
        }
    }

    async fn a_unit_goes_with_its_structure(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &unit()).await;
        let path = format!("structures/{}", site.structure);
        let read = provider.get(&path).await.expect(200);
        let corsica = with(structure(), json!({"department": "2A", "location": {"point": {"lat": 41.92, "lon": 8.74}}}));
        provider.put(&path, &read.etag(), &corsica).await.expect(200);
        let moved = provider.get(&format!("units/{}", site.unit)).await.expect(200);
        assert_eq!(moved.body["department"], "2A");
        assert_eq!(moved.body["location"], json!({"point": {"lat": 41.92, "lon": 8.74}}));
    }
}
