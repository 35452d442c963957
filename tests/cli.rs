//! The binary as its users run it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use api::clock::Clock;
use api::db::DbError;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::keys;

fn havre(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_havre"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HAVRE_DATABASE_URL", "sqlite:havre.sqlite")
        .env("HAVRE_LOG", "warn");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    havre(folder, arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn synthetic() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["seed", "--synthetic", "200", "--seed", "7", "--out", "."]);
    assert!(output.status.success(), "{}", stderr(&output));
    folder
}

const MATCH: [&str; 5] = ["match", "--units", "units.jsonl", "--requests", "requests.jsonl"];

#[test]
fn matching_twice_or_in_any_order_gives_the_same_bytes() {
    let folder = synthetic();
    let first = run(folder.path(), &MATCH);
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(first.stdout, run(folder.path(), &MATCH).stdout);
    for file in ["units.jsonl", "requests.jsonl"] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let backwards: Vec<_> = text.lines().rev().collect();
        std::fs::write(&path, backwards.join("\r\n")).unwrap();
    }
    assert_eq!(first.stdout, run(folder.path(), &MATCH).stdout);

    let answers: Vec<Value> = stdout(&first).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|answer| answer["evaluated"] == 200));
    assert!(answers.windows(2).all(|pair| pair[0]["request_id"].as_str() < pair[1]["request_id"].as_str()));
    assert!(answers.iter().any(|answer| answer["eligible"].as_u64() > Some(0)));
    let mut top: Vec<_> = MATCH.to_vec();
    top.extend(["--top", "1"]);
    let best: Vec<Value> = stdout(&run(folder.path(), &top)).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (answer, best) in answers.iter().zip(&best) {
        assert!(best["proposals"].as_array().unwrap().len() <= 1);
        assert_eq!(answer["proposals"].get(0), best["proposals"].get(0));
    }
}

#[test]
fn a_mark_of_the_byte_order_changes_nothing() {
    let folder = synthetic();
    let first = run(folder.path(), &MATCH);
    for file in ["units.jsonl", "requests.jsonl"] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
    }
    let marked = run(folder.path(), &MATCH);
    assert!(marked.status.success(), "{}", stderr(&marked));
    assert_eq!(first.stdout, marked.stdout);
}

#[test]
fn lines_of_a_long_file_keep_their_numbers() {
    let folder = synthetic();
    let path = folder.path().join("units.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    // More than is parsed at once, empty lines and others; 200 of them are units.
    let wrong = format!("no{}\n", " ".repeat(1_000));
    std::fs::write(&path, format!("{}{}{text}{first}", "\n".repeat(5_000), wrong.repeat(5_000))).unwrap();
    let output = run(folder.path(), &MATCH);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["evaluated"] == 200));
    let bad = stderr(&output);
    let bad: Vec<_> = bad.lines().collect();
    assert_eq!(bad.len(), 5_001);
    assert!(bad[0].starts_with("units.jsonl:5001: line: ") && bad[4_999].starts_with("units.jsonl:10000: line: "));
    assert_eq!(bad[5_000], "units.jsonl:10201: id: is the id of an earlier line");
}

#[test]
fn proposals_alone_are_written_as_with_counts() {
    let folder = synthetic();
    let alone: Vec<_> = MATCH.into_iter().chain(["--no-counts"]).collect();
    let (with, alone) = (stdout(&run(folder.path(), &MATCH)), stdout(&run(folder.path(), &alone)));
    let proposals = |line: &str| {
        line[line.find("\"proposals\":").unwrap()..].split("],\"failed\"").next().unwrap().trim_end_matches("]}").to_owned()
    };
    assert_eq!(with.lines().map(proposals).collect::<Vec<_>>(), alone.lines().map(proposals).collect::<Vec<_>>());
    assert!(alone.lines().all(|line| line.starts_with("{\"request_id\":") && !line.contains("\"failed\"")));
}

const PLAN: [&str; 5] = ["plan", "--units", "units.jsonl", "--requests", "requests.jsonl"];

