//! The whole service: what is built once at start and shared by the server, the work beside it and the command line.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use matcher::Policy;

use crate::clock::Clock;
use crate::commands::Service;
use crate::config::{Config, RateLimits};
use crate::db::{Db, DbError};
use crate::limits;
use crate::live::Live;
use crate::live::allowance::Allowance;
use crate::live::bus::Bus;
use crate::live::hub::Hub;
use crate::outward::{Loopback, Outward};
use crate::web::oidc::Provider;
use crate::web::pages::session::Reached;
use crate::web::throttle::Throttle;
use crate::work::Desk;
use crate::work::anchors::{AnchorPlaces, Anchoring};
use crate::work::mail::Mailer;

/// The service. Cloning it shares it.
#[derive(Clone)]
pub struct App {
    /// Commands and readings.
    pub service: Service,
    /// How mails leave.
    pub mailer: Mailer,
    /// Where the service is reached, without a slash at the end.
    pub public_url: Arc<str>,
    /// The limits of requests.
    pub throttle: Arc<Throttle>,
    /// The provider through which people sign in, if there is one.
    pub provider: Arc<Option<Provider>>,
    /// What lays signed ends of both logs outside, if a deployment wants them.
    pub anchoring: Option<Arc<Anchoring>>,
    /// What is sent to where somebody else says.
    pub outward: Outward,
}

impl App {
    /// Prepares the engine on a database that is open, with a way to tell other instances what changes. Mails link to `public_url`. It is
    /// without limits.
    pub fn over(db: Db, policy: Policy, bus: Bus, mailer: Mailer, public_url: &str) -> Result<Self> {
        let live = Live::new(db.clone(), policy, bus)?;
        Ok(Self {
            service: Service::new(db, live),
            mailer,
            public_url: public_url.into(),
            throttle: Arc::new(Throttle::off()),
            provider: Arc::default(),
            anchoring: None,
            outward: Outward::new(Loopback::Refused).context("TLS cannot be set up")?,
        })
    }

    /// The same service with these limits of requests.
    pub fn with_throttle(self, throttle: Throttle) -> Self {
        Self { throttle: Arc::new(throttle), ..self }
    }

    /// The same service with a provider through which people sign in.
    pub fn with_provider(self, provider: Option<Provider>) -> Self {
        Self { provider: Arc::new(provider), ..self }
    }

    /// The same service, which lays signed ends of both logs at these places.
    ///
    /// # Errors
    /// Where the file cannot be read and written.
    pub fn with_anchors(self, places: AnchorPlaces) -> std::io::Result<Self> {
        let anchoring = if places.any() { Some(Arc::new(Anchoring::new(self.db(), places)?)) } else { None };
        Ok(Self { anchoring, ..self })
    }

    /// The same service, whose webhooks may reach this very machine or not.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn with_loopback(self, loopback: Loopback) -> Result<Self> {
        Ok(Self { outward: Outward::new(loopback)?, ..self })
    }

    /// As a deployment chooses.
    pub fn configured(config: &Config) -> Result<Self> {
        let policy = config.policy()?;
        let db = open_db(config)?;
        let hub = hub(&db, config)?;
        let bus = Bus::over(hub.as_ref());
        let allowance = match config.rate_limits {
            RateLimits::On => Allowance::new(hub, db.clock().clone()),
            RateLimits::Off => {
                tracing::warn!(
                    "HAVRE_RATE_LIMITS is off: ANYONE MAY SEND AS MANY REQUESTS AS THEY LIKE. Never serve people like this"
                );
                Allowance::Off
            }
        };
        let provider = config.oidc.clone().map(Provider::new).transpose().context("HAVRE_OIDC_ISSUER")?;
        let throttle = Throttle { allowance, trusted: config.trusted_proxies.clone() };
        let app = Self::over(db, policy, bus, config.mailer.clone(), &config.public_url)?;
        let app = app.with_throttle(throttle).with_provider(provider).with_loopback(config.webhooks_loopback)?;
        app.with_anchors(config.anchors.clone()).context("HAVRE_ANCHOR_FILE is wrong: it cannot be read and written")
    }

    /// The database.
    pub fn db(&self) -> &Db {
        self.service.db()
    }

    /// What the work beside requests is done with.
    pub fn desk(&self) -> Desk {
        let (service, mailer, public_url) = (self.service.clone(), self.mailer.clone(), Arc::clone(&self.public_url));
        Desk { service, mailer, public_url, outward: self.outward.clone() }
    }

    /// How browsers reach it.
    pub fn reached(&self) -> Reached {
        Reached { by_tls: self.public_url.starts_with("https://") }
    }
}

/// The database and its key store, as a deployment chooses. What is wrong with the key store says so itself.
pub fn open_db(config: &Config) -> Result<Db> {
    config.may_ask_databases()?;
    let opened = Db::open(&config.database_url, Clock::default(), &config.keys);
    opened.map_err(|error| match error {
        DbError::KeysUnavailable(_) => error.into(),
        other => anyhow::Error::new(other).context("HAVRE_DATABASE_URL"),
    })
}

/// The connection to Redis, if there is one. What tells deployments apart there is what their keys alone make.
fn hub(db: &Db, config: &Config) -> Result<Option<Hub>> {
    let Some(url) = &config.redis_url else { return Ok(None) };
    let deployment = db.keys().hash("redis", b"deployment")?;
    Hub::open(url, &deployment, limits::REDIS_PATIENCE).map(Some).map_err(anyhow::Error::msg).context("HAVRE_REDIS_URL")
}
