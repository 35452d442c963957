//! Referrals: asked, held, answered, confirmed, arrived, ended; and what each side may say and see.

use api::clock::civil;
use api::domain::Role;
use chrono::TimeDelta;
use matcher::Department;
use serde_json::{Value, json};

use crate::harness::bodies::{public_structure, request, structure, unit, vacancy, with};
use crate::harness::{TestApp, on_both};

/// A lone minor, and a unit that takes her.
fn girl(known: Value) -> Value {
    with(
        request(),
        json!({"household": [{"gender": "female", "minority": "minor", "age": 15}], "stage": "stabilisation",
            "lone_minors": [with(json!({"person": 0}), known)]}),
    )
}

async fn minors_home(app: &TestApp) -> String {
    let taken = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": null});
    let home = with(
        unit(),
        json!({"kind": "minors_home", "adult_ages": null, "children": null, "couples": false, "unaccompanied_minors": taken}),
    );
    let site = app.site_with(&structure(), &home).await;
    app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id()
}

on_both! {
    async fn the_whole_way_from_question_to_the_next_vacancy(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(3).await;
        let request = app.request().await;
        let ranking = referent.rank(&format!("requests/{request}/rank"), None).await.expect(200).body;
        assert_eq!(ranking["proposals"][0]["vacancy_id"], vacancy.as_str());

        let asked = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        let path = format!("referrals/{}", asked.id());
        assert_eq!(asked.header("location"), format!("/api/v1/{path}"));
        assert_eq!((&asked.body["state"], &asked.body["held"], &asked.body["beds"]), (&json!("asked"), &json!(true), &json!(1)));
        assert_eq!(app.beds(&vacancy).await, (3, 1));
        let read = referent.get(&path).await.expect(200).body;
        // Whom to call and what is free there is read, not answered to the command.
        assert_eq!(with(read, json!({"other_side": null, "vacancy": null})), asked.body);

        provider.command(&format!("{path}/acknowledge")).await.expect(200);
        let said = json!({"interview_on": crate::harness::bodies::day(1), "travel_on": crate::harness::bodies::day(2)});
        let accepted = provider.post(&format!("{path}/accept"), &said).await.expect(200).body;
        assert_eq!((&accepted["interview_on"], &accepted["travel_on"]), (&said["interview_on"], &said["travel_on"]));
        referent.post(&format!("{path}/confirm"), &app.arrival_in(4)).await.expect(200);
        assert_eq!(app.beds(&vacancy).await, (3, 1));
        provider.command(&format!("{path}/arrival")).await.expect(200);
        assert_eq!(app.beds(&vacancy).await, (2, 0));
        assert_eq!(referent.get(&format!("requests/{request}")).await.expect(200).body["state"], "placed");
        app.ask(&request, &vacancy, json!({})).await.refused(409, "request_placed");

        let ended = provider.post(&format!("{path}/end"), &json!({"reason": "rehoused", "request": "open"})).await.expect(200).body;
        assert_eq!((&ended["state"], &ended["end_reason"]), (&json!("ended"), &json!("rehoused")));
        assert_eq!(app.beds(&vacancy).await, (2, 0), "the end of a stay frees nothing by itself");
        let offered = &ended["offered_declaration"];
        assert_eq!(offered["vacancy"]["beds"], 1);
        let unit = offered["unit_id"].as_str().unwrap();
        provider.post(&format!("units/{unit}/vacancies"), &offered["vacancy"]).await.expect(201);
        assert_eq!(referent.get(&path).await.expect(200).body["offered_declaration"], json!(null));
        let read = referent.get(&format!("requests/{request}")).await.expect(200).body;
        assert_eq!(read["state"], "open");
        app.ignore_mails();
    }

    async fn a_confirmation_ends_the_others(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (one, two) = (app.vacancy(1).await, app.vacancy(1).await);
        let request = app.request().await;
        let chosen = app.ask(&request, &one, json!({})).await.expect(201).id();
        let other = app.ask(&request, &two, json!({"hold": true})).await.expect(201).id();
        provider.command(&format!("referrals/{chosen}/accept")).await.expect(200);
        referent.post(&format!("referrals/{chosen}/confirm"), &app.arrival_in(1)).await.expect(200);
        let ended = provider.get(&format!("referrals/{other}")).await.expect(200).body;
        assert_eq!((&ended["state"], &ended["refusal"]["code"]), (&json!("superseded"), &json!("superseded")));
        assert_eq!((app.beds(&one).await, app.beds(&two).await), ((1, 1), (1, 0)));
        let events = referent.get("events").await.expect(200).body;
        let last: Vec<_> = events["items"].as_array().unwrap().iter().rev().take(2).map(|event| event["command"].clone()).collect();
        assert_eq!(last, ["supersedeReferral", "confirmReferral"]);
        app.ignore_mails();
    }

    async fn a_request_has_so_many_open_and_so_many_held(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut vacancies = Vec::new();
        for _ in 0..16 {
            vacancies.push(app.vacancy(3).await);
        }
        let request = app.request().await;
        let first = app.ask(&request, &vacancies[0], json!({"hold": true})).await.expect(201).id();
        app.ask(&request, &vacancies[1], json!({"hold": true})).await.expect(201);
        app.ask(&request, &vacancies[2], json!({"hold": true})).await.refused(409, "too_many_holds");
        for vacancy in &vacancies[2..15] {
            app.ask(&request, vacancy, json!({})).await.expect(201);
        }
        app.ask(&request, &vacancies[15], json!({})).await.refused(409, "too_many_referrals");
        referent.command(&format!("referrals/{first}/withdraw")).await.expect(200);
        app.ask(&request, &vacancies[15], json!({"hold": true})).await.expect(201);
        assert_eq!((app.beds(&vacancies[0]).await, app.beds(&vacancies[1]).await, app.beds(&vacancies[15]).await), ((3, 0), (3, 1), (3, 1)));

        let urgent = with(crate::harness::bodies::request(), json!({"urgency": "urgent"}));
        let urgent = referent.post("requests", &urgent).await.expect(201).id();
        app.ask(&urgent, &vacancies[0], json!({"hold": true})).await.expect(201);
        app.ask(&urgent, &vacancies[1], json!({"hold": true})).await.refused(409, "too_many_holds");
        app.ignore_mails();
    }

    async fn a_place_that_cannot_take_them_says_why(app: TestApp) {
        let referent = app.own(Role::Referent);
        let vacancy = app.vacancy(1).await;
        let two = json!({"gender": "female", "minority": "adult", "age": 30});
        for (change, rules) in [
            (json!({"danger_zones": [{"level": "forbidden", "department": "69"}]}), json!(["danger_zone"])),
            (json!({"household": [two, two]}), json!(["capacity"])),
            (json!({"household": [{"gender": "other", "minority": "adult", "age": 17 + 1}], "stage": "integration", "urgency": "planned"}), json!(["stage"])),
            (json!({"required": ["cot"], "living_with": ["women"]}), json!(["setting", "required_offer"])),
        ] {
            let id = referent.post("requests", &with(request(), change)).await.expect(201).id();
            let refused = app.ask(&id, &vacancy, json!({"override_reason": "on a vu avec la directrice"})).await.refused(409, "not_eligible");
            assert_eq!(refused.body["rules"], rules, "{}", refused.text);
        }
        assert_eq!(app.beds(&vacancy).await, (1, 0));
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 0);
    }

    async fn what_a_call_can_settle_is_overridden_with_a_reason(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(2).await;
        let far = json!({"distance": {"wish": "stay_near", "max_km": 1}, "required": ["cot"]});
        let id = referent.post("requests", &with(request(), far)).await.expect(201).id();
        let refused = app.ask(&id, &vacancy, json!({})).await.refused(409, "not_eligible");
        assert_eq!(refused.body["rules"], json!(["distance", "required_offer"]));
        let reason = json!({"override_reason": "un lit parapluie sera prêté"});
        let asked = app.ask(&id, &vacancy, reason.clone()).await.expect(201);
        let expected = json!([{"rules": ["distance", "required_offer"], "reason": reason["override_reason"]}]);
        assert_eq!(asked.body["overrides"], expected);
        let path = format!("referrals/{}", asked.id());
        assert_eq!(provider.get(&path).await.expect(200).body["overrides"], json!(null), "reasons are for those who gave them");
        provider.command(&format!("{path}/accept")).await.expect(200);
        let confirmed = referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200).body;
        assert_eq!(confirmed["overrides"], expected, "what was let pass once passes");
        app.ignore_mails();
    }

    async fn a_danger_zone_added_in_between_stops_the_confirmation(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("referrals/{}", app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id());
        provider.command(&format!("{path}/accept")).await.expect(200);
        let zone = json!({"danger_zones": [{"level": "forbidden", "centre": {"lat": 45.76, "lon": 4.84}, "radius_km": 60}]});
        referent.put(&format!("requests/{}", created.id()), &created.etag(), &with(request(), zone)).await.expect(200);
        let refused = referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.refused(409, "not_eligible");
        assert_eq!(refused.body["rules"], json!(["danger_zone"]));
        assert!(refused.body["detail"].as_str().unwrap().contains("danger_zone"), "{}", refused.text);
        let read = referent.get(&path).await.expect(200).body;
        assert_eq!((&read["state"], &read["held"]), (&json!("accepted"), &json!(true)));
        app.ignore_mails();
    }

    async fn an_addressee_learns_nothing_of_dangers(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("referrals/{}", app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id());
        let zone = json!({"danger_zones": [{"level": "forbidden", "department": "69"}]});
        referent.put(&format!("requests/{}", created.id()), &created.etag(), &with(request(), zone)).await.expect(200);
        let refused = provider.command(&format!("{path}/accept")).await.refused(409, "not_eligible");
        assert!(!refused.text.contains("danger"), "{}", refused.text);
        assert!(!provider.get(&path).await.expect(200).text.contains("danger"));
        app.ignore_mails();
    }

    async fn the_addressee_sees_the_needful_and_what_the_person_agreed_to(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(9).await;
        let given = |shared: Value| json!({"state": "given", "day": "2026-01-01", "language": "en", "shared": shared});
        for (information, sees) in [
            (given(json!([])), [false, false]),
            (given(json!(["wishes"])), [true, false]),
            (given(json!(["languages"])), [false, true]),
            (given(json!(["wishes", "languages"])), [true, true]),
            (json!({"state": "not_yet", "day": "2026-01-01", "reason": "no_time"}), [false, false]),
        ] {
            let needs = json!({"information": information, "required": ["legal_support"], "required_languages": ["fr"], "wished": ["cot"],
                "wished_languages": ["en"], "message": "elle arrive par le train", "in_charge": "C. M."});
            let id = referent.post("requests", &with(request(), needs)).await.expect(201).id();
            let path = format!("referrals/{}", app.ask(&id, &vacancy, json!({})).await.expect(201).id());
            let record = provider.get(&path).await.expect(200).body;
            let asks = record["asks_for"].clone();
            let woman = json!({"gender": "female", "minority": "adult", "age_band": "18_25", "age": null, "with_parent": false});
            let needful = json!({"people": 1, "couple": false, "stage": "emergency", "urgency": "immediate", "first_day": request()["first_day"],
                "nights": 30, "household": [woman], "required": ["legal_support"], "required_languages": ["fr"],
                "message": "elle arrive par le train", "in_charge": "C. M.", "safety_instructions": null});
            for (field, value) in needful.as_object().unwrap() {
                assert_eq!(&asks[field], value, "{field} {information}");
            }
            let shown = ["wished", "wished_languages"].map(|field| !asks[field].is_null());
            assert_eq!(shown, sees, "{information}");
            let own = referent.get(&path).await.expect(200).body;
            assert_eq!((&own["asks_for"]["wished"], &own["asks_for"]["wished_languages"]), (&json!(["cot"]), &json!(["en"])));
            assert_eq!((&own["asks_for"]["household"][0]["age"], &own["alias"]), (&json!(24), &record["alias"]));
            app.other(Role::Provider).get(&path).await.refused(404, "not_found");
            app.other(Role::Referent).get(&path).await.refused(404, "not_found");
        }
        app.ignore_mails();
    }

    async fn exact_ages_are_for_who_holds_beds_or_has_said_yes(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(9).await;
        let ages = |record: &Value| (record["asks_for"]["household"][0]["age"].clone(), record["asks_for"]["household"][0]["age_band"].clone());
        let asked = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        assert_eq!(ages(&provider.get(&asked).await.expect(200).body), (json!(null), json!("18_25")));
        provider.command(&format!("{asked}/acknowledge")).await.expect(200);
        assert_eq!(ages(&provider.get(&asked).await.expect(200).body), (json!(null), json!("18_25")), "to have seen it is no yes");
        let yes = provider.command(&format!("{asked}/accept")).await.expect(200).body;
        assert_eq!(ages(&yes), (json!(24), json!("18_25")));
        let held = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201).id());
        assert_eq!(ages(&provider.get(&held).await.expect(200).body), (json!(24), json!("18_25")));
        referent.command(&format!("{held}/withdraw")).await.expect(200);
        assert_eq!(provider.get(&held).await.expect(200).body["asks_for"]["household"], json!(null));
        app.ignore_mails();
    }

    async fn ages_lie_in_their_bands(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site_with(&structure(), &with(unit(), json!({"max_household": 20}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 20}))).await.expect(201).id();
        let bands = [
            (0, "under_6"), (5, "under_6"), (6, "6_12"), (12, "6_12"), (13, "13_15"), (15, "13_15"), (16, "16_17"), (17, "16_17"),
            (18, "18_25"), (25, "18_25"), (26, "over_25"), (90, "over_25"),
        ];
        let person = |age: u8| {
            let is_minor = age < 18;
            json!({"gender": "female", "minority": if is_minor { "minor" } else { "adult" }, "age": age, "with_parent": is_minor})
        };
        let mut household: Vec<_> = bands.iter().map(|(age, _)| person(*age)).collect();
        household.push(json!({"gender": "female", "minority": "adult", "age": null}));
        let id = referent.post("requests", &with(request(), json!({"household": household, "seen_apart": true}))).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&id, &vacancy, json!({})).await.expect(201).id());
        let shown = provider.get(&path).await.expect(200).body["asks_for"]["household"].clone();
        let shown: Vec<_> = shown.as_array().unwrap().iter().map(|person| person["age_band"].clone()).collect();
        let expected: Vec<_> = bands.iter().map(|(_, band)| json!(band)).chain([json!(null)]).collect();
        assert_eq!(shown, expected);
        app.ignore_mails();
    }

    async fn a_hotel_and_a_host_learn_little(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        for kind in ["hotel", "citizen_host"] {
            let site = app.site_with(&structure(), &with(unit(), json!({"kind": kind}))).await;
            let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
            let needs = json!({"required": ["legal_support"], "required_languages": ["fr"], "wished": ["cot"], "message": "elle arrive par le train",
                "safety_instructions": "ne pas ouvrir", "in_charge": "C. M."});
            let id = referent.post("requests", &with(request(), needs)).await.expect(201).id();
            let path = format!("referrals/{}", app.ask(&id, &vacancy, json!({"hold": true})).await.expect(201).id());
            provider.command(&format!("{path}/accept")).await.expect(200);
            referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
            let asks = provider.get(&path).await.expect(200).body["asks_for"].clone();
            let woman = json!({"gender": "female", "minority": null, "age_band": null, "age": null, "with_parent": null});
            let expected = json!({"people": 1, "couple": null, "stage": null, "urgency": null, "first_day": request()["first_day"], "nights": 30,
                "household": [woman], "required": ["legal_support"], "required_languages": ["fr"], "wished": null, "wished_languages": null,
                "message": null, "in_charge": null, "safety_instructions": null});
            assert_eq!(asks, expected, "{kind}");
        }
        app.ignore_mails();
    }

    async fn safety_instructions_are_read_once_the_people_are_coming(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let id = referent.post("requests", &with(request(), json!({"safety_instructions": "ne pas sortir seule"}))).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&id, &vacancy, json!({})).await.expect(201).id());
        let told = async || provider.get(&path).await.expect(200).body["asks_for"]["safety_instructions"].clone();
        assert_eq!(told().await, json!(null));
        provider.command(&format!("{path}/accept")).await.expect(200);
        assert_eq!(told().await, json!(null), "a yes in principle is not enough");
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        assert_eq!(told().await, "ne pas sortir seule");
        provider.command(&format!("{path}/arrival")).await.expect(200);
        assert_eq!(told().await, "ne pas sortir seule");
        provider.post(&format!("{path}/end"), &json!({"reason": "left", "request": "closed"})).await.expect(200);
        assert_eq!(told().await, json!(null));
        app.ignore_mails();
    }

    async fn a_household_that_changes_changes_what_it_holds(app: TestApp) {
        let referent = app.own(Role::Referent);
        let vacancy = app.vacancy(3).await;
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        let referral = app.ask(&created.id(), &vacancy, json!({"hold": true})).await.expect(201).id();
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let of = |count: usize| with(request(), json!({"household": vec![woman.clone(); count]}));
        let edited = referent.put(&path, &created.etag(), &of(3)).await.expect(200);
        assert_eq!(app.beds(&vacancy).await, (3, 3));
        assert_eq!(referent.get(&format!("referrals/{referral}")).await.expect(200).body["beds"], 3);
        referent.put(&path, &edited.etag(), &of(1)).await.expect(200);
        assert_eq!(app.beds(&vacancy).await, (3, 1));
        app.ignore_mails();
    }

    async fn a_birth_is_never_refused(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site_with(&structure(), &with(unit(), json!({"max_household": 1, "children": {"max_age": 3}}))).await;
        let baby = json!({"gender": "female", "minority": "minor", "age": 0, "with_parent": true});
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let both = with(request(), json!({"household": [woman, baby], "seen_apart": true}));
        for hold in [true, false] {
            let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 1}))).await.expect(201).id();
            let request = app.request().await;
            let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({"hold": hold})).await.expect(201).id());
            referent.put(&format!("requests/{request}"), "*", &both).await.expect(200);
            let born = referent.get(&path).await.expect(200).body;
            assert_eq!((&born["warnings"], &born["beds"], &born["asks_for"]["people"]), (&json!(["over_occupied"]), &json!(1), &json!(2)));
            assert_eq!(app.beds(&vacancy).await, (1, u64::from(hold)), "what it holds it keeps");
            assert_eq!(provider.get(&path).await.expect(200).body["warnings"], json!(["over_occupied"]), "both are told");
            let last = provider.get("events").await.expect(200).body["items"].as_array().unwrap().last().unwrap()["command"].clone();
            assert_eq!(last, "resizeReferral");
            provider.command(&format!("{path}/accept")).await.expect(200);
            referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
            assert_eq!(app.beds(&vacancy).await, (1, 1));
            provider.command(&format!("{path}/arrival")).await.expect(200);
            assert_eq!(app.beds(&vacancy).await, (0, 0));
        }
        app.ignore_mails();
    }

    async fn who_has_a_stay_may_have_a_child(app: TestApp) {
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(1).await);
        let referral = app.referral_in(&vacancy, api::domain::ReferralState::Arrived).await;
        let path = format!("referrals/{referral}");
        let request = referent.get(&path).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let baby = json!({"gender": "male", "minority": "minor", "age": 0, "with_parent": true});
        let both = with(crate::harness::bodies::request(), json!({"household": [woman, baby], "seen_apart": true}));
        referent.put(&format!("requests/{request}"), "*", &both).await.expect(200);
        let record = referent.get(&path).await.expect(200).body;
        assert_eq!((&record["state"], &record["warnings"]), (&json!("arrived"), &json!(["over_occupied"])));
        referent.put(&format!("requests/{request}"), "*", &crate::harness::bodies::request()).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["warnings"], json!([]));
        app.ignore_mails();
    }

    async fn only_who_was_born_stops_no_yes(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let request = app.request().await;
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let girl = json!({"gender": "female", "minority": "minor", "age": 15, "with_parent": false});
        let both = with(crate::harness::bodies::request(), json!({"household": [woman, girl]}));
        referent.put(&format!("requests/{request}"), "*", &both).await.expect(200);
        let refused = provider.command(&format!("{path}/accept")).await.refused(409, "not_eligible");
        assert_eq!(refused.body["rules"], json!(["unaccompanied_minor"]), "a rule that is not about how many they are stands");
        let told = provider.get(&path).await.expect(200).body;
        assert_eq!((&told["state"], &told["fails_since"]), (&json!("asked"), &json!(["unaccompanied_minor"])));
        app.ignore_mails();
    }

    async fn an_edit_judges_again_what_it_touches_and_tells_both(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (open, stay) = (app.vacancy(1).await, app.vacancy(1).await);
        let request = app.request().await;
        let path = format!("referrals/{}", app.ask(&request, &open, json!({})).await.expect(201).id());
        let stay = format!("referrals/{}", app.referral_in(&stay, api::domain::ReferralState::Arrived).await);
        app.ignore_mails();
        let zone = json!({"danger_zones": [{"level": "forbidden", "department": "69"}], "required": ["cot"]});
        referent.put(&format!("requests/{request}"), "*", &with(crate::harness::bodies::request(), zone.clone())).await.expect(200);
        let (own, theirs) = (referent.get(&path).await.expect(200).body, provider.get(&path).await.expect(200));
        assert_eq!((&own["state"], &own["fails_since"]), (&json!("asked"), &json!(["danger_zone", "required_offer"])));
        assert_eq!(theirs.body["fails_since"], json!(["required_offer"]), "the fact, without dangers");
        assert_eq!(theirs.body["warnings"], json!(["no_longer_fits"]));
        assert!(!theirs.text.contains("danger"), "{}", theirs.text);
        let told: Vec<_> = app.mails().into_iter().map(|mail| (mail.to, mail.subject.into_owned())).collect();
        assert_eq!(told, [("tilleuls@example.org".to_owned(), "Havre : une orientation est à revoir".to_owned()), ("own@example.org".to_owned(), "Havre : une orientation est à revoir".to_owned())]);
        let of_stay = referent.get(&stay).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
        referent.put(&format!("requests/{of_stay}"), "*", &with(crate::harness::bodies::request(), zone)).await.expect(200);
        let record = referent.get(&stay).await.expect(200).body;
        assert_eq!((&record["state"], &record["fails_since"]), (&json!("arrived"), &json!(["danger_zone", "required_offer"])));
        referent.put(&format!("requests/{request}"), "*", &crate::harness::bodies::request()).await.expect(200);
        let mended = referent.get(&path).await.expect(200).body;
        assert_eq!((&mended["fails_since"], &mended["warnings"]), (&json!([]), &json!([])));
        app.ignore_mails();
    }

    async fn an_edit_of_a_place_judges_again_who_comes_there_however_many(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site().await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let mut paths = Vec::new();
        for _ in 0..45 {
            paths.push(format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id()));
        }
        app.ignore_mails();
        let men = with(unit(), json!({"genders": ["male"]}));
        provider.put(&format!("units/{}", site.unit), "*", &men).await.expect(200);
        let touched = async || {
            let mut touched = 0;
            for path in &paths {
                touched += usize::from(referent.get(path).await.expect(200).body["fails_since"] == json!(["gender"]));
            }
            touched
        };
        assert_eq!(touched().await, 20, "the first at once");
        let mut told = 0;
        for _ in 0..3 {
            told += app.mails().len();
        }
        assert_eq!((touched().await, told), (45, 90), "the rest soon, and both sides of each are told");
        provider.put(&format!("units/{}", site.unit), "*", &unit()).await.expect(200);
        app.vouch(&site.unit).await;
        for _ in 0..3 {
            assert_eq!(app.mails(), [], "what is mended worries nobody");
        }
        assert_eq!(touched().await, 0);
    }

    async fn an_edit_of_a_structure_judges_again_too(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site().await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let far = with(request(), json!({"danger_zones": [{"level": "forbidden", "centre": {"lat": 45.19, "lon": 5.72}, "radius_km": 30}], "distance": {"wish": "indifferent"}}));
        let request = referent.post("requests", &far).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        let moved = public_structure("38185", 45.19, 5.72);
        provider.put(&format!("structures/{}", site.structure), "*", &moved).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["fails_since"], json!(["danger_zone"]));
        app.ignore_mails();
    }

    async fn days_that_pass_and_birthdays_make_none_fail(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let taken = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": null});
        let home = with(unit(), json!({"kind": "minors_home", "adult_ages": null, "children": null, "couples": false, "unaccompanied_minors": taken}));
        let site = app.site_with(&structure(), &home).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let day = |days: i64| app.clock().now().plus(TimeDelta::days(days)).to_string()[..10].to_owned();
        let girl = with(request(), json!({"household": [{"gender": "female", "minority": "minor", "age": 17, "turns_18_on": day(3)}], "urgency": "planned", "first_day": day(1)}));
        let request = referent.post("requests", &girl).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        app.clock().advance(TimeDelta::days(4));
        referent.put(&format!("requests/{request}"), "*", &with(girl, json!({"message": "elle a eu 18 ans"}))).await.expect(200);
        let record = referent.get(&path).await.expect(200).body;
        assert_eq!((&record["fails_since"], &record["warnings"]), (&json!([]), &json!(["turned_18"])));
        app.ignore_mails();
    }

    async fn closing_a_request_takes_back_what_is_open(app: TestApp) {
        let referent = app.own(Role::Referent);
        let vacancy = app.vacancy(2).await;
        let request = app.request().await;
        let held = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id();
        referent.post(&format!("requests/{request}/close"), &json!({"reason": "found_housing"})).await.expect(200);
        assert_eq!(referent.get(&format!("referrals/{held}")).await.expect(200).body["state"], "withdrawn");
        assert_eq!(app.beds(&vacancy).await, (2, 0));
        app.ask(&request, &vacancy, json!({})).await.refused(409, "request_closed");
        app.ignore_mails();
    }

    async fn a_lone_minor_goes_nowhere_before_somebody_was_told(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = minors_home(&app).await;
        let created = referent.post("requests", &girl(json!({"minority_ground": "documents"}))).await.expect(201);
        let path = format!("referrals/{}", app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id());
        let accepted = provider.command(&format!("{path}/accept")).await.expect(200).body;
        assert_eq!(accepted["warnings"], json!(["guardian_missing"]));
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.refused(409, "authority_not_told");
        let told = |hours: i64, reached: bool| {
            let at = app.clock().now().plus(TimeDelta::hours(hours)).to_string();
            json!({"authority": "child_protection", "whom": "CRIP du Rhône", "at": at, "reached": reached})
        };
        let edit = async |known: Value| {
            referent.put(&format!("requests/{}", created.id()), "*", &girl(known)).await.expect(200);
        };
        let ahead = girl(json!({"told": told(1, true)}));
        referent.put(&format!("requests/{}", created.id()), "*", &ahead).await.refused(409, "contradiction");
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.refused(409, "authority_not_told");
        // Somebody tried: for tonight that is enough, and the assessment follows.
        edit(json!({"told": told(-1, false), "guardian_appointed": true})).await;
        let confirmed = referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200).body;
        assert_eq!(confirmed["warnings"], json!([]));
        app.ignore_mails();
    }

    async fn what_is_not_for_tonight_waits_for_an_assessment(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = minors_home(&app).await;
        let at = |hours: i64| app.clock().now().plus(TimeDelta::hours(hours)).to_string();
        let told = json!({"authority": "public_prosecutor", "whom": "permanence du parquet", "at": at(-2), "reached": true});
        let body = |known: Value| with(girl(with(json!({"told": told}), known)), json!({"urgency": "urgent"}));
        let created = referent.post("requests", &body(json!({}))).await.expect(201);
        let path = format!("referrals/{}", app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id());
        provider.command(&format!("{path}/accept")).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.refused(409, "assessment_missing");
        let decided = json!({"assessment_decided_by": "juge des enfants", "child_view": "agrees"});
        let decided_at = |hours| body(with(decided.clone(), json!({"assessment_recorded_at": at(hours)})));
        let stored = format!("requests/{}", created.id());
        referent.put(&stored, "*", &decided_at(1)).await.refused(409, "contradiction");
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.refused(409, "assessment_missing");
        referent.put(&stored, "*", &decided_at(-1)).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.ignore_mails();
    }

    async fn what_is_known_of_minors_must_fit_the_household(app: TestApp) {
        let referent = app.own(Role::Referent);
        for (change, pointer) in [
            (json!({"lone_minors": [{"person": 1}]}), "/lone_minors/0/person"),
            (json!({"lone_minors": [{"person": 0}, {"person": 0}]}), "/lone_minors/1/person"),
            (json!({"lone_minors": [{"person": 0, "child_view": "agrees"}]}), "/lone_minors/0/assessment_recorded_at"),
        ] {
            let refused = referent.post("requests", &with(girl(json!({})), change)).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        let adult = with(request(), json!({"lone_minors": [{"person": 0}]}));
        referent.post("requests", &adult).await.refused(409, "contradiction");
    }

    async fn a_refusal_is_kept_and_excludes_as_it_says(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let request = app.request().await;
        let rank = format!("requests/{request}/rank");
        let tomorrow = app.clock().now().plus(TimeDelta::days(2)).to_string()[..10].to_owned();
        for (refusal, excluded) in [
            (json!({"party": "structure", "code": "no_staff"}), false),
            (json!({"party": "structure", "code": "full", "effect": "none"}), false),
            (json!({"party": "structure", "code": "group_balance"}), true),
            (json!({"party": "structure", "code": "network_present"}), true),
            (json!({"party": "structure", "code": "group_balance", "effect": "none"}), false),
            (json!({"party": "structure", "code": "condition_not_met", "unlawful_condition": "regular_stay", "effect": "exclude_unit", "until": tomorrow}), true),
            (json!({"party": "person", "code": "refuses_shared_room"}), true),
            (json!({"party": "person", "code": "other", "text": "préfère attendre"}), true),
            (json!({"party": "person", "code": "wants_time", "effect": "none"}), false),
        ] {
            let vacancy = app.vacancy(1).await;
            let before = referent.rank(&rank, None).await.expect(200).body;
            let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id());
            let declined = provider.post(&format!("{path}/decline"), &json!({"refusal": refusal})).await.expect(200).body;
            for (field, value) in refusal.as_object().unwrap() {
                assert_eq!(declined["refusal"][field], *value, "{declined}");
            }
            assert_eq!(app.beds(&vacancy).await, (1, 0));
            let after = referent.rank(&rank, None).await.expect(200).body;
            let change = before["eligible"].as_u64().unwrap() - after["eligible"].as_u64().unwrap();
            assert_eq!(change, u64::from(excluded), "{refusal}");
            if excluded {
                let refused = app.ask(&request, &vacancy, json!({"override_reason": "quand même"})).await.refused(409, "not_eligible");
                assert_eq!(refused.body["rules"], json!(["already_refused"]));
            }
        }
        let excluded = referent.rank(&rank, None).await.expect(200).body["failed"]["already_refused"].as_u64();
        app.clock().advance(TimeDelta::days(3));
        let later = referent.rank(&rank, None).await.expect(200).body["failed"]["already_refused"].as_u64();
        assert_eq!((excluded, later), (Some(5), Some(4)), "an effect ends on its day");
        app.ignore_mails();
    }

    async fn a_place_that_was_full_is_asked_again_once_there_is_news_of_it(app: TestApp) {
        let provider = app.own(Role::Provider);
        for (code, news) in [("full", "confirmed"), ("filled_elsewhere", "declared")] {
            let site = app.site().await;
            let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
            let (request, other) = (app.request().await, app.request().await);
            let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
            provider.post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": code}})).await.expect(200);
            let refused = app.ask(&request, &vacancy, json!({})).await.refused(409, "not_eligible");
            assert_eq!(refused.body["rules"], json!(["already_refused"]), "{code}");
            app.ask(&other, &vacancy, json!({})).await.expect(201);
            app.clock().advance(TimeDelta::minutes(1));
            if news == "confirmed" {
                provider.command(&format!("vacancies/{vacancy}/confirm")).await.expect(200);
            } else {
                provider.post(&format!("units/{}/vacancies", site.unit), &self::vacancy()).await.expect(201);
            }
            app.ask(&request, &vacancy, json!({})).await.expect(201);
        }
        app.ignore_mails();
    }

    async fn a_person_changes_her_mind_in_one_tap(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(3).await;
        let request = app.request().await;
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        referent.command(&format!("{path}/lift-refusal")).await.refused(409, "nothing_to_lift");
        let said = json!({"refusal": {"party": "person", "code": "changed_mind"}});
        referent.post(&format!("{path}/withdraw"), &said).await.expect(200);
        app.ask(&request, &vacancy, json!({})).await.refused(409, "not_eligible");
        provider.command(&format!("{path}/lift-refusal")).await.refused(403, "role_not_allowed");
        let lifted = referent.command(&format!("{path}/lift-refusal")).await.expect(200).body;
        assert_eq!((&lifted["refusal"]["code"], &lifted["refusal"]["effect"]), (&json!("changed_mind"), &json!("none")));
        referent.command(&format!("{path}/lift-refusal")).await.refused(409, "nothing_to_lift");
        let again = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        provider.post(&format!("{again}/decline"), &json!({"refusal": {"party": "structure", "code": "group_balance"}})).await.expect(200);
        referent.command(&format!("{again}/lift-refusal")).await.refused(409, "nothing_to_lift");
        app.ignore_mails();
    }

    async fn what_the_person_said_is_shown_to_no_addressee(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(3).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        let said = json!({"by_phone": true, "refusal": {"party": "person", "code": "afraid", "text": "elle a peur du quartier"}});
        referent.post(&format!("{path}/decline"), &said).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["refusal"]["code"], "afraid");
        let theirs = provider.get(&path).await.expect(200);
        assert_eq!((&theirs.body["state"], &theirs.body["refusal"]), (&json!("declined"), &json!(null)));
        assert!(!theirs.text.contains("peur"), "{}", theirs.text);
        app.ignore_mails();
    }

    async fn facts_are_asked_for_behind_one_door_only(app: TestApp) {
        let provider = app.own(Role::Provider);
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["acse", "siao"]}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 9}))).await.expect(201).id();
        for code in ["no_local_danger", "facts_not_established"] {
            for (door, status) in [("siao", 409), ("acse", 200)] {
                let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({"door": door})).await.expect(201).id());
                provider.post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": code}})).await.expect(status);
            }
        }
        app.ignore_mails();
    }

    async fn a_refusal_is_one_of_its_party_s(app: TestApp) {
        let provider = app.own(Role::Provider);
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        for (refusal, pointer) in [
            (json!({"party": "structure", "code": "afraid"}), "/refusal/code"),
            (json!({"party": "person", "code": "full"}), "/refusal/code"),
            (json!({"party": "structure", "code": "other"}), "/refusal/text"),
            (json!({"party": "structure", "code": "condition_not_met"}), "/refusal/condition"),
            (json!({"party": "structure", "code": "condition_not_met", "condition": "abstinence", "unlawful_condition": "left_network"}), "/refusal/condition"),
            (json!({"party": "structure", "code": "full", "unlawful_condition": "left_network"}), "/refusal/condition"),
            (json!({"party": "structure", "code": "no_staff", "until": "2030-01-01"}), "/refusal/until"),
            (json!({"party": "structure", "code": "care_not_available"}), "/refusal/text"),
            (json!({"party": "structure", "code": "no_local_danger"}), "/refusal/code"),
            (json!({"party": "structure", "code": "facts_not_established"}), "/refusal/code"),
            (json!({"party": "system", "code": "safety"}), "/refusal/party"),
            (json!({"party": "system", "code": "duplicate"}), "/refusal/party"),
        ] {
            let refused = provider.post(&format!("{path}/decline"), &json!({"refusal": refusal})).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{refusal}");
        }
        let by_structure = json!({"refusal": {"party": "structure", "code": "full"}});
        let refused = app.own(Role::Referent).post(&format!("{path}/withdraw"), &by_structure).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/refusal/party");
        for code in ["expired", "superseded", "safety"] {
            let lapsed = json!({"refusal": {"party": "system", "code": code}});
            app.own(Role::Referent).post(&format!("{path}/withdraw"), &lapsed).await.refused(409, "contradiction");
        }
        let twice = json!({"refusal": {"party": "system", "code": "duplicate"}});
        app.own(Role::Referent).post(&format!("{path}/withdraw"), &twice).await.expect(200);
        app.ignore_mails();
    }

    async fn the_regulator_of_a_door_answers_for_it(app: TestApp) {
        let administrator = app.own(Role::Administrator);
        let regulator = |name: &str, doors: Value, departments: Value| {
            json!({"name": name, "kind": "regulator", "doors": doors, "departments": departments, "contact": {"email": "regulateur@example.org"}})
        };
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115", "direct"]}))).await;
        let provider = app.own(Role::Provider);
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 9}))).await.expect(201).id();
        let addressee = async |door: &str| {
            app.ask(&app.request().await, &vacancy, json!({"door": door})).await.expect(201).body["addressee_id"].as_str().unwrap().to_owned()
        };
        let own = provider.identity().organisation.to_string();
        assert_eq!(addressee("115").await, own, "no regulator is registered");
        let elsewhere = regulator("115 d'ailleurs (fictif)", json!(["115"]), json!(["13"]));
        administrator.post("organisations", &elsewhere).await.expect(201);
        assert_eq!(addressee("115").await, own);
        let everywhere = administrator.post("organisations", &regulator("115 national (fictif)", json!(["115"]), json!([]))).await.expect(201).id();
        assert_eq!(addressee("115").await, everywhere);
        let here = administrator.post("organisations", &regulator("115 du Rhône (fictif)", json!(["115", "acse"]), json!(["69"]))).await.expect(201).id();
        assert_eq!(addressee("115").await, here);
        assert_eq!(addressee("direct").await, own);
        let refused = app.ask(&app.request().await, &vacancy, json!({"door": "acse"})).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/door");
        let first = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        assert_eq!((&first.body["door"], &first.body["addressee_id"]), (&json!("115"), &json!(here)));
        provider.command(&format!("referrals/{}/accept", first.id())).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn a_place_sees_who_comes_through_a_regulator_and_declares_after_the_stay(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115"]}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let regulator = app.other(Role::Regulator);
        let organisation = format!("organisations/{}", regulator.identity().organisation);
        let administrator = app.own(Role::Administrator);
        let etag = administrator.get(&organisation).await.expect(200).etag();
        let body = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": [], "contact": {"email": "regulateur@example.org"}});
        administrator.put(&organisation, &etag, &body).await.expect(200);
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        let link = crate::mails::link(&app.mails().remove(0));
        assert_eq!(app.nobody().get(&link).await.expect(200).body["may_confirm"], false);
        let sent = app.nobody().send(actix_web::http::Method::POST, &format!("{link}/confirm-vacancy"), &[], None).await;
        sent.refused(403, "role_not_allowed");
        provider.get(&path).await.refused(404, "not_found");
        regulator.command(&format!("{path}/accept")).await.expect(200);
        provider.get(&path).await.refused(404, "not_found");
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        let expected = provider.get(&path).await.expect(200).body;
        assert_eq!(expected["asks_for"]["household"][0]["gender"], "female");
        assert_eq!(app.walk(&provider, "referrals", 1).await, [expected["id"].as_str().unwrap()]);
        provider.command(&format!("{path}/arrival")).await.refused(403, "role_not_allowed");
        regulator.command(&format!("{path}/arrival")).await.expect(200);
        let over = regulator.post(&format!("{path}/end"), &json!({"reason": "moved_on", "request": "closed"})).await.expect(200).body;
        assert_eq!(over["offered_declaration"], json!(null), "a regulator declares nothing");
        let over = provider.get(&path).await.expect(200).body;
        assert_eq!(over["offered_declaration"]["vacancy"]["beds"], 1);
        assert_eq!(over["asks_for"]["household"], json!(null), "who has left is no longer shown");
        app.ignore_mails();
    }

    async fn what_the_people_say_to_those_who_asked_stays_with_them(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        assert_eq!(provider.get(&path).await.expect(200).body["asks_for"]["household"][0]["gender"], "female");
        let said = json!({"refusal": {"party": "person", "code": "afraid", "text": "elle a peur du quartier"}});
        referent.post(&format!("{path}/withdraw"), &said).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["refusal"]["code"], "afraid");
        let seen = provider.get(&path).await.expect(200);
        assert_eq!(seen.body["refusal"], json!(null));
        let asks = &seen.body["asks_for"];
        assert_eq!((&asks["household"], &asks["required"], &asks["wished"]), (&json!(null), &json!(null), &json!(null)));
        assert_eq!((&asks["people"], &asks["nights"], &asks["message"]), (&json!(1), &json!(null), &json!(null)));
        app.ignore_mails();
    }

    async fn lists_narrow_by_every_filter(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (one, two) = (app.vacancy(9).await, app.vacancy(9).await);
        let (mine, also) = (app.request().await, app.request().await);
        let a = app.ask(&mine, &one, json!({})).await.expect(201);
        let b = app.ask(&mine, &two, json!({})).await.expect(201);
        let c = app.ask(&also, &two, json!({})).await.expect(201);
        provider.command(&format!("referrals/{}/accept", b.id())).await.expect(200);
        referent.command(&format!("referrals/{}/withdraw", c.id())).await.expect(200);
        let unit = a.body["unit_id"].as_str().unwrap();
        for (query, expected) in [
            (String::new(), vec![a.id(), b.id(), c.id()]),
            ("state=accepted".to_owned(), vec![b.id()]),
            ("open=true".to_owned(), vec![a.id(), b.id()]),
            ("open=false".to_owned(), vec![c.id()]),
            (format!("request_id={mine}"), vec![a.id(), b.id()]),
            (format!("unit_id={unit}"), vec![a.id()]),
            (format!("unit_id={unit}&state=expired"), vec![]),
        ] {
            for caller in [&referent, &provider] {
                assert_eq!(app.walk(caller, &format!("referrals?{query}"), 1).await, expected, "{query}");
            }
            assert_eq!(app.walk(&app.other(Role::Provider), &format!("referrals?{query}"), 1).await, Vec::<String>::new());
        }
        app.ignore_mails();
    }

    async fn beds_taken_elsewhere_are_gone_in_one_call(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(3).await;
        let path = format!("vacancies/{vacancy}/taken-elsewhere");
        let referral = app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201).id();
        assert_eq!(provider.post(&path, &json!({"beds": 1})).await.expect(200).body["beds"], 2);
        provider.post(&path, &json!({"beds": 2})).await.refused(409, "beds_held");
        assert_eq!(provider.command(&path).await.expect(200).body["beds"], 1, "all that are not held");
        provider.command(&path).await.refused(409, "beds_held");
        referent.command(&format!("referrals/{referral}/withdraw")).await.expect(200);
        let gone = provider.command(&path).await.expect(200).body;
        assert_eq!((&gone["beds"], gone["withdrawn_at"].is_null()), (&json!(0), false));
        provider.command(&path).await.refused(409, "vacancy_withdrawn");
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.refused(409, "no_bed_left");
        app.ignore_mails();
    }

    async fn a_vacancy_that_is_not_there_or_no_more_is_not_asked_for(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let request = app.request().await;
        app.ask(&request, &request, json!({})).await.refused(404, "not_found");
        app.own(Role::Provider).command(&format!("vacancies/{vacancy}/withdraw")).await.expect(200);
        app.ask(&request, &vacancy, json!({})).await.refused(409, "vacancy_withdrawn");
    }

    async fn no_other_organisation_asks_for_a_place_for_a_request(app: TestApp) {
        let vacancy = app.vacancy(5).await;
        let (twin, request) = (app.request().await, app.request().await);
        let asked = json!({"vacancy_id": vacancy, "hold": true});
        app.own(Role::Referent).post(&format!("requests/{twin}/referrals"), &asked).await.expect(201);
        let (before, beds) = (app.row_counts(), app.beds(&vacancy).await);
        for role in [Role::Referent, Role::Partner] {
            app.other(role).post(&format!("requests/{request}/referrals"), &asked).await.refused(404, "not_found");
        }
        assert_eq!((app.row_counts(), app.beds(&vacancy).await), (before, beds));
        app.own(Role::Partner).post(&format!("requests/{request}/referrals"), &asked).await.expect(201);
        app.ignore_mails();
    }

    async fn an_arrival_ends_what_was_asked_after_the_confirmation(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (one, two, three) = (app.vacancy(1).await, app.vacancy(1).await, app.vacancy(1).await);
        let request = app.request().await;
        let chosen = app.ask(&request, &one, json!({})).await.expect(201).id();
        provider.command(&format!("referrals/{chosen}/accept")).await.expect(200);
        referent.post(&format!("referrals/{chosen}/confirm"), &app.arrival_in(1)).await.expect(200);
        // Until the people are there the request is open, and may be put to others in case they are not let in.
        let held = app.ask(&request, &two, json!({"hold": true})).await.expect(201).id();
        let accepted = app.ask(&request, &three, json!({})).await.expect(201).id();
        provider.command(&format!("referrals/{accepted}/accept")).await.expect(200);
        assert_eq!((app.beds(&two).await, app.beds(&three).await), ((1, 1), (1, 1)));

        provider.command(&format!("referrals/{chosen}/arrival")).await.expect(200);
        for sibling in [&held, &accepted] {
            let ended = referent.get(&format!("referrals/{sibling}")).await.expect(200).body;
            assert_eq!((&ended["state"], &ended["held"]), (&json!("superseded"), &json!(false)));
            assert_eq!((&ended["refusal"]["party"], &ended["refusal"]["code"]), (&json!("system"), &json!("superseded")));
        }
        assert_eq!((app.beds(&two).await, app.beds(&three).await), ((1, 0), (1, 0)), "their beds are free again");
        let events = referent.get("events").await.expect(200).body;
        let superseded = events["items"].as_array().unwrap().iter().filter(|event| event["command"] == "supersedeReferral");
        assert_eq!(superseded.map(|event| event["record_id"].as_str().unwrap()).collect::<Vec<_>>(), [held, accepted]);
        app.ignore_mails();
    }

    async fn a_request_closed_during_the_stay_stays_closed(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(9).await;
        let stay = async || {
            let referral = app.referral_in(&vacancy, api::domain::ReferralState::Arrived).await;
            let request = referent.get(&format!("referrals/{referral}")).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
            (format!("referrals/{referral}/end"), format!("requests/{request}"))
        };
        let (end, request) = stay().await;
        let closed = referent.post(&format!("{request}/close"), &json!({"reason": "other"})).await.expect(200).body;
        app.clock().advance(TimeDelta::hours(1));
        provider.post(&end, &json!({"reason": "left", "request": "open"})).await.expect(200);
        assert_eq!(referent.get(&request).await.expect(200).body, closed, "neither open again nor closed anew");
        let events = referent.get("events").await.expect(200).body;
        assert_eq!(events["items"].as_array().unwrap().last().unwrap()["record_kind"], "referral", "and no event says that it was");

        for (after, closed) in [("open", false), ("closed", true)] {
            let (end, request) = stay().await;
            provider.post(&end, &json!({"reason": "left", "request": after})).await.expect(200);
            let read = referent.get(&request).await.expect(200).body;
            assert_eq!((&read["state"], read["closed_at"].is_string()), (&json!(after), closed));
        }
        app.ignore_mails();
    }

    async fn the_log_tells_what_becomes_of_a_request_with_its_stay(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        app.referral_in(&vacancy, api::domain::ReferralState::Ended).await;
        let events = app.own(Role::Referent).get("events").await.expect(200).body;
        let of_requests = events["items"].as_array().unwrap().iter().filter(|event| event["record_kind"] == "request");
        let told: Vec<_> = of_requests.map(|event| (event["command"].as_str().unwrap(), event["detail"]["state"].as_str().unwrap())).collect();
        assert_eq!(told, [("createRequest", "open"), ("recordArrival", "placed"), ("endStay", "open")]);
        app.ignore_mails();
    }

    async fn a_household_that_changes_leaves_an_event_of_each_referral(app: TestApp) {
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(3).await);
        let request = app.request().await;
        let asked = app.ask(&request, &app.vacancy(3).await, json!({})).await.expect(201).id();
        let held = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id();
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        referent.put(&format!("requests/{request}"), "*", &with(crate::harness::bodies::request(), json!({"household": [woman, woman]}))).await.expect(200);
        let events = referent.get("events").await.expect(200).body;
        let resized = events["items"].as_array().unwrap().iter().filter(|event| event["command"] == "resizeReferral");
        let told: Vec<_> = resized.map(|event| (event["record_id"].as_str().unwrap(), &event["detail"]["beds"], &event["detail"]["held"])).collect();
        assert_eq!(told, [(asked.as_str(), &json!(2), &json!(false)), (held.as_str(), &json!(2), &json!(true))]);
        assert_eq!(app.beds(&vacancy).await, (3, 2), "what holds nothing goes on holding nothing");
        app.ignore_mails();
    }

    async fn a_refusal_is_of_its_request_and_of_no_other(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(3).await;
        let (refused, other) = (app.request().await, app.request().await);
        let path = format!("referrals/{}", app.ask(&refused, &vacancy, json!({})).await.expect(201).id());
        provider.post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": "network_present"}})).await.expect(200);
        let eligible = async |request: &str| referent.rank(&format!("requests/{request}/rank"), None).await.expect(200).body["eligible"].clone();
        assert_eq!((eligible(&refused).await, eligible(&other).await), (json!(0), json!(1)));
        app.ignore_mails();
    }

    async fn a_danger_closes_every_unit_of_the_structure_and_a_misfit_its_own(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        for (code, left) in [("network_present", 0), ("group_balance", 1)] {
            let site = app.site().await;
            let second = provider.post(&format!("structures/{}/units", site.structure), &unit()).await.expect(201).id();
            let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
            provider.post(&format!("units/{second}/vacancies"), &self::vacancy()).await.expect(201);
            let request = app.request().await;
            let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
            provider.post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": code}})).await.expect(200);
            let ranking = referent.rank(&format!("requests/{request}/rank"), None).await.expect(200).body;
            let units: Vec<_> = ranking["proposals"].as_array().unwrap().iter().map(|proposal| proposal["unit_id"].as_str().unwrap()).collect();
            assert_eq!(units.contains(&second.as_str()), left == 1, "{code}");
            assert!(!units.contains(&site.unit.as_str()), "{code}");
        }
        app.ignore_mails();
    }

    async fn reasons_that_only_the_service_gives_decline_nothing(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        for code in ["expired", "superseded", "duplicate", "safety"] {
            let refusal = json!({"refusal": {"party": "system", "code": code}});
            app.own(Role::Provider).post(&format!("{path}/decline"), &refusal).await.refused(409, "contradiction");
        }
        assert_eq!(app.own(Role::Provider).get(&path).await.expect(200).body["state"], "asked");
        app.ignore_mails();
    }

    async fn what_follows_from_a_step_of_one_request_leaves_others_alone(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(9).await;
        let bystander = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201).id());
        // Of the vacancy that both ask for it tells what is free.
        let standing = async || with(referent.get(&bystander).await.expect(200).body, json!({"vacancy": null}));
        let before = standing().await;
        let request = app.request().await;
        let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
        provider.command(&format!("{path}/accept")).await.expect(200);
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let two = with(crate::harness::bodies::request(), json!({"household": [woman, woman]}));
        referent.put(&format!("requests/{request}"), "*", &two).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        provider.command(&format!("{path}/arrival")).await.expect(200);
        referent.post(&format!("requests/{}/close", app.request().await), &json!({"reason": "other"})).await.expect(200);
        assert_eq!(standing().await, before);
        assert_eq!(app.beds(&vacancy).await, (7, 1));
        app.ignore_mails();
    }

    async fn beds_that_were_to_be_empty_by_now_are_offered_without_that_day(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let day = |days: i64| app.clock().now().plus(TimeDelta::days(days)).to_string()[..10].to_owned();
        for (until, days, offered) in [(day(3), 5, json!(null)), (day(30), 0, json!(day(30)))] {
            let site = app.site().await;
            let dated = with(vacancy(), json!({"until": until}));
            let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &dated).await.expect(201).id();
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            provider.command(&format!("{path}/accept")).await.expect(200);
            referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
            provider.command(&format!("{path}/arrival")).await.expect(200);
            app.clock().advance(TimeDelta::days(days));
            let over = provider.post(&format!("{path}/end"), &json!({"reason": "left", "request": "closed"})).await.expect(200).body;
            assert_eq!(over["offered_declaration"]["vacancy"]["until"], offered, "{over}");
            provider.post(&format!("units/{}/vacancies", site.unit), &over["offered_declaration"]["vacancy"]).await.expect(201);
        }
        app.ignore_mails();
    }

    async fn beds_of_a_stay_that_ends_in_the_night_are_offered_for_that_night(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site().await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        provider.command(&format!("{path}/accept")).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        provider.command(&format!("{path}/arrival")).await.expect(200);
        // 3:00 in Paris, where the night lasts until six.
        let at = civil(app.clock().now(), Department::PARIS).naive_local();
        let night = at.date().succ_opt().unwrap().and_hms_opt(3, 0, 0).unwrap();
        app.clock().advance(night - at);
        let over = provider.post(&format!("{path}/end"), &json!({"reason": "left", "request": "open"})).await.expect(200).body;
        let offered = &over["offered_declaration"]["vacancy"];
        assert_eq!(offered["from"], json!(at.date().to_string()));
        let declared = provider.post(&format!("units/{}/vacancies", site.unit), offered).await.expect(201).id();
        app.ask(&app.request().await, &declared, json!({"hold": true})).await.expect(201);
        app.ignore_mails();
    }

    async fn an_addressee_learns_nothing_of_wishes_nor_of_what_was_refused(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let site = app.site().await;
        let place = format!("units/{}/vacancies", site.unit);
        let vacancy = provider.post(&place, &vacancy()).await.expect(201).id();
        let twin = provider.post(&place, &self::vacancy()).await.expect(201).id();
        for rule in ["distance", "already_refused"] {
            let request = app.request().await;
            let path = format!("referrals/{}", app.ask(&request, &vacancy, json!({})).await.expect(201).id());
            if rule == "distance" {
                let near = with(crate::harness::bodies::request(), json!({"distance": {"wish": "stay_near", "max_km": 1}}));
                referent.put(&format!("requests/{request}"), "*", &near).await.expect(200);
            } else {
                let other = app.ask(&request, &twin, json!({})).await.expect(201).id();
                let said = json!({"refusal": {"party": "person", "code": "refuses_shared_room"}});
                referent.post(&format!("referrals/{other}/withdraw"), &said).await.expect(200);
            }
            let refused = provider.command(&format!("{path}/accept")).await.refused(409, "not_eligible");
            assert!(!refused.text.contains(rule), "{}", refused.text);
            let by_phone = json!({"by_phone": true});
            let told = referent.post(&format!("{path}/accept"), &by_phone).await.refused(409, "not_eligible");
            assert_eq!(told.body["rules"], json!([rule]), "those who asked are told");
        }
        app.ignore_mails();
    }

    async fn what_came_by_phone_is_the_last_answer_and_no_other(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        let said = json!({"by_phone": true});
        assert_eq!(referent.post(&format!("{path}/accept"), &said).await.expect(200).body["by_phone"], true);
        assert_eq!(referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200).body["by_phone"], true);
        assert_eq!(provider.command(&format!("{path}/arrival")).await.expect(200).body["by_phone"], false);
        app.ignore_mails();
    }

    async fn a_door_that_the_place_keeps_itself_leads_to_no_regulator(app: TestApp) {
        let provider = app.own(Role::Provider);
        let doors = json!(["siao", "direct", "health"]);
        let regulator = json!({"name": "Régulateur fictif", "kind": "regulator", "doors": doors, "departments": [], "contact": {"email": "regulateur@example.org"}});
        app.own(Role::Administrator).post("organisations", &regulator).await.expect(201);
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": doors}))).await;
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 9}))).await.expect(201).id();
        for door in doors.as_array().unwrap() {
            let asked = app.ask(&app.request().await, &vacancy, json!({"door": door})).await.expect(201).body;
            assert_eq!(asked["addressee_id"], provider.identity().organisation.to_string(), "{door}");
        }
        app.ignore_mails();
    }
}
