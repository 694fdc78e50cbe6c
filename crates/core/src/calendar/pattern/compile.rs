//! A pattern's text to its parts, with the letters and counts of Java's `DateTimeFormatter`.

use super::{
    PatternError,
    part::{Field, Names, Part, Sign, Style, Zone},
};

/// Longest pattern, in characters: what a cell costs stays bounded.
pub(super) const MAX_LENGTH: usize = 256;

/// Widest number that Java takes.
const WIDEST: u8 = 19;

/// Compiles a pattern that is not empty.
pub(super) fn compile(text: &str) -> Result<Vec<Part>, PatternError> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(PatternError::TooLong { length, limit: MAX_LENGTH });
    }
    Compiler { text: text.chars().collect(), next: 0, open: Vec::new(), parts: Vec::new() }.run()
}

struct Compiler {
    text: Vec<char>,
    next: usize,
    /// The parts before each bracket that is still open.
    open: Vec<Vec<Part>>,
    parts: Vec<Part>,
}

impl Compiler {
    fn run(mut self) -> Result<Vec<Part>, PatternError> {
        while let Some(&character) = self.text.get(self.next) {
            // People count from 1.
            let position = self.next + 1;
            match character {
                'a'..='z' | 'A'..='Z' => {
                    let part = self.letters()?;
                    self.parts.push(part);
                }
                '\'' => self.quoted()?,
                '[' => {
                    self.next += 1;
                    self.open.push(std::mem::take(&mut self.parts));
                }
                ']' => {
                    self.next += 1;
                    let outer = self.open.pop().ok_or(PatternError::Unopened { position })?;
                    self.close(outer);
                }
                '{' | '}' | '#' => {
                    return Err(PatternError::Reserved { character, position });
                }
                _ => {
                    self.next += 1;
                    self.literal(&character.to_string());
                }
            }
        }
        // As in Java, the end of the pattern closes what is open.
        while let Some(outer) = self.open.pop() {
            self.close(outer);
        }
        Ok(self.parts)
    }

    fn close(&mut self, outer: Vec<Part>) {
        let section = std::mem::replace(&mut self.parts, outer);
        self.parts.push(Part::Section(section));
    }

    /// Takes the letter that comes next and its repetitions.
    fn repeated(&mut self, letter: char) -> usize {
        let count = self.text[self.next..].iter().take_while(|next| **next == letter).count();
        self.next += count;
        count
    }

    fn letters(&mut self) -> Result<Part, PatternError> {
        let position = self.next + 1;
        let letter = self.text[self.next];
        let count = self.repeated(letter);
        if letter != 'p' {
            return part(letter, count, position);
        }
        let padded = self.text.get(self.next).filter(|next| next.is_ascii_alphabetic());
        let letter = *padded.ok_or(PatternError::Padding { position })?;
        let position = self.next + 1;
        let width = count.min(u8::MAX.into()) as u8;
        let count = self.repeated(letter);
        Ok(Part::Padded { width, part: Box::new(part(letter, count, position)?) })
    }

    fn quoted(&mut self) -> Result<(), PatternError> {
        let start = self.next;
        let mut text = String::new();
        self.next += 1;
        loop {
            match (self.text.get(self.next), self.text.get(self.next + 1)) {
                (Some('\''), Some('\'')) => {
                    text.push('\'');
                    self.next += 2;
                }
                (Some('\''), _) => break,
                (Some(&character), _) => {
                    text.push(character);
                    self.next += 1;
                }
                (None, _) => return Err(PatternError::Unquoted { position: start + 1 }),
            }
        }
        self.next += 1;
        // Two quotes side by side are one quote.
        self.literal(if text.is_empty() { "'" } else { &text });
        Ok(())
    }

    fn literal(&mut self, text: &str) {
        if let Some(Part::Literal(before)) = self.parts.last_mut() {
            *before = format!("{before}{text}").into();
        } else {
            self.parts.push(Part::Literal(text.into()));
        }
    }
}

/// The part that `count` times `letter` stands for.
fn part(letter: char, count: usize, position: usize) -> Result<Part, PatternError> {
    let counted = u8::try_from(count).ok().filter(|count| *count <= WIDEST);
    counted.and_then(|count| known(letter, count)).ok_or_else(|| match expected(letter) {
        Some(expected) => PatternError::Count { letter, count, position, expected },
        None => PatternError::UnknownLetter { letter, position },
    })
}

