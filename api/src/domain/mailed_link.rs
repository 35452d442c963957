//! Links in mails, signed: whoever holds one opens one referral as its addressee, until it expires, without an account.
//!
//! A link is the referral's id, the instant it expires and an HMAC-SHA256 over both (RFC 2104), under a key all instances share.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use super::ids::ReferralId;
use crate::clock::Instant;

/// What a signature is for: one made for something else under the same key is none of these.
const PURPOSE: &[u8] = b"havre referral link 1";
/// Bytes of the signature that are kept: 128 bits.
const MAC_BYTES: usize = 16;

/// What a link opens, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opens {
    /// The referral.
    pub referral: ReferralId,
    /// When it expires, to the second.
    pub expires_at: Instant,
}

impl Opens {
    /// The link's token.
    pub fn sign(self, key: &[u8]) -> Option<String> {
        let mut token = self.content();
        token.extend_from_slice(mac(key, &token)?.get(..MAC_BYTES)?);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// What a token opens, if this key has signed it. Whether it has expired is for the caller to say.
    pub fn verify(key: &[u8], token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (content, signature) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let (id, seconds) = content.split_first_chunk::<16>()?;
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        hmac.update(PURPOSE);
        hmac.update(content);
        hmac.verify_truncated_left(signature).ok()?;
        let expires_at = DateTime::from_timestamp(i64::from_be_bytes(seconds.try_into().ok()?), 0)?;
        Some(Self { referral: ReferralId(Uuid::from_bytes(*id)), expires_at: Instant::new(expires_at) })
    }

    fn content(self) -> Vec<u8> {
        let seconds = self.expires_at.utc().timestamp().to_be_bytes();
        [self.referral.0.as_bytes().as_slice(), seconds.as_slice()].concat()
    }
}

fn mac(key: &[u8], content: &[u8]) -> Option<[u8; 32]> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    hmac.update(PURPOSE);
    hmac.update(content);
    Some(hmac.finalize().into_bytes().into())
}
