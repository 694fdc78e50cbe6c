//! A run: its connection, and the transaction of the batch that is under way.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::SinkExt as _;
use sha2::{Digest as _, Sha256};
use tokio_postgres::CopyInSink;
use tokio_postgres::types::Type;

use super::attributes::TIMEOUT;
use super::copy::{HEADER, TRAILER};
use super::failure::refusal_of;
use super::server::{Parameter, Server, Session};
use super::table::{Operation, Wanted};
use super::types::{listed, quoted};
use crate::remote::{Failure, Io, Kind, within};

/// Bytes after which a `COPY` is ended and the next one begun: what is wrong with a row is heard then.
const COPY_BYTES: usize = 32 << 20;

/// Bytes of a message.
const CHUNK: usize = 256 << 10;

/// How long an earlier process of the same run may hold on to its transaction.
const OUSTED_AFTER: &str = "5s";

/// How often a statement is tried that another transaction was in the way of.
const CONFLICTS: usize = 10;

/// The server and the table of a run.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) server: Server,
    pub(super) wanted: Wanted,
}

/// An open run.
#[derive(Debug)]
pub(super) struct Run {
    place: Arc<Place>,
    io: Io,
    /// Who writes.
    holder: String,
    pub(super) session: Session,
    /// The temporary table, with the statement that makes it.
    stage: Option<(String, String)>,
    /// The batch of the open transaction.
    pub(super) batch: Option<u64>,
    /// The first batch that the server does not have.
    pub(super) next_batch: u64,
    copy: Option<Copy>,
}

/// Rows on their way to the server.
struct Copy {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    first_row: u64,
    rows: u64,
    bytes: usize,
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Copy").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Place {
    /// The lock that one process of a run holds during its transactions.
    fn lock(&self, holder: &str) -> i64 {
        let named = format!("datagen {holder} {}", self.wanted.qualified());
        let digest = Sha256::digest(named);
        digest.iter().take(8).fold(0_i64, |key, byte| (key << 8) | i64::from(*byte))
    }

    /// Within the time that an answer may take.
    async fn answered<T>(
        &self,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        within(self.server.timeout, answer).await.map_err(waited)
    }

    /// How a transaction of a run begins, which waits so long for locks. What it has committed is on the server's disk,
    /// and no limit of the server's own ends it while rows are made.
    fn begin(&self, holder: &str, lock_timeout: &str) -> String {
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = 0; \
             SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '{lock_timeout}'; \
             SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'; \
             SELECT pg_advisory_xact_lock({})",
            self.lock(holder)
        )
    }

    /// A connection, as soon as there is one.
    pub(super) async fn connect(&self, io: &Io) -> Result<Session, Failure> {
        let patience = self.server.patience();
        io.repeat(&patience, || self.server.connect(io)).await.map_err(waited)
    }

    /// The batches that the server has of a run: the first one that it does not have. Whoever wrote for the same run
    /// before is ousted.
    pub(super) async fn next_batch(&self, session: &Session, holder: &str) -> Result<u64, Failure> {
        let begin = self.begin(holder, OUSTED_AFTER);
        while let Err(failure) = self.answered(session.execute(&begin)).await {
            let is_held = refusal_of(&failure).is_some_and(|refusal| refusal.code == "55P03");
            if !is_held {
                return Err(failure);
            }
            let key = self.lock(holder);
            let (high, low) = ((key >> 32) as u32, key as u32);
            let oust = format!(
                "ROLLBACK; SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' \
                 AND granted AND classid = {high} AND objid = {low} AND objsubid = 1 AND pid <> pg_backend_pid()"
            );
            self.answered(session.execute(&oust)).await?;
        }
        let mut next = 0;
        if self.has_batches(session).await? {
            let query = format!(
                "SELECT max(batch) FROM {} WHERE run = $1 AND table_name = $2",
                self.wanted.batches()
            );
            let rows = self.answered(session.rows(&query, &self.run(&holder))).await?;
            let last = rows.first().and_then(|row| row.get::<_, Option<i64>>(0));
            next = last.and_then(|last| u64::try_from(last + 1).ok()).unwrap_or_default();
        }
        self.answered(session.execute("COMMIT")).await?;
        Ok(next)
    }

    /// Forgets what was written down of a run.
    pub(super) async fn forget(&self, session: &Session, holder: &str) -> Result<(), Failure> {
        if !self.has_batches(session).await? {
            return Ok(());
        }
        let statement =
            format!("DELETE FROM {} WHERE run = $1 AND table_name = $2", self.wanted.batches());
        self.answered(session.rows(&statement, &self.run(&holder))).await?;
        Ok(())
    }

    /// Whether the table of batches is there.
    async fn has_batches(&self, session: &Session) -> Result<bool, Failure> {
        let batches = super::table::literal(&self.wanted.batches());
        let query = format!("SELECT to_regclass({batches})::oid");
        let there = self.answered(session.rows(&query, &[])).await?;
        Ok(there.iter().any(|row| row.get::<_, Option<u32>>(0).is_some()))
    }

    /// What names a run in the table of batches: `$1` and `$2`.
    fn run<'a>(&'a self, holder: &'a &str) -> [Parameter<'a>; 2] {
        [(holder, Type::TEXT), (&self.wanted.name, Type::TEXT)]
    }
}

