//! Writing JSON.

use super::DEEPEST;
use crate::types::{ListType, MapType};
use crate::value::{Key, Value};
use base64::Engine;

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether `<`, `>` and `&` are escaped.
    pub(crate) html: bool,
    /// Whether each element has a line.
    pub(crate) pretty: bool,
    /// How many bytes there may be.
    pub(crate) limit: usize,
}

/// The value as JSON; the error is Go's.
pub(crate) fn write(value: &Value, style: Style) -> Result<String, String> {
    let mut writer = Writer {
        out: String::new(),
        style,
    };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
}

impl Writer {
    fn line(&mut self, depth: usize) {
        if self.style.pretty {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth));
        }
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!(
                "a value nests deeper than {DEEPEST} or holds itself"
            ));
        }
        if self.out.len() > self.style.limit {
            return Err("the JSON text is too long".into());
        }
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => self.out.push_str(&number.to_string()),
            Value::Uint(number, _) => self.out.push_str(&number.to_string()),
            Value::Float(number) if !number.is_finite() => {
                let text = crate::print::shortest(*number);
                return Err(format!("json: unsupported value: {text}"));
            }
            Value::Float(number) => self.out.push_str(&float(*number)),
            Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
            Value::String(text) => self.string(text),
            Value::Time(time) => {
                let text = time.format("2006-01-02T15:04:05.999999999Z07:00");
                self.string(&text);
            }
            Value::Version(version) => self.string(&version.original),
            Value::List(list) if list.kind() == ListType::Bytes => {
                let bytes = list.items().iter().filter_map(|item| match item {
                    Value::Uint(byte, _) => u8::try_from(*byte).ok(),
                    _ => None,
                });
                let bytes: Vec<u8> = bytes.collect();
                let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                self.string(&text);
            }
            Value::List(list) => {
                self.out.push('[');
                for (index, item) in list.items().iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.line(depth + 1);
                    self.value(item, depth + 1)?;
                }
                if !list.items().is_empty() {
                    self.line(depth);
                }
                self.out.push(']');
            }
            Value::Map(map) => {
                if map.kind() == MapType::AnyAny {
                    return Err(format!("json: unsupported type: {}", map.kind().name()));
                }
                self.out.push('{');
                let mut first = true;
                for (key, value) in map.entries().iter() {
                    let Key::String(key) = key else { continue };
                    if key.ends_with("()") && matches!(map.kind(), MapType::Struct(_)) {
                        continue;
                    }
                    if !std::mem::take(&mut first) {
                        self.out.push(',');
                    }
                    self.line(depth + 1);
                    self.string(key);
                    self.out
                        .push_str(if self.style.pretty { ": " } else { ":" });
                    self.value(value, depth + 1)?;
                }
                if !first {
                    self.line(depth);
                }
                self.out.push('}');
            }
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '<' | '>' | '&' if !self.style.html => self.out.push(c),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    self.out.push_str(&format!("\\u{:04x}", c as u32));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

/// A finite float as JavaScript writes it: an exponent below 1e-6 and from 1e21 on.
pub fn float(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return crate::print::format_float(number, 'f', None);
    }
    let text = crate::print::format_float(number, 'e', None);
    // 1e-09 is 1e-9
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
    }
}
