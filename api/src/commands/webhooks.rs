//! Webhooks: a manager says where the events of a tool of its organisation are sent. What is sent is what that tool's own feed shows, no more.
//!
//! A tool makes none for itself: where events go would outlive its secret, in the hands of whoever had it.

use super::feed;
use super::people::tell;
use crate::clock::Instant;
use crate::db::accounts::{self, StoredAccount};
use crate::db::jobs::AccountMail;
use crate::db::webhooks::{self, StoredWebhook};
use crate::db::{Failure, Turn};
use crate::domain::denied::{WebhookDenied, What};
use crate::domain::ids::{AccountId, WebhookId};
use crate::domain::webhook::{DeliveryState, DisabledBecause, EventPosition, Replay};
use crate::domain::{AccountKind, Denied, Reach, RecordKind, Role, Seen, Webhook};
use crate::limits;
use crate::outward::NotAllowed;
use matcher::Code as _;

/// The verb of the service under which a webhook is disabled.
pub const DISABLE: &str = "disableWebhook";

/// The command by which one is ended, which is also part of another.
const END: &str = "deleteWebhook";

/// What is declared of a webhook, and whether its address may be sent to. That was found out before the turn, and counts in it:
/// what a repeat says was allowed once, and is not asked again.
#[derive(Clone, Debug)]
pub struct Declared {
    /// What is declared.
    pub webhook: Webhook,
    /// What was found out.
    pub checked: Result<(), NotAllowed>,
}

impl Declared {
    fn is_allowed(&self) -> Result<(), Denied> {
        self.checked.map_err(|why| WebhookDenied::UrlNotAllowed(why).into())
    }
}

/// Makes a webhook of a tool, with its first secret.
pub fn create(turn: &mut Turn<'_>, reach: Reach, tool: AccountId, new: &Declared, secret: &str) -> Result<StoredWebhook, Failure> {
    let organisation = reach.manages().ok_or(Denied::NotFound(What::Record))?;
    let tool = accounts::kept(turn.conn, reach, AccountKind::Tool, tool)?;
    if tool.caller.organisation != organisation {
        return Err(Denied::NotFound(What::Record).into());
    }
    must_follow(&tool)?;
    new.is_allowed()?;
    if webhooks::count(turn.conn, organisation)? >= limits::WEBHOOKS_MAX {
        return Err(Denied::from(WebhookDenied::TooMany).into());
    }
    let made = webhooks::insert(turn, (organisation, tool.caller.account), &new.webhook, secret.to_owned())?;
    turn.note(&made);
    Ok(made)
}

/// Whether a tool follows events within scopes that a manager gave it.
fn must_follow(tool: &StoredAccount) -> Result<(), Denied> {
    if tool.ended_at.is_some() {
        return Err(Denied::AccountEnded);
    }
    // It may have a role that no manager gives.
    let Some(scopes) = tool.caller.scopes else { return Err(Denied::MadeByOperator) };
    if feed::SCOPES.iter().any(|scope| scopes.contains(*scope)) { Ok(()) } else { Err(WebhookDenied::NothingToFollow.into()) }
}

/// One that goes on.
fn standing(turn: &mut Turn<'_>, reach: Reach, id: WebhookId) -> Result<StoredWebhook, Failure> {
    let found = webhooks::find(turn.conn, reach, id)?;
    if found.ended_at.is_some() { Err(Denied::from(WebhookDenied::Ended).into()) } else { Ok(found) }
}

fn changed(turn: &mut Turn<'_>, mut webhook: StoredWebhook) -> Result<StoredWebhook, Failure> {
    webhook.updated_at = turn.now;
    webhooks::update(turn, &webhook)?;
    turn.note(&webhook);
    Ok(webhook)
}

/// Replaces what is declared of one. What failed at another address is not held against the new one.
pub fn update(
    turn: &mut Turn<'_>,
    reach: Reach,
    id: WebhookId,
    seen: &Seen,
    declared: &Declared,
) -> Result<StoredWebhook, Failure> {
    let mut webhook = standing(turn, reach, id)?;
    seen.check(&webhook.declared)?;
    let moves = webhook.declared.url != declared.webhook.url;
    if moves {
        declared.is_allowed()?;
    }
    webhook.declared = declared.webhook.clone();
    let mut webhook = changed(turn, webhook)?;
    if moves {
        webhooks::forgive(turn, id)?;
        webhooks::send_again(turn, id, &[DeliveryState::Pending])?;
        webhook.failing_since = None;
    }
    Ok(webhook)
}

