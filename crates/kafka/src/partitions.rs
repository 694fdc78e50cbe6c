//! The messages of one partition on their way: what waits, what is sent, and in which order.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::error::Error;
use crate::wait::Pauses;

/// Brokers remember the last five batches of a producer and partition: so many may be under way, and a repeated one
/// is still known.
pub(crate) const MOST_UNDER_WAY: usize = 5;

/// A batch that has its place in the partition.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Messages of this producer in this partition before it. The sequence number is its lower 31 bits.
    pub(crate) position: u64,
    pub(crate) records: u32,
    pub(crate) bytes: Bytes,
    pub(crate) until: Instant,
}

/// The sequence number of a position: it begins again at 0 after 2^31 messages.
pub(crate) fn sequence(position: u64) -> i32 {
    (position & 0x7fff_ffff) as i32
}

#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) leader: Option<i32>,
    /// Messages that were given to it since the producer's identity began.
    pub(crate) position: u64,
    /// In the order of their positions.
    waiting: VecDeque<Batch>,
    /// Refused as a gap in the sequence although nothing is missing before them: see [`doubt`](Self::doubt).
    doubtful: Vec<Batch>,
    under_way: usize,
    /// Whether the broker knows this identity of the producer in the partition. Until it does, it would take any
    /// sequence number for the first one, so only one batch is under way.
    known: bool,
    /// A batch came back: nothing is sent before all that is under way has come back, too.
    interrupted: bool,
    not_before: Option<Instant>,
    pauses: Pauses,
    /// The offset of the last message that was acknowledged.
    last_offset: Option<i64>,
    /// What came in the way last.
    pub(crate) last_error: Option<Error>,
    /// Whether the transaction knows of it.
    pub(crate) in_transaction: bool,
}

impl Partition {
    pub(crate) fn new(leader: Option<i32>) -> Self {
        Self {
            leader,
            position: 0,
            waiting: VecDeque::new(),
            doubtful: Vec::new(),
            under_way: 0,
            known: false,
            interrupted: false,
            not_before: None,
            pauses: Pauses::new(),
            last_offset: None,
            last_error: None,
            in_transaction: false,
        }
    }

    pub(crate) fn push(&mut self, batch: Batch) {
        self.waiting.push_back(batch);
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The batch that is sent next, where one may be.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Batch> {
        let alone = self.interrupted || !self.known;
        if (alone && self.under_way > 0)
            || self.under_way >= MOST_UNDER_WAY
            || self.not_before.is_some_and(|moment| now < moment)
        {
            return None;
        }
        let batch = self.waiting.pop_front()?;
        self.interrupted = false;
        self.not_before = None;
        self.under_way += 1;
        Some(batch)
    }

    /// The size of the batch that is sent next.
    pub(crate) fn next_size(&self) -> usize {
        self.waiting.front().map_or(0, |batch| batch.bytes.len())
    }

    /// A batch came back without being written, or nobody knows whether it was: it will be sent again.
    pub(crate) fn again(&mut self, batch: Batch, error: Error) {
        self.under_way -= 1;
        self.insert(batch);
        if !self.interrupted || self.not_before.is_none() {
            self.not_before = Some(Instant::now() + self.pauses.next());
        }
        self.interrupted = true;
        self.last_error = Some(error);
    }

    /// A batch came back that is sent in two halves, at once.
    pub(crate) fn replace(&mut self, halves: [Batch; 2]) {
        self.under_way -= 1;
        self.interrupted = true;
        for half in halves {
            self.insert(half);
        }
    }

    fn insert(&mut self, batch: Batch) {
        let place = self.waiting.partition_point(|waiting| waiting.position < batch.position);
        self.waiting.insert(place, batch);
    }

    /// Whether a batch before `position` still waits: then a gap in the sequence is only that.
    pub(crate) fn waits_before(&self, position: u64) -> bool {
        self.waiting.front().is_some_and(|first| first.position < position)
    }

    /// A batch was refused as a gap in the sequence, although everything before it was acknowledged.
    ///
    /// A broker that was killed remembers only the last batch of a producer. Where it had written several that
    /// were never acknowledged, it refuses all of them but the last when they come again. The last one decides:
    /// a broker that takes it as the next or as a repeated one has all before it. Whether that may still happen.
    pub(crate) fn doubt(&mut self, batch: Batch) -> bool {
        self.under_way -= 1;
        self.doubtful.push(batch);
        let more = self.under_way > 0 || !self.waiting.is_empty();
        more && self.doubtful.len() < MOST_UNDER_WAY
    }

    /// The batch was acknowledged at `offset` (below zero where the broker no longer knows), and with it those in
    /// doubt before it, which are handed back.
    ///
    /// # Errors
    /// The offset lies before that of an earlier message, in words.
    pub(crate) fn acknowledge(&mut self, batch: &Batch, offset: i64) -> Result<Vec<Batch>, String> {
        self.under_way -= 1;
        self.known = true;
        self.pauses = Pauses::new();
        self.last_error = None;
        if offset >= 0 {
            if let Some(last) = self.last_offset
                && offset <= last
            {
                return Err(format!(
                    "a message was acknowledged at offset {offset} after one at {last}"
                ));
            }
            self.last_offset = Some(offset + i64::from(batch.records) - 1);
        }
        Ok(self.doubtful.extract_if(.., |doubtful| doubtful.position < batch.position).collect())
    }

    /// When the oldest batch that waits is too late.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.waiting.front().is_some_and(|batch| now >= batch.until)
    }

