//! Talking to PID 1 over its socket.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use chain::{Failure, Result, Unable, escape};
use init::Paths;
use kernel::{credentials, errno, socket};

/// Longest that PID 1 may take to answer; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Exit code of a command that PID 1 refused.
const REFUSED: u8 = 1;

/// A variable of this program's environment.
fn variable(name: &str) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(name).map(OsStringExt::into_vec)
}

/// Sends a request and gives the lines of the answer after `ok`.
///
/// # Errors
/// Nobody listens (the container was not started by this program, or its state
/// directory could not be written), the listener is somebody else's, or the request
/// was refused.
pub(crate) fn ask(words: &[&[u8]]) -> Result<Vec<String>> {
    let (path, mut stream) = connect()?;
    let peer =
        socket::peer(&stream).unable("see who listens at", path.as_os_str().as_encoded_bytes())?;
    // Process 1 may be any user's; nobody else can have its number.
    if peer.pid != 1 && peer.uid != 0 && peer.uid != credentials::user() {
        return Err(Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!(
                "{}: user {} listens there, not PID 1",
                path.display(),
                peer.uid
            ),
        });
    }
    let _ = stream.set_read_timeout(Some(PATIENCE));
    stream
        .write_all(&words.join(&0))
        .and_then(|()| stream.shutdown(Shutdown::Write))
        .unable("ask PID 1", b"")?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .unable("hear PID 1's answer", b"")?;
    let mut lines = answer.lines();
    match lines.next() {
        Some("ok") => Ok(lines.map(str::to_string).collect()),
        Some(line) => Err(Failure::Other {
            code: REFUSED,
            text: line.strip_prefix("error\t").unwrap_or(line).to_string(),
        }),
        None => Err(Failure::Other {
            code: chain::exit::SYSTEM,
            text: "PID 1 closed the connection without an answer".to_string(),
        }),
    }
}

/// Connects to the first of the places at which somebody listens.
fn connect() -> Result<(PathBuf, UnixStream)> {
    let mut refusal = None;
    for path in Paths::find(variable).sockets() {
        match UnixStream::connect(&path) {
            Ok(stream) => return Ok((path, stream)),
            // A place where nothing is says less than one that refuses.
            Err(error) if refusal.is_none() || !errno::is(&error, errno::ENOENT) => {
                refusal = Some((path, error));
            }
            Err(_) => {}
        }
    }
    let (path, error) = refusal.unwrap_or_else(|| (PathBuf::new(), errno::from(errno::ENOENT)));
    Err(Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!(
            "unable to reach PID 1 at {}: {}{}",
            path.display(),
            errno::text(&error),
            if errno::is(&error, errno::ENOENT) {
                "; does this container run mainstay as /init?"
            } else if errno::is(&error, errno::EACCES) {
                "; only the user that runs PID 1 and root may ask it"
            } else {
                ""
            }
        ),
    })
}

/// The words of a command that takes exactly one service name, for messages.
pub(crate) fn name_operand(call: &mut chain::Call) -> Result<Vec<u8>> {
    let name = call.operand()?;
    match call.rest().first() {
        None => Ok(name),
        Some(more) => Err(Failure::Invalid(format!(
            "one service at a time: {} is one word too many",
            escape(more)
        ))),
    }
}
