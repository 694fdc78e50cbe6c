//! What a value may depend on.

use crate::bindings::datagen::field::types::{Column, ColumnData};
use crate::Random;

/// The rows to make: their numbers, seeds and inputs.
#[derive(Debug)]
pub struct Block {
    pub(crate) seeds: Vec<u64>,
    pub(crate) first: u64,
    pub(crate) rows: usize,
    pub(crate) inputs: Vec<Option<Column>>,
}

/// One row.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its own random numbers.
    pub random: Random,
    /// Its number, counted over the whole command.
    pub number: u64,
    block: &'a Block,
    index: usize,
}

impl Block {
    /// How many.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of the first row, counted over the whole command.
    #[inline]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The seeds, one per row: `Random::new(seed)` gives the row's own random numbers.
    #[inline]
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// The row at `index`, from 0.
    #[inline]
    pub fn row(&self, index: usize) -> Row<'_> {
        let seed = self.seeds.get(index).copied().unwrap_or(0);
        Row { random: Random::new(seed), number: self.first + index as u64, block: self, index }
    }

    /// All values of an input of 64-bit whole numbers without nulls.
    #[inline]
    pub fn int64s(&self, input: usize) -> Option<&[i64]> {
        match self.inputs.get(input)?.as_ref()? {
            Column { data: ColumnData::Int64(values), validity: None } => Some(values),
            _ => None,
        }
    }

    /// All values of an input of numbers of double precision without nulls.
    #[inline]
    pub fn float64s(&self, input: usize) -> Option<&[f64]> {
        match self.inputs.get(input)?.as_ref()? {
            Column { data: ColumnData::Float64(values), validity: None } => Some(values),
            _ => None,
        }
    }

    /// Whether the model binds this input.
    #[inline]
    pub fn has(&self, input: usize) -> bool {
        matches!(self.inputs.get(input), Some(Some(_)))
    }
}

impl Row<'_> {
    /// The input where it is bound and not null.
    #[inline]
    fn input(&self, input: usize) -> Option<&ColumnData> {
        let column = self.block.inputs.get(input)?.as_ref()?;
        match &column.validity {
            Some(validity) if validity[self.index] == 0 => None,
            _ => Some(&column.data),
        }
    }

    /// A whole number of 32 or 64 bits, a date or a timestamp; `None` for a null.
    #[inline]
    pub fn integer(&self, input: usize) -> Option<i64> {
        match self.input(input)? {
            ColumnData::Int64(values)
            | ColumnData::Timestamp(values)
            | ColumnData::Decimal(values) => Some(values[self.index]),
            ColumnData::Int32(values) | ColumnData::Date(values) => {
                Some(i64::from(values[self.index]))
            }
            _ => None,
        }
    }

    /// A number; `None` for a null.
    #[inline]
    pub fn number(&self, input: usize) -> Option<f64> {
        match self.input(input)? {
            ColumnData::Float64(values) => Some(values[self.index]),
            ColumnData::Float32(values) => Some(f64::from(values[self.index])),
            ColumnData::Int32(values) => Some(f64::from(values[self.index])),
            ColumnData::Int64(values) => Some(values[self.index] as f64),
            _ => None,
        }
    }

    /// A boolean; `None` for a null.
    #[inline]
    pub fn boolean(&self, input: usize) -> Option<bool> {
        match self.input(input)? {
            ColumnData::Boolean(values) => Some(values[self.index] == 1),
            _ => None,
        }
    }

    /// A text; `None` for a null.
    #[inline]
    pub fn text(&self, input: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(input)?).ok()
    }

    /// A text or bytes; `None` for a null.
    #[inline]
    pub fn bytes(&self, input: usize) -> Option<&[u8]> {
        match self.input(input)? {
            ColumnData::Utf8(values) | ColumnData::Bytes(values) => {
                let (start, end) = (values.offsets[self.index], values.offsets[self.index + 1]);
                values.data.get(start as usize..end as usize)
            }
            _ => None,
        }
    }
}
