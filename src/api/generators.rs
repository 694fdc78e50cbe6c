//! `GET /generators`: the field types, those of user code among them, and what is wrong with its files;
//! `POST /generators/try`: user code tried out.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::access::Admin;
use super::error::{ApiError, blocking, fault_told};
use super::parameters::Parameters;
use super::permits::client;
use crate::access::Caller;
use crate::commands;
use crate::draft::{Bounds, Surroundings, Trial, field_of, kind_of};
use crate::fields::{self, Catalogue};
use crate::problems::{Problem, excerpt};
use crate::sandbox::{
    Extension, Extensions, KINDS, Kind, Nothing, Settings, data_type_name, host_functions,
};

/// Most values of a trial.
const MOST_TRIED: u64 = 1_000;

/// Values of a trial that does not say how many.
const TRIED: u64 = 10;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(try_out))
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
        let built_in: Vec<Value> = Catalogue::built_in()
            .map(|kind| json!({"type": kind.name(), "summary": kind.summary()}))
            .collect();
        let own: Vec<Value> = extensions.types().map(described).collect();
        let refused: Vec<Value> = extensions.faults().iter().map(fault_told).collect();
        let limits = &extensions.settings().limits;
        Ok::<_, ApiError>(Json(json!({
            "built_in": built_in,
            "extensions": own,
            "functions": host_functions().collect::<Vec<_>>(),
            "refused": refused,
            "limits": limits,
        })))
    })
    .await
}

/// The documented form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
pub(super) struct TrialForm {
    /// A script
    #[schema(example = "fn generate(row, params) { rand_int(1, 6) }")]
    code: Option<String>,
    /// A script or module, instead of `code`; the extension of its name says which
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<String>,
    /// The name of a type, instead of code
    #[schema(example = "")]
    r#type: Option<String>,
    /// The generator of a file that has several
    #[schema(example = "")]
    generator: Option<String>,
    /// What it returns, where it does not say it
    #[schema(example = "int64")]
    returns: Option<String>,
    /// Parameters, a JSON object
    #[schema(example = "")]
    params: Option<String>,
    /// The fields that it reads, a JSON list of names, or an object by its names for them
    #[schema(example = "")]
    inputs: Option<String>,
    /// Definitions of fields that it reads, a JSON list of objects
    #[schema(example = "")]
    fields: Option<String>,
    /// How many values (10), at most 1,000
    #[schema(example = 3)]
    rows: Option<u64>,
    /// Seed of all random numbers (0)
    #[schema(example = "")]
    seed: Option<u64>,
}

/// What user code gave.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the documentation only")]
#[schema(as = Tried)]
pub(super) struct TriedDocument {
    /// The values
    values: Vec<Value>,
    /// What the code printed while they were made: the first lines
    printed: Vec<String>,
    /// How it runs: `lowered`, `interpreted`, `module`; null for a built-in type
    tier: Option<String>,
    /// The same in words, with what keeps a script from being lowered
    how: String,
    /// Time of a row, the fields that are read included
    ns_per_row: f64,
    /// Operations of the interpreter or fuel of a module that a row used; null where nothing is counted
    cost_per_row: Option<f64>,
    /// What `cost_per_row` counts: `operations` or `fuel`
    cost_unit: Option<String>,
    /// What the author should know
    warnings: Vec<Value>,
}

/// Try user code out.
///
/// Answers the first values, how they are made, how fast and at what cost, or what is wrong, with the
/// place. Nothing is kept. The server's limits of user code hold.
#[utoipa::path(
    post, path = "/generators/try", tag = "model",
    request_body(content = TrialForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "the values", body = TriedDocument),
        (status = 400, description = "the code or a parameter is wrong"),
        (status = 413, description = "the body is too large"),
        (status = 429, description = "too many previews are being made"),
    )
)]
async fn try_out(
    State(state): State<AppState>,
    _: Admin,
    caller: Caller,
    extensions: http::Extensions,
    parameters: Parameters,
) -> Result<impl IntoResponse, ApiError> {
    let previews = state.previews.clone();
    let (client, most) = (client(&caller, &extensions), state.config.max_preview_bytes);
    let work = move |bounds: &Bounds| {
        let known = state.tracker.extensions();
        let (mut field, extensions) = code(&parameters, &known)?;
        for name in ["generator", "returns"] {
            if let Some(text) = parameters.text(name) {
                field.insert(name.to_owned(), text.into());
            }
        }
        for name in ["params", "inputs"] {
            if let Some(value) = parameters.json(name)? {
                field.insert(name.to_owned(), value);
            }
        }
        let trial = Trial {
            field,
            others: others(&parameters)?,
            rows: parameters.number_in("rows", 0..=MOST_TRIED)?.unwrap_or(TRIED),
            folder: None,
            seed: parameters.number("seed")?.unwrap_or(0),
            now: commands::current_now(),
            sub_values: false,
        };
        let surroundings = Surroundings { extensions, ..state.tracker.surroundings() };
        let tried = trial.run(&surroundings, "json", bounds)?;
        let lines = serde_json::Deserializer::from_slice(&tried.values).into_iter::<Line>();
        let values = lines.map(|line| line.map(|line| line.value)).collect::<Result<_, _>>();
        Ok(Json(Told {
            values: values.map_err(|error: serde_json::Error| ApiError::Internal {
                reason: error.to_string(),
            })?,
            printed: tried.said.lines,
            tier: tried.tier.code(),
            how: tried.tier.words(),
            ns_per_row: tried.nanoseconds,
            cost_per_row: tried.cost.map(|cost| cost.per_row),
            cost_unit: tried.cost.map(|cost| cost.unit),
            warnings: tried.warnings.iter().cloned().collect(),
        }))
    };
    previews.run(client, most, work).await
}

