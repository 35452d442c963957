//! What a deployment chooses, by environment or by flag, parsed once at start. A wrong value stops the start with one line that says which and
//! why.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use lettre::SmtpTransport;
use matcher::Policy;
use openidconnect::IssuerUrl;
use secrecy::SecretString;

use crate::db::keys::MasterKeys;
use crate::db::{DatabaseUrl, KeySettings};
use crate::limits;
use crate::live::hub::RedisUrl;
use crate::outward::Loopback;
use crate::telemetry::LogFormat;
use crate::web::oidc::OidcSettings;
use crate::web::throttle::TrustedProxies;
use crate::work::anchors::AnchorPlaces;
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
    /// Where the keys of what is sealed are kept, with backups of its own [default: beside the SQLite file, its name and .keys]
    #[arg(long, global = true, env = "HAVRE_KEYS_URL", hide_env_values = true, value_name = "URL")]
    pub keys_url: Option<String>,
    /// What wraps these keys: 32 bytes in base64; after a change the new one, a comma, and those before it
    #[arg(long, global = true, env = "HAVRE_MASTER_KEY", hide_env_values = true, value_name = "KEYS")]
    pub master_key: Option<String>,
    /// A file that holds the same, never beside a backup [default: beside an SQLite key store, made at the first start]
    #[arg(long, global = true, env = "HAVRE_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
    /// A file to which signed ends of both logs are added, where nobody reaches who writes the database: on another disk or machine
    #[arg(long, global = true, env = "HAVRE_ANCHOR_FILE", value_name = "FILE")]
    pub anchor_file: Option<PathBuf>,
    /// Whether they go to standard output too, where something else collects it: on or off
    #[arg(long, global = true, env = "HAVRE_ANCHOR_OUTPUT", value_name = "ON-OR-OFF", default_value = ANCHOR_OUTPUT)]
    pub anchor_output: String,
    /// Where Prometheus reads how this instance stands (/metrics), such as 127.0.0.1:9464: never the address of the service [default: nowhere]
    #[arg(long, global = true, env = "HAVRE_METRICS_BIND", value_name = "ADDRESS:PORT")]
    pub metrics_bind: Option<String>,
    /// For how many seconds it says that it is not ready, and goes on answering, before SIGTERM stops it: as long as a load balancer takes to notice
    #[arg(long, global = true, env = "HAVRE_STOP_NOTICE", value_name = "SECONDS", default_value = STOP_NOTICE)]
    pub stop_notice: String,
    /// What is logged, to standard error, such as info or api=debug,warn; never a body, a query or a token
    #[arg(long, global = true, env = "HAVRE_LOG", value_name = "FILTER", default_value = LOG)]
    pub log: String,
    /// How: json, one object a line, or text for people; auto: text where standard error is a terminal
    #[arg(long, global = true, env = "HAVRE_LOG_FORMAT", value_name = "FORMAT", default_value = LOG_FORMAT)]
    pub log_format: String,
    /// Where traces go, OpenTelemetry's protobuf over HTTP, such as <http://127.0.0.1:4318/v1/traces>; OTEL_TRACES_SAMPLER says which [default: nowhere]
    #[arg(long, global = true, env = "HAVRE_OTLP_URL", hide_env_values = true, value_name = "URL")]
    pub otlp_url: Option<String>,
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
    /// The OpenID Connect provider through which people sign in, such as <https://auth.example.org>; the three below go with it
    #[arg(long, global = true, env = "HAVRE_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// Who this service is at the provider
    #[arg(long, global = true, env = "HAVRE_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// What proves it there
    #[arg(long, global = true, env = "HAVRE_OIDC_CLIENT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub oidc_client_secret: Option<String>,
    /// The same in a file
    #[arg(long, global = true, env = "HAVRE_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// What people call the provider
    #[arg(long, global = true, env = "HAVRE_OIDC_NAME", value_name = "NAME", default_value = OIDC_NAME)]
    pub oidc_name: String,
    /// Whether PostgreSQL may be on another machine, to which nothing goes over TLS without a local proxy: no, or yes, where the way between is private
    #[arg(long, global = true, env = "HAVRE_PLAIN_DATABASE", value_name = "YES-OR-NO", default_value = PLAIN_DATABASE)]
    pub plain_database: String,
    /// Whether the service may be reached without TLS from elsewhere than this machine: no, or yes, where whoever listens reads all
    #[arg(long, global = true, env = "HAVRE_PLAIN_HTTP", value_name = "YES-OR-NO", default_value = PLAIN_HTTP)]
    pub plain_http: String,
    /// Whether webhooks may be sent to this very machine, without TLS: no, or yes, for tests of receivers
    #[arg(long, global = true, env = "HAVRE_WEBHOOKS_LOOPBACK", value_name = "YES-OR-NO", default_value = WEBHOOKS_LOOPBACK)]
    pub webhooks_loopback: String,
}

