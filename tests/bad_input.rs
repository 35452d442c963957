//! Nonsense in every form: each a 4xx problem that names what is wrong, never a 5xx, and nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use api::domain::Role;
use api::limits;
use api::web::operations;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::allowed::fits;
use crate::harness::bodies::{ad_hoc_request, organisation, reached_at, request, structure, unit, vacancy, with, without};
use crate::harness::{Answer, Caller, TestApp, documented, on_both};

/// Every operation that takes a body: who may call it, its method and path, and a right body.
async fn operations(app: &TestApp) -> Vec<(Role, Method, String, Value)> {
    let site = app.site().await;
    let vacancy_id = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
    let request_id = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
    let referral_id = app
        .own(Role::Referent)
        .post(&format!("requests/{request_id}/referrals"), &json!({"vacancy_id": vacancy_id}))
        .await
        .expect(201)
        .id();
    app.ignore_mails();
    let plan_id = app.own(Role::Referent).post("plans", &json!({"request_ids": [request_id]})).await.expect(201).id();
    let organisation_id = app.own(Role::Administrator).post("organisations", &organisation()).await.expect(201).id();
    let (post, put) = (Method::POST, Method::PUT);
    vec![
        (Role::Administrator, post.clone(), "organisations".to_owned(), with(organisation(), json!({"name": "Une autre"}))),
        (Role::Administrator, put.clone(), format!("organisations/{organisation_id}"), organisation()),
        (
            Role::Provider,
            put.clone(),
            format!("organisations/{}/contact", app.own(Role::Provider).identity().organisation),
            reached_at("quai@example.org"),
        ),
        (Role::Provider, post.clone(), "structures".to_owned(), structure()),
        (Role::Provider, put.clone(), format!("structures/{}", site.structure), structure()),
        (Role::Provider, post.clone(), format!("structures/{}/units", site.structure), unit()),
        (Role::Provider, put.clone(), format!("units/{}", site.unit), unit()),
        (Role::Provider, post.clone(), format!("units/{}/vacancies", site.unit), vacancy()),
        (Role::Provider, put.clone(), format!("vacancies/{vacancy_id}"), vacancy()),
        (Role::Referent, post.clone(), "requests".to_owned(), request()),
        (Role::Referent, put, format!("requests/{request_id}"), request()),
        (Role::Referent, post.clone(), "rank".to_owned(), ad_hoc_request()),
        (Role::Provider, post.clone(), format!("vacancies/{vacancy_id}/taken-elsewhere"), json!({"beds": 1})),
        (
            Role::Referent,
            post.clone(),
            format!("requests/{request_id}/referrals"),
            json!({"vacancy_id": vacancy_id, "hold": false}),
        ),
        (
            Role::Provider,
            post.clone(),
            format!("referrals/{referral_id}/acknowledge"),
            json!({"call_back": {"kind": "call_us", "at": null, "phone": null}}),
        ),
        (Role::Provider, post.clone(), format!("referrals/{referral_id}/undo"), json!({"reason": "la mauvaise demande"})),
        (Role::Regulator, post.clone(), format!("referrals/{referral_id}/move"), json!({"vacancy_id": vacancy_id})),
        (Role::Provider, post.clone(), format!("referrals/{referral_id}/accept"), json!({})),
        (
            Role::Provider,
            post.clone(),
            format!("referrals/{referral_id}/decline"),
            json!({"refusal": {"party": "structure", "code": "full"}}),
        ),
        (
            Role::Referent,
            post.clone(),
            format!("referrals/{referral_id}/confirm"),
            json!({"expected_arrival": "2030-01-01T10:00:00Z"}),
        ),
        (Role::Provider, post.clone(), format!("referrals/{referral_id}/arrival"), json!({})),
        (Role::Provider, post.clone(), format!("referrals/{referral_id}/no-show"), json!({})),
        (Role::Referent, post.clone(), format!("referrals/{referral_id}/withdraw"), json!({})),
        (Role::Provider, post.clone(), format!("referrals/{referral_id}/end"), json!({"reason": "rehoused", "request": "open"})),
        (Role::Referent, post.clone(), format!("requests/{request_id}/close"), json!({"reason": "other"})),
        (Role::Referent, post.clone(), format!("requests/{request_id}/notes"), json!({"text": "Rappeler demain."})),
        (
            Role::Referent,
            post.clone(),
            format!("requests/{request_id}/lend"),
            json!({"organisation_id": request_id, "until": "2030-01-01T10:00:00Z"}),
        ),
        (Role::Referent, post.clone(), "plans".to_owned(), json!({"request_ids": [request_id]})),
        (Role::Referent, post.clone(), format!("plans/{plan_id}/confirm"), json!({"request_ids": [request_id]})),
        (Role::Referent, post, format!("requests/{request_id}/keep-apart-links"), json!({"code": "7Q4M-0XKD-2NVA"})),
    ]
}

