//! Numbers of a model are what is written: every digit, by every way a number can stand in it. Issue 9, F3.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::server::Server;
use crate::support::{files_below, run_ok};

/// Numbers of each kind.
const COUNT: usize = 2_400;

/// SplitMix64: the same numbers on every machine.
struct Draws(u64);

impl Draws {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, bound: u64) -> usize {
        (self.word() % bound) as usize
    }

    /// A decimal of up to 38 digits, and how many of them stand behind the point.
    fn decimal(&mut self) -> (String, usize) {
        let digits = 1 + self.below(38);
        let scale = self.below(digits as u64);
        let mut text = String::new();
        for place in 0..digits {
            let digit = self.below(10);
            text.push(char::from(b'0' + if place == 0 { digit.max(1) } else { digit } as u8));
        }
        if scale > 0 {
            text.insert(digits - scale, '.');
        }
        let sign = if self.below(2) == 0 { "" } else { "-" };
        (format!("{sign}{text}"), scale)
    }

    /// A double of any size in a form with all its digits.
    fn double(&mut self) -> f64 {
        loop {
            let double = f64::from_bits(self.word());
            // A range needs a finite width, and what is drawn from one is no subnormal number.
            if double.is_normal() && double.abs() < 1e300 {
                return double;
            }
        }
    }
}

