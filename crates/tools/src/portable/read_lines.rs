//! Lines of standard input or of a file, one at a time.

use chain::{Result, Unable};
use kernel::{errno, fd};

/// What a descriptor gives, cut at a delimiter.
pub(super) struct Lines {
    from: i32,
    name: Vec<u8>,
    delimiter: u8,
    waiting: Vec<u8>,
    /// Bytes of `waiting` that were given out.
    given: usize,
    ended: bool,
    /// Whether the line that was given last had its delimiter.
    whole: bool,
}

impl Lines {
    /// Cuts standard input at `delimiter`.
    pub(super) fn new(delimiter: u8) -> Lines {
        Lines::of(0, b"standard input", delimiter)
    }

    /// Cuts what comes from a descriptor, called `name` in messages.
    pub(super) fn of(from: i32, name: &[u8], delimiter: u8) -> Lines {
        Lines {
            from,
            name: name.to_vec(),
            delimiter,
            waiting: Vec::new(),
            given: 0,
            ended: false,
            whole: true,
        }
    }

    /// Whether the line that was given last had its delimiter; the last one may have none.
    pub(super) fn had_delimiter(&self) -> bool {
        self.whole
    }

    /// The next line without its delimiter; the last one may have had none.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let mut searched = self.given;
        loop {
            let found = self.waiting[searched..]
                .iter()
                .position(|byte| *byte == self.delimiter);
            if let Some(length) = found {
                let end = searched + length;
                let line = self.waiting[self.given..end].to_vec();
                self.given = end + 1;
                return Ok(Some(line));
            }
            if self.ended {
                let rest = self.waiting.split_off(self.given);
                self.waiting.clear();
                self.given = 0;
                self.whole = false;
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.waiting.drain(..self.given);
            self.given = 0;
            searched = self.waiting.len();
            let mut buffer = [0u8; 8192];
            let count = errno::retry(|| fd::read(self.from, &mut buffer));
            let count = count.unable("read", &self.name)?;
            self.ended = count == 0;
            self.waiting.extend_from_slice(&buffer[..count]);
        }
    }
}
