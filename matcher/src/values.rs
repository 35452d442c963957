//! The leaves of the input: numbers within their range, days, instants, points.
//!
//! A value of these types is a right one: nothing downstream checks it again. Nothing here knows a unit or a request.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares whole numbers within a range: `new`, `get`, `MIN`, `MAX` and serde with a message that says the range.
macro_rules! whole_numbers {
    ($($(#[$doc:meta])* $name:ident: $inner:ty, $min:literal to $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The least number.
            pub const MIN: $inner = $min;
            /// The greatest number.
            pub const MAX: $inner = $max;

            /// A number, if it lies within the range.
            pub fn new(number: $inner) -> Result<Self, String> {
                Self::from_wide(i128::from(number))
            }

            /// The number.
            pub fn get(self) -> $inner {
                self.0
            }

            fn from_wide(number: i128) -> Result<Self, String> {
                match <$inner>::try_from(number) {
                    Ok(inner) if (Self::MIN..=Self::MAX).contains(&inner) => Ok(Self(inner)),
                    _ => Err(format!("must be a whole number from {} to {}, is {number}", Self::MIN, Self::MAX)),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "a whole number from {} to {}", $name::MIN, $name::MAX)
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$name, E> {
                        $name::from_wide(i128::from(number)).map_err(E::custom)
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$name, E> {
                        $name::from_wide(i128::from(number)).map_err(E::custom)
                    }
                    // JSON has one kind of number: 2.0 is the whole number 2 (JSON Schema, `integer`).
                    fn visit_f64<E: de::Error>(self, number: f64) -> Result<$name, E> {
                        match whole(number) {
                            Some(number) => $name::from_wide(number).map_err(E::custom),
                            None => Err(E::invalid_value(de::Unexpected::Float(number), &self)),
                        }
                    }
                }
                deserializer.deserialize_u32(Visitor)
            }
        }
    )*};
}

/// A number as a whole number, if it is one and not beyond all ranges here.
#[expect(clippy::as_conversions, reason = "exact below 2^53, and there is no other way from f64 to an integer")]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i128)
}

whole_numbers! {
    /// An age in completed years.
    Age: u8, 0 to 150;
    /// Beds of one vacancy.
    Beds: u32, 1 to 100_000;
    /// People in a household, as a unit limits them.
    HouseholdSize: u32, 1 to 100_000;
    /// Nights wished for: two years at most.
    Nights: u32, 1 to 730;
    /// Days from a request to the earliest arrival.
    AdmissionDays: u32, 0 to 3_650;
}

impl Default for AdmissionDays {
    fn default() -> Self {
        Self(Self::MIN)
    }
}

/// Declares numbers within a range, in a unit.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $within:expr, $range:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// A number, if it lies within the range.
            pub fn new(number: f64) -> Result<Self, String> {
                let within: fn(f64) -> bool = $within;
                if within(number) { Ok(Self(number)) } else { Err(format!(concat!("must be ", $range, ", is {}"), number)) }
            }

            /// The number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                f64::deserialize(deserializer).and_then(|number| Self::new(number).map_err(de::Error::custom))
            }
        }
    )*};
}

numbers! {
    /// A latitude in degrees, WGS 84.
    Latitude: |degrees| (-90.0..=90.0).contains(&degrees), "from -90 to 90 degrees";
    /// A longitude in degrees, WGS 84.
    Longitude: |degrees| (-180.0..=180.0).contains(&degrees), "from -180 to 180 degrees";
    /// A distance in kilometres.
    Km: |km| (0.0..=1_000_000.0).contains(&km), "from 0 to 1000000 km";
    /// The radius of a zone in kilometres.
    RadiusKm: |km| km > 0.0 && km <= 1_000_000.0, "more than 0 and at most 1000000 km";
}

/// A point on the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Latitude in degrees.
    pub lat: Latitude,
    /// Longitude in degrees.
    pub lon: Longitude,
}

impl Point {
    /// The centre of Paris.
    pub const PARIS: Self = Self { lat: Latitude(48.8566), lon: Longitude(2.3522) };

    /// The point of these degrees, if both lie within their ranges.
    ///
    /// ```
    /// assert!(matcher::Point::new(45.76, 4.84).is_ok());
    /// assert!(matcher::Point::new(91.0, 0.0).is_err());
    /// ```
    pub fn new(lat: f64, lon: f64) -> Result<Self, String> {
        Ok(Self { lat: Latitude::new(lat)?, lon: Longitude::new(lon)? })
    }

