//! Models: finding the one that a request means, trying it out, listing what can be named.

use axum::Json;
use axum::extract::State;
use axum::http::{Extensions, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::error::{ApiError, blocking};
use super::parameters::{Parameter, Parameters, Upload};
use super::permits::client;
use crate::access::Caller;
use crate::commands;
use crate::draft::{
    self, Bounds, Draft, FindModelError, FoundModel, MAX_PREVIEW_ROWS, Shelves, models_of_folder,
};
use crate::home::ModelStoreError;
use crate::problems::{Problem, chain, excerpt};
use crate::samples;
use crate::secrets::Secrets;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(test)).routes(routes!(list))
}

/// The parameters that a model may be.
const MODEL_PARAMETERS: [&str; 3] = ["model_file", "model", "file"];

/// The model as a request gives it.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// Its JSON, as a file or as a text, with the file's name.
    Json { text: &'a str, file_name: Option<&'a str> },
    /// The name of one that the server has, and the parameter that says it.
    Name { parameter: &'a str, name: &'a str },
}

impl Given<'_> {
    fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Name { name: one, .. }, Self::Name { name: two, .. }) if one == two)
    }
}

/// The model of a request: `model`, `model_file` and `file` are each an upload, JSON text, a path below the
/// models folder or a name; `None`: there is none.
pub(super) fn given(parameters: &Parameters) -> Result<Option<Given<'_>>, ApiError> {
    let mut found: Vec<(&str, Given<'_>)> = Vec::new();
    for Upload { name, file_name, bytes } in parameters.uploads() {
        let text = str::from_utf8(bytes).map_err(|_| {
            ApiError::parameter(name, format!("`{}` is not UTF-8 text", excerpt(name)))
        })?;
        let file_name = Some(file_name.as_str()).filter(|name| !name.is_empty());
        found.push((name, Given::Json { text, file_name }));
    }
    let mut blank = None;
    for Parameter { name, text } in parameters.iter() {
        if !MODEL_PARAMETERS.contains(&name.as_str()) {
            continue;
        }
        match text.trim() {
            "" => blank = Some(name),
            _ if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') => {
                found.push((name, Given::Json { text, file_name: None }));
            }
            named => found.push((name, Given::Name { parameter: name, name: named })),
        }
    }
    let Some((name, first)) = found.first().copied() else {
        return match blank {
            Some(name) => Err(ApiError::parameter(
                name,
                format!("`{name}` is empty, expected a model's name or JSON, or nothing at all"),
            )),
            None => Ok(None),
        };
    };
    match found[1..].iter().find(|(_, other)| !first.is_same(other)) {
        Some((other, _)) => {
            let message = format!("two models are given, as `{name}` and as `{other}`; send one");
            Err(ApiError::parameter(other, message))
        }
        None => Ok(Some(first)),
    }
}

/// The model of a request, found where it is named. Where nothing is given, it is the default model.
pub(super) fn find_model(
    parameters: &Parameters,
    state: &AppState,
    caller: &Caller,
) -> Result<FoundModel, ApiError> {
    match given(parameters)? {
        Some(Given::Json { text, file_name }) => {
            let label = file_name.unwrap_or("upload").to_owned();
            let secrets = Secrets::new();
            Ok(FoundModel { text: text.to_owned(), label, folder: None, secrets })
        }
        Some(Given::Name { parameter, name }) => find_named(parameter, name, state, caller),
        None if parameters.has_empty_form() => {
            let message = "the form is empty; send a model as `model_file`, or no body at all";
            Err(ApiError::parameter("model_file", message))
        }
        None => find_named("model", samples::DEFAULT, state, caller),
    }
}

fn find_named(
    parameter: &str,
    name: &str,
    state: &AppState,
    caller: &Caller,
) -> Result<FoundModel, ApiError> {
    let stored = match state.tracker.models().usable(caller, name) {
        Ok(model) => Some((model.json, model.secrets)),
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

/// The documented form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct TestForm {
    /// The model: an upload, a path below the models folder, or a name
    #[schema(value_type = Option<String>, format = Binary)]
    model: Option<String>,
    /// The same as `model`
    #[schema(value_type = Option<String>, format = Binary)]
    model_file: Option<String>,
    /// The same as `model`
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<String>,
    /// How many rows (one, as an object); with a number the answer is a list
    #[schema(example = 3)]
    rows: Option<u64>,
    /// Seed of all random numbers (drawn)
    #[schema(example = "")]
    seed: Option<u64>,
    /// The point in time that the model takes for now, RFC 3339 (the current time)
    #[schema(example = "")]
    now: Option<String>,
}

/// Show the first rows of a model.
///
/// Without `rows` the answer is one row as a JSON object, with `rows` a list of that many; of fewer, with the
/// header `X-Datagen-Warning`, where more would take more memory than a preview may have.
#[utoipa::path(
    post, path = "/model/test", tag = "model",
    request_body(content = TestForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "the rows"),
        (status = 400, description = "the model or a parameter is wrong"),
        (status = 413, description = "the body is too large"),
        (status = 429, description = "too many previews are being made"),
    )
)]
async fn test(
    State(state): State<AppState>,
    Changer(caller): Changer,
    extensions: Extensions,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let previews = state.previews.clone();
    let (client, most) = (client(&caller, &extensions), state.config.max_preview_bytes);
    let work = move |bounds: &Bounds| {
        let model = find_model(&parameters, &state, &caller)?;
        let count = parameters.number_in("rows", 0..=MAX_PREVIEW_ROWS)?;
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
        let preview = draft::preview(&plan, "json", 0, count.unwrap_or(1), bounds)?;
        let warning = preview.warning().map(|warning| warning.to_string());
        let body = if count.is_some() { listed(preview.text) } else { preview.text };
        let mut answer = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(warning) = warning.and_then(|warning| HeaderValue::try_from(warning).ok()) {
            answer.headers_mut().insert(WARNING, warning);
        }
        Ok(answer)
    };
    previews.run(client, most, work).await
}

/// JSON lines as a JSON list, in place: the rows are JSON already, and reading them would round numbers.
fn listed(mut lines: Vec<u8>) -> Vec<u8> {
    // Texts have no line feeds: JSON escapes them.
    lines.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b',');
    lines.pop();
    lines.insert(0, b'[');
    lines.push(b']');
    lines
}

/// What the user should know of an answer that is a list of rows and nothing else.
const WARNING: HeaderName = HeaderName::from_static("x-datagen-warning");

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
