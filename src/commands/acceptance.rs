//! Acceptance: from what somebody asks for to a stored command, or to all reasons why it is refused.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::error::SubmitError;
use super::live::Live;
use super::{Command, Order, Status, Submission, Tracker};
use crate::delivery;
use crate::delivery::Destination;
use crate::draft::{Prepared, Refusal};
use crate::engine::{NotReady, check_memory, probe};
use crate::failures::Failures;
use crate::home::{ConnectorTotal, lock};
use crate::model::hide_secrets;
use crate::problems::{Problem, Problems, excerpt};
use crate::remote::Cancel;
use crate::secrets::{GivenSecrets, Secrets};

/// What a request came to that was checked only.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Its connectors, each with where its rows would go.
    pub(crate) connectors: Vec<(String, String)>,
    /// Those that cannot be reached or written to, or do not fit the rows.
    pub(crate) not_ready: Vec<NotReady>,
    /// What the user should know.
    pub(crate) warnings: Problems,
}

/// A request that may become a command.
struct Candidate {
    command: Command,
    model: String,
    /// Those of the model and of the call, which are stored sealed.
    secrets: GivenSecrets,
    prepared: Prepared,
}

fn new_command(submission: Submission, accepted: DateTime<Utc>) -> Command {
    Command {
        id: Uuid::new_v4(),
        owner: submission.owner,
        model_name: String::new(),
        model_label: submission.model_label,
        model_folder: submission.model_folder,
        next_run: submission.order.schedule.as_ref().and_then(|plan| plan.first_run(accepted)),
        order: submission.order,
        destinations: Vec::new(),
        paused: false,
        accepted,
        started: None,
        finished: None,
        status: Status::Queued,
        comment: String::new(),
        runs: 0,
        first_batch: 0,
        next_batch: 0,
        failures: Failures::default(),
        interruptions: 0,
        run_milliseconds: None,
    }
}

impl Tracker {
    /// Checks a request, stores it and queues it. On return it survives whatever happens.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; nothing is stored then.
    pub(crate) fn submit(&self, submission: Submission) -> Result<Uuid, SubmitError> {
        let shared = self.shared();
        if shared.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        shared.check_home()?;
        let owner = submission.owner.clone();
        shared.reserve(&owner)?;
        let accepted = self.accept(submission);
        shared.unreserve(&owner);
        let live = accepted?;
        shared.admit(&live);
        shared.counting.accepted();
        // The run may have begun already; the answer waits.
        shared.store.sync()?;
        shared.check_home()?;
        Ok(live.id)
    }

    /// Checks a request as [`submit`](Self::submit) does, and looks whether its connectors can be reached and
    /// written to; nothing is made and nothing stored.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; that connectors are not ready is none.
    pub(crate) fn check(&self, submission: Submission) -> Result<Checked, SubmitError> {
        let shared = self.shared();
        let Candidate { command, prepared, .. } = self.candidate(submission)?;
        let connectors = command.order.connectors.into_iter();
        Ok(Checked {
            connectors: connectors
                .zip(command.destinations)
                .map(|(name, at)| (name, at.shown))
                .collect(),
            not_ready: probe(&prepared.targets, &shared.network, &Cancel::default()),
            warnings: prepared.warnings,
        })
    }

    /// Everything that can be known before a command is stored.
    fn candidate(&self, submission: Submission) -> Result<Candidate, SubmitError> {
        let shared = self.shared();
        let accepted = shared.probe.now();
        self.check_schedule(&submission)?;
        let (mut submission, secrets) = without_secrets(submission);
        let model = std::mem::take(&mut submission.model);
        let mut command = new_command(submission, accepted);
        let wrong = check_order(&command.order, &secrets.call, shared.limits.max_threads);
        let prepared = match (shared.prepare_with(&command, &model, &secrets), wrong.is_empty()) {
            (Ok(prepared), true) => prepared,
            (Ok(_), false) => return Err(refused(Problems::default(), wrong)),
            (Err(Refusal::Problems(problems)), _) => return Err(refused(problems, wrong)),
            (Err(refusal), _) => return Err(refusal.into()),
        };
        let (rows, budget) = (command.order.batch_rows, shared.limits.command_memory_bytes);
        if let Err(error) = check_memory(&prepared.plan, &prepared.targets, rows, budget) {
            let problem = Problem::error("too_much_memory", "rows", error.to_string());
            return Err(refused(Problems::default(), vec![problem]));
        }
        command.model_name.clone_from(&prepared.model_name);
        command.order.credentials.clone_from(&prepared.credentials);
        let abouts = || prepared.targets.iter().map(|target| target.about());
        command.order.connectors = abouts().map(|about| about.connector.to_owned()).collect();
        command.destinations = abouts().map(|about| about.destination.clone()).collect();
        Ok(Candidate { command, model, secrets, prepared })
    }