/// What a deployment chooses.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the service listens.
    pub bind: SocketAddr,
    /// Where it shows how it stands, if anywhere.
    pub metrics_bind: Option<SocketAddr>,
    /// For how long it says that it stops before it does.
    pub stop_notice: Duration,
    /// Where the registry is kept.
    pub database_url: DatabaseUrl,
    /// Where the keys of what is sealed are kept, and what wraps them.
    pub keys: KeySettings,
    /// Where signed ends of both logs are laid.
    pub anchors: AnchorPlaces,
    /// What is logged.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
    /// Where traces go.
    pub otlp_url: Option<String>,
    /// Whether PostgreSQL may be on another machine.
    pub plain_database: bool,
    /// The policy file, if not the one that is built in.
    pub policy: Option<PathBuf>,
    /// Where the service is reached, for the links in mails; without a slash at the end.
    pub public_url: String,
    /// Through whom mails leave, and from whom.
    pub mailer: Mailer,
    /// Whether they leave for another machine without TLS.
    pub mails_in_the_clear: bool,
    /// Where instances meet; none: each goes by itself.
    pub redis_url: Option<RedisUrl>,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether requests are limited.
    pub rate_limits: RateLimits,
    /// The provider through which people sign in, if there is one.
    pub oidc: Option<OidcSettings>,
    /// Whether the service may be reached without TLS from elsewhere.
    pub plain_http: PlainHttp,
    /// Whether webhooks may be sent to this very machine.
    pub webhooks_loopback: Loopback,
}

/// Whether requests are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// As they should be.
    On,
    /// Not at all: for benchmarks, fuzzing and tests of load.
    Off,
}

/// Whether the service may be reached without TLS from elsewhere than this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// No: it does not start.
    Refused,
    /// Yes, and the log says what that means.
    Allowed,
}