    /// The point of degrees that rounding may have pushed past a pole or the 180th meridian.
    pub(crate) fn clamped(lat: f64, lon: f64) -> Self {
        Self { lat: Latitude(lat.clamp(-90.0, 90.0)), lon: Longitude(lon.clamp(-180.0, 180.0)) }
    }
}

/// Declares a value that is read from text and written as it.
macro_rules! from_text {
    ($name:ident, |$text:ident| $parse:expr) => {
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str($text: &str) -> Result<Self, String> {
                $parse
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

/// A department by its INSEE code: 01 to 95 with 2A and 2B for Corsica, 971 to 978 overseas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Department(u8);

/// The codes, in order. Code 20 was Corsica's until 1976 and belongs to no department now.
const DEPARTMENTS: [&str; 104] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22",
    "23", "24", "25", "26", "27", "28", "29", "2A", "2B", "30", "31", "32", "33", "34", "35", "36", "37", "38", "39", "40", "41",
    "42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59", "60", "61", "62",
    "63", "64", "65", "66", "67", "68", "69", "70", "71", "72", "73", "74", "75", "76", "77", "78", "79", "80", "81", "82", "83",
    "84", "85", "86", "87", "88", "89", "90", "91", "92", "93", "94", "95", "971", "972", "973", "974", "975", "976", "977", "978",
];

/// A land: all departments between which no sea lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Land {
    /// The mainland.
    Mainland,
    /// Corsica.
    Corsica,
    /// One overseas department.
    Overseas(Department),
}

impl Department {
    /// Every department's code, in order.
    pub const ALL: &'static [&'static str] = &DEPARTMENTS;

    /// Paris.
    pub const PARIS: Self = Self(75);

    /// The code.
    pub fn as_str(self) -> &'static str {
        DEPARTMENTS.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The index of the code in the list of all.
    pub(crate) fn index(self) -> u8 {
        self.0
    }

    /// The land of the department.
    pub fn land(self) -> Land {
        match self.as_str() {
            "2A" | "2B" => Land::Corsica,
            code if code.len() == 3 => Land::Overseas(self),
            _ => Land::Mainland,
        }
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

from_text!(Department, |text| {
    DEPARTMENTS
        .iter()
        .position(|code| *code == text)
        .and_then(|at| u8::try_from(at).ok())
        .map(Self)
        .ok_or_else(|| "must be the INSEE code of a department: 01 to 95 (2A and 2B for Corsica) or 971 to 978".to_owned())
});

/// A language by its code: one of ISO 639-1, or one of eight of ISO 639-3 that have none there and are spoken by many in need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

/// The 184 codes of ISO 639-1 (`sh`, withdrawn in 2000, is not among them) and eight of three letters: `bin` Edo, `pcm` Nigerian Pidgin,
/// `rom` Romani, `prs` Dari, `snk` Soninke, `mnk` Mandinka, `dyu` Dyula, `zdj` Comorian. In order.
#[rustfmt::skip]
const LANGUAGES: [&str; 192] = [
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh", "bi", "bin", "bm", "bn",
    "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de", "dv", "dyu", "dz", "ee", "el", "en",
    "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi",
    "ho", "hr", "ht", "hu", "hy", "hz", "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg",
    "ki", "kj", "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt",
    "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mnk", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn",
    "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pcm", "pi", "pl", "prs", "ps", "pt", "qu", "rm", "rn", "ro",
    "rom", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn", "snk", "so", "sq", "sr", "ss", "st", "su",
    "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz",
    "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za", "zdj", "zh", "zu",
];

impl Language {
    /// French.
    pub const FRENCH: Self = Self(49);

    /// Every code, in order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        LANGUAGES.into_iter()
    }

    /// The index of the code in the list of all.
    pub(crate) fn index(self) -> u8 {
        self.0
    }

    /// The language of an index in the list of all.
    pub(crate) fn of_index(index: u8) -> Option<Self> {
        (usize::from(index) < LANGUAGES.len()).then_some(Self(index))
    }

    /// The code.
    pub fn as_str(self) -> &'static str {
        LANGUAGES.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

from_text!(Language, |text| {
    LANGUAGES.binary_search(&text).ok().and_then(|at| u8::try_from(at).ok()).map(Self).ok_or_else(|| {
        "must be a language of ISO 639-1, two small letters such as `fr`, or one of bin, pcm, rom, prs, snk, mnk, dyu, zdj"
            .to_owned()
    })
});

/// A civil day, as ISO 8601 writes it: `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

/// The years that four digits write.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

impl Day {
    /// The day, if its year has four digits.
    pub fn new(day: NaiveDate) -> Result<Self, String> {
        if YEARS.contains(&day.year()) { Ok(Self(day)) } else { Err("must be a day of the years 0001 to 9999".to_owned()) }
    }

    /// The day as chrono has it.
    pub fn get(self) -> NaiveDate {
        self.0
    }

    /// The day so many days later, at most the end of the calendar.
    ///
    /// ```
    /// use matcher::Day;
    ///
    /// let day: Day = "2026-12-31".parse()?;
    /// assert_eq!(day.plus(1).to_string(), "2027-01-01");
    /// # Ok::<(), String>(())
    /// ```
    pub fn plus(self, days: u32) -> NaiveDate {
        self.0.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
    }

    pub(crate) fn number(self) -> DayNumber {
        self.0.num_days_from_ce()
    }

    /// The day of a number.
    pub(crate) fn of_number(number: DayNumber) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(number).map(Self)
    }
}

/// A day as a number, counted from the beginning of the year 1. Days of the contract lie so far from the ends of `i32` that adding some
/// thousands of days never overflows.
pub(crate) type DayNumber = i32;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

from_text!(Day, |text| {
    let wrong = || "must be a day such as 2026-11-23".to_owned();
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if !shaped {
        return Err(wrong());
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_error| wrong()).and_then(Self::new)
});

/// An instant with its offset, as RFC 3339 writes it: `2026-11-23T10:00:00+01:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// The beginning of 1970 in UTC.
    pub fn unix_epoch() -> Self {
        Self(DateTime::UNIX_EPOCH.fixed_offset())
    }

    /// The instant, if its year has four digits.
    pub fn new(at: DateTime<FixedOffset>) -> Result<Self, String> {
        if YEARS.contains(&at.year()) { Ok(Self(at)) } else { Err("must be an instant of the years 0001 to 9999".to_owned()) }
    }

    /// The instant as chrono has it.
    pub fn get(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// The day of the instant, read in the instant's own offset: the civil day where it was written.
    pub fn day(self) -> NaiveDate {
        self.0.date_naive()
    }

    pub(crate) fn instant(self) -> Instant {
        Instant { seconds: self.0.timestamp(), nanoseconds: self.0.timestamp_subsec_nanos() }
    }

    /// The instant without its offset.
    pub fn civil_day(self) -> Day {
        Day(self.day())
    }
}

/// A point in time: seconds since the beginning of 1970, and nanoseconds beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

impl Instant {
    const SECONDS_AN_HOUR: i64 = 3600;

    /// Whole hours since the beginning of 1970.
    pub(crate) fn hour(self) -> i64 {
        self.seconds.div_euclid(Self::SECONDS_AN_HOUR)
    }

    /// The day of the instant in UTC.
    pub(crate) fn day(self) -> DayNumber {
        const HOURS_A_DAY: i64 = 24;
        const BEGINNING_OF_1970: DayNumber = 719_163;
        DayNumber::try_from(self.hour().div_euclid(HOURS_A_DAY)).map_or(0, |day| day + BEGINNING_OF_1970)
    }

    /// The hours from another instant to this one, negative where the other comes later.
    pub(crate) fn hours_since(self, other: Self) -> f64 {
        const A_NANOSECOND: f64 = 1e-9;
        let parts = f64::from(self.nanoseconds) - f64::from(other.nanoseconds);
        (float(self.seconds - other.seconds) + parts * A_NANOSECOND) / float(Self::SECONDS_AN_HOUR)
    }
}

#[expect(clippy::as_conversions, reason = "f64 holds the seconds of four-digit years exactly; there is no other way from i64")]
fn float(seconds: i64) -> f64 {
    seconds as f64
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339())
    }
}

from_text!(Moment, |text| {
    let wrong = || "must be an instant with its offset, such as 2026-11-23T10:00:00+01:00".to_owned();
    // chrono also reads a blank for the T and the mathematical minus sign, which the grammar of RFC 3339 does not have.
    if !text.is_ascii() || text.contains(' ') {
        return Err(wrong());
    }
    DateTime::parse_from_rfc3339(text).map_err(|_error| wrong()).and_then(Self::new)
});

/// The accreditation under which a unit takes minors: 1 to 200 characters on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accreditation(String);

impl Accreditation {
    /// The greatest number of characters.
    pub const CHARS_MAX: usize = 200;
}

impl fmt::Display for Accreditation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

from_text!(Accreditation, |text| {
    if text.is_empty() || text.chars().count() > Self::CHARS_MAX || text.contains(|character: char| character.is_ascii_control()) {
        Err(format!("must be 1 to {} characters without control characters", Self::CHARS_MAX))
    } else {
        Ok(Self(text.to_owned()))
    }
});
