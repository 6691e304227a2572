//! JSON to nodes: strict, as Go's encoding/json reads it, in its words, with places. All numbers
//! are floats, and of keys that stand twice the last one counts.

use std::collections::HashMap;

use super::yaml::{DEEPEST, Document, Text};
use crate::node::{Body, Node, Scalar};
use crate::place::Place;
use crate::problem::Problem;
use crate::value::Value;

/// Reads a text.
///
/// # Errors
/// Where it is no JSON, or nested too deeply.
pub(crate) fn parse(text: Text<'_>) -> Result<Document, Problem> {
    let mut reader = Reader {
        text,
        bytes: text.text.as_bytes(),
        at: 0,
        line: 1,
        mark: (0, 0),
    };
    reader.blanks();
    let root = reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(Document {
            root: Some(root),
            problems: Vec::new(),
        }),
        Some(_) => Err(reader.unexpected("after top-level value")),
    }
}

struct Reader<'a> {
    text: Text<'a>,
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// A byte of the line and its column, from which later columns are counted.
    mark: (usize, usize),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn place(&mut self) -> Place {
        let (from, column) = self.mark;
        let between = self.bytes.get(from..self.at).unwrap_or_default();
        // Bytes that continue a character are no column of their own.
        let more = between.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.mark = (self.at, column + more);
        self.text.place(self.line, self.mark.1)
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.mark = (self.at, 0);
            }
        }
    }

    /// The byte that comes next is not what may come.
    fn unexpected(&mut self, doing: &str) -> Problem {
        let place = self.place();
        let what = match self.peek() {
            None => "unexpected end of JSON input".to_string(),
            Some(byte) => format!("invalid character '{}' {doing}", quoted(byte)),
        };
        Problem::at(&place, what)
    }

    fn value(&mut self, depth: usize) -> Result<Node, Problem> {
        let place = self.place();
        if depth > DEEPEST {
            return Err(Problem::at(&place, "exceeded max depth"));
        }
        let (text, value) = match self.peek() {
            Some(b'{') => {
                let body = Body::Map(self.map(depth)?);
                return Ok(Node { place, body });
            }
            Some(b'[') => {
                let body = Body::List(self.list(depth)?);
                return Ok(Node { place, body });
            }
            Some(b'"') => {
                let text = self.string()?;
                (text.clone(), Value::from(text))
            }
            Some(b't') => self.literal("true", Value::Bool(true))?,
            Some(b'f') => self.literal("false", Value::Bool(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number(&place)?,
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(scalar(place, text, value))
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, Problem> {
        self.at += 1;
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut named: HashMap<String, usize> = HashMap::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(entries);
        }
        loop {
            self.blanks();
            let place = self.place();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let name = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            self.blanks();
            let value = self.value(depth + 1)?;
            let key = scalar(place, name.clone(), Value::from(name.as_str()));
            match named.get(&name).and_then(|at| entries.get_mut(*at)) {
                Some(entry) => *entry = (key, value),
                None => {
                    named.insert(name, entries.len());
                    entries.push((key, value));
                }
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(entries);
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Problem> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(items);
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<(String, Value), Problem> {
        for expected in word.chars() {
            if self.peek().map(char::from) != Some(expected) {
                let doing = format!("in literal {word} (expecting '{expected}')");
                return Err(self.unexpected(&doing));
            }
            self.at += 1;
        }
        Ok((word.to_string(), value))
    }

    fn digits(&mut self, doing: &str) -> Result<(), Problem> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(doing));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self, place: &Place) -> Result<(String, Value), Problem> {
        let begin = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = self.text.text.get(begin..self.at).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok((text.to_string(), Value::Float(number))),
            _ => {
                let what =
                    format!("json: cannot unmarshal number {text} into Go value of type float64");
                Err(Problem::at(place, what))
            }
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let begin = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | ..=0x1F)) {
                self.at += 1;
            }
            text.push_str(self.text.text.get(begin..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let escaped = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// A character by its number; half a pair is the character that stands for what is none.
    fn unicode(&mut self) -> Result<char, Problem> {
        let first = self.hex()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let after = self.at;
        if first < 0xDC00 && self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
            self.at += 2;
            let second = self.hex()?;
            if let Some(low) = second.checked_sub(0xDC00).filter(|low| *low < 0x400) {
                let number = 0x10000 + ((first & 0x3FF) << 10) + low;
                return Ok(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, Problem> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            number = number * 16 + digit;
            self.at += 1;
        }
        Ok(number)
    }
}

/// A byte as Go quotes it, which takes each for a character of its own.
fn quoted(byte: u8) -> String {
    let short = match byte {
        7 => 'a',
        8 => 'b',
        b'\t' => 't',
        b'\n' => 'n',
        11 => 'v',
        12 => 'f',
        b'\r' => 'r',
        b'\'' => '\'',
        b'\\' => '\\',
        0..=31 | 127 => return format!("\\x{byte:02x}"),
        0x80..=0xA0 | 0xAD => return format!("\\u{byte:04x}"),
        _ => return char::from(byte).to_string(),
    };
    format!("\\{short}")
}

fn scalar(place: Place, text: String, value: Value) -> Node {
    let body = Body::Scalar(Scalar {
        text,
        value,
        plain: false,
        json: true,
    });
    Node { place, body }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let file = Arc::from("f");
        let text = Text {
            file: &file,
            text,
            lines: &[],
            counts: |_| true,
        };
        match parse(text) {
            Ok(document) => Ok(document.root.map_or(Value::Null, |root| root.any())),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn values() {
        assert_eq!(read(" null "), Ok(Value::Null));
        assert_eq!(read("-0.5e1"), Ok(Value::Float(-5.0)));
        assert_eq!(
            read(r#""a\u00e9\ud83d\ude00\ud800x\/""#),
            Ok("aé😀\u{FFFD}x/".into())
        );
        let list = Value::List(vec![Value::Float(1.0), true.into(), Value::List(vec![])]);
        assert_eq!(read("[1, true, []]"), Ok(list));
        let last = Value::Map([("a".into(), Value::Float(2.0))].into());
        assert_eq!(read(r#"{"a": 1, "a": 2}"#), Ok(last));
    }

    #[test]
    fn errors_are_go_s_and_have_places() {
        for (text, why) in [
            ("", "f:1:1: unexpected end of JSON input"),
            ("{\"a\"", "f:1:5: unexpected end of JSON input"),
            ("1 x", "f:1:3: invalid character 'x' after top-level value"),
            (
                "{\"é\":1},",
                "f:1:8: invalid character ',' after top-level value",
            ),
            (
                "{\n \"a\": 1,}",
                "f:2:9: invalid character '}' looking for beginning of object key string",
            ),
            ("[1 2]", "f:1:4: invalid character '2' after array element"),
            (
                "{\"a\":00}",
                "f:1:7: invalid character '0' after object key:value pair",
            ),
            ("tru", "f:1:4: unexpected end of JSON input"),
            (
                "trux",
                "f:1:4: invalid character 'x' in literal true (expecting 'e')",
            ),
            (
                "1.x",
                "f:1:3: invalid character 'x' after decimal point in numeric literal",
            ),
            ("-", "f:1:2: unexpected end of JSON input"),
            (
                "\"\\x\"",
                "f:1:3: invalid character 'x' in string escape code",
            ),
            ("\"\n\"", "f:1:2: invalid character '\\n' in string literal"),
            (
                "1e400",
                "f:1:1: json: cannot unmarshal number 1e400 into Go value of type float64",
            ),
        ] {
            assert_eq!(read(text), Err(why.to_string()), "{text}");
        }
        let deep = "[".repeat(10_000);
        assert_eq!(read(&deep), Err("f:1:202: exceeded max depth".to_string()));
    }
}
