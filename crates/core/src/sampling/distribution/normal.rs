//! The normal distribution by the inverse of its distribution function.
//!
//! Wichura, "Algorithm AS 241: The percentage points of the normal distribution" (Applied
//! Statistics, 1988), routine PPND16: relative accuracy about 1 in 10^16, one word a value.

/// Middle region, `|p - 0.5| <= 0.425`: numerator and denominator, constant term first.
const A: [f64; 8] = [
    3.387_132_872_796_366_6,
    133.141_667_891_784_38,
    1_971.590_950_306_551_4,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const B: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_855,
];
/// Tails up to `exp(-25)`.
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_8e-9,
];
/// Tails beyond.
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_7e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// A standard normal number from a uniform `word`, between -8.3 and 8.3.
#[inline]
pub(super) fn standard_normal(word: u64) -> f64 {
    // p - 0.5 for a p of 53 bits that is never 0 or 1; exact, as is the distance to the nearer end.
    let centred = ((word >> 11) as i64 - (1 << 52)) as f64 + 0.5;
    let q = centred * (1.0 / (1_u64 << 53) as f64);
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let r = (-libm::log(0.5 - q.abs())).sqrt();
    let distance = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    distance.copysign(q)
}

/// A uniform number of `(0, 1)`, never either end.
#[inline(always)]
pub(super) fn open_unit(word: u64) -> f64 {
    // 52 bits and a half: one bit more would round up to 1.
    ((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

#[inline(always)]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distribution function, from the other direction.
    fn normal_function(x: f64) -> f64 {
        libm::erfc(-x / 2.0_f64.sqrt()) / 2.0
    }

    #[test]
    fn the_inverse_undoes_the_distribution_function() {
        for step in 0..2_000_u64 {
            let word = step * (u64::MAX / 2_000);
            let p = ((word >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            if p > 0.999 {
                continue; // The lower half holds the same digits without cancellation.
            }
            let back = normal_function(standard_normal(word));
            assert!((back / p - 1.0).abs() < 2e-14, "{p}: {back}");
        }
        for bits in 11..52 {
            let word = 1_u64 << bits;
            let p = ((word >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            let back = normal_function(standard_normal(word));
            assert!((back / p - 1.0).abs() < 1e-12, "{p:e}: {back:e}");
        }
    }

    #[test]
    fn the_ends_are_finite_and_mirror_each_other() {
        assert!((-8.3..-8.2).contains(&standard_normal(0)));
        assert_eq!(standard_normal(0).to_bits(), (-standard_normal(u64::MAX)).to_bits());
        assert!(open_unit(0) > 0.0 && open_unit(u64::MAX) < 1.0);
    }
}
