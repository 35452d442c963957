//! Units: the groups of places that are matched.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Day, Department, Door, Gender, Kind, Location, Stage};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use super::structures::visible_location;
use crate::app::{App, Command};
use crate::auth::{Actor, EditUnits, ReadUnits, Sight};
use crate::db::structures;
use crate::db::types::{Guid, Instant};
use crate::db::units::{self, BoundingBox, StoredUnit, UnitFilter};
use crate::domain::{RecordKind, Unit};
use crate::error::Problem;
use crate::etag::IfMatch;
use crate::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A unit with the site of its structure, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// Its structure.
    structure_id: Uuid,
    /// The department of its structure (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Where its structure is; null for a confidential site, unless the caller runs it or coordinates.
    #[schema(required, value_type = Option<schemas::Location>)]
    location: Option<Location>,
    #[serde(flatten)]
    declared: Unit,
    /// When it was created.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was last edited.
    #[schema(value_type = schemas::Timestamp)]
    updated_at: Instant,
}

impl UnitRecord {
    fn new(stored: StoredUnit, sight: Sight) -> Self {
        Self {
            id: stored.id.0,
            structure_id: stored.structure.id.0,
            department: stored.structure.declared.department,
            location: visible_location(stored.structure.declared.location, sight),
            declared: stored.declared,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
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
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Create a unit
///
/// A provider adds a unit to one of its structures. The site is the structure's.
#[utoipa::path(post, path = "/api/v1/structures/{structure_id}/units", operation_id = "createUnit", tag = "units",
    params(("structure_id" = Uuid, Path, description = "Id of the structure."), schemas::CommandKey), request_body = Unit,
    responses((status = 201, description = "The unit was created.", body = UnitRecord)))]
pub async fn create(
    actor: Actor<EditUnits>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Unit>,
) -> Result<HttpResponse, Problem> {
    let (structure, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "createUnit", RecordKind::Unit, Some(structure), &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                structures::find(tx.conn, sight, structure)?;
                let id = Guid::new();
                units::insert(tx, id, structure, &body.value)?;
                Ok(id)
            },
            move |conn, id| Ok(units::find(conn, sight, id)?),
        )
        .await?;
    let record = UnitRecord::new(stored, sight);
    answers::created(&record, &record.declared, format!("/api/v1/units/{}", record.id))
}

/// Read a unit
///
/// The profile of a unit: whom it takes, what it offers, under which conditions.
#[utoipa::path(get, path = "/api/v1/units/{unit_id}", operation_id = "getUnit", tag = "units",
    params(("unit_id" = Uuid, Path, description = "Id of the unit.")),
    responses((status = 200, description = "The unit.", body = UnitRecord)))]
pub async fn get(actor: Actor<ReadUnits>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let sight = actor.sight();
    let stored = app.read(move |conn| units::find(conn, sight, Guid(id.0))).await?;
    let record = UnitRecord::new(stored, sight);
    answers::record(&record, &record.declared)
}

/// Edit a unit
///
/// Replaces the whole profile of the unit; a field left out goes back to its default. Rankings see it at once.
#[utoipa::path(put, path = "/api/v1/units/{unit_id}", operation_id = "updateUnit", tag = "units",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::EditGuards), request_body = Unit,
    responses((status = 200, description = "The unit as it stands now.", body = UnitRecord)))]
pub async fn update(
    actor: Actor<EditUnits>,
    app: Data<App>,
    id: Id,
    if_match: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Unit>,
) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "updateUnit", RecordKind::Unit, Some(id), &body.sent).under(key.0);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = units::find(tx.conn, sight, id)?;
                if_match.check(&before.declared)?;
                units::update(tx, id, &body.value)?;
                Ok(id)
            },
            move |conn, id| Ok(units::find(conn, sight, id)?),
        )
        .await?;
    let record = UnitRecord::new(stored, sight);
    answers::record(&record, &record.declared)
}

/// List units
///
/// The units that all the given filters let through, in the order in which they were created, a page at a time. A provider lists its own.
#[utoipa::path(get, path = "/api/v1/units", operation_id = "listUnits", tag = "units", params(UnitQuery),
    responses((status = 200, description = "A page of units.", body = Page<UnitRecord>)))]
pub async fn list(actor: Actor<ReadUnits>, app: Data<App>, params: Params<UnitQuery>) -> Result<HttpResponse, Problem> {
    let query = params.0;
    let (sight, cursor, limit) = (actor.sight(), query.cursor, query.limit);
    let filter = UnitFilter {
        structure: query.structure_id.map(Guid),
        kind: query.kind,
        stage: query.stage,
        department: query.department,
        gender: query.gender,
        minors: query.minors,
        door: query.door,
        bbox: query.bbox,
        free_on: query.free_on,
    };
    let found = app.read(move |conn| units::list(conn, sight, filter, cursor, limit)).await?;
    let records = found.into_iter().map(|stored| UnitRecord::new(stored, sight)).collect();
    Ok(HttpResponse::Ok().json(Page::cut(records, limit, |record: &UnitRecord| record.id)))
}
