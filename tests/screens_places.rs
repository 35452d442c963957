//! *Places possibles* in a real browser: how few clicks it takes, what a tick sets aside, and nothing for axe-core to say of any of its states.

use api::domain::Role;

use crate::harness::browser::{DESK, PHONE, Screen, Site, View};
use crate::screens::{SIAO, fill_in, look, unfold};

async fn referent(site: &Site, view: View) -> Option<Screen> {
    let screen = site.open(view).await?;
    screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    Some(screen)
}

/// Three fields and a click.
async fn rank(screen: &Screen) {
    screen.go("/demande").await;
    fill_in(screen).await;
    screen.submit(".actions.main button").await;
}

#[actix_web::test]
async fn from_three_fields_to_a_held_bed_and_five_asked() {
    let site = Site::start();
    for view in [DESK, View { scripts: false, ..PHONE }] {
        let Some(screen) = referent(&site, view).await else { return };
        rank(&screen).await;
        assert!(screen.count(".proposals > li").await > 0, "three fields and one click to a first proposal");
        // Three clicks from what is not stored to a held bed, and no field typed twice.
        screen.submit("button[name=hold]").await;
        screen.click("input[name=information][value=given]").await;
        screen.submit("main form button.strong").await;
        assert!(screen.path().await.ends_with("/places"), "{}", screen.path().await);
        assert!(screen.text(".asked li").await.contains("réservée"));
        // One more for five others, and one stays on the page.
        let others = screen.count("#ensemble input[name=first]").await;
        assert!(others >= 2, "{others}");
        screen.submit("button[form=ensemble][value=first]").await;
        assert!(screen.path().await.ends_with("/places"));
        assert_eq!(screen.count(".asked li.card").await, others + 1);
        screen.close().await;
    }
}

#[actix_web::test]
async fn a_tick_that_nobody_is_sent_sets_aside_what_the_law_does_not_allow() {
    let site = Site::start();
    let Some(screen) = referent(&site, View { scripts: false, ..DESK }).await else { return };
    rank(&screen).await;
    let shown = "li.card.unlawful-there h3";
    if !screen.has(shown).await {
        panic!("the demonstration has no such place: {}", screen.client.source().await.unwrap());
    }
    assert!(!screen.text(shown).await.is_empty());
    assert!(!screen.has("#sans-non-opposables[name]").await, "what has no name is not sent");
    screen.click("#sans-non-opposables").await;
    assert!(screen.text(shown).await.is_empty(), "it is set aside");
    assert!(screen.text(".set-aside").await.contains("de côté"));
    screen.close().await;
}

#[actix_web::test]
async fn axe_finds_nothing_in_any_state_of_the_places() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = referent(&site, view).await else { return };
        rank(&screen).await;
        look(&screen, view, "places-non-enregistrees", &mut found).await;
        unfold(&screen, ".filters").await;
        unfold(&screen, ".proposals details").await;
        look(&screen, view, "places-filtres", &mut found).await;
        screen.submit("button[name=hold]").await;
        look(&screen, view, "places-accord", &mut found).await;
        screen.click("input[name=information][value=given]").await;
        screen.submit("main form button.strong").await;
        look(&screen, view, "places-reservee", &mut found).await;
        let stale = site.open(view).await.unwrap();
        stale.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        let path = screen.path().await;
        stale.go(&path).await;
        screen.submit("button[form=ensemble][value=first]").await;
        look(&screen, view, "places-demandees", &mut found).await;
        // What somebody else has asked meanwhile is said, and stands in nobody's way.
        stale.submit("button[form=ensemble][value=first]").await;
        look(&stale, view, "places-deja-demandees", &mut found).await;
        stale.close().await;
        screen.go(&path.replace("/places", "/fiche")).await;
        look(&screen, view, "fiche-de-recherche", &mut found).await;

        // Only a call can settle it.
        screen.go("/demande").await;
        fill_in(&screen).await;
        unfold(&screen, "details:not(:has(#information))").await;
        for needed in ["animals", "cold_storage", "sign_language"] {
            screen.click(&format!("input[name=required][value={needed}]")).await;
        }
        screen.submit(".actions.main button").await;
        look(&screen, view, "places-a-verifier", &mut found).await;
        if screen.has("button[name=voir]").await {
            screen.submit("button[name=voir]").await;
            assert!(screen.has(".opened button.strong").await);
            look(&screen, view, "places-souhait", &mut found).await;
        }
        // Nothing at all.
        screen.go("/demande").await;
        screen.find("#p1_who").await.select_by_value("male_presumed").await.unwrap();
        screen.fill("#place", "Mamoudzou").await;
        screen.submit(".actions.main button").await;
        assert_eq!(screen.count("ol.proposals > li").await, 0, "nobody takes him there");
        assert!(screen.has("a[href='tel:119']").await && screen.has("a[href='tel:115']").await);
        look(&screen, view, "places-aucune", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
