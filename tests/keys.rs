//! What is stored is sealed, and its keys stand elsewhere: what a stolen copy holds, what a backup holds of who was erased, and what happens
//! where keys are gone, come back, are too many or too few.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::db::keys::MasterKeys;
use api::db::{Db, DbError, KeySettings, requests};
use api::domain::Role;
use api::domain::ids::RequestId;
use api::work::do_what_is_due;
use api::work::upkeep;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::bodies::{ad_hoc_request, reached_at, request, structure, unit, with};
use crate::harness::{TestApp, canaries, keys, on_both, postgres};

/// What stands in a sealed field somewhere below, and nowhere in the clear.
const SEALED: &[&str] = &[
    "Maison Canari",
    "Canariville",
    "canari@example.org",
    "99001277",
    "7 rue du Canari",
    "690000005",
    "73282932000074",
    "861f90257ffffff",
    "Th 03:17-04:19",
    "ASE Canari",
    "CANARI-417",
    "C. Canari",
    "message canari",
    "consigne canari",
    "note canari",
    "45.7654321",
    "44.1234567",
    "CRIP du Canari",
    "juge du Canari",
    "levée canari",
    "repentir canari",
    "refus canari",
    "quai du canari",
    "lone_minors",
    "danger_zones",
    "safety_instructions",
];

/// A home and the people of a request, with something of its own in every sealed field; gives both ids.
async fn canaries(app: &TestApp) -> (String, String) {
    let (provider, referent) = (app.own(Role::Provider), app.own(Role::Referent));
    let contact = with(reached_at("canari@example.org"), json!({"numbers": [{"label": "garde", "phone": "+33199001277"}]}));
    let home = json!({"name": "Maison Canari", "town": "Canariville", "finess": "690000005", "siret": "73282932000074",
        "trafficking_contact": contact, "address": "7 rue du Canari"});
    let minors = json!({"min_age": 13, "max_age": 17, "genders": ["female"], "accreditation": "ASE Canari"});
    let profile = json!({"answering_hours": "Th 03:17-04:19", "unaccompanied_minors": minors, "max_household": 1});
    let site = app.site_with(&with(structure(), home), &with(unit(), profile)).await;
    let declared = json!({"beds": 9, "from": "2026-01-01", "until": null});
    let vacancy = provider.post(&format!("units/{}/vacancies", site.unit), &declared).await.expect(201).id();
    let told =
        json!({"authority": "child_protection", "whom": "CRIP du Canari", "at": "2026-11-20T10:00:00+01:00", "reached": true});
    let known = json!({"person": 1, "told": told, "assessment_recorded_at": "2026-11-20T10:00:00+01:00",
        "assessment_decided_by": "juge du Canari", "child_view": "agrees"});
    let people =
        json!([{"gender": "female", "minority": "adult", "age": 24}, {"gender": "female", "minority": "minor", "age": 15}]);
    let body = json!({"household": people, "lone_minors": [known], "reference": "CANARI-417", "in_charge": "C. Canari",
        "message": "message canari", "safety_instructions": "consigne canari", "required_languages": ["bin"],
        "place": {"lat": 45.7654321, "lon": 4.84, "department": "69"},
        "danger_zones": [{"level": "forbidden", "centre": {"lat": 44.1234567, "lon": 5.0}, "radius_km": 3}]});
    let stored = referent.post("requests", &with(request(), body)).await.expect(201).id();
    referent.post(&format!("requests/{stored}/notes"), &json!({"text": "note canari"})).await.expect(200);
    let ask = json!({"override_reason": "levée canari"});
    let asked = app.ask(&stored, &vacancy, ask.clone()).await.expect(201).id();
    provider
        .post(&format!("referrals/{asked}/acknowledge"), &json!({"call_back": {"kind": "call_us", "phone": "+33199001277"}}))
        .await
        .expect(200);
    provider.post(&format!("referrals/{asked}/accept"), &ask).await.expect(200);
    provider.post(&format!("referrals/{asked}/undo"), &json!({"reason": "repentir canari"})).await.expect(200);
    let met = with(ask, json!({"meeting_point": "quai du canari"}));
    provider.post(&format!("referrals/{asked}/accept"), &met).await.expect(200);
    let refusal = json!({"refusal": {"party": "structure", "code": "other", "text": "refus canari"}});
    provider.post(&format!("referrals/{asked}/decline"), &refusal).await.expect(200);
    let read = referent.get(&format!("referrals/{asked}")).await.expect(200).body;
    assert_eq!(read["refusal"]["text"], "refus canari");
    assert_eq!(read["overrides"][0]["reason"], "levée canari");
    app.ignore_mails();
    (site.structure, stored)
}

