//! Division of many whole numbers by one: a multiplication each, several times as fast.

/// What divides by a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Divisor {
    Power(Power),
    Other(Other),
}

impl Divisor {
    /// Of any number but 0, 1 and -1: these divide in one step, not at all, or overflow.
    pub(super) fn new(value: i64) -> Option<Self> {
        let magnitude = value.unsigned_abs();
        if magnitude < 2 {
            return None;
        }
        if value > 0 && magnitude.is_power_of_two() {
            return Some(Self::Power(Power { bits: magnitude.trailing_zeros() }));
        }
        let bits = u64::BITS - (magnitude - 1).leading_zeros();
        let multiplier = (1_u128 << (63 + bits)).div_ceil(u128::from(magnitude));
        // Below 2^64, as the magnitude is above 2^(bits - 1).
        Some(Self::Other(Other { value, multiplier: multiplier as u64, shift: bits - 1 }))
    }
}

/// Divides by 2^`bits`, of 1 to 62.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    bits: u32,
}

impl Power {
    /// What makes the shift of a negative number round towards zero: 2^bits - 1, else 0.
    #[inline]
    fn bias(self, number: i64) -> i64 {
        ((number >> 63) as u64 >> (u64::BITS - self.bits)) as i64
    }

    /// `number / value`, towards zero.
    #[inline]
    pub(super) fn quotient(self, number: i64) -> i64 {
        number.wrapping_add(self.bias(number)) >> self.bits
    }

    /// `number % value`, with the sign of `number`.
    #[inline]
    pub(super) fn remainder(self, number: i64) -> i64 {
        let bias = self.bias(number);
        (number.wrapping_add(bias) & ((1 << self.bits) - 1)) - bias
    }
}

/// Divides by multiplying with the inverse, as compilers do by a constant.
///
/// Source: Granlund and Montgomery, "Division by Invariant Integers using Multiplication" (PLDI 1994),
/// theorem 4.2 with N = 63 bits: the magnitude of every `i64` but one is below 2^63, and for that one the
/// error stays below 1 / divisor as well, since `multiplier * divisor` is less than 2^(63 + l) + 2^l.
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    value: i64,
    /// ceil(2^(63 + l) / |value|), where 2^(l - 1) < |value| <= 2^l.
    multiplier: u64,
    /// l - 1.
    shift: u32,
}

impl Other {
    /// `number / value`, towards zero.
    #[inline]
    pub(super) fn quotient(self, number: i64) -> i64 {
        let product = u128::from(self.multiplier) * u128::from(number.unsigned_abs());
        let magnitude = ((product >> 64) as u64 >> self.shift) as i64;
        // All ones where the quotient is negative.
        let sign = (number ^ self.value) >> 63;
        (magnitude ^ sign).wrapping_sub(sign)
    }

    /// `number % value`, with the sign of `number`.
    #[inline]
    pub(super) fn remainder(self, number: i64) -> i64 {
        number.wrapping_sub(self.quotient(number).wrapping_mul(self.value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees(number: i64, value: i64) {
        let (quotient, remainder) = match Divisor::new(value).unwrap() {
            Divisor::Power(power) => (power.quotient(number), power.remainder(number)),
            Divisor::Other(other) => (other.quotient(number), other.remainder(number)),
        };
        assert_eq!(quotient, number / value, "{number} / {value}");
        assert_eq!(remainder, number % value, "{number} % {value}");
    }

    #[test]
    fn extremes_are_divided_exactly() {
        let mut edges = vec![i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, 0, 1, -1];
        for power in 1..63 {
            let power = 1_i64 << power;
            edges.extend([power - 1, power, power + 1, -power - 1, -power, 1 - power]);
        }
        for value in edges.iter().filter(|value| value.unsigned_abs() > 1) {
            for number in &edges {
                agrees(*number, *value);
            }
            // Multiples and their neighbours are where rounding would show.
            for factor in [i64::MAX / value, 7, -3] {
                let multiple = factor.wrapping_mul(*value);
                for number in [multiple.wrapping_sub(1), multiple, multiple.wrapping_add(1)] {
                    agrees(number, *value);
                }
            }
        }
        assert!([0, 1, -1].iter().all(|value| Divisor::new(*value).is_none()));
    }

    proptest! {
        #[test]
        fn any_number_is_divided_exactly(number: i64, value: i64, shift in 0_u32..63) {
            let value = value >> shift;
            prop_assume!(value.unsigned_abs() > 1);
            agrees(number, value);
        }
    }
}
