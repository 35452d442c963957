//! The two logs: what was done, which each reads as far as it is theirs, and who was shown what, which auditors read.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::Service;
use crate::commands::feed::{Feed, Told};
use crate::db::Reading;
use crate::db::access_log::{self, LogFilter, StoredAccess};
use crate::db::events::EventFilter;
use crate::domain::ids::{AccountId, OrganisationId};
use crate::domain::{Record, RecordKind};
use crate::paging::{Cursor, Order, Page, PageLimit, position_as_id};
use crate::schemas;
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::{ListAccessLog, ListEvents, Operation};
use crate::web::problem::Problem;

/// Something that was done to a record. No personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Its place in the log: they rise in the order of commit. A caller that does not see all events sees gaps.
    #[schema(minimum = 1)]
    pub(super) position: i64,
    /// When.
    at: Instant,
    /// The command: an operationId, or what the service did by itself (`expireReferral`, `remindReferral`, `supersedeReferral`,
    /// `resizeReferral`, `finishPlan`, `seed`, `addClient`, `revokeClient`, `signIn`, `signOut`).
    #[schema(example = "createReferral")]
    command: String,
    /// By which organisation; null for what time or the command line did, and of homes and of a link between requests that are kept apart, where it
    /// was not the caller's own.
    #[schema(required)]
    by_organisation_id: Option<OrganisationId>,
    /// By which of its accounts; null where it is another organisation's.
    #[schema(required)]
    by_account_id: Option<AccountId>,
    /// What kind of record.
    record_kind: RecordKind,
    /// Which record.
    record_id: Uuid,
    /// How the record stands since, as far as beds and states go: of a vacancy `unit_id`, `beds`, `held`, `withdrawn`; of a referral
    /// `request_id`, `unit_id`, `vacancy_id`, `state`, `beds`, `held`; of a request or a plan `state`; of a confirmation of lines `plan_id`; of a unit
    /// `structure_id`; of a structure `site_moved`. To the coordination, and out of its hours to the 115: `encounter`, where the change brought
    /// people near each other who are kept apart, with the `department`, the `link_ids` and the `referrals`, each with whom to call on both
    /// sides.
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<Told> for Event {
    fn from(told: Told) -> Self {
        let Told { position, at, command, by, account, record, detail } = told;
        Self {
            position,
            at,
            command,
            by_organisation_id: by,
            by_account_id: account,
            record_kind: record.kind,
            record_id: record.id,
            detail,
        }
    }
}

/// Someone who was shown something.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessEntry {
    /// Its place in the log: from 1, without gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// When.
    at: Instant,
    /// For which organisation.
    organisation_id: OrganisationId,
    /// By which of its accounts; null for the holder of a link in a mail.
    #[schema(required)]
    account_id: Option<AccountId>,
    /// The operationId.
    #[schema(example = "getRequest")]
    operation: String,
    /// What kind of record.
    record_kind: RecordKind,
    /// Which records: of a list all that it showed.
    record_ids: Vec<Uuid>,
}

/// Part of the log of events; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only events of records of this kind.
    #[param(required = false, nullable = false)]
    record_kind: Option<RecordKind>,
    /// Only events of this record.
    #[param(required = false, nullable = false)]
    record_id: Option<Uuid>,
    /// Only events behind this position; with `cursor`, behind the later of the two.
    #[param(value_type = Option<Position>, required = false, nullable = false)]
    after: Option<Position>,
    /// Where the page begins: `next_cursor` of the page before, whenever that was.
    #[param(required = false, nullable = false)]
    cursor: Option<Cursor>,
    /// How many entries a page has.
    #[serde(default)]
    #[param(value_type = Option<PageLimit>, required = false, nullable = false)]
    limit: PageLimit,
}

/// A place in a log.
#[derive(Clone, Copy, Debug)]
pub struct Position(pub(super) i64);

/// The greatest whole number that every client reads as it was written; no log grows so long.
const POSITION_MAX: i64 = (1 << 53) - 1;

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let position = String::deserialize(deserializer)?.parse().ok().filter(|position| (0..=POSITION_MAX).contains(position));
        position.map(Self).ok_or_else(|| serde::de::Error::custom("must be the `position` of an event, or 0"))
    }
}

crate::schemas::own! {
    Position as "Position" => schemas::whole(0, POSITION_MAX, 0, "A place in the log of events.");
}

