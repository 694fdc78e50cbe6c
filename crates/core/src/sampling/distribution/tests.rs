//! What attributes say of distributions, and the shapes that come of it.

use super::*;

const ROWS: Rows = Rows { first: 0, count: 1_000_000 };

fn read(json: &str, low: f64, high: f64) -> (Result<Option<Distribution>, Refused>, String) {
    let object = serde_json::from_str(json).unwrap();
    let mut problems = Problems::default();
    let mut reader = Reader::new(&object, "/Fields/0", Some("x"), &mut problems);
    let distribution = Distribution::read(&mut reader, &Axis::numbers(low, high));
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (distribution, lines.join("\n"))
}

/// Kolmogorov and Smirnov: the largest distance between the distribution function of a million
/// draws and the one they should have, ends left aside.
fn distance(json: &str, low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (distribution, told) = read(json, low, high);
    assert_eq!(told, "");
    let mut drawn = distribution.unwrap().unwrap().column(Stream::new(42, "x"), ROWS);
    assert!(drawn.iter().all(|value| (low..=high).contains(value)));
    drawn.sort_by(f64::total_cmp);
    let inside = |value: f64| low < value && value < high;
    let count = ROWS.count as f64;
    drawn
        .iter()
        .enumerate()
        .filter(|(_, value)| inside(**value))
        .map(|(index, value)| ((index as f64 + 0.5) / count - function(*value)).abs())
        .fold(0.0, f64::max)
}

/// One of ten thousand fair samples is farther: `2.23 / sqrt(1e6)`.
const FAR: f64 = 0.002_23;

fn normal_function(x: f64) -> f64 {
    libm::erfc(-x / 2.0_f64.sqrt()) / 2.0
}

#[test]
fn normal_numbers_are_normal() {
    let by_default = distance(r#"{"distribution": "normal"}"#, 0.0, 60.0, |x| {
        normal_function((x - 30.0) / 10.0)
    });
    assert!(by_default < FAR, "{by_default}");
    let json = r#"{"distribution": {"type": "Normal", "mean": "5", "stddev": 2}}"#;
    let given = distance(json, 0.0, 60.0, |x| normal_function((x - 5.0) / 2.0));
    assert!(given < FAR, "{given}");
}

#[test]
fn lognormal_numbers_have_normal_logarithms() {
    let json = r#"{"distribution": {"type": "lognormal", "mu": 3, "sigma": 0.5}}"#;
    let given = distance(json, 0.0, 1e9, |x| normal_function((x.ln() - 3.0) / 0.5));
    assert!(given < FAR, "{given}");
    let json = r#"{"distribution": "log_normal"}"#;
    let by_default = distance(json, 1.0, 1e6, |x| {
        normal_function((x.ln() - 1e3_f64.ln()) / (1e6_f64.ln() / 6.0))
    });
    assert!(by_default < FAR, "{by_default}");
}

#[test]
fn lognormal_mean_and_stddev_are_those_of_the_values() {
    let json = r#"{"distribution": {"type": "lognormal", "mean": 50, "stddev": 20}}"#;
    let drawn = read(json, 0.0, 1e9).0.unwrap().unwrap().column(Stream::new(42, "x"), ROWS);
    let mean = drawn.iter().sum::<f64>() / 1e6;
    let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e6;
    assert!((mean - 50.0).abs() < 0.1 && (variance.sqrt() - 20.0).abs() < 0.2, "{mean}");
}

#[test]
fn exponential_numbers_fall_from_the_lower_end_on() {
    let rate = r#"{"distribution": {"type": "exponential", "rate": 0.25}}"#;
    let given = distance(rate, 10.0, 50.0, |x| 1.0 - (-(x - 10.0) / 4.0).exp());
    assert!(given < FAR, "{given}");
    let mean = r#"{"distribution": {"type": "exponential", "mean": 14}}"#;
    let same = distance(mean, 10.0, 50.0, |x| 1.0 - (-(x - 10.0) / 4.0).exp());
    assert!(same < FAR, "{same}");
}

#[test]
fn what_lies_beyond_the_range_becomes_its_end() {
    let json = r#"{"distribution": {"type": "normal", "mean": 0, "stddev": 1}}"#;
    let drawn = read(json, -1.0, 2.0).0.unwrap().unwrap().column(Stream::new(42, "x"), ROWS);
    let at = |end: f64| drawn.iter().filter(|x| x.to_bits() == end.to_bits()).count();
    assert!(at(-1.0).abs_diff(158_655) < 1_500, "{}", at(-1.0));
    assert!(at(2.0).abs_diff(22_750) < 600, "{}", at(2.0));
}

