//! How someone is reached: telephone numbers, each with what it is and when it is answered, and a mail address.
//!
//! Parsing decides the shape, `checks` whether such a number or address can exist: the first can be said in the OpenAPI file, the second cannot.

use std::net::IpAddr;

use chrono::{NaiveDateTime, TimeDelta};
use lettre::Address;
use matcher::Department;
use phonenumber::{Mode, country};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::denied::WrongField;
use super::text::ContactName;
use super::{Faults, List, OpeningHours, Text};
use crate::clock::Instant;
use crate::limits::CONTACT_NUMBERS_MAX;
use crate::schemas;

/// How a home, an organisation or a regulator is reached: functions, never a person's own number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Numbers to call, in the order in which to try them.
    #[serde(default)]
    #[schema(value_type = Vec<ContactNumber>, max_items = 10)]
    pub numbers: List<ContactNumber, 0, CONTACT_NUMBERS_MAX>,
    /// A mail address.
    #[serde(default)]
    pub email: Option<Email>,
}

/// A number to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactNumber {
    /// Who or what answers there, such as `référente traite`; null: not said.
    #[serde(default)]
    #[schema(value_type = Option<ContactName>)]
    pub label: Option<Text<100>>,
    /// The number.
    pub phone: Phone,
    /// When it is answered (OpenStreetMap `opening_hours`); null: always.
    #[serde(default)]
    pub hours: Option<OpeningHours>,
}

impl Contact {
    /// Whether somebody answers one of its numbers, by the clock on the wall of a department.
    pub fn is_answered(&self, department: Department, at: NaiveDateTime) -> bool {
        let soon = at.checked_add_signed(TimeDelta::minutes(1)).unwrap_or(at);
        let is_open = |hours: &OpeningHours| hours.answered(department, at..soon).is_some_and(|spans| !spans.is_empty());
        self.numbers.0.iter().any(|number| number.hours.as_ref().is_none_or(is_open))
    }

    /// When someone answers at one of its numbers: in any of these hours; none: always, as far as anybody has said.
    pub fn answering_hours(&self) -> Vec<OpeningHours> {
        let hours: Option<Vec<OpeningHours>> = self.numbers.0.iter().map(|number| number.hours.clone()).collect();
        hours.unwrap_or_default()
    }

    /// What is wrong with it where it stands in `field`; an empty name for the whole body.
    pub fn faults_below(&self, field: &str) -> Vec<WrongField> {
        let path = |name: String| if field.is_empty() { name } else { format!("{field}.{name}") };
        let mut faults = Vec::new();
        for (at, number) in self.numbers.0.iter().enumerate() {
            if !number.phone.checks() {
                let why = "is no telephone number: look for a missing digit, and begin a foreign one with + and its country";
                faults.push((path(format!("numbers[{at}].phone")), why.to_owned()));
            }
            if number.hours.as_ref().is_some_and(|hours| !hours.reads()) {
                let why = "must be opening hours as OpenStreetMap writes them, such as `24/7` or `Mo-Fr 09:00-18:00`";
                faults.push((path(format!("numbers[{at}].hours")), why.to_owned()));
            }
        }
        if self.email.as_ref().is_some_and(|email| !email.checks()) {
            faults.push((path("email".to_owned()), "is an address that no mail server takes".to_owned()));
        }
        faults
    }
}

impl Contact {
    /// Hours that read but cannot be worked out day by day from now on, where the contact stands in `field`; they would tell nobody when to call.
    pub fn hours_faults_below(&self, field: &str, now: Instant) -> Vec<WrongField> {
        let prefix = if field.is_empty() { String::new() } else { format!("{field}.") };
        let numbers = self.numbers.0.iter().enumerate();
        let wrong =
            numbers.filter(|(_, number)| number.hours.as_ref().is_some_and(|hours| hours.reads() && !hours.works_out_at(now)));
        wrong.map(|(at, _)| (format!("{prefix}numbers[{at}].hours"), OpeningHours::NOT_WORKED_OUT.to_owned())).collect()
    }
}

impl Faults for Contact {
    fn faults(&self) -> Vec<WrongField> {
        self.faults_below("")
    }

    fn faults_at(&self, now: Instant) -> Vec<WrongField> {
        let mut faults = self.faults();
        faults.extend(self.hours_faults_below("", now));
        faults
    }
}