/// Of whom nothing was heard: how long that is waited for.
fn waited(failure: Failure) -> Failure {
    if !failure.kind().is_transient() || failure.is_made_again() {
        return failure;
    }
    failure.cured_by(format!("{TIMEOUT} says how long an answer may take"))
}

impl Run {
    /// A run on `session`, whose table has columns of `types`.
    pub(super) async fn new(
        place: Arc<Place>,
        io: Io,
        holder: String,
        session: Session,
        types: &[String],
        next_batch: u64,
    ) -> Result<Self, Failure> {
        let stage =
            (place.wanted.operation != Operation::Insert).then(|| place.wanted.stage(types));
        let run = Self { place, io, holder, session, stage, batch: None, next_batch, copy: None };
        run.make_stage().await?;
        Ok(run)
    }

    async fn make_stage(&self) -> Result<(), Failure> {
        match &self.stage {
            Some((_, create)) => self.place.answered(self.session.execute(create)).await,
            None => Ok(()),
        }
    }

    async fn execute(&self, statements: &str) -> Result<(), Failure> {
        self.place.answered(self.session.execute(statements)).await
    }

    /// Another connection in place of one that is broken.
    async fn reconnect(&mut self) -> Result<(), Failure> {
        self.copy = None;
        self.session = self.place.connect(&self.io).await?;
        self.make_stage().await
    }

    /// Begins `batch`. Nothing of it is sent yet: where the connection is broken, another one does.
    pub(super) async fn begin(&mut self, batch: u64) -> Result<(), Failure> {
        self.copy = None;
        if self.batch.take().is_some() {
            // A batch that was given up, and is made again.
            self.execute("ROLLBACK").await?;
        }
        let lock_timeout = format!("{}s", self.place.server.timeout.as_secs());
        let begin = self.place.begin(&self.holder, &lock_timeout);
        if let Err(failure) = self.execute(&begin).await {
            if !failure.kind().is_transient() {
                return Err(failure);
            }
            self.reconnect().await?;
            self.execute(&begin).await?;
        }
        self.batch = Some(batch);
        Ok(())
    }

    /// Sends rows from `first_row` on.
    pub(super) async fn send(
        &mut self,
        first_row: u64,
        rows: u64,
        tuples: Vec<u8>,
    ) -> Result<(), Failure> {
        let tuples = Bytes::from(tuples);
        let place = Arc::clone(&self.place);
        if self.copy.is_none() {
            self.copy = Some(self.begin_copy(first_row).await?);
        }
        let Some(copy) = &mut self.copy else { return Ok(()) };
        copy.rows += rows;
        copy.bytes += tuples.len();
        let mut start = 0;
        while start < tuples.len() {
            let end = tuples.len().min(start + CHUNK);
            let sent = copy.sink.feed(tuples.slice(start..end));
            let session = &self.session;
            let sent = async {
                match sent.await {
                    Ok(()) => Ok(()),
                    Err(error) => Err(session.failure(error).await),
                }
            };
            place.answered(sent).await?;
            start = end;
        }
        if copy.bytes >= COPY_BYTES { self.end_copy().await } else { Ok(()) }
    }

    async fn begin_copy(&self, first_row: u64) -> Result<Copy, Failure> {
        let wanted = &self.place.wanted;
        let columns = wanted.column_list();
        let statement = match &self.stage {
            None => format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", wanted.qualified()),
            Some((stage, _)) => {
                let number = quoted(&wanted.number_column());
                format!("COPY {stage} ({columns}, {number}) FROM STDIN (FORMAT binary)")
            }
        };
        self.place
            .answered(async {
                let begun = async {
                    let sink = self.session.client.copy_in::<_, Bytes>(&statement).await?;
                    let mut sink = Box::pin(sink);
                    sink.feed(Bytes::from_static(HEADER)).await?;
                    Ok(sink)
                };
                match begun.await {
                    Ok(sink) => Ok(Copy { sink, first_row, rows: 0, bytes: 0 }),
                    Err(error) => Err(self.session.failure(error).await),
                }
            })
            .await
    }

    /// Waits until the server has taken all rows that were sent.
    async fn end_copy(&mut self) -> Result<(), Failure> {
        let Some(Copy { mut sink, first_row, rows, .. }) = self.copy.take() else { return Ok(()) };
        let session = &self.session;
        let ended = self.place.answered(async {
            let ended = async {
                sink.feed(Bytes::from_static(TRAILER)).await?;
                sink.as_mut().finish().await
            };
            match ended.await {
                Ok(taken) => Ok(taken),
                Err(error) => Err(session.failure(error).await),
            }
        });
        let taken = ended.await.map_err(|failure| {
            match refusal_of(&failure).and_then(|refusal| refusal.line) {
                Some(line @ 1..) if line <= rows => {
                    let row = first_row + line - 1;
                    failure.of_rows(row..row + 1)
                }
                _ => failure,
            }
        })?;
        if taken == rows {
            return Ok(());
        }
        let cause = format!(
            "the server took {taken} of {rows} rows: a trigger of the table leaves rows out"
        );
        Err(Failure::new(Kind::Refused, cause))
    }

