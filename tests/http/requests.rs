//! Requests: kept by an organisation, invisible to every other but one that it is lent to; and what becomes of them.

use std::collections::BTreeSet;

use api::domain::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, organisation, request, with, without};
use crate::harness::{TestApp, on_both};

/// The day so many days from now, by the calendar of Paris.
fn day(app: &TestApp, days: i64) -> String {
    let then = app.clock().now().plus(TimeDelta::days(days)).utc();
    then.with_timezone(&chrono_tz::Europe::Paris).date_naive().to_string()
}

on_both! {
    async fn is_created_read_edited_listed_and_closed(app: TestApp) {
        let referent = app.own(Role::Referent);
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        assert_eq!(created.header("location"), format!("/api/v1/{path}"));
        assert_eq!((&created.body["state"], &created.body["couple"]), (&json!("open"), &json!(false)));
        assert_eq!(created.body["household"][0]["with_parent"], false);

        let edited = with(request(), json!({"urgency": "planned", "danger_zones": [{"level": "forbidden", "department": "93"}]}));
        let edited = referent.put(&path, &created.etag(), &edited).await.expect(200);
        assert_eq!(edited.body["danger_zones"], json!([{"level": "forbidden", "department": "93"}]));
        referent.put(&path, &created.etag(), &request()).await.refused(412, "etag_mismatch");

        referent.command(&format!("{path}/close")).await.refused(400, "unreadable_body");
        referent.post(&format!("{path}/close"), &json!({})).await.refused(422, "invalid_body");
        let closed = referent.post(&format!("{path}/close"), &json!({"reason": "unreachable"})).await.expect(200);
        assert_eq!((&closed.body["state"], &closed.body["close_reason"]), (&json!("closed"), &json!("unreachable")));
        assert_ne!(closed.body["closed_at"], Value::Null);
        referent.post(&format!("{path}/close"), &json!({"reason": "other"})).await.refused(409, "request_closed");
        referent.put(&path, &edited.etag(), &request()).await.refused(409, "request_closed");
        assert_eq!(referent.get(&path).await.expect(200).body, closed.body);
    }

    async fn lists_narrow_by_every_filter(app: TestApp) {
        let referent = app.own(Role::Referent);
        let a = referent.post("requests", &request()).await.expect(201).id();
        let b = with(request(), json!({"stage": "integration", "urgency": "planned", "place": {"lat": 41.92, "lon": 8.74, "department": "2A"}}));
        let b = referent.post("requests", &b).await.expect(201).id();
        referent.post(&format!("requests/{b}/close"), &json!({"reason": "other"})).await.expect(200);
        app.other(Role::Referent).post("requests", &request()).await.expect(201);
        for (query, expected) in [
            ("", vec![&a, &b]),
            ("state=open", vec![&a]),
            ("state=closed", vec![&b]),
            ("state=placed", vec![]),
            ("stage=integration", vec![&b]),
            ("urgency=immediate", vec![&a]),
            ("department=2A", vec![&b]),
            ("department=2A&state=open", vec![]),
        ] {
            let found = app.walk(&referent, &format!("requests?{query}"), 1).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        }
        referent.get("requests?name=x").await.refused(400, "invalid_parameter");
    }

    async fn contradictions_are_named(app: TestApp) {
        let referent = app.own(Role::Referent);
        let adult = json!({"gender": "female", "minority": "adult", "age": 24});
        let before = app.row_counts();
        for (change, pointer) in [
            (json!({"couple": true}), "/couple"),
            (json!({"household": [{"gender": "male", "minority": "adult", "age": 12}]}), "/household/0/age"),
            (json!({"household": [adult, {"gender": "male", "minority": "minor", "age": 18}]}), "/household/1/age"),
            (json!({"household": [{"gender": "male", "minority": "adult", "with_parent": true}]}), "/household/0/with_parent"),
            (json!({"household": [{"gender": "male", "minority": "minor", "age": 4, "with_parent": true}]}), "/household/0/with_parent"),
            (json!({"distance": {"wish": "move_away", "max_km": 5}}), "/distance/max_km"),
            (json!({"distance": {"wish": "indifferent", "min_km": 5}}), "/distance/min_km"),
            (json!({"danger_zones": [{"level": "avoid"}]}), "/danger_zones/0/department"),
            (json!({"danger_zones": [{"level": "avoid", "department": "93", "radius_km": 2}]}), "/danger_zones/0/department"),
            (json!({"danger_zones": [{"level": "avoid", "centre": {"lat": 1, "lon": 2}}]}), "/danger_zones/0/radius_km"),
        ] {
            for (path, body) in [("requests", request()), ("rank", ad_hoc_request())] {
                let refused = referent.post(path, &with(body, change.clone())).await.refused(409, "contradiction");
                assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{change}");
            }
        }
        assert_eq!(app.row_counts(), before);
    }

    async fn a_place_or_a_zone_far_from_every_department_is_refused(app: TestApp) {
        let referent = app.own(Role::Referent);
        let place = |lat: f64, lon: f64, department: &str| json!({"place": {"lat": lat, "lon": lon, "department": department}});
        let circle = |lat: f64, lon: f64, radius_km: f64| json!({"level": "forbidden", "centre": {"lat": lat, "lon": lon}, "radius_km": radius_km});
        let zone = |lat: f64, lon: f64, radius_km: f64| json!({"danger_zones": [circle(lat, lon, radius_km)]});
        let stored = referent.post("requests", &request()).await.expect(201).id();
        let before = app.row_counts();
        for (change, pointers) in [
            // Swapped, a wrong sign, abroad, at sea.
            (place(4.84, 45.76, "69"), vec!["/place"]),
            (place(45.76, -4.84, "69"), vec!["/place"]),
            (place(-45.76, 4.84, "69"), vec!["/place"]),
            (place(55.45, -20.88, "974"), vec!["/place"]),
            (place(51.5, -0.12, "62"), vec!["/place"]),
            (place(0.0, 0.0, "75"), vec!["/place"]),
            // In France, and not where it says: its crossings would be judged from one place and its distances from another.
            (place(45.76, 4.84, "974"), vec!["/place/department"]),
            (place(48.85, 2.35, "2A"), vec!["/place/department"]),
            (zone(4.84, 45.76, 20.0), vec!["/danger_zones/0/centre"]),
            (zone(45.76, -4.84, 20.0), vec!["/danger_zones/0/centre"]),
            (zone(0.0, 0.0, 1500.0), vec!["/danger_zones/0/centre"]),
            (zone(45.76, 4.84, 1500.5), vec!["/danger_zones/0/radius_km"]),
            (zone(45.76, 4.84, 1_000_000.0), vec!["/danger_zones/0/radius_km"]),
            (zone(4.84, 45.76, 999_999.0), vec!["/danger_zones/0/centre", "/danger_zones/0/radius_km"]),
            (
                json!({"place": place(4.84, 45.76, "69")["place"], "danger_zones": [circle(45.76, 4.84, 5.0), circle(4.84, 45.76, 5.0)], "couple": true}),
                vec!["/couple", "/place", "/danger_zones/1/centre"],
            ),
        ] {
            for (path, body) in [("requests".to_owned(), request()), ("rank".to_owned(), ad_hoc_request()), (format!("requests/{stored}"), request())] {
                let body = with(body, change.clone());
                let answer = if path.ends_with(&stored) { referent.put(&path, "*", &body).await } else { referent.post(&path, &body).await };
                let refused = answer.refused(409, "contradiction");
                let named: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
                assert_eq!(named, pointers, "{path} {change}");
            }
        }
        assert_eq!(app.row_counts(), before);
        for near in [
            // Over a border, off a coast, in the forest of French Guiana, on every land.
            place(46.20, 6.15, "74"),
            place(48.6, -5.3, "29"),
            place(3.4, -53.6, "973"),
            place(41.92, 8.74, "2A"),
            place(46.78, -56.17, "975"),
            place(17.90, -62.83, "977"),
            place(18.07, -63.08, "978"),
            place(-12.78, 45.23, "976"),
            // The station of a town beside one's department.
            place(46.3, 4.84, "69"),
            zone(45.76, 4.84, 1500.0),
            zone(46.20, 6.15, 0.5),
            zone(51.5, -0.12, 150.0),
            json!({"danger_zones": [{"level": "forbidden", "department": "93"}]}),
        ] {
            referent.rank("rank", Some(&with(ad_hoc_request(), near.clone()))).await.expect(200);
        }
    }

    async fn no_other_organisation_edits_closes_or_ranks_a_request(app: TestApp) {
        let (owner, edit) = (app.own(Role::Referent), with(request(), json!({"nights": 3})));
        let (twin, id) = (owner.post("requests", &request()).await.expect(201).id(), owner.post("requests", &request()).await.expect(201).id());
        owner.put(&format!("requests/{twin}"), "*", &edit).await.expect(200);
        owner.rank(&format!("requests/{twin}/rank"), None).await.expect(200);
        owner.post(&format!("requests/{twin}/close"), &json!({"reason": "other"})).await.expect(200);
        let (path, before) = (format!("requests/{id}"), app.row_counts());
        let read = owner.get(&path).await.expect(200).body;
        for role in [Role::Referent, Role::Partner] {
            let stranger = app.other(role);
            stranger.get(&path).await.refused(404, "not_found");
            stranger.put(&path, "*", &edit).await.refused(404, "not_found");
            stranger.rank(&format!("{path}/rank"), None).await.refused(404, "not_found");
            stranger.post(&format!("{path}/close"), &json!({"reason": "other"})).await.refused(404, "not_found");
        }
        assert_eq!(app.row_counts(), before);
        assert_eq!(owner.get(&path).await.expect(200).body, read);
        assert_eq!(app.noted("getRequest").await, owner.read([&id]), "what was refused was read by nobody");
    }

    async fn a_person_was_informed_or_it_says_why_not(app: TestApp) {
        let referent = app.own(Role::Referent);
        let given = request()["information"].clone();
        let not_yet = json!({"state": "not_yet", "day": "2026-01-01", "reason": "unable"});
        for (information, pointer) in [
            (json!(null), "/information"),
            (json!([]), "/information"),
            (json!({}), "/information/state"),
            (json!({"state": "given"}), "/information/day"),
            (json!({"state": "perhaps", "day": "2026-01-01"}), "/information/state"),
            (without(given.clone(), "shared"), "/information/shared"),
            (without(given.clone(), "language"), "/information/language"),
            (with(given.clone(), json!({"language": null})), "/information/language"),
            (with(given.clone(), json!({"language": "xx"})), "/information/language"),
            (with(given.clone(), json!({"shared": ["household"]})), "/information/shared/0"),
            (with(given.clone(), json!({"reason": "unable"})), "/information"),
            (without(not_yet.clone(), "reason"), "/information/reason"),
            (with(not_yet.clone(), json!({"reason": "because"})), "/information/reason"),
            (with(not_yet.clone(), json!({"language": "en"})), "/information"),
            (with(not_yet.clone(), json!({"shared": []})), "/information"),
        ] {
            let refused = referent.post("requests", &with(request(), json!({"information": information}))).await.refused(422, "invalid_body");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{information}: {}", refused.text);
        }
        referent.post("requests", &ad_hoc_request()).await.refused(422, "invalid_body");
        referent.post("requests", &with(request(), json!({"legal_basis": {}}))).await.refused(422, "invalid_body");
        for information in [given, not_yet] {
            let stored = referent.post("requests", &with(request(), json!({"information": information}))).await.expect(201).body;
            assert_eq!(stored["information"], information);
        }
        let ahead = json!({"state": "not_yet", "day": day(&app, 3), "reason": "no_time"});
        let refused = referent.post("requests", &with(request(), json!({"information": ahead}))).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"][0]["pointer"], "/information/day");
    }

    async fn who_was_not_informed_is_asked_again_within_a_day(app: TestApp) {
        let referent = app.own(Role::Referent);
        let not_yet = |day: &str| json!({"state": "not_yet", "day": day, "reason": "no_common_language"});
        let body = with(request(), json!({"information": not_yet("2026-01-01")}));
        let stored = referent.post("requests", &body).await.expect(201);
        let path = format!("requests/{}", stored.id());
        let due = app.clock().now().plus(TimeDelta::hours(24)).to_string();
        assert_eq!(stored.body["information_due_at"].as_str().unwrap()[..16], due[..16]);
        let told = |mails: &[api::work::mail::Mail]| mails.iter().map(|mail| (mail.to.clone(), mail.text.lines().next().unwrap().to_owned())).collect::<Vec<_>>();
        let line = format!("Demande {}", stored.body["alias"].as_str().unwrap());
        app.clock().advance(TimeDelta::hours(15));
        // An edit of something else begins nothing anew.
        let edited = referent.put(&path, "*", &with(body.clone(), json!({"nights": 3}))).await.expect(200).body;
        assert_eq!(edited["information_due_at"], stored.body["information_due_at"]);
        assert_eq!(told(&app.mails()), []);
        app.clock().advance(TimeDelta::hours(1));
        assert_eq!(told(&app.mails()), [("own@example.org".to_owned(), line.clone())]);
        app.clock().advance(TimeDelta::hours(48));
        assert_eq!(told(&app.mails()), [], "reminded once");
        let events = referent.get("events").await.expect(200).body;
        let last = events["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["command"], &last["record_id"]), (&json!("remindOfRequest"), &json!(stored.id())));
        // Asked again in vain: another day, and another reminder.
        let again = referent.put(&path, "*", &with(request(), json!({"information": not_yet("2026-01-02")}))).await.expect(200).body;
        assert_ne!(again["information_due_at"], stored.body["information_due_at"]);
        app.clock().advance(TimeDelta::hours(16));
        assert_eq!(told(&app.mails()), [("own@example.org".to_owned(), line)]);
        let informed = referent.put(&path, "*", &request()).await.expect(200).body;
        assert_eq!(informed["information_due_at"], json!(null));
        // Of a request that was closed nobody is reminded.
        let other = referent.post("requests", &body).await.expect(201).id();
        referent.post(&format!("requests/{other}/close"), &json!({"reason": "mistake"})).await.expect(200);
        app.clock().advance(TimeDelta::hours(30));
        assert_eq!(told(&app.mails()), []);
    }

    async fn a_lone_minor_is_assessed_within_three_days(app: TestApp) {
        let referent = app.own(Role::Referent);
        let girl = json!({"gender": "female", "minority": "presumed_minor", "age": null});
        let body = |known: Value| with(request(), json!({"household": [girl], "lone_minors": [with(json!({"person": 0}), known)]}));
        let stored = referent.post("requests", &body(json!({}))).await.expect(201);
        let due = app.clock().now().plus(TimeDelta::hours(72)).to_string();
        assert_eq!(stored.body["assessment_due_at"].as_str().unwrap()[..16], due[..16]);
        assert_eq!(stored.body["warnings"], json!(["guardian_missing"]));
        app.clock().advance(TimeDelta::hours(48));
        assert_eq!(app.mails().len(), 1);
        let decided = json!({"assessment_recorded_at": app.clock().now().to_string(), "assessment_decided_by": "juge des enfants", "child_view": "agrees",
            "guardian_appointed": true});
        let edited = referent.put(&format!("requests/{}", stored.id()), "*", &body(decided)).await.expect(200).body;
        assert_eq!((&edited["assessment_due_at"], &edited["warnings"]), (&json!(null), &json!([])));
        let told = json!({"told": {"authority": "police", "whom": "x", "at": "2026-01-01T10:00:00Z", "reached": true}});
        let refused = referent.post("requests", &body(told)).await.refused(422, "invalid_body");
        assert_eq!(refused.body["errors"][0]["pointer"], "/lone_minors/0/told/authority");
    }

    async fn she_may_take_back_what_she_agreed_to(app: TestApp) {
        let (referent, provider) = (app.own(Role::Referent), app.own(Role::Provider));
        let (vacancy, other) = (app.vacancy(9).await, app.vacancy(9).await);
        let told = json!({"message": "elle arrive par le train", "safety_instructions": "ne pas ouvrir", "reference": "DOS-12", "in_charge": "C. M.",
            "danger_zones": [{"level": "forbidden", "department": "93"}]});
        let created = referent.post("requests", &with(request(), told)).await.expect(201);
        let path = format!("requests/{}", created.id());
        referent.post(&format!("{path}/notes"), &json!({"text": "a peur du frère"})).await.expect(200);
        let confirmed = app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id();
        let refused = app.ask(&created.id(), &other, json!({})).await.expect(201).id();
        let said = json!({"refusal": {"party": "person", "code": "other", "text": "parle trop fort", "effect": "none"}});
        referent.post(&format!("referrals/{refused}/withdraw"), &said).await.expect(200);
        provider.command(&format!("referrals/{confirmed}/accept")).await.expect(200);
        referent.post(&format!("referrals/{confirmed}/confirm"), &app.arrival_in(3)).await.expect(200);
        let held = app.ask(&created.id(), &other, json!({"hold": true})).await.expect(201).id();
        app.ignore_mails();
        assert_eq!((app.beds(&vacancy).await, app.beds(&other).await), ((9, 1), (9, 1)));

        let key = "une-seule-fois";
        let withdraw = async || {
            let command = format!("{path}/withdraw-agreement");
            referent.send(actix_web::http::Method::POST, &command, &[("idempotency-key", key)], None).await
        };
        let erased = withdraw().await.expect(200).body;
        assert_eq!((&erased["id"], &erased["standing_referral_ids"]), (&json!(created.id()), &json!([confirmed])));
        assert_eq!(withdraw().await.expect(200).body, erased, "a repeat says the same");
        assert_eq!((app.beds(&vacancy).await, app.beds(&other).await), ((9, 1), (9, 0)));
        for gone in [path.clone(), format!("{path}/keep-apart-links")] {
            referent.get(&gone).await.refused(404, "not_found");
        }
        referent.command(&format!("{path}/reopen")).await.refused(404, "not_found");
        assert_eq!(app.walk(&referent, "requests", 10).await, Vec::<String>::new());
        assert_eq!(referent.get(&format!("referrals/{held}")).await.expect(200).body["state"], "withdrawn");
        for caller in [&referent, &provider] {
            let stands = caller.get(&format!("referrals/{confirmed}")).await.expect(200).body;
            assert_eq!((&stands["state"], &stands["asks_for"]["people"]), (&json!("confirmed"), &json!(1)));
            let others = stands["asks_for"].as_object().unwrap().iter().filter(|(field, value)| *field != "people" && !value.is_null());
            assert_eq!(others.count(), 0, "{stands}");
        }
        // Nothing of her is left in the database, and what a copy of it holds opens no more.
        assert_eq!(app.count("SELECT count(*) AS n FROM requests WHERE content IS NOT NULL"), 0);
        assert_eq!(app.count("SELECT count(*) AS n FROM refusals WHERE text IS NOT NULL"), 0);
        app.ignore_mails();
        let lost = api::domain::ids::RequestId(created.id().parse().unwrap());
        assert_eq!(app.db().keys().lacking(&[lost]).unwrap(), [lost]);
        // The stay begins and ends as if nothing had happened.
        provider.command(&format!("referrals/{confirmed}/arrival")).await.expect(200);
        provider.post(&format!("referrals/{confirmed}/end"), &json!({"reason": "left", "request": "open"})).await.expect(200);
        referent.get(&path).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn an_alias_is_drawn_and_changed_in_one_tap(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut seen = BTreeSet::new();
        for _ in 0..40 {
            let alias = referent.post("requests", &request()).await.expect(201).body["alias"].as_str().unwrap().to_owned();
            let (word, number) = alias.split_once(' ').unwrap();
            assert!(word.chars().next().unwrap().is_uppercase() && (200..=899).contains(&number.parse::<u16>().unwrap()), "{alias}");
            assert!(seen.insert(alias));
        }
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        let changed = referent.command(&format!("{path}/alias")).await.expect(200);
        assert_ne!(changed.body["alias"], created.body["alias"]);
        assert_eq!(changed.etag(), created.etag(), "nothing that is declared has changed");
        let alias = changed.body["alias"].as_str().unwrap();
        for typed in [alias.to_lowercase(), alias.to_uppercase(), alias.replace(['é', 'è', 'ê'], "e")] {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("alias", &typed).finish();
            let found = app.walk(&referent, &format!("requests?{query}"), 1).await;
            assert_eq!(found, [created.id()], "{typed}");
            assert_eq!(app.walk(&app.other(Role::Referent), &format!("requests?{query}"), 1).await, Vec::<String>::new());
        }
        // A word that is in no list is nobody's alias.
        assert_eq!(app.walk(&referent, "requests?alias=Marie%20412", 1).await, Vec::<String>::new());
        for wrong in ["Galet%20199", "Galet%20900", "Galet", "412", "Galet%20412%20x"] {
            referent.get(&format!("requests?alias={wrong}")).await.refused(400, "invalid_parameter");
        }
        referent.post(&format!("{path}/close"), &json!({"reason": "other"})).await.expect(200);
        referent.command(&format!("{path}/alias")).await.refused(409, "request_closed");
    }

    async fn an_alias_in_use_is_nobody_else_s(app: TestApp) {
        let referent = app.own(Role::Referent);
        let created = referent.post("requests", &request()).await.expect(201);
        let other = referent.post("requests", &request()).await.expect(201);
        let alias = created.body["alias"].as_str().unwrap().to_owned();
        let take = format!("UPDATE requests SET alias = '{alias}' WHERE alias = '{}'", other.body["alias"].as_str().unwrap());
        app.try_sql(&take).unwrap_err();
        // Given to another long after it was closed, it is changed when the request is opened again.
        let path = format!("requests/{}", created.id());
        referent.post(&format!("{path}/close"), &json!({"reason": "other"})).await.expect(200);
        app.clock().advance(TimeDelta::days(91));
        app.sql(&take);
        let reopened = referent.command(&format!("{path}/reopen")).await.expect(200).body;
        assert_ne!(reopened["alias"], json!(alias));
        assert_eq!(referent.get(&format!("requests/{}", other.id())).await.expect(200).body["alias"], json!(alias));
    }

    async fn a_reference_is_a_number_of_a_file_and_no_date(app: TestApp) {
        let referent = app.own(Role::Referent);
        let stored = async |reference: &str| referent.post("requests", &with(request(), json!({"reference": reference}))).await;
        for right in ["DOS-2026/0412", "1", "A1", "2026-0412", "12/2026", "75-2026-00123", "412/B/7", "99999999", "987654", "2026", "A23B45C67"] {
            assert_eq!(stored(right).await.expect(201).body["reference"], right);
        }
        for wrong in ["", "DOSSIER", "dos-12", "DOS 12", "DOS_12", "É1", "A12345678901234567890", "12\n"] {
            let refused = stored(wrong).await.refused(422, "invalid_body");
            assert_eq!(refused.body["errors"][0]["pointer"], "/reference", "{wrong}");
        }
        for date in [
            "23/11/1998", "23-11-1998", "1998-11-23", "1998/11/23", "23/11/98", "98-11-23", "3/2/2001", "23111998", "19981123", "231198",
            "981123", "A23111998B", "DOS-23/11/1998", "23NOV1998", "3MAI98", "A/23-AOUT-1998", "X1/23/11/98", "29022000",
        ] {
            let refused = stored(date).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/reference", "{date}");
        }
    }

    async fn notes_are_kept_with_the_hour_and_who_wrote_them(app: TestApp) {
        let (referent, partner) = (app.own(Role::Referent), app.own(Role::Partner));
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        let first = referent.post(&format!("{path}/notes"), &json!({"text": "Rappeler la structure demain."})).await.expect(200);
        assert_eq!((first.etag(), &created.body["notes"]), (created.etag(), &json!([])), "a note makes no edit stale");
        partner.post(&format!("{path}/notes"), &json!({"text": "Appelée."})).await.expect(200);
        referent.put(&path, &created.etag(), &with(request(), json!({"nights": 3}))).await.expect(200);
        let notes = referent.get(&path).await.expect(200).body["notes"].clone();
        let told: Vec<_> = notes.as_array().unwrap().iter().map(|note| (note["text"].as_str().unwrap(), note["account_id"].clone())).collect();
        let by = |caller: &crate::harness::Caller| json!(caller.identity().account);
        assert_eq!(told, [("Rappeler la structure demain.", by(&referent)), ("Appelée.", by(&partner))]);
        assert!(notes[0]["at"].as_str() <= notes[1]["at"].as_str());
        let vacancy = app.vacancy(1).await;
        let referral = app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id();
        assert!(!app.own(Role::Provider).get(&format!("referrals/{referral}")).await.expect(200).text.contains("Appelée"));
        for wrong in [json!({}), json!({"text": ""}), json!({"text": "x".repeat(2001)}), json!({"text": "x", "author": "moi"})] {
            referent.post(&format!("{path}/notes"), &wrong).await.refused(422, "invalid_body");
        }
        for _ in 2..200 {
            referent.post(&format!("{path}/notes"), &json!({"text": "encore"})).await.expect(200);
        }
        referent.post(&format!("{path}/notes"), &json!({"text": "trop"})).await.refused(409, "too_many_notes");
        app.ignore_mails();
    }

    async fn a_request_is_reopened_with_its_seniority(app: TestApp) {
        let referent = app.own(Role::Referent);
        let created = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", created.id());
        referent.command(&format!("{path}/reopen")).await.refused(409, "request_not_closed");
        referent.post(&format!("{path}/close"), &json!({"reason": "unreachable"})).await.expect(200);
        app.clock().advance(TimeDelta::days(30));
        let reopened = referent.command(&format!("{path}/reopen")).await.expect(200).body;
        for (field, value) in [("state", json!("open")), ("closed_at", json!(null)), ("close_reason", json!(null)), ("created_at", created.body["created_at"].clone()), ("alias", created.body["alias"].clone())] {
            assert_eq!(reopened[field], value, "{field}");
        }
        let vacancy = app.vacancy(2).await;
        app.ask(&created.id(), &vacancy, json!({})).await.expect(201);
        // While a stay goes on it is placed.
        let stay = app.referral_in(&vacancy, api::domain::ReferralState::Arrived).await;
        let placed = referent.get(&format!("referrals/{stay}")).await.expect(200).body["request_id"].as_str().unwrap().to_owned();
        referent.post(&format!("requests/{placed}/close"), &json!({"reason": "placed_elsewhere"})).await.expect(200);
        assert_eq!(referent.command(&format!("requests/{placed}/reopen")).await.expect(200).body["state"], "placed");
        app.other(Role::Referent).command(&format!("{path}/reopen")).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn a_request_is_lent_until_an_hour_and_comes_back_by_itself(app: TestApp) {
        let (owner, borrower) = (app.own(Role::Referent), app.other(Role::Referent));
        let (vacancy, other) = (app.vacancy(3).await, app.vacancy(3).await);
        let created = owner.post("requests", &with(request(), json!({"reference": "DOS-12", "in_charge": "C. M."}))).await.expect(201);
        let path = format!("requests/{}", created.id());
        let asked = app.ask(&created.id(), &vacancy, json!({})).await.expect(201).id();
        borrower.get(&path).await.refused(404, "not_found");
        borrower.get(&format!("referrals/{asked}")).await.refused(404, "not_found");
        let lent = owner.post(&format!("{path}/lend"), &app.lending_for(9)).await.expect(200).body;
        assert_eq!(lent["lent_to_id"], json!(borrower.identity().organisation));

        let seen = borrower.get(&path).await.expect(200);
        assert_eq!((&seen.body["reference"], &seen.body["in_charge"]), (&json!(null), &json!("C. M.")), "the number of a file is its owner's");
        assert_eq!(app.walk(&borrower, "requests", 1).await, [created.id()]);
        assert_eq!(app.walk(&borrower, "referrals", 1).await, [asked.as_str()]);
        borrower.rank(&format!("{path}/rank"), None).await.expect(200);
        // It does what its owner may, and takes nothing away that it is not shown.
        let edited = borrower.put(&path, &seen.etag(), &with(request(), json!({"nights": 5, "in_charge": "115"}))).await.expect(200);
        assert_eq!(edited.body["reference"], json!(null));
        assert_eq!(owner.get(&path).await.expect(200).body["reference"], "DOS-12");
        borrower.post(&format!("{path}/notes"), &json!({"text": "Appelée à 23 h."})).await.expect(200);
        let body = json!({"vacancy_id": other, "hold": true});
        let held = borrower.post(&format!("{path}/referrals"), &body).await.expect(201);
        assert_eq!(held.body["organisation_id"], json!(owner.identity().organisation), "the place answers to the owner");
        app.own(Role::Provider).command(&format!("referrals/{}/accept", held.id())).await.expect(200);
        borrower.post(&format!("referrals/{}/confirm", held.id()), &app.arrival_in(2)).await.expect(200);
        borrower.post(&format!("{path}/lend"), &app.lending_for(2)).await.refused(403, "role_not_allowed");
        let told = app.mails().into_iter().filter(|mail| mail.to == "other@example.org").count();
        assert!(told > 0, "answers go to who has the request");
        let feed = borrower.get("events").await.expect(200).body;
        assert!(feed["items"].as_array().unwrap().iter().any(|event| event["command"] == "lendRequest"), "{feed}");

        app.clock().advance(TimeDelta::hours(8));
        borrower.get(&path).await.expect(200);
        app.clock().advance(TimeDelta::hours(1));
        borrower.get(&path).await.refused(404, "not_found");
        borrower.put(&path, "*", &request()).await.refused(404, "not_found");
        borrower.get(&format!("referrals/{}", held.id())).await.refused(404, "not_found");
        assert_eq!(app.walk(&borrower, "requests", 1).await, Vec::<String>::new());
        let back = owner.get(&path).await.expect(200).body;
        assert_eq!((&back["lent_to_id"], &back["lent_until"], &back["notes"][0]["text"]), (&json!(null), &json!(null), &json!("Appelée à 23 h.")));
        let ended = |feed: &Value| feed["items"].as_array().unwrap().iter().filter(|event| event["command"] == "endLending").count();
        assert_eq!(ended(&owner.get("events").await.expect(200).body), 1);
        assert_eq!(ended(&borrower.get("events").await.expect(200).body), 1, "who had it is told");
        app.ignore_mails();
    }

    async fn whoever_borrows_reads_on_and_gives_back_once(app: TestApp) {
        let (owner, borrower) = (app.own(Role::Referent), app.other(Role::Referent));
        let (request, vacancy) = (app.request().await, app.vacancy(2).await);
        let path = format!("requests/{request}");
        let referral = app.ask(&request, &vacancy, json!({})).await.expect(201).id();
        let events = async || {
            let page = borrower.get(&format!("events?record_id={referral}")).await.expect(200).body;
            page["items"].as_array().unwrap().iter().map(|event| event["command"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(events().await.is_empty(), "it is not theirs");
        owner.post(&format!("{path}/lend"), &app.lending_for(9)).await.expect(200);
        app.own(Role::Provider).command(&format!("referrals/{referral}/acknowledge")).await.expect(200);
        assert!(events().await.contains(&"acknowledgeReferral".to_owned()));
        let give_back = async |key: &str| {
            let headers = [("idempotency-key", key)];
            borrower.send(actix_web::http::Method::POST, &format!("{path}/end-lending"), &headers, None).await
        };
        let first = give_back("given-back").await.expect(200).body;
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        assert!(events().await.is_empty(), "it is back");
        assert_eq!(give_back("given-back").await.expect(200).body, first);
        give_back("another").await.refused(404, "not_found");
        borrower.get(&path).await.refused(404, "not_found");
        app.ignore_mails();
    }

    async fn days_that_contradict_today_are_named_with_all_else(app: TestApp) {
        let grown = json!([{"gender": "female", "minority": "minor", "age": 17, "turns_18_on": day(&app, -3)}]);
        let body = with(request(), json!({"household": grown, "couple": true, "first_day": "2020-01-01",
            "information": {"state": "given", "day": day(&app, 3), "language": "en", "shared": []}}));
        let refused = app.own(Role::Referent).post("requests", &body).await.refused(409, "contradiction");
        let mut pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/couple", "/first_day", "/household/0/turns_18_on", "/information/day"]);
        let ad_hoc = with(ad_hoc_request(), json!({"household": grown, "couple": true}));
        let refused = app.own(Role::Referent).rank("rank", Some(&ad_hoc)).await.refused(409, "contradiction");
        assert_eq!(refused.body["errors"].as_array().unwrap().len(), 2, "{}", refused.text);
        // What was stored yesterday is answered again today, though today it would be refused.
        let soon = json!([{"gender": "female", "minority": "minor", "age": 17, "turns_18_on": day(&app, 1)}]);
        let body = with(request(), json!({"household": soon}));
        let first = app.own(Role::Referent).post_under("requests", &body, "stored").await.expect(201).id();
        app.clock().advance(TimeDelta::hours(23));
        assert_eq!(app.own(Role::Referent).post_under("requests", &body, "stored").await.expect(201).id(), first);
    }

    async fn a_lending_ends_early_by_either_side_and_goes_to_who_may_ask(app: TestApp) {
        let (owner, borrower, administrator) = (app.own(Role::Referent), app.other(Role::Referent), app.own(Role::Administrator));
        let path = format!("requests/{}", app.request().await);
        owner.command(&format!("{path}/end-lending")).await.refused(409, "not_lent");
        for gives_back in [&owner, &borrower] {
            owner.post(&format!("{path}/lend"), &app.lending_for(9)).await.expect(200);
            assert_eq!(gives_back.command(&format!("{path}/end-lending")).await.expect(200).body["lent_to_id"], json!(null));
            borrower.get(&path).await.refused(404, "not_found");
        }
        let make = async |kind: &str, doors: Value| {
            let body = with(organisation(), json!({"name": format!("Organisme fictif {}", uuid::Uuid::now_v7()), "kind": kind.split(" that ").next(), "orients": kind.ends_with("orients"), "doors": doors}));
            json!(administrator.post("organisations", &body).await.expect(201).id())
        };
        for (kind, doors, may) in [
            ("siao", json!([]), true),
            ("association", json!([]), false),
            ("association that orients", json!([]), true),
            ("orienting_service", json!([]), true),
            ("regulator", json!(["115"]), true),
            ("regulator", json!(["acse"]), false),
            ("coordination", json!([]), false),
            ("partner", json!([]), false),
        ] {
            let lending = with(app.lending_for(9), json!({"organisation_id": make(kind, doors).await}));
            let answer = owner.post(&format!("{path}/lend"), &lending).await;
            assert_eq!(answer.status, if may { 200 } else { 409 }, "{kind}: {}", answer.text);
        }
        let wrong = json!({"organisation_id": owner.identity().organisation, "until": app.clock().now().to_string()});
        let refused = owner.post(&format!("{path}/lend"), &wrong).await.refused(409, "contradiction");
        let pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/organisation_id", "/until"], "all that is wrong at once");
        for (change, pointer) in [
            (json!({"organisation_id": uuid::Uuid::now_v7()}), "/organisation_id"),
            (app.lending_for(24 * 7 + 1), "/until"),
            (app.lending_for(-1), "/until"),
        ] {
            let refused = owner.post(&format!("{path}/lend"), &with(app.lending_for(9), change)).await.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        owner.post(&format!("{path}/close"), &json!({"reason": "other"})).await.expect(200);
        owner.post(&format!("{path}/lend"), &app.lending_for(9)).await.refused(409, "request_closed");
    }

    async fn couples_and_minors_with_an_adult_are_seen_apart(app: TestApp) {
        let referent = app.own(Role::Referent);
        let adult = json!({"gender": "female", "minority": "adult", "age": 30});
        let child = json!({"gender": "male", "minority": "minor", "age": 4, "with_parent": true});
        let presumed = json!({"gender": "male", "minority": "presumed_minor", "age": null});
        for (household, couple, warned) in [
            (json!([adult]), false, false),
            (json!([adult, adult]), false, false),
            (json!([adult, adult]), true, true),
            (json!([adult, child]), false, true),
            (json!([adult, presumed]), false, true),
            (json!([presumed, presumed]), false, false),
        ] {
            for (seen, still) in [(json!(null), true), (json!(false), true), (json!(true), false)] {
                let body = with(request(), json!({"household": household, "couple": couple, "seen_apart": seen}));
                let stored = referent.post("requests", &body).await.expect(201);
                let has = |record: &Value| record["warnings"].as_array().unwrap().contains(&json!("not_seen_apart"));
                assert_eq!(has(&stored.body), warned && still, "{household} {seen}");
                let ranking = referent.rank(&format!("requests/{}/rank", stored.id()), None).await.expect(200).body;
                assert_eq!(has(&ranking), warned && still);
            }
        }
        referent.post("requests", &with(request(), json!({"seen_apart": "yes"}))).await.refused(422, "invalid_body");
    }

    async fn who_comes_of_age_is_an_adult_of_18_from_that_day(app: TestApp) {
        let referent = app.own(Role::Referent);
        app.vacancy(3).await;
        let girl = json!({"gender": "female", "minority": "minor", "age": 17, "turns_18_on": day(&app, 2)});
        let body = with(request(), json!({"household": [girl]}));
        let created = referent.post("requests", &body).await.expect(201);
        let path = format!("requests/{}", created.id());
        let rank = async || referent.rank(&format!("{path}/rank"), None).await.expect(200).body;
        let before = rank().await;
        assert_eq!((&before["eligible"], &before["failed"]["unaccompanied_minor"], &before["warnings"]), (&json!(0), &json!(1), &json!(["guardian_missing"])));
        app.clock().advance(TimeDelta::days(3));
        let after = rank().await;
        assert_eq!((&after["eligible"], &after["warnings"]), (&json!(1), &json!(["turned_18"])));
        // What was stored hinders no edit, and stays as it was written.
        let edited = referent.put(&path, &created.etag(), &with(body, json!({"nights": 3}))).await.expect(200).body;
        assert_eq!((&edited["household"][0]["minority"], &edited["warnings"]), (&json!("minor"), &json!(["turned_18"])));
        // A presumed minor never becomes one by a clock.
        let presumed = json!({"gender": "female", "minority": "presumed_minor", "age": 17, "turns_18_on": day(&app, -2)});
        let stored = referent.post("requests", &with(request(), json!({"household": [presumed]}))).await.expect(201);
        assert_eq!(stored.body["warnings"], json!(["guardian_missing"]));
        let ranking = referent.rank(&format!("requests/{}/rank", stored.id()), None).await.expect(200).body;
        assert_eq!((&ranking["eligible"], &ranking["warnings"]), (&json!(0), &json!(["guardian_missing"])));
    }

    async fn a_child_who_comes_of_age_is_an_adult_beside_the_parent(app: TestApp) {
        let referent = app.own(Role::Referent);
        app.vacancy(3).await;
        let mother = json!({"gender": "female", "minority": "adult", "age": 40});
        let son = json!({"gender": "male", "minority": "minor", "age": 17, "with_parent": true, "turns_18_on": day(&app, 2)});
        let body = with(request(), json!({"household": [mother, son], "seen_apart": true}));
        let id = referent.post("requests", &body).await.expect(201).id();
        app.clock().advance(TimeDelta::days(3));
        let ranking = referent.rank(&format!("requests/{id}/rank"), None).await.expect(200).body;
        assert_eq!((&ranking["eligible"], &ranking["warnings"]), (&json!(1), &json!(["turned_18"])));
    }

    async fn a_day_of_coming_of_age_fits_the_minority_when_it_is_first_given(app: TestApp) {
        let referent = app.own(Role::Referent);
        let person = |minority: &str, age: Value, days: i64| json!({"gender": "female", "minority": minority, "age": age, "turns_18_on": day(&app, days)});
        let (passed, today, ahead) = (-30, 0, 30);
        for (people, pointers) in [
            (vec![person("minor", json!(17), passed)], vec!["/household/0/turns_18_on"]),
            (vec![person("minor", json!(null), today)], vec!["/household/0/turns_18_on"]),
            (vec![person("adult", json!(18), ahead)], vec!["/household/0/turns_18_on"]),
            (vec![person("adult", json!(null), passed), person("adult", json!(19), ahead), person("minor", json!(17), passed)], vec!["/household/1/turns_18_on", "/household/2/turns_18_on"]),
            (vec![person("minor", json!(17), ahead)], vec![]),
            (vec![person("adult", json!(18), today)], vec![]),
            (vec![person("presumed_minor", json!(17), passed)], vec![]),
        ] {
            for (path, body) in [("requests", request()), ("rank", ad_hoc_request())] {
                let answer = referent.post(path, &with(body, json!({"household": people}))).await;
                let named: Vec<_> = answer.body["errors"].as_array().into_iter().flatten().map(|error| error["pointer"].as_str().unwrap()).collect();
                assert_eq!(named, pointers, "{path}: {}", answer.text);
                assert_eq!(answer.status.as_u16() == 409, !pointers.is_empty(), "{}", answer.text);
            }
        }
        // In an edit too, unless it stood there before.
        let stored = referent.post("requests", &with(request(), json!({"household": [person("minor", json!(17), 1)]}))).await.expect(201);
        let path = format!("requests/{}", stored.id());
        let kept = stored.body["household"][0].clone();
        app.clock().advance(TimeDelta::days(2));
        referent.put(&path, "*", &with(request(), json!({"household": [kept]}))).await.expect(200);
        let another = with(kept, json!({"turns_18_on": day(&app, -1)}));
        let changed = referent.put(&path, "*", &with(request(), json!({"household": [another]}))).await;
        let is_same = another["turns_18_on"] == stored.body["household"][0]["turns_18_on"];
        assert_eq!(changed.status, if is_same { 200 } else { 409 }, "{}", changed.text);
        let grown = with(another, json!({"minority": "adult", "age": 18}));
        referent.put(&path, "*", &with(request(), json!({"household": [grown]}))).await.expect(200);
        app.ignore_mails();
    }
}
