//! Standard output and error of the tree. Unless they are a terminal that this user may
//! open they are pipes, as with an engine: programs open /dev/stdout anew, and where that is a file they would
//! write over each other's lines, and where somebody else opened it they may not.
//!
//! A process of its own carries the bytes, so that a reader that is slow (a pager) holds
//! up neither signals nor the end.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use chain::{Result, Unable, exit};
use kernel::fs::flags::{O_NOCTTY, O_NONBLOCK, O_WRONLY};
use kernel::process::{self, Fork};
use kernel::{errno, fd, fs, poll, tty};
use std::path::Path;

/// How many bytes are carried at once: as many as a pipe holds.
const ONE_LOAD: usize = 64 * 1024;

/// What the tree writes to.
pub(super) struct Streams {
    /// The write end that replaces each standard stream inside.
    replaced: Vec<(RawFd, OwnedFd)>,
    /// The process that carries.
    carrier: Option<i32>,
}

impl Streams {
    /// Begins to carry.
    ///
    /// # Errors
    /// Limits on descriptors and processes.
    pub(super) fn begin() -> Result<Streams> {
        let mut replaced: Vec<(RawFd, OwnedFd)> = Vec::new();
        let mut carried: Vec<(OwnedFd, RawFd)> = Vec::new();
        let mut told = false;
        for stream in [1, 2] {
            if tty::is_terminal(stream) {
                if may_open(stream) {
                    continue;
                }
                if !told {
                    told = true;
                    chain::warn(super::COMMAND.name, FOREIGN);
                }
            }
            // What goes to one file keeps its order.
            let write = match replaced.first() {
                Some((first, write)) if same_file(*first, stream) => {
                    fd::copy_above(write.as_raw_fd(), 3).unable("copy a descriptor", b"")?
                }
                _ => {
                    let (read, write) = fd::pipe().unable("make a pipe", b"")?;
                    carried.push((read, stream));
                    write
                }
            };
            replaced.push((stream, write));
        }
        if carried.is_empty() {
            return Ok(Streams {
                replaced,
                carrier: None,
            });
        }
        match process::fork().unable("fork", b"")? {
            Fork::Child => {
                drop(replaced);
                carry(carried);
                process::exit_now(0)
            }
            Fork::Parent(pid) => Ok(Streams {
                replaced,
                carrier: Some(pid),
            }),
        }
    }

    /// For the process inside: takes the pipes as its standard streams.
    ///
    /// # Errors
    /// None that is known: the descriptors are its own.
    pub(super) fn take(&self) -> Result<()> {
        for (stream, write) in &self.replaced {
            fd::copy(write.as_raw_fd(), *stream).unable("replace a standard stream", b"")?;
        }
        Ok(())
    }

    /// For the process outside: lets go of the pipes; what is left can be awaited.
    pub(super) fn let_go(&mut self) {
        self.replaced.clear();
    }

    /// Whether nobody reads any more what comes out.
    pub(super) fn lost(&mut self) -> bool {
        let ended = self
            .carrier
            .is_some_and(|pid| !matches!(process::try_wait(pid), Ok(None)));
        if ended {
            self.carrier = None;
        }
        ended
    }

    /// Waits until everything that was written has been carried.
    pub(super) fn finish(mut self) {
        self.let_go();
        if let Some(pid) = self.carrier {
            let _ = process::wait(pid);
        }
    }
}

/// What is said of a terminal that belongs to another user, as after `su`.
const FOREIGN: &str = "this terminal is another user's (begun with su or sudo -u?), so programs \
                       inside could not open /dev/stdout and /dev/stderr: output goes through \
                       pipes, and is no terminal inside; a login of this user's own has one";

/// Whether a program of this user's may open the stream anew, as /dev/stderr is.
fn may_open(stream: RawFd) -> bool {
    let path = format!("/proc/self/fd/{stream}");
    let open = fs::open(Path::new(&path), O_WRONLY | O_NOCTTY | O_NONBLOCK, 0);
    !open.is_err_and(|error| errno::is(&error, errno::EACCES) || errno::is(&error, errno::EPERM))
}

fn same_file(a: RawFd, b: RawFd) -> bool {
    let identity = |fd: RawFd| fs::stat(&fd).map(|stat| stat.identity);
    matches!((identity(a), identity(b)), (Ok(a), Ok(b)) if a == b)
}

/// Carries until every pipe has ended, or nobody reads what comes out of one.
fn carry(mut pipes: Vec<(OwnedFd, RawFd)>) {
    let mut load = vec![0u8; ONE_LOAD];
    while !pipes.is_empty() {
        let all: Vec<RawFd> = pipes.iter().map(|(read, _)| read.as_raw_fd()).collect();
        let Ok(ready) = poll::poll_readable(&all, None) else {
            return;
        };
        pipes.retain(|(read, stream)| {
            let read = read.as_raw_fd();
            if !ready.contains(&read) {
                return true;
            }
            match errno::retry(|| fd::read(read, &mut load)) {
                Ok(count) if count > 0 => {
                    if fd::write_all(*stream, &load[..count]).is_err() {
                        process::exit_now(exit::SYSTEM);
                    }
                    true
                }
                _ => false,
            }
        });
    }
}
