//! Reads a condition line.

use super::{Condition, Operand};
use crate::columnwise::Comparator;
use crate::expression::reference::References;

/// Levels of parentheses and `!` that a line may have: reading and evaluating go one call deeper for each.
const MOST_LEVELS: usize = 100;
/// Comparisons that a line may have.
const MOST_TERMS: usize = 10_000;

/// The spellings of operators, longer ones first.
const SPELLINGS: [(&str, Comparator); 9] = [
    ("==", Comparator::Equal),
    ("!=", Comparator::NotEqual),
    ("<>", Comparator::NotEqual),
    ("<=", Comparator::LessOrEqual),
    (">=", Comparator::GreaterOrEqual),
    ("=", Comparator::Equal),
    ("!", Comparator::NotEqual),
    ("<", Comparator::Less),
    (">", Comparator::Greater),
];

/// The spellings of the operators that compare.
pub(in crate::expression) fn condition_operators() -> impl Iterator<Item = &'static str> {
    SPELLINGS.iter().map(|(spelling, _)| *spelling)
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::expression) struct SyntaxError {
    /// Byte offset into the line.
    pub(in crate::expression) offset: usize,
    pub(in crate::expression) message: String,
}

/// Reads a line; names become references.
pub(in crate::expression) fn parse(
    text: &str,
    references: &mut References,
) -> Result<Condition, SyntaxError> {
    let mut reader = Reader { text, at: 0, terms: 0, references };
    let condition = reader.any(0)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.error("expected `&` or `|` before the next term"));
    }
    Ok(condition)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    terms: usize,
    references: &'a mut References,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { offset: self.at, message: message.into() }
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes an operator between terms, if one stands here: `sign` once or twice, or `word`.
    fn take_between(&mut self, sign: char, word: &str) -> bool {
        self.skip_blanks();
        let length = between(self.rest(), sign, word);
        self.at += length;
        length > 0
    }

    fn any(&mut self, level: usize) -> Result<Condition, SyntaxError> {
        let mut terms = vec![self.all(level)?];
        while self.take_between('|', "OR") {
            terms.push(self.all(level)?);
        }
        Ok(if terms.len() == 1 { terms.swap_remove(0) } else { Condition::Any(terms) })
    }

    fn all(&mut self, level: usize) -> Result<Condition, SyntaxError> {
        let mut terms = vec![self.one(level)?];
        while self.take_between('&', "AND") {
            terms.push(self.one(level)?);
        }
        Ok(if terms.len() == 1 { terms.swap_remove(0) } else { Condition::All(terms) })
    }

    fn one(&mut self, level: usize) -> Result<Condition, SyntaxError> {
        self.skip_blanks();
        if level > MOST_LEVELS {
            return Err(self.error(format!("more than {MOST_LEVELS} levels of parentheses")));
        }
        if self.rest().starts_with('(') {
            self.at += 1;
            let inner = self.any(level + 1)?;
            self.skip_blanks();
            if !self.rest().starts_with(')') {
                return Err(self.error("expected `)`"));
            }
            self.at += 1;
            return Ok(inner);
        }
        if self.rest().starts_with('!') {
            self.at += 1;
            return Ok(Condition::Not(Box::new(self.one(level + 1)?)));
        }
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(self.error(format!("more than {MOST_TERMS} comparisons")));
        }
        let Some(left) = self.name()? else {
            return Err(self.error("expected a field, such as `$age`"));
        };
        self.skip_blanks();
        let operator = self.operator()?;
        self.skip_blanks();
        let right = self.operand()?;
        Ok(Condition::Compare { left, operator, right })
    }

    /// `$name` or `${name}`, if one stands here.
    fn name(&mut self) -> Result<Option<usize>, SyntaxError> {
        let rest = self.rest();
        let (name, length) = if let Some(inner) = rest.strip_prefix("${") {
            let Some(end) = inner.find('}') else {
                return Err(self.error("`${` without `}`"));
            };
            (inner[..end].trim(), end + 3)
        } else if let Some(inner) = rest.strip_prefix('$') {
            let end = inner.find(ends_name).unwrap_or(inner.len());
            (&inner[..end], end + 1)
        } else {
            return Ok(None);
        };
        if name.is_empty() {
            return Err(self.error("`$` without a field's name"));
        }
        self.at += length;
        Ok(Some(self.references.field(name)))
    }

    fn operator(&mut self) -> Result<Comparator, SyntaxError> {
        for (spelling, operator) in SPELLINGS {
            if self.rest().starts_with(spelling) {
                self.at += spelling.len();
                return Ok(operator);
            }
        }
        Err(self.error("expected one of `=`, `!=`, `<`, `<=`, `>`, `>=`"))
    }

    fn operand(&mut self) -> Result<Operand, SyntaxError> {
        if let Some(input) = self.name()? {
            return Ok(Operand::Input(input));
        }
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote).map(Operand::Text),
            Some('=' | '<' | '>') => Err(self.error("unknown operator")),
            _ => self.unquoted().map(Operand::Text),
        }
    }

    /// Quoted text; the quote itself and `\` are written behind a `\`.
    fn quoted(&mut self, quote: char) -> Result<String, SyntaxError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some((_, next)) if next == quote || next == '\\' => text.push(next),
                    Some((_, next)) => text.extend(['\\', next]),
                    None => break,
                },
                _ if character == quote => {
                    self.at += offset + character.len_utf8();
                    return Ok(text);
                }
                _ => text.push(character),
            }
        }
        Err(self.error("the quoted text does not end"))
    }

    fn unquoted(&mut self) -> Result<String, SyntaxError> {
        let rest = self.rest();
        let mut end = rest.len();
        let mut after_blank = true;
        for (offset, character) in rest.char_indices() {
            let here = &rest[offset..];
            if character == ')' || (matches!(character, '&' | '|') && divides(here, after_blank)) {
                end = offset;
                break;
            }
            if after_blank && (between(here, '&', "AND") > 0 || between(here, '|', "OR") > 0) {
                end = offset;
                break;
            }
            if after_blank && offset > 0 && character == '$' {
                self.at += offset;
                return Err(self.error("expected `&` or `|` before the next term"));
            }
            after_blank = character.is_whitespace();
        }
        let text = rest[..end].trim_end();
        if text.is_empty() {
            return Err(self.error("expected a value; an empty one is written `\"\"`"));
        }
        self.at += end;
        Ok(text.to_owned())
    }
}

