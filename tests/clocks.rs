//! Clocks: the night that lasts until the morning, times of the place, days that may be given, hours and holidays.

use std::collections::BTreeSet;

use actix_web::http::Method;
use api::domain::holidays;
use api::domain::{OpeningHours, Role};
use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeDelta, TimeZone as _};
use matcher::Department;
use opening_hours::localization::Country;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::bodies::{
    ad_hoc_request, day, organisation, public_structure, reached_at, request, structure, unit, vacancy, with,
};
use crate::harness::{Caller, TestApp, on_both};
use crate::http::pages::{Browser, hidden};

/// Moves the clock on until the one on the wall of a department shows this, and says when that is there.
fn wait_until(app: &TestApp, department: &str, hour: u32, minute: u32) -> DateTime<FixedOffset> {
    let zone = api::clock::zone(department.parse().unwrap());
    let now = app.clock().now().utc();
    let mut day = now.with_timezone(&zone).date_naive();
    loop {
        let at = zone.from_local_datetime(&day.and_hms_opt(hour, minute, 0).unwrap()).earliest();
        if let Some(at) = at.filter(|at| at.to_utc() > now) {
            app.clock().advance(at.to_utc() - now);
            return at.fixed_offset();
        }
        day = day.succ_opt().unwrap();
    }
}

fn before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap()
}

/// A home on La Réunion, whose address is public.
fn on_reunion() -> Value {
    public_structure("97411", -20.88, 55.45)
}

async fn eligible(caller: &Caller, path: &str, body: Option<&Value>) -> u64 {
    caller.rank(path, body).await.expect(200).body["eligible"].as_u64().unwrap()
}

