//! `datagen expressions`, which is `datagen help expressions` too: what fields are computed with.
//!
//! Functions, operators and distributions are listed from the tables that the code itself uses.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use crate::expression::{condition_operators, formula_calls};
use crate::sampling::distribution::SHAPES;

#[derive(Debug, Args)]
#[command(after_help = page())]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", page())?;
    Ok(ExitCode::SUCCESS)
}

/// Widest line of the page.
const WIDTH: usize = 96;

fn page() -> String {
    let mut page = String::from(
        r#"A field of any type may be computed from other fields of its row, whatever their order in the model.
The result is brought to the field's type; what does not fit is an error that names field and row.

LINKS  "link": "$city.country"
  Another field's value, or one of its sub-values (`datagen fields TYPE` lists them).

INJECTIONS  "injection": "${name}@example.com"
  A text with other fields' values. `${city.country}` is a sub-value.

CONDITIONS  "conditionals": {"$age<18": "minor", "$vip=true & $city=\"New York\"": "gold", "default": "other"}
  The first line that holds gives the value; without `default` the value is null. Instead of `default` a
  line `formula`, `injection` or `link` computes the value of all other rows."#,
    );
    // Adding to a text never fails.
    let operators: Vec<&str> = condition_operators().collect();
    let _ = write!(page, "\n  Operators: {}", operators.join("  "));
    page.push_str(
        r#"
  Terms are joined by `&` (also `&&`, AND), which binds closer, and `|` (also `||`, OR); `!( … )` is the
  opposite, and parentheses group. Blanks may stand anywhere. A value with blanks, `&` or `|` is quoted.
  Numbers compare as numbers, dates as points in time, anything else as text without regard to case. The
  right side may be a field: `$start<$end`. A null satisfies `!=` only.

FORMULAS  "formula": "Math.round(${price} * ${count} * 100) / 100"
  JavaScript: expressions with all operators but the bitwise ones, `if`, `else`, `switch`, `let`, `const`,
  `var`, texts in quotes. The value is that of the last expression. A field is a number, true or false, or a
  text by its type: TIMESTAMP is a number (milliseconds since 1970), DATE and BIRTHDATE are texts, so
  they cannot be subtracted. Numbers are those of JavaScript: whole ones are exact up to 2^53. A null makes
  arithmetic null; `??` replaces it. For anything more write a RHAI field: `datagen fields RHAI`."#,
    );
    for (kind, calls) in formula_calls() {
        let _ = write!(page, "\n  {kind}: {}", wrapped(&calls, kind.len() + 4));
    }
    page.push_str(
        "\n  (in parentheses the number of arguments)

DISTRIBUTIONS  \"distribution\": \"normal\"   or   \"distribution\": {\"type\": \"normal\", \"mean\": 50, \"stddev\": 10}
  Of numbers and dates between `min` and `max`; a value beyond the range becomes the nearest one in it.
  On dates numbers count from the minimum: seconds for DATE and DATE_AS_STRING, days for BIRTHDATE,
  milliseconds for TIMESTAMP; `mean` may be a date.",
    );
    for shape in SHAPES {
        let _ = write!(page, "\n  {}: {}", shape.name, shape.doc);
        for parameter in shape.parameters {
            let _ = write!(page, "\n    {} ({}) {}", parameter.name, parameter.kind, parameter.doc);
        }
    }
    page
}

/// `words` in lines, the first of which has `used` columns already.
fn wrapped(words: &[String], used: usize) -> String {
    let (mut text, mut column) = (String::new(), used);
    for word in words {
        if column + word.len() + 2 > WIDTH {
            text.push_str("\n     ");
            column = 5;
        }
        text.push_str("  ");
        text.push_str(word);
        column += word.len() + 2;
    }
    text.trim_start_matches(' ').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 9, F17.
    #[test]
    fn the_page_lists_what_the_code_knows_and_fits_a_terminal() {
        let page = page();
        for known in [
            "Math.hypot(1+)",
            "Math.pow(2)",
            "parseInt(1-2)",
            "Number.isInteger(1)",
            "text.toUpperCase()",
            "text.padStart(1-2)",
            "Math.PI",
            "Date.now()",
            "<>",
            "exponent (number)",
            "rate (number)",
        ] {
            assert!(page.contains(known), "{known}");
        }
        let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 110).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
