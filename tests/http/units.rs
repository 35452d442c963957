//! Units: profiles as they were declared, and lists by every filter.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{day, public_structure, structure, unit, vacancy, with, without};
use crate::harness::on_both;

on_both! {
    async fn is_created_with_defaults_read_and_edited(app: TestApp) {
        let provider = app.own(Role::Provider);
        let structure = provider.post("structures", &structure()).await.expect(201).id();
        let least = json!({"kind": "minors_home", "stages": ["emergency"], "genders": ["male"], "adult_ages": null, "max_household": 1, "places": 6});
        let created = provider.post(&format!("structures/{structure}/units"), &least).await.expect(201);
        assert_eq!(created.header("location"), format!("/api/v1/units/{}", created.id()));
        let defaults = json!({"couples": false, "setting": "mixed", "children": null, "unaccompanied_minors": null, "specialised": false,
            "removal_only": false, "admission_days": 0, "doors": ["direct"], "offers": [], "languages": [], "conditions": [],
            "unlawful_conditions": [], "steps": [], "answering_hours": null});
        for (field, value) in defaults.as_object().unwrap() {
            assert_eq!(&created.body[field], value, "{field}");
        }
        assert_eq!(created.body["department"], "69");

        let path = format!("units/{}", created.id());
        let whole = with(unit(), json!({"unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE 1"},
            "steps": ["visit", "interview", "visit"], "unlawful_conditions": ["regular_stay"], "admission_days": 7, "places": 12}));
        let edited = provider.put(&path, &created.etag(), &whole).await.expect(200);
        for (field, value) in whole.as_object().unwrap() {
            match field.as_str() {
                "steps" | "children" | "unaccompanied_minors" => {}
                _ => assert_eq!(&edited.body[field], value, "{field}"),
            }
        }
        assert_eq!(edited.body["unaccompanied_minors"]["accreditation"], "ASE 1");
        assert_eq!(app.own(Role::Referent).get(&path).await.expect(200).body["location"], Value::Null);
        assert_eq!(app.own(Role::Partner).get(&path).await.expect(200).body["location"], Value::Null);
        app.other(Role::Provider).get(&path).await.refused(404, "not_found");
    }

    async fn another_organisations_structure_takes_no_unit(app: TestApp) {
        let site = app.site().await;
        let before = app.row_counts();
        let stranger = app.other(Role::Provider);
        stranger.post(&format!("structures/{}/units", site.structure), &unit()).await.refused(404, "not_found");
        stranger.put(&format!("units/{}", site.unit), "*", &unit()).await.refused(404, "not_found");
        stranger.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.refused(404, "not_found");
        assert_eq!(app.row_counts(), before);
    }

    async fn contradictions_are_named(app: TestApp) {
        let site = app.site().await;
        let path = format!("structures/{}/units", site.structure);
        let provider = app.own(Role::Provider);
        for (change, pointer) in [
            (json!({"adult_ages": {"min": 30, "max": 20}}), "/adult_ages/min"),
            (json!({"kind": "minors_home"}), "/adult_ages"),
            (json!({"kind": "secure_minors_centre"}), "/adult_ages"),
            (json!({"children": {"max_age": 10, "boys_max_age": 11}}), "/children/boys_max_age"),
            (json!({"children": {"max_age": 18}}), "/children/max_age"),
            (json!({"unaccompanied_minors": {"min_age": 17, "max_age": 13, "genders": ["male"]}}), "/unaccompanied_minors/min_age"),
            (json!({"unaccompanied_minors": {"min_age": 13, "max_age": 21, "genders": ["male"]}}), "/unaccompanied_minors/max_age"),
            (json!({"answering_hours": "when it suits"}), "/answering_hours"),
            (json!({"unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["male"]}, "doors": ["direct"]}), "/doors"),
            (json!({"unaccompanied_minors": {"min_age": 17, "max_age": 20, "genders": ["male"]}, "doors": ["child_protection", "direct"]}), "/doors"),
            (json!({"kind": "foster_family", "adult_ages": null, "unaccompanied_minors": {"min_age": 0, "max_age": 5, "genders": ["male"]}, "doors": ["direct", "siao"]}), "/doors"),
            (json!({"answering_hours": "(sunset+08:00)-26:00"}), "/answering_hours"),
        ] {
            let refused = provider.post(&path, &with(unit(), change.clone())).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{change}");
        }
    }

    async fn a_tie_to_the_area_is_no_lawful_condition(app: TestApp) {
        let site = app.site().await;
        let (provider, path) = (app.own(Role::Provider), format!("structures/{}/units", site.structure));
        let lawful = with(unit(), json!({"conditions": ["income_share", "local_connection"]}));
        let refused = provider.post(&path, &lawful).await.refused(422, "invalid_body");
        assert_eq!(refused.body["errors"][0]["pointer"], "/conditions/1");
        let told = with(unit(), json!({"unlawful_conditions": ["local_connection"], "languages": ["fr", "pcm", "zdj"]}));
        let created = provider.post(&path, &told).await.expect(201).body;
        assert_eq!((&created["unlawful_conditions"], &created["languages"]), (&told["unlawful_conditions"], &told["languages"]));
    }

    async fn who_takes_lone_minors_has_no_direct_door(app: TestApp) {
        let site = app.site().await;
        let (path, provider) = (format!("structures/{}/units", site.structure), app.own(Role::Provider));
        let minors = |min_age: u8| json!({"unaccompanied_minors": {"min_age": min_age, "max_age": 20, "genders": ["female"]}});
        // The door that is there when none is named is `direct`.
        let unsaid = without(with(unit(), minors(13)), "doors");
        let refused = provider.post(&path, &unsaid).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/doors");
        let direct = |more: Value| with(with(unit(), json!({"doors": ["direct"]})), more);
        provider.post(&path, &direct(minors(18))).await.expect(201);
        provider.post(&path, &direct(json!({"children": {"max_age": 17}}))).await.expect(201);
        for doors in [json!(["child_protection"]), json!(["115", "siao"]), json!(["acse", "asylum", "health"])] {
            provider.post(&path, &with(with(unit(), minors(13)), json!({"doors": doors}))).await.expect(201);
        }
        // Nor by an edit of either.
        let unit_path = format!("units/{}", site.unit);
        provider.put(&unit_path, "*", &direct(json!({}))).await.expect(200);
        provider.put(&unit_path, "*", &direct(minors(13))).await.refused(409, "contradiction");
        assert_eq!(provider.get(&unit_path).await.expect(200).body["unaccompanied_minors"], Value::Null);
    }

    async fn every_filter_narrows_the_list(app: TestApp) {
        let provider = app.own(Role::Provider);
        let lyon = app.site().await;
        let home = json!({"kind": "minors_home", "stages": ["integration"], "genders": ["other"], "adult_ages": null, "max_household": 1, "places": 6,
            "unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["male"]}, "doors": ["child_protection", "115"]});
        let reunion = public_structure("97411", -20.88, 55.45);
        let reunion = app.site_with(&reunion, &home).await;
        let flat = with(unit(), json!({"kind": "specialised_flat", "children": null}));
        let flat = provider.post(&format!("structures/{}/units", lyon.structure), &flat).await.expect(201).id();
        let dated = json!({"beds": 1, "from": day(10), "until": day(19)});
        provider.post(&format!("units/{}/vacancies", lyon.unit), &dated).await.expect(201);

        let free_on = |days| format!("free_on={}", day(days));
        let (a, b, c) = (lyon.unit.as_str(), reunion.unit.as_str(), flat.as_str());
        for (query, expected) in [
            ("", vec![a, b, c]),
            ("kind=minors_home", vec![b]),
            ("stage=emergency", vec![a, c]),
            ("stage=integration", vec![b]),
            ("department=974", vec![b]),
            ("department=69", vec![a, c]),
            ("gender=female", vec![a, c]),
            ("gender=male", vec![a, c]),
            ("gender=other", vec![b]),
            ("minors=true", vec![a, b]),
            ("minors=false", vec![c]),
            ("door=115", vec![b]),
            ("door=siao", vec![a, c]),
            ("bbox=4,45,5,46", vec![]),
            ("bbox=170,-30,56,0", vec![b]),
            ("bbox=-10,40,-5,50", vec![]),
            (free_on(9).as_str(), vec![]),
            (free_on(10).as_str(), vec![a]),
            (free_on(18).as_str(), vec![a]),
            (free_on(19).as_str(), vec![]),
            ("department=69&kind=specialised_flat", vec![c]),
        ] {
            assert_eq!(app.walk(&provider, &format!("units?{query}"), 2).await, expected, "{query}");
        }
        assert_eq!(app.walk(&provider, &format!("units?structure_id={}", lyon.structure), 1).await, vec![a, c]);
        for role in [Role::Referent, Role::Coordinator, Role::Regulator, Role::Partner] {
            assert_eq!(app.walk(&app.own(role), "units?bbox=4,45,5,46", 2).await, Vec::<String>::new(), "a filter tells a cell");
            app.own(role).get(&format!("units?{}", free_on(10))).await.refused(403, "role_not_allowed");
        }
        // Who is shown a region finds nothing of a department, a home or a door but public sites.
        for query in ["department=69".to_owned(), format!("structure_id={}", lyon.structure), "door=siao".to_owned()] {
            assert_eq!(app.walk(&app.own(Role::Partner), &format!("units?{query}"), 2).await, Vec::<String>::new(), "{query}");
            assert_eq!(app.walk(&app.own(Role::Referent), &format!("units?{query}"), 2).await, vec![a, c], "{query}");
        }
        assert_eq!(app.walk(&app.own(Role::Partner), "units?department=974", 2).await, vec![b], "a public site hides nothing");
        assert_eq!(app.walk(&app.own(Role::Referent), "units?bbox=55,-21,56,-20", 2).await, vec![b]);
        assert_eq!(app.walk(&app.other(Role::Provider), "units", 2).await, Vec::<String>::new());
        for wrong in ["kind=castle", "stage=", "department=20", "gender=x", "minors=yes", "door=116", "bbox=1,2,3", "bbox=0,10,1,5",
            "bbox=0,0,181,1", "bbox=a,b,c,d", "free_on=2026-02-30", "free_on=tomorrow", "order=best", "updated_since=yesterday", "structure_id=1"] {
            let refused = provider.get(&format!("units?{wrong}")).await.refused(400, "invalid_parameter");
            assert_eq!(refused.body["errors"][0]["parameter"], wrong.split('=').next().unwrap());
        }
    }

    async fn its_places_are_said(app: TestApp) {
        let site = app.site().await;
        let path = format!("structures/{}/units", site.structure);
        for (body, detail) in [(without(unit(), "places"), "is missing"), (with(unit(), json!({"places": null})), "null")] {
            let refused = app.own(Role::Provider).post(&path, &body).await.refused(422, "invalid_body");
            assert_eq!(refused.body["errors"][0]["pointer"], "/places");
            assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(detail), "{}", refused.text);
        }
    }

    async fn no_fewer_places_than_beds_declared_free(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 6}))).await;
        let (path, list) = (format!("units/{}", site.unit), format!("units/{}/vacancies", site.unit));
        provider.post(&list, &json!({"beds": 3, "from": day(0), "until": day(10)})).await.expect(201);
        let later = provider.post(&list, &json!({"beds": 2, "from": day(5)})).await.expect(201).id();
        let etag = provider.get(&path).await.expect(200).etag();
        let with_places = |places: u32| with(unit(), json!({"places": places}));
        let refused = provider.put(&path, &etag, &with_places(4)).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/places");
        assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(&day(5)), "{}", refused.text);
        let lowered = provider.put(&path, &etag, &with_places(5)).await.expect(200);
        assert_eq!(lowered.body["places"], 5);
        provider.command(&format!("vacancies/{later}/withdraw")).await.expect(200);
        provider.put(&path, "*", &with_places(3)).await.expect(200);
        // What is over counts no more.
        app.clock().advance(chrono::TimeDelta::days(12));
        provider.put(&path, "*", &with_places(1)).await.expect(200);
    }
}
