//! Whom connections to brokers trust, and who we are: as PEM, or in Java's key stores as the reference has them.

use datagen_kafka as kafka;

use super::attributes::CA;
use super::failure::failure;
use crate::attributes::Reader;
use crate::remote::{Failure, Kind, Pem};
use crate::secrets::Secret;

const CERTIFICATE: &str = "KAFKA_SSL_CERTIFICATE";
const KEY: &str = "KAFKA_SSL_KEY";
const TRUST_STORE: &str = "KAFKA_TRUSTSTORE_LOCATION";
const TRUST_PASSWORD: &str = "KAFKA_TRUSTSTORE_PASSWORD";
const KEY_STORE: &str = "KAFKA_KEYSTORE_LOCATION";
const KEY_STORE_PASSWORD: &str = "KAFKA_KEYSTORE_PASSWORD";
const KEY_PASSWORD: &str = "KAFKA_KEYSTORE_KEY_PASSWORD";

/// Settings of Java's key stores.
const STORES: [&str; 5] =
    [TRUST_STORE, TRUST_PASSWORD, KEY_STORE, KEY_STORE_PASSWORD, KEY_PASSWORD];

#[derive(Debug)]
pub(super) struct Encryption {
    authorities: Authorities,
    identity: Option<Identity>,
}

#[derive(Debug)]
enum Authorities {
    System,
    Pem(Pem),
    Store { file: Pem, password: Option<Secret> },
}

#[derive(Debug)]
enum Identity {
    Pem { chain: Pem, key: Secret },
    Store { file: Pem, password: Secret, key: Secret },
}

impl Encryption {
    /// What `settings` say of it; it is of no use after adding errors to them.
    pub(super) fn of(settings: &mut Reader<'_>) -> Self {
        let authorities = match (Pem::of(CA, settings), Pem::of(TRUST_STORE, settings)) {
            (Some(pem), store) => {
                if store.is_some() {
                    no_effect(TRUST_STORE, &format!("`{CA}` says it"), settings);
                }
                Authorities::Pem(pem)
            }
            (None, Some(file)) => {
                Authorities::Store { file, password: settings.secret(TRUST_PASSWORD) }
            }
            (None, None) => Authorities::System,
        };
        Self { authorities, identity: identity(settings) }
    }

    /// Warns of what is of no use where connections are not encrypted.
    pub(super) fn unused(settings: &mut Reader<'_>) {
        for key in STORES.into_iter().filter(|key| settings.has(key)).collect::<Vec<_>>() {
            no_effect(key, "`KAFKA_SECURITY_PROTOCOL` is neither SSL nor SASL_SSL", settings);
        }
    }

    /// As the client wants it; files are read now.
    pub(super) fn read(&self) -> Result<kafka::Tls, Failure> {
        let authorities = match &self.authorities {
            Authorities::System => None,
            Authorities::Pem(pem) => Some(pem.bytes()?),
            Authorities::Store { file, password } => {
                let bytes = store(TRUST_STORE, file, "`openssl pkcs12 -in FILE -nokeys`", CA)?;
                let password = password.as_ref().map(secret);
                // Kafka's own clients take PEM here, too.
                Some(if bytes.starts_with(b"-----BEGIN") {
                    bytes
                } else {
                    kafka::authorities(&bytes, password.as_ref()).map_err(failure)?
                })
            }
        };
        let identity = match &self.identity {
            None => None,
            Some(Identity::Pem { chain, key }) => Some((chain.bytes()?, secret(key))),
            Some(Identity::Store { file, password, key }) => {
                let more = format!("{CERTIFICATE}` and `{KEY}");
                let bytes = store(KEY_STORE, file, "`openssl pkcs12 -in FILE -nodes`", &more)?;
                let (password, key) = (secret(password), secret(key));
                Some(kafka::identity(&bytes, Some(&password), &key).map_err(failure)?)
            }
        };
        Ok(kafka::Tls { authorities, identity })
    }
}

fn identity(settings: &mut Reader<'_>) -> Option<Identity> {
    let chain = Pem::of(CERTIFICATE, settings);
    let file = Pem::of(KEY_STORE, settings);
    match (chain, settings.secret(KEY), file) {
        (None, None, None) => None,
        (Some(chain), Some(key), file) => {
            if file.is_some() {
                no_effect(KEY_STORE, &format!("`{CERTIFICATE}` and `{KEY}` say it"), settings);
            }
            Some(Identity::Pem { chain, key })
        }
        (None, None, Some(file)) => {
            let Some(password) = settings.secret(KEY_STORE_PASSWORD) else {
                let message = format!("`{KEY_STORE_PASSWORD}` is missing: a key store has one");
                settings.error(KEY_STORE_PASSWORD, "missing_option", message);
                return None;
            };
            let key = settings.secret(KEY_PASSWORD).unwrap_or_else(|| password.clone());
            Some(Identity::Store { file, password, key })
        }
        _ => {
            let message = format!("`{CERTIFICATE}` and `{KEY}` belong together");
            settings.error(KEY, "missing_option", message);
            None
        }
    }
}

/// The bytes of a store that can be read here; of PKCS#12 and others the way to one that can.
fn store(key: &str, file: &Pem, openssl: &str, instead: &str) -> Result<Vec<u8>, Failure> {
    let bytes = file.bytes()?;
    if kafka::is_jks(&bytes) || bytes.starts_with(b"-----BEGIN") {
        return Ok(bytes);
    }
    let kind = if bytes.first() == Some(&0x30) { "PKCS#12, not JKS" } else { "no JKS" };
    let told = format!("the store of `{key}` is {kind}");
    Err(Failure::new(Kind::Refused, told).cured_by(format!(
        "`keytool -importkeystore -srckeystore FILE -destkeystore FILE.jks -deststoretype JKS` makes JKS of it, {openssl} \
         PEM for `{instead}`"
    )))
}

fn no_effect(key: &str, reason: &str, settings: &mut Reader<'_>) {
    settings.warn(key, "no_effect", format!("`{key}` has no effect: {reason}"));
}

fn secret(secret: &Secret) -> kafka::Secret {
    kafka::Secret::new(secret.expose())
}
