//! *Orientations* as it is worked with: what each side reads, what is refused beside its field, calls, ends that nobody may miss, and a page that
//! keeps up without reading what has not changed.

use actix_web::http::Method;
use api::domain::{ReferralState, RefusalCode, RefusalParty, Role};
use api::web::pages::words;
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::json;

use super::pages::{Browser, hidden, maud_escaped};
use crate::access::behind_a_door;
use crate::harness::bodies::{request, structure, unit, vacancy, with};
use crate::harness::people::{PASSWORD, Person, next_code};
use crate::harness::{Answer, TestApp, on_both};

/// What stands in the card of a referral.
fn card<'p>(page: &'p Answer, referral: &str) -> &'p str {
    let found = ["o", "r"].iter().find_map(|side| page.text.find(&format!("id=\"{side}-{referral}\"")));
    let from = found.unwrap_or_else(|| panic!("no card of {referral} in {}", page.text));
    page.text[from..].split("</article>").next().unwrap()
}

/// The tag of a page, as its script sends it back.
fn tag(page: &Answer) -> String {
    let tag = page.header("etag");
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(format!("W/\"{}\"", page.text.split("data-live=\"").nth(1).unwrap().split('"').next().unwrap()), tag);
    tag
}

async fn look(app: &TestApp, browser: &Browser, path: &str, tag: &str) -> Answer {
    app.nobody().send(Method::GET, path, &[("cookie", &browser.cookie), ("if-none-match", tag)], None).await
}

async fn state(app: &TestApp, referral: &str) -> serde_json::Value {
    app.own(Role::Referent).get(&format!("referrals/{referral}")).await.expect(200).body
}

/// Takes the way through a sign-in back to a form that was sent when its session was over.
async fn sign_in_again(app: &TestApp, browser: &mut Browser, asked: &Answer, person: &Person) -> Answer {
    assert!(asked.text.contains(words::SESSION_OVER.text()), "{}", asked.text);
    let code = next_code(app);
    let typed = [("address", person.address.as_str()), ("password", PASSWORD), ("code", code.as_str())];
    let signed_in = browser.press(asked, words::ENTER.text(), &typed).await.expect(200);
    browser.press(&signed_in, words::GO_ON.text(), &[]).await
}

async fn asked(app: &TestApp, more: serde_json::Value) -> (String, String) {
    let vacancy = app.vacancy(2).await;
    let request = app.own(Role::Referent).post("requests", &with(request(), more)).await.expect(201).id();
    let referral = app.ask(&request, &vacancy, json!({})).await.expect(201).id();
    (request, referral)
}

