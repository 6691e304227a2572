//! Waiting for descriptors: poll(2) and its like.

use std::io;
use std::os::fd::RawFd;

use crate::check;
use crate::signal::Set;

/// Waits until one of `fds` is readable (or at its end), at most `timeout`; gives
/// which. None: no limit.
///
/// # Errors
/// As poll(2), but for EINTR, which counts as "none yet".
pub fn poll_readable(
    fds: &[RawFd],
    timeout: Option<std::time::Duration>,
) -> io::Result<Vec<RawFd>> {
    poll_with_mask(fds, timeout, None)
}

/// The same with `mask` as the signal mask while it waits.
pub(crate) fn poll_with_mask(
    fds: &[RawFd],
    timeout: Option<std::time::Duration>,
    mask: Option<&Set>,
) -> io::Result<Vec<RawFd>> {
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: *fd,
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let timeout = timeout.map(|time| libc::timespec {
        tv_sec: time.as_secs().min(i32::MAX as u64) as _,
        tv_nsec: libc::c_long::from(time.subsec_nanos()),
    });
    let time = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    let mask = mask.map_or(std::ptr::null(), |mask| &raw const mask.0);
    // SAFETY: the array has the length that is given; time and mask are null or live on.
    let count = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            polled.len() as libc::nfds_t,
            time,
            mask,
        )
    };
    match check(count) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Vec::new()),
        Err(error) => Err(error),
        Ok(_) => Ok(polled
            .iter()
            .filter(|p| p.revents != 0)
            .map(|p| p.fd)
            .collect()),
    }
}

/// Whether a write of at most PIPE_BUF (4096) bytes to `fd` would not wait (poll(2)
/// with POLLOUT; pipe(7)). A descriptor that is closed or broken counts as having
/// room: the write fails at once.
pub fn has_room(fd: RawFd) -> bool {
    let mut polled = libc::pollfd {
        fd,
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&mut polled, 1, 0) != 0 }
}

/// Waits until a write to `fd` need not wait, at most `timeout` (poll(2)).
pub fn wait_for_room(fd: RawFd, timeout: std::time::Duration) {
    let mut polled = libc::pollfd {
        fd,
        events: libc::POLLOUT,
        revents: 0,
    };
    let milliseconds = timeout.as_millis().min(i32::MAX as u128) as i32;
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&mut polled, 1, milliseconds) };
}
