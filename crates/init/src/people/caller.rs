//! A word to PID 1 from a program that it has started, over the socket for people. It is
//! never waited for long, and nothing depends on an answer.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use kernel::{credentials, errno, socket};

use crate::paths::Paths;

/// Longest that PID 1 may take; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest answer that is of interest.
const ANSWER: u64 = 256;

/// Says these words. Gives what comes after `ok`; none where PID 1 cannot be reached, or
/// does not know what to do with them.
pub(crate) fn say(paths: &Paths, words: &[&[u8]]) -> Option<String> {
    let stream = paths.sockets().into_iter().find_map(|path| {
        let stream = socket::connect_now(&path).ok()?;
        let peer = socket::peer(&stream).ok()?;
        (peer.pid == 1 || peer.uid == 0 || peer.uid == credentials::user()).then_some(stream)
    })?;
    let ask = |mut stream: std::os::unix::net::UnixStream| -> io::Result<String> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(&words.join(&0))?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.take(ANSWER).read_to_string(&mut answer)?;
        match answer.strip_prefix("ok\n") {
            Some(rest) => Ok(rest.trim_end().to_string()),
            None => Err(errno::from(errno::EINVAL)),
        }
    };
    ask(stream).ok()
}
