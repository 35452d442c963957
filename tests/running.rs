//! How an instance is run: whether it is ready and why not, a schema that is older or newer than the program, a stop that loses nothing, what it
//! logs, and where its spans go.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::clock::Clock;
use api::db::anchors::Anchors;
use api::db::{Conn, Db, DbError, SchemaFit, Verdict, Wrong, evidence};
use api::domain::Role;
use api::work::do_what_is_due;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

use crate::harness::bodies::{ad_hoc_request, request, structure, unit, vacancy, with};
use crate::harness::postgres::{Cluster, cluster};
use crate::harness::servers::{Database, Servers, get};
use crate::harness::wire::{Call, Wire};
use crate::harness::{TestApp, canaries, keys, on_both};
use crate::http::pages::Browser;

/// How long a test waits for what must come: on a busy machine twelve slow mails take more than a minute.
const PATIENCE: Duration = Duration::from_mins(3);

/// Adds one row to each log as a later release may: of a kind of record for which this one has no word.
fn write_of_shelters(app: &TestApp) {
    app.sql(
        "INSERT INTO events (position, at, account_id, command, record_kind, record_id, by_organisation_id, organisation_id, addressee_id, \
         place_organisation_id, encounter, stand_in_id, detail, hash) \
         SELECT position + 1, at, account_id, 'openShelter', 'shelter', record_id, by_organisation_id, organisation_id, addressee_id, \
         place_organisation_id, encounter, stand_in_id, detail, hash FROM events ORDER BY position DESC LIMIT 1",
    );
    app.sql(
        "INSERT INTO access_log (position, at, account_id, organisation_id, operation, record_kind, record_ids, hash) \
         SELECT position + 1, at, account_id, organisation_id, 'getShelter', 'shelter', record_ids, hash \
         FROM access_log ORDER BY position DESC LIMIT 1",
    );
}

/// Looks again and again until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn get_call<'c>(path: &'c str, token: &'c str) -> Call<'c> {
    Call { method: "GET", path, token, key: None, etag: None, body: None }
}

