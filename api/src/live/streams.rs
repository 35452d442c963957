//! Answers that go on: how many an account has open on this instance, and that they end when the instance stops.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::domain::ids::AccountId;
use crate::limits;

/// The open answers of an instance. Cloning them shares them.
#[derive(Clone)]
pub struct Streams(Arc<Inner>);

struct Inner {
    open: Mutex<HashMap<AccountId, usize>>,
    stopping: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Inner { open: Mutex::default(), stopping: watch::Sender::new(false) }))
    }
}

/// One that is open; it is counted until this goes.
pub struct Open {
    streams: Streams,
    account: AccountId,
}

impl Streams {
    /// One more of an account; none where it has as many as it may.
    pub fn open(&self, account: AccountId) -> Option<Open> {
        let mut open = self.0.open.lock();
        let all: usize = open.values().sum();
        let own = open.entry(account).or_default();
        if *own >= limits::STREAMS_PER_ACCOUNT || all >= limits::STREAMS_PER_INSTANCE {
            return None;
        }
        *own = own.saturating_add(1);
        Some(Open { streams: self.clone(), account })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.open.lock().values().sum()
    }

    /// Ends them all: the instance stops.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Resolves when the instance stops.
    pub async fn stopped(&self) {
        // The sender lives as long as this.
        drop(self.0.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.streams.0.open.lock();
        if let Some(own) = open.get_mut(&self.account) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.account);
            }
        }
    }
}
