//! What every operation has in common: tokens, roles, methods, keys, tags.

use actix_web::http::Method;
use api::domain::Role;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::harness::bodies::{organisation, request, structure, unit, vacancy, with};
use crate::harness::{Side, TestApp, on_both};

on_both! {
    async fn a_token_is_needed(app: TestApp) {
        for caller in [app.nobody(), app.with_token("hvr_wrong"), app.with_token("")] {
            let refused = caller.get("units").await.refused(401, "unauthenticated");
            assert!(refused.header("www-authenticate").starts_with("Bearer"));
            caller.post("structures", &structure()).await.refused(401, "unauthenticated");
            caller.get("nothing/here").await.refused(401, "unauthenticated");
        }
        for path in ["health", "readiness", "openapi.json"] {
            app.nobody().get(path).await.expect(200);
        }
        app.own(Role::Provider).get("units").await.expect(200);
        for side in [Side::Own, Side::Other] {
            api::cli::client::revoke(app.db(), app.caller(Role::Provider, side).identity().account).unwrap();
        }
        app.own(Role::Provider).get("units").await.refused(401, "unauthenticated");
    }

    async fn what_is_hidden_is_as_what_is_not_there(app: TestApp) {
        let request = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let site = app.site().await;
        let nothing = "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213";
        for (role, path) in [
            (Role::Referent, format!("requests/{request}")),
            (Role::Provider, format!("structures/{}", site.structure)),
            (Role::Provider, format!("units/{}", site.unit)),
        ] {
            let hidden = app.other(role).get(&path).await.refused(404, "not_found");
            let absent = app.other(role).get(&format!("{}/{nothing}", path.split('/').next().unwrap())).await.refused(404, "not_found");
            let mut bodies = [hidden.body, absent.body];
            for body in &mut bodies {
                body["instance"] = json!(null);
            }
            assert_eq!(bodies[0], bodies[1]);
            let names = |headers: &actix_web::http::header::HeaderMap| headers.keys().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(names(&hidden.headers), names(&absent.headers));
        }
    }

    async fn other_methods_are_told_which_there_are(app: TestApp) {
        for (path, method, allow) in [
            ("units", Method::POST, "GET, HEAD"),
            ("units", Method::TRACE, "GET, HEAD"),
            ("rank", Method::GET, "POST"),
            ("organisations", Method::DELETE, "GET, HEAD, POST"),
            ("health", Method::POST, "GET, HEAD"),
        ] {
            let refused = app.own(Role::Referent).send(method, path, &[], None).await.refused(405, "method_not_allowed");
            let mut allowed: Vec<_> = refused.header("allow").split(", ").map(ToOwned::to_owned).collect();
            allowed.sort();
            assert_eq!(allowed.join(", "), allow, "{path}");
        }
        for path in ["units", "health", "/static/x/havre.css", "/connexion"] {
            let (whole, head) = (app.own(Role::Referent).get(path).await, app.own(Role::Referent).send(Method::HEAD, path, &[], None).await);
            assert_eq!((head.status, head.header("content-type")), (whole.status, whole.header("content-type")), "{path}");
        }
        app.own(Role::Referent).get("nothing").await.refused(404, "no_such_path");
        app.nobody().get("/api/nothing").await.refused(404, "no_such_path");
        assert!(app.nobody().get("/nothing").await.expect(404).text.contains(api::web::pages::words::NOT_FOUND_TITLE.text()), "people get a page");
    }

    async fn nothing_is_kept_by_a_cache(app: TestApp) {
        for answer in [
            app.own(Role::Referent).get("units").await.expect(200),
            app.nobody().get("units").await.expect(401),
            app.own(Role::Auditor).get("units").await.expect(403),
            app.own(Role::Referent).send(Method::TRACE, "units", &[], None).await.expect(405),
        ] {
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }

    async fn a_command_needs_a_key(app: TestApp) {
        let provider = app.own(Role::Provider);
        let body = structure().to_string().into_bytes();
        provider.send(Method::POST, "structures", &[], Some(body.clone())).await.refused(400, "idempotency_key_missing");
        for wrong in ["two words", "\"", "\"a", "é", &"k".repeat(129)] {
            let headers = [("idempotency-key", wrong)];
            provider.send(Method::POST, "structures", &headers, Some(body.clone())).await.refused(400, "invalid_parameter");
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 0);
    }

    async fn a_command_sent_twice_has_one_effect(app: TestApp) {
        let provider = app.own(Role::Provider);
        let first = provider.post_under("structures", &structure(), "key-1").await.expect(201);
        let again = provider.post_under("structures", &structure(), "\"key-1\"").await.expect(201);
        assert_eq!((&first.body, first.etag(), first.header("location")), (&again.body, again.etag(), again.header("location")));
        assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 1);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'createStructure'"), 1);

        let other = with(structure(), json!({"name": "Une autre structure fictive"}));
        provider.post_under("structures", &other, "key-1").await.refused(422, "idempotency_key_reused");
        provider.post_under(&format!("structures/{}/units", first.id()), &unit(), "key-1").await.refused(422, "idempotency_key_reused");
        app.other(Role::Provider).post_under("structures", &other, "key-1").await.expect(201);

        let path = format!("structures/{}", first.id());
        provider.put(&path, &first.etag(), &other).await.expect(200);
        let replayed = provider.post_under("structures", &structure(), "key-1").await.expect(201);
        assert_eq!(replayed.body["name"], "Une autre structure fictive", "a replay shows the record as it stands now");

        app.clock().advance(TimeDelta::hours(23));
        provider.post_under("structures", &structure(), "key-1").await.expect(201);
        assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 2);
        app.clock().advance(TimeDelta::hours(2));
        provider.post_under("structures", &structure(), "key-1").await.expect(201);
        assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 3, "a day later the key is free");
    }

    async fn the_same_command_at_once_has_one_effect(app: TestApp) {
        let provider = app.own(Role::Provider);
        let body = structure();
        let answers = join_all((0..12).map(|_| provider.post_under("structures", &body, "at-once"))).await;
        let first = answers[0].clone().expect(201);
        for answer in answers {
            assert_eq!(answer.expect(201).body, first.body);
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 1);
    }

    async fn a_refused_command_leaves_its_key_free(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        administrator.post("organisations", &organisation()).await.expect(201);
        administrator.post_under("organisations", &organisation(), "k").await.refused(409, "name_taken");
        let other = with(organisation(), json!({"name": "Une autre"}));
        administrator.post_under("organisations", &other, "k").await.expect(201);
    }

    async fn an_edit_says_what_it_saw(app: TestApp) {
        let site = app.site().await;
        let provider = app.own(Role::Provider);
        let path = format!("units/{}", site.unit);
        let etag = provider.get(&path).await.expect(200).etag();
        let body = Some(with(unit(), json!({"couples": false})).to_string().into_bytes());
        provider.send(Method::PUT, &path, &[], body.clone()).await.refused(428, "if_match_missing");
        for stale in ["\"stale\"", &format!("W/{etag}"), "\"a\", \"b\""] {
            provider.send(Method::PUT, &path, &[("if-match", stale)], body.clone()).await.refused(412, "etag_mismatch");
        }
        for wrong in ["stale", "\"a", "*, \"a\"", "{}"] {
            provider.send(Method::PUT, &path, &[("if-match", wrong)], body.clone()).await.refused(400, "invalid_parameter");
        }
        let listed = format!("\"a\", {etag}");
        let headers = [("if-match", listed.as_str()), ("idempotency-key", "edit-1")];
        let edited = provider.send(Method::PUT, &path, &headers, body.clone()).await.expect(200);
        let again = provider.send(Method::PUT, &path, &headers, body.clone()).await.expect(200);
        assert_eq!(again.body, edited.body, "under a key, a repeat gets the same answer");
        provider.send(Method::PUT, &path, &[("if-match", &listed)], body).await.refused(412, "etag_mismatch");
    }

    async fn events_are_one_a_command_and_without_gap(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let before = app.count("SELECT count(*) AS n FROM events") - 2;
        let declare = format!("units/{}/vacancies", site.unit);
        let body = vacancy();
        let declared = join_all((0..30).map(|_| provider.post(&declare, &body))).await;
        let ids: std::collections::BTreeSet<_> = declared.into_iter().map(|answer| answer.expect(201).id()).collect();
        assert_eq!(ids.len(), 30);
        let paths: Vec<_> = ids.iter().map(|id| format!("vacancies/{id}/confirm")).collect();
        for answer in join_all(paths.iter().map(|path| provider.command(path))).await {
            answer.expect(200);
        }
        provider.command(&paths[0].replace("confirm", "withdraw")).await.expect(200);
        provider.command(&paths[0]).await.refused(409, "vacancy_withdrawn");
        for sql in ["SELECT count(*) AS n FROM events", "SELECT max(position) AS n FROM events", "SELECT position AS n FROM event_head"] {
            assert_eq!(app.count(sql) - before, 63, "{sql}");
        }
    }

    async fn answers_are_compressed_where_it_is_asked_for_and_never_beside_secrets(app: TestApp) {
        let referent = app.own(Role::Referent);
        let request = app.request().await;
        for coding in ["gzip", "br"] {
            for (method, path, expected) in [
                (Method::GET, "/api/v1/openapi.json", coding),
                (Method::GET, "/api/v1/units", coding),
                (Method::GET, "/connexion", ""),
                (Method::GET, "/docs/", ""),
                (Method::POST, &format!("/api/v1/requests/{request}/keep-apart-codes"), "identity"),
            ] {
                let headers = [("accept-encoding", coding), ("idempotency-key", coding)];
                let answer = referent.send(method, path, &headers, None).await;
                assert_eq!(answer.header("content-encoding"), expected, "{path}: {}", answer.text);
            }
        }
        assert_eq!(referent.get("units").await.expect(200).header("content-encoding"), "");
    }

    async fn of_edits_that_saw_the_same_one_wins(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let path = format!("units/{}", site.unit);
        let etag = provider.get(&path).await.expect(200).etag();
        let bodies: Vec<_> = (1..=10).map(|size| with(unit(), json!({"max_household": size + 10}))).collect();
        let answers = join_all(bodies.iter().map(|body| provider.put(&path, &etag, body))).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 9, "{statuses:?}");
    }

    async fn a_key_is_one_client_s_one_command_s_and_one_record_s(app: TestApp) {
        let (one, two) = (app.vacancy(2).await, app.vacancy(2).await);
        let provider = app.own(Role::Provider);
        let confirm = async |vacancy: &str| provider.send(Method::POST, &format!("vacancies/{vacancy}/confirm"), &[("idempotency-key", "k")], None).await;
        let first = confirm(&one).await.expect(200);
        confirm(&two).await.refused(422, "idempotency_key_reused");
        let withdraw = provider.send(Method::POST, &format!("vacancies/{one}/withdraw"), &[("idempotency-key", "k")], None).await;
        withdraw.refused(422, "idempotency_key_reused");
        // A repeat confirms nothing anew.
        app.clock().advance(TimeDelta::hours(1));
        assert_eq!(confirm(&one).await.expect(200).body, first.body);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'confirmVacancy'"), 1);
        // Another client of the same organisation has keys of its own.
        let (referent, partner) = (app.own(Role::Referent), app.own(Role::Partner));
        let of_referent = referent.post_under("requests", &request(), "k").await.expect(201).id();
        let of_partner = partner.post_under("requests", &request(), "k").await.expect(201).id();
        assert_ne!(of_referent, of_partner);
    }

    async fn every_edit_says_what_it_saw(app: TestApp) {
        let site = app.site().await;
        let declared = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let asked = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let made = app.own(Role::Administrator).post("organisations", &organisation()).await.expect(201).id();
        for (role, path, body, other) in [
            (Role::Provider, format!("structures/{}", site.structure), structure(), with(structure(), json!({"name": "Une autre"}))),
            (Role::Provider, format!("units/{}", site.unit), unit(), with(unit(), json!({"couples": false}))),
            (Role::Provider, format!("vacancies/{declared}"), vacancy(), with(vacancy(), json!({"beds": 3}))),
            (Role::Referent, format!("requests/{asked}"), request(), with(request(), json!({"nights": 3}))),
            (Role::Administrator, format!("organisations/{made}"), organisation(), with(organisation(), json!({"name": "Une autre"}))),
        ] {
            let caller = app.own(role);
            let seen = caller.get(&path).await.expect(200).etag();
            let edited = caller.put(&path, &seen, &other).await.expect(200);
            assert_eq!(caller.get(&path).await.expect(200).etag(), edited.etag(), "{path}");
            caller.put(&path, &seen, &body).await.refused(412, "etag_mismatch");
            caller.send(Method::PUT, &path, &[], Some(body.to_string().into_bytes())).await.refused(428, "if_match_missing");
            assert_eq!(caller.get(&path).await.expect(200).body, edited.body, "{path}");
        }
    }

    async fn what_is_said_under_a_key_is_what_the_body_says_and_not_how_it_is_written(app: TestApp) {
        let referent = app.own(Role::Referent);
        let post = async |text: &str| referent.send(Method::POST, "requests", &[("idempotency-key", "k")], Some(text.as_bytes().to_vec())).await;
        let body = request();
        let first = post(&body.to_string()).await.expect(201);
        let mut fields: Vec<_> = body.as_object().unwrap().iter().map(|(name, value)| format!("{}: {value}", json!(name))).collect();
        fields.reverse();
        let respelled = |from: &str, to: &str| {
            assert!(body.to_string().contains(from), "{body}");
            body.to_string().replace(from, to)
        };
        for written in [
            serde_json::to_string_pretty(&body).unwrap(),
            format!("{{ {} }}\n", fields.join(" ,\n\t")),
            respelled("\"nights\":30", "\"nights\":30.0"),
            respelled("\"nights\":30", "\"nights\":3e1"),
            respelled("\"age\":24", "\"age\":24.000"),
            respelled("45.76", "45.7600"),
            respelled("45.76", "4576e-2"),
            respelled("stay_near", "stay\\u005fnear"),
        ] {
            assert_ne!(written, body.to_string());
            assert_eq!(post(&written).await.expect(201).body, first.body, "{written}");
        }
        for change in [json!({"nights": 31}), json!({"required": ["cot"]}), json!({"household": [body["household"][0], body["household"][0]]})] {
            post(&with(body.clone(), change).to_string()).await.refused(422, "idempotency_key_reused");
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM requests"), 1);
    }
}

/// PostgreSQL alone has other instances that may be at work under the same key.
#[actix_web::test]
async fn a_command_that_still_runs_elsewhere_is_waited_for() {
    let Some(app) = TestApp::on_postgres().await else { return };
    let elsewhere = app.another_instance().await;
    let (here, there) = (app.own(Role::Provider), elsewhere.own(Role::Provider));
    let sent = join_all((0..12).map(|at| {
        let caller = if at % 2 == 0 { &here } else { &there };
        async move { caller.post_under("structures", &structure(), "busy").await.expect(201).body }
    }));
    let answers = sent.await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(app.count("SELECT count(*) AS n FROM structures"), 1);
}
