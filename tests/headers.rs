//! What every answer carries, whoever gives it and whatever it says; and by which name a request is found in the log.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use actix_web::http::Method;
use api::domain::Role;
use api::limits;
use api::web::operations::{self, Who};
use api::web::pages::assets;
use matcher::Code as _;
use serde_json::json;
use uuid::Uuid;

use crate::harness::bodies::request;
use crate::harness::listening::Log;
use crate::harness::servers::{Database, Servers};
use crate::harness::{Answer, on_both};
use crate::http::pages::{Browser, hidden};

#[track_caller]
fn is_kept_from_others(what: &str, answer: &Answer) {
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")] {
        assert_eq!(answer.header(name), value, "{what}: {name} of {}", answer.status);
        assert_eq!(answer.headers.get_all(name).count(), 1, "{what}: {name} once");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert_eq!(answer.headers.get_all("content-security-policy").count(), 1, "{what}: one policy");
    assert!(Uuid::try_parse(&answer.header("x-request-id")).is_ok(), "{what}: {:?}", answer.headers);
}

#[track_caller]
fn is_not_stored(what: &str, answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "no-store", "{what}: {}", answer.status);
    is_kept_from_others(what, answer);
}

/// And runs, loads and is framed by nothing of others.
#[track_caller]
fn is_a_closed_page(what: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert_eq!(answer.headers.get_all("content-security-policy").count(), 1, "{what}");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    for part in ["script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    is_kept_from_others(what, answer);
}

on_both! {
    async fn every_answer_to_a_tool_is_kept_by_nobody(app: TestApp) {
        let referent = app.own(Role::Referent);
        let made = referent.post("requests", &request()).await.expect(201);
        let path = format!("requests/{}", made.id());
        let long = vec![b' '; limits::BODY_BYTES_MAX + 1];
        let key = [("idempotency-key", "k")];
        let as_text = [("idempotency-key", "k"), ("content-type", "text/plain")];
        let body = || Some(request().to_string().into_bytes());
        for (what, answer) in [
            ("201", made),
            ("200", referent.get(&path).await.expect(200)),
            ("a list", referent.get("requests").await.expect(200)),
            ("a ranking", referent.rank(&format!("{path}/rank"), None).await.expect(200)),
            ("health", app.nobody().get("health").await.expect(200)),
            ("readiness", app.nobody().get("readiness").await.expect(200)),
            ("the document", app.nobody().get("openapi.json").await.expect(200)),
            ("HEAD", referent.send(Method::HEAD, &path, &[], None).await.expect(200)),
            ("400", referent.send(Method::POST, "requests", &[], body()).await.expect(400)),
            ("401", app.nobody().get(&path).await.expect(401)),
            ("401 for a path that is not there", app.nobody().get("nothing").await.expect(401)),
            ("403", app.own(Role::Auditor).get(&path).await.expect(403)),
            ("404", app.other(Role::Referent).get(&path).await.expect(404)),
            ("404 for a path", referent.get("nothing").await.expect(404)),
            ("404 outside of the API", app.nobody().get("/api/nothing").await.expect(404)),
            ("404 for a link", app.nobody().get("links/never-signed").await.expect(404)),
            ("405", referent.send(Method::DELETE, &path, &[], None).await.expect(405)),
            ("405 without a token", app.nobody().send(Method::POST, "health", &[], None).await.expect(405)),
            ("412", referent.put(&path, "\"stale\"", &request()).await.expect(412)),
            ("413", referent.send(Method::POST, "requests", &key, Some(long)).await.expect(413)),
            ("415", referent.send(Method::POST, "requests", &as_text, body()).await.expect(415)),
            ("422", referent.post("requests", &json!({})).await.expect(422)),
            ("428", referent.send(Method::PUT, &path, &[], body()).await.expect(428)),
            ("409", { referent.post(&format!("{path}/close"), &json!({"reason": "other"})).await.expect(200); referent.post(&format!("{path}/close"), &json!({"reason": "other"})).await.expect(409) }),
        ] {
            is_not_stored(what, &answer);
        }
    }

    async fn every_page_is_closed_and_so_is_every_refusal_to_show_one(app: TestApp) {
        let request = app.request().await;
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let mut other = Browser::signed_in(&app, &app.other(Role::Referent)).await;
        let form = hidden(&browser.get("/connexion").await, "form");
        let large = "x".repeat(limits::FORM_BYTES_MAX + 1);
        let signed_in = [("cookie", browser.cookie.as_str())];
        for (what, answer) in [
            ("sign-in", app.nobody().get("/connexion").await.expect(200)),
            ("a page", browser.clone().get("/demande").await.expect(200)),
            ("proposals", browser.clone().get(&format!("/demandes/{request}/places")).await.expect(200)),
            ("a request", browser.clone().get(&format!("/demandes/{request}")).await.expect(200)),
            ("a page that leads on", browser.clone().get("/").await.expect(303)),
            ("401: asked to sign in", app.nobody().get("/demande").await.expect(303)),
            ("403", browser.clone().get("/places").await.expect(403)),
            ("403 for a form", browser.clone().post_alone("/demande", &[("form", "x")]).await.expect(403)),
            ("404", other.get(&format!("/demandes/{request}")).await.expect(404)),
            ("404 for a path", app.nobody().get("/nothing").await.expect(404)),
            ("404 for a link", app.nobody().get("/lien/never-signed").await.expect(404)),
            ("405", app.nobody().send(Method::DELETE, "/demande", &signed_in, None).await.expect(405)),
            ("413", browser.clone().post_alone("/demande", &[("form", &form), ("place", &large)]).await.expect(413)),
            ("422", browser.clone().post_alone("/demande", &[("form", &form), ("key", "k")]).await.expect(422)),
            ("the documentation", app.nobody().get("/docs/").await.expect(200)),
        ] {
            is_not_stored(what, &answer);
            is_a_closed_page(what, &answer);
        }
    }

    async fn a_page_that_nobody_can_be_recognised_for_is_closed_too(app: TestApp) {
        let browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let signed_in = [("cookie", browser.cookie.as_str())];
        app.sql("ALTER TABLE event_head RENAME TO lost_head");
        for path in ["/demande", "/", "/connexion"] {
            let answer = app.nobody().send_once(Method::GET, path, &signed_in, None).await;
            // On SQLite whoever asks is told what went wrong. On PostgreSQL one thread asks for all, and whatever keeps it from an answer is to
            // each of them a database that does not answer.
            let expected = if app.url().starts_with("sqlite:") { 500 } else { 503 };
            assert_eq!(answer.status, expected, "{path}: {}", answer.text);
            is_not_stored(path, &answer);
            is_a_closed_page(path, &answer);
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}: {}", answer.text);
        }
        app.sql("ALTER TABLE lost_head RENAME TO event_head");
    }

    async fn the_documentation_sends_nothing_elsewhere_and_asks_nobody(app: TestApp) {
        let mut asked = vec!["/docs/".to_owned()];
        let mut seen = 0;
        while let Some(path) = asked.pop() {
            let answer = app.nobody().get(&path).await.expect(200);
            is_not_stored(&path, &answer);
            is_a_closed_page(&path, &answer);
            seen += 1;
            if path != "/docs/" {
                continue;
            }
            for part in answer.text.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css") || part.ends_with(".png")) {
                assert!(!part.contains("//"), "{part}");
                asked.push(format!("/docs/{}", part.trim_start_matches("./")));
            }
        }
        assert!(seen > 3, "{seen} files");
        let start = app.nobody().get("/docs/swagger-initializer.js").await.expect(200).text;
        assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
        assert!(!start.contains("://"), "{start}");
    }

    async fn what_never_changes_may_be_kept(app: TestApp) {
        for asset in [&assets::STYLE, &assets::SCRIPT] {
            let answer = app.nobody().get(asset.path()).await.expect(200);
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(answer.headers.get_all("cache-control").count(), 1);
            is_kept_from_others(asset.path(), &answer);
        }
    }

    async fn a_request_keeps_the_name_its_sender_gave_it(app: TestApp) {
        let name = Uuid::now_v7().to_string();
        let ask = async |name: &str| app.own(Role::Referent).send(Method::GET, "nothing", &[("x-request-id", name)], None).await.expect(404);
        let answer = ask(&name).await;
        assert_eq!((answer.header("x-request-id"), &answer.body["instance"]), (name.clone(), &json!(format!("urn:uuid:{name}"))));
        let done = app.own(Role::Referent).send(Method::GET, "units", &[("x-request-id", &name)], None).await.expect(200);
        assert_eq!(done.header("x-request-id"), name);
        let page = app.nobody().send(Method::GET, "/nothing", &[("x-request-id", &name)], None).await.expect(404);
        assert_eq!(page.header("x-request-id"), name);
        assert!(page.text.contains(&name), "who reads the page can say which it was: {}", page.text);
    }

    async fn a_request_with_a_name_that_is_none_gets_another(app: TestApp) {
        let long = Uuid::now_v7().to_string().repeat(100);
        for wrong in ["", "x", "<script>", "a b", "\u{e9}", "../../etc/passwd", "01", "0192f0c1-2d3e-7a4b-8c5d-6e7f8091021", "'; DROP TABLE x", long.as_str()] {
            let answer = app.own(Role::Referent).send(Method::GET, "nothing", &[("x-request-id", wrong)], None).await.expect(404);
            let name = answer.header("x-request-id");
            assert!(Uuid::try_parse(&name).is_ok(), "{wrong}: {name}");
            assert_eq!(answer.body["instance"], format!("urn:uuid:{name}"));
            assert!(wrong.is_empty() || !answer.text.contains(wrong) || wrong.len() < 3, "{wrong}: {}", answer.text);
            assert_eq!(answer.headers.get_all("x-request-id").count(), 1);
        }
        let [one, other] = [app.nobody().get("health").await, app.nobody().get("health").await];
        assert_ne!(one.header("x-request-id"), other.header("x-request-id"), "each has its own");
    }

    async fn a_failure_is_found_in_the_log_by_the_name_its_caller_is_told(app: TestApp) {
        let referent = app.own(Role::Referent);
        let mut browser = Browser::signed_in(&app, &referent).await;
        browser.get("/orientations").await.expect(200);
        // Not the table: the small question that comes before all others looks at it too, and says that the database does not answer.
        app.sql("ALTER TABLE requests RENAME COLUMN content TO lost_content");
        for (surface, path) in [("API", "requests"), ("page", "/orientations")] {
            let log = Log::default();
            let named = Uuid::now_v7().to_string();
            let failed = {
                let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(log.clone()).finish();
                let _listening = tracing::subscriber::set_default(subscriber);
                let headers = [("x-request-id", named.as_str()), ("cookie", browser.cookie.as_str())];
                referent.send(Method::GET, path, &headers, None).await.expect(500)
            };
            assert_eq!(failed.header("x-request-id"), named, "{surface}");
            assert!(failed.text.contains(&named) && failed.text.contains("internal"), "{surface}: {}", failed.text);
            let lines = log.lines();
            assert_eq!(lines.len(), 1, "{surface}: one line, not {lines:#?}");
            let line = &lines[0];
            assert_eq!((&line["level"], &line["span"]["request_id"]), (&json!("ERROR"), &json!(named)), "{surface}: {line}");
            let cause = line["fields"]["cause"].as_str().unwrap();
            assert!(cause.contains("requests"), "{surface}: the log says what happened: {cause}");
            // The caller learns nothing of it.
            for secret in [cause, "lost_content", "no such column", "does not exist", "relation", "SELECT"] {
                assert!(!failed.text.contains(secret), "{surface}: {secret} in {}", failed.text);
            }
            assert!(!failed.headers.iter().any(|(_, value)| value.to_str().unwrap().contains(cause)));
            is_not_stored(surface, &failed);
        }
        // A connection of the pool that has not looked since knows no such column: it is told to look, and another is taken.
        let mut renamed = Err(());
        for _ in 0..50 {
            app.try_sql("UPDATE event_head SET position = position").unwrap();
            renamed = app.try_sql("ALTER TABLE requests RENAME COLUMN lost_content TO content").map_err(drop);
            if renamed.is_ok() {
                break;
            }
        }
        renamed.unwrap();
        referent.get("requests").await.expect(200);
    }
}

