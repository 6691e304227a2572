//! Unix sockets, as the standard library does not use them.

use super::check;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Connects without waiting for room in the listener's queue.
///
/// # Errors
/// `WouldBlock` when that is full; the kernel's.
pub fn connect_now(path: &Path) -> io::Result<UnixStream> {
    // SAFETY: all-zero bytes are a valid address.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    let bytes = path.as_os_str().as_bytes();
    if bytes.len() >= address.sun_path.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: the new descriptor is owned here; the address has the length that is given.
    unsafe {
        let stream = UnixStream::from_raw_fd(check(libc::socket(libc::AF_UNIX, kind, 0))?);
        check(libc::connect(
            stream.as_raw_fd(),
            (&raw const address).cast(),
            length,
        ))?;
        Ok(stream)
    }
}

/// Whether the other side has closed the connection, or shut down both halves.
///
/// # Errors
/// The kernel's.
pub fn closed_by_peer(stream: &UnixStream) -> io::Result<bool> {
    let mut polled = libc::pollfd {
        fd: stream.as_raw_fd(),
        events: 0,
        revents: 0,
    };
    // SAFETY: one valid pollfd.
    check(unsafe { libc::poll(&mut polled, 1, 0) })?;
    Ok(polled.revents & (libc::POLLHUP | libc::POLLERR) != 0)
}
