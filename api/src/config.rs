//! The environment, parsed once at start. A wrong value stops the start with one line that says which and why.

use std::net::SocketAddr;
use std::path::PathBuf;

use matcher::Policy;

use crate::db::DatabaseUrl;

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
}

const BIND: &str = "127.0.0.1:8080";
const DATABASE_URL: &str = "sqlite:havre.sqlite";
/// What HTTP garbage a client sends is its own affair: without `actix_http=off` anyone could fill the log.
const LOG: &str = "info,actix_http=off,actix_server=warn";

impl Config {
    /// Reads `HAVRE_BIND`, `HAVRE_DATABASE_URL`, `HAVRE_LOG` and `HAVRE_POLICY` through `var`.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let wrong = |name: &str, why: String| format!("{name} is wrong: {why}");
        let bind = var("HAVRE_BIND").unwrap_or_else(|| BIND.to_owned());
        let bind =
            bind.parse().map_err(|_error| wrong("HAVRE_BIND", format!("`{bind}` is no address with a port, such as {BIND}")))?;
        let database_url = var("HAVRE_DATABASE_URL").unwrap_or_else(|| DATABASE_URL.to_owned());
        let database_url = database_url.parse().map_err(|why| wrong("HAVRE_DATABASE_URL", why))?;
        let log = var("HAVRE_LOG").unwrap_or_else(|| LOG.to_owned());
        tracing_subscriber::EnvFilter::try_new(&log).map_err(|error| wrong("HAVRE_LOG", format!("`{log}`: {error}")))?;
        Ok(Self { bind, database_url, log, policy: var("HAVRE_POLICY").map(PathBuf::from) })
    }

    /// The policy in force: the file `HAVRE_POLICY` names, or the one that is built in.
    pub fn policy(&self) -> Result<Policy, String> {
        let Some(path) = &self.policy else { return Ok(Policy::embedded()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("HAVRE_POLICY is wrong: {} cannot be read: {error}", path.display()))?;
        Policy::parse(&text).map_err(|error| format!("HAVRE_POLICY is wrong: {}: {error}", path.display()))
    }
}
