//! What is done with a request as a whole, from its page and by the API: notes, closing, copying, lending, handing over, keeping apart, and looking
//! after its people separately.

use api::cli::client;
use api::domain::Role;
use api::web::pages::words;
use chrono::{TimeDelta, Timelike as _};
use serde_json::{Value, json};

use crate::harness::bodies::{request, with};
use crate::harness::{Answer, TestApp, on_both};
use crate::http::pages::{Browser, hidden, maud_escaped};
use crate::http::request_page::Desk;

async fn stored(app: &TestApp, id: &str) -> Value {
    app.own(Role::Referent).get(&format!("requests/{id}")).await.expect(200).body
}

/// Sends a form of the page of a request.
async fn act(desk: &mut Desk, act: &str, typed: &[(&str, &str)]) -> Answer {
    let page = desk.page().await;
    desk.browser.post(&format!("{}/{act}", desk.path), &page, typed).await
}

fn couple() -> Value {
    let adult = |gender: &str, age: u8| json!({"gender": gender, "minority": "adult", "age": age});
    let child = json!({"gender": "male", "minority": "minor", "age": 3, "with_parent": true});
    with(
        request(),
        json!({"household": [adult("female", 24), adult("male", 30), child], "couple": true, "seen_apart": true, "in_charge": "C. M."}),
    )
}

/// The request that was made of another.
async fn other_of(app: &TestApp, id: &str) -> Value {
    let separated = stored(app, id).await["separated"].clone();
    let separated = separated.as_array().unwrap();
    assert_eq!(separated.len(), 1, "{separated:?}");
    stored(app, separated[0]["request_id"].as_str().unwrap()).await
}

