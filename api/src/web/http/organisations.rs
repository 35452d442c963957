//! Organisations: kept by administrators, read by those who work with them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Service, organisations as commands};
use crate::db::organisations::{self, OrganisationFilter, StoredOrganisation};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::OrganisationId;
use crate::domain::{Contact, Organisation, OrganisationKind};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    CreateOrganisation, GetOrganisation, ListOrganisations, UpdateOrganisation, UpdateOrganisationContact,
};
use crate::web::problem::Problem;

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganisationRecord)]
pub struct OrganisationRecord {
    /// Its id (UUIDv7).
    id: OrganisationId,
    #[serde(flatten)]
    declared: Organisation,
    /// When it was created.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
}

impl From<StoredOrganisation> for OrganisationRecord {
    fn from(stored: StoredOrganisation) -> Self {
        Self { id: stored.id, declared: stored.declared, created_at: stored.created_at, updated_at: stored.updated_at }
    }
}

/// What a list of organisations is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganisationQuery {
    /// Only of this kind.
    #[param(required = false, nullable = false)]
    kind: Option<OrganisationKind>,
    /// In which order.
    #[serde(default)]
    #[param(value_type = Option<Order>, required = false, nullable = false)]
    order: Order,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Create an organisation
///
/// Administrators add the organisations that take part. A name belongs to one organisation only. What it is, what it answers for and its mail
/// address wait for another administrator's word (`listPendingChanges`, `approveChange`): until then it is a `partner` without an address.
#[utoipa::path(post, path = "", tag = "organisations", params(schemas::CommandKey), request_body = Organisation,
    responses((status = 201, description = "The organisation was created.", body = OrganisationRecord)))]
pub async fn create(
    actor: Actor<CreateOrganisation>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: Body<Organisation>,
) -> Result<HttpResponse, Problem> {
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, &body.value);
    let record = service.command(order, run, find, show).await?;
    answers::created(&record, &record.declared, &format!("/api/v1/organisations/{}", record.id))
}

/// Read an organisation
///
/// Everyone who works with the registry reads organisations; they hold nothing about cases.
#[utoipa::path(get, path = "", tag = "organisations",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation.")),
    responses((status = 200, description = "The organisation.", body = OrganisationRecord)))]
pub async fn get(actor: Actor<GetOrganisation>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let find = move |reading: &mut Reading<'_>| {
        let stored = organisations::find(reading.conn, OrganisationId(id.0))?;
        show(reading, stored)
    };
    let record = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&record, &record.declared)
}

/// Edit an organisation
///
/// Replaces everything that is declared of the organisation; a field left out goes back to its default. A door, a department or an address is taken
/// away at once; another kind or address, a door or a department more wait for another administrator's word, and what stands is answered. Whoever takes a
/// door or a department away ends what waits of them: it was asked for when there was more, and is asked for anew.
#[utoipa::path(put, path = "", tag = "organisations",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), schemas::EditGuards),
    request_body = Organisation,
    responses((status = 200, description = "The organisation as it stands now.", body = OrganisationRecord)))]
pub async fn update(
    actor: Actor<UpdateOrganisation>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Organisation>,
) -> Result<HttpResponse, Problem> {
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, OrganisationId(id.0), &seen.0, &body.value);
    let record = service.command(order, run, find, show).await?;
    answers::record(&record, &record.declared)
}

/// Edit the contact of one's own organisation
///
/// Whoever works for an organisation keeps right how it is reached; all else of it is kept by administrators. Another mail address waits for an
/// administrator's word and is proved first. The tag is that of the organisation.
#[utoipa::path(put, path = "", tag = "organisations",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), schemas::EditGuards),
    request_body = Contact,
    responses((status = 200, description = "The organisation as it stands now.", body = OrganisationRecord)))]
pub async fn update_contact(
    actor: Actor<UpdateOrganisationContact>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Contact>,
) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run =
        move |turn: &mut Turn<'_>, _: &Live| commands::update_contact(turn, reach, OrganisationId(id.0), &seen.0, &body.value);
    let record = service.command(order, run, find, show).await?;
    answers::record(&record, &record.declared)
}

fn find(conn: &mut Conn, id: Uuid) -> Result<StoredOrganisation, DbError> {
    organisations::find(conn, OrganisationId(id))
}

fn show(_: &mut Reading<'_>, stored: StoredOrganisation) -> Result<OrganisationRecord, Failure> {
    Ok(stored.into())
}

/// List organisations
///
/// In the order in which they were created or against it, a page at a time.
#[utoipa::path(get, path = "", tag = "organisations", params(OrganisationQuery),
    responses((status = 200, description = "A page of organisations.", body = Page<OrganisationRecord>)))]
pub async fn list(
    actor: Actor<ListOrganisations>,
    service: Data<Service>,
    params: Params<OrganisationQuery>,
) -> Result<HttpResponse, Problem> {
    let OrganisationQuery { kind, order, cursor, limit } = params.0;
    let find = move |reading: &mut Reading<'_>| {
        let found = organisations::list(reading.conn, OrganisationFilter { kind, order }, cursor, limit)?;
        Ok(found.into_iter().map(OrganisationRecord::from).collect())
    };
    let records = service.read(actor.access(), actor.pulse(), find).await?;
    answers::json(&Page::cut(records, limit, |record: &OrganisationRecord| record.id.0))
}
