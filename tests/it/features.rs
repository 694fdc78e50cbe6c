//! Every feature that models of the reference use, proved by the values in the output.
//!
//! The models stand in `tests/models/`; each test makes rows of one and computes them again.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value};

use crate::support::{run, run_ok};

type Row = Map<String, Value>;

fn path(model: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    folder.join(format!("{model}.json")).to_str().unwrap().to_owned()
}

/// 500 rows of a model, as a user previews them.
fn rows(model: &str) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["preview", &path(model), "-n", "500", "--format", "json", "--seed", "1"];
    let lines =
        run_ok(folder.path(), &[&arguments[..], &["--now", "2026-01-01T00:00:00Z"]].concat());
    let rows: Vec<Row> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 500);
    rows
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}

fn whole(row: &Row, column: &str) -> i64 {
    row[column].as_i64().unwrap()
}

#[test]
fn every_type_gives_values_of_its_kind() {
    let forms = [
        ("date_as_string", "Monday, 30 of December 2025"),
        ("string", "[A-Za-z0-9]{7}"),
        ("string_az", "[A-Za-z]{9}"),
        ("string_regex", "[A-C]{2}-(10|20)"),
        ("email", r"[^@ ]+@[a-z.]+\.[a-z]+"),
        ("phone", r"\+39 [0-9]{6,11}"),
        ("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("ip", r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}"),
        ("hash_md5", "[0-9A-F]{32}"),
        ("bytes", "[0-9A-F]{6}"),
        ("birthdate", "1960-02-0[123]"),
        ("date", "(1969-12-31T23:59:5[89]|1970-01-01T00:00:0[01])Z"),
        ("csv", "Bo|Cy"),
        ("link", "rice|fish"),
        ("country", ".+"),
        ("name", r"\p{Alphabetic}.*"),
        ("city", r"\p{Alphabetic}.*"),
    ];
    let forms: Vec<(&str, Regex)> = forms
        .iter()
        .map(|(column, form)| (*column, Regex::new(&format!("^({form})$")).unwrap()))
        .collect();
    let rows = rows("types");
    for (index, row) in rows.iter().enumerate() {
        for (column, form) in &forms {
            assert!(form.is_match(text(row, column)), "{column}: {}", row[*column]);
        }
        let index = index as i64;
        assert!((-7..=7).contains(&whole(row, "integer")));
        assert!((-9_000_000_000..=9_000_000_000).contains(&whole(row, "long")));
        assert!((0.5..=2.5).contains(&row["float"].as_f64().unwrap()));
        assert_eq!(whole(row, "increment_integer"), 101 + index);
        assert_eq!(whole(row, "increment_long"), 5_000_000_001 + index);
        assert!(row["boolean"].is_boolean());
        assert_eq!(whole(row, "timestamp"), 1_767_225_600_000);
        assert_eq!(text(row, "link"), if text(row, "csv") == "Bo" { "rice" } else { "fish" });
    }
    assert!(rows.iter().any(|row| whole(row, "integer") == -7));
    assert!(rows.iter().any(|row| text(row, "date").starts_with("1969")));
}

#[test]
fn computed_fields_are_what_their_inputs_make_them() {
    for row in rows("computed") {
        assert!(!row.contains_key("tax-rate"), "a ghost is not output");
        let (net, colour) = (whole(&row, "net"), text(&row, "colour"));
        let rate: i64 = text(&row, "rate shown").strip_suffix(" %").unwrap().parse().unwrap();
        assert!((5..=25).contains(&rate));
        let total = net as f64 + (rate * net) as f64 / 100.0;
        assert!((row["total"].as_f64().unwrap() - total).abs() < 1e-9, "{row:?}");
        assert!(["red", "green"].contains(&colour), "weight 0 is never drawn");
        let size = match (net, colour) {
            (..0, _) => "refund",
            (400.., _) => "large",
            (_, "red") => "small red",
            _ => "small",
        };
        assert_eq!(text(&row, "size_1"), size, "{row:?}");
        let points = net * if colour == "red" { 5 } else { 0 };
        assert_eq!(whole(&row, "points"), points, "{row:?}");
        let class = match (net, colour) {
            (..0, _) => "negative".to_owned(),
            (7, _) => "dear red".to_owned(),
            (251.., "red") => "dear red".to_owned(),
            (_, "red") => format!("rest {points}"),
            _ => "other".to_owned(),
        };
        assert_eq!(text(&row, "class"), class, "{row:?}");
    }
}

