//! Lines of standard input, one at a time.

use chain::{Result, Unable};
use kernel::{errno, fd};

/// Standard input, cut at a delimiter.
pub(super) struct Lines {
    delimiter: u8,
    waiting: Vec<u8>,
    /// Bytes of `waiting` that were given out.
    given: usize,
    ended: bool,
}

impl Lines {
    /// Cuts at `delimiter`.
    pub(super) fn new(delimiter: u8) -> Lines {
        Lines {
            delimiter,
            waiting: Vec::new(),
            given: 0,
            ended: false,
        }
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
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.waiting.drain(..self.given);
            self.given = 0;
            searched = self.waiting.len();
            let mut buffer = [0u8; 8192];
            let count = errno::retry(|| fd::read(0, &mut buffer));
            let count = count.unable("read standard input", b"")?;
            self.ended = count == 0;
            self.waiting.extend_from_slice(&buffer[..count]);
        }
    }
}
