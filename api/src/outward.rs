//! What this service sends to where somebody else says: the one rule of where that may be, and the only client that goes there.
//!
//! The rule is asked when an address is given and again of each address that is connected to: what a name means may change in between. No redirect
//! is followed and no proxy asked, since either would go elsewhere.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, header, redirect};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::clock::Instant;
use crate::limits;

/// Whether this very machine may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// No.
    Refused,
    /// Yes, and without TLS: for tests of receivers.
    Allowed,
}

/// Why something may not be sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NotAllowed {
    /// It is no address that anything is sent to.
    #[error("must be an https:// address with a host, without a user, a password or a fragment, at port 443 or one from 1024 on")]
    Form,
    /// It leads nowhere, or to where nothing is sent. Which of the two is not said: it would tell what there is inside.
    #[error("does not lead to an address on the public internet")]
    Place,
}

/// What came of sending something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// When the receiver asks for the next try.
    pub retry_after: Option<RetryAfter>,
}

/// When to come again, as `Retry-After` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so long.
    In(TimeDelta),
    /// At this instant.
    At(Instant),
}

/// Why nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It may not go there.
    Forbidden,
    /// No answer came in time.
    Late,
    /// Nobody is there, or nobody who speaks HTTP and can prove who it is.
    Unreachable,
}

/// The client. Cloning it shares it.
#[derive(Clone, Debug)]
pub struct Outward {
    names: Names,
    http: Client,
}

impl Outward {
    /// One that keeps to the rule.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(loopback: Loopback) -> Result<Self, reqwest::Error> {
        let names = Names { loopback, lookups: Lookups::new(limits::WEBHOOK_NAMES_AT_ONCE, limits::WEBHOOK_NAME_WAIT) };
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .http1_only()
            .timeout(limits::WEBHOOK_TIMEOUT)
            .pool_idle_timeout(limits::WEBHOOK_TIMEOUT)
            .pool_max_idle_per_host(1)
            .user_agent("Havre")
            .dns_resolver(Arc::new(names.clone()))
            .build()?;
        Ok(Self { names, http })
    }

    /// Whether something may be sent to an address, as its name is understood now.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, url: &str) -> Result<(), NotAllowed> {
        let url = self.target(url)?;
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        if literal(host).is_some() {
            return Ok(());
        }
        self.names.addresses(host.to_owned(), port).await.map(drop)
    }

    /// Sends a text, and says what was answered. Of the answer's body a little is read and thrown away, so that the connection can be used again.
    ///
    /// # Errors
    /// Where nothing was answered.
    pub async fn post(&self, url: &str, headers: &[(&'static str, String)], body: String) -> Result<Reply, Unsent> {
        let url = self.target(url).map_err(|_why| Unsent::Forbidden)?;
        let request = self.http.post(url).header(header::CONTENT_TYPE, "application/json").body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let mut response = request.send().await.map_err(|error| unsent(&error))?;
        let said = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let reply = Reply { status: response.status().as_u16(), retry_after: said.and_then(retry_after) };
        let read_a_little = async {
            let mut left = limits::WEBHOOK_ANSWER_BYTES;
            while let Ok(Some(chunk)) = response.chunk().await {
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    break;
                }
            }
        };
        // What was answered stands in the status.
        drop(timeout(limits::WEBHOOK_ANSWER_WAIT, read_a_little).await);
        Ok(reply)
    }

    /// An address as it is sent to, where its form and a number in it allow that. Whatever way a number is written, the parser reads it as one.
    fn target(&self, url: &str) -> Result<Url, NotAllowed> {
        let url = Url::parse(url).map_err(|_error| NotAllowed::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotAllowed::Form)?;
        let is_own = self.names.loopback == Loopback::Allowed && is_loopback(host);
        let has_scheme = url.scheme() == "https" || (url.scheme() == "http" && is_own);
        let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let has_port = url.port().is_none_or(|port| port >= 1024 || port == 443);
        if !(has_scheme && is_bare && has_port) {
            return Err(NotAllowed::Form);
        }
        if literal(host).is_some_and(|address| !may_reach(address, self.names.loopback)) {
            return Err(NotAllowed::Place);
        }
        Ok(url)
    }
}

