//! The formulas of shipped models with their vectors, and what is refused.

use serde_json::json;

use crate::columns::{Column, DataType, Values, VarBytes};
use crate::expression::Cast;
use crate::expression::tests::{NOW_MICROS, choice, run, run_with, texts};

fn number(values: &[f64]) -> Column {
    Column::new(Values::Float64(values.to_vec()))
}

fn whole(values: &[i32]) -> Column {
    Column::new(Values::Int32(values.to_vec()))
}

fn flags(values: &[bool]) -> Column {
    Column::new(Values::Boolean(values.to_vec()))
}

/// The formula's results as text, row by row.
fn evaluate(formula: &str, columns: &[(&str, Column)]) -> Vec<String> {
    run(&json!({"name": "x", "formula": formula}), columns, DataType::Text)
}

/// The result of a formula without fields.
fn result(formula: &str) -> String {
    evaluate(formula, &[]).concat()
}

/// What is said of a formula.
fn said(formula: &str, columns: &[(&str, Column)], data_type: DataType) -> String {
    run_with(&json!({"name": "x", "formula": formula}), columns, &Cast::new(data_type)).1
}

#[test]
fn the_arithmetic_of_shipped_models() {
    let columns = [("longPercent", whole(&[50])), ("onePlusOne", whole(&[7]))];
    for formula in
        ["2 * ${longPercent} + 42 - ${onePlusOne}", "2 * $longPercent + 42 - $onePlusOne"]
    {
        assert_eq!(evaluate(formula, &columns), ["135"]);
    }
    let columns = [("starting_hour", whole(&[5]))];
    assert_eq!(evaluate("$starting_hour + 8", &columns), ["13"]);
    assert_eq!(evaluate("${starting_hour} + 8", &columns), ["13"]);
    assert_eq!(evaluate("(${starting_hour} +6)/24", &columns), ["0.4583333333333333"]);
    let columns = [("test", whole(&[20, 15]))];
    assert_eq!(evaluate("if( ${test} > 15) { true } else { false }", &columns), ["true", "false"]);
    let columns = [("opening-hours-start", whole(&[9])), ("extra-1", whole(&[2]))];
    assert_eq!(evaluate("${opening-hours-start}-${extra-1}", &columns), ["7"]);
    let columns = [("start", whole(&[9, 11])), ("extra", whole(&[1, 3]))];
    assert_eq!(evaluate("${start}+8-12+${extra}", &columns), ["6", "10"]);
}

const CUSTOMER: &str = r#"
if (${vip} == true) {
    10
} else {
    switch("${membership}") {
        case "GOLD":
            factor = 3.5
            break;
        case "PLATINUM":
            factor = 5.2
            break;
        case "SILVER":
            factor = 2.4
            break;
        case "BRONZE":
            factor = 1.2
            break;
        default:
            factor = 1
    }
    factor + (${last_connection_timestamp} - Date.now()) / 1000 * factor
}
"#;

#[test]
fn the_rate_of_customers() {
    let now = NOW_MICROS / 1_000;
    let columns = [
        ("vip", flags(&[true, false, false, false, false, false])),
        (
            "membership",
            choice(&[0, 0, 1, 2, 3, 4], &["GOLD", "PLATINUM", "SILVER", "BRONZE", "other"]),
        ),
        (
            "last_connection_timestamp",
            Column::new(Values::EpochMillis(vec![now, now, now - 1_000, now + 500, now, now])),
        ),
    ];
    let expected = ["10", "3.5", "0", "3.5999999999999996", "1.2", "1"];
    assert_eq!(evaluate(CUSTOMER, &columns), expected);
    let field = json!({"formula": CUSTOMER});
    let floats = ["10.0", "3.5", "0.0", "3.6", "1.2", "1.0"];
    assert_eq!(run(&field, &columns, DataType::Float32), floats);
}

#[test]
fn the_salary_of_employees() {
    let formula = r#"
var salary=42000
if ("${employee_gender}" == "female") {
    salary -= 2000
}

switch("${level}") {
    case "JUNIOR":
        salary += 100
        break;
    case "SENIOR":
        salary += 40000
    case "SKILLED":
        salary *= 1.5
        break
    default:
}
Math.round(salary)
"#;
    let columns = [
        ("employee_gender", texts(&["FEMALE", "female", "MALE", "x"])),
        ("level", texts(&["JUNIOR", "JUNIOR", "SENIOR", "SKILLED"])),
    ];
    assert_eq!(evaluate(formula, &columns), ["42100", "40100", "123000", "63000"]);
}

