//! Whole computed fields, from JSON to columns.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::calendar::Pattern;
use crate::columns::{Column, Dictionary, Rows, Values};
use crate::display::write_display;

/// Seconds of the fixed `now`, as in the vectors.
pub(super) const NOW_MICROS: i64 = 1_700_000_000_000_000;

pub(super) fn texts(values: &[&str]) -> Column {
    Column::new(Values::Text(values.iter().collect()))
}

pub(super) fn choice(keys: &[u32], entries: &[&str]) -> Column {
    let dictionary = Dictionary::new(entries.iter());
    Column::new(Values::Choice { keys: Arc::new(keys.to_vec()), dictionary })
}

pub(super) fn type_of(values: &Values) -> DataType {
    match values {
        Values::Boolean(_) => DataType::Boolean,
        Values::Int32(_) => DataType::Int32,
        Values::Int64(_) => DataType::Int64,
        Values::Float32(_) => DataType::Float32,
        Values::Float64(_) => DataType::Float64,
        Values::Decimal(_) => DataType::Decimal { precision: 9, scale: 2 },
        Values::Date(_) => DataType::Date,
        Values::EpochMillis(_) => DataType::EpochMillis,
        Values::Instant(_) => DataType::Instant,
        Values::Text(_) | Values::Choice { .. } | Values::Uuid(_) => DataType::Text,
        Values::Bytes(_) => DataType::Bytes,
    }
}

/// Parses `field`, binds it to the named columns and evaluates it, with what was found on the way.
pub(super) fn run_with(
    field: &Json,
    columns: &[(&str, Column)],
    cast: &Cast,
) -> (Result<Column, String>, String) {
    let mut problems = Problems::default();
    let result = (|| {
        let place = FieldPointer { pointer: "/Fields/0", field: "x" };
        let attributes = field.as_object().unwrap();
        let Parsed::Expression(expression) =
            parse(attributes, place.pointer, place.field, &mut problems)
        else {
            return None;
        };
        let found: Vec<&(&str, Column)> = expression
            .inputs()
            .iter()
            .map(|input| {
                let name = match input.sub_value() {
                    Some(sub_value) => format!("{}.{sub_value}", input.field()),
                    None => input.field().to_owned(),
                };
                columns.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"))
            })
            .collect();
        let inputs: Vec<&Column> = found.iter().map(|(_, column)| column).collect();
        let infos: Vec<InputInfo> = found
            .iter()
            .map(|(name, column)| InputInfo {
                beyond_doubles: false,
                name,
                data_type: type_of(&column.values),
                decimals: None,
                nullable: column.validity.is_some(),
            })
            .collect();
        let bound = expression.bind(&infos, cast.clone(), NOW_MICROS, place, &mut problems)?;
        let count = columns.first().map_or(1, |(_, column)| column.len());
        let rows = Rows { first: 1_000, count };
        let whole = bound.evaluate(rows, &inputs).map_err(|error| error.to_string());
        if let Ok(column) = &whole {
            assert_eq!(column.len(), count);
            assert!(
                bound.is_nullable() || !(0..count).any(|row| column.is_null(row)),
                "promised values"
            );
        }
        // A second block finds what the first one left in the memos.
        let again = bound.evaluate(rows, &inputs).map_err(|error| error.to_string());
        assert_eq!(whole.clone().map(|c| shown(&c, cast)), again.map(|c| shown(&c, cast)));
        Some(whole)
    })();
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (result.unwrap_or_else(|| Err(found.join("\n"))), found.join("\n"))
}

fn shown(column: &Column, cast: &Cast) -> Vec<String> {
    (0..column.len())
        .map(|row| {
            if column.is_null(row) {
                return "null".to_owned();
            }
            let mut text = Vec::new();
            write_display(column, cast.column_type().into(), row, &mut text);
            String::from_utf8(text).unwrap()
        })
        .collect()
}

/// The display texts of the result, or what went wrong.
pub(super) fn run(field: &Json, columns: &[(&str, Column)], data_type: DataType) -> Vec<String> {
    run_cast(field, columns, &Cast::new(data_type))
}

fn run_cast(field: &Json, columns: &[(&str, Column)], cast: &Cast) -> Vec<String> {
    match run_with(field, columns, cast).0 {
        Ok(column) => shown(&column, cast),
        Err(error) => error.lines().map(str::to_owned).collect(),
    }
}

