//! *Places possibles*: from what was typed to a held bed, several asked at once, every place reachable, and what to do where nothing is found.

use api::domain::Role;
use api::web::pages::words;
use matcher::Urgency;
use serde_json::json;

use super::pages::{ASKED, Browser, PROPOSED, hidden, maud_escaped};
use crate::harness::bodies::{public_structure, reached_at, request, structure, unit, vacancy, with};
use crate::harness::{Answer, TestApp, on_both};

const INFORMED: [(&str, &str); 2] = [("information", "given"), ("information_language", "en")];

fn says(page: &Answer, words: &str) -> bool {
    page.text.contains(&maud_escaped(words))
}

/// How many cards a page has.
fn cards(page: &Answer) -> usize {
    page.text.matches("</h3>").count()
}

/// The vacancies that a page lets one tick.
fn to_tick(page: &Answer) -> Vec<String> {
    page.text
        .split("<input class=\"tick\"")
        .skip(1)
        .map(|input| input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect()
}

/// Who keeps a door of the Rhône, and what is free behind it: a place of each sort.
async fn behind_one_door(app: &TestApp, kinds: &[&str]) -> Vec<String> {
    let keeps = json!({"name": "Régulation fictive du Rhône", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": reached_at("porte@example.org")});
    app.own(Role::Administrator).post("organisations", &keeps).await.expect(201);
    let mut vacancies = Vec::new();
    for kind in kinds {
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115"], "kind": kind}))).await;
        vacancies.push(app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id());
    }
    vacancies
}

async fn ranked(app: &TestApp) -> (Browser, Answer) {
    let mut browser = Browser::signed_in(app, &app.own(Role::Referent)).await;
    let form = browser.get("/demande").await;
    let page = browser.post("/demande", &form, &ASKED).await.expect(200);
    (browser, page)
}

on_both! {
    async fn from_a_ranking_that_is_not_stored_to_a_held_bed_nothing_is_typed_twice(app: TestApp) {
        let vacancy = app.vacancy(1).await;
        let (mut browser, page) = ranked(&app).await;
        let before = app.row_counts();
        // One: what is wanted. Nothing was stored so far, and nothing is now.
        let asked = browser.press(&page, words::hold_place(Urgency::Immediate), &[]).await.expect(200);
        assert!(says(&asked, words::proposals::TO_STORE_TITLE.text()) && !says(&asked, words::WRONG_FIELD.text()), "{}", asked.text);
        assert_eq!(app.row_counts(), before, "nothing is stored before the person agrees");
        let without = browser.press(&asked, words::proposals::STORE_AND_HOLD.text(), &[("information", "x")]).await.expect(422);
        assert!(says(&without, words::WRONG_FIELD.text()), "{}", without.text);
        assert_eq!(app.row_counts(), before);
        // Two: her agreement. Three: on to the act.
        let done = browser.press(&asked, words::proposals::STORE_AND_HOLD.text(), &INFORMED).await.expect(303).header("location");
        assert_eq!(app.beds(&vacancy).await, (1, 1), "it is held");
        let again = browser.press(&asked, words::proposals::STORE_AND_HOLD.text(), &INFORMED).await.expect(303).header("location");
        assert_eq!((again, app.beds(&vacancy).await), (done.clone(), (1, 1)), "sent twice, done once");
        let stored = app.own(Role::Referent).get(&done.replace("/demandes/", "requests/").replace("/places", "")).await.expect(200).body;
        assert_eq!((&stored["household"][0]["age"], &stored["danger_zones"][0]["department"]), (&json!(24), &json!("93")), "{stored}");
        assert_eq!(stored["nights"], json!(1), "one night is what a roof tonight means");
        // Its last bed is the one that is held: it stays in sight.
        let page = browser.get(&done).await.expect(200);
        assert!(says(&page, words::PROPOSALS_NONE.text()) && page.text.contains("Structure fictive des Tilleuls"), "{}", page.text);
        assert!(says(&page, words::proposals::HELD_UNTIL.text()) && says(&page, words::proposals::ANSWER_BEFORE.text()), "{}", page.text);
        app.ignore_mails();
    }

    async fn to_see_whom_to_call_one_stores_on_the_way(app: TestApp) {
        app.vacancy(1).await;
        let (mut browser, page) = ranked(&app).await;
        assert!(!page.text.contains("Structure fictive") && !page.text.contains("+33199001234"), "{}", page.text);
        let asked = browser.press(&page, words::proposals::STORE_AND_SEE.text(), &[]).await.expect(200);
        let back = browser.press(&asked, words::proposals::BACK_TO_PLACES.text(), &[]).await.expect(200);
        assert!(back.text.contains(PROPOSED), "nothing was lost: {}", back.text);
        let stored = browser.press(&asked, words::proposals::STORE_AND_SEE.text(), &INFORMED).await.expect(303).header("location");
        let page = browser.get(&stored).await.expect(200);
        assert!(page.text.contains("Structure fictive des Tilleuls") && page.text.contains("+33199001234"), "{}", page.text);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 0, "nobody was asked");
    }

    async fn several_are_asked_at_once_and_each_failure_stands_alone(app: TestApp) {
        let mut vacancies = Vec::new();
        for _ in 0..6 {
            vacancies.push(app.vacancy(1).await);
        }
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        assert_eq!(to_tick(&page).len(), 6);
        // Somebody is faster at one of them.
        app.ask(&app.request().await, &vacancies[2], json!({"hold": true})).await.expect(201);
        let to = path.replace("/places", "/orientations");
        let empty = browser.post(&to, &page, &[("action", "ticked")]).await.expect(422);
        assert!(says(&empty, words::proposals::NOTHING_TICKED.text()), "{}", empty.text);
        let page = browser.get(&path).await.expect(200);
        let ticked: Vec<_> = vacancies.iter().map(|vacancy| ("vacancy", vacancy.as_str())).chain([("action", "ticked")]).collect();
        let told = browser.post(&to, &page, &ticked).await.expect(200);
        assert!(says(&told, &words::proposals::outcome(5, 1)) && says(&told, words::JUST_TAKEN.text()), "{}", told.text);
        let named = told.text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap();
        assert!(named.contains("CHRS, Rhône (69)"), "the one that failed is named: {named}");
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 6);
        // Sent again nobody is asked twice.
        browser.post(&to, &page, &ticked).await.expect(200);
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 6);
        app.ignore_mails();
    }

    async fn who_needs_a_bed_today_may_ask_more_at_once(app: TestApp) {
        let mut vacancies = Vec::new();
        for _ in 0..6 {
            vacancies.push(app.vacancy(2).await);
        }
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        for (urgency, asked) in [("urgent", 5), ("immediate", 6)] {
            let body = with(request(), json!({"urgency": urgency}));
            let path = format!("/demandes/{}/places", app.own(Role::Referent).post("requests", &body).await.expect(201).id());
            let page = browser.get(&path).await.expect(200);
            let ticked: Vec<_> = vacancies.iter().map(|vacancy| ("vacancy", vacancy.as_str())).chain([("action", "ticked")]).collect();
            let before = app.count("SELECT count(*) AS n FROM referrals");
            let told = browser.post(&path.replace("/places", "/orientations"), &page, &ticked).await;
            assert_eq!(app.count("SELECT count(*) AS n FROM referrals") - before, asked, "{urgency}: {}", told.text);
            if asked < 6 {
                assert!(says(&told, words::proposals::STILL_TICKED.text()) && told.text.contains(" checked"), "{}", told.text);
            } else {
                assert_eq!(told.expect(303).header("location"), path);
            }
        }
        app.ignore_mails();
    }

    async fn five_are_asked_in_one_click(app: TestApp) {
        for _ in 0..7 {
            app.vacancy(1).await;
        }
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        let firsts = page.text.matches("name=\"first\"").count();
        assert_eq!(firsts, 5);
        let fields: Vec<(&str, String)> = page.text.split("name=\"first\" value=\"").skip(1).map(|rest| ("first", rest.split('"').next().unwrap().to_owned())).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).chain([("action", "first")]).collect();
        assert!(says(&page, &words::proposals::ask_first(5)));
        browser.post(&path.replace("/places", "/orientations"), &page, &fields).await.expect(303);
        let page = browser.get(&path).await.expect(200);
        assert_eq!((app.count("SELECT count(*) AS n FROM referrals"), to_tick(&page).len()), (5, 2));
        // From what is not stored: what is wanted goes along with what was typed.
        let (mut browser, page) = ranked(&app).await;
        let asked = browser.press(&page, &words::proposals::ask_first(5), &[]).await.expect(200);
        assert!(says(&asked, &words::proposals::wanted(5)), "{}", asked.text);
        app.ignore_mails();
    }

    async fn every_place_can_be_reached_and_all_are_on_the_map(app: TestApp) {
        let home = app.site_with(&public_structure("69123", 45.76, 4.83), &unit()).await;
        let mut all = Vec::new();
        for nth in 0..23 {
            let kind = if nth < 3 { "specialised_home" } else { "chrs" };
            let body = with(unit(), json!({"kind": kind}));
            let unit = app.own(Role::Provider).post(&format!("structures/{}/units", home.structure), &body).await.expect(201).id();
            all.push(app.own(Role::Provider).post(&format!("units/{unit}/vacancies"), &vacancy()).await.expect(201).id());
        }
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let first = browser.get(&path).await.expect(200);
        let second = browser.get(&format!("{path}?de=20")).await.expect(200);
        let mut found = [to_tick(&first), to_tick(&second)].concat();
        assert_eq!((cards(&first), cards(&second)), (20, 3));
        found.sort();
        all.sort();
        assert_eq!(found, all, "each once");
        for page in [&first, &second] {
            assert!(page.text.contains(">69 <strong>23</strong>"), "{}", page.text);
        }
        assert!(first.text.contains(&format!("{path}?de=20")) && says(&first, &words::proposals::more(3)), "{}", first.text);
        assert!(first.text.len() < 100_000, "{} bytes", first.text.len());
        let only = browser.get(&format!("{path}?departement=&sorte=specialised_home&porte=")).await.expect(200);
        assert_eq!(cards(&only), 3);
        assert!(only.text.contains("<strong>23</strong>"), "the map counts all: {}", only.text);
        assert_eq!(cards(&browser.get(&format!("{path}?departement=13")).await.expect(200)), 0);
        assert_eq!(cards(&browser.get(&format!("{path}?porte=siao")).await.expect(200)), 20);
        for wrong in ["sorte=castle", "departement=99", "de=x", "tri=prix"] {
            browser.get(&format!("{path}?{wrong}")).await.expect(400);
        }
        // The same of what is not stored: by the buttons of its form.
        let (mut browser, page) = ranked(&app).await;
        assert_eq!(cards(&page), 20);
        let more = browser.press(&page, &words::proposals::more(3), &[]).await.expect(200);
        assert_eq!(cards(&more), 3, "{}", more.text);
        assert_eq!(cards(&browser.press(&more, words::proposals::FILTER.text(), &[("sorte", "specialised_home")]).await.expect(200)), 3);
        assert!(page.text.len() < 100_000, "{} bytes", page.text.len());
    }

    async fn a_card_says_what_decides(app: TestApp) {
        let profile = json!({"setting": "women", "adult_ages": {"min": 18, "max": 30}, "doors": ["115"], "unlawful_conditions": ["regular_stay"]});
        let site = app.site_with(&structure(), &with(unit(), profile)).await;
        let until = crate::harness::bodies::day(3);
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &with(vacancy(), json!({"until": until}))).await.expect(201);
        let (_, page) = ranked(&app).await;
        let written = format!("{}/{}/{}", &until[8..], &until[5..7], &until[..4]);
        for said in [
            format!("Place ce soir et jusqu’au {written}"), "entre femmes".to_owned(), "adultes de 18 à 30 ans".to_owned(), "français".to_owned(),
            "accompagnement juridique".to_owned(), words::proposals::UNLAWFUL_TICK.text().to_owned(), words::proposals::set_aside(1), "dit ".to_owned(),
        ] {
            assert!(says(&page, &said), "{said}: {}", page.text);
        }
        let door = page.text.split("<div class=\"door\">").nth(1).unwrap().split("</div>").next().unwrap();
        assert!(door.contains("href=\"tel:115\""), "the public number of its door: {door}");
        // Three nights are enough for who asks for one: no word of it.
        assert!(!says(&page, words::label(matcher::Warning::ShortCover)), "{}", page.text);
    }

    async fn what_one_regulator_keeps_is_one_card(app: TestApp) {
        behind_one_door(&app, &["chrs", "hotel"]).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{}/places", app.request().await)).await.expect(200);
        assert_eq!((cards(&page), to_tick(&page).len()), (1, 1), "{}", page.text);
        assert!(says(&page, words::proposals::OTHERS_BEHIND.text()) && says(&page, "Régulation fictive du Rhône"), "{}", page.text);
        assert!(!page.text.contains("Structure fictive"), "the homes behind a door are its keeper's to name: {}", page.text);
    }

    async fn no_number_is_missing_where_several_places_are_one_card(app: TestApp) {
        behind_one_door(&app, &["chrs", "hotel", "emergency_centre", "stabilisation_centre"]).await;
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        for path in [path.clone(), format!("{path}/fiche")] {
            let page = browser.get(&path).await.expect(200);
            assert_eq!(page.text.matches(">1–4<").count(), 1, "{path}: {}", page.text);
        }
    }

    async fn one_click_asks_each_door_once(app: TestApp) {
        behind_one_door(&app, &["chrs", "hotel"]).await;
        app.vacancy(1).await;
        let path = format!("/demandes/{}/places", app.request().await);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        assert_eq!((cards(&page), page.text.matches("name=\"first\"").count()), (2, 2), "{}", page.text);
        browser.press(&page, &words::proposals::ask_first(2), &[]).await.expect(303);
        // What else is behind the door can be ticked, and is no more among the first while somebody there has to answer.
        let page = browser.get(&path).await.expect(200);
        assert_eq!((app.count("SELECT count(*) AS n FROM referrals"), to_tick(&page).len()), (2, 1), "{}", page.text);
        assert!(!page.text.contains("name=\"first\"") && says(&page, words::proposals::ASK_TICKED.text()), "{}", page.text);
        app.ignore_mails();
    }

    async fn places_behind_one_door_are_told_apart_wherever_they_were_asked(app: TestApp) {
        let (request, kinds) = (app.request().await, ["chrs", "hotel"]);
        for vacancy in behind_one_door(&app, &kinds).await {
            app.ask(&request, &vacancy, json!({})).await.expect(201);
        }
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let of_request = ["", "/places", "/places/fiche"].map(|page| format!("/demandes/{request}{page}"));
        for path in of_request.iter().map(String::as_str).chain(["/orientations", "/releve"]) {
            let page = browser.get(path).await.expect(200);
            for kind in kinds {
                let sort = words::proposals::place(kind.parse().unwrap(), "69".parse().unwrap());
                let named = format!("Régulation fictive du Rhône · {sort}");
                assert!(says(&page, &named), "{path} {named}: {}", page.text);
            }
            assert!(!page.text.contains("Structure fictive"), "{path}: the homes behind a door are its keeper's to name: {}", page.text);
        }
        app.ignore_mails();
    }

    async fn the_map_shows_the_zones(app: TestApp) {
        app.vacancy(1).await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let form = browser.get("/demande").await;
        let fields = [&ASKED[..], &[("zone", "93, Toulouse 20 km"), ("avoid", "Dijon")]].concat();
        let fields: Vec<_> = fields.into_iter().filter(|field| *field != ("zone", "93")).collect();
        let page = browser.post("/demande", &form, &fields).await.expect(200);
        for (code, class) in [("93", "tile zone-whole"), ("31", "tile zone-part"), ("21", "tile zone-avoided")] {
            assert!(page.text.contains(&format!("<td class=\"{class}\">{code}<")), "{code}: {}", page.text);
        }
        let line = page.text.split("<ul class=\"line\"").nth(1).unwrap().split("</ul>").next().unwrap();
        for said in ["femme 24 ans", "à Lyon (69)", "exclus\u{a0}: Seine-Saint-Denis (93), Toulouse (31), 20\u{a0}km", "formaction=\"/demande#zone\""] {
            assert!(line.contains(said), "{said}: {line}");
        }
    }

    async fn a_wish_shows_which_places_it_would_open_and_changes_nothing_before_it_is_taken_over(app: TestApp) {
        let site = app.site_with(&public_structure("38185", 45.18, 5.72), &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let id = app.request().await;
        let path = format!("/demandes/{id}/places");
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&path).await.expect(200);
        assert!(says(&page, words::PROPOSALS_NONE.text()) && page.text.contains(&format!("{path}?voir=max_km")), "{}", page.text);
        let before = app.count("SELECT count(*) AS n FROM events");
        let shown = browser.get(&format!("{path}?voir=max_km")).await.expect(200);
        assert!(says(&shown, words::proposals::WITH_CHANGE.text()) && says(&shown, "CHRS, Isère (38)"), "{}", shown.text);
        assert!(!shown.text.contains("Structure fictive") && !shown.text.contains("99001234"), "no home is named for a wish: {}", shown.text);
        assert_eq!((app.count("SELECT count(*) AS n FROM events"), cards(&shown)), (before, 0));
        let over = browser.get(&format!("{path}?voir=accepts_crossing")).await.expect(200);
        assert!(says(&over, words::proposals::NO_LONGER_OPENS.text()), "{}", over.text);
        let taken = browser.press(&shown, words::proposals::TAKE_OVER.text(), &[]).await.expect(303);
        assert_eq!(taken.header("location"), path);
        let stored = app.own(Role::Referent).get(&format!("requests/{id}")).await.expect(200).body;
        assert_eq!((&stored["distance"]["max_km"], &stored["household"][0]["age"]), (&json!(100.0), &json!(24)), "{stored}");
        assert_eq!(cards(&browser.get(&path).await.expect(200)), 1);
        // An old page takes nothing over that it did not see.
        let other = app.request().await;
        let seen = browser.get(&format!("/demandes/{other}/places?voir=max_km")).await.expect(200);
        let referent = app.own(Role::Referent);
        let etag = referent.get(&format!("requests/{other}")).await.expect(200).etag();
        referent.put(&format!("requests/{other}"), &etag, &with(request(), json!({"wished": ["cot"]}))).await.expect(200);
        browser.press(&seen, words::proposals::TAKE_OVER.text(), &[]).await.expect(412);
    }

    async fn a_wish_of_what_is_not_stored_is_taken_over_in_the_form(app: TestApp) {
        let site = app.site_with(&public_structure("38185", 45.18, 5.72), &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let form = browser.get("/demande").await;
        let page = browser.post("/demande", &form, &[&ASKED[..], &[("max_km", "50")]].concat()).await.expect(200);
        let button = page.text.split("value=\"max_km\">").nth(1).unwrap().split("</button>").next().unwrap();
        assert!(button.contains("aller jusqu’à 100 km"), "{button}");
        let key = hidden(&page, "key");
        let seen: Vec<_> = [&ASKED[..], &[("max_km", "50"), ("voir", "max_km"), ("key", key.as_str())]].concat();
        let shown = browser.post("/demande", &page, &seen).await.expect(200);
        assert!(says(&shown, "CHRS, Isère (38)") && cards(&shown) == 0, "{}", shown.text);
        let taken = browser.press(&shown, words::proposals::TAKE_OVER.text(), &[]).await.expect(200);
        assert_eq!(cards(&taken), 1, "{}", taken.text);
        assert!(taken.text.contains("name=\"max_km\" value=\"100\""), "{}", taken.text);
    }

    async fn the_sheet_of_a_search_names_the_alias_and_no_home(app: TestApp) {
        let vacancies = [app.vacancy(1).await, app.vacancy(1).await];
        let id = app.request().await;
        let mut referrals = Vec::new();
        for vacancy in &vacancies {
            referrals.push(app.ask(&id, vacancy, json!({})).await.expect(201).id());
        }
        let unlawful = json!({"refusal": {"party": "structure", "code": "condition_not_met", "unlawful_condition": "regular_stay"}});
        app.own(Role::Provider).post(&format!("referrals/{}/decline", referrals[0]), &unlawful).await.expect(200);
        let alias = app.own(Role::Referent).get(&format!("requests/{id}")).await.expect(200).body["alias"].as_str().unwrap().to_owned();
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let sheet = browser.get(&format!("/demandes/{id}/fiche")).await.expect(200);
        for said in [alias.as_str(), &words::proposals::asked_and_answered(2, 1), "titre de séjour", "condition non remplie", "CHRS, Rhône (69)"] {
            assert!(says(&sheet, said), "{said}: {}", sheet.text);
        }
        let sheet_itself = sheet.text.split("<main").nth(1).unwrap();
        for hidden in ["Structure fictive", "99001234", "femme", "24 ans"] {
            assert!(!sheet_itself.contains(hidden), "{hidden}: {sheet_itself}");
        }
        assert_eq!(app.noted("ficheDeRecherche").await, app.own(Role::Referent).read([&id]));
        app.ignore_mails();
    }
}
