//! Units: the groups of places that are matched.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Day, Department, Door, Gender, Kind, Location, Moment, Stage};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::structures::visible_location;
use crate::clock::Instant;
use crate::commands::{Said, Service, ends, units as commands};
use crate::db::units::{self, BoundingBox, StoredUnit, UnitFilter};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::{Reach, Unit};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{CreateUnit, EndUnit, GetUnit, ListUnits, UpdateUnit};
use crate::web::problem::Problem;

/// A unit with the site of its structure, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitRecord {
    /// Its id (UUIDv7).
    id: UnitId,
    /// Its structure.
    structure_id: StructureId,
    /// The department of its structure (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Where its structure is; null for a confidential site, unless the caller runs it or coordinates.
    #[schema(required, value_type = Option<schemas::Location>)]
    location: Option<Location>,
    #[serde(flatten)]
    declared: Unit,
    /// When it was created.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<Instant>,
}

impl UnitRecord {
    fn new(stored: StoredUnit, reach: Reach) -> Self {
        Self {
            id: stored.id,
            structure_id: stored.structure.id,
            department: stored.structure.department,
            location: visible_location(&stored.structure, reach),
            declared: stored.declared,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            ended_at: stored.ended_at,
        }
    }
}

impl<'de> Deserialize<'de> for BoundingBox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            serde::de::Error::custom(
                "must be west,south,east,north in degrees, such as 2.2,48.8,2.5,48.9; west above east crosses the 180th meridian",
            )
        };
        let degrees: Vec<f64> = text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_error| wrong())?;
        let [west, south, east, north] = <[f64; 4]>::try_from(degrees).map_err(|_degrees| wrong())?;
        let within = |value: f64, most: f64| (-most..=most).contains(&value);
        if within(west, 180.0) && within(east, 180.0) && within(south, 90.0) && within(north, 90.0) && south <= north {
            Ok(Self { west, south, east, north })
        } else {
            Err(wrong())
        }
    }
}

/// What a list of units is narrowed by; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitQuery {
    /// Only of this structure.
    #[param(required = false, nullable = false)]
    structure_id: Option<Uuid>,
    /// Only of this kind.
    #[param(value_type = Option<schemas::Kind>, required = false, nullable = false)]
    kind: Option<Kind>,
    /// Only those that serve this stage.
    #[param(value_type = Option<schemas::Stage>, required = false, nullable = false)]
    stage: Option<Stage>,
    /// Only in this department (INSEE code).
    #[param(value_type = Option<schemas::Department>, required = false, nullable = false)]
    department: Option<Department>,
    /// Only those that take adults of this gender.
    #[param(value_type = Option<schemas::Gender>, required = false, nullable = false)]
    gender: Option<Gender>,
    /// True: only those that take minors, with a parent or without. False: only those that take none.
    #[param(required = false, nullable = false)]
    minors: Option<bool>,
    /// Only those this door opens.
    #[param(value_type = Option<schemas::Door>, required = false, nullable = false)]
    door: Option<Door>,
    /// Only in this rectangle: west,south,east,north in degrees. Without the right to see confidential sites it finds public ones only.
    #[param(value_type = Option<schemas::BoundingBox>, required = false, nullable = false)]
    bbox: Option<BoundingBox>,
    /// Only those with a bed free on this day.
    #[param(value_type = Option<schemas::Day>, required = false, nullable = false)]
    free_on: Option<Day>,
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

/// Create a unit
///
/// A provider adds a unit to one of its structures. The site is the structure's.
#[utoipa::path(post, path = "", tag = "units",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::CommandKey), request_body = Unit,
    responses((status = 201, description = "The unit was created.", body = UnitRecord)))]
pub async fn create(
    actor: Actor<CreateUnit>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Unit>,
) -> Result<HttpResponse, Problem> {
    let (structure, reach) = (StructureId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, reach, structure, &body.value);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::created(&record, &record.declared, &format!("/api/v1/units/{}", record.id))
}

fn found_by(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<StoredUnit, DbError> + Send + 'static {
    move |conn, id| units::find(conn, reach, UnitId(id))
}

fn shown_to(reach: Reach) -> impl Fn(&mut Reading<'_>, StoredUnit) -> Result<UnitRecord, Failure> + Send + 'static {
    move |_, stored| Ok(UnitRecord::new(stored, reach))
}

/// Read a unit
///
/// The profile of a unit: whom it takes, what it offers, under which conditions.
#[utoipa::path(get, path = "", tag = "units", params(("unit_id" = Uuid, Path, description = "Id of the unit.")),
    responses((status = 200, description = "The unit.", body = UnitRecord)))]
pub async fn get(actor: Actor<GetUnit>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| Ok(UnitRecord::new(units::find(reading.conn, reach, UnitId(id.0))?, reach));
    let record = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&record, &record.declared)
}

/// Edit a unit
///
/// Replaces the whole profile of the unit; a field left out goes back to its default. Rankings see it at once. Fewer places than there are
/// beds declared free on some day are refused.
#[utoipa::path(put, path = "", tag = "units",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::EditGuards), request_body = Unit,
    responses((status = 200, description = "The unit as it stands now.", body = UnitRecord)))]
pub async fn update(
    actor: Actor<UpdateUnit>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Unit>,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (UnitId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen.0, &body.value);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// End a unit
///
/// Refused while people are coming or there (409 `people_there`). Open questions to it are withdrawn, and both sides told; its vacancies are
/// withdrawn. It is listed and ranked no more; whoever has its id still reads it.
#[utoipa::path(post, path = "", tag = "units",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::CommandKey),
    responses((status = 200, description = "The unit as it stands now.", body = UnitRecord)))]
pub async fn end(actor: Actor<EndUnit>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    let (unit, reach) = (UnitId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| ends::end_unit(turn, reach, unit);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// List units
///
/// The units that all the given filters let through and that have not ended, in the order in which they were created or against it, a page at a time. A provider lists its own.
#[utoipa::path(get, path = "", tag = "units", params(UnitQuery),
    responses((status = 200, description = "A page of units.", body = Page<UnitRecord>)))]
pub async fn list(actor: Actor<ListUnits>, service: Data<Service>, params: Params<UnitQuery>) -> Result<HttpResponse, Problem> {
    let query = params.0;
    let (reach, cursor, limit) = (actor.reach(), query.cursor, query.limit);
    let filter = UnitFilter {
        structure: query.structure_id.map(StructureId),
        kind: query.kind,
        stage: query.stage,
        department: query.department,
        gender: query.gender,
        minors: query.minors,
        door: query.door,
        bbox: query.bbox,
        free_on: query.free_on,
        updated_since: query.updated_since.map(Instant::from),
        order: query.order,
    };
    let find = move |reading: &mut Reading<'_>| {
        let found = units::list(reading.conn, reach, filter, cursor, limit)?;
        Ok(found.into_iter().map(|stored| UnitRecord::new(stored, reach)).collect())
    };
    let records = service.read(actor.access(), actor.pulse(), find).await?;
    answers::json(&Page::cut(records, limit, |record: &UnitRecord| record.id.0))
}
