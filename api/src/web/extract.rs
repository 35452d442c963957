//! What handlers take from a request, parsed before they run: bodies, query and path parameters, headers. Whatever is wrong becomes a [`Problem`].

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use utoipa::ToSchema;
use uuid::Uuid;

use super::arrival::unread;
use super::auth::Known;
use super::mend::all_wrong;
use super::openapi;
use super::problem::{Code, Problem};
use crate::clock::Instant;
use crate::commands::Said;
use crate::domain::Faults;
use crate::json::{self, JsonFault};
use crate::limits;

/// A JSON body, read within the limit, parsed and free of contradictions.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// What it says, to tell one command from another under the same key.
    pub said: Said,
}

impl<T: DeserializeOwned + Faults + ToSchema + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let announced = announced(request);
        let now = now(request);
        let mut payload = payload.take();
        Box::pin(async move {
            if announced > limits::BODY_BYTES_MAX {
                return Err(body_too_large());
            }
            let bytes = read_limited(&mut payload).await?;
            if bytes.is_empty() {
                return Err(Problem::new(
                    Code::UnreadableBody,
                    "The body is missing: send the JSON that the documentation describes.",
                ));
            }
            media_type?;
            parse_body(&bytes, now).map(|value| Self { value, said: said(&bytes) })
        })
    }
}

/// A JSON body that may be left out, or null, which both say the same as an empty object.
pub struct OptionalBody<T> {
    /// What it says.
    pub value: T,
    /// What it says, to tell one command from another under the same key.
    pub said: Said,
}

impl<T: DeserializeOwned + Faults + ToSchema + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let announced = announced(request);
        let now = now(request);
        let mut payload = payload.take();
        Box::pin(async move {
            if announced > limits::BODY_BYTES_MAX {
                return Err(body_too_large());
            }
            let bytes = read_limited(&mut payload).await?;
            if bytes.is_empty() {
                return Ok(Self { value: T::default(), said: said(b"{}") });
            }
            media_type?;
            if bytes.trim_ascii() == b"null" {
                return Ok(Self { value: T::default(), said: said(b"{}") });
            }
            parse_body(&bytes, now).map(|value| Self { value, said: said(&bytes) })
        })
    }
}

/// The instant as of which a request of a known caller is answered.
fn now(request: &HttpRequest) -> Option<Instant> {
    request.extensions().get::<Known>().map(|known| known.pulse.now)
}

/// A body as what it is read for, or all that is wrong with it.
pub fn parse_body<T: DeserializeOwned + Faults + ToSchema>(bytes: &[u8], now: Option<Instant>) -> Result<T, Problem> {
    let body: T = json::parse(bytes).map_err(|fault| match fault {
        JsonFault::Unreadable(why) => Problem::new(Code::UnreadableBody, why),
        JsonFault::Field(field, why) => {
            let wrong = all_wrong::<T>(bytes, &T::name(), openapi::schemas(), (field, why));
            Problem::fields(Code::InvalidBody, wrong)
        }
    })?;
    let faults = now.map_or_else(|| body.faults(), |now| body.faults_at(now));
    if faults.is_empty() { Ok(body) } else { Err(Problem::fields(Code::Contradiction, faults)) }
}

/// The length a body is announced with.
fn announced(request: &HttpRequest) -> usize {
    request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// What a body says as values: white space, the order of names and the spelling of a number do not matter.
fn said(body: &[u8]) -> Said {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    Said::values([canonical(&value).as_bytes()])
}

fn canonical(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            let mut named: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}:{}", canonical(value))).collect();
            named.sort_unstable();
            format!("{{{}}}", named.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Number(number) => spelled(number),
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

/// A number as one text, however it was written: `30`, `30.0` and `3e1` are one, and so are `0` and `-0.0`. Whole numbers too great for a
/// float are told apart.
fn spelled(number: &serde_json::Number) -> String {
    const WHOLE_TO: f64 = 9_007_199_254_740_992.0;
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) if value.fract() == 0.0 && value.abs() <= WHOLE_TO => format!("{:.0}", value + 0.0),
        _ => number.to_string(),
    }
}

