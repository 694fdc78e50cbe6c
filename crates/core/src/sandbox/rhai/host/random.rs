//! Draws: every one takes the next words of the row's own stream.

use rhai::{Array, Dynamic, ImmutableString};

use super::function::{Function, Group, form};
use super::weights::{Weights, subtracted};
use super::{Answer, Host, raised, with};
use crate::rng::{scale, unit};
use crate::sampling::distribution::Zipf;
use crate::sandbox::rhai::watch::aside;

/// Most characters of one drawn text: the limit of texts holds as well.
const MOST_CHARACTERS: i64 = 1 << 20;

/// Tables of distributions that a script used, the last ones.
#[derive(Debug, Default)]
pub(in crate::sandbox::rhai) struct Tables {
    zipf: Vec<((u64, u64), Zipf)>,
}

/// Most tables that are kept at a time.
const MOST_TABLES: usize = 16;

impl Host {
    pub(in crate::sandbox::rhai) fn word(&mut self) -> u64 {
        self.cell.word()
    }

    /// Uniform in `low..=high`.
    pub(in crate::sandbox::rhai) fn rand_int(&mut self, low: i64, high: i64) -> Answer<i64> {
        if low > high {
            return Err(format!("rand_int({low}, {high}): the low end is above the high one"));
        }
        let width = high.wrapping_sub(low) as u64;
        let word = self.word();
        let offset = width.checked_add(1).map_or(word, |count| scale(word, count));
        Ok(low.wrapping_add_unsigned(offset))
    }

    /// Uniform in `[0, 1)`.
    pub(in crate::sandbox::rhai) fn rand_float(&mut self) -> f64 {
        unit(self.word())
    }

    /// Uniform in `[low, high)`.
    pub(in crate::sandbox::rhai) fn rand_float_in(&mut self, low: f64, high: f64) -> f64 {
        low + self.rand_float() * (high - low)
    }

    /// True with this probability.
    pub(in crate::sandbox::rhai) fn rand_bool(&mut self, probability: f64) -> bool {
        self.rand_float() < probability
    }

    /// Box and Muller's transform of two words, of which one value is used: a row's draws are counted
    /// in words, whatever it draws.
    pub(in crate::sandbox::rhai) fn rand_normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.rand_float()));
        let angle = std::f64::consts::TAU * self.rand_float();
        mean + deviation * (radius * libm::cos(angle))
    }

    pub(in crate::sandbox::rhai) fn rand_exp(&mut self, rate: f64) -> Answer<f64> {
        if rate.is_nan() || rate <= 0.0 {
            return Err(format!("rand_exp({rate}): expected a rate above 0"));
        }
        Ok(-libm::log(1.0 - self.rand_float()) / rate)
    }

    /// A rank from 1 to `ranks`.
    pub(in crate::sandbox::rhai) fn rand_zipf(&mut self, ranks: i64, exponent: f64) -> Answer<i64> {
        let fits = exponent > 0.0 && exponent <= 20.0;
        if !fits || !(1..=1 << 53).contains(&ranks) {
            return Err(format!(
                "rand_zipf({ranks}, {exponent}): expected ranks from 1 on and an exponent from 0 to 20"
            ));
        }
        let word = self.word();
        let key = (ranks as u64, exponent.to_bits());
        let tables = &mut self.random.zipf;
        let place = tables.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            if tables.len() == MOST_TABLES {
                tables.remove(0);
            }
            tables.push((key, aside(|| Zipf::new(ranks as f64, exponent))));
            tables.len() - 1
        });
        Ok(tables[place].1.draw(word) as i64 + 1)
    }

    pub(in crate::sandbox::rhai) fn rand_digits(&mut self, count: i64) -> Answer<String> {
        let count = characters("rand_digits", count)?;
        let mut digits = String::with_capacity(count);
        // Nineteen digits of a word: the first ones of it as a fraction.
        while digits.len() < count {
            let mut rest = self.word();
            for _ in 0..(count - digits.len()).min(16) {
                let product = u128::from(rest) * 10;
                digits.push(char::from(b'0' + (product >> 64) as u8));
                rest = product as u64;
            }
        }
        Ok(digits)
    }

    pub(in crate::sandbox::rhai) fn rand_hex(&mut self, count: i64) -> Answer<String> {
        let count = characters("rand_hex", count)?;
        let mut digits = String::with_capacity(count);
        while digits.len() < count {
            let word = format!("{:016x}", self.word());
            digits.push_str(&word[..word.len().min(count - digits.len())]);
        }
        Ok(digits)
    }

    pub(in crate::sandbox::rhai) fn rand_string(
        &mut self,
        count: i64,
        alphabet: &str,
    ) -> Answer<String> {
        let count = characters("rand_string", count)?;
        let letters: Vec<char> = alphabet.chars().collect();
        if letters.is_empty() {
            return Err("rand_string: the alphabet is empty".to_owned());
        }
        Ok((0..count).map(|_| letters[scale(self.word(), letters.len() as u64) as usize]).collect())
    }

    /// A random uuid (RFC 9562, version 4).
    pub(in crate::sandbox::rhai) fn uuid(&mut self) -> String {
        let random = u128::from(self.word()) << 64 | u128::from(self.word());
        let uuid = random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        String::from_utf8_lossy(&crate::columns::uuid_text(uuid)).into_owned()
    }

    /// A place in a list of `count`.
    pub(in crate::sandbox::rhai) fn place(&mut self, what: &str, count: usize) -> Answer<usize> {
        if count == 0 {
            return Err(format!("{what}: the list is empty"));
        }
        Ok(scale(self.word(), count as u64) as usize)
    }

    /// A place that the prepared weights draw.
    pub(in crate::sandbox::rhai) fn weighted(&mut self, weights: &Weights) -> usize {
        let unit = self.rand_float();
        weights.place(unit)
    }

    pub(in crate::sandbox::rhai) fn pick_weighted(
        &mut self,
        list: &Array,
        weights: &Array,
    ) -> Answer<Dynamic> {
        self.weighted_by(list.len(), weights).map(|place| list[place].clone())
    }

    /// A place among `count` that these weights draw.
    pub(in crate::sandbox::rhai) fn weighted_by(
        &mut self,
        count: usize,
        weights: &Array,
    ) -> Answer<usize> {
        if count != weights.len() {
            return Err(UNEQUAL.to_owned());
        }
        let weights = numbers(weights)?;
        let sum = Weights::sum(&weights)?;
        let left = self.rand_float() * sum;
        Ok(subtracted(&weights, left))
    }

    /// `count` different places of a list, in random order: the beginning of a shuffle.
    fn sample(&mut self, mut list: Array, count: i64) -> Answer<Array> {
        let all = list.len();
        let Some(count) = usize::try_from(count).ok().filter(|count| *count <= all) else {
            return Err(format!("sample: {count} of {all} values"));
        };
        for place in 0..count.min(all.saturating_sub(1)) {
            let other = place + scale(self.word(), (all - place) as u64) as usize;
            list.swap(place, other);
        }
        list.truncate(count);
        Ok(list)
    }
}

