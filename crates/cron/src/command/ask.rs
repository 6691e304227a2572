//! The running schedulers of this container, asked over their sockets.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chain::{Environment, Failure, Result};
use client::Answer;
use kernel::{credentials, socket};
use places::schedulers;

/// Longest that a scheduler may take; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read.
const MOST: u64 = 64 * 1024 * 1024;

/// A scheduler that runs.
pub(super) struct Scheduler {
    socket: PathBuf,
    pub(super) pid: u32,
    pub(super) user: u32,
    pub(super) is_stopping: bool,
    pub(super) files: Vec<String>,
    pub(super) jobs: Vec<Job>,
}

/// A job, as a scheduler describes it.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) place: String,
    /// When, in seconds and in the job's own zone.
    pub(super) next: Option<(i64, String)>,
    pub(super) last: Option<(i64, String)>,
    /// Milliseconds and exit code.
    pub(super) end: Option<(u64, u8)>,
    pub(super) runs: u64,
    pub(super) failures: u64,
    pub(super) skipped: u64,
    pub(super) missed: u64,
    pub(super) pids: Vec<u32>,
    /// `gone`, `at-start` or nothing.
    pub(super) remark: String,
}

/// All schedulers that this user may ask.
pub(super) fn all(environment: &Environment) -> Vec<Scheduler> {
    let variable = |name: &str| environment.get(name.as_bytes()).map(<[u8]>::to_vec);
    let mut found = Vec::new();
    for dir in schedulers::all_directories(variable) {
        let mut names = kernel::dir::names_in(&dir).unwrap_or_default();
        names.retain(|name| name.starts_with(schedulers::PREFIX.as_bytes()));
        for name in names {
            use std::os::unix::ffi::OsStrExt;
            let path = dir.join(std::ffi::OsStr::from_bytes(&name));
            found.extend(describe(path));
        }
    }
    found.sort_by_key(|scheduler: &Scheduler| scheduler.pid);
    found
}

/// Connects, if a process of this container listens there that this user can trust.
fn connect(path: &Path) -> Option<UnixStream> {
    let stream = UnixStream::connect(path).ok()?;
    let peer = socket::peer(&stream).ok()?;
    let me = credentials::user();
    // One of a neighbour with whom the directory is shared has no number here.
    let known = peer.pid > 0 && (me == 0 || peer.uid == 0 || peer.uid == me);
    known.then_some(stream)
}

fn describe(socket: PathBuf) -> Option<Scheduler> {
    let answer = client::ask(connect(&socket)?, &[b"status"], PATIENCE, MOST).ok()?;
    let Answer::Ok(text) = answer else {
        return None;
    };
    let mut found = Scheduler {
        socket,
        pid: 0,
        user: 0,
        is_stopping: false,
        files: Vec::new(),
        jobs: Vec::new(),
    };
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["scheduler", pid, user, state] => {
                found.pid = pid.parse().ok()?;
                found.user = user.parse().ok()?;
                found.is_stopping = state == "stopping";
            }
            ["file", path] => found.files.push(path.to_string()),
            ["job", ref fields @ ..] => found.jobs.extend(job(fields)),
            _ => {}
        }
    }
    (found.pid > 0).then_some(found)
}

fn job(fields: &[&str]) -> Option<Job> {
    let [
        name,
        place,
        next,
        next_shown,
        last,
        last_shown,
        took,
        code,
        runs,
        failures,
        skipped,
        missed,
        pids,
        remark,
    ] = *fields
    else {
        return None;
    };
    let time = |at: &str, shown: &str| Some((at.parse().ok()?, shown.to_string()));
    Some(Job {
        name: name.to_string(),
        place: place.to_string(),
        next: time(next, next_shown),
        last: time(last, last_shown),
        end: took.parse().ok().zip(code.parse().ok()),
        runs: runs.parse().ok()?,
        failures: failures.parse().ok()?,
        skipped: skipped.parse().ok()?,
        missed: missed.parse().ok()?,
        pids: pids.split(' ').filter_map(|pid| pid.parse().ok()).collect(),
        remark: if remark == "-" { "" } else { remark }.to_string(),
    })
}

impl Scheduler {
    /// Has a job run now, passes on what it writes, and waits for its end: its exit code.
    ///
    /// # Errors
    /// It does not run, or the scheduler has ended ahead of it.
    pub(super) fn run(&self, name: &[u8]) -> Result<u8> {
        let gone = || Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!("the scheduler (process {}) has ended", self.pid),
        };
        let mut stream = connect(&self.socket).ok_or_else(gone)?;
        let order = [b"run", name].join(&0);
        let sent = stream.write_all(&order);
        sent.and_then(|()| stream.shutdown(Shutdown::Write))
            .map_err(|_| gone())?;
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return Err(gone()),
                Ok(_) => {}
            }
            let tab = line.iter().position(|byte| *byte == b'\t');
            let (word, rest) = line.split_at(tab.unwrap_or(0));
            let rest = rest.get(1..).unwrap_or_default();
            let text = || String::from_utf8_lossy(rest).trim_end().to_string();
            match word {
                b"1" => drop(kernel::fd::write_all(1, rest)),
                b"2" => drop(kernel::fd::write_all(2, rest)),
                b"exit" => return text().parse().map_err(|_| gone()),
                b"error" => {
                    return Err(Failure::Other {
                        code: 1,
                        text: text(),
                    });
                }
                _ => return Err(gone()),
            }
        }
    }
}
