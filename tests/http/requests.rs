//! Requests: kept by an organisation, invisible to every other.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, with};
use crate::harness::on_both;

on_both! {
    async fn is_created_read_edited_listed_and_closed(app: TestApp) {
        let referent = app.own(Role::Referent);
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        assert_eq!(created.header("location"), format!("/api/v1/{path}"));
        assert_eq!((&created.body["state"], &created.body["couple"]), (&json!("open"), &json!(false)));
        assert_eq!(created.body["household"][0]["with_parent"], false);

        let edited = with(request(), json!({"urgency": "planned", "danger_zones": [{"level": "forbidden", "department": "93"}]}));
        let edited = referent.put(&path, &created.etag(), &edited).await.expect(200);
        assert_eq!(edited.body["danger_zones"], json!([{"level": "forbidden", "department": "93"}]));
        referent.put(&path, &created.etag(), &request()).await.refused(412, "etag_mismatch");

        let closed = referent.command(&format!("{path}/close")).await.expect(200);
        assert_eq!(closed.body["state"], "closed");
        assert_ne!(closed.body["closed_at"], Value::Null);
        referent.command(&format!("{path}/close")).await.refused(409, "request_closed");
        referent.put(&path, &edited.etag(), &request()).await.refused(409, "request_closed");
        assert_eq!(referent.get(&path).await.expect(200).body, closed.body);
    }

    async fn lists_narrow_by_every_filter(app: TestApp) {
        let referent = app.own(Role::Referent);
        let a = referent.post("requests", &request()).await.expect(201).id();
        let b = with(request(), json!({"stage": "integration", "urgency": "planned", "place": {"lat": 41.92, "lon": 8.74, "department": "2A"}}));
        let b = referent.post("requests", &b).await.expect(201).id();
        referent.command(&format!("requests/{b}/close")).await.expect(200);
        app.other(Role::Referent).post("requests", &request()).await.expect(201);
        for (query, expected) in [
            ("", vec![&a, &b]),
            ("state=open", vec![&a]),
            ("state=closed", vec![&b]),
            ("state=placed", vec![]),
            ("stage=integration", vec![&b]),
            ("urgency=immediate", vec![&a]),
            ("department=2A", vec![&b]),
            ("department=2A&state=open", vec![]),
        ] {
            let found = app.walk(&referent, &format!("requests?{query}"), 1).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        }
        referent.get("requests?name=x").await.refused(400, "invalid_parameter");
    }

    async fn contradictions_are_named(app: TestApp) {
        let referent = app.own(Role::Referent);
        let adult = json!({"gender": "female", "minority": "adult", "age": 24});
        let before = app.row_counts();
        for (change, pointer) in [
            (json!({"couple": true}), "/couple"),
            (json!({"household": [{"gender": "male", "minority": "adult", "age": 12}]}), "/household/0/age"),
            (json!({"household": [adult, {"gender": "male", "minority": "minor", "age": 18}]}), "/household/1/age"),
            (json!({"household": [{"gender": "male", "minority": "adult", "with_parent": true}]}), "/household/0/with_parent"),
            (json!({"household": [{"gender": "male", "minority": "minor", "age": 4, "with_parent": true}]}), "/household/0/with_parent"),
            (json!({"distance": {"wish": "move_away", "max_km": 5}}), "/distance/max_km"),
            (json!({"distance": {"wish": "indifferent", "min_km": 5}}), "/distance/min_km"),
            (json!({"danger_zones": [{"level": "avoid"}]}), "/danger_zones/0/department"),
            (json!({"danger_zones": [{"level": "avoid", "department": "93", "radius_km": 2}]}), "/danger_zones/0/department"),
            (json!({"danger_zones": [{"level": "avoid", "centre": {"lat": 1, "lon": 2}}]}), "/danger_zones/0/radius_km"),
        ] {
            for (path, body) in [("requests", request()), ("rank", ad_hoc_request())] {
                let refused = referent.post(path, &with(body, change.clone())).await.refused(409, "contradiction");
                assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{change}");
            }
        }
        assert_eq!(app.row_counts(), before);
    }

    async fn a_place_or_a_zone_far_from_every_department_is_refused(app: TestApp) {
        let referent = app.own(Role::Referent);
        let place = |lat: f64, lon: f64, department: &str| json!({"place": {"lat": lat, "lon": lon, "department": department}});
        let circle = |lat: f64, lon: f64, radius_km: f64| json!({"level": "forbidden", "centre": {"lat": lat, "lon": lon}, "radius_km": radius_km});
        let zone = |lat: f64, lon: f64, radius_km: f64| json!({"danger_zones": [circle(lat, lon, radius_km)]});
        let stored = referent.post("requests", &request()).await.expect(201).id();
        let before = app.row_counts();
        for (change, pointers) in [
            // Swapped, a wrong sign, abroad, at sea.
            (place(4.84, 45.76, "69"), vec!["/place"]),
            (place(45.76, -4.84, "69"), vec!["/place"]),
            (place(-45.76, 4.84, "69"), vec!["/place"]),
            (place(55.45, -20.88, "974"), vec!["/place"]),
            (place(51.5, -0.12, "62"), vec!["/place"]),
            (place(0.0, 0.0, "75"), vec!["/place"]),
            // In France, and not where it says: its crossings would be judged from one place and its distances from another.
            (place(45.76, 4.84, "974"), vec!["/place/department"]),
            (place(48.85, 2.35, "2A"), vec!["/place/department"]),
            (zone(4.84, 45.76, 20.0), vec!["/danger_zones/0/centre"]),
            (zone(45.76, -4.84, 20.0), vec!["/danger_zones/0/centre"]),
            (zone(0.0, 0.0, 1500.0), vec!["/danger_zones/0/centre"]),
            (zone(45.76, 4.84, 1500.5), vec!["/danger_zones/0/radius_km"]),
            (zone(45.76, 4.84, 1_000_000.0), vec!["/danger_zones/0/radius_km"]),
            (zone(4.84, 45.76, 999_999.0), vec!["/danger_zones/0/centre", "/danger_zones/0/radius_km"]),
            (
                json!({"place": place(4.84, 45.76, "69")["place"], "danger_zones": [circle(45.76, 4.84, 5.0), circle(4.84, 45.76, 5.0)], "couple": true}),
                vec!["/couple", "/place", "/danger_zones/1/centre"],
            ),
        ] {
            for (path, body) in [("requests".to_owned(), request()), ("rank".to_owned(), ad_hoc_request()), (format!("requests/{stored}"), request())] {
                let body = with(body, change.clone());
                let answer = if path.ends_with(&stored) { referent.put(&path, "*", &body).await } else { referent.post(&path, &body).await };
                let refused = answer.refused(409, "contradiction");
                let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
                assert_eq!(named, pointers, "{path} {change}");
            }
        }
        assert_eq!(app.row_counts(), before);
        for near in [
            // Over a border, off a coast, in the forest of French Guiana, on every land.
            place(46.20, 6.15, "74"),
            place(48.6, -5.3, "29"),
            place(3.4, -53.6, "973"),
            place(41.92, 8.74, "2A"),
            place(46.78, -56.17, "975"),
            place(17.90, -62.83, "977"),
            place(18.07, -63.08, "978"),
            place(-12.78, 45.23, "976"),
            // The station of a town beside one's department.
            place(46.3, 4.84, "69"),
            zone(45.76, 4.84, 1500.0),
            zone(46.20, 6.15, 0.5),
            zone(51.5, -0.12, 150.0),
            json!({"danger_zones": [{"level": "forbidden", "department": "93"}]}),
        ] {
            referent.rank("rank", Some(&with(ad_hoc_request(), near.clone()))).await.expect(200);
        }
    }

    async fn no_other_organisation_edits_closes_or_ranks_a_request(app: TestApp) {
        let (owner, edit) = (app.own(Role::Referent), with(request(), json!({"nights": 3})));
        let (twin, id) = (owner.post("requests", &request()).await.expect(201).id(), owner.post("requests", &request()).await.expect(201).id());
        owner.put(&format!("requests/{twin}"), "*", &edit).await.expect(200);
        owner.rank(&format!("requests/{twin}/rank"), None).await.expect(200);
        owner.command(&format!("requests/{twin}/close")).await.expect(200);
        let (path, before) = (format!("requests/{id}"), app.row_counts());
        let read = owner.get(&path).await.expect(200).body;
        for role in [Role::Referent, Role::Partner] {
            let stranger = app.other(role);
            stranger.get(&path).await.refused(404, "not_found");
            stranger.put(&path, "*", &edit).await.refused(404, "not_found");
            stranger.rank(&format!("{path}/rank"), None).await.refused(404, "not_found");
            stranger.command(&format!("{path}/close")).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        assert_eq!(owner.get(&path).await.expect(200).body, read);
        assert_eq!(app.noted("getRequest").await, owner.read([&id]), "what was refused was read by nobody");
    }
}
