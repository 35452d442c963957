//! The second factor of local accounts: codes of six digits that a telephone makes by the time (TOTP, RFC 6238), and codes on paper for when
//! it is lost.

use rand::TryRngCore as _;
use totp_rs::{Algorithm, Secret, TOTP};

use super::one_time_code::OneTimeCode;
use crate::clock::Instant;

/// Bytes of the secret: as many as the hash has (RFC 4226, section 4).
const SECRET_BYTES: usize = 20;
/// Seconds of a time step.
const STEP_S: i64 = 30;
/// Steps a telephone's clock may be off, before and behind.
const SKEW: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;

/// What a telephone and this service share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

/// Without the secret.
impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl TotpSecret {
    /// A new one.
    pub fn new() -> Result<Self, rand::rand_core::OsError> {
        let mut secret = [0_u8; SECRET_BYTES];
        rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
        Ok(Self(secret))
    }

    /// One that nobody has: where there is no account, a code is compared with its codes, so that it takes as long.
    pub const STAND_IN: Self = Self([0; SECRET_BYTES]);

    /// Of its bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is typed into a telephone (base 32, RFC 4648).
    pub fn base32(&self) -> String {
        Secret::Raw(self.0.to_vec()).to_encoded().to_string()
    }

    /// Of what [`Self::base32`] gives.
    pub fn from_base32(text: &str) -> Option<Self> {
        Self::from_bytes(&Secret::Encoded(text.to_owned()).to_bytes().ok()?)
    }

    /// The address by which a telephone takes it (`otpauth://`), for an account of this name.
    pub fn url(&self, account: &str) -> Option<String> {
        // A colon would part the name from the issuer.
        Some(self.totp(Some("Havre"), &account.replace(':', " "))?.get_url())
    }

    /// The time step of which a code is the code: that of `now`, or one beside it. None of a code that is wrong, or whose step is not behind
    /// the last one that was taken: no code is taken twice.
    pub fn step_of(&self, code: &str, now: Instant, last: i64) -> Option<i64> {
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let totp = self.totp(None, "")?;
        let at = now.utc().timestamp().div_euclid(STEP_S);
        let mut found = None;
        for step in (at - SKEW)..=(at + SKEW) {
            let made = totp.generate(u64::try_from(step.checked_mul(STEP_S)?).ok()?);
            // All are looked at, whole: how long it takes tells nothing of them.
            if same(&made, &code) && step > last {
                found = Some(step);
            }
        }
        found
    }

    /// The code at an instant.
    pub fn code(&self, at: Instant) -> Option<String> {
        Some(self.totp(None, "")?.generate(u64::try_from(at.utc().timestamp()).ok()?))
    }

    fn totp(&self, issuer: Option<&str>, account: &str) -> Option<TOTP> {
        let (skew, step) = (0, u64::try_from(STEP_S).ok()?);
        TOTP::new(Algorithm::SHA1, DIGITS, skew, step, self.0.to_vec(), issuer.map(str::to_owned), account.to_owned()).ok()
    }
}

/// Compares two texts in a time that their letters do not change.
fn same(one: &str, other: &str) -> bool {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(one) == Sha256::digest(other)
}

/// What somebody typed as a second factor: a code of the telephone, or one from paper.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    /// Six digits, or what was meant to be.
    Telephone(String),
    /// A recovery code.
    Paper(OneTimeCode),
}

impl SecondFactor {
    /// What was typed, whichever it is.
    pub fn typed(text: &str) -> Self {
        match OneTimeCode::try_from(text.trim().to_owned()) {
            Ok(code) => Self::Paper(code),
            Err(_why) => Self::Telephone(text.trim().to_owned()),
        }
    }
}