/// All bytes of a database that a thief finds: the SQLite files, or what `pg_dump` writes.
fn stolen(app: &TestApp) -> Vec<u8> {
    match app.url().strip_prefix("sqlite:") {
        None => postgres::cluster().unwrap().dump(app.url()),
        Some(path) => ["", "-wal", "-shm"]
            .iter()
            .flat_map(|ending| std::fs::read(keys::beside(Path::new(path), ending)).unwrap_or_default())
            .collect(),
    }
}

/// Whether a text stands in these bytes, as it is or as the hexadecimal digits in which PostgreSQL writes bytes down.
fn holds(bytes: &[u8], text: &str) -> bool {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    [text.as_bytes(), hex.as_bytes()].iter().any(|wanted| bytes.windows(wanted.len()).any(|some| some == *wanted))
}

/// Asks until the answer has this status: the key store is looked at again every second.
async fn until(app: &TestApp, path: &str, status: u16) -> crate::harness::Answer {
    let mut answer = app.own(Role::Referent).get(path).await;
    for _ in 0..200 {
        if answer.status.as_u16() == status {
            return answer;
        }
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        answer = app.own(Role::Referent).get(path).await;
    }
    answer.expect(status)
}

fn in_key_store(app: &TestApp, sql: &str) {
    let file = keys::file_of(app.url());
    SqliteConnection::establish(file.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

fn id(text: &str) -> RequestId {
    RequestId(Uuid::try_parse(text).unwrap())
}

on_both! {
    async fn a_stolen_copy_holds_nothing_of_what_is_sealed(app: TestApp) {
        canaries(&app).await;
        let stolen = stolen(&app);
        assert!(holds(&stolen, "Organisation fictive"), "what is not sealed is found in this way");
        for canary in SEALED {
            assert!(!holds(&stolen, canary), "{canary} stands in the database");
        }
    }

    async fn what_stands_in_the_clear_is_found_at_the_end_of_every_test(app: TestApp) {
        let is_found = |word: &str| canaries::stands_in(&canaries::database(app.app(), app.url()).unwrap(), word);
        // As text, and as the bytes of a hash.
        let (label, bytes) = ("Abri du Canari", "Refuge du Canari, de 32 octets !");
        assert!(is_found("Organisation fictive") && !is_found(label) && !is_found(bytes));
        app.own(Role::Referent).command(&format!("requests/{}/keep-apart-codes", app.request().await)).await.expect(201);
        let as_bytes = if app.url().starts_with("sqlite:") { format!("CAST('{bytes}' AS BLOB)") } else { format!("convert_to('{bytes}', 'UTF8')") };
        app.sql(&format!("UPDATE keep_apart_codes SET code_hash = {as_bytes}"));
        app.sql(&format!("UPDATE accounts SET label = '{label}' WHERE label = 'auditor'"));
        assert!(is_found(label) && is_found(bytes));
        // And in a log, in the forms in which a number is written.
        canaries::expect("structures", &json!({"name": "Foyer du Canari", "trafficking_contact": {"numbers": [{"phone": "01 99 00 77 66"}]}}));
        for told in ["au Foyer du Canari, ce soir", "+33199007766", "01\u{a0}99\u{a0}00\u{a0}77\u{a0}66"] {
            assert_eq!(canaries::told_by(told).len(), 1, "{told}");
        }
        assert!(canaries::told_by("a referral was answered").is_empty());
        app.ignore_mails();
    }

    async fn what_is_sealed_opens_in_its_own_row_alone(app: TestApp) {
        let (one, other) = (app.site().await.structure, app.site().await.structure);
        let provider = app.own(Role::Provider);
        provider.get(&format!("structures/{one}")).await.expect(200);
        app.sql("UPDATE structures SET content = (SELECT content FROM structures ORDER BY id LIMIT 1)");
        provider.get(&format!("structures/{one}")).await.expect(200);
        // Rather nothing than one home in the place of another.
        provider.get(&format!("structures/{other}")).await.refused(500, "internal");
    }

    async fn who_is_erased_today_is_gone_from_yesterday_s_backup(app: TestApp) {
        let (_, erased) = canaries(&app).await;
        let kept = app.request().await;
        let referent = app.own(Role::Referent);
        referent.post(&format!("requests/{erased}/close"), &json!({"reason": "found_housing"})).await.expect(200);
        app.ignore_mails();
        let counted = app.db().read(requests::statistics).unwrap();
        let backup = Backup::of(&app);
        referent.command(&format!("requests/{erased}/withdraw-agreement")).await.expect(200);
        do_what_is_due(&app.app().desk()).unwrap();
        assert_eq!(app.db().read(requests::statistics).unwrap(), counted, "statistics count what they counted");

        // Before the key went the backup told all: as today's does of who is kept.
        let restored = backup.opened(&app);
        assert!(restored.read(|conn| requests::find(conn, api::domain::Reach::Everything, id(&kept))).is_ok());
        let gone = restored.read(|conn| requests::find(conn, api::domain::Reach::Everything, id(&erased)));
        assert!(matches!(gone, Err(DbError::NotFound)), "{gone:?}");
        assert_eq!(upkeep::lacking_keys(&restored).unwrap(), [id(&erased)], "and the operator is told");
    }

    async fn without_the_key_store_nothing_sealed_is_answered(app: TestApp) {
        let (home, stored) = canaries(&app).await;
        let (referent, path) = (app.own(Role::Referent), format!("requests/{stored}"));
        referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
        let (file, away) = (keys::file_of(app.url()), keys::beside(&keys::file_of(app.url()), ".away"));
        std::fs::rename(&file, &away).unwrap();
        until(&app, &path, 503).await.refused(503, "keys_unavailable");
        app.own(Role::Provider).get(&format!("structures/{home}")).await.refused(503, "keys_unavailable");
        referent.post("requests", &request()).await.refused(503, "keys_unavailable");
        referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
        // An instance does not start, and makes no new store in its place.
        let settings = KeySettings { url: Some(format!("sqlite:{}", file.display()).parse().unwrap()), master: None };
        let why = Db::open(&app.url().parse().unwrap(), app.clock().clone(), &settings).map(drop).unwrap_err().to_string();
        assert!(why.contains("HAVRE_KEYS_URL") && !file.exists(), "{why}");
        // Restored, it opens all again.
        std::fs::rename(&away, &file).unwrap();
        assert_eq!(until(&app, &path, 200).await.body["message"], "message canari");
    }

    async fn a_request_whose_key_is_gone_reads_as_erased(app: TestApp) {
        let vacancy = app.vacancy(3).await;
        let (lost, kept) = (app.request().await, app.request().await);
        let asked = app.ask(&lost, &vacancy, json!({"hold": true})).await.expect(201).id();
        in_key_store(&app, &format!("DELETE FROM keys WHERE id = 'request/{lost}'"));
        let other = app.another_instance().await;
        let referent = other.own(Role::Referent);
        referent.get(&format!("requests/{lost}")).await.refused(404, "not_found");
        assert_eq!(other.walk(&referent, "requests", 1).await, [kept]);
        let referral = referent.get(&format!("referrals/{asked}")).await.expect(200).body;
        assert_eq!((&referral["state"], &referral["asks_for"]["household"]), (&json!("asked"), &Value::Null));
        assert_eq!(upkeep::lacking_keys(other.db()).unwrap(), [id(&lost)]);
        app.ignore_mails();
    }

    async fn a_key_without_a_row_is_swept_after_a_day(app: TestApp) {
        let kept = app.request().await;
        let too_many = RequestId(Uuid::now_v7());
        app.db().keys().make_for(&[too_many]).unwrap();
        assert_eq!(upkeep::sweep_keys(app.db()).unwrap().0, 0, "its row may be on its way");
        app.clock().advance(TimeDelta::hours(25));
        assert_eq!(upkeep::sweep_keys(app.db()).unwrap().0, 1);
        assert_eq!(app.db().keys().lacking(&[too_many, id(&kept)]).unwrap(), [too_many]);
        app.another_instance().await.own(Role::Referent).get(&format!("requests/{kept}")).await.expect(200);
        app.ignore_mails();
    }

    async fn keys_are_changed_while_an_instance_serves(app: TestApp) {
        const NEW: &str = "bm91dmVsbGUgY2xlIG1haXRyZXNzZSBkZSBIYXZyZSE=";
        let (home, stored) = canaries(&app).await;
        let file = keys::file_of(app.url());
        let old = std::fs::read_to_string(keys::beside(&file, ".master")).unwrap();
        let open = |master: &str| {
            let master = master.parse::<MasterKeys>().unwrap();
            let url = Some(format!("sqlite:{}", file.display()).parse().unwrap());
            Db::open(&app.url().parse().unwrap(), app.clock().clone(), &KeySettings { url, master: Some(master) })
        };
        let both = open(&format!("{NEW}, {old}")).unwrap();
        api::cli::keys::rotate(&both).unwrap();
        assert!(open(&old).is_err(), "the old master key opens nothing any more");
        let new = open(NEW).unwrap();
        let record = new.read(|conn| api::db::structures::find(conn, api::domain::Reach::Everything, api::domain::ids::StructureId(Uuid::try_parse(&home).unwrap()))).unwrap();
        assert_eq!(record.home.unshown().name.as_str(), "Maison Canari");
        new.read(|conn| requests::find(conn, api::domain::Reach::Everything, id(&stored))).unwrap();
        assert_eq!(new.read(api::db::structures::generations).unwrap(), [2]);
        assert_eq!(new.keys().status().unwrap().generations.len(), 2, "the older key is kept for a day: an instance may still seal with it");
        app.clock().advance(TimeDelta::hours(25));
        assert_eq!(upkeep::sweep_keys(&new).unwrap().1, [1]);
        new.read(|conn| api::db::units::as_matched(conn, None)).unwrap();
    }
}

/// A copy of a test's database.
struct Backup {
    url: String,
    _folder: tempfile::TempDir,
}

impl Backup {
    fn of(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match app.url().strip_prefix("sqlite:") {
            None => postgres::cluster().unwrap().copy_of(app.url()),
            Some(path) => {
                let copy = folder.path().join("havre.sqlite");
                for ending in ["", "-wal"] {
                    let from = keys::beside(Path::new(path), ending);
                    if from.exists() {
                        std::fs::copy(from, keys::beside(&copy, ending)).unwrap();
                    }
                }
                format!("sqlite:{}", copy.display())
            }
        };
        Self { url, _folder: folder }
    }

    /// The copy, with the key store as it is today.
    fn opened(&self, app: &TestApp) -> Db {
        Db::open(&self.url.parse().unwrap(), app.clock().clone(), &keys::settings(app.url())).unwrap()
    }
}

#[actix_web::test]
async fn nobody_else_on_the_machine_reads_the_files() {
    let app = TestApp::on_sqlite().await;
    app.request().await;
    let file = PathBuf::from(app.url().strip_prefix("sqlite:").unwrap());
    for ending in ["", "-wal", ".keys", ".keys-wal", ".keys.master"] {
        let path = keys::beside(&file, ending);
        let mode = std::fs::metadata(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display())).permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
}

#[actix_web::test]
async fn another_registry_s_key_store_is_refused() {
    let (one, other) = (TestApp::on_sqlite().await, TestApp::on_sqlite().await);
    one.site().await;
    let folder = tempfile::tempdir().unwrap();
    let fresh = Db::open(
        &format!("sqlite:{}", folder.path().join("havre.sqlite").display()).parse().unwrap(),
        other.clock().clone(),
        &KeySettings::default(),
    );
    drop(fresh.unwrap());
    let settings = KeySettings {
        url: Some(format!("sqlite:{}", folder.path().join("havre.sqlite.keys").display()).parse().unwrap()),
        master: None,
    };
    let why = Db::open(&one.url().parse().unwrap(), one.clock().clone(), &settings).map(drop).unwrap_err().to_string();
    assert!(why.contains("not the key store of the registry"), "{why}");
    let same = KeySettings { url: Some(one.url().parse().unwrap()), master: None };
    let why = Db::open(&one.url().parse().unwrap(), one.clock().clone(), &same).map(drop).unwrap_err().to_string();
    assert!(why.contains("another database"), "{why}");
}

#[actix_web::test]
async fn a_second_postgresql_database_keeps_the_keys() {
    let Some(cluster) = postgres::cluster() else { return };
    let master: MasterKeys = "bm91dmVsbGUgY2xlIG1haXRyZXNzZSBkZSBIYXZyZSE=".parse().unwrap();
    let (registry, store) = (cluster.create_empty_database(), cluster.create_empty_database());
    let settings = |master| KeySettings { url: Some(store.parse().unwrap()), master };
    let clock = api::clock::Clock::default();
    let why = Db::open(&registry.parse().unwrap(), clock.clone(), &settings(None)).map(drop).unwrap_err().to_string();
    assert!(why.contains("HAVRE_MASTER_KEY"), "{why}");
    let why = Db::open(&registry.parse().unwrap(), clock.clone(), &KeySettings::default()).map(drop).unwrap_err().to_string();
    assert!(why.contains("HAVRE_KEYS_URL is missing"), "{why}");
    let db = Db::open(&registry.parse().unwrap(), clock, &settings(Some(master))).unwrap();
    let request = RequestId(Uuid::now_v7());
    db.keys().make_for(&[request]).unwrap();
    assert_eq!(db.keys().lacking(&[request]).unwrap(), []);
    db.keys().forget(&[request]).unwrap();
    assert_eq!(db.keys().lacking(&[request]).unwrap(), [request]);
    api::cli::keys::rotate(&db).unwrap();
    assert_eq!(db.keys().status().unwrap().generations.len(), 2);
}
