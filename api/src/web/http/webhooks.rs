//! Webhooks of an organisation's tools, for its managers: where events go, and what became of each.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::accounts::AccountQuery;
use crate::clock::Instant;
use crate::commands::webhooks::{self as commands, Declared};
use crate::commands::{Said, Service};
use crate::db::webhooks::{self, StoredDelivery, StoredWebhook};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::denied::What;
use crate::domain::ids::{AccountId, OrganisationId, WebhookId};
use crate::domain::webhook::{DeliveryFailure, DeliveryState, DisabledBecause, Replay, new_signing_secret};
use crate::domain::{Denied, Reach, RecordKind, Webhook};
use crate::live::Live;
use crate::outward::Outward;
use crate::paging::{Cursor, Order, Page, PageLimit, position_as_id};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalBody, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    CreateWebhook, DeleteWebhook, EnableWebhook, GetWebhook, ListWebhookDeliveries, ListWebhooks, ReplayWebhook,
    RotateWebhookSecret, UpdateWebhook,
};
use crate::web::problem::Problem;

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookRecord {
    /// Its id (UUIDv7).
    id: WebhookId,
    /// Of which organisation.
    organisation_id: OrganisationId,
    /// The tool whose events it sends: what `listEvents` shows that tool, and nothing else; nothing while it has no good secret.
    api_client_id: AccountId,
    #[serde(flatten)]
    declared: Webhook,
    /// Up to which event the log was looked at; what of it is to be sent stands in the log of deliveries.
    #[schema(minimum = 0)]
    position: i64,
    /// Who made it.
    #[schema(required)]
    created_by: Option<AccountId>,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    updated_at: Instant,
    /// When something was last delivered; null: never.
    #[schema(required)]
    last_delivered_at: Option<Instant>,
    /// Since when nothing is delivered though it is tried; null where there is nothing amiss.
    #[schema(required)]
    failing_since: Option<Instant>,
    /// When it was disabled; null while it sends.
    #[schema(required)]
    disabled_at: Option<Instant>,
    /// Why.
    #[schema(required)]
    disabled_because: Option<DisabledBecause>,
    /// When it was deleted; null while it goes on.
    #[schema(required)]
    ended_at: Option<Instant>,
    /// Until when the secret before the newest signs too; null where there is one alone.
    #[schema(required)]
    older_secret_until: Option<Instant>,
    /// The signing secret that was just made (Standard Webhooks), to be kept where secrets are; null in every other answer: it is shown once.
    #[schema(required, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    secret: Option<String>,
}

impl WebhookRecord {
    fn new(stored: StoredWebhook, now: Instant, secret: Option<String>) -> Self {
        let older_secret_until = stored.older_secret_until(now);
        let secret = secret.filter(|_| stored.made_secret);
        let (disabled_at, disabled_because) = stored.disabled.unzip();
        Self {
            id: stored.id,
            organisation_id: stored.organisation,
            api_client_id: stored.account,
            declared: stored.declared,
            position: stored.position,
            created_by: stored.created_by,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            last_delivered_at: stored.last_delivered_at,
            failing_since: stored.failing_since,
            disabled_at,
            disabled_because,
            ended_at: stored.ended_at,
            older_secret_until,
            secret,
        }
    }
}

/// An event of a webhook, and what became of it. Nothing is kept of what a receiver answers but its status.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// The event.
    #[schema(minimum = 1)]
    position: i64,
    /// `webhook-id` of every try.
    #[schema(example = "msg_0192f0c12d3e7a4b8c5d6e7f80910213_4711")]
    message_id: String,
    /// When the event happened.
    at: Instant,
    /// `type` of the message.
    #[schema(example = "referral.acceptReferral")]
    r#type: String,
    /// What kind of record.
    record_kind: RecordKind,
    /// Which record.
    record_id: Uuid,
    /// What became of it.
    state: DeliveryState,
    /// How often it was tried.
    #[schema(minimum = 0)]
    attempts: i32,
    /// When it was last tried; null: never.
    #[schema(required)]
    attempted_at: Option<Instant>,
    /// The HTTP status of the last try; null where there was no answer.
    #[schema(required, minimum = 100, maximum = 999)]
    status: Option<i32>,
    /// Why the last try came to nothing; null where it did not.
    #[schema(required)]
    failure: Option<DeliveryFailure>,
    /// When it is tried next, if nothing of the same record is before it; null where it is not.
    #[schema(required)]
    next_attempt_at: Option<Instant>,
}

