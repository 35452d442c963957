//! Structures: written by their association, read by those who may need to call them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Moment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, ends, structures as commands};
use crate::db::structures::{self, StructureFilter};
use crate::db::{Conn, Reading, Turn};
use crate::domain::Structure;
use crate::domain::four_eyes::AddressProof;
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::structure::RegistrationDecision;
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    CreateStructure, EndStructure, GetStructure, ListStructures, ProveContact, ResolveRegistration, UpdateStructure,
};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::structures::{StructureRecord, StructureView};

/// What a list of structures is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StructureQuery {
    /// Only of this organisation.
    #[param(required = false, nullable = false)]
    organisation_id: Option<Uuid>,
    /// Only in this department (INSEE code).
    #[param(value_type = Option<schemas::Department>, required = false, nullable = false)]
    department: Option<Department>,
    /// Only those whose `updated_at` is this instant or later.
    #[param(value_type = Option<schemas::Moment>, required = false, nullable = false)]
    updated_since: Option<Moment>,
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

/// Create a structure
///
/// A provider adds a structure of its own organisation. A site is given by its commune, a public one by its point too, within 40 km of that of the
/// commune (200 km in French Guiana). The department, and the cell of a confidential site, follow from the commune: `site_warnings` says where the
/// cell hides few.
#[utoipa::path(post, path = "", tag = "structures", params(schemas::CommandKey), request_body = Structure,
    responses((status = 201, description = "The structure was created.", body = StructureRecord)))]
pub async fn create(
    actor: Actor<CreateStructure>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: Body<Structure>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, organisation, &body.value);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    let record = service.command(order, run, find, views::structures::home).await?;
    answers::created(&record, &record.declared(), &format!("/api/v1/structures/{}", record.id))
}

/// Read a structure
///
/// A provider reads its own. The regulator of a door reads name, town and numbers of the homes behind it; so do a SIAO and a 115 that name the
/// department, to declare on the word of a home. Who asks for a place is given a contact with its proposals (`rankForRequest`). The reading is
/// noted in the log of reads.
#[utoipa::path(get, path = "", tag = "structures", params(("structure_id" = Uuid, Path, description = "Id of the structure.")),
    responses((status = 200, description = "The structure.", body = StructureView)))]
pub async fn get(actor: Actor<GetStructure>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let asker = views::asker(reading.conn, reach)?;
        views::structures::find(reading, &asker, StructureId(id.0))
    };
    let view = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&view, &view.tagged())
}

/// Edit a structure
///
/// Replaces everything that is declared of the structure; a field left out goes back to its default, the address alone stays.
#[utoipa::path(put, path = "", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::EditGuards), request_body = Structure,
    responses((status = 200, description = "The structure as it stands now.", body = StructureRecord)))]
pub async fn update(
    actor: Actor<UpdateStructure>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Structure>,
) -> Result<HttpResponse, Problem> {
    let (reach, id) = (actor.reach(), StructureId(id.0));
    let order = order(&actor, Some(id.0), body.said, key.0);
    // Compared, not shown: what the author saw stands in the tag.
    let declared = views::structures::declared;
    let run =
        move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen.0, declared, &body.value);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    let record = service.command(order, run, find, views::structures::home).await?;
    answers::record(&record, &record.declared())
}

/// End a structure
///
/// Ends it with all its units. Refused while people are coming or there (409 `people_there`). Open questions are withdrawn, and both sides told;
/// its vacancies are withdrawn. It is listed and ranked no more; whoever has its id still reads it.
#[utoipa::path(post, path = "", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::CommandKey),
    responses((status = 200, description = "The structure as it stands now.", body = StructureRecord)))]
pub async fn end(actor: Actor<EndStructure>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    let (structure, reach) = (StructureId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| ends::end_structure(turn, reach, structure);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    let record = service.command(order, run, find, views::structures::home).await?;
    answers::record(&record, &record.declared())
}

/// What was decided about the registration of a structure.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedRegistration {
    /// The structure.
    structure_id: StructureId,
    /// Whether its number is still contested: then it is not matched.
    contested: bool,
}

/// Prove the contact address of a structure
///
/// With the code that was sent to it. Before that nothing is sent there, and questions go to the address of the organisation.
#[utoipa::path(post, path = "", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::CommandKey), request_body = AddressProof,
    responses((status = 200, description = "The structure as it stands now.", body = StructureRecord)))]
pub async fn prove_contact(
    actor: Actor<ProveContact>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<AddressProof>,
) -> Result<HttpResponse, Problem> {
    let (id, reach, code) = (StructureId(id.0), actor.reach(), body.value.code);
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::prove_contact(turn, reach, id, &code);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    let record = service.command(order, run, find, views::structures::home).await?;
    answers::record(&record, &record.declared())
}

/// Decide whose a FINESS or SIRET is
///
/// Where two organisations give the same number neither structure is matched; the feed of the coordination says so (`contestRegistration`), and
/// whoever may vouch for the home reads it among what waits (`listUnitsToVouchFor`). One of them looks into it, by phone, and decides about each
/// home that is not of their own organisation: one whose number it is, is matched again.
#[utoipa::path(post, path = "", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::CommandKey), request_body = RegistrationDecision,
    responses((status = 200, description = "What was decided.", body = DecidedRegistration)))]
pub async fn resolve_registration(
    actor: Actor<ResolveRegistration>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<RegistrationDecision>,
) -> Result<HttpResponse, Problem> {
    let (id, reach, decision) = (StructureId(id.0), actor.reach(), body.value);
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::resolve(turn, reach, id, &decision);
    let find = |conn: &mut Conn, id| commands::decided(conn, StructureId(id));
    let show = |_: &mut Reading<'_>, decided: commands::Contested| {
        Ok(DecidedRegistration { structure_id: decided.structure, contested: decided.contested })
    };
    answers::json(&service.command(order, run, find, show).await?)
}

/// List structures
///
/// A provider lists its own, but for those that have ended. In the order in which they were created or against it, a page at a time. The reading is noted in the
/// log of reads.
#[utoipa::path(get, path = "", tag = "structures", params(StructureQuery),
    responses((status = 200, description = "A page of structures.", body = Page<StructureRecord>)))]
pub async fn list(
    actor: Actor<ListStructures>,
    service: Data<Service>,
    params: Params<StructureQuery>,
) -> Result<HttpResponse, Problem> {
    let StructureQuery { organisation_id, department, updated_since, order, cursor, limit } = params.0;
    let (reach, organisation) = (actor.reach(), organisation_id.map(OrganisationId));
    let filter = StructureFilter { organisation, department, updated_since: updated_since.map(Instant::from), order };
    let find = move |reading: &mut Reading<'_>| views::structures::own(reading, (reach, filter), (cursor, limit));
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
