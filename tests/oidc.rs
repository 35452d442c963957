//! Signing in through a real OpenID Connect provider, and everything that must not sign anybody in.

use api::db::{DbError, schema};
use api::domain::{LinkPurpose, Role};
use api::web::oidc::RETURN_PATH;
use api::web::pages::words;
use chrono::TimeDelta;
use diesel::{QueryDsl as _, RunQueryDsl as _};
use openidconnect::reqwest;

use crate::harness::people::{Person, give_this_address, is_signed_in};
use crate::harness::provider::{client, issuer, visit};
use crate::harness::{Answer, TestApp, on_both};
use crate::http::pages::{Browser, maud_escaped};

/// The service with the provider, as this client of it.
async fn through(app: &TestApp, client_id: &str) -> Option<TestApp> {
    Some(app.with_provider(client(issuer()?, client_id)).await)
}

/// Where a page sends the browser.
fn leads_to(page: &Answer) -> String {
    let url = page.text.split("content=\"0; url=").nth(1).unwrap_or_else(|| panic!("leads nowhere: {}", page.text));
    url.split('"').next().unwrap().replace("&amp;", "&")
}

/// Sets out for the provider.
async fn set_out(browser: &mut Browser) -> String {
    let page = browser.get("/connexion").await.expect(200);
    leads_to(&browser.press(&page, &words::go_through("ProConnect"), &[]).await.expect(200))
}

/// Goes there and comes back.
async fn go(browser: &mut Browser, subject: &str, acr: Option<&str>) -> Answer {
    let back = visit(&set_out(browser).await, subject, acr).await;
    assert!(back.starts_with(RETURN_PATH), "{back}");
    browser.get(&back).await
}

