//! The exponential function, bit for bit that of `libm`.
//!
//! `libm` spends two thirds of its time on the last step, the scaling by a power of two, which serves exponents
//! that are never drawn. The usual ones are scaled by one multiplication here; all others are left to `libm`.

/// `ln 2` in two parts, of which products of the first with small whole numbers are exact.
const LN_2: [f64; 2] =
    [f64::from_bits(0x3fe6_2e42_fee0_0000), f64::from_bits(0x3dea_39ef_3579_3c76)];
/// The odd part of `x * coth(x / 2)` as a polynomial in `x^2` (FreeBSD's `e_exp.c`, as in `libm`).
const COEFFICIENTS: [f64; 5] = [
    f64::from_bits(0x3fc5_5555_5555_553e),
    f64::from_bits(0xbf66_c16c_16be_bd93),
    f64::from_bits(0x3f11_566a_af25_de2c),
    f64::from_bits(0xbebb_bd41_c5d2_6bf1),
    f64::from_bits(0x3e66_3769_72be_a4d0),
];

/// `e^x`.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    // Below, `libm` goes other ways; above, the result or its scale may be no normal number.
    if !(1.04..700.0).contains(&x.abs()) {
        return libm::exp(x);
    }
    let power = (std::f64::consts::LOG2_E * x + 0.5_f64.copysign(x)) as i32;
    let high = x - f64::from(power) * LN_2[0];
    let low = f64::from(power) * LN_2[1];
    let rest = high - low;
    let square = rest * rest;
    let tail = COEFFICIENTS.iter().rev().fold(0.0, |sum, coefficient| coefficient + square * sum);
    let odd = rest - square * tail;
    let scale = f64::from_bits(((1_023 + i64::from(power)) as u64) << 52);
    (1.0 + (rest * odd / (2.0 - odd) - low + high)) * scale
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_the_own_way_agree_with_libm() {
        for end in [0.0, 0.5, 1.04, 1.05, 699.9, 700.0, 709.7, 745.1, 1e9, f64::INFINITY] {
            for x in [end, -end, end.next_down(), -end.next_down()] {
                assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x}");
            }
        }
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn a_million_steps_agree_with_libm() {
        for step in -500_000..500_000 {
            let x = f64::from(step) * 0.001_5;
            assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x}");
        }
    }

    proptest! {
        #[test]
        fn any_number_agrees_with_libm(x in -800.0..800.0) {
            prop_assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits());
        }
    }
}
