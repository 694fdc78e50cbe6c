//! Certificates: given as PEM, or as the path of a file that is read when a target opens.

use crate::attributes::Reader;
use crate::reach::Reach;
use crate::remote::{Failure, Kind};

/// Certificates as a setting gives them.
#[derive(Debug, Clone)]
pub(super) struct Pem {
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
    /// What `key` says; `None` where it says nothing, or after adding errors to `settings`.
    pub(super) fn of(key: &'static str, settings: &mut Reader<'_>) -> Option<Self> {
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

    /// The text.
    pub(super) fn read(&self) -> Result<String, Failure> {
        match &self.from {
            From::Text(text) => Ok(text.clone()),
            From::File(path) => std::fs::read(path)
                // Whether it is PEM is told by whoever reads it.
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .map_err(|error| {
                    let told = format!("`{}` cannot be read: `{path}`: {error}", self.key);
                    Failure::new(Kind::Refused, told)
                        .cured_by(format!("set `{}` to a file that is there", self.key))
                }),
        }
    }
}
