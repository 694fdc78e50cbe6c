//! Patterns: texts of a given form.
//!
//! One tree of literals, choices and repetitions, read from either of two languages: the small one of
//! [`groups`] (`[A-F]{4}-[0-9]{2}`) or [`regular`] expressions. Every branch of a choice is equally
//! likely, and so is every number of repetitions. A pattern is refused where a single value could
//! become too long or too costly, so what is compiled can be sampled without a check.

mod fixed;
mod groups;
mod regular;
mod slips;

use crate::columns::{Rows, VarBytes};
use crate::rng::Stream;

use super::Draws;
use fixed::Fixed;
pub(crate) use slips::regular_slip;

/// Most bytes and most draws of one value.
const MOST: u64 = 1 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    root: Node,
    width: f64,
    /// The faster form of patterns whose texts have one width.
    fixed: Option<Fixed>,
}

/// Why a pattern is refused. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PatternError {
    /// A pattern longer than the language takes.
    #[error("the pattern has {length} bytes, at most {most} are allowed")]
    LongPattern {
        /// Bytes found.
        length: usize,
        /// Bytes allowed.
        most: usize,
    },
    /// A value that could become too long.
    #[error("a value could take {size} characters or draws, at most {MOST} are allowed")]
    LongValue {
        /// Bytes or draws of the most costly value, as far as they can be counted.
        size: u64,
    },
    /// `[..]{99999999999}`.
    #[error(
        "the count `{count}` of the group at character {position} is too large, at most {MOST} is allowed"
    )]
    LongCount {
        /// As written.
        count: String,
        /// Of the `[`.
        position: usize,
    },
    /// `[..]{}`.
    #[error("the group at character {position} has no count, expected one such as `{{3}}`")]
    NoCount {
        /// Of the `[`.
        position: usize,
    },
    /// `[,]{3}`.
    #[error(
        "the group at character {position} has nothing to choose from, expected choices such as `[A-Z]`"
    )]
    NoChoices {
        /// Of the `[`.
        position: usize,
    },
    /// `[z-a]{3}`.
    #[error(
        "the interval `{interval}` at character {position} is reversed, the order is a-z, A-Z, 0-9"
    )]
    Reversed {
        /// As written.
        interval: String,
        /// Of its first character.
        position: usize,
    },
    /// What a parser of regular expressions refuses.
    #[error("not a regular expression: {message} at character {position}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        position: usize,
    },
    /// An anchor or word boundary in the middle of a text.
    #[error("`{anchor}` has a meaning only at the {place} of the whole expression")]
    Anchor {
        /// As regular expressions write it.
        anchor: &'static str,
        /// Where it would be allowed.
        place: &'static str,
    },
    /// Word boundaries cannot be made, only checked.
    #[error("word boundaries such as `\\b` cannot be generated")]
    Boundary,
    /// An expression such as `[a&&b]`.
    #[error("the expression has a part that no text matches")]
    Impossible,
}

/// A part of a pattern.
#[derive(Debug, PartialEq)]
enum Node {
    /// Always the same text.
    Literal(Box<[u8]>),
    /// `count` independent draws of a single byte.
    Bytes { table: Box<[u8]>, count: u32 },
    /// One of some texts.
    Choice(VarBytes),
    /// One character of a large class: first character and number of those before it, per range.
    Class { ranges: Box<[(u32, u32)]>, count: u32 },
    /// `least..=most` times.
    Repeat { node: Box<Node>, least: u32, most: u32 },
    /// One after the other.
    Sequence(Box<[Node]>),
    /// One of them.
    Any(Box<[Node]>),
}

/// What a value of a node takes.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Bytes or draws, whichever is more, in the worst case.
    most: u64,
    /// Bytes on average.
    mean: f64,
}

impl Pattern {
    /// Compiles groups: `[A-F,x]{4}` draws four of `A`-`F` and `x`, everything else stands for itself.
    ///
    /// # Errors
    ///
    /// A group without count or choices, a reversed interval, or a value that could become too long.
    pub(crate) fn groups(text: &str) -> Result<Self, PatternError> {
        Self::new(groups::parse(text)?)
    }

    /// Compiles a regular expression; `*`, `+` and `{n,}` add at most `max_repeat` repetitions.
    ///
    /// # Errors
    ///
    /// What is no regular expression, cannot be generated, or could become too long.
    pub(crate) fn regular(text: &str, max_repeat: u32) -> Result<Self, PatternError> {
        Self::new(regular::parse(text, max_repeat)?)
    }

    fn new(root: Node) -> Result<Self, PatternError> {
        let size = root.size();
        if size.most > MOST {
            return Err(PatternError::LongValue { size: size.most });
        }
        Ok(Self { fixed: Fixed::new(&root), root, width: size.mean })
    }

