//! Starting a job: a session of its own, its user, its directory, its shell.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::limits::{self, Limit};
use kernel::process::{self, ExecVector, Fork};
use kernel::{credentials, errno, fd, fs, memory, signal};

use super::environment::Setting;
use crate::job::Job;

/// A run that has begun.
pub(super) struct Begun {
    /// Its first process, whose process group and session it is.
    pub(super) pid: i32,
    /// What it writes to standard output and error.
    pub(super) pipes: [OwnedFd; 2],
    /// Why its shell could not be executed, if that comes; the end if it could.
    pub(super) report: OwnedFd,
}

/// What a child could not do; the byte that its report begins with.
const USER: u8 = 1;
const SHELL: u8 = 2;

/// Starts the shell of a job, without waiting for it; with this limit on open files, if that is
/// not the scheduler's own.
///
/// # Errors
/// No descriptor, no process is to be had.
pub(super) fn start(job: &Job, setting: &Setting, open_files: Option<Limit>) -> io::Result<Begun> {
    let input = input(&job.stdin)?;
    let (out_read, out_write) = fd::pipe()?;
    let (err_read, err_write) = fd::pipe()?;
    let (report, report_write) = fd::pipe()?;
    match process::fork()? {
        Fork::Parent(pid) => Ok(Begun {
            pid,
            pipes: [out_read, err_read],
            report,
        }),
        Fork::Child => {
            signal::reset_all();
            let _ = process::new_session();
            let (report, given) = match above_standard(report_write) {
                Ok(report) => (Some(report), give_standard([input, out_write, err_write])),
                Err(error) => (None, Err(error)),
            };
            if let Some(limit) = open_files {
                let _ = limits::set_open_files(limit);
            }
            let (step, error) = match given {
                Ok(()) => become_job(job, setting),
                Err(error) => (SHELL, error),
            };
            let number = error.raw_os_error().unwrap_or(0).to_ne_bytes();
            let [a, b, c, d] = number;
            if let Some(report) = report {
                let _ = fd::write_all(report.as_raw_fd(), &[step, a, b, c, d]);
            }
            process::exit_now(match errno::is(&error, errno::ENOENT) {
                true => 127,
                false => 126,
            })
        }
    }
}

/// Becomes the job in this process, whose standard descriptors it keeps but for its input.
/// Comes back with a sentence that says why not.
pub(crate) fn run_here(job: &Job, setting: &Setting) -> String {
    if !job.stdin.is_empty() {
        match input(&job.stdin) {
            Ok(input) => drop(fd::copy(input.as_raw_fd(), 0)),
            Err(error) => return format!("its input: {}", errno::text(&error)),
        }
    }
    let (step, error) = become_job(job, setting);
    sentence(step, &error, job, setting)
}

/// Why a run has not begun, as its child has reported; none: it has.
pub(super) fn refusal(report: &OwnedFd, job: &Job, setting: &Setting) -> Option<String> {
    let mut bytes = [0; 5];
    // Whoever has ended, or executed something, has closed the other end.
    let count = fd::read(report.as_raw_fd(), &mut bytes).ok()?;
    let [step, a, b, c, d] = bytes;
    let error = errno::from(i32::from_ne_bytes([a, b, c, d]));
    (count == bytes.len()).then(|| sentence(step, &error, job, setting))
}

fn sentence(step: u8, error: &io::Error, job: &Job, setting: &Setting) -> String {
    let why = errno::text(error);
    let shell = kernel::escape(&setting.shell);
    match step {
        USER => format!(
            "unable to become user {}: {why}; the container needs the capabilities SETUID and \
             SETGID for that",
            kernel::escape(job.user.as_deref().unwrap_or_default())
        ),
        _ if errno::is(error, errno::ENOENT) => format!(
            "there is no {shell}, which runs jobs; SHELL= in the crontab names another, and an \
             image without any shell can run none"
        ),
        _ => format!("unable to run {shell}: {why}"),
    }
}

/// What the job reads: a file in memory, so that nobody has to write while it reads; where a
/// sandbox has none, a pipe, which holds some thousand bytes.
fn input(bytes: &[u8]) -> io::Result<OwnedFd> {
    if bytes.is_empty() {
        return fs::open("/dev/null".as_ref(), fs::flags::O_RDONLY, 0);
    }
    if let Ok(file) = memory::file(c"stdin") {
        let mut file = File::from(file);
        file.write_all(bytes)?;
        file.rewind()?;
        return Ok(file.into());
    }
    let (read, write) = fd::pipe()?;
    fd::set_nonblocking(write.as_raw_fd(), true)?;
    fd::write_all(write.as_raw_fd(), bytes)?;
    Ok(read)
}

/// A descriptor out of the way of the first three. A copy only where it is among them: where the
/// scheduler has reached its limit there is none.
fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    match fd.as_raw_fd() < 3 {
        true => fd::copy_above(fd.as_raw_fd(), 3),
        false => Ok(fd),
    }
}

/// Makes these the first three. A job must not have one of the scheduler's own instead.
fn give_standard(ends: [OwnedFd; 3]) -> io::Result<()> {
    let ends: io::Result<Vec<OwnedFd>> = ends.into_iter().map(above_standard).collect();
    for (number, end) in (0..).zip(&ends?) {
        fd::copy(end.as_raw_fd(), number)?;
    }
    Ok(())
}

fn become_job(job: &Job, setting: &Setting) -> (u8, io::Error) {
    if let Some(account) = &setting.account {
        let changed = credentials::set_groups(&account.groups)
            .and_then(|()| credentials::set_group(account.gid))
            .and_then(|()| credentials::set_user(account.uid));
        if let Err(error) = changed {
            return (USER, error);
        }
    }
    if std::env::set_current_dir(&setting.directory).is_err() {
        let _ = std::env::set_current_dir("/");
    }
    let words: [&[u8]; 3] = [&setting.shell, b"-c", &job.command];
    let environment = match ExecVector::new(setting.environment.entries()) {
        Ok(environment) => environment,
        Err(error) => return (SHELL, error),
    };
    let path = setting.environment.get(b"PATH").unwrap_or_default();
    (SHELL, process::exec(&words, &environment, path))
}
