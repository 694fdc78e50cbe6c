//! Errors as answers: the only place with HTTP status codes.
//!
//! The body of every error has the reference's shape, `{"commandUuid": "", "error": "…"}`, with a stable
//! `code` and, where a model is wrong, its `problems`.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Denied;
use crate::commands::{ArchiveError, CommandError, SubmitError};
use crate::draft::{PreviewError, Refusal, TrialError};
use crate::home::{CredentialError, ModelStoreError, StoreError};
use crate::plan::GenerateRowsError;
use crate::problems::{Problem, Problems, chain, excerpt};
use crate::sandbox::Fault;

/// What a request is told that took too long.
pub(super) const TIMED_OUT: StatusCode = StatusCode::REQUEST_TIMEOUT;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ApiError {
    #[error("{0}")]
    Problems(Problems),
    /// Connectors cannot be reached or written to, or do not fit the rows.
    #[error("{0}")]
    NotReady(Problems),
    #[error("{0}")]
    Parameter(Problem),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(transparent)]
    Record(#[from] StoreError),
    #[error(transparent)]
    Preview(#[from] PreviewError),
    #[error(transparent)]
    Login(Denied),
    #[error("too many logins are being checked, come again in 1 s")]
    BusyDoor,
    #[error("too many connections are open, come again in 1 s")]
    BusyConnections,
    #[error("bodies of {most} bytes are being received already, come again in 1 s")]
    BusyBodies { most: usize },
    #[error("a viewer reads and changes nothing")]
    MayOnlyRead,
    #[error("only an admin may do this")]
    OnlyAdmin,
    #[error("{0}")]
    UserCode(Box<Fault>),
    #[error("{most} previews or checks are being made at once already, come again in 1 s")]
    BusyPreviews { most: usize },
    #[error(
        "a page of another site may change nothing here; `allowed_origins` is the setting to allow one"
    )]
    ForeignSite,
    #[error(
        "the server was called by a name that is not of its own machine; `allowed_hosts` is the setting to \
         allow one"
    )]
    ForeignName,
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    ModelStore(#[from] ModelStoreError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error("{most} streams and downloads are open at once already, end one first")]
    TooManyStreams { most: usize },
    #[error("the body is larger than {most} bytes")]
    TooLarge { most: usize },
    #[error("the body cannot be read: {reason}")]
    Body { reason: String },
    #[error("{reason}")]
    Internal { reason: String },
}

