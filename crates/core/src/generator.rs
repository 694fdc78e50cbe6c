//! What makes a column: the one contract of built-in field types, computed fields, scripts and modules.
//!
//! Knows nothing of models, fields or user code: who implements [`Generator`] stands in `fields`, `expression` and
//! `sandbox`, who calls it in `plan`.

use std::error::Error;
use std::fmt::Debug;

use crate::columns::{Column, Rows};
use crate::failures::FailedRows;

/// What a field reads of its row: one column for each input that it has, in the order in which it told them; `None`
/// where an input may be missing and is.
pub(crate) type Inputs<'a> = [Option<&'a Column>];

/// A compiled field: makes one column per block, and is shared by all worker threads.
///
/// The contract of values: what is made depends on nothing but the generator, the row numbers and the inputs. No
/// clock, no thread-local randomness, no input or output. So the same rows give the same values however they are cut
/// into blocks, on any thread, after any restart.
pub trait Generator: Debug + Send + Sync {
    /// Makes the values of `rows`, each of `inputs` having `rows.count` values.
    ///
    /// # Errors
    ///
    /// The first row that has no value, as far as it is known which one that is.
    fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, GenerateError>;

    /// How the values are made, for listings.
    fn tier(&self) -> Tier {
        Tier::Native
    }

    /// Makes the values of `rows` as [`generate`](Self::generate) does, and tells what that used of what limits
    /// count; `None` where nothing is counted. For whoever writes an extension: it may be slower.
    ///
    /// # Errors
    ///
    /// As [`generate`](Self::generate).
    fn spend(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Option<Spent>, GenerateError> {
        self.generate(rows, inputs).map(|_| None)
    }
}

/// What a generator made of some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// One value for each row, of the type that the field has.
    pub column: Column,
    /// One column for each sub-value that has a column of its own, in the order and of the type that the field told.
    pub(crate) sub_values: Vec<Column>,
    /// Rows that are null because making them failed, where the field says that such rows are null.
    pub(crate) failed: Option<FailedRows>,
}

impl From<Column> for Made {
    fn from(column: Column) -> Self {
        Self { column, sub_values: Vec::new(), failed: None }
    }
}

/// Why the values of some rows could not be made: a sentence with the row, by whoever makes them.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct GenerateError(Box<dyn Error + Send + Sync>);

impl GenerateError {
    /// That `cause` is why.
    pub(crate) fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }

    /// The cause, where it is a `T`.
    pub fn cause<T: Error + 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

/// What making some rows used of what limits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// Operations of the interpreter.
    Operations(u64),
    /// Fuel of modules.
    Fuel(u64),
}

/// How a field's values are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tier {
    /// By a type of Datagen's own.
    Native,
    /// By an expression over other fields.
    Computed,
    /// By a script turned into compiled code.
    Lowered,
    /// By a script that is interpreted, and what kept it from being lowered.
    Interpreted {
        /// The construct, with its place.
        because: String,
    },
    /// By a WebAssembly module.
    Module,
}

impl Tier {
    /// The stable name of a tier of extensions; `None` where no extension makes the values.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Native | Self::Computed => None,
            Self::Lowered => Some("lowered"),
            Self::Interpreted { .. } => Some("interpreted"),
            Self::Module => Some("module"),
        }
    }

    /// The tier in words.
    pub fn words(&self) -> String {
        match self {
            Self::Native => "native".to_owned(),
            Self::Computed => "native (computed from other fields)".to_owned(),
            Self::Lowered => "lowered script".to_owned(),
            Self::Interpreted { because } => {
                format!("interpreted script; not lowered because of {because}")
            }
            Self::Module => "module".to_owned(),
        }
    }
}
