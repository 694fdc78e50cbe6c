//! `POST /command/…`: reading and steering commands.

use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::access::Changer;
use super::answers::{CommandDetails, CommandStatus, StatusName};
use super::error::{ApiError, blocking};
use super::parameters::Parameters;
use crate::access::Caller;
use crate::commands::{
    Command, CommandError, Filter, Progress, Schedule, Status, Tracker, format_duration, format_now,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_command_status))
        .routes(routes!(get))
        .routes(routes!(get_all))
        .routes(routes!(get_by_status))
        .routes(routes!(get_all_scheduled))
        .routes(routes!(remove_scheduled))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// Which command.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
#[allow(non_snake_case, reason = "the documented key")]
pub(super) struct Which {
    /// The key that the accepting answer gave
    #[param(format = Uuid)]
    commandUuid: String,
}

/// Which commands of a list.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
struct Page {
    /// At most so many (1,000)
    limit: Option<u64>,
    /// Leave out so many first (0)
    offset: Option<u64>,
    /// Only commands accepted then or later, RFC 3339
    #[param(format = DateTime)]
    since: Option<String>,
}

/// Commands of a list when a request names no limit, and the most that one may name.
const MAX_LISTED: u64 = 10_000;
const DEFAULT_LISTED: u64 = 1_000;

pub(super) fn command_id(parameters: &Parameters) -> Result<Uuid, ApiError> {
    let Some(text) = parameters.text("commandUuid") else {
        let message = "`commandUuid` is missing, expected the UUID of a command";
        return Err(ApiError::parameter("commandUuid", message));
    };
    Uuid::parse_str(text).map_err(|_| {
        let text = crate::problems::excerpt(text);
        let message =
            format!("`{text}` is no UUID, expected the key that the accepting answer gave");
        ApiError::parameter("commandUuid", message)
    })
}

/// The command `id`, where it exists for `caller`.
pub(super) fn find(
    tracker: &Tracker,
    caller: &Caller,
    id: Uuid,
) -> Result<(Command, Progress), ApiError> {
    let command = tracker.get(id)?.filter(|command| caller.may_see(&command.owner));
    command.zip(tracker.progress(id)?).ok_or_else(|| CommandError::Unknown { id }.into())
}

/// The documented five keys, all texts, then what there is beside them.
pub(super) fn status_json(command: &Command, progress: &Progress) -> Value {
    json!({
        "commandUuid": command.id,
        "status": progress.status,
        "comment": progress.comment,
        "progress": format!("{:.1}", progress.percent),
        "duration": format_duration(progress.duration),
        "commandComment": progress.comment,
        "durationSeconds": progress.duration.as_secs_f64(),
        "progressPercent": progress.percent,
        "rows": progress.committed_rows,
        "generatedRows": progress.generated_rows,
        "totalRows": progress.total_rows,
        "batches": progress.committed_batches,
        "rowsPerSecond": progress.rows_per_second.round(),
        "remainingSeconds": progress.remaining.map(|time| time.as_secs_f64()),
        "connectors": connectors_json(progress),
        "scheduled": command.schedule.is_some(),
        "nextRun": command.next_run,
        "runs": command.runs,
        "failedRows": failed_rows_json(command),
    })
}

/// Per field of user code that says `on_error: null`, the rows that are null for it.
fn failed_rows_json(command: &Command) -> Value {
    let fields = command.failures.iter().map(|(field, failed)| {
        json!({
            "field": field,
            "rows": failed.rows,
            "firstRow": failed.first_row,
            "message": failed.message,
        })
    });
    Value::Array(fields.collect())
}

fn connectors_json(progress: &Progress) -> Value {
    let totals = progress.connectors.iter().map(|total| {
        json!({
            "connector": total.connector,
            "destination": total.destination,
            "rows": total.rows,
            "bytes": total.bytes,
            "files": total.files,
        })
    });
    Value::Array(totals.collect())
}

/// How far is a command?
#[utoipa::path(
    post, path = "/command/getCommandStatus", tag = "command", params(Which),
    responses(
        (status = 200, description = "five texts first: commandUuid, status, comment, progress, duration", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
    )
)]
async fn get_command_status(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let (command, progress) = find(&state.tracker, &caller, command_id(&parameters)?)?;
        Ok::<_, ApiError>(Json(status_json(&command, &progress)))
    })
    .await
}

