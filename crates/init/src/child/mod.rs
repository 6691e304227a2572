//! Making a child of PID 1: what every one of them has in common.

pub(crate) mod command;
pub(crate) mod environment;
pub(crate) mod handed;
pub(crate) mod handler;
pub(crate) mod hook;
pub(crate) mod noexec;
pub(crate) mod origin;
pub(crate) mod refusal;

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use kernel::process::{self, Fork};
use kernel::{errno, fd, limits, signal};

/// Most children that are reaped in one turn of the loop: a few milliseconds.
pub(crate) const REAPED_A_TURN: u32 = 512;

/// What children get back that PID 1 changed for itself.
pub(crate) struct Inheritance {
    /// The limit on descriptors that the container came with.
    pub(crate) open_files: Option<limits::Limit>,
    /// Whether PID 1 leads the process group of the terminal, into which hooks go.
    pub(crate) group: i32,
    /// Where the pid of the latest child is noted, for a program that goes on after a crash
    /// of this one.
    pub(crate) noted: Option<&'static AtomicU64>,
}

impl Inheritance {
    /// Forks; the child runs `body` with default dispositions, no signal blocked but
    /// XFSZ and the container's limits, and ends with the code that it gives.
    ///
    /// # Errors
    /// As fork(2).
    pub(crate) fn fork(&self, body: impl FnOnce() -> u8) -> io::Result<i32> {
        let forked = match self.noted {
            Some(place) => process::fork_noting(place),
            None => process::fork(),
        };
        match forked? {
            Fork::Parent(pid) => Ok(pid),
            Fork::Child => {
                if let Some(limit) = self.open_files {
                    let _ = limits::set_open_files(limit);
                }
                signal::reset_all();
                handed::survive_large_files();
                process::exit_now(body())
            }
        }
    }
}

/// The exit code for a program that could not be executed: 127 when nothing of that
/// name was found, else 126.
pub(crate) fn code_of(error: &io::Error) -> u8 {
    if errno::is(error, errno::ENOENT) {
        127
    } else {
        126
    }
}

/// Ends a boot, or the scripts of /run.d, where they stand: no further hook begins. The
/// hook that runs is in PID 1's group and stays, to be ended with everything else.
pub(crate) fn abandon(pid: i32) {
    let _ = signal::send_group(pid, signal::SIGKILL);
    let _ = signal::send(pid, signal::SIGKILL);
}

/// Makes standard input /dev/null; without one, closed.
pub(crate) fn null_input() {
    match kernel::fs::open(Path::new("/dev/null"), kernel::fs::flags::O_RDONLY, 0) {
        Ok(null) => {
            let _ = fd::copy(fd::number(&null), 0);
        }
        Err(_) => fd::close(0),
    }
}