/// Length of an operator between terms at the start of `text`, 0 when there is none.
fn between(text: &str, sign: char, word: &str) -> usize {
    if text.starts_with(sign) {
        return if text[1..].starts_with(sign) { 2 } else { 1 };
    }
    let is_word = text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let ends =
        text.get(word.len()..).is_some_and(|rest| rest.starts_with([' ', '\t', '(', '$', '!']));
    if is_word && ends { word.len() } else { 0 }
}

/// Whether `&` or `|` at the start of `text` stands between terms rather than inside a text.
fn divides(text: &str, after_blank: bool) -> bool {
    let rest = text.trim_start_matches(['&', '|']);
    after_blank || rest.trim_start().starts_with(['$', '(']) || rest.trim().is_empty()
}

fn ends_name(character: char) -> bool {
    character.is_whitespace() || "=!<>&|()\"'".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::reference::place;

    /// The tree as text: `a` and `b` are inputs by name.
    fn show(text: &str) -> String {
        let mut references = References::new("conditionals");
        match parse(text, &mut references) {
            Ok(condition) => draw(&condition, &references),
            Err(error) => format!("{}: {}", place(text, error.offset), error.message),
        }
    }

    fn draw(condition: &Condition, references: &References) -> String {
        let join = |terms: &[Condition], sign: &str| {
            let terms: Vec<_> = terms.iter().map(|term| draw(term, references)).collect();
            format!("({})", terms.join(sign))
        };
        let name = |input: usize| references.list()[input].field().to_owned();
        match condition {
            Condition::All(terms) => join(terms, " and "),
            Condition::Any(terms) => join(terms, " or "),
            Condition::Not(term) => format!("not {}", draw(term, references)),
            Condition::Compare { left, operator, right } => {
                let right = match right {
                    Operand::Input(input) => name(*input),
                    Operand::Text(text) => format!("{text:?}"),
                };
                format!("{} {operator:?} {right}", name(*left))
            }
        }
    }

    #[test]
    fn the_forms_of_the_reference_are_read() {
        insta::assert_snapshot!(show("$category=0"), @r#"category Equal "0""#);
        insta::assert_snapshot!(show("$category=1 & $longPercent<50"), @r#"(category Equal "1" and longPercent Less "50")"#);
        insta::assert_snapshot!(show("$country!GERMANY | $longPercent>$onePlusTwo"), @r#"(country NotEqual "GERMANY" or longPercent Greater onePlusTwo)"#);
    }

    #[test]
    fn and_binds_closer_than_or() {
        insta::assert_snapshot!(show("$a=1 | $b=2 & $c=3"), @r#"(a Equal "1" or (b Equal "2" and c Equal "3"))"#);
        insta::assert_snapshot!(show("$a=1 AND $b=2 or $c=3"), @r#"((a Equal "1" and b Equal "2") or c Equal "3")"#);
        insta::assert_snapshot!(show("($a=1||$b=2)&&!($c=3)"), @r#"((a Equal "1" or b Equal "2") and not c Equal "3")"#);
    }

    #[test]
    fn blanks_quotes_and_all_operators_are_read() {
        insta::assert_snapshot!(show("  $a  >=  5 && ${open-sunday} != 'x & y' "), @r#"(a GreaterOrEqual "5" and open-sunday NotEqual "x & y")"#);
        insta::assert_snapshot!(show(r#"$a == "say \"$b\"" | $b <> c | $d <= -1.5"#), @r#"(a Equal "say \"$b\"" or b NotEqual "c" or d LessOrEqual "-1.5")"#);
        insta::assert_snapshot!(show("$dept=R&D & $size=Jackets & Coats"), @"column 29, at `Coats`: expected a field, such as `$age`");
        insta::assert_snapshot!(show("$country = UNITED STATES&$a=1"), @r#"(country Equal "UNITED STATES" and a Equal "1")"#);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        insta::assert_snapshot!(show("category=0"), @"column 1, at `category=0`: expected a field, such as `$age`");
        insta::assert_snapshot!(show("$a=1 $b=2"), @"column 6, at `$b=2`: expected `&` or `|` before the next term");
        insta::assert_snapshot!(show("$a="), @r#"column 4, at the end: expected a value; an empty one is written `""`"#);
        insta::assert_snapshot!(show("$a 5"), @"column 4, at `5`: expected one of `=`, `!=`, `<`, `<=`, `>`, `>=`");
        insta::assert_snapshot!(show("($a=1"), @"column 6, at the end: expected `)`");
        insta::assert_snapshot!(show("$a=1)"), @"column 5, at `)`: expected `&` or `|` before the next term");
        insta::assert_snapshot!(show("$a='x"), @"column 4, at `'x`: the quoted text does not end");
        insta::assert_snapshot!(show("$=1"), @"column 1, at `$=1`: `$` without a field's name");
        insta::assert_snapshot!(show(""), @"column 1, at the end: expected a field, such as `$age`");
        assert!(show(&"(".repeat(1_000_000)).contains("more than 100 levels"));
        assert!(show(&"!".repeat(1_000_000)).contains("more than 100 levels"));
        assert!(show(&"$a=1&".repeat(20_000)).contains("more than 10000 comparisons"));
    }

    proptest! {
        /// For all texts: reading ends without a panic, and a fault lies inside the text.
        #[test]
        fn any_line_is_read_or_refused(text in ".{0,40}|([$a1 =!<>&|()\"'{}]|AND|OR|é){0,24}") {
            if let Err(error) = parse(&text, &mut References::new("conditionals")) {
                prop_assert!(error.offset <= text.len());
                place(&text, error.offset);
            }
        }
    }
}
