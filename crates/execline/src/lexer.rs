//! The lexer of execlineb: bytes to words, comments and bare braces.

use crate::Word;
use crate::trouble::{SyntaxError, Trouble};

/// One piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word, with quotes and escapes resolved.
    Word(Word),
    /// A word that is one unquoted `{`.
    Open,
    /// A word that is one unquoted `}`.
    Close,
}

/// A walk over a script.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

/// A word under construction.
#[derive(Default)]
struct Partial {
    bytes: Word,
    /// Some part was quoted or escaped: not a brace even if it looks like one.
    quoted: bool,
}

impl<'a> Lexer<'a> {
    /// A walk from the start. A NUL outside a quoted string ends the script.
    pub(crate) fn new(bytes: &'a [u8]) -> Lexer<'a> {
        Lexer {
            bytes,
            at: 0,
            line: 1,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied().filter(|byte| *byte != 0)
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
        }
        Some(byte)
    }

    fn trouble(&self, line: usize, what: Trouble) -> SyntaxError {
        SyntaxError { line, what }
    }

    /// The next token and its line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(Token, usize)>, SyntaxError> {
        loop {
            let Some(byte) = self.peek() else {
                return Ok(None);
            };
            match byte {
                // Every control character separates words, not only blanks.
                0x01..=0x20 => {
                    self.take();
                }
                b'#' => while self.take().is_some_and(|byte| byte != b'\n') {},
                b'\\' if self.line_ends_after_backslash() => {
                    self.take();
                    self.take();
                }
                _ => return self.word().map(Some),
            }
        }
    }

    /// A backslash where a word could begin disappears together with the end of its
    /// line or of the script.
    fn line_ends_after_backslash(&self) -> bool {
        matches!(self.bytes.get(self.at + 1), None | Some(b'\n' | 0))
    }

    fn word(&mut self) -> Result<(Token, usize), SyntaxError> {
        let line = self.line;
        let mut word = Partial::default();
        while let Some(byte) = self.peek() {
            match byte {
                0x01..=0x20 => break,
                b'"' => {
                    self.take();
                    word.quoted = true;
                    self.quoted(&mut word.bytes)?;
                }
                b'\\' => {
                    self.take();
                    word.quoted = true;
                    match self.take() {
                        Some(byte) => word.bytes.push(byte),
                        None => return Err(self.trouble(self.line, Trouble::LoneBackslash)),
                    }
                }
                byte => {
                    self.take();
                    word.bytes.push(byte);
                }
            }
        }
        let token = match (word.quoted, word.bytes.as_slice()) {
            (false, b"{") => Token::Open,
            (false, b"}") => Token::Close,
            _ => Token::Word(word.bytes),
        };
        Ok((token, line))
    }

    /// The inside of a quoted string, up to and with its closing quote.
    fn quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        let opened = self.line;
        loop {
            match self.take() {
                None => return Err(self.trouble(opened, Trouble::OpenQuote)),
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape(word, opened)?,
                Some(byte) => word.push(byte),
            }
        }
    }

    fn escape(&mut self, word: &mut Word, opened: usize) -> Result<(), SyntaxError> {
        let Some(byte) = self.take() else {
            return Err(self.trouble(opened, Trouble::OpenQuote));
        };
        let value = match byte {
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            b'\n' => return Ok(()),
            b'0' if self.peek() == Some(b'x') => {
                self.take();
                self.number(16, 2)?
            }
            b'0' => self.number(8, 3)?,
            b'1'..=b'9' => {
                self.at -= 1;
                self.number(10, 3)?
            }
            other => other,
        };
        word.push(value);
        Ok(())
    }

    /// At most `digits` digits of a number from 1 to 255.
    fn number(&mut self, base: u32, digits: usize) -> Result<u8, SyntaxError> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(base));
            let Some(digit) = digit else { break };
            self.take();
            value = value * base + digit;
        }
        match u8::try_from(value) {
            Ok(byte) if byte != 0 => Ok(byte),
            _ => Err(self.trouble(self.line, Trouble::NumberRange)),
        }
    }
}
