//! Whether a file system answers at all. Some get their answers from another machine or
//! from a program (NFS, FUSE and their like), perhaps a neighbour's that shares its `/run`.
//! PID 1 must not wait for one before its loop hears signals, so a child asks first.

use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

use kernel::process::{self, Fork};
use kernel::{clock, fd, poll, signal};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether one of `paths` lies where nobody answers. Where every file system is this
/// machine's own, nobody is asked.
pub(crate) fn silent(paths: &[&Path]) -> bool {
    kernel::mount::any_may_hang() && asked(paths).unwrap_or(false)
}

fn asked(paths: &[&Path]) -> io::Result<bool> {
    let (read, write) = fd::pipe()?;
    let pid = match process::fork()? {
        Fork::Child => {
            for path in paths {
                // What is missing has answered too.
                let _ = std::fs::canonicalize(path);
                let _ = kernel::fs::may_hang(path);
            }
            process::exit_now(0)
        }
        Fork::Parent(pid) => pid,
    };
    drop(write);
    // The pipe ends with the child.
    let until = clock::monotonic() + PATIENCE;
    loop {
        let left = until.saturating_sub(clock::monotonic());
        if !poll::poll_readable(&[read.as_raw_fd()], Some(left))?.is_empty() {
            // It has ended, or is about to.
            let _ = process::wait(pid);
            return Ok(false);
        }
        if left.is_zero() {
            // The loop reaps it, whenever it can end.
            let _ = signal::send(pid, signal::SIGKILL);
            return Ok(true);
        }
    }
}
