//! What an instance counts of itself for whoever watches it: how often and how long, under names that this program has. No id, no address, no
//! path and no word of anybody is ever a label. `web/metrics.rs` shows it.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::limits;

/// The counters of an instance. Cloning it shares them.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
    durations: Family<Asked, Histogram, fn() -> Histogram>,
    rankings: Histogram,
    events: Family<Done, Counter>,
    mails: Family<Mailed, Counter>,
    jobs_given_up: Counter,
}

/// What was asked: an operation, and for whom it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Asked {
    /// The operationId, or the name of the page; `none` where nothing is at the path.
    pub operation: &'static str,
    /// `api`, `page` or `none`.
    pub surface: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    surface: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Done {
    command: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Mailed {
    outcome: MailOutcome,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailOutcome {
    /// A server took it.
    Sent,
    /// It is tried again.
    Failed,
    /// The address takes none.
    Refused,
}

impl EncodeLabelValue for MailOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
        .encode(encoder)
    }
}

/// What Redis would have been used for, had it been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The limits of requests: the instance's own decided.
    Limits,
    /// To tell other instances of a commit: they find out by themselves.
    Announcements,
    /// To wake who follows events: they look by themselves, every other second.
    LiveUpdates,
    /// To tell other instances of what was counted and is not stored yet: they read it from the database within ten seconds.
    Quotas,
}

impl EncodeLabelValue for Purpose {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::Limits => "limits",
            Self::Announcements => "announcements",
            Self::LiveUpdates => "live_updates",
            Self::Quotas => "quotas",
        }
        .encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct For {
    purpose: Purpose,
}

/// How often it went without Redis.
#[derive(Clone, Default)]
pub struct Fallbacks(Family<For, Counter>);

impl Fallbacks {
    /// Once more.
    pub fn count(&self, purpose: Purpose) {
        self.0.get_or_create(&For { purpose }).inc();
    }

    /// Shows how often, each purpose from the beginning.
    pub fn register(&self, registry: &mut Registry) {
        for purpose in [Purpose::Limits, Purpose::Announcements, Purpose::LiveUpdates, Purpose::Quotas] {
            drop(self.0.get_or_create(&For { purpose }));
        }
        registry.register(
            "havre_redis_fallbacks",
            "How often it went without Redis, by what Redis would have done",
            self.0.clone(),
        );
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(limits::REQUEST_BUCKETS_S)),
            rankings: Histogram::new(limits::RANKING_BUCKETS_S),
            events: Family::default(),
            mails: Family::default(),
            jobs_given_up: Counter::default(),
        }
    }
}

impl Metrics {
    /// A request was answered with a status, after so long; of what goes on, its beginning.
    pub fn answered(&self, asked: Asked, status: u16, took: Duration) {
        let class = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        let Asked { operation, surface } = asked;
        self.requests.get_or_create(&Answered { operation, surface, status: class }).inc();
        self.durations.get_or_create(&asked).observe(took.as_secs_f64());
    }

    /// The engine has ranked, in so long.
    pub fn ranked(&self, took: Duration) {
        self.rankings.observe(took.as_secs_f64());
    }

    /// An event was committed here, under this verb.
    pub fn done(&self, command: &str) {
        self.events.get_or_create(&Done { command: command.to_owned() }).inc();
    }

    /// A mail was tried.
    pub fn mailed(&self, outcome: MailOutcome) {
        self.mails.get_or_create(&Mailed { outcome }).inc();
    }

    /// A job was tried for the last time, in vain.
    pub fn job_given_up(&self) {
        self.jobs_given_up.inc();
    }

    /// Shows all of it.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("havre_requests", "Requests answered, by operation and class of status", self.requests.clone());
        registry.register(
            "havre_request_duration_seconds",
            "How long answers took; of those that go on, their beginning",
            self.durations.clone(),
        );
        registry.register("havre_ranking_duration_seconds", "How long the engine took for a ranking", self.rankings.clone());
        registry.register(
            "havre_events",
            "Events that this instance has committed, by command: what expires is expireReferral",
            self.events.clone(),
        );
        for outcome in [MailOutcome::Sent, MailOutcome::Failed, MailOutcome::Refused] {
            drop(self.mails.get_or_create(&Mailed { outcome }));
        }
        registry.register("havre_mails", "Mails that this instance has tried to send", self.mails.clone());
        registry.register("havre_jobs_given_up", "Jobs that this instance has given up", self.jobs_given_up.clone());
    }
}