/// An answer as it comes over a socket: its status, its headers, and how many bytes follow.
fn over_a_socket(address: SocketAddr, method: &str, path: &str, token: &str) -> (String, BTreeMap<String, String>, usize) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: havre\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().to_owned();
    let headers = lines.map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    (status, headers.collect(), answer.len() - end - 4)
}

/// In process nobody writes the length, and nobody leaves the body out.
#[test]
fn head_says_what_get_would_without_its_body() {
    let servers = Servers::start(1, Database::sqlite(), None);
    let address = servers.address(0).unwrap();
    let token = |role: Role| servers.token("Organisation fictive", role.as_str());
    let tokens: BTreeMap<_, _> = Role::ALL.iter().map(|role| (role.as_str(), token(*role))).collect();
    let mut tried = 0;
    // An answer that goes on has no length, and no end to wait for.
    for spec in operations::ALL.iter().filter(|spec| spec.method == Method::GET && !["streamEvents", "moves"].contains(&spec.id)) {
        let role = if let Who::Roles(roles) = spec.who { roles[0] } else { Role::Referent };
        let (start, file) = (spec.path.split('{').next().unwrap(), spec.path.ends_with("}") && spec.path.starts_with("/docs"));
        let nothing = if file { "swagger-ui.css" } else { "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213" };
        let path = if spec.path.contains('{') {
            format!("{start}{nothing}{}", spec.path.split('}').nth(1).unwrap_or(""))
        } else {
            start.to_owned()
        };
        for path in [path.clone(), format!("{path}?q=lyon"), format!("{path}?limit=0")] {
            let (of_get, mut get, bytes) = over_a_socket(address, "GET", &path, &tokens[role.as_str()]);
            let (of_head, mut head, none) = over_a_socket(address, "HEAD", &path, &tokens[role.as_str()]);
            assert_eq!((of_head, none), (of_get, 0), "{path}");
            assert_eq!(get.get("content-length"), Some(&bytes.to_string()), "{path}: {get:?}");
            for of in [&mut get, &mut head] {
                // Of its own request.
                of.retain(|name, _| !["date", "x-request-id", "set-cookie", "ratelimit"].contains(&name.as_str()));
                // How old its copy of the registry is differs by the moment, and so does the number of digits.
                if spec.id == "getReadiness" {
                    of.remove("content-length");
                }
            }
            assert_eq!(head, get, "{path}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried} tried");
}
