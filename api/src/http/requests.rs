//! Requests: a household, its wishes, needs and dangers; seen by the organisation that wrote it and by no other.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Stage, Urgency};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answers;
use crate::app::{App, Command};
use crate::auth::{Actor, HandleRequests};
use crate::db::access_log::Access;
use crate::db::requests::{self, RequestFilter, StoredRequest};
use crate::db::types::{Guid, Instant};
use crate::domain::{RecordKind, Request, RequestState};
use crate::error::{Code, Problem};
use crate::etag::IfMatch;
use crate::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::paging::{Cursor, Page, PageLimit};
use crate::{flow, schemas};

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestRecord {
    /// Its id (UUIDv7).
    id: Uuid,
    /// The organisation whose request it is.
    organisation_id: Uuid,
    /// Where it stands.
    #[schema(value_type = schemas::RequestState)]
    state: RequestState,
    #[serde(flatten)]
    declared: Request,
    /// When it was created; seniority counts from here.
    #[schema(value_type = schemas::Timestamp)]
    created_at: Instant,
    /// When it was last edited.
    #[schema(value_type = schemas::Timestamp)]
    updated_at: Instant,
    /// When it was closed; null while it is not.
    #[schema(required, value_type = Option<schemas::Timestamp>)]
    closed_at: Option<Instant>,
}

impl From<StoredRequest> for RequestRecord {
    fn from(stored: StoredRequest) -> Self {
        Self {
            id: stored.id.0,
            organisation_id: stored.organisation.0,
            state: stored.state,
            declared: stored.declared,
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
    #[param(value_type = Option<schemas::RequestState>, required = false, nullable = false)]
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
    /// Where the page begins: `next_cursor` of the page before.
    #[param(value_type = Option<schemas::Cursor>, required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<schemas::PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// Create a request
///
/// Stores what a household needs, without its name, nationality or papers: there is no field for them. It rests on the person's consent,
/// or on vital urgency.
#[utoipa::path(post, path = "/api/v1/requests", operation_id = "createRequest", tag = "requests",
    params(schemas::CommandKey), request_body = Request,
    responses((status = 201, description = "The request was created.", body = RequestRecord)))]
pub async fn create(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<Request>,
) -> Result<HttpResponse, Problem> {
    let organisation = actor.organisation();
    let command = Command::new(&actor, "createRequest", RecordKind::Request, None, &body.sent).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                let id = Guid::new();
                requests::insert(tx, id, organisation, &body.value, tx.now)?;
                Ok(id)
            },
            move |conn, id| Ok(requests::find(conn, organisation, id)?),
        )
        .await?;
    let record = RequestRecord::from(stored);
    answers::created(&record, &record.declared, format!("/api/v1/requests/{}", record.id))
}

/// Read a request
///
/// A request is found by its id, by those of its organisation. There is no search for a person.
#[utoipa::path(get, path = "/api/v1/requests/{request_id}", operation_id = "getRequest", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request.")),
    responses((status = 200, description = "The request.", body = RequestRecord)))]
pub async fn get(actor: Actor<HandleRequests>, app: Data<App>, id: Id) -> Result<HttpResponse, Problem> {
    let organisation = actor.organisation();
    let access = access(&actor, "getRequest");
    let stored =
        app.read_logged(access, move |conn| Ok((requests::find(conn, organisation, Guid(id.0))?, vec![Guid(id.0)]))).await?;
    let record = RequestRecord::from(stored);
    answers::record(&record, &record.declared)
}

/// Edit a request
///
/// Replaces everything that is declared; a field left out goes back to its default. A closed request is not edited. When the household
/// grows or shrinks, its open referrals hold as many beds, or the edit is refused.
#[utoipa::path(put, path = "/api/v1/requests/{request_id}", operation_id = "updateRequest", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::EditGuards), request_body = Request,
    responses((status = 200, description = "The request as it stands now.", body = RequestRecord)))]
pub async fn update(
    actor: Actor<HandleRequests>,
    app: Data<App>,
    id: Id,
    if_match: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Request>,
) -> Result<HttpResponse, Problem> {
    let (id, organisation, by) = (Guid(id.0), actor.organisation(), actor.by());
    let command = Command::new(&actor, "updateRequest", RecordKind::Request, Some(id), &body.sent).under(key.0);
    let stored = app
        .command(
            command,
            move |tx| {
                let before = requests::find(tx.conn, organisation, id)?;
                if before.state == RequestState::Closed {
                    return Err(closed().into());
                }
                if_match.check(&before.declared)?;
                requests::update(tx, id, &body.value)?;
                flow::resize(tx, by, id, body.value.people())?;
                Ok(id)
            },
            move |conn, id| Ok(requests::find(conn, organisation, id)?),
        )
        .await?;
    let record = RequestRecord::from(stored);
    answers::record(&record, &record.declared)
}

/// Close a request
///
/// The household looks no more: its open referrals are withdrawn, and the beds they hold are free. The record stays readable.
#[utoipa::path(post, path = "/api/v1/requests/{request_id}/close", operation_id = "closeRequest", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "The request, closed.", body = RequestRecord)))]
pub async fn close(actor: Actor<HandleRequests>, app: Data<App>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    let (id, organisation, by) = (Guid(id.0), actor.organisation(), actor.by());
    let command = Command::new(&actor, "closeRequest", RecordKind::Request, Some(id), &[]).under(key);
    let stored = app
        .command(
            command,
            move |tx| {
                requests::find(tx.conn, organisation, id)?;
                if !requests::close(tx, id)? {
                    return Err(closed().into());
                }
                flow::withdraw_open(tx, by, id)?;
                Ok(id)
            },
            move |conn, id| Ok(requests::find(conn, organisation, id)?),
        )
        .await?;
    let record = RequestRecord::from(stored);
    answers::record(&record, &record.declared)
}

/// List requests
///
/// Those of the caller's organisation that all the given filters let through, in the order in which they were created, a page at a time.
#[utoipa::path(get, path = "/api/v1/requests", operation_id = "listRequests", tag = "requests", params(RequestQuery),
    responses((status = 200, description = "A page of requests.", body = Page<RequestRecord>)))]
pub async fn list(actor: Actor<HandleRequests>, app: Data<App>, params: Params<RequestQuery>) -> Result<HttpResponse, Problem> {
    let RequestQuery { state, stage, urgency, department, cursor, limit } = params.0;
    let organisation = actor.organisation();
    let filter = RequestFilter { state, stage, urgency, department };
    let access = access(&actor, "listRequests");
    let page = app
        .read_logged(access, move |conn| {
            let found = requests::list(conn, organisation, filter, cursor, limit)?;
            let page = Page::cut(found.into_iter().map(RequestRecord::from).collect(), limit, |record: &RequestRecord| record.id);
            let read = page.items.iter().map(|record| Guid(record.id)).collect();
            Ok((page, read))
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

fn access(actor: &Actor<HandleRequests>, operation: &'static str) -> Access {
    let by = actor.identity();
    Access { client: Some(by.client), organisation: by.organisation, operation, kind: RecordKind::Request }
}

fn closed() -> Problem {
    Problem::new(Code::RequestClosed, "It was closed. Create a new request.")
}