    /// Every row of the batch is at the server, and the transaction says so.
    pub(super) async fn seal(&mut self, batch: u64, rows: u64) -> Result<(), Failure> {
        self.end_copy().await?;
        if let Some((stage, _)) = &self.stage {
            let merge = self.place.wanted.merge(stage);
            self.merge(&merge).await?;
        }
        let statement = format!(
            "INSERT INTO {} (run, table_name, batch, rows) VALUES ($1, $2, $3, $4)",
            self.place.wanted.batches()
        );
        let (batch, rows) = (batch as i64, rows as i64);
        let holder = &*self.holder;
        let [run, table] = self.place.run(&holder);
        let parameters = [run, table, (&batch, Type::INT8), (&rows, Type::INT8)];
        self.place.answered(self.session.rows(&statement, &parameters)).await?;
        Ok(())
    }

    /// Moves the rows on from the temporary table; two transactions that wait for one another do it once more.
    async fn merge(&self, statement: &str) -> Result<(), Failure> {
        self.execute("SAVEPOINT merge").await?;
        for _ in 0..CONFLICTS {
            match self.execute(statement).await {
                Err(failure)
                    if refusal_of(&failure).is_some_and(|refusal| refusal.is_conflict()) =>
                {
                    self.execute("ROLLBACK TO SAVEPOINT merge").await?;
                }
                settled => return settled,
            }
        }
        self.execute(statement).await
    }

    /// Commits the open transaction of `batch`. Whether the server has it, the server says: also where the connection
    /// broke before the answer.
    pub(super) async fn commit(&mut self, batch: u64) -> Result<(), Failure> {
        self.batch = None;
        let failure = match self.execute("COMMIT").await {
            Ok(()) => {
                self.next_batch = batch + 1;
                return Ok(());
            }
            Err(failure) => failure,
        };
        if !failure.kind().is_transient() {
            return Err(failure);
        }
        tracing::debug!(
            error = crate::problems::chain(&failure),
            batch,
            "whether it was committed is asked"
        );
        self.reconnect().await?;
        self.next_batch = self.place.next_batch(&self.session, &self.holder).await?;
        if self.next_batch > batch { Ok(()) } else { Err(failure.made_again()) }
    }

    /// Ends it at once: the server is asked to stop what it is at, and takes the transaction back.
    pub(super) fn break_off(self) {
        let Self { place, io, session, batch, .. } = self;
        if batch.is_some() {
            let words = io.last_words();
            let asked = async move {
                place.server.stop(&session, &words).await;
                Ok(())
            };
            // Whoever does not hear it ends with the statement that it is at.
            let _ = io.say(asked);
        }
    }

    /// Gives the open transaction up.
    pub(super) async fn roll_back(&mut self) -> Result<(), Failure> {
        self.copy = None;
        match self.batch.take() {
            Some(_) => self.execute("ROLLBACK").await,
            None => Ok(()),
        }
    }
}

impl Wanted {
    /// The name of a column that none of the table's has: the number of the row.
    fn number_column(&self) -> String {
        let mut name = "datagen_row".to_owned();
        while self.columns.iter().any(|column| column.name == name) {
            name.push('_');
        }
        name
    }

    /// The temporary table of rows on their way, and the statement that makes it: without constraints.
    fn stage(&self, types: &[String]) -> (String, String) {
        let stage = "pg_temp.datagen_rows".to_owned();
        let columns = self.columns.iter().zip(types);
        let columns: Vec<String> =
            columns.map(|(column, sql)| format!("{} {sql}", quoted(&column.name))).collect();
        let create = format!(
            "CREATE TEMPORARY TABLE IF NOT EXISTS datagen_rows ({}, {} bigint) ON COMMIT DELETE ROWS",
            columns.join(", "),
            quoted(&self.number_column())
        );
        (stage, create)
    }

    /// The statement that moves rows on: of several of one key the last one, or the first one where the key is left
    /// alone if it is there.
    fn merge(&self, stage: &str) -> String {
        let columns = self.column_list();
        let keys = listed(self.keys.iter().map(String::as_str));
        let others = self.columns.iter().filter(|column| !self.keys.contains(&column.name));
        let set: Vec<String> = others
            .map(|column| format!("{name} = EXCLUDED.{name}", name = quoted(&column.name)))
            .collect();
        let (order, action) = match self.operation {
            Operation::Upsert if !set.is_empty() => {
                ("DESC", format!("UPDATE SET {}", set.join(", ")))
            }
            _ => ("ASC", "NOTHING".to_owned()),
        };
        format!(
            "INSERT INTO {} ({columns}) SELECT DISTINCT ON ({keys}) {columns} FROM {stage} ORDER BY {keys}, {} {order} \
             ON CONFLICT ({keys}) DO {action}",
            self.qualified(),
            quoted(&self.number_column())
        )
    }
}
