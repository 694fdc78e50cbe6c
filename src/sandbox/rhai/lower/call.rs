//! Functions that lowered scripts may call: those of `host` and some of the language.

use super::tree::Type;
use crate::sandbox::rhai::host::format::{Shown, format_values};
use crate::sandbox::rhai::host::{Answer, Host, text};

/// A function with the types of its arguments; one name may have several.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [Type],
    pub(super) result: Type,
    /// Whether it draws, or asks for the row.
    pub(super) draws: bool,
    pub(super) run: fn(&mut Host, &[Value<'_>]) -> Answer<Value<'static>>,
}

/// One argument or answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    Made(String),
}

impl Value<'_> {
    fn int(&self) -> i64 {
        if let Self::Int(value) = self { *value } else { 0 }
    }

    fn float(&self) -> f64 {
        if let Self::Float(value) = self { *value } else { 0.0 }
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(value) => value,
            Self::Made(value) => value,
            _ => "",
        }
    }
}

/// The function called `name` that takes arguments of these types.
pub(super) fn find(name: &str, arguments: &[Type]) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|known| known.name == name && known.arguments == arguments)
}

/// Whether any function is called `name`.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|known| known.name == name)
}

macro_rules! function {
    ($name:literal, [$($argument:ident),*], $result:ident, $draws:literal, $run:expr) => {
        Function {
            name: $name,
            arguments: &[$(Type::$argument),*],
            result: Type::$result,
            draws: $draws,
            run: $run,
        }
    };
}

