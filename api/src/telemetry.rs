//! Logs: one span a request with its route, never a body, a query or a token.

use std::str::FromStr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{HttpMessage as _, HttpRequest};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};
use uuid::Uuid;

#[cfg(feature = "traces")]
pub use crate::traces::Traces;

/// Without the feature there is nowhere that spans could go.
#[cfg(not(feature = "traces"))]
pub enum Traces {}

#[cfg(not(feature = "traces"))]
impl Traces {
    /// It was built without.
    pub fn to(_url: &str) -> anyhow::Result<Self> {
        anyhow::bail!("this program was built without traces: build it with `--features traces`")
    }

    fn layer(&self) -> tracing_subscriber::layer::Identity {
        match *self {}
    }
}

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

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// As text where standard error is a terminal, else as JSON.
    Auto,
    /// One object a line, for whoever collects them.
    Json,
    /// For people.
    Text,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            other => Err(format!("`{other}` is neither `json` nor `text` nor `auto`")),
        }
    }
}

/// Starts logging to stderr; `filter` is as `HAVRE_LOG` gives it, such as `info` or `api=debug,warn`. Spans go to `traces` too, if there are any.
pub fn start(filter: &str, format: LogFormat, traces: Option<&Traces>) -> anyhow::Result<()> {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // Whoever read the log may be gone; complaining of it, to the same place, would end the thread that serves.
    let lines = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(is_terminal).boxed(),
        LogFormat::Auto if is_terminal => lines.boxed(),
        LogFormat::Json | LogFormat::Auto => lines.json().boxed(),
    };
    let lines = lines.with_filter(EnvFilter::try_new(filter)?);
    let subscriber = tracing_subscriber::registry().with(lines).with(traces.map(Traces::layer));
    subscriber.try_init().map_err(|error| anyhow::anyhow!(error))
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
        tracing::info_span!(
            "request",
            request_id = %id,
            method = %request.method(),
            route,
            status = tracing::field::Empty,
            // Its name where spans are collected: the operation, once it is known.
            otel.name = tracing::field::Empty
        )
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
