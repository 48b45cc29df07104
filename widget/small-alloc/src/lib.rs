//! An allocator in a few hundred bytes of code, in the place of the 6 KB that Rust brings along for
//! wasm. Sizes are rounded up to powers of two; each has a list of free blocks; what no list has is
//! cut from the end of the memory, which grows. Nothing is ever joined or given back: a form lives
//! for minutes and asks for the same few sizes over and over.
//!
//! For one thread alone, as wasm is that is built without atomics.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{self, null_mut};

/// Blocks begin at multiples of this; nothing here asks for more.
const ALIGN: usize = 16;
/// A block for each bit of an address.
const CLASSES: usize = usize::BITS as usize;

/// Where new memory comes from.
pub trait Source {
    /// At least `bytes` more bytes: where they begin, and how many. A beginning where the last ones
    /// ended goes on from them.
    fn grow(&self, bytes: usize) -> Option<(usize, usize)>;
}

struct State {
    /// The first free block of each size; each holds the address of the next.
    free: [*mut u8; CLASSES],
    at: usize,
    end: usize,
}

pub struct SmallAlloc<S> {
    state: UnsafeCell<State>,
    source: S,
}

// SAFETY: there is one thread.
#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "atomics"))))]
unsafe impl<S> Sync for SmallAlloc<S> {}

impl<S> SmallAlloc<S> {
    pub const fn new(source: S) -> Self {
        let state = State { free: [null_mut(); CLASSES], at: 0, end: 0 };
        Self { state: UnsafeCell::new(state), source }
    }
}

/// The power of two that a block of this size has.
const fn class(size: usize) -> usize {
    let size = if size < ALIGN { ALIGN } else { size };
    (usize::BITS - (size - 1).leading_zeros()) as usize
}

// SAFETY: a block is handed out once until it comes back: it leaves its list, or is cut off the end.
// Blocks are as large as their class says and begin at multiples of ALIGN.
unsafe impl<S: Source> GlobalAlloc for SmallAlloc<S> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout.size());
        if layout.align() > ALIGN || class >= CLASSES - 1 {
            return null_mut();
        }
        // SAFETY: one thread, and no reference outlives this call.
        let state = unsafe { &mut *self.state.get() };
        let block = state.free[class];
        if !block.is_null() {
            // SAFETY: a free block holds the address of the next one, or null.
            state.free[class] = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let size = 1 << class;
        if state.end - state.at < size {
            let Some((from, bytes)) = self.source.grow(size + ALIGN) else { return null_mut() };
            if from != state.end {
                state.at = from.next_multiple_of(ALIGN);
            }
            state.end = from + bytes;
        }
        let block = state.at;
        state.at += size;
        ptr::with_exposed_provenance_mut(block)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: one thread; the block is ours, free, and large enough for an address.
        unsafe {
            let state = &mut *self.state.get();
            let class = class(layout.size());
            block.cast::<*mut u8>().write(state.free[class]);
            state.free[class] = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if class(size) == class(layout.size()) {
            return block;
        }
        // SAFETY: as the caller promises; the smaller of both sizes is in both blocks.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// The module's own memory.
pub struct Pages;

#[cfg(target_arch = "wasm32")]
impl Source for Pages {
    fn grow(&self, bytes: usize) -> Option<(usize, usize)> {
        const PAGE: usize = 1 << 16;
        let pages = bytes.div_ceil(PAGE);
        let before = core::arch::wasm32::memory_grow(0, pages);
        (before != usize::MAX).then_some((before * PAGE, pages * PAGE))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    /// Parts of one large allocation, in stretches of 4 KiB with a gap now and then.
    struct Arena {
        memory: UnsafeCell<Vec<u128>>,
        used: UnsafeCell<usize>,
    }

    impl Source for Arena {
        fn grow(&self, bytes: usize) -> Option<(usize, usize)> {
            const STRETCH: usize = 4_096;
            // SAFETY: one thread, one call at a time.
            let (memory, used) = unsafe { (&mut *self.memory.get(), &mut *self.used.get()) };
            let bytes = bytes.next_multiple_of(STRETCH);
            *used += if *used % (7 * STRETCH) == 0 { 24 } else { 0 };
            let from = memory.as_mut_ptr().expose_provenance() + *used;
            *used += bytes;
            (*used <= memory.len() * 16).then_some((from, bytes))
        }
    }

    #[test]
    fn blocks_are_apart_keep_their_bytes_and_are_used_again() {
        let arena =
            Arena { memory: UnsafeCell::new(std::vec![0; 1 << 18]), used: UnsafeCell::new(0) };
        let alloc = SmallAlloc::new(arena);
        let mut blocks: BTreeMap<usize, (Layout, u8)> = BTreeMap::new();
        let mut seed = 1_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % below
        };
        let full = |at: usize, layout: Layout, byte: u8| {
            let block = ptr::with_exposed_provenance::<u8>(at);
            // SAFETY: the block is ours and was written whole.
            unsafe { std::slice::from_raw_parts(block, layout.size()) }.iter().all(|b| *b == byte)
        };
        for round in 0..20_000 {
            let byte = round as u8;
            let place = (!blocks.is_empty()).then(|| random(blocks.len()));
            let known = place.and_then(|place| blocks.iter().nth(place).map(|(at, b)| (*at, *b)));
            match (random(3), known) {
                (0, Some((at, (layout, old)))) => {
                    assert!(full(at, layout, old));
                    blocks.remove(&at);
                    // SAFETY: handed out with this layout, and not used again.
                    unsafe { alloc.dealloc(ptr::with_exposed_provenance_mut(at), layout) };
                }
                (1, Some((at, (layout, old)))) => {
                    let size = 1 + random(900);
                    // SAFETY: handed out with this layout.
                    let new = unsafe {
                        alloc.realloc(ptr::with_exposed_provenance_mut(at), layout, size)
                    };
                    blocks.remove(&at);
                    let kept = Layout::from_size_align(layout.size().min(size), 1).unwrap();
                    assert!(full(new.expose_provenance(), kept, old));
                    let layout = Layout::from_size_align(size, layout.align()).unwrap();
                    // SAFETY: as large as asked for.
                    unsafe { new.write_bytes(byte, size) };
                    blocks.insert(new.expose_provenance(), (layout, byte));
                }
                _ if blocks.len() < 300 => {
                    let layout = Layout::from_size_align(1 + random(900), 1 << random(5)).unwrap();
                    // SAFETY: the size is not zero.
                    let block = unsafe { alloc.alloc(layout) };
                    assert!(!block.is_null() && block.expose_provenance() % layout.align() == 0);
                    // SAFETY: as large as asked for.
                    unsafe { block.write_bytes(byte, layout.size()) };
                    blocks.insert(block.expose_provenance(), (layout, byte));
                }
                _ => {}
            }
        }
        assert!(blocks.iter().all(|(at, (layout, byte))| full(*at, *layout, *byte)));
        // Nothing is left: that is said, not run into.
        let huge = Layout::from_size_align(1 << 30, 8).unwrap();
        // SAFETY: the size is not zero.
        assert!(unsafe { alloc.alloc(huge) }.is_null());
    }
}