impl WebhookDelivery {
    fn new(of: WebhookId, stored: StoredDelivery) -> Self {
        let message_id = commands::message_id(of, stored.position);
        Self {
            position: stored.position,
            message_id,
            at: stored.at,
            r#type: commands::message_type(stored.record.kind, &stored.command),
            record_kind: stored.record.kind,
            record_id: stored.record.id,
            state: stored.state,
            attempts: stored.attempts,
            attempted_at: stored.attempted_at,
            status: stored.status,
            failure: stored.failure,
            next_attempt_at: stored.next_at,
        }
    }
}

/// Part of the log of deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Only those that stand so.
    #[param(required = false, nullable = false)]
    state: Option<DeliveryState>,
    /// In which order.
    #[serde(default)]
    #[param(value_type = Option<Order>, required = false, nullable = false)]
    order: Order,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many entries a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// What is declared, with whether its address may be sent to: a name is asked for before the turn, in which nobody waits for
/// others.
async fn checked(outward: &Outward, webhook: Webhook) -> Declared {
    let checked = outward.check(webhook.url.as_str()).await;
    Declared { webhook, checked }
}

/// How a command's webhook is found again under its key: the secret of the first time is nobody's to show.
fn find_as(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<StoredWebhook, DbError> + Send + 'static {
    move |conn, id| webhooks::find(conn, reach, WebhookId(id))
}

fn show(reading: &mut Reading<'_>, stored: StoredWebhook) -> Result<(StoredWebhook, Instant), Failure> {
    Ok((stored, reading.now))
}

fn record((stored, now): (StoredWebhook, Instant), secret: Option<String>) -> Result<HttpResponse, Problem> {
    let record = WebhookRecord::new(stored, now, secret);
    answers::record(&record, &record.declared).map(answers::secret)
}

/// Create a webhook
///
/// Sends the events that a tool of the organisation may follow (`listEvents`), from now on, to an address of its maker's:
/// Standard Webhooks 1.0, thin. A message says
/// `{"type", "timestamp", "data": {"position", "record_kind", "record_id", "command"}}` and no more; the tool reads the record
/// itself, within its scopes, and is noted. Each is sent at least once, those of one record in their order, with the headers
/// `webhook-id` (the same at every try), `webhook-timestamp` and `webhook-signature`; whatever is not answered with 2xx within 20
/// seconds is tried again over three days. While the tool has no secret that is good, or may follow nothing, nothing is sent; it
/// goes on where it stopped, with what the tool may read then. With a tool that is revoked its webhooks are deleted. The address
/// must be on the public internet, over TLS; redirects are not followed. The secret is shown once: whoever sends the command
/// again under its key gets the record without it.
#[utoipa::path(post, path = "", tag = "webhooks",
    params(("account_id" = Uuid, Path, description = "Id of the tool."), schemas::CommandKey), request_body = Webhook,
    responses((status = 201, description = "The webhook was made.", body = WebhookRecord)))]
pub async fn create(
    actor: Actor<CreateWebhook>,
    service: Data<Service>,
    outward: Data<Outward>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Webhook>,
) -> Result<HttpResponse, Problem> {
    let new = checked(&outward, body.value).await;
    let (tool, reach) = (AccountId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let secret = new_signing_secret().map_err(Problem::internal)?;
    let shown = secret.clone();
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, reach, tool, &new, &secret);
    let (stored, now) = service.command(order, run, find_as(reach), show).await?;
    let record = WebhookRecord::new(stored, now, Some(shown));
    answers::created(&record, &record.declared, &format!("/api/v1/webhooks/{}", record.id)).map(answers::secret)
}

/// List webhooks
///
/// Those of the organisation that were not deleted, with how they fare, a page at a time.
#[utoipa::path(get, path = "", tag = "webhooks", params(AccountQuery),
    responses((status = 200, description = "A page of webhooks.", body = Page<WebhookRecord>)))]
