//! Telephones that an addressee remembers: a code that is read out, what it opens together with a link in a mail, and how it ends.

use api::domain::ids::AccountId;
use api::domain::one_time_code::OneTimeCode;
use api::domain::request::AgeBand;
use api::domain::{LinkPurpose, ReferralState, Role};
use api::web::pages::words;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{structure, unit, vacancy, with};
use crate::harness::people::Person;
use crate::harness::{Answer, TestApp, on_both};
use crate::http::pages::{Browser, maud_escaped};
use words::remembered_phone as said;

/// The page of the link in the newest mail that has one.
pub fn newest_link(app: &TestApp) -> String {
    let mails = app.mails();
    let with_link = mails.iter().rev().find(|mail| mail.text.contains("/lien/")).unwrap_or_else(|| panic!("no link: {mails:#?}"));
    let rest = with_link.text.split("/lien/").nth(1).unwrap();
    format!("/lien/{}", rest.split_whitespace().next().unwrap())
}

/// The link of a new question for which beds are held: exact ages are its addressee's to read.
async fn asked(app: &TestApp, vacancy: &str) -> String {
    app.ignore_mails();
    app.ask(&app.request().await, vacancy, json!({"hold": true})).await.expect(201);
    newest_link(app)
}

/// The code that a signed-in account is shown to read out.
async fn code(browser: &mut Browser) -> String {
    let page = browser.get("/compte").await.expect(200);
    let shown = browser.press(&page, said::GIVE.text(), &[]).await.expect(200);
    shown.text.split("<samp class=\"secret\">").nth(1).unwrap().split("</samp>").next().unwrap().to_owned()
}

/// The same of the one who answers for the homes of the own organisation.
pub async fn code_of_own(app: &TestApp) -> String {
    code(&mut Browser::signed_in(app, &app.own(Role::Provider)).await).await
}

/// Types a code on the page of a link.
async fn type_code(phone: &mut Browser, link: &str, code: &str) -> Answer {
    let page = phone.get(link).await.expect(200);
    phone.post(&format!("{link}/telephone"), &page, &[("code", code), ("label", "astreinte fictive")]).await
}

/// A telephone that the own organisation remembers since it had this link open.
pub async fn remembered(app: &TestApp, link: &str) -> Browser {
    let (mut phone, code) = (Browser::new(app).await, code_of_own(app).await);
    assert_eq!(type_code(&mut phone, link, &code).await.expect(303).header("location"), link);
    phone
}

/// Whether the page of a link shows the exact age, and not a band: the two go together.
async fn shows_age(browser: &mut Browser, link: &str) -> bool {
    let page = browser.get(link).await.expect(200).text;
    let (age, band) = (page.contains(&words::years(24)), page.contains(words::orientations::band(AgeBand::of(24))));
    assert!(age != band, "{page}");
    age
}

/// Somebody of the own organisation, with these roles.
async fn person(app: &TestApp, roles: &[&str]) -> Person {
    let manager = app.own(Role::Manager);
    let path = format!("organisations/{}/accounts", manager.identity().organisation);
    let email = format!("{}@example.org", uuid::Uuid::now_v7());
    let made = manager.post(&path, &json!({"email": email, "label": "Camille Fictive", "roles": roles})).await.expect(201);
    app.ignore_mails();
    Person { app: app.clone(), account: AccountId(made.id().parse().unwrap()), address: email }.set_up()
}

/// A telephone to which somebody gave their code.
async fn remembered_by(app: &TestApp, giver: &mut Browser, link: &str) -> Browser {
    let mut phone = Browser::new(app).await;
    let code = code(giver).await;
    type_code(&mut phone, link, &code).await.expect(303);
    assert!(shows_age(&mut phone, link).await);
    phone
}

/// The id of the one telephone that is remembered, as *Comptes* has it.
fn phone_id(page: &Answer) -> String {
    page.text.split("/telephones/").nth(1).unwrap_or_else(|| panic!("{}", page.text)).split('/').next().unwrap().to_owned()
}

