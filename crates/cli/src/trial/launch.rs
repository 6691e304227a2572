//! The process that stays outside: makes the namespaces, lets the child begin, hands
//! signals in, waits.

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use chain::{Call, Result, Unable, escape};
use kernel::namespace::New;
use kernel::process::{self, Fork};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::{errno, fd, namespace, poll, tty};

use super::arguments::{self, Network, Request};
use super::mapping::{self, Mapping};
use super::streams::Streams;
use super::{environment, inside, obstacles};

/// Signals that stop the tree, as an engine's do. A terminal that hangs up
/// takes its trial with it.
const STOP: &[i32] = &[
    signal::SIGTERM,
    signal::SIGINT,
    signal::SIGHUP,
    signal::SIGQUIT,
];

/// Signals that are handed in as they are.
const PASS: &[i32] = &[signal::SIGUSR1, signal::SIGUSR2];

/// How many signals to stop are handed in; the next one kills.
const PATIENCE: u32 = 2;

/// How long to wait for process 1 to be able to catch a signal before it is sent
/// anyway: the kernel drops what the first process of a namespace does not catch.
const UNTIL_CAUGHT: Duration = Duration::from_secs(3);

/// How often to look meanwhile.
const LOOK: Duration = Duration::from_millis(10);

/// Boots `request` and gives the container's exit code.
///
/// # Errors
/// What the machine does not allow, with a remedy.
pub(super) fn boot(request: &Request, call: &Call) -> Result<u8> {
    let caller = &call.env;
    let signals = STOP
        .iter()
        .chain(PASS)
        .fold(Set::empty().with(signal::SIGCHLD), |set, s| set.with(*s));
    let terminal = (tty::is_terminal(0) || tty::is_terminal(1))
        .then(|| caller.get(b"TERM").unwrap_or(b"xterm"));
    let env = environment::of(request, terminal);
    fd::fill_standard_streams();
    let inherited = fd::open_from(3);
    say(&format!(
        "booting {} over {}, both only read; no sandbox: {}",
        escape(request.overlay.as_os_str().as_bytes()),
        escape(request.root.as_os_str().as_bytes()),
        match request.network {
            Network::Host => "kernel and network are this machine's",
            Network::None => "the kernel is this machine's",
        }
    ));
    say(&format!(
        "Ctrl-C stops it in order; from another terminal: {} status --tree {}",
        escape(&from_anywhere(&call.invoked_as)),
        escape(request.overlay.as_os_str().as_bytes())
    ));
    if request.command.is_empty()
        && let Some(line) = arguments::nothing_to_run(&request.overlay)
    {
        chain::warn("mainstay try", &line);
    }
    signal::set_mask(&signals);
    let news = SignalSource::new(&signals).unable("receive signals", b"")?;
    let mut streams = Streams::begin()?;
    let (go, release) = fd::pipe().unable("make a pipe", b"")?;
    let (begun, alive) = fd::pipe().unable("make a pipe", b"")?;

    let (pid, plain_user) = match fork(request)? {
        (Fork::Child, plain_user) => {
            // `alive` closes by itself when the child executes something.
            drop((release, begun, news));
            inside::become_process_1(request, env, plain_user, &streams, &go, &inherited)
        }
        (Fork::Parent(pid), plain_user) => (pid, plain_user),
    };
    drop((go, alive));
    streams.let_go();
    let mut child = Child { pid, begun };
    if plain_user {
        match mapping::write(pid) {
            Ok(Mapping::Whole) => {}
            Ok(Mapping::Single) => chain::warn(
                "mainstay try",
                "no user but root exists inside (no ids are set aside for you in /etc/subuid \
                 and /etc/subgid, or newuidmap is missing): what becomes another user fails; \
                 `sudo mainstay try` has them all",
            ),
            Err(error) => {
                child.kill();
                let _ = process::wait(pid);
                return Err(obstacles::namespaces(&error));
            }
        }
    }
    let _ = fd::write_all(release.as_raw_fd(), b"!");
    let code = child.attend(&news, &mut streams);
    streams.finish();
    code
}

fn say(text: &str) {
    let _ = fd::write_all(2, format!("mainstay try: {text}\n").as_bytes());
}

