//! *Demande*: what is typed is what is meant. Zones, places and people as they are typed, against the request that results.

use api::communes::{Communes, letters};
use api::domain::Role;
use api::web::pages::words;
use serde_json::{Value, json};

use super::pages::{Browser, hidden};
use crate::harness::bodies::{day, vacancy};
use crate::harness::{Answer, Caller, TestApp, on_both};

/// What lets a request be stored.
const AGREED: [(&str, &str); 5] = [
    ("first_day", "2026-01-01"),
    ("today", "2026-01-01"),
    ("information", "given"),
    ("information_language", "en"),
    ("shared", "wishes"),
];
const SOMEONE: [(&str, &str); 3] = [("p1_who", "female_adult"), ("p1_age", "24"), ("place", "Lyon")];
/// Departments whose name a commune has, too.
const LIKE_A_COMMUNE: [&str; 16] =
    ["03", "10", "19", "23", "25", "36", "40", "42", "53", "55", "75", "84", "86", "974", "977", "978"];

/// A referent at the form.
struct Desk {
    browser: Browser,
    referent: Caller,
    page: Answer,
}

impl Desk {
    async fn new(app: &TestApp) -> Self {
        let referent = app.own(Role::Referent);
        let mut browser = Browser::signed_in(app, &referent).await;
        let page = browser.get("/demande").await.expect(200);
        Self { browser, referent, page }
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        // A new page for each: a key is for one command.
        self.page = self.browser.get("/demande").await.expect(200);
        let all: Vec<_> = fields.iter().chain(&AGREED).copied().collect();
        self.browser.post(path, &self.page, &all).await
    }

    /// The request that is stored of what is typed.
    async fn stored(&mut self, fields: &[(&str, &str)]) -> Value {
        let answer = self.send("/demande/enregistrer", fields).await;
        assert_eq!(answer.status, 303, "{fields:?}: {}", errors(&answer).join(" | "));
        let path = answer.header("location").replace("/demandes/", "requests/").replace("/places", "");
        self.referent.get(&path).await.expect(200).body
    }

    /// The zones of the request that is stored of someone with these fields.
    async fn zones(&mut self, fields: &[(&str, &str)]) -> Vec<Value> {
        let fields: Vec<_> = SOMEONE.iter().chain(fields).copied().collect();
        self.stored(&fields).await["danger_zones"].as_array().unwrap().clone()
    }

    /// The form as it comes back: nothing is ranked and nothing stored.
    async fn refused(&mut self, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> =
            SOMEONE.iter().filter(|(name, _)| !fields.iter().any(|(other, _)| other == name)).chain(fields).copied().collect();
        for path in ["/demande/enregistrer", "/demande"] {
            let answer = self.send(path, &fields).await;
            assert_eq!(answer.status, 422, "{path} with {fields:?}");
            self.page = answer;
        }
        self.page.clone()
    }
}

/// The fields beside which something is wrong.
fn errors(page: &Answer) -> Vec<String> {
    page.text.split("class=\"error\" id=\"").skip(1).map(|rest| rest.split("-error\"").next().unwrap().to_owned()).collect()
}

/// Text as a person reads it.
fn text(page: &Answer) -> String {
    page.text.replace("&amp;", "&").replace("&quot;", "\"")
}

fn department(code: &str) -> Value {
    json!({"level": "forbidden", "department": code})
}

fn circle(code: &str, km: f64) -> Value {
    let point = Communes::embedded().by_code(code).unwrap_or_else(|| panic!("no {code}")).point;
    json!({"level": "forbidden", "centre": {"lat": point.lat.get(), "lon": point.lon.get()}, "radius_km": km})
}

/// Without accents and with blanks for everything else.
fn plain(name: &str) -> String {
    let accents = [("é", "e"), ("è", "e"), ("ô", "o"), ("î", "i"), ("Î", "I"), ("ç", "c"), ("û", "u"), ("É", "E")];
    accents.iter().fold(name.replace(['-', '\'', '’'], " "), |text, (from, to)| text.replace(from, to))
}

/// How people write a name.
fn ways(name: &str) -> Vec<String> {
    vec![
        name.to_owned(),
        name.to_uppercase(),
        name.replace('\'', "’"),
        plain(name),
        plain(name).to_uppercase(),
        plain(name).replace(' ', "-").to_lowercase(),
        plain(name).to_lowercase().replace("saint ", "st ").replace("saint-", "st-"),
        format!("  {} ", name.replace('-', " - ").replace(" - ", "-").to_lowercase()),
    ]
}

