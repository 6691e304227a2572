//! Reads a text by blocks of whole lines and looks for each pattern in the whole block. That is
//! the same as line by line, since no pattern can match a line's end, and some ten times faster.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{ErrorKind, Read};

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::many::Many;
use super::{Hit, LineTest, Pattern};

/// What is read at a time of a text that turns out to be large.
const BLOCK: usize = 256 * 1024;
/// What is read at first: most texts are smaller.
const FIRST: usize = 16 * 1024;
/// A longer line is an error, as in goss: it reads lines with a buffer of 1 MiB.
const LONGEST: usize = 1024 * 1024 - 1;

thread_local! {
    /// Between texts: thousands of small ones are read in a run, and zeroing a buffer for each
    /// would cost more than reading it.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The first line that each pattern is found in, its `!` left aside.
pub(super) fn scan(patterns: &[Pattern], text: &mut dyn Read) -> Result<Vec<Option<Hit>>, String> {
    let mut buffer = BUFFER.take();
    if buffer.len() < FIRST {
        buffer.resize(FIRST, 0);
    }
    let found = scan_with(&mut buffer, patterns, text);
    if buffer.len() <= BLOCK {
        BUFFER.set(buffer);
    }
    found
}

fn scan_with(
    buffer: &mut Vec<u8>,
    patterns: &[Pattern],
    text: &mut dyn Read,
) -> Result<Vec<Option<Hit>>, String> {
    let hits = vec![None; patterns.len()];
    let mut scan = Scan {
        patterns,
        many: Many::new(patterns, &hits),
        hits,
        open: patterns.len(),
        blocks: 0,
    };
    if scan.open == 0 {
        return Ok(scan.hits);
    }
    let mut held = 0;
    loop {
        let room = buffer.get_mut(held..).unwrap_or_default();
        let read = match text.read(room) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.to_string()),
        };
        let whole = buffer.get(..held + read).unwrap_or_default();
        let fresh = whole.get(held..).unwrap_or_default();
        let is_full = held + read == buffer.len();
        let end = match memrchr(b'\n', fresh) {
            Some(at) => held + at,
            None if read == 0 && whole.is_empty() => return Ok(scan.hits),
            None if read == 0 => whole.len(),
            None if whole.len() > LONGEST => return Err(too_long()),
            None => {
                held = whole.len();
                if is_full {
                    buffer.resize((held * 2).max(BLOCK), 0);
                }
                continue;
            }
        };
        scan.lines(whole.get(..end).unwrap_or_default())?;
        if scan.open == 0 || read == 0 {
            return Ok(scan.hits);
        }
        let rest = (end + 1).min(whole.len())..whole.len();
        held = rest.len();
        buffer.copy_within(rest, 0);
        if is_full && buffer.len() < BLOCK {
            buffer.resize(BLOCK, 0);
        }
    }
}

fn too_long() -> String {
    "bufio.Scanner: token too long".to_string()
}

struct Scan<'a> {
    patterns: &'a [Pattern],
    /// Those that are sought together.
    many: Option<Many>,
    hits: Vec<Option<Hit>>,
    /// How many patterns have not been found.
    open: usize,
    blocks: u64,
}

impl Scan<'_> {
    /// Takes lines without the end of the last.
    fn lines(&mut self, lines: &[u8]) -> Result<(), String> {
        let mut lines = lines;
        let mut fits = Ok(());
        if lines.len() > LONGEST {
            let mut begin = 0;
            for end in memchr_iter(b'\n', lines).chain([lines.len()]) {
                if end - begin > LONGEST {
                    fits = Err(too_long());
                    lines = lines.get(..begin.saturating_sub(1)).unwrap_or_default();
                    break;
                }
                begin = end + 1;
            }
            if fits.is_err() && begin == 0 {
                return fits;
            }
        }
        self.search(lines);
        match self.open {
            // All was decided ahead of it.
            0 => Ok(()),
            _ => fits,
        }
    }

    fn search(&mut self, lines: &[u8]) {
        self.search_many(lines);
        // Made once for all patterns that need them.
        let mut bare: Option<Cow<[u8]>> = None;
        let mut valid: Option<Cow<[u8]>> = None;
        for (number, (pattern, hit)) in self.patterns.iter().zip(&mut self.hits).enumerate() {
            let many = self.many.as_ref();
            if hit.is_some() || many.is_some_and(|many| many.holds(number)) {
                continue;
            }
            let found = match &pattern.test {
                LineTest::Always => Some((0, lines)),
                LineTest::Holds(finder) if memchr(b'\r', finder.needle()).is_some() => {
                    let bare = bare.get_or_insert_with(|| without_returns(lines));
                    finder.find(bare).map(|at| (at, &**bare))
                }
                LineTest::Holds(finder) => finder.find(lines).map(|at| (at, lines)),
                LineTest::Regex(regex) => {
                    let valid = valid.get_or_insert_with(|| as_expressions_see(lines));
                    regex.find(valid).map(|found| (found.start(), &**valid))
                }
            };
            // What holds a line's end is in no line.
            let holds_end = match &pattern.test {
                LineTest::Holds(finder) => memchr(b'\n', finder.needle()).is_some(),
                LineTest::Always | LineTest::Regex(_) => false,
            };
            if let Some((at, text)) = found.filter(|_| !holds_end) {
                let before = text.get(..at).unwrap_or_default();
                *hit = Some(Hit {
                    block: self.blocks,
                    line: memchr_iter(b'\n', before).count(),
                });
                self.open = self.open.saturating_sub(1);
            }
        }
        self.blocks = self.blocks.saturating_add(1);
    }
}

impl Scan<'_> {
    fn search_many(&mut self, lines: &[u8]) {
        while let Some(many) = &mut self.many {
            let found = many.search(lines, self.blocks, &mut self.hits);
            self.open = self.open.saturating_sub(found.count);
            if !found.is_worn {
                return;
            }
            self.many = Many::new(self.patterns, &self.hits);
        }
    }
}

/// Without the carriage return at the end of each line.
fn without_returns(lines: &[u8]) -> Cow<'_, [u8]> {
    let last = lines.strip_suffix(b"\r").unwrap_or(lines);
    let finder = memmem::Finder::new(b"\r\n");
    let mut out = Vec::new();
    let mut copied = 0;
    for at in finder.find_iter(last) {
        out.extend_from_slice(last.get(copied..at).unwrap_or_default());
        copied = at + 1;
    }
    match copied {
        0 => Cow::Borrowed(last),
        _ => {
            out.extend_from_slice(last.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

fn as_expressions_see(lines: &[u8]) -> Cow<'_, [u8]> {
    match without_returns(lines) {
        Cow::Borrowed(lines) => goregex::as_go_sees(lines),
        Cow::Owned(lines) => Cow::Owned(goregex::as_go_sees(&lines).into_owned()),
    }
}
