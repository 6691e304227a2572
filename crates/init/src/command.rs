//! The container's command (CMD): a child in a process group of its own, in the
//! foreground of the terminal where there is one.

use std::io;
use std::os::fd::RawFd;

use kernel::{errno, fd, process, signal, tty};

use crate::child::{Inheritance, code_of};
use crate::paths::Paths;
use crate::{environment, messages};

/// What the command needs.
pub(crate) struct Command<'a> {
    pub(crate) argv: &'a [Vec<u8>],
    /// The container's environment, for where the directory of it cannot be read.
    pub(crate) environment: &'a [Vec<u8>],
    /// Whether it is to have just that (S6_KEEP_ENV).
    pub(crate) keep: bool,
    pub(crate) paths: &'a Paths,
    /// Descriptors that the engine handed over beside the standard three.
    pub(crate) passed: &'a [RawFd],
}

impl Command<'_> {
    /// Starts it; gives its pid.
    ///
    /// # Errors
    /// As fork(2).
    pub(crate) fn start(&self, inheritance: &Inheritance) -> io::Result<i32> {
        inheritance.fork(|| self.become_it())
    }

    fn become_it(&self) -> u8 {
        let _ = process::set_group(0, 0);
        self.take_terminal();
        for passed in self.passed {
            let _ = fd::set_close_on_exec(*passed, false);
        }
        // Hooks may have changed the container's environment by its files.
        let entries: Vec<Vec<u8>> = match layouts::environment::read(&self.paths.environment) {
            Ok(pairs) if !self.keep && !pairs.is_empty() => pairs
                .into_iter()
                .map(|(name, value)| [&name[..], b"=", &value].concat())
                .collect(),
            _ => self.environment.to_vec(),
        };
        let entries = environment::with_path(entries);
        let env = environment::vector(&entries);
        let error = process::exec(self.argv, &env, environment::path(&entries));
        let program = self
            .argv
            .first()
            .map_or(String::new(), |word| kernel::escape(word));
        messages::report(&format!(
            "cannot run the command {program}: {}",
            errno::text(&error)
        ));
        code_of(&error)
    }

    /// Makes this group the terminal's foreground one. TTOU would stop a background
    /// process that does so.
    fn take_terminal(&self) {
        let Some(terminal) = (0..3).find(|fd| tty::is_terminal(*fd)) else {
            return;
        };
        let _ = signal::ignore(signal::SIGTTOU);
        let _ = tty::set_foreground_group(terminal, process::id());
        let _ = signal::set_default(signal::SIGTTOU);
    }
}
