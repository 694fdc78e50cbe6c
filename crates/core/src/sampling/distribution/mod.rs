//! `distribution`: other shapes than the even one, clipped to the field's range.
//!
//! `"distribution": "normal"`, or with parameters `{"type": "normal", "mean": 50, "stddev": 10}`:
//!
//! | type | parameters | without them |
//! |---|---|---|
//! | `uniform` | | |
//! | `normal` | `mean`, `stddev` | the middle of the range, a sixth of its width |
//! | `lognormal` | `mu`, `sigma` (of the logarithm) or `mean`, `stddev` (of the values) | the range holds six `sigma` |
//! | `exponential` | `rate` or `mean`; falls from `min` on | `mean` is a sixth of the width above `min` |
//! | `zipf` | `exponent`; rank 1 is `min`, rank 2 is `min + 1` … | 1 |
//!
//! A value beyond the range becomes the nearest one in it. One word draws one value, by the inverse
//! of the distribution function, but for `zipf` over many ranks, where a word may be rejected.
//! Logarithms and powers come from `libm`, whose results do not depend on the machine.

mod exponential;
mod normal;
mod parameters;
#[cfg(test)]
mod tests;
mod zipf;

use serde_json::{Map, Value};

use crate::attributes::{Attribute, Reader, scalar_text, shown};
use crate::columns::Rows;
use crate::problems::{Problem, Problems, did_you_mean, fold_name};
use crate::rng::Stream;

use self::exponential::exp;
use self::normal::{open_unit, standard_normal};
use self::parameters::{refuse_unknown, warn_if_outside};
pub(crate) use self::zipf::Zipf;
use super::{Refused, map_words};

/// The attribute that names a distribution.
pub(crate) const DISTRIBUTION: Attribute = Attribute::new(
    "distribution",
    "text or object",
    "uniform",
    "uniform, normal, lognormal, exponential or zipf, also with parameters, such as \
     {\"type\": \"normal\", \"mean\": 50, \"stddev\": 10}; clipped to the range.",
);

/// A type of distribution.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// What may be given beside the name.
    pub parameters: &'static [Attribute],
    /// What holds without parameters.
    pub doc: &'static str,
    /// `None`: even.
    read: Option<ReadKind>,
}

type ReadKind = fn(&mut Reader<'_>, &Axis<'_>) -> Option<Kind>;

/// The types, in the order of the table above.
pub const SHAPES: &[Shape] = &[
    Shape {
        name: "uniform",
        parameters: &[],
        doc: "Every value as often as any other.",
        read: None,
    },
    Shape {
        name: "normal",
        parameters: &[MEAN, STDDEV],
        doc: "Without parameters: around the middle of the range, a sixth of its width.",
        read: Some(read_normal),
    },
    Shape {
        name: "lognormal",
        parameters: &[MU, SIGMA, MEAN, STDDEV],
        doc: "By `mu`, `sigma` of the logarithms or `mean`, `stddev` of the values.",
        read: Some(read_log_normal),
    },
    Shape {
        name: "exponential",
        parameters: &[RATE, MEAN],
        doc: "Falls from `min` on; without parameters the mean is a sixth of the width above `min`.",
        read: Some(read_exponential),
    },
    Shape {
        name: "zipf",
        parameters: &[EXPONENT],
        doc: "Rank 1 is `min`, rank 2 is `min + 1`, and so on.",
        read: Some(read_zipf),
    },
];

fn names() -> impl Iterator<Item = &'static str> + Clone {
    SHAPES.iter().map(|shape| shape.name)
}

fn listed() -> String {
    names().collect::<Vec<_>>().join(", ")
}

const TYPE: Attribute = Attribute::new("type", "text", "", "The distribution.");
const MEAN: Attribute = Attribute::new("mean", "number", "", "Mean of the values.");
const STDDEV: Attribute = Attribute::new("stddev", "number", "", "Standard deviation.");
const MU: Attribute = Attribute::new("mu", "number", "", "Mean of the logarithms.");
const SIGMA: Attribute = Attribute::new("sigma", "number", "", "Deviation of the logarithms.");
const RATE: Attribute = Attribute::new("rate", "number", "", "One over the mean.");
const EXPONENT: Attribute = Attribute::new("exponent", "number", "1", "Steepness, above 0.");

/// The range that a distribution is clipped to, in the unit of its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Axis<'a> {
    /// The lower end.
    pub(crate) low: f64,
    /// The upper end, not below `low`.
    pub(crate) high: f64,
    /// How a `mean` that is no number is read, such as a date.
    pub(crate) position: Option<Position<'a>>,
}

/// The place on an [`Axis`] that a text names, or why it names none.
pub(crate) type Position<'a> = &'a dyn Fn(&str) -> Result<f64, String>;

impl Axis<'_> {
    /// A range of plain numbers.
    pub(crate) const fn numbers(low: f64, high: f64) -> Self {
        Self { low, high, position: None }
    }

    /// A share of the width; the ends may be so far apart that the width itself is infinite.
    fn share(&self, parts: f64) -> f64 {
        self.high / parts - self.low / parts
    }

    fn middle(&self) -> f64 {
        self.low / 2.0 + self.high / 2.0
    }
}

