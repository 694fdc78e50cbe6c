//! Groups: the pattern language of the reference.
//!
//! A group is `[`, what to choose from, `]`, and at once `{`, digits, `}`. What to choose from are
//! intervals of the order a-z, A-Z, 0-9, and, once those are taken out, the texts between commas:
//! `[A-F,x,yes]{4}`. All choices are equally likely. Everything else stands for itself, character by
//! character: backslashes, braces, and brackets without a count.

use crate::columns::VarBytes;
use crate::problems::excerpt;

use super::{Node, PatternError, repeated_choice};

/// Longest pattern in bytes.
const LONGEST: usize = 1 << 16;

/// The order that intervals follow.
const ORDER: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A `[` and what it turns out to be.
enum Bracket<'a> {
    /// The text between the brackets, the digits between the braces, and where the group ends.
    Group { content: &'a str, count: &'a str, end: usize },
    /// A bracket that stands for itself.
    Plain,
}

pub(super) fn parse(text: &str) -> Result<Node, PatternError> {
    if text.len() > LONGEST {
        return Err(PatternError::LongPattern { length: text.len(), most: LONGEST });
    }
    let mut nodes = Vec::new();
    let mut literal = 0;
    let mut brackets = Brackets::new(text);
    while let Some((start, bracket)) = brackets.next() {
        let Bracket::Group { content, count, end } = bracket else { continue };
        if literal < start {
            nodes.push(Node::Literal(text.as_bytes()[literal..start].into()));
        }
        nodes.push(group(text, start, content, count)?);
        literal = end;
    }
    nodes.push(Node::Literal(text.as_bytes()[literal..].into()));
    Ok(Node::Sequence(nodes.into()))
}

pub(super) fn ungrouped(text: &str) -> Option<usize> {
    let mut brackets = Brackets::new(text);
    let meant = |start: usize| start > 0 && text.as_bytes()[start - 1] == b'\\';
    while let Some((start, bracket)) = brackets.next() {
        if matches!(bracket, Bracket::Plain) && !meant(start) {
            return Some(position(text, start));
        }
    }
    None
}

/// Walks over the brackets of a text, each `[` once.
struct Brackets<'a> {
    text: &'a str,
    next: usize,
    /// The next `]`, kept because many `[` may share it.
    close: usize,
}

impl<'a> Brackets<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, next: 0, close: 0 }
    }

    fn next(&mut self) -> Option<(usize, Bracket<'a>)> {
        let start = self.next + self.text[self.next..].find('[')?;
        self.next = start + 1;
        if self.close <= start {
            self.close = self.text[start..].find(']').map_or(self.text.len(), |at| start + at);
        }
        let Some(after) = self.text.get(self.close + 1..) else {
            return Some((start, Bracket::Plain));
        };
        let count = after.strip_prefix('{').and_then(|rest| {
            rest.split_once('}').filter(|(count, _)| count.bytes().all(|b| b.is_ascii_digit()))
        });
        let Some((count, _)) = count else { return Some((start, Bracket::Plain)) };
        let end = self.close + 1 + count.len() + 2;
        self.next = end;
        Some((start, Bracket::Group { content: &self.text[start + 1..self.close], count, end }))
    }
}

/// The character at byte `index`, counted from 1.
fn position(text: &str, index: usize) -> usize {
    text[..index].chars().count() + 1
}

fn group(text: &str, start: usize, content: &str, count: &str) -> Result<Node, PatternError> {
    let position = position(text, start);
    if count.is_empty() {
        return Err(PatternError::NoCount { position });
    }
    let count: u32 =
        count.parse().map_err(|_| PatternError::LongCount { count: excerpt(count), position })?;
    let texts = choices(content, position + 1)?;
    if texts.is_empty() && count > 0 {
        return Err(PatternError::NoChoices { position });
    }
    Ok(repeated_choice(texts, count))
}

