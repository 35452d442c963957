//! *Registre*: what exists and for whom, from the rung on which whoever reads stands; and beds said on the word of a home.

use api::domain::Role;
use api::web::pages::words::registry as words;
use serde_json::json;

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{structure, unit, vacancy, with};
use crate::harness::{TestApp, on_both};

/// Makes the other organisation one that declares on the word of the homes of a department.
async fn names(app: &TestApp, kind: &str, doors: serde_json::Value, department: &str) {
    let organisation = app.other(Role::Provider).identity().organisation;
    let body = json!({"name": "SIAO fictif du Rhône", "kind": kind, "doors": doors, "departments": [department], "contact": {"email": "other@example.org"}});
    app.own(Role::Administrator).put(&format!("organisations/{organisation}"), "*", &body).await.expect(200);
}

on_both! {
    async fn shows_each_what_its_rung_allows(app: TestApp) {
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["siao"], "setting": "women", "children": {"max_age": 9}}))).await;
        let path = format!("units/{}/vacancies", site.unit);
        app.own(Role::Provider).post(&path, &with(vacancy(), json!({"beds": 7}))).await.expect(201);
        let leads_home = ["Tilleuls", "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "<strong class=\"count\">7"];
        for role in [Role::Referent, Role::Coordinator, Role::Regulator] {
            let mut browser = Browser::signed_in(&app, &app.other(role)).await;
            for path in ["/registre?departement=69", "/registre.csv?departement=69"] {
                let text = browser.get(path).await.expect(200).text;
                assert!(text.contains(&site.unit), "{role:?} sees the profile: {text}");
                for hidden in leads_home {
                    assert!(!text.contains(hidden), "{role:?} {hidden}: {text}");
                }
            }
        }
        names(&app, "siao", json!([]), "69").await;
        let mut siao = Browser::signed_in(&app, &app.other(Role::Provider)).await;
        let page = siao.get("/registre?departement=69").await.expect(200);
        for shown in leads_home {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        let table = siao.get("/registre.csv").await.expect(200).text;
        assert!(table.lines().any(|line| line.starts_with(&site.unit) && line.contains("Tilleuls") && line.contains(",7,")), "{table}");
        assert!(!app.noted("registry").await.is_empty() && !app.noted("registryExport").await.is_empty(), "the readings are noted");
        names(&app, "siao", json!([]), "42").await;
        let page = siao.get("/registre").await.expect(200);
        assert!(!page.text.contains("Tilleuls") && !page.text.contains(&site.unit), "another department's: {}", page.text);
    }

    async fn a_map_is_for_those_who_see_profiles(app: TestApp) {
        app.site().await;
        for (role, sees) in [(Role::Referent, true), (Role::Coordinator, true), (Role::Regulator, true), (Role::Provider, false)] {
            let mut browser = Browser::signed_in(&app, &app.other(role)).await;
            let text = browser.get("/registre").await.expect(200).text;
            assert_eq!(text.contains("<table class=\"map\">"), sees, "{role:?}: one and two are not told apart below the second rung: {text}");
        }
    }

    async fn is_narrowed_by_what_one_looks_for(app: TestApp) {
        let women = app.site_with(&structure(), &with(unit(), json!({"genders": ["female"], "setting": "women", "children": null}))).await.unit;
        let minors = json!({"kind": "minors_home", "adult_ages": null, "doors": ["child_protection"],
            "unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["male"]}});
        let minors = app.site_with(&structure(), &with(unit(), minors)).await.unit;
        let mut browser = Browser::signed_in(&app, &app.other(Role::Coordinator)).await;
        for (query, expected) in [
            ("", [true, true]),
            ("departement=69&sorte=&genre=&mineurs=&porte=", [true, true]),
            ("departement=75", [false, false]),
            ("sorte=minors_home", [false, true]),
            ("genre=male", [false, true]),
            ("mineurs=false", [true, false]),
            ("porte=child_protection", [false, true]),
        ] {
            let text = browser.get(&format!("/registre?{query}")).await.expect(200).text;
            let group = |unit: &str| text.contains(&format!("id=\"groupe-{unit}\""));
            assert_eq!([group(&women), group(&minors)], expected, "{query}");
        }
        assert!(browser.get("/registre?departement=75").await.text.contains(&*maud_escaped(words::NONE.text())));
        browser.get("/registre?departement=690").await.expect(400);
    }

    async fn what_a_home_said_on_the_phone_is_written_from_there(app: TestApp) {
        let site = app.site().await;
        names(&app, "siao", json!([]), "69").await;
        let siao = app.other(Role::Provider);
        let mut browser = Browser::signed_in(&app, &siao).await;
        let query = "departement=69&porte=siao";
        let page = browser.get(&format!("/registre?{query}")).await.expect(200);
        let declared = [("registre", query), ("beds", "3"), ("from", "2026-01-01")];
        let done = browser.post(&format!("/groupes/{}/places", site.unit), &page, &declared).await.expect(303);
        assert_eq!(done.header("location"), format!("/registre?{query}#groupe-{}", site.unit));
        let vacancies = app.own(Role::Provider).get(&format!("units/{}/vacancies", site.unit)).await.expect(200).body;
        let made = &vacancies["items"][0];
        assert_eq!((&made["beds"], &made["declared_by_id"]), (&json!(3), &json!(siao.identity().organisation)));
        let page = browser.get(&format!("/registre?{query}")).await.expect(200);
        let path = format!("/places/{}/nombre", made["id"].as_str().unwrap());
        let done = browser.post(&path, &page, &[("registre", "x=1\r\nLocation: //evil.example"), ("tap", "more")]).await.expect(303);
        assert!(done.header("location").starts_with("/registre?x="), "{}", done.header("location"));
        let wrong = browser.post(&format!("/groupes/{}/places", site.unit), &page, &[("registre", query), ("beds", "0"), ("from", "2026-01-01")]).await.expect(422);
        assert!(wrong.text.contains("value=\"0\""), "{}", wrong.text);
    }

    async fn a_cell_of_the_table_is_no_formula(app: TestApp) {
        let home = with(structure(), json!({"name": "=HYPERLINK(\"http://evil.example\")"}));
        app.site_with(&home, &unit()).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let table = browser.get("/registre.csv").await.expect(200);
        assert_eq!(table.header("content-disposition"), "attachment; filename=\"registre.csv\"");
        assert!(table.text.contains("'=HYPERLINK"), "{}", table.text);
    }
}
