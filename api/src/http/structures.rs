//! Structures: written by their association, read by those who may need to call them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Location};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, EditStructures, ListStructures, ReadStructure, Sight};
use crate::db::structures::{self, StoredStructure, StructureFilter};
use crate::db::types::{Guid, Instant};
use crate::domain::{Finess, RecordKind, Siret, Structure, Text, TraffickingContact};
use crate::error::Problem;
use crate::etag::IfMatch;
use crate::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A structure, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// The organisation that runs it.
    organisation_id: Uuid,
    /// Its name.
    #[schema(value_type = schemas::Name)]
    name: Text<200>,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Where it is; null for a confidential site, unless the caller runs it or coordinates.
    #[schema(required, value_type = Option<schemas::Location>)]
    location: Option<Location>,
    /// Whether its site is confidential.
    confidential: bool,
    /// Its FINESS number.
    #[schema(required, value_type = Option<schemas::Finess>)]
    finess: Option<Finess>,
    /// Its SIRET number.
    #[schema(required, value_type = Option<schemas::Siret>)]
    siret: Option<Siret>,
    /// Whom to call about trafficking.
    trafficking_contact: TraffickingContact,
    /// When it was created.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was last edited.
    #[schema(value_type = schemas::Timestamp)]
    updated_at: Instant,
}

/// Where a site is, as far as `sight` shows it.
pub fn visible_location(location: Location, sight: Sight) -> Option<Location> {
    match location {
        Location::Point(_) => Some(location),
        Location::Cell(_) => sight.shows_cells().then_some(location),
    }
}

impl StructureRecord {
    /// As `sight` shows it. The FINESS and SIRET numbers lead to an address, so they are shown only as the location is.
    fn new(stored: StoredStructure, sight: Sight) -> Self {
        let Structure { name, department, location, finess, siret, trafficking_contact, address: _ } = stored.declared;
        let visible = visible_location(location, sight);
        Self {
            id: stored.id.0,
            organisation_id: stored.organisation.0,
            name,
            department,
            location: visible,
            confidential: matches!(location, Location::Cell(_)),
            finess: finess.filter(|_| visible.is_some()),
            siret: siret.filter(|_| visible.is_some()),
            trafficking_contact,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

impl StructureRecord {
    /// What its tag is made of: the declared fields as far as they are shown, so that a tag tells nothing that the record hides.
    fn declared(&self) -> impl Serialize {
        (&self.name, self.department, self.location, &self.finess, &self.siret, &self.trafficking_contact)
    }
}

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
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Create a structure
///
/// A provider adds a structure of its own organisation. A confidential site is given by its H3 cell, never by its point.
#[utoipa::path(post, path = "/api/v1/structures", operation_id = "createStructure", tag = "structures",
    params(schemas::CommandKey), request_body = Structure,
    responses((status = 201, description = "The structure was created.", body = StructureRecord)))]
pub async fn create(
    actor: Actor<EditStructures>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<Structure>,
) -> Result<HttpResponse, Problem> {
    let (organisation, sight) = (actor.organisation(), actor.sight());
    let command = Command::new(&actor, "createStructure", RecordKind::Structure, None, &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                let id = Guid::new();
                structures::insert(tx, id, organisation, &body.value)?;
                Ok(id)
            },
            move |conn, id| Ok(structures::find(conn, sight, id)?),
        )
        .await?;
    let record = StructureRecord::new(stored, sight);
    answers::created(&record, &record.declared(), format!("/api/v1/structures/{}", record.id))
}

/// Read a structure
///
/// A provider reads its own. A referent reads the structure of a proposal, to call it: of a confidential site the department, never
/// the cell.
#[utoipa::path(get, path = "/api/v1/structures/{structure_id}", operation_id = "getStructure", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure.")),
    responses((status = 200, description = "The structure.", body = StructureRecord)))]
pub async fn get(actor: Actor<ReadStructure>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let sight = actor.sight();
    let stored = app.read(move |conn| structures::find(conn, sight, Guid(id.0))).await?;
    let record = StructureRecord::new(stored, sight);
    answers::record(&record, &record.declared())
}

/// Edit a structure
///
/// Replaces everything that is declared of the structure; a field left out goes back to its default, the address alone stays.
#[utoipa::path(put, path = "/api/v1/structures/{structure_id}", operation_id = "updateStructure", tag = "structures",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::EditGuards), request_body = Structure,
    responses((status = 200, description = "The structure as it stands now.", body = StructureRecord)))]
pub async fn update(
    actor: Actor<EditStructures>,
    app: Data<App>,
    id: Id,
    if_match: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Structure>,
) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "updateStructure", RecordKind::Structure, Some(id), &body.sent).under(key.0);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = structures::find(tx.conn, sight, id)?;
                if_match.check(&StructureRecord::new(before, sight).declared())?;
                structures::update(tx, id, &body.value)?;
                Ok(id)
            },
            move |conn, id| Ok(structures::find(conn, sight, id)?),
        )
        .await?;
    let record = StructureRecord::new(stored, sight);
    answers::record(&record, &record.declared())
}

/// List structures
///
/// A provider lists its own; the coordination lists all. In the order in which they were created, a page at a time.
#[utoipa::path(get, path = "/api/v1/structures", operation_id = "listStructures", tag = "structures", params(StructureQuery),
    responses((status = 200, description = "A page of structures.", body = Page<StructureRecord>)))]
pub async fn list(actor: Actor<ListStructures>, app: Data<App>, params: Params<StructureQuery>) -> Result<HttpResponse, Problem> {
    let StructureQuery { organisation_id, department, cursor, limit } = params.0;
    let sight = actor.sight();
    let filter = StructureFilter { organisation: organisation_id.map(Guid), department };
    let found = app.read(move |conn| structures::list(conn, sight, filter, cursor, limit)).await?;
    let records = found.into_iter().map(|stored| StructureRecord::new(stored, sight)).collect();
    Ok(HttpResponse::Ok().json(Page::cut(records, limit, |record: &StructureRecord| record.id)))
}
