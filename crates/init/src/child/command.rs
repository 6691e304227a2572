//! The container's command (CMD): a child in a process group of its own, in the
//! foreground of the terminal where there is one.

use std::ffi::OsStr;
use std::io;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::{errno, fd, process, signal, tty};
use layouts::environment::{Readers, Variables};
use layouts::script;
use places::Paths;

use crate::child::environment;
use crate::child::handed;
use crate::child::{Inheritance, code_of};
use crate::messages;

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
        let found = match self.keep {
            true => Variables::default(),
            false => layouts::environment::read(&self.paths.environment, Readers::of_container())
                .unwrap_or_default(),
        };
        for problem in &found.problems {
            messages::report(&problem.to_string());
        }
        let entries: Vec<Vec<u8>> = match found.variables.is_empty() {
            true => self.environment.to_vec(),
            false => found
                .variables
                .into_iter()
                .map(|(name, value)| [&name[..], b"=", &value].concat())
                .collect(),
        };
        let entries = environment::with_path(entries);
        let env = environment::vector(&entries);
        let path = environment::path(&entries);
        handed::give_back();
        let error = process::exec(self.argv, &env, path);
        let word = self.argv.first().map_or(&b""[..], Vec::as_slice);
        messages::report(&format!(
            "cannot run the command {}",
            why_not(word, path, &error)
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

/// Why `word`, looked up in `path`, could not be executed, with a remedy.
fn why_not(word: &[u8], path: &[u8], error: &io::Error) -> String {
    if word.is_empty() {
        return "``: it is an empty word; name a program".to_string();
    }
    let shown = kernel::escape(word);
    let found = process::candidates(word, path)
        .into_iter()
        .find(|program| word.contains(&b'/') || Path::new(OsStr::from_bytes(program)).exists());
    let Some(program) = found else {
        // As behind tini, which has options and a `--` (docs/coming-from-tini.md).
        let remedy = match word {
            [b'-', ..] => {
                "what follows /init is the command itself, without options or `--` in front"
            }
            _ if word.contains(&b' ') => {
                "give each of its words by itself: [\"program\", \"argument\"]"
            }
            _ => "install it, or give its whole path",
        };
        return format!(
            "{shown}: no directory of PATH ({}) holds it; {remedy}",
            kernel::escape(path)
        );
    };
    match script::diagnose(Path::new(OsStr::from_bytes(&program))) {
        Some(problem) => problem.to_string(),
        None => format!("{shown}: {}", errno::text(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(word: &str) -> String {
        let error = errno::from(errno::ENOEXEC);
        why_not(word.as_bytes(), b"/nowhere:/etc", &error)
    }

    #[test]
    fn each_reason_has_a_remedy() {
        for (word, expected) in [
            ("", "empty word; name a program"),
            ("no-such", "PATH (/nowhere:/etc) holds it; install it"),
            ("--", "holds it; what follows /init is the command itself"),
            ("-g", "without options or `--` in front"),
            ("a b", "holds it; give each of its words by itself"),
            ("passwd", "/etc/passwd: it is not executable"),
            ("/no/such", "/no/such: cannot run it: No such file"),
            ("/etc", "/etc: it is a directory, which cannot be run"),
            ("/bin/sh", "/bin/sh: Exec format error"),
        ] {
            let line = line(word);
            assert!(line.contains(expected), "{word}: {line}");
        }
    }
}
