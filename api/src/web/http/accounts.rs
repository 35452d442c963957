//! The people of an organisation, for who keeps them; and who one is.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, people as commands};
use crate::db::accounts::{self, StoredAccount};
use crate::db::organisations;
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{AccountKind, AccountRoles, Invitation, OrganisationKind, Reach, Role, Roles, Scope};
use crate::live::Live;
use crate::paging::{Cursor, Order, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::etag::IfMatch;
use crate::web::extract::{Body, Id, IdempotencyKey, OptionalIdempotencyKey, Params};
use crate::web::operations::{
    ChangeAccountRoles, EndAccount, EndAccountSessions, GetAccount, GetMe, InviteAccount, InviteAgain, InviteReplacement,
    ListAccounts, Operation,
};
use crate::web::problem::Problem;

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The account.
    account_id: AccountId,
    /// A person, or a tool.
    kind: AccountKind,
    /// The person's name, or the tool's.
    label: String,
    /// For whom it acts.
    organisation_id: OrganisationId,
    /// The name of that organisation.
    organisation: String,
    /// What that organisation is.
    organisation_kind: OrganisationKind,
    /// In which roles it may act, as far as its scopes open them.
    roles: Vec<Role>,
    /// To what a tool is bound; null: all that its roles may.
    #[schema(required)]
    scopes: Option<Vec<Scope>>,
    /// Until when, of somebody who stands in.
    #[schema(required)]
    until: Option<Instant>,
}

/// An account of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountRecord {
    /// Its id (UUIDv7).
    pub id: AccountId,
    /// Whose account it is.
    pub organisation_id: OrganisationId,
    /// The person's name as the organisation writes it.
    pub label: String,
    /// Where the person is written to; null once erased.
    #[schema(required)]
    pub email: Option<String>,
    /// What they may do, of the roles that the organisation gives.
    pub roles: Vec<Role>,
    /// Who invited them; null: the operator.
    #[schema(required)]
    pub invited_by: Option<AccountId>,
    /// When the account was made.
    pub created_at: Instant,
    /// When they accepted; null while they have not.
    #[schema(required)]
    pub accepted_at: Option<Instant>,
    /// Until when they stand in for somebody; null: no end is set.
    #[schema(required)]
    pub until: Option<Instant>,
    /// When they left.
    #[schema(required)]
    pub ended_at: Option<Instant>,
}

impl From<StoredAccount> for AccountRecord {
    fn from(stored: StoredAccount) -> Self {
        Self {
            id: stored.caller.account,
            organisation_id: stored.caller.organisation,
            label: stored.label,
            email: stored.email,
            roles: stored.caller.roles.iter().collect(),
            invited_by: stored.created_by,
            created_at: stored.created_at,
            accepted_at: stored.accepted_at,
            until: stored.until,
            ended_at: stored.ended_at,
        }
    }
}

/// Read who one is
///
/// Whose token this is, for which organisation it acts, and what it may do.
#[utoipa::path(get, path = "", tag = "accounts", responses((status = 200, description = "Who this is.", body = Me)))]
pub async fn me(actor: Actor<GetMe>, service: Data<Service>) -> Result<HttpResponse, Problem> {
    let id = actor.caller().account;
    let find = move |reading: &mut Reading<'_>| {
        let stored = accounts::stored(reading.conn, id)?;
        let of = organisations::find(reading.conn, stored.caller.organisation)?;
        Ok(Me {
            account_id: id,
            kind: stored.kind,
            label: stored.label,
            organisation_id: of.id,
            organisation: of.declared.name.as_str().to_owned(),
            organisation_kind: of.declared.kind,
            roles: stored.caller.roles.iter().collect(),
            scopes: stored.caller.scopes.map(|scopes| scopes.iter().collect()),
            until: stored.until,
        })
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// An account as it is shown: the showing is noted.
pub fn show(reading: &mut Reading<'_>, stored: StoredAccount) -> Result<StoredAccount, Failure> {
    reading.shows(stored.caller.account);
    Ok(stored)
}

fn find_as(reach: Reach) -> impl Fn(&mut Conn, Uuid) -> Result<StoredAccount, DbError> + Send + 'static {
    move |conn, id| accounts::kept(conn, reach, AccountKind::Person, AccountId(id))
}

fn record(stored: StoredAccount) -> Result<HttpResponse, Problem> {
    let roles: Roles = stored.caller.roles;
    answers::record(&AccountRecord::from(stored), &roles)
}

fn created(stored: StoredAccount) -> Result<HttpResponse, Problem> {
    let (roles, place): (Roles, _) = (stored.caller.roles, format!("/api/v1/accounts/{}", stored.caller.account));
    answers::created(&AccountRecord::from(stored), &roles, &place)
}

/// Invite somebody
///
/// To an account of an organisation, by a link that is mailed to them and to nobody else; it is good for seven days. A manager gives the roles
/// that the organisation gives; an administrator, in any organisation, those of manager, administrator and auditor, which wait for another
/// administrator's word; but for the first manager of an organisation in which nobody works yet. All administrators and auditors are told of
/// a new one, and the managers of an organisation of what an administrator does there.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), schemas::CommandKey), request_body = Invitation,
    responses((status = 201, description = "They are invited.", body = AccountRecord)))]