/// A telephone number: E.164, such as `+33199001234`, or a short one of France, such as `115`, however it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Phone(String);

/// No-break space: a number is read in one piece.
const NO_BREAK: &str = "\u{a0}";
/// What stands between digits: blanks, dots, hyphens, slashes, brackets.
const BETWEEN_DIGITS: &str = " \u{a0}\u{2009}\u{202f}.-\u{2010}\u{2011}\u{2012}\u{2013}/()";
const WRITTEN_MAX: usize = 40;

/// What numbers overseas begin with behind the 0 or the +33, and their own country codes (ARCEP's numbering plan).
const OVERSEAS: [(&str, &str); 16] = [
    ("262", "+262"),
    ("263", "+262"),
    ("269", "+262"),
    ("639", "+262"),
    ("692", "+262"),
    ("693", "+262"),
    ("590", "+590"),
    ("690", "+590"),
    ("691", "+590"),
    ("594", "+594"),
    ("694", "+594"),
    ("596", "+596"),
    ("696", "+596"),
    ("697", "+596"),
    ("508", "+508"),
    ("708", "+508"),
];

/// Among Mayotte's, a series that ARCEP keeps for films and demonstrations in all of France.
const OF_FICTION: &str = "63998";

impl Phone {
    /// The shape of a number, as a regular expression.
    pub const PATTERN: &str = concat!(
        "^[+0-9 \\u00a0\\u2009\\u202f.\\-\\u2010-\\u2013/()]*[0-9]",
        "[+0-9 \\u00a0\\u2009\\u202f.\\-\\u2010-\\u2013/()]*$"
    );

    /// The number as it is dialled by a machine: E.164, or a short one.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there can be such a number.
    pub fn checks(&self) -> bool {
        dialled(&self.0).as_deref() == Some(self.0.as_str())
    }

    /// The number as it is read in France, in one piece: `01 99 00 12 34`, `0262 90 00 00`, `39 19`, `+32 2 123 45 67`.
    pub fn as_read(&self) -> String {
        let number = self.0.as_str();
        let of = |code: &str, digits: usize| number.strip_prefix(code).filter(|rest| rest.len() == digits);
        if let Some(rest) = of("+33", 9) {
            return groups(&format!("0{rest}"), &[2, 2, 2, 2, 2]);
        }
        if let Some(rest) = ["+262", "+590", "+594", "+596"].iter().find_map(|code| of(code, 9)) {
            return groups(&format!("0{rest}"), &[4, 2, 2, 2]);
        }
        if let Some(rest) = of("+508", 6) {
            return groups(&format!("0508{rest}"), &[4, 2, 2, 2]);
        }
        match (number.len(), phonenumber::parse(None, number)) {
            (4, _) => groups(number, &[2, 2]),
            (6, _) => groups(number, &[3, 3]),
            (7.., Ok(parsed)) => parsed.format().mode(Mode::International).to_string().replace([' ', '-'], NO_BREAK),
            _ => number.to_owned(),
        }
    }
}

impl TryFrom<String> for Phone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let written = text.trim_end_matches('\n');
        let is_known = |character: char| character == '+' || character.is_ascii_digit() || BETWEEN_DIGITS.contains(character);
        let is_shaped = written.chars().count() <= WRITTEN_MAX
            && written.chars().all(is_known)
            && written.contains(|character: char| character.is_ascii_digit());
        if !is_shaped {
            return Err("must be a telephone number, such as 01 99 00 12 34 or +33 1 99 00 12 34".to_owned());
        }
        Ok(Self(dialled(written).unwrap_or_else(|| written.to_owned())))
    }
}