impl ApiError {
    /// A parameter that is not what it has to be.
    pub(super) fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::Parameter(Problem::error("wrong_parameter", name, message))
    }

    pub(super) fn of_bytes(rejection: &BytesRejection, most: usize) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge { most };
        }
        Self::Body { reason: rejection.body_text() }
    }

    /// What the store said, where it is the store that refused.
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            Self::Record(error)
            | Self::Submit(SubmitError::Record(error))
            | Self::Command(CommandError::Record(error))
            | Self::Archive(ArchiveError::Command(CommandError::Record(error)))
            | Self::ModelStore(ModelStoreError::Record(error))
            | Self::Credential(CredentialError::Record(error)) => Some(error),
            Self::Login(Denied::Directory(error)) => error.downcast_ref(),
            _ => None,
        }
    }

    /// What an operator can mend, for whoever asked: status, code and words.
    fn mendable(&self) -> Option<(StatusCode, &'static str, &'static str)> {
        const FULL: (StatusCode, &str, &str) = (
            StatusCode::INSUFFICIENT_STORAGE,
            "disk_full",
            "there is no room on the server's disk, nothing was changed; make room, then ask again",
        );
        let io = match self {
            Self::Submit(SubmitError::UserCode { source })
            | Self::Command(CommandError::UserCode { source }) => Some(source.kind()),
            _ => None,
        };
        if let Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) = io {
            return Some(FULL);
        }
        match self.of_store()? {
            StoreError::Full { .. } => Some(FULL),
            StoreError::Busy { .. } => Some((
                StatusCode::SERVICE_UNAVAILABLE,
                "store_busy",
                "another program holds the server's store, come again in 5 s",
            )),
            StoreError::Moved { .. } => Some((
                StatusCode::SERVICE_UNAVAILABLE,
                "home_moved",
                "the server's home is no longer the folder that it opened; stop the server, bring the folder \
                 back, and start it again",
            )),
            StoreError::Damaged { .. } => Some((
                StatusCode::INTERNAL_SERVER_ERROR,
                "store_damaged",
                "the server's store is damaged and cannot answer this; stop the server and put a copy of its \
                 database back (the server's log says which)",
            )),
            _ => None,
        }
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        if let Some((status, code, _)) = self.mendable() {
            return (status, code);
        }
        match self {
            Self::Problems(_) => (StatusCode::BAD_REQUEST, "wrong_model"),
            Self::NotReady(_) => (StatusCode::BAD_REQUEST, "not_ready"),
            Self::Parameter(problem) => (StatusCode::BAD_REQUEST, problem.code),
            Self::Submit(error) => match error {
                SubmitError::Refused(Refusal::ConnectorToCome { .. }) => {
                    (StatusCode::NOT_IMPLEMENTED, "connector_to_come")
                }
                SubmitError::Refused(Refusal::Problems(_)) => {
                    (StatusCode::BAD_REQUEST, "wrong_model")
                }
                SubmitError::Schedule(_) => (StatusCode::BAD_REQUEST, "wrong_schedule"),
                SubmitError::QueueFull { .. } | SubmitError::TooManySchedules { .. } => {
                    (StatusCode::TOO_MANY_REQUESTS, "queue_full")
                }
                SubmitError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
                SubmitError::Record(_) | SubmitError::Seal(_) | SubmitError::UserCode { .. } => {
                    (StatusCode::INTERNAL_SERVER_ERROR, "store")
                }
            },
            Self::Command(error) => of_command(error),
            Self::Archive(error) => match error {
                ArchiveError::NothingLocal { .. } => (StatusCode::NOT_FOUND, "nothing_local"),
                ArchiveError::TooMany { .. } => (StatusCode::CONFLICT, "too_many_files"),
                ArchiveError::Changed { .. } => (StatusCode::CONFLICT, "file_changed"),
                ArchiveError::Command(error) => of_command(error),
                ArchiveError::Write(_) => (StatusCode::INTERNAL_SERVER_ERROR, "archive"),
            },
            Self::ModelStore(error) => match error {
                ModelStoreError::Name { .. } => (StatusCode::BAD_REQUEST, "wrong_name"),
                ModelStoreError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_model"),
                ModelStoreError::NotYours { .. } => (StatusCode::FORBIDDEN, "not_yours"),
                ModelStoreError::TooMany { .. } => (StatusCode::CONFLICT, "too_many"),
                ModelStoreError::Masked { .. } => (StatusCode::BAD_REQUEST, "masked_secret"),
                ModelStoreError::Record(_) | ModelStoreError::Seal(_) => {
                    (StatusCode::INTERNAL_SERVER_ERROR, "store")
                }
            },
            Self::Credential(error) => of_credential(error),
            Self::TooManyStreams { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_streams"),
            Self::Record(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
            Self::Preview(_) => (StatusCode::BAD_REQUEST, "no_preview"),
            Self::Login(denied) => match denied {
                Denied::Missing => (StatusCode::UNAUTHORIZED, "login_required"),
                Denied::Wrong => (StatusCode::UNAUTHORIZED, "wrong_login"),
                Denied::Expired => (StatusCode::UNAUTHORIZED, "token_expired"),
                Denied::Slowed { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_logins"),
                Denied::Directory(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
            },
            Self::BusyDoor => (StatusCode::TOO_MANY_REQUESTS, "too_many_logins"),
            Self::BusyConnections => (StatusCode::SERVICE_UNAVAILABLE, "too_many_connections"),
            Self::BusyBodies { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_bodies"),
            Self::ForeignSite => (StatusCode::FORBIDDEN, "foreign_site"),
            Self::ForeignName => (StatusCode::FORBIDDEN, "foreign_name"),
            Self::MayOnlyRead => (StatusCode::FORBIDDEN, "may_only_read"),
            Self::OnlyAdmin => (StatusCode::FORBIDDEN, "only_admin"),
            Self::UserCode(_) => (StatusCode::BAD_REQUEST, "user_code"),
            Self::BusyPreviews { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_trials"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::Body { .. } => (StatusCode::BAD_REQUEST, "wrong_body"),
            Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// Whether its text is for clients, though the server is to blame.
    fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::BusyConnections | Self::Submit(SubmitError::Stopping | SubmitError::Refused(_))
        )
    }

    fn problems(&self) -> Vec<&Problem> {
        match self {
            Self::Problems(problems)
            | Self::NotReady(problems)
            | Self::Submit(SubmitError::Refused(Refusal::Problems(problems))) => {
                problems.iter().collect()
            }
            Self::Parameter(problem) => vec![problem],
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Submit(SubmitError::QueueFull { retry_after, .. })
            | Self::Command(CommandError::QueueFull { retry_after, .. }) => Some(*retry_after),
            Self::Login(Denied::Slowed { retry_after }) => Some(*retry_after),
            Self::BusyDoor
            | Self::BusyPreviews { .. }
            | Self::BusyConnections
            | Self::BusyBodies { .. } => Some(Duration::from_secs(1)),
            _ if self.of_store().is_some_and(StoreError::is_busy) => Some(Duration::from_secs(5)),
            _ => None,
        }
    }
}

/// A fault of user code with its place.
pub(super) fn fault_told(fault: &Fault) -> Value {
    let place = fault.place.as_ref();
    // In which folder of the server it lies is nobody's business.
    let file = Path::new(&fault.file).file_name().map(OsStr::to_string_lossy);
    json!({
        "file": file.as_deref().unwrap_or(&fault.file),
        "kind": fault.kind.code(),
        "message": fault.message,
        "row": fault.row,
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "text": place.map(|place| place.text.as_str()),
    })
}

impl From<TrialError> for ApiError {
    fn from(error: TrialError) -> Self {
        match error {
            TrialError::Problems(problems) => Self::Problems(problems),
            TrialError::Values { source: error, .. } => match &error {
                PreviewError::Generate(GenerateRowsError::Value { source, .. })
                    if let Some(fault) = source.cause::<Fault>() =>
                {
                    Self::UserCode(Box::new(fault.clone()))
                }
                _ => Self::Preview(error),
            },
        }
    }
}

fn of_command(error: &CommandError) -> (StatusCode, &'static str) {
    match error {
        CommandError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_command"),
        CommandError::WrongStatus { .. } | CommandError::Illegal(_) => {
            (StatusCode::CONFLICT, "wrong_status")
        }
        CommandError::NotScheduled { .. } => (StatusCode::CONFLICT, "not_scheduled"),
        CommandError::QueueFull { .. } => (StatusCode::TOO_MANY_REQUESTS, "queue_full"),
        CommandError::Record(_) | CommandError::UserCode { .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, "store")
        }
    }
}

fn of_credential(error: &CredentialError) -> (StatusCode, &'static str) {
    match error {
        CredentialError::Name { .. } => (StatusCode::BAD_REQUEST, "wrong_name"),
        CredentialError::Setting { .. } | CredentialError::Empty => {
            (StatusCode::BAD_REQUEST, "wrong_setting")
        }
        CredentialError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_credential"),
        CredentialError::NotYours { .. } => (StatusCode::FORBIDDEN, "not_yours"),
        CredentialError::Taken { .. } => (StatusCode::CONFLICT, "name_taken"),
        CredentialError::InUse { .. } => (StatusCode::CONFLICT, "in_use"),
        CredentialError::TooMany { .. } => (StatusCode::CONFLICT, "too_many"),
        CredentialError::Record(_) | CredentialError::Seal(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "store")
        }
    }
}

/// How somebody may log in.
const CHALLENGES: [&str; 2] =
    ["Basic realm=\"datagen\", charset=\"UTF-8\"", "Bearer realm=\"datagen\""];

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let mut text = chain(&self);
        if let Some((.., words)) = self.mendable() {
            tracing::error!(error = text, "request failed");
            words.clone_into(&mut text);
        } else if status.is_server_error() && !self.is_plain() {
            // The cause is the operator's; the user gets what to ask for.
            let id = Uuid::new_v4();
            tracing::error!(error = text, %id, "request failed");
            text = format!("internal error {id}; the server's log says more");
        }
        let mut body = json!({"commandUuid": "", "error": text, "code": code});
        let problems = self.problems();
        if !problems.is_empty() {
            body["problems"] = json!(problems);
        }
        if let Self::UserCode(fault) = &self {
            body["fault"] = fault_told(fault);
        }
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after().map(|time| time.as_secs().max(1)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            for challenge in CHALLENGES {
                let challenge = HeaderValue::from_static(challenge);
                response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}

/// The answer where no route fits.
pub(super) async fn no_such_endpoint(uri: axum::http::Uri) -> Response {
    let error = format!("no endpoint `{}`; /swagger-ui lists them", excerpt(uri.path()));
    let body = json!({"commandUuid": "", "error": error, "code": "no_such_endpoint"});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// The answer where a route knows the path but not the method.
pub(super) async fn no_such_method(method: Method) -> Response {
    let error = format!("`{}` is not possible here", excerpt(method.as_str()));
    let body = json!({"commandUuid": "", "error": error, "code": "no_such_method"});
    (StatusCode::METHOD_NOT_ALLOWED, Json(body)).into_response()
}

/// Gives refusals that were not made here, but by a layer or an extractor, the shape of ours.
pub(super) async fn in_our_shape(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_ours = kind.is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let reason = status.canonical_reason().unwrap_or("refused").to_ascii_lowercase();
    let body = json!({"commandUuid": "", "error": reason, "code": reason.replace(' ', "_")});
    (status, Json(body)).into_response()
}

/// Runs what may wait for the disk on a thread for blocking work.
pub(super) async fn blocking<T: Send + 'static, E: Into<ApiError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(ApiError::Internal { reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn told(error: ApiError) -> (u16, Option<String>, Value) {
        let response = error.into_response();
        let retry = response.headers().get(header::RETRY_AFTER);
        let retry = retry.map(|seconds| seconds.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, retry, serde_json::from_slice(&body).unwrap())
    }

    // Issue 9, D6: whoever asks learns what an operator can mend, and no path.
    #[tokio::test]
    async fn a_full_disk_a_held_store_and_a_lost_home_are_told_in_words() {
        let full = || StoreError::Full { action: "keep", path: "/srv/secret/datagen.db".into() };
        let no_room =
            "there is no room on the server's disk, nothing was changed; make room, then ask again";
        let quota = io::Error::from(io::ErrorKind::QuotaExceeded);
        for error in [
            ApiError::Record(full()),
            ApiError::Submit(SubmitError::Record(full())),
            ApiError::Command(CommandError::Record(full())),
            ApiError::ModelStore(ModelStoreError::Record(full())),
            ApiError::Login(Denied::Directory(full().into())),
            ApiError::Submit(SubmitError::UserCode { source: quota }),
        ] {
            let (status, retry, body) = told(error).await;
            assert_eq!((status, retry, &body["code"]), (507, None, &"disk_full".into()));
            assert_eq!(body["error"], no_room);
        }
        let busy = ApiError::Submit(SubmitError::Record(StoreError::Busy { action: "keep" }));
        let (status, retry, body) = told(busy).await;
        assert_eq!((status, retry.as_deref()), (503, Some("5")));
        assert_eq!(body["error"], "another program holds the server's store, come again in 5 s");
        let moved = StoreError::Moved { home: "/srv/secret".into(), what: "`lock` is gone".into() };
        let (status, _, body) = told(ApiError::Record(moved)).await;
        assert_eq!((status, &body["code"]), (503, &"home_moved".into()));
        assert!(!body.to_string().contains("secret"), "{body}");
        let (status, _, body) = told(ApiError::Submit(SubmitError::Stopping)).await;
        assert_eq!((status, &body["error"]), (503, &"the server is stopping".into()));
    }
}
