//! An object under way: small ones wait in memory until they are published by one request, large ones go out in
//! parts while they are written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::PutPayload;
use object_store::path::Path;
use serde_json::{Value, json};

use super::bucket::Bucket;
use super::buffers::{Buffers, Gathered};
use crate::remote::{Budget, Failure, Io, Policy, Share, Window};
use crate::stores::{Seal, Upload};

/// How long one attempt may take, where the server may be away for that long: a part takes its time on slow lines.
const ATTEMPT: Duration = Duration::from_secs(60);

/// By which requests are repeated where the server may be away for `timeout`.
pub(super) fn policy(timeout: Duration) -> Policy {
    Policy { attempt: ATTEMPT.min(timeout), deadline: timeout, ..Policy::USUAL }
}

/// The first parts. Objects that are smaller go out whole.
const PART: u64 = 8 << 20;

/// Parts of one size: then the next ones are twice as large, so that the most parts that a server takes (10,000) are
/// enough for the largest object that it takes (5 TiB).
const PARTS_OF_A_SIZE: usize = 1000;

/// Parts of one upload in flight.
const IN_FLIGHT: usize = 8;

/// Bytes of parts in flight, of all uploads of a store.
pub(super) const FLYING: u64 = 48 << 20;

/// Bytes of small objects that wait to be published, of all uploads of a store.
pub(super) const WAITING: u64 = 32 << 20;

/// Bytes of the part that is being gathered.
pub(super) const GATHERED: u64 = PART;

/// Keys of [`Sealed::detail`](crate::stores::Sealed::detail): who made the object, the upload and its parts.
pub(super) const ID: &str = "id";
pub(super) const UPLOAD: &str = "upload";
pub(super) const PARTS: &str = "parts";

/// What the uploads of a store share. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    buffers: Buffers,
    flying: Budget,
    waiting: Budget,
    whole: Arc<Mutex<BTreeMap<String, Whole>>>,
}

/// A small object that is sealed.
#[derive(Debug)]
struct Whole {
    payload: PutPayload,
    _share: Share,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            buffers: Buffers::default(),
            flying: Budget::new(FLYING),
            waiting: Budget::new(WAITING),
            whole: Arc::default(),
        }
    }

    /// The small object that `id` made, where it waits here.
    pub(super) fn whole(&self, id: &str) -> Option<PutPayload> {
        self.locked().get(id).map(|whole| whole.payload.clone())
    }

    /// Forgets it.
    pub(super) fn forget(&self, id: &str) {
        self.locked().remove(id);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Whole>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An object under way.
pub(super) struct S3Upload {
    bucket: Arc<Bucket>,
    key: Path,
    policy: Policy,
    /// Tells this object from others of its name.
    id: String,
    shared: Shared,
    io: Io,
    gathered: Gathered,
    parts: Option<Parts>,
}

/// An upload in parts.
struct Parts {
    // What is in flight goes before the upload is given up.
    window: Window<String>,
    begun: Begun,
    sent: usize,
}

/// An upload that the server has begun: it is given up when this goes, unless it is sealed. That is waited for for a
/// moment, so that a program that ends now has said it.
struct Begun {
    bucket: Arc<Bucket>,
    key: Path,
    upload: String,
    io: Io,
    sealed: bool,
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.sealed {
            return;
        }
        let (bucket, key, upload) =
            (Arc::clone(&self.bucket), self.key.clone(), self.upload.clone());
        if let Err(error) = give_up(&bucket, &key, &upload, &self.io) {
            // It is given up by the next run of these names.
            tracing::warn!(error = crate::problems::chain(&error), "an upload may stay behind");
        }
    }
}

/// Gives an upload up, though the run is cancelled.
pub(super) fn give_up(
    bucket: &Arc<Bucket>,
    key: &Path,
    upload: &str,
    io: &Io,
) -> Result<(), Failure> {
    let (bucket, key, upload) = (Arc::clone(bucket), key.clone(), upload.to_owned());
    let last = io.last_words();
    io.say(async move { last.repeat(&Policy::PROBE, || bucket.give_up(&key, &upload)).await })
}

/// Size of part `part`, counted from 0.
fn size_of(part: usize) -> u64 {
    PART << (part / PARTS_OF_A_SIZE).min(20)
}

