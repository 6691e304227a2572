//! PID 1's own lines. They must never hold the loop up: a reader that does not read
//! (a full pipe, a stopped terminal) makes lines wait in a small buffer, and once that
//! is full they are counted instead of kept.

use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kernel::{fd, output, poll};

/// Most bytes that wait. PID 1 says little; this is minutes of it.
const ROOM: usize = 16 * 1024;

/// How long the end of everything is put off for a reader of the last lines.
const LAST_PATIENCE: Duration = Duration::from_millis(200);

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

/// This process speaks of hooks, which write to standard output as a rule.
static BESIDE_HOOKS: AtomicBool = AtomicBool::new(false);

/// From here every line goes to standard output: of two streams nobody knows what came
/// first, and what is said of a hook belongs beside what the hook says. The boot's child
/// does this, and PID 1 once the container stops.
pub(crate) fn speak_beside_hooks() {
    BESIDE_HOOKS.store(true, Ordering::Relaxed);
}

/// Where a line for people goes.
fn stream() -> RawFd {
    if BESIDE_HOOKS.load(Ordering::Relaxed) {
        OUT
    } else {
        ERR
    }
}

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
        self.put(stream(), format!("mainstay: {line}\n"));
    }

    fn put(&mut self, fd: RawFd, line: String) {
        self.flush();
        let mut line = line.into_bytes();
        if self.waiting.is_empty() && write_what_fits(fd, &mut line) {
            return;
        }
        if self.bytes + line.len() > ROOM {
            self.lost += 1;
            return;
        }
        self.bytes += line.len();
        self.waiting.push_back((fd, line));
    }

    /// Writes what waits, as far as there is room.
    pub(crate) fn flush(&mut self) {
        while let Some((fd, line)) = self.waiting.front_mut() {
            let before = line.len();
            let done = write_what_fits(*fd, line);
            self.bytes -= before - if done { 0 } else { line.len() };
            if !done {
                return;
            }
            self.waiting.pop_front();
        }
        if self.lost > 0 && write_what_fits(ERR, &mut loss(self.lost)) {
            self.lost = 0;
        }
    }

    /// The last line of all: once the other stream has been read, as far as a reader does
    /// that soon, so that it is the last for whoever reads both.
    pub(crate) fn last(&mut self, line: &str) {
        let until = kernel::clock::monotonic() + LAST_PATIENCE;
        while fd::unread(ERR).is_some_and(|bytes| bytes > 0) && kernel::clock::monotonic() < until {
            kernel::clock::sleep(Duration::from_millis(1));
        }
        self.warn(line);
        self.finish(until);
    }

    /// Gives a slow reader a moment for what waits.
    fn finish(&mut self, until: Duration) {
        self.flush();
        while let Some((fd, _)) = self.waiting.front() {
            let left = until.saturating_sub(kernel::clock::monotonic());
            if left.is_zero() {
                return;
            }
            poll::wait_for_room(*fd, left);
            self.flush();
        }
    }

    /// When to try again, while something waits.
    pub(crate) fn retry(&self) -> Option<Duration> {
        (!self.waiting.is_empty() || self.lost > 0).then_some(Duration::from_millis(100))
    }
}

/// The line that says how many lines nobody will see.
fn loss(count: u64) -> Vec<u8> {
    let were = if count == 1 { "was" } else { "were" };
    let lines = kernel::words::count(count, "line");
    format!("mainstay: {lines} {were} lost: nobody read the output\n").into_bytes()
}

/// Writes of `line` what can be written without waiting and takes that out of it; whether
/// all of it is gone. Output that is broken (EPIPE, EIO, EBADF, ENOSPC) takes every line:
/// waiting for it would be for ever.
fn write_what_fits(fd: RawFd, line: &mut Vec<u8>) -> bool {
    while !line.is_empty() {
        // A pipe with room takes that much at once, or nothing.
        let part = &line[..line.len().min(fd::PIPE_BUF)];
        match output::write_now(fd, part) {
            Ok(count) => drop(line.drain(..count)),
            Err(error) if kernel::errno::is(&error, kernel::errno::EINTR) => {}
            Err(error) if kernel::errno::is(&error, kernel::errno::EAGAIN) => return false,
            Err(_) => return true,
        }
    }
    true
}

/// How long a child waits for readers of the output, all its lines together: a slow
/// reader loses nothing, one that never reads does not keep the container from booting.
const CHILD_PATIENCE: Duration = Duration::from_secs(2);

/// What is left of that, in milliseconds.
static PATIENCE_LEFT: AtomicU64 = AtomicU64::new(CHILD_PATIENCE.as_millis() as u64);

/// Lines of this process that nobody will see.
static LOST: AtomicU64 = AtomicU64::new(0);

/// A child's line to standard output.
pub(crate) fn say(line: &str) {
    wait_and_write(OUT, format!("{line}\n"));
}

/// A child's line for people: `mainstay: WHAT`.
pub(crate) fn report(line: &str) {
    wait_and_write(stream(), format!("mainstay: {line}\n"));
}

fn wait_and_write(fd: RawFd, line: String) {
    let lost = LOST.swap(0, Ordering::Relaxed);
    if lost > 0 && !write_what_fits(ERR, &mut loss(lost)) {
        LOST.store(lost, Ordering::Relaxed);
    }
    let mut line = line.into_bytes();
    while !write_what_fits(fd, &mut line) {
        let left = Duration::from_millis(PATIENCE_LEFT.load(Ordering::Relaxed));
        if left.is_zero() {
            LOST.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let begun = kernel::clock::monotonic();
        poll::wait_for_room(fd, left);
        // A millisecond at least: a descriptor that is said to have room and has none
        // must not hold this up either.
        let waited = kernel::clock::monotonic().saturating_sub(begun);
        let waited = waited.max(Duration::from_millis(1));
        let left = left.saturating_sub(waited).as_millis() as u64;
        PATIENCE_LEFT.store(left, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_line_goes_out_in_parts_as_there_is_room() {
        let (read, write) = fd::pipe().expect("pipe");
        fd::set_nonblocking(read.as_raw_fd(), true).expect("nonblocking");
        let mut line = vec![b'x'; 200_000];
        let mut got = 0;
        while !write_what_fits(write.as_raw_fd(), &mut line) {
            let mut buffer = [0u8; 65536];
            let count = fd::read(read.as_raw_fd(), &mut buffer).expect("a full pipe");
            assert!(count > 0);
            got += count;
        }
        assert!(got < 200_000 && line.is_empty());
    }

    #[test]
    fn output_without_a_reader_takes_every_line_and_raises_no_signal() {
        let (read, write) = fd::pipe().expect("pipe");
        drop(read);
        assert!(write_what_fits(write.as_raw_fd(), &mut b"line".to_vec()));
        assert!(write_what_fits(1 << 20, &mut b"line".to_vec()));
    }
}
