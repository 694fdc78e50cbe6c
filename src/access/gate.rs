//! The gate: turns credentials into a [`Caller`], or refuses.
//!
//! Admission has two steps, because checking a password is slow by intention: [`Gate::begin`] answers at
//! once where it can; otherwise it hands out a [`Verification`], which the caller takes to
//! [`Gate::finish`] on a thread where 20 ms of work do not hurt, a few at a time. Both may wait for the
//! directory.
//!
//! A password that was right is remembered for a while, as a digest under a key of this process, together
//! with the hash that it fitted: a script that sends it with every call pays once, and a password that is
//! changed, or a user who is removed, is out at once. As only digests are compared, the time tells nothing
//! about the secret. A refusal has the same words and takes the same time whether the name exists or not, so
//! nobody learns from it which names there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use sha2::{Digest as _, Sha256};

use super::throttle::Throttle;
use super::{
    Account, Caller, Directory, DirectoryError, MAX_PASSWORD_BYTES, Password, PasswordError,
    TokenDigest, Workspace,
};

/// How long a right password is remembered.
const REMEMBER: Duration = Duration::from_secs(300);

/// Right passwords that are remembered at most.
const MAX_REMEMBERED: usize = 1_024;

/// What a request shows of itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A name and a password.
    Password {
        /// The user's name.
        name: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(TokenDigest),
    /// Something that cannot be read.
    Unreadable,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Token(_) => "Token",
            Self::Unreadable => "Unreadable",
        })
    }
}

/// What [`Gate::begin`] found out.
#[derive(Debug)]
pub(crate) enum Admission {
    /// Who asks.
    Granted(Caller),
    /// A password has to be checked.
    Open(Verification),
}

/// A password that has to be checked.
#[derive(Debug)]
pub(crate) struct Verification {
    name: String,
    credentials: Credentials,
    address: IpAddr,
    digest: [u8; 32],
}

/// Why somebody does not come in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Denied {
    /// No credentials came.
    #[error("log in by a user name and password, or by a token")]
    Missing,
    /// They are not right; which part is not told.
    #[error("the user name and password, or the token, is wrong")]
    Wrong,
    /// The token was right once.
    #[error("the token has expired")]
    Expired,
    /// Too many attempts have failed.
    #[error("too many logins have failed, come again in {} s", retry_after.as_secs().max(1))]
    Slowed {
        /// When to come again.
        retry_after: Duration,
    },
    /// The directory does not answer.
    #[error("accounts cannot be read")]
    Directory(#[source] DirectoryError),
}

/// A password that was right.
#[derive(Debug)]
struct Remembered {
    /// The hash that it fitted.
    password: Password,
    since: Instant,
}

/// Decides who comes in.
#[derive(Debug)]
pub(crate) struct Gate {
    directory: Arc<dyn Directory>,
    /// Whether somebody has to log in; never taken back while the process lives.
    asked: AtomicBool,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    throttle: Mutex<Throttle>,
    key: [u8; 32],
    /// Checked in place of the password of a user who does not exist.
    nobody: Password,
    /// Memory of checks that nobody uses at the moment.
    workspaces: Mutex<Vec<Workspace>>,
}

impl Gate {
    /// A gate to the accounts of `directory`. Login is asked as soon as there is an account, and always
    /// where `always` is set.
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub(crate) fn new(directory: Arc<dyn Directory>, always: bool) -> Result<Self, PasswordError> {
        let failed = |error: getrandom::Error| PasswordError::Hash { reason: error.to_string() };
        let (mut key, mut secret) = ([0; 32], [0; 8]);
        getrandom::fill(&mut key).map_err(failed)?;
        getrandom::fill(&mut secret).map_err(failed)?;
        let nobody = Password::hash(&format!("{:016x}", u64::from_be_bytes(secret)))?;
        Ok(Self {
            directory,
            asked: AtomicBool::new(always),
            remembered: Mutex::default(),
            throttle: Mutex::default(),
            key,
            nobody,
            workspaces: Mutex::default(),
        })
    }

    /// Whether somebody has to log in.
    ///
    /// # Errors
    ///
    /// [`Denied::Directory`].
    pub(crate) fn asks(&self) -> Result<bool, Denied> {
        if !self.asked.load(Ordering::Relaxed) {
            if !self.directory.has_accounts().map_err(Denied::Directory)? {
                return Ok(false);
            }
            // Removing the last user must not open the gate.
            self.asked.store(true, Ordering::Relaxed);
        }
        Ok(true)
    }