/// A distribution clipped to a range.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    low: f64,
    high: f64,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Normal { mean: f64, stddev: f64 },
    LogNormal { mu: f64, sigma: f64 },
    Exponential { mean: f64 },
    Zipf(Zipf),
}

impl Distribution {
    /// Reads `distribution`; `None` when it is absent or `uniform`.
    ///
    /// # Errors
    ///
    /// After adding to the reader what is wrong with the type or its parameters.
    pub(crate) fn read(reader: &mut Reader<'_>, axis: &Axis<'_>) -> Result<Option<Self>, Refused> {
        let key = DISTRIBUTION.name;
        let Some(value) = reader.value(key) else { return Ok(None) };
        let kind = match value {
            Value::Object(object) => read_object(reader, object, axis)?,
            other => {
                let shape = find_type(reader, key, other).ok_or(Refused)?;
                let pointer = reader.pointer_of(key);
                with_parameters(reader, &Map::new(), &pointer, |parameters| {
                    read_kind(parameters, shape, axis)
                })?
            }
        };
        Ok(kind.map(|kind| Self { low: axis.low, high: axis.high, kind }))
    }

    /// The lower end of the range.
    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    /// One value per row, none outside of the range.
    pub(crate) fn column(&self, stream: Stream, rows: Rows) -> Vec<f64> {
        let (low, high) = (self.low, self.high);
        let clipped = |value: f64| value.max(low).min(high);
        match &self.kind {
            Kind::Normal { mean, stddev } => {
                map_words(stream, rows, |word| clipped(mean + stddev * standard_normal(word)))
            }
            Kind::LogNormal { mu, sigma } => {
                map_words(stream, rows, |word| clipped(exp(mu + sigma * standard_normal(word))))
            }
            Kind::Exponential { mean } => {
                map_words(stream, rows, |word| clipped(low - mean * libm::log(open_unit(word))))
            }
            Kind::Zipf(zipf) => map_words(stream, rows, |word| clipped(low + zipf.draw(word))),
        }
    }
}

/// `{"type": …}` with parameters.
fn read_object(
    reader: &mut Reader<'_>,
    object: &Map<String, Value>,
    axis: &Axis<'_>,
) -> Result<Option<Kind>, Refused> {
    let pointer = reader.pointer_of(DISTRIBUTION.name);
    with_parameters(reader, object, &pointer, |parameters| {
        let Some(value) = parameters.value(TYPE.name) else {
            let message = format!("`type` is missing, expected one of {}", listed());
            parameters.error(TYPE.name, "missing_attribute", message);
            return Err(Refused);
        };
        let shape = find_type(parameters, TYPE.name, value).ok_or(Refused)?;
        read_kind(parameters, shape, axis)
    })
}

/// Runs `read` over the parameters in `object`; what it finds is added to `reader`.
fn with_parameters<T>(
    reader: &mut Reader<'_>,
    object: &Map<String, Value>,
    pointer: &str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let mut problems = Problems::default();
    let answer = read(&mut Reader::new(object, pointer, Some(reader.field()), &mut problems));
    for problem in &problems {
        reader.push(problem.clone());
    }
    if problems.has_errors() { Err(Refused) } else { answer }
}

