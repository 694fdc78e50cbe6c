//! One setting: its key, what it means, and how its environment variable is read.

use std::path::PathBuf;

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

use super::Config;
use crate::sandbox;

/// A setting, as its documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key of the settings file.
    pub key: &'static str,
    /// The lines of its explanation.
    pub(super) doc: &'static [&'static str],
    /// What its environment variable holds, in words.
    pub(crate) form: &'static str,
    pub(super) read: fn(&str) -> Value,
}

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("DATAGEN_{}", self.key.to_uppercase())
    }

    /// What it means, a sentence without its full stop.
    pub fn meaning(&self) -> String {
        let text: Vec<&str> = self.doc.iter().map(|line| line.trim()).collect();
        text.join(" ").trim_end_matches('.').to_owned()
    }

    /// What holds when nobody sets it.
    pub fn default_value(&self) -> String {
        let home = std::env::var("HOME").unwrap_or_default();
        let all = Value::serialize(Config::default()).ok();
        let value = all.as_ref().and_then(|all| all.find_ref(self.key));
        match value {
            Some(Value::String(_, text)) => match text.strip_prefix(&home) {
                Some(below) if !home.is_empty() && below.starts_with('/') => format!("~{below}"),
                _ => text.clone(),
            },
            Some(Value::Num(_, number)) => {
                number.to_u128().map_or_else(|| "none".to_owned(), |number| number.to_string())
            }
            Some(Value::Bool(_, flag)) => flag.to_string(),
            Some(Value::Array(_, items)) if !items.is_empty() => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                items.join(", ")
            }
            Some(Value::Dict(..)) => "`datagen fields` shows them".to_owned(),
            _ => "none".to_owned(),
        }
    }
}

/// How the type of a setting is written in an environment variable.
pub(super) trait Form {
    /// In words.
    const FORM: &'static str;

    /// The value that `text` means; a text that means none is told by whoever reads the whole.
    fn read(text: &str) -> Value;
}

impl Form for String {
    const FORM: &'static str = "a text";

    fn read(text: &str) -> Value {
        text.into()
    }
}

impl Form for PathBuf {
    const FORM: &'static str = "a path";

    fn read(text: &str) -> Value {
        text.into()
    }
}

impl<T: Form> Form for Option<T> {
    const FORM: &'static str = T::FORM;

    fn read(text: &str) -> Value {
        T::read(text)
    }
}

impl Form for Vec<PathBuf> {
    const FORM: &'static str = "paths, with `:` between them";

    fn read(text: &str) -> Value {
        list(text, ':')
    }
}

impl Form for Vec<String> {
    const FORM: &'static str = "texts, with `,` between them";

    fn read(text: &str) -> Value {
        list(text, ',')
    }
}

impl Form for bool {
    const FORM: &'static str = "`true` or `false`";

    fn read(text: &str) -> Value {
        guessed(text)
    }
}

impl Form for usize {
    const FORM: &'static str = "a number";

    fn read(text: &str) -> Value {
        guessed(text)
    }
}

impl Form for u64 {
    const FORM: &'static str = "a number";

    fn read(text: &str) -> Value {
        guessed(text)
    }
}

impl Form for u32 {
    const FORM: &'static str = "a number";

    fn read(text: &str) -> Value {
        guessed(text)
    }
}

impl Form for sandbox::Limits {
    const FORM: &'static str = "`{block_seconds=10, module_fuel=1000000}`";

    fn read(text: &str) -> Value {
        guessed(text)
    }
}

/// A list: `[a, b]` as figment writes it, or its entries with `separator` between them.
fn list(text: &str, separator: char) -> Value {
    if text.trim_start().starts_with('[') {
        return guessed(text);
    }
    let entries = text.split(separator).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(Value::from).collect::<Vec<Value>>().into()
}

/// A value of the kind that its text looks like.
fn guessed(text: &str) -> Value {
    // Never fails: what looks like nothing else is a text.
    text.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

/// The settings that environment variables give.
#[derive(Debug)]
pub(super) struct Variables(Dict);

impl Variables {
    /// An empty variable counts as not set.
    pub(super) fn read(settings: &[Setting], variable: impl Fn(&str) -> Option<String>) -> Self {
        let given = settings.iter().filter_map(|setting| {
            let text = variable(&setting.variable()).filter(|text| !text.trim().is_empty())?;
            Some((setting.key.to_owned(), (setting.read)(&text)))
        });
        Self(given.collect())
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment variables `DATAGEN_…`")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::Serialized;

    use super::super::SETTINGS;
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, Box<figment::Error>> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        let defaults = Figment::from(Serialized::defaults(Config::default()));
        defaults.merge(Variables::read(SETTINGS, find)).extract().map_err(Box::new)
    }

    // Issue 9, F16c.
    #[test]
    fn lists_are_given_as_paths_and_as_texts_are() {
        let given = config(&[
            ("DATAGEN_READ_ROOTS", "/x:/y"),
            ("DATAGEN_EXTENSIONS", "[\"a\", \"b\"]"),
            ("DATAGEN_ALLOWED_HOSTS", "one.example, two.example"),
            ("DATAGEN_HOME", "123"),
            ("DATAGEN_MAX_THREADS", "7"),
            ("DATAGEN_METRICS_LOGIN", "true"),
            ("DATAGEN_TLS_KEY", ""),
            ("DATAGEN_EXTENSION_LIMITS", "{module_fuel=12}"),
        ]);
        let given = given.unwrap();
        assert_eq!(given.read_roots, [PathBuf::from("/x"), PathBuf::from("/y")]);
        assert_eq!(given.extensions, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!(given.allowed_hosts, ["one.example", "two.example"]);
        assert_eq!((given.home, given.max_threads), (PathBuf::from("123"), 7));
        assert_eq!((given.metrics_login, given.tls_key), (true, None));
        let limits = sandbox::Limits { module_fuel: 12, ..sandbox::Limits::default() };
        assert_eq!(given.extension_limits, limits, "the others keep their defaults");
    }

    /// For all settings: a variable of what is shown as its default gives the default.
    #[test]
    fn every_setting_is_a_variable() {
        for setting in SETTINGS {
            let shown = match (setting.default_value().as_str(), setting.form) {
                ("none", _) => String::new(),
                (text, form) if form.starts_with("paths") => text.replace(", ", ":"),
                (text, _) => text.replace('~', &std::env::var("HOME").unwrap_or_default()),
            };
            if setting.key == "extension_limits" {
                continue;
            }
            let given = config(&[(&setting.variable(), &shown)]).unwrap();
            assert_eq!(given, Config::default(), "{}", setting.key);
            assert!(!setting.meaning().is_empty());
        }
        insta::assert_snapshot!(config(&[("DATAGEN_MAX_THREADS", "many")]).unwrap_err(), @r#"invalid type: found string "many", expected usize for key "default.max_threads" in environment variables `DATAGEN_…`"#);
    }
}
