//! Deadlines: spans counted from an instant, in minutes of a policy, some of them only while someone answers (OpenStreetMap `opening_hours`).

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use matcher::{Day, Department, Policy, Urgency};

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
    /// When someone answers: in any of these; none: always.
    pub answering_hours: &'a [OpeningHours],
}

impl Deadline {
    /// One at an instant, with its reminder at two thirds of the way.
    fn from(now: Instant, at: Instant) -> Self {
        Self { at, remind_at: now.plus(at.utc().signed_duration_since(now.utc()) * 2 / 3) }
    }
}

impl UnitClock<'_> {
    /// The deadline for an answer to a referral: some time from now, and then enough of the hours in which someone answers, within limits.
    /// `immediate` does not wait for hours (design §4).
    pub fn to_answer(self, policy: &Policy, urgency: Urgency, now: Instant) -> Deadline {
        let soonest = now.plus(minutes(policy.answer_minutes(urgency)));
        let at = policy.answering_minutes(urgency).map_or(soonest, |(answering, most)| {
            let zone = zone(self.department);
            let answering = minutes(answering);
            let open = self.answered(zone, now).and_then(|spans| while_open(&spans, zone, now, answering));
            open.unwrap_or(now.plus(answering)).max(soonest).min(now.plus(minutes(most)))
        });
        Deadline::from(now, at)
    }

    /// The deadline for the confirmation of an accepted referral; after the last of these days, of an interview or a journey, where there are
    /// any.
    pub fn to_confirm(self, policy: &Policy, urgency: Urgency, now: Instant, days: [Option<Day>; 2]) -> Deadline {
        let soonest = now.plus(minutes(policy.confirm_minutes(urgency)));
        let at = days.into_iter().flatten().max().map_or(soonest, |day| {
            let (after, most) = policy.after_visit_minutes();
            let over = self.end_of(day.get());
            over.plus(minutes(after)).min(now.plus(minutes(most))).max(soonest)
        });
        Deadline::from(now, at)
    }

    /// When a command is not taken back any more: at the end of a day after its own, at the place.
    pub fn to_undo(self, policy: &Policy, at: Instant) -> Instant {
        let own = at.utc().with_timezone(&zone(self.department)).date_naive();
        self.end_of(own.checked_add_days(Days::new(u64::from(policy.undo_days()))).unwrap_or(own))
    }

    /// The end of a day at the place.
    fn end_of(self, day: NaiveDate) -> Instant {
        let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
        Instant::new(instant(zone(self.department), next))
    }

    /// When someone answers, as far ahead as a deadline may look. Hours that cannot be worked out after all stop no clock.
    fn answered(self, zone: Tz, now: Instant) -> Option<Vec<Range<NaiveDateTime>>> {
        let within = within(zone, now)?;
        let known = self.answering_hours.iter().filter_map(|hours| hours.answered(self.department, within.clone()));
        let mut spans: Vec<_> = known.reduce(|all, one| all.into_iter().chain(one).collect())?;
        // Two numbers that are answered at one time are not answered for twice as long.
        spans.sort_by_key(|span| span.start);
        let mut apart: Vec<Range<NaiveDateTime>> = Vec::new();
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => apart.push(span),
            }
        }
        Some(apart)
    }
}

/// A span of a policy.
pub fn minutes(count: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
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
