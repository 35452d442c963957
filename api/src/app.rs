//! The whole service: what is built once at start and shared by the server, the work beside it and the command line.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use matcher::Policy;

use crate::clock::Clock;
use crate::commands::Service;
use crate::config::{Config, RateLimits};
use crate::db::{DatabaseUrl, Db, mailed_link_keys};
use crate::limits;
use crate::live::Live;
use crate::live::allowance::Allowance;
use crate::live::bus::Bus;
use crate::live::hub::Hub;
use crate::web::oidc::Provider;
use crate::web::pages::session::Reached;
use crate::web::throttle::Throttle;
use crate::work::Desk;
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
}

impl App {
    /// Opens the database, brings its schema up to date and prepares the engine. Mails link to `public_url`. It is alone and without limits.
    pub fn open(url: &DatabaseUrl, policy: Policy, clock: Clock, mailer: Mailer, public_url: &str) -> Result<Self> {
        let db = Db::open(url, clock).context("HAVRE_DATABASE_URL")?;
        Self::over(db, policy, Bus::Alone, mailer, public_url)
    }

    /// The same on a database that is open, with a way to tell other instances what changes.
    pub fn over(db: Db, policy: Policy, bus: Bus, mailer: Mailer, public_url: &str) -> Result<Self> {
        let live = Live::new(db.clone(), policy, bus)?;
        Ok(Self {
            service: Service::new(db, live),
            mailer,
            public_url: public_url.into(),
            throttle: Arc::new(Throttle::off()),
            provider: Arc::default(),
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

    /// As a deployment chooses.
    pub fn configured(config: &Config) -> Result<Self> {
        let policy = config.policy()?;
        let db = Db::open(&config.database_url, Clock::default()).context("HAVRE_DATABASE_URL")?;
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
        Ok(Self::over(db, policy, bus, config.mailer.clone(), &config.public_url)?.with_throttle(throttle).with_provider(provider))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        self.service.db()
    }

    /// What the work beside requests is done with.
    pub fn desk(&self) -> Desk {
        Desk { service: self.service.clone(), mailer: self.mailer.clone(), public_url: Arc::clone(&self.public_url) }
    }

    /// How browsers reach it.
    pub fn reached(&self) -> Reached {
        Reached { by_tls: self.public_url.starts_with("https://") }
    }
}

/// The connection to Redis, if there is one. What tells deployments apart there is what their database alone knows.
fn hub(db: &Db, config: &Config) -> Result<Option<Hub>> {
    let Some(url) = &config.redis_url else { return Ok(None) };
    let now = db.clock().now();
    let deployment = db.write_beside(|conn| mailed_link_keys::find_or_make(conn, now)).context("HAVRE_DATABASE_URL")?;
    Hub::open(url, &deployment, limits::REDIS_PATIENCE).map(Some).map_err(anyhow::Error::msg).context("HAVRE_REDIS_URL")
}
