//! *La demande* in a real browser, with and without scripts: a request is understood, put right, handed on and closed from one page.

use api::domain::Role;

use super::{SIAO, fill_in, hold_place, look as look_with_axe, own_vacancy, press, store, tab_to};
use crate::harness::browser::{Screen, Site, View};
use fantoccini::key::Key;

/// Looks at a page; axe runs where scripts do.
async fn look(screen: &Screen, view: View, name: &str, found: &mut Vec<String>) {
    if view.scripts {
        look_with_axe(screen, view, name, found).await;
    }
}

/// Opens a part by its pencil.
async fn edit(screen: &Screen, part: &str) {
    screen.submit(&format!("a.edit[href*='modifier={part}']")).await;
}

#[actix_web::test]
async fn a_request_is_put_right_and_handed_on_from_one_page() {
    let mut found = Vec::new();
    for (width, dark, scripts) in [(320, false, true), (1280, true, true), (1280, false, false)] {
        let site = Site::start();
        let view = View { width, dark, scripts };
        let Some(screen) = site.open(view).await else { return };
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        fill_in(&screen).await;
        store(&screen).await;
        let page = screen.path().await.replace("/places", "");
        let vacancy = own_vacancy(&screen, &site).await;
        hold_place(&screen, &vacancy).await;
        screen.go(&page).await;
        look(&screen, view, "la-demande", &mut found).await;
        for part in ["qui", "ou", "besoins", "montre", "information"] {
            edit(&screen, part).await;
            look(&screen, view, &format!("la-demande-{part}"), &mut found).await;
            screen.submit(".part form a.button").await;
        }
        edit(&screen, "dangers").await;
        screen.fill("#zone", "nulle part du tout").await;
        screen.submit(".part form button.strong").await;
        assert!(screen.has("#zone-error").await, "what is wrong is said beside its field");
        look(&screen, view, "la-demande-a-corriger", &mut found).await;
        screen.find("#zone").await.clear().await.unwrap();
        screen.fill("#zone", "75").await;
        screen.submit(".part form button.strong").await;
        assert!(screen.has(".effect").await, "what an edit changes is said");
        look(&screen, view, "la-demande-effet", &mut found).await;
        screen.go(&page).await;
        screen.fill("#note", "Prend le tram, a un téléphone sûr jusqu’à 22 h.").await;
        screen.submit("form[action$='/note'] button").await;
        assert!(screen.text(".notes li").await.contains("Prend le tram"));
        screen.submit("form[action$='/suivi'] button").await;
        assert!(screen.text(".oneline").await.contains("suivi"), "taken over with one tap");
        screen.click("#eloigner > summary").await;
        screen.submit("form[action$='/codes'] button").await;
        look(&screen, view, "la-demande-code", &mut found).await;
        screen.go("/demandes").await;
        look(&screen, view, "demandes", &mut found).await;
        screen.go(&page).await;
        screen.click("#clore > summary").await;
        screen.submit("form[action$='/clore'] button").await;
        look(&screen, view, "la-demande-close", &mut found).await;
        screen.submit("form[action$='/rouvrir'] button").await;
        assert!(screen.has("#clore").await, "it is open again");
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[actix_web::test]
async fn a_household_is_separated_and_a_minor_looked_after_on_the_page() {
    let mut found = Vec::new();
    for (width, dark) in [(320, true), (1280, false)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = site.open(view).await else { return };
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        fill_in(&screen).await;
        screen.find("#p2_who").await.select_by_value("female_minor").await.unwrap();
        screen.fill("#p2_age", "16").await;
        screen.find("#p2_parent").await.select_by_value("no").await.unwrap();
        screen.click("input[name=seen_apart][value=yes]").await;
        store(&screen).await;
        let page = screen.path().await.replace("/places", "");
        screen.go(&page).await;
        look(&screen, view, "la-demande-mineure", &mut found).await;
        edit(&screen, "mineurs").await;
        look(&screen, view, "la-demande-mineurs", &mut found).await;
        screen.find("#m1_authority").await.select_by_value("child_protection").await.unwrap();
        screen.fill("#m1_whom", "CRIP, astreinte").await;
        screen.find("#m1_reached").await.select_by_value("no").await.unwrap();
        screen.submit(".part form button.strong").await;
        assert!(!screen.text(".todo").await.contains("prévenir la protection"), "it is done");
        screen.go(&page).await;
        screen.click("#separer > summary").await;
        look(&screen, view, "la-demande-separer", &mut found).await;
        screen.find("#s1").await.select_by_value("a").await.unwrap();
        screen.click("input[name=bond][value=to_reunite]").await;
        screen.submit("form[action$='/separer'] button").await;
        assert!(screen.client.source().await.unwrap().contains("À réunir avec"));
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[actix_web::test]
async fn a_part_is_edited_by_keyboard_alone() {
    let site = Site::start();
    let Some(screen) = site.open(crate::harness::browser::DESK).await else { return };
    screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    fill_in(&screen).await;
    store(&screen).await;
    let page = screen.path().await.replace("/places", "");
    screen.go(&page).await;
    tab_to(&screen, "a.edit[href*='modifier=montre']").await;
    super::enter(&screen).await;
    tab_to(&screen, "#message").await;
    super::type_text(&screen, "Parle peu.").await;
    tab_to(&screen, ".part form button.strong").await;
    super::enter(&screen).await;
    assert!(screen.has(".effect").await);
    assert!(screen.client.source().await.unwrap().contains("Parle peu."));
    press(&screen, Key::Tab).await;
    screen.close().await;
}

#[actix_web::test]
async fn axe_finds_nothing_on_forms_that_did_not_go_through() {
    let mut found = Vec::new();
    for (width, dark) in [(320, false), (1280, true)] {
        let site = Site::start();
        let view = View { width, dark, scripts: true };
        let Some(screen) = site.open(view).await else { return };
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        fill_in(&screen).await;
        screen.find("#p2_who").await.select_by_value("female_adult").await.unwrap();
        store(&screen).await;
        let page = screen.path().await.replace("/places", "");
        for (part, field, wrong) in [("qui", "#p1_age", "douze"), ("ou", "#place", "nulle part du tout")] {
            screen.go(&format!("{page}?modifier={part}")).await;
            screen.find(field).await.clear().await.unwrap();
            screen.fill(field, wrong).await;
            screen.submit(".part form button.strong").await;
            assert!(screen.has(&format!("{field}[aria-invalid=true]")).await, "{part}: what is wrong is said at its field");
            look(&screen, view, &format!("la-demande-{part}-a-corriger"), &mut found).await;
        }
        screen.go(&page).await;
        screen.click("#eloigner > summary").await;
        screen.fill("#code", "rien").await;
        screen.submit("form[action$='/eloigner'] button").await;
        look(&screen, view, "la-demande-code-refuse", &mut found).await;
        screen.go(&page).await;
        screen.click("#autrement > summary").await;
        screen.client.execute("document.querySelector('#until').value = '2020-01-01T08:00'", Vec::new()).await.unwrap();
        screen.submit("#autrement form[action$='/preter'] button").await;
        assert!(screen.has("#until[aria-invalid=true]").await, "an hour that is over lends nothing");
        look(&screen, view, "la-demande-pret-refuse", &mut found).await;
        screen.go(&page).await;
        screen.click("#separer > summary").await;
        screen.click("input[name=bond][value=to_reunite]").await;
        screen.submit("form[action$='/separer'] button").await;
        assert!(screen.has("#separer-error").await, "nobody leaves");
        look(&screen, view, "la-demande-separer-refuse", &mut found).await;
        screen.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
