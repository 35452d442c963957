//! How hours and days are said, on the pages and in mails: by the clock of the place, the day only where it is not today.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Timelike as _};
use matcher::Department;

use crate::clock::{Instant, civil};
use crate::language::either;

const FRENCH_MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

const ENGLISH_MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// A day as it is said: `4 décembre`, `4 December`; with the year where it is another.
pub fn date(day: NaiveDate, today: NaiveDate) -> String {
    let months = either!(FRENCH_MONTHS, ENGLISH_MONTHS);
    let month = usize::try_from(day.month0()).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
    let number = if day.day() == 1 { either!("1ᵉʳ", "1").to_owned() } else { day.day().to_string() };
    let year = if day.year() == today.year() { String::new() } else { format!(" {}", day.year()) };
    format!("{number}\u{a0}{month}{year}")
}

/// The hour of a clock on a wall as it is said: `21 h 40`, `21:40`.
pub fn hour(wall: DateTime<FixedOffset>) -> String {
    let hour = wall.hour();
    match wall.minute() {
        0 => either!(format!("{hour}\u{a0}h"), format!("{hour}:00")),
        minute => either!(format!("{hour}\u{a0}h\u{a0}{minute:02}"), format!("{hour}:{minute:02}")),
    }
}

/// An instant by the clock of a place: the hour, and the day where it is not today.
pub fn when(at: Instant, place: Department, now: Instant) -> String {
    let (then, today) = (civil(at, place), civil(now, place).date_naive());
    let (hour, day) = (hour(then), then.date_naive());
    if day == today {
        hour
    } else if today.succ_opt() == Some(day) {
        either!(format!("demain {hour}"), format!("tomorrow {hour}"))
    } else if today.pred_opt() == Some(day) {
        either!(format!("hier {hour}"), format!("yesterday {hour}"))
    } else {
        let day = date(day, today);
        either!(format!("le {day} à {hour}"), format!("{day} at {hour}"))
    }
}

/// The same of when something was done: `à 21 h 40`, `hier 21 h 40`.
pub fn at(at: Instant, place: Department, now: Instant) -> String {
    let said = when(at, place, now);
    if civil(at, place).date_naive() == civil(now, place).date_naive() {
        either!(format!("à {said}"), format!("at {said}"))
    } else {
        said
    }
}

/// The day of an instant at a place.
pub fn day_of(at: Instant, place: Department, now: Instant) -> String {
    date(civil(at, place).date_naive(), civil(now, place).date_naive())
}
