//! Whose PID 1 a command asks, and what is said where it cannot be asked.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chain::{Failure, Result, Unable};
use client::Answer;
use kernel::fs::{Resolve, flags};
use kernel::socket::Peer;
use kernel::{errno, fs, socket};
use places::Paths;

use crate::places::variable;
use crate::trial::running::{self, Running};
use crate::words::{Opt, Words, valued};

/// Longest that PID 1 may take to answer; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often PID 1 is asked again that has dropped the connection.
const TRIES: u32 = 10;

/// What is said of a connection that PID 1 has dropped.
const DROPPED: &str = "PID 1 closed the connection without an answer";

/// Exit code of a command that PID 1 refused.
pub(crate) const REFUSED: u8 = 1;

/// Whose PID 1 is asked, for commands that can ask another one than this container's.
pub(crate) const TREE: Opt = valued("--tree", "", "the directory that `mainstay try` boots");

/// What `--help` says of it.
pub(crate) const TREE_HELP: &str =
    "  --tree DIR         ask the `mainstay try` that boots DIR (or has this process id),
                     from another terminal; without it, this container's PID 1
";

/// Whose PID 1 is asked.
#[derive(Debug)]
pub(crate) enum Target {
    /// This container's.
    Here,
    /// That of a tree that is tried.
    Trial(Running),
}

impl Target {
    /// The one that the words mean.
    ///
    /// # Errors
    /// No such trial runs.
    pub(crate) fn of(words: &Words) -> Result<Target> {
        match words.value(TREE.name) {
            Some(tree) => Running::find(tree).map(Target::Trial),
            None => Ok(Target::Here),
        }
    }

    /// Sends a request and gives the lines of the answer after `ok`.
    ///
    /// # Errors
    /// Nobody listens (the container was not started by this program, or its state
    /// directory could not be written), the listener is somebody else's, or the request
    /// was refused.
    pub(crate) fn ask(&self, words: &[&[u8]]) -> Result<Vec<String>> {
        // With more clients than it has places for, PID 1 drops who has waited longest. What
        // may be asked twice without harm is asked again.
        let harmless: [&[u8]; 3] = [b"status", b"start", b"stop"];
        let again = words.first().is_some_and(|word| harmless.contains(word));
        for _ in 0..if again { TRIES } else { 0 } {
            match self.ask_once(words) {
                Err(Failure::Other { code, text })
                    if code == chain::exit::SYSTEM && text == DROPPED => {}
                other => return other,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.ask_once(words)
    }

    fn ask_once(&self, words: &[&[u8]]) -> Result<Vec<String>> {
        let (path, stream) = self.connect()?;
        let peer = socket::peer(&stream)
            .unable("see who listens at", path.as_os_str().as_encoded_bytes())?;
        if !self.is_pid_1(peer) {
            return Err(Failure::Other {
                code: chain::exit::SYSTEM,
                text: format!(
                    "{}: process {} of user {} listens there, not PID 1",
                    kernel::escape_path(&path),
                    peer.pid,
                    peer.uid
                ),
            });
        }
        match client::ask(stream, words, PATIENCE, u64::MAX).unable("ask PID 1", b"")? {
            Answer::Ok(lines) => Ok(lines.lines().map(str::to_string).collect()),
            Answer::Refused(text) => Err(Failure::Other {
                code: REFUSED,
                text,
            }),
            Answer::Nothing => Err(Failure::Other {
                code: chain::exit::SYSTEM,
                text: match self {
                    Target::Here => DROPPED.to_string(),
                    Target::Trial(_) => "PID 1 closed the connection without an answer: only who \
                                         began the trial may ask it"
                        .to_string(),
                },
            }),
        }
    }

    fn is_pid_1(&self, peer: Peer) -> bool {
        match self {
            Target::Here => client::is_pid_1(peer),
            Target::Trial(trial) => peer.pid == trial.first,
        }
    }

    fn connect(&self) -> Result<(PathBuf, UnixStream)> {
        match self {
            Target::Here => client::first_that_listens(Paths::find(variable).sockets(), |path| {
                UnixStream::connect(path)
            })
            .map_err(|(path, error)| unreachable(&path, &error)),
            Target::Trial(trial) => {
                // A trial has a /run of its own in memory: the state is always there.
                let sockets = Paths::standard().sockets();
                client::first_that_listens(sockets, |path| connect_within(&trial.root(), path))
                    .map_err(|(_, error)| Failure::Other {
                        code: chain::exit::SYSTEM,
                        text: format!(
                            "unable to reach the PID 1 that boots {}: {}{}",
                            kernel::escape_path(&trial.tree),
                            errno::text(&error),
                            if errno::is(&error, errno::ENOENT) {
                                "; it has not begun to boot hooks and services yet, or it ends"
                            } else {
                                ""
                            }
                        ),
                    })
            }
        }
    }
}

/// Connects to a socket of another root directory. What lies there was written by others,
/// so no link leads out of it.
fn connect_within(root: &Path, path: &Path) -> io::Result<UnixStream> {
    let root: OwnedFd = fs::open(root, flags::O_PATH | flags::O_DIRECTORY, 0)?;
    let inside = path.strip_prefix("/").unwrap_or(path);
    let found = fs::open_beneath(&root, inside, flags::O_PATH, 0, Resolve::InRoot)?;
    UnixStream::connect(format!("/proc/self/fd/{}", found.as_raw_fd()))
}

fn unreachable(path: &Path, error: &io::Error) -> Failure {
    let remedy = if errno::is(error, errno::EACCES) {
        "; only the user that runs PID 1 and root may ask it".to_string()
    } else if !errno::is(error, errno::ENOENT) && !errno::is(error, errno::ECONNREFUSED) {
        String::new()
    } else if let Some(trial) = running::all().first() {
        format!(
            "; a tree is tried on this machine: --tree {}",
            kernel::escape_path(&trial.tree)
        )
    } else if errno::is(error, errno::ENOENT) {
        "; does this container run mainstay as /init? From its host, ask by \
         `docker exec CONTAINER mainstay status`"
            .to_string()
    } else {
        String::new()
    };
    Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!(
            "unable to reach PID 1 at {}: {}{remedy}",
            kernel::escape_path(path),
            errno::text(error)
        ),
    }
}
