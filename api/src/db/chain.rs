//! What makes the two logs tamper-evident: each row carries a hash over itself and the hash of the row before.
//!
//! Who changes, removes or inserts a row breaks every hash behind it. `havre verify` walks both logs.

use sha2::{Digest as _, Sha256};

/// The hash of a row: over the hash before it (nothing for the first) and the row's fields, each with its length, so that no two rows
/// have the same bytes.
pub(super) fn hash(before: Option<&[u8]>, fields: &[&[u8]]) -> Vec<u8> {
    let mut hashed = Sha256::new();
    for field in std::iter::once(&before.unwrap_or_default()).chain(fields) {
        let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
        hashed.update(length.to_be_bytes());
        hashed.update(field);
    }
    hashed.finalize().to_vec()
}

/// What a walk along a log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written, up to this many.
    Sound(i64),
    /// The first row that is not, or is missing.
    Broken(i64),
}
