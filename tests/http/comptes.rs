//! *Comptes* as forms: an organisation is added and corrected, sessions are seen one by one, and what is refused is asked again as it was typed.

use api::domain::Role;
use api::domain::ids::AccountId;
use api::web::pages::words;
use serde_json::json;

use crate::harness::on_both;
use crate::harness::people::{Person, is_signed_in};
use crate::http::pages::{Browser, maud_escaped};
use words::organisations as said;

on_both! {
    async fn an_administrator_adds_and_corrects_an_organisation(app: TestApp) {
        let mut browser = Browser::signed_in(&app, &app.own(Role::Administrator)).await;
        let page = browser.get("/comptes").await.expect(200);
        assert!(page.text.contains("href=\"/nouvel-organisme\""), "{}", page.text);
        let page = browser.get("/nouvel-organisme").await.expect(200);
        let typed = [
            ("/name", "SIAO fictif de la Drôme"), ("/kind", "siao"), ("/departments", "26, 2a 974"),
            ("/contact/numbers/0/label", "standard"), ("/contact/numbers/0/phone", "01 99 00 01 12"), ("/contact/email", "siao26@example.org"),
        ];
        let made = browser.post("/organismes", &page, &typed).await.expect(303).header("location");
        let id = made.rsplit('/').next().unwrap().to_owned();
        let path = format!("organisations/{id}");
        let stored = app.own(Role::Administrator).get(&path).await.expect(200).body;
        assert_eq!((&stored["name"], &stored["departments"]), (&json!("SIAO fictif de la Drôme"), &json!(["26", "2A", "974"])));
        assert_eq!(stored["contact"]["numbers"], json!([{"label": "standard", "phone": "+33199000112", "hours": null}]));

        // What is refused comes back as it was typed, with its error beside it.
        let page = browser.get("/nouvel-organisme").await.expect(200);
        let again = browser.post("/organismes", &page, &typed).await.expect(409);
        for part in [said::NAME_WRONG.text(), "value=\"SIAO fictif de la Drôme\"", "value=\"26, 2A, 974\"", "value=\"standard\""] {
            assert!(again.text.contains(&maud_escaped_unless_html(part)), "{part}: {}", again.text);
        }
        let wrong = browser.post("/organismes", &page, &[("/name", "Autre"), ("/kind", "siao"), ("/departments", "26, 999"), ("/contact/numbers/0/phone", "12")]).await;
        assert_eq!(wrong.status, 422, "{}", wrong.text);
        assert!(wrong.text.contains(&maud_escaped(said::DEPARTMENTS_WRONG.text())) && wrong.text.contains("value=\"26, 999\""), "{}", wrong.text);
        assert!(wrong.text.contains("aria-invalid=\"true\""));

        // Its contact is another since.
        let page = browser.get(&format!("/organismes/{id}")).await.expect(200);
        assert!(page.text.contains("siao26@example.org"), "{}", page.text);
        let other = [("/name", "SIAO fictif de la Drôme"), ("/kind", "siao"), ("/departments", "26"), ("/contact/email", "accueil26@example.org")];
        let seen = crate::http::pages::hidden(&page, "seen");
        let other: Vec<_> = other.into_iter().chain([("seen", seen.as_str())]).collect();
        assert_eq!(browser.post(&format!("/organismes/{id}"), &page, &other).await.expect(303).header("location"), format!("/comptes/{id}"));
        let stored = app.own(Role::Administrator).get(&path).await.expect(200).body;
        assert_eq!((&stored["contact"]["email"], &stored["departments"]), (&json!("accueil26@example.org"), &json!(["26"])));
        // The same page once more is an old one.
        let stale = browser.post(&format!("/organismes/{id}"), &page, &[("seen", &seen), ("/name", "Encore un autre"), ("/kind", "siao")]).await;
        assert_eq!(stale.status, 412, "{}", stale.text);
        assert!(stale.text.contains("accueil26@example.org"), "what stands now");
    }

    async fn what_is_refused_on_comptes_is_asked_again_as_it_was_typed(app: TestApp) {
        let manager = app.own(Role::Manager);
        let own = manager.identity().organisation;
        manager.post(&format!("organisations/{own}/accounts"), &json!({"email": "prise@example.org", "label": "Dominique Fictive", "roles": ["referent"]})).await.expect(201);
        app.ignore_mails();
        let mut browser = Browser::signed_in(&app, &manager).await;
        let page = browser.get("/comptes").await.expect(200);
        let path = format!("/comptes/{own}/inviter");
        let taken = [("email", "prise@example.org"), ("label", "Camille Fictive"), ("roles", "referent"), ("roles", "manager")];
        let refused = browser.post(&path, &page, &taken).await.expect(409);
        for part in [said::ADDRESS_TAKEN.text(), said::TYPED_IS_THERE.text()] {
            assert!(refused.text.contains(&maud_escaped(part)), "{part}: {}", refused.text);
        }
        for part in ["value=\"prise@example.org\"", "value=\"Camille Fictive\"", "value=\"manager\" checked"] {
            assert!(refused.text.contains(part), "{part}: {}", refused.text);
        }
        let no_role = browser.post(&path, &page, &[("email", "libre@example.org"), ("label", "Camille Fictive")]).await.expect(422);
        assert!(no_role.text.contains(&maud_escaped(said::NO_ROLE.text())) && no_role.text.contains("value=\"libre@example.org\""), "{}", no_role.text);
        // And from that page it goes on.
        browser.post(&path, &no_role, &[("email", "libre@example.org"), ("label", "Camille Fictive"), ("roles", "referent")]).await.expect(303);
        let tool = browser.post(&format!("/comptes/{own}/outils"), &page, &[("label", "Logiciel fictif"), ("valid_days", "0")]).await.expect(422);
        assert!(tool.text.contains("value=\"Logiciel fictif\"") && tool.text.contains(&maud_escaped(said::NO_SCOPE.text())), "{}", tool.text);
        app.ignore_mails();
    }

    async fn a_manager_sees_sessions_one_by_one_and_ends_one(app: TestApp) {
        let manager = app.own(Role::Manager);
        let people = format!("organisations/{}/accounts", manager.identity().organisation);
        let made = manager.post(&people, &json!({"email": "deux@example.org", "label": "Camille Fictive", "roles": ["referent"]})).await.expect(201);
        app.ignore_mails();
        let person = Person { app: app.clone(), account: AccountId(made.id().parse().unwrap()), address: "deux@example.org".to_owned() }.set_up();
        let (mut one, mut two) = (person.browser().await, person.browser().await);
        let mut browser = Browser::signed_in(&app, &manager).await;
        let page = browser.get("/comptes").await.expect(200);
        let ends: Vec<_> = page.text.match_indices("/fin\"").filter(|(at, _)| page.text[..*at].ends_with(char::is_alphanumeric) && page.text[at.saturating_sub(60)..*at].contains("/sessions/")).collect();
        assert_eq!(ends.len(), 2, "{}", page.text);
        let first = &page.text[page.text[..ends[0].0].rfind("/comptes/personnes/").unwrap()..ends[0].0];
        browser.post(&format!("{first}/fin"), &page, &[]).await.expect(303);
        assert!(is_signed_in(&mut one).await != is_signed_in(&mut two).await, "one of the two, and that at once");
        browser.post(&format!("{first}/fin"), &browser.clone().get("/comptes").await, &[]).await.expect(404);
        // Of another organisation it is not there.
        let page = browser.get("/comptes").await.expect(200);
        let at = page.text.find("/sessions/").unwrap();
        let second = &page.text[page.text[..at].rfind("/comptes/personnes/").unwrap()..];
        let second = second.split('"').next().unwrap().to_owned();
        let mut stranger = Browser::signed_in(&app, &app.other(Role::Manager)).await;
        let theirs = stranger.get("/comptes").await.expect(200);
        stranger.post(&second, &theirs, &[]).await.expect(404);
    }
}

/// Text as the page has it; a piece of a tag stays as it is.
fn maud_escaped_unless_html(part: &str) -> String {
    if part.starts_with("value=") { part.to_owned() } else { maud_escaped(part) }
}
