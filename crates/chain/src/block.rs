//! Running a block: a fork whose child goes on as its own chain and whose parent
//! learns whether that chain could be begun.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::process::{self, WaitStatus};
use kernel::{errno, fd};

use crate::{Call, Failure, Outcome, Unable, Word};

/// Which side of the fork this is.
pub enum Forked {
    /// The program itself.
    Parent(Block),
    /// The block: return [`Outcome::exec`] with the report from the program.
    Child(Report),
}

/// A block that runs.
pub struct Block {
    /// Its pid.
    pub pid: i32,
    report: OwnedFd,
}

/// The child's way to say that its first program could not be executed. It closes
/// by itself when it could.
pub struct Report(OwnedFd);

impl Report {
    /// Tells the parent why.
    pub fn failed(self, error: &io::Error) {
        let number = error.raw_os_error().unwrap_or(errno::EINVAL);
        let _ = fd::write_all(self.0.as_raw_fd(), &number.to_ne_bytes());
    }
}

/// Forks for a block.
///
/// # Errors
/// EAGAIN and ENOMEM of fork(2), EMFILE.
pub fn fork() -> io::Result<Forked> {
    let (read, write) = fd::pipe()?;
    // High numbers: a block that opens descriptors by number must not meet ours.
    let write = fd::copy_above(write.as_raw_fd(), 200).unwrap_or(write);
    match process::fork()? {
        process::Fork::Parent(pid) => {
            drop(write);
            Ok(Forked::Parent(Block { pid, report: read }))
        }
        process::Fork::Child => {
            drop(read);
            Ok(Forked::Child(Report(write)))
        }
    }
}

impl Block {
    /// Waits until the block's first program has begun.
    ///
    /// # Errors
    /// Why it could not; the process is reaped then.
    pub fn begun(self) -> io::Result<i32> {
        let mut number = [0u8; 4];
        let count = errno::retry(|| fd::read(self.report.as_raw_fd(), &mut number))?;
        if count == number.len() {
            let _ = process::wait(self.pid);
            return Err(errno::from(i32::from_ne_bytes(number)));
        }
        Ok(self.pid)
    }
}

/// What came of a block that was run to its end.
pub enum RunBlock {
    /// This is the block: return this from the program.
    Become(Outcome),
    /// The block has ended.
    Ended(WaitStatus),
    /// Its first program could not be executed.
    NotBegun(io::Error),
}

/// Runs `argv` as a block of `call` and waits for its end.
///
/// # Errors
/// The system's refusal to fork or wait.
pub fn run_to_end(call: &Call, argv: Vec<Word>) -> Result<RunBlock, Failure> {
    match fork().unable("fork", b"")? {
        Forked::Child(report) => Ok(RunBlock::Become(
            Outcome::exec(call, argv).reporting(report),
        )),
        Forked::Parent(block) => match block.begun() {
            Err(error) => Ok(RunBlock::NotBegun(error)),
            Ok(pid) => Ok(RunBlock::Ended(
                process::wait(pid).unable("wait for a block", b"")?,
            )),
        },
    }
}
