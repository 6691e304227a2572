//! Files of `NAME = value` lines (envfile): comments, double quotes with C escapes,
//! lines joined by a backslash.

use crate::Word;

/// A line that is no assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
}

/// Names and values of `file`, in order. A NUL ends the file.
///
/// # Errors
/// The first line that does not have the form.
pub fn parse(file: &[u8]) -> Result<Vec<(Word, Word)>, BadLine> {
    let end = file.iter().position(|b| *b == 0).unwrap_or(file.len());
    let mut reader = Reader {
        bytes: &file[..end],
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    loop {
        reader.skip(|byte| is_blank(byte) || byte == b'\n');
        match reader.peek() {
            None => return Ok(found),
            Some(b'#') => reader.skip(|byte| byte != b'\n'),
            Some(_) => found.push(reader.assignment()?),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += usize::from(byte == b'\n');
        Some(byte)
    }

    fn skip(&mut self, passed: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&passed) {
            self.take();
        }
    }

    fn bad(&self) -> BadLine {
        BadLine { line: self.line }
    }

    fn assignment(&mut self) -> Result<(Word, Word), BadLine> {
        let mut name = Word::new();
        while let Some(byte) = self.peek() {
            if is_blank(byte) || matches!(byte, b'=' | b'\n' | b'\\' | b'"') {
                break;
            }
            name.push(byte);
            self.take();
        }
        self.skip(is_blank);
        if name.is_empty() || self.peek() != Some(b'=') {
            return Err(self.bad());
        }
        self.take();
        self.skip(is_blank);
        Ok((name, self.value()?))
    }

    fn value(&mut self) -> Result<Word, BadLine> {
        let mut value = Word::new();
        // Blanks at the end of a line are dropped, quoted ones and joined ones stay.
        let mut kept = 0;
        loop {
            match self.peek() {
                None => break,
                Some(b'\n') => {
                    self.take();
                    break;
                }
                Some(b'"') => {
                    self.take();
                    self.quoted(&mut value)?;
                    kept = value.len();
                }
                Some(b'\\') => {
                    self.take();
                    if self.peek() != Some(b'\n') {
                        return Err(self.bad());
                    }
                    self.take();
                }
                Some(byte) => {
                    self.take();
                    value.push(byte);
                    if !is_blank(byte) {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
        Ok(value)
    }

    fn quoted(&mut self, value: &mut Word) -> Result<(), BadLine> {
        loop {
            match self.peek() {
                None | Some(b'\n') => return Err(self.bad()),
                Some(b'"') => {
                    self.take();
                    return Ok(());
                }
                Some(b'\\') => {
                    self.take();
                    if let Some(byte) = self.escape()? {
                        value.push(byte);
                    }
                }
                Some(byte) => {
                    self.take();
                    value.push(byte);
                }
            }
        }
    }

    /// What a backslash in quotes stands for; nothing before the end of a line.
    fn escape(&mut self) -> Result<Option<u8>, BadLine> {
        let bad = self.bad();
        let byte = self.peek().ok_or(bad)?;
        let value = match byte {
            b'0'..=b'7' => self.number(8, 1, 3).ok_or(bad)?,
            b'x' => {
                self.take();
                self.number(16, 2, 2).ok_or(bad)?
            }
            other => {
                self.take();
                match other {
                    b'\n' => return Ok(None),
                    b'a' => 7,
                    b'b' => 8,
                    b't' => 9,
                    b'n' => 10,
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => 13,
                    other => other,
                }
            }
        };
        Ok(Some(value))
    }

    /// A number of so many digits that fits a byte and is not NUL.
    fn number(&mut self, base: u32, least: usize, most: usize) -> Option<u8> {
        let mut value = 0;
        let mut digits = 0;
        while digits < most
            && let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(base))
        {
            self.take();
            value = value * base + digit;
            digits += 1;
        }
        if digits < least {
            return None;
        }
        u8::try_from(value).ok().filter(|byte| *byte != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(file: &str) -> Vec<(String, String)> {
        let text = |word: Word| String::from_utf8(word).unwrap();
        parse(file.as_bytes())
            .unwrap()
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    fn value(file: &str) -> String {
        values(file).remove(0).1
    }

    #[test]
    fn blanks_comments_and_joined_lines() {
        assert_eq!(
            values("# c\n\n  # d\n A = b c \nB=\n1.x-y=z"),
            [("A", "b c"), ("B", ""), ("1.x-y", "z")].map(|(n, v)| (n.into(), v.into()))
        );
        assert_eq!(value("A=b\\\nc\n"), "bc");
        assert_eq!(value("A=\\\n  c\n"), "  c");
        assert_eq!(value("A=b=c #d"), "b=c #d");
    }

    #[test]
    fn quotes_keep_blanks_and_take_escapes() {
        assert_eq!(value("A= \"x y \" \n"), "x y ");
        assert_eq!(value("A=x\"y\" z\n"), "xy z");
        assert_eq!(value(r#"A="a\tb\x41\101\q\"""#), "a\tbAAq\"");
        assert_eq!(value("A=\"a\\\nb\"\n"), "ab");
    }

    #[test]
    fn lines_without_the_form_are_told() {
        for bad in [
            "A",
            "=b",
            "A b=c",
            "A=\"x",
            "A=\"x\ny\"",
            "A=a\\tb",
            "A=\"\\0\"",
            "A=\"\\xg\"",
        ] {
            let file = format!("X=y\n{bad}\n");
            assert_eq!(parse(file.as_bytes()), Err(BadLine { line: 2 }), "{bad}");
        }
    }
}
