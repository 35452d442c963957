//! Mails: told to whom they concern, ids only, sent at least once; and the links in them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use actix_web::http::Method;
use api::app::App;
use api::clock::Clock;
use api::config::{Config, Settings};
use api::domain::Role;
use api::domain::referral::ReferralWarning;
use api::server::Application;
use api::web::pages::words;
use api::work::do_what_is_due;
use api::work::mail::Mail;
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::json;

use crate::harness::bodies::{structure, with};
use crate::harness::{TestApp, keys, on_both, tools};
use crate::http::pages::{Browser, maud_escaped};

fn told(mails: &[Mail]) -> Vec<(&str, &str)> {
    mails.iter().map(|mail| (mail.to.as_str(), about(&mail.subject))).collect()
}

/// What a mail is about; of a question without by what it is spoken of, and without the hour, which is another each time.
pub fn about(subject: &str) -> &str {
    if subject.starts_with("Une demande ") && subject.contains("), réponse avant ") {
        return QUESTION;
    }
    subject.split_once(" : ").unwrap().1
}

/// A question to who answers.
const QUESTION: &str = "une demande";

/// The token of the link in a mail.
fn token(mail: &Mail) -> &str {
    mail.text.split("https://havre.example.org/lien/").nth(1).unwrap().split_whitespace().next().unwrap()
}

/// What its link opens, in the API.
pub fn link(mail: &Mail) -> String {
    format!("/api/v1/links/{}", token(mail))
}

const TO_STRUCTURE: &str = "tilleuls@example.org";
const TO_REFERENT: &str = "own@example.org";
const WRITTEN_DOWN: &str = "une réponse par téléphone est notée pour vous";

