//! `CSV`: rows of a file, drawn at random; one column is the value, LINK reads the others.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::attributes::{Attribute, Reader};
use crate::columns::{DataType, Dictionary, VarBytes};
use crate::problems::{Problem, did_you_mean, excerpt};
use crate::roots::ReadRoots;
use crate::sampling::alias::Alias;
use crate::sampling::choices::TextChoices;
use crate::sampling::table::{self, Table};

use super::{Compiled, Computed, Context, Definition, FieldType};

/// Largest file that is read.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug)]
pub(super) struct Csv;

impl FieldType for Csv {
    fn name(&self) -> &'static str {
        "CSV"
    }

    fn summary(&self) -> &'static str {
        "Rows of a CSV file, drawn at random. LINK reads every column of the row by its name."
    }

    fn attributes(&self) -> &'static [Attribute] {
        const ATTRIBUTES: &[Attribute] = &[
            Attribute::new(
                "file",
                "path",
                "",
                "The file: a header line, then rows; at most 256 MiB.",
            ),
            Attribute::new("separator", "text", ",", "What stands between two cells."),
            Attribute::new("field", "text", "", "The column that is the value."),
            Attribute::new(
                "filters",
                "list of column=value",
                "",
                "Only rows in which every one of these holds; letter case does not matter.",
            ),
            Attribute::new(
                "weight_field",
                "text",
                "",
                "The column that holds each row's weight; all rows are equally likely without it.",
            ),
        ];
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        r#"{"name": "person", "type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["country=France"]}"#
    }

    fn example_files(&self) -> &'static [(&'static str, &'static str)] {
        &[(
            "people.csv",
            "name;department;country\nAnne;sales;France\nBruno;support;France\nCarla;sales;Italy\n",
        )]
    }

    fn computed(&self, _: &mut Reader<'_>) -> Option<Computed> {
        Some(Computed::plain(DataType::Text, 10))
    }

    fn compile(
        &self,
        attributes: &mut Reader<'_>,
        context: &Context<'_>,
    ) -> Option<Box<dyn Definition>> {
        let table = read(attributes, context.files);
        if !attributes.has("field") {
            let columns = table.as_ref().map_or_else(String::new, columns);
            let message =
                format!("`field` is missing, expected the column that is the value{columns}");
            attributes.error("field", "missing_attribute", message);
        }
        let field = attributes.text("field");
        let (table, field) = (table?, field?);
        let main = column(attributes, &table, "field", &field);
        let weights = match attributes.text("weight_field") {
            Some(name) => Some(column(attributes, &table, "weight_field", &name)?),
            None if attributes.has("weight_field") => return None,
            None => None,
        };
        let rows = selected(attributes, &table);
        let (main, rows) = (main?, rows?);
        let alias = match weights {
            Some(place) => weighted(attributes, &table.columns[place], &rows)?,
            None => Alias::even(rows.len()).ok()?,
        };
        let gathered = |column: &VarBytes| {
            Dictionary::from_texts(rows.iter().map(|row| column.get(*row as usize)).collect())
        };
        let sub_values: Vec<_> =
            table.header.iter().cloned().zip(table.columns.iter().map(gathered)).collect();
        let choices = TextChoices { dictionary: sub_values[main].1.clone(), alias };
        let mut compiled = Compiled::drawn_text(context.stream, choices);
        compiled.sub_values =
            sub_values.into_iter().map(|(name, texts)| (name, texts.into())).collect();
        Some(compiled.into())
    }
}

/// Reads the file that the attributes name.
fn read(attributes: &mut Reader<'_>, files: &ReadRoots) -> Option<Table> {
    let separator = separator(attributes);
    if !attributes.has("file") {
        attributes.error("file", "missing_attribute", "`file` is missing, expected a path");
    }
    let file = attributes.text("file")?;
    let separator = separator?;
    let refuse = |attributes: &mut Reader<'_>, reason: &str| {
        let message = format!("the file `{}` cannot be read: {reason}", excerpt(&file));
        attributes.error("file", "unreadable_file", message);
    };
    let bytes = match files.open(Path::new(&file)).and_then(|found| contents(found.file)) {
        Ok(bytes) => bytes,
        Err(reason) => {
            refuse(attributes, &reason);
            return None;
        }
    };
    match table::read(&bytes, &separator) {
        Ok(table) => {
            if let Some((count, first)) = table.ragged {
                let message = format!(
                    "rows without the {} cells of the header: {count}, the first is row {first}; \
                     missing cells are empty, further ones are dropped",
                    table.header.len()
                );
                attributes.warn("file", "ragged_rows", message);
            }
            Some(table)
        }
        Err(error) => {
            refuse(attributes, &error.to_string());
            None
        }
    }
}

fn contents(file: File) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells, also of a file that grows meanwhile.
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it has more than {} MiB", MOST_BYTES >> 20));
    }
    Ok(bytes)
}

