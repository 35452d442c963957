//! Codes for one use, to be read out on the phone.

use rand::TryRngCore as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Faults;
use crate::schemas;

/// Letters and digits that are not mistaken for each other on the phone (Crockford's base 32).
const LETTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R',
    'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

/// Twelve letters: sixty random bits, good for a day and for one use.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct OneTimeCode(String);

impl Faults for OneTimeCode {}

impl OneTimeCode {
    /// A new one.
    pub fn new() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = [0_u8; 12];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).collect()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// As it is read out.
    pub fn spelt(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

impl TryFrom<String> for OneTimeCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "must be a code of 12 letters and digits, such as 7Q4M-0XKD-2NVA".to_owned();
        let mut code = String::new();
        let mut may_part = false;
        for letter in text.chars() {
            match letter.to_ascii_uppercase() {
                '-' | ' ' if may_part => may_part = false,
                letter if letter.is_ascii_alphanumeric() => {
                    code.push(match letter {
                        'O' => '0',
                        'I' | 'L' => '1',
                        other => other,
                    });
                    may_part = true;
                }
                _ => return Err(wrong()),
            }
        }
        if may_part && code.len() == 12 { Ok(Self(code)) } else { Err(wrong()) }
    }
}

crate::schemas::own! {
    OneTimeCode as "OneTimeCode" => schemas::text("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", 14, "7Q4M-0XKD-2NVA", "A code for one use, to be read out on the phone.");
}
