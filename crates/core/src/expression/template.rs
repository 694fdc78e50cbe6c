//! Injections: text with `${name}` in it.
//!
//! A name is everything up to `}`, so digits, hyphens and blanks are fine. `$` without `{` is text,
//! and so is `${` that no `}` follows.

use super::error::{Faults, MOST_BLOCK_BYTES};
use super::load;
use super::reference::References;
use crate::columns::{Column, Values, VarBytes, append_part};
use crate::columnwise::Selection;
use crate::display::{Form, write_display, write_integer};
use crate::problems::excerpt;

/// A parsed injection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// Index of an input.
    Input(usize),
}

impl Piece {
    fn source<'a>(&'a self, columns: &[&'a Column], types: &[Form]) -> Source<'a> {
        match self {
            Self::Literal(text) => {
                // As long as a copy of constant width.
                let mut padded = text.as_bytes().to_vec();
                padded.resize(text.len() + 16, 0);
                Source::Literal(padded, text.len())
            }
            Self::Input(input) => match &columns[*input].values {
                Values::Text(texts) => Source::Texts(texts),
                Values::Choice { keys, dictionary } => Source::Keys(keys, dictionary.texts()),
                Values::Int32(numbers) => Source::Int32(numbers),
                _ => Source::Any(columns[*input], types[*input]),
            },
        }
    }
}

/// What a piece shows in the rows of a block, none of them null; its kind is looked at once.
enum Source<'a> {
    /// Bytes, and how many of them are the text.
    Literal(Vec<u8>, usize),
    Texts(&'a VarBytes),
    Keys(&'a [u32], &'a VarBytes),
    Int32(&'a [i32]),
    Any(&'a Column, Form),
}

impl Source<'_> {
    #[inline]
    fn write(&self, position: usize, out: &mut Vec<u8>) {
        match self {
            Self::Literal(text, length) => append_part(text, 0, *length, out),
            Self::Texts(texts) => append_from(texts, position, out),
            Self::Keys(keys, texts) => append_from(texts, keys[position] as usize, out),
            Self::Int32(numbers) => write_integer(numbers[position], out),
            Self::Any(column, form) => write_display(column, *form, position, out),
        }
    }
}

#[inline]
fn append_from(texts: &VarBytes, index: usize, out: &mut Vec<u8>) {
    let ends = &texts.offsets()[index..][..2];
    append_part(texts.data(), ends[0] as usize, (ends[1] - ends[0]) as usize, out);
}

impl Template {
    /// Reads a template; names become references.
    ///
    /// # Errors
    /// The byte offset of a `${}` without a name.
    pub(super) fn parse(text: &str, references: &mut References) -> Result<Self, usize> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let after = &rest[start + 2..];
            let Some(end) = after.find('}') else { break };
            literal.push_str(&rest[..start]);
            let name = after[..end].trim();
            if name.is_empty() {
                return Err(text.len() - rest.len() + start);
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Input(references.field(name)));
            rest = &after[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self { pieces })
    }

    /// The input, when the template is `${name}` alone: its values pass through typed.
    pub(super) fn single_input(&self) -> Option<usize> {
        match self.pieces[..] {
            [Piece::Input(input)] => Some(input),
            _ => None,
        }
    }

    /// The inputs that are read.
    pub(super) fn inputs(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Input(input) => Some(*input),
            Piece::Literal(_) => None,
        })
    }

    /// The texts at `selection`; null where an input is null.
    pub(super) fn evaluate(
        &self,
        columns: &[&Column],
        types: &[Form],
        selection: &Selection,
        faults: &mut Faults,
    ) -> (VarBytes, Option<Vec<bool>>) {
        let validity = self
            .inputs()
            .map(|input| load::validity(columns[input], selection))
            .fold(None, load::both);
        let sources: Vec<_> =
            self.pieces.iter().map(|piece| piece.source(columns, types)).collect();
        let mut texts = VarBytes::with_capacity(selection.len(), 24 * selection.len());
        for index in 0..selection.len() {
            if texts.data().len() > MOST_BLOCK_BYTES {
                faults.push(selection.position(index), "the texts of a block are too long".into());
            } else if validity.as_ref().is_none_or(|validity| validity[index]) {
                let position = selection.position(index);
                let out = texts.open();
                for source in &sources {
                    // A row that goes beyond is told of below: it must not be made first.
                    if out.len() > MOST_BLOCK_BYTES {
                        break;
                    }
                    source.write(position, out);
                }
                if out.len() > MOST_BLOCK_BYTES {
                    faults.push(position, "the texts of a block are too long".into());
                }
            }
            texts.close();
        }
        (texts, validity)
    }
}

/// The sentence about a `${}` that names nothing.
pub(super) fn unnamed(text: &str) -> String {
    format!("`{}` holds `${{}}` without a name", excerpt(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut references = References::new("injection");
        Template::parse(text, &mut references).unwrap();
        references.list().iter().map(|reference| reference.field().to_owned()).collect()
    }

    #[test]
    fn names_may_hold_any_characters() {
        assert_eq!(
            names("${humidity_9_am}%${open-sunday} ${ spaced } ${été 2}"),
            ["humidity_9_am", "open-sunday", "spaced", "été 2"]
        );
        assert!(names("74, Main Boulevard, $5, $ and ${open").is_empty());
        assert_eq!(Template::parse("a ${} b", &mut References::new("injection")), Err(2));
    }

    proptest! {
        /// For all texts: reading ends, and text without `${` stays one piece.
        #[test]
        fn any_text_is_read(text in ".{0,40}|([${}a ]){0,20}") {
            if let Ok(template) = Template::parse(&text, &mut References::new("injection")) {
                let literal: String = template.pieces.iter().filter_map(|piece| match piece {
                    Piece::Literal(text) => Some(text.as_str()),
                    Piece::Input(_) => None,
                }).collect();
                prop_assert!(literal.len() <= text.len());
                if !text.contains("${") {
                    prop_assert_eq!(literal, text);
                }
            }
        }
    }
}
