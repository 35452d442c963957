//! Organisations: created and edited by administrators, read by those who work with them.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{organisation, with};
use crate::harness::on_both;

on_both! {
    async fn is_created_read_edited_and_listed(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let created = administrator.post("organisations", &organisation()).await.expect(201);
        assert_eq!(created.header("location"), format!("/api/v1/organisations/{}", created.id()));
        assert_eq!(created.body["phone"], "+33199001234");
        assert_eq!(created.body["doors"], json!([]));

        let path = format!("organisations/{}", created.id());
        let read = app.own(Role::Referent).get(&path).await.expect(200);
        assert_eq!(read.body, created.body);
        assert_eq!(read.etag(), created.etag());

        let edited = with(organisation(), json!({"name": "Association fictive La Digue", "email": null}));
        let answer = administrator.put(&path, &read.etag(), &edited).await.expect(200);
        assert_eq!(answer.body["name"], "Association fictive La Digue");
        assert_eq!(answer.body["email"], Value::Null);
        assert_ne!(answer.etag(), read.etag());

        let listed = administrator.get("organisations?kind=association").await.expect(200);
        assert!(listed.body["items"].as_array().unwrap().contains(&answer.body));
        assert_eq!(administrator.get("organisations?kind=siao").await.expect(200).body, json!({"items": [], "next_cursor": null}));
    }

    async fn a_name_belongs_to_one(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        administrator.post("organisations", &organisation()).await.expect(201);
        let before = app.row_counts();
        let refused = administrator.post("organisations", &organisation()).await.refused(409, "name_taken");
        assert_eq!(refused.body["errors"][0]["pointer"], "/name");
        assert_eq!(app.row_counts(), before);
    }

    async fn only_a_regulator_has_doors(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let body = with(organisation(), json!({"doors": ["acse"]}));
        administrator.post("organisations", &body).await.refused(409, "contradiction");
        let body = with(body, json!({"kind": "regulator", "departments": ["69", "2A"]}));
        let created = administrator.post("organisations", &body).await.expect(201);
        assert_eq!(created.body["doors"], json!(["acse"]));
        assert_eq!(created.body["departments"], json!(["69", "2A"]));
    }
}
