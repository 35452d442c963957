//! Structures: their association writes them; what leads to a confidential site is shown to nobody else.

use api::domain::Role;
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, public_structure, structure, unit, vacancy, with, without};
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
        assert_eq!((&created.body["commune"], &created.body["department"]), (&json!("69123"), &json!("69")));
        assert_eq!((&created.body["town"], &created.body["point"]), (&json!("Lyon"), &Value::Null));
        assert_eq!((&created.body["site_warnings"], &created.body["ended_at"]), (&json!([]), &Value::Null));
        assert_eq!(created.body["trafficking_contact"]["numbers"][0]["phone"], "+33199001234");

        let path = format!("structures/{}", created.id());
        let read = provider.get(&path).await.expect(200);
        assert_eq!(read.body, created.body);
        let moved = with(public_structure("69123", 45.75, 4.85), json!({"finess": null}));
        let edited = provider.put(&path, &read.etag(), &moved).await.expect(200);
        assert_eq!(edited.body["confidential"], false);
        assert_eq!(edited.body["location"], json!({"point": {"lat": 45.75, "lon": 4.85}}));
        assert_eq!(edited.body["finess"], Value::Null);
        assert_eq!(provider.get("structures?department=69").await.expect(200).body["items"], json!([edited.body]));
        assert_eq!(provider.get("structures?department=75").await.expect(200).body["items"], json!([]));
    }

    async fn only_its_own_see_where_it_is(app: TestApp) {
        let provider = app.own(Role::Provider);
        let registered = with(structure(), json!({"finess": "690000005", "siret": "73282932000074"}));
        let created = provider.post("structures", &registered).await.expect(201);
        let path = format!("structures/{}", created.id());
        // `tests/http/ladder.rs` has what each rung shows.
        for role in [Role::Referent, Role::Coordinator, Role::Partner, Role::Auditor, Role::Administrator] {
            app.own(role).get(&path).await.refused(403, "role_not_allowed");
        }
        app.own(Role::Regulator).get(&path).await.refused(404, "not_found");
        app.other(Role::Provider).get(&path).await.refused(404, "not_found");
        assert_eq!(created.body["rung"], "home");
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
        for role in Role::ALL {
            answers.push(app.own(*role).get(&path).await.text);
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
        provider.post("structures", &without(structure(), "commune")).await.refused(422, "invalid_body");
        // Of Corsica's letters the A counts as 1 and the B as 2; of a letter in the third place nothing is counted.
        for real in ["2B0000020", "2A0000170"] {
            provider.post("structures", &with(structure(), json!({"finess": real}))).await.expect(201);
        }
        for wrong in ["2A0000020", "2B0000170", "2B0000021", "200000020"] {
            let refused = provider.post("structures", &with(structure(), json!({"finess": wrong}))).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/finess", "{wrong}");
        }
    }

    async fn a_site_follows_from_its_commune(app: TestApp) {
        let provider = app.own(Role::Provider);
        // Saint-Denis (93) was once registered under 75 and proposed to someone for whom 93 is forbidden; every land can be registered.
        for (commune, department, cell) in [
            ("93066", "93", "861fb474fffffff"),
            ("2A004", "2A", "861eb2b9fffffff"),
            ("97502", "975", "851ab0a3fffffff"),
            ("97701", "977", "854d4967fffffff"),
            ("97801", "978", "854d4ba7fffffff"),
            ("97301", "973", "855f162ffffffff"),
            ("97353", "973", "855f158ffffffff"),
            ("97356", "973", "85804927fffffff"),
            ("97302", "973", "855f12a3fffffff"),
            ("97105", "971", "855e4377fffffff"),
            ("97411", "974", "86a2555b7ffffff"),
        ] {
            let stored = provider.post("structures", &with(structure(), json!({"commune": commune}))).await.expect(201).body;
            assert_eq!((&stored["department"], &stored["location"]), (&json!(department), &json!({"cell": cell})), "{commune}");
        }
        // Neither is taken from a client.
        for given in [json!({"department": "75"}), json!({"cell": "861f90257ffffff"}), json!({"location": {"cell": "861f90257ffffff"}})] {
            provider.post("structures", &with(structure(), given)).await.refused(422, "invalid_body");
        }
        let nowhere = provider.post("structures", &with(structure(), json!({"commune": "00000"}))).await.refused(409, "contradiction");
        assert_eq!(nowhere.body["errors"][0]["pointer"], "/commune");
        provider.post("structures", &with(structure(), json!({"commune": "Lyon"}))).await.refused(422, "invalid_body");
    }

    async fn a_home_in_a_forbidden_department_is_proposed_to_nobody(app: TestApp) {
        let site = app.site_with(&with(structure(), json!({"commune": "93066"})), &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let paris = json!({"lat": 48.85, "lon": 2.35, "department": "75"});
        let ask = |zones: Value| with(ad_hoc_request(), json!({"place": paris, "danger_zones": zones}));
        let referent = app.own(Role::Referent);
        assert_eq!(referent.rank("rank", Some(&ask(json!([])))).await.expect(200).body["eligible"], 1);
        let forbidden = ask(json!([{"level": "forbidden", "department": "93"}]));
        let ranking = referent.rank("rank", Some(&forbidden)).await.expect(200).body;
        assert_eq!((&ranking["eligible"], &ranking["failed_alone"]), (&json!(0), &json!({"danger_zone": 1})));
    }

    async fn inhabitants_of_another_department_hide_nobody(app: TestApp) {
        let provider = app.own(Role::Provider);
        // The cell of resolution 6 around Neyron (01) holds 87 000, of whom 2 400 in its department; around Guéreins (01) even the wide one few.
        for (commune, cell, warnings) in [
            ("01275", "851f9027fffffff", json!([])),
            ("01183", "851f90a7fffffff", json!(["cell_hides_few"])),
            ("97501", "851ab55bfffffff", json!(["cell_hides_few"])),
            ("69123", "861f90257ffffff", json!([])),
        ] {
            let stored = provider.post("structures", &with(structure(), json!({"commune": commune}))).await.expect(201);
            assert_eq!((&stored.body["location"], &stored.body["site_warnings"]), (&json!({"cell": cell}), &warnings), "{commune}");
        }
        // A public site hides nothing.
        let public = with(structure(), json!({"commune": "01183", "point": {"lat": 46.10, "lon": 4.77}}));
        assert_eq!(provider.post("structures", &public).await.expect(201).body["site_warnings"], json!([]));
    }

    async fn a_public_site_lies_in_its_commune(app: TestApp) {
        let provider = app.own(Role::Provider);
        let at = |commune: &str, lat: f64, lon: f64| with(structure(), json!({"commune": commune, "point": {"lat": lat, "lon": lon}}));
        // 39 km from Lyon's point and not 41; from Maripasoula's 150 km, which is still in French Guiana.
        for near in [at("69123", 46.10, 4.74), at("97353", 2.4, -53.4), at("97502", 46.8, -56.2)] {
            provider.post("structures", &near).await.expect(201);
        }
        for far in [
            at("69123", 45.385, 4.84),
            at("69123", 4.84, 45.76),
            at("69123", 45.76, -4.84),
            at("75056", 45.76, 4.84),
            at("97353", 5.6, -54.0),
            at("97353", -3.64, -54.03),
        ] {
            let refused = provider.post("structures", &far).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"].as_array().unwrap().len(), 1, "{far}");
            assert_eq!(refused.body["errors"][0]["pointer"], "/point", "{far}");
        }
        let all_wrong = with(at("69123", 4.84, 45.76), json!({"finess": "690000006", "trafficking_contact": {"email": "a..b@example.org"}}));
        let refused = provider.post("structures", &all_wrong).await.refused(409, "contradiction");
        let pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/point", "/finess", "/trafficking_contact/email"]);
    }

    async fn a_point_in_another_department_is_refused(app: TestApp) {
        let provider = app.own(Role::Provider);
        // In Saint-Denis (93), Montreuil (93) and Vienne (38): near enough to the commune that is said, and another department.
        for (commune, lat, lon, other) in [("75056", 48.936, 2.357, "93"), ("75120", 48.863, 2.443, "93"), ("69123", 45.525, 4.875, "38")] {
            let there = with(structure(), json!({"commune": commune, "point": {"lat": lat, "lon": lon}}));
            let refused = provider.post("structures", &there).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/point", "{commune}");
            assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(&format!("({other})")), "{}", refused.text);
        }
        // The same home under the commune it stands in, and so nowhere for whoever must not be in that department.
        let there = with(structure(), json!({"commune": "93066", "point": {"lat": 48.936, "lon": 2.357}}));
        let site = app.site_with(&there, &unit()).await;
        provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let paris = json!({"lat": 48.85, "lon": 2.35, "department": "75"});
        let forbidden = with(ad_hoc_request(), json!({"place": paris, "danger_zones": [{"level": "forbidden", "department": "93"}]}));
        assert_eq!(app.own(Role::Referent).rank("rank", Some(&forbidden)).await.expect(200).body["eligible"], 0);
        // An edit cannot move it out either.
        let moved = with(there, json!({"commune": "75056"}));
        provider.put(&format!("structures/{}", site.structure), "*", &moved).await.refused(409, "contradiction");
    }

    async fn a_commune_of_old_names_the_one_it_is_part_of(app: TestApp) {
        let refused = app.own(Role::Provider).post("structures", &with(structure(), json!({"commune": "85307"}))).await.refused(409, "contradiction");
        let why = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(refused.body["errors"][0]["pointer"] == "/commune" && why.contains("85001"), "{why}");
    }

    async fn a_moved_home_is_ranked_where_it_is(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let forbidden = with(ad_hoc_request(), json!({"danger_zones": [{"level": "forbidden", "department": "69"}], "distance": {"wish": "indifferent"}}));
        let eligible = async || app.own(Role::Referent).rank("rank", Some(&forbidden)).await.expect(200).body["eligible"].clone();
        assert_eq!(eligible().await, 0);
        provider.put(&format!("structures/{}", site.structure), "*", &with(structure(), json!({"commune": "42218"}))).await.expect(200);
        app.vouch(&site.unit).await;
        assert_eq!(eligible().await, 1, "Saint-Étienne is in another department");
        provider.put(&format!("structures/{}", site.structure), "*", &structure()).await.expect(200);
        app.vouch(&site.unit).await;
        assert_eq!(eligible().await, 0);
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
        app.own(Role::Coordinator).get("structures").await.refused(403, "role_not_allowed");
        for wrong in ["limit=0", "limit=201", "limit=x", "limit=-1", "cursor=x", "cursor=", "nothing=1", "limit=1&limit=2"] {
            provider.get(&format!("structures?{wrong}")).await.refused(400, "invalid_parameter");
        }
    }

    async fn a_unit_goes_with_its_structure(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &unit()).await;
        let path = format!("structures/{}", site.structure);
        let read = provider.get(&path).await.expect(200);
        let corsica = public_structure("2A004", 41.92, 8.74);
        provider.put(&path, &read.etag(), &corsica).await.expect(200);
        let moved = provider.get(&format!("units/{}", site.unit)).await.expect(200);
        assert_eq!(moved.body["department"], "2A");
        assert_eq!(moved.body["location"], json!({"point": {"lat": 41.92, "lon": 8.74}}));
    }
}
