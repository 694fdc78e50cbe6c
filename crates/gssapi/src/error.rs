//! Why there is no login.

/// Why there is no login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine has no GSSAPI library.
    #[error(
        "Kerberos needs the system's GSSAPI library, and none can be opened ({reason}); it is in the package \
         `libgssapi-krb5-2` of Debian and Ubuntu, `krb5-libs` of Red Hat and Fedora"
    )]
    NoLibrary {
        /// What the system said of each.
        reason: String,
    },
    /// The library is too old to take a key table from its caller.
    #[error(
        "the system's GSSAPI library takes no key table from a program; name it in the environment, as \
         `KRB5_CLIENT_KTNAME`"
    )]
    NoKeyTables,
    /// A name cannot be handed over.
    #[error("`{0}` is no name that Kerberos has: it holds a zero byte")]
    Name(String),
    /// The library refused.
    #[error("{action}: {reason}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// In the library's words.
        reason: String,
        /// Whether no server of the realm answered: another attempt may succeed.
        unanswered: bool,
    },
    /// A key table gives no ticket.
    #[error(
        "the key table `{path}` gives no ticket{}: {reason}; `klist -kt` lists what it holds",
        principal.as_ref().map(|name| format!(" of `{name}`")).unwrap_or_default()
    )]
    KeyTable {
        /// Where it is.
        path: String,
        /// Whose ticket was wanted; `None`: that of whoever it names first.
        principal: Option<String>,
        /// In the system's or the library's words.
        reason: String,
    },
    /// The peer said something that has no place in a login.
    #[error("{0}")]
    Protocol(String),
}

impl Error {
    /// Whether another attempt may succeed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Refused { unanswered: true, .. })
    }
}
