//! JSON as Go's encoder writes it: keys sorted, no blanks, its own choice of escapes.

use super::{Value, number};

/// How JSON is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether `<`, `>` and `&` are escaped.
    pub html: bool,
    /// Whether it is JSON that was read and written once more: all numbers went through a float,
    /// so whole ones above 2^53 lose digits, and bytes that are no UTF-8 have become U+FFFD.
    pub read_back: bool,
}

/// A value as JSON.
///
/// # Errors
/// In Go's words, for what JSON cannot hold: infinite numbers, maps with keys that are no text.
pub fn encode(value: &Value, style: Style) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write(value, style, &mut out)?;
    Ok(out)
}

/// Appends a value as JSON.
///
/// # Errors
/// As [`encode`] has them.
pub fn write(value: &Value, style: Style, out: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Int(value) if style.read_back => float(*value as f64, out)?,
        Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Uint(value) if style.read_back => float(*value as f64, out)?,
        Value::Uint(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Float(value) => float(*value, out)?,
        Value::Text(value) => text(value, style, out),
        Value::Time(time) => text(time.rfc3339().as_bytes(), style, out),
        Value::List(items) => {
            list(items, out, |item, out| write(item, style, out))?;
        }
        // Go has nothing where it has measured nothing.
        Value::Texts(items) if items.is_empty() => out.extend(b"null"),
        Value::Texts(items) => {
            list(items, out, |item, out| {
                text(item, style, out);
                Ok(())
            })?;
        }
        Value::Map(entries) => {
            out.push(b'{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                text(key, style, out);
                out.push(b':');
                write(value, style, out)?;
            }
            out.push(b'}');
        }
        Value::OddMap(_) => return Err(format!("json: unsupported type: {}", value.go_type())),
    }
    Ok(())
}

fn list<T>(
    items: &[T],
    out: &mut Vec<u8>,
    one: impl Fn(&T, &mut Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        one(item, out)?;
    }
    out.push(b']');
    Ok(())
}

fn float(value: f64, out: &mut Vec<u8>) -> Result<(), String> {
    match number::json(value) {
        Some(form) => out.extend_from_slice(form.as_bytes()),
        None => {
            return Err(format!(
                "json: unsupported value: {}",
                number::general(value)
            ));
        }
    }
    Ok(())
}

/// Appends a text in quotes. Bytes that are no UTF-8 become U+FFFD, written out.
pub fn text(text: &[u8], style: Style, out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid();
        let mut copied = 0;
        for (at, c) in valid.char_indices() {
            let escape = match c {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\x08' => "\\b",
                '\x0c' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '<' if style.html => "\\u003c",
                '>' if style.html => "\\u003e",
                '&' if style.html => "\\u0026",
                '\u{2028}' => "\\u2028",
                '\u{2029}' => "\\u2029",
                '\0'..='\x1f' => {
                    out.extend_from_slice(valid.get(copied..at).unwrap_or_default().as_bytes());
                    out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
                    copied = at + 1;
                    continue;
                }
                _ => continue,
            };
            out.extend_from_slice(valid.get(copied..at).unwrap_or_default().as_bytes());
            out.extend_from_slice(escape.as_bytes());
            copied = at + c.len_utf8();
        }
        out.extend_from_slice(valid.get(copied..).unwrap_or_default().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice(match style.read_back {
                true => "\u{fffd}".as_bytes(),
                false => b"\\ufffd",
            });
        }
    }
    out.push(b'"');
}

/// JSON without blanks over several lines, each level indented by `blanks`. What is empty stays
/// on its line.
pub fn indented(json: &[u8], blanks: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len().saturating_mul(2));
    let mut depth: usize = 0;
    let (mut in_text, mut escaped) = (false, false);
    let line = |depth: usize, out: &mut Vec<u8>| {
        out.push(b'\n');
        out.resize(out.len().saturating_add(depth.saturating_mul(blanks)), b' ');
    };
    for (at, &byte) in json.iter().enumerate() {
        if in_text {
            out.push(byte);
            in_text = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        let is_close = |byte: Option<&u8>| matches!(byte, Some(b'}' | b']'));
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                depth = depth.saturating_add(1);
                if !is_close(json.get(at.saturating_add(1))) {
                    line(depth, &mut out);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !matches!(json.get(at.wrapping_sub(1)), Some(b'{' | b'[')) {
                    line(depth, &mut out);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(depth, &mut out);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                out.push(byte);
                in_text = byte == b'"';
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn values_are_encoded_as_go_encodes_them() {
        let map = Value::Map(
            [
                ("b<".into(), Value::Float(1e21)),
                (
                    "a".into(),
                    Value::text(b"\xffx\x01\x7f\t\x08\x0c\r\n\"\\\xe2\x80\xa8<&>".to_vec()),
                ),
                (
                    "c".into(),
                    Value::List(vec![Value::Int(9_007_199_254_740_993), Value::Null]),
                ),
            ]
            .into(),
        );
        let plain = encode(&map, Style::default()).unwrap();
        assert_eq!(
            plain.as_bstr(),
            "{\"a\":\"\\ufffdx\\u0001\x7f\\t\\b\\f\\r\\n\\\"\\\\\\u2028<&>\",\"b<\":1e+21,\
             \"c\":[9007199254740993,null]}"
        );
        let style = Style {
            html: true,
            read_back: true,
        };
        assert_eq!(
            encode(&map, style).unwrap().as_bstr(),
            "{\"a\":\"\u{fffd}x\\u0001\x7f\\t\\b\\f\\r\\n\\\"\\\\\\u2028\\u003c\\u0026\\u003e\",\
             \"b\\u003c\":1e+21,\"c\":[9007199254740992,null]}"
        );
        let odd = Value::List(vec![Value::OddMap(Vec::new())]);
        assert_eq!(
            encode(&odd, style).unwrap_err(),
            "json: unsupported type: map[interface {}]interface {}"
        );
        assert_eq!(
            encode(&Value::Float(f64::INFINITY), style).unwrap_err(),
            "json: unsupported value: +Inf"
        );
    }

    #[test]
    fn levels_are_indented() {
        assert_eq!(
            indented(b"{\"a\":[],\"b\":{},\"c\":[1,{\"d:\\\",[\":\"x\"}]}", 2).as_bstr(),
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d:\\\",[\": \"x\"\n    }\n  ]\n}"
        );
    }
}
