//! `POST /datagen/{connector}`: accepts a command.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use utoipa::{OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::error::{ApiError, blocking};
use super::model::find_model;
use super::parameters::Parameters;
use crate::access::Caller;
use crate::commands::{Schedule, Submission, SubmitError, parse_now};
use crate::draft::FoundModel;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Schemas::openapi())
        .routes(routes!(generate))
        .routes(routes!(generate_multiple))
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(GenerateForm, MultipleForm, Accepted, Refused)))]
struct Schemas;

/// Rows of a batch, and number of batches, when a request names none.
const DEFAULT_COUNT: u64 = 20;

/// Parameters that are not settings of connectors.
const OWN_PARAMETERS: &[&str] = &[
    "rows",
    "batches",
    "threads",
    "model",
    "model_file",
    "scheduled",
    "delay_between_executions_seconds",
    "cron",
    "connectors",
    "seed",
    "now",
];

/// The documented form. Any key of `Table_Names` or `Options` may be given beside these.
///
/// Swagger UI fills its form with the examples: what is best left out is empty there.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
pub(super) struct GenerateForm {
    /// Rows of a batch (20)
    #[schema(example = 1_000)]
    rows: Option<u64>,
    /// Number of batches (20)
    #[schema(example = 1)]
    batches: Option<u64>,
    /// Worker threads (1)
    #[schema(example = "")]
    threads: Option<u64>,
    /// The model: an upload, a path below the models folder, or a name
    #[schema(value_type = Option<String>, format = Binary)]
    model: Option<String>,
    /// The same as `model`
    #[schema(value_type = Option<String>, format = Binary)]
    model_file: Option<String>,
    /// Whether it runs again and again (false)
    #[schema(example = false)]
    scheduled: Option<bool>,
    /// Seconds from the end of a run to the next one (60); given alone it implies `scheduled`
    #[schema(example = "")]
    delay_between_executions_seconds: Option<u64>,
    /// When it runs again, as a cron expression, instead of a delay
    #[schema(example = "")]
    cron: Option<String>,
    /// Seed of all random numbers (drawn)
    #[schema(example = "")]
    seed: Option<u64>,
    /// The point in time that the model takes for now, RFC 3339 (the time of acceptance)
    #[schema(example = "")]
    now: Option<String>,
}

/// The documented form with connectors.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
pub(super) struct MultipleForm {
    /// Names of connectors
    connectors: Vec<String>,
    #[serde(flatten)]
    form: GenerateForm,
}

/// A command was accepted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(as = Accepted)]
#[allow(non_snake_case, reason = "the documented key")]
pub(super) struct Accepted {
    /// The command's key
    #[schema(format = Uuid)]
    commandUuid: String,
    /// Empty
    error: String,
    /// What the user should know, where there is something
    warnings: Option<Vec<Object>>,
}

/// Something was refused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[allow(non_snake_case, reason = "the documented key")]
pub(super) struct Refused {
    /// Empty
    commandUuid: String,
    /// Why, in words
    error: String,
    /// Why, for programs
    code: String,
    /// Everything that is wrong with a model
    problems: Option<Vec<Object>>,
}

/// Any JSON object.
type Object = serde_json::Map<String, Value>;

/// Make rows of a model and write them to a connector.
#[utoipa::path(
    post, path = "/datagen/{connector}", tag = "datagen",
    params(("connector" = String, Path, description = "csv, json, avro, parquet, orc", example = "csv")),
    request_body(content = GenerateForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "accepted", body = Accepted),
        (status = 400, description = "the model or a parameter is wrong", body = Refused),
        (status = 413, description = "the body is too large", body = Refused),
        (status = 429, description = "too many commands wait", body = Refused),
        (status = 501, description = "a connector that does not exist yet", body = Refused),
    )
)]
async fn generate(
    State(state): State<AppState>,
    Changer(caller): Changer,
    Path(connector): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    submit(state, caller, vec![connector], parameters).await
}

/// Make rows of a model once and write them to several connectors.
#[utoipa::path(
    post, path = "/datagen/multipleconnectors", tag = "datagen",
    request_body(content = MultipleForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "accepted", body = Accepted),
        (status = 400, description = "the model or a parameter is wrong", body = Refused),
        (status = 413, description = "the body is too large", body = Refused),
        (status = 429, description = "too many commands wait", body = Refused),
        (status = 501, description = "a connector that does not exist yet", body = Refused),
    )
)]
async fn generate_multiple(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    let connectors = parameters.texts("connectors");
    submit(state, caller, connectors, parameters).await
}

async fn submit(
    state: AppState,
    caller: Caller,
    connectors: Vec<String>,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let model = find_model(&parameters, &state, &caller)?;
        let mut submission = submission(connectors, model, &parameters)?;
        caller.name().clone_into(&mut submission.owner);
        let id = state.tracker.submit(submission)?;
        let mut answer = json!({"commandUuid": id, "error": ""});
        let warnings = state.tracker.warnings(id)?;
        if !warnings.is_empty() {
            answer["warnings"] = Value::Array(warnings);
        }
        Ok::<_, ApiError>(Json(answer))
    })
    .await
}

fn submission(
    connectors: Vec<String>,
    model: FoundModel,
    parameters: &Parameters,
) -> Result<Submission, ApiError> {
    let now = parameters.text("now").map(parse_now).transpose();
    let overrides = parameters
        .iter()
        .filter(|parameter| !OWN_PARAMETERS.contains(&parameter.name.as_str()))
        .map(|parameter| (parameter.name.clone(), parameter.text.clone()))
        .collect();
    Ok(Submission {
        model_folder: model.folder,
        model_label: model.label,
        rows: parameters.number("rows")?.unwrap_or(DEFAULT_COUNT),
        batches: parameters.number("batches")?.unwrap_or(DEFAULT_COUNT),
        threads: parameters.number("threads")?.unwrap_or(1),
        seed: parameters.number("seed")?,
        now: now.map_err(|message| ApiError::parameter("now", message))?,
        overrides,
        schedule: schedule(parameters)?,
        ..Submission::new(model.text, connectors)
    })
}

fn schedule(parameters: &Parameters) -> Result<Option<Schedule>, ApiError> {
    let scheduled = parameters.boolean("scheduled")?;
    let delay = parameters.number("delay_between_executions_seconds")?;
    let schedule = Schedule::from_parameters(scheduled, delay, parameters.text("cron"));
    schedule.map_err(|error| SubmitError::from(error).into())
}
