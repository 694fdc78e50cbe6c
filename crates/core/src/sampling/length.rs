//! `length`: how many characters or bytes a value has.
//!
//! As in the reference, a length below 1 means the default; unlike there, it is told.

use crate::attributes::Reader;
use crate::problems::Problem;

use super::Refused;

/// Longest value in characters or bytes: 16 MiB, so that a block of values stays in memory.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;

/// Reads `length`, `default` where it is absent.
///
/// # Errors
///
/// After adding to the reader that it is no whole number, or above [`LONGEST`].
pub(crate) fn read(reader: &mut Reader<'_>, default: usize) -> Result<usize, Refused> {
    if !reader.has("length") {
        return Ok(default);
    }
    let length = reader.integer("length", i64::MIN..=LONGEST as i64).ok_or(Refused)?;
    if length < 1 {
        let message = format!("`length` is {length}, the default {default} is taken");
        let problem = Problem::warning("default_length", reader.pointer_of("length"), message)
            .hint("a length is at least 1");
        reader.push(problem);
        return Ok(default);
    }
    Ok(length as usize)
}

#[cfg(test)]
mod tests {
    use crate::problems::Problems;

    use super::*;

    fn length(json: &str) -> (Result<usize, Refused>, String) {
        let object = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let length = read(&mut Reader::new(&object, "/Fields/0", None, &mut problems), 20);
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (length, lines.join("\n"))
    }

    #[test]
    fn a_length_is_read_or_the_default_holds() {
        assert_eq!(length("{}"), (Ok(20), String::new()));
        assert_eq!(length(r#"{"length": "7"}"#), (Ok(7), String::new()));
        assert_eq!(length(r#"{"length": 16777216}"#), (Ok(LONGEST), String::new()));
        let (default, told) = length(r#"{"length": 0}"#);
        assert_eq!(default, Ok(20));
        insta::assert_snapshot!(told, @"/Fields/0/length: `length` is 0, the default 20 is taken (a length is at least 1)");
    }

    #[test]
    fn an_endless_length_is_refused() {
        let (refused, told) = length(r#"{"length": 16777217}"#);
        assert_eq!(refused, Err(Refused));
        insta::assert_snapshot!(told, @"/Fields/0/length: `length` is `16777217`, expected a whole number of at most 16777216");
    }
}
