//! Reading a file, in bounded memory and without waiting for one that never ends.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How many bytes a gossfile or a file of variables may have.
const LARGEST: u64 = 16 << 20;

/// Reads a regular file.
///
/// # Errors
/// The system's words as Go prints them, with what was tried: `open PATH: no such file or
/// directory`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let opening = |error: io::Error| format!("open {shown}: {}", go_words(&error));
    // Opening a FIFO waits for a writer, so it is asked first what it is.
    let about = std::fs::metadata(path).map_err(opening)?;
    if about.is_dir() {
        return Err(format!("read {shown}: is a directory"));
    }
    if !about.is_file() {
        return Err(format!("open {shown}: not a regular file"));
    }
    let file = File::open(path).map_err(opening)?;
    bounded(file).map_err(|error| format!("read {shown}: {}", go_words(&error)))
}

/// Reads the standard input.
///
/// # Errors
/// As [`read`].
pub(super) fn stdin() -> Result<Vec<u8>, String> {
    bounded(io::stdin().lock()).map_err(|error| format!("read STDIN: {}", go_words(&error)))
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let what = format!("larger than {} MiB", LARGEST >> 20);
        return Err(io::Error::other(what));
    }
    Ok(bytes)
}

/// An error in Go's words: the C library's, with a small first letter and no number.
pub(super) fn go_words(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}
