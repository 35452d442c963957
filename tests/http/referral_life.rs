//! The life of a referral as it is lived (design §4): what is taken back or contradicted, who is late, who was turned away, calls, holds that
//! end, a yes that confirms, a regulator who finds another place. Two organisations: one asks, the other answers.

use actix_web::http::Method;
use api::domain::Role;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::bodies::{reached_at, request, structure, unit, vacancy, with};
use crate::harness::{Answer, Caller, TestApp, on_both};

/// The one who asks and the one who answers, of two organisations, with a vacancy of the latter.
struct Scene {
    referent: Caller,
    provider: Caller,
    vacancy: String,
}

impl Scene {
    async fn new(app: &TestApp, beds: u32) -> Self {
        Self { referent: app.other(Role::Referent), provider: app.own(Role::Provider), vacancy: app.vacancy(beds).await }
    }

    async fn request(&self, change: Value) -> String {
        self.referent.post("requests", &with(request(), change)).await.expect(201).id()
    }

    async fn ask(&self, request: &str, vacancy: &str, more: Value) -> Answer {
        self.referent.post(&format!("requests/{request}/referrals"), &with(json!({"vacancy_id": vacancy}), more)).await
    }

    /// The path of a new referral to its vacancy, asked with more.
    async fn asked(&self, more: Value) -> String {
        let request = self.request(json!({})).await;
        format!("referrals/{}", self.ask(&request, &self.vacancy, more).await.expect(201).id())
    }

    /// The same once people are expected in an hour.
    async fn expected(&self, app: &TestApp) -> String {
        let path = self.asked(json!({})).await;
        self.provider.command(&format!("{path}/accept")).await.expect(200);
        self.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        path
    }

    /// And once they are there.
    async fn housed(&self, app: &TestApp) -> String {
        let path = self.expected(app).await;
        self.provider.command(&format!("{path}/arrival")).await.expect(200);
        path
    }

    async fn read(&self, path: &str) -> Value {
        self.referent.get(path).await.expect(200).body
    }

