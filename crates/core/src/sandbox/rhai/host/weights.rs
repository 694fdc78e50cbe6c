//! Which value of a list its weights draw: prepared once for a list of constants.
//!
//! What is drawn is what subtracting one weight after the other would find, to the last bit; a prepared list finds it
//! without going through all of them.

use super::Answer;

/// Weights from which places are drawn.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Weights {
    each: Vec<f64>,
    sum: f64,
    /// Sums of the weights up to each place.
    ends: Vec<f64>,
    /// For every of as many equal parts of the sum: the first place whose end is beyond its beginning.
    guide: Vec<u32>,
    /// Distance from an end from which on no rounding can tell places apart.
    doubt: f64,
}

impl Weights {
    /// The sum of the weights, where they are such.
    pub(super) fn sum(weights: &[f64]) -> Answer<f64> {
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) || weights.iter().any(|weight| *weight < 0.0) {
            return Err("pick_weighted: the weights must be positive numbers".to_owned());
        }
        Ok(sum)
    }

    pub(in crate::sandbox::rhai) fn new(weights: Vec<f64>) -> Answer<Self> {
        let sum = Self::sum(&weights)?;
        let mut end = 0.0;
        let ends: Vec<f64> = weights
            .iter()
            .map(|weight| {
                end += weight;
                end
            })
            .collect();
        let mut guide = Vec::with_capacity(weights.len());
        let mut place = 0;
        for part in 0..weights.len() {
            let begin = sum * part as f64 / weights.len() as f64;
            while place + 1 < ends.len() && ends[place] <= begin {
                place += 1;
            }
            guide.push(place as u32);
        }
        // Each of the steps rounds by half of the last bit of the sum at most.
        let doubt = sum * f64::EPSILON * 4.0 * (weights.len() as f64 + 4.0);
        Ok(Self { each: weights, sum, ends, guide, doubt })
    }

    /// How many places there are.
    pub(in crate::sandbox::rhai) fn len(&self) -> usize {
        self.each.len()
    }

    /// The place that `unit`, from 0 to below 1, draws.
    pub(in crate::sandbox::rhai) fn place(&self, unit: f64) -> usize {
        let left = unit * self.sum;
        let part = (unit * self.guide.len() as f64) as usize;
        let mut place = self.guide[part.min(self.guide.len() - 1)] as usize;
        // One part back: its beginning may have been rounded up.
        while place > 0 && left < self.ends[place - 1] {
            place -= 1;
        }
        while place + 1 < self.ends.len() && left >= self.ends[place] {
            place += 1;
        }
        let begin = if place == 0 { f64::NEG_INFINITY } else { self.ends[place - 1] };
        if left - begin > self.doubt && self.ends[place] - left > self.doubt {
            return place;
        }
        subtracted(&self.each, left)
    }
}

/// The place where `left` ends when one weight after the other is taken from it: the last of some weight, should
/// rounding leave something.
pub(super) fn subtracted(weights: &[f64], mut left: f64) -> usize {
    let mut last = 0;
    for (place, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        last = place;
        if left < *weight {
            break;
        }
        left -= weight;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Stream, scale, unit};

    /// For all weights and draws, those next to every end as well: the place that subtracting finds.
    #[test]
    fn prepared_weights_draw_what_subtracting_draws() {
        let stream = Stream::new(1, "weights");
        for case in 0..400_u64 {
            let word = |lane: u64, at: u64| stream.lane(lane).word(case * 1_000 + at);
            let count = 1 + scale(word(0, 0), 300) as usize;
            let one = |place: usize| match case % 5 {
                0 => scale(word(1, place as u64), 100) as f64,
                1 => unit(word(1, place as u64)) * 1e-3,
                2 => 10_f64.powi(scale(word(1, place as u64), 30) as i32 - 15),
                3 => f64::from(u8::from(place % 7 == 3)),
                _ => 0.1,
            };
            let mut weights: Vec<f64> = (0..count).map(one).collect();
            weights[count / 2] += 1.0;
            let prepared = Weights::new(weights.clone()).unwrap();
            let ends = prepared.ends.iter().map(|end| end / prepared.sum);
            let near: Vec<f64> =
                ends.flat_map(|end| [end, end.next_down(), end.next_up()]).collect();
            let drawn = (0..200).map(|at| unit(word(2, at))).chain(near).chain([0.0]);
            for unit in drawn.filter(|unit| (0.0..1.0).contains(unit)) {
                let wanted = subtracted(&weights, unit * prepared.sum);
                assert_eq!(prepared.place(unit), wanted, "{case} {unit}");
            }
        }
    }

    #[test]
    fn weights_must_be_some() {
        for wrong in [vec![], vec![0.0], vec![-1.0, 2.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(Weights::new(wrong).is_err());
        }
    }
}