#[test]
fn a_plan_places_everyone_or_says_why_not() {
    let folder = synthetic();
    let output = run(folder.path(), &PLAN);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    assert_eq!(output.stdout, run(folder.path(), &PLAN).stdout);
    let plan: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(plan["optimal"], true);
    let lines = |key: &str| plan[key].as_array().unwrap().len();
    assert_eq!(lines("assignments") + lines("unassigned"), 100);
    assert!(lines("assignments") > 0 && lines("unassigned") > 0);

    // However little time there is, the answer is a plan, and does not claim more than it knows.
    let hurried: Vec<_> = PLAN.into_iter().chain(["--time-limit", "0"]).collect();
    let hurried: Value = serde_json::from_str(&stdout(&run(folder.path(), &hurried))).unwrap();
    let number = |plan: &Value, key: &str| plan[key].as_f64().unwrap();
    assert!(number(&hurried, "objective") <= number(&plan, "objective"));
    assert!(number(&hurried, "bound") >= number(&plan, "objective"));

    let never: Vec<_> = PLAN.into_iter().chain(["--time-limit", "-1"]).collect();
    assert_eq!(run(folder.path(), &never).status.code(), Some(2));
}

#[test]
fn a_plan_names_bad_lines_and_goes_on() {
    let folder = synthetic();
    let path = folder.path().join("requests.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}not json\n")).unwrap();
    let output = run(folder.path(), &PLAN);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("requests.jsonl:101: line: "), "{}", stderr(&output));
    assert!(!stderr(&output).contains("line 1"), "a line has one number: {}", stderr(&output));
    assert!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["assignments"].is_array());
}

#[test]
fn bad_lines_are_named_and_the_rest_runs() {
    let folder = synthetic();
    let path = folder.path().join("units.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().take(4).collect();
    let mut unit: Value = serde_json::from_str(lines[3]).unwrap();
    unit["colour"] = json!("red");
    let mut bytes = format!("{}\n\n{}\n{}\nnot json\n{unit}\n", lines[0], lines[1], lines[0]).into_bytes();
    bytes.extend(b"{\"id\": \"\xff\"}\n");
    unit.as_object_mut().unwrap().remove("colour");
    for (field, value) in [("max_household", json!(0)), ("kind", json!("castle")), ("location", json!([1, 2]))] {
        let mut wrong = unit.clone();
        wrong[field] = value;
        bytes.extend(format!("{wrong}\n").bytes());
    }
    unit["adult_ages"] = json!({"min": 40, "max": 30});
    unit["kind"] = json!("chrs");
    bytes.extend(unit.to_string().bytes());
    std::fs::write(&path, bytes).unwrap();
    let output = run(folder.path(), &MATCH);
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    let found: Vec<_> = errors.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect();
    let expected = [
        "units.jsonl:4: id",
        "units.jsonl:5: line",
        "units.jsonl:6: colour",
        "units.jsonl:7: line",
        "units.jsonl:8: max_household",
        "units.jsonl:9: kind",
        "units.jsonl:10: location",
        "units.jsonl:11: adult_ages.min",
    ];
    assert_eq!(found, expected, "{errors}");
    let first: Value = serde_json::from_str(stdout(&output).lines().next().unwrap()).unwrap();
    assert_eq!(first["evaluated"], 2);
    assert_eq!(stdout(&output).lines().count(), 100);
}

#[test]
fn a_child_with_no_one_to_be_its_parent_is_a_bad_line() {
    let folder = synthetic();
    let path = folder.path().join("requests.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut request: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    request["id"] = json!("0192f0c1-2d3e-7a4b-8c5d-6e7f80910213");
    request["couple"] = json!(false);
    request["household"] = json!([{"gender": "male", "minority": "minor", "age": 4, "with_parent": true}]);
    std::fs::write(&path, format!("{text}{request}\n")).unwrap();
    for arguments in [&MATCH[..], &PLAN] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).starts_with("requests.jsonl:101: household[0].with_parent: "), "{}", stderr(&output));
        assert!(!stdout(&output).contains("0192f0c1-2d3e-7a4b-8c5d-6e7f80910213"), "{arguments:?}");
    }
    assert_eq!(stdout(&run(folder.path(), &MATCH)).lines().count(), 100);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &MATCH);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("havre: units.jsonl: "), "{}", stderr(&output));
}

