//! Memory of a module: one stretch, handed out from its start, before anything is asked of the host.
//!
//! Every block is made by a fresh instance, and its memory is gone with it. So what most blocks need comes
//! from a stretch that the instance has from its start: nothing is searched for, and the memory need not
//! grow, which costs the host more than many a block. What does not fit goes to the standard allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};

/// Enough for the columns of a block: 8,192 rows of a few numbers or short texts.
const BYTES: usize = 1 << 20;

#[repr(align(16))]
struct Stretch(UnsafeCell<[u8; BYTES]>);

/// Hands out memory: `export!` makes it the module's allocator.
pub struct Memory {
    stretch: Stretch,
    /// How much of the stretch is handed out.
    used: Cell<usize>,
}

// SAFETY: a module has one thread; it is the allocator of nothing else.
unsafe impl Sync for Memory {}

impl Memory {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self { stretch: Stretch(UnsafeCell::new([0; BYTES])), used: Cell::new(0) }
    }

    /// Where `pointer` stands in the stretch.
    fn place(&self, pointer: *mut u8) -> Option<usize> {
        let place = (pointer as usize).wrapping_sub(self.stretch.0.get() as usize);
        (place < BYTES).then_some(place)
    }
}

/// Rare, and so not put in place of every call.
#[cold]
#[inline(never)]
fn elsewhere(layout: Layout) -> *mut u8 {
    // SAFETY: allocators are asked for no memory of size 0.
    unsafe { System.alloc(layout) }
}

// SAFETY: what is handed out stands apart from all else that is: `used` is its end, and falls only to the
// start of what was handed out last, as that is given back.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (base, mask) = (self.stretch.0.get() as usize, layout.align() - 1);
        let start = ((base + self.used.get() + mask) & !mask) - base;
        match start.checked_add(layout.size()) {
            Some(end) if end <= BYTES => {
                self.used.set(end);
                // SAFETY: `start` is within the stretch.
                unsafe { self.stretch.0.get().cast::<u8>().add(start) }
            }
            _ => elsewhere(layout),
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match self.place(pointer) {
            Some(place) if place + layout.size() == self.used.get() => self.used.set(place),
            Some(_) => {}
            // SAFETY: it came from there, with this layout.
            None => unsafe { System.dealloc(pointer, layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(place) = self.place(pointer) else {
            // SAFETY: it came from there, with this layout.
            return unsafe { System.realloc(pointer, layout, size) };
        };
        if size <= layout.size() {
            return pointer;
        }
        if place + layout.size() == self.used.get() && size <= BYTES - place {
            self.used.set(place + size);
            return pointer;
        }
        // SAFETY: the size is what the caller asks for, at most `isize::MAX`; the old one is smaller.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                std::ptr::copy_nonoverlapping(pointer, new, layout.size());
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_out_stands_apart_and_the_last_is_taken_back() {
        static MEMORY: Memory = Memory::new();
        let memory = &MEMORY;
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        // SAFETY: sizes and layouts agree, and nothing is used after it is given back.
        unsafe {
            let first = memory.alloc(layout(3, 1));
            let second = memory.alloc(layout(8, 8));
            assert_eq!((second as usize) % 8, 0);
            assert!(second as usize >= first as usize + 3);
            second.write_bytes(7, 8);
            // The last grows where it stands, others move with what they hold.
            assert_eq!(memory.realloc(second, layout(8, 8), 100), second);
            first.write_bytes(9, 3);
            let moved = memory.realloc(first, layout(3, 1), 200);
            assert!(moved as usize >= second as usize + 100);
            assert_eq!(std::slice::from_raw_parts(moved, 3), [9; 3]);
            assert_eq!(std::slice::from_raw_parts(second, 8), [7; 8]);
            memory.dealloc(moved, layout(200, 1));
            assert_eq!(memory.alloc(layout(200, 1)), moved);
            // What does not fit comes from elsewhere, grows and goes back there.
            let large = memory.alloc(layout(BYTES, 16));
            assert!(memory.place(large).is_none());
            let large = memory.realloc(large, layout(BYTES, 16), 2 * BYTES);
            memory.dealloc(large, layout(2 * BYTES, 16));
            assert!(memory.place(memory.alloc(layout(1, 1))).is_some());
        }
    }
}
