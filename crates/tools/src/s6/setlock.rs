//! s6-setlock: takes a lock on a file, then becomes a program, which holds it until
//! it ends.

use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use kernel::fs::flags;
use kernel::{clock, errno, fd, fs};

use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-setlock",
    usage: "[ -r | -w ] [ -n | -N | -t timeout ] [ -d fd ] lockfile prog...",
    summary: "take a lock on a file, then run a program that holds it",
    run,
};

/// How long to wait for the lock.
#[derive(Clone, Copy)]
enum Patience {
    None,
    Endless,
    Until(Duration),
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut exclusive = true;
    let mut patience = Patience::Endless;
    let mut visible: Option<RawFd> = None;
    for option in call.options("rwnNt:d:")? {
        match option.letter {
            b'r' => exclusive = false,
            b'w' => exclusive = true,
            b'n' => patience = Patience::None,
            b'N' => patience = Patience::Endless,
            b't' => {
                let time = words::milliseconds(&option.value).ok_or_else(|| call.misuse())?;
                patience = Patience::Until(clock::monotonic() + time);
            }
            _ => {
                let number = words::number32(&option.value).ok_or_else(|| call.misuse())?;
                visible = Some(RawFd::try_from(number).map_err(|_| call.misuse())?);
            }
        }
    }
    let path = call.operand()?;
    let next = call.program()?;
    let file = open(supervisor::path(&path), exclusive).unable("open", &path)?;
    take(&file, exclusive, patience).map_err(|error| Failure::Other {
        code: 1,
        text: format!("unable to lock {}: {}", escape(&path), errno::text(&error)),
    })?;
    match visible {
        None => {
            fd::set_close_on_exec(file.as_raw_fd(), false).unable("keep open", &path)?;
            // The program holds it now.
            let _ = file.into_raw_fd();
        }
        Some(number) if number == file.as_raw_fd() => {
            fd::set_close_on_exec(number, false).unable("keep open", &path)?;
            let _ = file.into_raw_fd();
        }
        Some(number) => {
            fd::copy(file.as_raw_fd(), number).unable("keep open", &path)?;
            // Closing any descriptor of the file would let go of the lock, and exec
            // closes this one: so it stays open too.
            fd::set_close_on_exec(file.as_raw_fd(), false).unable("keep open", &path)?;
            let _ = file.into_raw_fd();
        }
    }
    Ok(Outcome::exec(call, next))
}

/// Opens the file, which is made where it is missing. A shared lock needs no right to
/// write, and may be one on a directory.
fn open(path: &Path, exclusive: bool) -> io::Result<OwnedFd> {
    let open = |how| fs::open(path, how | flags::O_NONBLOCK, 0o666);
    if exclusive {
        return open(flags::O_WRONLY | flags::O_CREAT);
    }
    match open(flags::O_RDONLY) {
        Err(error) if errno::is(&error, errno::ENOENT) => {
            open(flags::O_RDONLY | flags::O_CREAT)
        }
        other => other,
    }
}

fn take(file: &impl AsRawFd, exclusive: bool, patience: Patience) -> io::Result<()> {
    // How often a lock with a limit is asked for: the kernel has no wait with one.
    const PAUSE: Duration = Duration::from_millis(10);
    match patience {
        Patience::None => fs::try_process_lock(file, exclusive),
        Patience::Endless => errno::retry(|| fs::wait_process_lock(file, exclusive)),
        Patience::Until(deadline) => loop {
            match fs::try_process_lock(file, exclusive) {
                Err(error)
                    if errno::is(&error, errno::EAGAIN) || errno::is(&error, errno::EACCES) =>
                {
                    let left = deadline.saturating_sub(clock::monotonic());
                    if left.is_zero() {
                        return Err(errno::from(errno::ETIMEDOUT));
                    }
                    clock::sleep(left.min(PAUSE));
                }
                other => return other,
            }
        },
    }
}
