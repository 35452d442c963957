//! Deadlines: by policy and urgency, in the answering hours of the unit; overdue *is* expired. The clock is moved, nothing sleeps.

use api::domain::Role;
use api::domain::deadline::UnitClock;
use api::domain::{Email, OpeningHours};
use chrono::{DateTime, TimeDelta, Utc};
use matcher::{Department, Policy, Urgency};
use serde_json::json;

use crate::harness::bodies::{request, unit, vacancy, with};
use crate::harness::on_both;

fn instant(text: &str) -> api::clock::Instant {
    api::clock::Instant::new(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

#[test]
fn an_answer_is_due_after_some_time_and_enough_of_the_hours_of_who_answers() {
    // Paris is at +01:00; 2026-11-20 is a Friday.
    for (hours, urgency, from, lapses) in [
        ("Mo-Fr 09:00-18:00", Urgency::Immediate, "2026-11-20T17:00:00+01:00", "2026-11-20T19:00:00+01:00"),
        // A day is longer than the four hours of the same day.
        ("Mo-Fr 09:00-18:00", Urgency::Urgent, "2026-11-20T09:00:00+01:00", "2026-11-21T09:00:00+01:00"),
        // One hour is left of Friday, three are on Monday.
        ("Mo-Fr 09:00-18:00", Urgency::Urgent, "2026-11-20T17:00:00+01:00", "2026-11-23T12:00:00+01:00"),
        ("Mo-Fr 09:00-18:00", Urgency::Urgent, "2026-11-21T03:00:00+01:00", "2026-11-23T13:00:00+01:00"),
        ("24/7", Urgency::Urgent, "2026-11-20T17:00:00+01:00", "2026-11-21T17:00:00+01:00"),
        ("24/7", Urgency::Planned, "2026-11-20T17:00:00+01:00", "2026-11-27T17:00:00+01:00"),
        // Christmas is a public holiday, a Friday in 2026.
        ("Mo-Fr 08:00-20:00; PH off", Urgency::Urgent, "2026-12-24T18:00:00+01:00", "2026-12-28T10:00:00+01:00"),
        // The clock is put back in the night to 2026-10-25: that day has 25 hours.
        ("24/7", Urgency::Urgent, "2026-10-24T12:00:00+02:00", "2026-10-25T11:00:00+01:00"),
        ("Su 00:00-24:00", Urgency::Urgent, "2026-10-24T00:00:00+02:00", "2026-10-25T03:00:00+01:00"),
        // Open past midnight.
        ("Mo-Su 22:00-23:00", Urgency::Urgent, "2026-11-20T12:00:00+01:00", "2026-11-23T23:00:00+01:00"),
        ("Mo 14:00-18:00", Urgency::Urgent, "2026-11-20T12:00:00+01:00", "2026-11-23T18:00:00+01:00"),
        // An hour a week: never later than four days, or fourteen.
        ("Mo 14:00-15:00", Urgency::Urgent, "2026-11-20T12:00:00+01:00", "2026-11-24T12:00:00+01:00"),
        ("Mo 14:00-15:00", Urgency::Planned, "2026-11-20T12:00:00+01:00", "2026-12-04T12:00:00+01:00"),
        ("Mo-We 14:00-16:00", Urgency::Planned, "2026-11-20T12:00:00+01:00", "2026-11-30T16:00:00+01:00"),
        // Who never answers keeps no bed for ever.
        ("off", Urgency::Urgent, "2026-11-20T12:00:00+01:00", "2026-11-21T12:00:00+01:00"),
    ] {
        let answering: OpeningHours = serde_json::from_value(json!(hours)).unwrap();
        let clock = UnitClock { department: Department::PARIS, answering_hours: std::slice::from_ref(&answering) };
        let deadline = clock.to_answer(&Policy::embedded(), urgency, instant(from));
        assert_eq!(deadline.at, instant(lapses), "{hours} {urgency} {from}");
        let way = instant(lapses).utc() - instant(from).utc();
        assert_eq!(deadline.remind_at, instant(from).plus(way * 2 / 3), "{hours} {urgency} {from}");
    }
}

#[test]
fn hours_are_those_of_the_place() {
    let answering: OpeningHours = serde_json::from_value(json!("Mo-Su 08:00-10:00")).unwrap();
    let island: Department = "974".parse().unwrap();
    let clock = UnitClock { department: island, answering_hours: std::slice::from_ref(&answering) };
    let deadline = clock.to_answer(&Policy::embedded(), Urgency::Urgent, instant("2026-11-20T09:00:00+04:00"));
    assert_eq!(deadline.at, instant("2026-11-22T09:00:00+04:00"));
}

#[test]
fn every_urgency_has_its_time() {
    let clock = UnitClock { department: Department::PARIS, answering_hours: &[] };
    let now = instant("2026-11-20T12:00:00+01:00");
    for (urgency, answer, confirm) in [(Urgency::Immediate, 2, 2), (Urgency::Urgent, 24, 24), (Urgency::Planned, 168, 72)] {
        let policy = Policy::embedded();
        assert_eq!(clock.to_answer(&policy, urgency, now).at, now.plus(TimeDelta::hours(answer)), "{urgency}");
        assert_eq!(clock.to_confirm(&policy, urgency, now, [None, None]).at, now.plus(TimeDelta::hours(confirm)), "{urgency}");
    }
}

#[test]
fn an_interview_or_a_journey_gives_time_to_confirm() {
    let clock = UnitClock { department: "974".parse().unwrap(), answering_hours: &[] };
    let now = instant("2026-11-20T12:00:00+04:00");
    let day = |text: &str| Some(text.parse().unwrap());
    for (days, lapses) in [
        // Three days after the last of them is over, at the place.
        ([day("2026-11-24"), None], "2026-11-28T00:00:00+04:00"),
        ([day("2026-11-26"), day("2026-11-24")], "2026-11-30T00:00:00+04:00"),
        ([None, day("2026-11-20")], "2026-11-24T00:00:00+04:00"),
        // Never more than thirty days from now, nor less than without them.
        ([day("2027-03-01"), None], "2026-12-20T12:00:00+04:00"),
        ([day("2026-11-01"), None], "2026-11-20T14:00:00+04:00"),
    ] {
        let deadline = clock.to_confirm(&Policy::embedded(), Urgency::Immediate, now, days);
        assert_eq!(deadline.at, instant(lapses), "{days:?}");
    }
}

fn time(value: &serde_json::Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

on_both! {
    async fn a_question_nobody_answers_is_expired_and_its_bed_free(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let request = app.request().await;
        let asked = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        let path = format!("referrals/{}", asked.id());
        assert_eq!(time(&asked.body["deadline"]) - time(&asked.body["created_at"]), TimeDelta::hours(2));
        app.clock().advance(TimeDelta::minutes(110));
        provider.command(&format!("{path}/acknowledge")).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["deadline"], asked.body["deadline"], "seeing moves no deadline");
        app.clock().advance(TimeDelta::minutes(10));

        // No job has run: reading says so, and what it held is free.
        let other = app.request().await;
        assert_eq!(provider.get(&format!("vacancies/{vacancy}")).await.expect(200).body["held"], 0);
        let read = referent.get(&path).await.expect(200).body;
        assert_eq!((&read["state"], &read["held"], &read["deadline"]), (&json!("expired"), &json!(false), &json!(null)));
        assert_eq!((&read["refusal"]["party"], &read["refusal"]["code"]), (&json!("system"), &json!("expired")));
        provider.command(&format!("{path}/accept")).await.refused(409, "referral_expired");
        app.ask(&other, &vacancy, json!({"hold": true})).await.expect(201);
        let about: Vec<_> = app.mails().iter().map(|mail| mail.subject.clone()).collect();
        assert_eq!(about.iter().filter(|subject| subject.contains("expiré")).count(), 1, "{about:?}");
    }

    async fn a_hold_takes_the_bed_of_one_that_is_overdue(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let (first, second) = (app.request().await, app.request().await);
        let held = app.ask(&first, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.ask(&second, &vacancy, json!({"hold": true})).await.refused(409, "no_bed_left");
        app.clock().advance(TimeDelta::hours(2));
        app.ask(&second, &vacancy, json!({"hold": true})).await.expect(201);
        assert_eq!(app.own(Role::Referent).get(&format!("referrals/{held}")).await.expect(200).body["state"], "expired");
        app.ignore_mails();
    }

    async fn rankings_see_beds_that_time_has_freed(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let (first, second) = (app.request().await, app.request().await);
        app.ask(&first, &vacancy, json!({"hold": true})).await.expect(201);
        let rank = format!("requests/{second}/rank");
        assert_eq!(app.own(Role::Referent).rank(&rank, None).await.expect(200).body["eligible"], 0);
        app.clock().advance(TimeDelta::hours(2));
        assert_eq!(app.own(Role::Referent).rank(&rank, None).await.expect(200).body["eligible"], 1);
        app.ignore_mails();
    }

    async fn the_referent_has_time_to_confirm_and_the_people_to_come(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site_with(&crate::harness::bodies::structure(), &with(unit(), json!({"answering_hours": null}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let planned = with(request(), json!({"urgency": "planned"}));
        let request = referent.post("requests", &planned).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        let accepted = provider.command(&format!("{path}/accept")).await.expect(200).body;
        assert_eq!(time(&accepted["deadline"]) - time(&accepted["accepted_at"]), TimeDelta::hours(72));
        for hours in [-25, 181 * 24] {
            let refused = referent.post(&format!("{path}/confirm"), &app.arrival_in(hours)).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/expected_arrival");
        }
        let confirmed = referent.post(&format!("{path}/confirm"), &app.arrival_in(5)).await.expect(200).body;
        assert_eq!((&confirmed["deadline"], &confirmed["overdue_since"]), (&json!(null), &json!(null)));
        app.clock().advance(TimeDelta::hours(28));
        assert_eq!(referent.get(&path).await.expect(200).body["overdue_since"], json!(null));
        app.clock().advance(TimeDelta::hours(1));
        let late = referent.get(&path).await.expect(200).body;
        assert_eq!((&late["state"], &late["held"]), (&json!("confirmed"), &json!(true)), "no clock frees a bed in which somebody may sleep");
        assert_eq!(time(&late["overdue_since"]) - time(&late["expected_arrival"]), TimeDelta::hours(24));
        assert_eq!(app.beds(&vacancy).await, (2, 1));
        app.ignore_mails();
    }

    async fn many_overdue_are_ended_by_whichever_task_comes_first(app: TestApp) {
        let vacancy = app.vacancy(30).await;
        for _ in 0..20 {
            let request = app.request().await;
            app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        }
        app.ignore_mails();
        app.clock().advance(TimeDelta::hours(3));
        let tasks = (0..4).map(|_| {
            let app = app.app().clone();
            std::thread::spawn(move || api::work::do_what_is_due(&app.desk()).unwrap())
        });
        tasks.collect::<Vec<_>>().into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'expireReferral'"), 20);
        assert_eq!(app.beds(&vacancy).await, (30, 0));
        let mails = app.mails();
        assert_eq!(mails.len(), 20, "each expiry is told once");
        let own: Email = serde_json::from_value(json!("own@example.org")).unwrap();
        assert!(mails.iter().all(|mail| mail.to == own.as_str()));
    }
}
