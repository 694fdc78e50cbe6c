//! Tokens: random texts for programs, shown once and kept as digests.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// What every token begins with, so that scanners for secrets recognise one.
const PREFIX: &str = "datagen_";

/// A token, as its holder knows it.
#[derive(Clone)]
pub(crate) struct Token {
    text: String,
}

/// What is kept of a token. As the token is 256 random bits, finding one of a digest is hopeless, and
/// looking a digest up tells nothing by the time it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl Token {
    /// A new one.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        Ok(Self { text: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)) })
    }

    /// The text to show, once.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What is to be kept of it.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

impl TokenDigest {
    /// The digest of what somebody says is a token.
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (Token::draw().unwrap(), Token::draw().unwrap());
        assert_eq!(one.text().len(), PREFIX.len() + 43);
        assert_ne!(one.text(), other.text());
        assert_eq!(one.digest(), TokenDigest::of(one.text()));
        assert_ne!(one.digest(), other.digest());
        assert_eq!(format!("{one:?}"), "Token");
    }
}
