//! Deadlines: spans counted from an instant, either by every clock or only while someone answers (OpenStreetMap `opening_hours`).

use std::str::FromStr as _;

use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use matcher::{Department, Policy, Urgency};
use opening_hours::localization::Country;
use opening_hours::{Context, OpeningHours as Schedule, RuleKind};

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
        let schedule = match urgency {
            Urgency::Immediate => None,
            Urgency::Urgent | Urgency::Planned => self.schedule(),
        };
        let zone = zone(self.department);
        let after = |span| schedule.as_ref().and_then(|schedule| while_open(schedule, zone, now, span)).unwrap_or(now.plus(span));
        let span = TimeDelta::hours(i64::from(hours));
        let (at, remind_at) = (after(span), after(span * 2 / 3));
        // Where both lie beyond the horizon, two thirds of the time that is left.
        let on_the_way = now.plus(at.utc().signed_duration_since(now.utc()) * 2 / 3);
        Deadline { at, remind_at: if remind_at < at { remind_at } else { on_the_way } }
    }

    fn schedule(self) -> Option<Schedule> {
        let hours = self.answering_hours?.as_str();
        // What is stored was checked when it was declared; hours that are no hours after all stop no clock.
        let schedule = Schedule::from_str(hours).ok()?;
        Some(schedule.with_context(Context::default().with_holidays(Country::FR.holidays())))
    }
}

/// The deadline for an arrival: some hours past the expected time.
pub fn to_arrive(policy: &Policy, expected: Instant) -> Deadline {
    let span = TimeDelta::hours(i64::from(policy.arrive_hours()));
    Deadline { at: expected.plus(span), remind_at: expected.plus(span * 2 / 3) }
}

/// `start` and `span` of time in which the schedule is not closed, but never later than [`ANSWERING_HORIZON`] days. None when it is
/// closed all that time: who never answers must not keep a bed for ever.
fn while_open(schedule: &Schedule, zone: Tz, start: Instant, span: TimeDelta) -> Option<Instant> {
    let from = start.utc().with_timezone(&zone).naive_local();
    let to = from.checked_add_days(Days::new(ANSWERING_HORIZON))?;
    let (mut left, mut answers) = (span, false);
    for interval in schedule.iter_range(from, to) {
        if interval.kind == RuleKind::Closed {
            continue;
        }
        let opens = instant(zone, interval.range.start).max(start.utc());
        let open_for = instant(zone, interval.range.end).signed_duration_since(opens);
        if open_for >= left {
            return Some(Instant::new(opens.checked_add_signed(left)?));
        }
        left -= open_for.max(TimeDelta::zero());
        answers = true;
    }
    answers.then(|| Instant::new(instant(zone, to)))
}

/// A time on the wall as an instant: the first where the clock is put back, an hour later where it is put forward.
fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    let forward = wall.checked_add_signed(TimeDelta::hours(1)).unwrap_or(wall);
    let found = zone.from_local_datetime(&wall).earliest().or_else(|| zone.from_local_datetime(&forward).earliest());
    found.map_or_else(|| wall.and_utc(), |at| at.to_utc())
}