on_both! {
    async fn every_department_is_understood_by_its_name_and_its_code_however_they_are_written(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let all = words::DEPARTMENTS;
        for way in 0..ways("").len() {
            for chunk in all.chunks(40) {
                let written: Vec<_> = chunk.iter().map(|(_, name)| ways(name).swap_remove(way)).collect();
                // Where a commune has the name, too, it is said which.
                let chosen: Vec<_> = chunk.iter().zip(&written).filter(|((code, _), _)| LIKE_A_COMMUNE.contains(code)).map(|((code, _), name)| {
                    (format!("zone_which_{}", letters(name)), format!("d{code}"))
                }).collect();
                let text = written.join("; ");
                let fields: Vec<_> = chosen.iter().map(|(name, code)| (name.as_str(), code.as_str())).chain([("zone", text.as_str())]).collect();
                let expected: Vec<_> = chunk.iter().map(|(code, _)| department(code)).collect();
                assert_eq!(desk.zones(&fields).await, expected, "{text}");
            }
        }
        for chunk in all.chunks(40) {
            let codes: Vec<_> = chunk.iter().map(|(code, _)| code.to_lowercase()).collect();
            let expected: Vec<_> = chunk.iter().map(|(code, _)| department(code)).collect();
            assert_eq!(desk.zones(&[("zone", &codes.join(", "))]).await, expected, "{codes:?}");
            let named: Vec<_> = chunk.iter().map(|(code, name)| format!("département {name} ({code})")).collect();
            let by_both = named.join("\r\n");
            assert_eq!(desk.zones(&[("zone", &by_both)]).await, expected, "{by_both}");
        }
    }

    async fn a_department_that_a_commune_is_called_like_is_asked_about(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (code, name) in words::DEPARTMENTS.iter().filter(|(code, _)| LIKE_A_COMMUNE.contains(code)) {
            for name in [(*name).to_owned(), plain(name).to_lowercase()] {
                let page = desk.refused(&[("zone", &name)]).await;
                assert_eq!(errors(&page), ["zone"], "{name}");
                let shown = text(&page);
                assert!(shown.contains(&format!(" ({code}), tout le département, ")), "{name}: {shown}");
                assert!(shown.contains(", commune, ") || shown.contains("), aujourd’hui dans "), "{name}: {shown}");
                assert!(shown.contains(&format!("value=\"d{code}\"")) && shown.contains("habitants"), "{shown}");
                assert!(page.text.contains(&format!(">{name}</textarea>")), "what was typed is kept");
            }
        }
        // Who says which is not asked.
        for (typed, expected) in [
            ("département de la Vienne", department("86")),
            ("Vienne (86)", department("86")),
            ("86", department("86")),
            ("Vienne (38)", circle("38544", 20.0)),
            ("Vienne 38200", circle("38544", 20.0)),
            ("commune de Vienne", circle("38544", 20.0)),
            ("ville de Vienne", circle("38544", 20.0)),
            ("Réunion", department("974")),
        ] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, [expected], "{typed}");
        }
        // As one speaks of a department, and so is a commune called.
        let shown = text(&desk.refused(&[("zone", "la Marne")]).await);
        assert!(shown.contains("value=\"d51\"") && shown.contains("value=\"c44090\""), "{shown}");
        // A choice that was not offered is none.
        desk.refused(&[("zone", "Vienne"), ("zone_which_vienne", "d93")]).await;
        desk.refused(&[("zone", "Vienne"), ("zone_which_vienne", "38544")]).await;
        desk.refused(&[("zone", "Vienne, Loire"), ("zone_which_vienne", "d86")]).await;
    }

    async fn every_region_is_its_departments(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let regions: [(&str, &str); 18] = [
            ("Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
            ("Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
            ("Bretagne", "22 29 35 56"),
            ("Centre-Val de Loire", "18 28 36 37 41 45"),
            ("Corse", "2A 2B"),
            ("Grand Est", "08 10 51 52 54 55 57 67 68 88"),
            ("Guadeloupe", "971"),
            ("Guyane", "973"),
            ("Hauts-de-France", "02 59 60 62 80"),
            ("Île-de-France", "75 77 78 91 92 93 94 95"),
            ("La Réunion", "974"),
            ("Martinique", "972"),
            ("Mayotte", "976"),
            ("Normandie", "14 27 50 61 76"),
            ("Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
            ("Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
            ("Pays de la Loire", "44 49 53 72 85"),
            ("Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
        ];
        for (name, departments) in regions {
            let expected: Vec<_> = departments.split(' ').map(department).collect();
            for written in ways(name) {
                let which = format!("zone_which_{}", letters(&written));
                let chosen = match name { "Bretagne" => "rbretagne", "La Réunion" => "d974", _ => "" };
                let zones = desk.zones(&[("zone", &written), (&which, chosen)]).await;
                assert_eq!(zones, expected, "{written}");
            }
        }
        for (typed, departments) in [("région Bretagne", "22 29 35 56"), ("20", "2A 2B"), ("DOM", "971 972 973 974 976"), ("paca", "04 05 06 13 83 84"), ("idf", "75 77 78 91 92 93 94 95"), ("Alsace", "67 68")] {
            let expected: Vec<_> = departments.split(' ').map(department).collect();
            assert_eq!(desk.zones(&[("zone", typed)]).await, expected, "{typed}");
        }
        let asked = text(&desk.refused(&[("zone", "Bretagne")]).await);
        for option in ["rbretagne", "c36024", "c90019"] {
            assert!(asked.contains(&format!("value=\"{option}\"")), "{option}: {asked}");
        }
    }

    async fn a_beginning_or_a_part_of_a_name_is_never_taken_for_a_place(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for typed in [
            "Toulouze", "Toulous", "Toulou", "Rhon", "Herau", "Seine", "Seine-Saint", "Saint-Den", "Val", "Val d", "Lyo", "Mars", "Marseil",
            "Bourg", "Roch", "Havr", "Haute", "Loir et", "Bouches", "Cote", "9300", "932", "930", "99", "00", "96", "980", "1234567", "93a",
            "Lyon et environs", "près de Lyon", "Lyonn", "Лyon", "Saint", "St", "le", "la", "arrondissement", "cedex", "Paris 21e", "Lyon 10e",
            "Marseille 17e", "Lyon (93)", "Seine-Saint-Denis (94)", "93 Lyon", "11e", "Paris 10 11", "Eure et Loir et Cher", "???", "20 km",
        ] {
            let before = app.row_counts();
            let page = desk.refused(&[("zone", typed)]).await;
            assert_eq!(errors(&page), ["zone"], "{typed}");
            assert!(page.text.contains(&format!(">{typed}</textarea>")), "{typed} is kept: {}", page.text);
            assert_eq!(app.row_counts(), before);
            assert_eq!(errors(&desk.refused(&[("place", typed)]).await), ["place"], "{typed}");
        }
        // What may have been meant is offered, and taken when it is chosen.
        let page = text(&desk.refused(&[("zone", "Toulouze")]).await);
        assert!(page.contains("value=\"c31555\"") && page.contains("Toulouse (31), commune, 514\u{202f}819\u{a0}habitants"), "{page}");
        assert_eq!(desk.zones(&[("zone", "Toulouze"), ("zone_which_toulouze", "c31555")]).await, [circle("31555", 20.0)]);
        let page = text(&desk.refused(&[("zone", "Isrère")]).await);
        assert!(page.contains("value=\"d38\""), "{page}");
    }

    async fn departments_that_villages_begin_like_are_the_departments(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (typed, code) in [
            ("Rhone", "69"), ("Isere", "38"), ("Herault", "34"), ("Drome", "26"), ("Seine Saint Denis", "93"), ("Val d'Oise", "95"), ("Val d’Oise", "95"),
            ("val doise", "95"), ("Seine St Denis", "93"), ("le Rhône", "69"), ("la Drôme", "26"), ("l'Isère", "38"), ("L’Hérault", "34"), ("les Yvelines", "78"),
            ("Côte d'Or", "21"), ("cotes d armor", "22"), ("Loir et Cher", "41"), ("Loir & Cher", "41"), ("Meurthe et Moselle", "54"), ("1", "01"), ("01", "01"),
            ("2a", "2A"), ("2B", "2B"), ("971", "971"), ("le 93", "93"), ("dept 93", "93"), ("93 Seine-Saint-Denis", "93"), ("93 - Seine Saint Denis", "93"),
            ("Seine-Saint-Denis, 93", "93"), ("ESSONNE", "91"), ("territoire de belfort", "90"), ("Puy de Dome", "63"), ("Reunion", "974"),
        ] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, [department(code)], "{typed}");
        }
    }

    async fn several_zones_stand_in_one_field(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let (seine, oise, marne) = (department("93"), department("95"), department("94"));
        for (typed, expected) in [
            ("93, 94", vec![seine.clone(), marne.clone()]),
            ("93,94", vec![seine.clone(), marne.clone()]),
            ("93 94", vec![seine.clone(), marne.clone()]),
            ("93/94", vec![seine.clone(), marne.clone()]),
            ("93-94", vec![seine.clone(), marne.clone()]),
            ("93 et 94", vec![seine.clone(), marne.clone()]),
            ("93 & 94", vec![seine.clone(), marne.clone()]),
            ("le 93 et le 94", vec![seine.clone(), marne.clone()]),
            ("93\r\n94\r\n", vec![seine.clone(), marne.clone()]),
            ("93, seine saint denis, 93", vec![seine.clone()]),
            ("Seine Saint Denis; Val d'Oise", vec![seine.clone(), oise.clone()]),
            ("Seine Saint Denis et Val d'Oise", vec![seine.clone(), oise.clone()]),
            ("Val d’Oise\nSeine-Saint-Denis", vec![oise.clone(), seine.clone()]),
            ("Seine et Marne et Val de Marne", vec![department("77"), marne.clone()]),
            ("Loir et Cher et Indre et Loire", vec![department("41"), department("37")]),
            ("Lyon (69) et Isère", vec![circle("69123", 20.0), department("38")]),
            ("Lyon - Villeurbanne", vec![circle("69123", 20.0), circle("69266", 20.0)]),
            ("Lyon, Toulouse 30 km, 93", vec![circle("69123", 20.0), circle("31555", 30.0), seine.clone()]),
            ("Toulouse, 30 km, Lyon (10 km)", vec![circle("31555", 30.0), circle("69123", 10.0)]),
            ("Paris 10e, 11e et 12e", vec![circle("75110", 20.0), circle("75111", 20.0), circle("75112", 20.0)]),
            ("2A 2B", vec![department("2A"), department("2B")]),
            ("Berrias-et-Casteljau, Alès", vec![circle("07031", 20.0), circle("30007", 20.0)]),
            ("", vec![]),
        ] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, expected, "{typed:?}");
        }
        // A number behind an arrondissement may be one more of them, or a department.
        for (typed, options) in [("Paris 10, 11", ["d11", "c75111"]), ("Marseille 13", ["c13213", "c13055"])] {
            let page = desk.refused(&[("zone", typed)]).await;
            for option in options {
                assert!(page.text.contains(&format!("value=\"{option}\"")), "{typed}: {}", page.text);
            }
        }
        // One that nobody knows among others is named alone.
        let page = desk.refused(&[("zone", "93, Toulouze, 94")]).await;
        assert!(text(&page).contains("«\u{a0}Toulouze\u{a0}»\u{a0}: lieu inconnu") && !text(&page).contains("«\u{a0}93\u{a0}»"), "{}", page.text);
        assert_eq!(errors(&desk.refused(&[("zone", "93, 30 km")]).await), ["zone"], "a department has no radius");
        assert_eq!(errors(&desk.refused(&[("zone", "Occitanie, Nouvelle-Aquitaine, Grand Est, Auvergne-Rhône-Alpes, Île-de-France")]).await), ["zone"]);
        let long = "93, ".repeat(600);
        assert_eq!(errors(&desk.refused(&[("zone", &long)]).await), ["zone"]);
    }

    async fn a_short_name_of_a_bigger_place_is_asked_about_and_never_taken_for_the_village(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (typed, village, town) in [
            ("Aix", "19002", "13001"), ("Corbeil", "51169", "91174"), ("Nogent", "52353", "94052"), ("Charleville", "51129", "08105"), ("choisy", "74076", "94022"),
            ("Épinay", "27221", "93031"), ("Tremblay", "35341", "93073"), ("BOULOGNE", "85030", "92012"), ("Montereau", "45213", "77305"), ("Lons", "64348", "39300"),
            ("ville de Nogent", "52353", "94052"),
        ] {
            let which = letters(typed);
            let page = desk.refused(&[("zone", typed)]).await;
            assert_eq!(errors(&page), ["zone"], "{typed}");
            let at = |code: &str| page.text.find(&format!("value=\"c{code}\"")).unwrap_or_else(|| panic!("{typed} may be {code}: {}", page.text));
            assert!(at(town) < at(village), "{typed}: the bigger first");
            assert_eq!(desk.zones(&[("zone", typed), (&format!("zone_which_{which}"), &format!("c{town}"))]).await, [circle(town, 20.0)], "{typed}");
            let page = desk.refused(&[("place", typed)]).await;
            assert_eq!(errors(&page), ["place"], "{typed}");
            assert!(page.text.contains(&format!("value=\"c{town}\"")), "{typed}");
            let place = Communes::embedded().by_code(town).unwrap().point;
            let stored = desk.stored(&[("p1_who", "female_adult"), ("place", typed), (&format!("place_which_{which}"), &format!("c{town}"))]).await;
            assert_eq!(stored["place"]["lat"], place.lat.get(), "{typed}");
        }
        // Whoever says where it lies is asked nothing, nor who names the biggest that is called so.
        for (typed, code) in [("Corbeil (51)", "51169"), ("Aix Corrèze", "19002"), ("19200 Aix", "19002"), ("Corbeil-Essonnes", "91174"), ("Montreuil (93)", "93048"), ("Toulouse", "31555"), ("Grenoble", "38185")] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, [circle(code, 20.0)], "{typed}");
        }
    }

    async fn digits_that_may_be_another_department_are_not_taken_for_any(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for typed in ["9-3", "9 3", "9.3", "9/3", "9 - 3", "9,3", "9, 3", "le 9-3", "7-5", "9-4", "91-95", "91 - 95", "91–95", "Toulouse et 9-3", "Toulouse et 91 - 95", "9 et 3"] {
            let page = desk.refused(&[("zone", typed)]).await;
            assert!(errors(&page).iter().all(|field| field == "zone"), "{typed}: {:?}", errors(&page));
        }
        let page = desk.refused(&[("zone", "9-3")]).await;
        assert!(page.text.contains("value=\"d93\"") && !page.text.contains("value=\"d09\""), "{}", page.text);
        assert_eq!(desk.zones(&[("zone", "9-3"), ("zone_which_93", "d93")]).await, [department("93")]);
        for (typed, codes) in [("93-94", "93 94"), ("75-92-93", "75 92 93"), ("91, 95", "91 95"), ("91 95", "91 95"), ("9", "09")] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, codes.split(' ').map(department).collect::<Vec<_>>(), "{typed}");
        }
    }

    async fn a_village_far_away_is_no_zone_before_somebody_says_that_it_is_meant(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        // Quarters, to those who flee from them.
        for (place, typed, code) in [("Paris", "La Villette", "14756"), ("Lyon", "Gerland", "21294"), ("Marseille", "Castellane", "04039"), ("Paris", "Les Halles", "69098")] {
            let which = format!("zone_which_{}", letters(typed));
            let page = desk.refused(&[("place", place), ("zone", typed)]).await;
            assert_eq!(errors(&page), ["zone"], "{typed}");
            assert!(text(&page).contains("Est-ce bien elle") && page.text.contains(&format!("value=\"c{code}\"")), "{typed}: {}", page.text);
            let chosen = format!("c{code}");
            let fields = [("p1_who", "female_adult"), ("place", place), ("zone", typed), (which.as_str(), chosen.as_str())];
            assert_eq!(desk.stored(&fields).await["danger_zones"], json!([circle(code, 20.0)]), "{typed}");
        }
        // One that is near, that is no village, or of which it is said where it lies.
        for (place, typed, code) in [("Dijon", "Gerland", "21294"), ("Paris", "Castellane (04)", "04039"), ("Paris", "Les Halles 69610", "69098"), ("Paris", "Gap", "05061")] {
            let stored = desk.stored(&[("p1_who", "female_adult"), ("place", place), ("zone", typed)]).await;
            assert_eq!(stored["danger_zones"], json!([circle(code, 20.0)]), "{typed}");
        }
    }

    async fn homes_in_the_danger_area_are_not_proposed(app: TestApp) {
        let site = app.site().await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let mut desk = Desk::new(&app).await;
        for (zone, is_proposed) in [
            ("", true), ("Isere", true), ("93, 94", true), ("Toulouse", true),
            ("Rhone", false), ("rhône", false), ("69", false), ("93, 69", false), ("Auvergne Rhone Alpes", false), ("Lyon", false), ("Lyon VII", false),
            ("69321 LYON CEDEX 05", false), ("Seine Saint Denis; Rhone", false), ("Isère et Rhône", false),
        ] {
            let fields: Vec<_> = SOMEONE.iter().copied().chain([("zone", zone)]).collect();
            let shown = desk.send("/demande", &fields).await.expect(200);
            assert_eq!(shown.text.contains(crate::http::pages::PROPOSED), is_proposed, "{zone}");
        }
    }

    async fn homonyms_are_asked_about_with_department_and_population(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let page = desk.refused(&[("zone", "Saint-Denis"), ("place", "saint denis")]).await;
        let mut wrong = errors(&page);
        wrong.sort();
        assert_eq!(wrong, ["place", "zone"]);
        let shown = text(&page);
        for option in ["Saint-Denis (93), commune, 149\u{202f}077\u{a0}habitants", "Saint-Denis (974), commune, 155\u{202f}634\u{a0}habitants", "Saint-Denis (30), commune, 296\u{a0}habitants"] {
            assert_eq!(shown.matches(option).count(), 2, "{option}: {shown}");
        }
        assert!(shown.contains("value=\"saint denis\"") && shown.contains(">Saint-Denis</textarea>"), "what was typed is kept: {shown}");
        let stored = desk.stored(&[("p1_who", "female_adult"), ("place", "saint denis"), ("place_which_saintdenis", "c93066"), ("zone", "Saint-Denis"), ("zone_which_saintdenis", "c97411")]).await;
        assert_eq!(stored["place"]["department"], "93");
        assert_eq!(stored["danger_zones"], json!([circle("97411", 20.0)]));
        for (place, code) in [("Saint-Denis (974)", "97411"), ("Saint Denis 93", "93066"), ("93200 saint-denis", "93066"), ("st denis, 93", "93066"), ("97400", "97411")] {
            let stored = desk.stored(&[("p1_who", "female_adult"), ("place", place)]).await;
            let at = Communes::embedded().by_code(code).unwrap();
            assert_eq!((&stored["place"]["lat"], &stored["place"]["lon"]), (&json!(at.point.lat.get()), &json!(at.point.lon.get())), "{place}");
        }
        // A postal code of several communes.
        let page = text(&desk.refused(&[("place", "01400")]).await);
        assert!(page.contains("value=\"c01001\"") && page.contains("value=\"c01093\""), "{page}");
        // A department is no place.
        assert!(text(&desk.refused(&[("place", "Rhône")]).await).contains(words::PLACE_IS_DEPARTMENT.text()));
        assert!(text(&desk.refused(&[("place", "")]).await).contains(words::NO_COMMUNE.text()));
    }

    async fn communes_arrondissements_and_codes_are_understood_as_people_write_them(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (code, written) in [
            ("75110", vec!["Paris 10 ème arrondissement", "Paris 10e", "paris 10", "Paris Xe", "PARIS X", "10e arrondissement de Paris", "Paris (10e)", "75010", "75010 Paris", "75010 PARIS CEDEX 10", "75480 PARIS CEDEX 10", "Paris dixième", "Paris 10ᵉ", "Paris-10", "75 010"]),
            ("75101", vec!["Paris 1er", "paris 1 er arrondissement", "Paris 01", "Paris Ier", "Paris premier"]),
            ("69387", vec!["Lyon VII", "Lyon 7", "Lyon 7ème", "lyon 07", "69007", "Lyon 7e arrdt", "LYON CEDEX 07", "69361 LYON CEDEX 07"]),
            ("13201", vec!["Marseille 1er", "marseille 1", "Marseille 1er arrondissement", "13001 Marseille"]),
            ("75056", vec!["Paris", "75", "PARIS", "Ville de Paris", "paris cedex", "75000", "75000 Paris", "Paris, 75"]),
            ("31555", vec!["Toulouse", "TOULOUSE CEDEX 9", "31059 TOULOUSE CEDEX 9", "31000", "Toulouse (31)", "toulouse 31"]),
            ("93008", vec!["93009 BOBIGNY CEDEX", "Bobigny", "93000"]),
            ("2A004", vec!["Ajaccio", "20000", "20004", "Ajaccio 2A", "20186 AJACCIO CEDEX", "2a004"]),
            ("85001", vec!["85307", "La Faute-sur-Mer", "la faute sur mer", "L'Aiguillon-sur-Mer", "La Faute-sur-Mer (85)", "L’Aiguillon la Presqu’ile", "85460"]),
            ("59350", vec!["Lomme", "59355", "Hellemmes-Lille"]),
            ("76351", vec!["Le Havre", "Havre", "le havre 76600", "LE-HAVRE"]),
            ("94038", vec!["L'Haÿ-les-Roses", "LHAY LES ROSES", "l hay les roses", "Hay les Roses"]),
            ("42218", vec!["St-Étienne (42)", "saint etienne 42", "42218"]),
            ("71076", vec!["Chalon s/ Saône", "chalon sur saone"]),
            ("97411", vec!["97400 Saint-Denis", "97490"]),
        ] {
            let at = Communes::embedded().by_code(code).unwrap().point;
            for typed in written {
                let stored = desk.stored(&[("p1_who", "female_adult"), ("place", typed)]).await;
                assert_eq!((&stored["place"]["lat"], &stored["place"]["lon"]), (&json!(at.lat.get()), &json!(at.lon.get())), "{typed}");
            }
        }
        // Rochelle is two places; a name that stands without its article is nobody's own.
        desk.refused(&[("place", "Rochelle")]).await;
        // It is said what a name of old is part of now.
        for (typed, said) in [
            ("85307", "La Faute-sur-Mer fait aujourd’hui partie de L’Aiguillon-la-Presqu’île (85)."),
            ("Lomme", "Lomme fait aujourd’hui partie de Lille (59)."),
            ("20004", "20004 est un ancien code INSEE d’Ajaccio (2A)."),
        ] {
            for fields in [[("p1_who", "female_adult"), ("place", typed), ("zone", "")], [("p1_who", "female_adult"), ("place", "Lyon"), ("zone", typed)]] {
                let page = desk.send("/demande", &fields).await.expect(200);
                assert!(text(&page).contains(said), "{typed}: {}", page.text);
            }
        }
        assert_eq!(desk.zones(&[("zone", "La Faute-sur-Mer")]).await, [circle("85001", 20.0)]);
    }

    async fn what_was_understood_is_said_back_zones_first(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let tomorrow = day(1);
        let from_tomorrow = format!("à partir du {}/{}/{}, 1 nuit", &tomorrow[8..], &tomorrow[5..7], &tomorrow[..4]);
        let fields = [
            ("p1_who", "female_adult"), ("p1_age", "24"), ("p2_who", "male_minor"), ("p2_age", "3"), ("p2_parent", "yes"), ("seen_apart", "yes"),
            ("p3_who", "female_presumed"), ("p3_age", "19"), ("p3_parent", "no"),
            ("place", "lyon"), ("first_day", tomorrow.as_str()), ("zone", "seine saint denis; toulouse"), ("avoid", "vienne (38)"), ("avoid_km", "10"), ("max_km", "50.5"), ("required", "cot"), ("wished_languages", "ro"), ("living_with", "women"),
        ];
        let typed = desk.send("/demande", &fields).await.expect(200);
        let id = desk.send("/demande/enregistrer", &fields).await.expect(303).header("location");
        let stored = desk.browser.get(&id).await.expect(200);
        for page in [&typed, &stored] {
            let shown = text(page);
            let mut from = shown.find("class=\"card recap\"").unwrap_or_else(|| panic!("{shown}"));
            assert!(from < shown.find("class=\"columns\"").unwrap(), "on top");
            for said in [
                "Secteurs exclus", "Seine-Saint-Denis (93), tout le département", "Toulouse (31) et 20\u{a0}km autour",
                "Départements touchés\u{a0}: Haute-Garonne (31), Gers (32), Tarn (81), Tarn-et-Garonne (82).",
                "Secteurs à éviter", "Vienne (38) et 10\u{a0}km autour", "Qui", "femme, 24 ans", "garçon, 3 ans, avec un parent",
                "fille présumée mineure, dit avoir 19 ans, sans parent établi", "Où", "Lyon (69)", "Quand", from_tomorrow.as_str(),
                "rester près, au plus 50,5\u{a0}km\u{a0}; n’accepte pas de changer de région", "entre femmes", "lit de bébé", "roumain",
            ] {
                let at = shown[from..].find(said).unwrap_or_else(|| panic!("{said} is not said, or not there: {shown}"));
                from += at;
            }
        }
        assert!(text(&typed).contains(words::SEEN_APART_SAID.text()));
        // Where nothing is excluded, that is said, too; and of a department no radius.
        let nothing = desk.send("/demande", &SOMEONE).await.expect(200);
        assert!(nothing.text.contains(words::NOTHING_EXCLUDED.text()));
        let whole = desk.send("/demande", &[SOMEONE.as_slice(), &[("zone", "93"), ("zone_km", "50")]].concat()).await.expect(200);
        assert!(!whole.text.contains("autour") && !whole.text.contains("touché"), "{}", whole.text);
        let stored = desk.zones(&[("zone", "93"), ("zone_km", "50")]).await;
        assert_eq!(stored, [department("93")]);
    }

    async fn a_circle_is_said_with_the_departments_it_touches(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (zone, km, said) in [
            ("Lyon", "20", "Départements touchés\u{a0}: Ain (01), Isère (38), Loire (42), Rhône (69)."),
            ("Lyon", "5", "Départements touchés\u{a0}: Ain (01), Rhône (69)."),
            ("Vienne (38)", "20", "Départements touchés\u{a0}: Ardèche (07), Drôme (26), Isère (38), Loire (42), Rhône (69)."),
            ("L’Aiguillon-la-Presqu’île", "20", "Départements touchés\u{a0}: Charente-Maritime (17), Vendée (85)."),
            ("Ajaccio", "20", "Département touché\u{a0}: Corse-du-Sud (2A)."),
        ] {
            let fields = [SOMEONE.as_slice(), &[("zone", zone), ("zone_km", km)]].concat();
            let page = desk.send("/demande", &fields).await.expect(200);
            assert!(text(&page).contains(said), "{zone}: {}", page.text);
        }
        assert_eq!(desk.zones(&[("zone", "Lyon"), ("zone_km", "5")]).await, [circle("69123", 5.0)]);
        assert_eq!(desk.zones(&[("zone", "Lyon")]).await, [circle("69123", 20.0)], "20 km unless chosen");
        assert_eq!(desk.zones(&[("zone2", "Lyon"), ("zone2_km", "50"), ("zone", "Toulouse")]).await, [circle("31555", 20.0), circle("69123", 50.0)]);
    }

    async fn a_circle_that_leaves_out_a_part_of_its_commune_is_proposed_wider(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let narrow = [("zone", "Mauges-sur-Loire"), ("zone_km", "10")];
        let page = desk.send("/demande", &[SOMEONE.as_slice(), &narrow].concat()).await.expect(200);
        let shown = text(&page);
        assert!(shown.contains("Le Marillais") && shown.contains("hors du secteur"), "{shown}");
        let wider = desk.browser.press(&page, "Élargir à 20\u{a0}km autour de Mauges-sur-Loire", &[]).await.expect(200);
        let shown = text(&wider);
        assert!(shown.contains("Mauges-sur-Loire (49) et 20\u{a0}km autour") && !shown.contains("hors du secteur"), "{shown}");
        // To store it one says which.
        let before = app.row_counts();
        let asked = desk.send("/demande/enregistrer", &[SOMEONE.as_slice(), &narrow].concat()).await.expect(422);
        assert_eq!((errors(&asked), app.row_counts()), (vec!["zone".to_owned()], before));
        assert!(asked.text.contains("name=\"zone_wider_49244\" value=\"20\"") && asked.text.contains("value=\"keep\""), "{}", asked.text);
        for (answer, km) in [("20", 20.0), ("keep", 10.0)] {
            assert_eq!(desk.zones(&[narrow.as_slice(), &[("zone_wider_49244", answer)]].concat()).await, [circle("49244", km)]);
        }
        // Where the very place that was named would lie outside, that is asked before anything is ranked.
        let named = [("zone", "Le Marillais"), ("zone_km", "10")];
        assert_eq!(errors(&desk.refused(&named).await), ["zone"]);
        let page = desk.send("/demande", &[SOMEONE.as_slice(), &named, &[("zone_wider_49244", "20")]].concat()).await.expect(200);
        assert!(text(&page).contains("Mauges-sur-Loire (49) et 20\u{a0}km autour"), "{}", page.text);
        desk.send("/demande", &[SOMEONE.as_slice(), &[("zone", "Le Marillais")]].concat()).await.expect(200);
        // All of it is within: nothing is asked.
        assert_eq!(desk.zones(&[("zone", "Mauges-sur-Loire")]).await, [circle("49244", 20.0)]);
        assert_eq!(desk.zones(&[("zone", "Lyon"), ("zone_km", "5")]).await, [circle("69123", 5.0)]);
    }

    async fn each_person_is_entered_in_one_way(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let person = |gender: &str, minority: &str, age: Value, with_parent: bool| {
            json!({"gender": gender, "minority": minority, "age": age, "with_parent": with_parent, "turns_18_on": null})
        };
        let (adult, minor, presumed) = ("adult", "minor", "presumed_minor");
        for (typed, expected) in [
            (vec![("p1_who", "female_adult")], vec![person("female", adult, json!(null), false)]),
            (vec![("p1_who", "other_adult"), ("p1_age", "30 ans")], vec![person("other", adult, json!(30), false)]),
            (vec![("p1_who", "female_adult"), ("p1_age", "30"), ("p2_who", "male_adult"), ("p2_age", "?")], vec![person("female", adult, json!(30), false), person("male", adult, json!(null), false)]),
            (vec![("p1_who", "female_minor"), ("p1_age", "16")], vec![person("female", minor, json!(16), false)]),
            (vec![("p1_who", "male_presumed"), ("p1_age", "19")], vec![person("male", presumed, json!(19), false)]),
            (vec![("p1_who", "male_presumed")], vec![person("male", presumed, json!(null), false)]),
            (vec![("p2_who", "female_adult"), ("p2_age", "18")], vec![person("female", adult, json!(18), false)]),
            (
                vec![("p1_who", "female_adult"), ("p1_age", "30"), ("p2_who", "female_minor"), ("p2_age", "17"), ("p2_parent", "yes"), ("p3_who", "male_minor"), ("p3_age", "8 mois"), ("p3_parent", "yes"), ("seen_apart", "yes")],
                vec![person("female", adult, json!(30), false), person("female", minor, json!(17), true), person("male", minor, json!(0), true)],
            ),
            (
                vec![("p1_who", "male_adult"), ("p2_who", "female_minor"), ("p2_age", "15"), ("p2_parent", "no"), ("seen_apart", "not_yet")],
                vec![person("male", adult, json!(null), false), person("female", minor, json!(15), false)],
            ),
            // Who is a parent may be a minor.
            (
                vec![("p1_who", "female_minor"), ("p1_age", "17"), ("p2_who", "male_minor"), ("p2_age", "1"), ("p2_parent", "yes")],
                vec![person("female", minor, json!(17), false), person("male", minor, json!(1), true)],
            ),
            (vec![("p20_who", "female_adult")], vec![person("female", adult, json!(null), false)]),
        ] {
            let fields: Vec<_> = typed.iter().copied().chain([("place", "Lyon")]).collect();
            assert_eq!(desk.stored(&fields).await["household"], json!(expected), "{typed:?}");
        }
    }

    async fn no_age_vanishes_and_nothing_of_a_person_is_put_right_in_silence(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let (woman, boy) = (("p1_who", "female_adult"), ("p2_who", "male_minor"));
        for (typed, wrong) in [
            (vec![], vec!["p1_who"]),
            (vec![("p1_age", "30")], vec!["p1_who"]),
            (vec![("p1_parent", "yes")], vec!["p1_who"]),
            (vec![woman, ("p1_age", "16")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "30, 17, 5")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "30 17")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "18-25")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "-3")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "151")], vec!["p1_age"]),
            (vec![woman, ("p1_age", "trente")], vec!["p1_age"]),
            (vec![woman, ("p1_parent", "yes")], vec!["p1_parent"]),
            (vec![woman, ("p3_age", "5")], vec!["p3_who"]),
            (vec![("p1_who", "male_minor"), ("p1_age", "18")], vec!["p1_age"]),
            (vec![("p1_who", "women")], vec!["p1_who"]),
            // Whether the adult is a parent, and whether each was seen apart, is asked.
            (vec![woman, boy, ("p2_age", "3")], vec!["p2_parent", "seen_apart"]),
            (vec![woman, boy, ("p2_parent", "yes")], vec!["seen_apart"]),
            (vec![woman, boy, ("p2_parent", "perhaps"), ("seen_apart", "yes")], vec!["p2_parent"]),
            (vec![woman, boy, ("p2_parent", "no"), ("seen_apart", "perhaps")], vec!["seen_apart"]),
            (vec![woman, boy, ("p2_parent", "yes"), ("seen_apart", "no")], vec!["p2_parent"]),
            (vec![woman, boy, ("p2_parent", "yes"), ("seen_apart", "not_yet")], vec!["p2_parent"]),
            (vec![woman, ("p2_who", "male_presumed"), ("p2_age", "19")], vec!["p2_parent", "seen_apart"]),
            (vec![woman, ("p2_who", "male_adult"), ("couple", "true")], vec!["seen_apart"]),
            (vec![woman, ("couple", "true"), ("seen_apart", "yes")], vec!["couple"]),
            // Nobody is left to be the parent.
            (vec![("p1_who", "male_minor"), ("p1_age", "4"), ("p1_parent", "yes")], vec!["p1_parent"]),
        ] {
            let before = app.row_counts();
            let fields: Vec<_> = typed.iter().copied().chain([("place", "Lyon")]).collect();
            for path in ["/demande", "/demande/enregistrer"] {
                let page = desk.send(path, &fields).await.expect(422);
                assert_eq!(errors(&page), wrong, "{typed:?}");
                for (name, value) in &typed {
                    let is_kept = page.text.contains(&format!("value=\"{value}\"")) || ["women", "perhaps"].contains(value);
                    assert!(is_kept, "{name} {value} was lost: {}", page.text);
                }
            }
            assert_eq!(app.row_counts(), before, "{typed:?}");
        }
    }

    async fn people_who_were_not_seen_apart_are_warned_about(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let couple = [("p1_who", "female_adult"), ("p2_who", "male_adult"), ("couple", "true"), ("place", "Lyon")];
        for (answer, is_warned) in [("yes", false), ("no", true), ("not_yet", true)] {
            let fields = [couple.as_slice(), &[("seen_apart", answer)]].concat();
            let page = desk.send("/demande", &fields).await.expect(200);
            assert_eq!(page.text.contains(words::SEEN_APART_WARNING.text()), is_warned, "{answer}");
            let form = desk.browser.press(&page, words::EDIT.text(), &[]).await.expect(200);
            assert!(form.text.contains(&format!("value=\"{answer}\" checked")), "{answer}: {}", form.text);
        }
        let alone = desk.send("/demande", &SOMEONE).await.expect(200);
        assert!(!alone.text.contains(words::SEEN_APART_WARNING.text()), "one alone is not asked");
    }

    async fn lines_are_added_and_the_form_is_gone_back_to_with_all_that_was_typed(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        assert!(desk.page.text.contains("name=\"p2_who\"") && !desk.page.text.contains("name=\"p3_who\""));
        let typed = [("p1_who", "female_adult"), ("p1_age", "24"), ("p2_who", "male_minor"), ("p2_age", "x"), ("place", "Nullepart"), ("zone", "93\r\nToulouze"), ("zone_km", "50")];
        let before = app.row_counts();
        let more = desk.send("/demande", &[typed.as_slice(), &[("add", "true")]].concat()).await.expect(200);
        assert!(more.text.contains("name=\"p5_who\"") && !more.text.contains("name=\"p6_who\""), "{}", more.text);
        let ranked = desk.send("/demande", &[SOMEONE.as_slice(), &[("zone", "Vienne"), ("zone_which_vienne", "d86"), ("zone_km", "50"), ("nights", "7")]].concat()).await.expect(200);
        let back = desk.browser.press(&ranked, words::EDIT.text(), &[]).await.expect(200);
        for (page, kept) in [
            (&more, vec!["value=\"female_adult\" selected", "value=\"24\"", "value=\"male_minor\" selected", "value=\"x\"", "value=\"Nullepart\"", ">93\r\nToulouze</textarea>", "value=\"50\" selected"]),
            (&back, vec!["value=\"female_adult\" selected", "value=\"24\"", "value=\"Lyon\"", ">Vienne</textarea>", "value=\"d86\" checked", "value=\"50\" selected", "value=\"7\"", "value=\"2026-01-01\""]),
        ] {
            for one in kept {
                assert!(page.text.contains(one), "{one} was lost: {}", page.text);
            }
            assert!(errors(page).is_empty(), "nothing is wrong yet");
        }
        assert_eq!(app.row_counts(), before);
        // What goes back is sent again as it was.
        assert_ne!(hidden(&back, "key"), hidden(&ranked, "key"));
    }

    async fn each_error_stands_beside_its_field(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (fields, wrong) in [
            (vec![("first_day", "2026-02-30")], "first_day"),
            (vec![("first_day", "")], "first_day"),
            (vec![("nights", "0")], "nights"),
            (vec![("max_km", "far")], "max_km"),
            (vec![("wish", "move_away"), ("min_km", "-1")], "min_km"),
            // What goes with another wish would be typed in vain.
            (vec![("wish", "stay_near"), ("min_km", "3")], "min_km"),
            (vec![("wish", "move_away"), ("max_km", "50")], "max_km"),
            (vec![("wish", "indifferent"), ("max_km", "50")], "max_km"),
            (vec![("wish", "indifferent"), ("min_km", "50")], "min_km"),
            (vec![("p21_who", "female_adult")], "household"),
            (vec![("p2_who", ""), ("p40_age", "3")], "household"),
            (vec![("zone", "Lyon"), ("zone_km", "0")], "zone_km"),
            (vec![("zone2", "Toulouze")], "zone2"),
            (vec![("avoid", "Toulouze")], "avoid"),
            (vec![("stage", "none")], "stage"),
            (vec![("urgency", "none")], "urgency"),
            (vec![("required", "gold")], "required"),
            (vec![("wished_languages", "xx")], "wished_languages"),
        ] {
            let all: Vec<_> = fields.iter().copied().chain(SOMEONE).collect();
            let page = desk.send("/demande", &all).await.expect(422);
            assert_eq!(errors(&page), [wrong], "{fields:?}");
            assert!(page.text.contains(&format!("<a href=\"#{wrong}\">")) && page.text.contains(&format!("id=\"{wrong}\"")), "{wrong}: {}", page.text);
        }
    }

    async fn nobody_beyond_the_twentieth_is_left_out_unseen(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        let names: Vec<_> = (1..=21).map(|number| format!("p{number}_who")).collect();
        let of = |count: usize| names.iter().take(count).map(|name| (name.as_str(), "female_adult")).chain([("place", "Lyon")]).collect::<Vec<_>>();
        assert_eq!(desk.stored(&of(20)).await["household"].as_array().unwrap().len(), 20);
        let before = app.row_counts();
        let page = desk.send("/demande/enregistrer", &of(21)).await.expect(422);
        assert_eq!(errors(&page), ["household"]);
        assert!(text(&page).contains(words::TOO_MANY_PEOPLE.text()), "{}", page.text);
        assert_eq!(app.row_counts(), before);
    }

    async fn what_stands_in_brackets_on_an_envelope_or_in_wide_digits_is_understood(app: TestApp) {
        let mut desk = Desk::new(&app).await;
        for (typed, expected) in [
            ("Metz (Moselle)", circle("57463", 20.0)),
            ("Metz Moselle", circle("57463", 20.0)),
            ("Saint-Denis Réunion", circle("97411", 20.0)),
            ("saint denis (La Réunion)", circle("97411", 20.0)),
            ("Saint-Denis (Île-de-France)", circle("93066", 20.0)),
            ("BP 12 69002 LYON", circle("69382", 20.0)),
            ("CS 10234 69002 Lyon", circle("69382", 20.0)),
            ("69002 LYON BP12", circle("69382", 20.0)),
            ("９３", department("93")),
            ("６９００２ Ｌｙｏｎ", circle("69382", 20.0)),
            ("Lomme (Lille)", circle("59350", 20.0)),
            ("Lille Lomme", circle("59350", 20.0)),
            ("95800 CERGY PONTOISE CEDEX", circle("95127", 20.0)),
        ] {
            assert_eq!(desk.zones(&[("zone", typed)]).await, [expected], "{typed}");
        }
        // Which of the two the office is of nobody says: it is asked.
        let page = text(&desk.refused(&[("zone", "CERGY PONTOISE CEDEX")]).await);
        assert!(page.contains("value=\"c95127\"") && page.contains("value=\"c95500\""), "{page}");
        assert_eq!(desk.zones(&[("zone", "CERGY PONTOISE CEDEX"), ("zone_which_cergypontoisecedex", "c95500")]).await, [circle("95500", 20.0)]);
        // What joins two places keeps them two; what does not lie in the other is neither.
        for two in ["Toulouse / Haute-Garonne", "Toulouse & Haute-Garonne", "Toulouse et Haute-Garonne", "Toulouse - Haute-Garonne", "Toulouse, Haute-Garonne"] {
            assert_eq!(desk.zones(&[("zone", two)]).await, [circle("31555", 20.0), department("31")], "{two}");
        }
        for neither in ["Metz (Rhône)", "Saint-Denis Moselle", "Lomme (Lyon)", "BP 12", "Lyon Pontoise CEDEX"] {
            assert_eq!(errors(&desk.refused(&[("zone", neither)]).await), ["zone"], "{neither}");
        }
    }
}