pub async fn list(
    actor: Actor<ListWebhooks>,
    service: Data<Service>,
    params: Params<AccountQuery>,
) -> Result<HttpResponse, Problem> {
    let AccountQuery { order, cursor, limit } = params.0;
    let reach = actor.reach();
    let find = move |reading: &mut Reading<'_>| {
        let own = reach.manages().ok_or(Denied::NotFound(What::Record))?;
        let found = webhooks::list(reading.conn, own, order, cursor, limit)?;
        let now = reading.now;
        Ok(Page::cut(found, limit, |stored| stored.id.0).map(|stored| WebhookRecord::new(stored, now, None)))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// Read a webhook
///
/// One that was deleted too.
#[utoipa::path(get, path = "", tag = "webhooks", params(("webhook_id" = Uuid, Path, description = "Id of the webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookRecord)))]
pub async fn get(actor: Actor<GetWebhook>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let (reach, id) = (actor.reach(), WebhookId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        let stored = webhooks::find(reading.conn, reach, id)?;
        show(reading, stored)
    };
    record(service.read(actor.access(), actor.pulse(), find).await?, None)
}

/// Edit a webhook
///
/// Replaces where it sends and what. What waits goes to a new address at once, with all its tries; what is not wanted any more is
/// not sent.
#[utoipa::path(put, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), schemas::EditGuards), request_body = Webhook,
    responses((status = 200, description = "The webhook as it stands now.", body = WebhookRecord)))]
pub async fn update(
    actor: Actor<UpdateWebhook>,
    service: Data<Service>,
    outward: Data<Outward>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<Webhook>,
) -> Result<HttpResponse, Problem> {
    let declared = checked(&outward, body.value).await;
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::update(turn, reach, webhook, &seen.0, &declared);
    record(service.command(order, run, find_as(reach), show).await?, None)
}

/// Delete a webhook
///
/// Nothing more is sent, and what waits is not sent either.
#[utoipa::path(post, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), schemas::CommandKey),
    responses((status = 200, description = "The webhook, ended.", body = WebhookRecord)))]
pub async fn delete(
    actor: Actor<DeleteWebhook>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end(turn, reach, webhook);
    record(service.command(order, run, find_as(reach), show).await?, None)
}

/// Make a new signing secret
///
/// It is shown once, and signs from now on. The one before it signs too for 24 hours, so that a message has two signatures and its receiver can
/// be given the new one meanwhile.
#[utoipa::path(post, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), schemas::CommandKey),
    responses((status = 200, description = "The webhook, with its new secret.", body = WebhookRecord)))]
pub async fn rotate(
    actor: Actor<RotateWebhookSecret>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let secret = new_signing_secret().map_err(Problem::internal)?;
    let shown = secret.clone();
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::rotate(turn, reach, webhook, &secret);
    record(service.command(order, run, find_as(reach), show).await?, Some(shown))
}

/// Send events again
///
/// Those that were given up; or all behind a position that the tool may follow, in the order of the log, for which `position`
/// goes back there. Each comes under the `webhook-id` that it had.
#[utoipa::path(post, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), schemas::CommandKey), request_body = Option<Replay>,
    responses((status = 200, description = "The webhook; what is sent again stands in the log of deliveries.", body = WebhookRecord)))]
pub async fn replay(
    actor: Actor<ReplayWebhook>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Replay>,
) -> Result<HttpResponse, Problem> {
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::replay(turn, reach, webhook, body.value);
    record(service.command(order, run, find_as(reach), show).await?, None)
}

/// Enable a webhook
///
/// One that was disabled goes on where it stopped: nothing that happened meanwhile is missing.
#[utoipa::path(post, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), schemas::CommandKey),
    responses((status = 200, description = "The webhook, which sends again.", body = WebhookRecord)))]
pub async fn enable(
    actor: Actor<EnableWebhook>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::enable(turn, reach, webhook);
    record(service.command(order, run, find_as(reach), show).await?, None)
}

/// List deliveries
///
/// Each event that was to be sent in the last 30 days, and what became of it: how often it was tried, when, what was answered, when it is tried next.
#[utoipa::path(get, path = "", tag = "webhooks",
    params(("webhook_id" = Uuid, Path, description = "Id of the webhook."), DeliveryQuery),
    responses((status = 200, description = "A page of the log of deliveries.", body = Page<WebhookDelivery>)))]
pub async fn list_deliveries(
    actor: Actor<ListWebhookDeliveries>,
    service: Data<Service>,
    id: Id,
    params: Params<DeliveryQuery>,
) -> Result<HttpResponse, Problem> {
    let DeliveryQuery { state, order, cursor, limit } = params.0;
    let (reach, id) = (actor.reach(), WebhookId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        webhooks::find(reading.conn, reach, id)?;
        let found = webhooks::deliveries(reading.conn, id, state, order, cursor, limit)?;
        let page = Page::cut(found, limit, |stored: &StoredDelivery| position_as_id(stored.position));
        Ok(page.map(|stored| WebhookDelivery::new(id, stored)))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
