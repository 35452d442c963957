//! How people sign in, stay signed in and end that: what guesses learn, what is good once, and what others can do about it.

use api::db::{DbError, schema, sessions};
use api::domain::{LinkPurpose, Role};
use api::limits;
use api::web::pages::words;
use chrono::TimeDelta;
use diesel::{QueryDsl as _, RunQueryDsl as _};

use super::pages::{Browser, hidden, maud_escaped};
use crate::harness::people::{PASSWORD, Person, code_now, is_signed_in, next_code, telephone};
use crate::harness::{Answer, TestApp, on_both};

/// A page without what is different on each: the token of the form and its key.
fn bare(answer: &Answer) -> String {
    let mut text = answer.text.clone();
    for field in ["form", "key"] {
        text = text.replace(&hidden(answer, field), "");
    }
    for other in text.clone().split("name=\"key\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        text = text.replace(other, "");
    }
    text
}

/// A person of the own organisation in whose name the tests sign in.
fn referent(app: &TestApp) -> Person {
    Person::of(app, &app.own(Role::Referent))
}

/// Turns the wheel by a minute at a time, using the session each time if it is to be used.
async fn pass(app: &TestApp, minutes: i64, browser: Option<&mut Browser>) {
    let Some(browser) = browser else { return app.clock().advance(TimeDelta::minutes(minutes)) };
    for _ in 0..minutes {
        app.clock().advance(TimeDelta::minutes(1));
        assert!(is_signed_in(browser).await);
    }
}