impl S3Upload {
    pub(super) fn new(
        bucket: Arc<Bucket>,
        key: Path,
        policy: Policy,
        shared: Shared,
        io: &Io,
    ) -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        let (io, gathered) = (io.clone(), Gathered::default());
        Self { bucket, key, policy, id, shared, io, gathered, parts: None }
    }

    /// Sends the next part.
    fn send(&mut self) -> Result<(), Failure> {
        let size = size_of(self.parts.as_ref().map_or(0, |parts| parts.sent));
        let payload = self.gathered.cut(size);
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let parts = self.begin()?;
                self.parts.insert(parts)
            }
        };
        let bytes = payload.content_length() as u64;
        let share = self.shared.flying.take(bytes, &self.io)?;
        let (bucket, key) = (Arc::clone(&self.bucket), self.key.clone());
        let (upload, number) = (parts.begun.upload.clone(), parts.sent);
        parts.sent += 1;
        parts.window.send(bytes, None, move || {
            // The bytes are free when the request is.
            let _ = &share;
            let (bucket, key) = (Arc::clone(&bucket), key.clone());
            let (upload, payload) = (upload.clone(), payload.clone());
            async move { bucket.part(&key, &upload, number, payload).await }
        })
    }

    /// Has the server begin an upload in parts.
    fn begin(&self) -> Result<Parts, Failure> {
        let Self { bucket, key, policy, io, .. } = self;
        let attempts = AtomicU32::new(0);
        let upload = io.wait(io.repeat(policy, || {
            attempts.fetch_add(1, Ordering::Relaxed);
            bucket.begin(key, &self.id)
        }))?;
        let (bucket, key) = (Arc::clone(bucket), key.clone());
        let begun = Begun { bucket, key, upload, io: io.clone(), sealed: false };
        let (bucket, key) = (&begun.bucket, &begun.key);
        if attempts.into_inner() > 1 {
            // An attempt whose answer did not come may have begun another one.
            let pending = io.wait(io.repeat(policy, || bucket.pending(key.as_ref())))?;
            for other in pending {
                if other.key == key.as_ref() && other.upload_id != begun.upload {
                    io.wait(io.repeat(policy, || bucket.give_up(key, &other.upload_id)))?;
                }
            }
        }
        Ok(Parts { begun, window: Window::new(io, *policy, IN_FLIGHT, u64::MAX), sent: 0 })
    }
}

impl Upload for S3Upload {
    fn write(&mut self, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.gathered.push(self.shared.buffers.exchange(bytes));
        while self.gathered.bytes() >= size_of(self.parts.as_ref().map_or(0, |parts| parts.sent)) {
            self.send()?;
        }
        Ok(())
    }

    fn seal(mut self: Box<Self>) -> Result<Seal, Failure> {
        if self.parts.is_none()
            && let Some(share) = self.shared.waiting.try_take(self.gathered.bytes())
        {
            let payload = self.gathered.cut(u64::MAX);
            let (shared, id) = (self.shared.clone(), self.id.clone());
            return Ok(Box::new(move |_| {
                shared.locked().insert(id.clone(), Whole { payload, _share: share });
                Ok(json!({ ID: id }))
            }));
        }
        if self.gathered.bytes() > 0 || self.parts.is_none() {
            self.send()?;
        }
        let (id, parts) = (self.id.clone(), self.parts.take());
        Ok(Box::new(move |_| match parts {
            Some(parts) => parts.seal(&id),
            None => Err(Failure::fault("an upload without parts")),
        }))
    }

    fn abandon(self: Box<Self>) {
        // The upload is given up with what is left of it.
    }
}

impl Parts {
    /// Waits for all parts.
    fn seal(mut self, id: &str) -> Result<Value, Failure> {
        let parts = self.window.drain()?;
        self.begun.sealed = true;
        Ok(json!({ ID: id, UPLOAD: self.begun.upload, PARTS: parts }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough_for_the_largest_object() {
        let most: u64 = (0..10_000).map(size_of).sum();
        assert!(most >= 5 << 40 && size_of(0) >= 5 << 20);
        // Memory for it: 250 GB come in parts that are no larger than these.
        let parts = (0..).scan(0, |sum, part| {
            *sum += size_of(part);
            (*sum < 250_000_000_000).then_some(size_of(part))
        });
        assert_eq!(parts.max(), Some(128 << 20));
    }
}
