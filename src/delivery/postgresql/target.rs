//! A table: looked at, opened, and a batch published by committing its transaction.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::NAME;
use super::cells::Sent;
use super::copy::CopyRows;
use super::run::{Place, Run};
use super::server::Server;
use super::sink::TableSink;
use super::table::{Operation, Wanted};
use super::types::usual;
use crate::delivery::{
    About, Destination, Durability, Encoding, Holder, Opened, Payload, Published, Receipt, Start,
    Target,
};
use crate::remote::{Failure, Io, Policy, TIDYING, within};

/// Bytes on their way: a segment, and what the client has laid out of it.
const BUFFERS: u64 = 8 << 20;

/// Rows of one table.
#[derive(Debug)]
pub(super) struct PostgresqlTarget {
    about: About,
    payload: Payload,
    place: Arc<Place>,
    row_width: u64,
    /// The open run, shared with its sink.
    open: Arc<Mutex<Option<Run>>>,
}

/// The run, whatever became of a thread that held it.
pub(super) fn locked(open: &Mutex<Option<Run>>) -> MutexGuard<'_, Option<Run>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PostgresqlTarget {
    pub(super) fn new(server: Server, wanted: Wanted, row_width: u64) -> Self {
        let mut hosts: Vec<String> = server.hosts.iter().map(ToString::to_string).collect();
        hosts.sort_unstable();
        let identity =
            format!("postgresql:{}/{}/{}", hosts.join(","), server.database, wanted.qualified());
        let about = About {
            connector: NAME,
            destination: Destination {
                shown: format!("table `{}.{}` of {}", wanted.schema, wanted.name, server.shown()),
                // A table that is dropped before is no place for two.
                exclusive: wanted.delete_previous.then(|| identity.clone()),
                identity,
            },
            durability: Durability::Batches,
            commits: 1,
            buffer_bytes: BUFFERS,
        };
        let usual = |info: &_| {
            let info = crate::columns::ColumnInfo::clone(info);
            Sent { wire: usual(info.data_type), info }
        };
        let columns = wanted.columns.iter().map(usual).collect();
        let rows = rows(columns, &wanted, row_width);
        let payload = Payload { encoding: Encoding::Records(Arc::new(rows)), columns: None };
        let place = Arc::new(Place { server, wanted });
        Self { about, payload, place, row_width, open: Arc::default() }
    }
}

fn rows(columns: Vec<Sent>, wanted: &Wanted, row_width: u64) -> CopyRows {
    CopyRows::new(columns, wanted.operation != Operation::Insert, row_width)
}

impl Target for PostgresqlTarget {
    fn about(&self) -> &About {
        &self.about
    }

    fn payload(&self) -> &Payload {
        &self.payload
    }

    fn probe(&self, io: &Io) -> Result<(), Failure> {
        let Place { server, wanted } = &*self.place;
        io.wait(io.repeat(&Policy::PROBE, || async {
            let session = server.connect(io).await?;
            wanted.look(&session).await?;
            session.close().await;
            Ok(())
        }))
    }

    fn open(&self, start: &Start, io: &Io) -> Result<Opened, Failure> {
        let (place, holder) = (&self.place, &start.holder.id);
        let begins = start.batches.start == 0 && start.sealed.is_empty();
        let (run, columns) = io.wait(async {
            let session = place.connect(io).await?;
            let next = place.next_batch(&session, holder).await?;
            let anew = place.wanted.delete_previous && begins && next == 0;
            let (columns, types) = place.wanted.prepare(&session, anew).await?;
            let next = next.max(start.batches.start);
            let (place, holder) = (Arc::clone(place), holder.clone());
            Ok((Run::new(place, io.clone(), holder, session, &types, next).await?, columns))
        })?;
        let next_batch = run.next_batch;
        *locked(&self.open) = Some(run);
        let rows = rows(columns, &self.place.wanted, self.row_width);
        let sink = TableSink::new(Arc::clone(&self.open), io.clone());
        let encoding = Some(Encoding::Records(Arc::new(rows)));
        Ok(Opened { next_batch, encoding, ..Opened::new(sink, start) })
    }

    fn publish(&self, receipt: &Receipt, io: &Io) -> Result<Published, Failure> {
        let Some(batch) = receipt.batch() else { return Ok(Published::Lost) };
        let mut open = locked(&self.open);
        let Some(run) = open.as_mut() else {
            io.cancel().check()?;
            return Err(Failure::fault("a batch is published into a table that is not open"));
        };
        if run.batch == Some(batch) {
            io.wait(run.commit(batch))?;
        }
        Ok(if run.next_batch > batch { Published::Done } else { Published::Lost })
    }

    fn discard(&self, _: &Receipt, io: &Io) -> Result<(), Failure> {
        match locked(&self.open).as_mut() {
            Some(run) => io.wait(run.roll_back()),
            // A transaction that nobody holds was taken back with its connection.
            None => Ok(()),
        }
    }

    fn clean(&self, holder: &Holder, io: &Io) -> Result<(), Failure> {
        io.wait(async {
            let session = self.place.connect(io).await?;
            self.place.forget(&session, &holder.id).await?;
            session.close().await;
            Ok(())
        })
    }

    fn keeps_position(&self) -> bool {
        true
    }

    fn retire(&self, holder: &Holder, io: &Io) -> Result<(), Failure> {
        let open = locked(&self.open).take();
        let place = Arc::clone(&self.place);
        io.wait(within(TIDYING, async {
            let session = match open {
                Some(run) => run.session,
                None => place.server.connect(io).await?,
            };
            place.forget(&session, &holder.id).await?;
            session.close().await;
            Ok(())
        }))
    }
}
