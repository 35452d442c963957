//! Pages that keep up: while nothing has happened that their reader reads of, nothing is read and nothing noted; what others did is there with the
//! next look.

use actix_web::http::Method;
use api::domain::Role;
use api::web::pages::words;
use serde_json::json;

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{reached_at, request, with};
use crate::harness::following::Messages;
use crate::harness::{Answer, TestApp, on_both};

/// The tag of a region, as the script sends it back, and where it asks again.
fn live(page: &Answer) -> (String, String) {
    let attribute =
        |name: &str| page.text.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    (format!("W/\"{}\"", attribute("data-live")), attribute("data-from"))
}

async fn look(app: &TestApp, browser: &Browser, (tag, from): &(String, String)) -> Answer {
    app.nobody().send(Method::GET, from, &[("cookie", &browser.cookie), ("if-none-match", tag)], None).await
}

/// How often a page was read.
fn reads(app: &TestApp, operation: &str) -> i64 {
    app.count(&format!("SELECT COUNT(*) AS n FROM access_log WHERE operation = '{operation}'"))
}

/// A request that is asked of a home of the own organisation.
async fn asked(app: &TestApp) -> (String, String, String) {
    let vacancy = app.vacancy(2).await;
    let stored = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
    let referral = app.ask(&stored, &vacancy, json!({})).await.expect(201).id();
    (stored, referral, vacancy)
}

/// The first words of what wakes pages, to a browser.
async fn follow_moves(app: &TestApp, browser: &Browser) -> Result<Messages, Answer> {
    let headers = [("cookie", browser.cookie.as_str()), ("accept", "text/event-stream")];
    app.nobody().follow_at("/mouvements", &headers).await
}

