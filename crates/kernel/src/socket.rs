//! Unix sockets: who is on the other side.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::check;

/// The other side of a connected Unix socket, as it was when it connected
/// (SO_PEERCRED, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its process id; 0 when it is outside this PID namespace.
    pub pid: i32,
    /// Its user id; 65534 when it has none in this user namespace.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

/// Accepts a connection that waits: by accept4(2), or, where there is none, by accept(2).
///
/// # Errors
/// EAGAIN when none waits, EMFILE.
pub fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    match listener.accept() {
        Err(error) if crate::errno::is_missing_call(&error) => {
            let none = std::ptr::null_mut();
            // SAFETY: no address is asked for; the new descriptor is owned here.
            let stream = unsafe {
                let fd = check(libc::accept(listener.as_raw_fd(), none, none.cast()))?;
                UnixStream::from_raw_fd(fd)
            };
            crate::fd::set_close_on_exec(stream.as_raw_fd(), true)?;
            Ok(stream)
        }
        other => other.map(|(stream, _)| stream),
    }
}

/// Connects to the socket at `path` without waiting for room in the queue of whoever
/// listens there.
///
/// # Errors
/// EAGAIN when that queue is full; else as connect(2).
pub fn connect_now(path: &Path) -> io::Result<UnixStream> {
    // SAFETY: all-zero bytes are a valid address to fill in.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    let bytes = path.as_os_str().as_bytes();
    // One byte is left for the NUL at the end.
    if bytes.contains(&0) || bytes.len() >= address.sun_path.len() {
        return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: takes numbers; the new descriptor is owned here.
    let stream = unsafe { UnixStream::from_raw_fd(check(libc::socket(libc::AF_UNIX, kind, 0))?) };
    let length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: the address has the length that is given.
    check(unsafe { libc::connect(stream.as_raw_fd(), (&raw const address).cast(), length) })?;
    Ok(stream)
}

/// The peer of `socket`.
///
/// # Errors
/// ENOTSOCK, ENOTCONN.
pub fn peer(socket: &impl AsRawFd) -> io::Result<Peer> {
    let mut credentials = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut length = std::mem::size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the buffer has the length that is given.
    check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &mut length,
        )
    })?;
    Ok(Peer {
        pid: credentials.pid,
        uid: credentials.uid,
        gid: credentials.gid,
    })
}
