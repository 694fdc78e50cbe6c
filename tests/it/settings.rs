//! Settings: one list, from which variables, the listing and README's table follow.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use datagen::config::SETTINGS;

use crate::support::{datagen, run, run_ok};

// Issue 9, review 7.1 number 7.
#[test]
fn the_readme_lists_every_setting_as_it_is() {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for setting in SETTINGS {
        let (key, default) = (setting.key, setting.default_value());
        writeln!(table, "| `{key}` | {default} | {} |", setting.meaning()).unwrap();
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    assert!(readme.contains(&table), "README.md should hold\n{table}");
}

#[test]
fn the_listing_names_every_key_and_variable() {
    let folder = tempfile::tempdir().unwrap();
    let listing = run_ok(folder.path(), &["settings"]);
    for setting in SETTINGS {
        assert!(listing.contains(setting.key), "{}", setting.key);
        assert!(listing.contains(&setting.variable()), "{}", setting.variable());
    }
}

// Issue 9, F16c.
#[test]
fn read_roots_come_from_the_environment_as_paths_do() {
    let [folder, data] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    fs::write(data.path().join("people.csv"), "name\nAnne\n").unwrap();
    let model =
        r#"{"Fields": [{"name": "who", "type": "CSV", "file": "people.csv", "field": "name"}]}"#;
    fs::write(folder.path().join("m.json"), model).unwrap();
    let check = |roots: &str| {
        let mut command = datagen(folder.path());
        command.args(["check", "m.json"]).env("DATAGEN_READ_ROOTS", roots).output().unwrap()
    };
    let good = check(&format!("/nowhere:{}", data.path().display()));
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(!check("/nowhere").status.success());
}

// Issue 9, F16a, b.
#[test]
fn check_reads_where_it_is_told_and_says_what_lies_outside() {
    let [folder, data] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = data.path().join("people.csv");
    fs::write(&file, "name\nAnne\n").unwrap();
    let file = file.to_str().unwrap();
    let model = format!(
        r#"{{"Fields": [{{"name": "who", "type": "CSV", "file": "{file}", "field": "name"}}]}}"#
    );
    fs::write(folder.path().join("m.json"), model).unwrap();
    let refused = run(folder.path(), &["check", "m.json"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&format!("`{file}` is outside of ")), "{told}");
    assert!(told.contains("`--read-root`"), "{told}");
    let root = data.path().to_str().unwrap();
    for door in [&["check", "m.json"][..], &["preview", "m.json"], &["generate", "-qm", "m.json"]] {
        run_ok(folder.path(), &[door, &["--read-root", root]].concat());
    }
}

// Issue 9, F16r.
#[test]
fn rows_have_one_short_flag_and_are_written_as_people_do() {
    let folder = tempfile::tempdir().unwrap();
    for flag in ["-n", "-r", "--rows"] {
        let rows = run_ok(folder.path(), &["preview", "sensor", flag, "1e1", "--format", "json"]);
        assert_eq!(rows.lines().count(), 10, "{flag}");
        let rows = run_ok(folder.path(), &["generate", "-qm", "sensor", flag, "1k", "-o", "-"]);
        assert_eq!(rows.lines().count(), 1_001, "{flag}");
    }
    let refused = run(folder.path(), &["generate", "-m", "sensor", "-r", "1x"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("`1x` is no count"), "{told}");
}

// Issue 9, F17.
#[test]
fn expressions_are_explained_by_help_and_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let page = run_ok(folder.path(), &["expressions"]);
    let help = run_ok(folder.path(), &["help", "expressions"]);
    for known in ["CONDITIONS", "Math.sqrt(1)", "lognormal", "text.padStart(1-2)"] {
        assert!(page.contains(known) && help.contains(known), "{known}");
    }
}
