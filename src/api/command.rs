//! `POST /command/…`: reading and steering commands.

use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::access::Changer;
use super::answers::{CommandDetails, CommandStatus, Particulars, StatusName};
use super::error::{ApiError, blocking};
use super::parameters::Parameters;
use crate::access::Caller;
use crate::commands::{Command, CommandError, Filter, Progress, Status, Tracker};

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

/// Which files of a command.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
struct FilePage {
    /// At most so many files (1,000); `filesTotal` of the answer says how many there are
    limit: Option<u64>,
    /// Leave out so many first (0)
    offset: Option<u64>,
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

/// The command `id` and how far it is, where it exists for `caller`.
pub(super) fn find(
    tracker: &Tracker,
    caller: &Caller,
    id: Uuid,
) -> Result<(Command, Progress), ApiError> {
    let found = tracker.look(id)?.filter(|(command, _)| caller.may_see(&command.owner));
    found.ok_or_else(|| CommandError::Unknown { id }.into())
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
) -> Result<Json<CommandStatus>, ApiError> {
    blocking(move || {
        let (command, progress) = find(&state.tracker, &caller, command_id(&parameters)?)?;
        Ok::<_, ApiError>(Json(CommandStatus::new(&command, progress)))
    })
    .await
}

/// Everything about a command.
#[utoipa::path(
    post, path = "/command/get", tag = "command", params(Which, FilePage),
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
) -> Result<Json<CommandDetails>, ApiError> {
    blocking(move || {
        let tracker = &state.tracker;
        let id = command_id(&parameters)?;
        let (command, progress) = find(tracker, &caller, id)?;
        let limit = parameters.number("limit")?.unwrap_or(DEFAULT_LISTED).min(MAX_LISTED);
        let offset = parameters.number("offset")?.unwrap_or(0);
        let more = Particulars {
            transitions: tracker.transitions(id)?,
            files: tracker.files(id, limit, offset)?,
            user_code: tracker.user_code(id)?,
            warnings: tracker.warnings(id)?,
        };
        Ok::<_, ApiError>(Json(CommandDetails::new(command, progress, more)))
    })
    .await
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
) -> Result<Json<Vec<CommandStatus>>, ApiError> {
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
) -> Result<Json<Vec<CommandStatus>>, ApiError> {
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
) -> Result<Json<Vec<CommandStatus>>, ApiError> {
    listed(state, caller, parameters, |_| Ok(Filter { scheduled: Some(true), ..Filter::default() }))
        .await
}

async fn listed(
    state: AppState,
    caller: Caller,
    parameters: Parameters,
    filter: impl FnOnce(&Parameters) -> Result<Filter, ApiError> + Send + 'static,
) -> Result<Json<Vec<CommandStatus>>, ApiError> {
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
        let commands = state.tracker.list(&filter)?.into_iter();
        let statuses = commands.map(|(command, progress)| CommandStatus::new(&command, progress));
        Ok::<_, ApiError>(Json(statuses.collect()))
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
) -> Result<Json<CommandStatus>, ApiError> {
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
) -> Result<Json<CommandStatus>, ApiError> {
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
) -> Result<Json<CommandStatus>, ApiError> {
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
) -> Result<Json<CommandStatus>, ApiError> {
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
) -> Result<Json<CommandStatus>, ApiError> {
    steered(state, caller, parameters, Tracker::resume_schedule).await
}

async fn steered(
    state: AppState,
    caller: Caller,
    parameters: Parameters,
    steer: impl FnOnce(&Tracker, Uuid) -> Result<(), CommandError> + Send + 'static,
) -> Result<Json<CommandStatus>, ApiError> {
    blocking(move || {
        let id = command_id(&parameters)?;
        find(&state.tracker, &caller, id)?;
        steer(&state.tracker, id)?;
        let (command, progress) = find(&state.tracker, &caller, id)?;
        Ok::<_, ApiError>(Json(CommandStatus::new(&command, progress)))
    })
    .await
}
