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
}
