//! What a deployment chooses, by environment or by flag, parsed once at start. A wrong value stops the start with one line that says which and
//! why.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use lettre::SmtpTransport;
use matcher::Policy;

use crate::db::DatabaseUrl;
use crate::limits;
use crate::live::hub::RedisUrl;
use crate::web::throttle::TrustedProxies;
use crate::work::mail::Mailer;

/// The settings as they are written; each may stand in the environment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Where the service listens
    #[arg(long, global = true, env = "HAVRE_BIND", value_name = "ADDRESS:PORT", default_value = BIND)]
    pub bind: String,
    /// Where the registry is kept: sqlite:PATH, which serves one department, or postgres://…
    #[arg(long, global = true, env = "HAVRE_DATABASE_URL", hide_env_values = true, value_name = "URL", default_value = DATABASE_URL)]
    pub database_url: String,
    /// What is logged, to standard error, such as info or api=debug,warn; never a body, a query or a token
    #[arg(long, global = true, env = "HAVRE_LOG", value_name = "FILTER", default_value = LOG)]
    pub log: String,
    /// A policy file in place of the one that is built in
    #[arg(long, global = true, env = "HAVRE_POLICY", value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Where the service is reached from outside, for the links in mails [default: http:// and the address it listens on]
    #[arg(long, global = true, env = "HAVRE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The server that takes mails, such as smtps://user:password@host [default: they stay in memory]
    #[arg(long, global = true, env = "HAVRE_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Whose mails they are, such as Havre <havre@example.org>; needed with --smtp-url
    #[arg(long, global = true, env = "HAVRE_MAIL_FROM", value_name = "MAILBOX")]
    pub mail_from: Option<String>,
    /// Where several instances meet, such as redis://:password@host:6379/0 [default: each goes by itself]
    #[arg(long, global = true, env = "HAVRE_REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<String>,
    /// Whose X-Forwarded-For is believed, such as 127.0.0.1, 10.0.0.0/8 [default: nobody's]
    #[arg(long, global = true, env = "HAVRE_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,
    /// Whether requests are limited: on, or off for benchmarks, fuzzing and tests of load
    #[arg(long, global = true, env = "HAVRE_RATE_LIMITS", value_name = "ON-OR-OFF", default_value = RATE_LIMITS)]
    pub rate_limits: String,
}

/// What a deployment chooses.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the service listens.
    pub bind: SocketAddr,
    /// Where the registry is kept.
    pub database_url: DatabaseUrl,
    /// What is logged.
    pub log: String,
    /// The policy file, if not the one that is built in.
    pub policy: Option<PathBuf>,
    /// Where the service is reached, for the links in mails; without a slash at the end.
    pub public_url: String,
    /// Through whom mails leave, and from whom.
    pub mailer: Mailer,
    /// Where instances meet; none: each goes by itself.
    pub redis_url: Option<RedisUrl>,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether requests are limited.
    pub rate_limits: RateLimits,
}

/// Whether requests are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// As they should be.
    On,
    /// Not at all: for benchmarks, fuzzing and tests of load.
    Off,
}

const BIND: &str = "127.0.0.1:8080";
const RATE_LIMITS: &str = "on";
const DATABASE_URL: &str = "sqlite:havre.sqlite";
/// What HTTP garbage a client sends is its own affair: without `actix_http=off` anyone could fill the log.
const LOG: &str = "info,actix_http=off,actix_server=warn";

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: BIND.to_owned(),
            database_url: DATABASE_URL.to_owned(),
            log: LOG.to_owned(),
            policy: None,
            public_url: None,
            smtp_url: None,
            mail_from: None,
            redis_url: None,
            trusted_proxies: None,
            rate_limits: RATE_LIMITS.to_owned(),
        }
    }
}

impl Settings {
    /// Whether somebody chose a database, by flag or variable.
    pub fn names_a_database(&self) -> bool {
        self.database_url != DATABASE_URL
    }

    /// Parses every setting.
    pub fn read(self) -> Result<Config> {
        // What is set to nothing is not set: so deployments leave a variable out.
        let said = |setting: Option<String>| setting.filter(|value| !value.is_empty());
        let Ok(bind) = self.bind.parse() else {
            bail!("HAVRE_BIND is wrong: `{}` is no address with a port, such as {BIND}", self.bind);
        };
        let database_url = self.database_url.parse().map_err(anyhow::Error::msg).context("HAVRE_DATABASE_URL is wrong")?;
        tracing_subscriber::EnvFilter::try_new(&self.log).with_context(|| format!("HAVRE_LOG is wrong: `{}`", self.log))?;
        let public_url = said(self.public_url).unwrap_or_else(|| format!("http://{bind}"));
        if !["https://", "http://"].iter().any(|scheme| public_url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
            bail!("HAVRE_PUBLIC_URL is wrong: `{public_url}` does not start with https:// or http:// and a host");
        }
        let redis_url = said(self.redis_url).map(|url| url.parse()).transpose();
        let redis_url = redis_url.map_err(anyhow::Error::msg).context("HAVRE_REDIS_URL is wrong")?;
        let trusted_proxies = self.trusted_proxies.unwrap_or_default().parse();
        let trusted_proxies = trusted_proxies.map_err(anyhow::Error::msg).context("HAVRE_TRUSTED_PROXIES is wrong")?;
        let rate_limits = match self.rate_limits.as_str() {
            "on" => RateLimits::On,
            "off" => RateLimits::Off,
            other => bail!("HAVRE_RATE_LIMITS is wrong: `{other}` is neither `on` nor `off`"),
        };
        Ok(Config {
            bind,
            database_url,
            log: self.log,
            policy: self.policy.filter(|path| !path.as_os_str().is_empty()),
            public_url: public_url.trim_end_matches('/').to_owned(),
            mailer: mailer(said(self.smtp_url), said(self.mail_from))?,
            redis_url,
            trusted_proxies,
            rate_limits,
        })
    }
}

impl Config {
    /// The policy in force: the file `HAVRE_POLICY` names, or the one that is built in.
    pub fn policy(&self) -> Result<Policy> {
        let Some(path) = &self.policy else { return Ok(Policy::embedded()) };
        let wrong = || format!("HAVRE_POLICY is wrong: {}", path.display());
        let text = std::fs::read_to_string(path).context("cannot be read").with_context(wrong)?;
        Policy::parse(&text).with_context(wrong)
    }
}

/// The URL may hold a password: it is never repeated.
fn mailer(url: Option<String>, from: Option<String>) -> Result<Mailer> {
    let Some(url) = url else { return Ok(Mailer::outbox()) };
    let transport = SmtpTransport::from_url(&url)
        .context("it looks like smtps://user:password@host or smtp://host:25")
        .context("HAVRE_SMTP_URL is wrong")?
        .timeout(Some(limits::SMTP_TIMEOUT))
        .build();
    let from = from.context("HAVRE_MAIL_FROM is missing: HAVRE_SMTP_URL needs it, such as Havre <havre@example.org>")?;
    let from = from.parse().with_context(|| format!("HAVRE_MAIL_FROM is wrong: `{from}`"))?;
    Ok(Mailer::Smtp { transport, from })
}