on_both! {
    async fn mails_link_to_the_port_that_was_taken_where_nobody_says_where_it_is_reached(app: TestApp) {
        let any = "127.0.0.1:0".parse().unwrap();
        let at = |url: &str| Application::build(App { public_url: url.into(), ..app.app().clone() }, any).unwrap();
        let bound = at("http://127.0.0.1:0");
        assert_ne!(bound.address().port(), 0);
        assert_eq!(bound.public_url(), format!("http://{}", bound.address()));
        assert_eq!(at("https://havre.example.org").public_url(), "https://havre.example.org");
    }

    async fn each_is_told_what_concerns_them(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, QUESTION)]);
        app.clock().advance(TimeDelta::minutes(79));
        assert_eq!(told(&app.mails()), []);
        app.clock().advance(TimeDelta::minutes(1));
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, QUESTION)]);
        assert_eq!(told(&app.mails()), [], "one reminder, not two");
        provider.command(&format!("{path}/accept")).await.expect(200);
        assert_eq!(told(&app.mails()), [(TO_REFERENT, "une réponse est arrivée")]);
        app.clock().advance(TimeDelta::minutes(80));
        assert_eq!(told(&app.mails()), [(TO_REFERENT, "une orientation attend votre réponse")], "now it is the referent who must act");
        app.clock().advance(TimeDelta::minutes(40));
        assert_eq!(told(&app.mails()), [(TO_REFERENT, "une orientation a expiré")]);
        assert_eq!(referent.get(&path).await.expect(200).body["state"], "expired");
    }

    async fn an_answer_that_the_referent_wrote_down_is_told_to_who_gave_it(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        app.own(Role::Referent).post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, WRITTEN_DOWN)], "and a question that is answered is no question");
    }

    async fn a_refused_command_tells_nobody(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.own(Role::Provider).command(&format!("vacancies/{vacancy}/withdraw")).await.expect(200);
        app.ask(&app.request().await, &vacancy, json!({})).await.refused(409, "vacancy_withdrawn");
        assert_eq!(told(&app.mails()), []);
    }

    async fn mails_say_nothing_of_people_or_places(app: TestApp) {
        let site = app.site().await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &crate::harness::bodies::vacancy()).await.expect(201).id();
        let asked = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let mails = app.mails();
        let (alias, subject) = (asked.body["alias"].as_str().unwrap(), &mails[0].subject);
        assert!(subject.starts_with(&format!("Une demande pour ce soir ({alias}), réponse avant ")), "{subject}");
        // The numbers of an alias and of an hour are chance.
        let text = format!("{} {}", subject.split('(').next().unwrap(), mails[0].text);
        for word in ["Tilleuls", "Lyon", "69", "female", "24", "chrs", &site.unit, asked.body["request_id"].as_str().unwrap()] {
            let found = text.replace(token(&mails[0]), "").replace(&asked.id(), "");
            assert!(!found.contains(word), "{word}: {text}");
        }
        assert!(text.contains(&asked.id()));
    }

    async fn a_link_opens_its_referral_and_confirms_its_vacancy_without_an_account(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let asked = app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        let mail = app.mails().remove(0);
        let link = &link(&mail);
        let opened = app.nobody().get(link).await.expect(200);
        assert_eq!(opened.body["referral"]["id"], asked.id());
        assert_eq!(opened.body["vacancy"]["id"], vacancy.as_str());
        let signed_in = app.own(Role::Provider).get(&format!("referrals/{}", asked.id())).await.expect(200).body;
        for field in ["state", "alias", "beds", "held", "deadline", "door", "overrides", "refusal", "warnings"] {
            assert_eq!(opened.body["referral"][field], signed_in[field], "{field}");
        }
        let noted = "SELECT count(*) AS n FROM access_log WHERE operation = 'openLink' AND account_id IS NULL";
        assert_eq!(app.count(noted), 2, "of the people, and of the home");

        app.clock().advance(TimeDelta::minutes(30));
        let confirmed = app.nobody().send(Method::POST, &format!("{link}/confirm-vacancy"), &[], None).await.expect(200).body;
        assert_ne!(confirmed["confirmed_at"], opened.body["vacancy"]["confirmed_at"]);
        assert_eq!((&confirmed["beds"], &confirmed["held"]), (&json!(2), &json!(1)));

        let (start, token) = link.rsplit_once('/').unwrap();
        for at in [0, 20, token.len() - 3] {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let forged = format!("{start}/{}{other}{}", &token[..at], &token[at + 1..]);
            app.nobody().get(&forged).await.refused(404, "not_found");
            app.nobody().send(Method::POST, &format!("{forged}/confirm-vacancy"), &[], None).await.refused(404, "not_found");
        }
        app.nobody().get(&format!("{start}/x")).await.refused(404, "not_found");
        app.clock().advance(TimeDelta::hours(24));
        app.nobody().get(link).await.refused(410, "link_expired");
        app.nobody().send(Method::POST, &format!("{link}/confirm-vacancy"), &[], None).await.refused(410, "link_expired");
        app.ignore_mails();
    }

    async fn who_has_no_address_is_not_written_to(app: TestApp) {
        let silent = with(structure(), json!({"trafficking_contact": {}}));
        let site = app.site_with(&silent, &crate::harness::bodies::unit()).await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &crate::harness::bodies::vacancy()).await.expect(201).id();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        assert_eq!(told(&app.mails()), [(TO_REFERENT, QUESTION)], "the organisation's own address stands in");
        app.sql("UPDATE organisations SET contact = '{}'");
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        assert_eq!(told(&app.mails()), []);
        assert_eq!(app.count("SELECT count(*) AS n FROM jobs"), 0);
        let seen = app.own(Role::Referent).get(&path).await.expect(200).body;
        assert_eq!(seen["warnings"], json!(["mail_not_delivered"]), "who asked knows that nobody was written to");
    }

    async fn a_mail_that_cannot_leave_is_tried_again(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        // Nobody listens on port 1.
        let config = smtp_config("smtp://127.0.0.1:1");
        let deaf = keys::app(app.url(), app.clock().clone(), config.mailer, "https://x");
        for tries in 1..4 {
            do_what_is_due(&deaf.desk()).unwrap();
            assert_eq!(app.count("SELECT CAST(tries AS bigint) AS n FROM jobs"), tries);
            app.clock().advance(TimeDelta::minutes(1));
        }
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, QUESTION)]);
    }

    async fn a_mail_that_is_refused_goes_to_the_organisation_and_who_asked_sees_it(app: TestApp) {
        // The server takes these addresses and refuses all others for good.
        for (takes, received, warning) in [
            (vec![TO_STRUCTURE, TO_REFERENT], vec![TO_STRUCTURE], None),
            (vec![TO_REFERENT], vec![TO_STRUCTURE, TO_REFERENT], Some("mail_reached_organisation")),
            (vec![], vec![TO_STRUCTURE, TO_REFERENT], Some("mail_not_delivered")),
        ] {
            let vacancy = app.vacancy(1).await;
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            let server = Refusing::start(takes.iter().map(|it| (*it).to_owned()).collect(), 550);
            do_what_is_due(&sending(&app, &server.url).desk()).unwrap();
            assert_eq!(server.asked_for(), received);
            assert_eq!(app.count("SELECT count(*) AS n FROM jobs"), 0, "what is refused for good is not tried again");
            let warnings: Vec<_> = warning.into_iter().collect();
            for role in [Role::Referent, Role::Provider] {
                assert_eq!(app.own(role).get(&path).await.expect(200).body["warnings"], json!(warnings), "{role}");
            }
            let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
            let page = browser.get("/orientations").await.expect(200).text;
            for code in [ReferralWarning::MailReachedOrganisation, ReferralWarning::MailNotDelivered] {
                assert_eq!(page.contains(&maud_escaped(words::label(code))), warning == Some(code.as_str()), "{page}");
            }
            app.own(Role::Referent).command(&format!("{path}/withdraw")).await.expect(200);
        }
        assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'markMail' AND record_kind = 'referral'"), 2);
    }

    async fn a_domain_with_accents_is_written_to_by_its_ascii_name(app: TestApp) {
        let accents = with(structure(), json!({"trafficking_contact": {"email": "accueil@hébergement.example.org"}}));
        let site = app.site_with(&accents, &crate::harness::bodies::unit()).await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &crate::harness::bodies::vacancy()).await.expect(201).id();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let ascii = "accueil@xn--hbergement-b7a.example.org";
        let server = Refusing::start(vec![ascii.to_owned()], 550);
        do_what_is_due(&sending(&app, &server.url).desk()).unwrap();
        assert_eq!(server.asked_for(), [ascii]);
    }

    async fn what_became_of_a_mail_is_what_became_of_the_last(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        do_what_is_due(&sending(&app, &Refusing::start(vec![], 550).url).desk()).unwrap();
        assert_eq!(app.own(Role::Referent).get(&path).await.expect(200).body["warnings"], json!(["mail_not_delivered"]));
        app.clock().advance(TimeDelta::minutes(80));
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, QUESTION)]);
        assert_eq!(app.own(Role::Referent).get(&path).await.expect(200).body["warnings"], json!([]), "the reminder arrived");
    }

    async fn a_server_that_does_not_take_us_or_is_busy_says_nothing_of_an_address(app: TestApp) {
        for reply in [450, 451, 530, 535] {
            let vacancy = app.vacancy(1).await;
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            let server = Refusing::start(vec![], reply);
            do_what_is_due(&sending(&app, &server.url).desk()).unwrap();
            assert_eq!(server.asked_for(), [TO_STRUCTURE], "{reply}");
            assert_eq!(app.count("SELECT count(*) AS n FROM jobs"), 1, "{reply}: it is tried again");
            assert_eq!(app.own(Role::Referent).get(&path).await.expect(200).body["warnings"], json!([]));
            app.clock().advance(TimeDelta::minutes(1));
            assert_eq!(told(&app.mails()), [(TO_STRUCTURE, QUESTION)]);
        }
    }

    async fn each_side_is_told_of_every_answer_but_its_own(app: TestApp) {
        use api::domain::ReferralState::{Arrived, Asked, Confirmed};
        let vacancy = app.vacancy(9).await;
        let no = json!({"refusal": {"party": "structure", "code": "full"}});
        let end = json!({"reason": "left", "request": "closed"});
        for (from, command, body) in [(Asked, "accept", json!({})), (Asked, "decline", no), (Confirmed, "no-show", json!({})), (Arrived, "end", end)] {
            for (role, by_phone, expected) in [(Role::Provider, false, vec![(TO_REFERENT, "une réponse est arrivée")]), (Role::Referent, true, vec![(TO_STRUCTURE, WRITTEN_DOWN)])] {
                let path = format!("referrals/{}", app.referral_in(&vacancy, from).await);
                app.ignore_mails();
                app.own(role).post(&format!("{path}/{command}"), &with(body.clone(), json!({"by_phone": by_phone}))).await.expect(200);
                assert_eq!(told(&app.mails()), expected, "{command} by phone: {by_phone}");
            }
        }
    }

    async fn a_mail_to_those_who_asked_has_no_link(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        assert!(app.mails()[0].text.contains("/lien/"));
        app.own(Role::Provider).command(&format!("{path}/accept")).await.expect(200);
        app.clock().advance(TimeDelta::minutes(80));
        let mut mails = app.mails();
        app.clock().advance(TimeDelta::minutes(40));
        mails.extend(app.mails());
        assert_eq!(mails.len(), 3, "the answer, the reminder and the end: {mails:#?}");
        assert!(mails.iter().all(|mail| mail.to == TO_REFERENT && !mail.text.contains("/lien/")), "a link opens what the addressee sees: {mails:#?}");
    }

    async fn a_link_is_good_until_the_deadline_and_confirms_nothing_that_is_gone(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(1).await;
        let planned = with(crate::harness::bodies::request(), json!({"urgency": "planned"}));
        let request = referent.post("requests", &planned).await.expect(201).id();
        app.ask(&request, &vacancy, json!({})).await.expect(201);
        let link = link(&app.mails()[0]);
        app.clock().advance(TimeDelta::hours(6 * 24));
        let opened = app.nobody().get(&link).await.expect(200).body;
        assert_eq!(opened["expires_at"].as_str().unwrap()[..19], opened["referral"]["deadline"].as_str().unwrap()[..19], "to the second");
        provider.command(&format!("vacancies/{vacancy}/withdraw")).await.expect(200);
        let before = provider.get(&format!("vacancies/{vacancy}")).await.expect(200).body;
        app.nobody().send(Method::POST, &format!("{link}/confirm-vacancy"), &[], None).await.refused(409, "vacancy_withdrawn");
        assert_eq!(provider.get(&format!("vacancies/{vacancy}")).await.expect(200).body, before);
        app.ignore_mails();
    }

    async fn a_link_shows_what_the_addressee_sees_and_no_more(app: TestApp) {
        let site = app.site().await;
        let vacancies = format!("units/{}/vacancies", site.unit);
        let vacancy = app.own(Role::Provider).post(&vacancies, &crate::harness::bodies::vacancy()).await.expect(201).id();
        let told = json!({"message": "elle arrive par le train", "safety_instructions": "ne pas ouvrir", "wished": ["cot"]});
        let request = app.own(Role::Referent).post("requests", &with(crate::harness::bodies::request(), told)).await.expect(201).id();
        app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201);
        let opened = app.nobody().get(&link(&app.mails()[0])).await.expect(200).body;
        let referral = &opened["referral"];
        let asks = &referral["asks_for"];
        let woman = json!({"gender": "female", "minority": "adult", "age_band": "18_25", "age": null, "with_parent": false});
        assert_eq!((&asks["household"], &asks["stage"], &asks["required"]), (&json!([woman]), &json!("emergency"), &json!([])));
        for hidden in ["wished", "wished_languages", "message", "safety_instructions"] {
            assert_eq!(asks[hidden], json!(null), "{hidden}");
        }
        assert_eq!(referral["overrides"], json!(null));
        assert_eq!(app.noted("openLink").await, [(String::new(), request), (String::new(), site.structure)].into());
    }

    async fn both_sides_are_asked_of_those_who_are_late(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.referral_in(&vacancy, api::domain::ReferralState::Confirmed).await;
        app.ignore_mails();
        app.clock().advance(TimeDelta::hours(1 + 23));
        assert_eq!(told(&app.mails()), []);
        app.clock().advance(TimeDelta::hours(1));
        let late = "une arrivée est en retard";
        assert_eq!(told(&app.mails()), [(TO_REFERENT, late), (TO_STRUCTURE, late)]);
        app.clock().advance(TimeDelta::hours(500));
        assert_eq!(told(&app.mails()), [], "once");
    }

    async fn who_comes_and_who_comes_no_more_is_told_to_who_waits(app: TestApp) {
        use api::domain::ReferralState::{Accepted, Asked, Confirmed};
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(9).await);
        for (from, told_of) in [(Asked, None), (Accepted, None), (Confirmed, Some("une arrivée n’aura pas lieu"))] {
            let path = format!("referrals/{}", app.referral_in(&vacancy, from).await);
            app.ignore_mails();
            referent.command(&format!("{path}/withdraw")).await.expect(200);
            assert_eq!(told(&app.mails()), told_of.map(|about| (TO_STRUCTURE, about)).into_iter().collect::<Vec<_>>(), "{from}");
        }
        let path = format!("referrals/{}", app.referral_in(&vacancy, Accepted).await);
        app.ignore_mails();
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, "une arrivée est annoncée")]);
        let request = referent.get(&path).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
        referent.post(&format!("requests/{request}/close"), &json!({"reason": "other"})).await.expect(200);
        assert_eq!(told(&app.mails()), [(TO_STRUCTURE, "une arrivée n’aura pas lieu")]);
    }

    async fn a_call_that_is_wished_for_is_told_to_who_asked(app: TestApp) {
        let (provider, vacancy) = (app.own(Role::Provider), app.vacancy(9).await);
        let at = app.clock().now().plus(TimeDelta::hours(1)).to_string();
        for (call, told_of) in [
            (json!({"kind": "call_us", "phone": "01 99 00 12 34"}), vec![(TO_REFERENT, "on demande à être rappelé")]),
            (json!({"kind": "we_call", "at": at}), vec![]),
            (json!(null), vec![]),
        ] {
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            app.ignore_mails();
            provider.post(&format!("{path}/acknowledge"), &json!({"call_back": call})).await.expect(200);
            assert_eq!(told(&app.mails()), told_of, "{call}");
        }
    }

    async fn what_has_ended_before_its_mail_left_is_no_question(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
        app.own(Role::Referent).command(&format!("{path}/withdraw")).await.expect(200);
        assert_eq!(told(&app.mails()), []);
    }

    async fn a_link_is_over_at_the_deadline_and_good_for_a_day_where_there_is_none(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let link = link(&app.mails()[0]);
        app.clock().advance(TimeDelta::minutes(119));
        assert_eq!(app.nobody().get(&link).await.expect(200).body["referral"]["state"], "asked");
        app.clock().advance(TimeDelta::minutes(1));
        app.nobody().get(&link).await.refused(410, "link_expired");
        // One that asks for nothing that lapses is good for a day.
        app.referral_in(&app.vacancy(1).await, api::domain::ReferralState::Confirmed).await;
        let mail = app.mails().into_iter().rfind(|mail| mail.subject.contains("arrivée est annoncée")).unwrap();
        app.clock().advance(TimeDelta::hours(23));
        app.nobody().get(&self::link(&mail)).await.expect(200);
        app.clock().advance(TimeDelta::hours(1));
        app.nobody().get(&self::link(&mail)).await.refused(410, "link_expired");
        app.ignore_mails();
    }

    async fn a_link_answers_in_its_addressee_s_stead(app: TestApp) {
        let (vacancy, provider) = (app.vacancy(9).await, app.own(Role::Provider));
        let asked = async || {
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            let mail = app.mails().pop().unwrap();
            (path, link(&mail))
        };
        let post = async |path: String, body: serde_json::Value| {
            let headers = [("content-type", "application/json")];
            app.nobody().send(Method::POST, &path, &headers, Some(body.to_string().into_bytes())).await
        };
        let (path, link) = asked().await;
        let opened = app.nobody().get(&link).await.expect(200).body;
        assert_eq!((&opened["place"]["name"], &opened["place"]["kind"], &opened["answers"]), (&json!("Structure fictive des Tilleuls"), &json!("chrs"), &json!(true)));
        assert_eq!(opened["asked_by"]["name"], "Organisation fictive");
        let called = json!({"call_back": {"kind": "call_us", "phone": "01 99 00 12 34"}});
        assert_eq!(post(format!("{link}/acknowledge"), called).await.expect(200).body["state"], "acknowledged");
        // Who has asked to be called still answers by it.
        let accepted = app.nobody().send(Method::POST, &format!("{link}/accept"), &[], None).await.expect(200).body;
        assert_eq!((&accepted["state"], &accepted["held"]), (&json!("accepted"), &json!(true)));
        assert_eq!(accepted["asks_for"]["household"][0]["age"], json!(null), "no exact age by a link, whatever was promised");
        let opened = app.nobody().get(&link).await.expect(200).body;
        assert_eq!((&opened["answers"], &opened["referral"]["asks_for"]["household"][0]["age"]), (&json!(false), &json!(null)));
        app.nobody().send(Method::POST, &format!("{link}/accept"), &[], None).await.refused(409, "referral_accepted");
        let no = json!({"refusal": {"party": "structure", "code": "no_staff"}});
        post(format!("{link}/decline"), no.clone()).await.refused(409, "referral_accepted");
        assert_eq!(app.nobody().send(Method::POST, &format!("{link}/undo"), &[], None).await.expect(200).body["state"], "acknowledged");
        app.nobody().get(&link).await.refused(410, "link_expired");

        let (declined, link) = asked().await;
        assert_eq!(post(format!("{link}/decline"), no).await.expect(200).body["refusal"]["code"], "no_staff");
        assert_eq!(provider.get(&declined).await.expect(200).body["state"], "declined");
        let event = app.own(Role::Auditor).get("events?limit=200").await.expect(200).body["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&event["command"], &event["by_account_id"]), (&json!("declineReferralByLink"), &json!(null)));
        app.clock().advance(TimeDelta::minutes(14));
        app.nobody().get(&link).await.expect(200);
        app.clock().advance(TimeDelta::minutes(1));
        app.nobody().get(&link).await.refused(410, "link_expired");
        app.nobody().send(Method::POST, &format!("{link}/undo"), &[], None).await.refused(410, "link_expired");
        assert_eq!(provider.get(&path).await.expect(200).body["state"], "acknowledged");
        app.ignore_mails();
    }

    async fn a_link_is_over_with_its_step_whoever_took_the_next(app: TestApp) {
        let (referent, provider, vacancy) = (app.own(Role::Referent), app.own(Role::Provider), app.vacancy(9).await);
        for (caller, command, body) in [
            (&referent, "withdraw", json!({})),
            (&referent, "accept", json!({"by_phone": true})),
        ] {
            let path = format!("referrals/{}", app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id());
            let link = link(&app.mails().pop().unwrap());
            app.nobody().get(&link).await.expect(200);
            caller.post(&format!("{path}/{command}"), &body).await.expect(200);
            app.nobody().get(&link).await.refused(410, "link_expired");
            app.nobody().send(Method::POST, &format!("{link}/accept"), &[], None).await.refused(410, "link_expired");
            // Nor when it stands again where it stood.
            caller.command(&format!("{path}/undo")).await.expect(200);
            assert_eq!(provider.get(&path).await.expect(200).body["state"], "asked");
            app.nobody().send(Method::POST, &format!("{link}/accept"), &[], None).await.refused(410, "link_expired");
            // Nor does it take back what its addressee has said at a later step.
            let no = json!({"refusal": {"party": "structure", "code": "no_staff"}});
            provider.post(&format!("{path}/decline"), &no).await.expect(200);
            app.nobody().get(&link).await.refused(410, "link_expired");
            app.ignore_mails();
        }
    }

    async fn a_link_is_over_when_its_address_is_another(app: TestApp) {
        let site = app.site().await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &crate::harness::bodies::vacancy()).await.expect(201).id();
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let link = link(&app.mails().pop().unwrap());
        app.nobody().get(&link).await.expect(200);
        let path = format!("structures/{}", site.structure);
        let moved = with(structure(), json!({"trafficking_contact": crate::harness::bodies::reached_at("autre@example.org")}));
        app.own(Role::Provider).put(&path, "*", &moved).await.expect(200);
        app.nobody().get(&link).await.refused(410, "link_expired");
        app.nobody().send(Method::POST, &format!("{link}/accept"), &[], None).await.refused(410, "link_expired");
        app.ignore_mails();
    }

    async fn what_is_kept_of_a_link_makes_none(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        assert_eq!(app.count("SELECT count(*) AS n FROM links"), 0, "no code is made before its mail is sent");
        let mail = app.mails().pop().unwrap();
        assert_eq!(app.count("SELECT count(*) AS n FROM links WHERE purpose = 'referral'"), 1);
        // Whoever copies the table has hashes, and nothing by which a link was ever signed.
        let (code, kept) = (api::domain::mailed_link::LinkCode::of(token(&mail)), app.links());
        assert_eq!(kept.len(), 1);
        let (hash, address) = &kept[0];
        assert_eq!((hash.as_slice(), address.as_str()), (code.hash().as_slice(), code.of_address(TO_STRUCTURE).as_str()));
        let encode = |bytes: &[u8]| { use base64::Engine as _; base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes) };
        let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for stolen in [encode(hash), hex, address.clone()] {
            app.nobody().get(&format!("links/{stolen}")).await.refused(404, "not_found");
        }
        for table in ["mailed_link_keys", "referral_link_keys"] {
            assert!(app.try_sql(&format!("DELETE FROM {table}")).is_err(), "{table}");
        }
        assert!(!mail.text.contains(&encode(hash)));
        app.clock().advance(TimeDelta::days(3));
        app.ignore_mails();
        assert_eq!(app.count("SELECT count(*) AS n FROM links"), 0, "what is kept of it outlives it by a day");
    }

    async fn a_link_counts_beds_from_what_was_seen(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let link = link(&app.mails().pop().unwrap());
        let post = async |act: &str, body: serde_json::Value| {
            app.nobody().send(Method::POST, &format!("{link}/{act}"), &[("content-type", "application/json")], Some(body.to_string().into_bytes())).await
        };
        assert_eq!(post("count-vacancy", json!({"from": 2, "to": 3})).await.expect(200).body["beds"], 3);
        post("count-vacancy", json!({"from": 2, "to": 3})).await.refused(412, "etag_mismatch");
        post("taken-elsewhere", json!({"from": 2})).await.refused(412, "etag_mismatch");
        assert_eq!(post("taken-elsewhere", json!({"from": 3})).await.expect(200).body["beds"], 2);
        assert_eq!(app.beds(&vacancy).await, (2, 0));
        app.ignore_mails();
    }

    async fn a_link_accepts_nobody_near_whom_they_must_not_meet(app: TestApp) {
        let (own, other) = crate::http::keep_apart::linked(&app).await;
        let vacancy = app.vacancy(3).await;
        app.ask(&own, &vacancy, json!({"hold": true})).await.expect(201);
        app.ignore_mails();
        let body = json!({"vacancy_id": vacancy});
        let asked = app.other(Role::Referent).post(&format!("requests/{other}/referrals"), &body).await.expect(201).id();
        let mail = app.mails().into_iter().find(|mail| mail.text.contains("/lien/")).unwrap();
        let opened = app.nobody().get(&link(&mail)).await.expect(200).body;
        assert_eq!(opened["referral"]["safety_call"]["name"], "115");
        app.nobody().send(Method::POST, &format!("{}/accept", link(&mail)), &[], None).await.refused(409, "kept_apart");
        let page = Browser::new(&app).await.get(&format!("/lien/{}", token(&mail))).await.expect(200).text;
        assert!(page.contains(&maud_escaped(words::SAFETY_CALL.text())) && !page.contains("/oui"), "{page}");
        // Nor does it take back what the coordination has said in its addressee's stead.
        let no = json!({"refusal": {"party": "structure", "code": "no_staff"}});
        let (coordinator, _) = api::cli::client::make(app.db(), "Coordination fictive", Role::Coordinator).unwrap();
        app.with_token(&coordinator).post(&format!("referrals/{asked}/stop"), &no).await.expect(200);
        app.nobody().get(&link(&mail)).await.refused(410, "link_expired");
        app.nobody().send(Method::POST, &format!("{}/undo", link(&mail)), &[], None).await.refused(410, "link_expired");
        app.ignore_mails();
    }
}