/// A page of the log of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events, in the order of commit.
    pub(super) items: Vec<Event>,
    /// Always there: pass it as `cursor`, at once or any time later, for what comes behind this page. A page with fewer events than its
    /// `limit` is the last for now.
    #[schema(value_type = Cursor)]
    next_cursor: String,
}

/// Part of the log of reads; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only what was read for this organisation.
    #[param(required = false, nullable = false)]
    organisation_id: Option<OrganisationId>,
    /// Only what this account read.
    #[param(required = false, nullable = false)]
    account_id: Option<AccountId>,
    /// Only of records of this kind.
    #[param(required = false, nullable = false)]
    record_kind: Option<RecordKind>,
    /// Only of this record.
    #[param(required = false, nullable = false)]
    record_id: Option<Uuid>,
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

/// List events
///
/// What was done, in the order of commit, a page at a time; the cursor of a page, be it empty, is where to go on later. A referent reads of
/// its requests and their referrals, an association of its places, of the referrals addressed to it and, from the confirmation on, of who
/// comes to it through a regulator's door; a regulator of those addressed to it, the coordination of the registry, an administrator of
/// accounts, an auditor all; the coordination also of every encounter of people who are kept apart. What an auditor reads is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "logs", params(EventQuery),
    responses((status = 200, description = "A page of events.", body = EventPage)))]
pub async fn list_events(
    actor: Actor<ListEvents>,
    service: Data<Service>,
    params: Params<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let EventQuery { record_kind, record_id, after, cursor, limit } = params.0;
    let after = cursor.map_or(0, Cursor::position).max(after.map_or(0, |position| position.0));
    let filter = EventFilter { kind: record_kind, record: record_id };
    answers::json(&events_behind(&actor, &service, filter, after, limit).await?.0)
}

/// What a caller reads of the log behind a position, and up to which it was looked at.
pub(super) async fn events_behind<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    filter: EventFilter,
    after: i64,
    limit: PageLimit,
) -> Result<(EventPage, i64), Problem> {
    let feed = Feed { reach: actor.reach(), own: actor.organisation() };
    let audits = feed.reach.audits();
    let find = move |reading: &mut Reading<'_>| {
        let (page, looked_at) = feed.behind(reading.conn, filter, after, limit)?;
        if audits {
            let event = |told: &Told| Record { kind: RecordKind::Event, id: position_as_id(told.position) };
            page.items.iter().for_each(|told| reading.shows(event(told)));
        }
        let page = page.map(Event::from);
        let next_cursor = page.next_cursor.unwrap_or_else(|| Cursor(position_as_id(looked_at)).text());
        Ok((EventPage { items: page.items, next_cursor }, looked_at))
    };
    Ok(service.read(actor.access(), actor.pulse(), find).await?)
}

/// List reads
///
/// Who was shown which requests, contacts or entries of a log, in order or newest first, a page at a time. Reading this log is noted in it too.
#[utoipa::path(get, path = "", tag = "logs", params(LogQuery),
    responses((status = 200, description = "A page of the log of reads.", body = Page<AccessEntry>)))]
pub async fn list_reads(
    actor: Actor<ListAccessLog>,
    service: Data<Service>,
    params: Params<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let LogQuery { organisation_id, account_id, record_kind, record_id, order, cursor, limit } = params.0;
    let filter = LogFilter {
        organisation: organisation_id,
        account: account_id,
        kind: record_kind,
        record: record_id,
        ..LogFilter::default()
    };
    let find = move |reading: &mut Reading<'_>| {
        let found = access_log::list(reading.conn, &filter, order, cursor, limit)?;
        let page = Page::cut(found, limit, |entry: &StoredAccess| position_as_id(entry.position));
        let entry = |entry: &StoredAccess| Record { kind: RecordKind::Access, id: position_as_id(entry.position) };
        page.items.iter().for_each(|read| reading.shows(entry(read)));
        Ok(page.map(|entry| AccessEntry {
            position: entry.position,
            at: entry.at,
            organisation_id: entry.by.organisation,
            account_id: entry.by.account,
            operation: entry.operation,
            record_kind: entry.kind,
            record_ids: entry.records,
        }))
    };
    answers::json(&service.read(actor.access(), actor.pulse(), find).await?)
}
