//! The service as tests see it: the real router, in process, on a database of the test's own; callers of each role; answers as values.

mod accounts;
pub mod allowed;
pub mod bodies;
pub mod books;
pub mod browser;
pub mod busy;
pub mod canaries;
pub mod documented;
pub mod following;
pub mod keys;
pub mod listening;
pub mod many;
pub mod people;
pub mod postgres;
pub mod provider;
pub mod quotas;
pub mod receiver;
pub mod redis;
mod referrals;
pub mod scissors;
pub mod servers;
pub mod tools;
pub mod turn;
pub mod vouching;
pub mod wire;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, test};
use api::app::App;
use api::cli::client;
use api::clock::Clock;
use api::db::anchors::Anchors;
use api::db::{Author, Conn, Db, DbError, Failure, Verdict, evidence, organisations};
use api::domain::ids::OrganisationId;
use api::domain::token::token_hash;
use api::domain::{Caller as Identity, Organisation, RecordKind, Role};
use api::live::bus::Bus;
use api::outward::Loopback;
use api::server::stack;
use api::web::throttle::Throttle;
use api::work::do_what_is_due;
use api::work::mail::{Mail, Mailer};
use api::work::planning;
use diesel::QueryableByName;
use diesel::RunQueryDsl as _;
use matcher::Code as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use canaries::Canaries;

/// Runs one test body on both databases, as `name::sqlite` and `name::postgres`.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn body($app: $crate::harness::TestApp) $body

            #[actix_web::test]
            async fn sqlite() {
                body($crate::harness::TestApp::on_sqlite().await).await;
            }

            #[actix_web::test]
            async fn postgres() {
                if let Some(app) = $crate::harness::TestApp::on_postgres().await {
                    body(app).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;

type Router = Rc<dyn Fn(Request) -> std::pin::Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>>>;

/// The service on a database of its own, with two organisations of each role.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
    app: App,
    tokens: Rc<Vec<(Side, String, Identity)>>,
    /// Looks, when the last clone goes, for mails that nobody expected, and for canaries in the database.
    _last_look: Rc<LastLook>,
    /// What is sealed, and looked for in all that comes back.
    canaries: Rc<RefCell<Canaries>>,
    /// The work beside requests that does not wait to be called for; it ends with the last clone.
    beside: Vec<Rc<Beside>>,
    /// Whether the test has written to the database behind the service's back: then the records need not stand as the log says.
    rewritten: Rc<Cell<bool>>,
    /// The SQLite file's folder, removed with the last clone.
    _folder: Option<Rc<TempDir>>,
    url: String,
}

/// A task that ends when this goes.
struct Beside(actix_web::rt::task::JoinHandle<()>);

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Fails a test that leaves jobs behind, or mails it has not looked at ([`TestApp::mails`]), or in whose database something stands in the clear
/// that is sealed.
struct LastLook {
    app: App,
    database: Database,
    canaries: Rc<RefCell<Canaries>>,
    rewritten: Rc<Cell<bool>>,
}

/// The database of a test, by its URL; it is given back after the last look.
struct Database(String);

impl Drop for Database {
    fn drop(&mut self) {
        if self.0.starts_with("postgres:")
            && let Some(cluster) = postgres::cluster()
        {
            cluster.is_done_with(&self.0);
        }
    }
}

impl LastLook {
    /// Both logs are as they were written, and everything stands as the log of commands says: whatever a test has done, each change of a
    /// record was told. Of accounts only what they have used is looked at: tests make persons of them by themselves.
    fn all_stands_as_the_log_says(&self) {
        let report = match self.app.db().read(|conn| evidence::verify(conn, &Anchors::default(), self.app.db().clock().now())) {
            Ok(report) => report,
            // A test may leave a database that is away.
            Err(DbError::Unavailable(_) | DbError::KeysUnavailable(_)) => return,
            Err(error) => panic!("{error}"),
        };
        let sound = |verdict| matches!(verdict, Verdict::Sound(_));
        assert!(sound(report.events) && sound(report.reads), "{report:?}");
        let amiss = report.records.unwrap().named;
        let amiss: Vec<_> = amiss
            .iter()
            .filter(|one| one.kind != RecordKind::Account || one.to_string().contains("used of"))
            .map(ToString::to_string)
            .collect();
        assert!(amiss.is_empty(), "these stand otherwise than the events say: {amiss:#?}");
    }
}

impl Drop for LastLook {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        do_all_that_is_due(&self.app);
        let left = take_mails(&self.app);
        assert!(left.is_empty(), "the test did not look at these mails: {left:#?}");
        if let Some(whole) = canaries::database(&self.app, &self.database.0) {
            self.canaries.borrow().must_not_stand_in("the database", &whole);
        }
        canaries::must_not_be_logged();
        if !self.rewritten.get() {
            self.all_stands_as_the_log_says();
        }
    }
}

