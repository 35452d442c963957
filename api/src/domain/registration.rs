//! FINESS and SIRET numbers with their check digits: a mistyped number is refused where it is typed.
//!
//! Parsing decides the shape, `checks` the digits: the first can be said in the OpenAPI file, the second cannot.

use crate::schemas;
use serde::{Deserialize, Serialize};

/// A FINESS number: two characters of department, a digit or letter, six digits, the last of them a check digit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Finess(String);

impl Finess {
    /// The shape of a FINESS number, as a regular expression.
    pub const PATTERN: &str = "^[0-9][0-9AB][0-9A-Z][0-9]{6}$";

    /// The nine characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the last digit is the check digit of the others; in Corsica's `2A` the A counts as 1, in `2B` the B as 2.
    pub fn checks(&self) -> bool {
        let counted = |(at, byte): (usize, u8)| match (at, byte) {
            (1, b'A') => b'1',
            (1, b'B') => b'2',
            _ => byte,
        };
        luhn(&self.0.bytes().enumerate().map(counted).collect::<Vec<_>>())
    }
}

impl TryFrom<String> for Finess {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 9
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                1 => byte.is_ascii_digit() || matches!(byte, b'A' | b'B'),
                2 => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return Err("a FINESS number has nine characters, such as 690000005".to_owned());
        }
        Ok(Self(text))
    }
}

/// A SIRET number: 14 digits that check by Luhn's rule; for the establishments of La Poste (SIREN 356000000) the digits' sum is a multiple of five.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Siret(String);

impl Siret {
    /// The shape of a SIRET number, as a regular expression.
    pub const PATTERN: &str = "^[0-9]{14}$";

    /// The fourteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the digits check.
    pub fn checks(&self) -> bool {
        let sum: u32 = self.0.bytes().map(|byte| u32::from(byte.saturating_sub(b'0'))).sum();
        luhn(self.0.as_bytes()) || (self.0.starts_with("356000000") && sum.is_multiple_of(5))
    }
}

impl TryFrom<String> for Siret {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = text.as_bytes();
        if bytes.len() != 14 || !bytes.iter().all(u8::is_ascii_digit) {
            return Err("a SIRET number has fourteen digits without spaces".to_owned());
        }
        Ok(Self(text))
    }
}

/// Luhn's rule over digits; a letter (a FINESS series) counts as the digit 0.
fn luhn(bytes: &[u8]) -> bool {
    let sum: u32 = bytes
        .iter()
        .rev()
        .enumerate()
        .map(|(from_right, byte)| {
            let digit = if byte.is_ascii_digit() { u32::from(byte.saturating_sub(b'0')) } else { 0 };
            let doubled = if from_right % 2 == 1 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

crate::schemas::own! {
    Finess as "Finess" => schemas::text(Finess::PATTERN, 9, "690000005", "A FINESS number; its last digit is a check digit.");
    Siret as "Siret" => schemas::text(Siret::PATTERN, 14, "73282932000074", "A SIRET number; its digits check by Luhn's rule.");
}
