//! Placements cannot be watched (design §5): whoever is no side of them reads the same before and after them, in every list, feed and page of
//! the lower rungs. What fresh rankings tell is printed (`cargo test -p api --test havre_tests watching:: -- --nocapture`).

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use api::domain::Role;
use api::web::operations::{self, Surface};
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, structure, unit, with};
use crate::harness::{Answer, Caller, Site, TestApp, on_both, tools};
use crate::http::pages::Browser;

/// Where people are placed: a commune, and beside it where they are looked for from.
const PLACED: [(&str, f64, f64, &str); 13] = [
    ("69123", 45.76, 4.84, "69"),
    ("75056", 48.85, 2.35, "75"),
    ("13055", 43.3, 5.38, "13"),
    ("31555", 43.6, 1.44, "31"),
    ("44109", 47.22, -1.55, "44"),
    ("67482", 48.58, 7.75, "67"),
    ("33063", 44.84, -0.58, "33"),
    ("59350", 50.63, 3.06, "59"),
    ("35238", 48.11, -1.68, "35"),
    ("06088", 43.7, 7.27, "06"),
    ("34172", 43.61, 3.88, "34"),
    ("38185", 45.19, 5.72, "38"),
    ("63113", 45.78, 3.08, "63"),
];

fn beside((_, lat, lon, department): (&str, f64, f64, &str)) -> Value {
    json!({"place": {"lat": lat, "lon": lon, "department": department}})
}

/// Of which ids a path is asked: those of the homes, and of whom runs them.
fn paths_of(pattern: &str, homes: &[(Site, String)], organisation: &str) -> Vec<String> {
    if !pattern.contains('{') {
        return vec![pattern.to_owned()];
    }
    let filled = homes.iter().map(|(site, vacancy)| {
        pattern
            .replace("{structure_id}", &site.structure)
            .replace("{unit_id}", &site.unit)
            .replace("{vacancy_id}", vacancy)
            .replace("{organisation_id}", organisation)
    });
    filled.filter(|path| !path.contains('{')).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What an answer says, without what is another each time it is asked: the id of the request in a refusal, where a feed begins again, the key and
/// the token of a form, the version of a page that looks again, when a tool or a session was last used and when a sheet was printed.
fn said(path: &str, answer: &Answer) -> String {
    let (status, id) = (answer.status.as_u16(), answer.header("x-request-id"));
    let text = if id.is_empty() { answer.text.clone() } else { answer.text.replace(&id, "") };
    if let Ok(mut body) = serde_json::from_str::<Value>(&text) {
        // The position of the log is everybody's: it tells that somebody, somewhere, did something.
        if path.contains("events") {
            body["next_cursor"] = Value::Null;
        }
        forget(&mut body, "last_used_at");
        return format!("{status} {body}");
    }
    let mut text = without_times(&text);
    // The sheet of a shift says when it was printed, by a clock that goes on meanwhile.
    if path == "/releve"
        && let Some((before, rest)) = text.split_once("<time ")
        && let Some((_, after)) = rest.split_once("</time>")
    {
        text = format!("{before}{after}");
    }
    // Ids of forms are drawn for each page; those of records stay.
    let mut words: Vec<&str> = text.split_inclusive(['<', '>']).collect();
    words.retain(|word| !["name=\"key\"", "name=\"form\"", "data-", "name=key", "name=form"].iter().any(|own| word.contains(own)));
    format!("{status} {}", words.concat())
}

/// The same without a field, wherever it stands.
fn forget(value: &mut Value, field: &str) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != field);
            fields.values_mut().for_each(|value| forget(value, field));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| forget(value, field)),
        _ => {}
    }
}

/// A page without its times of day: `à 9 h 05`, and what a machine reads of them.
fn without_times(text: &str) -> String {
    let mut kept = String::new();
    for (at, part) in text.split("datetime=").enumerate() {
        // What stands in quotes is the instant.
        let part = if at == 0 { part } else { part.splitn(3, '"').nth(2).unwrap_or_default() };
        kept.push_str(part);
    }
    let digits = |letter: char| letter.is_ascii_digit();
    let mut words: Vec<&str> = Vec::new();
    for word in kept.split([' ', '\u{a0}', '\u{202f}']) {
        match words.last() {
            Some(&"h") => {
                words.pop();
                let hour = words.pop().unwrap_or_default();
                words.push(hour.trim_end_matches(digits));
                words.push(word.trim_start_matches(digits));
            }
            _ => words.push(word),
        }
    }
    words.join(" ")
}

/// Everything that a caller reads of the registry and of its feeds, without asking for places: each list both ways and since an instant, each
/// record, each page, and the tags of the records.
async fn watched(
    app: &TestApp,
    (caller, browser): (&Caller, &mut Browser),
    homes: &[(Site, String)],
    since: &str,
) -> BTreeMap<String, (String, String)> {
    let organisation = app.own(Role::Provider).identity().organisation.to_string();
    let mut seen = BTreeMap::new();
    for row in operations::ALL.iter().filter(|row| row.method == Method::GET) {
        // What is read of the auditors' logs is what was done: that is what they are for. The time of day is no record.
        let is_log = ["listAccessLog", "journaux", "verifyLogs"].contains(&row.id);
        // What a stream goes on with is what the list has.
        let lives_on = ["streamEvents", "moves", "getMetrics", "getReadiness", "getHealth"].contains(&row.id);
        if is_log || lives_on || row.path.contains("static") || row.path.contains("docs") || row.path.contains("openapi") {
            continue;
        }
        for path in paths_of(row.path, homes, &organisation) {
            let queries: &[String] = match (row.surface, row.id) {
                (Surface::Api, id) if id.starts_with("list") => {
                    &["?limit=200".to_owned(), "?limit=200&order=newest".to_owned(), format!("?limit=200&updated_since={since}")]
                }
                _ => &[String::new()],
            };
            for query in queries {
                let path = format!("{path}{query}");
                let answer = if row.surface == Surface::Api { caller.get(&path).await } else { browser.get(&path).await };
                // The tag of a page that looks again is the position of the log; that of a record is made of what it says.
                let tag = if row.surface == Surface::Api { answer.etag() } else { String::new() };
                seen.insert(format!("{} {path}", row.id), (said(&path, &answer), tag));
            }
        }
    }
    seen
}

