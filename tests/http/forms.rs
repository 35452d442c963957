//! What happens to what someone typed: where a call must come first, where somebody was faster, where the session had ended; and what is left
//! when they leave.

use api::domain::Role;
use api::web::pages::words;
use chrono::TimeDelta;
use serde_json::json;

use super::pages::{ASKED, Browser, hidden, maud_escaped};
use crate::harness::bodies::{request, with};
use crate::harness::people::{PASSWORD, Person, next_code};
use crate::harness::{TestApp, on_both};

/// A request that a place fits only if a call says so: it needs what the place does not say that it has.
async fn to_verify(app: &TestApp) -> String {
    let body = with(request(), json!({"required": ["cot"], "required_languages": ["bg"]}));
    app.own(Role::Referent).post("requests", &body).await.expect(201).id()
}

on_both! {
    async fn what_a_call_brought_is_written_by_whoever_called(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let path = format!("/demandes/{}", to_verify(&app).await);
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
            let refused = browser.press(&page, words::ASK_PLACE, &all).await.expect(422);
            assert!(refused.text.contains(words::VERIFY_FIRST) && refused.text.contains(words::FILL_IN), "{}", refused.text);
            for (_, kept) in typed.iter().filter(|(_, value)| !value.trim().is_empty()) {
                assert!(refused.text.contains(&format!("value=\"{kept}\"")), "{kept} is gone: {}", refused.text);
            }
        }
        // Whoever leaves the fields out of the form is told by the rules themselves.
        let bare = browser.post(&format!("{path}/orientations"), &page, &[("vacancy", vacancy.as_str()), ("action", "ask")]).await;
        assert_eq!(bare.status, 409, "{}", bare.text);
        assert!(bare.text.contains(&maud_escaped(words::NOT_ELIGIBLE_TEXT)), "{}", bare.text);
        let long = "x".repeat(400);
        let too_long = [("answered_by", "accueil"), ("said_of_required_offer", &long), ("said_of_required_language", &long)];
        assert!(browser.press(&page, words::ASK_PLACE, &too_long).await.expect(422).text.contains(words::VERIFY_SHORTER));
        let counted = |rows: &[(&'static str, i64)], table: &str| rows.iter().find(|(name, _)| *name == table).unwrap().1;
        for table in ["referrals", "events", "vacancies"] {
            assert_eq!(counted(&app.row_counts(), table), counted(&before, table), "{table}");
        }
        let said = [
            ("answered_by", "l’accueil"),
            ("said_of_required_offer", "un lit de bébé est prêté ce soir"),
            ("said_of_required_language", "une veilleuse parle bulgare"),
        ];
        browser.press(&page, words::ASK_PLACE, &said).await.expect(303);
        let list = app.own(Role::Referent).get("referrals").await.expect(200).body;
        let written = list["items"][0]["overrides"][0]["reason"].as_str().unwrap();
        assert_eq!(written, "l’accueil ; un lit de bébé est prêté ce soir ; une veilleuse parle bulgare");
        app.ignore_mails();
    }

    async fn who_was_slower_sees_what_is_left(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let hold = words::hold_place(matcher::Urgency::Immediate);
        let path = format!("/demandes/{}", app.request().await);
        let mut slower = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = slower.get(&path).await.expect(200);
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        let told = slower.press(&page, hold, &[]).await.expect(409);
        assert!(told.text.contains(&maud_escaped(words::JUST_TAKEN)), "{}", told.text);
        assert!(told.text.contains(words::PROPOSALS_NONE), "the places are those of now: {}", told.text);
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
        assert!(left.text.contains("http-equiv=\"refresh\"") && !left.text.contains(words::HAVRE), "{}", left.text);
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
        assert!(asked_to_sign_in.text.contains(words::SESSION_OVER), "{}", asked_to_sign_in.text);
        let (address, code) = (("address", referent.address.as_str()), next_code(&app));
        let wrong = browser.press(&asked_to_sign_in, words::ENTER, &[address, ("password", "wrong"), ("code", "000000")]).await.expect(422);
        let typed = [address, ("password", PASSWORD), ("code", code.as_str())];
        let signed_in = browser.press(&wrong, words::ENTER, &typed).await.expect(200);
        assert_eq!(hidden(&signed_in, "place"), "Lyon");
        let done = browser.press(&signed_in, words::GO_ON, &[]).await.expect(200);
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

    async fn french_is_set_as_it_is_printed(app: TestApp) {
        app.vacancy(2).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let stored = format!("/demandes/{}", to_verify(&app).await);
        let mut pages = Vec::new();
        let mut desk = Browser::signed_in(&app, &referent).await;
        for path in ["/connexion", "/demande", stored.as_str(), "/orientations", "/demandes/nulle-part"] {
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
