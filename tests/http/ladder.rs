//! The ladder (design §5): who sees what of a confidential home, on every way there is to it.
//!
//! A home is seeded with words that stand nowhere else, its canaries. Every answer of the API and every page that somebody can ask for is searched
//! for them, and what is found is what the table below says, word for word: nothing more, and nothing less.

use std::collections::BTreeSet;

use actix_web::http::Method;
use api::cli::client;
use api::domain::{Role, doors};
use api::web::operations::{self, Surface};
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::{Value, json};

use super::pages::Browser;
use crate::harness::bodies::{ad_hoc_request, public_structure, request, structure, unit, with};
use crate::harness::{Caller, Site, TestApp, on_both};

/// What is found of the home, by the word that gives it away. `accreditation`, `hours` and the rest of `register` lead to an address.
const CANARIES: &[(&str, &str)] = &[
    ("name", "Maison du Canari"),
    ("town", "Canarville"),
    ("phone", "+33199009876"),
    ("email", "canari@example.org"),
    ("commune", "\"01183\""),
    ("cell", "851f90a7fffffff"),
    ("finess", "690000005"),
    ("siret", "73282932000074"),
    ("accreditation", "ASE-CANARI-1"),
    ("hours", "sonner chez le canari"),
    ("meeting", "Devant le kiosque au canari"),
    ("address", "12 rue du Canari"),
];

/// Who asks, how a referral to the home stands, and what of it is found on every way there is. `register` is all that only its own association
/// reads. Nobody's row has the address: that has an operation of its own.
const TABLE: &str = "
    caller         | state     | finds
    provider own   | none      | name town phone email meeting register
    referent       | none      | -
    referent       | stored    | name town phone
    referent       | asked     | name town phone email
    referent       | confirmed | name town phone email meeting
    referent       | arrived   | name town phone email meeting
    referent       | ended     | name town
    referent       | past      | -
    regulator      | none      | -
    coordinator    | none      | -
    coordinator    | confirmed | -
    partner        | none      | -
    provider other | none      | -
    provider other | confirmed | -
    auditor        | none      | -
    auditor        | confirmed | -
    administrator  | none      | -
    keeper         | none      | name town phone
    siao           | none      | name town phone
    siao referent  | none      | -
    crip           | none      | -
    115            | none      | name town phone
    siao elsewhere | none      | -
";

const REGISTER: [&str; 6] = ["commune", "cell", "finess", "siret", "accreditation", "hours"];

struct Row {
    caller: &'static str,
    state: &'static str,
    finds: BTreeSet<&'static str>,
}

fn table() -> Vec<Row> {
    let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1);
    let row = |line: &'static str| {
        let [caller, state, finds] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{line}") };
        let finds = finds.split_whitespace().filter(|word| *word != "-");
        let finds = finds.flat_map(|word| if word == "register" { REGISTER.to_vec() } else { vec![word] }).collect();
        Row { caller, state, finds }
    };
    lines.map(row).collect()
}

/// A home full of canaries, of the own organisation.
struct Home {
    site: Site,
    vacancy: String,
}

impl Home {
    /// Behind these doors.
    async fn behind(app: &TestApp, doors: Value) -> Self {
        let contact = json!({"numbers": [{"phone": "01 99 00 98 76", "hours": "Mo-Fr 09:00-18:00 \"sonner chez le canari\""}], "email": "canari@example.org"});
        let home = json!({"name": "Maison du Canari", "commune": "01183", "town": "Canarville", "finess": "690000005", "siret": "73282932000074",
            "trafficking_contact": contact, "meeting_point": "Devant le kiosque au canari", "address": "12 rue du Canari", "gives_address": true});
        let minors = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE-CANARI-1"});
        let unit = with(
            unit(),
            json!({"doors": doors, "unaccompanied_minors": minors, "answering_hours": "Mo-Fr 09:00-18:00 \"sonner chez le canari\""}),
        );
        let site = app.site_with(&home, &unit).await;
        let vacancy = json!({"beds": 9, "from": "2026-01-01"});
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy).await.expect(201).id();
        Self { site, vacancy }
    }
}

