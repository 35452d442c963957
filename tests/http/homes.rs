//! *Mes structures*: homes and groups of places made, corrected and ended on the pages, as over the API.

use api::domain::{ReferralState, Role};
use api::web::pages::words::{form, homes as words};
use serde_json::{Value, json};

use super::pages::{Browser, maud_escaped};
use crate::harness::bodies::{structure, unit, with};
use crate::harness::{Answer, Caller, TestApp, on_both};

/// What stands in the form that is sent to a path, as a browser would send it: boxes that are ticked, options that are chosen.
fn filled(page: &Answer, action: &str) -> Vec<(String, String)> {
    let from = page.text.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form to {action}: {}", page.text));
    let form = page.text[from..].split("</form>").next().unwrap();
    let unescaped = |text: &str| text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let attribute =
        |tag: &str, name: &str| tag.split(&format!(" {name}=\"")).nth(1).map(|rest| unescaped(rest.split('"').next().unwrap()));
    let mut sent = Vec::new();
    for input in form.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap();
        let is_box = ["checkbox", "radio"].iter().any(|sort| tag.contains(&format!("type=\"{sort}\"")));
        if !is_box || tag.contains(" checked") {
            sent.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_else(|| "on".to_owned())));
        }
    }
    for select in form.split("<select").skip(1) {
        let (tag, options) = select.split("</select>").next().unwrap().split_once('>').unwrap();
        let chosen = options.split("<option").find(|option| option.split('>').next().unwrap().contains(" selected"));
        let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap();
        sent.push((attribute(tag, "name").unwrap(), attribute(chosen, "value").unwrap()));
    }
    for area in form.split("<textarea").skip(1) {
        let (tag, rest) = area.split_once('>').unwrap();
        sent.push((attribute(tag, "name").unwrap(), unescaped(rest.split("</textarea>").next().unwrap())));
    }
    sent
}