/// How a terminal that is in another directory calls this program.
fn from_anywhere(invoked_as: &[u8]) -> Vec<u8> {
    let absolute = match invoked_as.contains(&b'/') {
        true => std::path::absolute(OsStr::from_bytes(invoked_as)).ok(),
        false => None,
    };
    absolute.map_or(invoked_as.to_vec(), |path| path.into_os_string().into_vec())
}

/// The child in its namespaces, and whether it needed one for users.
fn fork(request: &Request) -> Result<(Fork, bool)> {
    let new = match request.network {
        Network::Host => New::CONTAINER,
        Network::None => New::CONTAINER.with_network(),
    };
    match namespace::fork_into(new) {
        Ok(fork) => Ok((fork, false)),
        Err(error) if errno::is(&error, errno::EPERM) => namespace::fork_into(new.with_users())
            .map(|fork| (fork, true))
            .map_err(|error| obstacles::namespaces(&error)),
        Err(error) => Err(obstacles::namespaces(&error)),
    }
}

/// The tree's process 1, seen from outside.
struct Child {
    pid: i32,
    /// Reaches its end when the child has become the image's own process 1.
    begun: OwnedFd,
}

impl Child {
    /// Hands signals in until the child has ended.
    fn attend(&mut self, news: &SignalSource, streams: &mut Streams) -> Result<u8> {
        let mut asked = 0;
        let mut waiting: Vec<(i32, Instant)> = Vec::new();
        loop {
            if let Some(status) = process::try_wait(self.pid).unable("wait for process 1", b"")? {
                return Ok(status.code());
            }
            // As for any program at the left of a pipe: a reader that goes is the end.
            if streams.lost() {
                waiting.push((signal::SIGTERM, Instant::now()));
            }
            waiting.retain(|(signal, since)| {
                let send = self.catches(*signal) || since.elapsed() >= UNTIL_CAUGHT;
                if send {
                    let _ = signal::send(self.pid, *signal);
                }
                !send
            });
            let limit = (!waiting.is_empty()).then_some(LOOK);
            news.poll(&[], limit).unable("wait for signals", b"")?;
            while let Some(signal) = news.next() {
                if STOP.contains(&signal) {
                    asked += 1;
                    if asked > PATIENCE || !self.has_begun() {
                        self.kill();
                    } else {
                        waiting.push((handed_in(signal), Instant::now()));
                    }
                } else if PASS.contains(&signal) {
                    waiting.push((signal, Instant::now()));
                }
            }
        }
    }

    /// Whether the child is the image's own process 1 by now.
    fn has_begun(&self) -> bool {
        let end = poll::poll_readable(&[self.begun.as_raw_fd()], Some(Duration::ZERO));
        end.is_ok_and(|ready| !ready.is_empty())
    }

    /// Whether the child holds `signal` back or has a handler for it; if that cannot
    /// be seen, yes.
    fn catches(&self, signal: i32) -> bool {
        match fs::read_to_string(format!("/proc/{}/status", self.pid)) {
            Ok(status) => holds_or_catches(&status, signal),
            Err(_) => true,
        }
    }

    /// The kernel ends everything in the namespace with its process 1.
    fn kill(&self) {
        let _ = signal::send(self.pid, signal::SIGKILL);
    }
}

/// As what a signal to stop arrives. A further INT or QUIT makes the stop wait no longer.
fn handed_in(signal: i32) -> i32 {
    match signal {
        signal::SIGINT | signal::SIGQUIT => signal,
        _ => signal::SIGTERM,
    }
}

/// Reads SigBlk and SigCgt (proc(5)).
fn holds_or_catches(status: &str, signal: i32) -> bool {
    let bit = 1u64 << (signal - 1);
    status.lines().any(|line| {
        ["SigBlk:", "SigCgt:"]
            .iter()
            .filter_map(|field| line.strip_prefix(field))
            .filter_map(|value| u64::from_str_radix(value.trim(), 16).ok())
            .any(|mask| mask & bit != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_held_back_or_caught_may_be_sent() {
        let status = "Name:\tsh\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000004000\n\
                      SigCgt:\t0000000000000200\n";
        assert!(holds_or_catches(status, 17));
        assert!(holds_or_catches(status, 10));
        assert!(!holds_or_catches(status, 15));
    }
}
