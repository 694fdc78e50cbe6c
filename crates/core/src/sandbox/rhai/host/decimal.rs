//! Exact decimals: a whole number of at most 38 digits, and how many of them stand behind the point.
//!
//! Nothing here goes through floats but what is asked for by `to_float`. What has no exact answer of 38 digits has
//! none; quotients, which may have no end, are rounded where their doc says so. Knows nothing of scripts: their
//! functions are in `decimals`.

use std::cmp::Ordering;

use super::Answer;
use crate::display::write_decimal;

/// Most digits, and most of them behind the point.
pub(in crate::sandbox::rhai) const MOST_DIGITS: u8 = 38;

/// Below this are all digits.
const BOUND: i128 = 10_i128.pow(38);

/// Digits behind the point of a quotient that does not end before.
const QUOTIENT_DIGITS: u8 = 20;

/// `digits` times ten to the `-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct Decimal {
    digits: i128,
    pub(in crate::sandbox::rhai) scale: u8,
}

/// Ten to the `power`, which is at most 38.
fn ten_to(power: u8) -> i128 {
    10_i128.pow(u32::from(power.min(MOST_DIGITS)))
}

/// `numerator / divisor`, rounded to a whole number, halves away from zero.
fn rounded(numerator: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (numerator / divisor, numerator % divisor);
    if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() {
        quotient + numerator.signum() * divisor.signum()
    } else {
        quotient
    }
}

fn too_long<T>() -> Answer<T> {
    Err(format!("the result has more than {MOST_DIGITS} digits: round its parts before"))
}

impl Decimal {
    pub(in crate::sandbox::rhai) const ZERO: Self = Self { digits: 0, scale: 0 };

    /// `None` where there are more than 38 digits.
    pub(in crate::sandbox::rhai) fn new(digits: i128, scale: u8) -> Option<Self> {
        (scale <= MOST_DIGITS && digits.abs() < BOUND).then_some(Self { digits, scale })
    }