/// Sends the form of a page with some fields typed anew; a field that is typed more than once is a set.
async fn send(browser: &mut Browser, page: &Answer, action: &str, typed: &[(&str, &str)]) -> Answer {
    let stands = filled(page, action);
    let kept = stands.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kept = kept.filter(|(name, _)| !typed.iter().any(|(typed, _)| typed == name));
    let all: Vec<_> = kept.chain(typed.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
    browser.post_alone(action, &all).await
}

/// What an edit may change of a record: all but its times.
fn declared(record: &Value) -> Value {
    let mut record = record.clone();
    for time in ["created_at", "updated_at"] {
        record.as_object_mut().unwrap().remove(time);
    }
    record
}

/// The newest structure of one's own.
async fn newest(provider: &Caller) -> Value {
    provider.get("structures?order=newest&limit=1").await.expect(200).body["items"][0].clone()
}

async fn people_there(app: &TestApp) -> String {
    let vacancy = app.vacancy(1).await;
    app.referral_in(&vacancy, ReferralState::Confirmed).await;
    let unit = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.expect(200).body["unit_id"].clone();
    unit.as_str().unwrap().to_owned()
}

on_both! {
    async fn a_structure_is_made_and_its_week_is_tapped(app: TestApp) {
        let provider = app.own(Role::Provider);
        let mut browser = Browser::signed_in(&app, &provider).await;
        let empty = browser.get("/structures/nouvelle").await.expect(200);
        let number = |field: &str| format!("/trafficking_contact/numbers/0/{field}");
        let (label, phone, hours) = (number("label"), number("phone"), number("hours"));
        let mut week = Vec::new();
        for day in ["Mo", "Tu", "We", "Th", "Fr"] {
            week.push((format!("{hours}#{day}0from"), "09:00"));
            week.push((format!("{hours}#{day}0to"), "12:00"));
            week.push((format!("{hours}#{day}1from"), "14:00"));
            week.push((format!("{hours}#{day}1to"), "18:00"));
        }
        week.push((format!("{hours}#Sa0from"), "22:00"));
        week.push((format!("{hours}#Sa0to"), "06:00"));
        week.push((format!("{hours}#holidays-off"), "on"));
        let mut typed = vec![("/name", "Structure fictive du Quai"), ("/commune", "Saint-Denis (93)"), (&*label, "référente traite"), (&*phone, "01 99 00 12 34"),
            ("/trafficking_contact/email", "quai@example.org"), ("/meeting_point", "Devant la gare"), ("/gives_address", "yes"), ("/address", "1 rue Inventée")];
        typed.extend(week.iter().map(|(name, value)| (name.as_str(), *value)));
        let made = send(&mut browser, &empty, "/structures", &typed).await.expect(303);
        let record = newest(&provider).await;
        assert!(made.header("location").ends_with(record["id"].as_str().unwrap()));
        assert_eq!((&record["commune"], &record["department"], &record["confidential"]), (&json!("93066"), &json!("93"), &json!(true)));
        let said = &record["trafficking_contact"]["numbers"];
        assert_eq!(said, &json!([{"label": "référente traite", "phone": "+33199001234", "hours": "Mo-Fr 09:00-12:00,14:00-18:00; Sa 22:00-06:00; PH off"}]));
        let list = browser.get("/structures").await.expect(200);
        assert!(list.text.contains("Structure fictive du Quai") && list.text.contains(words::NO_UNITS.text()), "{}", list.text);
    }

    async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(app: TestApp) {
        let provider = app.own(Role::Provider);
        let mut browser = Browser::signed_in(&app, &provider).await;
        let empty = browser.get("/structures/nouvelle").await.expect(200);
        let typed = [("/name", "Structure fictive du Quai"), ("/commune", "Saint-Denis"), ("/finess", "690000014"), ("/trafficking_contact/numbers/0/phone", "01 99")];
        let refused = send(&mut browser, &empty, "/structures", &typed).await.expect(422);
        for said in [form::FIX_FIELDS.text(), words::COMMUNE_WRONG.text(), form::WHICH_COMMUNE.text(), words::FINESS_WRONG.text(), words::PHONE_WRONG.text(), "Saint-Denis (93)", "Saint-Denis (974)"] {
            assert!(refused.text.contains(&*maud_escaped(said)), "{said}: {}", refused.text);
        }
        for kept in ["Structure fictive du Quai", "690000014", "01 99"] {
            assert!(refused.text.contains(&format!("value=\"{kept}\"")), "{kept}: {}", refused.text);
        }
        let again = [("/commune#chosen", "97411"), ("/finess", ""), ("/trafficking_contact/numbers/0/phone", "0262 99 00 12")];
        send(&mut browser, &refused, "/structures", &again).await.expect(303);
        assert_eq!(newest(&provider).await["department"], "974");
    }

    async fn a_number_that_names_another_structure_is_said_beside_it(app: TestApp) {
        let provider = app.own(Role::Provider);
        provider.post("structures", &with(structure(), json!({"finess": "690000013"}))).await.expect(201);
        let mut browser = Browser::signed_in(&app, &provider).await;
        let empty = browser.get("/structures/nouvelle").await.expect(200);
        let typed = [("/name", "Structure fictive du Quai"), ("/commune", "69123"), ("/finess", "690000013")];
        let refused = send(&mut browser, &empty, "/structures", &typed).await.expect(409);
        assert!(refused.text.contains(&*maud_escaped(words::FINESS_WRONG.text())) && refused.text.contains("value=\"690000013\""), "{}", refused.text);
    }

    async fn what_is_sent_back_unchanged_changes_nothing(app: TestApp) {
        let provider = app.own(Role::Provider);
        let contact = json!({"numbers": [{"label": "accueil", "phone": "01 99 00 12 34", "hours": "Mo-Su 08:00-20:00"},
            {"label": "nuit", "phone": "01 99 00 12 35", "hours": "sunrise-sunset"}], "email": "tilleuls@example.org"});
        let whole = with(structure(), json!({"point": {"lat": 45.7589, "lon": 4.8414}, "town": "Lyon & alentour", "siret": null,
            "trafficking_contact": contact, "meeting_point": "Devant la \"gare\", <nord>", "gives_address": true, "address": "1 rue Inventée"}));
        let made = provider.post("structures", &whole).await.expect(201);
        let path = format!("structures/{}", made.id());
        let mut browser = Browser::signed_in(&app, &provider).await;
        let page = browser.get(&format!("/{path}")).await.expect(200);
        assert!(!page.text.contains("rue Inventée"), "an address is never shown: {}", page.text);
        send(&mut browser, &page, &format!("/{path}"), &[]).await.expect(303);
        assert_eq!(declared(&provider.get(&path).await.expect(200).body), declared(&made.body));
        let profile = with(unit(), json!({"kind": "minors_home", "adult_ages": null, "setting": "women", "max_household": 3, "places": 12, "doors": ["child_protection", "siao"],
            "unaccompanied_minors": {"min_age": 13, "max_age": 20, "genders": ["female", "other"], "accreditation": "ASE 69"}, "children": {"max_age": 12, "boys_max_age": 6},
            "specialised": true, "removal_only": true, "admission_days": 3, "languages": ["fr", "pcm"], "conditions": ["abstinence"], "unlawful_conditions": ["complaint_filed"],
            "steps": ["interview", "visit"], "holds_before_answer": false, "answering_hours": "Mo-Fr 09:00-18:00; PH off"}));
        let made = provider.post(&format!("{path}/units"), &profile).await.expect(201);
        let path = made.id();
        let page = browser.get(&format!("/groupes/{path}")).await.expect(200);
        send(&mut browser, &page, &format!("/groupes/{path}"), &[]).await.expect(303);
        let after = provider.get(&format!("units/{path}")).await.expect(200).body;
        let sets = |record: &Value| {
            let mut record = declared(record);
            for value in record.as_object_mut().unwrap().values_mut().chain([]) {
                if let Some(all) = value.as_array_mut() {
                    all.sort_by_key(Value::to_string);
                }
            }
            record
        };
        assert_eq!(sets(&after), sets(&made.body));
    }

    async fn an_old_page_changes_nothing_and_an_address_stays(app: TestApp) {
        let provider = app.own(Role::Provider);
        let made = provider.post("structures", &with(structure(), json!({"address": "1 rue Inventée", "gives_address": true}))).await.expect(201);
        let path = format!("/structures/{}", made.id());
        let mut browser = Browser::signed_in(&app, &provider).await;
        let old = browser.get(&path).await.expect(200);
        send(&mut browser, &old, &path, &[("/town", "Villeurbanne")]).await.expect(303);
        send(&mut browser, &old, &path, &[("/town", "Villeurbanne")]).await.expect(303);
        let stale = send(&mut browser, &old, &path, &[("/name", "Un autre nom")]).await.expect(412);
        assert!(stale.text.contains(&*maud_escaped(form::OLD_PAGE.text())) && stale.text.contains("value=\"Villeurbanne\""), "{}", stale.text);
        assert_eq!(newest(&provider).await["name"], "Structure fictive des Tilleuls");
        send(&mut browser, &stale, &path, &[("/name", "Un autre nom")]).await.expect(303);
        assert_eq!(newest(&provider).await["name"], "Un autre nom");
    }

    async fn a_group_of_places_is_made_corrected_and_ended(app: TestApp) {
        let provider = app.own(Role::Provider);
        let home = provider.post("structures", &structure()).await.expect(201).id();
        let mut browser = Browser::signed_in(&app, &provider).await;
        let action = format!("/structures/{home}/groupes");
        let empty = browser.get(&format!("{action}/nouveau")).await.expect(200);
        let typed = [("/stages", "emergency"), ("/genders", "female"), ("/max_household", "3"), ("/places", "6"), ("/unaccompanied_minors", "yes"),
            ("/unaccompanied_minors/min_age", "13"), ("/unaccompanied_minors/max_age", "17"), ("/unaccompanied_minors/genders", "female"), ("/doors", "direct")];
        let refused = send(&mut browser, &empty, &action, &typed).await.expect(409);
        assert!(refused.text.contains(&*maud_escaped(words::DOORS_WRONG.text())) || refused.text.contains(&*maud_escaped(words::MINORS_WRONG.text())), "{}", refused.text);
        send(&mut browser, &refused, &action, &[("/doors", "child_protection")]).await.expect(303);
        let made = provider.get(&format!("units?structure_id={home}")).await.expect(200).body["items"][0].clone();
        assert_eq!((&made["places"], &made["languages"], &made["holds_before_answer"]), (&json!(6), &json!(["fr"]), &json!(true)));
        let path = format!("/groupes/{}", made["id"].as_str().unwrap());
        let page = browser.get(&path).await.expect(200);
        send(&mut browser, &page, &path, &[("/places", "8")]).await.expect(303);
        let page = browser.get(&path).await.expect(200);
        send(&mut browser, &page, &format!("{path}/fin"), &[]).await.expect(303);
        assert!(browser.get("/structures").await.expect(200).text.contains(words::NO_UNITS.text()), "it is listed no more");
        let busy = people_there(&app).await;
        let page = browser.get(&format!("/groupes/{busy}")).await.expect(200);
        let refused = send(&mut browser, &page, &format!("/groupes/{busy}/fin"), &[]).await.expect(409);
        assert!(refused.text.contains(&*maud_escaped(words::PEOPLE_THERE.text())), "{}", refused.text);
        app.ignore_mails();
    }
}
