//! Reading the scan directory again: a child reads, PID 1 gets a checked result.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::fd;
use layouts::{Loss, Problem, service};
use places::Paths;
use plan::handover::Remark;
use stage::insist;

use crate::boot::{LOST, handover};
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
        let pid = inheritance.fork(|| {
            // Its own copy would keep it waiting when PID 1 reads no further.
            fd::close(read.as_raw_fd());
            hand_over(paths, &write)
        })?;
        Ok(Scan {
            pid,
            handover: read,
            drop_missing,
        })
    }
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
    let remarks = problems.into_iter().map(|problem| remark(paths, problem));
    let written = handover::give(to, &found, remarks).and_then(|()| handover::end(to));
    match written {
        Ok(()) if lost => LOST,
        Ok(()) => 0,
        Err(_) => LOST,
    }
}

/// The line of a problem, with the service that it is about: below the scan directory its path
/// begins with that service's.
pub(crate) fn remark(paths: &Paths, problem: Problem) -> Remark {
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
