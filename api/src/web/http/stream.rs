//! The log of events as it grows: one answer that goes on, in Server-Sent Events (WHATWG HTML, "Server-sent events").
//!
//! It is a reading of `listEvents` again and again, so that it shows what that shows and misses nothing: an announcement only says when to read.
//! Nothing is kept for who reads slowly but the page it is being sent.

use std::convert::Infallible;
use std::pin::pin;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::{Either, select};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant as Ticks, timeout};
use utoipa::IntoParams;
use uuid::Uuid;

use super::logs::{EventPage, Position, events_behind};
use crate::commands::Service;
use crate::db::events::EventFilter;
use crate::domain::RecordKind;
use crate::limits;
use crate::live::streams::Open;
use crate::paging::PageLimit;
use crate::web::auth::{Actor, Credential};
use crate::web::extract::Params;
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
    let open = service.live().streams().open(actor.caller().account).ok_or_else(too_many)?;
    let following = Following {
        credential: Credential::of(&request)?,
        filter: EventFilter { kind: record_kind, record: record_id },
        after,
        moves: service.live().moves(),
        silent_since: None,
        service: service.get_ref().clone(),
        _open: open,
    };
    let messages = stream::unfold(following, async |following| following.next().await);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // What is compressed waits until there is more of it; and a proxy that gathers must not.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(messages))
}

fn last_event(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let Some(value) = request.headers().get("Last-Event-ID") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|position| *position >= 0);
    position
        .map(Some)
        .ok_or_else(|| Problem::new(Code::InvalidParameter, "`Last-Event-ID` is not the `id` of a message of this stream."))
}

fn too_many() -> Problem {
    Problem::new(Code::RateLimited, "This account follows events as often as it may on one instance: end one of its streams.")
}

/// One who follows.
struct Following {
    service: Service,
    credential: Credential,
    filter: EventFilter,
    /// Up to where the log was looked at.
    after: i64,
    moves: watch::Receiver<()>,
    /// When it was last sent something; none before the beginning.
    silent_since: Option<Ticks>,
    _open: Open,
}

impl Following {
    /// The next that is sent; none at the end.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let mut text = String::new();
        if self.silent_since.is_none() {
            text = format!("retry: {}\n\n", limits::STREAM_RETRY_MS);
        }
        loop {
            // Before it is read: what is done meanwhile wakes it at once.
            self.moves.mark_unchanged();
            match self.read().await {
                Ok(page) => page.iter().for_each(|page| messages(&mut text, page)),
                // Whoever has no access any more is told so when it comes back.
                Err(problem) if matches!(problem.code(), Code::Unauthenticated | Code::RoleNotAllowed | Code::ScopeMissing) => {
                    return None;
                }
                Err(problem) => tracing::debug!(code = %problem.code().as_str(), "who follows events waits for the database"),
            }
            let silent_since = *self.silent_since.get_or_insert_with(Ticks::now);
            if text.is_empty() && silent_since.elapsed() >= limits::STREAM_HEARTBEAT {
                text.push_str(":\n\n");
            }
            if !text.is_empty() {
                self.silent_since = Some(Ticks::now());
                return Some((Ok(Bytes::from(text)), self));
            }
            if !self.wait().await {
                return None;
            }
        }
    }

    /// What has come, as the caller may read it now; nothing where the log ends where it was looked at last, so that many who wait in vain ask
    /// the shared question alone.
    async fn read(&mut self) -> Result<Option<EventPage>, Problem> {
        let actor: Actor<StreamEvents> = self.credential.again(&self.service).await?;
        if actor.pulse().position <= self.after {
            return Ok(None);
        }
        let (page, looked_at) = events_behind(&actor, &self.service, self.filter, self.after, PageLimit::most()).await?;
        self.after = looked_at;
        Ok(Some(page))
    }

    /// Waits for something to come; false where the instance stops.
    async fn wait(&mut self) -> bool {
        let streams = self.service.live().streams();
        let (moved, stopped) = (pin!(self.moves.changed()), pin!(streams.stopped()));
        match timeout(limits::STREAM_LOOKS_AGAIN, select(moved, stopped)).await {
            Ok(Either::Right(_stopped)) => return false,
            Ok(Either::Left(_moved)) => {}
            Err(_elapsed) => self.service.live().looked_by_itself(),
        }
        true
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
