//! PID 1's own lines. They must never hold the loop up: a reader that does not read
//! (a full pipe, a stopped terminal) makes lines wait in a small buffer, and once that
//! is full they are counted instead of kept.

use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::time::Duration;

use kernel::fd;

/// Most bytes that wait. PID 1 says little; this is minutes of it.
const ROOM: usize = 16 * 1024;

/// Lines on their way to the container's output.
pub(crate) struct Messages {
    waiting: VecDeque<(RawFd, Vec<u8>)>,
    bytes: usize,
    lost: u64,
}

/// Standard output, where the boot's phase markers go.
const OUT: RawFd = 1;

/// Standard error, where warnings go.
const ERR: RawFd = 2;

impl Messages {
    pub(crate) fn new() -> Messages {
        Messages {
            waiting: VecDeque::new(),
            bytes: 0,
            lost: 0,
        }
    }

    /// A marker that scripts may wait for in the log: `[services.d] done.`
    pub(crate) fn marker(&mut self, line: &str) {
        self.put(OUT, format!("{line}\n"));
    }

    /// Something that people should know: `mainstay: WHAT`.
    pub(crate) fn warn(&mut self, line: &str) {
        self.put(ERR, format!("mainstay: {line}\n"));
    }

    fn put(&mut self, fd: RawFd, line: String) {
        self.flush();
        if self.waiting.is_empty() && write_if_room(fd, line.as_bytes()) {
            return;
        }
        if self.bytes + line.len() > ROOM {
            self.lost += 1;
            return;
        }
        self.bytes += line.len();
        self.waiting.push_back((fd, line.into_bytes()));
    }

    /// Writes what waits, as far as there is room.
    pub(crate) fn flush(&mut self) {
        while let Some((fd, line)) = self.waiting.front() {
            if !write_if_room(*fd, line) {
                return;
            }
            self.bytes -= line.len();
            self.waiting.pop_front();
        }
        if self.lost > 0 {
            let line = format!(
                "mainstay: {} lines were lost: nobody read the output\n",
                self.lost
            );
            if write_if_room(ERR, line.as_bytes()) {
                self.lost = 0;
            }
        }
    }

    /// When to try again, while something waits.
    pub(crate) fn retry(&self) -> Option<Duration> {
        (!self.waiting.is_empty() || self.lost > 0).then_some(Duration::from_millis(100))
    }
}

/// Writes a line if that cannot block. Output that is gone (EPIPE, EIO, EBADF) takes
/// every line: waiting for it would be for ever.
fn write_if_room(fd: RawFd, line: &[u8]) -> bool {
    if !fd::has_room(fd) {
        return false;
    }
    match fd::write(fd, line) {
        Err(error) => !kernel::errno::is(&error, kernel::errno::EAGAIN),
        Ok(_) => true,
    }
}

/// A child's line to standard output. Children may wait for the reader.
pub(crate) fn say(line: &str) {
    let _ = fd::write_all(OUT, format!("{line}\n").as_bytes());
}

/// A child's line to standard error: `mainstay: WHAT`.
pub(crate) fn report(line: &str) {
    let _ = fd::write_all(ERR, format!("mainstay: {line}\n").as_bytes());
}