#[test]
fn the_sizes_and_hours_of_stores() {
    let columns =
        [("open-sunday", flags(&[true, false])), ("a", whole(&[8, 8])), ("b", whole(&[7, 7]))];
    let formula = r#"if (${open-sunday} == true) { "closed" } else { "${a} AM - ${b} PM" }"#;
    assert_eq!(evaluate(formula, &columns), ["closed", "8 AM - 7 PM"]);
    let formula = r#"if (${size} < 100) { "small" } else if (${size} < 250) { "medium" }
        else if (${size} < 450 && ${size} >= 250) { "large" } else { "extra-large" }"#;
    let sizes = Column::new(Values::Float32(vec![75.5, 100.0, 250.0, 449.99, 450.0]));
    let expected = ["small", "medium", "large", "large", "extra-large"];
    assert_eq!(evaluate(formula, &[("size", sizes)]), expected);
}

#[test]
fn completion_values_follow_javascript() {
    for (formula, expected) in [
        ("1; if (false) { 2 }", "null"),
        ("1; var x = 2", "1"),
        ("1; {}", "1"),
        ("1; if (true) {}", "null"),
        ("1; switch (1) { case 1: 5; break; 6 }", "5"),
        ("1; switch (1) { case 1: if (true) { 7; break } 6 }", "7"),
        ("1; switch (1) { case 1: 3; case 2: }", "3"),
        ("1; switch (9) { case 1: 3 }", "null"),
        ("switch (2) { default: 'd'; case 1: 'a'; break; case 3: 'c' }", "a"),
        ("switch (3) { default: 'd'; case 1: 'a'; break; case 3: 'c' }", "c"),
        ("x = 5\nx + 1", "6"),
        ("let x = 1; { let x = 2; y = x } x + y", "3"),
        ("var a = 1, b = 2\na += b;\n-a", "-3"),
        ("var a = 1, b = 2\na += b\n-a", "2"),
        ("x = 2; x++ + x", "5"),
        ("x = 2; ++x + x--", "6"),
        ("x = null; x ??= 4; x ||= 9; x &&= x + 1; x", "5"),
        ("'a' + 1 + 2", "a12"),
        ("1 + 2 + 'a'", "3a"),
        ("\"plain text\"", "plain text"),
        ("// comment\n1 /* two */ + 1", "2"),
        ("(1, 2, 3)", "3"),
        ("true && 'yes' || 'no'", "yes"),
        ("y = 0; false && (y = 1); y", "0"),
        ("null + 1", "null"),
        ("undefined == null", "true"),
        ("`${1 + 1} and ${'x'}`", "2 and x"),
    ] {
        assert_eq!(result(formula), expected, "{formula}");
    }
}

#[test]
fn variables_start_anew_in_every_row() {
    let columns = [("a", whole(&[1, 2, 3]))];
    let formula = "if (${a} == 1) { factor = 5 }\nfactor";
    assert_eq!(evaluate(formula, &columns), ["5", "null", "null"]);
    let formula = "if (${a} > 1) { x = 'n'; if (${a} > 2) x = 3 } x + 1";
    assert_eq!(evaluate(formula, &columns), ["null", "n1", "4"]);
    let formula = "switch (${a}) { case 1: if (${a} == 1) break; default: y = 5 } y";
    assert_eq!(evaluate(formula, &columns), ["null", "5", "5"]);
}

#[test]
fn fields_are_typed_and_quoted_fields_are_texts() {
    let columns = [
        ("n", number(&[1.5])),
        ("f", Column::new(Values::Float32(vec![3.6]))),
        ("i", Column::new(Values::Float32(vec![10.0]))),
        ("s", texts(&["2"])),
        ("b", flags(&[true])),
        ("d", Column::new(Values::Date(vec![0]))),
        ("x1", Column::new(Values::Bytes([[0xAB_u8]].iter().collect::<VarBytes>()))),
    ];
    for (formula, expected) in [
        ("${n} + 1", "2.5"),
        ("\"${n}\" + 1", "1.51"),
        ("${f} * 10", "36"),
        ("${i}", "10"),
        ("\"${i}\"", "10.0"),
        ("${s} + 1", "21"),
        ("${s} * 1", "2"),
        ("${b} + 1", "2"),
        ("\"${b}\"", "true"),
        ("${b} == true", "true"),
        ("${d} + '!'", "1970-01-01!"),
        ("'${x1}'.toLowerCase()", "ab"),
        ("`<${n}|${x1}|${s}>`", "<1.5|AB|2>"),
        ("var n = 7; `<${n}>`", "<7>"),
    ] {
        assert_eq!(evaluate(formula, &columns), [expected], "{formula}");
    }
}