#[test]
fn uniform_is_the_absence_of_a_distribution() {
    for json in ["{}", r#"{"distribution": "uniform"}"#, r#"{"distribution": {"type": "UNIFORM"}}"#]
    {
        let (distribution, told) = read(json, 0.0, 1.0);
        assert!(distribution.unwrap().is_none());
        assert_eq!(told, "");
    }
}

#[test]
fn hostile_parameters_give_values_of_the_range() {
    for parameters in [
        r#""type": "normal", "mean": 1e308, "stddev": 1e308"#,
        r#""type": "lognormal", "mean": 1e-300, "stddev": 1e300"#,
        r#""type": "lognormal", "mu": 1e308, "sigma": 1e308"#,
        r#""type": "exponential", "rate": 1e-310"#,
        r#""type": "exponential", "rate": 1e308"#,
        r#""type": "zipf", "exponent": 1e-12"#,
    ] {
        let (distribution, _) =
            read(&format!(r#"{{"distribution": {{{parameters}}}}}"#), -5.0, 1e18);
        let rows = Rows { first: 0, count: 10_000 };
        for value in distribution.unwrap().unwrap().column(Stream::new(1, "x"), rows) {
            assert!((-5.0..=1e18).contains(&value), "{parameters}: {value}");
        }
    }
}

// Issue 9, F16 f, g, h.
#[test]
fn parameters_that_spoil_the_values_are_told_or_refused() {
    let told = |json: &str| read(&format!(r#"{{"distribution": {json}}}"#), 0.0, 10.0).1;
    insta::assert_snapshot!(told(r#"{"type": "exponential", "lambda": 1}"#), @"/Fields/0/distribution/lambda: field `x`: `exponential` has no parameter `lambda`, expected rate, mean (did you mean `rate`?)");
    insta::assert_snapshot!(told(r#"{"type": "zipf", "s": 1.1}"#), @"/Fields/0/distribution/s: field `x`: `zipf` has no parameter `s`, expected exponent (did you mean `exponent`?)");
    insta::assert_snapshot!(told(r#"{"type": "normal", "meen": 1, "sigma": 2}"#), @"
    /Fields/0/distribution/meen: field `x`: `normal` has no parameter `meen`, expected mean, stddev (did you mean `mean`?)
    /Fields/0/distribution/sigma: field `x`: `normal` has no parameter `sigma`, expected mean, stddev (did you mean `stddev`?)
    ");
    insta::assert_snapshot!(told(r#"{"type": "uniform", "mean": 1}"#), @"/Fields/0/distribution/mean: field `x`: `uniform` has no parameter `mean`, expected none");
    for refused in [r#"{"type": "zipf", "s": 1.1}"#, r#"{"type": "uniform", "mean": 1}"#] {
        assert!(read(&format!(r#"{{"distribution": {refused}}}"#), 0.0, 10.0).0.is_err());
    }
    insta::assert_snapshot!(told(r#"{"type": "normal", "mean": 11, "stddev": 1}"#), @"/Fields/0/distribution/mean: field `x`: `mean` is `11`, above the range: most values will be the upper end of it (widen the range, or move the distribution into it)");
    insta::assert_snapshot!(told(r#"{"type": "lognormal", "mu": 7}"#), @"/Fields/0/distribution/mu: field `x`: `mu` is `7`, above the range: most values will be the upper end of it (widen the range, or move the distribution into it)");
    insta::assert_snapshot!(told(r#"{"type": "lognormal", "mean": 70, "stddev": 1}"#), @"/Fields/0/distribution/mean: field `x`: `mean` is `70`, above the range: most values will be the upper end of it (widen the range, or move the distribution into it)");
    insta::assert_snapshot!(told(r#"{"type": "exponential", "mean": 12}"#), @"/Fields/0/distribution/mean: field `x`: `mean` is `12`, above the range: most values will be the upper end of it (widen the range, or move the distribution into it)");
    assert_eq!(told(r#"{"type": "normal", "mean": 10, "stddev": 1}"#), "");
    insta::assert_snapshot!(read(r#"{"distribution": "zipf"}"#, 0.0, 0.99).1, @"/Fields/0/distribution: field `x`: the range is narrower than one step of `zipf`: every value will be the lower end of it (the ranks are `min`, `min` + 1, …: set `max` accordingly)");
    assert_eq!(read(r#"{"distribution": "zipf"}"#, 5.0, 5.0).1, "");
}

#[test]
fn wrong_types_and_parameters_are_told() {
    let told = |json: &str| read(&format!(r#"{{"distribution": {json}}}"#), 0.0, 10.0).1;
    insta::assert_snapshot!(told("3"), @"/Fields/0/distribution: field `x`: `distribution` is `3`, expected one of uniform, normal, lognormal, exponential, zipf");
    insta::assert_snapshot!(told(r#""norml""#), @"/Fields/0/distribution: field `x`: `distribution` is the text `norml`, expected one of uniform, normal, lognormal, exponential, zipf (did you mean `normal`?)");
    insta::assert_snapshot!(told(r#"{"mean": 3}"#), @"/Fields/0/distribution/type: field `x`: `type` is missing, expected one of uniform, normal, lognormal, exponential, zipf");
    insta::assert_snapshot!(told(r#"{"type": "normal", "mean": "a", "stddev": -1, "sd": 1}"#), @"
    /Fields/0/distribution/mean: field `x`: `mean` is the text `a`, expected a number
    /Fields/0/distribution/stddev: field `x`: `stddev` is `-1`, expected a number from 0 on
    /Fields/0/distribution/sd: field `x`: `normal` has no parameter `sd`, expected mean, stddev (did you mean `stddev`?)
    ");
    insta::assert_snapshot!(told(r#"{"type": "lognormal", "mu": 1, "mean": 1}"#), @"/Fields/0/distribution/type: field `x`: `mu` and `sigma` are given beside `mean` and `stddev`, expected one pair");
    insta::assert_snapshot!(told(r#"{"type": "exponential", "mean": 0}"#), @"/Fields/0/distribution/mean: field `x`: `mean` is `0`, expected a value above the lower end of the range");
    insta::assert_snapshot!(told(r#"{"type": "exponential", "rate": 0}"#), @"/Fields/0/distribution/rate: field `x`: `rate` is `0`, expected a number above 0");
    insta::assert_snapshot!(told(r#"{"type": "zipf", "exponent": 21}"#), @"/Fields/0/distribution/exponent: field `x`: `exponent` is 21, expected a number of at most 20");
}
