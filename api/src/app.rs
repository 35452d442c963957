//! What all handlers share, and the server itself: build it, then run it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App as ActixApp, HttpServer, middleware, web};
use matcher::Policy;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::auth::Actor;
use crate::clock::Clock;
use crate::db::access_log::{self, Access};
use crate::db::events::{self, By, Event};
use crate::db::idempotency::{self, Claim, Earlier};
use crate::db::types::{Guid, Instant};
use crate::db::{Conn, DatabaseUrl, Db, DbError, Tx, referrals};
use crate::domain::RecordKind;
use crate::engine::Engine;
use crate::error::{Code, Problem, WriteError};
use crate::extract::IdempotencyKey;
use crate::mail::Mailer;
use crate::planning::Planner;
use crate::{flow, jobs, limits, routes, telemetry};

/// What all handlers share. Cloning it shares it.
#[derive(Clone)]
pub struct App {
    db: Db,
    engine: Arc<Engine>,
    mailer: Mailer,
    planner: Arc<Planner>,
    public_url: Arc<str>,
}

/// One command: who gives it, under which name and key, with which content.
pub struct Command {
    /// Who gives it.
    pub by: By,
    /// Its operationId.
    pub name: &'static str,
    /// What kind of record it makes or changes.
    pub kind: RecordKind,
    /// The key under which it has one effect however often it is sent.
    pub key: Option<IdempotencyKey>,
    /// Hash over everything that tells it from another command under the same key.
    pub request_hash: Vec<u8>,
}

impl Command {
    /// The command `name` of an actor about a record (none when it makes one), with the body as it was sent.
    pub fn new<P>(by: &Actor<P>, name: &'static str, kind: RecordKind, about: Option<Guid>, body: &[u8]) -> Self {
        let request_hash = Sha256::new()
            .chain_update(name.as_bytes())
            .chain_update(about.map_or(Uuid::nil(), |id| id.0).as_bytes())
            .chain_update(body)
            .finalize()
            .to_vec();
        Self { by: by.by(), name, kind, key: None, request_hash }
    }

    /// A command that says the same however often it is said.
    pub fn without_key(by: By, name: &'static str, kind: RecordKind) -> Self {
        Self { by, name, kind, key: None, request_hash: Vec::new() }
    }

    /// The same under a key.
    pub fn under(self, key: impl Into<Option<IdempotencyKey>>) -> Self {
        Self { key: key.into(), ..self }
    }
}

impl App {
    /// Opens the database, brings its schema up to date and prepares the engine. Mails link to `public_url`.
    pub fn open(url: &DatabaseUrl, policy: Policy, clock: Clock, mailer: Mailer, public_url: &str) -> Result<Self, DbError> {
        let db = Db::open(url, clock)?;
        let planner = Arc::new(Planner::new(limits::PLAN_PATIENCE));
        Ok(Self { db, engine: Arc::new(Engine::new(policy)), mailer, planner, public_url: public_url.into() })
    }

    /// The same service, in which whoever asks for a plan waits so long for it before it is told to come back.
    pub fn with_plan_patience(self, patience: Duration) -> Self {
        Self { planner: Arc::new(Planner::new(patience)), ..self }
    }

    /// How mails leave.
    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// What plans share.
    pub fn planner(&self) -> &Planner {
        &self.planner
    }

    /// Where the service is reached, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The database, for the command line.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs a reading transaction away from the threads that serve connections.
    pub async fn read<T: Send + 'static, E: From<DbError> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        Problem: From<E>,
    {
        let db = self.db.clone();
        let span = tracing::Span::current();
        let done = web::block(move || {
            span.in_scope(|| {
                let mut work = Some(work);
                settled(&db, |db| {
                    db.read(|conn| {
                        let now = db.now(conn)?;
                        nothing_overdue(conn, now)?.then(|| work.take()).flatten().map(|work| work(conn)).transpose()
                    })
                })
            })
        })
        .await;
        Ok(done.map_err(Problem::internal)??)
    }

    /// Looks something up that no deadline changes: a token.
    pub async fn look_up<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, Problem> {
        let db = self.db.clone();
        let done = web::block(move || db.read(work)).await;
        Ok(done.map_err(Problem::internal)??)
    }

