//! The night: what people mean by "tonight" lasts until the morning of the place (design §4, Beds). Before it, tonight is the day before.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use matcher::{Department, Moment, Policy, Urgency};

use crate::clock::{Instant, civil};

/// The day whose night it is in a department, or comes next.
pub fn tonight(now: Instant, department: Department, policy: &Policy) -> NaiveDate {
    day_of(civil(now, department).naive_local(), policy)
}

fn day_of(wall: NaiveDateTime, policy: &Policy) -> NaiveDate {
    let day = wall.date();
    if lasts(wall, policy) { day.pred_opt().unwrap_or(day) } else { day }
}

fn lasts(wall: NaiveDateTime, policy: &Policy) -> bool {
    wall.hour() < policy.night_ends_hour()
}

/// The instant as of which a household is asked for: who needs a bed today, and asks for it while the night still lasts, asks for this
/// very night and so for the last minute of the day before.
pub fn asked_at(at: Moment, urgency: Urgency, policy: &Policy) -> Moment {
    let said: DateTime<FixedOffset> = at.get();
    match urgency {
        Urgency::Immediate if lasts(said.naive_local(), policy) => evening_before(said).unwrap_or(at),
        Urgency::Immediate | Urgency::Urgent | Urgency::Planned => at,
    }
}

/// 23:59 of the day before, by the same offset.
fn evening_before(said: DateTime<FixedOffset>) -> Option<Moment> {
    let last_minute = NaiveTime::from_hms_opt(23, 59, 0)?;
    let evening = said.date_naive().pred_opt()?.and_time(last_minute);
    Moment::new(evening.and_local_timezone(*said.offset()).single()?).ok()
}

/// Tonight in all departments at once, for a question to the database: it is one of two days, eight hours lie between the farthest.
#[derive(Clone, Debug)]
pub struct Tonight {
    /// The later of the two; where it is the same day everywhere, that day.
    pub latest: NaiveDate,
    /// The earlier.
    pub earliest: NaiveDate,
    /// The departments where it is the earlier.
    pub behind: Vec<String>,
}

impl Tonight {
    /// As it is now.
    pub fn of(now: Instant, policy: &Policy) -> Self {
        let everywhere = Department::ALL.iter().filter_map(|code| code.parse::<Department>().ok());
        let days: Vec<_> = everywhere.map(|department| (tonight(now, department, policy), department)).collect();
        let latest = days.iter().map(|(day, _)| *day).max().unwrap_or_default();
        let earliest = days.iter().map(|(day, _)| *day).min().unwrap_or_default();
        let behind = days.iter().filter(|(day, _)| *day < latest).map(|(_, department)| department.as_str().to_owned()).collect();
        Self { latest, earliest, behind }
    }
}
