//! Vacancies: declared, changed, confirmed and withdrawn by their association, in as few fields as can be.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Beds, Day};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, DeclareVacancies, ReadVacancies};
use crate::db::types::{Guid, Instant};
use crate::db::units;
use crate::db::vacancies::{self, StoredVacancy};
use crate::domain::{Faults, RecordKind, Vacancy};
use crate::error::{Code, Problem};
use crate::etag::IfMatch;
use crate::extract::{Body, Id, IdempotencyKey, OptionalBody, OptionalIdempotencyKey, Params};
use crate::limits;
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;

/// A vacancy.
#[derive(Debug, Serialize, ToSchema)]
pub struct VacancyRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// Its unit.
    unit_id: Uuid,
    /// Beds declared free, those held included; 0 once all are taken.
    #[schema(minimum = 0, maximum = 100_000, example = 2)]
    beds: u32,
    /// The day from which they are free.
    #[schema(value_type = schemas::Day)]
    from: Day,
    /// The day they must be empty again; null: open-ended.
    #[schema(required, value_type = Option<schemas::Day>)]
    until: Option<Day>,
    /// Beds held for referrals, among `beds`.
    #[schema(minimum = 0, maximum = 100_000, example = 0)]
    held: u32,
    /// When its association last said that it is so.
    #[schema(value_type = schemas::Timestamp)]
    confirmed_at: Instant,
    /// When it was withdrawn or its last bed was taken; null while it stands.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    withdrawn_at: Option<Instant>,
    /// When it was declared.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it last changed.
    #[schema(value_type = schemas::Timestamp)]
    updated_at: Instant,
}

impl VacancyRecord {
    /// Beds declared free, those held included.
    pub fn beds(&self) -> u32 {
        self.beds
    }

    /// Beds held for referrals.
    pub fn held(&self) -> u32 {
        self.held
    }
}

impl From<StoredVacancy> for VacancyRecord {
    fn from(stored: StoredVacancy) -> Self {
        Self {
            id: stored.id.0,
            unit_id: stored.unit.0,
            beds: stored.beds,
            from: stored.from,
            until: stored.until,
            held: stored.held,
            confirmed_at: stored.confirmed_at,
            withdrawn_at: stored.withdrawn_at,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VacancyQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Declare a vacancy
///
/// Beds of a unit that can be let together from a day, until a day or open-ended. Declaring confirms; rankings see it at once.
#[utoipa::path(post, path = "/api/v1/units/{unit_id}/vacancies", operation_id = "declareVacancy", tag = "vacancies",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), schemas::CommandKey), request_body = Vacancy,
    responses((status = 201, description = "The vacancy was declared.", body = VacancyRecord)))]
pub async fn declare(
    actor: Actor<DeclareVacancies>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Vacancy>,
) -> Result<HttpResponse, Problem> {
    let (unit, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "declareVacancy", RecordKind::Vacancy, Some(unit), &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                units::find(tx.conn, sight, unit)?;
                if vacancies::count(tx.conn, unit)? >= limits::VACANCIES_PER_UNIT_MAX {
                    let most = limits::VACANCIES_PER_UNIT_MAX;
                    return Err(Problem::new(Code::TooManyVacancies, format!("A unit has at most {most}; withdraw some.")).into());
                }
                let id = Guid::new();
                vacancies::insert(tx, id, unit, &body.value, tx.now)?;
                Ok(id)
            },
            move |conn, id| Ok(vacancies::find(conn, sight, id)?),
        )
        .await?;
    let record = VacancyRecord::from(stored);
    answers::created(&record, &stored.declared(), format!("/api/v1/vacancies/{}", record.id))
}

/// Read a vacancy
///
/// As it stands, withdrawn or not.
#[utoipa::path(get, path = "/api/v1/vacancies/{vacancy_id}", operation_id = "getVacancy", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy.")),
    responses((status = 200, description = "The vacancy.", body = VacancyRecord)))]
pub async fn get(actor: Actor<ReadVacancies>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let sight = actor.sight();
    let stored = app.read(move |conn| vacancies::find(conn, sight, Guid(id.0))).await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
}

/// Change a vacancy
///
/// Replaces what is declared and confirms it. Fewer beds than are held now are refused.
#[utoipa::path(put, path = "/api/v1/vacancies/{vacancy_id}", operation_id = "updateVacancy", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::EditGuards), request_body = Vacancy,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn update(
    actor: Actor<DeclareVacancies>,
    app: Data<App>,
    id: Id,
    if_match: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Vacancy>,
) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "updateVacancy", RecordKind::Vacancy, Some(id), &body.sent).under(key.0);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = vacancies::find(tx.conn, sight, id)?;
                refuse_withdrawn(&before)?;
                if_match.check(&before.declared())?;
                vacancies::update(tx, id, &body.value)?;
                Ok(id)
            },
            move |conn, id| Ok(vacancies::find(conn, sight, id)?),
        )
        .await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
}

