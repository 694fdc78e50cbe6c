//! Formulas: not read yet.

use super::condition::Scope;
use super::error::Faults;
use super::reference::{References, Report};
use super::selection::Selection;
use crate::columns::{Column, DataType};

/// A parsed formula.
#[derive(Debug, Clone)]
pub(super) enum Formula {}

/// Why a formula cannot be read.
#[derive(Debug)]
pub(super) struct FormulaError {
    pub(super) offset: usize,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

/// A formula ready to evaluate.
#[derive(Debug)]
pub(super) enum Program {}

impl Formula {
    pub(super) fn parse(_: &str, _: &mut References) -> Result<Self, FormulaError> {
        Err(FormulaError { offset: 0, message: "formulas are not read yet".into(), hint: None })
    }
    pub(super) fn warnings(&self) -> &[String] {
        &[]
    }
    pub(super) fn bind(&self, _: Scope<'_>, _: &mut Report<'_>) -> Program {
        match *self {}
    }
}

impl Program {
    pub(super) fn is_nullable(&self) -> bool {
        match *self {}
    }
    pub(super) fn evaluate(
        &self,
        _: &[&Column],
        _: &[DataType],
        _: &Selection,
        _: usize,
        _: &mut Faults,
    ) -> Column {
        match *self {}
    }
}
