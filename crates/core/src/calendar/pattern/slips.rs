//! Letters that are valid but probably mean something else: Python's `%Y`, and Java's best known slips.

/// A letter that is probably not meant so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slip {
    /// What the letters mean here.
    pub(crate) message: String,
    /// The whole pattern with the letters that were probably meant, where it can be told.
    pub(crate) cure: Option<String>,
}

/// Letters of Python's and C's `strftime` and what they are here.
const STRFTIME: [(char, &str); 20] = [
    ('Y', "yyyy"),
    ('y', "yy"),
    ('m', "MM"),
    ('B', "MMMM"),
    ('b', "MMM"),
    ('d', "dd"),
    ('e', "ppd"),
    ('j', "DDD"),
    ('H', "HH"),
    ('I', "hh"),
    ('M', "mm"),
    ('S', "ss"),
    ('f', "SSSSSS"),
    ('p', "a"),
    ('A', "EEEE"),
    ('a', "EEE"),
    ('F', "yyyy-MM-dd"),
    ('T', "HH:mm:ss"),
    ('z', "Z"),
    ('Z', "z"),
];

/// A run of one character outside of quotes, or a quoted text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Letters(char, usize),
    Other(String),
}

/// What in a pattern is probably a slip.
pub(crate) fn slips(pattern: &str) -> Vec<Slip> {
    let pieces = pieces(pattern);
    if pattern.contains('%') && pattern_of_strftime(pattern).is_some() {
        let cure = pattern_of_strftime(pattern);
        let message =
            "`%` stands for itself, and the letters are those of Java's DateTimeFormatter";
        return vec![Slip { message: message.to_owned(), cure }];
    }
    let has = |letters: &str| {
        pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Letters(letter, _) if letters.contains(*letter)))
    };
    let has_hour = has("HhKkAnN");
    let mut found = Vec::new();
    // Every slip with the letter that was meant.
    let mut slip = |condition: bool, letter: char, meant: char, means: &str| {
        if condition && has(&letter.to_string()) {
            let cure = replaced(&pieces, letter, meant);
            found.push(Slip { message: format!("`{letter}` is {means}"), cure: Some(cure) });
        }
    };
    slip(!has("wWec"), 'Y', 'y', "the year that the week belongs to: 2025 on 2024-12-30");
    slip(has("MLd"), 'D', 'd', "the day of the year, 1 to 366");
    slip(!has_hour && !has("s") && has("yYuDd"), 'm', 'M', "the minute");
    slip(has_hour && !has("yYudD"), 'M', 'm', "the month");
    slip(has("m") && !has("s"), 'S', 's', "the fraction of the second");
    slip(!has("aB"), 'h', 'H', "the hour of the half day, 1 to 12");
    found
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut is_quoted = false;
    for character in pattern.chars() {
        if character == '\'' {
            is_quoted = !is_quoted;
        }
        match pieces.last_mut() {
            Some(Piece::Letters(letter, count)) if !is_quoted && *letter == character => {
                *count += 1;
            }
            _ if !is_quoted && character.is_ascii_alphabetic() => {
                pieces.push(Piece::Letters(character, 1));
            }
            Some(Piece::Other(text)) => text.push(character),
            _ => pieces.push(Piece::Other(character.to_string())),
        }
    }
    pieces
}

fn replaced(pieces: &[Piece], letter: char, meant: char) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Letters(one, count) => {
            let letter = if *one == letter { meant } else { *one };
            letter.to_string().repeat(*count)
        }
        Piece::Other(text) => text.clone(),
    };
    pieces.iter().map(text).collect()
}

/// A pattern of `strftime` as ours; `None` where it is none, or has letters that have no equivalent.
fn pattern_of_strftime(pattern: &str) -> Option<String> {
    let mut parts = pattern.split('%');
    let mut cure = parts.next()?.to_owned();
    let mut count = 0;
    for part in parts {
        let letter = part.chars().next()?;
        let (_, ours) = STRFTIME.iter().find(|(known, _)| *known == letter)?;
        cure.push_str(ours);
        cure.push_str(&part[letter.len_utf8()..]);
        count += 1;
    }
    // Letters outside of `%` would be ours, too: then it is no pattern of `strftime`.
    let plain = pattern.split('%').enumerate().all(|(index, part)| {
        let rest = if index == 0 { part } else { &part[1..] };
        !rest.contains(|c: char| c.is_ascii_alphabetic() && c != 'T' && c != 'Z')
    });
    (count > 0 && plain).then(|| cure.replace('T', "'T'").replace("''T''", "'T'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Pattern;

    // Issue 9, F12.
    #[test]
    fn slips_are_found_with_the_right_spelling() {
        for (pattern, cures) in [
            ("%Y-%m-%d", &["yyyy-MM-dd"][..]),
            ("%d/%m/%Y %H:%M:%S", &["dd/MM/yyyy HH:mm:ss"]),
            ("%Y-%m-%dT%H:%M", &["yyyy-MM-dd'T'HH:mm"]),
            ("YYYY-MM-DD", &["yyyy-MM-DD", "YYYY-MM-dd"]),
            ("YYYY-MM-dd HH:mm:ss", &["yyyy-MM-dd HH:mm:ss"]),
            ("dd/mm/yyyy", &["dd/MM/yyyy"]),
            ("HH:MM", &["HH:mm"]),
            ("HH:mm:SS", &["HH:mm:ss"]),
            ("hh:mm", &["HH:mm"]),
            ("yyyy-MM-dd hh:mm:ss", &["yyyy-MM-dd HH:mm:ss"]),
        ] {
            let found: Vec<String> =
                slips(pattern).into_iter().filter_map(|slip| slip.cure).collect();
            assert_eq!(found, cures, "{pattern}");
            assert!(found.iter().all(|cure| Pattern::compile(cure).is_ok()), "{found:?}");
        }
        for pattern in [
            "",
            "yyyy-MM-dd HH:mm:ss",
            "yyyy_MM_dd-K a mm:ss.SSS ZZZ",
            "EEEE d MMMM yyyy",
            "YYYY-'W'ww-e",
            "yyyy-DDD",
            "mm:ss",
            "'DD' dd 'mm YYYY'",
            "hh:mm a",
            "dd%",
            "MM/yy",
        ] {
            assert_eq!(slips(pattern), [], "{pattern}");
        }
    }
}