/// Ends one: nothing more is sent, and what waits is not sent either.
pub fn end(turn: &mut Turn<'_>, reach: Reach, id: WebhookId) -> Result<StoredWebhook, Failure> {
    let mut webhook = standing(turn, reach, id)?;
    webhook.ended_at = Some(turn.now);
    let webhook = changed(turn, webhook)?;
    webhooks::withhold(turn.conn, id, None)?;
    Ok(webhook)
}

/// Ends those of a tool with it: nobody is left for whom they send.
pub(super) fn end_all_of(turn: &mut Turn<'_>, tool: AccountId) -> Result<(), Failure> {
    for mut webhook in webhooks::of_tool(turn.conn, tool)? {
        (webhook.ended_at, webhook.updated_at) = (Some(turn.now), turn.now);
        webhooks::update(turn, &webhook)?;
        webhooks::withhold(turn.conn, webhook.id, None)?;
        turn.note_as(END, &webhook);
    }
    Ok(())
}

/// Signs with a new secret, and for a while with the one before it too.
pub fn rotate(turn: &mut Turn<'_>, reach: Reach, id: WebhookId, secret: &str) -> Result<StoredWebhook, Failure> {
    let mut webhook = standing(turn, reach, id)?;
    webhook.sign_with(secret.to_owned(), turn.now);
    changed(turn, webhook)
}

/// What is sent again where no position is given, and what of a webhook that is enabled: what waits is not left to wait.
const NOT_DELIVERED: &[DeliveryState] = &[DeliveryState::GivenUp, DeliveryState::Pending];

/// Sends again what was given up; or all behind a position, by going back there in the log of commands. So it comes in the order
/// of that log, what the log of deliveries has forgotten too, and a turn is as short for all as for one.
pub fn replay(turn: &mut Turn<'_>, reach: Reach, id: WebhookId, wanted: Replay) -> Result<StoredWebhook, Failure> {
    let webhook = standing(turn, reach, id)?;
    if webhook.disabled.is_some() {
        return Err(Denied::from(WebhookDenied::Disabled).into());
    }
    let mut webhook = changed(turn, webhook)?;
    match wanted.after {
        Some(EventPosition(after)) => {
            webhooks::read_again(turn, id, after)?;
            webhook.position = webhook.position.min(after);
        }
        None => webhooks::send_again(turn, id, NOT_DELIVERED)?,
    }
    Ok(webhook)
}

/// Goes on with one that was disabled, where it stopped.
pub fn enable(turn: &mut Turn<'_>, reach: Reach, id: WebhookId) -> Result<StoredWebhook, Failure> {
    let mut webhook = standing(turn, reach, id)?;
    if webhook.disabled.is_none() {
        return Err(Denied::from(WebhookDenied::NotDisabled).into());
    }
    (webhook.disabled, webhook.failing_since) = (None, None);
    let webhook = changed(turn, webhook)?;
    webhooks::forgive(turn, id)?;
    webhooks::send_again(turn, id, NOT_DELIVERED)?;
    Ok(webhook)
}

/// What the service does, as [`DISABLE`], with one to which nothing can be delivered, as it was last seen; the managers are told.
/// One that was changed since is left alone: nothing was sent to it as it stands.
pub fn disable(turn: &mut Turn<'_>, seen: (WebhookId, Instant), because: DisabledBecause) -> Result<(), Failure> {
    let Some(webhook) = webhooks::disable(turn, seen, because)? else { return Ok(()) };
    turn.note(&webhook);
    tell(turn, Some(webhook.organisation), &[Role::Manager], AccountMail::WebhookDisabled)
}

/// The id of the message of an event, which is the same however often and by whomever it is sent.
pub fn message_id(of: WebhookId, position: i64) -> String {
    format!("msg_{}_{position}", of.0.simple())
}

/// What a message is about, as Standard Webhooks writes it: words with dots between them.
pub fn message_type(kind: RecordKind, command: &str) -> String {
    format!("{}.{command}", kind.as_str())
}
