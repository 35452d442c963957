//! Logs: one span a request with its route, never a body, a query or a token.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{HttpMessage as _, HttpRequest};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

/// The header that names a request, in and out.
pub const REQUEST_ID: &str = "x-request-id";

/// The id of a request: what its sender calls it, where that is a UUID, else our own name for it.
#[derive(Clone, Copy)]
struct RequestId(Uuid);

/// The id of a request. Its errors carry it, its answer, and every line of the log.
pub fn request_id(request: &HttpRequest) -> Uuid {
    let known = request.extensions().get::<RequestId>().copied();
    known.map_or_else(Uuid::now_v7, |id| id.0)
}

fn name(request: &ServiceRequest) -> Uuid {
    let given = request.headers().get(REQUEST_ID).and_then(|value| Uuid::try_parse(value.to_str().ok()?).ok());
    let ours = || request.extensions().get::<tracing_actix_web::RequestId>().map(|id| Uuid::from(*id));
    given.or_else(ours).unwrap_or_else(Uuid::now_v7)
}

/// Starts logging to stderr; `filter` is as `HAVRE_LOG` gives it, such as `info` or `api=debug,warn`.
pub fn start(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)?;
    let json = !std::io::IsTerminal::is_terminal(&std::io::stderr());
    // Whoever read the log may be gone; complaining of it, to the same place, would end the thread that serves.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    if json { builder.json().try_init() } else { builder.try_init() }.map_err(|error| anyhow::anyhow!(error))
}

/// Spans that name the route's pattern and the status. The path itself is left out: its ids belong to one case.
pub struct Spans;

/// The middleware that opens a span for each request.
pub fn request_spans() -> TracingLogger<Spans> {
    TracingLogger::new()
}

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
        let id = name(request);
        request.extensions_mut().insert(RequestId(id));
        tracing::info_span!("request", request_id = %id, method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        span.in_scope(|| tracing::debug!("answered"));
    }
}
