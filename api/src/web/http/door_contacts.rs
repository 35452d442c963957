//! The public numbers of the doors: read by all who work with the registry, kept right by the coordination and administrators.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::NaiveDate;
use matcher::Department;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Service, door_contacts as commands};
use crate::db::door_contacts::{self, DoorFilter};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::denied::What;
use crate::domain::doors::{DoorContact, DoorService, KnownDoor};
use crate::domain::ids::DoorContactId;
use crate::domain::text::Name;
use crate::domain::{Denied, Reach};
use crate::live::Live;
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, OptionalIdempotencyKey, Params};
use crate::web::operations::{GetDoorContact, ListDoorContacts, UpdateDoorContact};
use crate::web::problem::Problem;

/// A public number of a door.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorContactRecord {
    /// Its id (UUIDv7).
    id: DoorContactId,
    /// Who answers.
    door: DoorService,
    /// The department it answers for (INSEE code); null: all of France.
    #[schema(required, value_type = Option<schemas::Department>)]
    department: Option<Department>,
    #[serde(flatten)]
    declared: DoorContact,
    /// The day on which somebody last made sure of the number; null where there is none.
    #[schema(required)]
    verified_on: Option<NaiveDate>,
    /// The organisation that did; null where there is no number.
    #[schema(required, value_type = Option<Name>)]
    verified_by: Option<String>,
    /// Whether that was more than six months ago: the number is to be made sure of.
    is_old: bool,
    /// When it was last edited.
    updated_at: Instant,
}

impl DoorContactRecord {
    fn show(known: KnownDoor, now: Instant) -> Self {
        let is_old = known.is_old(now);
        let KnownDoor { id, door, department, declared, verified, updated_at } = known;
        let (verified_on, verified_by) = verified.map(|verified| (verified.on, verified.by)).unzip();
        Self { id, door, department, declared, verified_on, verified_by, is_old, updated_at }
    }
}

/// What a list of public numbers is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DoorContactQuery {
    /// Only of this department (INSEE code), beside those for all of France.
    #[param(required = false, nullable = false, value_type = Option<schemas::Department>)]
    department: Option<Department>,
    /// Only of this door.
    #[param(required = false, nullable = false)]
    door: Option<DoorService>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List the public numbers of the doors
///
/// National ones first, then department by department. A number that is lacking is listed to those alone who may give it: the coordination and
/// administrators.
#[utoipa::path(get, path = "", tag = "doors", params(DoorContactQuery),
    responses((status = 200, description = "A page of public numbers.", body = Page<DoorContactRecord>)))]
pub async fn list(
    actor: Actor<ListDoorContacts>,
    service: Data<Service>,
    params: Params<DoorContactQuery>,
) -> Result<HttpResponse, Problem> {
    let DoorContactQuery { department, door, cursor, limit } = params.0;
    let filter = DoorFilter { department, door, with_number: !actor.reach().keeps_door_contacts() };
    let find = move |reading: &mut Reading<'_>| {
        let found = door_contacts::list(reading.conn, filter, cursor, limit)?;
        Ok(found.into_iter().map(|known| DoorContactRecord::show(known, reading.now)).collect())
    };
    let records = service.read(actor.access(), actor.pulse(), find).await?;
    answers::json(&Page::cut(records, limit, |record: &DoorContactRecord| record.id.0))
}

/// Read a public number of a door
///
/// Whoever works with the registry may call it. Where the number is lacking, the record is there for those alone who may give it.
#[utoipa::path(get, path = "", tag = "doors",
    params(("door_contact_id" = Uuid, Path, description = "Id of the public number.")),
    responses((status = 200, description = "The public number.", body = DoorContactRecord)))]
pub async fn get(actor: Actor<GetDoorContact>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| shown(reading, reach, DoorContactId(id.0));
    let known = service.read(actor.access(), actor.pulse(), find).await?;
    let record = DoorContactRecord::show(known, actor.pulse().now);
    answers::record(&record, &record.declared)
}

/// Edit a public number of a door
///
/// Replaces everything that is declared of it. Whoever gives a number, or gives the same again, has made sure of it today: the record says so. All
/// rankings from then on give what it says.
#[utoipa::path(put, path = "", tag = "doors",
    params(("door_contact_id" = Uuid, Path, description = "Id of the public number."), schemas::EditGuards),
    request_body = DoorContact,
    responses((status = 200, description = "The public number as it stands now.", body = DoorContactRecord)))]
pub async fn update(
    actor: Actor<UpdateDoorContact>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<DoorContact>,
) -> Result<HttpResponse, Problem> {
    let (own, id) = (actor.organisation(), DoorContactId(id.0));
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, id, own, &seen.0, &body.value);
    let record = service.command(order, run, find, show).await?;
    answers::record(&record, &record.declared)
}

/// One of them, if its reader sees it.
pub fn shown(reading: &mut Reading<'_>, reach: Reach, id: DoorContactId) -> Result<KnownDoor, Failure> {
    let known = door_contacts::find(reading.conn, id)?;
    if known.is_shown_to(reach) { Ok(known) } else { Err(Denied::NotFound(What::Record).into()) }
}

fn find(conn: &mut Conn, id: Uuid) -> Result<KnownDoor, DbError> {
    door_contacts::find(conn, DoorContactId(id))
}

fn show(reading: &mut Reading<'_>, known: KnownDoor) -> Result<DoorContactRecord, Failure> {
    Ok(DoorContactRecord::show(known, reading.now))
}
