//! The engine that compiles and runs modules, its limits and its clock.
//!
//! One per set of limits, shared by all modules and threads. A call gets a fresh store, so nothing
//! outlives it; the stores' memories come from a pool, which makes that cheap. Two things end a call
//! that does not end by itself: fuel, which is the same on every machine, and a clock, which is the net
//! below it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, OptLevel, PoolingAllocationConfig, Store, UpdateDeadline};

use super::bindings::FieldGenerators;
use super::host::Host;
use crate::sandbox::Limits;

/// How often the clock ticks: a deadline is met within this.
const TICK: Duration = Duration::from_millis(20);

/// Calls that run at a time in the whole process; more wait.
const SLOTS: u32 = 128;

/// Memory of an instance that is cleared by writing zeros instead of by giving it back.
const KEPT_RESIDENT: usize = 1 << 20;

/// Core instances, memories and tables of one module. Interpreters compiled to WebAssembly consist of
/// dozens of parts around one memory.
const PARTS: u32 = 100;
const MEMORIES: u32 = 4;
const TABLES: u32 = 16;

/// Compiles and runs modules within [`Limits`].
pub(super) struct Runtime {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Host>,
    pub(super) limits: Limits,
    /// Whether instances come from a pool of [`SLOTS`].
    pooled: bool,
    calls: Mutex<Calls>,
    ended: Condvar,
}

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub(super) fuel: u64,
    /// Of a processor.
    pub(super) time: Duration,
    /// The limit that `fuel` is.
    pub(super) fuel_limit: &'static str,
}

impl Effort {
    /// What a call may take.
    pub(super) fn of_call(limits: &Limits) -> Self {
        let time = Duration::from_secs(limits.block_seconds);
        Self { fuel: limits.module_fuel, time, fuel_limit: "module_fuel" }
    }

    /// What a call may take where rows that fail become null.
    pub(super) fn of_rows(limits: &Limits) -> Self {
        let (fuel, fuel_limit) = (limits.module_row_fuel, "module_row_fuel");
        Self { fuel, fuel_limit, ..Self::of_call(limits) }
    }

    /// A small part of it: what takes this much by itself is to blame where all of it was not enough.
    pub(super) fn part(self) -> Self {
        const PARTS: u32 = 16;
        Self { fuel: self.fuel / u64::from(PARTS), time: self.time / PARTS, ..self }
    }
}

/// Calls at this moment.
#[derive(Debug, Default)]
struct Calls {
    running: u32,
    waiting: u32,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Runtime").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The right to run one call.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Runtime);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut calls = locked(&self.0.calls);
        calls.running -= 1;
        // Telling nobody takes a system call as well.
        if calls.waiting > 0 {
            self.0.ended.notify_one();
        }
    }
}

/// The guard of a mutex whose data no panic leaves half-written.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtimes in use.
static RUNTIMES: Mutex<Vec<Weak<Runtime>>> = Mutex::new(Vec::new());

impl Runtime {
    /// The runtime of these limits: the one in use, or a new one.
    ///
    /// # Errors
    ///
    /// What the engine says of limits that it cannot hold.
    pub(super) fn shared(limits: &Limits) -> wasmtime::Result<Arc<Self>> {
        let mut runtimes = locked(&RUNTIMES);
        runtimes.retain(|runtime| runtime.strong_count() > 0);
        let found = runtimes.iter().filter_map(Weak::upgrade).find(|one| one.limits == *limits);
        if let Some(runtime) = found {
            return Ok(runtime);
        }
        let runtime = Arc::new(Self::new(limits)?);
        runtimes.push(Arc::downgrade(&runtime));
        Ok(runtime)
    }

    fn new(limits: &Limits) -> wasmtime::Result<Self> {
        // Where so much address space cannot be had, instances are made one by one, only slower.
        let (engine, pooled) = match Engine::new(&config(limits, true)) {
            Ok(engine) => (engine, true),
            Err(_) => (Engine::new(&config(limits, false))?, false),
        };
        let mut linker = Linker::new(&engine);
        FieldGenerators::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
        let clock = engine.weak();
        thread::Builder::new().name("module-clock".to_owned()).spawn(move || {
            // Ends when the last module of this engine is gone.
            while let Some(engine) = clock.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })?;
        let (calls, ended) = (Mutex::default(), Condvar::new());
        Ok(Self { engine, linker, limits: limits.clone(), pooled, calls, ended })
    }

    /// Waits until one more call may run.
    pub(super) fn permit(&self) -> Permit<'_> {
        let mut calls = locked(&self.calls);
        while self.pooled && calls.running >= SLOTS {
            calls.waiting += 1;
            calls = self.ended.wait(calls).unwrap_or_else(PoisonError::into_inner);
            calls.waiting -= 1;
        }
        calls.running += 1;
        Permit(self)
    }

    /// A store for one call.
    pub(super) fn store(&self, label: &str, effort: Effort) -> wasmtime::Result<Store<Host>> {
        let mut store = Store::new(&self.engine, Host::new(label, &self.limits, effort.time));
        store.limiter(|host| host);
        store.set_fuel(effort.fuel)?;
        store.set_epoch_deadline(ticks(effort.time));
        store.epoch_deadline_callback(|mut store| {
            // The clock that ticks is the one on the wall: the call may have waited for a processor.
            Ok(match store.data_mut().deadline.rest() {
                Duration::ZERO => UpdateDeadline::Interrupt,
                rest => UpdateDeadline::Continue(ticks(rest)),
            })
        });
        store.set_hostcall_fuel(self.limits.answer_bytes);
        Ok(store)
    }
}

/// Ticks after which so much time has gone by.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX >> 1) + 1
}

fn config(limits: &Limits, pooled: bool) -> Config {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed);
    // What a value could depend on beside its row.
    config.wasm_relaxed_simd(false).relaxed_simd_deterministic(true);
    config.wasm_memory64(false);
    config.epoch_interruption(true).consume_fuel(true);
    config.max_wasm_stack(limits.module_stack_bytes);
    config.generate_address_map(true);
    if pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(SLOTS)
            .total_core_instances(SLOTS * PARTS)
            .total_memories(SLOTS * MEMORIES)
            .total_tables(SLOTS * TABLES)
            .max_core_instances_per_component(PARTS)
            .max_memories_per_component(MEMORIES)
            .max_tables_per_component(TABLES)
            .max_memory_size(limits.module_memory_bytes)
            .table_elements(limits.module_table_elements)
            .max_core_instance_size(4 << 20)
            .max_component_instance_size(16 << 20)
            .linear_memory_keep_resident(KEPT_RESIDENT)
            // Linux 6.7 and later tell which pages were written: only those are cleared.
            .pagemap_scan(Enabled::Auto)
            .table_keep_resident(64 << 10);
        config.allocation_strategy(pool);
    }
    config
}
