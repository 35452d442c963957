//! Vacancies: declared, changed, confirmed and withdrawn by their association, in as few fields as can be.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Beds, Moment};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, vacancies as commands};
use crate::db::vacancies::{self, VacancyFilter};
use crate::db::{Conn, Reading, Turn};
use crate::domain::ids::{UnitId, VacancyId};
use crate::domain::night::Tonight;
use crate::domain::{Faults, Vacancy};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalBody, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    ConfirmVacancy, DeclareVacancy, GetVacancy, ListOwnVacancies, ListVacancies, RecordTakenElsewhere, UpdateVacancy,
    WithdrawVacancy,
};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::vacancies::{VacancyRecord, whole};

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VacancyQuery {
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

/// A page of the list of one's own; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnVacancyQuery {
    /// Only of this unit.
    #[param(required = false, nullable = false)]
    unit_id: Option<Uuid>,
    /// Only those whose `updated_at` is this instant or later; then also those that were withdrawn, are over or have no bed left, so that a
    /// copy learns of it.
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

/// Declare a vacancy
///
/// Beds of a unit that can be let together from a day, until a day or open-ended, said by its association, or on its word by a SIAO or a 115 that
/// names the department (behind the doors `siao`, `direct`, `health` and `115`). Declaring confirms; rankings see it at once. What is over
/// already is refused, and so are more beds on one day than the unit has places.
#[utoipa::path(post, path = "", tag = "vacancies",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::CommandKey), request_body = Vacancy,
    responses((status = 201, description = "The vacancy was declared.", body = VacancyRecord)))]
pub async fn declare(
    actor: Actor<DeclareVacancy>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Vacancy>,
) -> Result<HttpResponse, Problem> {
    let (unit, reach) = (UnitId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::declare(turn, live.policy(), reach, unit, &body.value);
    let record = service.command(order, run, move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id)), whole).await?;
    answers::created(&record, &record.declared(), &format!("/api/v1/vacancies/{}", record.id))
}

fn answer(record: &VacancyRecord) -> Result<HttpResponse, Problem> {
    answers::record(record, &record.declared())
}

/// Read a vacancy
///
/// As it stands, withdrawn or not: to those who run the place, and to a SIAO or a 115 that names its department, for whom the reading is noted.
#[utoipa::path(get, path = "", tag = "vacancies", params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy.")),
    responses((status = 200, description = "The vacancy.", body = VacancyRecord)))]
pub async fn get(actor: Actor<GetVacancy>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let asker = views::asker(reading.conn, reach)?;
        views::vacancies::find(reading, &asker, VacancyId(id.0))
    };
    answer(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// Change a vacancy
///
/// Replaces what is declared and confirms it. Fewer beds than are held now are refused, and more on one day than the unit has places.
#[utoipa::path(put, path = "", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::EditGuards), request_body = Vacancy,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn update(
    actor: Actor<UpdateVacancy>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Vacancy>,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (VacancyId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen.0, &body.value);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    answer(&service.command(order, run, find, whole).await?)
}

/// Confirm a vacancy
///
/// Says in one call that the vacancy is still as declared: `confirmed_at` becomes now.
#[utoipa::path(post, path = "", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey),
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn confirm(
    actor: Actor<ConfirmVacancy>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (VacancyId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::confirm(turn, reach, id);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    answer(&service.command(order, run, find, whole).await?)
}

/// Withdraw a vacancy
///
/// The beds are free no more. A vacancy with beds held is refused; the record stays readable.
#[utoipa::path(post, path = "", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey),
    responses((status = 200, description = "The vacancy, withdrawn.", body = VacancyRecord)))]
pub async fn withdraw(
    actor: Actor<WithdrawVacancy>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (VacancyId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::withdraw(turn, reach, id);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    answer(&service.command(order, run, find, whole).await?)
}

/// Beds that someone outside Havre has taken.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenElsewhere {
    /// How many beds; left out or null, all that are not held.
    #[serde(default)]
    #[schema(value_type = Option<schemas::Beds>)]
    beds: Option<Beds>,
}

impl Faults for TakenElsewhere {}

/// Record that beds were taken elsewhere
///
/// Someone who did not come through Havre has them: they are free no more, and the rest is confirmed. Without a body all beds that are
/// not held. Beds that are held stay.
#[utoipa::path(post, path = "", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey), request_body = Option<TakenElsewhere>,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn record_taken_elsewhere(
    actor: Actor<RecordTakenElsewhere>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<TakenElsewhere>,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (VacancyId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::record_taken_elsewhere(turn, reach, id, body.value.beds);
    let find = move |conn: &mut Conn, id| vacancies::find(conn, reach, VacancyId(id));
    answer(&service.command(order, run, find, whole).await?)
}

/// List the vacancies of a unit
///
/// To those who run the place, and to a SIAO or a 115 that names its department, for whom the reading is noted; nobody else is told of beds but by
/// a ranking. Those that stand: neither withdrawn nor over, which a vacancy is from the morning of its `until` on. In the order in which they were
/// declared or against it, a page at a time.
#[utoipa::path(get, path = "", tag = "vacancies",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), VacancyQuery),
    responses((status = 200, description = "A page of vacancies.", body = Page<VacancyRecord>)))]
pub async fn list(
    actor: Actor<ListVacancies>,
    service: Data<Service>,
    id: Id,
    params: Params<VacancyQuery>,
) -> Result<HttpResponse, Problem> {
    let VacancyQuery { order, cursor, limit } = params.0;
    let (unit, reach, live) = (UnitId(id.0), actor.reach(), service.live().clone());
    let filter = VacancyFilter { unit: Some(unit), is_found: true, updated_since: None, order };
    let find = move |reading: &mut Reading<'_>| {
        let asker = views::asker(reading.conn, reach)?;
        let tonight = Tonight::of(reading.now, live.policy());
        views::vacancies::of_unit(reading, &asker, unit, (&filter, &tonight), (cursor, limit))
    };
    page(service.read(actor.access(), actor.pulse(), find).await?, limit)
}

/// List one's own vacancies
///
/// Those of all units of the caller's organisation that stand; with `updated_since` all that has changed since. In the order in which they
/// were declared or against it, a page at a time.
#[utoipa::path(get, path = "", tag = "vacancies", params(OwnVacancyQuery),
    responses((status = 200, description = "A page of vacancies.", body = Page<VacancyRecord>)))]
pub async fn list_own(
    actor: Actor<ListOwnVacancies>,
    service: Data<Service>,
    params: Params<OwnVacancyQuery>,
) -> Result<HttpResponse, Problem> {
    let OwnVacancyQuery { unit_id, updated_since, order, cursor, limit } = params.0;
    let (reach, live) = (actor.reach(), service.live().clone());
    let filter =
        VacancyFilter { is_found: false, unit: unit_id.map(UnitId), updated_since: updated_since.map(Instant::from), order };
    let find = move |reading: &mut Reading<'_>| {
        let tonight = Tonight::of(reading.now, live.policy());
        views::vacancies::own(reading, reach, (&filter, &tonight), (cursor, limit))
    };
    page(service.read(actor.access(), actor.pulse(), find).await?, limit)
}

fn page(found: Vec<VacancyRecord>, limit: PageLimit) -> Result<HttpResponse, Problem> {
    answers::json(&Page::cut(found, limit, |vacancy: &VacancyRecord| vacancy.id.0))
}
