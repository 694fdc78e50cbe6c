//! Requests to a registry, and what its refusals mean.

use reqwest::{Client, Method, Url};
use serde_json::Value;

use super::{CA, PASSWORD, Registry, URL, USER};
use crate::remote::{Failure, Io, Kind, Pem, causes, out_of_reach, untrusted, web_client};
use crate::secrets::Secret;

/// A client of one registry.
pub(super) struct Web {
    client: Client,
    base: Url,
    login: Option<(String, Secret)>,
}

/// What a registry answered.
pub(super) struct Answer {
    status: u16,
    /// `Null` where it is no JSON.
    pub(super) body: Value,
    place: String,
}

impl Web {
    pub(super) fn new(registry: &Registry, io: &Io) -> Result<Self, Failure> {
        let authorities = registry.authorities.as_ref().map(Pem::authorities).transpose()?;
        let port = registry.url.port_or_known_default().unwrap_or(443);
        let client = web_client(authorities.unwrap_or_default(), &registry.reach, port, io)?;
        Ok(Self { client, base: registry.url.clone(), login: registry.login.clone() })
    }

    /// The path of the address that was given, without `/` at its end.
    pub(super) fn path(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }

    /// Asks for `parts` below the address; texts in it may hold anything.
    pub(super) async fn ask(
        &self,
        method: Method,
        parts: &[&str],
        query: Option<&str>,
        body: Option<String>,
    ) -> Result<Answer, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url.set_query(query);
        let mut request = self.client.request(method, url);
        if let Some((user, password)) = &self.login {
            request = request.basic_auth(user, Some(password.expose()));
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let place = self.shown();
        let response = request.send().await.map_err(|error| unreachable(&error, &place))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|error| unreachable(&error, &place))?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default(), place })
    }

    fn shown(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn is_missing(&self) -> bool {
        self.status == 404
    }

    /// The number at the top, or that of `key`.
    pub(super) fn number(&self, key: &str) -> Result<i64, Failure> {
        let number = self.body.as_i64().or_else(|| self.body.get(key)?.as_i64());
        number.ok_or_else(|| self.strange())
    }

    /// An answer that no registry gives.
    pub(super) fn strange(&self) -> Failure {
        let told = format!("the answer ({}) is no schema registry's", self.status);
        Failure::new(Kind::Refused, told).at(&self.place).cured_by(format!(
            "set `{URL}` to the address of the registry, with its path where it has one, and SCHEMA_REGISTRY_TYPE to \
             its protocol"
        ))
    }

    /// What the refusal of `doing` means, with the registry's own sentence.
    pub(super) fn refused(&self, doing: &str) -> Failure {
        let texts = ["message", "responseMessage", "errorMessage"];
        let sentence = texts.iter().find_map(|key| self.body.get(*key)?.as_str());
        let Some(sentence) = sentence else {
            return match self.status {
                401 | 403 => self.not_allowed(doing, "no right"),
                429 | 500.. => {
                    Failure::transient(format!("{doing}: answer {}", self.status)).at(&self.place)
                }
                _ => self.strange(),
            };
        };
        let sentence = &shown(sentence);
        let told = format!("{doing}: {sentence} ({})", self.status);
        match self.status {
            401 | 403 => self.not_allowed(doing, sentence),
            // So Cloudera's registry tells a path that it does not have.
            500 if sentence.contains("HTTP 404 Not Found") => self.strange(),
            429 | 502..=504 => Failure::transient(told).at(&self.place),
            // Cloudera's registry says so of what it does not take, too: it is not tried again there.
            500 if self.body.get("responseMessage").is_none() => {
                Failure::transient(told).at(&self.place)
            }
            _ => Failure::new(Kind::Refused, told).at(&self.place).cured_by(
                "change the fields or AVRO_NAME, or what the registry allows for this schema",
            ),
        }
    }

    /// A schema that does not fit the versions before, in the registry's words.
    pub(super) fn incompatible(&self, name: &str, sentence: &str) -> Failure {
        let told =
            format!("the schema does not fit what `{name}` holds already: {}", shown(sentence));
        Failure::new(Kind::Refused, told).at(&self.place).cured_by(
            "change the fields, give another AVRO_NAME or KAFKA_TOPIC, or change the compatibility in the registry",
        )
    }

    fn not_allowed(&self, doing: &str, sentence: &str) -> Failure {
        let told = format!("{doing}: {sentence} ({})", self.status);
        Failure::new(Kind::NotAllowed, told)
            .at(&self.place)
            .cured_by(format!("set `{USER}` and `{PASSWORD}` to a login that may register schemas"))
    }
}

/// Most of a registry's sentence that is shown: what does not fit in a schema stands at its end.
const MOST_SENTENCE: usize = 1_000;

/// A stranger's sentence on one line.
fn shown(sentence: &str) -> String {
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(MOST_SENTENCE).collect()
}

/// Why there is no answer.
fn unreachable(error: &reqwest::Error, place: &str) -> Failure {
    if let Some(failure) = out_of_reach(error, &format!("`{URL}` names the registry")) {
        return failure;
    }
    let cure = format!(
        "set `{CA}` to the certificate of the authority that signed the registry's, and `{URL}` to a name that it is \
         made for"
    );
    if let Some(failure) = untrusted(error, &cure) {
        return failure.at(place);
    }
    let innermost = causes(error).last().map(ToString::to_string).unwrap_or_default();
    Failure::transient(innermost)
        .at(place)
        .cured_by(format!("`{URL}` names a registry that answers"))
}