on_both! {
    async fn a_page_is_woken_by_what_its_reader_reads_of_and_told_nothing_of_it(app: TestApp) {
        let browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let mut moves = follow_moves(&app, &browser).await.ok().unwrap();
        assert!(moves.chunk().await.unwrap().starts_with("retry: "));
        asked(&app).await;
        assert_eq!(moves.chunk().await.unwrap(), "data:\n\n");
        app.ignore_mails();
    }

    async fn a_page_of_a_siao_is_woken_by_what_it_is_told_of(app: TestApp) {
        let siao = json!({"name": "SIAO du Rhône (fictif)", "kind": "siao", "departments": ["69"], "contact": reached_at("siao@example.org")});
        let made = app.own(Role::Administrator).post("organisations", &siao).await.expect(201).id();
        // It is neither who asks nor who answers.
        let theirs = app.in_roles(serde_json::from_value(json!(made)).unwrap(), &[Role::Provider]);
        let browser = Browser::signed_in(&app, &theirs).await;
        let mut moves = follow_moves(&app, &browser).await.ok().unwrap();
        assert!(moves.chunk().await.unwrap().starts_with("retry: "));
        asked(&app).await;
        assert_eq!(moves.chunk().await.unwrap(), "data:\n\n");
        app.ignore_mails();
    }

    async fn what_wakes_a_page_keeps_nobody_signed_in(app: TestApp) {
        let browser = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let mut moves = follow_moves(&app, &browser).await.ok().unwrap();
        assert!(moves.chunk().await.is_some());
        app.clock().advance(api::limits::SESSION_IDLE + chrono::TimeDelta::minutes(1));
        assert!(moves.chunk().await.is_none(), "it goes on for somebody who is out");
        assert!(follow_moves(&app, &browser).await.is_err());
    }

    async fn the_page_of_a_request_shows_what_others_did_and_reads_nothing_before(app: TestApp) {
        let (stored, referral, _) = asked(&app).await;
        let browser = &mut Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{stored}")).await.expect(200);
        let before = reads(&app, "demande");
        let first = live(&page);
        assert_eq!(look(&app, browser, &first).await.status, 304);
        assert_eq!(reads(&app, "demande"), before, "what has not changed is not read");
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        let fresh = look(&app, browser, &first).await.expect(200);
        assert!(fresh.text.contains(&*maud_escaped(words::request::SAID_YES.text())), "{}", fresh.text);
        assert!(!fresh.text.contains("data-count=\"0\""), "{}", fresh.text);
        assert_eq!(look(&app, browser, &live(&fresh)).await.status, 304);
        // A part that is being edited stays open.
        let edited = browser.get(&format!("/demandes/{stored}?modifier=ou")).await.expect(200);
        let (_, from) = live(&edited);
        assert_eq!(from, format!("/demandes/{stored}?modifier=ou"));
        // Another's tag is nobody else's.
        let other = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        assert_eq!(look(&app, &other, &live(&fresh)).await.status, 404);
        app.ignore_mails();
    }

    async fn my_places_show_what_is_held_and_said_by_others(app: TestApp) {
        let (_, _, vacancy) = asked(&app).await;
        let browser = &mut Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let page = browser.get("/places").await.expect(200);
        let first = live(&page);
        let before = reads(&app, "myPlaces");
        assert_eq!(look(&app, browser, &first).await.status, 304);
        assert_eq!(reads(&app, "myPlaces"), before, "what has not changed is not read");
        app.own(Role::Provider).post(&format!("vacancies/{vacancy}/taken-elsewhere"), &json!({"beds": 1})).await.expect(200);
        let fresh = look(&app, browser, &first).await.expect(200);
        assert!(fresh.text.contains("<strong class=\"count\">1</strong>"), "{}", fresh.text);
        assert_eq!(look(&app, browser, &live(&fresh)).await.status, 304);
        app.ignore_mails();
    }

    async fn the_places_asked_keep_up_and_the_list_is_not_ranked_again_for_it(app: TestApp) {
        let (stored, referral, _) = asked(&app).await;
        let browser = &mut Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{stored}/places")).await.expect(200);
        let first = live(&page);
        assert!(first.1.starts_with(&format!("/demandes/{stored}/places/demandees?vu=")), "{}", first.1);
        assert_eq!(look(&app, browser, &first).await.status, 304);
        let ranked = reads(&app, "propositions");
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        let fresh = look(&app, browser, &first).await.expect(200);
        assert!(fresh.text.contains(words::label(api::domain::ReferralState::Accepted)), "{}", fresh.text);
        assert!(!fresh.text.contains("class=\"proposals\""), "{}", fresh.text);
        assert_eq!(reads(&app, "propositions"), ranked, "no ranking");
        assert!(!fresh.text.contains(&*maud_escaped(words::proposals::REQUEST_CHANGED.text())));
        // The request is another than was ranked.
        let path = format!("requests/{stored}");
        let referent = app.own(Role::Referent);
        let seen = referent.get(&path).await.expect(200).etag();
        referent.put(&path, &seen, &with(request(), json!({"nights": 3}))).await.expect(200);
        let changed = look(&app, browser, &(live(&fresh).0, first.1.clone())).await.expect(200);
        assert!(changed.text.contains(&*maud_escaped(words::proposals::REQUEST_CHANGED.text())), "{}", changed.text);
        app.ignore_mails();
    }

    async fn what_is_ticked_elsewhere_stays_ticked_when_one_place_is_asked(app: TestApp) {
        let (first, second) = (app.vacancy(2).await, app.vacancy(2).await);
        let third = app.vacancy(2).await;
        let stored = app.own(Role::Referent).post("requests", &request()).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let path = format!("/demandes/{stored}/places");
        let page = browser.get(&path).await.expect(200);
        assert!(page.text.contains(&format!("form=\"ensemble\" name=\"ask\" value=\"{first}\"")), "{}", page.text);
        let ticked = [("vacancy", second.as_str()), ("vacancy", third.as_str()), ("ask", first.as_str())];
        let again = browser.post(&format!("/demandes/{stored}/orientations"), &page, &ticked).await.expect(200);
        let tick = |vacancy: &str| {
            let mut inputs = again.text.split("<input class=\"tick\"").skip(1).map(|part| part.split('>').next().unwrap());
            inputs.any(|input| input.contains(&format!("value=\"{vacancy}\"")) && input.contains("checked"))
        };
        assert_eq!((tick(&first), tick(&second), tick(&third)), (false, true, true), "{}", again.text);
        let asked = app.own(Role::Referent).get("referrals").await.expect(200).body["items"].as_array().unwrap().len();
        assert_eq!(asked, 1, "only the one");
        // Where nothing else is ticked one comes back to the address of the page.
        let page = browser.get(&path).await.expect(200);
        let sent = browser.post(&format!("/demandes/{stored}/orientations"), &page, &[("hold", second.as_str())]).await.expect(303);
        assert_eq!(sent.header("location"), path);
        app.ignore_mails();
    }
}
