//! What the registry of connectors says of a setting, whoever gives it: whether it is a secret, and what else it
//! is called.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Connector, connectors};
use crate::attributes::Settings;
use crate::secrets::sounds_secret;

/// Whether each setting that a connector reads is a secret.
static DECLARED: LazyLock<BTreeMap<&'static str, bool>> = LazyLock::new(|| {
    let mut declared = BTreeMap::new();
    for attribute in connectors().flat_map(Connector::attributes) {
        for name in std::iter::once(&attribute.name).chain(attribute.also) {
            *declared.entry(*name).or_default() |= attribute.secret;
        }
    }
    declared
});

/// The other names of settings, each with the one that connectors read.
static RENAMED: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let attributes = connectors().flat_map(Connector::attributes);
    let names = |attribute: crate::attributes::Attribute| {
        attribute.also.iter().map(move |also| (*also, attribute.name))
    };
    attributes.flat_map(names).collect()
});

/// Calls settings by the names that connectors read.
pub(crate) fn rename(settings: &mut Settings) {
    for (also, name) in RENAMED.iter() {
        settings.rename(also, name);
    }
}

/// Whether the setting `key`, in any letter case, is a secret: as the connectors say that read it, and of
/// one that none reads as its name sounds.
pub(crate) fn is_secret(key: &str) -> bool {
    let key = key.trim().to_uppercase();
    DECLARED.get(key.as_str()).copied().unwrap_or_else(|| sounds_secret(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For all settings of all connectors: one whose name says that it holds a secret is declared as one, and
    /// what is declared is heeded in any letter case.
    #[test]
    fn settings_that_sound_like_secrets_are_declared_as_such() {
        for attribute in connectors().flat_map(Connector::attributes) {
            let name = attribute.name;
            assert!(attribute.secret || !sounds_secret(name), "{name} is not declared `.secret()`");
            assert_eq!(is_secret(&name.to_lowercase()), attribute.secret, "{name}");
        }
        assert!(is_secret("foo_password") && !is_secret("FOO"));
    }

    #[test]
    fn settings_are_known_by_their_other_names() {
        let mut settings = Settings::default();
        settings.set("s3_secret_access_key", "a".into(), "here");
        settings.hide(is_secret);
        rename(&mut settings);
        assert_eq!(settings.secret("S3_ACCESS_KEY_SECRET").unwrap().expose(), "a");
        assert_eq!(settings.pointer("S3_ACCESS_KEY_SECRET"), "here");
        assert_eq!(settings.keys().count(), 1);
        settings.set("S3_SECRET_ACCESS_KEY", "b".into(), "there");
        rename(&mut settings);
        assert_eq!(settings.secret("S3_ACCESS_KEY_SECRET").unwrap().expose(), "a");
        assert_eq!(settings.keys().count(), 1);
    }
}
