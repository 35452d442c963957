//! Quotas: what one account, and one organisation, may do at most in 24 hours. Each at small numbers, and what the default ones let pass.

use std::time::{Duration, Instant};

use api::domain::quota::Used;
use api::domain::{By, Role};
use api::live::bus::Bus;
use api::live::hub::Hub;
use api::web::pages::words;
use api::work::tallies;
use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, vacancy, with};
use crate::harness::redis::Redis;
use crate::harness::{Answer, Caller, TestApp, on_both};
use crate::http::pages::{Browser, maud_escaped};
use crate::limits::{found, hub};
use crate::metrics::{shown, value};

/// A request that can wait.
pub fn planned() -> Value {
    with(request(), json!({"urgency": "planned"}))
}

/// Another account of the own organisation that asks for places.
pub fn colleague(app: &TestApp) -> Caller {
    app.in_roles(app.own(Role::Referent).identity().organisation, &[Role::Referent])
}

/// That an answer says which quota is used up, whose, and until when.
#[track_caller]
pub fn used_up(answer: Answer, name: &str, of: &str) -> Value {
    let answer = answer.refused(429, "quota_exceeded");
    let quota = answer.body["quota"].clone();
    assert_eq!((&quota["name"], &quota["of"]), (&json!(name), &json!(of)), "{}", answer.text);
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    // Beds that are held become free when nobody answers: of what is planned after three days.
    let days = if name == "beds_held" { 3 } else { 1 };
    assert!((1..=days * 24 * 60 * 60).contains(&wait), "{wait} s");
    assert!(quota["until"].as_str().is_some_and(|until| until.contains('T')), "{}", answer.text);
    quota
}

/// Moves the clock on by a day and a little.
fn a_day_later(app: &TestApp) {
    app.clock().advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
}

/// So many vacancies of the own organisation, each in a home of its own.
async fn homes(app: &TestApp, count: usize) -> Vec<String> {
    let mut vacancies = Vec::new();
    for _ in 0..count {
        vacancies.push(app.vacancy(50).await);
    }
    vacancies
}

/// Two instances with a quota of rankings that are not stored, and how each reaches the Redis they share.
struct OverOneRedis {
    redis: Redis,
    instances: [TestApp; 2],
    hubs: [Hub; 2],
}

impl OverOneRedis {
    /// None where Redis is not installed.
    async fn start(app: &TestApp, account: u32, organisation: u32) -> Option<Self> {
        let redis = Redis::start()?;
        homes(app, 1).await;
        let hubs = [hub(&redis, "a").await, hub(&redis, "a").await];
        let numbers = [account, organisation];
        let small: &[(&str, &[u32])] = &[("quotas.rankings_other", &numbers)];
        let one = app.with_quotas_over(small, Bus::over(Some(&hubs[0]))).await;
        let other = app.with_quotas_over(small, Bus::over(Some(&hubs[1]))).await;
        Some(Self { redis, instances: [one, other], hubs })
    }

    /// A ranking, by one of them.
    async fn rank(&self, instance: usize, role: Role) -> Answer {
        self.instances[instance].own(role).rank("rank", Some(&ad_hoc_request())).await
    }

    /// Has one of them write down what it has counted, and read what the other has.
    fn write_down(&self, instance: usize) {
        tallies::write_down(&self.instances[instance].app().service).unwrap();
    }

    /// What one of them knows of how much an account has used, and its organisation.
    fn known(&self, instance: usize, role: Role) -> (u32, u32) {
        let app = &self.instances[instance];
        let by = By::from(app.own(role).identity());
        let Used { account, organisation } = app.app().service.live().tallies().used(by, app.clock().now());
        (account, organisation)
    }

    /// Waits until one of them has heard of so much.
    async fn hears(&self, instance: usize, role: Role, used: (u32, u32)) {
        let start = Instant::now();
        while self.known(instance, role) != used {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?} where {used:?} is used", self.known(instance, role));
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn ignore_mails(&self) {
        self.instances[0].ignore_mails();
    }
}

/// Asks a place for a new request.
async fn asked(caller: &Caller, body: &Value, vacancy: &str, hold: bool) -> Answer {
    let request = caller.post("requests", body).await.expect(201).id();
    caller.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy, "hold": hold})).await
}

