//! Links in mails: whoever holds one answers one question of one referral in its addressee's stead, without an account (design §8).
//!
//! A code is chance. Of it a hash is kept, and what it is bound to: the addressee, the address it was sent to, the step of the referral. A copy
//! of what is kept opens nothing and lets nobody make a code that would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use matcher::Beds;
use rand::TryRngCore as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::ids::{OrganisationId, ReferralId};
use super::{Faults, Referral};
use crate::clock::Instant;

/// The code of a link: 256 random bits, as they stand in its path.
#[derive(Clone)]
pub struct LinkCode(String);

impl LinkCode {
    /// A new one.
    pub fn new() -> Result<Self, rand::rand_core::OsError> {
        let mut secret = [0_u8; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(secret)))
    }

    /// What somebody sends as one.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it stands in the path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"havre link ").chain_update(self.0.as_bytes()).finalize().into()
    }

    /// What is kept of the address it is sent to. Whoever has not the code cannot even try addresses.
    pub fn of_address(&self, address: &str) -> String {
        let hash = Sha256::new().chain_update(b"havre link to ").chain_update(self.0.as_bytes()).chain_update(address.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}

/// What a link is bound to.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The addressee it was sent to.
    pub organisation: OrganisationId,
    /// The referral.
    pub referral: ReferralId,
    /// At which of its steps.
    pub step: u32,
    /// [`LinkCode::of_address`].
    pub address: String,
    /// When it is over, whatever happens.
    pub expires_at: Instant,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answers.
    Good,
    /// Its addressee has answered a moment ago: it takes that back, and no more.
    Answered,
    /// It opens nothing any more.
    Over,
}

impl Bound {
    /// How the link stands: dead with the step it was sent at, whoever took the next, but for some time in which its own addressee may take its
    /// answer back.
    pub fn standing(&self, referral: &Referral, now: Instant, undo: TimeDelta) -> Standing {
        let own = |last: &super::referral::LastStep| {
            last.by == Some(self.organisation)
                && last.is_of_addressee()
                && last.before.course.steps == self.step
                && now < last.at.plus(undo)
        };
        if self.organisation != referral.addressee {
            Standing::Over
        } else if self.step == referral.course.steps && now < self.expires_at {
            Standing::Good
        } else if referral.last.as_ref().is_some_and(own) {
            Standing::Answered
        } else {
            Standing::Over
        }
    }
}

/// One bed more or less, from what its author saw: of two taps on one page one counts.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountByLink {
    /// The beds that were seen.
    #[serde(deserialize_with = "beds")]
    #[schema(minimum = 1, maximum = 100_000)]
    pub from: u32,
    /// The beds there are.
    #[serde(deserialize_with = "beds")]
    #[schema(minimum = 1, maximum = 100_000)]
    pub to: u32,
}

/// Somebody who did not come through Havre has one of the beds that were seen.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenByLink {
    /// The beds that were seen.
    #[serde(deserialize_with = "beds")]
    #[schema(minimum = 1, maximum = 100_000)]
    pub from: u32,
}

/// Beds as a vacancy has them.
fn beds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Beds::deserialize(deserializer).map(Beds::get)
}

impl Faults for CountByLink {}
impl Faults for TakenByLink {}
