//! The documentation of the API: the document itself, and the pages that show it.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, http::StatusCode};
use utoipa_swagger_ui::Config;

use super::{Page, see};
use crate::commands::Service;
use crate::web::answers;
use crate::web::openapi;
use crate::web::problem::{Code, Problem};

/// Nothing of it is sent to a validator elsewhere.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/api/v1/openapi.json").validator_url("none")));

/// The document, its examples of today.
pub async fn document(service: Data<Service>) -> Page {
    let today = service.db().clock().now().utc().date_naive();
    answers::json(&openapi::document_of(today).map_err(Problem::internal)?)
}

/// On to the pages.
pub async fn folder() -> Page {
    Ok(see("/docs/"))
}

/// A file of the pages, which stand in the program.
pub async fn show(tail: Path<String>) -> Page {
    let file = utoipa_swagger_ui::serve(&tail, Arc::clone(&CONFIG)).map_err(Problem::internal)?;
    let file = file.ok_or_else(|| Problem::new(Code::NoSuchPath, "The documentation stands at /docs/."))?;
    let mut answer = HttpResponse::build(StatusCode::OK);
    answer.content_type(file.content_type).insert_header((header::CONTENT_LANGUAGE, "en"));
    if file.gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(file.bytes.into_owned()))
}
