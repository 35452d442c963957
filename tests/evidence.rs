//! Evidence: what whoever writes the database rewrites carefully is found and named, in either log or both, and in the records; and what was
//! anchored outside is missed when it is cut.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use api::db::anchors::{Anchor, Anchors};
use api::db::evidence::Report;
use api::db::{Author, Conn, DbError, Log, Verdict, Wrong, evidence};
use api::domain::{ReferralState, Role};
use api::work::anchors::{AnchorPlaces, Anchoring};
use diesel::sql_types::{BigInt, Binary};
use diesel::{QueryableByName, RunQueryDsl as _};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use crate::harness::bodies::{organisation, request, with};
use crate::harness::{TestApp, on_both};
use crate::http::pages::Browser;

/// What stands outside: a file of anchors that the database's writer does not reach.
pub struct Outside {
    anchoring: Anchoring,
    file: PathBuf,
    _folder: TempDir,
}

impl Outside {
    fn of(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchors");
        Self { anchoring: anchoring(app, &file), file, _folder: folder }
    }

    fn read(&self, app: &TestApp) -> Anchors {
        let mut anchors = Anchors::default();
        anchors.read(app.db().keys(), BufReader::new(File::open(&self.file).unwrap())).unwrap();
        assert!(anchors.forged.is_empty() && anchors.torn.is_empty(), "{anchors:?}");
        anchors
    }

    /// What `havre verify --anchors` finds.
    pub fn report(&self, app: &TestApp) -> Report {
        report(app, &self.read(app))
    }
}

fn anchoring(app: &TestApp, file: &std::path::Path) -> Anchoring {
    Anchoring::new(app.db(), AnchorPlaces { file: Some(file.to_owned()), standard_output: false }).unwrap()
}

fn report(app: &TestApp, anchors: &Anchors) -> Report {
    app.db().read(|conn| evidence::verify(conn, anchors, app.clock().now())).unwrap()
}

/// What is found without anything from outside.
fn inside(app: &TestApp) -> Report {
    report(app, &Anchors::default())
}

/// A day: places, requests, beds that are held and taken, and readings of them. Anchored in between and at the end.
pub struct Day {
    pub outside: Outside,
    vacancy: String,
    request: String,
    /// One that holds a bed.
    accepted: String,
}

pub async fn a_day(app: &TestApp) -> Day {
    let outside = Outside::of(app);
    let vacancy = app.vacancy(5).await;
    app.referral_in(&vacancy, ReferralState::Arrived).await;
    outside.anchoring.lay().unwrap();
    let request = app.request().await;
    let accepted = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id();
    app.own(Role::Provider).command(&format!("referrals/{accepted}/accept")).await.expect(200);
    for _ in 0..6 {
        app.own(Role::Referent).get(&format!("requests/{request}")).await.expect(200);
    }
    app.ignore_mails();
    outside.anchoring.lay().unwrap();
    let sound = outside.report(app);
    assert!(sound.is_sound(), "{sound:?}");
    Day { outside, vacancy, request, accepted }
}

/// How many rows a log has.
pub fn rows(app: &TestApp, log: Log) -> i64 {
    app.count(&format!("SELECT count(*) AS n FROM {log}"))
}

/// Takes away what keeps a log from changing, as whoever owns the database can; what moves its head on stays.
pub fn open_up(app: &TestApp, log: Log) {
    let grows = match log {
        Log::Events => "events_only_grow",
        Log::AccessLog => "access_log_only_grows",
    };
    if app.url().starts_with("sqlite:") {
        app.sql(&format!("DROP TRIGGER {grows}_update"));
        app.sql(&format!("DROP TRIGGER {grows}_delete"));
    } else {
        app.sql(&format!("ALTER TABLE {log} DISABLE TRIGGER {grows}"));
    }
}

/// The table in which the last row of a log stands beside it.
fn head_of(log: Log) -> &'static str {
    match log {
        Log::Events => "event_head",
        Log::AccessLog => "access_log_head",
    }
}

/// Puts the head of a log to its last row, as it is now.
pub fn set_head(app: &TestApp, log: Log) {
    let head = head_of(log);
    app.sql(&format!(
        "UPDATE {head} SET position = (SELECT max(position) FROM {log}), \
         hash = (SELECT hash FROM {log} WHERE position = (SELECT max(position) FROM {log}))"
    ));
}

/// Cuts so many rows from the end, so that nothing within the database shows it.
pub fn cut(app: &TestApp, log: Log, count: i64) {
    open_up(app, log);
    let last = rows(app, log) - count;
    app.sql(&format!("DELETE FROM {log} WHERE position > {last}"));
    set_head(app, log);
}

/// The hashes of a log from a position on.
fn hashes(app: &TestApp, log: Log, from: i64) -> Vec<(i64, Vec<u8>)> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        position: i64,
        #[diesel(sql_type = Binary)]
        hash: Vec<u8>,
    }
    let sql = format!("SELECT position, hash FROM {log} WHERE position >= {from} ORDER BY position");
    let found = app.db().read(|conn| -> Result<Vec<Found>, DbError> {
        Ok(match conn {
            Conn::Pg(pg) => diesel::sql_query(sql).load(pg)?,
            Conn::Sqlite(sqlite) => diesel::sql_query(sql).load(sqlite)?,
        })
    });
    found.unwrap().into_iter().map(|found| (found.position, found.hash)).collect()
}

