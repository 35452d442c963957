//! The public numbers of the doors: who keeps them right, and that every search gives them from then on.

use api::clock::civil;
use api::domain::Role;
use api::web::pages::words::doors as words;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::pages::{Browser, hidden, maud_escaped};
use crate::harness::bodies::{ad_hoc_request, with};
use crate::harness::{TestApp, on_both};

/// The row of a door in a department, as who keeps it is shown it.
pub async fn row(app: &TestApp, department: &str, door: &str) -> Value {
    let listed = app.own(Role::Coordinator).get(&format!("door-contacts?department={department}&door={door}")).await.expect(200);
    let of = |row: &&Value| row["department"] == department;
    listed.body["items"].as_array().unwrap().iter().find(of).unwrap_or_else(|| panic!("{}", listed.text)).clone()
}

/// The numbers that a search in the Rhône gives.
async fn given(app: &TestApp) -> Vec<String> {
    let ranking = app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body;
    ranking["doors"].as_array().unwrap().iter().map(|door| door["phone"].as_str().unwrap().to_owned()).collect()
}

fn siao() -> Value {
    json!({"label": "SIAO fictif du Rhône", "phone": "01 99 00 12 69", "hours": "Mo-Fr 09:00-18:00", "source": "Le SIAO lui-même"})
}

