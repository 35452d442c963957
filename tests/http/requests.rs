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
