//! Compiles a component, or takes its code from the cache, within a time.
//!
//! Whoever needs code comes through here, when files are read or when a module is first used. So what compiling
//! may take of the machine is bounded here.

use std::fs;
use std::hash::Hash as _;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::component::Component;

use super::cache::{Cache, Fnv};
use super::componentize::componentize;
use super::engine::{Runtime, locked};
use super::faults::first_line;
use crate::sandbox::{Fault, FaultKind, Limits, Source, WorkTime, work_time};

/// Compilations that may go on after their time is over: a compiler cannot be stopped midway.
const MOST_ABANDONED: u32 = 2;

/// How often the time of a compilation is looked at where it is nearly over.
const STEP: Duration = Duration::from_millis(20);

/// Stack of the thread that compiles: deep nesting of code is the user's choice.
const STACK_BYTES: usize = 16 << 20;

static ABANDONED: AtomicU32 = AtomicU32::new(0);

/// Compilations that somebody waits for, and that one of them has ended.
static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right to compile: as many hold one as there are processors.
struct Permit;

impl Permit {
    fn wait_for() -> Self {
        let most = thread::available_parallelism().map_or(1, NonZero::get);
        let mut running = locked(&RUNNING);
        while *running >= most {
            running = ENDED.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        Self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *locked(&RUNNING) -= 1;
        ENDED.notify_one();
    }
}

/// The compiled form of a file, from `cache` where that has it.
///
/// # Errors
///
/// Why it does not compile, or that it takes too long.
pub(super) fn compile(
    runtime: &Arc<Runtime>,
    source: &Source<'_>,
    cache: Option<&Cache>,
) -> Result<Component, Box<Fault>> {
    let name = code_name(runtime, source.digest);
    if let Some(code) = cache.and_then(|cache| cache.read(&name))
        && let Some(component) = load(runtime, &code)
    {
        return Ok(component);
    }
    let component = compile_in_time(runtime, source.label, componentize(source)?.into_owned())?;
    if let Some(cache) = cache
        && let Ok(code) = component.serialize()
    {
        cache.write(&name, &code);
    }
    Ok(component)
}

/// Another engine or another setting of it makes another code.
fn code_name(runtime: &Runtime, digest: &str) -> String {
    let mut hash = Fnv::new();
    runtime.engine.precompile_compatibility_hash().hash(&mut hash);
    hash.name(digest, "code")
}

#[expect(unsafe_code, reason = "compiling an interpreter takes seconds, loading its code none")]
fn load(runtime: &Runtime, code: &[u8]) -> Option<Component> {
    // SAFETY: `code` came out of a `Cache`, which gives back only what carries the seal of this user's own
    // key: bytes that `Component::serialize` made. Wasmtime itself refuses those of another version.
    unsafe { Component::deserialize(&runtime.engine, code) }.ok()
}

fn compile_in_time(
    runtime: &Arc<Runtime>,
    label: &str,
    bytes: Vec<u8>,
) -> Result<Component, Box<Fault>> {
    let fault = |kind, message| Box::new(Fault::new(kind, label, message));
    let _permit = Permit::wait_for();
    if ABANDONED.load(Ordering::Relaxed) >= MOST_ABANDONED {
        let message = "other modules that take too long are still being compiled";
        return Err(fault(FaultKind::Machine, message.to_owned()));
    }
    let (tx, rx) = sync_channel(0);
    let (begun, compiler) = sync_channel(1);
    let compiling = Arc::clone(runtime);
    let task = move || {
        // Read before anything is waited for; nobody minds if it cannot be.
        let _ = begun.send(Compiler::of_this_thread());
        let compiled = catch_unwind(AssertUnwindSafe(|| Component::new(&compiling.engine, &bytes)));
        if tx.send(compiled).is_err() {
            ABANDONED.fetch_sub(1, Ordering::Relaxed);
        }
    };
    thread::Builder::new()
        .name("module-compiler".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(task)
        .map_err(|error| fault(FaultKind::Compile, format!("it cannot be compiled: {error}")))?;
    let compiler = compiler.recv().unwrap_or_else(|_| Compiler::of_no_thread());
    let seconds = runtime.limits.load_seconds;
    let most = Duration::from_secs(seconds);
    loop {
        let left = compiler.left(most);
        if left.is_zero() {
            ABANDONED.fetch_add(1, Ordering::Relaxed);
            let text = format!("compiling takes more than {seconds} seconds");
            return Err(fault(FaultKind::Limit, Limits::reached("load_seconds", &text)));
        }
        match rx.recv_timeout(left.max(STEP)) {
            Ok(Ok(Ok(component))) => return Ok(component),
            Ok(Ok(Err(error))) => {
                return Err(fault(FaultKind::Compile, first_line(&format!("{error:#}"))));
            }
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(fault(FaultKind::Compile, "it brings the compiler down".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// A thread that compiles, as another one sees it: how much it works, whatever else the machine has to do.
struct Compiler {
    /// Where the system says how long the thread has run.
    account: Option<PathBuf>,
    /// What this process works meanwhile: no less than the thread.
    process: WorkTime,
}

impl Compiler {
    fn of_this_thread() -> Self {
        let own = fs::read_link("/proc/thread-self").ok();
        let account = own.map(|own| Path::new("/proc").join(own).join("schedstat"));
        Self { account, ..Self::of_no_thread() }
    }

    fn of_no_thread() -> Self {
        Self { account: None, process: WorkTime::of_process() }
    }

    /// How long it worked.
    fn worked(&self) -> Duration {
        let by_wall = self.process.wall();
        let account = self.account.as_ref().and_then(|path| fs::read_to_string(path).ok());
        // Kernels that keep no account write zeros.
        let nanoseconds = account
            .and_then(|text| text.split(' ').next()?.parse().ok())
            .filter(|nanoseconds| *nanoseconds > 0);
        let worked = nanoseconds.map_or_else(|| self.process.elapsed(), Duration::from_nanos);
        worked.min(by_wall)
    }

    /// What it has left of `most`: nothing as well when that many times as long has gone by on the wall.
    fn left(&self, most: Duration) -> Duration {
        if self.process.wall() >= most.saturating_mul(work_time::PATIENCE) {
            return Duration::ZERO;
        }
        most.saturating_sub(self.worked())
    }
}
