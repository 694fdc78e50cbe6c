//! Field types for Datagen, written in Rust and compiled to WebAssembly.
//!
//! Implement [`Generator`], name it in [`export!`], build with `wasm-generators/build.sh`, drop the file
//! into a folder of generators:
//!
//! ```ignore
//! use datagen_field::{export, Descriptor, Error, Generator, Parameters, Row, Texts};
//!
//! struct Code { digits: usize }
//!
//! impl Generator for Code {
//!     type Output = Texts;
//!
//!     fn describe() -> Descriptor {
//!         Descriptor::new("code", "Codes of random digits.").integer("digits", 8, "How many digits.")
//!     }
//!
//!     fn new(parameters: &Parameters) -> Result<Self, Error> {
//!         Ok(Self { digits: parameters.usize("digits", 1..=100)? })
//!     }
//!
//!     fn value(&self, row: &mut Row, out: &mut Texts) -> Result<(), Error> {
//!         for _ in 0..self.digits {
//!             out.byte(b'0' + row.random.below(10) as u8);
//!         }
//!         Ok(out.close())
//!     }
//! }
//!
//! export!(Code);
//! ```
//!
//! A value may depend on nothing but its row: the row's own random numbers, its number, its inputs and the
//! parameters. Rows are cut into blocks differently from run to run, and every block is made by a fresh
//! instance. So keep what you go through in a `BTreeMap` or a list: the order of a `HashMap` depends on where
//! its memory happens to lie.
//!
//! A panic ends the command with its text, its place and the row. `use datagen_field::println;` prints where
//! `datagen try` shows it; what the standard library prints goes nowhere.

#[doc(hidden)]
#[allow(warnings)]
pub mod bindings;
mod describe;
#[doc(hidden)]
pub mod dispatch;
#[doc(hidden)]
pub mod memory;
mod output;
mod parameters;
#[doc(hidden)]
pub mod print;
mod random;
mod row;
#[cfg(not(target_arch = "wasm32"))]
mod trial;

pub use crate::bindings::datagen::field::log::{log, Level};
pub use crate::bindings::datagen::field::types::{ErrorKind, Kind};
pub use crate::describe::Descriptor;
pub use crate::output::{
    Booleans, Bytes, Column, Dates, Decimals, Float32s, Float64s, Int32s, Int64s, Nullable, Output,
    Texts, Timestamps,
};
pub use crate::parameters::Parameters;
pub use crate::random::Random;
pub use crate::row::{Block, Row};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::trial::Trial;

/// Why there is no value, or why the parameters are refused.
pub type Error = crate::bindings::datagen::field::types::Error;

/// An error that blames nothing in particular.
pub fn error(message: impl Into<String>) -> Error {
    Error { kind: ErrorKind::Internal, message: message.into(), row: None, param: None }
}

/// A field type.
pub trait Generator: Sized {
    /// The column that is made: [`Texts`], [`Int64s`] …, [`Nullable`] of one, or a tuple of them: the
    /// value and its sub-values.
    type Output: Output;

    /// Name, summary, parameters and inputs.
    fn describe() -> Descriptor;

    /// Checks the parameters of a field; made anew for every block.
    ///
    /// # Errors
    ///
    /// When they cannot be used together.
    fn new(parameters: &Parameters) -> Result<Self, Error>;

    /// Writes the value of one row: exactly one.
    ///
    /// # Errors
    ///
    /// When the row has none; the command fails and names the row.
    fn value(&self, row: &mut Row, out: &mut Self::Output) -> Result<(), Error>;

    /// Writes the values of all rows. Worth writing where a loop over columns is faster than row by row.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    fn values(&self, block: &Block, out: &mut Self::Output) -> Result<(), Error> {
        for index in 0..block.rows() {
            let blamed = |error| Error { row: Some(index as u32), ..error };
            self.value(&mut block.row(index), out).map_err(blamed)?;
            if !out.has(index + 1) {
                return Err(blamed(error(dispatch::WRITTEN)));
            }
        }
        Ok(())
    }
}

/// Makes the module offer these generators.
#[macro_export]
macro_rules! export {
    ($($generator:ty),+ $(,)?) => {
        #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
        struct Exported;

        impl $crate::bindings::exports::datagen::field::generators::Guest for Exported {
            fn describe() -> $crate::dispatch::ModuleInfo {
                $crate::print::panics();
                $crate::dispatch::ModuleInfo {
                    name: env!("CARGO_PKG_NAME").into(),
                    version: env!("CARGO_PKG_VERSION").into(),
                    generators: vec![$($crate::dispatch::describe::<$generator>()),+],
                }
            }

            fn check(
                generator: String,
                parameters: Vec<$crate::dispatch::ParamValue>,
                _: Vec<Option<$crate::dispatch::ColumnType>>,
            ) -> Result<$crate::dispatch::ColumnType, $crate::Error> {
                $crate::print::panics();
                $(if <$generator as $crate::Generator>::describe().is(&generator) {
                    return $crate::dispatch::check::<$generator>(parameters);
                })+
                Err($crate::error(format!("there is no generator `{generator}`")))
            }

            fn generate(
                request: $crate::dispatch::Request,
            ) -> Result<$crate::dispatch::Answer, $crate::Error> {
                $crate::print::panics();
                $(if <$generator as $crate::Generator>::describe().is(&request.generator) {
                    return $crate::dispatch::generate::<$generator>(request);
                })+
                Err($crate::error(format!("there is no generator `{}`", request.generator)))
            }
        }

        // Tests on other machines have several threads, and keep their own.
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static MEMORY: $crate::memory::Memory = $crate::memory::Memory::new();

        // Names that linkers of other machines do not take.
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::export!(Exported with_types_in $crate::bindings);
    };
}
