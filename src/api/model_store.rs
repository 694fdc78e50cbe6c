//! Stored models: keep one under a name, read it, remove it, say who may use it.
//!
//! `/model/store` is the modern form; `/model_store/…` are the reference's paths and answers, where a
//! name is told as a text and a change as `true` or `false`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Changer;
use super::error::{ApiError, blocking};
use super::model::{Given, given};
use super::parameters::Parameters;
use crate::access::Caller;
use crate::commands;
use crate::draft::{Draft, taken};
use crate::home::{ModelStoreError, Right, UnknownRight};
use crate::problems::excerpt;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(store, read, remove))
        .routes(routes!(add))
        .routes(routes!(get))
        .routes(routes!(list))
        .routes(routes!(delete))
        .routes(routes!(owner))
        .routes(routes!(having))
        .routes(routes!(give))
        .routes(routes!(take))
}

/// A model to be kept.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
struct StoreForm {
    /// What to call it (the model's own `model_name`, or the name of the uploaded file)
    #[schema(example = "")]
    name: Option<String>,
    /// The model's JSON
    #[schema(value_type = Option<String>, format = Binary)]
    model_file: Option<String>,
    /// The same as `model_file`
    #[schema(value_type = Option<String>, format = Binary)]
    model: Option<String>,
    /// The same as `model_file`
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<String>,
}

/// Which stored model.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
struct Which {
    /// Its name
    model: String,
}

/// Who is given a right, or loses it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the documentation only")]
struct Who {
    /// The model's name
    model: String,
    /// The user's name, for `users` and `admin_users`
    user: Option<String>,
    /// The group's name, for `groups` and `admin_groups`; kept and listed, it grants nothing, as users have no
    /// groups
    group: Option<String>,
}

fn required(parameters: &Parameters, name: &str) -> Result<String, ApiError> {
    parameters
        .text(name)
        .map(str::to_owned)
        .ok_or_else(|| ApiError::parameter(name, format!("`{name}` is missing, expected a name")))
}

/// Keeps the uploaded model, when it can run; its name.
fn keep(state: &AppState, caller: &Caller, parameters: &Parameters) -> Result<String, ApiError> {
    let Some(Given::Json { text, file_name }) = given(parameters)? else {
        let message = "no model is given, expected an upload as `model_file`";
        return Err(ApiError::parameter("model_file", message));
    };
    let draft = Draft { text, now: commands::current_now(), ..Draft::default() };
    let mut compiled = draft.compile(&state.tracker.surroundings());
    compiled.make_first_rows();
    let model = match compiled.model {
        Some(model) if !compiled.problems.has_errors() => model,
        _ => return Err(ApiError::Problems(compiled.problems)),
    };
    let stem = file_name.map(|name| name.strip_suffix(".json").unwrap_or(name));
    let name = parameters.text("name").or(model.name.as_deref()).or(stem).unwrap_or_default();
    if let Some(reason) = taken(name, &state.config.models) {
        return Err(ModelStoreError::Name { name: excerpt(name), reason }.into());
    }
    state.tracker.models().put(caller, name, text)?;
    Ok(name.to_owned())
}

/// Keep a model under a name, in place of an older one of that name.
#[utoipa::path(
    post, path = "/model/store", tag = "model",
    request_body(content = StoreForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "its name and owner"),
        (status = 400, description = "the model or its name is wrong"),
        (status = 403, description = "a model of somebody else has that name"),
        (status = 409, description = "too many models are kept"),
        (status = 413, description = "the body is too large"),
    )
)]
async fn store(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let name = keep(&state, &caller, &parameters)?;
        let model = state.tracker.models().get(&caller, &name)?;
        Ok::<_, ApiError>(Json(json!({"model": name, "owner": model.owner, "error": ""})))
    })
    .await
}

/// Read a stored model, exactly as it was given; `***` stands for secrets.
#[utoipa::path(
    get, path = "/model/store", tag = "model", params(Which),
    responses(
        (status = 200, description = "the model's JSON"),
        (status = 400, description = "no name"),
        (status = 404, description = "no such model"),
    )
)]
async fn read(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<impl IntoResponse, ApiError> {
    blocking(move || {
        let json = state.tracker.models().json(&caller, &required(&parameters, "model")?)?;
        Ok::<_, ApiError>(([(header::CONTENT_TYPE, "application/json")], json))
    })
    .await
}

/// Remove a stored model. Commands keep what they were accepted with.
#[utoipa::path(
    delete, path = "/model/store", tag = "model", params(Which),
    responses(
        (status = 200, description = "its name"),
        (status = 400, description = "no name"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such model"),
    )
)]
async fn remove(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let name = required(&parameters, "model")?;
        state.tracker.models().remove(&caller, &name)?;
        Ok::<_, ApiError>(Json(json!({"model": name, "deleted": true})))
    })
    .await
}

