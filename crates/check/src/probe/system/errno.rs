//! The system's errors in the words that Go has for them, whatever the C library calls them:
//! reports show them, and gossfiles of others may match on them.

use std::io;

use rustix::io::Errno;

/// Go's words that differ from one C library to another, or from Rust's own.
const WORDS: &[(Errno, &str)] = &[
    (Errno::PERM, "operation not permitted"),
    (Errno::NOENT, "no such file or directory"),
    (Errno::INTR, "interrupted system call"),
    (Errno::IO, "input/output error"),
    (Errno::NXIO, "no such device or address"),
    (Errno::TOOBIG, "argument list too long"),
    (Errno::NOEXEC, "exec format error"),
    (Errno::AGAIN, "resource temporarily unavailable"),
    (Errno::NOMEM, "cannot allocate memory"),
    (Errno::ACCESS, "permission denied"),
    (Errno::NODEV, "no such device"),
    (Errno::NOTDIR, "not a directory"),
    (Errno::ISDIR, "is a directory"),
    (Errno::INVAL, "invalid argument"),
    (Errno::NFILE, "too many open files in system"),
    (Errno::MFILE, "too many open files"),
    (Errno::LOOP, "too many levels of symbolic links"),
    (Errno::NAMETOOLONG, "file name too long"),
    (Errno::ADDRINUSE, "address already in use"),
    (Errno::ADDRNOTAVAIL, "cannot assign requested address"),
    (Errno::NETUNREACH, "network is unreachable"),
    (Errno::CONNRESET, "connection reset by peer"),
    (Errno::PIPE, "broken pipe"),
    (Errno::TIMEDOUT, "connection timed out"),
    (Errno::CONNREFUSED, "connection refused"),
    (Errno::HOSTUNREACH, "no route to host"),
    (Errno::STALE, "stale file handle"),
];

/// An error in words.
pub fn words(error: &io::Error) -> String {
    if let Some(number) = error.raw_os_error() {
        let errno = Errno::from_raw_os_error(number);
        if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == errno) {
            return (*words).to_string();
        }
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        return text.to_lowercase();
    }
    error.to_string()
}

/// What failed on what, as Go's `PathError` has it.
pub fn of_path(operation: &str, path: &std::path::Path, error: &io::Error) -> String {
    let why = match error.kind() {
        // A path with a NUL in it: Go hands it to the system, which refuses it so.
        io::ErrorKind::InvalidInput => "invalid argument".to_string(),
        _ => words(error),
    };
    format!("{operation} {}: {why}", path.display())
}
