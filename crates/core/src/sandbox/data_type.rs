//! Names of the types that user code returns.

use crate::columns::DataType;

/// The type that `name` means: a name of its own, or that of the field type that makes such values.
///
/// Letter case does not matter. A decimal is `decimal(precision, scale)`.
pub(crate) fn parse_data_type(name: &str) -> Option<DataType> {
    let name = name.trim().to_ascii_lowercase();
    if let Some(rest) = name.strip_prefix("decimal") {
        let (precision, scale) =
            rest.trim().strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
        let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
        let fits = (1..=38).contains(&precision) && scale <= precision;
        return fits.then_some(DataType::Decimal { precision, scale });
    }
    Some(match name.as_str() {
        "boolean" | "bool" => DataType::Boolean,
        "int32" | "integer" => DataType::Int32,
        "int64" | "long" => DataType::Int64,
        "float32" | "float" => DataType::Float32,
        "float64" | "double" => DataType::Float64,
        "date" => DataType::Date,
        "timestamp" => DataType::Instant,
        "utf8" | "string" | "text" => DataType::Text,
        "bytes" => DataType::Bytes,
        _ => return None,
    })
}

/// The name of `data_type` that [`parse_data_type`] reads.
pub fn data_type_name(data_type: DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::Float32 => "float32",
        DataType::Float64 => "float64",
        DataType::Decimal { precision, scale } => return format!("decimal({precision}, {scale})"),
        DataType::Date => "date",
        DataType::EpochMillis | DataType::Instant => "timestamp",
        DataType::Text => "utf8",
        DataType::Bytes => "bytes",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_type() {
        let names = "boolean int32 int64 float32 float64 date timestamp utf8 bytes"
            .split(' ')
            .map(str::to_owned);
        for name in names.chain(["decimal(10, 2)".to_owned()]) {
            assert_eq!(parse_data_type(&name.to_uppercase()).map(data_type_name), Some(name));
        }
        for wrong in ["decimal", "decimal(39, 2)", "decimal(5, 6)", "decimal(-1,0)", "int", ""] {
            assert_eq!(parse_data_type(wrong), None, "{wrong}");
        }
    }
}
