//! Tokens of clients and secrets of links: how one is made, and what is kept of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};

/// What the database keeps of a token. Tokens are 256 random bits, so a plain hash is enough: there is nothing to guess.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new token. The prefix lets secret scanners find one that was committed by mistake.
pub fn new_token() -> Result<String, rand::rand_core::OsError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
    Ok(format!("hvr_{}", URL_SAFE_NO_PAD.encode(secret)))
}
