//! The protocol of Cloudera's (Hortonworks') registry: schemas with versions of their own; what stands in front of a
//! message is one of four formats.

use reqwest::Method;
use serde_json::{Value, json};

use super::Wanted;
use super::web::Web;
use crate::remote::Failure;

/// Where the registry's interface is, unless the address says it.
const BASE: &[&str] = &["api", "v1", "schemaregistry"];

fn name(wanted: &Wanted<'_>) -> String {
    if wanted.is_key { format!("{}:k", wanted.topic) } else { wanted.topic.to_owned() }
}

/// The path of `parts`, behind as much of [`BASE`] as the address does not have.
fn path<'a>(web: &Web, parts: &[&'a str]) -> Vec<&'a str> {
    let known = match web.path() {
        path if path.ends_with("/schemaregistry") => 3,
        path if path.ends_with("/api/v1") => 2,
        _ => 0,
    };
    BASE[known..].iter().copied().chain(parts.iter().copied()).collect()
}

pub(super) async fn register(
    web: &Web,
    version: u8,
    wanted: &Wanted<'_>,
) -> Result<Vec<u8>, Failure> {
    let name = name(wanted);
    let doing = format!("registering the schema as `{name}`");
    let about = json!({ "type": "avro", "schemaGroup": "kafka", "name": name }).to_string();
    let answer = web.ask(Method::POST, &path(web, &["schemas"]), None, Some(about)).await?;
    if !answer.is_success() {
        return Err(answer.refused(&doing));
    }
    let metadata = answer.number("id")?;
    let text = json!({ "schemaText": wanted.text }).to_string();
    // Without that it compares schemas without their logical types, and takes a version that reads otherwise.
    let query = Some("branch=MASTER&disableCanonicalCheck=true");
    let parts = ["schemas", &name, "versions"];
    let answer = web.ask(Method::POST, &path(web, &parts), query, Some(text)).await?;
    if !answer.is_success() {
        return Err(answer.refused(&doing));
    }
    let number = answer.number("version")?;
    let short = |number: i64| i32::try_from(number).map_err(|_| answer.strange());
    if version == 1 {
        return Ok([&[1][..], &metadata.to_be_bytes(), &short(number)?.to_be_bytes()].concat());
    }
    let shown = number.to_string();
    let parts = ["schemas", &name, "versions", &shown];
    let found = web.ask(Method::GET, &path(web, &parts), None, None).await?;
    if !found.is_success() {
        return Err(found.refused(&doing));
    }
    let id = found.number("id")?;
    Ok(match (version, i32::try_from(id)) {
        (0 | 3, Ok(short)) => [&[version][..], &short.to_be_bytes()].concat(),
        (0, Err(_)) => return Err(found.strange()),
        _ => [&[2][..], &id.to_be_bytes()].concat(),
    })
}

/// Whether the schema would be taken.
pub(super) async fn look(web: &Web, wanted: &Wanted<'_>) -> Result<(), Failure> {
    let name = name(wanted);
    let known = web.ask(Method::GET, &path(web, &["schemas", &name]), None, None).await?;
    if known.is_missing() {
        return match known.body.get("responseCode") {
            Some(_) => Ok(()),
            None => Err(known.strange()),
        };
    }
    if !known.is_success() {
        return Err(known.refused(&format!("asking for `{name}`")));
    }
    let parts = ["schemas", &name, "compatibility"];
    let text = Some(wanted.text.to_owned());
    let answer = web.ask(Method::POST, &path(web, &parts), None, text).await?;
    if !answer.is_success() || answer.body.get("compatible") != Some(&Value::Bool(false)) {
        return Ok(());
    }
    let text = |key: &str| answer.body.get(key).and_then(Value::as_str).unwrap_or_default();
    Err(answer.incompatible(&name, &format!("{} {}", text("errorMessage"), text("errorLocation"))))
}
