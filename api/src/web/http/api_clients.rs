//! The tools of an organisation and their secrets, for who keeps them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::accounts::AccountQuery;
use crate::clock::Instant;
use crate::commands::tools::{self as commands, Tool};
use crate::commands::{Said, Service, people};
use crate::db::accounts::{self, StoredAccount, StoredSecret};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{AccountId, OrganisationId, SecretId};
use crate::domain::token::{new_secret, token_hash};
use crate::domain::{AccountKind, NewApiClient, Reach, Renewal, Role, Scope};
use crate::live::Live;
use crate::paging::Page;
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalBody, Params, TwoIds};
use crate::web::operations::{CreateApiClient, EndApiClientSecret, GetApiClient, ListApiClients, RevokeApiClient, RotateApiClient};
use crate::web::problem::Problem;

/// A tool.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiClientRecord {
    /// Its id (UUIDv7): the account that both logs name.
    id: AccountId,
    /// For whom it acts.
    organisation_id: OrganisationId,
    /// What the organisation calls it.
    label: String,
    /// To what it is bound; null of a tool that the operator made, which may all that its roles may.
    #[schema(required)]
    scopes: Option<Vec<Scope>>,
    /// In which roles it acts, as far as its scopes open them.
    roles: Vec<Role>,
    /// Who made it; null: the operator.
    #[schema(required)]
    created_by: Option<AccountId>,
    /// When it was made.
    created_at: Instant,
    /// When it was ended; null while it goes on.
    #[schema(required)]
    ended_at: Option<Instant>,
    /// Its secrets that were not ended, oldest first.
    secrets: Vec<ApiClientSecret>,
    /// The secret that was just made, to be kept where secrets are; null in every other answer: it is shown once.
    #[schema(required, example = "havre_4fMq1c8UeZs0Yt7RkJwVbN2xGdPh5LaQ9oTi6uEyCmB3s1Kz9Q")]
    secret: Option<String>,
}

/// A secret of a tool, without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiClientSecret {
    /// Its id (UUIDv7).
    id: SecretId,
    /// Who was shown it; null: the operator.
    #[schema(required)]
    shown_to: Option<AccountId>,
    /// Whether whoever was shown it has left, so that it must be renewed.
    must_be_renewed: bool,
    /// Since when it is good.
    created_at: Instant,
    /// Until when; null: until it is ended.
    #[schema(required)]
    expires_at: Option<Instant>,
    /// When it was last used, to five minutes; null: never.
    #[schema(required)]
    last_used_at: Option<Instant>,
}

impl From<StoredSecret> for ApiClientSecret {
    fn from(stored: StoredSecret) -> Self {
        let StoredSecret { id, account: _, shown_to, shown_to_departed, created_at, expires_at, last_used_at } = stored;
        Self { id, shown_to, must_be_renewed: shown_to_departed, created_at, expires_at, last_used_at }
    }
}

impl ApiClientRecord {
    fn new(account: StoredAccount, secrets: impl IntoIterator<Item = StoredSecret>, secret: Option<String>) -> Self {
        Self {
            id: account.caller.account,
            organisation_id: account.caller.organisation,
            label: account.label,
            scopes: account.caller.scopes.map(|scopes| scopes.iter().collect()),
            roles: account.caller.roles.iter().collect(),
            created_by: account.created_by,
            created_at: account.created_at,
            ended_at: account.ended_at,
            secrets: secrets.into_iter().map(ApiClientSecret::from).collect(),
            secret,
        }
    }
}

/// A tool as it is shown: the showing is noted.
pub fn show(reading: &mut Reading<'_>, tool: Tool) -> Result<Tool, Failure> {
    reading.shows(tool.account.caller.account);
    Ok(tool)
}

/// How a command's tool is found again under its key: the secret of the first time is nobody's to show.
pub fn find_as(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<Tool, DbError> + Send + 'static {
    move |conn, id| commands::find(conn, reach, AccountId(id))
}

fn record(tool: Tool, secret: Option<String>) -> Result<HttpResponse, Problem> {
    let shown = secret.filter(|_| tool.made.is_some());
    let record = ApiClientRecord::new(tool.account, tool.secrets, shown);
    answers::record(&record, &record.id).map(answers::secret)
}

/// Create a tool
///
/// That acts for the organisation with a bearer token, within its scopes. The secret is shown once: whoever sends the command again under its
/// key gets the record without it.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), schemas::CommandKey), request_body = NewApiClient,
    responses((status = 201, description = "The tool was made.", body = ApiClientRecord)))]
