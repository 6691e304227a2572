//! What a process prints, kept for patterns to be searched: in memory while it is small, in a
//! file without a name beyond that.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use rustix::fs::OFlags;

use crate::probe::{Held, Reading, Stream};

/// As much is kept in memory.
const IN_MEMORY: usize = 4 << 20;
/// As much where no file can be made.
const WITHOUT_FILE: usize = 64 << 20;
/// The most that a process may print. What never ends shall not fill the disk.
const MOST: u64 = 2 << 30;
/// As much is read at a time, once a process has shown that it prints a lot.
const BLOCK: usize = 256 << 10;

/// What has been printed so far.
#[derive(Debug, Default)]
pub struct Capture {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
    block: Vec<u8>,
}

/// What became of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// More may come.
    Perhaps,
    /// The other side has closed.
    None,
    /// It is more than is kept.
    TooMuch,
}

impl Capture {
    /// Reads once from what has something.
    ///
    /// # Errors
    /// As read(2), and as the file's write(2).
    pub fn take(&mut self, pipe: &mut impl Read) -> io::Result<More> {
        if self.block.is_empty() {
            self.block.resize(4096, 0);
        }
        let count = match pipe.read(&mut self.block) {
            Ok(0) => return Ok(More::None),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(More::Perhaps),
            Err(error) => return Err(error),
        };
        let block = self.block.get(..count).unwrap_or_default();
        self.length += count as u64;
        if self.length > MOST {
            return Ok(More::TooMuch);
        }
        if self.file.is_none() && self.memory.len() + count > IN_MEMORY {
            match spool(&self.memory) {
                Ok(file) => {
                    self.file = Some(file);
                    self.memory = Vec::new();
                }
                Err(_) if self.memory.len() + count <= WITHOUT_FILE => {}
                Err(_) => return Ok(More::TooMuch),
            }
        }
        match &mut self.file {
            Some(file) => file.write_all(block)?,
            None => self.memory.extend_from_slice(block),
        }
        if count == self.block.len() && count < BLOCK {
            self.block.resize(count * 4, 0);
        }
        Ok(More::Perhaps)
    }

    /// The stream of it. Goss shows `object: *bytes.Reader` in its place.
    pub fn stream(self) -> Reading {
        match self.file {
            Some(file) => Reading::Stream(Box::new(Spooled(Arc::new(file)))),
            None => Held::stream("object: *bytes.Reader", self.memory),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// As read(2).
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        let Some(mut file) = self.file else {
            return Ok(self.memory);
        };
        let mut bytes = Vec::new();
        file.rewind()?;
        file.take(WITHOUT_FILE as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// A file without a name that holds `beginning`.
fn spool(beginning: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(OFlags::TMPFILE.bits().cast_signed())
        .open(std::env::temp_dir())?;
    file.write_all(beginning)?;
    Ok(file)
}

struct Spooled(Arc<File>);

impl Stream for Spooled {
    fn placeholder(&self) -> &'static str {
        "object: *bytes.Reader"
    }

    fn open(&mut self) -> io::Result<Box<dyn Read>> {
        let mut file = self.0.try_clone()?;
        file.rewind()?;
        Ok(Box::new(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_goes_to_a_file_and_comes_back() {
        let mut capture = Capture::default();
        let text = vec![b'x'; IN_MEMORY + 12_345];
        let mut pipe = text.as_slice();
        while capture.take(&mut pipe).expect("a read") == More::Perhaps {}
        assert!(capture.file.is_some());
        let Reading::Stream(mut stream) = capture.stream() else {
            panic!("a stream");
        };
        for _ in 0..2 {
            let mut back = Vec::new();
            let mut opened = stream.open().expect("it opens");
            opened.read_to_end(&mut back).expect("it is read");
            assert!(back == text);
        }
    }
}
