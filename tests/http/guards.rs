//! Guards of local accounts that no other test would miss: each of these turns red when one rule is taken out.

use api::db::{Author, credentials};
use api::domain::one_time_code::OneTimeCode;
use api::domain::second_factor::TotpSecret;
use api::domain::{LinkPurpose, Role};
use api::limits;
use api::web::pages::words;
use chrono::TimeDelta;
use serde_json::json;

use super::pages::{Browser, hidden};
use crate::harness::people::{PASSWORD, Person, code_now, is_signed_in, next_code};
use crate::harness::{TestApp, on_both};

/// Wrong codes for somebody's account until there is no try left.
async fn exhaust(person: &Person, browser: &mut Browser) {
    for _ in 0..limits::TRIES_ACCOUNT.burst {
        person.sign_in_with(browser, PASSWORD, "000000").await.expect(422);
    }
}

async fn at(app: &TestApp, address: &str) -> Browser {
    Browser::new(app).await.at(address)
}

on_both! {
    async fn a_browser_is_known_to_the_account_that_signed_in_there_and_to_no_other(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        // Whoever guesses has an account too, and has signed in.
        let mut guesser = Person::of(&app, &app.own(Role::Provider)).browser().await.at("192.0.2.66");
        exhaust(&owner, &mut guesser).await;
        owner.sign_in_with(&mut at(&app, "198.51.100.7").await, PASSWORD, &code_now(&app)).await.expect(429);
    }

    async fn a_browser_is_known_for_ninety_days(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut known = owner.browser().await.at("192.0.2.1");
        app.clock().advance(limits::BROWSER_KNOWN - TimeDelta::hours(1));
        exhaust(&owner, &mut at(&app, "192.0.2.66").await).await;
        owner.sign_in(&mut known).await.expect(303);
        app.clock().advance(TimeDelta::hours(1));
        exhaust(&owner, &mut at(&app, "192.0.2.66").await).await;
        owner.sign_in(&mut known).await.expect(429);
    }

    async fn a_new_password_makes_every_browser_a_stranger(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut known = owner.browser().await.at("192.0.2.1");
        let path = format!("/mot-de-passe/{}", owner.link(LinkPurpose::Password, TimeDelta::hours(1)));
        let (mut elsewhere, new) = (Browser::new(&app).await, "velours mercredi nacelle oblique");
        let page = elsewhere.get(&path).await.expect(200);
        elsewhere.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", new), ("code", &next_code(&app))]).await.expect(200);
        exhaust(&owner, &mut at(&app, "192.0.2.66").await).await;
        owner.sign_in_with(&mut known, new, &next_code(&app)).await.expect(429);
        app.ignore_mails();
    }

    async fn a_code_on_paper_is_of_one_account(app: TestApp) {
        let (owner, other) = (Person::of(&app, &app.own(Role::Referent)), Person::of(&app, &app.own(Role::Provider)));
        let paper = OneTimeCode::new().unwrap();
        let keep = |turn: &mut api::db::Turn<'_>| credentials::set_recovery_codes(turn, other.account, std::slice::from_ref(&paper));
        app.db().write(Author::service("setUpAccount"), keep).unwrap();
        let mut browser = Browser::new(&app).await;
        owner.sign_in_with(&mut browser, PASSWORD, &paper.spelt()).await.expect(422);
        other.sign_in_with(&mut browser, PASSWORD, &paper.spelt()).await.expect(303);
        app.ignore_mails();
    }

    async fn few_mails_go_to_one_address_about_a_forgotten_password(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut browser = Browser::new(&app).await;
        let page = browser.get("/mot-de-passe-oublie").await.expect(200);
        for _ in 0..limits::TRIES_FORGOTTEN.burst {
            browser.post("/mot-de-passe-oublie", &page, &[("address", &owner.address)]).await.expect(200);
        }
        // Nor in other letters.
        for address in [owner.address.clone(), owner.address.to_uppercase()] {
            browser.post("/mot-de-passe-oublie", &page, &[("address", &address)]).await.expect(429);
        }
        assert_eq!(app.mails().len(), usize::try_from(limits::TRIES_FORGOTTEN.burst).unwrap());
    }

    async fn who_is_signed_in_has_few_tries_to_change_the_password(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut browser = owner.browser().await;
        let page = browser.get("/compte").await.expect(200);
        let new = ("new_password", "velours mercredi nacelle oblique");
        for _ in 0..limits::TRIES_ACCOUNT.burst {
            browser.press(&page, words::CHANGE_PASSWORD.text(), &[("password", "wrong"), ("code", "000000"), new]).await.expect(422);
        }
        let code = next_code(&app);
        browser.press(&page, words::CHANGE_PASSWORD.text(), &[("password", PASSWORD), ("code", &code), new]).await.expect(429);
    }

    async fn nobody_changes_a_password_to_a_weak_one(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut browser = owner.browser().await;
        let page = browser.get("/compte").await.expect(200);
        for (weak, wrong) in [("court", words::PASSWORD_SHORT.text()), ("motdepasse1234", words::PASSWORD_COMMON.text()), (&owner.address, words::PASSWORD_COMMON.text())] {
            let typed = [("password", PASSWORD), ("code", &next_code(&app)), ("new_password", weak)];
            let refused = browser.press(&page, words::CHANGE_PASSWORD.text(), &typed).await.expect(422);
            assert!(refused.text.contains(wrong), "{weak}: {}", refused.text);
        }
        owner.sign_in(&mut browser).await.expect(303);
    }

    async fn whoever_signs_in_anew_in_a_browser_ends_what_was_begun_there(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let mut browser = owner.browser().await;
        let before = browser.clone();
        owner.sign_in(&mut browser).await.expect(303);
        assert_ne!(browser.cookie, before.cookie);
        assert!(is_signed_in(&mut browser).await && !is_signed_in(&mut before.clone()).await);
        assert_eq!(app.count("SELECT count(*) AS n FROM sessions"), 1);
    }

    async fn who_has_a_local_account_is_not_set_up_again(app: TestApp) {
        let owner = Person::of(&app, &app.own(Role::Referent));
        let path = format!("/invitation/{}/identifiants", owner.link(LinkPurpose::Invitation, TimeDelta::days(1)));
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        let taken = TotpSecret::from_base32(&hidden(&page, "secret")).unwrap();
        let typed = [("new_password", "velours mercredi nacelle oblique"), ("code", &taken.code(app.clock().now()).unwrap())];
        assert!(browser.press(&page, words::SET_UP.text(), &typed).await.expect(422).text.contains(words::LINK_OVER.text()));
        assert!(!is_signed_in(&mut browser).await);
        owner.sign_in(&mut browser).await.expect(303);
    }

    async fn nobody_acts_in_a_role_that_their_organisation_gives_no_longer(app: TestApp) {
        let mut browser = Person::of(&app, &app.own(Role::Referent)).browser().await;
        browser.get("/demande").await.expect(200);
        let path = format!("organisations/{}", app.own(Role::Referent).identity().organisation);
        for (orients, status) in [(false, 403), (true, 200)] {
            let declared = json!({"name": "Organisation fictive", "kind": "association", "orients": orients, "contact": {"email": "own@example.org"}});
            app.own(Role::Administrator).put(&path, "*", &declared).await.expect(200);
            browser.get("/demande").await.expect(status);
        }
    }

    async fn a_secret_of_which_nothing_is_said_is_good_for_a_year(app: TestApp) {
        let path = format!("organisations/{}/api-clients", app.own(Role::Manager).identity().organisation);
        let new = json!({"label": "Logiciel fictif", "scopes": ["registry"]});
        let made = app.own(Role::Manager).post(&path, &new).await.expect(201);
        let tool = app.with_token(made.body["secret"].as_str().unwrap());
        app.clock().advance(TimeDelta::days(limits::SECRET_DAYS_DEFAULT) - TimeDelta::hours(1));
        tool.get("units").await.expect(200);
        app.clock().advance(TimeDelta::hours(1));
        tool.get("units").await.refused(401, "unauthenticated");
    }
}
