//! The whole service: what is built once at start and shared by the server, the work beside it and the command line.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use matcher::Policy;

use crate::clock::Clock;
use crate::commands::Service;
use crate::config::Config;
use crate::db::{DatabaseUrl, Db};
use crate::live::Live;
use crate::live::bus::Bus;
use crate::web::pages::session::Reached;
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
}

impl App {
    /// Opens the database, brings its schema up to date and prepares the engine. Mails link to `public_url`.
    pub fn open(url: &DatabaseUrl, policy: Policy, clock: Clock, mailer: Mailer, public_url: &str) -> Result<Self> {
        let db = Db::open(url, clock).context("HAVRE_DATABASE_URL")?;
        let live = Live::new(db.clone(), policy, Bus::Alone)?;
        Ok(Self { service: Service::new(db, live), mailer, public_url: public_url.into() })
    }

    /// As a deployment chooses.
    pub fn configured(config: &Config) -> Result<Self> {
        Self::open(&config.database_url, config.policy()?, Clock::default(), config.mailer.clone(), &config.public_url)
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
