//! What a draft is refused for, and that no connector but a named one stands in its way.

use super::*;
use crate::delivery::{Connector, connectors, names};

fn surroundings() -> Surroundings {
    Surroundings {
        output_root: PathBuf::from("/out"),
        read_roots: Vec::new(),
        tells_folders: true,
        default_folder: String::new(),
        extensions: crate::fields::library(crate::sandbox::Settings::default()).current(),
        site: Site::default(),
    }
}

fn compile(text: &str, connectors: Option<&[String]>) -> Compiled {
    Draft { text, connectors, ..Draft::default() }.compile(&surroundings())
}

fn told(problems: &Problems) -> String {
    let line = |problem: &Problem| format!("{:?} {problem}", problem.severity);
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn with_options(options: &str) -> String {
    format!(r#"{{"Fields": [{{"name": "a b", "type": "INTEGER"}}], "Options": {{{options}}}}}"#)
}

#[test]
fn a_setting_that_no_connector_takes_is_an_error_and_one_that_some_take_is_told() {
    let wrong = compile(&with_options(r#""LOCAL_FILE_NAME": "../x", "CSV_HEADER": "maybe""#), None);
    insta::assert_snapshot!(told(&wrong.problems), @r"
    Error /Options/LOCAL_FILE_NAME: the file name `../x` holds a path separator (folders belong into LOCAL_FILE_PATH)
    Error /Options/CSV_HEADER: `CSV_HEADER` is the text `maybe`, expected true or false
    ");
    let some = compile(&with_options(r#""COMPRESSION": "snappy""#), None);
    // Of every connector of the format, whichever there are.
    let of = |format: &str| {
        let of_format = |connector: &&dyn Connector| connector.file_format() == Some(format);
        connectors().filter(of_format).map(Connector::name).collect::<Vec<_>>().join(", ")
    };
    let without = |text: String, format| text.replace(&format!(" {}:", of(format)), " NAMES:");
    let some_told = without(without(told(&some.problems), "csv"), "json");
    insta::assert_snapshot!(some_told, @r"
    Warning /Options/COMPRESSION: connector NAMES: `COMPRESSION` is `snappy`, which csv does not take, expected one of none, gzip, zstd (`CSV_COMPRESSION` sets it for csv alone)
    Warning /Options/COMPRESSION: connector NAMES: `COMPRESSION` is `snappy`, which json does not take, expected one of none, gzip, zstd (`JSON_COMPRESSION` sets it for json alone)
    ");
    assert!(some.only_plan().is_ok());
}

#[test]
fn what_a_connector_says_of_columns_is_heard_where_it_is_named() {
    let text = r#"{"Fields": [{"name": "a", "type": "INTEGER"}], "Options": {"AVRO_NAME": "x"}}"#;
    assert_eq!(compile(text, None).problems, Problems::default());
    let named = ["hbase".to_owned(), "cvs".to_owned()];
    let compiled = compile(text, Some(&named));
    // Whatever connectors there are.
    let names = names().join(", ");
    let without = |text: String| text.replace(&names, "NAMES");
    insta::assert_snapshot!(without(told(&compiled.problems)), @r"
    Error connectors: unknown connector `cvs`, expected one of NAMES (did you mean `csv`?)
    Error connectors: connector `hbase` is not available yet (available: NAMES)
    ");
    insta::assert_snapshot!(without(compiled.ready().unwrap_err().to_string()), @"connector `hbase` is not available yet; available: NAMES");
    insta::assert_snapshot!(without(told(&compile(text, Some(&[])).problems)), @"Error connectors: no connector is given, expected one of NAMES");
}

// Issue 9, F13.
#[test]
fn a_value_that_cannot_be_made_is_a_problem_of_its_field() {
    let text = r#"{"Fields": [
        {"name": "n", "type": "INTEGER"},
        {"name": "half", "type": "INTEGER", "formula": "5/2"}
    ]}"#;
    let mut compiled = compile(text, None);
    compiled.make_first_rows();
    insta::assert_snapshot!(told(&compiled.problems), @"Error /Fields/1: field `half`: row 0: 2.5 is not a whole number; use `Math.round` or a FLOAT field");
}

/// Issue 9, F16 j: known before the first row, for a file of a batch and for one of all batches.
#[test]
fn more_row_groups_than_a_file_can_have_are_refused_at_once() {
    let told = |options: &str, batch_rows, batches| {
        let text = format!(
            r#"{{"Fields": [{{"name": "n", "type": "LONG"}}], "Options": {{"PARQUET_ROW_GROUP_ROWS": 1{options}}}}}"#
        );
        let (connectors, amount) = (["parquet".to_owned()], Some(Amount { batch_rows, batches }));
        let draft =
            Draft { text: &text, connectors: Some(&connectors), amount, ..Draft::default() };
        told(&draft.compile(&surroundings()).problems)
    };
    assert_eq!(told("", 32_767, 2), "");
    assert_eq!(told(r#", "ONE_FILE_PER_ITERATION": false"#, 32_767, 1), "");
    insta::assert_snapshot!(told("", 32_768, 1), @"Error rows: 32768 rows in one parquet file are more than the 32767 that it can have with this table and these options (ask for fewer rows a batch, or for larger row groups)");
    insta::assert_snapshot!(told(r#", "ONE_FILE_PER_ITERATION": false"#, 32_767, 2), @"Error rows: 65534 rows in one parquet file are more than the 32767 that it can have with this table and these options (ask for fewer rows a batch, or for larger row groups)");
}
