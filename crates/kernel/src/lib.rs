//! What only the kernel can do: processes, signals, descriptors, ids, file-system
//! calls that the standard library does not offer.
//!
//! This is the only crate with unsafe code. Everything here is a thin, safe wrapper
//! that turns -1 into an [`std::io::Error`]; decisions live elsewhere.

pub mod accounts;
pub mod at;
pub mod capability;
pub mod clock;
pub mod crash;
pub mod credentials;
pub mod dir;
pub mod epoll;
pub mod errno;
mod escape;
pub mod fd;
pub mod fs;
pub mod heap;
pub mod limits;
pub mod memory;
pub mod mount;
pub mod namespace;
pub mod output;
pub mod poll;
pub mod process;
pub mod random;
pub mod regex;
pub mod removal;
pub mod script;
pub mod signal;
pub mod signal_source;
pub mod socket;
pub mod spawn;
pub mod timer;
pub mod tty;
pub mod watch;
pub mod words;

pub use escape::{escape, escape_path};

use std::io;

/// -1 means: look at errno.
pub(crate) fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// A path or word as the kernel takes it. A NUL inside is an invalid argument: no
/// file and no word can hold one.
pub(crate) fn c_string(bytes: &[u8]) -> io::Result<std::ffi::CString> {
    std::ffi::CString::new(bytes).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}
