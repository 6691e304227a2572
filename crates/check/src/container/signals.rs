//! INT, TERM, HUP and QUIT as something to look at, not as an end: a container that was started
//! has to be removed whatever comes.

use std::cell::Cell;
use std::time::Duration;

use kernel::signal::{self, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, Set};

/// What ends a run from outside. Children begin with nothing blocked: the standard library
/// sees to it.
pub(crate) struct Signals {
    watched: Set,
    came: Cell<Option<i32>>,
    heeded: Cell<bool>,
}

impl Signals {
    /// Catches them from here on, for the life of the process. To be called ahead of the first
    /// thread: a thread has the mask of who began it.
    ///
    /// What was ignored stays ignored: nohup(1), and INT of what a script starts with `&`.
    pub(crate) fn catch() -> Signals {
        // Ignored, it would take the ends of children away from us.
        let _ = signal::set_default(SIGCHLD);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        let heard = ENDS.iter().filter(|number| !ignored.contains(number));
        let watched = heard.fold(Set::empty().with(SIGCHLD), |set, number| set.with(*number));
        signal::block(&watched);
        Signals {
            watched,
            came: Cell::new(None),
            heeded: Cell::new(true),
        }
    }

    /// Waits until a child ends, a signal comes, or the time is over.
    pub(crate) fn wait(&self, time: Duration) {
        match signal::wait(&self.watched, Some(time)) {
            Some(SIGCHLD) | None => {}
            Some(number) => self.came.set(self.came.get().or(Some(number))),
        }
    }

    /// The signal that has come, unless none is heeded any more.
    pub(crate) fn came(&self) -> Option<i32> {
        self.came.get().filter(|_| self.heeded.get())
    }

    /// From here on things are put in order, and nothing interrupts that.
    pub(crate) fn heed_no_more(&self) {
        self.heeded.set(false);
    }

    /// The same as long as the value lives.
    pub(crate) fn unheeded(&self) -> Unheeded<'_> {
        Unheeded {
            before: self.heeded.replace(false),
            signals: self,
        }
    }

    /// The first signal that has come, heeded or not.
    pub(crate) fn first(&self) -> Option<i32> {
        self.came.get()
    }

    /// Sleeps; a signal that is heeded ends it early.
    pub(crate) fn sleep(&self, time: Duration) {
        let until = std::time::Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() || self.came().is_some() {
                return;
            }
            self.wait(left);
        }
    }
}

/// As long as it lives, no signal interrupts.
pub(crate) struct Unheeded<'a> {
    signals: &'a Signals,
    before: bool,
}

impl Drop for Unheeded<'_> {
    fn drop(&mut self) {
        self.signals.heeded.set(self.before);
    }
}

/// What asks a program to end.
const ENDS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Which of them are ignored: the mask in /proc/PID/status (proc_pid_status(5)).
fn ignored(status: &str) -> Vec<i32> {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mask = mask.unwrap_or(0);
    let is_ignored = |number: &i32| mask >> (number - 1) & 1 == 1;
    ENDS.into_iter().filter(is_ignored).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_seen() {
        assert_eq!(ignored("Name:\tx\nSigIgn:\t0000000000001001\n"), [SIGHUP]);
        assert_eq!(ignored("SigIgn:\t0000000000000006\n"), [SIGINT, SIGQUIT]);
        assert_eq!(ignored(""), [] as [i32; 0]);
    }
}