fn events(app: &TestApp, command: &str) -> i64 {
    app.count(&format!("SELECT count(*) AS n FROM events WHERE command = '{command}'"))
}

/// Presses a button, or sends a form that is not shown.
async fn send(phone: &mut Browser, link: &str, act: &str, fields: &[(&str, &str)]) -> Answer {
    let page = phone.get(link).await.expect(200);
    phone.post(&format!("{link}/{act}"), &page, fields).await
}

on_both! {
    async fn a_code_that_is_read_out_opens_the_rest_of_one_link(app: TestApp) {
        let link = asked(&app, &app.vacancy(5).await).await;
        let mut phone = Browser::new(&app).await;
        assert!(!shows_age(&mut phone, &link).await);
        let code = code_of_own(&app).await;
        let made = type_code(&mut phone, &link, &code.to_lowercase().replace('-', " ")).await.expect(303);
        let cookie = made.header("set-cookie");
        for part in ["havre-telephone=", "Max-Age=2592000", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(shows_age(&mut phone, &link).await);
        assert!(!shows_age(&mut Browser::new(&app).await, &link).await, "no other telephone");
        assert_eq!((events(&app, "givePhoneCode"), events(&app, "rememberPhone")), (1, 1));
        assert_eq!(app.count("SELECT count(*) AS n FROM access_log WHERE operation = 'mailedLink' AND record_kind = 'remembered_phone' AND account_id IS NULL"), 1, "which telephone read it");
        let secret = cookie.split("havre-telephone=").nth(1).unwrap().split(';').next().unwrap();
        let (hash, plain) = (api::domain::token::token_hash(secret), secret.as_bytes());
        assert_ne!(hash.as_slice(), plain);
        // It is no session, and for tools no token: without the link it opens nothing.
        assert_eq!(phone.get("/orientations").await.header("location"), "/connexion");
        assert_eq!(phone.get("/compte").await.header("location"), "/connexion");
        let api = link.replace("/lien/", "/api/v1/links/");
        let opened = phone.get(&api).await.expect(200).body;
        assert_eq!(opened["referral"]["asks_for"]["household"][0]["age"], Value::Null, "the API knows no telephone");
        let forged = format!("{link}x");
        phone.get(&forged).await.expect(404);
    }

    async fn what_is_not_promised_is_no_more_on_a_telephone(app: TestApp) {
        let vacancy = app.vacancy(5).await;
        app.ignore_mails();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let link = newest_link(&app);
        let mut phone = remembered(&app, &link).await;
        assert!(!shows_age(&mut phone, &link).await, "ages are in bands until beds are held or a yes is given, signed in too");
        app.ignore_mails();
    }

    async fn a_telephone_is_its_organisation_s_alone(app: TestApp) {
        let own = asked(&app, &app.vacancy(5).await).await;
        let mut phone = remembered(&app, &own).await;
        // A question to another organisation's home.
        let provider = app.other(Role::Provider);
        let home = provider.post("structures", &structure()).await.expect(201).id();
        let home = provider.post(&format!("structures/{home}/units"), &unit()).await.expect(201).id();
        let there = provider.post(&format!("units/{home}/vacancies"), &with(vacancy(), json!({"beds": 5}))).await.expect(201).id();
        let other = asked(&app, &there).await;
        assert!(shows_age(&mut phone, &own).await);
        assert!(!shows_age(&mut phone, &other).await);
        let page = phone.get(&other).await.text;
        assert!(page.contains(&maud_escaped(said::REMEMBER.text())) && !page.contains(&maud_escaped(said::REMEMBERED.text())), "{page}");
        assert_eq!(send(&mut phone, &other, "oui-avec", &[]).await.expect(303).header("location"), "/connexion");
        // A code of one organisation does not open what was sent to another, and is not used up by trying.
        let code = code_of_own(&app).await;
        let refused = type_code(&mut Browser::new(&app).await, &other, &code).await.expect(422);
        assert!(refused.text.contains(&maud_escaped(said::NOT_RIGHT.text())), "{}", refused.text);
        assert!(refused.text.contains("value=\"astreinte fictive\""), "what was typed is there");
        type_code(&mut Browser::new(&app).await, &own, &code).await.expect(303);
        app.ignore_mails();
    }

    async fn a_telephone_is_forgotten_after_thirty_days(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let mut phone = remembered(&app, &asked(&app, &vacancy).await).await;
        app.clock().advance(TimeDelta::days(30) - TimeDelta::minutes(1));
        let link = asked(&app, &vacancy).await;
        assert!(shows_age(&mut phone, &link).await);
        app.clock().advance(TimeDelta::minutes(1));
        assert!(!shows_age(&mut phone, &link).await);
        assert_eq!(send(&mut phone, &link, "oui-avec", &[]).await.expect(303).header("location"), "/connexion");
        app.ignore_mails();
        assert_eq!(app.count("SELECT count(*) AS n FROM remembered_phones"), 0, "nothing is kept of it");
    }

    async fn who_gave_the_code_and_the_manager_end_a_telephone(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let link = asked(&app, &vacancy).await;
        let mut giver = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let mut manager = Browser::signed_in(&app, &app.own(Role::Manager)).await;
        let mut phone = remembered_by(&app, &mut giver, &link).await;
        let page = giver.get("/compte").await.expect(200);
        assert!(page.text.contains("astreinte fictive"), "{}", page.text);
        let end = format!("/compte/telephones/{}/fin", phone_id(&page));
        assert_eq!(giver.post(&end, &page, &[]).await.expect(303).header("location"), "/compte");
        assert!(!shows_age(&mut phone, &link).await);
        assert_eq!(events(&app, "forgetOwnPhone"), 1);

        let mut phone = remembered_by(&app, &mut giver, &link).await;
        let page = manager.get("/comptes").await.expect(200);
        assert!(page.text.contains("astreinte fictive") && page.text.contains(&maud_escaped(said::GIVEN_BY.text())), "{}", page.text);
        // Nobody ends those of another: not who gave no code, not another organisation's manager.
        let id = phone_id(&page);
        let own = manager.get("/compte").await.expect(200);
        manager.post(&format!("/compte/telephones/{id}/fin"), &own, &[]).await.expect(404);
        let mut stranger = Browser::signed_in(&app, &app.other(Role::Manager)).await;
        let own = stranger.get("/compte").await.expect(200);
        stranger.post(&format!("/comptes/telephones/{id}/fin"), &own, &[]).await.expect(404);
        assert!(!stranger.get("/comptes").await.expect(200).text.contains("astreinte fictive"));
        assert!(shows_age(&mut phone, &link).await);
        manager.post(&format!("/comptes/telephones/{id}/fin"), &page, &[]).await.expect(303);
        assert!(!shows_age(&mut phone, &link).await);
        assert_eq!(events(&app, "endRememberedPhone"), 1);
        assert!(!manager.get("/comptes").await.expect(200).text.contains("astreinte fictive"));
        app.ignore_mails();
    }

    async fn a_telephone_ends_with_the_account_that_gave_its_code(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let link = asked(&app, &vacancy).await;
        let manager = app.own(Role::Manager);
        // Who leaves.
        let leaving = person(&app, &["provider"]).await;
        let mut browser = leaving.browser().await;
        let mut phone = remembered_by(&app, &mut browser, &link).await;
        let unused = code(&mut browser).await;
        manager.command(&format!("accounts/{}/end", leaving.account)).await.expect(200);
        assert!(!shows_age(&mut phone, &link).await);
        assert_eq!(events(&app, "endRememberedPhone"), 1, "told as the end that it is");
        assert_eq!(app.count("SELECT count(*) AS n FROM remembered_phones WHERE ended_at IS NULL"), 0);
        type_code(&mut phone, &link, &unused).await.expect(422);
        // Whose account the operator ends.
        let ended = app.in_roles(manager.identity().organisation, &[Role::Provider]);
        let mut phone = remembered_by(&app, &mut Browser::signed_in(&app, &ended).await, &link).await;
        let id: AccountId = serde_json::from_value(ended.get("me").await.expect(200).body["account_id"].clone()).unwrap();
        api::cli::client::revoke(app.db(), id).unwrap();
        assert!(!shows_age(&mut phone, &link).await);
        // Who may not answer any more.
        let other = person(&app, &["provider", "manager"]).await;
        let mut phone = remembered_by(&app, &mut other.browser().await, &link).await;
        let account = format!("accounts/{}", other.account);
        let etag = manager.get(&account).await.expect(200).etag();
        manager.put(&format!("{account}/roles"), &etag, &json!({"roles": ["manager"]})).await.expect(200);
        assert!(!shows_age(&mut phone, &link).await, "it does nothing that they could not do");
        app.ignore_mails();
    }

    async fn who_stands_in_gives_no_telephone_more_than_their_day(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let link = asked(&app, &vacancy).await;
        let invited = json!({"email": "remplace@example.org", "label": "Camille Fictive", "roles": ["provider"]});
        let made = app.own(Role::Provider).post("replacements", &invited).await.expect(201);
        let person = Person { app: app.clone(), account: AccountId(made.id().parse().unwrap()), address: "remplace@example.org".to_owned() }.set_up();
        let mut phone = remembered_by(&app, &mut person.browser().await, &link).await;
        app.clock().advance(TimeDelta::hours(24));
        let link = asked(&app, &vacancy).await;
        assert!(!shows_age(&mut phone, &link).await);
        app.ignore_mails();
    }

    async fn a_code_is_good_once_for_ten_minutes_and_until_the_next(app: TestApp) {
        let link = asked(&app, &app.vacancy(5).await).await;
        let mut giver = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let first = code(&mut giver).await;
        let second = code(&mut giver).await;
        let mut phone = Browser::new(&app).await;
        type_code(&mut phone, &link, &first).await.expect(422);
        type_code(&mut phone, &link, &second).await.expect(303);
        let mut another = Browser::new(&app).await;
        type_code(&mut another, &link, &second).await.expect(422);
        assert!(!shows_age(&mut another, &link).await, "a code is used up");
        let third = code(&mut giver).await;
        app.clock().advance(TimeDelta::minutes(10));
        type_code(&mut another, &link, &third).await.expect(422);
        assert_eq!(events(&app, "rememberPhone"), 1);
        // Nor is what is kept of a code anything that could be typed or tried.
        let fourth = code(&mut giver).await;
        let (plain, now) = (OneTimeCode::try_from(fourth).unwrap().hash(), app.clock().now());
        let found = app.db().read(|conn| api::db::links::holder(conn, now, LinkPurpose::Telephone, &plain)).unwrap();
        assert_eq!(found, None, "a plain hash of sixty bits can be tried");
        app.ignore_mails();
    }

    async fn guessing_a_code_is_hopeless(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let link = asked(&app, &vacancy).await;
        let good = code_of_own(&app).await;
        let mut phone = Browser::new(&app).await;
        for tried in 0..5 {
            type_code(&mut phone, &link, &format!("0000-0000-000{tried}")).await.expect(422);
        }
        let refused = type_code(&mut phone, &link, &good).await.expect(429);
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(events(&app, "rememberPhone"), 0, "also the right one, from any browser");
        type_code(&mut Browser::new(&app).await.at("203.0.113.9"), &link, &good).await.expect(429);
        // From one address, whichever the link.
        let mut links = vec![];
        for _ in 0..6 {
            links.push(asked(&app, &vacancy).await);
        }
        let mut guesser = Browser::new(&app).await.at("203.0.113.20");
        let mut refusals = Vec::new();
        for link in &links {
            for _ in 0..5 {
                refusals.push(type_code(&mut guesser, link, "0000-0000-0000").await.status.as_u16());
            }
        }
        refusals.push(type_code(&mut guesser, &asked(&app, &vacancy).await, "0000-0000-0000").await.status.as_u16());
        assert_eq!((refusals.iter().filter(|status| **status == 422).count(), refusals.last()), (30, Some(&429)), "{refusals:?}");
        app.ignore_mails();
    }

    async fn a_telephone_does_what_a_session_does_with_that_referral(app: TestApp) {
        let vacancy = app.vacancy(50).await;
        let state = async |link: &str| app.nobody().get(&link.replace("/lien/", "/api/v1/links/")).await.body["referral"]["state"].clone();
        // Yes with days; no in words.
        let (first, day) = (asked(&app, &vacancy).await, crate::harness::bodies::day(3));
        let mut phone = remembered(&app, &first).await;
        let said_with = [("interview_on", day.as_str()), ("travel_on", ""), ("meeting_point", "gare fictive, voie 2")];
        send(&mut phone, &first, "oui-avec", &said_with).await.expect(303);
        assert_eq!(state(&first).await, "accepted");
        assert_eq!(app.count(&format!("SELECT count(*) AS n FROM events WHERE command = '{}'", "acceptByRememberedPhone")), 1);
        let second = asked(&app, &vacancy).await;
        send(&mut phone, &second, "non-avec", &[("code", "other"), ("text", "")]).await.expect(422);
        send(&mut phone, &second, "non-avec", &[("code", "other"), ("text", "travaux dans la cuisine")]).await.expect(303);
        assert_eq!(state(&second).await, "declined");
        // Arrival and absence, by the link that tells of the coming.
        for (act, state_since) in [("arrivee", "arrived"), ("absence", "no_show")] {
            app.ignore_mails();
            app.referral_in(&vacancy, ReferralState::Confirmed).await;
            let link = newest_link(&app);
            let mut other = Browser::new(&app).await;
            assert_eq!(send(&mut other, &link, act, &[]).await.expect(303).header("location"), "/connexion");
            assert_eq!(state(&link).await, "confirmed", "another telephone signs in first");
            send(&mut phone, &link, act, &[]).await.expect(303);
            assert_eq!(state(&link).await, state_since);
        }
        // What was written down is so; and the stay has ended.
        app.ignore_mails();
        let referral = app.referral_in(&vacancy, ReferralState::Confirmed).await;
        app.own(Role::Referent).post(&format!("referrals/{referral}/arrival"), &json!({"by_phone": true})).await.expect(200);
        let link = newest_link(&app);
        let page = phone.get(&link).await.expect(200);
        phone.press(&page, words::IT_IS_SO.text(), &[]).await.expect(303);
        let seen = app.own(Role::Referent).get(&format!("referrals/{referral}")).await.expect(200).body;
        assert_eq!((&seen["by_phone"], &seen["state"]), (&json!(false), &json!("arrived")));
        send(&mut phone, &link, "fin", &[("reason", "left"), ("request", "open")]).await.expect(303);
        assert_eq!(app.own(Role::Referent).get(&format!("referrals/{referral}")).await.expect(200).body["state"], "ended");
        // A step that does not start from there is refused as everywhere.
        let third = asked(&app, &vacancy).await;
        send(&mut phone, &third, "arrivee", &[]).await.expect(409);
        app.ignore_mails();
    }

    async fn only_who_answers_gives_a_code(app: TestApp) {
        for role in [Role::Referent, Role::Manager, Role::Auditor] {
            let mut browser = Browser::signed_in(&app, &app.own(role)).await;
            let page = browser.get("/compte").await.expect(200);
            assert!(!page.text.contains(&maud_escaped(said::GIVE.text())), "{role}");
            browser.post("/compte/telephones", &page, &[]).await.expect(403);
        }
        assert_eq!(events(&app, "givePhoneCode"), 0);
    }
}
