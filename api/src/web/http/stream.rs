//! The log of events as it grows: one answer that goes on, in Server-Sent Events (WHATWG HTML, "Server-sent events").
//!
//! It is a reading of `listEvents` again and again, so that it shows what that shows and misses nothing: an announcement only says when to read.
//! Nothing is kept for who reads slowly but the page it is being sent.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::logs::{EventPage, Position, events_behind};
use crate::commands::Service;
use crate::db::events::EventFilter;
use crate::domain::RecordKind;
use crate::limits;
use crate::paging::PageLimit;
use crate::web::auth::{Actor, Credential};
use crate::web::extract::Params;
use crate::web::going_on::{GoingOn, Left, Source};
use crate::web::operations::StreamEvents;
use crate::web::problem::{Code, Problem};

/// Which events, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Only events of records of this kind.
    #[param(required = false, nullable = false)]
    record_kind: Option<RecordKind>,
    /// Only events of this record.
    #[param(required = false, nullable = false)]
    record_id: Option<Uuid>,
    /// Only events behind this position, those that are there already first; without it only what comes from now on. `Last-Event-ID` goes before it.
    #[param(value_type = Option<Position>, required = false, nullable = false)]
    after: Option<Position>,
}

/// Follow events
///
/// What is done, as it is done: the events of `listEvents`, each the `data` of a message in the stream, with its position as the message's `id`. The
/// answer does not end by itself. Whoever lost it asks again with `Last-Event-ID` (the last `id`; a browser's `EventSource` does so by itself), of
/// whichever instance, and has missed nothing; an event may come twice where the connection broke while it was sent. A line that begins with a colon
/// comes at least every 15 seconds and says nothing but that the connection lives. The stream ends when the caller's access does, and when an
/// instance stops. An account has 8 of them open on an instance at most.
#[utoipa::path(get, path = "", tag = "logs",
    params(StreamQuery, ("Last-Event-ID" = Option<Position>, Header, description = "The `id` of the last message that came.")),
    responses((status = 200, description = "Messages, one an event, without end.", content_type = "text/event-stream", body = String,
        example = json!("id: 4711\ndata: {\"position\":4711,\"at\":\"2026-12-01T20:00:00Z\",\"command\":\"acceptReferral\",…}\n\n"))))]
pub async fn stream_events(
    actor: Actor<StreamEvents>,
    service: Data<Service>,
    params: Params<StreamQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let StreamQuery { record_kind, record_id, after } = params.0;
    let after = match last_event(&request)? {
        Some(position) => position,
        None => after.map_or(actor.pulse().position, |position| position.0),
    };
    let going_on = GoingOn::of(&service, Credential::of(&request)?, actor.caller().account)?;
    Ok(going_on.answer(Log { filter: EventFilter { kind: record_kind, record: record_id }, after }))
}

fn last_event(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let Some(value) = request.headers().get("Last-Event-ID") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|position| *position >= 0);
    position
        .map(Some)
        .ok_or_else(|| Problem::new(Code::InvalidParameter, "`Last-Event-ID` is not the `id` of a message of this stream."))
}

/// The log behind a position, as the caller may read it.
struct Log {
    filter: EventFilter,
    /// Up to where it was looked at.
    after: i64,
}

impl Source for Log {
    const GATHERS: Duration = limits::STREAM_GATHER;

    /// Nothing is read where the log ends where it was looked at last, so that many who wait in vain ask the shared question alone.
    async fn read(&mut self, from: &GoingOn, text: &mut String) -> Result<Left, Problem> {
        let actor: Actor<StreamEvents> = from.caller().await?;
        let there = actor.pulse().position;
        if there > self.after {
            let (page, looked_at) = events_behind(&actor, from.service(), self.filter, self.after, PageLimit::most()).await?;
            self.after = looked_at;
            messages(text, &page);
        }
        Ok(if self.after < there { Left::More } else { Left::Nothing })
    }
}

/// Each event as a message.
fn messages(text: &mut String, page: &EventPage) {
    for event in &page.items {
        // An event is a struct of strings and numbers: it is always JSON, and JSON has no line break outside of its strings.
        if let Ok(data) = serde_json::to_string(event) {
            text.push_str(&format!("id: {}\ndata: {data}\n\n", event.position));
        }
    }
}