on_both! {
    async fn tonight_is_the_day_before_until_the_morning(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        let evening = wait_until(&app, "69", 20, 0);
        let today = evening.date_naive();
        let one_night = json!({"beds": 2, "from": today, "until": today.succ_opt()});
        let vacancy = provider.post(&list, &one_night).await.expect(201).id();
        let tonight = with(ad_hoc_request(), json!({"first_day": today}));
        let stored = referent.post("requests", &with(request(), json!({"first_day": today}))).await.expect(201).id();
        let rank = format!("requests/{stored}/rank");
        for (hour, minute) in [(0, 30), (5, 58)] {
            let now = wait_until(&app, "69", hour, minute);
            assert_eq!(now.date_naive(), today.succ_opt().unwrap());
            assert_eq!(eligible(&referent, "rank", Some(&tonight)).await, 1, "{now}");
            assert_eq!(eligible(&referent, &rank, None).await, 1, "{now}");
            // Who asks for tomorrow, or can wait, does not ask for this night.
            for change in [json!({"urgency": "urgent"}), json!({"urgency": "planned"}), json!({"first_day": now.date_naive()})] {
                assert_eq!(eligible(&referent, "rank", Some(&with(tonight.clone(), change.clone()))).await, 0, "{now} {change}");
            }
            assert_eq!(app.walk(&provider, &list, 2).await, std::slice::from_ref(&vacancy));
            assert_eq!(app.walk(&provider, "vacancies", 2).await, std::slice::from_ref(&vacancy));
        }
        // What is held then is held for this night.
        app.ask(&stored, &vacancy, json!({"hold": true})).await.expect(201);
        let morning = wait_until(&app, "69", 6, 1);
        assert_eq!(eligible(&referent, "rank", Some(&tonight)).await, 0, "{morning}");
        assert_eq!(app.walk(&provider, &list, 2).await, Vec::<String>::new());
        assert_eq!(app.walk(&provider, "vacancies", 2).await, Vec::<String>::new());
        provider.get(&format!("vacancies/{vacancy}")).await.expect(200);
        app.ask(&app.request().await, &vacancy, json!({})).await.refused(409, "not_eligible");
        app.ignore_mails();
    }

    async fn the_night_is_read_in_the_offset_of_the_instant_that_is_given(app: TestApp) {
        let site = app.site().await;
        let one_night = json!({"beds": 2, "from": day(3), "until": day(4)});
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &one_night).await.expect(201);
        for (at, expected) in [("T23:59:59+01:00", 0), ("T00:00:00+01:00", 1), ("T05:59:59+01:00", 1), ("T06:00:00+01:00", 0), ("T05:30:00-04:00", 1)] {
            let body = with(ad_hoc_request(), json!({"at": format!("{}{at}", day(4)), "first_day": day(3)}));
            assert_eq!(eligible(&app.own(Role::Referent), "rank", Some(&body)).await, expected, "{at}");
        }
    }

    async fn overseas_a_vacancy_is_over_in_the_morning_there(app: TestApp) {
        let provider = app.own(Role::Provider);
        let islands = app.site_with(&public_structure("97120", 16.24, -61.53), &unit()).await;
        let lyon = app.site().await;
        let evening = wait_until(&app, "971", 20, 0);
        let today = evening.date_naive();
        let one_night = json!({"beds": 1, "from": before(today), "until": today.succ_opt()});
        let there = provider.post(&format!("units/{}/vacancies", islands.unit), &one_night).await.expect(201).id();
        let here = provider.post(&format!("units/{}/vacancies", lyon.unit), &one_night).await.expect(201).id();
        // In Lyon it is the next morning already.
        wait_until(&app, "69", 6, 30);
        assert_eq!(app.walk(&provider, "vacancies", 2).await, std::slice::from_ref(&there));
        assert_eq!(app.walk(&provider, &format!("units/{}/vacancies", lyon.unit), 2).await, Vec::<String>::new());
        assert_eq!(app.walk(&provider, &format!("units/{}/vacancies", islands.unit), 2).await, [there]);
        provider.get(&format!("vacancies/{here}")).await.expect(200);
        wait_until(&app, "971", 6, 1);
        assert_eq!(app.walk(&provider, "vacancies", 2).await, Vec::<String>::new());
    }

    async fn the_form_offers_tonight_where_the_reader_is(app: TestApp) {
        let referent = app.own(Role::Referent);
        let organisation = format!("organisations/{}", referent.identity().organisation);
        let of_guadeloupe = json!({"name": "Organisation fictive", "kind": "association", "orients": true, "departments": ["971"], "contact": reached_at("own@example.org")});
        app.own(Role::Administrator).put(&organisation, "*", &of_guadeloupe).await.expect(200);
        for (hour, minute) in [(21, 44), (0, 30), (5, 58), (6, 30)] {
            let now = wait_until(&app, "971", hour, minute);
            let tonight = if hour < 6 { before(now.date_naive()) } else { now.date_naive() };
            let page = Browser::signed_in(&app, &referent).await.get("/demande").await.expect(200);
            assert!(page.text.contains(&format!("name=\"first_day\" type=\"date\" value=\"{tonight}\"")), "{now}: {}", page.text);
        }
    }

    async fn who_leaves_the_day_as_it_is_means_tonight_there(app: TestApp) {
        let referent = app.other(Role::Referent);
        let now = wait_until(&app, "971", 1, 30);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get("/demande").await.expect(200);
        let offered = hidden(&page, "today");
        assert_eq!(offered, now.date_naive().to_string(), "in Paris it is morning");
        for (typed, meant) in [(offered.clone(), before(now.date_naive())), (now.date_naive().succ_opt().unwrap().to_string(), now.date_naive().succ_opt().unwrap())] {
            let (form, key) = (hidden(&page, "form"), uuid::Uuid::now_v7().to_string());
            let fields = [
                ("form", form.as_str()), ("key", key.as_str()), ("p1_who", "female_adult"), ("place", "Pointe-à-Pitre"), ("first_day", typed.as_str()),
                ("today", offered.as_str()), ("information", "given"), ("information_language", "en"),
            ];
            let stored = browser.post_alone("/demande/enregistrer", &fields).await.expect(303).header("location");
            let stored = referent.get(&stored.replace("/demandes/", "requests/").replace("/places", "")).await.expect(200).body;
            assert_eq!(stored["place"]["department"], "971");
            assert_eq!(stored["first_day"], meant.to_string(), "{typed}");
        }
    }

    async fn times_are_those_of_the_place_and_say_so(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.other(Role::Referent));
        let site = app.site_with(&on_reunion(), &unit()).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let here = with(request(), json!({"place": {"lat": -20.9, "lon": 55.5, "department": "974"}}));
        let request = referent.post("requests", &here).await.expect(201).id();
        let asked = referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201);
        let path = format!("referrals/{}", asked.id());
        let there = |instant: &Value| {
            let at: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(instant.as_str().unwrap()).unwrap();
            at.with_timezone(&FixedOffset::east_opt(4 * 3600).unwrap()).format("%-H\u{a0}h").to_string()
        };
        let deadline = there(&asked.body["deadline"]);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get("/orientations").await.expect(200);
        let is_there = |page: &str| page.split(&format!("datetime=\"{}\">", asked.body["deadline"].as_str().unwrap())).nth(1).unwrap().split("</time>").next().unwrap().to_owned();
        let said = is_there(&page.text);
        assert!(said.contains(&deadline) && said.ends_with(" (heure de La Réunion)"), "{deadline}: {said}");
        // Whoever lives there needs no such word.
        let own = Browser::signed_in(&app, &provider).await.get("/orientations").await.expect(200);
        assert!(is_there(&own.text).contains(&deadline) && !own.text.contains("heure de"), "{}", own.text);

        provider.command(&format!("{path}/accept")).await.expect(200);
        let page = browser.get("/orientations").await.expect(200);
        assert!(page.text.contains("Arrivée prévue (heure de La Réunion)"), "{}", page.text);
        let there_now = app.clock().now().utc().with_timezone(&FixedOffset::east_opt(4 * 3600).unwrap());
        let tomorrow = there_now.date_naive().succ_opt().unwrap();
        let (form, key, expected) = (hidden(&page, "form"), uuid::Uuid::now_v7().to_string(), format!("{tomorrow}T20:00"));
        let fields = [("form", form.as_str()), ("key", key.as_str()), ("expected", expected.as_str())];
        browser.post_alone(&format!("/orientations/{}/confirmer", asked.id()), &fields).await.expect(303);
        let confirmed = referent.get(&path).await.expect(200).body;
        assert_eq!(confirmed["expected_arrival"], format!("{tomorrow}T16:00:00.000000Z"));
        let page = Browser::signed_in(&app, &provider).await.get("/orientations").await.expect(200);
        assert!(page.text.contains("demain 20\u{a0}h<"), "{}", page.text);
        app.ignore_mails();
    }

    async fn places_are_declared_for_tonight_there(app: TestApp) {
        let provider = app.own(Role::Provider);
        app.site_with(&on_reunion(), &unit()).await;
        let now = wait_until(&app, "974", 3, 0);
        let page = Browser::signed_in(&app, &provider).await.get("/places").await.expect(200);
        assert!(page.text.contains(&format!("name=\"from\" value=\"{}\"", before(now.date_naive()))), "{now}: {}", page.text);
    }

    async fn no_day_lies_before_2000_or_more_than_five_years_ahead(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let site = app.site().await;
        let list = format!("units/{}/vacancies", site.unit);
        let standing = provider.post(&list, &vacancy()).await.expect(201).id();
        let referral = app.ask(&app.request().await, &standing, json!({})).await.expect(201).id();
        let stored = app.request().await;
        let (far, near) = (day(5 * 366 + 2), day(5 * 365 - 2));
        let told = |on: &str| json!({"state": "given", "day": on, "language": "en", "shared": []});
        let refusal = |until: &str| json!({"refusal": {"party": "structure", "code": "full", "effect": "exclude_unit", "until": until}});
        let before = app.row_counts();
        for wrong in ["1999-12-31", "0026-11-27", "9999-12-31", far.as_str()] {
            for (caller, method, path, body, pointer) in [
                (&provider, Method::POST, list.clone(), json!({"beds": 1, "from": wrong}), "/from"),
                (&provider, Method::PUT, format!("vacancies/{standing}"), json!({"beds": 1, "from": wrong}), "/from"),
                (&provider, Method::POST, list.clone(), json!({"beds": 1, "from": "2000-01-01", "until": wrong}), "/until"),
                (&referent, Method::POST, "requests".to_owned(), with(request(), json!({"first_day": wrong})), "/first_day"),
                (&referent, Method::POST, "requests".to_owned(), with(request(), json!({"information": told(wrong)})), "/information/day"),
                (&referent, Method::PUT, format!("requests/{stored}"), with(request(), json!({"first_day": wrong})), "/first_day"),
                (&referent, Method::POST, "rank".to_owned(), with(ad_hoc_request(), json!({"first_day": wrong})), "/first_day"),
                (&provider, Method::POST, format!("referrals/{referral}/accept"), json!({"interview_on": wrong}), "/interview_on"),
                (&provider, Method::POST, format!("referrals/{referral}/accept"), json!({"travel_on": wrong}), "/travel_on"),
                (&provider, Method::POST, format!("referrals/{referral}/decline"), refusal(wrong), "/refusal/until"),
                (&referent, Method::POST, format!("referrals/{referral}/withdraw"), with(refusal(wrong), json!({"refusal": {"party": "person", "code": "afraid", "until": wrong}})), "/refusal/until"),
            ] {
                let headers = [("idempotency-key", "day"), ("if-match", "*")];
                let refused = caller.send(method, &path, &headers, Some(body.to_string().into_bytes())).await.refused(409, "contradiction");
                let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
                assert!(named.contains(&pointer), "{wrong} {path}: {}", refused.text);
            }
            // A day that a list is asked for says nothing wrong: on a day so far there is nothing free that was declared.
            provider.get(&format!("units?free_on={wrong}")).await.expect(200);
        }
        assert_eq!(app.row_counts(), before);
        let both = provider.post(&list, &json!({"beds": 1, "from": "1999-01-01", "until": far})).await.refused(409, "contradiction");
        assert_eq!(both.body["errors"].as_array().unwrap().len(), 2, "all that is wrong is named: {}", both.text);
        provider.post(&list, &json!({"beds": 1, "from": "2000-01-01", "until": near})).await.expect(201);
        app.ignore_mails();
    }

    async fn a_first_day_is_no_more_than_a_year_past(app: TestApp) {
        let referent = app.own(Role::Referent);
        let year_ago = |days: u64| {
            let today = app.clock().now().utc().with_timezone(&chrono_tz::Europe::Paris).date_naive();
            (today.checked_sub_months(chrono::Months::new(12)).unwrap() - Days::new(days)).to_string()
        };
        for (first_day, fits) in [(year_ago(0), true), (year_ago(2), false), ("2001-01-01".to_owned(), false)] {
            let (stored, ranked) = (with(request(), json!({"first_day": first_day})), with(ad_hoc_request(), json!({"first_day": first_day})));
            if fits {
                referent.post("requests", &stored).await.expect(201);
                referent.rank("rank", Some(&ranked)).await.expect(200);
            } else {
                for refused in [referent.post("requests", &stored).await, referent.rank("rank", Some(&ranked)).await] {
                    assert_eq!(refused.refused(409, "contradiction").body["errors"][0]["pointer"], "/first_day", "{first_day}");
                }
            }
        }
        // As of the instant that is given, not of now.
        let then = with(ad_hoc_request(), json!({"first_day": "2019-11-23", "at": "2020-11-23T10:00:00+01:00"}));
        referent.rank("rank", Some(&then)).await.expect(200);
        let later = with(then, json!({"at": "2020-11-24T10:00:00+01:00"}));
        referent.rank("rank", Some(&later)).await.refused(409, "contradiction");

        // One that has grown old on the record hinders nothing.
        let old = referent.post("requests", &with(request(), json!({"first_day": day(0)}))).await.expect(201);
        let path = format!("requests/{}", old.id());
        app.clock().advance(TimeDelta::days(500));
        let kept = with(request(), json!({"first_day": day(0), "nights": 31}));
        let edited = referent.put(&path, &old.etag(), &kept).await.expect(200);
        referent.rank(&format!("{path}/rank"), None).await.expect(200);
        let worse = with(request(), json!({"first_day": day(1)}));
        referent.put(&path, &edited.etag(), &worse).await.refused(409, "contradiction");
    }

    async fn hours_that_cannot_be_worked_out_are_refused_when_they_are_given(app: TestApp) {
        let provider = app.own(Role::Provider);
        let home = provider.post("structures", &structure()).await.expect(201).id();
        let path = format!("structures/{home}/units");
        for (hours, why) in [("(sunset+08:00)-26:00", "worked out"), ("when it suits", "OpenStreetMap"), ("Mo 10:00", "OpenStreetMap")] {
            let body = with(unit(), json!({"answering_hours": hours}));
            let refused = provider.post(&path, &body).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/answering_hours", "{hours}");
            assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(why), "{hours}: {}", refused.text);
        }
        let kept = provider.post(&path, &unit()).await.expect(201);
        let worse = with(unit(), json!({"answering_hours": "Mo-Fr 09:00-18:00; (sunset+08:00)-26:00"}));
        provider.put(&format!("units/{}", kept.id()), "*", &worse).await.refused(409, "contradiction");
        // So are those of whom to call, of a home, of an organisation and of its contact alone.
        let contact = json!({"numbers": [{"phone": "115", "hours": "24/7"}, {"phone": "119", "hours": "(sunset+08:00)-26:00"}]});
        let own = format!("organisations/{}", provider.identity().organisation);
        let administrator = app.own(Role::Administrator);
        for (refused, pointer) in [
            (provider.post("structures", &with(structure(), json!({"trafficking_contact": contact}))).await, "/trafficking_contact/numbers/1/hours"),
            (provider.put(&format!("structures/{home}"), "*", &with(structure(), json!({"trafficking_contact": contact}))).await, "/trafficking_contact/numbers/1/hours"),
            (provider.put(&format!("{own}/contact"), "*", &contact).await, "/numbers/1/hours"),
            (administrator.post("organisations", &with(organisation(), json!({"contact": contact}))).await, "/contact/numbers/1/hours"),
        ] {
            let refused = refused.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
            assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains("worked out"), "{}", refused.text);
        }
    }

    async fn whatever_hours_are_taken_no_question_fails_by_them(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let home = provider.post("structures", &structure()).await.expect(201).id();
        let mut taken = 0;
        for hours in STRANGE {
            let made = provider.post(&format!("structures/{home}/units"), &with(unit(), json!({"answering_hours": hours}))).await;
            if made.status == 409 {
                made.refused(409, "contradiction");
                continue;
            }
            taken += 1;
            let vacancy = provider.post(&format!("units/{}/vacancies", made.expect(201).id()), &vacancy()).await.expect(201).id();
            for urgency in ["urgent", "planned"] {
                let request = referent.post("requests", &with(request(), json!({"urgency": urgency}))).await.expect(201).id();
                let asked = app.ask(&request, &vacancy, json!({})).await.expect(201);
                provider.command(&format!("referrals/{}/accept", asked.id())).await.expect(200);
            }
        }
        assert!(taken > 10, "{taken}");
        app.ignore_mails();
    }

    async fn hours_that_stand_there_all_the_same_stop_no_command(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let site = app.site_with(&structure(), &with(unit(), json!({"kind": "hotel"}))).await;
        let poisoned = with(unit(), json!({"kind": "hotel", "answering_hours": "(sunset+08:00)-26:00"}));
        app.sql(&format!("UPDATE units SET hidden = NULL, profile = '{poisoned}' WHERE kind = 'hotel'"));
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let request = referent.post("requests", &with(request(), json!({"urgency": "urgent"}))).await.expect(201).id();
        let asked = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        let at = |field: &str| DateTime::parse_from_rfc3339(asked.body[field].as_str().unwrap()).unwrap();
        assert_eq!(at("deadline") - at("created_at"), TimeDelta::hours(24), "as if somebody answered always");
        provider.command(&format!("referrals/{}/accept", asked.id())).await.expect(200);
        app.ignore_mails();
    }

    async fn each_line_of_a_plan_fails_alone(app: TestApp) {
        let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
        let mut requests = Vec::new();
        for kind in ["hotel", "chrs", "emergency_centre"] {
            let site = app.site_with(&structure(), &with(unit(), json!({"kind": kind}))).await;
            provider.post(&format!("units/{}/vacancies", site.unit), &json!({"beds": 1, "from": "2026-01-01"})).await.expect(201);
            requests.push(referent.post("requests", &with(request(), json!({"urgency": "urgent"}))).await.expect(201).id());
        }
        let plan = referent.post("plans", &json!({"request_ids": requests})).await.expect(201);
        assert_eq!(plan.body["assignments"].as_array().unwrap().len(), 3, "{}", plan.text);
        let poisoned = with(unit(), json!({"kind": "hotel", "answering_hours": "(sunset+08:00)-26:00"}));
        app.sql(&format!("UPDATE units SET profile = '{poisoned}' WHERE kind = 'hotel'"));
        app.sql("UPDATE units SET profile = '{\"broken\": true}' WHERE kind = 'chrs'");
        let confirmed = referent.post(&format!("plans/{}/confirm", plan.id()), &json!({})).await.expect(200).body;
        let mut outcomes: Vec<_> = confirmed["lines"].as_array().unwrap().iter().map(|line| (line["outcome"].as_str().unwrap(), line["code"].as_str())).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [("held", None), ("held", None), ("refused", Some("internal"))]);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 2);
        app.ignore_mails();
    }
}