/// Confirm a vacancy
///
/// Says in one call that the vacancy is still as declared: `confirmed_at` becomes now.
#[utoipa::path(post, path = "/api/v1/vacancies/{vacancy_id}/confirm", operation_id = "confirmVacancy", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey),
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn confirm(actor: Actor<DeclareVacancies>, app: Data<App>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "confirmVacancy", RecordKind::Vacancy, Some(id), &[]).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                refuse_withdrawn(&vacancies::find(tx.conn, sight, id)?)?;
                vacancies::confirm(tx, id)?;
                Ok(id)
            },
            move |conn, id| Ok(vacancies::find(conn, sight, id)?),
        )
        .await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
}

/// Withdraw a vacancy
///
/// The beds are free no more. A vacancy with beds held is refused; the record stays readable.
#[utoipa::path(post, path = "/api/v1/vacancies/{vacancy_id}/withdraw", operation_id = "withdrawVacancy", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey),
    responses((status = 200, description = "The vacancy, withdrawn.", body = VacancyRecord)))]
pub async fn withdraw(
    actor: Actor<DeclareVacancies>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "withdrawVacancy", RecordKind::Vacancy, Some(id), &[]).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                refuse_withdrawn(&vacancies::find(tx.conn, sight, id)?)?;
                if !vacancies::withdraw(tx, id)? {
                    return Err(Problem::new(Code::BedsHeld, "Beds of this vacancy are held; free them first.").into());
                }
                Ok(id)
            },
            move |conn, id| Ok(vacancies::find(conn, sight, id)?),
        )
        .await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
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

impl TakenElsewhere {
    /// One bed.
    pub fn one() -> Self {
        Self { beds: Beds::new(1).ok() }
    }
}

impl Faults for TakenElsewhere {
    fn faults(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// Record that beds were taken elsewhere
///
/// Someone who did not come through Havre has them: they are free no more, and the rest is confirmed. Without a body all beds that are
/// not held. Beds that are held stay.
#[utoipa::path(post, path = "/api/v1/vacancies/{vacancy_id}/taken-elsewhere", operation_id = "recordTakenElsewhere", tag = "vacancies",
    params(("vacancy_id" = Uuid, Path, description = "Id of the vacancy."), schemas::CommandKey), request_body = Option<TakenElsewhere>,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn taken_elsewhere(
    actor: Actor<DeclareVacancies>,
    app: Data<App>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<TakenElsewhere>,
) -> Result<HttpResponse, Problem> {
    let (id, sight) = (Guid(id.0), actor.sight());
    let command = Command::new(&actor, "recordTakenElsewhere", RecordKind::Vacancy, Some(id), &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = vacancies::find(tx.conn, sight, id)?;
                refuse_withdrawn(&before)?;
                let free = before.beds.saturating_sub(before.held);
                let beds = body.value.beds.map_or(free, Beds::get);
                if beds == 0 || !vacancies::take_free(tx, id, beds)? {
                    return Err(Problem::new(Code::BedsHeld, format!("{free} of its beds are not held.")).into());
                }
                Ok(id)
            },
            move |conn, id| Ok(vacancies::find(conn, sight, id)?),
        )
        .await?;
    answers::record(&VacancyRecord::from(stored), &stored.declared())
}

/// List the vacancies of a unit
///
/// Those that stand, in the order in which they were declared, a page at a time.
#[utoipa::path(get, path = "/api/v1/units/{unit_id}/vacancies", operation_id = "listVacancies", tag = "vacancies",
    params(("unit_id" = Uuid, Path, description = "Id of the unit."), VacancyQuery),
    responses((status = 200, description = "A page of vacancies.", body = Page<VacancyRecord>)))]
pub async fn list(
    actor: Actor<ReadVacancies>,
    app: Data<App>,
    id: Id,
    params: Params<VacancyQuery>,
) -> Result<HttpResponse, Problem> {
    let VacancyQuery { cursor, limit } = params.0;
    let (unit, sight) = (Guid(id.0), actor.sight());
    let found = app
        .read(move |conn| {
            units::find(conn, sight, unit)?;
            vacancies::list(conn, unit, cursor, limit)
        })
        .await?;
    let records = found.into_iter().map(VacancyRecord::from).collect();
    Ok(HttpResponse::Ok().json(Page::cut(records, limit, |record: &VacancyRecord| record.id)))
}

/// A vacancy that is no more is not changed.
pub fn refuse_withdrawn(vacancy: &StoredVacancy) -> Result<(), Problem> {
    if vacancy.withdrawn_at.is_none() {
        Ok(())
    } else {
        Err(Problem::new(Code::VacancyWithdrawn, "It was withdrawn. Declare a new vacancy."))
    }
}
