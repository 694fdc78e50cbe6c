//! Reading the query and the body of a request.
//!
//! A large body is taken apart on a thread for blocking work: otherwise everybody waits whom the same thread
//! serves.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::{Parameters, json_body};
use crate::api::AppState;
use crate::api::error::{ApiError, blocking};
use crate::api::forms::{Form, Forms};
use crate::problems::excerpt;

/// Bodies up to this size are read where they arrive.
const SMALL: usize = 16 << 10;

/// How a body is written.
enum Kind {
    Multipart,
    Encoded,
    Json,
    /// Something else, or nothing is said.
    Other(String),
}

impl Kind {
    fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(header::CONTENT_TYPE);
        Self::named(value.and_then(|value| value.to_str().ok()).unwrap_or_default())
    }

    /// What a content type means.
    fn named(value: &str) -> Self {
        let name = value.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "multipart/form-data" => Self::Multipart,
            "application/x-www-form-urlencoded" => Self::Encoded,
            "application/json" => Self::Json,
            _ => Self::Other(value.to_owned()),
        }
    }
}

impl FromRequest<AppState> for Parameters {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let most = state.config.max_upload_bytes;
        let mut parameters = Self::new(Forms::of_request(&request));
        parameters.add_encoded(request.uri().query().unwrap_or_default().as_bytes())?;
        let kind = Kind::of(request.headers());
        if let Kind::Multipart = kind {
            let parts = Multipart::from_request(request, state)
                .await
                .map_err(|rejection| ApiError::Body { reason: rejection.body_text() })?;
            parameters.add_multipart(parts, most).await?;
            parameters.check()?;
            return Ok(parameters);
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ApiError::of_bytes(&rejection, most))?;
        let is_small = body.len() <= SMALL;
        let read = move || {
            parameters.add_body(&kind, &body)?;
            parameters.check()?;
            Ok(parameters)
        };
        if is_small { read() } else { blocking(read).await }
    }
}

impl Parameters {
    /// Reads a query and a whole body that is no multipart form, as those of requests are.
    pub(in crate::api) fn read(
        form: Arc<Form>,
        query: &[u8],
        content_type: &str,
        body: &Bytes,
    ) -> Result<Self, ApiError> {
        let mut parameters = Self::new(form);
        parameters.add_encoded(query)?;
        parameters.add_body(&Kind::named(content_type), body)?;
        parameters.check()?;
        Ok(parameters)
    }

    fn add_body(&mut self, kind: &Kind, body: &Bytes) -> Result<(), ApiError> {
        let is_blank = body.trim_ascii().is_empty();
        match kind {
            _ if is_blank => Ok(()),
            Kind::Json => json_body::add(self, body),
            // What curl calls a form when it is told to send a file as the body.
            Kind::Encoded if looks_like_json(body) => Err(self.not_a_form(
                "the body is JSON and its content type says that it is a form",
            )),
            Kind::Encoded => self.add_encoded(body),
            Kind::Multipart => Err(ApiError::Body { reason: "a form without parts".to_owned() }),
            Kind::Other(name) => Err(self.not_a_form(&format!(
                "content type `{}`, expected multipart/form-data, application/x-www-form-urlencoded or \
                 application/json",
                excerpt(name)
            ))),
        }
    }

    fn not_a_form(&self, what: &str) -> ApiError {
        let cure = match self.form.best_file_name() {
            Some(name) if self.form.takes_model() => format!(
                "; a model is sent by -F {name}=@FILE, or as the body with the content type application/json"
            ),
            Some(name) => format!("; a file is sent by -F {name}=@FILE"),
            None => String::new(),
        };
        ApiError::Body { reason: format!("{what}{cure}") }
    }

    fn add_encoded(&mut self, encoded: &[u8]) -> Result<(), ApiError> {
        for (name, text) in form_urlencoded::parse(encoded) {
            self.add(&name, text.into_owned())?;
        }
        Ok(())
    }

    async fn add_multipart(&mut self, mut parts: Multipart, most: usize) -> Result<(), ApiError> {
        let failed = |error: MultipartError| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return ApiError::TooLarge { most };
            }
            ApiError::Body { reason: error.body_text() }
        };
        self.has_empty_form = true;
        while let Some(part) = parts.next_field().await.map_err(failed)? {
            self.has_empty_form = false;
            let Some(name) = part.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
                let reason = "a part of the form has no name, expected `name=` in its \
                              `Content-Disposition`";
                return Err(ApiError::Body { reason: reason.to_owned() });
            };
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(failed)?;
            match file_name {
                // A browser's form in which no file was chosen.
                Some(file_name) if file_name.is_empty() && bytes.is_empty() => {}
                Some(file_name) => self.add_upload(&name, &file_name, bytes)?,
                None => {
                    let text = String::from_utf8(bytes.into()).map_err(|_| {
                        let message = format!("`{}` is not UTF-8 text", excerpt(&name));
                        ApiError::parameter(&name, message)
                    })?;
                    self.add(&name, text)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a body or a value is a JSON object or list.
pub(super) fn looks_like_json(text: &[u8]) -> bool {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}
