//! Pages that keep up: what one shows stands until something happens that its reader reads of in the feed, or an hour comes at which it changes by
//! itself. Where scripts run, the page asks again every few seconds with the tag of what it has; while that stands nothing is read, and nothing
//! noted.

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta};
use maud::{Markup, html};

use super::words;
use crate::clock::Instant;
use crate::db::{DbError, Reading, events};
use crate::domain::Reach;
use crate::domain::ids::AccountId;
use crate::language::Language;
use crate::web::problem::Problem;

/// What no feed tells is looked at again after this time: that people are near each other who must not meet, a name that was changed.
const AT_MOST: TimeDelta = TimeDelta::minutes(5);

/// Of whom, in which language and when what a page shows was read, and until when it stands if nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    reader: AccountId,
    language: Language,
    position: i64,
    until: Instant,
}

impl AsOf {
    /// What is read now; it changes by itself at the first of these instants that is to come.
    pub fn read(reading: &mut Reading<'_>, reader: AccountId, changes: impl Iterator<Item = Instant>) -> Result<Self, DbError> {
        let (now, position) = (reading.now, events::head(reading.conn)?);
        let first = changes.filter(|at| now < *at).min();
        let at_most = now.plus(AT_MOST);
        Ok(Self { reader, language: Language::current(), position, until: first.map_or(at_most, |at| at.min(at_most)) })
    }

    /// As the header has it, without quotes.
    pub fn tag(&self) -> String {
        let (until, reader) = (self.until.utc().timestamp_micros(), self.reader.0.simple());
        format!("{}.{until}.{reader}.{}", self.position, self.language.code())
    }

    fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('.');
        let (position, until, reader) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let language = Language::of_code(parts.next()?)?;
        Some(Self { reader: AccountId(reader), language, position, until: Instant::new(DateTime::from_timestamp_micros(until)?) })
    }
}

/// What a browser has already, if it says so.
#[derive(Clone, Debug, Default)]
pub struct Has(Option<String>);

impl FromRequest for Has {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let tag = given.map(|given| given.trim().trim_start_matches("W/").trim_matches('"').to_owned());
        std::future::ready(Ok(Self(tag)))
    }
}

impl Has {
    /// Whether it is still as things stand for this reader.
    pub fn stands(&self, reading: &mut Reading<'_>, reach: Reach, reader: AccountId) -> Result<bool, DbError> {
        let Some(known) = self.0.as_deref().and_then(AsOf::parse) else { return Ok(false) };
        let is_theirs = known.reader == reader && known.language == Language::current();
        Ok(is_theirs && reading.now < known.until && !events::any_behind(reading.conn, reach, known.position)?)
    }

    /// Whether it is what this tag is of.
    pub fn is(&self, tag: &str) -> bool {
        self.0.as_deref() == Some(tag)
    }
}

/// Whether a request is a page that looks again by itself, or waits to be woken, and nobody's doing.
pub fn looks_again(request: &HttpRequest) -> bool {
    let waits = request.headers().get(ACCEPT).is_some_and(|accept| accept == "text/event-stream");
    request.method() == actix_web::http::Method::GET && (waits || request.headers().contains_key(IF_NONE_MATCH))
}

/// The answer to a browser that has it all.
pub fn unchanged() -> HttpResponse {
    HttpResponse::NotModified().finish()
}

/// A page with the tag of what it shows. A weak one: each time a page is sent its forms have other keys.
pub fn tagged(mut page: HttpResponse, tag: &str) -> Result<HttpResponse, Problem> {
    let value = HeaderValue::from_str(&format!("W/\"{tag}\"")).map_err(Problem::internal)?;
    page.headers_mut().insert(ETAG, value);
    Ok(page)
}

/// What of a page keeps up: of which tag it is, where to ask again, and how many things wait, which the tab's title says. `summary` is read out
/// when it changes.
pub fn region(tag: &str, from: &str, count: usize, summary: &str, content: &Markup) -> Markup {
    html! {
        div #a-jour data-live=(tag) data-from=(from) data-count=(count) data-gone=(words::orientations::CHANGED_WHILE_TYPING) {
            p.summary #resume role="status" tabindex="-1" { (summary) }
            (content)
        }
        div.notice hidden data-over { p { (words::orientations::KEEPS_UP_NO_MORE) " " a href=(from) { (words::orientations::RELOAD) } } }
    }
}
