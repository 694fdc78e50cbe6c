//! Answers about commands: what handlers make, the document describes and our client reads.
//!
//! A new key is a field here and its line in `new`. Keys are the reference's where it has them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::commands::{
    Command, ConnectorTotal, MadeFile, Part, Progress, Schedule, Status, Transition,
    format_duration, format_now,
};
use crate::draft::{Origin, Shown};
use crate::home::{StoredCredential, UsedBy, UserCode};
use crate::secrets::MASK;

/// A command was accepted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    /// The command's key
    #[schema(value_type = String, format = Uuid, min_length = 36)]
    pub(crate) command_uuid: Uuid,
    /// Empty
    pub(crate) error: String,
    /// What the user should know, where there is something
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>, required = false)]
    pub(crate) warnings: Vec<Value>,
}

/// A request was checked only: its connectors are ready.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedOnly {
    /// Empty: there is no command
    #[schema(max_length = 0)]
    pub(crate) command_uuid: String,
    /// Empty
    pub(crate) error: String,
    pub(crate) connectors: Vec<CheckedConnector>,
    /// What the user should know, where there is something
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>, required = false)]
    pub(crate) warnings: Vec<Value>,
}

/// A connector that can be reached and written to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CheckedConnector {
    pub(crate) connector: String,
    /// Where its rows would go
    pub(crate) destination: String,
}

/// What a request to make rows came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Submitted {
    Accepted(Accepted),
    Checked(CheckedOnly),
}

/// How far a command is: the five texts of the reference first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandStatus {
    /// The command's key
    pub(crate) command_uuid: Uuid,
    /// Where it stands
    pub(crate) status: StatusName,
    /// Why it failed; `cancelling` while it ends; empty otherwise
    pub(crate) comment: String,
    /// Percent of its rows that are committed, as a text
    #[schema(example = "100.0")]
    pub(crate) progress: String,
    /// How long its run takes or took, as a text
    #[schema(example = "4m 19s 752ms")]
    pub(crate) duration: String,
    /// The same as `comment`
    pub(crate) command_comment: String,
    /// The same as `duration`, as a number
    pub(crate) duration_seconds: f64,
    /// The same as `progress`, as a number
    pub(crate) progress_percent: f64,
    /// Percent of its rows that were made, committed or not
    pub(crate) generated_percent: f64,
    /// Rows that every connector has acknowledged
    pub(crate) rows: u64,
    /// Rows that were made
    pub(crate) generated_rows: u64,
    /// Rows of a run
    pub(crate) total_rows: u64,
    /// Batches that every connector has acknowledged
    pub(crate) batches: u64,
    /// Rows made in a second; of the whole run when it is over
    pub(crate) rows_per_second: f64,
    /// How long it probably still takes; `null`: it does not run
    pub(crate) remaining_seconds: Option<f64>,
    /// What each connector has acknowledged over all runs
    pub(crate) connectors: Vec<ConnectorStatus>,
    /// The model's name
    pub(crate) model_id: String,
    /// When it was accepted: milliseconds since 1970
    pub(crate) accepted_timestamp: i64,
    /// Whether it runs again
    pub(crate) scheduled: bool,
    /// When it runs next
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) next_run: Option<DateTime<Utc>>,
    /// Runs that were finished
    pub(crate) runs: u64,
    /// Rows that are null because user code failed on them, over all runs
    pub(crate) failed_rows: Vec<FieldFailures>,
}

/// Rows of a field that are null because its code failed on them and it says `"on_error": "null"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldFailures {
    pub(crate) field: String,
    pub(crate) rows: u64,
    /// The first of them
    pub(crate) first_row: u64,
    /// What was wrong with that one
    pub(crate) message: String,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum StatusName {
    Queued,
    Starting,
    Running,
    Finished,
    Failed,
}

impl From<Status> for StatusName {
    fn from(status: Status) -> Self {
        match status {
            Status::Queued => Self::Queued,
            Status::Starting => Self::Starting,
            Status::Running => Self::Running,
            Status::Finished => Self::Finished,
            Status::Failed => Self::Failed,
        }
    }
}

impl StatusName {
    /// The name as it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Queued => Status::Queued.name(),
            Self::Starting => Status::Starting.name(),
            Self::Running => Status::Running.name(),
            Self::Finished => Status::Finished.name(),
            Self::Failed => Status::Failed.name(),
        }
    }

    /// Whether nothing more happens by itself, schedules apart.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }
}

/// What a connector has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ConnectorStatus {
    pub(crate) connector: String,
    pub(crate) destination: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) files: u64,
    /// How often requests were repeated
    #[serde(default)]
    pub(crate) retries: u64,
}

impl From<ConnectorTotal> for ConnectorStatus {
    fn from(total: ConnectorTotal) -> Self {
        let ConnectorTotal { connector, destination, rows, bytes, files, retries } = total;
        Self { connector, destination, rows, bytes, files, retries }
    }
}

