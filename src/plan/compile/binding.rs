//! A field bound to what it reads: its source of values and its column.

use std::sync::Arc;

use super::Environment;
use super::references::{ResolvedInput, ResolvedSubValue};
use crate::columns::{ColumnInfo, DataType};
use crate::expression::{self, Cast, Expression, InputInfo};
use crate::fields::{Compiled, Computed, Conversion};
use crate::model::Field;
use crate::plan::extension::{self};
use crate::plan::{Input, Source};
use crate::problems::Problems;
use crate::rng::Stream;
use crate::sandbox::InputType;

pub(super) fn generated(field: &Field, compiled: Compiled) -> (Source, ColumnInfo) {
    let info = ColumnInfo {
        name: field.name.clone(),
        data_type: compiled.data_type,
        nullable: compiled.nullable || field.null_rate > 0.0,
        decimals: compiled.decimals,
        distinct: compiled.distinct,
        width: compiled.width,
        instants: compiled.instants,
    };
    (Source::Generator(compiled.generator), info)
}

/// Width of user code's values, of which nothing is known before they are made.
const EXTENSION_WIDTH: u32 = 24;

/// A field about to be bound to what it reads.
pub(super) struct Site<'a> {
    pub(super) field: &'a Field,
    pub(super) references: &'a [ResolvedInput],
    pub(super) names: &'a [&'a str],
    /// What the fields before it in the order are: its inputs among them, unless they were refused.
    pub(super) infos: &'a [Option<ColumnInfo>],
    pub(super) sub_slots: &'a [usize],
    pub(super) environment: &'a Environment<'a>,
}

impl Site<'_> {
    pub(super) fn computed(
        &self,
        expression: &Expression,
        result: Computed,
        problems: &mut Problems,
    ) -> Option<(Source, ColumnInfo)> {
        let inputs: Option<Vec<InputInfo<'_>>> =
            self.references.iter().map(|input| self.input_info(input)).collect();
        let plain = Cast { decimals: result.decimals, ..Cast::new(result.data_type) };
        let cast = match result.conversion {
            Conversion::Plain => plain,
            Conversion::Md5 => Cast { md5: true, ..plain },
            Conversion::Written(pattern) => Cast::written(pattern),
        };
        let place =
            expression::FieldPointer { pointer: &self.field.pointer, field: &self.field.name };
        let bound = expression.bind(&inputs?, cast, self.environment.now, place, problems)?;
        let info = ColumnInfo {
            name: self.field.name.clone(),
            data_type: result.data_type,
            nullable: bound.is_nullable() || self.field.null_rate > 0.0,
            decimals: result.decimals,
            distinct: None,
            width: result.width,
            instants: None,
        };
        let inputs = self.references.iter().map(|input| input_of(input, self.sub_slots)).collect();
        Some((Source::Expression { bound: Box::new(bound), inputs }, info))
    }

    pub(super) fn extension(
        &self,
        extension: &extension::Draft,
        stream: Stream,
        problems: &mut Problems,
    ) -> Option<(Source, ColumnInfo)> {
        let mut resolved = self.references.iter();
        let mut types = Vec::with_capacity(extension.inputs.len());
        let mut inputs = Vec::with_capacity(extension.inputs.len());
        for bound in &extension.inputs {
            let Some(input) = bound.as_ref().and_then(|_| resolved.next()) else {
                types.push(None);
                inputs.push(None);
                continue;
            };
            let InputInfo { data_type, nullable, .. } = self.input_info(input)?;
            types.push(Some(InputType { data_type, nullable }));
            inputs.push(Some(input_of(input, self.sub_slots)));
        }
        let prepared = extension.prepare(self.field, &types, self.environment, stream, problems)?;
        let info = ColumnInfo {
            name: self.field.name.clone(),
            data_type: prepared.data_type(),
            nullable: prepared.nullable() || self.field.null_rate > 0.0,
            decimals: None,
            distinct: None,
            width: EXTENSION_WIDTH,
            instants: None,
        };
        Some((Source::Extension { prepared, inputs }, info))
    }

    pub(super) fn input_info(&self, input: &ResolvedInput) -> Option<InputInfo<'_>> {
        let info = self.infos[input.field].as_ref()?;
        let (data_type, decimals, nullable) = match &input.sub_value {
            None => (info.data_type, info.decimals, info.nullable),
            Some(ResolvedSubValue::Dictionary(_)) => (DataType::Text, None, info.nullable),
            Some(ResolvedSubValue::Column { data_type, .. }) => (*data_type, None, true),
        };
        Some(InputInfo { name: self.names[input.field], data_type, decimals, nullable })
    }
}

/// Where an input is read from.
fn input_of(input: &ResolvedInput, sub_slots: &[usize]) -> Input {
    match &input.sub_value {
        None => Input { slot: input.field, sub_value: None },
        Some(ResolvedSubValue::Dictionary(texts)) => {
            Input { slot: input.field, sub_value: Some(Arc::clone(texts)) }
        }
        Some(ResolvedSubValue::Column { index, .. }) => {
            Input { slot: sub_slots[input.field] + index, sub_value: None }
        }
    }
}