#[test]
fn registries_are_loaded_once() {
    let folder = synthetic();
    for arguments in [&["seed", "--from", "."][..], &["seed"]] {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let again = run(folder.path(), arguments);
        assert_eq!(again.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&again).contains("loaded once"), "{}", stderr(&again));
    }
}

#[test]
fn tokens_are_added_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["client", "add", "--organisation", "SIAO fictif", "--role", "referent"];
    let token = stdout(&run(folder.path(), &add));
    assert!(token.starts_with("hvr_") && token.lines().count() == 1 && token.trim().len() == 47, "{token}");
    assert_ne!(stdout(&run(folder.path(), &add)), token);
    let listed = stdout(&run(folder.path(), &["client", "list"]));
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains("referent") && listed.contains("SIAO fictif") && !listed.contains("hvr_"), "{listed}");
    let id = listed.split('\t').next().unwrap().to_owned();
    assert!(run(folder.path(), &["client", "revoke", &id]).status.success());
    let again = run(folder.path(), &["client", "revoke", &id]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("havre client list"), "{}", stderr(&again));
    let wrong = run(folder.path(), &["client", "add", "--organisation", "x", "--role", "king"]);
    assert!(!wrong.status.success() && stderr(&wrong).contains("known: referent"), "{}", stderr(&wrong));
}

#[test]
fn the_first_administrator_is_invited_once() {
    let folder = tempfile::tempdir().unwrap();
    let init = ["admin", "init", "--email", "a@example.org", "--name", "Administratrice fictive"];
    let wrong = run(folder.path(), &["admin", "init", "--email", "nowhere", "--name", "x"]);
    assert!(!wrong.status.success() && stderr(&wrong).contains("--email"), "{}", stderr(&wrong));
    let link = stdout(&run(folder.path(), &init));
    assert!(link.contains("/invitation/hvr_") && link.lines().count() == 1, "{link}");
    let again = run(folder.path(), &init);
    assert_eq!((again.status.code(), stdout(&again).as_str()), (Some(1), ""));
    assert!(stderr(&again).contains("there are accounts already"), "{}", stderr(&again));
}

