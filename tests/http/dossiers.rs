//! What is held about one person, read with her: all that is about her, nothing of others, and the reading is noted.

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::bodies::{request, with};
use crate::harness::on_both;
use crate::http::pages::Browser;

on_both! {
    async fn holds_what_is_about_her_and_nothing_of_others(app: TestApp) {
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(2).await);
        let body = json!({"message": "parle peu", "in_charge": "Collègue M.", "reference": "DOS-12",
            "danger_zones": [{"level": "forbidden", "department": "93"}]});
        let stored = referent.post("requests", &with(request(), body)).await.expect(201).id();
        referent.post(&format!("requests/{stored}/notes"), &json!({"text": "Elle préfère le matin."})).await.expect(200);
        let asked = app.ask(&stored, &vacancy, json!({})).await.expect(201).id();
        app.ignore_mails();
        let dossier = referent.get(&format!("requests/{stored}/dossier")).await.expect(200);
        let held = &dossier.body;
        assert_eq!((&held["declared"]["message"], &held["declared"]["reference"]), (&json!("parle peu"), &json!("DOS-12")));
        assert_eq!(held["notes"][0]["text"], "Elle préfère le matin.");
        assert_eq!((&held["asked"][0]["referral_id"], &held["asked"][0]["kind"], &held["asked"][0]["department"]), (&json!(asked), &json!("chrs"), &json!("69")));
        assert_eq!((&held["with_child_protection"], &held["declared"]["in_charge"]), (&json!(false), &Value::Null));
        let page = {
            let mut browser = Browser::signed_in(&app, &referent).await;
            browser.get(&format!("/demandes/{stored}/dossier")).await.expect(200)
        };
        for about_her in ["parle peu", "Elle préfère le matin.", "DOS-12", "Seine-Saint-Denis"] {
            assert!(page.text.contains(about_her), "{about_her}: {}", page.text);
        }
        let account = referent.identity().account.to_string();
        for text in [&dossier.text, &page.text] {
            for of_others in ["Collègue", "Tilleuls", "99001234", "01\u{a0}99", "tilleuls@", account.as_str()] {
                assert!(!text.contains(of_others), "{of_others}: {text}");
            }
        }
        for operation in ["getDossier", "dossier"] {
            assert_eq!(app.noted(operation).await, referent.read([&stored]));
        }
        assert_eq!(app.mails().len(), 0, "no mail carries it");
    }

    async fn of_a_lone_minor_is_read_with_child_protection(app: TestApp) {
        let referent = app.own(Role::Referent);
        let told = json!({"authority": "child_protection", "whom": "CRIP du Rhône", "at": "2026-11-20T10:00:00+01:00", "reached": true});
        let known = json!({"person": 0, "told": told, "minority_ground": "presumption"});
        let girl = json!({"household": [{"gender": "female", "minority": "presumed_minor", "age": null}], "lone_minors": [known]});
        let stored = referent.post("requests", &with(request(), girl)).await.expect(201).id();
        assert_eq!(referent.get(&format!("requests/{stored}/dossier")).await.expect(200).body["with_child_protection"], true);
        let page = {
            let mut browser = Browser::signed_in(&app, &referent).await;
            browser.get(&format!("/demandes/{stored}/dossier")).await.expect(200)
        };
        for held in ["avec la protection de l’enfance", "minorité présumée", "CRIP du Rhône"] {
            assert!(page.text.contains(held), "{held}: {}", page.text);
        }
        app.ignore_mails();
    }
}
