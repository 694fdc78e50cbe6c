//! Names of folders and files that a model or a call gives: what may stand in them.
//!
//! They must mean the same on every system and in every archive, and look like what they are.

use std::path::{Component, Path};

use crate::attributes::Reader;
use crate::problems::{excerpt, is_unseen};

/// Longest beginning of a file name: leaves room for number, extension, the run's id and the temporary
/// ending in the 255 bytes of a name.
const MAX_NAME_BYTES: usize = 170;

/// Longest name of a folder that file systems take.
const MAX_FOLDER_BYTES: usize = 255;

/// The settings of a store that name folder and files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pub(super) folder: &'static str,
    pub(super) name: &'static str,
}

/// Whether `name` can begin the names of files; adds an error otherwise.
pub(super) fn check_name(name: &str, keys: Keys, settings: &mut Reader<'_>) -> bool {
    let reason = if name.contains('/') {
        "holds a path separator"
    } else if name.starts_with('.') {
        "begins with a dot"
    } else if let Some(reason) = fault(name) {
        reason
    } else if name.len() > MAX_NAME_BYTES {
        "has more than 170 bytes"
    } else {
        return true;
    };
    settings.error_with_hint(
        keys.name,
        "wrong_file_name",
        format!("the file name `{}` {reason}", excerpt(name)),
        format!("folders belong into {}", keys.folder),
    );
    false
}

/// Whether the names of folders in `path` can be made; adds an error otherwise. What belongs to the root
/// is the operator's.
pub(super) fn check_path(path: &str, root: &Path, keys: Keys, settings: &mut Reader<'_>) -> bool {
    let given = Path::new(path);
    for component in given.strip_prefix(root).unwrap_or(given).components() {
        let Component::Normal(part) = component else { continue };
        let part = part.to_string_lossy();
        let reason = match fault(&part) {
            Some(reason) => reason,
            None if part.len() > MAX_FOLDER_BYTES => "has more than 255 bytes",
            None => continue,
        };
        settings.error_with_hint(
            keys.folder,
            "wrong_folder_name",
            format!("the folder name `{}` {reason}", excerpt(&part)),
            "give names of seen characters, separated by `/`",
        );
        return false;
    }
    true
}

/// What is wrong with the characters of a name.
fn fault(name: &str) -> Option<&'static str> {
    if name.contains(['\\', ':']) {
        // Windows takes them for parts of a path; zip archives may not hold them.
        Some("holds `\\` or `:`, which lead elsewhere on other systems")
    } else if name.chars().any(is_unseen) {
        Some("holds characters that cannot be seen")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::Settings;
    use crate::problems::Problems;

    const KEYS: Keys = Keys { folder: "LOCAL_FILE_PATH", name: "LOCAL_FILE_NAME" };

    fn refusals(key: &str, values: &[&str]) -> String {
        let mut told = Vec::new();
        for value in values {
            let mut settings = Settings::default();
            settings.set(key, (*value).into(), format!("/Table_Names/{key}"));
            let mut problems = Problems::default();
            let mut reader = settings.reader(&mut problems);
            let passes = if key == "LOCAL_FILE_NAME" {
                check_name(value, KEYS, &mut reader)
            } else {
                check_path(value, Path::new("/out:put"), KEYS, &mut reader)
            };
            assert_eq!(passes, !problems.has_errors());
            told.push(problems.to_string());
        }
        told.join("\n")
    }

    #[test]
    fn a_name_with_a_path_is_refused() {
        insta::assert_snapshot!(refusals("LOCAL_FILE_NAME", &["../x"]), @"/Table_Names/LOCAL_FILE_NAME: the file name `../x` holds a path separator (folders belong into LOCAL_FILE_PATH)");
    }

    /// Issue 9, C3, C1 and D10.
    #[test]
    fn names_that_lead_or_look_elsewhere_are_refused() {
        let long = "x".repeat(171);
        let names = ["C:x", r"a\b", "a\u{1b}]0;PWN\u{7}b", "a\u{202e}b", "a\0b", &long];
        let told = refusals("LOCAL_FILE_NAME", &names);
        assert_eq!(told.lines().count(), names.len(), "{told}");
        let long = "x".repeat(256);
        let paths = [
            r"..\..\x",
            "C:/Windows",
            r"\\srv\share",
            r"a\..\b",
            "p\u{1b}[2J",
            "a/z\u{200b}",
            "a\0",
            &long,
        ];
        let told = refusals("LOCAL_FILE_PATH", &paths);
        assert_eq!(told.lines().count(), paths.len(), "{told}");
        assert!(!told.chars().any(|c| c != '\n' && is_unseen(c)), "{told:?}");
        assert_eq!(refusals("LOCAL_FILE_PATH", &["/a/b c/ü", "/out:put/a", ""]), "\n\n");
        assert_eq!(refusals("LOCAL_FILE_NAME", &["a b", "ü-1", &"x".repeat(170)]), "\n\n");
    }
}
