//! Regular expressions, in the syntax of the `regex` crate.
//!
//! Sampled by our own tree rather than by `rand_regex`: that one allocates per value, draws the inner
//! count of `(a{2,3}){4}` once for all four, and its values would change with its versions.
//!
//! A pattern written in ASCII gives printable ASCII: `\d` is 0-9 and `.` no private-use character. With
//! a character beyond ASCII, a `\p{..}` or a `\x..` in the pattern, classes mean what Unicode says, but for those
//! without an end (`.`, `[^a]`), which stay printable ASCII.
//!
//! Anchors are taken at the ends, where they change nothing, and refused elsewhere.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};
use regex_syntax::{Error, ParserBuilder};

use crate::columns::VarBytes;

use super::{Node, PatternError, repeated_choice};

/// Longest expression in bytes: large classes in any letter case cost milliseconds each.
const LONGEST: usize = 2_000;
/// Deepest nesting of groups.
const DEEPEST: u32 = 50;
/// Classes up to this size become a list of texts.
const LISTED: u32 = 256;

pub(super) fn parse(text: &str, max_repeat: u32) -> Result<Node, PatternError> {
    if text.len() > LONGEST {
        return Err(PatternError::LongPattern { length: text.len(), most: LONGEST });
    }
    let hir = ParserBuilder::new()
        .nest_limit(DEEPEST)
        .build()
        .parse(text)
        .map_err(|error| syntax(text, &error))?;
    let lower = text.to_ascii_lowercase();
    let ascii = text.is_ascii() && !["\\p", "\\x", "\\u"].iter().any(|code| lower.contains(code));
    let compiler = Compiler { max_repeat, ascii };
    compiler.node(&hir, Ends { start: true, end: true })
}

fn syntax(text: &str, error: &Error) -> PatternError {
    let (message, offset) = match error {
        Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
        Error::Translate(error) => (error.kind().to_string(), error.span().start.offset),
        other => (other.to_string(), 0),
    };
    let before = text.get(..offset).unwrap_or_default();
    PatternError::Syntax { message, position: before.chars().count() + 1 }
}

/// Whether a part stands at an end of the whole text.
#[derive(Clone, Copy)]
struct Ends {
    start: bool,
    end: bool,
}

const INNER: Ends = Ends { start: false, end: false };

struct Compiler {
    max_repeat: u32,
    ascii: bool,
}

impl Compiler {
    fn node(&self, hir: &Hir, ends: Ends) -> Result<Node, PatternError> {
        match hir.kind() {
            HirKind::Empty => Ok(Node::Literal(Box::default())),
            HirKind::Literal(literal) => {
                // Bytes that are no text can only be written with `(?-u)`, which the parser refuses.
                std::str::from_utf8(&literal.0).map_err(|_| PatternError::Impossible)?;
                Ok(Node::Literal(literal.0.clone()))
            }
            HirKind::Look(look) => anchor(*look, ends),
            HirKind::Capture(capture) => self.node(&capture.sub, ends),
            HirKind::Class(Class::Unicode(class)) => self.class(class),
            HirKind::Class(Class::Bytes(class)) => {
                let class = class.to_unicode_class().ok_or(PatternError::Impossible)?;
                self.class(&class)
            }
            HirKind::Repetition(repetition) => {
                let least = repetition.min;
                let most = repetition.max.unwrap_or(least.saturating_add(self.max_repeat));
                // A text has one start and one end.
                let ends = if most == 1 { ends } else { INNER };
                Ok(repeated(self.node(&repetition.sub, ends)?, least, most))
            }
            HirKind::Concat(parts) => {
                let is_look = |part: &Hir| matches!(part.kind(), HirKind::Look(_));
                let first = parts.iter().position(|part| !is_look(part)).unwrap_or(parts.len());
                let last = parts.iter().rposition(|part| !is_look(part)).unwrap_or(0);
                let nodes: Result<Vec<Node>, _> = parts
                    .iter()
                    .enumerate()
                    .map(|(index, part)| {
                        let start = ends.start && index <= first;
                        let end = ends.end && index >= last;
                        self.node(part, Ends { start, end })
                    })
                    .collect();
                Ok(Node::Sequence(nodes?.into()))
            }
            HirKind::Alternation(branches) => {
                let nodes: Result<Vec<Node>, _> =
                    branches.iter().map(|branch| self.node(branch, ends)).collect();
                Ok(Node::Any(nodes?.into()))
            }
        }
    }

    fn class(&self, class: &ClassUnicode) -> Result<Node, PatternError> {
        let within = |first: char, last: char| {
            let mut narrow = class.clone();
            narrow.intersect(&ClassUnicode::new([ClassUnicodeRange::new(first, last)]));
            narrow
        };
        let endless = class.ranges().last().is_some_and(|range| range.end() == char::MAX);
        let mut narrow = if self.ascii || endless { within(' ', '~') } else { class.clone() };
        if narrow.ranges().is_empty() && self.ascii {
            narrow = within('\0', '\u{7f}');
        }
        if narrow.ranges().is_empty() {
            narrow = class.clone();
        }
        let count: u32 = narrow.ranges().iter().copied().map(length).sum();
        if count == 0 {
            return Err(PatternError::Impossible);
        }
        if count <= LISTED {
            let texts: VarBytes = narrow
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .map(String::from)
                .collect();
            return Ok(if texts.data().is_ascii() {
                repeated_choice(texts, 1)
            } else {
                Node::Choice(texts)
            });
        }
        Ok(large_class(&narrow, count))
    }
}

/// Number of characters of a range: the surrogates in its middle are none.
fn length(range: ClassUnicodeRange) -> u32 {
    let (start, end) = (range.start() as u32, range.end() as u32);
    let surrogates = if start < 0xd800 && end > 0xdfff { 0x800 } else { 0 };
    end - start + 1 - surrogates
}

