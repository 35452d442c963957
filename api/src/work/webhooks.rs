//! Webhooks: each event that its tool may follow goes to the address that a manager gave, at least once, those of one record in their order.
//!
//! The log of commands is the outbox. A round reads what has come behind a webhook's position, takes the earliest that is due of each record,
//! sends some at once, and writes down what came of it. One instance serves a webhook at a time, under a claim that each round renews; what a dead
//! one had begun is sent again by whichever finds its claim run out, under the same `webhook-id`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::pin::{Pin, pin};

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use futures_util::future::{Either, join_all, select};
use futures_util::stream::FuturesUnordered;
use rand::Rng as _;
use serde_json::json;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::Desk;
use crate::clock::Instant;
use crate::commands::feed::{Feed, Told};
use crate::commands::webhooks::{DISABLE, disable, message_id, message_type};
use crate::db::events::{self, EventFilter};
use crate::db::webhooks::{self, AfterRound, Candidate, Event, Round, StoredDelivery, StoredWebhook};
use crate::db::{Author, Conn, DbError, Failure, accounts};
use crate::domain::Record;
use crate::domain::ids::{AccountId, WebhookId};
use crate::domain::webhook::{Attempt, DeliveryFailure, DisabledBecause, is_given_up};
use crate::limits;
use crate::outward::{Reply, RetryAfter, Unsent};
use crate::paging::PageLimit;

/// Where this instance has looked for a webhook and found nothing for it: from which position, as that is written down, and up to
/// where. Only what is found is written down at once. A position that went back is looked behind again.
type Looked = HashMap<WebhookId, (i64, i64)>;

/// The webhooks that are being served; each is given back when others are to have their turn.
type Serving<'s> = FuturesUnordered<Pin<Box<dyn Future<Output = WebhookId> + 's>>>;

/// Sends what is to be sent, again and again, until the instance is told to stop and what is being sent has been.
pub async fn run(desk: Desk) {
    let mut looked = Looked::default();
    let (mut serving, mut busy) = (Serving::default(), HashSet::new());
    let mut moves = desk.service.live().moves();
    loop {
        // Before it is looked: what is done meanwhile wakes it at once.
        moves.mark_unchanged();
        if desk.service.live().is_stopping() {
            while serving.next().await.is_some() {}
            return;
        }
        let were_busy = busy.len();
        if were_busy < limits::WEBHOOKS_AT_ONCE {
            let found = meanwhile(&mut serving, &mut busy, to_serve(&desk, &mut looked)).await;
            let has_ended = busy.len() < were_busy;
            let room = limits::WEBHOOKS_AT_ONCE.saturating_sub(busy.len());
            for id in found.into_iter().filter(|id| !busy.contains(id)).take(room).collect::<Vec<_>>() {
                busy.insert(id);
                let desk = &desk;
                serving.push(Box::pin(async move {
                    serve(desk, id).await;
                    id
                }));
            }
            if has_ended {
                // It may have more, and was not looked for.
                continue;
            }
        }
        let wait = pin!(async {
            let (moved, told) = (pin!(moves.changed()), pin!(desk.service.live().told_to_stop()));
            let woken = select(moved, told);
            // Many are done at once: they are looked for together.
            if let Ok(Either::Left(_moved)) = tokio::time::timeout(limits::TICK, woken).await {
                tokio::time::sleep(limits::WEBHOOK_GATHER).await;
            }
        });
        if serving.is_empty() {
            wait.await;
        } else if let Either::Left((Some(done), _)) = select(serving.next(), wait).await {
            busy.remove(&done);
        }
    }
}

/// Waits for something; what is being served does not stand still for it.
async fn meanwhile<T>(serving: &mut Serving<'_>, busy: &mut HashSet<WebhookId>, something: impl Future<Output = T>) -> T {
    let mut something = pin!(something);
    while !serving.is_empty() {
        match select(serving.next(), something.as_mut()).await {
            Either::Left((Some(done), _)) => {
                busy.remove(&done);
            }
            Either::Left((None, _)) => break,
            Either::Right((found, _)) => return found,
        }
    }
    something.await
}

/// Sends all that is due now, for whoever waits for that.
pub async fn send_what_is_due(desk: &Desk) {
    let mut looked = Looked::default();
    loop {
        let found = to_serve(desk, &mut looked).await;
        if found.is_empty() {
            return;
        }
        for id in found {
            serve(desk, id).await;
        }
    }
}

