//! What Prometheus reads (`getMetrics`): how this instance stands, in the OpenMetrics text format, over a listener of its own that no client of the
//! service reaches. Labels are names of this program; nothing of anybody stands in them.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{self, Data, ServiceConfig};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::operations::{self, Surface};
use crate::commands::Service;
use crate::commands::standing::{Standing, Stored};
use crate::metrics::Asked;

/// The one path there is.
pub const PATH: &str = "/metrics";

/// As what it is sent.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Adds the one route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource(PATH).route(web::get().to(show)));
}

async fn show(service: Data<Service>) -> HttpResponse {
    let standing = service.standing().await;
    let mut registry = Registry::default();
    service.live().metrics().register(&mut registry);
    of_the_snapshot(&mut registry, &standing);
    of_the_database(&mut registry, &standing);
    of_redis(&mut registry, &service);
    of_the_process(&mut registry, &standing);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => HttpResponse::Ok().content_type(MEDIA_TYPE).body(text),
        // A text takes whatever is written to it.
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Counts each request that is answered, and how long that took.
pub async fn measure<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let began = Instant::now();
    let service = request.app_data::<Data<Service>>().cloned();
    let answered = next.call(request).await?;
    if let Some(service) = service {
        let asked = operations::of(answered.request()).map_or(Asked { operation: "none", surface: "none" }, |spec| Asked {
            operation: spec.id,
            surface: match spec.surface {
                Surface::Api => "api",
                Surface::Page => "page",
            },
        });
        tracing::Span::current().record("otel.name", asked.operation);
        service.live().metrics().answered(asked, answered.status().as_u16(), began.elapsed());
    }
    Ok(answered)
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: impl TryInto<i64>) {
    registry.register(name, help, ConstGauge::<i64>::new(value.try_into().unwrap_or(i64::MAX)));
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: f64) {
    registry.register(name, help, ConstGauge::<f64>::new(value));
}

fn of_the_snapshot(registry: &mut Registry, standing: &Standing) {
    let snapshot = standing.snapshot;
    gauge(registry, "havre_snapshot_position", "The position of the log that the snapshot has reached", snapshot.position);
    gauge(registry, "havre_snapshot_lag_events", "Events that the snapshot does not know yet", snapshot.lag);
    seconds(registry, "havre_snapshot_age_seconds", "For how long the oldest of these has been there", snapshot.age_s);
    gauge(registry, "havre_snapshot_units", "Units that are matched", snapshot.units);
    gauge(registry, "havre_snapshot_units_apart", "Units that nobody has vouched for", snapshot.units_apart);
}

fn of_the_database(registry: &mut Registry, standing: &Standing) {
    let (load, up) = (standing.load, standing.stored.is_some());
    gauge(registry, "havre_database_up", "Whether the database has answered", i64::from(up));
    gauge(registry, "havre_database_connections", "Connections of the pool that are open", load.connections);
    gauge(registry, "havre_database_connections_idle", "Connections of the pool that nobody uses", load.idle);
    gauge(registry, "havre_database_connections_waiting", "Who waits for a connection", load.waiting_for_connection);
    gauge(registry, "havre_database_turn_waiting", "Who waits in this instance for a turn to write", load.waiting_for_turn);
    gauge(registry, "havre_database_work", "Requests that are at the database, or wait for it", standing.database_work);
    if let Some(stored) = &standing.stored {
        gauge(registry, "havre_log_position", "The last position of the log of events", stored.head);
        gauge(registry, "havre_holds", "Referrals that hold beds", stored.holds);
        gauge(registry, "havre_beds_held", "Beds that they hold", stored.beds_held);
        of_jobs(registry, stored);
        of_webhooks(registry, stored);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobsOf {
    kind: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindOf {
    kind: String,
}

fn of_jobs(registry: &mut Registry, stored: &Stored) {
    let jobs = Family::<JobsOf, Gauge>::default();
    let oldest = Family::<KindOf, Gauge<f64, std::sync::atomic::AtomicU64>>::default();
    // Whoever watches mails watches them from the beginning.
    oldest.get_or_create(&KindOf { kind: "mail".to_owned() }).set(0.0);
    for queue in &stored.queues {
        let of = |state| JobsOf { kind: queue.kind.clone(), state };
        jobs.get_or_create(&of("due")).set(queue.due);
        jobs.get_or_create(&of("taken_or_later")).set(queue.taken_or_later);
        oldest.get_or_create(&KindOf { kind: queue.kind.clone() }).set(waits_s(stored, queue.due_since));
    }
    registry.register("havre_jobs", "Jobs that wait, by kind: due, or taken by an instance or tried again later", jobs);
    registry.register("havre_jobs_oldest_due_seconds", "For how long the oldest job of a kind has been due", oldest);
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

fn of_webhooks(registry: &mut Registry, stored: &Stored) {
    let sending = &stored.sending;
    let deliveries = Family::<InState, Gauge>::default();
    deliveries.get_or_create(&InState { state: "due" }).set(sending.due);
    deliveries.get_or_create(&InState { state: "later" }).set(sending.later);
    registry.register("havre_webhook_deliveries", "Events that webhooks are to send: due, or tried again later", deliveries);
    let oldest = "havre_webhook_deliveries_oldest_due_seconds";
    seconds(registry, oldest, "For how long the oldest of these that is due has been", waits_s(stored, sending.due_since));
    gauge(registry, "havre_webhooks_disabled", "Webhooks that were disabled since nothing was delivered", sending.disabled);
}

/// For how long something has been waiting; 0 where nothing is.
fn waits_s(stored: &Stored, since: Option<crate::clock::Instant>) -> f64 {
    since.map_or(0.0, |since| (stored.now.utc() - since.utc()).as_seconds_f64())
}

fn of_redis(registry: &mut Registry, service: &Service) {
    let Some(hub) = service.live().bus().hub() else { return };
    gauge(registry, "havre_redis_up", "Whether Redis answered when it was last asked", i64::from(hub.is_there()));
    hub.fallbacks().register(registry);
}

fn of_the_process(registry: &mut Registry, standing: &Standing) {
    let (waiting, searched) = standing.plans;
    gauge(registry, "havre_plans_waiting", "Plans that wait to be searched for", waiting);
    gauge(registry, "havre_plans_searched", "Plans that are being searched for", searched);
    gauge(registry, "havre_streams_open", "Answers that go on: who follows events", standing.streams);
    if let Some(bytes) = resident_bytes() {
        gauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes", bytes);
    }
    let info = prometheus_client::metrics::info::Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("havre_build", "Which program this is", info);
}

/// What this process has in memory, as Linux says it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}