on_both! {
    async fn readiness_says_how_far_the_snapshot_is(app: TestApp) {
        app.vacancy(1).await;
        app.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200);
        let head = app.db().read(api::db::events::head).unwrap();
        let ready = app.nobody().get("readiness").await.expect(200).body;
        assert_eq!((ready["status"].as_str(), ready["schema"].as_str()), (Some("ok"), Some("as_known")), "{ready}");
        assert_eq!(ready["snapshot"], json!({"position": head, "lag": 0, "age_s": 0.0, "units": 1}));
        // What another has done is behind until somebody asks or follows: it is said how much, and since when.
        let other = app.another_instance().await;
        let before = other.nobody().get("readiness").await.expect(200).body["snapshot"].clone();
        assert_eq!((before["position"].as_i64(), before["units"].as_i64()), (Some(0), Some(0)), "{before}");
        assert_eq!(before["lag"].as_i64(), Some(head), "{before}");
        assert!(before["age_s"].as_f64().unwrap() >= 0.0, "{before}");
        other.own(Role::Referent).rank("rank", Some(&ad_hoc_request())).await.expect(200);
        let after = other.nobody().get("readiness").await.expect(200).body["snapshot"].clone();
        assert_eq!((after["lag"].as_i64(), after["units"].as_i64()), (Some(0), Some(1)), "{after}");
    }

    async fn an_instance_that_stops_is_not_ready_and_takes_up_no_job(app: TestApp) {
        let vacancy = app.vacancy(2).await;
        app.ask(&app.request().await, &vacancy, json!({})).await.expect(201);
        let (elsewhere, waiting) = (app.another_instance().await, app.count("SELECT count(*) AS n FROM jobs WHERE tries = 0"));
        app.app().service.live().begin_stop();
        let refused = app.nobody().get("readiness").await.refused(503, "unavailable");
        assert!(refused.body["detail"].as_str().unwrap().contains("is stopping"), "{}", refused.text);
        // It goes on answering while whoever balances load finds out.
        app.own(Role::Referent).get("requests").await.expect(200);
        do_what_is_due(&app.app().desk()).unwrap();
        assert_eq!(app.count("SELECT count(*) AS n FROM jobs WHERE tries = 0"), waiting, "they are left as they were");
        elsewhere.nobody().get("readiness").await.expect(200);
        assert!(waiting > 0 && !elsewhere.mails().is_empty(), "another does them");
    }

    async fn an_instance_beside_a_newer_schema_goes_on(app: TestApp) {
        app.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        // Migrations only add: what a later release has added, this one does not look at.
        app.sql("ALTER TABLE requests ADD COLUMN of_a_later_release TEXT");
        app.sql("CREATE TABLE of_a_later_release (id INTEGER)");
        let ready = app.nobody().get("readiness").await.expect(200).body;
        assert_eq!(ready["schema"], "newer", "{ready}");
        assert_eq!(app.db().fitness().unwrap(), SchemaFit::Newer(vec!["9999".to_owned()]));
        let vacancy = app.vacancy(1).await;
        let request = app.request().await;
        let referral = app.ask(&request, &vacancy, json!({"hold": true})).await.expect(201).id();
        app.own(Role::Provider).command(&format!("referrals/{referral}/accept")).await.expect(200);
        app.own(Role::Referent).get(&format!("requests/{request}")).await.expect(200);
        app.ignore_mails();
    }

    async fn an_instance_goes_on_beside_a_newer_program_that_writes_of_what_it_does_not_know(app: TestApp) {
        let (referent, auditor) = (app.own(Role::Referent), app.own(Role::Auditor));
        app.vacancy(1).await;
        app.request().await;
        referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
        let mut browser = Browser::signed_in(&app, &auditor).await;
        let mut followed = auditor.follow("events/stream", &[]).await.ok().unwrap();
        assert!(followed.chunk().await.unwrap().starts_with("retry: "));
        write_of_shelters(&app);
        let unknown = app.db().read(api::db::events::head).unwrap();

        // Who calls, what is matched and what is done all follow the log.
        referent.get("requests").await.expect(200);
        let request = app.request().await;
        referent.rank("rank", Some(&ad_hoc_request())).await.expect(200);
        let ready = app.nobody().get("readiness").await.expect(200).body;
        assert_eq!(ready["snapshot"]["lag"], 0, "{ready}");
        // Whoever reads or follows it passes that row over, and stays behind no other for it.
        let (position, event) = followed.next().await.unwrap();
        assert_eq!((position, event["record_id"].as_str()), (unknown + 1, Some(request.as_str())));
        let page = auditor.get(&format!("events?limit=1&after={}", unknown - 1)).await.expect(200).body;
        assert_eq!(page["items"][0], event, "{page}");
        for path in ["/journaux?journal=actes", "/journaux"] {
            let shown = browser.get(path).await.expect(200);
            assert!(!shown.text.contains("Shelter") && shown.text.contains(&request), "{}", shown.text);
        }
        auditor.get("access-log?limit=200").await.expect(200);
        // What proves the logs reads it like any other: here nobody had the key, and that is what is said of it.
        let report = app.db().read(|conn| evidence::verify(conn, &Anchors::default(), app.clock().now())).unwrap();
        assert_eq!(report.events, Verdict::Broken(unknown, Wrong::Changed));
    }

    async fn an_instance_whose_schema_lacks_a_migration_is_not_ready(app: TestApp) {
        app.sql("DELETE FROM __diesel_schema_migrations WHERE version = '0011'");
        let refused = app.nobody().get("readiness").await.refused(503, "unavailable");
        assert!(refused.body["detail"].as_str().unwrap().contains("lacks migrations"), "{}", refused.text);
        assert_eq!(app.db().fitness().unwrap(), SchemaFit::Older(vec!["0011".to_owned()]));
    }
}

/// The program on a database, with its key store beside it.
fn havre(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_havre"));
    command.args(arguments).env_clear().env("HAVRE_DATABASE_URL", url).envs([keys::environment(url)]).env("HAVRE_LOG", "info");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A database of each kind with nothing in it; what keeps it there.
fn empty_databases() -> Vec<(String, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("havre.sqlite").display());
    let postgres = cluster().map(|cluster| (cluster.create_empty_database(), None));
    [Some((file, Some(folder))), postgres].into_iter().flatten().collect()
}