fn parameter(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

fn verified(person: &Person) -> String {
    format!("verified:{}", person.address)
}

on_both! {
    async fn who_has_an_account_signs_in_through_the_provider_and_out_again(app: TestApp) {
        let person = Person::invited(&app, &app.own(Role::Referent));
        for client_id in ["signed", "plain"] {
            let Some(app) = through(&app, client_id).await else { return };
            let mut browser = Browser::new(&app).await;
            let url = set_out(&mut browser).await;
            for name in ["state", "nonce"] {
                assert!(parameter(&url, name).len() >= 32, "{url}");
            }
            assert_eq!((parameter(&url, "code_challenge_method").as_str(), parameter(&url, "response_type").as_str()), ("S256", "code"));
            assert!(parameter(&url, "claims").contains("\"essential\":true"), "{url}");
            let before = browser.cookie.clone();
            let back = visit(&url, &verified(&person), Some("eidas2")).await;
            assert_eq!(browser.get(&back).await.expect(303).header("location"), "/");
            assert_ne!(browser.cookie, before);
            assert_eq!(browser.get("/").await.expect(303).header("location"), "/demande");
            assert!(!is_signed_in(&mut Browser::with_cookie(&app, &before)).await, "a cookie that was planted says nobody");
            // What signs out there is of no use to who copies the database.
            let kept: Vec<Option<Vec<u8>>> = app
                .db()
                .read(|conn| -> Result<_, DbError> { Ok(schema::sessions::table.select(schema::sessions::id_token).load(conn)?) })
                .unwrap();
            let kept: Vec<Vec<u8>> = kept.into_iter().flatten().collect();
            assert_eq!(kept.len(), 1);
            assert!(!kept[0].windows(3).any(|three| three == b"eyJ"), "it is sealed");
            // Out, here and there.
            let page = browser.get("/compte").await.expect(200);
            let out = leads_to(&browser.press(&page, words::SIGN_OUT.text(), &[]).await.expect(200));
            assert!(!is_signed_in(&mut browser).await);
            assert_eq!(parameter(&out, "post_logout_redirect_uri"), "https://havre.example.org/connexion");
            let there = reqwest::get(&out).await.unwrap();
            assert_eq!(there.status().as_u16(), 200, "the provider takes it");
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM identities"), 1, "bound once");
    }

    async fn who_the_account_is_there_is_who_it_stays(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let person = Person::invited(&app, &app.own(Role::Referent));
        let mut browser = Browser::new(&app).await;
        go(&mut browser, &verified(&person).to_uppercase().replace("VERIFIED", "verified"), Some("eidas3")).await.expect(303);
        // Another subject of the provider with the same address is not this account.
        let mut other = Browser::new(&app).await;
        let refused = go(&mut other, &verified(&person), Some("eidas3")).await.expect(403);
        assert!(refused.text.contains(&maud_escaped(words::NOBODY_HERE.text())), "{}", refused.text);
        assert!(!is_signed_in(&mut other).await && is_signed_in(&mut browser).await);
    }

    async fn who_left_and_is_invited_anew_signs_in_to_the_new_account(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let person = Person::invited(&app, &app.own(Role::Referent));
        let subject = verified(&person);
        let mut browser = Browser::new(&app).await;
        go(&mut browser, &subject, Some("eidas2")).await.expect(303);
        api::cli::client::revoke(app.db(), person.account).unwrap();
        assert!(!is_signed_in(&mut browser).await);
        go(&mut browser, &subject, Some("eidas2")).await.expect(403);
        // Another account of theirs, in another organisation.
        let anew = app.other(Role::Provider).identity().account;
        give_this_address(app.db(), anew, &person.address);
        go(&mut browser, &subject, Some("eidas2")).await.expect(303);
        assert_eq!(browser.get("/").await.expect(303).header("location"), "/places");
    }

    async fn who_was_invited_may_come_through_the_provider_instead(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let person = Person::invited(&app, &app.own(Role::Referent));
        let path = format!("/invitation/{}/identifiants", person.link(LinkPurpose::Invitation, TimeDelta::days(7)));
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        let url = leads_to(&browser.press(&page, &words::go_through("ProConnect"), &[]).await.expect(200));
        let back = visit(&url, &verified(&person), Some("eidas2")).await;
        browser.get(&back).await.expect(303);
        assert!(is_signed_in(&mut browser).await);
        browser.get(&path).await.expect(422);
        assert_eq!(app.count("SELECT count(*) AS n FROM credentials"), 0);
        assert_eq!(app.count("SELECT count(*) AS n FROM accounts WHERE accepted_at IS NOT NULL"), 1);
    }

    async fn who_has_no_account_gets_none(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let before = app.row_counts();
        let mut browser = Browser::new(&app).await;
        let refused = go(&mut browser, "verified:nobody@example.org", Some("eidas2")).await.expect(403);
        assert!(refused.text.contains(&maud_escaped(words::NOBODY_HERE_WHOM.text())), "{}", refused.text);
        assert_eq!(app.row_counts(), before);
        assert!(!is_signed_in(&mut browser).await);
    }

    async fn one_factor_and_an_address_that_nobody_verified_are_not_enough(app: TestApp) {
        let person = Person::invited(&app, &app.own(Role::Referent));
        for client_id in ["signed", "plain"] {
            let Some(app) = through(&app, client_id).await else { return };
            for (subject, acr, says) in [
                (verified(&person), None, words::PROVIDER_ONE_FACTOR.text()),
                (verified(&person), Some("eidas1"), words::PROVIDER_ONE_FACTOR.text()),
                (format!("unverified:{}", person.address), Some("eidas2"), words::PROVIDER_NO_ADDRESS.text()),
                ("silent:".to_owned(), Some("eidas2"), words::PROVIDER_NO_ADDRESS.text()),
            ] {
                let mut browser = Browser::new(&app).await;
                let refused = go(&mut browser, &subject, acr).await.expect(422);
                assert!(refused.text.contains(&maud_escaped(says)), "{subject} {acr:?}: {}", refused.text);
                assert!(!is_signed_in(&mut browser).await);
            }
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM identities"), 0);
    }

    async fn a_way_back_is_good_once_in_its_browser_and_for_ten_minutes(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let person = Person::invited(&app, &app.own(Role::Referent));
        let subject = verified(&person);
        let refused = |answer: Answer| {
            let answer = answer.expect(422);
            assert!(answer.text.contains(&maud_escaped(words::PROVIDER_REFUSED.text())), "{}", answer.text);
        };
        let mut browser = Browser::new(&app).await;
        let back = visit(&set_out(&mut browser).await, &subject, Some("eidas2")).await;
        // Another browser, such as that of somebody whom a stranger wants to be signed in as the stranger.
        let mut other = Browser::new(&app).await;
        refused(other.get(&back).await);
        assert!(!is_signed_in(&mut other).await);
        // Another state, none, and another issuer.
        let state = parameter(&format!("https://havre.example.org{back}"), "state");
        refused(browser.get(&back.replace(&state, &"x".repeat(43))).await);
        refused(browser.get(&back.replace("state=", "stat=")).await);
        browser.get(&back).await.expect(303);
        // The same again, and the same code with a state of its own.
        refused(browser.get(&back).await);
        let mut again = Browser::new(&app).await;
        let sent = set_out(&mut again).await;
        refused(again.get(&back.replace(&state, &parameter(&sent, "state"))).await);
        assert!(!is_signed_in(&mut again).await);
        // Too late.
        let back = visit(&set_out(&mut again).await, &subject, Some("eidas2")).await;
        app.clock().advance(TimeDelta::minutes(10));
        refused(again.get(&back).await);
        assert!(!is_signed_in(&mut again).await);
        // What the provider itself refuses.
        let sent = set_out(&mut again).await;
        refused(again.get(&format!("{RETURN_PATH}?error=access_denied&state={}", parameter(&sent, "state"))).await);
    }

    async fn what_was_made_for_another_sign_in_is_not_believed(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        let person = Person::invited(&app, &app.own(Role::Referent));
        for column in ["nonce", "verifier"] {
            let mut browser = Browser::new(&app).await;
            let back = visit(&set_out(&mut browser).await, &verified(&person), Some("eidas2")).await;
            app.sql(&format!("UPDATE provider_sign_ins SET {column} = '{}'", "x".repeat(43)));
            let refused = browser.get(&back).await.expect(422);
            assert!(refused.text.contains(&maud_escaped(words::PROVIDER_REFUSED.text())), "{column}: {}", refused.text);
            assert!(!is_signed_in(&mut browser).await, "{column}");
        }
        let mut browser = Browser::new(&app).await;
        let back = visit(&set_out(&mut browser).await, &verified(&person), Some("eidas2")).await;
        let issued = parameter(&format!("https://havre.example.org{back}"), "iss");
        let other = back.replace(&form_urlencoded::byte_serialize(issued.as_bytes()).collect::<String>(), "https%3A%2F%2Fother.example.org");
        assert_ne!(other, back);
        browser.get(&other).await.expect(422);
        assert!(!is_signed_in(&mut browser).await, "another issuer");
        // A state is used up, whatever came back with it.
        browser.get(&back).await.expect(422);
        assert!(!is_signed_in(&mut browser).await, "the same state again");
    }

    async fn where_the_provider_is_away_local_accounts_go_on(app: TestApp) {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let app = app.with_provider(client(&format!("http://{closed}"), "signed")).await;
        let person = Person::of(&app, &app.own(Role::Referent));
        let mut browser = Browser::new(&app).await;
        let page = browser.get("/connexion").await.expect(200);
        let away = browser.press(&page, &words::go_through("ProConnect"), &[]).await.expect(503);
        assert!(away.text.contains(&maud_escaped(words::PROVIDER_AWAY.text())), "{}", away.text);
        person.sign_in(&mut browser).await.expect(303);
        assert!(is_signed_in(&mut browser).await);
    }

    async fn what_was_typed_is_not_lost_on_the_way_through_the_provider(app: TestApp) {
        let Some(app) = through(&app, "signed").await else { return };
        app.vacancy(1).await;
        let person = Person::invited(&app, &app.own(Role::Referent));
        let mut browser = Browser::new(&app).await;
        go(&mut browser, &verified(&person), Some("eidas2")).await.expect(303);
        let page = browser.get("/demande").await.expect(200);
        app.clock().advance(TimeDelta::hours(1));
        let kept = browser.post("/demande", &page, &crate::http::pages::ASKED).await.expect(401);
        // Beside it, in the same browser.
        go(&mut browser, &verified(&person), Some("eidas2")).await.expect(303);
        let resumed = browser.press(&kept, words::BACK_FROM_PROVIDER.text(), &[]).await.expect(200);
        let done = browser.press(&resumed, words::GO_ON.text(), &[]).await.expect(200);
        assert!(done.text.contains("femme, 24") && done.text.contains("CHRS"), "{}", done.text);
        // Whoever is not signed in resumes nothing.
        let mut nobody = Browser::new(&app).await;
        assert_eq!(nobody.press(&kept, words::BACK_FROM_PROVIDER.text(), &[]).await.expect(303).header("location"), "/connexion");
    }
}