on_both! {
    async fn a_number_that_is_filled_in_is_given_by_every_search_from_then_on(app: TestApp) {
        let (coordinator, referent) = (app.own(Role::Coordinator), app.own(Role::Referent));
        let elsewhere = app.another_instance().await;
        assert_eq!((given(&app).await, given(&elsewhere).await), (vec!["115".to_owned(), "119".to_owned()], vec!["115".to_owned(), "119".to_owned()]));
        let empty = row(&app, "69", "siao").await;
        assert_eq!((&empty["phone"], &empty["verified_on"], &empty["verified_by"]), (&Value::Null, &Value::Null, &Value::Null));
        let path = format!("door-contacts/{}", empty["id"].as_str().unwrap());
        let seen = coordinator.get(&path).await.expect(200).etag();
        let kept = coordinator.put(&path, &seen, &siao()).await.expect(200).body;
        let today = civil(app.clock().now(), "69".parse().unwrap()).date_naive().to_string();
        let own = coordinator.get(&format!("organisations/{}", coordinator.identity().organisation)).await.expect(200).body["name"].clone();
        assert_eq!((&kept["phone"], &kept["verified_on"], &kept["verified_by"]), (&json!("+33199001269"), &json!(today), &own));
        assert_eq!(referent.get(&path).await.expect(200).body, kept);
        // Both instances, and rankings of a stored request too.
        let expected = vec!["115".to_owned(), "119".to_owned(), "+33199001269".to_owned()];
        assert_eq!((given(&app).await, given(&elsewhere).await), (expected.clone(), expected));
        let stored = referent.rank(&format!("requests/{}/rank", app.request().await), None).await.expect(200).body;
        let theirs = stored["doors"].as_array().unwrap().iter().find(|door| door["department"] == "69").unwrap();
        assert_eq!((&theirs["label"], &theirs["door"], &theirs["hours"]), (&json!("SIAO fictif du Rhône"), &json!("siao"), &json!("Mo-Fr 09:00-18:00")));
        // Taken out again it is given to nobody.
        let seen = coordinator.get(&path).await.expect(200).etag();
        coordinator.put(&path, &seen, &json!({"label": "SIAO"})).await.expect(200);
        assert_eq!(given(&elsewhere).await, ["115", "119"]);
        referent.get(&path).await.refused(404, "not_found");
    }

    async fn what_is_lacking_is_shown_to_those_alone_who_may_fill_it_in(app: TestApp) {
        let path = format!("door-contacts/{}", row(&app, "13", "crip").await["id"].as_str().unwrap());
        for role in [Role::Referent, Role::Provider, Role::Regulator, Role::Manager] {
            let other = app.own(role);
            other.get(&path).await.refused(404, "not_found");
            let listed = other.get("door-contacts?limit=200").await.expect(200).body;
            let phones: Vec<_> = listed["items"].as_array().unwrap().iter().map(|row| row["phone"].as_str().unwrap().to_owned()).collect();
            assert_eq!(phones, ["115", "119"], "{role}");
            other.put(&path, "*", &siao()).await.refused(403, "role_not_allowed");
        }
        for role in [Role::Coordinator, Role::Administrator] {
            assert_eq!(app.own(role).get(&path).await.expect(200).body["phone"], Value::Null, "{role}");
            let all = app.walk(&app.own(role), "door-contacts", 200).await;
            assert!(all.len() > 300, "a row for every department: {}", all.len());
        }
        for role in [Role::Coordinator, Role::Administrator] {
            app.own(role).put(&path, "*", &with(siao(), json!({"label": format!("CRIP fictive, dit {role}")}))).await.expect(200);
        }
    }

    async fn a_number_goes_with_its_source_and_can_be_dialled(app: TestApp) {
        let coordinator = app.own(Role::Coordinator);
        let path = format!("door-contacts/{}", row(&app, "69", "115").await["id"].as_str().unwrap());
        for (wrong, pointer) in [
            (json!({"source": null}), "/source"),
            (json!({"phone": "01 99"}), "/phone"),
            (json!({"hours": "quand on peut"}), "/hours"),
        ] {
            let refused = coordinator.put(&path, "*", &with(siao(), wrong)).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        coordinator.put(&path, "\"autre\"", &siao()).await.refused(412, "etag_mismatch");
        assert_eq!(given(&app).await, ["115", "119"]);
    }

    async fn those_who_keep_numbers_right_read_of_every_change(app: TestApp) {
        let path = format!("door-contacts/{}", row(&app, "69", "siao").await["id"].as_str().unwrap());
        app.own(Role::Coordinator).put(&path, "*", &siao()).await.expect(200);
        for (role, reads) in [
            (Role::Coordinator, true), (Role::Administrator, true), (Role::Auditor, true),
            (Role::Referent, false), (Role::Provider, false), (Role::Regulator, false), (Role::Manager, false),
        ] {
            let events = app.other(role).get("events?limit=200").await.expect(200);
            let told = events.body["items"].as_array().unwrap().iter().any(|event| event["command"] == "updateDoorContact");
            assert_eq!(told, reads, "{role}: {}", events.text);
            assert!(!events.text.contains("199001269"), "a log holds no number: {}", events.text);
        }
    }

    async fn an_administrator_fills_in_what_is_lacking_on_the_page(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Administrator)).await;
        assert!(browser.get("/comptes").await.expect(200).text.contains("href=\"/portes\""));
        let page = browser.get("/portes?departement=69").await.expect(200);
        assert!(page.text.contains(&*maud_escaped(words::NOT_SHOWN.text())) && page.text.contains("vérifié le"), "{}", page.text);
        let id = row(&app, "69", "siao").await["id"].as_str().unwrap().to_owned();
        let form = browser.get(&format!("/portes/{id}")).await.expect(200);
        let seen = hidden(&form, "seen");
        let typed = [
            ("seen", seen.as_str()), ("/label", "SIAO fictif du Rhône"), ("/phone", "01 99 00 12 69"), ("/source", "Annuaire fictif"),
        ];
        // A number without its source comes back as it was typed.
        let wrong = browser.post(&format!("/portes/{id}"), &form, &typed[..3]).await.expect(409);
        assert!(wrong.text.contains(&*maud_escaped(words::SOURCE_WRONG.text())) && wrong.text.contains("value=\"01 99 00 12 69\""), "{}", wrong.text);
        let sent = browser.post(&format!("/portes/{id}"), &form, &typed).await.expect(303);
        assert_eq!(sent.header("location"), "/portes?departement=69");
        let page = browser.get("/portes?departement=69").await.expect(200);
        for said in ["01\u{a0}99\u{a0}00\u{a0}12\u{a0}69", "Annuaire fictif", words::STILL_RIGHT.text()] {
            assert!(page.text.contains(&*maud_escaped(said)), "{said}: {}", page.text);
        }
        // The old form is an old one.
        let stale = browser.post(&format!("/portes/{id}"), &form, &[("seen", &seen), ("/label", "Un autre")]).await;
        assert_eq!(stale.status, 412, "{}", stale.text);
        assert_eq!(row(&app, "69", "siao").await["label"], "SIAO fictif du Rhône");
        // A search shows it, with who made sure of it.
        let mut referent = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let places = referent.get(&format!("/demandes/{}/places", app.request().await)).await.expect(200).text;
        assert!(places.contains("tel:+33199001269") && places.contains("vérifié le"), "{places}");
        referent.get("/portes").await.expect(403);
    }

    async fn after_six_months_a_number_is_grey_until_somebody_says_that_it_is_right(app: TestApp) {
        let id = row(&app, "69", "siao").await["id"].as_str().unwrap().to_owned();
        let path = format!("door-contacts/{id}");
        app.own(Role::Coordinator).put(&path, "*", &siao()).await.expect(200);
        app.clock().advance(TimeDelta::days(190));
        assert_eq!(app.own(Role::Referent).get(&path).await.expect(200).body["is_old"], true);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Coordinator)).await;
        let page = browser.get("/portes?departement=69").await.expect(200);
        assert!(page.text.contains(&*maud_escaped(words::OLD.text())), "{}", page.text);
        let seen = row_tag(&app, &path).await;
        browser.post(&format!("/portes/{id}/exact"), &page, &[("seen", seen.trim_matches('"'))]).await.expect(303);
        let kept = app.own(Role::Referent).get(&path).await.expect(200).body;
        let today = civil(app.clock().now(), "69".parse().unwrap()).date_naive().to_string();
        assert_eq!((&kept["is_old"], &kept["phone"], &kept["verified_on"]), (&json!(false), &json!("+33199001269"), &json!(today)));
        // What was looked at is another since: that cannot be said to be right.
        app.own(Role::Coordinator).put(&path, "*", &with(siao(), json!({"phone": "01 99 00 13 69"}))).await.expect(200);
        let refused = browser.post(&format!("/portes/{id}/exact"), &page, &[("seen", seen.trim_matches('"'))]).await;
        assert_eq!(refused.status, 412, "{}", refused.text);
    }
}

async fn row_tag(app: &TestApp, path: &str) -> String {
    app.own(Role::Coordinator).get(path).await.expect(200).etag()
}
