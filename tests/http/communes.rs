//! Communes: found by the API.

use api::domain::Role;
use serde_json::json;

use crate::harness::on_both;

on_both! {
    async fn are_found_as_one_types(app: TestApp) {
        let referent = app.own(Role::Referent);
        let found = referent.get("communes?q=st%20etienne").await.expect(200).body;
        assert_eq!((&found["items"][0]["code"], &found["items"][0]["department"]), (&json!("42218"), &json!("42")));
        assert_eq!(referent.get("communes?q=%00%25").await.expect(200).body["items"], json!([]));
        for wrong in ["communes", "communes?q=", "communes?q=x&limit=3"] {
            referent.get(wrong).await.refused(400, "invalid_parameter");
        }
        referent.get(&format!("communes?q={}", "a".repeat(201))).await.refused(400, "invalid_parameter");
    }

    async fn of_old_are_found_and_said_to_be_part_of_another(app: TestApp) {
        let referent = app.own(Role::Referent);
        for (typed, code, former) in [
            ("85307", "85001", json!({"code": "85307", "name": "La Faute-sur-Mer"})),
            ("la%20faute%20sur%20mer", "85001", json!({"code": "85307", "name": "La Faute-sur-Mer"})),
            ("20004", "2A004", json!({"code": "20004", "name": "Ajaccio"})),
            ("Paris%2010%20%C3%A8me%20arrondissement", "75110", json!(null)),
            ("31059%20TOULOUSE%20CEDEX%209", "31555", json!(null)),
        ] {
            let found = referent.get(&format!("communes?q={typed}")).await.expect(200).body;
            assert_eq!((&found["items"][0]["code"], &found["items"][0]["former"]), (&json!(code), &former), "{typed}");
        }
    }
}
