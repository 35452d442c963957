//! *Mes places* beyond its taps: all at once, other days, taken back, and what is over.

use api::domain::Role;
use api::web::pages::words;
use chrono::TimeDelta;
use serde_json::json;

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{day, structure, unit, vacancy, with};
use crate::harness::on_both;

on_both! {
    async fn all_is_confirmed_with_one_tap_and_what_changed_is_said(app: TestApp) {
        let provider = app.own(Role::Provider);
        let (one, other) = (app.vacancy(2).await, app.vacancy(3).await);
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        app.clock().advance(TimeDelta::minutes(20));
        let confirmed = async |id: &str| provider.get(&format!("vacancies/{id}")).await.expect(200).body["confirmed_at"].clone();
        let before = (confirmed(&one).await, confirmed(&other).await);
        let seen: Vec<String> = page.text.split("name=\"seen\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
            .filter(|seen| seen.contains(' ')).collect();
        let typed: Vec<_> = seen.iter().map(|seen| ("seen", seen.as_str())).collect();
        assert!(seen.iter().any(|seen| seen.starts_with(&one)) && seen.iter().any(|seen| seen.starts_with(&other)), "{seen:?}");
        let done = browser.post(&format!("/places/{one}/exactes"), &page, &typed).await.expect(303);
        assert_eq!(done.header("location"), "/places");
        assert!(confirmed(&one).await != before.0 && confirmed(&other).await != before.1);
        // A colleague counts one of them anew: the old page confirms the other alone, and says so.
        let etag = provider.get(&format!("vacancies/{one}")).await.expect(200).etag();
        provider.put(&format!("vacancies/{one}"), &etag, &with(vacancy(), json!({"beds": 1}))).await.expect(200);
        app.clock().advance(TimeDelta::minutes(1));
        let before = (confirmed(&one).await, confirmed(&other).await);
        let again = browser.get("/places").await.expect(200);
        let partly = browser.post(&format!("/places/{one}/exactes"), &again, &typed).await.expect(409);
        assert!(partly.text.contains(&*maud_escaped(&words::places::some_changed(1))), "{}", partly.text);
        assert!(confirmed(&one).await == before.0 && confirmed(&other).await != before.1);
    }

    async fn days_are_changed_and_what_is_wrong_stands_beside_them(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 4}))).await;
        let made = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 2}))).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        let seen = provider.get(&format!("vacancies/{made}")).await.expect(200).etag().trim_matches('"').to_owned();
        let path = format!("/places/{made}/modifier");
        let (from, until) = (day(3), day(9));
        let refused = browser.post(&path, &page, &[("seen", &seen), ("beds", "9"), ("from", &from), ("until", &until)]).await.expect(409);
        for said in [maud_escaped(words::BEYOND_PLACES_TEXT.text()), format!("value=\"{from}\""), "value=\"9\"".to_owned()] {
            assert!(refused.text.contains(&said), "{said}: {}", refused.text);
        }
        let wrong = browser.post(&path, &refused, &[("seen", &seen), ("beds", "2"), ("from", &until), ("until", &from)]).await;
        assert!([409, 422].contains(&wrong.status.as_u16()) && wrong.text.contains(&*maud_escaped(words::DATES_TEXT.text())), "{}", wrong.text);
        assert!(wrong.text.contains(&*maud_escaped(words::form::FIX_FIELDS.text())) && !wrong.text.contains(&format!(">{}<", words::FIX_FIELDS.text())), "{}", wrong.text);
        browser.post(&path, &wrong, &[("seen", &seen), ("beds", "3"), ("from", &from), ("until", &until)]).await.expect(303);
        let now = provider.get(&format!("vacancies/{made}")).await.expect(200).body;
        assert_eq!((&now["beds"], &now["from"], &now["until"]), (&json!(3), &json!(from), &json!(until)));
        browser.post(&path, &page, &[("seen", &seen), ("beds", "1"), ("from", &from)]).await.expect(412);
    }

    async fn what_is_taken_back_or_over_is_history(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site().await;
        let path = format!("units/{}/vacancies", site.unit);
        let night = provider.post(&path, &json!({"beds": 1, "from": day(0), "until": day(1)})).await.expect(201).id();
        let stands = provider.post(&path, &json!({"beds": 2, "from": day(0), "until": null})).await.expect(201).id();
        let withdrawn = provider.post(&path, &json!({"beds": 7, "from": day(0), "until": null})).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        let done = browser.post(&format!("/places/{withdrawn}/retirer"), &page, &[]).await.expect(303);
        assert_eq!(done.header("location"), format!("/places#groupe-{}", site.unit));
        app.clock().advance(TimeDelta::days(3));
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get("/places").await.expect(200);
        assert!(page.text.contains(&stands) && !page.text.contains(&night) && !page.text.contains(&withdrawn), "{}", page.text);
        let over = browser.get("/places/passees").await.expect(200);
        let shown = |text: &str| over.text.matches(text).count();
        assert_eq!((shown("1\u{a0}place,"), shown("7\u{a0}places,"), shown("2\u{a0}places,")), (1, 1, 0), "{}", over.text);
    }
}
