//! Entity tags over the declared fields of a record, and the `If-Match` that guards an edit (RFC 9110 §8.8.3, §13.1.1).
//!
//! Declared fields only: a hold or a confirmation does not make an association's open form stale.

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::{Code, Problem};

/// Bytes of the hash that are kept: enough that two contents never share a tag.
const TAG_BYTES: usize = 16;

/// The strong entity tag of what `declared` says.
pub fn etag(declared: &impl Serialize) -> Result<String, Problem> {
    let json = serde_json::to_vec(declared).map_err(Problem::internal)?;
    let hash = Sha256::digest(json);
    let kept = hash.get(..TAG_BYTES).unwrap_or(&hash);
    Ok(format!("\"{}\"", URL_SAFE_NO_PAD.encode(kept)))
}

/// What the caller last saw of the record it edits.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Refuses an edit of a record that changed since, and one that does not say what it saw. Asked after the record is found, so that
    /// a record one may not see answers like one that is not there.
    pub fn check(&self, declared: &impl Serialize) -> Result<(), Problem> {
        let Some(header) = &self.0 else {
            return Err(Problem::new(Code::IfMatchMissing, "Read the record and send its ETag in `If-Match`."));
        };
        let tag = etag(declared)?;
        if header.trim() == "*" || header.split(',').any(|candidate| candidate.trim() == tag) {
            Ok(())
        } else {
            Err(Problem::new(Code::EtagMismatch, "Someone edited the record in between. Read it again and repeat the edit on what it says now."))
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default().to_owned());
        std::future::ready(Ok(Self(header)))
    }
}