on_both! {
    async fn requests_that_are_stored(app: TestApp) {
        let app = app.with_quotas(&[("quotas.requests_stored", &[2, 3])]).await;
        let referent = app.own(Role::Referent);
        // A repeat under its key counts nothing, nor does what is refused.
        let first = referent.post_under("requests", &planned(), "the-first").await.expect(201).id();
        assert_eq!(referent.post_under("requests", &planned(), "the-first").await.expect(201).id(), first);
        referent.post("requests", &with(planned(), json!({"couple": true}))).await.refused(409, "contradiction");
        referent.post("requests", &planned()).await.expect(201);
        used_up(referent.post("requests", &planned()).await, "requests_stored", "account");
        used_up(referent.command(&format!("requests/{first}/copy")).await, "requests_stored", "account");
        // A repeat is a repeat, whatever is used up since.
        assert_eq!(referent.post_under("requests", &planned(), "the-first").await.expect(201).id(), first);
        let colleague = colleague(&app);
        colleague.post("requests", &planned()).await.expect(201);
        used_up(colleague.post("requests", &planned()).await, "requests_stored", "organisation");
        app.other(Role::Referent).post("requests", &planned()).await.expect(201);
        a_day_later(&app);
        referent.post("requests", &planned()).await.expect(201);
        app.ignore_mails();
    }

    async fn who_needs_a_bed_tonight_is_refused_by_the_organisation_s_alone(app: TestApp) {
        let contact = json!({"numbers": [{"label": "coordination", "phone": "01 99 00 00 10"}], "email": "coordination@example.org"});
        let coordination = json!({"name": "Coordination fictive", "kind": "coordination", "contact": contact});
        app.own(Role::Administrator).post("organisations", &coordination).await.expect(201);
        let app = app.with_quotas(&[("quotas.requests_stored", &[1, 3])]).await;
        let referent = app.own(Role::Referent);
        for _ in 0..3 {
            referent.post("requests", &request()).await.expect(201);
        }
        used_up(referent.post("requests", &planned()).await, "requests_stored", "organisation");
        let refused = referent.post("requests", &request()).await;
        assert!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("115") && detail.contains("+33199000010")), "{}", refused.text);
        let quota = used_up(refused, "requests_stored", "organisation");
        assert_eq!(quota["call"], json!([{"name": "115", "phone": "115"}, {"name": "Coordination fictive", "phone": "+33199000010"}]));
        // Each beyond the account's own told the coordination at once.
        app.ignore_mails();
        assert_eq!(app.count("SELECT count(*) AS n FROM alerts WHERE level = 'went_on'"), 2);
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE record_kind = 'alert' AND command = 'raiseAlert'"), app.count("SELECT count(*) AS n FROM alerts"));
    }

    async fn places_that_are_asked(app: TestApp) {
        let vacancies = homes(&app, 3).await;
        let app = app.with_quotas(&[("quotas.referrals_asked", &[2, 4])]).await;
        let referent = app.own(Role::Referent);
        let stored = referent.post("requests", &request()).await.expect(201).id();
        let ask = async |vacancy: &str| referent.post(&format!("requests/{stored}/referrals"), &json!({"vacancy_id": vacancy})).await;
        ask(&vacancies[0]).await.expect(201);
        // What is refused for another reason counts nothing.
        ask(&vacancies[0]).await.refused(409, "already_asked");
        let second = ask(&vacancies[1]).await.expect(201).id();
        used_up(ask(&vacancies[2]).await, "referrals_asked", "account");
        // What is taken back was asked.
        referent.command(&format!("referrals/{second}/withdraw")).await.expect(200);
        used_up(ask(&vacancies[2]).await, "referrals_asked", "account");
        // Whoever needs a bed tonight is put to one place all the same, and to no second one.
        let tonight = referent.post("requests", &request()).await.expect(201).id();
        let path = format!("requests/{tonight}/referrals");
        let first = referent.post(&path, &json!({"vacancy_id": vacancies[0]})).await.expect(201).id();
        used_up(referent.post(&path, &json!({"vacancy_id": vacancies[1]})).await, "referrals_asked", "account");
        referent.command(&format!("referrals/{first}/withdraw")).await.expect(200);
        used_up(referent.post(&path, &json!({"vacancy_id": vacancies[1]})).await, "referrals_asked", "account");
        used_up(asked(&referent, &planned(), &vacancies[0], false).await, "referrals_asked", "account");
        asked(&colleague(&app), &planned(), &vacancies[0], false).await.expect(201);
        let last = asked(&referent, &request(), &vacancies[0], false).await;
        let quota = used_up(last, "referrals_asked", "organisation");
        assert_eq!(quota["call"][0]["phone"], "115");
        a_day_later(&app);
        asked(&referent, &planned(), &vacancies[0], false).await.expect(201);
        app.ignore_mails();
    }

    async fn what_is_contradicted_counts_for_who_wrote_it_down(app: TestApp) {
        let vacancies = homes(&app, 2).await;
        let app = app.with_quotas(&[("quotas.referrals_asked", &[3, 100])]).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let referral = asked(&referent, &planned(), &vacancies[0], false).await.expect(201).id();
        referent.post(&format!("referrals/{referral}/accept"), &json!({"by_phone": true})).await.expect(200);
        provider.command(&format!("referrals/{referral}/contradict")).await.expect(200);
        asked(&referent, &planned(), &vacancies[1], false).await.expect(201);
        used_up(asked(&referent, &planned(), &vacancies[1], false).await, "referrals_asked", "account");
        app.ignore_mails();
    }

    async fn beds_that_are_held_at_once(app: TestApp) {
        let vacancies = homes(&app, 1).await;
        let vacancy = vacancies[0].as_str();
        let app = app.with_quotas(&[("quotas.beds_held", &[2, 3])]).await;
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let one = asked(&referent, &planned(), vacancy, true).await.expect(201).id();
        asked(&referent, &planned(), vacancy, true).await.expect(201);
        used_up(asked(&referent, &planned(), vacancy, true).await, "beds_held", "account");
        let third = asked(&referent, &planned(), vacancy, false).await.expect(201).id();
        // A yes that nobody but the asker has written down holds as little as a question; nor does it free what is held.
        used_up(referent.post(&format!("referrals/{third}/accept"), &json!({"by_phone": true})).await, "beds_held", "account");
        referent.post(&format!("referrals/{one}/accept"), &json!({"by_phone": true})).await.expect(200);
        used_up(asked(&referent, &planned(), vacancy, true).await, "beds_held", "account");
        // Of who needs a bed tonight the first is held, beyond the account's quota and within the organisation's.
        asked(&referent, &request(), vacancy, true).await.expect(201);
        used_up(asked(&referent, &request(), vacancy, true).await, "beds_held", "organisation");
        used_up(asked(&colleague(&app), &planned(), vacancy, true).await, "beds_held", "organisation");
        // What the place has said yes to is no hold of the asker's any more, and what is taken back is none at all.
        provider.command(&format!("referrals/{one}/affirm")).await.expect(200);
        used_up(asked(&referent, &planned(), vacancy, true).await, "beds_held", "account");
        let colleague = colleague(&app);
        let held = asked(&colleague, &planned(), vacancy, true).await.expect(201).id();
        used_up(asked(&colleague, &planned(), vacancy, true).await, "beds_held", "organisation");
        colleague.command(&format!("referrals/{held}/withdraw")).await.expect(200);
        asked(&colleague, &planned(), vacancy, true).await.expect(201);
        app.ignore_mails();
    }

    async fn who_needs_a_bed_tonight_is_held_one_beyond_the_account_s_quota_and_no_second(app: TestApp) {
        let vacancies = homes(&app, 3).await;
        let app = app.with_quotas(&[("quotas.beds_held", &[1, 100])]).await;
        let referent = app.own(Role::Referent);
        asked(&referent, &planned(), &vacancies[0], true).await.expect(201);
        let tonight = referent.post("requests", &request()).await.expect(201).id();
        let hold = async |vacancy: &str| {
            referent.post(&format!("requests/{tonight}/referrals"), &json!({"vacancy_id": vacancy, "hold": true})).await
        };
        let first = hold(&vacancies[1]).await.expect(201).id();
        used_up(hold(&vacancies[2]).await, "beds_held", "account");
        // A bed that was given back was held.
        referent.command(&format!("referrals/{first}/withdraw")).await.expect(200);
        used_up(hold(&vacancies[2]).await, "beds_held", "account");
        let third = referent.post(&format!("requests/{tonight}/referrals"), &json!({"vacancy_id": vacancies[2]})).await.expect(201).id();
        used_up(referent.post(&format!("referrals/{third}/accept"), &json!({"by_phone": true})).await, "beds_held", "account");
        app.ignore_mails();
    }

    async fn each_that_leaves_a_household_counts_as_stored(app: TestApp) {
        let app = app.with_quotas(&[("quotas.requests_stored", &[2, 100])]).await;
        let referent = app.own(Role::Referent);
        let three: Vec<Value> = [24, 40, 61].iter().map(|age| json!({"gender": "female", "minority": "adult", "age": age})).collect();
        let id = referent.post("requests", &with(planned(), json!({"household": three}))).await.expect(201).id();
        let split = async |parts: Value| referent.post(&format!("requests/{id}/split"), &json!({"parts": parts, "bond": "to_reunite"})).await;
        used_up(split(json!([[1], [2]])).await, "requests_stored", "account");
        split(json!([[1]])).await.expect(200);
        used_up(referent.post("requests", &planned()).await, "requests_stored", "account");
        app.ignore_mails();
    }

    async fn what_is_put_again_counts_as_asked_and_as_held(app: TestApp) {
        let vacancies = homes(&app, 3).await;
        // Another place was chosen: the first question stands as superseded.
        let superseded = async |app: &TestApp, hold: bool| {
            let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
            let request = referent.post("requests", &planned()).await.expect(201).id();
            let ask = async |vacancy: &str, hold: bool| {
                let body = json!({"vacancy_id": vacancy, "hold": hold});
                referent.post(&format!("requests/{request}/referrals"), &body).await.expect(201).id()
            };
            let (first, chosen) = (ask(&vacancies[0], hold).await, ask(&vacancies[1], false).await);
            provider.command(&format!("referrals/{chosen}/accept")).await.expect(200);
            referent.post(&format!("referrals/{chosen}/confirm"), &app.arrival_in(1)).await.expect(200);
            first
        };
        let app = app.with_quotas(&[("quotas.referrals_asked", &[3, 100])]).await;
        let referent = app.own(Role::Referent);
        let first = superseded(&app, false).await;
        referent.command(&format!("referrals/{first}/revive")).await.expect(200);
        used_up(asked(&referent, &planned(), &vacancies[2], false).await, "referrals_asked", "account");

        let app = app.with_quotas(&[("quotas.beds_held", &[1, 100])]).await;
        let referent = app.own(Role::Referent);
        let first = superseded(&app, true).await;
        let other = asked(&referent, &planned(), &vacancies[2], true).await.expect(201).id();
        used_up(referent.command(&format!("referrals/{first}/revive")).await, "beds_held", "account");
        referent.command(&format!("referrals/{other}/withdraw")).await.expect(200);
        referent.command(&format!("referrals/{first}/revive")).await.expect(200);
        used_up(asked(&referent, &planned(), &vacancies[2], true).await, "beds_held", "account");
        app.ignore_mails();
    }

    async fn many_at_once_hold_no_more_than_one_after_the_other(app: TestApp) {
        let vacancies = homes(&app, 1).await;
        let app = app.with_quotas(&[("quotas.beds_held", &[3, 100])]).await;
        let referent = app.own(Role::Referent);
        let mut requests = Vec::new();
        for _ in 0..8 {
            requests.push(referent.post("requests", &planned()).await.expect(201).id());
        }
        let body = json!({"vacancy_id": vacancies[0], "hold": true});
        let holds = requests.iter().map(async |request| referent.post(&format!("requests/{request}/referrals"), &body).await.status.as_u16());
        let mut statuses = futures_util::future::join_all(holds).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 201, 429, 429, 429, 429, 429]);
        assert_eq!(app.beds(&vacancies[0]).await, (50, 3));
        app.ignore_mails();
    }

    async fn rankings_of_stored_requests(app: TestApp) {
        homes(&app, 1).await;
        let app = app.with_quotas(&[("quotas.rankings_stored", &[2, 3])]).await;
        let referent = app.own(Role::Referent);
        let stored = referent.post("requests", &request()).await.expect(201).id();
        let path = format!("requests/{stored}/rank");
        referent.rank(&path, None).await.expect(200);
        let mut browser = Browser::signed_in(&app, &referent).await;
        browser.get(&format!("/demandes/{stored}/places")).await.expect(200);
        used_up(referent.rank(&path, None).await, "rankings_stored", "account");
        let page = browser.get(&format!("/demandes/{stored}/places")).await;
        assert_eq!(page.status, 429, "{}", page.text);
        for said in [words::quotas::TITLE.text(), words::quotas::TEXT.text()] {
            assert!(page.text.contains(&maud_escaped(said)), "{said}: {}", page.text);
        }
        assert!(page.text.contains("Plafond de votre compte") && page.text.contains("heure de Paris"), "{}", page.text);
        // What needs no ranking goes on.
        browser.get(&format!("/demandes/{stored}")).await.expect(200);
        let colleague = colleague(&app);
        colleague.rank(&path, None).await.expect(200);
        used_up(colleague.rank(&path, None).await, "rankings_stored", "organisation");
        a_day_later(&app);
        referent.rank(&path, None).await.expect(200);
        app.ignore_mails();
    }

    async fn rankings_at_once_are_no_more_than_rankings_in_turn(app: TestApp) {
        homes(&app, 1).await;
        let app = app.with_quotas(&[("quotas.rankings_stored", &[3, 100])]).await;
        let referent = app.own(Role::Referent);
        let path = format!("requests/{}/rank", referent.post("requests", &request()).await.expect(201).id());
        // Each has seen that nothing is used before any of them counts.
        let turn = app.turn_of_another();
        let counts = async {
            app.until_so_many_wait(8).await;
            drop(turn);
        };
        let (answers, ()) = join(join_all((0..8).map(|_| referent.rank(&path, None))), counts).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 429, 429, 429, 429, 429]);
        app.ignore_mails();
    }

    async fn rankings_that_are_just_being_written_down_count_on(app: TestApp) {
        homes(&app, 1).await;
        let app = app.with_quotas(&[("quotas.rankings_other", &[2, 100])]).await;
        let rank = async || app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await;
        for _ in 0..2 {
            rank().await.expect(200);
        }
        let begun: u32 = app.app().service.live().tallies().begin().iter().map(|tally| tally.count).sum();
        assert_eq!(begun, 2);
        used_up(rank().await, "rankings_other", "account");
        // Whoever had begun to write has not come to the end of it: they are written the next time, and each once.
        tallies::write_down(&app.app().service).unwrap();
        used_up(rank().await, "rankings_other", "account");
        assert_eq!(app.count("SELECT CAST(sum(weight) AS bigint) AS n FROM quota_uses WHERE kind = 'rankings_other'"), 2);
        app.ignore_mails();
    }

    async fn rankings_that_are_not_stored_are_counted_in_memory_and_shared(app: TestApp) {
        homes(&app, 1).await;
        let small: &[(&str, &[u32])] = &[("quotas.rankings_other", &[3, 5])];
        let (one, other) = (app.with_quotas(small).await, app.with_quotas(small).await);
        let body = ad_hoc_request();
        let rank = async |app: &TestApp, role| app.own(role).rank("rank", Some(&body)).await;
        rank(&one, Role::Referent).await.expect(200);
        rank(&one, Role::Referent).await.expect(200);
        tallies::write_down(&one.app().service).unwrap();
        // The other instance knows of them once it has read what is written down.
        tallies::write_down(&other.app().service).unwrap();
        rank(&other, Role::Referent).await.expect(200);
        used_up(rank(&other, Role::Referent).await, "rankings_other", "account");
        tallies::write_down(&other.app().service).unwrap();
        tallies::write_down(&one.app().service).unwrap();
        used_up(rank(&one, Role::Referent).await, "rankings_other", "account");
        rank(&one, Role::Partner).await.expect(200);
        rank(&one, Role::Partner).await.expect(200);
        used_up(rank(&one, Role::Partner).await, "rankings_other", "organisation");
        app.other(Role::Partner).rank("rank", Some(&body)).await.expect(200);
        a_day_later(&app);
        tallies::write_down(&one.app().service).unwrap();
        tallies::write_down(&one.app().service).unwrap();
        rank(&one, Role::Referent).await.expect(200);
        one.ignore_mails();
    }

    async fn rankings_counted_elsewhere_count_before_they_are_written_down(app: TestApp) {
        let Some(both) = OverOneRedis::start(&app, 4, 6).await else { return };
        // By turns, and none of it is written down.
        for turn in 1..=4 {
            let (here, there) = if turn % 2 == 1 { (0, 1) } else { (1, 0) };
            both.rank(here, Role::Referent).await.expect(200);
            both.hears(there, Role::Referent, (turn, turn)).await;
            // Redis keeps nothing of it, so there is nothing that it could forget.
            both.redis.flush();
        }
        for instance in [0, 1] {
            used_up(both.rank(instance, Role::Referent).await, "rankings_other", "account");
        }
        both.rank(0, Role::Partner).await.expect(200);
        both.hears(1, Role::Partner, (1, 5)).await;
        both.rank(1, Role::Partner).await.expect(200);
        both.hears(0, Role::Partner, (2, 6)).await;
        for instance in [0, 1] {
            used_up(both.rank(instance, Role::Partner).await, "rankings_other", "organisation");
        }
        // Nobody else is refused for it.
        both.instances[1].other(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200);
        both.ignore_mails();
    }

    async fn what_was_heard_and_then_read_counts_once(app: TestApp) {
        let Some(both) = OverOneRedis::start(&app, 6, 20).await else { return };
        for count in 1..=3 {
            both.rank(0, Role::Referent).await.expect(200);
            both.hears(1, Role::Referent, (count, count)).await;
        }
        // Written down there, and not read here yet: it counts on as it was heard.
        both.write_down(0);
        assert_eq!((both.known(0, Role::Referent), both.known(1, Role::Referent)), ((3, 3), (3, 3)));
        both.write_down(1);
        assert_eq!((both.known(0, Role::Referent), both.known(1, Role::Referent)), ((3, 3), (3, 3)));
        // What comes after is another batch.
        both.rank(0, Role::Referent).await.expect(200);
        both.hears(1, Role::Referent, (4, 4)).await;
        both.rank(1, Role::Referent).await.expect(200);
        both.hears(0, Role::Referent, (5, 5)).await;
        both.write_down(1);
        both.write_down(0);
        both.write_down(1);
        assert_eq!((both.known(0, Role::Referent), both.known(1, Role::Referent)), ((5, 5), (5, 5)));
        both.rank(1, Role::Referent).await.expect(200);
        used_up(both.rank(1, Role::Referent).await, "rankings_other", "account");
        both.ignore_mails();
    }

    async fn what_an_instance_told_that_died_counts_for_half_a_minute(app: TestApp) {
        let Some(both) = OverOneRedis::start(&app, 2, 20).await else { return };
        for count in 1..=2 {
            both.rank(0, Role::Referent).await.expect(200);
            both.hears(1, Role::Referent, (count, count)).await;
        }
        used_up(both.rank(1, Role::Referent).await, "rankings_other", "account");
        // It never writes down what it has counted.
        app.clock().advance(TimeDelta::seconds(15));
        both.write_down(1);
        used_up(both.rank(1, Role::Referent).await, "rankings_other", "account");
        app.clock().advance(TimeDelta::seconds(16));
        both.rank(1, Role::Referent).await.expect(200);
        both.ignore_mails();
    }

    async fn without_redis_others_read_what_is_written_down(app: TestApp) {
        let Some(both) = OverOneRedis::start(&app, 4, 20).await else { return };
        let fallbacks = async |instance: usize| {
            let text = shown(&both.instances[instance]).await;
            value(&text, "havre_redis_fallbacks_total{purpose=\"quotas\"}")
        };
        both.rank(0, Role::Referent).await.expect(200);
        both.hears(1, Role::Referent, (1, 1)).await;
        assert_eq!((fallbacks(0).await, fallbacks(1).await), (0.0, 0.0));
        both.redis.kill();
        while both.hubs.iter().any(Hub::is_there) {
            actix_web::rt::task::yield_now().await;
        }
        // Each goes by itself, from what it knows: neither is refused, nor waits.
        for _ in 0..2 {
            both.rank(0, Role::Referent).await.expect(200);
            both.rank(1, Role::Referent).await.expect(200);
        }
        assert_eq!((both.known(0, Role::Referent), both.known(1, Role::Referent)), ((3, 3), (3, 3)));
        assert_eq!((fallbacks(0).await, fallbacks(1).await), (2.0, 2.0));
        both.write_down(0);
        both.write_down(1);
        used_up(both.rank(1, Role::Referent).await, "rankings_other", "account");
        // Back, they tell each other again.
        both.redis.restart();
        for hub in &both.hubs {
            found(hub, 2).await;
        }
        both.rank(0, Role::Partner).await.expect(200);
        both.hears(1, Role::Partner, (1, 6)).await;
        assert_eq!((fallbacks(0).await, fallbacks(1).await), (2.0, 2.0));
        both.ignore_mails();
    }

    async fn beyond_the_quota_of_contacts_a_ranking_shows_the_doors(app: TestApp) {
        let vacancies = homes(&app, 3).await;
        let app = app.with_quotas(&[("quotas.contacts_shown", &[2, 3])]).await;
        // Homes of another organisation: its own are no secret.
        let referent = app.other(Role::Referent);
        let stored = referent.post("requests", &request()).await.expect(201).id();
        let path = format!("requests/{stored}/rank");
        let shown = async |caller: &Caller, path: &str| {
            let ranking = caller.rank(path, None).await.expect(200).body;
            let of = |with: bool| {
                let all = ranking["proposals"].as_array().unwrap().iter().filter(|proposal| proposal["contact"].is_object() == with);
                all.map(|proposal| (proposal["unit_id"].clone(), proposal["vacancy_id"].clone())).collect::<Vec<_>>()
            };
            assert!(ranking["doors"].as_array().is_some_and(|doors| doors.iter().any(|door| door["phone"] == "115")));
            assert_eq!(ranking["contacts_kept_back"], of(false).len());
            (of(true), of(false))
        };
        let (with_contact, without) = shown(&referent, &path).await;
        assert_eq!((with_contact.len(), without.len()), (2, 1));
        // The same homes are no others.
        assert_eq!(shown(&referent, &path).await, (with_contact.clone(), without.clone()));
        let contact = json!({"unit_id": without[0].0});
        used_up(referent.rank(&format!("requests/{stored}/contacts"), Some(&contact)).await, "contacts_shown", "account");
        let known = json!({"unit_id": with_contact[0].0});
        referent.rank(&format!("requests/{stored}/contacts"), Some(&known)).await.expect(200);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get(&format!("/demandes/{stored}/places")).await.expect(200);
        assert!(page.text.contains(&maud_escaped(words::quotas::CONTACTS_KEPT_BACK.text())), "{}", page.text);
        assert_eq!(page.text.matches("<p class=\"name\">").count(), 2, "{}", page.text);
        // A place that is asked keeps its contact.
        referent.post(&format!("requests/{stored}/referrals"), &json!({"vacancy_id": without[0].1})).await.expect(201);
        assert_eq!(shown(&referent, &path).await.0.len(), 3);
        referent.rank(&format!("requests/{stored}/contacts"), Some(&contact)).await.expect(200);
        // Another account has its own, within what is left to the organisation, which was shown two.
        let organisation = referent.identity().organisation;
        let colleague = app.in_roles(organisation, &[Role::Referent]);
        let other = colleague.post("requests", &request()).await.expect(201).id();
        let (seen, left) = shown(&colleague, &format!("requests/{other}/rank")).await;
        assert_eq!((seen.len(), left.len()), (2, 1));
        app.vacancy(1).await;
        let third = app.in_roles(organisation, &[Role::Referent]);
        let ranking = third.rank(&format!("requests/{other}/rank?top=100"), None).await.expect(200).body;
        let known: Vec<_> = seen.iter().map(|(unit, _)| unit).collect();
        let others = ranking["proposals"].as_array().unwrap().iter().map(|proposal| &proposal["unit_id"]).filter(|unit| !known.contains(unit));
        let others: Vec<_> = others.collect();
        assert_eq!(others.len(), 2);
        let fourth = app.in_roles(organisation, &[Role::Referent]);
        let contact = async |unit: &Value| fourth.rank(&format!("requests/{other}/contacts"), Some(&json!({"unit_id": unit}))).await;
        contact(others[0]).await.expect(200);
        used_up(contact(others[1]).await, "contacts_shown", "organisation");
        a_day_later(&app);
        assert_eq!(vacancies.len(), 3);
        contact(others[1]).await.expect(200);
        app.ignore_mails();
    }

    async fn contacts_at_once_are_no_more_than_contacts_in_turn(app: TestApp) {
        // Three places far from each other: each ranking is of another.
        let places = [("69123", 45.76, 4.84, "69"), ("75056", 48.85, 2.35, "75"), ("13055", 43.30, 5.37, "13")];
        for (commune, lat, lon, _) in places {
            let site = app.site_with(&crate::harness::bodies::public_structure(commune, lat, lon), &crate::harness::bodies::unit()).await;
            app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        }
        let app = app.with_quotas(&[("quotas.contacts_shown", &[1, 100])]).await;
        let referent = app.other(Role::Referent);
        let mut requests = Vec::new();
        for (_, lat, lon, department) in places {
            let there = with(request(), json!({"place": {"lat": lat, "lon": lon, "department": department}}));
            requests.push(referent.post("requests", &there).await.expect(201).id());
        }
        let rank = async |request: &String| {
            let ranking = referent.rank(&format!("requests/{request}/rank"), None).await.expect(200).body;
            ranking["proposals"].as_array().unwrap().iter().filter(|proposal| proposal["contact"].is_object()).count()
        };
        let shown: usize = futures_util::future::join_all(requests.iter().map(rank)).await.into_iter().sum();
        assert_eq!(shown, 1);
        app.ignore_mails();
    }

    async fn plans_links_and_exports(app: TestApp) {
        let vacancies = homes(&app, 1).await;
        let app = app.with_quotas(&[("quotas.plans", &[1, 2]), ("quotas.links", &[1, 2]), ("quotas.exports", &[1, 2])]).await;
        let (referent, second) = (app.own(Role::Referent), colleague(&app));
        assert_eq!(vacancies.len(), 1);
        referent.command("plans").await.expect(201);
        used_up(referent.command("plans").await, "plans", "account");
        second.command("plans").await.expect(201);
        used_up(second.command("plans").await, "plans", "organisation");

        let theirs = app.other(Role::Referent).post("requests", &planned()).await.expect(201).id();
        let code = async || app.other(Role::Referent).command(&format!("requests/{theirs}/keep-apart-codes")).await.expect(201).body["code"].clone();
        let mine = referent.post("requests", &planned()).await.expect(201).id();
        let other = referent.post("requests", &planned()).await.expect(201).id();
        let link = async |caller: &Caller, request: &str, code: &Value| {
            caller.post(&format!("requests/{request}/keep-apart-links"), &json!({"code": code})).await
        };
        let made = link(&referent, &mine, &code().await).await.expect(201).id();
        let next = code().await;
        used_up(link(&referent, &other, &next).await, "links", "account");
        used_up(referent.command(&format!("requests/{mine}/keep-apart-links/{made}/end")).await, "links", "account");
        // The code that was refused is still good.
        link(&second, &other, &next).await.expect(201);
        used_up(second.command(&format!("requests/{mine}/keep-apart-links/{made}/end")).await, "links", "organisation");

        let mut browser = Browser::signed_in(&app, &referent).await;
        browser.get("/registre.csv").await.expect(200);
        let page = browser.get("/registre.csv").await;
        assert!(page.status == 429 && page.text.contains(&maud_escaped(words::quotas::TITLE.text())), "{}", page.text);
        browser.get("/registre").await.expect(200);
        let mut other = Browser::signed_in(&app, &second).await;
        other.get("/registre.csv").await.expect(200);
        assert!(other.get("/registre.csv").await.text.contains("de tout votre organisme"));
        a_day_later(&app);
        referent.command("plans").await.expect(201);
        referent.command(&format!("requests/{mine}/keep-apart-links/{made}/end")).await.expect(200);
        let mut browser = Browser::signed_in(&app, &referent).await;
        browser.get("/registre.csv").await.expect(200);
        app.ignore_mails();
    }

    async fn what_is_old_is_swept(app: TestApp) {
        homes(&app, 1).await;
        let referent = app.other(Role::Referent);
        let stored = referent.post("requests", &request()).await.expect(201).id();
        referent.rank(&format!("requests/{stored}/rank"), None).await.expect(200);
        let rows = |table: &str| app.count(&format!("SELECT count(*) AS n FROM {table}"));
        assert_eq!((rows("quota_uses"), app.count("SELECT count(*) AS n FROM records_shown WHERE kind = 'contacts_shown'")), (2, 1));
        a_day_later(&app);
        app.ignore_mails();
        assert_eq!((rows("quota_uses"), rows("records_shown")), (0, 0));
    }
}