/// The separator. The reference takes it as a regular expression, so models write `\\|` and `[|]`.
fn separator(attributes: &mut Reader<'_>) -> Option<String> {
    if !attributes.has("separator") {
        return Some(",".to_owned());
    }
    let text = attributes.text("separator")?;
    let mut characters = text.chars();
    let separator: String = match (characters.next(), characters.next(), characters.next()) {
        (Some('['), Some(inner), Some(']')) if characters.next().is_none() => inner.to_string(),
        _ => unescaped(&text),
    };
    if separator.is_empty() || separator.contains(['\n', '\r', '"']) {
        let message = format!(
            "`separator` is `{}`, expected characters other than quotes and line ends",
            excerpt(&text)
        );
        attributes.error("separator", "wrong_value", message);
        return None;
    }
    Some(separator)
}

/// `\t` is a tab, `\|` and the like are the character itself.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(next)) if !next.is_alphanumeric() => out.push(*next),
            _ => {
                out.push(character);
                continue;
            }
        }
        characters.next();
    }
    out
}

/// The place of the column called `name`, in the very spelling or else in another letter case.
fn place(table: &Table, name: &str) -> Option<usize> {
    let exact = table.header.iter().position(|column| column == name);
    exact.or_else(|| {
        table.header.iter().position(|column| column.trim().eq_ignore_ascii_case(name.trim()))
    })
}

fn column(attributes: &mut Reader<'_>, table: &Table, key: &str, name: &str) -> Option<usize> {
    let place = place(table, name);
    if place.is_none() {
        let pointer = attributes.pointer_of(key);
        attributes.push(unknown_column(table, name, pointer));
    }
    place
}

/// The columns of the file as the end of a message.
fn columns(table: &Table) -> String {
    const SHOWN: usize = 20;
    let columns: Vec<String> =
        table.header.iter().take(SHOWN).map(|column| format!("`{}`", excerpt(column))).collect();
    format!(", it has {}", columns.join(", "))
}

fn unknown_column(table: &Table, name: &str, pointer: String) -> Problem {
    let message = format!("the file has no column `{}`{}", excerpt(name), columns(table));
    let problem = Problem::error("unknown_column", pointer, message);
    if table.header.len() == 1 {
        return problem.hint("its header is a single column: is `separator` the right one?");
    }
    match did_you_mean(name, table.header.iter().map(String::as_str)) {
        Some(column) => problem.hint(format!("did you mean `{column}`?")),
        None => problem,
    }
}

/// The rows in which all filters hold.
fn selected(attributes: &mut Reader<'_>, table: &Table) -> Option<Vec<u32>> {
    let filters = match attributes.texts("filters") {
        None if attributes.has("filters") => return None,
        filters => filters.unwrap_or_default(),
    };
    let mut rows: Vec<u32> = (0..table.rows as u32).collect();
    let mut wrong = false;
    for (index, filter) in filters.iter().enumerate() {
        let pointer = attributes.pointer_of_entry("filters", index);
        let Some((name, value)) = filter.split_once('=') else {
            let message = format!("`{}` is no filter, expected `column=value`", excerpt(filter));
            attributes.push(Problem::error("wrong_filter", pointer, message));
            wrong = true;
            continue;
        };
        let Some(place) = place(table, name) else {
            attributes.push(unknown_column(table, name, pointer));
            wrong = true;
            continue;
        };
        let value = value.to_lowercase();
        let column = &table.columns[place];
        rows.retain(|row| {
            let cell = column.get(*row as usize);
            std::str::from_utf8(cell).is_ok_and(|cell| cell.to_lowercase() == value)
        });
    }
    if wrong {
        return None;
    }
    if rows.is_empty() {
        let (key, message) = if filters.is_empty() {
            ("file", "the file has no rows below its header".to_owned())
        } else {
            ("filters", format!("none of the {} rows of the file passes all filters", table.rows))
        };
        attributes.error(key, "no_rows", message);
        return None;
    }
    Some(rows)
}

