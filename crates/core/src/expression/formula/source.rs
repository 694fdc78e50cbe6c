//! Makes JavaScript of a formula: fields become identifiers, and marks inside quoted texts.
//!
//! ```text
//! ${open-sunday} + 8 - $hour       ->   $0  + 8 -  $1
//! "${a} AM - ${b} PM"              ->  "‹0› AM - ‹1› PM"      (‹› are two noncharacters)
//! ```
//!
//! `$name` is the old spelling and ends where an identifier ends. In template literals `${…}` is
//! JavaScript; only a name that is no identifier (`${open-sunday}`) is taken for a field here.

use std::collections::BTreeMap;

/// In front of and behind the number of a field inside a text.
pub(super) const MARKS: [char; 2] = ['\u{FDD0}', '\u{FDD1}'];

/// Brackets and operators that may open a level: the parser goes some calls deeper for each.
const MOST_OPENINGS: usize = 5_000;

/// JavaScript with placeholders.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) text: String,
    /// Names of the placeholders `$0`, `$1` … in order of first mention.
    pub(super) fields: Vec<String>,
    /// Positions in `fields`.
    places: BTreeMap<String, usize>,
    /// What was replaced, in order.
    edits: Vec<Edit>,
}

/// A replacement: start and end in the formula and in the text.
#[derive(Debug, Clone, Copy)]
struct Edit {
    from: (usize, usize),
    to: (usize, usize),
}

/// Why a formula is refused before it is parsed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourceError {
    pub(super) offset: usize,
    pub(super) message: String,
}

impl Source {
    /// The offset in the formula of an offset in [`text`](Self::text).
    pub(super) fn original(&self, offset: usize) -> usize {
        let after = self.edits.partition_point(|edit| edit.to.0 <= offset);
        match after.checked_sub(1).map(|index| self.edits[index]) {
            None => offset,
            Some(edit) if offset < edit.to.1 => edit.from.0,
            Some(edit) => edit.from.1 + (offset - edit.to.1),
        }
    }

    fn field(&mut self, name: &str) -> usize {
        if let Some(index) = self.places.get(name) {
            return *index;
        }
        self.places.insert(name.to_owned(), self.fields.len());
        self.fields.push(name.to_owned());
        self.fields.len() - 1
    }
}

/// What the characters at the reading position belong to.
#[derive(Clone, Copy, PartialEq)]
enum Lexical {
    Code,
    Text(char),
    Template,
    LineComment,
    BlockComment,
}

/// Replaces the fields of a formula.
pub(super) fn prepare(formula: &str) -> Result<Source, SourceError> {
    check_openings(formula)?;
    if let Some(offset) = formula.find(MARKS) {
        return Err(SourceError { offset, message: "a character that is not allowed".into() });
    }
    let mut writer = Writer { formula, at: 0, source: Source::default() };
    let mut lexical = Lexical::Code;
    // For each template literal around: open braces inside its `${`.
    let mut templates: Vec<usize> = Vec::new();
    while let Some(character) = writer.rest().chars().next() {
        let rest = writer.rest();
        match lexical {
            Lexical::Code => match character {
                '$' => writer.field_in_code()?,
                '"' | '\'' => lexical = writer.enter(Lexical::Text(character)),
                '`' => lexical = writer.enter(Lexical::Template),
                '{' => {
                    templates.iter_mut().last().into_iter().for_each(|open| *open += 1);
                    writer.copy(1);
                }
                '}' if templates.last() == Some(&0) => {
                    templates.pop();
                    lexical = writer.enter(Lexical::Template);
                }
                '}' => {
                    templates.iter_mut().last().into_iter().for_each(|open| *open -= 1);
                    writer.copy(1);
                }
                '/' if rest.starts_with("//") => lexical = writer.enter(Lexical::LineComment),
                '/' if rest.starts_with("/*") => {
                    writer.copy(1);
                    lexical = writer.enter(Lexical::BlockComment);
                }
                _ if is_word(character) => {
                    let end = rest.find(|c| c != '$' && !is_word(c)).unwrap_or(rest.len());
                    // `5$x` is a number and a field, `a$b` one identifier.
                    let is_number = character.is_ascii_digit();
                    let end = if is_number { rest[..end].find('$').unwrap_or(end) } else { end };
                    writer.copy(end);
                }
                _ => writer.copy(character.len_utf8()),
            },
            Lexical::Text(quote) => match character {
                '\\' => writer.copy_escape(),
                '$' if rest.starts_with("${") => writer.field_in_text(&[quote, '\n']),
                _ => {
                    writer.copy(character.len_utf8());
                    if character == quote || character == '\n' {
                        lexical = Lexical::Code;
                    }
                }
            },
            Lexical::Template => match character {
                '\\' => writer.copy_escape(),
                '`' => lexical = writer.enter(Lexical::Code),
                '$' if rest.starts_with("${") => {
                    let name = rest[2..].split('}').next().unwrap_or("");
                    if is_field_only(name) {
                        writer.field_in_text(&['`']);
                    } else {
                        writer.copy(2);
                        templates.push(0);
                        lexical = Lexical::Code;
                    }
                }
                _ => writer.copy(character.len_utf8()),
            },
            Lexical::LineComment => {
                writer.copy(character.len_utf8());
                if matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}') {
                    lexical = Lexical::Code;
                }
            }
            Lexical::BlockComment if rest.starts_with("*/") => {
                writer.copy(1);
                lexical = writer.enter(Lexical::Code);
            }
            Lexical::BlockComment => writer.copy(character.len_utf8()),
        }
    }
    Ok(writer.source)
}

