//! The site: what stands behind a draft that no model and no call says: who opens credentials, what the operator
//! sets of connectors, what may be reached.
//!
//! The default is that of a library: nothing is set, everything may be reached.

use std::fmt::Debug;
use std::sync::Arc;

use super::Operator;
use crate::reach::Reach;
use crate::secrets::Secrets;

/// What the place where drafts are compiled gives.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Who opens credentials; `None`: there are none.
    pub(crate) vault: Option<Arc<dyn Vault>>,
    /// What the operator sets of connectors.
    pub(crate) operator: Arc<Operator>,
    /// What models and calls may have connected to.
    pub(crate) reach: Reach,
}

/// Opens credentials for whoever a draft is for.
pub(crate) trait Vault: Debug + Send + Sync {
    /// The settings that the credential `name` holds, by their names.
    ///
    /// # Errors
    ///
    /// Why it cannot be used, in words that show no secret.
    fn open(&self, name: &str) -> Result<Secrets, String>;
}
