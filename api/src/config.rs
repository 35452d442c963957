//! The environment, parsed once at start. A wrong value stops the start with one line that says which and why.

use std::net::SocketAddr;
use std::path::PathBuf;

use lettre::SmtpTransport;
use matcher::Policy;

use crate::db::DatabaseUrl;
use crate::limits;
use crate::mail::Mailer;

/// What a deployment chooses.
#[derive(Clone, Debug)]
pub struct Config {
    /// `HAVRE_BIND`: where the service listens.
    pub bind: SocketAddr,
    /// `HAVRE_DATABASE_URL`: where the registry is kept.
    pub database_url: DatabaseUrl,
    /// `HAVRE_LOG`: what is logged.
    pub log: String,
    /// `HAVRE_POLICY`: the policy file, if not the one that is built in.
    pub policy: Option<PathBuf>,
    /// `HAVRE_PUBLIC_URL`: where the service is reached, for the links in mails; without a slash at the end.
    pub public_url: String,
    /// `HAVRE_SMTP_URL` and `HAVRE_MAIL_FROM`: through whom mails leave, and from whom; none: they stay in memory.
    pub mailer: Mailer,
}

const BIND: &str = "127.0.0.1:8080";
const DATABASE_URL: &str = "sqlite:havre.sqlite";
/// What HTTP garbage a client sends is its own affair: without `actix_http=off` anyone could fill the log.
const LOG: &str = "info,actix_http=off,actix_server=warn";

impl Config {
    /// Reads the variables of the environment through `var`.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let wrong = |name: &str, why: String| format!("{name} is wrong: {why}");
        let bind = var("HAVRE_BIND").unwrap_or_else(|| BIND.to_owned());
        let bind =
            bind.parse().map_err(|_error| wrong("HAVRE_BIND", format!("`{bind}` is no address with a port, such as {BIND}")))?;
        let database_url = var("HAVRE_DATABASE_URL").unwrap_or_else(|| DATABASE_URL.to_owned());
        let database_url = database_url.parse().map_err(|why| wrong("HAVRE_DATABASE_URL", why))?;
        let log = var("HAVRE_LOG").unwrap_or_else(|| LOG.to_owned());
        tracing_subscriber::EnvFilter::try_new(&log).map_err(|error| wrong("HAVRE_LOG", format!("`{log}`: {error}")))?;
        let public_url = var("HAVRE_PUBLIC_URL").unwrap_or_else(|| format!("http://{bind}"));
        if !["https://", "http://"].iter().any(|scheme| public_url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
            return Err(wrong("HAVRE_PUBLIC_URL", format!("`{public_url}` does not start with https:// or http:// and a host")));
        }
        Ok(Self {
            bind,
            database_url,
            log,
            policy: var("HAVRE_POLICY").map(PathBuf::from),
            public_url: public_url.trim_end_matches('/').to_owned(),
            mailer: mailer(var("HAVRE_SMTP_URL"), var("HAVRE_MAIL_FROM"))?,
        })
    }

    /// The policy in force: the file `HAVRE_POLICY` names, or the one that is built in.
    pub fn policy(&self) -> Result<Policy, String> {
        let Some(path) = &self.policy else { return Ok(Policy::embedded()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("HAVRE_POLICY is wrong: {} cannot be read: {error}", path.display()))?;
        Policy::parse(&text).map_err(|error| format!("HAVRE_POLICY is wrong: {}: {error}", path.display()))
    }
}

/// The URL may hold a password: it is never repeated.
fn mailer(url: Option<String>, from: Option<String>) -> Result<Mailer, String> {
    let Some(url) = url else { return Ok(Mailer::outbox()) };
    let transport = SmtpTransport::from_url(&url)
        .map_err(|error| format!("HAVRE_SMTP_URL is wrong: {error}; it looks like smtps://user:password@host or smtp://host:25"))?
        .timeout(Some(limits::SMTP_TIMEOUT))
        .build();
    let from = from.ok_or("HAVRE_MAIL_FROM is missing: HAVRE_SMTP_URL needs it, such as Havre <havre@example.org>")?;
    let from = from.parse().map_err(|error| format!("HAVRE_MAIL_FROM is wrong: `{from}`: {error}"))?;
    Ok(Mailer::Smtp { transport, from })
}
