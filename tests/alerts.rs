//! Alerts: who is told that a quota is nearly used up or is, or that reading is unusual, and who is not. And a day of work that meets none.

use std::collections::BTreeSet;

use api::cli::seed::load_records;
use api::domain::Role;
use api::seed::demo;
use api::web::pages::words;
use api::work::mail::Mail;
use api::work::tallies;
use chrono::{TimeDelta, Timelike as _};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, with};
use crate::harness::people::Person;
use crate::harness::{Caller, TestApp, on_both, tools};
use crate::http::keep_apart::linked;
use crate::http::pages::Browser;
use crate::quotas::{colleague, planned, used_up};

/// The coordination, at an address, and somebody of it.
async fn coordination(app: &TestApp) -> Caller {
    let contact = json!({"numbers": [{"label": "coordination", "phone": "01 99 00 00 10"}], "email": "coordination@example.org"});
    let body = json!({"name": "Coordination fictive", "kind": "coordination", "contact": contact});
    let made = app.own(Role::Administrator).post("organisations", &body).await.expect(201).id();
    app.in_roles(api::domain::ids::OrganisationId(made.parse().unwrap()), &[Role::Coordinator])
}

/// What a caller's feed says of alerts: what they are about, their level, and whether they are of an account.
async fn told(caller: &Caller) -> Vec<(String, String, bool)> {
    let feed = caller.get("events?record_kind=alert&limit=200").await.expect(200).body;
    let line = |event: &Value| {
        let detail = &event["detail"];
        let text = |field: &str| detail[field].as_str().unwrap().to_owned();
        (text("about"), text("level"), detail["account_id"].is_string())
    };
    feed["items"].as_array().unwrap().iter().map(line).collect()
}

fn addresses(mails: &[Mail]) -> BTreeSet<String> {
    mails.iter().map(|mail| mail.to.clone()).collect()
}

fn line(about: &str, level: &str, of_account: bool) -> (String, String, bool) {
    (about.to_owned(), level.to_owned(), of_account)
}

