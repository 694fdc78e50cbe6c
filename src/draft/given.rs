//! The settings of a draft: what model, call and credentials say, merged, with secrets apart.
//!
//! From the weakest to the strongest: the credential that the model names, the model, the credential that the
//! call names, the call. What the operator sets stands below all of them: `merged` lays it there for each
//! connector.

use std::sync::Arc;

use serde_json::Value;

use super::{Draft, Operator, Site};
use crate::attributes::Settings;
use crate::delivery;
use crate::problems::{Problem, Problems, excerpt};
use crate::reach::Reach;
use crate::secrets::{MASK, Secrets};

/// The settings that name credentials: ours, and the reference's parameter.
const CREDENTIAL: [&str; 2] = ["CREDENTIAL", "CREDENTIALS"];

/// The setting that chooses a profile of what the operator sets.
const PROFILE: &str = "PROFILE";

/// Most credentials that one model or call names.
const MOST_CREDENTIALS: usize = 16;

/// What a draft's settings came to.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// All of them, merged.
    pub(super) settings: Settings,
    /// The credentials that were used, each once.
    pub(super) credentials: Vec<String>,
    /// The profile that is chosen, in lower case, and where.
    pub(super) profile: Option<(String, String)>,
    pub(super) operator: Arc<Operator>,
    /// What model and call may have connected to.
    pub(super) reach: Reach,
}

impl Given {
    /// Merges the settings of `model` with what `draft` gives beside it. Credentials and masks matter only where
    /// rows go somewhere.
    pub(super) fn new(
        mut model: Settings,
        draft: &Draft<'_>,
        site: &Site,
        problems: &mut Problems,
    ) -> Self {
        let is_delivered = draft.connectors.is_some();
        model.hide(delivery::is_secret);
        unmask(&mut model, &draft.secrets.model, is_delivered, problems);
        let mut call = Settings::default();
        for (key, value) in draft.overrides {
            call.set(key, value.clone().into(), key.clone());
        }
        call.hide(delivery::is_secret);
        for (key, secret) in &draft.secrets.call {
            call.set_secret(key, secret.clone(), key.clone());
        }
        unmask(&mut call, &Secrets::new(), is_delivered, problems);
        let mut given = Self {
            operator: Arc::clone(&site.operator),
            reach: site.reach.clone(),
            ..Self::default()
        };
        for mut layer in [model, call] {
            delivery::rename(&mut layer);
            given.choose_profile(&mut layer, problems);
            given.add_credentials(&mut layer, site, is_delivered, problems);
            given.settings.lay_over(layer);
        }
        refuse_passwords_in_urls(&given.settings, problems);
        given
    }

    /// Takes the profile out of `layer` that it chooses.
    fn choose_profile(&mut self, layer: &mut Settings, problems: &mut Problems) {
        let pointer = layer.pointer(PROFILE).to_owned();
        if let Some(name) = layer.reader(problems).text(PROFILE) {
            self.profile = Some((name.trim().to_lowercase(), pointer));
        }
        layer.remove(PROFILE);
    }

    /// Adds what the credentials hold that `layer` names, and takes their names out of it.
    fn add_credentials(
        &mut self,
        layer: &mut Settings,
        site: &Site,
        is_delivered: bool,
        problems: &mut Problems,
    ) {
        for key in CREDENTIAL {
            let names = layer.reader(problems).texts(key).unwrap_or_default();
            let pointer = layer.pointer(key).to_owned();
            layer.remove(key);
            if !is_delivered {
                continue;
            }
            for name in names.iter().take(MOST_CREDENTIALS) {
                let opened = match &site.vault {
                    Some(vault) => vault.open(name),
                    None => Err(format!("there is no credential `{}`", excerpt(name))),
                };
                match opened {
                    Ok(secrets) => self.add(name, secrets, &pointer),
                    Err(reason) => {
                        problems.push(Problem::error("credential", pointer.clone(), reason));
                    }
                }
            }
        }
    }

    fn add(&mut self, name: &str, secrets: Secrets, pointer: &str) {
        let mut held = Settings::default();
        for (key, secret) in secrets {
            if delivery::is_secret(&key) {
                held.set_secret(&key, secret, pointer);
            } else {
                held.set(&key, Value::from(secret.expose()), pointer);
            }
        }
        delivery::rename(&mut held);
        self.settings.lay_over(held);
        if !self.credentials.iter().any(|known| known == name) {
            self.credentials.push(name.to_owned());
        }
    }
}

/// Puts the secrets in place of their masks. A mask without a secret is an error where rows go somewhere.
fn unmask(settings: &mut Settings, secrets: &Secrets, is_delivered: bool, problems: &mut Problems) {
    let masked = settings.secrets().filter(|(_, secret)| secret.expose() == MASK);
    let masked: Vec<String> = masked.map(|(key, _)| key.to_owned()).collect();
    for key in masked {
        let pointer = settings.pointer(&key).to_owned();
        if let Some(secret) = secrets.get(&key) {
            settings.set_secret(&key, secret.clone(), pointer);
            continue;
        }
        settings.remove(&key);
        if is_delivered {
            let key = excerpt(&key);
            let message = format!(
                "`{key}` is `{MASK}`, which stands for a secret that is not told, expected the secret itself"
            );
            let hint = "name a `CREDENTIAL`, or give the secret; those of a stored model are used by \
                        whoever stored it";
            problems.push(Problem::error("masked_secret", pointer, message).hint(hint));
        }
    }
}