/// The type; letter case, `_`, `-` and blanks do not matter.
fn find_type(reader: &mut Reader<'_>, key: &str, value: &Value) -> Option<&'static Shape> {
    let name = scalar_text(value).unwrap_or_default();
    let folded = fold_name(&name);
    let found = SHAPES.iter().find(|known| known.name.eq_ignore_ascii_case(&folded));
    if found.is_none() {
        let message = format!("`{key}` is {}, expected one of {}", shown(value), listed());
        let mut problem = Problem::error("wrong_value", reader.pointer_of(key), message);
        problem.hint = did_you_mean(&name, names()).map(|close| format!("did you mean `{close}`?"));
        reader.push(problem);
    }
    found
}

/// The distribution with its parameters; `None` for the uniform one.
fn read_kind(
    reader: &mut Reader<'_>,
    shape: &Shape,
    axis: &Axis<'_>,
) -> Result<Option<Kind>, Refused> {
    let kind = shape.read.map(|read| read(reader, axis));
    refuse_unknown(reader, shape)?;
    kind.map(|kind| kind.ok_or(Refused)).transpose()
}

fn read_normal(reader: &mut Reader<'_>, axis: &Axis<'_>) -> Option<Kind> {
    let mean = read_mean(reader, axis, axis.middle());
    let stddev = read_or(reader, STDDEV.name, axis.share(6.0), Sign::NotNegative);
    let (mean, stddev) = (mean?, stddev?);
    warn_if_outside(reader, MEAN.name, mean, axis);
    Some(Kind::Normal { mean, stddev })
}

fn read_log_normal(reader: &mut Reader<'_>, axis: &Axis<'_>) -> Option<Kind> {
    if axis.high <= 0.0 {
        let message = "`lognormal` gives numbers above 0, the range ends below";
        reader.error(TYPE.name, "wrong_distribution", message);
        return None;
    }
    let of_values = reader.has(MEAN.name) || reader.has(STDDEV.name);
    if of_values && (reader.has(MU.name) || reader.has(SIGMA.name)) {
        let message = "`mu` and `sigma` are given beside `mean` and `stddev`, expected one pair";
        reader.error(TYPE.name, "wrong_distribution", message);
        return None;
    }
    if of_values {
        let mean = read_mean(reader, axis, axis.middle());
        let stddev = read_or(reader, STDDEV.name, axis.share(6.0), Sign::NotNegative);
        let (mean, stddev) = (mean?, stddev?);
        if mean <= 0.0 {
            let message = format!("`mean` is {mean}, expected a number above 0");
            reader.error(MEAN.name, "wrong_value", message);
            return None;
        }
        warn_if_outside(reader, MEAN.name, mean, axis);
        let ratio = stddev / mean;
        let variance = libm::log1p(ratio * ratio);
        return Some(Kind::LogNormal {
            mu: libm::log(mean) - variance / 2.0,
            sigma: variance.sqrt(),
        });
    }
    // A range that starts at or below 0 has no logarithm: three decades are taken then.
    let low = if axis.low > 0.0 { axis.low } else { axis.high / 1_000.0 };
    let (low, high) = (libm::log(low), libm::log(axis.high));
    let mu = read_or(reader, MU.name, low / 2.0 + high / 2.0, Sign::Any);
    let sigma = read_or(reader, SIGMA.name, (high - low) / 6.0, Sign::NotNegative);
    let (mu, sigma) = (mu?, sigma?);
    warn_if_outside(reader, MU.name, libm::exp(mu), axis);
    Some(Kind::LogNormal { mu, sigma })
}

fn read_exponential(reader: &mut Reader<'_>, axis: &Axis<'_>) -> Option<Kind> {
    if reader.has(RATE.name) {
        if reader.has(MEAN.name) {
            let message = "`rate` is given beside `mean`, expected one of them";
            reader.error(RATE.name, "wrong_distribution", message);
        }
        let rate = read_or(reader, RATE.name, 1.0, Sign::Positive)?;
        return Some(Kind::Exponential { mean: 1.0 / rate });
    }
    if !reader.has(MEAN.name) {
        return Some(Kind::Exponential { mean: axis.share(6.0) });
    }
    let mean = read_mean(reader, axis, axis.middle())?;
    if mean <= axis.low {
        let message = format!(
            "`mean` is {}, expected a value above the lower end of the range",
            reader.value(MEAN.name).map(shown).unwrap_or_default()
        );
        reader.error(MEAN.name, "wrong_value", message);
        return None;
    }
    warn_if_outside(reader, MEAN.name, mean, axis);
    Some(Kind::Exponential { mean: mean - axis.low })
}

fn read_zipf(reader: &mut Reader<'_>, axis: &Axis<'_>) -> Option<Kind> {
    const STEEPEST: f64 = 20.0;
    let exponent = read_or(reader, EXPONENT.name, 1.0, Sign::Positive)?;
    if exponent > STEEPEST {
        let message = format!("`exponent` is {exponent}, expected a number of at most {STEEPEST}");
        reader.error(EXPONENT.name, "wrong_value", message);
        return None;
    }
    let ranks = (axis.high - axis.low).floor() + 1.0;
    if !ranks.is_finite() {
        let message = "the range is too wide for `zipf`";
        reader.error(TYPE.name, "wrong_distribution", message);
        return None;
    }
    if ranks < 2.0 && axis.high > axis.low {
        let message = "the range is narrower than one step of `zipf`: every value will be the lower end of it";
        let pointer = reader.pointer_of("").trim_end_matches('/').to_owned();
        let problem = Problem::warning("one_rank", pointer, message)
            .hint("the ranks are `min`, `min` + 1, …: set `max` accordingly");
        reader.push(problem);
    }
    Some(Kind::Zipf(Zipf::new(ranks, exponent)))
}

/// What sign a parameter may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Any,
    NotNegative,
    Positive,
}

fn read_or(reader: &mut Reader<'_>, key: &str, default: f64, sign: Sign) -> Option<f64> {
    let Some(value) = reader.value(key) else { return Some(default) };
    let number = reader.number(key)?;
    let (possible, expected) = match sign {
        Sign::Any => (true, "a number"),
        Sign::NotNegative => (number >= 0.0, "a number from 0 on"),
        Sign::Positive => (number > 0.0, "a number above 0"),
    };
    if !possible {
        reader.wrong(key, value, expected);
    }
    possible.then_some(number)
}

/// `mean` as a number, or in the axis's own way of naming a position.
fn read_mean(reader: &mut Reader<'_>, axis: &Axis<'_>, default: f64) -> Option<f64> {
    let (Some(position), Some(Value::String(text))) = (axis.position, reader.value(MEAN.name))
    else {
        return read_or(reader, MEAN.name, default, Sign::Any);
    };
    match position(text) {
        Ok(position) => Some(position),
        Err(reason) => {
            reader.error(MEAN.name, "wrong_value", reason);
            None
        }
    }
}