const OIDC_NAME: &str = "ProConnect";
const PLAIN_HTTP: &str = "no";
const PLAIN_DATABASE: &str = "no";
const LOG_FORMAT: &str = "auto";
const STOP_NOTICE: &str = "5";
const WEBHOOKS_LOOPBACK: &str = "no";
const BIND: &str = "127.0.0.1:8080";
const RATE_LIMITS: &str = "on";
const ANCHOR_OUTPUT: &str = "off";
const DATABASE_URL: &str = "sqlite:havre.sqlite";
/// What HTTP garbage a client sends is its own affair: without `actix_http=off` anyone could fill the log.
const LOG: &str = "info,actix_http=off,actix_server=warn";

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: BIND.to_owned(),
            metrics_bind: None,
            stop_notice: STOP_NOTICE.to_owned(),
            database_url: DATABASE_URL.to_owned(),
            keys_url: None,
            master_key: None,
            master_key_file: None,
            anchor_file: None,
            anchor_output: ANCHOR_OUTPUT.to_owned(),
            log: LOG.to_owned(),
            log_format: LOG_FORMAT.to_owned(),
            otlp_url: None,
            plain_database: PLAIN_DATABASE.to_owned(),
            policy: None,
            public_url: None,
            smtp_url: None,
            mail_from: None,
            redis_url: None,
            trusted_proxies: None,
            rate_limits: RATE_LIMITS.to_owned(),
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_client_secret: None,
            oidc_client_secret_file: None,
            oidc_name: OIDC_NAME.to_owned(),
            plain_http: PLAIN_HTTP.to_owned(),
            webhooks_loopback: WEBHOOKS_LOOPBACK.to_owned(),
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
        let metrics_bind = said(self.metrics_bind).map(|text| metrics_bind(&text, bind)).transpose()?;
        let stop_notice = self.stop_notice.parse().ok().filter(|seconds| *seconds <= limits::STOP_NOTICE_S_MAX);
        let stop_notice = stop_notice.map(Duration::from_secs).with_context(|| {
            format!(
                "HAVRE_STOP_NOTICE is wrong: `{}` is no number of seconds up to {}",
                self.stop_notice,
                limits::STOP_NOTICE_S_MAX
            )
        })?;
        let database_url = self.database_url.parse().map_err(anyhow::Error::msg).context("HAVRE_DATABASE_URL is wrong")?;
        let keys = key_settings(said(self.keys_url), said(self.master_key), self.master_key_file)?;
        tracing_subscriber::EnvFilter::try_new(&self.log).with_context(|| format!("HAVRE_LOG is wrong: `{}`", self.log))?;
        let log_format = self.log_format.parse().map_err(anyhow::Error::msg).context("HAVRE_LOG_FORMAT is wrong")?;
        let otlp_url =
            said(self.otlp_url).map(|url| if host_of(&url).is_some() { Ok(url) } else { Err(no_collector()) }).transpose()?;
        let public_url = said(self.public_url).unwrap_or_else(|| format!("http://{bind}"));
        if !["https://", "http://"].iter().any(|scheme| public_url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
            bail!("HAVRE_PUBLIC_URL is wrong: `{public_url}` does not start with https:// or http:// and a host");
        }
        let redis_url = said(self.redis_url).map(|url| url.parse()).transpose();
        let redis_url = redis_url.map_err(anyhow::Error::msg).context("HAVRE_REDIS_URL is wrong")?;
        let trusted_proxies = self.trusted_proxies.unwrap_or_default().parse();
        let trusted_proxies = trusted_proxies.map_err(anyhow::Error::msg).context("HAVRE_TRUSTED_PROXIES is wrong")?;
        let limited = either("HAVRE_RATE_LIMITS", &self.rate_limits, "on", "off")?;
        let rate_limits = if limited { RateLimits::On } else { RateLimits::Off };
        let standard_output = either("HAVRE_ANCHOR_OUTPUT", &self.anchor_output, "on", "off")?;
        let anchors = AnchorPlaces { file: self.anchor_file.filter(|path| !path.as_os_str().is_empty()), standard_output };
        let allowed = either("HAVRE_PLAIN_HTTP", &self.plain_http, "yes", "no")?;
        let plain_http = if allowed { PlainHttp::Allowed } else { PlainHttp::Refused };
        let allowed = either("HAVRE_WEBHOOKS_LOOPBACK", &self.webhooks_loopback, "yes", "no")?;
        let webhooks_loopback = if allowed { Loopback::Allowed } else { Loopback::Refused };
        let public_url = public_url.trim_end_matches('/').to_owned();
        let secret = (said(self.oidc_client_secret), self.oidc_client_secret_file.filter(|path| !path.as_os_str().is_empty()));
        let oidc = oidc(said(self.oidc_issuer), said(self.oidc_client_id), secret, self.oidc_name, &public_url)?;
        Ok(Config {
            bind,
            metrics_bind,
            stop_notice,
            database_url,
            keys,
            anchors,
            log: self.log,
            log_format,
            otlp_url,
            plain_database: either("HAVRE_PLAIN_DATABASE", &self.plain_database, "yes", "no")?,
            policy: self.policy.filter(|path| !path.as_os_str().is_empty()),
            public_url,
            mails_in_the_clear: self.smtp_url.as_deref().is_some_and(|url| leaves_in_the_clear(url.trim())),
            mailer: mailer(said(self.smtp_url), said(self.mail_from))?,
            redis_url,
            trusted_proxies,
            rate_limits,
            oidc,
            plain_http,
            webhooks_loopback,
        })
    }
}

