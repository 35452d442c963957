//! Webhooks: where the events of tools are sent, how far that is, and what became of each event.
//!
//! What a manager declares is a record, with its events. How far sending is, is none: like a job it is taken, done and put down beside the turns.
//! Commands and rounds write the row of a webhook before those of its deliveries, so that on PostgreSQL one waits for the other.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::upsert::excluded;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::schema::webhook_deliveries::{self, dsl as sent};
use super::schema::webhooks::{self, dsl};
use super::sealed::{Place, Sealed};
use super::types::{Coded, CodedSet, Guid, sql};
use super::{Conn, DbError, Turn, keys, on_backend};
use crate::clock::Instant;
use crate::domain::ids::{AccountId, OrganisationId, Record, WebhookId};
use crate::domain::webhook::{Attempt, DeliveryFailure, DeliveryState, DisabledBecause, WebhookUrl};
use crate::domain::{About, List, Noted, Reach, RecordKind, Webhook};
use crate::limits;
use crate::paging::{Cursor, Order, PageLimit, behind};

/// A signing secret, and until when it signs where another has taken its place.
#[derive(Clone, Serialize, Deserialize)]
struct SigningSecret {
    secret: String,
    until: Option<Instant>,
}

/// What is sealed of a webhook: an address may hold a secret of its receiver's.
#[derive(Clone, Serialize, Deserialize)]
struct Content {
    url: WebhookUrl,
    /// The newest first.
    secrets: Vec<SigningSecret>,
}

fn content_of(id: WebhookId) -> Place {
    Place { table: "webhooks", column: "content", row: id.0 }
}

/// A webhook as it is stored.
#[derive(Clone)]
pub struct StoredWebhook {
    /// Its id.
    pub id: WebhookId,
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// The tool whose events it sends.
    pub account: AccountId,
    /// What is declared.
    pub declared: Webhook,
    /// Up to which position the log was looked at.
    pub position: i64,
    /// Who made it.
    pub created_by: Option<AccountId>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// When something was last delivered.
    pub last_delivered_at: Option<Instant>,
    /// Since when nothing is.
    pub failing_since: Option<Instant>,
    /// When it was disabled, and why.
    pub disabled: Option<(Instant, DisabledBecause)>,
    /// When it was ended.
    pub ended_at: Option<Instant>,
    secrets: Vec<SigningSecret>,
    /// Whether this very command made a secret: nobody can be shown another.
    pub made_secret: bool,
}

/// Without its secrets.
impl std::fmt::Debug for StoredWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredWebhook").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Noted for StoredWebhook {
    fn about(&self) -> About {
        About::of(self.id, self.organisation).standing(json!({
            "api_client_id": self.account,
            "record_kinds": self.declared.record_kinds,
            // Where events go: that it is the same, and nothing else, shows.
            "url_mark": keys::mark("webhook_url", self.declared.url.as_str()),
            "disabled": self.disabled.is_some(),
            "ended": self.ended_at.is_some(),
        }))
    }
}

impl StoredWebhook {
    /// The secrets that sign now, the newest first.
    pub fn signing(&self, now: Instant) -> impl Iterator<Item = &str> {
        self.secrets.iter().filter(move |secret| secret.until.is_none_or(|until| now < until)).map(|secret| secret.secret.as_str())
    }

    /// Until when an older secret signs too; none where there is none.
    pub fn older_secret_until(&self, now: Instant) -> Option<Instant> {
        self.secrets.iter().filter_map(|secret| secret.until).filter(|until| now < *until).max()
    }

    /// Puts a new secret first; those before it go on for a while.
    pub fn sign_with(&mut self, secret: String, now: Instant) {
        let end = now.plus(limits::WEBHOOK_SECRET_GOES_ON);
        self.secrets.retain(|secret| secret.until.is_none_or(|until| now < until));
        for older in &mut self.secrets {
            older.until = Some(older.until.unwrap_or(end));
        }
        self.secrets.insert(0, SigningSecret { secret, until: None });
        self.secrets.truncate(limits::WEBHOOK_SECRETS_MAX);
        self.made_secret = true;
    }