/// The ways a number can stand in a field of its own type.
fn field(way: usize, index: usize, kind: &str, number: &str) -> String {
    let name = format!(r#""name": "f{index}", "type": "{}""#, kind.split('"').next().unwrap());
    let more = kind.split_once('"').map_or(String::new(), |(_, more)| format!(r#", "{more}"#));
    let value = match way {
        0 => format!(r#""min": {number}, "max": {number}"#),
        1 => format!(r#""possible_values": [{number}]"#),
        2 => format!(r#""conditionals": {{"default": {number}}}"#),
        3 => format!(r#""possible_values_weighted": [{{"value": {number}, "weight": 0.1}}]"#),
        4 => {
            format!(r#""possible_values_weighted": {{"{number}": {number}}}"#).replace(": -", ": ")
        }
        5 => format!(r#""conditionals": {{"$other=1": 0, "injection": "{number}"}}"#),
        _ => format!(r#""formula": "{number}""#),
    };
    format!("{{{name}{more}, {value}}}")
}

fn model(fields: &[String]) -> String {
    let other = r#"{"name": "other", "type": "INTEGER", "min": 2, "max": 2, "ghost": true}"#;
    format!(r#"{{"Fields": [{other}, {}]}}"#, fields.join(", "))
}

fn preview(model: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.json"), model).unwrap();
    let row =
        run_ok(folder.path(), &["preview", "m.json", "-n", "1", "--seed", "1", "--format", "json"]);
    serde_json::from_str(&row).unwrap()
}

fn decimals() -> (Vec<String>, Vec<String>) {
    let mut draws = Draws(1);
    let (mut fields, mut expected) = (Vec::new(), Vec::new());
    for index in 0..COUNT {
        let (number, scale) = draws.decimal();
        let kind = format!(r#"DECIMAL"precision": 38, "scale": {scale}"#);
        fields.push(field(index % 6, index, &kind, &number));
        expected.push(number);
    }
    (fields, expected)
}

#[test]
fn decimals_are_exact_to_the_last_of_their_digits() {
    let (fields, expected) = decimals();
    let row = preview(&model(&fields));
    for (index, number) in expected.iter().enumerate() {
        assert_eq!(&row[format!("f{index}")].to_string(), number, "{}", fields[index]);
    }
}

#[test]
fn doubles_are_exact_to_the_last_bit() {
    let mut draws = Draws(2);
    let (mut fields, mut expected) = (Vec::new(), Vec::new());
    for index in 0..COUNT {
        let number =
            if index % 2 == 0 { draws.double() } else { draws.word() as f64 / 1e16 - 900.0 };
        let text = if index % 4 == 0 { format!("{number:e}") } else { format!("{number:?}") };
        fields.push(field(index % 7, index, "DOUBLE", &text));
        expected.push(number);
    }
    let row = preview(&model(&fields));
    for (index, number) in expected.iter().enumerate() {
        let found = row[format!("f{index}")].as_f64().unwrap();
        assert_eq!(found.to_bits(), number.to_bits(), "{}: {found}", fields[index]);
    }
}

#[test]
fn a_text_of_a_number_is_the_number_as_it_is_written() {
    let row = preview(&model(&[
        r#"{"name": "a", "type": "STRING", "possible_values": [1.50]}"#.to_owned(),
        r#"{"name": "b", "type": "STRING", "conditionals": {"default": 123456789012345678.910}}"#
            .to_owned(),
        r#"{"name": "c", "type": "LONG", "min": 9007199254740993.0, "max": 9007199254740993.0}"#
            .to_owned(),
        r#"{"name": "d", "type": "LONG", "min": 9007199254740993, "max": 9007199254740993}"#
            .to_owned(),
        r#"{"name": "e", "type": "LONG", "formula": "${d}"}"#.to_owned(),
        r#"{"name": "f", "type": "DECIMAL", "precision": 38, "scale": 1, "link": "$d"}"#.to_owned(),
        r#"{"name": "g", "type": "LONG", "link": "$f"}"#.to_owned(),
    ]));
    assert_eq!(
        row.to_string(),
        r#"{"a":"1.50","b":"123456789012345678.910","c":9007199254740993,"d":9007199254740993,"e":9007199254740993,"f":9007199254740993.0,"g":9007199254740993}"#
    );
}

/// Parameters of user code are 64-bit integers and doubles.
#[test]
fn parameters_of_user_code_are_exact() {
    let mut draws = Draws(3);
    let (mut fields, mut expected) = (Vec::new(), Vec::new());
    for index in 0..200 {
        let number = draws.double();
        fields.push(format!(
            r#"{{"name": "f{index}", "type": "RHAI", "returns": "float64", "params": {{"x": {number:e}}},
                "code": "fn generate(row, params) {{ params.x }}"}}"#
        ));
        expected.push(number);
    }
    let row = preview(&model(&fields));
    for (index, number) in expected.iter().enumerate() {
        let found = row[format!("f{index}")].as_f64().unwrap();
        assert_eq!(found.to_bits(), number.to_bits(), "{}", fields[index]);
    }
}

#[test]
fn a_model_within_a_json_body_keeps_its_digits_and_refuses_keys_that_stand_twice() {
    let (fields, expected) = decimals();
    let folder = tempfile::tempdir().unwrap();
    let body = format!(
        r#"{{"rows": 1, "batches": 1, "seed": 18446744073709551615, "model": {}}}"#,
        model(&fields)
    );
    fs::write(folder.path().join("body.json"), body).unwrap();
    let server = Server::start(folder.path());
    let json = ["-H", "Content-Type: application/json", "-d", "@body.json"];
    let path = folder.path().join("body.json");
    let data = format!("@{}", path.display());
    let json = [json[0], json[1], json[2], data.as_str()];
    let (code, answer) = server.post("/datagen/json", &json);
    assert_eq!(code, 200, "{answer}");
    let status = server.wait(answer["commandUuid"].as_str().unwrap());
    assert_eq!(status["status"], "FINISHED", "{status}");
    let mut shown = String::new();
    for (name, bytes) in files_below(&folder.path().join("out")) {
        write!(shown, "{name}").unwrap();
        let row: Value = serde_json::from_slice(&bytes).unwrap();
        for (index, number) in expected.iter().enumerate() {
            assert_eq!(&row[format!("f{index}")].to_string(), number, "{}", fields[index]);
        }
    }
    assert!(shown.contains(".json"), "{shown}");
    // Issue 9, B6.
    let twice = r#"{"model": {"Fields": [{"name": "a", "type": "INTEGER", "max": 5, "max": 9}]}}"#;
    let arguments = ["-H", "Content-Type: application/json", "-d", twice];
    let (code, answer) = server.post("/datagen/json", &arguments);
    assert_eq!(code, 400, "{answer}");
    assert!(answer.to_string().contains("the key `max` stands more than once"), "{answer}");
}