/// Refuses what could drive the parser, which is recursive, out of its stack.
///
/// Counted everywhere, also inside texts: so nothing can hide from the count.
fn check_openings(formula: &str) -> Result<(), SourceError> {
    const WORDS: [&str; 15] = [
        "if", "else", "do", "while", "for", "with", "new", "typeof", "void", "delete", "await",
        "yield", "class", "extends", "function",
    ];
    let mut openings = 0;
    let mut word_start = 0;
    for (offset, byte) in formula.bytes().enumerate() {
        let opens = match byte {
            b'(' | b'[' | b'{' | b'!' | b'~' | b'+' | b'-' | b'?' | b'=' | b'*' | b':' | b'<'
            | b'@' | b'#' => true,
            _ => {
                let is_word = byte.is_ascii_alphanumeric();
                let next = formula.as_bytes().get(offset + 1);
                let ends = is_word && !next.is_some_and(u8::is_ascii_alphanumeric);
                let word = formula.as_bytes().get(word_start..=offset).unwrap_or_default();
                ends && WORDS.iter().any(|known| known.as_bytes() == word)
            }
        };
        if !byte.is_ascii_alphanumeric() {
            word_start = offset + 1;
        }
        openings += usize::from(opens);
        if openings > MOST_OPENINGS {
            let message = format!("more than {MOST_OPENINGS} brackets and operators");
            return Err(SourceError { offset, message });
        }
    }
    Ok(())
}

/// Whether a character belongs to identifiers and numbers.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether `${name}` of a template literal can only be a field: no identifier, no other JavaScript.
///
/// `${open-sunday}` is one, although it could be a difference: so `${}` means the same everywhere.
fn is_field_only(name: &str) -> bool {
    let name = name.trim();
    let plain = !name.is_empty() && name.chars().all(|c| is_word(c) || c == '-');
    let first = name.chars().next().unwrap_or('-');
    if first.is_ascii_digit() {
        // `0x1F`, `1e3` and `12` are numbers, `9_am` is none.
        return plain
            && name.contains(|c: char| c.is_alphabetic() && !"abcdefABCDEFxXoO".contains(c));
    }
    plain && first != '-' && name.contains('-') && !name.ends_with('-')
}

struct Writer<'a> {
    formula: &'a str,
    at: usize,
    source: Source,
}