#[test]
fn nulls_go_through_operations() {
    let mut n = whole(&[1, 2]);
    n.validity = Some(vec![true, false]);
    let mut s = choice(&[0, 0], &["x"]);
    s.validity = Some(vec![false, true]);
    let columns = [("n", n), ("s", s)];
    for (formula, expected) in [
        ("${n} + 1", ["2", "null"]),
        ("'${n}:${s}'", ["null", "null"]),
        ("${s}.length", ["null", "1"]),
        ("${n} > 0", ["true", "false"]),
        ("${n} ?? 9", ["1", "9"]),
        ("${n} == null ? 'none' : ${n}", ["1", "none"]),
        ("Math.max(${n}, 5)", ["5", "null"]),
        ("if (${s}) 'has' ; else 'lacks'", ["lacks", "has"]),
    ] {
        assert_eq!(evaluate(formula, &columns), expected, "{formula}");
    }
}

#[test]
fn results_become_the_fields_type() {
    let columns = [("a", whole(&[3, 4]))];
    let of = |formula: &str, data_type| run(&json!({"formula": formula}), &columns, data_type);
    assert_eq!(of("${a} * 2", DataType::Int32), ["6", "8"]);
    assert_eq!(
        of("${a} / 4", DataType::Int32),
        ["row 1000: 0.75 is not a whole number; use `Math.round` or a FLOAT field"]
    );
    assert_eq!(of("${a} > 3", DataType::Boolean), ["false", "true"]);
    assert_eq!(of("${a} > 3 ? 'x' : 1", DataType::Text), ["1", "x"]);
    assert_eq!(of("${a} > 3 ? '7' : 1.0", DataType::Int64), ["1", "7"]);
    assert_eq!(of("'2024-01-0${a}'", DataType::Date), ["2024-01-03", "2024-01-04"]);
    assert_eq!(of("${a} / 8", DataType::Decimal { precision: 9, scale: 2 }), ["0.38", "0.50"]);
    assert_eq!(of("1e300", DataType::EpochMillis).len(), 1);
}

#[test]
fn dictionaries_are_computed_once_per_entry() {
    let columns = [("s", choice(&[1, 0, 1], &["Ann", "Bo"]))];
    let field = json!({"formula": "'${s}'.toUpperCase() + '!'"});
    let (column, _) = run_with(&field, &columns, &Cast::new(DataType::Text));
    assert!(matches!(column.unwrap().values, Values::Choice { .. }));
    // Beside another input only a part is.
    let columns = [("s", choice(&[1, 0, 1], &["Ann", "Bo"])), ("n", whole(&[1, 2, 3]))];
    assert_eq!(evaluate("'${s}'.length * ${n}", &columns), ["2", "6", "6"]);
    assert_eq!(
        evaluate("if (${n} > 1) '${s}'.repeat(2); else '${s}'", &columns),
        ["Bo", "AnnAnn", "BoBo"]
    );
    assert_eq!(evaluate("'${s}'.repeat('${s}' == 'Ann' ? ${n} : 1 - ${n})", &columns).len(), 1);
}

