//! Requests: a household, its wishes, needs and dangers; seen by the organisation that wrote it, by one that it is lent to, and by no other.

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
use crate::domain::ids::{OrganisationId, ReferralId, RequestId};
use crate::domain::request::{Closing, ClosingReason, Lending, NewNote, NewRequest, Note, RequestWarning};
use crate::domain::separation::{Separated, Splitting};
use crate::domain::{Alias, Reach, Request, RequestState};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    AddNote, ChangeAlias, CloseRequest, CopyRequest, CreateRequest, EndLending, GetRequest, LendRequest, ListRequests, Operation,
    ReopenRequest, SplitRequest, UpdateRequest, WithdrawAgreement,
};
use crate::web::problem::Problem;

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestRecord {
    /// Its id (UUIDv7).
    id: RequestId,
    /// The organisation whose request it is.
    organisation_id: OrganisationId,
    /// A word and a number by which people speak of it on the phone.
    alias: Alias,
    /// Where it stands.
    state: RequestState,
    #[serde(flatten)]
    declared: Request,
    /// What those have written down in whose hands it was, oldest first; no addressee reads it.
    notes: Vec<Note>,
    /// What to know about it.
    warnings: Vec<RequestWarning>,
    /// Until when the person is to be asked again whether she agrees; null when she was informed.
    #[schema(required)]
    information_due_at: Option<Instant>,
    /// Until when the first best-interest assessment of a lone minor is due; null where there is none to make.
    #[schema(required)]
    assessment_due_at: Option<Instant>,
    /// In whose hands it is, beside those of its organisation; null while it is not lent.
    #[schema(required)]
    lent_to_id: Option<OrganisationId>,
    /// Until when.
    #[schema(required)]
    lent_until: Option<Instant>,
    /// Requests of people who were of its household and are looked after separately.
    separated: Vec<Separated>,
    /// When it was created; seniority counts from here.
    created_at: Instant,
    /// When it last changed: what is declared, its state, its alias, its notes, or in whose hands it is.
    updated_at: Instant,
    /// When it was closed; null while it is not.
    #[schema(required)]
    closed_at: Option<Instant>,
    /// Why it was closed; null while it is not, and where its stay ended, which has a reason of its own.
    #[schema(required)]
    close_reason: Option<ClosingReason>,
}

impl RequestRecord {
    /// The request as a reach shows it, the reading noted.
    fn show(reading: &mut Reading<'_>, stored: StoredRequest, reach: Reach) -> Result<Self, DbError> {
        let (today, duties) = (stored.today(reading.now)?, stored.duties.clone());
        let declared = stored.declared.clone().show(reading);
        let declared = stored.seen_by(reach, declared);
        Ok(Self {
            id: stored.id,
            organisation_id: stored.organisation,
            alias: stored.alias,
            state: stored.state,
            warnings: declared.warnings(today),
            declared,
            notes: stored.notes.show(reading),
            information_due_at: duties.information.map(|duty| duty.due_at),
            assessment_due_at: duties.assessment.map(|duty| duty.due_at),
            lent_to_id: stored.lent.map(|(borrower, _)| borrower),
            lent_until: stored.lent.map(|(_, until)| until),
            separated: stored.separated,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            closed_at: stored.closed_at,
            close_reason: stored.close_reason,
        })
    }
}

/// What is left of a request whose person has taken back what she agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedRequest {
    /// Its id.
    id: RequestId,
    /// When what it said of her was erased.
    erased_at: Instant,
    /// The confirmed referrals and the stays that stand on, with the number of people alone.
    standing_referral_ids: Vec<ReferralId>,
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
    /// Only the one of this alias: a word and a number from 200 to 899, in any case, with accents or without.
    #[param(value_type = Option<String>, required = false, nullable = false, max_length = 40, pattern = "^[A-Za-zÀ-ÖØ-öø-ÿ]{1,36} [2-8][0-9]{2}$", example = "galet 412")]
    alias: Option<Alias>,
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
/// Stores what a household needs, without its name, nationality or papers: there is no field for them. It says how the person was informed
/// and what she agrees to, or why not yet: then its organisation is reminded to ask again within 24 hours.
#[utoipa::path(post, path = "", tag = "requests", params(schemas::CommandKey), request_body = Request,
    responses((status = 201, description = "The request was created.", body = RequestRecord)))]