/// Everything about a command.
#[utoipa::path(
    post, path = "/command/get", tag = "command", params(Which),
    responses(
        (status = 200, description = "configuration, progress, transitions, files", body = CommandDetails),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
    )
)]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let tracker = &state.tracker;
        let id = command_id(&parameters)?;
        let (command, progress) = find(tracker, &caller, id)?;
        let mut answer = status_json(&command, &progress);
        let delay = match &command.schedule {
            Some(Schedule::Delay { seconds }) => json!(seconds),
            _ => Value::Null,
        };
        let cron = match &command.schedule {
            Some(Schedule::Cron { expression }) => json!(expression),
            _ => Value::Null,
        };
        let transitions = tracker.transitions(id)?.into_iter().map(|transition| {
            json!({"status": transition.status, "time": transition.time, "comment": transition.comment})
        });
        let transitions: Vec<Value> = transitions.collect();
        let files = tracker.files(id, DEFAULT_LISTED, 0)?.into_iter().map(|file| {
            json!({"connector": file.connector, "batch": file.batch, "path": file.path,
                "bytes": file.bytes, "crc32": file.crc32})
        });
        let files: Vec<Value> = files.collect();
        let user_code = tracker.user_code(id)?.into_iter().map(|code| {
            json!({"kind": code.kind, "file": code.file, "sha256": code.sha256})
        });
        let user_code: Vec<Value> = user_code.collect();
        let details = json!({
            "commandError": progress.comment,
            "modelId": command.model_name,
            "modelFilePath": command.model_label,
            "owner": if command.owner.is_empty() { "anonymous" } else { &command.owner },
            "numberOfThreads": command.threads,
            "numberOfBatches": command.batches,
            "rowsPerBatch": command.rows,
            "seed": command.seed,
            "now": format_now(command.now),
            "delayBetweenExecutions": delay.as_u64().map(|seconds| seconds.saturating_mul(1_000)),
            "delayBetweenExecutionsSeconds": delay,
            "cron": cron,
            "paused": command.paused,
            "connectorsList": command.connectors,
            "properties": masked(&command.overrides),
            "durationMilliSeconds": progress.duration.as_millis() as u64,
            "acceptedTimestamp": command.accepted.timestamp_millis(),
            "lastStartedTimestamp": command.started.map(|time| time.timestamp_millis()),
            "lastFinishedTimestamp": command.finished.map(|time| time.timestamp_millis()),
            "firstBatch": command.first_batch,
            "warnings": tracker.warnings(id)?,
            "userCode": user_code,
            "transitions": transitions,
            "files": files,
        });
        if let (Value::Object(answer), Value::Object(details)) = (&mut answer, details) {
            answer.extend(details);
        }
        Ok::<_, ApiError>(Json(answer))
    })
    .await
}

/// Settings of a call, those that are secrets without their values.
fn masked(overrides: &[(String, String)]) -> Value {
    const SECRETS: &[&str] = &["PASSWORD", "SECRET", "TOKEN", "ACCESS_KEY", "CREDENTIAL"];
    let entries = overrides.iter().map(|(key, value)| {
        let secret = SECRETS.iter().any(|word| key.to_ascii_uppercase().contains(word));
        (key.clone(), Value::from(if secret { "***" } else { value.as_str() }))
    });
    Value::Object(entries.collect())
}

/// List commands, the newest first.
#[utoipa::path(
    post, path = "/command/getAll", tag = "command", params(Page),
    responses(
        (status = 200, description = "a list of statuses", body = Vec<CommandStatus>),
        (status = 400, description = "a parameter is wrong"),
    )
)]
async fn get_all(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    listed(state, caller, parameters, |_| Ok(Filter::default())).await
}

/// List the commands that stand somewhere: QUEUED, STARTING, RUNNING, FINISHED or FAILED.
#[utoipa::path(
    post, path = "/command/getByStatus", tag = "command",
    params(("status" = StatusName, Query, description = "QUEUED, STARTING, RUNNING, FINISHED or FAILED"), Page),
    responses(
        (status = 200, description = "a list of statuses", body = Vec<CommandStatus>),
        (status = 400, description = "a parameter is wrong"),
    )
)]
async fn get_by_status(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    listed(state, caller, parameters, |parameters| {
        let wanted = parameters.text("status").unwrap_or_default();
        let status: Status = wanted.parse().map_err(|error: crate::commands::UnknownStatus| {
            ApiError::parameter("status", error.to_string())
        })?;
        Ok(Filter { status: Some(status), ..Filter::default() })
    })
    .await
}

