//! A list of hundreds of places on paper: two pages at most, with every telephone that the screen shows.

use std::collections::BTreeSet;

use api::domain::Role;

use super::sheets::pages;
use super::{SIAO, fill_in, unfold};
use crate::harness::browser::{DESK, Screen, Site};
use crate::harness::many;

/// The numbers that can be tapped.
async fn telephones(screen: &Screen, css: &str) -> BTreeSet<String> {
    let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.getAttribute('href'))";
    let found = screen.client.execute(script, vec![css.into()]).await.unwrap();
    found.as_array().unwrap().iter().map(|href| href.as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_list_of_many_places_takes_two_pages_with_every_telephone() {
    let site = Site::start();
    let Some(screen) = site.open(DESK).await else { return };
    many::load(site.app.db(), 200);
    let request = site.api(&site.token(SIAO, Role::Referent), "requests", Some(&many::request())).await;
    let places = format!("/demandes/{}/places", request["id"].as_str().unwrap());
    screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    screen.go(&places).await;
    assert!(screen.count("ol.proposals > li .tick").await >= 15, "a whole page");
    let shown = telephones(&screen, "ol.proposals a[href^='tel:']").await;
    screen.go(&format!("{places}/fiche")).await;
    let printed = telephones(&screen, "main a[href^='tel:']").await;
    assert!(shown.len() > 30 && shown.is_subset(&printed), "not on paper: {:?}", shown.difference(&printed));
    let sheets = pages(&screen).await;
    assert!((1..=2).contains(&sheets), "{sheets} pages");
    screen.keep("fiche-places-nombreuses").await.unwrap();
    screen.close().await;
}

#[actix_web::test]
async fn a_list_that_is_not_stored_takes_two_pages_too() {
    let site = Site::start();
    many::load(site.app.db(), 200);
    // English says of a French service what it is, and takes more room.
    for language in ["fr", "en"] {
        let Some(screen) = site.open(DESK).await else { return };
        screen.go(&format!("/connexion?affichage={language}")).await;
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        screen.go("/demande").await;
        fill_in(&screen).await;
        screen.fill("#p1_age", "24").await;
        unfold(&screen, "details:not(:has(#information))").await;
        screen.find("#wish").await.select_by_value("indifferent").await.unwrap();
        screen.find("#urgency").await.select_by_value("urgent").await.unwrap();
        screen.fill("#nights", "10").await;
        screen.click("input[name=accepts_removal]").await;
        screen.submit(".actions.main button").await;
        assert!(screen.count("ol.proposals > li .tick").await >= 15, "a whole page");
        let shown = telephones(&screen, "main a[href^='tel:']").await;
        screen.submit("button[name=fiche]").await;
        let printed = telephones(&screen, "main a[href^='tel:']").await;
        assert!(!shown.is_empty() && shown.is_subset(&printed), "not on paper: {:?}", shown.difference(&printed));
        let sheets = pages(&screen).await;
        assert!((1..=2).contains(&sheets), "{language}: {sheets} pages");
        screen.keep(&format!("fiche-places-non-enregistrees-{language}")).await.unwrap();
        screen.submit("aside form button").await;
        assert!(screen.has("ol.proposals > li").await, "back with all that was typed");
        screen.close().await;
    }
}
