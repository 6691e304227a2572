//! Reading JSON: numbers are floats, the last of equal keys counts.

use super::DEEPEST;
use crate::quote;
use crate::value::{Key, Value};
use std::collections::BTreeMap;

/// Reads one JSON value; the error is Go's.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(value),
        Some(c) => Err(invalid(c, "after top-level value")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

fn invalid(c: char, context: &str) -> String {
    let shown = match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => quote::quoted(&c.to_string(), '\'', false),
    };
    format!("invalid character {shown} {context}")
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.at += 1;
        }
    }

    /// The next character, which must be there.
    fn next(&self) -> Result<char, String> {
        self.peek()
            .ok_or_else(|| "unexpected end of JSON input".to_owned())
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("exceeded max depth".into());
        }
        self.blanks();
        let context = "looking for beginning of value";
        match self.next()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => {
                self.at += 1;
                self.string().map(Value::from)
            }
            't' => self.word("true", Value::Bool(true)),
            'f' => self.word("false", Value::Bool(false)),
            'n' => self.word("null", Value::Nil),
            '-' | '0'..='9' => self.number(),
            c => Err(invalid(c, context)),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for wanted in word.chars() {
            let context = format!("in literal {word} (expecting '{wanted}')");
            let c = self.peek().unwrap_or(' ');
            if c != wanted {
                return Err(invalid(c, &context));
            }
            self.bump();
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        // Go ends the text with a blank to end its last number or word.
        let c = self.peek().unwrap_or(' ');
        if !c.is_ascii_digit() {
            return Err(invalid(c, context));
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
        }
        if self.peek() == Some('0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let source = self.text.get(start..self.at).unwrap_or("");
        match source.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(format!(
                "json: cannot unmarshal number {source} into Go value of type float64"
            )),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            let c = self.next()?;
            self.bump();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let escape = self.next()?;
                    self.bump();
                    match escape {
                        'b' => out.push('\u{8}'),
                        'f' => out.push('\u{c}'),
                        'n' => out.push('\n'),
                        'r' => out.push('\r'),
                        't' => out.push('\t'),
                        '"' | '\\' | '/' => out.push(escape),
                        'u' => {
                            let first = self.unit()?;
                            out.push(self.pair(first)?);
                        }
                        c => return Err(invalid(c, "in string escape code")),
                    }
                }
                c if c < ' ' => return Err(invalid(c, "in string literal")),
                c => out.push(c),
            }
        }
    }

    fn unit(&mut self) -> Result<u32, String> {
        let mut number = 0;
        for _ in 0..4 {
            let context = "in \\u hexadecimal character escape";
            let c = self.next()?;
            let digit = c.to_digit(16).ok_or_else(|| invalid(c, context))?;
            self.bump();
            number = number * 16 + digit;
        }
        Ok(number)
    }

    /// A character of one unit or two; half a pair is a replacement character.
    fn pair(&mut self, first: u32) -> Result<char, String> {
        if (0xd800..0xdc00).contains(&first) {
            let before = self.at;
            let behind = self.text.get(self.at..).unwrap_or("");
            if behind.starts_with("\\u") {
                self.at += 2;
                let second = self.unit()?;
                if (0xdc00..0xe000).contains(&second) {
                    let number = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return Ok(char::from_u32(number).unwrap_or('\u{fffd}'));
                }
                self.at = before;
            }
        }
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.next()? {
                ',' => self.at += 1,
                ']' => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                c => return Err(invalid(c, "after array element")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut entries: BTreeMap<Key, Value> = BTreeMap::new();
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(Value::map(entries));
        }
        loop {
            self.blanks();
            let context = "looking for beginning of object key string";
            let c = self.next()?;
            if c != '"' {
                return Err(invalid(c, context));
            }
            self.at += 1;
            let key = self.string()?;
            self.blanks();
            let c = self.next()?;
            if c != ':' {
                return Err(invalid(c, "after object key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            entries.insert(Key::from(key.as_str()), value);
            self.blanks();
            match self.next()? {
                ',' => self.at += 1,
                '}' => {
                    self.at += 1;
                    return Ok(Value::map(entries));
                }
                c => return Err(invalid(c, "after object key:value pair")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let text = r#" {"a":[1,2.5,null,true,false],"b":"\u00e9\ud83d\ude00\n\ud800","a2":{}} "#;
        let value = parse(text).expect("valid");
        assert_eq!(
            crate::print::display(&value, 1000).as_deref(),
            Ok("map[a:[1 2.5 <nil> true false] a2:map[] b:é😀\n\u{fffd}]")
        );
    }

    #[test]
    fn what_is_no_json_is_told_as_go_does() {
        for (text, wanted) in [
            ("", "unexpected end of JSON input"),
            ("xx", "invalid character 'x' looking for beginning of value"),
            ("1 2", "invalid character '2' after top-level value"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
            (
                "{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            (
                "tru ",
                "invalid character ' ' in literal true (expecting 'e')",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("01", "invalid character '1' after top-level value"),
        ] {
            assert_eq!(parse(text).err().as_deref(), Some(wanted), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
