//! The system calls that the standard library does not offer. The only unsafe code of the tests.
//!
//! Every function returns the kernel's own answer as [`io::Error`]; callers add what was wanted.

mod descriptors;
mod files;
mod namespaces;
mod privileges;
mod processes;
mod sockets;
mod trace;

pub use descriptors::*;
pub use files::*;
pub use namespaces::*;
pub use privileges::*;
pub use processes::*;
pub use sockets::*;
pub use trace::*;

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// A NUL-terminated copy for the kernel.
///
/// # Errors
/// `InvalidInput` when the bytes hold a NUL.
pub fn c_string(text: impl AsRef<OsStr>) -> io::Result<CString> {
    CString::new(text.as_ref().as_bytes())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a NUL byte inside"))
}

fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

fn check_long(answer: libc::c_long) -> io::Result<libc::c_int> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer as libc::c_int)
    }
}

/// An argument of prctl(2) or syscall(2), which both take machine words.
fn word(value: i32) -> libc::c_ulong {
    value as libc::c_ulong
}

/// The monotonic clock, which every process of the machine shares.
pub fn monotonic() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec for the call to fill.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