    /// Forgets all messages and begins with sequence 0: for a new identity of the producer.
    pub(crate) fn restart(&mut self) {
        *self = Self { last_offset: self.last_offset, ..Self::new(self.leader) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn batch(position: u64, records: u32) -> Batch {
        let until = Instant::now() + Duration::from_secs(60);
        Batch { position, records, bytes: Bytes::from_static(b"batch"), until }
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn what_comes_back_is_sent_again_in_order_and_only_when_all_is_back() {
        let mut partition = Partition::new(Some(1));
        for place in 0..8 {
            partition.push(batch(place * 10, 10));
        }
        let first = partition.take(late()).unwrap();
        assert!(partition.take(late()).is_none(), "the broker does not know the producer yet");
        assert!(partition.acknowledge(&first, 0).unwrap().is_empty());
        let mut taken: Vec<Batch> = std::iter::from_fn(|| partition.take(late())).collect();
        assert_eq!(taken.len(), MOST_UNDER_WAY);
        let third = taken.remove(2);
        let second = taken.remove(1);
        let error = || Error::Misuse("away");
        partition.again(third, error());
        partition.again(second, error());
        assert!(partition.waits_before(40));
        assert!(!partition.waits_before(20));
        assert!(partition.take(late()).is_none(), "three are still under way");
        assert!(partition.acknowledge(&taken[0], 100).unwrap().is_empty());
        for left in taken.into_iter().skip(1) {
            partition.again(left, error());
        }
        assert!(partition.take(Instant::now()).is_none(), "a pause comes first");
        let order: Vec<u64> =
            std::iter::from_fn(|| partition.take(late())).map(|batch| batch.position).collect();
        assert_eq!(order, [20, 30, 40, 50, 60]);
    }

    #[test]
    fn offsets_that_go_back_are_noticed() {
        let mut partition = Partition::new(Some(1));
        let mut next = |place: u64, offset: i64| {
            partition.push(batch(place * 10, 10));
            let taken = partition.take(late()).unwrap();
            partition.acknowledge(&taken, offset).map(|doubtful| doubtful.len())
        };
        assert_eq!(next(0, 500), Ok(0));
        assert_eq!(next(1, -1), Ok(0));
        let found = "a message was acknowledged at offset 0 after one at 509";
        assert_eq!(next(2, 0).unwrap_err(), found);
    }

    #[test]
    fn batches_in_doubt_are_decided_by_the_one_behind_them() {
        let three = || {
            let mut partition = Partition::new(Some(1));
            partition.push(batch(0, 10));
            let first = partition.take(late()).unwrap();
            partition.acknowledge(&first, 0).unwrap();
            (1..4).for_each(|place| partition.push(batch(place * 10, 10)));
            let taken: Vec<Batch> = std::iter::from_fn(|| partition.take(late())).collect();
            (partition, taken)
        };
        let (mut partition, mut taken) = three();
        let last = taken.pop().unwrap();
        assert!(taken.into_iter().all(|batch| partition.doubt(batch)));
        let decided = partition.acknowledge(&last, 30).unwrap();
        assert_eq!(decided.iter().map(|batch| batch.position).collect::<Vec<_>>(), [10, 20]);
        let (mut partition, taken) = three();
        let more: Vec<bool> = taken.into_iter().map(|batch| partition.doubt(batch)).collect();
        assert_eq!(more, [true, true, false]);
    }

    #[test]
    fn sequences_wrap() {
        assert_eq!(sequence(0x7fff_ffff), i32::MAX);
        assert_eq!(sequence(0x8000_0000), 0);
    }
}
