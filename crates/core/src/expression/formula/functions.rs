//! The functions that formulas may call: names, numbers of arguments, and the numeric ones themselves.
//!
//! To add one: a variant, its line in one of the tables, and its branch where it is computed (here for
//! numbers, in `text` for texts).
//!
//! Transcendental functions come from the `libm` crate rather than the system's library: the same
//! row must give the same bits on every machine.

use std::f64::consts;

/// A function or method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Math(Math),
    Convert(Convert),
    Method(Method),
    /// `text.length`.
    Length,
}

/// `Math.…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Math {
    Abs,
    Acos,
    Asin,
    Atan,
    Atan2,
    Cbrt,
    Ceil,
    Cos,
    Cosh,
    Exp,
    Expm1,
    Floor,
    Fround,
    Hypot,
    Log,
    Log10,
    Log1p,
    Log2,
    Max,
    Min,
    Pow,
    Round,
    Sign,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
    Trunc,
}

/// Global functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Convert {
    Boolean,
    IsFinite,
    IsInteger,
    IsNan,
    Number,
    ParseFloat,
    ParseInt,
    String,
}

/// Methods of texts and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    CharAt,
    CharCodeAt,
    Concat,
    EndsWith,
    Includes,
    IndexOf,
    LastIndexOf,
    PadEnd,
    PadStart,
    Repeat,
    Replace,
    ReplaceAll,
    Slice,
    StartsWith,
    Substr,
    Substring,
    ToFixed,
    ToLowerCase,
    ToString,
    ToUpperCase,
    Trim,
    TrimEnd,
    TrimStart,
}

/// Most arguments of a function that takes any number of them.
const MANY: usize = 100;

/// Name, function, fewest and most arguments.
type Entry<T> = (&'static str, T, usize, usize);

const MATH: [Entry<Math>; 29] = [
    ("abs", Math::Abs, 1, 1),
    ("acos", Math::Acos, 1, 1),
    ("asin", Math::Asin, 1, 1),
    ("atan", Math::Atan, 1, 1),
    ("atan2", Math::Atan2, 2, 2),
    ("cbrt", Math::Cbrt, 1, 1),
    ("ceil", Math::Ceil, 1, 1),
    ("cos", Math::Cos, 1, 1),
    ("cosh", Math::Cosh, 1, 1),
    ("exp", Math::Exp, 1, 1),
    ("expm1", Math::Expm1, 1, 1),
    ("floor", Math::Floor, 1, 1),
    ("fround", Math::Fround, 1, 1),
    ("hypot", Math::Hypot, 1, MANY),
    ("log", Math::Log, 1, 1),
    ("log10", Math::Log10, 1, 1),
    ("log1p", Math::Log1p, 1, 1),
    ("log2", Math::Log2, 1, 1),
    ("max", Math::Max, 1, MANY),
    ("min", Math::Min, 1, MANY),
    ("pow", Math::Pow, 2, 2),
    ("round", Math::Round, 1, 1),
    ("sign", Math::Sign, 1, 1),
    ("sin", Math::Sin, 1, 1),
    ("sinh", Math::Sinh, 1, 1),
    ("sqrt", Math::Sqrt, 1, 1),
    ("tan", Math::Tan, 1, 1),
    ("tanh", Math::Tanh, 1, 1),
    ("trunc", Math::Trunc, 1, 1),
];

const CONVERT: [Entry<Convert>; 7] = [
    ("Boolean", Convert::Boolean, 1, 1),
    ("Number", Convert::Number, 1, 1),
    ("String", Convert::String, 1, 1),
    ("isFinite", Convert::IsFinite, 1, 1),
    ("isNaN", Convert::IsNan, 1, 1),
    ("parseFloat", Convert::ParseFloat, 1, 1),
    ("parseInt", Convert::ParseInt, 1, 2),
];

const NUMBER: [Entry<Convert>; 3] = [
    ("isInteger", Convert::IsInteger, 1, 1),
    ("parseFloat", Convert::ParseFloat, 1, 1),
    ("parseInt", Convert::ParseInt, 1, 2),
];

const CONSTANTS: [(&str, f64); 8] = [
    ("E", consts::E),
    ("LN10", consts::LN_10),
    ("LN2", consts::LN_2),
    ("LOG10E", consts::LOG10_E),
    ("LOG2E", consts::LOG2_E),
    ("PI", consts::PI),
    ("SQRT1_2", consts::FRAC_1_SQRT_2),
    ("SQRT2", consts::SQRT_2),
];

const METHODS: [Entry<Method>; 23] = [
    ("charAt", Method::CharAt, 0, 1),
    ("charCodeAt", Method::CharCodeAt, 0, 1),
    ("concat", Method::Concat, 0, MANY),
    ("endsWith", Method::EndsWith, 1, 2),
    ("includes", Method::Includes, 1, 2),
    ("indexOf", Method::IndexOf, 1, 2),
    ("lastIndexOf", Method::LastIndexOf, 1, 1),
    ("padEnd", Method::PadEnd, 1, 2),
    ("padStart", Method::PadStart, 1, 2),
    ("repeat", Method::Repeat, 1, 1),
    ("replace", Method::Replace, 2, 2),
    ("replaceAll", Method::ReplaceAll, 2, 2),
    ("slice", Method::Slice, 0, 2),
    ("startsWith", Method::StartsWith, 1, 2),
    ("substr", Method::Substr, 0, 2),
    ("substring", Method::Substring, 0, 2),
    ("toFixed", Method::ToFixed, 0, 1),
    ("toLowerCase", Method::ToLowerCase, 0, 0),
    ("toString", Method::ToString, 0, 0),
    ("toUpperCase", Method::ToUpperCase, 0, 0),
    ("trim", Method::Trim, 0, 0),
    ("trimEnd", Method::TrimEnd, 0, 0),
    ("trimStart", Method::TrimStart, 0, 0),
];

/// A function with the numbers of arguments that it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    pub(super) function: Function,
    pub(super) fewest: usize,
    pub(super) most: usize,
}