pub async fn create(
    actor: Actor<CreateRequest>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: Body<NewRequest>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach) = (actor.organisation(), actor.reach());
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, organisation, &body.value.0);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::created(&record, &record.declared, &format!("/api/v1/requests/{}", record.id))
}

fn found_by(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<StoredRequest, DbError> + Send + 'static {
    move |conn, id| requests::find(conn, reach, RequestId(id))
}

fn shown_to(reach: Reach) -> impl Fn(&mut Reading<'_>, StoredRequest) -> Result<RequestRecord, Failure> + Send + 'static {
    move |reading, stored| Ok(RequestRecord::show(reading, stored, reach)?)
}

/// Gives a command on a request, and answers with the request as it stands now.
async fn give<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    (said, key): (Said, IdempotencyKey),
    run: impl Fn(&mut Turn<'_>, Reach, RequestId) -> Result<StoredRequest, Failure> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let (reach, about) = (actor.reach(), RequestId(id.0));
    let order = order(actor, Some(id.0), said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| run(turn, reach, about);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// Read a request
///
/// A request is found by its id, by those of its organisation and of one that it is lent to. There is no search for a person. The reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "requests", params(("request_id" = Uuid, Path, description = "Id of the request.")),
    responses((status = 200, description = "The request.", body = RequestRecord)))]
pub async fn get(actor: Actor<GetRequest>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, RequestId(id.0))?;
        Ok(RequestRecord::show(reading, stored, reach)?)
    };
    let record = service.read(actor.access(), actor.pulse(), find).await?;
    answers::record(&record, &record.declared)
}

/// Edit a request
///
/// Replaces everything that is declared; a field left out goes back to its default. A closed request is not edited. When the household
/// grows or shrinks, its open referrals hold as many beds; where there are too few, the referral is over-occupied. Open referrals and stays
/// are judged again: one that no longer passes keeps its state and says which rules it fails, and both sides are told.
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
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::update(turn, live.policy(), reach, id, &seen.0, &body.value);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// Close a request
///
/// The household looks no more, for a reason: its open referrals are withdrawn, and the beds they hold are free. The record stays readable.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = Closing,
    responses((status = 200, description = "The request, closed.", body = RequestRecord)))]
pub async fn close(
    actor: Actor<CloseRequest>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Closing>,
) -> Result<HttpResponse, Problem> {
    let said = (body.said, key);
    give(&actor, &service, id, said, move |turn, reach, id| commands::close(turn, reach, id, &body.value)).await
}

/// Reopen a request
///
/// The household looks again, with the seniority it has; where a stay goes on the request is `placed`. It has another alias where its own was
/// given to another request meanwhile.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "The request as it stands now.", body = RequestRecord)))]
pub async fn reopen(
    actor: Actor<ReopenRequest>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    give(&actor, &service, id, (Said::default(), key), commands::reopen).await
}

/// Copy a request
///
/// The same people look again, by a request of their own with the same content that begins now: it has another alias, and no notes and no referrals
/// yet. It stays with the organisation whose request it was, and in the hands of whom that is lent to. Whoever the people are kept apart from is
/// kept apart from it too.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 201, description = "The new request.", body = RequestRecord)))]
pub async fn copy(actor: Actor<CopyRequest>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    let (reach, request) = (actor.reach(), RequestId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::copy(turn, reach, request);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::created(&record, &record.declared, &format!("/api/v1/requests/{}", record.id))
}

/// Split a request
///
/// Puts people of a household into requests of their own, because they have to be looked after separately: each with what is known of them, the
/// same wishes, needs and dangers, and the seniority of the whole. Those who are kept apart are linked as by a code. No child goes from its
/// parent without child protection having been told, or somebody having tried; a child that does is a minor without a parent from then on. Who stays
/// holds as many beds as it now needs, and its referrals are judged again.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = Splitting,
    responses((status = 200, description = "The request of those who stay; `separated` names the others.", body = RequestRecord)))]