on_both! {
    async fn a_note_stands_with_its_hour_and_who_wrote_it(app: TestApp) {
        let mut desk = Desk::of(&app, &app.request().await).await;
        act(&mut desk, "note", &[("note", "Prend le tram.\r\nTéléphone sûr.")]).await.expect(303);
        let page = desk.page().await.text;
        let label = app.app().service.live().name(app.own(Role::Referent).identity().account).unwrap().label.clone();
        let notes = page.split("class=\"plain notes\"").nth(1).unwrap().split("</ul>").next().unwrap();
        assert!(notes.contains("Prend le tram. Téléphone sûr.") && notes.contains(&maud_escaped(&label)), "{notes}");
        assert!(page.contains("note ajoutée"), "and in the history: {page}");
        let long = "x".repeat(2001);
        for wrong in ["  ", long.as_str()] {
            let refused = act(&mut desk, "note", &[("note", wrong)]).await.expect(422);
            assert!(refused.text.contains("id=\"note-error\"") && refused.text.contains(wrong.trim()), "{}", refused.text);
        }
    }

    async fn it_is_closed_reopened_copied_and_called_otherwise(app: TestApp) {
        let id = app.request().await;
        let mut desk = Desk::of(&app, &id).await;
        let before = stored(&app, &id).await;
        act(&mut desk, "repere", &[]).await.expect(303);
        assert_ne!(stored(&app, &id).await["alias"], before["alias"]);
        act(&mut desk, "clore", &[("reason", "found_housing")]).await.expect(303);
        let page = desk.page().await;
        assert!(page.text.contains("a un logement") && !page.text.contains("modifier="), "{}", page.text);
        desk.browser.press(&page, words::request::REOPEN.text(), &[]).await.expect(303);
        assert_eq!(stored(&app, &id).await["state"], "open");
        app.clock().advance(TimeDelta::hours(1));
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await;
        let copy = desk.browser.press(&page, words::request::COPY.text(), &[]).await.expect(303).header("location");
        let copy = copy.trim_start_matches("/demandes/").split('#').next().unwrap().to_owned();
        let (one, other) = (stored(&app, &id).await, stored(&app, &copy).await);
        for same in ["household", "place", "danger_zones", "first_day", "information", "nights"] {
            assert_eq!(one[same], other[same], "{same}");
        }
        assert_ne!((&one["alias"], &one["created_at"]), (&other["alias"], &other["created_at"]));
        assert_eq!((&other["state"], &other["notes"]), (&json!("open"), &json!([])));
    }

    async fn a_copy_stays_with_its_owner_and_is_kept_apart_too(app: TestApp) {
        let (id, _) = crate::http::keep_apart::linked(&app).await;
        app.own(Role::Referent).post(&format!("requests/{id}/lend"), &app.lending_for(5)).await.expect(200);
        let borrower = app.other(Role::Referent);
        let copy = borrower.command(&format!("requests/{id}/copy")).await.expect(201);
        assert_eq!(copy.body["organisation_id"], json!(app.own(Role::Referent).identity().organisation));
        assert_eq!(copy.body["lent_to_id"], json!(borrower.identity().organisation), "who made it has it in hand");
        let links = app.own(Role::Referent).get(&format!("requests/{}/keep-apart-links", copy.id())).await.expect(200);
        assert_eq!(links.body["items"].as_array().unwrap().len(), 1, "{}", links.text);
        app.clock().advance(TimeDelta::hours(6));
        borrower.get(&format!("requests/{}", copy.id())).await.refused(404, "not_found");
        assert_eq!(stored(&app, &copy.id()).await["lent_to_id"], Value::Null);
    }

    async fn the_night_s_115_has_it_until_nine_and_gives_it_back(app: TestApp) {
        let (id, night) = (app.request().await, app.other(Role::Referent).identity().organisation);
        let administrator = app.own(Role::Administrator);
        let path = format!("organisations/{night}");
        let known = administrator.get(&path).await.expect(200);
        let keeps = json!({"name": known.body["name"], "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": known.body["contact"]});
        administrator.put(&path, &known.etag(), &keeps).await.expect(200);
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await;
        let button = words::request::lend_to(known.body["name"].as_str().unwrap());
        desk.browser.press(&page, &button, &[]).await.expect(303);
        let lent = stored(&app, &id).await;
        assert_eq!(lent["lent_to_id"], json!(night));
        let until = chrono::DateTime::parse_from_rfc3339(lent["lent_until"].as_str().unwrap()).unwrap().with_timezone(&chrono_tz::Europe::Paris);
        assert_eq!((until.hour(), until.minute()), (9, 0));
        assert!(until - app.clock().now().utc().with_timezone(&chrono_tz::Europe::Paris) <= TimeDelta::hours(25));
        let mut borrower = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        let theirs = borrower.get(&desk.path).await.expect(200);
        assert!(theirs.text.contains(words::request::LENT_BY.text()) && borrower.get("/demandes").await.expect(200).text.contains(&id), "{}", theirs.text);
        assert_eq!(borrower.press(&theirs, words::request::GIVE_BACK.text(), &[]).await.expect(303).header("location"), "/demandes");
        borrower.get(&desk.path).await.expect(404);
        assert_eq!(stored(&app, &id).await["lent_to_id"], Value::Null);
        // Elsewhere than to the 115, and never into the past.
        let organisation = night.to_string();
        let page = desk.page().await;
        let fields = [("organisation_id", organisation.as_str()), ("until", "2020-01-01T09:00")];
        let refused = desk.browser.post(&format!("{}/preter", desk.path), &page, &fields).await.expect(409);
        assert!(refused.text.contains("id=\"until-error\"") && refused.text.contains("value=\"2020-01-01T09:00\""), "{}", refused.text);
        assert_eq!(stored(&app, &id).await["lent_to_id"], Value::Null);
    }

    async fn a_colleague_takes_over_with_one_tap_whatever_else_was_changed(app: TestApp) {
        let id = app.own(Role::Referent).post("requests", &couple()).await.expect(201).id();
        let (_token, colleague) = client::make(app.db(), "Organisation fictive", Role::Referent).unwrap();
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await;
        let referent = app.own(Role::Referent);
        let known = referent.get(&format!("requests/{id}")).await.expect(200);
        referent.put(&format!("requests/{id}"), &known.etag(), &with(couple(), json!({"nights": 3}))).await.expect(200);
        desk.browser.press(&page, words::request::TAKE_CHARGE.text(), &[]).await.expect(303);
        let own = app.app().service.live().name(referent.identity().account).unwrap().label.clone();
        let now = stored(&app, &id).await;
        assert_eq!((&now["in_charge"], &now["nights"]), (&json!(own), &json!(3)), "nothing else was replaced");
        assert!(desk.page().await.text.contains(&format!("suivi\u{a0}: {}", maud_escaped(&own))));
        // Those of one's own are those that one is in charge of, by the label of one's account.
        let mut theirs = Browser::signed_in_as(&app, colleague.account).await;
        assert!(theirs.get("/demandes?qui=moi").await.expect(200).text.contains(&id), "in the harness both have one label");
        act(&mut desk, "suivi", &[("in_charge", "D. N.")]).await.expect(303);
        assert!(!theirs.get("/demandes?qui=moi").await.expect(200).text.contains(&id));
        assert!(theirs.get("/demandes").await.expect(200).text.contains(&id));
    }

    async fn two_referents_keep_their_people_apart_from_the_page(app: TestApp) {
        let id = app.request().await;
        let theirs = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await;
        let made = desk.browser.press(&page, words::request::MAKE_CODE.text(), &[]).await.expect(200);
        let code = made.text.split("class=\"code\"><strong>").nth(1).unwrap_or_else(|| panic!("{}", made.text)).split('<').next().unwrap().to_owned();
        let again = desk.browser.press(&page, words::request::MAKE_CODE.text(), &[]).await.expect(200);
        assert!(!again.text.contains(&code) && again.text.contains(&maud_escaped(words::request::CODE_WAS_SHOWN.text())), "{}", again.text);
        let mut other = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        let path = format!("/demandes/{theirs}");
        for wrong in ["", "nonsense", "7Q4M-0XKD-2NVA"] {
            let page = other.get(&path).await.expect(200);
            let refused = other.post(&format!("{path}/eloigner"), &page, &[("code", wrong)]).await;
            assert!([409, 422].contains(&refused.status.as_u16()) && refused.text.contains("id=\"code-error\""), "{wrong}: {}", refused.text);
        }
        let page = other.get(&path).await.expect(200);
        other.post(&format!("{path}/eloigner"), &page, &[("code", &code)]).await.expect(303);
        let page = other.get(&path).await.expect(200);
        assert!(page.text.contains(words::request::LINK_SINCE.text()) && !page.text.contains(&id), "nothing of the other request: {}", page.text);
        other.press(&page, words::request::AGREE_TO_END.text(), &[]).await.expect(303);
        let page = desk.page().await;
        assert!(page.text.contains(&maud_escaped(words::request::OTHER_AGREED.text())), "{}", page.text);
        desk.browser.press(&page, words::request::AGREE_TO_END.text(), &[]).await.expect(303);
        assert!(!desk.page().await.text.contains(words::request::LINK_SINCE.text()));
    }

    async fn who_takes_back_her_agreement_is_erased_once_it_was_meant(app: TestApp) {
        let id = app.request().await;
        let mut desk = Desk::of(&app, &id).await;
        act(&mut desk, "retrait", &[]).await.expect(422);
        assert_eq!(stored(&app, &id).await["state"], "open");
        assert_eq!(act(&mut desk, "retrait", &[("sure", "true")]).await.expect(303).header("location"), "/demandes");
        desk.browser.get(&desk.path).await.expect(404);
    }

    async fn what_the_coordination_has_stopped_reads_as_the_place_s_no(app: TestApp) {
        let vacancy = app.vacancy(4).await;
        let (own, other) = crate::http::keep_apart::linked(&app).await;
        let body = json!({"vacancy_id": vacancy, "hold": true});
        app.other(Role::Referent).post(&format!("requests/{other}/referrals"), &body).await.expect(201);
        let asked = app.ask(&own, &vacancy, json!({})).await.expect(201).id();
        let said = json!({"refusal": {"party": "structure", "code": "group_balance"}});
        app.own(Role::Coordinator).post(&format!("referrals/{asked}/stop"), &said).await.expect(200);
        let page = Desk::of(&app, &own).await.page().await.text;
        let history = page.split("id=\"histoire\"").nth(1).unwrap().split("</details>").next().unwrap();
        let newest = history.split("<li>").nth(1).unwrap();
        assert!(newest.contains("la structure\u{a0}: Structure fictive des Tilleuls, Lyon · CHRS, Rhône (69), non"), "{history}");
        let account = app.own(Role::Coordinator).identity().account.to_string();
        for secret in ["coordinat", "sécurité", account.as_str(), "stopReferral"] {
            assert!(!history.contains(secret), "{secret}: {history}");
        }
        app.ignore_mails();
    }

    async fn people_who_are_looked_after_separately_keep_what_is_known_of_them(app: TestApp) {
        let id = app.own(Role::Referent).post("requests", &couple()).await.expect(201).id();
        let vacancy = app.vacancy(5).await;
        app.ask(&id, &vacancy, json!({"hold": true})).await.expect(201);
        assert_eq!(app.beds(&vacancy).await, (5, 3));
        app.clock().advance(TimeDelta::hours(1));
        let mut desk = Desk::of(&app, &id).await;
        // Nothing chosen, nothing said of what comes next, nobody left: the form comes back as it was filled in.
        for typed in [vec![], vec![("s1", "a")], vec![("bond", "kept_apart")], vec![("s0", "a"), ("s1", "a"), ("s2", "b"), ("bond", "to_reunite"), ("with_parent", "true")]] {
            let refused = act(&mut desk, "separer", &typed).await;
            assert!([409, 422].contains(&refused.status.as_u16()), "{typed:?}: {}", refused.text);
            assert!(refused.text.contains("id=\"separer-error\""), "{}", refused.text);
        }
        // Who of the two is the parent nobody can tell from the household.
        let refused = act(&mut desk, "separer", &[("s1", "a"), ("bond", "kept_apart")]).await.expect(409);
        assert!(refused.text.contains(&maud_escaped(words::request::SPLIT_PROTECTION_NEEDED.text())), "{}", refused.text);
        assert_eq!(stored(&app, &id).await["separated"], json!([]));
        act(&mut desk, "separer", &[("s1", "a"), ("bond", "kept_apart"), ("with_parent", "true")]).await.expect(303);
        let (one, other) = (stored(&app, &id).await, other_of(&app, &id).await);
        let ages = |request: &Value| request["household"].as_array().unwrap().iter().map(|person| person["age"].as_u64().unwrap()).collect::<Vec<_>>();
        assert_eq!((ages(&one), ages(&other)), (vec![24, 3], vec![30]));
        assert_eq!((&one["couple"], &other["couple"], &one["household"][1]["with_parent"]), (&json!(false), &json!(false), &json!(true)));
        assert_eq!(one["created_at"], other["created_at"], "nobody loses seniority");
        assert_eq!((&other["in_charge"], &other["state"], &other["place"]), (&one["in_charge"], &json!("open"), &one["place"]));
        assert_ne!(one["alias"], other["alias"]);
        assert_eq!(app.beds(&vacancy).await, (5, 2), "who stays holds what it needs");
        for request in [&one, &other] {
            let links = app.own(Role::Referent).get(&format!("requests/{}/keep-apart-links", request["id"].as_str().unwrap())).await.expect(200);
            assert_eq!(links.body["items"].as_array().unwrap().len(), 1);
        }
        let page = desk.page().await.text;
        assert!(page.contains(words::request::KEPT_APART_FROM.text()) && page.contains(other["alias"].as_str().unwrap()), "{page}");
        app.ignore_mails();
    }

    async fn no_child_goes_from_its_parent_without_child_protection(app: TestApp) {
        let (referent, child_alone) = (app.own(Role::Referent), json!({"parts": [[2]], "bond": "to_reunite", "with_parent": true}));
        let id = referent.post("requests", &couple()).await.expect(201).id();
        let path = format!("requests/{id}/split");
        let refused = referent.post(&path, &child_alone).await.refused(409, "contradiction");
        assert!(refused.text.contains("/child_protection"), "{}", refused.text);
        let told = |authority: &str| json!({"authority": authority, "whom": "CRIP", "at": "2026-01-20T10:00:00+01:00", "reached": false});
        let by_prosecutor = with(child_alone.clone(), json!({"child_protection": told("public_prosecutor")}));
        referent.post(&path, &by_prosecutor).await.refused(409, "contradiction");
        let split = referent.post(&path, &with(child_alone, json!({"child_protection": told("child_protection")}))).await.expect(200);
        let child = other_of(&app, &split.id()).await;
        assert_eq!(child["household"][0]["with_parent"], false, "a minor without a parent from now on");
        assert_eq!(child["lone_minors"][0]["told"]["whom"], "CRIP");
        assert!(child["assessment_due_at"].is_string());
        let links = referent.get(&format!("requests/{}/keep-apart-links", child["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(links.body["items"], json!([]), "they are to be together again");
    }

    async fn a_household_is_split_once_however_often_it_is_sent(app: TestApp) {
        let referent = app.own(Role::Referent);
        let two = json!({"household": [{"gender": "female", "minority": "adult", "age": 24}, {"gender": "female", "minority": "adult", "age": 40}]});
        let id = referent.post("requests", &with(request(), two)).await.expect(201).id();
        let body = json!({"parts": [[1]], "bond": "to_reunite"});
        let first = referent.post_under(&format!("requests/{id}/split"), &body, "one").await.expect(200);
        let again = referent.post_under(&format!("requests/{id}/split"), &body, "one").await.expect(200);
        assert_eq!(first.body["separated"], again.body["separated"]);
        assert_eq!(stored(&app, &id).await["separated"].as_array().unwrap().len(), 1);
        referent.post(&format!("requests/{id}/split"), &json!({"parts": [[7]], "bond": "to_reunite"})).await.refused(409, "contradiction");
        referent.post(&format!("requests/{id}/split"), &json!({"parts": [[0], [0]], "bond": "to_reunite"})).await.refused(409, "contradiction");
        referent.post(&format!("requests/{id}/split"), &json!({"parts": [], "bond": "to_reunite"})).await.refused(422, "invalid_body");
        app.other(Role::Referent).post(&format!("requests/{id}/split"), &body).await.refused(404, "not_found");
    }

    async fn the_list_keeps_what_is_placed_and_what_was_closed_of_late(app: TestApp) {
        use api::domain::ReferralState::{Accepted, Arrived, Asked, Confirmed};
        let vacancy = app.vacancy(9).await;
        let referent = app.own(Role::Referent);
        let mut groups = vec![(words::request::LIST_NOTHING_ASKED.text(), app.request().await)];
        for (state, title) in [
            (Asked, words::request::LIST_WAITING.text()), (Accepted, words::request::LIST_ANSWERED.text()), (Confirmed, words::request::LIST_EXPECTED.text()),
            (Arrived, words::request::LIST_PLACED.text()),
        ] {
            let referral = app.referral_in(&vacancy, state).await;
            groups.push((title, referent.get(&format!("referrals/{referral}")).await.expect(200).body["request_id"].as_str().unwrap().to_owned()));
        }
        let closed = app.request().await;
        referent.post(&format!("requests/{closed}/close"), &json!({"reason": "other"})).await.expect(200);
        groups.push((words::request::LIST_CLOSED.text(), closed.clone()));
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get("/demandes").await.expect(200).text;
        for (title, id) in &groups {
            let section = page.split("<section").find(|section| section.contains(&format!("/demandes/{id}"))).unwrap_or_else(|| panic!("{title}: {page}"));
            assert!(section.contains(&format!("<h2>{}", maud_escaped(title))), "{title}: {section}");
        }
        assert!(app.noted("demandes").await.len() >= groups.len());
        app.clock().advance(TimeDelta::days(15));
        let mut browser = Browser::signed_in(&app, &referent).await;
        assert!(!browser.get("/demandes").await.expect(200).text.contains(&closed));
        let mut stranger = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        let theirs = stranger.get("/demandes").await.expect(200);
        assert!(groups.iter().all(|(_, id)| !theirs.text.contains(id.as_str())) && theirs.text.contains(words::request::LIST_NONE.text()), "{}", theirs.text);
        let _ = hidden(&theirs, "form");
        app.ignore_mails();
    }
}
