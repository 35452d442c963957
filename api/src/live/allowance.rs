//! How many requests a caller may send: limits by the generic cell rate algorithm, kept in Redis for all instances at once, and by each
//! instance for itself while there is none. They are manners among callers and no guard of any data: where Redis forgets, a caller begins
//! anew, and where it is slow, the instance's own limits decide.
//!
//! It never refuses because Redis is away, and never waits for Redis for longer than [`limits::REDIS_PATIENCE`].

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use super::hub::{Hub, Level, Unit};
use crate::clock::Clock;
use crate::limits::{self, Rate};

/// Whom a request counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The account that signed in.
    Account(Uuid),
    /// The organisation it acts for.
    Organisation(Uuid),
    /// Where it comes from, when nobody has signed in; see [`Subject::address`].
    Address(IpAddr),
    /// The mailed link it was opened with: a hash of it.
    Link([u8; 16]),
}

/// An address as it is counted: of IPv6 the network, since whoever has one address there has them all.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & limits::IPV6_NETWORK).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What a caller may do now.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// Nothing limits this request.
    Unlimited,
    /// It is within its limits; this is the tightest.
    Allowed(Standing),
    /// It is beyond this limit, and nothing was taken for it.
    Refused(Standing),
}

/// How it stands with one limit.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The limit.
    pub rate: &'static Rate,
    /// Requests that are left now.
    pub remaining: u32,
    /// How long until a request more is given; zero while there is one left.
    pub wait: Duration,
    /// How long until the limit is whole again.
    pub whole_in: Duration,
}

/// Who decides.
#[derive(Clone)]
pub enum Allowance {
    /// Nobody: everything is allowed.
    Off,
    /// These limits.
    On(Arc<Limiter>),
}

/// Limits shared over Redis, with this instance's own beside.
pub struct Limiter {
    hub: Option<Hub>,
    own: Own,
    clock: Clock,
}

impl Subject {
    /// An address as it is counted: of IPv6 the network, since whoever has one address there has them all.
    pub fn address(of: IpAddr) -> Self {
        Self::Address(counted(of))
    }

    /// Its limit.
    pub fn rate(&self) -> &'static Rate {
        match self {
            Self::Account(_) => &limits::RATE_ACCOUNT,
            Self::Organisation(_) => &limits::RATE_ORGANISATION,
            Self::Address(_) => &limits::RATE_ADDRESS,
            Self::Link(_) => &limits::RATE_LINK,
        }
    }

    fn unit(&self, cost: NonZeroU32) -> Unit {
        let whose = match self {
            Self::Account(id) | Self::Organisation(id) => id.as_bytes().to_vec(),
            Self::Address(address) => address.to_string().into_bytes(),
            Self::Link(hash) => hash.to_vec(),
        };
        let rate = self.rate();
        let cost = cost.min(rate.burst).get();
        Unit { name: rate.name, whose, unit_us: micros(rate.interval()), burst: rate.burst.get(), cost }
    }
}

impl Allowance {
    /// Limits that are shared over Redis while it is there; the clock is moved by tests alone.
    pub fn new(hub: Option<Hub>, clock: Clock) -> Self {
        Self::On(Arc::new(Limiter { hub, own: Own::new(&clock), clock }))
    }

    /// How many subjects this instance keeps in memory.
    pub fn kept(&self) -> usize {
        match self {
            Self::Off => 0,
            Self::On(limiter) => limiter.own.kept(),
        }
    }

    /// Takes what a request costs from the limit of each subject, in one round trip to Redis. Name the narrowest subject first: an instance's own
    /// limits are asked in this order, and who is refused by the first takes nothing from the second.
    pub async fn take(&self, subjects: &[Subject], cost: NonZeroU32) -> Verdict {
        match self {
            Self::Off => Verdict::Unlimited,
            Self::On(limiter) => limiter.take(subjects, cost).await,
        }
    }
}

impl Limiter {
    async fn take(&self, subjects: &[Subject], cost: NonZeroU32) -> Verdict {
        let shared = match &self.hub {
            Some(hub) => {
                let moved_us = self.clock.moved_by().num_microseconds().unwrap_or(0);
                hub.take(moved_us, subjects.iter().map(|subject| subject.unit(cost)).collect()).await
            }
            None => None,
        };
        match shared {
            Some(levels) => tightest(subjects.iter().zip(levels).map(|(subject, level)| Standing::shared(subject.rate(), &level))),
            None => self.own.take(subjects, cost),
        }
    }
}

