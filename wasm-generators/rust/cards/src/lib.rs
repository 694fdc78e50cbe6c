//! `PAYMENT_CARD`: card numbers with a right check digit (ISO/IEC 7812-1, Luhn).
//! `POINTS`: a number computed from another column, to show a loop over whole columns.

use datagen_field::{
    export, Block, Descriptor, Error, Generator, Int64s, Kind, Parameters, Random, Row, Texts,
};

const DIGITS: usize = 16;

struct PaymentCard {
    prefix: Vec<u8>,
}

impl Generator for PaymentCard {
    type Output = Texts;

    fn describe() -> Descriptor {
        Descriptor::new("payment-card", "16-digit card numbers with a right check digit.")
            .text("prefix", "4", "First digits, where the input `bin` does not give them.")
            .input("bin", &[Kind::Int64, Kind::Utf8], false, "First digits: the issuer's number.")
    }

    fn new(parameters: &Parameters) -> Result<Self, Error> {
        let prefix = parameters.text("prefix")?.as_bytes().to_vec();
        if prefix.len() > 12 || !prefix.iter().all(u8::is_ascii_digit) {
            return Err(parameters.refuse("prefix", "expected at most 12 digits"));
        }
        Ok(Self { prefix })
    }

    fn value(&self, row: &mut Row, out: &mut Texts) -> Result<(), Error> {
        let mut number = [b'0'; DIGITS];
        let mut filled = match (row.integer(0), row.bytes(0)) {
            (Some(bin), _) => write_digits(bin.unsigned_abs(), &mut number),
            (None, Some(bin)) => copy_digits(bin, &mut number),
            (None, None) => copy_digits(&self.prefix, &mut number),
        };
        // Nine digits a draw.
        while filled < DIGITS - 1 {
            let end = (filled + 9).min(DIGITS - 1);
            last_digits(row.random.below(1_000_000_000), number[filled..end].iter_mut());
            filled = end;
        }
        number[DIGITS - 1] = check_digit(&number);
        out.ascii(&number);
        Ok(out.close())
    }

    fn values(&self, block: &Block, out: &mut Texts) -> Result<(), Error> {
        let bins = block.int64s(0).unwrap_or_default();
        for index in 0..block.rows() {
            match bins.get(index) {
                // What most issuers' numbers are. Loops of fixed lengths take half as long.
                Some(bin @ 100_000..=999_999) => {
                    out.ascii(&of_six_digits(*bin as u32, Random::new(block.seeds()[index])));
                    out.close();
                }
                _ => self.value(&mut block.row(index), out)?,
            }
        }
        Ok(())
    }
}

/// The last digits of `value`, as many as there are slots, the very last one first.
#[inline(always)]
fn last_digits<'a>(mut value: u32, slots: impl Iterator<Item = &'a mut u8>) {
    for slot in slots {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn of_six_digits(bin: u32, mut random: Random) -> [u8; DIGITS] {
    let mut number = [b'0'; DIGITS];
    last_digits(bin, number[..6].iter_mut().rev());
    last_digits(random.below(1_000_000_000), number[6..DIGITS - 1].iter_mut());
    number[DIGITS - 1] = check_digit(&number);
    number
}

/// Twice a digit, its own digits added up: what every second digit counts as. As long as half a byte can
/// tell, so that no place needs a check.
const DOUBLED: [u8; 16] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 0, 0, 0, 0, 0, 0];

#[inline]
fn check_digit(number: &[u8; DIGITS]) -> u8 {
    let mut sum = 0_u32;
    for pair in 0..DIGITS / 2 {
        sum += u32::from(DOUBLED[usize::from(number[2 * pair] & 15)]);
        if pair < DIGITS / 2 - 1 {
            sum += u32::from(number[2 * pair + 1] & 15);
        }
    }
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// The digits of `value`, at most 12; how many.
fn write_digits(value: u64, number: &mut [u8; DIGITS]) -> usize {
    let value = value % 1_000_000_000_000;
    let (mut digits, mut power) = (1, 10);
    while power <= value {
        digits += 1;
        power *= 10;
    }
    let mut rest = value;
    for slot in number[..digits].iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

fn copy_digits(text: &[u8], number: &mut [u8; DIGITS]) -> usize {
    let digits = text.iter().copied().filter(u8::is_ascii_digit).take(12);
    number.iter_mut().zip(digits).map(|(slot, digit)| *slot = digit).count()
}

struct Points {
    factor: i64,
}

impl Generator for Points {
    type Output = Int64s;

    fn describe() -> Descriptor {
        Descriptor::new("points", "A multiple of a column, and up to 99 more.")
            .integer("factor", 3, "What the column is multiplied by.")
            .input("base", &[Kind::Int64], true, "The column.")
    }

    fn new(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { factor: parameters.integer("factor")? })
    }

    fn value(&self, row: &mut Row, out: &mut Int64s) -> Result<(), Error> {
        let base = row.integer(0).unwrap_or(0);
        Ok(out.push(self.points(base, row.random.clone())))
    }

    fn values(&self, block: &Block, out: &mut Int64s) -> Result<(), Error> {
        let Some(bases) = block.int64s(0) else {
            return (0..block.rows()).try_for_each(|index| self.value(&mut block.row(index), out));
        };
        let seeds = block.seeds();
        out.fill(bases.len(), |index| self.points(bases[index], Random::new(seeds[index])));
        Ok(())
    }
}

impl Points {
    #[inline]
    fn points(&self, base: i64, mut random: Random) -> i64 {
        base.wrapping_mul(self.factor).wrapping_add(i64::from(random.below(100)))
    }
}

export!(PaymentCard, Points);
