//! Lists: the newest first for whoever asks so, and what has changed since.

use api::domain::Role;
use chrono::TimeDelta;
use serde_json::json;

use crate::harness::bodies::{organisation, request, structure, unit, with};
use crate::harness::{Caller, TestApp, on_both};

/// A list read both ways, page by page, and whether the one is the other turned round.
async fn both_ways(app: &TestApp, caller: &Caller, path: &str, at_least: usize) -> Vec<String> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let oldest = app.walk(caller, path, 2).await;
    assert_eq!(app.walk(caller, &format!("{path}{separator}order=oldest"), 2).await, oldest, "{path}");
    let mut newest = app.walk(caller, &format!("{path}{separator}order=newest"), 2).await;
    newest.reverse();
    assert_eq!(newest, oldest, "{path}");
    assert!(oldest.len() >= at_least, "{path}: {}", oldest.len());
    oldest
}

on_both! {
    async fn every_list_is_read_newest_first_too(app: TestApp) {
        let (referent, provider, administrator) = (app.own(Role::Referent), app.own(Role::Provider), app.own(Role::Administrator));
        for number in 0..5 {
            let vacancy = app.vacancy(2).await;
            let request = app.request().await;
            app.ask(&request, &vacancy, json!({})).await.expect(201);
            let body = with(organisation(), json!({"name": format!("Association fictive {number}")}));
            administrator.post("organisations", &body).await.expect(201);
        }
        app.ignore_mails();
        for (caller, path) in [
            (&referent, "requests"),
            (&referent, "requests?state=open"),
            (&referent, "referrals"),
            (&provider, "referrals?open=true"),
            (&provider, "structures"),
            (&provider, "units"),
            (&provider, "vacancies"),
            (&administrator, "organisations"),
        ] {
            both_ways(&app, caller, path, 5).await;
        }
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        for _ in 0..3 {
            provider.post(&list, &json!({"beds": 1, "from": "2026-01-01"})).await.expect(201);
        }
        both_ways(&app, &provider, &list, 3).await;
        let auditor = app.own(Role::Auditor);
        for number in 0..3 {
            referent.get(&format!("requests?limit={}", number + 1)).await.expect(200);
        }
        // To look adds a line: of both ways the lines that were there.
        let oldest = auditor.get("access-log?limit=200").await.expect(200).body["items"].as_array().unwrap().clone();
        let newest = auditor.get("access-log?limit=200&order=newest").await.expect(200).body["items"].as_array().unwrap().clone();
        let position = |entry: &serde_json::Value| entry["position"].as_i64().unwrap();
        let known: Vec<_> = newest.iter().map(position).filter(|at| *at <= position(oldest.last().unwrap())).rev().collect();
        assert_eq!(known, oldest.iter().map(position).collect::<Vec<_>>());
        let first = auditor.get("access-log?limit=2&order=newest").await.expect(200).body;
        let second = auditor.get(&format!("access-log?limit=2&order=newest&cursor={}", first["next_cursor"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(position(&second["items"][0]), position(&first["items"][1]) - 1);
        let one = app.request().await;
        for _ in 0..3 {
            let code = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
            let code = app.other(Role::Referent).command(&format!("requests/{code}/keep-apart-codes")).await.expect(201).body["code"].clone();
            referent.post(&format!("requests/{one}/keep-apart-links"), &json!({"code": code})).await.expect(201);
        }
        both_ways(&app, &referent, &format!("requests/{one}/keep-apart-links"), 3).await;
        for path in ["requests", "referrals", "access-log"] {
            if path == "access-log" {
                auditor.get("access-log?order=upwards").await.refused(400, "invalid_parameter");
                continue;
            }
            let refused = referent.get(&format!("{path}?order=upwards")).await.refused(400, "invalid_parameter");
            assert_eq!(refused.body["errors"][0]["parameter"], "order");
        }
    }

    async fn what_has_changed_since_is_listed(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(9).await;
        let (old, young) = (app.request().await, app.request().await);
        let asked = app.ask(&old, &vacancy, json!({})).await.expect(201).id();
        let other = app.ask(&young, &vacancy, json!({})).await.expect(201).id();
        let since = async |caller: &Caller, list: &str, instant: &str| app.walk(caller, &format!("{list}?updated_since={instant}"), 1).await;
        let none = Vec::<String>::new();
        app.clock().advance(TimeDelta::minutes(5));
        let now = app.clock().now().to_string();
        for (caller, list) in [(&referent, "requests"), (&referent, "referrals"), (&provider, "referrals"), (&provider, "structures"), (&provider, "units")] {
            assert_eq!(since(caller, list, &now).await, none, "{list}");
        }
        provider.command(&format!("referrals/{other}/acknowledge")).await.expect(200);
        assert_eq!(since(&referent, "referrals", &now).await, std::slice::from_ref(&other));
        assert_eq!(since(&provider, "referrals", &now).await, std::slice::from_ref(&other));
        let etag = referent.get(&format!("requests/{old}")).await.expect(200).etag();
        let edited = referent.put(&format!("requests/{old}"), &etag, &with(request(), json!({"nights": 31}))).await.expect(200).body;
        assert_eq!(since(&referent, "requests", &now).await, std::slice::from_ref(&old));
        // The instant itself belongs to it, as it stands in the record or in another offset.
        let at = edited["updated_at"].as_str().unwrap();
        assert_eq!(since(&referent, "requests", at).await, std::slice::from_ref(&old));
        let elsewhere = chrono::DateTime::parse_from_rfc3339(at).unwrap().with_timezone(&chrono::FixedOffset::west_opt(4 * 3600).unwrap());
        assert_eq!(since(&referent, "requests", &elsewhere.to_rfc3339()).await, std::slice::from_ref(&old));
        for (what, said) in [("alias", None), ("notes", Some(json!({"text": "Rappeler demain."}))), ("lend", Some(app.lending_for(9))), ("end-lending", None)] {
            app.clock().advance(TimeDelta::minutes(1));
            let now = app.clock().now().to_string();
            let path = format!("requests/{old}/{what}");
            let answer = if let Some(said) = &said { referent.post(&path, said).await } else { referent.command(&path).await };
            answer.expect(200);
            assert_eq!(since(&referent, "requests", &now).await, std::slice::from_ref(&old), "{what}");
        }
        referent.post(&format!("requests/{young}/close"), &json!({"reason": "other"})).await.expect(200);
        assert_eq!(since(&referent, "requests", &now).await, [old, young], "a state is a change, too");
        assert_eq!(since(&referent, "referrals", &now).await, [other]);
        let unit_id = provider.get(&format!("vacancies/{vacancy}")).await.expect(200).body["unit_id"].as_str().unwrap().to_owned();
        provider.put(&format!("units/{unit_id}"), "*", &with(unit(), json!({"couples": false}))).await.expect(200);
        assert_eq!(since(&provider, "units", &now).await, std::slice::from_ref(&unit_id));
        let home = provider.get(&format!("units/{unit_id}")).await.expect(200).body["structure_id"].as_str().unwrap().to_owned();
        provider.put(&format!("structures/{home}"), "*", &with(structure(), json!({"name": "Autre nom fictif"}))).await.expect(200);
        assert_eq!(since(&provider, "structures", &now).await, [home]);
        assert_eq!(referent.get(&format!("referrals/{asked}")).await.expect(200).body["state"], "asked");
        for wrong in ["yesterday", "2026-11-27", ""] {
            let refused = referent.get(&format!("requests?updated_since={wrong}")).await.refused(400, "invalid_parameter");
            assert_eq!(refused.body["errors"][0]["parameter"], "updated_since");
        }
        app.ignore_mails();
    }
}
