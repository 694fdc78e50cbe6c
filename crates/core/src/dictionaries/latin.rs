//! Accents: the ASCII spelling of Latin letters, for looking names up and for addresses.
//!
//! `data/latin.txt` holds a letter and its spelling a line (`ß<TAB>ss`), in the order of the code points.

use std::borrow::Cow;
use std::sync::LazyLock;

static LETTERS: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (letter, spelling) = line.split_once('\t')?;
        Some((letter.chars().next()?, spelling))
    };
    include_str!("data/latin.txt").lines().filter_map(line).collect()
});

/// `text` in ASCII: accented Latin letters as their plain spelling, everything else unknown left out.
///
/// Borrows when there is nothing to do. `José Šťastný` gives `Jose Stastny`, `Groß` gives `Gross`.
pub(crate) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            plain.push(letter);
        } else if let Ok(place) = LETTERS.binary_search_by_key(&letter, |(letter, _)| *letter) {
            plain.push_str(LETTERS[place].1);
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_become_plain_letters() {
        for (text, plain) in [
            ("José Šťastný", "Jose Stastny"),
            ("Groß", "Gross"),
            ("Þórður", "Thordur"),
            ("Nguyễn Đạt", "Nguyen Dat"),
            ("Ağa Əli", "Aga Ali"),
            ("Łucja", "Lucja"),
            ("e\u{301}", "e"),
            ("佐藤", ""),
        ] {
            assert_eq!(ascii(text), plain);
        }
        assert!(matches!(ascii("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn the_letters_are_sorted_and_their_spellings_ascii() {
        assert!(LETTERS.len() > 600);
        assert!(LETTERS.is_sorted_by(|left, right| left.0 < right.0));
        assert!(LETTERS.iter().all(|(_, spelling)| spelling.is_ascii() && !spelling.is_empty()));
    }
}
