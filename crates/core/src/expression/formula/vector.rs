//! Values of one expression in the rows of a selection.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use super::tree::Value;
use crate::calendar::civil::split_instant;
use crate::calendar::text::iso_date;
use crate::columns::{Column, Dictionary, Values, VarBytes};
use crate::columnwise::Selection;
use crate::display::Form;
use crate::expression::load;

/// One value per index of a selection. All rows of one kind is the rule, [`Data::Mixed`] the exception.
#[derive(Debug, Clone)]
pub(super) struct Vector<'a> {
    pub(super) data: Data<'a>,
    /// One flag per index, true = value; `None` = no nulls. Of constants and mixed values always `None`.
    pub(super) valid: Option<Arc<Vec<bool>>>,
}

#[derive(Debug, Clone)]
pub(super) enum Data<'a> {
    /// The same in all rows.
    Constant(Value),
    Numbers(Slice<'a, f64>),
    Booleans(Slice<'a, bool>),
    Texts(Texts<'a>),
    Choices {
        keys: Arc<Vec<u32>>,
        dictionary: Arc<Dictionary>,
    },
    Mixed(Arc<Vec<Value>>),
}

/// Values borrowed from a column or shared with a variable.
#[derive(Debug, Clone)]
pub(super) enum Slice<'a, T> {
    Borrowed(&'a [T]),
    Shared(Arc<Vec<T>>),
}

impl<T> Deref for Slice<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(values) => values,
            Self::Shared(values) => values,
        }
    }
}

impl<T: Clone> Slice<'_, T> {
    fn into_owned<'b>(self) -> Slice<'b, T> {
        match self {
            Self::Borrowed(values) => Slice::Shared(Arc::new(values.to_vec())),
            Self::Shared(values) => Slice::Shared(values),
        }
    }
}

impl<'a, T: Clone> From<Cow<'a, [T]>> for Slice<'a, T> {
    fn from(values: Cow<'a, [T]>) -> Self {
        match values {
            Cow::Borrowed(values) => Self::Borrowed(values),
            Cow::Owned(values) => Self::Shared(Arc::new(values)),
        }
    }
}

/// Texts borrowed from a column or made here.
#[derive(Debug, Clone)]
pub(super) enum Texts<'a> {
    Borrowed(&'a VarBytes),
    Shared(Arc<VarBytes>),
}

impl Deref for Texts<'_> {
    type Target = VarBytes;

    fn deref(&self) -> &VarBytes {
        match self {
            Self::Borrowed(texts) => texts,
            Self::Shared(texts) => texts,
        }
    }
}

/// The value of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'v> {
    Null,
    Boolean(bool),
    Number(f64),
    /// UTF-8.
    Text(&'v [u8]),
}

impl Cell<'_> {
    pub(super) fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(text) => Value::Text(String::from_utf8_lossy(text).into()),
        }
    }
}

impl<'v> From<&'v Value> for Cell<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Number(value) => Self::Number(*value),
            Value::Text(text) => Self::Text(text.as_bytes()),
        }
    }
}

impl<'a> Vector<'a> {
    pub(super) const NULL: Self = Self::constant(Value::Null);

    pub(super) const fn constant(value: Value) -> Self {
        Self { data: Data::Constant(value), valid: None }
    }

    pub(super) fn numbers(values: Vec<f64>, valid: Option<Arc<Vec<bool>>>) -> Self {
        Self { data: Data::Numbers(Slice::Shared(Arc::new(values))), valid }
    }

    pub(super) fn booleans(values: Vec<bool>) -> Self {
        Self { data: Data::Booleans(Slice::Shared(Arc::new(values))), valid: None }
    }

    pub(super) fn texts(texts: VarBytes, valid: Option<Vec<bool>>) -> Self {
        Self { data: Data::Texts(Texts::Shared(Arc::new(texts))), valid: valid.map(Arc::new) }
    }

    /// A field's values at `selection`.
    pub(super) fn load(
        column: &'a Column,
        form: Form,
        quoted: bool,
        selection: &Selection,
    ) -> Self {
        let valid = load::validity(column, selection).map(Arc::new);
        let data = match &column.values {
            Values::Choice { keys, dictionary } => {
                let keys = match selection {
                    Selection::All(_) => Arc::clone(keys),
                    Selection::Some(_) => Arc::new(selection.gather(keys)),
                };
                Data::Choices { keys, dictionary: Arc::clone(dictionary) }
            }
            Values::Boolean(values) if !quoted => Data::Booleans(match selection {
                Selection::All(count) => Slice::Borrowed(&values[..*count]),
                Selection::Some(_) => Slice::Shared(Arc::new(selection.gather(values))),
            }),
            _ => {
                let numbers =
                    if quoted { None } else { load::numbers(column, form.data_type, selection) };
                match numbers {
                    Some(numbers) => Data::Numbers(numbers.into()),
                    None => Data::Texts(match load::texts(column, form, selection) {
                        Cow::Borrowed(texts) => Texts::Borrowed(texts),
                        Cow::Owned(texts) => Texts::Shared(Arc::new(texts)),
                    }),
                }
            }
        };
        Self { data, valid }
    }