on_both! {
    async fn an_addressee_reads_which_home_is_asked_who_asks_and_what_is_needed(app: TestApp) {
        let child = json!({"gender": "male", "minority": "minor", "age": 3, "with_parent": true});
        let woman = json!({"gender": "female", "minority": "adult", "age": 24});
        let told = json!({
            "household": [woman, child], "seen_apart": true, "required": ["cot"], "required_languages": ["en"],
            "message": "Peut être accompagnée jusqu’à 22 h.", "in_charge": "C. M.",
        });
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 6, "offers": ["cot"], "languages": ["en"], "children": {"max_age": 12}, "max_household": 3}))).await;
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 4}))).await.expect(201).id();
        let request = app.own(Role::Referent).post("requests", &with(request(), told)).await.expect(201).id();
        let asked = app.ask(&request, &vacancy, json!({})).await.expect(201);
        let page = Browser::signed_in(&app, &app.own(Role::Provider)).await.get("/orientations").await.expect(200);
        let card = card(&page, &asked.id());
        for said in [
            asked.body["alias"].as_str().unwrap(), "1\u{a0}femme (18–25), 1\u{a0}enfant (moins de 6)", "ce soir, 1\u{a0}nuit au moins",
            "il faut\u{a0}: lit de bébé", "parle anglais", "Organisation fictive", "C. M.", "Peut être accompagnée jusqu’à 22 h.", words::orientations::ANSWER_BEFORE.text(),
        ] {
            assert!(card.contains(said), "{said}: {card}");
        }
        assert!(!card.contains("24 ans"), "{card}");
        assert!(page.text.contains("Structure fictive des Tilleuls, ") && page.text.contains("6\u{a0}places"), "{}", page.text);
        assert!(page.text.contains("1\u{a0}question<"), "{}", page.text);
        app.ignore_mails();
    }

    async fn every_reason_of_a_no_can_be_given_and_what_it_lacks_is_said_beside_it(app: TestApp) {
        let provider = Person::of(&app, &app.own(Role::Provider));
        let mut browser = provider.browser().await;
        let (_, first) = asked(&app, json!({})).await;
        let page = browser.get("/orientations").await.expect(200);
        for code in RefusalParty::Structure.codes() {
            let is_offered = card(&page, &first).contains(&format!("name=\"code\" value=\"{}\"", code.as_str()));
            assert_eq!(is_offered, !matches!(code, RefusalCode::NoLocalDanger | RefusalCode::FactsNotEstablished), "{code}");
        }
        for code in RefusalParty::Person.codes() {
            assert!(card(&page, &first).contains(&format!("name=\"person\" value=\"{}\"", code.as_str())), "{code}");
        }
        let before = app.row_counts();
        let long = "x".repeat(501);
        for (button, typed, beside, why) in [
            (RefusalCode::Other, vec![("condition", "")], "text", words::orientations::SAY_IN_WORDS.text()),
            (RefusalCode::CareNotAvailable, vec![("text", "  ")], "text", words::orientations::SAY_IN_WORDS.text()),
            (RefusalCode::ConditionNotMet, vec![("text", "il boit"), ("condition", "")], "condition", words::orientations::CHOOSE_CONDITION.text()),
            (RefusalCode::NoStaff, vec![("text", long.as_str())], "text", words::orientations::TOO_LONG.text()),
        ] {
            let again = browser.press(&page, words::label(button), &typed).await.expect(422);
            let beside = format!("id=\"non-{first}-{beside}-erreur\">{}", maud_escaped(why));
            assert!(card(&again, &first).contains(&beside), "{button}: {beside}: {}", card(&again, &first));
            assert!(again.text.contains("role=\"alert\"") && again.text.contains(&format!("href=\"#non-{first}\"")), "{}", again.text);
            for (name, value) in typed.iter().filter(|(_, value)| !value.trim().is_empty()) {
                assert!(card(&again, &first).contains(&format!("value=\"{value}\"")), "{name} is gone");
            }
            assert_eq!(app.row_counts(), before);
        }
        // The session ends while somebody writes.
        app.clock().advance(TimeDelta::minutes(31));
        let refused = browser.press(&page, words::label(RefusalCode::Other), &[]).await.expect(401);
        let again = sign_in_again(&app, &mut browser, &refused, &provider).await.expect(422);
        assert!(card(&again, &first).contains(words::orientations::SAY_IN_WORDS.text()), "{}", again.text);
        browser.press(&again, words::label(RefusalCode::ConditionNotMet), &[("condition", "u.regular_stay")]).await.expect(303);
        let refusal = state(&app, &first).await["refusal"].clone();
        assert_eq!((&refusal["code"], &refusal["unlawful_condition"]), (&json!("condition_not_met"), &json!("regular_stay")));
        // The person herself, at the interview.
        let (_, second) = asked(&app, json!({})).await;
        let page = browser.get("/orientations").await.expect(200);
        browser.press(&page, words::label(RefusalCode::Afraid), &[("text", "")]).await.expect(303);
        assert_eq!(state(&app, &second).await["refusal"]["party"], "person");
        app.ignore_mails();
    }

    async fn a_call_is_a_task_on_the_other_side_until_it_is_made(app: TestApp) {
        let (_, referral) = asked(&app, json!({})).await;
        let mut home = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let mut desk = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = home.get("/orientations").await.expect(200);
        for (typed, beside) in [
            (vec![("kind", "we_call"), ("phone", "01 99 00 01 12")], "at"),
            (vec![("kind", "we_call"), ("at", "ce soir")], "at"),
            (vec![("kind", "call_us"), ("phone", "01 99")], "phone"),
        ] {
            let again = home.press(&page, words::CALL_ME.text(), &typed).await.expect(422);
            assert!(card(&again, &referral).contains(&format!("id=\"vue-{referral}-{beside}-erreur\"")), "{}", again.text);
            assert!(typed.iter().all(|(_, value)| card(&again, &referral).contains(&format!("value=\"{value}\""))), "{}", again.text);
        }
        assert!(!desk.get("/orientations").await.expect(200).text.contains("/appel\""));
        home.press(&page, words::CALL_ME.text(), &[("phone", "01 99 00 02 17")]).await.expect(303);
        let page = desk.get("/orientations").await.expect(200);
        let to_do = page.text.split(&format!("<h2>{}</h2>", words::orientations::TO_DO.text())).nth(1).unwrap();
        assert!(to_do.contains(words::orientations::ASKS_FOR_CALL.text()) && to_do.contains("tel:+33199000217"), "{to_do}");
        let deadline = state(&app, &referral).await["deadline"].clone();
        desk.press(&page, words::orientations::CALL_DONE.text(), &[]).await.expect(303);
        let record = state(&app, &referral).await;
        assert!(record["called_at"].is_string() && record["deadline"] == deadline && record["state"] == "acknowledged", "{record}");
        let page = desk.get("/orientations").await.expect(200);
        assert!(!page.text.contains("/appel\"") && page.text.contains(words::orientations::CALLED_AT.text()), "{}", page.text);
        let waiting = page.text.split(&format!("<h2>{}</h2>", words::orientations::WAITING.text())).nth(1).unwrap();
        assert!(waiting.contains(&format!("r-{referral}")), "it waits for its answer again");
        app.own(Role::Provider).command(&format!("referrals/{referral}/call-made")).await.refused(409, "nothing_to_note");
        // Who announces a call has it as its own task.
        let (_, other) = asked(&app, json!({})).await;
        let at = app.clock().now().plus(TimeDelta::hours(1)).to_string();
        app.own(Role::Provider).post(&format!("referrals/{other}/acknowledge"), &json!({"call_back": {"kind": "we_call", "at": at}})).await.expect(200);
        let page = home.get("/orientations").await.expect(200);
        assert!(card(&page, &other).contains(words::orientations::YOU_WILL_CALL.text()), "{}", page.text);
        home.press(&page, words::orientations::CALL_DONE.text(), &[]).await.expect(303);
        assert!(state(&app, &other).await["called_at"].is_string());
        app.ignore_mails();
    }

    async fn nothing_that_ended_leaves_what_there_is_to_do_before_somebody_knows(app: TestApp) {
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(9).await);
        let mut desk = Browser::signed_in(&app, &referent).await;
        for (ended, waits) in [
            (ReferralState::Declined, true), (ReferralState::NoShow, true), (ReferralState::Ended, true), (ReferralState::Expired, true),
            (ReferralState::Withdrawn, false), (ReferralState::TurnedAway, false),
        ] {
            let referral = app.referral_in(&vacancy, ended).await;
            // However long ago.
            if ended != ReferralState::Expired {
                app.clock().advance(TimeDelta::hours(3));
            }
            desk = Browser::signed_in(&app, &referent).await;
            let page = desk.get("/orientations").await.expect(200);
            let su = format!("/orientations/{referral}/su");
            assert_eq!(page.text.contains(&su), waits, "{ended}");
            assert_eq!(state(&app, &referral).await["awaits_notice"], waits, "{ended}");
            if waits {
                desk.press(&page, words::orientations::NOTED.text(), &[]).await.expect(303);
                assert_eq!(state(&app, &referral).await["awaits_notice"], false);
                assert!(!desk.get("/orientations").await.expect(200).text.contains(&su));
                referent.command(&format!("referrals/{referral}/outcome-noted")).await.refused(409, "nothing_to_note");
            }
            let request = state(&app, &referral).await["request_id"].as_str().unwrap().to_owned();
            referent.post(&format!("requests/{request}/close"), &json!({"reason": "other"})).await;
        }
        // What somebody wrote down after a call they know.
        let (_, referral) = asked(&app, json!({})).await;
        let no = json!({"by_phone": true, "refusal": {"party": "structure", "code": "no_staff"}});
        referent.post(&format!("referrals/{referral}/decline"), &no).await.expect(200);
        assert_eq!(state(&app, &referral).await["awaits_notice"], false);
        assert!(!desk.get("/orientations").await.expect(200).text.contains(&format!("{referral}/su")));
        app.ignore_mails();
    }

    async fn a_full_home_puts_its_places_right_in_the_same_step(app: TestApp) {
        let site = app.site_with(&structure(), &with(unit(), json!({"places": 9}))).await;
        let provider = app.own(Role::Provider);
        let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"beds": 3}))).await.expect(201).id();
        app.ask(&app.request().await, &vacancy, json!({"hold": true})).await.expect(201);
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let mut home = Browser::signed_in(&app, &provider).await;
        let page = home.get("/orientations").await.expect(200);
        assert!(!page.text.contains("/complet\""));
        home.press(&page, words::label(RefusalCode::Full), &[]).await.expect(303);
        let (beds, held) = app.beds(&vacancy).await;
        let page = home.get("/orientations").await.expect(200);
        let free = hidden(&page, "free");
        assert_eq!((free.parse::<u64>().unwrap(), page.text.contains(words::orientations::A_MOMENT_AGO.text())), (beds - held, true));
        // Somebody else has a bed meanwhile: the old page takes nothing it did not show.
        provider.post(&format!("vacancies/{vacancy}/taken-elsewhere"), &json!({"beds": 1})).await.expect(200);
        let old = home.press(&page, words::orientations::NONE_FREE.text(), &[]).await.expect(409);
        assert!(old.text.contains("role=\"alert\"") && app.beds(&vacancy).await == (beds - 1, held), "{}", old.text);
        let page = home.get("/orientations").await.expect(200);
        home.press(&page, words::orientations::NONE_FREE.text(), &[]).await.expect(303);
        assert_eq!(app.beds(&vacancy).await, (held, held));
        app.ignore_mails();
    }

    async fn the_end_of_a_stay_is_said_on_the_page_and_offers_a_declaration(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        let stay = app.referral_in(&vacancy, ReferralState::Arrived).await;
        let mut home = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let page = home.get("/orientations").await.expect(200);
        let again = home.press(&page, words::END_STAY.text(), &[("reason", "gone"), ("request", "open")]).await.expect(422);
        assert!(card(&again, &stay).contains(&format!("id=\"fin-{stay}-reason-erreur\"")), "{}", again.text);
        assert!(card(&again, &stay).contains(&format!("id=\"fin-{stay}\" open")), "{}", again.text);
        home.press(&page, words::END_STAY.text(), &[("reason", "moved_on"), ("request", "open")]).await.expect(303);
        let page = home.get("/orientations").await.expect(200);
        let offer = page.text.split(&format!("id=\"offre-{stay}\"")).nth(1).unwrap().split("</form>").next().unwrap();
        assert!(offer.contains("name=\"beds\"") && offer.contains("value=\"1\""), "{offer}");
        home.press(&page, words::DECLARE.text(), &[]).await.expect(303);
        assert_eq!(app.count("SELECT count(*) AS n FROM vacancies"), 2);
        app.ignore_mails();
    }

    async fn who_keeps_a_door_chooses_the_place_when_it_says_yes(app: TestApp) {
        let (referral, other) = behind_a_door(&app).await;
        let mut door = Browser::signed_in(&app, &app.own(Role::Regulator)).await;
        let page = door.get("/orientations").await.expect(200);
        assert!(card(&page, &referral).contains(&format!("/orientations/{referral}/place")), "{}", page.text);
        let choice = door.get(&format!("/orientations/{referral}/place")).await.expect(200);
        assert!(choice.text.contains(&format!("value=\"{other}\"")) && choice.text.contains("Structure fictive des Tilleuls"), "{}", choice.text);
        let fields = [("vacancy", other.as_str())];
        for _ in 0..2 {
            door.post(&format!("/orientations/{referral}/place"), &choice, &fields).await.expect(303);
        }
        let record = state(&app, &referral).await;
        assert_eq!((&record["state"], &record["vacancy_id"]), (&json!("accepted"), &json!(other)));
        assert_eq!(app.beds(&other).await.1, 1);
        app.ignore_mails();
    }

    async fn a_page_that_keeps_up_reads_nothing_while_nothing_has_changed(app: TestApp) {
        let (_, referral) = asked(&app, json!({})).await;
        let home = Browser::signed_in(&app, &app.own(Role::Provider)).await;
        let noted = async || app.count("SELECT count(*) AS n FROM access_log");
        let page = home.clone().get("/orientations").await.expect(200);
        let (seen, before) = (tag(&page), noted().await);
        assert_eq!(look(&app, &home, "/orientations", &seen).await.expect(304).text, "");
        // What others do that it does not read of changes nothing for it.
        app.other(Role::Referent).post("requests", &request()).await.expect(201);
        look(&app, &home, "/orientations", &seen).await.expect(304);
        assert_eq!(noted().await, before + 1, "only what the other organisation wrote is noted");
        // What it reads of does.
        app.own(Role::Referent).command(&format!("referrals/{referral}/withdraw")).await.expect(200);
        let fresh = look(&app, &home, "/orientations", &seen).await.expect(200);
        assert!(!fresh.text.contains(&format!("o-{referral}")) && tag(&fresh) != seen, "{}", fresh.text);
        // Time does too: what may be taken back without a reason is not for ever.
        look(&app, &home, "/orientations", &tag(&fresh)).await.expect(304);
        app.clock().advance(TimeDelta::minutes(6));
        look(&app, &home, "/orientations", &tag(&fresh)).await.expect(200);
        // Somebody else's tag is nobody's but theirs.
        let other = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        look(&app, &other, "/orientations", &tag(&fresh)).await.expect(200);
        app.ignore_mails();
    }

    async fn a_page_that_looks_again_by_itself_keeps_nobody_signed_in(app: TestApp) {
        let person = Person::of(&app, &app.own(Role::Provider));
        let mut browser = person.browser().await;
        let seen = tag(&browser.get("/orientations").await.expect(200));
        for _ in 0..4 {
            app.clock().advance(TimeDelta::minutes(7));
            let looked = look(&app, &browser, "/orientations", &seen).await.status;
            assert!([200, 304].contains(&looked.as_u16()), "{looked}");
        }
        app.clock().advance(TimeDelta::minutes(3));
        assert_eq!(look(&app, &browser, "/orientations", &seen).await.expect(303).header("location"), "/connexion");
        // Whoever does something themselves stays.
        let mut browser = person.browser().await;
        for _ in 0..4 {
            app.clock().advance(TimeDelta::minutes(10));
            browser.get("/orientations").await.expect(200);
        }
    }

    async fn mine_are_those_that_bear_my_name(app: TestApp) {
        let (_, mine) = asked(&app, json!({"in_charge": "referent"})).await;
        let (_, theirs) = asked(&app, json!({"in_charge": "C. M."})).await;
        let mut desk = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        for (path, has_theirs) in [("/orientations", true), ("/orientations?qui=moi", false), ("/orientations?qui=service", true)] {
            let page = desk.get(path).await.expect(200);
            let has = |id: &str| page.text.contains(&format!("id=\"r-{id}\""));
            assert_eq!((has(&mine), has(&theirs)), (true, has_theirs), "{path}");
        }
        desk.get("/orientations?qui=autre").await.expect(400);
        app.ignore_mails();
    }

    async fn what_she_does_not_want_is_her_word_until_she_changes_her_mind(app: TestApp) {
        let (_, referral) = asked(&app, json!({})).await;
        let mut desk = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = desk.get("/orientations").await.expect(200);
        let again = desk.post(&format!("/orientations/{referral}/retirer"), &page, &[("side", "asking"), ("person", "other")]).await.expect(422);
        assert!(card(&again, &referral).contains(words::orientations::SAY_IN_WORDS.text()), "{}", again.text);
        desk.post(&format!("/orientations/{referral}/retirer"), &again, &[("side", "asking"), ("person", "afraid"), ("text", "a peur du quartier")]).await.expect(303);
        let refusal = state(&app, &referral).await["refusal"].clone();
        assert_eq!((&refusal["party"], &refusal["effect"]), (&json!("person"), &json!("exclude_unit")));
        // Taken back at once, or lifted later.
        app.clock().advance(TimeDelta::hours(40));
        let mut desk = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        app.own(Role::Referent).command(&format!("referrals/{referral}/lift-refusal")).await.expect(200);
        desk.get("/orientations").await.expect(200);
        app.ignore_mails();
    }

    async fn a_yes_that_a_call_must_settle_asks_who_said_what(app: TestApp) {
        let provider = app.own(Role::Provider);
        let (_, referral) = asked(&app, json!({})).await;
        let before = provider.get(&format!("referrals/{referral}")).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
        app.own(Role::Referent).put(&format!("requests/{before}"), "*", &with(request(), json!({"required": ["cot"]}))).await.expect(200);
        let mut home = Browser::signed_in(&app, &provider).await;
        let page = home.get("/orientations").await.expect(200);
        let again = home.press(&page, words::YES.text(), &[]).await.expect(409);
        let shown = card(&again, &referral);
        assert!(shown.contains(words::label(matcher::Rule::RequiredOffer)) && shown.contains("name=\"override_reason\""), "{shown}");
        home.press(&again, words::YES.text(), &[("override_reason", "un lit est prêté, dit la veilleuse")]).await.expect(303);
        assert_eq!(state(&app, &referral).await["overrides"][0]["reason"], "un lit est prêté, dit la veilleuse");
        app.ignore_mails();
    }

    async fn the_link_of_a_mail_takes_every_no_and_says_what_is_wrong_beside_its_field(app: TestApp) {
        let (_, referral) = asked(&app, json!({})).await;
        let path = link(&app);
        let mut browser = Browser::new(&app).await;
        let page = browser.get(&path).await.expect(200);
        let again = browser.press(&page, words::label(RefusalCode::CareNotAvailable), &[("text", " ")]).await.expect(422);
        assert!(again.text.contains("-text-erreur") && again.text.contains(words::orientations::SAY_IN_WORDS.text()), "{}", again.text);
        let again = browser.press(&page, words::CALL_ME.text(), &[("phone", "12")]).await.expect(422);
        assert!(again.text.contains("-phone-erreur") && again.text.contains("value=\"12\""), "{}", again.text);
        // While nothing happens nothing is read.
        let noted = app.count("SELECT count(*) AS n FROM access_log");
        look(&app, &browser, &path, &tag(&page)).await.expect(304);
        assert_eq!(app.count("SELECT count(*) AS n FROM access_log"), noted);
        browser.press(&page, words::CALL_ME.text(), &[("phone", "01 99 00 02 17")]).await.expect(303);
        let fresh = look(&app, &browser, &path, &tag(&page)).await.expect(200);
        assert!(fresh.text.contains("tel:+33199000217"), "{}", fresh.text);
        browser.press(&fresh, words::label(RefusalCode::CareNotAvailable), &[("text", "une dialyse")]).await.expect(303);
        let record = state(&app, &referral).await;
        assert_eq!((&record["refusal"]["code"], &record["refusal"]["text"]), (&json!("care_not_available"), &json!("une dialyse")));
        let answered = browser.get(&path).await.expect(200);
        assert!(answered.text.contains(words::YOU_ANSWERED.text()) && answered.text.contains(words::label(RefusalCode::CareNotAvailable)), "{}", answered.text);
        app.ignore_mails();
    }
}

/// Where the link of the mail leads that was just sent to an addressee.
fn link(app: &TestApp) -> String {
    let mail = app.mails().into_iter().find(|mail| mail.text.contains("/lien/")).unwrap();
    format!("/lien/{}", mail.text.split("/lien/").nth(1).unwrap().split_whitespace().next().unwrap())
}