/// Does what is due, and what follows from it: an alert is noted by one job and told by another.
fn do_all_that_is_due(app: &App) {
    for _ in 0..2 {
        do_what_is_due(&app.desk()).unwrap();
    }
}

pub fn take_mails(app: &App) -> Vec<Mail> {
    let Mailer::Outbox(kept) = &app.mailer else { panic!("tests keep their mails") };
    std::mem::take(&mut *kept.lock().unwrap()).into()
}

/// One of two organisations that must not see each other's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Own,
    Other,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    /// The answer, if it has this status; else the test ends with what came.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// A refusal with this status and code; gives its body.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
        assert_eq!(answer.body["code"], code, "{}", answer.text);
        assert_eq!(answer.body["status"], status, "{}", answer.text);
        assert!(answer.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", answer.text);
        answer
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub fn etag(&self) -> String {
        self.header("etag")
    }
}

/// How often a [`Caller`] sends again what was answered with the documented 503.
const TRIES: u32 = 20;

/// How long it waits before that: `Retry-After` counts seconds, which a test does not have.
const PAUSE: Duration = Duration::from_millis(50);

/// A caller: a token, or none. It does as the documentation says: what is answered 503 `unavailable`, so that nothing was changed, it
/// sends again as it was, under the same key; and so it does a command with a key whose outcome is not known.
#[derive(Clone)]
pub struct Caller {
    app: TestApp,
    token: Option<String>,
    /// Where its requests come from.
    peer: Option<IpAddr>,
}