/// An organisation of a kind, with somebody who acts for it.
async fn somebody(app: &TestApp, name: &str, kind: Value, role: Role) -> Caller {
    let declared = with(json!({"name": name, "contact": {"email": "other@example.org"}}), kind);
    app.own(Role::Administrator).post("organisations", &declared).await.expect(201);
    app.with_token(&client::make(app.db(), name, role).unwrap().0)
}

/// Who a row speaks of.
async fn caller(app: &TestApp, name: &str) -> Caller {
    let siao = |department: &str| json!({"kind": "siao", "departments": [department]});
    match name {
        "provider own" => app.own(Role::Provider),
        "provider other" => app.other(Role::Provider),
        "keeper" => somebody(app, "Régulateur fictif", json!({"kind": "regulator", "doors": ["acse"]}), Role::Regulator).await,
        "115" => {
            somebody(app, "115 fictif", json!({"kind": "regulator", "doors": ["115"], "departments": ["01"]}), Role::Regulator)
                .await
        }
        // Who names the department, and may not declare on the word of its homes.
        "siao referent" => somebody(app, "SIAO fictif de l’Ain", siao("01"), Role::Referent).await,
        "crip" => {
            let keeps = json!({"kind": "regulator", "doors": ["child_protection"], "departments": ["01"]});
            somebody(app, "CRIP fictive de l’Ain", keeps, Role::Regulator).await
        }
        "siao" => somebody(app, "SIAO fictif de l’Ain", siao("01"), Role::Provider).await,
        "siao elsewhere" => somebody(app, "SIAO fictif d’ailleurs", siao("69"), Role::Provider).await,
        role => app.other(Role::ALL.iter().copied().find(|known| known.as_str() == role).unwrap_or_else(|| panic!("{role}"))),
    }
}

/// A request of the other organisation, near the home.
async fn ask_for(app: &TestApp) -> String {
    let near = json!({"place": {"lat": 46.1, "lon": 4.76, "department": "01"}});
    app.other(Role::Referent).post("requests", &with(request(), near)).await.expect(201).id()
}

/// Brings a referral to the home to where a row wants it; gives the request and the referral.
async fn bring(app: &TestApp, home: &Home, state: &str) -> (Option<String>, Option<String>) {
    if state == "none" {
        return (None, None);
    }
    let (referent, provider) = (app.other(Role::Referent), app.own(Role::Provider));
    let request = ask_for(app).await;
    if state == "stored" {
        return (Some(request), None);
    }
    let asked =
        referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": home.vacancy})).await.expect(201).id();
    let path = format!("referrals/{asked}");
    if state != "asked" {
        provider.command(&format!("{path}/accept")).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
    }
    if ["arrived", "ended", "past"].contains(&state) {
        provider.command(&format!("{path}/arrival")).await.expect(200);
    }
    if ["ended", "past"].contains(&state) {
        let end = json!({"reason": "rehoused", "request": "closed"});
        provider.post(&format!("{path}/end"), &end).await.expect(200);
    }
    if state == "past" {
        app.clock().advance(TimeDelta::days(31));
    }
    (Some(request), Some(asked))
}

