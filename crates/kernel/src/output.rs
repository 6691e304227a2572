//! Writing what may not wait and may not end its writer: lines for people.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use crate::fd::write;
use crate::poll::has_room;
use crate::signal::{SIGPIPE, Set, block, is_blocked, set_mask, wait};

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
    if is_blocked(SIGPIPE) {
        return write();
    }
    let pipe = Set::empty().with(SIGPIPE);
    let before = block(&pipe);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd::{pipe, set_nonblocking};

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
