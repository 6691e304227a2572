//! Where memory for the program's values comes from: one line in the binary's entry.
//!
//! musl's malloc(3) hands a group of blocks back to the kernel as soon as the last of them
//! is free, and asks for it again with the next one: a buffer that a loop makes and drops
//! costs an mmap(2), a page fault and a munmap(2) each time, and a boot is full of such
//! loops. Here a block that is free waits in a list for the next one of its size. Sizes are
//! few, so a list soon has what is asked for; what one size has taken stays with it.
//!
//! Blocks larger than [`LARGEST`], and such as want more than the usual alignment, are the C
//! library's: they are rare, and it gives them back. Which way a block has come is known
//! from its size and alignment alone, which Rust hands over with it again.
//!
//! A child that was forked has a heap of its own, as it was; nothing here may be called in
//! the handler of a signal, nor in a child that shares this one's memory ([`crate::spawn`]).

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest block that is kept here.
pub const LARGEST: usize = 32 << 10;

/// How much is asked of the kernel at once. What is never used of it takes no memory.
const CHUNK: usize = 64 << 10;

/// What every block is aligned to, as with malloc(3).
const ALIGNMENT: usize = 16;

/// Up to here every multiple of [`ALIGNMENT`] is a size of its own.
const FINE: usize = 128;

/// From there on each doubling has four sizes, so that at most a fifth is left unused.
const SIZES: usize = FINE / ALIGNMENT + 4 * (LARGEST / FINE).ilog2() as usize;

/// The heap of the program. There is one; so that its address need not be handed over at
/// thousands of places, it is not in here.
pub struct Heap;

static SHARED: Shared = Shared {
    locked: AtomicBool::new(false),
    blocks: UnsafeCell::new(Blocks {
        rest: FIRST.0.get().cast(),
        left: size_of::<First>(),
        ..Blocks::NONE
    }),
};

/// The first chunk is the program's own: a small container needs no other, and where the
/// kernel refuses mmap(2) PID 1 still has it.
static FIRST: First = First(UnsafeCell::new([0; FIRST_BYTES]));

const FIRST_BYTES: usize = 256 << 10;

#[repr(align(4096))]
struct First(UnsafeCell<[u8; FIRST_BYTES]>);

// SAFETY: its bytes are only reached as the blocks are.
unsafe impl Sync for First {}

struct Shared {
    locked: AtomicBool,
    blocks: UnsafeCell<Blocks>,
}

// SAFETY: the blocks are only reached by who has set `locked`.
unsafe impl Sync for Shared {}

/// A free block holds where the next one of its size is.
struct Free {
    next: *mut Free,
}

struct Blocks {
    free: [*mut Free; SIZES],
    /// What is left of the last chunk.
    rest: *mut u8,
    left: usize,
}

/// The number of the size that `bytes` are rounded up to; `bytes` is not above [`LARGEST`].
const fn size_number(bytes: usize) -> usize {
    if bytes <= FINE {
        return bytes.saturating_sub(1) / ALIGNMENT;
    }
    let last = bytes - 1;
    let doubling = last.ilog2();
    let quarter = (last >> (doubling - 2)) & 3;
    FINE / ALIGNMENT + 4 * (doubling - FINE.ilog2()) as usize + quarter
}

/// How many bytes a block of this number has.
const fn block_bytes(number: usize) -> usize {
    let fine = FINE / ALIGNMENT;
    if number < fine {
        return (number + 1) * ALIGNMENT;
    }
    let (doubling, quarter) = ((number - fine) / 4, (number - fine) % 4);
    (5 + quarter) << (FINE.ilog2() as usize - 2 + doubling)
}

impl Blocks {
    const NONE: Blocks = Blocks {
        free: [ptr::null_mut(); SIZES],
        rest: ptr::null_mut(),
        left: 0,
    };

