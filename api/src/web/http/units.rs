//! Units: the groups of places that are matched.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Day, Department, Door, Gender, Kind, Moment, Stage};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, ends, units as commands};
use crate::db::units::{self, BoundingBox, UnitFilter};
use crate::db::{Conn, Reading, Turn};
use crate::domain::Unit;
use crate::domain::ids::{StructureId, UnitId};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{CountUnits, CreateUnit, EndUnit, GetUnit, ListUnits, UpdateUnit};
use crate::web::problem::{Code, Problem};
use crate::web::views;
use crate::web::views::units::{UnitCount, UnitRecord, UnitView};

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
/// A provider adds a unit to one of its structures. The site is the structure's. Until somebody who is not its organisation has vouched for it
/// (`vouchForUnit`) it is ranked apart.
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
    let record =
        service.command(order, run, move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id)), views::units::home).await?;
    answers::created(&record, &record.revision(), &format!("/api/v1/units/{}", record.id))
}

/// Read a unit
///
/// Whom it takes, what it offers, under which conditions: to its own association everything, to those who orient, regulate and coordinate its
/// public profile, to a tool with no more than the registry broad values and its region. Nothing of its beds. What leads to a confidential
/// address (accreditation, hours) only its own association reads.
#[utoipa::path(get, path = "", tag = "units", params(("unit_id" = Uuid, Path, description = "Id of the unit.")),
    responses((status = 200, description = "The unit.", body = UnitView)))]
pub async fn get(actor: Actor<GetUnit>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let asker = views::asker(reading.conn, reach)?;
        if reach.runs().is_some() {
            // Of the homes of others an association reads numbers alone.
            units::find(reading.conn, reach, UnitId(id.0))?;
        }
        views::units::find(reading, &asker, UnitId(id.0))
    };
    let view = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&view, &view.tagged())
}

/// Edit a unit
///
/// Replaces the whole profile of the unit; a field left out goes back to its default. An edit that only takes away counts at once. One of genders,
/// minors, ages, setting, doors, `max_household` or to more than twice the places that were vouched for waits as a whole in `pending` until
/// somebody vouches for it, and what stands is matched meanwhile. With another kind the unit is not matched until then. Fewer places than there
/// are beds declared free on some day are refused.
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
    let record =
        service.command(order, run, move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id)), views::units::home).await?;
    answers::record(&record, &record.revision())
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
    let record =
        service.command(order, run, move |conn: &mut Conn, id| units::find(conn, reach, UnitId(id)), views::units::home).await?;
    answers::record(&record, &record.revision())
}

/// List units
///
/// The units that all the given filters let through and that have not ended, in the order in which they were created or against it, a page at a
/// time, each as `getUnit` shows it. A provider lists its own. Who is shown regions alone finds public sites only by department, structure,
/// door or rectangle; `free_on` is for one's own.
#[utoipa::path(get, path = "", tag = "units", params(UnitQuery),
    responses((status = 200, description = "A page of units.", body = Page<UnitView>)))]
pub async fn list(actor: Actor<ListUnits>, service: Data<Service>, params: Params<UnitQuery>) -> Result<HttpResponse, Problem> {
    let query = params.0;
    let (reach, cursor, limit) = (actor.reach(), query.cursor, query.limit);
    if query.free_on.is_some() && reach.runs().is_none() {
        let why = "`free_on` is for one's own units: a list tells nothing of the beds of others; rank instead.";
        return Err(Problem::new(Code::RoleNotAllowed, why));
    }
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
        ..UnitFilter::default()
    };
    let find = move |reading: &mut Reading<'_>| {
        let asker = views::asker(reading.conn, reach)?;
        views::units::page(reading, &asker, (reach, filter), (cursor, limit))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// What counts are narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountQuery {
    /// Only in this department (INSEE code).
    #[param(value_type = Option<schemas::Department>, required = false, nullable = false)]
    department: Option<Department>,
}

/// How many units there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitCounts {
    /// By department and kind, in the order of both.
    counts: Vec<UnitCount>,
}

/// Count units
///
/// How many units there are of each kind in each department, whoever asks. One and two are not told apart.
#[utoipa::path(get, path = "", tag = "units", params(CountQuery),
    responses((status = 200, description = "The numbers.", body = UnitCounts)))]
pub async fn count(actor: Actor<CountUnits>, service: Data<Service>, params: Params<CountQuery>) -> Result<HttpResponse, Problem> {
    let department = params.0.department;
    let find = move |reading: &mut Reading<'_>| Ok(UnitCounts { counts: views::units::counted(reading, department)? });
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
