//! What LINK can read beside a list's own texts: made when something asks, as most models link to few.
//!
//! Knows nothing of fields.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::columns::Dictionary;

type Make = Box<dyn FnOnce() -> Arc<Dictionary> + Send + Sync>;

/// One text for each key of a list. Clones share what is made.
#[derive(Clone)]
pub(crate) struct Linked(Arc<LazyLock<Arc<Dictionary>, Make>>);

impl Linked {
    /// The texts that `make` gives, which is called once at most.
    pub(crate) fn new(make: impl FnOnce() -> Arc<Dictionary> + Send + Sync + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }

    /// `text` of every entry of `list`.
    pub(crate) fn of_list<T: Send + Sync + 'static>(
        list: &Arc<[T]>,
        text: fn(&T) -> &'static str,
    ) -> Self {
        let list = Arc::clone(list);
        Self::new(move || Dictionary::new(list.iter().map(text)))
    }

    /// The texts, made now if nobody asked before.
    pub(crate) fn texts(&self) -> &Arc<Dictionary> {
        &self.0
    }
}

impl From<Arc<Dictionary>> for Linked {
    fn from(texts: Arc<Dictionary>) -> Self {
        Self::new(|| texts)
    }
}

impl fmt::Debug for Linked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Linked").finish_non_exhaustive()
    }
}
