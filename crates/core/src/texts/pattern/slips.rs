//! What is written for a regular expression in the language of groups, where it stands for itself.

/// The first part of a form in the language of groups that was probably meant as a regular expression, and what
/// it means here; `None` where there is none.
pub(crate) fn regular_slip(form: &str) -> Option<String> {
    if form.len() > 1 && form.starts_with('^') && form.ends_with('$') {
        return Some("`^` and `$` stand for themselves".to_owned());
    }
    let mut rest = form;
    // What is outside of groups so far, from the last `(` on.
    let (mut is_open, mut has_branch) = (false, false);
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        match character {
            '[' => {
                if let Some((group, behind)) = group(after) {
                    if let Some(slip) = single_choice(group) {
                        return Some(slip);
                    }
                    rest = behind;
                    continue;
                }
            }
            '\\' => {
                if let Some(class) = after.chars().next().filter(|c| "dwsDWSb".contains(*c)) {
                    return Some(format!("`\\{class}` stands for itself"));
                }
            }
            '(' => (is_open, has_branch) = (true, false),
            '|' if is_open => has_branch = true,
            ')' if is_open && has_branch => return Some("`(…|…)` stands for itself".to_owned()),
            ')' => is_open = false,
            _ => {}
        }
        rest = after;
    }
    None
}

/// What a group holds, and what comes behind its count.
fn group(text: &str) -> Option<(&str, &str)> {
    let (content, behind) = text.split_once(']')?;
    let (count, behind) = behind.strip_prefix('{')?.split_once('}')?;
    count.bytes().all(|byte| byte.is_ascii_digit()).then_some((content, behind))
}

/// A group such as `[abc]{4}`, which draws from one text where three characters were meant.
fn single_choice(content: &str) -> Option<String> {
    let is_plain = content.chars().all(char::is_alphanumeric);
    (is_plain && content.chars().count() > 1).then(|| {
        let content = crate::problems::excerpt(content);
        format!("`[{content}]` has one choice, the text `{content}`: choices are parted by commas")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 9, F12.
    #[test]
    fn regular_expressions_are_recognised() {
        for (form, found) in [
            (r"[A-Z]{2}\d{4}", r"`\d` stands for itself"),
            (r"\w+@\w+", r"`\w` stands for itself"),
            (r"a\sb", r"`\s` stands for itself"),
            ("^[0-9]{4}$", "`^` and `$` stand for themselves"),
            ("(foo|bar)-[0-9]{2}", "`(…|…)` stands for itself"),
            ("[abc]{4}", "`[abc]` has one choice, the text `abc`: choices are parted by commas"),
        ] {
            assert_eq!(regular_slip(form).as_deref(), Some(found), "{form}");
        }
        for form in [
            "",
            "[A-G]{4}-[b-l]{1}-[3-7]{2}_[A,1,Z,%]{1}-text",
            r"[A-G,I-V]{4}--[1-4,6-8]{4}-[\,@,?,0-5]{1}",
            r"\[24\]\{4\}",
            "(a) costs 5$",
            "^",
            "a|b",
            "[x]{3}",
            "[ dba]{1}",
        ] {
            assert_eq!(regular_slip(form), None, "{form}");
        }
    }
}