/// The webhooks that have something to send, the one that was served longest ago first; none where the database is away.
async fn to_serve(desk: &Desk, looked: &mut Looked) -> Vec<WebhookId> {
    let (desk, known) = (desk.clone(), std::mem::take(looked));
    let found = spawn_blocking(move || look(&desk, &known)).await;
    match found {
        Ok(Ok((found, known))) => {
            *looked = known;
            return found;
        }
        Ok(Err(error)) => tracing::warn!(%error, "webhooks wait for the next time"),
        Err(error) => tracing::error!(%error, "looking for what webhooks send stumbled"),
    }
    Vec::new()
}

/// Those that have something to send, and where it was looked for the others; of all webhooks of a tool the log is asked once.
fn look(desk: &Desk, known: &Looked) -> Result<(Vec<WebhookId>, Looked), DbError> {
    let db = desk.service.db();
    db.read(|conn| {
        let now = db.pulse(conn)?.now;
        let head = events::head(conn)?;
        let from = |of: &Candidate| match known.get(&of.id) {
            Some((stood, up_to)) if *stood == of.position => *up_to,
            _ => of.position,
        };
        let sends_at_once = |of: &Candidate| of.is_due || head.saturating_sub(of.position) >= limits::WEBHOOK_LAG;
        let candidates = webhooks::candidates(conn, now)?;
        let mut first: HashMap<AccountId, i64> = HashMap::new();
        for one in candidates.iter().filter(|one| !sends_at_once(one) && from(one) < head) {
            let earliest = first.entry(one.account).or_insert(head);
            *earliest = from(one).min(*earliest);
        }
        let mut asked: HashMap<AccountId, Option<i64>> = HashMap::new();
        for (account, earliest) in first {
            if let Some(feed) = feed_of(conn, now, account)? {
                asked.insert(account, feed.last_behind(conn, earliest)?);
            }
        }
        let (mut found, mut looked) = (Vec::new(), Looked::new());
        for one in candidates {
            let last = asked.get(&one.account).copied();
            if sends_at_once(&one) || last.flatten().is_some_and(|last| from(&one) < last) {
                found.push(one.id);
            } else {
                // Where a tool may follow nothing now, it may later.
                looked.insert(one.id, (one.position, if last.is_some() { head } else { from(&one) }));
            }
        }
        Ok((found, looked))
    })
}

/// What a tool may follow now; nothing where it has ended, has no secret with which it could read that itself, or its
/// organisation gives it nothing any more.
fn feed_of(conn: &mut Conn, now: Instant, account: AccountId) -> Result<Option<Feed>, DbError> {
    let mut holders = accounts::holders(conn, Some(&[account]))?.into_iter().map(|(_, holder)| holder);
    let good = holders.find(|holder| holder.expires_at.is_none_or(|end| now < end));
    Ok(good.and_then(|holder| Feed::of_tool(holder.caller)))
}

/// Serves one webhook, some rounds and then others' turn.
async fn serve(desk: &Desk, id: WebhookId) {
    let claim = Uuid::now_v7();
    if let Err(error) = rounds(desk, id, claim).await {
        tracing::warn!(webhook = %id, %error, "a webhook waits for the next time");
    }
    let db = desk.service.db().clone();
    let put_down = move || {
        db.write_beside(|conn| -> Result<(), DbError> {
            let now = db.pulse(conn)?.now;
            webhooks::put_down(conn, now, id, claim)
        })
    };
    // Where it cannot be put down, its claim runs out.
    drop(spawn_blocking(put_down).await);
}

/// Rounds of a webhook in a row before it is others' turn.
const ROUNDS: usize = 8;

async fn rounds(desk: &Desk, id: WebhookId, claim: Uuid) -> Result<(), DbError> {
    for number in 0..ROUNDS {
        if number > 0 && desk.service.live().is_stopping() {
            return Ok(());
        }
        let of = desk.clone();
        let next = spawn_blocking(move || next_round(&of, id, claim, number == 0)).await.map_err(DbError::unavailable)??;
        let Some(Batch { seen, messages }) = next.filter(|batch| !batch.messages.is_empty()) else { return Ok(()) };
        let answers =
            join_all(messages.iter().map(|message| desk.outward.post(&message.url, &message.headers, message.body.clone()))).await;
        let answers = messages.into_iter().zip(answers).collect::<Vec<_>>();
        let of = desk.clone();
        spawn_blocking(move || settle(&of, (id, seen), &answers)).await.map_err(DbError::unavailable)??;
    }
    Ok(())
}

