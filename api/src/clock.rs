//! The one clock. Rows, rankings and deadlines ask it; tests move it instead of sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use matcher::Department;

use crate::db::types::Instant;

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
