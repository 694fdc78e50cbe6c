//! Permits: how much of something each client has at a time, and all of them together.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::Extensions;

use crate::access::Caller;

/// A number of permits, some of them for one client.
#[derive(Debug, Clone)]
pub(super) struct Permits {
    /// How many each client has.
    clients: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Most permits of one client.
    most_per_client: usize,
    /// Most permits of all.
    most: usize,
}

/// Permits that are taken; free again when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    permits: Permits,
    client: String,
    /// How many.
    taken: usize,
}

impl Permits {
    pub(super) fn new(most_per_client: usize, most: usize) -> Self {
        Self { clients: Arc::default(), most_per_client, most }
    }

    /// A permit for `client`, or the number that is exhausted.
    pub(super) fn enter(&self, client: String) -> Result<Permit, usize> {
        let mut permit = self.begin(client);
        permit.grow(1)?;
        Ok(permit)
    }

    /// No permit for `client` yet; it grows.
    pub(super) fn begin(&self, client: String) -> Permit {
        Permit { permits: self.clone(), client, taken: 0 }
    }
}

impl Permit {
    /// Takes `more` permits, or answers the number that is exhausted.
    pub(super) fn grow(&mut self, more: usize) -> Result<(), usize> {
        let Permits { clients, most_per_client, most } = &self.permits;
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = clients.values().sum();
        let own = clients.get(&self.client).copied().unwrap_or_default();
        for (taken, most) in [(own, *most_per_client), (all, *most)] {
            if taken.saturating_add(more) > most {
                return Err(most);
            }
        }
        clients.insert(self.client.clone(), own + more);
        drop(clients);
        self.taken += more;
        Ok(())
    }

    /// Gives every permit back.
    pub(super) fn clear(&mut self) {
        let mut clients = self.permits.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = clients.get_mut(&self.client) {
            *own -= std::mem::take(&mut self.taken);
            if *own == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Who asks: a user, or an address where nobody has to log in.
pub(super) fn client(caller: &Caller, extensions: &Extensions) -> String {
    if !caller.name().is_empty() {
        return caller.name().to_owned();
    }
    let address = extensions.get::<ConnectInfo<SocketAddr>>();
    address.map_or_else(String::new, |ConnectInfo(address)| address.ip().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_a_share_and_gives_it_back() {
        let permits = Permits::new(2, 3);
        let enter = |client: &str| permits.enter(client.to_owned());
        let first = enter("ann").unwrap();
        let _second = enter("ann").unwrap();
        assert_eq!(enter("ann").unwrap_err(), 2);
        let _other = enter("bob").unwrap();
        assert_eq!(enter("cid").unwrap_err(), 3);
        drop(first);
        let _third = enter("cid").unwrap();
        assert_eq!(enter("ann").unwrap_err(), 3);
        assert_eq!(permits.clients.lock().unwrap().len(), 3, "nobody is left behind");
    }

    #[test]
    fn permits_grow_to_the_share_and_are_given_back_together() {
        let permits = Permits::new(10, 15);
        let mut ann = permits.begin("ann".to_owned());
        ann.grow(9).unwrap();
        assert_eq!(ann.grow(2), Err(10));
        let mut bob = permits.begin("bob".to_owned());
        assert_eq!(bob.grow(7), Err(15));
        bob.grow(6).unwrap();
        drop(ann);
        bob.grow(4).unwrap();
        bob.clear();
        assert!(permits.clients.lock().unwrap().is_empty());
    }
}
