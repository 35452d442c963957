//! *La demande*: what one page shows of a request, and each part of it edited in place.

use api::domain::Role;
use api::web::pages::words;
use serde_json::{Value, json};

use crate::harness::bodies::{public_structure, request, unit, vacancy, with};
use crate::harness::{Answer, TestApp, on_both};
use crate::http::pages::{Browser, hidden, maud_escaped};

/// Someone of the own organisation who follows requests, at the page of one.
pub struct Desk {
    pub browser: Browser,
    pub path: String,
}

impl Desk {
    pub async fn of(app: &TestApp, request: &str) -> Self {
        let browser = Browser::signed_in(app, &app.own(Role::Referent)).await;
        Self { browser, path: format!("/demandes/{request}") }
    }

    pub async fn page(&mut self) -> Answer {
        self.browser.get(&self.path).await.expect(200)
    }

    /// Opens a part, and sends these fields in place of what stands there.
    pub async fn edit(&mut self, part: &str, typed: &[(&str, &str)]) -> Answer {
        let page = self.browser.get(&format!("{}?modifier={part}", self.path)).await.expect(200);
        self.send(&page, part, typed).await
    }

    pub async fn send(&mut self, page: &Answer, part: &str, typed: &[(&str, &str)]) -> Answer {
        let carried = [("part", part.to_owned()), ("seen", hidden(page, "seen")), ("parts", hidden(page, "parts"))];
        let all: Vec<_> = carried.iter().map(|(name, value)| (*name, value.as_str())).chain(typed.iter().copied()).collect();
        self.browser.post(&self.path, page, &all).await
    }

    /// What is declared now.
    pub async fn stored(&self, app: &TestApp) -> Value {
        app.own(Role::Referent).get(&self.path.replace("/demandes/", "requests/")).await.expect(200).body
    }
}

/// A request that says all that can be said.
fn full() -> Value {
    let told =
        json!({"authority": "child_protection", "whom": "CRIP du Rhône", "at": "2026-01-20T10:00:00+01:00", "reached": true});
    with(
        request(),
        json!({
            "household": [
                {"gender": "female", "minority": "adult", "age": 24},
                {"gender": "male", "minority": "minor", "age": 3, "with_parent": true},
                {"gender": "female", "minority": "minor", "age": 15, "turns_18_on": "2099-05-04"},
            ],
            "seen_apart": true,
            "lone_minors": [{"person": 2, "minority_ground": "documents", "told": told, "guardian_appointed": true}],
            "danger_zones": [
                {"level": "forbidden", "department": "93"},
                {"level": "forbidden", "centre": {"lat": 43.6123, "lon": 1.4321}, "radius_km": 12.5},
                {"level": "avoid", "department": "38"},
            ],
            "required": ["cot"], "wished": ["legal_support"], "required_languages": ["fr"], "wished_languages": ["ka", "en"],
            "message": "parle peu", "safety_instructions": "Ne pas ouvrir à un homme seul.", "in_charge": "C. M.", "reference": "DOS-12",
        }),
    )
}

/// The fields of a part as its form shows them: those that stand in the page between the form's beginning and its end.
fn begun(page: &Answer, part: &str) -> Vec<(String, String)> {
    let form = page.text.split(&format!("name=\"part\" value=\"{part}\"")).nth(1).unwrap().split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        tag.split(&format!(" {name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&").to_owned())
    };
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap();
        let is_box = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
        let (name, value) = (attribute(tag, "name"), attribute(tag, "value"));
        if let (Some(name), Some(value)) = (name, value)
            && (!is_box || tag.contains(" checked"))
        {
            fields.push((name, value));
        }
    }
    for area in form.split("<textarea").skip(1) {
        let (tag, rest) = area.split_once('>').unwrap();
        fields.push((attribute(tag, "name").unwrap(), rest.split("</textarea>").next().unwrap().to_owned()));
    }
    for select in form.split("<select").skip(1) {
        let (tag, rest) = select.split_once('>').unwrap();
        let options: Vec<&str> = rest.split("</select>").next().unwrap().split("<option").skip(1).collect();
        let chosen = options.iter().find(|option| option.split('>').next().unwrap().contains(" selected")).or(options.first());
        fields.push((attribute(tag, "name").unwrap(), attribute(chosen.unwrap(), "value").unwrap()));
    }
    fields.retain(|(name, _)| !["seen", "parts", "form", "key", "add"].contains(&name.as_str()));
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What is declared, without what every edit changes.
fn declared(mut stored: Value) -> Value {
    stored.as_object_mut().unwrap().remove("updated_at");
    stored
}