/// Bytes as SQL writes them.
pub fn bytes(app: &TestApp, bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if app.url().starts_with("sqlite:") { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
}

/// `false` as SQL writes it.
fn no(app: &TestApp) -> &'static str {
    if app.url().starts_with("sqlite:") { "0" } else { "false" }
}

/// An id as SQL writes it.
pub fn id(app: &TestApp, id: &str) -> String {
    if app.url().starts_with("sqlite:") { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") }
}

/// Chains a log anew from a position on, as well as can be done without the key.
pub fn hash_anew(app: &TestApp, log: Log, from: i64) {
    let mut before = hashes(app, log, from - 1).first().map(|(_, hash)| hash.clone()).unwrap();
    for (position, _) in hashes(app, log, from) {
        before = Sha256::digest([before.as_slice(), &position.to_be_bytes()].concat()).to_vec();
        app.sql(&format!("UPDATE {log} SET hash = {} WHERE position = {position}", bytes(app, &before)));
    }
    set_head(app, log);
}

/// Moves the rows of a log from a position on, without two of them ever standing at one place.
pub fn renumber(app: &TestApp, log: Log, from: i64, by: i64) {
    app.sql(&format!("UPDATE {log} SET position = -position WHERE position >= {from}"));
    app.sql(&format!("UPDATE {log} SET position = -position + {by} WHERE position < 0"));
}

/// The other columns of a log.
pub fn columns(log: Log) -> &'static str {
    match log {
        Log::Events => {
            "at, account_id, command, record_kind, record_id, by_organisation_id, organisation_id, addressee_id, place_organisation_id, \
             encounter, stand_in_id, detail, hash"
        }
        Log::AccessLog => "at, account_id, organisation_id, operation, record_kind, record_ids, hash",
    }
}

/// Nobody's id.
const FORGED: &str = "11111111-1111-7111-8111-111111111111";

/// With what somebody hashes a row who knows how that is done: all of it stands in the source but the key.
enum Hasher {
    /// Nothing but the bytes.
    Plain,
    /// A key of theirs.
    Keyed(Vec<u8>),
}

impl Hasher {
    /// The hash of a row of these fields behind the row of a hash.
    fn hash(&self, before: &[u8], fields: &[&[u8]]) -> Vec<u8> {
        let with_length = |field: &&[u8]| [&u64::try_from(field.len()).unwrap().to_be_bytes()[..], *field].concat();
        let bytes: Vec<u8> = std::iter::once(&before).chain(fields).flat_map(with_length).collect();
        match self {
            Self::Plain => Sha256::digest(&bytes).to_vec(),
            Self::Keyed(key) => Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(&bytes).finalize().into_bytes().to_vec(),
        }
    }

    /// Writes another row in the place of one, hashed behind the one before it.
    fn forge(&self, app: &TestApp, log: Log, position: i64) {
        const AT: &str = "2026-01-01T08:00:00.000000Z";
        let of_somebody: Uuid = FORGED.parse().unwrap();
        let (place, somebody, forged) = (position.to_be_bytes(), of_somebody.as_bytes().as_slice(), id(app, FORGED));
        let (fields, columns): (Vec<&[u8]>, String) = match log {
            Log::Events => (
                vec![
                    &place[..],
                    AT.as_bytes(),
                    b"",
                    b"withdrawVacancy",
                    b"vacancy",
                    somebody,
                    b"",
                    b"",
                    b"",
                    b"",
                    &[0],
                    b"",
                    b"{}",
                ],
                format!(
                    "account_id = NULL, command = 'withdrawVacancy', record_kind = 'vacancy', record_id = {forged}, \
                     by_organisation_id = NULL, organisation_id = NULL, addressee_id = NULL, place_organisation_id = NULL, \
                     encounter = {}, stand_in_id = NULL, detail = '{{}}'",
                    no(app)
                ),
            ),
            Log::AccessLog => (
                vec![&place[..], AT.as_bytes(), b"", somebody, b"listUnits", b"unit", b""],
                format!(
                    "account_id = NULL, organisation_id = {forged}, operation = 'listUnits', record_kind = 'unit', record_ids = '[]'"
                ),
            ),
        };
        let (_, before) = hashes(app, log, position - 1).swap_remove(0);
        let hash = bytes(app, &self.hash(&before, &fields));
        app.sql(&format!("UPDATE {log} SET at = '{AT}', {columns}, hash = {hash} WHERE position = {position}"));
        set_head(app, log);
    }
}

/// The key with which the rows of a log are chained.
fn key_of(app: &TestApp, log: Log) -> Hasher {
    Hasher::Keyed(app.db().keys().hash("chain", log.name().as_bytes()).unwrap())
}

/// The verdict on a log.
pub fn of(report: &Report, log: Log) -> Verdict {
    match log {
        Log::Events => report.events,
        Log::AccessLog => report.reads,
    }
}

