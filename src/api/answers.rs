//! What answers look like, for the OpenAPI document only: the handlers write them.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// How far a command is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(rename_all = "camelCase")]
pub(super) struct CommandStatus {
    /// The command's key
    #[schema(format = Uuid)]
    command_uuid: String,
    /// Where it stands
    #[schema(value_type = StatusName)]
    status: StatusName,
    /// Why it failed; empty otherwise
    comment: String,
    /// Percent of its rows that are committed, as a text
    #[schema(example = "100.0")]
    progress: String,
    /// How long its run takes or took, as a text
    #[schema(example = "4m 19s 752ms")]
    duration: String,
    /// The same as `comment`
    command_comment: String,
    /// The same as `duration`, as a number
    duration_seconds: f64,
    /// The same as `progress`, as a number
    progress_percent: f64,
    /// Rows that every connector has acknowledged
    rows: u64,
    /// Rows that were made
    generated_rows: u64,
    /// Rows of a run
    total_rows: u64,
    /// Batches that every connector has acknowledged
    batches: u64,
    /// Its speed
    rows_per_second: f64,
    /// How long it probably still takes; `null`: it does not run
    remaining_seconds: Option<f64>,
    /// What each connector has acknowledged over all runs
    connectors: Vec<ConnectorStatus>,
    /// Whether it runs again
    scheduled: bool,
    /// When it runs next
    #[schema(format = DateTime)]
    next_run: Option<String>,
    /// Runs that were finished
    runs: u64,
    /// Rows that are null because user code failed on them, over all runs
    failed_rows: Vec<FieldFailures>,
}

/// Rows of a field that are null because its code failed on them and it says `"on_error": "null"`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(rename_all = "camelCase")]
struct FieldFailures {
    field: String,
    rows: u64,
    /// The first of them
    first_row: u64,
    /// What was wrong with that one
    message: String,
}

/// Where a command stands.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(rename_all = "UPPERCASE")]
pub(super) enum StatusName {
    Queued,
    Starting,
    Running,
    Finished,
    Failed,
}

/// What a connector has acknowledged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct ConnectorStatus {
    connector: String,
    destination: String,
    rows: u64,
    bytes: u64,
    files: u64,
}

/// Everything about a command. Times are milliseconds since 1970.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(rename_all = "camelCase")]
pub(super) struct CommandDetails {
    #[serde(flatten)]
    status: CommandStatus,
    command_error: String,
    model_id: String,
    model_file_path: String,
    /// Who asked for it; `anonymous` where nobody had to log in
    owner: String,
    number_of_threads: u64,
    number_of_batches: u64,
    rows_per_batch: u64,
    seed: u64,
    #[schema(format = DateTime)]
    now: String,
    /// Milliseconds
    delay_between_executions: Option<u64>,
    delay_between_executions_seconds: Option<u64>,
    cron: Option<String>,
    paused: bool,
    connectors_list: Vec<String>,
    /// Settings of the call; `***` stands for secrets
    properties: BTreeMap<String, String>,
    duration_milli_seconds: u64,
    accepted_timestamp: i64,
    last_started_timestamp: Option<i64>,
    last_finished_timestamp: Option<i64>,
    first_batch: u64,
    #[schema(value_type = Vec<Object>)]
    warnings: Vec<Value>,
    /// The scripts and modules that it was accepted with, and runs, whatever happens to the files
    user_code: Vec<UserCode>,
    transitions: Vec<TransitionMade>,
    files: Vec<FileMade>,
}

/// A file of user code.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct UserCode {
    /// `RHAI` or `WASM`
    kind: String,
    /// Its name without folder
    file: String,
    /// Digest of its bytes, hexadecimal
    sha256: String,
}

/// A step of a command's life.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct TransitionMade {
    status: StatusName,
    #[schema(format = DateTime)]
    time: String,
    comment: String,
}

/// A file that a command has made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct FileMade {
    connector: String,
    batch: u64,
    path: String,
    bytes: u64,
    crc32: String,
}

/// A server-sent event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
pub(super) struct StatusEvent {
    /// `progress`, or `end` for the last one
    event: String,
    /// `end` for the last one
    id: Option<String>,
    /// The status as `getCommandStatus` answers it, in JSON
    data: String,
}

/// The server works.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
pub(super) struct Healthy {
    #[schema(example = "OK")]
    status: String,
}
