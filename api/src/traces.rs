//! Traces for whoever follows a request through the service (OpenTelemetry, OTLP as protobuf over HTTP): which operation, with which status, how long
//! it waited for the database, the turn and the engine. No body, no path, no query and no word of anybody goes along, as in logs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use openidconnect::reqwest;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use uuid::Uuid;

use crate::limits;

/// Where spans go. What is left is sent when this goes.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans to a collector, such as `http://127.0.0.1:4318/v1/traces`, a few seconds' worth at a time. Nobody waits for it, and what it does not
    /// take is dropped.
    pub fn to(url: &str) -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new()?)
            .with_endpoint(url)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(limits::TRACES_TIMEOUT)
            .build()?;
        let resource = Resource::builder()
            .with_service_name("havre")
            .with_attributes([
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", Uuid::now_v7().to_string()),
            ])
            .build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// What hears of spans: those of this program, and no line of the log.
    pub fn layer<S: Subscriber + for<'s> LookupSpan<'s> + Send + Sync>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("havre"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("api")))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // Whoever collects them may be gone; that keeps no instance from stopping.
        if let Err(error) = self.0.shutdown_with_timeout(limits::TRACES_TIMEOUT) {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }
}

/// The HTTP client that the service has already, on a thread of its own: whoever sends spans has no runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
    stop: Arc<Notify>,
}

impl Client {
    fn new() -> anyhow::Result<Self> {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = builder.timeout(limits::TRACES_TIMEOUT).pool_idle_timeout(Duration::from_secs(30)).build()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, stop) = (runtime.handle().clone(), Arc::new(Notify::new()));
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new().name("traces".to_owned()).spawn(move || runtime.block_on(stopped.notified()))?;
        Ok(Self { http, runtime: handle, stop })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let sent = self.http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let answered = self.runtime.spawn(async move {
            let answer = sent.send().await?;
            // What a collector says beside its status is for nobody here.
            Ok::<_, reqwest::Error>(answer.status())
        });
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answered.await??;
        Ok(response)
    }
}
