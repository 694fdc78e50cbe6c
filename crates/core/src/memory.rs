//! What each thread holds of memory: the allocator of the program, which counts.
//!
//! Whoever lets strangers' code run asks [`held`] before and while it runs, and stops it when the
//! difference grows too large. Memory counts for the thread that asks for it or gives it back: so only
//! differences tell something, and only over what one thread does.
//!
//! Knows nothing of who asks. Measured: two instructions more for each allocation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread asked for, less what it gave back. Without a destructor and of a constant
    /// beginning: an allocator may ask for it at any time of a thread's life.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

#[cfg(test)]
thread_local! {
    /// The most that [`HELD`] has been.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Bytes that this thread asked for, less those that it gave back.
pub(crate) fn held() -> isize {
    HELD.get()
}

/// The most that [`held`] was while `act` ran, above what it was before.
#[cfg(test)]
pub(crate) fn peak_of<T>(act: impl FnOnce() -> T) -> (T, usize) {
    let before = held();
    PEAK.set(before);
    let result = act();
    (result, (PEAK.get() - before).max(0) as usize)
}

fn count(bytes: isize) {
    let held = HELD.get().wrapping_add(bytes);
    HELD.set(held);
    #[cfg(test)]
    PEAK.set(PEAK.get().max(held));
}

/// The system's allocator with a count for each thread.
#[derive(Debug)]
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; every call is handed on as it came"
)]
// SAFETY: all memory comes from `System` and goes back to it with the layout that it came with; counting
// neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        let place = unsafe { System.alloc(layout) };
        if !place.is_null() {
            count(layout.size() as isize);
        }
        place
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        let place = unsafe { System.alloc_zeroed(layout) };
        if !place.is_null() {
            count(layout.size() as isize);
        }
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: `place` came from one of the functions here, so from `System`, with this layout.
        unsafe { System.dealloc(place, layout) };
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `dealloc`; `new_size` is the caller's promise.
        let moved = unsafe { System.realloc(place, layout, new_size) };
        if !moved.is_null() {
            count(new_size as isize - layout.size() as isize);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_grown_and_given_back_is_counted() {
        let before = held();
        let mut bytes: Vec<u8> = Vec::with_capacity(10_000);
        assert_eq!(held() - before, 10_000);
        bytes.reserve_exact(50_000);
        assert_eq!(held() - before, 50_000);
        let zeros = vec![0_u8; 7_000];
        assert_eq!(held() - before, 57_000);
        drop((bytes, zeros));
        assert_eq!(held(), before);
    }

    #[test]
    fn a_peak_is_told_though_it_is_over() {
        let (length, peak) = peak_of(|| vec![1_u8; 300_000].len());
        assert!(length == 300_000 && (300_000..400_000).contains(&peak), "{peak}");
    }
}
