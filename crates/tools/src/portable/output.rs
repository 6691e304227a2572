//! Writing to standard output, and copying to it.

use chain::{Failure, Result, Unable};
use kernel::{errno, fd};

/// Writes all of `bytes`.
///
/// # Errors
/// The system's refusal: exit code 111.
pub(super) fn write(bytes: &[u8]) -> Result<()> {
    fd::write_all(1, bytes).unable("write to standard output", b"")
}

/// Writes `text`, and a newline unless it shall go without.
pub(super) fn line(text: &[u8], newline: bool) -> Result<()> {
    let end: &[u8] = if newline { b"\n" } else { b"" };
    write(&[text, end].concat())
}

/// Copies descriptor `from`, called `name` in messages, to standard output.
pub(super) fn copy(from: i32, name: &[u8]) -> Result<()> {
    let mut buffer = [0u8; 65536];
    loop {
        let count = errno::retry(|| fd::read(from, &mut buffer));
        match count.map_err(|error| read_failure(name, error))? {
            0 => return Ok(()),
            count => write(&buffer[..count])?,
        }
    }
}

fn read_failure(name: &[u8], error: std::io::Error) -> Failure {
    Failure::System {
        what: format!("read {}", chain::escape(name)),
        error,
    }
}
