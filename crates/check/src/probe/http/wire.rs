//! A connection whose every read and write ends by a point in time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::probe::system::dns::Deadline;

/// What a request is written to and its answer is read from.
pub(super) trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// A stream with its time.
pub(super) struct Timed {
    stream: TcpStream,
    until: Deadline,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, until: Deadline) -> Timed {
        // Requests are small and written at once.
        let _ = stream.set_nodelay(true);
        Timed { stream, until }
    }

    fn rest(&self) -> io::Result<std::time::Duration> {
        self.until.rest().ok_or_else(|| ErrorKind::TimedOut.into())
    }
}

fn late(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.rest()?))?;
        self.stream.read(buffer).map_err(late)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.rest()?))?;
        self.stream.write(buffer).map_err(late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
