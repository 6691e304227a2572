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
    // SAFETY: `ends` has room for two descriptors.
    if let Err(error) = check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }) {
        // Where the call is missing, the older one does it; where descriptors are, it may
        // have been for a moment (ENFILE).
        older_pipe(&mut ends).map_err(|_| error)?;
        for end in ends {
            set_close_on_exec(end, true)?;
        }
    }
    // SAFETY: both descriptors are new and owned from here.
    unsafe { Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1]))) }
}

/// pipe(2) itself: the C library's goes by pipe2(2). Newer architectures have only that.
#[cfg(target_arch = "x86_64")]
fn older_pipe(ends: &mut [RawFd; 2]) -> io::Result<()> {
    // SAFETY: `ends` has room for two descriptors.
    let done = unsafe { libc::syscall(libc::SYS_pipe, ends.as_mut_ptr()) };
    check(done as libc::c_int).map(drop)
}

#[cfg(not(target_arch = "x86_64"))]
fn older_pipe(_ends: &mut [RawFd; 2]) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
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
    if close_range(first, 0).is_err() {
        open_from(first).into_iter().for_each(close);
    }
}

/// Marks every descriptor from `first` on to be closed on exec.
pub fn close_from_on_exec(first: RawFd) {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    if close_range(first, CLOSE_RANGE_CLOEXEC).is_err() {
        for fd in open_from(first) {
            let _ = set_close_on_exec(fd, true);
        }
    }
}

/// close_range(2): not on kernels before 5.9 and in strict sandboxes.
fn close_range(first: RawFd, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: no preconditions; the caller gives up all descriptors from `first` on.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) };
    check(done as libc::c_int).map(drop)
}

/// The numbers from `first` on that are open: as /proc says, else as each answers.
pub fn open_from(first: RawFd) -> Vec<RawFd> {
    match crate::dir::names_in(std::path::Path::new("/proc/self/fd")) {
        Ok(names) => {
            let numbers = names
                .iter()
                .filter_map(|name| std::str::from_utf8(name).ok()?.parse().ok());
            // The directory that was just read is among the numbers, and closed by now.
            let numbers = numbers.filter(|fd| *fd >= first);
            numbers.filter(|fd| is_open(*fd)).collect()
        }
        Err(_) => open_by_asking(first),
    }
}

/// Most numbers that are asked about one by one: limits of 2^30 are common, descriptors
/// up there are not.
const ASKED: RawFd = 65536;

/// How many are asked about at a time (poll(2) refuses more than RLIMIT_NOFILE).
const AT_A_TIME: usize = 512;

fn open_by_asking(first: RawFd) -> Vec<RawFd> {
    let numbers: Vec<RawFd> = (first..ASKED).collect();
    numbers.chunks(AT_A_TIME).flat_map(open_among).collect()
}

/// Those of `numbers` that are open: poll(2) marks the others (POLLNVAL).
fn open_among(numbers: &[RawFd]) -> Vec<RawFd> {
    let asked = numbers.iter().map(|fd| libc::pollfd {
        fd: *fd,
        events: 0,
        revents: 0,
    });
    let mut asked: Vec<libc::pollfd> = asked.collect();
    // SAFETY: the array has the length that is given.
    let answer = unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, 0) };
    let mut numbers: Vec<RawFd> = numbers.to_vec();
    if answer == -1 {
        numbers.retain(|fd| is_open(*fd));
    } else {
        let mut closed = asked.iter().map(|one| one.revents & libc::POLLNVAL != 0);
        numbers.retain(|_| closed.next() == Some(false));
    }
    numbers
}

/// Whether `fd` is open.
pub fn is_open(fd: RawFd) -> bool {
    // SAFETY: no preconditions.
    let answer = check(unsafe { libc::fcntl(fd, libc::F_GETFD) });
    !answer.is_err_and(|error| crate::errno::is(&error, libc::EBADF))
}

