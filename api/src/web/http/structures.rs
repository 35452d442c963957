//! Structures: written by their association, read by those who may need to call them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Location, Moment, Point};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, ends, structures as commands};
use crate::db::structures::{self, StoredStructure, StructureFilter};
use crate::db::{Conn, Failure, Reading, Turn};
use crate::domain::ids::{OrganisationId, StructureId};
use crate::domain::structure::{SiteWarning, site_warnings};
use crate::domain::text::{Name, Town};
use crate::domain::{CommuneCode, Contact, Finess, Reach, Siret, Structure, Text};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{CreateStructure, EndStructure, GetStructure, ListStructures, UpdateStructure};
use crate::web::problem::Problem;

/// A structure, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureRecord {
    /// Its id (UUIDv7).
    id: StructureId,
    /// The organisation that runs it.
    organisation_id: OrganisationId,
    /// Its name.
    #[schema(value_type = Name)]
    name: Text<200>,
    /// The commune it stands in (INSEE code); null for a confidential site, unless the caller runs it or coordinates.
    #[schema(required)]
    commune: Option<CommuneCode>,
    /// Where a public site is.
    #[schema(required, value_type = Option<schemas::Point>)]
    point: Option<Point>,
    /// The town as the structure words it.
    #[schema(required, value_type = Option<Town>)]
    town: Option<Text<100>>,
    /// The department it stands in (INSEE code), which follows from its commune.
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Where it is to rankings: a public site by its point, a confidential one by the cell that follows from its commune. Null for a
    /// confidential site, unless the caller runs it or coordinates.
    #[schema(required, value_type = Option<schemas::Location>)]
    location: Option<Location>,
    /// Whether its site is confidential.
    confidential: bool,
    /// What to know about its site, for whom its location is shown.
    site_warnings: Vec<SiteWarning>,
    /// Its FINESS number.
    #[schema(required)]
    finess: Option<Finess>,
    /// Its SIRET number.
    #[schema(required)]
    siret: Option<Siret>,
    /// How to reach it about trafficking.
    trafficking_contact: Contact,
    /// When it was created.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<Instant>,
}

/// Where a site is, as far as a reach shows it.
pub fn visible_location(structure: &StoredStructure, reach: Reach) -> Option<Location> {
    match structure.location {
        location @ Location::Point(_) => Some(location),
        location @ Location::Cell(_) => reach.shows_cell_of(structure.organisation).then_some(location),
    }
}

impl StructureRecord {
    /// As a reach shows it, the reading noted. The FINESS and SIRET numbers lead to an address, so they are shown only as the location is.
    fn show(reading: &mut Reading<'_>, stored: StoredStructure, reach: Reach) -> Self {
        let trafficking_contact = stored.contact.clone().show(reading);
        Self::new(stored, reach, trafficking_contact)
    }

    fn new(stored: StoredStructure, reach: Reach, trafficking_contact: Contact) -> Self {
        let visible = visible_location(&stored, reach);
        let site_warnings = visible.map(|location| site_warnings(&stored.commune, location)).unwrap_or_default();
        let point = match stored.location {
            Location::Point(point) => Some(point),
            Location::Cell(_) => None,
        };
        Self {
            id: stored.id,
            organisation_id: stored.organisation,
            name: stored.name,
            commune: visible.is_some().then_some(stored.commune),
            point,
            town: stored.town,
            department: stored.department,
            location: visible,
            confidential: point.is_none(),
            site_warnings,
            finess: stored.finess.filter(|_| visible.is_some()),
            siret: stored.siret.filter(|_| visible.is_some()),
            trafficking_contact,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            ended_at: stored.ended_at,
        }
    }

    /// What its tag is made of: the declared fields as far as they are shown, so that a tag tells nothing that the record hides.
    fn declared(&self) -> impl Serialize + use<> {
        let site = (self.commune.clone(), self.point, self.town.clone(), self.department);
        let numbers = (self.finess.clone(), self.siret.clone());
        (self.name.clone(), site, numbers, self.trafficking_contact.clone())
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
    let record = service.command(order, run, find, shown_to(reach)).await?;
    answers::created(&record, &record.declared(), &format!("/api/v1/structures/{}", record.id))
}

fn shown_to(reach: Reach) -> impl Fn(&mut Reading<'_>, StoredStructure) -> Result<StructureRecord, Failure> + Send + 'static {
    move |reading, stored| Ok(StructureRecord::show(reading, stored, reach))
}

/// Read a structure
///
/// A provider reads its own. A referent reads the structure of a proposal, to call it: of a confidential site the department, never
/// the cell. The reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "structures", params(("structure_id" = Uuid, Path, description = "Id of the structure.")),
    responses((status = 200, description = "The structure.", body = StructureRecord)))]
pub async fn get(actor: Actor<GetStructure>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let stored = structures::find(reading.conn, reach, StructureId(id.0))?;
        Ok(StructureRecord::show(reading, stored, reach))
    };
    let record = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&record, &record.declared())
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
    let declared =
        move |before: &StoredStructure| StructureRecord::new(before.clone(), reach, before.contact.unshown().clone()).declared();
    let run =
        move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen.0, declared, &body.value);
    let find = move |conn: &mut Conn, id| structures::find(conn, reach, StructureId(id));
    let record = service.command(order, run, find, shown_to(reach)).await?;
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
    let record = service.command(order, run, find, shown_to(reach)).await?;
    answers::record(&record, &record.declared())
}

/// List structures
///
/// A provider lists its own, the coordination all, but for those that have ended. In the order in which they were created or against it, a page at a time. The reading is noted in the
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
    let find = move |reading: &mut Reading<'_>| {
        let found = structures::list(reading.conn, reach, filter, cursor, limit)?;
        Ok(Page::cut(found, limit, |stored: &StoredStructure| stored.id.0)
            .map(|stored| StructureRecord::show(reading, stored, reach)))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
