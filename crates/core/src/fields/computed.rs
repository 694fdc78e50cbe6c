//! Fields of any type whose values are computed by an expression: formula, conditionals, injection or link.

use std::sync::Arc;

use super::definition::{Definition, InputInfo, Mention};
use super::{Catalogue, Compiled, Context, FieldType};
use crate::attributes::{Attribute, Reader};
use crate::calendar::Pattern;
use crate::columns::{Column, DataType, Rows, Values};
use crate::expression::{self, Cast, Expression, Parsed};
use crate::generator::{GenerateError, Generator, Inputs, Made, Tier};
use crate::problems::{Problem, did_you_mean, excerpt};

/// The type that a computed value is converted to.
#[derive(Debug, Clone)]
pub struct Computed {
    /// The type of the column.
    pub(crate) data_type: DataType,
    /// For floats: digits behind the point, when they are fixed.
    pub(crate) decimals: Option<u8>,
    /// How the value is converted where the type alone does not say it.
    pub(crate) conversion: Conversion,
    /// Average width of a value's text in bytes.
    pub(crate) width: u32,
}

impl Computed {
    /// A computed value converted by the rule of its type.
    pub(crate) const fn plain(data_type: DataType, width: u32) -> Self {
        Self { data_type, decimals: None, conversion: Conversion::Plain, width }
    }
}

/// How a computed value becomes a value of the field's type.
#[derive(Debug, Clone)]
pub(crate) enum Conversion {
    /// By the rule of the data type.
    Plain,
    /// What is linked to, as it is where it is a column of its own type; else its text.
    Linked,
    /// The MD5 digest of the text.
    Md5,
    /// An instant, written in this pattern.
    Written(Arc<Pattern>),
}

/// Defines the field of type `kind` whose attributes are read: by an expression where they hold one, else by its
/// type. `None` after adding errors.
///
/// `common` are the attributes that every field has.
pub(crate) fn define(
    kind: &dyn FieldType,
    common: &[Attribute],
    attributes: &mut Reader<'_>,
    context: &Context<'_>,
) -> Option<Box<dyn Definition>> {
    let object = attributes.object();
    let (pointer, field, problems) = attributes.parts();
    let parsed = expression::parse(object, pointer, field, problems);
    warn_unknown(kind, common, attributes, context);
    match parsed {
        Parsed::None => kind.compile(attributes, context),
        Parsed::Wrong => None,
        Parsed::Expression(expression) => {
            let errors = attributes.has_errors();
            let Some(result) = kind.computed(attributes) else {
                if !errors && !attributes.has_errors() {
                    let message = format!("a field of type {} cannot be computed", kind.name());
                    attributes.error("type", "not_computable", message);
                }
                return None;
            };
            Some(Box::new(ComputedField { expression, result, now: context.now }))
        }
    }
}

/// Warns of attributes that nothing reads: those of other types apart from those of none.
fn warn_unknown(
    kind: &dyn FieldType,
    common: &[Attribute],
    attributes: &mut Reader<'_>,
    context: &Context<'_>,
) {
    let known = |attributes: &[Attribute], key: &str| attributes.iter().any(|a| a.name == key);
    for key in attributes.object().keys() {
        if known(common, key) || known(kind.attributes(), key) {
            continue;
        }
        if !attributes.has_room_for_warnings() {
            break;
        }
        let mut types = Catalogue::new(context.extensions).types();
        let problem = if types.any(|other| known(other.attributes(), key)) {
            let message = format!("attribute `{key}` has no effect on type {}", kind.name());
            Problem::warning("attribute_without_effect", attributes.pointer_of(key), message)
        } else {
            let message = format!("unknown attribute `{}` has no effect", excerpt(key));
            let pointer = attributes.pointer_of(key);
            let problem = Problem::warning("unknown_attribute", pointer, message);
            let names = common.iter().chain(kind.attributes()).map(|a| a.name);
            match did_you_mean(key, names) {
                Some(name) => problem.hint(format!("did you mean `{name}`?")),
                None => problem,
            }
        };
        attributes.push(problem);
    }
}

/// A field computed by an expression that is not bound to types yet.
#[derive(Debug)]
struct ComputedField {
    expression: Expression,
    result: Computed,
    now: i64,
}

impl ComputedField {
    /// Whether it does nothing but to link to a sub-value.
    fn links_to_a_sub_value(&self) -> bool {
        let is_sub_value = |reference: &expression::Reference| reference.sub_value().is_some();
        self.expression.is_link() && self.expression.inputs().iter().all(is_sub_value)
    }
}

/// Gives on the column that it reads.
#[derive(Debug)]
struct GivenOn;

impl Generator for GivenOn {
    fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, GenerateError> {
        let column = inputs.first().copied().flatten();
        debug_assert!(column.is_some_and(|column| column.len() == rows.count), "one input is read");
        Ok(column.cloned().unwrap_or_else(|| Column::new(Values::Boolean(Vec::new()))).into())
    }

    fn tier(&self) -> Tier {
        Tier::Computed
    }
}

impl Definition for ComputedField {
    fn reads(&self) -> Vec<Option<Mention<'_>>> {
        let references = self.expression.inputs().iter();
        let mentions = references.map(|reference| Mention {
            field: reference.field(),
            sub_value: reference.sub_value(),
            attribute_key: reference.attribute_key(),
        });
        mentions.map(Some).collect()
    }

    fn bind(
        self: Box<Self>,
        inputs: &[Option<InputInfo<'_>>],
        attributes: &mut Reader<'_>,
    ) -> Option<Compiled> {
        if let (Conversion::Linked, [Some(input)], true) =
            (&self.result.conversion, inputs, self.links_to_a_sub_value())
            && input.data_type != DataType::Text
        {
            let given = Compiled::new(GivenOn, input.data_type, self.result.width);
            return Some(Compiled { nullable: input.nullable, decimals: input.decimals, ..given });
        }
        let Computed { data_type, decimals, conversion, width } = self.result;
        let plain = Cast { decimals, ..Cast::new(data_type) };
        let cast = match conversion {
            Conversion::Plain | Conversion::Linked => plain,
            Conversion::Md5 => Cast { md5: true, ..plain },
            Conversion::Written(pattern) => Cast::written(pattern),
        };
        let inputs: Vec<InputInfo<'_>> = inputs.iter().copied().flatten().collect();
        let (pointer, field, problems) = attributes.parts();
        let place = expression::FieldPointer { pointer, field };
        let bound = self.expression.bind(&inputs, cast, self.now, place, problems)?;
        let nullable = bound.is_nullable();
        let beyond_doubles = data_type == DataType::Int64 && bound.is_beyond_doubles();
        let compiled = Compiled::new(bound, data_type, width);
        Some(Compiled { nullable, decimals, beyond_doubles, ..compiled })
    }
}
