//! Changes that count with a second person's word only: of what organisations are and answer for, where they are written to, who administers,
//! audits, and manages people of others.

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{Department, Door};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::{Said, Service, four_eyes as commands};
use crate::db::organisations;
use crate::db::pending_changes::{self, PendingChange};
use crate::db::{Conn, DbError, Failure, Reading, Turn, accounts};
use crate::domain::four_eyes::{AddressProof, Change, ChangeKind, ChangeOutcome};
use crate::domain::ids::{AccountId, OrganisationId, PendingChangeId};
use crate::domain::text::Name;
use crate::domain::{Email, OrganisationKind, Role, Text};
use crate::live::Live;
use crate::paging::{Cursor, Page, PageLimit};
use crate::schemas;
use crate::web::answers::{self, order};
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, IdempotencyKey, Params};
use crate::web::operations::{ApproveChange, ListPendingChanges, ProveAddress, RejectChange};
use crate::web::problem::Problem;

/// A change that waits for a second person's word, or what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PendingChangeRecord)]
pub struct PendingChangeRecord {
    /// Its id (UUIDv7).
    pub id: PendingChangeId,
    /// What sort of change.
    pub change: ChangeKind,
    /// The organisation it is about.
    pub organisation_id: OrganisationId,
    /// The name of that organisation.
    #[schema(value_type = Name)]
    pub organisation: Text<200>,
    /// The account it is about, of `roles`; null otherwise.
    #[schema(required)]
    pub account_id: Option<AccountId>,
    /// How that account is called.
    #[schema(required)]
    pub account: Option<String>,
    /// What the organisation would be, of `rights`; null otherwise.
    #[schema(required)]
    pub kind: Option<OrganisationKind>,
    /// Whether it would orient people as an association, of `rights`.
    pub orients: bool,
    /// The doors it would answer for, of `rights`.
    #[schema(value_type = Vec<schemas::Door>)]
    pub doors: Vec<Door>,
    /// The departments it would answer for, of `rights`.
    #[schema(value_type = Vec<schemas::Department>)]
    pub departments: Vec<Department>,
    /// Its mail address, of `address`; null otherwise.
    #[schema(required)]
    pub email: Option<Email>,
    /// The roles that would be added, of `roles`.
    pub roles: Vec<Role>,
    /// Who asked for it; null: who runs the service.
    #[schema(required)]
    pub asked_by_id: Option<AccountId>,
    /// How that account is called.
    #[schema(required)]
    pub asked_by: Option<String>,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When a second person gave their word; null: nobody has yet.
    #[schema(required)]
    pub approved_at: Option<Instant>,
    /// When the address was proved, of `address`; null: it is not.
    #[schema(required)]
    pub proved_at: Option<Instant>,
    /// When it counts; null while something is lacking, and once it is decided.
    #[schema(required)]
    pub due_at: Option<Instant>,
    /// What became of it; null while it waits.
    #[schema(required)]
    pub outcome: Option<ChangeOutcome>,
}

/// A change as it is shown, with the names of whom it is about.
pub fn show(reading: &mut Reading<'_>, stored: PendingChange) -> Result<PendingChangeRecord, Failure> {
    let mut name = |account: Option<AccountId>| -> Result<Option<String>, Failure> {
        let Some(account) = account else { return Ok(None) };
        reading.shows(account);
        Ok(Some(accounts::stored(reading.conn, account)?.label))
    };
    let (account, asked_by) = (name(stored.account)?, name(stored.asked_by)?);
    let change = stored.change.kind();
    let (rights, email, roles) = match stored.change {
        Change::Rights(rights) => (Some(rights), None, Vec::new()),
        Change::Address { email } => (None, Some(email), Vec::new()),
        Change::Roles { roles } => (None, None, roles),
    };
    Ok(PendingChangeRecord {
        id: stored.id,
        change,
        organisation_id: stored.organisation,
        organisation: organisations::find(reading.conn, stored.organisation)?.declared.name,
        account_id: stored.account,
        account,
        kind: rights.as_ref().map(|rights| rights.kind),
        orients: rights.as_ref().is_some_and(|rights| rights.orients),
        doors: rights.as_ref().map(|rights| rights.doors.clone()).unwrap_or_default(),
        departments: rights.map(|rights| rights.departments).unwrap_or_default(),
        email,
        roles,
        asked_by_id: stored.asked_by,
        asked_by,
        asked_at: stored.asked_at,
        approved_at: stored.approved_at,
        proved_at: stored.proved_at,
        due_at: stored.due_at,
        outcome: stored.outcome,
    })
}

