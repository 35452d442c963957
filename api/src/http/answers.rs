//! How handlers answer: a record with its ETag, a new one with its Location, and the errors every operation shares.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

use crate::error::Problem;
use crate::etag::etag;
use crate::limits;

/// A record as it stands, with the tag of what is declared of it.
pub fn record(record: &impl Serialize, declared: &impl Serialize) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(declared)?)).json(record))
}

/// A new record, with its tag and its place.
pub fn created(record: &impl Serialize, declared: &impl Serialize, location: String) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Created()
        .insert_header((header::ETAG, etag(declared)?))
        .insert_header((header::LOCATION, location))
        .json(record))
}

/// A new record that is not ready yet, with its place and when to look there again.
pub fn accepted(record: &impl Serialize, location: String) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Accepted()
        .insert_header((header::ETAG, etag(record)?))
        .insert_header((header::LOCATION, location))
        .insert_header((header::RETRY_AFTER, limits::PLAN_RETRY_AFTER_S))
        .json(record))
}