fn weighted(attributes: &mut Reader<'_>, column: &VarBytes, rows: &[u32]) -> Option<Alias> {
    let mut weights = Vec::with_capacity(rows.len());
    for row in rows {
        let cell = String::from_utf8_lossy(column.get(*row as usize));
        match cell.trim().parse::<f64>() {
            Ok(weight) if weight.is_finite() && weight >= 0.0 => weights.push(weight),
            _ => {
                let message = format!(
                    "the weight in row {} is `{}`, expected a number from 0 on",
                    row + 1,
                    excerpt(&cell)
                );
                attributes.error("weight_field", "wrong_weight", message);
                return None;
            }
        }
    }
    match Alias::new(&weights) {
        Ok(alias) => Some(alias),
        Err(error) => {
            attributes.error("weight_field", "wrong_weight", error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tempfile::TempDir;

    use super::super::trial::Trial;

    fn folder(name: &str, contents: &[u8]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), contents).unwrap();
        folder
    }

    const PEOPLE: &[u8] = b"name;department;Country;w\nAnne;sales;France;3\nBruno;\"R&D; ops\";FRANCE;1\nCarla;sales;Italy;0\n";

    #[test]
    fn rows_that_pass_all_filters_are_drawn_whole() {
        let folder = folder("people.csv", PEOPLE);
        let trial = Trial::below(
            folder.path(),
            r#"{"type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["country=france", "DEPARTMENT=r&d; OPS"]}"#,
        );
        assert_eq!(
            trial.texts(9).into_iter().collect::<BTreeSet<_>>(),
            ["Bruno".to_owned()].into()
        );
        assert_eq!(trial.linked("Country", 1), ["FRANCE"]);
        assert_eq!(trial.linked("department", 1), ["R&D; ops"]);
        assert_eq!(trial.problems, "");
    }

    #[test]
    fn rows_may_have_weights() {
        let folder = folder("people.csv", PEOPLE);
        let trial = Trial::below(
            folder.path(),
            r#"{"type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "weight_field": "w"}"#,
        );
        let names = trial.texts(10_000);
        let annes = names.iter().filter(|name| *name == "Anne").count();
        assert!((7_300..7_700).contains(&annes), "{annes}");
        assert!(!names.contains(&"Carla".to_owned()));
    }

    #[test]
    fn separators_of_older_models_are_understood() {
        for (separator, written) in [
            ("|", r"\\|"),
            ("|", "[|]"),
            ("|", "|"),
            ("\t", r"\\t"),
            ("\t", r"\t"),
            (",", ","),
            ("::", "::"),
        ] {
            let folder = folder("x.csv", format!("a{separator}b\n1{separator}2\n").as_bytes());
            let trial = Trial::below(
                folder.path(),
                &format!(
                    r#"{{"type": "CSV", "file": "x.csv", "separator": "{written}", "field": "b"}}"#
                ),
            );
            assert_eq!(trial.texts(1), ["2"], "{written}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_cure() {
        let folder = folder("people.csv", PEOPLE);
        std::fs::write(folder.path().join("empty.csv"), "a,b\n").unwrap();
        std::fs::write(folder.path().join("latin.csv"), b"a,b\n\xe9,1\n").unwrap();
        let refusals = [
            r#"{"type": "CSV", "separator": ""}"#,
            r#"{"type": "CSV", "file": "peple.csv", "field": "name"}"#,
            r#"{"type": "CSV", "file": "people.csv", "field": "name"}"#,
            r#"{"type": "CSV", "file": "people.csv", "separator": ";"}"#,
            r#"{"type": "CSV", "file": "people.csv", "separator": ";", "field": "nam", "filters": ["contry=x", "y"]}"#,
            r#"{"type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "filters": ["country=Spain"]}"#,
            r#"{"type": "CSV", "file": "people.csv", "separator": ";", "field": "name", "weight_field": "Country"}"#,
            r#"{"type": "CSV", "file": "empty.csv", "field": "a"}"#,
            r#"{"type": "CSV", "file": "latin.csv", "field": "a"}"#,
            r#"{"type": "CSV", "file": ".", "field": "a"}"#,
        ]
        .map(|json| Trial::refusal_below(folder.path(), json));
        let refusals = refusals.join("\n\n").replace(folder.path().to_str().unwrap(), "FOLDER");
        insta::assert_snapshot!(refusals, @"
        /Fields/0/separator: field `f`: `separator` is ``, expected characters other than quotes and line ends
        /Fields/0/file: field `f`: `file` is missing, expected a path
        /Fields/0/field: field `f`: `field` is missing, expected the column that is the value

        /Fields/0/file: field `f`: the file `peple.csv` cannot be read: no file `peple.csv` in `FOLDER`

        /Fields/0/field: field `f`: the file has no column `name`, it has `name;department;Country;w` (its header is a single column: is `separator` the right one?)

        /Fields/0/field: field `f`: `field` is missing, expected the column that is the value, it has `name`, `department`, `Country`, `w`

        /Fields/0/field: field `f`: the file has no column `nam`, it has `name`, `department`, `Country`, `w` (did you mean `name`?)
        /Fields/0/filters/0: field `f`: the file has no column `contry`, it has `name`, `department`, `Country`, `w` (did you mean `Country`?)
        /Fields/0/filters/1: field `f`: `y` is no filter, expected `column=value`

        /Fields/0/filters: field `f`: none of the 3 rows of the file passes all filters

        /Fields/0/weight_field: field `f`: the weight in row 1 is `France`, expected a number from 0 on

        /Fields/0/file: field `f`: the file has no rows below its header

        /Fields/0/file: field `f`: the file `latin.csv` cannot be read: it is not UTF-8: byte 5 starts no character

        /Fields/0/file: field `f`: the file `.` cannot be read: no file `.` in `FOLDER`
        ");
    }

    #[test]
    fn ragged_rows_are_told() {
        let folder = folder("x.csv", b"\xef\xbb\xbfa,b\n1,2\n3\n");
        let trial =
            Trial::below(folder.path(), r#"{"type": "CSV", "file": "x.csv", "field": "b"}"#);
        assert_eq!(trial.texts(50).into_iter().collect::<BTreeSet<_>>().len(), 2);
        insta::assert_snapshot!(trial.problems, @"/Fields/0/file: field `f`: rows without the 2 cells of the header: 1, the first is row 2; missing cells are empty, further ones are dropped");
    }
}