async fn read_limited(payload: &mut Payload) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unread(&error))?;
        if bytes.len().saturating_add(chunk.len()) > limits::BODY_BYTES_MAX {
            return Err(body_too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn body_too_large() -> Problem {
    Problem::new(Code::BodyTooLarge, format!("A body has at most {} bytes.", limits::BODY_BYTES_MAX))
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType, "Send the body with `Content-Type: application/json`."))
    }
}

/// The parameters of the query; unknown ones are refused.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse_params(request.query_string()).map(Self).map_err(Problem::parameters))
    }
}

/// The parameters of a query, or all that are wrong: each is named and left out, and the others are read again.
fn parse_params<T: DeserializeOwned>(query: &str) -> Result<T, Vec<(String, String)>> {
    let mut query = Cow::Borrowed(query);
    let mut wrong = Vec::new();
    loop {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let (name, why) = match serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)) {
            Ok(params) if wrong.is_empty() => return Ok(params),
            Ok(_) => return Err(wrong),
            Err(error) => {
                let path = error.path().to_string();
                json::name_field(&path, &error.into_inner().to_string())
            }
        };
        let others: Vec<_> = form_urlencoded::parse(query.as_bytes()).filter(|(of, _)| *of != name).collect();
        let is_last = others.len() == pairs.count() || wrong.len() >= limits::WRONG_FIELDS_MAX;
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
        wrong.push((name, why));
        if is_last {
            return Err(wrong);
        }
        query = Cow::Owned(rest);
    }
}

/// An id in the path.
#[derive(Clone, Copy)]
pub struct Id(pub Uuid);

impl FromRequest for Id {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(path_id(request, 0).map(Self))
    }
}

/// Two ids in the path: of a record, and of one that belongs to it.
#[derive(Clone, Copy)]
pub struct TwoIds(pub Uuid, pub Uuid);

impl FromRequest for TwoIds {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(path_id(request, 0).and_then(|first| Ok(Self(first, path_id(request, 1)?))))
    }
}

fn path_id(request: &HttpRequest, place: usize) -> Result<Uuid, Problem> {
    let (name, text) = request.match_info().iter().nth(place).unwrap_or_default();
    Uuid::try_parse(text).map_err(|_error| Problem::parameter(name, "must be a UUID, such as those in `id`"))
}

/// The key of a command, from `Idempotency-Key`: bare or quoted, as RFC 8941 writes strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The header's name.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

impl IdempotencyKey {
    /// The key without quotes.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The key that a form of a page carries.
    pub fn of_form(field: &str) -> Result<Self, Problem> {
        Self::parse(field)
    }

    fn parse(header: &str) -> Result<Self, Problem> {
        let quoted = header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let key = quoted.unwrap_or(header);
        let fits = (1..=limits::IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if fits {
            Ok(Self(key.to_owned()))
        } else {
            Err(Problem::parameter(
                IDEMPOTENCY_KEY,
                format!(
                    "must be 1 to {} visible ASCII characters without quotes or blanks, such as a UUID",
                    limits::IDEMPOTENCY_KEY_CHARS_MAX
                ),
            ))
        }
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(match key_header(request) {
            Ok(Some(key)) => Ok(key),
            Ok(None) => Err(Problem::new(
                Code::IdempotencyKeyMissing,
                "Send `Idempotency-Key` with a value of your own, such as a new UUID; the same value repeats the same command safely.",
            )),
            Err(problem) => Err(problem),
        })
    }
}

/// The key of an edit, which may go without: `If-Match` already keeps it from happening twice.
pub struct OptionalIdempotencyKey(pub Option<IdempotencyKey>);

impl FromRequest for OptionalIdempotencyKey {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(key_header(request).map(Self))
    }
}

fn key_header(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    match request.headers().get(IDEMPOTENCY_KEY) {
        None => Ok(None),
        Some(header) if header.is_empty() => Ok(None),
        Some(header) => IdempotencyKey::parse(header.to_str().unwrap_or_default()).map(Some),
    }
}
