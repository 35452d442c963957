//! How long requests are kept: 24 months after the last act for their people, to the day; and what is one.

use api::commands::retention;
use api::db::{Author, requests};
use api::domain::Role;
use api::domain::retention::ACTS;
use api::web::operations;
use chrono::{Months, TimeDelta};
use serde_json::json;

use crate::harness::bodies::{request, unit, vacancy, with};
use crate::harness::{TestApp, on_both};

/// Moves the clock to so many days beside 24 months after an instant.
fn months_later(app: &TestApp, since: api::clock::Instant, days: i64) {
    let then = since.utc().checked_add_months(Months::new(24)).unwrap() + TimeDelta::days(days);
    app.clock().advance(then - app.clock().now().utc());
}

fn erase(app: &TestApp) -> retention::Report {
    retention::erase_what_is_over(app.db(), |erase| app.app().service.write(Author::service(retention::ERASE), erase)).unwrap()
}

on_both! {
    async fn a_request_is_kept_for_24_months_to_the_day(app: TestApp) {
        let since = app.clock().now();
        let (stored, referent) = (app.request().await, app.own(Role::Referent));
        months_later(&app, since, -1);
        assert_eq!((retention::over(app.db()).unwrap().total(), erase(&app).total()), (0, 0));
        referent.get(&format!("requests/{stored}")).await.expect(200);
        let counted = app.db().read(requests::statistics).unwrap();

        months_later(&app, since, 1);
        let over = retention::over(app.db()).unwrap();
        assert_eq!(over.lines().collect::<Vec<_>>(), [("69", "open", 1)]);
        referent.get(&format!("requests/{stored}")).await.expect(200);
        assert_eq!(erase(&app), over, "what was said would be is what was erased");
        referent.get(&format!("requests/{stored}")).await.refused(404, "not_found");
        assert_eq!(app.db().read(requests::statistics).unwrap(), counted, "statistics count what they counted");
        assert_eq!(erase(&app).total(), 0);
        app.ignore_mails();
        assert_eq!(app.db().keys().lacking(&[api::domain::ids::RequestId(stored.parse().unwrap())]).unwrap().len(), 1, "its key is gone");
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'eraseRequest'"), 1);
    }

    async fn an_act_for_the_person_counts_and_a_reading_does_not(app: TestApp) {
        let since = app.clock().now();
        let (noted, read, asked) = (app.request().await, app.request().await, app.request().await);
        let (vacancy, referent) = (app.vacancy(3).await, app.own(Role::Referent));
        let referral = app.ask(&asked, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        referent.post(&format!("referrals/{referral}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.clock().advance(TimeDelta::days(300));
        referent.post(&format!("requests/{noted}/notes"), &json!({"text": "Rappeler demain."})).await.expect(200);
        app.own(Role::Provider).command(&format!("referrals/{referral}/arrival")).await.expect(200);
        referent.get(&format!("requests/{read}")).await.expect(200);
        referent.rank(&format!("requests/{read}/rank"), None).await.expect(200);
        app.own(Role::Auditor).get("access-log").await.expect(200);
        app.ignore_mails();
        months_later(&app, since, 1);
        assert_eq!(erase(&app).lines().collect::<Vec<_>>(), [("69", "open", 1)]);
        referent.get(&format!("requests/{read}")).await.refused(404, "not_found");
        for kept in [&noted, &asked] {
            referent.get(&format!("requests/{kept}")).await.expect(200);
        }
        app.ignore_mails();
    }

    async fn what_statistics_keep_is_genders_and_minors_and_no_more(app: TestApp) {
        let adult = |gender: &str| json!({"gender": gender, "minority": "adult", "age": 30});
        let child = |with_parent: bool| json!({"gender": "female", "minority": "minor", "age": 9, "with_parent": with_parent});
        let expected = [
            (json!([adult("female")]), ["female", "none"]),
            (json!([adult("male")]), ["male", "none"]),
            (json!([adult("female"), adult("male")]), ["mixed", "none"]),
            (json!([adult("female"), adult("male"), adult("other")]), ["other", "none"]),
            (json!([adult("female"), child(true)]), ["female", "with_parent"]),
            (json!([adult("female"), child(true), child(false)]), ["female", "alone"]),
        ];
        for (household, _) in &expected {
            app.own(Role::Referent).post("requests", &with(request(), json!({"household": household}))).await.expect(201);
        }
        let mut bands: Vec<_> = expected.iter().map(|(_, [gender, minors])| ["69", "emergency", "immediate", "open", *gender, *minors].map(str::to_owned)).collect();
        bands.sort_unstable();
        let counted = || app.db().read(requests::statistics).unwrap().into_keys().collect::<Vec<_>>();
        assert_eq!(counted(), bands);
        app.clock().advance(TimeDelta::days(800));
        app.ignore_mails();
        assert_eq!((erase(&app).total(), counted()), (6, bands), "nor less of who is erased");
        app.ignore_mails();
    }

    async fn what_time_does_and_what_follows_from_an_edit_of_a_home_is_no_act(app: TestApp) {
        let since = app.clock().now();
        let (lent, judged, site) = (app.request().await, app.request().await, app.site().await);
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        referent.post(&format!("requests/{lent}/lend"), &app.lending_for(60)).await.expect(200);
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let referral = app.ask(&judged, &vacancy, json!({})).await.expect(201).id();
        provider.command(&format!("referrals/{referral}/accept")).await.expect(200);
        referent.post(&format!("referrals/{referral}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.clock().advance(TimeDelta::days(3));
        app.ignore_mails();
        let edited = with(unit(), json!({"genders": ["male"]}));
        provider.put(&format!("units/{}", site.unit), "*", &edited).await.expect(200);
        app.ignore_mails();
        let noted = |command: &str| app.count(&format!("SELECT count(*) AS n FROM events WHERE command = '{command}'"));
        assert_eq!((noted("endLending"), noted("reevaluateReferral")), (1, 1));
        months_later(&app, since, 1);
        assert_eq!(erase(&app).total(), 2);
        app.ignore_mails();
    }

    async fn a_stay_stands_on_when_its_people_are_forgotten(app: TestApp) {
        let (since, vacancy) = (app.clock().now(), app.vacancy(3).await);
        let referral = app.referral_in(&vacancy, api::domain::ReferralState::Arrived).await;
        app.ignore_mails();
        months_later(&app, since, 2);
        assert_eq!(erase(&app).lines().collect::<Vec<_>>(), [("69", "placed", 1)]);
        let stay = app.own(Role::Provider).get(&format!("referrals/{referral}")).await.expect(200).body;
        assert_eq!((&stay["state"], &stay["asks_for"]["people"]), (&json!("arrived"), &json!(1)));
        app.own(Role::Provider).post(&format!("referrals/{referral}/end"), &json!({"reason": "rehoused", "request": "closed"})).await.expect(200);
        app.ignore_mails();
    }
}

/// Commands on a request or a referral that are no act for the person, with why.
const NO_ACTS: &[&str] = &[
    // Reading.
    "rankForRequest",
    "noteOutcome",
    "showContact",
    "showAddress",
    // They erase.
    "withdrawAgreement",
    // They are about another request as much; what follows for the person is an act of its own.
    "createKeepApartCode",
    "createKeepApartLink",
    "endKeepApartLink",
    "endAnyKeepApartLink",
    "rememberPhone",
];

#[test]
fn every_command_is_an_act_or_is_none() {
    let commands = operations::ALL.iter().filter(|row| row.method != "GET");
    let of_people = |path: &str| {
        let is_api = path.starts_with("/api/v1") && ["/requests", "/referrals", "/links"].iter().any(|of| path.contains(of));
        // A remembered telephone has commands of its own, which the API has not.
        is_api || path.starts_with("/lien/")
    };
    for row in commands.filter(|row| of_people(row.path)) {
        let about_a_vacancy = ["confirmVacancyByLink", "countVacancyByLink", "recordTakenElsewhereByLink"].contains(&row.id);
        let said = ACTS.contains(&row.id) != NO_ACTS.contains(&row.id) || about_a_vacancy;
        assert!(said, "{} is new: say in domain/retention.rs or here whether it is an act for the person", row.id);
    }
    for act in ACTS {
        assert!(operations::ALL.iter().any(|row| row.id == *act), "{act} is no operation");
    }
}
