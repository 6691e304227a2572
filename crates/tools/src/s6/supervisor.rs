//! Talking to a supervisor through its files: control fifo, status, death tally.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, Unable, escape};
use kernel::{errno, fd, fs};
use s6wire::Status;

/// More than any record of a supervisor holds.
const RECORD_LIMIT: usize = 1 << 20;

/// A word as a path.
pub(super) fn path(word: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(word))
}

/// A file below a service directory: the word, a slash, the name, so that an empty word
/// is never the working directory.
pub(super) fn below(dir: &[u8], file: &str) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&[dir, b"/", file.as_bytes()].concat()))
}

/// Whether a supervisor reads this control fifo.
///
/// # Errors
/// Anything but a missing fifo and a missing reader: EACCES, or ENOTDIR for a file in
/// a service's place.
pub(super) fn listens(control: &Path) -> io::Result<bool> {
    match fs::open_fifo_writer(control) {
        Ok(_) => Ok(true),
        Err(error) => match error.raw_os_error() {
            Some(errno::ENXIO | errno::ENOENT) => Ok(false),
            _ => Err(error),
        },
    }
}

/// Writes command letters to the control fifo `file` below `dir`. Where nobody reads
/// it, the failure has the exit code `silent`.
///
/// # Errors
/// That, or the system's refusal.
pub(super) fn tell(dir: &[u8], file: &str, letters: &[u8], silent: u8) -> Result<()> {
    let nobody = || Failure::Other {
        code: silent,
        text: format!(
            "unable to control {}: supervisor not listening",
            escape(dir)
        ),
    };
    if !path(dir).is_dir() {
        // Said apart: a wrong path is not a service that is not supervised.
        std::fs::read_dir(path(dir)).unable("control", dir)?;
    }
    match fs::open_fifo_writer(&below(dir, file)) {
        Ok(control) => fd::write_all(control.as_raw_fd(), letters).unable("control", dir),
        Err(error) => match error.raw_os_error() {
            Some(errno::ENXIO | errno::ENOENT | errno::ENOTDIR) => Err(nobody()),
            _ => Err(error).unable("control", dir),
        },
    }
}

/// Reads the status record of the service in `dir`.
///
/// # Errors
/// A missing or unreadable file, or bytes that are no record.
pub(super) fn status(dir: &[u8]) -> Result<Status> {
    let bytes = record(&below(dir, "supervise/status")).unable("read status of", dir)?;
    Status::decode(&bytes).map_err(|error| Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!("unable to read status of {}: {error}", escape(dir)),
    })
}

/// A record's bytes.
///
/// # Errors
/// As open(2) and read(2); EINVAL for what is not a regular file.
pub(super) fn record(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::open_regular(path)?;
    fd::read_to_end(file.as_raw_fd(), RECORD_LIMIT)
}
