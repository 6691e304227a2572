//! Files that the standard library cannot make or move.

use super::{c_string, check};
use std::io;
use std::path::Path;

/// mkfifo(3); the umask applies.
///
/// # Errors
/// The kernel's.
pub fn make_fifo(path: &Path, mode: u32) -> io::Result<()> {
    let path = c_string(path)?;
    // SAFETY: the path is a C string.
    check(unsafe { libc::mkfifo(path.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// Lets two entries change places at once (renameat2(2) with RENAME_EXCHANGE).
///
/// # Errors
/// The kernel's.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    let (one, other) = (c_string(one)?, c_string(other)?);
    // SAFETY: both paths are C strings.
    check(unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    })
    .map(drop)
}
