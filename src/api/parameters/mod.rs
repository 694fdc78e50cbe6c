//! Parameters of a request, from wherever a client puts them: query, form, multipart or JSON body.
//!
//! Nothing that was sent is dropped in silence. What the operation's [`Form`] does not name is refused, but
//! for settings of connectors where it takes them; so are a file under a name that takes none, two values
//! where one is taken, and bodies of another kind. `body` reads, `json_body` reads JSON, `check` refuses.

mod body;
mod check;
mod json_body;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

use super::error::ApiError;
use super::forms::Form;
use crate::model::duplicate_keys;
use crate::problems::excerpt;

/// Most parameters of a request.
const MAX_PARAMETERS: usize = 10_000;

/// Most bytes of a parameter that is JSON: its values take many times as much when they are read.
const MAX_JSON_BYTES: usize = 1 << 20;

/// One value of a parameter.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) text: String,
}

/// Without its value: it may be a secret.
impl fmt::Debug for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A file that was sent as a parameter.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) file_name: String,
    pub(super) bytes: Bytes,
}

/// Without its content: a model may hold secrets.
impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}

/// All parameters of a request in the order of their appearance: those of the query first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    form: Arc<Form>,
    texts: Vec<Parameter>,
    uploads: Vec<Upload>,
    /// Whether there was a form without any part.
    has_empty_form: bool,
}

impl Parameters {
    fn new(form: Arc<Form>) -> Self {
        Self { form, ..Self::default() }
    }

    fn expect_room(&self) -> Result<(), ApiError> {
        if self.texts.len() + self.uploads.len() < MAX_PARAMETERS {
            return Ok(());
        }
        Err(ApiError::Body { reason: format!("more than {MAX_PARAMETERS} parameters") })
    }

    fn add(&mut self, name: &str, text: String) -> Result<(), ApiError> {
        self.expect_room()?;
        self.texts.push(Parameter { name: name.to_owned(), text });
        Ok(())
    }

    fn add_upload(&mut self, name: &str, file_name: &str, bytes: Bytes) -> Result<(), ApiError> {
        self.expect_room()?;
        let (name, file_name) = (name.to_owned(), file_name.to_owned());
        self.uploads.push(Upload { name, file_name, bytes });
        Ok(())
    }

    /// The values of all parameters but files.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.texts.iter()
    }

    /// The files.
    pub(super) fn uploads(&self) -> &[Upload] {
        &self.uploads
    }

    /// Whether there was a form without any part.
    pub(super) fn has_empty_form(&self) -> bool {
        self.has_empty_form
    }

    /// What is no parameter of the operation: settings of connectors.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Parameter> {
        self.texts.iter().filter(|parameter| {
            parameter.name != CONNECTORS && self.form.takes(&parameter.name).is_none()
        })
    }

    /// The value of `name`, unless it is blank.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let values = self.texts.iter().filter(|parameter| parameter.name == name);
        values.map(|parameter| parameter.text.trim()).find(|text| !text.is_empty())
    }

    /// The file `name`.
    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        self.uploads.iter().find(|upload| upload.name == name)
    }

    /// A parameter that is JSON.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if text.len() > MAX_JSON_BYTES {
            let message = format!("`{name}` is larger than {MAX_JSON_BYTES} bytes");
            return Err(ApiError::parameter(name, message));
        }
        let value = serde_json::from_str(text).map_err(|error| {
            ApiError::parameter(name, format!("`{name}` is not valid JSON: {error}"))
        })?;
        if let Some(problem) = duplicate_keys(text).first() {
            return Err(ApiError::parameter(name, format!("`{name}`: {problem}")));
        }
        Ok(Some(value))
    }

    /// All values of `name`, each split at commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let values = self.texts.iter().filter(|parameter| parameter.name == name);
        let parts = values.flat_map(|parameter| parameter.text.split(','));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        self.number_in(name, 0..=u64::MAX)
    }

    /// A whole number of `range`.
    pub(super) fn number_in(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (first, last) = range.into_inner();
                let text = excerpt(text);
                let message =
                    format!("`{name}` is `{text}`, expected a whole number from {first} to {last}");
                Err(ApiError::parameter(name, message))
            }
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
}

/// The names of connectors: one parameter that an operation looks at by itself where its form has none.
pub(super) const CONNECTORS: &str = "connectors";