/// Everything that somebody can read: every `GET` of the API and every page, by every id there is, both kinds of ranking, and what a page ranks.
async fn everything(
    app: &TestApp,
    caller: &Caller,
    home: &Home,
    request: Option<&str>,
    referral: Option<&str>,
) -> Vec<(String, String)> {
    let ids = [
        ("{structure_id}", Some(home.site.structure.as_str())),
        ("{unit_id}", Some(home.site.unit.as_str())),
        ("{vacancy_id}", Some(home.vacancy.as_str())),
        ("{request_id}", request),
        ("{referral_id}", referral),
        ("{organisation_id}", Some(&app.own(Role::Provider).identity().organisation.to_string())),
    ]
    .map(|(name, id)| (name, id.map(ToOwned::to_owned)));
    let mut browser = Browser::signed_in(app, caller).await;
    let mut found = Vec::new();
    for row in operations::ALL.iter().filter(|row| row.method == Method::GET) {
        let path = ids.iter().fold(row.path.to_owned(), |path, (name, id)| match id {
            Some(id) => path.replace(name, id),
            None => path,
        });
        if path.contains('{') || path.contains("openapi") {
            continue;
        }
        let query = if path.ends_with("/communes") { "?q=lyon" } else { "" };
        let answer = match row.surface {
            Surface::Api => caller.get(&format!("{path}{query}")).await,
            Surface::Page => browser.get(&format!("{path}{query}")).await,
        };
        found.push((row.id.to_owned(), answer.text));
    }
    let near = with(ad_hoc_request(), json!({"place": {"lat": 46.1, "lon": 4.76, "department": "01"}}));
    found.push(("rankAdHoc".to_owned(), caller.rank("rank?top=100", Some(&near)).await.text));
    if let Some(request) = request {
        found.push(("rankForRequest".to_owned(), caller.rank(&format!("requests/{request}/rank"), None).await.text));
        let wanted = json!({"unit_id": home.site.unit});
        found.push(("showContact".to_owned(), caller.rank(&format!("requests/{request}/contacts"), Some(&wanted)).await.text));
    }
    let form = browser.get("/demande").await;
    if form.status.is_success() {
        let asked = [
            ("p1_who", "female_adult"),
            ("p1_age", "24"),
            ("place", "Bourg-en-Bresse"),
            ("first_day", "2026-01-01"),
            ("today", "2026-01-01"),
        ];
        found.push(("propositionsAdHoc".to_owned(), browser.post("/demande", &form, &asked).await.text));
    }
    found
}

/// Which canaries stand in some answers, and where each was first seen.
fn canaries(answers: &[(String, String)]) -> BTreeSet<&'static str> {
    // A number is written with its blanks on a page.
    let is_in = |text: &str, word: &str| {
        text.contains(word) || (word == "+33199009876" && text.contains("01\u{a0}99\u{a0}00\u{a0}98\u{a0}76"))
    };
    let found = CANARIES.iter().filter(|(_, word)| answers.iter().any(|(_, text)| is_in(text, word)));
    found.map(|(name, _)| *name).collect()
}