    /// Looks at the credentials of a request from `address`.
    ///
    /// # Errors
    ///
    /// [`Denied`].
    pub(crate) fn begin(
        &self,
        credentials: Option<Credentials>,
        address: IpAddr,
    ) -> Result<Admission, Denied> {
        if !self.asks()? {
            return Ok(Admission::Granted(Caller::anonymous()));
        }
        let (name, password) = match credentials {
            None => return Err(Denied::Missing),
            Some(Credentials::Unreadable) => return Err(Denied::Wrong),
            Some(Credentials::Token(digest)) => {
                return self.check_token(&digest, address).map(Admission::Granted);
            }
            Some(Credentials::Password { name, password }) => (name, password),
        };
        if super::check_name(&name).is_err() || password.len() > MAX_PASSWORD_BYTES {
            // No account has such a name, which everybody may know; nothing of it is remembered.
            return Err(Denied::Wrong);
        }
        // Names that differ in letter case alone are one user's, whose failures count together.
        let name = name.to_ascii_lowercase();
        let digest = self.digest(&name, &password);
        if let Some(caller) = self.recall(&name, &digest)? {
            return Ok(Admission::Granted(caller));
        }
        self.refuse_hasty(Some(&name), address)?;
        let credentials = Credentials::Password { name: name.clone(), password };
        Ok(Admission::Open(Verification { name, credentials, address, digest }))
    }

    /// Checks the password of `verification`: some 20 ms of work in 19 MiB.
    ///
    /// # Errors
    ///
    /// [`Denied`].
    pub(crate) fn finish(&self, verification: &Verification) -> Result<Caller, Denied> {
        let Verification { name, credentials, address, digest } = verification;
        let Credentials::Password { password, .. } = credentials else { return Err(Denied::Wrong) };
        // Meanwhile others may have shown the same, or failed.
        if let Some(caller) = self.recall(name, digest)? {
            return Ok(caller);
        }
        self.refuse_hasty(Some(name), *address)?;
        let account = self.directory.account(name).map_err(Denied::Directory)?;
        let hash = account.as_ref().map_or(&self.nobody, |account| &account.password);
        match (self.fits(hash, password), account) {
            (true, Some(account)) => {
                lock(&self.throttle).succeeded(name, *address);
                self.remember(*digest, account.password);
                Ok(Caller::new(account.name, account.role))
            }
            (_, account) => {
                lock(&self.throttle).failed(Some(name), *address, Instant::now());
                // An unknown name is not told: it may be a password in the wrong place.
                let user = account.map_or_else(|| "unknown".to_owned(), |account| account.name);
                tracing::warn!(%address, user, "login refused");
                Err(Denied::Wrong)
            }
        }
    }

    /// Checks a password in memory of an earlier check; there are as many pieces as checks at the same time.
    fn fits(&self, hash: &Password, password: &str) -> bool {
        let mut workspace = lock(&self.workspaces).pop().unwrap_or_default();
        let fits = hash.verify_in(password, &mut workspace);
        lock(&self.workspaces).push(workspace);
        fits
    }

    fn check_token(&self, digest: &TokenDigest, address: IpAddr) -> Result<Caller, Denied> {
        // A right token always passes: nobody guesses 256 bits.
        let denied = match self.directory.holder(digest).map_err(Denied::Directory)? {
            Some((Account { name, role, .. }, expires)) if Utc::now() < expires => {
                return Ok(Caller::new(name, role));
            }
            Some(_) => Denied::Expired,
            None => {
                self.refuse_hasty(None, address)?;
                lock(&self.throttle).failed(None, address, Instant::now());
                Denied::Wrong
            }
        };
        tracing::warn!(%address, reason = %denied, "token refused");
        Err(denied)
    }

    fn refuse_hasty(&self, user: Option<&str>, address: IpAddr) -> Result<(), Denied> {
        let retry_after = lock(&self.throttle).wait(user, address, Instant::now());
        if retry_after.is_zero() { Ok(()) } else { Err(Denied::Slowed { retry_after }) }
    }

    fn digest(&self, name: &str, password: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        // A name has no colon.
        hasher.update(format!("{name}:{password}"));
        hasher.finalize().into()
    }

    /// The caller, where the password was right before and is still the account's.
    fn recall(&self, name: &str, digest: &[u8; 32]) -> Result<Option<Caller>, Denied> {
        let password = {
            let mut remembered = lock(&self.remembered);
            match remembered.get(digest) {
                None => return Ok(None),
                Some(entry) if entry.since.elapsed() > REMEMBER => {
                    remembered.remove(digest);
                    return Ok(None);
                }
                Some(entry) => entry.password.clone(),
            }
        };
        let account = self.directory.account(name).map_err(Denied::Directory)?;
        Ok(account
            .filter(|account| account.password == password)
            .map(|account| Caller::new(account.name, account.role)))
    }

    fn remember(&self, digest: [u8; 32], password: Password) {
        let mut remembered = lock(&self.remembered);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, entry| entry.since.elapsed() <= REMEMBER);
            if remembered.len() >= MAX_REMEMBERED {
                remembered.clear();
            }
        }
        remembered.insert(digest, Remembered { password, since: Instant::now() });
    }
}

