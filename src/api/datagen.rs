//! `POST /datagen/{connector}`: accepts a command.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http;
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::answers::{Accepted, CheckedConnector, CheckedOnly, Submitted};
use super::error::{ApiError, blocking};
use super::forms::Form;
use super::model::{Given, find_model, given};
use super::parameters::{CONNECTORS, Parameters};
use super::permits::client;
use crate::access::Caller;
use crate::commands::{Checked, Order, Schedule, Submission, SubmitError, parse_now};
use crate::config::Config;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Schemas::openapi())
        .routes(routes!(generate))
        .routes(routes!(generate_multiple))
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(GenerateForm, MultipleForm, Accepted, CheckedOnly, Refused)))]
struct Schemas;

/// Rows of a batch, and number of batches, when a request names none.
const DEFAULT_COUNT: u64 = 20;

/// The documented form: what it names is a parameter, every other key is one of `Table_Names` or `Options`.
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
    /// The same as `model`
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<String>,
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
    /// Whether the request is only checked: its connectors are looked at, nothing is made (false)
    #[schema(example = false)]
    check: Option<bool>,
    /// Any key of `Table_Names` or `Options`, such as `LOCAL_FILE_PATH`
    #[serde(flatten)]
    #[schema(example = json!({}))]
    settings: BTreeMap<String, String>,
}

/// The documented form with connectors: one object, for as a sum of two the settings of the one, which
/// are texts, would forbid the list of the other.
pub(super) struct MultipleForm;

impl PartialSchema for MultipleForm {
    fn schema() -> RefOr<Schema> {
        let mut schema = GenerateForm::schema();
        if let RefOr::T(Schema::Object(form)) = &mut schema {
            let names = ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("Names of connectors"));
            form.properties.insert(CONNECTORS.to_owned(), ArrayBuilder::new().items(names).into());
            form.required.push(CONNECTORS.to_owned());
        }
        schema
    }
}

impl ToSchema for MultipleForm {}

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
    params(("connector" = String, Path, description = "A name that `GET /connectors` lists", example = "csv")),
    request_body(content = GenerateForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "accepted; with `check` what was found", body = Submitted),
        (status = 400, description = "the model or a parameter is wrong; with `check`, a connector is not ready", body = Refused),
        (status = 413, description = "the body is too large", body = Refused),
        (status = 429, description = "too many commands wait", body = Refused),
        (status = 501, description = "a connector that does not exist yet", body = Refused),
    )
)]
async fn generate(
    State(state): State<AppState>,
    Changer(caller): Changer,
    Path(connector): Path<String>,
    extensions: http::Extensions,
    parameters: Parameters,
) -> Result<Json<Submitted>, ApiError> {
    let named = parameters.list(CONNECTORS);
    if named.iter().any(|name| !name.eq_ignore_ascii_case(&connector)) {
        let message = format!(
            "`/datagen/{connector}` writes to `{connector}` only; `/datagen/multipleconnectors` takes `connectors`"
        );
        return Err(ApiError::parameter(CONNECTORS, message));
    }
    let client = client(&caller, &extensions);
    answer(state, (caller, client), vec![connector], parameters).await
}

/// Make rows of a model once and write them to several connectors.
#[utoipa::path(
    post, path = "/datagen/multipleconnectors", tag = "datagen",
    request_body(content = MultipleForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "accepted; with `check` what was found", body = Submitted),
        (status = 400, description = "the model or a parameter is wrong; with `check`, a connector is not ready", body = Refused),
        (status = 413, description = "the body is too large", body = Refused),
        (status = 429, description = "too many commands wait", body = Refused),
        (status = 501, description = "a connector that does not exist yet", body = Refused),
    )
)]
async fn generate_multiple(
    State(state): State<AppState>,
    Changer(caller): Changer,
    extensions: http::Extensions,
    parameters: Parameters,
) -> Result<Json<Submitted>, ApiError> {
    let connectors = parameters.list(CONNECTORS);
    let client = client(&caller, &extensions);
    answer(state, (caller, client), connectors, parameters).await
}

/// Accepts a command, or checks what would become one.
async fn answer(
    state: AppState,
    (caller, client): (Caller, String),
    connectors: Vec<String>,
    parameters: Parameters,
) -> Result<Json<Submitted>, ApiError> {
    if parameters.boolean("check")?.unwrap_or(false) {
        // Somebody waits while places are asked: as many at a time as there may be previews.
        let (previews, most) = (state.previews.clone(), state.config.max_preview_bytes);
        let work =
            move |_: &_| check(&state, submission(&state, &caller, connectors, &parameters)?);
        return previews.run(client, most, work).await;
    }
    blocking(move || {
        let submission = submission(&state, &caller, connectors, &parameters)?;
        let command_uuid = state.tracker.submit(submission)?;
        let warnings = state.tracker.warnings(command_uuid)?;
        let accepted = Accepted { command_uuid, error: String::new(), warnings };
        Ok::<_, ApiError>(Json(Submitted::Accepted(accepted)))
    })
    .await
}

