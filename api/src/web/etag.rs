//! What an edit says it saw: `If-Match` (RFC 9110 §13.1.1), read by actix's own header types.

use actix_web::http::header::{self, ETag, EntityTag, Header as _};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Serialize;

use super::problem::Problem;
use crate::domain::{Seen, Tag};

/// The strong entity tag of what is declared of a record.
pub fn etag(declared: &impl Serialize) -> ETag {
    ETag(EntityTag::new_strong(Tag::of(declared).as_str().to_owned()))
}

/// What the caller last saw of the record it edits.
pub struct IfMatch(pub Seen);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(seen(request).map(Self))
    }
}

fn seen(request: &HttpRequest) -> Result<Seen, Problem> {
    let given = request.headers().get(header::IF_MATCH).filter(|value| !value.is_empty());
    let Some(given) = given else { return Ok(Seen::Nothing) };
    let wrong = || Problem::parameter("If-Match", "must be the ETag of the record, quotes included, or `*`");
    // The library passes over an entry that is no tag; who sends one has made a mistake and should learn of it.
    let entries = given.to_str().map_err(|_error| wrong())?.split(',').count();
    match header::IfMatch::parse(request).map_err(|_error| wrong())? {
        header::IfMatch::Any => Ok(Seen::Anything),
        header::IfMatch::Items(tags) if tags.len() == entries => {
            // A weak tag matches nothing.
            Ok(Seen::Tags(tags.into_iter().filter(|tag| !tag.weak).map(|tag| tag.tag().to_owned()).collect()))
        }
        header::IfMatch::Items(_) => Err(wrong()),
    }
}
