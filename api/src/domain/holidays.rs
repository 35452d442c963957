//! The public holidays of a place: those of the labour code for all of France, and those of its own department.
//!
//! The crate that reads opening hours knows the holidays of a country and of no department, so it is given ours. What is only usual somewhere
//! (Shrove Tuesday in the West Indies) is no public holiday: who closes then says so in the hours.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};
use compact_calendar::CompactCalendar;
use matcher::Department;

/// Month and day of what falls on the same day each year (labour code, L3133-1).
const EVERYWHERE: &[(u32, u32)] = &[(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// Days after Easter Sunday: Easter Monday, Ascension, Whit Monday.
const AFTER_EASTER: &[u64] = &[1, 39, 50];

/// The public holidays of a department in some years.
pub fn of(department: Department, years: RangeInclusive<i32>) -> CompactCalendar {
    let mut calendar = CompactCalendar::default();
    for year in years {
        let fixed = EVERYWHERE.iter().chain(own(department));
        let fixed = fixed.filter_map(|(month, day)| NaiveDate::from_ymd_opt(year, *month, *day));
        let easter = easter(year);
        let movable = AFTER_EASTER.iter().filter_map(|days| easter?.checked_add_days(Days::new(*days)));
        let good_friday = easter.filter(|_| keeps_good_friday(department)).and_then(|day| day.checked_sub_days(Days::new(2)));
        for day in fixed.chain(movable).chain(good_friday) {
            calendar.insert(day);
        }
    }
    calendar
}

/// Month and day of what falls on the same day each year in one department: the second day of Christmas in Alsace-Moselle (labour code,
/// L3134-13), the abolition of slavery overseas (L3422-2).
fn own(department: Department) -> &'static [(u32, u32)] {
    match department.as_str() {
        "57" | "67" | "68" => &[(12, 26)],
        "971" => &[(5, 27)],
        "972" => &[(5, 22)],
        "973" => &[(6, 10)],
        "974" => &[(12, 20)],
        "976" => &[(4, 27)],
        "977" => &[(10, 9)],
        "978" => &[(5, 28)],
        _ => &[],
    }
}

/// Whether Good Friday is one (Alsace-Moselle).
fn keeps_good_friday(department: Department) -> bool {
    matches!(department.as_str(), "57" | "67" | "68")
}

/// Easter Sunday of a year (the anonymous Gregorian computus: ten lines of whole numbers, and the same day in every almanac).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let corrected = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - corrected + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(days / 31).ok()?, u32::try_from(days % 31 + 1).ok()?)
}