impl<'a> Writer<'a> {
    fn rest(&self) -> &'a str {
        &self.formula[self.at..]
    }

    fn copy(&mut self, length: usize) {
        self.source.text.push_str(&self.rest()[..length]);
        self.at += length;
    }

    fn enter(&mut self, lexical: Lexical) -> Lexical {
        self.copy(1);
        lexical
    }

    fn copy_escape(&mut self) {
        let length = self.rest().chars().take(2).map(char::len_utf8).sum();
        self.copy(length);
    }

    fn replace(&mut self, length: usize, by: &str) {
        let start = (self.at, self.source.text.len());
        self.source.text.push_str(by);
        self.at += length;
        let to = (start.1, self.source.text.len());
        self.source.edits.push(Edit { from: (start.0, self.at), to });
    }

    fn field_in_code(&mut self) -> Result<(), SourceError> {
        let rest = self.rest();
        let refused = |message: &str| SourceError { offset: self.at, message: message.to_owned() };
        let (name, length) = if let Some(inner) = rest.strip_prefix("${") {
            let end = inner.find('}').ok_or_else(|| refused("`${` without `}`"))?;
            (inner[..end].trim(), end + 3)
        } else {
            let inner = &rest[1..];
            let end = inner.find(|c| !is_word(c)).unwrap_or(inner.len());
            (&inner[..end], end + 1)
        };
        if name.is_empty() {
            return Err(refused("`$` without a field's name"));
        }
        let number = self.source.field(name);
        // Blanks keep the identifier apart from what stands beside it.
        self.replace(length, &format!(" ${number} "));
        Ok(())
    }

    /// A field inside a text that ends at one of `ends`; `${` without `}` before it is plain text.
    fn field_in_text(&mut self, ends: &[char]) {
        let inner = &self.rest()[2..];
        let end = inner.find(|c| c == '}' || ends.contains(&c)).unwrap_or(inner.len());
        let name = inner[..end].trim();
        if !inner[end..].starts_with('}') || name.is_empty() {
            return self.copy(1);
        }
        let number = self.source.field(name);
        let [open, close] = MARKS;
        self.replace(end + 3, &format!("{open}{number}{close}"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prepared(formula: &str) -> String {
        let source = prepare(formula).unwrap();
        let text = source.text.replace(MARKS[0], "‹").replace(MARKS[1], "›");
        format!("{text}  {:?}", source.fields)
    }

    #[test]
    fn fields_become_identifiers_and_marks() {
        insta::assert_snapshot!(prepared("${a}-${b-1}+$a"), @r#" $0 - $1 + $0   ["a", "b-1"]"#);
        insta::assert_snapshot!(prepared("\"${a} AM - ${b} PM\" + '${a'"), @r#""‹0› AM - ‹1› PM" + '${a'  ["a", "b"]"#);
        insta::assert_snapshot!(prepared(r#""\"${a}" + "\${a}""#), @r#""\"‹0›" + "\${a}"  ["a"]"#);
        insta::assert_snapshot!(prepared("`${x} ${a-b} ${1 + ${y} + {a:1}} $z`"), @r#"`${x} ‹0› ${1 +  $1  + {a:1}} $z`  ["a-b", "y"]"#);
        insta::assert_snapshot!(prepared("a$b + 5$x /* $no */ + $yes // $no"), @r#"a$b + 5 $0  /* $no */ +  $1  // $no  ["x", "yes"]"#);
    }

    #[test]
    fn offsets_lead_back_to_the_formula() {
        let formula = "${long name} + oops";
        let source = prepare(formula).unwrap();
        let oops = source.text.find("oops").unwrap();
        assert_eq!(source.original(oops), formula.find("oops").unwrap());
        assert_eq!(source.original(1), 0);
    }

    #[test]
    fn fields_without_a_name_are_refused() {
        for formula in ["1 + $", "${}", "${ }", "${a", "\u{FDD0}"] {
            assert!(prepare(formula).is_err(), "{formula}");
        }
    }

    proptest! {
        /// For all texts: preparing ends, and offsets lead into the formula.
        #[test]
        fn any_text_is_prepared_or_refused(formula in ".{0,40}|([$a1{}\"'`\\\\/*\n-]|é){0,24}") {
            if let Ok(source) = prepare(&formula) {
                for offset in 0..=source.text.len() {
                    source.original(offset);
                }
                prop_assert_eq!(source.original(source.text.len()), formula.len());
            }
        }
    }
}