impl Config {
    /// Says loudly what of these settings puts people in danger though it was meant.
    fn warn(&self) {
        if self.mails_in_the_clear {
            tracing::warn!(
                "HAVRE_SMTP_URL has no TLS: MAILS, AND THE LINKS IN THEM THAT OPEN REFERRALS, GO OVER THE NETWORK IN THE CLEAR. Use smtps:// or \
                 smtp://…?tls=required"
            );
        }
        if let Some(url) =
            self.otlp_url.as_deref().filter(|url| url.starts_with("http://") && !host_of(url).is_some_and(is_loopback))
        {
            let host = host_of(url).unwrap_or_default();
            tracing::warn!(
                "HAVRE_OTLP_URL has no TLS ({host}): WHOEVER LISTENS ON THE WAY READS WHICH OPERATIONS ARE CALLED AND WHEN. Use https:// or a collector on \
                 this machine"
            );
        }
        if let Some(address) = self.metrics_bind.filter(|address| !address.ip().is_loopback()) {
            tracing::warn!(
                "HAVRE_METRICS_BIND is reached from elsewhere ({address}): WHOEVER REACHES IT READS HOW MUCH IS GOING ON, WITHOUT SIGNING IN. Keep it \
                 to the network of those who watch"
            );
        }
        if self.webhooks_loopback == Loopback::Allowed {
            tracing::warn!(
                "HAVRE_WEBHOOKS_LOOPBACK is yes: A MANAGER OF ANY ORGANISATION MAY HAVE THIS MACHINE CALL ITSELF, WITHOUT TLS. For tests of receivers \
                 alone; never serve people like this"
            );
        }
    }

    /// Whether people may be served like this: over TLS, or on this machine alone, or because it was said that they may all the same. A
    /// session's cookie and all that is read by it go over this way.
    pub fn may_serve(&self) -> Result<()> {
        self.warn();
        if self.public_url.starts_with("https://") {
            return Ok(());
        }
        if self.bind.ip().is_loopback() && host_of(&self.public_url).is_some_and(is_loopback) {
            return Ok(());
        }
        match self.plain_http {
            PlainHttp::Refused => bail!(
                "HAVRE_PUBLIC_URL is wrong: `{}` is reached without TLS from elsewhere, where whoever listens reads all. Put a proxy with TLS in \
                 front and name its https:// address; HAVRE_PLAIN_HTTP=yes starts all the same",
                self.public_url
            ),
            PlainHttp::Allowed => {
                tracing::warn!(
                    "HAVRE_PLAIN_HTTP is yes: EVERYTHING, SESSIONS TOO, GOES OVER THE NETWORK IN THE CLEAR. Never serve people like this"
                );
                Ok(())
            }
        }
    }

    /// Whether what is asked of the databases may go where it goes: over a socket, to this machine, or in the clear because it was said that it
    /// may. libpq is built without OpenSSL, so nothing goes to another machine over TLS but through a local proxy.
    pub fn may_ask_databases(&self) -> Result<()> {
        for (name, url) in [("HAVRE_DATABASE_URL", Some(&self.database_url)), ("HAVRE_KEYS_URL", self.keys.url.as_ref())] {
            let Some(host) = url.and_then(DatabaseUrl::distant_host) else { continue };
            if !self.plain_database {
                bail!(
                    "{name} is wrong: PostgreSQL is on another machine ({host}), and this program has no TLS to it: keys and homes would go over \
                     the network in the clear. Put a proxy with TLS on this machine (stunnel, PgBouncer; OPERATING.md) and name that; \
                     HAVRE_PLAIN_DATABASE=yes starts all the same"
                );
            }
            tracing::warn!(
                "{name} has no TLS to {host}: WHOEVER LISTENS ON THE WAY READS ALL THAT IS ASKED OF THE DATABASE. Never over a network of others"
            );
        }
        Ok(())
    }

    /// The policy in force: the file `HAVRE_POLICY` names, or the one that is built in.
    pub fn policy(&self) -> Result<Policy> {
        let Some(path) = &self.policy else { return Ok(Policy::embedded()) };
        let wrong = || format!("HAVRE_POLICY is wrong: {}", path.display());
        let text = std::fs::read_to_string(path).context("cannot be read").with_context(wrong)?;
        Policy::parse(&text).with_context(wrong)
    }
}

/// Which of two words a setting says.
fn either(name: &str, said: &str, yes: &str, no: &str) -> Result<bool> {
    match said {
        _ if said == yes => Ok(true),
        _ if said == no => Ok(false),
        other => bail!("{name} is wrong: `{other}` is neither `{yes}` nor `{no}`"),
    }
}

/// The value is not repeated: collectors of others take a token in their URL.
fn no_collector() -> anyhow::Error {
    anyhow::anyhow!(
        "HAVRE_OTLP_URL is wrong: it does not start with https:// or http:// and a host, such as http://127.0.0.1:4318/v1/traces"
    )
}