impl TestApp {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("havre.sqlite");
        std::fs::copy(keys::template(), &file).unwrap();
        keys::copy_to(&keys::beside(&file, ".keys"));
        Self::start(&format!("sqlite:{}", file.display()), Some(folder)).await
    }

    pub async fn on_postgres() -> Option<Self> {
        let cluster = postgres::cluster()?;
        Some(Self::start(&cluster.create_database(), None).await)
    }

    /// The same kind of service on another database, which is empty.
    pub async fn afresh(&self) -> Self {
        if self.url.starts_with("sqlite:") {
            return Self::on_sqlite().await;
        }
        Self::on_postgres().await.unwrap()
    }

    async fn start(url: &str, folder: Option<TempDir>) -> Self {
        busy::neighbours();
        canaries::listen();
        let app = open(url, Clock::default());
        let router = router(&app).await;
        let tokens = Rc::new(tokens(app.db()));
        let (canaries, url, rewritten) = (Rc::<RefCell<Canaries>>::default(), url.to_owned(), Rc::<Cell<bool>>::default());
        let (seen, told) = (Rc::clone(&canaries), Rc::clone(&rewritten));
        let last_look = Rc::new(LastLook { app: app.clone(), database: Database(url.clone()), canaries: seen, rewritten: told });
        let folder = folder.map(Rc::new);
        let beside = Vec::new();
        let mut instance = Self { router, app, tokens, _last_look: last_look, canaries, beside, rewritten, _folder: folder, url };
        instance.begin_planning();
        instance
    }

    /// Another instance of the service, on the same database and by the same clock.
    pub async fn another_instance(&self) -> Self {
        let mut instance = self.over(open(&self.url, self.clock().clone())).await;
        instance.begin_planning();
        instance
    }

    /// One in which nobody waits for a plan: each is polled. It searches for none until it is told to.
    pub async fn impatient(&self) -> Self {
        let app = open(&self.url, self.clock().clone());
        self.over(App { service: app.service.clone().with_plan_patience(Duration::ZERO), ..app }).await
    }

    /// The same service with limits of requests; without them a test sends as many as it likes.
    pub async fn throttled(&self, throttle: Throttle) -> Self {
        self.over(self.app.clone().with_throttle(throttle)).await
    }

    /// The same service with a provider through which people sign in.
    pub async fn with_provider(&self, provider: api::web::oidc::Provider) -> Self {
        self.over(self.app.clone().with_provider(Some(provider))).await
    }

    /// The same service, whose webhooks may reach this machine.
    pub async fn with_loopback(&self) -> Self {
        self.over(self.app.clone().with_loopback(Loopback::Allowed).unwrap()).await
    }

    /// Another instance on the same database and by the same clock, which tells the others what changes and hears them.
    pub async fn another_instance_over(&self, bus: Bus) -> Self {
        let db = keys::open(&self.url, self.clock().clone());
        let app = App::over(db, quotas::policy(&[]), bus, Mailer::outbox(), PUBLIC_URL).unwrap();
        let mut instance = self.over(app).await;
        instance.begin_planning();
        instance
    }

    async fn over(&self, app: App) -> Self {
        Self { router: router(&app).await, app, ..self.clone() }
    }

    /// Begins to search for plans and to follow the log, as the server does.
    pub fn begin_planning(&mut self) {
        let service = &self.app.service;
        self.beside.push(Rc::new(Beside(actix_web::rt::spawn(planning::run(service.clone())))));
        self.beside.push(Rc::new(Beside(actix_web::rt::spawn(service.live().clone().follow()))));
        self.beside.push(Rc::new(Beside(actix_web::rt::spawn(service.live().clone().hear()))));
    }

    /// The database, as `HAVRE_DATABASE_URL` says it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// Does what is due, as the background task would, and takes the mails it has sent.
    pub fn mails(&self) -> Vec<Mail> {
        do_all_that_is_due(&self.app);
        let mails = take_mails(&self.app);
        for mail in &mails {
            self.canaries.borrow().must_not_stand_in("a mail", &format!("{}\n{}", mail.subject, mail.text));
        }
        mails
    }

    /// The same, for a test that is about something else.
    pub fn ignore_mails(&self) {
        drop(self.mails());
    }

    pub fn db(&self) -> &Db {
        self.app.db()
    }

    pub fn clock(&self) -> &Clock {
        self.db().clock()
    }

    /// A caller of this role, of the organisation that the test is about.
    pub fn own(&self, role: Role) -> Caller {
        self.caller(role, Side::Own)
    }

    /// A caller of this role, of another organisation.
    pub fn other(&self, role: Role) -> Caller {
        self.caller(role, Side::Other)
    }

    pub fn caller(&self, role: Role, side: Side) -> Caller {
        let (_, token, _) = self.tokens.iter().find(|(of, _, identity)| *of == side && identity.is(role)).unwrap();
        Caller { app: self.clone(), token: Some(token.clone()), peer: None }
    }

    pub fn nobody(&self) -> Caller {
        Caller { app: self.clone(), token: None, peer: None }
    }

    /// Who comes with a token, or is signed in under the cookie of a browser; nobody where neither is good.
    fn who(&self, token: Option<&str>, headers: &[(&str, &str)]) -> Option<Identity> {
        let (live, now) = (self.app.service.live(), self.clock().now());
        if let Some(token) = token {
            return live.holder(&token_hash(token), now).map(|holder| holder.caller);
        }
        let cookies = headers.iter().filter(|(name, _)| *name == "cookie").flat_map(|(_, cookies)| cookies.split("; "));
        let secret = cookies.filter_map(|cookie| cookie.split_once('=')).find(|(name, _)| name.ends_with("havre"))?.1;
        live.signed_in(&Sha256::digest(secret).into(), now).map(|session| session.caller)
    }

    pub fn with_token(&self, token: &str) -> Caller {
        Caller { app: self.clone(), token: Some(token.to_owned()), peer: None }
    }

    /// The test writes to the database behind the service's back: in the end the records need not stand as the log says.
    pub fn is_rewritten(&self) {
        self.rewritten.set(true);
    }

    /// Runs SQL that both databases understand.
    pub fn sql(&self, sql: &str) {
        self.try_sql(sql).unwrap();
    }

    /// The same, where the database may refuse.
    pub fn try_sql(&self, sql: &str) -> Result<(), DbError> {
        self.is_rewritten();
        self.db().write_beside(|conn| -> Result<(), DbError> {
            match conn {
                Conn::Pg(pg) => diesel::sql_query(sql).execute(pg)?,
                Conn::Sqlite(sqlite) => diesel::sql_query(sql).execute(sqlite)?,
            };
            Ok(())
        })
    }

    /// How many rows each table has, but for the log of reads and the sessions.
    pub fn row_counts(&self) -> Vec<(&'static str, i64)> {
        self.rows_of(&[
            "organisations",
            "accounts",
            "account_secrets",
            "structures",
            "structure_addresses",
            "addresses_shown",
            "units",
            "vacancies",
            "requests",
            "referrals",
            "refusals",
            "keep_apart_codes",
            "keep_apart_links",
            "plans",
            "plan_requests",
            "plan_confirmations",
            "jobs",
            "events",
            "idempotency_keys",
            "credentials",
            "recovery_codes",
            "identities",
            "links",
            "remembered_phones",
            "pending_changes",
            "webhooks",
        ])
    }

    /// How many rows these tables have, by one question: a sweep asks it thousands of times.
    pub fn rows_of(&self, tables: &[&'static str]) -> Vec<(&'static str, i64)> {
        #[derive(QueryableByName)]
        struct Rows {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            at: i64,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let of = |(at, table): (usize, &&str)| format!("SELECT CAST({at} AS BIGINT) AS at, count(*) AS n FROM {table}");
        let sql = tables.iter().enumerate().map(of).collect::<Vec<_>>().join(" UNION ALL ");
        let read = |conn: &mut Conn| -> Result<Vec<Rows>, DbError> {
            Ok(match conn {
                Conn::Pg(pg) => diesel::sql_query(sql).load(pg)?,
                Conn::Sqlite(sqlite) => diesel::sql_query(sql).load(sqlite)?,
            })
        };
        let counts = self.db().read(read).unwrap().into_iter().map(|rows| (usize::try_from(rows.at).unwrap(), rows.n));
        let counts: BTreeMap<_, _> = counts.collect();
        tables.iter().enumerate().map(|(at, table)| (*table, counts[&at])).collect()
    }

    /// What the log of reads has of an operation: which client was shown which record. Tests that ask who read what ask here, and
    /// nowhere how the rows of the log are cut.
    pub async fn noted(&self, operation: &str) -> BTreeSet<(String, String)> {
        let (auditor, mut noted, mut cursor) = (self.own(Role::Auditor), BTreeSet::new(), String::new());
        loop {
            let page = auditor.get(&format!("access-log?limit=200{cursor}")).await.expect(200).body;
            for entry in page["items"].as_array().unwrap().iter().filter(|entry| entry["operation"] == operation) {
                let client = entry["account_id"].as_str().unwrap_or_default();
                let records = entry["record_ids"].as_array().unwrap().iter();
                noted.extend(records.map(|record| (client.to_owned(), record.as_str().unwrap().to_owned())));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return noted,
            }
        }
    }

    /// What is kept of each link in a mail: the hash of its code, and of the address it was sent to.
    pub fn links(&self) -> Vec<(Vec<u8>, String)> {
        #[derive(QueryableByName)]
        struct Kept {
            #[diesel(sql_type = diesel::sql_types::Binary)]
            code_hash: Vec<u8>,
            #[diesel(sql_type = diesel::sql_types::Text)]
            address: String,
        }
        let sql = "SELECT code_hash, address FROM links WHERE address IS NOT NULL";
        let kept: Vec<Kept> = self
            .db()
            .read(|conn| -> Result<_, DbError> {
                Ok(match conn {
                    Conn::Pg(pg) => diesel::sql_query(sql).load(pg)?,
                    Conn::Sqlite(sqlite) => diesel::sql_query(sql).load(sqlite)?,
                })
            })
            .unwrap();
        kept.into_iter().map(|kept| (kept.code_hash, kept.address)).collect()
    }

    /// The number `n` that a query answers.
    pub fn count(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct N {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        self.db()
            .read(|conn| -> Result<i64, DbError> {
                let row: N = match conn {
                    Conn::Pg(pg) => diesel::sql_query(sql).get_result(pg)?,
                    Conn::Sqlite(sqlite) => diesel::sql_query(sql).get_result(sqlite)?,
                };
                Ok(row.n)
            })
            .unwrap()
    }
}

impl Caller {
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// The same from this address.
    pub fn at(&self, peer: &str) -> Self {
        Self { peer: Some(peer.parse().unwrap()), ..self.clone() }
    }

    /// Who this is, as the service knows it.
    pub fn identity(&self) -> Identity {
        let (_, _, identity) = self.app.tokens.iter().find(|(_, token, _)| token == self.token()).unwrap();
        *identity
    }

    /// That this client, and no other, was shown these records and no others, as [`TestApp::noted`] tells it.
    pub fn read<'r>(&self, records: impl IntoIterator<Item = &'r String>) -> BTreeSet<(String, String)> {
        let client = self.identity().account.to_string();
        records.into_iter().map(|record| (client.clone(), record.clone())).collect()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// A command under a new key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_under(path, body, &Uuid::now_v7().to_string()).await
    }

    pub async fn post_under(&self, path: &str, body: &Value, key: &str) -> Answer {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(body.to_string().into_bytes())).await
    }

    /// A command that takes no body.
    pub async fn command(&self, path: &str) -> Answer {
        let key = Uuid::now_v7().to_string();
        self.send(Method::POST, path, &[("idempotency-key", &key)], None).await
    }

    /// The same with headers beside its key.
    pub async fn command_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let key = Uuid::now_v7().to_string();
        let headers: Vec<_> = headers.iter().copied().chain([("idempotency-key", key.as_str())]).collect();
        self.send(Method::POST, path, &headers, None).await
    }

    /// What is answered of an organisation that was made or changed: as it stands once it counts, where the database of the test gives a second
    /// person's word by itself ([`TestApp::two_people`]).
    async fn as_it_counts(&self, method: &Method, path: &str, answer: Answer) -> Answer {
        let may_wait =
            ["/api/v1/organisations", "/organismes", "/api/v1/accounts", "/comptes"].iter().any(|start| path.starts_with(start));
        if may_wait && *method != Method::GET && !answer.status.is_client_error() {
            // What counts from now on has counted before anybody else comes by. Where the database is busy the next who comes does it.
            drop(self.app.app.service.pulse().await);
        }
        let is_of_one =
            path.starts_with("/api/v1/organisations") && !path.ends_with("/accounts") && !path.ends_with("/api-clients");
        let (Some(id), Some(token)) = (answer.body["id"].as_str().filter(|_| is_of_one && answer.status.is_success()), &self.token)
        else {
            return answer;
        };
        if *method != Method::POST && *method != Method::PUT {
            return answer;
        }
        let request = test::TestRequest::with_uri(&format!("/api/v1/organisations/{id}")).method(Method::GET);
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        let counts = self::answer((self.app.router)(request.to_request()).await).await;
        if counts.status != 200 {
            return answer;
        }
        let mut headers = answer.headers;
        headers.insert(actix_web::http::header::ETAG, counts.headers.get("etag").unwrap().clone());
        Answer { status: answer.status, headers, body: counts.body, text: counts.text }
    }

    /// A ranking: no key.
    pub async fn rank(&self, path: &str, body: Option<&Value>) -> Answer {
        self.send(Method::POST, path, &[], body.map(|body| body.to_string().into_bytes())).await
    }

    pub async fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[("if-match", etag)], Some(body.to_string().into_bytes())).await
    }

    /// Any request; a body goes as JSON unless a header says otherwise. Sent again while the service asks for it.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Answer {
        let may_always = method == Method::GET || headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
        let mut tries = 1;
        loop {
            let answer = self.send_once(method.clone(), path, headers, body.clone()).await;
            let asks_for_it = match answer.body["code"].as_str() {
                Some("unavailable") => true,
                Some("outcome_unknown") => may_always,
                _ => false,
            };
            if !asks_for_it || answer.header("retry-after").is_empty() || tries == TRIES {
                return answer;
            }
            tries += 1;
            actix_web::rt::time::sleep(PAUSE).await;
        }
    }

    /// The same, sent once: for a test of what is answered while the database is away.
    pub async fn send_once(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Answer {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let mut request = test::TestRequest::with_uri(&path).method(method.clone());
        if let Some(peer) = self.peer {
            request = request.peer_addr(SocketAddr::new(peer, 40_000));
        }
        if let Some(token) = &self.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let said: Option<Value> = body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
        if let Some(body) = body {
            request = request.insert_header(("content-type", "application/json")).set_payload(body);
        }
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        said.iter().for_each(|said| canaries::expect(&path, said));
        let before = self.app.who(self.token.as_deref(), headers);
        let answer = answer((self.app.router)(request.to_request()).await).await;
        let answer = self.as_it_counts(&method, &path, answer).await;
        allowed::check(&method, &path, &answer);
        if let Some(said) = said.filter(|_| answer.status.is_success()) {
            self.app.canaries.borrow_mut().learn(&path, &said);
        }
        // Whom the first request brings up to date is known after it; whose session it ends, before.
        let who = before.or_else(|| self.app.who(self.token.as_deref(), headers));
        self.app.canaries.borrow().check(who.as_ref(), &path, &answer);
        // What is compressed is not read here.
        if answer.header("content-encoding").is_empty() || answer.header("content-encoding") == "identity" {
            documented::check(&method, &path, &answer);
        }
        answer
    }
}