fn submission(
    state: &AppState,
    caller: &Caller,
    connectors: Vec<String>,
    parameters: &Parameters,
) -> Result<Submission, ApiError> {
    let model = find_model(parameters, state, caller)?;
    let (most_threads, now) = (state.config.max_threads, state.tracker.now());
    Ok(Submission {
        model: model.text,
        model_folder: model.folder,
        model_label: model.label,
        order: order(connectors, parameters, most_threads, now)?,
        owner: caller.name().to_owned(),
        secrets: model.secrets,
    })
}

fn check(state: &AppState, submission: Submission) -> Result<Json<Submitted>, ApiError> {
    let Checked { connectors, not_ready, warnings } = state.tracker.check(submission)?;
    if !not_ready.is_empty() {
        let mut problems = warnings;
        for not_ready in not_ready {
            problems.push(not_ready.problem());
        }
        return Err(ApiError::NotReady(problems));
    }
    let connectors = connectors
        .into_iter()
        .map(|(connector, destination)| CheckedConnector { connector, destination })
        .collect();
    Ok(Json(Submitted::Checked(CheckedOnly {
        command_uuid: String::new(),
        error: String::new(),
        connectors,
        warnings: warnings.iter().map(|warning| json!(warning)).collect(),
    })))
}

/// What the parameters ask for, at `now` where they name no time.
fn order(
    connectors: Vec<String>,
    parameters: &Parameters,
    most_threads: usize,
    now: i64,
) -> Result<Order, ApiError> {
    let named = parameters.text("now").map(parse_now).transpose();
    let named = named.map_err(|message| ApiError::parameter("now", message))?;
    let order = Order::new(connectors, named.unwrap_or(now));
    Ok(Order {
        batch_rows: parameters.number("rows")?.unwrap_or(DEFAULT_COUNT),
        batches: parameters.number("batches")?.unwrap_or(DEFAULT_COUNT),
        threads: parameters.number_in("threads", 1..=most_threads as u64)?.unwrap_or(order.threads),
        seed: parameters.number("seed")?.unwrap_or(order.seed),
        overrides: parameters
            .settings()
            .map(|parameter| (parameter.name.clone(), parameter.text.clone()))
            .collect(),
        schedule: schedule(parameters)?,
        ..order
    })
}

fn schedule(parameters: &Parameters) -> Result<Option<Schedule>, ApiError> {
    let scheduled = parameters.boolean("scheduled")?;
    let delay = parameters.number("delay_between_executions_seconds")?;
    let schedule = Schedule::from_parameters(scheduled, delay, parameters.text("cron"));
    schedule.map_err(|error| SubmitError::from(error).into())
}

/// What a request to make CSV asks for, read as the server does it at `now`: the order, and the model where
/// its text came along. Nothing is run, and no server is needed: this is the door of the fuzz target
/// `parameters`.
///
/// # Errors
///
/// Why the server refuses it, in words.
pub fn read_request(
    query: &[u8],
    content_type: &str,
    body: &[u8],
    now: i64,
) -> Result<(Order, Option<String>), String> {
    let form = Arc::new(Form::of_schema(&GenerateForm::schema()));
    let body = Bytes::copy_from_slice(body);
    let read = || {
        let parameters = Parameters::read(form, query, content_type, &body)?;
        let model = match given(&parameters)? {
            Some(Given::Json { text, .. }) => Some(text.to_owned()),
            Some(Given::Name { .. }) | None => None,
        };
        let most_threads = Config::default().max_threads;
        Ok((order(vec!["csv".to_owned()], &parameters, most_threads, now)?, model))
    };
    read().map_err(|error: ApiError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 9, attacks E
    #[test]
    fn a_request_is_read_without_a_server() {
        let read = |query: &str, kind, body: &str| {
            read_request(query.as_bytes(), kind, body.as_bytes(), 7)
        };
        let json = r#"{"model": {"Fields": []}, "rows": 3, "options": {"CSV_HEADER": false}}"#;
        let (order, model) = read("seed=5", "application/json", json).unwrap();
        assert_eq!((order.batch_rows, order.seed, order.now), (3, 5, 7));
        assert_eq!(order.overrides, [("CSV_HEADER".to_owned(), "false".to_owned())]);
        assert_eq!(model.as_deref(), Some(r#"{"Fields": []}"#));
        let encoded = "application/x-www-form-urlencoded";
        let (other, none) = read("", encoded, "rows=3&seed=5&CSV_HEADER=false").unwrap();
        assert_eq!((other, none), (order, None));
        let refused = read("rows=%1b", "", "").unwrap_err();
        assert!(refused.contains(r"`rows` is `\u{1b}`, expected a whole number"), "{refused}");
    }

    /// What the document lists is read as a parameter, not as a setting of a connector.
    #[test]
    fn the_documented_form_is_the_list_of_parameters() {
        let form = Form::of_schema(&GenerateForm::schema());
        assert!(form.takes_settings() && form.takes_model());
        let names: Vec<_> = form.names().collect();
        assert_eq!(
            names,
            [
                "batches",
                "check",
                "cron",
                "delay_between_executions_seconds",
                "file",
                "model",
                "model_file",
                "now",
                "rows",
                "scheduled",
                "seed",
                "threads"
            ]
        );
    }
}