/// A class as ranges of code points, cut at the gap of the surrogates.
fn large_class(class: &ClassUnicode, count: u32) -> Node {
    let mut before = 0;
    let mut ranges = Vec::new();
    for range in class.ranges() {
        let (start, end) = (range.start() as u32, range.end() as u32);
        ranges.push((start, before));
        if start < 0xd800 && end > 0xdfff {
            ranges.push((0xe000, before + (0xd800 - start)));
        }
        before += length(*range);
    }
    Node::Class { ranges: ranges.into(), count }
}

fn repeated(node: Node, least: u32, most: u32) -> Node {
    match node {
        Node::Bytes { table, count: 1 } if least == most => Node::Bytes { table, count: least },
        node => Node::Repeat { node: Box::new(node), least, most },
    }
}

fn anchor(look: Look, ends: Ends) -> Result<Node, PatternError> {
    let refused = |anchor, place| Err(PatternError::Anchor { anchor, place });
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF if !ends.start => refused("^", "start"),
        Look::End | Look::EndLF | Look::EndCRLF if !ends.end => refused("$", "end"),
        Look::Start | Look::StartLF | Look::StartCRLF | Look::End | Look::EndLF | Look::EndCRLF => {
            Ok(Node::Literal(Box::default()))
        }
        _ => Err(PatternError::Boundary),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::Pattern;
    use super::super::tests::sample;

    fn seen(pattern: &str) -> BTreeSet<String> {
        sample(&Pattern::regular(pattern, 3).unwrap(), 5_000).into_iter().collect()
    }

    fn of(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn every_construct_gives_all_of_its_texts() {
        assert_eq!(seen("a|bc|"), of(&["a", "bc", ""]));
        assert_eq!(seen("x{2}y?"), of(&["xx", "xxy"]));
        assert_eq!(seen("a*"), of(&["", "a", "aa", "aaa"]));
        assert_eq!(seen("(?:a+)"), of(&["a", "aa", "aaa", "aaaa"]));
        assert_eq!(seen("(?i)k"), of(&["k", "K"]));
        assert_eq!(seen("[[:digit:]&&[^2-9]]"), of(&["0", "1"]));
        assert_eq!(seen(r"\d").len(), 10);
        assert_eq!(seen(r"\w").len(), 63);
        assert_eq!(seen(r"\s"), of(&[" "]));
        assert_eq!(seen(r"[\t\n]"), of(&["\t", "\n"]));
        assert_eq!(seen(".").len(), 95);
        assert_eq!(seen("[éa-c]"), of(&["a", "b", "c", "é"]));
        assert_eq!(seen(r"[\xe9a]"), of(&["a", "é"]));
    }

    #[test]
    fn inner_repetitions_are_drawn_each_time() {
        let lengths: BTreeSet<usize> = seen("(a{2,3}){4}").iter().map(String::len).collect();
        assert_eq!(lengths, (8..=12).collect());
    }

    #[test]
    fn large_classes_give_characters_of_the_class_only() {
        assert!(seen(r"\p{Greek}").iter().flat_map(|t| t.chars()).all(|c| !c.is_ascii()));
        assert!(seen(r"\p{L}").iter().flat_map(|t| t.chars()).all(char::is_alphabetic));
        // From below to above the surrogates.
        let wide = seen("[\u{d700}-\u{e0ff}]");
        assert!(wide.iter().flat_map(|t| t.chars()).any(|c| c > '\u{d7ff}'));
        assert!(!wide.contains("\u{fffd}"));
    }

    #[test]
    fn anchors_are_taken_at_the_ends_only() {
        assert_eq!(seen("^ab$"), of(&["ab"]));
        assert_eq!(seen("^(?:^a|b$)$"), of(&["a", "b"]));
        let messages: Vec<String> =
            ["a^b", "(a$)b", "(^a){2}", r"\bword", "[a&&b]", "a(b", "a{3", r"\1"]
                .iter()
                .map(|pattern| Pattern::regular(pattern, 3).unwrap_err().to_string())
                .collect();
        insta::assert_snapshot!(messages.join("\n"), @r"
        `^` has a meaning only at the start of the whole expression
        `$` has a meaning only at the end of the whole expression
        `^` has a meaning only at the start of the whole expression
        word boundaries such as `\b` cannot be generated
        the expression has a part that no text matches
        not a regular expression: unclosed group at character 2
        not a regular expression: unclosed counted repetition at character 2
        not a regular expression: backreferences are not supported at character 1
        ");
    }

    #[test]
    fn bombs_are_refused() {
        for bomb in [
            "((a{1000}){1000}){1000}",
            "((((((a|b?){1000}){1000}){1000}){1000}){1000})",
            "(?:){1000000000}(?:x|){100000000}",
            &"(".repeat(1_000),
            &"(?i)\\pL".repeat(1_000),
        ] {
            assert!(Pattern::regular(bomb, 1_000).is_err(), "{bomb}");
        }
    }

    proptest! {
        /// For all expressions: what is made matches what was asked for.
        #[test]
        fn what_is_made_matches(text in r"(\[[a-c]-[d-f]\]|[a-cé]|\\d|\.|\(a\|bc\)|[*+?]|\{2,3\}){1,12}") {
            if let Ok(pattern) = Pattern::regular(&text, 3) && pattern.width() < 10_000 {
                let expression = regex::Regex::new(&format!("^(?:{text})$")).unwrap();
                for made in sample(&pattern, 3) {
                    prop_assert!(expression.is_match(&made), "{text} gives {made}");
                }
            }
        }
    }
}
