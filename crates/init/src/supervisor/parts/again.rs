//! What could not be done for want of a process, a descriptor or memory, and is tried again:
//! by a time of the loop's own, which never waits for it.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::clock;

/// What is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// A process for the scripts of /run.d.
    RunD,
    /// One that makes the state anew.
    State,
    /// One for the boot's steps.
    Boot,
    /// One for the command.
    Command,
    /// One that reads the scan directory.
    Scan,
    /// One for the stop's hooks.
    StopHooks,
}

impl Task {
    /// What it is for, in a line for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Task::RunD => "the scripts of /run.d",
            Task::State | Task::Boot => "the boot",
            Task::Command => "the command",
            Task::Scan => "reading the services",
            Task::StopHooks => "the scripts of /etc/cont-finish.d",
        }
    }
}

/// The pause before the first further try; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(2);

/// What is to be tried, and when.
#[derive(Debug, Default)]
pub(crate) struct Again {
    due: BTreeMap<Task, Due>,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    at: Duration,
    tries: u32,
    /// Asked for now, and not yet answered.
    running: bool,
}

impl Again {
    /// Notes that a try has failed; how many have.
    pub(crate) fn failed(&mut self, task: Task) -> u32 {
        let tries = self.due.get(&task).map_or(0, |due| due.tries);
        let pause = FIRST.saturating_mul(1 << tries.min(8)).min(LONGEST);
        let due = Due {
            at: clock::monotonic() + pause,
            tries: tries.saturating_add(1),
            running: false,
        };
        self.due.insert(task, due);
        due.tries
    }

    /// Has it tried at once.
    pub(crate) fn now(&mut self, task: Task) {
        let due = Due {
            at: Duration::ZERO,
            tries: 0,
            running: false,
        };
        self.due.insert(task, due);
    }

    /// It was done, or is wanted no more.
    pub(crate) fn done(&mut self, task: Task) {
        self.due.remove(&task);
    }

    /// Whether it is still to be done.
    pub(crate) fn waits(&self, task: Task) -> bool {
        self.due.contains_key(&task)
    }

    /// When the next try is.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let waiting = self.due.values().filter(|due| !due.running);
        waiting.map(|due| due.at).min()
    }

    /// One whose time has come.
    pub(crate) fn next(&mut self) -> Option<Task> {
        let now = clock::monotonic();
        let mut all = self.due.iter_mut();
        let (task, due) = all.find(|(_, due)| !due.running && due.at <= now)?;
        due.running = true;
        Some(*task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_with_success() {
        let mut again = Again::default();
        assert_eq!(again.deadline(), None);
        let mut last = Duration::ZERO;
        for tries in 1..12 {
            let begun = clock::monotonic();
            assert_eq!(again.failed(Task::Boot), tries);
            let pause = again.deadline().expect("a time") - begun;
            assert!(pause + Duration::from_millis(50) >= last, "{pause:?}");
            assert!(pause <= LONGEST + Duration::from_secs(1), "{pause:?}");
            last = pause;
        }
        assert!(again.waits(Task::Boot) && again.next().is_none());
        again.now(Task::Boot);
        assert_eq!(again.next(), Some(Task::Boot));
        assert_eq!((again.next(), again.deadline()), (None, None));
        again.done(Task::Boot);
        assert!(!again.waits(Task::Boot));
    }
}