    fn content(&self) -> Result<Sealed<Content>, DbError> {
        let content = Content { url: self.declared.url.clone(), secrets: self.secrets.clone() };
        Sealed::with_deployment_key(content_of(self.id), &content)
    }

    fn kinds(&self) -> Option<CodedSet<RecordKind>> {
        self.declared.record_kinds.as_ref().map(|kinds| CodedSet(kinds.0.clone()))
    }
}

type Row = (
    (WebhookId, OrganisationId, AccountId, Sealed<Content>, Option<CodedSet<RecordKind>>, i64),
    (Option<AccountId>, Instant, Instant, Option<Instant>, Option<Instant>),
    (Option<Instant>, Option<Coded<DisabledBecause>>, Option<Instant>),
);

/// The columns of a stored webhook.
macro_rules! columns {
    () => {
        (
            (dsl::id, dsl::organisation_id, dsl::account_id, dsl::content, dsl::record_kinds, dsl::position),
            (dsl::created_by_id, dsl::created_at, dsl::updated_at, dsl::last_delivered_at, dsl::failing_since),
            (dsl::disabled_at, dsl::disabled_because, dsl::ended_at),
        )
    };
}

fn stored(row: Row) -> Result<StoredWebhook, DbError> {
    let ((id, organisation, account, content, kinds, position), made, (disabled_at, because, ended_at)) = row;
    let (created_by, created_at, updated_at, last_delivered_at, failing_since) = made;
    let Content { url, secrets } = content.opened(content_of(id))?;
    let record_kinds = kinds.map(|kinds| List::new(kinds.0)).transpose().map_err(DbError::damaged)?;
    Ok(StoredWebhook {
        id,
        organisation,
        account,
        declared: Webhook { url, record_kinds },
        position,
        created_by,
        created_at,
        updated_at,
        last_delivered_at,
        failing_since,
        disabled: disabled_at.zip(because.map(|because| because.0)),
        ended_at,
        secrets,
        made_secret: false,
    })
}

/// Adds a webhook of a tool, which sends what comes from now on.
pub fn insert(
    turn: &mut Turn<'_>,
    (organisation, account): (OrganisationId, AccountId),
    declared: &Webhook,
    secret: String,
) -> Result<StoredWebhook, DbError> {
    let mut made = StoredWebhook {
        id: WebhookId::new(),
        organisation,
        account,
        declared: declared.clone(),
        position: turn.pulse().position,
        created_by: turn.author().by.and_then(|by| by.account),
        created_at: turn.now,
        updated_at: turn.now,
        last_delivered_at: None,
        failing_since: None,
        disabled: None,
        ended_at: None,
        secrets: Vec::new(),
        made_secret: false,
    };
    made.sign_with(secret, turn.now);
    diesel::insert_into(webhooks::table)
        .values((
            dsl::id.eq(made.id),
            dsl::organisation_id.eq(organisation),
            dsl::account_id.eq(account),
            dsl::content.eq(made.content()?),
            dsl::record_kinds.eq(made.kinds()),
            dsl::position.eq(made.position),
            dsl::created_by_id.eq(made.created_by),
            dsl::created_at.eq(made.created_at),
            dsl::updated_at.eq(made.updated_at),
        ))
        .execute(turn.conn)?;
    Ok(made)
}

/// One of an organisation whose people and tools the caller keeps; one that has ended too.
pub fn find(conn: &mut Conn, reach: Reach, id: WebhookId) -> Result<StoredWebhook, DbError> {
    let own = reach.manages().ok_or(DbError::NotFound)?;
    let found = dsl::webhooks.find(id).filter(dsl::organisation_id.eq(own)).select(columns!());
    stored(found.first(conn)?)
}

/// A page of those of an organisation that were not ended, and one more if there is one.
pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    order: Order,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredWebhook>, DbError> {
    let standing = dsl::webhooks.filter(dsl::organisation_id.eq(organisation)).filter(dsl::ended_at.is_null());
    let query = standing.select(columns!()).limit(limit.one_more()).into_boxed();
    let query = behind!(query, dsl::id, WebhookId, after, order);
    query.load::<Row>(conn)?.into_iter().map(stored).collect()
}