pub async fn invite(
    actor: Actor<InviteAccount>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<Invitation>,
) -> Result<HttpResponse, Problem> {
    let (organisation, reach) = (OrganisationId(id.0), actor.reach());
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::invite(turn, reach, organisation, &body.value);
    created(service.command(order, run, find_as(reach), show).await?)
}

/// Invite a replacement
///
/// For 24 hours, in roles that the caller has. The managers of the organisation are told.
#[utoipa::path(post, path = "", tag = "accounts", params(schemas::CommandKey), request_body = Invitation,
    responses((status = 201, description = "They are invited.", body = AccountRecord)))]
pub async fn invite_replacement(
    actor: Actor<InviteReplacement>,
    service: Data<Service>,
    key: IdempotencyKey,
    body: Body<Invitation>,
) -> Result<HttpResponse, Problem> {
    let (caller, reach) = (actor.caller(), actor.reach());
    let order = order(&actor, None, body.said, key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::invite_replacement(turn, caller, reach, &body.value);
    let find = move |conn: &mut Conn, id| accounts::stored(conn, AccountId(id));
    created(service.command(order, run, find, show).await?)
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// In which order.
    #[serde(default)]
    #[param(value_type = Option<Order>, required = false, nullable = false)]
    pub order: Order,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    pub cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    pub limit: PageLimit,
}

/// List the people of an organisation
///
/// Those who have not left, invited ones too, a page at a time.
#[utoipa::path(get, path = "", tag = "accounts",
    params(("organisation_id" = Uuid, Path, description = "Id of the organisation."), AccountQuery),
    responses((status = 200, description = "A page of people.", body = Page<AccountRecord>)))]
pub async fn list(
    actor: Actor<ListAccounts>,
    service: Data<Service>,
    id: Id,
    params: Params<AccountQuery>,
) -> Result<HttpResponse, Problem> {
    let AccountQuery { order, cursor, limit } = params.0;
    let (organisation, reach) = (OrganisationId(id.0), actor.reach());
    let find = move |reading: &mut Reading<'_>| {
        commands::organisation(reading.conn, reach, organisation)?;
        let found = accounts::list(reading.conn, organisation, AccountKind::Person, order, cursor, limit)?;
        let page = Page::cut(found, limit, |stored: &StoredAccount| stored.caller.account.0);
        page.items.iter().for_each(|stored| reading.shows(stored.caller.account));
        Ok(page)
    };
    let page = service.read(actor.access(), actor.pulse(), find).await?;
    answers::json(&page.map(AccountRecord::from))
}

/// Read an account
///
/// Of a person, who may have left. Its tag is that of the roles.
#[utoipa::path(get, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the account.")),
    responses((status = 200, description = "The account.", body = AccountRecord)))]
pub async fn get(actor: Actor<GetAccount>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    let (reach, id) = (actor.reach(), AccountId(id.0));
    let find = move |reading: &mut Reading<'_>| {
        let stored = accounts::kept(reading.conn, reach, AccountKind::Person, id)?;
        show(reading, stored)
    };
    record(service.read(actor.access(), actor.pulse(), find).await?)
}

/// Change what somebody may do
///
/// Replaces the roles of a person, from the next request on. Only what the caller may give is given or taken; the other roles must be sent as
/// they are.
#[utoipa::path(put, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the account."), schemas::EditGuards), request_body = AccountRoles,
    responses((status = 200, description = "The account as it stands now.", body = AccountRecord)))]
pub async fn change_roles(
    actor: Actor<ChangeAccountRoles>,
    service: Data<Service>,
    id: Id,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    body: Body<AccountRoles>,
) -> Result<HttpResponse, Problem> {
    let (reach, account) = (actor.reach(), AccountId(id.0));
    let order = order(&actor, Some(id.0), body.said, key.0);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::change_roles(turn, reach, account, &seen.0, &body.value);
    record(service.command(order, run, find_as(reach), show).await?)
}

/// Runs a command about one account that says nothing but its name.
async fn command<P: Operation>(
    actor: Actor<P>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    run: impl Fn(&mut Turn<'_>, Reach, AccountId) -> Result<StoredAccount, Failure> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let (reach, account) = (actor.reach(), AccountId(id.0));
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| run(turn, reach, account);
    record(service.command(order, run, find_as(reach), show).await?)
}

/// End an account
///
/// Of somebody who leaves: sessions and links end at once. Tools go on whose secrets they were shown: the managers are told, and the list of
/// tools says so, until these have new ones.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the account."), schemas::CommandKey),
    responses((status = 200, description = "The account, ended.", body = AccountRecord)))]
pub async fn end(actor: Actor<EndAccount>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Result<HttpResponse, Problem> {
    command(actor, service, id, key, commands::end).await
}

/// End the sessions of an account
///
/// Of somebody who lost a telephone or left a browser open: they sign in again.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the account."), schemas::CommandKey),
    responses((status = 200, description = "The account.", body = AccountRecord)))]
pub async fn end_sessions(
    actor: Actor<EndAccountSessions>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    command(actor, service, id, key, commands::end_sessions).await
}

/// Mail an invitation again
///
/// To whoever has not accepted it. The link of the earlier one ends.
#[utoipa::path(post, path = "", tag = "accounts",
    params(("account_id" = Uuid, Path, description = "Id of the account."), schemas::CommandKey),
    responses((status = 200, description = "The account.", body = AccountRecord)))]
pub async fn invite_again(
    actor: Actor<InviteAgain>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    command(actor, service, id, key, commands::invite_again).await
}