/// In no order that counts.
static FUNCTIONS: &[Function] = &[
    function!("rand_int", [Int, Int], Int, true, |h, a| {
        h.rand_int(a[0].int(), a[1].int()).map(Value::Int)
    }),
    function!("rand_float", [], Float, true, |h, _| Ok(Value::Float(h.rand_float()))),
    function!("rand_float", [Float, Float], Float, true, |h, a| {
        Ok(Value::Float(h.rand_float_in(a[0].float(), a[1].float())))
    }),
    function!("rand_bool", [], Bool, true, |h, _| Ok(Value::Bool(h.rand_bool(0.5)))),
    function!("rand_bool", [Float], Bool, true, |h, a| Ok(Value::Bool(h.rand_bool(a[0].float())))),
    function!("rand_normal", [Float, Float], Float, true, |h, a| {
        Ok(Value::Float(h.rand_normal(a[0].float(), a[1].float())))
    }),
    function!("rand_exp", [Float], Float, true, |h, a| h.rand_exp(a[0].float()).map(Value::Float)),
    function!("rand_zipf", [Int, Float], Int, true, |h, a| {
        h.rand_zipf(a[0].int(), a[1].float()).map(Value::Int)
    }),
    function!("rand_digits", [Int], Text, true, |h, a| h.rand_digits(a[0].int()).map(Value::Made)),
    function!("rand_hex", [Int], Text, true, |h, a| h.rand_hex(a[0].int()).map(Value::Made)),
    function!("rand_string", [Int, Text], Text, true, |h, a| {
        h.rand_string(a[0].int(), a[1].text()).map(Value::Made)
    }),
    function!("uuid", [], Text, true, |h, _| Ok(Value::Made(h.uuid()))),
    function!("first_name", [], Text, true, |h, _| h.first_name("").map(Value::Made)),
    function!("first_name", [Text], Text, true, |h, a| h.first_name(a[0].text()).map(Value::Made)),
    function!("last_name", [], Text, true, |h, _| h.last_name("").map(Value::Made)),
    function!("last_name", [Text], Text, true, |h, a| h.last_name(a[0].text()).map(Value::Made)),
    function!("city", [], Text, true, |h, _| h.city("").map(Value::Made)),
    function!("city", [Text], Text, true, |h, a| h.city(a[0].text()).map(Value::Made)),
    function!("country", [], Text, true, |h, _| Ok(Value::Made(h.country()))),
    function!("phone", [Text], Text, true, |h, a| h.phone(a[0].text()).map(Value::Made)),
    function!("permute", [Int, Int], Int, true, |h, a| {
        h.permute(a[0].int(), a[1].int()).map(Value::Int)
    }),
    function!("luhn", [Text], Text, false, |_, a| text::luhn(a[0].text()).map(Value::Made)),
    function!("mod97", [Text], Int, false, |_, a| text::mod97(a[0].text()).map(Value::Int)),
    function!("pad_left", [Text, Int, Text], Text, false, |_, a| {
        text::pad_left(a[0].text(), a[1].int(), a[2].text()).map(Value::Made)
    }),
    function!("pad_left", [Int, Int, Text], Text, false, |_, a| {
        text::pad_left(&a[0].int().to_string(), a[1].int(), a[2].text()).map(Value::Made)
    }),
    function!("format", [Text, Int], Text, false, |_, a| {
        format_values(a[0].text(), &[Shown::Int(a[1].int())]).map(Value::Made)
    }),
    function!("format", [Text, Float], Text, false, |_, a| {
        format_values(a[0].text(), &[Shown::Float(a[1].float())]).map(Value::Made)
    }),
    function!("format", [Text, Text], Text, false, |_, a| {
        format_values(a[0].text(), &[Shown::Text(a[1].text())]).map(Value::Made)
    }),
    function!("slug", [Text], Text, false, |_, a| Ok(Value::Made(text::slug(a[0].text())))),
    function!("title", [Text], Text, false, |_, a| Ok(Value::Made(text::title(a[0].text())))),
    function!("base32", [Text], Text, false, |_, a| {
        Ok(Value::Made(text::base32(a[0].text().as_bytes())))
    }),
    function!("base64", [Text], Text, false, |_, a| {
        Ok(Value::Made(text::base64(a[0].text().as_bytes())))
    }),
    function!("hash", [Text], Int, false, |_, a| Ok(Value::Int(text::hash_text(a[0].text())))),
    function!("hash", [Int], Int, false, |_, a| Ok(Value::Int(text::hash_int(a[0].int())))),
    function!("round_to", [Float, Int], Float, false, |_, a| {
        text::round_to(a[0].float(), a[1].int()).map(Value::Float)
    }),
    function!("clamp", [Int, Int, Int], Int, false, |_, a| {
        Ok(Value::Int(a[0].int().min(a[2].int()).max(a[1].int())))
    }),
    function!("clamp", [Float, Float, Float], Float, false, |_, a| {
        Ok(Value::Float(a[0].float().min(a[2].float()).max(a[1].float())))
    }),
    function!("sin", [Float], Float, false, |_, a| Ok(Value::Float(libm::sin(a[0].float())))),
    function!("cos", [Float], Float, false, |_, a| Ok(Value::Float(libm::cos(a[0].float())))),
    function!("sqrt", [Float], Float, false, |_, a| Ok(Value::Float(libm::sqrt(a[0].float())))),
    function!("exp", [Float], Float, false, |_, a| Ok(Value::Float(libm::exp(a[0].float())))),
    function!("ln", [Float], Float, false, |_, a| Ok(Value::Float(libm::log(a[0].float())))),
    function!("pow", [Float, Float], Float, false, |_, a| {
        Ok(Value::Float(libm::pow(a[0].float(), a[1].float())))
    }),
    function!("to_float", [Int], Float, false, |_, a| Ok(Value::Float(a[0].int() as f64))),
    function!("len", [Text], Int, false, |_, a| {
        Ok(Value::Int(a[0].text().chars().count() as i64))
    }),
    function!("abs", [Int], Int, false, |_, a| {
        a[0].int().checked_abs().map(Value::Int).ok_or_else(String::new)
    }),
    function!("abs", [Float], Float, false, |_, a| Ok(Value::Float(a[0].float().abs()))),
    function!("floor", [Float], Float, false, |_, a| Ok(Value::Float(a[0].float().floor()))),
    function!("ceiling", [Float], Float, false, |_, a| Ok(Value::Float(a[0].float().ceil()))),
];