fn execute(db: &Db, sql: &str) {
    db.write_beside(|conn| -> Result<(), DbError> {
        match conn {
            Conn::Pg(pg) => pg.batch_execute(sql)?,
            Conn::Sqlite(sqlite) => sqlite.batch_execute(sql)?,
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_older_schema_is_brought_up_to_date_by_one_of_those_that_start_together() {
    for (url, _kept) in empty_databases() {
        let started: Vec<_> = (0..4).map(|_| havre(&url, &["migrate"]).spawn().unwrap()).collect();
        let ended: Vec<_> = started.into_iter().map(|one| one.wait_with_output().unwrap()).collect();
        let all: String = ended.iter().map(said).collect();
        assert!(ended.iter().all(|one| one.status.success()), "{url}: {all}");
        assert_eq!(all.matches("migrations applied").count(), 1, "{url}: {all}");
    }
}

#[test]
fn a_newer_schema_is_refused_with_what_to_do_and_left_as_it_is() {
    for (url, _kept) in empty_databases() {
        assert!(havre(&url, &["migrate"]).status().unwrap().success());
        let db = keys::open(&url, Clock::default());
        execute(&db, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        for arguments in [&["serve"][..], &["migrate"], &["verify"], &["client", "list"]] {
            let refused = havre(&url, arguments).output().unwrap();
            let told = said(&refused);
            assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {told}");
            assert!(told.contains("9999 is unknown here") && told.contains("start that program, or restore a backup"), "{told}");
        }
        execute(&db, "DELETE FROM __diesel_schema_migrations WHERE version = '9999'");
        assert!(havre(&url, &["verify"]).status().unwrap().success());
    }
}

#[test]
fn who_starts_while_another_migrates_waits_for_it() {
    let Some(cluster) = Cluster::own() else { return };
    let url = cluster.create_empty_database();
    let other = keys::open(&url, Clock::default());
    let mut conn = other.connect().unwrap();
    let Conn::Pg(pg) = &mut conn else { panic!("this is PostgreSQL") };
    pg.batch_execute("SELECT pg_advisory_lock(4841565245)").unwrap();
    let mut waiting = havre(&url, &["migrate"]).spawn().unwrap();
    let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("another instance migrates the database")));
    assert!(waiting.try_wait().unwrap().is_none(), "it waits");
    pg.batch_execute("SELECT pg_advisory_unlock(4841565245)").unwrap();
    assert!(waiting.wait().unwrap().success());
}

/// A request whose body comes in two parts.
struct Halved {
    stream: TcpStream,
    rest: String,
}

impl Halved {
    fn begin(address: SocketAddr, token: &str) -> Self {
        let body = structure().to_string();
        let (first, rest) = body.split_at(body.len() / 2);
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /api/v1/structures HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: halved\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest and reads the whole answer.
    fn end(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).unwrap();
        let mut text = String::new();
        self.stream.read_to_string(&mut text).unwrap();
        text
    }
}

#[test]
fn a_stop_is_announced_and_what_is_under_way_is_answered() {
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        let servers = Servers::start_with(1, database, None, &[("HAVRE_STOP_NOTICE", "60")]);
        let token = servers.token("Organisation fictive", "provider");
        let address = servers.address(0).unwrap();
        assert_eq!(get(address, "/api/v1/readiness").0, 200);
        servers.tell_to_stop(0);
        until("it says that it is not ready", || get(address, "/api/v1/readiness").0 == 503);
        // Whoever balances load finds out by and by: until then all is answered.
        Wire::new(&servers, 0).ask(get_call("structures", &token)).expect(200);
        assert_eq!(get(address, "/api/v1/health").0, 200);
        let halved = Halved::begin(address, &token);
        until("it has come to the service", || get(address, "/api/v1/readiness").0 == 503);
        // A second signal ends the notice.
        servers.tell_to_stop(0);
        until("nobody new is taken", || TcpStream::connect(address).is_err());
        let answer = halved.end();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(servers.ends_well(0), "{}", servers.said(0));
        assert!(servers.said(0).contains("not ready from now on"), "{}", servers.said(0));
        servers.start_again(0);
        let listed = Wire::new(&servers, 0).ask(get_call("structures", &token)).expect(200);
        assert_eq!(listed.body["items"].as_array().unwrap().len(), 1, "what was answered is there");
        assert!(servers.havre(&["verify"]).contains("each as it was written"));
    }
}

#[test]
fn what_was_counted_in_memory_is_written_down_at_a_stop() {
    use api::db::quotas::of_all;
    use api::domain::quota::Watched;
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        let servers = Servers::start(1, database, None);
        let token = servers.token("Organisation fictive", "referent");
        let (mut wire, body) = (Wire::new(&servers, 0), ad_hoc_request());
        for _ in 0..3 {
            wire.ask(Call { method: "POST", path: "rank", token: &token, key: None, etag: None, body: Some(&body) }).expect(200);
        }
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0), "{}", servers.said(0));
        let db = keys::open(&servers.database().url(), Clock::default());
        let written = db.read(|conn| of_all(conn, db.clock().now(), Watched::RankingsOther)).unwrap();
        assert_eq!(written.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [3], "{}", servers.said(0));
    }
}

