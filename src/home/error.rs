//! Why a home could not be opened.

use super::lock::HomeError;
use super::seal::SealError;
use super::store::StoreError;

/// Why a home could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    /// The folder cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The key of secrets cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
