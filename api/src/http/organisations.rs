//! Organisations: kept by administrators, read by those who work with them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, EditOrganisations, ReadOrganisations};
use crate::db::organisations::{self, OrganisationFilter, StoredOrganisation};
use crate::db::types::{Guid, Instant};
use crate::domain::{Organisation, OrganisationKind, RecordKind};
use crate::error::Problem;
use crate::etag::IfMatch;
use crate::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganisationRecord)]
pub struct OrganisationRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    #[serde(flatten)]
    declared: Organisation,
    /// When it was created.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was last edited.
    #[schema(value_type = schemas::Timestamp)]
    updated_at: Instant,
}

impl From<StoredOrganisation> for OrganisationRecord {
    fn from(stored: StoredOrganisation) -> Self {
        Self { id: stored.id.0, declared: stored.declared, created_at: stored.created_at, updated_at: stored.updated_at }
    }
}

/// What a list of organisations is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganisationQuery {
    /// Only of this kind.
    #[param(value_type = Option<schemas::OrganisationKind>, required = false, nullable = false)]
    kind: Option<OrganisationKind>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Create an organisation
///
/// Administrators add the organisations that take part. A name belongs to one organisation only.
#[utoipa::path(post, path = "/api/v1/organisations", operation_id = "createOrganisation", tag = "organisations",
    params(schemas::CommandKey), request_body = Organisation,
    responses((status = 201, description = "The organisation was created.", body = OrganisationRecord)))]
pub async fn create(
    actor: Actor<EditOrganisations>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<Organisation>,
) -> Result<HttpResponse, Problem> {
    let command = Command::new(&actor, "createOrganisation", RecordKind::Organisation, None, &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                let id = Guid::new();
                organisations::insert(tx, id, &body.value)?;
                Ok(id)
            },
            |conn, id| Ok(organisations::find(conn, id)?),
        )
        .await?;
    let record = OrganisationRecord::from(stored);
    answers::created(&record, &record.declared, format!("/api/v1/organisations/{}", record.id))
}

/// Read an organisation
///
/// Everyone who works with the registry reads organisations; they hold nothing about cases.
#[utoipa::path(get, path = "/api/v1/organisations/{organisation_id}", operation_id = "getOrganisation", tag = "organisations",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation.")),
    responses((status = 200, description = "The organisation.", body = OrganisationRecord)))]
pub async fn get(_actor: Actor<ReadOrganisations>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let stored = app.read(move |conn| organisations::find(conn, Guid(id.0))).await?;
    let record = OrganisationRecord::from(stored);
    answers::record(&record, &record.declared)
}

/// Edit an organisation
///
/// Replaces everything that is declared of the organisation; a field left out goes back to its default.
#[utoipa::path(put, path = "/api/v1/organisations/{organisation_id}", operation_id = "updateOrganisation", tag = "organisations",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), schemas::EditGuards),
    request_body = Organisation,
    responses((status = 200, description = "The organisation as it stands now.", body = OrganisationRecord)))]
pub async fn update(
    actor: Actor<EditOrganisations>,
    app: Data<App>,
    id: Id,
    if_match: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Organisation>,
) -> Result<HttpResponse, Problem> {
    let id = Guid(id.0);
    let command = Command::new(&actor, "updateOrganisation", RecordKind::Organisation, Some(id), &body.sent).under(key.0);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = organisations::find(tx.conn, id)?;
                if_match.check(&before.declared)?;
                organisations::update(tx, id, &body.value)?;
                Ok(id)
            },
            |conn, id| Ok(organisations::find(conn, id)?),
        )
        .await?;
    let record = OrganisationRecord::from(stored);
    answers::record(&record, &record.declared)
}

/// List organisations
///
/// In the order in which they were created, a page at a time.
#[utoipa::path(get, path = "/api/v1/organisations", operation_id = "listOrganisations", tag = "organisations",
    params(OrganisationQuery),
    responses((status = 200, description = "A page of organisations.", body = Page<OrganisationRecord>)))]
pub async fn list(
    _actor: Actor<ReadOrganisations>,
    app: Data<App>,
    params: Params<OrganisationQuery>,
) -> Result<HttpResponse, Problem> {
    let OrganisationQuery { kind, cursor, limit } = params.0;
    let found = app.read(move |conn| organisations::list(conn, OrganisationFilter { kind }, cursor, limit)).await?;
    let records = found.into_iter().map(OrganisationRecord::from).collect();
    Ok(HttpResponse::Ok().json(Page::cut(records, limit, |record: &OrganisationRecord| record.id)))
}
