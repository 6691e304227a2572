//! Error numbers: their text without Rust's decoration, and the few that decide
//! something.

use std::io;

pub use libc::{
    EACCES, EAGAIN, EBADF, ECANCELED, ECHILD, ECONNREFUSED, EEXIST, EFBIG, EINTR, EINVAL, EIO,
    EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENOBUFS, ENODEV, ENOENT, ENOEXEC, ENOMEM, ENOSPC,
    ENOSYS, ENOTDIR, ENOTEMPTY, ENXIO, EOVERFLOW, EPERM, EPIPE, EROFS, ESRCH, ETIMEDOUT,
    EWOULDBLOCK,
};

/// The text of an error as strerror(3) words it, without "(os error N)".
pub fn text(error: &io::Error) -> String {
    let full = error.to_string();
    match full.rfind(" (os error ") {
        Some(cut) => full[..cut].to_string(),
        None => full,
    }
}

/// Whether `error` is this number.
pub fn is(error: &io::Error, number: i32) -> bool {
    error.raw_os_error() == Some(number)
}

/// Whether a system call is not to be had here: an older kernel answers ENOSYS, and
/// sandboxes answer EPERM to what they do not know. A call that can fail with EPERM for
/// a reason of its own fails with it again in its fallback.
pub fn is_missing_call(error: &io::Error) -> bool {
    is(error, ENOSYS) || is(error, EPERM)
}

/// The error with this number.
pub fn from(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

/// Calls `operation` again while it answers EINTR.
pub fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