/// A password in a URL would be shown and stored wherever the URL is: it has a setting of its own.
fn refuse_passwords_in_urls(settings: &Settings, problems: &mut Problems) {
    let texts = |value: &Value| match value {
        Value::String(text) => has_password(text),
        Value::Array(values) => values.iter().filter_map(Value::as_str).any(has_password),
        _ => false,
    };
    for key in settings.keys() {
        if settings.get(key).is_some_and(texts) {
            let message = format!(
                "`{}` holds a password in its URL, expected the URL without it",
                excerpt(key)
            );
            let problem = Problem::error("password_in_url", settings.pointer(key), message);
            problems.push(
                problem.hint("a password has a setting of its own, or stands in a `CREDENTIAL`"),
            );
        }
    }
}

/// Whether a URL in `text` names a password: `https://name:password@host`.
pub(super) fn has_password(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("://") {
        let authority = after.split(['/', '?', '#', ' ', ',']).next().unwrap_or_default();
        if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Vault;
    use crate::secrets::{GivenSecrets, Secret};

    #[derive(Debug)]
    struct OneCredential;

    impl Vault for OneCredential {
        fn open(&self, name: &str) -> Result<Secrets, String> {
            match name {
                "lake" => Ok(Secrets::from([
                    ("X_USERNAME".to_owned(), Secret::new("ann".to_owned())),
                    ("X_PASSWORD".to_owned(), Secret::new("hunter2".to_owned())),
                ])),
                _ => Err(format!("there is no credential `{name}`")),
            }
        }
    }

    fn secrets(key: &str, text: &str) -> Secrets {
        Secrets::from([(key.to_owned(), Secret::new(text.to_owned()))])
    }

    /// The merged settings as text, and what was found.
    fn merged(
        model: &[(&str, &str)],
        call: &[(&str, &str)],
        given: &GivenSecrets,
    ) -> (String, String) {
        let mut settings = Settings::default();
        for (key, value) in model {
            settings.set(key, (*value).into(), format!("/Options/{key}"));
        }
        let overrides: Vec<_> =
            call.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let draft = Draft {
            connectors: Some(&[]),
            overrides: &overrides,
            secrets: given,
            ..Draft::default()
        };
        let site = Site { vault: Some(Arc::new(OneCredential)), ..Site::default() };
        let mut problems = Problems::default();
        let given = Given::new(settings, &draft, &site, &mut problems).settings;
        let shown = given.keys().map(|key| match given.secret(key) {
            Some(secret) => format!("{key}=<{}>", secret.expose()),
            None => format!("{key}={}", given.get(key).unwrap()),
        });
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        (shown.collect::<Vec<_>>().join(" "), told.join("\n"))
    }

    #[test]
    fn what_is_said_closer_to_the_call_wins() {
        let none = GivenSecrets::default();
        let shown = |model, call| {
            let (shown, problems) = merged(model, call, &none);
            assert_eq!(problems, "");
            shown
        };
        assert_eq!(
            shown(&[("CREDENTIAL", "lake"), ("X_USERNAME", "bob")], &[]),
            r#"X_USERNAME="bob" X_PASSWORD=<hunter2>"#
        );
        assert_eq!(
            shown(&[("X_USERNAME", "bob"), ("x_password", "model")], &[("credentials", "lake")]),
            r#"X_USERNAME="ann" X_PASSWORD=<hunter2>"#
        );
        assert_eq!(
            shown(&[("CREDENTIAL", "lake")], &[("X_PASSWORD", "call")]),
            r#"X_USERNAME="ann" X_PASSWORD=<call>"#
        );
    }

    #[test]
    fn masks_become_the_secrets_that_came_along() {
        let given =
            GivenSecrets { model: secrets("X_TOKEN", "model"), call: secrets("Y_TOKEN", "call") };
        let (shown, problems) = merged(&[("X_TOKEN", "***")], &[], &given);
        assert_eq!((shown.as_str(), problems.as_str()), ("X_TOKEN=<model> Y_TOKEN=<call>", ""));
        let (shown, problems) = merged(&[("Z_TOKEN", "***")], &[("X_TOKEN", "***")], &given);
        assert_eq!(shown, "Y_TOKEN=<call>");
        insta::assert_snapshot!(problems, @r"
        /Options/Z_TOKEN: `Z_TOKEN` is `***`, which stands for a secret that is not told, expected the secret itself (name a `CREDENTIAL`, or give the secret; those of a stored model are used by whoever stored it)
        X_TOKEN: `X_TOKEN` is `***`, which stands for a secret that is not told, expected the secret itself (name a `CREDENTIAL`, or give the secret; those of a stored model are used by whoever stored it)
        ");
    }

    #[test]
    fn what_cannot_be_used_is_told_without_its_secret() {
        let none = GivenSecrets::default();
        let url = "https://ann:hunter2@registry.example/";
        let (_, problems) = merged(&[("CREDENTIAL", "lakes")], &[("REGISTRY_URL", url)], &none);
        assert!(!problems.contains("hunter2"));
        insta::assert_snapshot!(problems, @r"
        /Options/CREDENTIAL: there is no credential `lakes`
        REGISTRY_URL: `REGISTRY_URL` holds a password in its URL, expected the URL without it (a password has a setting of its own, or stands in a `CREDENTIAL`)
        ");
        for text in ["a", "https://host:80/a@b:c", "https://ann@host", "mail@host", "a:b@c"] {
            assert!(!has_password(text), "{text}");
        }
        for text in ["x://a:b@c", "one,https://a:b@c", "https://a:b@c@d/e"] {
            assert!(has_password(text), "{text}");
        }
    }
}
