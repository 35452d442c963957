//! Tokens of clients and secrets of links: how one is made, and what is kept of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};

/// What the database keeps of a token. Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What each secret of a tool begins with, so that scanners find one that was committed by mistake.
const PREFIX: &str = "havre_";
/// Letters of a secret that are drawn: 43 of 62 are more than 256 bits.
const DRAWN: usize = 43;
/// Letters before the checksum, the prefix among them.
const BEFORE: usize = PREFIX.len() + DRAWN;
/// Letters behind them that follow from them.
const CHECKSUM: usize = 6;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new secret of a tool: `havre_`, 43 letters and digits that are drawn, and 6 that follow from all before them.
pub fn new_secret() -> Result<String, rand::rand_core::OsError> {
    let mut secret = PREFIX.to_owned();
    while secret.len() < BEFORE {
        let mut bytes = [0_u8; 64];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
        // Four times 62: each letter comes as often as any other.
        let fair = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| LETTERS.get(usize::from(byte % 62)));
        let missing = BEFORE.saturating_sub(secret.len());
        secret.extend(fair.take(missing).map(|letter| char::from(*letter)));
    }
    secret.push_str(&checksum(&secret));
    Ok(secret)
}

/// Whether a token begins as the secret of a tool does and is none: a letter is missing or wrong, so that it was copied badly.
pub fn is_miscopied(token: &str) -> bool {
    let Some(rest) = token.strip_prefix(PREFIX) else { return false };
    let whole = rest.len() == DRAWN + CHECKSUM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    !whole || token.split_at_checked(BEFORE).is_none_or(|(drawn, said)| checksum(drawn) != said)
}

/// Six letters of 62, by the first four bytes of a hash.
fn checksum(drawn: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(drawn.as_bytes()).into();
    let mut number = hash.first_chunk().copied().map_or(0, u32::from_be_bytes);
    let mut letters = String::with_capacity(CHECKSUM);
    for _ in 0..CHECKSUM {
        let at = usize::try_from(number % 62).unwrap_or(0);
        letters.extend(LETTERS.get(at).map(|letter| char::from(*letter)));
        number /= 62;
    }
    letters
}

/// A new token. The prefix lets secret scanners find one that was committed by mistake.
pub fn new_token() -> Result<String, rand::rand_core::OsError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
    Ok(format!("hvr_{}", URL_SAFE_NO_PAD.encode(secret)))
}
