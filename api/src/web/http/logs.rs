//! The two logs: what was done, which each reads as far as it is theirs, and who was shown what, which auditors read.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::Service;
use crate::db::Reading;
use crate::db::access_log::{self, StoredAccess};
use crate::db::events::{self, StoredEvent};
use crate::domain::ids::{ClientId, OrganisationId};
use crate::domain::{Reach, Record, RecordKind};
use crate::paging::{Cursor, Page, PageLimit, position_as_id};
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::{ListAccessLog, ListEvents};
use crate::web::problem::Problem;

/// Something that was done to a record. No personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Its place in the log: they rise in the order of commit. A caller that does not see all events sees gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// When.
    at: Instant,
    /// The command: an operationId, or what the service did by itself (`expireReferral`, `remindReferral`, `supersedeReferral`,
    /// `resizeReferral`, `finishPlan`, `seed`, `addClient`, `revokeClient`, `signIn`, `signOut`).
    #[schema(example = "createReferral")]
    command: String,
    /// By which organisation; null for what time or the command line did.
    #[schema(required)]
    by_organisation_id: Option<OrganisationId>,
    /// By which of its clients; null where it is another organisation's.
    #[schema(required)]
    by_client_id: Option<ClientId>,
    /// What kind of record.
    record_kind: RecordKind,
    /// Which record.
    record_id: Uuid,
    /// How the record stands since, as far as beds and states go: of a vacancy `unit_id`, `beds`, `held`, `withdrawn`; of a referral
    /// `request_id`, `unit_id`, `vacancy_id`, `state`, `beds`, `held`; of a request or a plan `state`; of a confirmation of lines `plan_id`; of a unit
    /// `structure_id`; of a structure `site_moved`.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Someone who was shown something.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessEntry {
    /// Its place in the log: from 1, without gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// When.
    at: Instant,
    /// For which organisation.
    organisation_id: OrganisationId,
    /// By which of its clients; null for the holder of a link in a mail.
    #[schema(required)]
    client_id: Option<ClientId>,
    /// The operationId.
    #[schema(example = "getRequest")]
    operation: String,
    /// What kind of record.
    record_kind: RecordKind,
    /// Which records: of a list all that it showed.
    record_ids: Vec<Uuid>,
}

/// A page of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many entries a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List events
///
/// What was done, in the order of commit, a page at a time. A referent reads of its requests and their referrals, an association of its
/// places and the referrals addressed to it, a regulator of those addressed to it, the coordination of the registry, an administrator of
/// accounts, an auditor all; what an auditor reads is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "logs", params(LogQuery),
    responses((status = 200, description = "A page of events.", body = Page<Event>)))]
pub async fn list_events(
    actor: Actor<ListEvents>,
    service: Data<Service>,
    params: Params<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let LogQuery { cursor, limit } = params.0;
    let (reach, own) = (actor.reach(), actor.organisation());
    let audits = matches!(reach, Reach::Auditing(_));
    let find = move |reading: &mut Reading<'_>| {
        let found = events::list(reading.conn, reach, cursor, limit)?;
        let page = Page::cut(found, limit, |event: &StoredEvent| position_as_id(event.position));
        if audits {
            page.items
                .iter()
                .for_each(|event| reading.shows(Record { kind: RecordKind::Event, id: position_as_id(event.position) }));
        }
        Ok(page.map(|event| Event {
            position: event.position,
            at: event.at,
            by_organisation_id: event.by,
            by_client_id: event.client.filter(|_| audits || event.by == Some(own)),
            command: event.command,
            record_kind: event.record.kind,
            record_id: event.record.id,
            detail: event.detail,
        }))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// List reads
///
/// Who was shown which requests, contacts or entries of a log, in order, a page at a time. Reading this log is noted in it too.
#[utoipa::path(get, path = "", tag = "logs", params(LogQuery),
    responses((status = 200, description = "A page of the log of reads.", body = Page<AccessEntry>)))]
pub async fn list_reads(
    actor: Actor<ListAccessLog>,
    service: Data<Service>,
    params: Params<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let LogQuery { cursor, limit } = params.0;
    let find = move |reading: &mut Reading<'_>| {
        let found = access_log::list(reading.conn, cursor, limit)?;
        let page = Page::cut(found, limit, |entry: &StoredAccess| position_as_id(entry.position));
        let entry = |entry: &StoredAccess| Record { kind: RecordKind::Access, id: position_as_id(entry.position) };
        page.items.iter().for_each(|read| reading.shows(entry(read)));
        Ok(page.map(|entry| AccessEntry {
            position: entry.position,
            at: entry.at,
            organisation_id: entry.by.organisation,
            client_id: entry.by.client,
            operation: entry.operation,
            record_kind: entry.kind,
            record_ids: entry.records,
        }))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
