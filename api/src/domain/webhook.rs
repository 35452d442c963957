//! Webhooks as they are asked for, and what is decided of a delivery without sending it: when the next try is, and when there is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use rand::TryRngCore as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Faults, List, RecordKind};
use crate::clock::Instant;
use crate::limits::{self, CODES_MAX};
use crate::schemas;

/// Where the events of a tool are sent, and which of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where: on the public internet, over TLS. No redirect is followed.
    pub url: WebhookUrl,
    /// Only events of records of these kinds; null: of all that the tool follows.
    #[serde(default)]
    #[schema(required = false, value_type = Option<Vec<RecordKind>>, min_items = 1, max_items = 200)]
    pub record_kinds: Option<List<RecordKind, 1, CODES_MAX>>,
}

impl Faults for Webhook {}

impl Webhook {
    /// Whether events of a kind are wanted.
    pub fn wants(&self, kind: RecordKind) -> bool {
        self.record_kinds.as_ref().is_none_or(|kinds| kinds.0.contains(&kind))
    }
}

/// An address as it is written. Whether anything is sent there is decided where it is sent from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct WebhookUrl(String);

/// What is taken for an address, as a regular expression.
const URL_PATTERN: &str = "^https?://[!-~]+$";
/// Its characters at most.
const URL_CHARS_MAX: usize = 500;

impl WebhookUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
        let is_one = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= URL_CHARS_MAX;
        if is_one {
            Ok(Self(text))
        } else {
            Err(format!("must be an address of at most {URL_CHARS_MAX} characters, such as https://example.org/havre"))
        }
    }
}

/// What is sent again.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// All events behind this position; left out or null, those that were given up.
    #[serde(default)]
    #[schema(required = false, value_type = Option<EventPosition>)]
    pub after: Option<EventPosition>,
}

impl Faults for Replay {}

/// A place in the log of events, in a body.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub struct EventPosition(pub i64);

/// The greatest whole number that every client reads as it was written.
const POSITION_MAX: i64 = (1 << 53) - 1;

/// A whole number as JSON writes it, which is also `30.0`.
impl TryFrom<f64> for EventPosition {
    type Error = String;

    fn try_from(written: f64) -> Result<Self, String> {
        let position = Some(written).filter(|written| written.fract() == 0.0).and_then(|whole| format!("{whole:.0}").parse().ok());
        let position = position.filter(|position| (0..=POSITION_MAX).contains(position));
        position.map(Self).ok_or_else(|| "must be the `position` of an event, or 0".to_owned())
    }
}

matcher::codes! {
    /// What became of the delivery of an event.
    pub enum DeliveryState: "state of a delivery" {
        /// It waits for its first or next try, or for an earlier event of its record.
        Pending = "pending",
        /// The receiver has it.
        Delivered = "delivered",
        /// No try is left.
        GivenUp = "given_up",
        /// It was not sent: the tool may not read it any more, or it is not wanted any more.
        Withheld = "withheld",
    }
}

matcher::codes! {
    /// Why a try came to nothing.
    pub enum DeliveryFailure: "failure of a delivery" {
        /// The receiver answered with another status than one of success.
        Status = "status",
        /// It did not answer in time.
        Timeout = "timeout",
        /// It could not be reached, or did not prove who it is.
        Unreachable = "unreachable",
        /// Its name leads to where nothing is sent.
        NotAllowed = "not_allowed",
    }
}

matcher::codes! {
    /// Why a webhook was disabled.
    pub enum DisabledBecause: "reason of a disabled webhook" {
        /// Nothing was delivered through all the tries of an event.
        Failing = "failing",
        /// The receiver answered that it is gone (410).
        Gone = "gone",
    }
}

/// What came of one try.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Why it came to nothing; none where it did not.
    pub failure: Option<DeliveryFailure>,
    /// When the receiver wants the next.
    pub again_at: Option<Instant>,
}

impl Attempt {
    /// Whether the receiver has it.
    pub fn is_delivered(&self) -> bool {
        self.failure.is_none()
    }

    /// Whether the receiver is gone for good.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    /// Whether it asks for less: nothing more is sent to it for a while.
    pub fn asks_for_less(&self) -> bool {
        matches!(self.status, Some(429 | 502 | 503 | 504))
    }

    /// When the next try is, where this one of so many failed; none where it was the last. `spread`, in thousandths of the pause, keeps the tries
    /// of many apart.
    pub fn next(&self, now: Instant, attempts: i32, spread: i64) -> Option<Instant> {
        let made = usize::try_from(attempts).ok()?.checked_sub(1)?;
        let pause = *limits::WEBHOOK_PAUSES.get(made)?;
        let more = pause.num_milliseconds().saturating_mul(spread.clamp(0, limits::WEBHOOK_SPREAD)) / 1_000;
        let next = now.plus(pause).plus(TimeDelta::milliseconds(more));
        // A receiver that asks for a week is asked again tomorrow.
        let asked = self.again_at.map_or(next, |asked| asked.min(now.plus(limits::WEBHOOK_PAUSE_MAX)));
        Some(next.max(asked))
    }
}

/// Whether a webhook is disabled that has delivered nothing for so long.
pub fn is_given_up(failing_since: Instant, now: Instant) -> bool {
    now >= failing_since.plus(limits::WEBHOOK_FAILING_MAX)
}

/// Bytes of a signing secret: of the 24 to 64 that Standard Webhooks allows.
const SECRET_BYTES: usize = 32;

/// A new signing secret, as Standard Webhooks writes them.
pub fn new_signing_secret() -> Result<String, rand::rand_core::OsError> {
    let mut secret = [0_u8; SECRET_BYTES];
    rand::rngs::OsRng.try_fill_bytes(&mut secret)?;
    Ok(format!("whsec_{}", STANDARD.encode(secret)))
}

crate::schemas::own! {
    WebhookUrl as "WebhookUrl" => schemas::text(URL_PATTERN, URL_CHARS_MAX, "https://outil.example.org/havre", "Where events are sent.");
    EventPosition as "EventPosition" => schemas::whole(0, POSITION_MAX, 0, "A place in the log of events.");
    DeliveryState as "DeliveryState" => schemas::codes::<DeliveryState>("What became of a delivery: `pending`, `delivered`, `given_up` after the last try, `withheld` where it may not be read any more.");
    DeliveryFailure as "DeliveryFailure" => schemas::codes::<DeliveryFailure>("Why the last try came to nothing.");
    DisabledBecause as "DisabledBecause" => schemas::codes::<DisabledBecause>("Why a webhook was disabled: nothing was delivered for three days, or the receiver answered 410.");
}