#[actix_web::test]
async fn redis_is_told_how_much_is_counted_and_never_of_whom() {
    let app = TestApp::on_sqlite().await;
    let Some(both) = OverOneRedis::start(&app, 4, 6).await else { return };
    let mut connection = both.redis.connection();
    let mut listening = connection.as_pubsub();
    listening.psubscribe("*").unwrap();
    listening.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    for _ in 0..2 {
        both.rank(0, Role::Referent).await.expect(200);
    }
    let By { account, organisation } = By::from(both.instances[0].own(Role::Referent).identity());
    let ids = [account.unwrap().0, organisation.0];
    let names: Vec<_> = ids.iter().flat_map(|id| [id.to_string(), id.simple().to_string()]).collect();
    let tells_of_nobody = |text: &str| assert!(names.iter().all(|name| !text.to_lowercase().contains(name)), "{text}");
    loop {
        let message = listening.get_message().unwrap();
        let (channel, said) = (message.get_channel_name().to_owned(), message.get_payload::<String>().unwrap());
        tells_of_nobody(&channel);
        tells_of_nobody(&said);
        // The account and its organisation, each with its number.
        if channel.ends_with(":counted") && said.matches("=2").count() == 2 {
            break;
        }
    }
    let keys: Vec<String> = both.redis.ask(&["KEYS", "*"]);
    assert!(keys.iter().all(|key| key.split(':').nth(2) == Some("look")), "nothing is kept of it: {keys:?}");
    both.ignore_mails();
}
