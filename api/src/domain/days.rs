//! Which days may be given at all: a mistyped year is no contradiction of anything else, and would stand in nobody's way but hers who waits.

use chrono::{Datelike as _, Months, NaiveDate};
use matcher::{Day, Department};

use super::denied::WrongField;
use crate::clock::{Instant, civil};
use crate::limits::{DAYS_AHEAD_YEARS_MAX, DAYS_FROM_YEAR, FIRST_DAY_MONTHS_AGO_MAX};

/// Why a day may not be given now; none where it may.
pub fn fault(day: Day, now: Instant) -> Option<String> {
    let today = civil(now, Department::PARIS).date_naive();
    let latest = today.checked_add_months(Months::new(12 * DAYS_AHEAD_YEARS_MAX)).unwrap_or(today);
    let fits = day.get().year() >= DAYS_FROM_YEAR && day.get() <= latest;
    (!fits).then(|| format!("must be a day from {DAYS_FROM_YEAR}-01-01 to {latest}"))
}

/// Why the first day of a request that is asked for on this day is too long ago; none where it is not.
pub fn long_past(first_day: Day, asked_on: NaiveDate) -> Option<String> {
    let earliest = asked_on.checked_sub_months(Months::new(FIRST_DAY_MONTHS_AGO_MAX)).unwrap_or(asked_on);
    (first_day.get() < earliest).then(|| format!("must not be before {earliest}: no more than a year before it is asked for"))
}

/// Of some days, each with the path of its field, those that may not be given now.
pub fn faults(days: impl IntoIterator<Item = (String, Day)>, now: Instant) -> Vec<WrongField> {
    days.into_iter().filter_map(|(field, day)| Some((field, fault(day, now)?))).collect()
}