/// What is sent in one round.
struct Batch {
    /// When the webhook, as it was seen, was last changed.
    seen: Instant,
    /// To it.
    messages: Vec<Message>,
}

/// What is sent of one event.
struct Message {
    position: i64,
    /// Which try it is, from 1.
    number: i32,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The messages of the next round; none where the webhook is another's to serve, or sends nothing.
fn next_round(desk: &Desk, id: WebhookId, claim: Uuid, is_first: bool) -> Result<Option<Batch>, DbError> {
    let db = desk.service.db();
    db.write_beside(|conn| {
        let now = db.pulse(conn)?.now;
        if is_first && !webhooks::claim(conn, now, id, claim)? {
            return Ok(None);
        }
        let Some(webhook) = webhooks::under_claim(conn, now, id, claim)? else { return Ok(None) };
        let Some(feed) = feed_of(conn, now, webhook.account)? else {
            // It goes on where it stopped when its tool may follow something again, with what that may read then.
            webhooks::pause(conn, id, Some(now.plus(limits::WEBHOOK_TOOL_AWAY)))?;
            return Ok(None);
        };
        let mut waiting = webhooks::waiting(conn, id, webhook.position)?;
        if i64::try_from(waiting.len()).unwrap_or(i64::MAX) < limits::WEBHOOK_WAITING_MAX {
            let (page, looked_at) = feed.behind(conn, EventFilter::default(), webhook.position, PageLimit::most())?;
            let wanted: Vec<Event> =
                page.items.into_iter().filter(|told| webhook.declared.wants(told.record.kind)).map(Event::from).collect();
            if looked_at > webhook.position {
                webhooks::add(conn, now, id, &wanted, looked_at)?;
                waiting = webhooks::waiting(conn, id, looked_at)?;
            }
        }
        let is_full = i64::try_from(waiting.len()).unwrap_or(i64::MAX) >= limits::WEBHOOK_WAITING_MAX;
        let Due { at_once, put_off, next_at } = due(now, waiting);
        for (record, until) in put_off {
            webhooks::postpone(conn, id, record, until)?;
        }
        if is_full && at_once.is_empty() {
            // Neither is anything sent nor more read before.
            webhooks::pause(conn, id, next_at)?;
        }
        let mut messages = Vec::new();
        for event in at_once {
            match feed.at(conn, event.position)?.filter(|told| webhook.declared.wants(told.record.kind)) {
                Some(told) => messages.push(message(&webhook, &told, event.attempts, now)?),
                None => webhooks::withhold(conn, id, Some(event.position))?,
            }
        }
        Ok(Some(Batch { seen: webhook.updated_at, messages }))
    })
}

impl From<Told> for Event {
    fn from(told: Told) -> Self {
        Self { position: told.position, at: told.at, command: told.command, record: told.record }
    }
}

/// What of all that waits is sent, and when the rest may be.
#[derive(Default)]
struct Due {
    /// Of each record the earliest that waits, where it is due; so many.
    at_once: Vec<StoredDelivery>,
    /// Records of which something stands behind an event that is not yet due: it waits as long.
    put_off: HashMap<Record, Instant>,
    /// When something is due.
    next_at: Option<Instant>,
}

fn due(now: Instant, waiting: Vec<StoredDelivery>) -> Due {
    let (mut first, mut due) = (HashMap::new(), Due::default());
    for event in waiting {
        let next_at = event.next_at.unwrap_or(now);
        match first.entry(event.record) {
            Entry::Vacant(free) => {
                free.insert(next_at);
                if next_at <= now && due.at_once.len() < limits::WEBHOOK_SENT_AT_ONCE {
                    due.at_once.push(event);
                }
            }
            Entry::Occupied(earliest) if *earliest.get() > now && next_at < *earliest.get() => {
                due.put_off.insert(event.record, *earliest.get());
            }
            Entry::Occupied(_) => {}
        }
    }
    due.next_at = first.into_values().min();
    due
}

/// The message of an event, signed with every secret that signs now.
fn message(webhook: &StoredWebhook, told: &Told, attempts: i32, now: Instant) -> Result<Message, DbError> {
    let id = message_id(webhook.id, told.position);
    let body = json!({
        "type": message_type(told.record.kind, &told.command),
        "timestamp": told.at,
        "data": {
            "position": told.position, "record_kind": told.record.kind, "record_id": told.record.id, "command": told.command,
        },
    });
    let (body, timestamp) = (body.to_string(), now.utc().timestamp());
    let sign = |secret: &str| Signer::new(secret).and_then(|signer| signer.sign(&id, timestamp, body.as_bytes()));
    let signatures = webhook.signing(now).map(sign).collect::<Result<Vec<_>, _>>().map_err(DbError::damaged)?;
    let headers = vec![
        (HEADER_WEBHOOK_TIMESTAMP, timestamp.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signatures.join(" ")),
        (HEADER_WEBHOOK_ID, id),
    ];
    Ok(Message {
        position: told.position,
        number: attempts.saturating_add(1),
        url: webhook.declared.url.as_str().to_owned(),
        headers,
        body,
    })
}

/// What an answer means that came now: a receiver counts from there when it says when to come again.
fn attempt(now: Instant, answer: Result<Reply, Unsent>) -> Attempt {
    match answer {
        Ok(Reply { status, .. }) if (200..300).contains(&status) => Attempt { status: Some(status), failure: None, again_at: None },
        Ok(Reply { status, retry_after }) => {
            let again_at = retry_after.map(|after| match after {
                RetryAfter::In(span) => now.plus(span),
                RetryAfter::At(at) => at,
            });
            Attempt { status: Some(status), failure: Some(DeliveryFailure::Status), again_at }
        }
        Err(why) => {
            let failure = match why {
                Unsent::Forbidden => DeliveryFailure::NotAllowed,
                Unsent::Late => DeliveryFailure::Timeout,
                Unsent::Unreachable => DeliveryFailure::Unreachable,
            };
            Attempt { status: None, failure: Some(failure), again_at: None }
        }
    }
}

/// Writes down what came of a round, and disables a webhook to which nothing can be delivered. Of one that was changed meanwhile
/// it counts what was delivered, and nothing else: it may have another address now, or be told to send all again.
fn settle(desk: &Desk, (id, seen): (WebhookId, Instant), answers: &[(Message, Result<Reply, Unsent>)]) -> Result<(), DbError> {
    let db = desk.service.db();
    let because = db.write_beside(|conn| -> Result<_, DbError> {
        let now = db.pulse(conn)?.now;
        let attempts: Vec<(&Message, Attempt)> = answers.iter().map(|(message, answer)| (message, attempt(now, *answer))).collect();
        let after = webhooks::ended_round(conn, now, (id, seen), round(now, &attempts))?;
        for (message, attempt) in attempts.iter().filter(|(_, attempt)| after.is_as_seen || attempt.is_delivered()) {
            let next = attempt.next(now, message.number, rand::rng().random_range(0..=limits::WEBHOOK_SPREAD));
            webhooks::tried(conn, now, id, message.position, (message.number, attempt, next))?;
        }
        Ok(disabled_because(now, after, &attempts))
    })?;
    let Some(because) = because else { return Ok(()) };
    let disabled = desk.service.write(Author::service(DISABLE), |turn| disable(turn, (id, seen), because));
    disabled.map_err(|failure| match failure {
        Failure::Db(error) => error,
        Failure::Denied(denied) => DbError::damaged(format!("{denied:?}")),
    })
}

/// Why a webhook is disabled after a round, if it is.
fn disabled_because(now: Instant, after: AfterRound, attempts: &[(&Message, Attempt)]) -> Option<DisabledBecause> {
    if !after.is_as_seen {
        return None;
    }
    if attempts.iter().any(|(_, attempt)| attempt.is_gone()) {
        return Some(DisabledBecause::Gone);
    }
    after.failing_since.filter(|since| is_given_up(*since, now)).map(|_| DisabledBecause::Failing)
}

/// What a round says of the webhook as a whole: whoever asks for less is left alone for a while, and so is for a moment whoever took nothing.
fn round(now: Instant, attempts: &[(&Message, Attempt)]) -> Round {
    let delivered = attempts.iter().any(|(_, attempt)| attempt.is_delivered());
    let failed = attempts.iter().any(|(_, attempt)| !attempt.is_delivered());
    let asked = attempts.iter().filter(|(_, attempt)| attempt.asks_for_less());
    let longest = now.plus(limits::WEBHOOK_PAUSE_MAX);
    let asked =
        asked.map(|(_, attempt)| attempt.again_at.map_or(now.plus(limits::WEBHOOK_SLOWED), |again| again.min(longest))).max();
    let moment = if delivered { None } else { Some(now.plus(TimeDelta::seconds(5))) };
    Round { delivered, failed, paused_until: asked.or(moment) }
}
