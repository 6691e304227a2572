//! A descriptor that is readable when a time of the wall clock has come (timerfd_create(2)),
//! or when that clock was set meanwhile.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::{check, errno};

/// A timer on CLOCK_REALTIME.
pub struct WallTimer(OwnedFd);

/// What a [`WallTimer`] says when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rang {
    /// Nothing yet.
    No,
    /// Its time has come.
    Yes,
    /// The clock was set, or the machine has slept: it must be set anew.
    ClockSet,
}

impl WallTimer {
    /// A timer that is not set; closed on exec, never blocking.
    ///
    /// # Errors
    /// EMFILE; ENOSYS or EPERM in sandboxes without timerfd_create(2).
    pub fn new() -> io::Result<WallTimer> {
        let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
        // SAFETY: takes numbers; the new descriptor is owned here.
        unsafe {
            let fd = check(libc::timerfd_create(libc::CLOCK_REALTIME, flags))?;
            Ok(WallTimer(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Sets it to this second since 1970. A time that is over rings at once. Without a time it
    /// rings when the clock is set and not before (a timer must be armed for that).
    ///
    /// # Errors
    /// ECANCELED when the clock was set since the last read; it is set all the same.
    pub fn set(&self, second: Option<i64>) -> io::Result<()> {
        // 0 would disarm it; the last second that every kernel takes is never.
        let second = second.unwrap_or(i64::MAX).clamp(1, NEVER);
        // SAFETY: an all-zero itimerspec is valid.
        let mut time: libc::itimerspec = unsafe { std::mem::zeroed() };
        time.it_value.tv_sec = second;
        let flags = libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET;
        let set = |flags| {
            // SAFETY: `time` is valid for the call; the old value is not asked for.
            check(unsafe {
                libc::timerfd_settime(self.0.as_raw_fd(), flags, &time, std::ptr::null_mut())
            })
        };
        match set(flags) {
            // Kernels before 3.0, and emulators.
            Err(error) if errno::is(&error, libc::EINVAL) => set(libc::TFD_TIMER_ABSTIME),
            other => other,
        }
        .map(drop)
    }

    /// What has happened since it was set.
    pub fn read(&self) -> Rang {
        let mut count = [0u8; 8];
        match errno::retry(|| crate::fd::read(self.0.as_raw_fd(), &mut count)) {
            Ok(_) => Rang::Yes,
            Err(error) if errno::is(&error, libc::ECANCELED) => Rang::ClockSet,
            Err(_) => Rang::No,
        }
    }
}

/// Year 2262: later ones overflow the kernel's nanoseconds.
const NEVER: i64 = 9_000_000_000;

impl AsRawFd for WallTimer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_rings_at_its_time_and_not_without_one() {
        let timer = WallTimer::new().unwrap();
        let ready = |limit| {
            let fds = [timer.as_raw_fd()];
            !crate::poll::poll_readable(&fds, Some(limit))
                .unwrap()
                .is_empty()
        };
        timer.set(None).unwrap();
        assert!(!ready(Duration::from_millis(20)));
        assert_eq!(timer.read(), Rang::No);
        let now = crate::clock::wall().as_secs() as i64;
        timer.set(Some(now + 1)).unwrap();
        assert!(ready(Duration::from_secs(10)));
        assert_eq!(timer.read(), Rang::Yes);
        assert!(crate::clock::wall().as_secs() as i64 > now);
        for over in [now - 5, 0, -7] {
            timer.set(Some(over)).unwrap();
            assert!(ready(Duration::from_secs(10)));
            assert_eq!(timer.read(), Rang::Yes);
        }
    }
}
