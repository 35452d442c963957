//! Units and structures that end: never over the heads of those who are coming or there, never without a word to those who asked.

use api::domain::{ReferralState, Role};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, structure, unit, vacancy, with};
use crate::harness::{Site, TestApp, on_both};

/// A home with a vacancy of so many beds.
async fn home(app: &TestApp, beds: u32) -> (Site, String) {
    let site = app.site().await;
    let body = with(vacancy(), json!({"beds": beds}));
    let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &body).await.expect(201).id();
    (site, vacancy)
}

fn ends(site: &Site) -> [(String, &'static str); 2] {
    [(format!("units/{}", site.unit), "unit_ended"), (format!("structures/{}", site.structure), "structure_ended")]
}

on_both! {
    async fn it_ends_once_and_is_no_more_but_for_who_has_its_id(app: TestApp) {
        let provider = app.own(Role::Provider);
        for which in [0, 1] {
            let (site, vacancy_id) = home(&app, 2).await;
            let (path, code) = &ends(&site)[which];
            let before = provider.get(path).await.expect(200).body;
            assert_eq!(before["ended_at"], Value::Null);
            let ended = provider.command(&format!("{path}/end")).await.expect(200).body;
            assert!(ended["ended_at"].is_string(), "{ended}");
            provider.command(&format!("{path}/end")).await.refused(409, code);

            let unit_path = format!("units/{}", site.unit);
            assert!(provider.get(&unit_path).await.expect(200).body["ended_at"].is_string());
            // What is known of a structure beyond its units is for those who run it.
            let reader = if which == 0 { Role::Referent } else { Role::Provider };
            assert_eq!(app.own(reader).get(path).await.expect(200).body["ended_at"], ended["ended_at"]);
            for list in ["units".to_owned(), format!("units?structure_id={}", site.structure)] {
                assert!(!app.walk(&provider, &list, 10).await.contains(&site.unit), "{list}");
            }
            assert_eq!(app.walk(&provider, "structures", 10).await.contains(&site.structure), which == 0);
            let ranking = app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body;
            assert_eq!((&ranking["evaluated"], &ranking["eligible"]), (&json!(0), &json!(0)));

            // Nothing begins there any more.
            let taken_back = provider.get(&format!("vacancies/{vacancy_id}")).await.expect(200).body;
            assert!(taken_back["withdrawn_at"].is_string(), "{taken_back}");
            app.ask(&app.request().await, &vacancy_id, json!({})).await.refused(409, "vacancy_withdrawn");
            provider.post(&format!("{unit_path}/vacancies"), &vacancy()).await.refused(409, "unit_ended");
            provider.put(&unit_path, "*", &unit()).await.refused(409, "unit_ended");
            let units = format!("structures/{}/units", site.structure);
            if which == 0 {
                provider.post(&units, &unit()).await.expect(201);
            } else {
                provider.post(&units, &unit()).await.refused(409, "structure_ended");
                provider.put(path, "*", &structure()).await.refused(409, "structure_ended");
            }
            provider.command(&format!("structures/{}/end", site.structure)).await.expect(if which == 0 { 200 } else { 409 });
        }
    }

    async fn nobody_who_is_coming_or_there_loses_a_place(app: TestApp) {
        let provider = app.own(Role::Provider);
        for state in [ReferralState::Confirmed, ReferralState::Arrived] {
            let (site, vacancy_id) = home(&app, 3).await;
            let referral = app.referral_in(&vacancy_id, state).await;
            // An open question beside it is left alone by what is refused.
            let asked = app.referral_in(&vacancy_id, ReferralState::Asked).await;
            let before = app.row_counts();
            for (path, _) in ends(&site) {
                provider.command(&format!("{path}/end")).await.refused(409, "people_there");
                assert_eq!(provider.get(&path).await.expect(200).body["ended_at"], Value::Null);
            }
            assert_eq!(app.row_counts(), before);
            assert_eq!(app.own(Role::Referent).get(&format!("referrals/{asked}")).await.expect(200).body["state"], "asked");
            if state == ReferralState::Confirmed {
                provider.command(&format!("referrals/{referral}/no-show")).await.expect(200);
            } else {
                provider.post(&format!("referrals/{referral}/end"), &json!({"reason": "moved_on", "request": "closed"})).await.expect(200);
            }
            provider.command(&format!("units/{}/end", site.unit)).await.expect(200);
        }
        app.ignore_mails();
    }

    async fn another_unit_of_the_structure_keeps_it(app: TestApp) {
        let provider = app.own(Role::Provider);
        let (site, _) = home(&app, 1).await;
        let other = provider.post(&format!("structures/{}/units", site.structure), &unit()).await.expect(201).id();
        let vacancy_id = provider.post(&format!("units/{other}/vacancies"), &vacancy()).await.expect(201).id();
        app.referral_in(&vacancy_id, ReferralState::Arrived).await;
        provider.command(&format!("structures/{}/end", site.structure)).await.refused(409, "people_there");
        assert_eq!(provider.get(&format!("units/{}", site.unit)).await.expect(200).body["ended_at"], Value::Null, "nothing of it ended");
        provider.command(&format!("units/{}/end", site.unit)).await.expect(200);
        app.ignore_mails();
    }

    async fn open_questions_are_withdrawn_and_both_sides_told(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        for structure in [false, true] {
            let (site, vacancy_id) = home(&app, 9).await;
            let mut asked = Vec::new();
            for state in [ReferralState::Asked, ReferralState::Acknowledged, ReferralState::Accepted] {
                asked.push(app.referral_in(&vacancy_id, state).await);
            }
            let held = app.ask(&app.request().await, &vacancy_id, json!({"hold": true})).await.expect(201).id();
            asked.push(held);
            app.ignore_mails();
            let path = if structure { format!("structures/{}", site.structure) } else { format!("units/{}", site.unit) };
            provider.command(&format!("{path}/end")).await.expect(200);
            for referral in &asked {
                let seen = referent.get(&format!("referrals/{referral}")).await.expect(200).body;
                assert_eq!((&seen["state"], &seen["held"]), (&json!("withdrawn"), &json!(false)));
                assert_eq!((&seen["refusal"]["party"], &seen["refusal"]["code"]), (&json!("structure"), &json!("unit_closed")));
                assert_eq!(provider.get(&format!("referrals/{referral}")).await.expect(200).body["state"], "withdrawn");
                for role in [Role::Referent, Role::Provider] {
                    let events = app.own(role).get("events?limit=200").await.expect(200).body;
                    let told = events["items"].as_array().unwrap().iter().any(|event| {
                        event["record_id"] == referral.as_str() && event["command"] == "withdrawReferral"
                    });
                    assert!(told, "{role} reads of {referral}: {events}");
                }
            }
            assert_eq!(app.beds(&vacancy_id).await, (9, 0), "and every bed that was held is let go");
            let mails = app.mails();
            assert_eq!(mails.len(), asked.len(), "who asked must look elsewhere: {mails:#?}");
            assert!(mails.iter().all(|mail| mail.to == "own@example.org" && mail.subject.contains("une réponse est arrivée")), "{mails:#?}");
        }
    }

    async fn an_end_said_twice_is_one(app: TestApp) {
        let (site, _) = home(&app, 1).await;
        let path = format!("structures/{}/end", site.structure);
        let send = async || app.own(Role::Provider).send(actix_web::http::Method::POST, &path, &[("idempotency-key", "end")], None).await;
        let first = send().await.expect(200);
        assert_eq!(send().await.expect(200).body, first.body);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'endStructure'"), 1);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'endUnit'"), 1);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'withdrawVacancy'"), 1);
    }

    async fn only_its_own_end_it(app: TestApp) {
        let (site, _) = home(&app, 1).await;
        for (path, _) in ends(&site) {
            app.other(Role::Provider).command(&format!("{path}/end")).await.refused(404, "not_found");
            app.own(Role::Referent).command(&format!("{path}/end")).await.refused(403, "role_not_allowed");
        }
    }
}
