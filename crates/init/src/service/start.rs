//! Starting a unit's programs: the one of the role that the engine names.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use engine::{End, Role};
use kernel::fd;
use kernel::process::{self, ExecVector};
use kernel::spawn::{Spawner, Start};
use places::Paths;
use plan::Words;

use crate::child::handed;
use crate::child::noexec;
use crate::child::origin;
use crate::child::refusal::Refusal;
use crate::child::{Inheritance, null_input};
use crate::service::Service;

impl Service {
    /// Starts the program of this role.
    ///
    /// # Errors
    /// As clone(2) and pipe(2).
    pub(crate) fn execute(&mut self, means: &mut Means, role: Role) -> io::Result<i32> {
        match role {
            Role::Run => self.run(means),
            Role::Up => self.launch(means, &words(&self.program.start, &[]), None),
            Role::Finish { end, pid } => self.finish(means, end, pid.0),
            Role::Down => self.launch(means, &words(&self.program.finish, &[]), None),
        }
    }

    fn run(&mut self, means: &mut Means) -> io::Result<i32> {
        let notification = match self.program.notification_fd {
            None => None,
            Some(number) => Some((number as RawFd, fd::pipe()?)),
        };
        let extra = notification.as_ref();
        let extra = extra.map(|(number, (_, write))| (write.as_raw_fd(), *number));
        let pid = self.launch(means, &words(&self.program.start, &[]), extra)?;
        self.notified = 0;
        self.notification = notification.map(|(_, (read, _))| read);
        if let Some(read) = &self.notification {
            fd::set_nonblocking(read.as_raw_fd(), true)?;
        }
        Ok(pid)
    }

    /// Starts `finish` after this end, with its four arguments: exit code or 256, the
    /// signal or 0, the service's name, the process group of what ended.
    fn finish(&self, means: &mut Means, end: End, group: i32) -> io::Result<i32> {
        let (code, signal) = match end {
            End::Exited(code) => (u16::from(code), 0),
            End::Killed(signal) => (256, signal),
        };
        let (code, signal, group) = (code.to_string(), signal.to_string(), group.to_string());
        let name = self.name.as_bytes();
        let end = [code.as_bytes(), signal.as_bytes(), name, group.as_bytes()];
        self.launch(means, &words(&self.program.finish, &end), None)
    }

    /// Starts a program of the service's directory. `extra`: a descriptor that it gets,
    /// and the number that it gets it under.
    fn launch(
        &self,
        means: &mut Means,
        argv: &[&[u8]],
        extra: Option<(RawFd, RawFd)>,
    ) -> io::Result<i32> {
        let dir = &self.program.directory;
        let handed = handed::handed();
        let start = Start {
            dir: dir.as_os_str().as_encoded_bytes(),
            argv,
            own_session: self.program.own_session,
            input: self.input.as_ref().map(|pipe| pipe.read.as_raw_fd()),
            output: means.output,
            extra,
            report: means.refusals,
            open_files: means.inheritance.open_files,
            umask: handed.umask,
            file_size: handed.file_size,
            note: means.inheritance.noted,
        };
        if !self.forks
            && let Some(spawner) = means.spawner.as_deref_mut()
            && let Some(pid) = spawner.start(&start)?
        {
            return Ok(pid);
        }
        let forked = means.inheritance.fork(|| {
            lead(start.own_session);
            if let Err(error) = std::env::set_current_dir(dir) {
                return refuse(means, dir, &error);
            }
            connect(start.input, start.output);
            if let Some((from, number)) = extra {
                let _ = fd::copy(from, number);
            }
            let (path, file) = (Path::new(OsStr::from_bytes(argv[0])), program(argv[0]));
            let words: Vec<Vec<u8>> = argv.iter().map(|word| word.to_vec()).collect();
            handed::give_back();
            let sources = || noexec::sources_of_service(dir, &self.name, file);
            let error = noexec::exec(path, &words, means.env, sources);
            refuse(means, &dir.join(file), &error)
        });
        forked.inspect(|pid| {
            means.forked.insert(*pid);
        })
    }
}

/// What starting a program takes that is not the service's own.
pub(crate) struct Means<'a> {
    pub(crate) inheritance: &'a Inheritance,
    /// The quick way; none where this machine has none.
    pub(crate) spawner: Option<&'a mut Spawner>,
    pub(crate) env: &'a ExecVector,
    /// Where its standard output goes, if not PID 1's own.
    pub(crate) output: Option<RawFd>,
    /// Where a child writes why it could not execute its program.
    pub(crate) refusals: RawFd,
    /// Takes those in that are started by a fork.
    pub(crate) forked: &'a mut BTreeSet<i32>,
    /// By which the author's file is found that it is about.
    pub(crate) paths: &'a Paths,
}

/// A program's words and these after them.
fn words<'a>(program: &'a Words, more: &[&'a [u8]]) -> Vec<&'a [u8]> {
    program.iter().chain(more.iter().copied()).collect()
}

/// `run` of `./run`.
fn program(word: &[u8]) -> &str {
    let name = word.strip_prefix(b"./").unwrap_or(word);
    std::str::from_utf8(name).unwrap_or_default()
}

/// In the child: a session of its own, or, where `nosetsid` lies, at least a group.
fn lead(own_session: bool) {
    let _ = if own_session {
        process::new_session().map(drop)
    } else {
        process::set_group(0, 0)
    };
}

/// In the child: standard input and output.
fn connect(input: Option<RawFd>, output: Option<RawFd>) {
    match input {
        Some(input) => {
            let _ = fd::copy(input, 0);
        }
        None => null_input(),
    }
    if let Some(output) = output {
        let _ = fd::copy(output, 1);
    }
}

/// In the child: tells PID 1 why `path` could not be executed.
fn refuse(means: &Means, path: &Path, error: &io::Error) -> u8 {
    let cause = origin::why_not(means.paths, path, error);
    let pid = process::id();
    let _ = fd::write_all(means.refusals, &Refusal::Worded { pid, cause }.encode());
    crate::child::code_of(error)
}