/// Keep a model under its `model_name`; the answer is the name as a text.
#[utoipa::path(
    post, path = "/model_store/add", tag = "model",
    request_body(content = StoreForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "its name", content_type = "text/plain", body = String),
        (status = 400, description = "the model or its name is wrong"),
        (status = 403, description = "a model of somebody else has that name"),
        (status = 409, description = "too many models are kept"),
        (status = 413, description = "the body is too large"),
    )
)]
async fn add(
    State(state): State<AppState>,
    Changer(caller): Changer,
    parameters: Parameters,
) -> Result<String, ApiError> {
    blocking(move || keep(&state, &caller, &parameters)).await
}

/// Read a stored model.
#[utoipa::path(
    get, path = "/model_store/get", tag = "model", params(Which),
    responses(
        (status = 200, description = "the model's JSON"),
        (status = 400, description = "no name"),
        (status = 404, description = "no such model"),
    )
)]
async fn get(
    state: State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<impl IntoResponse, ApiError> {
    read(state, caller, parameters).await
}

/// List the names of the stored models.
#[utoipa::path(
    get, path = "/model_store/list", tag = "model",
    responses((status = 200, description = "names"))
)]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let models = state.tracker.models().list(&caller)?;
        let names: Vec<Value> = models.into_iter().map(|model| model.name.into()).collect();
        Ok::<_, ApiError>(Json(Value::Array(names)))
    })
    .await
}

/// Remove a stored model; the answer tells whether it is still there.
#[utoipa::path(
    delete, path = "/model_store/delete", tag = "model", params(Which),
    responses(
        (status = 200, description = "false: it is gone"),
        (status = 400, description = "no name"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such model"),
    )
)]
async fn delete(
    state: State<AppState>,
    caller: Changer,
    parameters: Parameters,
) -> Result<Json<bool>, ApiError> {
    remove(state, caller, parameters).await.map(drop)?;
    Ok(Json(false))
}

/// Whose is a stored model?
#[utoipa::path(
    get, path = "/model_store/list/owner", tag = "model", params(Which),
    responses(
        (status = 200, description = "the owner's name", content_type = "text/plain", body = String),
        (status = 400, description = "no name"),
        (status = 404, description = "no such model"),
    )
)]
async fn owner(
    State(state): State<AppState>,
    caller: Caller,
    parameters: Parameters,
) -> Result<String, ApiError> {
    blocking(move || {
        let model = state.tracker.models().get(&caller, &required(&parameters, "model")?)?;
        let owner = if model.owner.is_empty() { "anonymous".to_owned() } else { model.owner };
        Ok::<_, ApiError>(owner)
    })
    .await
}

fn right(name: &str) -> Result<Right, ApiError> {
    name.parse().map_err(|error: UnknownRight| ApiError::parameter("right", error.to_string()))
}

/// Who has a right to a stored model?
#[utoipa::path(
    get, path = "/model_store/list/{right}", tag = "model",
    params(("right" = String, Path, description = "users, groups, admin_users or admin_groups"), Which),
    responses(
        (status = 200, description = "names"),
        (status = 400, description = "no name, or no such right"),
        (status = 404, description = "no such model"),
    )
)]
async fn having(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let right = right(&name)?;
        let model = state.tracker.models().get(&caller, &required(&parameters, "model")?)?;
        Ok::<_, ApiError>(Json(json!(model.having(right))))
    })
    .await
}

/// Give somebody a right to a stored model.
#[utoipa::path(
    post, path = "/model_store/add/{right}", tag = "model",
    params(("right" = String, Path, description = "users, groups, admin_users or admin_groups"), Who),
    responses(
        (status = 200, description = "whether it was not so already"),
        (status = 400, description = "no name, or no such right"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such model"),
        (status = 409, description = "too many have it"),
    )
)]
async fn give(
    State(state): State<AppState>,
    Changer(caller): Changer,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Json<bool>, ApiError> {
    changed(state, caller, name, parameters, true).await
}

/// Take a right to a stored model from somebody.
#[utoipa::path(
    delete, path = "/model_store/delete/{right}", tag = "model",
    params(("right" = String, Path, description = "users, groups, admin_users or admin_groups"), Who),
    responses(
        (status = 200, description = "whether they had it"),
        (status = 400, description = "no name, or no such right"),
        (status = 403, description = "it belongs to somebody else"),
        (status = 404, description = "no such model"),
    )
)]
async fn take(
    State(state): State<AppState>,
    Changer(caller): Changer,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Json<bool>, ApiError> {
    changed(state, caller, name, parameters, false).await
}

async fn changed(
    state: AppState,
    caller: Caller,
    name: String,
    parameters: Parameters,
    given: bool,
) -> Result<Json<bool>, ApiError> {
    blocking(move || {
        let right = right(&name)?;
        let kind = match right {
            Right::Users | Right::AdminUsers => "user",
            Right::Groups | Right::AdminGroups => "group",
        };
        let (model, who) = (required(&parameters, "model")?, required(&parameters, kind)?);
        let changed = state.tracker.models().change_right(&caller, &model, right, &who, given)?;
        Ok::<_, ApiError>(Json(changed))
    })
    .await
}
