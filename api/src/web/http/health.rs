//! Whether the service lives, and whether it can do its work. Both answer without a token.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::Service;
use crate::commands::standing::SnapshotStanding;
use crate::db::SchemaFit;
use crate::web::answers;
use crate::web::problem::{Code, Problem};

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

/// That it can work, and on what.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// `as_known`, or `newer` where a later program has migrated the database: this one goes on, and does not start again.
    #[schema(example = "as_known")]
    schema: &'static str,
    snapshot: SnapshotReadiness,
}

/// How it stands with what is matched, as this instance has it in memory. A ranking waits until it is as new as the log.
#[derive(Serialize, ToSchema)]
pub struct SnapshotReadiness {
    /// The position of the log of events that it has reached; 0 before it was first read.
    #[schema(example = 4711)]
    position: i64,
    /// Events that it does not know yet.
    #[schema(example = 0)]
    lag: i64,
    /// For how many seconds the oldest of these has been there; 0 where it knows all.
    #[schema(example = 0.0)]
    age_s: f64,
    /// Units that are matched.
    #[schema(example = 312)]
    units: usize,
}

impl SnapshotReadiness {
    fn of(standing: SnapshotStanding) -> Self {
        let SnapshotStanding { position, lag, age_s, units, .. } = standing;
        Self { position, lag, age_s, units }
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Ask whether the service lives
///
/// Answers as long as the process does, whatever the state of the database: for whoever restarts processes.
#[utoipa::path(get, path = "", tag = "service", security(()),
    responses((status = 200, description = "It lives.", body = Health)))]
pub async fn health() -> Result<HttpResponse, Problem> {
    answers::json(&Health { status: "ok", version: VERSION })
}

/// Ask whether the service can work
///
/// Answers 200 where the database and the key store answer and the schema has all that this program needs; 503 where that is not so, and while the
/// instance stops: `detail` says what is missing. For whoever balances load.
#[utoipa::path(get, path = "", tag = "service", security(()),
    responses((status = 200, description = "It can work.", body = Readiness)))]
pub async fn readiness(service: Data<Service>) -> Result<HttpResponse, Problem> {
    if service.live().is_stopping() {
        return Err(Problem::new(Code::Unavailable, "This instance is stopping: ask another."));
    }
    let pulse = service.pulse().await?;
    let schema = match service.fitness().await? {
        SchemaFit::AsKnown => "as_known",
        SchemaFit::Newer(_) => "newer",
        SchemaFit::Older(_) => {
            return Err(Problem::new(
                Code::Unavailable,
                "The database lacks migrations of this program: start it anew, or run `havre migrate`.",
            ));
        }
    };
    let snapshot = SnapshotReadiness::of(service.behind(pulse).await?);
    answers::json(&Readiness { status: "ok", version: VERSION, schema, snapshot })
}
