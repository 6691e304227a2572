//! What making processes takes, and what they say when they could not become their program.

use std::collections::BTreeSet;
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::fd;
use kernel::process::WaitStatus;
use kernel::spawn::Spawner;

use super::refused::Refused;
use crate::child::Inheritance;

/// See the module's text.
pub(crate) struct Children {
    pub(crate) inheritance: Inheritance,
    /// Starts services without copying this process, where that can be done.
    pub(crate) spawner: Option<Spawner>,
    /// The pipe by which a child says that it could not execute its program: its two ends.
    pub(crate) refusals: (OwnedFd, OwnedFd),
    /// Those that were forked to become a program of the image: what they have said they do
    /// not count.
    pub(crate) forked: BTreeSet<i32>,
    /// There may be more of these, of before a crash.
    pub(crate) inherited: bool,
    /// How often the others had said something when the pipe was last read.
    said: u32,
    /// Who has said so.
    refused: Refused,
    /// There may be more children that have ended than one turn has time for.
    pub(crate) more_to_reap: bool,
}

impl Children {
    /// Nobody has been started.
    pub(crate) fn new(
        inheritance: Inheritance,
        spawner: Option<Spawner>,
        refusals: (OwnedFd, OwnedFd),
    ) -> Children {
        let _ = fd::set_nonblocking(refusals.0.as_raw_fd(), true);
        Children {
            inheritance,
            spawner,
            refusals,
            forked: BTreeSet::new(),
            inherited: false,
            said: 0,
            refused: Refused::default(),
            more_to_reap: false,
        }
    }

    /// Whether this child, which has ended, may have left something in the pipe that was not
    /// read yet: most say nothing, and need not be asked about.
    pub(crate) fn may_have_said(&mut self, pid: i32) -> bool {
        let said = self.spawner.as_ref().map_or(0, Spawner::said);
        let more = std::mem::replace(&mut self.said, said) != said;
        self.forked.remove(&pid) || more || self.inherited
    }

    /// This child has said that it could not execute its program.
    pub(crate) fn heard(&mut self, pid: i32) {
        self.refused.heard(pid);
    }

    /// This child has ended, and all that it has said has been heard. Gives whether its
    /// program was never executed.
    pub(crate) fn ended(&mut self, pid: i32, status: WaitStatus) -> bool {
        self.refused.ended(pid, status)
    }
}