#[test]
fn a_wrong_environment_stops_the_start_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("HAVRE_BIND", "here"),
        ("HAVRE_BIND", "203.0.113.1:80"),
        ("HAVRE_DATABASE_URL", "oracle:x"),
        ("HAVRE_DATABASE_URL", "postgres://127.0.0.1:1/none"),
        ("HAVRE_DATABASE_URL", "sqlite:/nowhere/at/all/havre.sqlite"),
        ("HAVRE_LOG", "x=y=z"),
        ("HAVRE_POLICY", "/nowhere.toml"),
    ] {
        let output =
            havre(folder.path(), &["serve"]).env("HAVRE_PUBLIC_URL", "https://havre.example").env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}={value}");
        let errors = stderr(&output);
        assert!(errors.starts_with("havre: ") && errors.contains(name), "{name}={value}: {errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    }
    let output = havre(folder.path(), &["demo"]).env("HAVRE_BIND", "0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("loopback"), "{}", stderr(&output));
}

/// One request over a real socket; gives the body.
fn over_a_socket(request: &str, address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn the_demonstration_says_what_to_try_and_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = havre(folder.path(), &["demo"])
        .env("HAVRE_BIND", "127.0.0.1:0")
        .env("TMPDIR", folder.path())
        .env("HAVRE_STOP_NOTICE", "0")
        .env("HAVRE_DATABASE_URL", "postgres://nobody:secret@nowhere.example.org/none")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut provider = String::new();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (mut roles, mut screens) = (Vec::new(), 0);
    let curl = loop {
        let line = lines.next().expect("a line that begins with `curl `");
        screens += usize::from(line.contains("/connexion/"));
        if line.starts_with("curl ") {
            break line;
        }
        if let Some((role, token)) = line.split_once(": hvr_") {
            assert_eq!(token.len(), 43);
            roles.push(role.to_owned());
            if role == "provider" {
                provider = format!("hvr_{token}");
            }
        }
    };
    assert_eq!(screens, 7, "a link that signs in for each role of people");
    assert_eq!(roles, ["referent", "provider", "regulator", "coordinator", "partner", "auditor", "administrator", "manager"]);
    let between = |before: &str, after: &str| curl.split_once(before).unwrap().1.split_once(after).unwrap().0.to_owned();
    let (token, address) = (between("Bearer ", "'"), between("http://", "/"));
    let path = format!("/api{}", between("/api", "'"));
    let request = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    let ranking: Value = serde_json::from_str(&over_a_socket(&request, &address)).unwrap();
    let best = &ranking["proposals"][0];
    let sum: f64 = best["criteria"].as_array().unwrap().iter().map(|share| share["contribution"].as_f64().unwrap()).sum();
    assert!((sum - best["score"].as_f64().unwrap()).abs() < 1e-9, "{best}");
    let page = over_a_socket(&format!("GET /docs/ HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"), &address);
    assert!(page.contains("Swagger UI"));
    let initializer = format!("GET /docs/swagger-initializer.js HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    assert!(over_a_socket(&initializer, &address).contains("/api/v1/openapi.json"));

    // Hours over which the crate that reads them panics: a refusal, and nothing in the log of what somebody typed.
    let contact = r#"{"numbers": [{"phone": "115", "hours": "(sunset+08:00)-26:00"}]}"#;
    let body = format!(r#"{{"name": "Foyer", "commune": "69123", "trafficking_contact": {contact}}}"#);
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /api/v1/structures HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {provider}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");

    assert!(Command::new("kill").arg(demo.id().to_string()).status().unwrap().success());
    let mut log = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(demo.wait().unwrap().success(), "SIGTERM ends it well");
    assert!(!log.contains("panicked") && !log.contains("sunset"), "{log}");
    assert!(log.contains("HAVRE_DATABASE_URL is not used") && !log.contains("secret"), "{log}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its folder is gone");
}

#[test]
fn the_document_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stdout(&run(folder.path(), &["openapi"])), api::web::openapi::text().unwrap());
}

#[test]
fn verify_names_the_first_row_that_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["client", "add", "--organisation", "SIAO fictif", "--role", "referent"]).status.success());
    let sound = run(folder.path(), &["verify"]);
    assert!(sound.status.success(), "{}", stderr(&sound));
    assert_eq!(
        stdout(&sound),
        "events: 2 rows, each as it was written\naccess_log: 0 rows, each as it was written\n\
         events: without --anchors rows may have been cut from its end unseen\n\
         access_log: without --anchors rows may have been cut from its end unseen\n\
         records: 2 stand as the events say\nkeys: 0 requests are sealed, each has its key\n"
    );
    let db = keys::open(&format!("sqlite:{}", folder.path().join("havre.sqlite").display()), Clock::default());
    for sql in ["DROP TRIGGER events_only_grow_update", "UPDATE events SET at = '2020-01-01T00:00:00.000000Z' WHERE position = 2"] {
        db.write_beside(|conn| -> Result<(), DbError> { Ok(conn.batch_execute(sql)?) }).unwrap();
    }
    let broken = run(folder.path(), &["verify"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(stderr(&broken).starts_with("events: row 2 "), "{}", stderr(&broken));
}

#[test]
fn anchors_are_laid_at_the_start_and_at_a_stop_and_what_was_cut_is_named() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = outside.path().join("anchors");
    let add = |role: &str| {
        assert!(run(folder.path(), &["client", "add", "--organisation", "SIAO fictif", "--role", role]).status.success())
    };
    add("referent");
    let mut serve = havre(folder.path(), &["serve"])
        .env("HAVRE_BIND", "127.0.0.1:0")
        .env("HAVRE_ANCHOR_FILE", &file)
        .env("HAVRE_ANCHOR_OUTPUT", "on")
        .env("HAVRE_STOP_NOTICE", "0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut laid = BufReader::new(serve.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first: Vec<String> = laid.by_ref().take(2).collect();
    assert!(first[0].starts_with("havre-anchor events 2 ") && first[1].starts_with("havre-anchor access_log 0 "), "{first:?}");
    for role in ["provider", "auditor"] {
        add(role);
    }
    assert!(Command::new("kill").arg(serve.id().to_string()).status().unwrap().success());
    let last: Vec<String> = laid.collect();
    assert!(serve.wait().unwrap().success(), "SIGTERM ends it well");
    assert!(last[0].starts_with("havre-anchor events 4 "), "what was written until the stop is anchored: {last:?}");
    let anchors = std::fs::read_to_string(&file).unwrap();
    assert_eq!(anchors.lines().collect::<Vec<_>>(), first.iter().chain(&last).collect::<Vec<_>>(), "the file has the same lines");

    let verify = || run(folder.path(), &["verify", "--anchors", file.to_str().unwrap()]);
    let sound = verify();
    assert!(sound.status.success(), "{}", stderr(&sound));
    assert!(stdout(&sound).contains("events: 2 places are anchored, the last at row 4 on "), "{}", stdout(&sound));
    let db = keys::open(&format!("sqlite:{}", folder.path().join("havre.sqlite").display()), Clock::default());
    for sql in [
        "DROP TRIGGER events_only_grow_delete",
        "DELETE FROM events WHERE position = 4",
        "DELETE FROM account_secrets WHERE account_id = (SELECT max(id) FROM accounts)",
        "DELETE FROM accounts WHERE id = (SELECT max(id) FROM accounts)",
        "UPDATE event_head SET position = 3, hash = (SELECT hash FROM events WHERE position = 3)",
    ] {
        db.write_beside(|conn| -> Result<(), DbError> { Ok(conn.batch_execute(sql)?) }).unwrap();
    }
    let inside = run(folder.path(), &["verify"]);
    assert!(inside.status.success(), "nothing within the database shows it: {}", stderr(&inside));
    let cut = verify();
    assert_eq!(cut.status.code(), Some(1));
    assert!(stderr(&cut).starts_with("events: row 4 and all behind it were cut from the end"), "{}", stderr(&cut));
    std::fs::write(&file, anchors.replace("events 4", "events 3")).unwrap();
    let forged = verify();
    assert!(stderr(&forged).contains("anchors: line 3 of ") && forged.status.code() == Some(1), "{}", stderr(&forged));
}

#[test]
fn timings_are_the_last_line_and_change_no_answer() {
    let folder = synthetic();
    let plain = run(folder.path(), &MATCH);
    let timed = run(folder.path(), &[MATCH.as_slice(), &["--timings"]].concat());
    assert_eq!(timed.stdout, plain.stdout);
    let errors = stderr(&timed);
    let last: Value = serde_json::from_str(errors.lines().last().unwrap()).unwrap();
    let names = [
        "units",
        "load_ms",
        "p50_us",
        "p99_us",
        "p50_us_no_counts",
        "p99_us_no_counts",
        "queries_per_s_1_thread",
        "queries_per_s_2_threads",
        "bytes_per_unit",
    ];
    assert_eq!(last.as_object().unwrap().len(), names.len());
    for name in names {
        assert!(last[name].as_f64().unwrap() > 0.0, "{name}: {last}");
    }
    assert_eq!(last["units"], 200);
}

#[test]
fn without_counts_the_proposals_are_the_same() {
    let folder = synthetic();
    let (all, brief) = (run(folder.path(), &MATCH), run(folder.path(), &[MATCH.as_slice(), &["--no-counts"]].concat()));
    let (all, brief) = (stdout(&all), stdout(&brief));
    assert_eq!(all.lines().count(), brief.lines().count());
    for (all, brief) in all.lines().zip(brief.lines()) {
        let (all, brief): (Value, Value) = (serde_json::from_str(all).unwrap(), serde_json::from_str(brief).unwrap());
        for field in ["request_id", "policy_version", "proposals"] {
            assert_eq!(all[field], brief[field]);
        }
        assert_eq!(brief.as_object().unwrap().len(), 3);
    }
}

#[test]
fn a_policy_file_is_checked_before_anyone_is_ranked_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let default = include_str!("../matcher/policy/default.toml");
    let check = |text: &str| {
        std::fs::write(folder.path().join("ours.toml"), text).unwrap();
        run(folder.path(), &["policy", "check", "ours.toml"])
    };
    let same = check(default);
    assert!(same.status.success() && stdout(&same).ends_with("It changes no number.\n"), "{}", stdout(&same));

    let other = default.replace("2026-11-01", "ours-1").replace("specialisation = 15", "specialisation = 90");
    let told = stdout(&check(&other.replace("urgent = 3", "urgent = 0")));
    assert!(told.contains("version ours-1, in place of 2026-11-01"), "{told}");
    assert!(
        told.contains("the weight of `specialisation` for `immediate`: 15 becomes 90 (weights.immediate.specialisation)"),
        "{told}"
    );
    assert!(told.contains("for `urgent`, how long after the asked day a stay may start: 3 days becomes 0 days"), "{told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("- ") && line.ends_with(')')).count(), 2, "{told}");
    let altered = |what: &str| -> u32 {
        let line = told.lines().find(|line| line.ends_with(what)).unwrap_or_else(|| panic!("{what}: {told}"));
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    assert!(altered("rankings have another order or others in it") > 0);
    assert!(altered("have others who are eligible") > 0);

    let unversioned = stdout(&check(&default.replace("far_km = 400", "far_km = 401")));
    assert!(unversioned.contains("give it another"), "{unversioned}");
    for (text, why) in [(default.replace("far_km = 400", "far_km = -1"), "limits.far_km"), ("version = 1".to_owned(), "ours.toml")]
    {
        let refused = check(&text);
        assert!(!refused.status.success() && stdout(&refused).is_empty(), "{}", stdout(&refused));
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
    }
}

#[test]
fn keys_are_changed_and_requests_erased_from_the_command_line() {
    const NEW: &str = "bm91dmVsbGUgY2xlIG1haXRyZXNzZSBkZSBIYXZyZSE=";
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["seed"]).status.success());
    let status = stdout(&run(folder.path(), &["keys", "status"]));
    for line in ["master key in force: ", "generation 1: made ", "read as erased: 0\n", "that are not there: 0, "] {
        assert!(status.contains(line), "{status}");
    }
    let old = std::fs::read_to_string(folder.path().join("havre.sqlite.keys.master")).unwrap();
    let both = format!("{NEW},{}", old.trim());
    let rotated = havre(folder.path(), &["keys", "rotate"]).env("HAVRE_MASTER_KEY", both).output().unwrap();
    assert!(rotated.status.success(), "{}", stderr(&rotated));
    assert!(
        stderr(&rotated).contains(" keys wrapped anew") && stderr(&rotated).contains(" structures sealed anew"),
        "{}",
        stderr(&rotated)
    );
    assert!(stdout(&rotated).contains("generation 2 of the deployment's key"), "{}", stdout(&rotated));

    let too_old = run(folder.path(), &["keys", "status"]);
    assert_eq!(too_old.status.code(), Some(1));
    let errors = stderr(&too_old);
    assert!(errors.starts_with("havre: HAVRE_MASTER_KEY: ") && !errors.contains(old.trim()), "{errors}");
    let new = |arguments: &[&str]| havre(folder.path(), arguments).env("HAVRE_MASTER_KEY", NEW).output().unwrap();
    assert!(stdout(&new(&["verify"])).contains("each has its key"), "{}", stderr(&new(&["verify"])));
    for arguments in [&["retention", "--dry-run"][..], &["retention"]] {
        let said = stdout(&new(arguments));
        assert!(said.starts_with("0 requests ") && said.contains("statistics count "), "{said}");
    }
}
