//! Passwords of local accounts: which may be chosen, and what is kept of one.
//!
//! Which: OWASP ASVS 5.0, chapter 6.2 (12 characters at least, no rule about their kinds, none that is common). What is kept: Argon2id with
//! the parameters of OWASP's cheat sheet on storing passwords.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};

use crate::limits;

/// What somebody typed as a password. Its `Debug` hides it, and its memory is overwritten when it goes.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakPassword {
    /// It has fewer characters than it must.
    Short,
    /// It has more characters than are taken.
    Long,
    /// It is common, or made of what everybody would try first.
    Common,
}

/// A hash that nothing fits: where there is no account, it is what a password is compared with, so that it takes as long.
const STAND_IN: &str = "$argon2id$v=19$m=19456,t=2,p=1$FsCAn366DfBz95rFx80Xyg$NdwytfCEpCHnso+L74Cih5/CMoGmCNiGesPK2l2I9bE";

/// Characters from which on a word that is known of somebody may not stand in their password.
const KNOWN_CHARS: usize = 5;

impl Password {
    /// As it was typed: nothing is cut off, and nothing changed.
    pub fn typed(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// Whether it may be chosen by somebody of whom this is known: a mail address, an organisation. An estimate of how many guesses it takes
    /// knows the lists of common ones.
    pub fn check(&self, known: &[&str]) -> Result<(), WeakPassword> {
        let text = self.0.expose_secret();
        let long = text.chars().count();
        if long < limits::PASSWORD_CHARS_MIN {
            return Err(WeakPassword::Short);
        }
        if long > limits::PASSWORD_CHARS_MAX {
            return Err(WeakPassword::Long);
        }
        // What stands on every letter to them is no secret, however long it is.
        let folded = text.to_lowercase();
        let mut words = known.iter().flat_map(|known| [Some(*known), known.split_once('@').map(|(user, _)| user)]).flatten();
        if words.any(|word| word.chars().count() >= KNOWN_CHARS && folded.contains(&word.to_lowercase())) {
            return Err(WeakPassword::Common);
        }
        let mut known: Vec<&str> = known.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric())).collect();
        known.push("havre");
        let is_common = zxcvbn::zxcvbn(text, &known).score() < zxcvbn::Score::Three;
        if is_common { Err(WeakPassword::Common) } else { Ok(()) }
    }

    /// What is kept of it, as a PHC string. It takes 19 MiB and some tens of milliseconds: not for an async thread.
    ///
    /// # Errors
    /// Where the machine gives no randomness.
    pub fn hash(&self) -> Result<String, argon2::password_hash::Error> {
        hasher().hash_password(self.0.expose_secret().as_bytes()).map(|hash| hash.to_string())
    }

    /// Whether it is the one a hash was made of; with no hash it takes as long and is not.
    pub fn fits(&self, hash: Option<&str>) -> bool {
        // What is longer than any that may be chosen is none of them.
        let typed: &[u8] = match self.0.expose_secret() {
            text if text.chars().count() <= limits::PASSWORD_CHARS_MAX => text.as_bytes(),
            _ => b"",
        };
        let Ok(parsed) = PasswordHash::new(hash.unwrap_or(STAND_IN)) else { return false };
        hasher().verify_password(typed, &parsed).is_ok() && hash.is_some()
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}