/// Homes all over the country, each with beds.
async fn homes(app: &TestApp) -> Vec<(Site, String)> {
    let mut homes = Vec::new();
    for (commune, ..) in PLACED {
        let site = app
            .site_with(&with(structure(), json!({"commune": commune, "town": null})), &with(unit(), json!({"doors": ["siao"]})))
            .await;
        let body = json!({"beds": 1, "from": "2026-01-01"});
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &body).await.expect(201).id();
        homes.push((site, vacancy));
    }
    homes
}

/// Places somebody in each home, in one of the ways there are to come and not to come; each bed was held and given back before.
async fn place(app: &TestApp, homes: &[(Site, String)]) {
    let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
    for (number, ((_, vacancy), place)) in homes.iter().zip(PLACED).enumerate() {
        let request = referent.post("requests", &with(request(), beside(place))).await.expect(201).id();
        let asked = app.ask(&request, vacancy, json!({"hold": true})).await.expect(201).id();
        let path = format!("referrals/{asked}");
        match number % 5 {
            0 => drop(
                provider
                    .post(&format!("{path}/decline"), &json!({"refusal": {"party": "structure", "code": "group_balance"}}))
                    .await
                    .expect(200),
            ),
            1 => drop(referent.command(&format!("{path}/withdraw")).await.expect(200)),
            _ => {
                provider.command(&format!("{path}/accept")).await.expect(200);
                referent.post(&format!("{path}/confirm"), &app.arrival_in(1)).await.expect(200);
                provider.command(&format!("{path}/arrival")).await.expect(200);
            }
        }
        if number % 5 == 4 {
            provider.post(&format!("{path}/end"), &json!({"reason": "moved_on", "request": "open"})).await.expect(200);
        }
    }
}

/// Which of the homes the rankings from beside each of them propose.
async fn proposed(caller: &Caller) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for place in PLACED {
        let ranking = caller.rank("rank?top=100", Some(&with(ad_hoc_request(), beside(place)))).await.expect(200).body;
        found.extend(ranking["proposals"].as_array().unwrap().iter().map(|one| one["unit_id"].as_str().unwrap().to_owned()));
    }
    found
}

on_both! {
    async fn who_is_no_side_of_placements_reads_the_same_before_and_after_them(app: TestApp) {
        let homes = homes(&app).await;
        // Their keys are used before anybody looks: that somebody works tells of no placement.
        for role in Role::ALL {
            app.own(*role).get("me").await.expect(200);
        }
        // What was written until now is told, to whoever is told of it.
        app.clock().advance(TimeDelta::minutes(1));
        let since = app.clock().now().to_string();
        let mut watchers = Vec::new();
        for role in Role::ALL {
            let caller = app.other(*role);
            let browser = Browser::signed_in(&app, &caller).await;
            watchers.push((*role, caller, browser));
        }
        let mut before = Vec::new();
        for (_, caller, browser) in &mut watchers {
            before.push(watched(&app, (caller, browser), &homes, &since).await);
        }
        let stranger = app.other(Role::Referent);
        let proposed_before = proposed(&stranger).await;
        place(&app, &homes).await;
        app.ignore_mails();
        let (mut told, mut looked) = (Vec::new(), 0);
        for ((role, caller, browser), before) in watchers.iter_mut().zip(&before) {
            let after = watched(&app, (caller, browser), &homes, &since).await;
            looked += after.len();
            for (what, (text, tag)) in &after {
                let (text_before, tag_before) = before.get(what).unwrap_or_else(|| panic!("{role} {what}"));
                // An auditor reads the log of commands: that is what it is for.
                let is_log = *role == Role::Auditor && what.starts_with("listEvents");
                if !is_log && (text, tag) != (text_before, tag_before) {
                    // From shortly before the first sign that differs.
                    let same = text.chars().zip(text_before.chars()).take_while(|(one, other)| one == other).count();
                    let shown = |text: &str| text.chars().skip(same.saturating_sub(80)).take(300).collect::<String>();
                    told.push(format!("{role} {what}\n  before {tag_before} {}\n  after  {tag} {}", shown(text_before), shown(text)));
                }
            }
        }
        assert!(looked > 500, "{looked}");
        assert!(told.is_empty(), "{} of {looked} answers tell of placements:\n{}", told.len(), told.join("\n"));
        let proposed_after = proposed(&stranger).await;
        let gone: Vec<_> = proposed_before.difference(&proposed_after).collect();
        tools::show(&format!(
            "placements: {}; lists, feeds and pages read by {} accounts that are no side: {looked} answers, none of them changed; \
             fresh rankings name {} homes whose last bed is gone, after {} rankings",
            PLACED.len(),
            watchers.len(),
            gone.len(),
            2 * PLACED.len()
        ));
    }
}
