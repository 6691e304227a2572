//! Reading the scan directory again: a child reads, PID 1 gets a checked result.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::fd;
use layouts::{Loss, Problem, service};
use places::Paths;
use plan::handover::{self, Remark};

use crate::boot::LOST;
use crate::child::Inheritance;
use crate::child::origin;

/// The child that reads, and where its result arrives.
pub(crate) struct Scan {
    pub(crate) pid: i32,
    pub(crate) handover: OwnedFd,
    /// Whether services whose directory is gone are to be dropped (`-n`).
    pub(crate) drop_missing: bool,
}

impl Scan {
    /// Starts reading the scan directory.
    ///
    /// # Errors
    /// As fork(2) and pipe(2).
    pub(crate) fn start(
        inheritance: &Inheritance,
        paths: &Paths,
        drop_missing: bool,
    ) -> io::Result<Scan> {
        let (read, write) = fd::pipe()?;
        fd::set_nonblocking(read.as_raw_fd(), true)?;
        let pid = inheritance.fork(|| hand_over(paths, &write))?;
        Ok(Scan {
            pid,
            handover: read,
            drop_missing,
        })
    }
}

/// Does it again, twice at most, while the kernel refuses part of it: what comes of a
/// moment's want of descriptors, memory or room is gone by then.
pub(crate) fn insist<T>(work: impl Fn() -> T, is_refused: impl Fn(&T) -> bool) -> T {
    let first = work();
    if !is_refused(&first) {
        return first;
    }
    let second = work();
    if !is_refused(&second) { second } else { work() }
}

/// Reads the service directories of the scan directory and writes them, and what is wrong
/// with any, to `to`: PID 1 says them, which may not wait for a reader.
pub(crate) fn hand_over(paths: &Paths, to: &OwnedFd) -> u8 {
    // Where nothing could be made, the image's own directory, which need not be there.
    let (found, problems) = match paths.services.try_exists() {
        Ok(false) => (Vec::new(), Vec::new()),
        Ok(true) | Err(_) => {
            let held = stage::protect::hold(&paths.services);
            let (found, problems) = insist(
                || service::read_scan_dir(&paths.services),
                |(_, problems)| problems.iter().any(|one| one.loses > Loss::Nothing),
            );
            (found, held.into_iter().chain(problems).collect())
        }
    };
    let lost = problems.iter().any(|one| one.loses == Loss::Whole);
    let remarks: Vec<_> = problems
        .into_iter()
        .map(|problem| remark(paths, problem))
        .collect();
    let bytes = handover::encode(&found, &[], &remarks);
    match write_all(to, &bytes) {
        Ok(()) if lost => LOST,
        Ok(()) => 0,
        Err(_) => LOST,
    }
}

/// The line of a problem, with the service that it is about: below the scan directory its path
/// begins with that service's.
fn remark(paths: &Paths, problem: Problem) -> Remark {
    let below = problem.path.strip_prefix(&paths.services).ok();
    let unit = below.and_then(|below| {
        let mut parts = below.components().map(|part| part.as_os_str().to_str());
        let name = parts.next()??;
        Some(match parts.next() {
            Some(Some("log")) => format!("{name}/log"),
            _ => name.to_string(),
        })
    });
    let text = origin::problem(paths, problem).to_string();
    Remark { unit, text }
}

/// Writes all of it; an error that does not come again loses nothing.
fn write_all(to: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    let mut errors = 0;
    while !bytes.is_empty() {
        match fd::write(to.as_raw_fd(), bytes) {
            Ok(count) => {
                bytes = &bytes[count..];
                errors = 0;
            }
            Err(_) if errors < 3 => errors += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Most bytes that are read in one turn of the loop, or a little more. A pipe holds
/// less: once the child has ended, one turn reads the rest.
const READ_A_TURN: usize = 1024 * 1024;

/// How much memory services take beside their bytes, as a multiple of them.
const DECODED: usize = 4;

/// Collects what a child hands over, as it comes.
pub(crate) struct Handover {
    bytes: Vec<u8>,
    limit: usize,
}

/// How far a hand-over is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    Complete,
}

impl Handover {
    pub(crate) fn new(limit: usize) -> Handover {
        Handover {
            bytes: Vec::new(),
            limit,
        }
    }

    /// Reads what is there, without waiting, and no more than one turn of the loop has
    /// time for.
    ///
    /// # Errors
    /// As read(2), EFBIG past the limit, and ENOMEM where there is no memory for it and
    /// what will be made of it.
    pub(crate) fn read(&mut self, from: &OwnedFd) -> io::Result<Progress> {
        let mut buffer = [0u8; 16 * 1024];
        let mut left = READ_A_TURN;
        loop {
            if left == 0 {
                return Ok(Progress::More);
            }
            match fd::read(from.as_raw_fd(), &mut buffer) {
                Ok(0) => {
                    // Asked for in one piece, where it can be refused: a refusal later,
                    // in a small piece, would end this process.
                    let needed = self.bytes.len().saturating_mul(DECODED);
                    return match Vec::<u8>::new().try_reserve_exact(needed) {
                        Ok(()) => Ok(Progress::Complete),
                        Err(_) => Err(kernel::errno::from(kernel::errno::ENOMEM)),
                    };
                }
                Ok(_) if !self.is_whole() => {}
                Ok(count) if self.bytes.len() + count > self.limit => {
                    return Err(kernel::errno::from(kernel::errno::EFBIG));
                }
                Ok(count) => {
                    if self.bytes.try_reserve(count).is_err() {
                        return Err(kernel::errno::from(kernel::errno::ENOMEM));
                    }
                    self.bytes.extend_from_slice(&buffer[..count]);
                    left = left.saturating_sub(count);
                }
                Err(error) if kernel::errno::is(&error, kernel::errno::EAGAIN) => {
                    return Ok(Progress::More);
                }
                Err(error) if kernel::errno::is(&error, kernel::errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One whose beginning a crash has lost: it takes what comes and has nothing.
    pub(crate) fn lost() -> Handover {
        Handover {
            bytes: Vec::new(),
            limit: 0,
        }
    }

    /// Whether nothing of it is lost.
    pub(crate) fn is_whole(&self) -> bool {
        self.limit > 0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
