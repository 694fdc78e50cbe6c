//! Models: finding the one that a request means, trying it out, listing what can be named.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::datagen::GenerateForm;
use super::error::{ApiError, blocking};
use super::parameters::{Parameter, Parameters};
use crate::access::Caller;
use crate::commands;
use crate::draft::{
    self, Draft, FindModelError, FoundModel, MAX_PREVIEW_ROWS, Shelves, models_of_folder,
};
use crate::home::ModelStoreError;
use crate::problems::{Problem, chain};
use crate::samples;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(test)).routes(routes!(list))
}

fn given(parameters: &Parameters) -> impl Iterator<Item = &Parameter> {
    parameters.iter().filter(|parameter| {
        ["model", "model_file"].contains(&parameter.name.as_str())
            && !parameter.text.trim().is_empty()
    })
}

/// The uploaded model of a request, as a file or as JSON text, with the file's name.
pub(super) fn uploaded(parameters: &Parameters) -> Option<(&str, Option<&str>)> {
    let is_json = |text: &str| text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    given(parameters)
        .find(|parameter| parameter.file_name.is_some() || is_json(&parameter.text))
        .map(|parameter| (parameter.text.as_str(), parameter.file_name.as_deref()))
}

/// The model of a request: `model` and `model_file` are each an upload, JSON text, a path below the
/// models folder or a name; an upload wins. Without any it is the default model.
pub(super) fn find_model(
    parameters: &Parameters,
    state: &AppState,
    caller: &Caller,
) -> Result<FoundModel, ApiError> {
    if let Some((text, file_name)) = uploaded(parameters) {
        let label = file_name.unwrap_or("upload").to_owned();
        return Ok(FoundModel { text: text.to_owned(), label, folder: None });
    }
    match given(parameters).next() {
        Some(parameter) => find_named(&parameter.name, parameter.text.trim(), state, caller),
        None => find_named("model", samples::DEFAULT, state, caller),
    }
}

fn find_named(
    parameter: &str,
    name: &str,
    state: &AppState,
    caller: &Caller,
) -> Result<FoundModel, ApiError> {
    let stored = match state.tracker.models().json(caller, name) {
        Ok(text) => Some(text),
        Err(ModelStoreError::Unknown { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let shelves = Shelves { any_file: false, stored, folder: &state.config.models };
    draft::find_model(name, shelves).map_err(|error| {
        let code = match error {
            FindModelError::Unknown { .. } => "unknown_model",
            FindModelError::TooLarge { .. } | FindModelError::Read { .. } => "wrong_parameter",
        };
        let mut problem = Problem::error(code, parameter, chain(&error));
        if let FindModelError::Unknown { closest, .. } = error {
            problem.hint = closest.map(|name| format!("did you mean `{name}`?"));
        }
        ApiError::Parameter(problem)
    })
}

/// Show the first rows of a model.
///
/// Without `rows` the answer is one row as a JSON object, with `rows` a list of that many.
#[utoipa::path(
    post, path = "/model/test", tag = "model",
    request_body(content = GenerateForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "the rows"),
        (status = 400, description = "the model or a parameter is wrong"),
        (status = 413, description = "the body is too large"),
    )
)]
async fn test(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<impl IntoResponse, ApiError> {
    blocking(move || {
        let model = find_model(&parameters, &state, &caller)?;
        let count = parameters.number("rows")?;
        if count.is_some_and(|count| count > MAX_PREVIEW_ROWS) {
            let message = format!("`rows` is above {MAX_PREVIEW_ROWS}, the most that are shown");
            return Err(ApiError::parameter("rows", message));
        }
        let now = match parameters.text("now").map(commands::parse_now) {
            Some(now) => now.map_err(|message| ApiError::parameter("now", message))?,
            None => commands::current_now(),
        };
        let draft = Draft {
            text: &model.text,
            folder: model.folder.as_deref(),
            seed: parameters.number("seed")?.unwrap_or_else(commands::draw_seed),
            now,
            ..Draft::default()
        };
        let compiled = draft.compile(&state.tracker.surroundings());
        let (plan, _) = compiled.only_plan().map_err(ApiError::Problems)?;
        let lines = draft::preview(&plan, "json", 0, count.unwrap_or(1))?;
        let lines = String::from_utf8_lossy(&lines);
        // The rows are JSON already; reading them as numbers would round some.
        let body = match count {
            Some(_) => format!("[{}]", lines.lines().collect::<Vec<_>>().join(",")),
            None => lines.trim_end().to_owned(),
        };
        Ok(([(header::CONTENT_TYPE, "application/json")], body))
    })
    .await
}

/// List the models that can be named.
#[utoipa::path(
    get, path = "/models", tag = "model",
    responses((status = 200, description = "names of stored and shipped models"))
)]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let kept = state.tracker.models().list(&caller)?;
        let mut stored: Vec<String> = kept.into_iter().map(|model| model.name).collect();
        stored.extend(models_of_folder(&state.config.models));
        stored.sort_unstable();
        stored.dedup();
        let shipped: Vec<_> = samples::MODELS.iter().map(|(name, _)| *name).collect();
        Ok::<_, ApiError>(Json(json!({"stored": stored, "shipped": shipped})))
    })
    .await
}
