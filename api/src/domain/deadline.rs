//! Deadlines: spans counted from an instant, either by every clock or only while someone answers (OpenStreetMap `opening_hours`).

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use matcher::{Department, Policy, Urgency};

use super::OpeningHours;
use crate::clock::{Instant, zone};
use crate::limits::ANSWERING_HORIZON;

/// When something lapses, and when who must act is reminded: at two thirds of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When it lapses.
    pub at: Instant,
    /// When a reminder goes out.
    pub remind_at: Instant,
}

/// The clock of one unit: where it stands and when someone there answers.
#[derive(Clone, Copy, Debug)]
pub struct UnitClock<'a> {
    /// The department, for its time zone.
    pub department: Department,
    /// When someone answers; none: always.
    pub answering_hours: Option<&'a OpeningHours>,
}

impl UnitClock<'_> {
    /// The deadline for an answer to a referral.
    pub fn to_answer(self, policy: &Policy, urgency: Urgency, now: Instant) -> Deadline {
        self.deadline(now, policy.answer_hours(urgency), urgency)
    }

    /// The deadline for the confirmation of an accepted referral.
    pub fn to_confirm(self, policy: &Policy, urgency: Urgency, now: Instant) -> Deadline {
        self.deadline(now, policy.confirm_hours(urgency), urgency)
    }

    /// Clocks of `immediate` never stop (design §4).
    fn deadline(self, now: Instant, hours: u32, urgency: Urgency) -> Deadline {
        let zone = zone(self.department);
        let answered = match urgency {
            Urgency::Immediate => None,
            Urgency::Urgent | Urgency::Planned => self.answered(zone, now),
        };
        let after = |span| answered.as_ref().and_then(|spans| while_open(spans, zone, now, span)).unwrap_or(now.plus(span));
        let span = TimeDelta::hours(i64::from(hours));
        let (at, remind_at) = (after(span), after(span * 2 / 3));
        // Where both lie beyond the horizon, two thirds of the time that is left.
        let on_the_way = now.plus(at.utc().signed_duration_since(now.utc()) * 2 / 3);
        Deadline { at, remind_at: if remind_at < at { remind_at } else { on_the_way } }
    }

    /// When someone answers, as far ahead as a deadline may look. Hours that cannot be worked out after all stop no clock.
    fn answered(self, zone: Tz, now: Instant) -> Option<Vec<Range<NaiveDateTime>>> {
        self.answering_hours?.answered(self.department, within(zone, now)?)
    }
}

/// The deadline for an arrival: some hours past the expected time.
pub fn to_arrive(policy: &Policy, expected: Instant) -> Deadline {
    let span = TimeDelta::hours(i64::from(policy.arrive_hours()));
    Deadline { at: expected.plus(span), remind_at: expected.plus(span * 2 / 3) }
}

/// The next [`ANSWERING_HORIZON`] days on the wall.
fn within(zone: Tz, start: Instant) -> Option<Range<NaiveDateTime>> {
    let from = start.utc().with_timezone(&zone).naive_local();
    Some(from..from.checked_add_days(Days::new(ANSWERING_HORIZON))?)
}

/// `start` and `span` of time in which someone answers, but never later than the horizon. None when nobody answers all that time: who
/// never answers must not keep a bed for ever.
fn while_open(answered: &[Range<NaiveDateTime>], zone: Tz, start: Instant, span: TimeDelta) -> Option<Instant> {
    let mut left = span;
    for one in answered {
        let opens = instant(zone, one.start).max(start.utc());
        let open_for = instant(zone, one.end).signed_duration_since(opens);
        if open_for >= left {
            return Some(Instant::new(opens.checked_add_signed(left)?));
        }
        left -= open_for.max(TimeDelta::zero());
    }
    let to = within(zone, start)?.end;
    (!answered.is_empty()).then(|| Instant::new(instant(zone, to)))
}

/// A time on the wall as an instant: the first where the clock is put back, an hour later where it is put forward.
fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    let forward = wall.checked_add_signed(TimeDelta::hours(1)).unwrap_or(wall);
    let found = zone.from_local_datetime(&wall).earliest().or_else(|| zone.from_local_datetime(&forward).earliest());
    found.map_or_else(|| wall.and_utc(), |at| at.to_utc())
}