/// Where the service shows how it stands: never where its clients come.
fn metrics_bind(text: &str, bind: SocketAddr) -> Result<SocketAddr> {
    let Ok(address) = text.parse::<SocketAddr>() else {
        bail!("HAVRE_METRICS_BIND is wrong: `{text}` is no address with a port, such as 127.0.0.1:9464");
    };
    if address == bind && bind.port() != 0 {
        bail!("HAVRE_METRICS_BIND is wrong: {address} is where the service listens; give it an address of its own");
    }
    Ok(address)
}

/// Where keys are kept and what wraps them; neither a password nor a key is ever repeated.
fn key_settings(url: Option<String>, master: Option<String>, file: Option<PathBuf>) -> Result<KeySettings> {
    let url = url.map(|url| url.parse()).transpose().map_err(anyhow::Error::msg).context("HAVRE_KEYS_URL is wrong")?;
    let file = file.filter(|path| !path.as_os_str().is_empty());
    let master = match (master, file) {
        (Some(_), Some(_)) => bail!("HAVRE_MASTER_KEY and HAVRE_MASTER_KEY_FILE are both set: leave one of them out"),
        (Some(text), None) => Some(text.parse().map_err(anyhow::Error::msg).context("HAVRE_MASTER_KEY is wrong")?),
        (None, Some(path)) => Some(MasterKeys::read(&path).map_err(anyhow::Error::msg).context("HAVRE_MASTER_KEY_FILE is wrong")?),
        (None, None) => None,
    };
    Ok(KeySettings { url, master })
}

/// The provider, where there is one: then all of it has to be said.
fn oidc(
    issuer: Option<String>,
    client_id: Option<String>,
    (secret, secret_file): (Option<String>, Option<PathBuf>),
    name: String,
    public_url: &str,
) -> Result<Option<OidcSettings>> {
    let Some(issuer) = issuer else {
        if client_id.is_some() || secret.is_some() || secret_file.is_some() {
            bail!("HAVRE_OIDC_ISSUER is missing: the other settings of the provider need it");
        }
        return Ok(None);
    };
    let is_safe = issuer.starts_with("https://") || host_of(&issuer).is_some_and(is_loopback);
    let parsed = IssuerUrl::new(issuer.clone()).ok().filter(|_| is_safe);
    let issuer =
        parsed.with_context(|| format!("HAVRE_OIDC_ISSUER is wrong: `{issuer}` does not start with https:// and a host"))?;
    let client_id = client_id.context("HAVRE_OIDC_CLIENT_ID is missing: HAVRE_OIDC_ISSUER needs it")?;
    let secret = match (secret, secret_file) {
        (Some(secret), None) => secret,
        (None, Some(path)) => std::fs::read_to_string(&path)
            .with_context(|| format!("HAVRE_OIDC_CLIENT_SECRET_FILE is wrong: {} cannot be read", path.display()))?,
        (Some(_), Some(_)) => bail!("HAVRE_OIDC_CLIENT_SECRET and HAVRE_OIDC_CLIENT_SECRET_FILE are both set: leave one out"),
        (None, None) => bail!("HAVRE_OIDC_CLIENT_SECRET is missing: HAVRE_OIDC_ISSUER needs it, or HAVRE_OIDC_CLIENT_SECRET_FILE"),
    };
    let client_secret = SecretString::from(secret.trim());
    Ok(Some(OidcSettings { issuer, client_id, client_secret, name, public_url: public_url.to_owned() }))
}

/// Whether mails go to another machine without TLS, or only with what whoever stands between may take away.
fn leaves_in_the_clear(smtp_url: &str) -> bool {
    let requires_tls = smtp_url.split('?').nth(1).is_some_and(|query| query.split('&').any(|pair| pair == "tls=required"));
    let host = smtp_url.strip_prefix("smtp://").and_then(host_in);
    host.is_some_and(|host| !is_loopback(host) && !requires_tls)
}

/// The host of a URL of http or https.
fn host_of(url: &str) -> Option<&str> {
    host_in(url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?)
}

/// The host of what follows the scheme of a URL.
fn host_in(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => authority.split(':').next(),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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
