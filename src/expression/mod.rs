//! Stand-in until the expression helper pushes: shows what the planner calls. Helper `expression`: replace by yours.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic,
    reason = "stand-in"
)]
use crate::columns::*;
use crate::problems::Problems;
#[derive(Debug)]
pub struct Expression;
#[derive(Debug)]
pub struct Reference;
#[derive(Debug)]
pub struct Bound;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct EvaluateError;
pub enum Parsed {
    None,
    Wrong,
    Expression(Expression),
}
pub struct InputInfo<'a> {
    pub name: &'a str,
    pub data_type: DataType,
    pub nullable: bool,
}
pub struct Cast {
    pub data_type: DataType,
    pub decimals: Option<u8>,
    pub md5: bool,
}
pub struct Place<'a> {
    pub pointer: &'a str,
    pub field: &'a str,
}
pub fn parse(
    _: &serde_json::Map<String, serde_json::Value>,
    _: &str,
    _: &str,
    _: &mut Problems,
) -> Parsed {
    Parsed::None
}
impl Expression {
    pub fn inputs(&self) -> &[Reference] {
        &[]
    }
    pub fn bind(
        &self,
        _: &[InputInfo<'_>],
        _: Cast,
        _: i64,
        _: Place<'_>,
        _: &mut Problems,
    ) -> Option<Bound> {
        None
    }
}
impl Reference {
    pub fn field(&self) -> &str {
        ""
    }
    pub fn sub_value(&self) -> Option<&str> {
        None
    }
    pub fn attribute_key(&self) -> &str {
        ""
    }
}
impl Bound {
    pub fn is_nullable(&self) -> bool {
        true
    }
    pub fn evaluate(&self, _: Rows, _: &[&Column]) -> Result<Column, EvaluateError> {
        Err(EvaluateError)
    }
}
