//! Pages that nobody had looked at in a browser: *Registre*, *Mes places* and what is over, the public numbers; wide and narrow, light and dark, with
//! and without scripts, and by keyboard alone.

use api::domain::Role;

use super::{ASSOCIATION, SIAO, enter, look, tab_to, type_text};
use crate::harness::browser::{DESK, Site, View};

const COORDINATION: &str = "Coordination nationale fictive";

/// Of a page, what is looked for on it and what its picture is called.
type Shots = &'static [(&'static str, &'static str)];

/// The pages, and who opens them.
const PAGES: [(&str, Role, Shots); 4] = [
    (SIAO, Role::Referent, &[("/registre", "registre"), ("/registre?departement=69", "registre-rhone"), ("/releve", "releve")]),
    (
        ASSOCIATION,
        Role::Provider,
        &[("/places", "mes-places"), ("/places/passees", "places-passees"), ("/registre", "registre-association")],
    ),
    (
        COORDINATION,
        Role::Coordinator,
        &[("/portes", "portes"), ("/portes?departement=69", "portes-rhone"), ("/registre", "registre-coordination")],
    ),
    (COORDINATION, Role::Administrator, &[("/comptes", "comptes-organismes"), ("/portes?departement=974", "portes-reunion")]),
];

#[actix_web::test]
async fn axe_finds_nothing_on_the_registry_the_places_and_the_numbers() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (360, true), (1280, false)] {
        let (site, view) = (Site::start(), View { width, dark, scripts: true });
        for (organisation, role, pages) in PAGES {
            let Some(screen) = site.open(view).await else { return };
            screen.sign_in(&site.sign_in_link(organisation, role)).await;
            for (path, name) in pages {
                screen.go(path).await;
                look(&screen, view, name, &mut found).await;
            }
            if role == Role::Coordinator {
                screen.go("/portes?departement=69").await;
                screen.submit("main li.card a.button").await;
                look(&screen, view, "porte", &mut found).await;
            }
            screen.close().await;
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[actix_web::test]
async fn a_number_is_filled_in_by_keyboard_alone() {
    let site = Site::start();
    let Some(screen) = site.open(DESK).await else { return };
    screen.sign_in(&site.sign_in_link(COORDINATION, Role::Coordinator)).await;
    screen.go("/portes?departement=42").await;
    tab_to(&screen, "main li.card a.button").await;
    enter(&screen).await;
    for (field, text) in [("/phone", "01 99 00 12 42"), ("/source", "Le 115 lui-même")] {
        tab_to(&screen, &format!("input[name='{field}']")).await;
        type_text(&screen, text).await;
    }
    tab_to(&screen, "main form button.strong").await;
    enter(&screen).await;
    assert_eq!(screen.path().await, "/portes");
    assert!(screen.text("main").await.contains("01 99 00 12 42"), "{}", screen.text("main").await);
    screen.close().await;
}

#[actix_web::test]
async fn a_number_is_filled_in_without_scripts() {
    let site = Site::start();
    let Some(screen) = site.open(View { scripts: false, ..DESK }).await else { return };
    screen.sign_in(&site.sign_in_link(COORDINATION, Role::Administrator)).await;
    screen.go("/portes?departement=42").await;
    screen.submit("main li.card a.button").await;
    screen.fill("input[name='/phone']", "01 99 00 12 42").await;
    screen.submit("main form button.strong").await;
    assert!(screen.has("[aria-invalid=true][name='/source']").await, "a number goes with its source");
    screen.fill("input[name='/source']", "Le 115 lui-même").await;
    screen.submit("main form button.strong").await;
    assert!(screen.text("main").await.contains("01 99 00 12 42"));
    screen.submit("form[action$='/exact'] button").await;
    assert_eq!(screen.path().await, "/portes");
    screen.close().await;
}

#[actix_web::test]
async fn beds_are_said_by_keyboard_alone() {
    let site = Site::start();
    let Some(screen) = site.open(DESK).await else { return };
    screen.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    screen.go("/places").await;
    let before: u32 = screen.text(".vacancy .count").await.parse().unwrap();
    tab_to(&screen, ".vacancy button[value=more]").await;
    enter(&screen).await;
    assert_eq!(screen.text(".vacancy .count").await.parse::<u32>().unwrap(), before + 1);
    tab_to(&screen, "a[href='/places/passees']").await;
    enter(&screen).await;
    assert_eq!(screen.path().await, "/places/passees");
    screen.close().await;
}
