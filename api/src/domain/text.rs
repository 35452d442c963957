//! Free text as it is let in: bounded, without control characters, without blanks around it.

use std::str::FromStr as _;

use crate::schemas;
use serde::{Deserialize, Serialize};

/// Text of 1 to `MAX` characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MAX: usize>(String);

/// What [`Text`] lets in, as a regular expression: no control character, and one that is not a blank.
pub const TEXT_PATTERN: &str = "^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u0020\\u007f][^\\u0000-\\u001f\\u007f]*$";

impl<const MAX: usize> Text<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let trimmed = text.trim_matches([' ', '\n']);
        if trimmed.is_empty() {
            return Err("must not be empty".to_owned());
        }
        if trimmed.chars().any(|character| character.is_ascii_control()) {
            return Err("must not hold control characters".to_owned());
        }
        let length = text.chars().count();
        if length > MAX {
            return Err(format!("must have at most {MAX} characters, has {length}"));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// A telephone number in international form (ITU-T E.164) or a French one, short numbers such as 115 included; blanks and dots are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Phone(String);

impl Phone {
    /// The shape of a number, as a regular expression.
    pub const PATTERN: &str = "^\\+?[0-9]([ .]?[0-9]){1,14}$";

    /// The number without blanks.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Phone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim_end_matches('\n');
        let number: String = text.chars().filter(|character| !matches!(character, ' ' | '.')).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let spaced_well = text.ends_with(|last: char| last.is_ascii_digit())
            && text.strip_prefix('+').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit())
            && !["  ", "..", " .", ". "].iter().any(|pair| text.contains(pair));
        if spaced_well && (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(number))
        } else {
            Err("must be a telephone number of 2 to 15 digits, such as 01 99 00 12 34 or +33199001234".to_owned())
        }
    }
}

/// An e-mail address: one `@`, a name before it and a domain with a dot behind it. Whether mail arrives is for the mail to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    /// The shape of an address, as a regular expression.
    pub const PATTERN: &str = "^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){1,4}$";

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim_end_matches('\n');
        let name_fits = |name: &str| {
            (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte))
        };
        let label_fits =
            |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let fits = text.split_once('@').is_some_and(|(name, domain)| {
            name_fits(name) && (2..=5).contains(&domain.split('.').count()) && domain.split('.').all(label_fits)
        });
        if fits { Ok(Self(text.to_owned())) } else { Err("must be an e-mail address, such as accueil@example.org".to_owned()) }
    }
}

/// Opening hours in the syntax of OpenStreetMap's `opening_hours`, such as `Mo-Fr 09:00-18:00`. No pattern can say that syntax, so
/// parsing lets any text through and `checks` decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpeningHours(Text<200>);

impl OpeningHours {
    /// The expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is an expression of that syntax.
    pub fn checks(&self) -> bool {
        opening_hours::OpeningHours::from_str(self.as_str()).is_ok()
    }
}

crate::schemas::own! {
    Phone as "Phone" => schemas::text(Phone::PATTERN, 30, "+33199001234", "A telephone number; blanks and dots are dropped.");
    Email as "Email" => schemas::text(Email::PATTERN, 384, "accueil@example.org", "A mail address.");
    OpeningHours as "OpeningHours" => schemas::text(TEXT_PATTERN, 200, "Mo-Fr 09:00-18:00", "When someone answers, in OpenStreetMap's `opening_hours` syntax.");
}

crate::schemas::schemas! {
    /// A [`Text`] as a name.
    Name => schemas::text(TEXT_PATTERN, 200, "Structure fictive des Tilleuls", "A name.");
    /// A [`Text`] as a reason.
    Reason => schemas::text(TEXT_PATTERN, 500, "La directrice a confirmé par téléphone.", "A few words that name nobody.");
    /// A [`Text`] as a note.
    NoteText => schemas::text(TEXT_PATTERN, 2000, "Rappeler la structure demain matin.", "A note that names nobody.");
    /// A [`Text`] as instructions.
    Instructions => schemas::text(TEXT_PATTERN, 1000, "Ne pas laisser sortir seule la première nuit.", "What to know for somebody's safety; it names nobody.");
    /// A [`Text`] as the name of a contact.
    ContactName => schemas::text(TEXT_PATTERN, 100, "référente traite", "A function, never a person.");
}
