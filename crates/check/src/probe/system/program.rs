//! A program of the system that is asked something: `getent`, `dpkg-query`, `systemctl`.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::child::{self, End};
use super::errno;

/// Longest that a program may take that is asked something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program, by its name on the search path.
pub struct Program {
    name: &'static str,
    path: Option<PathBuf>,
}

/// What a program said.
#[derive(Debug)]
pub struct Said {
    /// The code it ended with; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub output: Vec<u8>,
    status: ExitStatus,
}

/// The program of a name on `$PATH`, as a shell would find it.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| {
            let found = path.metadata();
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

/// What Go says of a program that is not there.
pub fn missing(name: &str) -> String {
    format!("exec: \"{name}\": executable file not found in $PATH")
}

impl Program {
    /// The program of a name.
    pub fn named(name: &'static str) -> Program {
        let path = find(name);
        Program { name, path }
    }

    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        self.path.is_some()
    }

    /// The call of it, its own name as its zeroth word, in a group of its own.
    ///
    /// # Errors
    /// Where it is missing, in Go's words.
    pub fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Result<Command, String> {
        let path = self.path.as_ref().ok_or_else(|| missing(self.name))?;
        let mut command = Command::new(path);
        command.arg0(self.name).args(words);
        Ok(command)
    }

    /// Runs it and says what it printed on its standard output.
    ///
    /// # Errors
    /// Where it could not be run or did not end, in Go's words.
    pub fn run<S: AsRef<OsStr>>(&self, words: &[S]) -> Result<Said, String> {
        let ended = child::run(&mut self.command(words)?, PATIENCE);
        match ended.map_err(|why| self.refused(&why))? {
            End::Late => Err(format!("{} has not ended within 60 s", self.name)),
            End::TooMuch => Err(format!("{} prints without end", self.name)),
            End::Ended { status, stdout, .. } => Ok(Said {
                code: status.code(),
                output: stdout.into_bytes().map_err(|why| why.to_string())?,
                status,
            }),
        }
    }

    /// Why it could not be begun.
    pub fn refused(&self, why: &std::io::Error) -> String {
        match &self.path {
            Some(path) => errno::of_path("fork/exec", path, why),
            None => missing(self.name),
        }
    }
}

impl Said {
    /// Whether all was well.
    pub fn is_well(&self) -> bool {
        self.code == Some(0)
    }

    /// How it ended, as Go says it.
    pub fn ended(&self) -> String {
        match (self.code, self.status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, signal) => format!("signal: {}", signal.unwrap_or_default()),
        }
    }
}
