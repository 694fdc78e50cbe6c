//! The HTTP client of the subcommands that talk to a server.
//!
//! Knows the API's paths and the shape of its errors, nothing of tables or progress bars. Secrets come
//! from the environment or from a file, never from an argument that other processes can read.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body};
use uuid::Uuid;

use crate::problems::escape_controls_in_lines;

/// Which server, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(super) struct ServerArguments {
    /// Address of the server
    #[arg(
        long,
        env = "DATAGEN_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:4242"
    )]
    server: String,
    /// Log in as this user, with the password in `DATAGEN_PASSWORD` or in --netrc-file; an API token in
    /// `DATAGEN_TOKEN` needs no user
    #[arg(long, env = "DATAGEN_USER", value_name = "NAME")]
    user: Option<String>,
    /// File that holds an API token, instead of `DATAGEN_TOKEN`
    #[arg(long, env = "DATAGEN_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File of logins as curl and ftp read them: `machine HOST login NAME password PASSWORD`
    #[arg(long, env = "DATAGEN_NETRC_FILE", value_name = "FILE")]
    netrc_file: Option<PathBuf>,
    /// PEM file of the CAs to trust, instead of the system's
    #[arg(long, env = "DATAGEN_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,
}

/// Where systems keep the CAs that they trust, as one PEM file.
const SYSTEM_CAS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Longest silence of a server before it counts as gone.
const SILENCE: Duration = Duration::from_secs(60);

/// Most bytes of an answer that is no download.
const MAX_ANSWER_BYTES: u64 = 256 << 20;

/// A part of a form.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) text: String,
    /// Its file's name, where it is an upload.
    pub(super) file_name: Option<String>,
}

impl Part {
    /// A plain value.
    pub(super) fn value(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), file_name: None }
    }
}

/// A server, as one user knows it.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    server: String,
    authorization: Option<String>,
}

/// Why there is no answer as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// Nobody answers, or not in HTTP.
    #[error(
        "{server} cannot be reached: {reason}; `datagen serve` starts a server, --server names another one"
    )]
    Unreachable { server: String, reason: String },
    /// The server does not know who asks, or does not let them.
    #[error("{reason}; log in by DATAGEN_TOKEN, --token-file, --user or --netrc-file")]
    NotAllowed { reason: String },
    /// The server refused.
    #[error("{reason}")]
    Refused {
        status: u16,
        /// In words, all problems of a model each on its line.
        reason: String,
    },
}

impl ClientError {
    /// Whether the same question may be answered later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::NotAllowed { .. } => false,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
        }
    }
}

impl Client {
    /// The client that the arguments describe. Nothing is asked of the server yet.
    pub(super) fn new(arguments: &ServerArguments) -> anyhow::Result<Self> {
        let server = arguments.server.trim_end_matches('/');
        let server =
            if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A login must not follow to another place.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .user_agent(concat!("datagen/", env!("CARGO_PKG_VERSION")));
        if server.starts_with("https://") {
            config = config.tls_config(tls(arguments.cacert.as_deref())?);
        }
        let authorization = authorization(arguments, &server)?;
        Ok(Self { agent: config.build().new_agent(), server, authorization })
    }

    /// Asks `path`, which holds the query, for something that may be large.
    pub(super) fn download(&self, path: &str) -> Result<Body, ClientError> {
        let mut request = self.agent.get(format!("{}{path}", self.server));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        self.checked(request.call())
    }

    /// Posts a form to `path`.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[Part],
    ) -> Result<T, ClientError> {
        let boundary = format!("datagen-{}", Uuid::new_v4().simple());
        let mut request = self
            .agent
            .post(format!("{}{path}", self.server))
            .header("content-type", format!("multipart/form-data; boundary={boundary}"));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let body = self.checked(request.send(multipart(form, &boundary)))?;
        self.json(body)
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        let reason = match error {
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        ClientError::Unreachable { server: self.server.clone(), reason }
    }

    fn json<T: DeserializeOwned>(&self, mut body: Body) -> Result<T, ClientError> {
        let text = body.with_config().limit(MAX_ANSWER_BYTES).read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        // By way of a value: answers with flattened parts cannot take numbers from a text as it is written.
        let answer = serde_json::from_str::<Value>(&text).and_then(serde_json::from_value);
        answer.map_err(|_| ClientError::Unreachable {
            server: self.server.clone(),
            reason: "what answers there is no Datagen of this version".to_owned(),
        })
    }

    fn checked(
        &self,
        answer: Result<ureq::http::Response<Body>, ureq::Error>,
    ) -> Result<Body, ClientError> {
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        if status < 300 {
            return Ok(body);
        }
        let text = body.with_config().limit(MAX_ANSWER_BYTES).read_to_string().unwrap_or_default();
        let reason = reason(&text).unwrap_or_else(|| format!("the server answers {status}"));
        Err(match status {
            401 | 403 => ClientError::NotAllowed { reason },
            status => ClientError::Refused { status, reason },
        })
    }
}

