//! `GET /metrics/all` as the reference has it, and `GET /metrics` for Prometheus.

use std::fmt::Write as _;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use crate::commands::{ConnectorCounter, Counters};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(all)).routes(routes!(prometheus))
}

/// Counters since the start of the server, under the reference's names.
#[utoipa::path(
    get, path = "/metrics/all", tag = "metrics",
    responses((status = 200, description = "a flat object of whole numbers", body = BTreeMap<String, u64>))
)]
async fn all(State(state): State<AppState>) -> Json<Value> {
    let started = Instant::now();
    let named = state.tracker.counters().reference_names();
    let mut answer: Map<String, Value> =
        named.into_iter().map(|(name, count)| (name, count.into())).collect();
    answer.insert("ANSWER_TIME".to_owned(), (started.elapsed().as_millis() as u64).into());
    Json(Value::Object(answer))
}

/// Counters in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "metrics",
    responses((status = 200, description = "Prometheus text format 0.0.4", content_type = "text/plain", body = String))
)]
async fn prometheus(State(state): State<AppState>) -> impl IntoResponse {
    let text = exposition(&state.tracker.counters());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// A metric per connector: name, kind, explanation, value.
type PerConnector = (&'static str, &'static str, &'static str, fn(&ConnectorCounter) -> f64);

const PER_CONNECTOR: &[PerConnector] = &[
    ("datagen_rows_total", "counter", "Rows acknowledged.", |counter| counter.rows as f64),
    ("datagen_bytes_total", "counter", "Bytes acknowledged.", |counter| counter.bytes as f64),
    ("datagen_files_total", "counter", "Files completed.", |counter| counter.files as f64),
    ("datagen_retries_total", "counter", "Requests that were repeated.", |counter| {
        counter.retries as f64
    }),
    ("datagen_connector_finished_runs_total", "counter", "Runs that were finished.", |counter| {
        counter.finished_runs as f64
    }),
    ("datagen_connector_failed_runs_total", "counter", "Runs that failed.", |counter| {
        counter.failed_runs as f64
    }),
    ("datagen_connector_running_seconds_total", "counter", "Time spent in runs.", |counter| {
        counter.running_time.as_secs_f64()
    }),
    ("datagen_connector_queued_commands", "gauge", "Commands that wait.", |counter| {
        counter.queued_commands as f64
    }),
    ("datagen_connector_running_commands", "gauge", "Commands under way.", |counter| {
        counter.running_commands as f64
    }),
];

fn exposition(counters: &Counters) -> String {
    let mut text = String::new();
    let single = [
        (
            "datagen_accepted_commands_total",
            "counter",
            "Commands accepted.",
            counters.accepted_commands,
        ),
        (
            "datagen_finished_runs_total",
            "counter",
            "Runs that were finished.",
            counters.finished_runs,
        ),
        ("datagen_failed_runs_total", "counter", "Runs that failed.", counters.failed_runs),
        ("datagen_queued_commands", "gauge", "Commands that wait.", counters.queued_commands),
        ("datagen_running_commands", "gauge", "Commands under way.", counters.running_commands),
    ];
    for (name, kind, help, value) in single {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    for (name, kind, help, value) in PER_CONNECTOR {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (connector, counter) in &counters.connectors {
            let _ = writeln!(text, "{name}{{connector=\"{connector}\"}} {}", value(counter));
        }
    }
    text
}
