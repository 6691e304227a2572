//! Paths and modes in words.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Result};
use execline::number;

/// A word as a path.
pub(super) fn path(word: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(word))
}

/// A word as permissions in octal, at most 7777.
///
/// # Errors
/// A usage failure.
pub(super) fn mode(call: &Call, word: &[u8]) -> Result<u32> {
    number::octal(word)
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| call.misuse())
}

/// The last component of a path, without slashes after it (basename(1p)).
pub(super) fn base(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/');
    let Some(end) = end else {
        return &path[..path.len().min(1)];
    };
    let path = &path[..=end];
    let start = path.iter().rposition(|byte| *byte == b'/');
    &path[start.map_or(0, |at| at + 1)..]
}

/// What stands before the last component (dirname(1p)).
pub(super) fn dir(path: &[u8]) -> &[u8] {
    let is_slash = |byte: &u8| *byte == b'/';
    let Some(end) = path.iter().rposition(|byte| !is_slash(byte)) else {
        return if path.is_empty() { b"." } else { b"/" };
    };
    let Some(slash) = path[..end].iter().rposition(is_slash) else {
        return b".";
    };
    match path[..slash].iter().rposition(|byte| !is_slash(byte)) {
        Some(end) => &path[..=end],
        None => b"/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_as_posix_has_them() {
        for (path, dirname, basename) in [
            ("/a/b", "/a", "b"),
            ("a//b//", "a", "b"),
            ("//a", "/", "a"),
            ("a", ".", "a"),
            ("a/", ".", "a"),
            ("/", "/", "/"),
            ("///", "/", "/"),
            ("", ".", ""),
            (".", ".", "."),
        ] {
            assert_eq!(dir(path.as_bytes()), dirname.as_bytes(), "{path}");
            assert_eq!(base(path.as_bytes()), basename.as_bytes(), "{path}");
        }
    }
}
