//! Requests kept apart: two referents, each at a request of their own, exchange a one-time code by phone. Neither learns more of the
//! other's request than that it is there.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Instant;
use crate::commands::keep_apart::{self as commands, MadeCode, SeenLink};
use crate::commands::{Said, Service};
use crate::db::keep_apart::{self, StoredLink};
use crate::db::{Conn, Failure, Reading, Turn, requests};
use crate::domain::ids::{KeepApartCodeId, KeepApartLinkId, OrganisationId, ReferralId, RequestId, UnitId};
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::referral::Stop;
use crate::domain::{Faults, Referral, ReferralState};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, IdempotencyKey, Params, TwoIds};
use crate::web::operations::{
    CreateKeepApartCode, CreateKeepApartLink, EndAnyKeepApartLink, EndKeepApartLink, ListKeepApartLinks, StopReferral,
};
use crate::web::problem::Problem;

/// A code that links a request to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeepApartCodeRecord {
    /// Its id (UUIDv7).
    id: KeepApartCodeId,
    /// The request it is of.
    request_id: RequestId,
    /// The code, to be read out to the other referent; null in every answer but the first: it is shown once.
    #[schema(required, value_type = Option<OneTimeCode>)]
    code: Option<String>,
    /// Until when it is good.
    expires_at: Instant,
    /// When it was used; null while it was not.
    #[schema(required)]
    used_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

/// A link between the request and one it is kept apart from.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeepApartLinkRecord {
    /// Its id (UUIDv7); the same on both sides.
    id: KeepApartLinkId,
    /// When it was made.
    created_at: Instant,
    /// When this side agreed that it ends; null while it has not.
    #[schema(required)]
    agreed_at: Option<Instant>,
    /// When the other side did; null while it has not.
    #[schema(required)]
    other_agreed_at: Option<Instant>,
    /// When it was ended, by both or by the coordination; null while it holds.
    #[schema(required)]
    ended_at: Option<Instant>,
}

/// A link that the coordination has ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedLink {
    /// Its id (UUIDv7).
    id: KeepApartLinkId,
    /// When it was made.
    created_at: Instant,
    /// When it was ended.
    #[schema(required)]
    ended_at: Option<Instant>,
}

/// A referral that the coordination has stopped, without people.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoppedReferral {
    /// Its id (UUIDv7).
    id: ReferralId,
    /// The unit.
    unit_id: UnitId,
    /// The organisation that asks.
    organisation_id: OrganisationId,
    /// The organisation that answers.
    addressee_id: OrganisationId,
    /// Where it stands.
    state: ReferralState,
    /// When it was stopped.
    #[schema(required)]
    ended_at: Option<Instant>,
}

impl From<Referral> for StoppedReferral {
    fn from(referral: Referral) -> Self {
        Self {
            id: referral.id,
            unit_id: referral.unit,
            organisation_id: referral.organisation,
            addressee_id: referral.addressee,
            state: referral.state,
            ended_at: referral.course.ended_at,
        }
    }
}

impl From<StoredLink> for KeepApartLinkRecord {
    fn from(link: StoredLink) -> Self {
        let StoredLink { id, created_at, agreed_at, other_agreed_at, ended_at, .. } = link;
        Self { id, created_at, agreed_at, other_agreed_at, ended_at }
    }
}

/// A code that another referent has read out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepApartCode {
    /// The code; capitals, hyphens and blanks do not matter.
    #[schema(value_type = String, example = "7Q4M-0XKD-2NVA", pattern = "^[0-9A-Za-z]([ -]?[0-9A-Za-z]){11}$")]
    code: OneTimeCode,
}

impl Faults for KeepApartCode {}

/// Create a keep-apart code
///
/// A code for one use within 24 hours, to be given to the referent of people these must not meet. It is shown once.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey),
    responses((status = 201, description = "The code was made.", body = KeepApartCodeRecord)))]
pub async fn create_code(
    actor: Actor<CreateKeepApartCode>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let (new, code) = (KeepApartCodeId::new(), OneTimeCode::new().map_err(Problem::internal)?);
    let spelt = code.spelt();
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create_code(turn, reach, request, new, &code);
    let find = move |conn: &mut Conn, id| commands::find_code(conn, reach, KeepApartCodeId(id));
    let made = service.command(order, run, find, |_: &mut Reading<'_>, made: MadeCode| Ok(made.stored)).await?;
    // A replay answers with the record of the first call, whose code nobody knows any more.
    let code = (made.id == new).then_some(spelt);
    let record = KeepApartCodeRecord {
        id: made.id,
        request_id: made.request,
        code,
        expires_at: made.expires_at,
        used_at: made.used_at,
        created_at: made.created_at,
    };
    answers::created(&record, &record.id, &format!("/api/v1/requests/{request}/keep-apart-links")).map(answers::secret)
}

fn show(_: &mut Reading<'_>, seen: SeenLink) -> Result<KeepApartLinkRecord, Failure> {
    Ok(seen.stored.into())
}

/// Keep a request apart from another
///
/// Uses a code that the referent of the other request has read out. From then on whoever answers for a place where the other household is
/// housed or held, or one near it, is told to call the coordination and accepts nobody, and the coordination is told of every encounter.
/// Both referents see the link, and nothing of the other's request: no ranking and no answer to them differs because of it. Only a plan for
/// requests of one organisation keeps those of them apart that are linked.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), schemas::CommandKey), request_body = KeepApartCode,
    responses((status = 201, description = "They are kept apart.", body = KeepApartLinkRecord)))]
