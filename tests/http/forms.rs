//! What happens to what someone typed: where a call must come first, where somebody was faster, where the session had ended; and what is left
//! when they leave.

use api::domain::{ReferralState, RefusalCode, Role};
use api::web::pages::words;
use chrono::TimeDelta;
use serde_json::json;

use super::pages::{ASKED, Browser, hidden, maud_escaped};
use crate::harness::bodies::{day, request, structure, unit, vacancy, with};
use crate::harness::people::{PASSWORD, Person, next_code};
use crate::harness::{Answer, TestApp, on_both};

/// A request that a place fits only if a call says so: it needs what the place does not say that it has.
async fn to_verify(app: &TestApp) -> String {
    let body = with(request(), json!({"required": ["cot"], "required_languages": ["bg"]}));
    app.own(Role::Referent).post("requests", &body).await.expect(201).id()
}

on_both! {
    async fn what_a_call_brought_is_written_by_whoever_called(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let path = format!("/demandes/{}/places", to_verify(&app).await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        for field in ["answered_by", "said_of_required_offer", "said_of_required_language"] {
            assert!(page.text.contains(&format!("name=\"{field}\"")), "{field}: {}", page.text);
        }
        let before = app.row_counts();
        for typed in [
            vec![],
            vec![("answered_by", "accueil")],
            vec![("answered_by", "accueil"), ("said_of_required_offer", "prêté ce soir"), ("said_of_required_language", "  ")],
        ] {
            let all: Vec<_> = [("answered_by", ""), ("said_of_required_offer", ""), ("said_of_required_language", "")]
                .into_iter()
                .filter(|(name, _)| !typed.iter().any(|(known, _)| known == name))
                .chain(typed.iter().copied())
                .collect();
            let refused = browser.press(&page, words::ASK_PLACE.text(), &all).await.expect(422);
            assert!(refused.text.contains(words::VERIFY_FIRST.text()) && refused.text.contains(words::FILL_IN.text()), "{}", refused.text);
            for (_, kept) in typed.iter().filter(|(_, value)| !value.trim().is_empty()) {
                assert!(refused.text.contains(&format!("value=\"{kept}\"")), "{kept} is gone: {}", refused.text);
            }
        }
        // Whoever leaves the fields out of the form is told by the rules themselves.
        let bare = browser.post(&path.replace("/places", "/orientations"), &page, &[("vacancy", vacancy.as_str()), ("action", "ask")]).await;
        assert_eq!(bare.status, 409, "{}", bare.text);
        assert!(bare.text.contains(&maud_escaped(words::NOT_ELIGIBLE_TEXT.text())), "{}", bare.text);
        let long = "x".repeat(400);
        let too_long = [("answered_by", "accueil"), ("said_of_required_offer", &long), ("said_of_required_language", &long)];
        assert!(browser.press(&page, words::ASK_PLACE.text(), &too_long).await.expect(422).text.contains(words::VERIFY_SHORTER.text()));
        let counted = |rows: &[(&'static str, i64)], table: &str| rows.iter().find(|(name, _)| *name == table).unwrap().1;
        for table in ["referrals", "events", "vacancies"] {
            assert_eq!(counted(&app.row_counts(), table), counted(&before, table), "{table}");
        }
        let said = [
            ("answered_by", "l’accueil"),
            ("said_of_required_offer", "un lit de bébé est prêté ce soir"),
            ("said_of_required_language", "une veilleuse parle bulgare"),
        ];
        browser.press(&page, words::ASK_PLACE.text(), &said).await.expect(303);
        let list = app.own(Role::Referent).get("referrals").await.expect(200).body;
        let written = list["items"][0]["overrides"][0]["reason"].as_str().unwrap();
        assert_eq!(written, "l’accueil ; un lit de bébé est prêté ce soir ; une veilleuse parle bulgare");
        app.ignore_mails();
    }

    async fn who_was_slower_sees_what_is_left(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let hold = words::hold_place(matcher::Urgency::Immediate);
        let path = format!("/demandes/{}/places", app.request().await);
        let mut slower = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = slower.get(&path).await.expect(200);
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        let told = slower.press(&page, hold, &[]).await.expect(409);
        assert!(told.text.contains(&maud_escaped(words::JUST_TAKEN.text())), "{}", told.text);
        assert!(told.text.contains(words::PROPOSALS_NONE.text()), "the places are those of now: {}", told.text);
        app.ignore_mails();
    }

    async fn who_quits_has_no_session_and_nothing_to_go_back_to(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        browser.get("/demande").await.expect(200);
        let held = browser.cookie.clone();
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 1);
        // Whatever page it is pressed on, however old.
        let left = browser.post_alone("/quitter", &[]).await.expect(200);
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 0);
        assert!(left.header("clear-site-data").contains("\"cache\""), "{}", left.header("clear-site-data"));
        assert_eq!((left.header("cache-control").as_str(), left.header("referrer-policy").as_str()), ("no-store", "no-referrer"));
        assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
        assert!(left.text.contains("http-equiv=\"refresh\"") && !left.text.contains(words::HAVRE.text()), "{}", left.text);
        browser.cookie = held;
        assert_eq!(browser.get("/demande").await.expect(303).header("location"), "/connexion");
        // Who was nobody leaves just as well.
        Browser::new(&app).await.post_alone("/quitter", &[]).await.expect(200);
    }

    async fn what_was_typed_when_the_session_ended_is_not_lost(app: TestApp) {
        app.vacancy(1).await;
        let referent = Person::of(&app, &app.own(Role::Referent));
        let mut browser = referent.browser().await;
        let page = browser.get("/demande").await.expect(200);
        let is_over = TimeDelta::hours(13);
        app.clock().advance(is_over);
        let asked_to_sign_in = browser.post("/demande", &page, &ASKED).await.expect(401);
        assert!(asked_to_sign_in.text.contains(words::SESSION_OVER.text()), "{}", asked_to_sign_in.text);
        let (address, code) = (("address", referent.address.as_str()), next_code(&app));
        let wrong = browser.press(&asked_to_sign_in, words::ENTER.text(), &[address, ("password", "wrong"), ("code", "000000")]).await.expect(422);
        let typed = [address, ("password", PASSWORD), ("code", code.as_str())];
        let signed_in = browser.press(&wrong, words::ENTER.text(), &typed).await.expect(200);
        assert_eq!(hidden(&signed_in, "place"), "Lyon");
        let done = browser.press(&signed_in, words::GO_ON.text(), &[]).await.expect(200);
        assert!(done.text.contains(crate::http::pages::PROPOSED), "{}", done.text);
    }

    async fn a_form_that_another_site_made_is_not_gone_on_with(app: TestApp) {
        let referent = Person::of(&app, &app.own(Role::Referent));
        let mut browser = Browser::new(&app).await;
        let planted = browser.post_alone("/demande", &[("form", "x"), ("place", "Lyon")]).await.expect(303);
        assert_eq!(planted.header("location"), "/connexion");
        // Nor does signing in lead anywhere but to a form of these pages.
        for to in ["https://example.org/demande", "//example.org", "/connexion", "/quitter", "/nowhere", "/api/v1/requests"] {
            let page = browser.get("/connexion").await;
            let code = next_code(&app);
            let who = [("address", referent.address.as_str()), ("password", PASSWORD), ("code", code.as_str())];
            let fields: Vec<_> = who.into_iter().chain([("to", to), ("typed.place", "Lyon")]).collect();
            assert_eq!(browser.post("/connexion", &page, &fields).await.expect(303).header("location"), "/", "{to}");
            browser = Browser::new(&app).await;
        }
    }

    async fn a_declaration_that_is_wrong_keeps_what_was_typed(app: TestApp) {
        let provider = app.own(Role::Provider);
        app.site_with(&structure(), &with(unit(), json!({"places": 2}))).await;
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        let before = app.row_counts();
        for (typed, status, wrong) in [
            ([("beds", "x"), ("from", "2026-11-30"), ("until", "")], 422, vec!["beds"]),
            ([("beds", "0"), ("from", "demain"), ("until", "jamais")], 422, vec!["beds", "from", "until"]),
            ([("beds", "2"), ("from", &day(5)), ("until", &day(5))], 422, vec!["until"]),
            ([("beds", "2"), ("from", "1999-01-01"), ("until", "")], 422, vec!["from"]),
            ([("beds", "3"), ("from", &day(0)), ("until", &day(9))], 409, vec!["beds"]),
            ([("beds", "1"), ("from", &day(-9)), ("until", &day(-2))], 409, vec!["until"]),
        ] {
            let again = browser.press(&page, words::DECLARE.text(), &typed).await.expect(status);
            let beside: Vec<_> = again.text.split("class=\"error\" id=\"").skip(1).map(|rest| rest.split("-error\"").next().unwrap()).collect();
            assert_eq!(beside, wrong, "{typed:?}");
            for (name, value) in typed {
                assert!(again.text.contains(&format!("name=\"{name}\"")) && again.text.contains(&format!("value=\"{value}\"")), "{name}={value} is gone: {}", again.text);
            }
            assert_eq!(again.text.matches("aria-invalid=\"true\"").count(), wrong.len(), "{}", again.text);
            assert_eq!(app.row_counts(), before);
        }
        // What was put right goes on from there.
        let again = browser.press(&page, words::DECLARE.text(), &[("beds", "3")]).await.expect(409);
        browser.press(&again, words::DECLARE.text(), &[("beds", "2")]).await.expect(303);
        assert_eq!(app.count("SELECT count(*) AS n FROM vacancies"), 1);
    }

    async fn a_home_that_holds_nothing_before_its_answer_has_no_such_button(app: TestApp) {
        let hold = words::hold_place(matcher::Urgency::Immediate);
        let unit = with(unit(), json!({"holds_before_answer": false}));
        let site = app.site_with(&structure(), &unit).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        assert!(!page.text.contains(&maud_escaped(hold)) && page.text.contains(words::NO_HOLD_BEFORE_ANSWER.text()), "{}", page.text);
        browser.press(&page, words::ASK_PLACE.text(), &[]).await.expect(303);
        app.vacancy(1).await;
        let page = browser.get(&format!("/demandes/{}/places", app.request().await)).await.expect(200);
        assert!(page.text.contains(&maud_escaped(hold)), "the other home holds: {}", page.text);
        app.ignore_mails();
    }

    async fn an_arrival_that_cannot_be_is_said_beside_its_field(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.referral_in(&vacancy, ReferralState::Accepted).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get("/orientations").await.expect(200);
        for (typed, status, why) in
            [("ce soir", 422, words::WRONG_TIME.text()), ("2020-01-01T20:00", 409, words::ARRIVAL_AHEAD.text()), ("2099-01-01T20:00", 409, words::ARRIVAL_AHEAD.text())]
        {
            let again = browser.press(&page, words::CONFIRM.text(), &[("expected", typed)]).await.expect(status);
            assert!(again.text.contains(&maud_escaped(why)) && again.text.contains(&format!("value=\"{typed}\"")), "{typed}: {}", again.text);
            assert_eq!(app.count("SELECT count(*) AS n FROM referrals WHERE state = 'accepted'"), 1);
        }
        // A home that takes them no more: the rules are named, and the time stays.
        let unit = with(unit(), json!({"genders": ["male"], "children": null}));
        let stored = app.own(Role::Provider).get("units").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        app.own(Role::Provider).put(&format!("units/{stored}"), "*", &unit).await.expect(200);
        let soon = page.text.split("name=\"expected\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let again = browser.press(&page, words::CONFIRM.text(), &[]).await.expect(409);
        assert!(again.text.contains(words::NOT_ELIGIBLE_TEXT.text()) && again.text.contains(&format!("value=\"{soon}\"")), "{}", again.text);
        app.ignore_mails();
    }

    async fn what_was_tapped_is_taken_back_by_who_tapped_it(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let referral = app.referral_in(&vacancy, ReferralState::Asked).await;
        let state = async || app.own(Role::Referent).get(&format!("referrals/{referral}")).await.expect(200).body["state"].clone();
        let mut home = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let offers = |page: &Answer| page.text.contains(&format!("/orientations/{referral}/annuler"));
        let page = home.get("/orientations").await.expect(200);
        assert!(!offers(&page), "nothing was tapped yet");
        home.press(&page, words::YES.text(), &[]).await.expect(303);
        let page = home.get("/orientations").await.expect(200);
        home.press(&page, words::UNDO.text(), &[]).await.expect(303);
        assert_eq!((state().await, app.beds(&vacancy).await), (json!("asked"), (1, 0)));
        // A no, after which it is among what was done of late.
        let page = home.get("/orientations").await.expect(200);
        home.press(&page, words::label(RefusalCode::Full), &[]).await.expect(303);
        assert_eq!(state().await, "declined");
        let late = TimeDelta::minutes(20);
        app.clock().advance(late);
        let page = home.get("/orientations").await.expect(200);
        let again = home.press(&page, words::UNDO.text(), &[("reason", "")]).await.expect(409);
        assert!(again.text.contains(words::orientations::SAY_WHY.text()), "a reason is asked for: {}", again.text);
        let long = "x".repeat(501);
        let again = home.press(&again, words::UNDO.text(), &[("reason", &long)]).await.expect(422);
        assert!(again.text.contains(&long), "what was typed is kept");
        home.press(&again, words::UNDO.text(), &[("reason", "mauvais bouton")]).await.expect(303);
        assert_eq!(state().await, "asked");
        app.clock().advance(TimeDelta::days(3));
        let mut later = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        assert!(!offers(&later.get("/orientations").await.expect(200)), "its time is over");
        app.ignore_mails();
    }

    async fn what_another_organisation_said_is_not_offered_to_take_back(app: TestApp) {
        let (asks, answers) = (app.other(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let request = asks.post("requests", &request()).await.expect(201).id();
        let referral = asks.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201).id();
        answers.command(&format!("referrals/{referral}/accept")).await.expect(200);
        let offers = |page: &Answer| page.text.contains(&format!("/orientations/{referral}/annuler"));
        let mut desk = Browser::signed_in(&app, &asks).await;
        let seen = desk.get("/orientations").await.expect(200);
        assert!(seen.text.contains(&format!("/orientations/{referral}/confirmer")) && !offers(&seen), "{}", seen.text);
        let mut home = Browser::signed_in(&app, &answers).await;
        assert!(offers(&home.get("/orientations").await.expect(200)));
        app.ignore_mails();
    }

    async fn she_stood_at_the_door_and_what_was_written_down_is_not_so(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (mut desk, mut home) = (Browser::signed_in(&app, &referent).await, Browser::signed_in(&app, &provider).await);
        let away = app.referral_in(&vacancy, ReferralState::Confirmed).await;
        let page = desk.get("/orientations").await.expect(200);
        desk.press(&page, words::TURNED_AWAY.text(), &[]).await.expect(303);
        assert_eq!(referent.get(&format!("referrals/{away}")).await.expect(200).body["state"], "turned_away");
        let page = desk.get("/orientations").await.expect(200);
        desk.press(&page, words::UNDO.text(), &[]).await.expect(303);
        assert_eq!(referent.get(&format!("referrals/{away}")).await.expect(200).body["state"], "confirmed");
        // The referent writes an arrival down that there was not.
        let page = desk.get("/orientations").await.expect(200);
        desk.press(&page, words::ARRIVED.text(), &[]).await.expect(303);
        assert!(!desk.get("/orientations").await.expect(200).text.contains(&maud_escaped(words::NOT_SO.text())), "it is not for the referent to contradict");
        let page = home.get("/orientations").await.expect(200);
        assert!(page.text.contains(words::WRITTEN_DOWN.text()), "{}", page.text);
        home.press(&page, words::NOT_SO.text(), &[]).await.expect(303);
        let record = referent.get(&format!("referrals/{away}")).await.expect(200).body;
        assert_eq!((&record["state"], &record["undone"]["command"]), (&json!("confirmed"), &json!("recordArrival")));
        app.ignore_mails();
    }

    async fn french_is_set_as_it_is_printed(app: TestApp) {
        app.vacancy(2).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let stored = format!("/demandes/{}", to_verify(&app).await);
        let places = format!("{stored}/places");
        let mut pages = Vec::new();
        let mut desk = Browser::signed_in(&app, &referent).await;
        for path in ["/connexion", "/demande", stored.as_str(), places.as_str(), "/orientations", "/demandes/nulle-part"] {
            pages.push((path, desk.get(path).await.text));
        }
        let asked = desk.get("/demande").await;
        pages.push(("what was asked", desk.post("/demande", &asked, &ASKED).await.expect(200).text));
        pages.push(("to correct", desk.post("/demande", &asked, &[("zone", "nulle part, Toulouze"), ("p1_age", "17")]).await.expect(422).text));
        let mut home = Browser::signed_in(&app, &provider).await;
        for path in ["/places", "/orientations"] {
            pages.push((path, home.get(path).await.text));
        }
        for (path, page) in pages {
            // What stands between tags, and nothing of a script.
            let said: Vec<_> = page.split('<').filter_map(|piece| Some(piece.split_once('>')?.1)).collect();
            let wrong: Vec<_> = said.into_iter().filter(|text| is_set_badly(text)).collect();
            assert!(wrong.is_empty(), "{path}: {wrong:?}");
        }
        app.ignore_mails();
    }
}

/// A typewriter's apostrophe between letters, or a blank at which a line may break before a high mark, after « or before ».
fn is_set_badly(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let apostrophe = letters.windows(3).any(|three| three[0].is_alphabetic() && three[1] == '\'' && three[2].is_alphabetic());
    apostrophe || [" :", " ;", " ?", " !", " %", " »", "« "].iter().any(|pair| text.contains(pair))
}