/// What the body of an error says: every problem on its line, otherwise the error in words. Whatever answers
/// there does not steer the terminal.
fn reason(text: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).ok()?;
    let error = body["error"].as_str().filter(|error| !error.is_empty())?;
    Some(escape_controls_in_lines(error).into_owned())
}

/// The form as `multipart/form-data` (RFC 7578).
fn multipart(form: &[Part], boundary: &str) -> Vec<u8> {
    let mut body = String::new();
    for Part { name, text, file_name } in form {
        // Writing to a `String` cannot fail.
        let _ = write!(
            body,
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"",
            quoted(name)
        );
        if let Some(file_name) = file_name {
            let _ = write!(body, "; filename=\"{}\"", quoted(file_name));
        }
        let _ = write!(body, "\r\n\r\n{text}\r\n");
    }
    let _ = write!(body, "--{boundary}--\r\n");
    body.into_bytes()
}

/// As browsers write names between quotes.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn tls(cacert: Option<&Path>) -> anyhow::Result<TlsConfig> {
    let (path, pem) = match cacert {
        Some(path) => {
            let pem = fs::read(path).with_context(|| format!("--cacert `{}`", path.display()))?;
            (path.to_owned(), pem)
        }
        None => system_cas().context(
            "this system has no file of trusted CAs: give those of the server by --cacert",
        )?,
    };
    let mut trusted: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        // A bundle may hold other things, and CAs that nobody can read.
        if let Ok(PemItem::Certificate(certificate)) = item {
            trusted.push(certificate);
        }
    }
    if trusted.is_empty() {
        bail!("`{}` holds no certificate in PEM", path.display());
    }
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::from(trusted))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}

fn system_cas() -> Option<(PathBuf, Vec<u8>)> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let known = SYSTEM_CAS.iter().map(PathBuf::from);
    named.into_iter().chain(known).find_map(|path| fs::read(&path).ok().map(|pem| (path, pem)))
}

/// The header that says who asks; `None`: nobody in particular.
fn authorization(arguments: &ServerArguments, server: &str) -> anyhow::Result<Option<String>> {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let token = match &arguments.token_file {
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("--token-file `{}`", path.display()))?;
            Some(text.trim().to_owned())
        }
        None => variable("DATAGEN_TOKEN"),
    };
    if let (Some(token), None) = (token, &arguments.user) {
        return Ok(Some(format!("Bearer {token}")));
    }
    let host = host(server);
    let login = match &arguments.netrc_file {
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("--netrc-file `{}`", path.display()))?;
            find_login(&text, host, arguments.user.as_deref())
        }
        None => None,
    };
    let (user, password) = match (&arguments.user, login) {
        (_, Some(login)) => login,
        (Some(user), None) => {
            let password = variable("DATAGEN_PASSWORD").ok_or_else(|| {
                anyhow!("no password for user `{user}`: set DATAGEN_PASSWORD, or give --netrc-file")
            })?;
            (user.clone(), password)
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))))
}

/// The host of `server`, without scheme, port and path.
fn host(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// Name and password for `host` in a netrc file: those of `user`, where one is wanted.
fn find_login(text: &str, host: &str, user: Option<&str>) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let (mut here, mut login) = (false, None);
    while let Some(word) = words.next() {
        match word {
            "machine" => (here, login) = (words.next() == Some(host), None),
            "default" => (here, login) = (true, None),
            "login" => login = words.next(),
            "password" => {
                let password = words.next()?;
                let wanted = login.filter(|login| user.is_none_or(|user| user == *login));
                if let (true, Some(login)) = (here, wanted) {
                    return Some((login.to_owned(), password.to_owned()));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_by_host_and_user() {
        let text = "machine a login ann password 1\nmachine b.example\n  login bob\n  password 2\n\
            machine b.example login eve password 3 default login any password 4";
        let find = |host, user| {
            find_login(text, host, user).map(|(name, word)| name + ":" + word.as_str())
        };
        assert_eq!(find("b.example", None).as_deref(), Some("bob:2"));
        assert_eq!(find("b.example", Some("eve")).as_deref(), Some("eve:3"));
        assert_eq!(find("c", None).as_deref(), Some("any:4"));
        assert_eq!(find("a", Some("zoe")), None);
    }

    #[test]
    fn a_host_stands_between_scheme_and_port() {
        let servers =
            ["http://a.example:4242/x", "https://a.example", "http://[::1]:4242", "a.example:1"];
        assert_eq!(servers.map(host), ["a.example", "a.example", "::1", "a.example"]);
    }

    #[test]
    fn names_cannot_end_their_quotes() {
        let form = [Part {
            name: "model".into(),
            text: "{}".into(),
            file_name: Some("a\"\r\nx: y".into()),
        }];
        let body = String::from_utf8(multipart(&form, "b")).unwrap();
        assert_eq!(
            body,
            "--b\r\ncontent-disposition: form-data; name=\"model\"; \
             filename=\"a%22%0D%0Ax: y\"\r\n\r\n{}\r\n--b--\r\n"
        );
    }
}
