//! The image's programs in the place of what a signal means (s6-svscan(8):
//! `.s6-svscan/SIGTERM` and its like): starting them, and what their end means.

use std::os::fd::AsRawFd;

use kernel::errno;
use kernel::process::WaitStatus;
use layouts::handlers;

use crate::child::handler;
use crate::signals::{self, SignalRule};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::Handler;

impl Supervisor<'_> {
    /// Starts the image's program in the place of a signal's meaning, if there is one.
    pub(crate) fn divert(&mut self, rule: &SignalRule) -> bool {
        let can_be = handlers::SIGNALS.contains(&rule.name);
        // What lies there before the preparation is an earlier run's, and may be anybody's.
        if self.ending.stopping.is_some() || !can_be || !self.progress.prepared {
            return false;
        }
        let name = handlers::file_name(rule.name);
        let program = self.container.paths.scan_control().join(&name);
        // What it is, a child finds out.
        if self.container.paths.is_nowhere() || program.symlink_metadata().is_err() {
            return false;
        }
        let (paths, env) = (self.container.paths.clone(), &self.container.env);
        let refusals = self.children.refusals.1.as_raw_fd();
        match self
            .children
            .inheritance
            .fork(|| handler::become_it(&paths, &program, env, refusals))
        {
            Ok(pid) => {
                self.children.forked.insert(pid);
                let signal = (rule.number)();
                self.handlers.running.push(Handler { pid, signal });
                self.keep_rest();
                true
            }
            Err(error) => {
                self.messages.warn(&format!(
                    "{}: cannot make a process: {}; {name} does what it does without a handler",
                    kernel::escape(program.as_os_str().as_encoded_bytes()),
                    errno::text(&error)
                ));
                false
            }
        }
    }

    /// Takes the end of a handler in; whether it was one.
    pub(crate) fn handler_ended(&mut self, pid: i32, status: WaitStatus) -> bool {
        let found = self
            .handlers
            .running
            .iter()
            .position(|handler| handler.pid == pid);
        let Some(handler) = found.map(|at| self.handlers.running.swap_remove(at)) else {
            return false;
        };
        self.keep_rest();
        let refused = self.was_refused(pid, status);
        if let WaitStatus::Exited(code @ (126 | 127)) = status
            && let Some(rule) = signals::rule(handler.signal)
        {
            // Why it could not be executed was said. Where it was, its interpreter or a
            // shell says so by this code of something that it could not run.
            if !refused {
                let name = handlers::file_name(rule.name);
                let paths = self.container.paths.clone();
                let _ = self
                    .children
                    .inheritance
                    .fork(|| handler::explain(&paths, &name, code));
            }
            // A stop that has begun meanwhile is not to be hurried by what began before it.
            if self.ending.stopping.is_none() {
                self.act_on(rule);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handler_is_a_signal_s_of_the_table() {
        for name in handlers::SIGNALS {
            assert!(
                signals::SIGNALS.iter().any(|rule| rule.name == *name),
                "{name}"
            );
        }
        let diverted = signals::SIGNALS
            .iter()
            .filter(|rule| !rule.name.contains('+'));
        assert_eq!(diverted.count(), handlers::SIGNALS.len());
    }
}
