//! Injections: text with `${name}` in it.
//!
//! A name is everything up to `}`, so digits, hyphens and blanks are fine. `$` without `{` is text,
//! and so is `${` that no `}` follows.

use super::error::{Faults, MOST_BLOCK_BYTES};
use super::load;
use super::reference::References;
use super::selection::Selection;
use crate::columns::{Column, DataType, VarBytes};
use crate::display::write_display;
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
        types: &[DataType],
        selection: &Selection,
        faults: &mut Faults,
    ) -> (VarBytes, Option<Vec<bool>>) {
        let validity = self
            .inputs()
            .map(|input| load::validity(columns[input], selection))
            .fold(None, load::both);
        let mut texts = VarBytes::with_capacity(selection.len(), 24 * selection.len());
        for index in 0..selection.len() {
            if texts.data().len() > MOST_BLOCK_BYTES {
                faults.push(selection.position(index), "the texts of a block are too long".into());
            } else if validity.as_ref().is_none_or(|validity| validity[index]) {
                let position = selection.position(index);
                let out = texts.open();
                for piece in &self.pieces {
                    // A row that goes beyond is told of below: it must not be made first.
                    if out.len() > MOST_BLOCK_BYTES {
                        break;
                    }
                    match piece {
                        Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
                        Piece::Input(input) => {
                            write_display(columns[*input], types[*input], position, out);
                        }
                    }
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
