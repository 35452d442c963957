//! The pages in English, in a real browser: chosen at the foot of a page, kept from then on, and left again from where one is.

use api::domain::Role;

use super::{ASSOCIATION, SIAO, look as look_with_axe};
use crate::harness::browser::{Screen, Site, View};

/// Looks at a page; axe runs where scripts do.
async fn look(screen: &Screen, view: View, name: &str, found: &mut Vec<String>) {
    if view.scripts {
        look_with_axe(screen, view, name, found).await;
    }
}

#[actix_web::test]
async fn who_chooses_english_reads_english_and_comes_back() {
    let mut found = Vec::new();
    for (width, dark, scripts) in [(320, false, true), (1280, true, true), (1280, false, false)] {
        let site = Site::start();
        let view = View { width, dark, scripts };
        let Some(screen) = site.open(view).await else { return };
        screen.go("/connexion").await;
        assert_eq!(screen.text("h1").await, "Connexion");
        screen.submit("footer a.tongue").await;
        assert_eq!((screen.path().await.as_str(), screen.text("h1").await.as_str()), ("/connexion", "Sign in"));
        look(&screen, view, "english-sign-in", &mut found).await;
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        assert_eq!(screen.text("h1").await, "Tonight: a request");
        look(&screen, view, "english-ask", &mut found).await;
        screen.find("#p1_who").await.select_by_value("female_adult").await.unwrap();
        screen.fill("#p1_age", "24 years").await;
        screen.fill("#place", "Lyon").await;
        screen.submit(".actions.main button").await;
        assert_eq!(screen.text("h1").await, "Possible places");
        // What was typed would be lost on the way to another language.
        assert!(!screen.has("footer a.tongue").await);
        look(&screen, view, "english-places", &mut found).await;
        for (path, title) in [("/demandes", "Requests"), ("/orientations", "Referrals"), ("/registre?departement=69", "Registry")] {
            screen.go(path).await;
            assert_eq!(screen.text("h1").await, title);
            look(&screen, view, &format!("english-{}", title.to_lowercase()), &mut found).await;
        }
        screen.submit("footer a.tongue").await;
        assert_eq!((screen.path().await.as_str(), screen.text("h1").await.as_str()), ("/registre", "Registre"));
        screen.close().await;
        let Some(screen) = site.open(view).await else { return };
        screen.go("/connexion?affichage=en").await;
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        assert_eq!(screen.text("h1").await, "My places");
        look(&screen, view, "english-my-places", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