impl CommandStatus {
    /// The status of `command`, which is as far as `progress` says.
    pub(crate) fn new(command: &Command, progress: Progress) -> Self {
        let failed_rows = command.failures.iter().map(|(field, failed)| FieldFailures {
            field: field.to_owned(),
            rows: failed.rows,
            first_row: failed.first_row,
            message: failed.message.clone(),
        });
        Self {
            command_uuid: command.id,
            status: progress.status.into(),
            progress: format!("{:.1}", progress.percent),
            duration: format_duration(progress.duration),
            command_comment: progress.comment.clone(),
            comment: progress.comment,
            duration_seconds: progress.duration.as_secs_f64(),
            progress_percent: progress.percent,
            generated_percent: progress.generated_percent,
            rows: progress.committed_rows,
            generated_rows: progress.generated_rows,
            total_rows: progress.total_rows,
            batches: progress.committed_batches,
            rows_per_second: progress.rows_per_second.round(),
            remaining_seconds: progress.remaining.map(|time| time.as_secs_f64()),
            connectors: progress.connectors.into_iter().map(Into::into).collect(),
            model_id: command.model_name.clone(),
            accepted_timestamp: command.accepted.timestamp_millis(),
            scheduled: command.order.schedule.is_some(),
            next_run: command.next_run,
            runs: command.runs,
            failed_rows: failed_rows.collect(),
        }
    }
}

/// Everything about a command. Times are milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandDetails {
    #[serde(flatten)]
    pub(crate) status: CommandStatus,
    pub(crate) command_error: String,
    pub(crate) model_file_path: String,
    /// Who asked for it; `anonymous` where nobody had to log in
    pub(crate) owner: String,
    pub(crate) number_of_threads: u64,
    pub(crate) number_of_batches: u64,
    pub(crate) rows_per_batch: u64,
    pub(crate) seed: u64,
    #[schema(format = DateTime)]
    pub(crate) now: String,
    /// Milliseconds
    pub(crate) delay_between_executions: Option<u64>,
    pub(crate) delay_between_executions_seconds: Option<u64>,
    pub(crate) cron: Option<String>,
    pub(crate) paused: bool,
    pub(crate) connectors_list: Vec<String>,
    /// Settings of the call; `***` stands for secrets
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) duration_milli_seconds: u64,
    pub(crate) last_started_timestamp: Option<i64>,
    pub(crate) last_finished_timestamp: Option<i64>,
    pub(crate) first_batch: u64,
    #[schema(value_type = Vec<Object>)]
    pub(crate) warnings: Vec<Value>,
    /// The scripts and modules that it was accepted with, and runs, whatever happens to the files
    pub(crate) user_code: Vec<CodeFile>,
    /// The latest steps of its life
    pub(crate) transitions: Vec<TransitionMade>,
    /// How many steps it took
    pub(crate) transitions_total: u64,
    /// A page of its files: `limit` of them from `offset` on
    pub(crate) files: Vec<FileMade>,
    /// How many files are listed; those of a schedule's runs of long ago are not
    pub(crate) files_total: u64,
}

/// A file of user code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CodeFile {
    /// `RHAI` or `WASM`
    pub(crate) kind: String,
    /// Its name without folder
    pub(crate) file: String,
    /// Digest of its bytes, hexadecimal; of all digests where it reads tables
    pub(crate) sha256: String,
    /// The version that it says it is
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// A step of a command's life.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct TransitionMade {
    pub(crate) status: StatusName,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) time: DateTime<Utc>,
    pub(crate) comment: String,
}

/// A file that a command has made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct FileMade {
    pub(crate) connector: String,
    pub(crate) batch: u64,
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) crc32: String,
}

/// What is asked of the store for a command's details, beside the command.
#[derive(Debug)]
pub(crate) struct Particulars {
    pub(crate) transitions: Part<Transition>,
    pub(crate) files: Part<MadeFile>,
    pub(crate) user_code: Vec<UserCode>,
    pub(crate) warnings: Vec<Value>,
}

impl CommandDetails {
    /// Everything about `command`.
    pub(crate) fn new(command: Command, progress: Progress, more: Particulars) -> Self {
        let duration = progress.duration;
        let status = CommandStatus::new(&command, progress);
        let milliseconds = |time: DateTime<Utc>| time.timestamp_millis();
        let properties = command.order.masked_overrides();
        let (delay, cron) = match command.order.schedule {
            Some(Schedule::Delay { seconds }) => (Some(seconds), None),
            Some(Schedule::Cron { expression }) => (None, Some(expression)),
            None => (None, None),
        };
        let anonymous = command.owner.is_empty();
        Self {
            command_error: status.comment.clone(),
            status,
            model_file_path: command.model_label,
            owner: if anonymous { "anonymous".to_owned() } else { command.owner },
            number_of_threads: command.order.threads,
            number_of_batches: command.order.batches,
            rows_per_batch: command.order.batch_rows,
            seed: command.order.seed,
            now: format_now(command.order.now),
            delay_between_executions: delay.map(|seconds| seconds.saturating_mul(1_000)),
            delay_between_executions_seconds: delay,
            cron,
            paused: command.paused,
            connectors_list: command.order.connectors,
            properties,
            duration_milli_seconds: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            last_started_timestamp: command.started.map(milliseconds),
            last_finished_timestamp: command.finished.map(milliseconds),
            first_batch: command.first_batch,
            warnings: more.warnings,
            user_code: more.user_code.into_iter().map(Into::into).collect(),
            transitions: more.transitions.items.into_iter().map(Into::into).collect(),
            transitions_total: more.transitions.total,
            files: more.files.items.into_iter().map(Into::into).collect(),
            files_total: more.files.total,
        }
    }
}

