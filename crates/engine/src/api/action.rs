//! What comes out: what is to be done.

use super::{End, Notice, Pid, UnitId};

/// What the engine wants done. Carried out in order; none may block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a process of the unit that executes this program of it; answer
    /// [`Event::Started`](super::Event::Started) or
    /// [`Event::StartFailed`](super::Event::StartFailed).
    Execute(UnitId, Role),
    /// Signal this process of this unit (its own pid, not its group).
    Signal(UnitId, Pid, u8),
    /// The unit's state changed: write its status and announce it. `what` names the
    /// change as listeners of s6's event directories know it.
    Announce(UnitId, Change),
    /// No more input will come for this logger: close our end of its pipe.
    CloseInput(UnitId),
    /// The unit is gone from the engine; forget everything about it.
    Forget(UnitId),
    /// Run the stop hooks, one after another; answer
    /// [`Event::StopHooksDone`](super::Event::StopHooksDone).
    RunStopHooks,
    /// Signal every process but PID 1.
    SignalAll(u8),
    /// The stop is over: the container is to end with this code.
    EndStop(u8),
    /// Something that people should read.
    Tell(Notice),
}

/// A program of a unit, by what it is for. Where it is and how it is called is the
/// performer's affair; which of them runs is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A service's process.
    Run,
    /// What a service has run after each end of its process.
    Finish {
        /// How its process ended.
        end: End,
        /// The pid, and so the process group, of the process that ended.
        pid: Pid,
    },
    /// What a one-shot does: it is up once this has succeeded.
    Up,
    /// What undoes it.
    Down,
}

/// A change of a unit as others see it: the letters of s6's `event/` directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `u`: its process was started.
    Up,
    /// `U`: it is ready.
    Ready,
    /// `d`: its process has ended.
    Down,
    /// `D`: its `finish` has ended too (or it has none).
    Finished,
    /// `O`: it will not be started again by itself; comes before `D`.
    Permanent,
    /// `x`: it is no longer supervised.
    Gone,
    /// Nothing to announce, but its status bytes changed (want, paused).
    Silent,
}
