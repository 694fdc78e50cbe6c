//! `GET /generators`: the field types, those of user code among them, and what is wrong with its files.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::error::{ApiError, blocking};
use crate::fields::FIELD_TYPES;
use crate::sandbox::{Extension, data_type_name};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the field types.
///
/// Those of user code come with their parameters, inputs, file and digest; files that were refused with
/// the place of the fault.
#[utoipa::path(
    get, path = "/generators", tag = "model",
    responses((status = 200, description = "built-in types, types of user code, refused files, limits"))
)]
async fn list(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    blocking(move || {
        let extensions = state.tracker.extensions();
        let built_in: Vec<Value> = FIELD_TYPES
            .iter()
            .map(|kind| json!({"type": kind.name(), "summary": kind.summary()}))
            .collect();
        let own: Vec<Value> = extensions.types().map(described).collect();
        let refused: Vec<Value> = extensions
            .faults()
            .iter()
            .map(|fault| {
                let place = fault.place.as_ref();
                json!({
                    "file": fault.file,
                    "kind": fault.kind.code(),
                    "message": fault.message,
                    "line": place.map(|place| place.line),
                    "column": place.map(|place| place.column),
                    "text": place.map(|place| place.text.as_str()),
                })
            })
            .collect();
        let limits = &extensions.settings().limits;
        Ok::<_, ApiError>(Json(json!({
            "built_in": built_in,
            "extensions": own,
            "refused": refused,
            "limits": limits,
        })))
    })
    .await
}

fn described(extension: &Extension) -> Value {
    let description = extension.description();
    let parameters: Vec<Value> = description
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "kind": parameter.kind.words(),
                "default": parameter.default,
                "required": parameter.required,
                "doc": parameter.doc,
            })
        })
        .collect();
    let inputs: Vec<&str> = description.inputs.iter().map(|input| input.name.as_str()).collect();
    let sub_values: Vec<Value> = description
        .sub_values
        .iter()
        .map(|sub| json!({"name": sub.name, "returns": data_type_name(sub.data_type)}))
        .collect();
    json!({
        "type": extension.type_name,
        "summary": description.summary,
        "kind": extension.file.kind.type_name(),
        "file": extension.file.name,
        "digest": extension.file.digest,
        "returns": description.output.map(data_type_name),
        "parameters": parameters,
        "inputs": inputs,
        "sub_values": sub_values,
    })
}
