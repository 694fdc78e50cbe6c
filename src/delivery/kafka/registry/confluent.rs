//! Confluent's protocol: subjects with versions; a zero and the id of the schema stand in front of a message.

use reqwest::Method;
use serde_json::{Value, json};

use super::web::Web;
use super::{Subjects, Wanted, full_name};
use crate::remote::Failure;

/// Code of an unknown subject, and of one without versions.
const UNKNOWN: [i64; 2] = [40_401, 40_402];

fn subject(subjects: Subjects, wanted: &Wanted<'_>) -> String {
    match subjects {
        Subjects::Topic if wanted.is_key => format!("{}-key", wanted.topic),
        Subjects::Topic => format!("{}-value", wanted.topic),
        Subjects::Record => full_name(wanted.text),
        Subjects::TopicRecord => format!("{}-{}", wanted.topic, full_name(wanted.text)),
    }
}

/// The schema alone: of a type named beside it some registries know nothing.
fn body(wanted: &Wanted<'_>) -> String {
    json!({ "schema": wanted.text }).to_string()
}

pub(super) async fn register(
    web: &Web,
    subjects: Subjects,
    wanted: &Wanted<'_>,
) -> Result<Vec<u8>, Failure> {
    let subject = subject(subjects, wanted);
    let parts = ["subjects", &subject, "versions"];
    let answer = web.ask(Method::POST, &parts, Some("normalize=true"), Some(body(wanted))).await?;
    if !answer.is_success() {
        return Err(answer.refused(&format!("registering the schema as `{subject}`")));
    }
    let id = i32::try_from(answer.number("id")?).map_err(|_| answer.strange())?;
    Ok([&[0][..], &id.to_be_bytes()].concat())
}

/// Whether the schema would be taken.
pub(super) async fn look(
    web: &Web,
    subjects: Subjects,
    wanted: &Wanted<'_>,
) -> Result<(), Failure> {
    let subject = subject(subjects, wanted);
    let known = web.ask(Method::GET, &["subjects", &subject, "versions"], None, None).await?;
    if known.is_missing() {
        let code = known.body.get("error_code").and_then(Value::as_i64);
        return match code {
            Some(code) if UNKNOWN.contains(&code) => Ok(()),
            _ => Err(known.strange()),
        };
    }
    if !known.is_success() {
        return Err(known.refused(&format!("asking for `{subject}`")));
    }
    if !known.body.is_array() {
        return Err(known.strange());
    }
    let parts = ["compatibility", "subjects", &subject, "versions", "latest"];
    let answer = web.ask(Method::POST, &parts, Some("verbose=true"), Some(body(wanted))).await?;
    // Not every registry that speaks the protocol can tell before.
    if !answer.is_success() || answer.body.get("is_compatible") != Some(&Value::Bool(false)) {
        return Ok(());
    }
    let messages = answer.body.get("messages").and_then(Value::as_array);
    let messages: Vec<&str> = messages.into_iter().flatten().filter_map(Value::as_str).collect();
    let told = if messages.is_empty() { "incompatible".to_owned() } else { messages.join("; ") };
    Err(answer.incompatible(&subject, &told))
}