on_both! {
    async fn four_fifths_tell_the_manager_and_all_of_it_the_coordination(app: TestApp) {
        let coordinator = coordination(&app).await;
        let app = app.with_quotas(&[("quotas.requests_stored", &[5, 100])]).await;
        let (referent, manager) = (app.own(Role::Referent), app.own(Role::Manager));
        let label = "Camille Fictive";
        let invited = json!({"email": "responsable@example.org", "label": label, "roles": ["manager"]});
        manager.post(&format!("organisations/{}/accounts", manager.identity().organisation), &invited).await.expect(201);
        app.ignore_mails();
        for _ in 0..3 {
            referent.post("requests", &planned()).await.expect(201);
        }
        assert_eq!((app.mails(), told(&manager).await), (vec![], vec![]), "three fifths are nobody's business");
        referent.post("requests", &planned()).await.expect(201);
        assert_eq!(addresses(&app.mails()), BTreeSet::from(["responsable@example.org".to_owned()]));
        let near = line("requests_stored", "four_fifths", true);
        assert_eq!((told(&manager).await, told(&coordinator).await), (vec![near.clone()], vec![]));
        referent.post("requests", &planned()).await.expect(201);
        let mails = app.mails();
        assert_eq!(addresses(&mails), BTreeSet::from(["coordination@example.org".to_owned(), "responsable@example.org".to_owned()]));
        assert!(mails.iter().all(|mail| mail.subject.contains("plafond est atteint")), "{mails:#?}");
        let all = line("requests_stored", "all", true);
        assert_eq!((told(&manager).await, told(&coordinator).await), (vec![near.clone(), all.clone()], vec![all.clone()]));
        // Once a day, whatever is tried.
        for _ in 0..3 {
            used_up(referent.post("requests", &planned()).await, "requests_stored", "account");
        }
        assert_eq!((app.mails(), told(&manager).await.len()), (vec![], 2));
        // Nobody else reads of it: not the account itself, nor who manages elsewhere, nor who administers, nor who runs homes.
        for (role, side) in [(Role::Referent, true), (Role::Provider, true), (Role::Coordinator, true), (Role::Administrator, true), (Role::Manager, false), (Role::Referent, false)] {
            let caller = if side { app.own(role) } else { app.other(role) };
            assert_eq!(told(&caller).await, [], "{role:?} {side}");
        }
        assert_eq!(told(&app.own(Role::Auditor)).await, [near, all]);
        // A line on the page of accounts, for who manages them.
        let own = format!("/comptes/{}", manager.identity().organisation);
        let mut browser = Browser::signed_in(&app, &manager).await;
        let page = browser.get(&own).await.expect(200).text;
        assert!(page.contains(words::quotas::ALERTS.text()) && page.contains("demandes enregistrées, 5 sur 5") && page.contains("4 sur 5"), "{page}");
        let mut browser = Browser::signed_in(&app, &app.own(Role::Administrator)).await;
        assert!(!browser.get(&own).await.expect(200).text.contains(words::quotas::ALERTS.text()));
        let mut browser = Browser::signed_in(&app, &app.other(Role::Manager)).await;
        assert!(!browser.get("/comptes").await.expect(200).text.contains(words::quotas::ALERTS.text()));
        // A month later it stands there no more.
        app.clock().advance(TimeDelta::days(31));
        app.ignore_mails();
        let mut browser = Browser::signed_in(&app, &manager).await;
        assert!(!browser.get(&own).await.expect(200).text.contains(words::quotas::ALERTS.text()));
    }

    async fn an_organisation_s_own_quota_is_told_without_an_account(app: TestApp) {
        let app = app.with_quotas(&[("quotas.plans", &[4, 5])]).await;
        let (referent, colleague) = (app.own(Role::Referent), colleague(&app));
        for caller in [&referent, &referent, &colleague, &colleague, &colleague] {
            caller.command("plans").await.expect(201);
        }
        app.ignore_mails();
        let expected = vec![line("plans", "four_fifths", false), line("plans", "all", false)];
        assert_eq!(told(&app.own(Role::Manager)).await, expected);
    }

    async fn what_goes_down_and_up_again_is_told_once_and_a_refusal_too(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let app = app.with_quotas(&[("quotas.beds_held", &[5, 100])]).await;
        let (referent, manager) = (app.own(Role::Referent), app.own(Role::Manager));
        let household = |people: usize| {
            let person = json!({"gender": "female", "minority": "adult", "age": 24});
            with(planned(), json!({"household": vec![person; people]}))
        };
        let hold = async |people: usize| {
            let request = referent.post("requests", &household(people)).await.expect(201).id();
            referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy, "hold": true})).await
        };
        let four = hold(4).await.expect(201).id();
        app.ignore_mails();
        let near = line("beds_held", "four_fifths", true);
        assert_eq!(told(&manager).await, std::slice::from_ref(&near));
        referent.command(&format!("referrals/{four}/withdraw")).await.expect(200);
        hold(4).await.expect(201);
        app.ignore_mails();
        assert_eq!(told(&manager).await, std::slice::from_ref(&near), "once a day");
        // Four are held and two do not fit: five of five are never held, and whoever tried is told of all the same.
        used_up(hold(2).await, "beds_held", "account");
        app.ignore_mails();
        assert_eq!(told(&manager).await, [near, line("beds_held", "all", true)]);
    }

    async fn many_contacts_many_requests_at_night_and_rankings_alike_are_unusual(app: TestApp) {
        let changes: &[(&str, &[u32])] = &[("unusual.contacts_shown", &[2]), ("unusual.requests_at_night", &[3]), ("unusual.rankings_alike", &[3])];
        for _ in 0..2 {
            app.vacancy(5).await;
        }
        let coordinator = coordination(&app).await;
        let app = app.with_quotas(changes).await;
        let (referent, manager, auditor) = (app.other(Role::Referent), app.other(Role::Manager), app.own(Role::Auditor));
        let unusual = async |about: &str| told(&auditor).await.into_iter().filter(|alert| *alert == line(about, "unusual", true)).count();
        // By day nobody counts requests; the clock of a service without a department is that of Paris.
        let here = app.clock().now().utc().with_timezone(&chrono_tz::Europe::Paris);
        let noon = 24 + 12 - i64::from(here.hour());
        app.clock().advance(TimeDelta::hours(noon));
        let mut stored = Vec::new();
        for _ in 0..3 {
            stored.push(referent.post("requests", &request()).await.expect(201).id());
        }
        for request in &stored {
            referent.get(&format!("requests/{request}")).await.expect(200);
        }
        referent.rank(&format!("requests/{}/rank", stored[0]), None).await.expect(200);
        app.ignore_mails();
        assert_eq!((unusual("contacts_shown").await, unusual("requests_at_night").await, unusual("rankings_alike").await), (1, 0, 0));
        // Rankings of stored requests and of others are counted together where they ask the same.
        for _ in 0..2 {
            referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
        }
        tallies::write_down(&app.app().service).unwrap();
        app.ignore_mails();
        assert_eq!(unusual("rankings_alike").await, 1);
        app.clock().advance(TimeDelta::hours(11));
        for request in &stored {
            referent.get(&format!("requests/{request}")).await.expect(200);
        }
        app.ignore_mails();
        assert_eq!(unusual("requests_at_night").await, 1);
        // The organisation's managers are told of all three, and stops nobody; the coordination hears of none.
        let levels: Vec<_> = told(&manager).await.into_iter().map(|(about, ..)| about).collect();
        assert_eq!(levels, ["contacts_shown", "rankings_alike", "requests_at_night"]);
        assert_eq!((told(&coordinator).await, told(&app.own(Role::Manager)).await, told(&referent).await), (vec![], vec![], vec![]));
        referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
    }

    async fn unusual_reading_is_told_to_the_auditors_by_mail_and_a_quota_is_not(app: TestApp) {
        for _ in 0..2 {
            app.vacancy(5).await;
        }
        let auditor = Person::invited(&app, &app.own(Role::Auditor));
        let changes: &[(&str, &[u32])] = &[("unusual.contacts_shown", &[2]), ("quotas.requests_stored", &[1, 100])];
        let app = app.with_quotas(changes).await;
        app.ignore_mails();
        let referent = app.other(Role::Referent);
        let stored = referent.post("requests", &request()).await.expect(201).id();
        assert_eq!(app.mails(), vec![], "a quota that is used up is nothing unusual");
        referent.rank(&format!("requests/{stored}/rank"), None).await.expect(200);
        let mails = app.mails();
        assert_eq!(addresses(&mails), BTreeSet::from([auditor.address]));
        assert!(mails.len() == 1 && mails[0].subject.contains("lecture inhabituelle"), "{mails:#?}");
        assert!(mails[0].text.contains("/journaux?journal=actes&sorte=alert") && !mails[0].text.contains(&stored), "{mails:#?}");
    }

    async fn encounters_are_told_to_auditors_and_never_to_the_organisation(app: TestApp) {
        let (here, there) = (app.vacancy(5).await, app.vacancy(5).await);
        let coordinator = coordination(&app).await;
        let (own, other) = linked(&app).await;
        app.ask(&own, &here, json!({"hold": true})).await.expect(201);
        app.ignore_mails();
        let app = app.with_quotas(&[("unusual.encounters", &[2])]).await;
        let referent = app.other(Role::Referent);
        for vacancy in [&here, &there] {
            referent.post(&format!("requests/{other}/referrals"), &json!({"vacancy_id": vacancy})).await.expect(201);
        }
        app.ignore_mails();
        let expected = vec![line("encounters", "unusual", true)];
        assert_eq!((told(&app.own(Role::Auditor)).await, told(&coordinator).await), (expected.clone(), expected));
        for caller in [app.other(Role::Manager), referent, app.own(Role::Manager), app.own(Role::Provider)] {
            assert_eq!(told(&caller).await, []);
        }
        let mut browser = Browser::signed_in(&app, &app.other(Role::Manager)).await;
        assert!(!browser.get("/comptes").await.expect(200).text.contains(words::quotas::ALERTS.text()));
    }

    async fn one_key_that_wants_all_beds_stops_where_the_quota_ends(app: TestApp) {
        let vacancy = app.vacancy(300).await;
        let app = app.with_the_default_quotas().await;
        let hold = async |caller: &Caller, body: &Value| {
            let stored = caller.post("requests", body).await;
            if stored.status != 201 {
                return stored;
            }
            caller.post(&format!("requests/{}/referrals", stored.id()), &json!({"vacancy_id": vacancy, "hold": true})).await
        };
        let (mut first, referent) = (0, app.own(Role::Referent));
        let refused = loop {
            let answer = hold(&referent, &planned()).await;
            if answer.status != 201 {
                break answer;
            }
            first += 1;
        };
        used_up(refused, "beds_held", "account");
        assert_eq!((first, app.beds(&vacancy).await), (30, (300, 30)));
        // For people who need a bed now it goes on as far as the organisation's, and whoever comes then is given somebody to call.
        let refused = loop {
            let answer = hold(&referent, &request()).await;
            if answer.status != 201 {
                break answer;
            }
        };
        let quota = used_up(refused, "beds_held", "organisation");
        assert_eq!((app.beds(&vacancy).await, quota["call"][0]["phone"].clone()), ((300, 60), json!("115")));
        // A second key of the same organisation has none left.
        used_up(hold(&colleague(&app), &planned()).await, "beds_held", "organisation");
        app.ignore_mails();
        let expected = [line("beds_held", "all", true), line("beds_held", "all", false), line("beds_held", "went_on", true)];
        let told = told(&app.own(Role::Manager)).await;
        assert!(expected.iter().all(|alert| told.contains(alert)), "{told:?}");
        tools::show(&format!("one key, 300 free beds: {first} held by what can wait, 60 in all"));
    }

    async fn a_day_of_the_busiest_siao_meets_no_quota(app: TestApp) {
        let registry = demo::registry(app.clock().now()).unwrap();
        load_records(app.db(), &registry).unwrap();
        let places: Vec<Value> = registry.requests.iter().map(|(_, _, request, _)| serde_json::to_value(request.place).unwrap()).collect();
        let app = app.with_the_default_quotas().await;
        let organisation = app.own(Role::Referent).identity().organisation;
        let people: Vec<Caller> = (0..5).map(|_| app.in_roles(organisation, &[Role::Referent])).collect();
        let (mut rankings, mut asked, mut held, mut kept_back, mut planned_for) = (0, 0, 0, 0, Vec::new());
        for number in 0..60_u32 {
            let person = &people[usize::try_from(number).unwrap() % people.len()];
            let urgency = ["immediate", "immediate", "urgent", "planned"][usize::try_from(number).unwrap() % 4];
            let age = 19 + number % 40;
            let gender = if number % 3 == 0 { "male" } else { "female" };
            let mut household = vec![json!({"gender": gender, "minority": "adult", "age": age})];
            if number % 5 == 0 {
                household.push(json!({"gender": "female", "minority": "minor", "age": number % 12, "with_parent": true}));
            }
            let body = with(request(), json!({"urgency": urgency, "household": household, "nights": 7,
                "place": places[usize::try_from(number).unwrap() % places.len()], "distance": {"wish": "indifferent"}}));
            let stored = person.post("requests", &body).await.expect(201).id();
            let mut proposals = Vec::new();
            for _ in 0..5 {
                let ranking = person.rank(&format!("requests/{stored}/rank"), None).await.expect(200).body;
                rankings += 1;
                kept_back += ranking["contacts_kept_back"].as_u64().unwrap();
                proposals = ranking["proposals"].as_array().unwrap().clone();
            }
            if number % 2 == 0 && planned_for.len() < 30 {
                planned_for.push(stored.clone());
                continue;
            }
            for (at, proposal) in proposals.iter().take(15).enumerate() {
                if asked == 150 {
                    break;
                }
                let called = (proposal["tier"] != "eligible").then_some("Le chef de service a dit oui au téléphone.");
                let body = json!({"vacancy_id": proposal["vacancy_id"], "hold": at == 0, "override_reason": called});
                let answer = person.post(&format!("requests/{stored}/referrals"), &body).await;
                assert_ne!(answer.status, 429, "{}", answer.text);
                if answer.status == 201 {
                    asked += 1;
                    held += u32::from(at == 0);
                }
            }
        }
        let plan = people[0].post("plans", &json!({"request_ids": planned_for})).await;
        assert!(plan.status == 201 || plan.status == 202, "{}", plan.text);
        app.ignore_mails();
        tools::show(&format!("a day: 60 requests, {rankings} rankings, {asked} places asked, {held} beds held, a plan of {}", planned_for.len()));
        assert_eq!((rankings, asked, planned_for.len(), kept_back), (300, 150, 30, 0));
        let told: Vec<_> = told(&app.own(Role::Manager)).await.into_iter().filter(|(_, level, _)| level != "four_fifths").collect();
        assert_eq!(told, [], "nothing is used up, nothing unusual");
    }
}
