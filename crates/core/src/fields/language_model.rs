//! `OLLAMA`, `BEDROCK`, `OPEN_AI`, `LOCAL_LLM`: answers of language models.
//!
//! Recognised, so that a model that has such a field is told why it is refused, and not made: an answer
//! is no function of seed and row.

use crate::attributes::{Attribute, Reader};

use super::{Computed, Context, Definition, FieldType};

const UNAVAILABLE: &str = "language model fields are not available yet";

const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "request",
        "text",
        "",
        "What is asked; `${field}` stands for a value of the row.",
    ),
    Attribute::new("context", "text", "", "What the model is told beforehand."),
    Attribute::new("url", "text", "", "Where the service is."),
    Attribute::new("user", "text", "", "Who asks."),
    Attribute::new("password", "text", "", "The user's password or key.").secret(),
    Attribute::new("model_type", "text", "", "Name of the language model."),
    Attribute::new("file", "text", "", "File of a local language model."),
    Attribute::new("temperature", "number", "1.0", "How much answers vary."),
    Attribute::new("frequency_penalty", "number", "", "How much repeated words are avoided."),
    Attribute::new("presence_penalty", "number", "", "How much words used before are avoided."),
    Attribute::new("top_p", "number", "", "Share of the likeliest words that are considered."),
    Attribute::new("max_tokens", "integer", "256", "Most tokens of an answer."),
];

/// One kind of service.
#[derive(Debug)]
pub(super) struct LanguageModel {
    name: &'static str,
    summary: &'static str,
    example: &'static str,
}

pub(super) static OLLAMA: LanguageModel = LanguageModel {
    name: "OLLAMA",
    summary: "Answers of a language model served by Ollama (not available yet).",
    example: r#"{"name": "joke", "type": "OLLAMA", "request": "tell a joke about ${city}"}"#,
};

pub(super) static BEDROCK: LanguageModel = LanguageModel {
    name: "BEDROCK",
    summary: "Answers of a language model of Amazon Bedrock (not available yet).",
    example: r#"{"name": "joke", "type": "BEDROCK", "request": "tell a joke about ${city}"}"#,
};

pub(super) static OPEN_AI: LanguageModel = LanguageModel {
    name: "OPEN_AI",
    summary: "Answers of a language model of OpenAI (not available yet).",
    example: r#"{"name": "joke", "type": "OPEN_AI", "request": "tell a joke about ${city}"}"#,
};

pub(super) static LOCAL_LLM: LanguageModel = LanguageModel {
    name: "LOCAL_LLM",
    summary: "Answers of a language model in a local file (not available yet).",
    example: r#"{"name": "joke", "type": "LOCAL_LLM", "request": "tell a joke", "file": "model.gguf"}"#,
};

impl FieldType for LanguageModel {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn attributes(&self) -> &'static [Attribute] {
        ATTRIBUTES
    }

    fn example(&self) -> &'static str {
        self.example
    }

    fn unavailable(&self) -> Option<&'static str> {
        Some(UNAVAILABLE)
    }

    fn computed(&self, attributes: &mut Reader<'_>) -> Option<Computed> {
        refuse(attributes);
        None
    }

    fn compile(&self, attributes: &mut Reader<'_>, _: &Context<'_>) -> Option<Box<dyn Definition>> {
        refuse(attributes);
        None
    }
}

fn refuse(attributes: &mut Reader<'_>) {
    attributes.error_with_hint(
        "type",
        "unavailable_type",
        UNAVAILABLE,
        "use a STRING with `possible_values`, or remove the field",
    );
}

#[cfg(test)]
mod tests {
    use super::super::trial::Trial;

    #[test]
    fn language_models_are_recognised_and_refused() {
        for name in ["OLLAMA", "BEDROCK", "OPEN_AI", "OPENAI", "LOCAL_LLM"] {
            let refusal = Trial::refusal(&format!(r#"{{"type": "{name}", "request": "hi"}}"#));
            assert_eq!(
                refusal,
                "/Fields/0/type: field `f`: language model fields are not available yet \
                 (use a STRING with `possible_values`, or remove the field)"
            );
        }
    }
}
