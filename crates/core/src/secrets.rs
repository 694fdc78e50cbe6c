//! Secrets: texts that nobody is shown.
//!
//! A [`Secret`] cannot be printed, compared in a time that tells something, or written by serde; its memory is
//! overwritten when it goes. Whoever needs the text asks for it by name ([`Secret::expose`]), so that every such
//! place can be found. Which settings are secrets, attributes say
//! ([`Attribute::secret`](crate::attributes::Attribute::secret)); [`sounds_secret`] is the net below, for keys
//! that nobody declares.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// What is shown in place of a secret.
pub const MASK: &str = "***";

/// A text that nobody is shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` over; it is not copied.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for whoever logs in with it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it but blanks.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl PartialEq for Secret {
    /// Takes as long as the texts are, whatever they hold.
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.0.as_bytes(), other.0.as_bytes());
        let differences = one.iter().zip(two).fold(0, |seen, (one, two)| seen | (one ^ two));
        one.len() == two.len() && std::hint::black_box(differences) == 0
    }
}

impl Eq for Secret {}

/// Secrets by the names of their settings, upper case.
pub type Secrets = BTreeMap<String, Secret>;

/// The secrets of a command: kept apart from what is stored and shown of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenSecrets {
    /// Those of the model, whose text holds [`MASK`] in their places.
    pub model: Secrets,
    /// Those of the call.
    pub call: Secrets,
}

impl GivenSecrets {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.model.is_empty() && self.call.is_empty()
    }
}

/// Words in the names of settings that hold secrets.
const WORDS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "ACCESS_KEY",
    "ACCOUNT_KEY",
    "API_KEY",
    "PRIVATE_KEY",
    "SSL_KEY",
    "JAAS",
    "CREDENTIAL",
];

/// Endings of names that have such a word and hold none: the name of a credential, the path of a key.
const HARMLESS: &[&str] = &["_PATH", "_LOCATION", "_FILE", "_URL", "_TYPE"];

/// Whether the name of a setting that nobody declares says that it holds a secret.
pub fn sounds_secret(key: &str) -> bool {
    let key = key.trim().to_ascii_uppercase().replace(['-', '.', ' '], "_");
    let harmless = ["CREDENTIAL", "CREDENTIALS"].contains(&key.as_str())
        || HARMLESS.iter().any(|ending| key.ends_with(ending));
    !harmless && WORDS.iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("hunter2".to_owned());
        let list = vec![("KEY", secret.clone())];
        assert_eq!(
            format!("{secret:?} {list:?} {:#?}", Some(&secret)),
            "*** [(\"KEY\", ***)] Some(\n    ***,\n)"
        );
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn secrets_are_equal_when_their_texts_are() {
        let secret = |text: &str| Secret::new(text.to_owned());
        assert_eq!(secret("hunter2"), secret("hunter2"));
        for other in ["hunter3", "hunter", "hunter22", ""] {
            assert_ne!(secret("hunter2"), secret(other));
        }
    }

    #[test]
    fn names_tell_secrets_that_nobody_declares() {
        for key in [
            "KAFKA_SASL_PASSWORD",
            "s3_access_key_id",
            "S3_ACCESS_KEY_SECRET",
            "S3_SECRET_ACCESS_KEY",
            "S3_SESSION_TOKEN",
            "KAFKA_SSL_KEY",
            "KAFKA_KEYSTORE_KEY_PASSWORD",
            "sasl.jaas.config",
            "ADLS_SAS_TOKEN",
            "GCS_ACCOUNT_ACCESS_TOKEN",
            "password",
        ] {
            assert!(sounds_secret(key), "{key}");
        }
        for key in [
            "CREDENTIAL",
            "credentials",
            "KAFKA_SASL_USERNAME",
            "KAFKA_MSG_KEY",
            "S3_KEY_NAME",
            "GCS_ACCOUNT_KEY_PATH",
            "KAFKA_KEYSTORE_LOCATION",
            "HBASE_PRIMARY_KEY",
            "KAFKA_SSL_CA",
            "CSV_HEADER",
        ] {
            assert!(!sounds_secret(key), "{key}");
        }
    }
}
