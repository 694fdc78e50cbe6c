//! `[connectors]`: what an operator sets of connectors, as it is written, before anybody knows what it means.
//!
//! ```toml
//! [connectors]
//! allowed_hosts = ["kafka.example:9092", "*.s3.example"]
//! [connectors.kafka]
//! brokers = "kafka.example:9092"
//! locked = ["brokers"]
//! [connectors.s3.lake]
//! endpoint = "https://lake.s3.example"
//! ```
//!
//! Every value is taken for a secret here, and no message quotes one: which is a secret, the connectors say, and
//! `draft` asks them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ConfigError;
use crate::secrets::Secret;

/// What variables of connectors begin with: `DATAGEN_CONNECTORS_KAFKA_BROKERS`.
pub(crate) const VARIABLES: &str = "DATAGEN_CONNECTORS_";

/// What an operator sets of connectors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Connectors {
    /// Hosts that models and calls of a server may have connected to.
    pub(crate) allowed_hosts: Vec<String>,
    /// The sections of connectors by their names.
    pub(crate) sections: BTreeMap<String, Section>,
    /// What environment variables set, by their names without [`VARIABLES`], in lower case.
    pub(crate) variables: BTreeMap<String, Secret>,
}

/// The section of a kind of connectors, or of a profile of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Section {
    /// Its values as texts; of a list, its entries with commas between them.
    pub(crate) values: BTreeMap<String, Secret>,
    /// The keys that no model and no call may set.
    pub(crate) locked: Vec<String>,
    /// Its profiles by their names.
    pub(crate) profiles: BTreeMap<String, Self>,
}

/// A value as the file has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Raw>),
    Section(BTreeMap<String, Raw>),
}

impl Raw {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text),
            Self::List(entries) => {
                let texts: Option<Vec<String>> = entries.into_iter().map(Self::into_text).collect();
                texts.map(|texts| texts.join(","))
            }
            Self::Section(_) => None,
        }
    }

    fn into_list(self) -> Option<Vec<String>> {
        Some(entries(&self.into_text()?))
    }
}

/// The entries of a list that is written as one text.
fn entries(text: &str) -> Vec<String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(str::to_owned).collect()
}

/// Whether variables can name the profile `name`, too.
fn is_profile_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

impl Section {
    fn of(given: BTreeMap<String, Raw>, is_profile: bool) -> Result<Self, String> {
        let mut section = Self::default();
        for (key, raw) in given {
            match raw {
                raw if key == "locked" => {
                    section.locked =
                        raw.into_list().ok_or("`locked` is a section, expected a list of keys")?;
                }
                Raw::Section(_) if !is_profile && !is_profile_name(&key) => {
                    return Err(format!(
                        "`{key}` is no name of a profile, expected lower-case letters, digits and `_`"
                    ));
                }
                Raw::Section(given) if !is_profile => {
                    let profile =
                        Self::of(given, true).map_err(|error| format!("`{key}`: {error}"))?;
                    section.profiles.insert(key, profile);
                }
                raw => {
                    let text = raw.into_text().ok_or_else(|| {
                        format!("`{key}` is a section, expected a text, a number or a list")
                    })?;
                    section.values.insert(key, Secret::new(text));
                }
            }
        }
        Ok(section)
    }
}

