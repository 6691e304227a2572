//! What goes into the engine and what comes out of it.

mod action;
mod event;
mod notice;

use std::time::Duration;

pub use action::{Action, Change, Role};
pub use event::{AGAIN, Event, Request, StopCause, StopLimits};
pub use notice::{Ended, Hindrance, Next, Notice};

/// A moment on the monotonic clock, in nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The moment `span` later, or the last moment there is.
    pub fn after(self, span: Duration) -> Time {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(nanos))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub i32);

/// A unit's number, given by the engine at [`Event::Add`] order: stable while the
/// unit exists, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Killed(u8),
}

/// What a unit is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not running and not asked to.
    Down,
    /// Wanted, but something that it needs is not ready.
    Waiting,
    /// [`Action::Execute`] is out; no answer yet.
    Starting,
    /// Its process runs.
    Up,
    /// Its process runs and it has said that it is ready (a one-shot: it succeeded).
    Ready,
    /// Its process has ended and `finish` runs; of a one-shot, what undoes it.
    Finishing,
    /// It waits for its next start.
    BackingOff,
    /// Its process was asked to end and has not yet.
    Stopping,
    /// It will not be started again unless asked: exit 125 of `finish`, its restart
    /// limit, or a one-shot that failed.
    Failed,
}

/// How far the container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It boots or runs: units start and are started again.
    Running,
    /// It stops: nothing starts any more.
    Stopping(StopStage),
}

/// The stages of a stop, from the gentlest to the hardest, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopStage {
    /// The units were asked to end; the stop hooks run beside that.
    Hooks,
    /// The hooks are done; the units have their last time to end.
    Services,
    /// Everything that is left got HUP and TERM.
    Terminate,
    /// Everything that is left got KILL.
    Kill,
    /// [`Action::EndStop`] is out.
    Over,
}
