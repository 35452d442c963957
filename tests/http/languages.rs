//! In which language a page is answered: chosen on it, else preferred by the browser, else French.

use actix_web::http::Method;
use api::domain::ReferralState;
use api::domain::Role;
use api::language::Language;
use api::web::pages::words;

use super::pages::Browser;
use crate::harness::{Answer, TestApp, on_both};

/// What a browser gets that prefers these languages.
async fn preferring(app: &TestApp, path: &str, languages: &str) -> Answer {
    app.nobody().send(Method::GET, path, &[("accept-language", languages)], None).await
}

/// In which language a page says that it is.
fn language(page: &Answer) -> String {
    page.text.split("<html lang=\"").nth(1).unwrap_or_else(|| panic!("{}", page.text)).split('"').next().unwrap().to_owned()
}

/// Where the way to the other language leads, if there is one.
fn other(page: &Answer) -> Option<String> {
    let link = page.text.split("<a class=\"tongue\" href=\"").nth(1)?;
    Some(link.split('"').next().unwrap().replace("&amp;", "&"))
}

on_both! {
    async fn a_page_is_in_the_language_that_its_reader_prefers(app: TestApp) {
        for (preferred, wanted) in [
            ("en", "en"),
            ("en-GB,en;q=0.9,fr;q=0.5", "en"),
            ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
            ("en;q=0.3,fr;q=0.5", "fr"),
            ("de,en;q=0.2", "en"),
            ("de,es;q=0.8", "fr"),
            ("*", "fr"),
            ("", "fr"),
            (";;;", "fr"),
        ] {
            let page = preferring(&app, "/connexion", preferred).await.expect(200);
            assert_eq!((language(&page).as_str(), page.header("content-language")), (wanted, wanted.to_owned()), "{preferred}");
            let varies = page.header("vary").to_lowercase();
            assert!(varies.contains("accept-language") && varies.contains("cookie"), "{varies}");
            let said = words::SIGN_IN.in_language(Language::of_code(wanted).unwrap());
            assert!(page.text.contains(&format!("<title>{said} · Havre</title>")), "{preferred}: {}", page.text);
        }
        assert_eq!(language(&app.nobody().send(Method::GET, "/connexion", &[], None).await.expect(200)), "fr");
    }

    async fn a_choice_leads_back_to_its_page_and_is_kept(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let french = browser.get("/registre?departement=69&sorte=chrs").await.expect(200);
        let way = other(&french).unwrap();
        assert_eq!(way, "/registre?departement=69&sorte=chrs&affichage=en");
        let chosen = browser.get(&way).await.expect(303);
        assert_eq!(chosen.header("location"), "/registre?departement=69&sorte=chrs");
        let cookie = chosen.headers.get_all("set-cookie").find(|kept| kept.to_str().unwrap().starts_with("__Host-havre-langue=en")).unwrap();
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=31536000"), "{cookie}");
        let english = browser.get(&chosen.header("location")).await.expect(200);
        assert_eq!(language(&english), "en");
        // It is kept on other pages, whatever the browser would prefer.
        let headers = [("cookie", browser.cookie.as_str()), ("accept-language", "fr")];
        let kept = app.nobody().send(Method::GET, "/demandes", &headers, None).await.expect(200);
        assert_eq!(language(&kept), "en");
        // And there is a way back.
        let back = browser.get(&other(&english).unwrap()).await.expect(303).header("location");
        assert_eq!(language(&browser.get(&back).await.expect(200)), "fr");
    }

    async fn no_choice_leads_anywhere_else(app: TestApp) {
        let mut browser = Browser::new(&app).await;
        for path in ["//elsewhere.example/x?affichage=en", "/\\elsewhere.example?affichage=en", "/connexion?affichage=xx", "/connexion?affichage="] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("location"), "", "{path}");
            assert!(!answer.header("set-cookie").contains("havre-langue"), "{path}");
            let way = other(&answer).unwrap_or_default();
            assert!(!way.starts_with("//") && !way.contains('\\') && !way.contains("affichage=xx"), "{path}: {way}");
        }
    }

    async fn refusals_are_in_the_language_of_their_reader(app: TestApp) {
        let english = Language::English;
        let none = preferring(&app, "/nulle-part", "en").await.expect(404);
        assert!(none.text.contains(words::NOT_FOUND_TEXT.in_language(english)) && language(&none) == "en", "{}", none.text);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        browser.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        let closed = browser.get("/places").await.expect(403);
        assert!(closed.text.contains(words::FORBIDDEN_TEXT.in_language(english)), "{}", closed.text);
        let form = browser.post_alone("/demande", &[("form", "x"), ("key", "k")]).await.expect(403);
        assert!(form.text.contains(words::FORM_EXPIRED_TEXT.in_language(english)), "{}", form.text);
        // The page of what was typed would be lost: it offers no other language.
        let page = browser.get("/demande").await.expect(200);
        let wrong = browser.post("/demande", &page, &[("p1_who", "female_adult"), ("place", "Nullepartville")]).await.expect(422);
        assert!(wrong.text.contains(words::UNKNOWN_COMMUNE.in_language(english)), "{}", wrong.text);
        assert_eq!((other(&page).is_some(), other(&wrong)), (true, None));
    }

    async fn what_tools_and_mails_are_told_has_one_language(app: TestApp) {
        let referral = app.referral_in(&app.vacancy(2).await, ReferralState::Asked).await;
        assert!(app.mails().iter().all(|mail| mail.text.contains("Havre n’écrit jamais rien des personnes dans un courriel.")));
        let (own, path) = (app.own(Role::Referent), format!("referrals/{referral}"));
        let english = own.send(Method::GET, &path, &[("accept-language", "en")], None).await.expect(200);
        assert_eq!((english.body, english.headers.get("content-language")), (own.get(&path).await.expect(200).body, None));
    }

    async fn a_page_that_keeps_up_is_another_in_another_language(app: TestApp) {
        app.referral_in(&app.vacancy(2).await, ReferralState::Asked).await;
        app.ignore_mails();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let tag = browser.get("/orientations").await.expect(200).header("etag");
        let (french, english) = (browser.cookie.clone(), format!("{}; __Host-havre-langue=en", browser.cookie));
        for (cookie, status) in [(french, 304), (english, 200)] {
            let headers = [("cookie", cookie.as_str()), ("if-none-match", tag.as_str())];
            app.nobody().send(Method::GET, "/orientations", &headers, None).await.expect(status);
        }
    }

    async fn numbers_hours_and_plurals_are_those_of_the_language(app: TestApp) {
        app.referral_in(&app.vacancy(2).await, ReferralState::Asked).await;
        app.ignore_mails();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let french = browser.get("/orientations").await.expect(200);
        assert!(french.text.contains("1\u{a0}question<") && french.text.contains("répondre avant"), "{}", french.text);
        browser.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        let english = browser.get("/orientations").await.expect(200);
        assert!(english.text.contains("1\u{a0}question<") && english.text.contains("answer by"), "{}", english.text);
        assert!(!english.text.contains("\u{a0}h\u{a0}") && !english.text.contains("\u{a0}:"), "{}", english.text);
        let found = || words::proposals::found(1, 0, 10_000);
        assert_eq!(found(), "1\u{a0}place possible, 0 à vérifier, sur 10\u{202f}000 groupes de places examinés.");
        assert_eq!(Language::English.while_on_thread(found), "1\u{a0}possible place, 0 to verify, of 10,000 groups of places looked at.");
    }

    async fn a_day_is_written_so_that_nobody_takes_its_month_for_its_day(app: TestApp) {
        app.vacancy(2).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let french = browser.get("/places").await.expect(200);
        // By the clock that all other pages have: `22 h 04`.
        assert!(french.text.contains("01/01/2026") && french.text.contains("\u{a0}h"), "{}", french.text);
        browser.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        let english = browser.get("/places").await.expect(200);
        assert!(english.text.contains("1\u{a0}Jan\u{a0}2026") && !english.text.contains("01/01/2026"), "{}", english.text);
    }

    async fn what_is_typed_is_read_in_either_language(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        browser.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        let page = browser.get("/demande").await.expect(200);
        for (age, said) in [("8 months", "under 1 year old"), ("1 year", "1 year old"), ("4 years", "4 years old"), ("4 ans", "4 years old")] {
            let typed = [("p1_who", "female_minor"), ("p1_age", age), ("place", "Lyon"), ("first_day", "2026-01-01"), ("today", "2026-01-01")];
            let shown = browser.post("/demande", &page, &typed).await.expect(200);
            assert!(shown.text.contains(&format!("girl, {said}, without an established parent")), "{age}: {}", shown.text);
        }
    }
}
