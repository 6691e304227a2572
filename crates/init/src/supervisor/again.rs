//! What could not be done for want of a process, a descriptor or memory, and is tried again:
//! by a time of the loop's own, which never waits for it.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{clock, errno};

use crate::supervisor::stop::FinishMarker;
use crate::supervisor::{Phase, Supervisor};

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
            Task::StopHooks => "/etc/cont-finish.d",
        }
    }
}

/// The pause before the first further try; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(2);

/// How often the stop's hooks are tried before they are left out: a stop ends.
const HOOK_TRIES: u32 = 4;

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
    fn failed(&mut self, task: Task) -> u32 {
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
    fn next(&mut self) -> Option<Task> {
        let now = clock::monotonic();
        let mut all = self.due.iter_mut();
        let (task, due) = all.find(|(_, due)| !due.running && due.at <= now)?;
        due.running = true;
        Some(*task)
    }
}

impl Supervisor<'_> {
    /// Says that there was no process for a task, and keeps it for a further try.
    pub(crate) fn try_later(&mut self, task: Task, error: &std::io::Error) {
        let first = !self.again.waits(task);
        let tries = self.again.failed(task);
        if task == Task::StopHooks && tries >= HOOK_TRIES {
            self.again.done(task);
            self.messages.warn(&format!(
                "cannot make a process for {}: {}; its scripts are left out",
                task.name(),
                errno::text(error)
            ));
            self.say_finish(FinishMarker::Waiting);
            self.tell(engine::Event::StopHooksDone(self.rules.limits));
            return;
        }
        if let Task::RunD | Task::State | Task::Boot | Task::Command = task {
            self.phase = Phase::Held(task);
        }
        if first {
            self.messages.warn(&format!(
                "cannot make a process for {}: {}; it is tried again until there is one (more \
                 room: docker run --pids-limit, --ulimit nproc and nofile, --memory)",
                task.name(),
                errno::text(error)
            ));
        }
    }

    /// Tries what is due.
    pub(crate) fn try_again(&mut self) {
        while let Some(task) = self.again.next() {
            match task {
                Task::StopHooks => self.run_stop_hooks(),
                _ if self.stopping.is_some() => self.again.done(task),
                Task::RunD => self.start_run_d(),
                Task::State => self.start_boot(),
                Task::Boot => self.begin_boot(),
                Task::Command => self.start_command(),
                Task::Scan => {
                    let drop_missing = self.scan_next.take().unwrap_or(false);
                    self.rescan(drop_missing);
                }
            }
        }
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
