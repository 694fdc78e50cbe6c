//! Why what an operator sets cannot be: told where the program begins, before any model is looked at.

use crate::reach::PlaceError;

/// Why what an operator sets cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OperatorError {
    /// There are no such connectors.
    #[error("{place}: unknown connector `{name}`, expected one of {}{}", known.join(", "), meant(closest.as_deref()))]
    UnknownKind {
        /// Where it stands.
        place: String,
        /// The name, shortened.
        name: String,
        /// Those that there are.
        known: Vec<String>,
        /// The one that was probably meant.
        closest: Option<String>,
    },
    /// The connectors of that kind read no such setting.
    #[error("{place}: unknown key `{key}`{}; `datagen connectors {connector}` lists them", meant(closest.as_deref()))]
    UnknownKey {
        /// Where it stands.
        place: String,
        /// The key, shortened.
        key: String,
        /// The one that was probably meant.
        closest: Option<String>,
        /// A connector of that kind.
        connector: &'static str,
    },
    /// A host is none.
    #[error("{place}: {source}")]
    Host {
        /// Where it stands.
        place: String,
        /// What is wrong.
        source: PlaceError,
    },
    /// A URL has a password in it, which would be shown.
    #[error("{place}: `{key}` holds a password in its URL, expected the URL without it")]
    Password {
        /// Where it stands.
        place: String,
        /// The key.
        key: String,
    },
}

fn meant(closest: Option<&str>) -> String {
    closest.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}
