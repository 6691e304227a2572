//! One of the container's two outputs, which may have no reader for a while.

use std::os::fd::RawFd;
use std::time::Duration;

use kernel::fd::PIPE_BUF;
use kernel::{clock, errno, output, poll};

/// Where lines go.
pub(super) struct Output {
    descriptor: RawFd,
    /// Whole lines that are not written yet.
    pub(super) waiting: Vec<u8>,
    /// Whether there is no room for them.
    pub(super) blocked: bool,
}

impl Output {
    pub(super) fn new(descriptor: RawFd) -> Output {
        Output {
            descriptor,
            waiting: Vec::new(),
            blocked: false,
        }
    }

    pub(super) fn target(&self) -> RawFd {
        self.descriptor
    }

    /// Writes what there is room for.
    pub(super) fn write(&mut self) {
        let mut written = 0;
        self.blocked = false;
        while written < self.waiting.len() {
            let rest = &self.waiting[written..];
            match output::write_now(self.descriptor, &rest[..piece(rest)]) {
                Ok(count) => written += count,
                Err(error) if errno::is(&error, errno::EINTR) => {}
                Err(error) if errno::is(&error, errno::EAGAIN) => {
                    self.blocked = true;
                    break;
                }
                // Nobody will read it any more.
                Err(_) => written = self.waiting.len(),
            }
        }
        self.waiting.drain(..written);
    }

    /// Writes what waits, as long as there is time.
    pub(super) fn write_until(&mut self, until: Duration) {
        self.write();
        while self.blocked && clock::monotonic() < until {
            poll::wait_for_room(self.descriptor, until.saturating_sub(clock::monotonic()));
            self.write();
        }
    }
}

/// How much of it is written in one piece: what a pipe takes in one piece (pipe(7)), and no
/// part of a line that the next piece would end, since others write to the same pipe.
fn piece(bytes: &[u8]) -> usize {
    if bytes.len() <= PIPE_BUF {
        return bytes.len();
    }
    let end = bytes[..PIPE_BUF].iter().rposition(|byte| *byte == b'\n');
    end.map_or(PIPE_BUF, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_ends_with_a_line_where_one_fits() {
        assert_eq!(piece(b"one\ntwo\n"), 8);
        let mut long = vec![b'x'; PIPE_BUF - 2];
        long.extend_from_slice(b"\nabcdef\n");
        assert_eq!(piece(&long), PIPE_BUF - 1);
        assert_eq!(piece(&vec![b'x'; 2 * PIPE_BUF]), PIPE_BUF);
    }
}