/// What a panicking thread left behind is whole: every change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Role, Token};
    use chrono::{DateTime, TimeDelta};

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[derive(Debug, Default)]
    struct Accounts {
        accounts: Mutex<Vec<Account>>,
        tokens: Mutex<Vec<(TokenDigest, DateTime<Utc>)>>,
    }

    impl Directory for Accounts {
        fn has_accounts(&self) -> Result<bool, DirectoryError> {
            Ok(!lock(&self.accounts).is_empty())
        }

        fn account(&self, name: &str) -> Result<Option<Account>, DirectoryError> {
            Ok(lock(&self.accounts).iter().find(|account| account.name == name).cloned())
        }

        fn holder(
            &self,
            digest: &TokenDigest,
        ) -> Result<Option<(Account, DateTime<Utc>)>, DirectoryError> {
            let found = lock(&self.tokens).iter().find(|(kept, _)| kept == digest).copied();
            Ok(found.map(|(_, expires)| (lock(&self.accounts)[0].clone(), expires)))
        }
    }

    fn account(password: &str) -> Account {
        let password = Password::hash(password).unwrap();
        Account { name: "ann".to_owned(), role: Role::User, password }
    }

    fn gate() -> (Arc<Accounts>, Gate) {
        let accounts = Arc::new(Accounts::default());
        let gate = Gate::new(Arc::clone(&accounts) as Arc<dyn Directory>, false).unwrap();
        (accounts, gate)
    }

    fn shown(name: &str, password: &str) -> Credentials {
        Credentials::Password { name: name.to_owned(), password: password.to_owned() }
    }

    /// The answer, and whether a password had to be checked for it.
    fn ask(
        gate: &Gate,
        credentials: impl Into<Option<Credentials>>,
    ) -> (Result<Caller, String>, bool) {
        let text = |denied: Denied| denied.to_string();
        match gate.begin(credentials.into(), HERE) {
            Ok(Admission::Granted(caller)) => (Ok(caller), false),
            Ok(Admission::Open(verification)) => (gate.finish(&verification).map_err(text), true),
            Err(denied) => (Err(text(denied)), false),
        }
    }

    #[test]
    fn login_is_asked_once_there_is_a_user_and_ever_after() {
        let (accounts, gate) = gate();
        assert_eq!(ask(&gate, None), (Ok(Caller::anonymous()), false));
        lock(&accounts.accounts).push(account("correct horse"));
        assert!(ask(&gate, None).0.is_err());
        lock(&accounts.accounts).clear();
        assert!(ask(&gate, None).0.is_err());
        let always = Gate::new(accounts, true).unwrap();
        assert!(ask(&always, None).0.is_err());
    }

    #[test]
    fn a_right_password_is_checked_once_and_forgotten_when_it_changes() {
        let (accounts, gate) = gate();
        lock(&accounts.accounts).push(account("correct horse"));
        let ann = Ok(Caller::new("ann", Role::User));
        assert_eq!(ask(&gate, shown("ann", "correct horse")), (ann.clone(), true));
        assert_eq!(ask(&gate, shown("ann", "correct horse")), (ann, false));
        lock(&accounts.accounts)[0].role = Role::Admin;
        let (admin, checked) = ask(&gate, shown("ann", "correct horse"));
        assert_eq!((admin.unwrap().role(), checked), (Role::Admin, false));
        lock(&accounts.accounts)[0] = account("battery staple");
        assert_eq!(ask(&gate, shown("ann", "correct horse")).0, Err(Denied::Wrong.to_string()));
        lock(&accounts.accounts).clear();
        assert_eq!(ask(&gate, shown("ann", "battery staple")).0, Err(Denied::Wrong.to_string()));
    }

    /// A name that does not exist costs and answers the same as a wrong password.
    #[test]
    fn nobody_learns_which_names_exist() {
        let (accounts, gate) = gate();
        lock(&accounts.accounts).push(account("correct horse"));
        let wrong = (Err(Denied::Wrong.to_string()), true);
        assert_eq!(ask(&gate, shown("ann", "wrong horse")), wrong);
        assert_eq!(ask(&gate, shown("bob", "correct horse")), wrong);
    }

    #[test]
    fn guessing_is_slowed_and_the_known_password_still_passes() {
        let (accounts, gate) = gate();
        lock(&accounts.accounts).push(account("correct horse"));
        assert!(ask(&gate, shown("ann", "correct horse")).0.is_ok());
        for _ in 0..6 {
            assert_eq!(
                ask(&gate, shown("ann", "wrong horse")),
                (Err(Denied::Wrong.to_string()), true)
            );
        }
        let (slowed, checked) = ask(&gate, shown("ann", "wrong horse"));
        assert!(slowed.unwrap_err().starts_with("too many logins have failed"));
        assert!(!checked);
        assert!(ask(&gate, shown("ann", "correct horse")).0.is_ok());
    }

    #[test]
    fn a_token_passes_until_it_expires() {
        let (accounts, gate) = gate();
        lock(&accounts.accounts).push(account("correct horse"));
        let (good, old, unknown) =
            (Token::draw().unwrap(), Token::draw().unwrap(), Token::draw().unwrap());
        let hour = TimeDelta::hours(1);
        lock(&accounts.tokens)
            .extend([(good.digest(), Utc::now() + hour), (old.digest(), Utc::now() - hour)]);
        let ask = |token: &Token| ask(&gate, Credentials::Token(token.digest())).0;
        assert_eq!(ask(&good), Ok(Caller::new("ann", Role::User)));
        assert_eq!(ask(&old), Err(Denied::Expired.to_string()));
        assert_eq!(ask(&unknown), Err(Denied::Wrong.to_string()));
    }
}
