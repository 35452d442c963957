//! The two logs: what was done, which each reads as far as it is theirs, and who read what, which auditors read.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, ReadAccessLog, ReadEvents};
use crate::db::access_log::{self, StoredAccess};
use crate::db::events::{self, StoredEvent};
use crate::db::types::Instant;
use crate::domain::{RecordKind, Role};
use crate::error::Problem;
use crate::extract::Params;
use crate::paging::{Cursor, Page, PageLimit, position_as_id};
use crate::schemas;

/// Something that was done to a record. No personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Its place in the log: they rise in the order of commit. A caller that does not see all events sees gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// When.
    #[schema(value_type = schemas::Timestamp)]
    at: Instant,
    /// The command: an operationId, or what the service did by itself (`expireReferral`, `remindReferral`, `supersedeReferral`,
    /// `resizeReferral`, `finishPlan`, `seed`, `addClient`, `revokeClient`).
    #[schema(example = "createReferral")]
    command: String,
    /// By which organisation; null for what time or the command line did.
    #[schema(required)]
    by_organisation_id: Option<Uuid>,
    /// By which of its clients; null where it is another organisation's.
    #[schema(required)]
    by_client_id: Option<Uuid>,
    /// What kind of record.
    #[schema(value_type = schemas::RecordKind)]
    record_kind: RecordKind,
    /// Which record.
    record_id: Uuid,
    /// How the record stands since, as far as beds and states go: of a vacancy `unit_id`, `beds`, `held`, `withdrawn`; of a referral
    /// `request_id`, `unit_id`, `vacancy_id`, `state`, `beds`, `held`; of a request or a plan `state`; of a confirmation of lines `plan_id`; of a unit
    /// `structure_id`.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Someone who read something.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessEntry {
    /// Its place in the log: from 1, without gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// When.
    #[schema(value_type = schemas::Timestamp)]
    at: Instant,
    /// For which organisation.
    #[schema(required)]
    organisation_id: Option<Uuid>,
    /// By which of its clients; null for the holder of a link in a mail.
    #[schema(required)]
    client_id: Option<Uuid>,
    /// The operationId.
    #[schema(example = "getRequest")]
    operation: String,
    /// What kind of record.
    #[schema(value_type = schemas::RecordKind)]
    record_kind: RecordKind,
    /// Which record.
    record_id: Uuid,
}

/// A page of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many entries a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List events
///
/// What was done, in the order of commit, a page at a time. A referent reads of its requests and their referrals, an association of its
/// places and the referrals addressed to it, a regulator of those addressed to it, the coordination of the registry, an administrator of
/// accounts, an auditor all.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "listEvents", tag = "logs", params(LogQuery),
    responses((status = 200, description = "A page of events.", body = Page<Event>)))]
pub async fn list(actor: Actor<ReadEvents>, app: Data<App>, params: Params<LogQuery>) -> Result<HttpResponse, Problem> {
    let LogQuery { cursor, limit } = params.0;
    let sight = actor.event_sight();
    let found = app.read(move |conn| events::list(conn, sight, cursor, limit)).await?;
    let by = actor.identity();
    let shows_clients = |event: &StoredEvent| by.role == Role::Auditor || event.by == Some(by.organisation);
    let entries = found.into_iter().map(|event| Event {
        position: event.position,
        at: event.at,
        by_organisation_id: event.by.map(|id| id.0),
        by_client_id: event.client.filter(|_| shows_clients(&event)).map(|id| id.0),
        command: event.command,
        record_kind: event.kind,
        record_id: event.record.0,
        detail: event.detail,
    });
    Ok(HttpResponse::Ok().json(Page::cut(entries.collect(), limit, |event: &Event| position_as_id(event.position))))
}

/// List reads
///
/// Who read which request, by itself or in a referral, in order, a page at a time.
#[utoipa::path(get, path = "/api/v1/access-log", operation_id = "listAccessLog", tag = "logs", params(LogQuery),
    responses((status = 200, description = "A page of the log of reads.", body = Page<AccessEntry>)))]
pub async fn list_reads(_actor: Actor<ReadAccessLog>, app: Data<App>, params: Params<LogQuery>) -> Result<HttpResponse, Problem> {
    let LogQuery { cursor, limit } = params.0;
    let found = app.read(move |conn| access_log::list(conn, cursor, limit)).await?;
    let entries = found.into_iter().map(|entry: StoredAccess| AccessEntry {
        position: entry.position,
        at: entry.at,
        organisation_id: entry.organisation.map(|id| id.0),
        client_id: entry.client.map(|id| id.0),
        operation: entry.operation,
        record_kind: entry.kind,
        record_id: entry.record.0,
    });
    Ok(HttpResponse::Ok().json(Page::cut(entries.collect(), limit, |entry: &AccessEntry| position_as_id(entry.position))))
}