/// A page of what waits, the oldest first.
pub fn page(reading: &mut Reading<'_>, after: Option<Cursor>, limit: PageLimit) -> Result<Page<PendingChangeRecord>, Failure> {
    let found = pending_changes::waiting(reading.conn, after, limit)?;
    let Page { items, next_cursor } = Page::cut(found, limit, |stored: &PendingChange| stored.id.0);
    let items = items.into_iter().map(|stored| show(reading, stored)).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor })
}

/// Where a page of what waits begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PendingChangeQuery {
    /// Where the page begins: `next_cursor` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many records a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// List the changes that wait for a second person's word
///
/// The oldest first, a page at a time. The reading of whose account a change is about is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "organisations", params(PendingChangeQuery),
    responses((status = 200, description = "A page of what waits.", body = Page<PendingChangeRecord>)))]
pub async fn list(
    actor: Actor<ListPendingChanges>,
    service: Data<Service>,
    params: Params<PendingChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = (params.0.cursor, params.0.limit);
    let find = move |reading: &mut Reading<'_>| page(reading, cursor, limit);
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}

/// The record of a repeat.
pub fn find(conn: &mut Conn, id: Uuid) -> Result<PendingChange, DbError> {
    pending_changes::find(conn, PendingChangeId(id))
}

/// Give a second person's word on a change
///
/// Another administrator than whoever asked for it, and than whom it gives a role (409 `own_change`). It counts at once; another address of an
/// organisation once it is proved and 24 hours later, a new organisation with doors and a manager from elsewhere 24 hours later. Who asked is told.
#[utoipa::path(post, path = "", tag = "organisations",
    params(("change_id" = Uuid, Path, description = "Id of the change."), schemas::CommandKey),
    responses((status = 200, description = "The change as it stands now.", body = PendingChangeRecord)))]
pub async fn approve(
    actor: Actor<ApproveChange>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (change, caller) = (PendingChangeId(id.0), actor.caller());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::approve(turn, live.policy(), caller, change);
    answers::json(&service.command(order, run, find, show).await?)
}

/// Refuse a change
///
/// Any administrator, also whoever asked for it; also while it waits for its time. Nothing changes, and who asked is told.
#[utoipa::path(post, path = "", tag = "organisations",
    params(("change_id" = Uuid, Path, description = "Id of the change."), schemas::CommandKey),
    responses((status = 200, description = "The change as it stands now.", body = PendingChangeRecord)))]
pub async fn reject(
    actor: Actor<RejectChange>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let (change, caller) = (PendingChangeId(id.0), actor.caller());
    let order = order(&actor, Some(id.0), Said::default(), key);
    let run = move |turn: &mut Turn<'_>, _: &Live| commands::reject(turn, caller, change);
    answers::json(&service.command(order, run, find, show).await?)
}

/// Prove the address of an organisation
///
/// With the code that was sent to the address that the organisation would have: whoever reads it reads it out.
#[utoipa::path(post, path = "", tag = "organisations",
    params(("change_id" = Uuid, Path, description = "Id of the change."), schemas::CommandKey), request_body = AddressProof,
    responses((status = 200, description = "The change as it stands now.", body = PendingChangeRecord)))]
pub async fn prove(
    actor: Actor<ProveAddress>,
    service: Data<Service>,
    id: Id,
    key: IdempotencyKey,
    body: Body<AddressProof>,
) -> Result<HttpResponse, Problem> {
    let (change, code) = (PendingChangeId(id.0), body.value.code);
    let order = order(&actor, Some(id.0), body.said, key);
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::prove(turn, live.policy(), change, &code);
    answers::json(&service.command(order, run, find, show).await?)
}