/// A number as it is dialled by a machine, from however it is written; none where there can be no such number.
fn dialled(written: &str) -> Option<String> {
    if is_in_plan(written) && overseas(written).is_none() {
        // As it is stored: nothing to look up.
        return Some(written.to_owned());
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let pluses = written.matches('+').count();
    let begins_with_plus = written.trim_start_matches(|character| BETWEEN_DIGITS.contains(character)).starts_with('+');
    if pluses > 1 || (pluses == 1 && !begins_with_plus) {
        return None;
    }
    let parsed = if begins_with_plus {
        phonenumber::parse(None, format!("+{digits}"))
    } else if is_short(&digits) {
        return Some(digits);
    } else if let Some(international) = digits.strip_prefix("00") {
        phonenumber::parse(None, format!("+{international}"))
    } else {
        phonenumber::parse(Some(country::FR), &digits)
    };
    let parsed = parsed.ok()?;
    let number = parsed.format().mode(Mode::E164).to_string();
    let exists = is_in_plan(&number) || parsed.is_valid();
    exists.then(|| overseas(&number).unwrap_or(number))
}

/// The number of a phone overseas that is written as one of France, as it is dialled there.
fn overseas(number: &str) -> Option<String> {
    let national = number.strip_prefix("+33").filter(|national| national.len() == 9 && !national.starts_with(OF_FICTION))?;
    let (begins, code) = OVERSEAS.iter().find(|(begins, _)| national.starts_with(begins))?;
    // The numbers of Saint-Pierre-et-Miquelon have six digits, but for its mobiles.
    let own = if *begins == "508" { national.get(3..)? } else { national };
    Some(format!("{code}{own}"))
}

/// Whether the plan of France and its overseas has room for a number in the form of E.164. Its numbers are all of one length, and ARCEP opens series, and keeps some
/// for films and demonstrations, that the library has not heard of: a home must not be unreachable for that.
fn is_in_plan(number: &str) -> bool {
    let has_room = |code: &str| {
        let national = number.strip_prefix(code).unwrap_or_default();
        let is_long_enough = national.len() == 9 || (code == "+508" && national.len() == 6);
        is_long_enough && !national.starts_with('0') && national.bytes().all(|byte| byte.is_ascii_digit())
    };
    ["+33", "+262", "+590", "+594", "+596", "+508"].into_iter().any(has_room)
}

/// The short numbers of France: 15, 115, 119, 3919, 116 006.
fn is_short(digits: &str) -> bool {
    match digits.len() {
        2 => matches!(digits, "15" | "17" | "18"),
        3 => digits.starts_with('1'),
        4 => digits.starts_with(['1', '3']),
        6 => digits.starts_with("116") || digits.starts_with("118"),
        _ => false,
    }
}

fn groups(digits: &str, sizes: &[usize]) -> String {
    let mut left = digits;
    let cut = |size: &usize| {
        let (group, rest) = left.split_at_checked(*size).unwrap_or((left, ""));
        left = rest;
        group
    };
    sizes.iter().map(cut).collect::<Vec<_>>().join(NO_BREAK)
}

/// A mail address that a mail server can take. Whether mail arrives is for the mail to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    /// The shape of an address, as a regular expression: one `@`, and no blank.
    pub const PATTERN: &str = "^[^\\u0000-\\u0020\\u007f-\\u00a0@]{1,64}@[^\\u0000-\\u0020\\u007f-\\u00a0@]{1,190}$";

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it has in common with every address that is read as the same: case, which no provider of mail tells apart.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether the library that sends mails takes it, and it is one that people have: no quotes, and a domain of two labels at least.
    pub fn checks(&self) -> bool {
        self.0.parse::<Address>().is_ok_and(|address| {
            let domain = address.domain();
            !address.user().starts_with('"')
                && domain.contains('.')
                && !domain.starts_with('[')
                && domain.parse::<IpAddr>().is_err()
        })
    }
}

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim_end_matches('\n');
        let fits = |part: &str, most: usize| {
            (1..=most).contains(&part.chars().count())
                && !part.contains(|character: char| matches!(character, '\0'..=' ' | '\u{7f}'..='\u{a0}' | '@'))
        };
        match text.split_once('@') {
            Some((user, domain)) if fits(user, 64) && fits(domain, 190) => Ok(Self(text.to_owned())),
            _ => Err("must be a mail address, such as accueil@example.org".to_owned()),
        }
    }
}

crate::schemas::own! {
    Phone as "Phone" => schemas::text(Phone::PATTERN, WRITTEN_MAX, "+33199001234", "A telephone number, written as usual in France or with + and its country; given back as E.164 has it, short ones as they are.");
    Email as "Email" => schemas::text(Email::PATTERN, 255, "accueil@example.org", "A mail address.");
}
