//! A lone minor of 16, at night, from *Demande* to the arrival: everything that protects is asked on the way, and nothing keeps the bed from them.

use api::db::referrals::{self, ReferralFilter};
use api::db::{DbError, organisations};
use api::domain::{OrganisationKind, Reach, Role};
use api::paging::PageLimit;
use chrono::TimeDelta;

use super::{SIAO, store};
use crate::harness::browser::{DESK, PHONE, Screen, Site, View};

/// Who answers the newest referral of the site: by name, in which role.
fn addressee(site: &Site) -> (String, Role) {
    let find = |conn: &mut api::db::Conn| -> Result<_, DbError> {
        let id = organisations::id_by_name(conn, &SIAO.to_owned().try_into().unwrap())?.unwrap();
        let newest = ReferralFilter { order: api::paging::Order::Newest, ..ReferralFilter::default() };
        let found = referrals::list(conn, Reach::asking(id), newest, None, PageLimit::most())?;
        organisations::find(conn, found.first().unwrap().addressee)
    };
    let known = site.app.db().read(find).unwrap().declared;
    let role = if known.kind == OrganisationKind::Regulator { Role::Regulator } else { Role::Provider };
    (known.name.as_str().to_owned(), role)
}

/// A girl of 16 who is alone.
async fn ask(screen: &Screen) {
    screen.go("/demande").await;
    screen.find("#p1_who").await.select_by_value("female_minor").await.unwrap();
    screen.fill("#p1_age", "16").await;
    screen.fill("#place", "Paris").await;
}

#[actix_web::test]
async fn a_lone_minor_of_sixteen_from_the_office_to_a_bed_at_night() {
    for view in [DESK, View { scripts: false, ..PHONE }] {
        let site = Site::start();
        let Some(referent) = site.open(view).await else { return };
        at_night(&site);
        referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        ask(&referent).await;
        referent.submit(".actions.main button").await;
        let shown = referent.count("ol.proposals > li").await;
        assert!(shown > 0, "places that take her: {}", referent.client.source().await.unwrap());
        assert!(referent.has("a[href='tel:119']").await, "child protection answers at every hour");
        ask(&referent).await;
        store(&referent).await;
        let page = referent.path().await.replace("/places", "");
        // A bed is held before anything else is asked.
        referent.submit("button[name=hold][form=ensemble]").await;
        assert!(referent.text(".asked li").await.contains("réservée"));
        referent.go(&page).await;
        assert!(referent.text(".todo").await.contains("protection de l’enfance"), "{}", referent.text(".todo").await);

        let (name, role) = addressee(&site);
        let home = site.open(view).await.unwrap();
        home.sign_in(&site.sign_in_link(&name, role)).await;
        home.go("/orientations").await;
        home.submit("form[action$='/oui'] button, form[action$='/place'] button").await;
        if home.has("form[action$='/place'] button.strong").await {
            home.submit("form[action$='/place'] button.strong").await;
        }

        // It cannot be confirmed before somebody was told, or tried to be: one part of the page, and it can.
        referent.go(&format!("{page}?modifier=mineurs")).await;
        referent.find("#m0_authority").await.select_by_value("child_protection").await.unwrap();
        referent.fill("#m0_whom", "CRIP, astreinte").await;
        referent.find("#m0_reached").await.select_by_value("no").await.unwrap();
        referent.submit(".part form button.strong").await;
        referent.go(&page).await;
        referent.submit("form[action$='/confirmer'] button.strong").await;
        referent.go("/orientations").await;
        assert!(referent.has("a[href$='/fiche']").await, "{}", referent.client.source().await.unwrap());
        home.go("/orientations").await;
        home.submit("form[action$='/arrivee'] button").await;
        assert!(home.has("form[action$='/fin'] button").await, "she is there");
        referent.go(&page).await;
        assert!(referent.text(".oneline").await.contains("hébergée"));
        referent.close().await;
        home.close().await;
    }
}

/// Half past ten in Paris.
fn at_night(site: &Site) {
    use chrono::Timelike as _;
    let clock = site.app.db().clock();
    let hour = || api::clock::civil(clock.now(), matcher::Department::PARIS).hour();
    while hour() != 22 {
        clock.advance(TimeDelta::minutes(30));
    }
}
