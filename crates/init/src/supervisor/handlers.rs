//! Programs of the image in the place of what a signal means (s6-svscan(8):
//! `.s6-svscan/SIGTERM` and its like). One that cannot be run takes the place of nothing:
//! the signal then does what it does without it.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use kernel::process::{ExecVector, WaitStatus};
use kernel::{errno, fd};
use layouts::view::View;
use layouts::{Problem, overlay2};

use crate::child::handed;
use crate::child::noexec;
use crate::child::origin;
use crate::messages;
use crate::paths::Paths;
use crate::service::Refusal;
use crate::signals::{self, SignalRule};
use crate::supervisor::Supervisor;

/// A handler that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) pid: i32,
    /// The signal that it was started for.
    pub(crate) signal: i32,
}

impl Supervisor<'_> {
    /// Starts the image's program in the place of a signal's meaning, if there is one.
    pub(crate) fn divert(&mut self, rule: &SignalRule) -> bool {
        let can_be = overlay2::handlers::SIGNALS.contains(&rule.name);
        // What lies there before the preparation is an earlier run's, and may be anybody's.
        if self.stopping.is_some() || !can_be || !self.prepared {
            return false;
        }
        let name = overlay2::handlers::file_name(rule.name);
        let program = self.paths.scan_control().join(&name);
        // What it is, a child finds out.
        if self.paths.is_nowhere() || program.symlink_metadata().is_err() {
            return false;
        }
        let (paths, env) = (self.paths.clone(), &self.env);
        let refusals = self.refusals.1.as_raw_fd();
        match self
            .inheritance
            .fork(|| become_handler(&paths, &program, env, refusals))
        {
            Ok(pid) => {
                let signal = (rule.number)();
                self.handlers.push(Handler { pid, signal });
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
        let found = self.handlers.iter().position(|handler| handler.pid == pid);
        let Some(handler) = found.map(|at| self.handlers.swap_remove(at)) else {
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
                let name = overlay2::handlers::file_name(rule.name);
                let paths = self.paths.clone();
                let _ = self.inheritance.fork(|| explain(&paths, &name, code));
            }
            // A stop that has begun meanwhile is not to be hurried by what began before it.
            if self.stopping.is_none() {
                self.act_on(rule);
            }
        }
        true
    }
}

/// In the child: runs the handler in the scan directory.
fn become_handler(paths: &Paths, program: &Path, env: &ExecVector, refusals: RawFd) -> u8 {
    let error = match std::env::set_current_dir(&paths.services) {
        Err(error) => error,
        Ok(()) => {
            handed::give_back();
            let words = [program.as_os_str().as_encoded_bytes().to_vec()];
            noexec::exec(program, &words, env, || noexec::sources_of_handler(program))
        }
    };
    refuse(paths, program, &error, refusals)
}

/// In a child: says why a handler that was executed ended as what cannot be run does.
fn explain(paths: &Paths, name: &str, code: u8) -> u8 {
    let path = paths.scan_control().join(name);
    let problem = overlay2::scripts::diagnose(&path).unwrap_or_else(|| {
        let cause =
            format!("exited {code}: something that it was to run is not there or cannot be");
        Problem::new(&path, cause, "correct it")
    });
    messages::report(&of_handler(paths, &path, problem).to_string());
    0
}

fn refuse(paths: &Paths, program: &Path, error: &io::Error, refusals: RawFd) -> u8 {
    let why = origin::reason(program, error);
    let cause = of_handler(paths, program, why).to_string();
    let pid = kernel::process::id();
    let _ = fd::write_all(refusals, &Refusal::Worded { pid, cause }.encode());
    crate::child::code_of(error)
}

/// What is wrong with a handler, as of the file that was written, with what becomes of the
/// signal.
fn of_handler(paths: &Paths, path: &Path, problem: Problem) -> Problem {
    overlay2::handlers::with_consequence(origin::problem(paths, problem), path)
}

/// At the boot, in a child: says which of the image's handlers cannot be run.
pub(crate) fn check(paths: &Paths) {
    if paths.is_nowhere() {
        return;
    }
    let (handlers, passed_over) = overlay2::handlers::list_in(&View::live(), &paths.scan_control());
    for problem in passed_over {
        messages::report(&origin::problem(paths, problem).to_string());
    }
    for path in handlers {
        if let Some(problem) = overlay2::scripts::diagnose(&path) {
            messages::report(&of_handler(paths, &path, problem).to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handler_is_a_signal_s_of_the_table() {
        for name in overlay2::handlers::SIGNALS {
            assert!(
                signals::SIGNALS.iter().any(|rule| rule.name == *name),
                "{name}"
            );
        }
        let diverted = signals::SIGNALS
            .iter()
            .filter(|rule| !rule.name.contains('+'));
        assert_eq!(diverted.count(), overlay2::handlers::SIGNALS.len());
    }
}
