//! The day of three people as one story: a referent, an association and a regulator, forty open requests of one service. Each mistake is put right
//! where it was made, who takes over at 18:00 needs the sheet alone, the 115 has what it was lent from 22:00, and in the morning all is back.

use std::collections::BTreeSet;

use api::cli::seed::load_records;
use api::clock::{Instant, civil};
use api::db::requests::{self, RequestFilter};
use api::db::{DbError, organisations};
use api::domain::ids::{OrganisationId, RequestId};
use api::domain::{Reach, RequestState, Role};
use api::paging::PageLimit;
use api::seed::{Registry, demo};
use chrono::{TimeDelta, Timelike as _};
use fantoccini::Locator;
use matcher::Department;

use super::{ASSOCIATION, SIAO, fill_in, hold_place, own_vacancy, store};
use crate::harness::browser::{DESK, Screen, Site};

const NIGHT: &str = "115 fictif d'Île-de-France";
const COORDINATION: &str = "Coordination Ac.Sé (fictive)";

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

/// Moves the clock of the site on to the next time that the clocks of Paris show this hour.
fn move_on_to(site: &Site, hour: u32) {
    let clock = site.app.db().clock();
    let here = |at: Instant| civil(at, Department::PARIS);
    while here(clock.now()).hour() != hour {
        let past = i64::from(here(clock.now()).minute());
        clock.advance(TimeDelta::minutes(60 - past));
    }
}

/// Somebody of an organisation, at a window of their own.
async fn somebody(site: &Site, organisation: &str, role: Role) -> Screen {
    let screen = site.open(DESK).await.unwrap();
    screen.sign_in(&site.sign_in_link(organisation, role)).await;
    screen
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
async fn the_day_of_three_people() {
    let site = Site::start();
    let Some(first) = site.open(DESK).await else { return };
    first.close().await;
    forty_requests(&site);
    move_on_to(&site, 14);
    let referent = somebody(&site, SIAO, Role::Referent).await;

    // Forty requests, each told from its neighbours at a glance: no two lines are alike, not even without their repères.
    referent.go("/demandes").await;
    let lines = texts(&referent, "ul.lines > li").await;
    assert!(lines.len() >= 40, "{}", lines.len());
    let repères: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(" · ").next()).collect();
    assert_eq!(repères.len(), lines.len(), "{lines:#?}");

    // A woman comes in. Three fields, stored, a place held.
    referent.go("/demande").await;
    fill_in(&referent).await;
    store(&referent).await;
    let page = referent.path().await.replace("/places", "");
    let vacancy = own_vacancy(&referent, &site).await;
    hold_place(&referent, &vacancy).await;
    mistakes_of_a_referent(&referent, &page).await;
    let alias = referent.text(".oneline strong").await;
    referent.fill("#note", "Prend le tram, a un téléphone sûr jusqu’à 22 h.").await;
    referent.submit("form[action$='/note'] button").await;

    // The association tells which home is asked, and by whom; it answers, then says that someone has arrived who has not.
    let provider = somebody(&site, ASSOCIATION, Role::Provider).await;
    provider.go("/orientations").await;
    let cards = texts(&provider, "article.card").await;
    assert!(cards.iter().any(|card| card.contains(&alias) && card.contains(SIAO)), "{cards:#?}");
    provider.keep("jour-orientations").await.unwrap();
    provider.submit("form[action$='/oui'] button").await;
    referent.go(&page).await;
    referent.keep("jour-la-demande").await.unwrap();
    referent.go("/orientations").await;
    referent.submit("form[action$='/confirmer'] button.strong").await;
    provider.go("/orientations").await;
    provider.submit("form[action$='/arrivee'] button").await;
    assert!(provider.has("form[action$='/fin'] button").await);
    provider.submit("form[action$='/annuler'] button").await;
    assert!(provider.has("form[action$='/arrivee'] button").await, "they are expected again");

    // The regulator's page is its own: what is put to its door, and nothing else.
    let regulator = somebody(&site, COORDINATION, Role::Regulator).await;
    regulator.go("/orientations").await;
    assert!(!regulator.text("main").await.contains(&alias), "it is not behind this door");

    // At 18:00 a colleague takes over, from the sheet alone.
    move_on_to(&site, 18);
    let colleague = somebody(&site, SIAO, Role::Referent).await;
    colleague.go("/releve").await;
    let sheet = colleague.text("main").await;
    let entry = sheet.lines().skip_while(|line| !line.starts_with(&alias)).take(2).collect::<Vec<_>>().join(" ");
    assert!(entry.contains("01 99") && entry.contains("arrivée attendue"), "whom to call and when they come: {entry}\n{sheet}");
    colleague.go(&page).await;
    colleague.submit("form[action$='/suivi'] button").await;
    lent_for_the_night(&site, &colleague, &page, &alias).await;
    for screen in [referent, provider, regulator, colleague] {
        screen.close().await;
    }
}

/// Age, zone, commune, and a place that was not meant: each is corrected where it stands, and what that changes is said.
async fn mistakes_of_a_referent(referent: &Screen, page: &str) {
    for (at, wrong, right) in
        [(("qui", "#p1_age"), "42", "24"), (("dangers", "#zone"), "75", "93"), (("ou", "#place"), "Lyon", "Paris")]
    {
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

/// At 22:00 the 115 works on what it was lent; in the morning all is back.
async fn lent_for_the_night(site: &Site, colleague: &Screen, page: &str, alias: &str) {
    colleague.go(page).await;
    colleague.submit("form[action$='/preter'] button").await;
    assert!(colleague.text(".lent").await.contains(NIGHT));
    move_on_to(site, 22);
    let night = somebody(site, NIGHT, Role::Referent).await;
    night.go("/demandes").await;
    let lines = texts(&night, "ul.lines > li").await;
    assert!(lines.iter().any(|line| line.contains(alias)), "{lines:#?}");
    night.go(page).await;
    night.fill("#note", "A dormi au chaud, rappeler à 9 h.").await;
    night.submit("form[action$='/note'] button").await;
    move_on_to(site, 10);
    let morning = somebody(site, SIAO, Role::Referent).await;
    morning.go(page).await;
    assert!(!morning.has(".lent").await, "it is back");
    assert!(morning.has("form[action$='/preter']").await);
    let night = {
        night.close().await;
        somebody(site, NIGHT, Role::Referent).await
    };
    night.go("/demandes").await;
    assert!(!night.text("main").await.contains(alias), "and with nobody else");
    let still_open = |conn: &mut api::db::Conn| -> Result<_, DbError> {
        let siao = organisations::id_by_name(conn, &SIAO.to_owned().try_into().unwrap())?.unwrap();
        let open = RequestFilter { state: Some(RequestState::Open), ..RequestFilter::default() };
        requests::list(conn, Reach::asking(siao), open, None, PageLimit::most())
    };
    assert!(site.app.db().read(still_open).unwrap().len() > 40);
    night.close().await;
    morning.close().await;
}