on_both! {
    async fn a_page_tells_who_where_and_what_was_asked_of_whom_with_the_telephone(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let stored = app.own(Role::Referent).post("requests", &full()).await.expect(201);
        let id = stored.id();
        let asked = app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let plain = app.request().await;
        app.ask(&plain, &vacancy, json!({"hold": true})).await.expect(201);
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await.text;
        let alias = stored.body["alias"].as_str().unwrap();
        for shown in [
            alias, "femme 24\u{a0}ans + fils 3\u{a0}ans + fille 15\u{a0}ans, sans parent", "près de Lyon 3e Arrondissement (69)", "exclus\u{a0}: 93, un point près de Toulouse (31) 12,5\u{a0}km", "suivi\u{a0}: C. M.",
            "sans solution depuis", "CRIP du Rhône", "parle peu", "Ne pas ouvrir à un homme seul.", "DOS-12", "lit de bébé", "Expliqué le",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let title = page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
        assert_eq!(title, "La demande · Havre", "nothing about a person stands in a title");
        let mut desk = Desk::of(&app, &plain).await;
        let page = desk.page().await;
        for shown in ["Structure fictive des Tilleuls, Lyon", "href=\"tel:+33199001234\"", words::request::HELD_UNTIL.text(), words::request::ANSWER_BEFORE.text()] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        let structure = app.own(Role::Referent).get(&format!("referrals/{}", asked.id())).await.expect(200);
        assert!(!page.text.contains(structure.body["unit_id"].as_str().unwrap()), "no ids where names are");
        let noted = app.noted("demande").await;
        for request in [&id, &plain] {
            assert!(app.own(Role::Referent).read([request]).is_subset(&noted), "{noted:?}");
        }
        assert_eq!(noted.iter().filter(|(_, _)| true).count(), 3, "two requests and the home: {noted:?}");
        app.ignore_mails();
    }

    async fn a_part_that_is_sent_as_it_stands_changes_nothing(app: TestApp) {
        let id = app.own(Role::Referent).post("requests", &full()).await.expect(201).id();
        let mut desk = Desk::of(&app, &id).await;
        let before = declared(desk.stored(&app).await);
        for part in ["qui", "mineurs", "ou", "dangers", "besoins", "montre", "information"] {
            let page = desk.browser.get(&format!("{}?modifier={part}", desk.path)).await.expect(200);
            let fields = begun(&page, part);
            let answer = desk.send(&page, part, &borrowed(&fields)).await.expect(200);
            assert!(answer.text.contains(&maud_escaped(words::request::SAVED.text())), "{part}: {}", answer.text);
            assert_eq!(declared(desk.stored(&app).await), before, "{part}: {fields:?}");
        }
    }

    async fn each_part_is_edited_in_place_and_no_other_with_it(app: TestApp) {
        let id = app.own(Role::Referent).post("requests", &full()).await.expect(201).id();
        let mut desk = Desk::of(&app, &id).await;
        let mut known = declared(desk.stored(&app).await);
        let mut expect = |change: Value| {
            known = with(known.clone(), change);
            known.clone()
        };
        // The boy leaves: what is known of the girl goes along to her new place.
        let who = [("p1_who", "female_adult"), ("p1_age", "25"), ("p3_who", "female_minor"), ("p3_age", "15"), ("p3_parent", "no"), ("seen_apart", "yes")];
        desk.edit("qui", &who).await.expect(200);
        let stored = declared(desk.stored(&app).await);
        assert_eq!(stored["household"], json!([
            {"gender": "female", "minority": "adult", "age": 25, "with_parent": false, "turns_18_on": null},
            {"gender": "female", "minority": "minor", "age": 15, "with_parent": false, "turns_18_on": "2099-05-04"},
        ]));
        assert_eq!((&stored["lone_minors"][0]["person"], &stored["lone_minors"][0]["told"]["whom"]), (&json!(1), &json!("CRIP du Rhône")));
        expect(json!({"household": stored["household"], "lone_minors": stored["lone_minors"]}));
        desk.edit("ou", &[
            ("place", "Dijon"), ("first_day", &crate::harness::bodies::day(2)), ("today", "2026-01-01"), ("nights", "12"), ("stage", "stabilisation"),
            ("urgency", "urgent"), ("wish", "move_away"), ("min_km", "80"), ("accepts_removal", "true"),
        ]).await.expect(200);
        let stored = declared(desk.stored(&app).await);
        assert_eq!(stored["place"]["department"], "21");
        let place = expect(json!({
            "place": stored["place"], "first_day": crate::harness::bodies::day(2), "nights": 12, "stage": "stabilisation", "urgency": "urgent",
            "distance": {"wish": "move_away", "min_km": 80.0}, "accepts_removal": true,
        }));
        assert_eq!(stored, place);
        // The first zone goes, the circle stays to the metre, another comes.
        desk.edit("dangers", &[("keep", "1"), ("keep", "2"), ("zone", "Marseille"), ("zone_km", "30")]).await.expect(200);
        let stored = declared(desk.stored(&app).await);
        let zones = stored["danger_zones"].as_array().unwrap();
        assert_eq!((zones.len(), &zones[0]["centre"]["lat"], &zones[1]["department"]), (3, &json!(43.6123), &json!("38")), "{zones:?}");
        assert_eq!(zones[2]["radius_km"], 30.0);
        expect(json!({"danger_zones": zones}));
        desk.edit("besoins", &[("living_with", "women"), ("wished", "animals"), ("wished_languages", "ka")]).await.expect(200);
        let needs = json!({"living_with": ["women"], "required": [], "wished": ["animals"], "required_languages": [], "wished_languages": ["ka"]});
        assert_eq!(declared(desk.stored(&app).await), expect(needs));
        desk.edit("montre", &[("message", "Une ligne.\r\nUne autre."), ("safety_instructions", "")]).await.expect(200);
        let shown = json!({"message": "Une ligne. Une autre.", "safety_instructions": null, "reference": null});
        assert_eq!(declared(desk.stored(&app).await), expect(shown));
        desk.edit("information", &[("today", "2026-01-02"), ("information", "not_yet"), ("uninformed", "no_common_language")]).await.expect(200);
        let stored = declared(desk.stored(&app).await);
        assert_eq!(stored["information"], json!({"state": "not_yet", "day": "2026-01-02", "reason": "no_common_language"}));
        assert!(desk.page().await.text.contains("Informer la personne et demander son accord avant"), "asked again when due");
        desk.edit("mineurs", &[
            ("m1_birthday", "2098-01-02"), ("m1_ground", "assessed"), ("m1_authority", "public_prosecutor"), ("m1_whom", "permanence du parquet"),
            ("m1_told_at", "2026-01-20T20:00"), ("m1_reached", "no"), ("m1_assessed_at", "2026-01-21T09:00"), ("m1_decided_by", "juge des enfants"),
            ("m1_view", "hesitates"),
        ]).await.expect(200);
        let stored = desk.stored(&app).await;
        assert_eq!(stored["household"][1]["turns_18_on"], "2098-01-02");
        let minor = &stored["lone_minors"][0];
        assert_eq!((&minor["told"]["authority"], &minor["told"]["reached"], &minor["guardian_appointed"]), (&json!("public_prosecutor"), &json!(false), &json!(false)));
        assert_eq!((&minor["child_view"], &minor["assessment_decided_by"]), (&json!("hesitates"), &json!("juge des enfants")));
        assert_eq!(stored["assessment_due_at"], Value::Null);
        assert_eq!(stored["in_charge"], "C. M.");
        app.ignore_mails();
    }

    async fn what_is_wrong_stands_beside_its_field_and_nothing_is_lost(app: TestApp) {
        let id = app.own(Role::Referent).post("requests", &full()).await.expect(201).id();
        let mut desk = Desk::of(&app, &id).await;
        let before = declared(desk.stored(&app).await);
        let long = "x".repeat(501);
        type Case<'c> = (&'c str, Vec<(&'c str, &'c str)>, &'c str);
        let cases: [Case<'_>; 8] = [
            ("qui", vec![("p1_who", "female_adult"), ("p1_age", "17")], "p1_age-error"),
            ("qui", vec![("p1_who", "female_adult"), ("p2_who", "male_minor"), ("p2_age", "3")], "p2_parent-error"),
            ("ou", vec![("place", "Nulle-Part-sur-Rien"), ("nights", "3"), ("stage", "emergency"), ("urgency", "urgent"), ("first_day", "2026-02-01")], "place-error"),
            ("dangers", vec![("zone", "nulle part du tout")], "zone-error"),
            ("montre", vec![("message", &long)], "message-error"),
            ("montre", vec![("reference", "né le 01/02/1999")], "reference-error"),
            ("information", vec![("information", "given")], "information-error"),
            ("mineurs", vec![("m2_whom", "CRIP")], "m2_whom-error"),
        ];
        for (part, typed, error) in cases {
            let refused = desk.edit(part, &typed).await.expect(422);
            assert!(refused.text.contains(&format!("id=\"{error}\"")), "{part} {error}: {}", refused.text);
            for (_, value) in &typed {
                let kept = [format!("value=\"{value}\""), format!(">{value}<"), format!(">{}<", maud_escaped(value))];
                assert!(kept.iter().any(|kept| refused.text.contains(kept)), "{value} is gone: {}", refused.text);
            }
        }
        let coming = desk.edit("mineurs", &[("m2_birthday", "2020-01-01")]).await;
        assert_eq!(coming.status, 409, "{}", coming.text);
        assert!(coming.text.contains("id=\"m2_birthday-error\""), "{}", coming.text);
        assert_eq!(declared(desk.stored(&app).await), before);
        // One more line is no edit, and keeps what was typed.
        let more = desk.edit("qui", &[("p1_who", "male_adult"), ("p1_age", "41"), ("add", "true")]).await.expect(200);
        assert!(more.text.contains("value=\"41\"") && more.text.contains("name=\"p4_who\""), "{}", more.text);
        assert_eq!(declared(desk.stored(&app).await), before);
        assert!(desk.browser.get(&format!("{}?modifier=tout", desk.path)).await.expect(400).text.contains(words::NOT_FOUND_TITLE.text()));
    }

    async fn an_edit_says_which_places_it_opens_and_closes_and_which_referrals_no_longer_fit(app: TestApp) {
        let lyon = app.vacancy(3).await;
        let id = app.request().await;
        app.ask(&id, &lyon, json!({})).await.expect(201);
        let site = app.site_with(&public_structure("21231", 47.32, 5.04), &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let mut desk = Desk::of(&app, &id).await;
        let wider = [("place", "Lyon (69)"), ("nights", "30"), ("stage", "emergency"), ("urgency", "immediate"), ("wish", "stay_near"), ("max_km", "200"), ("accepts_removal", "true")];
        let first = desk.stored(&app).await["first_day"].as_str().unwrap().to_owned();
        let wider: Vec<_> = wider.into_iter().chain([("first_day", first.as_str())]).collect();
        let opened = desk.edit("ou", &wider).await.expect(200).text;
        assert!(opened.contains("2 à proposer (avant\u{a0}: 1)"), "{opened}");
        assert!(opened.contains(words::request::GAINED.text()) && opened.contains("Côte-d’Or (21)\u{a0}: maintenant au rang 2"), "{opened}");
        assert!(!opened.contains(words::request::LOST.text()) && !opened.contains(words::request::UNFIT.text()), "{opened}");
        let closed = desk.edit("dangers", &[("zone", "69")]).await.expect(200).text;
        assert!(closed.contains(words::request::LOST.text()) && closed.contains("Rhône (69)\u{a0}: était au rang 1"), "{closed}");
        let unfit = closed.split(words::request::UNFIT.text()).nth(1).unwrap_or_else(|| panic!("{closed}")).split("</ul>").next().unwrap();
        assert!(unfit.contains("Structure fictive des Tilleuls, Lyon") && unfit.contains("dans un secteur exclu"), "{unfit}");
        // It stays asked, and what is wrong with it is still there to be seen.
        let page = desk.page().await.text;
        assert!(page.contains("dans un secteur exclu") && page.contains(words::request::NO_LONGER_FITS.text()), "{page}");
        app.ignore_mails();
    }

    async fn who_edits_what_somebody_else_has_changed_meanwhile_is_told_what(app: TestApp) {
        let id = app.request().await;
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.browser.get(&format!("{}?modifier=montre", desk.path)).await.expect(200);
        let referent = app.own(Role::Referent);
        let path = format!("requests/{id}");
        let known = referent.get(&path).await.expect(200);
        referent.put(&path, &known.etag(), &with(request(), json!({"danger_zones": [{"level": "forbidden", "department": "13"}]}))).await.expect(200);
        let refused = desk.send(&page, "montre", &[("message", "Arrive en train.")]).await.expect(412);
        let notice = refused.text.split(&maud_escaped(words::request::CHANGED_SINCE.text())).nth(1).unwrap_or_else(|| panic!("{}", refused.text));
        let notice = notice.split(&maud_escaped(words::request::READ_AND_SAVE.text())).next().unwrap();
        assert!(notice.contains("Bouches-du-Rhône (13)") && notice.contains(words::request::DANGERS.text()), "{notice}");
        assert!(!notice.contains(words::request::NEEDS.text()), "only what changed: {notice}");
        assert!(refused.text.contains("Arrive en train."), "nothing typed is lost: {}", refused.text);
        assert_eq!(desk.stored(&app).await["message"], Value::Null);
        // Read, and sent again.
        desk.send(&refused, "montre", &[("message", "Arrive en train.")]).await.expect(200);
        let stored = desk.stored(&app).await;
        assert_eq!((&stored["message"], &stored["danger_zones"][0]["department"]), (&json!("Arrive en train."), &json!("13")));
    }

    async fn a_lone_minor_is_taken_care_of_on_the_page(app: TestApp) {
        let takes_minors = with(unit(), json!({"doors": ["siao"], "unaccompanied_minors": {"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE 69-2026-1"}}));
        let site = app.site_with(&crate::harness::bodies::structure(), &takes_minors).await;
        let place = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
        let girl = json!({"household": [{"gender": "female", "minority": "minor", "age": 16}]});
        let id = app.own(Role::Referent).post("requests", &with(request(), girl)).await.expect(201).id();
        let asked = app.ask(&id, &place, json!({})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{asked}/accept")).await.expect(200);
        let mut desk = Desk::of(&app, &id).await;
        let page = desk.page().await;
        for shown in [words::request::TELL_PROTECTION.text(), "Évaluer l’intérêt supérieur", words::request::NOBODY_TOLD.text(), words::request::SAID_YES.text()] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        let soon = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).with_timezone(&chrono_tz::Europe::Paris).format("%Y-%m-%dT%H:%M").to_string();
        assert_eq!(desk.browser.press(&page, words::CONFIRM.text(), &[("expected", &soon)]).await.status, 409, "nobody is told");
        desk.edit("mineurs", &[("m0_authority", "child_protection"), ("m0_whom", "CRIP, astreinte"), ("m0_told_at", "2026-01-20T22:00"), ("m0_reached", "no")]).await.expect(200);
        let page = desk.page().await;
        assert!(!page.text.contains(words::request::TELL_PROTECTION.text()) && page.text.contains("essayé\u{a0}: protection de l’enfance, CRIP, astreinte"), "{}", page.text);
        desk.browser.press(&page, words::CONFIRM.text(), &[("expected", &soon)]).await.expect(303);
        assert_eq!(app.own(Role::Referent).get(&format!("referrals/{asked}")).await.expect(200).body["state"], "confirmed");
        app.ignore_mails();
    }
}