/// Wrong values of fields, by the name of the body's field, with the pointer that must be named.
fn wrong_fields() -> Vec<(&'static str, Value, &'static str)> {
    let person = |change: Value| json!([with(json!({"gender": "female", "minority": "adult", "age": 24}), change)]);
    let people = |count: usize| json!(vec![json!({"gender": "female", "minority": "adult"}); count]);
    vec![
        ("name", json!(""), "/name"),
        ("name", json!(" "), "/name"),
        ("name", json!("a\u{0}b"), "/name"),
        ("name", json!("a\nb"), "/name"),
        ("name", json!("x".repeat(201)), "/name"),
        ("name", json!(5), "/name"),
        ("kind", json!("castle"), "/kind"),
        ("contact", json!({"email": "nowhere"}), "/contact/email"),
        ("contact", json!({"email": "a b@example.org"}), "/contact/email"),
        ("contact", json!({"numbers": [{"phone": "call me"}]}), "/contact/numbers/0/phone"),
        ("contact", json!({"numbers": [{"phone": 115}]}), "/contact/numbers/0/phone"),
        ("contact", json!({"numbers": [{"label": "standard"}]}), "/contact/numbers/0/phone"),
        ("contact", json!({"numbers": vec![json!({"phone": "115"}); 11]}), "/contact/numbers"),
        ("contact", json!({"phone": "115"}), "/contact/phone"),
        ("numbers", json!([{"phone": ""}]), "/numbers/0/phone"),
        ("email", json!("@example.org"), "/email"),
        ("commune", json!("20"), "/commune"),
        ("commune", json!("6912x"), "/commune"),
        ("commune", json!(69123), "/commune"),
        ("town", json!("a\u{200b}b"), "/town"),
        ("finess", json!("69"), "/finess"),
        ("siret", json!("7328293200007x"), "/siret"),
        ("point", json!({"lat": 91, "lon": 0}), "/point/lat"),
        ("point", json!([45, 4]), "/point"),
        ("point", json!({}), "/point/lat"),
        ("location", json!({"cell": "861f90257ffffff"}), "/location"),
        ("department", json!("69"), "/department"),
        ("trafficking_contact", json!([]), "/trafficking_contact"),
        ("trafficking_contact", json!({"name": "référente traite"}), "/trafficking_contact/name"),
        ("trafficking_contact", json!({"numbers": [{"phone": "115", "hours": 5}]}), "/trafficking_contact/numbers/0/hours"),
        ("stages", json!([]), "/stages"),
        ("stages", json!(null), "/stages"),
        ("stages", json!(["someday"]), "/stages/0"),
        ("genders", json!("female"), "/genders"),
        ("adult_ages", json!({"min": -1}), "/adult_ages/min"),
        ("adult_ages", json!([18, 99]), "/adult_ages"),
        ("max_household", json!(0), "/max_household"),
        ("couples", json!("yes"), "/couples"),
        ("couples", json!(null), "/couples"),
        ("admission_days", json!(1.5), "/admission_days"),
        ("languages", json!(["français"]), "/languages/0"),
        ("languages", json!(["fr", "pcm", "wol"]), "/languages/2"),
        ("beds", json!(0), "/beds"),
        ("beds", json!(-1), "/beds"),
        ("beds", json!(1e300), "/beds"),
        ("from", json!("2026-02-30"), "/from"),
        ("from", json!("23/11/2026"), "/from"),
        ("until", json!("soon"), "/until"),
        ("household", json!([]), "/household"),
        ("household", people(21), "/household"),
        ("household", people(50), "/household"),
        ("household", person(json!({"age": -1})), "/household/0/age"),
        ("household", person(json!({"age": 200})), "/household/0/age"),
        ("household", person(json!({"age": "24"})), "/household/0/age"),
        ("household", person(json!({"name": "Anna"})), "/household/0/name"),
        ("household", person(json!({"nationality": "xx"})), "/household/0/nationality"),
        ("household", json!([["female", "adult", 24, false, null]]), "/household/0"),
        ("nights", json!(0), "/nights"),
        ("nights", json!(731), "/nights"),
        ("first_day", json!("0000-01-01"), "/first_day"),
        ("place", json!({"lat": 91, "lon": 2, "department": "75"}), "/place/lat"),
        ("place", json!({"lat": 48, "lon": 181, "department": "75"}), "/place/lon"),
        ("place", json!({"lat": 48, "lon": 2}), "/place/department"),
        ("distance", json!({"wish": "stay_near", "max_km": -1}), "/distance/max_km"),
        ("distance", json!({"wish": "fly"}), "/distance/wish"),
        (
            "danger_zones",
            json!([{"level": "forbidden", "centre": {"lat": 1, "lon": 2}, "radius_km": -5}]),
            "/danger_zones/0/radius_km",
        ),
        (
            "danger_zones",
            json!([{"level": "forbidden", "centre": {"lat": 1, "lon": 2}, "radius_km": 0}]),
            "/danger_zones/0/radius_km",
        ),
        ("danger_zones", json!(vec![json!({"level": "avoid", "department": "93"}); 51]), "/danger_zones"),
        ("urgency", json!("now"), "/urgency"),
        ("refused_units", json!(["x"]), "/refused_units/0"),
        ("refused_units", json!(vec!["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"; 201]), "/refused_units"),
        ("request_ids", json!([]), "/request_ids"),
        ("request_ids", json!("all"), "/request_ids"),
        ("request_ids", json!([7]), "/request_ids/0"),
        ("request_ids", json!(["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213", "x"]), "/request_ids/1"),
        ("request_ids", json!(vec!["0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"; 5_001]), "/request_ids"),
        ("papers", json!(true), "/papers"),
    ]
}

