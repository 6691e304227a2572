//! Waiting for many descriptors at once (epoll(7)).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use crate::check;

/// An epoll instance whose entries carry a number of the caller's.
pub struct Epoll(OwnedFd);

/// News of one descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The number given to [`Epoll::add`].
    pub token: u64,
    /// There is something to read, or the end.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
    /// The other side is gone or the descriptor is broken.
    pub hangup: bool,
}

impl Epoll {
    /// A new instance, closed on exec.
    ///
    /// # Errors
    /// EMFILE, ENOMEM.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: the new descriptor is owned here.
        unsafe {
            let fd = check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?;
            Ok(Epoll(OwnedFd::from_raw_fd(fd)))
        }
    }

    fn control(&self, operation: i32, fd: RawFd, events: i32, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: events as u32,
            u64: token,
        };
        // SAFETY: `event` is valid for the call.
        check(unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, fd, &mut event) }).map(drop)
    }

    /// Watches `fd` for input, level-triggered.
    ///
    /// # Errors
    /// EEXIST, EPERM for files that cannot be watched, ENOSPC.
    pub fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN, token)
    }

    /// Watches `fd` for input and, if asked, for room to write.
    ///
    /// # Errors
    /// ENOENT when it is not watched.
    pub fn modify(&self, fd: RawFd, token: u64, write: bool) -> io::Result<()> {
        let events = libc::EPOLLIN | if write { libc::EPOLLOUT } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, fd, events, token)
    }

    /// Stops watching `fd`.
    pub fn remove(&self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, 0, 0);
    }

    /// Waits for news, at most `timeout` (none: for ever), and appends it to `news`.
    ///
    /// # Errors
    /// As epoll_wait(2), but for EINTR, which counts as no news.
    pub fn wait(&self, timeout: Option<Duration>, news: &mut Vec<Readiness>) -> io::Result<()> {
        let milliseconds = match timeout {
            None => -1,
            // Rounded up: a wait must not end before its time and spin.
            Some(time) => time.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32,
        };
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        // SAFETY: the array has the length that is given.
        let count = unsafe {
            libc::epoll_wait(
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                events.len() as i32,
                milliseconds,
            )
        };
        let count = match check(count) {
            Ok(count) => count as usize,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        news.extend(events[..count].iter().map(|event| {
            let bits = event.events as i32;
            Readiness {
                token: event.u64,
                readable: bits & libc::EPOLLIN != 0,
                writable: bits & libc::EPOLLOUT != 0,
                hangup: bits & (libc::EPOLLHUP | libc::EPOLLERR) != 0,
            }
        }));
        Ok(())
    }
}