#[test]
fn an_injection_shows_display_texts() {
    let columns = [
        ("name", choice(&[1, 0, 1], &["Anna", "Bo"])),
        ("day-of birth", Column::new(Values::Date(vec![0, 1, 2]))),
        ("n2", Column::new(Values::Float32(vec![10.0, 3.6, 0.5]))),
    ];
    let field = json!({"injection": "${name}|${day-of birth}|${n2}|$5 $"});
    assert_eq!(
        run(&field, &columns, DataType::Text),
        ["Bo|1970-01-01|10.0|$5 $", "Anna|1970-01-02|3.6|$5 $", "Bo|1970-01-03|0.5|$5 $"]
    );
    assert_eq!(
        run(&json!({"injection": "74, Main Boulevard"}), &columns[..1], DataType::Text),
        ["74, Main Boulevard"; 3]
    );
}

#[test]
fn an_injection_of_one_dictionary_keeps_its_keys() {
    let name = choice(&[1, 0, 1], &["Anna", "Bo"]);
    let field = json!({"injection": "${name}@x.com"});
    let columns = [("name", name.clone())];
    let (result, _) = run_with(&field, &columns, &Cast::new(DataType::Text));
    let (Values::Choice { keys, dictionary }, Values::Choice { keys: from, .. }) =
        (result.unwrap().values, &name.values)
    else {
        panic!("not lifted");
    };
    assert!(Arc::ptr_eq(&keys, from));
    assert_eq!(dictionary.get(0), b"Anna@x.com");
}

#[test]
fn a_bad_dictionary_entry_counts_only_where_it_is_used() {
    let field = json!({"injection": "1${x}"});
    let good = [("x", choice(&[0, 0], &["2", "zwei"]))];
    assert_eq!(run(&field, &good, DataType::Int32), ["12", "12"]);
    let bad = [("x", choice(&[0, 1], &["2", "zwei"]))];
    assert_eq!(run(&field, &bad, DataType::Int32), ["row 1001: `1zwei` is not a whole number"]);
}

#[test]
fn a_link_passes_values_on() {
    let columns = [("city.lat", choice(&[1, 0], &["48.85", "52.5"]))];
    let field = json!({"link": "$city.lat"});
    assert_eq!(run(&field, &columns, DataType::Text), ["52.5", "48.85"]);
    assert_eq!(run(&field, &columns, DataType::Float64), ["52.5", "48.85"]);
    assert_eq!(
        run(&field, &columns, DataType::Int32),
        ["row 1000: 52.5 is not a whole number; use `Math.round` or a FLOAT field"]
    );
    let instant = [("t", Column::new(Values::Instant(vec![-1, 90_000_000_000])))];
    let field = json!({"link": "${t}"});
    assert_eq!(run(&field, &instant, DataType::EpochMillis), ["-1", "90000000"]);
    assert_eq!(run(&field, &instant, DataType::Date), ["1969-12-31", "1970-01-02"]);
    let wide = [("n", Column::new(Values::Int64(vec![i64::MAX])))];
    assert_eq!(run(&json!({"link": "$n"}), &wide, DataType::Text), ["9223372036854775807"]);
    assert_eq!(run(&json!({"link": "$n"}), &wide, DataType::EpochMillis), ["9223372036854775807"]);
}

#[test]
fn every_target_reads_its_text() {
    let columns = [("x", texts(&["1"]))];
    for (text, data_type, expected) in [
        ("TRUE ", DataType::Boolean, "true"),
        ("0", DataType::Boolean, "false"),
        (" 12.50", DataType::Decimal { precision: 9, scale: 2 }, "12.50"),
        ("3.6", DataType::Float32, "3.6"),
        ("1/2/2020", DataType::Date, "2020-02-01"),
        ("2020-02-01", DataType::Date, "2020-02-01"),
        ("2011-12-03T10:15:30Z", DataType::Instant, "2011-12-03T10:15:30Z"),
        ("1970-01-01T00:00:01Z", DataType::EpochMillis, "1000"),
        ("17", DataType::EpochMillis, "17"),
        ("hé", DataType::Bytes, "68C3A9"),
    ] {
        assert_eq!(run(&json!({"injection": text}), &columns, data_type), [expected], "{text}");
    }
    let md5 = Cast { md5: true, ..Cast::new(DataType::Bytes) };
    let (result, _) = run_with(&json!({"injection": "abc"}), &columns, &md5);
    assert_eq!(shown(&result.unwrap(), &md5), ["900150983CD24FB0D6963F7D28E17F72"]);
}