pub async fn create(
    actor: Actor<CreateApiClient>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<NewApiClient>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach) = (OrganisationId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let secret = new_secret().map_err(Problem::internal)?;
    let hash = token_hash(&secret);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::create(turn, reach, organisation, &body.value, &hash);
    let tool = service.command(order, run, find_as(reach), show).await?;
    let shown = tool.made.map(|_| secret);
    let record = ApiClientRecord::new(tool.account, tool.secrets, shown);
    answers::created(&record, &record.id, &format!("/api/v1/api-clients/{}", record.id)).map(answers::secret)
}

/// List the tools of an organisation
///
/// Those that go on, with their secrets' ends and last uses, a page at a time.
#[utoipa::path(get, path = "", tag = "accounts",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), AccountQuery),
    responses((status = 200, description = "A page of tools.", body = Page<ApiClientRecord>)))]
pub async fn list(
    actor: Actor<ListApiClients>,
    service: Data<Service>,
    id: Id,
    params: Params<AccountQuery>,
) -> Result<HttpResponse, Problem> {
    let AccountQuery { order, cursor, limit } = params.0;
    let (organisation, reach) = (OrganisationId(id.0), actor.reach());
    let find = move |reading: &mut Reading<'_>| {
        people::organisation(reading.conn, reach, organisation)?;
        let found = accounts::list(reading.conn, organisation, AccountKind::Tool, order, cursor, limit)?;
        let page = Page::cut(found, limit, |stored: &StoredAccount| stored.caller.account.0);
        let ids: Vec<AccountId> = page.items.iter().map(|stored| stored.caller.account).collect();
        ids.iter().for_each(|id| reading.shows(*id));
        let secrets = accounts::secrets(reading.conn, &ids)?;
        Ok(page.map(|stored| {
            let id = stored.caller.account;
            ApiClientRecord::new(stored, secrets.iter().filter(|secret| secret.account == id).cloned(), None)
        }))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// Read a tool
///
/// One that was ended too.
#[utoipa::path(get, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the tool.")),
    responses((status = 200, description = "The tool.", body = ApiClientRecord)))]
pub async fn get(actor: Actor<GetApiClient>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let (reach, id) = (actor.reach(), AccountId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        let tool = commands::find(reading.conn, reach, id)?;
        show(reading, tool)
    };
    record(service.read(actor.access(), actor.pulse(), find).await?, None)
}

/// Make a new secret of a tool
///
/// It is shown once. The one before goes on, so that the tool can be given the new one meanwhile; end it then. At most two are good at once.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the tool."), schemas::CommandKey), request_body = Option<Renewal>,
    responses((status = 200, description = "The tool, with its new secret.", body = ApiClientRecord)))]
pub async fn rotate(
    actor: Actor<RotateApiClient>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: OptionalBody<Renewal>,
) -> Result<HttpResponse, Problem> {
    let (reach, account) = (actor.reach(), AccountId(id.0));
    let order = order(&actor, Some(id.0), body.said, key);
    let secret = new_secret().map_err(Problem::internal)?;
    let hash = token_hash(&secret);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::rotate(turn, reach, account, &body.value, &hash);
    record(service.command(order, run, find_as(reach), show).await?, Some(secret))
}

/// End a secret of a tool
///
/// The next call with it is refused; the tool goes on with its other one. Without a good one nothing is sent for it either
/// (`createWebhook`).
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the tool."), ("secret_id" = Uuid, Path, description = "Id of the secret."),
        schemas::CommandKey),
    responses((status = 200, description = "The tool.", body = ApiClientRecord)))]
pub async fn end_secret(
    actor: Actor<EndApiClientSecret>,
    service: Data<Service>,
    ids: TwoIds,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, account, secret) = (actor.reach(), AccountId(ids.0), SecretId(ids.1));
    let order = order(&actor, Some(ids.1), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::end_secret(turn, reach, account, secret);
    record(service.command(order, run, find_as(reach), show).await?, None)
}

/// Revoke a tool
///
/// Its next call is refused, with whichever secret, and its webhooks are deleted.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the tool."), schemas::CommandKey),
    responses((status = 200, description = "The tool, ended.", body = ApiClientRecord)))]
pub async fn revoke(
    actor: Actor<RevokeApiClient>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (reach, account) = (actor.reach(), AccountId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::revoke(turn, reach, account);
    record(service.command(order, run, find_as(reach), show).await?, None)
}
