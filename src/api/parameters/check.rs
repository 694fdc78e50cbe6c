//! What was sent and cannot be meant: refused with the cure instead of dropped.

use std::collections::BTreeMap;

use super::body::looks_like_json;
use super::{CONNECTORS, Parameter, Parameters, Upload};
use crate::api::error::ApiError;
use crate::delivery;
use crate::problems::{Problem, did_you_mean, excerpt};

/// Longest name of a parameter or setting.
const MAX_NAME_BYTES: usize = 128;

/// Fewest characters that two names have to begin with alike to be taken for one another.
const FEWEST_ALIKE: usize = 4;

impl Parameters {
    /// Refuses what the operation does not take.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        self.uploads.iter().try_for_each(|upload| self.check_upload(upload))?;
        self.texts.iter().try_for_each(|parameter| self.check_name(parameter))?;
        self.check_repetitions()
    }

    fn check_upload(&self, upload: &Upload) -> Result<(), ApiError> {
        let (name, file_name) = (excerpt(&upload.name), excerpt(&upload.file_name));
        let takes = self.form.takes(&upload.name);
        let message = match (takes, self.form.best_file_name()) {
            (Some(takes), _) if takes.file => {
                let text = upload.bytes.strip_prefix("\u{feff}".as_bytes());
                if !text.unwrap_or(&upload.bytes).trim_ascii().is_empty() {
                    return Ok(());
                }
                format!("the file `{file_name}` is empty")
            }
            (Some(_), _) => format!(
                "the file `{file_name}` came as `{name}`, which takes a text; curl sends the text of a file \
                 by -F '{name}=<FILE'"
            ),
            (None, Some(best)) => format!(
                "the file `{file_name}` came as `{name}`, which is no parameter; send it as `{best}`"
            ),
            (None, None) => {
                format!("the file `{file_name}` came as `{name}`, and no file is taken here")
            }
        };
        Err(ApiError::Parameter(Problem::error("wrong_upload", upload.name.as_str(), message)))
    }

    fn check_name(&self, parameter: &Parameter) -> Result<(), ApiError> {
        let Parameter { name, text } = parameter;
        if self.form.takes(name).is_some() {
            return Ok(());
        }
        let odd = |c: char| c.is_control() || c.is_whitespace() || "{}[]<>\"'=:".contains(c);
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(odd) {
            let message = format!("`{}` is no name of a parameter", excerpt(name));
            return Err(self.refused("wrong_name", name, message));
        }
        if !self.form.takes_settings() {
            let mut message = format!("there is no parameter `{}` here", excerpt(name));
            let known: Vec<_> = self.form.names().collect();
            if known.is_empty() {
                message.push_str(", nor any other");
            } else {
                message.push_str(", expected ");
                message.push_str(&known.join(", "));
            }
            return Err(self.refused("unknown_parameter", name, message));
        }
        if name == CONNECTORS {
            return Ok(());
        }
        if self.probably_meant(name).is_some() {
            let message = format!("there is no parameter `{}`", excerpt(name));
            return Err(self.refused("unknown_parameter", name, message));
        }
        if looks_like_json(text.as_bytes()) {
            let mut message =
                format!("`{}` is JSON, and no such parameter takes it", excerpt(name));
            if self.form.takes_model() {
                message.push_str("; a model is sent as `model_file`");
            }
            return Err(self.refused("unknown_parameter", name, message));
        }
        Ok(())
    }

    fn refused(&self, code: &'static str, name: &str, message: String) -> ApiError {
        let mut problem = Problem::error(code, name, message);
        problem.hint = self.probably_meant(name).map(|name| format!("did you mean `{name}`?"));
        ApiError::Parameter(problem)
    }

    /// The parameter that is probably meant by `name`: one that differs in a letter or two, or begins alike
    /// (`batch`, `rows_per_batch`).
    fn probably_meant(&self, name: &str) -> Option<&str> {
        let folded = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
        let alike = |known: &str| {
            let (one, two) = (folded(name), folded(known));
            one.chars().zip(two.chars()).take_while(|(one, two)| one == two).count()
        };
        // Of equally close ones the one that begins like it: `row` is `rows` rather than `now`.
        let mut known: Vec<&str> = self.form.names().collect();
        known.sort_by_key(|known| std::cmp::Reverse(alike(known)));
        if let Some(close) = did_you_mean(name, known) {
            return Some(close);
        }
        let word = folded(name);
        self.form.names().find(|known| {
            let known = folded(known);
            let shorter = word.len().min(known.len());
            // `file_name` is the beginning of no parameter, but of a wish for another setting.
            shorter >= FEWEST_ALIKE
                && known != "file"
                && (known.starts_with(&word) || word.starts_with(&known))
        })
    }

    /// Refuses two values where one is taken: whichever won, the other would be dropped.
    fn check_repetitions(&self) -> Result<(), ApiError> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for Parameter { name, text } in &self.texts {
            let takes = self.form.takes(name);
            let text = text.trim();
            if text.is_empty() || name == CONNECTORS || takes.is_some_and(|takes| takes.several) {
                continue;
            }
            // The letter case of a setting does not count.
            let key = if takes.is_some() { name.clone() } else { name.to_uppercase() };
            let first = *seen.entry(key).or_insert(text);
            if first != text {
                let is_secret = takes.is_none() && delivery::is_secret(name);
                let name = excerpt(name);
                let message = if is_secret {
                    format!("`{name}` is given twice, with two values")
                } else {
                    let (first, second) = (excerpt(first), excerpt(text));
                    format!("`{name}` is given twice, as `{first}` and as `{second}`")
                };
                return Err(ApiError::parameter(&name, message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::forms::Form;
    use axum::body::Bytes;

    fn datagen() -> Parameters {
        let names = [
            "rows",
            "batches",
            "threads",
            "model@",
            "model_file@",
            "file@",
            "scheduled",
            "cron",
            "delay_between_executions_seconds",
            "seed",
            "now",
        ];
        Parameters::new(Form::of_names(&names, true))
    }

    /// The words of the refusal of `name=text`; empty when it is taken.
    fn refusal(mut parameters: Parameters, name: &str, text: &str) -> String {
        parameters.add(name, text.to_owned()).unwrap();
        parameters.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    // Issue 9, F2: a parameter that is misspelt is refused, a setting that is unknown is not.
    #[test]
    fn a_slip_of_the_pen_is_no_setting() {
        for (name, meant) in [
            ("row", "rows"),
            ("FIEL", "file"),
            ("fiel", "file"),
            ("Model", "model"),
            ("modelFile", "model_file"),
            ("model_name", "model_file"),
            ("batch", "batches"),
            ("thread", "threads"),
            ("rows_per_batch", "rows"),
            ("ROWS", "rows"),
            ("sed", "seed"),
        ] {
            let words = refusal(datagen(), name, "5");
            assert!(words.contains(&format!("did you mean `{meant}`?")), "{name}: {words}");
        }
        for name in ["FOO", "S3_SECRET", "extraProperties", "credentials", "file_name"] {
            assert_eq!(refusal(datagen(), name, "5"), "", "{name}");
        }
    }

    /// For all settings of all connectors: none is taken for a misspelt parameter.
    #[test]
    fn no_setting_is_like_a_parameter() {
        for connector in delivery::connectors() {
            for attribute in connector.attributes() {
                assert_eq!(refusal(datagen(), attribute.name, "5"), "", "{}", attribute.name);
                let lower = attribute.name.to_lowercase();
                assert_eq!(refusal(datagen(), &lower, "5"), "", "{lower}");
            }
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["{\"Fields\"", "Fields: - name", "<model>", "a\nb", "", &"x".repeat(129)] {
            assert!(refusal(datagen(), name, "").contains("is no name of a parameter"), "{name}");
        }
        let json = refusal(datagen(), "payload", "{\"Fields\": []}");
        insta::assert_snapshot!(json, @"payload: `payload` is JSON, and no such parameter takes it; a model is sent as `model_file`");
    }

    #[test]
    fn an_operation_without_settings_takes_what_it_documents() {
        let listing = || Parameters::new(Form::of_names(&["limit", "offset"], false));
        insta::assert_snapshot!(refusal(listing(), "limt", "5"), @"limt: there is no parameter `limt` here, expected limit, offset (did you mean `limit`?)");
        insta::assert_snapshot!(refusal(listing(), "FOO", "5"), @"FOO: there is no parameter `FOO` here, expected limit, offset");
        assert_eq!(refusal(listing(), "limit", "5"), "");
    }

    // Issue 9, D11: neither the last nor the first one wins.
    #[test]
    fn two_values_are_refused_where_one_is_taken() {
        let twice = |name: &str, first: &str, second: &str| {
            let mut parameters = datagen();
            parameters.add(name, first.to_owned()).unwrap();
            refusal(parameters, name, second)
        };
        insta::assert_snapshot!(twice("rows", "5", "7"), @"rows: `rows` is given twice, as `5` and as `7`");
        insta::assert_snapshot!(twice("my_password", "hunter2", "hunter3"), @"my_password: `my_password` is given twice, with two values");
        assert_eq!(twice("rows", "5", " 5 "), "");
        assert_eq!(twice("rows", "5", ""), "", "a field of a page that was left out");
        assert_eq!(twice("connectors", "csv", "json"), "");
        let mut parameters = datagen();
        parameters.add("CSV_NULL", "a".to_owned()).unwrap();
        assert!(refusal(parameters, "csv_null", "b").contains("is given twice"));
    }

    #[test]
    fn a_file_has_to_come_where_one_is_taken() {
        let upload = |name: &str, content: &'static str| {
            let mut parameters = datagen();
            parameters.add_upload(name, "claims.json", Bytes::from(content)).unwrap();
            parameters.check().err().map(|error| error.to_string()).unwrap_or_default()
        };
        insta::assert_snapshot!(upload("fiel", "{}"), @"fiel: the file `claims.json` came as `fiel`, which is no parameter; send it as `model_file`");
        insta::assert_snapshot!(upload("rows", "5"), @"rows: the file `claims.json` came as `rows`, which takes a text; curl sends the text of a file by -F 'rows=<FILE'");
        insta::assert_snapshot!(upload("model_file", " \n"), @"model_file: the file `claims.json` is empty");
        for name in ["model", "model_file", "file"] {
            assert_eq!(upload(name, "{}"), "", "{name}");
        }
    }
}
