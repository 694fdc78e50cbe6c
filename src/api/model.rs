//! Models: finding the one that a request means, trying it out, listing what can be named.

use std::fs;
use std::path::{Path, PathBuf};

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
use crate::commands::{self, MAX_PREVIEW_ROWS, ModelStoreError};
use crate::model::{self, MAX_MODEL_BYTES};
use crate::plan::{self, Environment};
use crate::problems::{Problem, Problems, did_you_mean, excerpt};
use crate::roots::ReadRoots;
use crate::samples;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(test)).routes(routes!(list))
}

/// A model's JSON and where it came from.
#[derive(Debug)]
pub(super) struct ModelText {
    pub(super) text: String,
    /// What the user called it.
    pub(super) label: String,
    /// Its folder, where it stands in one.
    pub(super) folder: Option<PathBuf>,
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
) -> Result<ModelText, ApiError> {
    if let Some((text, file_name)) = uploaded(parameters) {
        let label = file_name.unwrap_or("upload").to_owned();
        return Ok(ModelText { text: text.to_owned(), label, folder: None });
    }
    match given(parameters).next() {
        Some(parameter) => find_named(&parameter.name, parameter.text.trim(), state, caller),
        None => find_named("model", samples::DEFAULT, state, caller),
    }
}

/// A model of the models folder, a stored one, or a shipped one.
fn find_named(
    parameter: &str,
    name: &str,
    state: &AppState,
    caller: &Caller,
) -> Result<ModelText, ApiError> {
    let roots = ReadRoots::new(None, std::slice::from_ref(&state.config.models));
    let found = roots
        .find(Path::new(name))
        .or_else(|reason| roots.find(Path::new(&format!("{name}.json"))).map_err(|_| reason));
    match found {
        Ok(path) => {
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            if size > MAX_MODEL_BYTES as u64 {
                let message = format!("`{}` is larger than {MAX_MODEL_BYTES} bytes", excerpt(name));
                return Err(ApiError::parameter(parameter, message));
            }
            let text = fs::read_to_string(&path).map_err(|error| {
                ApiError::parameter(
                    parameter,
                    format!("`{}` cannot be read: {error}", excerpt(name)),
                )
            })?;
            let folder = path.parent().map(Path::to_owned);
            Ok(ModelText { text, label: name.to_owned(), folder })
        }
        Err(reason) => {
            let stored = match state.tracker.models().json(caller, name) {
                Ok(text) => Some(text),
                Err(ModelStoreError::Unknown { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let Some(text) = stored.or_else(|| samples::find(name).map(str::to_owned)) else {
                return Err(unknown_model(parameter, name, &reason));
            };
            Ok(ModelText { text, label: name.to_owned(), folder: None })
        }
    }
}

fn unknown_model(parameter: &str, name: &str, reason: &str) -> ApiError {
    let message = format!("there is no model `{}`: {reason}", excerpt(name));
    let mut problem = Problem::error("unknown_model", parameter, message);
    let known = samples::MODELS.iter().map(|(name, _)| *name);
    problem.hint = did_you_mean(name, known).map(|name| format!("did you mean `{name}`?"));
    ApiError::Parameter(problem)
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
        let files = ReadRoots::new(model.folder.as_deref(), &state.config.read_roots);
        let environment = Environment {
            seed: parameters.number("seed")?.unwrap_or_else(commands::draw_seed),
            now,
            rows: count.or(Some(1)),
            files: &files,
            extensions: &state.tracker.extensions(),
            may_lower: true,
        };
        let mut problems = Problems::default();
        let plan = model::parse(&model.text, &mut problems)
            .and_then(|model| plan::compile(&model, &environment, &mut problems));
        let Some(plan) = plan.filter(|_| !problems.has_errors()) else {
            return Err(ApiError::Problems(problems));
        };
        let lines = commands::preview(&plan, "json", 0, count.unwrap_or(1))?;
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
        // A folder that is not there holds no models.
        for entry in fs::read_dir(&state.config.models).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".json") {
                stored.push(name.to_owned());
            }
        }
        stored.sort_unstable();
        stored.dedup();
        let shipped: Vec<_> = samples::MODELS.iter().map(|(name, _)| *name).collect();
        Ok::<_, ApiError>(Json(json!({"stored": stored, "shipped": shipped})))
    })
    .await
}
