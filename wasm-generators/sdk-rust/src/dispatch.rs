//! What `export!` calls: the interface on one side, [`Generator`] on the other.

use crate::bindings::exports::datagen::field::generators::SubValueSpec;
pub use crate::bindings::exports::datagen::field::generators::{
    Answer, ColumnType, Descriptor, ModuleInfo, ParamValue, Request,
};
use crate::output::Output;
use crate::{Block, Error, Generator, Parameters};

/// What a generator is told whose `value` did not write exactly one value.
pub const WRITTEN: &str = "`value` wrote no value for this row, or more than one: it writes exactly one of \
    every column, and `close` ends a text";

pub fn describe<G: Generator>() -> Descriptor {
    let own = G::describe();
    let types = G::Output::column_types();
    let sub_values = own.sub_values.iter().zip(&types[1..]);
    Descriptor {
        name: own.name.to_owned(),
        summary: own.summary.to_owned(),
        output: types[0],
        nullable: G::Output::nullable(),
        params: own.parameters,
        inputs: own.inputs,
        sub_values: sub_values
            .map(|(name, output)| SubValueSpec { name: (*name).to_owned(), output: *output })
            .collect(),
        random: own.random,
    }
}

fn parameters<G: Generator>(values: Vec<ParamValue>) -> Parameters {
    let names = G::describe().parameters.into_iter().map(|one| one.name).collect();
    Parameters { names, values, field_seed: 0, table_rows: None }
}

pub fn check<G: Generator>(values: Vec<ParamValue>) -> Result<ColumnType, Error> {
    G::new(&parameters::<G>(values))?;
    Ok(G::Output::column_types()[0])
}

pub fn generate<G: Generator>(request: Request) -> Result<Answer, Error> {
    let (field_seed, table_rows) = (request.field_seed, request.table_rows);
    let parameters = Parameters { field_seed, table_rows, ..parameters::<G>(request.params) };
    let generator = G::new(&parameters)?;
    let block = Block {
        seeds: request.row_seeds,
        first: request.first_row,
        rows: request.rows as usize,
        inputs: request.inputs,
    };
    let mut out = G::Output::with_capacity(block.rows);
    generator.values(&block, &mut out)?;
    let mut columns = out.finish().into_iter();
    match columns.next() {
        Some(values) => Ok(Answer { values, sub_values: columns.collect() }),
        None => Err(crate::error("there is no column")),
    }
}