#[test]
fn the_first_line_that_holds_gives_the_value() {
    let columns = [
        ("category", Column::new(Values::Int32(vec![0, 1, 1, 2, 3]))),
        ("bool", Column::new(Values::Boolean(vec![false, true, false, false, false]))),
        ("longPercent", Column::new(Values::Int64(vec![1, 10, 49, 50, 51]))),
        ("country", choice(&[0, 0, 0, 1, 0], &["GERMANY", "FRANCE"])),
        ("onePlusTwo", Column::new(Values::Int32(vec![3, 3, 3, 3, 60]))),
    ];
    let field = json!({"name": "condition_2", "conditionals": {
        "$category=0": "zero",
        "$bool=true": "flag",
        "$category=1 & $longPercent<50": "small",
        "$country!GERMANY | $longPercent>$onePlusTwo": "abroad",
        "default": "rest",
    }});
    assert_eq!(run(&field, &columns, DataType::Text), ["zero", "flag", "small", "abroad", "rest"]);
    let numbers =
        json!({"conditionals": {"$category=0": 7, "injection": "${category}${longPercent}"}});
    assert_eq!(run(&numbers, &columns, DataType::Int32), ["7", "110", "149", "250", "351"]);
}

/// Which of the rows satisfy the condition, as 0 and 1.
fn holding(condition: &str, columns: &[(&str, Column)]) -> String {
    let field = json!({"conditionals": {condition: "1", "default": "0"}});
    run(&field, columns, DataType::Text).concat()
}

#[test]
fn and_and_or_follow_logic_not_the_reference() {
    // All eight combinations of three flags.
    let flag =
        |bit: u8| Column::new(Values::Boolean((0..8_u8).map(|row| row >> bit & 1 == 1).collect()));
    let columns = [("a", flag(2)), ("b", flag(1)), ("c", flag(0))];
    for (line, expected) in [
        ("$a=true & $b=true", "00000011"),
        ("$a=true & $b=true & $c=true", "00000001"),
        ("$a=true | $b=true", "00111111"),
        ("$a=true | $b=true | $c=true", "01111111"),
        ("$a=true & $b=true | $c=true", "01010111"),
        ("$a=true | $b=true & $c=true", "00011111"),
        ("($a=true | $b=true) & $c=true", "00010101"),
        ("!($a=true) AND NOTHING=1", ""),
    ] {
        let found = holding(line, &columns);
        if expected.is_empty() {
            assert!(found.contains("expected a field"), "{found}");
        } else {
            assert_eq!(found, expected, "{line}");
        }
    }
}

#[test]
fn values_compare_by_their_types() {
    let columns = [
        ("f", Column::new(Values::Float32(vec![10.0, 3.6, 9.0]))),
        ("i", Column::new(Values::Int32(vec![10, 9, 100]))),
        ("l", Column::new(Values::Int64(vec![9_007_199_254_740_993, 9, 10]))),
        ("m", Column::new(Values::Decimal(vec![1_000, 360, 901]))),
        ("s", texts(&[" Paris ", "lyon", "10"])),
        ("t", texts(&["10", "9", "b"])),
        ("d", Column::new(Values::Date(vec![0, 18_293, 19_723]))),
        ("at", Column::new(Values::Instant(vec![0, 1, 86_400_000_000]))),
        ("ms", Column::new(Values::EpochMillis(vec![0, 1, 86_400_000]))),
        ("bytes", Column::new(Values::Bytes([[0xAB_u8], [0], [1]].iter().collect()))),
    ];
    for (line, expected) in [
        ("$f=10", "100"),
        ("$f=3.6", "010"),
        ("$f!=3.6", "101"),
        ("$f<$i", "011"),
        ("$f<=$i", "111"),
        ("$f<10", "011"),
        ("$f<=10", "111"),
        ("$i>9", "101"),
        ("$i >= 9.5", "101"),
        ("$l=9007199254740993", "100"),
        ("$l=9007199254740992", "000"),
        ("$l=$i", "010"),
        ("$m=3.6", "010"),
        ("$m=$f", "110"),
        ("$s=PARIS", "100"),
        ("$s!paris", "011"),
        ("$s=$t", "000"),
        ("$s = 10", "001"),
        ("$t>9", "101"),
        ("$t<\"a\"", "110"),
        ("$i=$t", "110"),
        ("$d=1970-01-01", "100"),
        ("$d>2020-01-31", "011"),
        ("$d>1/2/2020", "001"),
        ("$d=$at", "100"),
        ("$at<1970-01-02", "110"),
        ("$at=\"1970-01-02 00:00:00\"", "001"),
        ("$ms=$at", "101"),
        ("$ms<1970-01-02", "110"),
        ("$bytes=ab", "100"),
    ] {
        assert_eq!(holding(line, &columns), expected, "{line}");
    }
}

