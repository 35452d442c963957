//! "Something changed": after each commit an instance tells the others how far the log of events has come, so that they catch up at once
//! and not with their next ranking.
//!
//! An announcement is a hint and never a truth: it may be lost, late or doubled, and whoever hears one asks the database what there is.

use tokio::sync::watch;

use super::hub::Hub;

/// How instances tell each other that something changed.
#[derive(Clone)]
pub enum Bus {
    /// There is no Redis: nobody is told, nobody is heard.
    Alone,
    /// Over Redis, while it is there.
    Redis(Hub),
}

/// What the other instances have announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The newest position of the log of events that one of them named.
    pub position: i64,
    /// How often Redis was found: each time something may have been missed before.
    pub breaks: u64,
}

impl Bus {
    /// Over Redis where there is one.
    pub fn over(hub: Option<&Hub>) -> Self {
        hub.map_or(Self::Alone, |hub| Self::Redis(hub.clone()))
    }

    /// Tells the other instances that the log of events has reached a position. From any thread, after the commit: it never waits and never
    /// fails. While Redis is away nothing is kept but the newest position, which is told when it is back.
    pub fn announce(&self, position: i64) {
        match self {
            Self::Alone => {}
            Self::Redis(hub) => hub.announce(position),
        }
    }

    /// The connection to Redis, where a deployment has one.
    pub fn hub(&self) -> Option<&Hub> {
        match self {
            Self::Alone => None,
            Self::Redis(hub) => Some(hub),
        }
    }

    /// What the other instances announce. The receiver wakes at each announcement and at each return of Redis; of several that come while
    /// nobody looks it keeps the newest, so it never fills. Nothing where this instance is alone.
    pub fn subscribe(&self) -> Option<watch::Receiver<Heard>> {
        match self {
            Self::Alone => None,
            Self::Redis(hub) => Some(hub.heard()),
        }
    }
}
