//! Passwords, kept as Argon2id hashes in the PHC text form.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

/// Fewest characters of a new password.
pub const MIN_PASSWORD_CHARACTERS: usize = 8;

/// Most bytes of a password: what is longer is not even hashed.
pub const MAX_PASSWORD_BYTES: usize = 1_024;

/// The hash of a password with its salt and cost: the crate's defaults, 19 MiB and two passes, are what
/// OWASP recommends.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    phc: String,
}

/// Why something cannot be a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// It is quickly guessed.
    #[error(
        "a password of {found} characters is too short, expected at least {MIN_PASSWORD_CHARACTERS}"
    )]
    Short {
        /// Its length.
        found: usize,
    },
    /// It is longer than anything that is hashed.
    #[error("a password of {found} bytes is too long, expected at most {MAX_PASSWORD_BYTES}")]
    Long {
        /// Its length.
        found: usize,
    },
    /// The system gives no random numbers.
    #[error("the password cannot be hashed: {reason}")]
    Hash {
        /// What it said.
        reason: String,
    },
}

impl Password {
    /// Hashes a new password: some 20 ms of work in 19 MiB.
    ///
    /// # Errors
    ///
    /// [`PasswordError`].
    pub fn hash(text: &str) -> Result<Self, PasswordError> {
        let found = text.chars().count();
        if found < MIN_PASSWORD_CHARACTERS {
            return Err(PasswordError::Short { found });
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::Long { found: text.len() });
        }
        Argon2::default()
            .hash_password(text.as_bytes())
            .map(|hash| Self { phc: hash.to_string() })
            .map_err(|error| PasswordError::Hash { reason: error.to_string() })
    }

    /// What was kept of a password.
    pub fn from_phc(phc: String) -> Self {
        Self { phc }
    }

    /// What is to be kept of it.
    pub fn phc(&self) -> &str {
        &self.phc
    }

    /// Whether `text` is the password. The time that this takes does not depend on `text`.
    pub fn verify(&self, text: &str) -> bool {
        // What cannot be read fits no password; the store's owner has been at work.
        PasswordHash::new(&self.phc)
            .is_ok_and(|hash| Argon2::default().verify_password(text.as_bytes(), &hash).is_ok())
    }
}

/// Hashes do not belong into logs either.
impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits_its_hash() {
        let hash = Password::hash("correct horse").unwrap();
        assert!(hash.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.phc());
        assert!(hash.verify("correct horse"));
        assert!(!hash.verify("correct horsE") && !hash.verify(""));
        assert_ne!(hash, Password::hash("correct horse").unwrap(), "salted");
        assert!(!Password::from_phc("rubbish".into()).verify("rubbish"));
        assert_eq!(format!("{hash:?}"), "Password");
    }

    #[test]
    fn a_password_has_a_length() {
        insta::assert_snapshot!(Password::hash("seven77").unwrap_err(), @"a password of 7 characters is too short, expected at least 8");
        insta::assert_snapshot!(Password::hash(&"x".repeat(1_025)).unwrap_err(), @"a password of 1025 bytes is too long, expected at most 1024");
    }
}
