//! Credentials: keep settings under a name that models and calls can say. What they hold is never told.
//!
//! `/credentials` is the modern form; `/credentials/…` are the reference's paths, parameters and answers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::answers::CredentialInfo;
use super::error::{ApiError, blocking};
use super::parameters::Parameters;
use crate::access::{Caller, Role};
use crate::problems::excerpt;
use crate::secrets::{Secret, Secrets};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(put, list, remove))
        .routes(routes!(add))
        .routes(routes!(list_all))
        .routes(routes!(list_of_user))
        .routes(routes!(remove_named))
}

/// A credential to be kept.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct CredentialForm {
    /// What to call it
    #[schema(example = "lake")]
    name: String,
    /// Whether an older one of that name is replaced (false)
    #[schema(example = false)]
    replace: Option<bool>,
    /// The settings that it holds, such as `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD`
    #[serde(flatten)]
    #[schema(example = json!({}))]
    settings: BTreeMap<String, String>,
}

/// A credential as the reference knows it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct ReferenceForm {
    /// What to call it
    #[schema(example = "lake")]
    name: String,
    /// `S3_ACCESS_KEY`, `PASSWORD`, `ADLS_SAS_TOKEN`, `GCP_ACCESS_TOKEN` or `GCP_KEY_FILE`
    #[schema(example = "S3_ACCESS_KEY")]
    r#type: String,
    /// The id of the access key, the user, the account or the project
    #[schema(example = "")]
    account: String,
    /// Whose it is (whoever asks); an admin may say somebody else
    #[schema(example = "")]
    owner: Option<String>,
    /// The secret itself: a text, or a file of it; never a path of the server
    #[schema(value_type = String, format = Binary)]
    content: String,
    /// Whether an older one of that name is replaced (false)
    #[schema(example = false)]
    replace: Option<bool>,
}

/// Which credential.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
struct Which {
    /// Its name
    name: String,
    /// Also where commands would fail without it (false)
    force: Option<bool>,
}

/// Which credential, as the reference asks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
#[allow(non_snake_case, reason = "the documented key")]
struct WhichNamed {
    /// Its name
    credName: String,
    /// Also where commands would fail without it (false)
    force: Option<bool>,
}

/// The settings that a type of the reference holds: that of the account, and that of the content.
const TYPES: [(&str, &str, &str); 5] = [
    ("S3_ACCESS_KEY", "S3_ACCESS_KEY_ID", "S3_ACCESS_KEY_SECRET"),
    ("PASSWORD", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"),
    ("ADLS_SAS_TOKEN", "ADLS_ACCOUNT_NAME", "ADLS_SAS_TOKEN"),
    ("GCP_ACCESS_TOKEN", "GCS_PROJECT_ID", "GCS_ACCOUNT_ACCESS_TOKEN"),
    ("GCP_KEY_FILE", "GCS_PROJECT_ID", "GCS_ACCOUNT_KEY"),
];

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, ApiError> {
    parameters
        .text(name)
        .ok_or_else(|| ApiError::parameter(name, format!("`{name}` is missing, expected a text")))
}

/// What is told of the credentials that `caller` may see and `is_told` names.
fn told(
    state: &AppState,
    caller: &Caller,
    is_told: impl Fn(&str, &str) -> bool,
) -> Result<Vec<CredentialInfo>, ApiError> {
    let credentials = state.tracker.credentials();
    let mut answers = Vec::new();
    for credential in credentials.list(caller)? {
        if is_told(&credential.name, &credential.owner) {
            let used = credentials.users_of(&credential.name)?;
            answers.push(CredentialInfo::new(credential, used));
        }
    }
    Ok(answers)
}

fn one(state: &AppState, caller: &Caller, name: &str) -> Result<CredentialInfo, ApiError> {
    let found = told(state, caller, |known, _| known == name)?.pop();
    found.ok_or_else(|| {
        let reason = format!("the credential `{}` was removed meanwhile", excerpt(name));
        ApiError::Internal { reason }
    })
}

/// Keep a credential: settings under a name, sealed. `CREDENTIAL` of a model or call uses it.
#[utoipa::path(
    post, path = "/credentials", tag = "credentials",
    request_body(content = CredentialForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "what may be told of it", body = CredentialInfo),
        (status = 400, description = "the name or a setting is wrong"),
        (status = 403, description = "one of somebody else has that name"),
        (status = 409, description = "there is one of that name, or there are too many"),
        (status = 413, description = "the body is too large"),
    )
)]
async fn put(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<CredentialInfo>, ApiError> {
    blocking(move || {
        let name = required(&parameters, "name")?;
        let replace = parameters.boolean("replace")?.unwrap_or(false);
        let settings = parameters.settings().map(|parameter| {
            (parameter.name.trim().to_uppercase(), Secret::new(parameter.text.clone()))
        });
        let settings: Secrets = settings.collect();
        state.tracker.credentials().put(&caller, name, None, settings, replace)?;
        Ok::<_, ApiError>(Json(one(&state, &caller, name)?))
    })
    .await
}

/// List credentials: what they hold is not told.
#[utoipa::path(
    get, path = "/credentials", tag = "credentials",
    responses((status = 200, description = "a list", body = Vec<CredentialInfo>))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Vec<CredentialInfo>>, ApiError> {
    blocking(move || Ok::<_, ApiError>(Json(told(&state, &caller, |_, _| true)?))).await
}

/// Remove a credential.
#[utoipa::path(
    delete, path = "/credentials", tag = "credentials", params(Which),
    responses(
        (status = 200, description = "its name"),
        (status = 400, description = "no name"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such credential"),
        (status = 409, description = "commands use it"),
    )
)]
async fn remove(
    state: State<AppState>,
    caller: Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    removed(state, caller, parameters, "name").await
}