/// Noon of 1970-01-01, its last millisecond, and the midnight after it.
fn moments() -> [(&'static str, Column); 4] {
    const DAY: i64 = 86_400_000_000;
    let instants = vec![DAY / 2, DAY - 1_000, DAY];
    [
        ("ms", Column::new(Values::EpochMillis(instants.iter().map(|at| at / 1_000).collect()))),
        ("at", Column::new(Values::Instant(instants))),
        ("d", Column::new(Values::Date(vec![0, 0, 1]))),
        ("first", Column::new(Values::Date(vec![0; 3]))),
    ]
}

// Issue 9, F1.
#[test]
fn a_date_without_a_time_is_the_whole_day_in_conditions() {
    for left in ["at", "ms", "d"] {
        for right in ["1970-01-01", "1/1/1970", "$first"] {
            for (operator, expected) in [
                ("<=", "110"),
                (">", "001"),
                ("<", "000"),
                (">=", "111"),
                ("=", "110"),
                ("!=", "001"),
            ] {
                let line = format!("${left}{operator}{right}");
                assert_eq!(holding(&line, &moments()), expected, "{line}");
            }
        }
    }
    // With a time it is that moment.
    assert_eq!(holding("$at<=1970-01-01T12:00", &moments()), "100");
    assert_eq!(holding("$first<$at", &moments()), "001");
}

// Issue 9, F1.
#[test]
fn a_date_without_a_time_is_the_whole_day_in_formulas() {
    let holds = |formula: &str| {
        let field = json!({"formula": format!("if ({formula}) {{ 1 }} else {{ 0 }}")});
        run(&field, &moments(), DataType::Text).concat()
    };
    for left in ["${at}", "\"${at}\"", "${d}"] {
        for right in ["\"1970-01-01\"", "'1/1/1970'", "${first}"] {
            for (operator, expected) in [
                ("<=", "110"),
                (">", "001"),
                ("<", "000"),
                (">=", "111"),
                ("==", "110"),
                ("!==", "001"),
            ] {
                let formula = format!("{left} {operator} {right}");
                assert_eq!(holds(&formula), expected, "{formula}");
            }
        }
    }
    assert_eq!(holds("'1970-01-01' < ${at}"), "001");
    // A time is read in any of its forms, and beside a day only its day counts.
    assert_eq!(holds("${at} <= '1970-01-01 12:00'"), "100");
    assert_eq!(holds("${at} == '1970-01-01T13:00:00+01:00'"), "100");
    assert_eq!(holds("${d} == '1970-01-02 10:00'"), "001");
    // What is no date stays a text.
    assert_eq!(holds("${at} < 'b'"), "111");
}

// Issue 9, F5.
#[test]
fn text_in_a_pattern_follows_it_however_it_is_computed() {
    let pattern = |text: &str| Cast::written(Arc::new(Pattern::compile(text).unwrap()));
    let (slashes, default) = (pattern("dd/MM/yyyy"), pattern("yyyy-MM-dd HH:mm:ss"));
    let columns = moments();
    for field in [
        json!({"link": "$at"}),
        json!({"link": "$ms"}),
        json!({"link": "$d"}),
        json!({"injection": "${at}"}),
        json!({"injection": "${d}T12:00"}),
        json!({"formula": "${at}"}),
        json!({"formula": "'' + ${d}"}),
        json!({"conditionals": {"$at<1970-01-02": "1970-01-01", "default": "02/01/1970"}}),
        json!({"conditionals": {"$at<1970-01-02": "01/01/1970", "link": "$at"}}),
    ] {
        let expected = ["01/01/1970", "01/01/1970", "02/01/1970"];
        assert_eq!(run_cast(&field, &columns, &slashes), expected, "{field}");
    }
    assert_eq!(
        run_cast(&json!({"injection": "${at}"}), &columns, &default),
        ["1970-01-01 12:00:00", "1970-01-01 23:59:59", "1970-01-02 00:00:00"]
    );
    // A number is what the pattern reads of it; nulls stay nulls.
    let years =
        [("n", Column { values: Values::Int32(vec![3, 4]), validity: Some(vec![true, false]) })];
    assert_eq!(
        run_cast(&json!({"formula": "2000 + ${n}"}), &years, &pattern("yyyy")),
        ["2003", "null"]
    );
    // Texts of one dictionary are read once for each entry.
    let listed = [("x", choice(&[1, 0, 1], &["2024-02-01", "03/04/2024"]))];
    let (column, _) = run_with(&json!({"link": "$x"}), &listed, &slashes);
    let column = column.unwrap();
    assert!(matches!(column.values, Values::Choice { .. }));
    assert_eq!(shown(&column, &slashes), ["03/04/2024", "01/02/2024", "03/04/2024"]);
    let wrong = run_cast(&json!({"injection": "on ${d}"}), &columns, &slashes).concat();
    insta::assert_snapshot!(wrong, @"row 1000: `on 1970-01-01` is not a date, expected the pattern `dd/MM/yyyy`, `d/M/yyyy`, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-ddTHH:mm:ss` (with `.fraction` and `Z` or an offset such as `+02:00` if wanted); a field for texts of all kinds is a STRING");
}

// Issue 9, F5.
#[test]
fn a_point_in_time_has_one_form() {
    let at = [("at", Column::new(Values::Instant(vec![0, 60_000_000, 1_000, 1_500_000])))];
    for field in
        [json!({"injection": "${at}"}), json!({"link": "$at"}), json!({"formula": "${at}"})]
    {
        assert_eq!(
            run(&field, &at, DataType::Text),
            [
                "1970-01-01T00:00:00Z",
                "1970-01-01T00:01:00Z",
                "1970-01-01T00:00:00.001Z",
                "1970-01-01T00:00:01.500Z"
            ]
        );
    }
}

#[test]
fn dictionary_columns_compare_as_their_texts() {
    let keys = Arc::new(vec![0, 1, 2, 1]);
    let column = |entries: &[&str]| {
        let dictionary = Dictionary::new(entries.iter());
        Column::new(Values::Choice { keys: Arc::clone(&keys), dictionary })
    };
    let columns = [
        ("a", column(&["x", "Y", "z"])),
        ("b", column(&["x", "y", "0"])),
        ("c", choice(&[0, 0, 1, 1], &["x", "Z"])),
    ];
    assert_eq!(holding("$a=y", &columns), "0101");
    assert_eq!(holding("$a=$b", &columns), "1101");
    assert_eq!(holding("$a=$c", &columns), "1010");
    assert_eq!(holding("$a=y | $c=x", &columns), "1101");
}

#[test]
fn a_null_satisfies_nothing_but_unequal() {
    let mut number = Column::new(Values::Int32(vec![5, 5]));
    number.validity = Some(vec![true, false]);
    let mut text = choice(&[0, 0], &["x"]);
    text.validity = Some(vec![true, false]);
    let columns = [("n", number), ("s", text), ("one", Column::new(Values::Int32(vec![1, 1])))];
    for (line, expected) in [
        ("$n=5", "10"),
        ("$n!=5", "01"),
        ("$n>=0", "10"),
        ("$n>$one", "10"),
        ("$s=x", "10"),
        ("$s!x", "01"),
        ("!($n=5)", "01"),
    ] {
        assert_eq!(holding(line, &columns), expected, "{line}");
    }
    let field = json!({"injection": "${n}${s}"});
    assert_eq!(run(&field, &columns, DataType::Text), ["5x", "null"]);
    assert_eq!(run(&json!({"link": "$s"}), &columns, DataType::Text), ["x", "null"]);
}

#[test]
fn rows_without_a_line_are_null() {
    let columns = [("a", Column::new(Values::Int32(vec![1, 2])))];
    let field = json!({"name": "x", "conditionals": {"$a=1": "5"}});
    let (column, found) = run_with(&field, &columns, &Cast::new(DataType::Int32));
    assert_eq!(shown(&column.unwrap(), &Cast::new(DataType::Int32)), ["5", "null"]);
    insta::assert_snapshot!(found, @"/Fields/0/conditionals: field `x`: no `default` line: rows for which no line holds are null");
    assert_eq!(run(&field, &columns, DataType::Text), ["5", "null"]);
    let null = json!({"conditionals": {"$a=1": null, "default": "9"}});
    assert_eq!(run(&null, &columns, DataType::Int32), ["null", "9"]);
    assert_eq!(
        run(&json!({"conditionals": {"default": null}}), &columns, DataType::Text),
        ["null"; 2]
    );
}

#[test]
fn what_is_wrong_is_told_all_at_once() {
    let columns = [("a", Column::new(Values::Int32(vec![1])))];
    let found = |field| run_with(&field, &columns, &Cast::new(DataType::Int32)).1;
    insta::assert_snapshot!(found(json!({"name": "x", "conditionals": {
        "$a = ": "1", "a=1": "2", "$a=1": [], "link": "", "default": "1", "$a=3": "4",
    }})), @r#"
    /Fields/0/conditionals/$a = : field `x`: condition `$a = `, column 6, at the end: expected a value; an empty one is written `""` (write `$field=value`, joined by `&` or `|`: `datagen help expressions`)
    /Fields/0/conditionals/a=1: field `x`: condition `a=1`, column 1, at `a=1`: expected a field, such as `$age` (write `$field=value`, joined by `&` or `|`: `datagen help expressions`)
    /Fields/0/conditionals/$a=1: field `x`: the value of line `$a=1` must be a text
    /Fields/0/conditionals/link: field `x`: link ``: a link names a field, such as `$city.country`
    /Fields/0/conditionals/$a=3: field `x`: line `$a=3` is never reached (the line `default` before it always holds)
    "#);
    insta::assert_snapshot!(found(json!({"name": "x", "conditionals": {
        "$a=one": "1", "$a<two": "2", "$a=2": "zwei", "default": "3",
    }})), @"
    /Fields/0/conditionals/$a=one: field `x`: `a` never equals `one`: expected a number
    /Fields/0/conditionals/$a<two: field `x`: `a` cannot be compared with `two`: expected a number
    /Fields/0/conditionals/$a=2: field `x`: the value of this line does not fit the field's type: `zwei` is not a whole number (for no value write null)
    ");
    insta::assert_snapshot!(found(json!({"name": "x", "injection": "1", "link": "$a"})), @"/Fields/0/link: field `x`: `link` has no effect beside `injection`");
    insta::assert_snapshot!(found(json!({"injection": "a ${ } b"})), @"/Fields/0/injection: field `x`: `a ${ } b` holds `${}` without a name, column 3, at `${ } b`");
    insta::assert_snapshot!(found(json!({"conditionals": "x"})), @"/Fields/0/conditionals: field `x`: `conditionals` must be an object of condition lines");
}

#[test]
fn a_field_without_expression_is_not_computed() {
    let mut problems = Problems::default();
    for field in [json!({}), json!({"conditionals": {}, "formula": "", "link": null})] {
        let parsed = parse(field.as_object().unwrap(), "", "x", &mut problems);
        assert!(matches!(parsed, Parsed::None));
    }
    assert_eq!(problems, Problems::default());
}

#[test]
fn inputs_are_named_once_with_their_sub_values() {
    let mut problems = Problems::default();
    let field = json!({"conditionals": {"$a=1 & $b>$a": "x", "injection": "${b}${c-1}", "link": "$city.lat"}});
    let Parsed::Expression(expression) = parse(field.as_object().unwrap(), "", "x", &mut problems)
    else {
        panic!("refused");
    };
    let names: Vec<_> =
        expression.inputs().iter().map(|input| (input.field(), input.sub_value())).collect();
    assert_eq!(names, [("a", None), ("b", None), ("c-1", None), ("city", Some("lat"))]);
    assert!(expression.inputs().iter().all(|input| input.attribute_key() == "conditionals"));
}
