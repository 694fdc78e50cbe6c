//! Logins by Kerberos: the mechanism GSSAPI.

use datagen_kafka as kafka;

use super::attributes::{
    GSSAPI, KEY_TABLE, MECHANISM, MECHANISMS, PRINCIPAL, PROTOCOL, SERVICE, USE_KERBEROS,
};
use crate::attributes::Reader;
use crate::reach::Reach;

/// A login by Kerberos.
pub(super) struct Kerberos {
    /// The setting that asks for it.
    key: &'static str,
}

impl Kerberos {
    /// Whether `settings` ask for one.
    pub(super) fn of(settings: &mut Reader<'_>) -> Option<Self> {
        let is_used = settings.boolean(USE_KERBEROS) == Some(true);
        match (is_used, settings.choice(MECHANISM, MECHANISMS)) {
            (_, Some(GSSAPI)) => Some(Self { key: MECHANISM }),
            (true, None) => Some(Self { key: USE_KERBEROS }),
            (true, Some(mechanism)) => {
                let message = format!(
                    "`{USE_KERBEROS}` is true and `{MECHANISM}` is {mechanism}, expected one of them"
                );
                settings.error(MECHANISM, "wrong_value", message);
                None
            }
            (false, _) => None,
        }
    }

    /// The login on connections of `protocol`; `None` after adding errors to `settings`. Key tables and tickets are
    /// those of the machine: on a server, its operator names them.
    pub(super) fn sasl(self, protocol: &str, settings: &mut Reader<'_>) -> Option<kafka::Sasl> {
        if !protocol.starts_with("SASL") {
            let message = format!(
                "`{PROTOCOL}` is {protocol}, which knows no login: `{}` asks for one",
                self.key
            );
            let hint = "SASL_SSL and SASL_PLAINTEXT do";
            settings.error_with_hint(PROTOCOL, "wrong_value", message, hint);
            return None;
        }
        let (principal, key_table) = (settings.text(PRINCIPAL), settings.text(KEY_TABLE));
        let keys =
            [(true, self.key), (principal.is_some(), PRINCIPAL), (key_table.is_some(), KEY_TABLE)];
        for (_, key) in keys.into_iter().filter(|(is_set, _)| *is_set) {
            if settings.reach(key) != Reach::free() {
                let message = format!("`{key}` asks for a login of the server's machine");
                let hint = "its operator sets it in `[connectors.kafka]`, perhaps in a profile";
                settings.error_with_hint(key, "wrong_value", message, hint);
                return None;
            }
        }
        let service = settings.text(SERVICE).unwrap_or_else(|| "kafka".to_owned());
        let identity = kafka::Identity { principal, key_table: key_table.map(Into::into) };
        Some(kafka::Sasl::Kerberos { service, identity })
    }
}
