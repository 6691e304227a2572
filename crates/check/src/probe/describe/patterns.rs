//! A text by its lines, as patterns that match it.

use std::io::{BufRead, BufReader};

use bstr::BString;

use super::super::Stream;
use crate::value::Value;

/// The longest line that goss keeps: there it stops, and so does what it writes. A longer one
/// makes no pattern that anybody would read.
const LONGEST: u64 = 65_535;

/// As many lines are kept.
const MOST: usize = 100_000;

/// The lines of a text as patterns, without what is blank; an empty text where that leaves none.
pub(super) fn patterns(mut stream: Box<dyn Stream>) -> std::io::Result<Value> {
    let mut text = BufReader::new(stream.open()?);
    let mut lines: Vec<BString> = Vec::new();
    let mut line = Vec::new();
    while lines.len() < MOST {
        line.clear();
        let mut bounded = std::io::Read::take(&mut text, LONGEST + 1);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 > LONGEST {
            break;
        }
        let trimmed = trim(&line);
        let special = trimmed.starts_with(b"!") || trimmed.starts_with(b"/");
        match (trimmed.is_empty(), special) {
            (true, _) => {}
            (false, true) => lines.push([b"\\", trimmed].concat().into()),
            (false, false) => lines.push(trimmed.into()),
        }
    }
    Ok(match lines.is_empty() {
        true => Value::from(""),
        false => Value::Texts(lines),
    })
}

/// A line without the blanks around it, also those that are not of ASCII.
fn trim(mut line: &[u8]) -> &[u8] {
    let is_blank = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    while let (letter, size) = bstr::decode_utf8(line)
        && is_blank(letter)
    {
        line = line.get(size..).unwrap_or_default();
    }
    while let (letter, size) = bstr::decode_last_utf8(line)
        && is_blank(letter)
    {
        line = line.get(..line.len() - size).unwrap_or_default();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Said(&'static [u8]);

    impl Stream for Said {
        fn placeholder(&self) -> &'static str {
            ""
        }

        fn open(&mut self) -> std::io::Result<Box<dyn std::io::Read>> {
            Ok(Box::new(self.0))
        }
    }

    #[test]
    fn lines_become_patterns() {
        let lines = |text: &'static [u8]| patterns(Box::new(Said(text))).expect("lines");
        let texts =
            |texts: &[&str]| Value::Texts(texts.iter().map(|t| BString::from(*t)).collect());
        assert_eq!(lines(b""), Value::from(""));
        assert_eq!(lines(b" \n\t\n"), Value::from(""));
        assert_eq!(
            lines(b"\xc2\xa0a\r\n  /b\n!c\n"),
            texts(&["a", "\\/b", "\\!c"])
        );
        static LONG: [u8; 65_536] = [b'x'; 65_536];
        assert_eq!(lines(&LONG), Value::from(""));
        let last = lines(&LONG[1..]);
        assert!(matches!(last, Value::Texts(lines) if lines[0].len() == 65_535));
    }
}
