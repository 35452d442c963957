//! Requests: a household, its wishes, needs and dangers; seen by the organisation that wrote it and by no other.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Moment, Stage, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, requests as commands};
use crate::db::requests::{self, RequestFilter, StoredRequest};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{OrganisationId, RequestId};
use crate::domain::{Reach, Request, RequestState};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{CloseRequest, CreateRequest, GetRequest, ListRequests, UpdateRequest};
use crate::web::problem::Problem;

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestRecord {
    /// Its id (UUIDv7).
    id: RequestId,
    /// The organisation whose request it is.
    organisation_id: OrganisationId,
    /// Where it stands.
    state: RequestState,
    #[serde(flatten)]
    declared: Request,
    /// When it was created; seniority counts from here.
    created_at: Instant,
    /// When it was last edited.
    updated_at: Instant,
    /// When it was closed; null while it is not.
    #[schema(required)]
    closed_at: Option<Instant>,
}

impl RequestRecord {
    /// The request, the reading noted.
    fn show(reading: &mut Reading<'_>, stored: StoredRequest) -> Self {
        Self {
            id: stored.id,
            organisation_id: stored.organisation,
            state: stored.state,
            declared: stored.declared.show(reading),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            closed_at: stored.closed_at,
        }
    }
}

/// What a list of requests is narrowed by; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RequestQuery {
    /// Only in this state.
    #[param(required = false, nullable = false)]
    state: Option<RequestState>,
    /// Only for this stage.
    #[param(value_type = Option<schemas::Stage>, required = false, nullable = false)]
    stage: Option<Stage>,
    /// Only of this urgency.
    #[param(value_type = Option<schemas::Urgency>, required = false, nullable = false)]
    urgency: Option<Urgency>,
    /// Only from this department (INSEE code).
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

/// Create a request
///
/// Stores what a household needs, without its name, nationality or papers: there is no field for them. It rests on the person's consent,
/// or on vital urgency.
#[utoipa::path(post, path = "", tag = "requests", params(schemas::CommandKey), request_body = Request,
    responses((status = 201, description = "The request was created.", body = RequestRecord)))]
pub async fn create(
    actor: Actor<CreateRequest>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: Body<Request>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, organisation, &body.value);
    let record = service.command(order, run, found_by(reach), show).await?;
    answers::created(&record, &record.declared, &format!("/api/v1/requests/{}", record.id))
}

fn found_by(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<StoredRequest, DbError> + Send + 'static {
    move |conn, id| requests::find(conn, reach, RequestId(id))
}

fn show(reading: &mut Reading<'_>, stored: StoredRequest) -> Result<RequestRecord, Failure> {
    Ok(RequestRecord::show(reading, stored))
}

/// Read a request
///
/// A request is found by its id, by those of its organisation. There is no search for a person. The reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "requests", params(("request_id" = Uuid, Path, description = "Id of the request.")),
    responses((status = 200, description = "The request.", body = RequestRecord)))]
pub async fn get(actor: Actor<GetRequest>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, RequestId(id.0))?;
        show(reading, stored)
    };
    let record = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&record, &record.declared)
}

/// Edit a request
///
/// Replaces everything that is declared; a field left out goes back to its default. A closed request is not edited. When the household
/// grows or shrinks, its open referrals hold as many beds, or the edit is refused.
#[utoipa::path(put, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::EditGuards), request_body = Request,
    responses((status = 200, description = "The request as it stands now.", body = RequestRecord)))]
pub async fn update(
    actor: Actor<UpdateRequest>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Request>,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, reach, id, &seen.0, &body.value);
    let record = service.command(order, run, found_by(reach), show).await?;
    answers::record(&record, &record.declared)
}

/// Close a request
///
/// The household looks no more: its open referrals are withdrawn, and the beds they hold are free. The record stays readable.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "The request, closed.", body = RequestRecord)))]
pub async fn close(
    actor: Actor<CloseRequest>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let record = service
        .command(order, move |turn: &mut Turn<'_>, _: &Live| commands::close(turn, reach, id), found_by(reach), show)
        .await?;
    answers::record(&record, &record.declared)
}

/// List requests
///
/// Those of the caller's organisation that all the given filters let through, in the order in which they were created or against it, a page at a time. The
/// reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "requests", params(RequestQuery),
    responses((status = 200, description = "A page of requests.", body = Page<RequestRecord>)))]
pub async fn list(
    actor: Actor<ListRequests>,
    service: Data<Service>,
    params: Params<RequestQuery>,
) -> Result<HttpResponse, Problem> {
    let RequestQuery { state, stage, urgency, department, updated_since, order, cursor, limit } = params.0;
    let (reach, updated_since) = (actor.reach(), updated_since.map(Instant::from));
    let filter = RequestFilter { state, stage, urgency, department, updated_since, order };
    let find = move |reading: &mut Reading<'_>| {
        let found = requests::list(reading.conn, reach, filter, cursor, limit)?;
        Ok(Page::cut(found, limit, |stored: &StoredRequest| stored.id.0).map(|stored| RequestRecord::show(reading, stored)))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
