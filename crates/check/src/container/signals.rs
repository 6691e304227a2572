//! INT, TERM and HUP as something to look at, not as an end: a container that was started
//! has to be removed whatever comes.

use std::cell::Cell;
use std::time::Duration;

use kernel::signal::{self, SIGCHLD, SIGHUP, SIGINT, SIGTERM, Set};

/// What ends a run from outside. Children begin with nothing blocked: the standard library
/// sees to it.
pub(crate) struct Signals {
    came: Cell<Option<i32>>,
    heeded: Cell<bool>,
}

impl Signals {
    /// Catches them from here on, for the life of the process. To be called ahead of the first
    /// thread: a thread has the mask of who began it.
    pub(crate) fn catch() -> Signals {
        signal::block(&watched());
        Signals {
            came: Cell::new(None),
            heeded: Cell::new(true),
        }
    }

    /// Waits until a child ends, a signal comes, or the time is over.
    pub(crate) fn wait(&self, time: Duration) {
        match signal::wait(&watched(), Some(time)) {
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

fn watched() -> Set {
    Set::empty()
        .with(SIGINT)
        .with(SIGTERM)
        .with(SIGHUP)
        .with(SIGCHLD)
}
