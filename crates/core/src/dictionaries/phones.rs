//! Phone plans: the national numbers that are valid in a country. Data: libphonenumber (`data/LICENCES.md`).
//!
//! A plan is a list of ranges of whole numbers, each with a fixed count of digits: those that the country's
//! mobile numbers (fixed lines where it has none) of customary length may take. `build/phones.py` makes them and has
//! libphonenumber check samples.

use super::DictionaryError;
use super::countries::{Country, countries};
use super::table::Table;
use crate::rng::scale;

/// The most digits that a national number has (ITU-T E.164: 15 with the calling code).
pub(crate) const MAX_NATIONAL_DIGITS: usize = 14;

/// u64: count of digits in the top byte, first number below; u64: how many numbers this and the earlier ranges
/// of the country hold.
const RECORD: usize = 16;

static PHONES: Table<RECORD> = Table::new(include_bytes!("data/phones.bin"), "");

/// The valid national numbers of one country.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhonePlan {
    country: Country,
    /// At least one.
    ranges: &'static [[u8; RECORD]],
}

/// A national number: digits after the calling code, leading zeros included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NationalNumber {
    /// The number as a whole number.
    pub(crate) value: u64,
    /// How many digits it has, at most [`MAX_NATIONAL_DIGITS`]; `value` may need leading zeros.
    pub(crate) digits: u8,
}

/// The phone plan of a country.
///
/// # Errors
/// [`DictionaryError::NoEntries`] for a territory without numbers of its own (such as Antarctica).
pub(crate) fn phone_plan(country: Country) -> Result<PhonePlan, DictionaryError> {
    let (ranges, _) = PHONES.of(country);
    if ranges.is_empty() {
        let covered = countries().filter(|country| !PHONES.of(*country).0.is_empty());
        return Err(DictionaryError::NoEntries {
            entries: "phone numbers",
            country: country.name(),
            covered: covered.map(Country::name).collect(),
        });
    }
    Ok(PhonePlan { country, ranges })
}

impl PhonePlan {
    /// The international calling code, without `+`: `33`.
    pub(crate) fn calling_code(&self) -> &'static str {
        self.country.calling_code()
    }

    /// How many different numbers the plan has.
    pub(crate) fn len(&self) -> u64 {
        self.ranges.last().map_or(0, |record| split(record).1)
    }

    /// The ranges that make up the plan: the first number of each, and how many it holds.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (NationalNumber, u64)> {
        let before = std::iter::once(0).chain(self.ranges.iter().map(|record| split(record).1));
        self.ranges.iter().zip(before).map(|(record, before)| {
            let (first, end) = split(record);
            let number = NationalNumber { value: first & VALUE, digits: digits(first) };
            (number, end - before)
        })
    }

    /// The number that a uniform random `word` picks; all numbers of the plan are equally likely.
    #[inline]
    pub(crate) fn number(&self, word: u64) -> NationalNumber {
        self.at(scale(word, self.len()))
    }

    /// The number at `place` in the order of length and value; the last one from [`Self::len`] on.
    #[inline]
    pub(crate) fn at(&self, place: u64) -> NationalNumber {
        let range = self.ranges.partition_point(|record| split(record).1 <= place);
        let range = range.min(self.ranges.len() - 1);
        let (first, end) = split(&self.ranges[range]);
        let before = if range == 0 { 0 } else { split(&self.ranges[range - 1]).1 };
        let offset = place.min(end.saturating_sub(1)).saturating_sub(before);
        NationalNumber { value: (first & VALUE) + offset, digits: digits(first) }
    }
}

impl NationalNumber {
    /// Writes the digits into `out` and returns them as text.
    #[inline]
    pub(crate) fn write(self, out: &mut [u8; MAX_NATIONAL_DIGITS]) -> &str {
        let length = usize::from(self.digits).min(MAX_NATIONAL_DIGITS);
        let mut value = self.value;
        for digit in out[..length].iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
        // Never fails: only ASCII digits were written.
        std::str::from_utf8(&out[..length]).unwrap_or("")
    }
}

/// The bits of a record's first half that hold the number.
const VALUE: u64 = (1 << 56) - 1;

const fn digits(first: u64) -> u8 {
    (first >> 56) as u8
}

/// A record's two halves.
#[inline]
const fn split(record: &[u8; RECORD]) -> (u64, u64) {
    let (halves, _) = record.as_chunks::<8>();
    (u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionaries::find_country;

    fn plan(spelling: &str) -> PhonePlan {
        phone_plan(find_country(spelling).unwrap()).unwrap()
    }

    #[test]
    fn all_inhabited_countries_have_a_plan() {
        let without: Vec<&str> = countries()
            .filter(|country| phone_plan(*country).is_err())
            .map(Country::iso2)
            .collect();
        assert_eq!(without, ["AQ", "BV", "GS", "HM", "PN", "TF", "UM"]);
    }

    #[test]
    fn the_ranges_of_every_plan_are_sorted_and_fit_their_digits() {
        for plan in countries().filter_map(|country| phone_plan(country).ok()) {
            let country = plan.country;
            let mut last = (0, 0);
            let mut before = 0;
            for record in plan.ranges {
                let (first, end) = split(record);
                assert!(end > before, "{country}: an empty range");
                let highest = (first & VALUE) + (end - before) - 1;
                assert!(highest < 10_u64.pow(u32::from(digits(first))), "{country}: {highest}");
                assert!(
                    (digits(first), first & VALUE) > last || last == (0, 0),
                    "{country}: unsorted"
                );
                last = (digits(first), highest);
                before = end;
            }
            let lengths = plan.ranges.iter().map(|record| digits(split(record).0));
            let length = usize::from(lengths.max().unwrap_or(0));
            assert!(
                length <= MAX_NATIONAL_DIGITS && length + plan.calling_code().len() <= 15,
                "{country}"
            );
            assert!(plan.len() > 0);
        }
    }

    #[test]
    fn all_words_pick_a_number_of_the_plan() {
        for plan in countries().filter_map(|country| phone_plan(country).ok()) {
            assert_eq!(plan.number(0), plan.at(0));
            assert_eq!(plan.number(u64::MAX), plan.at(plan.len() - 1));
            assert_eq!(plan.at(u64::MAX), plan.at(plan.len() - 1));
        }
    }

    #[test]
    fn numbers_have_the_length_and_prefix_of_their_country() {
        let mut out = [0; MAX_NATIONAL_DIGITS];
        for place in 0..1_000_u64 {
            let word = crate::rng::mix(place);
            let text = plan("France").number(word).write(&mut out);
            assert!(text.len() == 9 && (text.starts_with('6') || text.starts_with('7')), "{text}");
            let text = plan("American Samoa").number(word).write(&mut out);
            assert!(text.len() == 10 && text.starts_with("684"), "{text}");
            let text = plan("USA").number(word).write(&mut out);
            assert!(text.len() == 10 && !text.starts_with(['0', '1']), "{text}");
        }
        assert_eq!(plan("USA").calling_code(), "1");
        assert_eq!(plan("France").calling_code(), "33");
    }

    #[test]
    fn leading_zeros_are_digits_too() {
        let number = NationalNumber { value: 42, digits: 5 };
        assert_eq!(number.write(&mut [0; MAX_NATIONAL_DIGITS]), "00042");
    }
}
