//! *Places possibles* where hundreds of places can take these people: how long the page is, and that each of them is reached.

use std::collections::BTreeSet;

use api::domain::Role;
use api::web::pages::words;

use super::pages::Browser;
use crate::harness::{many, on_both};

/// What a page may weigh: somebody waits for it on a bad line.
const BYTES: usize = 100_000;

on_both! {
    async fn a_page_of_many_places_is_light_and_all_of_them_are_reached(app: TestApp) {
        many::load(app.db(), 200);
        let id = app.own(Role::Referent).post("requests", &many::request()).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let (mut seen, mut from) = (BTreeSet::new(), 0);
        loop {
            let page = browser.get(&format!("/demandes/{id}/places?de={from}")).await.expect(200);
            let (listed, of_verify) = page.text.split_once("<section class=\"verify\">").unwrap_or((page.text.as_str(), ""));
            assert!(page.text.len() < BYTES, "{} bytes from {from}", page.text.len());
            let ticks = listed.split("<input class=\"tick\"").skip(1).map(|input| input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
            let before = seen.len();
            seen.extend(ticks);
            let many = seen.len() - before;
            if from == 0 {
                eprintln!("first page of a stored request: {} bytes, {many} places, {} bytes of those to verify", page.text.len(), of_verify.len());
                assert_eq!(many, 20, "a whole page");
                assert!(page.text.matches("href=\"tel:").count() > 40, "two telephones of each");
            }
            from += 20;
            if !page.text.contains(&format!("de={from}")) {
                break;
            }
        }
        let ranked = app.own(Role::Referent).rank(&format!("requests/{id}/rank"), None).await.expect(200).body;
        assert_eq!(Some(seen.len()), ranked["eligible"].as_u64().and_then(|all| usize::try_from(all).ok()), "each is reached");
        app.ignore_mails();
    }

    async fn the_same_of_what_is_not_stored(app: TestApp) {
        many::load(app.db(), 200);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let form = browser.get("/demande").await;
        let asked = [
            ("p1_who", "female_adult"), ("p1_age", "24"), ("place", "Lyon"), ("zone", "93, Toulouse 20 km"), ("avoid", "Dijon"), ("first_day", "2026-01-01"),
            ("today", "2026-01-01"), ("wish", "indifferent"), ("accepts_removal", "true"), ("urgency", "urgent"), ("nights", "10"), ("wished", "legal_support"), ("wished_languages", "en"),
        ];
        let page = browser.post("/demande", &form, &asked).await.expect(200);
        eprintln!("first page of what is not stored: {} bytes", page.text.len());
        assert_eq!(page.text.matches("</h3>").count().min(20), 20, "{}", page.text);
        assert!(page.text.contains(words::proposals::STORE_AND_SEE.text()) && page.text.len() < BYTES, "{} bytes", page.text.len());
    }
}