/// Hours that nobody writes, but that the syntax may let through.
const STRANGE: &[&str] = &[
    "24/7",
    "off",
    "unknown",
    "PH",
    "PH off",
    "SH,PH off; Mo-Su 08:00-20:00",
    "PH -1 day 10:00-12:00",
    "easter -32767 days 10:00-12:00",
    "easter +32767 days 10:00-12:00",
    "week 53 10:00-12:00",
    "week 01-53/7 Mo 10:00-12:00",
    "2026-2040/3 10:00-12:00",
    "9999 10:00-12:00",
    "1900 10:00-12:00",
    "Feb 29 10:00-12:00",
    "Feb 30 10:00-12:00",
    "Dec 31-Jan 01 22:00-26:00",
    "Mo[5] 10:00-12:00",
    "Mo[-1] +6 days 10:00-12:00",
    "sunset-sunrise",
    "(sunrise-23:59)-(sunset+23:59)",
    "(dusk+08:00)-(dawn+08:00)",
    "(sunset+08:00)-30:00",
    "(dawn-08:00)-08:00",
    "20:00-48:00",
    "10:00+",
    "10:00-10:00",
    "00:00-24:00",
    "24:00-24:00",
    "23:59-24:01",
    "08:00-12:00/01:30",
    "Mo-Fr 09:00-18:00 || \"sur rendez-vous\"",
    "Mo-Fr 09:00-18:00 \"appelez\", Sa 10:00-12:00 unknown; PH off; easter off",
    "00:00-00:01,00:02-00:03,00:04-00:05,00:06-00:07,00:08-00:09,00:10-00:11,00:12-00:13,00:14-00:15,00:16-00:17",
];