/// The choices of a group: members of its intervals, then the texts between commas.
fn choices(content: &str, first_position: usize) -> Result<VarBytes, PatternError> {
    let characters: Vec<char> = content.chars().collect();
    let mut texts = VarBytes::default();
    let mut rest = String::new();
    let mut index = 0;
    while index < characters.len() {
        let Some(&[from, '-', to]) = characters.get(index..index + 3) else {
            rest.push(characters[index]);
            index += 1;
            continue;
        };
        let rank = |c: char| ORDER.iter().position(|letter| char::from(*letter) == c);
        let (Some(low), Some(high)) = (rank(from), rank(to)) else {
            rest.push(from);
            index += 1;
            continue;
        };
        if low > high {
            let position = first_position + index;
            return Err(PatternError::Reversed { interval: format!("{from}-{to}"), position });
        }
        ORDER[low..=high].iter().for_each(|letter| texts.push(&[*letter]));
        index += 3;
    }
    rest.split(',')
        .filter(|piece| !piece.is_empty())
        .for_each(|piece| texts.push(piece.as_bytes()));
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::Pattern;
    use super::super::tests::sample;
    use super::*;

    /// The distinct texts of many rows.
    fn seen(pattern: &str) -> BTreeSet<String> {
        sample(&Pattern::groups(pattern).unwrap(), 20_000).into_iter().collect()
    }

    fn all(pattern: &str, matches: impl Fn(&[char]) -> bool) {
        for text in sample(&Pattern::groups(pattern).unwrap(), 2_000) {
            assert!(matches(&text.chars().collect::<Vec<_>>()), "{pattern} gives {text}");
        }
    }

    #[test]
    fn the_samples_of_the_documentation_hold() {
        all("[A-G]{4}-[b-l]{1}-[3-7]{2}_[A,1,Z,%]{1}-text", |c| {
            c.len() == 16
                && c[..4].iter().all(|c| ('A'..='G').contains(c))
                && c[4] == '-'
                && ('b'..='l').contains(&c[5])
                && c[6] == '-'
                && c[7..9].iter().all(|c| ('3'..='7').contains(c))
                && c[9] == '_'
                && "A1Z%".contains(c[10])
                && c[11..].iter().collect::<String>() == "-text"
        });
        let last: BTreeSet<char> = seen(r"[A-G,I-V]{4}--[1-4,6-8]{4}-[\,@,?,0-5]{1}")
            .iter()
            .filter_map(|t| t.chars().last())
            .collect();
        assert_eq!(last.into_iter().collect::<String>(), r"012345?@\");
        all(r"[A-G,I-V]{4}--[1-4,6-8]{4}-[\,@,?,0-5]{1}", |c| {
            c.len() == 12
                && c[..4].iter().all(|c| ('A'..='V').contains(c) && *c != 'H')
                && c[6..10].iter().all(|c| ('1'..='8').contains(c) && *c != '5')
        });
    }

    #[test]
    fn what_is_no_group_stands_for_itself() {
        for text in [r"\[24\]\{4\}", "[A-Z]", "[A-Z]{2,3}", "{4}", "a]b[c", "", "é[[", "[x] {3}"] {
            assert_eq!(seen(text), BTreeSet::from([text.to_owned()]));
        }
        assert_eq!(seen("[24]{0}x"), BTreeSet::from(["x".to_owned()]));
        assert_eq!(seen("[,]{0}"), BTreeSet::from([String::new()]));
    }

    #[test]
    fn intervals_follow_the_order_of_letters_and_include_w() {
        assert_eq!(seen("[v-x]{1}").into_iter().collect::<String>(), "vwx");
        assert_eq!(seen("[y-B]{1}").into_iter().collect::<String>(), "AByz");
        assert_eq!(seen("[Y-1]{1}").into_iter().collect::<String>(), "01YZ");
        assert_eq!(seen("[a-9]{1}").len(), 62);
    }

    #[test]
    fn pieces_between_commas_may_have_several_characters_and_are_not_trimmed() {
        let expected = ["&", "-6", " dba", "1", "2", "3", "4", "BBB", "é"];
        assert_eq!(seen("[1-4-6,BBB,&, dba,,é]{1}"), expected.map(str::to_owned).into());
        assert_eq!(seen("[xA-By,z]{1}"), ["A", "B", "xy", "z"].map(str::to_owned).into());
    }

    #[test]
    fn a_wrong_group_is_refused_with_its_place() {
        let messages: Vec<String> = [
            "é[A-C]{2}[c-a]{1}",
            "[9-A]{1}",
            "x[ABC]{}",
            "x[,]{2}",
            "[]{1}",
            "[A]{99999999999}",
            "[A]{1000000}[A]{1000000}",
        ]
        .iter()
        .map(|pattern| Pattern::groups(pattern).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(messages.join("\n"), @"
        the interval `c-a` at character 11 is reversed, the order is a-z, A-Z, 0-9
        the interval `9-A` at character 2 is reversed, the order is a-z, A-Z, 0-9
        the group at character 2 has no count, expected one such as `{3}`
        the group at character 2 has nothing to choose from, expected choices such as `[A-Z]`
        the group at character 1 has nothing to choose from, expected choices such as `[A-Z]`
        the count `99999999999` of the group at character 1 is too large, at most 1048576 is allowed
        a value could take 2000000 characters or draws, at most 1048576 are allowed
        ");
        assert!(Pattern::groups(&"x".repeat(70_000)).is_err());
    }

    #[test]
    fn a_bracket_that_was_probably_meant_as_a_group_is_found() {
        assert_eq!(ungrouped("é[A-Z]{2,3}"), Some(2));
        assert_eq!(ungrouped("[A-Z]{2}[0-9"), Some(9));
        assert_eq!(ungrouped(r"[A-Z]{2}\[24\]\{4\}"), None);
    }

    #[test]
    fn many_brackets_take_little_time() {
        let text = format!("{}]", "[".repeat(65_000));
        assert_eq!(seen(&text), BTreeSet::from([text.clone()]));
    }

    proptest! {
        /// For all texts: compiling and sampling never panics, and is bounded.
        #[test]
        fn any_text_compiles_or_is_refused(text in r"[\[\]{},a-c0-9é\\-]{0,40}") {
            if let Ok(pattern) = Pattern::groups(&text) && pattern.width() < 10_000 {
                sample(&pattern, 2);
            }
        }
    }
}
