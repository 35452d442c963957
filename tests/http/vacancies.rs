//! Vacancies: declared, changed, confirmed, withdrawn; and the beds the database guards.

use api::domain::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{vacancy, with};
use crate::harness::on_both;

on_both! {
    async fn is_declared_changed_confirmed_and_withdrawn(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        let declared = provider.post(&list, &vacancy()).await.expect(201);
        let path = format!("vacancies/{}", declared.id());
        assert_eq!(declared.header("location"), format!("/api/v1/{path}"));
        assert_eq!(declared.body["held"], 0);
        assert_eq!(declared.body["unit_id"], site.unit.as_str());

        app.clock().advance(TimeDelta::hours(5));
        let confirmed = provider.command(&format!("{path}/confirm")).await.expect(200);
        assert_ne!(confirmed.body["confirmed_at"], declared.body["confirmed_at"]);
        assert_eq!(confirmed.etag(), declared.etag(), "a confirmation makes no open form stale");

        let changed = provider.put(&path, &declared.etag(), &json!({"beds": 1, "from": "2026-01-02", "until": "2026-02-01"})).await.expect(200);
        assert_eq!(changed.body["until"], "2026-02-01");
        assert_eq!(provider.get(&list).await.expect(200).body["items"], json!([changed.body]));

        let withdrawn = provider.command(&format!("{path}/withdraw")).await.expect(200);
        assert_ne!(withdrawn.body["withdrawn_at"], Value::Null);
        assert_eq!(provider.get(&list).await.expect(200).body["items"], json!([]));
        assert_eq!(provider.get(&path).await.expect(200).body, withdrawn.body);
        for verb in ["confirm", "withdraw"] {
            provider.command(&format!("{path}/{verb}")).await.refused(409, "vacancy_withdrawn");
        }
        provider.put(&path, "*", &vacancy()).await.refused(409, "vacancy_withdrawn");
    }

    async fn beds_that_are_held_stay(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let declared = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let path = format!("vacancies/{}", declared.id());
        app.sql("UPDATE vacancies SET held = 2");
        let refused = provider.put(&path, "*", &with(vacancy(), json!({"beds": 1}))).await.refused(409, "beds_held");
        assert_eq!(refused.body["errors"][0]["pointer"], "/beds");
        provider.command(&format!("{path}/withdraw")).await.refused(409, "beds_held");
        let read = provider.get(&path).await.expect(200);
        assert_eq!((&read.body["beds"], &read.body["held"]), (&json!(2), &json!(2)));
        provider.put(&path, "*", &with(vacancy(), json!({"beds": 3}))).await.expect(200);
    }

    async fn it_ends_after_it_begins(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        for until in ["2026-01-01", "2025-12-31"] {
            let body = with(vacancy(), json!({"until": until}));
            let refused = provider.post(&format!("units/{}/vacancies", site.unit), &body).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/until");
        }
    }

    async fn a_unit_has_a_limit_of_them(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        let first = provider.post(&list, &vacancy()).await.expect(201).id();
        for _ in 1..api::limits::VACANCIES_PER_UNIT_MAX {
            provider.post(&list, &vacancy()).await.expect(201);
        }
        provider.post(&list, &vacancy()).await.refused(409, "too_many_vacancies");
        provider.command(&format!("vacancies/{first}/withdraw")).await.expect(200);
        provider.post(&list, &vacancy()).await.expect(201);
    }

    async fn what_is_changed_or_partly_taken_is_confirmed_with_it(app: TestApp) {
        let provider = app.own(Role::Provider);
        let path = format!("vacancies/{}", app.vacancy(3).await);
        let etag = provider.get(&path).await.expect(200).etag();
        app.clock().advance(TimeDelta::hours(5));
        let changed = provider.put(&path, &etag, &with(vacancy(), json!({"beds": 2}))).await.expect(200).body;
        assert_ne!(changed["confirmed_at"], changed["created_at"]);
        assert_eq!(changed["confirmed_at"], changed["updated_at"]);
        app.clock().advance(TimeDelta::hours(5));
        let taken = provider.post(&format!("{path}/taken-elsewhere"), &json!({"beds": 1})).await.expect(200).body;
        assert_ne!(taken["confirmed_at"], changed["confirmed_at"]);
        assert_eq!(taken["confirmed_at"], taken["updated_at"]);
    }
}
