//! JSON with 4 blanks a level, as Go's encoder writes it.

use super::Tree;
use crate::value::{Value, number};

pub(super) fn document(tree: &Tree) -> String {
    let mut text = String::new();
    write(tree, 0, &mut text);
    text
}

fn write(tree: &Tree, level: usize, text: &mut String) {
    match tree {
        Tree::Leaf(value) => leaf(value, text),
        Tree::List(items) if items.is_empty() => text.push_str("[]"),
        Tree::Map(entries) if entries.is_empty() => text.push_str("{}"),
        Tree::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                begin(at, level + 1, text);
                write(item, level + 1, text);
            }
            line(level, text);
            text.push(']');
        }
        Tree::Map(entries) => {
            text.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                begin(at, level + 1, text);
                match key {
                    Value::Text(key) => bytes(key, text),
                    key => {
                        let mut bare = String::new();
                        leaf(key, &mut bare);
                        string(bare.trim_matches('"'), text);
                    }
                }
                text.push_str(": ");
                write(value, level + 1, text);
            }
            line(level, text);
            text.push('}');
        }
    }
}

fn begin(at: usize, level: usize, text: &mut String) {
    if at > 0 {
        text.push(',');
    }
    line(level, text);
}

fn line(level: usize, text: &mut String) {
    text.push('\n');
    text.extend(std::iter::repeat_n("    ", level));
}

fn leaf(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::List(_) | Value::Texts(_) | Value::Map(_) | Value::OddMap(_) => {
            text.push_str("null");
        }
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::Uint(number) => text.push_str(&number.to_string()),
        // There is no JSON for what is not finite.
        Value::Float(value) => match number::json(*value) {
            Some(number) => text.push_str(&number),
            None => text.push_str("null"),
        },
        Value::Text(value) => bytes(value, text),
        Value::Time(time) => string(&time.rfc3339(), text),
    }
}

fn string(value: &str, text: &mut String) {
    bytes(value.as_bytes(), text);
}

/// Go escapes a letter for each byte that is none, and writes the same letter as it is.
fn bytes(value: &[u8], text: &mut String) {
    text.push('"');
    for chunk in value.utf8_chunks() {
        letters(chunk.valid(), text);
        chunk
            .invalid()
            .iter()
            .for_each(|_| text.push_str("\\ufffd"));
    }
    text.push('"');
}

fn letters(value: &str, text: &mut String) {
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | ..='\u{1f}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => text.push(letter),
        }
    }
}
