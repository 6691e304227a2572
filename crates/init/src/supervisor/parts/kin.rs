//! What is remembered of processes that have gone, for those that they have left behind.

use std::collections::{BTreeMap, VecDeque};

use kernel::signal;

/// Most processes that have ended and are remembered for those that they left behind.
const MOST: usize = 256;

/// The command, beside the services.
pub(crate) const COMMAND: &str = "the command";

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    /// Processes that led a group which outlived them, and whose they were. The kernel gives
    /// a number to nobody else while it is that of a group or session (fork(2)).
    former: VecDeque<(i32, String)>,
    /// Whose the processes were when the stop began, with the moment of their start.
    pub(crate) seen: BTreeMap<i32, (u64, String)>,
}

impl Kin {
    /// A process has gone that led a group which outlives it.
    pub(crate) fn remember(&mut self, pid: i32, name: String) {
        let former = &mut self.former;
        if former.len() >= MOST {
            former.retain(|(leader, _)| signal::send_group(*leader, 0).is_ok());
        }
        if former.len() >= MOST {
            former.pop_front();
        }
        former.push_back((pid, name));
    }

    /// A process has gone, in a stop; whether its group outlives it was not asked.
    pub(crate) fn remember_all(&mut self, pid: i32, name: String) {
        self.former.push_back((pid, name));
    }

    /// Whose the process of this number was, the latest first.
    pub(crate) fn former(&self, pid: i32) -> Option<&str> {
        let mut former = self.former.iter().rev();
        former
            .find(|(leader, _)| *leader == pid)
            .map(|(_, name)| name.as_str())
    }
}
