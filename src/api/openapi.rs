//! The API's documentation: an OpenAPI document and a page to try it, both without the internet.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};
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

/// Says of every operation that it may ask for a login, and what it answers then.
pub(super) fn tell_login(document: &mut OpenApi) {
    for operation in operations(document) {
        operation.security = Some(vec![
            SecurityRequirement::default(),
            SecurityRequirement::new::<_, [&str; 0], &str>("password", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
        ]);
        refusal(operation, "401", "who asks has to log in, or did so wrongly");
        refusal(operation, "403", "who asks may not do this");
        refusal(operation, "429", "too much at once, or too many failed logins");
    }
}

/// Says how one logs in, and what limits every operation answers by.
pub(super) fn tell_limits(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let password = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("A user's name and password. Asked for once there are users."));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `datagen user token`. Asked for once there are users."));
    components.add_security_scheme("password", SecurityScheme::Http(password.build()));
    components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    for operation in operations(document) {
        refusal(operation, "405", "the endpoint has no such method");
        refusal(operation, "408", "the request took too long");
        refusal(operation, "431", "the head of the request is too large");
        refusal(operation, "500", "the server failed; its log says more");
        shape_refusals(operation);
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        let PathItem { get, put, post, delete, .. } = item;
        [get, put, post, delete].into_iter().flatten()
    })
}

/// Adds a refusal, unless the operation describes its own.
fn refusal(operation: &mut Operation, status: &str, description: &str) {
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_owned())
        .or_insert_with(|| ResponseBuilder::new().description(description).build().into());
}

/// Says of every refusal that does not tell its body that it has the common one.
fn shape_refusals(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) && response.content.is_empty() {
            let schema = Some(Ref::from_schema_name("Refused"));
            let content = ContentBuilder::new().schema(schema).build();
            response.content.insert("application/json".to_owned(), content.into());
        }
    }
}

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
