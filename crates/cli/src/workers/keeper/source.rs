//! One fifo of one life of a worker.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use kernel::{errno, fd};
use lines::Lines;

use crate::workers::lives::{Kind, Life, Tally};

/// Most that is read of one worker ahead of the others' turn.
const READ: usize = 16 * 1024;

pub(super) struct Source {
    fifo: OwnedFd,
    pub(super) life: Life,
    pub(super) kind: Kind,
    lines: Lines,
    /// What has been counted, where its kind is jobs.
    pub(super) count: Count,
}

/// What has been counted in a life.
#[derive(Default)]
pub(super) struct Count {
    pub(super) done: u64,
    /// Whether it tells its jobs: then its memory is looked at after each, and not between.
    pub(super) tells: bool,
    /// A job is done since memory was looked at last.
    pub(super) fresh: bool,
    /// It has reached a limit.
    pub(super) over: bool,
    pub(super) tally: Option<Tally>,
}

impl Source {
    pub(super) fn new(fifo: OwnedFd, life: Life, kind: Kind, prefix: &[u8]) -> Source {
        Source {
            fifo,
            life,
            kind,
            lines: Lines::new(&prefix_of(prefix, life.worker)),
            count: Count::default(),
        }
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.fifo.as_raw_fd()
    }

    /// Which of the two outputs its lines are for; none where they are jobs.
    pub(super) fn target(&self) -> Option<usize> {
        match self.kind {
            Kind::Output => Some(0),
            Kind::Errors => Some(1),
            Kind::Jobs => None,
        }
    }

    /// What can be read now; empty where that is nothing, none where there will be no more.
    fn read<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        match fd::read(self.fifo.as_raw_fd(), buffer) {
            Ok(0) => None,
            Ok(length) => Some(&buffer[..length]),
            Err(error) if errno::is(&error, errno::EAGAIN) || errno::is(&error, errno::EINTR) => {
                Some(&[])
            }
            Err(_) => None,
        }
    }

    /// Puts the lines that are whole by now behind `out`. Whether it was the end.
    pub(super) fn lines(&mut self, out: &mut Vec<u8>) -> bool {
        let mut buffer = [0; READ];
        match self.read(&mut buffer) {
            Some(read) => {
                self.lines.push(read, out);
                false
            }
            None => {
                self.lines.flush(out);
                true
            }
        }
    }

    /// Puts what is no whole line yet behind `out` too.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        self.lines.flush(out);
    }

    /// How many jobs have been told since the last time; none where no more come.
    pub(super) fn jobs(&self) -> Option<u64> {
        let mut buffer = [0; READ];
        let read = self.read(&mut buffer)?;
        let lines = read.iter().filter(|byte| **byte == b'\n').count();
        Some(lines as u64)
    }
}

/// The prefix of worker `number`: with that in place of `%i`.
fn prefix_of(template: &[u8], number: u32) -> Vec<u8> {
    let mut prefix = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"%i") {
        prefix.extend_from_slice(&rest[..at]);
        prefix.extend_from_slice(number.to_string().as_bytes());
        rest = &rest[at + 2..];
    }
    prefix.extend_from_slice(rest);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_in_the_prefix() {
        assert_eq!(prefix_of(b"[worker-%i] ", 12), b"[worker-12] ");
        assert_eq!(prefix_of(b"%i%i %", 3), b"33 %");
        assert_eq!(prefix_of(b"", 3), b"");
    }
}