/// What is told where lists and weights do not go together.
pub(in crate::sandbox::rhai) const UNEQUAL: &str =
    "pick_weighted: there are not as many weights as values";

/// A list of weights as numbers.
pub(in crate::sandbox::rhai) fn numbers(weights: &Array) -> Answer<Vec<f64>> {
    let number = |weight: &Dynamic| {
        weight.as_float().ok().or_else(|| weight.as_int().ok().map(|whole| whole as f64))
    };
    let all = weights.iter().map(number).collect::<Option<Vec<f64>>>();
    all.ok_or_else(|| NO_NUMBER.to_owned())
}

/// What `pick_weighted` says to weights that are none.
pub(in crate::sandbox::rhai) const NO_NUMBER: &str = "pick_weighted: a weight is no number";

fn characters(function: &str, count: i64) -> Answer<usize> {
    if (0..=MOST_CHARACTERS).contains(&count) {
        return Ok(count as usize);
    }
    Err(format!("{function}({count}): expected a count from 0 to {MOST_CHARACTERS}"))
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Numbers,
        signature: "rand_int(low, high)",
        doc: "a whole number from `low` to `high`, both included",
        forms: &[form!(draws "rand_int"(low: Int, high: Int) -> Int, |h| h.rand_int(low, high))],
        others: None,
    },
    Function {
        group: Group::Numbers,
        signature: "rand_float(), rand_float(low, high)",
        doc: "a number from 0 to below 1, or from `low` to below `high`",
        forms: &[
            form!(draws "rand_float"() -> Float, |h| Ok(h.rand_float())),
            form!(draws "rand_float"(low: Float, high: Float) -> Float, |h| {
                Ok(h.rand_float_in(low, high))
            }),
        ],
        others: None,
    },
    Function {
        group: Group::Numbers,
        signature: "rand_bool(), rand_bool(probability)",
        doc: "true with this probability, else in half of the rows",
        forms: &[
            form!(draws "rand_bool"() -> Bool, |h| Ok(h.rand_bool(0.5))),
            form!(draws "rand_bool"(probability: Float) -> Bool, |h| Ok(h.rand_bool(probability))),
        ],
        others: None,
    },
    Function {
        group: Group::Numbers,
        signature: "rand_normal(mean, deviation)",
        doc: "a normally distributed number",
        forms: &[form!(draws "rand_normal"(mean: Float, deviation: Float) -> Float, |h| {
            Ok(h.rand_normal(mean, deviation))
        })],
        others: None,
    },
    Function {
        group: Group::Numbers,
        signature: "rand_exp(rate)",
        doc: "an exponentially distributed number, 1 / `rate` on average",
        forms: &[form!(draws "rand_exp"(rate: Float) -> Float, |h| h.rand_exp(rate))],
        others: None,
    },
    Function {
        group: Group::Numbers,
        signature: "rand_zipf(ranks, exponent)",
        doc: "a rank from 1 to `ranks`, low ones more often",
        forms: &[form!(draws "rand_zipf"(ranks: Int, exponent: Float) -> Int, |h| {
            h.rand_zipf(ranks, exponent)
        })],
        others: None,
    },
    Function {
        group: Group::Texts,
        signature: "rand_digits(count)",
        doc: "a text of so many digits",
        forms: &[form!(draws "rand_digits"(count: Int) -> Text, |h| h.rand_digits(count))],
        others: None,
    },
    Function {
        group: Group::Texts,
        signature: "rand_hex(count)",
        doc: "a text of so many digits `0` to `f`",
        forms: &[form!(draws "rand_hex"(count: Int) -> Text, |h| h.rand_hex(count))],
        others: None,
    },
    Function {
        group: Group::Texts,
        signature: "rand_string(count, alphabet)",
        doc: "a text of so many letters of the text `alphabet`",
        forms: &[form!(draws "rand_string"(count: Int, alphabet: Text) -> Text, |h| {
            h.rand_string(count, alphabet)
        })],
        others: None,
    },
    Function {
        group: Group::Texts,
        signature: "uuid()",
        doc: "a random uuid (version 4)",
        forms: &[form!(draws "uuid"() -> Text, |h| Ok(h.uuid()))],
        others: None,
    },
    Function {
        group: Group::Lists,
        signature: "pick(list)",
        doc: "one value of the list",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("pick", |list: &mut Array| {
                raised(with(|h| h.place("pick", list.len())).map(|place| list[place].clone()))
            });
        }),
    },
    Function {
        group: Group::Lists,
        signature: "pick_weighted(list, weights)",
        doc: "one value of the list, each as often as its weight says",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("pick_weighted", |list: &mut Array, weights: Array| {
                raised(with(|h| h.pick_weighted(list, &weights)))
            });
        }),
    },
    Function {
        group: Group::Lists,
        signature: "table(file), table(file, column)",
        doc: "the rows of a CSV file beside the script as a list of maps, or as a map of them by the values of a \
              column; at most 8 MiB, 100,000 rows, 100 columns and 1,000,000 values",
        forms: &[],
        others: Some(|engine| {
            // Scripts that name files have functions of their own.
            let none = || raised(Err::<Dynamic, _>("there is no table here".to_owned()));
            engine.register_fn("table", move |_: ImmutableString| none());
            engine.register_fn("table", move |_: ImmutableString, _: ImmutableString| none());
        }),
    },
    Function {
        group: Group::Lists,
        signature: "sample(list, count)",
        doc: "so many different values of the list, in random order",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("sample", |list: Array, count: i64| {
                raised(with(|h| h.sample(list, count)))
            });
        }),
    },
    Function {
        group: Group::Lists,
        signature: "shuffle(list)",
        doc: "the list in random order",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("shuffle", |list: Array| {
                let all = list.len() as i64;
                raised(with(|h| h.sample(list, all)))
            });
        }),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn host() -> Host {
        let mut host = Host::new(Stream::new(1, "f"), None);
        host.begin(7);
        host
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut host = host();
        for _ in 0..2_000 {
            assert!((-3..=5).contains(&host.rand_int(-3, 5).unwrap()));
            assert!((2.0..3.0).contains(&host.rand_float_in(2.0, 3.0)));
            assert!((1..=10).contains(&host.rand_zipf(10, 1.1).unwrap()));
            assert!(host.rand_exp(2.0).unwrap() >= 0.0);
        }
        host.rand_int(i64::MIN, i64::MAX).unwrap();
        assert_eq!(host.rand_int(4, 4), Ok(4));
        assert!(host.rand_int(1, 0).is_err());
        assert_eq!(host.rand_digits(40).unwrap().len(), 40);
        assert!(host.rand_digits(-1).is_err() && host.rand_hex(i64::MAX).is_err());
        let uuid = uuid::Uuid::parse_str(&host.uuid()).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
    }

    #[test]
    fn a_shuffle_keeps_every_value_and_a_weight_of_zero_is_never_drawn() {
        let mut host = host();
        let list: Array = (0..50_i64).map(Dynamic::from).collect();
        let mut shuffled: Vec<i64> = host
            .sample(list.clone(), 50)
            .unwrap()
            .iter()
            .map(|value| value.as_int().unwrap())
            .collect();
        shuffled.sort_unstable();
        assert_eq!(shuffled, (0..50).collect::<Vec<_>>());
        assert!(host.sample(list.clone(), 51).is_err());
        let weights: Array =
            (0..50_i64).map(|place| Dynamic::from(i64::from(place == 7))).collect();
        for _ in 0..100 {
            assert_eq!(host.pick_weighted(&list, &weights).unwrap().as_int(), Ok(7));
        }
    }
}
