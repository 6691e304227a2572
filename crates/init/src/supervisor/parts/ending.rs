//! The stop: what began it, what it waits for, what had to be killed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::kin::Kin;
use crate::stop::reach::Reach;
use crate::stop::{StopHooks, StopRules};

/// See the module's text.
pub(crate) struct Ending {
    /// The stop that has begun.
    pub(crate) stopping: Option<Stopping>,
    pub(crate) hooks: Option<StopHooks>,
    pub(crate) rules: StopRules,
    pub(crate) reach: Reach,
    /// Pids that may not be signalled, each named once.
    pub(crate) unreachable: BTreeSet<i32>,
    /// Everybody has just been signalled.
    pub(crate) signalled_all: bool,
    /// Whose the processes are that services have left behind.
    pub(crate) kin: Kin,
    /// The container is over, with this exit code.
    pub(crate) leave: Option<u8>,
}

/// A stop that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stopping {
    pub(crate) begun: Duration,
    /// When everything that was left got its TERM.
    pub(crate) terminated: Option<Duration>,
    /// Whether somebody cut the time after it short.
    pub(crate) cut: bool,
    /// Whether somebody wanted to wait no longer.
    pub(crate) hastened: bool,
    /// What had to be killed, and why.
    pub(crate) killed: Vec<Killed>,
    /// How many of [`FINISH_MARKERS`] have been said.
    pub(crate) said: u8,
}

/// What the log says of the stop after its hooks, in this order: scripts may wait for it.
pub(crate) const FINISH_MARKERS: [&str; 3] = [
    "[s6-finish] waiting for services.",
    "[s6-finish] sending all processes the TERM signal.",
    "[s6-finish] sending all processes the KILL signal and exiting.",
];

/// Where a stop is, by the marker that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinishMarker {
    Waiting = 1,
    Terminating = 2,
    Killing = 3,
}

/// Something that had to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Killed {
    pub(crate) what: String,
    pub(crate) why: String,
}

impl Ending {
    /// Nobody has asked for it.
    pub(crate) fn new(rules: StopRules) -> Ending {
        Ending {
            stopping: None,
            hooks: None,
            rules,
            reach: Reach::default(),
            unreachable: BTreeSet::new(),
            signalled_all: false,
            kin: Kin::default(),
            leave: None,
        }
    }

    /// Notes that somebody wants to wait no longer.
    pub(crate) fn note_hastened(&mut self) {
        if let Some(stopping) = &mut self.stopping {
            stopping.hastened = true;
            stopping.cut |= stopping.terminated.is_some();
        }
    }

    /// Notes that everything that is left gets its TERM.
    pub(crate) fn note_terminated(&mut self, now: Duration) {
        if let Some(stopping) = &mut self.stopping {
            stopping.terminated.get_or_insert(now);
        }
    }

    /// Notes something that was killed, and why.
    pub(crate) fn add_killed(&mut self, what: String, why: String) {
        if let Some(stopping) = &mut self.stopping {
            stopping.killed.push(Killed { what, why });
        }
    }
}