on_both! {
    async fn what_is_found_of_a_home_is_what_the_table_says(app: TestApp) {
        let mut wrong = Vec::new();
        for Row { caller: name, state, finds } in table() {
            // Each row begins with a home of its own; those of rows before it stand in other words nowhere.
            let app = app.afresh().await;
            let home = Home::behind(&app, if name == "keeper" { json!(["acse", "siao"]) } else { json!(["siao"]) }).await;
            let (request, referral) = bring(&app, &home, state).await;
            let caller = caller(&app, name).await;
            let answers = everything(&app, &caller, &home, request.as_deref(), referral.as_deref()).await;
            let found = canaries(&answers);
            if found != finds {
                let seen_in = |canary: &str| {
                    let word = CANARIES.iter().find(|(name, _)| *name == canary).unwrap().1;
                    answers.iter().filter(|(_, text)| text.contains(word)).map(|(id, _)| id.as_str()).collect::<Vec<_>>()
                };
                let more: Vec<_> = found.difference(&finds).map(|canary| (canary, seen_in(canary))).collect();
                wrong.push(format!("{name}, {state}: finds {found:?}, not {finds:?}; too much: {more:?}"));
            }
            app.ignore_mails();
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn a_kept_door_has_the_card_of_its_regulator_and_no_home(app: TestApp) {
        let home = Home::behind(&app, json!(["acse"])).await;
        let keeper = json!({"kind": "regulator", "doors": ["acse"], "contact": {"numbers": [{"phone": "01 99 00 00 10"}]}});
        somebody(&app, "Coordination fictive Ac.Sé", keeper, Role::Regulator).await;
        let request = ask_for(&app).await;
        let referent = app.other(Role::Referent);
        let moves = json!({"place": {"lat": 48.85, "lon": 2.35, "department": "75"}, "distance": {"wish": "move_away"}});
        referent.put(&format!("requests/{request}"), "*", &with(crate::harness::bodies::request(), moves)).await.expect(200);
        let ranking = referent.rank(&format!("requests/{request}/rank"), None).await.expect(200);
        let card = &ranking.body["proposals"][0]["contact"];
        assert_eq!((&card["by"], &card["name"], &card["town"]), (&json!("regulator"), &json!("Coordination fictive Ac.Sé"), &Value::Null), "{}", ranking.text);
        assert_eq!(card["numbers"][0]["phone"], "+33199000010");
        assert_eq!(canaries(&everything(&app, &referent, &home, Some(&request), None).await), BTreeSet::new());
        assert_eq!(app.noted("rankForRequest").await.into_iter().filter(|(_, record)| *record == home.site.structure).count(), 0);
    }

    async fn a_referral_through_a_kept_door_names_its_regulator_and_no_home(app: TestApp) {
        let home = Home::behind(&app, json!(["acse"])).await;
        let keeps = json!({"kind": "regulator", "doors": ["acse"], "contact": {"numbers": [{"phone": "01 99 00 00 10"}]}});
        let keeper = somebody(&app, "Coordination fictive Ac.Sé", keeps, Role::Regulator).await;
        let (referent, request) = (app.other(Role::Referent), ask_for(&app).await);
        let asked = referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": home.vacancy})).await.expect(201).id();
        let (path, found) = (format!("referrals/{asked}"), async || canaries(&everything(&app, &referent, &home, Some(&request), Some(&asked)).await));
        assert_eq!(found().await, BTreeSet::new());
        let seen = referent.get(&path).await.expect(200);
        assert!(seen.text.contains("+33199000010") && seen.text.contains("Coordination fictive Ac.Sé"), "{}", seen.text);
        assert_eq!(keeper.get(&path).await.expect(200).body["other_side"]["organisation"], "Autre organisation fictive");
        keeper.command(&format!("{path}/accept")).await.expect(200);
        assert_eq!(found().await, BTreeSet::new());
        // Who comes is told where they are met, and still not by whom.
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        assert_eq!(found().await, BTreeSet::from(["meeting"]));
        app.ignore_mails();
    }

    async fn a_contact_that_is_shown_is_noted_and_only_of_what_is_proposed(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let (referent, request) = (app.other(Role::Referent), ask_for(&app).await);
        let (path, wanted) = (format!("requests/{request}/contacts"), json!({"unit_id": home.site.unit}));
        let shown = referent.rank(&path, Some(&wanted)).await.expect(200).body;
        assert_eq!((&shown["contact"]["name"], &shown["contact"]["by"]), (&json!("Maison du Canari"), &json!("home")));
        assert_eq!(shown["contact"]["numbers"], json!([{"label": null, "phone": "+33199009876", "hours": "Mo-Fr 09:00-18:00", "answers_now": shown["contact"]["numbers"][0]["answers_now"]}]));
        let noted = app.noted("showContact").await;
        assert_eq!(noted, referent.read([&request, &home.site.structure]));
        // A man is not proposed a place for women.
        let site = app.site_with(&structure(), &with(unit(), json!({"genders": ["male"], "children": null}))).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &json!({"beds": 1, "from": "2026-01-01"})).await.expect(201);
        referent.rank(&path, Some(&json!({"unit_id": site.unit}))).await.refused(404, "not_found");
        app.own(Role::Referent).rank(&path, Some(&wanted)).await.refused(404, "not_found");
        app.other(Role::Partner).rank(&path, Some(&wanted)).await.refused(403, "role_not_allowed");
        assert_eq!(app.noted("showContact").await.into_iter().filter(|(_, record)| *record == site.structure).count(), 0);
        assert_eq!(app.other(Role::Partner).rank(&format!("requests/{request}/rank"), None).await.expect(200).body["proposals"][0]["contact"], Value::Null);
    }

    /// Nothing that moves with beds is told below the fourth rung.
    async fn lists_and_feeds_of_the_lower_rungs_stand_still_when_beds_move(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let (provider, lower) = (app.own(Role::Provider), [Role::Referent, Role::Regulator, Role::Coordinator, Role::Partner]);
        let still = async || {
            let mut seen = Vec::new();
            for role in lower {
                let caller = app.other(role);
                for path in [format!("units/{}", home.site.unit), "units".to_owned(), "units?order=newest".to_owned(), "units/counts".to_owned(), "events".to_owned()] {
                    let answer = caller.get(&path).await.expect(200);
                    seen.push((role, path, answer.etag(), answer.text));
                }
            }
            seen
        };
        let before = still().await;
        app.clock().advance(TimeDelta::minutes(1));
        let since = app.clock().now().to_string();
        provider.command(&format!("vacancies/{}/confirm", home.vacancy)).await.expect(200);
        let near = json!({"place": {"lat": 46.1, "lon": 4.76, "department": "01"}});
        let request = app.own(Role::Referent).post("requests", &with(request(), near)).await.expect(201).id();
        let asked = app.ask(&request, &home.vacancy, json!({"hold": true})).await.expect(201).id();
        provider.command(&format!("referrals/{asked}/accept")).await.expect(200);
        app.own(Role::Referent).post(&format!("referrals/{asked}/confirm"), &app.arrival_in(1)).await.expect(200);
        provider.command(&format!("referrals/{asked}/arrival")).await.expect(200);
        provider.post(&format!("vacancies/{}/taken-elsewhere", home.vacancy), &json!({"beds": 1})).await.expect(200);
        let unmoved = |seen: &[(Role, String, String, String)]| {
            // Only where a feed begins again has moved.
            let text = |text: &str| serde_json::from_str::<Value>(text).map(|body| body["items"].clone()).unwrap_or_default();
            seen.iter().map(|(role, path, etag, body)| (*role, path.clone(), etag.clone(), text(body))).collect::<Vec<_>>()
        };
        assert_eq!(unmoved(&still().await), unmoved(&before));
        for role in lower {
            let listed = app.other(role).get(&format!("units?updated_since={since}")).await.expect(200).body;
            assert_eq!(listed["items"], json!([]), "{role}");
            for path in [format!("vacancies/{}", home.vacancy), format!("units/{}/vacancies", home.site.unit)] {
                let status = app.other(role).get(&path).await.status.as_u16();
                assert!([403, 404].contains(&status), "{role} {path}: {status}");
            }
        }
        app.ignore_mails();
    }

    async fn a_regulator_finds_where_to_move_a_referral(app: TestApp) {
        let (referral, other) = crate::access::behind_a_door(&app).await;
        let outside = app.site().await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", outside.unit), &json!({"beds": 1, "from": "2026-01-01"})).await.expect(201);
        let found = app.own(Role::Regulator).get(&format!("referrals/{referral}/other-places")).await.expect(200).body;
        let offered: Vec<_> = found["places"].as_array().unwrap().iter().map(|place| place["vacancy_id"].as_str().unwrap()).collect();
        assert_eq!(offered, [other.as_str()], "neither the one that is asked, nor one behind another door");
        app.own(Role::Regulator).post(&format!("referrals/{referral}/move"), &json!({"vacancy_id": other})).await.expect(200);
        app.other(Role::Regulator).get(&format!("referrals/{referral}/other-places")).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn who_declares_on_the_word_of_homes_sees_their_beds_and_is_noted(app: TestApp) {
        let home = Home::behind(&app, json!(["health"])).await;
        let (siao, elsewhere) = (caller(&app, "siao").await, caller(&app, "siao elsewhere").await);
        let (list, one) = (format!("units/{}/vacancies", home.site.unit), format!("vacancies/{}", home.vacancy));
        assert_eq!(siao.get(&list).await.expect(200).body["items"][0]["beds"], 9);
        assert_eq!(siao.get(&one).await.expect(200).body["held"], 0);
        for path in [&list, &one] {
            elsewhere.get(path).await.refused(404, "not_found");
        }
        for operation in ["listVacancies", "getVacancy"] {
            assert!(app.noted(operation).await.iter().any(|(_, record)| *record == home.site.structure), "{operation}");
        }
        // Behind a door that no SIAO answers for, it sees none.
        let unnumbered = with(structure(), json!({"commune": "01183", "finess": null, "siret": null}));
        let kept = app.site_with(&unnumbered, &with(unit(), json!({"doors": ["acse"]}))).await;
        siao.get(&format!("units/{}/vacancies", kept.unit)).await.refused(404, "not_found");
        siao.get(&format!("structures/{}", kept.structure)).await.refused(404, "not_found");
    }

    async fn a_siao_declares_behind_four_doors_and_behind_no_other(app: TestApp) {
        let siao = caller(&app, "siao").await;
        for (door, may) in [("siao", true), ("direct", true), ("health", true), ("115", true), ("acse", false), ("child_protection", false), ("asylum", false)] {
            let behind = app.site_with(&with(structure(), json!({"commune": "01183"})), &with(unit(), json!({"doors": [door]}))).await;
            let seen = siao.get(&format!("structures/{}", behind.structure)).await;
            if may {
                assert_eq!(seen.expect(200).body["rung"], "contact", "{door}");
            } else {
                seen.refused(404, "not_found");
            }
        }
    }

    async fn a_region_and_broad_values_are_all_that_the_registry_shows(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let seen = app.other(Role::Partner).get(&format!("units/{}", home.site.unit)).await.expect(200).body;
        let fields: BTreeSet<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["rung", "id", "kind", "region", "stages", "genders", "takes_adults", "takes_children", "takes_lone_minors", "households", "specialised"]));
        assert_eq!((&seen["rung"], &seen["region"], &seen["households"]), (&json!("registry"), &json!("Auvergne-Rhône-Alpes"), &json!("2-4")));
        let profile = app.other(Role::Coordinator).get(&format!("units/{}", home.site.unit)).await.expect(200).body;
        assert_eq!((&profile["rung"], &profile["department"], &profile["location"], &profile["answering_hours"]), (&json!("profile"), &json!("01"), &Value::Null, &Value::Null));
        assert_eq!(profile["unaccompanied_minors"], json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": null}));
        // Public sites stand on the second rung for everyone.
        let public = app.site_with(&public_structure("97411", -20.88, 55.45), &unit()).await;
        let seen = app.other(Role::Partner).get(&format!("units/{}", public.unit)).await.expect(200).body;
        assert_eq!((&seen["rung"], &seen["location"]["point"]["lat"]), (&json!("profile"), &json!(-20.88)));
    }

    async fn one_and_two_units_are_not_told_apart(app: TestApp) {
        let site = app.site().await;
        let counts = async || {
            let answer = app.other(Role::Administrator).get("units/counts").await.expect(200).body;
            answer["counts"].as_array().unwrap().iter().map(|count| (count["department"].clone(), count["at_least"].as_i64(), count["at_most"].as_i64())).collect::<Vec<_>>()
        };
        let add = async || drop(app.own(Role::Provider).post(&format!("structures/{}/units", site.structure), &unit()).await.expect(201));
        assert_eq!(counts().await, [(json!("69"), Some(1), Some(2))]);
        add().await;
        assert_eq!(counts().await, [(json!("69"), Some(1), Some(2))]);
        add().await;
        assert_eq!(counts().await, [(json!("69"), Some(3), Some(3))]);
        assert_eq!(app.other(Role::Auditor).get("units/counts?department=75").await.expect(200).body["counts"], json!([]));
    }

    async fn every_ranking_gives_the_public_numbers_of_the_doors(app: TestApp) {
        let ranking = app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200).body;
        let numbers: Vec<_> = ranking["doors"].as_array().unwrap().iter().map(|door| door["phone"].as_str().unwrap()).collect();
        assert_eq!(numbers, ["115", "119"]);
        let stored = app.own(Role::Referent).rank(&format!("requests/{}/rank", app.request().await), None).await.expect(200).body;
        assert_eq!(stored["doors"], ranking["doors"]);
        assert_eq!(ranking["proposals"], json!([]), "also where no place is left");
    }

    async fn a_ranking_that_is_not_stored_says_until_when_and_when_that_was_said(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let body = with(ad_hoc_request(), json!({"place": {"lat": 46.1, "lon": 4.76, "department": "01"}}));
        let proposal = app.other(Role::Referent).rank("rank", Some(&body)).await.expect(200).body["proposals"][0].clone();
        assert_eq!((&proposal["unit_id"], &proposal["kind"], &proposal["department"]), (&json!(home.site.unit), &json!("chrs"), &json!("01")));
        assert_eq!((&proposal["until"], &proposal["contact"]), (&Value::Null, &Value::Null));
        let said = app.own(Role::Provider).get(&format!("vacancies/{}", home.vacancy)).await.expect(200).body["confirmed_at"].clone();
        assert_eq!(proposal["confirmed_at"].as_str().unwrap()[..19], said.as_str().unwrap()[..19]);
    }

    async fn an_arrival_opens_at_the_confirmation_with_a_code_of_its_own(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let (referent, provider, request) = (app.other(Role::Referent), app.own(Role::Provider), ask_for(&app).await);
        let asked = referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": home.vacancy})).await.expect(201).id();
        let path = format!("referrals/{asked}");
        provider.post(&format!("{path}/accept"), &json!({"meeting_point": "Sous l’horloge de la gare"})).await.expect(200);
        assert_eq!(referent.get(&path).await.expect(200).body["arrival"], Value::Null);
        let arrival = async |caller: &Caller| caller.get(&path).await.expect(200).body["arrival"].clone();
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        let (theirs, ours) = (arrival(&referent).await, arrival(&provider).await);
        assert_eq!((&theirs["meeting_point"], &theirs["gives_address"]), (&json!("Sous l’horloge de la gare"), &json!(true)));
        assert_eq!((&theirs["code"], ours["gives_address"].as_bool()), (&ours["code"], Some(false)));
        // Each confirmation has its own, and so has one that comes back: of a million, three are not the same.
        let mut codes = BTreeSet::from([theirs["code"].as_str().unwrap().to_owned()]);
        referent.command(&format!("{path}/undo")).await.expect(200);
        assert_eq!(arrival(&referent).await, Value::Null, "nobody is expected any more");
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        codes.insert(arrival(&referent).await["code"].as_str().unwrap().to_owned());
        referent.command(&format!("{path}/withdraw")).await.expect(200);
        referent.command(&format!("{path}/undo")).await.expect(200);
        codes.insert(arrival(&provider).await["code"].as_str().unwrap().to_owned());
        assert_eq!(codes.len(), 3, "{codes:?}");
        assert_eq!(arrival(&provider).await["code"], arrival(&referent).await["code"]);
        app.ignore_mails();
    }

    async fn an_address_is_shown_once_an_account_and_noted(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let (_, asked) = bring(&app, &home, "confirmed").await;
        let (referent, path) = (app.other(Role::Referent), format!("referrals/{}", asked.unwrap()));
        let key = "once";
        let shown = referent.post_under(&format!("{path}/address"), &json!({}), key).await;
        assert_eq!(shown.clone().expect(200).body["address"], "12 rue du Canari");
        assert_eq!(app.noted("showAddress").await, referent.read([&home.site.structure]));
        let again = referent.post_under(&format!("{path}/address"), &json!({}), key).await.expect(200);
        assert_eq!((&again.body["address"], &again.body["expires_at"]), (&Value::Null, &shown.body["expires_at"]), "a repeat does not show it");
        referent.command(&format!("{path}/address")).await.refused(409, "address_shown");
        // A colleague has an account of her own; nobody else is on this side.
        let colleague = app.with_token(&client::make(app.db(), "Autre organisation fictive", Role::Referent).unwrap().0);
        assert_eq!(colleague.command(&format!("{path}/address")).await.expect(200).body["address"], "12 rue du Canari");
        app.own(Role::Referent).command(&format!("{path}/address")).await.refused(404, "not_found");
        for role in [Role::Provider, Role::Partner, Role::Coordinator, Role::Regulator] {
            app.own(role).command(&format!("{path}/address")).await.refused(403, "role_not_allowed");
        }
        app.ignore_mails();
    }

    async fn an_address_is_given_only_where_the_home_has_chosen_it_and_while_people_come(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let referent = app.other(Role::Referent);
        let refused = async |state: &str| {
            let (_, asked) = bring(&app, &home, state).await;
            referent.command(&format!("referrals/{}/address", asked.unwrap())).await.refused(409, "address_not_given");
        };
        for state in ["asked", "arrived", "ended"] {
            refused(state).await;
        }
        // From twelve hours after they were expected on, nobody needs it.
        let (_, late) = bring(&app, &home, "confirmed").await;
        app.clock().advance(TimeDelta::hours(13));
        referent.command(&format!("referrals/{}/address", late.unwrap())).await.refused(409, "address_not_given");
        let (_, asked) = bring(&app, &home, "confirmed").await;
        let path = format!("structures/{}", home.site.structure);
        let edit = json!({"name": "Maison du Canari", "commune": "01183", "gives_address": false});
        app.own(Role::Provider).put(&path, "*", &edit).await.expect(200);
        let path = format!("referrals/{}", asked.unwrap());
        referent.command(&format!("{path}/address")).await.refused(409, "address_not_given");
        let arrival = referent.get(&path).await.expect(200).body["arrival"].clone();
        assert_eq!((arrival["gives_address"].as_bool(), arrival["code"].is_string()), (Some(false), true), "and it says so");
        app.ignore_mails();
    }

    async fn a_yes_by_phone_opens_no_arrival_before_the_home_says_so(app: TestApp) {
        let home = Home::behind(&app, json!(["siao"])).await;
        let (referent, provider, request) = (app.other(Role::Referent), app.own(Role::Provider), ask_for(&app).await);
        let asked = referent.post(&format!("requests/{request}/referrals"), &json!({"vacancy_id": home.vacancy})).await.expect(201).id();
        let path = format!("referrals/{asked}");
        referent.post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
        referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
        let seen = canaries(&everything(&app, &referent, &home, Some(&request), Some(&asked)).await);
        assert_eq!(seen, BTreeSet::from(["name", "town", "phone", "email"]));
        assert_eq!(referent.get(&path).await.expect(200).body["arrival"], Value::Null);
        referent.command(&format!("{path}/address")).await.refused(409, "address_not_given");
        referent.command(&format!("{path}/affirm")).await.refused(403, "role_not_allowed");

        provider.command(&format!("{path}/affirm")).await.expect(200);
        let open = referent.get(&path).await.expect(200).body;
        assert_eq!((&open["arrival"]["meeting_point"], &open["by_phone"]), (&json!("Devant le kiosque au canari"), &json!(false)));
        referent.command(&format!("{path}/address")).await.expect(200);
        for again in ["affirm", "contradict"] {
            provider.command(&format!("{path}/{again}")).await.refused(409, "nothing_to_contradict");
        }
        app.ignore_mails();
    }
}

#[test]
fn the_numbers_of_the_doors_are_numbers() {
    let now = api::clock::Clock::default().now();
    assert_eq!(doors::faults(now), Vec::<String>::new());
    assert!(doors::Doors::new(doors::to_begin_with(now).unwrap()).of(&[]).len() >= 2);
}