/// The same service over this SMTP server.
fn sending(app: &TestApp, url: &str) -> App {
    let mailer = smtp_config(url).mailer;
    keys::app(app.url(), app.clock().clone(), mailer, "https://havre.example.org")
}

/// An SMTP server that takes some addresses and answers all others with one reply.
struct Refusing {
    url: String,
    asked_for: Arc<Mutex<Vec<String>>>,
}

impl Refusing {
    fn start(takes: Vec<String>, reply: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked_for);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Whoever hangs up ends the conversation, and no more.
                drop(converse(stream, &takes, reply, &seen));
            }
        });
        Self { url, asked_for }
    }

    fn asked_for(&self) -> Vec<String> {
        self.asked_for.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, takes: &[String], reply: u16, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let answer = if let Some(to) = line.strip_prefix("RCPT TO:<") {
            let to = to.split('>').next().unwrap().to_owned();
            let is_taken = takes.contains(&to);
            seen.lock().unwrap().push(to.clone());
            if is_taken { "250 ok".to_owned() } else { format!("{reply} <{to}> no") }
        } else if line == "DATA" {
            stream.write_all(b"354 go on\r\n")?;
            while lines.next().transpose()?.is_some_and(|line| line != ".") {}
            "250 ok".to_owned()
        } else if line == "QUIT" {
            stream.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "250 ok".to_owned()
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

fn smtp_config(url: &str) -> Config {
    let (smtp_url, mail_from) = (Some(url.to_owned()), Some("Havre <havre@example.org>".to_owned()));
    Settings { smtp_url, mail_from, ..Settings::default() }.read().unwrap()
}

/// An SMTP server that is not ours, which prints what it receives; stopped when dropped.
struct Sink {
    server: Child,
    url: String,
}

impl Sink {
    fn start() -> Option<(Self, mpsc::Receiver<String>)> {
        let program = tools::find("aiosmtpd", "python3-aiosmtpd")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Command::new(program)
            .args(["--nosetuid", "--listen", &format!("127.0.0.1:{port}")])
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (lines, received) = mpsc::channel();
        let printed = BufReader::new(server.stdout.take().unwrap());
        std::thread::spawn(move || printed.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        // It says nothing when it is ready.
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.try_wait().unwrap().is_none(), "aiosmtpd ended");
            drop(received.recv_timeout(Duration::from_millis(20)));
        }
        Some((Self { server, url: format!("smtp://127.0.0.1:{port}") }, received))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

#[actix_web::test]
async fn a_real_smtp_server_receives_a_mail() {
    let Some((sink, received)) = Sink::start() else { return };
    let app = crate::harness::TestApp::on_sqlite().await;
    let vacancy = app.vacancy(1).await;
    let asked = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201).id();
    let sending = keys::app(app.url(), Clock::default(), smtp_config(&sink.url).mailer, "https://havre.example.org");
    do_what_is_due(&sending.desk()).unwrap();
    assert_eq!(app.count("SELECT count(*) AS n FROM jobs"), 0);
    let mut lines = Vec::new();
    while let Ok(line) = received.recv_timeout(Duration::from_secs(10)) {
        let last = line.starts_with("------------ END MESSAGE");
        lines.push(line);
        if last {
            break;
        }
    }
    let mail = lines.join("\n");
    assert!(mail.contains("To: tilleuls@example.org") && mail.contains("From: Havre <havre@example.org>"), "{mail}");
    assert!(mail.contains("Message-ID: <") && mail.contains(&asked[..8]), "{mail}");
}
