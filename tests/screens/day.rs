//! Forty open requests of one service: each is told from its neighbours, and a mistake is put right where it was made.

use std::collections::BTreeSet;

use api::cli::seed::load_records;
use api::db::organisations;
use api::domain::Role;
use api::domain::ids::{OrganisationId, RequestId};
use api::seed::{Registry, demo};
use fantoccini::Locator;

use super::{ASSOCIATION, SIAO, fill_in, hold_place, own_vacancy, store};
use crate::harness::browser::{DESK, Screen, Site};

fn organisation(site: &Site, name: &str) -> OrganisationId {
    let id = |conn: &mut api::db::Conn| organisations::id_by_name(conn, &name.to_owned().try_into().unwrap());
    site.app.db().read(id).unwrap().unwrap()
}

/// The forty requests of the demonstration once more, all in the hands of one service.
pub fn forty_requests(site: &Site) {
    let siao = organisation(site, SIAO);
    let all = demo::registry(site.app.db().clock().now()).unwrap().requests;
    let of_one = all.into_iter().map(|(_, _, declared, at)| (RequestId::new(), siao, declared, at)).collect();
    load_records(site.app.db(), &Registry { requests: of_one, ..Registry::default() }).unwrap();
}

/// The lines of a page, each as it is read.
async fn texts(screen: &Screen, css: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for found in screen.client.find_all(Locator::Css(css)).await.unwrap() {
        texts.push(found.text().await.unwrap());
    }
    texts
}

/// Puts a field of a part of a request right, and gives what the edit is said to change.
async fn correct(screen: &Screen, page: &str, (part, field): (&str, &str), text: &str) -> String {
    screen.go(&format!("{page}?modifier={part}")).await;
    screen.find(field).await.clear().await.unwrap();
    screen.fill(field, text).await;
    screen.submit(".part form button.strong").await;
    screen.text(".effect").await
}

#[actix_web::test]
async fn forty_requests_are_told_apart_and_mistakes_put_right() {
    let site = Site::start();
    let Some(referent) = site.open(DESK).await else { return };
    forty_requests(&site);
    referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;

    referent.go("/demandes").await;
    let lines = texts(&referent, "ul.lines > li").await;
    assert!(lines.len() >= 40, "{}", lines.len());
    let aliases: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(" · ").next()).collect();
    assert_eq!(aliases.len(), lines.len(), "{lines:#?}");

    referent.go("/demande").await;
    fill_in(&referent).await;
    store(&referent).await;
    let page = referent.path().await.replace("/places", "");
    let vacancy = own_vacancy(&referent, &site).await;
    hold_place(&referent, &vacancy).await;
    mistakes_of_a_referent(&referent, &page).await;
    let alias = referent.text(".oneline strong").await;

    // The association tells which home is asked, and by whom.
    let provider = site.open(DESK).await.unwrap();
    provider.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    provider.go("/orientations").await;
    let cards = texts(&provider, "article.card").await;
    assert!(cards.iter().any(|card| card.contains(&alias) && card.contains(SIAO)), "{cards:#?}");
    referent.close().await;
    provider.close().await;
}

/// Age, commune, and a place that was not meant: each is corrected where it stands, and what that changes is said.
async fn mistakes_of_a_referent(referent: &Screen, page: &str) {
    for (at, wrong, right) in [(("qui", "#p1_age"), "42", "24"), (("ou", "#place"), "Lyon", "Paris")] {
        for text in [wrong, right] {
            assert!(!correct(referent, page, at, text).await.is_empty(), "{at:?} {text}");
        }
    }
    // Several are asked; one of them was not meant, and is withdrawn.
    referent.go(&format!("{page}/places")).await;
    referent.submit("button[form=ensemble][value=first]").await;
    referent.go("/orientations").await;
    let before = referent.count("details[id^=r-retirer-]").await;
    assert!(before > 1, "{before}");
    let last = referent.client.find_all(Locator::Css("details[id^=r-retirer-]")).await.unwrap().pop().unwrap();
    let id = last.attr("id").await.unwrap().unwrap();
    referent.click(&format!("#{id} > summary")).await;
    referent.submit(&format!("#{id} button")).await;
    assert_eq!(referent.count("details[id^=r-retirer-]").await, before - 1);
    referent.go(page).await;
}
