//! *Journaux*: what auditors see of both logs, filtered, and whether it is as it was written.

use api::domain::Role;
use serde_json::json;

use super::pages::Browser;
use crate::harness::{Answer, on_both};

/// The numbers of the entries that a page shows, in its order.
fn numbers(page: &Answer) -> Vec<i64> {
    page.text.split("n° ").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()).collect()
}

on_both! {
    async fn an_auditor_sees_who_read_what_newest_first_and_filtered(app: TestApp) {
        let (one, other) = (app.request().await, app.request().await);
        let referent = app.own(Role::Referent);
        referent.get(&format!("requests/{one}")).await.expect(200);
        referent.get(&format!("requests/{other}")).await.expect(200);
        let theirs = app.other(Role::Referent).post("requests", &crate::harness::bodies::request()).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Auditor)).await;

        let page = browser.get("/journaux").await.expect(200);
        let shown = numbers(&page);
        assert!(shown.len() >= 5 && shown.is_sorted_by(|before, after| before > after), "{shown:?}");
        for id in [&one, &other, &theirs] {
            assert!(page.text.contains(id.as_str()), "{id}");
        }
        let of_one = browser.get(&format!("/journaux?fiche={one}")).await.expect(200);
        assert!(of_one.text.contains("getRequest") && !of_one.text.contains(&other), "{}", of_one.text);
        assert_eq!(numbers(&of_one).len(), 2, "made and read");
        let organisation = app.other(Role::Referent).identity().organisation;
        let of_theirs = browser.get(&format!("/journaux?organisme={organisation}&sorte=request&fiche=&du=&au=")).await.expect(200);
        assert!(of_theirs.text.contains(&theirs) && !of_theirs.text.contains(&one), "an empty field narrows nothing");
        let account = referent.identity().account;
        let of_account = browser.get(&format!("/journaux?compte={account}&operation=getRequest")).await.expect(200);
        assert_eq!(numbers(&of_account).len(), 2);
        let today = app.clock().now().utc().date_naive();
        let before = today.pred_opt().unwrap().pred_opt().unwrap();
        assert!(numbers(&browser.get(&format!("/journaux?au={before}")).await.expect(200)).is_empty());
        assert!(!numbers(&browser.get(&format!("/journaux?du={before}")).await.expect(200)).is_empty());
        browser.get("/journaux?fiche=x").await.expect(400);

        let acts = browser.get("/journaux?journal=actes&operation=createRequest").await.expect(200);
        assert_eq!(numbers(&acts).len(), 3);
        for id in [&one, &other, &theirs] {
            assert!(acts.text.contains(id.as_str()), "{id}");
        }
        assert!(numbers(&browser.get(&format!("/journaux?journal=actes&fiche={one}&organisme={organisation}")).await.expect(200)).is_empty());
    }

    async fn of_an_entry_of_many_records_the_first_stand_in_its_line(app: TestApp) {
        for _ in 0..7 {
            app.request().await;
        }
        app.own(Role::Referent).get("requests").await.expect(200);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Auditor)).await;
        let page = browser.get("/journaux?operation=listRequests").await.expect(200);
        let line = page.text.split("<tbody>").nth(1).unwrap().split("</tr>").next().unwrap();
        let (shown, folded) = line.split_once("<details>").unwrap_or_else(|| panic!("{line}"));
        assert_eq!([shown, folded].map(|part| part.matches("fiche=").count()), [5, 2], "{line}");
    }

    async fn what_an_auditor_reads_is_noted_too(app: TestApp) {
        app.request().await;
        let auditor = app.own(Role::Auditor);
        let mut browser = Browser::signed_in(&app, &auditor).await;
        browser.get("/journaux").await.expect(200);
        let page = browser.get("/journaux?operation=journaux").await.expect(200);
        assert!(page.text.contains("journaux") && page.text.contains(&auditor.identity().account.to_string()), "{}", page.text);
    }

    async fn whoever_does_not_audit_sees_no_log(app: TestApp) {
        for role in [Role::Referent, Role::Provider, Role::Regulator, Role::Coordinator, Role::Administrator] {
            let mut browser = Browser::signed_in(&app, &app.own(role)).await;
            browser.get("/journaux").await.expect(403);
            browser.get("/journaux/verification").await.expect(403);
        }
    }

    async fn a_row_that_was_changed_is_told_on_the_page(app: TestApp) {
        app.request().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Auditor)).await;
        let page = browser.get("/journaux/verification").await.expect(200);
        assert!(page.text.contains("Intact.") && !page.text.contains("alert"), "{}", page.text);
        for trigger in ["events_only_grow", "events_only_grow_update"] {
            drop(app.try_sql(&format!("DROP TRIGGER {trigger}")));
            drop(app.try_sql(&format!("DROP TRIGGER {trigger} ON events")));
        }
        app.sql("UPDATE events SET command = 'withdrawVacancy' WHERE position = 3");
        let page = browser.get("/journaux/verification").await.expect(200);
        assert!(page.text.contains("role=\"alert\"") && page.text.contains("n° 3"), "{}", page.text);
    }

    async fn the_log_of_reads_is_filtered_and_turned_round_over_the_api(app: TestApp) {
        let (one, other) = (app.request().await, app.request().await);
        let referent = app.own(Role::Referent);
        for id in [&one, &other] {
            referent.get(&format!("requests/{id}")).await.expect(200);
        }
        let auditor = app.own(Role::Auditor);
        let of = async |query: String| auditor.get(&format!("access-log?{query}")).await.expect(200).body["items"].as_array().unwrap().clone();
        let found = of(format!("record_id={one}&record_kind=request")).await;
        assert!(found.iter().all(|entry| entry["record_ids"] == json!([one])) && found.len() == 2, "{found:?}");
        let account = referent.identity().account;
        let newest = of(format!("account_id={account}&order=newest&limit=1")).await;
        assert_eq!((newest.len(), &newest[0]["record_ids"]), (1, &json!([other])));
        assert_eq!(of(format!("organisation_id={}", app.other(Role::Referent).identity().organisation)).await.len(), 0);
        auditor.get("access-log?record_kind=x").await.refused(400, "invalid_parameter");
    }
}
