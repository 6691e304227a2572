//! How far the container is on its way up: the boot, the command.

use std::time::Duration;

use super::again::{Again, Task};
use crate::boot::Boot;
use crate::boot::handover::Handover;

/// Where the container is, before it stops.
pub(crate) enum Phase {
    /// There was no process yet for one of these: /run.d, the boot, the command.
    Held(Task),
    /// The scripts of /run.d run.
    RunD(i32),
    /// The boot's child makes the state anew.
    Preparing(Boot),
    /// The boot's steps run.
    Booting(Boot, Handover),
    /// The services have been started; the command waits for them until then.
    Settling(Option<Duration>),
    /// Everything is started.
    Up,
}

/// See the module's text.
pub(crate) struct Progress {
    pub(crate) phase: Phase,
    /// The state is this run's: until then it is what an earlier one has left.
    pub(crate) prepared: bool,
    /// What could not be done and is tried again.
    pub(crate) again: Again,
    /// The boot has lost services or hooks: what is up is not what was asked for.
    pub(crate) incomplete: bool,
    /// The hook that the boot or the stop waits for, and since when; of one that takes a while.
    pub(crate) hook: Option<(String, Duration)>,
    /// The command's process.
    pub(crate) command: Option<i32>,
    /// How the boot or the command ended, where that began the stop.
    pub(crate) code: Option<u8>,
    /// A burst of work has left memory that can be given back before the next wait.
    pub(crate) grown: bool,
}

impl Progress {
    /// Nothing has begun.
    pub(crate) fn new() -> Progress {
        Progress {
            phase: Phase::Up,
            prepared: false,
            again: Again::default(),
            incomplete: false,
            hook: None,
            command: None,
            code: None,
            grown: false,
        }
    }
}
