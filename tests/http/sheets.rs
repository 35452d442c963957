//! What goes to paper: the sheet for whoever goes with the people, and the paper that a person may carry.

use api::domain::{ReferralState, Role};
use api::web::pages::words;
use serde_json::json;

use crate::harness::bodies::{request, with};
use crate::harness::on_both;
use crate::http::pages::{ASKED, Browser, PROPOSED};

/// The language, its title, its direction, and a sentence that only it has.
const LANGUAGES: [(&str, &str, &str); 5] = [
    ("fr", "ltr", "Quelqu’un vous y attend."),
    ("en", "ltr", "Someone is waiting for you there."),
    ("es", "ltr", "Alguien le espera allí."),
    ("ar", "rtl", "هناك من ينتظرك."),
    ("ro", "ltr", "Cineva vă așteaptă acolo."),
];

on_both! {
    async fn the_sheet_of_an_arrival_says_what_whoever_goes_along_needs(app: TestApp) {
        let (referent, provider, vacancy) = (app.own(Role::Referent), app.own(Role::Provider), app.vacancy(2).await);
        // What the structure must know for their safety stands on no paper that may be found.
        let kept = json!({"safety_instructions": "Ne pas laisser sortir seule."});
        let zones = json!([{"level": "forbidden", "department": "93"}, {"level": "avoid", "centre": {"lat": 43.6, "lon": 1.44}, "radius_km": 20}]);
        let stored = referent.post("requests", &with(request(), with(kept, json!({"danger_zones": zones})))).await.expect(201).id();
        let asked = app.ask(&stored, &vacancy, json!({})).await.expect(201).id();
        let sheet = async || {
            let mut browser = Browser::signed_in(&app, &referent).await;
            browser.get(&format!("/orientations/{asked}/fiche")).await.expect(200).text
        };
        assert!(sheet().await.contains("Rien à imprimer encore"), "nobody is expected");
        provider.post(&format!("referrals/{asked}/accept"), &json!({"meeting_point": "Sous l’horloge de la gare"})).await.expect(200);
        referent.post(&format!("referrals/{asked}/confirm"), &app.arrival_in(3)).await.expect(200);
        let confirmed = referent.get(&format!("referrals/{asked}")).await.expect(200).body;
        let code = confirmed["arrival"]["code"].as_str().unwrap();
        let text = sheet().await;
        for said in ["Sous l’horloge de la gare", code, "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "Structure fictive des Tilleuls", "Seine-Saint-Denis (93)", "Toulouse (31) et 20\u{a0}km autour (à éviter)"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("sortir seule"), "{text}");
        let mut browser = Browser::signed_in(&app, &referent).await;
        let page = browser.get(&format!("/demandes/{stored}")).await.expect(200).text;
        for sheet in ["fiche", "papier"] {
            assert!(page.contains(&format!("href=\"/orientations/{asked}/{sheet}\"")), "{sheet}: {page}");
        }
        assert_eq!(app.noted("arrivalSheet").await.len(), 2, "both readings are noted");
        app.ignore_mails();
    }

    async fn a_yes_by_phone_prints_nothing_before_the_home_has_said_it(app: TestApp) {
        let (referent, vacancy) = (app.own(Role::Referent), app.vacancy(1).await);
        let asked = app.referral_in(&vacancy, ReferralState::Asked).await;
        referent.post(&format!("referrals/{asked}/accept"), &json!({"by_phone": true})).await.expect(200);
        referent.post(&format!("referrals/{asked}/confirm"), &app.arrival_in(3)).await.expect(200);
        let mut browser = Browser::signed_in(&app, &referent).await;
        for sheet in ["fiche", "papier"] {
            let text = browser.get(&format!("/orientations/{asked}/{sheet}")).await.expect(200).text;
            assert!(text.contains("Rien à imprimer encore"), "{text}");
        }
        app.ignore_mails();
    }

    async fn the_paper_of_a_person_names_nothing_in_any_language(app: TestApp) {
        let (referent, provider, vacancy) = (app.own(Role::Referent), app.own(Role::Provider), app.vacancy(2).await);
        let speaks = referent.post("requests", &with(request(), json!({"wished_languages": ["sq", "ar"]}))).await.expect(201).id();
        let asked = app.ask(&speaks, &vacancy, json!({})).await.expect(201).id();
        provider.post(&format!("referrals/{asked}/accept"), &json!({"meeting_point": "Sous l’horloge de la gare"})).await.expect(200);
        referent.post(&format!("referrals/{asked}/confirm"), &app.arrival_in(3)).await.expect(200);
        let confirmed = referent.get(&format!("referrals/{asked}")).await.expect(200).body;
        let (code, alias) = (confirmed["arrival"]["code"].as_str().unwrap(), confirmed["alias"].as_str().unwrap());
        let mut browser = Browser::signed_in(&app, &referent).await;
        let path = format!("/orientations/{asked}/papier");
        let own = browser.get(&path).await.expect(200).text;
        assert!(own.contains(r#"<main lang="ar" dir="rtl">"#), "the first language that she speaks: {own}");
        for (language, dir, sentence) in LANGUAGES {
            let text = browser.get(&format!("{path}?langue={language}")).await.expect(200).text;
            let printed = text.split_once("<main").unwrap().1;
            assert!(printed.starts_with(&format!(r#" lang="{language}" dir="{dir}""#)), "{printed}");
            for said in [sentence, "Sous l’horloge de la gare", "112"] {
                assert!(printed.contains(said), "{said}: {printed}");
            }
            for unsaid in ["Tilleuls", "Association", "SIAO", "Havre", "traite", code, alias] {
                assert!(!printed.contains(unsaid), "{unsaid}: {printed}");
            }
        }
        let unknown = browser.get(&format!("{path}?langue=xx")).await.expect(200).text;
        assert!(unknown.contains(r#"<main lang="ar""#), "{unknown}");
        app.ignore_mails();
    }
}

on_both! {
    async fn who_takes_over_reads_what_is_under_way_from_the_sheet_alone(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let vacancy = app.vacancy(4).await;
        let kept = json!({"safety_instructions": "Ne pas laisser sortir seule.", "in_charge": "C. M."});
        let waiting = referent.post("requests", &with(request(), kept)).await.expect(201);
        let answered = referent.post("requests", &request()).await.expect(201);
        let nothing = referent.post("requests", &request()).await.expect(201);
        referent.post(&format!("requests/{}/notes", waiting.id()), &json!({"text": "Téléphone sûr jusqu’à 22 h."})).await.expect(200);
        app.ask(&waiting.id(), &vacancy, json!({})).await.expect(201);
        let asked = app.ask(&answered.id(), &vacancy, json!({"hold": true})).await.expect(201).id();
        provider.command(&format!("referrals/{asked}/accept")).await.expect(200);
        let mut browser = Browser::signed_in(&app, &referent).await;
        let text = browser.get("/releve").await.expect(200).text;
        let printed = text.split_once("<main").unwrap().1;
        for stored in [&waiting, &answered, &nothing] {
            let alias = stored.body["alias"].as_str().unwrap();
            assert_eq!(printed.matches(&format!("<strong>{alias}</strong>")).count(), 1, "{alias}: {printed}");
        }
        let answered = printed.find(answered.body["alias"].as_str().unwrap()).unwrap();
        assert!(answered < printed.find(waiting.body["alias"].as_str().unwrap()).unwrap(), "what is to be done comes first: {printed}");
        for said in ["Structure fictive des Tilleuls", "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "confirmer avant", "répondre avant", "réservée", "suivi\u{a0}: C. M.", "aucune place demandée", ">115<"] {
            assert!(printed.contains(said), "{said}: {printed}");
        }
        for unsaid in ["sortir seule", "Téléphone sûr", "Havre", "traite"] {
            assert!(!printed.contains(unsaid), "{unsaid}: {printed}");
        }
        assert!(!app.noted("handOverSheet").await.is_empty(), "the reading is noted");
        let other = Browser::signed_in(&app, &app.other(Role::Referent)).await.get("/releve").await.expect(200).text;
        assert!(other.contains("Aucune demande n’est en cours."), "{other}");
        app.ignore_mails();
    }

    async fn the_list_of_places_goes_to_paper_with_the_telephones_of_its_rung(app: TestApp) {
        let vacancy = app.vacancy(4).await;
        let zones = json!([{"level": "forbidden", "department": "93"}, {"level": "avoid", "centre": {"lat": 43.6, "lon": 1.44}, "radius_km": 20}]);
        let stored = app.own(Role::Referent).post("requests", &with(request(), json!({"danger_zones": zones}))).await.expect(201);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let path = format!("/demandes/{}/places", stored.id());
        assert!(browser.get(&path).await.expect(200).text.contains(&format!("href=\"{path}/fiche\"")));
        let text = browser.get(&format!("{path}/fiche")).await.expect(200).text;
        let printed = text.split_once("<main").unwrap().1;
        let alias = stored.body["alias"].as_str().unwrap();
        for said in [alias, "Structure fictive des Tilleuls", "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "Seine-Saint-Denis (93)", "Toulouse (31) et 20\u{a0}km autour", "tel:115", "tel:119"] {
            assert!(printed.contains(said), "{said}: {printed}");
        }
        assert!(!printed.contains("Havre"), "{printed}");
        assert!(app.noted("placesSheet").await.len() >= 2, "the request and the home are noted");
        // Who answers at a number is named in French, which the page says, beside a number that is not said twice.
        assert!(printed.contains("<span lang=\"fr\">hébergement d’urgence</span>") && !printed.contains("115, h"), "{printed}");
        let mut english = browser.clone();
        english.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        for sheet in [format!("{path}/fiche"), "/releve".to_owned()] {
            let text = english.get(&sheet).await.expect(200).text;
            assert!(text.contains("<span lang=\"fr\">hébergement d’urgence</span> (emergency shelter line)"), "{sheet}: {text}");
        }
        // What was asked stands there with its state.
        app.ask(&stored.id(), &vacancy, json!({"hold": true})).await.expect(201);
        let text = browser.get(&format!("{path}/fiche")).await.expect(200).text;
        // The title says what is said of each: no line says it again.
        assert!(text.contains("Déjà demandées") && !text.contains("Où elle en est"), "{text}");
        app.ignore_mails();
    }

    async fn a_list_that_is_not_stored_goes_to_paper_and_comes_back_with_what_was_typed(app: TestApp) {
        app.vacancy(1).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let form = browser.get("/demande").await;
        let page = browser.post("/demande", &form, &ASKED).await.expect(200);
        let sheet = browser.press(&page, words::sheets::PLACES_PRINT.text(), &[]).await.expect(200);
        let printed = sheet.text.split_once("<main").unwrap().1;
        for said in ["femme 24 ans", "à Lyon (69)", "Seine-Saint-Denis (93)", "CHRS, Rhône (69)", "tel:115", "tel:119"] {
            assert!(printed.contains(said), "{said}: {printed}");
        }
        for unsaid in ["Structure fictive", "tel:+33", "Havre", "<button", "<input"] {
            assert!(!printed.contains(unsaid), "{unsaid}: {printed}");
        }
        let back = browser.press(&sheet, words::sheets::PLACES_BACK.text(), &[]).await.expect(200);
        assert!(back.text.contains(PROPOSED) && back.text.contains("Seine-Saint-Denis (93)"), "{}", back.text);
        assert_eq!(app.count("SELECT count(*) AS n FROM requests"), 0, "nothing was stored");
        app.ignore_mails();
    }
}
