//! Names and values from outside, made safe for a line of text.

use std::ffi::OsStr;

/// `bytes` as text for a message: printable ASCII and valid UTF-8 letters as they
/// are, control characters and broken bytes as `\n`, `\t`, `\xHH`, and what would
/// change the direction or the line of the text as `\u{HHHH}`.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
                c if misleads(c) => text.push_str(&format!("\\u{{{:x}}}", c as u32)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A path or a name of a file as text for a message.
pub fn escape_path(path: impl AsRef<OsStr>) -> String {
    escape(path.as_ref().as_encoded_bytes())
}

/// Line and paragraph separators, marks and overrides of direction, and what shows
/// nothing at all: a name that holds one is not what it looks like.
fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(
            escape(b"a\x1b[31m\n\xff\xc3\xa9"),
            "a\\x1b[31m\\n\\xff\u{e9}"
        );
        assert_eq!(
            escape("a\u{202e}b\u{2028}".as_bytes()),
            "a\\u{202e}b\\u{2028}"
        );
    }
}
