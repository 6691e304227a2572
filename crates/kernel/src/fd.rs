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
}