/// List the commands with a schedule.
#[utoipa::path(
    post, path = "/command/getAllScheduled", tag = "command", params(Page),
    responses(
        (status = 200, description = "a list of statuses", body = Vec<CommandStatus>),
        (status = 400, description = "a parameter is wrong"),
    )
)]
async fn get_all_scheduled(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    listed(state, caller, parameters, |_| Ok(Filter { scheduled: Some(true), ..Filter::default() }))
        .await
}

async fn listed(
    state: AppState,
    caller: Caller,
    parameters: Parameters,
    filter: impl FnOnce(&Parameters) -> Result<Filter, ApiError> + Send + 'static,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let mut filter = filter(&parameters)?;
        let limit = parameters.number("limit")?.unwrap_or(DEFAULT_LISTED);
        filter.limit = Some(limit.min(MAX_LISTED));
        filter.owner = caller.only_owner().map(str::to_owned);
        filter.offset = parameters.number("offset")?.unwrap_or(0);
        if let Some(since) = parameters.text("since") {
            let since = DateTime::parse_from_rfc3339(since).map_err(|_| {
                let since = crate::problems::excerpt(since);
                let message = format!("`{since}` is no point in time, expected RFC 3339");
                ApiError::parameter("since", message)
            })?;
            filter.since = Some(since.to_utc());
        }
        let mut answers = Vec::new();
        for command in state.tracker.list(&filter)? {
            if let Some(progress) = state.tracker.progress(command.id)? {
                answers.push(status_json(&command, &progress));
            }
        }
        Ok::<_, ApiError>(Json(Value::Array(answers)))
    })
    .await
}

/// End a schedule.
#[utoipa::path(
    post, path = "/command/removeScheduled", tag = "command", params(Which),
    responses(
        (status = 200, description = "its status", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 409, description = "it has no schedule"),
    )
)]
async fn remove_scheduled(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    steered(state, caller, parameters, Tracker::remove_scheduled).await
}

/// Stop a command: it ends FAILED with the comment `cancelled`; what was committed stays.
#[utoipa::path(
    post, path = "/command/cancel", tag = "command", params(Which),
    responses(
        (status = 200, description = "its status", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 409, description = "it is over already"),
    )
)]
async fn cancel(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    steered(state, caller, parameters, Tracker::cancel).await
}

/// Take up a failed command at the first batch that is not committed.
#[utoipa::path(
    post, path = "/command/retry", tag = "command", params(Which),
    responses(
        (status = 200, description = "its status", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 409, description = "it has not failed"),
        (status = 429, description = "too many commands wait"),
    )
)]
async fn retry(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    steered(state, caller, parameters, Tracker::retry).await
}

/// Hold a schedule.
#[utoipa::path(
    post, path = "/command/pause", tag = "command", params(Which),
    responses(
        (status = 200, description = "its status", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 409, description = "it has no schedule"),
    )
)]
async fn pause(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    steered(state, caller, parameters, Tracker::pause).await
}

/// Let a held schedule go on.
#[utoipa::path(
    post, path = "/command/resume", tag = "command", params(Which),
    responses(
        (status = 200, description = "its status", body = CommandStatus),
        (status = 400, description = "no UUID"),
        (status = 404, description = "no such command"),
        (status = 409, description = "it has no schedule"),
    )
)]
async fn resume(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    steered(state, caller, parameters, Tracker::resume_schedule).await
}

async fn steered(
    state: AppState,
    caller: Caller,
    parameters: Parameters,
    steer: impl FnOnce(&Tracker, Uuid) -> Result<(), CommandError> + Send + 'static,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let id = command_id(&parameters)?;
        find(&state.tracker, &caller, id)?;
        steer(&state.tracker, id)?;
        let (command, progress) = find(&state.tracker, &caller, id)?;
        Ok::<_, ApiError>(Json(status_json(&command, &progress)))
    })
    .await
}