pub async fn split(
    actor: Actor<SplitRequest>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Splitting>,
) -> Result<HttpResponse, Problem> {
    let (reach, request) = (actor.reach(), RequestId(id.0));
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::split(turn, live.policy(), reach, request, &body.value);
    let record = service.command(order, run, found_by(reach), shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// Change the alias of a request
///
/// People speak of it by another word and number from now on, such as when somebody has overheard the first.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "The request with its new alias.", body = RequestRecord)))]
pub async fn change_alias(
    actor: Actor<ChangeAlias>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    give(&actor, &service, id, (Said::default(), key), commands::change_alias).await
}

/// Add a note to a request
///
/// A few words for those in whose hands the request is, kept with the hour and who wrote them. No addressee reads them; they name nobody.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = NewNote,
    responses((status = 200, description = "The request with its notes.", body = RequestRecord)))]
pub async fn add_note(
    actor: Actor<AddNote>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<NewNote>,
) -> Result<HttpResponse, Problem> {
    let said = (body.said, key);
    give(&actor, &service, id, said, move |turn, reach, id| commands::add_note(turn, reach, id, &body.value)).await
}

/// Lend a request
///
/// Puts it into the hands of another organisation until an hour, such as those of the 115 for the night: it sees and does what its owner may,
/// except the number in the owner's files. The request comes back by itself. Lent again, it goes to whom it is lent last.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = Lending,
    responses((status = 200, description = "The request as it stands now.", body = RequestRecord)))]
pub async fn lend(
    actor: Actor<LendRequest>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Lending>,
) -> Result<HttpResponse, Problem> {
    let said = (body.said, key);
    give(&actor, &service, id, said, move |turn, reach, id| commands::lend(turn, reach, id, &body.value)).await
}

/// End the lending of a request
///
/// Its organisation takes it back before the hour, or whoever has it gives it back.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "The request as it stands now.", body = RequestRecord)))]
pub async fn end_lending(
    actor: Actor<EndLending>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, request) = (actor.reach(), RequestId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end_lending(turn, reach, request);
    let find = move |conn: &mut Conn, id| commands::find_given_back(conn, reach, RequestId(id));
    let record = service.command(order, run, find, shown_to(reach)).await?;
    answers::record(&record, &record.declared)
}

/// Withdraw the agreement to a request
///
/// The person takes back what she agreed to: what the request says of her is erased, for good, and it is closed. What is merely asked of
/// places is withdrawn; a confirmed referral and a running stay stand on, with the number of people alone.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 200, description = "What is left of it.", body = ErasedRequest)))]
pub async fn withdraw_agreement(
    actor: Actor<WithdrawAgreement>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (id, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::withdraw_agreement(turn, reach, id);
    let find = move |conn: &mut Conn, id| commands::find_erased(conn, reach, RequestId(id));
    let show = |reading: &mut Reading<'_>, erased: commands::Erased| {
        let erased_at = erased.stored.erased_at.unwrap_or(reading.now);
        Ok(ErasedRequest { id: erased.stored.id, erased_at, standing_referral_ids: erased.standing })
    };
    answers::json(&service.command(order, run, find, show).await?)
}

/// List requests
///
/// Those of the caller's organisation, and those lent to it, that all the given filters let through, in the order in which they were created or against it, a page at a time. The
/// reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "requests", params(RequestQuery),
    responses((status = 200, description = "A page of requests.", body = Page<RequestRecord>)))]
pub async fn list(
    actor: Actor<ListRequests>,
    service: Data<Service>,
    params: Params<RequestQuery>,
) -> Result<HttpResponse, Problem> {
    let RequestQuery { state, stage, urgency, alias, department, updated_since, order, cursor, limit } = params.0;
    let (reach, updated_since) = (actor.reach(), updated_since.map(Instant::from));
    let filter = RequestFilter { alias, state, stage, urgency, department, updated_since, order };
    let find = move |reading: &mut Reading<'_>| {
        let found = requests::list(reading.conn, reach, filter, cursor, limit)?;
        let page = Page::cut(found, limit, |stored: &StoredRequest| stored.id.0);
        let items = page.items.into_iter().map(|stored| RequestRecord::show(reading, stored, reach)).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor: page.next_cursor })
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
