//! How requests go out: to hosts within reach only, and with refusals told in S3's own words.

use std::time::Duration;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use reqwest::{Certificate, Client, Method, StatusCode, header};
use serde::Deserialize;

use super::failure::Refusal;
use crate::reach::Reach;
use crate::remote::{Failure, Io, web_client};

/// Longest text of an answer that is read: of a listing, of an error.
const MAX_ANSWER: usize = 16 << 20;

/// A client of one place. Clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Http(Client);

impl Http {
    /// Connects to nothing yet. `port` is where hosts without one are asked.
    pub(super) fn new(
        ca: Vec<Certificate>,
        reach: &Reach,
        port: u16,
        io: &Io,
    ) -> Result<Self, Failure> {
        web_client(ca, reach, port, io).map(Self)
    }

    pub(super) fn client(&self) -> HttpClient {
        HttpClient::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.client())
    }
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let method = request.method().clone();
        let response = self.0.call(request).await?;
        let status = response.status();
        // An upload that could not be completed is told by an answer that began with success.
        if status.is_success() && method != Method::POST {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let bytes = body.bytes().await?;
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_ANSWER)]);
        let told = told(&text);
        if status.is_success() && told.is_none() {
            return Ok(HttpResponse::from_parts(parts, bytes.into()));
        }
        let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let seconds =
            header(header::RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
        let told = told.unwrap_or_default();
        let refusal = Refusal {
            status: if status.is_success() { 500 } else { status.as_u16() },
            code: told.code.unwrap_or_else(|| reason(status)),
            message: told.message.unwrap_or_default(),
            after: seconds.map(Duration::from_secs),
            region: told.region.or_else(|| header("x-amz-bucket-region")),
        };
        Err(HttpError::new(HttpErrorKind::Unknown, refusal))
    }
}

/// `<Error>` of an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    code: Option<String>,
    message: Option<String>,
    region: Option<String>,
}

fn told(text: &str) -> Option<Told> {
    let begin = text.find("<Error>")?;
    // Only what the answer is, not what it holds somewhere.
    let is_root = text[..begin].trim().is_empty() || text[..begin].trim_end().ends_with("?>");
    if !is_root {
        return None;
    }
    quick_xml::de::from_str(&text[begin..]).ok()
}

fn reason(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Refused").replace(' ', "")
}
