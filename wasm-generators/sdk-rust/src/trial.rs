//! Running a generator without Datagen: for the tests of its crate.

use std::marker::PhantomData;

use crate::bindings::datagen::field::types::{Column, ColumnData, ParamValue, Varlen};
use crate::bindings::exports::datagen::field::generators::{ParamKind, Request};
use crate::dispatch::{generate, Answer};
use crate::{error, Error, Generator, Random};

/// A generator with parameters and inputs, whose values are looked at. The seeds of its rows are those
/// of nobody else but always the same.
#[derive(Debug)]
pub struct Trial<G> {
    parameters: Vec<(String, ParamValue)>,
    inputs: Vec<Option<Column>>,
    generator: PhantomData<G>,
}

impl<G: Generator> Default for Trial<G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: Generator> Trial<G> {
    /// With the defaults of all parameters, and no input.
    pub fn new() -> Self {
        let parameters = G::describe().parameters.into_iter().map(|own| {
            let value = own.default_value.map_or(ParamValue::Null, |json| value(own.kind, json));
            (own.name, value)
        });
        let inputs = G::describe().inputs.iter().map(|_| None).collect();
        Self { parameters: parameters.collect(), inputs, generator: PhantomData }
    }

    fn with(mut self, name: &str, value: ParamValue) -> Self {
        match self.parameters.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value,
            None => panic!("there is no parameter `{name}`"),
        }
        self
    }

    /// Gives a parameter that is a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, ParamValue::Text(value.to_owned()))
    }

    /// Gives a parameter that is a whole number.
    pub fn integer(self, name: &str, value: i64) -> Self {
        self.with(name, ParamValue::Int(value))
    }

    /// Gives a parameter that is a number.
    pub fn number(self, name: &str, value: f64) -> Self {
        self.with(name, ParamValue::Float(value))
    }

    /// Gives a parameter that is a boolean.
    pub fn boolean(self, name: &str, value: bool) -> Self {
        self.with(name, ParamValue::Boolean(value))
    }

    fn bind(mut self, input: usize, data: ColumnData) -> Self {
        self.inputs[input] = Some(Column { data, validity: None });
        self
    }

    /// Binds an input, counted from 0, to texts: one per row that is asked for.
    pub fn input_texts(self, input: usize, values: &[&str]) -> Self {
        let mut texts = Varlen { offsets: vec![0], data: Vec::new() };
        for value in values {
            texts.data.extend_from_slice(value.as_bytes());
            texts.offsets.push(texts.data.len() as u32);
        }
        self.bind(input, ColumnData::Utf8(texts))
    }

    /// Binds an input, counted from 0, to whole numbers: one per row that is asked for.
    pub fn input_integers(self, input: usize, values: &[i64]) -> Self {
        self.bind(input, ColumnData::Int64(values.to_vec()))
    }

    /// The first `rows` values and sub-values.
    ///
    /// # Errors
    ///
    /// What the generator refuses or fails with.
    pub fn answer(&self, rows: usize) -> Result<Answer, Error> {
        generate::<G>(Request {
            generator: G::describe().name.to_owned(),
            field: "field".to_owned(),
            params: self.parameters.iter().map(|(_, value)| value.clone()).collect(),
            row_seeds: (0..rows as u64).map(|row| Random::new(row).word() >> 11).collect(),
            field_seed: Random::new(u64::MAX).word() >> 11,
            first_row: 0,
            rows: rows as u32,
            table_rows: Some(rows as u64),
            inputs: self.inputs.clone(),
        })
    }

    /// The first `rows` values, which are texts; a null is empty.
    ///
    /// # Errors
    ///
    /// What the generator refuses or fails with.
    pub fn texts(&self, rows: usize) -> Result<Vec<String>, Error> {
        match self.answer(rows)?.values.data {
            ColumnData::Utf8(Varlen { offsets, data }) => Ok(offsets
                .windows(2)
                .map(|ends| {
                    String::from_utf8_lossy(&data[ends[0] as usize..ends[1] as usize]).into()
                })
                .collect()),
            other => Err(error(format!("these are no texts: {other:?}"))),
        }
    }

    /// The first `rows` values, which are whole numbers, dates or points in time.
    ///
    /// # Errors
    ///
    /// What the generator refuses or fails with.
    pub fn integers(&self, rows: usize) -> Result<Vec<i64>, Error> {
        match self.answer(rows)?.values.data {
            ColumnData::Int64(values) | ColumnData::Timestamp(values) => Ok(values),
            ColumnData::Int32(values) | ColumnData::Date(values) => {
                Ok(values.into_iter().map(i64::from).collect())
            }
            other => Err(error(format!("these are no whole numbers: {other:?}"))),
        }
    }

    /// The first `rows` values, which are numbers.
    ///
    /// # Errors
    ///
    /// What the generator refuses or fails with.
    pub fn numbers(&self, rows: usize) -> Result<Vec<f64>, Error> {
        match self.answer(rows)?.values.data {
            ColumnData::Float64(values) => Ok(values),
            other => Err(error(format!("these are no numbers: {other:?}"))),
        }
    }
}

/// A default as the host hands it over.
fn value(kind: ParamKind, json: String) -> ParamValue {
    match kind {
        ParamKind::Boolean => ParamValue::Boolean(json == "true"),
        ParamKind::Int => ParamValue::Int(json.parse().unwrap_or_default()),
        ParamKind::Float => ParamValue::Float(json.parse().unwrap_or_default()),
        ParamKind::Text => ParamValue::Text(unquoted(&json)),
        ParamKind::Json => ParamValue::Json(json),
    }
}

/// The text of what `Descriptor::text` quotes.
fn unquoted(json: &str) -> String {
    let mut out = String::new();
    let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(json);
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).collect();
                    out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                other => out.extend(other),
            },
            other => out.push(other),
        }
    }
    out
}
