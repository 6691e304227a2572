//! Descriptors by number: duplicating, closing, flags, pipes. Chain loaders work on
//! numbers that scripts name, so these take raw descriptors.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::check;

/// A pipe whose ends are closed on exec.
///
/// # Errors
/// EMFILE, ENFILE.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for two descriptors, which are owned from here.
    unsafe {
        check(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Makes `to` a copy of `from`, open across exec. Nothing happens, but that, when
/// they are the same.
///
/// # Errors
/// EBADF when `from` is not open.
pub fn copy(from: RawFd, to: RawFd) -> io::Result<()> {
    if from == to {
        return set_close_on_exec(from, false);
    }
    // SAFETY: no preconditions on the numbers; `to` belongs to the caller.
    crate::errno::retry(|| check(unsafe { libc::dup2(from, to) })).map(drop)
}

/// A copy of `from` at the lowest free number from `least` on, closed on exec.
///
/// # Errors
/// EBADF, EMFILE.
pub fn copy_above(from: RawFd, least: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the new descriptor is owned here.
    unsafe {
        let fd = check(libc::fcntl(from, libc::F_DUPFD_CLOEXEC, least))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Closes `fd`; whether it was open does not matter.
pub fn close(fd: RawFd) {
    // SAFETY: the caller names a descriptor that no value of this program owns.
    unsafe { libc::close(fd) };
}

/// Takes a descriptor by number into ownership.
///
/// The caller says that nothing else in this program owns it; a wrong claim shows as
/// EBADF later, not as memory damage.
pub fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: io-safety is the caller's claim, see above; fd is not -1 by contract.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Closes every descriptor from `first` on.
pub fn close_from(first: RawFd) {
    // SAFETY: no preconditions; the caller gives up all descriptors from `first` on.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if done == 0 {
        return;
    }
    // Kernels before 5.9 and strict sandboxes: ask /proc, else try each number.
    match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => {
            let open: Vec<RawFd> = entries
                .flatten()
                .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
                .filter(|fd| *fd >= first)
                .collect();
            open.into_iter().for_each(close);
        }
        Err(_) => {
            let end = crate::limits::open_files().map_or(1024, |limit| limit.soft.min(65536));
            (first..end as RawFd).for_each(close);
        }
    }
}

/// Marks every descriptor from `first` on to be closed on exec.
pub fn close_from_on_exec(first: RawFd) {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    // SAFETY: no preconditions.
    let done = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            libc::c_uint::MAX,
            CLOSE_RANGE_CLOEXEC,
        )
    };
    if done == 0 {
        return;
    }
    let end = crate::limits::open_files().map_or(1024, |limit| limit.soft.min(65536));
    for fd in first..end as RawFd {
        let _ = set_close_on_exec(fd, true);
    }
}

/// Whether `fd` is open.
pub fn is_open(fd: RawFd) -> bool {
    // SAFETY: no preconditions.
    unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
}

/// Sets or clears the close-on-exec flag.
///
/// # Errors
/// EBADF.
pub fn set_close_on_exec(fd: RawFd, on: bool) -> io::Result<()> {
    let flags = if on { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: no preconditions.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, flags) }).map(drop)
}

/// Sets or clears O_NONBLOCK on the open file.
///
/// # Errors
/// EBADF.
pub fn set_nonblocking(fd: RawFd, on: bool) -> io::Result<()> {
    // SAFETY: no preconditions.
    unsafe {
        let flags = check(libc::fcntl(fd, libc::F_GETFL))?;
        let wanted = if on {
            flags | libc::O_NONBLOCK
        } else {
            flags & !libc::O_NONBLOCK
        };
        check(libc::fcntl(fd, libc::F_SETFL, wanted)).map(drop)
    }
}

/// Opens /dev/null (or, where it is missing, a pipe without another end) on each of
/// 0, 1 and 2 that is closed, so that no file opened later lands there.
pub fn fill_standard_streams() {
    for fd in 0..3 {
        if is_open(fd) {
            continue;
        }
        // SAFETY: a new descriptor takes the lowest free number, which is `fd`.
        unsafe {
            if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) == -1 {
                let mut ends = [0; 2];
                if libc::pipe(ends.as_mut_ptr()) == 0 {
                    let (keep, drop) = if fd == 0 {
                        (ends[0], ends[1])
                    } else {
                        (ends[1], ends[0])
                    };
                    if keep != fd {
                        libc::dup2(keep, fd);
                        libc::close(keep);
                    }
                    libc::close(drop);
                }
            }
        }
    }
}

/// Waits until one of `fds` is readable (or at its end), at most `timeout`; gives
/// which. None: no limit.
///
/// # Errors
/// As poll(2), but for EINTR, which counts as "none yet".
pub fn poll_readable(
    fds: &[RawFd],
    timeout: Option<std::time::Duration>,
) -> io::Result<Vec<RawFd>> {
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: *fd,
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let milliseconds = match timeout {
        None => -1,
        // Rounded up: a wait must not end before its time and spin.
        Some(time) => time.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32,
    };
    // SAFETY: the array has the length that is given.
    let count = unsafe {
        libc::poll(
            polled.as_mut_ptr(),
            polled.len() as libc::nfds_t,
            milliseconds,
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

/// Writes all of `bytes` to `fd`, without owning it.
///
/// # Errors
/// As write(2).
pub fn write_all(fd: RawFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = crate::errno::retry(|| write(fd, bytes))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// One write(2).
///
/// # Errors
/// As write(2).
pub fn write(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the buffer has the length that is given.
    let count = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// One read(2); 0 is the end.
///
/// # Errors
/// As read(2).
pub fn read(fd: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer has the length that is given.
    let count = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Reads `fd` to its end, at most `limit` bytes; more is an error (EFBIG).
///
/// # Errors
/// As read(2), and EFBIG.
pub fn read_to_end(fd: RawFd, limit: usize) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = [0u8; 8192];
    loop {
        let count = crate::errno::retry(|| read(fd, &mut buffer))?;
        if count == 0 {
            return Ok(all);
        }
        if all.len() + count > limit {
            return Err(io::Error::from_raw_os_error(libc::EFBIG));
        }
        all.extend_from_slice(&buffer[..count]);
    }
}

/// The number of a descriptor that this program owns.
pub fn number(fd: &impl AsRawFd) -> RawFd {
    fd.as_raw_fd()
}
