//! *Mes structures* in a real browser, with and without scripts.

use api::domain::Role;

use super::{ASSOCIATION, look as look_with_axe};
use crate::harness::browser::{Screen, Site, View};

/// Looks at a page; axe runs where scripts do.
async fn look(screen: &Screen, view: View, name: &str, found: &mut Vec<String>) {
    if view.scripts {
        look_with_axe(screen, view, name, found).await;
    }
}

#[actix_web::test]
async fn a_home_and_its_places_are_made_on_the_pages() {
    let mut found = Vec::new();
    for (width, dark, scripts) in [(320, false, true), (1280, true, true), (1280, false, false)] {
        let site = Site::start();
        let view = View { width, dark, scripts };
        let Some(screen) = site.open(view).await else { return };
        screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
        screen.go("/structures").await;
        look(&screen, view, "structures", &mut found).await;
        screen.go("/structures/nouvelle").await;
        look(&screen, view, "structure-nouvelle", &mut found).await;
        screen.fill("input[name='/name']", "Structure fictive du Quai").await;
        screen.fill("input[name='/commune']", "Saint-Denis").await;
        screen.fill("input[name='/trafficking_contact/numbers/0/phone']", "01 99 00 12 34").await;
        screen.click("details > summary").await;
        look(&screen, view, "structure-semaine", &mut found).await;
        screen.click("input[name='/trafficking_contact/numbers/0/hours#holidays-off']").await;
        screen.submit("main form button.strong").await;
        look(&screen, view, "structure-a-corriger", &mut found).await;
        screen.click("input[value='93066']").await;
        screen.submit("main form button.strong").await;
        assert_eq!(screen.path().await, "/structures");
        let home = "section.card:has(h2)";
        assert!(screen.client.source().await.unwrap().contains("Structure fictive du Quai"));
        screen.submit(&format!("{home} a[href$='/groupes/nouveau']")).await;
        look(&screen, view, "groupe-nouveau", &mut found).await;
        for box_of in ["emergency", "female"] {
            screen
                .click(&format!(
                    "fieldset input[value='{box_of}'][name='/stages'], fieldset input[value='{box_of}'][name='/genders']"
                ))
                .await;
        }
        screen.fill("input[name='/max_household']", "2").await;
        screen.fill("input[name='/places']", "6").await;
        screen.submit("main form button.strong").await;
        assert_eq!(screen.path().await, "/structures");
        screen.submit(&format!("{home} a[href^='/groupes/']")).await;
        look(&screen, view, "groupe", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
