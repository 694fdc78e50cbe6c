//! The home: the server's own state, in one folder that one process owns.
//!
//! | what | where | file |
//! |---|---|---|
//! | commands, users, tokens, stored models, credentials | `<home>/datagen.db` | `store` |
//! | the key of secrets | `<home>/secret-key` | `seal` |
//! | user code that commands were accepted with | `<home>/extensions` | `stored_code` |
//! | the lock of the owner | `<home>/lock` | `lock` |
//! | that there are users | `<home>/has-users` | `store/users` |
//!
//! Here stands what a command, a user and a stored model *are*, and what is stored of them. What happens
//! to a command, and when, is the affair of [`commands`](crate::commands). A new kind of state is a step in
//! `store/schema.rs`, a file of queries beside it and a type here.

mod clock;
mod command;
mod credentials;
mod error;
mod failures;
mod lock;
mod models;
mod order;
mod schedule;
mod seal;
mod status;
mod store;
mod stored_code;
mod users;

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

pub(crate) use self::clock::Clock;
#[cfg(test)]
pub(crate) use self::clock::SystemClock;
pub(crate) use self::command::{
    Command, ConnectorTotal, Filter, MadeFile, Part, Submission, Transition,
};
pub(crate) use self::credentials::{CredentialError, Credentials, StoredCredential, UsedBy};
pub(crate) use self::error::OpenError;
pub(crate) use self::lock::Home;
#[cfg(test)]
pub(crate) use self::lock::HomeError;
pub(crate) use self::models::{ModelStoreError, Models, Right, StoredModel, UnknownRight};
pub(crate) use self::order::{Order, draw_seed};
pub(crate) use self::schedule::{Schedule, ScheduleError};
pub(crate) use self::seal::{SealError, Sealer};
pub(crate) use self::status::{IllegalTransition, Status, UnknownStatus};
pub(crate) use self::store::StoreError;
#[cfg(test)]
pub(crate) use self::store::hold;
pub(crate) use self::store::{Remembered, SealedBatch, Store, StoredBatch, forget_from};
pub(crate) use self::stored_code::{StoredCode, UserCode};
pub(crate) use self::users::{StoredToken, StoredUser, Users};

/// What the secrets of a command are sealed for.
pub(crate) fn purpose_of_command(id: Uuid) -> String {
    format!("command {id}")
}

/// What the secrets of a stored model are sealed for: they are those of whoever stored it last.
pub(crate) fn purpose_of_model(name: &str, by: &str) -> String {
    format!("model {name} of {by}")
}

/// Takes a lock; what a panicking thread left behind is whole, for every change is a replacement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
