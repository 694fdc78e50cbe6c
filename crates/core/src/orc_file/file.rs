//! Files: stripes in their order, then what is known of all of them.

use std::sync::Arc;

use super::compression::{CHUNK, Compressor};
use super::protobuf::Message;
use super::statistics::Statistics;
use super::stripe::StripeSummary;
use super::{Layout, OrcError, ROW_GROUP, Timestamps};
use crate::columns::DataType;

const MAGIC: &[u8] = b"ORC";
/// Of the Java writer: statistics of timestamps are in UTC (ORC-135). No number of a writer stands in the
/// footer, for none is registered for us, and some readers refuse one that they do not know.
const WRITER_VERSION: u64 = 6;
/// What the file says of its origin.
const SOFTWARE: &str = concat!("datagen ", env!("CARGO_PKG_VERSION"));
/// Spark's type of a column. Without it Spark takes the name of ORC's type for one of its own, and knows
/// no `timestamp with local time zone`.
const SPARK_TYPE: (&str, &str) = ("spark.sql.catalyst.type", "timestamp");
/// Dates and times are of the Gregorian calendar, also before it was introduced.
const PROLEPTIC_GREGORIAN: u64 = 2;

/// Lays stripes out as one file.
pub(crate) struct FileWriter {
    layout: Arc<Layout>,
    compressor: Compressor,
    offset: u64,
    rows: u64,
    /// `StripeInformation` messages.
    stripes: Vec<Message>,
    /// Statistics of each stripe.
    metadata: Message,
    /// Statistics of the file: of the root, then of each column.
    statistics: Vec<Statistics>,
}

impl FileWriter {
    /// A writer of a file of `layout`.
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let compressor = Compressor::new(layout.compression);
        let columns = layout.columns.iter().map(|column| Statistics::empty(column.data_type));
        let statistics = std::iter::once(Statistics::of_rows(0)).chain(columns).collect();
        Self {
            layout,
            compressor,
            offset: 0,
            rows: 0,
            stripes: Vec::new(),
            metadata: Message::default(),
            statistics,
        }
    }

    /// Starts the file.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
        self.offset = MAGIC.len() as u64;
    }

    /// Notes the next stripe; its bytes follow those written so far. One without rows is left out:
    /// the answer is whether its bytes belong to the file.
    pub(crate) fn append(&mut self, summary: StripeSummary) -> bool {
        if summary.rows == 0 {
            return false;
        }
        let mut stripe = Message::default();
        stripe.unsigned(1, self.offset);
        stripe.unsigned(2, summary.index_bytes);
        stripe.unsigned(3, summary.data_bytes);
        stripe.unsigned(4, summary.footer_bytes);
        stripe.unsigned(5, summary.rows);
        self.stripes.push(stripe);
        self.offset += summary.index_bytes + summary.data_bytes + summary.footer_bytes;
        self.rows += summary.rows;
        let mut of_stripe = Message::default();
        for statistics in &summary.statistics {
            of_stripe.message(1, &statistics.message());
        }
        self.metadata.message(1, &of_stripe);
        for (all, more) in self.statistics.iter_mut().zip(summary.statistics) {
            all.merge(more);
        }
        true
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// When the compressor refuses.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), OrcError> {
        let start = out.len();
        self.compressor.write_section(self.metadata.as_bytes(), out)?;
        let metadata_bytes = out.len() - start;
        let footer = self.footer();
        self.compressor.write_section(footer.as_bytes(), out)?;
        let mut postscript = Message::default();
        postscript.unsigned(1, (out.len() - start - metadata_bytes) as u64);
        postscript.unsigned(2, self.layout.compression.code());
        postscript.unsigned(3, CHUNK as u64);
        postscript.packed(4, [0, 12]);
        postscript.unsigned(5, metadata_bytes as u64);
        postscript.unsigned(6, WRITER_VERSION);
        postscript.bytes(8_000, MAGIC);
        out.extend_from_slice(postscript.as_bytes());
        // A few numbers: far below the 255 bytes that the last byte can tell.
        out.push(postscript.as_bytes().len() as u8);
        Ok(())
    }

    fn footer(&self) -> Message {
        let mut footer = Message::default();
        footer.unsigned(1, MAGIC.len() as u64);
        footer.unsigned(2, self.offset);
        for stripe in &self.stripes {
            footer.message(3, stripe);
        }
        footer.message(4, &self.describe_root());
        for column in &self.layout.columns {
            footer.message(4, &describe(column.data_type, self.layout.timestamps));
        }
        footer.unsigned(6, self.rows);
        for statistics in &self.statistics {
            footer.message(7, &statistics.message());
        }
        footer.unsigned(8, ROW_GROUP as u64);
        footer.unsigned(11, PROLEPTIC_GREGORIAN);
        footer.bytes(12, SOFTWARE.as_bytes());
        footer
    }

    fn describe_root(&self) -> Message {
        let mut root = Message::default();
        root.unsigned(1, 12);
        root.packed(2, 1..=self.layout.columns.len() as u64);
        for column in &self.layout.columns {
            root.bytes(3, column.name.as_bytes());
        }
        root
    }
}

/// A `Type` message.
fn describe(data_type: DataType, timestamps: Timestamps) -> Message {
    let kind = match data_type {
        DataType::Boolean => 0,
        DataType::Int32 => 3,
        DataType::Int64 => 4,
        DataType::Float32 => 5,
        DataType::Float64 => 6,
        DataType::Text => 7,
        DataType::Bytes => 8,
        DataType::EpochMillis | DataType::Instant => match timestamps {
            Timestamps::Local => 9,
            Timestamps::Instant => 18,
        },
        DataType::Decimal { .. } => 14,
        DataType::Date => 15,
    };
    let mut message = Message::default();
    message.unsigned(1, kind);
    if let DataType::Decimal { precision, scale } = data_type {
        message.unsigned(5, precision.into());
        message.unsigned(6, scale.into());
    }
    if kind == 18 {
        let mut attribute = Message::default();
        attribute.bytes(1, SPARK_TYPE.0.as_bytes());
        attribute.bytes(2, SPARK_TYPE.1.as_bytes());
        message.message(7, &attribute);
    }
    message
}
