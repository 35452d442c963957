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
pub struct IfMatch(Option<Seen>);

#[derive(Clone, Debug)]
enum Seen {
    /// `*`: whatever it says now.
    Any,
    /// One of these tags. Weak ones (`W/…`) are among them and match nothing.
    Tags(Vec<String>),
}

impl IfMatch {
    /// Refuses an edit of a record that changed since, and one that does not say what it saw. Asked after the record is found, so that
    /// a record one may not see answers like one that is not there.
    pub fn check(&self, declared: &impl Serialize) -> Result<(), Problem> {
        let matches = match &self.0 {
            None => return Err(Problem::new(Code::IfMatchMissing, "Read the record and send its ETag in `If-Match`.")),
            Some(Seen::Any) => true,
            Some(Seen::Tags(tags)) => tags.contains(&etag(declared)?),
        };
        if matches {
            Ok(())
        } else {
            Err(Problem::new(
                Code::EtagMismatch,
                "Someone edited the record in between. Read it again and repeat the edit on what it says now.",
            ))
        }
    }

    /// Whatever it says now.
    pub fn any() -> Self {
        Self(Some(Seen::Any))
    }

    fn parse(header: &str) -> Result<Self, Problem> {
        if header.trim() == "*" {
            return Ok(Self(Some(Seen::Any)));
        }
        let tags: Vec<_> = header.split(',').map(|tag| tag.trim().to_owned()).collect();
        let is_tag = |tag: &String| {
            let opaque = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            opaque.is_some_and(|opaque| opaque.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
        };
        if tags.iter().all(is_tag) {
            Ok(Self(Some(Seen::Tags(tags))))
        } else {
            Err(Problem::parameter("If-Match", "must be the ETag of the record, quotes included, or `*`"))
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request
            .headers()
            .get(header::IF_MATCH)
            .filter(|value| !value.is_empty())
            .map(|value| value.to_str().unwrap_or_default());
        std::future::ready(header.map_or(Ok(Self(None)), Self::parse))
    }
}