on_both! {
    async fn who_was_invited_chooses_a_password_and_a_telephone_and_is_in(app: TestApp) {
        let person = Person::invited(&app, &app.own(Role::Referent));
        let code = person.link(LinkPurpose::Invitation, TimeDelta::days(7));
        let path = format!("/invitation/{code}/identifiants");
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        assert!(page.text.contains(&person.address) && page.text.contains("<svg") && page.text.contains("otpauth://totp/"), "{}", page.text);
        browser.get(&path).await.expect(200);
        let shown = api::domain::second_factor::TotpSecret::from_base32(&hidden(&page, "secret")).unwrap();
        let now = |secret: &api::domain::second_factor::TotpSecret| secret.code(app.clock().now()).unwrap();
        for (password, wrong) in [
            ("court", words::PASSWORD_SHORT.text()),
            ("motdepasse1234", words::PASSWORD_COMMON.text()),
            ("passwordpassword", words::PASSWORD_COMMON.text()),
            (person.address.as_str(), words::PASSWORD_COMMON.text()),
            (&"x".repeat(129), words::PASSWORD_LONG.text()),
        ] {
            let refused = browser.press(&page, words::SET_UP.text(), &[("new_password", password), ("code", &now(&shown))]).await.expect(422);
            assert!(refused.text.contains(wrong), "{password}: {}", refused.text);
            assert_eq!(hidden(&refused, "secret"), hidden(&page, "secret"), "the telephone has it already");
        }
        browser.press(&page, words::SET_UP.text(), &[("new_password", PASSWORD), ("code", "000000")]).await.expect(422);
        assert_eq!(app.count("SELECT count(*) AS n FROM credentials"), 0);
        // What a form says beside that changes nothing: who is invited to what was said by whoever invites.
        let more = [("new_password", PASSWORD), ("code", &now(&shown)), ("roles", "administrator"), ("role", "administrator"), ("organisation_id", "x"), ("address", "x@example.org")];
        let done = browser.press(&page, words::SET_UP.text(), &more).await.expect(200);
        assert_eq!(done.text.matches("<samp>").count(), limits::RECOVERY_CODES);
        assert!(is_signed_in(&mut browser).await);
        let account = browser.get("/compte").await.text;
        assert!(account.contains(&person.address) && !account.contains("x@example.org"), "{account}");
        browser.get("/demande").await.expect(200);
        // The link is used up.
        let mut other = Browser::new(&app).await;
        assert!(other.get(&path).await.expect(422).text.contains(words::LINK_OVER.text()));
        // And the codes on paper sign in once each.
        let paper = done.text.split("<samp>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        person.sign_in_with(&mut other, PASSWORD, &paper).await.expect(303);
        assert!(app.mails()[0].text.contains("code de secours"));
        let mut again = Browser::new(&app).await;
        person.sign_in_with(&mut again, PASSWORD, &paper).await.expect(422);
    }

    async fn a_code_of_the_telephone_is_taken_once(app: TestApp) {
        let person = referent(&app);
        let (mut one, mut two) = (Browser::new(&app).await, Browser::new(&app).await);
        let code = next_code(&app);
        person.sign_in_with(&mut one, PASSWORD, &code).await.expect(303);
        let refused = person.sign_in_with(&mut two, PASSWORD, &code).await.expect(422);
        assert!(refused.text.contains(words::NOT_BELIEVED.text()), "{}", refused.text);
        // Nor one from before it.
        let before = telephone().code(app.clock().now().plus(TimeDelta::seconds(-30))).unwrap();
        person.sign_in_with(&mut two, PASSWORD, &before).await.expect(422);
        person.sign_in_with(&mut two, PASSWORD, &next_code(&app)).await.expect(303);
        // A clock may be half a minute off, and no more.
        app.clock().advance(TimeDelta::minutes(10));
        for (off_s, status) in [(-60, 422), (60, 422), (-30, 303), (30, 303)] {
            // From its half minute's beginning on, so that the next does not begin while it is on its way.
            let begun_s = app.clock().now().utc().timestamp().rem_euclid(30);
            app.clock().advance(TimeDelta::seconds(30 - begun_s));
            let shown = telephone().code(app.clock().now().plus(TimeDelta::seconds(off_s))).unwrap();
            let answer = person.sign_in_with(&mut Browser::new(&app).await, PASSWORD, &shown).await;
            assert_eq!(answer.status.as_u16(), status, "{off_s} s: {}", answer.text);
        }
    }

    async fn who_guesses_is_told_nothing(app: TestApp) {
        let person = referent(&app);
        let mut browser = Browser::new(&app).await;
        let mut answers = Vec::new();
        let unknown = Person { address: "nobody@example.org".to_owned(), ..person.clone() };
        let no_address = Person { address: "nobody".to_owned(), ..person.clone() };
        for (who, password, code) in [
            (&person, PASSWORD, "000000"),
            (&person, "wrong", code_now(&app).as_str()),
            (&person, PASSWORD, "0000-0000-0000"),
            (&person, "", ""),
            (&unknown, PASSWORD, code_now(&app).as_str()),
            (&no_address, "wrong", "000000"),
        ] {
            let before = app.row_counts();
            let answer = who.sign_in_with(&mut browser, password, code).await.expect(422);
            assert_eq!(app.row_counts(), before);
            let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str())).map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
            answers.push((bare(&answer), headers));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:#?}");
        // A code that went with a wrong password is not used up, and none that is right is refused for it.
        person.sign_in_with(&mut browser, PASSWORD, &code_now(&app)).await.expect(303);

        let mut told = Vec::new();
        for address in [person.address.as_str(), &person.address.to_uppercase(), "nobody@example.org", "nobody", ""] {
            let before = app.row_counts();
            let page = browser.get("/mot-de-passe-oublie").await.expect(200);
            told.push(browser.post("/mot-de-passe-oublie", &page, &[("address", address)]).await.expect(200).text);
            let more: Vec<_> = app.row_counts().into_iter().filter(|count| !before.contains(count)).map(|(table, _)| table).collect();
            assert_eq!(more, ["jobs"], "{address}");
        }
        told.dedup_by(|one, other| strip(one) == strip(other));
        assert_eq!(told.len(), 1, "{told:#?}");
        let mails = app.mails();
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [person.address.as_str(); 2]);
    }

    async fn guesses_run_out_and_nobody_is_locked_out_by_those_of_others(app: TestApp) {
        let person = referent(&app);
        let mut owner = person.browser().await.at("192.0.2.1");
        let mut guesser = Browser::new(&app).await.at("192.0.2.66");
        let unknown = Person { address: "nobody@example.org".to_owned(), ..person.clone() };
        let mut refused = Vec::new();
        for who in [&person, &unknown] {
            for at in 0..limits::TRIES_ACCOUNT.burst {
                assert_eq!(who.sign_in_with(&mut guesser, PASSWORD, "000000").await.status, 422, "{at}");
            }
            let answer = who.sign_in_with(&mut guesser, PASSWORD, "000000").await.expect(429);
            assert!((1..=120).contains(&answer.header("retry-after").parse::<u64>().unwrap()), "{}", answer.header("retry-after"));
            refused.push(bare(&answer));
        }
        assert_eq!(refused[0], refused[1], "whoever there is no account of is counted as well");
        // All that is right is refused too, from wherever it comes: else there would be no limit.
        let mut elsewhere = Browser::new(&app).await.at("198.51.100.7");
        person.sign_in_with(&mut elsewhere, PASSWORD, &code_now(&app)).await.expect(429);
        // But not in a browser with which its owner has signed in before.
        owner.get("/compte").await.expect(200);
        person.sign_in(&mut owner).await.expect(303);
        // A try comes back after two minutes, and who signs in has all of them again.
        app.clock().advance(limits::TRIES_ACCOUNT.interval);
        person.sign_in(&mut elsewhere).await.expect(303);
        for _ in 0..limits::TRIES_ACCOUNT.burst {
            person.sign_in_with(&mut elsewhere, PASSWORD, "000000").await.expect(422);
        }
    }

    async fn one_address_tries_so_many_accounts_and_no_more(app: TestApp) {
        let person = referent(&app);
        let mut guesser = Browser::new(&app).await.at("192.0.2.66");
        for at in 0..limits::TRIES_ADDRESS.burst {
            let somebody = Person { address: format!("somebody-{at}@example.org"), ..person.clone() };
            somebody.sign_in_with(&mut guesser, "wrong", "000000").await.expect(422);
        }
        person.sign_in_with(&mut guesser, PASSWORD, &code_now(&app)).await.expect(429);
        let mut elsewhere = Browser::new(&app).await.at("198.51.100.7");
        person.sign_in_with(&mut elsewhere, PASSWORD, &code_now(&app)).await.expect(303);
    }

    async fn a_forgotten_password_is_chosen_anew_with_the_telephone(app: TestApp) {
        let person = referent(&app);
        let mut signed_in = person.browser().await;
        let mut browser = Browser::new(&app).await;
        let page = browser.get("/mot-de-passe-oublie").await.expect(200);
        browser.post("/mot-de-passe-oublie", &page, &[("address", &person.address)]).await.expect(200);
        let mail = app.mails().remove(0);
        assert_eq!(mail.to, person.address);
        let path = format!("/mot-de-passe/{}", mail.text.split("/mot-de-passe/").nth(1).unwrap().split_whitespace().next().unwrap());
        let page = browser.get(&path).await.expect(200);
        browser.get(&path).await.expect(200);
        let new = "velours mercredi nacelle oblique";
        let choose = [("new_password", new), ("code", "000000")];
        browser.press(&page, words::CHOOSE_PASSWORD.text(), &choose).await.expect(422);
        let code = next_code(&app);
        let weak = browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", "aaaaaaaaaaaa"), ("code", &code)]).await.expect(422);
        assert!(weak.text.contains(words::PASSWORD_COMMON.text()), "{}", weak.text);
        assert!(is_signed_in(&mut signed_in).await, "nothing has happened yet");
        browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", new), ("code", &code)]).await.expect(200);
        assert!(!is_signed_in(&mut signed_in).await, "all sessions are over");
        let told = app.mails().remove(0);
        assert!(told.to == person.address && told.subject.contains("mot de passe est changé"), "{told:?}");
        let used = browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", PASSWORD), ("code", &next_code(&app))]).await.expect(422);
        assert!(used.text.contains(words::LINK_OVER.text()), "{}", used.text);
        person.sign_in(&mut browser).await.expect(422);
        person.sign_in_with(&mut browser, new, &next_code(&app)).await.expect(303);
    }

    async fn the_link_of_a_forgotten_password_is_good_for_an_hour_and_for_few_codes(app: TestApp) {
        let person = referent(&app);
        let mut browser = Browser::new(&app).await;
        let path = format!("/mot-de-passe/{}", person.link(LinkPurpose::Password, limits::PASSWORD_LINK_VALID));
        let page = browser.get(&path).await.expect(200);
        for _ in 0..limits::TRIES_LINK.burst {
            browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", PASSWORD), ("code", "000000")]).await.expect(422);
        }
        let right = next_code(&app);
        browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", PASSWORD), ("code", &right)]).await.expect(429);
        app.clock().advance(limits::PASSWORD_LINK_VALID);
        let right = next_code(&app);
        let over = browser.press(&page, words::CHOOSE_PASSWORD.text(), &[("new_password", PASSWORD), ("code", &right)]).await.expect(422);
        assert!(over.text.contains(words::LINK_OVER.text()), "{}", over.text);
        // A link that does something else is none.
        let invited = person.link(LinkPurpose::Invitation, TimeDelta::hours(1));
        let other = browser.get(&format!("/mot-de-passe/{invited}")).await.expect(200);
        let refused = browser.press(&other, words::CHOOSE_PASSWORD.text(), &[("new_password", PASSWORD), ("code", &right)]).await.expect(422);
        assert!(refused.text.contains(words::LINK_OVER.text()), "{}", refused.text);
    }

    async fn a_session_that_nobody_uses_ends_after_half_an_hour(app: TestApp) {
        let mut browser = referent(&app).browser().await;
        pass(&app, 29, None).await;
        assert!(is_signed_in(&mut browser).await);
        pass(&app, 29, None).await;
        assert!(is_signed_in(&mut browser).await, "it was used since");
        pass(&app, 30, None).await;
        assert!(!is_signed_in(&mut browser).await);
        pass(&app, 0, None).await;
        assert!(!is_signed_in(&mut browser).await, "to come back does not bring it back");
    }

    async fn a_session_that_is_used_all_the_time_ends_after_thirteen_hours(app: TestApp) {
        let mut browser = referent(&app).browser().await;
        for _ in 0..77 {
            app.clock().advance(TimeDelta::minutes(10));
            assert!(is_signed_in(&mut browser).await);
        }
        app.clock().advance(TimeDelta::minutes(9));
        assert!(is_signed_in(&mut browser).await);
        app.clock().advance(TimeDelta::minutes(1));
        assert!(!is_signed_in(&mut browser).await);
    }

    async fn what_one_instance_sees_used_is_used_for_all(app: TestApp) {
        let mut here = referent(&app).browser().await;
        let other = app.another_instance().await;
        let mut there = Browser::with_cookie(&other, &here.cookie);
        assert!(is_signed_in(&mut there).await);
        for _ in 0..4 {
            app.clock().advance(TimeDelta::minutes(20));
            assert!(is_signed_in(&mut here).await);
        }
        assert!(is_signed_in(&mut there).await, "it saw nothing for 80 minutes");
        app.clock().advance(TimeDelta::minutes(30));
        assert!(!is_signed_in(&mut there).await && !is_signed_in(&mut here).await);
    }

    async fn the_last_use_is_written_now_and_then_and_tells_nobody(app: TestApp) {
        let mut browser = referent(&app).browser().await;
        let last = |app: &TestApp| {
            let own = app.own(Role::Referent).identity().account;
            app.db().read(|conn| sessions::of_account(conn, app.clock().now(), own)).unwrap()[0].last_used_at
        };
        let (begun, events) = (last(&app), app.row_counts());
        pass(&app, 4, Some(&mut browser)).await;
        assert_eq!(last(&app), begun, "not yet");
        pass(&app, 2, Some(&mut browser)).await;
        assert!(last(&app) > begun);
        assert_eq!(app.row_counts(), events, "no event, no row");
    }

    async fn people_see_where_they_are_signed_in_and_end_it(app: TestApp) {
        let person = referent(&app);
        let (mut here, mut there, mut third) = (person.browser().await, person.browser().await, person.browser().await);
        let mut colleague = Person::of(&app, &app.own(Role::Provider)).browser().await;
        let page = here.get("/compte").await.expect(200);
        assert_eq!(page.text.matches("/fin\"").count(), 3, "two to end, and all others: {}", page.text);
        let path = page.text.split("action=\"/compte/sessions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let foreign = colleague.get("/compte").await.expect(200);
        let refused = colleague.post(&format!("/compte/sessions/{path}"), &foreign, &[]).await;
        assert_eq!(refused.status, 404, "{}", refused.text);
        assert!(is_signed_in(&mut there).await && is_signed_in(&mut third).await);
        // The last that was begun stands first.
        here.post(&format!("/compte/sessions/{path}"), &page, &[]).await.expect(303);
        assert!(!is_signed_in(&mut third).await && is_signed_in(&mut there).await && is_signed_in(&mut here).await);
        here.press(&page, words::END_OTHERS.text(), &[]).await.expect(303);
        assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await && is_signed_in(&mut colleague).await);
    }

    async fn a_password_and_a_telephone_are_changed_by_who_has_both(app: TestApp) {
        let person = referent(&app);
        let (mut here, mut there) = (person.browser().await, person.browser().await);
        let new = "velours mercredi nacelle oblique";
        let page = here.get("/compte").await.expect(200);
        let code = next_code(&app);
        for (password, code) in [("wrong", code.as_str()), (PASSWORD, "000000")] {
            let typed = [("password", password), ("code", code), ("new_password", new)];
            assert!(here.press(&page, words::CHANGE_PASSWORD.text(), &typed).await.expect(422).text.contains(words::NOT_BELIEVED.text()));
        }
        assert!(is_signed_in(&mut there).await);
        here.press(&page, words::CHANGE_PASSWORD.text(), &[("password", PASSWORD), ("code", &code), ("new_password", new)]).await.expect(303);
        assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await);
        assert!(app.mails()[0].subject.contains("mot de passe est changé"));

        let page = here.get("/compte/second-facteur").await.expect(200);
        let taken = api::domain::second_factor::TotpSecret::from_base32(&hidden(&page, "secret")).unwrap();
        let old = next_code(&app);
        let shown = taken.code(app.clock().now()).unwrap();
        let wrong = [("password", new), ("code", old.as_str()), ("new_code", "000000")];
        here.press(&page, words::CHANGE_TELEPHONE.text(), &wrong).await.expect(422);
        let done = here.press(&page, words::CHANGE_TELEPHONE.text(), &[("password", new), ("code", &old), ("new_code", &shown)]).await.expect(200);
        assert_eq!(done.text.matches("<samp>").count(), limits::RECOVERY_CODES);
        assert!(app.mails()[0].subject.contains("second facteur est changé"));
        person.sign_in_with(&mut there, new, &next_code(&app)).await.expect(422);
        person.sign_in_with(&mut there, new, &shown).await.expect(422);
        person.sign_in_with(&mut there, new, &taken.code(app.clock().now()).unwrap()).await.expect(303);
    }

    async fn what_was_typed_as_a_secret_is_not_carried_along(app: TestApp) {
        let mut browser = referent(&app).browser().await;
        let page = browser.get("/compte").await.expect(200);
        app.clock().advance(limits::SESSION_VALID);
        let typed = [("password", "s3cret-one"), ("code", "s3cret-two"), ("new_password", "s3cret-three")];
        let asked = browser.press(&page, words::CHANGE_PASSWORD.text(), &typed).await.expect(401);
        assert!(asked.text.contains(words::SESSION_OVER.text()) && !asked.text.contains("s3cret"), "{}", asked.text);
    }

    async fn what_is_kept_of_a_password_is_argon2id_and_of_a_telephone_nothing_readable(app: TestApp) {
        let person = referent(&app);
        let credential = app.db().read(|conn| api::db::credentials::find(conn, person.account)).unwrap().unwrap();
        assert!(credential.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", credential.password_hash);
        let kept: Vec<u8> = app
            .db()
            .read(|conn| -> Result<_, DbError> { Ok(schema::credentials::table.select(schema::credentials::totp_secret).first(conn)?) })
            .unwrap();
        for secret in [telephone().bytes(), telephone().base32().as_bytes()] {
            assert!(!kept.windows(secret.len()).any(|part| part == secret), "what the telephone has is sealed");
        }
    }

    async fn the_forms_of_an_account_ask_for_the_token_of_its_browser(app: TestApp) {
        let person = referent(&app);
        let mut other = person.browser().await;
        let invited = Person::invited(&app, &app.own(Role::Provider)).link(LinkPurpose::Invitation, TimeDelta::hours(1));
        let set_up = format!("/invitation/{invited}/identifiants");
        let forgotten = format!("/mot-de-passe/{}", person.link(LinkPurpose::Password, TimeDelta::hours(1)));
        for (path, button) in [
            ("/connexion", words::ENTER.text()),
            ("/compte", words::END_OTHERS.text()),
            ("/compte", words::CHANGE_PASSWORD.text()),
            ("/compte/second-facteur", words::CHANGE_TELEPHONE.text()),
            ("/mot-de-passe-oublie", words::FORGOTTEN_SEND.text()),
            (forgotten.as_str(), words::CHOOSE_PASSWORD.text()),
            (set_up.as_str(), words::SET_UP.text()),
        ] {
            let mut browser = person.browser().await;
            let page = browser.get(path).await.expect(200);
            let code = next_code(&app);
            let (before, sessions) = (app.row_counts(), app.count("SELECT count(*) AS n FROM sessions"));
            for token in ["", "x", &hidden(&Browser::new(&app).await.get("/connexion").await, "form")] {
                let typed = [("form", token), ("password", PASSWORD), ("code", &code), ("new_code", &code), ("new_password", PASSWORD), ("address", &person.address)];
                let refused = browser.press(&page, button, &typed).await;
                assert_eq!(refused.status, 403, "{button}: {}", refused.text);
                assert!(refused.text.contains(words::FORM_EXPIRED_TEXT.text()), "{button}");
            }
            assert_eq!((app.row_counts(), app.count("SELECT count(*) AS n FROM sessions")), (before, sessions), "{button}");
        }
        assert!(is_signed_in(&mut other).await);
    }

    async fn whose_account_has_ended_signs_in_no_more(app: TestApp) {
        let person = referent(&app);
        let mut browser = person.browser().await;
        api::cli::client::revoke(app.db(), person.account).unwrap();
        assert!(!is_signed_in(&mut browser).await);
        let refused = person.sign_in(&mut browser).await.expect(422);
        assert!(refused.text.contains(&maud_escaped(words::NOT_BELIEVED.text())), "{}", refused.text);
        let link = person_link_after_end(&app, &person);
        browser.get(&link).await.expect(422);
    }
}

/// An invitation that was made before the account ended.
fn person_link_after_end(app: &TestApp, person: &Person) -> String {
    let code = api::domain::token::new_token().unwrap();
    let organisation = app.own(Role::Referent).identity().organisation;
    let now = app.clock().now();
    let hash = api::domain::token::token_hash(&code);
    let until = now.plus(TimeDelta::hours(1));
    let keep = |conn: &mut api::db::Conn| {
        api::db::links::insert_beside(conn, now, LinkPurpose::Invitation, organisation, person.account, &hash, until)
    };
    app.db().write_beside(keep).unwrap();
    format!("/invitation/{code}/identifiants")
}

/// A page without the values of its hidden fields.
fn strip(text: &str) -> String {
    let mut kept = String::new();
    for piece in text.split("type=\"hidden\"") {
        kept.push_str(piece.split_once('>').map_or(piece, |(_, rest)| rest));
    }
    kept
}
