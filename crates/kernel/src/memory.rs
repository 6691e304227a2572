//! Memory that outlives the program in it: a region that an execve(2) of this process
//! leaves as it is, held by a descriptor (memfd_create(2)).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use crate::check;

/// A region of memory. Children do not have it (MADV_DONTFORK): what one of them does
/// can never change it. Reading and writing copy; no reference into it is handed out but
/// to its words, which are atomic.
pub struct Region {
    fd: OwnedFd,
    base: NonNull<u8>,
    length: usize,
}

/// An empty file that is nowhere but in memory, closed on exec (memfd_create(2)).
///
/// # Errors
/// ENOSYS or EPERM in sandboxes that lack it, ENOMEM, EMFILE.
pub fn file(name: &std::ffi::CStr) -> io::Result<OwnedFd> {
    // SAFETY: the name is a C string; the new descriptor is owned here.
    unsafe {
        let fd = libc::syscall(libc::SYS_memfd_create, name.as_ptr(), libc::MFD_CLOEXEC);
        Ok(OwnedFd::from_raw_fd(check(fd as libc::c_int)?))
    }
}

impl Region {
    /// A region of `length` bytes, all zero; pages that are never written take no memory.
    ///
    /// # Errors
    /// ENOSYS or EPERM in sandboxes that lack memfd_create(2), ENOMEM.
    pub fn new(name: &std::ffi::CStr, length: usize) -> io::Result<Region> {
        let fd = file(name)?;
        // SAFETY: no preconditions.
        check(unsafe { libc::ftruncate(fd.as_raw_fd(), length as libc::off_t) })?;
        Region::map(fd, length)
    }

    /// The region that an earlier program of this process has left behind `fd`.
    ///
    /// # Errors
    /// EBADF, EINVAL for a descriptor that is no such region.
    pub fn inherited(fd: RawFd) -> io::Result<Region> {
        // SAFETY: an all-zero stat is a valid value for the call to fill.
        let found = unsafe {
            let mut found: libc::stat = std::mem::zeroed();
            check(libc::fstat(fd, &mut found))?;
            found
        };
        let length = usize::try_from(found.st_size).unwrap_or(0);
        if found.st_mode & libc::S_IFMT != libc::S_IFREG || length == 0 {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        crate::fd::set_close_on_exec(fd, true)?;
        Region::map(crate::fd::own(fd), length)
    }

    fn map(fd: OwnedFd, length: usize) -> io::Result<Region> {
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                0,
            )
        };
        let base = match NonNull::new(base.cast::<u8>()) {
            Some(base) if base.as_ptr().cast() != libc::MAP_FAILED => base,
            _ => return Err(io::Error::last_os_error()),
        };
        // SAFETY: the range is the mapping that was just made.
        unsafe { libc::madvise(base.as_ptr().cast(), length, libc::MADV_DONTFORK) };
        Ok(Region { fd, base, length })
    }

    /// How many bytes there are.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The descriptor that holds the region.
    pub fn descriptor(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// The eight bytes at `8 * index` as one number, which a signal handler may change
    /// too.
    ///
    /// # Panics
    /// Beyond the end of the region.
    pub fn word(&self, index: usize) -> &AtomicU64 {
        assert!((index + 1) * 8 <= self.length);
        // SAFETY: inside the mapping, which starts at a page and lives as long as `self`;
        // these eight bytes are aligned, since the mapping begins with a page.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().cast::<u64>().add(index)) }
    }

    /// Where `length` bytes from the word `index` on are.
    ///
    /// # Panics
    /// Beyond the end of the region.
    pub(crate) fn word_pointer(&self, index: usize, length: usize) -> *mut u8 {
        assert!(index * 8 + length <= self.length);
        // SAFETY: inside the mapping.
        unsafe { self.base.as_ptr().add(index * 8) }
    }

    /// Copies `bytes` to `at`; whether there was room.
    pub fn write(&self, at: usize, bytes: &[u8]) -> bool {
        match at.checked_add(bytes.len()) {
            Some(end) if end <= self.length => {}
            _ => return false,
        }
        // SAFETY: the target is inside the mapping (checked above). Nobody reads it now:
        // the value stays in its thread (it is not Sync) and no plain reference into the
        // mapping exists.
        unsafe {
            let target = self.base.as_ptr().add(at);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
        true
    }

    /// A copy of `length` bytes at `at`; none beyond the end.
    pub fn read(&self, at: usize, length: usize) -> Option<Vec<u8>> {
        let end = at.checked_add(length)?;
        if end > self.length {
            return None;
        }
        let mut bytes = vec![0; length];
        // SAFETY: the source is inside the mapping (checked above), and nobody writes now:
        // as for `write`.
        unsafe {
            let source = self.base.as_ptr().add(at);
            std::ptr::copy_nonoverlapping(source, bytes.as_mut_ptr(), length);
        }
        Some(bytes)
    }

    /// Gives the memory of `length` bytes at `at` back; they read as zero. Where the
    /// kernel cannot, they keep their memory.
    pub fn clear(&self, at: usize, length: usize) {
        // SAFETY: no preconditions; a range beyond the end is refused or empty.
        unsafe {
            libc::fallocate(
                self.fd.as_raw_fd(),
                libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE,
                at as libc::off_t,
                length as libc::off_t,
            )
        };
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and no borrow of it is left.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.length) };
    }
}

