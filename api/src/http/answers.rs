//! How handlers answer: a record with its ETag, a new one with its Location, and the errors every operation shares.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

use crate::error::Problem;
use crate::etag::etag;

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
