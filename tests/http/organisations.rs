//! Organisations: created and edited by administrators, read by those who work with them.

use api::domain::Role;
use serde_json::json;

use crate::harness::bodies::{organisation, with};
use crate::harness::on_both;

on_both! {
    async fn is_created_read_edited_and_listed(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let created = administrator.post("organisations", &organisation()).await.expect(201);
        assert_eq!(created.header("location"), format!("/api/v1/organisations/{}", created.id()));
        assert_eq!(created.body["contact"]["numbers"][0]["phone"], "+33199001234");
        assert_eq!(created.body["doors"], json!([]));

        let path = format!("organisations/{}", created.id());
        let read = app.own(Role::Referent).get(&path).await.expect(200);
        assert_eq!(read.body, created.body);
        assert_eq!(read.etag(), created.etag());

        let edited = with(organisation(), json!({"name": "Association fictive La Digue", "contact": {}}));
        let answer = administrator.put(&path, &read.etag(), &edited).await.expect(200);
        assert_eq!(answer.body["name"], "Association fictive La Digue");
        assert_eq!(answer.body["contact"], json!({"numbers": [], "email": null}));
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
        // What reads the same is the same: case, blanks, compatible forms, composed or not.
        for same in [
            "ASSOCIATION FICTIVE LE QUAI",
            "  association   fictive\u{a0}le quai ",
            "Association fictive Le Quai\u{2003}",
            "Ａssociation fictive Le Ｑuai",
            "Aſſociation fictive Le Quai",
        ] {
            administrator.post("organisations", &with(organisation(), json!({"name": same}))).await.refused(409, "name_taken");
        }
        administrator.post("organisations", &with(organisation(), json!({"name": "Straße du Café ﬁctif"}))).await.expect(201);
        administrator.post("organisations", &with(organisation(), json!({"name": "STRASSE DU CAFE\u{301} FICTIF"}))).await.refused(409, "name_taken");
        // An accent tells two apart.
        administrator.post("organisations", &with(organisation(), json!({"name": "Strasse du Cafe fictif"}))).await.expect(201);
    }

    async fn a_name_is_composed_and_shows_all_it_holds(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let named = |name: &str| with(organisation(), json!({"name": name}));
        let made = administrator.post("organisations", &named("\u{a0} L\u{2019}E\u{301}toile  fictive \u{2003}")).await.expect(201).body;
        assert_eq!(made["name"], "L\u{2019}\u{c9}toile  fictive", "composed, and without blanks around it");
        let before = app.row_counts();
        for unseen in [
            "a\u{200b}b", "a\u{200c}b", "a\u{200d}b", "\u{feff}ab", "a\u{2060}b", "a\u{ad}b", "a\u{202e}b", "a\u{200f}b", "a\u{61c}b",
            "a\u{2066}b", "a\u{85}b", "a\u{1b}b", "a\u{2028}b", "\u{3164}", "\u{200b}", "\u{a0}", "\u{2003}\u{2003}",
            // For private use, tags, and what is no character.
            "a\u{e000}b", "a\u{f8ff}b", "a\u{f0000}b", "a\u{10fffd}b", "a\u{e0041}b", "a\u{e0100}b", "a\u{fdd0}b", "a\u{ffff}b", "a\u{1fffe}b", "a\u{5ffff}b",
        ] {
            administrator.post("organisations", &named(unseen)).await.refused(422, "invalid_body");
        }
        assert_eq!(app.row_counts(), before);
        // A name in another script, and one of a single letter, are names.
        for name in ["Дом", "بيت", "X", "𠮷野", "Maison 🏠"] {
            administrator.post("organisations", &named(name)).await.expect(201);
        }
    }

    async fn its_own_keep_its_contact(app: TestApp) {
        let path = format!("organisations/{}", app.own(Role::Referent).identity().organisation);
        let read = async || app.own(Role::Referent).get(&path).await.expect(200);
        for role in [Role::Referent, Role::Provider, Role::Regulator] {
            let before = read().await;
            let contact = json!({"numbers": [{"label": format!("standard {role}"), "phone": "0262 90 00 00", "hours": "24/7"}], "email": "o'brien@example.org"});
            app.other(role).put(&format!("{path}/contact"), "*", &contact).await.refused(404, "not_found");
            app.own(role).put(&format!("{path}/contact"), "\"stale\"", &contact).await.refused(412, "etag_mismatch");
            let edited = app.own(role).put(&format!("{path}/contact"), &before.etag(), &contact).await.expect(200);
            assert_eq!(edited.body["contact"]["numbers"][0], json!({"label": format!("standard {role}"), "phone": "+262262900000", "hours": "24/7"}));
            for field in ["name", "kind", "orients", "doors", "departments", "created_at"] {
                assert_eq!(edited.body[field], before.body[field], "{field}");
            }
            assert_eq!((read().await.body, read().await.etag()), (edited.body.clone(), edited.etag()));
        }
        for role in [Role::Partner, Role::Coordinator, Role::Administrator, Role::Auditor, Role::Manager] {
            app.own(role).put(&format!("{path}/contact"), "*", &json!({})).await.refused(403, "role_not_allowed");
        }
        let wrong = json!({"numbers": [{"phone": "01 99 00 12"}, {"phone": "115", "hours": "whenever"}], "email": "moi.@example.org"});
        let refused = app.own(Role::Provider).put(&format!("{path}/contact"), "*", &wrong).await.refused(409, "contradiction");
        let pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/numbers/0/phone", "/numbers/1/hours", "/email"]);
        for shape in [json!({"numbers": {}}), json!({"numbers": [{"label": "x"}]}), json!({"phone": "115"}), json!({"email": "nowhere"}), json!([])] {
            app.own(Role::Provider).put(&format!("{path}/contact"), "*", &shape).await.refused(422, "invalid_body");
        }
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