/// A row of a trial. Its value stays the text that it is: reading it as a number would round some.
#[derive(Deserialize)]
struct Line {
    value: Box<RawValue>,
}

/// What a trial answers.
#[derive(Serialize)]
struct Told {
    values: Vec<Box<RawValue>>,
    printed: Vec<String>,
    tier: Option<&'static str>,
    how: String,
    ns_per_row: f64,
    cost_per_row: Option<f64>,
    cost_unit: Option<&'static str>,
    warnings: Vec<Problem>,
}

/// The field that means the code of a request, and the code that it may name.
fn code(
    parameters: &Parameters,
    known: &Arc<Extensions>,
) -> Result<(Map<String, Value>, Arc<Extensions>), ApiError> {
    let (text, type_name) = (parameters.text("code"), parameters.text("type"));
    let (name, bytes) = match (parameters.file("file"), text, type_name) {
        (Some(file), None, None) => (file.file_name.as_str(), &file.bytes[..]),
        (None, Some(text), None) => ("code.rhai", text.as_bytes()),
        (None, None, Some(type_name)) => {
            let field = Map::from_iter([("type".to_owned(), type_name.into())]);
            return Ok((field, Arc::clone(known)));
        }
        _ => {
            let message = "expected exactly one of `code`, `file` and `type`";
            return Err(ApiError::parameter("code", message));
        }
    };
    let path = Path::new(name);
    let (Some(kind), Some(name)) = (kind_of(path), path.file_name()) else {
        let message = format!(
            "`{}` is no name of user code, expected one that ends in {}",
            excerpt(name),
            KINDS
                .iter()
                .flat_map(|kind| kind.file_extensions())
                .map(|extension| format!(".{extension}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        return Err(ApiError::parameter("file", message));
    };
    let extensions = beside(kind, Path::new(name), bytes, known)?;
    Ok((field_of(kind, name), Arc::new(extensions)))
}

/// Uploaded code before the code that is there: of the same name, it is what is meant.
fn beside(
    kind: &'static dyn Kind,
    name: &Path,
    bytes: &[u8],
    known: &Extensions,
) -> Result<Extensions, ApiError> {
    let limits = known.settings().limits.clone();
    let most = kind.most_bytes(&limits);
    if bytes.len() as u64 > most {
        return Err(ApiError::parameter("file", format!("the code has more than {most} bytes")));
    }
    // What is tried once is not worth a place in the cache.
    let settings = Settings { limits, ..Settings::default() };
    let mut extensions = Extensions::with(&settings);
    extensions.add(kind, name, bytes.to_vec(), &Nothing, &fields::reserved);
    if let Some(fault) = extensions.faults().first() {
        return Err(ApiError::UserCode(Box::new(fault.clone())));
    }
    for file in known.files() {
        if extensions.file(file.kind, &file.name).is_none() {
            extensions.register(Arc::clone(file), &fields::reserved);
        }
    }
    Ok(extensions)
}

/// The fields that the code reads.
fn others(parameters: &Parameters) -> Result<Vec<Map<String, Value>>, ApiError> {
    let wrong = || ApiError::parameter("fields", "`fields` is no JSON list of objects");
    let Some(fields) = parameters.json("fields")? else { return Ok(Vec::new()) };
    let Value::Array(fields) = fields else { return Err(wrong()) };
    let object = |field| match field {
        Value::Object(field) => Ok(field),
        _ => Err(wrong()),
    };
    fields.into_iter().map(object).collect()
}

/// The version that the file says it is.
fn shown_version(extension: &Extension) -> Option<&str> {
    Some(extension.file.program.version()).filter(|version| !version.is_empty())
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
        "version": shown_version(extension),
        "returns": description.output.map(data_type_name),
        "parameters": parameters,
        "inputs": inputs,
        "sub_values": sub_values,
    })
}
