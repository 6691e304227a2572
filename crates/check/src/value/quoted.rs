//! Go's `%q`: what its error texts show of a value.

use bstr::ByteSlice;

use super::{Value, go, number};

/// A text in double quotes, as Go's `strconv.Quote` has it.
pub fn text(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut out, c, '"'));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    out
}

fn push(out: &mut String, c: char, quote: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        _ if is_printable(c) => out.push(c),
        '\0'..='\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        '\u{80}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
    }
}

/// Whether Go prints it as it is. The table is the standard library's, by way of `Debug`, which
/// escapes the same characters (after the first, where it spares those that join the one before).
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"') || !format!("{:?}", format!("a{c}")).contains('\\')
}

/// A number as the character of that code, in single quotes.
fn rune(code: Option<u32>) -> String {
    let c = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
    let mut out = String::from("'");
    push(&mut out, c, '\'');
    out.push('\'');
    out
}

/// A value as Go's `%q` prints it.
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "%!q(<nil>)".to_string(),
        _ => within(value),
    }
}

fn within(value: &Value) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(" "));
    let map = |items: Vec<String>| format!("map[{}]", items.join(" "));
    match value {
        Value::Null => "<nil>".to_string(),
        Value::Bool(value) => format!("%!q(bool={value})"),
        Value::Int(value) => rune(u32::try_from(*value).ok()),
        Value::Uint(value) => rune(u32::try_from(*value).ok()),
        Value::Float(value) => format!("%!q(float64={})", number::general(*value)),
        Value::Text(value) => text(value),
        Value::Time(time) => text(time.to_string().as_bytes()),
        Value::List(items) => list(items.iter().map(within).collect()),
        Value::Texts(items) => list(items.iter().map(|item| text(item)).collect()),
        Value::Map(entries) => {
            let one = |(key, value): (&bstr::BString, &Value)| {
                format!("{}:{}", text(key.as_bytes()), within(value))
            };
            map(entries.iter().map(one).collect())
        }
        Value::OddMap(entries) => {
            let one = |(key, value)| format!("{}:{}", within(key), within(value));
            map(go::sorted(entries).into_iter().map(one).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_go_quotes_them() {
        let list = Value::List(vec![
            Value::from("é😀\u{2028}\x7f\x01\t\"\\'`\u{a0}"),
            Value::Int(39),
            Value::Int(92),
            Value::Int(10),
            Value::Int(0x2028),
            Value::Int(55296),
            Value::Int(1_114_111),
            Value::Int(1),
            Value::Int(200),
            Value::Null,
            Value::Float(1.5),
            Value::Map([("b".into(), Value::Bool(true))].into()),
        ]);
        assert_eq!(
            value(&list),
            r#"["é😀\u2028\x7f\x01\t\"\\'`\u00a0" '\'' '\\' '\n' '\u2028' '�' '\U0010ffff' '\x01' 'È' <nil> %!q(float64=1.5) map["b":%!q(bool=true)]]"#
        );
        assert_eq!(value(&Value::Null), "%!q(<nil>)");
        assert_eq!(text(b"\xff\xfea\xc3"), "\"\\xff\\xfea\\xc3\"");
    }
}
