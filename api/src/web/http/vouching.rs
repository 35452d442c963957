//! Vouching: somebody who is not its organisation has made sure that a unit is what it says.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::commands::{Said, Service, vouching as commands};
use crate::db::{Conn, Reading, Turn};
use crate::domain::ids::UnitId;
use crate::live::Live;
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Id, IdempotencyKey, Params};
use crate::web::operations::{ListUnitsToVouchFor, VouchForUnit};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::vouching::{UnitToVouchFor, VouchedUnit};

/// Where a page of what waits begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ToVouchForQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List the units that wait for somebody to vouch for them
///
/// Units that are new, whose site or kind has changed, of which an edit waits, or whose FINESS or SIRET another organisation gives too: to a SIAO
/// and a 115 those of the departments that they name, to the regulator of a door those behind it, to the coordination all; to nobody those of
/// its own organisation. The oldest first, a page at a time. Once it is decided a unit is not listed any more. The reading is noted in the log of
/// reads.
#[utoipa::path(get, path = "", tag = "units", params(ToVouchForQuery),
    responses((status = 200, description = "A page of what waits.", body = Page<UnitToVouchFor>)))]
pub async fn list(
    actor: Actor<ListUnitsToVouchFor>,
    service: Data<Service>,
    params: Params<ToVouchForQuery>,
) -> Result<HttpResponse, Problem> {
    let (reach, cursor, limit) = (actor.reach(), params.0.cursor, params.0.limit);
    let find = move |reading: &mut Reading<'_>| views::vouching::page(reading, reach, cursor, limit);
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// Vouch for a unit
///
/// Says that the home is what it says, as `listUnitsToVouchFor` shows it: what waits counts, and the unit is matched from now on. `If-Match` is the
/// `revision` that was looked at, in quotes: 412 where it has changed since, 428 without. Whose organisation runs the home cannot (404).
#[utoipa::path(post, path = "", tag = "units",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::CommandKey, schemas::LookedAt),
    responses((status = 200, description = "What was decided.", body = VouchedUnit)))]
pub async fn vouch(
    actor: Actor<VouchForUnit>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (unit, reach) = (UnitId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::vouch(turn, live.policy(), reach, unit, &seen.0);
    let find = |conn: &mut Conn, id| commands::decided(conn, UnitId(id));
    answers::json(&service.command(order, run, find, views::vouching::decided).await?)
}