/// Sets or clears the close-on-exec flag.
///
/// # Errors
/// EBADF.
pub fn set_close_on_exec(fd: RawFd, on: bool) -> io::Result<()> {
    let flags = if on { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: no preconditions.
    let by_flags = check(unsafe { libc::fcntl(fd, libc::F_SETFD, flags) });
    let request = if on { libc::FIOCLEX } else { libc::FIONCLEX };
    by_flags
        // SAFETY: the request has no argument.
        .or_else(|error| check(unsafe { libc::ioctl(fd, request) }).map_err(|_| error))
        .map(drop)
}

/// Sets or clears O_NONBLOCK on the open file. Where fcntl(2) is refused, ioctl(2) does the
/// same: who reads a pipe that should not block, and does, hears nothing more.
///
/// # Errors
/// EBADF.
pub fn set_nonblocking(fd: RawFd, on: bool) -> io::Result<()> {
    let by_flags = || {
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
    };
    by_flags().or_else(|error| {
        let on = libc::c_int::from(on);
        // SAFETY: the request reads one int.
        check(unsafe { libc::ioctl(fd, libc::FIONBIO, &raw const on) })
            .map_err(|_| error)
            .map(drop)
    })
}

/// Whether `fd` is a pipe that pipe(2) made: nobody else can have chosen its mode.
pub fn is_unnamed_pipe(fd: RawFd) -> bool {
    // PIPEFS_MAGIC (statfs(2)).
    const PIPES: u64 = 0x5049_5045;
    // SAFETY: all-zero bytes are a valid statfs buffer to fill in.
    unsafe {
        let mut system: libc::statfs = std::mem::zeroed();
        libc::fstatfs(fd, &mut system) == 0 && system.f_type as u64 == PIPES
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
    poll_with_mask(fds, timeout, None)
}

/// The same with `mask` as the signal mask while it waits.
pub(crate) fn poll_with_mask(
    fds: &[RawFd],
    timeout: Option<std::time::Duration>,
    mask: Option<&crate::signal::Set>,
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
        tv_sec: time.as_secs().min(i32::MAX as u64) as libc::time_t,
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

/// How many bytes in the pipe behind `fd` nobody has read yet (FIONREAD, pipe(7)); none
/// where it is no pipe.
pub fn unread(fd: RawFd) -> Option<usize> {
    // SAFETY: all-zero bytes are a valid stat to fill in.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the buffer is one stat.
    check(unsafe { libc::fstat(fd, &mut found) }).ok()?;
    if found.st_mode & libc::S_IFMT != libc::S_IFIFO {
        return None;
    }
    let mut bytes: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int.
    check(unsafe { libc::ioctl(fd, libc::FIONREAD, &mut bytes) }).ok()?;
    usize::try_from(bytes).ok()
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

/// Writes at most PIPE_BUF bytes without waiting and without a SIGPIPE, also where others
/// write to the same pipe, terminal or socket, and where it was not opened so. Between a
/// look for room (poll(2)) and a write(2) somebody else can have taken the room, and the
/// flag that says not to wait (O_NONBLOCK) is shared with everybody who has the file.
///
/// So a pipe or a terminal is opened anew, by its name under /proc, for the one write; a
/// socket is told so in the call. Where neither can be, write(2) follows a look for room.
///
/// # Errors
/// As write(2); EAGAIN where it would have to wait.
pub fn write_now(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    const FORMAT: u32 = libc::S_IFMT;
    let kind = crate::fs::stat(&fd)?.mode & FORMAT;
    if kind == libc::S_IFSOCK {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: the buffer has the length that is given.
        let sent = unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) };
        return usize::try_from(sent).map_err(|_| io::Error::last_os_error());
    }
    if kind == libc::S_IFIFO || (kind == libc::S_IFCHR && !crate::tty::is_master(fd)) {
        let anew = crate::fs::open(
            format!("/proc/self/fd/{fd}").as_ref(),
            libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY,
            0,
        );
        match anew {
            Ok(anew) => return write_quietly(anew.as_raw_fd(), bytes),
            // Nobody reads a pipe: the write says so, at once.
            Err(error) if crate::errno::is(&error, libc::ENXIO) => {}
            Err(_) => match write_nowait(fd, bytes) {
                Err(error) if is_unknown(&error) => {}
                other => return other,
            },
        }
    }
    match has_room(fd) {
        true => write_quietly(fd, bytes),
        false => Err(io::Error::from_raw_os_error(libc::EAGAIN)),
    }
}

/// pwritev2(2) with RWF_NOWAIT at the file's own position: of a pipe since Linux 6.4.
fn write_nowait(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    const RWF_NOWAIT: libc::c_int = 8;
    let part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    quietly(|| {
        // SAFETY: one part, of the length that is given; it is only read.
        let count = unsafe { libc::pwritev2(fd, &raw const part, 1, -1, RWF_NOWAIT) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    })
}

/// Whether a call, or what it was asked to do, is not known here.
fn is_unknown(error: &io::Error) -> bool {
    crate::errno::is_missing_call(error)
        || [libc::EOPNOTSUPP, libc::EINVAL, libc::ESPIPE]
            .iter()
            .any(|number| crate::errno::is(error, *number))
}

/// One write(2) that raises no SIGPIPE, whatever this process does about that signal.
///
/// # Errors
/// As write(2).
pub fn write_quietly(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    quietly(|| write(fd, bytes))
}

/// Writes without a SIGPIPE, whatever this process does about that signal.
fn quietly(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    use crate::signal::{SIGPIPE, Set, is_blocked, set_mask, wait};
    if is_blocked(SIGPIPE) {
        return write();
    }
    let pipe = Set::empty().with(SIGPIPE);
    let before = crate::signal::block(&pipe);
    let outcome = write();
    if outcome
        .as_ref()
        .is_err_and(|e| crate::errno::is(e, libc::EPIPE))
    {
        wait(&pipe, Some(std::time::Duration::ZERO));
    }
    set_mask(&before);
    outcome
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

/// A longest write that a pipe with room takes at once (PIPE_BUF, pipe(7)).
pub const PIPE_BUF: usize = 4096;

/// The number of a descriptor that this program owns.
pub fn number(fd: &impl AsRawFd) -> RawFd {
    fd.as_raw_fd()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_proc_open_descriptors_are_found_too() {
        let (read, write) = pipe().unwrap();
        let found = open_by_asking(3);
        for end in [&read, &write] {
            assert!(found.contains(&end.as_raw_fd()));
            assert!(open_from(3).contains(&end.as_raw_fd()));
        }
        assert!(!found.contains(&(ASKED - 1)));
    }

    /// Fills what a write to `fd` goes to, without waiting.
    fn fill(fd: RawFd) {
        set_nonblocking(fd, true).unwrap();
        for size in [4096, 1] {
            while write(fd, &vec![b'x'; size]).is_ok() {}
        }
        set_nonblocking(fd, false).unwrap();
    }

    #[test]
    fn a_write_never_waits_for_room_that_somebody_else_has_taken() {
        use std::os::unix::net::UnixStream;
        let (read, write) = pipe().unwrap();
        let (one, other) = UnixStream::pair().unwrap();
        assert_eq!(write_now(write.as_raw_fd(), b"line").unwrap(), 4);
        assert_eq!(write_now(one.as_raw_fd(), b"line").unwrap(), 4);
        for full in [write.as_raw_fd(), one.as_raw_fd()] {
            fill(full);
            // Waiting would be for ever: nobody reads.
            let error = write_now(full, b"line").unwrap_err();
            assert!(crate::errno::is(&error, libc::EAGAIN), "{error}");
        }
        let error = write_nowait(write.as_raw_fd(), b"line").unwrap_err();
        assert!(
            crate::errno::is(&error, libc::EAGAIN) || is_unknown(&error),
            "{error}"
        );
        // What opens anew as something else is left as it is.
        let master = crate::fs::open("/dev/ptmx".as_ref(), libc::O_RDWR | libc::O_NOCTTY, 0);
        if let Ok(master) = master {
            assert!(crate::tty::is_master(master.as_raw_fd()));
            assert_eq!(write_now(master.as_raw_fd(), b"line").unwrap(), 4);
        }
        drop((read, other));
        for broken in [write.as_raw_fd(), one.as_raw_fd()] {
            let error = write_now(broken, b"line").unwrap_err();
            assert!(crate::errno::is(&error, libc::EPIPE), "{error}");
        }
    }
}
