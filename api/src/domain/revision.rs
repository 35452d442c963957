//! What someone last saw of a record they edit, and the tag by which that is told from how the record stands now.
//!
//! A tag is made of declared fields only: a hold or a confirmation does not make an association's open page stale.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Denied;

/// Bytes of the hash that are kept: enough that two contents never share a tag.
const TAG_BYTES: usize = 16;

/// The tag of what is declared of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// The tag of what `declared` says.
    pub fn of(declared: &impl Serialize) -> Self {
        // What cannot be written as JSON has no field that is shown: it has one tag, which matches no other.
        let json = serde_json::to_vec(declared).unwrap_or_default();
        let hash = Sha256::digest(json);
        Self(URL_SAFE_NO_PAD.encode(hash.get(..TAG_BYTES).unwrap_or(&hash)))
    }

    /// As it is written, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the author of an edit last saw of the record.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nothing is said of it.
    Nothing,
    /// Whatever it says now.
    Anything,
    /// One of these tags.
    Tags(Vec<String>),
}

impl Seen {
    /// Refuses an edit of a record that changed since, and one that does not say what it saw. Asked after the record is found, so that a record
    /// one may not see answers like one that is not there.
    pub fn check(&self, declared: &impl Serialize) -> Result<(), Denied> {
        match self {
            Self::Nothing => Err(Denied::NothingSeen),
            Self::Anything => Ok(()),
            Self::Tags(_) => self.check_tag(&Tag::of(declared)),
        }
    }

    /// The same of a record whose tag is made.
    pub fn check_tag(&self, tag: &Tag) -> Result<(), Denied> {
        match self {
            Self::Nothing => Err(Denied::NothingSeen),
            Self::Anything => Ok(()),
            Self::Tags(tags) if tags.iter().any(|seen| seen == tag.as_str()) => Ok(()),
            Self::Tags(_) => Err(Denied::ChangedSince),
        }
    }
}