fn known(letter: char, count: u8) -> Option<Part> {
    use Field as F;
    Some(match (letter, count) {
        ('G', 1..=5) => Part::Name(Names::Era, style(count)?),
        ('u', _) => year(F::Year, count),
        ('y', _) => year(F::YearOfEra, count),
        ('Y', _) => year(F::WeekYear, count),
        ('Q' | 'q', 1 | 2) => number(F::Quarter, count),
        ('Q' | 'q', _) => Part::Name(Names::Quarter, style(count)?),
        ('M' | 'L', 1 | 2) => number(F::Month, count),
        ('M' | 'L', _) => Part::Name(Names::Month, style(count)?),
        ('e' | 'c', 1) => digits(F::Weekday, 1, 1),
        ('e', 2) => digits(F::Weekday, 2, 2),
        ('c', 2) => return None,
        ('E' | 'e' | 'c', _) => Part::Name(Names::Weekday, style(count)?),
        ('w', 1 | 2) => digits(F::Week, count, 2),
        ('W', 1) => digits(F::WeekOfMonth, count, 2),
        ('D', 1) => number(F::DayOfYear, count),
        ('D', 2 | 3) => digits(F::DayOfYear, count, 3),
        ('d', 1 | 2) => number(F::DayOfMonth, count),
        ('F', 1) => number(F::AlignedDay, count),
        ('g', _) => wide(F::JulianDay, count, Sign::Normal),
        ('a', 1) => Part::Name(Names::HalfDay, Style::Short),
        ('B', 1 | 4 | 5) => Part::Name(Names::DayPeriod, style(count)?),
        ('H', 1 | 2) => number(F::Hour, count),
        ('k', 1 | 2) => number(F::ClockHour, count),
        ('K', 1 | 2) => number(F::HourOfHalf, count),
        ('h', 1 | 2) => number(F::ClockHourOfHalf, count),
        ('m', 1 | 2) => number(F::Minute, count),
        ('s', 1 | 2) => number(F::Second, count),
        ('S', 1..=9) => Part::Fraction(count),
        ('A', _) => wide(F::MilliOfDay, count, Sign::Never),
        ('n', _) => wide(F::NanoOfSecond, count, Sign::Never),
        ('N', _) => wide(F::NanoOfDay, count, Sign::Never),
        ('V', 2) | ('v', 1 | 4) | ('z', 1..=4) | ('X', 1..=5) | ('Z', 5) => {
            Part::Zone(Zone::Letter)
        }
        ('O', 1 | 4) | ('Z', 4) => Part::Zone(Zone::Greenwich),
        ('Z', 1..=3) | ('x', 2 | 4) => Part::Zone(Zone::Digits),
        ('x', 1) => Part::Zone(Zone::Hours),
        ('x', 3 | 5) => Part::Zone(Zone::Colon),
        _ => return None,
    })
}

/// The counts that a letter takes; `None` for a letter without a meaning.
const fn expected(letter: char) -> Option<&'static str> {
    Some(match letter {
        'F' | 'W' | 'a' => "1",
        'V' => "2",
        'd' | 'w' | 'H' | 'k' | 'K' | 'h' | 'm' | 's' => "1 or 2",
        'D' => "1 to 3",
        'v' | 'O' => "1 or 4",
        'z' => "1 to 4",
        'B' => "1, 4 or 5",
        'c' => "1, 3, 4 or 5",
        'G' | 'Q' | 'q' | 'M' | 'L' | 'E' | 'e' | 'X' | 'x' | 'Z' => "1 to 5",
        'S' => "1 to 9",
        'u' | 'y' | 'Y' | 'g' | 'A' | 'n' | 'N' => "1 to 19",
        _ => return None,
    })
}

const fn style(count: u8) -> Option<Style> {
    match count {
        1..=3 => Some(Style::Short),
        4 => Some(Style::Full),
        5 => Some(Style::Narrow),
        _ => None,
    }
}

const fn number(field: Field, count: u8) -> Part {
    match count {
        1 => Part::Number { field, min: 1, max: WIDEST, sign: Sign::Normal },
        _ => digits(field, count, count),
    }
}

const fn digits(field: Field, min: u8, max: u8) -> Part {
    Part::Number { field, min, max, sign: Sign::Never }
}

const fn wide(field: Field, count: u8, sign: Sign) -> Part {
    Part::Number { field, min: count, max: WIDEST, sign }
}

const fn year(field: Field, count: u8) -> Part {
    match count {
        2 => Part::TwoDigits(field),
        1 | 3 => wide(field, count, Sign::Normal),
        _ => wide(field, count, Sign::ExceedsPad),
    }
}
