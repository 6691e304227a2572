//! What the mind has to say, ahead of being words.

use std::rc::Rc;

use crate::schedule::Seconds;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
    /// It could not begin.
    NotStarted,
    /// It did not even end by KILL; nobody waits for it any more.
    Lost,
}

impl End {
    /// The exit code that a shell would give.
    pub(crate) fn code(self) -> u8 {
        match self {
            End::Code(code) => code,
            End::Signal(signal) => 128u8.wrapping_add(signal),
            End::NotStarted => 126,
            End::Lost => 137,
        }
    }
}

/// Why a run was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    TimeOut,
    Replaced,
    Stop,
}

/// Something to say.
#[derive(Debug)]
pub(crate) enum Note<T> {
    /// A run has ended.
    Ended {
        job: Rc<T>,
        end: End,
        took: u64,
        why: Option<Why>,
        killed: bool,
        grace: u64,
    },
    /// A time was left out.
    LeftOut {
        job: Rc<T>,
        /// How long what is in its way has run; none: it waits for its jitter.
        runs_for: Option<u64>,
        /// Another start waits already.
        waits: bool,
    },
    /// A start that waited does not begin.
    Dropped { job: Rc<T> },
    /// Times went by unheeded.
    Missed { job: Rc<T>, times: u64, once: bool },
    /// The same of many jobs.
    MissedByMany { jobs: usize, times: u64 },
    /// The wall clock was set back.
    ClockBack { by: Seconds, anew: bool },
}
