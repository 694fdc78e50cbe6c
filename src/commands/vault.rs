//! Secrets of commands: those that were sealed with a command, and the credentials that its owner may use.

use std::sync::Arc;

use super::live::{Shared, lost};
use crate::access::{Caller, Role};
use crate::draft::{Refusal, Vault};
use crate::home::{Clock, Credentials, SealError, Sealer, Store, StoreError, purpose_of_command};
use crate::problems::chain;
use crate::secrets::{GivenSecrets, Secrets};

use super::Command;

/// Opens the credentials that a user may use, as the user's role is when it is asked.
#[derive(Debug)]
struct OwnersVault {
    store: Arc<Store>,
    credentials: Credentials,
    owner: String,
}

impl Vault for OwnersVault {
    fn open(&self, name: &str) -> Result<Secrets, String> {
        let open = || -> Result<Secrets, String> {
            let caller = caller(&self.store, &self.owner).map_err(|error| chain(&error))?;
            self.credentials.usable(&caller, name).map_err(|error| chain(&error))
        };
        open()
    }
}

/// The owner of a command, with the role that they have now. Who asked while nobody had to log in is nobody
/// special as soon as somebody has to.
fn caller(store: &Store, owner: &str) -> Result<Caller, StoreError> {
    let role = match store.account(owner)? {
        Some(account) => account.role,
        None if owner.is_empty() && !store.has_users()? => Role::Admin,
        None => Role::User,
    };
    Ok(Caller::new(owner, role))
}

impl Shared {
    /// The credentials that `owner` may use.
    pub(super) fn vault(&self, owner: &str) -> Arc<dyn Vault> {
        let probe: Arc<dyn super::probe::Probe> = Arc::clone(&self.probe);
        let clock: Arc<dyn Clock> = probe;
        let (store, sealer) = (Arc::clone(&self.store), Arc::clone(&self.sealer));
        let credentials = Credentials::new(Arc::clone(&store), sealer, clock);
        Arc::new(OwnersVault { store, credentials, owner: owner.to_owned() })
    }

    /// Seals the secrets that `command` was given; `None`: there are none.
    pub(super) fn seal(
        &self,
        command: &Command,
        given: &GivenSecrets,
    ) -> Result<Option<Vec<u8>>, SealError> {
        if given.is_empty() {
            return Ok(None);
        }
        self.sealer.seal_given(&purpose_of_command(command.id), given).map(Some)
    }

    /// The secrets that `command` was given.
    pub(super) fn unseal(&self, command: &Command) -> Result<GivenSecrets, Refusal> {
        let sealed = self.store.sealed(command.id);
        let sealed = sealed.map_err(|error| lost("store_unreadable", chain(&error)))?;
        let Some(sealed) = sealed else { return Ok(GivenSecrets::default()) };
        let sealer: &Sealer = &self.sealer;
        sealer
            .open_given(&purpose_of_command(command.id), &sealed)
            .map_err(|error| lost("secrets_lost", chain(&error)))
    }
}
