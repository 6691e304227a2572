//! One question to PID 1 over its socket, and the answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::socket::Peer;
use kernel::{credentials, errno, socket};
use places::Paths;

/// What PID 1 says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What comes after `ok`.
    Ok(String),
    /// A sentence that says why not.
    Refused(String),
    /// Nothing: it has closed the connection. It does so with whom it does not know, and
    /// with whom has waited longest where there are too many.
    Nothing,
}

/// Whether this container's PID 1 is on the other side. Process 1 may be any user's; nobody
/// else can have its number.
pub fn is_pid_1(peer: Peer) -> bool {
    peer.pid == 1 || peer.uid == 0 || peer.uid == credentials::user()
}

/// Connects to the first of the places at which somebody listens.
///
/// # Errors
/// The refusal that says most, and where it came from: a place where nothing is says less
/// than one that refuses.
pub fn first_that_listens(
    sockets: [PathBuf; 2],
    connect: impl Fn(&Path) -> io::Result<UnixStream>,
) -> Result<(PathBuf, UnixStream), (PathBuf, io::Error)> {
    let mut refusal = None;
    for path in sockets {
        match connect(&path) {
            Ok(stream) => return Ok((path, stream)),
            Err(error) if refusal.is_none() || !errno::is(&error, errno::ENOENT) => {
                refusal = Some((path, error));
            }
            Err(_) => {}
        }
    }
    Err(refusal.unwrap_or_else(|| (PathBuf::new(), errno::from(errno::ENOENT))))
}

/// Says the words and reads the answer, of which no more than `most` bytes are of interest.
/// PID 1 may take `patience` for each of the two.
///
/// # Errors
/// As read(2) and write(2); EAGAIN when PID 1 takes longer.
pub fn ask(
    mut stream: UnixStream,
    words: &[&[u8]],
    patience: Duration,
    most: u64,
) -> io::Result<Answer> {
    let _ = stream.set_read_timeout(Some(patience));
    let _ = stream.set_write_timeout(Some(patience));
    let mut answer = String::new();
    stream
        .write_all(&words.join(&0))
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .and_then(|()| stream.take(most).read_to_string(&mut answer))
        .or_else(|error| match error.kind() {
            // It closes at once whom it does not answer.
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Ok(0),
            _ => Err(error),
        })?;
    let (first, rest) = answer.split_once('\n').unwrap_or((&answer, ""));
    Ok(match first {
        "" => Answer::Nothing,
        "ok" => Answer::Ok(rest.to_string()),
        line => Answer::Refused(line.strip_prefix("error\t").unwrap_or(line).to_string()),
    })
}

/// Longest that PID 1 may take for a word from a program that it has started; its loop
/// answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest answer to one that is of interest.
const MOST: u64 = 256;

/// A word to PID 1 from a program that it has started. It is never waited for long, and
/// nothing depends on an answer: gives what comes after `ok`; none where PID 1 cannot be
/// reached, or does not know what to do with the words.
pub fn say(paths: &Paths, words: &[&[u8]]) -> Option<String> {
    let stream = paths.sockets().into_iter().find_map(|path| {
        let stream = socket::connect_now(&path).ok()?;
        is_pid_1(socket::peer(&stream).ok()?).then_some(stream)
    })?;
    stream.set_nonblocking(false).ok()?;
    match ask(stream, words, PATIENCE, MOST).ok()? {
        Answer::Ok(rest) => Some(rest.trim_end().to_string()),
        Answer::Refused(_) | Answer::Nothing => None,
    }
}