    /// Average bytes of a value.
    pub(crate) fn width(&self) -> u32 {
        self.width.ceil() as u32
    }

    /// One text for each of `rows`.
    pub(crate) fn texts(&self, stream: Stream, rows: Rows) -> VarBytes {
        if let Some(fixed) = &self.fixed {
            return fixed.texts(stream, rows);
        }
        let mut texts =
            VarBytes::with_capacity(rows.count, (rows.count as f64 * (self.width + 1.0)) as usize);
        for row in rows.iter() {
            self.root.sample(&mut Draws::new(stream.cell(row)), texts.open());
            texts.close();
        }
        texts
    }
}

/// The `[` of what looks like a group but is taken literally: its character, counted from 1.
pub(crate) fn ungrouped(text: &str) -> Option<usize> {
    groups::ungrouped(text)
}

impl Node {
    fn size(&self) -> Size {
        match self {
            Self::Literal(text) => Size { most: text.len() as u64, mean: text.len() as f64 },
            Self::Bytes { count, .. } => Size { most: (*count).into(), mean: (*count).into() },
            Self::Choice(texts) => Size {
                most: texts.iter().map(<[u8]>::len).max().unwrap_or(0).max(1) as u64,
                mean: texts.data().len() as f64 / texts.len().max(1) as f64,
            },
            Self::Class { .. } => Size { most: 4, mean: 3.0 },
            Self::Repeat { node, least, most } => {
                let size = node.size();
                Size {
                    most: size.most.saturating_add(1).saturating_mul((*most).into()),
                    mean: size.mean * (f64::from(*least) + f64::from(*most)) / 2.0,
                }
            }
            Self::Sequence(nodes) => {
                nodes.iter().map(Self::size).fold(Size { most: 0, mean: 0.0 }, |sum, size| Size {
                    most: sum.most.saturating_add(size.most),
                    mean: sum.mean + size.mean,
                })
            }
            Self::Any(nodes) => {
                let share = 1.0 / nodes.len().max(1) as f64;
                nodes.iter().map(Self::size).fold(Size { most: 1, mean: 0.0 }, |all, size| Size {
                    most: all.most.max(size.most),
                    mean: all.mean + size.mean * share,
                })
            }
        }
    }

    fn sample(&self, draws: &mut Draws, out: &mut Vec<u8>) {
        match self {
            Self::Literal(text) => out.extend_from_slice(text),
            Self::Bytes { table, count } => {
                let bound = table.len() as u64;
                out.extend((0..*count).map(|_| table[draws.below(bound) as usize]));
            }
            Self::Choice(texts) => {
                out.extend_from_slice(texts.get(draws.below(texts.len() as u64) as usize));
            }
            Self::Class { ranges, count } => {
                let index = draws.below(u64::from(*count)) as u32;
                let (first, before) = ranges[ranges.partition_point(|(_, n)| *n <= index) - 1];
                // Ranges come from a class of characters, so the replacement is never taken.
                let character = char::from_u32(first + (index - before)).unwrap_or('\u{fffd}');
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Self::Repeat { node, least, most } => {
                let times = u64::from(*least) + draws.below(u64::from(most - least) + 1);
                for _ in 0..times {
                    node.sample(draws, out);
                }
            }
            Self::Sequence(nodes) => nodes.iter().for_each(|node| node.sample(draws, out)),
            Self::Any(nodes) => {
                if let Some(node) = nodes.get(draws.below(nodes.len() as u64) as usize) {
                    node.sample(draws, out);
                }
            }
        }
    }
}

/// One of `texts`, `count` times.
fn repeated_choice(texts: VarBytes, count: u32) -> Node {
    if texts.iter().all(|text| text.len() == 1) {
        return Node::Bytes { table: texts.data().into(), count };
    }
    Node::Repeat { node: Box::new(Node::Choice(texts)), least: count, most: count }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The first `count` texts.
    pub(super) fn sample(pattern: &Pattern, count: usize) -> Vec<String> {
        let texts = pattern.texts(Stream::new(1, "x"), Rows { first: 0, count });
        texts.iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
    }

    #[test]
    fn the_width_is_the_average_length() {
        for pattern in [
            Pattern::groups("ab[A-C]{7}-[x,yyy]{2}").unwrap(),
            Pattern::regular("a{2,9}(bcd|e)+x?", 10).unwrap(),
        ] {
            let total: usize = sample(&pattern, 20_000).iter().map(String::len).sum();
            let mean = total as f64 / 20_000.0;
            assert!((mean - pattern.width).abs() < 0.2, "{mean} {}", pattern.width);
        }
    }
}
