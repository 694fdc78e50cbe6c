//! Certificates: given as PEM, or as the path of a file that is read when somebody connects.

use reqwest::Certificate;

use super::{Failure, Kind};
use crate::attributes::Reader;
use crate::reach::Reach;

/// Certificates as a setting gives them.
#[derive(Debug, Clone)]
pub(crate) struct Pem {
    /// The setting.
    key: &'static str,
    from: From,
}

#[derive(Debug, Clone)]
enum From {
    Text(String),
    File(String),
}

impl Pem {
    /// What `key` says: only an operator and whoever may reach everything name files. `None` where it says
    /// nothing, or after adding errors to `settings`.
    pub(crate) fn of(key: &'static str, settings: &mut Reader<'_>) -> Option<Self> {
        let text = settings.text(key)?;
        if text.trim_start().starts_with("-----BEGIN") {
            return Some(Self { key, from: From::Text(text) });
        }
        if settings.reach(key) == Reach::free() {
            return Some(Self { key, from: From::File(text.trim().to_owned()) });
        }
        settings.error_with_hint(
            key,
            "wrong_value",
            format!("`{key}` names a file of the server's machine"),
            "give the certificate itself, from `-----BEGIN CERTIFICATE-----` on",
        );
        None
    }

    /// The text; whether it is PEM is told by whoever reads it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    /// The bytes of a setting that may name a file of another format.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        match &self.from {
            From::Text(text) => Ok(text.clone().into_bytes()),
            From::File(path) => std::fs::read(path).map_err(|error| {
                Failure::new(Kind::Refused, format!("read `{path}`: {error}"))
                    .cured_by(format!("set {} to a file that is there", self.key))
            }),
        }
    }

    /// The certificates of authorities that it holds, at least one.
    ///
    /// # Errors
    ///
    /// When there is none, or the file cannot be read.
    pub(crate) fn authorities(&self) -> Result<Vec<Certificate>, Failure> {
        let certificates = Certificate::from_pem_bundle(self.read()?.as_bytes());
        let certificates = certificates.unwrap_or_default();
        if certificates.is_empty() { Err(self.no_certificate()) } else { Ok(certificates) }
    }

    /// What is wrong where it holds none.
    pub(super) fn no_certificate(&self) -> Failure {
        let shown = match &self.from {
            From::Text(_) => self.key,
            From::File(path) => path,
        };
        Failure::new(Kind::Refused, format!("`{shown}` holds no certificate in PEM"))
            .cured_by(format!("set {} to the certificate of an authority", self.key))
    }
}
