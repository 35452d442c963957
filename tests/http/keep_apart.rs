//! Requests kept apart: linked by a code that two referents exchange, and then never in one place, nor near each other.

use api::domain::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{self, ad_hoc_request, public_structure, request, structure, unit, vacancy, with};
use crate::harness::{TestApp, on_both};

/// Links a request of the own organisation with one of the other, and gives both.
async fn linked(app: &TestApp) -> (String, String) {
    let own = app.request().await;
    let other = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
    let code = app.own(Role::Referent).command(&format!("requests/{own}/keep-apart-codes")).await.expect(201).body["code"].clone();
    app.other(Role::Referent).post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
    (own, other)
}

async fn eligible(app: &TestApp, role: Role, own: bool, request: &str) -> Value {
    let caller = if own { app.own(role) } else { app.other(role) };
    caller.rank(&format!("requests/{request}/rank"), None).await.expect(200).body
}

/// A vacancy in another structure.
async fn vacancy_in(app: &TestApp, structure: &Value) -> String {
    let site = app.site_with(structure, &unit()).await;
    app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id()
}

on_both! {
    async fn neither_is_let_near_where_the_other_is(app: TestApp) {
        let (own, other) = linked(&app).await;
        let first = vacancy_in(&app, &structure()).await;
        // Another structure in the same cell of resolution 5 (Sathonay-Village), and one some 30 km away.
        let near = vacancy_in(&app, &with(structure(), json!({"commune": "69293"}))).await;
        let far = vacancy_in(&app, &public_structure("69123", 45.50, 4.85)).await;
        let centre = h3o::CellIndex::try_from(0x861_f902_57ff_ffff).unwrap();
        assert_eq!(centre.parent(h3o::Resolution::Five).unwrap().to_string(), "851f9027fffffff");
        assert_eq!(eligible(&app, Role::Referent, false, &other).await["eligible"], 3);

        let held = app.ask(&own, &first, json!({"hold": true})).await.expect(201).id();
        let ranking = eligible(&app, Role::Referent, false, &other).await;
        assert_eq!(ranking["eligible"], 1, "{ranking}");
        assert_eq!(ranking["proposals"][0]["vacancy_id"], far.as_str());
        assert!(!ranking.to_string().contains("keep_apart"), "no answer reports that rule's count");
        // Nor do other counts: a place near the other that fails by something else counts as it would anywhere.
        let men = with(unit(), json!({"genders": ["male"]}));
        let site = app.site_with(&structure(), &men).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let (ranking, open) = (eligible(&app, Role::Referent, false, &other).await, app.other(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body);
        assert_eq!((&ranking["failed"], &ranking["failed_alone"]), (&open["failed"], &open["failed_alone"]));
        assert_eq!((ranking["eligible"].as_i64(), open["failed_alone"]["gender"].as_i64()), (Some(1), Some(1)), "{open}");
        assert_eq!(eligible(&app, Role::Referent, true, &own).await["eligible"], 3, "nobody is kept apart from themselves");
        let ask = async |vacancy: &str| {
            app.other(Role::Referent).post(&format!("requests/{other}/referrals"), &json!({"vacancy_id": vacancy})).await
        };
        let refused = ask(&near).await.refused(409, "not_eligible");
        assert_eq!(refused.body["rules"], json!(["keep_apart"]));
        // Where something else stands in the way it is not named: place after place, it would tell where someone is.
        let man = json!({"gender": "male", "minority": "adult", "age": 30});
        let other_man = json!({"household": [man], "stage": "integration"});
        let path = format!("requests/{other}");
        app.other(Role::Referent).put(&path, "*", &with(request(), other_man)).await.expect(200);
        let refused = ask(&near).await.refused(409, "not_eligible");
        assert_eq!(refused.body["rules"], json!(["stage"]));
        app.other(Role::Referent).put(&path, "*", &request()).await.expect(200);
        ask(&far).await.expect(201);

        // Housed counts as held does; when the stay is over the place is open again.
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        provider.command(&format!("referrals/{held}/accept")).await.expect(200);
        referent.post(&format!("referrals/{held}/confirm"), &app.arrival_in(1)).await.expect(200);
        provider.command(&format!("referrals/{held}/arrival")).await.expect(200);
        ask(&near).await.refused(409, "not_eligible");
        provider.post(&format!("referrals/{held}/end"), &json!({"reason": "left", "request": "open"})).await.expect(200);
        ask(&near).await.expect(201);
        app.ignore_mails();
    }

    async fn a_site_that_moves_takes_its_people_along(app: TestApp) {
        let (own, other) = linked(&app).await;
        let site = app.site().await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        app.ask(&own, &vacancy, json!({"hold": true})).await.expect(201);
        let near = vacancy_in(&app, &with(structure(), json!({"commune": "69293"}))).await;
        assert_eq!(eligible(&app, Role::Referent, false, &other).await["eligible"], 0);
        let moved = public_structure("69123", 45.50, 4.85);
        app.own(Role::Provider).put(&format!("structures/{}", site.structure), "*", &moved).await.expect(200);
        let ranking = eligible(&app, Role::Referent, false, &other).await;
        assert_eq!(ranking["proposals"][0]["vacancy_id"], near.as_str());
        app.ignore_mails();
    }

    async fn the_second_to_be_accepted_is_refused(app: TestApp) {
        let (own, other) = linked(&app).await;
        let vacancy = app.vacancy(2).await;
        let first = app.ask(&own, &vacancy, json!({})).await.expect(201).id();
        let second = app.other(Role::Referent).post(&format!("requests/{other}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{first}/accept")).await.expect(200);
        let refused = app.own(Role::Provider).command(&format!("referrals/{second}/accept")).await.refused(409, "not_eligible");
        assert!(!refused.text.contains("keep_apart"), "an association learns nothing of whom these people must not meet");
        app.ignore_mails();
    }

    async fn a_code_is_good_once_for_a_day_and_shown_once(app: TestApp) {
        let own = app.request().await;
        let codes = format!("requests/{own}/keep-apart-codes");
        let referent = app.own(Role::Referent);
        let (other_referent, other) = (app.other(Role::Referent), app.other(Role::Referent).post("requests", &request()).await.expect(201).id());
        let links = format!("requests/{other}/keep-apart-links");
        let made = referent.send(actix_web::http::Method::POST, &codes, &[("idempotency-key", "k")], None).await.expect(201).body;
        let again = referent.send(actix_web::http::Method::POST, &codes, &[("idempotency-key", "k")], None).await.expect(201).body;
        assert_eq!((&again["id"], &again["code"]), (&made["id"], &json!(null)));
        let code = made["code"].as_str().unwrap();

        for wrong in ["AAAA-AAAA-AAAA", "7Q4M-0XKD-2NVA"] {
            let refused = other_referent.post(&links, &json!({"code": wrong})).await.refused(409, "code_not_valid");
            assert_eq!(refused.body["errors"][0]["pointer"], "/code");
        }
        referent.post(&format!("requests/{own}/keep-apart-links"), &json!({"code": code})).await.refused(409, "code_not_valid");
        let typed = code.to_lowercase().replace('-', " ");
        let link = other_referent.post(&links, &json!({"code": typed})).await.expect(201);
        other_referent.post(&links, &json!({"code": code})).await.refused(409, "code_not_valid");
        for (caller, path) in [(&referent, format!("requests/{own}/keep-apart-links")), (&other_referent, links.clone())] {
            assert_eq!(caller.get(&path).await.expect(200).body["items"], json!([link.body]), "both sides see the link and no more");
        }
        referent.get(&links).await.refused(404, "not_found");

        let end = format!("requests/{own}/keep-apart-links/{}/end", link.id());
        assert!(!referent.command(&end).await.expect(200).body["ended_at"].is_null());
        referent.command(&end).await.refused(409, "link_ended");
        assert_eq!(other_referent.get(&links).await.expect(200).body["items"], json!([]));

        let late = referent.command(&codes).await.expect(201).body["code"].clone();
        app.clock().advance(TimeDelta::hours(24));
        other_referent.post(&links, &json!({"code": late})).await.refused(409, "code_not_valid");
    }

    async fn no_other_organisation_makes_a_code_of_a_request(app: TestApp) {
        let (twin, request) = (app.request().await, app.request().await);
        let codes = |request: &str| format!("requests/{request}/keep-apart-codes");
        app.own(Role::Referent).command(&codes(&twin)).await.expect(201);
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).command(&codes(&request)).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        app.own(Role::Partner).command(&codes(&request)).await.expect(201);
    }

    async fn no_other_organisation_links_a_request(app: TestApp) {
        let (twin, request) = (app.request().await, app.request().await);
        let stranger = app.other(Role::Referent);
        let theirs = stranger.post("requests", &bodies::request()).await.expect(201).id();
        let code = async || json!({"code": stranger.command(&format!("requests/{theirs}/keep-apart-codes")).await.expect(201).body["code"]});
        let links = |request: &str| format!("requests/{request}/keep-apart-links");
        app.own(Role::Referent).post(&links(&twin), &code().await).await.expect(201);
        let good = code().await;
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).post(&links(&request), &good).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        app.own(Role::Referent).post(&links(&request), &good).await.expect(201);
    }

    async fn no_other_organisation_ends_or_sees_a_link(app: TestApp) {
        let (owner, stranger) = (app.own(Role::Referent), app.other(Role::Referent));
        let link = async || {
            let (one, other) = (app.request().await, app.request().await);
            let code = owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
            let made = owner.post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201);
            (format!("requests/{one}/keep-apart-links"), made.id())
        };
        let (twins, twin) = link().await;
        owner.command(&format!("{twins}/{twin}/end")).await.expect(200);
        let (links, id) = link().await;
        let theirs = stranger.post("requests", &bodies::request()).await.expect(201).id();
        let before = app.row_counts();
        for role in [Role::Referent, Role::Partner] {
            app.other(role).command(&format!("{links}/{id}/end")).await.refused(404, "not_found");
            app.other(role).command(&format!("requests/{theirs}/keep-apart-links/{id}/end")).await.refused(404, "not_found");
            app.other(role).get(&links).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        let kept = owner.get(&links).await.expect(200).body;
        assert_eq!((&kept["items"][0]["id"], &kept["items"][0]["ended_at"]), (&json!(id), &json!(null)));
        owner.command(&format!("{links}/{id}/end")).await.expect(200);
    }

    async fn a_link_is_no_other_request_s_of_the_same_organisation(app: TestApp) {
        let owner = app.own(Role::Referent);
        let (one, other, third) = (app.request().await, app.request().await, app.request().await);
        let code = owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"].clone();
        let link = owner.post(&format!("requests/{other}/keep-apart-links"), &json!({"code": code})).await.expect(201).id();
        owner.command(&format!("requests/{third}/keep-apart-links/{link}/end")).await.refused(404, "not_found");
        assert_eq!(owner.get(&format!("requests/{third}/keep-apart-links")).await.expect(200).body["items"], json!([]));
        assert_eq!(owner.get(&format!("requests/{one}/keep-apart-links")).await.expect(200).body["items"][0]["id"], link.as_str());
    }

    async fn two_requests_have_one_link_however_often_they_are_linked(app: TestApp) {
        let (one, other) = (app.request().await, app.request().await);
        let owner = app.own(Role::Referent);
        let link = async |from: &str, to: &str| {
            let code = owner.command(&format!("requests/{from}/keep-apart-codes")).await.expect(201).body["code"].clone();
            owner.post(&format!("requests/{to}/keep-apart-links"), &json!({"code": code})).await.expect(201).id()
        };
        let first = link(&one, &other).await;
        assert_eq!((link(&one, &other).await, link(&other, &one).await), (first.clone(), first));
        assert_eq!(app.count("SELECT count(*) AS n FROM keep_apart_links"), 1);
    }

    async fn a_closed_request_is_linked_no_more(app: TestApp) {
        let owner = app.own(Role::Referent);
        let (one, closed) = (app.request().await, app.request().await);
        let code = json!({"code": owner.command(&format!("requests/{one}/keep-apart-codes")).await.expect(201).body["code"]});
        owner.post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        let before = app.row_counts();
        owner.command(&format!("requests/{closed}/keep-apart-codes")).await.refused(409, "request_closed");
        owner.post(&format!("requests/{closed}/keep-apart-links"), &code).await.refused(409, "request_closed");
        assert_eq!(app.row_counts(), before);
        let open = app.request().await;
        owner.post(&format!("requests/{open}/keep-apart-links"), &code).await.expect(201);
    }

    async fn a_request_has_a_limit_of_links(app: TestApp) {
        let (owner, one) = (app.own(Role::Referent), app.request().await);
        let link = async || {
            let other = app.request().await;
            let code = owner.command(&format!("requests/{other}/keep-apart-codes")).await.expect(201).body["code"].clone();
            owner.post(&format!("requests/{one}/keep-apart-links"), &json!({"code": code})).await
        };
        let first = link().await.expect(201).id();
        for _ in 1..api::limits::KEEP_APART_LINKS_MAX {
            link().await.expect(201);
        }
        link().await.refused(409, "too_many_links");
        owner.command(&format!("requests/{one}/keep-apart-links/{first}/end")).await.expect(200);
        link().await.expect(201);
    }

    async fn both_sides_read_that_they_were_linked_and_no_third(app: TestApp) {
        let (_, other) = linked(&app).await;
        let links = app.other(Role::Referent).get(&format!("requests/{other}/keep-apart-links")).await.expect(200).body;
        for caller in [app.own(Role::Referent), app.other(Role::Referent), app.own(Role::Auditor)] {
            let events = caller.get("events").await.expect(200).body;
            let last = events["items"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&last["command"], &last["record_id"]), (&json!("createKeepApartLink"), &links["items"][0]["id"]));
            assert_eq!(last["detail"], json!({}), "it says nothing of the requests");
        }
        let seen = app.own(Role::Provider).get("events").await.expect(200);
        assert!(!seen.text.contains("KeepApart"), "{}", seen.text);
    }
}
