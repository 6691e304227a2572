//! The running schedulers of this container, asked over their sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chain::{Environment, Failure, Result};
use kernel::{credentials, socket};
use places::schedulers;

/// Longest that a scheduler may take; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read.
const MOST: usize = 64 * 1024 * 1024;

/// Longest line of an answer to `run`: the scheduler cuts those of jobs far below that.
const LINE: u64 = 256 * 1024;

/// A scheduler that runs.
pub(super) struct Scheduler {
    socket: PathBuf,
    /// Whose it has to be: the owner of the directory of its socket.
    owner: u32,
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
    // Root asks those of every user, who may listen at any number of places, answer late or
    // never, and without an end: they all have together what one of its own has.
    let mut of_strangers = Budget::new();
    for dir in schedulers::all_directories(variable) {
        let Ok(owner) = dir.symlink_metadata().map(|about| about.uid()) else {
            continue;
        };
        let mut names = kernel::dir::names_in(&dir).unwrap_or_default();
        names.retain(|name| name.starts_with(schedulers::PREFIX.as_bytes()));
        for name in names {
            let path = dir.join(std::ffi::OsStr::from_bytes(&name));
            found.extend(match is_trusted(owner) {
                true => describe(path, owner, &mut Budget::new()),
                false => describe(path, owner, &mut of_strangers),
            });
        }
    }
    found.sort_by_key(|scheduler: &Scheduler| scheduler.pid);
    found
}

/// How long and how much may be read.
struct Budget {
    until: Instant,
    bytes: usize,
}

impl Budget {
    fn new() -> Budget {
        Budget {
            until: Instant::now() + PATIENCE,
            bytes: MOST,
        }
    }
}

fn is_trusted(user: u32) -> bool {
    user == 0 || user == credentials::user()
}

/// Connects, if a process of this container listens there that is this user's: a link may
/// lead to somebody else's socket. Whoever takes nobody in is not waited for.
fn connect(path: &Path, owner: u32) -> Option<(UnixStream, socket::Peer)> {
    let stream = socket::connect_now(path).ok()?;
    let peer = socket::peer(&stream).ok()?;
    stream.set_nonblocking(false).ok()?;
    // One of a neighbour with whom the directory is shared has no number here.
    let known = peer.pid > 0 && peer.uid == owner;
    (known && (is_trusted(owner) || credentials::user() == 0)).then_some((stream, peer))
}

/// What a scheduler says of itself.
fn status(mut stream: UnixStream, budget: &mut Budget) -> Option<String> {
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"status").ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        // Each read has what is left of the time: bytes that come one by one win none.
        let left = budget.until.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return None;
        }
        match kernel::errno::retry(|| stream.read(&mut buffer)).ok()? {
            0 => break,
            count if count > budget.bytes => return None,
            count => {
                budget.bytes -= count;
                answer.extend_from_slice(&buffer[..count]);
            }
        }
    }
    let text = String::from_utf8(answer).ok()?;
    text.strip_prefix("ok\n").map(printable)
}

/// Without what would tell a terminal to do something: another user may have written it.
fn printable(text: &str) -> String {
    let is_order = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    text.replace(is_order, "?")
}