/// A server that takes mails, one after the other and none fast; what it has taken.
#[derive(Clone)]
struct SlowMail {
    url: String,
    taken: Arc<Mutex<Vec<String>>>,
}

impl SlowMail {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let taken = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || drop(converse(stream, &seen)));
            }
        });
        Self { url, taken }
    }

    fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

fn converse(mut stream: TcpStream, taken: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 slow\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        if line == "DATA" {
            stream.write_all(b"354 go on\r\n")?;
            let mut id = String::new();
            while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                if line.to_ascii_lowercase().starts_with("message-id:") {
                    id = line;
                }
            }
            std::thread::sleep(Duration::from_millis(150));
            taken.lock().unwrap().push(id);
        }
        stream.write_all(if line == "QUIT" { b"221 bye\r\n" } else { b"250 ok\r\n" })?;
    }
    Ok(())
}

#[test]
fn mails_that_a_stopped_instance_had_taken_are_sent_by_the_next_each_once() {
    const MAILS: usize = 12;
    for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
        let mail = SlowMail::start();
        let settings =
            [("HAVRE_SMTP_URL", mail.url.as_str()), ("HAVRE_MAIL_FROM", "havre@example.org"), ("HAVRE_STOP_NOTICE", "0")];
        let servers = Servers::start_with(1, database, None, &settings);
        let [referent, provider] = ["referent", "provider"].map(|role| servers.token("Organisation fictive", role));
        let mut wire = Wire::new(&servers, 0);
        let mut post = |token: &str, path: &str, body: &Value| {
            let key = uuid::Uuid::now_v7().to_string();
            wire.ask(Call { method: "POST", path, token, key: Some(&key), etag: None, body: Some(body) }).expect(201).id()
        };
        let home = post(&provider, "structures", &structure());
        let unit = post(&provider, &format!("structures/{home}/units"), &with(unit(), json!({"places": MAILS})));
        let vacancy = post(&provider, &format!("units/{unit}/vacancies"), &with(vacancy(), json!({"beds": MAILS})));
        let before = mail.count();
        for _ in 0..MAILS {
            let request = post(&referent, "requests", &request());
            post(&referent, &format!("requests/{request}/referrals"), &json!({"vacancy_id": vacancy}));
        }
        until("some are on their way", || mail.count() > before);
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0), "{}", servers.said(0));
        let sent = mail.count();
        servers.start_again(0);
        until("the next sends what is left", || mail.count() >= before + MAILS);
        eprintln!("{} of {MAILS} had been sent before the stop", sent - before);
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0));
        let taken = mail.taken.lock().unwrap().clone();
        let once: std::collections::BTreeSet<_> = taken.iter().collect();
        assert_eq!(once.len(), taken.len(), "none is sent twice by a stop that is no crash");
    }
}

/// A story with everything that no log may say: who asks, who they ask for, where, by which secrets; and wrong turns, which are logged more.
fn a_story(servers: &Servers) -> Vec<String> {
    let [referent, provider] = ["referent", "provider"].map(|role| servers.token("Organisation fictive", role));
    let mut wire = Wire::new(servers, 0);
    let mut ask = |token: &str, path: &str, body: Value, status: u16| {
        canaries::expect(path, &body);
        let key = uuid::Uuid::now_v7().to_string();
        let reply = wire.ask(Call { method: "POST", path, token, key: Some(&key), etag: None, body: Some(&body) }).expect(status);
        reply.body["id"].as_str().unwrap_or_default().to_owned()
    };
    let home = ask(&provider, "structures", with(structure(), json!({"name": "La maison des canaris"})), 201);
    let unit = ask(&provider, &format!("structures/{home}/units"), unit(), 201);
    let vacancy = ask(&provider, &format!("units/{unit}/vacancies"), vacancy(), 201);
    let private = json!({"reference": "CANARI-77", "message": "elle ne parle que le canari"});
    let request = ask(&referent, "requests", with(request(), private), 201);
    let referral = ask(&referent, &format!("requests/{request}/referrals"), json!({"vacancy_id": vacancy, "hold": true}), 201);
    ask(&provider, &format!("referrals/{referral}/accept"), json!({}), 200);
    ask(&referent, "requests", json!({"household": "canari illisible"}), 422);
    ask(&referent, "rank", json!({"place": "rue du Canari"}), 422);
    ask(&referent, "communes", json!({"q": "Canari-sur-Mer"}), 405);
    for path in ["/api/v1/requests?reference=canari-dans-la-question", "/lien/canari-dans-le-lien", "/mot-de-passe/canari-du-code"]
    {
        get(servers.address(0).unwrap(), path);
    }
    let secrets = ["canari", "Canari", "CANARI", "tilleuls@example.org", "own@example.org"].map(ToOwned::to_owned);
    secrets.into_iter().chain([referent, provider]).collect()
}

