//! The server: build it, then run it. Tests send requests through the very stack that it listens with.

use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{self, from_fn};
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{App as ActixApp, HttpServer, web};
use futures_util::future::{Either, select};

use tokio::task::spawn_blocking;

use crate::app::App;
use crate::live::Live;
use crate::web::{arrival, metrics, operations, problem};
use crate::work::anchors::Anchoring;
use crate::work::lanes::keep_going;
use crate::{limits, telemetry, work};

/// Everything a request passes, from the socket to its handler.
pub fn stack(
    app: &App,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    ActixApp::new()
        .app_data(web::Data::new(app.service.clone()))
        .app_data(web::Data::new(app.reached()))
        .app_data(web::Data::from(Arc::clone(&app.throttle)))
        .app_data(web::Data::from(Arc::clone(&app.provider)))
        .app_data(web::Data::new(app.outward.clone()))
        .configure(operations::configure)
        .wrap(from_fn(problem::answer))
        // Around it: a problem is a new answer, which would not say that the connection is closed.
        .wrap(from_fn(arrival::in_time))
        .wrap(from_fn(metrics::measure))
        .wrap(security_headers())
        .wrap(telemetry::request_spans())
}

/// Nothing that is answered may be kept by a browser or guessed to be something else.
fn security_headers() -> middleware::DefaultHeaders {
    middleware::DefaultHeaders::new()
        .add(("Cache-Control", "no-store"))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("X-Frame-Options", "DENY"))
        // Of what is no page, which has its own: nothing that a browser shows of it runs, loads or is framed.
        .add(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
}

/// The server, bound to its address and not yet running.
pub struct Application {
    address: SocketAddr,
    server: Server,
    app: App,
    watched: Option<(SocketAddr, Server)>,
    stop_notice: Duration,
}

impl Application {
    /// Binds the address; port 0 takes a free one.
    pub fn build(mut app: App, bind: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(bind)?;
        let address = listener.local_addr()?;
        // Nobody said where the service is reached: mails link to where it listens, and no client listens at port 0.
        if *app.public_url == format!("http://{bind}") {
            app.public_url = format!("http://{address}").into();
        }
        let served = app.clone();
        let server = HttpServer::new(move || stack(&served))
            .listen(listener)?
            // A head has as long as a body: what waits longer is answered 408, and nobody has read it.
            .client_request_timeout(limits::BODY_WAIT)
            .shutdown_timeout(limits::SHUTDOWN_S)
            .disable_signals()
            .run();
        Ok(Self { address, server, app, watched: None, stop_notice: Duration::ZERO })
    }

    /// The same, which shows how it stands at another address, to whoever reaches that.
    pub fn watched_at(self, bind: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(bind)?;
        let address = listener.local_addr()?;
        let service = self.app.service.clone();
        let shown = move || ActixApp::new().app_data(web::Data::new(service.clone())).configure(metrics::configure);
        let server = HttpServer::new(shown).workers(1).listen(listener)?.shutdown_timeout(1).disable_signals().run();
        Ok(Self { watched: Some((address, server)), ..self })
    }

    /// The same, which says for so long that it is not ready before it stops listening, where a supervisor tells it to.
    pub fn with_stop_notice(self, stop_notice: Duration) -> Self {
        Self { stop_notice, ..self }
    }

    /// Where it shows how it stands.
    pub fn watched(&self) -> Option<SocketAddr> {
        self.watched.as_ref().map(|(address, _)| *address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its mails link to.
    pub fn public_url(&self) -> &str {
        &self.app.public_url
    }

    /// Serves until it is told to stop (Ctrl-C, SIGTERM), then lets requests under way end.
    pub async fn run(self) -> std::io::Result<()> {
        let beside = Beside::begin(&self.app);
        let watched = self.watched.map(|(_, server)| (server.handle(), actix_web::rt::spawn(server)));
        let told = stop_when_told(self.server.handle(), self.app.service.live().clone(), self.stop_notice);
        let told = actix_web::rt::spawn(told);
        let ended = self.server.await;
        told.abort();
        beside.end(self.app.service.live()).await;
        // What was counted since is not forgotten.
        let service = self.app.service.clone();
        match spawn_blocking(move || work::tallies::write_down(&service)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what was counted of late is not written down"),
            Err(error) => tracing::error!(%error, "writing down what was counted stumbled"),
        }
        // Nothing is written any more: what was written until now cannot be cut unseen.
        if let Some(anchoring) = self.app.anchoring {
            match spawn_blocking(move || anchoring.lay()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the ends of the logs could not be anchored"),
                Err(error) => tracing::error!(%error, "the anchoring of the logs stumbled"),
            }
        }
        if let Some((handle, _)) = watched {
            handle.stop(false).await;
        }
        ended
    }
}

/// Waits for Ctrl-C or SIGTERM. Then it is not ready any more; after SIGTERM it goes on answering for as long as the notice, or until a second
/// signal, so that whoever balances load sees that. Then it takes no new connection and lets requests under way end; those whose answers would go
/// on end at once.
async fn stop_when_told(server: ServerHandle, live: Live, notice: Duration) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return tracing::error!("signals are not heard: this instance can only be killed");
    };
    let by_supervisor = matches!(select(pin!(terminate.recv()), pin!(interrupt.recv())).await, Either::Left(_));
    live.begin_stop();
    if by_supervisor && !notice.is_zero() {
        tracing::info!("stopping: not ready from now on, and answering for {} s more", notice.as_secs());
        let hurried = tokio::time::timeout(notice, select(pin!(terminate.recv()), pin!(interrupt.recv()))).await.is_ok();
        tracing::debug!(hurried, "the notice is over");
    }
    tracing::info!("stopping: requests under way have {} s", limits::SHUTDOWN_S);
    live.streams().stop();
    server.stop(true).await;
}

/// The work beside requests; it ends when this goes.
pub struct Beside {
    tasks: Vec<actix_web::rt::task::JoinHandle<()>>,
    work: actix_web::rt::task::JoinHandle<()>,
}

impl Beside {
    /// Begins it.
    pub fn begin(app: &App) -> Self {
        let desk = || app.desk();
        let follow = keep_going(desk(), "following the log", |desk| desk.service.live().clone().follow());
        let hear = keep_going(desk(), "hearing other instances", |desk| desk.service.live().clone().hear());
        let anchor = |anchoring: Arc<Anchoring>| {
            keep_going(desk(), "anchoring the logs", move |_| work::anchors::run(Arc::clone(&anchoring)))
        };
        let mut tasks = vec![
            actix_web::rt::spawn(work::planning::run(app.service.clone())),
            actix_web::rt::spawn(follow),
            actix_web::rt::spawn(hear),
        ];
        tasks.extend(app.anchoring.clone().map(|anchoring| actix_web::rt::spawn(anchor(anchoring))));
        Self { tasks, work: actix_web::rt::spawn(work::lanes::run(desk())) }
    }

    /// Lets what is being done be done, and ends all else.
    async fn end(mut self, live: &Live) {
        live.begin_stop();
        if tokio::time::timeout(limits::WORK_SHUTDOWN, &mut self.work).await.is_err() {
            tracing::warn!("what is being done beside requests is left: others take it up when its lease is over");
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.tasks.iter().for_each(actix_web::rt::task::JoinHandle::abort);
        self.work.abort();
    }
}