async fn removed(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
    parameter: &'static str,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let name = required(&parameters, parameter)?;
        let force = parameters.boolean("force")?.unwrap_or(false);
        state.tracker.credentials().remove(&caller, name, force)?;
        Ok::<_, ApiError>(Json(json!({"credential": name, "deleted": true})))
    })
    .await
}

/// Keep a credential as the reference does: an account and its secret.
#[utoipa::path(
    post, path = "/credentials/addCredentials", tag = "credentials",
    request_body(content = ReferenceForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "what may be told of it", body = CredentialInfo),
        (status = 400, description = "a parameter is wrong"),
        (status = 403, description = "one of somebody else has that name, or the owner is somebody else"),
        (status = 409, description = "there is one of that name, or there are too many"),
        (status = 413, description = "the body is too large"),
    )
)]
async fn add(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<CredentialInfo>, ApiError> {
    blocking(move || {
        let name = required(&parameters, "name")?;
        let (kind, settings) = of_reference(&parameters)?;
        let replace = parameters.boolean("replace")?.unwrap_or(false);
        let owner = match parameters.text("owner") {
            Some(owner) if owner != caller.name() && !is_nobody(owner) => {
                if caller.role() != Role::Admin {
                    return Err(ApiError::OnlyAdmin);
                }
                Caller::new(owner, Role::Admin)
            }
            _ => caller.clone(),
        };
        state.tracker.credentials().put(&owner, name, Some(kind), settings, replace)?;
        Ok::<_, ApiError>(Json(one(&state, &caller, name)?))
    })
    .await
}

/// How answers call the owner of what nobody had to log in for.
fn is_nobody(owner: &str) -> bool {
    owner == "anonymous"
}

/// The type and the settings of a credential of the reference.
fn of_reference(parameters: &Parameters) -> Result<(&'static str, Secrets), ApiError> {
    let given = required(parameters, "type")?;
    let find = |(kind, ..): &&(&'static str, _, _)| kind.eq_ignore_ascii_case(given);
    let Some((kind, account_key, content_key)) = TYPES.iter().find(find) else {
        let known: Vec<_> = TYPES.iter().map(|(kind, ..)| *kind).collect();
        let message = format!(
            "`type` is `{}`, expected one of {}; keytabs and key stores have no connector yet",
            excerpt(given),
            known.join(", ")
        );
        return Err(ApiError::parameter("type", message));
    };
    let content = match parameters.file("content") {
        Some(upload) => str::from_utf8(&upload.bytes)
            .map_err(|_| ApiError::parameter("content", "`content` is not UTF-8 text"))?,
        None => required(parameters, "content")?,
    };
    let secret = |text: &str| Secret::new(text.trim().to_owned());
    let mut settings = Secrets::from([((*content_key).to_owned(), secret(content))]);
    if let Some(account) = parameters.text("account") {
        settings.insert((*account_key).to_owned(), secret(account));
    }
    Ok((kind, settings))
}

/// List credentials as the reference does.
#[utoipa::path(
    get, path = "/credentials/listCredentials", tag = "credentials",
    responses((status = 200, description = "a list", body = Vec<CredentialInfo>))
)]
async fn list_all(
    state: State<AppState>,
    caller: Caller,
) -> Result<Json<Vec<CredentialInfo>>, ApiError> {
    list(state, caller).await
}

/// List the credentials of a user.
#[utoipa::path(
    get, path = "/credentials/listCredentialsForUser", tag = "credentials",
    params(("user" = String, Query, description = "The user's name")),
    responses(
        (status = 200, description = "a list", body = Vec<CredentialInfo>),
        (status = 400, description = "no user"),
    )
)]
async fn list_of_user(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<Json<Vec<CredentialInfo>>, ApiError> {
    blocking(move || {
        let user = required(&parameters, "user")?;
        let user = if is_nobody(user) { "" } else { user };
        Ok::<_, ApiError>(Json(told(&state, &caller, |_, owner| owner == user)?))
    })
    .await
}

/// Remove a credential as the reference does.
#[utoipa::path(
    delete, path = "/credentials/removeCredentials", tag = "credentials", params(WhichNamed),
    responses(
        (status = 200, description = "its name"),
        (status = 400, description = "no name"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such credential"),
        (status = 409, description = "commands use it"),
    )
)]
async fn remove_named(
    state: State<AppState>,
    caller: Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    removed(state, caller, parameters, "credName").await
}
