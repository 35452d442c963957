//! The number under which an organisation keeps a case in its own files. It names nobody and holds no date, which is most often one of birth.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::schemas;

/// A reference: capitals, digits, `-` and `/`, with a digit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Reference(String);

/// The months as French and English people write and shorten them, from January.
const MONTHS: [&[&str]; 12] = [
    &["JAN", "JANV", "JANVIER", "JANUARY"],
    &["FEV", "FEVR", "FEVRIER", "FEB", "FEBRUARY"],
    &["MAR", "MARS", "MARCH"],
    &["AVR", "AVRIL", "APR", "APRIL"],
    &["MAI", "MAY"],
    &["JUIN", "JUN", "JUNE"],
    &["JUIL", "JUILLET", "JUL", "JULY"],
    &["AOU", "AOUT", "AUG", "AUGUST"],
    &["SEP", "SEPT", "SEPTEMBRE", "SEPTEMBER"],
    &["OCT", "OCTOBRE", "OCTOBER"],
    &["NOV", "NOVEMBRE", "NOVEMBER"],
    &["DEC", "DECEMBRE", "DECEMBER"],
];

impl Reference {
    /// The most characters it has.
    pub const CHARS_MAX: usize = 20;

    /// Its shape, as a regular expression.
    pub const PATTERN: &str = "^[A-Z/-]*[0-9][A-Z0-9/-]*$";

    /// The reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some part of it can be read as a day: `23/11/1998`, `1998-11-23`, `231198`, `23NOV98`.
    pub fn holds_a_date(&self) -> bool {
        let parts = parts(&self.0);
        let of_digits = parts.iter().any(|part| matches!(part, Part::Digits(digits) if is_written_day(digits)));
        let digits: Vec<Option<&str>> = parts
            .iter()
            .map(|part| match part {
                Part::Digits(digits) => Some(*digits),
                Part::Letters(_) => None,
            })
            .collect();
        let apart = digits.windows(3).any(|three| match three {
            [Some(one), Some(two), Some(three)] => is_day_apart(one, two, three),
            _ => false,
        });
        let named = parts.windows(3).any(|three| match three {
            [Part::Digits(day), Part::Letters(month), Part::Digits(year)] => is_named_day(day, month, year),
            _ => false,
        });
        of_digits || apart || named
    }
}

impl TryFrom<String> for Reference {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |character: char| character.is_ascii_uppercase() || character.is_ascii_digit() || matches!(character, '-' | '/');
        let is_right = (1..=Self::CHARS_MAX).contains(&text.len())
            && text.chars().all(fits)
            && text.chars().any(|character| character.is_ascii_digit());
        if is_right {
            Ok(Self(text))
        } else {
            Err(format!("must have at most {} capitals, digits, `-` and `/`, and at least one digit", Self::CHARS_MAX))
        }
    }
}

/// A run of digits, or of letters; what parts them is left out.
#[derive(Debug)]
enum Part<'t> {
    Digits(&'t str),
    Letters(&'t str),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for word in text.split(['-', '/']) {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let are_digits = first.is_ascii_digit();
            let end = rest.find(|character: char| character.is_ascii_digit() != are_digits).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            parts.push(if are_digits { Part::Digits(part) } else { Part::Letters(part) });
            rest = after;
        }
    }
    parts
}

/// Whether there is such a day, in a century in which somebody who is alive was born, or in this one.
fn is_day(day: u32, month: u32, year: i32) -> bool {
    let years: &[i32] = match year {
        0..=99 => &[1900, 2000],
        1900..=2099 => &[0],
        _ => &[],
    };
    years.iter().any(|century| NaiveDate::from_ymd_opt(century.saturating_add(year), month, day).is_some())
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// Day, month and year in the order that some country writes them in.
fn is_some_day(one: u32, two: u32, three: u32) -> bool {
    let year = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    is_day(one, two, year(three)) || is_day(two, one, year(three)) || is_day(three, two, year(one))
}

/// Three runs of digits that are written as a day is: with one or two digits for day and month, and two or four for the year.
fn is_day_apart(one: &str, two: &str, three: &str) -> bool {
    let short = |digits: &str| (1..=2).contains(&digits.len());
    let is_year = |digits: &str| matches!(digits.len(), 2 | 4);
    let is_written = short(two) && ((short(one) && is_year(three)) || (is_year(one) && short(three)));
    let numbers = number(one).zip(number(two)).zip(number(three));
    is_written && numbers.is_some_and(|((one, two), three)| is_some_day(one, two, three))
}

/// A run of digits in which a day is written without anything between: eight of them anywhere, or six and no more.
fn is_written_day(digits: &str) -> bool {
    let at = |from: usize, to: usize| digits.get(from..to).and_then(number);
    let eight = (0..=digits.len().saturating_sub(8)).any(|from| {
        let part = |begin: usize, end: usize| at(from.saturating_add(begin), from.saturating_add(end));
        let year_last = part(0, 2).zip(part(2, 4)).zip(part(4, 8));
        let year_first = part(0, 4).zip(part(4, 6)).zip(part(6, 8));
        let is_long = |year: u32| (1900..=2099).contains(&year);
        digits.len() >= 8
            && (year_last.is_some_and(|((one, two), year)| is_long(year) && is_some_day(one, two, year))
                || year_first.is_some_and(|((year, month), day)| is_long(year) && is_some_day(year, month, day)))
    });
    let six = at(0, 2).zip(at(2, 4)).zip(at(4, 6)).filter(|_| digits.len() == 6);
    eight || six.is_some_and(|((one, two), three)| is_some_day(one, two, three))
}

fn is_named_day(day: &str, month: &str, year: &str) -> bool {
    let month = MONTHS.iter().zip(1..).find(|(names, _)| names.contains(&month)).map(|(_, number)| number);
    let year = Some(year).filter(|year| matches!(year.len(), 2 | 4)).and_then(|year| year.parse().ok());
    let parts = number(day).zip(month).zip(year);
    parts.is_some_and(|((day, month), year)| is_day(day, month, year))
}

crate::schemas::own! {
    Reference as "Reference" => schemas::text(Reference::PATTERN, Reference::CHARS_MAX, "DOS-2026/0412", "The number under which the organisation keeps the case in its own files: it names nobody and holds no date. No other organisation is shown it.");
}
