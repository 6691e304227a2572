//! s6-tail: prints the last lines of a file.

use chain::{Call, Outcome, Program, Result, Unable};
use execline::number;
use kernel::fs::flags;
use kernel::{fd, fs};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-tail",
    usage: "[ -n [+|-]lines | -c [+|-]chars ] [ file ]",
    summary: "print the last lines of a file",
    run,
};

/// Where the output begins (tail(1p)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// So many units before the end.
    End(usize),
    /// At this unit, counted from 1.
    Start(usize),
}

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut from, mut bytes) = (From::End(10), false);
    for option in call.options("n:c:")? {
        bytes = option.letter == b'c';
        let (start, digits) = match option.value.as_slice() {
            [b'+', digits @ ..] => (true, digits),
            [b'-', digits @ ..] | digits => (false, digits),
        };
        let count = number::unsigned(digits).ok_or_else(|| call.misuse())? as usize;
        from = if start { From::Start(count) } else { From::End(count) };
    }
    let text = match call.rest().first() {
        None => fd::read_to_end(0, usize::MAX).unable("read standard input", b"")?,
        Some(name) => {
            let opened = fs::open(files::path(name), flags::O_RDONLY, 0).unable("open", name)?;
            fd::read_to_end(fd::number(&opened), usize::MAX).unable("read", name)?
        }
    };
    output::write(&text[begin(&text, from, bytes)..])?;
    Ok(Outcome::Exit(0))
}

/// The first byte to print.
fn begin(text: &[u8], from: From, bytes: bool) -> usize {
    match (from, bytes) {
        (From::End(count), true) => text.len().saturating_sub(count),
        (From::Start(at), true) => at.saturating_sub(1).min(text.len()),
        (From::End(0), false) => text.len(),
        (From::End(count), false) => {
            // The newline at the very end ends the last line, it does not begin one.
            let inner = &text[..text.len().saturating_sub(1)];
            let newlines = inner.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
            newlines.map(|(at, _)| at + 1).nth(count - 1).unwrap_or(0)
        }
        (From::Start(0 | 1), false) => 0,
        (From::Start(at), false) => {
            let newlines = text.iter().enumerate().filter(|(_, b)| **b == b'\n');
            newlines.map(|(at, _)| at + 1).nth(at - 2).unwrap_or(text.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_and_the_start_are_counted_as_posix_does() {
        let text = b"a\nb\nc\n";
        assert_eq!(begin(text, From::End(1), false), 4);
        assert_eq!(begin(text, From::End(9), false), 0);
        assert_eq!(begin(text, From::End(0), false), 6);
        assert_eq!(begin(b"a\nb", From::End(1), false), 2);
        assert_eq!(begin(text, From::Start(2), false), 2);
        assert_eq!(begin(text, From::Start(9), false), 6);
        assert_eq!(begin(text, From::End(3), true), 3);
        assert_eq!(begin(text, From::Start(3), true), 2);
        assert_eq!(begin(b"", From::End(1), false), 0);
    }
}