fn hours(text: &str) -> OpeningHours {
    serde_json::from_value(json!(text)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is read either works out, or is known not to: nothing panics beyond its own walls.
    #[test]
    fn no_hours_whatever_bring_anything_down(
        parts in prop::collection::vec(prop::sample::select(vec![
            "Mo-Fr", "Su[-1]", "Sa-Mo", "PH", "SH", "PH +1 day", "easter", "easter -2 days", "week 01-53/2", "week 53", "2026-2030/3",
            "2026+", "Jan-Mar", "Nov-Feb", "Feb 29", "Dec 31-Jan 01", "09:00-18:00", "22:00-26:00", "(sunrise-23:59)-(sunset+23:59)",
            "(sunset+08:00)-26:00", "(dusk+05:00)-(dawn+01:00)", "sunset-sunrise", "10:00+", "10:00-48:00", "off", "open", "unknown",
            "24/7", "\"x\"", ";", ",", "||", "-",
        ]), 1..7),
        glue in prop::sample::select(vec![" ", "", "; "]),
        other in "[ -~]{0,40}",
    ) {
        let from: NaiveDate = "2026-11-27".parse().unwrap();
        for text in [parts.join(glue), other] {
            let Ok(hours) = serde_json::from_value::<OpeningHours>(json!(text)) else { continue };
            let works = hours.reads() && hours.works_out(from);
            let within = from.and_hms_opt(9, 30, 0).unwrap()..(from + Days::new(14)).and_hms_opt(9, 30, 0).unwrap();
            let answered = hours.answered(Department::PARIS, within.clone());
            prop_assert!(!works || answered.is_some(), "{text}");
            for span in answered.iter().flatten() {
                prop_assert!(within.start <= span.start && span.start < span.end && span.end <= within.end, "{text}: {span:?}");
            }
        }
    }
}

#[test]
fn public_holidays_are_those_of_the_almanac() {
    let years = 2015..=2040;
    let ours: BTreeSet<_> = holidays::of(Department::PARIS, years.clone()).iter().collect();
    let theirs = Country::FR.holidays();
    let known = |day: &NaiveDate| years.contains(&chrono::Datelike::year(day));
    let theirs: BTreeSet<_> = theirs.get_public().iter().filter(known).collect();
    assert!(theirs.len() > 100);
    let last = theirs.last().copied().unwrap();
    assert_eq!(ours.iter().filter(|day| **day <= last).copied().collect::<BTreeSet<_>>(), theirs);
}

#[test]
fn holidays_are_those_of_the_place() {
    let closed = |department: &str, day: &str| {
        let day: NaiveDate = day.parse().unwrap();
        let within = day.and_hms_opt(0, 0, 0).unwrap()..day.succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap();
        let open = hours("Mo-Su 09:00-18:00; PH off").answered(department.parse().unwrap(), within).unwrap();
        open.is_empty()
    };
    // Easter is 5 April 2026, 28 March 2027 and 16 April 2028.
    for (day, places) in [
        ("2026-04-03", vec!["57", "67", "68"]),
        ("2027-03-26", vec!["57", "67", "68"]),
        ("2028-04-14", vec!["57", "67", "68"]),
        ("2026-12-26", vec!["57", "67", "68"]),
        ("2027-05-27", vec!["971"]),
        ("2027-05-22", vec!["972"]),
        ("2027-06-10", vec!["973"]),
        ("2026-12-20", vec!["974"]),
        ("2027-04-27", vec!["976"]),
        ("2027-10-09", vec!["977"]),
        ("2027-05-28", vec!["978"]),
        ("2027-11-02", vec![]),
    ] {
        let keep: Vec<_> = Department::ALL.iter().copied().filter(|department| closed(department, day)).collect();
        assert_eq!(keep, places, "{day}");
    }
    for day in [
        "2026-04-06",
        "2026-05-14",
        "2026-05-25",
        "2027-03-29",
        "2026-12-25",
        "2027-01-01",
        "2027-05-01",
        "2027-05-08",
        "2027-07-14",
    ] {
        assert!(Department::ALL.iter().all(|department| closed(department, day)), "{day}");
    }
}
