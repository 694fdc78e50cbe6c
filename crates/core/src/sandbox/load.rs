//! Files of user code become programs: compiled on all cores, or taken from before.
//!
//! Knows nothing of types and their names.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::attachments::{Attachment, Beside, MOST_ATTACHMENTS, identity};
use super::files::{digest, file_name};
use super::registry::{ExtensionFile, Extensions, Settings};
use super::{Fault, FaultKind, Kind, Source};

/// A file of a folder.
pub(super) struct Found {
    pub(super) kind: &'static dyn Kind,
    pub(super) path: PathBuf,
    /// What it holds, or why it cannot be read.
    pub(super) bytes: Result<Vec<u8>, String>,
}

/// What became of a file: compiled, or taken from before.
pub(super) struct Loaded {
    pub(super) digest: String,
    /// The names of the files that it names.
    pub(super) attachments: Vec<String>,
    /// The file as it is used; `None` where there is nothing to use.
    pub(super) file: Option<Arc<ExtensionFile>>,
    /// Why the file as it is now is not used.
    pub(super) fault: Option<Box<Fault>>,
}

impl Loaded {
    /// Compiles a file, unless it is known from before that it does or does not; what it names is `beside` it.
    pub(super) fn new(
        kind: &'static dyn Kind,
        path: &Path,
        (bytes, beside): (Vec<u8>, &dyn Beside),
        settings: &Settings,
        before: Option<&Extensions>,
    ) -> Self {
        let (mut names, most_bytes) = kind.attachments(&bytes, &settings.limits);
        let too_many = names.len() > MOST_ATTACHMENTS;
        names.truncate(MOST_ATTACHMENTS);
        let attach = |name: &String| Attachment::new(name, beside.read(name, most_bytes));
        let attachments: Vec<Attachment> = names.iter().map(attach).collect();
        let named = attachments.iter().map(|one| (one.name.as_str(), one.digest.as_str()));
        let digest = identity(&digest(&bytes), named);
        let earlier = before.and_then(|before| before.at(path));
        if let Some(unchanged) = earlier.filter(|earlier| earlier.digest == digest) {
            let file = Some(Arc::clone(unchanged));
            return Self { digest, attachments: names, file, fault: None };
        }
        let known = before.and_then(|before| before.failure(path, &digest));
        let compiled = match known {
            Some(fault) => Err(Box::new(fault.clone())),
            None if too_many => {
                let message = format!("it reads more than {MOST_ATTACHMENTS} files");
                Err(Box::new(Fault::new(FaultKind::Compile, path.to_string_lossy(), message)))
            }
            None => compile(kind, path, &digest, (bytes, attachments), settings),
        };
        let (file, fault) = match compiled {
            Ok(file) => (Some(Arc::new(file)), None),
            Err(fault) => (earlier.map(Arc::clone), Some(fault)),
        };
        Self { digest, attachments: names, file, fault }
    }
}

fn compile(
    kind: &'static dyn Kind,
    path: &Path,
    digest: &str,
    (bytes, attachments): (Vec<u8>, Vec<Attachment>),
    settings: &Settings,
) -> Result<ExtensionFile, Box<Fault>> {
    let label = path.to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (bytes, cache) = (Arc::new(bytes), settings.cache.as_deref());
    let (label, stem) = (&*label, &*stem);
    let source = Source { label, stem, bytes: &bytes, digest, cache, attachments: &attachments };
    let program = kind.load(&source, &settings.limits)?;
    Ok(ExtensionFile {
        kind,
        name: file_name(path),
        path: path.to_owned(),
        digest: digest.to_owned(),
        bytes,
        attachments,
        program,
    })
}

/// Does `task` with all items on all cores: the answers in the order of the items.
pub(super) fn in_parallel<T: Send, U: Send>(items: Vec<T>, task: impl Fn(T) -> U + Sync) -> Vec<U> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 || items.len() < 2 {
        return items.into_iter().map(task).collect();
    }
    let workers = cores.min(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut done: Vec<(usize, U)> = thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some((index, item)) = next() {
                done.push((index, task(item)));
            }
            done
        };
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_many_workers_keep_their_order() {
        let squares = in_parallel((0..1_000_u64).collect(), |number| number * number);
        assert!(
            squares.iter().enumerate().all(|(index, square)| *square == (index * index) as u64)
        );
        assert!(in_parallel(Vec::<u8>::new(), |byte| byte).is_empty());
    }
}