#[test]
fn what_is_not_ours_is_refused_with_its_place() {
    let columns = [("a", whole(&[1]))];
    let formulas = [
        "if( $a > 8 ) then true; else false",
        "1 + Math.random()",
        "x = 1;\nfor (;;) {}",
        "(function () { return 1 })()",
        "${a} & 1",
        "\"x\".toUpper()",
        "factor * 2",
        "const c = 1; c = 2",
        "let d = 1; let d = 2",
        "${a} = 2",
        "Math.pow(1)",
        "[1, 2]",
        "new Date()",
        "process.exit(1)",
        "${}",
        "// nothing",
        "y = x; x = 1; y",
        "${a}.trim()",
    ];
    let found = formulas.map(|formula| said(formula, &columns, DataType::Text));
    let found = found.map(|found| found.replace("/Fields/0/formula: field `x`: ", ""));
    insta::assert_snapshot!(found.join("\n"), @r###"
    formula `if( $a > 8 ) then true; else false`, column 18, at ` true; else false`: not JavaScript: Expected a semicolon or an implicit semicolon after a statement, but found none
    formula `1 + Math.random()`, column 5, at `Math.random()`: `Math.random` is not part of the formula language (values must be reproducible: draw in a field of its own and use that)
    formula `x = 1; for (;;) {}`, line 2, column 1, at `for (;;) {}`: a loop is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `(function () { return 1 })()`, column 1, at `(function () { return 1`: a call of this is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `${a} & 1`, column 8, at `1`: `&` is not part of the formula language (for `and` write `&&`)
    formula `"x".toUpper()`, column 5, at `toUpper()`: the method `toUpper` is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `factor * 2`, column 1, at `factor * 2`: unknown name `factor` (a field is written `${factor}`)
    formula `const c = 1; c = 2`, column 14, at `c = 2`: `c` is a constant
    formula `let d = 1; let d = 2`, column 16, at `d = 2`: `d` is declared twice
    formula `${a} = 2`, column 1, at `${a} = 2`: a field cannot be assigned
    formula `Math.pow(1)`, column 1, at `Math.pow(1)`: `pow` takes 2 arguments, not 1
    formula `[1, 2]`, column 1, at `[1, 2]`: an array is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `new Date()`, column 1, at `new Date()`: `new` is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `process.exit(1)`, column 9, at `exit(1)`: the method `exit` is not part of the formula language (formulas know expressions, `if`, `switch`, variables, `Math` and functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`)
    formula `${}`, column 1, at `${}`: `$` without a field's name
    formula `// nothing`, column 1, at `// nothing`: holds no expression
    formula: `x` is read before it has a value
    formula: a method needs a text but gets none (write `String(…)`)
    "###);
    let found = said("${a} > 1", &columns, DataType::Int32);
    insta::assert_snapshot!(found, @"/Fields/0/formula: field `x`: formula: it gives a boolean, which the field's type cannot hold");
}

#[test]
fn hostile_formulas_are_refused_without_harm() {
    let deep = |unit: &str, count: usize| unit.repeat(count);
    for size in [4_990, 20_000, 1_000_000] {
        for unit in [
            "(",
            "[",
            "{",
            "-",
            "!",
            "+ ",
            "~",
            "a?b:",
            "a?",
            "if(1)",
            "a=",
            "a=>",
            "`${",
            "1+",
            "1-",
            "a.b(",
            "a[",
            "new ",
            "typeof ",
            "a**",
            "({a:",
            "do ",
            "else ",
            "x:",
            "f(a,",
            "switch(1){case 1:",
            "1&&",
            "a||",
            "a,",
            "a.length.",
            "if(1){}else ",
            "async a=>",
            "(a=",
            "class a extends ",
            "function(){",
            "\"a\"+",
            "/(/",
            "a??",
            "<a>",
            "@a ",
        ] {
            let count = size.min(2_000_000 / unit.len());
            let formula = deep(unit, count);
            if formula.len() < 70_000 {
                // Past the check of the length, straight to the parser.
                assert!(super::parse::parse(&formula).is_err(), "{unit}");
            }
            assert!(!said(&formula, &[], DataType::Text).is_empty(), "{unit}");
        }
    }
    // Parentheses alone cost nothing once they are read.
    assert_eq!(result(&format!("{}1{}", "(".repeat(4_990), ")".repeat(4_990))), "1");
    for formula in [
        format!("{}1", "1+".repeat(30_000)),
        format!("x='{}';{} x", "y".repeat(1_000), "x+=x;".repeat(100)),
        format!("{}1", "!".repeat(4_990)),
        format!("{}1{}", "{".repeat(4_990), "}".repeat(4_990)),
        "'abc'.repeat(1e9)".to_owned(),
        "'abc'.padEnd(1e300, 'x')".to_owned(),
        "'abcdef'.repeat(100000).replaceAll('', '$`')".to_owned(),
    ] {
        let columns = [("a", whole(&[1]))];
        let (column, found) =
            run_with(&json!({"formula": formula}), &columns, &Cast::new(DataType::Text));
        assert!(column.is_err(), "{}: {found}", &formula[..20]);
    }
}

/// For all formulas of the table (made by `golden.mjs`): what we compute is what Node computes.
#[test]
fn formulas_give_what_node_gives() {
    let columns = [
        ("n", whole(&[42; 2])),
        ("m", number(&[-7.25; 2])),
        ("s", choice(&[1, 1], &["Silver", "Gold"])),
        ("t", texts(&["naïve 10"; 2])),
        ("b", flags(&[true; 2])),
    ];
    let mut wrong = Vec::new();
    for line in include_str!("golden.txt").lines() {
        let (formula, expected) = line.split_once('\t').unwrap();
        let [formula, expected]: [String; 2] =
            [formula, expected].map(|text| serde_json::from_str(text).unwrap());
        // Once with variables and once with fields, which start other ways of computing.
        let variables = "var n = 42, m = -7.25, s = 'Gold', t = 'naïve 10', b = true;\n";
        for formula in [format!("{variables}{formula}"), with_fields(&formula)] {
            let found = evaluate(&formula, &columns);
            if found != [expected.as_str(); 2] {
                wrong.push(format!("{formula}\n  expected {expected:?}\n  found    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The formula with the names `n m s t b` outside of texts written as fields.
fn with_fields(formula: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let characters: Vec<char> = formula.chars().collect();
    for (index, character) in characters.iter().copied().enumerate() {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| characters.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '.')
        };
        match quote {
            Some('\'') if character == '\'' => quote = None,
            None if character == '\'' => quote = Some('\''),
            None if "nmstb".contains(character)
                && !is_word(index.checked_sub(1))
                && !characters.get(index + 1).is_some_and(|c| c.is_alphanumeric()) =>
            {
                // Inside a template literal `${n}` must not become `${${n}}`.
                let opens = out.ends_with("${");
                if opens && characters.get(index + 1) == Some(&'}') {
                    out.push_str("(+1, ${");
                    out.push(character);
                    out.push_str("})");
                } else {
                    out.push_str(&format!("${{{character}}}"));
                }
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    out
}

/// For all formulas of the table over changing rows: a block is computed as its rows one by one.
#[test]
fn a_block_is_computed_as_its_rows() {
    let mut state = 7_u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (state >> 8) % below
    };
    let count = 24;
    let rows: Vec<[u32; 5]> =
        (0..count).map(|_| [next(4), next(4), next(3), next(3), next(2)]).collect();
    let part = |rows: &[[u32; 5]]| {
        let mut m = number(
            &rows.iter().map(|row| [0.5, -7.25, 1e21, 3.0][row[1] as usize]).collect::<Vec<_>>(),
        );
        m.validity = Some(rows.iter().map(|row| row[1] != 3).collect());
        let keys: Vec<u32> = rows.iter().map(|row| row[2]).collect();
        vec![
            (
                "n",
                whole(&rows.iter().map(|row| [42, 0, 1, 7][row[0] as usize]).collect::<Vec<_>>()),
            ),
            ("m", m),
            ("s", choice(&keys, &["Gold", "10", ""])),
            (
                "t",
                texts(
                    &rows
                        .iter()
                        .map(|row| ["a", "naïve 10", "true"][row[3] as usize])
                        .collect::<Vec<_>>(),
                ),
            ),
            ("b", flags(&rows.iter().map(|row| row[4] == 1).collect::<Vec<_>>())),
        ]
    };
    let whole_block = part(&rows);
    let single: Vec<_> = rows.iter().map(|row| part(&[*row])).collect();
    for line in include_str!("golden.txt").lines().rev().take(400) {
        let (formula, _) = line.split_once('\t').unwrap();
        let formula = with_fields(&serde_json::from_str::<String>(formula).unwrap());
        let block = evaluate(&formula, &whole_block);
        let single: Vec<_> = single.iter().flat_map(|row| evaluate(&formula, row)).collect();
        if single.iter().any(|text| text.starts_with("row 1000: ")) {
            // A fault stops the block at its first row with one.
            assert!(block[0].starts_with("row "), "{formula}: {block:?}");
        } else {
            assert_eq!(block, single, "{formula}");
        }
    }
}

proptest::proptest! {
    /// For all texts: reading ends without a panic, and a fault lies inside the text.
    #[test]
    fn any_text_is_read_or_refused(
        formula in ".{0,30}|([$a1 +=!<>&|(){}\"'`,;:?\n-]|if|else|switch|case|var |x|\\$\\{a\\}){0,20}"
    ) {
        if let Err(error) = super::parse::parse(&formula) {
            proptest::prop_assert!(error.offset <= formula.len());
        }
    }
}