fn find<T: Copy>(table: &[Entry<T>], name: &str, wrap: fn(T) -> Function) -> Option<Signature> {
    let (_, function, fewest, most) = *table.iter().find(|(known, ..)| *known == name)?;
    Some(Signature { function: wrap(function), fewest, most })
}

/// `Math.name`.
pub(super) fn math(name: &str) -> Option<Signature> {
    find(&MATH, name, Function::Math)
}

/// The global function `name`.
pub(super) fn global(name: &str) -> Option<Signature> {
    find(&CONVERT, name, Function::Convert)
}

/// `Number.name`.
pub(super) fn number(name: &str) -> Option<Signature> {
    find(&NUMBER, name, Function::Convert)
}

/// The method `name`.
pub(super) fn method(name: &str) -> Option<Signature> {
    find(&METHODS, name, Function::Method)
}

/// Names near to a misspelt one.
pub(super) fn closest(name: &str) -> Option<&'static str> {
    let methods = METHODS.iter().map(|(name, ..)| *name);
    let math = MATH.iter().map(|(name, ..)| *name);
    crate::problems::did_you_mean(name, methods.chain(math))
}

/// `Math.name` that is a number.
pub(super) fn constant(name: &str) -> Option<f64> {
    CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Every call that a formula may make, by kind, as people write it: `Math.pow(2)` takes two arguments.
pub(in crate::expression) fn formula_calls() -> Vec<(&'static str, Vec<String>)> {
    fn calls<T>(prefix: &str, table: &[Entry<T>]) -> Vec<String> {
        let call = |(name, _, fewest, most): &Entry<T>| {
            let arguments = match (*fewest, *most) {
                (0, 0) => String::new(),
                (fewest, MANY) => format!("{fewest}+"),
                (fewest, most) if fewest == most => fewest.to_string(),
                (fewest, most) => format!("{fewest}-{most}"),
            };
            format!("{prefix}{name}({arguments})")
        };
        table.iter().map(call).collect()
    }
    let constants = CONSTANTS.iter().map(|(name, _)| format!("Math.{name}"));
    let methods = ["text.length".to_owned()].into_iter().chain(calls("text.", &METHODS));
    vec![
        ("Numbers", calls("Math.", &MATH)),
        ("Constants", constants.collect()),
        ("Conversions", [calls("", &CONVERT), calls("Number.", &NUMBER)].concat()),
        ("Texts", methods.collect()),
        ("Time", vec!["Date.now()".to_owned()]),
    ]
}

impl Math {
    /// The function of one number, where it takes one.
    pub(super) fn unary(self) -> Option<fn(f64) -> f64> {
        Some(match self {
            Self::Abs => f64::abs,
            Self::Acos => libm::acos,
            Self::Asin => libm::asin,
            Self::Atan => libm::atan,
            Self::Cbrt => libm::cbrt,
            Self::Ceil => f64::ceil,
            Self::Cos => libm::cos,
            Self::Cosh => libm::cosh,
            Self::Exp => libm::exp,
            Self::Expm1 => libm::expm1,
            Self::Floor => f64::floor,
            Self::Fround => |x| f64::from(x as f32),
            Self::Log => libm::log,
            Self::Log10 => libm::log10,
            Self::Log1p => libm::log1p,
            Self::Log2 => libm::log2,
            Self::Round => round,
            Self::Sign => sign,
            Self::Sin => libm::sin,
            Self::Sinh => libm::sinh,
            Self::Sqrt => f64::sqrt,
            Self::Tan => libm::tan,
            Self::Tanh => libm::tanh,
            Self::Trunc => f64::trunc,
            Self::Atan2 | Self::Hypot | Self::Max | Self::Min | Self::Pow => return None,
        })
    }

    /// Of two numbers; functions of more are folded from the left.
    pub(super) fn binary(self) -> fn(f64, f64) -> f64 {
        match self {
            Self::Atan2 => libm::atan2,
            Self::Max => maximum,
            Self::Min => minimum,
            Self::Pow => power,
            _ => libm::hypot,
        }
    }
}

/// Half rounds up, also of negative numbers; the largest number below a half rounds down.
fn round(x: f64) -> f64 {
    let floor = x.floor();
    let rounded = if x - floor >= 0.5 { floor + 1.0 } else { floor };
    // -0.2 gives -0 in JavaScript.
    if rounded == 0.0 { rounded.copysign(x) } else { rounded }
}

fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

fn maximum(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        // The larger zero is the positive one.
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

fn minimum(a: f64, b: f64) -> f64 {
    -maximum(-a, -b)
}

/// `x ** y`: one to an infinite or undefined power is undefined in JavaScript.
pub(super) fn power(x: f64, y: f64) -> f64 {
    if y.is_nan() || (x.abs() == 1.0 && y.is_infinite()) { f64::NAN } else { libm::pow(x, y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_follows_javascript() {
        for (x, expected) in [
            (2.5, 3.0),
            (-2.5, -2.0),
            (0.499_999_999_999_999_94, 0.0),
            (4_503_599_627_370_497.5, 4_503_599_627_370_498.0),
            (9_007_199_254_740_991.0, 9_007_199_254_740_991.0),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(round(x), expected, "{x}");
        }
        assert!(round(-0.2).is_sign_negative() && round(f64::NAN).is_nan());
    }

    #[test]
    fn extremes_follow_javascript() {
        assert!(maximum(f64::NAN, 1.0).is_nan() && minimum(1.0, f64::NAN).is_nan());
        assert!(maximum(-0.0, 0.0).is_sign_positive() && minimum(0.0, -0.0).is_sign_negative());
        assert!(power(1.0, f64::INFINITY).is_nan() && power(2.0, f64::NAN).is_nan());
        assert_eq!(power(f64::NAN, 0.0), 1.0);
    }
}
