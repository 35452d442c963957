//! *Comptes*, *Mon compte* and *Journaux* in a real browser, by each role that has them: nothing for axe-core to say, and 320 px are enough.

use api::cli::client;
use api::domain::Role;

use crate::harness::browser::{Site, View};
use crate::screens::look;

const SIAO: &str = "SIAO fictif de Paris";
const ASSOCIATION: &str = "Association fictive Les Amarres";
const COORDINATION: &str = "Coordination nationale fictive";

#[actix_web::test]
async fn axe_finds_nothing_on_comptes() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = site.open(view).await else { return };
        client::make(site.app.db(), ASSOCIATION, Role::Provider).unwrap();
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Manager)).await;
        assert_eq!(screen.path().await, "/comptes", "the first page of who keeps people");
        look(&screen, view, "comptes-gestion", &mut found).await;
        screen.fill("#email", "pas-une-adresse@localhost").await;
        screen.fill("#label", "Camille Fictive").await;
        screen.click("#inviter ~ form input[name=roles]").await;
        screen.submit("#inviter ~ form button.strong").await;
        assert!(screen.has("#email[aria-invalid=true]").await, "the error stands at its field");
        look(&screen, view, "comptes-invitation-refusee", &mut found).await;
        screen.go("/comptes").await;
        screen.fill("#tool", "Logiciel fictif").await;
        screen.click("input[name=scopes]").await;
        screen.submit("form[action$='/outils'] button.strong").await;
        look(&screen, view, "comptes-secret", &mut found).await;
        screen.go("/comptes").await;
        look(&screen, view, "comptes-outil", &mut found).await;
        screen.close().await;

        let screen = site.open(view).await.unwrap();
        screen.sign_in(&site.sign_in_link(COORDINATION, Role::Administrator)).await;
        screen.go("/comptes").await;
        look(&screen, view, "comptes-administration", &mut found).await;
        screen.go("/nouvel-organisme").await;
        look(&screen, view, "organisme-nouveau", &mut found).await;
        screen.submit("main form button.strong").await;
        assert!(screen.has("[aria-invalid=true]").await);
        look(&screen, view, "organisme-a-corriger", &mut found).await;
        screen.close().await;

        let screen = site.open(view).await.unwrap();
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        screen.go("/compte").await;
        look(&screen, view, "compte-telephones", &mut found).await;
        screen.submit("form[action='/compte/telephones'] button").await;
        look(&screen, view, "compte-code", &mut found).await;
        screen.go("/remplacement").await;
        look(&screen, view, "remplacement", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[actix_web::test]
async fn axe_finds_nothing_on_the_page_of_a_link() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(referent) = site.open(view).await else { return };
        referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        let link = crate::screens::a_link(&referent, &site).await;
        referent.close().await;

        let phone = site.open(view).await.unwrap();
        phone.go(&link).await;
        phone.click("details:has(#phone_code) > summary").await;
        look(&phone, view, "lien", &mut found).await;
        phone.fill("#phone_code", "0000-0000-0000").await;
        phone.submit("form[action$='/telephone'] button").await;
        look(&phone, view, "lien-code-refuse", &mut found).await;

        let giver = site.open(view).await.unwrap();
        giver.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        giver.go("/compte").await;
        giver.submit("form[action='/compte/telephones'] button").await;
        let code = giver.text(".secret").await;
        giver.close().await;
        phone.go(&link).await;
        phone.click("details:has(#phone_code) > summary").await;
        phone.fill("#phone_code", &code).await;
        phone.fill("#phone_label", "astreinte").await;
        phone.submit("form[action$='/telephone'] button").await;
        assert!(phone.has("form[action$='/oui-avec']").await, "it takes more since");
        look(&phone, view, "lien-telephone", &mut found).await;
        phone.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
