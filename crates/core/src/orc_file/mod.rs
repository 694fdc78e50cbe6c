//! ORC files, version 0.12 (specification "ORC v1"): types, encodings, statistics, index, footer.
//!
//! ```text
//! file    "ORC" · stripe… · metadata (statistics per stripe) · footer · postscript · its length
//! stripe  row indexes · streams column by column · stripe footer
//! ```
//!
//! [`StripeEncoder`] turns blocks into a `Stripe`, [`FileWriter`] lays stripes out as a file. Row
//! groups end every [`ROW_GROUP`] rows of a stripe whatever the blocks are, runs end with their row
//! group, and everything else is decided when the stripe ends: so the bytes do not depend on how
//! rows were cut into blocks.
//!
//! Knows columns; knows nothing of options, formats, stores or threads.
//!
//! To add a type: implement [`Body`](column::Body) in a file of its own, then name it in
//! [`ColumnWriter::new`](column::ColumnWriter::new), in `file::describe` (its type) and in
//! `statistics` (what is known of its values).

mod bits;
mod booleans;
mod choices;
mod column;
mod compression;
mod decimals;
#[cfg(test)]
mod decoding;
mod file;
mod floats;
mod integers;
mod protobuf;
mod statistics;
mod stream;
mod stripe;
mod texts;
mod timestamps;
mod whole_numbers;

use std::io;

use crate::columns::DataType;

pub(crate) use compression::Compression;
pub(crate) use file::FileWriter;
pub(crate) use stripe::{StripeEncoder, StripeSummary};

/// Rows between two entries of the row index. A power of two near the usual 10,000: blocks and runs
/// of 512 values then end with the group.
pub(crate) const ROW_GROUP: usize = 8_192;

/// What a file looks like: shared by its stripes.
#[derive(Debug)]
pub(crate) struct Layout {
    /// How it is compressed.
    pub(crate) compression: Compression,
    /// The type of its points in time.
    pub(crate) timestamps: Timestamps,
    /// Name and type of each column, in order.
    pub(crate) columns: Vec<LayoutColumn>,
}

/// How readers take points in time; the streams are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timestamps {
    /// `timestamp with local time zone`: the instant, whatever zone a reader shows it in.
    Instant,
    /// `timestamp`: date and time of day in UTC, taken for local ones by readers elsewhere. The only
    /// type that Hive, Spark and readers before ORC 1.6 know by themselves.
    Local,
}

/// A column of a file.
#[derive(Debug)]
pub(crate) struct LayoutColumn {
    name: String,
    data_type: DataType,
    ranking: choices::SharedRanking,
}

impl LayoutColumn {
    /// A column called `name`.
    pub(crate) fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: name.into(), data_type, ranking: choices::SharedRanking::default() }
    }
}

/// Why rows cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrcError {
    /// A value that ORC cannot hold.
    #[error("column {column}, row {row}: {reason}")]
    Value {
        /// The column's place in the layout.
        column: usize,
        /// The row's number in the command.
        row: u64,
        /// What is wrong.
        reason: String,
    },
    /// A block that does not fit the layout.
    #[error("column {column} does not fit its type")]
    Mismatch {
        /// The column's place in the layout.
        column: usize,
    },
    /// A compressor refused.
    #[error("compression")]
    Compression(#[source] io::Error),
}
