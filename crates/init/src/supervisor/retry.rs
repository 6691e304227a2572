//! Trying again what there was no process for.

use kernel::errno;

use crate::supervisor::Supervisor;
use crate::supervisor::parts::{FinishMarker, Phase, Task};

/// How often the stop's hooks are tried before they are left out: a stop ends.
const HOOK_TRIES: u32 = 4;

impl Supervisor<'_> {
    /// Says that there was no process for a task, and keeps it for a further try.
    pub(crate) fn try_later(&mut self, task: Task, error: &std::io::Error) {
        let first = !self.progress.again.waits(task);
        let tries = self.progress.again.failed(task);
        if task == Task::StopHooks && tries >= HOOK_TRIES {
            self.progress.again.done(task);
            self.messages.warn(&format!(
                "cannot make a process for {}: {}; its scripts are left out",
                task.name(),
                errno::text(error)
            ));
            self.say_finish(FinishMarker::Waiting);
            self.tell(engine::Event::StopHooksDone(self.ending.rules.limits));
            return;
        }
        if let Task::RunD | Task::State | Task::Boot | Task::Command = task {
            self.progress.phase = Phase::Held(task);
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
        while let Some(task) = self.progress.again.next() {
            match task {
                Task::StopHooks => self.run_stop_hooks(),
                _ if self.ending.stopping.is_some() => self.progress.again.done(task),
                Task::RunD => self.start_run_d(),
                Task::State => self.start_boot(),
                Task::Boot => self.begin_boot(),
                Task::Command => self.start_command(),
                Task::Scan => {
                    let drop_missing = self.scanning.next.take().unwrap_or(false);
                    self.rescan(drop_missing);
                }
            }
        }
    }
}