#[test]
fn no_log_says_who_is_who_however_much_it_says() {
    for (format, filter) in
        [("json", "info,api=trace"), ("text", "debug,api=trace,actix_http=off"), ("json", "trace,actix_http=off")]
    {
        let settings = [("HAVRE_LOG_FORMAT", format), ("HAVRE_LOG", filter), ("HAVRE_STOP_NOTICE", "0")];
        let servers = Servers::start_with(1, Database::sqlite(), None, &settings);
        let secrets = a_story(&servers);
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0));
        let log = servers.said(0);
        assert!(log.lines().count() > 20, "{log}");
        let told = canaries::told_by(&log);
        assert!(told.is_empty(), "{format} {filter}: {told:?}");
        let found: Vec<_> = log.lines().filter(|line| secrets.iter().any(|secret| line.contains(secret.as_str()))).collect();
        assert!(found.is_empty(), "{format} {filter}: {found:#?}");
        let objects = log.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
        assert_eq!(objects, if format == "json" { log.lines().count() } else { 0 }, "{format}: {log}");
    }
}

/// With the feature alone: `make traces`.
#[cfg(feature = "traces")]
mod spans {
    use super::*;

    /// A collector of spans: what was posted to it.
    fn collector() -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let posted = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let seen = Arc::clone(&posted);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || drop(collect(stream, &seen)));
            }
        });
        (url, posted)
    }

    fn collect(mut stream: TcpStream, seen: &Mutex<Vec<Vec<u8>>>) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let (mut head, mut length) = (String::new(), 0);
            while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
            if head.is_empty() {
                return Ok(());
            }
            for line in head.lines().map(str::to_ascii_lowercase) {
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            assert!(head.starts_with("POST /v1/traces ") && head.to_ascii_lowercase().contains("application/x-protobuf"), "{head}");
            seen.lock().unwrap().push(body);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")?;
        }
    }

    #[test]
    fn spans_say_which_operation_and_nothing_of_anybody() {
        let (url, posted) = collector();
        let settings = [("HAVRE_OTLP_URL", url.as_str()), ("HAVRE_STOP_NOTICE", "0")];
        let servers = Servers::start_with(1, Database::sqlite(), None, &settings);
        let secrets = a_story(&servers);
        // What is left is sent at a stop.
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0), "{}", servers.said(0));
        let all: Vec<u8> = posted.lock().unwrap().concat();
        let text = String::from_utf8_lossy(&all);
        for name in [
            "createRequest",
            "createReferral",
            "acceptReferral",
            "rankAdHoc",
            "turn",
            "read",
            "service.instance.id",
            "havre",
            "request_id",
        ] {
            assert!(text.contains(name), "no {name} in {} bytes of spans", all.len());
        }
        let told = canaries::told_by(&text);
        assert!(told.is_empty(), "{told:?}");
        for secret in secrets {
            assert!(!text.contains(&secret), "spans say {secret}");
        }
    }

    #[test]
    fn an_instance_serves_and_stops_whether_or_not_its_collector_is_there() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{nobody}/v1/traces");
        let servers =
            Servers::start_with(1, Database::sqlite(), None, &[("HAVRE_OTLP_URL", url.as_str()), ("HAVRE_STOP_NOTICE", "0")]);
        a_story(&servers);
        servers.tell_to_stop(0);
        assert!(servers.ends_well(0), "{}", servers.said(0));
    }
}

#[cfg(not(feature = "traces"))]
#[test]
fn who_wants_spans_of_a_program_that_was_built_without_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("havre.sqlite").display());
    let refused = havre(&url, &["serve"]).env("HAVRE_OTLP_URL", "http://127.0.0.1:4318/v1/traces").output().unwrap();
    assert!(!refused.status.success() && said(&refused).contains("--features traces"), "{}", said(&refused));
}
