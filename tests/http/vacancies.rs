//! Vacancies: declared, changed, confirmed, withdrawn; and the beds the database guards.

use api::domain::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{day, structure, unit, vacancy, with};
use crate::harness::on_both;

on_both! {
    async fn beds_that_are_held_are_not_moved_to_other_days(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let site = app.site().await;
        // Before 6:00 tonight is the day before.
        let open = json!({"beds": 1, "from": day(-1), "until": day(40)});
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &open).await.expect(201).id();
        let path = format!("vacancies/{vacancy}");
        let asked = app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201).id();
        for moved in [json!({"from": day(10)}), json!({"until": day(1)}), json!({"from": day(300), "until": null})] {
            let seen = provider.get(&path).await.expect(200).etag();
            provider.put(&path, &seen, &with(open.clone(), moved.clone())).await.refused(409, "beds_held");
        }
        // What takes nothing from those who hold them is free.
        let seen = provider.get(&path).await.expect(200).etag();
        provider.put(&path, &seen, &with(open.clone(), json!({"from": day(-3), "until": null}))).await.expect(200);
        referent.command(&format!("referrals/{asked}/withdraw")).await.expect(200);
        let seen = provider.get(&path).await.expect(200).etag();
        provider.put(&path, &seen, &with(open, json!({"from": day(10)}))).await.expect(200);
        app.ignore_mails();
    }

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

        let changed = provider.put(&path, &declared.etag(), &json!({"beds": 1, "from": "2026-01-02", "until": day(60)})).await.expect(200);
        assert_eq!(changed.body["until"], day(60));
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

    async fn their_beds_never_add_up_to_more_than_the_places(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 6}))).await;
        let list = format!("units/{}/vacancies", site.unit);
        let too_many = |refused: crate::harness::Answer, on: &str| {
            assert_eq!(refused.body["errors"][0]["pointer"], "/beds", "{}", refused.text);
            assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(on), "{}", refused.text);
        };
        let span = |beds: u32, from: i64, until: Option<i64>| json!({"beds": beds, "from": day(from), "until": until.map(day)});
        too_many(provider.post(&list, &span(60, 0, None)).await.refused(409, "contradiction"), "60 beds");
        let first = provider.post(&list, &span(4, 2, Some(6))).await.expect(201);
        // Beside it, up to the last night; on its days only so many.
        let before = provider.post(&list, &span(6, 0, Some(2))).await.expect(201).id();
        provider.post(&list, &span(6, 6, Some(8))).await.expect(201);
        too_many(provider.post(&list, &span(3, 4, Some(5))).await.refused(409, "contradiction"), &day(4));
        too_many(provider.post(&list, &span(1, 0, None)).await.refused(409, "contradiction"), "7 beds");
        provider.post(&list, &span(2, 2, Some(6))).await.expect(201);
        // Nor by an edit, of the beds or of the days.
        let path = format!("vacancies/{}", first.id());
        too_many(provider.put(&path, &first.etag(), &span(5, 2, Some(6))).await.refused(409, "contradiction"), &day(2));
        too_many(provider.put(&path, &first.etag(), &span(1, 2, Some(7))).await.refused(409, "contradiction"), &day(6));
        let smaller = provider.put(&path, &first.etag(), &span(3, 2, Some(6))).await.expect(200);
        provider.put(&path, &smaller.etag(), &span(4, 2, Some(6))).await.expect(200);
        // A bed that someone has taken elsewhere may be declared anew, and so may all of one that was withdrawn.
        provider.post(&format!("{path}/taken-elsewhere"), &json!({"beds": 1})).await.expect(200);
        provider.post(&list, &span(1, 5, Some(6))).await.expect(201);
        provider.command(&format!("vacancies/{before}/withdraw")).await.expect(200);
        provider.post(&list, &span(6, 1, Some(2))).await.expect(201);
    }

    async fn many_at_once_never_add_up_to_more_than_the_places(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 5}))).await;
        let list = format!("units/{}/vacancies", site.unit);
        let one = json!({"beds": 1, "from": day(0)});
        let declared = futures_util::future::join_all((0..12).map(|_| provider.post(&list, &one))).await;
        let done = declared.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(done, 5);
        assert!(declared.iter().all(|answer| answer.status == 201 || answer.body["code"] == "contradiction"));
    }

    async fn what_is_over_is_not_declared(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        let over = json!({"beds": 1, "from": day(-9), "until": day(-1)});
        let refused = provider.post(&list, &over).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/until");
        let standing = provider.post(&list, &json!({"beds": 1, "from": day(-9), "until": day(2)})).await.expect(201);
        let path = format!("vacancies/{}", standing.id());
        let refused = provider.put(&path, &standing.etag(), &over).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/until");
    }

    async fn what_is_over_neither_counts_nor_shows_nor_blocks(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 200}))).await;
        let list = format!("units/{}/vacancies", site.unit);
        let tonight = json!({"beds": 1, "from": day(0), "until": day(1)});
        let mut nights = Vec::new();
        for _ in 0..api::limits::VACANCIES_PER_UNIT_MAX {
            nights.push(provider.post(&list, &tonight).await.expect(201).id());
        }
        provider.post(&list, &tonight).await.refused(409, "too_many_vacancies");
        app.clock().advance(TimeDelta::days(3));
        for path in [list.as_str(), "vacancies"] {
            assert_eq!(provider.get(path).await.expect(200).body["items"], json!([]), "{path}");
        }
        // History keeps them.
        assert_eq!(provider.get(&format!("vacancies/{}", nights[0])).await.expect(200).body["withdrawn_at"], Value::Null);
        let again = json!({"beds": 200, "from": day(0), "until": day(30)});
        let declared = provider.post(&list, &again).await.expect(201).id();
        assert_eq!(app.walk(&provider, &list, 2).await, [declared]);
    }

    async fn one_s_own_are_listed_across_units_and_followed(app: TestApp) {
        let provider = app.own(Role::Provider);
        let (first, second) = (app.vacancy(3).await, app.vacancy(2).await);
        let unit = provider.get(&format!("vacancies/{second}")).await.expect(200).body["unit_id"].as_str().unwrap().to_owned();
        assert_eq!(app.walk(&provider, "vacancies", 1).await, [first.clone(), second.clone()]);
        assert_eq!(app.walk(&provider, "vacancies?order=newest", 1).await, [second.clone(), first.clone()]);
        assert_eq!(app.walk(&provider, &format!("vacancies?unit_id={unit}"), 1).await, std::slice::from_ref(&second));
        assert_eq!(app.walk(&app.other(Role::Provider), "vacancies", 1).await, Vec::<String>::new());

        // Whoever follows learns of all that their record shows: a bed held, freed, taken back.
        let changed = async |since: &str| app.walk(&provider, &format!("vacancies?updated_since={since}"), 1).await;
        let now = || app.clock().now().to_string();
        app.clock().advance(TimeDelta::hours(1));
        let before_hold = now();
        let held = app.ask(&app.request().await, &first, json!({"hold": true})).await.expect(201).id();
        assert_eq!(changed(&before_hold).await, std::slice::from_ref(&first));
        app.clock().advance(TimeDelta::minutes(1));
        let before_end = now();
        app.own(Role::Referent).command(&format!("referrals/{held}/withdraw")).await.expect(200);
        assert_eq!(changed(&before_end).await, std::slice::from_ref(&first));
        app.clock().advance(TimeDelta::minutes(1));
        let before_confirming = now();
        provider.command(&format!("vacancies/{second}/confirm")).await.expect(200);
        assert_eq!(changed(&before_confirming).await, std::slice::from_ref(&second));
        provider.command(&format!("vacancies/{first}/withdraw")).await.expect(200);
        assert_eq!(changed(&before_confirming).await, [first.clone(), second.clone()], "what was taken back is told, too");
        assert_eq!(app.walk(&provider, "vacancies", 1).await, [second]);
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!(changed(&now()).await, Vec::<String>::new());
        app.ignore_mails();
    }

    async fn a_siao_or_a_115_declares_on_the_word_of_a_home_and_nobody_else(app: TestApp) {
        let provider = app.own(Role::Provider);
        let administrator = app.own(Role::Administrator);
        let site = app.site().await;
        let behind_a_door = app.site_with(&structure(), &with(unit(), json!({"doors": ["acse"]}))).await;
        let elsewhere = app.site_with(&with(structure(), json!({"commune": "42218"})), &unit()).await;
        let (siao, samu) = (app.other(Role::Provider), app.other(Role::Regulator));
        let organisation = siao.identity().organisation.to_string();
        let is = async |kind: &str, doors: Value, departments: Value| {
            let body = json!({"name": "Autre organisation fictive", "kind": kind, "doors": doors, "departments": departments, "contact": {"email": "other@example.org"}});
            administrator.put(&format!("organisations/{organisation}"), "*", &body).await.expect(200);
        };
        let at = |site: &crate::harness::Site| format!("units/{}/vacancies", site.unit);
        for (caller, kind, doors, departments) in [
            (&siao, "association", json!([]), json!(["69"])),
            (&siao, "siao", json!([]), json!(["42"])),
            (&siao, "siao", json!([]), json!([])),
            (&samu, "regulator", json!(["acse"]), json!(["69"])),
            (&samu, "regulator", json!(["115"]), json!([])),
        ] {
            is(kind, doors.clone(), departments).await;
            caller.post(&at(&site), &vacancy()).await.refused(404, "not_found");
        }
        for (caller, kind, doors) in [(&siao, "siao", json!([])), (&samu, "regulator", json!(["115"]))] {
            is(kind, doors, json!(["69"])).await;
            for not_theirs in [&behind_a_door, &elsewhere] {
                caller.post(&at(not_theirs), &vacancy()).await.refused(404, "not_found");
            }
            let made = caller.post(&at(&site), &vacancy()).await.expect(201).body;
            assert_eq!(made["declared_by_id"], organisation.as_str());
            let path = format!("vacancies/{}", made["id"].as_str().unwrap());
            // The home sees who said it, and says it itself.
            assert_eq!(provider.get(&path).await.expect(200).body["declared_by_id"], organisation.as_str());
            let mut home = crate::http::pages::Browser::signed_in(&app, &provider).await;
            let page = home.get("/places").await.expect(200);
            assert!(page.text.contains(api::web::pages::words::ON_YOUR_WORD.text()) && page.text.contains("Autre organisation fictive"), "{}", page.text);
            let own = provider.command(&format!("{path}/confirm")).await.expect(200).body;
            assert_eq!(own["declared_by_id"], provider.identity().organisation.to_string());
            assert!(!home.get("/places").await.expect(200).text.contains(api::web::pages::words::ON_YOUR_WORD.text()));
            app.clock().advance(TimeDelta::minutes(1));
            let said = caller.command(&format!("{path}/confirm")).await.expect(200).body;
            assert_eq!(said["declared_by_id"], organisation.as_str());
            assert_ne!(said["confirmed_at"], own["confirmed_at"]);
            let listed = caller.get(&at(&site)).await.expect(200).body;
            assert!(listed["items"].as_array().unwrap().iter().any(|item| item["id"] == made["id"]), "{listed}");
            // What the unit has no places for is refused of them, too, and what they said is undone by them as by the home.
            caller.command(&format!("{path}/withdraw")).await.expect(200);
            // No longer theirs: no longer found.
            is("association", json!([]), json!(["69"])).await;
            caller.command(&format!("{path}/confirm")).await.refused(404, "not_found");
        }
        // It is the home's feed that tells.
        let feed = provider.get("events?record_kind=vacancy").await.expect(200).body;
        let by: Vec<_> = feed["items"].as_array().unwrap().iter().filter(|event| event["command"] == "declareVacancy").map(|event| event["by_organisation_id"].clone()).collect();
        assert_eq!(by, [json!(organisation), json!(organisation)]);
    }
}
