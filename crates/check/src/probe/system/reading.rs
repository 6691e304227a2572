//! Reading without waiting and without end: tables are bounded, and a named pipe is no file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// The most that is read of a table of the system.
const MOST: u64 = 64 << 20;

/// Opens for reading. A pipe without a writer is not waited for.
///
/// # Errors
/// As open(2).
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
}

/// The bytes of a table.
///
/// # Errors
/// As open(2) and read(2); one that is larger than any table.
pub fn table(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}
