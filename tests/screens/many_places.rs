//! A list of hundreds of places on paper: two pages at most, with every telephone that the screen shows.

use std::collections::BTreeSet;

use api::domain::Role;

use super::SIAO;
use super::sheets::pages;
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
