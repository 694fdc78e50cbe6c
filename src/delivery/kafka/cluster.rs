//! The way to a cluster: its brokers, encryption, login.

use std::time::Duration;

use datagen_kafka as kafka;
use datagen_kafka::{Cancel, Client, Mechanism};

use super::attributes::{BROKERS, MECHANISM, MECHANISMS, PROTOCOL};
use super::encryption::Encryption;
use super::failure::failure;
use super::kerberos::Kerberos;
use crate::attributes::Reader;
use crate::reach::{Host, Reach, ReachError};
use crate::remote::{Failure, Io};

/// Where brokers listen that are named without a port.
const PORT: u16 = 9092;

/// A cluster, and how it is entered.
#[derive(Debug)]
pub(super) struct Cluster {
    /// `host:port`, in the order of the setting.
    pub(super) brokers: Vec<String>,
    reach: Reach,
    timeout: Duration,
    encryption: Option<Encryption>,
    sasl: Option<kafka::Sasl>,
}

impl Cluster {
    /// What `settings` say of it; `None` after adding errors to them.
    pub(super) fn of(settings: &mut Reader<'_>) -> Option<Self> {
        let brokers = brokers(settings);
        let timeout = settings.integer("KAFKA_TIMEOUT", 1..=86_400).unwrap_or(300);
        let protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
        let kerberos = Kerberos::of(settings);
        let usual = if kerberos.is_some() { "SASL_PLAINTEXT" } else { "PLAINTEXT" };
        let protocol = settings.choice(PROTOCOL, &protocols).unwrap_or(usual);
        let encryption = if protocol.ends_with("SSL") {
            Some(Encryption::of(settings))
        } else {
            Encryption::unused(settings);
            None
        };
        let sasl = match kerberos {
            Some(kerberos) => Some(kerberos.sasl(protocol, settings)?),
            None if protocol.starts_with("SASL") => Some(secret_login(settings)?),
            None => None,
        };
        Some(Self {
            brokers: brokers?,
            reach: settings.reach(BROKERS),
            timeout: Duration::from_secs(timeout.unsigned_abs()),
            encryption,
            sasl,
        })
    }

    /// A client of it, which ends with the run.
    pub(super) fn client(&self, io: &Io) -> Result<Client, Failure> {
        self.client_for(io, self.timeout)
    }

    /// A client that tries for at most `within`.
    pub(super) fn client_for(&self, io: &Io, within: Duration) -> Result<Client, Failure> {
        let mut config = kafka::Config::new(&self.brokers);
        config.tls = self.encryption.as_ref().map(Encryption::read).transpose()?;
        config.sasl.clone_from(&self.sasl);
        config.delivery_timeout = within;
        config.repeated = io.retry_counter();
        let reach = self.reach.clone();
        config.resolve = kafka::Resolve::new(move |host, port| {
            // Also of the brokers that the cluster names.
            let host: Host = host
                .parse::<Host>()
                .map_err(|error| kafka::NoAddress::Unknown(error.to_string()))?;
            reach.addresses(&host.at(port), port).map_err(|error| match error {
                ReachError::Unknown { .. } => kafka::NoAddress::Unknown(error.to_string()),
                _ => kafka::NoAddress::Forbidden(format!("{error} ({})", error.cure())),
            })
        });
        let cancel = io.cancel().clone();
        config.cancel = Cancel::new(move || cancel.is_cancelled());
        Client::new(config).map_err(failure)
    }
}

fn brokers(settings: &mut Reader<'_>) -> Option<Vec<String>> {
    let texts = settings.texts(BROKERS).unwrap_or_default();
    if texts.is_empty() {
        if !settings.has(BROKERS) {
            let message = "`KAFKA_BROKERS` is missing: some brokers of the cluster, as `host:port`";
            settings.error(BROKERS, "missing_option", message);
        }
        return None;
    }
    let reach = settings.reach(BROKERS);
    let mut brokers = Vec::new();
    for text in &texts {
        let host = match text.parse::<Host>() {
            Ok(host) => host.at(PORT),
            Err(error) => {
                settings.error(BROKERS, "wrong_value", format!("`KAFKA_BROKERS`: {error}"));
                continue;
            }
        };
        if let Err(error) = reach.check(&host) {
            let message = format!("`KAFKA_BROKERS`: {error}");
            settings.error_with_hint(BROKERS, "host_not_allowed", message, error.cure());
            continue;
        }
        brokers.push(host.to_string());
    }
    (brokers.len() == texts.len()).then_some(brokers)
}

/// A login by a password or a token.
fn secret_login(settings: &mut Reader<'_>) -> Option<kafka::Sasl> {
    let mechanism = match settings.choice(MECHANISM, MECHANISMS) {
        Some("PLAIN") => Mechanism::Plain,
        Some("SCRAM-SHA-512") => Mechanism::ScramSha512,
        Some("OAUTHBEARER") => Mechanism::OAuthBearer,
        _ => Mechanism::ScramSha256,
    };
    let user = settings.text("KAFKA_SASL_USERNAME");
    if user.is_none() && mechanism != Mechanism::OAuthBearer {
        let message = "`KAFKA_SASL_USERNAME` is missing: the name of the login";
        settings.error("KAFKA_SASL_USERNAME", "missing_option", message);
    }
    let Some(secret) = settings.secret("KAFKA_SASL_PASSWORD") else {
        let message = "`KAFKA_SASL_PASSWORD` is missing: the password of the login";
        settings.error("KAFKA_SASL_PASSWORD", "missing_option", message);
        return None;
    };
    Some(kafka::Sasl::Secret {
        mechanism,
        user: user.unwrap_or_default(),
        secret: kafka::Secret::new(secret.expose()),
    })
}