    /// The number that `text` writes, such as `-12.50`.
    pub(in crate::sandbox::rhai) fn parse(text: &str) -> Answer<Self> {
        let wrong = || {
            let shown = crate::problems::excerpt(text);
            format!("`{shown}` is no decimal, expected at most {MOST_DIGITS} digits such as -12.50")
        };
        let body = text.trim();
        let (negative, body) = match body.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, body.strip_prefix('+').unwrap_or(body)),
        };
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        let point_without_digits = body.ends_with('.') || whole.is_empty();
        if point_without_digits {
            return Err(wrong());
        }
        let mut digits = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() || digits >= BOUND / 10 {
                return Err(wrong());
            }
            digits = digits * 10 + i128::from(digit - b'0');
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| wrong())?;
        Self::new(if negative { -digits } else { digits }, scale).ok_or_else(wrong)
    }

    /// The number as `value` is written: 0.1 is 0.1, not what of it a float holds.
    pub(in crate::sandbox::rhai) fn of_float(value: f64) -> Answer<Self> {
        Self::parse(&format!("{value}")).map_err(|_| {
            format!("the number {value} is no decimal of at most {MOST_DIGITS} digits")
        })
    }

    /// The digits with `scale` of them behind the point, halves away from zero; `None` where they are too many.
    pub(in crate::sandbox::rhai) fn digits_at(self, scale: u8) -> Option<i128> {
        let digits = if scale >= self.scale {
            self.digits.checked_mul(ten_to(scale - self.scale))?
        } else {
            rounded(self.digits, ten_to(self.scale - scale))
        };
        (digits.abs() < BOUND).then_some(digits)
    }

    /// The number with `digits` behind the point, halves away from zero.
    pub(super) fn round_to(self, digits: i64) -> Answer<Self> {
        let Some(scale) = u8::try_from(digits).ok().filter(|scale| *scale <= MOST_DIGITS) else {
            return Err(format!(
                "expected 0 to {MOST_DIGITS} digits behind the point, not {digits}"
            ));
        };
        match self.digits_at(scale) {
            Some(digits) => Ok(Self { digits, scale }),
            None => too_long(),
        }
    }

    /// The largest whole number that is not above it.
    pub(super) fn floor(self) -> Self {
        Self { digits: self.digits.div_euclid(ten_to(self.scale)), scale: 0 }
    }

    /// The smallest whole number that is not below it.
    pub(super) fn ceiling(self) -> Self {
        let one = ten_to(self.scale);
        let above = i128::from(self.digits.rem_euclid(one) > 0);
        Self { digits: self.digits.div_euclid(one) + above, scale: 0 }
    }

    /// The whole part, without what stands behind the point.
    pub(super) fn to_int(self) -> Answer<i64> {
        i64::try_from(self.digits / ten_to(self.scale))
            .map_err(|_| format!("{self} is no whole number of 64 bits"))
    }

    /// The float that is nearest to it, or the next one.
    pub(in crate::sandbox::rhai) fn to_float(self) -> f64 {
        self.digits as f64 / libm::pow(10.0, f64::from(self.scale))
    }

    pub(super) fn sign(self) -> i64 {
        self.digits.signum() as i64
    }

    pub(super) fn abs(self) -> Self {
        Self { digits: self.digits.abs(), ..self }
    }

    pub(in crate::sandbox::rhai) fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Both with as many digits behind the point, and how many.
    fn aligned(self, other: Self) -> Option<(i128, i128, u8)> {
        let scale = self.scale.max(other.scale);
        Some((self.digits_at(scale)?, other.digits_at(scale)?, scale))
    }

    /// Without the zeros at its end that stand behind the point.
    fn trimmed(self) -> Self {
        let mut trimmed = self;
        while trimmed.scale > 0 && trimmed.digits % 10 == 0 {
            trimmed = Self { digits: trimmed.digits / 10, scale: trimmed.scale - 1 };
        }
        trimmed
    }

    /// What `act` gives; where that is too long, what it gives without zeros that stand at the ends.
    fn with(self, other: Self, act: impl Fn(Self, Self) -> Option<Self>) -> Answer<Self> {
        let trimmed = || act(self.trimmed(), other.trimmed());
        act(self, other).or_else(trimmed).map_or_else(too_long, Ok)
    }

    pub(super) fn add(self, other: Self) -> Answer<Self> {
        self.with(other, |a, b| {
            let (a, b, scale) = a.aligned(b)?;
            Self::new(a.checked_add(b)?, scale)
        })
    }

    pub(super) fn subtract(self, other: Self) -> Answer<Self> {
        self.add(other.negated())
    }

    pub(in crate::sandbox::rhai) fn negated(self) -> Self {
        Self { digits: -self.digits, ..self }
    }

    pub(super) fn multiply(self, other: Self) -> Answer<Self> {
        self.with(other, |a, b| Self::new(a.digits.checked_mul(b.digits)?, a.scale + b.scale))
    }

    pub(super) fn remainder(self, other: Self) -> Answer<Self> {
        if other.digits == 0 {
            return Err("division by zero".to_owned());
        }
        self.with(other, |a, b| {
            let (a, b, scale) = a.aligned(b)?;
            Self::new(a % b, scale)
        })
    }

    /// The quotient with all its digits where it ends within [`QUOTIENT_DIGITS`] behind the point, else rounded to as
    /// many, or to fewer where it has no room for them; halves away from zero.
    pub(super) fn divide(self, other: Self) -> Answer<Self> {
        if other.digits == 0 {
            return Err("division by zero".to_owned());
        }
        let least = self.scale.max(other.scale);
        let scale = QUOTIENT_DIGITS.max(self.scale);
        // Digits that are still to come: `scale` is not below that of `self`.
        let mut left = scale - self.scale + other.scale;
        let divisor = other.digits.unsigned_abs();
        let mut quotient = self.digits.unsigned_abs() / divisor;
        let mut rest = self.digits.unsigned_abs() % divisor;
        while left > 0 && (rest > 0 || scale < left.saturating_add(least)) {
            let Some(longer) = quotient.checked_mul(10).filter(|q| *q < BOUND.unsigned_abs())
            else {
                break;
            };
            let (digit, next) = next_digit(rest, divisor);
            (quotient, rest, left) = (longer + digit, next, left - 1);
        }
        let Some(scale) = scale.checked_sub(left) else { return too_long() };
        if rest >= divisor - rest {
            quotient += 1;
        }
        let digits = i128::try_from(quotient).unwrap_or(i128::MAX);
        let negative = self.digits.is_negative() != other.digits.is_negative();
        Self::new(if negative { -digits } else { digits }, scale).map_or_else(too_long, Ok)
    }

    /// Which is more, whatever their digits behind the point.
    pub(in crate::sandbox::rhai) fn compare(self, other: Self) -> Ordering {
        if self.scale == other.scale {
            return self.digits.cmp(&other.digits);
        }
        let whole = |one: Self| one.digits / ten_to(one.scale);
        let scale = self.scale.max(other.scale);
        // Below one, so it has no more digits than stand behind the point.
        let part = |one: Self| one.digits % ten_to(one.scale) * ten_to(scale - one.scale);
        whole(self).cmp(&whole(other)).then_with(|| part(self).cmp(&part(other)))
    }

    /// Its magnitude as text, with `digits` behind the point where that is said.
    pub(super) fn magnitude(self, digits: Option<usize>) -> String {
        let mut out = Vec::new();
        let Some(wanted) = digits else {
            write_decimal(self.digits.abs(), self.scale, &mut out);
            return String::from_utf8_lossy(&out).into_owned();
        };
        let scale = u8::try_from(wanted).unwrap_or(MOST_DIGITS).min(self.scale);
        let digits = rounded(self.digits.abs(), ten_to(self.scale - scale));
        write_decimal(digits, scale, &mut out);
        let mut text = String::from_utf8_lossy(&out).into_owned();
        if scale == 0 && wanted > 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', wanted - usize::from(scale)));
        text
    }
}

