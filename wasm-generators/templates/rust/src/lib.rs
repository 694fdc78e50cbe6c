//! `@TYPE@`: a code of letters and digits. Say here what your type gives.

use datagen_field::{export, Descriptor, Error, Generator, Parameters, Row, Texts};

struct Code {
    prefix: String,
    digits: usize,
}

impl Generator for Code {
    /// What is returned: `Texts`, `Int64s`, `Float64s`, `Dates` …, `Nullable` of one, or a tuple of the
    /// value and its sub-values.
    type Output = Texts;

    fn describe() -> Descriptor {
        Descriptor::new("@kebab@", "A code of letters and digits.")
            .text("prefix", "A", "What every code begins with.")
            .integer("digits", 6, "Digits of a code, 1 to 18.")
    }

    /// Once for a field: refuse parameters that make no sense.
    fn new(parameters: &Parameters) -> Result<Self, Error> {
        let prefix = parameters.text("prefix")?.to_owned();
        Ok(Self { prefix, digits: parameters.usize("digits", 1..=18)? })
    }

    /// Once for a row. Draw from `row.random`; `row.number` is its number, `row.text(0)` its first input.
    fn value(&self, row: &mut Row, out: &mut Texts) -> Result<(), Error> {
        out.text(&self.prefix);
        out.byte(b'-');
        for _ in 0..self.digits {
            out.byte(b'0' + row.random.below(10) as u8);
        }
        Ok(out.close())
    }
}

export!(Code);

#[cfg(test)]
mod tests {
    use super::*;
    use datagen_field::Trial;

    #[test]
    fn codes_have_their_prefix_and_digits() {
        let codes = Trial::<Code>::new().text("prefix", "T").integer("digits", 4).texts(3).unwrap();
        assert_eq!(codes, ["T-7995", "T-6828", "T-2594"]);
    }

    #[test]
    fn too_many_digits_are_refused() {
        assert!(Trial::<Code>::new().integer("digits", 19).texts(1).is_err());
    }
}