impl From<UserCode> for CodeFile {
    fn from(code: UserCode) -> Self {
        let UserCode { kind, file, sha256, version } = code;
        Self { kind, file, sha256, version }
    }
}

impl From<Transition> for TransitionMade {
    fn from(transition: Transition) -> Self {
        let Transition { status, time, comment } = transition;
        Self { status: status.into(), time, comment }
    }
}

impl From<MadeFile> for FileMade {
    fn from(file: MadeFile) -> Self {
        let MadeFile { connector, batch, path, bytes, crc32 } = file;
        Self { connector, batch, path, bytes, crc32 }
    }
}

/// A connector: what it promises, its settings, and what the operator has set of them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ConnectorInfo {
    #[schema(example = "s3_parquet")]
    pub(crate) name: String,
    pub(crate) summary: String,
    /// What becomes of rows when something breaks
    pub(crate) promise: String,
    /// Where an operator sets its settings: `[connectors.SECTION]` of `datagen.toml`
    #[schema(example = "s3")]
    pub(crate) section: String,
    /// Where no profile is chosen
    pub(crate) settings: Vec<ConnectorSetting>,
    pub(crate) profiles: Vec<ConnectorProfile>,
}

/// What the operator has set in a profile.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ConnectorProfile {
    /// What `PROFILE` of a model or call names
    pub(crate) name: String,
    pub(crate) settings: Vec<ConnectorSetting>,
}

/// A setting of a connector.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ConnectorSetting {
    /// Its name in models and calls
    #[schema(example = "S3_ENDPOINT")]
    pub(crate) name: String,
    /// Its name in the section
    #[schema(example = "endpoint")]
    pub(crate) key: String,
    /// What it holds, in words
    pub(crate) kind: String,
    pub(crate) doc: String,
    /// What holds where nobody sets it, in words
    pub(crate) default: String,
    pub(crate) secret: bool,
    /// Whether the operator has set it
    pub(crate) set: bool,
    /// What the operator has set; `null` for secrets and for what is not set
    pub(crate) value: Option<String>,
    /// Who has set it: `default`, `file` or `environment`
    pub(crate) origin: String,
    /// Where it was set: a section of `datagen.toml`, or a variable; empty for `default`
    pub(crate) place: String,
    /// Whether no model and no call may set it
    pub(crate) locked: bool,
}

impl From<Shown> for ConnectorSetting {
    fn from(shown: Shown) -> Self {
        let Shown { attribute, key, origin, place, value, locked } = shown;
        Self {
            name: attribute.name.to_owned(),
            key,
            kind: attribute.kind.to_owned(),
            doc: attribute.doc.to_owned(),
            default: attribute.default.to_owned(),
            secret: attribute.secret,
            set: origin != Origin::Default,
            value,
            origin: origin.name().to_owned(),
            place,
            locked,
        }
    }
}

/// What is told of a credential: never what it holds. The first eight keys are the reference's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialInfo {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// A type of the reference, or the beginning of its settings' names
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The setting that is no secret, where there is one: a user's name
    pub(crate) account_associated: String,
    /// Always true
    pub(crate) encrypted: bool,
    /// Whose it is; `anonymous` where nobody had to log in
    pub(crate) owner: String,
    /// Its owner and admins use it; nobody else is
    pub(crate) users_authorized: Vec<String>,
    pub(crate) groups_authorized: Vec<String>,
    /// Its settings; `***` stands for secrets
    pub(crate) settings: BTreeMap<String, String>,
    /// Commands that wait, run or run again with it
    pub(crate) used_by_commands: Vec<Uuid>,
    /// Stored models that name it
    pub(crate) used_by_models: Vec<String>,
    pub(crate) created_timestamp: i64,
    pub(crate) changed_timestamp: i64,
}

impl CredentialInfo {
    /// What is told of `credential`, which is used by `used`.
    pub(crate) fn new(credential: StoredCredential, used: UsedBy) -> Self {
        let mut plain = credential.shown.values().filter(|value| value.as_str() != MASK);
        let anonymous = credential.owner.is_empty();
        Self {
            id: credential.number,
            kind: credential.kind,
            account_associated: plain.next().cloned().unwrap_or_default(),
            encrypted: true,
            owner: if anonymous { "anonymous".to_owned() } else { credential.owner },
            users_authorized: Vec::new(),
            groups_authorized: Vec::new(),
            used_by_commands: used.commands,
            used_by_models: used.models,
            created_timestamp: credential.created.timestamp_millis(),
            changed_timestamp: credential.changed.timestamp_millis(),
            settings: credential.shown,
            name: credential.name,
        }
    }
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
