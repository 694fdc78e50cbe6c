//! A function that scripts call: what authors read of it, and what runs it.
//!
//! The interpreter, the lowered tier, `datagen functions` and the reference in `scripts/README.md` all follow
//! from these entries; see the tables at the foot of the files beside this one.

use rhai::Engine;

use super::dates::{Date, Timestamp};
use super::decimal::Decimal;
use super::{Answer, Host};

/// What authors look for together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::rhai) enum Group {
    Numbers,
    Texts,
    Lists,
    Position,
    Dictionaries,
    Dates,
    CheckDigits,
    Form,
    Maths,
    Decimals,
    Tests,
    Talking,
}

impl Group {
    /// Its name in listings.
    pub(in crate::sandbox::rhai) const fn words(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Texts => "texts",
            Self::Lists => "lists",
            Self::Position => "position",
            Self::Dictionaries => "dictionaries",
            Self::Dates => "dates",
            Self::CheckDigits => "check digits",
            Self::Form => "form",
            Self::Maths => "maths",
            Self::Decimals => "decimals",
            Self::Tests => "tests",
            Self::Talking => "talking",
        }
    }
}

/// A function with all its forms.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Function {
    pub(in crate::sandbox::rhai) group: Group,
    /// How it is called, every form that takes other arguments.
    pub(in crate::sandbox::rhai) signature: &'static str,
    /// What it gives, in one sentence.
    pub(in crate::sandbox::rhai) doc: &'static str,
    /// The forms of plain values, which both tiers run.
    pub(in crate::sandbox::rhai) forms: &'static [Form],
    /// Makes the forms known that take or give what only the interpreter has: lists, maps, getters.
    pub(in crate::sandbox::rhai) others: Option<fn(&mut Engine)>,
}

impl Function {
    /// Its name, as a script writes it.
    pub(in crate::sandbox::rhai) fn name(&self) -> &'static str {
        let end = self.signature.find(['(', ',']).unwrap_or(self.signature.len());
        &self.signature[..end]
    }
}

/// A function of plain values with the types of its arguments.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Form {
    pub(in crate::sandbox::rhai) name: &'static str,
    pub(in crate::sandbox::rhai) arguments: &'static [Type],
    pub(in crate::sandbox::rhai) result: Type,
    /// Whether it draws, or asks for the row.
    pub(in crate::sandbox::rhai) draws: bool,
    pub(in crate::sandbox::rhai) run: fn(&mut Host, &[Value<'_>]) -> Answer<Value<'static>>,
    /// Makes it known to the interpreter; `None` where that has it already.
    pub(in crate::sandbox::rhai) register: Option<fn(&mut Engine)>,
}

/// The type of a plain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::rhai) enum Type {
    Int,
    Float,
    Bool,
    Text,
    /// A letter.
    Char,
    /// An exact decimal.
    Decimal,
    /// A civil date.
    Date,
    /// A point in time.
    Time,
    /// A list or map of the script's constants, of a shape that the lowered tier knows by its number. No form of a
    /// function takes it.
    Table(u16),
}

/// One argument or answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox::rhai) enum Value<'a> {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    Made(String),
    Char(char),
    Decimal(Decimal),
    Date(Date),
    Time(Timestamp),
}

impl Value<'_> {
    pub(super) fn int(&self) -> i64 {
        if let Self::Int(value) = self { *value } else { 0 }
    }

    pub(super) fn float(&self) -> f64 {
        if let Self::Float(value) = self { *value } else { 0.0 }
    }

    pub(super) fn truth(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub(super) fn letter(&self) -> char {
        if let Self::Char(value) = self { *value } else { '\0' }
    }

    pub(super) fn decimal(&self) -> Decimal {
        if let Self::Decimal(value) = self { *value } else { Decimal::ZERO }
    }

    pub(super) fn date(&self) -> Date {
        if let Self::Date(value) = self { *value } else { Date(0) }
    }

    pub(super) fn time(&self) -> Timestamp {
        if let Self::Time(value) = self { *value } else { Timestamp(0) }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(value) => value,
            Self::Made(value) => value,
            _ => "",
        }
    }
}