    /// Reads records of people and notes in the log of reads which ones, before the answer leaves.
    pub async fn read_logged<T: Send + 'static>(
        &self,
        access: Access,
        work: impl FnOnce(&mut Conn) -> Result<(T, Vec<Guid>), Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let db = self.db.clone();
        let span = tracing::Span::current();
        let done = web::block(move || {
            span.in_scope(|| {
                let mut work = Some(work);
                settled(&db, |db| {
                    db.write_log(|conn, now| {
                        let Some(work) = nothing_overdue(conn, now)?.then(|| work.take()).flatten() else { return Ok(None) };
                        let (found, read) = work(conn)?;
                        access_log::record(conn, now, access, &read)?;
                        Ok(Some(found))
                    })
                })
            })
        })
        .await;
        done.map_err(Problem::internal)?
    }

    /// Runs a command: its work, its event and the memory of its key in one transaction. A repeat under the same key does nothing
    /// and answers with the record as it stands now.
    pub async fn command<T: Send + 'static>(
        &self,
        command: Command,
        work: impl Fn(&mut Tx<'_>) -> Result<Guid, WriteError> + Send + 'static,
        render: impl Fn(&mut Conn, Guid) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, Problem> {
        let db = self.db.clone();
        let span = tracing::Span::current();
        let done = web::block(move || span.in_scope(|| run(&db, &command, work, render))).await;
        Ok(done.map_err(Problem::internal)??)
    }
}

/// Reads in a transaction in which nothing is overdue: overdue *is* expired, whether or not the background task has been. `read` gives
/// nothing where something is; then that is ended first.
fn settled<T, E: From<DbError>>(db: &Db, mut read: impl FnMut(&Db) -> Result<Option<T>, E>) -> Result<T, E> {
    loop {
        match read(db)? {
            Some(done) => return Ok(done),
            None => drop(db.write(|tx| flow::expire_overdue(tx, None))?),
        }
    }
}

fn nothing_overdue(conn: &mut Conn, now: Instant) -> Result<bool, DbError> {
    Ok(!referrals::any_overdue(conn, now)?)
}

fn run<T>(
    db: &Db,
    command: &Command,
    work: impl Fn(&mut Tx<'_>) -> Result<Guid, WriteError>,
    render: impl Fn(&mut Conn, Guid) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    let claim = command.key.as_ref().zip(command.by.client).map(|(key, client)| Claim {
        client,
        key: key.as_str().to_owned(),
        request_hash: command.request_hash.clone(),
    });
    db.write_after(
        |conn| claim.as_ref().map_or(Ok(()), |claim| idempotency::wait_for_key(conn, claim)),
        |tx| {
            flow::expire_overdue(tx, None)?;
            if let Some(claim) = &claim {
                match idempotency::earlier(tx, claim)? {
                    Earlier::None => {}
                    Earlier::Same(record) => return render(tx.conn, record),
                    Earlier::Other => return Err(key_reused().into()),
                }
            }
            let record = work(tx)?;
            events::record(tx, Event { by: Some(command.by), command: command.name, kind: command.kind, record })?;
            if let Some(claim) = &claim {
                idempotency::remember(tx, claim, record)?;
            }
            render(tx.conn, record)
        },
    )
}

fn key_reused() -> Problem {
    Problem::new(
        Code::IdempotencyKeyReused,
        "You used this Idempotency-Key in the last 24 hours for another command. Send a new key with a new command.",
    )
}

/// The server, bound to its address and not yet running.
pub struct Application {
    address: SocketAddr,
    server: Server,
    app: App,
}

impl Application {
    /// Binds the address; port 0 takes a free one.
    pub fn build(app: App, bind: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(bind)?;
        let address = listener.local_addr()?;
        let background = app.clone();
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(web::Data::new(app.clone()))
                .wrap(telemetry::request_spans())
                .wrap(security_headers())
                .configure(routes::configure)
        })
        .listen(listener)?
        .shutdown_timeout(limits::SHUTDOWN_S)
        .run();
        Ok(Self { address, server, app: background })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is told to stop (Ctrl-C, SIGTERM), then lets requests under way end.
    pub async fn run(self) -> std::io::Result<()> {
        let background = actix_web::rt::spawn(jobs::run(self.app));
        let ended = self.server.await;
        background.abort();
        ended
    }
}

/// Nothing that is answered may be kept by a browser or guessed to be something else.
pub fn security_headers() -> middleware::DefaultHeaders {
    middleware::DefaultHeaders::new()
        .add(("Cache-Control", "no-store"))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("X-Frame-Options", "DENY"))
}
