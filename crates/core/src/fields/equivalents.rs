//! What other systems call a field type: names of SQL, of programming languages and of other generators.
//!
//! They are no aliases: a `DATETIME` may be a point in time or a text, a `NUMBER` a decimal or not. A model that
//! uses one is refused with the type that was probably meant.

use crate::problems::fold_name;

/// Names, in capitals and without `_`, and what to write instead.
const EQUIVALENTS: &[(&[&str], &str)] = &[
    (
        &[
            "INT",
            "INT4",
            "INT16",
            "INT32",
            "SMALLINT",
            "TINYINT",
            "MEDIUMINT",
            "SHORT",
            "BYTE",
            "UINT",
            "NUMBERINT",
        ],
        "INTEGER, with `min` and `max`",
    ),
    (&["BIGINT", "INT8", "INT64", "UINT64", "HUGEINT"], "LONG"),
    (
        &["NUMBER", "DEC", "MONEY", "CURRENCY", "PRICE", "AMOUNT"],
        "DECIMAL, with `precision` and `scale`; for whole numbers INTEGER or LONG",
    ),
    (&["REAL", "FLOAT4", "FLOAT32", "SINGLE"], "FLOAT"),
    (&["FLOAT8", "FLOAT64", "DOUBLEPRECISION"], "DOUBLE"),
    (&["BOOL", "BIT", "FLAG", "LOGICAL"], "BOOLEAN"),
    (
        &[
            "VARCHAR",
            "VARCHAR2",
            "NVARCHAR",
            "CHAR",
            "NCHAR",
            "CHARACTER",
            "CHARACTERVARYING",
            "TEXT",
            "TINYTEXT",
            "MEDIUMTEXT",
            "LONGTEXT",
            "CLOB",
            "STR",
            "WORD",
            "WORDS",
            "LOREM",
            "SENTENCE",
        ],
        "STRING, with `length` or `possible_values`; STRING_REGEX for texts of a form",
    ),
    (
        &["ENUM", "CATEGORY", "CATEGORICAL", "CHOICE", "LIST", "CONSTANT", "CUSTOMLIST"],
        "STRING, with `possible_values`",
    ),
    (
        &["DATETIME", "DATETIME2", "TIMESTAMPTZ", "TIMESTAMPNTZ", "INSTANT", "LOCALDATETIME"],
        "DATE for points in time, TIMESTAMP for milliseconds since 1970, DATE_AS_STRING for texts in a `pattern`",
    ),
    (&["DAY", "LOCALDATE", "CALENDARDATE"], "BIRTHDATE for days without a time"),
    (&["TIME", "LOCALTIME", "TIMEOFDAY"], "DATE_AS_STRING, with `\"pattern\": \"HH:mm:ss\"`"),
    (&["GUID", "UUID4", "UUIDV4", "UNIQUEIDENTIFIER"], "UUID"),
    (&["BINARY", "VARBINARY", "BYTEA", "RAW", "IMAGE"], "BYTES or BLOB"),
    (
        &["SERIAL", "BIGSERIAL", "AUTOINCREMENT", "IDENTITY", "ROWNUMBER", "ID", "PRIMARYKEY"],
        "SEQUENCE",
    ),
    (&["MD5", "HASH"], "HASH_MD5"),
    (
        &["REGEX", "REGEXP", "REGULAREXPRESSION", "PATTERN"],
        "STRING_REGEX, with `\"syntax\": \"regex\"`",
    ),
    (&["GIVENNAME"], "NAME"),
    (&["FAMILYNAME"], "LAST_NAME"),
    (&["PERSON", "FULLNAMES"], "FULL_NAME"),
    (&["EMAILADDRESS", "MAIL"], "EMAIL"),
    (&["PHONENUMBER", "TELEPHONE", "TEL", "MOBILE"], "PHONE"),
    (&["IPADDRESS", "INET"], "IP"),
    (
        &["FORMULA", "EXPRESSION", "COMPUTED"],
        "the type of the result, with the attribute `formula`",
    ),
    (
        &["ARRAY", "MAP", "STRUCT", "RECORD", "OBJECT", "JSON", "JSONB", "NESTED", "ROW"],
        "STRING, with an `injection` that writes the JSON: columns are not nested",
    ),
    (&["SCRIPT", "CODE", "JAVASCRIPT"], "RHAI, with `code` and `returns`"),
];

/// What to write instead of `name`, in any letter case.
pub(crate) fn equivalent(name: &str) -> Option<&'static str> {
    let name = fold_name(name);
    EQUIVALENTS.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, meant)| *meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equivalent_is_never_a_name_of_ours_and_names_a_type_that_exists() {
        for (names, meant) in EQUIVALENTS {
            for name in *names {
                assert!(super::super::built_in(name).is_none(), "{name} is a type itself");
                assert_eq!(fold_name(name), **name);
            }
            let first = meant.split([',', ' ', ';']).next().unwrap_or_default();
            assert!(
                ["the", "RHAI"].contains(&first) || super::super::built_in(first).is_some(),
                "{meant}"
            );
        }
        assert!(equivalent("double precision").is_some_and(|meant| meant == "DOUBLE"));
        assert_eq!(equivalent("banana"), None);
    }
}