/// Those of a tool that were not ended.
pub fn of_tool(conn: &mut Conn, tool: AccountId) -> Result<Vec<StoredWebhook>, DbError> {
    let standing = dsl::webhooks.filter(dsl::account_id.eq(tool)).filter(dsl::ended_at.is_null());
    standing.order(dsl::id).select(columns!()).load::<Row>(conn)?.into_iter().map(stored).collect()
}

/// How many of an organisation were not ended.
pub fn count(conn: &mut Conn, organisation: OrganisationId) -> Result<i64, DbError> {
    let standing = dsl::webhooks.filter(dsl::organisation_id.eq(organisation)).filter(dsl::ended_at.is_null());
    Ok(standing.count().get_result(conn)?)
}

/// All, those that have ended too: what is held against the log.
pub(super) fn all(conn: &mut Conn) -> Result<Vec<StoredWebhook>, DbError> {
    let all = dsl::webhooks.order(dsl::id).select(columns!());
    all.load::<Row>(conn)?.into_iter().map(stored).collect()
}

/// Writes how one stands since a command. How far sending is and how that fares stays as it is: who sends writes it meanwhile.
pub fn update(turn: &mut Turn<'_>, changed: &StoredWebhook) -> Result<(), DbError> {
    let disabled = changed.disabled;
    diesel::update(dsl::webhooks.find(changed.id))
        .set((
            dsl::content.eq(changed.content()?),
            dsl::record_kinds.eq(changed.kinds()),
            dsl::updated_at.eq(changed.updated_at),
            dsl::disabled_at.eq(disabled.map(|(at, _)| at)),
            dsl::disabled_because.eq(disabled.map(|(_, because)| Coded(because))),
            dsl::ended_at.eq(changed.ended_at),
            // Whatever it waited for, it is looked at anew.
            dsl::paused_until.eq(None::<Instant>),
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// That nothing was delivered for a while is held against it no longer.
pub fn forgive(turn: &mut Turn<'_>, id: WebhookId) -> Result<(), DbError> {
    diesel::update(dsl::webhooks.find(id)).set(dsl::failing_since.eq(None::<Instant>)).execute(turn.conn)?;
    Ok(())
}

/// What stands so is sent at once, as if it had never been tried.
pub fn send_again(turn: &mut Turn<'_>, id: WebhookId, states: &[DeliveryState]) -> Result<(), DbError> {
    let states: Vec<Coded<DeliveryState>> = states.iter().copied().map(Coded).collect();
    let again = sent::webhook_deliveries.filter(sent::webhook_id.eq(id)).filter(sent::state.eq_any(states));
    diesel::update(again)
        .set((sent::state.eq(Coded(DeliveryState::Pending)), sent::attempts.eq(0), sent::next_at.eq(Some(turn.now))))
        .execute(turn.conn)?;
    Ok(())
}

/// The log is read again from behind a position, where it was read further.
pub fn read_again(turn: &mut Turn<'_>, id: WebhookId, after: i64) -> Result<(), DbError> {
    let further = dsl::webhooks.filter(dsl::id.eq(id)).filter(dsl::position.gt(after));
    diesel::update(further).set(dsl::position.eq(after)).execute(turn.conn)?;
    Ok(())
}

/// An event of a webhook, and what became of it.
#[derive(Clone, Debug)]
pub struct StoredDelivery {
    /// The event.
    pub position: i64,
    /// When it happened.
    pub at: Instant,
    /// The command.
    pub command: String,
    /// The record.
    pub record: Record,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When last.
    pub attempted_at: Option<Instant>,
    /// What was answered then.
    pub status: Option<i32>,
    /// Why that came to nothing.
    pub failure: Option<DeliveryFailure>,
    /// When it is tried next.
    pub next_at: Option<Instant>,
}

type DeliveryRow = (
    (i64, Instant, String, Coded<RecordKind>, Guid),
    (Coded<DeliveryState>, i32, Option<Instant>, Option<i32>, Option<Coded<DeliveryFailure>>, Option<Instant>),
);

/// The columns of a stored delivery.
macro_rules! delivery_columns {
    () => {
        (
            (sent::position, sent::at, sent::command, sent::record_kind, sent::record_id),
            (sent::state, sent::attempts, sent::attempted_at, sent::status, sent::failure, sent::next_at),
        )
    };
}

fn stored_delivery(((position, at, command, kind, id), rest): DeliveryRow) -> StoredDelivery {
    let (state, attempts, attempted_at, status, failure, next_at) = rest;
    let (record, failure) = (Record { kind: kind.0, id: id.0 }, failure.map(|failure| failure.0));
    StoredDelivery { position, at, command, record, state: state.0, attempts, attempted_at, status, failure, next_at }
}

/// A page of the log of deliveries of a webhook, of one state where one is given, and one more if there is one.
pub fn deliveries(
    conn: &mut Conn,
    id: WebhookId,
    state: Option<DeliveryState>,
    order: Order,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<StoredDelivery>, DbError> {
    let of = sent::webhook_deliveries.filter(sent::webhook_id.eq(id)).select(delivery_columns!());
    let mut query = of.limit(limit.one_more()).into_boxed();
    if let Some(state) = state {
        query = query.filter(sent::state.eq(Coded(state)));
    }
    let query = behind!(query, sent::position, super::access_log::place, after, order);
    Ok(query.load::<DeliveryRow>(conn)?.into_iter().map(stored_delivery).collect())
}

/// A webhook that may have something to send.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its id.
    pub id: WebhookId,
    /// The tool.
    pub account: AccountId,
    /// Up to where the log was looked at.
    pub position: i64,
    /// Whether something that waits is due.
    pub is_due: bool,
}

/// Those that nobody serves now and that do not pause, the one that was served longest ago first.
pub fn candidates(conn: &mut Conn, now: Instant) -> Result<Vec<Candidate>, DbError> {
    let standing = dsl::webhooks.filter(dsl::ended_at.is_null()).filter(dsl::disabled_at.is_null());
    let free = standing.filter(dsl::claimed_until.is_null().or(dsl::claimed_until.le(now)));
    let free = free.filter(dsl::paused_until.is_null().or(dsl::paused_until.le(now)));
    let mut rows: Vec<(WebhookId, AccountId, i64, Option<Instant>)> =
        free.select((dsl::id, dsl::account_id, dsl::position, dsl::claimed_until)).load(conn)?;
    rows.sort_unstable_by_key(|(id, _, _, served)| (*served, *id));
    // What stands behind the position is looked at when that has come there.
    let reached = sent::webhook_deliveries.inner_join(dsl::webhooks).filter(sent::position.le(dsl::position));
    let due: Vec<WebhookId> = reached.filter(sent::next_at.le(now)).select(sent::webhook_id).distinct().load(conn)?;
    let due: HashSet<WebhookId> = due.into_iter().collect();
    let candidate = |(id, account, position, _)| Candidate { id, account, position, is_due: due.contains(&id) };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Takes one to serve it alone for a while; false where another was faster.
pub fn claim(conn: &mut Conn, now: Instant, id: WebhookId, claim: Uuid) -> Result<bool, DbError> {
    let free = dsl::webhooks.filter(dsl::id.eq(id)).filter(dsl::claimed_until.is_null().or(dsl::claimed_until.le(now)));
    let until = now.plus(limits::WEBHOOK_LEASE);
    let taken = diesel::update(free).set((dsl::claim.eq(Some(Guid(claim))), dsl::claimed_until.eq(Some(until)))).execute(conn)?;
    Ok(taken > 0)
}

/// One that is still served under a claim, for another round; none where it is another's, or sends nothing any more.
pub fn under_claim(conn: &mut Conn, now: Instant, id: WebhookId, claim: Uuid) -> Result<Option<StoredWebhook>, DbError> {
    let own = dsl::webhooks.filter(dsl::id.eq(id)).filter(dsl::claim.eq(Some(Guid(claim))));
    let until = now.plus(limits::WEBHOOK_LEASE);
    if diesel::update(own).set(dsl::claimed_until.eq(Some(until))).execute(conn)? == 0 {
        return Ok(None);
    }
    let sends = dsl::webhooks.find(id).filter(dsl::ended_at.is_null()).filter(dsl::disabled_at.is_null());
    let sends = sends.filter(dsl::paused_until.is_null().or(dsl::paused_until.le(now)));
    sends.select(columns!()).first::<Row>(conn).optional()?.map(stored).transpose()
}

/// Puts it down again, for whoever is next.
pub fn put_down(conn: &mut Conn, now: Instant, id: WebhookId, claim: Uuid) -> Result<(), DbError> {
    let own = dsl::webhooks.filter(dsl::id.eq(id)).filter(dsl::claim.eq(Some(Guid(claim))));
    diesel::update(own).set((dsl::claim.eq(None::<Guid>), dsl::claimed_until.eq(Some(now)))).execute(conn)?;
    Ok(())
}

/// An event that is to be sent.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in the log.
    pub position: i64,
    /// When.
    pub at: Instant,
    /// The command.
    pub command: String,
    /// The record.
    pub record: Record,
}

/// Adds events that wait to be sent, and says up to where the log was looked at. One that stands there already is sent again: a
/// position goes back where that is wanted, and for nothing else.
pub fn add(conn: &mut Conn, now: Instant, id: WebhookId, events: &[Event], looked_at: i64) -> Result<(), DbError> {
    for event in events {
        let row = (
            sent::webhook_id.eq(id),
            sent::position.eq(event.position),
            sent::at.eq(event.at),
            sent::command.eq(event.command.clone()),
            sent::record_kind.eq(Coded(event.record.kind)),
            sent::record_id.eq(Guid(event.record.id)),
            sent::state.eq(Coded(DeliveryState::Pending)),
            sent::attempts.eq(0),
            sent::next_at.eq(Some(now)),
        );
        on_backend!(&mut *conn, |c| diesel::insert_into(webhook_deliveries::table)
            .values(row)
            .on_conflict((sent::webhook_id, sent::position))
            .do_update()
            .set((
                sent::state.eq(excluded(sent::state)),
                sent::attempts.eq(excluded(sent::attempts)),
                sent::next_at.eq(excluded(sent::next_at)),
            ))
            .execute(c))?;
    }
    diesel::update(dsl::webhooks.find(id)).set(dsl::position.eq(looked_at)).execute(conn)?;
    Ok(())
}

/// The oldest that wait, in the order of the log, up to where that was looked at: before what stands behind, an earlier event of
/// its record may come.
pub fn waiting(conn: &mut Conn, id: WebhookId, looked_at: i64) -> Result<Vec<StoredDelivery>, DbError> {
    let of = sent::webhook_deliveries.filter(sent::webhook_id.eq(id)).filter(sent::next_at.is_not_null());
    let oldest = of
        .filter(sent::position.le(looked_at))
        .order(sent::position)
        .limit(limits::WEBHOOK_WAITING_MAX)
        .select(delivery_columns!());
    Ok(oldest.load::<DeliveryRow>(conn)?.into_iter().map(stored_delivery).collect())
}

/// Nothing is sent before.
pub fn pause(conn: &mut Conn, id: WebhookId, until: Option<Instant>) -> Result<(), DbError> {
    diesel::update(dsl::webhooks.find(id)).set(dsl::paused_until.eq(until)).execute(conn)?;
    Ok(())
}

/// What waits of a record waits for the earliest of it.
pub fn postpone(conn: &mut Conn, id: WebhookId, record: Record, until: Instant) -> Result<(), DbError> {
    let waiting = sent::webhook_deliveries.filter(sent::webhook_id.eq(id)).filter(sent::next_at.lt(until));
    let of = waiting.filter(sent::record_kind.eq(Coded(record.kind))).filter(sent::record_id.eq(Guid(record.id)));
    diesel::update(of).set(sent::next_at.eq(Some(until))).execute(conn)?;
    Ok(())
}

/// What waits of a webhook is not sent: all of it, or one event.
pub fn withhold(conn: &mut Conn, id: WebhookId, position: Option<i64>) -> Result<(), DbError> {
    let waiting = diesel::update(webhook_deliveries::table).filter(sent::webhook_id.eq(id)).filter(sent::next_at.is_not_null());
    let mut waiting = waiting.into_boxed();
    if let Some(position) = position {
        waiting = waiting.filter(sent::position.eq(position));
    }
    waiting.set((sent::state.eq(Coded(DeliveryState::Withheld)), sent::next_at.eq(None::<Instant>))).execute(conn)?;
    Ok(())
}

/// Writes down what came of a try, and when the next is; without a next it is given up. What was tried or sent again since stays
/// as it is.
pub fn tried(
    conn: &mut Conn,
    now: Instant,
    id: WebhookId,
    position: i64,
    (attempts, attempt, next): (i32, &Attempt, Option<Instant>),
) -> Result<(), DbError> {
    let state = match (attempt.is_delivered(), next) {
        (true, _) => DeliveryState::Delivered,
        (false, Some(_)) => DeliveryState::Pending,
        (false, None) => DeliveryState::GivenUp,
    };
    let waits = sent::webhook_deliveries.filter(sent::webhook_id.eq(id)).filter(sent::position.eq(position));
    let waits = waits.filter(sent::next_at.is_not_null()).filter(sent::attempts.eq(attempts.saturating_sub(1)));
    diesel::update(waits)
        .set((
            sent::state.eq(Coded(state)),
            sent::attempts.eq(attempts),
            sent::attempted_at.eq(Some(now)),
            sent::status.eq(attempt.status.map(i32::from)),
            sent::failure.eq(attempt.failure.map(Coded)),
            sent::next_at.eq(next.filter(|_| state == DeliveryState::Pending)),
        ))
        .execute(conn)?;
    Ok(())
}

/// What a round of tries says of the webhook as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    /// Whether something was delivered.
    pub delivered: bool,
    /// Whether something was not.
    pub failed: bool,
    /// Until when nothing is sent.
    pub paused_until: Option<Instant>,
}

/// How a webhook stands after a round.
#[derive(Clone, Copy, Debug)]
pub struct AfterRound {
    /// Whether no command has changed it since the round saw it.
    pub is_as_seen: bool,
    /// Since when nothing is delivered.
    pub failing_since: Option<Instant>,
}

/// Writes that down. That nothing was delivered says nothing of a webhook that was changed meanwhile: it was tried as it stood
/// before.
pub fn ended_round(conn: &mut Conn, now: Instant, (id, seen): (WebhookId, Instant), round: Round) -> Result<AfterRound, DbError> {
    let of = || dsl::webhooks.filter(dsl::id.eq(id));
    if round.delivered {
        let delivered = (dsl::last_delivered_at.eq(Some(now)), dsl::failing_since.eq(None::<Instant>));
        diesel::update(of()).set(delivered).execute(conn)?;
    }
    let as_seen = of().filter(dsl::updated_at.eq(seen));
    let is_as_seen = diesel::update(as_seen).set(dsl::paused_until.eq(round.paused_until)).execute(conn)? > 0;
    if round.failed && !round.delivered && is_as_seen {
        diesel::update(of().filter(dsl::failing_since.is_null())).set(dsl::failing_since.eq(Some(now))).execute(conn)?;
    }
    Ok(AfterRound { is_as_seen, failing_since: of().select(dsl::failing_since).first(conn)? })
}

/// One that is disabled, if it still sends and no command has changed it since it was seen; whosever it is.
pub fn disable(
    turn: &mut Turn<'_>,
    (id, seen): (WebhookId, Instant),
    because: DisabledBecause,
) -> Result<Option<StoredWebhook>, DbError> {
    let sends = dsl::webhooks.filter(dsl::id.eq(id)).filter(dsl::ended_at.is_null()).filter(dsl::disabled_at.is_null());
    let sends = sends.filter(dsl::updated_at.eq(seen));
    let Some(row) = sends.select(columns!()).first::<Row>(turn.conn).optional()? else { return Ok(None) };
    let mut webhook = stored(row)?;
    webhook.disabled = Some((turn.now, because));
    webhook.updated_at = turn.now;
    update(turn, &webhook)?;
    Ok(Some(webhook))
}

/// How webhooks stand, of all organisations together.
#[derive(Clone, Debug, QueryableByName)]
pub struct Sending {
    /// Events that are due.
    #[diesel(sql_type = BigInt)]
    pub due: i64,
    /// Events that wait for their next try, for an earlier one, or for a receiver that asked for less.
    #[diesel(sql_type = BigInt)]
    pub later: i64,
    /// Since when the oldest that is due has been.
    #[diesel(sql_type = Nullable<sql::Instant>)]
    pub due_since: Option<Instant>,
    /// Webhooks that were disabled and not enabled again.
    #[diesel(sql_type = BigInt)]
    pub disabled: i64,
}

/// How they stand. What waits of one that is disabled waits for its manager, and is nobody's here.
pub fn sending(conn: &mut Conn, now: Instant) -> Result<Sending, DbError> {
    let sql = "SELECT count(*) FILTER (WHERE is_due) AS due, count(*) FILTER (WHERE NOT is_due) AS later, \
               min(next_at) FILTER (WHERE is_due) AS due_since, \
               (SELECT count(*) FROM webhooks WHERE disabled_at IS NOT NULL AND ended_at IS NULL) AS disabled \
               FROM (SELECT d.next_at, d.next_at <= $1 AND d.position <= w.position \
               AND (w.paused_until IS NULL OR w.paused_until <= $1) AS is_due \
               FROM webhook_deliveries d INNER JOIN webhooks w ON w.id = d.webhook_id \
               WHERE d.next_at IS NOT NULL AND w.disabled_at IS NULL AND w.ended_at IS NULL) waiting";
    Ok(on_backend!(conn, |c| diesel::sql_query(sql).bind::<sql::Instant, _>(now).get_result(c))?)
}

/// Forgets what became of events long ago; what waits stays.
pub fn forget_old(conn: &mut Conn, before: Instant) -> Result<(), DbError> {
    let over = sent::webhook_deliveries.filter(sent::next_at.is_null()).filter(sent::at.lt(before));
    // An event of long ago may have been sent again since.
    let over = over.filter(sent::attempted_at.is_null().or(sent::attempted_at.lt(before)));
    diesel::delete(over).execute(conn)?;
    Ok(())
}

/// The generations of the deployment's key with which something of a webhook is sealed.
pub(super) fn generations(conn: &mut Conn) -> Result<Vec<i32>, DbError> {
    let sealed: Vec<Sealed<Content>> = dsl::webhooks.select(dsl::content).load(conn)?;
    sealed.iter().map(Sealed::generation).collect()
}

/// Seals some webhooks behind one with a newer key of the deployment. Gives the last that was looked at, and how many were sealed.
pub fn seal_again(conn: &mut Conn, generation: i32, after: Option<WebhookId>) -> Result<(Option<WebhookId>, usize), DbError> {
    let all = dsl::webhooks.select((dsl::id, dsl::content)).order(dsl::id);
    let mut query = all.limit(limits::SEALED_AT_ONCE).into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    let some: Vec<(WebhookId, Sealed<Content>)> = query.load(conn)?;
    let mut count = 0;
    for (id, sealed) in &some {
        if let Some(again) = sealed.sealed_again(content_of(*id), generation)? {
            let as_it_was = dsl::webhooks.find(*id).filter(dsl::content.eq(sealed.clone()));
            count += diesel::update(as_it_was).set(dsl::content.eq(again)).execute(conn)?;
        }
    }
    Ok((some.last().map(|(id, _)| *id), count))
}