/// Where mails say that the service is.
const PUBLIC_URL: &str = "https://havre.example.org";

fn open(url: &str, clock: Clock) -> App {
    keys::app(url, clock, Mailer::outbox(), PUBLIC_URL)
}

async fn answer(result: Result<ServiceResponse<BoxBody>, Error>) -> Answer {
    let (status, headers, body) = match result {
        Ok(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            // Of an answer that goes on, what comes first.
            if headers.get("content-type").is_some_and(|kind| kind == following::MEDIA_TYPE) {
                let first = following::Messages::of(response.into_body()).chunk().await.unwrap_or_default();
                return Answer { status, headers, body: Value::Null, text: first };
            }
            (status, headers, actix_web::body::to_bytes(response.into_body()).await.unwrap())
        }
        Err(error) => {
            let response = error.error_response();
            let (status, headers) = (response.status(), response.headers().clone());
            (status, headers, actix_web::body::to_bytes(response.into_body()).await.unwrap())
        }
    };
    let text = String::from_utf8_lossy(&body).into_owned();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

/// The real router over the service, without a socket.
async fn router(app: &App) -> Router {
    let service = Rc::new(test::init_service(stack(app)).await);
    Rc::new(move |request| {
        let service = Rc::clone(&service);
        Box::pin(async move { service.call(request).await.map(ServiceResponse::map_into_boxed_body) })
    })
}

/// A token for each role and side.
fn tokens(db: &Db) -> Vec<(Side, String, Identity)> {
    let mut tokens = Vec::new();
    for (side, name, email) in
        [(Side::Own, "Organisation fictive", "own@example.org"), (Side::Other, "Autre organisation fictive", "other@example.org")]
    {
        let declared = json!({"name": name, "kind": "association", "orients": true, "contact": {"email": email}});
        let declared: Organisation = serde_json::from_value(declared).unwrap();
        let made = db.write(Author::service("createOrganisation"), |turn| {
            let made = organisations::insert(turn, OrganisationId::new(), &declared)?;
            turn.note(&made);
            Ok::<_, Failure>(())
        });
        made.unwrap();
        for role in Role::ALL {
            let (token, identity) = client::make(db, name, *role).unwrap();
            tokens.push((side, token, identity));
        }
    }
    tokens
}

/// A structure with one unit of the own organisation, made through the API.
pub struct Site {
    pub structure: String,
    pub unit: String,
}

impl TestApp {
    /// A structure and a unit of the own organisation.
    pub async fn site(&self) -> Site {
        self.site_with(&bodies::structure(), &bodies::unit()).await
    }

    pub async fn site_with(&self, structure: &Value, unit: &Value) -> Site {
        let provider = self.own(Role::Provider);
        let structure = provider.post("structures", structure).await.expect(201).id();
        let unit = provider.post(&format!("structures/{structure}/units"), unit).await.expect(201).id();
        Site { structure, unit }
    }

    /// Walks a list page by page and gives the ids, checking that each page but the last is full.
    pub async fn walk(&self, caller: &Caller, path: &str, page: usize) -> Vec<String> {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = caller.get(&format!("{path}{separator}limit={page}{cursor}")).await.expect(200);
            let items = answer.body["items"].as_array().unwrap();
            ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match answer.body["next_cursor"].as_str() {
                Some(next) => {
                    assert_eq!(items.len(), page);
                    cursor = format!("&cursor={next}");
                }
                None => return ids,
            }
        }
    }
}