/// The first digit of ten times `rest` divided by `divisor`, which is more than `rest`, and what is left then.
fn next_digit(rest: u128, divisor: u128) -> (u128, u128) {
    if let Some(ten_times) = rest.checked_mul(10) {
        return (ten_times / divisor, ten_times % divisor);
    }
    let (mut digit, mut sum) = (0, 0);
    for _ in 0..10 {
        // Both are below the divisor, which has 38 digits at most.
        sum += rest;
        if sum >= divisor {
            (digit, sum) = (digit + 1, sum - divisor);
        }
    }
    (digit, sum)
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        write!(out, "{sign}{}", self.magnitude(None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn told(answer: Answer<Decimal>) -> String {
        answer.map_or_else(|error| error, |value| value.to_string())
    }

    /// The values are those of Python's `decimal` with enough digits.
    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(told(of("12345678901234567.89").add(of("0.01"))), "12345678901234567.90");
        assert_eq!(told(of("0.1").add(of("0.2"))), "0.3");
        assert_eq!(told(of("12345678901234567.89").multiply(of("0.19"))), "2345678991234567.8991");
        assert_eq!(told(of("10").subtract(of("0.001"))), "9.999");
        assert_eq!(told(of("-7.5").remainder(of("2"))), "-1.5");
        assert_eq!(told(of("1").divide(of("3"))), "0.33333333333333333333");
        assert_eq!(told(of("-2").divide(of("3"))), "-0.66666666666666666667");
        assert_eq!(told(of("99.99").divide(of("100"))), "0.9999");
        assert_eq!(told(of("10.00").divide(of("4"))), "2.50");
        assert_eq!(
            told(of("1").divide(of("99999999999999999999999999999999999999"))),
            "0.00000000000000000000"
        );
        assert_eq!(
            told(
                of("99999999999999999999999999999999999998")
                    .divide(of("99999999999999999999999999999999999999"))
            ),
            "1.00000000000000000000"
        );
        // As many digits as there is room for.
        assert_eq!(
            told(of("12345678901234567890123456789012345678").divide(of("7"))),
            "1763668414462081127160493827001763668.3"
        );
        assert_eq!(
            told(of("99999999999999999999999999999999999999").add(of("1"))),
            "the result has more than 38 digits: round its parts before"
        );
        // Zeros at the end take no room.
        assert_eq!(
            told(of("100000000000000000000.0000000").multiply(of("10000000000.0000000"))),
            "1000000000000000000000000000000"
        );
        assert_eq!(told(of("1").divide(of("0.00"))), "division by zero");
    }

    #[test]
    fn numbers_are_rounded_away_from_zero_and_compared_by_value() {
        assert_eq!(told(of("1.005").round_to(2)), "1.01");
        assert_eq!(told(of("-1.005").round_to(2)), "-1.01");
        assert_eq!(told(of("1.004").round_to(2)), "1.00");
        assert_eq!(told(of("7").round_to(2)), "7.00");
        assert_eq!(
            (of("-1.5").floor().to_string(), of("-1.5").ceiling().to_string()),
            ("-2".into(), "-1".into())
        );
        assert_eq!(of("1.50").compare(of("1.5")), Ordering::Equal);
        let long = of("99999999999999999999999999999999999999");
        assert_eq!(long.compare(of("0.00000000000000000000000000000000000001")), Ordering::Greater);
        assert_eq!(of("-0.5").compare(of("-0.25")), Ordering::Less);
        assert_eq!(of("-9.99").to_int(), Ok(-9));
        assert!(long.to_int().is_err());
        assert_eq!(of("-0.05").magnitude(Some(1)), "0.1");
        assert_eq!(of("12").magnitude(Some(3)), "12.000");
        assert_eq!(of("99.999").magnitude(Some(0)), "100");
    }

    #[test]
    fn only_plain_decimals_are_read() {
        for wrong in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1 2",
            "0x1",
            "é",
            "999999999999999999999999999999999999999",
        ] {
            assert!(Decimal::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Decimal::parse(" +007.50 ").unwrap().to_string(), "7.50");
        assert_eq!(told(Decimal::of_float(0.1)), "0.1");
        assert!(Decimal::of_float(1e300).is_err() && Decimal::of_float(f64::NAN).is_err());
    }

    proptest! {
        /// Where 128 bits suffice for plain fractions, the same comes out.
        #[test]
        fn small_numbers_agree_with_fractions(a in -10_i64.pow(9)..10_i64.pow(9), b in -10_i64.pow(9)..10_i64.pow(9), x in 0..5_u8, y in 0..5_u8) {
            let (left, right) = (Decimal::new(a.into(), x).unwrap(), Decimal::new(b.into(), y).unwrap());
            let at = |value: i64, scale: u8| i128::from(value) * 10_i128.pow(4 - u32::from(scale));
            prop_assert_eq!(left.compare(right), at(a, x).cmp(&at(b, y)));
            prop_assert_eq!(left.add(right).unwrap().digits_at(4), Some(at(a, x) + at(b, y)));
            prop_assert_eq!(left.multiply(right).unwrap().digits_at(8), Some(at(a, x) * at(b, y)));
            if b != 0 {
                let exact = rounded(at(a, x) * 10_i128.pow(20), at(b, y));
                prop_assert_eq!(left.divide(right).unwrap().digits_at(20), Some(exact));
                prop_assert_eq!(left.remainder(right).unwrap().digits_at(4), Some(at(a, x) % at(b, y)));
            }
        }

        #[test]
        fn nothing_panics(a: i128, b: i128, x in 0..=38_u8, y in 0..=38_u8, d: i64) {
            let (Some(a), Some(b)) = (Decimal::new(a % BOUND, x), Decimal::new(b % BOUND, y)) else { return Ok(()) };
            let _ = (a.add(b), a.subtract(b), a.multiply(b), a.divide(b), a.remainder(b), a.compare(b));
            let _ = (a.round_to(d), a.round_to(d % 40), a.floor(), a.ceiling(), a.to_int(), a.to_float());
            let _ = a.magnitude(Some((d % 100).unsigned_abs() as usize));
            prop_assert_eq!(Decimal::parse(&a.to_string()).unwrap(), a);
        }
    }
}
