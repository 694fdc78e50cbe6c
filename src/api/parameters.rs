//! Parameters of a request, from wherever a client puts them: query, form, multipart or JSON body.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use serde_json::Value;

use super::AppState;
use super::error::ApiError;
use crate::attributes::{scalar_text, shown};
use crate::problems::excerpt;

/// Most parameters of a request.
const MAX_PARAMETERS: usize = 10_000;

/// One value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) text: String,
    /// The name of the uploaded file, where it was an upload.
    pub(super) file_name: Option<String>,
}

/// A file that need not be text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) file_name: String,
    pub(super) bytes: Bytes,
}

/// The part that may hold one.
const FILE: &str = "file";

/// Parameters that are JSON themselves: as a text, or in a JSON body as they are.
const JSON_PARAMETERS: [&str; 3] = ["params", "inputs", "fields"];

/// All parameters of a request in the order of their appearance: those of the query first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    list: Vec<Parameter>,
    file: Option<Upload>,
}

impl Parameters {
    fn add(&mut self, name: &str, text: String, file_name: Option<String>) -> Result<(), ApiError> {
        if self.list.len() >= MAX_PARAMETERS {
            let reason = format!("more than {MAX_PARAMETERS} parameters");
            return Err(ApiError::Body { reason });
        }
        self.list.push(Parameter { name: name.to_owned(), text, file_name });
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.list.iter()
    }

    /// The last value of `name` that is not blank.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let values = self.list.iter().rev().filter(|parameter| parameter.name == name);
        values.map(|parameter| parameter.text.trim()).find(|text| !text.is_empty())
    }

    /// The uploaded `file`.
    pub(super) fn file(&self) -> Option<&Upload> {
        self.file.as_ref()
    }

    /// A parameter that is JSON.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let value = serde_json::from_str(text).map_err(|error| {
            ApiError::parameter(name, format!("`{name}` is not valid JSON: {error}"))
        })?;
        Ok(Some(value))
    }

    /// All values of `name`, each split at commas.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let values = self.list.iter().filter(|parameter| parameter.name == name);
        let parts = values.flat_map(|parameter| parameter.text.split(','));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ApiError::parameter(
                name,
                format!(
                    "`{name}` is `{}`, expected a whole number from 0 to {}",
                    excerpt(text),
                    u64::MAX
                ),
            )),
        }
    }

    /// `true` or `false` in any letter case.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(ApiError::parameter(
                name,
                format!("`{name}` is `{}`, expected true or false", excerpt(text)),
            )),
        }
    }

    fn add_encoded(&mut self, encoded: &[u8]) -> Result<(), ApiError> {
        for (name, text) in form_urlencoded::parse(encoded) {
            self.add(&name, text.into_owned(), None)?;
        }
        Ok(())
    }

    /// A JSON body: scalars are parameters, lists are repeated ones, `model` may be an object, and the
    /// entries of `options` are settings.
    fn add_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| ApiError::Body { reason: format!("not valid JSON: {error}") })?;
        let Value::Object(entries) = body else {
            return Err(ApiError::Body {
                reason: format!("{}, expected a JSON object", shown(&body)),
            });
        };
        for (name, value) in &entries {
            match value {
                Value::Null => {}
                value if JSON_PARAMETERS.contains(&name.as_str()) => {
                    // A text is taken for JSON text, as in a form.
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    self.add(name, text, None)?;
                }
                Value::Array(values) if name != "model" => {
                    for value in values {
                        self.add(name, expect_scalar(name, value)?, None)?;
                    }
                }
                Value::Object(model) if name == "model" || name == "model_file" => {
                    let text = Value::Object(model.clone()).to_string();
                    self.add(name, text, Some("model.json".to_owned()))?;
                }
                Value::Object(options) if name == "options" => {
                    for (key, value) in options {
                        self.add(key, expect_scalar(key, value)?, None)?;
                    }
                }
                value => self.add(name, expect_scalar(name, value)?, None)?,
            }
        }
        Ok(())
    }

    async fn add_multipart(&mut self, mut parts: Multipart, most: usize) -> Result<(), ApiError> {
        let failed = |error: axum::extract::multipart::MultipartError| {
            if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                return ApiError::TooLarge { most };
            }
            ApiError::Body { reason: error.body_text() }
        };
        while let Some(part) = parts.next_field().await.map_err(failed)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(failed)?;
            if let (FILE, Some(file_name)) = (name.as_str(), &file_name) {
                self.file = Some(Upload { file_name: file_name.clone(), bytes });
                continue;
            }
            let text = String::from_utf8(bytes.into()).map_err(|_| {
                ApiError::parameter(&name, format!("`{}` is not UTF-8 text", excerpt(&name)))
            })?;
            self.add(&name, text, file_name)?;
        }
        Ok(())
    }
}

fn expect_scalar(name: &str, value: &Value) -> Result<String, ApiError> {
    scalar_text(value).ok_or_else(|| {
        let message = format!(
            "`{}` is {}, expected a text, a number or true or false",
            excerpt(name),
            shown(value)
        );
        ApiError::parameter(name, message)
    })
}

impl FromRequest<AppState> for Parameters {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let most = state.config.max_upload_bytes;
        let mut parameters = Self::default();
        parameters.add_encoded(request.uri().query().unwrap_or_default().as_bytes())?;
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.trim().to_ascii_lowercase();
        if content_type.starts_with("multipart/form-data") {
            let parts = Multipart::from_request(request, state)
                .await
                .map_err(|rejection| ApiError::Body { reason: rejection.body_text() })?;
            parameters.add_multipart(parts, most).await?;
            return Ok(parameters);
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ApiError::of_bytes(&rejection, most))?;
        if content_type.starts_with("application/json") {
            parameters.add_json(&body)?;
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            parameters.add_encoded(&body)?;
        } else if !body.is_empty() {
            let reason = format!(
                "content type `{}`, expected multipart/form-data, application/x-www-form-urlencoded or application/json",
                excerpt(&content_type)
            );
            return Err(ApiError::Body { reason });
        }
        Ok(parameters)
    }
}