fn describe(socket: PathBuf, owner: u32, budget: &mut Budget) -> Option<Scheduler> {
    let (stream, peer) = connect(&socket, owner)?;
    let text = status(stream, budget)?;
    let mut found = Scheduler {
        socket,
        owner,
        // What the kernel knows of it, whatever it says.
        pid: peer.pid.unsigned_abs(),
        user: peer.uid,
        is_stopping: false,
        files: Vec::new(),
        jobs: Vec::new(),
    };
    let mut is_one = false;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["scheduler", _, _, state] => {
                is_one = true;
                found.is_stopping = state == "stopping";
            }
            ["file", path] => found.files.push(path.to_string()),
            ["job", ref fields @ ..] => found.jobs.extend(job(fields)),
            _ => {}
        }
    }
    is_one.then_some(found)
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
    /// Whether it is root's or this user's own.
    pub(super) fn is_trusted(&self) -> bool {
        is_trusted(self.user)
    }

    /// Has a job run now, passes on what it writes, and waits for its end: its exit code.
    ///
    /// # Errors
    /// It does not run, or the scheduler has ended ahead of it.
    pub(super) fn run(&self, name: &[u8]) -> Result<u8> {
        let gone = || Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!("the scheduler (process {}) has ended", self.pid),
        };
        let (mut stream, _) = connect(&self.socket, self.owner).ok_or_else(gone)?;
        let order = [b"run", name].join(&0);
        let sent = stream.write_all(&order);
        sent.and_then(|()| stream.shutdown(Shutdown::Write))
            .map_err(|_| gone())?;
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut lines).take(LINE).read_until(b'\n', &mut line) {
                Ok(_) if line.ends_with(b"\n") => {}
                Ok(_) | Err(_) => return Err(gone()),
            }
            let tab = line.iter().position(|byte| *byte == b'\t');
            let (word, rest) = line.split_at(tab.unwrap_or(0));
            let rest = rest.get(1..).unwrap_or_default();
            let text = || printable(String::from_utf8_lossy(rest).trim_end());
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use temp::Temp;

    /// What is understood of a scheduler that answers so, by one with this budget.
    fn asked(
        budget: &mut Budget,
        answer: impl FnOnce(UnixStream) + Send + 'static,
    ) -> Option<Scheduler> {
        let temp = Temp::new();
        let path = temp.at("cron-1");
        let listener = UnixListener::bind(&path).expect("a socket");
        let thread = std::thread::spawn(move || {
            if let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.read(&mut [0; 64]);
                answer(stream);
            }
        });
        let found = describe(path, credentials::user(), budget);
        thread.join().expect("a thread");
        found
    }

    #[test]
    fn what_another_user_claims_orders_no_terminal_and_forges_no_name() {
        let found = asked(&mut Budget::new(), |mut stream| {
            let text = "ok\nscheduler\t1\t0\tup\nfile\t/a\u{1b}]0;x\u{7}\u{9b}2J\n\
                        job\ta\u{1b}[2J\t/x:1\t-\t-\t-\t-\t-\t-\t0\t0\t0\t0\t\t-\n";
            let _ = stream.write_all(text.as_bytes());
        });
        let found = found.expect("an answer");
        assert_eq!(found.files, ["/a?]0;x??2J"]);
        assert_eq!(found.jobs[0].name, "a?[2J");
        assert_eq!(found.pid, std::process::id(), "not what it says");
        assert_eq!(found.user, credentials::user());
    }

    #[test]
    fn an_answer_without_an_end_costs_no_more_than_its_budget() {
        let write_all = |mut stream: UnixStream| while stream.write_all(&[b'x'; 4096]).is_ok() {};
        let mut few = Budget::new();
        few.bytes = 100_000;
        assert!(asked(&mut few, write_all).is_none());
        let drip = |mut stream: UnixStream| {
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let mut short = Budget::new();
        short.until = Instant::now() + Duration::from_millis(200);
        assert!(asked(&mut short, drip).is_none());
        // The next one has what is left.
        assert!(asked(&mut short, |_| ()).is_none());
    }

    #[test]
    fn who_takes_nobody_in_is_not_waited_for_and_a_link_leads_to_nobody() {
        let temp = Temp::new();
        let path = temp.at("cron-1");
        let _listener = UnixListener::bind(&path).expect("a socket");
        // Its queue is full at some time, and then a connect(2) would wait.
        let mut waiting = Vec::new();
        while let Ok(stream) = socket::connect_now(&path) {
            waiting.push(stream);
            if waiting.len() > 10_000 {
                break;
            }
        }
        assert!(connect(&path, credentials::user()).is_none());
        drop(waiting);
        let other = temp.at("cron-2");
        let _other = UnixListener::bind(&other).expect("a socket");
        assert!(connect(&other, credentials::user()).is_some());
        assert!(connect(&other, credentials::user() + 1).is_none());
    }
}