    fn accept(&self, submission: Submission) -> Result<Arc<Live>, SubmitError> {
        let shared = self.shared();
        let Candidate { mut command, model, secrets, prepared } = self.candidate(submission)?;
        let warnings: Vec<&Problem> = prepared.warnings.only_warnings().collect();
        // What has no effect is told and not stored.
        command.order.overrides.retain(|(key, _)| {
            !warnings.iter().any(|one| one.code == UNKNOWN_OPTION && one.pointer == *key)
        });
        let sealed = shared.seal(&command, &secrets)?;
        let warnings = (!warnings.is_empty()).then(|| serde_json::json!(warnings).to_string());
        shared
            .code
            .store(command.id, prepared.plan.extension_files())
            .map_err(|source| SubmitError::UserCode { source })?;
        shared.store.insert_with(&command, &model, warnings.as_deref(), sealed.as_deref())?;
        let totals = no_totals(&command);
        let live = Live::new(command, totals);
        if shared.is_idle() {
            *lock(&live.prepared) = Some(prepared);
        }
        Ok(live)
    }

    fn check_schedule(&self, submission: &Submission) -> Result<(), SubmitError> {
        let Some(schedule) = &submission.order.schedule else { return Ok(()) };
        schedule.check(self.shared().probe.now())?;
        let schedules = self.shared().schedules();
        if schedules >= self.shared().limits.max_queued {
            return Err(SubmitError::TooManySchedules { schedules });
        }
        Ok(())
    }
}

/// What the connectors of a new command have acknowledged.
fn no_totals(command: &Command) -> Vec<ConnectorTotal> {
    let named = command.order.connectors.iter().zip(&command.destinations);
    let none = |(connector, destination): (&String, &Destination)| ConnectorTotal {
        connector: connector.clone(),
        destination: destination.shown.clone(),
        ..ConnectorTotal::default()
    };
    named.map(none).collect()
}

/// The submission without its secrets, and these: what is left may be stored and shown.
fn without_secrets(mut submission: Submission) -> (Submission, GivenSecrets) {
    let (masked, mut model) = hide_secrets(&submission.model, delivery::is_secret);
    submission.model = masked;
    // Those of a stored model: its text has masks in their places.
    for (key, secret) in std::mem::take(&mut submission.secrets) {
        model.entry(key).or_insert(secret);
    }
    let call = submission.order.take_secrets();
    (submission, GivenSecrets { model, call })
}

/// The code of warnings of settings that have no effect.
const UNKNOWN_OPTION: &str = "unknown_option";

/// Longest name and value of a setting of a call, and most bytes of all of them: a thousand commands that wait
/// must not fill memory and disk with them.
const MAX_NAME_BYTES: usize = 200;
const MAX_VALUE_BYTES: usize = 4 << 10;
const MAX_SETTINGS_BYTES: usize = 64 << 10;

/// What can be known of an order without its model.
fn check_order(order: &Order, secrets: &Secrets, max_threads: u64) -> Vec<Problem> {
    let mut wrong = Vec::new();
    let threads = order.threads;
    if threads == 0 || threads > max_threads {
        let message = format!("{threads} threads are not possible, expected 1 to {max_threads}");
        wrong.push(Problem::error("wrong_threads", "threads", message));
    }
    let plain = order.overrides.iter().map(|(key, value)| (key, value.as_str()));
    let hidden = secrets.iter().map(|(key, secret)| (key, secret.expose()));
    let mut sum = 0;
    for (key, value) in plain.chain(hidden) {
        sum += key.len() + value.len();
        let (what, length, most) = if key.len() > MAX_NAME_BYTES {
            ("name", key.len(), MAX_NAME_BYTES)
        } else if value.len() > MAX_VALUE_BYTES {
            ("value", value.len(), MAX_VALUE_BYTES)
        } else {
            continue;
        };
        let key = excerpt(key);
        let message = format!(
            "the {what} of the setting `{key}` has {length} bytes, expected at most {most}"
        );
        wrong.push(Problem::error("long_setting", key, message));
    }
    if sum > MAX_SETTINGS_BYTES && wrong.is_empty() {
        let message =
            format!("the settings have {sum} bytes, expected at most {MAX_SETTINGS_BYTES}");
        wrong.push(Problem::error("long_setting", "", message));
    }
    wrong
}

fn refused(mut problems: Problems, more: Vec<Problem>) -> SubmitError {
    for problem in more {
        problems.push(problem);
    }
    Refusal::Problems(problems).into()
}
