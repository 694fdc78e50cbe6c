//! What every operation takes, read from its documentation: a parameter is declared there and nowhere else.
//!
//! [`Parameters`](super::parameters::Parameters) refuses what a form does not name, so that nothing which a
//! client sends is dropped in silence, and no document keeps quiet about a parameter.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Components, OpenApi, RefOr, Schema};

/// What may be sent as one parameter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Takes {
    /// A file.
    pub(super) file: bool,
    /// Several values.
    pub(super) several: bool,
}

/// The parameters of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    parameters: BTreeMap<String, Takes>,
    /// Whether other names are settings of connectors.
    takes_settings: bool,
}

impl Form {
    /// What `name` takes; `None`: it is no parameter.
    pub(super) fn takes(&self, name: &str) -> Option<Takes> {
        self.parameters.get(name).copied()
    }

    /// Whether other names are settings of connectors.
    pub(super) fn takes_settings(&self) -> bool {
        self.takes_settings
    }

    /// The names of all parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// Whether a model can be uploaded.
    pub(super) fn takes_model(&self) -> bool {
        self.takes("model_file").is_some_and(|takes| takes.file)
    }

    /// The name that a file is best sent by.
    pub(super) fn best_file_name(&self) -> Option<&str> {
        let files = || self.parameters.iter().filter(|(_, takes)| takes.file);
        let best = files().find(|(name, _)| *name == "model_file").or_else(|| files().next());
        best.map(|(name, _)| name.as_str())
    }

    /// The form that `schema` documents, which refers to no other one.
    pub(super) fn of_schema(schema: &RefOr<Schema>) -> Self {
        let mut form = Self::default();
        form.add_schema(schema, &Components::default());
        form
    }

    fn add_schema(&mut self, schema: &RefOr<Schema>, components: &Components) {
        match schema {
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
                if let Some(schema) = components.schemas.get(name) {
                    self.add_schema(schema, components);
                }
            }
            RefOr::T(Schema::AllOf(all)) => {
                all.items.iter().for_each(|schema| self.add_schema(schema, components));
            }
            RefOr::T(Schema::Object(object)) => {
                self.takes_settings |= object.additional_properties.is_some();
                for (name, schema) in &object.properties {
                    self.parameters.insert(name.clone(), takes(schema));
                }
            }
            // Forms are objects.
            RefOr::T(_) => {}
        }
    }
}

fn takes(schema: &RefOr<Schema>) -> Takes {
    match schema {
        RefOr::T(Schema::Object(object)) => Takes {
            file: object.format == Some(SchemaFormat::KnownFormat(KnownFormat::Binary)),
            several: false,
        },
        RefOr::T(Schema::Array(_)) => Takes { file: false, several: true },
        _ => Takes::default(),
    }
}

/// The forms of all operations.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms(Arc<BTreeMap<(String, String), Arc<Form>>>);

impl Forms {
    /// The forms that `document` tells.
    pub(super) fn of(document: &OpenApi) -> Self {
        let components = document.components.clone().unwrap_or_default();
        let mut forms = BTreeMap::new();
        for (path, item) in &document.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::HEAD, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    let form = Arc::new(form_of(operation, &components));
                    forms.insert((method.to_string(), path.clone()), form);
                }
            }
        }
        Self(Arc::new(forms))
    }

    /// The form of the operation that `request` was routed to; it takes nothing where none is told.
    pub(super) fn of_request(request: &Request) -> Arc<Form> {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let key = (request.method().to_string(), path.unwrap_or_default().to_owned());
        let forms = request.extensions().get::<Self>();
        forms.and_then(|forms| forms.0.get(&key)).map(Arc::clone).unwrap_or_default()
    }
}

fn form_of(operation: &Operation, components: &Components) -> Form {
    let mut form = Form::default();
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.parameter_in == ParameterIn::Query {
            let takes = parameter.schema.as_ref().map(takes).unwrap_or_default();
            form.parameters.insert(parameter.name.clone(), takes);
        }
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        for content in body.content.values() {
            let RefOr::T(content) = content else { continue };
            if let Some(schema) = &content.schema {
                form.add_schema(schema, components);
            }
        }
    }
    form
}

#[cfg(test)]
impl Form {
    /// A form for tests: names, those of files end in `@`, those of lists in `*`.
    pub(super) fn of_names(names: &[&str], takes_settings: bool) -> Arc<Self> {
        let parameters = names.iter().map(|name| {
            let takes = Takes { file: name.ends_with('@'), several: name.ends_with('*') };
            (name.trim_end_matches(['@', '*']).to_owned(), takes)
        });
        Arc::new(Self { parameters: parameters.collect(), takes_settings })
    }
}