/// A form that both tiers run: `form!(draws "name" (argument: Type, …) -> Type, |host| answer)`, `pure` for one
/// that gives the same for the same arguments; `lowered` before it for one that the interpreter has already.
macro_rules! form {
    (lowered $draws:ident $name:literal ($($argument:ident: $kind:ident),*) -> $result:ident,
     |$host:pat_param| $answer:expr) => {
        $crate::sandbox::rhai::host::function::form!(
            @of $draws $name ($($argument: $kind),*) -> $result, |$host| $answer, None)
    };
    ($draws:ident $name:literal ($($argument:ident: $kind:ident),*) -> $result:ident,
     |$host:pat_param| $answer:expr) => {
        $crate::sandbox::rhai::host::function::form!(
            @of $draws $name ($($argument: $kind),*) -> $result, |$host| $answer,
            Some(|engine: &mut rhai::Engine| {
                engine.register_fn(
                    $name,
                    |$($argument: $crate::sandbox::rhai::host::function::form!(@owned $kind)),*| {
                        $crate::sandbox::rhai::host::raised(
                            $crate::sandbox::rhai::host::with(|$host| {
                                $(let $argument =
                                    $crate::sandbox::rhai::host::function::form!(@lent $kind $argument);)*
                                $answer
                            }),
                        )
                    },
                );
            }))
    };
    (@of $draws:ident $name:literal ($($argument:ident: $kind:ident),*) -> $result:ident,
     |$host:pat_param| $answer:expr, $register:expr) => {{
        fn run(
            $host: &mut $crate::sandbox::rhai::host::Host,
            arguments: &[$crate::sandbox::rhai::host::function::Value<'_>],
        ) -> $crate::sandbox::rhai::host::Answer<
            $crate::sandbox::rhai::host::function::Value<'static>,
        > {
            let [$($argument),*] = arguments else { return Err(String::new()) };
            $(let $argument =
                $crate::sandbox::rhai::host::function::form!(@taken $kind $argument);)*
            let answer: $crate::sandbox::rhai::host::Answer<_> = $answer;
            answer.map($crate::sandbox::rhai::host::function::form!(@made $result))
        }
        $crate::sandbox::rhai::host::function::Form {
            name: $name,
            arguments: &[$($crate::sandbox::rhai::host::function::Type::$kind),*],
            result: $crate::sandbox::rhai::host::function::Type::$result,
            draws: $crate::sandbox::rhai::host::function::form!(@draws $draws),
            run,
            register: $register,
        }
    }};
    (@draws draws) => { true };
    (@draws pure) => { false };
    (@owned Int) => { i64 };
    (@owned Float) => { f64 };
    (@owned Bool) => { bool };
    (@owned Date) => { $crate::sandbox::rhai::host::dates::Date };
    (@owned Time) => { $crate::sandbox::rhai::host::dates::Timestamp };
    (@owned Decimal) => { $crate::sandbox::rhai::host::decimal::Decimal };
    (@owned Text) => { rhai::ImmutableString };
    (@lent Text $argument:ident) => { &*$argument };
    (@lent $kind:ident $argument:ident) => { $argument };
    (@taken Int $argument:ident) => { $argument.int() };
    (@taken Bool $argument:ident) => { $argument.truth() };
    (@taken Float $argument:ident) => { $argument.float() };
    (@owned Char) => { char };
    (@taken Char $argument:ident) => { $argument.letter() };
    (@taken Decimal $argument:ident) => { $argument.decimal() };
    (@taken Date $argument:ident) => { $argument.date() };
    (@taken Time $argument:ident) => { $argument.time() };
    (@taken Text $argument:ident) => { $argument.text() };
    (@made Text) => { $crate::sandbox::rhai::host::function::Value::Made };
    (@made $result:ident) => { $crate::sandbox::rhai::host::function::Value::$result };
}
pub(super) use form;
