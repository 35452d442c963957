//! How handlers run a command and answer: a record with its ETag, a new one with its Location, a value serialised once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;
use uuid::Uuid;

use super::auth::Actor;
use super::etag::etag;
use super::extract::IdempotencyKey;
use super::operations::Operation;
use super::problem::Problem;
use crate::commands::{Order, Said};
use crate::domain::By;
use crate::limits;

/// The command `P` as its actor gives it: about a record (none when it makes one), saying this, under a key.
pub fn order<P: Operation>(by: &Actor<P>, about: Option<Uuid>, said: Said, key: impl Into<Option<IdempotencyKey>>) -> Order {
    let key = key.into().map(IdempotencyKey::into_string);
    Order { by: By::from(by.caller()), command: P::SPEC.id, key, about, said }
}

/// A value as JSON, written once into the bytes that are sent.
pub fn json(value: &impl Serialize) -> Result<HttpResponse, Problem> {
    body(StatusCode::OK, value)
}

fn body(status: StatusCode, value: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(value).map_err(Problem::internal)?;
    Ok(HttpResponse::build(status).content_type("application/json").body(bytes))
}

/// The same record with something secret beside what was asked: never compressed, since the size of what is compressed together tells of both
/// (BREACH).
pub fn secret(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("identity"));
    answer
}

/// A record as it stands, with the tag of what is declared of it.
pub fn record(record: &impl Serialize, declared: &impl Serialize) -> Result<HttpResponse, Problem> {
    tagged(StatusCode::OK, record, declared)
}

/// A new record, with its tag and its place.
pub fn created(record: &impl Serialize, declared: &impl Serialize, location: &str) -> Result<HttpResponse, Problem> {
    placed(tagged(StatusCode::CREATED, record, declared)?, location)
}

/// A new record that is not ready yet, with its place and when to look there again.
pub fn accepted(record: &impl Serialize, location: &str) -> Result<HttpResponse, Problem> {
    let mut answer = placed(tagged(StatusCode::ACCEPTED, record, record)?, location)?;
    answer.headers_mut().insert(header::RETRY_AFTER, limits::PLAN_RETRY_AFTER_S.into());
    Ok(answer)
}

fn tagged(status: StatusCode, record: &impl Serialize, declared: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut answer = body(status, record)?;
    let tag = header::TryIntoHeaderValue::try_into_value(etag(declared)).map_err(Problem::internal)?;
    answer.headers_mut().insert(header::ETAG, tag);
    Ok(answer)
}

fn placed(mut answer: HttpResponse, location: &str) -> Result<HttpResponse, Problem> {
    let place = header::HeaderValue::from_str(location).map_err(Problem::internal)?;
    answer.headers_mut().insert(header::LOCATION, place);
    Ok(answer)
}