impl Standing {
    fn shared(rate: &'static Rate, level: &Level) -> Self {
        let unit = micros(rate.interval()).max(1);
        let left = u64::from(rate.burst.get()).saturating_sub(level.behind_us.div_ceil(unit));
        Self {
            rate,
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
            wait: Duration::from_micros(level.wait_us),
            whole_in: Duration::from_micros(level.behind_us),
        }
    }

    fn own(rate: &'static Rate, remaining: u32, wait: Duration) -> Self {
        let whole_in = rate.interval().saturating_mul(rate.burst.get().saturating_sub(remaining));
        Self { rate, remaining, wait, whole_in }
    }
}

/// The limit that decides: of those that refuse the one that refuses longest, else the one with least left.
fn tightest(standings: impl Iterator<Item = Standing>) -> Verdict {
    match standings.min_by_key(|standing| (std::cmp::Reverse(standing.wait), standing.remaining)) {
        None => Verdict::Unlimited,
        Some(standing) if standing.wait.is_zero() => Verdict::Allowed(standing),
        Some(standing) => Verdict::Refused(Standing { remaining: 0, ..standing }),
    }
}

/// This instance's own limits.
struct Own {
    accounts: OwnLimit,
    organisations: OwnLimit,
    addresses: OwnLimit,
    links: OwnLimit,
}

/// One of them, for whoever comes.
struct OwnLimit {
    rate: &'static Rate,
    limiter: RateLimiter<Subject, HashMapStateStore<Subject>, Ticks, StateInformationMiddleware>,
    clock: Ticks,
    /// How many subjects there may be before those are forgotten whose limit is whole again.
    room: AtomicUsize,
}

impl Own {
    fn new(clock: &Clock) -> Self {
        let clock = Ticks { start: Instant::now(), clock: clock.clone() };
        Self {
            accounts: OwnLimit::new(&limits::RATE_ACCOUNT, &clock),
            organisations: OwnLimit::new(&limits::RATE_ORGANISATION, &clock),
            addresses: OwnLimit::new(&limits::RATE_ADDRESS, &clock),
            links: OwnLimit::new(&limits::RATE_LINK, &clock),
        }
    }

    fn kept(&self) -> usize {
        [&self.accounts, &self.organisations, &self.addresses, &self.links].iter().map(|limit| limit.limiter.len()).sum()
    }

    fn take(&self, subjects: &[Subject], cost: NonZeroU32) -> Verdict {
        let mut standings = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let limit = match subject {
                Subject::Account(_) => &self.accounts,
                Subject::Organisation(_) => &self.organisations,
                Subject::Address(_) => &self.addresses,
                Subject::Link(_) => &self.links,
            };
            let standing = limit.take(subject, cost);
            standings.push(standing);
            if !standing.wait.is_zero() {
                break;
            }
        }
        tightest(standings.into_iter())
    }
}

impl OwnLimit {
    fn new(rate: &'static Rate, clock: &Ticks) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let limiter = RateLimiter::hashmap_with_clock(quota, clock.clone()).with_middleware();
        Self { rate, limiter, clock: clock.clone(), room: AtomicUsize::new(limits::RATE_SUBJECTS_KEPT) }
    }

    fn take(&self, subject: &Subject, cost: NonZeroU32) -> Standing {
        let standing = match self.limiter.check_key_n(subject, cost.min(self.rate.burst)) {
            Ok(Ok(state)) => Standing::own(self.rate, state.remaining_burst_capacity(), Duration::ZERO),
            // At least a moment: it was refused, however soon it would not be.
            Ok(Err(until)) => Standing::own(self.rate, 0, until.wait_time_from(self.clock.now()).max(Duration::from_micros(1))),
            // Nothing costs more than a limit has: that was seen to above.
            Err(_more_than_all) => Standing::own(self.rate, 0, self.rate.interval()),
        };
        self.make_room();
        standing
    }

    /// Keeps no more subjects than twice those that came of late: who comes from ever new addresses must not fill the memory. The work is
    /// spread over at least as many requests as there are subjects to look at.
    fn make_room(&self) {
        if self.limiter.len() > self.room.load(Ordering::Relaxed) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            let room = self.limiter.len().saturating_mul(2).max(limits::RATE_SUBJECTS_KEPT);
            self.room.store(room, Ordering::Relaxed);
        }
    }
}

/// Time since the start, by a clock that is never set back, moved as [`Clock`] is.
#[derive(Clone)]
struct Ticks {
    start: Instant,
    clock: Clock,
}

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed().saturating_add(self.clock.moved_by().to_std().unwrap_or_default())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}