/// Has the heap begin with a page. To be called before anything is allocated.
///
/// Else the C library's first brk(2) is followed by one that fills the page up, and when the
/// kernel refuses that one alone, it aborts at the next allocation (glibc 2.36, sysmalloc: "the
/// end of the top is the end of a page").
pub fn begin_with_a_page() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no preconditions. What is added to the heap's end belongs to nobody.
    unsafe {
        let end = libc::sbrk(0) as usize;
        let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
        if end != usize::MAX && !end.is_multiple_of(page) {
            libc::sbrk((page - end % page) as libc::intptr_t);
        }
    }
}

/// Keeps little of what is freed (mallopt(3)): what is large comes from the kernel and goes
/// back to it, and so does the end of the heap.
pub fn be_frugal() {
    #[cfg(target_env = "gnu")]
    for (parameter, bytes) in [
        (libc::M_MMAP_THRESHOLD, 64 * 1024),
        (libc::M_TRIM_THRESHOLD, 64 * 1024),
        (libc::M_TOP_PAD, 16 * 1024),
    ] {
        // SAFETY: no preconditions.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}

/// Gives memory that has been freed back to the kernel, as far as the C library can
/// (malloc_trim(3)): by itself it keeps what a burst has left.
pub fn give_back() {
    crate::heap::give_back();
    #[cfg(target_env = "gnu")]
    // SAFETY: no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn a_region_is_found_again_by_its_descriptor() {
        let region = Region::new(c"test", 8192).expect("made");
        assert!(region.write(100, b"something"));
        region.word(1).store(42, Relaxed);
        let copy = crate::fd::copy_above(region.descriptor(), 3).expect("copied");
        let number = copy.as_raw_fd();
        std::mem::forget(copy);
        let again = Region::inherited(number).expect("found");
        assert_eq!(again.length(), 8192);
        assert_eq!(again.read(100, 9).as_deref(), Some(&b"something"[..]));
        assert_eq!(again.word(1).load(Relaxed), 42);
        region.clear(0, 4096);
        assert_eq!(again.read(100, 1), Some(vec![0]));
    }

    #[test]
    fn nothing_is_read_or_written_beyond_the_end() {
        let region = Region::new(c"test", 4096).expect("made");
        assert!(!region.write(4090, b"1234567"));
        assert!(!region.write(usize::MAX, b"1"));
        assert_eq!(region.read(4090, 7), None);
        assert_eq!(region.read(usize::MAX, 7), None);
        assert!(region.write(4090, b"123456"));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        let (read, _write) = crate::fd::pipe().expect("pipe");
        assert!(Region::inherited(read.as_raw_fd()).is_err());
        assert!(Region::inherited(9999).is_err());
    }
}
