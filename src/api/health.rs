//! `GET /health/…`: whether the server lives and works.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::answers::Healthy;
use super::error::{ApiError, blocking};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(live)).routes(routes!(ready))
}

/// Whether the server answers.
#[utoipa::path(
    get, path = "/health/status", tag = "health",
    responses((status = 200, description = "it does", body = Healthy))
)]
async fn status() -> Json<Value> {
    Json(json!({"status": "OK"}))
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, description = "it does", body = Healthy)))]
async fn live() -> Json<Value> {
    Json(json!({"status": "OK"}))
}

/// Whether commands can be accepted: the home is there and takes what is written.
#[utoipa::path(
    get, path = "/health/ready", tag = "health",
    responses(
        (status = 200, description = "they can", body = Healthy),
        (status = 500, description = "the command store does not answer"),
        (status = 503, description = "another program holds the command store, or the home is gone"),
        (status = 507, description = "the disk of the home is full"),
    )
)]
async fn ready(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    blocking(move || state.tracker.ready()).await?;
    Ok(Json(json!({"status": "OK"})))
}
