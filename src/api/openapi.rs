//! The API's documentation: an OpenAPI document and a page to try it, both without the internet.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::AppState;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Datagen",
        description = "Synthetic data at scale: post a model, get rows where they are needed. \
            Every endpoint is also served below `/api/v1`."
    ),
    tags(
        (name = "datagen", description = "Accept commands"),
        (name = "command", description = "Read and steer commands"),
        (name = "model", description = "Try and list models"),
        (name = "metrics", description = "Counters"),
        (name = "health", description = "Whether the server works"),
    )
)]
pub(super) struct Document;

/// The document at the reference's address and a modern one, and Swagger UI.
pub(super) fn routes(document: &OpenApi) -> Router<AppState> {
    // Without a validator: the page must not ask a host of the internet about the document.
    let config = Config::from("/v3/api-docs").validator_url("none").try_it_out_enabled(true);
    let page = SwaggerUi::new("/swagger-ui").url("/v3/api-docs", document.clone()).config(config);
    let copy = document.clone();
    Router::new()
        .merge(page)
        .route("/openapi.json", get(move || async move { axum::Json(copy) }))
        .route("/", get(|| async { Redirect::temporary("/swagger-ui/") }))
}