pub async fn create_link(
    actor: Actor<CreateKeepApartLink>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<KeepApartCode>,
) -> Result<HttpResponse, Problem> {
    let (request, reach) = (RequestId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create_link(turn, reach, request, &body.value.code);
    let find = move |conn: &mut Conn, id| commands::find_link(conn, request, KeepApartLinkId(id));
    let record = service.command(order, run, find, show).await?;
    answers::created(&record, &record.id, &format!("/api/v1/requests/{request}/keep-apart-links"))
}

/// Agree that a keep-apart link ends
///
/// It ends when both sides have agreed, or by the word of the coordination. The record stays.
#[utoipa::path(post, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), ("link_id" = Uuid, Path, description = "Id of the link."),
        schemas::CommandKey),
    responses((status = 200, description = "The link as it stands now.", body = KeepApartLinkRecord)))]
pub async fn end_link(
    actor: Actor<EndKeepApartLink>,
    service: Data<Service>,
    ids: TwoIds,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (request, link, reach) = (RequestId(ids.0), KeepApartLinkId(ids.1), actor.reach());
    let order = order(&actor, Some(ids.1), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end_link(turn, reach, request, link);
    let find = move |conn: &mut Conn, id| commands::find_link(conn, request, KeepApartLinkId(id));
    let record = service.command(order, run, find, show).await?;
    answers::record(&record, &record.id)
}

/// End any keep-apart link
///
/// By the word of the coordination, for both sides.
#[utoipa::path(post, path = "", tag = "requests",
    params(("link_id" = Uuid, Path, description = "Id of the link."), schemas::CommandKey),
    responses((status = 200, description = "The link, ended.", body = EndedLink)))]
pub async fn end_any_link(
    actor: Actor<EndAnyKeepApartLink>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let link = KeepApartLinkId(id.0);
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end_any_link(turn, link);
    let find = |conn: &mut Conn, id| commands::find_any_link(conn, KeepApartLinkId(id));
    let StoredLink { id, created_at, ended_at, .. } =
        service.command(order, run, find, |_: &mut Reading<'_>, seen: SeenLink| Ok(seen.stored)).await?;
    answers::json(&EndedLink { id, created_at, ended_at })
}

/// Stop a referral
///
/// The coordination stops a referral that brings people near each other who are kept apart; any other is not there for it. Those who asked
/// read it as the refusal of the addressee, with the reason that is given here; the record says `safety`. The addressee sees who stopped it.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey), request_body = Stop,
    responses((status = 200, description = "The referral, stopped.", body = StoppedReferral)))]
pub async fn stop(
    actor: Actor<StopReferral>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Stop>,
) -> Result<HttpResponse, Problem> {
    let referral = ReferralId(id.0);
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::stop(turn, referral, &body.value);
    let find = |conn: &mut Conn, id| commands::find_stopped(conn, ReferralId(id));
    let stopped = service.command(order, run, find, |_: &mut Reading<'_>, stopped: Referral| Ok(stopped)).await?;
    answers::json(&StoppedReferral::from(stopped))
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
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

/// List the keep-apart links of a request
///
/// Those that hold, oldest or newest first, a page at a time.
#[utoipa::path(get, path = "", tag = "requests",
    params(("request_id" = Uuid, Path, description = "Id of the request."), LinkQuery),
    responses((status = 200, description = "A page of links.", body = Page<KeepApartLinkRecord>)))]
pub async fn list(
    actor: Actor<ListKeepApartLinks>,
    service: Data<Service>,
    id: Id,
    params: Params<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    let LinkQuery { order, cursor, limit } = params.0;
    let (request, reach) = (RequestId(id.0), actor.reach());
    let find = move |reading: &mut Reading<'_>| {
        requests::find(reading.conn, reach, request)?;
        Ok(keep_apart::of_request(reading.conn, request)?)
    };
    let mut links = service.read(actor.access(), actor.pulse(), find).await?;
    if order == Order::Newest {
        links.reverse();
    }
    let is_behind = |link: &StoredLink, after| match order {
        Order::Oldest => after < link.id.0,
        Order::Newest => link.id.0 < after,
    };
    let after = links.into_iter().filter(|link| cursor.is_none_or(|Cursor(after)| is_behind(link, after)));
    let records = after.map(KeepApartLinkRecord::from).collect();
    answers::json(&Page::cut(records, limit, |record: &KeepApartLinkRecord| record.id.0))
}
