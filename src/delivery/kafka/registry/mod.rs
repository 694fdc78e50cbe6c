//! Registries of Avro schemas: where the schemas of messages are kept, so that readers find them by what stands in
//! front of each message.
//!
//! | file | holds |
//! |---|---|
//! | `confluent` | Confluent's protocol, which most registries speak |
//! | `cloudera` | that of the registry of Cloudera (Hortonworks), which the reference uses |
//! | `web` | requests, and what refusals mean |

mod cloudera;
mod confluent;
mod web;

use reqwest::Url;

use crate::attributes::{Attribute, Reader};
use crate::reach::{Host, Reach};
use crate::remote::{Failure, Io, Pem, Policy};
use crate::secrets::Secret;
use web::Web;

pub(super) const URL: &str = "SCHEMA_REGISTRY_URL";
const TYPE: &str = "SCHEMA_REGISTRY_TYPE";
const SUBJECTS: &str = "SCHEMA_REGISTRY_SUBJECTS";
const PROTOCOL: &str = "SCHEMA_REGISTRY_PROTOCOL";
const USER: &str = "SCHEMA_REGISTRY_USERNAME";
const PASSWORD: &str = "SCHEMA_REGISTRY_PASSWORD";
const CA: &str = "SCHEMA_REGISTRY_SSL_CA";

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        URL,
        "URL",
        "none",
        "A registry that keeps the schemas of Avro messages; without it they are plain binary rows.",
    )
    .hosts(),
    Attribute::new(
        TYPE,
        "confluent or cloudera",
        "confluent",
        "The registry's protocol, which decides what stands in front of each message.",
    ),
    Attribute::new(
        SUBJECTS,
        "topic, record or topic_record",
        "topic",
        "What subjects of a Confluent registry are named after.",
    ),
    Attribute::new(
        PROTOCOL,
        "0, 1, 2 or 3",
        "1",
        "What stands in front of messages with a Cloudera registry; 1, as the reference has it: id and version of the \
         schema.",
    ),
    Attribute::new(USER, "text", "none", "The user's name at the registry.").login(),
    Attribute::new(PASSWORD, "text", "none", "The user's password at the registry.").secret(),
    Attribute::new(
        CA,
        "PEM, or the path of a PEM file",
        "none",
        "Certificates of authorities of the registry, beside the system's.",
    )
    .protects(),
];

/// For registering: a registry that restarts is waited for.
const OPENING: Policy = Policy { deadline: std::time::Duration::from_secs(60), ..Policy::USUAL };

/// A registry, and how it is asked.
#[derive(Debug)]
pub(super) struct Registry {
    url: Url,
    api: Api,
    login: Option<(String, Secret)>,
    authorities: Option<Pem>,
    reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Confluent(Subjects),
    /// With the version of the wire format.
    Cloudera(u8),
}

/// What subjects are named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subjects {
    Topic,
    Record,
    TopicRecord,
}

/// A schema of a topic's messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) topic: &'a str,
    pub(super) is_key: bool,
    /// The Avro schema as JSON.
    pub(super) text: &'a str,
}

impl Registry {
    /// What `settings` say of it; `Ok(None)` where they name none.
    ///
    /// # Errors
    ///
    /// [`Told`], when they are wrong.
    pub(super) fn of(settings: &mut Reader<'_>) -> Result<Option<Self>, Told> {
        if !settings.has(URL) {
            return Ok(None);
        }
        let url = url(settings);
        let api = match settings.choice(TYPE, &["confluent", "cloudera"]) {
            Some("cloudera") => {
                let version = settings.integer(PROTOCOL, 0..=3).unwrap_or(1);
                Api::Cloudera(u8::try_from(version).unwrap_or(1))
            }
            _ => {
                let names = ["topic", "record", "topic_record"];
                Api::Confluent(match settings.choice(SUBJECTS, &names) {
                    Some("record") => Subjects::Record,
                    Some("topic_record") => Subjects::TopicRecord,
                    _ => Subjects::Topic,
                })
            }
        };
        let login = match (settings.text(USER), settings.secret(PASSWORD)) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user, password)),
            _ => {
                let message = format!("`{USER}` and `{PASSWORD}` belong together");
                settings.error(PASSWORD, "missing_option", message);
                return Err(Told);
            }
        };
        let authorities = Pem::of(CA, settings);
        let (url, reach) = (url.ok_or(Told)?, settings.reach(URL));
        Ok(Some(Self { url, api, login, authorities, reach }))
    }

    /// Looks whether the registry would take the schemas; it registers none.
    pub(super) fn probe(&self, schemas: &[Wanted<'_>], io: &Io) -> Result<(), Failure> {
        let web = Web::new(self, io)?;
        for wanted in schemas {
            io.wait(io.repeat(&Policy::PROBE, || async {
                match self.api {
                    Api::Confluent(subjects) => confluent::look(&web, subjects, wanted).await,
                    Api::Cloudera(_) => cloudera::look(&web, wanted).await,
                }
            }))?;
        }
        Ok(())
    }

    /// Registers a schema, and answers what stands in front of its messages.
    pub(super) fn register(&self, wanted: Wanted<'_>, io: &Io) -> Result<Vec<u8>, Failure> {
        let web = Web::new(self, io)?;
        io.wait(io.repeat(&OPENING, || async {
            match self.api {
                Api::Confluent(subjects) => confluent::register(&web, subjects, &wanted).await,
                Api::Cloudera(version) => cloudera::register(&web, version, &wanted).await,
            }
        }))
    }
}

/// What is wrong was added to the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told;

/// The full name of the record that `schema` describes.
fn full_name(schema: &str) -> String {
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap_or_default();
    let text = |key: &str| schema.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    match text("namespace") {
        "" => text("name").to_owned(),
        namespace => format!("{namespace}.{}", text("name")),
    }
}

fn url(settings: &mut Reader<'_>) -> Option<Url> {
    let text = settings.text(URL)?;
    let text = text.trim();
    // The reference names a host with its port.
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none()
    });
    let Some(url) = url else {
        let value = serde_json::Value::String(text.to_owned());
        settings.wrong(URL, &value, "a URL such as `https://registry.example:8081`");
        return None;
    };
    let host = url.host_str().and_then(|host| host.parse::<Host>().ok());
    let host = host.map(|host| host.at(url.port_or_known_default().unwrap_or(443)));
    if let Some(host) = host
        && let Err(error) = settings.reach(URL).check(&host)
    {
        let message = format!("`{URL}`: {error}");
        settings.error_with_hint(URL, "host_not_allowed", message, error.cure());
        return None;
    }
    Some(url)
}