/// The one record that stands otherwise, as it is named.
#[track_caller]
fn the_one_amiss(report: &Report) -> String {
    assert!(matches!((report.events, report.reads), (Verdict::Sound(_), Verdict::Sound(_))), "{report:?}");
    let records = report.records.as_ref().unwrap();
    assert_eq!(records.amiss, 1, "{records:?}");
    records.named[0].to_string()
}

on_both! {
    async fn a_row_that_was_changed_with_all_behind_it_hashed_anew_is_named(app: TestApp) {
        let day = a_day(&app).await;
        for (log, change) in [(Log::Events, "command = 'withdrawVacancy'"), (Log::AccessLog, "operation = 'listUnits'")] {
            open_up(&app, log);
            app.sql(&format!("UPDATE {log} SET {change} WHERE position = 4"));
            hash_anew(&app, log, 4);
            assert_eq!(of(&inside(&app), log), Verdict::Broken(4, Wrong::Changed));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(4, Wrong::Changed));
        }
    }

    async fn whoever_knows_how_rows_are_hashed_lacks_the_key_of_that_log(app: TestApp) {
        a_day(&app).await;
        for (log, other) in [(Log::Events, Log::AccessLog), (Log::AccessLog, Log::Events)] {
            let last = rows(&app, log);
            open_up(&app, log);
            let without_it = [Hasher::Plain, Hasher::Keyed(Vec::new()), Hasher::Keyed(vec![7; 32]), key_of(&app, other)];
            for hasher in &without_it {
                hasher.forge(&app, log, last);
                assert_eq!(of(&inside(&app), log), Verdict::Broken(last, Wrong::Changed));
            }
            // The key is all they lack: who has it writes what they like, as the last row, and not in the middle.
            key_of(&app, log).forge(&app, log, last);
            assert_eq!(of(&inside(&app), log), Verdict::Sound(last));
            for hasher in &without_it {
                hasher.forge(&app, log, 4);
                assert_eq!(of(&inside(&app), log), Verdict::Broken(4, Wrong::Changed));
            }
            key_of(&app, log).forge(&app, log, 4);
            assert_eq!(of(&inside(&app), log), Verdict::Broken(5, Wrong::Changed));
        }
    }

    async fn each_column_of_a_row_is_covered_by_its_hash(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            assert!(day.outside.read(&app).last(log).unwrap().1 > 4, "the row is older than the last anchor");
            open_up(&app, log);
            app.sql(&format!("CREATE TABLE kept_{log} AS SELECT * FROM {log} WHERE position = 4"));
            for column in columns(log).split(", ").filter(|column| *column != "hash") {
                let changed = match column {
                    "at" => format!("(SELECT max(at) FROM {log})"),
                    "command" | "operation" => "'forge'".to_owned(),
                    "record_kind" => "'session'".to_owned(),
                    "encounter" => "NOT encounter".to_owned(),
                    "detail" => "'{\"forged\": true}'".to_owned(),
                    "record_ids" => format!("'[\"{FORGED}\"]'"),
                    _ => id(&app, FORGED),
                };
                app.sql(&format!("UPDATE {log} SET {column} = {changed} WHERE position = 4"));
                for report in [inside(&app), day.outside.report(&app)] {
                    assert_eq!(of(&report, log), Verdict::Broken(4, Wrong::Changed), "{log}: {column}");
                }
                app.sql(&format!("UPDATE {log} SET {column} = (SELECT {column} FROM kept_{log}) WHERE position = 4"));
            }
            assert!(matches!(of(&day.outside.report(&app), log), Verdict::Sound(_)), "each is again as it was");
        }
    }

    async fn a_row_that_the_service_itself_once_wrote_in_that_place_is_named(app: TestApp) {
        a_day(&app).await;
        for log in Log::ALL {
            let old = rows(&app, log) - 1;
            app.sql(&format!("CREATE TABLE kept_{log} AS SELECT * FROM {log} WHERE position = {old}"));
            cut(&app, log, 3);
            for _ in 0..4 {
                app.request().await;
            }
            assert_eq!(of(&inside(&app), log), Verdict::Sound(rows(&app, log)));
            // It carries the hash that the service made for it, at its place; what stood before it does not stand there any more.
            let columns = columns(log);
            app.sql(&format!("UPDATE {log} SET ({columns}) = (SELECT {columns} FROM kept_{log}) WHERE position = {old}"));
            assert_eq!(of(&inside(&app), log), Verdict::Broken(old, Wrong::Changed));
        }
    }

    async fn what_stands_beside_a_log_as_its_last_row_is_held_against_it(app: TestApp) {
        a_day(&app).await;
        for log in Log::ALL {
            let (head, last) = (head_of(log), rows(&app, log));
            open_up(&app, log);
            for (change, expected) in [
                (format!("DELETE FROM {log} WHERE position = {last}"), Verdict::Broken(last, Wrong::Cut)),
                (format!("UPDATE {head} SET position = position - 1"), Verdict::Broken(last - 2, Wrong::Head)),
                (format!("UPDATE {head} SET hash = {}", bytes(&app, &[0; 32])), Verdict::Broken(last - 1, Wrong::Head)),
            ] {
                app.sql(&change);
                assert_eq!(of(&inside(&app), log), expected, "{change}");
                set_head(&app, log);
                assert_eq!(of(&inside(&app), log), Verdict::Sound(last - 1), "and nothing else was wrong");
            }
        }
    }

    async fn rows_that_were_cut_from_the_end_are_missed_by_their_anchor(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            let last = rows(&app, log);
            cut(&app, log, 3);
            // Within the database nothing shows it: that is what anchors are for.
            assert_eq!(of(&inside(&app), log), Verdict::Sound(last - 3));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(last - 2, Wrong::Cut));
        }
    }

    async fn rows_that_were_cut_and_grew_again_by_the_service_itself_are_named(app: TestApp) {
        let day = a_day(&app).await;
        let last: Vec<i64> = Log::ALL.iter().map(|log| rows(&app, *log)).collect();
        for log in Log::ALL {
            cut(&app, log, 3);
        }
        for _ in 0..7 {
            app.request().await;
        }
        let (within, report) = (inside(&app), day.outside.report(&app));
        for (log, last) in Log::ALL.into_iter().zip(last) {
            assert!(rows(&app, log) > last, "it is longer than it was");
            assert_eq!(of(&within, log), Verdict::Sound(rows(&app, log)), "and chained by the service itself");
            assert_eq!(of(&report, log), Verdict::Broken(last - 2, Wrong::Rewritten));
        }
    }

    async fn a_row_that_was_removed_from_the_middle_is_named(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            open_up(&app, log);
            app.sql(&format!("DELETE FROM {log} WHERE position = 5"));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(5, Wrong::Removed));
            renumber(&app, log, 6, -1);
            set_head(&app, log);
            assert_eq!(of(&inside(&app), log), Verdict::Broken(5, Wrong::Closed));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(5, Wrong::Closed));
        }
    }

    async fn rows_that_changed_places_are_named(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            open_up(&app, log);
            for (from, to) in [(4, -4), (5, 4), (-4, 5)] {
                app.sql(&format!("UPDATE {log} SET position = {to} WHERE position = {from}"));
            }
            assert_eq!(of(&inside(&app), log), Verdict::Broken(4, Wrong::Swapped));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(4, Wrong::Swapped));
        }
    }

    async fn a_row_that_was_inserted_is_named(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            open_up(&app, log);
            renumber(&app, log, 5, 1);
            let columns = columns(log);
            app.sql(&format!("INSERT INTO {log} (position, {columns}) SELECT 5, {columns} FROM {log} WHERE position = 3"));
            set_head(&app, log);
            assert_eq!(of(&inside(&app), log), Verdict::Broken(5, Wrong::Inserted));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(5, Wrong::Inserted));
        }
    }

    async fn both_logs_changed_alike_are_both_named(app: TestApp) {
        let day = a_day(&app).await;
        let other = app.own(Role::Coordinator).identity().account.to_string();
        let referent = app.own(Role::Referent).identity().account.to_string();
        for log in Log::ALL {
            open_up(&app, log);
            app.sql(&format!("UPDATE {log} SET account_id = {} WHERE account_id = {}", id(&app, &other), id(&app, &referent)));
        }
        let report = day.outside.report(&app);
        let first = |log| match of(&report, log) {
            Verdict::Broken(row, Wrong::Changed) => row,
            verdict => panic!("{log}: {verdict:?}"),
        };
        let changed = |log: Log| app.count(&format!("SELECT min(position) AS n FROM {log} WHERE account_id = {}", id(&app, &other)));
        assert_eq!((first(Log::Events), first(Log::AccessLog)), (changed(Log::Events), changed(Log::AccessLog)));
        assert!(report.records.is_none(), "nothing is held against a log that is not as it was written");
    }

    async fn beds_that_no_command_has_held_are_named(app: TestApp) {
        let day = a_day(&app).await;
        app.sql(&format!("UPDATE vacancies SET held = 3 WHERE id = {}", id(&app, &day.vacancy)));
        let named = the_one_amiss(&day.outside.report(&app));
        assert!(named.starts_with(&format!("vacancy {} stands as beds 4, held 3", day.vacancy)), "{named}");
        assert!(named.contains("by the events it is beds 4, held 1"), "{named}");
    }

    async fn a_vacancy_that_no_command_has_declared_or_that_is_gone_is_named(app: TestApp) {
        let day = a_day(&app).await;
        let forged = FORGED;
        let rest = "unit_id, 9, 0, from_day, until_day, confirmed_at, withdrawn_at, created_at, updated_at, declared_by_id";
        let columns = "id, unit_id, beds, held, from_day, until_day, confirmed_at, withdrawn_at, created_at, updated_at, declared_by_id";
        app.sql(&format!(
            "INSERT INTO vacancies ({columns}) SELECT {}, {rest} FROM vacancies WHERE id = {}",
            id(&app, forged),
            id(&app, &day.vacancy)
        ));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("vacancy {forged} ")) && named.ends_with("no event tells of it"), "{named}");
        app.sql(&format!("DELETE FROM vacancies WHERE id = {}", id(&app, forged)));
        let alone = app.vacancy(2).await;
        assert!(inside(&app).is_sound());
        app.sql(&format!("DELETE FROM vacancies WHERE id = {}", id(&app, &alone)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("vacancy {alone} is not there")), "{named}");
    }

    async fn a_state_that_no_command_has_led_to_is_named(app: TestApp) {
        let day = a_day(&app).await;
        app.sql(&format!("UPDATE referrals SET state = 'confirmed', deadline = NULL WHERE id = {}", id(&app, &day.accepted)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("referral {} stands as confirmed", day.accepted)), "{named}");
        assert!(named.contains("by the events it is accepted"), "{named}");
        app.sql(&format!("UPDATE referrals SET state = 'accepted', deadline = updated_at WHERE id = {}", id(&app, &day.accepted)));
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        app.sql(&format!("UPDATE requests SET state = 'closed' WHERE id = {}", id(&app, &day.request)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("request {} stands as closed", day.request)) && named.contains("it is open"), "{named}");
    }

    async fn a_request_that_nobody_has_lent_is_named(app: TestApp) {
        let day = a_day(&app).await;
        let (referent, path) = (app.own(Role::Referent), format!("requests/{}", day.request));
        referent.post(&format!("{path}/lend"), &app.lending_for(9)).await.expect(200);
        assert!(inside(&app).is_sound());
        referent.command(&format!("{path}/end-lending")).await.expect(200);
        assert!(inside(&app).is_sound());
        let other = app.other(Role::Referent).identity().organisation.to_string();
        app.sql(&format!(
            "UPDATE requests SET lent_to_id = {}, lent_until = created_at WHERE id = {}",
            id(&app, &other),
            id(&app, &day.request)
        ));
        let named = the_one_amiss(&inside(&app));
        assert!(named.contains(&format!("lent to {other}; by the events it is open")), "{named}");
    }

    async fn a_role_that_nobody_has_given_is_named(app: TestApp) {
        let day = a_day(&app).await;
        let partner = app.own(Role::Partner).identity().account.to_string();
        app.sql(&format!("UPDATE accounts SET roles = ' partner coordinator ' WHERE id = {}", id(&app, &partner)));
        let named = the_one_amiss(&day.outside.report(&app));
        assert!(named.starts_with(&format!("account {partner} stands as")), "{named}");
        assert!(named.contains("granted [\"coordinator\",\"partner\"]"), "{named}");
        app.sql(&format!("UPDATE accounts SET roles = ' partner ' WHERE id = {}", id(&app, &partner)));
        for (change, back) in [
            ("email = 'thief@example.org', email_key = 'thief@example.org'", "email = NULL, email_key = NULL"),
            ("scopes = ' requests '", "scopes = NULL"),
            (
                "kind = 'person', email = 'thief@example.org', email_key = 'thief@example.org'",
                "kind = 'tool', email = NULL, email_key = NULL",
            ),
        ] {
            app.sql(&format!("UPDATE accounts SET {change} WHERE id = {}", id(&app, &partner)));
            let named = the_one_amiss(&inside(&app));
            assert!(named.starts_with(&format!("account {partner} ")) && !named.contains("thief"), "{change}: {named}");
            app.sql(&format!("UPDATE accounts SET {back} WHERE id = {}", id(&app, &partner)));
        }
        assert!(inside(&app).is_sound());
    }

    async fn what_an_organisation_may_is_its_commands_word(app: TestApp) {
        a_day(&app).await;
        let body = with(organisation(), json!({"kind": "siao", "departments": ["69"]}));
        let siao = app.own(Role::Administrator).post("organisations", &body).await.expect(201).id();
        assert!(inside(&app).is_sound());
        for (change, back) in [
            ("kind = 'coordination'", "kind = 'siao'"),
            ("departments = '[\"69\",\"75\"]'", "departments = '[\"69\"]'"),
            ("doors = '[\"115\"]'", "doors = '[]'"),
        ] {
            app.sql(&format!("UPDATE organisations SET {change} WHERE id = {}", id(&app, &siao)));
            let named = the_one_amiss(&inside(&app));
            assert!(named.starts_with(&format!("organisation {siao} ")), "{change}: {named}");
            app.sql(&format!("UPDATE organisations SET {back} WHERE id = {}", id(&app, &siao)));
        }
        assert!(inside(&app).is_sound());
        app.sql(&format!("UPDATE organisations SET contact = '{{\"email\": \"thief@example.org\"}}' WHERE id = {}", id(&app, &siao)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.contains("contact_mark") && !named.contains("thief"), "where its mails go shows by a mark alone: {named}");
    }

    async fn a_home_that_no_command_has_brought_back_is_named(app: TestApp) {
        a_day(&app).await;
        let site = app.site().await;
        app.own(Role::Provider).command(&format!("units/{}/end", site.unit)).await.expect(200);
        assert!(inside(&app).is_sound());
        app.sql(&format!("UPDATE units SET ended_at = NULL WHERE id = {}", id(&app, &site.unit)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("unit {} stands as ended false", site.unit)), "{named}");
    }

    async fn uses_of_a_quota_that_were_taken_back_are_named(app: TestApp) {
        let day = a_day(&app).await;
        let (referent, other) = (app.own(Role::Referent), app.own(Role::Coordinator).identity().account.to_string());
        let account = referent.identity().account.to_string();
        // Somebody has stored, asked, planned, linked and taken the registry home.
        referent.command(&format!("requests/{}/copy", day.request)).await.expect(201);
        referent.command("plans").await.expect(201);
        let theirs = app.other(Role::Referent).post("requests", &request()).await.expect(201).id();
        let code = app.other(Role::Referent).command(&format!("requests/{theirs}/keep-apart-codes")).await.expect(201).body["code"].clone();
        let link = referent.post(&format!("requests/{}/keep-apart-links", day.request), &json!({"code": code})).await.expect(201).id();
        referent.command(&format!("requests/{}/keep-apart-links/{link}/end", day.request)).await.expect(200);
        app.ignore_mails();
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        let of = |kind: &str| format!("kind = '{kind}' AND account_id = {}", id(&app, &account));
        for (kind, told) in [("requests_stored", 3), ("referrals_asked", 2), ("plans", 1), ("links", 2)] {
            let number = |number: i64| format!("used of {kind}: {number}");
            assert_eq!(app.count(&format!("SELECT count(*) AS n FROM quota_uses WHERE {}", of(kind))), told, "{kind}");
            let ways = [
                ("kind = 'rankings_other'".to_owned(), format!("kind = '{kind}'"), 0),
                (format!("account_id = {}", id(&app, &other)), format!("account_id = {}", id(&app, &account)), 0),
            ];
            for (change, back, stands) in ways {
                app.sql(&format!("UPDATE quota_uses SET {change} WHERE {}", of(kind)));
                let named = the_one_amiss(&day.outside.report(&app));
                assert_eq!(named, format!("account {account} stands as {}; by the events it is {}", number(stands), number(told)), "{change}");
                let mut rows = change.clone();
                if change.starts_with("account_id") {
                    rows.push_str(&format!(" AND kind = '{kind}'"));
                }
                app.sql(&format!("UPDATE quota_uses SET {back} WHERE {rows}"));
                assert!(inside(&app).is_sound(), "{:?}", inside(&app));
            }
        }
        // One of several, and one that was moved to a day that counts no more.
        app.sql(&format!("UPDATE quota_uses SET at = (SELECT min(at) FROM events) WHERE {}", of("plans")));
        let named = the_one_amiss(&inside(&app));
        assert!(named.contains("used of plans: 0"), "{named}");
        app.sql(&format!("UPDATE quota_uses SET at = (SELECT max(at) FROM events WHERE command = 'createPlan') WHERE {}", of("plans")));
        app.sql(&format!("DELETE FROM quota_uses WHERE {} AND at = (SELECT min(at) FROM quota_uses WHERE {})", of("requests_stored"), of("requests_stored")));
        let named = the_one_amiss(&inside(&app));
        assert!(named.ends_with("stands as used of requests_stored: 2; by the events it is used of requests_stored: 3"), "{named}");
        // An export stands in the log of reads, with whom it was about.
        let siao = json!({"name": "Autre organisation fictive", "kind": "siao", "departments": ["69"], "contact": {"email": "other@example.org"}});
        let exporter = app.other(Role::Provider);
        app.own(Role::Administrator).put(&format!("organisations/{}", exporter.identity().organisation), "*", &siao).await.expect(200);
        Browser::signed_in(&app, &exporter).await.get("/registre.csv").await.expect(200);
        app.sql("DELETE FROM quota_uses WHERE kind = 'exports'");
        let records = inside(&app).records.unwrap();
        let account = exporter.identity().account;
        let expected = format!("account {account} stands as used of exports: 0; by the events it is used of exports: 1");
        assert!(records.amiss == 2 && records.named.iter().any(|one| one.to_string() == expected), "{records:?}");
        // What is a day old counts nowhere, and is forgotten.
        app.clock().advance(chrono::TimeDelta::hours(24));
        app.ignore_mails();
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        assert_eq!(app.count("SELECT count(*) AS n FROM quota_uses"), 0);
    }

    async fn beds_that_are_held_for_somebody_else_and_answers_that_came_otherwise_are_named(app: TestApp) {
        let day = a_day(&app).await;
        let (referent, other) = (app.own(Role::Referent).identity().account, app.own(Role::Coordinator).identity().account);
        let held = app.ask(&app.request().await, &day.vacancy, json!({"hold": true})).await.expect(201).id();
        let phone = app.ask(&app.request().await, &day.vacancy, json!({})).await.expect(201).id();
        app.own(Role::Referent).post(&format!("referrals/{phone}/accept"), &json!({"by_phone": true})).await.expect(200);
        app.ignore_mails();
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        app.sql(&format!("UPDATE referrals SET held_by_id = {} WHERE id = {}", id(&app, &other.to_string()), id(&app, &held)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.contains(&format!("held true by {other}")) && named.contains(&format!("held true by {referent}")), "{named}");
        app.sql(&format!("UPDATE referrals SET held_by_id = {} WHERE id = {}", id(&app, &referent.to_string()), id(&app, &held)));
        // What nobody but the asker has written down counts as held by them.
        app.sql(&format!("UPDATE referrals SET by_phone = {} WHERE id = {}", no(&app), id(&app, &phone)));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("referral {phone} ")) && named.contains("by phone false") && named.contains("by phone true"), "{named}");
    }

    async fn a_home_for_which_nobody_has_vouched_is_named(app: TestApp) {
        let app = app.bare();
        let site = app.site().await;
        app.ignore_mails();
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        app.sql(&format!(
            "UPDATE units SET first_vouched_at = created_at, vouched_at = created_at, vouched_kind = kind, vouched_places = 9 WHERE id = {}",
            id(&app, &site.unit)
        ));
        let named = the_one_amiss(&inside(&app));
        assert!(named.starts_with(&format!("unit {} stands as ended false, vouched", site.unit)) && named.contains("never by"), "{named}");
    }

    async fn a_row_without_a_hash_is_named(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            assert!(app.try_sql(&format!("UPDATE {log} SET hash = NULL WHERE position = 6")).is_err());
            // A table like it, without what the database itself insists on.
            app.sql(&format!("CREATE TABLE forged AS SELECT * FROM {log}"));
            app.sql("UPDATE forged SET hash = NULL WHERE position = 6");
            app.sql(&format!("DROP TABLE {log}"));
            app.sql(&format!("ALTER TABLE forged RENAME TO {log}"));
            assert_eq!(of(&inside(&app), log), Verdict::Broken(6, Wrong::Unhashed));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(6, Wrong::Unhashed));
        }
    }

    async fn a_row_that_cannot_be_read_is_named(app: TestApp) {
        let day = a_day(&app).await;
        for log in Log::ALL {
            open_up(&app, log);
            // A kind of which only a newer program may know is read like any other: it is not what was written.
            app.sql(&format!("UPDATE {log} SET record_kind = 'bed' WHERE position = 6"));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(6, Wrong::Changed));
            app.sql(&format!("UPDATE {log} SET at = 'infinity' WHERE position = 6"));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(6, Wrong::Unreadable));
        }
    }

    async fn a_whole_log_of_another_deployment_is_named_from_its_first_row(app: TestApp) {
        let day = a_day(&app).await;
        // A shorter log, sound under a key that is not this deployment's: what another service wrote of the same commands.
        for log in Log::ALL {
            cut(&app, log, 4);
            hash_anew_whole(&app, log);
            assert_eq!(of(&inside(&app), log), Verdict::Broken(1, Wrong::Changed));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(1, Wrong::Changed));
        }
    }

    async fn a_log_that_was_emptied_is_missed(app: TestApp) {
        let day = a_day(&app).await;
        for (log, head) in [(Log::Events, "event_head"), (Log::AccessLog, "access_log_head")] {
            open_up(&app, log);
            app.sql(&format!("DELETE FROM {log}"));
            app.sql(&format!("UPDATE {head} SET position = 0, hash = NULL"));
            assert_eq!(of(&inside(&app), log), Verdict::Sound(0));
            assert_eq!(of(&day.outside.report(&app), log), Verdict::Broken(1, Wrong::Cut));
        }
    }

    async fn a_command_that_was_undone_in_the_log_and_in_its_record_alike_is_missed_by_its_anchor(app: TestApp) {
        let day = a_day(&app).await;
        // The last event accepted a referral, which then stands again as it was asked: nothing within the database contradicts it.
        let last = rows(&app, Log::Events);
        cut(&app, Log::Events, 1);
        app.sql(&format!("UPDATE referrals SET state = 'asked' WHERE id = {}", id(&app, &day.accepted)));
        assert!(inside(&app).is_sound(), "{:?}", inside(&app));
        assert_eq!(day.outside.report(&app).events, Verdict::Broken(last, Wrong::Cut));
    }

    async fn what_came_behind_the_last_anchor_may_be_cut_unseen_and_no_more(app: TestApp) {
        let day = a_day(&app).await;
        let anchored = rows(&app, Log::Events);
        app.request().await;
        assert_eq!(day.outside.read(&app).last(Log::Events).unwrap().1, anchored);
        cut(&app, Log::Events, 1);
        assert_eq!(day.outside.report(&app).events, Verdict::Sound(anchored));
        cut_again(&app, Log::Events, 1);
        assert_eq!(day.outside.report(&app).events, Verdict::Broken(anchored, Wrong::Cut));
    }

    async fn an_anchor_is_laid_at_once_and_then_when_there_is_much_to_lose(app: TestApp) {
        let outside = Outside::of(&app);
        app.request().await;
        assert!(outside.anchoring.lay_if_due().unwrap(), "the first says how the logs stand at the start");
        let laid = || std::fs::read_to_string(&outside.file).unwrap().lines().count();
        assert_eq!(laid(), 2);
        app.request().await;
        assert!(!outside.anchoring.lay_if_due().unwrap());
        let before = rows(&app, Log::Events);
        let declared = serde_json::from_value(request()).unwrap();
        let organisation = app.own(Role::Referent).identity().organisation;
        app.db()
            .write(Author::service("createRequest"), |turn| -> Result<(), api::db::Failure> {
                for _ in 0..520 {
                    let id = api::domain::ids::RequestId::new();
                    let stored = api::db::requests::insert(turn, id, organisation, &declared, turn.now)?;
                    turn.note(&stored);
                }
                Ok(())
            })
            .unwrap();
        assert!(outside.anchoring.lay_if_due().unwrap(), "five hundred rows, and it is looked four times a second");
        assert_eq!(laid(), 4);
        assert_eq!(outside.read(&app).last(Log::Events).unwrap().1, before + 520);
        // Another start goes on in the same file, behind a line that a crash has cut short.
        std::fs::write(&outside.file, format!("{}havre-anchor events 9", std::fs::read_to_string(&outside.file).unwrap())).unwrap();
        let again = anchoring(&app, &outside.file);
        again.lay().unwrap();
        let mut anchors = Anchors::default();
        anchors.read(app.db().keys(), BufReader::new(File::open(&outside.file).unwrap())).unwrap();
        assert_eq!((anchors.forged, anchors.torn), (vec![], vec![5]));
        assert_eq!(laid(), 7);
    }

    async fn an_anchor_is_found_among_other_words_and_one_that_is_torn_is_named(app: TestApp) {
        let day = a_day(&app).await;
        let read = |text: &str| {
            let mut anchors = Anchors::default();
            anchors.read(app.db().keys(), BufReader::new(text.as_bytes())).unwrap();
            anchors
        };
        let honest = std::fs::read_to_string(&day.outside.file).unwrap();
        let logged: String = honest.lines().map(|line| format!("> 2026 havre INFO {line}\"\n")).collect();
        let found = read(&logged);
        assert!(found.forged.is_empty() && found.torn.is_empty(), "{found:?}");
        for log in [Log::Events, Log::AccessLog] {
            assert!(found.last(log).is_some());
            assert_eq!(found.last(log), read(&honest).last(log));
        }
        for torn in [
            "havre-anchor",
            "havre-anchor events 12",
            "havre-anchor bed 1 2026-11-28T05:00:00Z - AA",
            "havre-anchor events -1 2026-11-28T05:00:00Z - AA",
        ] {
            assert_eq!(read(torn).torn, [1], "{torn}");
        }
    }

    async fn an_anchor_is_nobody_else_s_to_make(app: TestApp) {
        let day = a_day(&app).await;
        cut(&app, Log::Events, 3);
        let last = rows(&app, Log::Events);
        let (position, hash) = hashes(&app, Log::Events, last).pop().unwrap();
        // Whoever has both copies of another deployment signs it with that one's key.
        let other = app.afresh().await;
        let stranger = api::db::Db::open(
            &format!("sqlite:{}", day.outside.file.with_extension("sqlite").display()).parse().unwrap(),
            app.clock().clone(),
            &api::db::KeySettings::default(),
        )
        .unwrap();
        let forged = Anchor { log: Log::Events, position, hash, at: app.clock().now() }.line(stranger.keys()).unwrap();
        drop(other);
        let mut anchors = Anchors::default();
        anchors.read(app.db().keys(), BufReader::new(forged.as_bytes())).unwrap();
        assert_eq!(anchors.forged, [1]);
        assert_eq!(anchors.last(Log::Events), None);
        // One that was changed by a letter is none either.
        let honest = std::fs::read_to_string(&day.outside.file).unwrap();
        let changed = honest.replacen("havre-anchor events ", "havre-anchor events 1", 1);
        let mut anchors = Anchors::default();
        anchors.read(app.db().keys(), BufReader::new(changed.as_bytes())).unwrap();
        assert_eq!(anchors.forged, [1]);
    }

    async fn the_auditors_are_mailed_how_the_logs_end_once_a_day(app: TestApp) {
        let auditor = crate::harness::people::Person::invited(&app, &app.own(Role::Auditor));
        app.request().await;
        app.ignore_mails();
        let another = app.another_instance().await;
        api::work::upkeep::sweep(&app.app().service).unwrap();
        api::work::upkeep::sweep(&another.app().service).unwrap();
        let mails: Vec<_> = app.mails().into_iter().filter(|mail| mail.subject.contains("ancres")).collect();
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [auditor.address.as_str()]);
        let mut anchors = Anchors::default();
        anchors.read(app.db().keys(), BufReader::new(mails[0].text.as_bytes())).unwrap();
        assert!(anchors.forged.is_empty() && anchors.torn.is_empty(), "{}", mails[0].text);
        assert_eq!(anchors.last(Log::Events).unwrap().1, rows(&app, Log::Events));
        assert_eq!(anchors.last(Log::AccessLog).unwrap().1, rows(&app, Log::AccessLog));
        app.clock().advance(chrono::TimeDelta::days(1));
        api::work::upkeep::sweep(&another.app().service).unwrap();
        assert_eq!(app.mails().iter().filter(|mail| mail.subject.contains("ancres")).count(), 1);
    }
}

/// Cuts again where nothing keeps a log from it any more.
fn cut_again(app: &TestApp, log: Log, count: i64) {
    let last = rows(app, log) - count;
    app.sql(&format!("DELETE FROM {log} WHERE position > {last}"));
    set_head(app, log);
}

/// Chains a whole log anew.
pub fn hash_anew_whole(app: &TestApp, log: Log) {
    let mut before = Vec::new();
    for (position, _) in hashes(app, log, 1) {
        before = Sha256::digest([before.as_slice(), &position.to_be_bytes()].concat()).to_vec();
        app.sql(&format!("UPDATE {log} SET hash = {} WHERE position = {position}", bytes(app, &before)));
    }
    set_head(app, log);
}
