//! Passwords, kept as Argon2id hashes in the PHC text form.

use std::fmt;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Fewest characters of a new password.
pub(crate) const MIN_PASSWORD_CHARACTERS: usize = 8;

/// Most bytes of a password: what is longer is not even hashed.
pub(crate) const MAX_PASSWORD_BYTES: usize = 1_024;

/// The hash of a password with its salt and cost: the crate's defaults, 19 MiB and two passes, are what
/// OWASP recommends.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password {
    phc: String,
}

/// Most memory of one check: what takes more was not hashed by us.
const MAX_BLOCKS: usize = 32 << 10;

/// The memory of a check, kept for the next one. Memory that is asked for and given back anew for every check
/// is not all reused: hundreds of checks would hold gigabytes.
#[derive(Default)]
pub(crate) struct Workspace {
    blocks: Vec<Block>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Workspace").field("blocks", &self.blocks.len()).finish()
    }
}

/// Why something cannot be a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PasswordError {
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
    pub(crate) fn hash(text: &str) -> Result<Self, PasswordError> {
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
    pub(crate) fn from_phc(phc: String) -> Self {
        Self { phc }
    }

    /// What is to be kept of it.
    pub(crate) fn phc(&self) -> &str {
        &self.phc
    }

    /// Whether `text` is the password, by memory that is used again. The time that this takes does not depend on
    /// `text`.
    pub(crate) fn verify_in(&self, text: &str, workspace: &mut Workspace) -> bool {
        // What cannot be read fits no password; the store's owner has been at work.
        let hash = PasswordHash::new(&self.phc).ok();
        hash.and_then(|hash| fits(&hash, text, workspace)).unwrap_or(false)
    }
}

/// Whether `text` has this hash; `None`: it is no hash of ours.
fn fits(hash: &PasswordHash, text: &str, workspace: &mut Workspace) -> Option<bool> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let params = Params::try_from(hash).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    if params.block_count() > MAX_BLOCKS {
        return None;
    }
    workspace.blocks.resize(params.block_count(), Block::default());
    let mut buffer = [0; Output::MAX_LENGTH];
    let found = buffer.get_mut(..expected.len())?;
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(text.as_bytes(), &salt, found, &mut workspace.blocks)
        .ok()?;
    // Compared in constant time.
    Some(Output::new(found).ok()? == expected)
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

    fn fits(hash: &Password, text: &str) -> bool {
        hash.verify_in(text, &mut Workspace::default())
    }

    #[test]
    fn only_the_password_fits_its_hash() {
        let hash = Password::hash("correct horse").unwrap();
        assert!(hash.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.phc());
        assert!(fits(&hash, "correct horse"));
        assert!(!fits(&hash, "correct horsE") && !fits(&hash, ""));
        assert_ne!(hash, Password::hash("correct horse").unwrap(), "salted");
        assert!(!fits(&Password::from_phc("rubbish".into()), "rubbish"));
        assert_eq!(format!("{hash:?}"), "Password");
    }

    // Issue 9, A5: what an earlier check left in the memory changes nothing.
    #[test]
    fn memory_that_was_used_gives_the_same_answers() {
        let hashes =
            [Password::hash("correct horse").unwrap(), Password::hash("other horse").unwrap()];
        let mut workspace = Workspace::default();
        for text in ["correct horse", "other horse", "", "correct horse"] {
            for hash in &hashes {
                assert_eq!(hash.verify_in(text, &mut workspace), fits(hash, text), "{text}");
            }
        }
        assert_eq!(workspace.blocks.len(), 19 << 10);
        let huge = hashes[0].phc().replace("m=19456", "m=4194304");
        assert!(!Password::from_phc(huge).verify_in("correct horse", &mut workspace));
        assert_eq!(workspace.blocks.len(), 19 << 10);
    }

    #[test]
    fn a_password_has_a_length() {
        insta::assert_snapshot!(Password::hash("seven77").unwrap_err(), @"a password of 7 characters is too short, expected at least 8");
        insta::assert_snapshot!(Password::hash(&"x".repeat(1_025)).unwrap_err(), @"a password of 1025 bytes is too long, expected at most 1024");
    }
}