    /// The days of a field of points in time at `selection`, as texts.
    pub(super) fn load_days(column: &Column, selection: &Selection) -> Self {
        let mut texts = VarBytes::with_capacity(selection.len(), 10 * selection.len());
        for instant in load::integers(column, selection).unwrap_or_default().iter() {
            iso_date(split_instant(*instant).0, texts.open());
            texts.close();
        }
        Self::texts(texts, load::validity(column, selection))
    }

    /// The value at `index`.
    #[inline]
    pub(super) fn at(&self, index: usize) -> Cell<'_> {
        if self.valid.as_ref().is_some_and(|valid| !valid[index]) {
            return Cell::Null;
        }
        match &self.data {
            Data::Constant(value) => value.into(),
            Data::Numbers(values) => Cell::Number(values[index]),
            Data::Booleans(values) => Cell::Boolean(values[index]),
            Data::Texts(texts) => Cell::Text(texts.get(index)),
            Data::Choices { keys, dictionary } => Cell::Text(dictionary.get(keys[index])),
            Data::Mixed(values) => (&values[index]).into(),
        }
    }

    /// The same value in all rows, if the vector says so.
    pub(super) fn as_constant(&self) -> Option<&Value> {
        match &self.data {
            Data::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Whether every value is a number, a boolean or null.
    pub(super) fn is_numeric(&self) -> bool {
        match &self.data {
            Data::Numbers(_) | Data::Booleans(_) => true,
            Data::Constant(value) => !matches!(value, Value::Text(_)),
            _ => false,
        }
    }

    /// Whether every value is a text or null.
    pub(super) fn is_text(&self) -> bool {
        matches!(
            &self.data,
            Data::Texts(_) | Data::Choices { .. } | Data::Constant(Value::Text(_) | Value::Null)
        )
    }

    /// The values at the positions of `selection`.
    pub(super) fn gather(&self, selection: &Selection) -> Self {
        if let Selection::All(_) = selection {
            return self.clone();
        }
        let data = match &self.data {
            Data::Constant(value) => Data::Constant(value.clone()),
            Data::Numbers(values) => {
                Data::Numbers(Slice::Shared(Arc::new(selection.gather(values))))
            }
            Data::Booleans(values) => {
                Data::Booleans(Slice::Shared(Arc::new(selection.gather(values))))
            }
            Data::Texts(texts) => {
                let picked = (0..selection.len()).map(|index| texts.get(selection.position(index)));
                Data::Texts(Texts::Shared(Arc::new(picked.collect())))
            }
            Data::Choices { keys, dictionary } => Data::Choices {
                keys: Arc::new(selection.gather(keys)),
                dictionary: Arc::clone(dictionary),
            },
            Data::Mixed(values) => {
                let picked =
                    (0..selection.len()).map(|index| values[selection.position(index)].clone());
                Data::Mixed(Arc::new(picked.collect()))
            }
        };
        let valid = self.valid.as_ref().map(|valid| Arc::new(selection.gather(valid)));
        Self { data, valid }
    }

    /// Free of what is borrowed.
    pub(super) fn into_owned<'b>(self) -> Vector<'b> {
        let data = match self.data {
            Data::Constant(value) => Data::Constant(value),
            Data::Numbers(values) => Data::Numbers(values.into_owned()),
            Data::Booleans(values) => Data::Booleans(values.into_owned()),
            Data::Texts(Texts::Borrowed(texts)) => {
                Data::Texts(Texts::Shared(Arc::new(texts.clone())))
            }
            Data::Texts(Texts::Shared(texts)) => Data::Texts(Texts::Shared(texts)),
            Data::Choices { keys, dictionary } => Data::Choices { keys, dictionary },
            Data::Mixed(values) => Data::Mixed(values),
        };
        Vector { data, valid: self.valid }
    }
}

/// A value only where both have one.
pub(super) fn both_valid(
    left: Option<&Arc<Vec<bool>>>,
    right: Option<&Arc<Vec<bool>>>,
) -> Option<Arc<Vec<bool>>> {
    match (left, right) {
        (Some(left), Some(right)) => {
            Some(Arc::new(left.iter().zip(right.iter()).map(|(a, b)| *a && *b).collect()))
        }
        (Some(one), None) | (None, Some(one)) => Some(Arc::clone(one)),
        (None, None) => None,
    }
}
