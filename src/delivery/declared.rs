//! What the registry of connectors says of a setting, whoever gives it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Connector, connectors};
use crate::secrets::sounds_secret;

/// Whether each setting that a connector reads is a secret.
static DECLARED: LazyLock<BTreeMap<&'static str, bool>> = LazyLock::new(|| {
    let mut declared = BTreeMap::new();
    for attribute in connectors().flat_map(Connector::attributes) {
        *declared.entry(attribute.name).or_default() |= attribute.secret;
    }
    declared
});

/// Whether the setting `key`, in any letter case, is a secret: as the connectors say that read it, and of
/// one that none reads as its name sounds.
pub fn is_secret(key: &str) -> bool {
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
}