#[test]
fn links_read_the_same_draw() {
    let rows = rows("computed");
    for row in &rows {
        let sex = text(row, "sex");
        assert!(["FEMALE", "MALE", "UNKNOWN"].contains(&sex));
        assert_eq!(text(row, "female") == "true", sex == "FEMALE", "{row:?}");
        assert_eq!(text(row, "where"), "Canada");
        assert!((41.0..84.0).contains(&row["latitude"].as_f64().unwrap()), "{row:?}");
        let table = if text(row, "guest") == "Ada" { 1 } else { 2 };
        assert_eq!(whole(row, "table"), table);
        assert_eq!(text(row, "menu"), format!("{} of Canada, table {table}", text(row, "guest")));
    }
    assert!(rows.iter().any(|row| text(row, "sex") == "MALE"));
    let alone = |row: &&Row| text(row, "colour") == "red";
    let red = rows.iter().filter(alone).count();
    assert!((330..420).contains(&red), "3 of 4 are red: {red}");
}

#[test]
fn texts_that_need_escapes_come_back_from_csv_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let goods = [
        "Men's \"best\"",
        "Jackets & Coats",
        "one, two",
        "two\nlines",
        "back\\slash",
        "größer 線 👍",
    ];
    let same = ["-n", "500", "--seed", "1"];
    let csv = ["preview", &path("texts"), "--format", "csv"];
    let csv = run_ok(folder.path(), &[&csv[..], &same].concat());
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let rows = rows("texts");
    assert_eq!(records.len(), rows.len());
    for (record, row) in records.iter().zip(&rows) {
        assert_eq!(&record[0], text(row, "goods"));
        assert_eq!(&record[1], text(row, "note"));
        assert_eq!(record[1], format!("<{}>, {}", text(row, "goods"), whole(row, "degrees")));
        assert_eq!(record[2], whole(row, "degrees").to_string());
        assert!((-1_000..0).contains(&record[3].parse::<i64>().unwrap()));
        assert_eq!(record[4].is_empty(), row["maybe"].is_null());
    }
    assert!(goods.iter().all(|wanted| rows.iter().any(|row| text(row, "goods") == *wanted)));
    assert!(
        [-40, -1, 12].iter().all(|wanted| rows.iter().any(|row| whole(row, "degrees") == *wanted))
    );
    let nulls = rows.iter().filter(|row| row["maybe"].is_null()).count();
    assert!((200..300).contains(&nulls), "{nulls}");
}

#[test]
fn the_inside_of_fields_may_be_written_as_in_the_first_generation() {
    let rows = rows("first_generation");
    for row in &rows {
        assert_eq!(text(row, "letters").len(), 6);
        assert_eq!(text(row, "digest").len(), 32);
        assert_eq!(text(row, "blob").len(), 8);
        assert!(["2003-02-01", "2003-02-02"].contains(&text(row, "born")));
        assert!(text(row, "seen").starts_with("2020-05-01T00:00:0"));
        assert_eq!(text(row, "stamp"), "2024_02_14-7 AM 31:53.000 +0000");
        let start = whole(row, "start");
        assert!((3..=9).contains(&start));
        assert_eq!(whole(row, "end"), start + 8);
        assert_eq!(text(row, "mail"), format!("u{start}@example.org"));
        assert!(["Turkey", "Türkiye", "Japan"].contains(&text(row, "land")), "{row:?}");
        let late = if start < 6 { "early".to_owned() } else { format!("late {}", start + 8) };
        assert_eq!(text(row, "late"), late);
        assert!(!row.contains_key("town"));
    }
    let yes = rows.iter().filter(|row| text(row, "answer") == "yes").count();
    assert!((80..175).contains(&yes), "a value listed three times counts three times: {yes}");
}

#[test]
fn the_outside_of_models_may_be_written_as_in_the_first_generation() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("nested");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("old.csv"), "of an earlier run").unwrap();
    fs::write(old.join("old-0000000007.csv"), "of an earlier run").unwrap();
    fs::write(old.join("older.csv"), "of somebody else").unwrap();
    let arguments = ["generate", "--model", &path("first_generation"), "--connector", "CSV"];
    let shape = ["--rows", "3", "--batches", "2", "--output-root", ".", "--quiet"];
    run_ok(folder.path(), &[&arguments[..], &shape].concat());
    let mut names: Vec<_> =
        fs::read_dir(&old).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["old.csv", "older.csv"]);
    let text = fs::read_to_string(old.join("old.csv")).unwrap();
    assert_eq!(text.lines().count(), 6, "one file, without a header: {text}");
}

#[test]
fn connectors_answer_to_their_older_names() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["HDFS-CSV", "hdfs_csv", "Hdfs-Csv"] {
        let model = path("texts");
        let output = run(folder.path(), &["generate", "--model", &model, "--connector", name]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("connector `hdfs_csv` is not available yet"), "{name}: {stderr}");
    }
}

#[test]
fn settings_of_connectors_that_are_not_used_do_not_disturb() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["check", &path("first_generation"), "--format", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(answer["models"][0]["problems"], Value::Array(Vec::new()), "{answer}");
}