    async fn state(&self, path: &str) -> String {
        self.read(path).await["state"].as_str().unwrap().to_owned()
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

async fn events(caller: &Caller, command: &str) -> Vec<Value> {
    let page = caller.get("events?limit=200").await.expect(200).body;
    page["items"].as_array().unwrap().iter().filter(|event| event["command"] == command).cloned().collect()
}

fn subjects(app: &TestApp) -> Vec<(String, String)> {
    app.mails().into_iter().map(|mail| (mail.to, crate::mails::about(&mail.subject).to_owned())).collect()
}

/// To those who ask, and to those who answer.
const ASKER: &str = "other@example.org";
const ADDRESSEE: &str = "tilleuls@example.org";

fn full() -> Value {
    json!({"refusal": {"party": "structure", "code": "full"}})
}

on_both! {
    async fn a_place_may_say_no_after_the_confirmation(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let path = scene.expected(&app).await;
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1));
        app.ignore_mails();
        let declined = scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200).body;
        assert_eq!((&declined["state"], &declined["held"]), (&json!("declined"), &json!(false)));
        assert_eq!(app.beds(&scene.vacancy).await, (1, 0));
        assert_eq!(subjects(&app), [(ASKER.to_owned(), "une réponse est arrivée".to_owned())]);
    }

    async fn who_is_turned_away_looks_on_and_the_siao_hears_of_it_without_people(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let siao = json!({"name": "SIAO du Rhône (fictif)", "kind": "siao", "doors": [], "departments": ["69"], "contact": reached_at("other@example.org")});
        let organisation = format!("organisations/{}", app.other(Role::Referent).identity().organisation);
        app.own(Role::Administrator).put(&organisation, "*", &siao).await.expect(200);
        let path = scene.expected(&app).await;
        app.ignore_mails();
        scene.provider.command(&format!("{path}/turned-away")).await.refused(403, "role_not_allowed");
        let away = scene.referent.command(&format!("{path}/turned-away")).await.expect(200).body;
        assert_eq!((&away["state"], &away["held"], &away["deadline"]), (&json!("turned_away"), &json!(false), &json!(null)));
        assert_eq!(app.beds(&scene.vacancy).await, (1, 0));
        let request = away["request_id"].as_str().unwrap();
        assert_eq!(scene.referent.get(&format!("requests/{request}")).await.expect(200).body["state"], "open");
        assert_eq!(subjects(&app), [(ADDRESSEE.to_owned(), "une arrivée n’aura pas lieu".to_owned())]);
        for caller in [app.other(Role::Provider), app.own(Role::Coordinator)] {
            let told: Vec<_> = events(&caller, "recordTurnedAway").await.into_iter().filter(|event| event["record_kind"] == "notice").collect();
            assert_eq!(told.len(), 1);
            assert_eq!(told[0]["detail"], json!({"unit_id": away["unit_id"], "department": "69", "state": "turned_away"}));
        }
        assert_eq!(events(&scene.provider, "recordTurnedAway").await.len(), 1, "the place reads the referral's, not the notice");
        // Whoever was turned away may ask for the very place again.
        scene.ask(request, &scene.vacancy, json!({})).await.expect(201);
        app.ignore_mails();
    }

    async fn nobody_who_is_expected_expires(app: TestApp) {
        let scene = Scene::new(&app, 2).await;
        let path = scene.expected(&app).await;
        let girl = json!({"household": [{"gender": "female", "minority": "minor", "age": 15}], "stage": "stabilisation",
            "lone_minors": [{"person": 0, "told": {"authority": "child_protection", "whom": "CRIP du Rhône", "at": "2026-01-01T10:00:00Z", "reached": true}, "assessment_recorded_at": "2026-01-01T10:00:00Z", "assessment_decided_by": "juge des enfants", "child_view": "agrees"}]});
        let taken = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": null});
        let home = with(unit(), json!({"kind": "minors_home", "adult_ages": null, "children": null, "couples": false, "unaccompanied_minors": taken}));
        let home = app.site_with(&structure(), &home).await;
        let bed = scene.provider.post(&format!("units/{}/vacancies", home.unit), &vacancy()).await.expect(201).id();
        let hers = format!("referrals/{}", scene.ask(&scene.request(girl).await, &bed, json!({})).await.expect(201).id());
        scene.provider.command(&format!("{hers}/accept")).await.expect(200);
        scene.referent.post(&format!("{hers}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.ignore_mails();

        let late = async |path: &str| !scene.read(path).await["overdue_since"].is_null();
        app.clock().advance(TimeDelta::minutes(119));
        assert_eq!((late(&hers).await, late(&path).await), (false, false));
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!((late(&hers).await, late(&path).await), (true, false), "of a lone minor it is said after an hour");
        app.clock().advance(TimeDelta::hours(23));
        assert_eq!((late(&hers).await, late(&path).await), (true, true));
        assert_eq!(subjects(&app).len(), 4, "both sides of both are asked, once");
        let coordination = app.own(Role::Coordinator);
        app.clock().advance(TimeDelta::hours(72 - 24));
        assert_eq!(events(&coordination, "tellOverdue").await.len(), 0);
        app.clock().advance(TimeDelta::hours(1));
        assert_eq!(events(&coordination, "tellOverdue").await.len(), 1);
        app.clock().advance(TimeDelta::hours(24 * 30));
        let told = events(&coordination, "tellOverdue").await;
        assert_eq!(told.iter().map(|event| event["record_id"].as_str().unwrap()).collect::<Vec<_>>(), [id(&hers), id(&path)]);
        assert_eq!(told[1]["detail"], json!({"unit_id": scene.read(&path).await["unit_id"], "department": "69", "state": "confirmed"}));
        assert_eq!((scene.state(&path).await, app.beds(&scene.vacancy).await), ("confirmed".to_owned(), (2, 1)), "and keeps its bed");
        assert_eq!(subjects(&app), []);
        let arrived = scene.provider.command(&format!("{path}/arrival")).await.expect(200).body;
        assert_eq!(arrived["overdue_since"], json!(null));
        app.ignore_mails();
    }

    async fn a_hold_that_nobody_answers_ends_and_the_question_stands_on(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let planned = scene.request(json!({"urgency": "planned"})).await;
        let asked = scene.ask(&planned, &scene.vacancy, json!({"hold": true})).await.expect(201);
        let path = format!("referrals/{}", asked.id());
        assert_eq!(time(&asked.body["hold_until"]) - time(&asked.body["created_at"]), TimeDelta::hours(72));
        scene.provider.command(&format!("{path}/acknowledge")).await.expect(200);
        app.ignore_mails();
        app.clock().advance(TimeDelta::hours(71));
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1), "to have seen it is no answer, and ends nothing");
        app.clock().advance(TimeDelta::hours(1));
        let stands = scene.read(&path).await;
        assert_eq!((&stands["state"], &stands["held"], &stands["hold_until"]), (&json!("acknowledged"), &json!(false), &json!(null)));
        assert_eq!(stands["deadline"], asked.body["deadline"], "it moves no deadline");
        assert_eq!(app.beds(&scene.vacancy).await, (1, 0));
        let ended = "une réservation a pris fin".to_owned();
        assert_eq!(subjects(&app), [(ASKER.to_owned(), ended.clone()), (ADDRESSEE.to_owned(), ended)]);
        // Its hold counts no more, and a yes holds anew.
        let elsewhere = app.vacancy(1).await;
        scene.ask(&planned, &elsewhere, json!({"hold": true})).await.expect(201);
        assert_eq!(scene.provider.command(&format!("{path}/accept")).await.expect(200).body["held"], true);
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1));
        app.clock().advance(TimeDelta::hours(71));
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1), "from acceptance on a hold lasts while the referral is open");
        // What is answered within two hours needs no end of its hold.
        let soon = scene.ask(&scene.request(json!({})).await, &app.vacancy(1).await, json!({"hold": true})).await.expect(201).body;
        assert_eq!(soon["hold_until"], json!(null));
        app.ignore_mails();
    }

    async fn a_place_may_keep_no_bed_before_its_answer(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let careful = with(unit(), json!({"holds_before_answer": false}));
        let site = app.site_with(&structure(), &careful).await;
        assert_eq!(scene.provider.get(&format!("units/{}", site.unit)).await.expect(200).body["holds_before_answer"], false);
        let bed = scene.provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let request = scene.request(json!({})).await;
        scene.ask(&request, &bed, json!({"hold": true})).await.refused(409, "no_hold_before_answer");
        assert_eq!(app.beds(&bed).await, (2, 0));
        let path = format!("referrals/{}", scene.ask(&request, &bed, json!({})).await.expect(201).id());
        assert_eq!(scene.provider.command(&format!("{path}/accept")).await.expect(200).body["held"], true);
        app.ignore_mails();
    }

    async fn a_request_asks_for_a_vacancy_once_at_a_time(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let request = scene.request(json!({})).await;
        let first = scene.ask(&request, &scene.vacancy, json!({})).await.expect(201).id();
        for more in [json!({}), json!({"hold": true})] {
            scene.ask(&request, &scene.vacancy, more).await.refused(409, "already_asked");
        }
        assert_eq!(app.beds(&scene.vacancy).await, (3, 0));
        // Another request may, and the same one once the first question is over.
        scene.ask(&scene.request(json!({})).await, &scene.vacancy, json!({})).await.expect(201);
        scene.referent.command(&format!("referrals/{first}/withdraw")).await.expect(200);
        scene.ask(&request, &scene.vacancy, json!({})).await.expect(201);
        app.ignore_mails();
    }

    async fn a_yes_confirms_where_it_was_asked_so(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let elsewhere = app.vacancy(1).await;
        let request = scene.request(json!({})).await;
        let sibling = format!("referrals/{}", scene.ask(&request, &elsewhere, json!({"hold": true})).await.expect(201).id());
        let coming = with(app.arrival_in(3), json!({"confirms_on_acceptance": true}));
        let asked = scene.ask(&request, &scene.vacancy, coming.clone()).await.expect(201).body;
        assert_eq!((&asked["confirms_on_acceptance"], &asked["expected_arrival"]), (&json!(true), &coming["expected_arrival"]));
        let path = format!("referrals/{}", asked["id"].as_str().unwrap());
        app.ignore_mails();
        let yes = scene.provider.command(&format!("{path}/accept")).await.expect(200).body;
        assert_eq!((&yes["state"], &yes["held"], &yes["deadline"]), (&json!("confirmed"), &json!(true), &json!(null)));
        assert!(yes["confirmed_at"].is_string() && yes["accepted_at"].is_string());
        assert_eq!((scene.state(&sibling).await, app.beds(&elsewhere).await), ("superseded".to_owned(), (1, 0)));
        assert_eq!(subjects(&app), [(ASKER.to_owned(), "une réponse est arrivée".to_owned())]);
        // Taken back, it is a question again, and the other one too.
        scene.provider.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!((scene.state(&path).await, scene.state(&sibling).await), ("asked".to_owned(), "asked".to_owned()));
        assert_eq!((app.beds(&scene.vacancy).await, app.beds(&elsewhere).await), ((3, 0), (1, 1)));
        app.ignore_mails();
    }

    async fn a_yes_that_may_not_confirm_accepts_and_the_referent_is_told(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let coming = with(app.arrival_in(1), json!({"confirms_on_acceptance": true}));
        let request = scene.request(json!({"urgency": "planned"})).await;
        let path = format!("referrals/{}", scene.ask(&request, &scene.vacancy, coming).await.expect(201).id());
        app.ignore_mails();
        // More than a day after they were to come.
        app.clock().advance(TimeDelta::hours(26));
        let yes = scene.provider.command(&format!("{path}/accept")).await.expect(200).body;
        assert_eq!((&yes["state"], &yes["held"], yes["deadline"].is_string()), (&json!("accepted"), &json!(true), true));
        assert_eq!(subjects(&app), [(ASKER.to_owned(), "un oui attend votre confirmation".to_owned())]);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.ignore_mails();
    }

    async fn a_yes_confirms_for_a_time_that_is_said(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let request = scene.request(json!({})).await;
        for more in [json!({"confirms_on_acceptance": true}), app.arrival_in(1), with(app.arrival_in(-25), json!({"confirms_on_acceptance": true})),
            with(app.arrival_in(24 * 181), json!({"confirms_on_acceptance": true}))] {
            let refused = scene.ask(&request, &scene.vacancy, more.clone()).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/expected_arrival", "{more}");
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 0);
    }

    async fn an_addressee_says_who_calls_whom(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let at = app.clock().now().plus(TimeDelta::hours(1)).to_string();
        for call in [json!({"kind": "call_us", "at": null, "phone": "+33199001235"}), json!({"kind": "we_call", "at": at, "phone": null})] {
            let path = scene.asked(json!({})).await;
            let before = scene.read(&path).await;
            scene.provider.post(&format!("{path}/acknowledge"), &json!({"call_back": call})).await.expect(200);
            let after = scene.read(&path).await;
            assert_eq!(after["call_back"]["kind"], call["kind"]);
            assert_eq!(after["call_back"]["phone"].is_null(), call["phone"].is_null());
            assert_eq!(after["call_back"]["at"].is_null(), call["at"].is_null());
            assert_eq!((&after["deadline"], &after["state"]), (&before["deadline"], &json!("acknowledged")), "it moves no deadline");
        }
        let path = scene.asked(json!({})).await;
        let never = json!({"call_back": {"kind": "we_call"}});
        let refused = scene.provider.post(&format!("{path}/acknowledge"), &never).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/call_back/at");
        app.ignore_mails();
    }

    async fn who_gave_a_command_takes_it_back_and_nobody_else(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let path = scene.asked(json!({})).await;
        let undo = format!("{path}/undo");
        for caller in [&scene.referent, &scene.provider] {
            caller.command(&undo).await.refused(409, "undo_too_late");
        }
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.command(&undo).await.refused(403, "role_not_allowed");
        app.own(Role::Referent).command(&undo).await.refused(404, "not_found");
        app.ignore_mails();
        let back = scene.provider.command(&undo).await.expect(200).body;
        assert_eq!((&back["state"], &back["undone"]["command"], &back["undone"]["reason"]), (&json!("asked"), &json!("acceptReferral"), &json!(null)));
        let told = "une étape est annulée".to_owned();
        assert_eq!(subjects(&app), [(ASKER.to_owned(), told.clone()), (ADDRESSEE.to_owned(), told)]);
        scene.provider.command(&undo).await.refused(409, "undo_too_late");
        // Only the last command is taken back, and by who gave that one.
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        scene.provider.command(&undo).await.refused(403, "role_not_allowed");
        scene.referent.command(&undo).await.expect(200);
        assert_eq!(scene.state(&path).await, "accepted");
        scene.provider.command(&undo).await.refused(409, "undo_too_late");
        app.ignore_mails();
    }

    async fn a_command_is_taken_back_at_once_or_with_a_reason_until_the_next_day_is_over(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let why = json!({"reason": "la mauvaise demande était ouverte"});
        let path = scene.expected(&app).await;
        app.clock().advance(TimeDelta::minutes(14));
        scene.referent.command(&format!("{path}/undo")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.clock().advance(TimeDelta::minutes(15));
        let refused = scene.referent.command(&format!("{path}/undo")).await.refused(409, "undo_too_late");
        assert_eq!(refused.body["errors"][0]["pointer"], "/reason");
        let back = scene.referent.post(&format!("{path}/undo"), &why).await.expect(200).body;
        assert_eq!((&back["state"], &back["undone"]["reason"]), (&json!("accepted"), &why["reason"]));
        // The end of the next day is at most 48 hours away, and at least 24.
        for (hours, taken) in [(24, true), (49, false)] {
            let path = scene.housed(&app).await;
            app.clock().advance(TimeDelta::hours(hours));
            let answer = scene.provider.post(&format!("{path}/undo"), &why).await;
            if taken { drop(answer.expect(200)) } else { drop(answer.refused(409, "undo_too_late")) }
        }
        app.ignore_mails();
    }

    async fn a_deadline_that_comes_back_leaves_time_to_act(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let path = scene.asked(json!({"hold": true})).await;
        let asked = scene.read(&path).await;
        app.clock().advance(TimeDelta::minutes(110));
        scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200);
        app.clock().advance(TimeDelta::minutes(14));
        // The question would have lapsed four minutes ago.
        let back = scene.provider.command(&format!("{path}/undo")).await.expect(200).body;
        assert_eq!((&back["state"], &back["held"], &back["refusal"]), (&json!("asked"), &json!(true), &json!(null)));
        let left = time(&back["deadline"]) - app.clock().now().utc();
        assert!(TimeDelta::minutes(29) < left && left <= TimeDelta::minutes(30), "{left}");
        // One with more time left stands as it stood.
        let other = scene.asked(json!({})).await;
        let before = scene.read(&other).await["deadline"].clone();
        scene.provider.command(&format!("{other}/accept")).await.expect(200);
        assert_eq!(scene.provider.command(&format!("{other}/undo")).await.expect(200).body["deadline"], before);
        app.clock().advance(TimeDelta::minutes(31));
        assert_eq!(scene.state(&path).await, "expired");
        assert_eq!(time(&asked["deadline"]) - time(&asked["created_at"]), TimeDelta::hours(2));
        scene.provider.command(&format!("{path}/undo")).await.refused(409, "undo_too_late");
        app.ignore_mails();
    }

    async fn no_edit_moves_a_deadline(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let path = scene.asked(json!({})).await;
        let asked = scene.read(&path).await;
        let (request, unit_path) = (format!("requests/{}", asked["request_id"].as_str().unwrap()), format!("units/{}", asked["unit_id"].as_str().unwrap()));
        let planned = with(crate::harness::bodies::request(), json!({"urgency": "planned"}));
        scene.referent.put(&request, "*", &planned).await.expect(200);
        scene.provider.put(&unit_path, "*", &with(unit(), json!({"answering_hours": "Mo 09:00-10:00"}))).await.expect(200);
        assert_eq!(scene.read(&path).await["deadline"], asked["deadline"]);
        // The next clock is set by what stands then.
        let yes = scene.provider.command(&format!("{path}/accept")).await.expect(200).body;
        assert_eq!(time(&yes["deadline"]) - time(&yes["accepted_at"]), TimeDelta::hours(72));
        app.ignore_mails();
    }

    async fn beds_come_back_or_nothing_does(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        for command in ["decline", "no-show", "withdraw", "turned-away"] {
            let path = scene.expected(&app).await;
            let (caller, body) = match command {
                "decline" => (&scene.provider, full()),
                "no-show" => (&scene.provider, json!({})),
                _ => (&scene.referent, json!({})),
            };
            match command {
                "turned-away" => caller.command(&format!("{path}/{command}")).await.expect(200),
                _ => caller.post(&format!("{path}/{command}"), &body).await.expect(200),
            };
            assert_eq!(app.beds(&scene.vacancy).await, (1, 0), "{command}");
            let faster = scene.asked(json!({"hold": true})).await;
            caller.command(&format!("{path}/undo")).await.refused(409, "no_bed_left");
            assert_eq!(app.beds(&scene.vacancy).await, (1, 1), "{command}");
            scene.referent.command(&format!("{faster}/withdraw")).await.expect(200);
            let back = caller.command(&format!("{path}/undo")).await.expect(200).body;
            assert_eq!((&back["state"], &back["held"], app.beds(&scene.vacancy).await), (&json!("confirmed"), &json!(true), (1, 1)), "{command}");
            scene.referent.command(&format!("{path}/withdraw")).await.expect(200);
        }
        app.ignore_mails();
    }

    async fn an_arrival_that_was_none_is_expected_again(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let elsewhere = app.vacancy(1).await;
        let path = scene.expected(&app).await;
        let request = scene.read(&path).await["request_id"].as_str().unwrap().to_owned();
        let sibling = format!("referrals/{}", scene.ask(&request, &elsewhere, json!({"hold": true})).await.expect(201).id());
        scene.provider.command(&format!("{path}/arrival")).await.expect(200);
        assert_eq!((scene.state(&sibling).await, app.beds(&scene.vacancy).await), ("superseded".to_owned(), (0, 0)));
        scene.provider.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!((scene.state(&path).await, scene.state(&sibling).await), ("confirmed".to_owned(), "asked".to_owned()));
        assert_eq!((app.beds(&scene.vacancy).await, app.beds(&elsewhere).await), ((1, 1), (1, 1)), "the vacancy that had ended stands again");
        let read = scene.provider.get(&format!("vacancies/{}", scene.vacancy)).await.expect(200).body;
        assert_eq!(read["withdrawn_at"], json!(null));
        assert_eq!(scene.referent.get(&format!("requests/{request}")).await.expect(200).body["state"], "open");
        app.ignore_mails();
    }

    async fn a_stay_that_goes_on_takes_the_beds_declared_at_its_end_out_again(app: TestApp) {
        for after in ["open", "closed"] {
            let scene = Scene::new(&app, 1).await;
            let path = scene.housed(&app).await;
            let request = format!("requests/{}", scene.read(&path).await["request_id"].as_str().unwrap());
            let end = json!({"reason": "left", "request": after});
            let over = scene.provider.post(&format!("{path}/end"), &end).await.expect(200).body;
            let offered = &over["offered_declaration"];
            let place = format!("units/{}/vacancies", offered["unit_id"].as_str().unwrap());
            let declared = scene.provider.post(&place, &offered["vacancy"]).await.expect(201).id();
            let faster = format!("referrals/{}", scene.ask(&scene.request(json!({})).await, &declared, json!({"hold": true})).await.expect(201).id());
            scene.provider.command(&format!("{path}/undo")).await.refused(409, "beds_held");
            assert_eq!((scene.state(&path).await, app.beds(&declared).await), ("ended".to_owned(), (1, 1)));
            scene.referent.command(&format!("{faster}/withdraw")).await.expect(200);
            let back = scene.provider.command(&format!("{path}/undo")).await.expect(200).body;
            assert_eq!((&back["state"], &back["end_reason"], &back["held"]), (&json!("arrived"), &json!(null), &json!(false)));
            assert_eq!(app.beds(&declared).await, (0, 0), "the bed is slept in");
            let read = scene.referent.get(&request).await.expect(200).body;
            assert_eq!((&read["state"], &read["closed_at"]), (&json!("placed"), &json!(null)));
            // And where nothing was declared there is nothing to take out.
            scene.provider.post(&format!("{path}/end"), &end).await.expect(200);
            scene.provider.command(&format!("{path}/undo")).await.expect(200);
            assert_eq!(scene.referent.get(&request).await.expect(200).body["state"], "placed");
        }
        app.ignore_mails();
    }

    async fn nothing_is_taken_back_on_which_a_later_command_has_built(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let elsewhere = app.vacancy(9).await;
        let refused = async |caller: &Caller, path: &str, which: &str| {
            let before = scene.read(path).await;
            let refused = caller.command(&format!("{path}/undo")).await;
            assert_eq!(refused.body["code"], "undo_too_late", "{which}: {}", refused.text);
            assert_eq!(scene.read(path).await, before, "{which}");
        };
        let decline = async |path: &str| drop(scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200));
        let request = async |path: &str| scene.read(path).await["request_id"].as_str().unwrap().to_owned();
        // Another question of the request.
        let path = scene.asked(json!({})).await;
        decline(&path).await;
        let other = format!("referrals/{}", scene.ask(&request(&path).await, &elsewhere, json!({})).await.expect(201).id());
        refused(&scene.provider, &path, "another question").await;
        // An answer to it, given after.
        let path = scene.asked(json!({})).await;
        let sibling = format!("referrals/{}", scene.ask(&request(&path).await, &elsewhere, json!({})).await.expect(201).id());
        decline(&path).await;
        scene.provider.command(&format!("{sibling}/acknowledge")).await.expect(200);
        refused(&scene.provider, &path, "another answer").await;
        // The request closed.
        let path = scene.asked(json!({})).await;
        decline(&path).await;
        scene.referent.post(&format!("requests/{}/close", request(&path).await), &json!({"reason": "other"})).await.expect(200);
        refused(&scene.provider, &path, "the request closed").await;
        // What closing it has withdrawn, and what a confirmation has superseded, are no commands of their own.
        let path = scene.asked(json!({})).await;
        scene.referent.post(&format!("requests/{}/close", request(&path).await), &json!({"reason": "other"})).await.expect(200);
        refused(&scene.referent, &path, "withdrawn by the end of its request").await;
        // Time and edits that change no household build on nothing.
        let path = scene.asked(json!({})).await;
        decline(&path).await;
        let edited = scene.referent.get(&format!("requests/{}", request(&path).await)).await.expect(200);
        let nights = with(crate::harness::bodies::request(), json!({"nights": 31}));
        scene.referent.put(&format!("requests/{}", edited.id()), &edited.etag(), &nights).await.expect(200);
        scene.provider.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!((scene.state(&path).await, scene.state(&other).await), ("asked".to_owned(), "asked".to_owned()));
        app.ignore_mails();
    }

    async fn what_was_superseded_comes_back_each_by_itself_where_its_bed_is_free(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let (free, taken, unheld) = (app.vacancy(1).await, app.vacancy(1).await, app.vacancy(1).await);
        let path = scene.asked(json!({})).await;
        let request = scene.read(&path).await["request_id"].as_str().unwrap().to_owned();
        let mut siblings = Vec::new();
        for (vacancy, hold) in [(&free, true), (&taken, true), (&unheld, false)] {
            siblings.push(format!("referrals/{}", scene.ask(&request, vacancy, json!({"hold": hold})).await.expect(201).id()));
        }
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        for sibling in &siblings {
            assert_eq!(scene.state(sibling).await, "superseded");
        }
        let faster = scene.ask(&scene.request(json!({})).await, &taken, json!({"hold": true})).await.expect(201).id();
        scene.referent.command(&format!("{path}/undo")).await.expect(200);
        let stand = [scene.state(&siblings[0]).await, scene.state(&siblings[1]).await, scene.state(&siblings[2]).await];
        assert_eq!(stand, ["asked", "superseded", "asked"]);
        assert_eq!((app.beds(&free).await, app.beds(&taken).await, app.beds(&unheld).await), ((1, 1), (1, 1), (1, 0)));
        let back = scene.read(&siblings[0]).await;
        assert_eq!((&back["held"], &back["refusal"]), (&json!(true), &json!(null)));
        assert_eq!(scene.read(&siblings[1]).await["refusal"]["code"], "superseded");
        assert_eq!(scene.state(&format!("referrals/{faster}")).await, "asked");
        // What it excluded no more excludes: it may be answered.
        scene.provider.command(&format!("{}/accept", siblings[0])).await.expect(200);
        app.ignore_mails();
    }

    async fn what_was_superseded_is_put_again_in_one_call_while_its_beds_last(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let elsewhere = app.vacancy(1).await;
        let path = scene.asked(json!({})).await;
        let request = scene.read(&path).await["request_id"].as_str().unwrap().to_owned();
        let sibling = format!("referrals/{}", scene.ask(&request, &elsewhere, json!({"hold": true})).await.expect(201).id());
        scene.provider.command(&format!("{sibling}/accept")).await.expect(200);
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.clock().advance(TimeDelta::hours(20));
        let revive = format!("{sibling}/revive");
        let faster = format!("referrals/{}", scene.ask(&scene.request(json!({})).await, &elsewhere, json!({"hold": true})).await.expect(201).id());
        scene.referent.command(&revive).await.refused(409, "no_bed_left");
        assert_eq!((scene.state(&sibling).await, app.beds(&elsewhere).await), ("superseded".to_owned(), (1, 1)));
        scene.referent.command(&format!("{faster}/withdraw")).await.expect(200);
        let again = scene.referent.command(&revive).await.expect(200).body;
        assert_eq!((&again["state"], &again["held"], &again["refusal"]), (&json!("accepted"), &json!(true), &json!(null)));
        assert!(time(&again["deadline"]) - app.clock().now().utc() > TimeDelta::minutes(119), "who must confirm has time anew");
        assert_eq!((scene.state(&path).await, app.beds(&elsewhere).await), ("confirmed".to_owned(), (1, 1)), "the one that was chosen stands");
        scene.referent.command(&revive).await.refused(409, "referral_accepted");
        // Confirmed in its turn, it supersedes the other, which comes back to be confirmed again.
        scene.referent.post(&format!("{sibling}/confirm"), &app.arrival_in(1)).await.expect(200);
        assert_eq!(scene.state(&path).await, "superseded");
        assert_eq!(scene.referent.command(&format!("{path}/revive")).await.expect(200).body["state"], "accepted");
        scene.provider.command(&format!("{sibling}/arrival")).await.expect(200);
        scene.referent.command(&format!("{path}/revive")).await.refused(409, "request_placed");
        app.ignore_mails();
    }

    async fn a_refusal_that_is_taken_back_excludes_nothing(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let path = scene.asked(json!({})).await;
        let request = scene.read(&path).await["request_id"].as_str().unwrap().to_owned();
        let eligible = async || scene.referent.rank(&format!("requests/{request}/rank"), None).await.expect(200).body["eligible"].clone();
        let no = json!({"refusal": {"party": "structure", "code": "network_present"}});
        scene.provider.post(&format!("{path}/decline"), &no).await.expect(200);
        assert_eq!(eligible().await, 0);
        scene.provider.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!(eligible().await, 1);
        app.ignore_mails();
    }

    async fn a_link_in_a_mail_takes_back_what_its_addressee_did(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let path = scene.asked(json!({})).await;
        let undo = format!("{}/undo", crate::mails::link(&app.mails()[0]));
        let tap = async || app.nobody().send(Method::POST, &undo, &[], None).await;
        tap().await.refused(409, "undo_too_late");
        scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200);
        assert_eq!(tap().await.expect(200).body["state"], "asked");
        assert_eq!(scene.state(&path).await, "asked");
        tap().await.refused(410, "link_expired");
        let undo = format!("{}/undo", crate::mails::link(app.mails().last().unwrap()));
        scene.referent.command(&format!("{path}/withdraw")).await.expect(200);
        app.nobody().send(Method::POST, &undo, &[], None).await.refused(410, "link_expired");
        app.ignore_mails();
    }

    async fn a_link_in_a_mail_says_in_one_tap_that_it_is_not_so(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let path = scene.asked(json!({})).await;
        scene.referent.post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
        let mail = app.mails().into_iter().find(|mail| mail.to == ADDRESSEE).unwrap();
        assert!(mail.subject.contains("par téléphone"), "{}", mail.subject);
        let contradict = format!("{}/contradict", crate::mails::link(&mail));
        let tap = async || app.nobody().send(Method::POST, &contradict, &[], None).await;
        assert_eq!(tap().await.expect(200).body["state"], "asked");
        assert_eq!((scene.state(&path).await, app.beds(&scene.vacancy).await), ("asked".to_owned(), (3, 0)));
        tap().await.refused(410, "link_expired");
        app.ignore_mails();
    }

    async fn what_is_not_so_goes_back_to_where_it_was(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let by_phone = |more: Value| with(more, json!({"by_phone": true}));
        for (command, body, before) in [
            ("accept", json!({}), "asked"), ("decline", full(), "asked"), ("arrival", json!({}), "confirmed"), ("no-show", json!({}), "confirmed"),
            ("end", json!({"reason": "left", "request": "closed"}), "arrived"),
        ] {
            let path = match before {
                "asked" => scene.asked(json!({"hold": true})).await,
                "confirmed" => scene.expected(&app).await,
                _ => scene.housed(&app).await,
            };
            let (beds, stood) = (app.beds(&scene.vacancy).await, scene.read(&path).await);
            scene.provider.command(&format!("{path}/contradict")).await.refused(409, "nothing_to_contradict");
            scene.referent.post(&format!("{path}/{command}"), &by_phone(body)).await.expect(200);
            scene.referent.command(&format!("{path}/contradict")).await.refused(403, "role_not_allowed");
            app.other(Role::Provider).command(&format!("{path}/contradict")).await.refused(404, "not_found");
            app.ignore_mails();
            // Not only at once.
            app.clock().advance(TimeDelta::minutes(40));
            let back = scene.provider.command(&format!("{path}/contradict")).await.expect(200).body;
            assert_eq!((&back["state"], &back["by_phone"], &back["held"]), (&json!(before), &json!(false), &stood["held"]), "{command}");
            assert_eq!(app.beds(&scene.vacancy).await, beds, "{command}");
            assert_eq!(back["contradicted_at"], json!(null));
            assert_eq!(subjects(&app), [(ASKER.to_owned(), "une réponse notée par téléphone est contestée".to_owned())], "{command}");
            let request = scene.referent.get(&format!("requests/{}", stood["request_id"].as_str().unwrap())).await.expect(200).body;
            assert_eq!(request["state"], if before == "arrived" { "placed" } else { "open" }, "{command}");
            scene.provider.command(&format!("{path}/contradict")).await.refused(409, "nothing_to_contradict");
            scene.referent.command(&format!("{path}/withdraw")).await;
        }
        let told = events(&app.own(Role::Coordinator), "contradictReferral").await;
        assert!(told.iter().all(|event| event["record_kind"] != "notice"), "what went back is between the two");
        app.ignore_mails();
    }

    async fn what_is_not_so_and_was_built_on_stays_marked_and_the_coordination_is_told(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let coordination = app.own(Role::Coordinator);
        let said = json!({"by_phone": true});
        let path = scene.asked(json!({})).await;
        scene.referent.post(&format!("{path}/accept"), &said).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        app.ignore_mails();
        let marked = scene.provider.command(&format!("{path}/contradict")).await.expect(200).body;
        assert_eq!((&marked["state"], &marked["held"], marked["contradicted_at"].is_string()), (&json!("confirmed"), &json!(true), true));
        assert_eq!(subjects(&app), [(ASKER.to_owned(), "une réponse notée par téléphone est contestée".to_owned())]);
        let told = events(&coordination, "contradictReferral").await;
        assert_eq!((told.len(), &told[0]["record_kind"], told[0]["record_id"].as_str().unwrap()), (1, &json!("notice"), id(&path)));
        scene.provider.command(&format!("{path}/contradict")).await.refused(409, "nothing_to_contradict");
        // Another question has built on a no.
        let path = scene.asked(json!({})).await;
        scene.referent.post(&format!("{path}/decline"), &with(full(), said.clone())).await.expect(200);
        let request = scene.read(&path).await["request_id"].as_str().unwrap().to_owned();
        scene.ask(&request, &app.vacancy(1).await, json!({})).await.expect(201);
        let marked = scene.provider.command(&format!("{path}/contradict")).await.expect(200).body;
        assert_eq!((&marked["state"], marked["contradicted_at"].is_string()), (&json!("declined"), true));
        // A bed that is gone does not come back.
        let bed = app.vacancy(1).await;
        let first = format!("referrals/{}", scene.ask(&scene.request(json!({})).await, &bed, json!({"hold": true})).await.expect(201).id());
        scene.referent.post(&format!("{first}/decline"), &with(full(), said)).await.expect(200);
        scene.ask(&scene.request(json!({})).await, &bed, json!({"hold": true})).await.expect(201);
        let marked = scene.provider.command(&format!("{first}/contradict")).await.expect(200).body;
        assert_eq!((&marked["state"], marked["contradicted_at"].is_string(), app.beds(&bed).await), (&json!("declined"), true, (1, 1)));
        assert_eq!(events(&coordination, "contradictReferral").await.len(), 3);
        app.ignore_mails();
    }

    async fn a_regulator_moves_a_referral_among_the_units_behind_its_door(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        let regulator = app.other(Role::Regulator);
        let keeps = json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": reached_at("other@example.org")});
        app.own(Role::Administrator).put(&format!("organisations/{}", regulator.identity().organisation), "*", &keeps).await.expect(200);
        let (mut units, mut beds) = (Vec::new(), Vec::new());
        for change in [json!({"doors": ["115"]}), json!({"doors": ["direct", "115"]}), json!({"doors": ["115"], "genders": ["male"]}), json!({"doors": ["siao"]})] {
            let site = app.site_with(&structure(), &with(unit(), change)).await;
            beds.push(scene.provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 1}))).await.expect(201).id());
            units.push(site.unit);
        }
        let request = scene.request(json!({})).await;
        let asked = scene.ask(&request, &beds[0], json!({"hold": true})).await.expect(201);
        let path = format!("referrals/{}", asked.id());
        let to = async |vacancy: &str| regulator.post(&format!("{path}/move"), &json!({"vacancy_id": vacancy})).await;
        scene.provider.post(&format!("{path}/move"), &json!({"vacancy_id": beds[1]})).await.refused(403, "role_not_allowed");
        app.own(Role::Regulator).post(&format!("{path}/move"), &json!({"vacancy_id": beds[1]})).await.refused(404, "not_found");
        to(&request).await.refused(404, "not_found");
        to(&beds[0]).await.refused(409, "already_asked");
        assert_eq!(to(&beds[2]).await.refused(409, "not_eligible").body["rules"], json!(["gender"]));
        assert_eq!(to(&beds[3]).await.refused(409, "contradiction").body["errors"][0]["pointer"], "/vacancy_id");
        let taken = scene.ask(&scene.request(json!({})).await, &beds[1], json!({"hold": true, "door": "115"})).await.expect(201).id();
        to(&beds[1]).await.refused(409, "no_bed_left");
        assert_eq!((app.beds(&beds[0]).await, app.beds(&beds[1]).await), ((1, 1), (1, 1)));
        scene.referent.command(&format!("referrals/{taken}/withdraw")).await.expect(200);
        app.ignore_mails();
        let moved = to(&beds[1]).await.expect(200).body;
        assert_eq!((&moved["unit_id"], &moved["vacancy_id"]), (&json!(units[1]), &json!(beds[1])));
        assert_eq!((&moved["state"], &moved["deadline"], &moved["held"]), (&json!("asked"), &asked.body["deadline"], &json!(true)));
        assert_eq!((app.beds(&beds[0]).await, app.beds(&beds[1]).await), ((1, 0), (1, 1)));
        assert_eq!(subjects(&app), [(ASKER.to_owned(), "une orientation change de lieu".to_owned())]);
        // The bed that was left is ranked again, the other is not.
        let twin = scene.request(json!({})).await;
        let ranked = scene.referent.rank(&format!("requests/{twin}/rank"), None).await.expect(200).text;
        assert!(ranked.contains(&beds[0]) && !ranked.contains(&beds[1]), "{ranked}");
        // And it is taken back as any command.
        let back = regulator.command(&format!("{path}/undo")).await.expect(200).body;
        assert_eq!((&back["vacancy_id"], app.beds(&beds[0]).await, app.beds(&beds[1]).await), (&json!(beds[0]), (1, 1), (1, 0)));
        let ranked = scene.referent.rank(&format!("requests/{twin}/rank"), None).await.expect(200).text;
        assert!(!ranked.contains(&beds[0]) && ranked.contains(&beds[1]), "{ranked}");
        regulator.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        regulator.command(&format!("{path}/arrival")).await.expect(200);
        to(&beds[1]).await.refused(409, "referral_arrived");
        app.ignore_mails();
    }

    async fn a_home_that_was_left_for_another_hears_that_nobody_comes(app: TestApp) {
        let (referral, _) = crate::access::behind_a_door(&app).await;
        let path = format!("referrals/{referral}");
        let (regulator, theirs) = (app.own(Role::Regulator), app.other(Role::Provider));
        let first = regulator.get(&path).await.expect(200).body;
        let home = theirs.post("structures", &with(structure(), json!({"finess": null, "siret": null, "trafficking_contact": reached_at("foyer@example.org")}))).await.expect(201).id();
        let group = theirs.post(&format!("structures/{home}/units"), &with(unit(), json!({"doors": ["115"]}))).await.expect(201).id();
        let bed = theirs.post(&format!("units/{group}/vacancies"), &vacancy()).await.expect(201).id();
        let to = async |vacancy: &Value| drop(regulator.post(&format!("{path}/move"), &json!({"vacancy_id": vacancy})).await.expect(200));
        let told = async || {
            let page = theirs.get("events?record_kind=notice").await.expect(200).body;
            page["items"].as_array().unwrap().clone()
        };
        regulator.command(&format!("{path}/accept")).await.expect(200);
        to(&json!(bed)).await;
        to(&first["vacancy_id"]).await;
        assert!(told().await.is_empty(), "nobody was expected there");
        app.own(Role::Referent).post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        to(&json!(bed)).await;
        theirs.get(&path).await.expect(200);
        app.ignore_mails();
        to(&first["vacancy_id"]).await;
        theirs.get(&path).await.refused(404, "not_found");
        let notices = told().await;
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert_eq!((&notices[0]["command"], &notices[0]["detail"]["unit_id"]), (&json!("moveReferral"), &json!(group)));
        let elsewhere = [&first["unit_id"], &first["vacancy_id"]].map(|id| id.as_str().unwrap());
        assert!(elsewhere.iter().all(|id| !notices[0].to_string().contains(id)), "and not where they go: {}", notices[0]);
        let mails = app.mails();
        let gone: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("n’aura pas lieu")).map(|mail| mail.to.as_str()).collect();
        assert_eq!(gone, ["foyer@example.org"], "{mails:?}");
        // Taken back, they come after all; and taken back the other way, they do not.
        regulator.command(&format!("{path}/undo")).await.expect(200);
        theirs.get(&path).await.expect(200);
        to(&first["vacancy_id"]).await;
        to(&json!(bed)).await;
        regulator.command(&format!("{path}/undo")).await.expect(200);
        let last = told().await.pop().unwrap();
        assert_eq!((&last["command"], &last["detail"]["unit_id"]), (&json!("undoReferral"), &json!(group)));
        app.ignore_mails();
    }

    async fn the_siao_of_a_department_is_told_of_questions_and_refusals_at_its_doors(app: TestApp) {
        let scene = Scene::new(&app, 3).await;
        let siao = json!({"name": "SIAO du Rhône (fictif)", "kind": "siao", "doors": [], "departments": ["69"], "contact": reached_at("siao@example.org")});
        // It is neither who asks nor who answers.
        let made = app.own(Role::Administrator).post("organisations", &siao).await.expect(201).body["name"].as_str().unwrap().to_owned();
        let (token, _) = api::cli::client::make(app.db(), &made, Role::Provider).unwrap();
        let theirs = app.with_token(&token);
        let told = async |caller: &Caller| caller.get("events?record_kind=notice").await.expect(200).body["items"].as_array().unwrap().clone();
        let path = scene.asked(json!({})).await;
        let record = scene.read(&path).await;
        scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200);
        let said = told(&theirs).await;
        let expected = |command: &str, state: &str| json!([command, {"unit_id": record["unit_id"], "department": "69", "state": state}]);
        let heard: Vec<_> = said.iter().map(|event| json!([event["command"], event["detail"]])).collect();
        assert_eq!(heard, [expected("createReferral", "asked"), expected("declineReferral", "declined")]);
        assert!(said.iter().all(|event| event["by_account_id"].is_null()), "{said:?}");
        theirs.get(&path).await.refused(404, "not_found");
        // Cases are not for the coordination, nor doors of others for the SIAO.
        assert!(told(&app.own(Role::Coordinator)).await.is_empty());
        let direct = app.site_with(&structure(), &with(unit(), json!({"doors": ["direct"]}))).await;
        let elsewhere = app.site_with(&with(structure(), json!({"commune": "42218"})), &unit()).await;
        for site in [direct, elsewhere] {
            let bed = scene.provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
            let request = scene.request(json!({"distance": {"wish": "indifferent"}})).await;
            scene.ask(&request, &bed, json!({})).await.expect(201);
        }
        assert_eq!(told(&theirs).await.len(), 2);
        // Nor does an association hear of others, whatever departments it names.
        let association = json!({"name": "Association fictive du Rhône", "kind": "association", "departments": ["69"], "contact": reached_at("rhone@example.org")});
        let made = app.own(Role::Administrator).post("organisations", &association).await.expect(201).body["name"].as_str().unwrap().to_owned();
        let (token, _) = api::cli::client::make(app.db(), &made, Role::Provider).unwrap();
        assert!(told(&app.with_token(&token)).await.is_empty());
        app.ignore_mails();
    }

    async fn a_regulator_has_the_time_in_which_its_numbers_are_answered(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let regulator = app.other(Role::Regulator);
        let organisation = format!("organisations/{}", regulator.identity().organisation);
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115"], "answering_hours": "24/7"}))).await;
        let bed = scene.provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 9}))).await.expect(201).id();
        let keeps = |numbers: Value| json!({"name": "115 du Rhône (fictif)", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": {"numbers": numbers, "email": "other@example.org"}});
        let mut waits = Vec::new();
        for numbers in [
            json!([]),
            json!([{"phone": "115"}, {"phone": "119", "hours": "Mo 00:00-00:10"}]),
            // One hour a week: the four hours that an urgent question waits for are not to be had in four days.
            json!([{"phone": "119", "hours": "Mo 10:00-11:00"}]),
            json!([{"phone": "115", "hours": "24/7"}, {"phone": "119", "hours": "24/7"}]),
        ] {
            app.own(Role::Administrator).put(&organisation, "*", &keeps(numbers)).await.expect(200);
            let asked = scene.ask(&scene.request(json!({"urgency": "urgent"})).await, &bed, json!({})).await.expect(201).body;
            waits.push(time(&asked["deadline"]) - time(&asked["created_at"]));
        }
        let (day, most) = (TimeDelta::hours(24), TimeDelta::days(4));
        assert_eq!(waits, [day, day, most, day]);
        app.ignore_mails();
    }

    async fn nobody_is_invited_on_a_day_that_has_passed(app: TestApp) {
        let scene = Scene::new(&app, 2).await;
        let path = scene.asked(json!({})).await;
        for (field, pointer) in [("interview_on", "/interview_on"), ("travel_on", "/travel_on")] {
            let refused = scene.provider.post(&format!("{path}/accept"), &json!({field: crate::harness::bodies::day(-1)})).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        let today = json!({"interview_on": crate::harness::bodies::day(0), "travel_on": crate::harness::bodies::day(2)});
        scene.provider.post(&format!("{path}/accept"), &today).await.expect(200);
        app.ignore_mails();
    }

    async fn what_was_said_on_the_phone_goes_with_what_is_erased(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let said = "Mme Canari dit que le lit bébé est prêté";
        let request = scene.request(json!({"required": ["cot"]})).await;
        let path = format!("referrals/{}", scene.ask(&request, &scene.vacancy, json!({"override_reason": said})).await.expect(201).id());
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.provider.post(&format!("{path}/undo"), &json!({"reason": "Mme Canari a rappelé"})).await.expect(200);
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        scene.referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        let kept = "SELECT count(*) AS n FROM referrals WHERE CAST(course AS TEXT) LIKE '%Canari%' OR CAST(last_step AS TEXT) LIKE '%Canari%'";
        assert_eq!(app.count(kept), 0, "sealed with the key of the request");
        let told = scene.provider.get(&path).await.expect(200).text;
        assert!(told.contains("Canari"), "{told}");
        scene.referent.command(&format!("requests/{request}/withdraw-agreement")).await.expect(200);
        let left = scene.provider.get(&path).await.expect(200);
        assert!(left.body["state"] == "confirmed" && !left.text.contains("Canari"), "{}", left.text);
        scene.provider.command(&format!("{path}/arrival")).await.expect(200);
        app.ignore_mails();
    }

    async fn whoever_runs_the_place_it_was_moved_to_learns_who_comes(app: TestApp) {
        let (referral, _) = crate::access::behind_a_door(&app).await;
        let path = format!("referrals/{referral}");
        let (regulator, theirs) = (app.own(Role::Regulator), app.other(Role::Provider));
        let home = theirs.post("structures", &with(structure(), json!({"finess": null, "siret": null}))).await.expect(201).id();
        let group = theirs.post(&format!("structures/{home}/units"), &with(unit(), json!({"kind": "hotel", "doors": ["115"]}))).await.expect(201).id();
        let bed = theirs.post(&format!("units/{group}/vacancies"), &vacancy()).await.expect(201).id();
        regulator.command(&format!("{path}/accept")).await.expect(200);
        app.own(Role::Referent).post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        theirs.get(&path).await.refused(404, "not_found");
        regulator.post(&format!("{path}/move"), &json!({"vacancy_id": bed})).await.expect(200);
        let asks = theirs.get(&path).await.expect(200).body["asks_for"].clone();
        assert_eq!((&asks["people"], &asks["stage"]), (&json!(1), &json!(null)), "a hotel learns little, also of whom it was sent");
        assert_eq!(events(&theirs, "moveReferral").await.len(), 1);
        regulator.command(&format!("{path}/undo")).await.expect(200);
        theirs.get(&path).await.refused(404, "not_found");
        regulator.command(&format!("{path}/arrival")).await.expect(200);
        assert_eq!(events(&theirs, "recordArrival").await.len(), 0, "they came to the other place");
        app.ignore_mails();
    }

    async fn a_unit_that_has_ended_takes_nobody_back(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let path = scene.asked(json!({})).await;
        let unit = scene.read(&path).await["unit_id"].as_str().unwrap().to_owned();
        scene.provider.post(&format!("{path}/decline"), &full()).await.expect(200);
        scene.provider.command(&format!("units/{unit}/end")).await.expect(200);
        scene.provider.command(&format!("{path}/undo")).await.refused(409, "unit_ended");
        assert_eq!(scene.state(&path).await, "declined");
        app.ignore_mails();
    }

    async fn an_arrival_stays_where_its_place_was_declared_anew(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 1}))).await;
        let one = with(vacancy(), json!({"beds": 1}));
        let declare = async || scene.provider.post(&format!("units/{}/vacancies", site.unit), &one).await.expect(201).id();
        let scene = Scene { vacancy: declare().await, ..Scene::new(&app, 1).await };
        let path = scene.housed(&app).await;
        let anew = declare().await;
        scene.provider.command(&format!("{path}/undo")).await.refused(409, "no_bed_left");
        assert_eq!((scene.state(&path).await, app.beds(&anew).await), ("arrived".to_owned(), (1, 0)));
        scene.provider.command(&format!("vacancies/{anew}/withdraw")).await.expect(200);
        scene.provider.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1));
        app.ignore_mails();
    }

    async fn what_is_taken_back_does_not_unsay_a_birth(app: TestApp) {
        let scene = Scene::new(&app, 1).await;
        let path = scene.asked(json!({})).await;
        scene.provider.command(&format!("{path}/accept")).await.expect(200);
        let request = format!("requests/{}", scene.read(&path).await["request_id"].as_str().unwrap());
        let child = json!({"gender": "female", "minority": "minor", "age": 0, "with_parent": true});
        let born = with(crate::harness::bodies::request(), json!({"seen_apart": true,
            "household": [{"gender": "female", "minority": "adult", "age": 24}, child]}));
        scene.referent.put(&request, "*", &born).await.expect(200);
        for act in ["undo", "accept"] {
            let now = scene.provider.command(&format!("{path}/{act}")).await.expect(200).body;
            assert_eq!((&now["warnings"], &now["beds"]), (&json!(["over_occupied"]), &json!(1)), "{act}");
        }
        assert_eq!(app.beds(&scene.vacancy).await, (1, 1));
        app.ignore_mails();
    }

    async fn only_behind_the_door_of_ac_se_are_facts_judged(app: TestApp) {
        let scene = Scene::new(&app, 9).await;
        for code in ["no_local_danger", "facts_not_established"] {
            let path = scene.asked(json!({})).await;
            let no = json!({"refusal": {"party": "structure", "code": code}});
            let refused = scene.provider.post(&format!("{path}/decline"), &no).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/refusal/code");
            let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["acse"]}))).await;
            let bed = scene.provider.post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
            let path = format!("referrals/{}", scene.ask(&scene.request(json!({})).await, &bed, json!({})).await.expect(201).id());
            scene.provider.post(&format!("{path}/decline"), &no).await.expect(200);
        }
        app.ignore_mails();
    }
}
