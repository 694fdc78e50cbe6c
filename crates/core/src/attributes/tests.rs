//! What readers take and refuse.

use serde_json::{Map, Value};

use super::*;
use crate::problems::Problems;
use crate::secrets::Secret;

fn read<T>(json: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> (T, Vec<String>) {
    let object: Map<String, Value> = serde_json::from_str(json).unwrap();
    let mut problems = Problems::default();
    let answer = read(&mut Reader::new(&object, "/Fields/0", Some("age"), &mut problems));
    (answer, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn numbers_and_booleans_may_be_given_as_text() {
    let (answer, problems) = read(r#"{"min": " 5 ", "ghost": "TRUE", "max": 7.0}"#, |reader| {
        (reader.integer("min", 0..=9), reader.boolean("ghost"), reader.integer("max", 0..=9))
    });
    assert_eq!(answer, (Some(5), Some(true), Some(7)));
    assert!(problems.is_empty());
}

// Issue 9, F3.
#[test]
fn whole_numbers_are_read_to_the_last_digit() {
    for (text, expected) in [
        ("9007199254740993", Some(9_007_199_254_740_993)),
        ("9007199254740993.0", Some(9_007_199_254_740_993)),
        ("-9223372036854775808.000", Some(i64::MIN)),
        ("9223372036854775807e0", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("922337203685477580.7e1", Some(i64::MAX)),
        ("1.5e3", Some(1_500)),
        ("1.5E+1", Some(15)),
        ("150e-1", Some(15)),
        ("15e-1", None),
        ("1.5", None),
        ("0.0e999999999", Some(0)),
        ("1e999999999", None),
        ("1e-999999999", None),
        ("+7", Some(7)),
        (" -0.0 ", Some(0)),
        (".", None),
        ("", None),
        ("-", None),
        ("1e", None),
        ("0x10", None),
        ("inf", None),
    ] {
        assert_eq!(whole_number(text), expected, "{text}");
    }
}

#[test]
fn a_wrong_value_names_place_field_found_and_expected() {
    let ((), problems) = read(r#"{"min": "five", "mode": "fats"}"#, |reader| {
        reader.integer("min", 0..=9);
        reader.choice("mode", &["fast", "slow"]);
    });
    insta::assert_snapshot!(problems.join("\n"), @r"
    /Fields/0/min: field `age`: `min` is the text `five`, expected a whole number from 0 to 9
    /Fields/0/mode: field `age`: `mode` is the text `fats`, expected one of fast, slow (did you mean `fast`?)
    ");
}

#[test]
fn secrets_are_read_as_such_and_never_quoted() {
    let mut settings = Settings::default();
    settings.set("key_password", "hunter2".into(), "/Options/key_password");
    settings.set("BROKERS", "one:9092".into(), "/Options/BROKERS");
    settings.set("PIN", 1234.into(), "PIN");
    settings.hide(|key| ["KEY_PASSWORD", "PIN"].contains(&key));
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["BROKERS", "KEY_PASSWORD", "PIN"]);
    let mut problems = Problems::default();
    let mut reader = settings.reader(&mut problems);
    assert!(!format!("{reader:?}").contains("hunter2"));
    assert_eq!(reader.secret("KEY_PASSWORD").unwrap().expose(), "hunter2");
    assert_eq!(reader.secret("PIN").unwrap().expose(), "1234");
    assert!(reader.has("PIN") && reader.secret("OTHER").is_none());
    assert!(reader.text("KEY_PASSWORD").is_none() && reader.boolean("PIN").is_none());
    reader.error("KEY_PASSWORD", "wrong_value", "`KEY_PASSWORD` is refused");
    let told = problems.iter().next().unwrap().to_string();
    assert_eq!(told, "/Options/key_password: `KEY_PASSWORD` is refused");
    // A later value wins, whether it is told from the others yet or not.
    settings.set("PIN", "5".into(), "PIN");
    assert!(settings.secret("PIN").is_none());
    settings.set_secret("pin", Secret::new("6".to_owned()), "PIN");
    assert!(settings.get("PIN").is_none() && settings.secret("PIN").is_some());
}
