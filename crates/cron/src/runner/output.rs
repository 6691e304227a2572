//! What jobs and the scheduler itself write: lines, in front of each who wrote it, that wait
//! for nobody. A reader that is slow holds jobs' pipes up and never the schedule.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use kernel::errno;
use kernel::fd::PIPE_BUF;
use lines::Lines;

use crate::mind::Asker;

/// From so much on that nobody has taken yet, jobs' pipes are left alone (bytes).
const FULL: usize = 256 * 1024;

/// Most that waits with lines of the scheduler's own among it (bytes): further ones are counted.
const MOST: usize = 4 * FULL;

/// The scheduler's standard output or error.
pub(super) struct Output {
    fd: RawFd,
    /// What is to be written; its beginning, up to `written`, has been.
    pending: Vec<u8>,
    written: usize,
    /// There is no room: it is watched for some.
    pub(super) is_stuck: bool,
    /// Lines of the scheduler's own that there was no room for.
    lost: u64,
}

impl Output {
    pub(super) fn new(fd: RawFd) -> Output {
        Output {
            fd,
            pending: Vec::new(),
            written: 0,
            is_stuck: false,
            lost: 0,
        }
    }

    /// A line of the scheduler's own: nobody can be made to wait for room.
    pub(super) fn say(&mut self, line: &str) {
        match self.pending.len() - self.written + line.len() <= MOST {
            true => self.pending.extend_from_slice(line.as_bytes()),
            false => self.lost += 1,
        }
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.fd
    }

    /// Where lines are put.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Whether more is there than it should hold.
    pub(super) fn is_full(&self) -> bool {
        self.pending.len() - self.written >= FULL
    }

    /// Writes what there is room for. A piece is as many whole lines as a pipe takes at once,
    /// so that no other writer gets in between (pipe(7)).
    pub(super) fn flush(&mut self) {
        self.is_stuck = false;
        loop {
            if self.lost > 0 && !self.is_full() {
                let lost = kernel::words::count(std::mem::take(&mut self.lost), "line");
                let line = format!("cron: nobody read this for too long: {lost} left out\n");
                self.pending.extend_from_slice(line.as_bytes());
            }
            if self.written == self.pending.len() {
                break;
            }
            let rest = &self.pending[self.written..];
            let most = &rest[..rest.len().min(PIPE_BUF)];
            let end = most.iter().rposition(|byte| *byte == b'\n');
            let piece = &most[..end.map_or(most.len(), |end| end + 1)];
            match errno::retry(|| kernel::output::write_now(self.fd, piece)) {
                Ok(count) => self.written += count,
                Err(error) if errno::is(&error, errno::EAGAIN) => {
                    self.is_stuck = true;
                    break;
                }
                // Nobody will ever read it, or the disk is full.
                Err(_) => self.written = self.pending.len(),
            }
        }
        if self.written == self.pending.len() {
            self.pending.clear();
            self.written = 0;
        } else if self.written > FULL {
            self.pending.drain(..self.written);
            self.written = 0;
        }
        if self.pending.is_empty() && self.pending.capacity() > FULL {
            self.pending = Vec::new();
        }
    }

    /// Writes what is left, waiting for room no longer than this.
    pub(super) fn finish(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            self.flush();
            let left = end.saturating_duration_since(Instant::now());
            if !self.is_stuck || left.is_zero() {
                return;
            }
            kernel::poll::wait_for_room(self.fd, left);
        }
    }
}

/// One of the two pipes that a run writes to.
pub(super) struct Stream {
    read: OwnedFd,
    lines: Lines,
    /// Which output it goes to: 0 is standard output, 1 standard error.
    pub(super) to: usize,
    /// The output is full: nobody listens to this for now.
    pub(super) is_held: bool,
    /// Who asked for the run, and hears its lines too.
    pub(super) asker: Option<Asker>,
}

/// What reading a stream has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// There may be more.
    More,
    /// Nothing for now.
    Empty,
    /// Nobody writes to it any more.
    End,
}

/// How much is read of one stream before another has its turn.
const TURN: usize = 64 * 1024;

impl Stream {
    /// # Errors
    /// The descriptor cannot be told not to wait.
    pub(super) fn new(read: OwnedFd, prefix: &[u8], to: usize) -> std::io::Result<Stream> {
        kernel::fd::set_nonblocking(read.as_raw_fd(), true)?;
        Ok(Stream {
            read,
            lines: Lines::new(prefix),
            to,
            is_held: false,
            asker: None,
        })
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// Takes a turn's worth of what there is.
    pub(super) fn read(&mut self, buffer: &mut [u8], output: &mut Output) -> Read {
        let mut taken = 0;
        while taken < TURN {
            match errno::retry(|| kernel::fd::read(self.read.as_raw_fd(), buffer)) {
                Ok(0) => {
                    self.lines.flush(output.buffer());
                    return Read::End;
                }
                Ok(count) => {
                    self.lines.push(&buffer[..count], output.buffer());
                    taken += count;
                }
                Err(error) if errno::is(&error, errno::EAGAIN) => return Read::Empty,
                Err(_) => return Read::End,
            }
        }
        Read::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn lines_that_nobody_reads_take_no_memory_without_end_and_are_counted() {
        let (read, write) = kernel::fd::pipe().unwrap();
        let mut output = Output::new(write.as_raw_fd());
        let line = format!("cron: a: {}\n", "x".repeat(90));
        let all = 3 * MOST / line.len();
        for _ in 0..all {
            output.say(&line);
            output.flush();
        }
        assert!(output.is_stuck);
        assert!(
            output.pending.len() <= MOST + 2 * FULL,
            "{}",
            output.pending.len()
        );
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            std::fs::File::from(read)
                .read_to_string(&mut text)
                .map(|_| text)
        });
        output.finish(Duration::from_secs(60));
        drop(write);
        let text = reader.join().unwrap().unwrap();
        let kept = text.matches("cron: a: ").count();
        let lost = kernel::words::count((all - kept) as u64, "line");
        let said = format!("cron: nobody read this for too long: {lost} left out\n");
        assert!(kept < all && text.ends_with(&said), "{kept} of {all}");
        assert_eq!(text.matches(&said).count(), 1, "{said}");
    }
}
