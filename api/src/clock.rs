//! Instants, and the one clock that gives them. Rows, rankings and deadlines ask it; tests move it instead of sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::schemas;
use chrono::{DateTime, FixedOffset, SecondsFormat, SubsecRound as _, TimeDelta, Utc};
use matcher::{Department, Moment};
use serde::{Deserialize, Serialize};
use utoipa::openapi::KnownFormat;

/// An instant, in whole microseconds: what both databases keep, so a value written is the value read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// The instant, cut to microseconds.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }

    /// The instant so many seconds from the beginning of 1970; at the ends of time that beginning.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(DateTime::from_timestamp(seconds, 0).unwrap_or_default())
    }

    /// As a chrono value in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This instant moved by a span that may be negative; at the ends of time it stays where it is.
    pub fn plus(self, span: TimeDelta) -> Self {
        Self(self.0.checked_add_signed(span).unwrap_or(self.0))
    }

    /// RFC 3339 in UTC with six digits of a second, so that the order of texts is the order of time.
    pub fn text(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl From<Moment> for Instant {
    fn from(at: Moment) -> Self {
        Self::new(at.get().to_utc())
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::new)
    }
}

/// Real time, moved by a span that is zero but in tests.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    moved_us: Arc<AtomicI64>,
}

impl Clock {
    /// Now on this machine, in whole microseconds.
    pub fn now(&self) -> Instant {
        self.moved(Instant::new(Utc::now()))
    }

    /// A reading of another clock (the database's), moved as this one is.
    pub fn moved(&self, at: Instant) -> Instant {
        at.plus(TimeDelta::microseconds(self.moved_us.load(Ordering::Relaxed)))
    }

    /// By how much it was moved.
    pub fn moved_by(&self) -> TimeDelta {
        TimeDelta::microseconds(self.moved_us.load(Ordering::Relaxed))
    }

    /// Moves the clock on.
    pub fn advance(&self, span: TimeDelta) {
        self.moved_us.fetch_add(span.num_microseconds().unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// An instant as the clock on the wall of a department shows it: days are civil days of the place concerned (design §3.1).
pub fn civil(at: Instant, department: Department) -> DateTime<FixedOffset> {
    at.utc().with_timezone(&zone(department)).fixed_offset()
}

/// The time zone of a department.
pub fn zone(department: Department) -> chrono_tz::Tz {
    use chrono_tz::{America, Europe, Indian};
    match department.as_str() {
        "971" | "977" | "978" => America::Guadeloupe,
        "972" => America::Martinique,
        "973" => America::Cayenne,
        "974" => Indian::Reunion,
        "975" => America::Miquelon,
        "976" => Indian::Mayotte,
        _ => Europe::Paris,
    }
}

crate::schemas::own! {
    Instant as "Timestamp" => schemas::formatted(KnownFormat::DateTime, "2026-11-23T09:00:00.000000Z", "An instant in UTC (RFC 3339).");
}