impl Connectors {
    fn of(raw: Raw) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected `allowed_hosts`, or the section of a connector such as `[connectors.kafka]`";
        let Raw::Section(given) = raw else {
            return Err(format!("`connectors` is no section, {EXPECTED}"));
        };
        let mut connectors = Self::default();
        for (key, raw) in given {
            match raw {
                raw if key == "allowed_hosts" => {
                    let hosts = raw.into_list();
                    connectors.allowed_hosts =
                        hosts.ok_or("`allowed_hosts` is a section, expected a list of hosts")?;
                }
                Raw::Section(given) => {
                    let section =
                        Section::of(given, false).map_err(|error| format!("`{key}`: {error}"))?;
                    connectors.sections.insert(key, section);
                }
                _ => return Err(format!("`{key}` stands in `[connectors]`, {EXPECTED}")),
            }
        }
        Ok(connectors)
    }

    /// Adds what `variables` set: an empty one counts as not set.
    pub(super) fn add_variables(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            let Some(key) = name.strip_prefix(VARIABLES) else { continue };
            let text = value.into_string();
            let text =
                text.map_err(|_| ConfigError::new(format!("`{name}` is no text in UTF-8")))?;
            let secret = Secret::new(text);
            if secret.is_blank() {
                continue;
            }
            if key == "ALLOWED_HOSTS" {
                self.allowed_hosts = entries(secret.expose());
            } else {
                self.variables.insert(key.to_lowercase(), secret);
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Connectors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Raw::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// As if nothing was set: what is, nobody is shown.
impl Serialize for Connectors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BTreeMap::<String, String>::new().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format as _, Toml};

    use super::*;
    use crate::config::Config;

    fn read(toml: &str) -> Result<Config, ConfigError> {
        Config::read(Figment::from(Toml::string(toml)))
    }

    #[test]
    fn sections_of_connectors_are_read_and_never_shown() {
        let mut config = read(
            "[connectors]\nallowed_hosts = [\"a:1\", \"*.b\"]\n[connectors.kafka]\nbrokers = [\"a:1\", \"b:2\"]\n\
             sasl_password = \"hunter2\"\nretries = 5\nlocked = [\"brokers\"]\n\
             [connectors.kafka.test]\ntls = true\n",
        )
        .unwrap();
        assert_eq!(config.connectors.allowed_hosts, ["a:1", "*.b"]);
        let kafka = &config.connectors.sections["kafka"];
        assert_eq!(kafka.values["brokers"].expose(), "a:1,b:2");
        assert_eq!(kafka.values["sasl_password"].expose(), "hunter2");
        assert_eq!(kafka.values["retries"].expose(), "5");
        assert_eq!(kafka.locked, ["brokers"]);
        assert_eq!(kafka.profiles["test"].values["tls"].expose(), "true");
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
        let variables = [
            ("DATAGEN_CONNECTORS_ALLOWED_HOSTS", "c:3, d"),
            ("DATAGEN_CONNECTORS_S3_ENDPOINT", "e"),
            ("DATAGEN_CONNECTORS_S3_REGION", " "),
            ("DATAGEN_HOME", "f"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        config.connectors.add_variables(variables.into_iter()).unwrap();
        assert_eq!(config.connectors.allowed_hosts, ["c:3", "d"]);
        let set: Vec<&str> = config.connectors.variables.keys().map(String::as_str).collect();
        assert_eq!(set, ["s3_endpoint"]);
    }

    /// For all ways to write a secret where it does not belong, or a file that cannot be read: no message has it.
    #[test]
    fn what_cannot_be_read_is_refused_without_its_values() {
        let mut told = Vec::new();
        for toml in [
            "connectors = \"hunter2\"",
            "[connectors]\nkafka = \"hunter2\"",
            "[connectors.kafka.test.deeper]\npassword = \"hunter2\"",
            "[connectors.kafka.Test]\npassword = \"hunter2\"",
            "[connectors.kafka]\nlist = [{password = \"hunter2\"}]",
            "[connectors.kafka]\nlocked = {password = \"hunter2\"}",
            "[connectors]\nallowed_hosts = {password = \"hunter2\"}",
            "[conectors.kafka]\npassword = \"hunter2\"",
            "[connectors.kafka]\npassword = \"hunter2",
            "[connectors.kafka]\npassword = hunter2",
            "[connectors.kafka]\npassword = \"a\"\npassword = \"hunter2\"",
        ] {
            let error = read(toml).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
            told.push(error.to_string());
        }
        insta::assert_snapshot!(told.join("\n"), @r#"
        settings: `connectors` is no section, expected `allowed_hosts`, or the section of a connector such as `[connectors.kafka]` for key "default.connectors" in TOML source string
        settings: `kafka` stands in `[connectors]`, expected `allowed_hosts`, or the section of a connector such as `[connectors.kafka]` for key "default.connectors" in TOML source string
        settings: `kafka`: `test`: `deeper` is a section, expected a text, a number or a list for key "default.connectors" in TOML source string
        settings: `kafka`: `Test` is no name of a profile, expected lower-case letters, digits and `_` for key "default.connectors" in TOML source string
        settings: `kafka`: `list` is a section, expected a text, a number or a list for key "default.connectors" in TOML source string
        settings: `kafka`: `locked` is a section, expected a list of keys for key "default.connectors" in TOML source string
        settings: `allowed_hosts` is a section, expected a list of hosts for key "default.connectors" in TOML source string
        settings: unknown field: found `conectors`, expected `one of `listen`, `home`, `models`, `output_root`, `read_roots`, `extensions`, `extension_limits`, `max_threads`, `max_upload_bytes`, `max_preview_bytes`, `command_memory_bytes`, `max_running_commands`, `max_queued_commands`, `retention_days`, `tls_certificate`, `tls_key`, `max_connections`, `header_timeout_seconds`, `request_timeout_seconds`, `metrics_login`, `allowed_origins`, `allowed_hosts`, `connectors`` for key "default.conectors" in TOML source string
        settings: TOML parse error at line 2, column 20, invalid basic string, in TOML source string
        settings: TOML parse error at line 2, column 12, invalid string, expected `"`, `'`, in TOML source string
        settings: TOML parse error at line 3, column 1, duplicate key `password` in table `connectors.kafka`, in TOML source string
        "#);
    }
}
