//! The Avro schema of a table: one record, its fields in the order of the columns.
//!
//! Names are checked against the specification (1.12, "Names"); a name that Avro cannot hold is refused
//! while the plan is compiled, with a name that it can hold as the cure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::InstantUnit;
use crate::attributes::Reader;
use crate::columns::{ColumnInfo, DataType, Schema};
use crate::problems::{Problem, excerpt};

/// Where the reference puts every record.
pub(super) const NAMESPACE: &str = "org.apache.avro.ipc";

/// Name of the record where the model gives none.
pub(super) const NAME: &str = "datagen_record";

/// Longest name of a record: it stands in every file.
const MOST_NAME_BYTES: usize = 1_024;

/// The schema as JSON text; `None` after adding errors to `options`.
pub(super) fn compile(
    schema: &Schema,
    unit: InstantUnit,
    options: &mut Reader<'_>,
) -> Option<String> {
    let (mut name, mut namespace) = (NAME.to_owned(), NAMESPACE.to_owned());
    let mut legal = true;
    if let Some(full_name) = options.text("AVRO_NAME") {
        let full_name = full_name.trim();
        legal &= legal_setting("AVRO_NAME", full_name, options);
        let (space, last) = full_name.rsplit_once('.').unwrap_or((NAMESPACE, full_name));
        (name, namespace) = (last.to_owned(), space.to_owned());
    }
    if let Some(space) = options.text("AVRO_NAMESPACE") {
        let space = space.trim();
        legal &= legal_setting("AVRO_NAMESPACE", space, options);
        if options.text("AVRO_NAME").is_some_and(|name| name.contains('.')) {
            let message = "`AVRO_NAMESPACE` has no effect beside an `AVRO_NAME` with dots, which is a \
                           full name";
            options.warn("AVRO_NAMESPACE", "no_effect", message);
        } else {
            space.clone_into(&mut namespace);
        }
    }
    let mut names = BTreeSet::new();
    for column in &schema.columns {
        let problem = if !is_name(&column.name) {
            Problem::error(
                "avro_name",
                "/Fields",
                "Avro names are made of letters, digits and `_` and do not start with a digit",
            )
            .hint(format!("rename it, for instance to `{}`", legal_name(&column.name)))
        } else if names.insert(column.name.as_str()) {
            continue;
        } else {
            Problem::error("avro_name", "/Fields", "an Avro record holds every name once")
                .hint("rename one of the two")
        };
        options.push(problem.field(excerpt(&column.name)));
        legal = false;
    }
    let fields: Vec<Value> = schema.columns.iter().map(|column| field(column, unit)).collect();
    let record = json!({"type": "record", "name": name, "namespace": namespace, "fields": fields});
    legal.then(|| record.to_string())
}

fn field(column: &ColumnInfo, unit: InstantUnit) -> Value {
    let data_type = match column.data_type {
        DataType::Boolean => json!("boolean"),
        DataType::Int32 => json!("int"),
        DataType::Int64 => json!("long"),
        DataType::Float32 => json!("float"),
        DataType::Float64 => json!("double"),
        DataType::Decimal { precision, scale } => json!({
            "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale
        }),
        DataType::Date => json!({"type": "int", "logicalType": "date"}),
        DataType::EpochMillis => json!({"type": "long", "logicalType": "timestamp-millis"}),
        DataType::Instant => match unit {
            InstantUnit::Micros => json!({"type": "long", "logicalType": "timestamp-micros"}),
            InstantUnit::Millis => json!({"type": "long", "logicalType": "timestamp-millis"}),
        },
        DataType::Text => json!("string"),
        DataType::Bytes => json!("bytes"),
    };
    if column.nullable {
        json!({"name": column.name, "type": ["null", data_type], "default": null})
    } else {
        json!({"name": column.name, "type": data_type})
    }
}

fn legal_setting(key: &str, name: &str, options: &mut Reader<'_>) -> bool {
    let legal = name.len() <= MOST_NAME_BYTES && name.split('.').all(is_name);
    if name.len() > MOST_NAME_BYTES {
        let message =
            format!("`{key}` has {} bytes, expected at most {MOST_NAME_BYTES}", name.len());
        options.error(key, "avro_name", message);
    } else if !legal {
        let parts: Vec<String> = name.split('.').map(legal_name).collect();
        options.error_with_hint(
            key,
            "avro_name",
            format!(
                "`{key}` is `{}`, expected letters, digits and `_`, parts separated by dots",
                excerpt(name)
            ),
            format!("for instance `{}`", excerpt(&parts.join("."))),
        );
    }
    legal
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A name that Avro takes, as near to `name` as can be.
fn legal_name(name: &str) -> String {
    let legal = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let name: String = excerpt(name).chars().map(legal).collect();
    if is_name(&name) { name } else { format!("_{name}") }
}
