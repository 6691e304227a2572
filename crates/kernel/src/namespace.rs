//! Namespaces: starting a process in new ones, and what belongs to them (namespaces(7)).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::process::Fork;
use crate::{c_string, check};

/// Which namespaces a process gets of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct New(libc::c_int);

impl New {
    /// Process ids, mounts, host name and System V IPC: what an engine always gives.
    pub const CONTAINER: New =
        New(libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC);

    /// With users and groups, which gives a plain user the right to the others.
    pub fn with_users(self) -> New {
        New(self.0 | libc::CLONE_NEWUSER)
    }

    /// With a network that begins with nothing but a loopback device that is down.
    pub fn with_network(self) -> New {
        New(self.0 | libc::CLONE_NEWNET)
    }
}

/// Copies the process as fork does, the child in new namespaces; with
/// [`New::CONTAINER`] it is process 1 of its own.
///
/// The C library does not learn the child's thread id, so the child should soon
/// execute something and must not start threads.
///
/// # Errors
/// As clone(2): EPERM without the right to, ENOSPC at a limit on namespaces, EINVAL on
/// kernels without them.
pub fn fork_into(new: New) -> io::Result<Fork> {
    let flags = libc::c_long::from(new.0 | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with no stack given this is fork(2): the child has
    // its own copy of everything, and this program is single-threaded.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match check(pid as libc::c_int)? {
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid)),
    }
}

/// Gives this process a mount namespace of its own, a copy of the one it was in.
///
/// # Errors
/// EPERM.
pub fn own_mounts() -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) }).map(drop)
}

/// The host name of this UTS namespace.
///
/// # Errors
/// None in practice.
pub fn host_name() -> io::Result<Vec<u8>> {
    // Longer than any (HOST_NAME_MAX is 64).
    let mut name = [0u8; 256];
    // SAFETY: one byte less than there is room for, so that the last one stays a NUL.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    let end = name.iter().position(|byte| *byte == 0);
    Ok(name[..end.unwrap_or(name.len())].to_vec())
}

/// Sets the host name of this UTS namespace.
///
/// # Errors
/// EPERM; EINVAL for more than 64 bytes.
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    let text = c_string(name)?;
    // SAFETY: the buffer has the length that is given.
    check(unsafe { libc::sethostname(text.as_ptr(), name.len()) }).map(drop)
}

/// Switches the loopback device of this network namespace on.
///
/// # Errors
/// EPERM; ENODEV on kernels without one.
pub fn raise_loopback() -> io::Result<()> {
    // SAFETY: the descriptor is owned here; all-zero bytes are a valid ifreq, the name
    // fits with its NUL, and both ioctls take an ifreq.
    unsafe {
        let socket = check(libc::socket(
            libc::AF_INET,
            libc::SOCK_DGRAM | libc::SOCK_CLOEXEC,
            0,
        ))?;
        let socket = OwnedFd::from_raw_fd(socket);
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = *from as libc::c_char;
        }
        check(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFFLAGS as libc::Ioctl,
            &mut request,
        ))?;
        request.ifr_ifru.ifru_flags |= libc::IFF_UP as libc::c_short;
        check(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS as libc::Ioctl,
            &request,
        ))
        .map(drop)
    }
}
