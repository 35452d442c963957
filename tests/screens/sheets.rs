//! What goes to paper, printed by a real browser: how many pages it takes, and nothing for axe-core to say of it on the screen.

use api::domain::Role;
use fantoccini::wd::PrintConfiguration;

use super::day::forty_requests;
use super::{SIAO, fill_in, hold_place, look, own_vacancy, store};
use crate::harness::browser::{DESK, Screen, Site, View};

/// How many pages of A4 the browser prints a page on.
pub async fn pages(screen: &Screen) -> usize {
    let pdf = screen.client.print(PrintConfiguration::default()).await.unwrap();
    let text = String::from_utf8_lossy(&pdf);
    // Each page is an object of this type; the tree that holds them is of another.
    text.matches("/Type /Page").count() - text.matches("/Type /Pages").count()
}

#[actix_web::test]
async fn sheets_take_two_pages_at_most() {
    let mut found = Vec::new();
    let site = Site::start();
    let view = View { width: 360, ..DESK };
    let Some(screen) = site.open(view).await else { return };
    forty_requests(&site);
    screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    screen.go("/demande").await;
    fill_in(&screen).await;
    store(&screen).await;
    let vacancy = own_vacancy(&screen, &site).await;
    hold_place(&screen, &vacancy).await;
    let places = screen.path().await;
    screen.submit("button[form=ensemble][value=first]").await;
    for (path, name) in [
        (format!("{places}/fiche"), "fiche-places"),
        (places.replace("/places", "/fiche"), "fiche-recherche"),
        ("/releve".to_owned(), "fiche-releve"),
    ] {
        screen.go(&path).await;
        let printed = pages(&screen).await;
        assert!((1..=2).contains(&printed), "{path}: {printed} pages");
        look(&screen, view, name, &mut found).await;
    }
    // No request is missing without being named, however many there are.
    let text = screen.text("main").await;
    for alias in aliases(&site) {
        assert!(text.contains(&alias), "{alias}: {text}");
    }
    screen.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// By what the open requests of the service are known.
fn aliases(site: &Site) -> Vec<String> {
    use api::db::requests::{self, RequestFilter};
    use api::db::{DbError, organisations};
    use api::domain::{Reach, RequestState};
    use api::paging::PageLimit;
    let open = RequestFilter { state: Some(RequestState::Open), ..RequestFilter::default() };
    let list = |conn: &mut api::db::Conn| -> Result<_, DbError> {
        let id = organisations::id_by_name(conn, &SIAO.to_owned().try_into().unwrap())?.unwrap();
        requests::list(conn, Reach::asking(id), open, None, PageLimit::most())
    };
    site.app.db().read(list).unwrap().into_iter().map(|stored| stored.alias.as_str().to_owned()).collect()
}

#[actix_web::test]
async fn the_sheets_of_an_arrival_take_one_page_each() {
    let mut found = Vec::new();
    for (width, dark) in [(320, true), (1280, false)] {
        let (site, view) = (Site::start(), View { width, dark, scripts: true });
        let Some(referent) = site.open(view).await else { return };
        referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        referent.go("/demande").await;
        fill_in(&referent).await;
        store(&referent).await;
        let vacancy = own_vacancy(&referent, &site).await;
        hold_place(&referent, &vacancy).await;
        let provider = site.open(view).await.unwrap();
        provider.sign_in(&site.sign_in_link(super::ASSOCIATION, Role::Provider)).await;
        provider.go("/orientations").await;
        provider.submit("form[action$='/oui'] button").await;
        referent.go("/orientations").await;
        referent.submit("form[action$='/confirmer'] button.strong").await;
        let sheet = referent.find("a[href$='/fiche']").await.attr("href").await.unwrap().unwrap();
        for path in [sheet.clone(), sheet.replace("/fiche", "/papier"), sheet.replace("/fiche", "/papier?langue=ar")] {
            referent.go(&path).await;
            assert_eq!(pages(&referent).await, 1, "{path}");
            look(&referent, view, &format!("fiche-{}", path.rsplit('/').next().unwrap().replace('?', "-")), &mut found).await;
        }
        referent.close().await;
        provider.close().await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