    /// A block of this size, and whether it is known to be zero. Null: there is no memory.
    fn take(&mut self, number: usize) -> (*mut u8, bool) {
        let head = self.free[number];
        if !head.is_null() {
            // SAFETY: what is in a list is a free block of ours, which begins with a link.
            self.free[number] = unsafe { (*head).next };
            return (head.cast(), false);
        }
        let bytes = block_bytes(number);
        if self.left < bytes && !self.refill() {
            return (ptr::null_mut(), false);
        }
        let block = self.rest;
        // SAFETY: at least so many bytes are left of the chunk.
        self.rest = unsafe { block.add(bytes) };
        self.left -= bytes;
        (block, true)
    }

    /// Takes another chunk, and lets go of what is left of the last one: it has not been
    /// touched, so it takes no memory but for a part of a page.
    fn refill(&mut self) -> bool {
        // SAFETY: a new anonymous mapping replaces nothing.
        let chunk = unsafe {
            libc::mmap(
                ptr::null_mut(),
                CHUNK,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        let chunk = match chunk == libc::MAP_FAILED {
            // The C library knows other ways.
            // SAFETY: no preconditions; what comes is zero, as from mmap(2).
            true => unsafe { libc::calloc(1, CHUNK) },
            false => chunk,
        };
        if chunk.is_null() {
            return false;
        }
        self.rest = chunk.cast();
        self.left = CHUNK;
        true
    }

    /// Takes a block of this size back.
    ///
    /// # Safety
    /// It has come from [`Blocks::take`] with the same number, and nobody uses it any more.
    unsafe fn give(&mut self, block: *mut u8, number: usize) {
        let block = block.cast::<Free>();
        // SAFETY: a block is aligned and has room for a link; it is ours again.
        unsafe { (*block).next = self.free[number] };
        self.free[number] = block;
    }
}

/// Gives the pages back that lie whole in free blocks: what a burst has left. They read as
/// zero when they are used again.
pub(crate) fn give_back() {
    // SAFETY: no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page = usize::try_from(page).unwrap_or(4096);
    with(|blocks| {
        let large = (0..SIZES).filter(|number| block_bytes(*number) > page);
        for number in large {
            let mut at = blocks.free[number];
            while !at.is_null() {
                // What lies behind the link, in whole pages.
                let begin = (at as usize + size_of::<Free>()).next_multiple_of(page);
                let end = (at as usize + block_bytes(number)) / page * page;
                if begin < end {
                    // SAFETY: these pages are of a free block alone, whose link is not there.
                    unsafe {
                        libc::madvise(begin as *mut libc::c_void, end - begin, libc::MADV_DONTNEED)
                    };
                }
                // SAFETY: what is in a list is a free block of ours, which begins with a link.
                at = unsafe { (*at).next };
            }
        }
    });
}

/// Does something with the blocks while nobody else does. PID 1 has one thread; the commands
/// for people may have a second one for a while.
fn with<T>(work: impl FnOnce(&mut Blocks) -> T) -> T {
    while SHARED.locked.swap(true, Ordering::Acquire) {
        // SAFETY: no preconditions.
        unsafe { libc::sched_yield() };
    }
    // SAFETY: whoever else wants them waits above. The work neither panics nor allocates.
    let result = work(unsafe { &mut *SHARED.blocks.get() });
    SHARED.locked.store(false, Ordering::Release);
    result
}

// What the compiler puts into thousands of places is only the question of the alignment,
// which it mostly can answer there; the rest is out of line.
// SAFETY: a block is given out once until it comes back; its size and alignment are at
// least those that were asked for, here as with the C library; nothing here panics.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.align() <= ALIGNMENT {
            true => usual::alloc(layout.size()),
            false => unusual::alloc(layout),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise it has come from `alloc` with this layout.
        unsafe {
            match layout.align() <= ALIGNMENT {
                true => usual::dealloc(block, layout.size()),
                false => libc::free(block.cast()),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match layout.align() <= ALIGNMENT {
            true => usual::alloc_zeroed(layout.size()),
            false => unusual::alloc_zeroed(layout),
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: by the caller's promise it has come from `alloc` with this layout, and the
        // new size goes with its alignment.
        unsafe {
            match layout.align() <= ALIGNMENT {
                true => usual::realloc(block, layout.size(), bytes),
                false => unusual::realloc(block, layout, bytes),
            }
        }
    }
}

/// Blocks of the usual alignment, small or large.
mod usual {
    use super::{LARGEST, ptr, size_number, with};

    #[inline(never)]
    pub(super) fn alloc(bytes: usize) -> *mut u8 {
        match bytes <= LARGEST {
            true => with(|blocks| blocks.take(size_number(bytes)).0),
            // SAFETY: no preconditions.
            false => unsafe { libc::malloc(bytes) }.cast(),
        }
    }

    #[inline(never)]
    pub(super) fn alloc_zeroed(bytes: usize) -> *mut u8 {
        if bytes > LARGEST {
            // SAFETY: no preconditions.
            return unsafe { libc::calloc(1, bytes) }.cast();
        }
        let (block, zero) = with(|blocks| blocks.take(size_number(bytes)));
        if !zero && !block.is_null() {
            // SAFETY: the block has at least so many bytes.
            unsafe { block.write_bytes(0, bytes) };
        }
        block
    }

    /// # Safety
    /// The block has come from here with this size and is not used any more.
    #[inline(never)]
    pub(super) unsafe fn dealloc(block: *mut u8, bytes: usize) {
        match bytes <= LARGEST {
            // SAFETY: the same size is the same number.
            true => with(|blocks| unsafe { blocks.give(block, size_number(bytes)) }),
            // SAFETY: the C library has made it.
            false => unsafe { libc::free(block.cast()) },
        }
    }

    /// # Safety
    /// The block has come from here with the size `had`; only what comes back is used.
    #[inline(never)]
    pub(super) unsafe fn realloc(block: *mut u8, had: usize, bytes: usize) -> *mut u8 {
        match (had <= LARGEST, bytes <= LARGEST) {
            (true, true) if size_number(had) == size_number(bytes) => block,
            // SAFETY: the C library has made it.
            (false, false) => unsafe { libc::realloc(block.cast(), bytes) }.cast(),
            _ => {
                let other = alloc(bytes);
                if !other.is_null() {
                    // SAFETY: both have room for what is copied, and they are two.
                    unsafe {
                        ptr::copy_nonoverlapping(block, other, had.min(bytes));
                        dealloc(block, had);
                    }
                }
                other
            }
        }
    }
}

/// Blocks of a larger alignment: the C library's.
mod unusual {
    use super::{Layout, ptr};

    #[cold]
    pub(super) fn alloc(layout: Layout) -> *mut u8 {
        let mut block = ptr::null_mut();
        // SAFETY: the alignment is a power of two and a multiple of a pointer's size.
        match unsafe { libc::posix_memalign(&mut block, layout.align(), layout.size()) } {
            0 => block.cast(),
            _ => ptr::null_mut(),
        }
    }

    #[cold]
    pub(super) fn alloc_zeroed(layout: Layout) -> *mut u8 {
        let block = alloc(layout);
        if !block.is_null() {
            // SAFETY: the block has at least so many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    /// # Safety
    /// The block has come from here with this layout, with whose alignment the new size
    /// goes; only what comes back is used.
    #[cold]
    pub(super) unsafe fn realloc(block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller's promise; both have room for what is copied, and are two.
        unsafe {
            let other = alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
            if !other.is_null() {
                ptr::copy_nonoverlapping(block, other, layout.size().min(bytes));
                libc::free(block.cast());
            }
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_fits_and_wastes_at_most_a_fifth() {
        for bytes in 1..=LARGEST {
            let number = size_number(bytes);
            let block = block_bytes(number);
            assert!(number < SIZES && block >= bytes, "{bytes}");
            assert_eq!(block % ALIGNMENT, 0, "{bytes}");
            assert!(block - bytes < ALIGNMENT.max(block / 5 + 1), "{bytes}");
            assert!(number == 0 || block_bytes(number - 1) < bytes, "{bytes}");
        }
        assert_eq!(block_bytes(SIZES - 1), LARGEST);
    }

    #[test]
    fn a_block_that_comes_back_is_the_next_of_its_size() {
        let mut blocks = Blocks::NONE;
        let (number, same) = (size_number(4096), size_number(4000));
        let (first, zero) = blocks.take(number);
        assert!(zero && !first.is_null());
        // SAFETY: it goes back once.
        unsafe { blocks.give(first, number) };
        assert_eq!(blocks.take(same), (first, false));
        assert_eq!(blocks.take(same), (first.wrapping_add(4096), true));
        // What no longer fits into a chunk comes from another.
        let large = size_number(LARGEST);
        let found = [large, large, large].map(|number| blocks.take(number).0);
        assert_eq!(found[1].wrapping_add(LARGEST), found[2]);
    }

    /// Random histories, each block filled with a number of its own: whoever finds another
    /// number has a block that overlaps with another's.
    #[test]
    fn nobody_finds_another_ones_bytes() {
        let heap = Heap;
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below) as usize
        };
        let mut kept: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let holds = |block: *mut u8, bytes: usize, mark: u8| {
            // SAFETY: the block is held, and its first `bytes` have been written.
            let bytes = unsafe { std::slice::from_raw_parts(block, bytes) };
            assert!(bytes.iter().all(|byte| *byte == mark));
        };
        for turn in 0..6_000_usize {
            let mark = (turn % 251) as u8;
            let (most, alignment) = (1 << random(18), 1 << random(8));
            let bytes = 1 + random(most);
            // SAFETY: blocks go back once, with the layout that they have; sizes are not 0
            // and far from the limit.
            unsafe {
                match random(5) {
                    0 | 1 => {
                        let layout = Layout::from_size_align_unchecked(bytes, alignment);
                        let block = heap.alloc(layout);
                        assert_eq!(block as usize % alignment, 0);
                        block.write_bytes(mark, bytes);
                        kept.push((block, layout, mark));
                    }
                    2 => {
                        let layout = Layout::from_size_align_unchecked(bytes, alignment);
                        let block = heap.alloc_zeroed(layout);
                        assert_eq!(block as usize % alignment, 0);
                        holds(block, bytes, 0);
                        block.write_bytes(mark, bytes);
                        kept.push((block, layout, mark));
                    }
                    3 if !kept.is_empty() => {
                        let at = random(kept.len() as u64);
                        let (block, layout, had) = kept[at];
                        let block = heap.realloc(block, layout, bytes);
                        holds(block, bytes.min(layout.size()), had);
                        block.write_bytes(mark, bytes);
                        let layout = Layout::from_size_align_unchecked(bytes, layout.align());
                        assert_eq!(block as usize % layout.align(), 0);
                        kept[at] = (block, layout, mark);
                    }
                    _ if !kept.is_empty() => {
                        let (block, layout, had) = kept.swap_remove(random(kept.len() as u64));
                        holds(block, layout.size(), had);
                        heap.dealloc(block, layout);
                    }
                    _ => {}
                }
            }
        }
        for (block, layout, had) in kept {
            holds(block, layout.size(), had);
            // SAFETY: as above.
            unsafe { heap.dealloc(block, layout) };
        }
    }

    #[test]
    fn threads_do_not_meet() {
        let work = |mark: u8| {
            move || {
                for turn in 0..20_000_usize {
                    let layout = Layout::array::<u8>(1 + turn % 300).expect("a layout");
                    // SAFETY: the block is this thread's until it goes back.
                    unsafe {
                        let block = Heap.alloc(layout);
                        block.write_bytes(mark, layout.size());
                        assert_eq!(block.add(layout.size() - 1).read(), mark);
                        Heap.dealloc(block, layout);
                    }
                }
            }
        };
        let threads = [1, 2, 3].map(|mark| std::thread::spawn(work(mark)));
        for thread in threads {
            thread.join().expect("its bytes stay");
        }
    }
}
