//! Whether the service lives, and whether it can do its work. Both answer without a token.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::Service;
use crate::web::answers;
use crate::web::problem::Problem;

/// That it lives.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

const HEALTH: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Ask whether the service lives
///
/// Answers as long as the process does, whatever the state of the database: for whoever restarts processes.
#[utoipa::path(get, path = "", tag = "service", security(()),
    responses((status = 200, description = "It lives.", body = Health)))]
pub async fn health() -> Result<HttpResponse, Problem> {
    answers::json(&HEALTH)
}

/// Ask whether the service can work
///
/// Answers 200 when the database answers, 503 when it does not: for whoever balances load.
#[utoipa::path(get, path = "", tag = "service", security(()),
    responses((status = 200, description = "It can work.", body = Health)))]
pub async fn readiness(service: Data<Service>) -> Result<HttpResponse, Problem> {
    service.pulse().await?;
    answers::json(&HEALTH)
}