/// Sends a wrong body, which must be refused as such.
async fn refuse(app: &TestApp, role: Role, method: &Method, path: &str, body: &Value) -> Answer {
    let key = Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str()), ("if-match", "*")];
    let answer = app.own(role).send(method.clone(), path, &headers, Some(body.to_string().into_bytes())).await;
    answer.refused(422, "invalid_body")
}

/// The pointers that a refusal names; each of them once.
#[track_caller]
fn pointers_of(refused: &Answer) -> BTreeSet<String> {
    let named: Vec<_> =
        refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
    let once: BTreeSet<_> = named.iter().cloned().collect();
    assert_eq!(once.len(), named.len(), "{}", refused.text);
    once
}

on_both! {
    async fn an_answer_does_not_repeat_what_was_said_about_a_person(app: TestApp) {
        for (field, value) in [("first_day", json!("chez Amina, 3 rue X")), ("couple", json!("chez Amina, 3 rue X")), ("household", json!("chez Amina, 3 rue X"))] {
            let mut body = request();
            body[field] = value;
            let refused = app.own(Role::Referent).post("requests", &body).await.refused(422, "invalid_body");
            assert!(!refused.text.contains("Amina"), "{}", refused.text);
            assert_eq!(refused.body["errors"][0]["pointer"], format!("/{field}"));
        }
    }

    async fn a_wrong_field_is_named_and_changes_nothing(app: TestApp) {
        let operations = operations(&app).await;
        let before = app.row_counts();
        let mut tried = 0;
        for (field, value, pointer) in wrong_fields() {
            for (role, method, path, body) in &operations {
                // What a structure does not take is unknown to it; its point is left out here.
                let of_structure = path.starts_with("structures") && !path.ends_with("/units");
                let is_known = body.get(field).is_some()
                    || field == "papers"
                    || (of_structure && ["point", "location", "department"].contains(&field))
                    || (field == "until" && path.contains("vacanc"));
                if !is_known || (field == "kind" && path.starts_with("organisations") && value == "chrs") {
                    continue;
                }
                tried += 1;
                let body = with(body.clone(), json!({field: value})).to_string().into_bytes();
                let headers = [("idempotency-key", "k"), ("if-match", "*")];
                let refused = app.own(*role).send(method.clone(), path, &headers, Some(body)).await.refused(422, "invalid_body");
                assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{method} {path}: {}", refused.text);
            }
        }
        assert!(tried > 100, "{tried} tried");
        assert_eq!(app.row_counts(), before);
    }

    async fn a_missing_field_is_named(app: TestApp) {
        for (role, method, path, body) in operations(&app).await {
            for field in body.as_object().unwrap().keys() {
                let mut less = body.clone();
                less.as_object_mut().unwrap().remove(field);
                let key = uuid::Uuid::now_v7().to_string();
                let headers = [("idempotency-key", key.as_str()), ("if-match", "*")];
                let answer = app.own(role).send(method.clone(), &path, &headers, Some(less.to_string().into_bytes())).await;
                if answer.status.is_client_error() && answer.status != 409 {
                    let refused = answer.refused(422, "invalid_body");
                    assert_eq!(refused.body["errors"][0], json!({"pointer": format!("/{field}"), "detail": "is missing"}), "{path}");
                } else {
                    let optional = ["contact", "numbers", "email", "town", "finess", "siret", "trafficking_contact", "couples", "children", "offers", "languages",
                        "doors", "answering_hours", "until", "hold", "request_ids", "call_back", "reason"];
                    let optional = optional.contains(&field.as_str()) || path.ends_with("/taken-elsewhere");
                    assert!(optional, "{path} goes without {field}");
                }
            }
        }
        app.ignore_mails();
    }

    async fn all_wrong_fields_are_named_at_once(app: TestApp) {
        let operations = operations(&app).await;
        let before = app.row_counts();
        for (role, method, path, right) in &operations {
            let mut wrong: BTreeMap<&str, Value> = BTreeMap::from([("/papers", json!("none"))]);
            let mut body = json!({"papers": "none"});
            for (field, value) in right.as_object().unwrap() {
                let value = if value.is_boolean() { json!("yes") } else { json!(true) };
                body[field] = value;
            }
            let pointers: Vec<_> = right.as_object().unwrap().keys().map(|field| format!("/{field}")).collect();
            wrong.extend(pointers.iter().map(|pointer| (pointer.as_str(), Value::Null)));
            let refused = refuse(&app, *role, method, path, &body).await;
            assert_eq!(pointers_of(&refused), wrong.into_keys().map(ToOwned::to_owned).collect(), "{method} {path}: {}", refused.text);
        }
        assert_eq!(app.row_counts(), before);
    }

    async fn all_missing_fields_are_named_at_once(app: TestApp) {
        for (role, method, path, right) in operations(&app).await {
            let one_by_one: BTreeSet<_> = {
                let mut missing = BTreeSet::new();
                for field in right.as_object().unwrap().keys() {
                    // Beside what is wrong anyway, so that nothing is done.
                    let refused = refuse(&app, role, &method, &path, &with(without(right.clone(), field), json!({"papers": 1}))).await;
                    missing.extend(pointers_of(&refused).into_iter().filter(|pointer| pointer != "/papers"));
                }
                missing
            };
            let refused = refuse(&app, role, &method, &path, &json!({"papers": 1})).await;
            let at_once: BTreeSet<_> = pointers_of(&refused).into_iter().filter(|pointer| pointer != "/papers").collect();
            assert!(at_once.is_superset(&one_by_one), "{method} {path}: {}", refused.text);
        }
    }

    async fn what_is_wrong_is_named_however_deep_it_lies(app: TestApp) {
        let body = with(without(ad_hoc_request(), "stage"), json!({
            "household": [{"gender": "x", "minority": "adult", "age": -1}, {"minority": "minor", "age": "4", "name": "Anna"}],
            "nights": 0, "required": ["cot", "unicorn", 5], "place": {"lat": 91, "lon": 2},
            "danger_zones": [{"level": "avoid", "department": "93"}, {"level": "maybe", "department": "00"}], "papers": true, "": 1,
        }));
        let refused = refuse(&app, Role::Referent, &Method::POST, "rank", &body).await;
        let expected = [
            "", "/danger_zones/1/department", "/danger_zones/1/level", "/household/0/age", "/household/0/gender", "/household/1/age",
            "/household/1/gender", "/household/1/name", "/nights", "/papers", "/place/department", "/place/lat", "/required/1", "/required/2",
            "/stage",
        ];
        assert_eq!(pointers_of(&refused), expected.map(ToOwned::to_owned).into(), "{}", refused.text);
        assert!(!refused.text.contains("Anna"), "{}", refused.text);
        let last = br#"{"beds": "two", "from": "2026-11-23", "": 1}"#.to_vec();
        let path = format!("units/{}/vacancies", app.site().await.unit);
        let refused = app.own(Role::Provider).send(Method::POST, &path, &[("idempotency-key", "k")], Some(last)).await.refused(422, "invalid_body");
        assert_eq!(pointers_of(&refused), ["", "/beds"].map(ToOwned::to_owned).into(), "{}", refused.text);
        for error in refused.body["errors"].as_array().unwrap() {
            assert!(!error["detail"].as_str().unwrap().is_empty());
        }
    }

    async fn what_contradicts_itself_is_named_beside_what_is_wrong(app: TestApp) {
        let body = with(structure(), json!({"name": 5, "finess": "690000006"}));
        let refused = refuse(&app, Role::Provider, &Method::POST, "structures", &body).await;
        assert_eq!(pointers_of(&refused), ["/finess", "/name"].map(ToOwned::to_owned).into(), "{}", refused.text);
        let body = with(ad_hoc_request(), json!({"couple": true, "papers": 1}));
        let refused = refuse(&app, Role::Referent, &Method::POST, "rank", &body).await;
        assert_eq!(pointers_of(&refused), ["/couple", "/papers"].map(ToOwned::to_owned).into(), "{}", refused.text);
    }

    async fn nothing_is_named_for_what_stands_in_place_of_a_wrong_field(app: TestApp) {
        let site = app.site().await;
        let path = format!("units/{}/vacancies", site.unit);
        // Whether `until` comes too early depends on what `from` was meant to be.
        for until in ["2026-11-20", "2027-01-01"] {
            let body = with(vacancy(), json!({"from": "someday", "until": until}));
            let refused = refuse(&app, Role::Provider, &Method::POST, &path, &body).await;
            assert_eq!(pointers_of(&refused), ["/from"].map(ToOwned::to_owned).into(), "{until}: {}", refused.text);
        }
        // And whether there is a couple, on who is in the household.
        let body = with(ad_hoc_request(), json!({"couple": true, "household": [{"gender": "female", "minority": "grown"}, 5]}));
        let refused = refuse(&app, Role::Referent, &Method::POST, "rank", &body).await;
        let named = pointers_of(&refused);
        assert!(named.contains("/household/0/minority") && named.contains("/household/1"), "{}", refused.text);
    }

    async fn as_many_wrong_fields_are_named_as_a_reader_can_use(app: TestApp) {
        let body = json!({"request_ids": vec!["x"; 5_000]});
        let refused = refuse(&app, Role::Referent, &Method::POST, "plans", &body).await;
        assert_eq!(refused.body["errors"].as_array().unwrap().len(), limits::WRONG_FIELDS_MAX);
    }

    async fn all_wrong_parameters_are_named_at_once(app: TestApp) {
        let refused = app.own(Role::Referent).get("units?limit=many&kind=castle&papers=1&department=69&papers=2").await;
        let refused = refused.refused(400, "invalid_parameter");
        let named: BTreeSet<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["parameter"].as_str().unwrap()).collect();
        assert_eq!(named, ["kind", "limit", "papers"].into(), "{}", refused.text);
        let refused = app.own(Role::Referent).get("communes?limit=3").await.refused(400, "invalid_parameter");
        let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["parameter"].as_str().unwrap()).collect();
        assert_eq!(named, ["limit", "q"], "{}", refused.text);
    }

    async fn a_body_that_may_be_left_out_may_be_null(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let null = |caller: &Caller, path: String, key: &'static str| {
            let caller = caller.clone();
            async move { caller.send(Method::POST, &path, &[("idempotency-key", key)], Some(b" null\n".to_vec())).await.expect(200) }
        };
        let referral = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id();
        let accepted = null(&provider, format!("referrals/{referral}/accept"), "accept").await;
        assert_eq!(accepted.body["state"], "accepted");
        // Null, an empty object and no body say the same, so under one key they are one command.
        let path = format!("referrals/{referral}/accept");
        for body in [&b""[..], b"{}", b"null"] {
            let again = provider.send(Method::POST, &path, &[("idempotency-key", "accept")], Some(body.to_vec())).await.expect(200);
            assert_eq!(again.body, accepted.body);
        }
        referent.post(&format!("referrals/{referral}/confirm"), &app.arrival_in(1)).await.expect(200);
        assert_eq!(null(&provider, format!("referrals/{referral}/arrival"), "arrival").await.body["state"], "arrived");
        let referral = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id();
        assert_eq!(null(&referent, format!("referrals/{referral}/withdraw"), "withdraw").await.body["state"], "withdrawn");
        assert_eq!(null(&provider, format!("vacancies/{vacancy}/taken-elsewhere"), "taken").await.body["beds"], 0);
        // Of what is no JSON the media type is asked all the same.
        let headers = [("idempotency-key", "text"), ("content-type", "text/plain")];
        provider.send(Method::POST, &path, &headers, Some(b"null".to_vec())).await.refused(415, "unsupported_media_type");
        app.ignore_mails();
    }

    async fn the_document_has_every_field_that_is_read(app: TestApp) {
        let document = documented::document();
        for (role, method, path, _) in operations(&app).await {
            let refused = refuse(&app, role, &method, &path, &json!({"papers": 1})).await;
            let unknown = refused.body["errors"].as_array().unwrap().iter().find(|error| error["pointer"] == "/papers").unwrap();
            let expected = unknown["detail"].as_str().unwrap().split_once("expected ").unwrap().1;
            let read: BTreeSet<_> = expected.split('`').skip(1).step_by(2).collect();
            let row = operations::ALL.iter().find(|spec| spec.method == method && fits(spec.path, &format!("/api/v1/{path}"))).unwrap();
            let schema = &document["paths"][row.path][method.as_str().to_lowercase()]["requestBody"]["content"]["application/json"]["schema"];
            let link = schema["$ref"].as_str().or_else(|| schema["oneOf"][0]["$ref"].as_str()).unwrap();
            let described = document.pointer(link.trim_start_matches('#')).unwrap()["properties"].as_object().unwrap();
            assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), read, "{method} {path}");
        }
    }

    async fn a_body_that_is_no_json_is_refused(app: TestApp) {
        let operations = operations(&app).await;
        let before = app.row_counts();
        let deep = "[".repeat(100_000);
        let twice = r#"{"beds": 1, "beds": 2, "from": "2026-01-01"}"#;
        for (role, method, path, body) in &operations {
            let right = body.to_string();
            let trailing = format!("{right} x");
            let cut = &right[..right.len() - 1];
            // What needs no body takes none; an empty object and null say the same.
            let optional = ["/contact", "/taken-elsewhere", "/acknowledge", "/undo", "/accept", "/arrival", "/no-show", "/withdraw", "plans"].iter().any(|end| path.ends_with(end))
                || path.starts_with("plans/");
            for (body, status, code) in [
                (&b""[..], 400, "unreadable_body"),
                (b"{", 400, "unreadable_body"),
                (b"\xff\xfe{}", 400, "unreadable_body"),
                (b"{\"a\": \"\xc3\x28\"}", 400, "unreadable_body"),
                (b"\0", 400, "unreadable_body"),
                (trailing.as_bytes(), 400, "unreadable_body"),
                (cut.as_bytes(), 400, "unreadable_body"),
                (b"null", 422, "invalid_body"),
                (b"[]", 422, "invalid_body"),
                (b"\"x\"", 422, "invalid_body"),
                (b"{}", 422, "invalid_body"),
                (deep.as_bytes(), 422, "invalid_body"),
                (&vec![b' '; 10_000_000], 413, "body_too_large"),
            ] {
                if optional && [&b""[..], b"{}", b"null"].contains(&body) {
                    continue;
                }
                let headers = [("idempotency-key", "k"), ("if-match", "*")];
                app.own(*role).send(method.clone(), path, &headers, Some(body.to_vec())).await.refused(status, code);
            }
            for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
                let headers = [("idempotency-key", "k"), ("if-match", "*"), ("content-type", media_type)];
                let body = Some(right.clone().into_bytes());
                app.own(*role).send(method.clone(), path, &headers, body).await.refused(415, "unsupported_media_type");
            }
        }
        let (role, method, path, _) = operations.iter().find(|(_, method, path, _)| *method == Method::POST && path.ends_with("vacancies")).unwrap();
        let headers = [("idempotency-key", "k")];
        let refused = app.own(*role).send(method.clone(), path, &headers, Some(twice.into())).await.refused(422, "invalid_body");
        assert_eq!(refused.body["errors"][0], json!({"pointer": "/beds", "detail": "is given twice"}));
        assert_eq!(app.row_counts(), before);
    }

    async fn a_field_whose_name_is_no_word_is_told_by_what_holds_it(app: TestApp) {
        let referent = app.own(Role::Referent);
        let refused = async |body: Value| referent.rank("rank", Some(&body)).await.refused(422, "invalid_body");
        for name in ["a.b", "a[0]", "~/", "", &"x".repeat(200_000)] {
            let top = refused(with(ad_hoc_request(), json!({name: 1}))).await;
            assert_eq!(top.body["errors"][0]["pointer"], "", "{name}");
            assert!(top.text.len() < 4_000, "what is sent does not come back: {}", top.text.len());
            let mut below = ad_hoc_request();
            below["household"][0][name] = json!(1);
            assert_eq!(refused(below).await.body["errors"][0]["pointer"], "/household/0", "{name}");
        }
        let beyond = ad_hoc_request().to_string().replace("\"max_km\":50", "\"max_km\":1e999");
        let refused = referent.send(Method::POST, "rank", &[], Some(beyond.into_bytes())).await.refused(422, "invalid_body");
        assert_eq!(refused.body["errors"][0], json!({"pointer": "/distance/max_km", "detail": "is a number out of all range"}));
    }

    async fn an_id_that_is_none_is_refused(app: TestApp) {
        let provider = app.own(Role::Provider);
        for path in ["structures/x", "units/0192f0c1-2d3e-7a4b-8c5d", "vacancies/%00", "units/x/vacancies"] {
            provider.get(path).await.refused(400, "invalid_parameter");
        }
    }
}
