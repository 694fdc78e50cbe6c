//! What is wrong with the parameters of a distribution as a whole: unknown ones, and places beside the range.

use super::{Axis, EXPONENT, MEAN, MU, RATE, Refused, SIGMA, STDDEV, Shape, TYPE};
use crate::attributes::{Reader, shown};
use crate::problems::{Problem, did_you_mean, excerpt};

/// Other names of parameters, in libraries of statistics.
const OTHER_NAMES: [(&str, &[&str]); 6] = [
    (MEAN.name, &["mu", "loc", "location", "average", "avg", "center"]),
    (STDDEV.name, &["sd", "std", "sigma", "scale", "deviation", "std_dev", "stdev"]),
    (MU.name, &["mean_log", "meanlog"]),
    (SIGMA.name, &["sd_log", "sdlog", "s", "shape"]),
    (RATE.name, &["lambda", "lambd", "λ"]),
    (EXPONENT.name, &["s", "a", "alpha", "skew", "theta", "power", "z"]),
];

/// Refuses parameters that the distribution does not have: what was meant has another value then.
pub(super) fn refuse_unknown(reader: &mut Reader<'_>, shape: &Shape) -> Result<(), Refused> {
    let names: Vec<&'static str> = shape.parameters.iter().map(|one| one.name).collect();
    let is_unknown = |key: &&String| *key != TYPE.name && !names.contains(&key.as_str());
    let unknown: Vec<&String> = reader.object().keys().filter(is_unknown).collect();
    let expected = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    for key in &unknown {
        let (kind, found) = (shape.name, excerpt(key));
        let message = format!("`{kind}` has no parameter `{found}`, expected {expected}");
        let problem = Problem::error("unknown_parameter", reader.pointer_of(key), message);
        reader.push(match meant(key, &names) {
            Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
            None => problem,
        });
    }
    if unknown.is_empty() { Ok(()) } else { Err(Refused) }
}

/// Which of `names` is called `key` elsewhere, or written nearly so.
fn meant(key: &str, names: &[&'static str]) -> Option<&'static str> {
    let folded = key.to_lowercase();
    let others = |name: &str| OTHER_NAMES.iter().find(|(known, _)| *known == name);
    let is_called =
        |name: &&&str| others(name).is_some_and(|(_, others)| others.contains(&&*folded));
    names.iter().find(is_called).copied().or_else(|| did_you_mean(key, names.iter().copied()))
}

/// Warns where the distribution lies beside the range: what is beyond becomes its end, so that most values are it.
pub(super) fn warn_if_outside(reader: &mut Reader<'_>, key: &str, position: f64, axis: &Axis<'_>) {
    if (axis.low..=axis.high).contains(&position) || !reader.has(key) {
        return;
    }
    let (side, end) = if position < axis.low { ("below", "lower") } else { ("above", "upper") };
    let found = reader.value(key).map(shown).unwrap_or_default();
    let message =
        format!("`{key}` is {found}, {side} the range: most values will be the {end} end of it");
    let problem = Problem::warning("mean_outside_range", reader.pointer_of(key), message)
        .hint("widen the range, or move the distribution into it");
    reader.push(problem);
}
