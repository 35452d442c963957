//! Aliases: a word and a number by which people speak of a request on the phone, such as *Galet 412*. Drawn by chance, an alias says
//! nothing of anyone and proves nothing.

use std::sync::LazyLock;

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::schemas;

/// The words, one a line, behind some lines that say what they are.
const LIST: &str = include_str!("../../../seeds/aliases.txt");

/// The numbers: three digits that are read out one by one, and begin with neither 0, 1 nor 9.
const NUMBERS: std::ops::RangeInclusive<u16> = 200..=899;

static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect());

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Alias(String);

impl Alias {
    /// One that chance gives. Whether it is in use is for the database to say.
    pub fn draw() -> Self {
        let mut chance = rand::rng();
        let number = chance.random_range(NUMBERS);
        let word = WORDS.get(chance.random_range(0..WORDS.len().max(1))).copied().unwrap_or("Galet");
        Self(format!("{word} {number}"))
    }

    /// One that was drawn before: a word that left the list since goes on being an alias.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is read out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Alias {
    type Error = String;

    /// As someone types what they heard: in any case, with accents or without.
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "must be a word and a number from 200 to 899, such as Galet 412".to_owned();
        let (word, number) = text.trim().rsplit_once(' ').ok_or_else(wrong)?;
        let heard = plain(word);
        if word.is_empty() || !word.chars().all(char::is_alphabetic) || number.len() != 3 {
            return Err(wrong());
        }
        let number: u16 = number.parse().map_err(|_error| wrong())?;
        if !NUMBERS.contains(&number) {
            return Err(wrong());
        }
        // A word that is not in the list is nobody's alias now, or one's from before it left the list.
        let word = WORDS.iter().find(|known| plain(known) == heard).copied().unwrap_or(word);
        Ok(Self(format!("{word} {number}")))
    }
}

/// A word in small letters without accents.
fn plain(word: &str) -> String {
    let letter = |letter: char| match letter {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        other => other,
    };
    word.trim().to_lowercase().chars().map(letter).collect()
}

crate::schemas::own! {
    Alias as "Alias" => schemas::text("^[A-ZÀ-Ý][a-zà-ÿ]+ [2-8][0-9]{2}$", 40, "Galet 412", "A word and a number by which people speak of a request on the phone. It says nothing of anyone and proves nothing.");
}