/// Who asks what names mean, so many at once and for so long. The machine's own way to ask cannot be called off: a thread that
/// nobody waits for any more goes on, and keeps its room until it has ended.
#[derive(Clone, Debug)]
pub struct Lookups {
    room: Arc<Semaphore>,
    wait: Duration,
}

impl Lookups {
    /// So many at once, each waited for so long.
    pub fn new(at_once: usize, wait: Duration) -> Self {
        Self { room: Arc::new(Semaphore::new(at_once)), wait }
    }

    /// What `ask` has learned; nothing where there was no room in time, or no answer.
    pub async fn learned<T: Send + 'static>(&self, ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let room = Arc::clone(&self.room);
        let asked = async move {
            let permit = room.acquire_owned().await.ok()?;
            let ask = move || {
                let _permit = permit;
                ask()
            };
            spawn_blocking(ask).await.ok()
        };
        timeout(self.wait, asked).await.ok().flatten()
    }
}

/// Asks what a name means, and gives nothing where any of it is not to be reached: a name that is half inside is a trap.
#[derive(Clone, Debug)]
struct Names {
    loopback: Loopback,
    lookups: Lookups,
}

impl Names {
    async fn addresses(&self, host: String, port: u16) -> Result<Vec<SocketAddr>, NotAllowed> {
        let ask = move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let Some(Ok(found)) = self.lookups.learned(ask).await else { return Err(NotAllowed::Place) };
        let all_may = found.iter().all(|address| may_reach(address.ip(), self.loopback));
        if all_may && !found.is_empty() { Ok(found) } else { Err(NotAllowed::Place) }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (name, names) = (name.as_str().to_owned(), self.clone());
        Box::pin(async move {
            let found = names.addresses(name, 0).await?;
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// The number that a host is, where it is one.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|address| address.is_loopback())
}

/// The rule: the public internet, and this machine where that was allowed.
pub fn may_reach(address: IpAddr, loopback: Loopback) -> bool {
    if loopback == Loopback::Allowed && address.is_loopback() {
        return true;
    }
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC.iter().any(|(network, bits)| is_in_v4(v4, *network, *bits)),
        IpAddr::V6(v6) => {
            is_in_v6(v6, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !NOT_PUBLIC_V6.iter().any(|(network, bits)| is_in_v6(v6, *network, *bits))
        }
    }
}

/// Networks of IPv4 that are not on the public internet (IANA's registry of special addresses), and one that is and answers the machines of a
/// large provider alone, with their secrets.
const NOT_PUBLIC: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same within `2000::/3`, outside of which nothing of IPv6 is public: own uses of the IETF (Teredo among them), documentation, 6to4, which
/// carries an address of IPv4. What is mapped, compatible or translated (`::ffff:0:0/96`, `::/96`, `64:ff9b::/96`) lies outside.
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn is_in_v4(address: Ipv4Addr, network: Ipv4Addr, bits: u32) -> bool {
    let mask = u32::MAX.checked_shl(u32::BITS.saturating_sub(bits)).unwrap_or(0);
    address.to_bits() & mask == network.to_bits()
}

fn is_in_v6(address: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    let mask = u128::MAX.checked_shl(u128::BITS.saturating_sub(bits)).unwrap_or(0);
    address.to_bits() & mask == network.to_bits()
}

fn unsent(error: &reqwest::Error) -> Unsent {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one.is::<NotAllowed>() {
            return Unsent::Forbidden;
        }
        cause = one.source();
    }
    if error.is_timeout() { Unsent::Late } else { Unsent::Unreachable }
}

/// Seconds, or a date as HTTP writes it.
fn retry_after(said: &str) -> Option<RetryAfter> {
    let said = said.trim();
    if let Ok(seconds) = said.parse::<u32>() {
        return Some(RetryAfter::In(TimeDelta::seconds(seconds.into())));
    }
    DateTime::parse_from_rfc2822(said).ok().map(|at| RetryAfter::At(Instant::new(at.to_utc())))
}
